#!/usr/bin/env python3
"""What a user meets at the command line: times, messages, exit codes, directories, restarts."""
import fcntl
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import termios
import time
import urllib.error
import urllib.request
from harness import ACCOUNTS, GENESIS, Failed, Node, check, genesis, main, run


PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"  # BIP-39's own


def limit(slow, milliseconds):
    """Times are kept by the release build; sanitizers only need to get there."""
    return milliseconds * (20 if slow else 1)


def best(attempts, measure):
    return min(measure() for _ in range(attempts))


def start_and_stop(program, directory, slow):
    """First answer in 100 ms, 30 MiB after a second, gone 300 ms after SIGTERM."""
    first = []

    def once():
        node = Node(program)
        check(node.ask("eth_chainId") == "0x7a69", "the chain id is 31337")
        took = (time.perf_counter() - node.began) * 1000
        first.append(node)
        if len(first) > 1:
            node.stop()
        return took

    answer = best(4, once)
    node = first[0]
    time.sleep(1)
    resident = node.resident_kib() / 1024
    check(int(node.ask("eth_getBalance", ACCOUNTS[1], "latest"), 16) == 10 ** 22, "10,000 ether")
    node.send()
    code, stop = node.stop()
    check(code == 0, f"exit code {code}")
    check(answer <= limit(slow, 100), f"first answer after {answer:.0f} ms")
    check(slow or resident <= 30, f"{resident:.1f} MiB resident")
    check(stop <= limit(slow, 300), f"stopped after {stop:.0f} ms")
    text = "".join(node.out)
    check(text.count("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80") == 1,
          "the first key is printed once")
    check(any(" block " in line and "number=1" in line for line in node.log), "a line a block")
    return f"answer {answer:.0f} ms, {resident:.1f} MiB, stop {stop:.0f} ms"


def durable_start(program, directory, slow):
    """The same with a data directory; 60 MiB."""
    data = os.path.join(directory, "data")
    times = []
    for _ in range(3):
        node = Node(program, "--datadir", data)
        node.ask("eth_chainId")
        times.append((time.perf_counter() - node.began) * 1000)
        if len(times) == 3:
            time.sleep(1)
        resident = node.resident_kib() / 1024
        node.send()
        code, stop = node.stop()
        check(code == 0, f"exit code {code}")
    check(min(times) <= limit(slow, 200), f"first answers after {times} ms")
    check(slow or resident <= 60, f"{resident:.1f} MiB resident")
    check(stop <= limit(slow, 300), f"stopped after {stop:.0f} ms")
    return f"answer {min(times):.0f} ms, {resident:.1f} MiB, stop {stop:.0f} ms"


def restart(program, directory, slow):
    """A second start goes on where the first one stopped: blocks, receipts, state."""
    data = os.path.join(directory, "data")
    node = Node(program, "--datadir", data)
    hashes = [node.send() for _ in range(5)]
    blocks = [node.ask("eth_getBlockByNumber", hex(i), False) for i in range(6)]
    node.stop()
    node = Node(program, "--datadir", data)
    check(node.head() == 5, "the head is block 5")
    check([node.ask("eth_getBlockByNumber", hex(i), False) for i in range(6)] == blocks,
          "the same blocks")
    for tx in hashes:
        check(node.ask("eth_getTransactionReceipt", tx)["status"] == "0x1", "a receipt is there")
    check(int(node.ask("eth_getTransactionCount", ACCOUNTS[0], "latest"), 16) == 5, "nonce 5")
    node.send()
    check(node.head() == 6, "it goes on")
    node.stop()


def restart_options(program, directory, slow):
    """Options of a new chain that contradict the stored one are told, not ignored."""
    data = os.path.join(directory, "data")
    Node(program, "--datadir", data, "--chain-id", "77").stop()
    node = Node(program, "--datadir", data)
    check(node.ask("eth_chainId") == "0x4d", "the stored chain's id is kept")
    node.stop()
    code, _, error = run(program, "start", "-p", "0", "--datadir", data, "--chain-id", "78")
    check(code == 1 and "--chain-id" in error and "77" in error, f"{code}: {error}")
    code, _, error = run(program, "start", "-p", "0", "--datadir", data, "--mnemonic", PHRASE)
    check(code == 1 and "--mnemonic" in error and "made for other" in error, f"{code}: {error}")


def mnemonic(program, directory, slow):
    """A phrase of the user's own is shown to nobody, and one that is none is refused by every way in."""
    given = {"DRYSTONE_MNEMONIC": PHRASE}
    for arguments, environment in ((["--mnemonic", PHRASE], {}), ([], given)):
        code, out, error = run(program, "config", "dump", *arguments, environment=environment)
        check(code == 0 and "mnemonic" in out, error)
        check("winner" not in out + error, "the dump shows the mnemonic: " + out)
    for bad, word in (("a b c", "12, 15"), (PHRASE + " ", "blank"), (PHRASE.replace("legal", "regal"), "word 1 "),
                      (PHRASE.replace("yellow", "zoo"), "checksum")):
        for command in (["start", "-p", "0"], ["config", "check"]):
            code, out, error = run(program, *command, environment={"DRYSTONE_MNEMONIC": bad})
            check(code == 1 and out == "" and "--mnemonic" in error and word in error, f"{code}: {error}")
            check("winner" not in error, error)
    node = Node(program, "--mnemonic", PHRASE)
    account = node.ask("eth_accounts")[0]
    node.stop()
    check(account == "0x58a57ed9d8d624cbd12e2c467d34787555bb1b25", account)  # as PyPI's eth_account derives it


