/* Options: arguments, then environment, then the config file, then defaults. */
#include "options_set.h"
#include <drystone/common/alloc.h>
#include <stdio.h>

/* ---- arguments
 * -------------------------------------------------------------------------------------- */

struct args {
    struct dry_options *o;
    uint32_t argc, at;
    const char *const *argv;
};

static size_t option_index(const struct dry_option_table *t, const char *name, size_t len)
{
    for (size_t i = 0; i < t->count; i++)
        if (strlen(t->options[i].name) == len && memcmp(t->options[i].name, name, len) == 0)
            return i;
    return SIZE_MAX;
}

static const struct dry_command *command_find(const struct dry_option_table *t, const char *name)
{
    for (size_t i = 0; i < t->command_count; i++)
        if (strcmp(t->commands[i].name, name) == 0)
            return &t->commands[i];
    return NULL;
}

static void unknown_option(struct dry_options *o, const char *name)
{
    const char *words[DRY_OPTIONS_MAX], *near;

    for (size_t i = 0; i < o->table->count; i++)
        words[i] =
            (o->table->options[i].flags & DRY_OPTION_HIDDEN) ? NULL : o->table->options[i].name;
    near = dry__nearest(name, words, o->table->count);
    if (near != NULL)
        dry__complain(o, "unknown option %s; did you mean --%s?", dry__shown(o, name), near);
    else
        dry__complain(o, "unknown option %s; see %s --help", dry__shown(o, name),
                      o->table->program);
}

/* One option was met; value NULL when none was attached. where: as it was written. */
static void flag_met(struct args *a, size_t i, const char *value, const char *where)
{
    struct dry_options *o = a->o;
    const struct dry_option *opt = &o->table->options[i];

    if (value == NULL && opt->type == DRY_OPTION_BOOL)
        value = "true";
    if (value == NULL && a->at < a->argc)
        value = a->argv[a->at++];
    if (value == NULL)
        dry__complain(o, "%s needs a value", where);
    else if (o->values[i].origin == DRY_ORIGIN_FLAG && opt->type != DRY_OPTION_LIST)
        dry__complain(o, "%s is given twice", where);
    else
        dry__option_set(o, i, value, DRY_ORIGIN_FLAG, where);
}

static void long_option(struct args *a, const char *word)
{
    struct dry_options *o = a->o;
    const char *name = word + 2, *eq = strchr(name, '=');
    size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);
    size_t i = option_index(o->table, name, len);

    if (i == SIZE_MAX && eq == NULL && strncmp(name, "no-", 3) == 0) {
        i = option_index(o->table, name + 3, len - 3);
        if (i != SIZE_MAX && o->table->options[i].type == DRY_OPTION_BOOL) {
            flag_met(a, i, "false", word);
            return;
        }
        i = SIZE_MAX;
    }
    if (i == SIZE_MAX) {
        unknown_option(o, dry__keep(o, name, len));
        return;
    }
    flag_met(a, i, eq != NULL ? eq + 1 : NULL, dry__keep(o, word, len + 2));
}

static void short_option(struct args *a, const char *word)
{
    struct dry_options *o = a->o;

    for (size_t i = 0; i < o->table->count; i++) {
        const struct dry_option *opt = &o->table->options[i];

        if (opt->letter == '\0' || opt->letter != word[1])
            continue;
        flag_met(a, i,
                 word[2] == '\0'  ? NULL
                 : word[2] == '=' ? word + 3
                                  : word + 2,
                 dry__keep(o, word, 2));
        return;
    }
    dry__complain(o, "unknown option %s; see %s --help", dry__shown(o, word), o->table->program);
}

/* A word before any command was named: it must be one, perhaps of two words. */
static void command_word(struct args *a, const char *word)
{
    struct dry_options *o = a->o;
    const struct dry_option_table *t = o->table;
    const char *words[DRY_OPTIONS_MAX], *near;
    char two[80];
    size_t n = 0;

    if (a->at < a->argc) {
        snprintf(two, sizeof(two), "%s %s", word, a->argv[a->at]);
        o->command = command_find(t, two);
        if (o->command != NULL) {
            a->at++;
            return;
        }
    }
    o->command = command_find(t, word);
    if (o->command != NULL)
        return;
    for (; n < t->command_count && n < DRY_COUNT(words); n++) {
        words[n] = t->commands[n].name;
        if (strncmp(words[n], word, strlen(word)) == 0 && words[n][strlen(word)] == ' ') {
            dry__complain(o, "%s needs a second word, as in %s %s", dry__shown(o, word), t->program,
                          words[n]);
            return;
        }
    }
    o->no_such_command = true;
    near = dry__nearest(word, words, n);
    if (near != NULL)
        dry__complain(o, "unknown command %s; did you mean %s?", dry__shown(o, word), near);
    else
        dry__complain(o, "unknown command %s; see %s --help", dry__shown(o, word), t->program);
}

