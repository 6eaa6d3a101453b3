/* chain.c - opening a chain: a new one from its genesis, or the one the storage holds; and small
 * reads. */
#include "genesis_config.h"
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/common/hex.h>
#include <drystone/crypto.h>
#include <drystone/execution.h>
#include <drystone/platform/system.h>
#include <stdio.h>

#define EXTRA_DATA_BYTES_MAX 32u /* by rule; engines that seal may add their own */

void dry__emit(struct dry_chain *c, const struct dry_chain_event *event)
{
    for (uint32_t i = 0; i < c->listener_count; i++)
        c->listeners[i].fn(c->listeners[i].ctx, event);
}

dry_status dry_chain_listen(struct dry_chain *c, dry_chain_event_fn fn, void *ctx)
{
    if (c->listener_count == DRY_CHAIN_LISTENERS_MAX)
        return DRY_STATUS(ELIMIT, "too many listeners of the chain");
    c->listeners[c->listener_count].fn = fn;
    c->listeners[c->listener_count++].ctx = ctx;
    return DRY_OK;
}

void dry_chain_unlisten(struct dry_chain *c, dry_chain_event_fn fn, void *ctx)
{
    for (uint32_t i = 0; i < c->listener_count; i++)
        if (c->listeners[i].fn == fn && c->listeners[i].ctx == ctx) {
            c->listeners[i] = c->listeners[--c->listener_count];
            return;
        }
}

uint64_t dry__now_ms(const struct dry_chain *c)
{
    return dry_clock_wall_ms(c->set.clock) + c->time_offset * 1000;
}

uint64_t dry__next_time(const struct dry_chain *c, uint64_t head_time)
{
    uint64_t now = dry__now_ms(c) / 1000;

    if (c->has_next_time && c->next_time > head_time) /* else a block came between */
        return c->next_time;
    return now > head_time || head_time == UINT64_MAX ? now : head_time + 1;
}

/* --- opening --- */

static void complain(struct dry_buf *error, const char *text)
{
    if (error != NULL)
        (void)!dry_ok(dry_buf_append_text(error, text));
}

static void complain_hash(struct dry_buf *error, const struct dry_hash *hash)
{
    char hex[66] = "0x";

    dry_hex_encode(hex + 2, DRY_BYTES_ARRAY(hash->b));
    if (error != NULL)
        (void)!dry_ok(dry_buf_append(error, DRY_BYTES_ARRAY(hex)));
}

/* Whether the storage holds a chain, in a format we know. ENOTFOUND when it is empty. */
static dry_status format_check(struct dry_chain *c, struct dry_buf *error)
{
    struct dry__key key = dry__key_meta('f');
    struct dry_bytes value;
    dry_status st = dry__load(c->storage, &value, &key, &c->arena);

    if (!dry_ok(st))
        return st;
    if (value.len != 4 || value.ptr[0] != 'D' || value.ptr[1] != 'R') {
        complain(error, "the data directory holds something else than a Drystone chain");
        return DRY_STATUS(ECORRUPT, "not a chain of this program");
    }
    if (((uint32_t)value.ptr[2] << 8 | value.ptr[3]) > DRY_CHAIN_FORMAT) {
        complain(error,
                 "the data directory was written by a newer version of this program; use that "
                 "version, or export the chain with it and import the file here");
        return DRY_STATUS(EUNSUPPORTED, "newer storage format");
    }
    return DRY_OK;
}

static dry_status genesis_write(struct dry_chain *c, const struct dry_genesis *g,
                                struct dry_hash *hash)
{
    static const struct dry_block empty;
    const uint8_t format[4] = {'D', 'R', DRY_CHAIN_FORMAT >> 8, DRY_CHAIN_FORMAT & 0xff};
    const uint8_t rest[3] = {0xc0, 0xc0, 0xc0}; /* no transactions, no ommers, no withdrawals */
    struct dry_block block = empty;
    struct dry__new_block b = {.block = &block, .total_difficulty = g->header.difficulty};
    struct dry__key format_key = dry__key_meta('f'), genesis_key = dry__key_meta('g');
    struct dry_header h = g->header;
    struct dry_state_view *view = NULL;
    struct dry_buf rlp = {0};
    dry_status st = dry_state_view_open(&view, c->state, NULL, &dry_hash_empty_trie, NULL, NULL);

