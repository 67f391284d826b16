#!/usr/bin/env python3
"""Kills a node at random instants, and wants it back as if nothing had happened.

    Tests/Crash/crash.py --program .build/release/cellblockd --kills 500 [--seed N] [--only import,mining]

Each kill is a SIGKILL at a random instant while the node imports a file, mines for a roster, reorganises its chain,
flushes a cache too small for it, prunes, takes in coins from a file and checks the chain below them, or builds coins
or everything anew; or a SIGTERM in such a start, after which it must end by itself without a word. It is then
started with plain flags, must come up without help, stand at a block, and hold there the very coins
(`hash_serialized_3`, `muhash`) and payout ledger of a node that was never killed. What it had said it has, it must
still have. The seed is printed; with it the chain and the order of trials are the same again, the instants as far as
the machine allows.
Exit status: 0 all good, 1 not. Python 3's own library is enough.
"""

import argparse
import collections
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

from chain import Chain
from node import Broken, Node, Refused, Undisturbed
from scripts import TRUE
from wire import In, Out, Tx

AUDIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "Audit", "verify.py")
ROSTER = """[payout]
scheme = "weights"
[[inmate]]
name = "ana"
weight = 3
address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
[[inmate]]
name = "beto"
weight = 4
address = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"
"""


class Trial:
    """One kind of work, in a folder that stays from kill to kill."""

    name = ""
    flags = ()
    # Whether the work is begun by flags of a start of its own, rather than by calls to a node that runs.
    is_start = False

    def __init__(self, yard):
        self.yard = yard
        self.random = random.Random(f"{yard.seed} {self.name}")
        self.node = Node(yard.program, [*yard.flags, *self.flags])
        # Blocks that the node said it has.
        self.promised = []
        self.span = 0.5
        self.prepare()

    def prepare(self):
        self.node.start()

    def work(self, node):
        """Called in a thread of its own until the node is gone."""

    def begun(self):
        """Flags of the start that is to be cut short."""
        return ()

    def kill_once(self):
        worker = threading.Thread(target=self.drive, daemon=True)
        if self.is_start:
            # Whether it was asked to stop before or was killed at rest must make no difference.
            if self.node.process:
                self.node.stop() if self.random.random() < 0.5 else self.node.kill()
            self.node.spawn(*self.begun())
        else:
            worker.start()
        time.sleep(self.random.uniform(0, self.span))
        code = self.node.kill()
        if code != -signal.SIGKILL:
            raise Broken(f"the node ended of itself with {code}: {self.node.said()}")
        if not self.is_start:
            worker.join(60)
        self.node.start()
        self.check()

    def drive(self):
        try:
            self.work(self.node)
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # The node was killed while it worked, as was the plan.
        except Exception as error:
            self.yard.failures.append(f"{self.name}: {error}")

    def check(self):
        node = self.node
        tip = node.call("getbestblockhash")
        expected = self.yard.undisturbed.state(tip, node)
        found = node.state()
        if found != expected:
            raise Broken(f"at {tip} the node has\n{json.dumps(found)}\nnot\n{json.dumps(expected)}")
        for name in self.promised:
            node.call("getblock", name, 1)
        self.promised = self.promised[-5:]
        if self.random.random() < 0.2 and not self.is_sound():
            raise Broken("verifychain finds fault with the last blocks")

    def is_sound(self):
        return self.verifies(20)

    def verifies(self, count):
        if self.node.call("verifychain", 4, count) is True:
            return True
        # A cache that cannot hold what is taken back is a reason to say no, and no damage.
        self.node.stop()
        self.node.start("-dbcache=100")
        return self.node.call("verifychain", 4, count) is True

    def submit(self, place):
        answer = self.node.call("submitblock", self.yard.chain.blocks[place.hash].hex())
        if answer not in (None, "inconclusive", "duplicate"):
            raise Broken(f"a good block was refused: {answer}")
        self.promised.append(place.hash)

    def close(self):
        self.node.remove()


