#!/usr/bin/env python3
"""Differential fuzzing against Bitcoin Core's own engine.

    pip install --pre py-bitcoinkernel coincurve
    Tests/Differential/differential.py --tool '.build/release/cellblock conform' --seconds 600

Makes transactions, scripts, coins and flag sets by mutating published vectors and by writing scripts at random,
asks Core's kernel library (in this process) and ours (the line tool, in another) for a verdict on each, and stops
at the first difference with a minimised case.  Exit status: 0 no difference, 1 a difference, 2 unusable.
"""
import argparse
import ctypes
import fcntl
import hashlib
import itertools
import json
import os
import random
import resource
import shlex
import subprocess
import sys
import time

import pbk

try:
    import coincurve
except ImportError:
    coincurve = None

FLAGS = {"P2SH": 1, "DERSIG": 4, "NULLDUMMY": 16, "CHECKLOCKTIMEVERIFY": 512, "CHECKSEQUENCEVERIFY": 1024,
         "WITNESS": 2048, "TAPROOT": 1 << 17}
F_SETPIPE_SZ = 1031
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
    """The kernel library's verdicts, through bindings without wrapper objects: they would cost more than the scripts."""

    def __init__(self):
        lib = ctypes.CDLL(kernel_library())

        def bind(name, result, *arguments):
            function = getattr(lib, "btck_" + name)
            function.restype, function.argtypes = result, arguments
            return function

        pointer, size_t = ctypes.c_void_p, ctypes.c_size_t
        self.new_tx = bind("transaction_create", pointer, ctypes.c_char_p, size_t)
        self.free_tx = bind("transaction_destroy", None, pointer)
        self.count_inputs = bind("transaction_count_inputs", size_t, pointer)
        self.new_script = bind("script_pubkey_create", pointer, ctypes.c_char_p, size_t)
        self.free_script = bind("script_pubkey_destroy", None, pointer)
        self.new_output = bind("transaction_output_create", pointer, pointer, ctypes.c_int64)
        self.free_output = bind("transaction_output_destroy", None, pointer)
        self.new_data = bind("precomputed_transaction_data_create", pointer, pointer, pointer, size_t)
        self.free_data = bind("precomputed_transaction_data_destroy", None, pointer)
        self.verify = bind("script_pubkey_verify", ctypes.c_int, pointer, ctypes.c_int64, pointer, pointer,
                           ctypes.c_uint32, ctypes.c_uint32, ctypes.c_char_p)
        self.arrays = [pointer * n for n in range(64)]
        self.status = ctypes.create_string_buffer(1)

    def verdicts(self, raw, spent, index, masks):
        """A verdict under each set of flags; None where the transaction does not decode as it stands."""
        tx = self.new_tx(raw, len(raw))
        if not tx:
            return None
        if self.count_inputs(tx) != len(spent):     # the library would end this process
            self.free_tx(tx)
            return None
        scripts = [self.new_script(s, len(s)) for _, s in spent]
        outputs = [self.new_output(s, coin[0]) for s, coin in zip(scripts, spent)]
        count = len(outputs)
        array = (self.arrays[count] if count < 64 else ctypes.c_void_p * count)(*outputs)
        data = self.new_data(tx, array, count)
        verify, script, value, status = self.verify, scripts[index], spent[index][0], self.status
        answers = [verify(script, value, tx, data, index, mask, status) for mask in masks]
        self.free_data(data)
        for output in outputs:
            self.free_output(output)
        for script in scripts:
            self.free_script(script)
        self.free_tx(tx)
        return answers


def kernel_library():
    folder = os.path.join(os.path.dirname(pbk.__file__), "_libs")
    return os.path.join(folder, next(n for n in sorted(os.listdir(folder)) if "bitcoinkernel" in n))


