"""A regtest chain made from a seed: blocks full of small spends, and a branch that overtakes it twice."""

import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "BlockTree"))

from scripts import TRUE, pay_to_script_hash, pay_to_witness_key_hash, push, script_number  # noqa: E402
from wire import In, NULL_POINT, Out, Tx, Block, shown  # noqa: E402

MAGIC = bytes.fromhex("fabfb5da")
GENESIS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
FIRST_TIME = 1_700_000_000
COIN = 100_000_000
MATURITY = 100


class Place:
    """A block and what the next one must know: its height, its time, the coins that may be spent after it."""

    def __init__(self, hash, height, time, block, coins, coinbases):
        self.hash, self.height, self.time, self.block = hash, height, time, block
        self.coins, self.coinbases = coins, coinbases


class Chain:
    """`main` reaches `length`; `rival` leaves it `depth` blocks before its end and is one longer; `late` outgrows that."""

    def __init__(self, seed, length=220, depth=25, spends=60):
        self.random = random.Random(seed)
        self.spends = spends
        self.blocks = {}
        self.parents = {}
        genesis = Place(GENESIS, 0, FIRST_TIME, None, [], [])
        self.main = self.grow(genesis, length)
        self.rival = self.grow(self.main[-depth - 1], depth + 1)
        self.late = self.grow(self.main[-1], 3)

    @property
    def tip(self):
        return self.late[-1]

    def grow(self, place, count):
        places = []
        for _ in range(count):
            place = self.after(place)
            places.append(place)
        return places

    def after(self, onto):
        """The next block: it spends some coins, splits most of them, and burns or locks up a few."""
        height = onto.height + 1
        coins, coinbases, made, fees = list(onto.coins), list(onto.coinbases), [], 0
        if len(coinbases) >= MATURITY:
            coins.append(coinbases.pop(0))
        txs = []
        for _ in range(self.spends if coins else 0):
            taken = [coins.pop(self.random.randrange(len(coins))) for _ in range(min(len(coins), self.random.choice((1, 1, 2))))]
            if not taken:
                break
            total = sum(value for _, value in taken)
            parts = self.random.randrange(2, 8)
            share = (total - 1000) // parts
            if share < 1000:
                continue
            outs = [Out(share, self.script()) for _ in range(parts)]
            tx = Tx([In(point) for point, _ in taken], outs)
            fees += total - share * parts
            txs.append(tx)
            made += [((tx.txid(), n), out.value) for n, out in enumerate(outs) if out.script == TRUE]
        tag = self.random.randbytes(6)
        number = push(script_number(height)) if height > 16 else bytes([0x50 + height])
        reward = (50 * COIN >> height // 150) + fees
        coinbase = Tx([In(NULL_POINT, number + push(tag))], [Out(reward, TRUE)])
        block = Block(bytes.fromhex(onto.hash)[::-1], onto.time + 30, [coinbase, *txs]).seal()
        coinbases.append(((coinbase.txid(), 0), reward))
        name = shown(block.hash())
        self.blocks[name] = block.raw()
        self.parents[name] = onto.hash
        # A coin made here may be spent in the next block; the pool is kept small, so that all ages are spent.
        return Place(name, height, block.time, block, (coins + made)[-4000:], coinbases)

    def script(self):
        kind = self.random.randrange(10)
        if kind < 6:
            return TRUE
        if kind == 6:
            return pay_to_script_hash(self.random.randbytes(20))
        if kind == 7:
            return pay_to_witness_key_hash(self.random.randbytes(33))
        if kind == 8:
            return b"\x6a" + push(self.random.randbytes(self.random.randrange(1, 76)))
        return push(self.random.randbytes(self.random.randrange(40, 200))) + b"\x75\x51"

    def in_order(self):
        """All blocks so that following them reorganises the chain twice."""
        return self.main + self.rival + self.late

    def write(self, path):
        """A file for `-loadblock`; every eighth block comes before its parent."""
        order = self.in_order()
        for place in range(8, len(order) - 1, 8):
            order[place], order[place + 1] = order[place + 1], order[place]
        with open(path, "wb") as file:
            for place in order:
                raw = self.blocks[place.hash]
                file.write(MAGIC + struct.pack("<I", len(raw)) + raw)
