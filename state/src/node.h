/* Trie nodes as bytes: references, hex-prefix paths, encoding and decoding (Yellow Paper,
 * appendices C and D). Start at struct dry__ref. */
#ifndef DRY__STATE_NODE_H
#define DRY__STATE_NODE_H
#include <drystone/crypto.h>

#define DRY__PATH_NIBBLES 64u     /* keys of state tries are hashes */
#define DRY__NODE_BYTES_MAX 532u  /* a branch of 16 hashes; leaves of state tries are shorter */
#define DRY__VALUE_BYTES_MAX 128u /* of a state trie's value: an account takes 110 at most */

/* What a parent holds for a child: nothing (len 0), a hash (32), or the child's own encoding when
 * that is shorter than 32 bytes. */
struct dry__ref {
    uint8_t len;
    uint8_t b[32];
};

static inline uint8_t dry__nibble(const uint8_t *key, size_t i)
{
    return (i & 1) ? key[i / 2] & 15 : key[i / 2] >> 4;
}
void dry__nibbles_of(uint8_t *out, const uint8_t *key, size_t bytes);

/* Turn an encoding into the reference to it. */
void dry__ref_of(struct dry__ref *out, struct dry_bytes encoded);
/* A root: its node is hashed even when it is short. */
void dry__ref_root(struct dry_hash *out, const struct dry__ref *ref);

/* Write an RLP string or header; the length written. */
size_t dry__write_string(uint8_t *out, const uint8_t *p, size_t n);
size_t dry__write_header(uint8_t *out, size_t n, uint8_t short_base);
/* Encode into out, which has DRY__NODE_BYTES_MAX bytes; value at most DRY__VALUE_BYTES_MAX and path
 * at most DRY__PATH_NIBBLES long. Return the length. */
size_t dry__leaf_encode(uint8_t *out, const uint8_t *nibbles, size_t n, struct dry_bytes value);
size_t dry__extension_encode(uint8_t *out, const uint8_t *nibbles, size_t n,
                             const struct dry__ref *child);
/* Children of a branch one after another; at most 16 * 33 bytes. */
size_t dry__children_encode(uint8_t *out, const struct dry__ref children[16]);
size_t dry__branch_encode(uint8_t *out, const struct dry__ref children[16]);
/* Hex-prefix encoding of a path; n / 2 + 1 bytes, which is returned. */
size_t dry__path_encode(uint8_t *out, const uint8_t *nibbles, size_t n, bool leaf);

enum dry__node_kind { DRY__LEAF, DRY__EXTENSION, DRY__BRANCH };
/* A decoded node. Borrows values and inline children's bytes from the encoding. */
struct dry__node {
    enum dry__node_kind kind;
    uint8_t path_len;
    uint8_t path[DRY__PATH_NIBBLES]; /* leaf, extension: nibbles */
    struct dry_bytes value;          /* leaf */
    struct dry_bytes child[16]; /* branch; [0] of an extension. 32 bytes: a hash; else inline */
};
/* Decode a node of a trie whose keys are all 32 bytes long, found at a path of `depth` nibbles.
 * EDECODE for anything the encoders above do not make: a value in a branch, fewer than two
 * children, a path of the wrong length, an extension to nothing, a child that should be inline. */
DRY_MUST_USE dry_status dry__node_decode(struct dry__node *out, struct dry_bytes in,
                                         unsigned depth);
#endif /* DRY__STATE_NODE_H */
