/* From text to a value of an option's type, and what to say when it does not fit. */
#include "options_set.h"
#include <drystone/common/hex.h>
#include <drystone/platform/log.h>
#include <stdarg.h>
#include <stdio.h>

#define SHOWN_MAX 60
#define NEAREST_MAX 48 /* longer words are not guessed at */

void dry__complain(struct dry_options *o, const char *format, ...)
{
    char text[1024];
    va_list ap;

    if (o->errors++ >= DRY__ERRORS_MAX)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (!dry_ok(dry_buf_append_text(o->error, text)) ||
        !dry_ok(dry_buf_append_byte(o->error, '\n')))
        o->no_memory = true;
}

const char *dry__keep(struct dry_options *o, const char *text, size_t len)
{
    char *p = dry_arena_alloc(&o->arena, len + 1);

    if (p == NULL) {
        o->no_memory = true;
        return "";
    }
    memcpy(p, text, len);
    p[len] = '\0';
    return p;
}

const char *dry__shown(struct dry_options *o, const char *text)
{
    size_t n = strlen(text);
    struct dry_buf b = {0};
    const char *out = "\"\"";

    if (dry_ok(dry_buf_append_byte(&b, '"')) &&
        dry_ok(dry_text_escape(&b, dry_bytes_of(text, n < SHOWN_MAX ? n : SHOWN_MAX))) &&
        dry_ok(dry_buf_append_text(&b, n < SHOWN_MAX ? "\"" : "\xe2\x80\xa6\"")))
        out = dry__keep(o, (const char *)b.ptr, b.len);
    else
        o->no_memory = true;
    dry_buf_fini(&b);
    return out;
}

/* Changes of one letter (insert, drop, replace, swap of neighbours) from a to b. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t row[3][NEAREST_MAX + 1];

    if (n > NEAREST_MAX || m > NEAREST_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *dry__nearest(const char *text, const char *const *words, size_t count)
{
    size_t n = strlen(text), best = n / 3 < 1 ? 1 : n / 3 > 3 ? 3 : n / 3;
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t d = words[i] == NULL ? SIZE_MAX : distance(text, words[i]);

        if (d <= best) {
            found = words[i];
            if (d == 0)
                break;
            best = d - 1; /* only a nearer one replaces it */
        }
    }
    return found;
}

bool dry__choice(const char *choices, uint32_t n, const char **word, size_t *len)
{
    for (;; n--) {
        *word = choices;
        *len = strcspn(choices, "|");
        if (n == 0)
            return true;
        if (choices[*len] == '\0')
            return false;
        choices += *len + 1;
    }
}

void dry__env_name(char out[128], const struct dry_option_table *t, const struct dry_option *opt)
{
    int n = snprintf(out, 128, "%s_%s", t->program, opt->name);

    DRY_ASSERT(n > 0 && n < 128);
    for (char *p = out; *p != '\0'; p++) {
        if (*p == '-')
            *p = '_';
        else if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    }
}

/* ---- types
 * ------------------------------------------------------------------------------------------ */

struct unit {
    const char *name;
    uint64_t factor;
};
static const struct unit size_units[] = {
    {"", 1},           {"B", 1},
    {"K", 1ull << 10}, {"KiB", 1ull << 10},
    {"M", 1ull << 20}, {"MiB", 1ull << 20},
    {"G", 1ull << 30}, {"GiB", 1ull << 30},
    {"T", 1ull << 40}, {"TiB", 1ull << 40},
};
static const struct unit time_units[] = {
    {"", 1000},     {"ms", 1},      {"s", 1000},     {"m", 60000},
    {"min", 60000}, {"h", 3600000}, {"d", 86400000},
};

static bool with_unit(const char *text, const struct unit *units, size_t count, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t n;

    if (digits == 0 || !dry_ok(dry_u64_from_text(&n, dry_bytes_of(text, digits))))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(units[i].name, text + digits) == 0)
            return !__builtin_mul_overflow(n, units[i].factor, out);
    return false;
}

/* The bounds of an option in its own unit. */
static void bound_text(char out[32], const struct dry_option *opt, uint64_t v)
{
    static const struct unit sizes[] = {
        {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"", 1}};
    static const struct unit times[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    const struct unit *u = opt->type == DRY_OPTION_SIZE ? sizes : times;

    if (opt->type == DRY_OPTION_U64) {
        snprintf(out, 32, "%llu", (unsigned long long)v);
        return;
    }
    while (u->factor > 1 && (v == 0 || v % u->factor != 0))
        u++;
    snprintf(out, 32, "%llu%s", (unsigned long long)(v / u->factor), u->name);
}

static void want_number(char out[160], const struct dry_option *opt)
{
    static const char *const what[] = {
        [DRY_OPTION_U64] = "a whole number",
        [DRY_OPTION_SIZE] = "a size like 64KiB, 16MiB or 2GiB",
        [DRY_OPTION_DURATION] = "a duration like 500ms, 2s, 5m or 1h",
    };
    char low[32], high[32];

    bound_text(low, opt, opt->min);
    bound_text(high, opt, opt->max);
    if (opt->max != 0)
        snprintf(out, 160, "%s from %s to %s", what[opt->type], low, high);
    else if (opt->min != 0)
        snprintf(out, 160, "%s, at least %s", what[opt->type], low);
    else
        snprintf(out, 160, "%s", what[opt->type]);
}

static bool set_number(struct dry_options *o, const struct dry_option *opt, const char *text,
                       struct dry__option_value *v, const char *where)
{
    char want[160];
    bool ok;

    if (opt->type == DRY_OPTION_U64)
        ok = dry_ok(dry_u64_from_text(&v->number, dry_bytes_of(text, strlen(text))));
    else if (opt->type == DRY_OPTION_SIZE)
        ok = with_unit(text, size_units, DRY_COUNT(size_units), &v->number);
    else
        ok = with_unit(text, time_units, DRY_COUNT(time_units), &v->number);
    if (ok && v->number >= opt->min && (opt->max == 0 || v->number <= opt->max))
        return true;
    want_number(want, opt);
    dry__complain(o, "%s: %s must be %s", where, dry__shown(o, text), want);
    return false;
}

static bool set_bool(struct dry_options *o, const char *text, struct dry__option_value *v,
                     const char *where)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < DRY_COUNT(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            v->number = i & 1;
            return true;
        }
    }
    dry__complain(o, "%s: %s must be true or false", where, dry__shown(o, text));
    return false;
}

