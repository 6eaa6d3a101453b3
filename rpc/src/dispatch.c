/* dispatch.c - from the bytes of a request to its answer. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <drystone/common/clock.h>
#include <stdarg.h>
#include <stdio.h>

#define ERROR_TEXT_MAX 1024u
#define RESPONSE_BYTES_MIN 512u
#define PLACE_BATCH_MAX 16u /* quick calls answered in place; longer batches go to a worker */
#define PLACE_BYTES_MAX (64u << 10) /* longer requests are for a worker, from reading them on */
#define TOKENS_MAX (1u << 19)       /* JSON values of a request */
#define BATCH_TIMES 6u              /* all calls of a request may take as long as so many */
#define LOOP_NS 10000000u           /* of one request's on the loop, then others have it */

/* --- failing --- */

static dry_status failed(void)
{
    return DRY_STATUS(EINVAL, "the call failed");
}

dry_status dry__call_fail(struct dry__call *c, int code, const char *text)
{
    struct dry_bytes copy;

    c->code = code;
    c->error = dry_ok(dry_arena_copy(c->arena, &copy, dry_bytes_of(text, strlen(text))))
                   ? copy
                   : DRY_BYTES_LIT("out of memory");
    return failed();
}

dry_status dry__call_failf(struct dry__call *c, int code, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return dry__call_fail(c, code, text);
}

dry_status dry__call_fail_status(struct dry__call *c, dry_status st)
{
    if (c->code != 0)
        return st; /* told already */
    return dry__call_fail(c, DRY__RPC_INTERNAL, dry_status_text(st));
}

/* --- request objects --- */

dry_status dry__request_open(struct dry__request **out, struct dry_rpc *rpc, size_t head,
                             void (*done)(struct dry__request *r))
{
    struct dry__request *r = dry_alloc(sizeof(*r));
    dry_status st;

    if (r == NULL)
        return DRY_ENOMEM;
    r->rpc = rpc;
    r->head = head;
    r->done = done;
    r->body.max = rpc->limits.body_bytes_max;
    r->out.max = rpc->limits.response_bytes_max + head;
    st = dry_buf_reserve(&r->out, head + RESPONSE_BYTES_MIN);
    if (!dry_ok(st)) {
        dry_free(r);
        return st;
    }
    dry__request_reset(r);
    *out = r;
    return DRY_OK;
}

void dry__request_reset(struct dry__request *r)
{
    dry_arena_reset(&r->arena);
    r->body.len = 0;
    memset(r->out.ptr, 0, r->head);
    r->out.len = r->head;
    r->unread = r->batch = r->went = r->kept = r->begun = r->alone = false;
    r->abandoned = &r->alone;
    r->own = (struct dry__lane){0};
    r->lane = &r->own;
    r->in_turn = r->looping = false;
    r->spent_ns = 0;
    r->turn_bytes = 0;
    r->place = DRY__PLACE;
    r->count = r->next = 0;
    r->session = NULL;
    r->connection = NULL;
    r->following = NULL;
}

void dry__request_close(struct dry__request *r)
{
    if (r == NULL)
        return;
    dry_arena_fini(&r->arena);
    dry_buf_fini(&r->body);
    dry_buf_fini(&r->out);
    dry_free(r);
}

/* --- writing answers --- */

static void write_error(struct dry_json_writer *w, int code, struct dry_bytes text,
                        struct dry_bytes data)
{
    dry_json_key(w, "error");
    dry_json_object_begin(w);
    dry_json_key(w, "code");
    dry_json_write_i64(w, code);
    dry_json_key(w, "message");
    dry_json_write_text(w, text);
    if (data.len != 0) {
        dry_json_key(w, "data");
        dry_json_write_raw(w, data);
    }
    dry_json_object_end(w);
}

static void write_envelope(struct dry_json_writer *w, const struct dry__call *c)
{
    dry_json_object_begin(w);
    dry_json_key(w, "jsonrpc");
    dry_json_write_str(w, "2.0");
    dry_json_key(w, "id");
    if (c != NULL && c->has_id)
        dry_json_write_raw(w, dry_json_source(c->id));
    else
        dry_json_write_null(w);
}

/* An answer that holds nothing but an error, for requests that are none. */
void dry__request_refuse(struct dry__request *r, int code, const char *text)
{
    struct dry_json_writer w;

    r->out.len = r->head;
    dry_json_begin(&w, &r->out);
    write_envelope(&w, NULL);
    write_error(&w, code, dry_bytes_of(text, strlen(text)), DRY_BYTES_EMPTY);
    dry_json_object_end(&w);
    if (!dry_ok(dry_json_end(&w)))
        r->out.len = r->head;
}

