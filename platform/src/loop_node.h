/* What the pool needs of the loop beside its public face. */
#ifndef DRY_PLATFORM_LOOP_NODE_H
#define DRY_PLATFORM_LOOP_NODE_H
#include <drystone/platform/loop.h>

/* A call owed to the loop thread whose memory the caller brings, so that handing it over cannot
 * fail. */
struct dry__loop_node {
    struct dry__loop_node *next;
    void (*fn)(struct dry__loop_node *node);
};
void dry__loop_push(struct dry_loop *l, struct dry__loop_node *node);

#endif /* DRY_PLATFORM_LOOP_NODE_H */
