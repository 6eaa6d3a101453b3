/* The server on its socket: who may ask (ATTACKS 45, 46), what HTTP it takes (ATTACKS 47), answers
 * from every thread, WebSocket with subscriptions, and its end under load. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "client.h"
#include <drystone/platform/log.h>
#include <sys/socket.h>
#include <time.h>

#define JSON "Content-Type: application/json\r\n"
#define CHAIN_ID "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"}"
#define MINE "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"evm_mine\"}"

static void open_server(struct fixture *f)
{
    fixture_open_dev(f);
    fixture_serve(f, true);
}

static void answers_on_one_connection(void **state)
{
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    client_open(&c, &f);
    for (int i = 0; i < 20; i++) /* in place, on the loop, on a worker */
        CHECK(client_post(&c, JSON, CHAIN_ID, "\"result\":\"0x7a69\"}") &&
              client_post(&c, JSON, MINE, "\"result\":\"0x0\"}") &&
              client_post(&c, JSON,
                          "[{\"id\":1,\"method\":\"evm_mine\"},{\"id\":2,\"method\":\"eth_call\","
                          "\"params\":[{\"to\":\"0x7dcd17433742f4c0ca53122ab541d0ba67fc27df\"}]},"
                          "{\"id\":3,\"method\":\"txpool_status\"}]",
                          "\"queued\":\"0x0\"}}]"));
    client_close(&c);
    fixture_close(&f);
}

/* A body that comes byte by byte, with a length or in chunks. */
static void takes_bodies_as_they_come(void **state)
{
    static const char *const requests[] = {
        "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "Content-Length: 48\r\n\r\n"
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"} ",
        "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n"
        "2 \t;a=b\r\n{\"\r\n00a \r\nid\":1,\"met\r\n13\r\nhod\":\"eth_chainId\"}\r\n0\r\nSum: "
        "1\r\n\r\n",
        "\r\nPOST http://localhost/ HTTP/1.1\r\nHost:localhost\r\nConnection: a, B\r\n" JSON
        "transfer-encoding: "
        "Chunked\r\n\r\n1F\r\n{\"id\":1,\"method\":\"eth_chainId\"}\r\n0\r\n\r\n",
    };
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    client_open(&c, &f);
    for (size_t i = 0; i < DRY_COUNT(requests); i++) {
        c.in.len = 0;
        for (const char *p = requests[i]; *p != 0; p++) {
            char one[2] = {*p, 0};
            client_send(&c, one);
        }
        CHECK_MSG(client_wait(&c, "\"result\":\"0x7a69\"}"), requests[i]);
    }
    client_close(&c);
    fixture_close(&f);
}

/* Requests sent at once are answered once each and in their order, wherever they run. */
static void takes_requests_at_once(void **state)
{
    static const char *const bodies[] = {
        "{\"id\":1,\"method\":\"evm_mine\"}",
        "{\"id\":2,\"method\":\"eth_chainId\"}",
        "[{\"id\":3,\"method\":\"eth_chainId\"},{\"id\":4,\"method\":\"evm_mine\"}]",
        "nonsense",
        "{\"id\":5,\"method\":\"eth_chainId\"}",
    };
    static const char *const ids[] = {"\"id\":1,", "\"id\":2,",   "\"id\":3,",
                                      "\"id\":4,", "\"id\":null", "\"id\":5,"};
    struct dry_buf all = {0};
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    for (size_t i = 0; i < DRY_COUNT(bodies); i++) {
        char head[200];

        (void)snprintf(head, sizeof(head),
                       "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "%s%zu\r\n\r\n",
                       "Content-Length: ", strlen(bodies[i]));
        CHECK(dry_ok(dry_buf_append_text(&all, head)));
        CHECK(dry_ok(dry_buf_append_text(&all, bodies[i])));
    }
    CHECK(dry_ok(dry_buf_append_byte(&all, 0)));
    for (int closes = 0; closes < 2; closes++) { /* with the end of the sending side, too */
        const char *at;

        client_open(&c, &f);
        client_send(&c, (const char *)all.ptr);
        if (closes != 0)
            CHECK(shutdown(c.fd, SHUT_WR) == 0);
        CHECK(client_wait(&c, ids[DRY_COUNT(ids) - 1]));
        at = (const char *)c.in.ptr;
        for (size_t i = 0; i < DRY_COUNT(ids); i++) {
            at = strstr(at, ids[i]);
            CHECK_MSG(at != NULL, (const char *)c.in.ptr);
            CHECK_MSG(strstr(at + 1, ids[i]) == NULL, (const char *)c.in.ptr);
        }
        client_close(&c);
    }
    dry_buf_fini(&all);
    fixture_close(&f);
}