    if (dry_ok(st))
        st = dry_state_apply(view, &h.state_root, &c->batch, &g->alloc, c->set.jobs);
    if (dry_ok(st))
        st = dry_header_encode(&rlp, &h);
    if (!dry_ok(st))
        goto done;
    dry_keccak256(&b.hash, dry_buf_bytes(&rlp));
    block.header = h;
    b.header_rlp = dry_buf_bytes(&rlp);
    b.rest_rlp = dry_bytes_of(rest, h.extra_fields >= DRY_HEADER_SHANGHAI ? 3 : 2);
    st = dry__store_block(&c->batch, &b);
    if (dry_ok(st))
        st = dry__store_index(&c->batch, 0, &b.hash, NULL, 0);
    if (dry_ok(st))
        st = dry__store_head(&c->batch, &b.hash);
    if (dry_ok(st))
        st = dry_batch_put(&c->batch, dry__key_bytes(&genesis_key), g->json);
    if (dry_ok(st))
        st = dry_batch_put(&c->batch, dry__key_bytes(&format_key), DRY_BYTES_ARRAY(format));
    if (dry_ok(st))
        st = dry_storage_commit(c->storage, &c->batch, true);
    *hash = b.hash;
done:
    dry_batch_clear(&c->batch);
    dry_state_view_close(view);
    dry_buf_fini(&rlp);
    return st;
}

/* What the head pointer leads to. */
static dry_status head_find(struct dry_chain *c, struct dry_header *header, struct dry_hash *hash,
                            struct dry_u256 *td)
{
    struct dry__key key = dry__key_meta('h');
    struct dry_bytes value;
    dry_status st = dry__load(c->storage, &value, &key, &c->arena);

    if (dry_ok(st) && value.len != 32)
        st = DRY_STATUS(ECORRUPT, "the head pointer is damaged");
    if (!dry_ok(st))
        return st;
    memcpy(hash->b, value.ptr, 32);
    return dry__load_header(c->storage, header, td, NULL, hash, &c->arena);
}

/* The genesis in the storage is this one, or the user named the wrong file or directory. */
static dry_status genesis_compare(struct dry_chain *c, const struct dry_genesis *given,
                                  const struct dry_chain_config *stored, struct dry_buf *error)
{
    struct dry_genesis g = *given;
    struct dry_hash hash;
    struct dry_buf rlp = {0};
    char text[48];
    dry_status st = dry_genesis_seal(&g);

    if (dry_ok(st))
        st = dry_header_encode(&rlp, &g.header);
    if (dry_ok(st)) {
        dry_keccak256(&hash, dry_buf_bytes(&rlp));
        if (!dry_hash_equal(&hash, &c->genesis_hash)) {
            (void)snprintf(text, sizeof(text), " of chain %llu",
                           (unsigned long long)stored->chain_id);
            complain(error, "the data directory holds another chain: its genesis is ");
            complain_hash(error, &c->genesis_hash);
            complain(error, text);
            complain(error, ", the one given is ");
            complain_hash(error, &hash);
            st = DRY_STATUS(EINVAL, "genesis differs");
        }
    }
    dry_buf_fini(&rlp);
    return st;
}

/* The configuration in the storage, and whether config.drystone.dev stands in it. */
static dry_status genesis_load(struct dry_chain *c, struct dry_chain_config *out, bool *dev,
                               struct dry_buf *error)
{
    struct dry__key key = dry__key_meta('g');
    struct dry_bytes json;
    dry_status st = dry__load(c->storage, &json, &key, &c->arena);

    if (dry_ok(st))
        st = dry_chain_hash_at(c, &c->genesis_hash, 0);
    if (st.code == DRY_CODE_ENOTFOUND)
        st = DRY_STATUS(ECORRUPT, "the stored genesis is missing");
    if (dry_ok(st))
        st = dry__genesis_config_stored(out, error, json, &c->arena);
    if (dry_ok(st))
        *dev = dry_genesis_is_dev(json);
    return st;
}

/* The same genesis block with another configuration: forks that are still to come may be set anew;
 * the storage keeps what was given last. */
