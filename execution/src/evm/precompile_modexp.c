/* MODEXP: EIP-198, repriced by EIP-2565 and EIP-7883, bounded by EIP-7823. */
#include "evm/machine.h"
#include <drystone/crypto.h>

#define HEAD 96u
#define OPERAND_MAX_OSAKA 1024u /* EIP-7823 */

static uint64_t mul_sat(uint64_t a, uint64_t b)
{
    uint64_t r;
    return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

/* The input from `at` on, at most n bytes of it. */
static struct dry_bytes part(struct dry_bytes in, uint64_t at, uint64_t n)
{
    if (at >= in.len)
        return DRY_BYTES_EMPTY;
    uint64_t have = in.len - at;
    return dry_bytes_of(in.ptr + at, (size_t)(have < n ? have : n));
}

static void length_at(struct dry_u256 *out, struct dry_bytes in, unsigned i)
{
    uint8_t t[32] = {0};
    struct dry_bytes p = part(in, 32 * (uint64_t)i, 32);
    if (p.len != 0)
        memcpy(t, p.ptr, p.len);
    dry_u256_from_be32(out, t);
}

/* The exponent's first 32 bytes as a number of min(32, length) digits. */
static void exponent_head(struct dry_u256 *out, struct dry_bytes in, uint64_t at, uint64_t length)
{
    uint8_t t[32] = {0};
    uint64_t n = length < 32 ? length : 32;
    struct dry_bytes p = part(in, at, n);
    if (p.len != 0)
        memcpy(t + 32 - n, p.ptr, p.len);
    dry_u256_from_be32(out, t);
}

/* The price; lengths saturate at UINT64_MAX. */
static uint64_t price(enum dry_fork fork, uint64_t base, uint64_t exp, uint64_t mod,
                      const struct dry_u256 *head)
{
    uint64_t longest = base > mod ? base : mod, words = longest / 8 + (longest % 8 != 0);
    uint64_t bits = dry_u256_bits(head), steps = bits == 0 ? 0 : bits - 1;
    uint64_t per_byte = fork >= DRY_FORK_OSAKA ? 16 : 8, work, gas;
    if (exp > 32)
        steps += mul_sat(exp - 32, per_byte) > UINT64_MAX - 256 ? UINT64_MAX - 256
                                                                : (exp - 32) * per_byte;
    if (steps == 0)
        steps = 1;
    if (fork >= DRY_FORK_OSAKA) {
        work = longest <= 32 ? 16 : mul_sat(2, mul_sat(words, words));
        gas = mul_sat(work, steps);
        return gas < 500 ? 500 : gas;
    }
    if (fork >= DRY_FORK_BERLIN) {
        gas = mul_sat(mul_sat(words, words), steps);
        gas = gas == UINT64_MAX ? gas : gas / 3;
        return gas < 200 ? 200 : gas;
    }
    if (longest <= 64)
        work = longest * longest;
    else if (longest <= 1024)
        work = longest * longest / 4 + 96 * longest - 3072;
    else if (longest <= UINT32_MAX)
        work = longest * longest / 16 + 480 * longest - 199680;
    else
        work = UINT64_MAX;
    gas = mul_sat(work, steps);
    return gas == UINT64_MAX ? gas : gas / 20;
}

/* The operand, followed by zeros where the input ends early; *room is where it may be put. */
static struct dry_bytes operand(struct dry_bytes in, uint64_t at, uint64_t n, uint8_t **room)
{
    struct dry_bytes p = part(in, at, n);
    if (p.len == n)
        return p;
    uint8_t *copy = *room;
    if (p.len != 0)
        memcpy(copy, p.ptr, p.len);
    memset(copy + p.len, 0, (size_t)n - p.len);
    *room += n;
    return dry_bytes_of(copy, (size_t)n);
}

/* The modulus lies past the input and so is zero, as is then the result, whatever the lengths: an
 * exponent that is absent costs little. */
static enum dry_evm_end zeros(struct dry__evm *evm, uint64_t n)
{
    if (n > DRY_MODEXP_BYTES_MAX) {
        evm->world->error = DRY_ELIMIT;
        return DRY_EVM_STOPPED;
    }
    if (!dry__output_reserve(evm, (size_t)n))
        return DRY_EVM_STOPPED;
    memset(evm->output.ptr, 0, (size_t)n);
    evm->output.len = (size_t)n;
    return DRY_EVM_SUCCESS;
}

enum dry_evm_end dry__precompile_modexp(struct dry__evm *evm, struct dry_bytes in, uint64_t *gas)
{
    struct dry_u256 lengths[3], head;
    uint64_t n[3];
    for (unsigned i = 0; i < 3; i++) {
        length_at(&lengths[i], in, i);
        n[i] = dry_u256_saturate_u64(&lengths[i]);
        if (evm->fork >= DRY_FORK_OSAKA && n[i] > OPERAND_MAX_OSAKA)
            return DRY_EVM_PRECOMPILE;
    }
    uint64_t exp_at = n[0] > UINT64_MAX - HEAD ? UINT64_MAX : HEAD + n[0];
    exponent_head(&head, in, exp_at, n[1]);
    if (!dry__charge(gas, price(evm->fork, n[0], n[1], n[2], &head)))
        return DRY_EVM_OUT_OF_GAS;
    if (n[2] == 0)
        return DRY_EVM_SUCCESS;
    if (exp_at > UINT64_MAX - n[1] || exp_at + n[1] >= in.len)
        return zeros(evm, n[2]);
    dry_status st = DRY_ELIMIT; /* gas that no block holds would pay for so much input */
    if (n[0] <= DRY_MODEXP_BYTES_MAX && n[1] <= DRY_MODEXP_BYTES_MAX &&
        n[2] <= DRY_MODEXP_BYTES_MAX) {
        evm->scratch.len = 0;
        st = dry_buf_reserve(&evm->scratch, (size_t)(n[0] + n[1] + n[2]));
        if (dry_ok(st) && dry__output_reserve(evm, (size_t)n[2])) {
            uint8_t *room = evm->scratch.ptr;
            struct dry_bytes base = operand(in, HEAD, n[0], &room);
            struct dry_bytes exp = operand(in, exp_at, n[1], &room);
            struct dry_bytes mod = operand(in, exp_at + n[1], n[2], &room);
            st = dry_modexp(evm->output.ptr, base, exp, mod);
            evm->output.len = (size_t)n[2];
        }
    }
    if (!dry_ok(st)) {
        evm->world->error = st;
        return DRY_EVM_STOPPED;
    }
    return dry_ok(evm->world->error) ? DRY_EVM_SUCCESS : DRY_EVM_STOPPED;
}
