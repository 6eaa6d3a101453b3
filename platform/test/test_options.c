/* One table gives values with the right precedence, complaints that help, and texts other programs
 * accept. */
#include <drystone/platform/files.h>
#include <drystone/platform/options.h>
#include <drystone/test.h>
#include <unistd.h>

enum { START = 1, IMPORT = 2, NEW = 4 };

static const struct dry_option options[] = {
    {.name = "config",
     .type = DRY_OPTION_PATH,
     .help = "Config file.",
     .flags = DRY_OPTION_FLAG_ONLY,
     .letter = 'c'},
    {.name = "http-port",
     .type = DRY_OPTION_U64,
     .fallback = "8545",
     .help = "Port of HTTP.",
     .group = "RPC",
     .key = "rpc.http_port",
     .value = "PORT",
     .max = 65535,
     .letter = 'p',
     .commands = START},
    {.name = "http-host",
     .type = DRY_OPTION_STRING,
     .fallback = "127.0.0.1",
     .help = "Address to bind.",
     .group = "RPC",
     .key = "rpc.http_host",
     .commands = START},
    {.name = "cache",
     .type = DRY_OPTION_SIZE,
     .fallback = "32MiB",
     .help = "Cache.",
     .key = "storage.cache",
     .min = 1 << 20,
     .max = 1ull << 40},
    {.name = "block-time",
     .type = DRY_OPTION_DURATION,
     .help = "Time between blocks.",
     .key = "block_time",
     .min = 100,
     .max = 3600000},
    {.name = "mine",
     .type = DRY_OPTION_BOOL,
     .fallback = "true",
     .help = "Make blocks.",
     .key = "mine"},
    {.name = "verbose",
     .type = DRY_OPTION_BOOL,
     .help = "Say more.",
     .key = "log.verbose",
     .letter = 'v'},
    {.name = "log-format",
     .type = DRY_OPTION_ENUM,
     .fallback = "text",
     .help = "Form of log lines.",
     .key = "log.format",
     .choices = "text|json|none"},
    {.name = "coinbase", .type = DRY_OPTION_ADDRESS, .help = "Fees go there.", .key = "coinbase"},
    {.name = "extra", .type = DRY_OPTION_HEX, .help = "Extra data.", .key = "extra", .max = 4},
    {.name = "api",
     .type = DRY_OPTION_LIST,
     .fallback = "eth,net",
     .help = "Namespaces.",
     .key = "rpc.api",
     .choices = "eth|net|debug|web3"},
    {.name = "mnemonic",
     .type = DRY_OPTION_STRING,
     .help = "It's \"secret\".",
     .key = "mnemonic",
     .flags = DRY_OPTION_SECRET},
};
static const struct dry_command commands[] = {
    {.name = "start", .bit = START, .help = "Run a node.\nMore words."},
    {.name = "import",
     .bit = IMPORT,
     .args = "FILE",
     .help = "Import blocks.",
     .args_min = 1,
     .args_max = 2},
    {.name = "account new", .bit = NEW, .help = "Make an account."},
    {.name = "account list", .bit = NEW, .help = "List accounts."},
    {.name = "version", .bit = 8, .help = "Show the version."},
};
static const struct dry_option_table table = {
    .program = "drystone",
    .about = "runs a chain",
    .options = options,
    .count = DRY_COUNT(options),
    .commands = commands,
    .command_count = DRY_COUNT(commands),
    .fallback_command = "start",
    .config_option = "config",
};

static char config_path[64];

static void write_config(const char *text, size_t len)
{
    snprintf(config_path, sizeof(config_path), "/tmp/drystone-options-%ld.yaml", (long)getpid());
    CHECK(dry_ok(dry_file_write_atomic(config_path, dry_bytes_of(text, len), 0600)));
}

static struct dry_buf error;

/* argv as one text of words; environment as one, too. */
static dry_status parse(struct dry_options **out, const char *words, const char *environment)
{
    static char copy[2][512];
    const char *argv[32], *env[32];
    uint32_t n = 0, m = 0;

    snprintf(copy[0], sizeof(copy[0]), "%s", words);
    snprintf(copy[1], sizeof(copy[1]), "%s", environment);
    for (char *rest = copy[0], *w = strsep(&rest, " "); w != NULL; w = strsep(&rest, " "))
        if (*w != '\0')
            argv[n++] = strcmp(w, "@") == 0 ? config_path : w;
    for (char *rest = copy[1], *w = strsep(&rest, " "); w != NULL; w = strsep(&rest, " "))
        if (*w != '\0')
            env[m++] = w;
    env[m] = NULL;
    dry_buf_fini(&error);
    return dry_options_open(out, &table, n, argv, env, &error);
}