static dry_status config_replace(struct dry_chain *c, const struct dry_chain_config *stored,
                                 bool stored_dev, struct dry_buf *error)
{
    const struct dry_genesis *given = c->set.genesis;
    struct dry__key key = dry__key_meta('g');
    struct dry__genesis_place place;
    struct dry_buf changed = {0};
    struct dry_header head;
    struct dry_hash hash;
    dry_status st = head_find(c, &head, &hash, &place.total_difficulty);

    if (!dry_ok(st))
        return st;
    place.number = head.number;
    place.time = head.time;
    st = dry__genesis_config_follows(stored, &given->config, &place, &changed, error);
    if (dry_ok(st) && dry_genesis_is_dev(given->json) != stored_dev)
        st = dry_buf_append_text(&changed, changed.len != 0 ? ", drystone.dev" : "drystone.dev");
    if (!dry_ok(st) || changed.len == 0)
        goto done;
    st = dry_batch_put(&c->batch, dry__key_bytes(&key), given->json);
    if (dry_ok(st))
        st = dry_storage_commit(c->storage, &c->batch, true);
    dry_batch_clear(&c->batch);
    if (dry_ok(st))
        DRY_LOG(c->log, INFO, "chain", "the genesis file changed the stored configuration",
                DRY_FIELD_TEXT("keys", dry_buf_bytes(&changed)),
                DRY_FIELD_U64("head", head.number));
done:
    dry_buf_fini(&changed);
    return st;
}

/* From Prague on, a block ends with calls of these contracts; without one no block is valid. */
static const struct {
    uint32_t index; /* in dry_system_contracts */
    const char *eip;
} required[] = {{2, " (EIP-7002)"}, {3, " (EIP-7251)"}};

static dry_status required_complain(struct dry_buf *error, const bool there[])
{
    bool first = true;

    for (size_t i = 0; i < DRY_COUNT(required); i++) {
        const struct dry_address *a = &dry_system_contracts[required[i].index].address;
        char hex[43] = "0x";

        if (there[i])
            continue;
        dry_hex_encode(hex + 2, DRY_BYTES_ARRAY(a->b));
        complain(error, first ? "no block can be built on this chain: from Prague on there must be "
                                "system contracts at "
                              : " and ");
        complain(error, hex);
        complain(error, required[i].eip);
        first = false;
    }
    if (first)
        return DRY_OK;
    complain(error, "; put their code into the genesis file's alloc, or use --consensus-driver "
                    "noseal to import blocks only");
    return DRY_STATUS(EINVAL, "a system contract is missing");
}

static bool contracts_wanted(const struct dry_chain *c, const struct dry_rules *next)
{
    return c->set.consensus->seals && next->evm_fork >= DRY_FORK_PRAGUE;
}

/* Before anything of it is stored: else the directory would be this chain's for good. */
static dry_status genesis_check(const struct dry_chain *c, const struct dry_genesis *g,
                                struct dry_buf *error)
{
    bool there[DRY_COUNT(required)] = {false};
    struct dry_rules next;

    dry_rules_at(&next, &g->config, 1, dry__next_time(c, g->header.time),
                 dry_after_merge(&g->config, &g->header.difficulty, 1));
    for (size_t i = 0; i < DRY_COUNT(required); i++)
        for (uint32_t k = 0; k < g->alloc.count; k++)
            there[i] |= g->alloc.accounts[k].code.len != 0 &&
                        dry_address_equal(&g->alloc.accounts[k].address,
                                          &dry_system_contracts[required[i].index].address);
    return contracts_wanted(c, &next) ? required_complain(error, there) : DRY_OK;
}

/* The same for a chain that is there already. */
static dry_status head_check(struct dry_chain *c, struct dry_buf *error)
{
    bool there[DRY_COUNT(required)] = {false};
    struct dry_state_view *view = NULL;
    struct dry_account a = {0};
    bool exists = false;
    dry_status st;

    if (!contracts_wanted(c, &dry__head(c)->rules))
        return DRY_OK;
    st = dry__own_view_open(c, &view);
    for (size_t i = 0; i < DRY_COUNT(required) && dry_ok(st); i++) {
        struct dry_state_reader *r = dry_state_view_reader(view);

        st = r->ops->account(r, &exists, &a, &dry_system_contracts[required[i].index].address);
        there[i] = dry_ok(st) && exists && !dry_hash_equal(&a.code_hash, &dry_hash_empty_code);
    }
    dry_state_view_close(view);
    return dry_ok(st) ? required_complain(error, there) : st;
}

