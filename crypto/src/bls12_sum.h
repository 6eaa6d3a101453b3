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

static size_t GROUP_OWN(scratch_bytes)(size_t n)
{
    return n > SUM_TERMS_MAX ? GROUP(s_mult_pippenger_scratch_sizeof)(n)
                             : n * (sizeof(struct GROUP_OWN(multiples)) +
                                    SUM_TABLE * (sizeof(GROUP()) + sizeof(GROUP(_affine))));
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

static void GROUP_OWN(sum_few)(GROUP() * sum, const struct GROUP_OWN(terms) * t)
{
    struct GROUP_OWN(multiples) *m = t->scratch;
    GROUP() *room = (GROUP() *)(m + t->n);

    GROUP_OWN(multiples_fill)(m, t, room, (GROUP(_affine) *)(room + SUM_TABLE * t->n));
    for (size_t i = 0; i < t->n; i++)
        GROUP_OWN(digits_fill)(m[i].digit, &t->scalars[i]);
    for (int at = PART_DIGITS - 1; at >= 0; at--) {
        if (!GROUP(_is_inf)(sum))
            GROUP(_double)(sum, sum);
        for (size_t i = 0; i < t->n; i++)
            for (int part = 0; part < PARTS; part++) {
                const int digit = m[i].digit[part][at];
                GROUP(_affine) p;
                GROUP() next;

                if (digit == 0)
                    continue;
                p = m[i].part[part][(digit < 0 ? -digit : digit) / 2];
                if (digit < 0)
                    GROUP_OWN(y_negate)(&p.y);
                /* Gives infinity for equal points, too; only then is the slower sum made. */
                GROUP(_add_affine)(&next, sum, &p);
                if (GROUP(_is_inf)(&next))
                    GROUP(_add_or_double_affine)(&next, sum, &p);
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
