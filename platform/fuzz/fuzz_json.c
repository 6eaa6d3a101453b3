/* Whatever the reader accepts can be walked, named and written, and reads back as the same. */
#include <drystone/platform/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Visit every value by its index; rewrite scalars. */
static void visit(const struct dry_json *doc, struct dry_arena *arena)
{
    for (uint32_t i = 0; i < doc->count; i++) {
        struct dry_json_value v = {doc, i}, found;
        struct dry_buf error = {0}, out = {0};
        struct dry_json_writer w;
        struct dry_bytes text, second;
        struct dry_json again;
        struct dry_u256 n;

        check(doc->tokens[i].next > i && doc->tokens[i].next <= doc->count);
        (void)dry_json_complain(v, &error, "x");
        check(error.len > 2);
        (void)!dry_ok(dry_json_quantity_u256(v, &n, NULL));
        (void)!dry_ok(dry_json_number_u256(v, &n, NULL));
        (void)!dry_ok(dry_json_data(v, &out, NULL));
        (void)dry_json_get(v, "a", &found);
        out.len = 0;
        if (dry_json_type(v) == DRY_JSON_STRING) {
            check(dry_ok(dry_json_string(v, &text, NULL, arena)));
            dry_json_begin(&w, &out);
            dry_json_write_text(&w, text);
            check(dry_ok(dry_json_end(&w)));
            check(dry_ok(dry_json_read(&again, NULL, dry_buf_bytes(&out), NULL, arena)));
            check(dry_ok(dry_json_string(dry_json_root(&again), &second, NULL, arena)));
            check(dry_bytes_equal(text, second));
        }
        dry_buf_fini(&error);
        dry_buf_fini(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_arena arena = {.max = 64 << 20};
    struct dry_buf error = {0};
    struct dry_json doc;
    dry_status st = dry_json_read(&doc, &error, dry_bytes_of(data, len), NULL, &arena);

    check(dry_ok(st) ? error.len == 0 : error.len > 0);
    if (dry_ok(st))
        visit(&doc, &arena);
    dry_buf_fini(&error);
    dry_arena_fini(&arena);
    return 0;
}