/* Which chain this is: the storage's, checked against the genesis given, or a new one from that. */
static dry_status chain_find(struct dry_chain *c, struct dry_buf *error)
{
    const struct dry_genesis *given = c->set.genesis;
    struct dry_chain_config stored;
    bool stored_dev;
    dry_status st = format_check(c, error);

    if (st.code == DRY_CODE_ENOTFOUND && given != NULL) {
        st = genesis_check(c, given, error);
        if (dry_ok(st))
            st = genesis_write(c, given, &c->genesis_hash);
    } else if (st.code == DRY_CODE_ENOTFOUND) {
        complain(error,
                 "the data directory holds no chain yet: name a genesis file (--genesis FILE)");
    } else if (dry_ok(st)) {
        st = genesis_load(c, &stored, &stored_dev, error);
        if (dry_ok(st) && given != NULL)
            st = genesis_compare(c, given, &stored, error);
        if (dry_ok(st) && given != NULL)
            st = config_replace(c, &stored, stored_dev, error);
    }
    if (dry_ok(st))
        c->config = given != NULL ? given->config : stored;
    return st;
}

static dry_status head_load(struct dry_chain *c, struct dry_buf *error)
{
    struct dry_header header;
    struct dry_u256 td;
    struct dry_hash hash;
    struct dry_head *h = NULL;
    dry_status st = head_find(c, &header, &hash, &td);

    if (dry_ok(st))
        st = dry__head_make(c, &h, &header, &hash, &td);
    if (dry_ok(st))
        dry__head_publish(c, h);
    else
        complain(error, "the head of the chain cannot be read from the data directory");
    return st;
}

/* Hash tables inside are keyed anew for each executor; no result depends on it. */
static dry_status executor_open(struct dry_chain *c, struct dry_executor **out,
                                struct dry_jobs *jobs)
{
    struct dry_executor_settings set = {.jobs = jobs};
    dry_status st = dry_rng_fill(dry_system_rng(), (uint8_t *)set.secret, sizeof(set.secret));

    return dry_ok(st) ? dry_executor_open(out, c->set.executor, &set) : st;
}

static dry_status parts_open(struct dry_chain *c, struct dry_buf *error)
{
    struct dry_state_settings state = {.cache_bytes = c->set.state_cache_bytes,
                                       .keep_states = c->set.state_history,
                                       .keep_nodes = c->set.state_nodes,
                                       .durable = c->set.state_journal};
    struct dry_consensus_settings consensus = c->set.consensus_settings;
    dry_status st = dry_kzg_loader_open(&c->kzg);

    if (dry_ok(st))
        st = dry_state_open(&c->state, c->storage, &state);
    if (dry_ok(st))
        st = chain_find(c, error);
    if (dry_ok(st))
        st = executor_open(c, &c->executor, c->set.jobs);
    consensus.config = &c->config;
    if (dry_ok(st))
        st = dry_consensus_open(&c->consensus, c->set.consensus, &consensus);
    if (dry_ok(st))
        st = head_load(c, error);
    if (dry_ok(st))
        st = head_check(c, error);
    return dry_ok(st) ? dry__sidecars_find(c) : st;
}

dry_status dry_chain_open(struct dry_chain **out, const struct dry_chain_settings *set,
                          struct dry_buf *error)
{
    struct dry_chain *c = dry_alloc(sizeof(*c));
    dry_status st;

    if (c == NULL)
        return DRY_ENOMEM;
    st = dry_mutex_init(&c->head_lock);
    if (!dry_ok(st)) {
        dry_free(c);
        return st;
    }
    c->set = *set;
    c->storage = set->storage;
    c->log = set->log;
    dry__pool_init(&c->pool, &set->pool);
    c->pinned = UINT64_MAX;
    c->tx_bytes_max = c->pool.limits.tx_bytes_max;
    if (set->extra_data.len > EXTRA_DATA_BYTES_MAX) {
        complain(error, "extra data of built blocks has 32 bytes at most");
        st = DRY_STATUS(EINVAL, "extra data too long");
    } else {
        st = parts_open(c, error);
    }
    if (!dry_ok(st)) {
        dry_chain_close(c);
        return st;
    }
    c->set.genesis = NULL; /* was borrowed */
    dry_arena_reset(&c->arena);
    *out = c;
    return DRY_OK;
}

void dry_chain_close(struct dry_chain *c)
{
    if (c == NULL)
        return;
    dry_pending_close(c->pending);
    dry__pool_fini(&c->pool);
    dry_head_close(c->head);
    dry_consensus_close(c->consensus);
    dry_executor_close(c->executor);
    dry_state_close(c->state);
    dry_kzg_loader_close(c->kzg);
    dry_batch_fini(&c->batch);
    dry_arena_fini(&c->arena);
    dry_mutex_fini(&c->head_lock);
    dry_free(c);
}