static struct dry_options *parsed(const char *words, const char *environment)
{
    struct dry_options *o = NULL;
    dry_status st = parse(&o, words, environment);

    if (!dry_ok(st))
        print_error("%s: %.*s\n", words, (int)error.len, (const char *)error.ptr);
    CHECK_MSG(dry_ok(st), words);
    return o;
}

static void precedence(void **state)
{
    struct dry_options *o;

    (void)state;
    write_config(
        "rpc: {http_port: 3, http_host: file}\nstorage:\n  cache: 3MiB\nmine: no\n",
        sizeof("rpc: {http_port: 3, http_host: file}\nstorage:\n  cache: 3MiB\nmine: no\n") - 1);
    o = parsed("", "");
    CHECK(strcmp(dry_options_command(o)->name, "start") == 0);
    CHECK(dry_options_u64(o, "http-port") == 8545);
    CHECK(dry_options_origin(o, "http-port") == DRY_ORIGIN_DEFAULT);
    CHECK(!dry_options_has(o, "block-time") && dry_options_text(o, "coinbase") == NULL);
    CHECK(dry_options_u64(o, "cache") == 32 << 20 && dry_options_bool(o, "mine"));
    dry_options_close(o);

    o = parsed("start --http-port 1 -c @",
               "DRYSTONE_HTTP_PORT=2 DRYSTONE_HTTP_HOST=env DRYSTONE_EXTRA=");
    CHECK(dry_options_u64(o, "http-port") == 1);
    CHECK(dry_options_origin(o, "http-port") == DRY_ORIGIN_FLAG);
    CHECK(strcmp(dry_options_text(o, "http-host"), "env") == 0);
    CHECK(dry_options_origin(o, "http-host") == DRY_ORIGIN_ENVIRONMENT);
    CHECK(dry_options_u64(o, "cache") == 3 << 20);
    CHECK(dry_options_origin(o, "cache") == DRY_ORIGIN_FILE);
    CHECK(!dry_options_bool(o, "mine") && !dry_options_has(o, "extra"));
    dry_options_close(o);
}

static void forms(void **state)
{
    static const uint8_t cb[20] = {0xde, 0xad, [19] = 1};
    struct dry_options *o;
    struct dry_address a;

    (void)state;
    o = parsed("-p0x10 --no-mine -v --log-format=json --block-time 2 --api=debug --api eth,web3 "
               "--coinbase 0xdead000000000000000000000000000000000001 --extra 0x0aFF --mnemonic=",
               "");
    CHECK(dry_options_u64(o, "http-port") == 16 && !dry_options_bool(o, "mine"));
    CHECK(dry_options_bool(o, "verbose") && dry_options_enum(o, "log-format") == 1);
    CHECK(dry_options_u64(o, "block-time") == 2000);
    CHECK(dry_options_list_count(o, "api") == 3);
    CHECK(strcmp(dry_options_list(o, "api", 0), "debug") == 0);
    CHECK(strcmp(dry_options_list(o, "api", 2), "web3") == 0);
    a = dry_options_address(o, "coinbase");
    CHECK(memcmp(a.b, cb, 20) == 0);
    CHECK_BYTES(dry_options_hex(o, "extra"), dry_bytes_of("\x0a\xff", 2), "extra");
    CHECK(dry_options_has(o, "mnemonic") && *dry_options_text(o, "mnemonic") == '\0');
    dry_options_close(o);

    o = parsed("--cache=5GiB import a -- --b", "DRYSTONE_HTTP_PORT=no");
    CHECK(strcmp(dry_options_command(o)->name, "import") ==
          0); /* the port is none of its options */
    CHECK(dry_options_arg_count(o) == 2 && strcmp(dry_options_arg(o, 1), "--b") == 0);
    CHECK(dry_options_u64(o, "cache") == 5ull << 30);
    dry_options_close(o);
    o = parsed("account new --mine=off", "");
    CHECK(strcmp(dry_options_command(o)->name, "account new") == 0 && !dry_options_bool(o, "mine"));
    dry_options_close(o);
    o = parsed("help import", "");
    CHECK(dry_options_wants_help(o) && strcmp(dry_options_command(o)->name, "import") == 0);
    dry_options_close(o);
    o = parsed("help account", ""); /* one of several: the list of all helps */
    CHECK(dry_options_wants_help(o) && dry_options_command(o) == NULL);
    dry_options_close(o);
    o = parsed("--version", "");
    CHECK(strcmp(dry_options_command(o)->name, "version") == 0);
    dry_options_close(o);
}

