"""Rules of witness programs: version 0, taproot and its scripts."""

from keys import leaf_hash, taproot_hash, witness_hash
from pairs import FALSE_TOP, KEY, OTHER, nothing, pair, verdict
from scripts import (
    TRUE,
    pay_to_key_hash,
    pay_to_script_hash,
    pay_to_witness_key_hash,
    pay_to_witness_script_hash,
    push,
    script,
)
from wire import tagged


def witness_programs(t):
    """BIP141 and BIP143."""

    def stack(*items, sig=b""):
        def sign(tx, coin):
            tx.ins[0].witness, tx.ins[0].script = list(items), sig

        return sign

    def keyed(value=0, change=lambda s: s, key=KEY, kind=1, sig=b"", outer=None):
        def sign(tx, coin):
            digest = witness_hash(tx, 0, pay_to_key_hash(key.compressed), coin.value + value, kind)
            tx.ins[0].witness, tx.ins[0].script = [change(key.ecdsa(digest) + bytes([kind])), key.compressed], sig

        return sign

    program = pay_to_witness_key_hash(KEY.compressed)
    good = (program, keyed())
    mismatch = "Witness program hash mismatch"
    pair(
        t,
        "a key's hash in a witness program",
        good,
        (program, keyed(change=lambda s: s[:10] + bytes([s[10] ^ 1]) + s[11:])),
        FALSE_TOP,
    )
    pair(t, "a witness signature commits to the value (BIP143)", good, (program, keyed(value=1)), FALSE_TOP)
    pair(
        t,
        "another key than the program's",
        good,
        (program, keyed(key=OTHER)),
        "Script failed an OP_EQUALVERIFY operation",
    )
    pair(t, "a key program wants two items", good, (program, stack(KEY.compressed)), mismatch)
    pair(t, "a key program without witness", good, (program, nothing), mismatch)
    pair(
        t,
        "a witness program is answered by witness alone",
        good,
        (program, keyed(sig=b"\x51")),
        "Witness requires empty scriptSig",
    )
    for kind in (2, 3, 0x81, 0x82, 0x83):
        pair(
            t,
            f"a witness signature of hash type {kind:02x}",
            (program, keyed(kind=kind)),
            (program, keyed(kind=kind, value=-1 if kind & 3 else 1)),
            FALSE_TOP,
        )
    nested = pay_to_script_hash(program)
    pair(
        t,
        "a key program in a script's hash",
        (nested, keyed(sig=push(program))),
        (nested, keyed(sig=push(program), value=1)),
        FALSE_TOP,
    )
    pair(
        t,
        "a nested program is answered by one push",
        (nested, keyed(sig=push(program))),
        (nested, keyed(sig=b"\x51" + push(program))),
        "Witness requires only-redeemscript scriptSig",
    )
    script_program = pay_to_witness_script_hash(TRUE)
    pair(
        t,
        "a script's hash in a witness program",
        (script_program, stack(TRUE)),
        (script_program, stack(b"\x52")),
        mismatch,
    )
    pair(
        t,
        "a script program without witness",
        (script_program, stack(TRUE)),
        (script_program, nothing),
        "Witness program was passed an empty witness",
    )
    pair(
        t,
        "a witness script leaves one item",
        (script_program, stack(TRUE)),
        (script_program, stack(b"\1", TRUE)),
        "Stack size must be exactly one after execution",
    )

    def hashed(inner, *before):
        return pay_to_witness_script_hash(inner), stack(*before, inner)

    pair(t, "a witness script leaves truth", hashed(TRUE), hashed(b"\0"), FALSE_TOP)
    pair(
        t,
        "a witness item of 520 bytes",
        hashed(script("DROP", 1), bytes(520)),
        hashed(script("DROP", 1), bytes(521)),
        "Push value size limit exceeded",
    )
    pair(
        t,
        "a witness script of ten thousand bytes",
        hashed(script_of(10_000)),
        hashed(script_of(10_001)),
        "Script is too big",
    )
    pair(
        t,
        "a thousand items in a witness",
        hashed(script(*["2DROP"] * 200), *[b"\1"] * 401),
        hashed(TRUE, *[b"\1"] * 1001),
        "Stack size limit exceeded",
    )
    pair(
        t,
        "in a witness script of version 0 any truth will do for IF",
        hashed(script("IF", 1, "ELSE", 0, "ENDIF"), b"\2"),
        hashed(script("IF", 1, "ELSE", 0, "ENDIF"), b"\x80"),
        FALSE_TOP,
    )
    # A program of version 0 must have one of two lengths.
    pair(
        t,
        "a program of version 0 has 20 or 32 bytes",
        hashed(TRUE),
        (b"\x00" + push(b"\1" * 21), stack(TRUE)),
        "Witness program has incorrect length",
    )
    for name, outer in (
        ("version 2", b"\x52" + push(b"\1" * 32)),
        ("version 16", b"\x60" + push(b"\1\1")),
        ("version 1 and 33 bytes", b"\x51" + push(b"\1" * 33)),
        ("version 1 and 31 bytes", b"\x51" + push(b"\1" * 31)),
        ("version 1 and 2 bytes, the anchor", b"\x51\x02\x4e\x73"),
    ):
        t.case(f"a program of {name} asks for nothing")
        fund, coin = t.lock_up(outer)
        t.good(t.block([fund, t.spend(coin, witness=[b"any"])]))
    t.case("a program too short or too long is none")
    for outer in (b"\x52" + push(b"\1"), b"\x52" + push(b"\1" * 41)):
        fund, coin = t.lock_up(outer)
        t.bad(t.block([fund, t.spend(coin, witness=[b"any"])]), verdict("Witness provided for non-witness script"))
        t.good(t.block([fund, t.spend(coin)]))
    odd = script(1, "CODESEPARATOR", "DROP", KEY.compressed, "CHECKSIG")

    def separated(code):
        def sign(tx, coin):
            tx.ins[0].witness = [KEY.ecdsa(witness_hash(tx, 0, code, coin.value)) + b"\1", odd]

        return pay_to_witness_script_hash(odd), sign

    pair(
        t, "a witness signature covers what comes after a CODESEPARATOR", separated(odd[2:]), separated(odd), FALSE_TOP
    )


