#!/usr/bin/env python3
"""Lets an ordinary miner, pooler's minerd, mine on a fresh network by Stratum.

    try_minerd.py [--programs .build/release] [--minerd PATH] [--networks regtest,yard]
                  [--blocks 10] [--seconds 120]

For each network it starts a node, lets minerd search as `ana.rig` until so many blocks are found, and
then wants every share that minerd was told is accepted in the share log, and every block paid, to
the inmate. Without a minerd it says that it skips, and ends well: see Docs/Testing.md for where to
get one. Only the standard library is used.
"""
import argparse
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    def __init__(self, programs, network, folder):
        self.programs, self.network, self.folder = programs, network, folder
        self.rpc_port, self.process = free_port(), None

    def start(self, *flags):
        self.process = subprocess.Popen(
            [self.programs / "cellblockd", f"-chain={self.network}", f"-datadir={self.folder}",
             f"-rpcport={self.rpc_port}", "-listen=0", *flags],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        deadline = time.time() + 60
        while time.time() < deadline:
            if self.process.poll() is not None:
                sys.exit(f"the node ended with {self.process.returncode}")
            try:
                return self.call("getblockcount")
            except subprocess.CalledProcessError:
                time.sleep(0.2)
        sys.exit("the node did not start")

    def call(self, method, *parameters):
        text = subprocess.run(
            [self.programs / "cellblock-cli", f"-chain={self.network}", f"-datadir={self.folder}",
             f"-rpcport={self.rpc_port}", method, *parameters],
            check=True, capture_output=True, text=True).stdout.strip()
        try:
            return json.loads(text)
        except ValueError:
            return text

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def roster(node):
    node.start()
    node.call("createwallet", "members")
    members = "".join(
        f'[[inmate]]\nname = "{name}"\nweight = {weight}\naddress = "{node.call("getnewaddress")}"\n'
        for name, weight in (("ana", 3), ("beto", 2)))
    node.stop()
    path = node.folder / "roster.toml"
    path.write_text(f'[payout]\nscheme = "pplns"\n\n{members}')
    return path


def mine(node, minerd, blocks, seconds):
    """What minerd said at its end: shares accepted and handed in."""
    file = roster(node)
    port = free_port()
    flags = f"-roster={file}", f"-stratum=127.0.0.1:{port}"
    before = node.start(*flags)
    log = node.folder / "minerd.log"
    with log.open("w") as output:
        miner = subprocess.Popen(
            [minerd, "-a", "sha256d", "-t", "1", "-o", f"stratum+tcp://127.0.0.1:{port}",
             "-u", "ana.rig", "-p", "x"], stdout=output, stderr=output)
        try:
            deadline = time.time() + seconds
            while node.call("getblockcount") < before + blocks and time.time() < deadline:
                time.sleep(0.5)
        finally:
            miner.terminate()
            miner.wait(30)
    time.sleep(1)
    found = re.findall(r"accepted: (\d+)/(\d+)", log.read_text())
    return tuple(map(int, found[-1])) if found else (0, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, default=Path(".build/release"))
    parser.add_argument("--minerd", default=None)
    parser.add_argument("--networks", default="regtest,yard")
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    minerd = options.minerd or shutil.which("minerd")
    if not minerd:
        print("SKIPPED: there is no minerd; see Docs/Testing.md")
        return
    for network in options.networks.split(","):
        with tempfile.TemporaryDirectory() as folder:
            node = Node(options.programs.resolve(), network, Path(folder))
            try:
                accepted, handed_in = mine(node, minerd, options.blocks, options.seconds)
                height = node.call("getblockcount")
                ana, beto = node.call("listinmates")
                print(f"{network}: {height} blocks; {accepted} of {handed_in} shares accepted, "
                      f"{ana['shares']} credited to ana, {beto['shares']} to beto; "
                      f"paid {ana['paid']} to ana, {beto['paid']} to beto")
                if height < options.blocks:
                    sys.exit(f"{network}: only {height} blocks in {options.seconds} s")
                # minerd may be ended before it has read the last answers.
                if not accepted <= ana["shares"] <= handed_in + 1 or beto["shares"] != 0:
                    sys.exit(f"{network}: the shares are not where they belong")
                if ana["payouts"] == 0:
                    sys.exit(f"{network}: ana was not paid")
            finally:
                node.stop()


if __name__ == "__main__":
    main()
