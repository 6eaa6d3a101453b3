/* drystone/platform/options.h - one table yields flags, environment, config file, help and
 * completions. Start at dry_options_open(). */
#ifndef DRY_PLATFORM_OPTIONS_H
#define DRY_PLATFORM_OPTIONS_H
#include <drystone/common/types.h>

enum dry_option_type {
    DRY_OPTION_BOOL,     /* --name, --no-name, --name=true|false */
    DRY_OPTION_U64,      /* decimal or 0x; within min..max */
    DRY_OPTION_SIZE,     /* bytes: 65536, 64KiB, 16MiB, 2GiB */
    DRY_OPTION_DURATION, /* milliseconds: 500ms, 2s, 5m, 1h; a bare number is seconds */
    DRY_OPTION_STRING,
    DRY_OPTION_PATH, /* as STRING, completed as a file */
    DRY_OPTION_ENUM, /* one of choices */
    DRY_OPTION_HEX,  /* 0x…, at most max bytes when max is not 0 */
    DRY_OPTION_ADDRESS,
    DRY_OPTION_LIST, /* texts: repeated, or separated by commas; a sequence in the file */
};
#define DRY_OPTION_SECRET 1u    /* its value is never shown */
#define DRY_OPTION_HIDDEN 2u    /* not in help or completions */
#define DRY_OPTION_FLAG_ONLY 4u /* neither environment nor file */

#define DRY_OPTION_LIST_MAX 256
#define DRY_OPTION_TEXT_MAX (64u << 10)
#define DRY_OPTIONS_MAX 256
#define DRY_CONFIG_BYTES_MAX (1u << 20)

/* One option. The environment variable is PROGRAM_NAME with dashes as underscores, in capitals. */
struct dry_option {
    const char *name; /* without dashes: "http-port" */
    enum dry_option_type type;
    const char *fallback; /* the default as text; NULL: none */
    const char *help;
    const char *group;   /* heading in help; NULL: "General" */
    const char *key;     /* in the config file: "rpc.http_port"; NULL: not there */
    const char *value;   /* its name in help: "PORT"; NULL: by type */
    uint64_t min, max;   /* of U64, SIZE, DURATION (ms); max 0: no bound */
    const char *choices; /* of ENUM (and LIST, optional): "text|json" */
    uint64_t commands;   /* bits of the commands that take it; 0: all */
    uint32_t flags;
    char letter; /* -p; 0: none */
};

/* A command; name may be two words ("account new"). */
struct dry_command {
    const char *name;
    uint64_t bit;
    const char *args; /* in the usage line: "FILE.rlp…"; NULL: none */
    const char *help; /* first line is the summary */
    uint32_t args_min, args_max;
};

/* The whole table; const data of the program. */
struct dry_option_table {
    const char *program; /* "drystone" */
    const char *about;   /* one line for help */
    const struct dry_option *options;
    size_t count;
    const struct dry_command *commands;
    size_t command_count;
    const char *fallback_command; /* when no command is given; NULL: show help */
    const char *config_option;    /* the PATH option that names the config file; NULL: none */
};

enum dry_option_origin {
    DRY_ORIGIN_UNSET,
    DRY_ORIGIN_DEFAULT,
    DRY_ORIGIN_FILE,
    DRY_ORIGIN_ENVIRONMENT,
    DRY_ORIGIN_FLAG,
};

struct dry_options;

/* Read arguments (without the program's name), environment ("NAME=value", NULL at its end, may be
 * NULL) and the config file they name.
 *
 * Out:     *out   owned; untouched on failure.
 *          error  one line per thing wrong: option, bad value, what would work. Required.
 * Returns: DRY_OK, EINVAL (wrong usage: exit code 2), EIO or ENOTFOUND (config file), DRY_ENOMEM.
 */
DRY_MUST_USE dry_status dry_options_open(struct dry_options **out,
                                         const struct dry_option_table *table, uint32_t argc,
                                         const char *const *argv, const char *const *environment,
                                         struct dry_buf *error);
void dry_options_close(struct dry_options *o);

/* The command chosen; NULL when there is none (show help). */
const struct dry_command *dry_options_command(const struct dry_options *o);
/* Was --help, -h or the word help given? Then nothing was checked but the command's name. */
bool dry_options_wants_help(const struct dry_options *o);
/* Words after the command that are no options. */
uint32_t dry_options_arg_count(const struct dry_options *o);
const char *dry_options_arg(const struct dry_options *o, uint32_t index);

/* Values by name; the name must be in the table and of that type (asserted). All borrowed from o.
 */
enum dry_option_origin dry_options_origin(const struct dry_options *o, const char *name);
static inline bool dry_options_has(const struct dry_options *o, const char *name)
{
    return dry_options_origin(o, name) != DRY_ORIGIN_UNSET;
}
bool dry_options_bool(const struct dry_options *o, const char *name); /* false when unset */
uint64_t dry_options_u64(const struct dry_options *o,
                         const char *name); /* U64, SIZE, DURATION; 0 unset */
const char *dry_options_text(const struct dry_options *o,
                             const char *name); /* any type; NULL unset */
struct dry_bytes dry_options_hex(const struct dry_options *o, const char *name);
struct dry_address dry_options_address(const struct dry_options *o, const char *name);
uint32_t dry_options_enum(const struct dry_options *o, const char *name); /* index in choices */
uint32_t dry_options_list_count(const struct dry_options *o, const char *name);
const char *dry_options_list(const struct dry_options *o, const char *name, uint32_t index);

/* Texts made from the table, appended to out. command NULL: of the whole program. */
DRY_MUST_USE dry_status dry_options_help(const struct dry_option_table *table,
                                         const struct dry_command *command, struct dry_buf *out);
/* shell: bash, zsh or fish; EINVAL otherwise. */
DRY_MUST_USE dry_status dry_options_completions(const struct dry_option_table *table,
                                                const char *shell, struct dry_buf *out);
/* The manual page, roff. */
DRY_MUST_USE dry_status dry_options_manual(const struct dry_option_table *table,
                                           struct dry_buf *out);
/* Every config key with its value and, as a comment, where it came from; itself a valid config
 * file. */
DRY_MUST_USE dry_status dry_options_dump(const struct dry_options *o, struct dry_buf *out);

#endif /* DRY_PLATFORM_OPTIONS_H */
