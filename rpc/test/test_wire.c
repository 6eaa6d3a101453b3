/* Connections step by step: when memory runs out at any point the server drops what it cannot hold,
 * keeps nothing of it and serves the next one; who sends too slowly is not waited for. */
#include "server.h"
#include "wire.h"
#include <unistd.h>

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

#define TICK (16u << 10) /* bytes that buy a second */

/* How bodies and messages begin that will have 1 MiB, and what is said when they come too slowly.
 */
static const struct {
    const char *name, *begin;
    size_t len;
    const char *late;
} slow[] = {
    {"a body", SAID(POST "Content-Length: 1048576\r\n\r\n"), " 408 Request Timeout"},
    {"a body in chunks", SAID(POST "Transfer-Encoding: chunked\r\n\r\n100000\r\n"),
     " 408 Request Timeout"},
    {"a message", SAID(UPGRADE "\x81\xff\0\0\0\0\0\x10\0\0\0\0\0\0"), "\x88\x02\x03\xf0"},
    {"a message in frames", SAID(UPGRADE "\x01\x81\0\0\0\0[\x00\xff\0\0\0\0\0\x10\0\0\0\0\0\0"),
     "\x88\x02\x03\xf0"},
};

/* A body or message comes at 16 KiB a second, with 30 seconds to spare that no haste adds to; else
 * the connection ends, and with it what was held. */
static void does_not_wait_for_the_slow(void **state)
{
    static uint8_t bytes[10 * TICK];

    (void)state;
    memset(bytes, ' ', sizeof(bytes));
    for (size_t i = 0; i < DRY_COUNT(slow); i++)
        for (int how = 0; how < 3; how++) {
            struct fixture f;
            struct dry__server *s;
            int fd;

            wire_open(&f);
            f.rpc->limits.body_bytes_max = 2u << 20;
            s = f.rpc->server;
            fd = wire_connect(&f, 1);
            wire_send(&f, fd, slow[i].begin, slow[i].len);
            (void)wire_heard(&f, fd, "");
            if (how == 0) /* a byte now and then */
                for (int k = 0; k < 3; k++) {
                    wire_later(&f, 9);
                    wire_send(&f, fd, bytes, 1);
                }
            else if (how == 1) /* as slow as may be, for a minute, then less */
                for (int k = 0; k < 6; k++) {
                    wire_later(&f, 10);
                    wire_send(&f, fd, bytes, 10 * TICK);
                }
            else /* at once, then no more */
                for (int k = 0; k < 6; k++)
                    wire_send(&f, fd, bytes, 10 * TICK);
            CHECK_MSG(!wire_heard(&f, fd, slow[i].late), slow[i].name);
            CHECK_MSG(s->connections == 1 && s->held != 0, slow[i].name);
            wire_later(&f, how == 0 ? 4 : 31);
            CHECK_MSG(wire_heard(&f, fd, slow[i].late), slow[i].name);
            CHECK_MSG(s->held < DRY__SMALL_BYTES, slow[i].name);
            wire_later(&f, 6);
            CHECK_MSG(s->connections == 0 && s->held == 0, slow[i].name);
            (void)close(fd);
            fixture_close(&f);
        }
}

/* A session waits for its client as long as he likes between messages. */
static void waits_between_messages(void **state)
{
    static const char message[] = "\x81\x9f\0\0\0\0" CHAIN_ID;
    struct fixture f;
    int fd;

    (void)state;
    wire_open(&f);
    fd = wire_connect(&f, 1);
    wire_send(&f, fd, SAID(UPGRADE));
    for (int i = 0; i < 3; i++) {
        (void)wire_heard(&f, fd, "");
        wire_later(&f, 1000000);
        wire_send(&f, fd, message, 20);
        wire_later(&f, 29);
        wire_send(&f, fd, message + 20, sizeof(message) - 1 - 20);
        CHECK(wire_heard(&f, fd, "0x7a69"));
    }
    (void)close(fd);
    fixture_close(&f);
}

/* However much one address holds, it is half of what all may hold: others find their room. */
static void leaves_room_to_others(void **state)
{
    static const char long_message[] = "\x81\xff\0\0\0\0\0\x06\0\0\0\0\0\0"; /* 384 KiB */
    static const char body[] = POST "Content-Length: 245760\r\n\r\n";
    static uint8_t blank[400 << 10];
    struct fixture f;
    struct dry__server *s;
    int hog[12], same, other;

    (void)state;
    memset(blank, ' ', sizeof(blank));
    memcpy(blank, CHAIN_ID, sizeof(CHAIN_ID) - 1);
    wire_open(&f);
    f.rpc->limits.body_bytes_max = 1u << 20;
    f.rpc->limits.memory_bytes_max = 1u << 20;
    s = f.rpc->server;
    for (size_t i = 0; i < DRY_COUNT(hog); i++) { /* messages that never end */
        hog[i] = wire_connect(&f, 1);
        wire_send(&f, hog[i], SAID(UPGRADE));
        wire_send(&f, hog[i], long_message, sizeof(long_message) - 1);
        wire_send(&f, hog[i], blank, i < 2 ? 300 << 10 : 60 << 10);
    }
    CHECK(s->held <= 512u << 10);
    same = wire_connect(&f, 1);
    wire_send(&f, same, body, sizeof(body) - 1);
    wire_send(&f, same, blank, 200 << 10);
    CHECK(wire_heard(&f, same, "(--rpc-memory-max)"));
    (void)close(same);
    same = wire_connect(&f, 1); /* but a little is always possible */
    wire_send(&f, same, SAID(POST "Content-Length: 31\r\n\r\n" CHAIN_ID));
    CHECK(wire_heard(&f, same, "0x7a69"));
    other = wire_connect(&f, 2);
    wire_send(&f, other, body, sizeof(body) - 1);
    wire_send(&f, other, blank, 240 << 10);
    CHECK(wire_heard(&f, other, "0x7a69"));
    for (size_t i = 0; i < DRY_COUNT(hog); i++)
        (void)close(hog[i]);
    wire_later(&f, 0);
    wire_send(&f, same, SAID(POST "Content-Length: 819200\r\n\r\n"));
    wire_send(&f, same, blank, sizeof(blank)); /* nearly alone it may be more */
    memset(blank, ' ', sizeof(CHAIN_ID));
    wire_send(&f, same, blank, sizeof(blank));
    CHECK(wire_heard(&f, same, "0x7a69"));
    (void)close(same);
    (void)close(other);
    wire_later(&f, 0);
    CHECK(s->connections == 0 && s->held == 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_without_memory), cmocka_unit_test(does_not_wait_for_the_slow),
        cmocka_unit_test(waits_between_messages), cmocka_unit_test(leaves_room_to_others)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
