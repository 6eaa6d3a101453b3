/* Any bytes as a config file: values or complaints, and what is taken can be dumped and taken
 * again. */
#include <drystone/platform/files.h>
#include <drystone/platform/options.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct dry_option options[] = {
    {.name = "config", .type = DRY_OPTION_PATH, .help = "h", .flags = DRY_OPTION_FLAG_ONLY},
    {.name = "port", .type = DRY_OPTION_U64, .help = "h", .key = "rpc.port", .max = 65535},
    {.name = "api", .type = DRY_OPTION_LIST, .help = "h", .key = "rpc.api"},
    {.name = "host", .type = DRY_OPTION_STRING, .help = "h", .key = "rpc.host"},
    {.name = "mine", .type = DRY_OPTION_BOOL, .fallback = "true", .help = "h", .key = "mine"},
    {.name = "cache", .type = DRY_OPTION_SIZE, .help = "h", .key = "cache"},
    {.name = "time", .type = DRY_OPTION_DURATION, .help = "h", .key = "time"},
    {.name = "form", .type = DRY_OPTION_ENUM, .help = "h", .key = "form", .choices = "a|b"},
    {.name = "hex", .type = DRY_OPTION_HEX, .help = "h", .key = "hex"},
};
static const struct dry_command commands[] = {{.name = "start", .bit = 1, .help = "h"}};
static const struct dry_option_table table = {
    .program = "p",
    .about = "a",
    .options = options,
    .count = DRY_COUNT(options),
    .commands = commands,
    .command_count = 1,
    .fallback_command = "start",
    .config_option = "config",
};

static void check(bool ok)
{
    if (!ok)
        abort();
}

static dry_status take(struct dry_bytes text, struct dry_buf *dump)
{
    char path[64];
    const char *argv[] = {"--config", path};
    struct dry_options *o = NULL;
    struct dry_buf error = {0};
    int fd = memfd_create("config", 0);
    dry_status st;

    check(fd >= 0 && (text.len == 0 || write(fd, text.ptr, text.len) == (ssize_t)text.len));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    st = dry_options_open(&o, &table, 2, argv, NULL, &error);
    check(dry_ok(st) ? error.len == 0 : error.len > 0);
    if (dry_ok(st))
        check(dry_ok(dry_options_dump(o, dump)));
    dry_options_close(o);
    dry_buf_fini(&error);
    close(fd);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dry_buf first = {0}, second = {0};

    if (dry_ok(take(dry_bytes_of(data, len), &first)))
        check(dry_ok(take(dry_buf_bytes(&first), &second)));
    dry_buf_fini(&first);
    dry_buf_fini(&second);
    return 0;
}
