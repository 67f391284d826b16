"""Rosters, the ledger, and how a reward is split by them: Docs/PayoutAudit.md, "The arithmetic"."""
import hashlib
import unicodedata

from curve import tagged
from descriptors import script_at

TAG = b"\x6a\x24CBPL"
WITNESS = b"\x6a\x24\xaa\x21\xa9\xed"
CLASSES = (384, 755, 2250, 6500, 16000)


class Wrong(Exception):
    """What makes the history wrong."""


def require(holds, reason):
    if not holds:
        raise Wrong(reason)


def is_commitment(script):
    return script[:6] == TAG and len(script) == 38


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
