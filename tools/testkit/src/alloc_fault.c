/* Failing allocations: the linker sends dry_alloc and dry_realloc here (--wrap). */
#include <drystone/common/alloc.h>
#include <drystone/test.h>
#include <stdatomic.h>

void *__wrap_dry_alloc(size_t n);
void *__wrap_dry_realloc(void *p, size_t old, size_t n);
void *__real_dry_alloc(size_t n);
void *__real_dry_realloc(void *p, size_t old, size_t n);

/* Atomic: tests of the worker pool allocate on several threads. */
static _Atomic uint64_t count, fail_at;
static atomic_bool failed;

static bool fails(void)
{
    uint64_t now = atomic_fetch_add(&count, 1) + 1;

    if (now != atomic_load(&fail_at))
        return false;
    atomic_store(&failed, true);
    return true;
}

void *__wrap_dry_alloc(size_t n)
{
    return fails() ? NULL : __real_dry_alloc(n);
}

void *__wrap_dry_realloc(void *p, size_t old, size_t n)
{
    return fails() ? NULL : __real_dry_realloc(p, old, n);
}

void test_alloc_fail_at(uint64_t n)
{
    atomic_store(&count, 0);
    atomic_store(&failed, false);
    atomic_store(&fail_at, n);
}

bool test_alloc_failed(void)
{
    return atomic_load(&failed);
}

bool test_alloc_fail_end(void)
{
    atomic_store(&fail_at, 0);
    return atomic_load(&failed);
}

uint64_t test_alloc_count(void)
{
    return atomic_load(&count);
}
