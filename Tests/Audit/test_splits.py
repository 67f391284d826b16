#!/usr/bin/env python3
"""Proves that two programs split alike: the audit's own arithmetic and the node's, on random rosters.

    test_splits.py --program cellblockd [--count 2000] [--seed N]

Each case is a roster of some scheme with members who came, left or owe, perhaps a window of shares, and a
reward. The program `cellblock` beside the one named answers by `conform`; outputs, commitment and the ledger
after must be those of payouts.py. Names differ at times only in how an accent is written. The seed is printed.
Exit code 0: all were alike.
"""
import argparse
import json
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
import payouts  # noqa: E402
from descriptors import LETTERS, checksum  # noqa: E402

SCHEMES = ("solo", "weights", "rotation", "pplns")


def address(program):
    """Of a witness program of 20 bytes, on regtest (BIP173)."""
    number = int.from_bytes(program, "big")
    data = [0] + [number >> 5 * (31 - place) & 31 for place in range(32)]
    prefix = [ord(letter) >> 5 for letter in "bcrt"] + [0] + [ord(letter) & 31 for letter in "bcrt"]
    sum_ = checksum(prefix + data + [0] * 6) ^ 1
    return "bcrt1" + "".join(
        LETTERS[value] for value in data + [sum_ >> 5 * (5 - place) & 31 for place in range(6)])


def names_of(generator):
    """Some names, and of one of them the same with its accent written in another way."""
    names = [f"m{number}" for number in range(generator.randint(1, 11))]
    if generator.random() < 0.3:
        names += ["jos\u00e9", "jose\u0301"]
    return names


def members_of(names, generator):
    members = generator.sample(names, generator.randint(1, len(names)))
    # A roster has no two that look alike.
    if "jos\u00e9" in members and "jose\u0301" in members:
        members.remove(generator.choice(["jos\u00e9", "jose\u0301"]))
    return members


def case_of(generator, number):
    """What the program is asked, and what payouts.py says."""
    names = names_of(generator)
    scripts = {name: b"\0\x14" + generator.randbytes(20) for name in names}
    members = members_of(names, generator)
    weights = {name: generator.randint(1, 50) for name in members}
    payout = {
        "scheme": generator.choice(SCHEMES), "max_payees": generator.randint(1, 6),
        "min_payout": generator.choice([0, 5000, 200_000]),
        "fee_bps": generator.choice([0, 0, 150]), "finder_bps": generator.choice([0, 0, 100]),
        "pplns_factor": 4}
    operator = b"\0\x14" + generator.randbytes(20) if payout["fee_bps"] else b""
    balances = {}
    if len(names) > 1 and generator.random() < 0.9:
        scale = generator.choice([2000, 600_000, 40_000_000, 10**11])
        balances = {name: generator.randint(-scale, scale) for name in names[1:]}
        balances[names[0]] = -sum(balances.values())
    reward = generator.choice([
        generator.randint(0, 1000), generator.randint(0, 60_000), generator.randint(0, 5 * 10**9)])
    previous = generator.randbytes(32)
    pays_finder = payout["finder_bps"] or payout["scheme"] == "solo"
    finder = generator.choice([None, *members]) if pays_finder else None
    work, root = None, bytes(32)
    if payout["scheme"] == "pplns" and generator.random() < 0.8:
        work = {name: generator.randint(1, 1 << 40)
                for name in generator.sample(names, generator.randint(0, len(names)))}
        root = generator.randbytes(32)

    asked = {
        "op": "payout", "network": "regtest", "id": number, "reward": reward,
        "prev": previous[::-1].hex(),
        "roster": {
            "payout": dict(payout, operator=address(operator[2:])) if operator else payout,
            "inmate": [{"name": name, "weight": weights[name], "address": address(scripts[name][2:])}
                       for name in members]},
        "ledger": {name: {"balance": balance, "payouts": 1, "script": scripts[name].hex()}
                   for name, balance in balances.items()}}
    if finder is not None:
        asked["finder"] = finder
    if work is not None:
        asked.update(shares=work, share_root=root.hex())

    roster = roster_of(payout, operator, [(name, weights[name], scripts[name]) for name in members])
    ledger = payouts.Ledger([(name, (scripts[name], balance, 1)) for name, balance in balances.items()])
    claims = payouts.claims_of(roster, ledger, previous, finder, work)
    limit = payouts.members_at_most(roster) \
        + min(roster.max_payees, sum(map(payouts.is_due_leaver, claims)))
    # Whose bonus would be dust is no part of the commitment.
    bonus = reward * payout["finder_bps"] // 10000
    if finder and payout["scheme"] != "solo" and bonus < max(1, payouts.dust(scripts[finder])):
        finder = None
    outputs, after = payouts.split(roster, ledger, previous, reward, limit, finder, work, root)
    wanted = {"outputs": [[script.hex(), value] for value, script in outputs],
              "ledger": {name: account[1] for name, account in after.accounts.items()},
              "commitment": outputs[-1][1][-32:].hex()}
    leavers = sum(map(payouts.is_due_leaver, claims))
    return asked, wanted, {"leavers": leavers > 0, "scheme": payout["scheme"],
                           "accents": len(names) > 2 and names[-1] == "jose\u0301"}


def roster_of(payout, operator, members):
    data = payouts.sized(payout["scheme"].encode())
    for key in ("max_payees", "min_payout", "fee_bps", "finder_bps", "pplns_factor"):
        data += payouts.int64(payout[key])
    data += payouts.sized(operator) + payouts.compact(len(members))
    for name, weight, script in members:
        data += payouts.sized(name.encode()) + payouts.int64(weight) + b"\0" + payouts.sized(script)
    return payouts.Roster({
        **payout, "operator": operator.hex(), "hash": payouts.tagged("Cellblock/roster", data).hex(),
        "inmates": [{"name": name, "weight": weight, "script": script.hex()}
                    for name, weight, script in members]})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print("seed", options.seed)
    generator = random.Random(options.seed)
    cases = [case_of(generator, number) for number in range(options.count)]
    tool = os.path.join(os.path.dirname(os.path.abspath(options.program)), "cellblock")
    done = subprocess.run(
        [tool, "conform"], capture_output=True, check=True,
        input="".join(json.dumps(asked) + "\n" for asked, _, _ in cases).encode())
    lines = done.stdout.splitlines()
    differing = 0
    for (asked, wanted, _), line in zip(cases, lines):
        answer = json.loads(line)
        if any(answer.get(key) != value for key, value in wanted.items()):
            differing += 1
            if differing <= 3:
                print("asked", json.dumps(asked), "\nwanted", json.dumps(wanted), "\ngot", line.decode())
    kinds = [kind for _, _, kind in cases]
    print(f"{len(lines)} answers, {differing} differing; {sum(k['leavers'] for k in kinds)} with leavers "
          f"who are due, {sum(k['accents'] for k in kinds)} with names that look alike;",
          ", ".join(f"{sum(k['scheme'] == s for k in kinds)} {s}" for s in SCHEMES))
    sys.exit(0 if len(lines) == len(cases) and not differing else 1)


if __name__ == "__main__":
    main()
