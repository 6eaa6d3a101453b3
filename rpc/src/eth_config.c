/* eth_config.c - forks and blob schedule (EIP-7910), and what this node can answer. */
#include "internal.h"
#include "methods.h"
#include <drystone/execution.h>

/* CRC-32 as in EIP-2124. */
static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static uint32_t crc_fork(uint32_t crc, uint64_t v)
{
    uint8_t be[8];

    for (int i = 0; i < 8; i++)
        be[i] = (uint8_t)(v >> (56 - 8 * i));
    return crc32(crc, be, sizeof(be));
}

/* Fork hash once all forks up to time are passed: blocks in order, then times; each value once,
 * those of genesis left out. */
static uint32_t fork_id(struct dry_rpc *rpc, uint64_t time)
{
    const struct dry_chain_config *cfg = dry_chain_config(rpc->set.chain);
    uint32_t crc = crc32(0, dry_chain_genesis_hash(rpc->set.chain)->b, 32);
    struct dry_stored_block genesis;
    struct dry_arena arena = {0};
    uint64_t last = 0, genesis_time = 0;

    if (dry_ok(dry_chain_block(rpc->set.chain, &genesis, dry_chain_genesis_hash(rpc->set.chain),
                               &arena)))
        genesis_time = genesis.block.header.time;
    dry_arena_fini(&arena);
    for (int f = DRY_FORK_HOMESTEAD; f <= DRY_FORK_PARIS; f++) {
        uint64_t at = cfg->activation[f];
        if (at == DRY_NEVER || at == 0 || at == last)
            continue;
        crc = crc_fork(crc, at);
        last = at;
    }
    last = genesis_time;
    for (int f = DRY_FORK_SHANGHAI; f < DRY_FORK_COUNT; f++) {
        uint64_t at = cfg->activation[f];
        if (at == DRY_NEVER || at > time || at <= genesis_time || at == last)
            continue;
        crc = crc_fork(crc, at);
        last = at;
    }
    return crc;
}

/* --- one configuration --- */

static const struct {
    const char *name;
    uint16_t address;
    enum dry_fork since;
} precompiles[] = {
    {"BLAKE2F", 0x09, DRY_FORK_ISTANBUL},
    {"BLS12_G1ADD", 0x0b, DRY_FORK_PRAGUE},
    {"BLS12_G1MSM", 0x0c, DRY_FORK_PRAGUE},
    {"BLS12_G2ADD", 0x0d, DRY_FORK_PRAGUE},
    {"BLS12_G2MSM", 0x0e, DRY_FORK_PRAGUE},
    {"BLS12_MAP_FP2_TO_G2", 0x11, DRY_FORK_PRAGUE},
    {"BLS12_MAP_FP_TO_G1", 0x10, DRY_FORK_PRAGUE},
    {"BLS12_PAIRING_CHECK", 0x0f, DRY_FORK_PRAGUE},
    {"BN254_ADD", 0x06, DRY_FORK_BYZANTIUM},
    {"BN254_MUL", 0x07, DRY_FORK_BYZANTIUM},
    {"BN254_PAIRING", 0x08, DRY_FORK_BYZANTIUM},
    {"ECREC", 0x01, DRY_FORK_FRONTIER},
    {"ID", 0x04, DRY_FORK_FRONTIER},
    {"KZG_POINT_EVALUATION", 0x0a, DRY_FORK_CANCUN},
    {"MODEXP", 0x05, DRY_FORK_BYZANTIUM},
    {"P256VERIFY", 0x100, DRY_FORK_OSAKA},
    {"RIPEMD160", 0x03, DRY_FORK_FRONTIER},
    {"SHA256", 0x02, DRY_FORK_FRONTIER},
};

static void write_precompiles(struct dry_json_writer *w, enum dry_fork fork)
{
    dry_json_key(w, "precompiles");
    dry_json_object_begin(w);
    for (size_t i = 0; i < DRY_COUNT(precompiles); i++) {
        struct dry_address a = {{0}};

        if (fork < precompiles[i].since)
            continue;
        a.b[18] = (uint8_t)(precompiles[i].address >> 8);
        a.b[19] = (uint8_t)precompiles[i].address;
        dry_json_key(w, precompiles[i].name);
        dry_json_write_address(w, &a);
    }
    dry_json_object_end(w);
}

static void write_contract(struct dry_json_writer *w, const char *name, enum dry_fork fork,
                           uint16_t ending)
{
    for (uint32_t i = 0; i < dry_system_contract_count; i++) {
        const struct dry_system_contract *s = &dry_system_contracts[i];

        if ((s->address.b[18] << 8 | s->address.b[19]) != ending || fork < s->since)
            continue;
        dry_json_key(w, name);
        dry_json_write_address(w, &s->address);
        return;
    }
}

static void write_contracts(struct dry_json_writer *w, enum dry_fork fork,
                            const struct dry_chain_config *cfg)
{
    dry_json_key(w, "systemContracts");
    dry_json_object_begin(w);
    write_contract(w, "BEACON_ROOTS_ADDRESS", fork, 0xac02);
    write_contract(w, "CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS", fork, 0x7251);
    if (fork >= DRY_FORK_PRAGUE) {
        dry_json_key(w, "DEPOSIT_CONTRACT_ADDRESS");
        dry_json_write_address(w, &cfg->deposit_contract);
    }
    write_contract(w, "HISTORY_STORAGE_ADDRESS", fork, 0x2935);
    write_contract(w, "WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", fork, 0x7002);
    dry_json_object_end(w);
}

