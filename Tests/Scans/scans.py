#!/usr/bin/env python3
"""Compares scans and indexes of a node with a recount of its blocks.

Starts a node on a network of its own, makes random blocks, reorganisations, clean and unclean ends,
and asks after each of them in all ways there are what some scripts received, spent and have:
getaddresshistory, getaddressutxos, getaddressbalance, scantxoutset, scanblocks,
getdescriptoractivity, gettxspendingprevout. Stops at the first answer that is not that of a walk
through all blocks. Needs Python alone.
"""
import argparse
import base64
import http.client
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

SCRIPTS = ["01%02x7551" % number for number in range(1, 7)]
OPTIONS = ["-addressindex", "-txospenderindex", "-blockfilterindex", "-coinstatsindex"]


def raw(script):
    return "raw(%s)" % script


def size(number):
    return struct.pack("<B", number) if number < 253 else b"\xfd" + struct.pack("<H", number)


def transaction(inputs, outputs):
    """Spends outputs that anyone may spend."""
    text = struct.pack("<i", 2) + size(len(inputs))
    for txid, index in inputs:
        text += bytes.fromhex(txid)[::-1] + struct.pack("<I", index) + b"\0\xff\xff\xff\xff"
    text += size(len(outputs))
    for script, value in outputs:
        script = bytes.fromhex(script)
        text += struct.pack("<q", value) + size(len(script)) + script
    return (text + struct.pack("<I", 0)).hex()


class Node:
    def __init__(self, program, folder, port):
        self.program, self.folder, self.port = program, folder, port
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-regtest", "-datadir=" + self.folder, "-rpcport=%d" % self.port,
             "-listen=0", "-connect=0", "-acceptnonstdtxn", "-printtoconsole=0", "-rpcthreads=4"]
            + OPTIONS, stdout=subprocess.DEVNULL)
        self.connection = None
        for _ in range(600):
            try:
                self.call("getblockcount")
                return
            except (OSError, http.client.HTTPException, RuntimeError):
                if self.process.poll() is not None:
                    sys.exit("the node ended with status %s" % self.process.returncode)
                time.sleep(0.1)
        sys.exit("the node does not answer")

    def call(self, method, *params):
        if self.connection is None:
            with open(os.path.join(self.folder, "regtest", ".cookie"), "rb") as file:
                self.login = base64.b64encode(file.read()).decode()
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            self.connection.request(
                "POST", "/", body, {"Authorization": "Basic " + self.login})
            answer = json.loads(self.connection.getresponse().read(), parse_float=Decimal)
        except (OSError, http.client.HTTPException):
            self.connection = None
            raise
        if "error" in answer:
            raise RuntimeError("%s%s: %s" % (method, params, answer["error"]))
        return answer["result"]

    def stop(self):
        self.call("stop")
        assert self.process.wait(60) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def satoshis(amount):
    return int((Decimal(amount) * 100_000_000).to_integral_exact())


class Recount:
    """What a walk through all blocks of the chain gives."""

    blocks = {}

    def __init__(self, node):
        self.height = node.call("getblockcount")
        self.coins, self.owners, self.spenders = {}, {}, {}
        self.history = {script: [] for script in SCRIPTS}
        self.touched = {script: set() for script in SCRIPTS}
        self.hashes = []
        for height in range(self.height + 1):
            self.hashes.append(node.call("getblockhash", height))
            self.add(node, self.hashes[-1], height)

    def add(self, node, name, height):
        block = self.blocks.get(name) or node.call("getblock", name, 2)
        self.blocks[name] = block
        for place, tx in enumerate(block["tx"]):
            sums = {}
            for number, output in enumerate(tx["vout"]):
                script, value = output["scriptPubKey"]["hex"], satoshis(output["value"])
                if height == 0 or script.startswith("6a"):
                    continue
                point = (tx["txid"], number)
                self.coins[point] = (script, value, height, place == 0)
                self.owners[point] = (script, value)
                sums.setdefault(script, [0, 0])[0] += value
            for vin in tx["vin"]:
                if "coinbase" in vin:
                    continue
                point = (vin["txid"], vin["vout"])
                script, value = self.owners[point]
                del self.coins[point]
                self.spenders[point] = (tx["txid"], name)
                sums.setdefault(script, [0, 0])[1] += value
            for script, (received, spent) in sums.items():
                if script in self.history:
                    self.history[script].append((height, place, tx["txid"], received, spent))
                    self.touched[script].add(name)


