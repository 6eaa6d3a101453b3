/* frame.h - WebSocket frames (RFC 6455) on the server's side. No sockets, no memory. */
#ifndef DRY_RPC_FRAME_H
#define DRY_RPC_FRAME_H
#include <drystone/common/bytes.h>

#define DRY__FRAME_HEAD_MAX 14u
#define DRY__FRAME_CONTROL_MAX 125u /* bytes of a control frame's payload */
#define DRY__ACCEPT_MAX 32u

/* RFC 6455 7.4.1 */
#define DRY__CLOSE_PROTOCOL 1002u
#define DRY__CLOSE_NOT_UTF8 1007u
#define DRY__CLOSE_POLICY 1008u

enum dry__frame_code {
    DRY__FRAME_MORE = 0,
    DRY__FRAME_TEXT = 1,
    DRY__FRAME_BINARY = 2,
    DRY__FRAME_CLOSE = 8,
    DRY__FRAME_PING = 9,
    DRY__FRAME_PONG = 10,
};

struct dry__frame {
    bool last;
    uint8_t code; /* enum dry__frame_code */
    uint8_t mask[4];
    uint64_t len; /* of the payload */
};

/* Read the head of a client's frame: its length, 0 when more bytes are needed, -1 when it breaks
 * the protocol. */
int dry__frame_read(struct dry__frame *out, struct dry_bytes in);
/* Take the mask off bytes that begin `at` bytes into the payload. */
void dry__frame_unmask(uint8_t *p, size_t len, const uint8_t mask[4], uint64_t at);
/* Write the head of a whole message or control frame of the server's; its length. */
size_t dry__frame_head(uint8_t out[DRY__FRAME_HEAD_MAX], enum dry__frame_code code, uint64_t len);
/* Whether it is all UTF-8, strictly. */
bool dry__frame_is_text(struct dry_bytes t);
/* The code to answer a close with that carries this: its own when it is one that may be sent, 0
 * when there is none, else what is wrong. */
unsigned dry__frame_close_code(struct dry_bytes payload);
/* What Sec-WebSocket-Accept has to say to this Sec-WebSocket-Key; false when it is none. */
bool dry__frame_accept(char out[DRY__ACCEPT_MAX], struct dry_bytes key);

#endif /* DRY_RPC_FRAME_H */
