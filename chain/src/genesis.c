/* genesis.c - reading genesis files: the header, the allocation; the configuration is
 * genesis_config.c's. */
#include "genesis_config.h"
#include "store.h"
#include <drystone/chain/genesis.h>
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/platform/json.h>
#include <drystone/state.h>
#include <stdlib.h>

#define GENESIS_GAS_LIMIT 4712388u   /* what geth takes 0 for */
#define INITIAL_BASE_FEE 1000000000u /* EIP-1559 */

/* Which members are read by whom; anything else in the file is a mistake worth telling. */
static const char *const known_keys[] = {
    "config",     "nonce",         "timestamp",     "extraData",   "gasLimit",  "difficulty",
    "mixHash",    "mixhash",       "coinbase",      "alloc",       "number",    "gasUsed",
    "parentHash", "baseFeePerGas", "excessBlobGas", "blobGasUsed", "stateRoot", "slotNumber"};

static int slot_order(const void *a, const void *b)
{
    return memcmp(((const struct dry_slot_diff *)a)->key.b,
                  ((const struct dry_slot_diff *)b)->key.b, 32);
}

static int account_order(const void *a, const void *b)
{
    return memcmp(((const struct dry_account_diff *)a)->address.b,
                  ((const struct dry_account_diff *)b)->address.b, 20);
}

static bool is_empty_text(struct dry_json_value v)
{
    struct dry_bytes text;

    return dry_json_type(v) == DRY_JSON_STRING && dry_json_plain(v, &text) && text.len == 0;
}

/* Numbers and data may be empty text, which geth takes for nothing. */
static dry_status u64_read(struct dry_json_value v, uint64_t *out, struct dry_buf *error)
{
    if (!is_empty_text(v))
        return dry_json_number_u64(v, out, error);
    *out = 0;
    return DRY_OK;
}

static dry_status u256_read(struct dry_json_value v, struct dry_u256 *out, struct dry_buf *error)
{
    if (!is_empty_text(v))
        return dry_json_number_u256(v, out, error);
    *out = DRY_U256_ZERO;
    return DRY_OK;
}

static dry_status data_read(struct dry_json_value v, struct dry_bytes *out, struct dry_buf *error,
                            struct dry_arena *arena)
{
    if (!is_empty_text(v))
        return dry_json_data_arena(v, out, error, arena);
    *out = DRY_BYTES_EMPTY;
    return DRY_OK;
}

/* Member that must be there; null is as good as none. */
static dry_status required(struct dry_json_value object, const char *key,
                           struct dry_json_value *out, struct dry_buf *error)
{
    dry_status st = dry_json_require(object, key, out, error);

    return dry_ok(st) && dry_json_is_null(*out) ? dry_json_complain(*out, error, "is missing") : st;
}

/* A storage key or value: at most 32 bytes in hexadecimal with or without 0x, short forms padded at
 * the left. */
static dry_status word_read(struct dry_json_value v, struct dry_hash *out, struct dry_buf *error)
{
    struct dry_bytes text;

    if (dry_json_type(v) != DRY_JSON_STRING || !dry_json_plain(v, &text))
        return dry_json_complain(v, error, "must be text of hexadecimal digits");
    if (text.len >= 2 && memcmp(text.ptr, "0x", 2) == 0)
        text = dry_bytes_of(text.ptr + 2, text.len - 2);
    memset(out, 0, sizeof(*out));
    if (text.len % 2 != 0 || text.len > 64 ||
        !dry_ok(dry_hex_decode_fixed(out->b + 32 - text.len / 2, text.len / 2, text)))
        return dry_json_complain(v, error,
                                 "must be an even number of hexadecimal digits, 64 at most");
    return DRY_OK;
}

static dry_status slots_read(struct dry_json_value storage, struct dry_account_diff *acc,
                             struct dry_buf *error, struct dry_arena *arena)
{
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;
    uint32_t n = 0;
    struct dry_slot_diff *slots;

