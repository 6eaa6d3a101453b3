"""Clients that mean harm (ATTACKS 47, 48): whatever they send and never read, the node lives, holds
little memory for them, answers others at once and stops when told. Python's standard library only.

Every case starts a node of its own, and a well-behaved client asks all the time."""
import json
import socket
import struct
import threading
import time
import urllib.request

from harness import ACCOUNTS, Node, check, main

HELD_MIB_MAX = 256
# What these attacks could do is keep others waiting for as long as they last. The bounds are far
# above the times seen (0.4 s, 70 ms), so that a busy machine passes, and far below that.
ANSWER_S_MAX = 10
STOP_MS_MAX = 10000
NOWHERE = "0x" + "12" * 20
LOOP = [{"to": NOWHERE, "gas": "0x3938700"}, "latest", {NOWHERE: {"code": "0x5b600056"}}]


def text(method, *params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def batch(count, method, *params):
    return b"[" + b",".join([text(method, *params)] * count) + b"]"


def post(body, length=None):
    return (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length)) + body


def frame(body, last=True, first=True):
    """A masked frame, with a mask of zeros."""
    head = bytes([(0x80 if last else 0) | (1 if first else 0)])
    n = len(body)
    if n < 126:
        head += bytes([0x80 | n])
    elif n < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", n)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", n)
    return head + bytes(4) + body


class Siege:
    """A node under attack: memory and the time of others' answers are watched."""

    def __init__(self, program, slow, *arguments):
        self.node = Node(program, "--rpc-connections-ip-max", "600", *arguments)
        self.slow, self.sockets = slow, []
        self.base = self.peak = self.node.resident_kib()
        self.worst, self.served, self.failed, self.over = 0.0, 0, 0, False
        self.other = socket.create_connection(("127.0.0.1", self.node.port), timeout=30)
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _watch(self):
        other = self.other
        question = post(text("eth_blockNumber"))
        while not self.over and self.node.process.poll() is None:
            began = time.perf_counter()
            try:
                other.sendall(question)
                good = b"200 OK" in other.recv(4096)
                self.served, self.failed = self.served + good, self.failed + (not good)
            except OSError:
                self.failed += 1
            self.worst = max(self.worst, time.perf_counter() - began)
            try:
                self.peak = max(self.peak, self.node.resident_kib())
            except OSError:
                return
            time.sleep(0.01)

    def connect(self):
        opened = socket.create_connection(("127.0.0.1", self.node.port), timeout=30)
        self.sockets.append(opened)
        return opened

    def session(self):
        opened = self.connect()
        opened.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                       b"Sec-WebSocket-Version: 13\r\n\r\n")
        check(b" 101 " in opened.recv(4096), "no WebSocket")
        return opened

    def all_at_once(self, count, attack):
        def run():
            try:
                attack()
            except OSError:
                pass  # the server may well close the connection
        threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    def ask_batch(self, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.node.port}", body,
                                         {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def large_block(self, bytes_=120000):
        self.node.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1],
                                              "data": "0x" + "11" * bytes_, "gas": "0xf00000"})

    def end(self):
        self.over = True
        self.watcher.join(10)
        held = (self.peak - self.base) / 1024
        check(self.node.process.poll() is None, "the node is gone")
        self.node.ask("eth_chainId")
        code, took = self.node.stop()
        for opened in [self.other, *self.sockets]:
            opened.close()
        check(code == 0, f"exit code {code}")
        check(self.failed == 0 and self.served != 0,
              f"{self.failed} answers to others failed, {self.served} came")
        if not self.slow:
            check(held < HELD_MIB_MAX, f"{held:.0f} MiB held")
            check(self.worst < ANSWER_S_MAX, f"others waited {self.worst:.2f} s")
            check(took < STOP_MS_MAX, f"stopped after {took:.0f} ms")
        return (f"{held:.0f} MiB held, {self.served} answers to others, the slowest after "
                f"{self.worst * 1000:.0f} ms, stop {took:.0f} ms")