class Import(Trial):
    """`-loadblock` of a file in which the chain is reorganised twice."""

    name = "import"
    flags = ("-dbcache=4",)
    is_start = True

    def prepare(self):
        began = time.monotonic()
        self.node.start(*self.begun())
        self.span = 1.1 * (time.monotonic() - began)
        self.begin_anew()

    def begun(self):
        return (f"-loadblock={self.yard.file}",)

    def begin_anew(self):
        """Without a folder: even the first start of all is cut short."""
        self.node.stop()
        shutil.rmtree(self.node.network_folder)

    def check(self):
        super().check()
        if self.node.call("getbestblockhash") == self.yard.chain.tip.hash:
            self.begin_anew()


class Mining(Trial):
    """Blocks for a roster, with transactions in them."""

    name = "mining"

    def prepare(self):
        self.flags = (f"-roster={self.yard.roster}", "-acceptnonstdtxn=1")
        self.node.flags += self.flags
        self.node.start()
        for place in self.yard.chain.main:
            self.submit(place)
        self.coins = list(self.yard.chain.main[-1].coins)

    def work(self, node):
        while True:
            # A few at a time: with no end to it there would be hundreds for the other node to learn.
            node.call("startmining", 1, self.random.randrange(1, 5))
            time.sleep(0.03)
            if self.coins:
                point, value = self.coins.pop()
                tx = Tx([In(point)], [Out((value - 2000) // 2, TRUE)] * 2)
                try:
                    node.call("sendrawtransaction", tx.raw().hex(), 0)
                except Refused:
                    pass  # Spent by the same transaction before a kill.
            self.promised.append(node.call("getbestblockhash"))


class Shares(Mining):
    """Blocks for a roster that pays by shares. Nobody else can tell what it owes by them: so all that ever happened to
    the ledger is computed anew from an export, and no block may be left out."""

    name = "shares"

    def prepare(self):
        path = os.path.join(self.yard.folder, "shares.toml")
        with open(path, "w") as file:
            file.write(ROSTER.replace('"weights"', '"pplns"'))
        self.node.flags += [f"-roster={path}", "-finder=ana", "-acceptnonstdtxn=1"]
        self.node.start()
        # Whatever the others mined before is none of this roster's.
        for place in self.yard.chain.main[:30]:
            self.submit(place)
        self.coins = []

    def check(self):
        node = self.node
        for name in self.promised:
            node.call("getblock", name, 1)
        self.promised = self.promised[-5:]
        path = os.path.join(node.folder, "payouts.json")
        for name in (path, path + ".shares"):
            if os.path.exists(name):
                os.remove(name)
        node.call("exportpayouts", path)
        done = subprocess.run(
            [sys.executable, AUDIT, path, "--rpc", f"http://127.0.0.1:{node.rpc_port}", "--cookie",
             os.path.join(node.network_folder, ".cookie"), "--json"], capture_output=True, text=True)
        if done.returncode or done.stderr:
            raise Broken(f"the payouts do not hold: {done.stdout}{done.stderr}")
        mined = node.call("getblockcount") - 30
        result = json.loads(done.stdout)
        if result["payout_blocks"] != mined:
            raise Broken(f"of {mined} blocks paid by shares the audit saw {result}")
        if self.random.random() < 0.2 and not self.is_sound():
            raise Broken("verifychain finds fault with the last blocks")


class Reorganisation(Trial):
    """The ends of two branches called invalid and valid again, by turns."""

    name = "reorganisation"
    flags = ("-dbcache=5",)

    def prepare(self):
        self.node.start()
        for place in self.yard.chain.in_order():
            self.submit(place)

    def work(self, node):
        chain = self.yard.chain
        while True:
            line = self.random.choice((chain.main, chain.rival, chain.late))
            place = self.random.choice(line[-40:])
            node.call("invalidateblock", place.hash)
            node.call("reconsiderblock", place.hash)


class Flush(Trial):
    """Coins brought to the disk again and again while blocks come and go."""

    name = "flush"
    flags = ("-dbcache=4",)

    def prepare(self):
        self.node.start()
        self.next = 0

    def work(self, node):
        chain = self.yard.chain
        order = chain.in_order()
        while self.next < len(order):
            self.submit(order[self.next])
            node.call("gettxoutsetinfo", "none")
            self.next += 1
        while True:
            place = self.random.choice(chain.main[-60:])
            node.call("invalidateblock", place.hash)
            node.call("gettxoutsetinfo", "none")
            node.call("reconsiderblock", place.hash)
            node.call("gettxoutsetinfo", "none")


class Reindex(Trial):
    """Everything made anew from the block files, or the coins from the blocks."""

    name = "reindex"
    flags = ("-dbcache=4",)
    is_start = True

    def prepare(self):
        self.node.start()
        for place in self.yard.chain.in_order():
            self.submit(place)
        self.node.stop()
        began = time.monotonic()
        self.node.start("-reindex")
        self.span = 1.1 * (time.monotonic() - began)

    def begun(self):
        return (self.random.choice(("-reindex", "-reindex-chainstate")),)

    def check(self):
        super().check()
        tip = self.node.call("getbestblockhash")
        if tip != self.yard.chain.tip.hash:
            raise Broken(f"what was being made anew was left at {tip}")


class Stop(Reindex):
    """The same, and other long starts, ended by a signal that asks for it."""

    name = "stop"

    def begun(self):
        return self.random.choice((
            ("-reindex",), ("-reindex-chainstate",), ("-txindex",), (f"-loadblock={self.yard.file}",),
            ("-checkblocks=0", "-checklevel=4", "-dbcache=100"), ("-reindex", "-coinstatsindex", "-blockfilterindex")))

    def kill_once(self):
        if self.node.process:
            self.node.stop() if self.random.random() < 0.5 else self.node.kill()
        # What was ended may be ended again before it is let through.
        for _ in range(self.random.randrange(1, 4)):
            self.node.spawn(*self.begun())
            time.sleep(self.random.uniform(0, self.span))
            began = time.monotonic()
            code = self.node.terminate()
            self.yard.longest_end = max(self.yard.longest_end, time.monotonic() - began)
            # At the very first the signal finds nobody who listens, and nothing begun.
            if code not in (0, -signal.SIGTERM) or self.node.said():
                raise Broken(f"asked to stop the node ended with {code}: {self.node.said()}")
        self.node.start()
        self.check()


class Prune(Trial):
    """Old block files given up, a few at a time, on top of a chain that goes on."""

    name = "prune"
    flags = ("-prune=1", "-fastprune", "-dbcache=4")
    # The last blocks are always kept.
    kept = 288

    def prepare(self):
        self.node.start()
        for place in self.yard.chain.main:
            self.submit(place)
        self.promised = []
        self.generate(self.kept)
        self.check()
        self.node.stop()
        self.whole = os.path.join(self.yard.folder, "whole")
        shutil.copytree(self.node.network_folder, self.whole)
        self.node.start()

    def generate(self, count):
        # Any witness program does.
        self.node.call("generatetoaddress", count, "bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t")

    def work(self, node):
        while True:
            self.generate(1)
            lowest = node.call("getblockchaininfo").get("pruneheight", 0)
            node.call("pruneblockchain", lowest + self.random.randrange(1, 30))

    def check(self):
        super().check()
        info = self.node.call("getblockchaininfo")
        lowest = info.get("pruneheight", 0)
        for height in range(lowest, info["blocks"] + 1, 7):
            self.node.call("getblock", self.node.call("getblockhash", height), 1)
        files = sorted(name for name in os.listdir(os.path.join(self.node.network_folder, "blocks")) if name[:3] in ("blk", "rev"))
        if [name[3:] for name in files if name < "c"] != [name[3:] for name in files if name > "c"]:
            raise Broken(f"not every block file has an undo file: {files}")
        if lowest > len(self.yard.chain.main) - 20:
            self.node.stop()
            shutil.rmtree(self.node.network_folder)
            shutil.copytree(self.whole, self.node.network_folder)
            self.node.start()


class Snapshot(Trial):
    """Coins taken in from a file, and the blocks above and below them, in any order."""

    name = "snapshot"
    # The height of the coins, and how many blocks the node has before.
    base, head = 150, 40

    def prepare(self):
        self.file = os.path.join(self.yard.folder, "coins.dat")
        source = Node(self.yard.program, self.yard.flags).start()
        for place in self.yard.chain.main[: self.base]:
            source.call("submitblock", self.yard.chain.blocks[place.hash].hex())
        dump = source.call("dumptxoutset", self.file, "latest")
        source.remove()
        pinned = ":".join(str(dump[key]) for key in ("base_height", "base_hash", "txoutset_hash", "nchaintx"))
        self.node.flags += [f"-assumeutxo={pinned}", "-dbcache=4"]
        self.begin_anew()

    def begin_anew(self):
        if self.node.process:
            self.node.stop()
            shutil.rmtree(self.node.network_folder)
        self.node.start()
        order = self.yard.chain.in_order()
        for place in order:
            self.node.call("submitheader", self.yard.chain.blocks[place.hash][:80].hex())
        self.promised = []
        for place in order[: self.head]:
            self.submit(place)
        # In pieces, of which those above and those below come in turn.
        pieces = [order[start : start + 10] for start in range(self.head, len(order), 10)]
        self.random.shuffle(pieces)
        self.left = [place for piece in pieces for place in piece]

    def work(self, node):
        if "snapshot_blockhash" not in node.call("getchainstates")["chainstates"][-1]:
            if node.call("getblockcount") < self.base:
                node.call("loadtxoutset", self.file)
        while self.left:
            self.submit(self.left[0])
            self.left.pop(0)
        while True:
            time.sleep(0.05)
            node.call("getchainstates")

    def kill_once(self):
        # Coins found right take their place in the start that follows.
        self.is_start = self.random.random() < 0.3
        super().kill_once()

    def check(self):
        super().check()
        states = self.node.call("getchainstates")["chainstates"]
        if len(states) == 1 and not self.left and states[0]["blocks"] == self.yard.chain.tip.height:
            if not self.verifies(0):
                raise Broken("verifychain finds fault with the chain")
            self.begin_anew()

    def is_sound(self):
        # Where blocks are still to come, it says that it cannot look at all.
        return len(self.node.call("getchainstates")["chainstates"]) > 1 or super().is_sound()


TRIALS = {trial.name: trial for trial in (Import, Mining, Shares, Reorganisation, Flush, Prune, Snapshot, Reindex, Stop)}


class Yard:
    """What all trials share: the chain, the node that is never killed, the seed."""

    def __init__(self, options):
        self.program, self.seed = options.program, options.seed
        self.failures = []
        # How long a node took to end that was asked to, at most, in seconds.
        self.longest_end = 0.0
        self.folder = tempfile.mkdtemp(prefix="crash-")
        self.chain = Chain(options.seed, options.length, spends=options.spends)
        self.file = os.path.join(self.folder, "blocks.dat")
        self.chain.write(self.file)
        self.roster = os.path.join(self.folder, "roster.toml")
        with open(self.roster, "w") as file:
            file.write(ROSTER)
        self.flags = [f"-knownroster={self.roster}"]
        self.undisturbed = Undisturbed(options.program, self.chain, self.flags)

    def close(self):
        self.undisturbed.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="cellblockd")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--only", default=",".join(TRIALS), help="kinds of work, by commas")
    parser.add_argument("--length", type=int, default=220, help="blocks of the chain")
    parser.add_argument("--spends", type=int, default=60, help="transactions a block")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    yard = Yard(options)
    order = random.Random(options.seed)
    names = options.only.split(",")
    trials, counts = {}, collections.Counter()
    began = time.monotonic()
    try:
        for number in range(options.kills):
            # Each kind once, then as chance has it.
            name = names[number] if number < len(names) else order.choice(names)
            if name not in trials:
                trials[name] = TRIALS[name](yard)
            try:
                trials[name].kill_once()
                if yard.failures:
                    raise Broken("; ".join(yard.failures))
            except (Broken, Refused) as error:
                trial = trials.pop(name)
                trial.node.kill()
                kept = trial.node.folder
                print(f"FAILED at kill {number + 1}, {name}, seed {options.seed}, folder {kept}\n{error}")
                return 1
            counts[name] += 1
            if (number + 1) % 50 == 0:
                print(f"{number + 1} kills in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    finally:
        for trial in trials.values():
            trial.close()
        yard.close()
    print(", ".join(f"{name} {counts[name]}" for name in names if counts[name]))
    if counts["stop"]:
        print(f"ended when asked to within {yard.longest_end:.2f} s")
    print(f"{sum(counts.values())} kills, 0 failures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
