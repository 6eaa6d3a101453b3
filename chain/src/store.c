/* store.c - blocks, receipts and indexes as keys and values; and reading them back. */
#include "store.h"
#include "internal.h"
#include <drystone/crypto.h>

struct dry__key dry__key_meta(char letter)
{
    return (struct dry__key){{DRY__KEY_META, (uint8_t)letter}, 2};
}

struct dry__key dry__key_hash(enum dry__store_key prefix, const struct dry_hash *hash)
{
    struct dry__key k = {.len = 33};

    k.b[0] = (uint8_t)prefix;
    memcpy(k.b + 1, hash->b, 32);
    return k;
}

struct dry__key dry__key_number(uint64_t number)
{
    struct dry__key k = {.len = 9};

    k.b[0] = DRY__KEY_NUMBER;
    dry__be64_put(k.b + 1, number);
    return k;
}

/* --- writing --- */

static dry_status put(struct dry_batch *batch, struct dry__key key, struct dry_bytes value)
{
    return dry_batch_put(batch, dry__key_bytes(&key), value);
}

static dry_status header_put(struct dry_batch *batch, const struct dry__new_block *b,
                             struct dry_buf *scratch)
{
    uint8_t td[32];
    dry_status st;

    scratch->len = 0;
    dry_u256_to_be32(td, &b->total_difficulty);
    st = dry_buf_append(scratch, DRY_BYTES_ARRAY(td));
    if (dry_ok(st))
        st = dry_buf_append(scratch, b->header_rlp);
    if (dry_ok(st))
        st = put(batch, dry__key_hash(DRY__KEY_HEADER, &b->hash), dry_buf_bytes(scratch));
    return st;
}

static dry_status body_put(struct dry_batch *batch, const struct dry__new_block *b,
                           struct dry_buf *scratch)
{
    uint32_t n = b->block->tx_count;
    dry_status st;

    scratch->len = 0;
    st = dry_buf_append(scratch, dry_bytes_of(&n, 4));
    for (uint32_t i = 0; i < n && dry_ok(st); i++) {
        st = dry_buf_append(scratch, DRY_BYTES_ARRAY(b->senders[i].b));
        if (dry_ok(st))
            st = dry_buf_append(scratch, DRY_BYTES_ARRAY(b->tx_hashes[i].b));
    }
    if (dry_ok(st))
        st = dry_buf_append(scratch, b->rest_rlp);
    if (dry_ok(st))
        st = put(batch, dry__key_hash(DRY__KEY_BODY, &b->hash), dry_buf_bytes(scratch));
    return st;
}

static dry_status receipts_put(struct dry_batch *batch, const struct dry__new_block *b,
                               struct dry_buf *scratch)
{
    struct dry_buf one = {0};
    dry_status st = DRY_OK;
    size_t list;

    scratch->len = 0;
    list = dry_rlp_open(scratch);
    for (uint32_t i = 0; i < b->receipt_count && dry_ok(st); i++) {
        one.len = 0;
        st = dry_receipt_encode(&one, &b->receipts[i]);
        if (dry_ok(st))
            st = dry_rlp_put_string(scratch, dry_buf_bytes(&one));
    }
    if (dry_ok(st))
        st = dry_rlp_close(scratch, list);
    if (dry_ok(st))
        st = put(batch, dry__key_hash(DRY__KEY_RECEIPTS, &b->hash), dry_buf_bytes(scratch));
    dry_buf_fini(&one);
    return st;
}

dry_status dry__store_block(struct dry_batch *batch, const struct dry__new_block *b)
{
    struct dry_buf scratch = {0};
    dry_status st = header_put(batch, b, &scratch);

    if (dry_ok(st))
        st = body_put(batch, b, &scratch);
    if (dry_ok(st))
        st = receipts_put(batch, b, &scratch);
    dry_buf_fini(&scratch);
    return st;
}