def open_to_all(program, directory, slow):
    """Beyond loopback a dev chain warns, and pages of other origins are refused unless listed."""
    evil = "http://evil.example"

    def origin(node):
        request = urllib.request.Request(f"http://127.0.0.1:{node.port}",
                                         b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}',
                                         {"content-type": "application/json", "origin": evil})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.headers["access-control-allow-origin"]
        except urllib.error.HTTPError as error:
            return error.headers["access-control-allow-origin"]

    for arguments, warned, allowed in (
            ([], False, evil), (["--http-host", "127.0.0.2"], False, evil), (["--http-host", "localhost"], False, evil),
            (["--http-host", "0.0.0.0"], True, None), (["--http-host", "0.0.0.0", "--http-cors", "*"], True, evil)):
        node = Node(program, "-q", *arguments)
        if "127.0.0.2" not in arguments:
            found = origin(node)
            check(found == allowed, f"{arguments}: allowed origin is {found}")
        node.stop()
        lines = [line for line in node.log if "WARN" in line and "--http-host" in line and "KEYS" in line]
        check(bool(lines) == warned, f"{arguments}: " + "".join(node.log))
    node = Node(program, "--http-host", "0.0.0.0", "--genesis", genesis(directory), "--consensus-driver", "noseal")
    node.stop()
    check(not any("KEYS" in line for line in node.log), "no keys, no warning: " + "".join(node.log))


def port_in_use(program, directory, slow):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, error = run(program, "start", "-p", str(port))
    check(code == 1, f"exit code {code}")
    check(str(port) in error and "--http-port" in error, error)


def datadir_locked(program, directory, slow):
    node = Node(program, "--datadir", directory)
    code, _, error = run(program, "start", "-p", "0", "--datadir", directory)
    node.stop()
    check(code == 1 and "in use by process" in error and str(node.process.pid) in error, error)


def other_chain(program, directory, slow):
    """A data directory of another chain is refused with both genesis hashes."""
    data = os.path.join(directory, "data")
    code, out, error = run(program, "init", genesis(directory), "--datadir", data)
    check(code == 0 and "chain 4711" in out, out + error)
    code, out, _ = run(program, "init", genesis(directory), "--datadir", data)
    check(code == 0 and "there already" in out, out)
    other = genesis(directory, "other.json", timestamp="0x60000001")
    code, _, error = run(program, "start", "-p", "0", "--genesis", other, "--datadir", data)
    check(code == 1 and "another chain" in error and error.count("0x") >= 2, f"{code}: {error}")
    node = Node(program, "--datadir", data)
    check(node.ask("eth_chainId") == hex(4711), "without --genesis the stored chain goes on")
    node.stop()


