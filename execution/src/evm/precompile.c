/* The precompiled contracts: which are in force, what they cost, what they answer. */
#include "evm/machine.h"
#include <drystone/crypto.h>
#include <drystone/execution.h>

enum number {
    ECRECOVER = 1,
    SHA256 = 2,
    RIPEMD160 = 3,
    IDENTITY = 4,
    MODEXP = 5,
    BN_ADD = 6,
    BN_MUL = 7,
    BN_PAIRING = 8,
    BLAKE2F = 9,
    POINT_EVALUATION = 0x0a,
    BLS_G1ADD = 0x0b,
    BLS_G1MSM = 0x0c,
    BLS_G2ADD = 0x0d,
    BLS_G2MSM = 0x0e,
    BLS_PAIRING = 0x0f,
    BLS_MAP_G1 = 0x10,
    BLS_MAP_G2 = 0x11,
    P256VERIFY = 0x100,
};

/* The highest of the consecutive ones. */
static uint32_t highest(enum dry_fork fork)
{
    return fork >= DRY_FORK_PRAGUE      ? BLS_MAP_G2
           : fork >= DRY_FORK_CANCUN    ? POINT_EVALUATION
           : fork >= DRY_FORK_ISTANBUL  ? BLAKE2F
           : fork >= DRY_FORK_BYZANTIUM ? BN_PAIRING
                                        : IDENTITY;
}

uint32_t dry__precompile_at(const struct dry_rules *rules, const struct dry_address *address)
{
    static const uint8_t zeros[18];
    if (memcmp(address->b, zeros, sizeof(zeros)) != 0)
        return 0;
    uint32_t n = (uint32_t)address->b[18] << 8 | address->b[19];
    if (n == P256VERIFY)
        return rules->evm_fork >= DRY_FORK_OSAKA ? n : 0;
    return n <= highest(rules->evm_fork) ? n : 0;
}

bool dry__is_precompile(const struct dry_rules *rules, const struct dry_address *address)
{
    return dry__precompile_at(rules, address) != 0;
}

bool dry_precompile_is(const struct dry_rules *rules, const struct dry_address *address)
{
    return dry__precompile_at(rules, address) != 0;
}

uint32_t dry__precompile_count(const struct dry_rules *rules)
{
    return highest(rules->evm_fork) + (rules->evm_fork >= DRY_FORK_OSAKA);
}

void dry__precompile_address(struct dry_address *out, const struct dry_rules *rules, uint32_t i)
{
    uint32_t n = i < highest(rules->evm_fork) ? i + 1 : P256VERIFY;
    *out = (struct dry_address){0};
    out->b[18] = (uint8_t)(n >> 8);
    out->b[19] = (uint8_t)n;
}

/* Input as if zeros followed it. */
static void take(uint8_t *out, size_t n, struct dry_bytes in)
{
    size_t have = in.len < n ? in.len : n;
    if (have != 0)
        memcpy(out, in.ptr, have);
    memset(out + have, 0, n - have);
}

static enum dry_evm_end answer(struct dry__evm *evm, const uint8_t *out, size_t n)
{
    return dry__output_set(evm, out, n) ? DRY_EVM_SUCCESS : DRY_EVM_STOPPED;
}

static enum dry_evm_end ecrecover(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t t[128], out[32] = {0};
    struct dry_hash hash;
    struct dry_ecdsa_signature sig;
    struct dry_address signer;
    struct dry_u256 v;
    take(t, sizeof(t), in);
    memcpy(hash.b, t, 32);
    dry_u256_from_be32(&v, t + 32);
    if (!dry_u256_is_u64(&v) || (v.w[0] != 27 && v.w[0] != 28))
        return DRY_EVM_SUCCESS;
    memcpy(sig.r, t + 64, 32);
    memcpy(sig.s, t + 96, 32);
    sig.y_parity = (uint8_t)(v.w[0] - 27);
    if (!dry_secp256k1_recover_address(&signer, &hash, &sig))
        return DRY_EVM_SUCCESS;
    memcpy(out + 12, signer.b, 20);
    return answer(evm, out, sizeof(out));
}

