"""Rules of signatures and of scripts behind a hash, without witnesses."""

from keys import legacy_hash
from pairs import FALSE_TOP, KEY, OTHER, answers, pair, verdict
from scripts import TRUE, pay_to_key_hash, pay_to_script_hash, push, script
from wire import Out


def signatures(t):
    pay = script(KEY.compressed, "CHECKSIG")

    def signed(change=lambda s: s, kind=1, code=None, low=True, keys=(KEY,), before=(), key_last=None):
        def sign(tx, coin):
            digest = legacy_hash(tx, 0, code or coin.script, kind)
            parts = [change(k.ecdsa(digest, low) + bytes([kind & 0xFF])) for k in keys]
            tx.ins[0].script = b"".join(map(push, (*before, *parts))) + (push(key_last) if key_last else b"")

        return sign

    def flipped(place):
        return lambda s: s[:place] + bytes([s[place] ^ 1]) + s[place + 1 :]

    good = (pay, signed())
    der = "Non-canonical DER signature"
    pair(t, "a signature of another digest", good, (pay, signed(flipped(-2))), FALSE_TOP)
    pair(t, "a signature under another hash type", good, (pay, signed(lambda s: s[:-1] + b"\2")), FALSE_TOP)
    pair(t, "a signature by another key", good, (pay, signed(keys=(OTHER,))), FALSE_TOP)
    pair(t, "no signature", good, (pay, answers(b"")), FALSE_TOP)
    pair(t, "a signature of no form (BIP66)", good, (pay, signed(flipped(0))), der)
    pair(t, "a signature with a byte too many (BIP66)", good, (pay, signed(lambda s: s[:-1] + b"\0" + s[-1:])), der)
    pair(t, "a signature with a byte too few (BIP66)", good, (pay, signed(lambda s: s[:-2] + s[-1:])), der)
    pair(t, "a signature of a wrong length (BIP66)", good, (pay, signed(flipped(1))), der)

    def padded(s):
        return bytes([0x30, s[1] + 1, 2, s[3] + 1, 0]) + s[4:]

    def negative(s):
        return s[:4] + bytes([s[4] | 0x80]) + s[5:] if s[3] == 32 else bytes([0x30, s[1] - 1, 2, 32]) + s[5:]

    pair(t, "a signature with a needless zero (BIP66)", good, (pay, signed(padded)), der)
    pair(t, "a signature with a negative number (BIP66)", good, (pay, signed(negative)), der)
    pair(t, "a signature of the hash type alone (BIP66)", good, (pay, answers(b"\1")), der)
    pair(
        t,
        "an empty signature is well formed (BIP66)",
        (script(KEY.compressed, "CHECKSIG", "NOT"), answers(b"")),
        (script(KEY.compressed, "CHECKSIG", "NOT"), answers(b"\x30")),
        der,
    )
    # These are ruled out by policy alone.
    pair(
        t,
        "a signature with a high s is valid",
        (pay, signed(low=False)),
        (pay, signed(flipped(-2), low=False)),
        FALSE_TOP,
    )
    pair(
        t,
        "a hash type that nobody knows is valid",
        (pay, signed(kind=0x44)),
        (pay, signed(flipped(-2), kind=0x44)),
        FALSE_TOP,
    )
    pair(
        t,
        "a key in full",
        (script(KEY.uncompressed, "CHECKSIG"), signed()),
        (script(OTHER.uncompressed, "CHECKSIG"), signed()),
        FALSE_TOP,
    )
    hybrid = script(KEY.hybrid, "CHECKSIG")
    twisted = script(bytes([KEY.hybrid[0] ^ 1]) + KEY.hybrid[1:], "CHECKSIG")
    pair(t, "a hybrid key", (hybrid, signed()), (twisted, signed()), FALSE_TOP)
    pair(
        t,
        "a key of no form",
        (script(KEY.compressed, "CHECKSIG"), signed()),
        (script(b"\5" + KEY.compressed[1:], "CHECKSIG"), signed()),
        FALSE_TOP,
    )
    for kind, name in (
        (2, "NONE"),
        (3, "SINGLE"),
        (0x81, "ALL|ANYONECANPAY"),
        (0x82, "NONE|ANYONECANPAY"),
        (0x83, "SINGLE|ANYONECANPAY"),
    ):
        pair(t, f"a signature of {name}", (pay, signed(kind=kind)), (pay, signed(flipped(-2), kind=kind)), FALSE_TOP)
    hashed = pay_to_key_hash(KEY.compressed)
    pair(
        t,
        "a key's hash",
        (hashed, signed(key_last=KEY.compressed)),
        (hashed, signed(keys=(OTHER,), key_last=OTHER.compressed)),
        "Script failed an OP_EQUALVERIFY operation",
    )
    both = script(2, KEY.compressed, OTHER.compressed, 2, "CHECKMULTISIG")
    pair(
        t,
        "signatures in the order of the keys",
        (both, signed(keys=(KEY, OTHER), before=(b"",))),
        (both, signed(keys=(OTHER, KEY), before=(b"",))),
        FALSE_TOP,
    )
    pair(
        t,
        "signatures of one of two",
        (script(1, KEY.compressed, OTHER.compressed, 2, "CHECKMULTISIG"), signed(keys=(OTHER,), before=(b"",))),
        (script(1, KEY.compressed, KEY.compressed, 2, "CHECKMULTISIG"), signed(keys=(OTHER,), before=(b"",))),
        FALSE_TOP,
    )
    separated = script(1, "CODESEPARATOR", "DROP", KEY.compressed, "CHECKSIG")
    pair(
        t,
        "only what comes after a CODESEPARATOR is signed",
        (separated, signed(code=separated[2:])),
        (separated, signed(code=separated)),
        FALSE_TOP,
    )
    t.case("a signature of SINGLE beyond the outputs signs the number one")
    coins = [t.take(), t.take()]
    for digest, word in (((2).to_bytes(32, "little"), verdict(FALSE_TOP)), ((1).to_bytes(32, "little"), None)):
        fund, locked = t.lock_up(pay, coins[0])
        tx = t.spend([coins[1], locked], [Out(1, TRUE)])
        tx.ins[1].script = push(KEY.ecdsa(digest) + b"\3")
        block = t.block([fund, tx])
        t.bad(block, word) if word else t.good(block)


