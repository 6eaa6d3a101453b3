/* noseal.c - for imported chains: every rule is checked but the seal, and nothing is sealed here.
 */
#include <drystone/common/alloc.h>
#include <drystone/consensus.h>

static dry_status noseal_open(struct dry_consensus **out, const struct dry_consensus_settings *set)
{
    struct dry_consensus *c = dry_alloc(sizeof(*c));

    (void)set;
    if (c == NULL)
        return DRY_ENOMEM;
    c->ops = &dry_consensus_noseal;
    *out = c;
    return DRY_OK;
}

static void noseal_close(struct dry_consensus *c)
{
    dry_free(c);
}

static uint32_t noseal_event(struct dry_consensus *c, const struct dry_event *event,
                             struct dry_action actions[DRY_ACTIONS_MAX])
{
    (void)c, (void)event, (void)actions;
    return 0;
}

/* For a look at what the next block would be ("pending"): it is never sealed. */
static dry_status noseal_prepare(struct dry_consensus *c, struct dry_header *header,
                                 const struct dry_header *parent, uint64_t now_ms)
{
    uint64_t now = now_ms / 1000;

    if (parent->time == UINT64_MAX)
        return DRY_STATUS(ELIMIT, "no later time than the parent's can be written");
    (void)c;
    header->coinbase = parent->coinbase;
    header->time = now > parent->time ? now : parent->time + 1;
    header->difficulty = DRY_U256_ZERO;
    memset(header->nonce, 0, sizeof(header->nonce));
    header->mix_hash = parent->mix_hash;
    return DRY_OK;
}

static enum dry_verdict noseal_check_seal(struct dry_consensus *c, const struct dry_header *header,
                                          const struct dry_header *parent)
{
    (void)c, (void)header, (void)parent;
    return DRY_VERDICT_VALID;
}

/* Before the merge the heaviest chain wins, after it the last valid block given. */
static bool noseal_prefers(struct dry_consensus *c, const struct dry_header *head,
                           const struct dry_u256 *head_td, const struct dry_header *other,
                           const struct dry_u256 *other_td)
{
    (void)c;
    if (dry_u256_is_zero(&other->difficulty))
        return true;
    if (dry_u256_is_zero(&head->difficulty) && head->number != 0)
        return false;
    return dry_u256_less(head_td, other_td);
}

static uint64_t noseal_finalized(struct dry_consensus *c, uint64_t head)
{
    (void)c;
    return head;
}

const struct dry_consensus_ops dry_consensus_noseal = {
    .abi = DRY_CONSENSUS_ABI,
    .name = "noseal",
    .open = noseal_open,
    .close = noseal_close,
    .event = noseal_event,
    .prepare = noseal_prepare,
    .check_seal = noseal_check_seal,
    .prefers = noseal_prefers,
    .finalized = noseal_finalized,
};