def half_bodies(program, _directory, slow):
    """Large requests whose end never comes."""
    siege = Siege(program, slow)
    part = bytes(1 << 20)

    def attack():
        opened = siege.connect()
        opened.sendall(post(b"", 25 << 20))
        for _ in range(24):
            opened.sendall(part)

    siege.all_at_once(60, attack)
    return siege.end()


def answers_unread(program, _directory, slow):
    """Large answers that nobody reads, over HTTP and WebSocket."""
    siege = Siege(program, slow)
    siege.large_block()
    body = batch(100, "eth_getBlockByNumber", "latest", True)

    def attack():
        opened = siege.connect()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.sendall(post(body))
        session = siege.session()
        for _ in range(5):
            session.sendall(frame(body))

    siege.all_at_once(40, attack)
    time.sleep(3)
    return siege.end()


def subscribers_unread(program, _directory, slow):
    siege = Siege(program, slow)
    for _ in range(30):
        session = siege.session()
        for _ in range(50):
            session.sendall(frame(text("eth_subscribe", "newPendingTransactions", True)))
    for _ in range(25):
        siege.large_block(100000)
    return siege.end()


def messages_unended(program, _directory, slow):
    """WebSocket messages in ever more fragments."""
    siege = Siege(program, slow)
    part = b" " * (1 << 20)

    def attack():
        session = siege.session()
        for i in range(30):
            session.sendall(frame(part, last=False, first=i == 0))

    siege.all_at_once(40, attack)
    return siege.end()


def filters_unpolled(program, _directory, slow):
    siege = Siege(program, slow)
    refused = 0
    for _ in range(120):
        for answer in siege.ask_batch(batch(10, "eth_newPendingTransactionFilter", True)):
            refused += "--rpc-filters-max" in str(answer)
    check(refused == 1200 - 1024, f"{refused} filters refused")
    for _ in range(20):
        siege.large_block(100000)
    return siege.end()


def large_overrides(program, _directory, slow):
    """As many slots as may be, in the order that sorts worst."""
    siege = Siege(program, slow)
    slots = {f"0x{99999 - i:064x}": "0x" + "11" * 32 for i in range(99999)}
    answer = siege.node.call("eth_call", {"to": NOWHERE}, "latest", {NOWHERE: {"stateDiff": slots}})
    check(answer.get("result") == "0x", str(answer)[:200])
    return siege.end()


def many_values(program, _directory, slow):
    """Large requests of small values, whose reading takes long: more than are read, and as many as are."""
    siege = Siege(program, slow)
    for count in (2000000, 100000 if slow else 260000):
        keys = ",".join(f'"{(i * 7919) % count:06x}":1' for i in range(count))
        body = f'{{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[{{{keys}}}]}}'
        siege.all_at_once(4, lambda: siege.connect().sendall(post(body.encode())))
    answer = siege.node.call("eth_chainId", {}, timeout=60)
    check("error" in answer, "too many arguments")
    return siege.end()


def endless_calls(program, _directory, slow):
    """Calls that never end, in batches, on sockets that are closed, and while the node stops."""
    siege = Siege(program, slow, "--rpc-call-gas", "1000000000000")
    endless = [dict(LOOP[0], gas="0xe8d4a51000")] + LOOP[1:]
    for _ in range(3):
        siege.connect().sendall(post(batch(1000, "eth_call", *endless)))
    session = siege.session()
    for _ in range(500):
        session.sendall(frame(text("eth_call", *endless)))
    for _ in range(100):
        opened = siege.connect()
        opened.sendall(post(text("eth_call", *endless)))
        opened.close()
    for _ in range(20):
        siege.node.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1],
                                               "gas": "0x5208", "gasPrice": "0x77359400"})
    return siege.end()


def long_batches(program, _directory, slow):
    """Workers kept busy by a few connections: another's long calls are answered long before them."""
    siege = Siege(program, slow)
    for _ in range(6):
        siege.connect().sendall(post(batch(1000, "eth_call", *LOOP)))
    for _ in range(2):
        session = siege.session()
        for _ in range(250):
            session.sendall(frame(text("eth_call", *LOOP)))
    for _ in range(3):
        check("error" in siege.node.call("eth_call", *LOOP, timeout=60), "a loop has an end")
    for opened in siege.sockets[:6]:
        opened.setblocking(False)
        try:
            check(not opened.recv(1), "a batch was over before another's call")
        except BlockingIOError:
            pass
    return siege.end()


