"""Cases at the edges of rules: BLS12-381 (EIP-2537), blob fees and counts (EIP-7691, 7840, 7892, 7918, 7594),
sizes and caps (EIP-170, 3541, 3860, 7623, 7825, 7823, 7883)."""
import random

from . import inputs
from .asm import Code
from .ecc import BLS_G1, BLS_G2, address_of
from .forks import (BPO2, CANCUN, EIP158, FORKS, OSAKA, PRAGUE, SHANGHAI, TX_GAS_CAP, blob_fraction, blob_price,
                    blob_target, blobs_max, floor_gas, intrinsic_gas)
from .statecase import CONTRACTS, ONE_ETHER, SECRETS, account, addr, case, environment, hexa, transaction

TARGET = CONTRACTS[0]
SENDER = hexa(address_of(SECRETS[0]))
BLOB_GAS = 131072


def run(fork, code, data=b"", gas=TX_GAS_CAP, excess=0, blobs=None, to=TARGET, pre=None):
    """One transaction that calls code with data."""
    fees = None if blobs is None else (10, 0)
    tx = transaction(to, data, gas, 0, 0, 10, fees, None, blobs)
    accounts = {addr(TARGET): account(0, 1, code), SENDER: account(ONE_ETHER * 10**12)}
    accounts.update(pre or {})
    return case(fork, environment(fork, excess=excess), accounts, tx)


def ask(number):
    """Call the contract at number with the call data, keep whether it worked, what it gave and its gas."""
    c = Code().ops("CALLDATASIZE", 0, 0, "CALLDATACOPY", "GAS")
    c.ops(0, 0, "CALLDATASIZE", 0, number, "GAS", "STATICCALL", 0, "SSTORE")
    c.ops("GAS", 1, "SSTORE", 1, "SSTORE", "RETURNDATASIZE", 2, "SSTORE")
    c.ops("RETURNDATASIZE", 0, 0, "RETURNDATACOPY", "RETURNDATASIZE", 0, "KECCAK256", 3, "SSTORE")
    return c.done()


def many(number, size, count):
    """The same with the call data's first size bytes count times over."""
    c, top = Code(), "top"
    c.ops(count).label(top)  # counter
    c.ops(1).out.append(0x90)
    c.op("SUB").ops(size, 0)
    c.out.append(0x82)  # DUP3: the counter
    c.ops(size, "MUL", "CALLDATACOPY")
    c.out.append(0x80)
    c.push_label(top).op("JUMPI")
    c.ops("GAS", 0, 0, size * count, 0, number, "GAS", "STATICCALL", 0, "SSTORE", "GAS", 1, "SSTORE", 1, "SSTORE")
    c.ops("RETURNDATASIZE", 0, 0, "RETURNDATACOPY", "RETURNDATASIZE", 0, "KECCAK256", 3, "SSTORE")
    return c.done()


