/* Checked calls of a consensus driver. */
#include <drystone/common/consensus.h>

dry_status dry_consensus_open(struct dry_consensus **out, const struct dry_consensus_ops *driver,
                              const struct dry_consensus_settings *set)
{
    struct dry_consensus *c = NULL;
    dry_status st;

    DRY_ASSERT(out != NULL && driver != NULL && set != NULL && set->config != NULL);
    DRY_ASSERT(driver->abi == DRY_CONSENSUS_ABI);
    st = driver->open(&c, set);
    if (!dry_ok(st))
        return st;
    DRY_ASSERT(c != NULL && c->ops == driver);
    *out = c;
    return DRY_OK;
}

void dry_consensus_close(struct dry_consensus *c)
{
    if (c != NULL)
        c->ops->close(c);
}

uint32_t dry_consensus_event(struct dry_consensus *c, const struct dry_event *event,
                             struct dry_action actions[DRY_ACTIONS_MAX])
{
    uint32_t n;

    DRY_ASSERT(c != NULL && event != NULL && actions != NULL);
    n = c->ops->event(c, event, actions);
    DRY_ASSERT(n <= DRY_ACTIONS_MAX);
    return n;
}

dry_status dry_consensus_prepare(struct dry_consensus *c, struct dry_header *header,
                                 const struct dry_header *parent, uint64_t now_ms)
{
    DRY_ASSERT(c != NULL && header != NULL && parent != NULL);
    return c->ops->prepare(c, header, parent, now_ms);
}

enum dry_verdict dry_consensus_check_seal(struct dry_consensus *c, const struct dry_header *header,
                                          const struct dry_header *parent)
{
    DRY_ASSERT(c != NULL && header != NULL && parent != NULL);
    return c->ops->check_seal(c, header, parent);
}

bool dry_consensus_prefers(struct dry_consensus *c, const struct dry_header *head,
                           const struct dry_u256 *head_td, const struct dry_header *other,
                           const struct dry_u256 *other_td)
{
    DRY_ASSERT(c != NULL && head != NULL && head_td != NULL && other != NULL && other_td != NULL);
    return c->ops->prefers(c, head, head_td, other, other_td);
}

uint64_t dry_consensus_finalized(struct dry_consensus *c, uint64_t head)
{
    uint64_t n;

    DRY_ASSERT(c != NULL);
    n = c->ops->finalized(c, head);
    DRY_ASSERT(n <= head);
    return n;
}
