"""Block tests of blob fees and counts at their limits (EIP-4844, 7691, 7594, 7840, 7892, 7918) and of the block
size limit (EIP-7934). geth's t8n runs the transactions; headers, excess blob gas and base fees are ours.

What is slow or needs geth is taken through a Record, so that a test can be made again from what was recorded."""
import json
import os
import random
import subprocess

from . import ecc
from .asm import Code
from .forks import BPO1, BPO2, CANCUN, FORKS, OSAKA, PRAGUE, TX_GAS_CAP, blob_price, blob_target, blobs_max
from .statecase import CONTRACTS, ONE_ETHER, SECRETS, account, addr, hexa

BLOB_GAS = 131072
BLOB_BASE_COST = 8192  # EIP-7918
BLOCK_BYTES_MAX = 10 * 1024 * 1024 - 2 * 1024 * 1024  # EIP-7934
EMPTY_ROOT = ecc.keccak256(b"\x80")
EMPTY_UNCLES = ecc.keccak256(b"\xc0")
NO_REQUESTS = ecc.sha256(b"")
SENDER = ecc.address_of(SECRETS[0])
COINBASE = (0xC01BA5E).to_bytes(20, "big")
NETWORKS = {"Cancun": [(0, CANCUN)], "Prague": [(0, PRAGUE)], "Osaka": [(0, OSAKA)], "BPO1": [(0, BPO1)],
            "BPO2": [(0, BPO2)], "CancunToPragueAtTime15k": [(0, CANCUN), (15000, PRAGUE)],
            "PragueToOsakaAtTime15k": [(0, PRAGUE), (15000, OSAKA)],
            "OsakaToBPO1AtTime15k": [(0, OSAKA), (15000, BPO1)],
            "BPO1ToBPO2AtTime15k": [(0, BPO1), (15000, BPO2)]}


class Record:
    """Results by order: computed and kept, or given back."""

    def __init__(self, kept=None):
        self.kept, self.replay = list(kept or []), kept is not None

    def take(self, make):
        if self.replay:
            return self.kept.pop(0)
        self.kept.append(make())
        return self.kept[-1]


def list_root(items):
    """Root of the trie of the list's indexes."""
    def nibbles(b):
        return [n for x in b for n in (x >> 4, x & 15)]

    def path(ns, leaf):
        odd = len(ns) % 2
        ns = [2 * leaf + odd] + ([] if odd else [0]) + ns
        return bytes(ns[i] << 4 | ns[i + 1] for i in range(0, len(ns), 2))

    def reference(node):
        body = ecc.rlp(node)
        return node if len(body) < 32 else ecc.keccak256(body)

    def node(pairs):
        if len(pairs) == 1:
            return [path(pairs[0][0], 1), pairs[0][1]]
        shared = len(os.path.commonprefix([p[0] for p in pairs]))
        if shared:
            return [path(pairs[0][0][:shared], 0), reference(node([(k[shared:], v) for k, v in pairs]))]
        branch, value = [], b""
        for n in range(16):
            below = [(k[1:], v) for k, v in pairs if k and k[0] == n]
            branch.append(reference(node(below)) if below else b"")
        for k, v in pairs:
            value = v if not k else value
        return branch + [value]

    if not items:
        return EMPTY_ROOT
    return ecc.keccak256(ecc.rlp(node([(nibbles(ecc.rlp(i)), v) for i, v in enumerate(items)])))


def fork_at(network, time):
    return [f for t, f in NETWORKS[network] if t <= time][-1]


def next_excess(fork, parent):
    target = blob_target(fork) * BLOB_GAS
    excess, used = parent["excessBlobGas"], parent["blobGasUsed"]
    if excess + used < target:
        return 0
    if fork >= OSAKA and BLOB_BASE_COST * parent["baseFeePerGas"] > BLOB_GAS * blob_price(fork, excess):
        return excess + used * (blobs_max(fork) - blob_target(fork)) // blobs_max(fork)
    return excess + used - target


