/* http.c - who may ask, and how answers begin. */
#include "http.h"
#include <libwebsockets.h>
#include <stdio.h>
#include <strings.h>

/* A header's value; false when it is absent, came twice or does not fit. */
static bool header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
    int n = lws_hdr_total_length(wsi, token);

    return n > 0 && (size_t)n < size && lws_hdr_fragment_length(wsi, token, 1) == 0 &&
           lws_hdr_copy(wsi, out, (int)size, token) == n;
}

/* The name in "name:port", "[::1]:port". */
static void host_name(char *host)
{
    char *colon;

    if (host[0] == '[') {
        char *end = strchr(host, ']');
        if (end != NULL)
            end[1] = 0;
        return;
    }
    colon = strchr(host, ':');
    if (colon != NULL)
        *colon = 0;
}

/* Digits and dots, or a bracketed address: no name, so no rebinding. */
static bool is_address(const char *host)
{
    if (host[0] == '[')
        return true;
    for (; *host != 0; host++)
        if ((*host < '0' || *host > '9') && *host != '.')
            return false;
    return true;
}

/* ATTACKS 46: a name that somebody else points at this machine. */
static bool host_allowed(struct lws *wsi, const struct dry_rpc_settings *set)
{
    char host[300];

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0)
        return true; /* HTTP/1.0; browsers always send one */
    if (!header(wsi, WSI_TOKEN_HOST, host, sizeof(host)))
        return false;
    host_name(host);
    if (is_address(host) || strcasecmp(host, "localhost") == 0)
        return true;
    for (uint32_t i = 0; i < set->allow_host_count; i++)
        if (strcmp(set->allow_hosts[i], "*") == 0 || strcasecmp(set->allow_hosts[i], host) == 0)
            return true;
    return false;
}

static bool origin_allowed(const struct dry_rpc_settings *set, const char *origin)
{
    for (uint32_t i = 0; i < set->origin_count; i++)
        if (strcmp(set->origins[i], "*") == 0 || strcasecmp(set->origins[i], origin) == 0)
            return true;
    return false;
}

static bool is_json(struct lws *wsi)
{
    char type[100];

    if (!header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof(type)))
        return false;
    type[strcspn(type, "; \t")] = 0;
    return strcasecmp(type, "application/json") == 0 ||
           strcasecmp(type, "application/json-rpc") == 0 ||
           strcasecmp(type, "application/jsonrequest") == 0;
}

static void refuse(struct dry__http_answer *a, unsigned status, const char *text)
{
    if (a->status != 200)
        return;
    a->status = status;
    a->text = text;
}

/* Length of the body: false when it is not told, or told in two ways (request smuggling). */
static bool body_length(struct lws *wsi, uint64_t *out)
{
    char text[24];
    uint64_t n = 0;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
        !header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof(text)))
        return false;
    for (const char *p = text; *p != 0; p++) {
        if (*p < '0' || *p > '9' || n > UINT64_MAX / 10 - 1)
            return false;
        n = n * 10 + (uint64_t)(*p - '0');
    }
    *out = n;
    return true;
}

static void judge_post(struct dry__http_answer *a, struct lws *wsi,
                       const struct dry_rpc_limits *limits)
{
    uint64_t length = 0;

    if (!body_length(wsi, &length)) {
        refuse(a, 411, "a Content-Length is required, and no Transfer-Encoding");
        a->close = true;
    } else if (length > limits->body_bytes_max) {
        refuse(a, 413, "request too large (--rpc-body-max)");
        a->close = true;
    } else if (length == 0) {
        refuse(a, 400, "an empty request");
    } else {
        a->has_body = true;
        if (!is_json(wsi)) /* ATTACKS 46: what a browser sends without asking first */
            refuse(a, 415, "invalid content type, only application/json is supported");
    }
}

void dry__http_judge(struct dry__http_answer *out, struct lws *wsi,
                     const struct dry_rpc_settings *set, const struct dry_rpc_limits *limits)
{
    char origin[DRY__ORIGIN_MAX];

    *out = (struct dry__http_answer){.status = 200};
    if (lws_get_network_wsi(wsi) != wsi) { /* HTTP/2 */
        refuse(out, 505, NULL);
        out->close = true;
        return;
    }
    if (!host_allowed(wsi, set))
        refuse(out, 403, "invalid host specified (--http-allow-hosts)");
    if (header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin)) && origin_allowed(set, origin))
        memcpy(out->origin, origin, strlen(origin) + 1);
    if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0) {
        judge_post(out, wsi, limits);
        return;
    }
    out->close = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 ||
                 lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI) > 0) {
        out->preflight = true;
        refuse(out, out->origin[0] != 0 ? 204 : 403, NULL);
    } else if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0) {
        out->text = "drystone: JSON-RPC by POST or WebSocket";
    } else {
        refuse(out, 405, "method not allowed");
        out->close = true;
    }
}

void dry__http_judge_session(struct dry__http_answer *out, struct lws *wsi,
                             const struct dry_rpc_settings *set)
{
    char origin[DRY__ORIGIN_MAX];

    *out = (struct dry__http_answer){.status = 200};
    if (!host_allowed(wsi, set))
        refuse(out, 403, "invalid host specified (--http-allow-hosts)");
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0 &&
        (!header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin)) || !origin_allowed(set, origin)))
        refuse(out, 403, "origin not allowed (--http-cors)");
    if (out->status == 200)
        out->status = 0;
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
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};

    for (size_t i = 0; i < DRY_COUNT(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Error";
}

size_t dry__http_head(char out[DRY__HTTP_HEAD_MAX], const struct dry__http_answer *a, size_t body)
{
    bool json = a->status == 200 && a->has_body;
    char cors[DRY__ORIGIN_MAX + 160] = "";
    int n;

    if (a->origin[0] != 0)
        (void)snprintf(cors, sizeof(cors), "access-control-allow-origin: %s\r\nvary: origin\r\n%s",
                       a->origin,
                       a->preflight ? "access-control-allow-methods: POST\r\n"
                                      "access-control-allow-headers: content-type\r\n"
                                    : "");
    n = snprintf(out, DRY__HTTP_HEAD_MAX,
                 "HTTP/1.1 %u %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\n%s%s\r\n", a->status,
                 status_text(a->status), json ? "application/json" : "text/plain; charset=utf-8",
                 body, cors, a->close ? "connection: close\r\n" : "");
    return n > 0 && (size_t)n < DRY__HTTP_HEAD_MAX ? (size_t)n : 0;
}
