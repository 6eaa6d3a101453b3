/* Requests of any bytes against a dev chain: each is answered with JSON, or with nothing. */
#include "fixture.h"
#include <drystone/platform/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture f;
    static bool open;
    struct dry_arena arena = {0};
    struct dry_buf out = {0};
    struct dry_json doc;

    if (!open) { /* once: what requests do to the chain is part of the game */
        fixture_open_dev(&f);
        f.set.limits.call_gas_max = 1000000;
        fixture_serve(&f, false);
        open = true;
    }
    if (dry_ok(dry_rpc_handle(f.rpc, &out, dry_bytes_of(data, size))) && out.len != 0)
        DRY_ASSERT(dry_ok(dry_json_read(&doc, NULL, dry_buf_bytes(&out), NULL, &arena)));
    dry_buf_fini(&out);
    dry_arena_fini(&arena);
    return 0;
}
