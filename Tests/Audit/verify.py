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
import unicodedata

import blocks as chain
from curve import tagged
from descriptors import script_at

TAG = b"\x6a\x24CBPL"
WITNESS = b"\x6a\x24\xaa\x21\xa9\xed"
CLASSES = (384, 755, 2250, 6500, 16000)
WINDOW_LIMIT = 1 << 20


class Wrong(Exception):
    """What makes the history wrong."""


def require(holds, reason):
    if not holds:
        raise Wrong(reason)


def compact(number):
    if number < 253:
        return bytes([number])
    for prefix, size in ((253, 2), (254, 4), (255, 8)):
        if number < 1 << 8 * size:
            return bytes([prefix]) + number.to_bytes(size, "little")
    raise ValueError("too large")


def sized(data):
    return compact(len(data)) + data


def int64(number):
    return number.to_bytes(8, "little", signed=True)


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


class Roster:
    def __init__(self, json_):
        self.scheme = json_["scheme"]
        self.max_payees, self.min_payout = json_["max_payees"], json_["min_payout"]
        self.fee, self.finder = json_["fee_bps"], json_["finder_bps"]
        self.factor = json_["pplns_factor"]
        self.operator = bytes.fromhex(json_["operator"] or "")
        self.inmates = [(item["name"], item["weight"],
                         bytes.fromhex(item["script"]) if "script" in item else None,
                         item.get("descriptor")) for item in json_["inmates"]]
        self.scripts = {}
        # To the members they would be one, to the ledger, which goes by bytes, two.
        looks = {unicodedata.normalize("NFC", item[0]) for item in self.inmates}
        require(len(looks) == len(self.inmates), "a roster with one name twice")
        data = sized(self.scheme.encode()) + int64(self.max_payees) + int64(self.min_payout)
        data += int64(self.fee) + int64(self.finder) + int64(self.factor) + sized(self.operator)
        data += compact(len(self.inmates))
        for name, weight, script, descriptor in self.inmates:
            data += sized(name.encode()) + int64(weight)
            data += b"\0" + sized(script) if script is not None \
                else b"\1" + sized(descriptor.encode())
        self.hash = tagged("Cellblock/roster", data)
        require(self.hash.hex() == json_["hash"], "a roster's hash is wrong")
        require(self.scheme in ("solo", "weights", "rotation", "pplns"), "an unknown scheme")

    def script(self, number, payouts):
        name, _, script, descriptor = self.inmates[number]
        if script is not None:
            return script
        index = payouts & 0x7fffffff if "*" in descriptor else 0
        if (number, index) not in self.scripts:
            self.scripts[number, index] = script_at(descriptor, index)
        return self.scripts[number, index]


class Ledger:
    """Accounts by name: script, balance in thousandths of a satoshi, payouts."""

    def __init__(self, accounts=()):
        self.accounts = dict(sorted(accounts, key=lambda item: item[0].encode()))

    def root(self):
        data = b"\1" + compact(len(self.accounts))
        for name, (script, balance, payouts) in self.accounts.items():
            data += sized(name.encode()) + sized(script) + int64(balance)
            data += payouts.to_bytes(4, "little")
        return tagged("Cellblock/ledger", data)


# MARK: The split


def apportion(total, weights, ties):
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), ties[i]))
    for index in order[:total - sum(parts)]:
        parts[index] += 1
    return parts