def script_hashes(t):
    """BIP16."""
    one = pay_to_script_hash(TRUE)
    pair(t, "a script's hash", (one, answers(TRUE)), (one, answers(b"\x52")), FALSE_TOP)
    pair(
        t,
        "a hashed script must leave truth",
        (one, answers(TRUE)),
        (pay_to_script_hash(b"\0"), answers(b"\0")),
        FALSE_TOP,
    )

    def computed(tx, coin):
        tx.ins[0].script = b"\x61" + push(TRUE)

    pair(
        t,
        "a hashed script is answered by pushes alone",
        (one, answers(TRUE)),
        (one, computed),
        "Only push operators allowed in signatures",
    )
    pair(
        t,
        "a hashed script of no more than 520 bytes",
        (
            pay_to_script_hash(b"\x61" * 100 + push(bytes(415)) + b"\x75\x51"),
            answers(b"\x61" * 100 + push(bytes(415)) + b"\x75\x51"),
        ),
        (
            pay_to_script_hash(b"\x61" * 100 + push(bytes(416)) + b"\x75\x51"),
            answers(b"\x61" * 100 + push(bytes(416)) + b"\x75\x51"),
        ),
        "Push value size limit exceeded",
    )
    inner = pay_to_script_hash(b"\0")
    pair(
        t,
        "a hash in a hashed script is no script",
        (pay_to_script_hash(inner), answers(b"\0", inner)),
        (inner, answers(b"\0")),
        FALSE_TOP,
    )
    pair(
        t,
        "an answer that ends in a condition",
        (script(1), answers(1)),
        (script("ENDIF", 1), answers(1, "IF")),
        "Invalid OP_IF construction",
    )


CASES = (signatures, script_hashes)
