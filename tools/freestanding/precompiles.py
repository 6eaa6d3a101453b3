"""Inputs for every precompiled contract, honest and hostile, from a seed."""
import hashlib
import random

from curves import (BLS_G1, BLS_G2, BN254_G1, BN254_G2, P256, SECP256K1)


def word(n, size=32):
    return (n % (1 << 8 * size)).to_bytes(size, "big")


def ecrecover(rng):
    n = SECP256K1.n
    signed = []
    for _ in range(8):
        z = rng.getrandbits(256)
        r, s, parity = SECP256K1.sign(rng.randrange(1, n), rng.randrange(1, n), z)
        signed.append((z, 27 + parity, r, s))
    z, v, r, s = signed[0]
    hostile = [(z, 55 - v, r, s), (z, v, r, n - s), (z, 29, r, s), (z, 26, r, s), (z, v + 256, r, s),
               (z, v, 0, s), (z, v, r, 0), (z, v, n, s), (z, v, r, n), (z, v, n - 1, n - 1),
               (0, v, r, s), (n, v, r, s), (z, v, 5, s), (z, v, r, 1), (z, v, 2**256 - 1, s),
               (z, v, 1, 1), (z, 0, 0, 0)]
    inputs = [b"".join(map(word, case)) for case in signed + hostile]
    return inputs + [b"", inputs[0][:127], inputs[0] + b"\1", inputs[0][:64]]


def hashing(rng):
    lengths = [0, 1, 31, 32, 33, 55, 56, 57, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 135, 136,
               137, 1000, 4097]
    return [rng.randbytes(n) for n in lengths]


def modexp(rng):
    def case(base, exponent, modulus):
        return b"".join(map(word, map(len, (base, exponent, modulus)))) + base + exponent + modulus

    out = []
    for size in (1, 8, 31, 32, 33, 48, 64, 96, 128, 200):
        out.append(case(rng.randbytes(size), rng.randbytes(2), rng.randbytes(size - 1) + b"\1"))
        out.append(case(rng.randbytes(size), rng.randbytes(1), rng.randbytes(size - 1) + b"\0"))
    odd = rng.randbytes(31) + b"\7"
    out += [case(b"\3", rng.randbytes(32), odd), case(b"\3", b"\1" + bytes(39), odd),
            case(b"", b"", b""), case(b"\2", b"", b""), case(b"", b"", odd), case(odd, b"\0", odd),
            case(b"\0", b"\0", b"\5"), case(b"\2", b"\2", b"\0"), case(b"\2", b"\2", b"\1"),
            case(bytes(40), b"\2", bytes(40)), case(b"\xff" * 64, b"\3", b"\xff" * 64),
            case(rng.randbytes(8), rng.randbytes(8), b"\x80" + bytes(63)),
            case(odd, b"\3", odd)[:150], case(odd, b"\3", odd)[:40], b"",
            word(1) + word(2**255) + word(1) + b"\2", word(2**256 - 1) * 3, word(0) * 3,
            word(1025) + word(1) + word(1025) + rng.randbytes(2051),
            word(1024) + word(1) + word(1024) + rng.randbytes(2049),
            word(0) + word(2**64) + word(0), word(2**32) + word(0) + word(1) + b"\1"]
    return out


def _bn(p):
    return bytes(64) if p is None else word(p[0]) + word(p[1])


def _bn2(p):
    if p is None:
        return bytes(128)
    return b"".join(map(word, (p[0][1], p[0][0], p[1][1], p[1][0])))


def _bn_bad():
    p, (x, y) = BN254_G1.f.p, BN254_G1.g
    return [word(x) + word(y + 1), word(x + p) + word(y), word(x) + word(y + p), word(p) + word(0),
            word(0) + word(1), word(2**256 - 1) * 2]


def bn254_add(rng):
    points = [BN254_G1.mul(rng.randrange(1, BN254_G1.n)) for _ in range(6)]
    a, b = points[:2]
    pairs = [(a, b), (a, a), (a, BN254_G1.neg(a)), (a, None), (None, a), (None, None)]
    pairs += [(p, q) for p in points for q in points[2:4]]
    out = [_bn(p) + _bn(q) for p, q in pairs]
    out += [bad + _bn(a) for bad in _bn_bad()] + [_bn(a) + bad for bad in _bn_bad()]
    return out + [b"", _bn(a), _bn(a)[:33], out[0][:127], out[0] + b"\1"]


