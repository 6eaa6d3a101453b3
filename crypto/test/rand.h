/* A seeded stream of bytes for tests: the same on every machine (splitmix64). */
#ifndef DRY_CRYPTO_TEST_RAND_H
#define DRY_CRYPTO_TEST_RAND_H
#include <stddef.h>
#include <stdint.h>

struct rand_stream {
    uint64_t state;
};

static inline uint64_t rand_next(struct rand_stream *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline void rand_fill(struct rand_stream *r, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(rand_next(r) >> 56);
}

#endif /* DRY_CRYPTO_TEST_RAND_H */
