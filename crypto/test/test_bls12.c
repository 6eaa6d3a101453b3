/* The precompiles of EIP-2537: known answers, the group's laws, and the refusal of every length,
 * encoding, curve and subgroup that the EIP refuses. */
#include "rand.h"
#include <drystone/crypto.h>
#include <drystone/test.h>

#define PAD "00000000000000000000000000000000"
#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ZERO64 ZERO32 ZERO32
#define ONE32 "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO32 "0000000000000000000000000000000000000000000000000000000000000002"
#define THREE32 "0000000000000000000000000000000000000000000000000000000000000003"
#define ORDER "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define ONES32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define INF1 ZERO64 ZERO64
#define INF2 INF1 INF1
/* p, which is no field element */
#define P_                                                                                         \
    PAD "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffff" \
        "ffffaaab"
#define G1                                                                                         \
    PAD "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a" \
        "db22c6bb" PAD "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a" \
        "2888ae40caa232946c5e7e1"
#define G1_NEG                                                                                     \
    PAD "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a" \
        "db22c6bb" PAD "114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0" \
        "ecb751bad54dcd6b939c2ca"
#define G1_TWICE                                                                                   \
    PAD "0572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c55" \
        "29bf0f4e" PAD "166a9d8cabc673a322fda673779d8e3822ba3ecb8670e461f73bb9021d5fd76a4c56d9d4c" \
        "d16bd1bba86881979749d28"
#define G1_THRICE                                                                                  \
    PAD "09ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff981747a0b2ca2179b96d2c0c9" \
        "024e5224" PAD "032b80d3a6f5b09f8a84623389c5f80ca69a0cddabc3097f9d9c27310fd43be6e745256c6" \
        "34af45ca3473b0590ae30d1"
#define G2                                                                                         \
    PAD "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8" \
        "c121bdb8" PAD "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf1121" \
        "3945d57e5ac7d055d042b7e" PAD                                                              \
        "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e1935486" \
        "08b82801" PAD "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275" \
        "cec1da1aaa9075ff05f79be"
#define G2_NEG                                                                                     \
    PAD "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8" \
        "c121bdb8" PAD "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf1121" \
        "3945d57e5ac7d055d042b7e" PAD                                                              \
        "0d1b3cc2c7027888be51d9ef691d77bcb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79" \
        "f74782aa" PAD "13fa4d4a0ad8b1ce186ed5061789213d993923066dddaf1040bc3ff59f825c78df74f2d75" \
        "467e25e0f55f8a00fa030ed"
#define G2_TWICE                                                                                   \
    PAD "1638533957d540a9d2370f17cc7ed5863bc0b995b8825e0ee1ea1e1e4d00dbae81f14b0bf3611b78c952aaca" \
        "b827a053" PAD "0a4edef9c1ed7f729f520e47730a124fd70662a904ba1074728114d1031e1572c6c886f6b" \
        "57ec72a6178288c47c33577" PAD                                                              \
        "0468fb440d82b0630aeb8dca2b5256789a66da69bf91009cbfe6bd221e47aa8ae88dece9764bf3bd999d95d7" \
        "1e4c9899" PAD "0f6d4552fa65dd2638b361543f887136a43253d9c66c411697003f7a13c308f5422e1aa0a" \
        "59c8967acdefd8b6e36ccf3"
#define G2_THRICE                                                                                  \
    PAD "122915c824a0857e2ee414a3dccb23ae691ae54329781315a0c75df1c04d6d7a50a030fc866f09d516020ef8" \
        "2324afae" PAD "09380275bbc8e5dcea7dc4dd7e0550ff2ac480905396eda55062650f8d251c96eb4806739" \
        "37cc6d9d6a44aaa56ca66dc" PAD                                                              \
        "0b21da7955969e61010c7a1abc1a6f0136961d1e3b20b1a7326ac738fef5c721479dfd948b52fdf2455e4481" \
        "3ecfd892" PAD "08f239ba329b3967fe48d718a36cfe5f62a7e42e0bf1c1ed714150a166bfbd6bcf6b3b58b" \
        "975b9edea56d53f23a0e849"
