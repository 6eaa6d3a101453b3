/* Names and accounts that other programs derive from the same keys and words. */
#include "hd.h"
#include "keys/address_text.h"
#include "keys/peer_id.h"
#include <drystone/crypto.h>
#include <drystone/test.h>

static const struct {
    const char *hex, *text;
} base58[] = {
    {"", ""},
    {"00", "1"},
    {"0000", "11"},
    {"61", "2g"},
    {"626262", "a3gV"},
    {"636363", "aPEr"},
    {"73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"},
    {"00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"},
    {"516b6fcd0f", "ABnLTmg"},
    {"10c8511e", "Rt5zm"},
    {"00000000000000000000", "1111111111"},
};

static void base58_known(void **state)
{
    uint8_t most[DRY_BASE58_BYTES_MAX];
    char text[DRY_BASE58_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(base58); i++) {
        dry_base58_encode(text, test_hex(base58[i].hex));
        CHECK_MSG(strcmp(text, base58[i].text) == 0, base58[i].hex);
    }
    memset(most, 0xff, sizeof(most)); /* the longest text fits */
    dry_base58_encode(text, DRY_BYTES_ARRAY(most));
    CHECK(strlen(text) == DRY_BASE58_TEXT_MAX - 1);
}

/* As js-libp2p names these keys. */
static const struct {
    const char *seed, *pubkey, *id;
} peers[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
     "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
     "12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "76a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f5",
     "12D3KooWHoSyTgntm77sXShoeX9uNkqKNMhHxKtskaHqnA54SrSG"},
};

static void peer_ids(void **state)
{
    char id[DRY_BASE58_TEXT_MAX];
    uint8_t pubkey[32];

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(peers); i++) {
        dry_ed25519_pubkey(pubkey, test_hex(peers[i].seed).ptr);
        CHECK_BYTES(DRY_BYTES_ARRAY(pubkey), test_hex(peers[i].pubkey), peers[i].id);
        dry_peer_id_of(id, pubkey);
        CHECK_MSG(strcmp(id, peers[i].id) == 0, peers[i].id);
    }
}

#define JUNK "test test test test test test test test test test test junk"
#define ABANDON                                                                                \
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon " \
    "about"

static const struct {
    const char *words;
    uint32_t index;
    const char *address, *secret;
} accounts[] = {
    {JUNK, 0, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
     "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"},
    {JUNK, 1, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
     "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"},
    {JUNK, 9, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
     "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"},
    {ABANDON, 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94", NULL},
};

static void mnemonics(void **state)
{
    char text[DRY_ADDRESS_TEXT];
    struct dry_address address;
    struct dry_hd_key key;
    uint8_t secret[32];
    char *longer;

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(accounts); i++) {
        CHECK(dry_ok(dry_hd_open(&key, accounts[i].words)));
        CHECK(dry_ok(dry_hd_account(secret, &address, &key, accounts[i].index)));
        dry_address_text(text, &address);
        CHECK_MSG(strcmp(text, accounts[i].address) == 0, accounts[i].address);
        if (accounts[i].secret != NULL)
            CHECK_BYTES(DRY_BYTES_ARRAY(secret), test_hex(accounts[i].secret), accounts[i].address);
    }
    longer = calloc(1, DRY_MNEMONIC_BYTES_MAX + 2);
    memset(longer, 'a', DRY_MNEMONIC_BYTES_MAX);
    CHECK(dry_ok(dry_hd_open(&key, longer)));
    longer[DRY_MNEMONIC_BYTES_MAX] = 'a';
    CHECK(dry_hd_open(&key, longer).code == DRY_CODE_EINVAL);
    free(longer);
}

/* EIP-55's own examples. */
static void checksums(void **state)
{
    static const char *const examples[] = {
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"};
    char text[DRY_ADDRESS_TEXT];

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(examples); i++) {
        struct dry_address a;

        memcpy(a.b, test_hex(examples[i]).ptr, 20);
        dry_address_text(text, &a);
        CHECK_MSG(strcmp(text, examples[i]) == 0, examples[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base58_known),
        cmocka_unit_test(peer_ids),
        cmocka_unit_test(mnemonics),
        cmocka_unit_test(checksums),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
