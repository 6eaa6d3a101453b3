/* What can be said about a transaction without state. */
#include "rules_impl.h"
#include <drystone/crypto.h>

#define CREATE_GAS 32000u
#define DATA_ZERO_GAS 4u
#define DATA_GAS 16u
#define DATA_GAS_FRONTIER 68u
#define ACCESS_ADDRESS_GAS 2400u
#define ACCESS_KEY_GAS 1900u
#define INITCODE_WORD_GAS 2u
#define FLOOR_TOKEN_GAS 10u
#define BLOBS_PER_TX_MAX 6u /* EIP-7594, from Osaka */
#define BLOB_HASH_VERSION 1u

void dry_tx_hash(struct dry_hash *out, const struct dry_tx *tx)
{
    dry_keccak256(out, tx->encoded);
}

/* (n - 1) / 2 + 1 of secp256k1: s from here on is high (EIP-2). */
static const struct dry_u256 order = {
    {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};

static enum dry_verdict signature_check(const struct dry_tx *tx, const struct dry_rules *rules)
{
    struct dry_u256 half;

    if (tx->has_chain_id) {
        if (tx->type == DRY_TX_LEGACY && rules->evm_fork < DRY_FORK_SPURIOUS_DRAGON)
            return DRY_VERDICT_TX_SIGNATURE_VRS;
        if (tx->chain_id != rules->chain_id)
            return DRY_VERDICT_TX_CHAIN_ID;
    }
    dry_u256_shr(&half, &order, 1);
    if (tx->y_parity > 1 || dry_u256_is_zero(&tx->r) || dry_u256_is_zero(&tx->s) ||
        !dry_u256_less(&tx->r, &order) || !dry_u256_less(&tx->s, &order) ||
        (rules->evm_fork >= DRY_FORK_HOMESTEAD && dry_u256_less(&half, &tx->s)))
        return DRY_VERDICT_TX_SIGNATURE_VRS;
    return DRY_VERDICT_VALID;
}

dry_status dry_tx_sender(struct dry_address *out, enum dry_verdict *verdict,
                         const struct dry_tx *tx, const struct dry_rules *rules)
{
    struct dry_ecdsa_signature sig = {.y_parity = tx->y_parity};
    struct dry_buf unsigned_tx = {0};
    struct dry_hash hash;
    dry_status st;

    *verdict = signature_check(tx, rules);
    if (*verdict != DRY_VERDICT_VALID)
        return DRY_OK;
    st = dry_tx_encode_unsigned(&unsigned_tx, tx);
    if (dry_ok(st)) {
        dry_keccak256(&hash, dry_buf_bytes(&unsigned_tx));
        dry_u256_to_be32(sig.r, &tx->r);
        dry_u256_to_be32(sig.s, &tx->s);
        if (!dry_secp256k1_recover_address(out, &hash, &sig))
            *verdict = DRY_VERDICT_TX_SIGNATURE_RECOVERY;
    }
    dry_buf_fini(&unsigned_tx);
    return st;
}

static uint64_t zero_bytes(struct dry_bytes data)
{
    uint64_t n = 0;

    for (size_t i = 0; i < data.len; i++)
        n += data.ptr[i] == 0;
    return n;
}

static bool add_product(uint64_t *sum, uint64_t a, uint64_t b)
{
    uint64_t p;

    return !__builtin_mul_overflow(a, b, &p) && !__builtin_add_overflow(*sum, p, sum);
}

void dry_tx_intrinsic_gas(uint64_t *intrinsic, uint64_t *floor, const struct dry_tx *tx,
                          const struct dry_rules *rules)
{
    uint64_t zeros = zero_bytes(tx->data), others = tx->data.len - zeros, gas = DRY__TX_GAS;
    enum dry_fork fork = rules->evm_fork;
    bool fits = true;

    *floor = 0;
    if (!tx->has_to && fork >= DRY_FORK_HOMESTEAD)
        gas += CREATE_GAS;
    fits = fits && add_product(&gas, zeros, DATA_ZERO_GAS);
    fits =
        fits && add_product(&gas, others, fork >= DRY_FORK_ISTANBUL ? DATA_GAS : DATA_GAS_FRONTIER);
    if (!tx->has_to && fork >= DRY_FORK_SHANGHAI)
        fits = fits && add_product(&gas, ((uint64_t)tx->data.len + 31) / 32, INITCODE_WORD_GAS);
    for (uint32_t i = 0; i < tx->access_count; i++)
        fits = fits && add_product(&gas, 1, ACCESS_ADDRESS_GAS) &&
               add_product(&gas, tx->access[i].key_count, ACCESS_KEY_GAS);
    fits = fits && add_product(&gas, tx->authorization_count, DRY__AUTHORIZATION_GAS);
    *intrinsic = fits ? gas : UINT64_MAX;
    if (fork >= DRY_FORK_PRAGUE) {
        *floor = DRY__TX_GAS;
        if (!add_product(floor, zeros, FLOOR_TOKEN_GAS) ||
            !add_product(floor, others, 4 * FLOOR_TOKEN_GAS))
            *floor = UINT64_MAX;
    }
}

bool dry_tx_type_supported(uint8_t type, const struct dry_rules *rules)
{
    enum dry_fork fork = rules->evm_fork;

    switch ((enum dry_tx_type)type) {
    case DRY_TX_LEGACY:
        return true;
    case DRY_TX_ACCESS_LIST:
        return fork >= DRY_FORK_BERLIN;
    case DRY_TX_DYNAMIC_FEE:
        return fork >= DRY_FORK_LONDON;
    case DRY_TX_BLOB:
        return fork >= DRY_FORK_CANCUN;
    case DRY_TX_SET_CODE:
        return fork >= DRY_FORK_PRAGUE;
    }
    return false;
}

uint32_t dry_tx_blobs_max(const struct dry_rules *rules)
{
    return rules->evm_fork >= DRY_FORK_OSAKA && rules->blob.max > BLOBS_PER_TX_MAX
               ? BLOBS_PER_TX_MAX
               : rules->blob.max;
}

static enum dry_verdict blobs_check(const struct dry_tx *tx, const struct dry_rules *rules)
{
    if (!tx->has_to)
        return DRY_VERDICT_TX_BLOB_CREATE;
    if (tx->blob_count == 0)
        return DRY_VERDICT_TX_BLOB_NONE;
    if (tx->blob_count > dry_tx_blobs_max(rules))
        return DRY_VERDICT_TX_BLOB_COUNT;
    for (uint32_t i = 0; i < tx->blob_count; i++)
        if (tx->blob_hashes[i].b[0] != BLOB_HASH_VERSION)
            return DRY_VERDICT_TX_BLOB_VERSION;
    return DRY_VERDICT_VALID;
}

enum dry_verdict dry__tx_check_form(const struct dry_tx *tx, const struct dry_rules *rules,
                                    uint32_t flags)
{
    struct dry_u256 gas = DRY_U256(tx->gas_limit), product;

    if (!dry_tx_type_supported((uint8_t)tx->type, rules))
        return DRY_VERDICT_TX_TYPE_UNSUPPORTED;
    if ((flags & DRY_CALL_SKIP_NONCE) == 0 && tx->nonce == UINT64_MAX)
        return DRY_VERDICT_TX_NONCE_MAX;
    if (!tx->has_to && tx->data.len > rules->initcode_size_max)
        return DRY_VERDICT_TX_INITCODE_SIZE;
    if (tx->type == DRY_TX_BLOB) {
        enum dry_verdict v = blobs_check(tx, rules);

        if (v != DRY_VERDICT_VALID)
            return v;
    }
    if (tx->type == DRY_TX_SET_CODE) {
        if (!tx->has_to)
            return DRY_VERDICT_TX_AUTHORIZATION_CREATE;
        if (tx->authorization_count == 0)
            return DRY_VERDICT_TX_AUTHORIZATION_NONE;
    }
    if (dry_u256_less(&tx->max_fee_per_gas, &tx->max_priority_fee_per_gas))
        return DRY_VERDICT_TX_PRIORITY_ABOVE_MAX;
    if (dry_u256_mul_overflow(&product, &tx->max_fee_per_gas, &gas))
        return DRY_VERDICT_TX_GAS_PRODUCT_OVERFLOW;
    return DRY_VERDICT_VALID;
}

enum dry_verdict dry__tx_check_gas(const struct dry_tx *tx, const struct dry_rules *rules,
                                   uint32_t flags)
{
    uint64_t intrinsic, floor;

    dry_tx_intrinsic_gas(&intrinsic, &floor, tx, rules);
    if (tx->gas_limit < intrinsic)
        return DRY_VERDICT_TX_INTRINSIC_GAS;
    if (tx->gas_limit < floor)
        return DRY_VERDICT_TX_FLOOR_GAS;
    if ((flags & DRY_CALL_SKIP_GAS_CAP) == 0 && tx->gas_limit > rules->tx_gas_limit_max)
        return DRY_VERDICT_TX_GAS_LIMIT_MAX;
    return DRY_VERDICT_VALID;
}

enum dry_verdict dry_tx_check(const struct dry_tx *tx, const struct dry_rules *rules)
{
    enum dry_verdict v = dry__tx_check_form(tx, rules, 0);

    return v == DRY_VERDICT_VALID ? dry__tx_check_gas(tx, rules, 0) : v;
}

void dry_create_address(struct dry_address *out, const struct dry_address *sender, uint64_t nonce)
{
    uint8_t rlp[2 + 20 + 9] = {0, 0x80 + 20}; /* list header, address, nonce */
    unsigned nonce_len = 0, n = 22;
    struct dry_hash hash;

    memcpy(rlp + 2, sender->b, 20);
    while (nonce_len < 8 && nonce >> (8 * nonce_len) != 0)
        nonce_len++;
    if (nonce != 0 && nonce < 0x80) {
        rlp[n++] = (uint8_t)nonce;
    } else {
        rlp[n++] = (uint8_t)(0x80 + nonce_len);
        while (nonce_len-- > 0)
            rlp[n++] = (uint8_t)(nonce >> (8 * nonce_len));
    }
    rlp[0] = (uint8_t)(0xc0 + n - 1);
    dry_keccak256(&hash, dry_bytes_of(rlp, n));
    memcpy(out->b, hash.b + 12, 20);
}