dry_status dry__store_index(struct dry_batch *batch, uint64_t number, const struct dry_hash *hash,
                            const struct dry_hash *tx_hashes, uint32_t tx_count)
{
    dry_status st = put(batch, dry__key_number(number), DRY_BYTES_ARRAY(hash->b));
    uint8_t
        place[DRY__TX_PLACE_BYTES]; /* all of it in one value: a reader sees no half of a move */

    dry__be64_put(place, number);
    memcpy(place + 12, hash->b, 32);
    for (uint32_t i = 0; i < tx_count && dry_ok(st); i++) {
        uint32_t index = __builtin_bswap32(i);
        memcpy(place + 8, &index, 4);
        st = put(batch, dry__key_hash(DRY__KEY_TX, &tx_hashes[i]), DRY_BYTES_ARRAY(place));
    }
    return st;
}

dry_status dry__store_unindex(struct dry_batch *batch, uint64_t number,
                              const struct dry_hash *tx_hashes, uint32_t tx_count)
{
    struct dry__key key = dry__key_number(number);
    dry_status st = dry_batch_delete(batch, dry__key_bytes(&key));

    for (uint32_t i = 0; i < tx_count && dry_ok(st); i++) {
        key = dry__key_hash(DRY__KEY_TX, &tx_hashes[i]);
        st = dry_batch_delete(batch, dry__key_bytes(&key));
    }
    return st;
}

dry_status dry__store_head(struct dry_batch *batch, const struct dry_hash *hash)
{
    return put(batch, dry__key_meta('h'), DRY_BYTES_ARRAY(hash->b));
}

/* --- reading --- */

dry_status dry__load(struct dry_storage *s, struct dry_bytes *out, const struct dry__key *key,
                     struct dry_arena *arena)
{
    struct dry_buf value = {0};
    dry_status st = dry_storage_get(s, NULL, &value, dry__key_bytes(key));

    if (dry_ok(st))
        st = dry_arena_copy(arena, out, dry_buf_bytes(&value));
    dry_buf_fini(&value);
    return st;
}

static dry_status corrupt(void)
{
    return DRY_STATUS(ECORRUPT, "a stored block does not decode");
}

dry_status dry__load_header(struct dry_storage *s, struct dry_header *out, struct dry_u256 *td,
                            struct dry_bytes *rlp, const struct dry_hash *hash,
                            struct dry_arena *arena)
{
    struct dry__key key = dry__key_hash(DRY__KEY_HEADER, hash);
    struct dry_header h;
    enum dry_verdict verdict;
    struct dry_bytes value, encoded;
    dry_status st = dry__load(s, &value, &key, arena);

    if (!dry_ok(st))
        return st;
    if (value.len < 32)
        return corrupt();
    encoded = dry_bytes_of(value.ptr + 32, value.len - 32);
    st = dry_header_decode(&h, &verdict, encoded);
    if (!dry_ok(st))
        return st;
    if (verdict != DRY_VERDICT_VALID)
        return corrupt();
    *out = h;
    if (td != NULL)
        dry_u256_from_be32(td, value.ptr);
    if (rlp != NULL)
        *rlp = encoded;
    return DRY_OK;
}

/* Put the block's RLP together again: list header, header, the rest. */
static dry_status block_rlp(struct dry_bytes *out, struct dry_bytes header, struct dry_bytes rest,
                            struct dry_arena *arena)
{
    size_t payload = header.len + rest.len, n = 0;
    uint8_t prefix[9];
    uint8_t *p;

    if (payload <= 55) {
        prefix[n++] = (uint8_t)(0xc0 + payload);
    } else {
        unsigned bytes = (unsigned)(71 - __builtin_clzll(payload)) / 8;
        prefix[n++] = (uint8_t)(0xf7 + bytes);
        for (unsigned i = bytes; i-- > 0;)
            prefix[n++] = (uint8_t)(payload >> (8 * i));
    }
    p = dry_arena_alloc(arena, n + payload);
    if (p == NULL)
        return DRY_ENOMEM;
    memcpy(p, prefix, n);
    memcpy(p + n, header.ptr, header.len);
    memcpy(p + n + header.len, rest.ptr, rest.len);
    *out = dry_bytes_of(p, n + payload);
    return DRY_OK;
}

