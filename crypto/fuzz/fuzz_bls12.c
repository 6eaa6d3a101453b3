/* The precompiles of EIP-2537 and KZG openings over any input: a refused input stays refused with
 * more pairs behind it, sums do not depend on order, and what comes out is taken as input again.
 * The first byte chooses the operation. */
#include <drystone/crypto.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 1600 };

static void require(bool cond)
{
    if (!cond)
        abort();
}

static void try_add(struct dry_bytes in, size_t point,
                    enum dry_bls_result (*add)(uint8_t *out, struct dry_bytes in))
{
    uint8_t sum[256], other[256], swapped[512] = {0};
    const enum dry_bls_result r = add(sum, in);

    if (in.len != 2 * point) {
        require(r == DRY_BLS_INVALID);
        return;
    }
    memcpy(swapped, in.ptr + point, point);
    memcpy(swapped + point, in.ptr, point);
    require(add(other, dry_bytes_of(swapped, 2 * point)) == r);
    if (r != DRY_BLS_OK)
        return;
    require(memcmp(sum, other, point) == 0);
    memcpy(swapped, sum, point); /* the sum and infinity */
    memset(swapped + point, 0, point);
    require(add(other, dry_bytes_of(swapped, 2 * point)) == DRY_BLS_OK);
    require(memcmp(sum, other, point) == 0);
}

/* A sum is that of its halves. */
static void try_msm(struct dry_bytes in, size_t point,
                    enum dry_bls_result (*msm)(uint8_t *out, struct dry_bytes in),
                    enum dry_bls_result (*add)(uint8_t *out, struct dry_bytes in))
{
    const size_t item = point + 32, count = in.len / item, head = count / 2 * item;
    uint8_t sum[256], halves[512], other[256];
    const enum dry_bls_result r = msm(sum, in);
    enum dry_bls_result r1, r2;

    require(r != DRY_BLS_OK || (in.len % item == 0 && in.len != 0));
    if (in.len % item != 0 || count < 2)
        return;
    r1 = msm(halves, dry_bytes_of(in.ptr, head));
    r2 = msm(halves + point, dry_bytes_of(in.ptr + head, in.len - head));
    require((r1 == DRY_BLS_OK && r2 == DRY_BLS_OK) == (r == DRY_BLS_OK));
    if (r != DRY_BLS_OK)
        return;
    require(add(other, dry_bytes_of(halves, 2 * point)) == DRY_BLS_OK);
    require(memcmp(sum, other, point) == 0);
}

static void try_pairing(struct dry_bytes in)
{
    uint8_t out[32], again[32], twice[2 * INPUT_MAX];
    const enum dry_bls_result r = dry_bls12_pairing(out, in);

    require(r != DRY_BLS_OK || (in.len % 384 == 0 && in.len != 0 && out[31] <= 1));
    if (in.len == 0 || in.len % 384 != 0)
        return;
    memcpy(twice, in.ptr, in.len);
    memcpy(twice + in.len, in.ptr, in.len);
    require(dry_bls12_pairing(again, dry_bytes_of(twice, 2 * in.len)) == r);
    /* The square of a pairing product is one only when the product is: the order is odd. */
    require(r != DRY_BLS_OK || memcmp(out, again, 32) == 0);
}

static void try_maps(struct dry_bytes in)
{
    uint8_t item[256 + 32] = {0}, again[256];

    if (dry_bls12_map_fp_to_g1(item, in) == DRY_BLS_OK) {
        item[128 + 31] = 1; /* the point is in the group, and one times it is itself */
        require(dry_bls12_g1msm(again, dry_bytes_of(item, 160)) == DRY_BLS_OK);
        require(memcmp(item, again, 128) == 0);
    } else if (dry_bls12_map_fp2_to_g2(item, in) == DRY_BLS_OK) {
        item[256 + 31] = 1;
        require(dry_bls12_g2msm(again, dry_bytes_of(item, 288)) == DRY_BLS_OK);
        require(memcmp(item, again, 256) == 0);
    }
}

static void try_opening(struct dry_bytes in)
{
    uint8_t other[160];

    if (in.len != sizeof(other) ||
        !dry_kzg_verify_proof(in.ptr, in.ptr + 48, in.ptr + 80, in.ptr + 112))
        return;
    memcpy(other, in.ptr, sizeof(other));
    other[111] ^= 1; /* a polynomial has one value at a point */
    require(!dry_kzg_verify_proof(other, other + 48, other + 80, other + 112));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_bytes in;

    if (len == 0 || len > INPUT_MAX)
        return 0;
    in = dry_bytes_of(data + 1, len - 1);
    switch (data[0] % 7) {
    case 0:
        try_add(in, 128, dry_bls12_g1add);
        break;
    case 1:
        try_add(in, 256, dry_bls12_g2add);
        break;
    case 2:
        try_msm(in, 128, dry_bls12_g1msm, dry_bls12_g1add);
        break;
    case 3:
        try_msm(in, 256, dry_bls12_g2msm, dry_bls12_g2add);
        break;
    case 4:
        try_pairing(in);
        break;
    case 5:
        try_maps(in);
        break;
    case 6:
        try_opening(in);
        break;
    }
    return 0;
}
