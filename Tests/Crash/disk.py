#!/usr/bin/env python3
"""Makes writes of a node fail, one after the other, and fills its disk; wants one clear line, and no harm done.

    Tests/Crash/disk.py --program .build/release/cellblockd [--every 1] [--fills 20] [--seed N]

`fault.c` is put under the node with LD_PRELOAD (it needs `cc`) and counts everything that would reach its folder:
writes, syncs, files made, cut and renamed, RocksDB's among them. The node starts on a short chain, takes in blocks
that reorganise it and flushes; in one run its first write fails, in the next the second, and so on to the last, each
once alone and once with all that follow. With --fills the folder is also put on a file system of its own (which
takes root) that is too small by a random amount.

Whatever fails, the node must end of itself with one line on standard error, or have come through; and started on a
good disk, it must take in the blocks and hold the coins that a node has which no write failed. Exit status: 0 all
good, 1 not.
"""

import argparse
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from chain import Chain
from node import Broken, Node, Refused, Undisturbed

HERE = os.path.dirname(os.path.abspath(__file__))
MAXIMUM = 1 << 30


class Bench:
    """A chain, a folder that holds the most of it, and what must come of the rest."""

    def __init__(self, options):
        self.program, self.random = options.program, random.Random(options.seed)
        self.folder = tempfile.mkdtemp(prefix="crash-")
        self.chain = Chain(options.seed, length=112, depth=2, spends=10)
        self.fault = os.path.join(self.folder, "fault.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", self.fault, os.path.join(HERE, "fault.c"), "-ldl"], check=True)
        self.base = os.path.join(self.folder, "base")
        os.mkdir(self.base)
        node = Node(self.program, folder=self.base).start()
        for place in self.chain.main[:-4]:
            node.call("submitblock", self.chain.blocks[place.hash].hex())
        node.stop()
        self.rest = self.chain.main[-4:] + self.chain.rival + self.chain.late
        undisturbed = Undisturbed(self.program, self.chain, [])
        self.expected = undisturbed.state(self.chain.tip.hash, None)
        undisturbed.close()
        self.work = os.path.join(self.folder, "work")
        self.outcomes = {"stopped": 0, "came through": 0}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def drive(self, node):
        """Starts the node and gives it the rest of the blocks; ends early with the node."""
        try:
            node.wait()
            for place in self.rest:
                node.call("submitblock", self.chain.blocks[place.hash].hex())
                if node.call("getblockcount") % 2:
                    node.call("gettxoutsetinfo", "none")
            node.call("stop")
        except (Broken, Refused, OSError, http.client.HTTPException, ValueError):
            pass  # How it ended is looked at below.

    def judge(self, node, what):
        """How the node ended."""
        code = node.process.wait(60)
        said = node.said()
        node.process = None
        if code == 0 and not said:
            self.outcomes["came through"] += 1
        elif code == 1 and len(said.splitlines()) == 1 and said.startswith("Error: "):
            self.outcomes["stopped"] += 1
        else:
            raise Broken(f"{what}: the node ended with {code}, saying: {said!r}")
        return said

    def check(self, node, what):
        """The next start, on a good disk."""
        node.start()
        for place in self.rest:
            answer = node.call("submitblock", self.chain.blocks[place.hash].hex())
            if answer not in (None, "inconclusive", "duplicate"):
                raise Broken(f"{what}: then a good block was refused: {answer}")
        found = node.state()
        if found != self.expected:
            raise Broken(f"{what}: then the node has\n{json.dumps(found)}\nnot\n{json.dumps(self.expected)}")
        node.stop()

    def fail(self, number, lasts):
        """One run in which a write fails; returns whether there were so many."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.base, self.work)
        log = os.path.join(self.folder, "log")
        if os.path.exists(log):
            os.remove(log)
        environment = {
            "LD_PRELOAD": self.fault, "FAULT_FOLDER": self.work, "FAULT_AT": str(number), "FAULT_LOG": log}
        if lasts:
            environment["FAULT_LASTS"] = "1"
        node = Node(self.program, folder=self.work)
        try:
            node.spawn(environment=environment)
            self.drive(node)
            what = f"write {number}{' and all after' if lasts else ''}"
            node.process.wait(60)
            failed = os.path.exists(log)
            if failed:
                with open(log) as file:
                    what += f" ({file.read().strip().replace(self.work, '')})"
            said = self.judge(node, what)
            if not failed and said:
                raise Broken(f"{what}: nothing failed, and yet: {said}")
            self.check(node, what)
            return failed
        finally:
            node.kill()

    def fill(self):
        """One run on a file system that has too little room."""
        shutil.rmtree(self.work, ignore_errors=True)
        os.mkdir(self.work)
        needed = sum(
            (os.path.getsize(os.path.join(folder, name)) + 4095) // 4096 * 4096 + 4096
            for folder, _, names in os.walk(self.base) for name in names)
        room = needed + self.random.randrange(96 << 10, 768 << 10)
        what = f"a disk of {room} bytes"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", self.work], check=True)
        node = Node(self.program, folder=self.work)
        try:
            shutil.copytree(self.base, self.work, dirs_exist_ok=True)
            node.spawn()
            self.drive(node)
            self.judge(node, what)
            subprocess.run(["mount", "-o", f"remount,size={MAXIMUM}", self.work], check=True)
            self.check(node, what)
        finally:
            node.kill()
            subprocess.run(["umount", self.work], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="cellblockd")
    parser.add_argument("--every", type=int, default=1, help="let only every n-th write fail")
    parser.add_argument("--fills", type=int, default=0, help="disks to fill; needs root")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    bench = Bench(options)
    writes = fills = 0
    try:
        number = bench.random.randrange(options.every) + 1
        while True:
            lasts = number // options.every % 2 == 1 if options.every > 1 else True
            goes_on = bench.fail(number, lasts)
            if goes_on and options.every == 1:
                bench.fail(number, False)
            if not goes_on:
                break
            writes += 1
            number += options.every
            if writes % 20 == 0:
                print(f"{writes} writes failed", file=sys.stderr, flush=True)
        for _ in range(options.fills):
            bench.fill()
            fills += 1
    except (Broken, subprocess.TimeoutExpired) as error:
        print(f"FAILED, seed {options.seed}\n{error}")
        return 1
    finally:
        bench.close()
    print(", ".join(f"{what} {count}" for what, count in bench.outcomes.items()))
    print(f"{writes} writes failed, {fills} disks filled, 0 failures")
    return 0 if writes and bench.outcomes["stopped"] else 1


if __name__ == "__main__":
    sys.exit(main())
