/* drystone: the program. A sub-command by name. */
#include "commands.h"
#include "mnemonic.h"
#include "options_check.h"
#include "options_table.h"
#include "report.h"
#include "version.h"
#include <stdio.h>
#include <unistd.h>

static int print(struct dry_buf *text, dry_status st, int code)
{
    if (dry_ok(st))
        (void)fwrite(text->ptr, 1, text->len, code == 0 ? stdout : stderr);
    else
        (void)fprintf(stderr, "drystone: %s\n", dry_status_text(st));
    dry_buf_fini(text);
    return dry_ok(st) ? code : 1;
}

static int completions(const struct dry_options *o)
{
    struct dry_buf text = {0};
    dry_status st = dry_options_completions(&dry_options_table, dry_options_arg(o, 0), &text);

    if (st.code == DRY_CODE_EINVAL) {
        (void)fprintf(stderr, "drystone: completions are there for bash, zsh and fish\n");
        return 2;
    }
    return print(&text, st, 0);
}

static const struct {
    uint64_t bit;
    int (*run)(const struct dry_options *options);
} full[] = {
    {DRY_CMD_START, dry_cmd_start},
    {DRY_CMD_INIT, dry_cmd_init},
    {DRY_CMD_IMPORT, dry_cmd_import},
    {DRY_CMD_EXPORT, dry_cmd_export},
    {DRY_CMD_KEY_GEN, dry_cmd_key_gen},
    {DRY_CMD_ACCOUNT_NEW, dry_cmd_account_new},
    {DRY_CMD_ACCOUNT_LIST, dry_cmd_account_list},
    {DRY_CMD_ACCOUNT_IMPORT, dry_cmd_account_import},
    {DRY_CMD_ACCOUNT_EXPORT, dry_cmd_account_export},
    {DRY_CMD_EVM_RUN, dry_cmd_evm_run},
    {DRY_CMD_EVM_BENCH, dry_cmd_evm_bench},
    {DRY_CMD_STATETEST, dry_cmd_statetest},
    {DRY_CMD_BLOCKTEST, dry_cmd_blocktest},
    {DRY_CMD_TXTEST, dry_cmd_txtest},
    {DRY_CMD_COMPLETIONS, completions},
};

static int config_check(const struct dry_options *o)
{
    struct dry_buf text = {0}, error = {0};
    dry_status st = dry_options_check(o, &error);

    if (dry_ok(st))
        st = dry_mnemonic_option_check(o, &error);
    if (!dry_ok(st))
        return dry_report(&error, st);
    dry_buf_fini(&error);
    return print(&text, dry_buf_append_text(&text, "the configuration is valid\n"), 0);
}

static int run(const struct dry_options *o)
{
    const struct dry_command *command = dry_options_command(o);
    struct dry_buf text = {0};

    if (dry_options_wants_help(o) || command == NULL)
        return print(&text, dry_options_help(&dry_options_table, command, &text),
                     dry_options_wants_help(o) ? 0 : 2);
    for (size_t i = 0; i < DRY_COUNT(full); i++)
        if (full[i].bit == command->bit)
            return full[i].run(o);
    switch (command->bit) {
    case DRY_CMD_CONFIG_DUMP:
        return print(&text, dry_options_dump(o, &text), 0);
    case DRY_CMD_CONFIG_CHECK:
        return config_check(o);
    case DRY_CMD_VERSION:
        return print(&text, dry_buf_append_text(&text, "drystone " DRY_VERSION "\n"), 0);
    case DRY_CMD_MANUAL:
        return print(&text, dry_options_manual(&dry_options_table, &text), 0);
    }
    return 2;
}

int main(int argc, char **argv)
{
    struct dry_options *options = NULL;
    struct dry_buf error = {0};
    dry_status st;
    int code;

    st = dry_options_open(&options, &dry_options_table, (uint32_t)(argc - 1),
                          (const char *const *)argv + 1, (const char *const *)environ, &error);
    if (!dry_ok(st)) {
        (void)fprintf(stderr, "%.*s\n", (int)error.len, (const char *)error.ptr);
        code = st.code == DRY_CODE_EINVAL ? 2 : 1;
    } else {
        code = run(options);
    }
    dry_options_close(options);
    dry_buf_fini(&error);
    return code;
}
