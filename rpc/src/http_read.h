/* http_read.h - HTTP/1.1 requests from bytes: heads and bodies in chunks. Strict: what another
 * server might read differently is refused (request smuggling). No sockets, no memory. */
#ifndef DRY_RPC_HTTP_READ_H
#define DRY_RPC_HTTP_READ_H
#include <drystone/common/bytes.h>

#define DRY__HTTP_READ_MAX (16u << 10) /* bytes of a head */
#define DRY__HTTP_HEADERS_MAX 100u

enum dry__http_method { DRY__HTTP_OTHER, DRY__HTTP_GET, DRY__HTTP_POST, DRY__HTTP_OPTIONS };

/* Texts borrow the bytes read; ptr is NULL when the header is absent. */
struct dry__http_head {
    uint8_t method; /* enum dry__http_method */
    bool bare;      /* HEAD: the answer has no body */
    bool old;       /* HTTP/1.0 */
    bool keep;      /* the client wants the connection kept */
    bool close_said;
    bool chunked, has_length;
    bool waits;                        /* for "100 Continue" before it sends the body */
    bool upgrade_said, websocket_said; /* Connection: Upgrade, Upgrade: websocket */
    uint64_t length;
    struct dry_bytes target;    /* the path, its query included */
    struct dry_bytes authority; /* of an absolute target; it is the host then */
    struct dry_bytes host, origin, content_type, key, version;
};

/* Where the head ends that the bytes begin with, its blank line included; 0: not yet all there.
 * The first `seen` bytes were looked at before. */
size_t dry__http_head_end(struct dry_bytes in, size_t seen);
/* Read a head that ends where `in` does. Returns 0, or the status to refuse it with and why. */
unsigned dry__http_head_read(struct dry__http_head *out, const char **why, struct dry_bytes in);

/* A body in chunks; zeroed: at its begin. */
struct dry__chunks {
    uint64_t left;
    uint32_t line; /* bytes of this line, or of all trailers */
    uint8_t state;
};
enum dry__chunks_answer {
    DRY__CHUNKS_MORE, /* all bytes were taken; there may be data */
    DRY__CHUNKS_DATA, /* data, and bytes to go on with */
    DRY__CHUNKS_END,  /* the body's end; what is left is not its */
    DRY__CHUNKS_BAD,
};
/* Take bytes from the front of `in`; data borrows them, and may be empty. */
enum dry__chunks_answer dry__chunks_read(struct dry__chunks *c, struct dry_bytes *in,
                                         struct dry_bytes *data);

/* Equal but for the case of letters. */
bool dry__http_equal(struct dry_bytes a, const char *text);

#endif /* DRY_RPC_HTTP_READ_H */
