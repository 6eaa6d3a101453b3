/* System calls, and the requests a block ends with (EIP-6110, 7002, 7251, 7685). */
#include "rules_impl.h"
#include <drystone/crypto.h>

#define SYSTEM_CALL_GAS 30000000u
#define REQUEST_KINDS 3u

static const struct dry_address system_address = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};

dry_status dry__system_call(struct dry__serial *e, bool *ran, bool *ok, struct dry_bytes *output,
                            const struct dry_address *contract, struct dry_bytes input)
{
    struct dry__tx_context context = {.env = &e->env, .origin = system_address};
    struct dry__message message = {.kind = DRY_FRAME_CALL,
                                   .caller = system_address,
                                   .to = *contract,
                                   .gas = SYSTEM_CALL_GAS,
                                   .input = input};
    struct dry__message_result result;
    struct dry__account *a = dry__world_account(&e->world, contract);
    dry_status st;

    *ran = *ok = false;
    *output = DRY_BYTES_EMPTY;
    if (a == NULL)
        return e->world.error;
    if (dry_hash_equal(&a->code_hash, &dry_hash_empty_code))
        return DRY_OK;
    *ran = true;
    dry__world_tx_begin(&e->world);
    st = dry__evm_run(e->evm, &result, &e->world, &context, &message);
    if (!dry_ok(st))
        return st;
    dry__world_tx_end(&e->world);
    *ok = result.end == DRY_EVM_SUCCESS;
    if (*ok)
        st = dry_arena_copy(e->arena, output, result.output);
    return dry_ok(st) ? e->world.error : st;
}

/* The deposit event's data: five dynamic fields at fixed places. */
#define DEPOSIT_EVENT_BYTES 576u
#define DEPOSIT_BYTES 192u
static const struct {
    uint16_t offset; /* what the field's head must say */
    uint8_t length;
} deposit_fields[] = {{160, 48}, {256, 32}, {320, 8}, {384, 96}, {512, 8}};

static bool is_word(const uint8_t *at, uint64_t value)
{
    struct dry_u256 word, want = DRY_U256(value);

    dry_u256_from_be32(&word, at);
    return dry_u256_equal(&word, &want);
}

/* pubkey, credentials, amount, signature, index; false when the layout is another. */
static bool deposit_parse(uint8_t out[DEPOSIT_BYTES], struct dry_bytes data)
{
    if (data.len != DEPOSIT_EVENT_BYTES)
        return false;
    for (size_t i = 0; i < DRY_COUNT(deposit_fields); i++) {
        const uint8_t *field = data.ptr + deposit_fields[i].offset;

        if (!is_word(data.ptr + 32 * i, deposit_fields[i].offset) ||
            !is_word(field, deposit_fields[i].length))
            return false;
        memcpy(out, field + 32, deposit_fields[i].length);
        out += deposit_fields[i].length;
    }
    return true;
}

static bool is_deposit(const struct dry__serial *e, const struct dry_log_entry *log)
{
    /* keccak256("DepositEvent(bytes,bytes,bytes,bytes,bytes)") */
    static const struct dry_hash event = {{0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42,
                                           0xaf, 0xea, 0x4e, 0x5c, 0xd8, 0x2d, 0x40, 0x49,
                                           0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0, 0x88, 0x9a,
                                           0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5}};

    return log->topic_count > 0 && dry_hash_equal(&log->topics[0], &event) &&
           dry_address_equal(&log->address, &e->env.rules.deposit_contract);
}

/* 0x00 || the block's deposits, in the arena; empty when there are none. */
static dry_status deposits(struct dry__serial *e, enum dry_verdict *verdict, struct dry_bytes *out)
{
    size_t count = 0, n = 1;
    uint8_t *request;

    *out = DRY_BYTES_EMPTY;
    for (uint32_t i = 0; i < e->receipt_count; i++)
        for (uint32_t k = 0; k < e->receipts[i].log_count; k++)
            count += is_deposit(e, &e->receipts[i].logs[k]);
    if (count == 0)
        return DRY_OK;
    request = dry_arena_alloc(e->arena, 1 + count * DEPOSIT_BYTES);
    if (request == NULL)
        return DRY_ENOMEM;
    request[0] = 0;
    for (uint32_t i = 0; i < e->receipt_count; i++)
        for (uint32_t k = 0; k < e->receipts[i].log_count; k++) {
            if (!is_deposit(e, &e->receipts[i].logs[k]))
                continue;
            if (!deposit_parse(request + n, e->receipts[i].logs[k].data)) {
                *verdict = DRY_VERDICT_BLOCK_DEPOSIT_LAYOUT;
                return DRY_OK;
            }
            n += DEPOSIT_BYTES;
        }
    *out = dry_bytes_of(request, n);
    return DRY_OK;
}

/* type || what the contract returns; empty when it returns nothing. */
static dry_status contract_requests(struct dry__serial *e, enum dry_verdict *verdict,
                                    struct dry_bytes *out, const struct dry_address *contract,
                                    uint8_t type)
{
    struct dry_bytes output;
    uint8_t *request;
    bool ran, ok;
    dry_status st = dry__system_call(e, &ran, &ok, &output, contract, DRY_BYTES_EMPTY);

    *out = DRY_BYTES_EMPTY;
    if (!dry_ok(st))
        return st;
    if (!ok) {
        *verdict = DRY_VERDICT_BLOCK_SYSTEM_CALL;
        return DRY_OK;
    }
    if (output.len == 0)
        return DRY_OK;
    request = dry_arena_alloc(e->arena, 1 + output.len);
    if (request == NULL)
        return DRY_ENOMEM;
    request[0] = type;
    memcpy(request + 1, output.ptr, output.len);
    *out = dry_bytes_of(request, 1 + output.len);
    return DRY_OK;
}

dry_status dry__requests(struct dry__serial *e, enum dry_verdict *verdict,
                         struct dry_block_result *out)
{
    uint8_t hashes[REQUEST_KINDS * 32];
    struct dry_bytes *kept;
    struct dry_bytes all[REQUEST_KINDS];
    dry_status st;

    if (e->env.rules.evm_fork < DRY_FORK_PRAGUE)
        return DRY_OK;
    st = deposits(e, verdict, &all[0]);
    for (uint8_t type = 1; type < REQUEST_KINDS; type++)
        if (dry_ok(st) && *verdict == DRY_VERDICT_VALID)
            st = contract_requests(e, verdict, &all[type], &dry_system_contracts[type + 1].address,
                                   type);
    if (!dry_ok(st) || *verdict != DRY_VERDICT_VALID)
        return st;
    kept = dry_arena_alloc(e->arena, sizeof(all));
    if (kept == NULL)
        return DRY_ENOMEM;
    for (uint8_t type = 0; type < REQUEST_KINDS; type++)
        if (all[type].len != 0) {
            dry_sha256(hashes + 32 * out->request_count, all[type]);
            kept[out->request_count++] = all[type];
        }
    out->requests = kept;
    dry_sha256(out->requests_hash.b, dry_bytes_of(hashes, 32 * (size_t)out->request_count));
    return DRY_OK;
}
