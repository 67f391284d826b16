#!/usr/bin/env python3
"""Writes the end of a part of the share log as a part of its own, as if those before were gone.

    cut_shares.py PART NEW SHARES      NEW begins with the last SHARES shares, and their jobs
"""
import sys

import blocks as chain
from curve import tagged


def main():
    part, new, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(part, "rb") as file:
        data = file.read()
    reader = chain.Reader(data)
    head = reader.take(8)
    number, tip = reader.integer(8), reader.take(32)
    # By place: where an entry begins, its number, the hash before it, whether it is a job.
    entries = []
    while reader.offset < len(data):
        start = reader.offset
        length = reader.integer(4)
        before, body = reader.take(32), reader.take(length)
        reader.take(4)
        entries.append((start, number, before, body[8] == 1))
        tip, number = tagged("Cellblock/share", before + body), number + 1
    shares = [place for place, entry in enumerate(entries) if not entry[3]]
    first = shares[-count]
    while first > 0 and entries[first - 1][3]:
        first -= 1
    start, number, before, _ = entries[first]
    with open(new, "wb") as file:
        file.write(head + number.to_bytes(8, "little") + before + data[start:])


if __name__ == "__main__":
    main()
