#!/usr/bin/env python3
"""Computes a network's whole payout history anew, from an export and the blocks.

    verify.py EXPORT --blocks FOLDER            the folder with blk*.dat of any node
    verify.py EXPORT --rpc URL --cookie FILE    any node, Bitcoin Core among them

Docs/PayoutAudit.md tells what is checked and what is taken on trust. Nothing but Python's standard
library is used. Ends with 0 and a summary if all is as the rosters say, else with 1 and the reason.
"""
import argparse
import hashlib
import json
import sys

import blocks as chain
from payouts import WITNESS, Ledger, Roster, Wrong, is_commitment, require, split
from search import Search
from shares import ShareLog, SharePayments


# MARK: The export


def read_export(path):
    with open(path, "rb") as file:
        data = file.read()
    place = data.rfind(b'"digest": "')
    require(place > 0, "the export has no digest")
    digest = hashlib.sha256(data[:place]).hexdigest()
    require(data[place:] == f'"digest": "{digest}"\n}}\n'.encode(), "the export's digest is wrong")
    export = json.loads(data)
    require(export["format"] == "cellblock-payouts-1", "an export of an unknown format")
    return export


# MARK: The chain


def path_to(tip, genesis, blocks):
    """The blocks from genesis to the tip."""
    path, hash_ = [], tip
    while True:
        block = blocks.get(hash_)
        require(block is not None, f"block {hash_[::-1].hex()} is missing")
        require(block.hash == hash_, "a block of another hash")
        path.append(block)
        if hash_ == genesis:
            return path[::-1]
        hash_ = block.previous


class Chain:
    """The blocks from genesis to the tip, and what was owed after each."""

    def __init__(self, path, blocks):
        self.path, self.blocks = path, blocks
        self.heights = {block.hash: height for height, block in enumerate(path)}
        # From where it can be computed on.
        self.ledgers = {}
        self.known = set(self.heights)

    def has(self, hash_):
        """Whether it is a block that is known, of the chain or one that lost."""
        branch = []
        while hash_ not in self.known:
            block = self.blocks.get(hash_)
            if block is None or block.hash != hash_ \
                    or int.from_bytes(hash_, "little") > chain.target_of(block.bits):
                return False
            branch.append(hash_)
            hash_ = block.previous
        self.known.update(branch)
        return True


class Scripts:
    """All that rosters and ledgers of the export pay."""

    def __init__(self, rosters, start):
        self.rosters, self.payouts = rosters, {}
        self.known = {roster.operator for roster in rosters}
        self.known.update(script for roster in rosters for _, _, script, _ in roster.inmates if script)
        self.add(start)

    def add(self, ledger):
        for name, (script, _, payouts) in ledger.accounts.items():
            self.known.add(script)
            self.payouts[name] = max(payouts, self.payouts.get(name, 0))

    def has(self, script):
        return script in self.known or any(
            roster.script(number, payouts) == script
            for roster in self.rosters for number, inmate in enumerate(roster.inmates) if inmate[3]
            for payouts in range(self.payouts.get(inmate[0], 0) + 2))


class Start:
    """Where computing begins: at genesis with nothing owed, or, where the first shares are no longer
    there, at a block and with a ledger before it that are taken on trust."""

    def __init__(self, export, is_trusted):
        given = export.get("start") if is_trusted else None
        require(given or not is_trusted, "the export begins at genesis: nothing is to be trusted")
        self.height = given["height"] if given else 0
        self.ledger = Ledger((a["name"], (bytes.fromhex(a["script"]), a["balance"], a["payouts"]))
                             for a in given["ledger"]) if given else Ledger()
        require(sum(item[1] for item in self.ledger.accounts.values()) == 0,
                "balances at the start that do not sum to zero")
        self.root, self.trusted = Ledger().root().hex(), 0

    def skip(self, height, terms):
        """Whether a listed block is before it: then only that its ledgers follow on each other counts."""
        if height >= self.height:
            require(not self.trusted or self.root == self.ledger.root().hex(),
                    "the ledger at the start is not the one after the block before it")
            return False
        require(terms["before"] == self.root, f"block {height}: wrong ledger before")
        self.root, self.trusted = terms["after"], self.trusted + 1
        return True


