#!/usr/bin/env python3
"""Bytes as no decent client sends them (ATTACKS 47): requests one after the other in any pieces, cut
off, garbled, followed by garbage; ends of both kinds at every stage, while answers are under way.
Whatever comes, each request that was whole is answered once and in order, nobody's thread spins
afterwards, and the program stops when told. Python's standard library only.

test_wire.py PROGRAM [--slow] [--seconds=N] [--seed=N] [--stop-ms=N]"""
import json
import os
import random
import select
import socket
import struct
import sys
import time

from harness import Node, check, main

NOWHERE = "0x" + "12" * 20
BUSY = [{"to": NOWHERE, "gas": "0x100000"}, "latest", {NOWHERE: {"code": "0x5b600056"}}]
IDLE_S = 0.4
TICKS_MAX = 3  # of 10 ms, while nothing is to be done
STOP_MS_MAX = 2000  # ten times what it takes; --stop-ms=N asks for less


def option(name, fallback):
    for argument in sys.argv:
        if argument.startswith(f"--{name}="):
            return float(argument.split("=", 1)[1])
    return fallback


def call(chance, number):
    """A request and how many answers have which ids: quick, on the loop, on a worker."""
    kind = chance.randrange(12)
    one = {"jsonrpc": "2.0", "id": number, "method": "eth_chainId"}
    if kind == 0:
        one["method"] = "evm_mine"
    elif kind == 1:
        one.update(method="eth_call", params=BUSY)
    elif kind == 2:
        return [dict(one), dict(one, id=number + 0.5, method="evm_mine")]
    elif kind == 3:
        return [dict(one, method="eth_call", params=BUSY), dict(one, id=number + 0.5)]
    elif kind == 4:
        one.update(method="eth_getBlockByNumber", params=["0x0", True])
    elif kind == 5:
        one["padding"] = "x" * chance.choice([10, 1000, 70000, 200000])
    return one


