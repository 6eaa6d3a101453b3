/* Texts made from the table: help, completions, manual page, config dump. */
#include "options_set.h"
#include <drystone/platform/json.h>
#include <stdarg.h>
#include <stdio.h>

#define HELP_COLUMN 30
#define HELP_WIDTH 100

/* Appends until something fails, then nothing more. */
struct text {
    struct dry_buf *out;
    dry_status st;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format, ...)
{
    char text[1024];
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    DRY_ASSERT(n >= 0 && (size_t)n < sizeof(text)); /* texts of our own table */
    if (dry_ok(t->st))
        t->st = dry_buf_append(t->out, dry_bytes_of(text, (size_t)n));
}

static void say_text(struct text *t, const char *text)
{
    if (dry_ok(t->st))
        t->st = dry_buf_append_text(t->out, text);
}

/* A failed text leaves nothing behind. */
static dry_status finish(struct text *t, size_t start)
{
    if (!dry_ok(t->st))
        t->out->len = start;
    return t->st;
}

static const char *value_name(const struct dry_option *opt)
{
    static const char *const names[] = {
        [DRY_OPTION_BOOL] = "",           [DRY_OPTION_U64] = "N",
        [DRY_OPTION_SIZE] = "SIZE",       [DRY_OPTION_DURATION] = "TIME",
        [DRY_OPTION_STRING] = "TEXT",     [DRY_OPTION_PATH] = "PATH",
        [DRY_OPTION_ENUM] = "WORD",       [DRY_OPTION_HEX] = "HEX",
        [DRY_OPTION_ADDRESS] = "ADDRESS", [DRY_OPTION_LIST] = "LIST",
    };

    if (opt->type == DRY_OPTION_ENUM && opt->value == NULL)
        return opt->choices;
    return opt->value != NULL ? opt->value : names[opt->type];
}

static bool is_on(const struct dry_option *opt)
{
    return opt->type == DRY_OPTION_BOOL && opt->fallback != NULL &&
           strcmp(opt->fallback, "true") == 0;
}

static bool shows(const struct dry_command *c, const struct dry_option *opt)
{
    return !(opt->flags & DRY_OPTION_HIDDEN) && dry__takes(c, opt);
}

/* Words of `text` from column `at` on, broken before HELP_WIDTH, further lines indented to
 * `indent`. */
static void wrapped(struct text *t, const char *text, size_t at, size_t indent)
{
    while (*text != '\0') {
        size_t n = strcspn(text, " \n");

        if (at + n > HELP_WIDTH && at > indent) {
            say(t, "\n%*s", (int)indent, "");
            at = indent;
        }
        say(t, "%.*s", (int)n, text);
        at += n;
        text += n;
        if (*text != '\0') {
            text++;
            say(t, " ");
            at++;
        }
    }
}

static void help_option(struct text *t, const struct dry_option *opt)
{
    char head[160];
    size_t n;
    const char *value = value_name(opt);

    n = (size_t)snprintf(head, sizeof(head), "  %c%c%s --%s%s%s%s", opt->letter != 0 ? '-' : ' ',
                         opt->letter != 0 ? opt->letter : ' ', opt->letter != 0 ? "," : " ",
                         is_on(opt) ? "[no-]" : "", opt->name, *value != '\0' ? " " : "", value);
    say(t, "%s", head);
    if (n + 2 > HELP_COLUMN) {
        say(t, "\n");
        n = 0;
    }
    say(t, "%*s", (int)(HELP_COLUMN - n), "");
    wrapped(t, opt->help, HELP_COLUMN, HELP_COLUMN);
    if (opt->fallback != NULL && *opt->fallback != '\0' && opt->type != DRY_OPTION_BOOL)
        say(t, " [%s]", opt->fallback);
    say(t, "\n");
}

static const char *group_of(const struct dry_option *opt)
{
    return opt->group != NULL ? opt->group : "General";
}

/* Is option i the first shown one of its group? */
static bool first_of_group(const struct dry_option_table *table, const struct dry_command *c,
                           size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (shows(c, &table->options[j]) &&
            strcmp(group_of(&table->options[j]), group_of(&table->options[i])) == 0)
            return false;
    return shows(c, &table->options[i]);
}

static void help_options(struct text *t, const struct dry_option_table *table,
                         const struct dry_command *c)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!first_of_group(table, c, i))
            continue;
        say(t, "\n%s:\n", group_of(&table->options[i]));
        for (size_t j = i; j < table->count; j++)
            if (shows(c, &table->options[j]) &&
                strcmp(group_of(&table->options[j]), group_of(&table->options[i])) == 0)
                help_option(t, &table->options[j]);
    }
}

