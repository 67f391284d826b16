#!/usr/bin/env python3
"""Proves that the audit and the node derive alike: descriptors of each kind the audit knows, on random keys.

    test_descriptors.py --program cellblockd [--count 40] [--seed N]

The program `cellblock` beside the one named splits a reward by `conform` among one member with such a
descriptor, and the script it pays must be that of descriptors.py. A kind that the audit does not know must
be named as such. The seed is printed. Exit code 0: all were alike.
"""
import argparse
import hashlib
import json
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
from curve import ALPHABET, G, compress, hash160, multiply  # noqa: E402
from descriptors import LETTERS, checksum, script_at  # noqa: E402

KINDS = (
    "pk(K)", "pkh(K)", "wpkh(K)", "sh(wpkh(K))", "sh(pkh(K))", "wsh(pk(K))", "sh(wsh(pkh(K)))",
    "tr(X)", "rawtr(X)", "multi(1,K,K)", "sortedmulti(2,K,K,K)", "sh(multi(2,K,K,K))",
    "sh(sortedmulti(1,K,K))", "wsh(multi(2,K,K))", "wsh(sortedmulti(3,K,K,K,K))",
    "wsh(multi(17," + ",".join("K" * 18) + "))", "sh(wsh(sortedmulti(2,K,K,K)))", "pkh(U)",
    "addr(A)", "raw(R)")
UNKNOWN = ("tr(X,pk(X))", "wsh(and_v(v:pk(K),older(144)))")


def base58(data):
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def key(generator):
    """A key as it is, with its origin, or one of an extended key's children."""
    point = compress(multiply(G, generator.randrange(1, 1 << 128)))
    kind = generator.randrange(4)
    if kind < 2:
        return ("[d34db33f/84h/0h/0h]" if kind else "") + point.hex()
    data = b"\x04\x35\x87\xcf\x01" + generator.randbytes(8) + generator.randbytes(32) + point
    return base58(data) + ("/0/*" if kind == 2 else f"/{generator.randrange(9)}")


def address(generator):
    """One of regtest, of any kind there is."""
    kind, program = generator.randrange(5), generator.randbytes(32)
    if kind < 2:
        return base58((b"\x6f", b"\xc4")[kind] + hash160(program))
    version = int(kind == 4)
    program = program[:20] if kind == 2 else program
    number, count = int.from_bytes(program, "big"), -(-8 * len(program) // 5)
    number <<= 5 * count - 8 * len(program)
    data = [version] + [number >> 5 * (count - 1 - place) & 31 for place in range(count)]
    head = [3, 3, 3, 3, 0] + [ord(letter) & 31 for letter in "bcrt"]
    sum_ = checksum(head + data + [0] * 6) ^ (0x2bc830a3 if version else 1)
    return "bcrt1" + "".join(
        LETTERS[value] for value in data + [sum_ >> 5 * (5 - place) & 31 for place in range(6)])


def descriptor(kind, generator):
    text = ""
    for letter in kind:
        if letter in "KX":
            text += key(generator)
        elif letter == "U":
            point = multiply(G, generator.randrange(1, 1 << 128))
            text += "04" + (point[0] << 256 | point[1]).to_bytes(64, "big").hex()
        elif letter == "A":
            text += address(generator)
        elif letter == "R":
            text += generator.randbytes(generator.randint(1, 60)).hex()
        else:
            text += letter
    return text


def asked(text, payouts, number):
    """A split of which all goes to the one member, paid so often before."""
    return json.dumps({
        "op": "payout", "network": "regtest", "id": number, "reward": 10**9, "prev": "11" * 32,
        "roster": {"payout": {"scheme": "weights"},
                   "inmate": [{"name": "ana", "weight": 1, "descriptor": text}]},
        "ledger": {"ana": {"balance": 0, "payouts": payouts, "script": "51"}}})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print("seed", options.seed)
    generator = random.Random(options.seed)
    cases = [(descriptor(KINDS[number % len(KINDS)], generator), generator.randrange(5))
             for number in range(max(options.count, len(KINDS)))]
    tool = os.path.join(os.path.dirname(os.path.abspath(options.program)), "cellblock")
    lines = "".join(asked(*case, number) + "\n" for number, case in enumerate(cases))
    done = subprocess.run([tool, "conform"], capture_output=True, check=True, input=lines.encode())
    answers, differing = done.stdout.splitlines(), 0
    for (text, payouts), line in zip(cases, answers):
        answer = json.loads(line)
        script = script_at(text, payouts if "*" in text else 0)
        if answer.get("outputs", [[None]])[0][0] != script.hex():
            differing += 1
            print("differing", text, payouts, "got", line.decode(), "not", script.hex())
    for kind in UNKNOWN:
        text = descriptor(kind, generator)
        try:
            script_at(text, 0)
        except ValueError as error:
            if "not known here" in str(error):
                continue
        sys.exit(f"{text} is not said to be unknown")
    print(f"{len(answers)} answers, {differing} differing")
    sys.exit(0 if len(answers) == len(cases) and not differing else 1)


if __name__ == "__main__":
    main()
