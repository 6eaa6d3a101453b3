"""Keccak-256 and the curves of the precompiles, slow and plain: only to make inputs for them."""

MASK = (1 << 64) - 1


def _round_constants():
    """Iota's words, by the linear feedback shift register that defines them."""
    state, out = 1, []
    for _ in range(24):
        word = 0
        for j in range(7):
            if state & 1:
                word |= 1 << ((1 << j) - 1)
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        out.append(word)
    return out


ROUNDS = _round_constants()


def _rol(v, n):
    return (v << n | v >> (64 - n)) & MASK if n else v


def _permute(a):
    """a: 25 lanes, a[x + 5 y]."""
    for constant in ROUNDS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        a = [a[i] ^ c[(i + 4) % 5] ^ _rol(c[(i + 1) % 5], 1) for i in range(25)]
        x, y, current = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            at = x + 5 * y
            current, a[at] = a[at], _rol(current, (t + 1) * (t + 2) // 2 % 64)
        a = [a[i] ^ (~a[i - i % 5 + (i + 1) % 5] & a[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    data = bytearray(data) + b"\x01"
    data += bytes(-len(data) % 136)
    data[-1] |= 0x80
    lanes = [0] * 25
    for at in range(0, len(data), 136):
        for i in range(17):
            lanes[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


class Prime:
    """Integers modulo p, p = 3 modulo 4."""

    def __init__(self, p):
        self.p = p

    def of(self, n):
        return n % self.p

    def add(self, a, b):
        return (a + b) % self.p

    def sub(self, a, b):
        return (a - b) % self.p

    def mul(self, a, b):
        return a * b % self.p

    def inv(self, a):
        return pow(a, -1, self.p)

    def sqrt(self, a):
        """None when there is none."""
        root = pow(a, (self.p + 1) // 4, self.p)
        return root if root * root % self.p == a % self.p else None


class Square:
    """The extension by i, i * i = -1: pairs (real, imaginary)."""

    def __init__(self, p):
        self.f = Prime(p)

    def of(self, n):
        return (n % self.f.p, 0)

    def add(self, a, b):
        return (self.f.add(a[0], b[0]), self.f.add(a[1], b[1]))

    def sub(self, a, b):
        return (self.f.sub(a[0], b[0]), self.f.sub(a[1], b[1]))

    def mul(self, a, b):
        return ((a[0] * b[0] - a[1] * b[1]) % self.f.p, (a[0] * b[1] + a[1] * b[0]) % self.f.p)

    def inv(self, a):
        norm = self.f.inv(a[0] * a[0] + a[1] * a[1])
        return (a[0] * norm % self.f.p, -a[1] * norm % self.f.p)

    def sqrt(self, a):
        norm = self.f.sqrt(a[0] * a[0] + a[1] * a[1])
        if norm is None:
            return None
        for sign in (1, -1):
            real = self.f.sqrt((a[0] + sign * norm) * self.f.inv(2))
            if real:
                root = (real, a[1] * self.f.inv(2 * real) % self.f.p)
                if self.mul(root, root) == a:
                    return root
        return None


class Curve:
    """y^2 = x^3 + a x + b; points are (x, y), None is infinity; n is the order of the generator."""

    def __init__(self, field, a, b, n, generator):
        self.f, self.a, self.b, self.n, self.g = field, a, b, n, generator

    def right(self, x):
        f = self.f
        return f.add(f.mul(f.add(f.mul(x, x), self.a), x), self.b)

    def add(self, p, q):
        f = self.f
        if p is None or q is None:
            return q if p is None else p
        if p[0] == q[0]:
            if p[1] != q[1] or p[1] == f.of(0):
                return None
            top = f.add(f.mul(f.of(3), f.mul(p[0], p[0])), self.a)
            slope = f.mul(top, f.inv(f.add(p[1], p[1])))
        else:
            slope = f.mul(f.sub(q[1], p[1]), f.inv(f.sub(q[0], p[0])))
        x = f.sub(f.sub(f.mul(slope, slope), p[0]), q[0])
        return (x, f.sub(f.mul(slope, f.sub(p[0], x)), p[1]))

    def neg(self, p):
        return None if p is None else (p[0], self.f.sub(self.f.of(0), p[1]))

    def mul(self, k, p=None):
        p, out = p or self.g, None
        while k:
            if k & 1:
                out = self.add(out, p)
            p = self.add(p, p)
            k >>= 1
        return out

    def any_point(self, x):
        """A point on the curve, most likely outside the generator's group where that is smaller."""
        while True:
            y = self.f.sqrt(self.right(x))
            if y is not None:
                return (x, y)
            x = self.f.add(x, self.f.of(1))

    def sign(self, secret, nonce, z):
        """(r, s, parity of the nonce point's y); low s."""
        point = self.mul(nonce)
        r = point[0] % self.n
        s = pow(nonce, -1, self.n) * (z + r * secret) % self.n
        return (r, s, point[1] & 1) if s <= self.n // 2 else (r, self.n - s, point[1] & 1 ^ 1)


_K1 = 2**256 - 2**32 - 977
SECP256K1 = Curve(
    Prime(_K1), 0, 7, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141,
    (0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798,
     0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8))

_R1 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256 = Curve(
    Prime(_R1), _R1 - 3, 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
    0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
    (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5))

_BN = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_BN_N = 21888242871839275222246405745257275088548364400416034343698204186575808495617
BN254_G1 = Curve(Prime(_BN), 0, 3, _BN_N, (1, 2))
_BN2 = Square(_BN)
BN254_G2 = Curve(
    _BN2, (0, 0), _BN2.mul((3, 0), _BN2.inv((9, 1))), _BN_N,
    ((10857046999023057135944570762232829481370756359578518086990519993285655852781,
      11559732032986387107991004021392285783925812861821192530917403151452391805634),
     (8495653923123431417604973247489272438418190587263600148770280649306958101930,
      4082367875863433681332203403145435568316851327593401208105741076214120093531)))

_BLS = int("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
           "1eabfffeb153ffffb9feffffffffaaab", 16)
_BLS_N = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001
BLS_G1 = Curve(
    Prime(_BLS), 0, 4, _BLS_N,
    (int("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
         "6c55e83ff97a1aeffb3af00adb22c6bb", 16),
     int("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3ed"
         "d03cc744a2888ae40caa232946c5e7e1", 16)))
BLS_G2 = Curve(
    Square(_BLS), (0, 0), (4, 4), _BLS_N,
    ((int("024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d177"
          "0bac0326a805bbefd48056c8c121bdb8", 16),
      int("13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049"
          "334cf11213945d57e5ac7d055d042b7e", 16)),
     (int("0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c"
          "923ac9cc3baca289e193548608b82801", 16),
      int("0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab"
          "3f370d275cec1da1aaa9075ff05f79be", 16))))
for _curve in (SECP256K1, P256, BN254_G1, BN254_G2, BLS_G1, BLS_G2):
    assert _curve.f.mul(_curve.g[1], _curve.g[1]) == _curve.right(_curve.g[0])