    if (dry_json_type(storage) != DRY_JSON_OBJECT)
        return dry_json_complain(storage, error, "must be an object of slots");
    slots = dry_arena_zalloc(arena, dry_json_count(storage), sizeof(*slots));
    if (slots == NULL)
        return DRY_ENOMEM;
    while (dry_json_next(storage, &it, &key, &value)) {
        struct dry_hash word;
        dry_status st = word_read(key, &slots[n].key, error);

        if (dry_ok(st))
            st = word_read(value, &word, error);
        if (!dry_ok(st))
            return st;
        dry_u256_from_be32(&slots[n].value, word.b);
        if (!dry_u256_is_zero(&slots[n].value))
            n++;
    }
    qsort(slots, n, sizeof(*slots), slot_order);
    for (uint32_t i = 1; i < n; i++)
        if (slot_order(&slots[i - 1], &slots[i]) == 0)
            return dry_json_complain(storage, error, "names a slot twice");
    acc->slots = slots;
    acc->slot_count = n;
    return DRY_OK;
}

static dry_status account_read(struct dry_json_value v, struct dry_account_diff *acc,
                               struct dry_buf *error, struct dry_arena *arena)
{
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;
    dry_status st;

    if (dry_json_type(v) != DRY_JSON_OBJECT)
        return dry_json_complain(v, error, "must be an object");
    st = required(v, "balance", &value, error);
    if (!dry_ok(st))
        return st;
    acc->exists = true;
    acc->code_hash = dry_hash_empty_code;
    while (dry_json_next(v, &it, &key, &value)) {
        struct dry_bytes name;

        if (!dry_json_plain(key, &name))
            return dry_json_complain(value, error, "unknown key");
        if (dry_json_is_null(value))
            continue;
        if (dry_bytes_equal(name, DRY_BYTES_LIT("balance")))
            st = u256_read(value, &acc->balance, error);
        else if (dry_bytes_equal(name, DRY_BYTES_LIT("nonce")))
            st = u64_read(value, &acc->nonce, error);
        else if (dry_bytes_equal(name, DRY_BYTES_LIT("code")))
            st = data_read(value, &acc->code, error, arena);
        else if (dry_bytes_equal(name, DRY_BYTES_LIT("storage")))
            st = slots_read(value, acc, error, arena);
        else if (!dry_bytes_equal(name, DRY_BYTES_LIT("comment")) &&
                 !dry_bytes_equal(name, DRY_BYTES_LIT("secretKey")))
            return dry_json_complain(value, error, "unknown key");
        if (!dry_ok(st))
            return st;
    }
    if (acc->code.len != 0) {
        acc->code_changed = true;
        dry_keccak256(&acc->code_hash, acc->code);
    }
    return DRY_OK;
}

static dry_status alloc_read(struct dry_json_value alloc, struct dry_state_diff *out,
                             struct dry_buf *error, struct dry_arena *arena)
{
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;
    struct dry_account_diff *accounts;
    uint32_t n = 0;

    if (dry_json_type(alloc) != DRY_JSON_OBJECT)
        return dry_json_complain(alloc, error, "must be an object of accounts");
    accounts = dry_arena_zalloc(arena, dry_json_count(alloc), sizeof(*accounts));
    if (accounts == NULL)
        return DRY_ENOMEM;
    while (dry_json_next(alloc, &it, &key, &value)) {
        dry_status st = dry_json_hex_fixed(key, accounts[n].address.b, 20, error);

        if (dry_ok(st))
            st = account_read(value, &accounts[n], error, arena);
        if (!dry_ok(st))
            return st;
        n++;
    }
    qsort(accounts, n, sizeof(*accounts), account_order);
    for (uint32_t i = 1; i < n; i++)
        if (account_order(&accounts[i - 1], &accounts[i]) == 0)
            return dry_json_complain(alloc, error, "names an account twice");
    out->accounts = accounts;
    out->count = n;
    return DRY_OK;
}

