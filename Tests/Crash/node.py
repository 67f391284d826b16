"""A node in a process of its own, which may be killed at any moment, and one that never is."""

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Refused(Exception):
    """The node answered with an error."""


class Broken(Exception):
    """A claim does not hold."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    """A `cellblockd` on regtest, in a folder that outlives its process."""

    def __init__(self, program, flags=(), folder=None):
        self.program, self.flags = program, list(flags)
        self.folder = folder or tempfile.mkdtemp(prefix="crash-")
        self.process = None
        self.rpc_port = free_port()

    @property
    def network_folder(self):
        return os.path.join(self.folder, "regtest")

    def spawn(self, *more, environment=None):
        """Starts the program and does not wait."""
        self.errors = tempfile.TemporaryFile()
        cookie = os.path.join(self.network_folder, ".cookie")
        if os.path.exists(cookie):
            os.remove(cookie)
        command = [
            self.program, "-regtest", f"-datadir={self.folder}", f"-rpcport={self.rpc_port}", "-listen=0", "-connect=0",
            "-dnsseed=0", "-printtoconsole=0", "-disablewallet", "-maxtipage=9999999999", *self.flags, *more,
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
            env=dict(os.environ, SWIFT_BACKTRACE="enable=no", **(environment or {})))
        return self

    def start(self, *more, seconds=120):
        """Starts the node and waits until it answers."""
        self.spawn(*more)
        self.wait(seconds)
        return self

    def wait(self, seconds=120):
        # Tries are counted, not seconds: all of this may itself be held up.
        for _ in range(seconds * 20):
            try:
                return self.call("getblockcount")
            except (OSError, http.client.HTTPException, ValueError, Refused):
                if self.process.poll() is not None:
                    raise Broken(f"the node ended with {self.process.returncode} while starting: {self.said()}") from None
                time.sleep(0.05)
        raise Broken(f"the node does not answer within {seconds} s")

    def call(self, method, *parameters, timeout=120):
        with open(os.path.join(self.network_folder, ".cookie"), "rb") as file:
            login = base64.b64encode(file.read().strip()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=timeout)
        try:
            body = json.dumps({"id": 1, "method": method, "params": parameters})
            connection.request("POST", "/", body, {"Authorization": "Basic " + login})
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if answer.get("error"):
            raise Refused(f"{method}: {answer['error']}")
        return answer["result"]

    def said(self):
        """What it wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    def kill(self):
        """Ends the node as a power failure would end its process."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        return self.ended()

    def terminate(self):
        """Asks the process to end, as a system does that shuts down."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.ended(60)
        except subprocess.TimeoutExpired:
            raise Broken("the node goes on a minute after it was asked to end") from None

    def stop(self):
        self.call("stop")
        code = self.ended(60)
        if code != 0 or self.said():
            raise Broken(f"the node stopped with {code}: {self.said()}")

    def ended(self, seconds=30):
        if not self.process:
            return None
        code = self.process.wait(seconds)
        self.process = None
        return code

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def state(self):
        """What must be equal where two nodes stand at one block."""
        coins = self.call("gettxoutsetinfo", "hash_serialized_3")
        shared = {name: coins[name] for name in ("height", "bestblock", "txouts", "bogosize", "hash_serialized_3")}
        shared["muhash"] = self.call("gettxoutsetinfo", "muhash")["muhash"]
        shared["ledger"] = self.call("getpayoutledger")
        return shared


class Undisturbed:
    """A node that is never killed, and can be brought to any block by plain calls."""

    def __init__(self, program, chain, flags):
        self.node = Node(program, flags).start()
        self.chain = chain
        self.states = {}

    def close(self):
        self.node.remove()

    def state(self, tip, source):
        """The state at a block; blocks of which it has not heard are read from `source`."""
        if tip not in self.states:
            self.learn(tip, source)
            self.states[tip] = self.at(tip)
        return self.states[tip]

    def learn(self, tip, source):
        unknown = []
        while not self.has(tip):
            raw = self.chain.blocks.get(tip) or bytes.fromhex(source.call("getblock", tip, 0))
            unknown.append(raw)
            tip = raw[4:36][::-1].hex()
        for raw in reversed(unknown):
            answer = self.node.call("submitblock", raw.hex())
            if answer not in (None, "duplicate", "inconclusive"):
                raise Broken(f"the undisturbed node refuses a block that was kept: {answer}")

    def has(self, name):
        try:
            return self.node.call("getblock", name, 1)["nTx"] > 0
        except Refused:
            return False

    def at(self, tip):
        """The state as of a block, for which whatever leads elsewhere is set aside for a moment."""
        aside = []
        while self.node.call("getbestblockhash") != tip:
            place = self.node.call("getblockheader", tip)
            while place["confirmations"] < 0:
                place = self.node.call("getblockheader", place["previousblockhash"])
            following = place.get("nextblockhash")
            if following is None:
                raise Broken(f"block {tip} is kept, and yet not followed")
            self.node.call("invalidateblock", following)
            aside.append(following)
        state = self.node.state()
        for name in aside:
            self.node.call("reconsiderblock", name)
        return state