class Ours:
    """The line tool.  A whole batch is written before the answers to the one before it are read, so both engines work."""

    PIPE_BYTES = 1 << 20

    def __init__(self, command):
        self.proc = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1)
        for pipe in (self.proc.stdin, self.proc.stdout):
            try:
                fcntl.fcntl(pipe.fileno(), F_SETPIPE_SZ, self.PIPE_BYTES)
            except OSError:
                pass

    def send(self, text):
        """Answers must fit the pipe until they are read: batches are of a few hundred lines."""
        try:
            self.proc.stdin.write(text)
            self.proc.stdin.flush()
        except BrokenPipeError:
            raise SystemExit(f"the tool ended with status {self.proc.wait()}") from None

    def answer(self):
        line = self.proc.stdout.readline()
        if not line:
            raise SystemExit(f"the tool ended with status {self.proc.wait()}")
        return line

    def ask(self, text):
        self.send(text)
        return self.answer()


def request(raw, spent, index, sets):
    """The line that asks for a verdict under each of the sets, which are JSON texts already."""
    coins = ",".join([f'[{v},"{s.hex()}"]' for v, s in spent])
    return (f'{{"op":"verifyinput","tx":"{raw.hex()}","input":{index},"spent":[{coins}],'
            f'"flag_sets":[{",".join(sets)}]}}\n').encode()


def expected(verdicts):
    """The very line with which our tool agrees."""
    return b'{"verdicts":[' + b",".join([b"true" if v else b"false" for v in verdicts]) + b"]}\n"


def verdicts_of(line):
    """What our tool answered: a list of verdicts, None where it does not decode, or what it complains of."""
    answer = json.loads(line)
    if "verdicts" in answer:
        return answer["verdicts"]
    error = answer.get("error", "")
    return None if "does not decode" in error or "coins for" in error else f"error: {error}"


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


def names_of(mask):
    return [n for n, bit in FLAGS.items() if mask & bit]


def is_valid(mask):
    """Whether Core knows what the set means: witness rules stand on P2SH, taproot on those."""
    return not (mask & FLAGS["WITNESS"] and not mask & FLAGS["P2SH"]) and not (mask & FLAGS["TAPROOT"] and not mask & FLAGS["WITNESS"])


ALL = sum(FLAGS.values())
MASKS = [m for m in (sum(c) for r in range(len(FLAGS) + 1) for c in itertools.combinations(FLAGS.values(), r)) if is_valid(m)]
TEXT = {m: json.dumps(names_of(m), separators=(",", ":")) for m in MASKS}


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
    """(raw transaction, coins, input, whether the raw bytes were meddled with) without end."""
    while True:
        s = scripted(rnd) if rnd.random() < 0.5 else mutate(rnd, rnd.choice(base))
        raw = s.bytes()
        if rnd.random() < 0.05:
            yield change(rnd, raw), s.spent, s.index, True
        else:
            yield raw, s.spent, s.index, False


# ---------------------------------------------------------------- a difference

def core_verdicts(core, raw, spent, index, masks, meddled=True):
    """Core's decoder leaves what follows a transaction and takes a witness it then does not write: ours refuses both."""
    if meddled:
        try:
            if bytes(pbk.Transaction(raw)) != raw:
                return None
        except RuntimeError:
            return None
    return core.verdicts(raw, spent, index, masks)


def agrees(want, line):
    got = verdicts_of(line)
    return want == got or (want is not None and isinstance(got, list) and list(map(bool, want)) == got)


def differs(core, ours, raw, spent, index, mask):
    want = core_verdicts(core, raw, spent, index, [mask])
    return not agrees(want, ours.ask(request(raw, spent, index, [TEXT[mask]])))


