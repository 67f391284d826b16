"""Rules of scripts as blocks are held to them: each broken in one place, beside a like that passes."""
from keys import N, Key, leaf_hash, legacy_hash, taproot_hash, witness_hash
from scripts import (TRUE, pay_to_key_hash, pay_to_script_hash, pay_to_witness_key_hash, pay_to_witness_script_hash, push,
                     script, script_number)
from wire import FINAL, In, Out, sha256, tagged

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


def operations(t):
    table = [
        ("a script must leave truth", script(1), script(0), FALSE_TOP),
        ("a negative zero is not true", script(b"\x81"), script(b"\x80"), FALSE_TOP),
        ("a long negative zero is not true", script(b"\0\0\1"), script(b"\0\0\x80"), FALSE_TOP),
        ("an empty stack is not true", script(1), b"\x61", FALSE_TOP),
        ("RETURN ends it", script(0, "IF", "RETURN", "ENDIF", 1), script(1, "IF", "RETURN", "ENDIF", 1), "OP_RETURN was encountered"),
        ("VERIFY asks for truth", script(1, "VERIFY", 1), script(0, "VERIFY", 1), "Script failed an OP_VERIFY operation"),
        ("EQUALVERIFY asks for likes", script(2, 2, "EQUALVERIFY", 1), script(2, 3, "EQUALVERIFY", 1),
         "Script failed an OP_EQUALVERIFY operation"),
        ("NUMEQUALVERIFY asks for like numbers", script(b"\2\0", 2, "NUMEQUALVERIFY", 1), script(b"\3\0", 2, "NUMEQUALVERIFY", 1),
         "Script failed an OP_NUMEQUALVERIFY operation"),
        ("conditions must end", script(1, "IF", 1, "ENDIF"), script(1, "IF", 1), "Invalid OP_IF construction"),
        ("ELSE needs an IF", script(1, "IF", "ELSE", "ENDIF", 1), script(1, "ELSE", "ENDIF"), "Invalid OP_IF construction"),
        ("ENDIF needs an IF", script(0, "NOTIF", "ENDIF", 1), script(1, "ENDIF"), "Invalid OP_IF construction"),
        ("IF needs something to look at", script(0, "IF", "ENDIF", 1), script("IF", "ENDIF", 1), SMALL),
        ("a reserved operation may stand unreached", script(0, "IF", "RESERVED", "ENDIF", 1), script(1, "IF", "RESERVED", "ENDIF", 1),
         "Opcode missing or not understood"),
        ("VERIF may not stand anywhere", script(0, "IF", "VER", "ENDIF", 1), script(0, "IF", "VERIF", "ENDIF", 1),
         "Opcode missing or not understood"),
        ("VERNOTIF may not stand anywhere", script(0, "IF", "RESERVED1", "ENDIF", 1), script(0, "IF", "VERNOTIF", "ENDIF", 1),
         "Opcode missing or not understood"),
        ("an operation beyond the last", script(0, "IF") + b"\xff" + script("ENDIF", 1), b"\xba", "Opcode missing or not understood"),
        ("an operation under a full stack", script(1, "DUP"), script("DUP"), SMALL),
        ("PICK within the stack", script(1, 2, 1, "PICK"), script(1, 2, 2, "PICK"), SMALL),
        ("PICK from a negative place", script(1, 2, 0, "PICK"), script(1, 2, -1, "PICK"), SMALL),
        ("ROLL within the stack", script(1, 2, 1, "ROLL"), script(1, 2, 2, "ROLL"), SMALL),
        ("FROMALTSTACK needs something there", script(1, "TOALTSTACK", "FROMALTSTACK"), script(1, "FROMALTSTACK"),
         "Operation not valid with the current altstack size"),
        ("520 bytes on the stack", script(bytes(519) + b"\1"), script(bytes(520) + b"\1"), "Push value size limit exceeded"),
        ("520 bytes unreached", script(0, "IF", bytes(520), "ENDIF", 1), script(0, "IF", bytes(521), "ENDIF", 1),
         "Push value size limit exceeded"),
        ("201 operations", b"\x61" * 201 + TRUE, b"\x61" * 202 + TRUE, "Operation limit exceeded"),
        ("201 operations, unreached too", script(0, "IF") + b"\x61" * 199 + script("ENDIF", 1),
         script(0, "IF") + b"\x61" * 200 + script("ENDIF", 1), "Operation limit exceeded"),
        ("keys count as operations", script(0, 0, 0, "CHECKMULTISIG") * 9 + script(0, 0, *[b"k"] * 20, 20, "CHECKMULTISIG") * 9 + b"\x61" * 3,
         script(0, 0, 0, "CHECKMULTISIG") * 9 + script(0, 0, *[b"k"] * 20, 20, "CHECKMULTISIG") * 9 + b"\x61" * 4, "Operation limit exceeded"),
        ("a thousand items", TRUE * 1000, TRUE * 1001, "Stack size limit exceeded"),
        ("a thousand items on both stacks", script(1, "TOALTSTACK") + TRUE * 999, script(1, "TOALTSTACK") + TRUE * 1000,
         "Stack size limit exceeded"),
        ("numbers of four bytes", script(b"\xff\xff\xff\x7f", "1ADD"), script(b"\0\0\0\x80\0", "1ADD"),
         NUMBER),
        ("sums of five bytes, to look at and not to count with", script(b"\xff\xff\xff\x7f", b"\xff\xff\xff\x7f", "ADD", b"\xfe\xff\xff\xff\0", "EQUAL"),
         script(b"\xff\xff\xff\x7f", b"\xff\xff\xff\x7f", "ADD", "0NOTEQUAL"), NUMBER),
        ("a push as long as it says", script(b"\2\2"), b"\x51\x02\x01", "Opcode missing or not understood"),
        ("a push of many bytes as long as it says", b"\x4d\x01\x00\x01", b"\x51\x4d\xff\xff\x01", "Opcode missing or not understood"),
        ("twenty keys", script(0, 0, *[b"k"] * 20, 20, "CHECKMULTISIG"), script(0, 0, *[b"k"] * 21, 21, "CHECKMULTISIG"),
         "Pubkey count negative or limit exceeded"),
        ("keys of a negative number", script(0, 0, 0, "CHECKMULTISIG"), script(0, 0, -1, "CHECKMULTISIG"),
         "Pubkey count negative or limit exceeded"),
        ("no more signatures than keys", script(0, 0, b"k", 1, "CHECKMULTISIG"), script(0, b"", b"", 2, b"k", 1, "CHECKMULTISIG"),
         "Signature count negative or greater than pubkey count"),
        ("signatures of a negative number", script(0, 0, b"k", 1, "CHECKMULTISIG"), script(0, -1, b"k", 1, "CHECKMULTISIG"),
         "Signature count negative or greater than pubkey count"),
        ("the dummy of CHECKMULTISIG is empty (BIP147)", script(0, 0, 0, "CHECKMULTISIG"), script(1, 0, 0, "CHECKMULTISIG"),
         "Dummy CHECKMULTISIG argument must be zero"),
        ("the dummy of CHECKMULTISIG is empty, not zero (BIP147)", script(0, 0, 0, "CHECKMULTISIG"), script(b"\0", 0, 0, "CHECKMULTISIG"),
         "Dummy CHECKMULTISIG argument must be zero"),
        ("without a dummy there is nothing to take", script(0, 0, 0, "CHECKMULTISIG"), script(0, 0, "CHECKMULTISIG"), SMALL),
    ]
    for row in table:
        bare(*row)(t)
    for name in "CAT SUBSTR LEFT RIGHT INVERT AND OR XOR 2MUL 2DIV MUL DIV MOD LSHIFT RSHIFT".split():
        bare(f"{name} is disabled, unreached too", script(0, "IF", "NOP", "ENDIF", 1), script(0, "IF", name, "ENDIF", 1),
             "Attempted to use a disabled opcode")(t)
    for name in "NOP1 NOP4 NOP5 NOP6 NOP7 NOP8 NOP9 NOP10".split():
        t.case(f"{name} does nothing")
        fund, coin = t.lock_up(script(1, name))
        t.good(t.block([fund, t.spend(coin)]))


