/* P-256 by OpenSSL. The interface of keys and signatures it deprecates is the one that can be used
 * without shared state at a bearable price: making an EVP_PKEY costs a name look-up and a decoder
 * each time. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <drystone/crypto/portable.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

/* The group's order, and the prime of its field. */
static const struct dry_u256 order = {
    {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}};
static const struct dry_u256 prime = {
    {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}};

static bool in_range(const uint8_t in[32], const struct dry_u256 *below, bool zero_too)
{
    struct dry_u256 v;

    dry_u256_from_be32(&v, in);
    return dry_u256_less(&v, below) && (zero_too || !dry_u256_is_zero(&v));
}

/* 1 for a right signature, 0 for a wrong one, -1 when OpenSSL could not tell. */
static int verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                  const uint8_t point[65])
{
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *br = BN_bin2bn(r, 32, NULL), *bs = BN_bin2bn(s, 32, NULL);
    int answer = -1;

    if (key == NULL || sig == NULL || br == NULL || bs == NULL)
        goto done;
    if (EC_KEY_oct2key(key, point, 65, NULL) != 1 || ECDSA_SIG_set0(sig, br, bs) != 1)
        goto done;
    br = bs = NULL; /* the signature owns them now */
    answer = ECDSA_do_verify(hash, 32, sig, key);
done:
    BN_free(br);
    BN_free(bs);
    ECDSA_SIG_free(sig);
    EC_KEY_free(key);
    return answer;
}

bool dry_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                     const uint8_t x[32], const uint8_t y[32])
{
    uint8_t point[65] = {4};
    int answer;

    if (!in_range(r, &order, false) || !in_range(s, &order, false) || !in_range(x, &prime, true) ||
        !in_range(y, &prime, true))
        return false;
    memcpy(point + 1, x, 32);
    memcpy(point + 33, y, 32);
    ERR_set_mark();
    answer = verify(hash, r, s, point);
    ERR_pop_to_mark();
    /* OpenSSL refuses a point off the curve in the same way as it reports want of memory; the
     * portable path needs none, so it decides. */
    if (answer < 0)
        return dry_portable_p256_verify(hash, r, s, x, y);
    return answer == 1;
}