def compare(node, chance):
    count = Recount(node)

    def same(what, one, other):
        if one != other:
            sys.exit("%s differs at height %d\nthe node: %r\na recount: %r"
                     % (what, count.height, one, other))

    for script in SCRIPTS:
        owned = {point: coin for point, coin in count.coins.items() if coin[0] == script}
        rows = [(r["height"], r["blockindex"], r["txid"], satoshis(r["received"]),
                 satoshis(r["spent"]))
                for r in node.call("getaddresshistory", raw(script), 0, None, 100_000, False)]
        same("history of " + script, rows, count.history[script])
        coins = {(r["txid"], r["vout"]): (r["scriptPubKey"], satoshis(r["amount"]), r["height"],
                                          r["coinbase"])
                 for r in node.call("getaddressutxos", raw(script), False)}
        same("coins of " + script, coins, owned)
        balance = node.call("getaddressbalance", raw(script))
        same("balance of " + script, satoshis(balance["balance"]),
             sum(coin[1] for coin in owned.values()))
        same("what is immature of " + script, satoshis(balance["immature"]),
             sum(coin[1] for coin in owned.values()
                 if coin[3] and count.height + 1 - coin[2] < 100))
        same("balance of " + script, satoshis(balance["received"]) - satoshis(balance["spent"]),
             satoshis(balance["balance"]))
        scan = node.call("scantxoutset", "start", [raw(script)])
        same("scan for " + script,
             {(r["txid"], r["vout"]): (r["scriptPubKey"], satoshis(r["amount"]), r["height"],
                                       r["coinbase"]) for r in scan["unspents"]}, owned)
        same("number of coins", scan["txouts"], len(count.coins))
        found = node.call("scanblocks", "start", [raw(script)], 0, count.height, "basic",
                          {"filter_false_positives": True})
        same("blocks of " + script, found["relevant_blocks"],
             [name for name in count.hashes if name in count.touched[script]])
        some = chance.sample(count.hashes, min(10, len(count.hashes)))
        events = node.call("getdescriptoractivity", some, [raw(script)], False)["activity"]
        sums = [sum(satoshis(e["amount"]) for e in events if e["type"] == kind)
                for kind in ("receive", "spend")]
        same("activity of " + script, sums,
             [sum(row[place] for row in count.history[script]
                  if count.hashes[row[0]] in some) for place in (3, 4)])
    points = chance.sample(sorted(count.owners), min(200, len(count.owners)))
    spent = node.call("gettxspendingprevout",
                      [{"txid": txid, "vout": index} for txid, index in points],
                      {"mempool_only": False})
    for answer in spent:
        point = (answer["txid"], answer["vout"])
        if answer.get("blockhash") is None and "spendingtxid" in answer:
            continue
        same("spender of %s:%d" % point,
             (answer.get("spendingtxid"), answer.get("blockhash")),
             count.spenders.get(point, (None, None)))
    return count


def mine(node, count, chance):
    """A block with some random transactions."""
    ripe = [(point, coin) for point, coin in sorted(count.coins.items())
            if coin[0] in SCRIPTS and (not coin[3] or count.height + 1 - coin[2] >= 100)]
    chance.shuffle(ripe)
    hexes = []
    for _ in range(chance.randrange(4)):
        taken, ripe = ripe[:chance.randrange(1, 4)], ripe[3:]
        if not taken:
            break
        value = sum(coin[1] for _, coin in taken)
        number = chance.randrange(1, 4)
        outputs = [(chance.choice(SCRIPTS), value // number // 2 + 1) for _ in range(number)]
        if chance.random() < 0.2:
            outputs.append(("6a01ff", 1))
        text = transaction([point for point, _ in taken], outputs)
        hexes.append(text)
        if chance.random() < 0.3:
            # Spent again in the same block.
            txid = node.call("decoderawtransaction", text)["txid"]
            hexes.append(transaction([(txid, 0)], [(chance.choice(SCRIPTS), outputs[0][1] // 2)]))
    node.call("generateblock", raw(chance.choice(SCRIPTS)), hexes)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=".build/release/cellblockd")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--port", type=int, default=29443)
    options = parser.parse_args()
    print("seed %d" % options.seed, flush=True)
    chance = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="scans-")
    node = Node(options.program, folder, options.port)
    try:
        for _ in range(12):
            node.call("generatetodescriptor", 10, raw(chance.choice(SCRIPTS)))
        count = compare(node, chance)
        for number in range(options.rounds):
            deed = chance.choice(["mine"] * 5 + ["fork", "fork", "stop", "kill"])
            if deed == "fork":
                depth = chance.randrange(1, 12)
                node.call("invalidateblock", count.hashes[-depth])
                count = Recount(node)
                for _ in range(depth + chance.randrange(3)):
                    mine(node, count, chance)
                    count = Recount(node)
            elif deed == "mine":
                for _ in range(chance.randrange(1, 5)):
                    mine(node, count, chance)
                    count = Recount(node)
            else:
                node.stop() if deed == "stop" else node.kill()
                node.start()
            count = compare(node, chance)
            print("round %d: %s, height %d, %d coins, all as counted"
                  % (number + 1, deed, count.height, len(count.coins)), flush=True)
        node.stop()
    finally:
        if node.process.poll() is None:
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)


main()