def bn254_mul(rng):
    n = BN254_G1.n
    a = BN254_G1.mul(rng.randrange(1, n))
    scalars = [0, 1, 2, 3, n - 1, n, n + 1, 2**255, 2**256 - 1, 9, 2**128, 2**127 - 1]
    scalars += [rng.getrandbits(256) for _ in range(6)]
    out = [_bn(a) + word(k) for k in scalars] + [_bn(None) + word(k) for k in scalars[-2:]]
    out += [bad + word(7) for bad in _bn_bad()]
    return out + [b"", _bn(a), _bn(a) + b"\1", out[5] + b"\1"]


def _canceling(g1, g2, rng):
    """Points with e(P, Q) e(R, S) = 1."""
    a, b = rng.randrange(1, g1.n), rng.randrange(1, g1.n)
    return (g1.mul(a), g2.mul(b)), (g1.neg(g1.mul(a * b % g1.n)), g2.g)


def bn254_pairing(rng):
    def run(*pairs):
        return b"".join(_bn(p) + _bn2(q) for p, q in pairs)

    (p, q), (r, s) = _canceling(BN254_G1, BN254_G2, rng)
    (p2, q2), (r2, s2) = _canceling(BN254_G1, BN254_G2, rng)
    outside = BN254_G2.any_point((rng.getrandbits(250), 3))
    good = run((p, q), (r, s))
    modulus = word(BN254_G1.f.p)
    out = [good, run((p, q)), run((p, q), (r2, s)), run((p, q), (r, s), (p2, q2), (r2, s2)), b"",
           run((None, q)), run((p, None)), run((None, None)), run((p, q), (None, s), (r, s)),
           run((p, outside)), run((None, outside)), run((p, q), (r, s), (p2, outside)),
           good[:-1], good + b"\0", good[:192 - 64], run((p, q), (r2, s2)),
           run((p, BN254_G2.neg(q)), (r, BN254_G2.neg(s))), run((p, q), (BN254_G1.neg(p), q))]
    out += [bad + _bn2(q) for bad in _bn_bad()[:4]]
    out += [_bn(p) + modulus + _bn2(q)[32:], _bn(p) + _bn2(q)[:96] + modulus,
            _bn(p) + _bn2(q)[:64] + bytes(64), _bn(p) + _bn2(q)[64:] + _bn2(q)[:64]]
    return out


def blake2f(rng):
    def case(rounds, final, seed=rng):
        return word(rounds, 4) + seed.randbytes(64 + 128 + 16) + bytes([final])

    out = [case(rounds, final) for rounds in (0, 1, 2, 9, 10, 11, 12, 13, 100, 1000)
           for final in (0, 1)]
    return out + [case(12, 2), case(12, 255), case(12, 1)[:-1], case(12, 1) + b"\1", b"",
                  case(2**32 - 1, 1), case(0, 0)[:212]]


def p256(rng):
    n = P256.n
    out = []
    for _ in range(8):
        z, secret = rng.getrandbits(256), rng.randrange(1, n)
        r, s, _ = P256.sign(secret, rng.randrange(1, n), z)
        out.append((z, r, s, *P256.mul(secret)))
    z, r, s, x, y = out[0]
    p = P256.f.p
    out += [(z, r, n - s, x, y), (z ^ 1, r, s, x, y), (z, 0, s, x, y), (z, r, 0, x, y),
            (z, n, s, x, y), (z, r, n, x, y), (z, r + n, s, x, y), (z, r, s, x, y ^ 1),
            (z, r, s, x, p - y), (z, r, s, 0, 0), (z, r, s, x + p, y), (z, r, s, p, y),
            (0, r, s, x, y), (z, 1, 1, x, y), (z, r, s, *P256.g), (2**256 - 1, r, s, x, y)]
    encoded = [b"".join(map(word, case)) for case in out]
    return encoded + [b"", encoded[0][:-1], encoded[0] + b"\0", bytes(160)]


