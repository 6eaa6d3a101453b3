/* options_check.c - values of options that fit their type and still make no sense. */
#include "options_check.h"
#include "report.h"
#include <arpa/inet.h>
#include <drystone/platform/log.h>
#include <string.h>

static const char *const log_layers[] = {"chain", "node", "rpc"};

/* The layer of one "layer=level" is one that writes to the log. */
static bool layer_known(const char *name, size_t len)
{
    for (size_t i = 0; i < DRY_COUNT(log_layers); i++)
        if (strlen(log_layers[i]) == len && memcmp(log_layers[i], name, len) == 0)
            return true;
    return false;
}

static dry_status log_level_check(const struct dry_options *o, struct dry_buf *error)
{
    const char *spec = dry_options_text(o, "log-level");
    struct dry_buf why = {0};
    struct dry_log log;
    dry_status st;

    dry_log_init(&log, 2, DRY_LOG_FORMAT_TEXT, NULL);
    st = dry_log_levels(&log, spec, &why);
    if (!dry_ok(st)) {
        dry_complain(error, "--log-level: ", "");
        (void)!dry_ok(dry_buf_append(error, dry_buf_bytes(&why)));
        st = st.code == DRY_CODE_EINVAL ? DRY_WRONG_USAGE : st;
    }
    dry_buf_fini(&why);
    for (const char *p = spec; dry_ok(st) && *p != '\0';) {
        size_t n = strcspn(p, ","), name = strcspn(p, "=,");

        if (name < n && !layer_known(p, name)) {
            dry_complain(error, "--log-level ", spec);
            dry_complain(error, ": only these layers write to the log: ", "");
            for (size_t i = 0; i < DRY_COUNT(log_layers); i++)
                dry_complain(error, i == 0 ? "" : ", ", log_layers[i]);
            st = DRY_WRONG_USAGE;
        }
        p += n + (p[n] == ',');
    }
    return st;
}

/* Names are for the resolver; what looks like an address must be one. */
static bool host_fits(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;

    if (*host == '\0')
        return false;
    if (strchr(host, ':') != NULL && strchr(host, '%') == NULL)
        return inet_pton(AF_INET6, host, &v6) == 1;
    return strspn(host, "0123456789.") != strlen(host) || inet_aton(host, &v4) != 0;
}

/* Each command has the options it takes; those it does not are unset. */
dry_status dry_options_check(const struct dry_options *o, struct dry_buf *error)
{
    const char *host = dry_options_text(o, "http-host");
    const char *driver = dry_options_text(o, "storage-driver");
    dry_status st = log_level_check(o, error);

    if (dry_ok(st) && driver != NULL && strcmp(driver, "memory") != 0 &&
        !dry_options_has(o, "datadir")) {
        dry_complain(error, "--storage-driver ", driver);
        dry_complain(error, " wants a directory: add --datadir DIR", "");
        st = DRY_WRONG_USAGE;
    }
    if (dry_ok(st) && host != NULL && !host_fits(host)) {
        dry_complain(error, "--http-host ", host);
        dry_complain(error,
                     ": no address; 127.0.0.1 is for this machine alone, 0.0.0.0 for whoever "
                     "reaches it",
                     "");
        st = DRY_WRONG_USAGE;
    }
    return st;
}