#define G1_OUTSIDE                                                                                 \
    PAD "0cd5594320f7c24cb53336746f56cba656a91e15ca23703d02d85127cba9ea18e58f63f397a816b22bfcb869" \
        "b588a95b" PAD "0fefe0795d7001f1233d087ca650ec6fc8354a69b5c4ffbed3baca9a20a0d940bd5865f3d" \
        "5a52b92ba64eac15ecf3dd2"
#define G1_OUTSIDE_TWICE                                                                           \
    PAD "15dcf87b42319fa4b66ea3f66d89810b3e4f0f7ce2d3e5fb4a45bab95e75c5eda418b5d32f184cd868a145d2" \
        "18cf1abd" PAD "0d1c9211fd878c1cbc6287d0cf77c929b1f949b4a4e47ccdb01b9545ef288be997dbfb9b8" \
        "e77079ade3a37a747f9598b"
#define G2_OUTSIDE                                                                                 \
    PAD "167231af4ba71280bd9072045986c13991bc4cdec589752556421284f6b04ab8772fd18afd9dfc1bb6766632" \
        "7f453ed5" PAD "160fac4dab2c072970f21a8cf22baa141e05790dcfa0af9f0df2adff2b78ec7bf9ab0e72b" \
        "15366a6d8f5040fa51a425e" PAD                                                              \
        "080e95cc88bad39eaf3359ccaa4cfa5bf826c4247a7bce0581d1c7f691b25d64a11bd7231d1706ddff40dafc" \
        "b2f4a61c" PAD "0b5b97aa93772d60569633da8af96695341e078115fe044855b7794b5a19fa1c360715e7d" \
        "dab9a67bb071a033af19b31"
#define G2_OUTSIDE_TWICE                                                                           \
    PAD "023ec123ac187973c122468ccdab3048bd0c551ce5a582000aae7cfbc5b1ecb4863953949a051eef595b2914" \
        "684b43ef" PAD "0b67236ed0f7513943279811d642b9477b909460a716e4cb34ea1823367b23775a9b5225d" \
        "1f770ca6a8301edb68ade4f" PAD                                                              \
        "16a01077054eed5aeb320679412d5cd74628c0960e2467b6fb34bcaf19c9d2d7ab74a40eaf25e1d65632e9ce" \
        "3e7fd05d" PAD "1038365ef72ccb224cbacbd2848bf9129dfd87d32709ffa6e80c5095653c2832b20139f2e" \
        "3ec6b39f2cede90f6246bd4"
#define G1_K1                                                                                      \
    PAD "16b46e6bb5b5e3bfa65825108b2050052ed731265038f73603c534cfd3a87ae5948151d9c4e8154e148e16dd" \
        "7b472070" PAD "10bd38d1530931857fbe8ee1a411c33df844f1cd915b741746e803e5422c7bc313574721b" \
        "9e880731b9ee8ef034a987a"
#define G1_MSM                                                                                     \
    PAD "03cffaed7477bbaa458f409fcadf6cea00c93fafd5277c643d2eacfc20f2557c4551d67886a5d32db48ad0e6" \
        "ce784487" PAD "0dce3302a1486d40f63efd4639b265842d2b82930f615dcd725d4084714c6d0958536f717" \
        "2de0c8a9a34f269e7f82ea7"
#define G2_K1                                                                                      \
    PAD "0ef469f855842a34792dd1ce03940effd2d39c959c9eca44318201c2385da16eda514794d661fccc313a46b1" \
        "bc5d58c8" PAD "0b0c96f12eb7d4b6ef834b6a91480b28f946974b7f35cf26659e63d1a3048a797d47a1a57" \
        "21aa9f11fba474fb6a1c7dc" PAD                                                              \
        "044c5a56c1aaf4e05f451a950c0a5345f3cfb12186e701070d05559b474d7209372e04988b93e77d38a7cf96" \
        "2dfa46a9" PAD "1440298a30d1a704af8557de2f60791b419852723f4795063234022dcf441fea27f8df60c" \
        "489a6d67ea7feb16391d050"
