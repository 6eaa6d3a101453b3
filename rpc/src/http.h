/* http.h - the head of an HTTP request judged, and the head of its answer. */
#ifndef DRY_RPC_HTTP_H
#define DRY_RPC_HTTP_H
#include "internal.h"

struct lws;

#define DRY__HTTP_HEAD_MAX 512u
#define DRY__ORIGIN_MAX 200u

/* What will be answered. */
struct dry__http_answer {
    unsigned status;  /* 200: run the body; 0 in dry__http_judge_session(): fine */
    const char *text; /* body when it is not 200; NULL: none */
    bool has_body;    /* the request brings one that is to be read first */
    bool close;       /* do not keep the connection */
    bool preflight;
    char origin[DRY__ORIGIN_MAX]; /* allowed by CORS, or empty */
};
/* Host, Origin, method, content type and length of a request. */
void dry__http_judge(struct dry__http_answer *out, struct lws *wsi,
                     const struct dry_rpc_settings *set, const struct dry_rpc_limits *limits);
void dry__http_judge_session(struct dry__http_answer *out, struct lws *wsi,
                             const struct dry_rpc_settings *set);
/* Write the answer's head, blank line included; its length. */
size_t dry__http_head(char out[DRY__HTTP_HEAD_MAX], const struct dry__http_answer *a, size_t body);

#endif /* DRY_RPC_HTTP_H */
