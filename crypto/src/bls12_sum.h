/* Sums of products in G1 or G2 of BLS12-381, included once for each. The curves have a map that
 * multiplies by a short number, so that scalars fall into PARTS short ones; all parts of all
 * scalars share the doublings (Straus). Works on public data alone, so it branches on it.
 *
 * Before: GROUP(name) gives blst's and GROUP_OWN(name) our name for the group, PARTS and
 * PART_DIGITS are numbers, PART_BASE is the number the map multiplies by, and group_map(p)
 * multiplies p by it. */

/* The points and scalars of a sum that count: infinity and zero are left out. */
struct GROUP_OWN(terms) {
    size_t n;
    GROUP(_affine) * points;
    blst_scalar *scalars; /* below the order */
    void *scratch;
};

/* A term's odd multiples, and its scalar's parts in signed digits, least significant first. */
struct GROUP_OWN(multiples) {
    GROUP(_affine) part[PARTS][SUM_TABLE];
    int8_t digit[PARTS][PART_DIGITS];
};

/* The multiples; then the points they are made of, and after that the points that are added up. */
static size_t GROUP_OWN(scratch_bytes)(size_t n)
{
    const size_t making = SUM_TABLE * (sizeof(GROUP()) + sizeof(GROUP(_affine)));
    const size_t adding = PARTS * PART_NONZERO * (sizeof(GROUP(_affine)) + sizeof(FIELD()) / 2);

    return n > SUM_TERMS_MAX
               ? GROUP(s_mult_pippenger_scratch_sizeof)(n)
               : n * (sizeof(struct GROUP_OWN(multiples)) + (making > adding ? making : adding));
}

/* Fill in every term's odd multiples. They are made affine all at once. */
static void GROUP_OWN(multiples_fill)(struct GROUP_OWN(multiples) * m,
                                      const struct GROUP_OWN(terms) * t, GROUP() * room,
                                      GROUP(_affine) * room_affine)
{
    const GROUP() * points[2] = {room, NULL}; /* NULL: the rest follows in memory */

    for (size_t i = 0; i < t->n; i++) {
        GROUP(_from_affine)(&room[i], &t->points[i]);
        GROUP(_double)(&room[i], &room[i]);
    }
    GROUP(s_to_affine)(room_affine, points, t->n);
    for (size_t i = t->n; i-- > 0;) {
        const GROUP(_affine) twice = room_affine[i];
        GROUP() *own = &room[SUM_TABLE * i];

        GROUP(_from_affine)(&own[0], &t->points[i]);
        for (int k = 1; k < SUM_TABLE; k++)
            GROUP(_add_affine)(&own[k], &own[k - 1], &twice);
    }
    GROUP(s_to_affine)(room_affine, points, SUM_TABLE * t->n);
    for (size_t i = 0; i < t->n; i++)
        for (int k = 0; k < SUM_TABLE; k++) {
            m[i].part[0][k] = room_affine[SUM_TABLE * i + k];
            for (int part = 1; part < PARTS; part++) {
                m[i].part[part][k] = m[i].part[part - 1][k];
                GROUP_OWN(map)(&m[i].part[part][k]);
            }
        }
}

static void GROUP_OWN(digits_fill)(int8_t digit[PARTS][PART_DIGITS], const blst_scalar *scalar)
{
    static const struct dry_u256 base = PART_BASE;
    struct dry_u256 k, part;

    for (int i = 0; i < 4; i++) {
        k.w[i] = 0;
        for (int b = 7; b >= 0; b--)
            k.w[i] = k.w[i] << 8 | scalar->b[8 * i + b];
    }
    for (int i = 0; i < PARTS; i++) {
        dry_u256_divmod_var(&k, &part, &k, &base);
        dry__digits_fill_var(digit[i], PART_DIGITS, &part, SUM_WIDTH, false);
    }
}

/* Points that are added up for each of the digits' places: place `at` has count[at] of them from
 * start[at] on. */
struct GROUP_OWN(places) {
    GROUP(_affine) * point;
    FIELD() * prefix; /* for half as many numbers as there are points */
    size_t start[PART_DIGITS], count[PART_DIGITS];
};

/* What the slope through p[0] and p[1] is divided by. False when their sum needs no division: one
 * of them is infinity, or both cancel. No y is 0: the curves' orders are odd. */
