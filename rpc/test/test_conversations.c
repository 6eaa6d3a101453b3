/* The recorded conversations of the execution-apis project: every answer equals the reference
 * client's, but for the wording of errors. Those marked speconly are compared in shape. */
#include "fixture.h"

static struct {
    uint32_t passed, failed;
} counts;

/* Methods this server does not have (yet): simulation, and blocks built to order for tests. */
static bool left_out(const char *path)
{
    return strstr(path, "/eth_simulateV1/") != NULL || strstr(path, "/testing_") != NULL;
}

static bool same_shape(const json_t *a, const json_t *b);

/* Members that may be absent although the reference had them, or the other way round. */
static bool optional(const char *key)
{
    static const char *const keys[] = {"deleteStrategy", "error",  "refund",
                                       "returnData",     "memory", "storage"};

    for (size_t i = 0; i < DRY_COUNT(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* 0x-led names are data: senders, nonces, slots. */
static bool is_data(const char *key)
{
    return strncmp(key, "0x", 2) == 0 || (key[0] >= '0' && key[0] <= '9');
}

static bool members_in(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)a, key, v)
    {
        const json_t *other = json_object_get(b, key);

        if (other == NULL) {
            if (!optional(key) && !is_data(key))
                return false;
        } else if (!same_shape(v, other)) {
            return false;
        }
    }
    return true;
}

static bool same_shape(const json_t *a, const json_t *b)
{
    if (json_is_null(a) || json_is_null(b))
        return true;
    if (json_is_number(a) && json_is_number(b))
        return true;
    if (json_is_boolean(a) && json_is_boolean(b))
        return true;
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_object(a))
        return members_in(a, b) && members_in(b, a);
    if (json_is_array(a) && (json_array_size(a) == 0) != (json_array_size(b) == 0))
        return false;
    for (size_t i = 0; json_is_array(a) && i < json_array_size(a) && i < json_array_size(b); i++)
        if (!same_shape(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

static bool answers_equal(json_t *got, json_t *want, bool shape)
{
    json_t *ge = json_object_get(got, "error"), *we = json_object_get(want, "error");

    if ((ge == NULL) != (we == NULL))
        return false;
    if (ge != NULL) {
        (void)json_object_del(ge, "message");
        (void)json_object_del(we, "message");
    }
    return shape ? same_shape(got, want) : json_equal(got, want) == 1;
}

static bool exchange(struct fixture *f, const char *request, const char *reply, bool shape,
                     const char *path)
{
    const char *text = fixture_ask(f, request);
    json_t *got = json_loads(text, JSON_DECODE_ANY, NULL);
    json_t *want = json_loads(reply, JSON_DECODE_ANY, NULL);
    bool ok = got != NULL && want != NULL && answers_equal(got, want, shape);

    if (!ok)
        fprintf(stderr, "%s\n  request %.400s\n  want %.1500s\n  got  %.1500s\n", path, request,
                reply, text);
    json_decref(got);
    json_decref(want);
    return ok;
}

static void conversation(const char *path, void *arg)
{
    struct fixture *f = arg;
    struct dry_bytes file = test_file(path);
    char *text, *line, *save = NULL, *request = NULL;
    bool shape, ok = true;

    if (left_out(path))
        return;
    text = malloc(file.len + 1);
    CHECK(text != NULL);
    memcpy(text, file.ptr, file.len);
    text[file.len] = 0;
    shape = strstr(text, "// speconly") != NULL;
    dry_chain_pool_clear(f->chain);
    for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, ">> ", 3) == 0)
            request = line + 3;
        else if (strncmp(line, "<< ", 3) == 0 && request != NULL)
            ok = exchange(f, request, line + 3, shape, path) && ok;
    }
    free(text);
    counts.passed += ok;
    counts.failed += !ok;
}

static void all_equal(void **state)
{
    struct fixture f;
    size_t files;

    (void)state;
    if (!fixture_open_vectors(&f))
        skip();
    fixture_serve(&f, false);
    files = test_files_each(test_vectors_path("rpc"), ".io", conversation, &f);
    printf("%u conversations passed, %u failed, of %zu\n", counts.passed, counts.failed, files);
    CHECK(counts.passed > 60 && counts.failed == 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_equal)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