def subscribers_gone(program, _directory, slow):
    """Who subscribes behind a long call and is gone when its turn comes."""
    siege = Siege(program, slow)
    for _ in range(10):
        session = siege.session()
        calls = [json.loads(text("evm_mine", {"blocks": 100}))] + [json.loads(text("eth_subscribe", "newHeads"))] * 3
        session.sendall(frame(json.dumps(calls).encode()))
        time.sleep(0.01)
        session.close()
    for _ in range(20):
        siege.node.ask("evm_mine")
    return siege.end()


def batches_on_the_loop(program, _directory, slow):
    """Batches that begin where the chain lives: transactions of others are mined meanwhile."""
    siege = Siege(program, slow)
    siege.node.call("evm_mine", {"blocks": 2000 if slow else 20000}, timeout=300)
    search = {"fromBlock": "0x0", "toBlock": "latest", "topics": ["0x" + "11" * 32]}
    searches = [json.loads(text("txpool_status"))] + [json.loads(text("eth_getLogs", search))] * 999
    for calls in (json.dumps(searches).encode(), batch(1000, "txpool_content")):
        siege.connect().sendall(post(calls))
    began = time.perf_counter()
    for _ in range(20):
        siege.node.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1],
                                               "gas": "0x5208", "gasPrice": "0x77359400"})
    took = time.perf_counter() - began
    check(slow or took < ANSWER_S_MAX, f"20 transactions took {took:.1f} s")
    return siege.end()


def loop_flooded(program, _directory, slow):
    """Sessions that ask for a long list of the loop, again and again: others' transactions are taken."""
    siege = Siege(program, slow, "--no-mining")
    send = {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "gas": "0x5208", "gasPrice": "0xffffffffff"}
    siege.ask_batch(batch(100 if slow else 1000, "eth_sendTransaction", send))
    sessions = [siege.session() for _ in range(60)]
    ask = frame(text("txpool_inspect")) * 300
    for session in sessions:
        session.setblocking(False)
        try:
            session.send(ask)
        except BlockingIOError:
            pass
    for _ in range(10):
        siege.node.ask("eth_sendTransaction", {**send, "from": ACCOUNTS[1]})
    siege.node.ask("evm_mine")
    return siege.end()


def long_mining(program, _directory, slow):
    """100,000 blocks wanted at once: others are served, and the node stops when told."""
    siege = Siege(program, slow)
    siege.connect().sendall(post(text("evm_mine", {"blocks": 100000})))
    time.sleep(0.5)
    check(siege.node.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1]}), "a transaction")
    return siege.end()


def too_many_connections(program, _directory, slow):
    siege = Siege(program, slow, "--rpc-connections-max", "100")
    served = 0
    for _ in range(200):
        siege.connect()
    for opened in siege.sockets:
        try:
            opened.settimeout(30)
            opened.sendall(post(text("eth_chainId")))
            served += b"200 OK" in opened.recv(4096)
        except OSError:
            pass
        opened.close()
    check(90 <= served <= 100, f"{served} served")
    time.sleep(0.3)
    return siege.end()


def heads_never_ended(program, _directory, slow):
    """Slowloris: heads that come byte by byte on hundreds of connections."""
    siege = Siege(program, slow)
    for _ in range(500):
        siege.connect().sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nX: ")
    for _ in range(4):
        for opened in siege.sockets:
            try:
                opened.sendall(b"y")
            except OSError:
                pass
        time.sleep(0.3)
    return siege.end()


if __name__ == "__main__":
    main([half_bodies, answers_unread, subscribers_unread, messages_unended, filters_unpolled,
          large_overrides, many_values, endless_calls, long_batches, subscribers_gone,
          batches_on_the_loop, loop_flooded, long_mining, too_many_connections, heads_never_ended])