void dry__request_replace(struct dry__request *r, int code, const char *text)
{
    dry_buf_release(&r->out);
    if (!dry_ok(dry_buf_reserve(&r->out, r->head + RESPONSE_BYTES_MIN)))
        return;
    memset(r->out.ptr, 0, r->head);
    dry__request_refuse(r, code, text);
}

enum answered {
    ANSWERED,
    ELSEWHERE, /* it is to go on elsewhere, or later */
    NO_ROOM,   /* not even an error fits */
};

/* Run one call and append its answer. What a failed method wrote is taken back. */
static enum answered call_answer(struct dry__call *c, struct dry_json_writer *w)
{
    struct dry_json_writer before = *w;
    size_t len = w->out->len;
    dry_status st;

    if (c->code == 0) {
        write_envelope(w, c);
        dry_json_key(w, "result");
        st = c->method->run(c, w);
        if (c->moved || c->parked) {
            w->out->len = len;
            return ELSEWHERE;
        }
        dry_json_object_end(w);
        if (c->code == 0 && dry_json_end(w).code == DRY_CODE_ELIMIT)
            (void)dry__call_fail(c, DRY__RPC_LIMIT,
                                 "the response is too large (--rpc-response-max)");
        if (dry_ok(st))
            st = dry_json_end(w);
        if (!dry_ok(st))
            (void)dry__call_fail_status(c, st);
        if (c->code != 0) {
            w->out->len = len;
            *w = before;
        }
    }
    if (c->code != 0) {
        write_envelope(w, c);
        write_error(w, c->code, c->error, c->data);
        dry_json_object_end(w);
    }
    dry__count_call(c);
    if (c->notify) { /* no answer to what has no id */
        w->out->len = len;
        *w = before;
    }
    return dry_ok(dry_json_end(w)) ? ANSWERED : NO_ROOM;
}

static enum answered next_answer(struct dry__request *r)
{
    struct dry_json_writer w;

    dry_json_begin(&w, &r->out);
    w.comma = r->out.len > r->head + 1;
    return call_answer(&r->calls[r->next], &w);
}

/* The whole answer gives way to one error. */
static void answer_replace(struct dry__request *r, const char *text)
{
    r->batch = false;
    dry__request_replace(r, DRY__RPC_LIMIT, text);
}

/* The answer is complete. */
static void request_finish(struct dry__request *r)
{
    struct dry_rpc *rpc = r->rpc;
    bool went = r->went;

    for (uint32_t i = 0; i < r->count; i++)
        if (r->calls[i].state != NULL && (r->calls[i].method->flags & DRY__SUBMIT) != 0)
            dry__submit_drop(&r->calls[i]);
    if (r->batch) {
        if (r->out.len <= r->head + 1)
            r->out.len = r->head; /* notifications alone: no answer */
        else if (!dry_ok(dry_buf_append_byte(&r->out, ']')))
            answer_replace(r, "the response is too large (--rpc-response-max)");
    }
    dry__count_end(r);
    dry__turn_leave(r);
    dry__loop_leave(r);
    r->done(r);
    if (went) {
        dry_mutex_lock(&rpc->lock);
        rpc->under_way--;
        dry_mutex_unlock(&rpc->lock);
    }
}

/* --- reading the envelope --- */

static void call_refuse(struct dry__call *c, int code, const char *text)
{
    (void)dry__call_fail(c, code, text);
}

