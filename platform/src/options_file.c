/* The config file, over libyaml's events: mappings of plain values and lists, no anchors, no tags.
 * libcyaml wants a static schema; the set of keys here is a table. */
#include "options_set.h"
#include <drystone/platform/files.h>
#include <stdio.h>
#include <yaml.h>

#define DEPTH_MAX 8
#define PATH_BYTES_MAX 200

struct level {
    size_t path_len; /* of the path that leads here */
    size_t list;     /* option whose list this is; SIZE_MAX: a mapping */
    bool value_next; /* a key was read */
};

struct file {
    struct dry_options *o;
    const char *name;
    struct level level[DEPTH_MAX];
    uint32_t depth, skip; /* skip: containers below a key nobody knows */
    bool unknown;         /* the key just read is such */
    char path[PATH_BYTES_MAX];
};

static const char *where_of(struct file *f, uint32_t line)
{
    char text[PATH_BYTES_MAX + 600];
    int n = snprintf(text, sizeof(text), "%.300s:%u: %s", f->name, (unsigned)line, f->path);

    return dry__keep(f->o, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static size_t key_index(const struct file *f)
{
    const struct dry_option_table *t = f->o->table;

    for (size_t i = 0; i < t->count; i++)
        if (t->options[i].key != NULL && !(t->options[i].flags & DRY_OPTION_FLAG_ONLY) &&
            strcmp(t->options[i].key, f->path) == 0)
            return i;
    return SIZE_MAX;
}

/* Is the path the beginning of some key? */
static bool is_section(const struct file *f)
{
    const struct dry_option_table *t = f->o->table;
    size_t n = strlen(f->path);

    for (size_t i = 0; i < t->count; i++)
        if (t->options[i].key != NULL && strncmp(t->options[i].key, f->path, n) == 0 &&
            t->options[i].key[n] == '.')
            return true;
    return false;
}

/* The key whose last word `path` ends in, more or less: written as the flag is, or in another
 * section. */
static const char *key_of_word(struct file *f, const char *const *keys)
{
    const struct dry_option_table *t = f->o->table;
    const char *words[DRY_OPTIONS_MAX], *dot = strrchr(f->path, '.'), *near;
    char word[PATH_BYTES_MAX];
    size_t n = 0;

    for (const char *p = dot != NULL ? dot + 1 : f->path; *p != '\0'; p++)
        word[n++] = *p == '-' ? '_' : *p;
    word[n] = '\0';
    for (size_t i = 0; i < t->count; i++) {
        dot = keys[i] == NULL ? NULL : strrchr(keys[i], '.');
        words[i] = dot != NULL ? dot + 1 : keys[i];
    }
    near = dry__nearest(word, words, t->count);
    for (size_t i = 0; near != NULL && i < t->count; i++)
        if (words[i] == near)
            return keys[i];
    return NULL;
}

static void unknown_key(struct file *f, uint32_t line)
{
    const struct dry_option_table *t = f->o->table;
    const char *words[DRY_OPTIONS_MAX], *near;

    for (size_t i = 0; i < t->count; i++)
        words[i] = (t->options[i].flags & (DRY_OPTION_HIDDEN | DRY_OPTION_FLAG_ONLY))
                       ? NULL
                       : t->options[i].key;
    near = dry__nearest(f->path, words, t->count);
    if (near == NULL)
        near = key_of_word(f, words);
    if (near == NULL) { /* perhaps the section's name */
        for (size_t i = 0; i < t->count; i++) {
            size_t n = words[i] == NULL ? 0 : strcspn(words[i], ".");

            words[i] = n == 0 ? NULL : dry__keep(f->o, words[i], n);
        }
        near = dry__nearest(f->path, words, t->count);
    }
    dry__complain(f->o, "%.300s:%u: unknown key %s%s%s%s", f->name, (unsigned)line,
                  dry__shown(f->o, f->path), near != NULL ? "; did you mean " : "",
                  near != NULL ? near : "", near != NULL ? "?" : "");
}

/* Extend the path by a key. */
static void key_read(struct file *f, const char *key, size_t len, uint32_t line)
{
    struct level *l = &f->level[f->depth - 1];
    size_t at = l->path_len;

    l->value_next = true;
    if (len == 0 || memchr(key, 0, len) != NULL || at + len + 2 > sizeof(f->path)) {
        dry__complain(f->o, "%.300s:%u: not a key", f->name, (unsigned)line);
        f->unknown = true;
        return;
    }
    if (at > 0)
        f->path[at++] = '.';
    memcpy(f->path + at, key, len);
    f->path[at + len] = '\0';
    f->unknown = key_index(f) == SIZE_MAX && !is_section(f);
    if (f->unknown)
        unknown_key(f, line);
}

static bool is_null(const yaml_event_t *e)
{
    const char *v = (const char *)e->data.scalar.value;

    return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*v == '\0' || strcmp(v, "~") == 0 || strcmp(v, "null") == 0);
}

static void scalar_value(struct file *f, const yaml_event_t *e, uint32_t line)
{
    struct dry_options *o = f->o;
    size_t list = f->level[f->depth - 1].list, i = list != SIZE_MAX ? list : key_index(f);
    const char *text = (const char *)e->data.scalar.value, *where = where_of(f, line);

    if (is_null(e))
        return; /* the same as not there */
    if (strlen(text) != e->data.scalar.length)
        dry__complain(o, "%s: a NUL in a value", where);
    else if (i == SIZE_MAX)
        dry__complain(o, "%s: is a section; it holds keys of its own", where);
    else if (list == SIZE_MAX && o->values[i].line != 0)
        dry__complain(o, "%s: given before, in line %u", where, (unsigned)o->values[i].line);
    else {
        dry__option_set(o, i, text, DRY_ORIGIN_FILE, where);
        o->values[i].line = line;
    }
}

static bool push(struct file *f, size_t list, uint32_t line)
{
    if (f->depth == DEPTH_MAX) {
        dry__complain(f->o, "%.300s:%u: nested too deeply", f->name, (unsigned)line);
        return false;
    }
    f->level[f->depth++] = (struct level){.path_len = strlen(f->path), .list = list};
    return true;
}

/* A mapping or sequence begins. False when there is no going on. */
static bool container(struct file *f, bool mapping, uint32_t line)
{
    size_t i;

    if (f->depth == 0) {
        if (!mapping)
            dry__complain(f->o, "%.300s:%u: a config file is a mapping, \"key: value\"", f->name,
                          (unsigned)line);
        return mapping && push(f, SIZE_MAX, line);
    }
    i = key_index(f);
    if (f->unknown || f->level[f->depth - 1].list != SIZE_MAX ||
        !f->level[f->depth - 1].value_next) {
        if (!f->unknown)
            dry__complain(f->o, "%.300s:%u: a plain value belongs here", f->name, (unsigned)line);
        f->skip = 1;
        return true;
    }
    if (mapping && !is_section(f)) {
        dry__complain(f->o, "%s: must be a plain value", where_of(f, line));
        f->skip = 1;
        return true;
    }
    if (!mapping && (i == SIZE_MAX || f->o->table->options[i].type != DRY_OPTION_LIST)) {
        dry__complain(f->o, "%s: takes no list", where_of(f, line));
        f->skip = 1;
        return true;
    }
    if (!mapping && f->o->values[i].line != 0) {
        dry__complain(f->o, "%s: given before, in line %u", where_of(f, line),
                      (unsigned)f->o->values[i].line);
        f->skip = 1;
        return true;
    }
    if (!mapping) { /* an empty list is a value, too */
        dry__option_set(f->o, i, "", DRY_ORIGIN_FILE, f->path);
        f->o->values[i].line = line;
    }
    return push(f, mapping ? SIZE_MAX : i, line);
}

static void value_done(struct file *f)
{
    struct level *l;

    if (f->depth == 0)
        return;
    l = &f->level[f->depth - 1];
    l->value_next = false;
    f->unknown = false;
    if (l->list == SIZE_MAX)
        f->path[l->path_len] = '\0';
}

/* Anchors, aliases and tags could make a small file mean a large one, or something else elsewhere.
 */
static bool plain(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return e->data.scalar.anchor == NULL && e->data.scalar.tag == NULL;
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.anchor == NULL && e->data.mapping_start.tag == NULL;
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.anchor == NULL && e->data.sequence_start.tag == NULL;
    default:
        return e->type != YAML_ALIAS_EVENT;
    }
}