dry_status dry_options_help(const struct dry_option_table *table, const struct dry_command *command,
                            struct dry_buf *out)
{
    struct text t = {.out = out};
    size_t start = out->len;
    char env[128];

    DRY_ASSERT(table->count > 0);
    if (command == NULL) {
        say(&t, "%s: %s\n\nUsage: %s [COMMAND] [OPTION...]\n\nCommands:\n", table->program,
            table->about, table->program);
        for (size_t i = 0; i < table->command_count; i++) {
            const struct dry_command *c = &table->commands[i];

            say(&t, "  %-18s %.*s%s\n", c->name, (int)strcspn(c->help, "\n"), c->help,
                table->fallback_command != NULL && strcmp(c->name, table->fallback_command) == 0
                    ? " (when none is given)"
                    : "");
        }
        dry__env_name(env, table, &table->options[0]);
        say(&t,
            "\n%s COMMAND --help shows a command's options. Each may also stand in the environment "
            "(--%s as %s)\nor in the config file.\n",
            table->program, table->options[0].name, env);
    } else {
        say(&t, "Usage: %s %s%s%s [OPTION...]\n\n%s\n", table->program, command->name,
            command->args != NULL ? " " : "", command->args != NULL ? command->args : "",
            command->help);
        help_options(&t, table, command);
    }
    return finish(&t, start);
}

/* ---- completions
 * ------------------------------------------------------------------------------------ */

/* All of the command's options as words, " --a --b". */
static void option_words(struct text *t, const struct dry_option_table *table,
                         const struct dry_command *c)
{
    for (size_t i = 0; i < table->count; i++)
        if (shows(c, &table->options[i]))
            say(t, " --%s%s", is_on(&table->options[i]) ? "no-" : "", table->options[i].name);
    say(t, " --help");
}

static void bash_values(struct text *t, const struct dry_option_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct dry_option *opt = &table->options[i];

        if (!shows(NULL, opt) || opt->type == DRY_OPTION_BOOL)
            continue;
        say(t, "    --%s) ", opt->name);
        if (opt->choices != NULL) {
            say_text(t, "COMPREPLY=($(compgen -W '");
            for (const char *p = opt->choices; *p != '\0'; p++)
                say(t, "%c", *p == '|' ? ' ' : *p);
            say_text(t, "' -- \"$cur\"))");
        } else if (opt->type == DRY_OPTION_PATH) {
            say_text(t, "COMPREPLY=($(compgen -f -- \"$cur\"))");
        } else {
            say_text(t, "COMPREPLY=()");
        }
        say_text(t, "; return;;\n");
    }
}

/* What may follow a command; those of two words come first, lest one word hide them. */
static void bash_commands(struct text *t, const struct dry_option_table *table, bool two_words)
{
    for (size_t i = 0; i < table->command_count; i++) {
        const struct dry_command *c = &table->commands[i];

        if ((strchr(c->name, ' ') != NULL) != two_words)
            continue;
        say(t, "  ' %s '*) COMPREPLY=($(compgen -W '", c->name);
        option_words(t, table, c);
        say(t, "' -- \"$cur\")%s);;\n", c->args != NULL ? " $(compgen -f -- \"$cur\")" : "");
    }
}

/* After the first word of commands of two. */
static void bash_second_words(struct text *t, const struct dry_option_table *table)
{
    for (size_t i = 0; i < table->command_count; i++) {
        const char *name = table->commands[i].name;
        size_t n = strcspn(name, " "), before = 0;

        while (before < i && strncmp(table->commands[before].name, name, n + 1) != 0)
            before++;
        if (name[n] != ' ' || before < i)
            continue;
        say(t, "  ' %.*s ') COMPREPLY=($(compgen -W '", (int)n, name);
        for (size_t j = i; j < table->command_count; j++)
            if (strncmp(table->commands[j].name, name, n + 1) == 0)
                say(t, "%s%s", j > i ? " " : "", table->commands[j].name + n + 1);
        say_text(t, "' -- \"$cur\"));;\n");
    }
}

