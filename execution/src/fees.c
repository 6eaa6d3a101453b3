/* Base fee (EIP-1559) and the price of blob gas (EIP-4844, 7691, 7918). */
#include <drystone/execution.h>

#define BASE_FEE_FIRST 1000000000u
#define BASE_FEE_ELASTICITY 2u
#define BASE_FEE_DENOMINATOR 8u
#define BLOB_BASE_COST 8192u /* EIP-7918: execution gas a blob is worth at least */

/* *out = a * b / d, the product kept within 256 bits by the caller. */
static void mul_div(struct dry_u256 *out, const struct dry_u256 *a, uint64_t b, uint64_t d)
{
    struct dry_u256 factor = DRY_U256(b), divisor = DRY_U256(d);

    dry_u256_mul(out, a, &factor);
    dry_u256_divmod_var(out, NULL, out, &divisor);
}

void dry_base_fee_next(struct dry_u256 *out, const struct dry_header *parent,
                       const struct dry_rules *rules, bool parent_is_london)
{
    uint64_t target = parent->gas_limit / BASE_FEE_ELASTICITY;
    struct dry_u256 base = parent->base_fee, delta, one = DRY_U256(1);

    *out = DRY_U256_ZERO;
    if (rules->fork < DRY_FORK_LONDON || rules->zero_base_fee)
        return;
    if (!parent_is_london) {
        *out = DRY_U256(BASE_FEE_FIRST);
        return;
    }
    *out = base;
    if (parent->gas_used == target || target == 0)
        return;
    if (parent->gas_used > target) {
        mul_div(&delta, &base, parent->gas_used - target, target);
        mul_div(&delta, &delta, 1, BASE_FEE_DENOMINATOR);
        if (dry_u256_is_zero(&delta))
            delta = one;
        (void)dry_u256_add(out, &base, &delta);
    } else {
        mul_div(&delta, &base, target - parent->gas_used, target);
        mul_div(&delta, &delta, 1, BASE_FEE_DENOMINATOR);
        (void)dry_u256_sub(out, &base, &delta);
    }
}

/* EIP-7918: blobs cost less than the execution gas they are worth. */
static bool is_below_reserve(const struct dry_header *parent, const struct dry_rules *rules)
{
    struct dry_u256 blob_fee, reserve, price;
    bool reserve_over, price_over;

    dry_blob_base_fee(&blob_fee, parent->excess_blob_gas, rules);
    reserve_over = dry_u256_mul_overflow(&reserve, &parent->base_fee, &DRY_U256(BLOB_BASE_COST));
    price_over = dry_u256_mul_overflow(&price, &blob_fee, &DRY_U256(DRY_BLOB_GAS));
    if (reserve_over || price_over)
        return reserve_over && !price_over;
    return dry_u256_less(&price, &reserve);
}

uint64_t dry_excess_blob_gas_next(const struct dry_header *parent, const struct dry_rules *rules)
{
    uint64_t target = (uint64_t)rules->blob.target * DRY_BLOB_GAS;
    uint64_t excess, used, sum;

    if (rules->fork < DRY_FORK_CANCUN || parent->extra_fields < DRY_HEADER_CANCUN)
        return 0;
    excess = parent->excess_blob_gas;
    used = parent->blob_gas_used;
    if (__builtin_add_overflow(excess, used, &sum))
        sum = UINT64_MAX;
    if (sum < target)
        return 0;
    if (rules->fork >= DRY_FORK_OSAKA && rules->blob.max != 0 && is_below_reserve(parent, rules)) {
        struct dry_u256 grown = DRY_U256(used);

        mul_div(&grown, &grown, rules->blob.max - rules->blob.target, rules->blob.max);
        return __builtin_add_overflow(excess, grown.w[0], &sum) ? UINT64_MAX : sum;
    }
    return sum - target;
}

/* fake_exponential(1, excess, fraction) of EIP-4844: a Taylor series in integers. A term is
 * multiplied before it is divided; to stay within 256 bits the product is taken in two parts. */
void dry_blob_base_fee(struct dry_u256 *out, uint64_t excess_blob_gas,
                       const struct dry_rules *rules)
{
    struct dry_u256 fraction = DRY_U256(rules->blob.update_fraction);
    struct dry_u256 excess = DRY_U256(excess_blob_gas), sum = DRY_U256_ZERO, term = fraction;

    *out = DRY_U256(1);
    if (dry_u256_is_zero(&fraction))
        return;
    for (uint64_t i = 1; !dry_u256_is_zero(&term); i++) {
        struct dry_u256 divisor, quot, rem, count = DRY_U256(i);

        if (dry_u256_add(&sum, &sum, &term))
            goto saturate;
        dry_u256_mul(&divisor, &fraction, &count);
        dry_u256_divmod_var(&quot, &rem, &term, &divisor);
        if (dry_u256_mul_overflow(&quot, &quot, &excess))
            goto saturate;
        dry_u256_mul(&rem, &rem, &excess);
        dry_u256_divmod_var(&rem, NULL, &rem, &divisor);
        if (dry_u256_add(&term, &quot, &rem))
            goto saturate;
    }
    dry_u256_divmod_var(out, NULL, &sum, &fraction);
    return;
saturate:
    *out = DRY_U256_MAX;
}
