"""The scripts that descriptors give, of the kinds named in Docs/PayoutAudit.md."""
import hashlib

from curve import G, add, base58_decode, child, decompress, hash160, multiply, tagged

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)


def checksum(values):
    """The sum of BIP173 and BIP350."""
    sum_ = 1
    for value in values:
        top = sum_ >> 25
        sum_ = (sum_ & 0x1ffffff) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            sum_ ^= generator if top >> bit & 1 else 0
    return sum_


def script_of_address(text):
    """The script that an address stands for, whichever network it is of."""
    prefix, separator, rest = text.lower().rpartition("1")
    if separator and len(rest) > 6 and all(letter in LETTERS for letter in rest):
        values = [LETTERS.index(letter) for letter in rest]
        head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
        if checksum(head + values) == (1 if values[0] == 0 else 0x2bc830a3):
            number = 0
            for value in values[1:-6]:
                number = number << 5 | value
            bits = 5 * len(values[1:-6])
            program = (number >> bits % 8).to_bytes(bits // 8, "big")
            return bytes([0x50 + values[0] if values[0] else 0, len(program)]) + program
    data = base58_decode(text, 21)
    if data[0] in (0x00, 0x6f):
        return b"\x76\xa9\x14" + data[1:] + b"\x88\xac"
    if data[0] in (0x05, 0xc4):
        return b"\xa9\x14" + data[1:] + b"\x87"
    raise ValueError(f"{text}: an address of an unknown kind")


def key_at(expression, index):
    """The public key that a descriptor's key expression gives at an index."""
    if expression.startswith("["):
        expression = expression[expression.index("]") + 1:]
    head, *steps = expression.split("/")
    if len(head) in (64, 66, 130) and not steps:
        return bytes.fromhex(head if len(head) != 64 else "02" + head)
    if head[1:4] not in ("pub", "prv"):
        raise ValueError(f"key {head}: this kind is not known here")
    data = base58_decode(head, 78)
    key, chain = data[45:], data[13:45]
    for step in steps:
        if step[-1:] in ("'", "h", "H"):
            raise ValueError("a hardened step needs the private key")
        key, chain = child(key, chain, index if step == "*" else int(step))
    return key


def push(data):
    return bytes([len(data)]) + data


def multisig(arguments, index, is_sorted):
    required, *expressions = arguments.split(",")
    keys = [key_at(expression, index) for expression in expressions]
    if not 1 <= int(required) <= len(keys) <= 20:
        raise ValueError(f"multi({arguments}): no such number of keys")
    numbers = [bytes([0x50 + n]) if n <= 16 else push(bytes([n]))
               for n in (int(required), len(keys))]
    keys = sorted(keys) if is_sorted else keys
    return numbers[0] + b"".join(map(push, keys)) + numbers[1] + b"\xae"


def taproot(expression, index):
    key = key_at(expression, index)[1:33]
    tweak = int.from_bytes(tagged("TapTweak", key), "big")
    return b"\x51\x20" + add(decompress(b"\x02" + key), multiply(G, tweak))[0].to_bytes(32, "big")


def script_at(descriptor, index):
    """The script that a descriptor gives at an index."""
    return script_of(descriptor.split("#")[0], index)


def script_of(text, index):
    name, _, rest = text.partition("(")
    argument = rest[:-1]
    if rest[-1:] == ")":
        if name == "sh":
            return b"\xa9" + push(hash160(script_of(argument, index))) + b"\x87"
        if name == "wsh":
            return b"\x00" + push(hashlib.sha256(script_of(argument, index)).digest())
        if name in ("multi", "sortedmulti"):
            return multisig(argument, index, name == "sortedmulti")
        if name == "raw":
            return bytes.fromhex(argument)
        if name == "addr":
            return script_of_address(argument)
        if name == "pk":
            return push(key_at(argument, index)) + b"\xac"
        if name == "pkh":
            return b"\x76\xa9" + push(hash160(key_at(argument, index))) + b"\x88\xac"
        if name == "wpkh":
            return b"\x00" + push(hash160(key_at(argument, index)))
        if name == "tr" and "," not in argument:
            return taproot(argument, index)
        if name == "rawtr":
            return b"\x51" + push(key_at(argument, index)[1:33])
    raise ValueError(f"the descriptor {text} is of a kind that is not known here, so what it is paid "
                     "cannot be computed: Docs/PayoutAudit.md names those that are")