/* The fields a header has at genesis follow from the forks active at block 0 and its time. */
static void header_forks(struct dry_header *h, const struct dry_chain_config *c)
{
    if (c->activation[DRY_FORK_LONDON] != 0)
        return;
    h->extra_fields = DRY_HEADER_LONDON;
    h->base_fee = c->zero_base_fee ? DRY_U256_ZERO : DRY_U256(INITIAL_BASE_FEE);
    if (c->activation[DRY_FORK_SHANGHAI] > h->time)
        return;
    h->extra_fields = DRY_HEADER_SHANGHAI;
    h->withdrawals_root = dry_hash_empty_trie;
    if (c->activation[DRY_FORK_CANCUN] > h->time)
        return;
    h->extra_fields = DRY_HEADER_CANCUN;
    if (c->activation[DRY_FORK_PRAGUE] > h->time)
        return;
    h->extra_fields = DRY_HEADER_PRAGUE;
    h->requests_hash = dry_hash_empty_requests;
}

static dry_status nonce_read(struct dry_json_value v, uint8_t nonce[8], struct dry_buf *error)
{
    uint64_t n;
    dry_status st = u64_read(v, &n, error);

    if (dry_ok(st))
        for (unsigned i = 0; i < 8; i++)
            nonce[i] = (uint8_t)(n >> (56 - 8 * i));
    return st;
}

static dry_status header_read(struct dry_json_value root, struct dry_header *h,
                              const struct dry_chain_config *config, struct dry_buf *error,
                              struct dry_arena *arena)
{
    struct dry_json_value v;
    dry_status st = required(root, "gasLimit", &v, error);

    if (dry_ok(st))
        st = required(root, "difficulty", &v, error);
    h->ommers_hash = dry_hash_empty_ommers;
    h->transactions_root = h->receipts_root = h->state_root = dry_hash_empty_trie;
#define READ(key, call)                                                    \
    if (dry_ok(st) && dry_json_get(root, key, &v) && !dry_json_is_null(v)) \
    st = call
    READ("timestamp", u64_read(v, &h->time, error));
    if (!dry_ok(st))
        return st;
    header_forks(h, config);
    READ("nonce", nonce_read(v, h->nonce, error));
    READ("extraData", data_read(v, &h->extra_data, error, arena));
    READ("gasLimit", u64_read(v, &h->gas_limit, error));
    READ("gasUsed", u64_read(v, &h->gas_used, error));
    READ("number", u64_read(v, &h->number, error));
    READ("difficulty", u256_read(v, &h->difficulty, error));
    READ("mixHash", dry_json_hash(v, &h->mix_hash, error));
    READ("mixhash", dry_json_hash(v, &h->mix_hash, error));
    READ("coinbase", dry_json_address(v, &h->coinbase, error));
    READ("parentHash", dry_json_hash(v, &h->parent_hash, error));
    if (h->extra_fields >= DRY_HEADER_LONDON)
        READ("baseFeePerGas", u256_read(v, &h->base_fee, error));
    if (h->extra_fields >= DRY_HEADER_CANCUN) {
        READ("excessBlobGas", u64_read(v, &h->excess_blob_gas, error));
        READ("blobGasUsed", u64_read(v, &h->blob_gas_used, error));
    }
#undef READ
    if (h->gas_limit == 0)
        h->gas_limit = GENESIS_GAS_LIMIT;
    if (dry_ok(st) && h->extra_data.len > DRY_EXTRA_DATA_MAX && dry_json_get(root, "extraData", &v))
        return dry_json_complain(v, error, "longer than 1024 bytes");
    if (dry_ok(st) && h->number != 0 && dry_json_get(root, "number", &v))
        return dry_json_complain(v, error, "must be 0: the chain starts at its genesis");
    if (dry_ok(st) && h->gas_limit > INT64_MAX && dry_json_get(root, "gasLimit", &v))
        return dry_json_complain(v, error, "above 2^63 - 1");
    return st;
}