def script_of(count):
    """A script of so many bytes that passes."""
    body = (push(bytes(500)) + b"\x75") * 19
    rest = count - len(body) - 1
    body += push(bytes(rest - 4)) + b"\x75"
    return body + TRUE


def taproot(t):
    """BIP341 and BIP342."""
    plain, _ = KEY.taproot()
    outer = b"\x51" + push(plain)
    wrong, kind_error = "Invalid Schnorr signature", "Invalid Schnorr signature hash type"

    def keyed(kind=0, change=lambda s: s, annex=None, show=True):
        def sign(tx, coin):
            signature = KEY.schnorr(taproot_hash(tx, 0, [coin.out], kind, annex=annex), b"")
            tx.ins[0].witness = [change(signature + (bytes([kind]) if kind else b""))]
            if annex is not None and show:
                tx.ins[0].witness.append(annex)

        return outer, sign

    pair(t, "a taproot key's signature", keyed(), keyed(change=lambda s: s[:-1] + bytes([s[-1] ^ 1])), wrong)
    pair(
        t,
        "a taproot signature of 64 bytes has no type, of 65 one",
        keyed(kind=1),
        keyed(change=lambda s: s + b"\0"),
        kind_error,
    )
    pair(
        t,
        "a taproot signature of a type that nobody knows",
        keyed(kind=0x83),
        keyed(change=lambda s: s + b"\4"),
        kind_error,
    )
    for kind in (2, 3, 0x81, 0x82):
        pair(
            t,
            f"a taproot signature of hash type {kind:02x}",
            keyed(kind=kind),
            keyed(kind=kind, change=lambda s: bytes([s[0] ^ 1]) + s[1:]),
            wrong,
        )
    pair(
        t,
        "a taproot signature of another length",
        keyed(),
        keyed(change=lambda s: s[:63]),
        "Invalid Schnorr signature size",
    )
    pair(
        t, "a taproot output without witness", keyed(), (outer, nothing), "Witness program was passed an empty witness"
    )
    pair(t, "an annex is signed", keyed(annex=b"\x50annex"), keyed(annex=b"\x50annex", show=False), wrong)

    def leafed(inner, *items, version=0xC0, path=b"", change=lambda c: c, more=()):
        leaf = leaf_hash(inner, version)
        root = leaf
        for n in range(0, len(path) // 32):
            node = path[32 * n : 32 * n + 32]
            root = tagged("TapBranch", min(root, node) + max(root, node))
        output, odd = KEY.taproot(root)

        def sign(tx, coin):
            made = [i(tx, coin, leaf) if callable(i) else i for i in items]
            tx.ins[0].witness = [*made, inner, change(bytes([version | odd]) + KEY.x + path), *more]

        return b"\x51" + push(output), sign

    flip = lambda place: lambda c: c[:place] + bytes([c[place] ^ 1]) + c[place + 1 :]
    mismatch, size = "Witness program hash mismatch", "Invalid Taproot control block size"
    pair(t, "a taproot script", leafed(TRUE), leafed(b"\0"), FALSE_TOP)
    pair(t, "a control block says whether the key is odd", leafed(TRUE), leafed(TRUE, change=flip(0)), mismatch)
    pair(t, "a control block names the key within", leafed(TRUE), leafed(TRUE, change=flip(20)), mismatch)
    pair(
        t,
        "a control block of whole hashes",
        leafed(TRUE, path=bytes(32)),
        leafed(TRUE, path=bytes(32), change=lambda c: c[:-1]),
        size,
    )
    pair(
        t,
        "a control block of the right branch",
        leafed(TRUE, path=bytes(32)),
        leafed(TRUE, path=bytes(32), change=flip(40)),
        mismatch,
    )
    pair(t, "a tree of 128 levels", leafed(TRUE, path=bytes(32 * 128)), leafed(TRUE, path=bytes(32 * 129)), size)
    pair(t, "a leaf of a version without rules", leafed(b"\0", version=0xC2), leafed(b"\0"), FALSE_TOP)
    pair(
        t,
        "an operation that is success",
        leafed(script(0, "VERIFY") + b"\xbb"),
        leafed(script(0, "VERIFY") + b"\xba"),
        "Script failed an OP_VERIFY operation",
    )
    pair(
        t,
        "success is seen before anything is run",
        leafed(b"\x50\x4d\xff\xff"),
        leafed(b"\x4d\xff\xff\x50"),
        "Opcode missing or not understood",
    )
    pair(
        t,
        "a taproot script leaves one item",
        leafed(TRUE),
        leafed(TRUE, b"\1"),
        "Stack size must be exactly one after execution",
    )
    pair(
        t,
        "IF wants nothing but one or nothing there",
        leafed(script("IF", 1, "ELSE", 1, "ENDIF"), b"\1"),
        leafed(script("IF", 1, "ELSE", 1, "ENDIF"), b"\2"),
        "OP_IF/NOTIF argument must be minimal in tapscript",
    )
    pair(
        t,
        "CHECKMULTISIG is gone",
        leafed(script(0, "IF", "CHECKMULTISIG", "ENDIF", 1)),
        leafed(script(0, 0, 0, "CHECKMULTISIG")),
        "OP_CHECKMULTISIG(VERIFY) is not available in tapscript",
    )
    pair(t, "more than 201 operations", leafed(b"\x61" * 500 + TRUE), leafed(b"\x61" * 500 + b"\0"), FALSE_TOP)
    pair(
        t, "more than ten thousand bytes", leafed(b"\x61" * 20_000 + TRUE), leafed(b"\x61" * 20_000 + b"\0"), FALSE_TOP
    )

    def by(key, kind=0, broken=False):
        def sign(tx, coin, leaf):
            signature = key.schnorr(taproot_hash(tx, 0, [coin.out], kind, leaf))
            signature += bytes([kind]) if kind else b""
            return bytes([signature[0] ^ 1]) + signature[1:] if broken else signature

        return sign

    check = script(OTHER.x, "CHECKSIG")
    pair(t, "a signature in a taproot script", leafed(check, by(OTHER)), leafed(check, by(OTHER, broken=True)), wrong)
    pair(t, "a signature in a taproot script of another key", leafed(check, by(OTHER)), leafed(check, by(KEY)), wrong)
    pair(
        t,
        "an empty signature is false, any other must be right",
        leafed(script(OTHER.x, "CHECKSIG", "NOT"), b""),
        leafed(script(OTHER.x, "CHECKSIG", "NOT"), bytes(64)),
        wrong,
    )
    pair(
        t,
        "an empty key is none",
        leafed(script(b"\1" * 31, "CHECKSIG"), b"any"),
        leafed(script(b"", "CHECKSIG"), b"any"),
        "Empty public key in tapscript",
    )
    pair(
        t,
        "a key of an unknown kind is always right",
        leafed(script(b"\1" * 33, "CHECKSIG"), b"any"),
        leafed(script(b"\1" * 33, "CHECKSIG"), b""),
        FALSE_TOP,
    )
    total = script(OTHER.x, "CHECKSIG", KEY.x, "CHECKSIGADD", 2, "NUMEQUAL")
    pair(t, "CHECKSIGADD counts", leafed(total, by(KEY), by(OTHER)), leafed(total, b"", by(OTHER)), FALSE_TOP)

    def costly(count, padding):
        """A script of so many checks of a key of unknown kind, each of which costs like a true one."""
        inner = script(*(["2DUP", "CHECKSIGVERIFY"] * count), "2DROP", 1)
        return leafed(inner, b"s", b"\1" * 33, more=[b"\x50" + bytes(padding)])

    count = 60
    # Of the stack: two items, the script, a control block of 33 bytes, and the annex, whose length takes three bytes.
    inner = len(script(*(["2DUP", "CHECKSIGVERIFY"] * count), "2DROP", 1))
    padding = 50 * (count - 1) - (1 + (1 + 1) + (1 + 33) + (1 + inner) + (1 + 33) + (3 + 1))
    pair(
        t,
        "the witness pays for its signature checks",
        costly(count, padding),
        costly(count, padding - 1),
        "Too much signature validation relative to witness weight",
    )


CASES = (witness_programs, taproot)