#define G2_MSM                                                                                     \
    PAD "14ee9b5d42f462f567baea0d930b12d1ec33b73956ff19b48f517a26e9bd6f1a392ea0d170d7e14db8d551f6" \
        "ef454033" PAD "0c6ea0284ce5829fd3f4cdec7ead29df8e600fea300ba208145c3fcebd68b4a833131f307" \
        "9c038c6fd6b14185a48078a" PAD                                                              \
        "03fb735f18a3f51e59642f0199b4b324a32eb377904bd6832f8f29d3bff9187a3f0e02a65cb3dec0458729b6" \
        "7920f32c" PAD "0c2c3f29d49045cb921622b50b6796ccd733e11bc0b233fe07d13b2d16dd1f7c9b1e49ed7" \
        "f29a3bd252c030910ad0e99"
#define U1                                                                                         \
    PAD "01e9d01de7c6b0688ed490a65c12d71bc7cd94d4f4909f9958da14920511b7e67dc393cecc862c76291d0a3f" \
        "0c493dee"
#define G1_MAP_U1                                                                                  \
    PAD "19c1446b6ba3c18e98f0c7b25474979acf5f24acb1f399562265c7f6fdac24b2ff3e414f7d438afdda7d7b2b" \
        "f7be70c2" PAD "0f435ceabe3e01cffd68b02672c7d6d1165bfe6f71fb2dba74401025fb6631a1d86af48a1" \
        "31cd200fc98a21035da5378"
#define U2                                                                                         \
    PAD "160ed57a64289af5c662e6df779a1ebb1405b8f5087474aa27eeb3aac9c09ca06b272d5b4e97ae2dcaa06652" \
        "1bddbcc5" PAD "183b056310bc1e6ddc6036fa512bfb3ba7f703f91779c37d5e404ad408a87efddc8f82dcc" \
        "03165282a4e746f52fae7d7"
#define G2_MAP_U2                                                                                  \
    PAD "0212aadcdfd0747501450a3e318ade8c0e9d3abf4f6f939b04e08fa6a4e73af3a820a8321f7f0ccfdee4a050" \
        "4d6f463c" PAD "183866bc7cde20d2f7ea706e5f4030bc0684cc2d22c181d1ac2ac80ec7ee01eea69b74459" \
        "447e70a46048e02c449a5ca" PAD                                                              \
        "19dfe5974e463d050204c515ee7255414556ed752cfcadd175ec203bfb96c4a7387462055192b465dd0f68ee" \
        "aecb7f05" PAD "1735d507fc099be712a4ae58bd4ea9af2b33dce8d22fe24ff5e0616dccc2432eb08cdd164" \
        "1d25e2958eb1f2a1f181d4b"
#define G1_MAP_ZERO                                                                                \
    PAD "11a9a0372b8f332d5c30de9ad14e50372a73fa4c45d5f2fa5097f2d6fb93bcac592f2e1711ac43db0519870c" \
        "7d0ea415" PAD "092c0f994164a0719f51c24ba3788de240ff926b55f58c445116e8bc6a47cd63392fd4e8e" \
        "22bdf9feaa96ee773222133"
#define K1 "db1e2d82508c8e3b870e81d114a9a8ccdfc547b5fb63a67adbe8603b5c3e3844"
#define K2 "54744f0ef10e8159933de6648a5dad0adf043a5216550415f600c156cca98ca5"
#define K3 "0be1f4482c8093c6eeb574a1af6a7b33f4d6d62fef2a86920c5c319ee7bf6bee"
#define PAIR_A                                                                                     \
    PAD "18d5dfe30a4f0e3c6d4194d7924bbd71692c391bd687d67f7f577063553929255c51fa2f7b627e9b6485372e" \
        "0dbce514" PAD "0f659a44422402b54b3a5c2293f2bd1513cd678807e61bb687279646813b0922877fb2b6a" \
        "72a75f5dbf22c7402114ec6"
