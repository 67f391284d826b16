"""Rules of headers, and of blocks by themselves."""

from scripts import TRUE, height_script, push, push_number, script_number
from tree import GENESIS_TIME, subsidy
from wire import COMMITMENT, FINAL, MAX_MONEY, NULL_POINT, In, Out, Tx


def headers(t):
    t.case("a hash above the target")
    t.bad(t.block(meets=False), "high-hash")
    t.good(t.block())
    for bits, word in (
        (0x207FFFFE, "bad-diffbits"),
        (0x201FFFFF, "bad-diffbits"),
        (0x1F7FFFFF, "bad-diffbits"),
        (0x2100FFFF, "high-hash"),
        (0x20FFFFFF, "high-hash"),
        (0, "high-hash"),
        (0xFF123456, "high-hash"),
        (0x04923456, "high-hash"),
        (0x217FFFFF, "high-hash"),
    ):
        t.case(f"bits of {bits:08x}")
        t.bad(t.block(bits=bits), word)
        t.good(t.block())
    t.edge(
        "dated as the median of the eleven blocks before",
        lambda: t.block(time=t.tip.median() + 1),
        lambda: t.block(time=t.tip.median()),
        "time-too-old",
    )
    t.case("dated zero, and before the genesis block")
    t.bad(t.block(time=0), "time-too-old")
    t.bad(t.block(time=GENESIS_TIME - 1), "time-too-old")
    t.edge(
        "dated two hours ahead of the clock",
        lambda: t.block(time=t.clock + 7200),
        lambda: t.block(time=t.clock + 7201),
        "time-too-new",
    )
    t.case("dated too far ahead, and taken when the time has come")
    early = t.block(time=t.clock + 7260)
    t.bad(early, "time-too-new")
    t.clock += 60
    t.good(early)
    for version in (0, 1, 2, 3, -1, -0x80000000, -0x7FFFFFFF):
        t.case(f"version {version}")
        t.bad(t.block(version=version), f"bad-version(0x{version & 0xffffffff:08x})")
    for version in (4, 5, 0x1FFFFFFF, 0x7FFFFFFF):
        t.case(f"version {version}")
        t.good(t.block(version=version))
    t.case("a parent that nobody knows")
    lost = t.block()
    orphan = t.block(onto=t.place(lost))
    t.bad(orphan, "prev-blk-not-found")
    t.good(lost)
    t.good(orphan)
    t.case("no parent at all")
    stray = t.block()
    stray.previous = bytes(32)
    t.bad(stray.mine(), "prev-blk-not-found")
    t.case("the same block again")
    block = t.block()
    t.good(block)
    t.record(block, "duplicate")
    t.record(t.tip.parent.block, "duplicate")
    t.record(t.tip.ancestor(1).block, "duplicate")
    t.case("an invalid block again, and its child")
    bad = t.block(reward=subsidy(t.tip.height + 1) + 1)
    t.bad(bad, "bad-cb-amount")
    t.bad(bad, "duplicate-invalid")
    t.bad(t.block(onto=t.place(bad)), "bad-prevblk")
    t.good(t.block())
    t.case("a block whose header was refused is no parent")
    bad = t.block(version=1)
    t.bad(bad, "bad-version(0x00000001)")
    t.bad(t.block(onto=t.place(bad)), "prev-blk-not-found")
    t.case("the first of a period dated long before its parent, without BIP94")
    while (t.tip.height + 1) % 144:
        t.good(t.block())
    t.good(t.block(time=t.tip.median() + 1))


