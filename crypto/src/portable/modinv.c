#include "modinv.h"
#include <stdbool.h>

static const int64_t low62 = INT64_MAX >> 1;

/* What 62 division steps do to (f, g): the matrix ((u, v), (q, r)) / 2^62. */
struct steps {
    int64_t u, v, q, r;
};

/* Run 62 steps on the low bits of f and g. Returns the new eta (minus the paper's delta). Runs of
 * zeros are taken at once, and up to six steps more by adding the multiple of f that clears as many
 * bits of g. */
static int64_t steps_run(struct steps *out, int64_t eta, uint64_t f, uint64_t g)
{
    uint64_t u = 1, v = 0, q = 0, r = 1, w, mask;
    int left = 62, limit;

    for (;;) {
        const int zeros = __builtin_ctzll(g | UINT64_MAX << left);

        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= zeros;
        left -= zeros;
        if (left == 0)
            break;
        if (eta < 0) {
            uint64_t t;

            eta = -eta;
            t = f, f = g, g = 0 - t;
            t = u, u = q, q = 0 - t;
            t = v, v = r, r = 0 - t;
            limit = eta + 1 > left ? left : (int)eta + 1;
            mask = UINT64_MAX >> (64 - limit) & 63;
            w = f * g * (f * f - 2) & mask; /* -g/f mod 64 */
        } else {
            limit = eta + 1 > left ? left : (int)eta + 1;
            mask = UINT64_MAX >> (64 - limit) & 15;
            w = f + (((f + 1) & 4) << 1); /* 1/f mod 16 */
            w = (0 - w) * g & mask;
        }
        g += f * w;
        q += u * w;
        r += v * w;
    }
    *out = (struct steps){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return eta;
}

/* (f, g) = matrix (f, g) / 2^62 over the len limbs in use; the division is exact. */
static void fg_update(struct dry__signed62 *f, struct dry__signed62 *g, const struct steps *t,
                      int len)
{
    __int128 cf = (__int128)t->u * f->v[0] + (__int128)t->v * g->v[0];
    __int128 cg = (__int128)t->q * f->v[0] + (__int128)t->r * g->v[0];

    cf >>= 62;
    cg >>= 62;
    for (int i = 1; i < len; i++) {
        cf += (__int128)t->u * f->v[i] + (__int128)t->v * g->v[i];
        cg += (__int128)t->q * f->v[i] + (__int128)t->r * g->v[i];
        f->v[i - 1] = (int64_t)cf & low62;
        g->v[i - 1] = (int64_t)cg & low62;
        cf >>= 62;
        cg >>= 62;
    }
    f->v[len - 1] = (int64_t)cf;
    g->v[len - 1] = (int64_t)cg;
}

/* (d, e) = matrix (d, e) / 2^62 mod m; both stay within (-2m, m). */
static void de_update(struct dry__signed62 *d, struct dry__signed62 *e, const struct steps *t,
                      const struct dry__modinv_modulus *mod)
{
    const int64_t d_sign = d->v[4] >> 63, e_sign = e->v[4] >> 63;
    int64_t md = (t->u & d_sign) + (t->v & e_sign), me = (t->q & d_sign) + (t->r & e_sign);
    __int128 cd = (__int128)t->u * d->v[0] + (__int128)t->v * e->v[0];
    __int128 ce = (__int128)t->q * d->v[0] + (__int128)t->r * e->v[0];

    /* The multiples of m that make the low 62 bits vanish. */
    md -= (int64_t)((mod->m_inv * (uint64_t)cd + (uint64_t)md) & (uint64_t)low62);
    me -= (int64_t)((mod->m_inv * (uint64_t)ce + (uint64_t)me) & (uint64_t)low62);
    cd += (__int128)mod->m.v[0] * md;
    ce += (__int128)mod->m.v[0] * me;
    cd >>= 62;
    ce >>= 62;
    for (int i = 1; i < 5; i++) {
        cd += (__int128)t->u * d->v[i] + (__int128)t->v * e->v[i] + (__int128)mod->m.v[i] * md;
        ce += (__int128)t->q * d->v[i] + (__int128)t->r * e->v[i] + (__int128)mod->m.v[i] * me;
        d->v[i - 1] = (int64_t)cd & low62;
        e->v[i - 1] = (int64_t)ce & low62;
        cd >>= 62;
        ce >>= 62;
    }
    d->v[4] = (int64_t)cd;
    e->v[4] = (int64_t)ce;
}

static void carries_settle(struct dry__signed62 *r)
{
    for (int i = 0; i < 4; i++) {
        r->v[i + 1] += r->v[i] >> 62;
        r->v[i] &= low62;
    }
}

/* Bring r from (-2m, m) to [0, m), negated first when asked. */
static void normalize(struct dry__signed62 *r, bool negate, const struct dry__signed62 *m)
{
    if (r->v[4] < 0)
        for (int i = 0; i < 5; i++)
            r->v[i] += m->v[i];
    if (negate)
        for (int i = 0; i < 5; i++)
            r->v[i] = -r->v[i];
    carries_settle(r);
    if (r->v[4] < 0)
        for (int i = 0; i < 5; i++)
            r->v[i] += m->v[i];
    carries_settle(r);
}

void dry__modinv_var(uint64_t out[4], const uint64_t a[4], const struct dry__modinv_modulus *mod)
{
    struct dry__signed62 d = {{0}}, e = {{1, 0, 0, 0, 0}}, f = mod->m, g;
    int64_t eta = -1;
    int len = 5;

    g.v[0] = (int64_t)a[0] & low62;
    g.v[1] = (int64_t)(a[0] >> 62 | a[1] << 2) & low62;
    g.v[2] = (int64_t)(a[1] >> 60 | a[2] << 4) & low62;
    g.v[3] = (int64_t)(a[2] >> 58 | a[3] << 6) & low62;
    g.v[4] = (int64_t)(a[3] >> 56);
    for (;;) {
        struct steps t;
        int64_t rest = 0, f_top, g_top;

        eta = steps_run(&t, eta, (uint64_t)f.v[0] | (uint64_t)f.v[1] << 62,
                        (uint64_t)g.v[0] | (uint64_t)g.v[1] << 62);
        de_update(&d, &e, &t, mod);
        fg_update(&f, &g, &t, len);
        for (int i = 0; i < len; i++)
            rest |= g.v[i];
        if (rest == 0)
            break;
        /* Drop the top limb when it says nothing but the sign. */
        f_top = f.v[len - 1];
        g_top = g.v[len - 1];
        if (len > 2 && (f_top ^ f_top >> 63) == 0 && (g_top ^ g_top >> 63) == 0) {
            f.v[len - 2] |= (int64_t)((uint64_t)f_top << 62);
            g.v[len - 2] |= (int64_t)((uint64_t)g_top << 62);
            len--;
        }
    }
    /* f is plus or minus one now (or the modulus itself, for a = 0, when d is 0). */
    normalize(&d, f.v[len - 1] < 0, &mod->m);
    out[0] = (uint64_t)d.v[0] | (uint64_t)d.v[1] << 62;
    out[1] = (uint64_t)d.v[1] >> 2 | (uint64_t)d.v[2] << 60;
    out[2] = (uint64_t)d.v[2] >> 4 | (uint64_t)d.v[3] << 58;
    out[3] = (uint64_t)d.v[3] >> 6 | (uint64_t)d.v[4] << 56;
}
