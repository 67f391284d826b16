#!/usr/bin/env python3
"""Seeds for the fuzzers, made of the published vectors: FOLDER/<target>/<hash of the seed>.

    Tests/Fuzz/seeds.py .build-fuzz/seeds
"""
import hashlib
import json
import os
import re
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(os.path.dirname(ROOT), "shared", "vectors")
LARGEST = 40_000
HEX = re.compile(r"^(?:[0-9a-fA-F]{2})+$")


def load(name):
    with open(os.path.join(VECTORS, name), "rb") as f:
        return f.read()


def texts(value):
    """Every text within a JSON value, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from texts(member)
    elif isinstance(value, list):
        for element in value:
            yield from texts(element)


def all_texts():
    out = set()
    for folder, _, names in os.walk(VECTORS):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".json") and os.path.getsize(path) < 1_000_000:
                try:
                    with open(path, encoding="utf-8") as f:
                        out.update(texts(json.load(f)))
                except (ValueError, UnicodeDecodeError):
                    pass            # meant to be wrong
            elif name.endswith(".jsonl"):
                with open(path, encoding="utf-8") as f:
                    for line in f:
                        out.update(texts(json.loads(line)))
    return sorted(out)


def size(n):
    return bytes([n]) if n < 253 else b"\xfd" + struct.pack("<H", n) if n < 1 << 16 else b"\xfe" + struct.pack("<I", n)


def transactions():
    for name in ("core/tx_valid.json", "core/tx_invalid.json"):
        yield from (bytes.fromhex(row[1]) for row in json.loads(load(name)) if len(row) == 3)
    yield from (bytes.fromhex(row[0]) for row in json.loads(load("core/sighash.json")) if len(row) == 5)
    for row in json.loads(load("taproot/script_assets.json"))[::20]:
        yield bytes.fromhex(row["tx"])
    yield from (bytes.fromhex(t) for row in json.loads(load("bips/bip143.json")) for t in row.get("signed_txs", []) if HEX.match(t))


def blocks():
    for name in ("chains/regtest-kernel-1-206.hex", "chains/signet-1-40.hex"):
        yield from (bytes.fromhex(line) for line in load(name).decode().split()[::8])
    for name in sorted(os.listdir(os.path.join(VECTORS, "blocks"))):
        if name.endswith(".bin"):
            yield load("blocks/" + name)


def headers():
    data = load("headers/mainnet-0-8999.bin")
    return [data[i:i + 80] for i in range(0, 8000, 400)]


def messages():
    """(command, payload) of every command we know."""
    some = [b for b in blocks() if len(b) < LARGEST][:12]
    few, heads = list(transactions())[:150:10], headers()
    hashes = [hashlib.sha256(bytes([i])).digest() for i in range(5)]
    yield from (("block", b) for b in some)
    yield from (("tx", t) for t in few)
    yield "headers", size(len(heads)) + b"".join(h + b"\0" for h in heads)
    for command in ("inv", "getdata", "notfound"):
        yield command, size(5) + b"".join(struct.pack("<I", k) + h for k, h in zip((1, 2, 5, 0x40000001, 0x40000002), hashes))
    for command in ("getblocks", "getheaders"):
        yield command, struct.pack("<I", 70016) + size(3) + b"".join(hashes[:3]) + bytes(32)
    for command, payload in (("verack", b""), ("wtxidrelay", b""), ("sendaddrv2", b""), ("sendheaders", b""), ("getaddr", b""),
                             ("mempool", b""), ("feature", b"abc"), ("filterload", bytes(20)), ("getcfilters", bytes(37)),
                             ("sendcmpct", b"\1" + struct.pack("<Q", 2)), ("feefilter", struct.pack("<q", 1000)), ("ping", bytes(8)),
                             ("ping", b""), ("pong", bytes(range(8)))):
        yield command, payload
    yield "version", (struct.pack("<iQq", 70016, 9, 1_700_000_000) + bytes(8) + bytes(10) + b"\xff\xff\1\2\3\4" + struct.pack(">H", 8333)
                      + bytes(26) + bytes(8) + b"\x0c/Satoshi:30/" + struct.pack("<i?", 800_000, True))
    vectors = json.loads(load("core-extracted/addrv2.json"))
    entries = [bytes.fromhex(row["addr_entry_hex"]) for row in vectors["netaddr_v2"]]
    for entry in entries:
        yield "addrv2", size(1) + struct.pack("<I", 1_700_000_000) + size(9) + entry + struct.pack(">H", 8333)
    for command, name in (("addr", "caddress_vector_v1"), ("addrv2", "caddress_vector_v2")):
        yield from ((command, bytes.fromhex(t)) for t in texts(vectors[name]) if HEX.match(t))
    for head, t in zip(heads, few[:4]):
        yield "cmpctblock", head + bytes(8) + size(2) + bytes(range(12)) + size(1) + b"\0" + t
        yield "getblocktxn", hashes[0] + size(3) + b"\0\2\xfd\x00\x01"
        yield "blocktxn", hashes[0] + size(1) + t


def known_commands():
    """The order in which a message's first byte names its command."""
    with open(os.path.join(ROOT, "Sources", "Wire", "Message.swift")) as f:
        listed = f.read().split("knownCommands: Set<String> = [")[1].split("]")[0]
    return sorted(re.findall(r'"(\w+)"', listed))


