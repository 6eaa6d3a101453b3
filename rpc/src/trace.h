/* trace.h - geth's struct logger: a line for each instruction. */
#ifndef DRY_RPC_TRACE_H
#define DRY_RPC_TRACE_H
#include "internal.h"

struct dry__trace_options {
    bool memory, no_stack, no_storage, return_data;
    uint64_t limit; /* lines; 0: all */
};

struct dry__trace_slot {
    struct dry_address address;
    struct dry_hash key;
    struct dry_u256 value;
};

/* Writes while the transaction runs. */
struct dry__trace {
    struct dry_json_writer *w;
    struct dry__trace_options options;
    bool on; /* the transaction is wanted */
    uint64_t lines;
    struct dry_buf lines_text; /* of the transaction at hand */
    struct dry_json_writer lw;
    struct dry_buf slots; /* of struct dry__trace_slot: what was read and written so far */
    bool reading;         /* the line before was SLOAD: its result is on the stack now */
    struct dry__trace_slot read;
};
void dry__trace_init(struct dry__trace *t, struct dry_json_writer *w,
                     const struct dry__trace_options *options);
void dry__trace_fini(struct dry__trace *t);
void dry__trace_step(void *ctx, const struct dry_trace_step *step);
void dry__trace_tx_begin(struct dry__trace *t);
/* Write the result object. */
void dry__trace_tx_end(struct dry__trace *t, const struct dry_tx_result *r);

#endif /* DRY_RPC_TRACE_H */