static void write_config(struct dry__call *c, struct dry_json_writer *w, uint64_t time)
{
    const struct dry_chain_config *cfg = dry_chain_config(c->rpc->set.chain);
    uint32_t id = fork_id(c->rpc, time);
    uint8_t be[4] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
    struct dry_rules rules;
    uint64_t since = 0;

    dry_rules_at(&rules, cfg, UINT64_MAX - 1, time, true);
    for (int f = DRY_FORK_SHANGHAI; f < DRY_FORK_COUNT; f++)
        if (cfg->activation[f] != DRY_NEVER && cfg->activation[f] <= time)
            since = cfg->activation[f];
    dry_json_object_begin(w);
    dry_json_key(w, "activationTime");
    dry_json_write_u64(w, since);
    dry_json_key(w, "blobSchedule");
    if (rules.blob.max != 0) {
        dry_json_object_begin(w);
        dry_json_key(w, "target");
        dry_json_write_u64(w, rules.blob.target);
        dry_json_key(w, "max");
        dry_json_write_u64(w, rules.blob.max);
        dry_json_key(w, "baseFeeUpdateFraction");
        dry_json_write_u64(w, rules.blob.update_fraction);
        dry_json_object_end(w);
    } else {
        dry_json_write_null(w);
    }
    dry_json_key(w, "chainId");
    dry_json_write_quantity(w, cfg->chain_id);
    dry_json_key(w, "forkId");
    dry_json_write_hex(w, DRY_BYTES_ARRAY(be));
    write_precompiles(w, rules.fork);
    write_contracts(w, rules.fork, cfg);
    dry_json_object_end(w);
}

DRY__METHOD(eth_config)
{
    const struct dry_chain_config *cfg = dry_chain_config(c->rpc->set.chain);
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);
    uint64_t now = h->header.time, next = DRY_NEVER, last = 0;

    dry_head_close(h);
    for (int f = DRY_FORK_SHANGHAI; f < DRY_FORK_COUNT; f++) {
        uint64_t at = cfg->activation[f];
        if (at == DRY_NEVER)
            continue;
        if (at > now && at < next)
            next = at;
        if (at > last)
            last = at;
    }
    dry_json_object_begin(w);
    dry_json_key(w, "current");
    write_config(c, w, now);
    dry_json_key(w, "next");
    if (next != DRY_NEVER)
        write_config(c, w, next);
    else
        dry_json_write_null(w);
    dry_json_key(w, "last");
    if (next != DRY_NEVER)
        write_config(c, w, last);
    else
        dry_json_write_null(w);
    dry_json_object_end(w);
    return DRY_OK;
}

/* --- capabilities --- */

static bool has_state(struct dry__call *c, uint64_t number)
{
    struct dry_state_view *view = NULL;
    struct dry_header h;
    struct dry_hash hash;
    dry_status st = dry_chain_hash_at(c->rpc->set.chain, &hash, number);

    if (dry_ok(st))
        st = dry_chain_header(c->rpc->set.chain, &h, &hash, c->arena);
    if (dry_ok(st))
        st = dry_chain_state_open(c->rpc->set.chain, &view, &h);
    dry_state_view_close(view);
    return dry_ok(st);
}

/* The oldest block whose state can be read; all after it can. */
static uint64_t oldest_state(struct dry__call *c, uint64_t head)
{
    uint64_t history = dry_chain_state_history(c->rpc->set.chain);
    uint64_t lo = history == 0 || head < history ? 0 : head - history, hi = head;

    if (has_state(c, lo))
        return lo;
    while (hi - lo > 1) { /* more was pruned under another option */
        uint64_t mid = lo + (hi - lo) / 2;

        if (has_state(c, mid))
            hi = mid;
        else
            lo = mid;
    }
    return hi;
}

/* retention 0: nothing is deleted. */
static void write_range(struct dry_json_writer *w, const char *key, uint64_t oldest,
                        uint64_t retention)
{
    dry_json_key(w, key);
    dry_json_object_begin(w);
    dry_json_key(w, "disabled");
    dry_json_write_bool(w, false);
    dry_json_key(w, "oldestBlock");
    dry_json_write_quantity(w, oldest);
    if (retention != 0) {
        dry_json_key(w, "deleteStrategy");
        dry_json_object_begin(w);
        dry_json_key(w, "type");
        dry_json_write_str(w, "window");
        dry_json_key(w, "retentionBlocks");
        dry_json_write_quantity(w, retention);
        dry_json_object_end(w);
    }
    dry_json_object_end(w);
}

DRY__METHOD(eth_capabilities)
{
    static const char *const all[] = {"tx", "logs", "receipts", "blocks"};
    uint64_t history = dry_chain_state_history(c->rpc->set.chain), oldest;
    struct dry_head *h = dry_chain_head(c->rpc->set.chain);

    oldest = oldest_state(c, h->header.number);
    dry_json_object_begin(w);
    dry_json_key(w, "head");
    dry_json_object_begin(w);
    dry_json_key(w, "number");
    dry_json_write_quantity(w, h->header.number);
    dry_json_key(w, "hash");
    dry_json_write_hash(w, &h->hash);
    dry_json_object_end(w);
    write_range(w, "state", oldest, history);
    for (size_t i = 0; i < DRY_COUNT(all); i++)
        write_range(w, all[i], 0, 0);
    write_range(w, "stateproofs", oldest, history);
    dry_json_object_end(w);
    dry_head_close(h);
    return DRY_OK;
}
