/* The pieces of fixtures. Numbers are hexadecimal or decimal texts. */
#include "fixture.h"
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <stdio.h>
#include <stdlib.h>

const char *dry__fixture_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

dry_status dry__fixture_hex(struct dry_bytes *out, const char *text, struct dry_arena *arena)
{
    struct dry_buf buf = {0};
    dry_status st = dry_hex_decode(&buf, dry_bytes_of(text, strlen(text)));

    if (dry_ok(st))
        st = dry_arena_copy(arena, out, dry_buf_bytes(&buf));
    dry_buf_fini(&buf);
    return st;
}

dry_status dry__fixture_bytes(struct dry_bytes *out, const json_t *object, const char *key,
                              struct dry_arena *arena)
{
    const char *text = dry__fixture_text(object, key);

    return text == NULL ? DRY_STATUS(EDECODE, "a member of the fixture is absent")
                        : dry__fixture_hex(out, text, arena);
}

dry_status dry__fixture_fixed(uint8_t *out, size_t n, const json_t *object, const char *key)
{
    const char *text = dry__fixture_text(object, key);

    return text == NULL ? DRY_STATUS(EDECODE, "a member of the fixture is absent")
                        : dry_hex_decode_fixed(out, n, dry_bytes_of(text, strlen(text)));
}

static dry_status number(struct dry_u256 *out, const char *text)
{
    uint8_t digits[64];
    size_t n;

    if (text == NULL)
        return DRY_STATUS(EDECODE, "a number of the fixture is absent");
    if (strncmp(text, "0x:bigint ", 10) == 0)
        text += 10;
    n = strlen(text);
    if (strcmp(text, "0x") == 0 || n == 0) {
        *out = DRY_U256_ZERO;
        return DRY_OK;
    }
    /* Padded words ("0x000…") may be longer than a number's own digits. */
    if (n > 2 && text[0] == '0' && text[1] == 'x') {
        size_t skip = 2;

        while (skip + 1 < n && text[skip] == '0')
            skip++;
        if (n - skip > sizeof(digits))
            return DRY_STATUS(ELIMIT, "a number of the fixture is too large");
        memset(digits, '0', sizeof(digits));
        memcpy(digits + sizeof(digits) - (n - skip), text + skip, n - skip);
        uint8_t word[32];
        dry_status st = dry_hex_decode_fixed(word, 32, DRY_BYTES_ARRAY(digits));
        if (dry_ok(st))
            dry_u256_from_be32(out, word);
        return st;
    }
    return dry_u256_from_text(out, dry_bytes_of(text, n));
}

dry_status dry__fixture_u256(struct dry_u256 *out, const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);

    if (json_is_integer(v)) {
        *out = DRY_U256((uint64_t)json_integer_value(v));
        return DRY_OK;
    }
    return number(out, json_string_value(v));
}

dry_status dry__fixture_u64(uint64_t *out, const json_t *object, const char *key)
{
    struct dry_u256 v;
    dry_status st = dry__fixture_u256(&v, object, key);

    if (!dry_ok(st))
        return st;
    if (!dry_u256_is_u64(&v))
        return DRY_STATUS(EDECODE, "a number of the fixture does not fit 64 bits");
    *out = v.w[0];
    return DRY_OK;
}

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

static dry_status alloc_slots(struct dry_account_diff *out, const json_t *storage,
                              struct dry_arena *arena)
{
    size_t count = json_object_size(storage);
    struct dry_slot_diff *slots = dry_arena_alloc(arena, count * sizeof(*slots));
    const char *key;
    json_t *value;

    if (slots == NULL)
        return DRY_ENOMEM;
    json_object_foreach((json_t *)storage, key, value)
    {
        struct dry_slot_diff *s = &slots[out->slot_count];
        struct dry_u256 k;
        dry_status st = number(&k, key);

        if (dry_ok(st))
            st = number(&s->value, json_string_value(value));
        if (!dry_ok(st))
            return st;
        dry_u256_to_be32(s->key.b, &k);
        out->slot_count += !dry_u256_is_zero(&s->value);
    }
    qsort(slots, out->slot_count, sizeof(*slots), slot_order);
    out->slots = slots;
    return DRY_OK;
}

static dry_status alloc_account(struct dry_account_diff *out, const char *address,
                                const json_t *account, struct dry_arena *arena)
{
    dry_status st;

    *out = (struct dry_account_diff){.exists = true, .code_hash = dry_hash_empty_code};
    st = dry_hex_decode_fixed(out->address.b, 20, dry_bytes_of(address, strlen(address)));
    if (dry_ok(st))
        st = dry__fixture_u64(&out->nonce, account, "nonce");
    if (dry_ok(st))
        st = dry__fixture_u256(&out->balance, account, "balance");
    if (dry_ok(st))
        st = dry__fixture_bytes(&out->code, account, "code", arena);
    if (!dry_ok(st))
        return st;
    if (out->code.len != 0) {
        out->code_changed = true;
        dry_keccak256(&out->code_hash, out->code);
    }
    return alloc_slots(out, json_object_get(account, "storage"), arena);
}

