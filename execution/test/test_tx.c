/* Transactions without state: intrinsic gas at every fork, each refusal by a transaction with that
 * one fault, senders, and addresses of creations. */
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/test.h>

static struct dry_rules rules_at(enum dry_fork fork)
{
    struct dry_chain_config config;
    struct dry_rules rules;

    dry_chain_config_at(&config, fork, 1);
    dry_rules_at(&rules, &config, 1, 1, fork >= DRY_FORK_PARIS);
    return rules;
}

static uint64_t intrinsic(const struct dry_tx *tx, enum dry_fork fork, uint64_t *floor)
{
    struct dry_rules rules = rules_at(fork);
    uint64_t gas;

    dry_tx_intrinsic_gas(&gas, floor, tx, &rules);
    return gas;
}

static void intrinsic_gas(void **state)
{
    static const uint8_t data[40] = {[39] = 1}; /* 39 zeros and a one */
    static const struct dry_hash keys[3];
    const struct dry_access_entry access[] = {{.key_count = 1, .keys = keys},
                                              {.key_count = 2, .keys = keys}};
    struct dry_tx call = {.has_to = true, .data = DRY_BYTES_ARRAY(data)};
    struct dry_tx create = {.data = DRY_BYTES_ARRAY(data)}, listed = call, delegating = call;
    uint64_t floor;

    (void)state;
    CHECK(intrinsic(&call, DRY_FORK_FRONTIER, &floor) == 21000 + 39 * 4 + 68 && floor == 0);
    CHECK(intrinsic(&call, DRY_FORK_PETERSBURG, &floor) == 21000 + 39 * 4 + 68);
    CHECK(intrinsic(&call, DRY_FORK_ISTANBUL, &floor) == 21000 + 39 * 4 + 16 && floor == 0);
    CHECK(intrinsic(&create, DRY_FORK_FRONTIER, &floor) == 21000 + 39 * 4 + 68);
    CHECK(intrinsic(&create, DRY_FORK_HOMESTEAD, &floor) == 53000 + 39 * 4 + 68);
    CHECK(intrinsic(&create, DRY_FORK_PARIS, &floor) == 53000 + 39 * 4 + 16);
    CHECK(intrinsic(&create, DRY_FORK_SHANGHAI, &floor) == 53000 + 39 * 4 + 16 + 2 * 2);
    CHECK(intrinsic(&call, DRY_FORK_PRAGUE, &floor) == 21000 + 39 * 4 + 16);
    CHECK(floor == 21000 + 39 * 10 + 40);
    listed.access = access;
    listed.access_count = 2;
    CHECK(intrinsic(&listed, DRY_FORK_BERLIN, &floor) == 21000 + 39 * 4 + 16 + 2 * 2400 + 3 * 1900);
    delegating.authorization_count = 3;
    CHECK(intrinsic(&delegating, DRY_FORK_PRAGUE, &floor) == 21000 + 39 * 4 + 16 + 3 * 25000);
}

/* A transaction of each type that is fine at Osaka. */
struct sample {
    struct dry_tx tx;
    struct dry_hash blob_hashes[10];
    struct dry_authorization authorization;
};

static void sample_make(struct sample *s, enum dry_tx_type type)
{
    memset(s, 0, sizeof(*s));
    for (size_t i = 0; i < DRY_COUNT(s->blob_hashes); i++)
        s->blob_hashes[i].b[0] = 1;
    s->tx = (struct dry_tx){.type = type,
                            .has_to = true,
                            .has_chain_id = true,
                            .chain_id = 1,
                            .gas_limit = 100000,
                            .max_fee_per_gas = DRY_U256(10),
                            .max_priority_fee_per_gas = DRY_U256(10),
                            .blob_hashes = s->blob_hashes,
                            .blob_count = type == DRY_TX_BLOB,
                            .authorizations = &s->authorization,
                            .authorization_count = type == DRY_TX_SET_CODE};
}