class LeftOut:
    """Blocks of the chain that commit to a split and that the ledger does not follow."""

    def __init__(self, export, rosters, shares, chain_):
        self.flagged = {item["hash"]: item for item in export.get("flagged", [])}
        require(len(self.flagged) == len(export.get("flagged", [])), "a block that is flagged twice")
        # A node without a roster looks at no coinbase.
        self.first = min((item["height"] for item in [*export["blocks"], *export.get("flagged", [])]),
                         default=None)
        self.search, self.shares, self.chain = Search(rosters, shares), shares, chain_
        self.notes, self.unknown = [], 0

    def check(self, height, block, is_listed, reward, ledger):
        """Whether the ledger had a reason. `ledger` is as of the block before; None if not known."""
        outputs = block.transactions[0].outputs
        flaw = self.flagged.pop(block.hash[::-1].hex(), None)
        require(flaw is None or flaw["height"] == height,
                f"block {height} is flagged at another height")
        require(flaw is None or not is_listed, f"block {height} is both listed and flagged")
        commits = any(is_commitment(script) for _, script in outputs)
        require(commits or flaw is None, f"block {height} is flagged and commits to nothing")
        if is_listed or not commits:
            return
        require(flaw is not None or self.first is None or height < self.first,
                f"block {height} commits to a split and is neither listed nor flagged")
        kind = flaw["flaw"] if flaw else "seen by a node that had no roster yet"
        reason = f"{kind} {flaw.get('reason', '') if flaw else ''}".rstrip()
        self.notes.append(f"block {height} commits to a split that was not applied: {reason}")
        wanted, is_whole = self.split(height, block, reward, ledger)
        actual = [item for item in outputs if item[1][:6] != WITNESS]
        require(wanted is None or actual != wanted,
                f"block {height} pays as a roster says, and the ledger does not follow it")
        require(kind != "violated" or wanted is not None or not is_whole,
                f"block {height} is flagged as violated, and is by no exported roster")
        self.unknown += wanted is None

    def split(self, height, block, reward, ledger):
        if ledger is None:
            return None, False
        end = self.shares.before(height, self.chain.heights) if self.shares else 0
        return self.search.find(block.transactions[0].outputs, reward, block.previous, block.bits,
                                ledger, end, True)


