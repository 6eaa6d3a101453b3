/* Proofs made by an enemy (ATTACKS 52, 60). The root is the hash of the first node, so that the
 * walk begins; a proof that is accepted must be of no use with a node less or one more. Input:
 * flags, key, then nodes as length (two bytes, big-endian) and bytes. */
#include <drystone/crypto.h>
#include <drystone/state.h>
#include <drystone/test.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_bytes nodes[80], key, value = DRY_BYTES_EMPTY, other;
    struct dry_proof p = {0, nodes};
    struct dry_hash root = dry_hash_empty_trie;
    bool found = false;
    size_t at = 33;

    if (len < 33)
        return 0;
    key = dry_bytes_of(data + 1, 32);
    while (at + 2 <= len && p.count < 78) {
        size_t n = (size_t)data[at] << 8 | data[at + 1];

        at += 2;
        if (n > len - at)
            n = len - at;
        nodes[p.count++] = dry_bytes_of(data + at, n);
        at += n;
    }
    if (p.count > 0 && !(data[0] & 1))
        dry_keccak256(&root, nodes[0]);
    if (!dry_ok(dry_proof_check(&found, &value, &root, key, &p)))
        return 0;
    if (found && (value.ptr < data || value.ptr + value.len > data + len || value.len == 0))
        abort();
    if (p.count > 0) {
        p.count--;
        if (dry_ok(dry_proof_check(&found, &other, &root, key, &p)))
            abort();
        p.count++;
    }
    nodes[p.count] = p.count > 0 ? nodes[p.count - 1] : key;
    p.count++;
    if (dry_ok(dry_proof_check(&found, &other, &root, key, &p)))
        abort();
    return 0;
}
