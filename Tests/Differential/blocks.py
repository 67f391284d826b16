#!/usr/bin/env python3
"""Differential fuzzing of blocks against Bitcoin Core's own engine.

    pip install --pre py-bitcoinkernel coincurve
    Tests/Differential/blocks.py --tool '.build/release/cellblock conform' --seconds 600

Two kinds of case.  Small blocks put together of real transactions, with a mistake or none, judged by themselves.
And the next block of a chain that grows from the regtest genesis: Core's kernel library keeps the chain and judges the block by all its
rules; the line tool is told the context and the coins.  A block that is valid becomes the chain's next.
Stops at the first difference and prints the block, made small.  Exit status: 0 no difference, 1 a difference, 2 unusable.
"""
import argparse
import collections
import ctypes
import hashlib
import json
import os
import random
import shutil
import struct
import sys
import tempfile
import time

import pbk
from differential import (ROOT, VECTORS, Ours, Spend, Tally, change, corpus, push, random_item, random_script, size)
from shrinking import merkle, minimise, sha256d, txid

SUBSIDY, INTERVAL, MATURITY, PERIOD = 5_000_000_000, 150, 100, 144
MAX_MONEY = 21_000_000 * 100_000_000
MUTATED = {"bad-txnmrklroot", "bad-txns-duplicate", "bad-witness-nonce-size", "bad-witness-merkle-match", "unexpected-witness"}
HEADER = {"high-hash", "bad-diffbits", "time-too-old", "time-too-new", "time-timewarp-attack"}