static void bash(struct text *t, const struct dry_option_table *table)
{
    const char *p = table->program;

    say(t,
        "# bash completion of %s\n_%s() {\n"
        "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} w cmd='' skip=''\n"
        "  case $prev in\n",
        p, p);
    bash_values(t, table);
    say_text(t, "  esac\n  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                "    if [ -n \"$skip\" ]; then skip=''; continue; fi\n    case $w in\n");
    for (size_t i = 0; i < table->count; i++)
        if (shows(NULL, &table->options[i]) && table->options[i].type != DRY_OPTION_BOOL)
            say(t, "    --%s) skip=1;;\n", table->options[i].name);
    say_text(t, "    -*) ;;\n    *) cmd=\"$cmd $w\";;\n    esac\n  done\n  case \"$cmd \" in\n");
    bash_commands(t, table, true);
    bash_second_words(t, table);
    bash_commands(t, table, false);
    say_text(t, "  ' ') COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < table->command_count; i++)
        say(t, " %.*s", (int)strcspn(table->commands[i].name, " "), table->commands[i].name);
    option_words(t, table, NULL);
    say(t, "' -- \"$cur\"));;\n  esac\n}\ncomplete -F _%s %s\n", p, p);
}

/* Single quotes doubled up for a shell's single-quoted text; line breaks become blanks. */
static void quoted(struct text *t, const char *s)
{
    say_text(t, "'");
    for (; *s != '\0'; s++)
        say(t, "%s%c", *s == '\'' ? "'\\'" : "", *s == '\n' ? ' ' : *s);
    say_text(t, "'");
}

static void fish_command(struct text *t, const struct dry_option_table *table,
                         const struct dry_command *c)
{
    const char *p = table->program, *two = strchr(c->name, ' ');
    int n = (int)strcspn(c->name, " ");

    if (two == NULL)
        say(t, "complete -c %s -f -n __fish_use_subcommand -a %s -d ", p, c->name);
    else
        say(t,
            "complete -c %s -f -n __fish_use_subcommand -a %.*s\n"
            "complete -c %s -f -n '__fish_seen_subcommand_from %.*s' -a %s -d ",
            p, n, c->name, p, n, c->name, two + 1);
    quoted(t, c->help);
    say(t, "\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct dry_option *opt = &table->options[i];

        if (!shows(c, opt))
            continue;
        say(t, "complete -c %s -n '__fish_seen_subcommand_from %.*s' -l %s%s%s -d ", p, n, c->name,
            is_on(opt) ? "no-" : "", opt->name,
            opt->type == DRY_OPTION_BOOL   ? ""
            : opt->type == DRY_OPTION_PATH ? " -r -F"
                                           : " -x");
        quoted(t, opt->help);
        if (opt->choices != NULL) {
            say(t, " -a '");
            for (const char *w = opt->choices; *w != '\0'; w++)
                say(t, "%c", *w == '|' ? ' ' : *w);
            say(t, "'");
        }
        say(t, "\n");
    }
}

dry_status dry_options_completions(const struct dry_option_table *table, const char *shell,
                                   struct dry_buf *out)
{
    struct text t = {.out = out};
    size_t start = out->len;

    if (strcmp(shell, "bash") == 0) {
        bash(&t, table);
    } else if (strcmp(shell, "zsh") == 0) {
        say(&t, "#compdef %s\nautoload -U +X bashcompinit && bashcompinit\n", table->program);
        bash(&t, table);
    } else if (strcmp(shell, "fish") == 0) {
        for (size_t i = 0; i < table->command_count; i++)
            fish_command(&t, table, &table->commands[i]);
    } else {
        return DRY_STATUS(EINVAL, "no such shell: use bash, zsh or fish");
    }
    return finish(&t, start);
}

/* ---- manual page
 * ------------------------------------------------------------------------------------ */

/* Text of ours as roff: no line may begin as a request, backslash and minus are spelled out. */
static void roff(struct text *t, const char *s)
{
    bool begin = true;

    for (; *s != '\0'; s++) {
        if (begin && (*s == '.' || *s == '\''))
            say_text(t, "\\&");
        if (*s == '\\')
            say_text(t, "\\e");
        else if (*s == '-')
            say_text(t, "\\-");
        else
            say(t, "%c", *s);
        begin = *s == '\n';
    }
    say_text(t, "\n");
}

dry_status dry_options_manual(const struct dry_option_table *table, struct dry_buf *out)
{
    struct text t = {.out = out};
    size_t start = out->len;
    char env[128];

    say(&t,
        ".TH %s 1\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n[COMMAND] [OPTION...]\n.SH COMMANDS\n",
        table->program, table->program, table->about, table->program);
    for (size_t i = 0; i < table->command_count; i++) {
        const struct dry_command *c = &table->commands[i];

        say(&t, ".TP\n.B %s %s\n", c->name, c->args != NULL ? c->args : "");
        roff(&t, c->help);
    }
    say(&t, ".SH OPTIONS\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct dry_option *opt = &table->options[i];

        if (!shows(NULL, opt))
            continue;
        say(&t, ".TP\n.B \\-\\-%s %s\n", opt->name, value_name(opt));
        roff(&t, opt->help);
        if (opt->fallback != NULL)
            say(&t, "Default: %s.\n", opt->fallback);
        if (!(opt->flags & DRY_OPTION_FLAG_ONLY)) {
            dry__env_name(env, table, opt);
            say(&t, "Environment: %s.\n", env);
            if (opt->key != NULL)
                say(&t, "Config key: %s.\n", opt->key);
        }
    }
    return finish(&t, start);
}

/* ---- dump
 * ------------------------------------------------------------------------------------------- */

static void dump_scalar(struct text *t, const char *text)
{
    struct dry_json_writer w;

    if (!dry_ok(t->st))
        return;
    dry_json_begin(&w, t->out); /* JSON's quoted text is YAML's, too */
    dry_json_write_str(&w, text);
    t->st = dry_json_end(&w);
}

static void dump_value(struct text *t, const struct dry_option *opt,
                       const struct dry__option_value *v)
{
    switch (opt->type) {
    case DRY_OPTION_BOOL:
        say(t, v->number != 0 ? "true" : "false");
        break;
    case DRY_OPTION_U64:
        say(t, "%llu", (unsigned long long)v->number);
        break;
    case DRY_OPTION_SIZE:
    case DRY_OPTION_DURATION:
    case DRY_OPTION_ENUM:
        say_text(t, v->text);
        break;
    case DRY_OPTION_LIST:
        say(t, "[");
        for (uint32_t i = 0; i < v->item_count; i++) {
            say(t, i > 0 ? ", " : "");
            dump_scalar(t, v->items[i]);
        }
        say(t, "]");
        break;
    case DRY_OPTION_STRING:
    case DRY_OPTION_PATH:
    case DRY_OPTION_HEX:
    case DRY_OPTION_ADDRESS:
        dump_scalar(t, v->text);
        break;
    }
}

static void dump_option(struct text *t, const struct dry_options *o, size_t i, const char *key)
{
    static const char *const origins[] = {"not set", "default", "config file", "environment",
                                          "flag"};
    const struct dry_option *opt = &o->table->options[i];
    const struct dry__option_value *v = &o->values[i];
    const char *indent = key == opt->key ? "" : "  ";

    if (v->origin == DRY_ORIGIN_UNSET || (opt->flags & DRY_OPTION_SECRET)) {
        say(t, "%s# %s:  # %s\n", indent, key,
            v->origin == DRY_ORIGIN_UNSET ? origins[0] : "secret, not shown");
        return;
    }
    say(t, "%s%s: ", indent, key);
    dump_value(t, opt, v);
    say(t, "  # %s\n", origins[v->origin]);
}

dry_status dry_options_dump(const struct dry_options *o, struct dry_buf *out)
{
    const struct dry_option_table *table = o->table;
    struct text t = {.out = out};
    size_t start = out->len;

    for (size_t i = 0; i < table->count; i++) {
        const struct dry_option *opt = &table->options[i];
        size_t n, before = 0;

        if (opt->key == NULL || (opt->flags & (DRY_OPTION_FLAG_ONLY | DRY_OPTION_HIDDEN)))
            continue;
        n = strcspn(opt->key, ".");
        if (opt->key[n] == '\0') {
            dump_option(&t, o, i, opt->key);
            continue;
        }
        /* A section comes where its first key stands. */
        while (before < i &&
               (table->options[before].key == NULL ||
                (table->options[before].flags & (DRY_OPTION_FLAG_ONLY | DRY_OPTION_HIDDEN)) ||
                strncmp(table->options[before].key, opt->key, n + 1) != 0))
            before++;
        if (before < i)
            continue;
        say(&t, "%.*s:\n", (int)n, opt->key);
        for (size_t j = i; j < table->count; j++) {
            const struct dry_option *other = &table->options[j];

            if (other->key != NULL &&
                !(other->flags & (DRY_OPTION_FLAG_ONLY | DRY_OPTION_HIDDEN)) &&
                strncmp(other->key, opt->key, n + 1) == 0)
                dump_option(&t, o, j, other->key + n + 1);
        }
    }
    return finish(&t, start);
}
