#!/usr/bin/env python3
"""Differential fuzzing against Bitcoin Core's own engine.

    pip install --pre py-bitcoinkernel coincurve
    Tests/Differential/differential.py --tool '.build/release/cellblock conform' --seconds 600

Makes transactions, scripts, coins and flag sets by mutating published vectors and by writing scripts at random,
asks Core's kernel library (in this process) and ours (the line tool, in another) for a verdict on each, and stops
at the first difference with a minimised case.  Exit status: 0 no difference, 1 a difference, 2 unusable.
"""
import argparse
import collections
import ctypes
import hashlib
import json
import os
import random
import shlex
import subprocess
import sys
import threading
import time

import pbk
import pbk.capi.bindings as kernel
from pbk.script import PrecomputedTransactionData

try:
    import coincurve
except ImportError:
    coincurve = None

FLAGS = {"P2SH": 1, "DERSIG": 4, "NULLDUMMY": 16, "CHECKLOCKTIMEVERIFY": 512, "CHECKSEQUENCEVERIFY": 1024,
         "WITNESS": 2048, "TAPROOT": 1 << 17}
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(os.path.dirname(ROOT), "shared", "vectors")
GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")


# ---------------------------------------------------------------- bytes

def size(n):
    if n < 253:
        return bytes([n])
    if n < 1 << 16:
        return b"\xfd" + n.to_bytes(2, "little")
    return b"\xfe" + n.to_bytes(4, "little")


def read_size(b, i):
    n = b[i]
    if n < 253:
        return n, i + 1
    k = 1 << (n - 252)
    return int.from_bytes(b[i + 1:i + 1 + k], "little"), i + 1 + k


class Spend:
    """A transaction in parts, the coins it spends, and the input in question."""

    def __init__(self, version, ins, outs, wits, lock, spent, index):
        self.version, self.ins, self.outs, self.wits, self.lock = version, ins, outs, wits, lock
        self.spent, self.index = spent, index

    @classmethod
    def parse(cls, b, spent, index):
        version, i = b[:4], 4
        segwit = b[4] == 0 and b[5] == 1
        i += 2 if segwit else 0
        ins, outs, wits = [], [], []
        n, i = read_size(b, i)
        for _ in range(n):
            point, (k, j) = b[i:i + 36], read_size(b, i + 36)
            ins.append([point, b[j:j + k], b[j + k:j + k + 4]])
            i = j + k + 4
        n, i = read_size(b, i)
        for _ in range(n):
            value, (k, j) = b[i:i + 8], read_size(b, i + 8)
            outs.append([value, b[j:j + k]])
            i = j + k
        for _ in range(len(ins)):
            stack = []
            if segwit:
                n, i = read_size(b, i)
                for _ in range(n):
                    k, j = read_size(b, i)
                    stack.append(b[j:j + k])
                    i = j + k
            wits.append(stack)
        return cls(version, ins, outs, wits, b[i:i + 4], [list(s) for s in spent], index)

    def copy(self):
        return Spend(self.version, [list(x) for x in self.ins], [list(x) for x in self.outs], [list(x) for x in self.wits],
                     self.lock, [list(x) for x in self.spent], self.index)

    def bytes(self):
        segwit = any(self.wits)
        out = [self.version, b"\0\1" if segwit else b"", size(len(self.ins))]
        out += [p + size(len(s)) + s + q for p, s, q in self.ins]
        out.append(size(len(self.outs)))
        out += [v + size(len(s)) + s for v, s in self.outs]
        if segwit:
            out += [size(len(w)) + b"".join(size(len(x)) + x for x in w) for w in self.wits]
        return b"".join(out) + self.lock


# ---------------------------------------------------------------- the two engines

class Core:
    """The kernel library's verdict: True, False, or None where the transaction does not even decode."""

    @staticmethod
    def verdicts(raw, spent, index, flag_sets):
        try:
            tx = pbk.Transaction(raw)
        except Exception:
            return None
        outs = [pbk.TransactionOutput(pbk.ScriptPubkey(s), v) for v, s in spent]
        data = PrecomputedTransactionData(tx, outs)
        status = kernel.btck_ScriptVerifyStatus(0)
        script = outs[index].script_pubkey
        return [bool(kernel.btck_script_pubkey_verify(script, spent[index][0], tx, data, ctypes.c_uint32(index), f, status))
                for f in flag_sets]


