/* Names and texts of status codes and verdicts. */
#include <drystone/common/status.h>
#include <drystone/common/verdict.h>

static const char *const code_names[] = {
#define X(name, text) #name,
    DRY_STATUS_CODES(X)
#undef X
};
static const char *const code_texts[] = {
#define X(name, text) text,
    DRY_STATUS_CODES(X)
#undef X
};
static const char *const verdict_names[] = {
#define X(name, text) #name,
    DRY_VERDICTS(X)
#undef X
};
static const char *const verdict_texts[] = {
#define X(name, text) text,
    DRY_VERDICTS(X)
#undef X
};

const char *dry_code_name(enum dry_code code)
{
    DRY_ASSERT((unsigned)code < DRY_COUNT(code_names));
    return code_names[code];
}

const char *dry_status_text(dry_status st)
{
    DRY_ASSERT((unsigned)st.code < DRY_COUNT(code_texts));
    return st.text != NULL ? st.text : code_texts[st.code];
}

const char *dry_verdict_name(enum dry_verdict v)
{
    DRY_ASSERT((unsigned)v < DRY_COUNT(verdict_names));
    return verdict_names[v];
}

const char *dry_verdict_text(enum dry_verdict v)
{
    DRY_ASSERT((unsigned)v < DRY_COUNT(verdict_texts));
    return verdict_texts[v];
}
