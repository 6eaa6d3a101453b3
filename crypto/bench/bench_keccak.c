/* Keccak-256 of ours against OpenSSL's SHA3-256 in one run: the same permutation and rate, only the
 * padding byte differs. Prints nanoseconds per hash, the best of many rounds of each, and their
 * ratio; exits 1 when ours is slower than OpenSSL at any size. */
#include <drystone/crypto/portable.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 60, ROUND_BYTES = 400000 };

struct bench {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
    uint8_t buf[4096];
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Each digest goes into the next message, so that nothing can be skipped or overlapped. */
static void hash_ours(struct bench *b, size_t n)
{
    dry_keccak256((struct dry_hash *)(void *)b->buf, dry_bytes_of(b->buf, n));
}

static void hash_portable(struct bench *b, size_t n)
{
    dry_portable_keccak256((struct dry_hash *)(void *)b->buf, dry_bytes_of(b->buf, n));
}

static void hash_openssl(struct bench *b, size_t n)
{
    if (EVP_DigestInit_ex2(b->ctx, b->md, NULL) != 1 || EVP_DigestUpdate(b->ctx, b->buf, n) != 1 ||
        EVP_DigestFinal_ex(b->ctx, b->buf, NULL) != 1)
        abort();
}

static void round_run(double *best, struct bench *b, size_t n, void (*hash)(struct bench *, size_t))
{
    unsigned times = (unsigned)(ROUND_BYTES / (n < 136 ? 136 : n));
    double start = now_ns(), ns;

    for (unsigned i = 0; i < times; i++)
        hash(b, n);
    ns = (now_ns() - start) / times;
    if (ns < *best)
        *best = ns;
}

int main(void)
{
    static const size_t sizes[] = {20, 32, 64, 136, 4096};
    static struct bench b;
    int slower = 0;

    b.md = EVP_MD_fetch(NULL, "SHA3-256", NULL);
    b.ctx = EVP_MD_CTX_new();
    if (b.md == NULL || b.ctx == NULL)
        return 1;
    printf("keccak256   ours ns   portable ns   openssl ns   ours/openssl\n");
    for (size_t i = 0; i < DRY_COUNT(sizes); i++) {
        double ours = 1e18, portable = 1e18, openssl = 1e18;

        for (unsigned r = 0; r < ROUNDS; r++) {
            round_run(&ours, &b, sizes[i], hash_ours);
            round_run(&openssl, &b, sizes[i], hash_openssl);
            round_run(&portable, &b, sizes[i], hash_portable);
        }
        printf("%6zu B  %10.1f  %12.1f  %11.1f  %13.2f\n", sizes[i], ours, portable, openssl,
               ours / openssl);
        slower |= ours > openssl;
    }
    EVP_MD_CTX_free(b.ctx);
    EVP_MD_free(b.md);
    return slower;
}