#define PAIR_B                                                                                     \
    PAD "0f6ad16981990f6fe6108918189e048c14fd59164ff6294cc34b9474733aa1a92886dd086417ac3d66790ee4" \
        "5b17646f" PAD "184cabc65188b8bd104515bed093c2257cf0898bdd1914fc416941464f856d409a986189e" \
        "d7ec375aaed526422b7a97f" PAD                                                              \
        "148a520c8f0736801b6412190335cb658f5a3ab39fbcdcc600a9496ceb0e46a0056dad78e1cdeb81f630d57c" \
        "b52e82be" PAD "17c1421b17e1f5e9c39ee9ac441a94fe24d244b3dbaf3cba9bca31be2a624da079a7c3fef" \
        "9b4feb712234b311b6ad7a2"
#define PAIR_AB_NEG                                                                                \
    PAD "0964e8539d518d14098269b8ad8feae85eca4691b7fab2adacdc55fc4598333b6899271913c9c6f007909847" \
        "35f8498e" PAD "15e07cef90a80500aeab764e01725f204ab2e88d2a9c683bb7c465f8c8494d23213d4e66c" \
        "b774ef8323fa3f4e5ccfc16"

enum op { G1ADD, G1MSM, G2ADD, G2MSM, PAIRING, MAP1, MAP2 };

static enum dry_bls_result run(enum op op, uint8_t out[256], struct dry_bytes in)
{
    switch (op) {
    case G1ADD:
        return dry_bls12_g1add(out, in);
    case G1MSM:
        return dry_bls12_g1msm(out, in);
    case G2ADD:
        return dry_bls12_g2add(out, in);
    case G2MSM:
        return dry_bls12_g2msm(out, in);
    case PAIRING:
        return dry_bls12_pairing(out, in);
    case MAP1:
        return dry_bls12_map_fp_to_g1(out, in);
    case MAP2:
        return dry_bls12_map_fp2_to_g2(out, in);
    }
    return DRY_BLS_NOMEM;
}

