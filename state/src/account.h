/* Accounts and slot values as the trie holds them. */
#ifndef DRY__STATE_ACCOUNT_H
#define DRY__STATE_ACCOUNT_H
#include "node.h"

#include <drystone/common/executor.h>

/* rlp([nonce, balance, storage root, code hash]); the length, at most DRY__VALUE_BYTES_MAX. */
size_t dry__account_encode(uint8_t out[DRY__VALUE_BYTES_MAX], const struct dry_account *a);
DRY_MUST_USE dry_status dry__account_decode(struct dry_account *out, struct dry_bytes in);
/* rlp(value); the length, at most 33. */
size_t dry__slot_encode(uint8_t out[33], const struct dry_u256 *value);
/* EDECODE also for zero: a slot of zero is not stored. */
DRY_MUST_USE dry_status dry__slot_decode(struct dry_u256 *out, struct dry_bytes in);
/* EINVAL unless accounts and slots are in ascending order. */
DRY_MUST_USE dry_status dry__diff_check(const struct dry_state_diff *diff);
/* The account's entry in the diff, or NULL; the slot's likewise. */
const struct dry_account_diff *dry__diff_account(const struct dry_state_diff *diff,
                                                 const struct dry_address *address);
const struct dry_slot_diff *dry__diff_slot(const struct dry_account_diff *a,
                                           const struct dry_hash *key);
#endif /* DRY__STATE_ACCOUNT_H */