def other_configuration(program, directory, slow):
    """The same genesis block with other forks: what is past stays, what is to come is taken and kept."""
    def config(**changes):
        return genesis(directory, "other.json", config={**GENESIS["config"], **changes})

    data = os.path.join(directory, "data")
    blobs = {"cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477}}
    later = {"cancunTime": 9999999999, "blobSchedule": blobs}
    node = Node(program, "--genesis", genesis(directory), "--datadir", data)
    for _ in range(3):
        node.send()
    node.stop()
    for changes, words in (({"chainId": 4712}, ["config.chainId", "4711", "4712"]),
                           ({"mergeNetsplitBlock": 2}, ["config.mergeNetsplitBlock", "has 0", "given 2"]),
                           ({**later, "cancunTime": 0x60000001}, ["config.cancunTime", "nothing", "1610612737"])):
        for command in (["start", "-p", "0", "--genesis"], ["import", "/dev/null", "--genesis"], ["init"]):
            code, _, error = run(program, *command, config(**changes), "--datadir", data)
            check(code == 1 and "--datadir" in error, f"{code}: {error}")
            check(all(w in error for w in words), error)
    code, out, error = run(program, "init", config(**later), "--datadir", data)
    check(code == 0 and "there already: chain 4711" in out and "head 3" in out, out + error)
    check("INFO" in error and "cancunTime, blobSchedule.cancun" in error, error)
    code, out, error = run(program, "init", config(**later), "--datadir", data)
    check(code == 0 and "cancunTime" not in error, error)
    code, _, error = run(program, "start", "-p", "0", "--genesis", config(chainId=4712, **later), "--datadir", data)
    check(code == 1 and "4712" in error, error)
    node = Node(program, "--datadir", data)
    fork = node.ask("eth_config")["next"]
    check(fork and fork["activationTime"] == 9999999999, f"without --genesis the change is still known: {fork}")
    node.stop()


def invalid_genesis(program, directory, slow):
    """Which key, and why."""
    for changes, words in (({"gasLimit": "many"}, ["gasLimit", "number"]),
                           ({"alloc": {"0x12": {"balance": "1"}}}, ["alloc"]),
                           ({"colour": 1}, ["colour", "unknown key"])):
        path = genesis(directory, **changes)
        code, _, error = run(program, "start", "-p", "0", "--genesis", path)
        check(code == 1 and path in error and all(w in error for w in words), f"{code}: {error}")
    with open(path, "w") as file:
        file.write('{"config": {"chainId": 1}')
    code, _, error = run(program, "start", "-p", "0", "--genesis", path)
    check(code == 1 and "line 1" in error, f"{code}: {error}")
    open(path, "w").close()
    code, _, error = run(program, "start", "-p", "0", "--genesis", path)
    check(code == 1 and path in error and "line 1" in error, f"an empty file: {code}: {error}")
    code, _, error = run(program, "start", "-p", "0", "--genesis", "/nonexistent.json")
    check(code == 1 and "/nonexistent.json" in error, f"{code}: {error}")


def wrong_usage(program, directory, slow):
    for arguments, word in ((["start", "--http-prot", "1"], "--http-port"),
                            (["start", "--http-port", "99999"], "65535"),
                            (["start", "--block-time", "soon"], "--block-time"),
                            (["nonsense"], "nonsense"), (["import"], "FILE"),
                            (["init"], "GENESIS"), (["export"], "--datadir"),
                            (["start", "--storage-driver", "paper"], "rocksdb"),
                            (["completions", "tcsh"], "zsh")):
        code, out, error = run(program, *arguments)
        check(code == 2, f"{arguments}: exit code {code}: {error}")
        check(word in error, f"{arguments}: {error}")


def wrong_values(program, directory, slow):
    """What fits its type and makes no sense is wrong usage, too: code 2, the option, a way out."""
    data = os.path.join(directory, "data")
    node = Node(program, "--datadir", data)
    node.send()
    node.stop()
    for name, text in (("a.hex", "6001"), ("a.calldata", "0x")):
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    wrong = [(["start", "--log-level", "foo"], ["--log-level", "foo", "info"]),
             (["start", "--log-level", "foo=debug"], ["--log-level", "foo=debug", "chain, node, rpc"]),
             (["config", "check", "--log-level", "warn,rcp=debug"], ["--log-level", "rpc"]),
             (["start", "--storage-driver", "rocksdb"], ["--storage-driver rocksdb", "--datadir"]),
             (["start", "--http-host", "999.1.1.1"], ["--http-host 999.1.1.1", "127.0.0.1"]),
             (["start", "--http-host", "::zz"], ["--http-host ::zz", "127.0.0.1"]),
             (["start", "--http-host="], ["--http-host", "127.0.0.1"]),
             (["evm", "run"], ["--code 0x6001"]), (["evm", "run", "--code", "zz"], ["--code zz", "0x6001"]),
             (["evm", "run", "--code", "00", "--input", "0xzz"], ["--input 0xzz", "@FILE"]),
             (["evm", "run", "--code", "00", "--fork", "Foo"], ["--fork Foo", "Cancun"]),
             (["evm", "bench", directory, "--fork", "Foo"], ["--fork Foo", "Cancun"]),
             (["evm", "bench", directory, "a", "nosuch"], ["nosuch", directory, "as a is"]),
             (["account", "export", "0x12", "--keystore", directory], ["account export 0x12", "40"]),
             (["export", "--from", "9", "--to", "5", "--datadir", data], ["--from 9", "--to 5"]),
             (["help", "foo"], ["unknown command", "foo"])]
    for arguments, words in wrong:
        code, out, error = run(program, *arguments)
        check(code == 2 and out == "", f"{arguments}: exit code {code}: {out}{error}")
        check(all(word in error for word in words), f"{arguments}: {error}")
    for arguments, words in ((["start", "--config", "nofile"], ["--config", "nofile"]),
                             (["evm", "run", "--code", "@nofile"], ["nofile"]),
                             (["export", "--from", "9", "--datadir", data], ["--from 9", "block 1"]),
                             (["export", "--to", "9", "--datadir", data], ["--to 9", "block 1"]),
                             (["export", "/nowhere/x.rlp", "--datadir", data], ["/nowhere/x.rlp"]),
                             (["export", "/dev/full", "--datadir", data], ["/dev/full"])):
        code, out, error = run(program, *arguments)
        check(code == 1 and out == "", f"{arguments}: exit code {code}: {out}{error}")
        check(all(word in error for word in words), f"{arguments}: {error}")
        check("exported" not in error, f"{arguments}: {error}")
    node = Node(program, "--log-level", "warn,node=info,rpc=debug", "--http-host", "127.0.0.3")
    check(node.stop()[0] == 0, "these are good")
    path = os.path.join(directory, "config.yaml")
    with open(path, "w") as file:
        file.write("http-port: 1\n")
    code, _, error = run(program, "start", "--config", path)
    check(code == 2 and "did you mean rpc.http_port?" in error, f"{code}: {error}")


def hangup(program, directory, slow):
    """A terminal that goes away ends the node as SIGTERM does, however often it says so; not under nohup."""
    node = Node(program, "--datadir", directory)
    node.send()
    node.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, node.process.pid, os.WSTOPPED)
    node.process.send_signal(signal.SIGHUP)
    node.process.send_signal(signal.SIGCONT)
    code, _ = node.stop(signal.SIGHUP)
    check(code == 0 and any("stopping" in line and "signal=1" in line for line in node.log), f"{code}: {node.log}")
    node = Node(program, "--datadir", directory, setup=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    node.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    check(node.head() == 1, "nohup is heeded")
    check(node.stop()[0] == 0, "and SIGTERM as ever")


def small_commands(program, directory, slow):
    """Each prints what it promises and exits with 0."""
    for arguments, word in ((["version"], "drystone 0."), (["help"], "start"),
                            (["start", "--help"], "--block-time"), (["config", "check"], "valid"),
                            (["config", "dump"], "http_port"), (["manual"], ".TH"),
                            (["completions", "bash"], "drystone"),
                            (["completions", "zsh"], "drystone"),
                            (["completions", "fish"], "drystone")):
        code, out, error = run(program, *arguments)
        check(code == 0 and word in out, f"{arguments}: {code} {out[:200]} {error[:200]}")
    path = os.path.join(directory, "config.yaml")
    with open(path, "w") as file:
        file.write("dev:\n  chain_id: 99\nrpc:\n  http_port: 0\n")
    node = Node(program, "--config", path)
    check(node.ask("eth_chainId") == "0x63", "the config file's chain id")
    check(node.ask("rpc_modules")["evm"] == "1.0", "what a dev chain answers")
    node.stop()


def keys(program, directory, slow):
    """Keys are written for the owner alone, listed, exported and imported."""
    store = os.path.join(directory, "keys")
    password = {"DRYSTONE_PASSWORD": "correct horse"}
    code, out, error = run(program, "key-gen", "--keystore", store, "--light", "--json",
                           environment=password)
    check(code == 0, error)
    made = json.loads(out)
    check(made["address"].startswith("0x") and made["peerId"].startswith("12D3KooW"), out)
    for name in os.listdir(store):
        mode = os.stat(os.path.join(store, name)).st_mode & 0o777
        check(mode == 0o600, f"{name} has mode {mode:o}")
    with open(made["addressFile"]) as file:
        check(json.load(file)["version"] == 3, "version 3")
    code, secret, error = run(program, "account", "export", made["address"], "--keystore", store,
                              environment=password)
    check(code == 0 and len(secret.strip()) == 66, error)
    code, _, error = run(program, "account", "export", made["address"], "--keystore", store,
                         environment={"DRYSTONE_PASSWORD": "wrong"})
    check(code == 1 and "password does not fit" in error, error)
    key = os.path.join(directory, "key.hex")
    with open(key, "w") as file:
        file.write(secret)
    code, _, error = run(program, "account", "import", key, "--keystore", store, "--light",
                         environment=password)
    check(code == 1 and "there already" in error, error)
    other = os.path.join(directory, "other")
    for source in (key, made["addressFile"]):
        code, out, error = run(program, "account", "import", source, "--keystore", other,
                               "--light", "--json", environment=password)
        check(code == 0 and json.loads(out)["address"] == made["address"], out + error)
        code, out, _ = run(program, "account", "list", "--keystore", other, "--json")
        check([k["address"] for k in json.loads(out)] == [made["address"]], out)
        os.remove(json.loads(out)[0]["file"])
    os.mkfifo(os.path.join(store, "UTC--a-pipe"))  # nobody writes to it
    os.mkdir(os.path.join(store, "UTC--a-directory"))
    words = os.path.join(directory, "password")
    with open(words, "w") as file:
        file.write("from a file\n")
    code, out, error = run(program, "account", "new", "--keystore", other, "--light",
                           "--password-file", words)
    check(code == 0 and "0x" in out, error)
    code, out, _ = run(program, "account", "list", "--keystore", store)
    check(code == 0 and out.count("\n") == 2 and made["peerId"] in out, out)


def forged_address(program, directory, slow):
    """A key file that claims another address does not pass its key off as that one's."""
    store = os.path.join(directory, "keys")
    password = {"DRYSTONE_PASSWORD": "correct horse"}
    code, out, error = run(program, "account", "new", "--keystore", store, "--light", "--json",
                           environment=password)
    check(code == 0, error)
    made = json.loads(out)
    with open(made["addressFile"]) as file:
        content = json.load(file)
    content["address"] = ACCOUNTS[0][2:]
    with open(made["addressFile"], "w") as file:
        json.dump(content, file)
    for form in ([], ["--json"]):
        code, out, error = run(program, "account", "export", ACCOUNTS[0], "--keystore", store, *form,
                               environment=password)
        check(code == 1 and out == "", f"{code}: exported {out}")
        check(made["addressFile"] in error and made["address"] in error, error)


def empty_password(program, directory, slow):
    """New keys get none by a slip; a file that says so is obeyed with a warning."""
    store, empty = os.path.join(directory, "keys"), os.path.join(directory, "empty")
    secret = os.path.join(directory, "secret")
    for path, content in ((empty, "\n"), (secret, "11" * 32)):
        with open(path, "w") as file:
            file.write(content)
    for command in (["key-gen"], ["account", "new"], ["account", "import", secret]):
        code, out, error = run(program, *command, "--keystore", store, "--light",
                               environment={"DRYSTONE_PASSWORD": ""})
        check(code == 1 and out == "" and "empty" in error and "--password-file" in error, f"{code}: {out}{error}")
        check(not os.path.exists(store), "nothing is written")
        code, out, error = run(program, *command, "--keystore", store, "--light", "--json", "--password-file", empty)
        check(code == 0 and "warning" in error and empty in error, f"{code}: {error}")
        code, out, error = run(program, "account", "export", json.loads(out)["address"], "--keystore", store,
                               environment={"DRYSTONE_PASSWORD": ""})
        check(code == 0 and error == "" and len(out) == 67, f"{code}: {out}{error}")
        shutil.rmtree(store)


def terminal(program, directory, slow):
    """A signal at the password prompt acts, and leaves the terminal's echo as it was."""
    def echo(tty):
        return termios.tcgetattr(tty)[3] & termios.ECHO != 0

    def lead():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    def expect(text):
        said = b""
        while text not in said:
            check(select.select([master], [], [], 20)[0], f"no {text} but {said}")
            said += os.read(master, 1000)

    def begin():
        process = subprocess.Popen([program, "account", "new", "--light", "--keystore", os.path.join(directory, "k")],
                                   preexec_fn=lead, stdin=slave, stdout=slave, stderr=slave, pass_fds=[slave])
        expect(b"Password: ")
        check(not echo(slave), "echo is off while it is asked")
        return process

    for typed, number, again in ((b"\x03", signal.SIGINT, False), (b"\x1c", signal.SIGQUIT, True),
                                 (None, signal.SIGTERM, False), (None, signal.SIGHUP, True)):
        master, slave = os.openpty()
        process = begin()
        if again:
            os.write(master, b"half of it\n")
            expect(b"Again: ")
        if typed:
            os.write(master, b"some" + typed)
        else:
            process.send_signal(number)
        code = process.wait(20)
        check(code == -number, f"{number} ends it: {code}")
        check(echo(slave), f"{number} leaves the echo on")
        os.close(master), os.close(slave)
    check(not os.path.exists(os.path.join(directory, "k")), "no key was made")
    master, slave = os.openpty()
    process = begin()
    os.write(master, b"some\x1a")  # nobody can go on with the leader of a session, so it is not stopped
    expect(b"Password: ")
    check(not echo(slave), "echo is off when it is asked again")
    os.write(master, b"correct horse\n")
    expect(b"Again: ")
    os.write(master, b"correct horse\n")
    expect(b"addressFile")
    check(process.wait(20) == 0 and echo(slave), "a key was made")
    os.close(master), os.close(slave)


def evm(program, directory, slow):
    code, out, error = run(program, "evm", "run", "--code", "602a60005260206000f3", "--json")
    result = json.loads(out)
    check(code == 0 and result["status"] == "success" and result["gasUsed"] == 18 and
          int(result["output"], 16) == 42 and result["logs"] == [], out + error)
    code, out, _ = run(program, "evm", "run", "--code", "60016000fd", "--json")
    check(json.loads(out)["status"] == "revert", out)
    code, out, _ = run(program, "evm", "run", "--code", "5f5f5f5fa0", "--gas", "3", "--json")
    check(json.loads(out)["status"] == "halt" and "out of gas" in out, out)
    code, out, _ = run(program, "evm", "run", "--code", "60006000a0", "--json", "--bench", "5")
    result = json.loads(out)
    check(len(result["logs"]) == 1 and result["runs"] >= 2 and result["nanoseconds"] > 0, out)
    code, out, _ = run(program, "evm", "run", "--code", "5f", "--fork", "London", "--json")
    check("invalid opcode" in out, out)
    for name, text in (("a.hex", "6001600055"), ("a.calldata", "0x"),
                       ("EXPECTED.tsv", "name\tstatus\tgas\toutput\na\tsuccess\t22106\t0x\n")):
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    code, out, error = run(program, "evm", "bench", directory, "--bench", "1")
    check(code == 0 and out.startswith("a\tdrystone\t"), out + error)
    with open(os.path.join(directory, "EXPECTED.tsv"), "w") as file:
        file.write("name\tstatus\tgas\toutput\na\tsuccess\t22107\t0x\n")
    code, out, error = run(program, "evm", "bench", directory, "--bench", "1")
    check(code == 1 and "22107" in error, error)


def fixture(directory, name, coinbase, reason, root):
    """A state test of one transaction that its sender cannot pay, before EIP-161."""
    env = {"currentNumber": "0x01", "currentTimestamp": "0x03e8", "currentGasLimit": "0x0f4240",
           "currentDifficulty": "0x020000", "currentCoinbase": "0x" + "c0" * 20}
    account = {"nonce": "0x00", "balance": "0x01", "code": "0x", "storage": {}}
    sender = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"  # of the secret 1
    pre = {sender: account}
    if coinbase:
        pre[env["currentCoinbase"]] = {**account, "balance": "0x00"}
    transaction = {"secretKey": "0x" + "00" * 31 + "01", "sender": sender, "nonce": "0x00", "gasPrice": "0x0a",
                   "to": "0x" + "dd" * 20, "gasLimit": ["0x5208"], "value": ["0x00"], "data": ["0x"]}
    post = {"expectException": reason, "hash": root,
            "logs": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
            "indexes": {"data": 0, "gas": 0, "value": 0}}
    path = os.path.join(directory, name)
    with open(path, "w") as f:
        json.dump({"poor": {"env": env, "pre": pre, "transaction": transaction, "post": {"Homestead": [post]}}}, f)
    return path


def older_fixtures(program, directory, slow):
    """Fixtures of the older fillers: their reasons, and the coinbase they make for a refused transaction."""
    new, old = "TransactionException.INSUFFICIENT_ACCOUNT_FUNDS", "TR_NoFunds"
    # Roots by another trie (PyPI trie 3): the sender alone, and with an empty coinbase.
    rewarded = "0x6639cc974f2d9cd956a39c11219da2065bfbdde955ef19c6f6b458a9d61a9be9"
    plain = "0x2c088ebf4782ff1f14b48669ba69ff88c6a3b59e97b363d50ba9dfba29b3cbfd"
    for coinbase, reason, root, code in [(False, new, plain, 0), (False, old, plain, 0), (False, old, rewarded, 0),
                                         (True, old, rewarded, 0), (True, old, plain, 1),
                                         (False, "TR_NoFund", plain, 1), (False, old, "0x" + "11" * 32, 1)]:
        path = fixture(directory, "poor.json", coinbase, reason, root)
        got, out, err = run(program, "statetest", path)
        check(got == code, f"{reason}, {root}: {out}{err}")


def conformance_options(program, directory, slow):
    """The conformance commands take options as all do, name what is wrong, and say when nothing was run."""
    root = "0x2c088ebf4782ff1f14b48669ba69ff88c6a3b59e97b363d50ba9dfba29b3cbfd"
    path = fixture(directory, "poor.json", False, "TR_NoFunds", root)
    for command in ("statetest", "blocktest", "txtest"):
        code, out, error = run(program, command, "--help")
        check(code == 0 and not error and all(w in out for w in ("--fork NAME", "--run", "--trace", "-j,")), out)
        for arguments, words in ((["--foo", path], ["unknown option", "foo"]), (["--forc=Cancun", path], ["--fork"]),
                                 (["--fork", "Foo", path], ["--fork Foo", "no such fork", "Cancun"]),
                                 (["--run", "(", path], ["--run"]), ([], ["PATH"]), (["-j", "x", path], ["-j"])):
            code, out, error = run(program, command, *arguments)
            check(code == 2 and not out and all(w in error for w in words), f"{command} {arguments}: {code} {error}")
        code, _, error = run(program, command, os.path.join(directory, "nowhere"))
        check(code == 1 and "nowhere" in error, error)
    for arguments in (["--fork=Homestead"], ["--fork", "homestead", "-j1"], ["--run=poor$"], ["--jobs", "2"]):
        code, out, error = run(program, "statetest", *arguments, path)
        check(code == 0 and out == "1 passed, 0 failed\n" and not error, out + error)
    for command, arguments, words in (("txtest", [], ["poor.json holds no transaction test", "nothing was run"]),
                                      ("blocktest", [], ["poor.json holds no block test"]),
                                      ("statetest", ["--fork=Cancun"], ["no state test of --fork Cancun in 1 files"]),
                                      ("statetest", ["--run", "rich"], ["--run rich"])):
        code, out, error = run(program, command, *arguments, path)
        check(code == 1 and "0 passed, 0 failed" in out and all(w in error for w in words), f"{code}: {out}{error}")
    code, out, _ = run(program, "completions", "bash")
    line = [line for line in out.splitlines() if line.startswith("  ' statetest '")]
    check(len(line) == 1 and all(w in line[0] for w in ("--fork", "--run", "--trace", "--json", "--jobs")), str(line))


def transfer(program, directory, slow):
    """Export and import carry a chain over; a bad block is named; a known one is passed over."""
    file, one = os.path.join(directory, "chain.rlp"), os.path.join(directory, "one")
    two, three = os.path.join(directory, "two"), os.path.join(directory, "three")
    path = genesis(directory)
    node = Node(program, "--genesis", path, "--datadir", one)
    for _ in range(20):
        node.send()
    last = node.ask("eth_getBlockByNumber", "latest", False)
    node.stop()
    code, _, error = run(program, "export", file, "--datadir", one)
    check(code == 0 and "blocks=20" in error, error)
    code, _, error = run(program, "import", file, "--datadir", two)
    check(code == 1 and "--genesis" in error, error)
    code, _, error = run(program, "import", file, "--genesis", path, "--datadir", two)
    check(code == 0 and "blocks=20 known=0 head=20" in error, error)
    code, _, error = run(program, "import", file, "--datadir", two)
    check(code == 0 and "known=20" in error, error)
    with open(file, "rb") as whole:
        content = whole.read()
    part = run_binary(program, "export", "--datadir", two, "--from", "1", "--to", "20")
    check(part == content, "the export of the import is the same file")
    damaged = os.path.join(directory, "damaged.rlp")
    with open(damaged, "wb") as out:  # a bit of the last transaction's signature
        out.write(content[:-10] + bytes([content[-10] ^ 1]) + content[-9:])
    code, _, error = run(program, "import", damaged, "--genesis", path, "--datadir", three)
    check(code == 1 and "block 20" in error and "refused" in error and "head=19" in error, error)
    with open(damaged, "wb") as out:
        out.write(content[:-3])
    code, _, error = run(program, "import", damaged, "--datadir", three)
    check(code == 1 and "ends within a block" in error, error)
    node = Node(program, "--genesis", path, "--import", file)
    check(node.ask("eth_getBlockByNumber", "latest", False) == last, "start --import")
    node.stop()


def run_binary(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, timeout=60).stdout


def receipt_awaited(program, directory, slow):
    """eth_sendRawTransactionSync: the receipt, or which transaction waits on."""
    node = Node(program, "--no-mining")
    raw = node.ask("eth_signTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "gas": "0x5208", "nonce": "0x0",
                                           "maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x1"})["raw"]
    error = node.call("eth_sendRawTransactionSync", raw, 50)["error"]
    waiting = node.ask("txpool_content")["pending"]
    check(error["code"] == 4 and "50 ms" in error["message"], str(error))
    check(error["data"] == next(iter(waiting.values()))["0"]["hash"], "its hash is told")
    node.ask("evm_setAutomine", True)
    check(node.ask("eth_getTransactionReceipt", error["data"])["status"] == "0x1", "it was mined")
    node.stop()