static const struct {
    const char *name;
    enum op op;
    const char *in, *want;
} good[] = {
    {"add", G1ADD, G1 G1_TWICE, G1_THRICE},
    {"add the same", G1ADD, G1 G1, G1_TWICE},
    {"add the inverse", G1ADD, G1 G1_NEG, INF1},
    {"add infinity", G1ADD, G1 INF1, G1},
    {"add to infinity", G1ADD, INF1 G1_TWICE, G1_TWICE},
    {"add infinities", G1ADD, INF1 INF1, INF1},
    {"addition asks for no subgroup", G1ADD, G1_OUTSIDE G1_OUTSIDE, G1_OUTSIDE_TWICE},
    {"add in G2", G2ADD, G2 G2_TWICE, G2_THRICE},
    {"add the same in G2", G2ADD, G2 G2, G2_TWICE},
    {"add the inverse in G2", G2ADD, G2_NEG G2, INF2},
    {"add infinity in G2", G2ADD, G2 INF2, G2},
    {"add to infinity in G2", G2ADD, INF2 G2, G2},
    {"addition in G2 asks for no subgroup", G2ADD, G2_OUTSIDE G2_OUTSIDE, G2_OUTSIDE_TWICE},
    {"times 0", G1MSM, G1 ZERO32, INF1},
    {"times 1", G1MSM, G1 ONE32, G1},
    {"times the order", G1MSM, G1 ORDER, INF1},
    {"infinity times", G1MSM, INF1 ONES32, INF1},
    {"times a number above the order", G1MSM, G1 K1, G1_K1},
    {"sum of products", G1MSM, G1 K1 G1_TWICE K2 G1_THRICE K3, G1_MSM},
    {"sum with nothing in it", G1MSM, G1 K1 INF1 K2 G1_TWICE K2 G1 ZERO32 G1_THRICE K3, G1_MSM},
    {"sum that vanishes", G1MSM, G1 TWO32 G1_NEG TWO32, INF1},
    {"one point many times", G1MSM, G1 ONE32 G1 ONE32 G1 ONE32, G1_THRICE},
    {"times 0 in G2", G2MSM, G2 ZERO32, INF2},
    {"times 1 in G2", G2MSM, G2 ONE32, G2},
    {"times the order in G2", G2MSM, G2 ORDER, INF2},
    {"infinity times in G2", G2MSM, INF2 ONES32, INF2},
    {"times a number above the order in G2", G2MSM, G2 K1, G2_K1},
    {"sum of products in G2", G2MSM, G2 K1 G2_TWICE K2 G2_THRICE K3, G2_MSM},
    {"sum that vanishes in G2", G2MSM, G2 TWO32 G2_NEG TWO32, INF2},
    {"one pair", PAIRING, G1 G2, ZERO32},
    {"infinity in G1", PAIRING, INF1 G2, ONE32},
    {"infinity in G2", PAIRING, G1 INF2, ONE32},
    {"inverse", PAIRING, G1 G2 G1_NEG G2, ONE32},
    {"inverse in G2", PAIRING, G1 G2 G1 G2_NEG, ONE32},
    {"both inverse", PAIRING, G1 G2 G1_NEG G2_NEG, ZERO32},
    {"infinity between", PAIRING, G1 G2 INF1 G2 G1 INF2 G1_NEG G2, ONE32},
    {"bilinear", PAIRING, PAIR_A PAIR_B PAIR_AB_NEG G2, ONE32},
    {"six", PAIRING, G1_TWICE G2_THRICE G1_THRICE G2_NEG G1_THRICE G2_NEG, ONE32},
    {"map to G1", MAP1, U1, G1_MAP_U1},
    {"map zero to G1", MAP1, ZERO64, G1_MAP_ZERO},
    {"map to G2", MAP2, U2, G2_MAP_U2},
};

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(good); i++) {
        const struct dry_bytes want = test_hex(good[i].want);
        uint8_t out[257];

        memset(out, 0xa5, sizeof(out));
        CHECK_MSG(run(good[i].op, out, test_hex(good[i].in)) == DRY_BLS_OK, good[i].name);
        CHECK_BYTES(dry_bytes_of(out, want.len), want, good[i].name);
        CHECK_MSG(out[want.len] == 0xa5, good[i].name);
    }
}

#define HIGH_BIT "80000000000000000000000000000000"
#define X1                                                                                         \
    "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22" \
    "c6bb"
#define Y1                                                                                         \
    "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5" \
    "e7e1"