static void types_by_fork(void **state)
{
    static const enum dry_fork since[] = {DRY_FORK_FRONTIER, DRY_FORK_BERLIN, DRY_FORK_LONDON,
                                          DRY_FORK_CANCUN, DRY_FORK_PRAGUE};

    (void)state;
    for (unsigned type = 0; type < DRY_COUNT(since); type++)
        for (unsigned fork = 0; fork < DRY_FORK_COUNT; fork++) {
            struct dry_rules rules = rules_at((enum dry_fork)fork);
            struct sample s;

            sample_make(&s, (enum dry_tx_type)type);
            CHECK(dry_tx_check(&s.tx, &rules) == (fork >= (unsigned)since[type]
                                                      ? DRY_VERDICT_VALID
                                                      : DRY_VERDICT_TX_TYPE_UNSUPPORTED));
        }
    CHECK(!dry_tx_type_supported(5, &(struct dry_rules){.evm_fork = DRY_FORK_OSAKA}));
    CHECK(!dry_tx_type_supported(0x7f, &(struct dry_rules){.evm_fork = DRY_FORK_OSAKA}));
}

#define FAULT(type, fork, verdict, change)                                            \
    do {                                                                              \
        struct dry_rules rules = rules_at(DRY_FORK_##fork);                           \
        struct sample s;                                                              \
        sample_make(&s, DRY_TX_##type);                                               \
        change;                                                                       \
        CHECK_MSG(dry_tx_check(&s.tx, &rules) == DRY_VERDICT_TX_##verdict, #verdict); \
    } while (0)

static void each_fault_is_named(void **state)
{
    static uint8_t big[49153];

    (void)state;
    FAULT(LEGACY, FRONTIER, NONCE_MAX, s.tx.nonce = UINT64_MAX);
    FAULT(LEGACY, FRONTIER, INTRINSIC_GAS, s.tx.gas_limit = 20999);
    FAULT(LEGACY, PRAGUE, FLOOR_GAS,
          (s.tx.data = dry_bytes_of(big, 100), s.tx.gas_limit = 21000 + 999));
    FAULT(LEGACY, OSAKA, GAS_LIMIT_MAX, s.tx.gas_limit = (1u << 24) + 1);
    FAULT(LEGACY, SHANGHAI, INITCODE_SIZE,
          (s.tx.has_to = false, s.tx.data = DRY_BYTES_ARRAY(big), s.tx.gas_limit = 1000000));
    FAULT(LEGACY, LONDON, GAS_PRODUCT_OVERFLOW,
          (s.tx.max_fee_per_gas = DRY_U256_MAX, s.tx.max_priority_fee_per_gas = DRY_U256_MAX));
    FAULT(DYNAMIC_FEE, LONDON, PRIORITY_ABOVE_MAX, s.tx.max_priority_fee_per_gas = DRY_U256(11));
    FAULT(BLOB, CANCUN, BLOB_NONE, s.tx.blob_count = 0);
    FAULT(BLOB, CANCUN, BLOB_COUNT, s.tx.blob_count = 7);
    FAULT(BLOB, PRAGUE, BLOB_COUNT, s.tx.blob_count = 10);
    FAULT(BLOB, OSAKA, BLOB_COUNT, s.tx.blob_count = 7); /* six a transaction, nine a block */
    FAULT(BLOB, BPO2, BLOB_COUNT, s.tx.blob_count = 7);
    FAULT(BLOB, CANCUN, BLOB_VERSION, s.blob_hashes[0].b[0] = 2);
    FAULT(BLOB, CANCUN, BLOB_CREATE, s.tx.has_to = false);
    FAULT(SET_CODE, PRAGUE, AUTHORIZATION_NONE, s.tx.authorization_count = 0);
    FAULT(SET_CODE, PRAGUE, AUTHORIZATION_CREATE, s.tx.has_to = false);
}

static void sign(struct dry_tx *tx, const uint8_t secret[32])
{
    struct dry_ecdsa_signature sig;
    struct dry_buf buf = {0};
    struct dry_hash hash;

    CHECK(dry_ok(dry_tx_encode_unsigned(&buf, tx)));
    dry_keccak256(&hash, dry_buf_bytes(&buf));
    CHECK(dry_secp256k1_sign(&sig, &hash, secret));
    dry_u256_from_be32(&tx->r, sig.r);
    dry_u256_from_be32(&tx->s, sig.s);
    tx->y_parity = sig.y_parity;
    dry_buf_fini(&buf);
}

static enum dry_verdict sender_of(const struct dry_tx *tx, enum dry_fork fork,
                                  const struct dry_address *want)
{
    struct dry_rules rules = rules_at(fork);
    struct dry_address got;
    enum dry_verdict verdict;

    CHECK(dry_ok(dry_tx_sender(&got, &verdict, tx, &rules)));
    if (verdict == DRY_VERDICT_VALID)
        CHECK(dry_address_equal(&got, want));
    return verdict;
}

static void senders(void **state)
{
    static const uint8_t secret[32] = {[31] = 7};
    static const struct dry_u256 order = {
        {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};
    struct dry_address want;
    uint8_t pubkey[64];

    (void)state;
    CHECK(dry_secp256k1_pubkey(pubkey, secret));
    dry_address_of_pubkey(&want, pubkey);
    for (unsigned type = 0; type < 5; type++) {
        struct sample s;
        struct dry_tx t;

        sample_make(&s, (enum dry_tx_type)type);
        sign(&s.tx, secret);
        CHECK(sender_of(&s.tx, DRY_FORK_OSAKA, &want) == DRY_VERDICT_VALID);
        t = s.tx;
        t.chain_id = 2;
        CHECK(sender_of(&t, DRY_FORK_OSAKA, &want) == DRY_VERDICT_TX_CHAIN_ID);
        t = s.tx;
        t.r = DRY_U256_ZERO;
        CHECK(sender_of(&t, DRY_FORK_OSAKA, &want) == DRY_VERDICT_TX_SIGNATURE_VRS);
        t = s.tx;
        t.r = order;
        CHECK(sender_of(&t, DRY_FORK_OSAKA, &want) == DRY_VERDICT_TX_SIGNATURE_VRS);
        t = s.tx;
        (void)dry_u256_sub(&t.s, &order, &t.s); /* high s: the same signer with the other parity */
        t.y_parity ^= 1;
        CHECK(sender_of(&t, DRY_FORK_OSAKA, &want) == DRY_VERDICT_TX_SIGNATURE_VRS);
    }
    {
        struct sample s;

        sample_make(&s, DRY_TX_LEGACY);
        s.tx.has_chain_id = false;
        sign(&s.tx, secret);
        CHECK(sender_of(&s.tx, DRY_FORK_OSAKA, &want) == DRY_VERDICT_VALID);
        (void)dry_u256_sub(&s.tx.s, &order, &s.tx.s);
        s.tx.y_parity ^= 1;
        CHECK(sender_of(&s.tx, DRY_FORK_FRONTIER, &want) == DRY_VERDICT_VALID); /* EIP-2 later */
        CHECK(sender_of(&s.tx, DRY_FORK_HOMESTEAD, &want) == DRY_VERDICT_TX_SIGNATURE_VRS);
        s.tx.has_chain_id = true; /* EIP-155 is not known yet */
        CHECK(sender_of(&s.tx, DRY_FORK_TANGERINE_WHISTLE, &want) == DRY_VERDICT_TX_SIGNATURE_VRS);
    }
}

static void create_addresses(void **state)
{
    static const struct {
        uint64_t nonce;
        const char *address;
    } cases[] = {
        {0, "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"},
        {1, "343c43a37d37dff08ae8c4a11544c718abb4fcf8"},
        {2, "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91"},
        {3, "fffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c"},
    };
    struct dry_address sender, got;

    (void)state;
    memcpy(sender.b, test_hex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0").ptr, 20);
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        dry_create_address(&got, &sender, cases[i].nonce);
        CHECK_BYTES(DRY_BYTES_ARRAY(got.b), test_hex(cases[i].address), "");
    }
    /* Every length of a nonce, against the encoder. */
    for (unsigned bits = 0; bits < 64; bits++) {
        struct dry_buf buf = {0};
        struct dry_hash hash;
        size_t list = dry_rlp_open(&buf);

        CHECK(dry_ok(dry_rlp_put_string(&buf, DRY_BYTES_ARRAY(sender.b))));
        CHECK(dry_ok(dry_rlp_put_u64(&buf, (uint64_t)1 << bits)));
        CHECK(dry_ok(dry_rlp_close(&buf, list)));
        dry_keccak256(&hash, dry_buf_bytes(&buf));
        dry_create_address(&got, &sender, (uint64_t)1 << bits);
        CHECK(memcmp(hash.b + 12, got.b, 20) == 0);
        dry_buf_fini(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intrinsic_gas),       cmocka_unit_test(types_by_fork),
        cmocka_unit_test(each_fault_is_named), cmocka_unit_test(senders),
        cmocka_unit_test(create_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
