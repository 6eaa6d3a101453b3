"""Starts and stops the program for the tests beside this file. Python's standard library only."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ACCOUNTS = ["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
            "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


class Node:
    """A running `drystone start`; the port is read from its log."""

    def __init__(self, program, *arguments, wait=True, setup=None):
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [program, "start", "--http-port", "0", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=setup)
        self.log, self.out, self.port = [], [], None
        self.ready = threading.Event()
        self.threads = [threading.Thread(target=self._read_log, daemon=True),
                        threading.Thread(target=self._read_out, daemon=True)]
        for thread in self.threads:
            thread.start()
        if wait and not self.ready.wait(60):
            self.kill()
            raise Failed("the node did not become ready: " + "".join(self.log))
        if wait and self.port is None:
            self.process.wait()
            raise Failed("the node ended: " + "".join(self.log))

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r" ready .*port=(\d+)", line)
            if found:
                self.port = int(found.group(1))
                self.ready.set()
        self.ready.set()

    def _read_out(self):
        self.out.extend(self.process.stdout)

    def call(self, method, *params, timeout=30):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}", body.encode(),
                                         {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def ask(self, method, *params):
        answer = self.call(method, *params)
        check("result" in answer, f"{method}: {answer}")
        return answer["result"]

    def send(self):
        """One transfer; its hash."""
        return self.ask("eth_sendTransaction",
                        {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "value": "0x1"})

    def head(self):
        return int(self.ask("eth_blockNumber"), 16)

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def stop(self, number=signal.SIGTERM):
        """Exit code and milliseconds."""
        began = time.perf_counter()
        self.process.send_signal(number)
        code = self.process.wait(60)
        took = (time.perf_counter() - began) * 1000
        for thread in self.threads:
            thread.join()
        return code, took

    def kill(self):
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()


def run(program, *arguments, input_text=None, environment=None, setup=None):
    """A command to its end: exit code, standard output, standard error."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DRYSTONE_")}
    env.update(environment or {})
    done = subprocess.run([program, *arguments], input=input_text or "", text=True,
                          capture_output=True, timeout=120, env=env, preexec_fn=setup)
    return done.returncode, done.stdout, done.stderr


GENESIS = {
    "config": {"chainId": 4711, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0,
               "eip158Block": 0, "byzantiumBlock": 0, "constantinopleBlock": 0,
               "petersburgBlock": 0, "istanbulBlock": 0, "berlinBlock": 0, "londonBlock": 0,
               "mergeNetsplitBlock": 0, "terminalTotalDifficulty": 0, "shanghaiTime": 0,
               "drystone": {"dev": True}},
    "timestamp": "0x60000000", "gasLimit": "0x1c9c380", "difficulty": "0x0",
    "baseFeePerGas": "0x3b9aca00",
    "alloc": {account: {"balance": "0x21e19e0c9bab2400000"} for account in ACCOUNTS},
}


def genesis(directory, name="genesis.json", **changes):
    path = os.path.join(directory, name)
    content = json.loads(json.dumps(GENESIS))
    for key, value in changes.items():
        if key == "chain_id":
            content["config"]["chainId"] = value
        else:
            content[key] = value
    with open(path, "w") as file:
        json.dump(content, file)
    return path


def main(cases):
    """Run the cases named on the command line, or all: PROGRAM [--slow] [NAME...]."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:  # whoever starts the tests in the background ignores some
            signal.signal(number, signal.SIG_DFL)
    arguments = sys.argv[1:]
    program = os.path.abspath(arguments.pop(0))
    slow = "--slow" in arguments
    names = [a for a in arguments if not a.startswith("--")]
    for name in os.environ.copy():
        if name.startswith("DRYSTONE_") and name != "DRYSTONE_VECTORS":
            del os.environ[name]
    failed, ran = 0, 0
    for case in cases:
        if names and case.__name__ not in names:
            continue
        ran += 1
        directory = tempfile.mkdtemp(prefix="drystone-e2e-")
        began = time.perf_counter()
        try:
            said = case(program, directory, slow)
            word = "skip" if isinstance(said, str) and said.startswith("SKIPPED") else "ok"
        except (Failed, subprocess.TimeoutExpired, OSError) as error:
            said, word = f"{type(error).__name__}: {error}", "FAILED"
            failed += 1
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        print(f"{word:6} {case.__name__:28} {time.perf_counter() - began:6.1f} s  {said or ''}",
              flush=True)
    print(f"{ran} ran, {failed} failed")
    sys.exit(1 if failed or not ran else 0)