/* Each complaint must hold these words: the option, the value, what would work. */
static void complaints(void **state)
{
    static const struct {
        const char *words, *env, *config, *want;
    } bad[] = {
        {"--http-prot 1", "", NULL, "unknown option \"http-prot\"; did you mean --http-port?"},
        {"--nonsense", "", NULL, "unknown option \"nonsense\"; see drystone --help"},
        {"-x", "", NULL, "unknown option \"-x\""},
        {"--http-port", "", NULL, "--http-port needs a value"},
        {"--http-port 65536", "", NULL,
         "--http-port: \"65536\" must be a whole number from 0 to 65535"},
        {"--http-port 1 --http-port 2", "", NULL, "--http-port is given twice"},
        {"--http-port -1", "", NULL, "\"-1\" must be"},
        {"--http-port 1x", "", NULL, "\"1x\" must be"},
        {"--http-port=", "", NULL, "\"\" must be"},
        {"--cache 12Q", "", NULL,
         "\"12Q\" must be a size like 64KiB, 16MiB or 2GiB from 1MiB to 1024GiB"},
        {"--cache 99999999999999TiB", "", NULL, "must be a size"},
        {"--block-time 1ms", "", NULL,
         "must be a duration like 500ms, 2s, 5m or 1h from 100ms to 1h"},
        {"--mine=maybe", "", NULL, "\"maybe\" must be true or false"},
        {"--no-http-port", "", NULL, "unknown option"},
        {"--log-format jsno", "", NULL, "\"jsno\" is none of text|json|none; did you mean json?"},
        {"--log-format x", "", NULL, "must be one of text|json|none"},
        {"--coinbase 0x12", "", NULL, "must be an address: 0x and 40 hexadecimal digits"},
        {"--extra 0x123", "", NULL, "an even number of hexadecimal digits, at most 8"},
        {"--extra 0x1122334455", "", NULL, "at most 8"},
        {"--extra 0xzz", "", NULL, "at most 8"},
        {"--api eht", "", NULL, "did you mean eth?"},
        {"strat", "", NULL, "unknown command \"strat\"; did you mean start?"},
        {"help nonsense", "", NULL, "unknown command \"nonsense\"; see drystone --help"},
        {"strat --help", "", NULL, "unknown command \"strat\"; did you mean start?"},
        {"account", "", NULL, "\"account\" needs a second word, as in drystone account new"},
        {"import", "", NULL, "drystone import needs FILE"},
        {"import a b c", "", NULL, "\"c\" is one argument too many"},
        {"import a -p 1", "", NULL, "--http-port is no option of import"},
        {"", "DRYSTONE_HTTP_PORT=x", NULL, "DRYSTONE_HTTP_PORT: \"x\" must be"},
        {"", "DRYSTONE_HTTP_PROT=1", NULL, "did you mean DRYSTONE_HTTP_PORT?"},
        {"-c /nowhere/x.yaml", "", NULL,
         "--config: cannot read the config file \"/nowhere/x.yaml\""},
        {"--extra \x1b[2J\n", "", NULL, "\"\\x1b[2J\\n\""}, /* ATTACKS 51 */
        {"-c @", "", "rpc:\n  http_prot: 1\n",
         ":2: unknown key \"rpc.http_prot\"; did you mean rpc.http_port?"},
        {"-c @", "", "http-port: 1\n",
         ":1: unknown key \"http-port\"; did you mean rpc.http_port?"},
        {"-c @", "", "rpc:\n  block-time: 1s\n",
         "unknown key \"rpc.block-time\"; did you mean block_time?"},
        {"-c @", "", "rcp:\n  http_port: 1\n", ":1: unknown key \"rcp\"; did you mean rpc?"},
        {"-c @", "", "rpc:\n  http_port: 70000\n", ":2: rpc.http_port: \"70000\" must be"},
        {"-c @", "", "mine: true\nmine: false\n", ":2: mine: given before, in line 1"},
        {"-c @", "", "mine: [true]\n", "takes no list"},
        {"-c @", "", "mine: {a: b}\n", "must be a plain value"},
        {"-c @", "", "rpc: 5\n", "is a section"},
        {"-c @", "", "- a\n", "a config file is a mapping"},
        {"-c @", "", "just words\n", "a config file is a mapping"},
        {"-c @", "", "a: &x [1]\nb: *x\n", "anchors"},
        {"-c @", "", "mine: !!bool true\n", "tags"},
        {"-c @", "", "mine: \"\n", "not YAML"},
        {"-c @", "", "rpc: {http_port: 1\n", "not YAML"},
        {"-c @", "", "\tmine: 1\n", "not YAML"},
        {"-p 1 -c @", "", "rpc: {http_port: zz}\n",
         "\"zz\" must be"}, /* checked though overridden */
        {"-c @", "", "rpc: {api: [eth, [net]]}\n", "a plain value belongs here"},
        {"-c @", "", "config: x\n", "unknown key"},
    };

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        struct dry_options *o = NULL;
        dry_status st;

        if (bad[i].config != NULL)
            write_config(bad[i].config, strlen(bad[i].config));
        st = parse(&o, bad[i].words, bad[i].env);
        CHECK_MSG(!dry_ok(st) && o == NULL, bad[i].want);
        CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
        if (strstr((char *)error.ptr, bad[i].want) == NULL)
            print_error("got: %s\n", (char *)error.ptr);
        CHECK_MSG(strstr((char *)error.ptr, bad[i].want) != NULL, bad[i].want);
    }
}