static void read_args(struct args *a)
{
    struct dry_options *o = a->o;
    bool only_args = false, no_command = false;

    while (a->at < a->argc) {
        const char *word = a->argv[a->at++];

        if (only_args || word[0] != '-' || word[1] == '\0') {
            if (o->command != NULL || no_command) {
                o->args[o->arg_count++] = dry__keep(o, word, strlen(word));
            } else if (strcmp(word, "help") == 0) {
                o->help = true;
            } else {
                command_word(a, word);
                no_command = o->command == NULL;
            }
        } else if (strcmp(word, "--") == 0) {
            only_args = true;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            o->help = true;
        } else if (strcmp(word, "--version") == 0 && command_find(o->table, "version") != NULL) {
            o->command = command_find(o->table, "version");
        } else if (word[1] == '-') {
            long_option(a, word);
        } else {
            short_option(a, word);
        }
    }
}

static void check_command(struct dry_options *o)
{
    const struct dry_command *c = o->command;

    if (c == NULL)
        return;
    for (size_t i = 0; i < o->table->count; i++)
        if (o->values[i].origin == DRY_ORIGIN_FLAG && !dry__takes(c, &o->table->options[i]))
            dry__complain(o, "--%s is no option of %s; see %s %s --help", o->table->options[i].name,
                          c->name, o->table->program, c->name);
    if (o->arg_count < c->args_min)
        dry__complain(o, "%s %s needs %s", o->table->program, c->name,
                      c->args != NULL ? c->args : "more arguments");
    if (o->arg_count > c->args_max)
        dry__complain(o, "%s %s: %s is one argument too many", o->table->program, c->name,
                      dry__shown(o, o->args[c->args_max]));
}

/* ---- environment
 * ------------------------------------------------------------------------------------ */

/* A variable that begins like ours but is none of ours: a slip, when it is near to one. */
static void env_unknown(struct dry_options *o, const char *name)
{
    const struct dry_option_table *t = o->table;
    const char *words[DRY_OPTIONS_MAX], *near;
    char known[128];

    for (size_t i = 0; i < t->count; i++) {
        dry__env_name(known, t, &t->options[i]);
        words[i] = (t->options[i].flags & (DRY_OPTION_HIDDEN | DRY_OPTION_FLAG_ONLY))
                       ? NULL
                       : dry__keep(o, known, strlen(known));
    }
    near = dry__nearest(name, words, t->count);
    if (near != NULL)
        dry__complain(o, "unknown environment variable %s; did you mean %s?", dry__shown(o, name),
                      near);
}

static void read_environment(struct dry_options *o, const char *const *environment)
{
    const struct dry_option_table *t = o->table;
    char prefix[128];
    struct dry_option none = {.name = ""};

    dry__env_name(prefix, t, &none); /* "DRYSTONE_" */
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *eq = strchr(*environment, '=');
        const char *name;
        size_t i;

        if (eq == NULL || eq[1] == '\0' || strncmp(*environment, prefix, strlen(prefix)) != 0)
            continue; /* an empty value is as good as none */
        name = dry__keep(o, *environment, (size_t)(eq - *environment));
        for (i = 0; i < t->count; i++) {
            char known[128];

            dry__env_name(known, t, &t->options[i]);
            if (strcmp(known, name) == 0)
                break;
        }
        if (i == t->count || (t->options[i].flags & DRY_OPTION_FLAG_ONLY))
            env_unknown(o, name);
        else if (dry__takes(o->command, &t->options[i]))
            dry__option_set(o, i, eq + 1, DRY_ORIGIN_ENVIRONMENT, name);
    }
}

/* ---- opening
 * ---------------------------------------------------------------------------------------- */

static void set_defaults(struct dry_options *o)
{
    uint32_t before = o->errors;

    for (size_t i = 0; i < o->table->count; i++) {
        const struct dry_option *opt = &o->table->options[i];

        if (opt->fallback != NULL && o->values[i].origin == DRY_ORIGIN_UNSET)
            dry__option_set(o, i, opt->fallback, DRY_ORIGIN_DEFAULT, opt->name);
    }
    DRY_ASSERT(o->errors == before); /* the table's own defaults must fit */
}