static bool GROUP_OWN(slope_divisor)(FIELD() * out, const GROUP(_affine) p[2])
{
    if (GROUP(_affine_is_inf)(&p[0]) || GROUP(_affine_is_inf)(&p[1]))
        return false;
    if (memcmp(&p[0].x, &p[1].x, sizeof(p[0].x)) != 0) {
        FIELD(_sub)(out, &p[1].x, &p[0].x);
        return true;
    }
    FIELD(_add)(out, &p[0].y, &p[0].y);
    return memcmp(&p[0].y, &p[1].y, sizeof(p[0].y)) == 0;
}

/* p[0] += p[1], with one over their slope_divisor(). */
static void GROUP_OWN(pair_add)(GROUP(_affine) p[2], const FIELD() * inverse)
{
    FIELD() slope, x, y;

    if (memcmp(&p[0].x, &p[1].x, sizeof(p[0].x)) != 0) {
        FIELD(_sub)(&slope, &p[1].y, &p[0].y);
    } else {
        FIELD(_sqr)(&slope, &p[0].x);
        FIELD(_mul_by_3)(&slope, &slope);
    }
    FIELD(_mul)(&slope, &slope, inverse);
    FIELD(_sqr)(&x, &slope);
    FIELD(_sub)(&x, &x, &p[0].x);
    FIELD(_sub)(&x, &x, &p[1].x);
    FIELD(_sub)(&y, &p[0].x, &x);
    FIELD(_mul)(&y, &y, &slope);
    FIELD(_sub)(&p[0].y, &y, &p[0].y);
    p[0].x = x;
}

/* p[0] += p[1] where slope_divisor() found nothing to divide by. */
static void GROUP_OWN(pair_add_plain)(GROUP(_affine) p[2])
{
    if (GROUP(_affine_is_inf)(&p[0]))
        p[0] = p[1];
    else if (!GROUP(_affine_is_inf)(&p[1]))
        memset(&p[0], 0, sizeof(p[0]));
}

/* p[0] += p[1] */
static void GROUP_OWN(pair_sum)(GROUP(_affine) p[2])
{
    FIELD() divisor;

    if (GROUP_OWN(slope_divisor)(&divisor, p)) {
        FIELD(_eucl_inverse)(&divisor, &divisor);
        GROUP_OWN(pair_add)(p, &divisor);
    } else {
        GROUP_OWN(pair_add_plain)(p);
    }
}

/* Add up pairs of points at every place, which halves their number, with one inversion for all
 * (Montgomery's trick). False when no place has two points. */
static bool GROUP_OWN(places_halve)(struct GROUP_OWN(places) * s)
{
    FIELD() product = GROUP(_generator)()->z, divisor, inverse; /* z is one */
    size_t n = 0, most = 0;

    for (size_t at = 0; at < PART_DIGITS; at++) {
        most = s->count[at] > most ? s->count[at] : most;
        for (size_t j = 0; j + 1 < s->count[at]; j += 2)
            if (GROUP_OWN(slope_divisor)(&divisor, &s->point[s->start[at] + j])) {
                s->prefix[n++] = product;
                FIELD(_mul)(&product, &product, &divisor);
            }
    }
    if (most < 2)
        return false;
    FIELD(_eucl_inverse)(&product, &product);
    for (size_t at = PART_DIGITS; at-- > 0;)
        for (size_t j = s->count[at] / 2; j-- > 0;) {
            GROUP(_affine) *pair = &s->point[s->start[at] + 2 * j];

            if (!GROUP_OWN(slope_divisor)(&divisor, pair)) {
                GROUP_OWN(pair_add_plain)(pair);
                continue;
            }
            FIELD(_mul)(&inverse, &product, &s->prefix[--n]);
            FIELD(_mul)(&product, &product, &divisor);
            GROUP_OWN(pair_add)(pair, &inverse);
        }
    for (size_t at = 0; at < PART_DIGITS; at++) {
        GROUP(_affine) *p = &s->point[s->start[at]];

        s->count[at] = (s->count[at] + 1) / 2;
        for (size_t j = 1; j < s->count[at]; j++)
            p[j] = p[2 * j];
    }
    return true;
}