/* --- small reads --- */

const struct dry_chain_config *dry_chain_config(const struct dry_chain *c)
{
    return &c->config;
}

const struct dry_hash *dry_chain_genesis_hash(const struct dry_chain *c)
{
    return &c->genesis_hash;
}

dry_status dry_chain_hash_at(struct dry_chain *c, struct dry_hash *out, uint64_t number)
{
    struct dry__key key = dry__key_number(number);
    struct dry_buf value = {0};
    dry_status st = dry_storage_get(c->storage, NULL, &value, dry__key_bytes(&key));

    if (dry_ok(st) && value.len != 32)
        st = DRY_STATUS(ECORRUPT, "the index of block numbers is damaged");
    if (dry_ok(st))
        memcpy(out->b, value.ptr, 32);
    dry_buf_fini(&value);
    return st;
}

bool dry_chain_is_canonical(struct dry_chain *c, uint64_t number, const struct dry_hash *hash)
{
    struct dry_hash at;

    return dry_ok(dry_chain_hash_at(c, &at, number)) && dry_hash_equal(&at, hash);
}

dry_status dry_chain_header(struct dry_chain *c, struct dry_header *out,
                            const struct dry_hash *hash, struct dry_arena *arena)
{
    return dry__load_header(c->storage, out, NULL, NULL, hash, arena);
}

dry_status dry_chain_block(struct dry_chain *c, struct dry_stored_block *out,
                           const struct dry_hash *hash, struct dry_arena *arena)
{
    return dry__load_block(c->storage, out, hash, arena);
}

dry_status dry_chain_find_tx(struct dry_chain *c, struct dry_tx_place *out,
                             const struct dry_hash *tx_hash)
{
    struct dry__key key = dry__key_hash(DRY__KEY_TX, tx_hash);
    struct dry_buf value = {0};
    dry_status st = dry_storage_get(c->storage, NULL, &value, dry__key_bytes(&key));

    if (dry_ok(st) && value.len != DRY__TX_PLACE_BYTES)
        st = DRY_STATUS(ECORRUPT, "the index of transactions is damaged");
    if (dry_ok(st)) {
        uint32_t index;
        out->block_number = dry__be64_get(value.ptr);
        memcpy(&index, value.ptr + 8, 4);
        out->index = __builtin_bswap32(index);
        memcpy(out->block_hash.b, value.ptr + 12, 32);
    }
    dry_buf_fini(&value);
    return st;
}

/* --- state and rules --- */

/* Follow the parents by one block. */
static dry_status ancestry_step(struct dry__ancestry *a)
{
    struct dry_arena arena = {0};
    struct dry_hash at = a->hash;
    dry_status st = DRY_OK;

    if (a->walked != 0) {
        struct dry_header h;

        st = dry__load_header(a->chain->storage, &h, NULL, NULL, &a->hashes[a->walked - 1], &arena);
        if (dry_ok(st))
            at = h.parent_hash;
    }
    dry_arena_fini(&arena);
    if (!dry_ok(st))
        return st;
    a->joined = dry_chain_is_canonical(a->chain, a->number - a->walked, &at);
    a->have[a->walked] = true;
    a->hashes[a->walked++] = at;
    return DRY_OK;
}

dry_status dry__ancestry_hash(void *ctx, struct dry_hash *out, uint64_t number)
{
    struct dry__ancestry *a = ctx;
    uint64_t back = a->number - number;
    dry_status st = DRY_OK;

    memset(out, 0, sizeof(*out));
    if (number > a->number || back >= DRY__ANCESTRY)
        return DRY_OK;
    while (!a->joined && a->walked <= back && dry_ok(st))
        st = ancestry_step(a);
    if (dry_ok(st) && !a->have[back]) {
        st = dry_chain_hash_at(a->chain, &a->hashes[back], number);
        a->have[back] = dry_ok(st);
    }
    if (dry_ok(st))
        *out = a->hashes[back];
    return st;
}

static dry_status canonical_hash(void *ctx, struct dry_hash *out, uint64_t number)
{
    dry_status st = dry_chain_hash_at(ctx, out, number);

    if (st.code == DRY_CODE_ENOTFOUND) {
        memset(out, 0, sizeof(*out));
        st = DRY_OK;
    }
    return st;
}