def lock_operations(t):
    """BIP65 and BIP112."""
    def at(lock, sequence=0, version=2):
        def sign(tx, coin):
            tx.lock, tx.ins[0].sequence, tx.version = lock, sequence, version
        return sign
    height = t.tip.height
    until = lambda n: script(n, "CHECKLOCKTIMEVERIFY")
    negative = "Negative locktime"
    pair(t, "CHECKLOCKTIMEVERIFY by height", (until(height), at(height)), (until(height + 1), at(height)), LOCKED)
    pair(t, "CHECKLOCKTIMEVERIFY of zero against less", (script(0, "CHECKLOCKTIMEVERIFY", 1), at(0)), (until(-1), at(0)), negative)
    pair(t, "CHECKLOCKTIMEVERIFY by time", (until(1_600_000_000), at(1_600_000_000)), (until(1_600_000_001), at(1_600_000_000)), LOCKED)
    pair(t, "CHECKLOCKTIMEVERIFY of height against time", (until(500_000_000), at(1_600_000_000)),
         (until(499_999_999), at(1_600_000_000)), LOCKED)
    pair(t, "CHECKLOCKTIMEVERIFY in a final input", (until(height), at(height, FINAL - 1)), (until(height), at(height, FINAL)), LOCKED)
    pair(t, "CHECKLOCKTIMEVERIFY of five bytes", (script(b"\1\0\0\0\0", "CHECKLOCKTIMEVERIFY"), at(height)),
         (script(b"\1\0\0\0\0\0", "CHECKLOCKTIMEVERIFY"), at(height)), NUMBER)
    pair(t, "CHECKLOCKTIMEVERIFY on an empty stack", (until(height), at(height)), (script("CHECKLOCKTIMEVERIFY", 1), at(height)), SMALL)
    after = lambda n: script(n, "CHECKSEQUENCEVERIFY", "DROP", 1)
    # The coin is of the same block, so that the input itself may ask for nothing.
    off = 1 << 31
    pair(t, "CHECKSEQUENCEVERIFY of blocks", (after(0), at(0, 0)), (after(1), at(0, 0)), LOCKED)
    pair(t, "CHECKSEQUENCEVERIFY that is off", (after(off), at(0, FINAL)), (after(0), at(0, FINAL)), LOCKED)
    pair(t, "CHECKSEQUENCEVERIFY in a transaction of version 1", (after(0), at(0, 0, 2)), (after(0), at(0, 0, 1)), LOCKED)
    pair(t, "CHECKSEQUENCEVERIFY of negative numbers", (after(0), at(0, 0)), (after(-1), at(0, 0)), negative)
    pair(t, "CHECKSEQUENCEVERIFY of time against blocks", (after(1 << 22), at(0, 1 << 22)), (after(1 << 22), at(0, 0)), LOCKED)
    pair(t, "CHECKSEQUENCEVERIFY of six bytes", (script(b"\0\0\0\0\1", "CHECKSEQUENCEVERIFY", "DROP", 1), at(0, 0)),
         (script(b"\0\0\0\0\0\1", "CHECKSEQUENCEVERIFY", "DROP", 1), at(0, 0)), NUMBER)
    pair(t, "CHECKSEQUENCEVERIFY sees no bits that mean nothing", (after(0x3f0000), at(0, 0)), (after(0x3f0001), at(0, 0)), LOCKED)


