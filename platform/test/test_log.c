/* A log line is one line whatever stands in it (ATTACKS 51), JSON lines are JSON, levels are per
 * layer. */
#include <drystone/platform/json.h>
#include <drystone/platform/log.h>
#include <drystone/platform/system.h>
#include <drystone/test.h>
#include <fcntl.h>
#include <unistd.h>

static uint64_t fixed_ms(struct dry_clock *c)
{
    (void)c;
    return 1700000000123;
}
static const struct dry_clock_ops fixed_ops = {"fixed", fixed_ms, fixed_ms};
static struct dry_clock fixed = {&fixed_ops};

static int fds[2];
static char got[65536];

static void begin(struct dry_log *log, enum dry_log_format format)
{
    CHECK(pipe(fds) == 0);
    CHECK(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    dry_log_init(log, fds[1], format, &fixed);
}

static const char *end(void)
{
    ssize_t n = read(fds[0], got, sizeof(got) - 1);

    got[n > 0 ? n : 0] = '\0';
    return got;
}

static void finish(void)
{
    close(fds[0]);
    close(fds[1]);
}

static void text_lines(void **state)
{
    struct dry_log log;

    (void)state;
    begin(&log, DRY_LOG_FORMAT_TEXT);
    DRY_LOG(&log, INFO, "rpc", "listening");
    CHECK(strcmp(end(), "2023-11-14 22:13:20.123 INFO  rpc       listening\n") == 0);
    DRY_LOG(&log, WARN, "chain", "odd", DRY_FIELD_U64("n", 7), DRY_FIELD_I64("i", -7),
            DRY_FIELD_BOOL("b", true), DRY_FIELD_HEX("h", (const uint8_t *)"\x01\xff", 2),
            DRY_FIELD_STR("s", "two words"), DRY_FIELD_STR("t", "bare"), DRY_FIELD_STR("e", ""),
            DRY_FIELD_MS("took", 1234567), DRY_FIELD_STATUS("why", DRY_ENOMEM));
    CHECK(strcmp(end(), "2023-11-14 22:13:20.123 WARN  chain     odd n=7 i=-7 b=true h=0x01ff "
                        "s=\"two words\" t=bare e=\"\" took=1.234ms why=\"out of memory\"\n") == 0);
    log.format = DRY_LOG_FORMAT_COLOR;
    DRY_LOG(&log, ERROR, "rpc", "x", DRY_FIELD_U64("n", 1));
    CHECK(strstr(end(), "\x1b[31mERROR\x1b[0m rpc       x \x1b[2mn=\x1b[0m1\n") != NULL);
    finish();
}

/* What a peer may send as its name. */
static const char evil[] = "a\nINFO fake\r\t\x1b[2J\x1b]0;title\x07\x7f\"\\ %n%s = "
                           "\xc2\x9b\xe2\x80\xae\xff\xc0\xaf\xf0\x9f\x98\x80";

static void injection(void **state)
{
    struct dry_log log;
    const char *line;

    (void)state;
    begin(&log, DRY_LOG_FORMAT_TEXT);
    DRY_LOG(&log, INFO, "net", "peer", DRY_FIELD_STR("agent", evil), DRY_FIELD_U64("n", 1));
    line = end();
    CHECK(strstr(line, " agent=\"a\\nINFO fake\\r\\t\\x1b[2J\\x1b]0;title\\x07\\x7f\\\"\\\\ %n%s = "
                       "\\u{9b}\\u{202e}\\xff\\xc0\\xaf\xf0\x9f\x98\x80\" n=1\n") != NULL);
    for (size_t i = 0; i + 1 < strlen(line); i++)
        CHECK((uint8_t)line[i] >= 0x20 && line[i] != 0x7f);
    log.format = DRY_LOG_FORMAT_JSON;
    DRY_LOG(&log, INFO, "net", "peer", DRY_FIELD_TEXT("agent", dry_bytes_of(evil, sizeof(evil))),
            DRY_FIELD_HEX("h", NULL, 0), DRY_FIELD_MS("took", 5), DRY_FIELD_BOOL("no", false));
    line = end();
    {
        struct dry_arena a = {0};
        struct dry_json doc;
        struct dry_json_value v;
        struct dry_bytes b;

        CHECK(strchr(line, '\n') == line + strlen(line) - 1);
        CHECK(dry_ok(dry_json_read(&doc, NULL, dry_bytes_of(line, strlen(line)), NULL, &a)));
        CHECK(dry_json_get(dry_json_root(&doc), "agent", &v));
        CHECK(dry_ok(dry_json_string(v, &b, NULL, &a)) && memcmp(b.ptr, evil, 20) == 0);
        CHECK(dry_json_count(dry_json_root(&doc)) == 8);
        dry_arena_fini(&a);
    }
    finish();
}

/* Long values are cut, too many fields left out; JSON stays JSON. */
static void long_lines(void **state)
{
    struct dry_log log;
    static char big[100000];
    const char *line;
    struct dry_arena a = {0};
    struct dry_json doc;
    struct dry_json_value v;
    static const enum dry_log_format formats[] = {DRY_LOG_FORMAT_TEXT, DRY_LOG_FORMAT_JSON};

    (void)state;
    for (int fill = 0; fill < 2; fill++) {
        memset(big, fill ? '\x01' : 'x', sizeof(big) - 1);
        for (size_t i = 0; i < DRY_COUNT(formats); i++) {
            begin(&log, formats[i]);
            DRY_LOG(&log, INFO, "a", "m", DRY_FIELD_STR("1", big), DRY_FIELD_STR("2", big),
                    DRY_FIELD_STR("3", big), DRY_FIELD_STR("4", big), DRY_FIELD_STR("5", big),
                    DRY_FIELD_HEX("6", (const uint8_t *)big, sizeof(big)), DRY_FIELD_STR("7", big),
                    DRY_FIELD_STR("8", big), DRY_FIELD_STR("9", big), DRY_FIELD_U64("last", 5));
            line = end();
            CHECK(strlen(line) <= DRY_LOG_LINE_MAX && line[strlen(line) - 1] == '\n');
            CHECK(strstr(line, "last") != NULL && strstr(line, "truncated") != NULL);
            if (formats[i] == DRY_LOG_FORMAT_JSON) {
                CHECK(
                    dry_ok(dry_json_read(&doc, NULL, dry_bytes_of(line, strlen(line)), NULL, &a)));
                CHECK(dry_json_get(dry_json_root(&doc), "truncated", &v));
            }
            finish();
        }
    }
    dry_arena_fini(&a);
}

static unsigned evaluated;
static uint64_t count(void)
{
    return ++evaluated;
}

static void levels(void **state)
{
    struct dry_log log;
    struct dry_buf error = {0};
    static const char *const bad[] = {"",
                                      "loud",
                                      "info,",
                                      "rpc=",
                                      "=info",
                                      "rpc=loud",
                                      "info,,warn",
                                      "averyveryverylongname=info",
                                      "rpc=info=debug",
                                      "\x1b[2J"};

    (void)state;
    begin(&log, DRY_LOG_FORMAT_TEXT);
    DRY_LOG(&log, DEBUG, "rpc", "no", DRY_FIELD_U64("n", count()));
    CHECK(evaluated == 0 && *end() == '\0');
    CHECK(dry_ok(dry_log_levels(&log, "warn,rpc=debug,chain=off", NULL)));
    CHECK(dry_log_on(&log, DRY_LOG_DEBUG, "rpc") && !dry_log_on(&log, DRY_LOG_TRACE, "rpc"));
    CHECK(!dry_log_on(&log, DRY_LOG_ERROR, "chain"));
    CHECK(dry_log_on(&log, DRY_LOG_WARN, "net") && !dry_log_on(&log, DRY_LOG_INFO, "net"));
    DRY_LOG(&log, DEBUG, "rpc", "yes", DRY_FIELD_U64("n", count()));
    CHECK(evaluated == 1 && strstr(end(), "yes n=1") != NULL);
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        error.len = 0;
        CHECK_MSG(dry_log_levels(&log, bad[i], &error).code == DRY_CODE_EINVAL, bad[i]);
        CHECK(error.len > 0 && memchr(error.ptr, 0x1b, error.len) == NULL);
    }
    CHECK(dry_log_on(&log, DRY_LOG_DEBUG, "rpc")); /* unchanged */
    CHECK(dry_ok(dry_log_levels(&log, "off", NULL)));
    CHECK(dry_ok(dry_log_levels(&log, "rpc=off", NULL)));
    DRY_LOG(NULL, ERROR, "rpc", "nowhere");
    dry_buf_fini(&error);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines),
        cmocka_unit_test(injection),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
