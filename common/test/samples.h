/* Transactions, blocks and receipts of every form for the tests here, and a seeded stream. */
#ifndef DRY_COMMON_SAMPLES_H
#define DRY_COMMON_SAMPLES_H
#include <drystone/common.h>
#include <drystone/test.h>

/* splitmix64: the same numbers on every machine. */
struct sample_rand {
    uint64_t state;
};
uint64_t sample_next(struct sample_rand *r);
void sample_bytes(struct sample_rand *r, void *out, size_t n);
/* Words of every length, and with limbs that make carries and estimates fail: all ones, zeros,
 * powers of two and one less. */
void sample_u256(struct sample_rand *r, struct dry_u256 *out);

/* SAMPLE_TXS transactions: legacy with and without chain id, creations, each type with empty and
 * with filled lists, values at their limits. Borrows from the arena. */
#define SAMPLE_TXS 12u
void sample_tx(struct dry_tx *out, unsigned which, struct dry_arena *arena);
/* A blob transaction with a sidecar of the version. */
void sample_tx_sidecar(struct dry_tx *out, uint8_t version, struct dry_arena *arena);
/* A header with so many fields beyond Frontier's. */
void sample_header(struct dry_header *out, uint8_t extra_fields);
/* A block whose header has so many extra fields, with every transaction, ommers and withdrawals. */
void sample_block(struct dry_block *out, uint8_t extra_fields, struct dry_arena *arena);
#define SAMPLE_RECEIPTS 8u
void sample_receipt(struct dry_receipt *out, unsigned which, struct dry_arena *arena);

#endif /* DRY_COMMON_SAMPLES_H */
