/* trace.c - the struct logger's lines, member by member as geth has them. */
#include "trace.h"
#include <drystone/common/hex.h>
#include <stdio.h>

static const char *const names[256] = {
    [0x00] = "STOP",
    [0x01] = "ADD",
    [0x02] = "MUL",
    [0x03] = "SUB",
    [0x04] = "DIV",
    [0x05] = "SDIV",
    [0x06] = "MOD",
    [0x07] = "SMOD",
    [0x08] = "ADDMOD",
    [0x09] = "MULMOD",
    [0x0a] = "EXP",
    [0x0b] = "SIGNEXTEND",
    [0x10] = "LT",
    [0x11] = "GT",
    [0x12] = "SLT",
    [0x13] = "SGT",
    [0x14] = "EQ",
    [0x15] = "ISZERO",
    [0x16] = "AND",
    [0x17] = "OR",
    [0x18] = "XOR",
    [0x19] = "NOT",
    [0x1a] = "BYTE",
    [0x1b] = "SHL",
    [0x1c] = "SHR",
    [0x1d] = "SAR",
    [0x1e] = "CLZ",
    [0x20] = "KECCAK256",
    [0x30] = "ADDRESS",
    [0x31] = "BALANCE",
    [0x32] = "ORIGIN",
    [0x33] = "CALLER",
    [0x34] = "CALLVALUE",
    [0x35] = "CALLDATALOAD",
    [0x36] = "CALLDATASIZE",
    [0x37] = "CALLDATACOPY",
    [0x38] = "CODESIZE",
    [0x39] = "CODECOPY",
    [0x3a] = "GASPRICE",
    [0x3b] = "EXTCODESIZE",
    [0x3c] = "EXTCODECOPY",
    [0x3d] = "RETURNDATASIZE",
    [0x3e] = "RETURNDATACOPY",
    [0x3f] = "EXTCODEHASH",
    [0x40] = "BLOCKHASH",
    [0x41] = "COINBASE",
    [0x42] = "TIMESTAMP",
    [0x43] = "NUMBER",
    [0x44] = "DIFFICULTY",
    [0x45] = "GASLIMIT",
    [0x46] = "CHAINID",
    [0x47] = "SELFBALANCE",
    [0x48] = "BASEFEE",
    [0x49] = "BLOBHASH",
    [0x4a] = "BLOBBASEFEE",
    [0x50] = "POP",
    [0x51] = "MLOAD",
    [0x52] = "MSTORE",
    [0x53] = "MSTORE8",
    [0x54] = "SLOAD",
    [0x55] = "SSTORE",
    [0x56] = "JUMP",
    [0x57] = "JUMPI",
    [0x58] = "PC",
    [0x59] = "MSIZE",
    [0x5a] = "GAS",
    [0x5b] = "JUMPDEST",
    [0x5c] = "TLOAD",
    [0x5d] = "TSTORE",
    [0x5e] = "MCOPY",
    [0xf0] = "CREATE",
    [0xf1] = "CALL",
    [0xf2] = "CALLCODE",
    [0xf3] = "RETURN",
    [0xf4] = "DELEGATECALL",
    [0xf5] = "CREATE2",
    [0xfa] = "STATICCALL",
    [0xfd] = "REVERT",
    [0xfe] = "INVALID",
    [0xff] = "SELFDESTRUCT",
};

static void write_name(struct dry_json_writer *w, uint8_t op)
{
    char text[32];
    int n;

    if (names[op] != NULL)
        n = snprintf(text, sizeof(text), "%s", names[op]);
    else if (op >= 0x5f && op <= 0x7f)
        n = snprintf(text, sizeof(text), "PUSH%d", op - 0x5f);
    else if (op >= 0x80 && op <= 0x8f)
        n = snprintf(text, sizeof(text), "DUP%d", op - 0x7f);
    else if (op >= 0x90 && op <= 0x9f)
        n = snprintf(text, sizeof(text), "SWAP%d", op - 0x8f);
    else if (op >= 0xa0 && op <= 0xa4)
        n = snprintf(text, sizeof(text), "LOG%d", op - 0xa0);
    else
        n = snprintf(text, sizeof(text), "opcode 0x%x not defined", op);
    dry_json_write_text(w, dry_bytes_of(text, (size_t)n));
}

void dry__trace_init(struct dry__trace *t, struct dry_json_writer *w,
                     const struct dry__trace_options *options)
{
    *t = (struct dry__trace){.w = w, .options = *options};
    t->lines_text.max = w->out->max;
}

void dry__trace_fini(struct dry__trace *t)
{
    dry_buf_fini(&t->lines_text);
    dry_buf_fini(&t->slots);
}

/* --- slots seen so far --- */

static void slot_note(struct dry__trace *t, const struct dry__trace_slot *s)
{
    struct dry__trace_slot *list = (struct dry__trace_slot *)(void *)t->slots.ptr;
    size_t n = t->slots.len / sizeof(*list);

    for (size_t i = 0; i < n; i++)
        if (dry_hash_equal(&list[i].key, &s->key) &&
            dry_address_equal(&list[i].address, &s->address)) {
            list[i].value = s->value;
            return;
        }
    if (!dry_ok(dry_buf_append(&t->slots, dry_bytes_of(s, sizeof(*s)))))
        t->lw.st = DRY_ENOMEM;
}

