/* http.h - the head of an HTTP request judged, and the head of its answer. */
#ifndef DRY_RPC_HTTP_H
#define DRY_RPC_HTTP_H
#include "http_read.h"
#include "internal.h"

#define DRY__HTTP_HEAD_MAX 512u
#define DRY__ORIGIN_MAX 200u

/* What GET shows besides a line about this server; pages.c. */
enum dry__page { DRY__PAGE_NONE, DRY__PAGE_METRICS, DRY__PAGE_HEALTH };

/* What will be answered. */
struct dry__http_answer {
    unsigned status;  /* 200: run the body, if there is one; 101: become a WebSocket */
    const char *text; /* body when it is not 200; NULL: none */
    bool has_body;    /* the request brings one */
    bool bare;        /* answered without a body */
    bool close;       /* do not keep the connection */
    bool old;         /* HTTP/1.0: say so when the connection is kept */
    bool preflight;
    uint8_t page;                 /* enum dry__page */
    char origin[DRY__ORIGIN_MAX]; /* allowed by CORS, or empty */
};
/* Host, Origin, method, content type and length of a request. */
void dry__http_judge(struct dry__http_answer *out, const struct dry__http_head *h,
                     const struct dry_rpc_settings *set, const struct dry_rpc_limits *limits);
/* The page of that name, when there are any. */
enum dry__page dry__page_find(const struct dry_rpc_settings *set, struct dry_bytes target);
/* Append the page to out, or leave its text and status in the answer. */
void dry__page_write(const struct dry_rpc *rpc, struct dry__http_answer *a, struct dry_buf *out);
/* An answer that refuses, and closes the connection. */
void dry__http_refuse(struct dry__http_answer *out, unsigned status, const char *text);
#define DRY__HTTP_DATE_MAX 40u
/* The second's Date header, its line's end included (RFC 9110 6.6.1); empty when there is none. */
void dry__http_date(char out[DRY__HTTP_DATE_MAX], uint64_t unix_seconds);
/* Write the answer's head, blank line included; its length. */
size_t dry__http_head(char out[DRY__HTTP_HEAD_MAX], const struct dry__http_answer *a, size_t body,
                      const char *date);

#endif /* DRY_RPC_HTTP_H */
