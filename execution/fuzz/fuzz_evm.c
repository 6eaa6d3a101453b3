/* Any byte-code, at any fork, with any call data: the three loops agree and nothing is touched that
 * should not be. Input: fork, gas (3 bytes), length of the call data, call data, code. */
#include "evm_outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_step(void *ctx, const struct dry_trace_step *step)
{
    (void)ctx, (void)step;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct evm_world w;
    static const struct dry_tracer tracer = {.step = ignore_step};
    if (size < 6 || size > 4096)
        return 0;
    enum dry_fork fork = (enum dry_fork)(data[0] % (DRY_FORK_OSAKA + 1));
    uint64_t gas = (uint64_t)data[1] << 12 | (uint64_t)data[2] << 4 | data[3];
    size_t input_len = data[4] < size - 5 ? data[4] : size - 5;
    struct dry_bytes input = dry_bytes_of(data + 5, input_len);
    struct dry_bytes code = dry_bytes_of(data + 5 + input_len, size - 5 - input_len);
    struct evm_outcome a, b, c;
    evm_world_init(&w, fork);
    evm_world_add(&w, EVM_CONTRACT, 1, 5, code);
    evm_world_add(&w, EVM_CALLER, 0, 1000, DRY_BYTES_EMPTY);
    DRY_ASSERT(dry_ok(evm_world_open(&w)));
    DRY_ASSERT(dry_ok(evm_outcome_of(&w, &a, NULL, input, gas)));
    evm_world_end(&w);
    w.evm->loop = dry__loop_switch;
    DRY_ASSERT(dry_ok(evm_outcome_of(&w, &b, NULL, input, gas)));
    evm_world_end(&w);
    DRY_ASSERT(dry_ok(evm_outcome_of(&w, &c, &tracer, input, gas)));
    evm_world_close(&w);
    DRY_ASSERT(evm_outcome_same(&a, &b) && evm_outcome_same(&a, &c));
    return 0;
}