def roots(t):
    def spends(count):
        return [t.spend(t.take()) for _ in range(count)]

    t.case("a merkle root of other transactions")
    block = t.block(spends(2))
    for bit in (0, 100, 255):
        other = block.copy()
        other.root = bytearray(block.root)
        other.root[bit // 8] ^= 1 << bit % 8
        other.root = bytes(other.root)
        t.bad(other.mine(), "bad-txnmrklroot")
    t.good(block)
    for name, change in (
        ("a transaction left out", lambda txs: txs[:-1]),
        ("two transactions swapped", lambda txs: [txs[0], txs[2], txs[1]]),
        ("a transaction more", lambda txs: txs + spends(1)),
        ("the coinbase alone", lambda txs: txs[:1]),
    ):
        t.case(f"{name} behind the old root")
        block = t.block(spends(2))
        other = block.copy()
        other.txs = change(block.txs)
        t.bad(other, "bad-txnmrklroot")
        t.good(block)
    # CVE-2012-2459: what the tree repeats by itself can be repeated by hand.
    for count, repeated in ((2, 1), (4, 1), (5, 2), (6, 1), (11, 4)):
        t.case(f"the last {repeated} of {count + 1} transactions doubled behind the same root (CVE-2012-2459)")
        block = t.block(spends(count))
        twice = block.copy()
        twice.txs += twice.txs[-repeated:]
        t.bad(twice, "bad-txns-duplicate")
        t.good(block)
    t.case("a transaction doubled, and the root with it")
    txs = spends(2)
    block = t.block(txs + txs[-1:])
    t.bad(block, "bad-txns-duplicate")
    t.case("doubled with an even count, so that the coin is missed")
    txs = spends(2)
    t.bad(t.block([txs[0], txs[0], txs[1]]), "bad-txns-inputs-missingorspent")
    t.good(t.block(txs))
    t.case("no transactions")
    empty = t.block()
    empty.txs = []
    t.bad(empty.seal(), "bad-blk-length")
    t.good(t.block())


def coinbases(t):
    height = lambda: t.tip.height + 1

    def changed(change, **more):
        return t.block(change=change, **more)

    t.case("no coinbase")
    t.bad(changed(lambda b: b.txs.pop(0), txs=[t.spend(t.take())]), "bad-cb-missing")
    t.case("the coinbase last")
    t.bad(changed(lambda b: b.txs.append(b.txs.pop(0)), txs=[t.spend(t.take())]), "bad-cb-missing")
    t.case("two coinbases")
    second = lambda: Tx([In(NULL_POINT, height_script(height()) + push(t.tag()))], [Out(0, TRUE)])
    t.bad(t.block([second()]), "bad-cb-multiple")
    t.bad(t.block([t.spend(t.take()), second()]), "bad-cb-multiple")
    t.case("a coinbase of two inputs is none")
    t.bad(changed(lambda b: b.txs[0].ins.append(In(NULL_POINT))), "bad-cb-missing")
    t.case("a coinbase whose input has an index")
    t.bad(changed(lambda b: setattr(b.txs[0].ins[0], "point", (bytes(32), 0))), "bad-cb-missing")
    t.case("a coinbase whose input names a hash")
    t.bad(changed(lambda b: setattr(b.txs[0].ins[0], "point", (b"\1" + bytes(31), FINAL))), "bad-cb-missing")
    t.good(t.block())
    t.case("a coinbase without outputs")
    t.bad(changed(lambda b: b.txs[0].outs.clear()), "bad-txns-vout-empty")
    for count in (0, 1, 101, 255):
        t.case(f"a coinbase script of {count} bytes")
        start = height_script(height())
        t.bad(t.block(script=(start + push(t.tag()) + bytes(300))[:count]), "bad-cb-length")
    for count in (len(height_script(height())), 100):
        t.case(f"a coinbase script of {count} bytes")
        t.good(t.block(script=(height_script(height()) + push(t.tag()) + bytes(100))[:count]))

    for name, start in (
        ("one less", lambda: height_script(height() - 1)),
        ("one more", lambda: height_script(height() + 1)),
        ("negative", lambda: push_number(-height())),
        ("of a needless byte", lambda: push(script_number(height()) + b"\0")),
        ("pushed the long way", lambda: b"\x4c" + push(script_number(height()))),
        ("cut short", lambda: height_script(height())[:-1]),
        ("zero", lambda: b"\0"),
        ("after an operation", lambda: b"\x61" + height_script(height())),
    ):
        t.case(f"a coinbase with a height {name} (BIP34)")
        t.bad(t.block(script=start() + (b"" if name == "cut short" else push(t.tag()))), "bad-cb-height")
        t.good(t.block())

    t.edge("a coinbase that takes the subsidy", lambda: t.block(), lambda: t.block(fees=1), "bad-cb-amount")
    coin = t.take()
    tx = t.spend(coin, fee=777)
    t.edge(
        "a coinbase that takes the fees",
        lambda: t.block([tx], fees=777),
        lambda: t.block([tx], fees=778),
        "bad-cb-amount",
    )
    t.case("a coinbase that takes less")
    t.good(t.block(reward=0))
    t.edge(
        "a coinbase of many outputs",
        lambda: t.block(reward=subsidy(height()) - 5, extra=[Out(2, TRUE), Out(3, TRUE)]),
        lambda: t.block(reward=subsidy(height()) - 5, extra=[Out(2, TRUE), Out(4, TRUE)]),
        "bad-cb-amount",
    )
    for value, word in (
        (-1, "bad-txns-vout-negative"),
        (-(2**63), "bad-txns-vout-negative"),
        (MAX_MONEY + 1, "bad-txns-vout-toolarge"),
        (2**63 - 1, "bad-txns-vout-toolarge"),
        (MAX_MONEY, "bad-cb-amount"),
    ):
        t.case(f"a coinbase that takes {value}")
        t.bad(t.block(reward=value), word)
    t.case("a coinbase whose outputs are too much together")
    t.bad(t.block(reward=MAX_MONEY, extra=[Out(1, TRUE)]), "bad-txns-txouttotal-toolarge")

    def locked(lock, sequence):
        def change(b):
            b.txs[0].lock, b.txs[0].ins[0].sequence = lock, sequence

        return lambda: t.block(change=change)

    t.edge("a coinbase with a lock time", locked(height() - 1, 0), locked(height(), 0), "bad-txns-nonfinal")
    t.case("a coinbase with a lock time and a final sequence")
    t.good(locked(0xFFFFFFFF, FINAL)())
    t.case("the subsidy halves at its height")
    while (t.tip.height + 1) % 150:
        t.good(t.block())
    t.bad(t.block(reward=subsidy(height() - 1)), "bad-cb-amount")
    t.good(t.block())


def witnesses(t):
    def spend():
        """A spend with a witness: of a program of a version that has no rules yet."""
        first, coin = t.lock_up(b"\x52\x02\x11\x22")
        return [first, t.spend(coin, witness=[b"w"])]

    def repaired(change):
        """A change to the coinbase's witness or commitment, after they were made."""
        return t.block(spend(), change=change)

    t.case("witnesses without commitment")
    t.bad(t.block(spend(), commit=False), "unexpected-witness")
    t.good(t.block(spend()))
    t.case("a witness in the coinbase without commitment")
    t.bad(t.block(change=lambda b: setattr(b.txs[0].ins[0], "witness", [bytes(32)])), "unexpected-witness")
    for name, stack in (
        ("of 31 bytes", [bytes(31)]),
        ("of 33 bytes", [bytes(33)]),
        ("of two items", [bytes(32), b""]),
        ("empty", [b""]),
    ):
        t.case(f"a witness nonce {name}")
        t.bad(repaired(lambda b: setattr(b.txs[0].ins[0], "witness", stack)), "bad-witness-nonce-size")
        t.good(t.block(spend()))
    t.case("no witness nonce at all")
    # `submitblock` adds the nonce of zeros that may be left out there.
    t.bad(
        t.block(spend(), nonce=b"\7" * 32, change=lambda b: b.txs[0].ins[0].witness.clear()),
        "bad-witness-merkle-match",
        peer_answer="bad-witness-nonce-size",
    )
    full = t.block(spend())
    bare = full.copy()
    bare.txs[0].ins[0].witness.clear()
    before, t.tip = t.tip, t.place(full)
    t.record(bare, None, peer_answer="bad-witness-nonce-size", peer_tip=before)
    t.record(full, "duplicate", peer_answer=None)
    t.case("no witness nonce in a first transaction that has two inputs")

    def second_input(b):
        b.txs[0].ins[0].witness.clear()
        b.txs[0].ins.append(In(t.take().point))

    t.bad(t.block(commit=True, change=second_input), "bad-cb-missing")
    t.good(t.block(commit=True))
    t.case("another witness nonce than that committed to")
    t.bad(repaired(lambda b: setattr(b.txs[0].ins[0], "witness", [b"\1" * 32])), "bad-witness-merkle-match")
    t.case("a witness nonce of one's own")
    t.good(t.block(spend(), nonce=b"\7" * 32))

    def other_commitment(b):
        b.txs[0].outs[-1].script = COMMITMENT + b"\5" * 32

    t.case("a commitment to something else")
    t.bad(repaired(other_commitment), "bad-witness-merkle-match")
    t.case("a witness changed behind the commitment")
    t.bad(repaired(lambda b: setattr(b.txs[2].ins[0], "witness", [b"x"])), "bad-witness-merkle-match")
    t.case("a witness taken off")
    t.bad(repaired(lambda b: b.txs[2].ins[0].witness.clear()), "bad-witness-merkle-match")
    t.case("a witness put on")
    t.bad(repaired(lambda b: b.txs[1].ins[0].witness.append(b"")), "bad-witness-merkle-match")
    wrong = Out(0, COMMITMENT + b"\5" * 32)
    t.case("of two commitments the last counts")
    t.bad(repaired(lambda b: b.txs[0].outs.append(wrong)), "bad-witness-merkle-match")
    t.good(t.block(spend(), extra=[wrong]))
    t.case("a commitment of 37 bytes is none")
    t.bad(t.block(spend(), commit=False, extra=[Out(0, (COMMITMENT + bytes(32))[:37])]), "unexpected-witness")
    t.case("a commitment with more behind it")
    t.good(t.block(spend(), change=lambda b: setattr(b.txs[0].outs[-1], "script", b.txs[0].outs[-1].script + b"tail")))
    t.case("a commitment where there are no witnesses")
    t.good(t.block([t.spend(t.take())], commit=True))
    t.case("a wrong commitment where there are no witnesses")
    t.bad(t.block(commit=True, change=lambda b: b.txs[0].outs.append(wrong)), "bad-witness-merkle-match")
    t.case("a commitment in another transaction is none")
    coin = t.take()
    t.good(t.block([t.spend(coin, [Out(coin.value, TRUE), wrong])]))
    t.case("a witness for an output that asks for none")
    t.bad(
        t.block([t.spend(t.take(), witness=[b""])]),
        "block-script-verify-flag-failed (Witness provided for non-witness script)",
    )
    t.good(t.block())


def sizes(t):
    def padded(count):
        """A block with so many bytes of an output that cannot be spent."""
        return t.block(extra=[Out(0, b"\x6a" + bytes(count - 1))])

    room = 1_000_000 - padded(990_000).stripped_size()
    t.edge(
        "a million bytes without witnesses",
        lambda: padded(990_000 + room),
        lambda: padded(990_001 + room),
        "bad-blk-length",
    )
    assert t.tip.block.stripped_size() == 1_000_000

    def heavy(count):
        first, coin = t.lock_up(b"\x52\x02\x11\x22", coins[-1])
        return t.block([first, t.spend(coin, witness=[bytes(count)])])

    coins = [t.take()]
    room = 4_000_000 - heavy(3_000_000).weight()
    t.edge(
        "four million units with witnesses",
        lambda: heavy(3_000_000 + room),
        lambda: heavy(3_000_001 + room),
        "bad-blk-weight",
    )
    assert t.tip.block.weight() == 4_000_000


CASES = (headers, roots, coinbases, witnesses, sizes)
