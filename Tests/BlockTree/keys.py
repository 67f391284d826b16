"""Signatures by the plain formulas of secp256k1: slow, open to timing, and good for nothing but tests."""

import hmac
import struct

from wire import compact, double_sha256, sha256, sized, tagged

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def double(a):
    """Twice a point in Jacobian coordinates."""
    x, y, z = a
    square = y * y % P
    s, m = 4 * x * square % P, 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * square * square) % P, 2 * y * z % P


def multiply(n, point=G):
    """From the highest bit down in Jacobian coordinates, so that there is one division alone."""
    x, y, z = point[0], point[1], 1
    for bit in bin(n)[3:]:
        x, y, z = double((x, y, z))
        if bit == "1":
            zz = z * z % P
            h, r = (point[0] * zz - x) % P, (point[1] * zz * z - y) % P
            hh = h * h % P
            hhh, v = h * hh % P, x * hh % P
            x = (r * r - hhh - 2 * v) % P
            y, z = (r * (v - x) - y * hhh) % P, z * h % P
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * inverse * inverse * inverse % P


def number(data):
    return int.from_bytes(data, "big")


def der_integer(n):
    data = n.to_bytes((n.bit_length() + 8) // 8, "big")
    return b"\x02" + bytes([len(data)]) + data


class Key:
    def __init__(self, seed):
        self.secret = number(sha256(seed)) % (N - 1) + 1
        self.point = multiply(self.secret)

    @property
    def compressed(self):
        return bytes([2 + self.point[1] % 2]) + self.x

    @property
    def uncompressed(self):
        return b"\4" + self.x + self.point[1].to_bytes(32, "big")

    @property
    def hybrid(self):
        return bytes([6 + self.point[1] % 2]) + self.x + self.point[1].to_bytes(32, "big")

    @property
    def x(self):
        return self.point[0].to_bytes(32, "big")

    def ecdsa(self, digest, low=True):
        """A signature in DER, its s the lower of the two or the higher."""
        k = number(hmac.digest(self.secret.to_bytes(32, "big"), digest, "sha256")) % (N - 1) + 1
        r = multiply(k)[0] % N
        s = pow(k, -1, N) * (number(digest) + r * self.secret) % N
        if (s > N // 2) == low:
            s = N - s
        body = der_integer(r) + der_integer(s)
        return b"\x30" + bytes([len(body)]) + body

    def schnorr(self, digest, tweak=None):
        """A BIP340 signature, by the key tweaked for a taproot output where a merkle root is given."""
        secret = self.secret if self.point[1] % 2 == 0 else N - self.secret
        if tweak is not None:
            secret = (secret + number(tagged("TapTweak", self.x + tweak))) % N
        point = multiply(secret)
        if point[1] % 2:
            secret = N - secret
        public = point[0].to_bytes(32, "big")
        k = number(tagged("BIP0340/nonce", secret.to_bytes(32, "big") + public + digest)) % (N - 1) + 1
        r = multiply(k)
        if r[1] % 2:
            k = N - k
        rx = r[0].to_bytes(32, "big")
        e = number(tagged("BIP0340/challenge", rx + public + digest)) % N
        return rx + ((k + e * secret) % N).to_bytes(32, "big")

    def taproot(self, root=b""):
        """The output key for a merkle root, and whether its y is odd."""
        even = (self.point[0], self.point[1] if self.point[1] % 2 == 0 else P - self.point[1])
        point = add(even, multiply(number(tagged("TapTweak", self.x + root)) % N))
        return point[0].to_bytes(32, "big"), point[1] % 2


def legacy_hash(tx, index, code, kind=1):
    """What signatures of old signed; the forms of SIGHASH_ALL, NONE and SINGLE with ANYONECANPAY."""
    tx = tx.copy()
    base = kind & 0x1F
    if base == 3 and index >= len(tx.outs):
        return (1).to_bytes(32, "little")
    for place, item in enumerate(tx.ins):
        item.witness = []
        item.script = code if place == index else b""
        if base in (2, 3) and place != index:
            item.sequence = 0
    if base == 2:
        tx.outs = []
    if base == 3:
        tx.outs = tx.outs[: index + 1]
        for out in tx.outs[:index]:
            out.value, out.script = -1, b""
    if kind & 0x80:
        tx.ins = [tx.ins[index]]
    return double_sha256(tx.stripped() + struct.pack("<I", kind))


def witness_hash(tx, index, code, value, kind=1):
    """BIP143."""
    base = kind & 0x1F
    anyone = bool(kind & 0x80)
    points = b"" if anyone else b"".join(i.point[0] + struct.pack("<I", i.point[1]) for i in tx.ins)
    sequences = b"" if anyone or base in (2, 3) else b"".join(struct.pack("<I", i.sequence) for i in tx.ins)
    zero = bytes(32)
    outputs = zero
    if base == 1:
        outputs = double_sha256(b"".join(o.raw() for o in tx.outs))
    elif base == 3 and index < len(tx.outs):
        outputs = double_sha256(tx.outs[index].raw())
    item = tx.ins[index]
    return double_sha256(
        struct.pack("<I", tx.version)
        + (zero if anyone else double_sha256(points))
        + (double_sha256(sequences) if sequences else zero)
        + item.point[0]
        + struct.pack("<I", item.point[1])
        + sized(code)
        + struct.pack("<q", value)
        + struct.pack("<I", item.sequence)
        + outputs
        + struct.pack("<II", tx.lock, kind)
    )


def taproot_hash(tx, index, spent, kind=0, leaf=None, annex=None):
    """BIP341 and, where a leaf's hash is given, BIP342; `spent` are the outputs spent."""
    data = bytes([0, kind]) + struct.pack("<II", tx.version, tx.lock)
    if not kind & 0x80:
        data += sha256(b"".join(i.point[0] + struct.pack("<I", i.point[1]) for i in tx.ins))
        data += sha256(b"".join(struct.pack("<q", o.value) for o in spent))
        data += sha256(b"".join(sized(o.script) for o in spent))
        data += sha256(b"".join(struct.pack("<I", i.sequence) for i in tx.ins))
    if kind & 3 not in (2, 3):
        data += sha256(b"".join(o.raw() for o in tx.outs))
    data += bytes([(2 if leaf else 0) + (1 if annex is not None else 0)])
    item = tx.ins[index]
    if kind & 0x80:
        data += item.point[0] + struct.pack("<I", item.point[1]) + spent[index].raw() + struct.pack("<I", item.sequence)
    else:
        data += struct.pack("<I", index)
    if annex is not None:
        data += sha256(compact(len(annex)) + annex)
    if kind & 3 == 3:
        data += sha256(tx.outs[index].raw())
    if leaf:
        data += leaf + b"\0" + struct.pack("<I", 0xFFFFFFFF)
    return tagged("TapSighash", data)


def leaf_hash(script, version=0xC0):
    return tagged("TapLeaf", bytes([version]) + sized(script))
