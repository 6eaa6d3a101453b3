/* password.c - a file, the environment, or the terminal without echo. */
#include "password.h"
#include <drystone/platform/files.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

/* --- the terminal, silent while it is asked --- */

/* What ends or stops the process by default; the last one comes back. */
static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
static volatile sig_atomic_t caught; /* signals are of the process, so this is too */

struct silence {
    int tty;
    struct termios loud;
    sigset_t mask;
    struct sigaction actions[DRY_COUNT(watched)];
};

static void on_signal(int signum)
{
    caught = signum;
}

/* From here on watched signals are let in by line_read() alone, and wait for silence_end(). */
static bool silence_begin(struct silence *s, int tty)
{
    struct sigaction note = {.sa_handler = on_signal};
    struct termios quiet;
    sigset_t held;

    s->tty = tty;
    if (tcgetattr(tty, &s->loud) != 0)
        return false;
    sigemptyset(&note.sa_mask);
    sigemptyset(&held);
    for (size_t i = 0; i < DRY_COUNT(watched); i++)
        sigaddset(&held, watched[i]);
    (void)pthread_sigmask(SIG_BLOCK, &held, &s->mask);
    caught = 0;
    for (size_t i = 0; i < DRY_COUNT(watched); i++) {
        (void)sigaction(watched[i], &note, &s->actions[i]);
        if (s->actions[i].sa_handler == SIG_IGN)
            (void)sigaction(watched[i], &s->actions[i], NULL);
    }
    quiet = s->loud;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(tty, TCSAFLUSH, &quiet);
    return true;
}

static void silence_end(struct silence *s)
{
    (void)tcsetattr(s->tty, TCSAFLUSH, &s->loud);
    for (size_t i = 0; i < DRY_COUNT(watched); i++)
        (void)sigaction(watched[i], &s->actions[i], NULL);
    (void)pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
}

/* One line; false at the end of input, when it is too long, or when a signal came. */
static bool line_read(const struct silence *s, uint8_t line[DRY_PASSWORD_BYTES_MAX], size_t *len)
{
    struct pollfd ready = {.fd = s->tty, .events = POLLIN};

    *len = 0;
    for (;;) {
        uint8_t c;

        if (ppoll(&ready, 1, NULL, &s->mask) != 1) {
            if (errno == EINTR && caught == 0)
                continue;
            return false;
        }
        if (read(s->tty, &c, 1) != 1)
            return false;
        if (c == '\n')
            return true;
        if (*len == DRY_PASSWORD_BYTES_MAX)
            return false;
        line[(*len)++] = c;
    }
}

static dry_status ask(struct dry_buf *out, int tty, bool fresh, struct dry_buf *error)
{
    uint8_t first[DRY_PASSWORD_BYTES_MAX], second[DRY_PASSWORD_BYTES_MAX];
    size_t first_len = 0, second_len = 0;
    struct silence silence;
    bool read_it;
    dry_status st;

    if (!silence_begin(&silence, tty))
        return complain(error, "the terminal cannot be read", "");
    say(tty, "Password: ");
    read_it = line_read(&silence, first, &first_len);
    say(tty, "\n");
    if (read_it && fresh) {
        say(tty, "Again:    ");
        read_it = line_read(&silence, second, &second_len);
        say(tty, "\n");
    }
    silence_end(&silence);
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

/* Ask; a signal that came meanwhile has its effect when the terminal is as it was. */
static dry_status from_terminal(struct dry_buf *out, int tty, bool fresh, struct dry_buf *error)
{
    size_t start = error->len;

    for (;;) {
        dry_status st = ask(out, tty, fresh, error);
        int signum = caught;

        if (dry_ok(st) || signum == 0)
            return st;
        (void)raise(signum);
        if (signum != SIGTSTP)
            return st; /* somebody else handles it */
        error->len = start;
    }
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