/* What HTTP/1.0 and careful clients ask for. */
static void knows_older_and_careful_clients(void **state)
{
    struct fixture f;
    struct client c;

    (void)state;
    fixture_open_dev(&f);
    f.clock.wall_ms = 784111777999; /* the example of RFC 9110 5.6.7 */
    fixture_serve(&f, true);
    client_open(&c, &f);
    client_send(&c, "POST / HTTP/1.0\r\nConnection: keep-alive\r\n" JSON
                    "Content-Length: 31\r\n\r\n{\"id\":1,\"method\":\"eth_chainId\"}");
    CHECK(client_wait(&c, "connection: keep-alive\r\n") && client_wait(&c, "0x7a69"));
    c.in.len = 0;
    client_send(&c, "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" JSON
                    "Content-Length: 31\r\n\r\n");
    CHECK(client_wait(&c, "HTTP/1.1 100 Continue\r\n\r\n"));
    client_send(&c, "{\"id\":1,\"method\":\"eth_chainId\"}");
    CHECK(client_wait(&c, "0x7a69"));
    c.in.len = 0;
    client_send(&c, "GET / HTTP/1.0\r\n\r\n");
    CHECK(client_wait(&c, "connection: close\r\n"));
    CHECK(!client_wait(&c, "more"));
    client_close(&c);
    client_open(&c, &f);
    client_send(&c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client_wait(&c, "\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    client_close(&c);
    client_open(&c, &f); /* who says both, even in two headers, is taken to close */
    client_send(&c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close , keep-alive\r\n"
                    "Connection: keep-alive\r\n\r\n");
    CHECK(client_wait(&c, "connection: close\r\n"));
    CHECK(!client_wait(&c, "more"));
    client_close(&c);
    client_open(&c, &f);
    client_send(&c, "GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client_wait(&c, "connection: close\r\n"));
    client_close(&c);
    fixture_close(&f);
}

#define CHUNKED "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n"
static const struct {
    const char *name, *request, *want;
} refused[] = {
    {"a name pointed here by somebody else",
     "POST / HTTP/1.1\r\nHost: evil.com\r\n" JSON "Content-Length: 2\r\n\r\n{}", " 403 "},
    {"two hosts",
     "POST / HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n" JSON "Content-Length: 2\r\n\r\n{}",
     " 400 "},
    {"two hosts behind an absolute target",
     "GET http://localhost/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", " 400 "},
    {"an absolute target without a host", "GET http://localhost/ HTTP/1.1\r\n\r\n", " 400 "},
    {"an absolute target without a name", "GET http:/// HTTP/1.1\r\nHost: localhost\r\n\r\n",
     " 400 "},
    {"an absolute target of somebody else's",
     "GET http://evil.com/ HTTP/1.1\r\nHost: localhost\r\n\r\n", " 403 "},
    {"a user at the target's host",
     "GET http://localhost:80@evil.com/ HTTP/1.1\r\nHost: localhost\r\n\r\n", " 400 "},
    {"a user at a host", "GET / HTTP/1.1\r\nHost: localhost:80@evil.com\r\n\r\n", " 400 "},
    {"a port that is no number", "GET / HTTP/1.1\r\nHost: localhost:80.evil.com\r\n\r\n", " 400 "},
    {"a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", " 400 "},
    {"a name in brackets", "GET / HTTP/1.1\r\nHost: [evil.com]\r\n\r\n", " 400 "},
    {"more than brackets", "GET / HTTP/1.1\r\nHost: [::1]evil.com\r\n\r\n", " 400 "},
    {"brackets around nothing", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", " 400 "},
    {"brackets that do not end", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", " 400 "},
    {"a simple cross-site POST",
     "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: "
     "2\r\n\r\n{}",
     " 415 "},
    {"no content type", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
     " 415 "},
    {"too long",
     "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "Content-Length: 99999999999\r\n\r\n{}",
     " 413 "},
    {"no length", "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "\r\n", " 411 "},
    {"chunks and a length",
     "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON
     "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
     " 400 "},
    {"another encoding",
     "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON
     "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     " 501 "},
    {"two encodings",
     "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     " 400 "},
    {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     " 400 "},
    {"a chunk that is longer than said", CHUNKED "2\r\n{} \r\n0\r\n\r\n", " 400 "},
    {"a chunk without a size", CHUNKED "\r\n{}\r\n0\r\n\r\n", " 400 "},
    {"a chunk with a sign", CHUNKED "+2\r\n{}\r\n0\r\n\r\n", " 400 "},
    {"a chunk of all there is", CHUNKED "ffffffffffffffffff\r\n{}", " 400 "},
    {"more behind a chunk's size", CHUNKED "2 x\r\n{}\r\n0\r\n\r\n", " 400 "},
    {"a chunk's size in two", CHUNKED "1 2\r\n{}\r\n0\r\n\r\n", " 400 "},
    {"a trailer without a colon", CHUNKED "2\r\n{}\r\n0\r\nno colon\r\n\r\n", " 400 "},
    {"a trailer without a name", CHUNKED "2\r\n{}\r\n0\r\n: x\r\n\r\n", " 400 "},
    {"a trailer that goes on", CHUNKED "2\r\n{}\r\n0\r\nA: b\r\n c\r\n\r\n", " 400 "},
    {"a trailer cut short", CHUNKED "2\r\n{}\r\n0\r\nA\r\n\r\n", " 400 "},
    {"a chunk's line without CR", CHUNKED "2\n{}\r\n0\r\n\r\n", " 400 "},
    {"a header that goes on", "POST / HTTP/1.1\r\nHost: localhost\r\n x\r\n\r\n", " 400 "},
    {"a blank before the colon", "POST / HTTP/1.1\r\nHost : localhost\r\n\r\n", " 400 "},
    {"a line that ends without CR", "POST / HTTP/1.1\nHost: localhost\r\n\r\n", " 400 "},
    {"a NUL's friend", "POST / HTTP/1.1\r\nHost: local\001host\r\n\r\n", " 400 "},
    {"no host", "GET / HTTP/1.1\r\n\r\n", " 400 "},
    {"no version", "GET /\r\n\r\n", " 400 "},
    {"too many blanks", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", " 400 "},
    {"HTTP/2 in words", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", " 505 "},
    {"another method", "PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n", "allow: GET"},
    {"a body where none belongs",
     "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", " 400 "},
    {"another expectation",
     "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: gold\r\n" JSON "Content-Length: 2\r\n\r\n{}",
     " 417 "},
    {"another WebSocket version",
     "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     " 426 "},
    {"a WebSocket key that is none",
     "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n",
     " 400 "},
    {"two lengths",
     "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON
     "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
     " 400 "},
    {"a length that is none",
     "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON "Content-Length: 2x\r\n\r\n{}", " 400 "},
    {"an unknown origin asks",
     "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.b\r\n\r\n", " 403 "},
};

static void refuses_who_should_not_ask(void **state)
{
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    for (size_t i = 0; i < DRY_COUNT(refused); i++) {
        client_open(&c, &f);
        client_send(&c, refused[i].request);
        CHECK_MSG(client_wait(&c, refused[i].want), refused[i].name);
        client_close(&c);
    }
    client_open(&c, &f); /* 10,000 headers */
    client_send(&c, "POST / HTTP/1.1\r\n");
    for (int i = 0; i < 10000; i++)
        client_send(&c, "X-Y: z\r\n");
    CHECK(client_wait(&c, " 431 "));
    client_close(&c);
    client_open(&c, &f); /* HTTP/2 */
    client_send(&c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    CHECK(client_wait(&c, " 505 "));
    client_close(&c);
    client_open(&c, &f); /* and still serves */
    CHECK(client_post(&c, JSON, CHAIN_ID, "0x7a69"));
    client_close(&c);
    fixture_close(&f);
}

/* Addresses, this machine's name, ports; none of them is a name that somebody else could own. */
static void takes_hosts_that_are_no_names(void **state)
{
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: LocalHost:8545\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:8545\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:8545\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://[::1]:8545/x HTTP/1.1\r\nHost: [::1]:8545\r\n\r\n",
        "GET http://localhost/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    };
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    client_open(&c, &f);
    for (size_t i = 0; i < DRY_COUNT(requests); i++) {
        c.in.len = 0;
        client_send(&c, requests[i]);
        CHECK_MSG(client_wait(&c, " 200 OK"), requests[i]);
        CHECK_MSG(client_wait(&c, "WebSocket\n"), requests[i]);
    }
    client_close(&c);
    fixture_close(&f);
}

static void allows_what_is_listed(void **state)
{
    static const char *const hosts[] = {"node.example"}, *const origins[] = {"http://app.example"};
    struct fixture f;
    struct client c;

    (void)state;
    fixture_open_dev(&f);
    f.set.allow_hosts = hosts;
    f.set.allow_host_count = 1;
    f.set.origins = origins;
    f.set.origin_count = 1;
    fixture_serve(&f, true);
    client_open(&c, &f);
    client_send(&c,
                "POST / HTTP/1.1\r\nHost: node.example:80\r\nOrigin: http://app.example\r\n" JSON
                "Content-Length: 31\r\n\r\n{\"id\":1,\"method\":\"eth_chainId\"}");
    CHECK(client_wait(&c, "0x7a69"));
    CHECK(client_wait(&c, "access-control-allow-origin: http://app.example"));
    CHECK(client_upgrade(&c, "Origin: http://app.example\r\n"));
    client_close(&c);
    client_open(&c, &f);
    CHECK(!client_upgrade(&c, "Origin: http://other.example\r\n"));
    client_close(&c);
    fixture_close(&f);
}

/* Who finds no room is told so, with the option that says how much there is; the log says it, too,
 * and no more than once a second. */
static void counts_connections(void **state)
{
    static const struct {
        const char *option;
        uint32_t max, ip_max;
    } cases[] = {{"connections from this address: 1 (--rpc-connections-ip-max)", 9, 1},
                 {"connections: 1 (--rpc-connections-max)", 1, 9}};

    (void)state;
    for (size_t k = 0; k < DRY_COUNT(cases); k++) {
        FILE *said = tmpfile();
        struct dry_log log;
        struct fixture f;
        struct client a, b;
        char line[400] = "";
        time_t began = time(NULL), lines = 0;

        CHECK(said != NULL);
        fixture_open_dev(&f);
        dry_log_init(&log, fileno(said), DRY_LOG_FORMAT_TEXT, &f.clock.base);
        f.set.log = &log;
        f.set.limits.connections_max = cases[k].max;
        f.set.limits.connections_ip_max = cases[k].ip_max;
        fixture_serve(&f, true);
        client_open(&a, &f);
        CHECK(client_post(&a, JSON, CHAIN_ID, "0x7a69"));
        for (int i = 0; i < 200; i++) { /* more than are told at once */
            client_open(&b, &f);
            client_send(&b, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            CHECK(!client_wait(&b, " 200 "));
            if (i == 0) {
                CHECK(client_wait(&b, "HTTP/1.1 503 Service Unavailable\r\n"));
                CHECK(client_wait(&b, "connection: close\r\n"));
                CHECK(client_wait(&b, cases[k].option) && client_wait(&b, "\"code\":-32005"));
            }
            client_close(&b);
        }
        client_close(&a);
        for (int i = 0; i < 100; i++) { /* the place is free again */
            client_open(&b, &f);
            client_send(&b, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            if (client_wait(&b, " 200 "))
                break;
            client_close(&b);
        }
        CHECK(client_wait(&b, " 200 "));
        client_close(&b);
        fixture_close(&f);
        CHECK(fseek(said, 0, SEEK_SET) == 0);
        while (fgets(line, sizeof(line), said) != NULL)
            lines += strstr(line, "WARN") != NULL && strstr(line, "-connections-") != NULL;
        CHECK_MSG(lines >= 1 && lines <= time(NULL) - began + 1, cases[k].option);
        (void)fclose(said);
    }
}

static void sessions_are_told(void **state)
{
    struct fixture f;
    struct client c, d;

    (void)state;
    open_server(&f);
    client_open(&c, &f);
    CHECK(client_upgrade(&c, ""));
    client_message(&c, CHAIN_ID);
    CHECK(client_wait(&c, "\"result\":\"0x7a69\"}"));
    client_message(&c, "{\"id\":1,\"method\":\"eth_subscribe\",\"params\":[\"newHeads\"]}");
    CHECK(client_wait(&c, "\"result\":\"0x"));
    client_message(
        &c, "{\"id\":1,\"method\":\"eth_subscribe\",\"params\":[\"newPendingTransactions\"]}");
    CHECK(client_wait(&c, "\"result\":\"0x0000000000000002\""));
    client_message(&c, "{\"id\":1,\"method\":\"eth_subscribe\",\"params\":[\"nonsense\"]}");
    CHECK(client_wait(&c, "no \\\"nonsense\\\" subscription in eth namespace"));
    client_message(&c, MINE);
    CHECK(client_wait(&c, "\"method\":\"eth_subscription\""));
    CHECK(client_wait(&c, "\"number\":\"0x1\""));
    client_message(&c,
                   "{\"id\":9,\"method\":\"eth_unsubscribe\",\"params\":[\"0x0000000000000001\"]}");
    CHECK(client_wait(&c, "\"id\":9,\"result\":true"));
    client_open(&d, &f); /* another session's subscription is none of his */
    CHECK(client_upgrade(&d, ""));
    client_message(&d,
                   "{\"id\":9,\"method\":\"eth_unsubscribe\",\"params\":[\"0x0000000000000002\"]}");
    CHECK(client_wait(&d, "subscription not found"));
    client_close(&d);
    client_message(&c, MINE);
    CHECK(client_wait(&c, "\"result\":\"0x0\""));
    CHECK(memmem(c.in.ptr, c.in.len, "\"number\":\"0x2\"", 14) == NULL);
    client_close(&c);
    fixture_close(&f);
}

/* RFC 6455: frames of every kind, in pieces, right behind the upgrade; what breaks the protocol
 * ends the session. */
static void speaks_web_socket(void **state)
{
    static const char upgrade[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                  "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    static const uint8_t good[] = /* masks of zeros: a ping amid a message in three parts */
        "\x01\x87\0\0\0\0{\"id\":7"
        "\x89\x82\0\0\0\0hi"
        "\x00\x80\0\0\0\0"
        "\x80\x98\x20\0\0\0\x0c\"meThod\x02:\"eTh_cHainid\"}";
    static const struct {
        const char *name;
        const uint8_t bytes[8];
        uint8_t len;
    } bad[] = {{"no mask", {0x81, 0x01, 'x'}, 3},
               {"an extension", {0xc1, 0x80, 0, 0, 0, 0}, 6},
               {"an unknown code", {0x83, 0x80, 0, 0, 0, 0}, 6},
               {"a continuation of nothing", {0x80, 0x80, 0, 0, 0, 0}, 6},
               {"a long ping", {0x89, 0xfe, 0, 126, 0, 0, 0, 0}, 8},
               {"a ping in parts", {0x09, 0x80, 0, 0, 0, 0}, 6},
               {"a length said too long", {0x81, 0xfe, 0, 1, 0, 0, 0, 0}, 8},
               {"half a code to close with", {0x88, 0x81, 0, 0, 0, 0, 3}, 7}};
    static const uint16_t never[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};
    static const uint16_t codes[] = {1000, 1003, 1007, 1014, 3000, 4999};
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    client_open(&c, &f);
    client_send(&c, upgrade);
    client_send_bytes(&c, good, sizeof(good) - 1);
    CHECK(client_wait(&c, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    CHECK(client_wait(&c, "\x8a\x02hi"));
    CHECK(client_wait(&c, "\"id\":7,\"result\":\"0x7a69\"}"));
    client_message(&c, CHAIN_ID);
    CHECK(client_wait(&c, "\"result\":\"0x7a69\"}"));
    c.in.len = 0;
    client_send_bytes(&c, "\x88\x82\0\0\0\0\x03\xe8", 8); /* and good-bye */
    CHECK(client_wait(&c, "\x88\x02\x03\xe8"));
    CHECK(!client_wait(&c, "more"));
    client_close(&c);
    client_open(&c, &f); /* one of several protocols */
    client_send(&c, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c , WebSocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK(client_wait(&c, " 101 "));
    client_close(&c);
    for (size_t i = 0; i < DRY_COUNT(bad); i++) {
        client_open(&c, &f);
        CHECK(client_upgrade(&c, ""));
        client_send_bytes(&c, bad[i].bytes, bad[i].len);
        CHECK_MSG(client_wait(&c, "\x88\x02\x03\xea"), bad[i].name);
        client_close(&c);
    }
    for (size_t i = 0; i < DRY_COUNT(never) + DRY_COUNT(codes); i++) { /* RFC 6455 7.4 */
        bool real = i >= DRY_COUNT(never);
        uint16_t code = real ? codes[i - DRY_COUNT(never)] : never[i];
        uint8_t close[] = {0x88, 0x84, 0, 0, 0, 0, (uint8_t)(code >> 8), (uint8_t)code, 'o', 'k'};
        char want[] = {'\x88', 2, (char)(real ? code >> 8 : 3), (char)(real ? code : 0xea), 0};

        client_open(&c, &f);
        CHECK(client_upgrade(&c, ""));
        client_send_bytes(&c, close, sizeof(close));
        CHECK_MSG(client_wait(&c, want), real ? "a code that is one" : "a code that is none");
        client_close(&c);
    }
    fixture_close(&f);
}

/* Text is UTF-8, wherever its frames are cut, and so is the reason of a close; anything else ends
 * the session with 1007. Binary messages may be anything: JSON has its own answer to them. */
static void wants_text_in_utf8(void **state)
{
    static const struct {
        const char *name, *frames, *want;
        uint8_t len;
    } cases[] = {
        {"a byte that begins nothing", "\x81\x83\0\0\0\0\"\xff\"", "\x88\x02\x03\xef", 9},
        {"an overlong form", "\x81\x84\0\0\0\0\"\xc0\x80\"", "\x88\x02\x03\xef", 10},
        {"half a surrogate pair", "\x81\x85\0\0\0\0\"\xed\xa0\x80\"", "\x88\x02\x03\xef", 11},
        {"a sequence that does not end", "\x81\x8b\0\0\0\0\"\"\"\"\"\"\"\"\"\xe2\x82",
         "\x88\x02\x03\xef", 17},
        {"in a later frame", "\x01\x81\0\0\0\0\"\x80\x82\0\0\0\0\xfe\"", "\x88\x02\x03\xef", 15},
        {"in a reason", "\x88\x84\0\0\0\0\x03\xe8\xc3(", "\x88\x02\x03\xef", 10},
        {"a sequence cut by frames", "\x01\x82\0\0\0\0\"\xc3\x80\x82\0\0\0\0\xa4\"", "-32600", 16},
        {"a binary message", "\x82\x83\0\0\0\0\"\xff\"", "-32700", 9},
        {"a reason", "\x88\x84\0\0\0\0\x03\xe8\xc3\xa4", "\x88\x02\x03\xe8", 10},
    };
    struct fixture f;
    struct client c;

    (void)state;
    open_server(&f);
    for (size_t i = 0; i < DRY_COUNT(cases); i++) {
        client_open(&c, &f);
        CHECK(client_upgrade(&c, ""));
        c.in.len = 0;
        client_send_bytes(&c, cases[i].frames, cases[i].len);
        CHECK_MSG(client_wait(&c, cases[i].want), cases[i].name);
        client_close(&c);
    }
    fixture_close(&f);
}

/* Connections are dropped and the server closed while answers are under way: nothing is left. */
static void closes_under_load(void **state)
{
    struct fixture f;
    struct client c[8];

    (void)state;
    open_server(&f);
    for (uint32_t i = 0; i < DRY_COUNT(c); i++) {
        client_open(&c[i], &f);
        if (i % 2 != 0) {
            CHECK(client_upgrade(&c[i], ""));
            client_message(&c[i], MINE);
            client_message(
                &c[i],
                "{\"id\":1,\"method\":\"eth_sendRawTransactionSync\",\"params\":[\"0x01\"]}");
        } else {
            client_send(&c[i], "POST / HTTP/1.1\r\nHost: localhost\r\n" JSON
                               "Content-Length: 60\r\n\r\n[{\"id\":1,\"method\":\"evm_mine\"},"
                               "{\"id\":1,\"method\":\"evm_mine\"}]");
        }
        if (i < 4)
            client_close(&c[i]);
    }
    fixture_close(&f);
    for (uint32_t i = 4; i < DRY_COUNT(c); i++)
        client_close(&c[i]);
}

/* GET a page with these header lines, and wait for `want`. */
static bool get(struct client *c, const char *path, const char *headers, const char *want)
{
    char head[400];

    c->in.len = 0;
    (void)snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\n%s\r\n", path, headers);
    client_send(c, head);
    return client_wait(c, want);
}

#define ME "Host: localhost\r\n"

/* Calls are counted by method and outcome; the pages are for those who may ask; a loop that stands
 * still is no good health. */
static void shows_its_pages(void **state)
{
    struct dry_metrics *m = NULL;
    struct dry_metric *pulse = NULL;
    struct fixture f;
    struct client c;

    (void)state;
    CHECK(dry_ok(dry_metrics_open(&m)));
    CHECK(dry_ok(dry_metrics_gauge(m, &pulse, "pulse", "Pulse.", NULL, 0)));
    fixture_open_dev(&f);
    f.clock.monotonic_ns = 100000000000u;
    f.set.metrics = m;
    f.set.pulse = pulse;
    fixture_serve(&f, true);
    client_open(&c, &f);
    CHECK(client_post(&c, JSON, CHAIN_ID, "0x7a69") && client_post(&c, JSON, CHAIN_ID, "0x7a69"));
    CHECK(client_post(&c, JSON, "{\"id\":1,\"method\":\"eth_getBalance\"}", "-32602"));
    CHECK(client_post(&c, JSON, "nonsense", "-32700"));
    CHECK(client_post(&c, JSON, "[{\"method\":\"eth_chainId\"},{\"id\":2,\"method\":\"evm_mine\"}]",
                      "\"0x0\""));
    CHECK(get(&c, "/metrics", ME, "{method=\"eth_chainId\",outcome=\"ok\"} 3\n"));
    CHECK(client_wait(&c, "{method=\"eth_getBalance\",outcome=\"error\"} 1\n"));
    CHECK(client_wait(&c, "{method=\"evm_mine\",outcome=\"ok\"} 1\n"));
    CHECK(client_wait(&c, "{method=\"none\",outcome=\"error\"} 1\n"));
    CHECK(client_wait(&c, "drystone_rpc_request_seconds_count 5\n"));
    CHECK(client_wait(&c, "drystone_rpc_connections 1\n"));
    dry_metric_set(pulse, 90);
    CHECK(get(&c, "/health", ME, " 200 OK") && client_wait(&c, "\r\n\r\nok\n"));
    CHECK(get(&c, "/healthy", ME, "JSON-RPC by POST"));
    CHECK(get(&c, "http://localhost/health?now", ME, "\r\n\r\nok\n"));
    dry_metric_set(pulse, 89);
    CHECK(get(&c, "/health", ME, " 503 "));
    client_close(&c);
    client_open(&c, &f);
    CHECK(get(&c, "/metrics", "Host: elsewhere.example\r\n", "--http-allow-hosts"));
    client_close(&c);
    fixture_close(&f);
    dry_metrics_close(m);
}

static void says_that_the_port_is_taken(void **state)
{
    struct fixture f;
    struct dry_rpc *second = NULL;
    struct dry_buf error = {0};

    (void)state;
    open_server(&f);
    f.set.port = dry_rpc_port(f.rpc);
    CHECK(dry_rpc_open(&second, &f.set, &error).code == DRY_CODE_EBUSY);
    CHECK(dry_ok(dry_buf_append_byte(&error, 0)));
    CHECK_MSG(strstr((char *)error.ptr, "--http-port") != NULL, (char *)error.ptr);
    dry_buf_fini(&error);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_on_one_connection),
        cmocka_unit_test(takes_bodies_as_they_come),
        cmocka_unit_test(takes_requests_at_once),
        cmocka_unit_test(knows_older_and_careful_clients),
        cmocka_unit_test(speaks_web_socket),
        cmocka_unit_test(wants_text_in_utf8),
        cmocka_unit_test(refuses_who_should_not_ask),
        cmocka_unit_test(takes_hosts_that_are_no_names),
        cmocka_unit_test(allows_what_is_listed),
        cmocka_unit_test(counts_connections),
        cmocka_unit_test(sessions_are_told),
        cmocka_unit_test(closes_under_load),
        cmocka_unit_test(shows_its_pages),
        cmocka_unit_test(says_that_the_port_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
