#!/usr/bin/env python3
"""Measures a Stratum server on this machine: many clients, so many shares a second in all.

    stratum_load.py PORT INMATE [--clients 1000] [--rate 5000] [--seconds 20] [--pid PID]

Shares are found beforehand on the job each client is given, at the easiest difficulty, so that the
server and not this script is measured. Loopback only. Prints how many were answered, how fast, and
with --pid the processor time the server took.
"""
import argparse
import asyncio
import hashlib
import json
import os
import struct
import time

from stratum_miner import DIFFICULTY_ONE, Job, double_sha256


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Client:
    def __init__(self, options, number):
        self.options, self.number = options, number
        self.job, self.difficulty = None, 1.0
        self.accepted, self.rejected, self.latencies = 0, {}, []
        self.pending = {}
        self.next_id = 10

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.options.port, limit=1 << 20)
        self.say(1, "mining.subscribe", ["load/1"])
        self.extra = bytes.fromhex(json.loads(await self.reader.readline())["result"][1])
        self.say(2, "mining.authorize", [
            f"{self.options.inmate}.{self.number}", f"d={self.options.difficulty}"])
        self.task = asyncio.create_task(self.read())
        while self.job is None:
            await asyncio.sleep(0.01)

    def say(self, number, method, parameters):
        self.writer.write(
            (json.dumps({"id": number, "method": method, "params": parameters}) + "\n").encode())

    async def read(self):
        while line := await self.reader.readline():
            message = json.loads(line)
            method = message.get("method")
            if method == "mining.notify":
                self.job = Job(message["params"])
            elif method == "mining.set_difficulty":
                self.difficulty = message["params"][0]
            elif message.get("id") in self.pending:
                self.latencies.append(time.perf_counter() - self.pending.pop(message["id"]))
                if message.get("result") is True:
                    self.accepted += 1
                else:
                    code = message["error"][0]
                    self.rejected[code] = self.rejected.get(code, 0) + 1

    def prepare(self, count):
        """Shares of the job at hand: (extra nonce, nonce)."""
        target = int(DIFFICULTY_ONE / self.difficulty)
        shares, extra = [], 0
        while len(shares) < count:
            second = extra.to_bytes(4, "big")
            header = self.job.header(self.extra + second, self.job.version, 0)
            head = hashlib.sha256(header[:64])
            for nonce in range(64):
                first = head.copy()
                first.update(header[64:76] + struct.pack("<I", nonce))
                if int.from_bytes(hashlib.sha256(first.digest()).digest(), "little") <= target:
                    shares.append((second.hex(), f"{nonce:08x}"))
            extra += 1
        self.shares = shares[:count]
        self.job_of_shares = self.job

    def submit(self):
        second, nonce = self.shares.pop()
        job = self.job_of_shares
        self.next_id += 1
        self.pending[self.next_id] = time.perf_counter()
        self.say(self.next_id, "mining.submit", [
            f"{self.options.inmate}.{self.number}", job.id, second, f"{job.time:08x}", nonce])


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("inmate")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--difficulty", default="0.000000002")
    parser.add_argument("--pid", type=int)
    options = parser.parse_args()
    clients = [Client(options, number) for number in range(options.clients)]
    for start in range(0, len(clients), 50):
        await asyncio.gather(*(client.connect() for client in clients[start:start + 50]))
    each = -(-options.rate * options.seconds // options.clients)
    for client in clients:
        client.prepare(each)
        await asyncio.sleep(0)
    before = processor_seconds(options.pid) if options.pid else 0
    begin, sent, total = time.perf_counter(), 0, each * options.clients
    while sent < total:
        due = min(total, int((time.perf_counter() - begin) * options.rate))
        while sent < due:
            clients[sent % len(clients)].submit()
            sent += 1
        await asyncio.sleep(0.002)
    deadline = time.perf_counter() + 30
    while any(client.pending for client in clients) and time.perf_counter() < deadline:
        await asyncio.sleep(0.01)
    took = time.perf_counter() - begin
    rejected = {}
    for client in clients:
        for code, count in client.rejected.items():
            rejected[code] = rejected.get(code, 0) + count
    latencies = sorted(value for client in clients for value in client.latencies)
    result = {
        "clients": options.clients, "sent": sent,
        "accepted": sum(client.accepted for client in clients), "rejected": rejected,
        "unanswered": sum(len(client.pending) for client in clients),
        "seconds": round(took, 2), "per_second": round(sent / took),
        "median_ms": round(1000 * latencies[len(latencies) // 2], 2),
        "p99_ms": round(1000 * latencies[len(latencies) * 99 // 100], 2),
    }
    if options.pid:
        used = processor_seconds(options.pid) - before
        result["server_cpu_seconds"] = round(used, 2)
        result["server_cores"] = round(used / took, 3)
        result["server_megabytes"] = round(resident_megabytes(options.pid))
    print(json.dumps(result))


asyncio.run(main())
