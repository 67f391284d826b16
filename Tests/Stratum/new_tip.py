#!/usr/bin/env python3
"""Measures how soon after a new tip there is work on it, with a large pool of transactions.

    new_tip.py --programs .build/release [--transactions 50000] [--blocks 7] [--quick LIBFAKETIME]

Starts a node, fills its pool and mines blocks one by one. Prints for each how long after the call
`waitfornewblock` told of it a Stratum client had its first job on it and its first one with
transactions, and, without --quick, a long poll of getblocktemplate was answered; and the medians.

Without --quick it is regtest and the blocks are empty: there blocks are found faster than they are
filled, so everybody waits for a full one. With --quick, and the path of libfaketime, it is a yard of
2025 whose blocks take some 2^24 hashes: there everybody begins with a block that is empty. Only the
standard library is used, and nothing of Cellblock's but its programs.
"""
import argparse
import base64
import http.client
import json
import random
import shutil
import socket
import statistics
import struct
import tempfile
import threading
import time
from pathlib import Path

from stratum_miner import double_sha256
from try_minerd import Node, free_port, roster

ANYONE = "raw(51)"
# Outputs of a transaction that are spent by one transaction each.
PARTS = 500


class Caller:
    """One connection for calls."""

    def __init__(self, node):
        self.connection = http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=600)
        cookie = next(node.folder.glob("*/.cookie")).read_text()
        self.headers = {"Authorization": "Basic " + base64.b64encode(cookie.encode()).decode()}
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body):
        self.connection.request("POST", "/", json.dumps(body), self.headers)
        return json.loads(self.connection.getresponse().read())

    def call(self, method, *parameters):
        answer = self.post({"id": 1, "method": method, "params": parameters})
        if answer.get("error"):
            raise SystemExit(f"{method}: {answer['error']}")
        return answer["result"]

    def send_all(self, texts):
        for start in range(0, len(texts), 250):
            for answer in self.post([
                    {"id": n, "method": "sendrawtransaction", "params": [text.hex()]}
                    for n, text in enumerate(texts[start:start + 250])]):
                if answer.get("error"):
                    raise SystemExit(f"sendrawtransaction: {answer['error']}")


def size(number):
    return struct.pack("<B", number) if number < 253 else b"\xfd" + struct.pack("<H", number)


def transaction(source, values):
    """Spends an output that anyone may spend, to some like it."""
    txid, index = source
    text = struct.pack("<i", 2) + b"\1" + bytes.fromhex(txid)[::-1] + struct.pack("<I", index)
    text += b"\0\xff\xff\xff\xff" + size(len(values))
    text += b"".join(struct.pack("<q", value) + b"\1\x51" for value in values)
    return text + struct.pack("<I", 0)


def mine(caller, count):
    for _ in range(count):
        caller.call("generatetodescriptor", 1, ANYONE, 1 << 31)