/* Every digit's point, at its place. */
static void GROUP_OWN(places_fill)(struct GROUP_OWN(places) * s,
                                   const struct GROUP_OWN(multiples) * m, size_t n)
{
    size_t filled = 0;

    for (size_t at = 0; at < PART_DIGITS; at++) {
        s->start[at] = filled;
        for (size_t i = 0; i < n; i++)
            for (int part = 0; part < PARTS; part++) {
                const int digit = m[i].digit[part][at];

                if (digit == 0)
                    continue;
                s->point[filled] = m[i].part[part][(digit < 0 ? -digit : digit) / 2];
                if (digit < 0)
                    FIELD(_cneg)(&s->point[filled].y, &s->point[filled].y, true);
                filled++;
            }
        s->count[at] = filled - s->start[at];
    }
}

static void GROUP_OWN(sum_few)(GROUP() * sum, const struct GROUP_OWN(terms) * t)
{
    struct GROUP_OWN(multiples) *m = t->scratch;
    GROUP() *room = (GROUP() *)(m + t->n);
    struct GROUP_OWN(places) s;

    GROUP_OWN(multiples_fill)(m, t, room, (GROUP(_affine) *)(room + SUM_TABLE * t->n));
    for (size_t i = 0; i < t->n; i++)
        GROUP_OWN(digits_fill)(m[i].digit, &t->scalars[i]);
    s.point = (GROUP(_affine) *)room;
    s.prefix = (FIELD() *)(s.point + t->n * PARTS * PART_NONZERO);
    GROUP_OWN(places_fill)(&s, m, t->n);
    while (t->n >= SUM_PAIRS_MIN && GROUP_OWN(places_halve)(&s))
        ;
    for (int at = PART_DIGITS - 1; at >= 0; at--) {
        if (!GROUP(_is_inf)(sum))
            GROUP(_double)(sum, sum);
        for (size_t j = 0; j < s.count[at]; j++) {
            const GROUP(_affine) *p = &s.point[s.start[at] + j];
            GROUP() next;

            /* Gives infinity for equal points, too; only then is the slower sum made. */
            GROUP(_add_affine)(&next, sum, p);
            if (GROUP(_is_inf)(&next))
                GROUP(_add_or_double_affine)(&next, sum, p);
            *sum = next;
        }
    }
}

/* *sum, infinity before, += the products, of which there is one at least. */
static void GROUP_OWN(terms_sum)(GROUP() * sum, const struct GROUP_OWN(terms) * t)
{
    const GROUP(_affine) * points[2] = {t->points, NULL}; /* NULL: the rest follows in memory */
    const byte *scalars[2] = {t->scalars[0].b, NULL};

    if (t->n > SUM_TERMS_MAX)
        GROUP(s_mult_pippenger)(sum, points, t->n, scalars, SCALAR_BITS, t->scratch);
    else
        GROUP_OWN(sum_few)(sum, t);
}

static enum dry_bls_result GROUP_OWN(terms_decode)(struct GROUP_OWN(terms) * t, struct dry_bytes in)
{
    for (; in.len != 0; in = dry_bytes_of(in.ptr + ITEM_BYTES, in.len - ITEM_BYTES)) {
        if (!GROUP_OWN(decode_in_group)(&t->points[t->n], in.ptr))
            return DRY_BLS_INVALID;
        /* Reduces modulo the order; false for zero. */
        if (blst_scalar_from_be_bytes(&t->scalars[t->n], in.ptr + ITEM_BYTES - SCALAR_BYTES,
                                      SCALAR_BYTES) &&
            !GROUP(_affine_is_inf)(&t->points[t->n]))
            t->n++;
    }
    return DRY_BLS_OK;
}

static enum dry_bls_result GROUP_OWN(msm)(GROUP() * sum, struct dry_bytes in)
{
    const size_t count = in.len / ITEM_BYTES;
    enum dry_bls_result result = DRY_BLS_NOMEM;
    struct GROUP_OWN(terms) t = {0};

    if (in.len == 0 || in.len % ITEM_BYTES != 0)
        return DRY_BLS_INVALID;
    t.points = dry_alloc(count * sizeof(*t.points));
    t.scalars = dry_alloc(count * sizeof(*t.scalars));
    if (t.points == NULL || t.scalars == NULL)
        goto done;
    result = GROUP_OWN(terms_decode)(&t, in);
    if (result != DRY_BLS_OK || t.n == 0)
        goto done;
    t.scratch = dry_alloc(GROUP_OWN(scratch_bytes)(t.n));
    if (t.scratch != NULL)
        GROUP_OWN(terms_sum)(sum, &t);
    else
        result = DRY_BLS_NOMEM;
done:
    dry_free(t.scratch);
    dry_free(t.scalars);
    dry_free(t.points);
    return result;
}
