/* args.h - transaction objects as callers write them, and the setting calls run in. */
#ifndef DRY_RPC_ARGS_H
#define DRY_RPC_ARGS_H
#include "internal.h"

/* What a transaction object says; lists are in the call's arena. */
struct dry__args {
    bool has_from, has_to, has_gas, has_gas_price, has_max_fee, has_tip, has_value, has_nonce,
        has_data, has_chain_id, has_access, has_blob_fee, has_blobs, has_authorizations;
    bool data_differs; /* "input", which counts, and "data" are not the same */
    struct dry_address from, to;
    uint64_t gas, nonce, chain_id;
    struct dry_u256 gas_price, max_fee, tip, value, blob_fee;
    struct dry_bytes data;
    uint32_t access_count, blob_count, authorization_count;
    const struct dry_access_entry *access;
    const struct dry_hash *blob_hashes;
    const struct dry_authorization *authorizations;
};
DRY_MUST_USE dry_status dry__args_read(struct dry__call *c, struct dry__args *out, uint32_t param);
/* The transaction a call runs; fees as given, gas as told. */
void dry__args_tx(const struct dry__args *a, struct dry_tx *out, const struct dry_rules *rules,
                  uint64_t gas);

/* Where calls run: state, overrides, environment, executor. */
struct dry__setting {
    struct dry__at at;
    struct dry__state state;
    struct dry_overlay_reader overlay;
    struct dry_state_diff overrides;
    struct dry_state_reader *reader;
    struct dry_block_env env;
    struct dry__runner *runner;
    bool limited; /* time runs */
    bool refused; /* the last message was no valid transaction: the call failed */
};
/* Open at block parameter `block`, with overrides of state and block at the parameters after it
 * when they may be there. */
DRY_MUST_USE dry_status dry__setting_open(struct dry__call *c, struct dry__setting *out,
                                          uint32_t block, bool overrides);
/* Begin calls with this tracer (may be NULL); the time limit starts. */
DRY_MUST_USE dry_status dry__setting_begin(struct dry__call *c, struct dry__setting *s,
                                           const struct dry_tracer *tracer);
void dry__setting_close(struct dry__call *c, struct dry__setting *s);
/* Run one message; a refused one fails the call with geth's words. */
DRY_MUST_USE dry_status dry__setting_run(struct dry__call *c, struct dry__setting *s,
                                         struct dry_tx_result *out, struct dry_state_diff *diff,
                                         const struct dry_tx *tx, const struct dry_address *from);
/* Fail the call with the words geth has for a refused transaction. */
dry_status dry__refused(struct dry__call *c, enum dry_verdict verdict, const struct dry_tx *tx,
                        const struct dry_address *from, const struct dry_rules *rules,
                        const struct dry_u256 *base_fee, const struct dry_account *account);
/* "execution reverted: reason" with the data, or another end's words. */
dry_status dry__call_fail_end(struct dry__call *c, const struct dry_tx_result *r);
/* Overrides of eth_call: state into a diff over the reader, and precompiles that move or make room
 * for it into env; block into env. */
DRY_MUST_USE dry_status dry__override_state(struct dry__call *c, struct dry_state_diff *out,
                                            struct dry_block_env *env,
                                            struct dry_state_reader *below,
                                            struct dry_json_value v);
DRY_MUST_USE dry_status dry__override_block(struct dry__call *c, struct dry_block_env *env,
                                            struct dry_json_value v);
/* The least gas the message needs, by search; fails the call as geth does. */
DRY_MUST_USE dry_status dry__estimate(struct dry__call *c, struct dry__setting *s, uint64_t *out,
                                      const struct dry__args *a);
/* Tip wallets are told to pay. */
DRY_MUST_USE dry_status dry__suggest_tip(struct dry__call *c, struct dry_u256 *out);
/* Base fee of the block after the head. */
void dry__next_base_fee(struct dry_rpc *rpc, struct dry_u256 *out);
/* An address as geth prints it (EIP-55), NUL-terminated. */
void dry__checksummed(char out[43], const struct dry_address *a);

#endif /* DRY_RPC_ARGS_H */
