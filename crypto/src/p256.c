/* P-256 by OpenSSL. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <drystone/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
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

bool dry_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                     const uint8_t x[32], const uint8_t y[32])
{
    EC_KEY *key = NULL;
    ECDSA_SIG *sig = NULL;
    BIGNUM *br = NULL, *bs = NULL;
    uint8_t point[65];
    bool ok = false;

    if (!in_range(r, &order, false) || !in_range(s, &order, false) || !in_range(x, &prime, true) ||
        !in_range(y, &prime, true))
        return false;
    point[0] = 4;
    memcpy(point + 1, x, 32);
    memcpy(point + 33, y, 32);
    key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    sig = ECDSA_SIG_new();
    br = BN_bin2bn(r, 32, NULL);
    bs = BN_bin2bn(s, 32, NULL);
    if (key == NULL || sig == NULL || br == NULL || bs == NULL)
        goto done;
    if (EC_KEY_oct2key(key, point, sizeof(point), NULL) != 1) /* off the curve */
        goto done;
    if (ECDSA_SIG_set0(sig, br, bs) != 1)
        goto done;
    br = bs = NULL; /* the signature owns them now */
    ok = ECDSA_do_verify(hash, 32, sig, key) == 1;
done:
    BN_free(br);
    BN_free(bs);
    ECDSA_SIG_free(sig);
    EC_KEY_free(key);
    return ok;
}