static void write_slots(struct dry__trace *t, const struct dry_address *of)
{
    const struct dry__trace_slot *list = (const struct dry__trace_slot *)(void *)t->slots.ptr;
    size_t n = t->slots.len / sizeof(*list);

    dry_json_key(&t->lw, "storage");
    dry_json_object_begin(&t->lw);
    for (size_t i = 0; i < n; i++) {
        struct dry_hash value;
        char key[66] = "0x";

        if (!dry_address_equal(&list[i].address, of))
            continue;
        dry_hex_encode(key + 2, DRY_BYTES_ARRAY(list[i].key.b));
        dry_u256_to_be32(value.b, &list[i].value);
        dry_json_key_n(&t->lw, key, sizeof(key));
        dry_json_write_hash(&t->lw, &value);
    }
    dry_json_object_end(&t->lw);
}

/* The line of an SLOAD stays open until its result is on the stack. */
static void read_end(struct dry__trace *t, const struct dry_trace_step *s)
{
    if (!t->reading)
        return;
    t->reading = false;
    if (s != NULL && s->stack_len != 0 && dry_address_equal(&s->address, &t->read.address)) {
        t->read.value = s->stack[s->stack_len - 1];
        slot_note(t, &t->read);
    }
    write_slots(t, &t->read.address);
    dry_json_object_end(&t->lw);
}

/* --- lines --- */

static void write_stack(struct dry_json_writer *w, const struct dry_trace_step *s)
{
    dry_json_key(w, "stack");
    dry_json_array_begin(w);
    for (uint32_t i = 0; i < s->stack_len; i++)
        dry_json_write_quantity_u256(w, &s->stack[i]);
    dry_json_array_end(w);
}

static void write_memory(struct dry_json_writer *w, const struct dry_trace_step *s)
{
    dry_json_key(w, "memory");
    dry_json_array_begin(w);
    for (size_t i = 0; i + 32 <= s->memory.len; i += 32)
        dry_json_write_hex(w, dry_bytes_of(s->memory.ptr + i, 32));
    dry_json_array_end(w);
}

static void write_line(struct dry__trace *t, const struct dry_trace_step *s)
{
    struct dry_json_writer *w = &t->lw;

    dry_json_object_begin(w);
    dry_json_key(w, "pc");
    dry_json_write_u64(w, s->pc);
    dry_json_key(w, "op");
    write_name(w, s->op);
    dry_json_key(w, "gas");
    dry_json_write_u64(w, s->gas);
    dry_json_key(w, "gasCost");
    dry_json_write_u64(w, s->gas_cost);
    dry_json_key(w, "depth");
    dry_json_write_u64(w, s->depth);
    if (s->error != NULL) {
        dry_json_key(w, "error");
        dry_json_write_str(w, s->error);
    }
    if (!t->options.no_stack)
        write_stack(w, s);
    if (t->options.return_data && s->return_data.len != 0) {
        dry_json_key(w, "returnData");
        dry_json_write_hex(w, s->return_data);
    }
    if (t->options.memory && s->memory.len != 0)
        write_memory(w, s);
    if (s->refund != 0) {
        dry_json_key(w, "refund");
        dry_json_write_u64(w, s->refund);
    }
}

void dry__trace_step(void *ctx, const struct dry_trace_step *s)
{
    struct dry__trace *t = ctx;
    struct dry__trace_slot slot = {.address = s->address};

    if (!t->on)
        return;
    read_end(t, s);
    if (t->options.limit != 0 && t->lines >= t->options.limit)
        return;
    t->lines++;
    write_line(t, s);
    if (!t->options.no_storage && s->error == NULL && s->op == 0x54 && s->stack_len >= 1) {
        dry_u256_to_be32(slot.key.b, &s->stack[s->stack_len - 1]);
        t->read = slot;
        t->reading = true;
        return;
    }
    if (!t->options.no_storage && s->error == NULL && s->op == 0x55 && s->stack_len >= 2) {
        dry_u256_to_be32(slot.key.b, &s->stack[s->stack_len - 1]);
        slot.value = s->stack[s->stack_len - 2];
        slot_note(t, &slot);
        write_slots(t, &s->address);
    }
    dry_json_object_end(&t->lw);
}

void dry__trace_tx_begin(struct dry__trace *t)
{
    t->on = true;
    t->reading = false;
    t->lines = 0;
    t->slots.len = t->lines_text.len = 0;
    dry_json_begin(&t->lw, &t->lines_text);
}

void dry__trace_tx_end(struct dry__trace *t, const struct dry_tx_result *r)
{
    struct dry_json_writer *w = t->w;

    read_end(t, NULL);
    t->on = false;
    dry_json_object_begin(w);
    dry_json_key(w, "gas");
    dry_json_write_u64(w, r->gas_used);
    dry_json_key(w, "failed");
    dry_json_write_bool(w, r->end != DRY_EVM_SUCCESS);
    dry_json_key(w, "returnValue");
    dry_json_write_hex(w, r->output);
    dry_json_key(w, "structLogs");
    dry_json_array_begin(w);
    if (t->lines_text.len != 0)
        dry_json_write_raw(w, dry_buf_bytes(&t->lines_text));
    dry_json_array_end(w);
    dry_json_object_end(w);
    if (!dry_ok(dry_json_end(&t->lw)) && dry_ok(w->st))
        w->st = dry_json_end(&t->lw);
}