class Ours:
    """The line tool, kept busy by a window of requests in flight."""

    def __init__(self, command):
        self.proc = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = collections.deque()
        self.ready = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.proc.stdout:
            with self.ready:
                self.lines.append(line)
                self.ready.notify()
        with self.ready:
            self.lines.append(None)
            self.ready.notify()

    def send(self, requests):
        self.proc.stdin.write("".join(requests).encode())
        self.proc.stdin.flush()

    def answer(self):
        with self.ready:
            while not self.lines:
                self.ready.wait()
            line = self.lines.popleft()
        if line is None:
            raise SystemExit(f"the tool ended with status {self.proc.wait()}")
        return json.loads(line)


def request(raw, spent, index, names):
    return json.dumps({"op": "verifyinput", "tx": raw.hex(), "input": index, "spent": [[v, s.hex()] for v, s in spent],
                       "flags": names}) + "\n"


def verdict(answer):
    if "ok" in answer:
        return answer["ok"]
    if "does not decode" in answer.get("error", ""):
        return None
    return f"error: {answer.get('error')}"


# ---------------------------------------------------------------- cases

def corpus():
    """Spends of all kinds from the published vectors."""
    out = []
    with open(os.path.join(VECTORS, "taproot", "script_assets.json")) as f:
        for row in json.load(f):
            spent = []
            for p in row["prevouts"]:
                p = bytes.fromhex(p)
                n, i = read_size(p, 8)
                spent.append([int.from_bytes(p[:8], "little", signed=True), p[i:i + n]])
            for kind in ("success", "failure"):
                if kind in row:
                    s = Spend.parse(bytes.fromhex(row["tx"]), spent, row["index"])
                    s.ins[s.index][1] = bytes.fromhex(row[kind]["scriptSig"])
                    s.wits[s.index] = [bytes.fromhex(w) for w in row[kind]["witness"]]
                    out.append(s)
    with open(os.path.join(VECTORS, "blocks", "index.json")) as f:
        rows = [r for r in json.load(f) if r.get("spent_file") and r["size"] < 300_000]
    for row in rows:
        with open(os.path.join(VECTORS, "blocks", row["file"]), "rb") as f:
            block = pbk.Block(f.read())
        with open(os.path.join(VECTORS, "blocks", row["spent_file"])) as f:
            coins = json.load(f)["spent"]
        for tx, (_, spent) in zip(list(block.transactions)[1:], coins):
            if len(spent) <= 8:
                pairs = [[c[0], bytes.fromhex(c[1])] for c in spent]
                out += [Spend.parse(bytes(tx), pairs, i) for i in range(len(spent))]
    return out


def random_flags(rnd):
    names = [n for n in FLAGS if rnd.random() < 0.7] if rnd.random() < 0.5 else list(FLAGS)
    if "P2SH" not in names and "WITNESS" in names:
        names.remove("WITNESS")
    if "WITNESS" not in names and "TAPROOT" in names:
        names.remove("TAPROOT")
    return names


def push(data):
    n = len(data)
    if n < 76:
        return bytes([n]) + data
    return (b"\x4c" + bytes([n]) if n < 256 else b"\x4d" + n.to_bytes(2, "little")) + data


def random_item(rnd):
    kind = rnd.randrange(9)
    if kind == 0:
        return b""
    if kind == 1:
        return bytes([rnd.choice((0, 1, 2, 0x7F, 0x80, 0x81, 0xFF))])
    if kind == 2:
        return rnd.randbytes(rnd.randrange(1, 6))
    if kind == 3:
        return GENERATOR
    if kind == 4:
        return GENERATOR[1:]
    if kind == 5:
        return rnd.randbytes(rnd.choice((20, 32, 33, 64, 65, 71, 72)))
    if kind == 6:
        return bytes.fromhex("3006020101020101") + bytes([rnd.choice((0, 1, 2, 3, 0x81, 0x83, 4))])
    if kind == 7:
        return bytes(rnd.randrange(1, 5)) + bytes([rnd.choice((0, 0x80, 1))])
    return rnd.randbytes(rnd.choice((75, 76, 255, 256, 519, 520, 521)))


def random_script(rnd, length):
    out = []
    depth = 0
    for _ in range(length):
        k = rnd.random()
        if k < 0.30:
            out.append(push(random_item(rnd)))
        elif k < 0.45:
            out.append(bytes([rnd.choice((0, 0x4F, 0x51, 0x52, 0x53, 0x60))]))
        elif k < 0.52:
            out.append(bytes([rnd.choice((0x63, 0x64))]))
            depth += 1
        elif k < 0.60 and depth:
            op = rnd.choice((0x67, 0x68))
            depth -= op == 0x68
            out.append(bytes([op]))
        elif k < 0.66:
            out.append(bytes([rnd.choice((0xAC, 0xAD, 0xAE, 0xAF, 0xBA, 0xAB))]))
        elif k < 0.99:
            out.append(bytes([rnd.randrange(0x61, 0xBB)]))
        else:
            out.append(bytes([rnd.randrange(256)]))
    return b"".join(out) + b"\x68" * depth


