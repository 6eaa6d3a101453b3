/* Memory from the C library. */
#include <drystone/common/alloc.h>
#include <stdlib.h>

void *dry_alloc(size_t n)
{
    return calloc(1, n == 0 ? 1 : n);
}

void *dry_realloc(void *p, size_t old_n, size_t n)
{
    (void)old_n;
    return realloc(p, n == 0 ? 1 : n);
}

void dry_free(void *p)
{
    free(p);
}