def dust(script):
    if script[:1] == b"\x6a" or len(script) > 10000:
        return 0
    is_witness = 4 <= len(script) <= 42 and (script[0] == 0 or 0x51 <= script[0] <= 0x60) \
        and script[1] + 2 == len(script)
    size = 8 + len(sized(script)) + 32 + 4 + 1 + (107 // 4 if is_witness else 107) + 4
    return 3 * size


class Claim:
    def __init__(self, roster, previous, name, script, weight, balance, payouts, is_member):
        self.name, self.script, self.weight = name, script, weight
        self.balance, self.payouts, self.is_member = balance, payouts, is_member
        # Who has left can reach no more than he is owed.
        self.minimum = max(roster.min_payout, dust(script)) if is_member \
            else max(1, dust(script))
        self.tie = hashlib.sha256(previous + name.encode()).digest()


def claims_of(roster, ledger, previous, finder, work):
    if roster.scheme == "solo":
        one = finder or roster.inmates[0][0]
        weights = [int(item[0] == one) for item in roster.inmates]
    else:
        weights = [item[1] for item in roster.inmates]
        if roster.scheme == "pplns" and work is not None:
            shown = [work.get(item[0], 0) for item in roster.inmates]
            weights = shown if any(shown) else weights
    claims = []
    for number, (name, *_) in enumerate(roster.inmates):
        _, balance, payouts = ledger.accounts.get(name, (b"", 0, 0))
        claims.append(Claim(roster, previous, name, roster.script(number, payouts),
                            weights[number], balance, payouts, True))
    members = {item[0] for item in roster.inmates}
    for name, (script, balance, payouts) in ledger.accounts.items():
        if name not in members:
            claims.append(Claim(roster, previous, name, script, 0, balance, payouts, False))
    return claims


def is_due_leaver(claim):
    return not claim.is_member and claim.balance >= 1000 * claim.minimum


def members_at_most(roster):
    return 1 if roster.scheme == "rotation" else roster.max_payees


def limits_of(roster, claims):
    """How many a coinbase may have paid: by the roster and who left it, and in each size class."""
    most = members_at_most(roster) + min(roster.max_payees, sum(map(is_due_leaver, claims)))
    limits = {most}
    sizes = sorted((8 + len(sized(claim.script)) for claim in claims), reverse=True)
    fixed = 4 + 1 + (36 + 1 + 14 + 4) + 3 + 47 + 4 + 47
    fixed += sizes[0] if roster.finder > 0 else 0
    fixed += 8 + len(sized(roster.operator)) if roster.fee > 0 and roster.operator else 0
    for size_class in CLASSES:
        size, count = fixed, 0
        while count < min(len(sizes), most) and size + sizes[count] <= size_class:
            size += sizes[count]
            count += 1
        limits.add(max(count, 1))
    return limits


def payments(roster, pot, limit, claims, targets):
    """Satoshis by place: who left is paid what he is owed, the members share the rest."""
    order = sorted(range(len(claims)), key=lambda i: (-targets[i], claims[i].tie))
    place = {index: number for number, index in enumerate(order)}
    paid = leaver_payments(pot, min(roster.max_payees, limit - 1), claims, order, place)
    rest = pot - sum(paid.values())
    if rest or not paid:
        most = min(members_at_most(roster), limit - len(paid))
        paid.update(member_payments(rest, most, claims, targets, order, place))
    return paid


def smallest_of(kept, amounts, place):
    """The smallest; of equal ones the last in order."""
    return min(range(len(kept)), key=lambda n: (amounts[n], -place[kept[n]]))


def leaver_payments(pot, limit, claims, order, place):
    kept = [i for i in order if is_due_leaver(claims[i])][:limit if pot else 0]
    least = max(claim.minimum for claim in claims if claim.is_member)
    if pot < least:
        least = max(dust(claim.script) for claim in claims if claim.is_member)
    while kept:
        amounts = [claims[i].balance // 1000 for i in kept]
        due = sum(amounts)
        room = max(0, pot - least) if due < pot else pot
        if due > room:
            amounts = apportion(room, amounts, [claims[i].tie for i in kept])
        short = any(amount < claims[i].minimum for i, amount in zip(kept, amounts))
        if not short or (len(kept) == 1 and due >= pot):
            break
        del kept[smallest_of(kept, amounts, place)]
    return dict(zip(kept, amounts)) if kept else {}


def member_payments(pot, limit, claims, targets, order, place):
    order = [i for i in order if claims[i].is_member]
    kept = [i for i in order
            if targets[i] >= 1000 * claims[i].minimum and targets[i] > 0][:limit]
    kept = kept or order[:1]
    while True:
        ties = [claims[i].tie for i in kept]
        due = [max(0, targets[i]) for i in kept]
        amounts = [value // 1000 for value in due]
        if sum(amounts) > pot:
            amounts = apportion(pot, due, ties)
        elif sum(amounts) < pot:
            weights = [claims[i].weight for i in kept]
            weights = weights if any(weights) else due if any(due) else [1] * len(kept)
            surplus = apportion(pot - sum(amounts), weights, ties)
            amounts = [a + b for a, b in zip(amounts, surplus)]
        short = any(amount < claims[i].minimum for i, amount in zip(kept, amounts))
        if len(kept) == 1 or not short:
            return dict(zip(kept, amounts))
        del kept[smallest_of(kept, amounts, place)]


def split(roster, ledger, previous, reward, limit, finder, work, share_root):
    """The outputs a coinbase must have, and the ledger after it."""
    claims = claims_of(roster, ledger, previous, finder, work)
    require(limit in limits_of(roster, claims), "a limit on payees that no size class gives")
    bonuses = []
    for points, script in (
            (roster.finder, next((c.script for c in claims if c.name == finder), None)),
            (roster.fee, roster.operator or None)):
        part = reward * points // 10000
        if script is not None and part > 0 and part >= dust(script):
            bonuses.append((part, script))
    pot = reward - sum(part for part, _ in bonuses)
    entitled = apportion(1000 * pot, [claim.weight for claim in claims],
                         [claim.tie for claim in claims])
    targets = [claim.balance + part for claim, part in zip(claims, entitled)]
    paid = payments(roster, pot, limit, claims, targets)
    accounts = []
    for index, claim in enumerate(claims):
        balance = targets[index] - 1000 * paid.get(index, 0)
        if claim.is_member or balance:
            accounts.append((claim.name, (claim.script, balance,
                                          claim.payouts + (index in paid))))
    after = Ledger(accounts)
    require(sum(balance for _, balance, _ in after.accounts.values()) == 0,
            "balances that do not sum to zero")
    order = sorted(paid, key=lambda i: (-targets[i], claims[i].tie))
    data = sized(roster.scheme.encode()) + int64(limit) + int64(roster.min_payout)
    data += int64(roster.fee) + int64(roster.finder) + int64(roster.factor)
    data += sized((finder or "").encode()) + roster.hash + share_root
    data += ledger.root() + after.root()
    commitment = TAG + tagged("Cellblock/payout", data)
    outputs = [(paid[i], claims[i].script) for i in order] + bonuses + [(0, commitment)]
    return outputs, after


# MARK: Shares


class ShareLog:
    """The share log: every entry checked, and windows of it."""

    def __init__(self, path, expected):
        with open(path, "rb") as file:
            data = file.read()
        require(len(data) == expected["size"]
                and hashlib.sha256(data).hexdigest() == expected["sha256"],
                "the share log is not the one exported")
        reader = chain.Reader(data)
        require(reader.take(4) == b"CBSH" and reader.integer(4) == 1, "no share log")
        self.first = number = reader.integer(8)
        tip = reader.take(32)
        self.ends, self.shares, jobs = {}, [], {}
        while reader.offset < len(data):
            length = reader.integer(4)
            require(reader.take(32) == tip, f"share log entry {number} does not follow")
            body = reader.take(length)
            tip = tagged("Cellblock/share", tip + body)
            require(reader.take(4) == tip[:4], f"share log entry {number} is damaged")
            entry = chain.Reader(body)
            require(entry.integer(8) == number, "share log entries out of order")
            kind = entry.integer(1)
            if kind == 1:
                jobs[number] = (entry.sized(), entry.sized(),
                                [entry.take(32) for _ in range(entry.compact())])
            else:
                require(kind == 2, "an unknown kind of entry")
                self.shares.append(self.share(entry, jobs, number))
            require(entry.offset == len(body), "an entry with bytes left over")
            self.ends[tip] = len(self.shares)
            number += 1

    @staticmethod
    def share(entry, jobs, number):
        job, name, _ = entry.integer(8), entry.sized().decode(), entry.sized()
        work, extra, header = entry.integer(8), entry.sized(), entry.take(80)
        require(job in jobs, f"share {number} has no job")
        prefix, suffix, branch = jobs[job]
        root = chain.double_sha256(prefix + extra + suffix)
        for item in branch:
            root = chain.double_sha256(root + item)
        require(root == header[36:68], f"share {number} is not of its job")
        value = int.from_bytes(chain.double_sha256(header), "little")
        require(work > 0 and value <= (2**256 - 1) // work, f"share {number} has too little work")
        return name, work

    def window(self, root, bits, factor):
        """The work of each member in the window that ends at `root`."""
        require(root in self.ends or self.first > 0,
                "a block names a share log that is not the one exported")
        require(root in self.ends, "a block names shares before the first in the log, if there were "
                "any: --trust-start takes what was before them on trust")
        left = min(2**64 - 1, min(2**256 // (chain.target_of(bits) + 1), 2**63 - 1) * factor)
        end = self.ends[root]
        work = {}
        for name, value in reversed(self.shares[max(0, end - WINDOW_LIMIT):end]):
            if left <= 0:
                break
            counted = min(value, left)
            left -= counted
            work[name] = work.get(name, 0) + counted
        require(left <= 0 or self.first == 0 or end >= WINDOW_LIMIT,
                "the share log does not reach back far enough: --trust-start takes what was before "
                "it on trust")
        return {name: min(value, 2**63 - 1) for name, value in work.items()}


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
    flagged = {item["hash"]: item for item in export.get("flagged", [])}
    coins, ledger, notes, paid, immature = {}, start.ledger, [], 0, 0
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
        terms = listed.pop(block.hash[::-1].hex(), None)
        flaw = flagged.pop(block.hash[::-1].hex(), None)
        require(flaw is None or flaw["height"] == height,
                f"block {height} is flagged at another height")
        if terms is None:
            if any(script[:6] == TAG and len(script) == 38 for _, script in outputs):
                reason = f": {flaw['flaw']} {flaw.get('reason', '')}".rstrip() if flaw else ""
                notes.append(f"block {height} commits to a split that was not applied" + reason)
            else:
                require(flaw is None, f"block {height} is flagged and commits to nothing")
            continue
        require(flaw is None, f"block {height} is both listed and flagged")
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
        amount = sum(value for value, _ in wanted)
        paid += amount
        if height + network["maturity"] > len(path):
            immature += amount
    require(not listed and not flagged, "blocks are listed that are not of the chain")
    if start.trusted:
        notes.append(f"{start.trusted} blocks below {start.height}, and what was owed after them, "
                     "are taken on trust")
    final = [(name, script.hex(), balance, payouts)
             for name, (script, balance, payouts) in ledger.accounts.items()]
    require(final == [(a["name"], a["script"], a["balance"], a["payouts"])
                      for a in export["ledger"]], "the ledger at the tip is another")
    return {"blocks": len(path), "payout_blocks": len(export["blocks"]),
            "trusted_blocks": start.trusted, "paid_sat": paid,
            "immature_sat": immature, "shares": len(shares.shares) if shares else 0,
            "ledger": ledger.root().hex(), "notes": notes}


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


class Lazy:
    """Blocks asked of a node as they are needed."""

    def __init__(self, node):
        self.node = node

    def get(self, hash_):
        return self.node.get(hash_)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export")
    parser.add_argument("--blocks", help="folder with blk*.dat files")
    parser.add_argument("--rpc", help="URL of a node")
    parser.add_argument("--cookie", help="the node's .cookie file")
    parser.add_argument("--shares", help="the share log (default: EXPORT.shares)")
    parser.add_argument("--trust-start", action="store_true",
                        help="begin where the share log does, with the ledger given there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        export = read_export(options.export)
        if options.blocks:
            magic = bytes.fromhex(export["network"]["magic"])
            blocks = chain.from_folder(options.blocks, magic)
        else:
            blocks = Lazy(chain.Node(options.rpc, options.cookie))
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
        print(f"{result['payout_blocks']} of {result['blocks']} blocks pay by roster, "
              f"{result['paid_sat']} sat in all, {result['immature_sat']} of them immature; "
              f"{result['shares']} shares proven; all as the rosters say.")


if __name__ == "__main__":
    main()