def fill_blobs(program, directory, slow):
    """eth_fillTransaction makes commitments, cell proofs and hashes of blobs, and holds given ones to them."""
    node = Node(program)
    empty = "0x" + "00" * 131072
    asked = {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "blobs": [empty]}
    filled = node.call("eth_fillTransaction", asked, timeout=120)["result"]
    tx = filled["tx"]
    # The empty blob's are known: the point at infinity, whose hash is in many tests of EIP-4844.
    check(tx["commitments"] == ["0xc0" + "00" * 47] and tx["proofs"] == tx["commitments"] * 128, "of the empty blob")
    check(tx["blobVersionedHashes"] == ["0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"], "hash")
    check(tx["type"] == "0x3" and int(tx["maxFeePerBlobGas"], 16) > 0 and tx["nonce"] == "0x0", str(tx)[:200])
    check(filled["raw"].startswith("0x03fa") and len(filled["raw"]) > 2 * 131072, "raw travels with the blob")
    given = {key: tx[key] for key in ("commitments", "proofs", "blobVersionedHashes")}
    check(node.ask("eth_fillTransaction", {**asked, **given})["raw"] == filled["raw"], "the same again")
    other = "0x" + "00" * 31 + "01" + "00" * 131040
    for key in given:
        error = node.call("eth_fillTransaction", {**asked, "blobs": [other], key: given[key]})["error"]
        check(key in error["message"], str(error))
    for blobs, words in ((["0x" + "ff" * 131072], "canonical"), (["0xff"], "blobs[0]"), ([], "at least 1"),
                         ([empty] * 7, "at most 6")):
        error = node.call("eth_fillTransaction", {**asked, "blobs": blobs})["error"]
        check(words in error["message"], str(error))
    node.stop()


