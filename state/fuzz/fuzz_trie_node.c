/* Nodes as they might lie on a damaged disk. What decodes must encode to the same bytes: then no
 * two encodings of one node are ever accepted. Input: depth, node. */
#include "node.h"

#include <drystone/test.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t encode(uint8_t *out, const struct dry__node *n)
{
    struct dry__ref refs[16];

    for (int i = 0; i < (n->kind == DRY__BRANCH ? 16 : n->kind == DRY__EXTENSION ? 1 : 0); i++) {
        refs[i].len = (uint8_t)n->child[i].len;
        if (refs[i].len != 0)
            memcpy(refs[i].b, n->child[i].ptr, refs[i].len);
    }
    if (n->kind == DRY__LEAF)
        return dry__leaf_encode(out, n->path, n->path_len, n->value);
    if (n->kind == DRY__EXTENSION)
        return dry__extension_encode(out, n->path, n->path_len, &refs[0]);
    return dry__branch_encode(out, refs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t again[DRY__NODE_BYTES_MAX + 8];
    struct dry__node n;
    size_t got;

    if (len < 1 || !dry_ok(dry__node_decode(&n, dry_bytes_of(data + 1, len - 1), data[0] % 70)))
        return 0;
    got = encode(again, &n);
    if (got != len - 1 || memcmp(again, data + 1, got) != 0)
        abort();
    return 0;
}
