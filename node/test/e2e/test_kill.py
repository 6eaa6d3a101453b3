#!/usr/bin/env python3
"""kill -9 at any instant loses nothing that was answered: 50 times while mining, 50 times while
importing; nor does a second signal, which ends the program at once."""
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from harness import ACCOUNTS, Node, check, genesis, main, run

ROUNDS = 50
SEED = 7


def mining(program, directory, slow):
    """Every transaction whose receipt was answered is there after the next start."""
    rounds = 10 if slow else ROUNDS
    chance = random.Random(SEED)
    data = os.path.join(directory, "data")
    answered, killed_busy = {}, 0

    for _ in range(rounds):
        node = Node(program, "--datadir", data)
        check_answered(node, answered, chance)
        timer = threading.Timer(chance.uniform(0.002, 0.12) * (5 if slow else 1),
                                node.process.kill)
        before = len(answered)
        timer.start()
        try:
            while True:
                tx = node.send()
                receipt = node.ask("eth_getTransactionReceipt", tx)
                if receipt is not None:
                    answered[tx] = receipt
        except OSError:
            pass
        timer.cancel()
        node.kill()
        killed_busy += len(answered) > before
    node = Node(program, "--datadir", data)
    check_answered(node, answered, None)
    node.stop()
    check(killed_busy > rounds // 4, f"only {killed_busy} kills came while blocks were made")
    return f"{rounds} kills, {len(answered)} blocks answered"


def check_answered(node, answered, chance):
    """All of the newest, some of the older; all at the end."""
    hashes = list(answered)
    if chance is not None:
        hashes = hashes[-100:] + chance.sample(hashes, min(20, len(hashes)))
    for tx in hashes:
        check(node.ask("eth_getTransactionReceipt", tx) == answered[tx], f"{tx} was lost")


def importing(program, directory, slow):
    """The next import goes on from a prefix of the file; the end is the whole of it."""
    rounds = 10 if slow else ROUNDS
    chance = random.Random(SEED)
    blocks = 1000 if slow else 3000
    source, data = os.path.join(directory, "source"), os.path.join(directory, "data")
    file, path = os.path.join(directory, "chain.rlp"), genesis(directory)
    node = Node(program, "--genesis", path, "--datadir", source)
    for _ in range(blocks // 100):
        for _ in range(10):
            node.send()
        for _ in range(90):
            node.ask("evm_mine")
    node.stop()
    check(run(program, "export", file, "--datadir", source)[0] == 0, "export")
    with open(file, "rb") as whole:
        content = whole.read()
    check(run(program, "init", path, "--datadir", data)[0] == 0, "init")
    length, grew, rest, wait = 0, 0, 0, 0.12 if slow else 0.01
    for _ in range(rounds):
        process = subprocess.Popen([program, "import", file, "--datadir", data],
                                   stderr=subprocess.DEVNULL)
        time.sleep(wait * chance.uniform(0.8, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        there = subprocess.run([program, "export", "--datadir", data], capture_output=True,
                               timeout=120)
        check(there.returncode == 0, there.stderr.decode())
        check(content.startswith(there.stdout), "what is there is a prefix of the file")
        check(len(there.stdout) >= length, "the head went back")
        # Somewhere within the file each time.
        step = len(there.stdout) - length
        grew += step > 0
        wait *= 1.3 if step == 0 else 0.9 if step > len(content) // 8 else 1
        length = len(there.stdout)
        if length == len(content):  # all of it: begin anew
            shutil.rmtree(data)
            check(run(program, "init", path, "--datadir", data)[0] == 0, "init")
            length, rest = 0, rest + 1
    code, _, error = run(program, "import", file, "--datadir", data)
    check(code == 0, error)
    there = subprocess.run([program, "export", "--datadir", data], capture_output=True)
    check(there.stdout == content, "the whole chain is there")
    check(grew >= rounds // 10, f"only {grew} kills came while blocks were imported")
    return f"{rounds} kills, {grew} while importing, {rest} times through"


def second_signal(program, directory, _slow):
    """A second signal ends what the first one is still ending; nothing answered is lost."""
    data = os.path.join(directory, "data")
    codes = []
    for first, second in ((signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)):
        node = Node(program, "--datadir", data)
        tx = node.send()
        receipt = node.ask("eth_getTransactionReceipt", tx)
        node.process.send_signal(signal.SIGSTOP)  # so that both strike before the end is reached
        os.waitid(os.P_PID, node.process.pid, os.WSTOPPED)
        node.process.send_signal(first)
        node.process.send_signal(second)
        node.process.send_signal(signal.SIGCONT)
        codes.append(node.process.wait(60))
        check(codes[-1] in (128 + first, 128 + second), f"exit code {codes[-1]}")
        node = Node(program, "--datadir", data)
        check_answered(node, {tx: receipt}, None)
        code, _ = node.stop()
        check(code == 0, f"exit code {code} after one signal")
    return f"exit codes {codes}"


if __name__ == "__main__":
    main([mining, importing, second_signal])