static enum dry_evm_end sha256(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t out[32];
    dry_sha256(out, in);
    return answer(evm, out, sizeof(out));
}

static enum dry_evm_end ripemd160(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t out[32] = {0};
    dry_ripemd160(out + 12, in);
    return answer(evm, out, sizeof(out));
}

static enum dry_evm_end bn_add(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t t[128], out[64];
    take(t, sizeof(t), in);
    return dry_bn254_add(out, t, t + 64) ? answer(evm, out, sizeof(out)) : DRY_EVM_PRECOMPILE;
}

static enum dry_evm_end bn_mul(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t t[96], out[64];
    take(t, sizeof(t), in);
    return dry_bn254_mul(out, t, t + 64) ? answer(evm, out, sizeof(out)) : DRY_EVM_PRECOMPILE;
}

static enum dry_evm_end bn_pairing(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t out[32] = {0};
    bool one;
    if (!dry_bn254_pairing(&one, in))
        return DRY_EVM_PRECOMPILE;
    out[31] = one;
    return answer(evm, out, sizeof(out));
}

static uint64_t load_le64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static uint32_t blake2f_rounds(struct dry_bytes in)
{
    return (uint32_t)in.ptr[0] << 24 | (uint32_t)in.ptr[1] << 16 | (uint32_t)in.ptr[2] << 8 |
           in.ptr[3];
}

static enum dry_evm_end blake2f(struct dry__evm *evm, struct dry_bytes in)
{
    uint64_t h[8], m[16];
    uint8_t out[64];
    if (in.len != 213 || in.ptr[212] > 1)
        return DRY_EVM_PRECOMPILE;
    for (size_t i = 0; i < 8; i++)
        h[i] = load_le64(in.ptr + 4 + 8 * i);
    for (size_t i = 0; i < 16; i++)
        m[i] = load_le64(in.ptr + 68 + 8 * i);
    dry_blake2f(h, m, load_le64(in.ptr + 196), load_le64(in.ptr + 204), in.ptr[212] == 1,
                blake2f_rounds(in));
    for (size_t i = 0; i < 64; i++)
        out[i] = (uint8_t)(h[i / 8] >> (i % 8 * 8));
    return answer(evm, out, sizeof(out));
}

static enum dry_evm_end point_evaluation(struct dry__evm *evm, struct dry_bytes in)
{
    /* 4096 field elements a blob, and the modulus of their field. */
    static const uint8_t out[64] = {
        [30] = 0x10, [32] = 0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39,
        0xd8,        0x08,        0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff,
        0xfe,        0x5b,        0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};
    uint8_t hash[32];
    if (in.len != 192)
        return DRY_EVM_PRECOMPILE;
    dry_sha256(hash, dry_bytes_of(in.ptr + 96, 48));
    hash[0] = 0x01;
    if (memcmp(hash, in.ptr, 32) != 0 ||
        !dry_kzg_verify_proof(in.ptr + 96, in.ptr + 32, in.ptr + 64, in.ptr + 144))
        return DRY_EVM_PRECOMPILE;
    return answer(evm, out, sizeof(out));
}

static enum dry_evm_end p256verify(struct dry__evm *evm, struct dry_bytes in)
{
    uint8_t out[32] = {[31] = 1};
    if (in.len != 160 ||
        !dry_p256_verify(in.ptr, in.ptr + 32, in.ptr + 64, in.ptr + 96, in.ptr + 128))
        return DRY_EVM_SUCCESS;
    return answer(evm, out, sizeof(out));
}