static const struct {
    const char *name;
    enum op op;
    const char *in;
} bad[] = {
    {"nothing to add", G1ADD, ""},
    {"one point", G1ADD, G1},
    {"a byte more", G1ADD, G1 G1 "00"},
    {"no product", G1MSM, ""},
    {"no scalar", G1MSM, G1},
    {"a byte more in the sum", G1MSM, G1 ONE32 "00"},
    {"nothing to add in G2", G2ADD, ""},
    {"one point of G2", G2ADD, G2},
    {"no product in G2", G2MSM, ""},
    {"no scalar in G2", G2MSM, G2},
    {"no pair", PAIRING, ""},
    {"half a pair", PAIRING, G1},
    {"a pair and a half", PAIRING, G1 G2 G1},
    {"nothing to map", MAP1, ""},
    {"two numbers to map", MAP1, ZERO64 ZERO64},
    {"48 bytes to map", MAP1, ZERO32 PAD},
    {"nothing to map to G2", MAP2, ""},
    {"one number to map to G2", MAP2, ZERO64},
    {"p to map", MAP1, P_},
    {"p to map to G2", MAP2, ZERO64 P_},
    {"p to map to G2, first", MAP2, P_ ZERO64},
    {"padding to map", MAP1, "01000000000000000000000000000000" ZERO32 PAD},
    {"x is p", G1ADD, P_ PAD Y1 G1},
    {"y is p", G1ADD, G1 PAD X1 P_},
    {"infinity as (p, p)", G1ADD, P_ P_ G1},
    {"infinity as (0, p)", G1MSM, ZERO64 P_ ONE32},
    {"infinity as (p, 0, 0, 0)", G2MSM, P_ ZERO64 INF1 ONE32},
    {"padding in x", G1ADD, "00000000000000000000000000000001" X1 PAD Y1 G1},
    {"padding in y", G1ADD, PAD X1 HIGH_BIT Y1 G1},
    {"the compressed form's bits", G1ADD, HIGH_BIT PAD PAD PAD ZERO64 G1},
    {"off the curve", G1ADD, PAD X1 PAD X1 G1},
    {"second off the curve", G1ADD, G1 PAD Y1 PAD X1},
    {"(x, 0)", G1ADD, PAD X1 ZERO64 G1},
    {"(0, y)", G1ADD, ZERO64 PAD Y1 G1},
    {"off the curve in the sum", G1MSM, PAD X1 PAD X1 ONE32},
    {"off the curve times 0", G1MSM, PAD X1 PAD X1 ZERO32},
    {"outside the group", G1MSM, G1_OUTSIDE ONE32},
    {"outside the group times 0", G1MSM, G1_OUTSIDE ZERO32},
    {"outside the group, later", G1MSM, G1 ONE32 G1 ONE32 G1_OUTSIDE ONE32},
    {"off the twist", G2ADD, G1 G1 G2},
    {"outside G2", G2MSM, G2_OUTSIDE ONE32},
    {"outside G2 times the order", G2MSM, G2 ONE32 G2_OUTSIDE ORDER},
    {"pair outside G1", PAIRING, G1_OUTSIDE G2},
    {"pair outside G1 beside infinity", PAIRING, G1_OUTSIDE INF2},
    {"pair outside G2", PAIRING, G1 G2_OUTSIDE},
    {"pair outside G2 beside infinity", PAIRING, INF1 G2_OUTSIDE},
    {"pair outside, last", PAIRING, G1 G2 G1_NEG G2 G1 G2_OUTSIDE},
    {"pair off the curve", PAIRING, PAD Y1 PAD X1 G2},
    {"pair off the twist", PAIRING, G1 G1 G1},
};

/* ATTACKS 42 */
static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        uint8_t out[256];

        CHECK_MSG(run(bad[i].op, out, test_hex(bad[i].in)) == DRY_BLS_INVALID, bad[i].name);
    }
}

/* -a for a field element that is not 0 */
static void negate(uint8_t a[64])
{
    const uint8_t *p = test_hex(P_).ptr;
    int borrow = 0;

    for (int i = 63; i >= 0; i--) {
        const int d = p[i] - a[i] - borrow;

        borrow = d < 0;
        a[i] = (uint8_t)d;
    }
}

/* Sums of n products against additions one by one, in both groups, across the ways to do them.
 */
