/* What the parts of the options code share. */
#ifndef DRY_PLATFORM_OPTIONS_SET_H
#define DRY_PLATFORM_OPTIONS_SET_H
#include <drystone/platform/options.h>

#define DRY__ERRORS_MAX 20 /* complaints shown; more are not worth reading */

struct dry__option_value {
    enum dry_option_origin origin;
    uint32_t line; /* in the config file; 0: not there */
    const char *text;
    uint64_t number; /* also a bool, and an enum's index */
    struct dry_bytes bytes;
    const char **items;
    uint32_t item_count;
};

struct dry_options {
    const struct dry_option_table *table;
    const struct dry_command *command;
    bool help, no_such_command;
    const char **args;
    uint32_t arg_count;
    struct dry__option_value *values; /* one for each option of the table */
    struct dry_arena arena;           /* holds all that is pointed at */
    struct dry_buf *error;            /* only while opening */
    uint32_t errors;
    bool no_memory;
};

/* Note a complaint; the text is ours, words from outside went through dry__shown(). */
__attribute__((format(printf, 2, 3))) void dry__complain(struct dry_options *o, const char *format,
                                                         ...);
/* Text from outside in quotes, escaped and cut, kept in the arena. */
const char *dry__shown(struct dry_options *o, const char *text);
/* Copy into the arena with a NUL; "" and no_memory when there is no room. */
const char *dry__keep(struct dry_options *o, const char *text, size_t len);
/* The word of `words` (NULL entries are skipped) that text was likely meant to be, or NULL. */
const char *dry__nearest(const char *text, const char *const *words, size_t count);

/* Set option i from text, as given at `where` ("--http-port"); complains when it does not fit. A
 * value of higher origin stays; a list of equal origin grows. */
void dry__option_set(struct dry_options *o, size_t i, const char *text,
                     enum dry_option_origin origin, const char *where);
/* Read the config file. */
DRY_MUST_USE dry_status dry__options_read_file(struct dry_options *o, const char *path);
/* n-th choice of "a|b|c" and its length; false past the end. */
bool dry__choice(const char *choices, uint32_t n, const char **word, size_t *len);
/* DRYSTONE_HTTP_PORT. out holds at least 128 bytes. */
void dry__env_name(char out[128], const struct dry_option_table *t, const struct dry_option *opt);
/* Does the command take it? NULL: any does. */
static inline bool dry__takes(const struct dry_command *c, const struct dry_option *opt)
{
    return opt->commands == 0 || c == NULL || (opt->commands & c->bit) != 0;
}

#endif /* DRY_PLATFORM_OPTIONS_SET_H */
