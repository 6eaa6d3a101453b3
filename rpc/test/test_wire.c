/* Connections when memory runs out at any point: the server drops what it cannot hold, keeps
 * nothing of it and serves the next one. */
#include "wire.h"

#define POST "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
#define UPGRADE                                                   \
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" \
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"        \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define CHAIN_ID "{\"id\":1,\"method\":\"eth_chainId\"}"

#define SAID(text) (text), sizeof(text) - 1
static const struct {
    const char *name;
    const char *bytes;
    size_t len;
} cases[] = {
    {"requests at once", SAID(POST "Content-Length: 31\r\n\r\n" CHAIN_ID
                                   "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" POST
                                   "Content-Length: 28\r\n\r\n{\"id\":1,\"method\":\"evm_mine\"}")},
    {"chunks and what is no request",
     SAID(POST "Transfer-Encoding: chunked\r\n\r\n1f\r\n" CHAIN_ID "\r\n0\r\n\r\n"
               "GET / HTTP/3.1\r\n\r\n")},
    {"a session",
     SAID(UPGRADE "\x81\x9f\0\0\0\0" CHAIN_ID "\x81\x9c\0\0\0\0{\"id\":1,\"method\":\"evm_mine\"}"
                  "\x89\x81\0\0\0\0x\x89\x81\0\0\0\0y\x88\x80\0\0\0\0")},
    {"a session that subscribes",
     SAID(UPGRADE
          "\x81\xb7\0\0\0\0{\"id\":3,\"method\":\"eth_subscribe\",\"params\":[\"newHeads\"]}"
          "\x81\x9c\0\0\0\0{\"id\":1,\"method\":\"evm_mine\"}")},
};

static void survives_without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRY_COUNT(cases); i++)
        for (uint8_t how = 0; how < 2; how++) {
            struct fixture f;

            wire_open(&f);
            TEST_EACH_ALLOC_FAILS(wire_say(&f, cases[i].bytes, cases[i].len, 7, how));
            wire_say(&f, cases[i].bytes, cases[i].len, 7, how);
            fixture_close(&f);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_without_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
