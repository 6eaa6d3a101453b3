/* Any text as a genesis file: a chain's genesis, or a refusal that says why. */
#include "fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dry_arena arena = {.max = 64u << 20};
    struct dry_buf error = {0};
    struct dry_genesis g;
    dry_status st;

    if (size > 65536)
        return 0;
    st = dry_genesis_parse(&g, &error, dry_bytes_of(data, size), &arena);
    DRY_ASSERT(dry_ok(st) || st.code == DRY_CODE_ENOMEM || error.len != 0);
    if (dry_ok(st))
        st = dry_genesis_seal(&g);
    DRY_ASSERT(dry_ok(st) || st.code != DRY_CODE_ECORRUPT);
    dry_buf_fini(&error);
    dry_arena_fini(&arena);
    return 0;
}
