"""Transactions and blocks in parts that a test can change, and their bytes."""

import hashlib
import struct

MAX_MONEY = 21_000_000 * 100_000_000
FINAL = 0xFFFFFFFF
NULL_POINT = (bytes(32), 0xFFFFFFFF)
COMMITMENT = bytes.fromhex("6a24aa21a9ed")


def sha256(data):
    return hashlib.sha256(data).digest()


def double_sha256(data):
    return sha256(sha256(data))


def tagged(tag, data):
    prefix = sha256(tag.encode())
    return sha256(prefix + prefix + data)


def hash160(data):
    return hashlib.new("ripemd160", sha256(data)).digest()


def compact(n):
    if n < 253:
        return bytes([n])
    if n < 1 << 16:
        return b"\xfd" + struct.pack("<H", n)
    return b"\xfe" + struct.pack("<I", n)


def sized(data):
    return compact(len(data)) + data


def shown(digest):
    """A hash as people write it."""
    return digest[::-1].hex()


class In:
    def __init__(self, point, script=b"", sequence=FINAL, witness=()):
        self.point, self.script, self.sequence, self.witness = point, script, sequence, list(witness)

    def copy(self):
        return In(self.point, self.script, self.sequence, self.witness)

    def raw(self):
        return self.point[0] + struct.pack("<I", self.point[1]) + sized(self.script) + struct.pack("<I", self.sequence)


class Out:
    def __init__(self, value, script):
        self.value, self.script = value, script

    def raw(self):
        return struct.pack("<q", self.value) + sized(self.script)


class Tx:
    def __init__(self, ins, outs, version=2, lock=0):
        self.ins, self.outs, self.version, self.lock = list(ins), list(outs), version, lock

    def copy(self):
        return Tx([i.copy() for i in self.ins], [Out(o.value, o.script) for o in self.outs], self.version, self.lock)

    def stripped(self):
        return (
            struct.pack("<I", self.version)
            + compact(len(self.ins))
            + b"".join(i.raw() for i in self.ins)
            + compact(len(self.outs))
            + b"".join(o.raw() for o in self.outs)
            + struct.pack("<I", self.lock)
        )

    def raw(self):
        base = self.stripped()
        if not any(i.witness for i in self.ins):
            return base
        stacks = b"".join(compact(len(i.witness)) + b"".join(map(sized, i.witness)) for i in self.ins)
        return base[:4] + b"\0\1" + base[4:-4] + stacks + base[-4:]

    def txid(self):
        return double_sha256(self.stripped())

    def wtxid(self):
        return double_sha256(self.raw())

    def point(self, index=0):
        return self.txid(), index


def merkle_root(hashes):
    hashes = list(hashes)
    while len(hashes) > 1:
        if len(hashes) % 2:
            hashes.append(hashes[-1])
        hashes = [double_sha256(hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0] if hashes else bytes(32)


def target(bits):
    """The number a compact one stands for; zero where it is negative or too great to stand for any."""
    exponent, mantissa = bits >> 24, bits & 0x7FFFFF
    number = mantissa >> 8 * (3 - exponent) if exponent <= 3 else mantissa << 8 * (exponent - 3)
    return 0 if bits & 0x800000 or number >> 256 else number


class Block:
    def __init__(self, previous, time, txs, bits=0x207FFFFF, version=0x20000000):
        self.previous, self.time, self.txs, self.bits, self.version = previous, time, list(txs), bits, version
        self.nonce = 0
        self.root = None

    def copy(self):
        other = Block(self.previous, self.time, [t.copy() for t in self.txs], self.bits, self.version)
        other.nonce, other.root = self.nonce, self.root
        return other

    def seal(self, meets=True):
        """Takes the transactions' merkle root and tries nonces until the target of its bits is met, or missed."""
        self.root = merkle_root(t.txid() for t in self.txs)
        return self.mine(meets)

    def mine(self, meets=True):
        goal = target(self.bits)
        # Where no hash can meet the target, it must be the bits themselves that are refused.
        while goal and (int.from_bytes(self.hash(), "little") <= goal) != meets:
            self.nonce += 1
        return self

    def header(self):
        return (
            struct.pack("<I", self.version & 0xFFFFFFFF)
            + self.previous
            + self.root
            + struct.pack("<III", self.time, self.bits, self.nonce)
        )

    def hash(self):
        return double_sha256(self.header())

    def raw(self):
        return self.header() + compact(len(self.txs)) + b"".join(t.raw() for t in self.txs)

    def stripped_size(self):
        return 80 + len(compact(len(self.txs))) + sum(len(t.stripped()) for t in self.txs)

    def weight(self):
        return 3 * self.stripped_size() + len(self.raw())

    def witness_commitment(self, nonce=bytes(32)):
        return double_sha256(merkle_root([bytes(32)] + [t.wtxid() for t in self.txs[1:]]) + nonce)
