/* Hash tables of the journal under keys made to collide: products of key and constant that vanish,
 * which the secret in both factors must prevent. */
#include "tables.h"
#include <drystone/test.h>

#define KEYS 6000u
#define RUN_MAX 200u /* longest run of taken places; tens are usual at this size and load */

static const struct dry__secret secret = {
    {0x0123456789abcdef, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978, 0x8796a5b4c3d2e1f0}};

static uint32_t longest_run(void *const *at, uint32_t cap)
{
    uint32_t run = 0, longest = 0;

    for (uint32_t i = 0; i < cap; i++) {
        run = at[i] != NULL ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put64(uint8_t *out, uint64_t v)
{
    memcpy(out, &v, sizeof(v));
}

/* The constants a word of a key may be equal to, so that its product with the other is zero. */
static const uint64_t words[] = {0,
                                 UINT64_MAX,
                                 0x9e3779b97f4a7c15u,
                                 0xc2b2ae3d27d4eb4fu,
                                 0x165667b19e3779f9u,
                                 0x27d4eb2f165667c5u};

static void slots_spread(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(words) * DRY_COUNT(words); k++) {
        struct dry__slot_table t = {0};
        struct dry_arena arena = {0};

        for (uint32_t i = 0; i < KEYS; i++) {
            struct dry__slot *s = dry_arena_zalloc(&arena, 1, sizeof(*s));

            CHECK(s != NULL);
            put64(s->key.b, i * 0x9e3779b97f4a7c15u);
            put64(s->key.b + 8, words[k / DRY_COUNT(words)]);
            put64(s->key.b + 16, i);
            put64(s->key.b + 24, words[k % DRY_COUNT(words)]);
            CHECK(dry__slot_table_add(&t, &secret, s, &arena));
            CHECK(dry__slot_table_find(&t, &secret, &s->key) == s);
        }
        CHECK(longest_run((void *const *)t.at, t.cap) < RUN_MAX);
        dry_arena_fini(&arena);
    }
}

static void accounts_spread(void **state)
{
    (void)state;
    for (size_t k = 0; k < DRY_COUNT(words); k++) {
        struct dry__account_table t = {0};
        struct dry_arena arena = {0};

        for (uint32_t i = 0; i < KEYS; i++) {
            struct dry__account *a = dry_arena_zalloc(&arena, 1, sizeof(*a));

            CHECK(a != NULL);
            put64(a->address.b, i * 0x9e3779b97f4a7c15u);
            put64(a->address.b + 8, words[k]);
            CHECK(dry__account_table_add(&t, &secret, a, &arena));
            CHECK(dry__account_table_find(&t, &secret, &a->address) == a);
        }
        CHECK(longest_run((void *const *)t.at, t.cap) < RUN_MAX);
        dry_arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_spread),
        cmocka_unit_test(accounts_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
