"""Blocks from a folder of blk*.dat files or from a node's RPC, and what the audit reads of them."""
import base64
import glob
import hashlib
import json
import os
import struct
import urllib.error
import urllib.request


def double_sha256(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class Reader:
    def __init__(self, data, offset=0):
        self.data, self.offset = data, offset

    def take(self, count):
        if count < 0 or self.offset + count > len(self.data):
            raise ValueError("the bytes end too early")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def integer(self, size):
        return int.from_bytes(self.take(size), "little")

    def compact(self):
        first = self.integer(1)
        if first < 253:
            return first
        size = 2 << first - 253
        value = self.integer(size)
        if value < (253 if size == 2 else 1 << 4 * size):
            raise ValueError("a count that is not written shortest")
        return value

    def sized(self):
        return self.take(self.compact())


class Transaction:
    def __init__(self, reader):
        start = reader.offset
        version = reader.take(4)
        has_witness = reader.data[reader.offset:reader.offset + 2] == b"\x00\x01"
        if has_witness:
            reader.take(2)
        body = reader.offset
        self.inputs = []
        for _ in range(reader.compact()):
            point = reader.take(36)
            script = reader.sized()
            reader.take(4)
            self.inputs.append((point, script))
        self.outputs = [(reader.integer(8), reader.sized()) for _ in range(reader.compact())]
        body_end = reader.offset
        self.witness = []
        if has_witness:
            self.witness = [[reader.sized() for _ in range(reader.compact())]
                            for _ in self.inputs]
        lock = reader.take(4)
        self.txid = double_sha256(version + reader.data[body:body_end] + lock)
        self.wtxid = double_sha256(reader.data[start:reader.offset])


def merkle_root(leaves):
    level = list(leaves)
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        level = [double_sha256(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def target_of(bits):
    exponent, mantissa = bits >> 24, bits & 0x7fffff
    return mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)


class Block:
    def __init__(self, data):
        self.header = data[:80]
        if len(self.header) < 80:
            raise ValueError("a block without a header")
        self.hash = double_sha256(self.header)
        self.previous = self.header[4:36]
        self.bits = struct.unpack("<I", self.header[72:76])[0]
        self.data = data

    def check(self, is_segwit):
        """Proof of work, merkle root, and what the coinbase says of witnesses; reads the transactions.

        Where segregated witness is not in force yet (BIP141) there are none, and an output that looks
        like a commitment to them is one as any other.
        """
        if int.from_bytes(self.hash, "little") > target_of(self.bits):
            raise ValueError("no proof of work")
        reader = Reader(self.data, 80)
        self.transactions = [Transaction(reader) for _ in range(reader.compact())]
        if reader.offset != len(self.data):
            raise ValueError("bytes follow the block")
        ids = [transaction.txid for transaction in self.transactions]
        if merkle_root(ids) != self.header[36:68]:
            raise ValueError("wrong merkle root")
        if any(ids[i] == ids[i + 1] for i in range(0, len(ids) - 1, 2)):
            raise ValueError("a transaction that stands twice")
        coinbase = self.transactions[0]
        commitments = [script for _, script in coinbase.outputs
                       if is_segwit and script[:6] == b"\x6a\x24\xaa\x21\xa9\xed" and len(script) >= 38]
        if commitments:
            nonce = coinbase.witness[0][0] if coinbase.witness and coinbase.witness[0] else b""
            root = merkle_root([bytes(32)] + [item.wtxid for item in self.transactions[1:]])
            if len(coinbase.witness) != 1 or len(coinbase.witness[0]) != 1 or len(nonce) != 32 \
                    or double_sha256(root + nonce) != commitments[-1][6:38]:
                raise ValueError("wrong witness commitment")
        elif any(transaction.witness for transaction in self.transactions):
            raise ValueError("witnesses nobody commits to")


def from_folder(folder, magic):
    """All blocks of blk*.dat files, by hash."""
    key = b""
    path = os.path.join(folder, "xor.dat")
    if os.path.exists(path):
        with open(path, "rb") as file:
            key = file.read(8)
    blocks = {}
    for name in sorted(glob.glob(os.path.join(folder, "blk*.dat"))):
        with open(name, "rb") as file:
            data = file.read()
        if any(key):
            length = len(data)
            mask = int.from_bytes((key * (length // 8 + 1))[:length], "little")
            data = (int.from_bytes(data, "little") ^ mask).to_bytes(length, "little")
        offset = 0
        while offset + 8 <= len(data):
            if data[offset:offset + 4] != magic:
                if any(data[offset:]):
                    raise ValueError(f"{name}: what stands at byte {offset} is no block")
                break
            size = int.from_bytes(data[offset + 4:offset + 8], "little")
            if offset + 8 + size > len(data):
                raise ValueError(f"{name}: the block at byte {offset} is cut off")
            block = Block(data[offset + 8:offset + 8 + size])
            blocks[block.hash] = block
            offset += 8 + size
    return blocks


class Node:
    """A node's RPC, as a source of blocks."""

    def __init__(self, url, cookie):
        with open(cookie) as file:
            login = base64.b64encode(file.read().encode()).decode()
        self.url, self.headers = url, {"Authorization": "Basic " + login}

    def get(self, hash_):
        body = json.dumps({"id": 0, "method": "getblock", "params": [hash_[::-1].hex(), 0]})
        request = urllib.request.Request(self.url, body.encode(), self.headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return Block(bytes.fromhex(json.load(answer)["result"]))
        except urllib.error.HTTPError as error:
            if error.code != 500 or json.load(error)["error"]["code"] != -5:
                raise
            # It has no such block.
            return None
