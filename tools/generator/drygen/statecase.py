"""One random state test: block, accounts, transaction; the result is left for a reference to fill."""
import random

from . import ecc, inputs
from .forks import (BERLIN, CANCUN, EIP158, FORKS, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI,
                    TX_GAS_CAP, blob_price, blobs_max, floor_gas, intrinsic_gas, precompiles)
from .program import Program

SECRETS = [0x45A915E4D060149EB4365960E6A7A45F334393093061116B197E3240065FF2D8] + [
    int.from_bytes(ecc.keccak256(b"drystone key %d" % i), "big") % ecc.SECP256K1.n for i in range(5)]
ONE_ETHER = 10**18
CONTRACTS = [0xC0DE00 + i for i in range(1, 6)]
NOBODY = [0xDEAD01, 0xDEAD02]
EMPTY = 0xE0
NO_LOGS = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"


def hexa(v):
    if isinstance(v, int):
        text = "%x" % v
        return "0x" + ("0" if len(text) % 2 else "") + text
    return "0x" + v.hex()


def addr(v):
    return "0x%040x" % v


def account(balance=0, nonce=0, code=b"", storage=None):
    return {"balance": hexa(balance), "nonce": hexa(nonce), "code": hexa(code),
            "storage": {hexa(k): hexa(v) for k, v in (storage or {}).items() if v}}


def authorization(secret, chain, target, nonce, k):
    digest = ecc.keccak256(b"\x05" + ecc.rlp([chain, target.to_bytes(20, "big"), nonce]))
    parity, r, s = ecc.sign(ecc.SECP256K1, secret, digest, k)
    return {"chainId": hexa(chain), "address": addr(target), "nonce": hexa(nonce), "v": hexa(parity),
            "r": hexa(r), "s": hexa(s), "signer": hexa(ecc.address_of(secret))}


def environment(fork, coinbase=0xC01BA5E, number=1000, time=1000, gas=1 << 36, base_fee=10, difficulty=0x20000,
                randao=0x1234, excess=0):
    env = {"currentCoinbase": addr(coinbase), "currentGasLimit": hexa(gas), "currentNumber": hexa(number),
           "currentTimestamp": hexa(time), "currentDifficulty": hexa(0 if fork >= PARIS else difficulty)}
    if fork >= LONDON:
        env["currentBaseFee"] = hexa(base_fee)
    if fork >= PARIS:
        env["currentRandom"] = "0x%064x" % randao
    if fork >= CANCUN:
        env["currentExcessBlobGas"] = hexa(excess)
    return env


def transaction(to, data, gas, value, nonce, price=None, fees=None, access=None, blobs=None, authorizations=None,
                secret=SECRETS[0]):
    """fees: (max, priority); blobs: (hashes, max fee)."""
    tx = {"to": "" if to is None else addr(to), "data": [hexa(data)], "gasLimit": [hexa(gas)],
          "value": [hexa(value)], "nonce": hexa(nonce), "secretKey": "0x%064x" % secret,
          "sender": hexa(ecc.address_of(secret))}
    if fees is None:
        tx["gasPrice"] = hexa(price)
    else:
        tx["maxFeePerGas"], tx["maxPriorityFeePerGas"] = hexa(fees[0]), hexa(fees[1])
    if access is not None:
        tx["accessLists"] = [access]
    if blobs is not None:
        tx["blobVersionedHashes"] = [hexa(h) for h in blobs[0]]
        tx["maxFeePerBlobGas"] = hexa(blobs[1])
    if authorizations is not None:
        tx["authorizationList"] = authorizations
    return tx


def case(fork, env, pre, tx):
    post = {"hash": "0x" + "00" * 32, "logs": NO_LOGS, "indexes": {"data": 0, "gas": 0, "value": 0}}
    return {"env": env, "pre": pre, "post": {FORKS[fork]: [post]}, "transaction": tx}