def hash160(data):
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def number(n):
    """A number as scripts push it, at least a byte long."""
    if n == 0:
        return b""
    data = n.to_bytes(n.bit_length() // 8 + 1, "little")
    return data


def transactions(raw):
    """Those of a block whose bytes were changed, as the kernel reads them; none where it does not."""
    try:
        return [Spend.parse(bytes(tx), [], 0) for tx in pbk.Block(raw).transactions]
    except (RuntimeError, IndexError):
        return []


def reason_class(reason):
    if reason in MUTATED:
        return 4
    return 3 if reason in HEADER or reason.startswith("bad-version") else 1


# ---------------------------------------------------------------- blocks by themselves

class Alone:
    """Blocks of real transactions, judged without a chain."""

    def __init__(self, rnd, base):
        self.rnd, self.base = rnd, base
        self.params = {"mainnet": pbk.ChainParameters(pbk.ChainType.MAINNET), "regtest": pbk.ChainParameters(pbk.ChainType.REGTEST)}
        self.state = pbk.BlockValidationState()

    def coinbase(self):
        rnd = self.rnd
        script = rnd.randbytes(rnd.choice((1, 2, 3, 4, 50, 99, 100, 101)))
        outs = [[rnd.choice((0, 1, SUBSIDY, MAX_MONEY, MAX_MONEY + 1, 1 << 63)).to_bytes(8, "little"), random_script(rnd, 3)]
                for _ in range(rnd.randrange(1, 3))]
        return Spend(b"\1\0\0\0", [[bytes(32) + b"\xff" * 4, script, b"\xff" * 4]], outs, [[]], bytes(4), [], 0)

    def case(self):
        rnd = self.rnd
        txs = [self.coinbase()] + [rnd.choice(self.base).copy() for _ in range(rnd.randrange(6))]
        kind = rnd.randrange(14)
        if kind == 0:
            txs = txs[1:]
        elif kind == 1:
            txs.insert(rnd.randrange(len(txs) + 1), self.coinbase())
        elif kind == 2:
            tx = rnd.choice(txs)
            tx.ins.append(list(rnd.choice(tx.ins)))
            tx.wits.append([])
        elif kind == 3:
            rnd.choice(txs).outs.append([rnd.choice((MAX_MONEY, MAX_MONEY + 1, 1 << 63, (1 << 64) - 1)).to_bytes(8, "little"), b""])
        elif kind == 4:
            rnd.choice(txs).outs.clear()
        elif kind == 5:
            rnd.choice(txs).ins[0][0] = bytes(32) + b"\xff" * 4
        elif kind == 6:
            rnd.choice(txs).outs.append([bytes(8), rnd.choice((b"\xac", b"\xae", b"\xad")) * rnd.choice((19_900, 20_000, 20_001, 1000))])
        elif kind == 7:
            txs[0].ins[0][1] = rnd.randbytes(rnd.choice((0, 1, 2, 100, 101)))
        elif kind == 8 and rnd.random() < 0.05:
            txs[0].outs.append([bytes(8), bytes(rnd.choice((999_000, 1_000_000)))])
        raws = [tx.bytes() for tx in txs]
        ids = [txid(tx) for tx in txs]
        root = merkle(ids)
        if kind == 9 and len(raws) > 1:
            # The same root of repeated transactions (CVE-2012-2459).
            k = len(raws) & -len(raws)
            raws += raws[-k:]
        elif kind == 10:
            root = rnd.randbytes(32)
        raw = struct.pack("<i", 4) + rnd.randbytes(32) + root + struct.pack("<III", rnd.getrandbits(32), 0x207FFFFF, 0) + size(len(raws)) + b"".join(raws)
        if kind == 11:
            at = rnd.randrange(80, len(raw))
            raw = raw[:at] + change(rnd, raw[at:])
        return raw, rnd.choice(("mainnet", "regtest")), rnd.random() < 0.9

    def line(self, case):
        raw, network, checks_root = case
        return json.dumps({"op": "checkblock", "network": network, "block": raw.hex(), "proof_of_work": False, "merkle_root": checks_root}).encode() + b"\n"

    def core(self, case):
        """(valid, class) as the kernel sees it; None where it does not decode, all of it."""
        raw, network, checks_root = case
        try:
            block = pbk.Block(raw)
        except RuntimeError:
            return None
        if bytes(block) != raw:
            return None
        state = block.check(self.params[network].consensus_params, pbk.BlockCheckFlags(2 if checks_root else 0))
        return int(state.validation_mode) == 0, int(state.block_validation_result)


# ---------------------------------------------------------------- a chain

Coin = collections.namedtuple("Coin", "value script height coinbase time")


class Chain:
    """The kernel's chain, and what the line tool has to be told of it."""

    def __init__(self, rnd, folder):
        self.rnd = rnd
        self.params = pbk.ChainParameters(pbk.ChainType.REGTEST)
        self.seen = None

        def checked(_, block, state):
            self.seen = int(state.validation_mode), int(state.block_validation_result)

        options = pbk.ContextOptions()
        options.set_chainparams(self.params)
        self.callbacks = pbk.ValidationInterfaceCallbacks(block_checked=checked)
        options.set_validation_interface(self.callbacks)
        self.context = pbk.Context(options)
        where = pbk.ChainstateManagerOptions(self.context, folder, os.path.join(folder, "blocks"))
        where.update_block_tree_db_in_memory(True)
        where.update_chainstate_db_in_memory(True)
        self.manager = pbk.ChainstateManager(where)
        self.manager.import_blocks([])
        entry = self.manager.get_active_chain().block_tree_entries[0]
        self.tip = bytes(entry.block_hash)
        self.times = [1296688602]
        self.coins, self.points = {}, []
        self.blocks = []

    @property
    def height(self):
        return len(self.times) - 1

    def median(self, height=None):
        end = (self.height if height is None else height) + 1
        last = sorted(self.times[max(0, end - 11):end])
        return last[len(last) // 2]

    def submit(self, raw):
        """(valid, class); None where the block does not decode."""
        try:
            block = pbk.Block(raw)
        except RuntimeError:
            return None
        if bytes(block) != raw:
            return None
        self.seen = None
        try:
            self.manager.process_block(block)
        except pbk.util.exc.ProcessBlockException:
            pass
        if self.seen is None:
            raise SystemExit("the kernel gave no verdict: " + raw.hex())
        return self.seen[0] == 0, self.seen[1]

    def extend(self, raw, txs, when):
        self.tip = sha256d(raw[:80])
        self.blocks.append(raw)
        before = self.median()
        self.times.append(when)
        for number_, tx in enumerate(txs):
            id_ = txid(tx)
            if number_:
                for point, _, _ in tx.ins:
                    self.coins.pop(point, None)
            for k, (value, script) in enumerate(tx.outs):
                if script[:1] != b"\x6a" and len(script) <= 10_000:
                    point = id_ + struct.pack("<I", k)
                    self.coins[point] = Coin(int.from_bytes(value, "little"), script, self.height, number_ == 0, before)
                    self.points.append(point)
        if len(self.points) > 4 * len(self.coins) + 100:
            self.points = list(self.coins)

    def fees(self, txs):
        """What the transactions leave to the coinbase, by the coins there are and those they make."""
        made, fees = {}, 0
        for tx in txs:
            paid = [self.coins[p].value if p in self.coins else made.get(p, 0) for p, _, _ in tx.ins]
            fees += sum(paid) - sum(int.from_bytes(v, "little") for v, _ in tx.outs)
            id_ = txid(tx)
            made.update((id_ + struct.pack("<I", k), int.from_bytes(v, "little")) for k, (v, _) in enumerate(tx.outs))
        return fees


class Locks:
    """Output scripts that can be answered without keys."""

    def __init__(self):
        self.answers = {}

    def new(self, rnd):
        inner = b"\x51"
        if rnd.random() < 0.3:
            # Operations that count though they do not run.
            inner = b"\x00\x63" + rnd.choice((b"\xac", b"\xad", b"\x52\xae", b"\xae")) * rnd.choice((1, 5, 80, 190)) + b"\x68\x51"
        elif rnd.random() < 0.2:
            inner = random_script(rnd, 4)
        kind = rnd.randrange(6)
        if kind == 0:
            return inner
        if kind == 1:
            script = b"\xa9\x14" + hash160(inner) + b"\x87"
            self.answers[script] = (push(inner), [])
        elif kind == 2:
            script = b"\0\x20" + hashlib.sha256(inner).digest()
            self.answers[script] = (b"", [inner])
        elif kind == 3:
            program = b"\0\x20" + hashlib.sha256(inner).digest()
            script = b"\xa9\x14" + hash160(program) + b"\x87"
            self.answers[script] = (push(program), [inner])
        elif kind == 4:
            script = b"\x52\x02" + rnd.randbytes(2)      # a program without meaning: anyone may spend it
        else:
            script = b"\x51"
        return script


class Next:
    """The next block of the chain, with a mistake or none."""

    def __init__(self, rnd, chain):
        self.rnd, self.chain, self.locks = rnd, chain, Locks()

    def pick(self, used, young):
        chain = self.chain
        for _ in range(20):
            point = self.rnd.choice(chain.points)
            coin = chain.coins.get(point)
            if coin and point not in used and (young or not coin.coinbase or chain.height + 1 - coin.height >= MATURITY):
                return point
        return None

    def spend(self, used, made):
        rnd, chain = self.rnd, self.chain
        ins, wits, total = [], [], 0
        for _ in range(rnd.choice((1, 1, 2, 3))):
            if made and rnd.random() < 0.3:
                point, coin = made.pop(rnd.randrange(len(made)))
            else:
                point = self.pick(used, rnd.random() < 0.004)
                if point is None:
                    continue
                coin = chain.coins[point]
            used.add(point)
            sig, wit = self.locks.answers.get(coin.script, (b"", []))
            sequence = rnd.choice((b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff"))
            if rnd.random() < 0.15:
                # Relative locks, most of them open.
                blocks = max(0, chain.height + 1 - coin.height) + rnd.choice((-3, -1, 0, 0, 0, 1))
                seconds = max(0, chain.median() - coin.time) // 512 + rnd.choice((-1, 0, 0, 1))
                value = rnd.choice((max(0, blocks) & 0xFFFF, 1 << 22 | max(0, seconds) & 0xFFFF, rnd.getrandbits(32)))
                sequence = struct.pack("<I", value)
            ins.append([point, sig, sequence])
            wits.append(list(wit))
            total += coin.value
        if not ins:
            return None
        outs, left = [], total - rnd.choice((0, 1, 1000))
        for _ in range(rnd.choice((1, 2, 3))):
            value = max(0, min(left, rnd.randrange(0, max(1, left) + 1)))
            outs.append([value.to_bytes(8, "little"), self.locks.new(rnd)])
            left -= value
        lock = rnd.choice((0, 0, 0, chain.height, chain.height + 1, chain.median() - 1, chain.median(), 499_999_999))
        tx = Spend(rnd.choice((b"\1\0\0\0", b"\2\0\0\0", b"\2\0\0\0")), ins, outs, wits, struct.pack("<I", lock if rnd.random() < 0.3 else 0), [], 0)
        id_ = txid(tx)
        for k, (value, script) in enumerate(tx.outs):
            if script[:1] != b"\x6a":
                made.append((id_ + struct.pack("<I", k), Coin(int.from_bytes(value, "little"), script, chain.height + 1, False, chain.median())))
        return tx

    def case(self):
        rnd, chain = self.rnd, self.chain
        height, used, made, txs = chain.height + 1, set(), [], []
        if chain.height > MATURITY:
            for _ in range(rnd.choice((0, 1, 2, 4, 8))):
                tx = self.spend(used, made)
                if tx:
                    txs.append(tx)
        kind = rnd.randrange(40) if chain.height > MATURITY else 99
        any_tx = rnd.choice(txs) if txs else None
        if any_tx and kind == 0:
            any_tx.outs[0][0] = rnd.choice((MAX_MONEY + 1, 1 << 63, (1 << 64) - 1)).to_bytes(8, "little")
        elif any_tx and kind == 1:
            any_tx.outs.append([rnd.choice((1, 2000, MAX_MONEY)).to_bytes(8, "little"), b"\x51"])
        elif any_tx and kind == 2:
            any_tx.ins.append([list(any_tx.ins[0])[0], b"", b"\xff" * 4])
            any_tx.wits.append([])
        elif any_tx and kind == 3:
            txs.append(any_tx.copy())
            txs[-1].lock = struct.pack("<I", 1)
        elif len(txs) > 1 and kind == 4:
            rnd.shuffle(txs)
        elif any_tx and kind == 5:
            any_tx.ins[0][0] = rnd.choice((rnd.randbytes(36), bytes(32) + b"\xff" * 4, any_tx.ins[0][0][:32] + struct.pack("<I", 77)))
        elif any_tx and kind == 6:
            any_tx.outs.clear()
        elif any_tx and kind == 7:
            any_tx.ins[0][1] = change(rnd, any_tx.ins[0][1])
        elif any_tx and kind == 8:
            any_tx.wits[0] = any_tx.wits[0] + [random_item(rnd)]
        elif any_tx and kind == 9:
            txs.insert(rnd.randrange(len(txs)), any_tx.copy())
        elif any_tx and kind == 10:
            any_tx.outs += [[bytes(8), b"\xac" * rnd.choice((9_000, 9_990))] for _ in range(rnd.choice((1, 2, 3)))]

        limit = (SUBSIDY >> height // INTERVAL if height // INTERVAL < 64 else 0) + chain.fees(txs)
        value = max(0, limit + (rnd.choice((1, 1, -1, 1000)) if kind == 11 else 0)) & ((1 << 64) - 1)
        script = push(number(height)) if height > 16 else bytes([0x50 + height])
        if kind == 12:
            script = rnd.choice((push(number(height + 1)), push(number(height) + b"\0"), b"", script[:-1], push(number(height) * 2)))
        script += rnd.randbytes(rnd.choice((1, 4, 8)))
        if kind == 13:
            script += bytes(rnd.choice((92, 95, 96, 97, 98)))
        outs = [[value.to_bytes(8, "little"), self.locks.new(rnd)]]
        base = Spend(b"\2\0\0\0", [[bytes(32) + b"\xff" * 4, script, b"\xff" * 4]], outs, [[]], bytes(4), [], 0)
        if kind == 14:
            base.lock, base.ins[0][2] = struct.pack("<I", rnd.choice((height - 1, height, height + 1))), bytes(4)
        if any(map(any, (tx.wits for tx in txs))) or rnd.random() < 0.3:
            nonce = rnd.randbytes(32)
            root = merkle([bytes(32)] + [sha256d(tx.bytes()) for tx in txs])
            commitment = b"\x6a\x24\xaa\x21\xa9\xed" + sha256d(root + nonce)
            base.wits = [[nonce]]
            if kind == 15:
                nonce += b"\0"
                base.wits = [[nonce[:rnd.choice((0, 31, 33))]]]
            elif kind == 16:
                base.wits = rnd.choice(([[]], [[nonce, nonce]]))
            elif kind == 17:
                commitment = change(rnd, commitment)
            elif kind == 18:
                commitment += rnd.randbytes(3)
            if kind != 19:
                outs.append([bytes(8), commitment])
            if kind == 20:
                outs.append([bytes(8), commitment[:6] + rnd.randbytes(32)])
            elif kind == 21:
                outs.insert(0, [bytes(8), commitment[:6] + rnd.randbytes(32)])
        elif kind == 22:
            base.wits = [[rnd.randbytes(32)]]
        txs = [base] + txs
        if kind == 23:
            txs.append(base.copy())
        elif kind == 24:
            txs = txs[1:]
        elif kind == 25:
            base.outs.append([bytes(8), bytes(rnd.choice((998_000, 999_900, 1_000_100)))]) if rnd.random() < 0.2 else None
        raws = [tx.bytes() for tx in txs]
        root = merkle([txid(tx) for tx in txs])
        if kind == 26 and len(raws) > 1:
            raws += raws[-(len(raws) & -len(raws)):]
            txs = None
        elif kind == 27:
            root = change(rnd, root)[:32].ljust(32, b"\0")
        version, bits = rnd.choice((4, 0x20000000)), 0x207FFFFF
        median = chain.median()
        # Two hours from our clock nothing is valid; the chain stays far behind it.
        when = max(median + 1, chain.times[-1] + rnd.choice((-300, -1, 0, 1, 60, 600, 1200)))
        if kind == 28:
            when = median + rnd.choice((-1, 0, 1))
        elif kind == 29:
            version = rnd.choice((0, 1, 2, 3, -1, 4))
        elif kind == 30:
            bits = rnd.choice((0x207FFFFE, 0x1F7FFFFF, 0x207FFFFF, 0x20800000, 0, 0x21000001))
        head = struct.pack("<i", version) + chain.tip + root + struct.pack("<II", when & 0xFFFFFFFF, bits)
        nonce = rnd.getrandbits(31)
        # Kind 31 is not worked for at all.
        while kind != 31 and sha256d(head + struct.pack("<I", nonce))[31] > 0x7F:
            nonce += 1
        raw = head + struct.pack("<I", nonce) + size(len(raws)) + b"".join(raws)
        if kind == 32:
            at = rnd.randrange(80, len(raw))
            raw = raw[:at] + change(rnd, raw[at:])
            txs = None
        return raw, txs, when

    def line(self, case):
        """The request, or None for a block whose transactions we cannot name without decoding it."""
        raw, txs, _ = case
        chain = self.chain
        txs = transactions(raw) if txs is None else txs
        spent = []
        for tx in txs[1:]:
            row = []
            for point, _, _ in tx.ins:
                coin = chain.coins.get(point)
                row.append([coin.value, coin.script.hex(), coin.height, coin.coinbase, coin.time] if coin else None)
            spent.append([txid(tx)[::-1].hex(), row])
        context = {"prev_height": chain.height, "prev_times": chain.times[-11:], "prev_bits": "207fffff",
                   "period_start_time": chain.times[chain.height - chain.height % PERIOD]}
        return json.dumps({"op": "verifyblock", "network": "regtest", "height": chain.height + 1, "block": raw.hex(),
                           "spent": spent, "context": context}).encode() + b"\n"


# ---------------------------------------------------------------- the run

def compare(want, line, reasons):
    """Whether the engines agree, and in what class of mistake where there is only one."""
    answer = json.loads(line)
    if "ok" not in answer:
        return want is None and "decode" in answer.get("error", "")
    if want is None:
        return False
    reasons["valid" if answer["ok"] else answer["error"]] += 1
    if answer["ok"] or want[0]:
        return answer["ok"] == want[0]
    return True


def differs(want, line):
    return not compare(want, line, collections.Counter())


def smallest_alone(alone, ours, case):
    """The least block that the engines see differently, judged by itself."""
    _, network, checks_root = case

    def still(raw, _):
        smaller = raw, network, checks_root
        return differs(alone.core(smaller), ours.ask(alone.line(smaller)))

    return alone.line((minimise(case[0], still, mined=False), network, checks_root))


def smallest_next(coming, ours, case, folder):
    """The same for a block on a chain: on others like it, for one that took a block is of no more use."""
    before, when, spare, seen = list(coming.chain.blocks), case[2], None, {}

    def still(raw, txs):
        nonlocal spare
        if raw in seen:
            return seen[raw]
        # A block that was taken is the tip, and one that was refused is known by its hash.
        if spare is None or sha256d(raw[:80]) in spare.judged:
            spare = Chain(coming.rnd, tempfile.mkdtemp(dir=folder))
            if not all((spare.submit(block) or (False,))[0] for block in before):
                raise SystemExit("the chain cannot be made again")
            spare.judged = set()
        want, line = spare.submit(raw), ours.ask(coming.line((raw, txs, when)))
        spare.judged.add(sha256d(raw[:80]))
        if want and want[0]:
            spare = None
        seen[raw] = differs(want, line)
        return seen[raw]

    raw = minimise(case[0], still, mined=True)
    return coming.line((raw, None, when))


def run(args, rnd, tally, reasons, folder):
    ours, alone = Ours(args.tool), Alone(rnd, [s for s in corpus() if len(s.bytes()) < 2000])
    chain = Chain(rnd, folder)
    coming, classes = Next(rnd, chain), 0
    while time.monotonic() - tally.start < args.seconds and not (args.cases and tally.cases >= args.cases):
        batch = [alone.case() for _ in range(16)]
        ours.send(b"".join([alone.line(case) for case in batch]))
        for case in batch:
            want, line = alone.core(case), ours.answer()
            tally.cases += 1
            tally.undecoded += want is None
            tally.valid += bool(want and want[0])
            if not compare(want, line, reasons):
                print(f"\nDIFFERENCE after {tally.cases} blocks (seed {args.seed}): Core {want}, ours {line.decode()}{smallest_alone(alone, Ours(args.tool), case).decode()}"
                      f"as it was found: {alone.line(case).decode()}")
                return False
        for _ in range(16):
            case = coming.case()
            text = coming.line(case)
            ours.send(text)
            want, line = chain.submit(case[0]), ours.answer()
            tally.cases += 1
            tally.undecoded += want is None
            tally.valid += bool(want and want[0])
            if not compare(want, line, reasons):
                print(f"\nDIFFERENCE after {tally.cases} blocks (seed {args.seed}): Core {want}, ours {line.decode()}{smallest_next(coming, Ours(args.tool), case, folder).decode()}"
                      f"as it was found: {text.decode()}")
                return False
            answer = json.loads(line)
            if want and not want[0] and reason_class(answer["error"]) != want[1]:
                classes += 1
                if args.verbose:
                    print(f"another class: Core {want[1]}, ours {answer['error']}")
            if want and want[0]:
                # Whether an output is an unspent coin already is nothing that a request can tell.
                if answer.get("skipped") != ["BIP30"]:
                    print("rules were left out: " + line.decode())
                    return False
                chain.extend(case[0], transactions(case[0]) if case[1] is None else case[1], case[2])
        if time.monotonic() - tally.shown > 10:
            tally.shown = time.monotonic()
            print(f"{tally.cases} blocks, {tally.valid} valid, {tally.undecoded} undecodable, chain of {chain.height}", flush=True)
    ours.proc.stdin.close()
    ours.proc.wait()
    print("what was found: " + ", ".join(f"{k} {v}" for k, v in reasons.most_common()))
    print(f"chain of {chain.height} blocks; another class of mistake named first: {classes}")
    return True


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tool", default=os.path.join(ROOT, ".build/release/cellblock") + " conform")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--cases", type=int, default=0, help="stop after so many (0: by time alone)")
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--verbose", action="store_true")
    args = p.parse_args()
    if not os.path.isdir(VECTORS):
        print("no ../shared/vectors: nothing to start from", file=sys.stderr)
        return 2
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1 << 32)
    rnd, tally, reasons = random.Random(args.seed), Tally(), collections.Counter()
    print(f"seed {args.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="differential-")
    try:
        agreed = run(args, rnd, tally, reasons, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    minutes = tally.cpu() / 60
    print(f"{tally.cases} blocks, {tally.valid} valid, {tally.undecoded} undecodable, {tally.cases / (time.monotonic() - tally.start):.0f} a second, "
          f"{minutes:.1f} CPU minutes, {'no difference' if agreed else 'ONE DIFFERENCE'}", flush=True)
    return 0 if agreed else 1


if __name__ == "__main__":
    # The kernel's threads outlive an orderly end of the interpreter.
    status = main()
    sys.stdout.flush()
    os._exit(status)