dry_status dry__fixture_alloc(struct dry_state_diff *out, const json_t *alloc,
                              struct dry_arena *arena)
{
    size_t count = json_object_size(alloc), n = 0;
    struct dry_account_diff *accounts = dry_arena_alloc(arena, count * sizeof(*accounts));
    const char *address;
    json_t *account;

    if (accounts == NULL)
        return DRY_ENOMEM;
    json_object_foreach((json_t *)alloc, address, account)
    {
        dry_status st = alloc_account(&accounts[n++], address, account, arena);

        if (!dry_ok(st))
            return st;
    }
    qsort(accounts, n, sizeof(*accounts), account_order);
    *out = (struct dry_state_diff){(uint32_t)n, accounts};
    return DRY_OK;
}

/* "A" "B" N of "AToBAtN"; false when the name is a plain fork's. */
static bool transition_split(const char *network, struct dry_bytes *from, struct dry_bytes *to,
                             const char **at)
{
    const char *middle = strstr(network, "To"), *end;

    /* The last "At" ends the name of the second fork. */
    for (; middle != NULL; middle = strstr(middle + 2, "To")) {
        end = strstr(middle + 2, "At");
        if (end == NULL || middle == network)
            continue;
        *from = dry_bytes_of(network, (size_t)(middle - network));
        *to = dry_bytes_of(middle + 2, (size_t)(end - middle - 2));
        *at = end + 2;
        return true;
    }
    return false;
}

static dry_status transition(struct dry_chain_config *out, enum dry_fork from, enum dry_fork to,
                             const char *at)
{
    bool by_time = strncmp(at, "Time", 4) == 0;
    uint64_t when;
    char *end;

    if (strncmp(at, "Diff", 4) == 0) {
        char text[DRY_U256_HEX_MAX];

        snprintf(text, sizeof(text), "0x%s", at + 4);
        out->has_terminal_total_difficulty = true;
        return number(&out->terminal_total_difficulty, text);
    }
    when = strtoull(by_time ? at + 4 : at, &end, 10);
    if (*end == 'k') {
        when *= 1000;
        end++;
    }
    if (*end != '\0')
        return DRY_STATUS(EDECODE, "the network's name is not understood");
    for (unsigned f = (unsigned)from + 1; f <= (unsigned)to; f++)
        out->activation[f] = when;
    out->dao_fork_support = from < DRY_FORK_DAO && to == DRY_FORK_DAO;
    return DRY_OK;
}

static dry_status blob_schedule(struct dry_chain_config *out, const json_t *schedule)
{
    const char *name;
    json_t *entry;

    json_object_foreach((json_t *)schedule, name, entry)
    {
        uint64_t target, max, fraction;
        enum dry_fork fork;
        dry_status st = dry_fork_from_name(&fork, dry_bytes_of(name, strlen(name)));

        if (dry_ok(st))
            st = dry__fixture_u64(&target, entry, "target");
        if (dry_ok(st))
            st = dry__fixture_u64(&max, entry, "max");
        if (dry_ok(st))
            st = dry__fixture_u64(&fraction, entry, "baseFeeUpdateFraction");
        if (!dry_ok(st))
            return st;
        out->blob[fork] = (struct dry_blob_params){(uint32_t)target, (uint32_t)max, fraction};
    }
    return DRY_OK;
}

dry_status dry__fixture_network(struct dry_chain_config *out, enum dry_fork *fork,
                                const char *network, const json_t *config)
{
    struct dry_bytes from_name = dry_bytes_of(network, strlen(network)), to_name = from_name;
    uint64_t chain_id = 1;
    enum dry_fork from;
    const char *at;
    bool moves = transition_split(network, &from_name, &to_name, &at);
    dry_status st = dry_fork_from_name(&from, from_name);

    if (dry_ok(st))
        st = dry_fork_from_name(fork, to_name);
    if (dry_ok(st) && json_object_get(config, "chainid") != NULL)
        st = dry__fixture_u64(&chain_id, config, "chainid");
    if (!dry_ok(st))
        return st;
    dry_chain_config_at(out, from, chain_id);
    if (moves)
        st = transition(out, from, *fork, at);
    return dry_ok(st) ? blob_schedule(out, json_object_get(config, "blobSchedule")) : st;
}