static dry_status keys_check(struct dry_json_value root, struct dry_buf *error)
{
    struct dry_json_iter it = {0};
    struct dry_json_value key, value;

    if (dry_json_type(root) != DRY_JSON_OBJECT)
        return dry_json_complain(root, error, "a genesis file is one JSON object");
    while (dry_json_next(root, &it, &key, &value)) {
        struct dry_bytes name;
        bool known = false;

        if (dry_json_plain(key, &name))
            for (size_t i = 0; i < DRY_COUNT(known_keys); i++)
                known |= dry_bytes_equal(name, dry_bytes_of(known_keys[i], strlen(known_keys[i])));
        if (!known)
            return dry_json_complain(value, error, "unknown key");
    }
    return DRY_OK;
}

dry_status dry_genesis_parse(struct dry_genesis *out, struct dry_buf *error, struct dry_bytes json,
                             struct dry_arena *arena)
{
    struct dry_json_limits limits = {.bytes_max = DRY_GENESIS_BYTES_MAX};
    struct dry_genesis g = {0};
    struct dry_json *doc = dry_arena_zalloc(arena, 1, sizeof(*doc));
    struct dry_json_value root, v;
    dry_status st;

    if (doc == NULL)
        return DRY_ENOMEM;
    st = dry_json_read(doc, error, json, &limits, arena);
    if (!dry_ok(st))
        return st;
    root = dry_json_root(doc);
    st = keys_check(root, error);
    if (dry_ok(st))
        st = dry_json_require(root, "config", &v, error);
    if (dry_ok(st))
        st = dry__genesis_config_read(v, false, &g.config, error);
    if (dry_ok(st))
        st = header_read(root, &g.header, &g.config, error, arena);
    if (dry_ok(st))
        st = required(root, "alloc", &v, error);
    if (dry_ok(st))
        st = alloc_read(v, &g.alloc, error, arena);
    if (dry_ok(st))
        st = dry_arena_copy(arena, &g.json, json);
    if (dry_ok(st))
        *out = g;
    return st;
}

bool dry_genesis_is_dev(struct dry_bytes json)
{
    static const char key[] = "\"drystone\"";
    struct dry_json_limits limits = {.bytes_max = DRY_GENESIS_BYTES_MAX};
    struct dry_arena arena = {0};
    struct dry_json_value v;
    struct dry_json doc;
    bool dev = false;

    /* Large files of other programs are not read twice. */
    if (json.len == 0 || memmem(json.ptr, json.len, key, sizeof(key) - 1) == NULL)
        return false;
    if (dry_ok(dry_json_read(&doc, NULL, json, &limits, &arena)) &&
        dry_json_get(dry_json_root(&doc), "config", &v) && dry_json_get(v, "drystone", &v) &&
        dry_json_get(v, "dev", &v))
        dev = dry_json_type(v) == DRY_JSON_TRUE;
    dry_arena_fini(&arena);
    return dev;
}

dry_status dry_genesis_stored(struct dry_buf *out, struct dry_storage *storage)
{
    struct dry__key key = dry__key_meta('g');

    return dry_storage_get(storage, NULL, out, dry__key_bytes(&key));
}

dry_status dry_genesis_seal(struct dry_genesis *g)
{
    struct dry_memory_state *m = NULL;
    dry_status st = dry_memory_state_open(&m);

    if (dry_ok(st))
        st = dry_memory_state_apply(m, &g->alloc);
    if (dry_ok(st))
        st = dry_memory_state_root(m, &g->header.state_root);
    dry_memory_state_close(m);
    return st;
}

static void blob_params_write(struct dry_json_writer *w, const char *key,
                              const struct dry_blob_params *p)
{
    dry_json_key(w, key);
    dry_json_object_begin(w);
    dry_json_key(w, "target");
    dry_json_write_u64(w, p->target);
    dry_json_key(w, "max");
    dry_json_write_u64(w, p->max);
    dry_json_key(w, "baseFeeUpdateFraction");
    dry_json_write_u64(w, p->update_fraction);
    dry_json_object_end(w);
}