/* False at the end of the document, or when there is no going on. */
static bool event(struct file *f, const yaml_event_t *e)
{
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    bool mapping = e->type == YAML_MAPPING_START_EVENT;

    if (!plain(e)) {
        dry__complain(f->o, "%.300s:%u: anchors, aliases and tags are not used here", f->name,
                      (unsigned)line);
        return false;
    }
    if (mapping || e->type == YAML_SEQUENCE_START_EVENT) {
        if (f->skip > 0) {
            f->skip++;
            return true;
        }
        return container(f, mapping, line);
    }
    if (e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT) {
        if (f->skip > 0)
            f->skip--;
        else
            f->depth--;
        if (f->skip == 0)
            value_done(f);
        return true;
    }
    if (e->type == YAML_SCALAR_EVENT && f->skip == 0) {
        if (f->depth == 0) {
            if (!is_null(e))
                dry__complain(f->o, "%.300s:%u: a config file is a mapping, \"key: value\"",
                              f->name, (unsigned)line);
        } else if (f->level[f->depth - 1].list == SIZE_MAX && !f->level[f->depth - 1].value_next) {
            key_read(f, (const char *)e->data.scalar.value, e->data.scalar.length, line);
        } else {
            if (!f->unknown)
                scalar_value(f, e, line);
            if (f->level[f->depth - 1].list == SIZE_MAX)
                value_done(f);
        }
    }
    return e->type != YAML_STREAM_END_EVENT && e->type != YAML_DOCUMENT_END_EVENT;
}

static void read_events(struct file *f, struct dry_bytes text)
{
    yaml_parser_t parser;
    yaml_event_t e;
    bool more = true;

    if (!yaml_parser_initialize(&parser)) {
        f->o->no_memory = true;
        return;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.len == 0 ? (const uint8_t *)"" : text.ptr, text.len);
    while (more) {
        if (!yaml_parser_parse(&parser, &e)) {
            if (parser.error == YAML_MEMORY_ERROR)
                f->o->no_memory = true;
            dry__complain(f->o, "%.300s:%u: not YAML: %s", f->name,
                          (unsigned)parser.problem_mark.line + 1,
                          parser.problem != NULL ? parser.problem : "unreadable");
            break;
        }
        more = event(f, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
}

dry_status dry__options_read_file(struct dry_options *o, const char *path)
{
    struct file f = {.o = o, .name = path};
    struct dry_buf text = {0};
    dry_status st = dry_file_read(&text, path, DRY_CONFIG_BYTES_MAX);

    if (dry_ok(st))
        read_events(&f, dry_buf_bytes(&text));
    else
        dry__complain(o, "--%s: cannot read the config file %s: %s", o->table->config_option,
                      dry__shown(o, path), dry_status_text(st));
    dry_buf_fini(&text);
    return st;
}
