/* Paths in trie nodes are hex-prefix encoded as the published cases say (Yellow Paper, appendix C).
 */
#include "node.h"
#include <drystone/test.h>

static void published_cases(void **state)
{
    const char *path = test_vectors_path("eth/BasicTests/hexencodetest.json");
    const char *name;
    json_t *cases, *v;
    size_t count = 0;

    (void)state;
    if (path == NULL)
        skip();
    cases = test_json_load(path);
    json_object_foreach(cases, name, v)
    {
        json_t *seq = json_object_get(v, "seq");
        size_t n = json_array_size(seq);
        uint8_t nibbles[64], out[33];

        CHECK(n <= sizeof(nibbles));
        for (size_t i = 0; i < n; i++)
            nibbles[i] = (uint8_t)json_integer_value(json_array_get(seq, i));
        n = dry__path_encode(out, nibbles, n, json_is_true(json_object_get(v, "term")));
        CHECK_BYTES(dry_bytes_of(out, n), test_hex(json_string_value(json_object_get(v, "out"))),
                    name);
        count++;
    }
    CHECK(count > 0);
    json_decref(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published_cases)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