/* Good corners of YAML. */
static void files(void **state)
{
    static const char *const good[] = {"",       "# nothing\n", "---\n",    "~\n",
                                       "rpc:\n", "mine:\n",     "mine: ~\n"};
    struct dry_options *o;
    char deep[4000];

    (void)state;
    for (size_t i = 0; i < DRY_COUNT(good); i++) {
        write_config(good[i], strlen(good[i]));
        o = parsed("-c @", "");
        CHECK(dry_options_bool(o, "mine"));
        dry_options_close(o);
    }
    write_config("rpc.http_port: 9\nrpc:\n  api: []\n  http_host: 'it''s'\n",
                 sizeof("rpc.http_port: 9\nrpc:\n  api: []\n  http_host: 'it''s'\n") - 1);
    o = parsed("-c @", "");
    CHECK(dry_options_u64(o, "http-port") == 9 && dry_options_list_count(o, "api") == 0);
    CHECK(strcmp(dry_options_text(o, "http-host"), "it's") == 0);
    dry_options_close(o);
    o = NULL;
    memset(deep, '[', sizeof(deep)); /* far deeper than anything may be */
    write_config(deep, sizeof(deep));
    CHECK(!dry_ok(parse(&o, "-c @", "")));
    memset(deep, 0xff, sizeof(deep));
    write_config(deep, sizeof(deep));
    CHECK(!dry_ok(parse(&o, "-c @", "")));
    write_config("mine: tr\0ue\n", sizeof("mine: tr\0ue\n") - 1);
    CHECK(!dry_ok(parse(&o, "-c @", "")));
}

static const char *as_text(struct dry_buf *b)
{
    CHECK(dry_ok(dry_buf_append_byte(b, 0)));
    return (const char *)b->ptr;
}

/* The dump is a config file that gives the same values again. */
static void dump(void **state)
{
    struct dry_options *o = parsed("-p 7 --block-time 1500ms --mnemonic word --api eth,debug "
                                   "--coinbase 0x00000000000000000000000000000000000000aa",
                                   "DRYSTONE_CACHE=2MiB");
    struct dry_buf out = {0};
    const char *t;

    (void)state;
    CHECK(dry_ok(dry_options_dump(o, &out)));
    dry_options_close(o);
    write_config((const char *)out.ptr, out.len);
    t = as_text(&out);
    CHECK(strstr(t, "rpc:\n  http_port: 7  # flag\n") != NULL);
    CHECK(strstr(t, "  cache: 2MiB  # environment\n") != NULL);
    CHECK(strstr(t, "# extra:  # not set\n") != NULL);
    CHECK(strstr(t, "word") == NULL); /* the secret */
    o = parsed("-c @", "");
    CHECK(dry_options_u64(o, "http-port") == 7 && dry_options_u64(o, "block-time") == 1500);
    CHECK(dry_options_u64(o, "cache") == 2 << 20 && dry_options_list_count(o, "api") == 2);
    CHECK(dry_options_address(o, "coinbase").b[19] == 0xaa && dry_options_bool(o, "mine"));
    dry_options_close(o);
    dry_buf_fini(&out);
}

