/* What a failed DRY_ASSERT does where there is a C library. */
#include <drystone/common/status.h>
#include <stdio.h>
#include <stdlib.h>

void dry_assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "drystone: assertion failed: %s at %s:%d\n", expr, file, line);
    abort();
}
