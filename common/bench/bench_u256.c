/* Nanoseconds per operation on 256-bit words, with
 * GMP's limb functions beside them where there is one. */
#include <drystone/common/u256.h>
#include <gmp.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 200000
#define ROUNDS_FEW 4000 /* for what takes microseconds */
#define OPERANDS 256u

static struct dry_u256 xs[OPERANDS], ys[OPERANDS], ms[OPERANDS];

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t next(void)
{
    static uint64_t s = 1;
    uint64_t z = s += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Operands with so many limbs each. */
static void fill(unsigned x, unsigned y, unsigned m)
{
    for (unsigned i = 0; i < OPERANDS; i++) {
        xs[i] = ys[i] = ms[i] = DRY_U256_ZERO;
        for (unsigned k = 0; k < 4; k++) {
            xs[i].w[k] = k < x ? next() | 1 : 0;
            ys[i].w[k] = k < y ? next() | 1 : 0;
            ms[i].w[k] = k < m ? next() | 1 : 0;
        }
    }
}

#define BENCH(name, rounds, ...)                                                \
    do {                                                                        \
        double best = 1e18;                                                     \
        for (int rep = 0; rep < 15; rep++) {                                    \
            double start = now_ns(), t;                                         \
            for (unsigned i = 0; i < (rounds); i++) {                           \
                struct dry_u256 *x = &xs[i % OPERANDS], *y = &ys[i % OPERANDS], \
                                *m = &ms[i % OPERANDS], r;                      \
                (void)m, (void)y;                                               \
                __VA_ARGS__;                                                    \
                __asm__ volatile("" : : "r"(&r), "r"(x) : "memory");            \
            }                                                                   \
            t = (now_ns() - start) / (rounds);                                  \
            best = t < best ? t : best;                                         \
        }                                                                       \
        printf("%-34s %8.2f ns\n", (name), best);                               \
    } while (0)

static void bench_gmp_div(unsigned n)
{
    char name[40];

    snprintf(name, sizeof(name), "gmp tdiv_qr 4 / %u limbs", n);
    fill(4, n, 4);
    BENCH(name, ROUNDS, {
        mp_limb_t q[5];

        mpn_tdiv_qr(q, r.w, 0, x->w, 4, y->w, (mp_size_t)n);
    });
}

static void bench_gmp_mulmod(void)
{
    fill(4, 4, 4);
    BENCH("gmp mul_n, tdiv_qr 8 / 4 limbs", ROUNDS, {
        mp_limb_t p[8], q[5];

        mpn_mul_n(p, x->w, y->w, 4);
        mpn_tdiv_qr(q, r.w, 0, p, 8, m->w, 4);
    });
}

int main(void)
{
    static const char *const div_names[] = {"div 4 / 1 limbs", "div 4 / 2 limbs", "div 4 / 3 limbs",
                                            "div 4 / 4 limbs"};
    static const char *const mod_names[] = {
        "mulmod, modulus of 1 limb", "mulmod, modulus of 2 limbs", "mulmod, modulus of 3 limbs",
        "mulmod, modulus of 4 limbs"};

    fill(4, 4, 4);
    BENCH("add", ROUNDS, dry_u256_add(&r, x, y));
    BENCH("mul", ROUNDS, dry_u256_mul(&r, x, y));
    BENCH("mul, overflow told", ROUNDS, (void)dry_u256_mul_overflow(&r, x, y));
    BENCH("shl", ROUNDS, dry_u256_shl(&r, x, i & 255));
    BENCH("shr", ROUNDS, dry_u256_shr(&r, x, i & 255));
    BENCH("sar", ROUNDS, dry_u256_sar(&r, x, i & 255));
    BENCH("addmod, 4 limbs", ROUNDS, dry_u256_addmod_var(&r, x, y, m));
    for (unsigned n = 1; n <= 4; n++) {
        fill(4, n, n);
        BENCH(div_names[n - 1], ROUNDS, dry_u256_divmod_var(&r, NULL, x, y));
        bench_gmp_div(n);
    }
    fill(1, 1, 1);
    BENCH("div 1 / 1 limb", ROUNDS, dry_u256_divmod_var(&r, NULL, x, y));
    fill(2, 1, 1);
    BENCH("div 2 / 1 limbs", ROUNDS, dry_u256_divmod_var(&r, NULL, x, y));
    for (unsigned n = 1; n <= 4; n++) {
        fill(4, 4, n);
        BENCH(mod_names[n - 1], ROUNDS, dry_u256_mulmod_var(&r, x, y, m));
    }
    bench_gmp_mulmod();
    fill(4, 4, 4);
    BENCH("exp, 256-bit exponent", ROUNDS_FEW, dry_u256_exp_var(&r, x, y));
    fill(4, 1, 4);
    for (unsigned i = 0; i < OPERANDS; i++)
        ys[i].w[0] %= 78;
    BENCH("exp, exponent below 78", ROUNDS_FEW, dry_u256_exp_var(&r, x, y));
    return 0;
}