def tagged(tag, data):
    h = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(h + h + data).digest()


def hash160(data):
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def scripted(rnd):
    """A spend of a script written at random, bare or wrapped in P2SH, P2WSH, P2SH-P2WSH or a taproot leaf."""
    script = random_script(rnd, rnd.randrange(1, 24))
    stack = [random_item(rnd) for _ in range(rnd.randrange(0, 6))]
    kind = rnd.choice(("bare", "p2sh", "p2wsh", "p2sh-p2wsh", "leaf", "leaf") if coincurve else ("bare", "p2sh", "p2wsh", "p2sh-p2wsh"))
    sig, wit = b"".join(map(push, stack)), []
    if kind == "bare":
        spk = script
    elif kind == "p2sh":
        spk, sig = b"\xa9\x14" + hash160(script) + b"\x87", sig + push(script)
    elif kind == "leaf":
        version = 0xC0 if rnd.random() < 0.9 else rnd.randrange(0, 256, 2)
        leaf = tagged("TapLeaf", bytes([version]) + size(len(script)) + script)
        path = [rnd.randbytes(32) for _ in range(rnd.choice((0, 0, 1, 2)))]
        node = leaf
        for p in path:
            node = tagged("TapBranch", min(node, p) + max(node, p))
        key = coincurve.PublicKey(GENERATOR).add(tagged("TapTweak", GENERATOR[1:] + node)).format()
        spk, sig = b"\x51\x20" + key[1:], b""
        wit = stack + [script, bytes([version | (key[0] & 1)]) + GENERATOR[1:] + b"".join(path)]
        if rnd.random() < 0.1:
            wit.append(b"\x50" + rnd.randbytes(rnd.randrange(4)))
    else:
        program = b"\0\x20" + hashlib.sha256(script).digest()
        wit = stack + [script]
        spk, sig = (program, b"") if kind == "p2wsh" else (b"\xa9\x14" + hash160(program) + b"\x87", push(program))
    count = rnd.choice((1, 1, 2))
    index = rnd.randrange(count)
    ins = [[rnd.randbytes(36), b"", rnd.choice((b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", bytes(4), rnd.randbytes(4)))] for _ in range(count)]
    ins[index][1] = sig
    wits = [[] for _ in ins]
    wits[index] = wit
    spent = [[rnd.randrange(1 << 40), b"\x51"] for _ in ins]
    spent[index][1] = spk
    outs = [[rnd.randbytes(3) + bytes(5), b"\x51"] for _ in range(rnd.randrange(1, 3))]
    lock = rnd.choice((bytes(4), rnd.randbytes(4), b"\x00\x65\xcd\x1d", b"\xff\x64\xcd\x1d"))
    return Spend(rnd.choice((b"\1\0\0\0", b"\2\0\0\0", b"\xff\xff\xff\xff")), ins, outs, wits, lock, spent, index)


def change(rnd, b):
    """Bytes with a small change."""
    if not b:
        return rnd.randbytes(rnd.randrange(3))
    k, i = rnd.randrange(6), rnd.randrange(len(b))
    if k == 0:
        return b[:i] + bytes([b[i] ^ (1 << rnd.randrange(8))]) + b[i + 1:]
    if k == 1:
        return b[:i] + bytes([rnd.randrange(256)]) + b[i + 1:]
    if k == 2:
        return b[:i] + b[i + 1:]
    if k == 3:
        return b[:i] + bytes([rnd.randrange(256)]) + b[i:]
    if k == 4:
        j = min(len(b), i + rnd.randrange(1, 9))
        return b[:j] + b[i:j] + b[j:]
    return b[:i] + push(random_item(rnd)) + b[i:]


def mutate(rnd, spend):
    s = spend.copy()
    for _ in range(rnd.choice((1, 1, 1, 2, 3))):
        k, i = rnd.randrange(12), s.index
        if k < 3 and s.wits[i]:
            j = rnd.randrange(len(s.wits[i]))
            s.wits[i][j] = change(rnd, s.wits[i][j])
        elif k == 3 and s.wits[i]:
            s.wits[i].pop(rnd.randrange(len(s.wits[i])))
        elif k == 4:
            s.wits[i].insert(rnd.randrange(len(s.wits[i]) + 1), random_item(rnd))
        elif k < 7:
            s.ins[i][1] = change(rnd, s.ins[i][1])
        elif k == 7:
            s.spent[i][1] = change(rnd, s.spent[i][1])
        elif k == 8:
            s.spent[rnd.randrange(len(s.spent))][0] ^= 1 << rnd.randrange(40)
        elif k == 9:
            s.ins[rnd.randrange(len(s.ins))][2] = rnd.randbytes(4)
        elif k == 10:
            s.version, s.lock = rnd.choice((b"\1\0\0\0", b"\2\0\0\0", b"\0\0\0\0")), rnd.randbytes(4)
        elif s.outs:
            o = rnd.choice(s.outs)
            o[1] = change(rnd, o[1])
    return s


def cases(rnd, base):
    """(raw transaction, coins, input) without end."""
    while True:
        s = scripted(rnd) if rnd.random() < 0.5 else mutate(rnd, rnd.choice(base))
        raw = s.bytes()
        if rnd.random() < 0.05:
            raw = change(rnd, raw)          # the codec: the count of inputs may change, so the engines may both refuse
        yield raw, s.spent, s.index


# ---------------------------------------------------------------- a difference

def differs(ours, raw, spent, index, names):
    flags = sum(FLAGS[n] for n in names)
    core = Core.verdicts(raw, spent, index, [flags]) if decodes(raw, len(spent)) else None
    core = core[0] if core else None
    ours.send([request(raw, spent, index, names)])
    mine = verdict(ours.answer())
    return core != mine and not (core is None and isinstance(mine, str)), core, mine


def minimise(ours, raw, spent, index, names):
    """Takes out what the difference does not need: flags first, then bytes of the scripts."""
    for n in list(names):
        fewer = [x for x in names if x != n]
        if ("WITNESS" in fewer and "P2SH" not in fewer) or ("TAPROOT" in fewer and "WITNESS" not in fewer):
            continue
        if differs(ours, raw, spent, index, fewer)[0]:
            names = fewer
    try:
        best = Spend.parse(raw, spent, index)
    except (IndexError, ValueError):
        return raw, spent, names
    if best.bytes() != raw:
        return raw, spent, names
    for step in (16, 4, 1):
        for part in ("script", "coin"):
            i = 0
            while True:
                s = best.copy()
                b = s.ins[index][1] if part == "script" else s.spent[index][1]
                if i >= len(b):
                    break
                b = b[:i] + b[i + step:]
                if part == "script":
                    s.ins[index][1] = b
                else:
                    s.spent[index][1] = b
                if differs(ours, s.bytes(), s.spent, index, names)[0]:
                    best = s
                else:
                    i += step
    return best.bytes(), best.spent, names


def decodes(raw, count):
    """Whether Core decodes it, nothing left over, with as many inputs as there are coins (its checks would end this process)."""
    try:
        tx = pbk.Transaction(raw)
        return len(tx.inputs) == count and bytes(tx) == raw
    except Exception:
        return False


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tool", default=os.path.join(ROOT, ".build/release/cellblock") + " conform")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--cases", type=int, default=0, help="stop after so many (0: by time alone)")
    p.add_argument("--seed", type=int, default=None)
    args = p.parse_args()
    if not os.path.isdir(VECTORS):
        print("no ../shared/vectors: nothing to start from", file=sys.stderr)
        return 2
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    rnd, ours, base = random.Random(seed), Ours(args.tool), corpus()
    print(f"seed {seed}, {len(base)} spends to start from, leaves {'on' if coincurve else 'off: no coincurve'}", flush=True)
    stream, start, total, passed, shown = cases(rnd, base), time.monotonic(), 0, 0, 0.0
    while time.monotonic() - start < args.seconds and not (args.cases and total >= args.cases):
        batch, lines = [], []
        for _ in range(64):
            raw, spent, index = next(stream)
            names = [random_flags(rnd) for _ in range(3)]
            batch.append((raw, spent, index, names))
            lines += [request(raw, spent, index, n) for n in names]
        threading.Thread(target=ours.send, args=(lines,)).start()
        for raw, spent, index, names in batch:
            fits = decodes(raw, len(spent))
            core = Core.verdicts(raw, spent, index, [sum(FLAGS[x] for x in n) for n in names]) if fits else [None] * len(names)
            for n, want in zip(names, core):
                got = verdict(ours.answer())
                total += 1
                passed += want is True
                if want == got or (want is None and isinstance(got, str)):
                    continue
                print(f"\nDIFFERENCE after {total} cases (seed {seed}): Core {want}, ours {got}")
                small, coins, fewer = minimise(Ours(args.tool), raw, spent, index, n)
                print(request(small, coins, index, fewer))
                return 1
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            print(f"{total} cases, {passed} of them valid, {total / (shown - start):.0f} a second", flush=True)
    seconds = time.monotonic() - start
    print(f"{total} cases in {seconds:.0f} s ({total / seconds:.0f} a second), {passed} valid, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