def frames():
    for command, payload in messages():
        check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
        yield b"\xf9\xbe\xb4\xd9" + command.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + check + payload


OPCODES = {}


def assemble(text):
    """Core's notation for scripts; words that are not known give nothing."""
    if not OPCODES:
        OPCODES.update({"OP_" + n: 0x4F + i for i, n in enumerate(
            "1NEGATE RESERVED 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 NOP VER IF NOTIF VERIF VERNOTIF ELSE ENDIF VERIFY RETURN "
            "TOALTSTACK FROMALTSTACK 2DROP 2DUP 3DUP 2OVER 2ROT 2SWAP IFDUP DEPTH DROP DUP NIP OVER PICK ROLL ROT SWAP TUCK CAT "
            "SUBSTR LEFT RIGHT SIZE INVERT AND OR XOR EQUAL EQUALVERIFY RESERVED1 RESERVED2 1ADD 1SUB 2MUL 2DIV NEGATE ABS NOT "
            "0NOTEQUAL ADD SUB MUL DIV MOD LSHIFT RSHIFT BOOLAND BOOLOR NUMEQUAL NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN "
            "LESSTHANOREQUAL GREATERTHANOREQUAL MIN MAX WITHIN RIPEMD160 SHA1 SHA256 HASH160 HASH256 CODESEPARATOR CHECKSIG "
            "CHECKSIGVERIFY CHECKMULTISIG CHECKMULTISIGVERIFY NOP1 CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY NOP4 NOP5 NOP6 NOP7 "
            "NOP8 NOP9 NOP10 CHECKSIGADD".split())})
    out = b""
    for word in text.split():
        if word.startswith("0x"):
            out += bytes.fromhex(word[2:])
        elif word.startswith("'"):
            out += push(word.strip("'").encode())
        elif re.fullmatch(r"-?\d+", word):
            n = int(word)
            out += bytes([0x50 + n if n else 0]) if -1 <= n <= 16 else push(number(n))
        else:
            code = OPCODES.get(word if word.startswith("OP_") else "OP_" + word)
            out += bytes([code]) if code else b""
    return out


def number(n):
    data = abs(n).to_bytes(9, "little").rstrip(b"\0")
    if data[-1] & 0x80:
        data += b"\0"
    return data[:-1] + bytes([data[-1] | (0x80 if n < 0 else 0)])


def push(data):
    n = len(data)
    head = bytes([n]) if n < 76 else b"\x4c" + bytes([n]) if n < 256 else b"\x4d" + struct.pack("<H", n)
    return head + data


