"""Changes of the rules at heights that a test chooses: what is lawful before is not from that block on."""

from keys import Key, legacy_hash
from scripts import TRUE, push, script
from tree import MATURITY, Coin
from wire import NULL_POINT, In, Out, Tx

HEIGHTS = {"bip34": 230, "dersig": 234, "cltv": 238, "csv": 242, "segwit": 246}
FLAGS = [f"-testactivationheight={name}@{height}" for name, height in HEIGHTS.items()]
KEY = Key(b"activation")


def until(t, name):
    """Up to the block before the last under the old rule."""
    while t.tip.height + 2 < HEIGHTS[name]:
        t.good(t.block())


def heights(t):
    """BIP34, and BIP30 before it."""
    t.case("before BIP34 a coinbase may repeat one of which all is spent")
    plain = lambda: Tx([In(NULL_POINT, b"\2\xff\xff")], [Out(5, TRUE)])
    repeat = lambda: t.block(change=lambda b: b.txs.__setitem__(0, plain()))
    first = t.good(repeat())
    t.bad(repeat(), "bad-txns-BIP30", "while it stands")
    while t.tip.height + 1 < first.height + MATURITY:
        t.good(t.block())
    coin = Coin(first.block.txs[0].point(), 5)
    t.good(t.block([t.spend(coin)]))
    t.good(repeat(), "when it is spent")
    t.bad(t.block([t.spend(coin, fee=1)]), "bad-txns-premature-spend-of-coinbase", "it is young again")
    t.case("before BIP34 a coinbase says what it will")
    t.good(t.block(script=b"\2\1\1"))
    t.good(t.block(version=1, script=b"\2\1\2"))
    until(t, "bip34")
    t.case("BIP34 begins with its block")
    t.good(t.block(version=1, script=b"\2\1\3"), "the last without")
    t.bad(t.block(version=1), "bad-version(0x00000001)")
    t.bad(t.block(version=2, script=b"\2\1\4"), "bad-cb-height")
    t.good(t.block(version=2), "the first with")


def signatures(t):
    """BIP66."""
    pay = script(KEY.compressed, "CHECKSIG")

    def spend():
        fund, coin = t.lock_up(pay)
        tx = t.spend(coin)
        signature = KEY.ecdsa(legacy_hash(tx, 0, pay)) + b"\1"
        # A needless zero before the first number.
        tx.ins[0].script = push(bytes([0x30, signature[1] + 1, 2, signature[3] + 1, 0]) + signature[4:])
        return [fund, tx]

    until(t, "dersig")
    t.case("BIP66 begins with its block")
    t.good(t.block(spend(), version=2), "the last without")
    t.bad(t.block(version=2), "bad-version(0x00000002)")
    t.bad(t.block(spend(), version=3), "block-script-verify-flag-failed (Non-canonical DER signature)")
    t.good(t.block(version=3), "the first with")


def absolute_locks(t):
    """BIP65."""

    def spend():
        fund, coin = t.lock_up(script(500, "CHECKLOCKTIMEVERIFY"))
        return [fund, t.spend(coin)]

    until(t, "cltv")
    t.case("BIP65 begins with its block")
    t.good(t.block(spend(), version=3), "the last without")
    t.bad(t.block(version=3), "bad-version(0x00000003)")
    t.bad(t.block(spend(), version=4), "block-script-verify-flag-failed (Locktime requirement not satisfied)")
    t.good(t.block(version=4), "the first with")


def relative_locks(t):
    """BIP68, BIP112 and BIP113."""

    def early():
        fund, coin = t.lock_up(TRUE)
        return [fund, t.spend(coin, sequence=5)]

    def checked():
        fund, coin = t.lock_up(script(5, "CHECKSEQUENCEVERIFY"))
        return [fund, t.spend(coin)]

    def dated():
        """A lock that is over by the block's own time, and not by the median."""
        return t.block([t.spend(t.take(), lock=t.clock - 1, sequence=0)], time=t.clock)

    until(t, "csv")
    t.case("BIP68, BIP112 and BIP113 begin with their block")
    t.good(t.block(early() + checked()), "the last without")
    t.bad(t.block(early()), "bad-txns-nonfinal")
    t.bad(t.block(checked()), "block-script-verify-flag-failed (Locktime requirement not satisfied)")
    t.bad(dated(), "bad-txns-nonfinal")
    t.good(t.block(), "the first with")


def witnesses(t):
    """BIP141 and BIP147; scripts are under BIP141 at all heights."""

    def dummy():
        fund, coin = t.lock_up(script(1, 0, 0, "CHECKMULTISIG"))
        return [fund, t.spend(coin)]

    def witnessed(**more):
        fund, coin = t.lock_up(b"\x52\x02\x11\x22")
        return t.block([fund, t.spend(coin, witness=[b"w"])], **more)

    until(t, "segwit")
    t.case("BIP141 and BIP147 begin with their block")
    t.bad(witnessed(), "unexpected-witness", "even with a commitment")
    t.good(t.block(dummy()), "the last without")
    t.bad(t.block(dummy()), "block-script-verify-flag-failed (Dummy CHECKMULTISIG argument must be zero)")
    t.bad(witnessed(commit=False), "unexpected-witness")
    t.good(witnessed(), "the first with")


def timewarp(t):
    """BIP94, on a chain whose periods have 144 blocks."""

    def late():
        """The last block of a period, dated as late as it may be."""
        while (t.tip.height + 2) % 144:
            t.good(t.block())
        t.good(t.block(time=t.clock + 7200))

    t.case("BIP94: the first block of a period is dated ten minutes before its parent at the most")
    late()
    t.bad(t.block(time=t.tip.time - 601), "time-timewarp-attack")
    t.bad(t.block(time=t.tip.median() + 1), "time-timewarp-attack")
    t.good(t.block(time=t.tip.time - 600))
    t.case("BIP94: no other block is held to that")
    t.good(t.block(time=t.tip.median() + 1))
    late()
    t.good(t.block(time=t.tip.time - 600))


TIMEWARP = (timewarp,)
CASES = (heights, signatures, absolute_locks, relative_locks, witnesses)
