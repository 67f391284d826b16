#!/usr/bin/env python3
"""A plain Stratum V1 miner on one core, to try a server from outside.

    stratum_miner.py HOST:PORT INMATE[.WORKER] [--shares N] [--blocks N] [--seconds S]
                     [--difficulty D] [--size BYTES] [--roll-versions] [--json]
                     [--tls CERTIFICATE]

It subscribes, logs in, searches as told, hands in what it finds, and ends after so many shares or
blocks. With --tls it speaks TLS and trusts that certificate alone, whoever it names. Only the
standard library is used, and nothing of Cellblock's.
"""
import argparse
import hashlib
import json
import select
import socket
import ssl
import struct
import sys
import time

DIFFICULTY_ONE = 0xffff << 208


def double_sha256(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def bits_to_target(bits):
    exponent, mantissa = bits >> 24, bits & 0x7fffff
    return mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)


class Job:
    """One thing to search on, as a server notified it."""

    def __init__(self, parameters):
        (self.id, previous, first, second, branch, version, bits, ntime, self.clean) = parameters
        words = bytes.fromhex(previous)
        self.previous = b"".join(words[i:i + 4][::-1] for i in range(0, 32, 4))
        self.first, self.second = bytes.fromhex(first), bytes.fromhex(second)
        self.branch = [bytes.fromhex(item) for item in branch]
        self.version, self.bits = int(version, 16), int(bits, 16)
        self.time = int(ntime, 16)

    def header(self, extra, version, nonce):
        root = double_sha256(self.first + extra + self.second)
        for item in self.branch:
            root = double_sha256(root + item)
        return struct.pack("<I", version) + self.previous + root + struct.pack(
            "<III", self.time, self.bits, nonce)


class Miner:
    def __init__(self, address, user, options):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if options.tls:
            context = ssl.create_default_context(cafile=options.tls)
            context.check_hostname = False
            self.socket = context.wrap_socket(self.socket)
        self.user, self.options = user, options
        self.buffer, self.next_id = b"", 1
        self.job, self.difficulty = None, 1.0
        self.counter, self.mask = 0, 0
        self.waiting = {}
        self.stats = {"accepted": 0, "blocks": 0, "rejected": {}, "jobs": 0, "hashes": 0}

    def send(self, method, parameters):
        number = self.next_id
        self.next_id += 1
        line = json.dumps({"id": number, "method": method, "params": parameters}) + "\n"
        self.socket.sendall(line.encode())
        return number

    def lines(self, wait):
        """What has come, waiting so many seconds for it."""
        while b"\n" not in self.buffer:
            # What was decrypted already does not show at the socket.
            held = self.socket.pending() if self.options.tls else 0
            if not held and not select.select([self.socket], [], [], wait)[0]:
                return
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server closed the connection")
            self.buffer += data
        *whole, self.buffer = self.buffer.split(b"\n")
        for line in whole:
            yield json.loads(line)

    def ask(self, method, parameters):
        number = self.send(method, parameters)
        deadline = time.time() + 30
        answer = None
        while answer is None and time.time() < deadline:
            for message in self.lines(1):
                if message.get("id") == number and "method" not in message:
                    answer = message
                else:
                    self.handle(message)
        if answer is None:
            raise TimeoutError(method)
        if answer.get("error"):
            raise PermissionError(f"{method}: {answer['error']}")
        return answer["result"]

    def handle(self, message):
        method = message.get("method")
        if method == "mining.notify":
            self.job = Job(message["params"])
            self.stats["jobs"] += 1
            if self.job.clean:
                self.counter = 0
        elif method == "mining.set_difficulty":
            self.difficulty = message["params"][0]
        elif message.get("id") in self.waiting:
            is_block = self.waiting.pop(message["id"])
            if message.get("result") is True:
                self.stats["accepted"] += 1
                self.stats["blocks"] += is_block
            else:
                code = str((message.get("error") or [0])[0])
                self.stats["rejected"][code] = self.stats["rejected"].get(code, 0) + 1

    def start(self):
        if self.options.roll_versions:
            answer = self.ask("mining.configure", [
                ["version-rolling"],
                {"version-rolling.mask": "1fffe000", "version-rolling.min-bit-count": 2}])
            self.mask = int(answer["version-rolling.mask"], 16)
        result = self.ask("mining.subscribe", ["cellblock-test-miner/1"])
        self.extra, self.extra_size = bytes.fromhex(result[1]), result[2]
        words = []
        if self.options.difficulty:
            words.append(f"d={self.options.difficulty}")
        if self.options.size:
            words.append(f"size={self.options.size}")
        self.ask("mining.authorize", [self.user, ",".join(words) or "x"])

    def search(self, count):
        """Tries nonces of one extra nonce; gives the one that is a share, if any."""
        job = self.job
        extra = self.counter.to_bytes(self.extra_size, "big")
        self.counter += 1
        version = job.version
        if self.mask:
            version = version & ~self.mask | (self.counter << 13) & self.mask
        target = max(int(DIFFICULTY_ONE / self.difficulty), bits_to_target(job.bits))
        head = hashlib.sha256(job.header(self.extra + extra, version, 0)[:64])
        tail = job.header(self.extra + extra, version, 0)[64:76]
        for nonce in range(count):
            first = head.copy()
            first.update(tail + struct.pack("<I", nonce))
            value = int.from_bytes(hashlib.sha256(first.digest()).digest(), "little")
            if value <= target:
                self.stats["hashes"] += nonce + 1
                parameters = [self.user, job.id, extra.hex(), f"{job.time:08x}", f"{nonce:08x}"]
                if self.mask:
                    parameters.append(f"{version & self.mask:08x}")
                return parameters, value <= bits_to_target(job.bits)
        self.stats["hashes"] += count
        return None, False

    def run(self):
        deadline = time.time() + self.options.seconds
        self.start()
        done = lambda: (
            self.options.shares and self.stats["accepted"] >= self.options.shares
            or self.options.blocks and self.stats["blocks"] >= self.options.blocks)
        while time.time() < deadline and not done():
            for message in self.lines(0 if self.job and not self.waiting else 0.5):
                self.handle(message)
            if not self.job or len(self.waiting) >= self.options.depth:
                continue
            parameters, is_block = self.search(20000)
            if parameters:
                self.waiting[self.send("mining.submit", parameters)] = is_block
                if is_block:
                    # The next place in the chain is told by the next job.
                    self.job = None
        return bool(done())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("address")
    parser.add_argument("user")
    parser.add_argument("--shares", type=int, default=0)
    parser.add_argument("--blocks", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--difficulty", default=None)
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--depth", type=int, default=1, help="shares that may wait for an answer")
    parser.add_argument("--roll-versions", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tls", default=None, help="the certificate to trust, as PEM")
    options = parser.parse_args()
    miner = Miner(options.address, options.user, options)
    is_done = miner.run()
    print(json.dumps(miner.stats) if options.json else miner.stats)
    sys.exit(0 if is_done or not (options.shares or options.blocks) else 1)


if __name__ == "__main__":
    main()
