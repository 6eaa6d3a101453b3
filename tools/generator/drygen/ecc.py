"""Hashing and curves as the generator needs them: plain, slow, independent of the C code under test."""
import hashlib

MASK64 = (1 << 64) - 1


def _round_constants():
    constants, lfsr = [], 1
    for _ in range(24):
        value = 0
        for j in range(7):
            if lfsr & 1:
                value |= 1 << ((1 << j) - 1)
            lfsr = ((lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)) & 0x1FF
        constants.append(value)
    return constants


def _rotations():
    table, x, y = [0] * 25, 1, 0
    for t in range(24):
        table[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return table


RC, ROT = _round_constants(), _rotations()


def _permute(a):
    for rc in RC:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        b = [0] * 25
        for x in range(5):
            right = c[(x + 1) % 5]
            d = c[x - 1] ^ ((right << 1 | right >> 63) & MASK64)
            for y in range(5):
                v, n = a[x + 5 * y] ^ d, ROT[x + 5 * y]
                b[y + 5 * ((2 * x + 3 * y) % 5)] = (v << n | v >> (64 - n)) & MASK64
        a = [b[i] ^ (~b[i // 5 * 5 + (i + 1) % 5] & b[i // 5 * 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= rc
    return a


_large = {}


def keccak256(data):
    """Slow: a megabyte takes a second. Large inputs are remembered."""
    if len(data) > 100000:
        mark = hashlib.sha256(data).digest()
        if mark not in _large:
            _large[mark] = _keccak256(data)
        return _large[mark]
    return _keccak256(data)


def _keccak256(data):
    data = bytearray(data)
    pad = 136 - len(data) % 136
    data += bytes(pad)
    data[-pad] ^= 1
    data[-1] ^= 0x80
    a = [0] * 25
    for at in range(0, len(data), 136):
        for i in range(17):
            a[i] ^= int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little")
        a = _permute(a)
    return b"".join(w.to_bytes(8, "little") for w in a[:4])


def rlp(item):
    """Bytes, integers and lists of them."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, (bytes, bytearray)):
        if len(item) == 1 and item[0] < 0x80:
            return bytes(item)
        return _rlp_head(0x80, len(item)) + bytes(item)
    body = b"".join(rlp(x) for x in item)
    return _rlp_head(0xC0, len(body)) + body


def _rlp_head(base, n):
    if n < 56:
        return bytes([base + n])
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size


class Fp2:
    """a + b*u with u*u = -1."""

    __slots__ = ("a", "b", "p")

    def __init__(self, a, b, p):
        self.a, self.b, self.p = a % p, b % p, p

    def __add__(self, o):
        return Fp2(self.a + o.a, self.b + o.b, self.p)

    def __sub__(self, o):
        return Fp2(self.a - o.a, self.b - o.b, self.p)

    def __mul__(self, o):
        if isinstance(o, int):
            return Fp2(self.a * o, self.b * o, self.p)
        return Fp2(self.a * o.a - self.b * o.b, self.a * o.b + self.b * o.a, self.p)

    def __eq__(self, o):
        return self.a == o.a and self.b == o.b

    def __neg__(self):
        return Fp2(-self.a, -self.b, self.p)

    def inverse(self):
        n = pow(self.a * self.a + self.b * self.b, -1, self.p)
        return Fp2(self.a * n, -self.b * n, self.p)

    def power(self, e):
        result, base = Fp2(1, 0, self.p), self
        while e:
            if e & 1:
                result = result * base
            base, e = base * base, e >> 1
        return result

    def sqrt(self):
        """A root, or None; p = 3 mod 4."""
        p = self.p
        a1 = self.power((p - 3) // 4)
        x0 = a1 * self
        alpha = a1 * x0
        if alpha == Fp2(-1, 0, p):
            x = Fp2(-x0.b, x0.a, p)
        else:
            x = (alpha + Fp2(1, 0, p)).power((p - 1) // 2) * x0
        return x if x * x == self else None


class Curve:
    """y^2 = x^3 + ax + b over Fp (ints) or Fp2; points are (x, y), None is infinity."""

    def __init__(self, p, a, b, g, n, extension=False):
        self.p, self.a, self.b, self.g, self.n, self.extension = p, a, b, g, n, extension

    def _reduce(self, v):
        return v if self.extension else v % self.p

    def _inverse(self, v):
        return v.inverse() if self.extension else pow(v, -1, self.p)

    def on_curve(self, pt):
        x, y = pt
        rhs = x * x * x + self.b
        if self.a:
            rhs = rhs + x * self.a
        return self._reduce(y * y) == self._reduce(rhs)

    def negate(self, pt):
        return pt and (pt[0], self._reduce(-pt[1]))

    def add(self, s, t):
        if s is None or t is None:
            return s or t
        if s[0] == t[0]:
            if s[1] == self._reduce(-t[1]):
                return None
            top = s[0] * s[0] * 3
            if self.a:
                top = top + self.a
            slope = top * self._inverse(self._reduce(s[1] * 2))
        else:
            slope = (t[1] - s[1]) * self._inverse(self._reduce(t[0] - s[0]))
        slope = self._reduce(slope)
        x = self._reduce(slope * slope - s[0] - t[0])
        return x, self._reduce(slope * (s[0] - x) - s[1])

    def multiply(self, pt, k):
        result = None
        while k:
            if k & 1:
                result = self.add(result, pt)
            pt, k = self.add(pt, pt), k >> 1
        return result

    def lift(self, x):
        """A point with this x (its subgroup is whatever it is), or None."""
        rhs = x * x * x + self.b
        if self.a:
            rhs = rhs + x * self.a
        if self.extension:
            y = rhs.sqrt()
        else:
            y = pow(rhs % self.p, (self.p + 1) // 4, self.p)
            y = y if (y * y - rhs) % self.p == 0 else None
        return None if y is None else (x, y)


_K1 = 2**256 - 2**32 - 977
SECP256K1 = Curve(
    _K1, 0, 7,
    (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8),
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141)
P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1, -3,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5),
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)

_BN = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_BN_R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
BN_G1 = Curve(_BN, 0, 3, (1, 2), _BN_R)
BN_G2 = Curve(
    _BN, 0, Fp2(3, 0, _BN) * Fp2(9, 1, _BN).inverse(),
    (Fp2(10857046999023057135944570762232829481370756359578518086990519993285655852781,
         11559732032986387107991004021392285783925812861821192530917403151452391805634, _BN),
     Fp2(8495653923123431417604973247489272438418190587263600148770280649306958101930,
         4082367875863433681332203403145435568316851327593401208105741076214120093531, _BN)),
    _BN_R, True)

_BLS = int("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9fe"
           "ffffffffaaab", 16)
_BLS_R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
BLS_G1 = Curve(
    _BLS, 0, 4,
    (int("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00a"
         "db22c6bb", 16),
     int("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa2329"
         "46c5e7e1", 16)), _BLS_R)
BLS_G2 = Curve(
    _BLS, 0, Fp2(4, 4, _BLS),
    (Fp2(int("024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd480"
             "56c8c121bdb8", 16),
         int("13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac"
             "7d055d042b7e", 16), _BLS),
     Fp2(int("0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193"
             "548608b82801", 16),
         int("0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9"
             "075ff05f79be", 16), _BLS)), _BLS_R, True)


def sign(curve, secret, digest, nonce):
    """ECDSA: (parity of R, r, s), s in its lower half. The nonce is the caller's: these keys guard nothing."""
    z = int.from_bytes(digest, "big")
    big_r = curve.multiply(curve.g, nonce % curve.n or 1)
    r = big_r[0] % curve.n
    s = pow(nonce % curve.n or 1, -1, curve.n) * (z + r * secret) % curve.n
    parity = big_r[1] & 1
    if s > curve.n // 2:
        s, parity = curve.n - s, parity ^ 1
    return parity, r, s


_addresses = {}


def address_of(secret):
    if secret not in _addresses:
        x, y = SECP256K1.multiply(SECP256K1.g, secret)
        _addresses[secret] = keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]
    return _addresses[secret]


def create_address(sender, nonce):
    return keccak256(rlp([sender, nonce]))[12:]


def create2_address(sender, salt, init):
    return keccak256(b"\xff" + sender + salt.to_bytes(32, "big") + keccak256(init))[12:]


def sha256(data):
    return hashlib.sha256(data).digest()
