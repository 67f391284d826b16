"""Cases of two spends that differ in one place: a node must take the one and refuse the other."""

from keys import Key
from scripts import script

FALSE_TOP = "Script evaluated without error but finished with a false/empty top stack element"
NOT_EMPTY = "Signature must be zero for failed CHECK(MULTI)SIG operation"
SMALL = "Operation not valid with the current stack size"
NUMBER = "Script number overflowed or is non-minimally encoded"
LOCKED = "Locktime requirement not satisfied"
KEY = Key(b"one")
OTHER = Key(b"two")


def verdict(words):
    return f"block-script-verify-flag-failed ({words})"


def pair(t, name, good, bad, words):
    """A case of two spends: each is (script of the coin, what to do to the transaction that spends it)."""
    t.case(name)
    coin = t.take()
    for (outer, sign), reason in ((bad, verdict(words)), (good, None)):
        fund, locked = t.lock_up(outer, coin)
        tx = t.spend(locked)
        sign(tx, locked)
        block = t.block([fund, tx])
        t.bad(block, reason, "beyond the edge") if reason else t.good(block, "on the edge")


def answers(*words):
    """Answers with a script alone."""

    def sign(tx, coin):
        tx.ins[0].script = script(*words)

    return sign


def nothing(tx, coin):
    pass


def bare(name, good, bad, words):
    """The same for scripts that need no answer."""
    return lambda t: pair(t, name, (good, nothing), (bad, nothing), words)
