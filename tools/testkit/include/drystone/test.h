/* drystone/test.h - what every test includes: cmocka, checks with a name, vectors, failing
 * allocations. A test file defines main() with cmocka_run_group_tests(). */
#ifndef DRY_TEST_H
#define DRY_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <drystone/common/bytes.h>

/* Fail the running test unless cond holds; CHECK_MSG prints a text (or the case's name) as well. */
#define CHECK(cond) CHECK_MSG(cond, "")
#define CHECK_MSG(cond, msg) \
    ((cond) ? (void)0 : test_check_failed(#cond, (msg), __FILE__, __LINE__))
/* Fail with both texts in hexadecimal unless the bytes are equal. */
#define CHECK_BYTES(got, want, msg) test_check_bytes((got), (want), (msg), __FILE__, __LINE__)

/* Run the statement or block in braces with the first allocation failing, then the second, ...
 * until a run meets no failure. It must work from scratch each time and release what it took. In
 * it, test_alloc_failed() tells whether a failure was injected so far. At most 100,000 rounds. */
#define TEST_EACH_ALLOC_FAILS(...)                                                   \
    do {                                                                             \
        uint64_t round_ = 0;                                                         \
        do {                                                                         \
            CHECK_MSG(round_ < 100000, "too many allocations to fail each in turn"); \
            test_alloc_fail_at(++round_);                                            \
            __VA_ARGS__;                                                             \
        } while (test_alloc_fail_end());                                             \
    } while (0)

_Noreturn void test_check_failed(const char *cond, const char *msg, const char *file, int line);
void test_check_bytes(struct dry_bytes got, struct dry_bytes want, const char *msg,
                      const char *file, int line);

/* Bytes of a hexadecimal text, "0x" and blanks allowed. Borrowed until the process ends; a text
 * that is not hexadecimal fails the test. */
struct dry_bytes test_hex(const char *hex);

/* Lower-case hexadecimal text of b, without a prefix. Borrowed until the process ends. */
const char *test_hex_of(struct dry_bytes b);

/* Path of a file or folder of the conformance data: $DRYSTONE_VECTORS/sub, or ../shared/vectors/sub
 * beside the source tree. When it is not there: a loud line and NULL (the caller then calls
 * skip()), or a failed test when the environment says CI=true. Borrowed until the process ends. */
const char *test_vectors_path(const char *sub);

/* A path inside the source tree. Borrowed until the process ends. */
const char *test_source_path(const char *sub);

/* Parse a JSON file; a missing or broken one fails the test. The caller owns it: json_decref(). */
json_t *test_json_load(const char *path);

/* Whole content of a file; a missing one fails the test. Borrowed until the process ends. */
struct dry_bytes test_file(const char *path);

/* Call each(path, arg) for all regular files below dir whose name ends in suffix, in sorted order.
 * Returns how many there were. */
size_t test_files_each(const char *dir, const char *suffix,
                       void (*each)(const char *path, void *arg), void *arg);

/* Make the n-th dry_alloc()/dry_realloc() from now fail (1 is the next); 0 ends it. */
void test_alloc_fail_at(uint64_t n);
/* Has the failure happened since test_alloc_fail_at()? */
bool test_alloc_failed(void);
/* End the injection; tells as test_alloc_failed(). */
bool test_alloc_fail_end(void);
/* Allocations since test_alloc_fail_at(). */
uint64_t test_alloc_count(void);
#endif /* DRY_TEST_H */
