"""Makes a block small on which two engines differ: takes out what the difference does not need."""
import hashlib
import struct
import time

from differential import Spend, read_size, size

COMMITMENT = b"\x6a\x24\xaa\x21\xa9\xed"


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def merkle(leaves):
    while len(leaves) > 1:
        leaves = leaves + leaves[-1:] if len(leaves) % 2 else leaves
        leaves = [sha256d(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0] if leaves else bytes(32)


def txid(tx):
    wits, tx.wits = tx.wits, [[] for _ in tx.ins]
    raw, tx.wits = tx.bytes(), wits
    return sha256d(raw)


class Shape:
    """A block in parts.  Commitments that were right are made right again; those that were wrong stay as they are."""

    def __init__(self, raw, mined):
        self.head, at, self.txs = raw[:80], *self.read(raw)
        if at != len(raw) or self.bytes_of(self.txs) != raw[80:]:
            raise ValueError("not the bytes of its parts")
        self.mined = mined and self.is_mined(raw[:80])
        self.keeps_root = merkle([txid(tx) for tx in self.txs]) == raw[36:68]
        place = self.committed()
        self.keeps_commitment = place is not None and self.txs[0].outs[place][1][6:38] == self.commitment()

    @staticmethod
    def read(raw):
        n, i = read_size(raw, 80)
        txs = []
        for _ in range(n):
            tx = Spend.parse(raw[i:], [], 0)
            txs.append(tx)
            i += len(tx.bytes())
        return i, txs

    @staticmethod
    def bytes_of(txs):
        return size(len(txs)) + b"".join(tx.bytes() for tx in txs)

    @staticmethod
    def is_mined(head):
        return sha256d(head)[31] <= 0x7F

    def copy(self):
        other = object.__new__(Shape)
        other.__dict__.update(self.__dict__)
        other.txs = [tx.copy() for tx in self.txs]
        return other

    def committed(self):
        """The coinbase's output that commits to the witnesses: the last that looks like one."""
        if not self.txs:
            return None
        outs = self.txs[0].outs
        return next((k for k in reversed(range(len(outs))) if outs[k][1][:6] == COMMITMENT and len(outs[k][1]) >= 38), None)

    def commitment(self):
        nonce = self.txs[0].wits[0][0] if self.txs[0].wits and self.txs[0].wits[0] else b""
        return sha256d(merkle([bytes(32)] + [sha256d(tx.bytes()) for tx in self.txs[1:]]) + nonce)

    def bytes(self):
        place = self.committed() if self.keeps_commitment else None
        if place is not None:
            script = self.txs[0].outs[place][1]
            self.txs[0].outs[place][1] = script[:6] + self.commitment() + script[38:]
        head = self.head
        if self.keeps_root:
            head = head[:36] + merkle([txid(tx) for tx in self.txs]) + head[68:]
        nonce = int.from_bytes(head[76:], "little")
        while self.mined and not self.is_mined(head):
            nonce = (nonce + 1) & 0xFFFFFFFF
            head = head[:76] + struct.pack("<I", nonce)
        return head + self.bytes_of(self.txs)


def parts(shape):
    """All that something can be left out of, each as a holder and a key: lists first, then scripts and what is pushed."""
    for tx in shape.txs:
        yield from ((tx, name) for name in ("outs", "ins"))
        yield from ((tx.wits, k) for k in range(len(tx.wits)))
    for tx in shape.txs:
        yield from ((out, 1) for out in tx.outs)
        yield from ((spent, 1) for spent in tx.ins)
        for stack in tx.wits:
            yield from ((stack, k) for k in range(len(stack)))


def length(part):
    holder, key = part
    return len(getattr(holder, key) if isinstance(key, str) else holder[key])


def leave_out(part, i, step):
    holder, key = part
    if isinstance(key, int):
        holder[key] = holder[key][:i] + holder[key][i + step:]
        return
    del getattr(holder, key)[i:i + step]
    if key == "ins":
        del holder.wits[i:i + step]


def minimise(raw, differs, mined, seconds=120):
    """The smallest block found on which the engines differ still: transactions go first, then their parts, then bytes.

    `differs` is asked of the bytes of a block and the transactions in it.
    """
    try:
        best = Shape(raw, mined)
    except (ValueError, IndexError):
        return raw
    end = time.monotonic() + seconds

    def take(smaller):
        nonlocal best
        if time.monotonic() > end or not differs(smaller.bytes(), smaller.txs):
            return False
        best = smaller
        return True

    def shorten(part_of, step):
        i = 0
        while i < length(part_of(best)):
            smaller = best.copy()
            leave_out(part_of(smaller), i, step)
            if not take(smaller):
                i += step

    for step in (8, 2, 1):
        shorten(lambda shape: (shape, "txs"), step)
    for step in (16, 4, 1):
        k = 0
        # There may be fewer of them by now.
        while k < len(list(parts(best))):
            shorten(lambda shape, k=k: (list(parts(shape)) + [([b""], 0)])[min(k, len(list(parts(shape))))], step)
            k += 1
    return best.bytes()