/* Senders and hashes at the head of a stored body; *rest is what follows them. */
static dry_status body_split(struct dry_address **senders, struct dry_hash **hashes,
                             uint32_t *count, struct dry_bytes *rest, struct dry_bytes body,
                             struct dry_arena *arena)
{
    uint32_t n;

    if (body.len < 4)
        return corrupt();
    memcpy(&n, body.ptr, 4);
    if ((body.len - 4) / DRY__BODY_TX_BYTES < n)
        return corrupt();
    *senders = dry_arena_zalloc(arena, n + (size_t)1, sizeof(**senders));
    *hashes = dry_arena_zalloc(arena, n + (size_t)1, sizeof(**hashes));
    if (*senders == NULL || *hashes == NULL)
        return DRY_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        memcpy((*senders)[i].b, body.ptr + 4 + (size_t)i * DRY__BODY_TX_BYTES, 20);
        memcpy((*hashes)[i].b, body.ptr + 24 + (size_t)i * DRY__BODY_TX_BYTES, 32);
    }
    *count = n;
    *rest = dry_bytes_of(body.ptr + 4 + (size_t)n * DRY__BODY_TX_BYTES,
                         body.len - 4 - (size_t)n * DRY__BODY_TX_BYTES);
    return DRY_OK;
}

dry_status dry__load_place(struct dry_storage *s, struct dry_hash *parent,
                           const struct dry_hash **tx_hashes, uint32_t *tx_count,
                           const struct dry_hash *hash, struct dry_arena *arena)
{
    struct dry__key key = dry__key_hash(DRY__KEY_BODY, hash);
    struct dry_arena scratch = {0};
    struct dry_address *senders;
    struct dry_hash *hashes = NULL;
    struct dry_bytes body, rest, copy;
    struct dry_header header;
    dry_status st = dry__load_header(s, &header, NULL, NULL, hash, &scratch);

    if (dry_ok(st))
        st = dry__load(s, &body, &key, &scratch);
    if (dry_ok(st))
        st = body_split(&senders, &hashes, tx_count, &rest, body, &scratch);
    if (dry_ok(st))
        st = dry_arena_copy(arena, &copy, dry_bytes_of(hashes, *tx_count * sizeof(*hashes)));
    if (dry_ok(st)) {
        *parent = header.parent_hash;
        *tx_hashes = (const struct dry_hash *)(const void *)copy.ptr;
    }
    dry_arena_fini(&scratch);
    return st;
}

dry_status dry__load_block(struct dry_storage *s, struct dry_stored_block *out,
                           const struct dry_hash *hash, struct dry_arena *arena)
{
    struct dry__key key = dry__key_hash(DRY__KEY_BODY, hash);
    struct dry_stored_block b = {.hash = *hash};
    struct dry_bytes header_rlp, body, rest, rlp;
    enum dry_verdict verdict;
    struct dry_header header;
    struct dry_address *senders;
    struct dry_hash *hashes;
    uint32_t n;
    dry_status st = dry__load_header(s, &header, &b.total_difficulty, &header_rlp, hash, arena);

    if (dry_ok(st))
        st = dry__load(s, &body, &key, arena);
    if (!dry_ok(st))
        return st;
    st = body_split(&senders, &hashes, &n, &rest, body, arena);
    if (dry_ok(st))
        st = block_rlp(&rlp, header_rlp, rest, arena);
    if (dry_ok(st))
        st = dry_block_decode(&b.block, &verdict, rlp, arena);
    if (!dry_ok(st))
        return st;
    if (verdict != DRY_VERDICT_VALID || b.block.tx_count != n)
        return corrupt();
    b.senders = senders;
    b.tx_hashes = hashes;
    b.encoded_size = rlp.len;
    *out = b;
    return DRY_OK;
}