def audit(export, blocks, shares, start):
    network = export["network"]
    rosters = {}
    for item in export["rosters"]:
        roster = Roster(item)
        rosters[roster.hash.hex()] = roster
    listed = {item["hash"]: item for item in export["blocks"]}
    require(len(listed) == len(export["blocks"]), "a block that is listed twice")
    tip = bytes.fromhex(export["tip"]["hash"])[::-1]
    path = path_to(tip, bytes.fromhex(network["genesis"])[::-1], blocks)
    require(len(path) - 1 == export["tip"]["height"], "the tip has another height")
    history = Chain(path, blocks)
    left_out = LeftOut(export, rosters.values(), shares, history)
    scripts = Scripts(list(rosters.values()), start.ledger)
    coins, ledger, paid, immature = {}, start.ledger, 0, 0
    for height, block in enumerate(path):
        try:
            block.check(height >= network["segwitheight"])
        except (ValueError, IndexError) as error:
            raise Wrong(f"block {height}: {error}") from error
        fees = spend(block, coins, height)
        reward = (network["subsidy"] >> height // network["halving"]
                  if height // network["halving"] < 64 else 0) + fees
        outputs = block.transactions[0].outputs
        require(height == 0 or sum(value for value, _ in outputs) <= reward,
                f"block {height} mints too much")
        if height >= start.height:
            history.ledgers[block.previous] = ledger
        terms = listed.pop(block.hash[::-1].hex(), None)
        left_out.check(height, block, terms is not None, reward, history.ledgers.get(block.previous))
        if terms is None:
            continue
        require(terms["height"] == height, f"block {height} is listed at another height")
        if start.skip(height, terms):
            continue
        require(terms["before"] == ledger.root().hex(), f"block {height}: wrong ledger before")
        require(terms["roster"] in rosters, f"block {height}: its roster is not in the export")
        roster = rosters[terms["roster"]]
        root = bytes.fromhex(terms["shares"] or "00" * 32)
        work = None
        if any(root):
            require(shares is not None, f"block {height} needs the share log")
            work = shares.window(root, block.bits, roster.factor)
        wanted, ledger = split(roster, ledger, block.previous, reward, terms["payees"],
                               terms["finder"], work, root)
        actual = [item for item in outputs if item[1][:6] != WITNESS]
        require(actual == wanted, f"block {height} pays otherwise than its roster says")
        require(terms["after"] == ledger.root().hex(), f"block {height}: wrong ledger after")
        scripts.add(ledger)
        amount = sum(value for value, _ in wanted)
        paid += amount
        if height + network["maturity"] > len(path):
            immature += amount
    history.ledgers[tip] = ledger
    require(not listed and not left_out.flagged, "blocks are listed that are not of the chain")
    notes = left_out.notes
    if start.trusted:
        notes.append(f"{start.trusted} blocks below {start.height}, and what was owed after them, "
                     "are taken on trust")
    final = [(name, script.hex(), balance, payouts)
             for name, (script, balance, payouts) in ledger.accounts.items()]
    require(final == [(a["name"], a["script"], a["balance"], a["payouts"])
                      for a in export["ledger"]], "the ledger at the tip is another")
    payments = SharePayments(shares, Search(rosters.values(), shares), history, scripts)
    if shares:
        payments.check()
    return {"blocks": len(path), "payout_blocks": len(export["blocks"]),
            "trusted_blocks": start.trusted, "unknown_blocks": left_out.unknown, "paid_sat": paid,
            "immature_sat": immature, "shares": len(shares.shares) if shares else 0,
            "trusted_shares": payments.trusted, "foreign_shares": payments.foreign,
            "ledger": ledger.root().hex(), "notes": notes}


def summary(result):
    """One line of figures, and what could not be computed."""
    text = (f"{result['payout_blocks']} of {result['blocks']} blocks pay by roster, "
            f"{result['paid_sat']} sat in all, {result['immature_sat']} of them immature; "
            f"{result['shares']} shares proven; all as the rosters say")
    for key, what in (
            ("trusted_blocks", "{} blocks are taken on trust"),
            ("unknown_blocks", "{} blocks commit to splits that cannot be computed"),
            ("trusted_shares", "of {} shares only who may be paid was checked, not how much"),
            ("foreign_shares", "{} shares that no block counts were found for no exported roster")):
        if result[key]:
            text += "; " + what.format(result[key])
    return text + "."


def spend(block, coins, height):
    """Moves the coins of a block; returns its fees."""
    fees = 0
    for number, transaction in enumerate(block.transactions):
        if number:
            for point, _ in transaction.inputs:
                require(point in coins, f"block {height} spends a coin that is not there")
                fees += coins.pop(point)
            fees -= sum(value for value, _ in transaction.outputs)
        for index, (value, _) in enumerate(transaction.outputs):
            coins[transaction.txid + index.to_bytes(4, "little")] = value
    require(fees >= 0, f"block {height} spends more than there is")
    return fees


class Blocks:
    """Blocks of folders and, as they are needed, of a node. Each proves itself by its hash."""

    def __init__(self, folders, magic, node):
        self.found, self.node = {}, node
        for folder in folders:
            self.found.update(chain.from_folder(folder, magic))

    def get(self, hash_):
        if hash_ in self.found:
            return self.found[hash_]
        return self.node.get(hash_) if self.node else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export")
    parser.add_argument("--blocks", help="folder with blk*.dat files; may be given again",
                        action="append", default=[])
    parser.add_argument("--rpc", help="URL of a node")
    parser.add_argument("--cookie", help="the node's .cookie file")
    parser.add_argument("--shares", help="the share log (default: EXPORT.shares)")
    parser.add_argument("--trust-start", action="store_true",
                        help="begin where the share log does, with the ledger given there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        export = read_export(options.export)
        node = chain.Node(options.rpc, options.cookie) if options.rpc else None
        blocks = Blocks(options.blocks, bytes.fromhex(export["network"]["magic"]), node)
        shares = None
        if export["shares"]:
            shares = ShareLog(options.shares or options.export + ".shares", export["shares"])
        result = audit(export, blocks, shares, Start(export, options.trust_start))
    except (Wrong, ValueError, KeyError, TypeError, IndexError, OSError) as error:
        print(f"WRONG: {error or type(error).__name__}", file=sys.stderr)
        sys.exit(1)
    for note in result["notes"]:
        print(f"note: {note}", file=sys.stderr)
    if options.json:
        print(json.dumps(result))
    else:
        print(summary(result))


if __name__ == "__main__":
    main()
