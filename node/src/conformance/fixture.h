/* fixture.h - reading the pieces the reference fixtures are made of. */
#ifndef DRY_NODE_CONFORMANCE_FIXTURE_H
#define DRY_NODE_CONFORMANCE_FIXTURE_H
#include <drystone/common/executor.h>
#include <drystone/state.h>
#include <jansson.h>

/* Members by name. EDECODE (text: what is wrong) when absent or of another form; ELIMIT for a
 * number of more than 256 bits. */
DRY_MUST_USE dry_status dry__fixture_bytes(struct dry_bytes *out, const json_t *object,
                                           const char *key, struct dry_arena *arena);
DRY_MUST_USE dry_status dry__fixture_fixed(uint8_t *out, size_t n, const json_t *object,
                                           const char *key);
DRY_MUST_USE dry_status dry__fixture_u256(struct dry_u256 *out, const json_t *object,
                                          const char *key);
DRY_MUST_USE dry_status dry__fixture_u64(uint64_t *out, const json_t *object, const char *key);
/* The text of a string member, or NULL. Borrowed from the JSON. */
const char *dry__fixture_text(const json_t *object, const char *key);
/* Hexadecimal text, "0x" optional, into the arena. */
DRY_MUST_USE dry_status dry__fixture_hex(struct dry_bytes *out, const char *text,
                                         struct dry_arena *arena);

/* An "alloc" object as a diff over the empty state, in the arena. */
DRY_MUST_USE dry_status dry__fixture_alloc(struct dry_state_diff *out, const json_t *alloc,
                                           struct dry_arena *arena);
/* "Cancun", "BerlinToLondonAt5", "ParisToShanghaiAtTime15k", "ArrowGlacierToParisAtDiffC0000";
 * *fork is the newest fork named. `config` (may be NULL) is the fixture's: chainid, blobSchedule.
 */
DRY_MUST_USE dry_status dry__fixture_network(struct dry_chain_config *out, enum dry_fork *fork,
                                             const char *network, const json_t *config);

#endif /* DRY_NODE_CONFORMANCE_FIXTURE_H */