static void texts(void **state)
{
    struct dry_buf help = {0}, start = {0}, fish = {0}, man = {0};
    const char *t;

    (void)state;
    CHECK(dry_ok(dry_options_help(&table, NULL, &help)));
    t = as_text(&help);
    CHECK(strstr(t, "  start              Run a node. (when none is given)\n") != NULL);
    CHECK(dry_ok(dry_options_help(&table, &commands[0], &start)));
    t = as_text(&start);
    CHECK(strstr(t, "RPC:\n") != NULL && strstr(t, "  -p, --http-port PORT") != NULL);
    CHECK(strstr(t, "--[no-]mine") != NULL && strstr(t, "[8545]") != NULL);
    CHECK(dry_ok(dry_options_completions(&table, "fish", &fish)));
    CHECK(strstr(as_text(&fish), "-l log-format -x -d 'Form of log lines.' -a 'text json none'") !=
          NULL);
    CHECK(strstr((char *)fish.ptr, "-d 'It'\\''s \"secret\".'") != NULL);
    CHECK(dry_ok(dry_options_manual(&table, &man)));
    CHECK(strstr(as_text(&man), ".B \\-\\-http-port PORT\n") != NULL);
    CHECK(dry_options_completions(&table, "tcsh", &man).code == DRY_CODE_EINVAL);
    dry_buf_fini(&help);
    dry_buf_fini(&start);
    dry_buf_fini(&fish);
    dry_buf_fini(&man);
}

/* bash itself runs the completion. */
static void bash_completion(void **state)
{
    static const struct {
        const char *words, *want;
    } cases[] = {
        {"drystone st", "start\n"},
        {"drystone account ''", "new\nlist\n"},
        {"drystone start --http-p", "--http-port\n"},
        {"drystone start --log-format j", "json\n"},
        {"drystone import --http-p", ""},
        {"drystone --log-format text ver", "version\n"},
    };
    struct dry_buf script = {0};
    char command[512], got[512];

    (void)state;
    if (system("command -v bash >/dev/null") != 0)
        skip();
    CHECK(dry_ok(dry_options_completions(&table, "bash", &script)));
    write_config((const char *)script.ptr, script.len);
    dry_buf_fini(&script);
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        FILE *f;
        size_t n;

        snprintf(command, sizeof(command),
                 "bash -c 'set -e; source %s; COMP_WORDS=(%s); "
                 "COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _drystone || true; "
                 "for w in \"${COMPREPLY[@]}\"; do echo \"$w\"; done'",
                 config_path,
                 strcmp(cases[i].words, "drystone account ''") == 0 ? "drystone account \"\""
                                                                    : cases[i].words);
        f = popen(command, "r");
        CHECK(f != NULL);
        n = fread(got, 1, sizeof(got) - 1, f);
        got[n] = '\0';
        CHECK(pclose(f) == 0);
        if (strcmp(got, cases[i].want) != 0)
            print_error("%s: %s\n", cases[i].words, got);
        CHECK_MSG(strcmp(got, cases[i].want) == 0, cases[i].words);
    }
}

static void allocations(void **state)
{
    (void)state;
    write_config("rpc: {http_port: 3, api: [eth, net]}\n",
                 sizeof("rpc: {http_port: 3, api: [eth, net]}\n") - 1);
    TEST_EACH_ALLOC_FAILS({
        struct dry_options *o = NULL;
        struct dry_buf out = {0};
        dry_status st = parse(&o, "-c @ --extra 0x11 --htp 3", "DRYSTONE_CACHE=2MiB");

        CHECK(o == NULL);
        CHECK(st.code == DRY_CODE_EINVAL || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        st = parse(&o, "-c @ --extra 0x11", "DRYSTONE_CACHE=2MiB");
        if (dry_ok(st))
            st = dry_options_dump(o, &out);
        CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        dry_options_close(o);
        dry_buf_fini(&out);
    });
}

static int cleanup(void **state)
{
    (void)state;
    dry_buf_fini(&error);
    return unlink(config_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence),
        cmocka_unit_test(forms),
        cmocka_unit_test(complaints),
        cmocka_unit_test(files),
        cmocka_unit_test(dump),
        cmocka_unit_test(texts),
        cmocka_unit_test(bash_completion),
        cmocka_unit_test(allocations),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
