"""Scripts, written by the names of their operations."""

from wire import hash160, sha256

OP = {
    name: code
    for code, name in enumerate(
        "0 PUSHDATA1 PUSHDATA2 PUSHDATA4 1NEGATE RESERVED 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 NOP VER IF NOTIF VERIF "
        "VERNOTIF ELSE ENDIF VERIFY RETURN TOALTSTACK FROMALTSTACK 2DROP 2DUP 3DUP 2OVER 2ROT 2SWAP IFDUP DEPTH DROP DUP "
        "NIP OVER PICK ROLL ROT SWAP TUCK CAT SUBSTR LEFT RIGHT SIZE INVERT AND OR XOR EQUAL EQUALVERIFY RESERVED1 "
        "RESERVED2 1ADD 1SUB 2MUL 2DIV NEGATE ABS NOT 0NOTEQUAL ADD SUB MUL DIV MOD LSHIFT RSHIFT BOOLAND BOOLOR NUMEQUAL "
        "NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL GREATERTHANOREQUAL MIN MAX WITHIN RIPEMD160 SHA1 "
        "SHA256 HASH160 HASH256 CODESEPARATOR CHECKSIG CHECKSIGVERIFY CHECKMULTISIG CHECKMULTISIGVERIFY NOP1 "
        "CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY NOP4 NOP5 NOP6 NOP7 NOP8 NOP9 NOP10 CHECKSIGADD".split(),
        75,
    )
}
OP["0"] = 0
TRUE = b"\x51"


def push(data):
    """The shortest push that names its length, small numbers not made operations."""
    if len(data) < 76:
        return bytes([len(data)]) + data
    if len(data) < 256:
        return b"\x4c" + bytes([len(data)]) + data
    return b"\x4d" + len(data).to_bytes(2, "little") + data


def script_number(n):
    """The bytes of a number, little-endian with a bit for the sign."""
    data = abs(n).to_bytes((abs(n).bit_length() + 8) // 8, "little") if n else b""
    return data[:-1] + bytes([data[-1] | 0x80]) if n < 0 else data


def push_number(n):
    if n == 0:
        return b"\0"
    if n == -1 or 1 <= n <= 16:
        return bytes([0x50 + n])
    return push(script_number(n))


def script(*words):
    """Names are operations, bytes are pushed, numbers are pushed in the shortest way."""
    return b"".join(
        bytes([OP[w]]) if isinstance(w, str) else push_number(w) if isinstance(w, int) else push(w) for w in words
    )


def pay_to_script_hash(inner):
    return script("HASH160", hash160(inner), "EQUAL")


def pay_to_witness_script_hash(inner):
    return b"\x00\x20" + sha256(inner)


def pay_to_witness_key_hash(key):
    return b"\x00\x14" + hash160(key)


def pay_to_key_hash(key):
    return script("DUP", "HASH160", hash160(key), "EQUALVERIFY", "CHECKSIG")


def height_script(height):
    """What BIP34 wants a coinbase to begin with."""
    return push_number(height)