static void call_read(struct dry__request *r, struct dry__call *c, struct dry_json_value v)
{
    struct dry_json_value m;
    struct dry_bytes name;

    *c = (struct dry__call){.rpc = r->rpc, .request = r, .arena = &r->arena};
    if (dry_json_type(v) != DRY_JSON_OBJECT) {
        call_refuse(c, DRY__RPC_REQUEST, "invalid request");
        return;
    }
    if (dry_json_get(v, "id", &m)) {
        enum dry_json_type t = dry_json_type(m);
        c->has_id = t == DRY_JSON_NUMBER || t == DRY_JSON_STRING || t == DRY_JSON_NULL;
        c->id = m;
        if (!c->has_id) {
            call_refuse(c, DRY__RPC_REQUEST, "invalid request: id must be a number or text");
            return;
        }
    }
    if (!dry_json_get(v, "method", &m) || dry_json_type(m) != DRY_JSON_STRING ||
        !dry_ok(dry_json_string(m, &name, NULL, &r->arena))) {
        call_refuse(c, DRY__RPC_REQUEST, "invalid request: no method");
        return;
    }
    c->notify = !c->has_id;
    c->has_params = dry_json_get(v, "params", &c->params) && !dry_json_is_null(c->params);
    if (c->has_params && dry_json_type(c->params) != DRY_JSON_ARRAY) {
        call_refuse(c, DRY__RPC_PARAMS, "non-array args");
        return;
    }
    c->method = dry__method_find(name);
    c->where = c->method != NULL ? c->method->where : DRY__PLACE;
    if (c->method == NULL)
        (void)dry__call_failf(c, DRY__RPC_METHOD, "the method %.*s does not exist/is not available",
                              (int)(name.len < 128 ? name.len : 128), (const char *)name.ptr);
    else if ((c->method->flags & DRY__DEV) != 0 && !r->rpc->set.dev_methods)
        (void)dry__call_failf(c, DRY__RPC_METHOD,
                              "the method %s is not available: it is for dev chains alone",
                              c->method->name);
    else if ((c->method->flags & DRY__SESSION) != 0 && r->session == NULL)
        (void)dry__call_fail(c, DRY__RPC_METHOD, "notifications not supported: use the WebSocket");
    else if (c->has_params && dry_json_count(c->params) > c->method->params_max)
        (void)dry__call_failf(c, DRY__RPC_PARAMS, "too many arguments, want at most %u",
                              c->method->params_max);
}

static dry_status calls_read(struct dry__request *r)
{
    struct dry_json_value root = dry_json_root(&r->doc), v;
    struct dry_json_iter it = {0};

    r->batch = dry_json_type(root) == DRY_JSON_ARRAY;
    r->count = r->batch ? dry_json_count(root) : 1;
    if (r->batch && r->count == 0) {
        dry__request_refuse(r, DRY__RPC_REQUEST, "empty batch");
        return failed();
    }
    if (r->count > r->rpc->limits.batch_max) {
        dry__request_refuse(r, DRY__RPC_REQUEST, "batch too large (--rpc-batch-max)");
        return failed();
    }
    r->calls = dry_arena_alloc(&r->arena, r->count * sizeof(*r->calls));
    if (r->calls == NULL) {
        dry__request_refuse(r, DRY__RPC_INTERNAL, "out of memory");
        return failed();
    }
    if (!r->batch)
        call_read(r, &r->calls[0], root);
    for (uint32_t i = 0; r->batch && dry_json_next(root, &it, NULL, &v); i++)
        call_read(r, &r->calls[i], v);
    return DRY_OK;
}

/* Parse the body, and the calls in it. False: there is none, and the answer says why. */
static bool request_read(struct dry__request *r)
{
    struct dry_json_limits limits = {.depth_max = 64, .tokens_max = TOKENS_MAX};
    dry_status st = dry_json_read(&r->doc, NULL, dry_buf_bytes(&r->body), &limits, &r->arena);

    r->unread = false;
    if (!dry_ok(st)) {
        dry__request_refuse(r, DRY__RPC_PARSE,
                            st.text != NULL ? st.text : "parse error: not valid JSON");
        return false;
    }
    st = calls_read(r);
    if (dry_ok(st) && r->batch && !dry_ok(dry_buf_append_byte(&r->out, '['))) {
        dry__request_refuse(r, DRY__RPC_INTERNAL, "out of memory");
        st = failed();
    }
    if (dry_ok(st))
        return true;
    r->batch = false;
    r->count = 0;
    return false;
}

/* --- running --- */

bool dry__need(struct dry__call *c, enum dry__where where)
{
    if (c->request->direct || c->request->place == where)
        return true;
    c->where = (uint8_t)where;
    c->moved = true;
    return false;
}

dry_status dry__elsewhere(void)
{
    return DRY_STATUS(ECANCELED, "goes on elsewhere");
}

dry_status dry__reads(struct dry__call *c, uint64_t gas_used, uint32_t tx_count)
{
    bool much = gas_used > DRY__PLACE_GAS || tx_count > DRY__PLACE_TXS;

    return much && c->request->place == DRY__PLACE && !dry__need(c, DRY__WORKER) ? dry__elsewhere()
                                                                                 : DRY_OK;
}

dry_status dry__park(struct dry__call *c)
{
    c->parked = true;
    return dry__elsewhere();
}

static enum dry__where where(const struct dry__call *c)
{
    return c->code != 0 ? DRY__PLACE : (enum dry__where)c->where;
}

static void prepare(struct dry__call *c)
{
    if (c->code == 0 && c->method->prepare != NULL && !c->prepared) {
        c->method->prepare(c);
        c->prepared = true;
    }
}

