/* JSON of the size and shape of RPC traffic, read and written on one core. */
#include <drystone/platform/json.h>
#include <drystone/platform/system.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 200000u

static uint64_t now(void)
{
    return dry_clock_monotonic_ns(dry_system_clock());
}

int main(void)
{
    static const char request[] =
        "{\"jsonrpc\":\"2.0\",\"id\":12345,\"method\":\"eth_call\",\"params\":[{\"to\":"
        "\"0x6b175474e89094c44da98b954eedeac495271d0f\",\"data\":"
        "\"0x70a08231000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266\"},"
        "\"latest\"]}";
    struct dry_arena arena = {0};
    struct dry_buf out = {0};
    struct dry_json doc;
    struct dry_hash h = {{1, 2, 3}};
    struct dry_json_writer w;
    uint64_t t = now(), n = 0;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct dry_json_value v;

        if (!dry_ok(dry_json_read(&doc, NULL, DRY_BYTES_LIT(request), NULL, &arena)) ||
            !dry_json_get(dry_json_root(&doc), "params", &v))
            return 1;
        n += dry_json_count(v);
        dry_arena_reset(&arena);
    }
    t = now() - t;
    printf("read an eth_call of %zu bytes: %.0f ns, %.0f MB/s\n", sizeof(request) - 1,
           (double)t / ROUNDS, (double)(sizeof(request) - 1) * ROUNDS * 1e3 / (double)t);
    t = now();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        out.len = 0;
        dry_json_begin(&w, &out);
        dry_json_object_begin(&w);
        for (int k = 0; k < 6; k++) {
            dry_json_key(&w, "blockHash");
            dry_json_write_hash(&w, &h);
            dry_json_key(&w, "blockNumber");
            dry_json_write_quantity(&w, i);
        }
        dry_json_object_end(&w);
        if (!dry_ok(dry_json_end(&w)))
            return 1;
    }
    t = now() - t;
    printf("write an object of 12 members, %zu bytes: %.0f ns\n", out.len, (double)t / ROUNDS);
    dry_buf_fini(&out);
    dry_arena_fini(&arena);
    return n == 0;
}
