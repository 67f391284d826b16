#!/usr/bin/env python3
"""Proves that the audit sees forgeries whose hashes are all right: shares nobody worked for, and blocks left out.

    test_forgeries.py EXPORT --blocks FOLDER

The history must verify, pay by at least two blocks, and have a share log. Exit code 0: each forgery was found,
for the reason it should be.
"""
import argparse
import copy
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import blocks as chain  # noqa: E402
import verify  # noqa: E402
from curve import tagged  # noqa: E402
from payouts import TAG, WITNESS, sized  # noqa: E402
from shares import ShareLog  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
# Bitcoin's first block: an honest proof of 2^43 hashes and more, of nobody here.
BITCOIN_COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104"
    "455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f6620736563"
    "6f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a6"
    "7130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6b"
    "f11d5fac00000000")
BITCOIN_HEADER = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c")


class Log:
    """A share log to which entries are put."""

    def __init__(self, data):
        reader = chain.Reader(data)
        reader.take(8)
        self.data, self.number, self.tip, self.last = data, reader.integer(8), reader.take(32), None
        while reader.offset < len(data):
            length = reader.integer(4)
            before, body = reader.take(32), reader.take(length)
            reader.take(4)
            self.tip, self.number = tagged("Cellblock/share", before + body), self.number + 1
            self.last = body[8:]

    def append(self, entry):
        body = self.number.to_bytes(8, "little") + entry
        before, self.tip = self.tip, tagged("Cellblock/share", self.tip + body)
        self.data += len(body).to_bytes(4, "little") + before + body + self.tip[:4]
        self.number += 1
        return self.number - 1

    def job(self, prefix, suffix):
        return self.append(b"\1" + sized(prefix) + sized(suffix) + b"\0")

    def share(self, job, work, extra, header):
        self.append(b"\2" + job.to_bytes(8, "little") + sized(b"ana") + sized(b"")
                    + work.to_bytes(8, "little") + sized(extra) + header)


class History:
    def __init__(self, export, folder, blocks):
        with open(export, "rb") as file:
            self.export = json.load(file)
        with open(export + ".shares", "rb") as file:
            self.shares = file.read()
        self.path, self.blocks = os.path.join(folder, "export.json"), blocks

    def judge(self, export=None, shares=None):
        """What the audit says of that: nothing but figures where it is content."""
        export, shares = copy.deepcopy(export or self.export), shares or self.shares
        export["shares"] = {"size": len(shares), "sha256": hashlib.sha256(shares).hexdigest()}
        export.pop("digest", None)
        text = json.dumps(export)[:-1] + ",\n"
        digest = hashlib.sha256(text.encode()).hexdigest()
        with open(self.path, "w") as file:
            file.write(f'{text}"digest": "{digest}"\n}}\n')
        with open(self.path + ".shares", "wb") as file:
            file.write(shares)
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "verify.py"), self.path, "--blocks", self.blocks,
             "--json"], capture_output=True, check=False, text=True)
        return done.stderr.splitlines()[-1] if done.returncode else json.loads(done.stdout)

    def ledger_before_last(self):
        """What was owed before the last block that pays."""
        ledgers, split = [verify.Ledger()], verify.split

        def noting(*arguments):
            outputs, ledger = split(*arguments)
            ledgers.append(ledger)
            return outputs, ledger

        verify.split = noting
        export = self.export
        blocks = verify.Blocks([self.blocks], bytes.fromhex(export["network"]["magic"]), None)
        self.judge()
        log = ShareLog(self.path + ".shares", export["shares"])
        verify.audit(export, blocks, log, verify.Start(export, False))
        verify.split = split
        return [{"name": name, "script": script.hex(), "balance": balance, "payouts": payouts}
                for name, (script, balance, payouts) in ledgers[-2].accounts.items()]


