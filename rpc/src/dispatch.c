/* dispatch.c - from the bytes of a request to its answer. */
#include "internal.h"
#include <drystone/common/alloc.h>
#include <stdarg.h>
#include <stdio.h>

#define ERROR_TEXT_MAX 1024u

/* --- failing --- */

static dry_status failed(void)
{
    return DRY_STATUS(EINVAL, "the call failed");
}

dry_status dry__fail(struct dry__call *c, int code, const char *text)
{
    struct dry_bytes copy;

    c->code = code;
    c->error = dry_ok(dry_arena_copy(c->arena, &copy, dry_bytes_of(text, strlen(text))))
                   ? copy
                   : DRY_BYTES_LIT("out of memory");
    return failed();
}

dry_status dry__failf(struct dry__call *c, int code, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return dry__fail(c, code, text);
}

dry_status dry__fail_status(struct dry__call *c, dry_status st)
{
    if (c->code != 0)
        return st; /* told already */
    return dry__fail(c, DRY__RPC_INTERNAL, dry_status_text(st));
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
    st = dry_mutex_init(&r->lock);
    if (!dry_ok(st)) {
        dry_free(r);
        return st;
    }
    st = dry_cond_init(&r->cond);
    if (!dry_ok(st)) {
        dry_mutex_fini(&r->lock);
        dry_free(r);
        return st;
    }
    *out = r;
    return DRY_OK;
}