static bool is_choice(struct dry_options *o, const struct dry_option *opt, const char *text,
                      uint64_t *index, const char *where)
{
    const char *words[64] = {NULL}, *w, *near;
    uint32_t n = 0;
    size_t len;

    for (; n < DRY_COUNT(words) && dry__choice(opt->choices, n, &w, &len); n++) {
        if (strlen(text) == len && memcmp(text, w, len) == 0) {
            *index = n;
            return true;
        }
        words[n] = dry__keep(o, w, len);
    }
    near = dry__nearest(text, words, n);
    if (near != NULL)
        dry__complain(o, "%s: %s is none of %s; did you mean %s?", where, dry__shown(o, text),
                      opt->choices, near);
    else
        dry__complain(o, "%s: %s must be one of %s", where, dry__shown(o, text), opt->choices);
    return false;
}

static bool set_hex(struct dry_options *o, const struct dry_option *opt, const char *text,
                    struct dry__option_value *v, const char *where)
{
    size_t n = strlen(text), bytes = n / 2 - 1;
    bool address = opt->type == DRY_OPTION_ADDRESS;
    bool ok = n >= 2 && n % 2 == 0 && text[0] == '0' && (text[1] | 0x20) == 'x' &&
              (address ? bytes == 20 : opt->max == 0 || bytes <= opt->max);
    uint8_t *p = ok ? dry_arena_alloc(&o->arena, bytes + 1) : NULL;

    if (ok && p == NULL) {
        o->no_memory = true;
        return false;
    }
    if (ok && dry_ok(dry_hex_decode_fixed(p, bytes, dry_bytes_of(text, n)))) {
        v->bytes = dry_bytes_of(p, bytes);
        return true;
    }
    if (address)
        dry__complain(o, "%s: %s must be an address: 0x and 40 hexadecimal digits", where,
                      dry__shown(o, text));
    else if (opt->max != 0)
        dry__complain(o, "%s: %s must be 0x and an even number of hexadecimal digits, at most %llu",
                      where, dry__shown(o, text), (unsigned long long)opt->max * 2);
    else
        dry__complain(o, "%s: %s must be 0x and an even number of hexadecimal digits", where,
                      dry__shown(o, text));
    return false;
}

static bool set_list(struct dry_options *o, const struct dry_option *opt, const char *text,
                     struct dry__option_value *v, const char *where)
{
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        const char *item = dry__keep(o, text, n);
        uint64_t index;

        if (opt->choices != NULL && !is_choice(o, opt, item, &index, where))
            return false;
        if (v->item_count == DRY_OPTION_LIST_MAX) {
            dry__complain(o, "%s: more than %d values", where, DRY_OPTION_LIST_MAX);
            return false;
        }
        if (v->items == NULL)
            v->items = dry_arena_zalloc(&o->arena, DRY_OPTION_LIST_MAX, sizeof(*v->items));
        if (v->items == NULL) {
            o->no_memory = true;
            return false;
        }
        v->items[v->item_count++] = item;
        text += n + (text[n] == ',');
    }
    return true;
}

static bool set_any(struct dry_options *o, const struct dry_option *opt, const char *text,
                    struct dry__option_value *v, const char *where)
{
    switch (opt->type) {
    case DRY_OPTION_BOOL:
        return set_bool(o, text, v, where);
    case DRY_OPTION_U64:
    case DRY_OPTION_SIZE:
    case DRY_OPTION_DURATION:
        return set_number(o, opt, text, v, where);
    case DRY_OPTION_ENUM:
        return is_choice(o, opt, text, &v->number, where);
    case DRY_OPTION_HEX:
    case DRY_OPTION_ADDRESS:
        return set_hex(o, opt, text, v, where);
    case DRY_OPTION_LIST:
        return set_list(o, opt, text, v, where);
    case DRY_OPTION_PATH:
        if (*text == '\0')
            dry__complain(o, "%s: a path must not be empty", where);
        return *text != '\0';
    case DRY_OPTION_STRING:
        return true;
    }
    return false;
}

void dry__option_set(struct dry_options *o, size_t i, const char *text,
                     enum dry_option_origin origin, const char *where)
{
    const struct dry_option *opt = &o->table->options[i];
    struct dry__option_value *old = &o->values[i], v = {.origin = origin, .line = old->line};
    bool grow = opt->type == DRY_OPTION_LIST && old->origin == origin;

    if (strlen(text) > DRY_OPTION_TEXT_MAX) {
        dry__complain(o, "%s: the value is longer than %u bytes", where, DRY_OPTION_TEXT_MAX);
        return;
    }
    if (grow)
        v = *old;
    if (!set_any(o, opt, text, &v, where) || old->origin > origin)
        return; /* a value that is overridden is checked all the same */
    v.text = dry__keep(o, text, strlen(text));
    *old = v;
}
