#!/usr/bin/env python3
"""Proves that the audit sees damage: flips one byte at a time, at random places, and wants it found.

    test_flips.py EXPORT --blocks FOLDER [--flips 200] [--seed N]

First the history must verify. Then bytes of the export, of the share log beside it and of the
chain's blocks are flipped. Bytes of the export are flipped twice: as they are, and with the digest
made right again, where whatever is left of the meaning must be found by computing. Exit code 0: all
were found. The seed is printed.
"""
import argparse
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def verifies(export, blocks):
    return subprocess.run(
        [sys.executable, os.path.join(HERE, "verify.py"), export, "--blocks", blocks],
        capture_output=True, check=False).returncode == 0


def flip(data, place, generator):
    changed = bytearray(data)
    changed[place] ^= 1 << generator.randrange(8)
    return bytes(changed)


def with_digest(data):
    place = data.rfind(b'"digest": "')
    digest = hashlib.sha256(data[:place]).hexdigest()
    return data[:place] + f'"digest": "{digest}"\n}}\n'.encode()


def meaningful_places(data):
    """Where numbers and hexadecimal texts stand that the computation must find wrong."""
    body = data[:data.rfind(b'"digest": "')]
    skipped = re.compile(rb'"(?:name|magic|format|maturity|segwitheight)": ?(?:"[^"]*"|\d+)')
    spared = set()
    for match in skipped.finditer(body):
        spared.update(range(*match.span()))
    return [place for match in re.finditer(rb'(?<=[":\- ])[0-9a-f]+(?=[",}\]])', body)
            for place in range(*match.span()) if place not in spared]


def forge(data, places, generator):
    """The export with another digit in one place, and that place.

    A halving that comes after the last block, before and after, is the same to every block: such a
    change is no damage, and another is made.
    """
    while True:
        place = generator.choice(places)
        old = chr(data[place])
        # Of the same kind, so that it still reads as JSON.
        digits = "123456789" if old.isdigit() else "abcdef"
        new = generator.choice([digit for digit in digits if digit != old])
        forged = data[:place] + new.encode() + data[place + 1:]
        before, after = json.loads(data), json.loads(forged)
        intervals = [export["network"].pop("halving") for export in (before, after)]
        halvings = [[height // interval for height in range(before["tip"]["height"] + 1)]
                    for interval in intervals]
        if before != after or halvings[0] != halvings[1]:
            return with_digest(forged), place


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export")
    parser.add_argument("--blocks", required=True)
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    generator = random.Random(options.seed)
    if not verifies(options.export, options.blocks):
        sys.exit("the history does not verify as it is")
    missed, tried = [], 0
    with tempfile.TemporaryDirectory() as folder:
        export = os.path.join(folder, "export.json")
        shares = export + ".shares"
        blocks = os.path.join(folder, "blocks")
        shutil.copytree(options.blocks, blocks)
        shutil.copy(options.export, export)
        has_shares = os.path.exists(options.export + ".shares")
        if has_shares:
            shutil.copy(options.export + ".shares", shares)
        sources = [("export", export), ("forged", export)]
        sources += [("shares", shares)] if has_shares else []
        for name in sorted(os.listdir(blocks)):
            if name.startswith("blk"):
                sources.append((name, os.path.join(blocks, name)))
        for kind, path in sources:
            with open(path, "rb") as file:
                data = file.read()
            places = meaningful_places(data) if kind == "forged" else range(len(data))
            for _ in range(max(1, options.flips // len(sources))):
                if kind == "forged":
                    damaged, place = forge(data, places, generator)
                else:
                    place = generator.choice(places)
                    damaged = flip(data, place, generator)
                with open(path, "wb") as file:
                    file.write(damaged)
                tried += 1
                if verifies(export, blocks):
                    missed.append((kind, place))
            with open(path, "wb") as file:
                file.write(data)
        intact = verifies(export, blocks)
    print(json.dumps({"flips": tried, "missed": missed, "intact_again": intact}))
    sys.exit(1 if missed or not intact else 0)


if __name__ == "__main__":
    main()