static void sums_of_any_size(void **state)
{
    static uint8_t in1[210 * 160], in2[210 * 288];
    /* Next to the order and to powers of the curve's parameter z, which scalars are split by. */
    static const char *const edges[] = {
        ONE32,
        ZERO32,
        ORDER,
        ONES32,
        "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000",
        "000000000000000000000000000000000000000000000000d201000000010000",
        "00000000000000000000000000000000ac45a4010001a401ffffffffffffffff",
        "00000000000000000000000000000000ac45a4010001a4020000000100000000",
        "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000002"};
    struct rand_stream rng = {2537};

    (void)state;
    for (size_t n = 1; n <= 210; n += n < 8 ? 1 : 49) {
        uint8_t sum1[2 * 128] = {0}, sum2[2 * 256] = {0}, out[256];

        for (size_t i = 0; i < n; i++) {
            uint8_t *item1 = in1 + 160 * i, *item2 = in2 + 288 * i, u[128] = {0};

            rand_fill(&rng, u + 17, 47);
            rand_fill(&rng, u + 64 + 17, 47);
            CHECK(dry_bls12_map_fp_to_g1(item1, dry_bytes_of(u, 64)) == DRY_BLS_OK);
            CHECK(dry_bls12_map_fp2_to_g2(item2, dry_bytes_of(u, 128)) == DRY_BLS_OK);
            rand_fill(&rng, item1 + 128, 32);
            if (i % 4 == 3) /* the same product twice */
                memcpy(item1, in1 + 160 * (i - 1), 160);
            /* the product before and its opposite; or one and twice its opposite */
            if (i % 8 >= 6) {
                memcpy(item1, in1 + 160 * (i - 1), 160);
                memcpy(item2, in2 + 288 * (i - 1), 288);
                if (i % 8 == 6) {
                    negate(item1 + 64);
                    negate(item2 + 128);
                    negate(item2 + 192);
                }
            }
            if (i % 8 < 6 && i % 3 == 2)
                memcpy(item1 + 128, test_hex(edges[i % DRY_COUNT(edges)]).ptr, 32);
            memcpy(item2 + 256, item1 + 128, 32);

            CHECK(dry_bls12_g1msm(sum1 + 128, dry_bytes_of(item1, 160)) == DRY_BLS_OK);
            CHECK(dry_bls12_g1add(sum1, DRY_BYTES_ARRAY(sum1)) == DRY_BLS_OK);
            CHECK(dry_bls12_g2msm(sum2 + 256, dry_bytes_of(item2, 288)) == DRY_BLS_OK);
            CHECK(dry_bls12_g2add(sum2, DRY_BYTES_ARRAY(sum2)) == DRY_BLS_OK);
        }
        CHECK(dry_bls12_g1msm(out, dry_bytes_of(in1, 160 * n)) == DRY_BLS_OK);
        CHECK_BYTES(dry_bytes_of(out, 128), dry_bytes_of(sum1, 128), "G1");
        CHECK(dry_bls12_g2msm(out, dry_bytes_of(in2, 288 * n)) == DRY_BLS_OK);
        CHECK_BYTES(dry_bytes_of(out, 256), dry_bytes_of(sum2, 256), "G2");
    }
}

/* More pairs than one Miller loop takes. */
static void many_pairs(void **state)
{
    static uint8_t in[36 * 384];

    (void)state;
    for (size_t n = 2; n <= 36; n += 2) {
        uint8_t out[32];

        for (size_t i = 0; i < n; i++) {
            memcpy(in + 384 * i, test_hex(i % 2 ? G1_TWICE : G1).ptr, 128);
            memcpy(in + 384 * i + 128, test_hex(i % 2 ? G2_NEG : G2_TWICE).ptr, 256);
        }
        CHECK(dry_bls12_pairing(out, dry_bytes_of(in, 384 * n)) == DRY_BLS_OK);
        CHECK_BYTES(DRY_BYTES_ARRAY(out), test_hex(ONE32), "balanced");
        CHECK(dry_bls12_pairing(out, dry_bytes_of(in, 384 * (n - 1))) == DRY_BLS_OK);
        CHECK_BYTES(DRY_BYTES_ARRAY(out), test_hex(ZERO32), "one too few");
    }
}

static void fails_without_memory(void **state)
{
    enum dry_bls_result r;
    uint8_t out[256];

    (void)state;
    TEST_EACH_ALLOC_FAILS({
        r = dry_bls12_g1msm(out, test_hex(G1 K1 G1_TWICE K2 G1_THRICE K3));
        CHECK(r == (test_alloc_failed() ? DRY_BLS_NOMEM : DRY_BLS_OK));
    });
    CHECK_BYTES(dry_bytes_of(out, 128), test_hex(G1_MSM), "");
    TEST_EACH_ALLOC_FAILS({
        r = dry_bls12_g2msm(out, test_hex(G2 K1 G2_TWICE K2 G2_THRICE K3));
        CHECK(r == (test_alloc_failed() ? DRY_BLS_NOMEM : DRY_BLS_OK));
    });
    CHECK_BYTES(dry_bytes_of(out, 256), test_hex(G2_MSM), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),        cmocka_unit_test(refuses),
        cmocka_unit_test(sums_of_any_size),     cmocka_unit_test(many_pairs),
        cmocka_unit_test(fails_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