def post(chance, body, close=False):
    head = "POST / HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\n"
    if close:
        head += "Connection: close\r\n"
    if chance.randrange(3):
        return (head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    parts, at = [], 0
    while at < len(body):
        n = chance.choice([1, 7, 100, 5000, len(body)])
        part = body[at:at + n]
        extension = b";a=b" if chance.randrange(5) == 0 else b""
        parts.append(b"%x%s\r\n%s\r\n" % (len(part), extension, part))
        at += n
    trailer = b"X-Sum: 1\r\n" if chance.randrange(5) == 0 else b""
    return (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + b"".join(parts) + \
        b"0\r\n" + trailer + b"\r\n"


UPGRADE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def frame(chance, body, code=1, last=True):
    n, mask = len(body), chance.randbytes(4)
    head = bytes([(0x80 if last else 0) | code])
    if n < 126:
        head += bytes([0x80 | n])
    elif n < 65536:
        head += bytes([0xfe]) + struct.pack(">H", n)
    else:
        head += bytes([0xff]) + struct.pack(">Q", n)
    masked = (int.from_bytes(body, "big") ^
              int.from_bytes((mask * (n // 4 + 1))[:n], "big")).to_bytes(n, "big")
    return head + mask + masked


def message(chance, body):
    if chance.randrange(4) or len(body) < 2:
        return frame(chance, body)
    cut = chance.randrange(1, len(body))
    between = frame(chance, b"ping", 9) if chance.randrange(2) else b""
    return frame(chance, body[:cut], last=False) + between + frame(chance, body[cut:], 0)


def garble(chance, stream):
    stream = bytearray(stream)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(min(len(stream), chance.choice([200, 1000, 1 << 30])))
        what = chance.randrange(4)
        if what == 0:
            stream[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            stream[at:at] = chance.randbytes(chance.randrange(1, 50))
        elif what == 2:
            del stream[at:at + chance.randrange(1, 50)]
        else:
            stream[at:at] = chance.choice([b"\r\n", b"\n", b"\0", b"POST / HTTP/1.1\r\n", b"{}",
                                           b"Content-Length: 5\r\n", b"0\r\n\r\n", b"\xff" * 9])
        if not stream:
            break
    return bytes(stream)


def answers(stream):
    """Bodies of the HTTP answers in a stream; None when it is not a row of whole answers."""
    found = []
    while stream:
        head, rest = stream.split(b"\r\n\r\n", 1) if b"\r\n\r\n" in stream else (None, b"")
        if head is None or not head.startswith(b"HTTP/1.1 200"):
            return None
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), None)
        if length is None or len(rest) < length:
            return None
        found.append(rest[:length])
        stream = rest[length:]
    return found


def messages(stream):
    """Texts of the WebSocket messages after the upgrade."""
    if not stream.startswith(b"HTTP/1.1 101 ") or b"\r\n\r\n" not in stream:
        return None
    stream, found, text = stream.split(b"\r\n\r\n", 1)[1], [], b""
    while stream:
        if len(stream) < 2:
            return None
        n, at = stream[1] & 127, 2
        if n == 126:
            n, at = struct.unpack(">H", stream[2:4])[0], 4
        elif n == 127:
            n, at = struct.unpack(">Q", stream[2:10])[0], 10
        if len(stream) < at + n:
            return None
        if stream[0] & 15 < 8:
            text += stream[at:at + n]
            if stream[0] & 128:
                found.append(text)
                text = b""
        stream = stream[at + n:]
    return found


class Client:
    """One connection: what it sends, in which pieces, and how it ends."""

    def __init__(self, chance, port):
        self.chance, self.got, self.ended, self.sleep_till = chance, b"", False, 0.0
        self.requests = [call(chance, i) for i in range(chance.choice([1, 2, 3, 8, 30]))]
        bodies = [json.dumps(r).encode() for r in self.requests]
        self.web_socket = chance.randrange(3) == 0
        close = chance.randrange(4) == 0
        if self.web_socket:
            stream = UPGRADE + b"".join(message(chance, b) for b in bodies)
        else:
            stream = b"".join(post(chance, b, close and i == len(bodies) - 1)
                              for i, b in enumerate(bodies))
        self.how = chance.choice(["whole", "whole", "cut", "garbled", "followed"])
        if self.how == "cut":
            stream = stream[:chance.randrange(len(stream))]
        elif self.how == "garbled":
            stream = garble(chance, stream)
        elif self.how == "followed":
            stream += chance.randbytes(chance.choice([1, 10, 1000, 100000]))
        self.end = chance.choice(["wait", "wait", "fin", "rst", "close"])
        self.pieces = chance.choice([1, 10, 100, 3000, 1 << 20])
        self.pause = chance.choice([0, 0, 0, 0.001])
        self.stream, self.socket = stream, socket.create_connection(("127.0.0.1", port), timeout=10)
        if self.end == "rst":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def send(self):
        size = self.pieces if len(self.stream) < 300 * self.pieces else 3000
        piece = self.stream[:self.chance.randrange(1, size + 1)]
        try:
            self.stream = self.stream[self.socket.send(piece):]
        except BlockingIOError:
            return
        except OSError:
            self.stream = b""
        if self.pause:
            self.sleep_till = time.monotonic() + self.chance.random() * self.pause * 2
        if not self.stream:
            try:
                if self.end == "fin":
                    self.socket.shutdown(socket.SHUT_WR)
                elif self.end in ("close", "rst"):
                    self.close()
            except OSError:
                self.ended = True

    def receive(self):
        try:
            got = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        self.got += got
        self.ended = self.ended or not got
        if not self.ended and self.complete() and not self.stream:
            self.close()

    def close(self):
        self.ended = True
        self.socket.close()

    def expects(self):
        """Whether all answers must come."""
        return self.how == "whole" and self.end in ("wait", "fin")

    def bodies(self):
        return messages(self.got) if self.web_socket else answers(self.got)

    def complete(self):
        if not self.expects():
            return False
        bodies = self.bodies()
        return bodies is not None and len(bodies) >= len(self.requests)

    def judge(self):
        if not self.expects():
            return
        bodies = self.bodies()
        check(bodies is not None, f"answers are cut off: {self.got[-300:]!r}")
        check(self.web_socket and self.end == "fin" or len(bodies) == len(self.requests),
              f"{len(bodies)} answers to {len(self.requests)} requests, "
              f"{'WebSocket' if self.web_socket else 'HTTP'}, {self.end}: {self.got[-300:]!r}")
        said = [json.loads(body) for body in bodies]
        ids = [[a["id"] for a in (s if isinstance(s, list) else [s])] for s in said]
        want = [[a["id"] for a in (r if isinstance(r, list) else [r])] for r in self.requests]
        if self.web_socket:  # in the order they are done
            check(all(i in want for i in ids) and len(ids) == len({str(i) for i in ids}),
                  f"answers {ids} to {want}")
        else:
            check(ids == want, f"answers {ids} to {want}")


def ticks(pid):
    """Processor time of each thread."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat") as stat:
            name, rest = stat.read().rsplit(")", 1)
            fields = rest.split()
            found[name] = int(fields[11]) + int(fields[12])
    return found


def spinning(pid):
    """Threads that work though nothing is to be done, seen several times in a row."""
    busy = None
    for _ in range(12):
        before = ticks(pid)
        time.sleep(IDLE_S)
        after = ticks(pid)
        now = {name for name in after if after[name] - before.get(name, 0) > TICKS_MAX}
        busy = now if busy is None else busy & now
        if not busy:
            return ""
    return ", ".join(busy)


def converse(clients, seconds):
    """Let all send and receive until each is done, or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        live = [c for c in clients if not c.ended]
        waiting = [c for c in live if c.stream or c.expects()]
        if not waiting:
            return
        now = time.monotonic()
        writers = [c for c in live if c.stream and c.sleep_till <= now]
        poll = select.poll()
        by_fd = {c.socket.fileno(): c for c in live}
        for c in live:
            poll.register(c.socket, select.POLLIN | (select.POLLOUT if c in writers else 0))
        for fd, event in poll.poll(1 if writers or any(c.stream for c in live) else 100):
            c = by_fd[fd]
            if event & (select.POLLIN | select.POLLHUP | select.POLLERR):
                c.receive()
            if not c.ended and event & select.POLLOUT and c.stream:
                c.send()


def wire(program, _directory, slow):
    seconds, seed = option("seconds", 8), int(option("seed", time.time()))
    stop_ms_max = option("stop-ms", STOP_MS_MAX * (20 if slow else 1))
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    rounds, judged, answered, worst = 0, 0, 0, 0.0
    while time.monotonic() < end or rounds == 0:
        node = Node(program)
        for _ in range(3):
            rounds += 1
            clients = [Client(chance, node.port) for _ in range(40)]
            converse(clients, 60 if slow else 20)
            try:
                for c in clients:
                    c.judge()
                    judged += c.expects()
                    answered += len(c.requests) if c.expects() else 0
                check(not spinning(node.process.pid), "threads spin: others hold connections")
                for c in clients:
                    c.socket.close()
                who = spinning(node.process.pid)
                check(not who, f"threads spin: {who}")
                node.ask("eth_chainId")
            except Exception:
                print(f"seed {seed}, round {rounds}", flush=True)
                node.kill()
                raise
        clients = [Client(chance, node.port) for _ in range(40)]
        converse(clients, chance.random() * 0.2)
        code, took = node.stop()
        for c in clients:
            c.socket.close()
        worst = max(worst, took)
        check(code == 0, f"seed {seed}: exit code {code}: {''.join(node.log)[-3000:]}")
        check(took < stop_ms_max, f"seed {seed}: stopped after {took:.0f} ms")
    return (f"{rounds} rounds, {judged} whole conversations, {answered} answers, "
            f"stopped in at most {worst:.0f} ms")


if __name__ == "__main__":
    main([wire])