def chunk(data):
    return struct.pack("<H", len(data)) + data


def scripts():
    """kind, flags, lock time, sequence, the script, the items: what FuzzScript reads."""
    def seed(kind, flags, script, items):
        return bytes([kind]) + struct.pack("<III", flags, 500, 1) + chunk(script) + b"".join(map(chunk, items))

    for number_, row in enumerate(json.loads(load("core/script_tests.json"))):
        if len(row) < 4:
            continue
        shift = isinstance(row[0], list)
        if any("#" in str(part) for part in (row[0] if shift else row[:2])) or "#" in row[shift + 1]:
            continue
        sig, key = assemble(row[shift]), assemble(row[shift + 1])
        yield seed(1, 0x1FFFFF if number_ % 2 else 0x20E15, key, [sig])
        if number_ % 3 == 0:
            yield seed((3, 5, 2)[number_ % 9 // 3] | 0x80, 0x20E15, key, [b"\1", b"", b"\2\3"])
    for row in json.loads(load("taproot/script_assets.json"))[::15]:
        witness = [bytes.fromhex(w) for w in row["success"]["witness"]]
        if len(witness) > 1 and sum(map(len, witness)) < 5000:
            yield seed(5 | 0x80, 0x20E15, witness[-2], witness[:-2])
            yield seed(7, 0x20E15, bytes.fromhex(row["prevouts"][row["index"]])[9:], witness)


ROSTERS = [
    {"payout": {"scheme": "weights", "max_payees": 60, "min_payout": 5000, "fee_bps": 100, "finder_bps": 50, "pplns_factor": 4,
                "operator": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"},
     "inmate": [{"name": "anna", "weight": 3, "address": "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"},
                {"name": "bert", "weight": 1, "descriptor":
                 "wpkh(tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B/1/*)"}]},
    {"payout": {"scheme": "rotation"}, "inmate": [{"name": n, "weight": w, "descriptor": f"raw(51{k:02x})"}
                                                   for k, (n, w) in enumerate([("a", 1), ("b", 1 << 40), ("c", 7)])]},
    {"payout": {"scheme": "solo"}, "inmate": [{"name": "x", "descriptor": "raw(51)"}]},
    {"payout": {"scheme": "pplns", "min_payout": 0}, "inmate": [{"name": "x", "descriptor": "raw(51)"}, {"name": "y", "descriptor": "raw(52)"}]},
]


def requests():
    tx = "0100000001" + "11" * 32 + "0000000000ffffffff010100000000000000015100000000"
    yield {"op": "verifyinput", "tx": tx, "input": 0, "spent": [[1, "51"]], "flags": ["P2SH", "WITNESS"]}
    yield {"op": "verifyinput", "tx": tx, "input": 0, "spent": [[1, "51"]], "flag_sets": [[], ["P2SH"]]}
    yield {"op": "checktx", "tx": tx}
    yield {"op": "sighash", "tx": tx, "input": 0, "spent": [[1, "51"]], "hashtype": 1, "version": "v0", "script": "51"}
    yield {"op": "sighash", "tx": tx, "input": 0, "spent": [[1, "51"]], "hashtype": 131, "version": "taproot"}
    yield {"op": "derive", "seed": "000102030405060708090a0b0c0d0e0f", "path": "m/84h/0h/0h/0/1", "kind": "wpkh", "network": "mainnet"}
    block, coins = load("blocks/mainnet-170.bin").hex(), json.loads(load("blocks/mainnet-170.spent.json"))["spent"]
    yield {"op": "verifyblock", "network": "mainnet", "height": 170, "block": block, "spent": coins}
    yield {"op": "checkheader", "network": "mainnet", "header": block[:160], "context": {
        "prev_height": 169, "prev_times": list(range(1231702618, 1231702629)), "prev_bits": "1d00ffff", "period_start_time": 1231006505}}
    yield {"op": "checkblock", "network": "mainnet", "block": block}
    yield {"op": "checkblock", "network": "regtest", "block": block, "proof_of_work": False, "merkle_root": False}
    for roster in ROSTERS:
        yield {"op": "payout", "roster": roster, "reward": 5_000_000_000, "prev": "11" * 32}
    yield {"op": "payout", "roster": ROSTERS[1], "reward": 1000, "prev": "00" * 32, "ledger": {"a": -5, "b": 5}}
    for name, fields in (("sha256", {"message": "616263"}), ("hmac-sha512", {"key": "0b", "message": "61"}),
                         ("hkdf-sha256", {"ikm": "0b", "salt": "00", "info": "f0", "length": 42}),
                         ("pbkdf2-sha512", {"password": "61", "salt": "62", "iterations": 2}),
                         ("chacha20", {"key": "00" * 32, "nonce": "00" * 12, "length": 64}),
                         ("chacha20poly1305", {"mode": "encrypt", "key": "00" * 32, "nonce": "00" * 12, "aad": "", "plaintext": "616263"}),
                         ("aes256-cbc", {"mode": "encrypt", "key": "00" * 32, "iv": "00" * 16, "plaintext": "61", "pad": True}),
                         ("siphash", {"key": "00" * 16, "message": "61"}), ("murmur3", {"key": "00000000", "message": "61"}),
                         ("muhash", {"message": "61"}), ("ripemd160", {"message": ""}), ("sha1", {"message": ""}),
                         ("schnorr-verify", {"pubkey": "02" * 32, "signature": "03" * 64, "message": "00" * 32}),
                         ("ecdsa-verify", {"pubkey": "02" * 33, "signature": "3006020101020101", "hash": "00" * 32, "strict": True})):
        yield {"op": "crypto", "name": name, **fields}


def seeds():
    words = all_texts()
    yield "Transaction", transactions()
    yield "Block", list(blocks()) + headers()
    commands = known_commands()
    yield "Message", (bytes([commands.index(c)]) + p for c, p in messages())
    yield "Frame", frames()
    yield "Transport", (bytes([len(p) % 256]) + p[:600] for _, p in messages())
    yield "Script", scripts()
    yield "Descriptor", (w.encode() for w in words if re.match(r"^(pkh?|wpkh|sh|wsh|tr|combo|multi|sortedmulti|addr|raw|rawtr|musig)\(", w))
    psbts = [w for w in words if w.startswith("cHNid")]
    yield "PSBT", [w.encode() for w in psbts[::10]] + [raw for raw in map(unbase64, psbts) if raw]
    phrases = [w for w in words if re.fullmatch(r"(?:[a-z]{3,8} ){11,23}[a-z]{3,8}", w)]
    yield "Address", (w.encode() for w in words + phrases if 3 < len(w) < 120 and not HEX.match(w) and " " not in w or w in phrases)
    folder = os.path.join(VECTORS, "core", "json")
    yield "JSON", [load("core/json/" + n) for n in sorted(os.listdir(folder))] + [b"0.00000001", b"-1e-8", b"21000000", b"YWJj", b"00ff"]
    genesis = os.path.join(ROOT, "Genesis")
    definitions = []
    for name in sorted(n for n in os.listdir(genesis) if n.endswith(".json")):
        with open(os.path.join(genesis, name)) as f:
            definition = json.load(f)
        # The names and the magic that are compiled in are refused of others.
        definition["name"] = definition["chain"] = "own-" + definition["name"]
        definition["magic"] = "0badcafe"
        definitions.append(json.dumps(definition, separators=(",", ":")).encode())
    yield "Network", definitions
    yield "Roster", [json.dumps(r, separators=(",", ":")).encode() for r in ROSTERS] + [
        b"\1\1\1a\1\x51" + bytes(8) + bytes(4)]
    yield "Conform", (json.dumps(r, separators=(",", ":")).encode() for r in requests())
    yield "Shares", shares()
    yield "Proofs", proofs(words)
    yield "Stratum", stratum()
    yield "Peers", peers()
    yield "Options", options()
    yield "Disk", disk()
    yield "Snapshot", snapshots()


def shares():
    """The first byte chooses what is read: a log, bodies of entries, the terms of a payout."""
    job = b"\1" + size(60) + bytes(60) + size(40) + bytes(40) + size(2) + bytes(range(64))
    share = b"\2" + bytes(8) + b"\3ana\3rig" + struct.pack("<Q", 4) + b"\x08" + bytes(8) + headers()[0]
    yield b"\1" + chunk(job) + chunk(share) + chunk(share)
    for entries in ([job], [share, share], [job, share]):
        yield b"\0" + log(entries)
        yield b"\0CBSH" + struct.pack("<IQ", 1, 0) + bytes(32) + log(entries)
    yield b"\2" + bytes(32) + struct.pack("<I", 60) + b"\3ana" + bytes(32)
    yield b"\2" + bytes(32) + struct.pack("<I", 60) + b"\0" + bytes(32)


def log(entries):
    out, tip = b"", bytes(32)
    tag = hashlib.sha256(b"Cellblock/share").digest()
    for number_, entry in enumerate(entries):
        body = struct.pack("<Q", number_) + entry
        check = hashlib.sha256(tag + tag + tip + body).digest()
        out += struct.pack("<I", len(body)) + tip + body + check[:4]
        tip = check
    return out


def proofs(words):
    """The first byte chooses: a proof, its making, a compact block, a filter, a script, a signed message, a map."""
    hashes = [hashlib.sha256(bytes([i])).digest() for i in range(5)]
    for count, bits in ((1, b"\1"), (4, b"\x1f"), (7, b"\x1d\x05")):
        yield b"\0" + struct.pack("<I", count) + size(min(count, 4)) + b"".join(hashes[:min(count, 4)]) + size(len(bits)) + bits
    yield from (b"\1" + bytes([n]) + bytes([5, 0x80, 0xFF]) for n in (0, 1, 6, 20, 255))
    yield from (b"\2" + payload for command, payload in messages() if command == "cmpctblock")
    for row in json.loads(load("core/blockfilters.json"))[1:]:
        script = bytes.fromhex(row[3][0]) if row[3] else b"\x51"
        yield b"\3" + chunk(script) + bytes.fromhex(row[5])
    for row in json.loads(load("core-extracted/miniscript.json")):
        yield from (b"\4" + chunk(bytes.fromhex(row[k])) for k in ("wsh_script", "tapscript") if row.get(k))
    for row in json.loads(load("core-extracted/descriptors.json"))["check"]:
        for script in [t for t in texts(row) if HEX.match(t)][:2]:
            yield b"\4" + chunk(bytes.fromhex(script))
    for row in json.loads(load("core-extracted/keys.json"))["message_verify"]:
        yield b"\5" + chunk(row["signature"].encode()) + row["message"].encode()
        raw = unbase64(row["signature"])
        if raw:
            yield b"\5" + chunk(raw) + row["message"].encode()
    yield b"\6" + chunk(bytes(16)) + load("core/asmap.raw")
    yield b"\6" + chunk(bytes([32, 1, 13, 184])) + bytes.fromhex(json.loads(load("core-extracted/asmap.json"))["asmap_hex"])


def stratum():
    """Lines of miners, one after another."""
    def line(method, *params):
        return json.dumps({"id": 1, "method": method, "params": params}, separators=(",", ":"))

    subscribe, extranonce = line("mining.subscribe", "cpuminer/2.5.1"), line("mining.extranonce.subscribe")
    roll = line("mining.configure", ["version-rolling", "minimum-difficulty", "subscribe-extranonce", "info"],
                {"version-rolling.mask": "ffffffff", "minimum-difficulty.value": 0.0001})
    for agent in ("nerdminer", "esp32", "bitaxe", "NiceHash/1.0.0", ""):
        for user, password in (("ana", "x"), ("bo.b.rig.1", "d=0.001,size=755"), ("ana.", "d=1e9;size=384"), ("nobody", "")):
            lines = [line("mining.subscribe", agent), line("mining.authorize", user, password)]
            for n in range(12):
                extra = f"{n % 5:08x}"
                lines.append(line("mining.submit", user, f"{n % 3 + 1:x}", extra, "6553f358", f"{n:08x}", *["00002000"] * (n % 2)))
            yield "\n".join(lines).encode()
            yield "\n".join([roll] + lines + [line("mining.suggest_difficulty", 2.5)] + lines[2:6]).encode()
    yield "\n".join([subscribe, extranonce, line("mining.suggest_target", "00" * 4 + "ff" * 28), line("mining.ping"), "{}",
                     '{"id":2,"result":true,"error":null}', line("client.get_version"), "[]"]).encode()
    yield "\n".join([subscribe] + [line("mining.authorize", f"x{n}") for n in range(6)]).encode()


def peers():
    """The first byte chooses: addresses kept, addresses told, bans, a block, a compact block and what is sent for it."""
    def entry(address, **more):
        return {"address": address, "services": 1033, "time": 1_700_000_000, "source": "0401", **more}

    pages = ("1.2.3.4:8333", "[2001:db8::1]:8333", "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333",
             "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:1", "10.0.0.1:1")
    yield b"\0" + json.dumps({"version": 1, "addresses": [entry(p, tried=5, succeeded=4, attempts=n, proven=n % 2 == 0)
                                                          for n, p in enumerate(pages)]}).encode()
    yield b"\0" + json.dumps({"addresses": [entry("[fc00::1]:8333", network="cjdns"), entry("x"), 5]}).encode()
    bans = ("1.2.3.0/24", "1.2.3.4/32", "2001:db8::/32", "1.2.0.0/255.255.0.0", "::/0", "300.1.1.1")
    yield b"\2" + json.dumps({"banned_nets": [{"version": 1, "address": b, "ban_created": 1_600_000_000, "banned_until": 1_800_000_000}
                                              for b in bans]}).encode()
    yield from (b"\1" + payload for command, payload in messages() if command in ("addr", "addrv2"))
    some = [b for b in blocks() if len(b) < LARGEST]
    yield from (b"\3" + b for b in some)
    few, heads = list(transactions())[:40:5], headers()
    for n, (head, t) in enumerate(zip(heads, few)):
        compact = head + bytes(8) + size(n) + bytes(range(6 * n)) + size(1) + size(n) + t
        yield b"\4" + chunk(compact) + bytes(32) + size(n) + b"".join(few[:n])


def options():
    """The first byte chooses: a file, arguments, a settings.json, options that change a network."""
    with open(os.path.join(ROOT, "Sources", "Options", "OptionTable+Groups.swift")) as f:
        names = re.findall(r'Option\(\s*"([\w?-]+)"', f.read())
    for n in range(0, len(names), 8):
        some = names[n:n + 8]
        lines = [f"{'no' * (k % 3 == 2)}{name}={k % 4 - 1}" for k, name in enumerate(some)]
        yield b"\0" + "\n".join(["# some"] + lines + ["[regtest]"] + lines + ["signet." + lines[0] + " # more"]).encode()
        yield b"\1" + "\n".join("-" * (1 + k % 2) + text for k, text in enumerate(lines)).encode()
        yield b"\2" + json.dumps({name: (True, False, "x", 5, ["a", False])[k % 5] for k, name in enumerate(some)}).encode()
    for text in ("segwit@0", "bip34@2147483646", "taproot:0:9223372036854775807:5", "testdummy:-1:0", "5121" + "02" * 33 + "51ae"):
        yield b"\3" + text.encode()


def unbase64(text):
    import base64
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def chunk8(data):
    return size(len(data)) + data


def variable(n):
    """Core's VARINT."""
    out = [n & 0x7F]
    while n >= 0x80:
        n = (n >> 7) - 1
        out.append(n & 0x7F | 0x80)
    return bytes(reversed(out))


KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")[1:]
# One of each kind of script, as the disk holds them.
OUTPUTS = [variable(50) + b"\0" + bytes(20), variable(9) + b"\1" + bytes(20), variable(7) + b"\2" + KEY,
           variable(1) + b"\4" + KEY, variable(0) + variable(7) + b"\x51"]


def disk():
    """The first byte chooses what is read: coins, undo data, a block record, a mempool file, rows of the stores."""
    yield from (b"\0" + variable(2 * 120 + 1) + o for o in OUTPUTS)
    yield b"\1" + size(1) + size(5) + b"".join(variable(240) + b"\0" + o for o in OUTPUTS)
    for header in headers()[:3]:
        yield (b"\2" + variable(259900) + variable(170) + variable(29) + variable(2) + variable(0) + variable(8) + variable(300) + header)
    entries = [t + struct.pack("<qq", 1_700_000_000, 5) for t in list(transactions())[:6]]
    body = struct.pack("<Q", 6) + b"".join(entries) + size(1) + bytes(40) + size(1) + bytes(32)
    yield b"\3" + struct.pack("<Q", 1) + body
    yield b"\3" + struct.pack("<Q", 2) + size(8) + bytes(8) + body
    for n, o in enumerate(OUTPUTS):
        key = b"C" + bytes([n]) * 32 + variable(n * 100)
        yield b"\4" + bytes([len(key)]) + key + variable(2 * 120 + n % 2) + o
    ledger = b"\1" + size(1) + b"\4anna\1\x51" + struct.pack("<qi", 0, 3)
    for terms in (b"", bytes(32) + struct.pack("<I", 60) + b"\3ana" + bytes(32)):
        yield b"\5" + chunk8(b"\1\0") + chunk8(ledger) + terms
    yield from (b"\6" + flaw for flaw in (b"\0", b"\1too little"))
    yield from (b"\7" + bytes(range(n)) for n in (36, 144))


def snapshots():
    """The first byte chooses what is read: a file of coins of regtest, or one of payouts."""
    magic = bytes.fromhex("fabfb5da")
    coins = [size(n) + variable(2 * 120 + n % 2) + o for n, o in enumerate(OUTPUTS)]

    def file(*groups):
        head = b"utxo\xff" + struct.pack("<H", 2) + magic + bytes(32) + struct.pack("<Q", sum(map(len, groups)))
        return b"\0" + head + b"".join(bytes([n]) * 32 + size(len(g)) + b"".join(g) for n, g in enumerate(groups))

    yield file()
    yield file(coins)
    yield file(coins[:1], [], coins[1:3], coins)
    long = variable(1) + variable(10_006) + bytes(10_000)
    yield file([size(70_000) + variable(3) + long] * 2, coins)
    accounts = [(b"anna", b"\x51", -7, 3), (b"bert", b"\0\x14" + bytes(20), 7, 0)]
    for count in range(3):
        ledger = b"\1" + size(count) + b"".join(
            size(len(name)) + name + size(len(script)) + script + struct.pack("<qi", balance, payouts)
            for name, script, balance, payouts in accounts[:count])
        body = b"payout\xff" + struct.pack("<H", 1) + magic + bytes(32) + size(len(ledger)) + ledger
        yield b"\3" + body
        yield b"\2" + body + hashlib.sha256(hashlib.sha256(body).digest()).digest()


def main():
    folder = sys.argv[1]
    if not os.path.isdir(VECTORS):
        print("no ../shared/vectors: no seeds", file=sys.stderr)
        return
    for target, items in seeds():
        place = os.path.join(folder, target)
        os.makedirs(place, exist_ok=True)
        count = 0
        for item in items:
            if len(item) <= LARGEST:
                with open(os.path.join(place, hashlib.sha256(item).hexdigest()[:16]), "wb") as f:
                    f.write(item)
                count += 1
        print(f"{target}: {count} seeds")


if __name__ == "__main__":
    main()