def fill(caller, count, seed):
    """Puts transactions into the pool that pay at different rates; one in ten pays much more."""
    rates = random.Random(seed)
    spends = []
    for height in range(1, -(-count // PARTS) + 1):
        block = caller.call("getblock", caller.call("getblockhash", height), 2)
        coin = block["tx"][0]
        value = round(coin["vout"][0]["value"] * 100_000_000) - 1_000_000
        fan = transaction((coin["txid"], 0), [value // PARTS] * PARTS)
        caller.send_all([fan])
        txid = double_sha256(fan)[::-1].hex()
        for index in range(PARTS):
            fee = rates.randrange(300, 10_000) * (10 if rates.randrange(10) == 0 else 1)
            half = (value // PARTS - fee) // 2
            spends.append(transaction((txid, index), [half, half]))
    while caller.call("getmempoolinfo")["size"]:
        mine(caller, 1)
    caller.send_all(spends[:count])


class Listener(threading.Thread):
    """Notes when something was first heard of each block."""

    def __init__(self):
        super().__init__(daemon=True)
        self.times = {}

    def note(self, block):
        self.times.setdefault(block, time.perf_counter())

    def wait(self, block):
        while block not in self.times:
            time.sleep(0.002)
        return self.times[block]


class TipListener(Listener):
    def __init__(self, node):
        super().__init__()
        self.caller = Caller(node)

    def run(self):
        while True:
            self.note(self.caller.call("waitfornewblock", 0)["hash"])


class PollListener(Listener):
    def __init__(self, node):
        super().__init__()
        self.caller = Caller(node)

    def run(self):
        rules = {"rules": ["segwit"]}
        while True:
            template = self.caller.call("getblocktemplate", rules)
            self.note(template["previousblockhash"])
            rules["longpollid"] = template["longpollid"]


class StratumListener(Listener):
    def __init__(self, port):
        super().__init__()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=600)
        self.full = Listener()
        for number, method, parameters in (
                (1, "mining.subscribe", ["tip/1"]), (2, "mining.authorize", ["ana", "x"])):
            self.socket.sendall((json.dumps(
                {"id": number, "method": method, "params": parameters}) + "\n").encode())

    def run(self):
        for line in self.socket.makefile("rb"):
            message = json.loads(line)
            if message.get("method") == "mining.notify":
                words = bytes.fromhex(message["params"][1])
                block = b"".join(words[i:i + 4][::-1] for i in range(0, 32, 4))[::-1].hex()
                self.note(block)
                if message["params"][4]:
                    self.full.note(block)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, default=Path(".build/release"))
    parser.add_argument("--transactions", type=int, default=50_000)
    parser.add_argument("--blocks", type=int, default=7)
    parser.add_argument("--quick", metavar="LIBFAKETIME")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="new-tip-"))
    flags = ["-acceptnonstdtxn", "-maxmempool=1000", "-printtoconsole=0"]
    if options.quick:
        # Near its beginning, so that blocks mined at once are ahead of time and grow hard.
        programs = folder / "programs"
        programs.mkdir()
        shutil.copy(options.programs / "cellblock-cli", programs)
        shell = programs / "cellblockd"
        shell.write_text(
            f"#!/bin/sh\nFAKETIME='@2025-01-03 00:10:00' FAKETIME_DONT_FAKE_MONOTONIC=1"
            f" DONT_FAKE_MONOTONIC=1 LD_PRELOAD='{options.quick}'"
            # The library sets variables when it begins, after which Swift does not find a program's
            # arguments: it has begun in another program before.
            f' exec timeout 3600 \'{options.programs.resolve() / "cellblockd"}\' "$@"\n')
        shell.chmod(0o755)
        options.programs = programs
        # The pool is to last for some blocks.
        flags.append("-blockmaxweight=1000000")
    data = folder / "node"
    data.mkdir()
    node = Node(options.programs, "yard" if options.quick else "regtest", data)
    try:
        members, port = roster(node), free_port()
        node.start(f"-roster={members}", f"-stratum=127.0.0.1:{port}", *flags)
        measure(node, port, options)
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(node, port, options):
    caller = Caller(node)
    mine(caller, 250 if options.quick else 101 + options.transactions // PARTS)
    fill(caller, options.transactions, options.seed)
    stratum, tips, polls = StratumListener(port), TipListener(node), PollListener(node)
    # Where time is feigned, timers of the node that begin to wait may not end.
    listeners = [stratum, tips] if options.quick else [stratum, tips, polls]
    for listener in listeners:
        listener.start()
    rows = []
    for _ in range(options.blocks):
        # Tips further apart than five seconds begin with an empty block.
        time.sleep(6 if options.quick else 2)
        if options.quick:
            name = caller.call("generatetodescriptor", 1, ANYONE, 1 << 31)[0]
        else:
            name = caller.call("generateblock", ANYONE, [])["hash"]
        begun = tips.wait(name)
        row = {"first job": stratum.wait(name), "job with transactions": stratum.full.wait(name)}
        if not options.quick:
            row["long poll"] = polls.wait(name)
        row = {key: 1000 * (at - begun) for key, at in row.items()}
        pool = caller.call("getmempoolinfo")["size"]
        print(f"{pool} in the pool, ms after the tip:", show(row), flush=True)
        rows.append(row)
    print("medians:", show({key: statistics.median(row[key] for row in rows) for key in rows[0]}))


def show(row):
    return ", ".join(f"{key} {value:.1f}" for key, value in row.items())


if __name__ == "__main__":
    main()