static void prepare_job(void *ctx, uint32_t i)
{
    prepare(&((struct dry__call *)ctx)[i]);
}

/* How many calls from the next one on belong to the loop. */
static uint32_t loop_run(const struct dry__request *r)
{
    uint32_t n = 0;

    while (r->next + n < r->count && where(&r->calls[r->next + n]) == DRY__LOOP)
        n++;
    return n;
}

void dry__request_on_loop(void *arg)
{
    struct dry__request *r = arg;

    r->turn_ns = dry_clock_monotonic_ns(r->rpc->set.clock);
    dry__request_drive(r);
}

void dry__resume(struct dry__request *r)
{
    r->calls[r->next].parked = false;
    dry__request_on_loop(r);
}

/* Count the request among those the server waits for when it closes. */
static bool leave(struct dry__request *r)
{
    bool closing;

    if (r->went)
        return true;
    dry_mutex_lock(&r->rpc->lock);
    closing = r->rpc->closing;
    if (!closing)
        r->rpc->under_way++;
    dry_mutex_unlock(&r->rpc->lock);
    r->went = !closing;
    return r->went;
}

void dry__request_fail(struct dry__request *r, dry_status st)
{
    const char *text = st.text != NULL ? st.text : "the server is busy: try again";

    if (r->unread)
        dry__request_refuse(r, DRY__RPC_LIMIT, text);
    r->unread = false;
    r->kept = true; /* what follows is said in the arena */
    for (uint32_t i = r->next; i < r->count; i++)
        if (r->calls[i].code == 0)
            (void)dry__call_fail(&r->calls[i], DRY__RPC_LIMIT, text);
    dry__request_drive(r);
}

/* Go on with the request on another thread. */
static void go(struct dry__request *r, enum dry__where to)
{
    uint32_t n = to == DRY__LOOP ? loop_run(r) : 0;
    struct dry_rpc *rpc = r->rpc;
    uint8_t from = r->place;
    dry_status st = DRY_OK;

    if (n > 1)
        dry_jobs_run(dry_pool_jobs(r->rpc->set.pool), prepare_job, &r->calls[r->next], n);
    else if (n == 1)
        prepare(&r->calls[r->next]);
    if (!leave(r)) {
        dry__request_fail(r, DRY_STATUS(EBUSY, "the server is shutting down"));
        return;
    }
    if (from == DRY__LOOP)
        r->spent_ns += dry_clock_monotonic_ns(rpc->set.clock) - r->turn_ns;
    dry__turn_leave(r);
    dry__loop_leave(r);
    r->place = (uint8_t)to;
    if (to == DRY__LOOP) {
        st = dry__loop_enter(r);
        if (dry_ok(st))
            return;
        r->place = from;
        dry__request_fail(r, st);
    } else {
        st = dry__turn_wait(r);
        while (!dry_ok(st) && (r = dry__turn_refused(rpc)) != NULL)
            dry__request_fail(r, st);
    }
}

/* Neighbouring transactions enter the pool together, blocks are built after all are in. */
static void submit_neighbours(struct dry__request *r)
{
    uint32_t n = 0;

    while (r->next + n < r->count && r->calls[r->next + n].code == 0 &&
           (r->calls[r->next + n].method->flags & DRY__SUBMIT) != 0) {
        prepare(&r->calls[r->next + n]);
        n++;
    }
    if (n != 0)
        dry__submit(&r->calls[r->next], n);
}

bool dry__closing(struct dry_rpc *rpc)
{
    bool closing;

    dry_mutex_lock(&rpc->lock);
    closing = rpc->closing;
    dry_mutex_unlock(&rpc->lock);
    return closing;
}

bool dry__call_abandoned(const struct dry__call *c)
{
    bool abandoned;

    dry_mutex_lock(&c->rpc->lock);
    abandoned = *c->request->abandoned;
    dry_mutex_unlock(&c->rpc->lock);
    return abandoned;
}

dry_status dry__call_goes_on(struct dry__call *c)
{
    struct dry__request *r = c->request;
    struct dry_rpc *rpc = c->rpc;
    uint64_t spent;

    if (r->place == DRY__PLACE || r->direct)
        return DRY_OK;
    if (dry__closing(rpc))
        return dry__call_fail(c, DRY__RPC_LIMIT, "the server is shutting down");
    if (dry__call_abandoned(c))
        return dry__call_fail(c, DRY__RPC_LIMIT, "the client hung up");
    spent = r->spent_ns + (dry_clock_monotonic_ns(rpc->set.clock) - r->turn_ns);
    if (spent > rpc->limits.call_time_ms * 1000000u * BATCH_TIMES)
        return dry__call_fail(c, DRY__RPC_LIMIT,
                              "the request takes too long (--rpc-call-timeout, six times)");
    return DRY_OK;
}

