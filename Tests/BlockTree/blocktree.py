#!/usr/bin/env python3
"""Good and bad blocks, and every way for them to arrive, against any engine that takes blocks.

    Tests/BlockTree/blocktree.py --program .build/release/cellblockd --ways kernel,submitblock,peer

A case breaks one rule in one place and stands beside a neighbour that keeps it; or it brings branches of blocks in
some order. What each engine must answer was written down with the case: Bitcoin Core's words, the tip after it, and
whether a peer that sends it is dropped. Every way must agree with that, and so with all others.

`kernel` is Bitcoin Core's own library (`pip install --pre py-bitcoinkernel`; it needs a C compiler for its clock);
the others start a node, ours or `--bitcoind`. All is made from the seed. Exit status: 0 all agree, 1 they do not.
"""

import argparse
import json
import sys
import time

sys.dont_write_bytecode = True

import cases_activation
import cases_blocks
import cases_branches
import cases_coins
import cases_scripts
import cases_signatures
import cases_times
import cases_witness
from tree import Tree, begin
from ways import Disagreement, Kernel, Submitted, Told

WAYS = ("kernel", "submitblock", "peer")
MODULES = (cases_blocks, cases_coins, cases_scripts, cases_signatures, cases_witness, cases_branches, cases_times)
# Fewer would mean that a generator made nothing.
LEAST_CASES = 150


def make(seed):
    """The trees: name, flags for the node, whether the kernel library can be set so, steps, number of cases."""
    main = Tree(seed)
    begin(main)
    for module in MODULES:
        before = len(main.cases)
        for cases in module.CASES:
            cases(main)
        if len(main.cases) == before:
            raise SystemExit(f"{module.__name__} made no case")
    trees = [("rules in force", [], True, main)]
    for name, flags, functions in (
        ("rules to come", cases_activation.FLAGS, cases_activation.CASES),
        ("BIP94", ["-test=bip94"], cases_activation.TIMEWARP),
    ):
        tree = Tree(seed)
        begin(tree)
        for cases in functions:
            cases(tree)
        trees.append((name, flags, False, tree))
    if sum(len(tree.cases) for *_, tree in trees) < LEAST_CASES:
        raise SystemExit("too few cases were made")
    return trees


def run(way, tree, keep_going, verbose):
    """The number of steps that went otherwise than they should, and a hash of the coins in the end."""
    wrong, case, coins = 0, None, None
    try:
        for number, step in enumerate(tree.steps):
            if verbose and step["case"] != case:
                print(f"  {step['case']}", flush=True)
            case = step["case"]
            try:
                way.step(step)
            except Disagreement as difference:
                wrong += 1
                print(
                    f"{way.name}: {case}{', ' + step['note'] if step['note'] else ''} (step {number}): {difference}",
                    flush=True,
                )
                if not keep_going:
                    break
        try:
            coins = way.coins()
        except Disagreement as difference:
            wrong += 1
            print(f"{way.name}: in the end: {difference}", flush=True)
    finally:
        way.close()
    return wrong, coins


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=".build/release/cellblockd")
    parser.add_argument("--bitcoind", help="a bitcoind to try in the same ways")
    parser.add_argument("--ways", default="submitblock,peer", help="of " + ",".join(WAYS))
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first difference")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--write", help="write the steps to a file, one JSON object a line, and stop")
    options = parser.parse_args()
    ways = options.ways.split(",")
    if not set(ways) <= set(WAYS):
        parser.error(f"the ways are {', '.join(WAYS)}")

    trees = make(options.seed)
    print(f"seed {options.seed}", flush=True)
    if options.write:
        with open(options.write, "w") as file:
            for name, flags, _, tree in trees:
                print(json.dumps({"tree": name, "flags": flags}), file=file)
                for step in tree.steps:
                    print(json.dumps(dict(step, block=step["block"].hex())), file=file)
        return 0
    wrong = 0
    programs = [options.program] + ([options.bitcoind] if options.bitcoind else [])
    for name, flags, suits_kernel, tree in trees:
        ends = set()
        for way in ways:
            if way == "kernel" and not suits_kernel:
                continue
            for program in programs[:1] if way == "kernel" else programs:
                start = time.monotonic()
                engine = Kernel() if way == "kernel" else (Submitted if way == "submitblock" else Told)(program, flags)
                differences, coins = run(engine, tree, options.keep_going, options.verbose)
                wrong += differences
                ends |= {coins} - {None}
                where = "" if way == "kernel" else f" of {program}"
                print(
                    f"{name}, by {way}{where}: {len(tree.cases)} cases, {len(tree.steps)} steps, "
                    f"{differences} differences, {time.monotonic() - start:.1f} s",
                    flush=True,
                )
        if len(ends) > 1:
            wrong += 1
            print(f"{name}: the coins are not the same by all ways", flush=True)
    print(f"{sum(len(tree.cases) for *_, tree in trees)} cases, {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
