/* dev.c - one sealer on one machine: a block per transaction, at an interval, or when asked to. */
#include <drystone/common/alloc.h>
#include <drystone/consensus.h>
#include <drystone/crypto.h>

struct dev {
    struct dry_consensus base;
    struct dry_address coinbase;
    uint64_t interval_ms;
    bool automine;
};

static struct dev *dev_of(struct dry_consensus *c)
{
    return (struct dev *)c;
}

static dry_status dev_open(struct dry_consensus **out, const struct dry_consensus_settings *set)
{
    struct dev *d = dry_alloc(sizeof(*d));

    if (d == NULL)
        return DRY_ENOMEM;
    d->base.ops = &dry_consensus_dev;
    d->coinbase = set->coinbase;
    d->interval_ms = set->block_time_ms;
    d->automine = set->automine;
    *out = &d->base;
    return DRY_OK;
}

static void dev_close(struct dry_consensus *c)
{
    dry_free(c);
}

static uint32_t dev_event(struct dry_consensus *c, const struct dry_event *event,
                          struct dry_action actions[DRY_ACTIONS_MAX])
{
    struct dev *d = dev_of(c);
    uint32_t n = 0;

    switch (event->kind) {
    case DRY_EVENT_START:
        if (d->interval_ms != 0)
            actions[n++] = (struct dry_action){DRY_ACTION_TIMER, d->interval_ms};
        break;
    case DRY_EVENT_TIMER:
        if (d->interval_ms != 0) {
            actions[n++] = (struct dry_action){DRY_ACTION_BUILD, 0};
            actions[n++] = (struct dry_action){DRY_ACTION_TIMER, d->interval_ms};
        }
        break;
    case DRY_EVENT_TX_READY:
        if (d->automine && event->value != 0)
            actions[n++] = (struct dry_action){DRY_ACTION_BUILD, 1};
        break;
    case DRY_EVENT_MINE:
        actions[n++] = (struct dry_action){DRY_ACTION_BUILD, 0};
        break;
    case DRY_EVENT_SET_AUTOMINE:
        d->automine = event->value != 0;
        break;
    case DRY_EVENT_SET_INTERVAL:
        d->interval_ms = event->value;
        actions[n++] = (struct dry_action){DRY_ACTION_TIMER, d->interval_ms};
        break;
    }
    return n;
}

static dry_status dev_prepare(struct dry_consensus *c, struct dry_header *header,
                              const struct dry_header *parent, uint64_t now_ms)
{
    struct dev *d = dev_of(c);
    uint64_t now = now_ms / 1000;

    if (parent->time == UINT64_MAX)
        return DRY_STATUS(ELIMIT, "no later time than the parent's can be written");
    header->coinbase = d->coinbase;
    header->time = now > parent->time ? now : parent->time + 1;
    header->difficulty = DRY_U256_ZERO;
    memset(header->nonce, 0, sizeof(header->nonce));
    /* Unpredictable enough for tests, the same on every replay. */
    dry_keccak256(&header->mix_hash, DRY_BYTES_ARRAY(header->parent_hash.b));
    return DRY_OK;
}

static enum dry_verdict dev_check_seal(struct dry_consensus *c, const struct dry_header *header,
                                       const struct dry_header *parent)
{
    (void)c, (void)header, (void)parent;
    return DRY_VERDICT_VALID;
}

/* One sealer makes one chain: what comes later wins. */
static bool dev_prefers(struct dry_consensus *c, const struct dry_header *head,
                        const struct dry_u256 *head_td, const struct dry_header *other,
                        const struct dry_u256 *other_td)
{
    (void)c, (void)head, (void)head_td, (void)other, (void)other_td;
    return true;
}

static uint64_t dev_finalized(struct dry_consensus *c, uint64_t head)
{
    (void)c;
    return head;
}

const struct dry_consensus_ops dry_consensus_dev = {
    .abi = DRY_CONSENSUS_ABI,
    .name = "dev",
    .seals = true,
    .open = dev_open,
    .close = dev_close,
    .event = dev_event,
    .prepare = dev_prepare,
    .check_seal = dev_check_seal,
    .prefers = dev_prefers,
    .finalized = dev_finalized,
};
