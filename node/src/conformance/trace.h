/* trace.h - EIP-3155 lines on standard error. */
#ifndef DRY_NODE_CONFORMANCE_TRACE_H
#define DRY_NODE_CONFORMANCE_TRACE_H
#include <drystone/common/executor.h>

extern const struct dry_tracer dry__trace_3155;
/* The closing line. */
void dry__trace_end(const struct dry_tx_result *result);

#endif /* DRY_NODE_CONFORMANCE_TRACE_H */