def minimise(core, ours, raw, spent, index, mask):
    """Takes out what the difference does not need: flags first, then bytes of the scripts and the witness."""
    for bit in FLAGS.values():
        fewer = mask & ~bit
        if fewer != mask and is_valid(fewer) and differs(core, ours, raw, spent, index, fewer):
            mask = fewer
    try:
        best = Spend.parse(raw, spent, index)
    except (IndexError, ValueError):
        return raw, spent, mask
    if best.bytes() != raw:
        return raw, spent, mask

    def parts(s):
        yield s.ins[index], 1
        yield s.spent[index], 1
        for j in range(len(s.wits[index])):
            yield s.wits[index], j

    for step in (16, 4, 1):
        for k in range(len(list(parts(best)))):
            i = 0
            while True:
                s = best.copy()
                holder, j = list(parts(s))[k]
                if i >= len(holder[j]):
                    break
                holder[j] = holder[j][:i] + holder[j][i + step:]
                if differs(core, ours, s.bytes(), s.spent, index, mask):
                    best = s
                else:
                    i += step
    return best.bytes(), best.spent, mask


# ---------------------------------------------------------------- the run

class Tally:
    """What a run has seen so far."""

    def __init__(self):
        self.start, self.shown = time.monotonic(), time.monotonic()
        self.cases = self.valid = self.transactions = self.undecoded = 0

    def cpu(self):
        return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

    def line(self):
        return (f"{self.cases} cases of {self.transactions} transactions, {self.valid} valid, {self.undecoded} undecodable, "
                f"{self.cases / (time.monotonic() - self.start):.0f} a second")


def spends(args, rnd, tally, base):
    """Scripts and transactions: gives whether the engines agree to the end."""
    core, ours = Core(), Ours(args.tool)
    stream, waiting = cases(rnd, base), None
    while True:
        finished = time.monotonic() - tally.start >= args.seconds or (args.cases and tally.cases >= args.cases)
        batch = [] if finished else [next(stream) + ([ALL] + rnd.sample(MASKS, args.sets - 1),) for _ in range(args.batch)]
        if batch:
            ours.send(b"".join([request(raw, spent, index, [TEXT[m] for m in masks]) for raw, spent, index, _, masks in batch]))
        wanted = [(case, core_verdicts(core, case[0], case[1], case[2], case[4], case[3])) for case in batch]
        for (raw, spent, index, _, masks), want in waiting or ():
            line = ours.answer()
            tally.transactions += 1
            tally.cases += len(masks)
            if want is None:
                tally.undecoded += 1
            else:
                tally.valid += sum(want)
                if line == expected(want):
                    continue
            if agrees(want, line):
                continue
            got = verdicts_of(line)
            mask = next((m for m, w, g in zip(masks, want, got) if bool(w) != g), ALL) if want and isinstance(got, list) else ALL
            print(f"\nDIFFERENCE after {tally.line()} (seed {args.seed}): Core {want}, ours {got}", flush=True)
            small, coins, fewer = minimise(core, Ours(args.tool), raw, spent, index, mask)
            print(request(small, coins, index, [TEXT[fewer]]).decode())
            print("as it was found: " + request(raw, spent, index, [TEXT[m] for m in masks]).decode())
            return False
        if not batch:
            ours.proc.stdin.close()
            ours.proc.wait()
            return True
        waiting = wanted
        if time.monotonic() - tally.shown > 10:
            tally.shown = time.monotonic()
            print(tally.line(), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tool", default=os.path.join(ROOT, ".build/release/cellblock") + " conform")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--cases", type=int, default=0, help="stop after so many (0: by time alone)")
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--sets", type=int, default=4, help="sets of flags a transaction is tried under, all flags first")
    p.add_argument("--batch", type=int, default=256, help="transactions in flight")
    args = p.parse_args()
    if not os.path.isdir(VECTORS):
        print("no ../shared/vectors: nothing to start from", file=sys.stderr)
        return 2
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1 << 32)
    rnd, base, tally = random.Random(args.seed), corpus(), Tally()
    print(f"seed {args.seed}, {len(base)} spends to start from, leaves {'on' if coincurve else 'off: no coincurve'}", flush=True)
    agreed = spends(args, rnd, tally, base)
    minutes = tally.cpu() / 60
    print(f"{tally.line()}, {minutes:.1f} CPU minutes ({tally.cases / max(minutes * 60, 0.01):.0f} cases a CPU second), "
          f"{'no difference' if agreed else 'ONE DIFFERENCE'}")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