def far_revert(program, directory, slow):
    """A snapshot keeps its state however many blocks follow; one out of reach is told as that."""
    node = Node(program)
    first = node.ask("evm_snapshot")
    node.call("evm_mine", {"blocks": 5000}, timeout=300)
    check(node.ask("evm_revert", first) is True and node.head() == 0, "back over 5,000 blocks")
    node.stop()
    node = Node(program, "--state-history", "16")
    first = node.ask("evm_snapshot")
    node.call("evm_mine", {"blocks": 500}, timeout=300)
    error = node.call("evm_revert", first)["error"]
    check(error["code"] == -32005 and "--state-history" in error["message"], str(error))
    check(node.head() == 500, "nothing happened")
    node.stop()


def states_of_bounded_size(program, directory, slow):
    """Blocks that rewrite many slots: the states kept have a bounded number of nodes."""
    node = Node(program)
    # for (i = 1; gas > 30,000; i++) slot[i] = block number
    loop = "60015b438155600101617530 5a11600257".replace(" ", "")
    code = "0x60" + f"{len(loop) // 2:02x}" + "600c60003960" + f"{len(loop) // 2:02x}" + "6000f3" + loop
    sent = node.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "data": code, "gas": "0x100000"})
    to = node.ask("eth_getTransactionReceipt", sent)["contractAddress"]
    blocks = 20 if slow else 260
    for _ in range(blocks):
        node.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": to, "gas": "0xff0000"})
    resident = node.resident_kib() / 1024
    check(slow or resident < 450, f"{resident:.0f} MiB")
    check(node.ask("eth_getBalance", ACCOUNTS[0], hex(blocks - 15)), "recent states are there")
    node.stop()
    return f"{resident:.0f} MiB after {blocks} blocks"