class World:
    """What programs may name."""

    def __init__(self, fork, seed):
        self.fork, self.rng = fork, random.Random("%s/%d" % (FORKS[fork], seed))
        self.number = self.rng.choice([1, 2, 255, 256, 257, 1000])
        self.sender = int.from_bytes(ecc.address_of(SECRETS[0]), "big")
        self.others = [int.from_bytes(ecc.address_of(s), "big") for s in SECRETS[1:]]
        self.coinbase = self.rng.choice([0xC01BA5E] * 6 + [CONTRACTS[0], self.sender, NOBODY[0], 3])
        self.sender_nonce = self.rng.choice([0, 0, 1, 2, 127, 128, 1 << 32])
        created = [int.from_bytes(ecc.create_address(c.to_bytes(20, "big"), 1), "big") for c in CONTRACTS[:3]]
        born = int.from_bytes(ecc.create_address(self.sender.to_bytes(20, "big"), self.sender_nonce), "big")
        self.created = created + [born]
        self.addresses = (CONTRACTS * 4 + self.others + NOBODY + self.created + [self.sender, self.coinbase] +
                          ([EMPTY] if fork < BERLIN else []) + precompiles(fork)[:6] + [0, 9, 10, 17, 18, 0x100])

    def accounts(self):
        rng, fork, pre = self.rng, self.fork, {}
        for a in CONTRACTS:
            storage = {rng.randrange(8): rng.choice([1, 2, rng.getrandbits(256)]) for _ in range(rng.randrange(5))}
            pre[a] = account(rng.choice([0, 1, 1000, ONE_ETHER]), rng.choice([0 if fork < EIP158 else 1, 1, 1, 7]),
                             Program(self, 0 if a == CONTRACTS[0] else 1).finish(), storage)
        for a in self.others:
            if rng.random() < 0.5:
                pre[a] = account(rng.choice([1, ONE_ETHER]), rng.choice([0, 1]))
        if fork < BERLIN and rng.random() < 0.7:
            pre[EMPTY] = account()
        for a in self.created:  # collisions; storage alone is left out: clients differ on EIP-7610
            r = rng.random()
            if r < 0.1:
                pre[a] = account(rng.choice([0, 5]), 1)
            elif r < 0.2:
                pre[a] = account(0, rng.choice([0, 1]), b"\x60\x01\x60\x01\x55", {1: 1})
            elif r < 0.35:
                pre[a] = account(5)
        if rng.random() < 0.2:
            pre[rng.choice(precompiles(fork))] = account(1)
        return pre


def delegate(world, pre):
    """Some accounts start with a delegation: to code, to nothing, to a precompile, in a ring."""
    rng = world.rng
    for i, a in enumerate(world.others):
        if rng.random() < 0.4:
            target = rng.choice(CONTRACTS + CONTRACTS + world.others + [1, 4, NOBODY[0], a])
            pre[a] = account(rng.choice([0, ONE_ETHER]), 1, b"\xef\x01\x00" + target.to_bytes(20, "big"))


def authorizations(world, pre):
    rng, out = world.rng, []
    for _ in range(rng.choice([1, 1, 2, 4])):
        secret = rng.choice(SECRETS)
        who = int.from_bytes(ecc.address_of(secret), "big")
        held = int(pre[who]["nonce"], 16) if who in pre else 0
        nonce = rng.choice([held, held, held + 1, 0, (1 << 64) - 1, (1 << 64) - 2])
        target = rng.choice(CONTRACTS + [0, 1, NOBODY[1], who] + world.others)
        entry = authorization(secret, rng.choice([0, 1, 1, 1, 2]), target, nonce, rng.getrandbits(250))
        fault = rng.randrange(14)
        if fault == 0:
            entry["s"] = hexa(ecc.SECP256K1.n - int(entry["s"], 16))
        elif fault == 1:
            entry["r"] = hexa(0)
        elif fault == 2:
            entry["v"] = hexa(rng.choice([2, 27, 255]))
        elif fault == 3:
            entry["s"] = hexa(ecc.SECP256K1.n)
        out.append(entry)
    return out


def access_list(world):
    rng = world.rng
    return [{"address": addr(rng.choice(world.addresses)),
             "storageKeys": ["0x%064x" % rng.choice([0, 1, 2, 3, rng.getrandbits(256)])
                             for _ in range(rng.randrange(4))]} for _ in range(rng.randrange(4))]


def gas_limit(world, least):
    rng, r = world.rng, world.rng.random()
    if r < 0.04:
        return rng.choice([least, least - 1, least + 1])
    if r < 0.25:
        return least + int(2 ** rng.uniform(1, 17))
    if r < 0.45:
        return least + rng.randrange(400000)
    cap = TX_GAS_CAP if world.fork >= OSAKA else 1 << 25
    return min(cap, rng.choice([1000000, 2000000, 5000000, 8000000, cap]))


