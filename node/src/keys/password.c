/* password.c - a file, the environment, or the terminal without echo. */
#include "password.h"
#include <drystone/platform/files.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define VARIABLE "DRYSTONE_PASSWORD"

static dry_status complain(struct dry_buf *error, const char *a, const char *b)
{
    dry_status st = dry_buf_append_text(error, a);

    if (dry_ok(st))
        st = dry_buf_append_text(error, b);
    return dry_ok(st) ? DRY_EINVAL : st;
}

static dry_status from_file(struct dry_buf *out, const char *file, struct dry_buf *error)
{
    struct dry_buf text = {0};
    dry_status st = dry_file_read(&text, file, DRY_PASSWORD_BYTES_MAX);
    size_t n = 0;

    if (dry_ok(st)) {
        while (n < text.len && text.ptr[n] != '\n' && text.ptr[n] != '\r')
            n++;
        st = dry_buf_append(out, dry_bytes_of(text.ptr, n));
    } else if (dry_ok(dry_buf_append_text(error, "--password-file "))) {
        (void)complain(error, file, ": ");
        (void)complain(error, dry_status_text(st), "");
    }
    if (text.ptr != NULL)
        dry_wipe(text.ptr, text.len);
    dry_buf_fini(&text);
    return st;
}

static void say(int tty, const char *text)
{
    (void)!write(tty, text, strlen(text));
}

/* One line; false at the end of input, or when it is too long. */
static bool line_read(int tty, uint8_t line[DRY_PASSWORD_BYTES_MAX], size_t *len)
{
    *len = 0;
    for (;;) {
        uint8_t c;

        if (read(tty, &c, 1) != 1)
            return false;
        if (c == '\n')
            return true;
        if (*len == DRY_PASSWORD_BYTES_MAX)
            return false;
        line[(*len)++] = c;
    }
}

static dry_status from_terminal(struct dry_buf *out, int tty, bool fresh, struct dry_buf *error)
{
    uint8_t first[DRY_PASSWORD_BYTES_MAX], second[DRY_PASSWORD_BYTES_MAX];
    size_t first_len = 0, second_len = 0;
    struct termios loud, quiet;
    bool read_it;
    dry_status st;

    if (tcgetattr(tty, &loud) != 0)
        return complain(error, "the terminal cannot be read", "");
    quiet = loud;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(tty, TCSAFLUSH, &quiet);
    say(tty, "Password: ");
    read_it = line_read(tty, first, &first_len);
    say(tty, "\n");
    if (read_it && fresh) {
        say(tty, "Again:    ");
        read_it = line_read(tty, second, &second_len);
        say(tty, "\n");
    }
    (void)tcsetattr(tty, TCSAFLUSH, &loud);
    if (!read_it)
        st = complain(error, "no password was given", "");
    else if (fresh && (first_len != second_len || !dry_ct_equal(first, second, first_len)))
        st = complain(error, "the two passwords differ", "");
    else
        st = dry_buf_append(out, dry_bytes_of(first, first_len));
    dry_wipe(first, sizeof(first));
    dry_wipe(second, sizeof(second));
    return st;
}

dry_status dry_password_read(struct dry_buf *out, const char *file, bool fresh,
                             struct dry_buf *error)
{
    const char *variable = getenv(VARIABLE);
    dry_status st;
    int tty;

    if (file != NULL)
        return from_file(out, file, error);
    if (variable != NULL)
        return dry_buf_append_text(out, variable);
    tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return complain(error, "a password is needed: --password-file FILE or the variable ",
                        VARIABLE);
    st = from_terminal(out, tty, fresh, error);
    (void)close(tty);
    return st;
}