def block_time(program, directory, slow):
    """Blocks come by the clock; --no-mining makes none until asked."""
    node = Node(program, "--block-time", "200ms")
    time.sleep(1.3)
    made = node.head()
    check(4 <= made <= 7, f"{made} blocks in 1.3 s of 200 ms")
    node.stop()
    node = Node(program, "--no-mining")
    tx = node.send()
    check(node.head() == 0 and node.ask("eth_getTransactionReceipt", tx) is None, "none made")
    node.ask("evm_mine")
    check(node.ask("eth_getTransactionReceipt", tx)["blockNumber"] == "0x1", "one made")
    node.stop()


def read_only(program, directory, slow):
    """A directory that cannot be written is told by name."""
    place = os.path.join(directory, "ro")
    os.mkdir(place)
    if os.geteuid() == 0:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", place],
                          capture_output=True).returncode != 0:
            return "SKIPPED: mount is not allowed here"
    else:
        os.chmod(place, 0o500)
    try:
        code, _, error = run(program, "start", "-p", "0", "--datadir", place)
        check(code == 1 and place in error and "ead-only" in error or "ermission" in error,
              f"{code}: {error}")
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", place], check=True)


def full_disk(program, directory, slow):
    """A full disk is an error in the answer and the log; what was answered is there afterwards."""
    if os.geteuid() != 0:
        return "SKIPPED: only root can mount a small disk"
    place = os.path.join(directory, "small")
    os.mkdir(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place],
                      capture_output=True).returncode != 0:
        return "SKIPPED: mount is not allowed here"
    try:
        node = Node(program, "--datadir", place)
        done, refused = [], None
        data = "0x" + "5a" * 20000
        for _ in range(2000):
            answer = node.call("eth_sendTransaction",
                               {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "data": data})
            if "error" in answer:
                refused = answer["error"]
                break
            receipt = node.ask("eth_getTransactionReceipt", answer["result"])
            if receipt is None:
                refused = "no receipt"
                break
            done.append(answer["result"])
        check(refused is not None, "the disk never filled")
        check(len(done) > 10, f"{len(done)} transactions before the disk was full")
        check(node.process.poll() is None, "the node is still there")
        node.ask("eth_chainId")
        until = time.time() + 10  # another thread reads the log
        while not any("ERROR" in line for line in node.log) and time.time() < until:
            time.sleep(0.01)
        check(any("ERROR" in line for line in node.log), "the log tells: " + str(refused) + "".join(node.log[-3:]))
        node.kill()
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        node = Node(program, "--datadir", place)
        for tx in done:
            check(node.ask("eth_getTransactionReceipt", tx) is not None, "a receipt was lost")
        node.send()
        node.stop()
        return f"{len(done)} blocks, then: {str(refused)[:60]}"
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def scarce_descriptors(program, directory, slow):
    """Connections never take the descriptors the database needs; the limit is raised where it may be."""
    def limits(soft, hard):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    node = Node(program, "--datadir", os.path.join(directory, "raised"), setup=limits(256, 2048))
    with open(f"/proc/{node.process.pid}/limits") as file:
        soft = int(re.search(r"Max open files\s+(\d+)", file.read()).group(1))
    check(soft >= 1024 + 256, f"the limit was raised to {soft}")
    check(not any("ulimit" in line for line in node.log), "no warning: " + "".join(node.log))
    node.stop()
    code, _, error = run(program, "start", "-p", "0", "--datadir", directory, setup=limits(100, 100))
    check(code == 1 and "ulimit -n" in error and "100" in error, f"{code}: {error}")

    node = Node(program, "--datadir", os.path.join(directory, "capped"), "--log-level", "warn,node=info",
                setup=limits(256, 256))
    check(any("--rpc-connections-max" in line and "limit=256" in line for line in node.log),
          "the cap is told: " + "".join(node.log))
    node.send()
    crowd = []
    for i in range(300):
        guest = socket.socket()
        guest.bind((f"127.0.0.{2 + i // 100}", 0))
        guest.settimeout(5)
        try:
            guest.connect(("127.0.0.1", node.port))
            crowd.append(guest)
        except OSError:
            guest.close()
    time.sleep(0.5)
    held = len(os.listdir(f"/proc/{node.process.pid}/fd"))
    check(held <= 256 - 64, f"{held} descriptors taken")
    crowd.pop(0).close()  # make room for one who asks
    time.sleep(0.2)
    before = node.head()
    blob = {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "gas": "0x400000"}
    for _ in range(20 if slow else 450):  # 16 MiB fill the write buffer: tables are written and merged
        answer = node.call("eth_sendTransaction", {**blob, "data": "0x" + os.urandom(50000).hex()})
        check("result" in answer, f"refused: {answer}")
    check(node.head() == before + (20 if slow else 450), f"the head is {node.head()}")
    for guest in crowd:
        guest.close()
    node.stop()
    return f"{held} descriptors of 256 taken"


