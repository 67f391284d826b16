"""A tree of regtest blocks that grows case by case, and the record of what a node must make of each."""

import random

from scripts import TRUE, height_script, push
from wire import COMMITMENT, NULL_POINT, Block, In, Out, Tx, shown

GENESIS_HASH = bytes.fromhex("06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f")
GENESIS_TIME = 1_296_688_602
FIRST_TIME = 1_700_000_000
COIN = 100_000_000
MATURITY = 100
HALVING = 150


class Place:
    """A block's place: what the next one must know of it."""

    def __init__(self, hash, height, time, parent, block=None):
        self.hash, self.height, self.time, self.parent, self.block = hash, height, time, parent, block

    def ancestor(self, height):
        place = self
        while place.height > height:
            place = place.parent
        return place

    def median(self):
        """The median time past of the block that comes after."""
        times, place = [], self
        while place and len(times) < 11:
            times.append(place.time)
            place = place.parent
        return sorted(times)[len(times) // 2]


class Coin:
    def __init__(self, point, value, script=TRUE, height=0):
        self.point, self.value, self.script, self.height = point, value, script, height

    @property
    def out(self):
        return Out(self.value, self.script)


def subsidy(height):
    return 50 * COIN >> height // HALVING


class Tree:
    """Grows by cases. A case names itself, then hands in blocks with what is to come of them."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        genesis = Place(GENESIS_HASH, 0, GENESIS_TIME, None)
        self.tip = genesis
        self.clock = FIRST_TIME + 7000
        self.steps = []
        self.cases = []
        self.coins = []
        self.count = 0

    # ------------------------------------------------------------ making blocks

    def tag(self):
        """Bytes that no two blocks share."""
        self.count += 1
        return self.count.to_bytes(3, "little") + self.random.randbytes(5)

    def next_time(self, onto):
        if onto.height == 0:
            return FIRST_TIME
        later = onto.time + 1
        return later if later <= self.clock else onto.median() + 1

    def block(
        self,
        txs=(),
        onto=None,
        *,
        fees=0,
        reward=None,
        pay=TRUE,
        time=None,
        bits=0x207FFFFF,
        version=0x20000000,
        script=None,
        extra=(),
        commit=None,
        nonce=bytes(32),
        change=None,
        meets=True,
    ):
        """A block that is valid but for what the arguments make otherwise.

        `commit` tells whether there is a witness commitment, otherwise there is one where a witness is; `change` is
        applied before the merkle root is taken.
        """
        onto = onto or self.tip
        height = onto.height + 1
        start = height_script(height) + push(self.tag()) if script is None else script
        value = subsidy(height) + fees if reward is None else reward
        coinbase = Tx([In(NULL_POINT, start)], [Out(value, pay), *extra])
        block = Block(onto.hash, self.next_time(onto) if time is None else time, [coinbase, *txs], bits, version)
        if commit if commit is not None else any(i.witness for t in txs for i in t.ins):
            coinbase.outs.append(Out(0, COMMITMENT + block.witness_commitment(nonce)))
            coinbase.ins[0].witness = [nonce]
        if change:
            change(block)
        return block.seal(meets)

    def place(self, block, onto=None):
        onto = onto or self.tip
        return Place(block.hash(), onto.height + 1, block.time, onto, block)

    # ------------------------------------------------------------ coins

    def take(self):
        """A coin that anyone may spend and that has matured."""
        return self.coins.pop()

    def spend(self, coins, outs=None, *, fee=0, sequence=0xFFFFFFFF, version=2, lock=0, witness=(), script=b""):
        """Spends coins that ask for nothing; into one like them unless told otherwise."""
        coins = coins if isinstance(coins, list) else [coins]
        outs = outs if outs is not None else [Out(sum(c.value for c in coins) - fee, TRUE)]
        return Tx([In(c.point, script, sequence, witness) for c in coins], outs, version, lock)

    def lock_up(self, script, coin=None):
        """A transaction that puts a coin under a script, and the coin it makes."""
        coin = coin or self.take()
        tx = self.spend(coin, [Out(coin.value, script)])
        return tx, Coin(tx.point(), coin.value, script)

    # ------------------------------------------------------------ recording

    def case(self, name):
        if name in self.cases:
            raise ValueError(f"two cases are named {name}")
        self.cases.append(name)

    def record(
        self, block, answer, *, kind="block", peer_answer=Ellipsis, disconnects=Ellipsis, peer_tip=None, note=""
    ):
        """Notes a step: a block, what `submitblock` answers, and what a peer that sends it is treated to.

        `peer_answer` and `peer_tip` are the verdict and the tip without the help that `submitblock` gives;
        `disconnects` whether the peer is dropped, None where it may be.
        """
        verdict = answer if peer_answer is Ellipsis else peer_answer
        if disconnects is Ellipsis:
            disconnects = verdict not in FORGIVEN
        data = block.raw() if isinstance(block, Block) else block
        self.steps.append(
            {
                "case": self.cases[-1],
                "note": note,
                "kind": kind,
                "block": data,
                "answer": answer,
                "verdict": verdict,
                "tip": shown(self.tip.hash),
                "peer_tip": shown((peer_tip or self.tip).hash),
                "disconnects": disconnects,
                "clock": self.clock,
            }
        )

    def good(self, block, note="", onto=None, **more):
        """A block that becomes the tip."""
        self.tip = self.place(block, onto)
        self.record(block, None, note=note, **more)
        return self.tip

    def bad(self, block, reason, note="", **more):
        """A block that is refused, and changes nothing."""
        self.record(block, reason, note=note, **more)

    def side(self, block, onto, note="", **more):
        """A block that is kept beside the best chain."""
        self.record(block, "inconclusive", note=note, **more)
        return self.place(block, onto)

    def header(self, block, answer=None, **more):
        """A header ahead of its block."""
        self.record(block.header(), answer, kind="header", **more)

    def edge(self, name, good, bad, reason, **more):
        """A case of two neighbours: the one beyond the edge first, as it must leave no trace."""
        self.case(name)
        self.bad(bad() if callable(bad) else bad, reason, "beyond the edge", **more)
        self.good(good() if callable(good) else good, "on the edge")


# Verdicts for which nobody is dropped.
FORGIVEN = (None, "inconclusive", "duplicate", "time-too-new", "duplicate-invalid")


def begin(tree):
    """A hundred and some blocks, and a thousand coins for the cases to spend."""
    tree.case("the first hundred blocks")
    first = []
    for _ in range(MATURITY + 8):
        place = tree.good(tree.block())
        first.append(Coin(place.block.txs[0].point(), place.block.txs[0].outs[0].value, height=place.height))
    for coin in first[:8]:
        outs = [Out(coin.value // 150, TRUE) for _ in range(150)]
        tx = tree.spend(coin, outs)
        tree.good(tree.block([tx], fees=coin.value - sum(o.value for o in outs)))
        tree.coins += [Coin((tx.txid(), n), out.value, height=tree.tip.height) for n, out in enumerate(outs)]