def next_base_fee(parent):
    fee, used, target = parent["baseFeePerGas"], parent["gasUsed"], parent["gasLimit"] // 2
    if used == target:
        return fee
    if used > target:
        return fee + max(fee * (used - target) // target // 8, 1)
    return fee - fee * (target - used) // target // 8


ORDER = ["parentHash", "uncleHash", "coinbase", "stateRoot", "transactionsTrie", "receiptTrie", "bloom",
         "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
         "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot"]


def header_fields(h, fork):
    return [h[k] for k in ORDER] + ([NO_REQUESTS] if fork >= PRAGUE else [])


def header_json(h, fork):
    out = {k: hexa(h[k]) for k in ORDER}
    if fork >= PRAGUE:
        out["requestsHash"] = hexa(NO_REQUESTS)
    out["hash"] = hexa(ecc.keccak256(ecc.rlp(header_fields(h, fork))))
    return out


def new_header(number, time, gas_limit, base_fee, used, excess):
    return {"parentHash": bytes(32), "uncleHash": EMPTY_UNCLES, "coinbase": COINBASE, "stateRoot": EMPTY_ROOT,
            "transactionsTrie": EMPTY_ROOT, "receiptTrie": EMPTY_ROOT, "bloom": bytes(256), "difficulty": 0,
            "number": number, "gasLimit": gas_limit, "gasUsed": 0, "timestamp": time, "extraData": b"",
            "mixHash": bytes(32), "nonce": bytes(8), "baseFeePerGas": base_fee, "withdrawalsRoot": EMPTY_ROOT,
            "blobGasUsed": used, "excessBlobGas": excess, "parentBeaconBlockRoot": bytes(32)}


def signed(record, kind, fields):
    """A typed transaction of the first key."""
    def sign():
        digest = ecc.keccak256(bytes([kind]) + ecc.rlp(fields))
        parity, r, s = ecc.sign(ecc.SECP256K1, SECRETS[0], digest, int.from_bytes(digest, "big"))
        return [parity, "%x" % r, "%x" % s]

    parity, r, s = record.take(sign)
    return bytes([kind]) + ecc.rlp(fields + [parity, int(r, 16), int(s, 16)])


def plain_tx(record, nonce, base_fee, data, gas):
    to = b"\xee" * 20
    return signed(record, 2, [1, nonce, 0, base_fee, gas, to, 0, data, []])


def blob_tx(record, nonce, base_fee, count, max_blob_fee):
    hashes = [b"\x01" + bytes(30) + bytes([i]) for i in range(count)]
    to = CONTRACTS[0].to_bytes(20, "big")
    return signed(record, 3, [1, nonce, 0, base_fee, 200000, to, 0, b"", [], max_blob_fee, hashes])


def accounts():
    store = Code().ops("BLOBBASEFEE", "NUMBER", "SSTORE", "BASEFEE", "NUMBER", 1000, "ADD", "SSTORE").done()
    pre = {addr(CONTRACTS[0]): account(0, 1, store), hexa(SENDER): account(ONE_ETHER * 10**15)}
    for a in (0x00000961EF480EB55E80D19AD83579A64C007002, 0x0000BBDDC7CE488642FB579F8B00F3A590007251):
        pre[addr(a)] = account(0, 1, b"\0")  # request contracts must have code; this one asks for nothing
    return pre


def t8n(evm, fork, alloc, env, txs):
    args = [evm, "t8n", "--input.alloc=stdin", "--input.env=stdin", "--input.txs=stdin", "--output.alloc=stdout",
            "--output.result=stdout", "--state.fork=" + FORKS[fork], "--state.reward=-1"]
    given = json.dumps({"alloc": alloc, "env": env, "txsRlp": hexa(ecc.rlp(txs))})
    run = subprocess.run(args, input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode:
        raise SystemExit(run.stderr.decode())
    return json.loads(run.stdout)


class Builder:
    def __init__(self, network, record, evm, genesis):
        self.network, self.record, self.evm = network, record, evm
        self.pre, self.blocks, self.nonce = accounts(), [], 0
        self.alloc, fork = self.pre, fork_at(network, genesis["timestamp"])
        root = record.take(lambda: self.execute(FORKS.index("Frontier"), genesis, [])["stateRoot"])
        genesis["stateRoot"] = bytes.fromhex(root[2:])
        self.genesis, self.head, self.fork = genesis, genesis, fork
        self.genesis_fork = fork

    def execute(self, fork, h, txs):
        env = {"currentCoinbase": hexa(COINBASE), "currentGasLimit": hexa(h["gasLimit"]),
               "currentNumber": hexa(h["number"]), "currentTimestamp": hexa(h["timestamp"])}
        if fork >= CANCUN:
            env.update(currentRandom=hexa(bytes(32)), currentBaseFee=hexa(h["baseFeePerGas"]), withdrawals=[],
                       currentExcessBlobGas=hexa(h["excessBlobGas"]), parentBeaconBlockRoot=hexa(bytes(32)))
        else:
            env["currentDifficulty"] = "0x1"
        out = t8n(self.evm, fork, self.alloc, env, txs)
        if fork >= CANCUN:
            self.alloc = out["alloc"]
        if out["result"].get("rejected"):
            raise SystemExit("%s: %s" % (self.network, out["result"]["rejected"]))
        return out["result"]

    def run(self, h, fork, txs):
        r = self.execute(fork, h, txs)
        return [r["stateRoot"], r["receiptsRoot"], int(r["gasUsed"], 16), r["logsBloom"]]

    def hash_of(self, h, fork):
        return ecc.keccak256(ecc.rlp(header_fields(h, fork)))

    def child(self, time):
        parent, fork = self.head, fork_at(self.network, time)
        h = new_header(parent["number"] + 1, time, parent["gasLimit"], next_base_fee(parent), 0,
                       next_excess(fork, parent))
        h["parentHash"] = self.hash_of(parent, self.fork)
        return h, fork

    def add(self, h, fork, txs, blobs, reason=None, change=None):
        """A block of these transactions; with a reason it is one to refuse, after change did its part."""
        h["blobGasUsed"] = blobs * BLOB_GAS
        if reason is None or change is not None:
            root, receipts, h["gasUsed"], bloom = self.record.take(lambda: self.run(h, fork, txs))
            h["stateRoot"], h["receiptTrie"] = bytes.fromhex(root[2:]), bytes.fromhex(receipts[2:])
            h["bloom"] = bytes.fromhex(bloom[2:])
        h["transactionsTrie"] = bytes.fromhex(self.record.take(lambda: list_root(txs).hex()))
        if change is not None:
            change(h)
        raw = ecc.rlp([header_fields(h, fork), txs, [], []])
        block = {"rlp": hexa(raw)}
        if reason is None:
            block.update(blockHeader=header_json(h, fork), transactions=[], uncleHeaders=[])
            self.head, self.fork = h, fork
            self.nonce += len(txs)
        else:
            block["expectException"] = reason
        self.blocks.append(block)
        return len(raw)

    def test(self):
        g = ecc.rlp([header_fields(self.genesis, self.genesis_fork), [], [], []])
        kept = [] if self.record.replay else self.record.kept
        return {"network": self.network, "sealEngine": "NoProof", "config": {"chainid": "0x01"}, "pre": self.pre,
                "genesisBlockHeader": header_json(self.genesis, self.genesis_fork), "genesisRLP": hexa(g),
                "blocks": self.blocks, "lastblockhash": hexa(self.hash_of(self.head, self.fork)),
                "postStateHash": hexa(self.head["stateRoot"]), "_info": {"recorded": kept}}


WRONG = {
    "excess_high": ("BlockException.INCORRECT_EXCESS_BLOB_GAS", lambda h: h.update(
        excessBlobGas=h["excessBlobGas"] + 1)),
    "excess_low": ("BlockException.INCORRECT_EXCESS_BLOB_GAS", lambda h: h.update(
        excessBlobGas=h["excessBlobGas"] - 1 if h["excessBlobGas"] else BLOB_GAS)),
    "excess_blob": ("BlockException.INCORRECT_EXCESS_BLOB_GAS", lambda h: h.update(
        excessBlobGas=h["excessBlobGas"] + BLOB_GAS)),
    "used_low": ("BlockException.INCORRECT_BLOB_GAS_USED", lambda h: h.update(
        blobGasUsed=h["blobGasUsed"] - BLOB_GAS if h["blobGasUsed"] else BLOB_GAS)),
}
TOO_MANY = ("BlockException.BLOB_GAS_USED_ABOVE_LIMIT|BlockException.INCORRECT_BLOB_GAS_USED|"
            "TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED")


def blob_txs(b, h, fork, count):
    """count blobs over as few transactions as may be."""
    txs, most = [], 6
    price = blob_price(fork, h["excessBlobGas"])
    while count > 0:
        n = min(count, most)
        txs.append(blob_tx(b.record, b.nonce + len(txs), h["baseFeePerGas"], n, price))
        count -= n
    return txs


def blob_test(seed, record, evm=None):
    rng = random.Random("blocks/%d" % seed)
    network = sorted(NETWORKS)[seed % len(NETWORKS)]
    moves = len(NETWORKS[network]) > 1
    time = rng.choice([14980, 14990, 14999]) if moves else 1000
    fork = fork_at(network, 15000)  # of the child, whose rules judge
    limit = rng.choice([30000000, 36000000])
    target, most = blob_target(fork), blobs_max(fork)
    used = rng.choice([0, 1, target - 1, target, target + 1, blobs_max(fork_at(network, time))])
    # Where the reserve price begins to bind, the target's edge, and anywhere.
    fee = rng.choice([7, 8, 16, 17, 1000, 10**9, rng.randrange(7, 10**10)])
    low, high = 0, 10**10
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if BLOB_GAS * blob_price(fork, middle) >= BLOB_BASE_COST * fee else (middle + 1, high)
    excess = rng.choice([0, 1, BLOB_GAS, (target - used) * BLOB_GAS, (target - used) * BLOB_GAS - 1, low, low - 1, low + 1,
                         rng.randrange(1, 10**8)])
    genesis = new_header(0, time, limit, fee, used * BLOB_GAS, max(0, excess))
    genesis["gasUsed"] = rng.choice([0, limit // 2, limit // 2 + 1, limit])
    b = Builder(network, record, evm, genesis)
    for step in range(rng.choice([1, 2, 3])):
        if moves:
            time = rng.choice([time + 1, 15000, 15001]) if time < 14999 else max(time + 1, 15000)
        else:
            time += rng.choice([1, 12])
        h, fork = b.child(time)
        count = rng.choice([0, 1, blob_target(fork), blob_target(fork) + 1, blobs_max(fork) - 1, blobs_max(fork)])
        kind = rng.randrange(10)
        if kind < 3:  # one to refuse first, and then its better brother
            refuse(b, rng, dict(h), fork, count)
        b.add(h, fork, blob_txs(b, h, fork, count), count)
    return b.test()


def refuse(b, rng, h, fork, count):
    kind = rng.choice(sorted(WRONG) + ["too_many", "tx_too_many", "fee"])
    if kind in WRONG:
        alloc = b.alloc
        b.add(h, fork, blob_txs(b, h, fork, count), count, *WRONG[kind])
        b.alloc = alloc
    elif kind == "too_many":
        n = blobs_max(fork) + 1
        b.add(h, fork, blob_txs(b, h, fork, n), n, TOO_MANY)
    elif kind == "tx_too_many" and fork >= OSAKA:
        tx = blob_tx(b.record, b.nonce, h["baseFeePerGas"], 7, blob_price(fork, h["excessBlobGas"]))
        b.add(h, fork, [tx], 7, "TransactionException.TYPE_3_TX_BLOB_COUNT_EXCEEDED")
    else:
        tx = blob_tx(b.record, b.nonce, h["baseFeePerGas"], 1, blob_price(fork, h["excessBlobGas"]) - 1)
        b.add(h, fork, [tx], 1, "TransactionException.INSUFFICIENT_MAX_FEE_PER_BLOB_GAS")


def transfers_result(b, h, lengths):
    """What transactions with so many zero bytes do, for t8n takes no input of this size: they pay EIP-7623's
    floor, without a tip, and leave nothing else."""
    gas, receipts = 0, []
    for n in lengths:
        gas += 21000 + 10 * n
        receipts.append(b"\2" + ecc.rlp([1, gas, bytes(256), []]))
    sender = b.alloc[hexa(SENDER)]
    left = int(sender["balance"], 16) - gas * h["baseFeePerGas"]
    b.alloc = dict(b.alloc)
    b.alloc[hexa(SENDER)] = account(left, len(lengths))
    root = b.execute(FORKS.index("Frontier"), h, [])["stateRoot"]
    return [root, hexa(list_root(receipts)), gas, hexa(bytes(256))]


def size_test(network, over, record, evm=None):
    """A block of the limit's size and over more bytes."""
    b = Builder(network, record, evm, new_header(0, 1000, 100000000, 7, 0, 0))
    h, fork = b.child(1012)

    def txs(last):
        sizes = [1600000] * 5 + [last]
        return [plain_tx(b.record, i, h["baseFeePerGas"], bytes(n), TX_GAS_CAP) for i, n in enumerate(sizes)]

    def size(last):
        """The block's, from lengths alone; a signature of two 32-byte numbers is taken for granted."""
        lengths = [1600000] * 5 + [last]
        bodies = [b"\2" + ecc.rlp([1, i, 0, h["baseFeePerGas"], TX_GAS_CAP, b"\xee" * 20, 0, bytes(n), [], 1,
                                   1 << 255, 1 << 255]) for i, n in enumerate(lengths)]
        head = header_fields(dict(h, gasUsed=1 << 26), fork)
        return len(ecc.rlp([head, bodies, [], []]))

    last = b.record.take(lambda: 300000 + BLOCK_BYTES_MAX + over - size(300000))
    made = txs(last)
    refused = over > 0 and fork >= OSAKA
    change = (lambda header: None) if refused else None
    b.run = lambda h, fork, txs: transfers_result(b, h, [1600000] * 5 + [last])
    got = b.add(h, fork, made, 0, "BlockException.RLP_BLOCK_LIMIT_EXCEEDED" if refused else None, change)
    if got != BLOCK_BYTES_MAX + over:
        raise SystemExit("the block has %d bytes, wanted %d" % (got, BLOCK_BYTES_MAX + over))
    return b.test()


def tests(count, evm):
    """(name, how to make it from a record)."""
    for seed in range(count):
        yield "blob_%04d" % seed, lambda r, s=seed: blob_test(s, r, evm)
    for network in ("Prague", "Osaka", "BPO1"):
        for over in (0, 1):
            yield "size_%s_%d" % (network, over), lambda r, n=network, o=over: size_test(n, o, r, evm)


def write(folder, evm, count):
    os.makedirs(folder, exist_ok=True)
    n = 0
    for name, make in tests(count, evm):
        with open(os.path.join(folder, name + ".json"), "w") as f:
            json.dump({name: make(Record())}, f, separators=(",", ":"))
        n += 1
    return n


def pack(folder, path):
    lines = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as f:
            (name, test), = json.load(f).items()
        lines.append(name + " " + json.dumps(test["_info"]["recorded"], separators=(",", ":")))
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


def unpack(path, folder):
    with open(path) as f:
        rows = dict(line.split(" ", 1) for line in f)
    makers = dict(tests(len(rows), None))
    for name, recorded in rows.items():
        with open(os.path.join(folder, name + ".json"), "w") as f:
            json.dump({name: makers[name](Record(json.loads(recorded)))}, f, separators=(",", ":"))
    return len(rows)