def signatures(t):
    pay = script(KEY.compressed, "CHECKSIG")

    def signed(change=lambda s: s, kind=1, code=None, low=True, keys=(KEY,), before=(), key_last=None):
        def sign(tx, coin):
            digest = legacy_hash(tx, 0, code or coin.script, kind)
            parts = [change(k.ecdsa(digest, low) + bytes([kind & 0xff])) for k in keys]
            tx.ins[0].script = b"".join(map(push, (*before, *parts))) + (push(key_last) if key_last else b"")
        return sign

    def flipped(place):
        return lambda s: s[:place] + bytes([s[place] ^ 1]) + s[place + 1:]
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
    pair(t, "an empty signature is well formed (BIP66)", (script(KEY.compressed, "CHECKSIG", "NOT"), answers(b"")),
         (script(KEY.compressed, "CHECKSIG", "NOT"), answers(b"\x30")), der)
    # These are ruled out by policy alone.
    pair(t, "a signature with a high s is valid", (pay, signed(low=False)), (pay, signed(flipped(-2), low=False)), FALSE_TOP)
    pair(t, "a hash type that nobody knows is valid", (pay, signed(kind=0x44)), (pay, signed(flipped(-2), kind=0x44)), FALSE_TOP)
    pair(t, "a key in full", (script(KEY.uncompressed, "CHECKSIG"), signed()), (script(OTHER.uncompressed, "CHECKSIG"), signed()), FALSE_TOP)
    hybrid = script(KEY.hybrid, "CHECKSIG")
    twisted = script(bytes([KEY.hybrid[0] ^ 1]) + KEY.hybrid[1:], "CHECKSIG")
    pair(t, "a hybrid key", (hybrid, signed()), (twisted, signed()), FALSE_TOP)
    pair(t, "a key of no form", (script(KEY.compressed, "CHECKSIG"), signed()), (script(b"\5" + KEY.compressed[1:], "CHECKSIG"), signed()), FALSE_TOP)
    for kind, name in ((2, "NONE"), (3, "SINGLE"), (0x81, "ALL|ANYONECANPAY"), (0x82, "NONE|ANYONECANPAY"), (0x83, "SINGLE|ANYONECANPAY")):
        pair(t, f"a signature of {name}", (pay, signed(kind=kind)), (pay, signed(flipped(-2), kind=kind)), FALSE_TOP)
    hashed = pay_to_key_hash(KEY.compressed)
    pair(t, "a key's hash", (hashed, signed(key_last=KEY.compressed)), (hashed, signed(keys=(OTHER,), key_last=OTHER.compressed)),
         "Script failed an OP_EQUALVERIFY operation")
    both = script(2, KEY.compressed, OTHER.compressed, 2, "CHECKMULTISIG")
    pair(t, "signatures in the order of the keys", (both, signed(keys=(KEY, OTHER), before=(b"",))),
         (both, signed(keys=(OTHER, KEY), before=(b"",))), FALSE_TOP)
    pair(t, "signatures of one of two", (script(1, KEY.compressed, OTHER.compressed, 2, "CHECKMULTISIG"), signed(keys=(OTHER,), before=(b"",))),
         (script(1, KEY.compressed, KEY.compressed, 2, "CHECKMULTISIG"), signed(keys=(OTHER,), before=(b"",))), FALSE_TOP)
    separated = script(1, "CODESEPARATOR", "DROP", KEY.compressed, "CHECKSIG")
    pair(t, "only what comes after a CODESEPARATOR is signed", (separated, signed(code=separated[2:])), (separated, signed(code=separated)), FALSE_TOP)
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
    pair(t, "a hashed script must leave truth", (one, answers(TRUE)), (pay_to_script_hash(b"\0"), answers(b"\0")), FALSE_TOP)

    def computed(tx, coin):
        tx.ins[0].script = b"\x61" + push(TRUE)
    pair(t, "a hashed script is answered by pushes alone", (one, answers(TRUE)), (one, computed), "Only push operators allowed in signatures")
    pair(t, "a hashed script of no more than 520 bytes", (pay_to_script_hash(b"\x61" * 100 + push(bytes(415)) + b"\x75\x51"),
         answers(b"\x61" * 100 + push(bytes(415)) + b"\x75\x51")),
         (pay_to_script_hash(b"\x61" * 100 + push(bytes(416)) + b"\x75\x51"), answers(b"\x61" * 100 + push(bytes(416)) + b"\x75\x51")),
         "Push value size limit exceeded")
    inner = pay_to_script_hash(b"\0")
    pair(t, "a hash in a hashed script is no script", (pay_to_script_hash(inner), answers(b"\0", inner)),
         (inner, answers(b"\0")), FALSE_TOP)
    like = script("HASH160", b"\1" * 20, "EQUALVERIFY", 1)
    pair(t, "an answer that ends in a condition", (script(1), answers(1)), (script("ENDIF", 1), answers(1, "IF")), "Invalid OP_IF construction")


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
    pair(t, "a key's hash in a witness program", good, (program, keyed(change=lambda s: s[:10] + bytes([s[10] ^ 1]) + s[11:])), FALSE_TOP)
    pair(t, "a witness signature commits to the value (BIP143)", good, (program, keyed(value=1)), FALSE_TOP)
    pair(t, "another key than the program's", good, (program, keyed(key=OTHER)), "Script failed an OP_EQUALVERIFY operation")
    pair(t, "a key program wants two items", good, (program, stack(KEY.compressed)), mismatch)
    pair(t, "a key program without witness", good, (program, nothing), mismatch)
    pair(t, "a witness program is answered by witness alone", good, (program, keyed(sig=b"\x51")), "Witness requires empty scriptSig")
    for kind in (2, 3, 0x81, 0x82, 0x83):
        pair(t, f"a witness signature of hash type {kind:02x}", (program, keyed(kind=kind)), (program, keyed(kind=kind, value=-1 if kind & 3 else 1)), FALSE_TOP)
    nested = pay_to_script_hash(program)
    pair(t, "a key program in a script's hash", (nested, keyed(sig=push(program))), (nested, keyed(sig=push(program), value=1)), FALSE_TOP)
    pair(t, "a nested program is answered by one push", (nested, keyed(sig=push(program))), (nested, keyed(sig=b"\x51" + push(program))),
         "Witness requires only-redeemscript scriptSig")
    script_program = pay_to_witness_script_hash(TRUE)
    pair(t, "a script's hash in a witness program", (script_program, stack(TRUE)), (script_program, stack(b"\x52")), mismatch)
    pair(t, "a script program without witness", (script_program, stack(TRUE)), (script_program, nothing), "Witness program was passed an empty witness")
    pair(t, "a witness script leaves one item", (script_program, stack(TRUE)), (script_program, stack(b"\1", TRUE)), "Stack size must be exactly one after execution")
    def hashed(inner, *before):
        return pay_to_witness_script_hash(inner), stack(*before, inner)
    pair(t, "a witness script leaves truth", hashed(TRUE), hashed(b"\0"), FALSE_TOP)
    pair(t, "a witness item of 520 bytes", hashed(script("DROP", 1), bytes(520)), hashed(script("DROP", 1), bytes(521)), "Push value size limit exceeded")
    pair(t, "a witness script of ten thousand bytes", hashed(script_of(10_000)), hashed(script_of(10_001)), "Script is too big")
    pair(t, "a thousand items in a witness", hashed(script(*["2DROP"] * 200), *[b"\1"] * 401), hashed(TRUE, *[b"\1"] * 1001), "Stack size limit exceeded")
    pair(t, "in a witness script of version 0 any truth will do for IF", hashed(script("IF", 1, "ELSE", 0, "ENDIF"), b"\2"),
         hashed(script("IF", 1, "ELSE", 0, "ENDIF"), b"\x80"), FALSE_TOP)
    # A program of version 0 must have one of two lengths.
    pair(t, "a program of version 0 has 20 or 32 bytes", hashed(TRUE), (b"\x00" + push(b"\1" * 21), stack(TRUE)), "Witness program has incorrect length")
    for name, outer in (("version 2", b"\x52" + push(b"\1" * 32)), ("version 16", b"\x60" + push(b"\1\1")),
                        ("version 1 and 33 bytes", b"\x51" + push(b"\1" * 33)), ("version 1 and 31 bytes", b"\x51" + push(b"\1" * 31)),
                        ("version 1 and 2 bytes, the anchor", b"\x51\x02\x4e\x73")):
        t.case(f"a program of {name} asks for nothing")
        fund, coin = t.lock_up(outer)
        t.good(t.block([fund, t.spend(coin, witness=[b"any"])]))
    t.case("a program too short or too long is none")
    for outer in (b"\x52" + push(b"\1"), b"\x52" + push(b"\1" * 41)):
        fund, coin = t.lock_up(outer)
        t.bad(t.block([fund, t.spend(coin, witness=[b"any"])]), verdict("Witness provided for non-witness script"))
        t.good(t.block([fund, t.spend(coin)]))
    check = script(KEY.compressed, "CHECKSIG")
    odd = script(1, "CODESEPARATOR", "DROP", KEY.compressed, "CHECKSIG")

    def separated(code):
        def sign(tx, coin):
            tx.ins[0].witness = [KEY.ecdsa(witness_hash(tx, 0, code, coin.value)) + b"\1", odd]
        return pay_to_witness_script_hash(odd), sign
    pair(t, "a witness signature covers what comes after a CODESEPARATOR", separated(odd[2:]), separated(odd), FALSE_TOP)


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
    pair(t, "a taproot signature of 64 bytes has no type, of 65 one", keyed(kind=1), keyed(change=lambda s: s + b"\0"), kind_error)
    pair(t, "a taproot signature of a type that nobody knows", keyed(kind=0x83), keyed(change=lambda s: s + b"\4"), kind_error)
    for kind in (2, 3, 0x81, 0x82):
        pair(t, f"a taproot signature of hash type {kind:02x}", keyed(kind=kind), keyed(kind=kind, change=lambda s: bytes([s[0] ^ 1]) + s[1:]), wrong)
    pair(t, "a taproot signature of another length", keyed(), keyed(change=lambda s: s[:63]), "Invalid Schnorr signature size")
    pair(t, "a taproot output without witness", keyed(), (outer, nothing), "Witness program was passed an empty witness")
    pair(t, "an annex is signed", keyed(annex=b"\x50annex"), keyed(annex=b"\x50annex", show=False), wrong)

    def leafed(inner, *items, version=0xc0, path=b"", change=lambda c: c, more=()):
        leaf = leaf_hash(inner, version)
        root = leaf
        for n in range(0, len(path) // 32):
            node = path[32 * n:32 * n + 32]
            root = tagged("TapBranch", min(root, node) + max(root, node))
        output, odd = KEY.taproot(root)

        def sign(tx, coin):
            made = [i(tx, coin, leaf) if callable(i) else i for i in items]
            tx.ins[0].witness = [*made, inner, change(bytes([version | odd]) + KEY.x + path), *more]
        return b"\x51" + push(output), sign
    flip = lambda place: lambda c: c[:place] + bytes([c[place] ^ 1]) + c[place + 1:]
    mismatch, size = "Witness program hash mismatch", "Invalid Taproot control block size"
    pair(t, "a taproot script", leafed(TRUE), leafed(b"\0"), FALSE_TOP)
    pair(t, "a control block says whether the key is odd", leafed(TRUE), leafed(TRUE, change=flip(0)), mismatch)
    pair(t, "a control block names the key within", leafed(TRUE), leafed(TRUE, change=flip(20)), mismatch)
    pair(t, "a control block of whole hashes", leafed(TRUE, path=bytes(32)), leafed(TRUE, path=bytes(32), change=lambda c: c[:-1]), size)
    pair(t, "a control block of the right branch", leafed(TRUE, path=bytes(32)), leafed(TRUE, path=bytes(32), change=flip(40)), mismatch)
    pair(t, "a tree of 128 levels", leafed(TRUE, path=bytes(32 * 128)), leafed(TRUE, path=bytes(32 * 129)), size)
    pair(t, "a leaf of a version without rules", leafed(b"\0", version=0xc2), leafed(b"\0"), FALSE_TOP)
    pair(t, "an operation that is success", leafed(script(0, "VERIFY") + b"\xbb"), leafed(script(0, "VERIFY") + b"\xba"),
         "Script failed an OP_VERIFY operation")
    pair(t, "success is seen before anything is run", leafed(b"\x50\x4d\xff\xff"), leafed(b"\x4d\xff\xff\x50"), "Opcode missing or not understood")
    pair(t, "a taproot script leaves one item", leafed(TRUE), leafed(TRUE, b"\1"), "Stack size must be exactly one after execution")
    pair(t, "IF wants nothing but one or nothing there", leafed(script("IF", 1, "ELSE", 1, "ENDIF"), b"\1"),
         leafed(script("IF", 1, "ELSE", 1, "ENDIF"), b"\2"), "OP_IF/NOTIF argument must be minimal in tapscript")
    pair(t, "CHECKMULTISIG is gone", leafed(script(0, "IF", "CHECKMULTISIG", "ENDIF", 1)), leafed(script(0, 0, 0, "CHECKMULTISIG")),
         "OP_CHECKMULTISIG(VERIFY) is not available in tapscript")
    pair(t, "more than 201 operations", leafed(b"\x61" * 500 + TRUE), leafed(b"\x61" * 500 + b"\0"), FALSE_TOP)
    pair(t, "more than ten thousand bytes", leafed(b"\x61" * 20_000 + TRUE), leafed(b"\x61" * 20_000 + b"\0"), FALSE_TOP)

    def by(key, kind=0, broken=False):
        def sign(tx, coin, leaf):
            signature = key.schnorr(taproot_hash(tx, 0, [coin.out], kind, leaf))
            signature += bytes([kind]) if kind else b""
            return bytes([signature[0] ^ 1]) + signature[1:] if broken else signature
        return sign
    check = script(OTHER.x, "CHECKSIG")
    pair(t, "a signature in a taproot script", leafed(check, by(OTHER)), leafed(check, by(OTHER, broken=True)), wrong)
    pair(t, "a signature in a taproot script of another key", leafed(check, by(OTHER)), leafed(check, by(KEY)), wrong)
    pair(t, "an empty signature is false, any other must be right", leafed(script(OTHER.x, "CHECKSIG", "NOT"), b""),
         leafed(script(OTHER.x, "CHECKSIG", "NOT"), bytes(64)), wrong)
    pair(t, "an empty key is none", leafed(script(b"\1" * 31, "CHECKSIG"), b"any"), leafed(script(b"", "CHECKSIG"), b"any"),
         "Empty public key in tapscript")
    pair(t, "a key of an unknown kind is always right", leafed(script(b"\1" * 33, "CHECKSIG"), b"any"), leafed(script(b"\1" * 33, "CHECKSIG"), b""), FALSE_TOP)
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
    pair(t, "the witness pays for its signature checks", costly(count, padding), costly(count, padding - 1),
         "Too much signature validation relative to witness weight")


CASES = (operations, lock_operations, signatures, script_hashes, witness_programs, taproot)