dry_status dry_chain_state_open(struct dry_chain *c, struct dry_state_view **out,
                                const struct dry_header *header)
{
    struct dry_snapshot *snap = NULL;
    struct dry_state_view *v;
    dry_status st = DRY_OK;

    if (c->set.state_history != 0) /* what is read must not be pruned meanwhile */
        st = dry_snapshot_open(c->storage, &snap);
    if (dry_ok(st))
        st = dry_state_view_open(&v, c->state, snap, &header->state_root, canonical_hash, c);
    if (!dry_ok(st)) {
        if (snap != NULL)
            dry_snapshot_close(c->storage, snap);
        return st;
    }
    if (snap != NULL)
        dry_state_view_own_snapshot(v, snap);
    *out = v;
    return DRY_OK;
}

dry_status dry__own_view_open(struct dry_chain *c, struct dry_state_view **out)
{
    return dry_state_view_open_writer(out, c->state, &dry__head(c)->header.state_root,
                                      canonical_hash, c);
}

void dry_chain_rules(const struct dry_chain *c, struct dry_rules *out, uint64_t number,
                     uint64_t time, const struct dry_u256 *parent_td)
{
    dry_rules_at(out, &c->config, number, time, dry_after_merge(&c->config, parent_td, number));
}

void dry_chain_next_rules(struct dry_chain *c, struct dry_rules *out)
{
    struct dry_head *h;
    uint64_t time;

    dry_mutex_lock(&c->head_lock);
    h = c->head;
    dry_refs_take(&h->refs);
    time = dry__next_time(c, h->header.time);
    dry_mutex_unlock(&c->head_lock);
    dry_chain_rules(c, out, h->header.number + 1, time, &h->total_difficulty);
    dry_head_close(h);
}

void dry_chain_env_after(const struct dry_chain *c, struct dry_block_env *out,
                         const struct dry_header *parent, const struct dry_u256 *parent_td,
                         uint64_t time)
{
    struct dry_header h = {.number = parent->number + 1,
                           .time = time,
                           .gas_limit = parent->gas_limit,
                           .coinbase = parent->coinbase,
                           .mix_hash = parent->mix_hash};
    struct dry_rules rules;

    dry_chain_rules(c, &rules, h.number, time, parent_td);
    if (rules.fork < DRY_FORK_PARIS)
        dry_difficulty_next(&h.difficulty, &c->config, h.number, time, parent,
                            !dry_hash_equal(&parent->ommers_hash, &dry_hash_empty_ommers));
    dry__header_fees(&h, parent, &rules);
    dry_block_env_of(out, &h, &rules, &c->config);
}

dry_status dry_chain_executor_open(struct dry_chain *c, struct dry_executor **out)
{
    return executor_open(c, out, NULL);
}

dry_status dry_chain_set_next_time(struct dry_chain *c, uint64_t time)
{
    if (time <= dry__head(c)->header.time)
        return DRY_STATUS(EINVAL, "the next block's timestamp must be after the head's");
    if (time > DRY_TIME_MAX)
        return DRY_STATUS(EINVAL, "the timestamp is too large (at most 2^53 - 1)");
    dry_mutex_lock(&c->head_lock);
    c->has_next_time = true;
    c->next_time = time;
    dry_mutex_unlock(&c->head_lock);
    return DRY_OK;
}

void dry_chain_pin(struct dry_chain *c, uint64_t number)
{
    c->pinned = number;
}

uint32_t dry_chain_state_history(const struct dry_chain *c)
{
    return c->set.state_history;
}

dry_status dry_chain_add_time_offset(struct dry_chain *c, uint64_t seconds)
{
    /* The offset may be below zero, modulo 2^64. */
    uint64_t now = dry_clock_wall_ms(c->set.clock) / 1000 + c->time_offset;

    if (seconds > DRY_TIME_MAX || now + seconds > DRY_TIME_MAX)
        return DRY_STATUS(EINVAL, "the time would be too large (at most 2^53 - 1)");
    dry_chain_set_time_offset(c, c->time_offset + seconds);
    return DRY_OK;
}

void dry_chain_set_time_offset(struct dry_chain *c, uint64_t seconds)
{
    dry_mutex_lock(&c->head_lock);
    c->time_offset = seconds;
    dry_mutex_unlock(&c->head_lock);
}

uint64_t dry_chain_time_offset(const struct dry_chain *c)
{
    return c->time_offset;
}