def fault(world, pre, tx, env):
    """One reason to refuse it. The reasons are exclusive, so that the order of checks is no matter."""
    rng, fork = world.rng, world.fork
    kind = rng.randrange(9)
    cost = int(tx["gasLimit"][0], 16) * int(tx.get("gasPrice", tx.get("maxFeePerGas")), 16)
    if kind == 0:
        tx["nonce"] = hexa(world.sender_nonce + 1)
    elif kind == 1 and world.sender_nonce:
        tx["nonce"] = hexa(world.sender_nonce - 1)
    elif kind == 2:
        pre[world.sender]["balance"] = hexa(cost + int(tx["value"][0], 16) - 1)
    elif kind == 3:
        pre[world.sender]["code"] = "0x00"
    elif kind == 4 and fork >= LONDON:
        low = hexa(int(env["currentBaseFee"], 16) - 1)
        for key in ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"):
            if key in tx:
                tx[key] = low
    elif kind == 5 and "maxFeePerGas" in tx:
        tx["maxPriorityFeePerGas"] = hexa(int(tx["maxFeePerGas"], 16) + 1)
    elif kind == 6:
        env["currentGasLimit"] = hexa(int(tx["gasLimit"][0], 16) - 1)
    elif kind == 7 and "blobVersionedHashes" in tx:
        rng.choice([lambda: tx["blobVersionedHashes"].clear(),
                    lambda: tx["blobVersionedHashes"].append("0x02" + "00" * 31),
                    lambda: tx.update(maxFeePerBlobGas="0x00")])()
    elif kind == 8 and fork >= OSAKA:
        tx["gasLimit"] = [hexa(TX_GAS_CAP + 1)]


def make(fork, seed):
    """The test of this seed, always the same one."""
    world = World(fork, seed)
    rng, pre = world.rng, world.accounts()
    create = rng.random() < 0.15
    program = Program(world, 1)
    data = program.init_code() if create else inputs.random_bytes(rng, rng.choice([0, 0, 4, 32, 36, 100, 300]))
    if rng.random() < 0.1 and not create:
        data = bytes(rng.choice([1, 1000, 5000]))
    if create and fork >= SHANGHAI and rng.random() < 0.05:
        data = bytes(rng.choice([49152, 49153]))
    if fork >= PRAGUE:
        delegate(world, pre)

    base_fee = rng.choice([1, 7, 10, 1000])
    excess = rng.choice([0, 0, 1, 131072 * 10, rng.randrange(60000000)])
    env = environment(fork, world.coinbase, world.number, rng.choice([1000, 0, 1 << 32]), base_fee=base_fee,
                      randao=rng.getrandbits(256), excess=excess, difficulty=rng.choice([0x20000, 1 << 40]))
    kinds = [0, 0] + ([1] if fork >= BERLIN else []) + ([2, 2] if fork >= LONDON else [])
    kinds += ([3] if fork >= CANCUN and not create else []) + ([4, 4] if fork >= PRAGUE and not create else [])
    kind = rng.choice(kinds)
    access = access_list(world) if kind == 1 or (kind > 1 and rng.random() < 0.5) else None
    auths = authorizations(world, pre) if kind == 4 else None
    least = max(intrinsic_gas(fork, data, create, access or (), len(auths or ())), floor_gas(fork, data))
    gas = gas_limit(world, least)
    price = base_fee + rng.choice([0, 1, 10])
    fees = (price, rng.choice([0, 1, price])) if kind >= 2 else None
    blobs = None
    if kind == 3:
        count = rng.randint(1, min(6, blobs_max(fork)))
        blobs = ([b"\x01" + inputs.random_bytes(rng, 31) for _ in range(count)],
                 blob_price(fork, excess) + rng.choice([0, 0, 5]))
    to = None if create else rng.choice(CONTRACTS[:1] * 12 + world.addresses)
    value = rng.choice([0, 0, 0, 1, 1000])
    tx = transaction(to, data, gas, value, world.sender_nonce, price, fees, access, blobs, auths)
    cost = gas * price + value + (131072 * len(blobs[0]) * blobs[1] if blobs else 0)
    pre[world.sender] = account(rng.choice([cost, ONE_ETHER * 1000, ONE_ETHER * 1000]), world.sender_nonce)
    if fork >= PRAGUE and rng.random() < 0.1:
        pre[world.sender]["code"] = "0xef0100" + "%040x" % CONTRACTS[1]
    sound = gas >= least and not (create and len(data) > 49152)
    if rng.random() < 0.06 and sound:
        fault(world, pre, tx, env)
    return case(fork, env, {addr(a): v for a, v in pre.items()}, tx)
