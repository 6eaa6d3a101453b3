/* Memory of all frames in one piece, and return data. */
#include "evm/machine.h"

#define MEMORY_FIRST ((size_t)16 << 10)

/* EIP-150's yellow-paper price of `words` words; at most DRY_EVM_WORDS_MAX. */
static uint64_t memory_price(uint64_t words)
{
    return 3 * words + words * words / 512;
}

dry_status dry__memory_open(struct dry__evm *evm)
{
    if (evm->memory == NULL) {
        evm->memory = dry_alloc(MEMORY_FIRST);
        evm->memory_cap = evm->memory != NULL ? MEMORY_FIRST : 0;
    }
    return evm->memory != NULL ? DRY_OK : DRY_ENOMEM;
}

void dry__memory_trim(struct dry__evm *evm)
{
    if (evm->memory_cap <= DRY_EVM_MEMORY_KEPT)
        return;
    dry_free(evm->memory);
    evm->memory = NULL;
    evm->memory_cap = 0;
}

void dry__memory_moved(const struct dry__evm *evm, struct dry__frame *f)
{
    if (f->input_at != DRY__NOT_IN_MEMORY)
        f->input = evm->memory + f->input_at;
    if (f->code_at != DRY__NOT_IN_MEMORY)
        f->code->bytes = evm->memory + f->code_at;
}

static bool memory_grow(struct dry__evm *evm, size_t need)
{
    size_t cap = evm->memory_cap;
    while (cap < need)
        cap *= 2;
    uint8_t *p = dry_realloc(evm->memory, evm->memory_cap, cap);
    if (p == NULL) {
        evm->world->error = DRY_ENOMEM;
        return false;
    }
    evm->memory = p;
    evm->memory_cap = cap;
    return true;
}

enum dry_evm_end dry__memory_reach(struct dry__evm *evm, struct dry__frame *f, uint64_t end)
{
    if (end <= f->memory_len)
        return DRY_EVM_SUCCESS;
    uint64_t words = dry__words(end);
    if (words > DRY_EVM_WORDS_MAX ||
        !dry__charge(&f->gas, memory_price(words) - memory_price(f->memory_len / 32)))
        return DRY_EVM_OUT_OF_GAS;
    if (words * 32 + f->memory_at > DRY_EVM_MEMORY_MAX) {
        evm->world->error = DRY_STATUS(ELIMIT, "more EVM memory paid for than a message may have");
        return DRY_EVM_STOPPED;
    }
    size_t len = (size_t)words * 32;
    if (f->memory_at + len > evm->memory_cap) {
        if (!memory_grow(evm, f->memory_at + len))
            return DRY_EVM_STOPPED;
        dry__memory_moved(evm, f);
    }
    memset(evm->memory + f->memory_at + f->memory_len, 0, len - f->memory_len);
    f->memory_len = len;
    return DRY_EVM_SUCCESS;
}

bool dry__output_reserve(struct dry__evm *evm, size_t n)
{
    evm->output.len = 0;
    dry_status st = dry_buf_reserve(&evm->output, n);
    if (!dry_ok(st))
        evm->world->error = st;
    return dry_ok(st);
}

bool dry__output_set(struct dry__evm *evm, const uint8_t *bytes, size_t n)
{
    if (!dry__output_reserve(evm, n))
        return false;
    if (n != 0)
        memcpy(evm->output.ptr, bytes, n);
    evm->output.len = n;
    return true;
}
