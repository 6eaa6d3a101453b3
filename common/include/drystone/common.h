/* drystone/common.h - everything of the common layer that almost every file wants. */
#ifndef DRY_COMMON_H
#define DRY_COMMON_H
#include <drystone/common/block.h>
#include <drystone/common/bytes.h>
#include <drystone/common/hex.h>
#include <drystone/common/rlp.h>
#include <drystone/common/rules.h>
#include <drystone/common/status.h>
#include <drystone/common/tx.h>
#include <drystone/common/types.h>
#include <drystone/common/u256.h>
#endif /* DRY_COMMON_H */