def metrics(program, directory, slow):
    """What was done is counted at /metrics; /health tells when the chain is stuck. Only if asked for."""
    def get(node, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{node.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def read(node):
        status, text = get(node, "/metrics?x=1")
        check(status == 200 and text.endswith("\n"), text)
        samples = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                check(name not in samples, f"{name} is there twice")
                samples[name] = float(value)
        return samples

    def expect(samples, **values):
        for name, value in values.items():
            found = samples["drystone_" + name]
            check(found == value, f"{name} is {found}, not {value}")

    node = Node(program, "--metrics", "--datadir", os.path.join(directory, "data"))
    start = read(node)
    expect(start, blocks_total=0, head_number=0, gas_total=0, reorgs_total=0)
    state = node.ask("evm_snapshot")
    for _ in range(3):
        node.send()
    head = node.ask("eth_getBlockByNumber", "latest", False)
    node.ask("evm_setAutomine", False)
    for _ in range(2):
        node.send()
    node.call("eth_getBalance")
    node.call("eth_nothing")
    time.sleep(1.5)  # what is sampled
    now = read(node)
    expect(now, blocks_total=3, transactions_total=3, gas_total=63000, reorgs_total=0, head_number=3,
           head_timestamp_seconds=int(head["timestamp"], 16), rpc_connections=1)
    calls = "rpc_calls_total"
    expect(now, **{calls + '{method="eth_sendTransaction",outcome="ok"}': 5,
                   calls + '{method="eth_getBalance",outcome="error"}': 1,
                   calls + '{method="eth_getBalance",outcome="ok"}': 0,
                   calls + '{method="unknown",outcome="error"}': 1,
                   "rpc_request_seconds_count": 10,
                   'rpc_request_seconds_bucket{le="+Inf"}': 10,
                   'pool_transactions{state="pending"}': 2,
                   'pool_transactions{state="queued"}': 0})
    check(0 < now["drystone_rpc_request_seconds_sum"] < 60, "time of requests")
    check(now["drystone_storage_bytes"] > 1000, "size of the storage")
    resident = now["process_resident_memory_bytes"] / 1024
    check(0.5 < resident / node.resident_kib() < 2, f"resident: {resident:.0f} KiB")
    node.ask("evm_revert", state)
    node.ask("evm_mine")
    expect(read(node), reorgs_total=1, head_number=1)
    check(get(node, "/health") == (200, "ok\n"), "the node is well")
    node.stop()
    node = Node(program)
    check(get(node, "/metrics") == get(node, "/health") == get(node, "/"), "no pages without --metrics")
    node.stop()


if __name__ == "__main__":
    main([start_and_stop, durable_start, restart, restart_options, mnemonic, open_to_all, port_in_use, datadir_locked,
          other_chain, other_configuration, invalid_genesis, wrong_usage, wrong_values, hangup, small_commands, keys, forged_address, empty_password, terminal, evm, older_fixtures, conformance_options, transfer,
          receipt_awaited, fill_blobs, far_revert, states_of_bounded_size, block_time, metrics, read_only, full_disk, scarce_descriptors])