static dry_status open_all(struct dry_options *o, struct args *a, const char *const *environment)
{
    const struct dry_option_table *t = o->table;
    dry_status st = DRY_OK;

    read_args(a);
    if (o->help)
        return DRY_OK;
    if (o->command == NULL && o->errors == 0 && t->fallback_command != NULL)
        o->command = command_find(t, t->fallback_command);
    check_command(o);
    read_environment(o, environment);
    if (t->config_option != NULL) {
        size_t i = option_index(t, t->config_option, strlen(t->config_option));

        DRY_ASSERT(i != SIZE_MAX && t->options[i].type == DRY_OPTION_PATH);
        if (o->values[i].origin != DRY_ORIGIN_UNSET)
            st = dry__options_read_file(o, o->values[i].text);
    }
    set_defaults(o);
    return st;
}

dry_status dry_options_open(struct dry_options **out, const struct dry_option_table *table,
                            uint32_t argc, const char *const *argv, const char *const *environment,
                            struct dry_buf *error)
{
    struct dry_options *o;
    dry_status st;

    DRY_ASSERT(error != NULL && table->count <= DRY_OPTIONS_MAX);
    o = dry_alloc(sizeof(*o));
    if (o == NULL)
        return DRY_ENOMEM;
    o->table = table;
    o->error = error;
    o->values = dry_arena_zalloc(&o->arena, table->count + 1, sizeof(*o->values));
    o->args = dry_arena_zalloc(&o->arena, (size_t)argc + 1, sizeof(*o->args));
    if (o->values == NULL || o->args == NULL) {
        dry_options_close(o);
        return DRY_ENOMEM;
    }
    st = open_all(o, &(struct args){.o = o, .argc = argc, .argv = argv}, environment);
    if (o->no_memory)
        st = DRY_ENOMEM;
    else if (dry_ok(st) && o->errors > 0 && (!o->help || o->no_such_command))
        st = DRY_STATUS(EINVAL, "wrong usage");
    o->error = NULL;
    if (dry_ok(st))
        *out = o;
    else
        dry_options_close(o);
    return st;
}

void dry_options_close(struct dry_options *o)
{
    if (o == NULL)
        return;
    dry_arena_fini(&o->arena);
    dry_free(o);
}

/* ---- reading
 * ---------------------------------------------------------------------------------------- */

const struct dry_command *dry_options_command(const struct dry_options *o)
{
    return o->command;
}

bool dry_options_wants_help(const struct dry_options *o)
{
    return o->help;
}

uint32_t dry_options_arg_count(const struct dry_options *o)
{
    return o->arg_count;
}

const char *dry_options_arg(const struct dry_options *o, uint32_t index)
{
    DRY_ASSERT(index < o->arg_count);
    return o->args[index];
}

static const struct dry__option_value *value_of(const struct dry_options *o, const char *name,
                                                uint32_t types)
{
    size_t i = option_index(o->table, name, strlen(name));

    DRY_ASSERT(i != SIZE_MAX && (types >> o->table->options[i].type & 1) != 0);
    return &o->values[i];
}

enum dry_option_origin dry_options_origin(const struct dry_options *o, const char *name)
{
    return value_of(o, name, UINT32_MAX)->origin;
}

bool dry_options_bool(const struct dry_options *o, const char *name)
{
    return value_of(o, name, 1u << DRY_OPTION_BOOL)->number != 0;
}

uint64_t dry_options_u64(const struct dry_options *o, const char *name)
{
    return value_of(o, name,
                    1u << DRY_OPTION_U64 | 1u << DRY_OPTION_SIZE | 1u << DRY_OPTION_DURATION)
        ->number;
}

const char *dry_options_text(const struct dry_options *o, const char *name)
{
    return value_of(o, name, UINT32_MAX)->text;
}

struct dry_bytes dry_options_hex(const struct dry_options *o, const char *name)
{
    return value_of(o, name, 1u << DRY_OPTION_HEX)->bytes;
}

struct dry_address dry_options_address(const struct dry_options *o, const char *name)
{
    struct dry_bytes b = value_of(o, name, 1u << DRY_OPTION_ADDRESS)->bytes;
    struct dry_address a = {{0}};

    if (b.len == sizeof(a.b))
        memcpy(a.b, b.ptr, sizeof(a.b));
    return a;
}

uint32_t dry_options_enum(const struct dry_options *o, const char *name)
{
    return (uint32_t)value_of(o, name, 1u << DRY_OPTION_ENUM)->number;
}

uint32_t dry_options_list_count(const struct dry_options *o, const char *name)
{
    return value_of(o, name, 1u << DRY_OPTION_LIST)->item_count;
}

const char *dry_options_list(const struct dry_options *o, const char *name, uint32_t index)
{
    const struct dry__option_value *v = value_of(o, name, 1u << DRY_OPTION_LIST);

    DRY_ASSERT(index < v->item_count);
    return v->items[index];
}
