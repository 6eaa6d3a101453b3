/* Merkle proofs (EIP-1186): making and checking. */
#include "database.h"

#define PROOF_NODES_MAX (DRY__PATH_NIBBLES + 1u)

static dry_status prove(struct dry_state_view *v, struct dry_proof *out,
                        const struct dry_hash *owner, const struct dry_hash *root,
                        const struct dry_hash *key, struct dry_arena *arena)
{
    const struct dry__nodes nodes = dry__view_nodes(v);
    struct dry_bytes found[PROOF_NODES_MAX], ref = DRY_BYTES_ARRAY(root->b), in, *list;
    uint8_t path[DRY__PATH_NIBBLES];
    struct dry__place at = {owner, path, 0};
    uint32_t count = 0;
    dry_status st = DRY_OK;

    dry__nibbles_of(path, key->b, 32);
    if (dry_hash_equal(root, &dry_hash_empty_trie))
        ref.len = 0;
    while (ref.len != 0) {
        struct dry__node n;
        uint8_t hash[32];

        in = ref;
        if (ref.len == 32) {
            memcpy(hash, ref.ptr, 32);
            st = nodes.load(nodes.ctx, &in, &at, hash);
            DRY_ASSERT(count < PROOF_NODES_MAX);
            if (dry_ok(st))
                st = dry_arena_copy(arena, &found[count++], in);
            if (dry_ok(st))
                in = found[count - 1];
        }
        if (dry_ok(st))
            st = dry__node_decode(&n, in, at.depth);
        if (st.code == DRY_CODE_EDECODE)
            st.code = DRY_CODE_ECORRUPT;
        if (!dry_ok(st))
            return st;
        if (n.kind == DRY__BRANCH) {
            ref = n.child[path[at.depth++]];
        } else if (n.kind == DRY__EXTENSION && memcmp(n.path, path + at.depth, n.path_len) == 0) {
            at.depth += n.path_len;
            ref = n.child[0];
        } else {
            break;
        }
    }
    list = dry_arena_alloc(arena, count * sizeof(*list));
    if (list == NULL)
        return DRY_ENOMEM;
    memcpy(list, found, count * sizeof(*list));
    out->count = count;
    out->nodes = list;
    return DRY_OK;
}

dry_status dry_state_prove_account(struct dry_state_view *v, struct dry_proof *out,
                                   const struct dry_address *address, struct dry_arena *arena)
{
    struct dry_hash key;

    dry_keccak256(&key, DRY_BYTES_ARRAY(address->b));
    return prove(v, out, NULL, &v->root, &key, arena);
}

dry_status dry_state_prove_slot(struct dry_state_view *v, struct dry_proof *out,
                                const struct dry_address *address, const struct dry_hash *key,
                                struct dry_arena *arena)
{
    struct dry_hash owner, hashed;
    struct dry_account a;
    bool exists;
    dry_status st = v->r.ops->account(&v->r, &exists, &a, address);

    if (!dry_ok(st))
        return st;
    dry_keccak256(&owner, DRY_BYTES_ARRAY(address->b));
    dry_keccak256(&hashed, DRY_BYTES_ARRAY(key->b));
    return prove(v, out, &owner, exists ? &a.storage_root : &dry_hash_empty_trie, &hashed, arena);
}

#define BAD(text) DRY_STATUS(EDECODE, text)

/* The next node of the proof, which must hash to `hash`. */
static dry_status proof_next(struct dry_bytes *out, uint32_t *used, const struct dry_proof *proof,
                             const uint8_t hash[32])
{
    struct dry_hash got;

    if (*used == proof->count)
        return BAD("proof ends before the path does");
    *out = proof->nodes[*used];
    if (out->len > DRY__NODE_BYTES_MAX)
        return BAD("proof node too long");
    if (out->len < 32 && *used > 0)
        return BAD("proof node that belongs into its parent");
    dry_keccak256(&got, *out);
    if (memcmp(got.b, hash, 32) != 0)
        return BAD("proof node does not hash to what its parent says");
    ++*used;
    return DRY_OK;
}

dry_status dry_proof_check(bool *found, struct dry_bytes *value, const struct dry_hash *root,
                           struct dry_bytes hashed_key, const struct dry_proof *proof)
{
    struct dry_bytes ref = DRY_BYTES_ARRAY(root->b), in, result = DRY_BYTES_EMPTY;
    uint8_t path[DRY__PATH_NIBBLES];
    unsigned depth = 0;
    uint32_t used = 0;

    if (hashed_key.len != 32)
        return DRY_STATUS(EINVAL, "key of a proof is not 32 bytes long");
    dry__nibbles_of(path, hashed_key.ptr, 32);
    if (dry_hash_equal(root, &dry_hash_empty_trie))
        ref.len = 0;
    while (ref.len != 0) {
        struct dry__node n;
        dry_status st = DRY_OK;

        in = ref;
        if (ref.len == 32)
            st = proof_next(&in, &used, proof, ref.ptr);
        if (dry_ok(st))
            st = dry__node_decode(&n, in, depth);
        if (!dry_ok(st))
            return st;
        if (n.kind == DRY__BRANCH) {
            ref = n.child[path[depth++]];
        } else if (memcmp(n.path, path + depth, n.path_len) != 0) {
            break;
        } else if (n.kind == DRY__EXTENSION) {
            depth += n.path_len;
            ref = n.child[0];
        } else {
            result = n.value;
            break;
        }
    }
    if (used != proof->count)
        return BAD("proof has nodes that prove nothing");
    *found = result.len != 0;
    *value = result;
    return DRY_OK;
}