static void dev_config_write(struct dry_json_writer *w, uint64_t chain_id)
{
    struct dry_chain_config mainnet;
    static const char *const blocks[] = {
        "homesteadBlock",   "eip150Block",        "eip155Block",
        "eip158Block",      "byzantiumBlock",     "constantinopleBlock",
        "petersburgBlock",  "istanbulBlock",      "muirGlacierBlock",
        "berlinBlock",      "londonBlock",        "arrowGlacierBlock",
        "grayGlacierBlock", "mergeNetsplitBlock", "shanghaiTime",
        "cancunTime",       "pragueTime",         "osakaTime"};

    dry_json_key(w, "config");
    dry_json_object_begin(w);
    dry_json_key(w, "chainId");
    dry_json_write_u64(w, chain_id);
    for (size_t i = 0; i < DRY_COUNT(blocks); i++) {
        dry_json_key(w, blocks[i]);
        dry_json_write_u64(w, 0);
    }
    dry_json_key(w, "terminalTotalDifficulty");
    dry_json_write_u64(w, 0);
    dry_chain_config_at(&mainnet, DRY_FORK_OSAKA, chain_id);
    dry_json_key(w, "blobSchedule");
    dry_json_object_begin(w);
    blob_params_write(w, "cancun", &mainnet.blob[DRY_FORK_CANCUN]);
    blob_params_write(w, "prague", &mainnet.blob[DRY_FORK_PRAGUE]);
    dry_json_object_end(w);
    dry_json_key(w, "drystone");
    dry_json_object_begin(w);
    dry_json_key(w, "dev");
    dry_json_write_bool(w, true);
    dry_json_object_end(w);
    dry_json_object_end(w);
}

static void dev_account_write(struct dry_json_writer *w, const struct dry_address *address,
                              const struct dry_u256 *balance, struct dry_bytes code)
{
    char key[42] = "0x";

    dry_hex_encode(key + 2, DRY_BYTES_ARRAY(address->b));
    dry_json_key_n(w, key, sizeof(key));
    dry_json_object_begin(w);
    dry_json_key(w, "balance");
    dry_json_write_quantity_u256(w, balance);
    if (code.len != 0) {
        dry_json_key(w, "nonce");
        dry_json_write_quantity(w, 1);
        dry_json_key(w, "code");
        dry_json_write_hex(w, code);
    }
    dry_json_object_end(w);
}

dry_status dry_genesis_dev_json(struct dry_buf *out, const struct dry_genesis_dev *dev)
{
    static const struct dry_u256 zero;
    struct dry_json_writer w;

    dry_json_begin(&w, out);
    dry_json_object_begin(&w);
    dev_config_write(&w, dev->chain_id);
    dry_json_key(&w, "timestamp");
    dry_json_write_quantity(&w, dev->time);
    dry_json_key(&w, "gasLimit");
    dry_json_write_quantity(&w, dev->gas_limit);
    dry_json_key(&w, "difficulty");
    dry_json_write_quantity(&w, 0);
    dry_json_key(&w, "baseFeePerGas");
    dry_json_write_quantity(&w, INITIAL_BASE_FEE);
    dry_json_key(&w, "alloc");
    dry_json_object_begin(&w);
    for (uint32_t i = 0; i < dev->account_count; i++)
        dev_account_write(&w, &dev->accounts[i], &dev->balance, DRY_BYTES_EMPTY);
    for (uint32_t i = 0; i < dry_system_contract_count; i++)
        dev_account_write(&w, &dry_system_contracts[i].address, &zero,
                          dry_system_contracts[i].code);
    dry_json_object_end(&w);
    dry_json_object_end(&w);
    return dry_json_end(&w);
}
