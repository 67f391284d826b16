"""The edges of the clock: when seconds no longer fit 31 bits, and when they no longer fit 32."""

from pairs import LOCKED, pair
from scripts import script
from tree import Coin

LAST = 0xFFFFFFFF


def far(t):
    edge = 1 << 31
    t.case("blocks dated before and after 2^31 seconds")
    t.clock = edge - 5000
    t.bad(t.block(time=edge + 2201), "time-too-new")
    t.good(t.block(time=edge + 2200))
    t.good(t.block(time=edge - 1))
    t.good(t.block(time=edge))
    t.case("a median time past of 2^31 seconds")
    t.clock = edge + 5000
    while t.tip.median() < edge - 1:
        t.good(t.block(time=edge - 1 if t.tip.median() < edge - 2 else edge + 1))
    for _ in range(12):
        t.good(t.block(time=t.tip.median() + 1))
    t.bad(t.block(time=t.tip.median()), "time-too-old")
    t.bad(t.block(time=5), "time-too-old")
    t.good(t.block(time=t.tip.median() + 1))

    coin = t.take()
    locked = lambda lock: t.block([t.spend(coin, lock=lock, sequence=0)])
    t.edge(
        "a lock by time beyond 2^31",
        lambda: locked(t.tip.median() - 1),
        lambda: locked(t.tip.median()),
        "bad-txns-nonfinal",
    )
    coin = t.take()
    t.case("a lock by the greatest time")
    t.bad(locked(LAST), "bad-txns-nonfinal")

    def at(lock):
        def sign(tx, coin):
            tx.lock, tx.ins[0].sequence = lock, 0

        return sign

    pair(
        t,
        "CHECKLOCKTIMEVERIFY beyond 2^31 takes five bytes",
        (script(edge, "CHECKLOCKTIMEVERIFY"), at(edge)),
        (script(edge + 1, "CHECKLOCKTIMEVERIFY"), at(edge)),
        LOCKED,
    )
    t.case("a relative lock by time across 2^31")
    tx = t.spend(t.take())
    start = t.tip.median()
    t.good(t.block([tx]))
    coin = Coin(tx.point(), tx.outs[0].value)
    wanted = 1 << 22 | 1
    while t.tip.median() < start + 512:
        t.bad(t.block([t.spend(coin, sequence=wanted)]), "bad-txns-nonfinal")
        t.good(t.block(time=start + 512))
    t.good(t.block([t.spend(coin, sequence=wanted)]))


def end(t):
    t.case("a block dated 2^32 - 1 seconds")
    t.clock = LAST - 7200
    before = t.tip
    t.good(t.block(time=LAST))
    t.clock = LAST
    t.case("the end of time: no block may follow")
    while t.tip.median() < LAST:
        t.good(t.block(time=LAST))
    t.bad(t.block(time=LAST), "time-too-old")
    t.bad(t.block(time=0), "time-too-old")
    t.case("another branch may, and the end of time is taken back")
    # Of less work than the branch that ended, until its last block.
    onto = before
    while onto.height < t.tip.height:
        block = t.block(onto=onto, time=onto.median() + 1)
        onto = t.side(block, onto)
    t.good(t.block(onto=onto, time=onto.median() + 1), onto=onto)


CASES = (far, end)
