/* http.c - who may ask, and how answers begin. */
#include "http.h"
#include <stdio.h>
#include <time.h>

/* The name in "name:port", "[::1]:port". */
static struct dry_bytes host_name(struct dry_bytes host)
{
    uint8_t end = host.len != 0 && host.ptr[0] == '[' ? ']' : ':';
    const uint8_t *at = host.len != 0 ? memchr(host.ptr, end, host.len) : NULL;

    if (at != NULL)
        host.len = (size_t)(at - host.ptr) + (end == ']');
    return host;
}

/* Digits and dots, or a bracketed address: no name, so no rebinding. */
static bool is_address(struct dry_bytes host)
{
    if (host.len != 0 && host.ptr[0] == '[')
        return true;
    for (size_t i = 0; i < host.len; i++)
        if ((host.ptr[i] < '0' || host.ptr[i] > '9') && host.ptr[i] != '.')
            return false;
    return true;
}

/* ATTACKS 46: a name that somebody else points at this machine. */
static bool host_allowed(const struct dry__http_head *h, const struct dry_rpc_settings *set)
{
    struct dry_bytes host = host_name(h->host);

    if (is_address(host) || dry__http_equal(host, "localhost"))
        return true; /* or none: HTTP/1.0; browsers always send one */
    for (uint32_t i = 0; i < set->allow_host_count; i++)
        if (strcmp(set->allow_hosts[i], "*") == 0 || dry__http_equal(host, set->allow_hosts[i]))
            return true;
    return false;
}

static bool origin_allowed(const struct dry_rpc_settings *set, struct dry_bytes origin)
{
    for (uint32_t i = 0; i < set->origin_count; i++)
        if (strcmp(set->origins[i], "*") == 0 || dry__http_equal(origin, set->origins[i]))
            return origin.len < DRY__ORIGIN_MAX;
    return false;
}

static bool is_json(struct dry_bytes type)
{
    size_t n = 0;

    while (n < type.len && type.ptr[n] != ';' && type.ptr[n] != ' ' && type.ptr[n] != '\t')
        n++;
    type.len = n;
    return dry__http_equal(type, "application/json") ||
           dry__http_equal(type, "application/json-rpc") ||
           dry__http_equal(type, "application/jsonrequest");
}

static void refuse(struct dry__http_answer *a, unsigned status, const char *text)
{
    if (a->status != 200)
        return;
    a->status = status;
    a->text = text;
}

void dry__http_refuse(struct dry__http_answer *out, unsigned status, const char *text)
{
    *out = (struct dry__http_answer){.status = status, .text = text, .close = true};
}

static void judge_post(struct dry__http_answer *a, const struct dry__http_head *h,
                       const struct dry_rpc_limits *limits)
{
    a->has_body = true;
    if (!h->has_length && !h->chunked)
        refuse(a, 411, "a Content-Length or Transfer-Encoding is required");
    else if (h->length > limits->body_bytes_max)
        refuse(a, 413, "request too large (--rpc-body-max)");
    else if (h->has_length && h->length == 0)
        refuse(a, 400, "an empty request");
    else if (!is_json(h->content_type)) /* ATTACKS 46: what a browser sends without asking first */
        refuse(a, 415, "invalid content type, only application/json is supported");
}

static void judge_session(struct dry__http_answer *a, const struct dry__http_head *h,
                          const struct dry_rpc_settings *set)
{
    if (h->origin.ptr != NULL && !origin_allowed(set, h->origin))
        refuse(a, 403, "origin not allowed (--http-cors)");
    else if (!dry__http_equal(h->version, "13"))
        refuse(a, 426, "WebSocket version 13 only");
    else
        refuse(a, 101, NULL);
}

static void judge_get(struct dry__http_answer *a, const struct dry__http_head *h,
                      const struct dry_rpc_settings *set)
{
    if (a->status != 200)
        return;
    a->text = "drystone: JSON-RPC by POST or WebSocket";
    a->page = (uint8_t)dry__page_find(set, h->target);
}

void dry__http_judge(struct dry__http_answer *out, const struct dry__http_head *h,
                     const struct dry_rpc_settings *set, const struct dry_rpc_limits *limits)
{
    *out =
        (struct dry__http_answer){.status = 200, .close = !h->keep, .old = h->old, .bare = h->bare};
    if (!host_allowed(h, set))
        refuse(out, 403, "invalid host specified (--http-allow-hosts)");
    if (h->origin.ptr != NULL && origin_allowed(set, h->origin))
        memcpy(out->origin, h->origin.ptr, h->origin.len);
    if (h->method == DRY__HTTP_POST)
        judge_post(out, h, limits);
    else if (h->chunked || h->length != 0)
        refuse(out, 400, "a body where none belongs");
    else if (h->method == DRY__HTTP_GET && h->upgrade_said && h->websocket_said && !h->old)
        judge_session(out, h, set);
    else if (h->method == DRY__HTTP_GET)
        judge_get(out, h, set);
    else if (h->method == DRY__HTTP_OPTIONS)
        refuse(out, out->origin[0] != 0 ? 204 : 403, NULL);
    else
        refuse(out, 405, "method not allowed");
    out->preflight = out->status == 204;
    if (out->status > 204)
        out->close = true; /* what follows may be the body of this one */
}

static const char *status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } texts[] = {{200, "OK"},
                 {204, "No Content"},
                 {400, "Bad Request"},
                 {403, "Forbidden"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {417, "Expectation Failed"},
                 {426, "Upgrade Required"},
                 {431, "Request Header Fields Too Large"},
                 {501, "Not Implemented"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};

    for (size_t i = 0; i < DRY_COUNT(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Error";
}

/* Headers that belong to some answers only. */
static const char *more_headers(const struct dry__http_answer *a)
{
    if (a->status == 405)
        return "allow: GET, OPTIONS, POST\r\nconnection: close\r\n";
    if (a->status == 426)
        return "upgrade: websocket\r\nsec-websocket-version: 13\r\nconnection: upgrade, close\r\n";
    if (a->close)
        return "connection: close\r\n";
    return a->old ? "connection: keep-alive\r\n" : "";
}

void dry__http_date(char out[DRY__HTTP_DATE_MAX], uint64_t unix_seconds)
{
    time_t t = (time_t)unix_seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL ||
        strftime(out, DRY__HTTP_DATE_MAX, "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm) == 0)
        out[0] = 0;
}

size_t dry__http_head(char out[DRY__HTTP_HEAD_MAX], const struct dry__http_answer *a, size_t body,
                      const char *date)
{
    bool json = a->status == 200 && a->has_body;
    char cors[DRY__ORIGIN_MAX + 160] = "", content[100] = "";
    int n;

    if (a->origin[0] != 0)
        (void)snprintf(cors, sizeof(cors), "access-control-allow-origin: %s\r\nvary: origin\r\n%s",
                       a->origin,
                       a->preflight ? "access-control-allow-methods: POST\r\n"
                                      "access-control-allow-headers: content-type\r\n"
                                    : "");
    if (a->status != 204)
        (void)snprintf(content, sizeof(content), "content-type: %s\r\ncontent-length: %zu\r\n",
                       json ? "application/json" : "text/plain; charset=utf-8", body);
    n = snprintf(out, DRY__HTTP_HEAD_MAX, "HTTP/1.1 %u %s\r\n%s%s%s%s\r\n", a->status,
                 status_text(a->status), date, content, cors, more_headers(a));
    return n > 0 && (size_t)n < DRY__HTTP_HEAD_MAX ? (size_t)n : 0;
}