void dry__request_close(struct dry__request *r)
{
    if (r == NULL)
        return;
    dry_cond_fini(&r->cond);
    dry_mutex_fini(&r->lock);
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
static void answer_error(struct dry__request *r, int code, const char *text)
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

/* Run one call and append its answer. What a failed method wrote is taken back. */
static void call_answer(struct dry__call *c, struct dry_json_writer *w)
{
    struct dry_json_writer before = *w;
    size_t len = w->out->len;
    dry_status st = DRY_OK;

    if (c->code == 0) {
        write_envelope(w, c);
        dry_json_key(w, "result");
        st = c->method->run(c, w);
        if (dry_ok(st) && c->code == 0)
            st = dry_json_end(w);
        if (!dry_ok(st)) {
            if (c->code == 0 && st.code == DRY_CODE_ELIMIT)
                (void)dry__fail(c, DRY__RPC_LIMIT,
                                "the response is too large (--rpc-response-max)");
            (void)dry__fail_status(c, st);
            w->out->len = len;
            *w = before;
        }
    }
    if (c->code != 0) {
        write_envelope(w, c);
        write_error(w, c->code, c->error, c->data);
    }
    dry_json_object_end(w);
    if (c->notify) { /* no answer to what has no id */
        w->out->len = len;
        *w = before;
    }
}

/* Calls from..to (exclusive) of the request, appended to its answer. */
static void calls_answer(struct dry__request *r, uint32_t from, uint32_t to)
{
    struct dry_json_writer w;

    dry_json_begin(&w, &r->out);
    w.comma = from != 0 && r->out.len > r->head + 1;
    for (uint32_t i = from; i < to; i++)
        call_answer(&r->calls[i], &w);
}

static void request_finish(struct dry__request *r)
{
    if (r->batch) {
        if (r->out.len <= r->head + 1)
            r->out.len = r->head; /* notifications alone: no answer */
        else if (!dry_ok(dry_buf_append_byte(&r->out, ']')))
            answer_error(r, DRY__RPC_LIMIT, "the response is too large (--rpc-response-max)");
    }
    r->done(r);
}

/* --- reading the envelope --- */

static void call_refuse(struct dry__call *c, int code, const char *text)
{
    (void)dry__fail(c, code, text);
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
        !dry_json_plain(m, &name)) {
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
    if (c->method == NULL)
        (void)dry__failf(c, DRY__RPC_METHOD, "the method %.*s does not exist/is not available",
                         (int)(name.len < 128 ? name.len : 128), (const char *)name.ptr);
    else if ((c->method->flags & DRY__DEV) != 0 && !r->rpc->set.dev_methods)
        (void)dry__failf(c, DRY__RPC_METHOD,
                         "the method %s is not available: it is for dev chains alone",
                         c->method->name);
    else if ((c->method->flags & DRY__SESSION) != 0 && r->session == NULL)
        (void)dry__fail(c, DRY__RPC_METHOD, "notifications not supported: use the WebSocket");
}

static dry_status calls_read(struct dry__request *r)
{
    struct dry_json_value root = dry_json_root(&r->doc), v;
    struct dry_json_iter it = {0};

    r->batch = dry_json_type(root) == DRY_JSON_ARRAY;
    r->count = r->batch ? dry_json_count(root) : 1;
    if (r->batch && r->count == 0) {
        answer_error(r, DRY__RPC_REQUEST, "empty batch");
        return failed();
    }
    if (r->count > r->rpc->limits.batch_max) {
        answer_error(r, DRY__RPC_REQUEST, "batch too large (--rpc-batch-max)");
        return failed();
    }
    r->calls = dry_arena_alloc(&r->arena, r->count * sizeof(*r->calls));
    if (r->calls == NULL) {
        answer_error(r, DRY__RPC_INTERNAL, "out of memory");
        return failed();
    }
    if (!r->batch)
        call_read(r, &r->calls[0], root);
    for (uint32_t i = 0; r->batch && dry_json_next(root, &it, NULL, &v); i++)
        call_read(r, &r->calls[i], v);
    return DRY_OK;
}

/* --- running --- */

static enum dry__where where(const struct dry__call *c)
{
    return c->code != 0 ? DRY__PLACE : (enum dry__where)c->method->where;
}

static void prepare(struct dry__call *c)
{
    if (c->code == 0 && c->method->prepare != NULL) {
        dry_status st = c->method->prepare(c);
        if (!dry_ok(st))
            (void)dry__fail_status(c, st);
    }
}

/* On the loop: the calls from..to, then on with it. */
static void on_loop(void *arg)
{
    struct dry__request *r = arg;

    calls_answer(r, r->from, r->to);
    if (!r->waits) {
        request_finish(r);
        return;
    }
    dry_mutex_lock(&r->lock);
    r->ready = true;
    dry_cond_signal(&r->cond);
    dry_mutex_unlock(&r->lock);
}

static void run_on_loop_and_wait(struct dry__request *r, uint32_t from, uint32_t to)
{
    r->from = from;
    r->to = to;
    r->ready = false;
    dry_loop_post_wait(r->rpc->set.loop, on_loop, r);
    dry_mutex_lock(&r->lock);
    while (!r->ready)
        dry_cond_wait(&r->cond, &r->lock);
    dry_mutex_unlock(&r->lock);
}

static void prepare_job(void *ctx, uint32_t i)
{
    prepare(&((struct dry__call *)ctx)[i]);
}

/* On a worker: everything in order; neighbours for the loop go there together. */
static void on_worker(void *arg)
{
    struct dry__request *r = arg;
    uint32_t i = 0;

    r->waits = true;
    while (i < r->count) {
        uint32_t end = i + 1;

        if (where(&r->calls[i]) != DRY__LOOP) {
            calls_answer(r, i, end);
        } else {
            while (end < r->count && where(&r->calls[end]) == DRY__LOOP)
                end++;
            dry_jobs_run(dry_pool_jobs(r->rpc->set.pool), prepare_job, &r->calls[i], end - i);
            run_on_loop_and_wait(r, i, end);
        }
        i = end;
    }
    request_finish(r);
}

static void run_elsewhere(struct dry__request *r, enum dry__where most)
{
    dry_status st;

    if (most == DRY__LOOP && r->count == 1) {
        prepare(&r->calls[0]);
        r->from = 0;
        r->to = 1;
        st = dry_loop_post(r->rpc->set.loop, on_loop, r);
    } else {
        st = dry_pool_submit(r->rpc->set.pool, NULL, on_worker, NULL, r);
    }
    if (!dry_ok(st)) {
        answer_error(r, DRY__RPC_LIMIT, "the server is busy: try again");
        r->batch = false;
        request_finish(r);
    }
}

void dry__request_run(struct dry__request *r)
{
    static const uint8_t zeros[64];
    struct dry_json_limits limits = {.depth_max = 64};
    enum dry__where most = DRY__PLACE;
    dry_status st = dry_buf_append(&r->out, dry_bytes_of(zeros, r->head));

    DRY_ASSERT(r->head <= sizeof(zeros));
    if (dry_ok(st))
        st = dry_json_read(&r->doc, NULL, dry_buf_bytes(&r->body), &limits, &r->arena);
    if (!dry_ok(st)) {
        answer_error(r, DRY__RPC_PARSE, st.text != NULL ? st.text : "parse error: not valid JSON");
        r->done(r);
        return;
    }
    if (!dry_ok(calls_read(r))) {
        r->done(r);
        return;
    }
    if (r->batch && !dry_ok(dry_buf_append_byte(&r->out, '['))) {
        r->batch = false;
        answer_error(r, DRY__RPC_INTERNAL, "out of memory");
        r->done(r);
        return;
    }
    for (uint32_t i = 0; i < r->count; i++)
        most = where(&r->calls[i]) > most ? where(&r->calls[i]) : most;
    if (most != DRY__PLACE) {
        run_elsewhere(r, most);
        return;
    }
    calls_answer(r, 0, r->count);
    request_finish(r);
}