def point_evaluation(rng):
    g1, f = BLS_G1, BLS_G1.f

    def compressed(p):
        if p is None:
            return b"\xc0" + bytes(47)
        flags = 0xa0 if p[1] > f.p // 2 else 0x80
        raw = bytearray(word(p[0], 48))
        raw[0] |= flags
        return bytes(raw)

    def case(commitment, z, y, proof, version=1):
        digest = hashlib.sha256(commitment).digest()
        return bytes([version]) + digest[1:] + word(z) + word(y) + commitment + proof

    y, z = rng.randrange(g1.n), rng.randrange(g1.n)
    constant, none = compressed(g1.mul(y)), compressed(None)
    return [case(constant, z, y, none), case(constant, z, y, compressed(g1.g)),
            case(constant, z, y + 1, none), case(constant, g1.n, y, none), case(constant, z, y, none, 2),
            case(compressed(g1.any_point(5)), z, y, none), case(constant, z, y, b"\0" * 48),
            case(none, z, 0, none), case(constant, z, y, none)[:-1], b""]


def _bls(p):
    return bytes(128) if p is None else word(p[0], 64) + word(p[1], 64)


def _bls2(p):
    if p is None:
        return bytes(256)
    return b"".join(word(c, 64) for c in (p[0][0], p[0][1], p[1][0], p[1][1]))


def _bls_group(curve, encode, rng):
    """Cases of addition, then of multi-scalar multiplication, over one of the groups."""
    a, b = (curve.mul(rng.randrange(1, curve.n)) for _ in range(2))
    x = 11 if encode is _bls else (11, 4)
    outside = curve.any_point(x)
    off = encode(a)[:-1] + bytes([encode(a)[-1] ^ 1])
    high = b"\1" + encode(a)[1:]
    sums = [encode(p) + encode(q) for p, q in
            ((a, b), (a, a), (a, curve.neg(a)), (a, None), (None, None), (outside, a))]
    sums += [off + encode(a), encode(a) + high, encode(a), b"", encode(a) * 2 + b"\0"]
    k = [rng.getrandbits(256) for _ in range(4)]
    products = [encode(a) + word(k[0]), encode(a) + word(0), encode(None) + word(k[0]),
                encode(a) + word(curve.n), encode(a) + word(k[0]) + encode(b) + word(k[1]),
                b"".join(encode(p) + word(s) for p, s in zip((a, b, a, None), k)),
                encode(outside) + word(k[0]), off + word(1), b"", encode(a)]
    return sums, products


def bls12(rng):
    """{address: inputs} of the seven."""
    p = BLS_G1.f.p
    add1, msm1 = _bls_group(BLS_G1, _bls, rng)
    add2, msm2 = _bls_group(BLS_G2, _bls2, rng)
    (a, b), (c, d) = _canceling(BLS_G1, BLS_G2, rng)
    good = _bls(a) + _bls2(b) + _bls(c) + _bls2(d)
    pairing = [good, good[:384], _bls(None) + _bls2(b), b"", good[:-1],
               _bls(BLS_G1.any_point(9)) + _bls2(b), _bls(a) + _bls2(BLS_G2.any_point((9, 1)))]
    field = [word(rng.randrange(p), 64) for _ in range(4)] + [word(0, 64)]
    bad = [word(p, 64), word(1 << 400, 64), b"", bytes(63)]
    pairs = [field[0] + field[1], field[2] + bytes(64), bytes(64) + field[3], bytes(128)]
    return {0x0b: add1, 0x0c: msm1, 0x0d: add2, 0x0e: msm2, 0x0f: pairing, 0x10: field + bad,
            0x11: pairs + [field[0] + bad[0], bad[1] + field[0], field[0], b""]}


def inputs(seed):
    """{address: (first fork, inputs)}"""
    rng = random.Random(seed)
    identity = [rng.randbytes(n) for n in (0, 1, 31, 32, 33, 64, 65, 100, 255, 256, 257, 512, 1000,
                                           1023, 1024, 1025, 2000, 3000, 4096, 5000)]
    out = {1: ("Frontier", ecrecover(rng)), 2: ("Frontier", hashing(rng)),
           3: ("Frontier", hashing(rng)), 4: ("Frontier", identity),
           5: ("Byzantium", modexp(rng)), 6: ("Byzantium", bn254_add(rng)),
           7: ("Byzantium", bn254_mul(rng)), 8: ("Byzantium", bn254_pairing(rng)),
           9: ("Istanbul", blake2f(rng)), 0x100: ("Osaka", p256(rng)),
           0x0a: ("Cancun", point_evaluation(rng))}
    out |= {address: ("Prague", cases) for address, cases in bls12(rng).items()}
    return out