def bls_points(curve, encode):
    """name: encoded point; what each is, by name."""
    g, p = curve.g, curve.p
    good = encode(g)
    over = bytearray(good)
    over[:64] = (int.from_bytes(good[:64], "big") + p).to_bytes(64, "big")
    padded = bytearray(good)
    padded[0] = 1
    return {"generator": good, "infinity": encode(None), "negative": encode(curve.negate(g)),
            "double": encode(curve.multiply(g, 2)), "off_curve": encode((g[0], g[0])),
            "wrong_subgroup": encode(inputs.wrong_subgroup(curve)), "coordinate_over": bytes(over),
            "padding_set": bytes(padded), "y_zero": good[: len(good) // 2] + bytes(len(good) // 2)}


def bls_cases(fork):
    one, two = bls_points(BLS_G1, inputs.bls_g1), bls_points(BLS_G2, inputs.bls_g2)
    g1, g2 = one["generator"], two["generator"]
    for number, group, points in ((11, "g1", one), (13, "g2", two)):
        for name, pt in points.items():
            yield "add_%s_%s" % (group, name), run(fork, ask(number), pt + points["generator"])
            yield "add_%s_second_%s" % (group, name), run(fork, ask(number), points["double"] + pt)
            yield "msm_%s_%s" % (group, name), run(fork, ask(number + 1), pt + inputs.word(3))
        for length in (0, 1, -1, len(points["generator"])):
            data = points["generator"] * 2
            yield "add_%s_length_%d" % (group, length), run(fork, ask(number), data[: len(data) + length]
                                                              if length < 0 else data + bytes(length) if length
                                                              else b"")
        pair = points["generator"] + inputs.word(BLS_G1.n - 1)
        for k in (0, 1, 2, 3, 127, 128, 129):
            code = many(number + 1, len(pair), k) if k else ask(number + 1)
            yield "msm_%s_of_%d" % (group, k), run(fork, code, pair if k else b"")
        for d in (-1, 1):
            yield "msm_%s_length_%d" % (group, d), run(fork, ask(number + 1), (pair + bytes(1))[: len(pair) + d])
        for scalar in (0, 1, BLS_G1.n - 1, BLS_G1.n, BLS_G1.n + 1, (1 << 256) - 1):
            yield "msm_%s_scalar_%x" % (group, scalar % 65536 + scalar.bit_length()), run(
                fork, ask(number + 1), points["double"] + inputs.word(scalar))
        exact = {11: 375, 12: 12000, 13: 600, 14: 22500}
        for n in (number, number + 1):
            data = points["generator"] * 2 if n == number else pair
            for d in (-1, 0):
                c = Code().ops("CALLDATASIZE", 0, 0, "CALLDATACOPY", 0, 0, "CALLDATASIZE", 0, n)
                c.ops(exact[n] + d, "STATICCALL", 0, "SSTORE", "GAS", 1, "SSTORE")
                yield "gas_%d_%d" % (n, d), run(fork, c.done(), data)
    for name, pt in one.items():
        yield "pairing_g1_%s" % name, run(fork, ask(15), pt + g2)
    for name, pt in two.items():
        yield "pairing_g2_%s" % name, run(fork, ask(15), g1 + pt)
    yield "pairing_true", run(fork, ask(15), g1 + g2 + one["negative"] + g2)
    yield "pairing_false", run(fork, ask(15), g1 + g2 + g1 + g2)
    yield "pairing_empty", run(fork, ask(15))
    yield "pairing_length", run(fork, ask(15), (g1 + g2)[:-1])
    p = BLS_G1.p
    for v in (0, 1, 2, p - 1, p, p + 1, (1 << 384) - 1, 1 << 384):
        tag = "%d_%x" % (v.bit_length(), v % 4096)
        yield "map1_" + tag, run(fork, ask(16), inputs.fp(v))
        yield "map2_" + tag, run(fork, ask(17), inputs.fp(v) + inputs.fp(1))
        yield "map2_second_" + tag, run(fork, ask(17), inputs.fp(1) + inputs.fp(v))
    for number, size in ((16, 64), (17, 128)):
        for d in (-1, 1):
            yield "map%d_length_%d" % (number - 15, d), run(fork, ask(number), bytes(size + d))


def excesses(fork):
    """Where the price moves: the first excess of each of the first prices, and far out."""
    found = {0, 1, blob_target(fork) * BLOB_GAS, blobs_max(fork) * BLOB_GAS, blob_fraction(fork)}
    for price in (2, 3, 10, 1000, 10**9, 10**18, 10**30):
        low, high = 0, blob_fraction(fork) * 100
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if blob_price(fork, middle) >= price else (middle + 1, high)
        found |= {low - 1, low}
    return sorted(found)


def blob_hashes(n):
    return [b"\x01" + bytes(30) + bytes([i]) for i in range(n)]


def blob_cases(fork):
    fee = Code().ops("BLOBBASEFEE", 0, "SSTORE", "GAS", 1, "SSTORE")
    for i in (0, 1, 5, 6, 8, 9):
        fee.ops(i, "BLOBHASH", i + 2, "SSTORE")
    fee.ops((1 << 256) - 1, "BLOBHASH", 20, "SSTORE")
    code = fee.done()
    for excess in excesses(fork):
        price = blob_price(fork, excess)
        # revm computes the price in 128 bits, which these two are beyond half way.
        yield ("wide_" if price > 1 << 90 else "") + "fee_at_%d" % excess, run(fork, code, excess=excess)
        if price < 1 << 70:
            for d in (-1, 0):
                yield "max_fee_at_%d_%d" % (excess, d), run(fork, code, excess=excess,
                                                          blobs=(blob_hashes(1), price + d))
    for n in (1, 5, 6, 7, 8, 9, 10):
        most = blobs_max(fork)
        if n > most > 6:
            continue  # what of the two limits is named is told only by the order of checks
        yield "blobs_%d" % n, run(fork, code, blobs=(blob_hashes(n), 1))
    yield "blobs_0", run(fork, code, blobs=([], 1))
    for version in (0, 2, 255):
        yield "blob_version_%d" % version, run(fork, code, blobs=([bytes([version]) + bytes(31)], 1))


def limit_cases(fork):
    for n in (1, 24575, 24576, 24577):
        if fork >= EIP158:
            init = Code().ops(n, 0, "RETURN").done()
            yield "code_size_%d" % n, run(fork, b"", init, 12000000, to=None)
    for first in (0xEE, 0xEF, 0xF0):
        yield "first_byte_%02x" % first, run(fork, b"", Code().ops(first, 0, "MSTORE8", 1, 0, "RETURN").done(),
                                             1000000, to=None)
    for n in (0, 1, 31, 32, 33, 49151, 49152, 49153) if fork >= SHANGHAI else ():
        yield "init_size_%d" % n, run(fork, b"", bytes(n), 5000000, to=None)
        inner = Code().ops("GAS", n, 0, 0, "CREATE", 0, "SSTORE", "GAS", 1, "SSTORE", 2, "SSTORE")
        yield "create_size_%d" % n, run(fork, inner.done(), b"", 5000000)
    for data in (b"", b"\0", b"\1", bytes(1000), b"\1" * 1000):
        for create in (False, True):
            need = max(intrinsic_gas(fork, data, create), floor_gas(fork, data))
            for d in (-1, 0, 1):
                name = "intrinsic_%d%s%s_%d" % (len(data), "n" if data[:1] == b"\1" else "", "c" * create, d)
                yield name, run(fork, b"\0", data, need + d, to=None if create else TARGET)
    for keys in (0, 1, 5):
        access = [{"address": addr(TARGET), "storageKeys": ["0x%064x" % k for k in range(keys)]}]
        if fork < FORKS.index("Berlin"):
            continue
        need = intrinsic_gas(fork, b"", False, access)
        for d in (-1, 0, 1):
            test = run(fork, Code().ops(0, "SLOAD", 1, "SLOAD").done(), b"", need + d)
            test["transaction"]["accessLists"] = [access]
            yield "access_%d_%d" % (keys, d), test
    for used in range(0, 2200, 73):  # what is left for a child, and its stipend
        c = Code().ops(0, 0, 0, 0, 1, CONTRACTS[1], "GAS", "CALL", 0, "SSTORE", "GAS", 1, "SSTORE")
        child = account(0, 1, Code().ops("GAS", 0, 0, "LOG1").done())
        yield "child_gas_%d" % used, run(fork, c.done(), b"", 62000 + 13 * used,
                                         pre={addr(CONTRACTS[1]): child, addr(TARGET): account(9, 1, c.done())})


def osaka_cases(fork):
    for gas in (TX_GAS_CAP - 1, TX_GAS_CAP, TX_GAS_CAP + 1):
        yield "tx_gas_%d" % gas, run(fork, Code().ops("GAS", 0, "SSTORE").done(), b"", gas)
    rng = random.Random("modexp")
    for base in (0, 1, 32, 33, 1023, 1024, 1025):
        for exponent in (0, 1, 32, 33, 1024, 1025):
            for modulus in (0, 1, 32, 1024, 1025):
                if rng.random() < 0.75 and max(base, exponent, modulus) < 1024:
                    continue
                if rng.random() < 0.6:
                    continue
                data = b"".join(inputs.word(n) for n in (base, exponent, modulus))
                data += b"\1" * base + b"\2" * min(exponent, 64) + bytes(max(0, exponent - 64)) + b"\3" * modulus
                yield "modexp_%d_%d_%d" % (base, exponent, modulus), run(fork, ask(5), data)
    for v in (0, 1, 2, 255, 256, (1 << 255) - 1, 1 << 255, (1 << 256) - 1):
        yield "clz_%d" % v.bit_length() + ("x" if v & (v + 1) else ""), run(
            fork, Code().ops(v, "CLZ", 0, "SSTORE", "GAS", 1, "SSTORE").done())
    good = inputs.p256(random.Random(7))
    for i, data in enumerate([good, good[:-1], good + b"\0", good[:32] + bytes(32) + good[64:], b"",
                              good[:96] + bytes(64)]):
        yield "p256_%d" % i, run(fork, ask(0x100), data)


def touch_cases(fork):
    """Accounts that are empty, become empty, or are touched in a frame that fails (EIP-158, EIP-161)."""
    other, empty, coinbase = CONTRACTS[1], 0xE0, 0xC01BA5E
    empties = {addr(empty): account()} if fork < FORKS.index("Berlin") else {}

    def call(to, value, gas=None, op="CALL"):
        c = Code().ops(0, 0, 0, 0, *([value] if op in ("CALL", "CALLCODE") else []), to)
        return c.op("GAS").op(op) if gas is None else c.ops(gas, op)

    for name, to in (("nobody", 0xDEAD01), ("empty", empty), ("ripemd", 3), ("coinbase", coinbase), ("self", TARGET)):
        for value in (0, 1):
            for fail in (False, True):
                inner = call(to, value).op("INVALID" if fail else "STOP").done()
                outer = call(other, 1, 100000).ops(0, "SSTORE", "GAS", 1, "SSTORE").done()
                pre = {addr(TARGET): account(5, 1, outer), addr(other): account(5, 1, inner), **empties}
                yield "call_%s_%d_%d" % (name, value, fail), run(fork, outer, b"", 500000, pre=pre)
                if to == 3 and fork < FORKS.index("Berlin"):  # the one account whose touch outlived its frame
                    yield "call_empty_3_%d_%d" % (value, fail), run(fork, outer, b"", 500000,
                                                                   pre={**pre, addr(3): account()})
        for balance in (0, 7):
            code = Code().ops(to, "SELFDESTRUCT").done()
            pre = {addr(TARGET): account(balance, 1, code), **empties}
            yield "destroy_to_%s_%d" % (name, balance), run(fork, code, b"", 100000, pre=pre)
            again = call(other, 0, 50000).op("POP")
            again.out += call(other, 1, 50000).ops(0, "SSTORE", other, "BALANCE", 1, "SSTORE").out
            again = again.done()
            pre = {addr(TARGET): account(5, 1, again), addr(other): account(balance, 1, code, {1: 1}), **empties}
            yield "destroy_twice_to_%s_%d" % (name, balance), run(fork, again, b"", 200000, pre=pre)
    for to in (0xDEAD01, empty, 3, coinbase, TARGET):
        for value in (0, 1):
            test = run(fork, b"", b"", 30000, to=to, pre=empties)
            test["transaction"]["value"] = [hexa(value)]
            yield "send_%x_%d" % (to, value), test
    if fork < FORKS.index("London"):
        for state in (None, account(), account(1)):
            test = run(fork, b"", b"", 30000, pre={addr(coinbase): state} if state else {})
            test["transaction"]["gasPrice"] = "0x00"
            yield "free_%s" % (state and state["balance"]), test
    refunds = Code()
    for slot in range(20):
        refunds.ops(0, slot, "SSTORE")
    pre = {addr(TARGET): account(0, 1, refunds.done(), {k: 1 for k in range(20)})}
    for gas in (140000, 200000, 400000):
        yield "refund_%d" % gas, run(fork, b"", b"", gas, pre=pre)
    for start in (0, 1):
        for first in (0, 1, 2):
            for second in (0, 1, 2):
                code = Code().ops(first, 0, "SSTORE", second, 0, "SSTORE", "GAS", 1, "SSTORE").done()
                pre = {addr(TARGET): account(0, 1, code, {0: start})}
                yield "sstore_%d%d%d" % (start, first, second), run(fork, code, b"", 100000, pre=pre)
    for left in (2299, 2300, 2301, 2302):  # EIP-2200's sentry, with what the instructions before it take
        code = Code().ops(1, 0, "SSTORE").done()
        outer = Code().ops(0, 0, 0, 0, 0, other, left + 6, "CALL", 0, "SSTORE").done()
        yield "sentry_%d" % left, run(fork, outer, b"", 100000,
                                      pre={addr(other): account(0, 1, code, {0: 1}), addr(TARGET): account(0, 1, outer)})
    deep = Code().ops(0, "SLOAD", 1, "ADD", 0, "SSTORE", 0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", 1, "SSTORE").done()
    yield "depth", run(fork, deep, b"", TX_GAS_CAP)


def cases():
    """(name, test) of all of them."""
    groups = [("limit", limit_cases, range(OSAKA + 1)), ("touch", touch_cases, range(OSAKA + 1)), ("bls", bls_cases, (PRAGUE, OSAKA)),
              ("blob", blob_cases, range(CANCUN, BPO2 + 1)), ("osaka", osaka_cases, (OSAKA,))]
    for group, make, forks in groups:
        for fork in forks:
            for name, test in make(fork):
                yield "%s_%s_%s" % (group, FORKS[fork], name.replace("-", "m")), test
