"""The ways by which blocks reach an engine: a kernel library in a process of its own, RPC, and a peer's messages."""

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from wire import double_sha256

HERE = os.path.dirname(os.path.abspath(__file__))


class Disagreement(Exception):
    pass


def agree(what, expected, given):
    if expected != given:
        raise Disagreement(f"{what}: expected {expected!r}, got {given!r}")


# ---------------------------------------------------------------- Bitcoin Core's kernel library


class Kernel:
    """`py-bitcoinkernel` in a child process, under a clock that we set (`clock.c`)."""

    name = "kernel"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="blocktree-")
        library = os.path.join(self.folder, "clock.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "clock.c")], check=True)
        environment = dict(os.environ, LD_PRELOAD=library)
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "kernel.py"), library, self.folder],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def step(self, step):
        head = json.dumps({"kind": step["kind"], "clock": step["clock"], "size": len(step["block"])})
        self.process.stdin.write(head.encode() + b"\n" + step["block"])
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        agree("verdict", step["verdict"], answer["verdict"])
        agree("tip", step["peer_tip"], answer["tip"])

    def coins(self):
        """The library tells of no coins but those it is asked for."""
        return None

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


# ---------------------------------------------------------------- a node of its own process


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    """A `cellblockd` or `bitcoind` on regtest, in a folder of its own."""

    def __init__(self, program, flags=()):
        self.folder = tempfile.mkdtemp(prefix="blocktree-")
        self.port, self.rpc_port = free_port(), free_port()
        self.process = subprocess.Popen(
            [
                program,
                "-regtest",
                f"-datadir={self.folder}",
                f"-port={self.port}",
                f"-bind=127.0.0.1:{self.port}",
                f"-rpcport={self.rpc_port}",
                "-connect=0",
                "-dnsseed=0",
                "-listenonion=0",
                "-discover=0",
                "-printtoconsole=0",
                "-debug=net",
                *flags,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.connection = None
        self.clock = None
        end = time.monotonic() + 60
        while True:
            try:
                self.call("getblockcount")
                return
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{program} did not start")
                time.sleep(0.05)

    def call(self, method, *parameters):
        with open(os.path.join(self.folder, "regtest", ".cookie"), "rb") as file:
            login = base64.b64encode(file.read().strip()).decode()
        body = json.dumps({"id": 1, "method": method, "params": parameters})
        for attempt in (0, 1):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=120)
            try:
                self.connection.request("POST", "/", body, {"Authorization": "Basic " + login})
                answer = json.loads(self.connection.getresponse().read())
                break
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt:
                    raise
        if answer.get("error"):
            raise ValueError(answer["error"])
        return answer["result"]

    def set_clock(self, clock):
        """Sets the node's clock; gives whether it jumped so far that its peers seem silent to it."""
        if clock == self.clock:
            return False
        self.call("setmocktime", clock)
        jumped = abs(clock - (self.clock or clock)) > 30
        self.clock = clock
        return jumped

    def coins(self):
        """A hash of all coins, once the chain has been taken back to its first block and connected again."""
        if self.call("verifychain", 4, 0) is not True:
            raise Disagreement("verifychain fails")
        return self.call("gettxoutsetinfo", "hash_serialized_3")["hash_serialized_3"]

    def close(self):
        try:
            self.call("stop")
            self.process.wait(30)
        except Exception:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Submitted:
    """Through `submitblock` and `submitheader`."""

    name = "submitblock"

    def __init__(self, program, flags=()):
        self.node = Node(program, flags)

    def step(self, step):
        self.node.set_clock(step["clock"])
        if step["kind"] == "header":
            try:
                answer = self.node.call("submitheader", step["block"].hex())
            except ValueError as error:
                answer = error.args[0]["message"]
        else:
            answer = self.node.call("submitblock", step["block"].hex())
        agree("answer", step["answer"], answer)
        agree("tip", step["tip"], self.node.call("getbestblockhash"))

    def coins(self):
        return self.node.coins()

    def close(self):
        self.node.close()


# ---------------------------------------------------------------- as a peer


class Gone(Exception):
    """The node has hung up."""


class Peer:
    MAGIC = bytes.fromhex("fabfb5da")

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.wanted = set()
        self.nonce = 0
        address = bytes(8 + 16 + 2)
        self.send(
            "version",
            struct.pack("<iQq", 70016, 9, int(time.time()))
            + address
            + address
            + struct.pack("<Q", 0x1234)
            + b"\0"
            + struct.pack("<i", 0)
            + b"\1",
        )
        seen = set()
        while not {"version", "verack"} <= seen:
            command, _ = self.receive()
            seen.add(command)
            if command == "version":
                self.send("verack")
        self.settle()

    def send(self, command, payload=b""):
        head = self.MAGIC + command.encode().ljust(12, b"\0") + struct.pack("<I", len(payload))
        try:
            self.socket.sendall(head + double_sha256(payload)[:4] + payload)
        except OSError as error:
            raise Gone from error

    def read(self, count):
        while len(self.buffer) < count:
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                raise
            except OSError as error:
                raise Gone from error
            if not data:
                raise Gone
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def receive(self):
        head = self.read(24)
        payload = self.read(struct.unpack("<I", head[16:20])[0])
        command = head[4:16].rstrip(b"\0").decode()
        if command == "ping":
            self.send("pong", payload)
        elif command == "getdata":
            for n in range(payload[0] if payload[0] < 253 else 0):
                kind, name = struct.unpack("<I", payload[1 + 36 * n : 5 + 36 * n])[0], payload[5 + 36 * n : 37 + 36 * n]
                if kind & 0xFF == 2:
                    self.wanted.add(name)
        return command, payload

    def settle(self):
        """Waits until the node has dealt with all that was sent so far."""
        self.nonce += 1
        payload = struct.pack("<Q", self.nonce)
        self.send("ping", payload)
        while True:
            command, data = self.receive()
            if command == "pong" and data == payload:
                return

    def close(self):
        self.socket.close()


class Told:
    """As a peer: headers first, blocks when asked for, or unasked where they never are."""

    name = "peer"

    def __init__(self, program, flags=()):
        self.node = Node(program, flags)
        self.peer = None
        self.blocks = {}

    def step(self, step):
        if self.node.set_clock(step["clock"]) and self.peer:
            self.peer.close()
            self.peer = None
        if self.peer is None:
            self.peer = Peer(self.node.port)
        try:
            self.show(step)
            self.peer.settle()
            if step["disconnects"]:
                # The verdict may come after the answer to our ping, the end of the connection after both.
                self.peer.socket.settimeout(10)
                while True:
                    self.peer.receive()
            self.await_tip(step["peer_tip"])
            self.peer.settle()
        except TimeoutError:
            raise Disagreement(f"the peer was not dropped for {step['verdict']}") from None
        except Gone:
            self.peer.close()
            self.peer = None
            if step["disconnects"] is False:
                raise Disagreement(f"the peer was dropped for {step['verdict']}") from None
            self.await_tip(step["peer_tip"])

    def await_tip(self, tip):
        end = time.monotonic() + 10
        while (given := self.node.call("getbestblockhash")) != tip:
            if time.monotonic() > end:
                raise Disagreement(f"tip: expected {tip}, got {given}")
            time.sleep(0.01)

    def show(self, step):
        data = step["block"]
        header, name = data[:80], double_sha256(data[:80])
        if step["kind"] == "header":
            self.peer.send("headers", b"\1" + header + b"\0")
            return
        self.blocks[name] = data
        if name not in self.peer.wanted:
            self.peer.send("headers", b"\1" + header + b"\0")
            self.peer.settle()
        sent = False
        while ready := sorted(self.peer.wanted & self.blocks.keys(), key=list(self.blocks).index):
            for wanted in ready:
                self.peer.wanted.discard(wanted)
                self.peer.send("block", self.blocks[wanted])
                sent = sent or wanted == name
            self.peer.settle()
        if not sent:
            self.peer.send("block", data)

    def coins(self):
        return self.node.coins()

    def close(self):
        if self.peer:
            self.peer.close()
        self.node.close()