static enum dry_evm_end bls(struct dry__evm *evm, uint32_t number, struct dry_bytes in)
{
    uint8_t out[256];
    size_t n = 128;
    enum dry_bls_result r = DRY_BLS_INVALID;
    switch (number) {
    case BLS_G1ADD:
        r = dry_bls12_g1add(out, in);
        break;
    case BLS_G1MSM:
        r = dry_bls12_g1msm(out, in);
        break;
    case BLS_G2ADD:
        r = dry_bls12_g2add(out, in);
        n = 256;
        break;
    case BLS_G2MSM:
        r = dry_bls12_g2msm(out, in);
        n = 256;
        break;
    case BLS_PAIRING:
        r = dry_bls12_pairing(out, in);
        n = 32;
        break;
    case BLS_MAP_G1:
        r = dry_bls12_map_fp_to_g1(out, in);
        break;
    default:
        r = dry_bls12_map_fp2_to_g2(out, in);
        n = 256;
        break;
    }
    if (r == DRY_BLS_NOMEM) {
        evm->world->error = DRY_ENOMEM;
        return DRY_EVM_STOPPED;
    }
    return r == DRY_BLS_OK ? answer(evm, out, n) : DRY_EVM_PRECOMPILE;
}

/* EIP-2537's discounts, in thousandths, for 1 to 128 pairs. */
static const uint16_t g1_discount[128] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
static const uint16_t g2_discount[128] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};

/* Lengths stay below 2^31 (memory's bound), so no product here overflows. */
static uint64_t msm_price(uint64_t pairs, uint64_t one, const uint16_t discount[128])
{
    return pairs == 0 ? 0 : pairs * one * discount[(pairs < 128 ? pairs : 128) - 1] / 1000;
}

static uint64_t price(enum dry_fork fork, uint32_t number, struct dry_bytes in)
{
    uint64_t words = dry__words(in.len);
    bool istanbul = fork >= DRY_FORK_ISTANBUL; /* EIP-1108 */
    switch (number) {
    case ECRECOVER:
        return 3000;
    case SHA256:
        return 60 + 12 * words;
    case RIPEMD160:
        return 600 + 120 * words;
    case IDENTITY:
        return 15 + 3 * words;
    case BN_ADD:
        return istanbul ? 150 : 500;
    case BN_MUL:
        return istanbul ? 6000 : 40000;
    case BN_PAIRING:
        return (istanbul ? 45000u : 100000u) +
               (istanbul ? 34000u : 80000u) * (uint64_t)(in.len / 192);
    case BLAKE2F:
        return in.len == 213 ? blake2f_rounds(in) : 0;
    case POINT_EVALUATION:
        return 50000;
    case BLS_G1ADD:
        return 375;
    case BLS_G1MSM:
        return msm_price(in.len / 160, 12000, g1_discount);
    case BLS_G2ADD:
        return 600;
    case BLS_G2MSM:
        return msm_price(in.len / 288, 22500, g2_discount);
    case BLS_PAIRING:
        return 37700 + 32600 * (uint64_t)(in.len / 384);
    case BLS_MAP_G1:
        return 5500;
    case BLS_MAP_G2:
        return 23800;
    default:
        return 6900; /* P256VERIFY, EIP-7951 */
    }
}

enum dry_evm_end dry__precompile_run(struct dry__evm *evm, uint32_t number, struct dry_bytes in,
                                     uint64_t *gas)
{
    evm->output.len = 0;
    if (number == MODEXP)
        return dry__precompile_modexp(evm, in, gas);
    if (!dry__charge(gas, price(evm->fork, number, in)))
        return DRY_EVM_OUT_OF_GAS;
    switch (number) {
    case ECRECOVER:
        return ecrecover(evm, in);
    case SHA256:
        return sha256(evm, in);
    case RIPEMD160:
        return ripemd160(evm, in);
    case IDENTITY:
        return answer(evm, in.ptr, in.len);
    case BN_ADD:
        return bn_add(evm, in);
    case BN_MUL:
        return bn_mul(evm, in);
    case BN_PAIRING:
        return bn_pairing(evm, in);
    case BLAKE2F:
        return blake2f(evm, in);
    case POINT_EVALUATION:
        return point_evaluation(evm, in);
    case P256VERIFY:
        return p256verify(evm, in);
    default:
        return bls(evm, number, in);
    }
}
