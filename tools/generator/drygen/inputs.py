"""Inputs of the precompiled contracts: valid ones, and hostile ones that are one step from valid."""
from . import ecc
from .ecc import BLS_G1, BLS_G2, BN_G1, BN_G2, P256, SECP256K1, Fp2

LENGTHS_MODEXP = [0, 1, 2, 31, 32, 33, 64, 96, 255, 256]


def word(v):
    return (v % (1 << 256)).to_bytes(32, "big")


def random_bytes(rng, n):
    return bytes(rng.getrandbits(8) for _ in range(n))


def damage(rng, data):
    """One fault: a bit, a length, a cleared or filled word."""
    data = bytearray(data)
    kind = rng.randrange(6)
    if kind == 0 and data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data = data[: rng.randrange(len(data) + 1)]
    elif kind == 2:
        data += random_bytes(rng, rng.choice([1, 31, 32, 33]))
    elif kind == 3 and len(data) >= 32:
        at = 32 * rng.randrange(len(data) // 32)
        data[at : at + 32] = bytes(32)
    elif kind == 4 and len(data) >= 32:
        at = 32 * rng.randrange(len(data) // 32)
        data[at : at + 32] = b"\xff" * 32
    else:
        data = data[1:]
    return bytes(data)


_pools = {}


def scalar_point(curve, rng):
    """A point of the right subgroup out of a small pool, the multiples of the generator."""
    pool = _pools.setdefault(id(curve), {})
    k = rng.choice([0, 1, 2, 3, 5, 7, curve.n - 1, curve.n - 2, 11, 13])
    if k not in pool:
        pool[k] = curve.multiply(curve.g, k)
    return pool[k]


def wrong_subgroup(curve, start=1):
    """On the curve, outside the subgroup."""
    key = ("wrong", id(curve), start)
    while key not in _pools:
        x = Fp2(start, start + 1, curve.p) if curve.extension else start
        pt = curve.lift(x)
        if pt is not None and curve.multiply(pt, curve.n) is not None:
            _pools[key] = pt
        start += 1
    return _pools[key]


def bn_g1(pt):
    return bytes(64) if pt is None else word(pt[0]) + word(pt[1])


def bn_g2(pt):
    return bytes(128) if pt is None else b"".join(word(v) for c in pt for v in (c.b, c.a))


def fp(v):
    return v.to_bytes(64, "big")


def bls_g1(pt):
    return bytes(128) if pt is None else fp(pt[0]) + fp(pt[1])


def bls_g2(pt):
    return bytes(256) if pt is None else b"".join(fp(v) for c in pt for v in (c.a, c.b))


def ecrecover(rng):
    digest = random_bytes(rng, 32)
    parity, r, s = ecc.sign(SECP256K1, rng.getrandbits(250) + 1, digest, rng.getrandbits(250) + 1)
    if rng.random() < 0.3:  # a high s is no fault here
        parity, s = parity ^ 1, SECP256K1.n - s
    v = rng.choice([27 + parity] * 6 + [27, 28, 0, 1, 29, 27 << 8, 1 << 255])
    r = rng.choice([r] * 8 + [0, SECP256K1.n, SECP256K1.n - 1])
    s = rng.choice([s] * 8 + [0, SECP256K1.n, SECP256K1.n - 1])
    return digest + word(v) + word(r) + word(s)


def hashed(rng):
    return random_bytes(rng, rng.choice([0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 119, 128, 200]))


def modexp(rng):
    def number(n):
        kind = rng.randrange(5)
        if n == 0 or kind == 0:
            return bytes(n)
        if kind == 1:
            return (1).to_bytes(n, "big")
        if kind == 2:
            return b"\xff" * n
        return random_bytes(rng, n)

    lengths = [rng.choice(LENGTHS_MODEXP) for _ in range(3)]
    lengths[1] = rng.choice([0, 1, 2, 16, 31, 32, 33, 40])
    body = b"".join(number(n) for n in lengths)
    if rng.random() < 0.15:
        lengths[rng.randrange(3)] = rng.choice(
            [1023, 1024, 1025, 1 << 16, 1 << 32, (1 << 63) - 1, 1 << 64, (1 << 256) - 1])
    if rng.random() < 0.1:
        body = body[: rng.randrange(len(body) + 1)]
    return b"".join(word(n) for n in lengths) + body


def bn_add(rng):
    return bn_g1(scalar_point(BN_G1, rng)) + bn_g1(scalar_point(BN_G1, rng))


def bn_mul(rng):
    k = rng.choice([0, 1, 2, BN_G1.n, BN_G1.n - 1, BN_G1.n + 1, (1 << 256) - 1, rng.getrandbits(256)])
    return bn_g1(scalar_point(BN_G1, rng)) + word(k)


def bn_pairing(rng):
    out = b""
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        p, q = scalar_point(BN_G1, rng), scalar_point(BN_G2, rng)
        out += bn_g1(p) + bn_g2(q)
        if rng.random() < 0.8:  # and its inverse: the product is one
            out += bn_g1(BN_G1.negate(p)) + bn_g2(q)
    if rng.random() < 0.1:
        out += bn_g1(BN_G1.g) + bn_g2(wrong_subgroup(BN_G2))
    return out


def blake2f(rng):
    rounds = rng.choice([0, 1, 2, 10, 12, 13, 100, 1000, (1 << 32) - 1 if rng.random() < 0.1 else 7])
    flag = rng.choice([0, 1, 0, 1, 2, 255])
    return rounds.to_bytes(4, "big") + random_bytes(rng, 64 + 128 + 16) + bytes([flag])


def _compressed(pt):
    if pt is None:
        return b"\xc0" + bytes(47)
    flag = 0x80 | (0x20 if pt[1] > (BLS_G1.p - 1) // 2 else 0)
    out = bytearray(pt[0].to_bytes(48, "big"))
    out[0] |= flag
    return bytes(out)


def kzg(rng):
    """A constant polynomial: everywhere c, its proof is infinity."""
    c = rng.choice([0, 1, 2, 3, BLS_G1.n - 1])
    commitment = _compressed(BLS_G1.multiply(BLS_G1.g, c))
    z = rng.choice([0, 1, BLS_G1.n - 1, rng.getrandbits(250), BLS_G1.n, BLS_G1.n + 1])
    y = rng.choice([c] * 6 + [c + 1, BLS_G1.n, (1 << 256) - 1])
    versioned = b"\x01" + ecc.sha256(commitment)[1:]
    return versioned + word(z) + word(y) + commitment + _compressed(None)


def _bls_bad(rng, curve):
    """A pair of coordinates that is refused, or is only sometimes."""
    kind = rng.randrange(3)
    if kind == 0:
        return wrong_subgroup(curve, rng.choice([1, 20, 40]))
    if kind == 1:
        return (curve.g[0], curve.g[0])
    x, y = scalar_point(curve, rng) or curve.g
    return (x, curve._reduce(y * 2))


def _bls_pick(rng, curve):
    return _bls_bad(rng, curve) if rng.random() < 0.08 else scalar_point(curve, rng)


def bls_g1add(rng):
    return bls_g1(_bls_pick(rng, BLS_G1)) + bls_g1(_bls_pick(rng, BLS_G1))


def bls_g2add(rng):
    return bls_g2(_bls_pick(rng, BLS_G2)) + bls_g2(_bls_pick(rng, BLS_G2))


def _bls_scalar(rng):
    n = BLS_G1.n
    return word(rng.choice([0, 1, 2, n - 1, n, n + 1, (1 << 256) - 1, rng.getrandbits(255)]))


def bls_g1msm(rng):
    return b"".join(bls_g1(_bls_pick(rng, BLS_G1)) + _bls_scalar(rng) for _ in range(rng.choice([0, 1, 1, 2, 3])))


def bls_g2msm(rng):
    return b"".join(bls_g2(_bls_pick(rng, BLS_G2)) + _bls_scalar(rng) for _ in range(rng.choice([0, 1, 1, 2])))


def bls_pairing(rng):
    out = b""
    for _ in range(rng.choice([0, 1, 1])):
        p, q = _bls_pick(rng, BLS_G1), _bls_pick(rng, BLS_G2)
        out += bls_g1(p) + bls_g2(q)
        if rng.random() < 0.8:
            out += bls_g1(BLS_G1.negate(p)) + bls_g2(q)
    return out


def _bls_field(rng):
    p = BLS_G1.p
    return fp(rng.choice([0, 1, p - 1, p - 2] + [rng.getrandbits(380) % p] * 6 + [p, p + 1, (1 << 384) - 1]))


def bls_map1(rng):
    return _bls_field(rng)


def bls_map2(rng):
    return _bls_field(rng) + _bls_field(rng)


def p256(rng):
    secret = rng.getrandbits(250) + 1
    digest = random_bytes(rng, 32)
    _, r, s = ecc.sign(P256, secret, digest, rng.getrandbits(250) + 1)
    if rng.random() < 0.5:
        s = P256.n - s
    x, y = P256.multiply(P256.g, secret)
    r = rng.choice([r] * 9 + [0, P256.n])
    s = rng.choice([s] * 9 + [0, P256.n])
    x = rng.choice([x] * 9 + [0, P256.p])
    return digest + word(r) + word(s) + word(x) + word(y)


MAKERS = {1: ecrecover, 2: hashed, 3: hashed, 4: hashed, 5: modexp, 6: bn_add, 7: bn_mul, 8: bn_pairing,
          9: blake2f, 10: kzg, 11: bls_g1add, 12: bls_g1msm, 13: bls_g2add, 14: bls_g2msm,
          15: bls_pairing, 16: bls_map1, 17: bls_map2, 0x100: p256}


def make(rng, number):
    """Input of the contract at address number; three quarters are whole."""
    data = MAKERS[number](rng)
    return damage(rng, data) if rng.random() < 0.2 else data
