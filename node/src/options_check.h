/* options_check.h - what the options of a node must fulfil beyond what their table says. */
#ifndef DRY_NODE_OPTIONS_CHECK_H
#define DRY_NODE_OPTIONS_CHECK_H
#include <drystone/platform/options.h>

/* DRY_WRONG_USAGE with the option, what is wrong and what would work in error. */
DRY_MUST_USE dry_status dry_options_check(const struct dry_options *o, struct dry_buf *error);

#endif /* DRY_NODE_OPTIONS_CHECK_H */
