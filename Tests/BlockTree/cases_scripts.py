"""Rules of the operations of scripts."""

from pairs import FALSE_TOP, LOCKED, NUMBER, SMALL, bare, pair
from scripts import TRUE, script
from wire import FINAL


def operations(t):
    table = [
        ("a script must leave truth", script(1), script(0), FALSE_TOP),
        ("a negative zero is not true", script(b"\x81"), script(b"\x80"), FALSE_TOP),
        ("a long negative zero is not true", script(b"\0\0\1"), script(b"\0\0\x80"), FALSE_TOP),
        ("an empty stack is not true", script(1), b"\x61", FALSE_TOP),
        (
            "RETURN ends it",
            script(0, "IF", "RETURN", "ENDIF", 1),
            script(1, "IF", "RETURN", "ENDIF", 1),
            "OP_RETURN was encountered",
        ),
        (
            "VERIFY asks for truth",
            script(1, "VERIFY", 1),
            script(0, "VERIFY", 1),
            "Script failed an OP_VERIFY operation",
        ),
        (
            "EQUALVERIFY asks for likes",
            script(2, 2, "EQUALVERIFY", 1),
            script(2, 3, "EQUALVERIFY", 1),
            "Script failed an OP_EQUALVERIFY operation",
        ),
        (
            "NUMEQUALVERIFY asks for like numbers",
            script(b"\2\0", 2, "NUMEQUALVERIFY", 1),
            script(b"\3\0", 2, "NUMEQUALVERIFY", 1),
            "Script failed an OP_NUMEQUALVERIFY operation",
        ),
        ("conditions must end", script(1, "IF", 1, "ENDIF"), script(1, "IF", 1), "Invalid OP_IF construction"),
        (
            "ELSE needs an IF",
            script(1, "IF", "ELSE", "ENDIF", 1),
            script(1, "ELSE", "ENDIF"),
            "Invalid OP_IF construction",
        ),
        ("ENDIF needs an IF", script(0, "NOTIF", "ENDIF", 1), script(1, "ENDIF"), "Invalid OP_IF construction"),
        ("IF needs something to look at", script(0, "IF", "ENDIF", 1), script("IF", "ENDIF", 1), SMALL),
        (
            "a reserved operation may stand unreached",
            script(0, "IF", "RESERVED", "ENDIF", 1),
            script(1, "IF", "RESERVED", "ENDIF", 1),
            "Opcode missing or not understood",
        ),
        (
            "VERIF may not stand anywhere",
            script(0, "IF", "VER", "ENDIF", 1),
            script(0, "IF", "VERIF", "ENDIF", 1),
            "Opcode missing or not understood",
        ),
        (
            "VERNOTIF may not stand anywhere",
            script(0, "IF", "RESERVED1", "ENDIF", 1),
            script(0, "IF", "VERNOTIF", "ENDIF", 1),
            "Opcode missing or not understood",
        ),
        (
            "an operation beyond the last",
            script(0, "IF") + b"\xff" + script("ENDIF", 1),
            b"\xba",
            "Opcode missing or not understood",
        ),
        ("an operation under a full stack", script(1, "DUP"), script("DUP"), SMALL),
        ("PICK within the stack", script(1, 2, 1, "PICK"), script(1, 2, 2, "PICK"), SMALL),
        ("PICK from a negative place", script(1, 2, 0, "PICK"), script(1, 2, -1, "PICK"), SMALL),
        ("ROLL within the stack", script(1, 2, 1, "ROLL"), script(1, 2, 2, "ROLL"), SMALL),
        (
            "FROMALTSTACK needs something there",
            script(1, "TOALTSTACK", "FROMALTSTACK"),
            script(1, "FROMALTSTACK"),
            "Operation not valid with the current altstack size",
        ),
        (
            "520 bytes on the stack",
            script(bytes(519) + b"\1"),
            script(bytes(520) + b"\1"),
            "Push value size limit exceeded",
        ),
        (
            "520 bytes unreached",
            script(0, "IF", bytes(520), "ENDIF", 1),
            script(0, "IF", bytes(521), "ENDIF", 1),
            "Push value size limit exceeded",
        ),
        ("201 operations", b"\x61" * 201 + TRUE, b"\x61" * 202 + TRUE, "Operation limit exceeded"),
        (
            "201 operations, unreached too",
            script(0, "IF") + b"\x61" * 199 + script("ENDIF", 1),
            script(0, "IF") + b"\x61" * 200 + script("ENDIF", 1),
            "Operation limit exceeded",
        ),
        (
            "keys count as operations",
            script(0, 0, 0, "CHECKMULTISIG") * 9 + script(0, 0, *[b"k"] * 20, 20, "CHECKMULTISIG") * 9 + b"\x61" * 3,
            script(0, 0, 0, "CHECKMULTISIG") * 9 + script(0, 0, *[b"k"] * 20, 20, "CHECKMULTISIG") * 9 + b"\x61" * 4,
            "Operation limit exceeded",
        ),
        ("a thousand items", TRUE * 1000, TRUE * 1001, "Stack size limit exceeded"),
        (
            "a thousand items on both stacks",
            script(1, "TOALTSTACK") + TRUE * 999,
            script(1, "TOALTSTACK") + TRUE * 1000,
            "Stack size limit exceeded",
        ),
        ("numbers of four bytes", script(b"\xff\xff\xff\x7f", "1ADD"), script(b"\0\0\0\x80\0", "1ADD"), NUMBER),
        (
            "sums of five bytes, to look at and not to count with",
            script(b"\xff\xff\xff\x7f", b"\xff\xff\xff\x7f", "ADD", b"\xfe\xff\xff\xff\0", "EQUAL"),
            script(b"\xff\xff\xff\x7f", b"\xff\xff\xff\x7f", "ADD", "0NOTEQUAL"),
            NUMBER,
        ),
        ("a push as long as it says", script(b"\2\2"), b"\x51\x02\x01", "Opcode missing or not understood"),
        (
            "a push of many bytes as long as it says",
            b"\x4d\x01\x00\x01",
            b"\x51\x4d\xff\xff\x01",
            "Opcode missing or not understood",
        ),
        (
            "twenty keys",
            script(0, 0, *[b"k"] * 20, 20, "CHECKMULTISIG"),
            script(0, 0, *[b"k"] * 21, 21, "CHECKMULTISIG"),
            "Pubkey count negative or limit exceeded",
        ),
        (
            "keys of a negative number",
            script(0, 0, 0, "CHECKMULTISIG"),
            script(0, 0, -1, "CHECKMULTISIG"),
            "Pubkey count negative or limit exceeded",
        ),
        (
            "no more signatures than keys",
            script(0, 0, b"k", 1, "CHECKMULTISIG"),
            script(0, b"", b"", 2, b"k", 1, "CHECKMULTISIG"),
            "Signature count negative or greater than pubkey count",
        ),
        (
            "signatures of a negative number",
            script(0, 0, b"k", 1, "CHECKMULTISIG"),
            script(0, -1, b"k", 1, "CHECKMULTISIG"),
            "Signature count negative or greater than pubkey count",
        ),
        (
            "the dummy of CHECKMULTISIG is empty (BIP147)",
            script(0, 0, 0, "CHECKMULTISIG"),
            script(1, 0, 0, "CHECKMULTISIG"),
            "Dummy CHECKMULTISIG argument must be zero",
        ),
        (
            "the dummy of CHECKMULTISIG is empty, not zero (BIP147)",
            script(0, 0, 0, "CHECKMULTISIG"),
            script(b"\0", 0, 0, "CHECKMULTISIG"),
            "Dummy CHECKMULTISIG argument must be zero",
        ),
        (
            "without a dummy there is nothing to take",
            script(0, 0, 0, "CHECKMULTISIG"),
            script(0, 0, "CHECKMULTISIG"),
            SMALL,
        ),
    ]
    for row in table:
        bare(*row)(t)
    for name in "CAT SUBSTR LEFT RIGHT INVERT AND OR XOR 2MUL 2DIV MUL DIV MOD LSHIFT RSHIFT".split():
        bare(
            f"{name} is disabled, unreached too",
            script(0, "IF", "NOP", "ENDIF", 1),
            script(0, "IF", name, "ENDIF", 1),
            "Attempted to use a disabled opcode",
        )(t)
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
    pair(
        t,
        "CHECKLOCKTIMEVERIFY of zero against less",
        (script(0, "CHECKLOCKTIMEVERIFY", 1), at(0)),
        (until(-1), at(0)),
        negative,
    )
    pair(
        t,
        "CHECKLOCKTIMEVERIFY by time",
        (until(1_600_000_000), at(1_600_000_000)),
        (until(1_600_000_001), at(1_600_000_000)),
        LOCKED,
    )
    pair(
        t,
        "CHECKLOCKTIMEVERIFY of height against time",
        (until(500_000_000), at(1_600_000_000)),
        (until(499_999_999), at(1_600_000_000)),
        LOCKED,
    )
    pair(
        t,
        "CHECKLOCKTIMEVERIFY in a final input",
        (until(height), at(height, FINAL - 1)),
        (until(height), at(height, FINAL)),
        LOCKED,
    )
    pair(
        t,
        "CHECKLOCKTIMEVERIFY of five bytes",
        (script(b"\1\0\0\0\0", "CHECKLOCKTIMEVERIFY"), at(height)),
        (script(b"\1\0\0\0\0\0", "CHECKLOCKTIMEVERIFY"), at(height)),
        NUMBER,
    )
    pair(
        t,
        "CHECKLOCKTIMEVERIFY on an empty stack",
        (until(height), at(height)),
        (script("CHECKLOCKTIMEVERIFY", 1), at(height)),
        SMALL,
    )
    after = lambda n: script(n, "CHECKSEQUENCEVERIFY", "DROP", 1)
    # The coin is of the same block, so that the input itself may ask for nothing.
    off = 1 << 31
    pair(t, "CHECKSEQUENCEVERIFY of blocks", (after(0), at(0, 0)), (after(1), at(0, 0)), LOCKED)
    pair(t, "CHECKSEQUENCEVERIFY that is off", (after(off), at(0, FINAL)), (after(0), at(0, FINAL)), LOCKED)
    pair(
        t, "CHECKSEQUENCEVERIFY in a transaction of version 1", (after(0), at(0, 0, 2)), (after(0), at(0, 0, 1)), LOCKED
    )
    pair(t, "CHECKSEQUENCEVERIFY of negative numbers", (after(0), at(0, 0)), (after(-1), at(0, 0)), negative)
    pair(
        t,
        "CHECKSEQUENCEVERIFY of time against blocks",
        (after(1 << 22), at(0, 1 << 22)),
        (after(1 << 22), at(0, 0)),
        LOCKED,
    )
    pair(
        t,
        "CHECKSEQUENCEVERIFY of six bytes",
        (script(b"\0\0\0\0\1", "CHECKSEQUENCEVERIFY", "DROP", 1), at(0, 0)),
        (script(b"\0\0\0\0\0\1", "CHECKSEQUENCEVERIFY", "DROP", 1), at(0, 0)),
        NUMBER,
    )
    pair(
        t,
        "CHECKSEQUENCEVERIFY sees no bits that mean nothing",
        (after(0x3F0000), at(0, 0)),
        (after(0x3F0001), at(0, 0)),
        LOCKED,
    )


CASES = (operations, lock_operations)
