/* gauges.h - metrics of the chain, the pool and the process. */
#ifndef DRY_NODE_GAUGES_H
#define DRY_NODE_GAUGES_H
#include "node.h"

struct dry_gauges;
/* Count and sample into n->metrics from now on; fills n->pulse. Thread: the loop's. */
DRY_MUST_USE dry_status dry_gauges_open(struct dry_gauges **out, struct dry_node *n);
/* Before chain and loop. Accepts NULL. */
void dry_gauges_close(struct dry_gauges *g);
#endif /* DRY_NODE_GAUGES_H */
