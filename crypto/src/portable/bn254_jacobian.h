/* bn254: points in Jacobian coordinates on y^2 = x^3 + b over FIELD; Z = 0 is infinity. A template:
 * included once for each group, with FIELD(f) naming a field function, ELEMENT its struct and
 * POINT(f) the group's. */
struct POINT(affine) {
    struct ELEMENT x, y;
};
struct POINT(point) {
    struct ELEMENT x, y, z;
};

/* EFD: dbl-2009-l */
static void POINT(double)(struct POINT(point) * out, const struct POINT(point) * p)
{
    struct ELEMENT a, b, c, d, e, f;

    FIELD(sqr)(&a, &p->x);
    FIELD(sqr)(&b, &p->y);
    FIELD(sqr)(&c, &b);
    FIELD(add)(&d, &p->x, &b);
    FIELD(sqr)(&d, &d);
    FIELD(sub)(&d, &d, &a);
    FIELD(sub)(&d, &d, &c);
    FIELD(double)(&d, &d);
    FIELD(double)(&e, &a);
    FIELD(add)(&e, &e, &a);
    FIELD(sqr)(&f, &e);
    FIELD(mul)(&b, &p->y, &p->z);
    FIELD(double)(&out->z, &b);
    FIELD(sub)(&f, &f, &d);
    FIELD(sub)(&out->x, &f, &d);
    FIELD(sub)(&d, &d, &out->x);
    FIELD(mul)(&e, &e, &d);
    FIELD(double)(&c, &c);
    FIELD(double)(&c, &c);
    FIELD(double)(&c, &c);
    FIELD(sub)(&out->y, &e, &c);
}

/* p + q once u = U2 - U1, s = S2 - S1 are known, where p has coordinates (u1, s1) over the common
 * denominator z. Equal and opposite points are the caller's. */
static void POINT(add_finish)(struct POINT(point) * out, const struct ELEMENT *u1,
                              const struct ELEMENT *s1, const struct ELEMENT *u,
                              const struct ELEMENT *s, const struct ELEMENT *z)
{
    struct ELEMENT uu, uuu, v, x, t;

    FIELD(sqr)(&uu, u);
    FIELD(mul)(&uuu, &uu, u);
    FIELD(mul)(&v, u1, &uu);
    FIELD(mul)(&t, s1, &uuu);
    FIELD(sqr)(&x, s);
    FIELD(sub)(&x, &x, &uuu);
    FIELD(sub)(&x, &x, &v);
    FIELD(sub)(&x, &x, &v);
    FIELD(mul)(&out->z, z, u);
    FIELD(sub)(&v, &v, &x);
    FIELD(mul)(&v, s, &v);
    FIELD(sub)(&out->y, &v, &t);
    out->x = x;
}

/* Any two points. */
static void POINT(add)(struct POINT(point) * out, const struct POINT(point) * p,
                       const struct POINT(point) * q)
{
    struct ELEMENT zz1, zz2, u1, u2, s1, s2, z;

    if (FIELD(is_zero)(&p->z)) {
        *out = *q;
        return;
    }
    if (FIELD(is_zero)(&q->z)) {
        *out = *p;
        return;
    }
    FIELD(sqr)(&zz1, &p->z);
    FIELD(sqr)(&zz2, &q->z);
    FIELD(mul)(&u1, &p->x, &zz2);
    FIELD(mul)(&u2, &q->x, &zz1);
    FIELD(mul)(&s1, &p->y, &q->z);
    FIELD(mul)(&s1, &s1, &zz2);
    FIELD(mul)(&s2, &q->y, &p->z);
    FIELD(mul)(&s2, &s2, &zz1);
    FIELD(sub)(&u2, &u2, &u1);
    FIELD(sub)(&s2, &s2, &s1);
    if (FIELD(is_zero)(&u2)) {
        if (FIELD(is_zero)(&s2))
            POINT(double)(out, p);
        else
            *out = (struct POINT(point)){0};
        return;
    }
    FIELD(mul)(&z, &p->z, &q->z);
    POINT(add_finish)(out, &u1, &s1, &u2, &s2, &z);
}

/* Any point and a finite affine one. */
static void POINT(add_affine)(struct POINT(point) * out, const struct POINT(point) * p,
                              const struct POINT(affine) * q)
{
    struct ELEMENT zz, u, s, z = p->z;

    if (FIELD(is_zero)(&p->z)) {
        out->x = q->x;
        out->y = q->y;
        out->z = POINT(element_one);
        return;
    }
    FIELD(sqr)(&zz, &p->z);
    FIELD(mul)(&u, &q->x, &zz);
    FIELD(mul)(&s, &q->y, &p->z);
    FIELD(mul)(&s, &s, &zz);
    FIELD(sub)(&u, &u, &p->x);
    FIELD(sub)(&s, &s, &p->y);
    if (FIELD(is_zero)(&u)) {
        if (FIELD(is_zero)(&s))
            POINT(double)(out, p);
        else
            *out = (struct POINT(point)){0};
        return;
    }
    POINT(add_finish)(out, &p->x, &p->y, &u, &s, &z);
}