def shares_of_nobody(history):
    """Share logs that credit somebody with work that was not done for the roster."""
    log = Log(history.shares)
    log.append(log.last)
    yield "a share handed in again", log.data, "was there before"
    log = Log(history.shares)
    job = log.job(BITCOIN_COINBASE[:42], BITCOIN_COINBASE[42:])
    for _ in range(5):
        log.share(job, 1 << 32, b"", BITCOIN_HEADER)
    yield "another network's block five times", log.data, "was there before"
    log = Log(history.shares)
    log.share(log.job(BITCOIN_COINBASE[:42], BITCOIN_COINBASE[42:]), 1 << 32, b"", BITCOIN_HEADER)
    yield "another network's block", log.data, "which is not there"


def stray(history, commitment):
    """A log at whose end is a share for a coinbase that pays a stranger: any hash proves one of work 1."""
    log = Log(history.shares)
    outputs = [(1000, b"\0\x14" + b"\7" * 20)] + [(0, TAG + bytes(32))] * commitment
    suffix = b"\xff" * 4 + bytes([len(outputs)]) + b"".join(
        value.to_bytes(8, "little") + sized(script) for value, script in outputs) + bytes(4)
    prefix = struct.pack("<I", 2) + b"\1" + bytes(32) + b"\xff" * 4 + b"\4"
    root = chain.double_sha256(prefix + b"\1\2\3\4" + suffix)
    tip = bytes.fromhex(history.export["tip"]["hash"])[::-1]
    header = struct.pack("<I", 1 << 29) + tip + root + struct.pack("<III", 1, 0x207fffff, 0)
    log.share(log.job(prefix, suffix), 1, b"\1\2\3\4", header)
    return log.data


def blocks_left_out(history):
    """Exports from which the last block that pays is gone, and what it did."""
    export = copy.deepcopy(history.export)
    block = export["blocks"].pop()
    export["ledger"] = history.ledger_before_last()
    yield "the last block left out", export, "neither listed nor flagged"
    for flaw in ("unrecognised", "violated"):
        flagged = copy.deepcopy(export)
        flagged["flagged"].append({"height": block["height"], "hash": block["hash"], "flaw": flaw})
        yield f"the last block flagged as {flaw}", flagged, "the ledger does not follow it"


def witnesses(history):
    """Below the height at which BIP141 is in force an output is no commitment, whatever it looks like."""
    coinbase = struct.pack("<I", 1) + b"\1" + bytes(32) + b"\xff" * 4 + b"\2ab" + bytes(4) + b"\1" \
        + bytes(8) + sized(WITNESS + bytes(32)) + bytes(4)
    header = bytes(36) + chain.double_sha256(coinbase) + struct.pack("<II", 1, 0x207fffff)
    nonce = 0
    while chain.double_sha256(header + struct.pack("<I", nonce))[31] > 0x7e:
        nonce += 1
    block = chain.Block(header + struct.pack("<I", nonce) + b"\1" + coinbase)
    block.check(False)
    try:
        block.check(True)
    except ValueError as error:
        return "wrong witness commitment" in str(error)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export")
    parser.add_argument("--blocks", required=True)
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        history = History(options.export, folder, options.blocks)
        said = history.judge()
        if not isinstance(said, dict):
            sys.exit(f"the history does not verify as it is: {said}")
        forgeries = [(what, None, shares, why) for what, shares, why in shares_of_nobody(history)]
        forgeries += [(what, export, None, why) for what, export, why in blocks_left_out(history)]
        for what, export, shares, why in forgeries:
            said = history.judge(export, shares)
            if isinstance(said, dict) or why not in said:
                failed.append(f"{what}: {said}")
        # No block is paid by it yet: it is said, and no more.
        for commitment in (0, 1):
            said = history.judge(shares=stray(history, commitment))
            if not isinstance(said, dict) or said.get("foreign_shares") != 1:
                failed.append(f"a share for a stranger: {said}")
        if not witnesses(history):
            failed.append("an output below segwit's height is taken for a commitment")
    print(json.dumps({"forgeries": len(forgeries) + 3, "missed": failed}))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