/* Say so instead of running calls nobody waits for, or that come too late. What was sent to change
 * something is done all the same. */
static void give_up(struct dry__call *c)
{
    if (c->code == 0 && (c->method->flags & (DRY__SUBMIT | DRY__DEV)) == 0)
        (void)!dry_ok(dry__call_goes_on(c));
}

/* Where the next call goes. One that needs no particular place stays, but not on the loop. */
static enum dry__where goes_to(const struct dry__request *r, const struct dry__call *c)
{
    enum dry__where want = where(c);

    if (r->direct || (want == DRY__PLACE && (r->place != DRY__LOOP || c->code != 0)))
        return (enum dry__where)r->place;
    return want == DRY__PLACE ? DRY__WORKER : want;
}

/* On the loop, where calls may be many: whether the chain has its turn before the next one. */
static bool loop_yields(struct dry__request *r)
{
    uint64_t went;

    if (r->place != DRY__LOOP || r->direct || goes_to(r, &r->calls[r->next]) != DRY__LOOP)
        return false;
    went = dry_clock_monotonic_ns(r->rpc->set.clock) - r->turn_ns;
    if (went < LOOP_NS || !dry_ok(dry_loop_post(r->rpc->set.loop, dry__request_on_loop, r)))
        return false;
    r->spent_ns += went;
    return true;
}

/* Answer one call after the other, as long as they belong on this thread. */
void dry__request_drive(struct dry__request *r)
{
    enum answered answered;
    enum dry__turn turn;

    if (r->unread && !request_read(r))
        dry__count_refusal(r->rpc);
    while (r->next < r->count) {
        struct dry__call *c = &r->calls[r->next];
        enum dry__where to = goes_to(r, c);

        if (!r->begun)
            r->mark = dry_arena_mark(&r->arena);
        r->begun = true;

        if (to != (enum dry__where)r->place) {
            go(r, to);
            return;
        }
        if (c->code == 0 && (c->method->flags & DRY__SUBMIT) != 0 && !c->submitted)
            submit_neighbours(r);
        prepare(c);
        c->moved = false;
        give_up(c);
        answered = next_answer(r);
        if (answered == ELSEWHERE) {
            if (c->parked || loop_yields(r))
                return;
            continue;
        }
        dry_pending_close(c->pending);
        c->pending = NULL;
        r->next++;
        r->begun = false;
        if (!r->kept)
            dry_arena_rewind(&r->arena, r->mark);
        if (answered == NO_ROOM) {
            answer_replace(r, "the response is too large (--rpc-response-max)");
            break;
        }
        if (r->next == r->count)
            break;
        turn = dry__turn_over(r);
        if (turn == DRY__TURN_OVER || loop_yields(r))
            return;
        if (turn == DRY__TURN_TOO_LARGE) {
            answer_replace(r, "too much is held for clients: try again (--rpc-memory-max)");
            break;
        }
    }
    request_finish(r);
}

/* Whether calls that may be long are tried in place: not soon after others had to move, or who
 * keeps sending those keeps the thread from all others. */
static bool tried_in_place(const struct dry__request *r)
{
    struct dry_rpc *rpc = r->rpc;

    return r->count == 1 &&
           (rpc->crowded_ns == 0 || dry_clock_monotonic_ns(rpc->set.clock) >= rpc->crowded_ns);
}

static enum dry__where start_at(const struct dry__request *r)
{
    bool many = r->count > PLACE_BATCH_MAX;

    if (r->direct)
        return DRY__PLACE;
    for (uint32_t i = 0; i < r->count && !many; i++)
        many = (r->count != 1 && where(&r->calls[i]) != DRY__PLACE) ||
               (r->calls[i].code == 0 && (r->calls[i].method->flags & DRY__HEAVY) != 0 &&
                !tried_in_place(r));
    return many ? DRY__WORKER : DRY__PLACE;
}

void dry__request_run(struct dry__request *r)
{
    dry__count_begin(r);
    if (!r->direct && r->body.len > PLACE_BYTES_MAX) {
        r->unread = true;
        go(r, DRY__WORKER);
    } else if (!request_read(r)) {
        dry__count_refusal(r->rpc);
        dry__count_end(r);
        r->done(r);
    } else if (start_at(r) == DRY__WORKER) {
        go(r, DRY__WORKER);
    } else {
        dry__request_drive(r);
    }
}
