"""Rules of transactions in blocks, of the coins they spend, and of locks."""

from keys import Key, witness_hash
from scripts import TRUE, pay_to_key_hash, pay_to_script_hash, pay_to_witness_key_hash, pay_to_witness_script_hash, push
from tree import MATURITY, Coin
from wire import FINAL, MAX_MONEY, NULL_POINT, In, Out, Tx


def transactions(t):
    def paying(*values):
        return t.block([t.spend(t.take(), [Out(v, TRUE) for v in values])])

    for name, values, word in (
        ("no outputs", (), "bad-txns-vout-empty"),
        ("an output of less than nothing", (-1,), "bad-txns-vout-negative"),
        ("the least output there is", (-(2**63),), "bad-txns-vout-negative"),
        ("an output of more than there is money", (MAX_MONEY + 1,), "bad-txns-vout-toolarge"),
        ("outputs of more than there is money together", (MAX_MONEY, 1), "bad-txns-txouttotal-toolarge"),
        ("outputs of all the money there is", (MAX_MONEY - 1, 1), "bad-txns-in-belowout"),
    ):
        t.case(f"a transaction with {name}")
        t.bad(paying(*values), word)
        t.good(paying(0))
    coin = t.take()
    t.edge(
        "a transaction that pays what it spends",
        lambda: t.block([t.spend(coin)]),
        lambda: t.block([t.spend(coin, fee=-1)]),
        "bad-txns-in-belowout",
    )
    t.case("a coin spent twice by one transaction (CVE-2018-17144)")
    coin = t.take()
    t.bad(t.block([t.spend([coin, coin])]), "bad-txns-inputs-duplicate")
    t.bad(t.block([t.spend([coin, t.take(), coin], [Out(1, TRUE)])]), "bad-txns-inputs-duplicate")
    t.good(t.block([t.spend(coin)]))
    t.case("an input that names no coin")
    t.bad(t.block([Tx([In(NULL_POINT), In(t.take().point)], [Out(1, TRUE)])]), "bad-txns-prevout-null")
    t.case("a coin that never was")
    t.bad(t.block([t.spend(Coin((b"\1" * 32, 0), 5))]), "bad-txns-inputs-missingorspent")
    t.case("an output that its transaction has not")
    coin = t.take()
    t.bad(t.block([t.spend(Coin((coin.point[0], 5000), coin.value))]), "bad-txns-inputs-missingorspent")
    t.good(t.block([t.spend(coin)]))
    t.case("a coin that is spent already")
    t.bad(t.block([t.spend(coin, fee=1)]), "bad-txns-inputs-missingorspent")
    t.case("the same transaction again, while what it made stands (BIP30) and after")
    again = t.spend(coin)
    t.bad(t.block([again]), "bad-txns-BIP30")
    t.good(t.block([t.spend(Coin(again.point(), coin.value), fee=1)]))
    t.bad(t.block([again]), "bad-txns-inputs-missingorspent")
    t.case("a transaction twice in a block, and between the two one that spends from it")
    twin = t.spend(t.take())
    made = Coin(twin.point(), twin.outs[0].value)
    t.bad(t.block([twin, t.spend(made, fee=-1), twin]), "bad-txns-in-belowout")
    t.bad(t.block([twin, t.spend(made, sequence=1), twin]), "bad-txns-nonfinal")
    t.bad(t.block([twin, t.spend(made), twin]), "bad-txns-inputs-missingorspent")
    t.good(t.block([twin, t.spend(made)]))
    t.case("a coin spent twice within a block")
    coin = t.take()
    t.bad(t.block([t.spend(coin), t.spend(coin, fee=1)]), "bad-txns-inputs-missingorspent")
    t.good(t.block([t.spend(coin)]))
    t.case("a chain of spends within a block, and out of order")
    first = t.spend(t.take())
    second = t.spend(Coin(first.point(), first.outs[0].value))
    third = t.spend(Coin(second.point(), second.outs[0].value))
    t.bad(t.block([first, third, second]), "bad-txns-inputs-missingorspent")
    t.bad(t.block([second, first, third]), "bad-txns-inputs-missingorspent")
    t.good(t.block([first, second, third]))
    t.case("what a block made and spent itself is gone")
    t.bad(t.block([t.spend(Coin(first.point(), first.outs[0].value))]), "bad-txns-inputs-missingorspent")
    t.good(t.block([t.spend(Coin(third.point(), third.outs[0].value))]))
    t.case("an output that can never be spent")
    coin = t.take()
    burn = t.spend(coin, [Out(coin.value - 5, TRUE), Out(5, b"\x6a")])
    t.bad(t.block([burn, t.spend(Coin(burn.point(1), 5))]), "bad-txns-inputs-missingorspent")
    t.good(t.block([burn]))
    t.bad(t.block([t.spend(Coin(burn.point(1), 5))]), "bad-txns-inputs-missingorspent")
    t.case("a script of more than ten thousand bytes can never be spent")
    coin = t.take()
    long = t.spend(coin, [Out(1, b"\x61" * 9999 + TRUE), Out(1, b"\x61" * 10_000 + TRUE)], fee=0)
    t.good(t.block([long]))
    t.bad(t.block([t.spend(Coin(long.point(1), 1))]), "bad-txns-inputs-missingorspent")
    t.bad(t.block([t.spend(Coin(long.point(0), 1))]), "block-script-verify-flag-failed (Operation limit exceeded)")
    t.case("transactions of versions that nobody has heard of")
    t.good(t.block([t.spend(t.take(), version=v) for v in (0, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)]))


def maturity(t):
    t.case("a coinbase spent in its own block")
    block = t.block()
    own = Coin(block.txs[0].point(), block.txs[0].outs[0].value)
    # The spend does not change the coinbase, so that its id stays.
    block.txs.append(t.spend(own))
    t.bad(block.seal(), "bad-txns-premature-spend-of-coinbase")
    t.case("a coinbase spent 99 blocks deep, and 100")
    deep = t.tip.ancestor(t.tip.height - MATURITY + 2).block.txs[0]
    early = Coin(deep.point(), deep.outs[0].value)
    t.bad(t.block([t.spend(early)]), "bad-txns-premature-spend-of-coinbase")
    t.good(t.block())
    t.good(t.block([t.spend(early)]))
    t.case("the coinbase of the genesis block was never a coin")
    genesis = bytes.fromhex("3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a")
    t.bad(t.block([t.spend(Coin((genesis, 0), 50 * 10**8))]), "bad-txns-inputs-missingorspent")


def locks(t):
    height = lambda: t.tip.height + 1
    median = lambda: t.tip.median()

    def locked(lock, sequence=0, **more):
        return lambda: t.block([t.spend(coin, lock=lock() if callable(lock) else lock, sequence=sequence, **more)])

    coin = t.take()
    t.edge("a lock by height", locked(lambda: height() - 1), locked(height), "bad-txns-nonfinal")
    coin = t.take()
    t.edge("a lock by time", locked(lambda: median() - 1), locked(median), "bad-txns-nonfinal")
    coin = t.take()
    t.case("a lock by the block's own time is not enough (BIP113)")
    t.bad(t.block([t.spend(coin, lock=median() + 10, sequence=0)], time=t.clock), "bad-txns-nonfinal")
    t.good(t.block([t.spend(coin, lock=median() + 10)]))
    coin = t.take()
    t.case("the greatest height and the least time")
    t.bad(locked(499_999_999)(), "bad-txns-nonfinal")
    t.good(locked(500_000_000)())
    coin = t.take()
    t.case("a lock is off where all inputs are final, not where one is")
    other = t.take()
    mixed = t.spend([coin, other], lock=FINAL)
    mixed.ins[1].sequence = FINAL - 1
    t.bad(t.block([mixed]), "bad-txns-nonfinal")
    t.good(t.block([t.spend([coin, other], lock=FINAL)]))


def relative_locks(t):
    """BIP68."""

    def young():
        tx = t.spend(t.take())
        t.good(t.block([tx]))
        return Coin(tx.point(), tx.outs[0].value, height=t.tip.height)

    def spending(coin, sequence, version=2):
        return t.block([t.spend(coin, sequence=sequence, version=version)])

    for depth in (1, 2, 5):
        t.case(f"a relative lock of {depth} blocks")
        coin = young()
        while t.tip.height + 1 < coin.height + depth - 1:
            t.good(t.block())
        if depth > 1:
            t.bad(spending(coin, depth), "bad-txns-nonfinal")
            t.good(t.block())
        t.bad(spending(coin, depth + 1), "bad-txns-nonfinal")
        t.good(spending(coin, depth))
    coin = young()
    for name, sequence, version in (
        ("off", 1 << 31 | 9, 2),
        ("in a transaction of version 1", 9, 1),
        ("with bits that mean nothing", 0x003F0001, 2),
    ):
        t.case(f"a relative lock {name}")
        coin = young()
        if version == 1 or sequence >> 31:
            t.bad(spending(coin, sequence & 0x7FFFFFFF, 2), "bad-txns-nonfinal")
        t.good(spending(coin, sequence, version))
    t.case("a relative lock in a transaction of a negative version")
    coin = young()
    t.bad(spending(coin, 2, 0xFFFFFFFF), "bad-txns-nonfinal")
    t.good(spending(coin, 1, 0xFFFFFFFF))
    t.case("a relative lock on a coin of the same block")
    first = t.spend(t.take())
    coin = Coin(first.point(), first.outs[0].value)
    t.bad(t.block([first, t.spend(coin, sequence=1)]), "bad-txns-nonfinal")
    t.bad(t.block([first, t.spend(coin, sequence=1 << 22 | 1)]), "bad-txns-nonfinal")
    t.good(t.block([first, t.spend(coin, sequence=0)]))
    t.case("a relative lock by time")
    coin = young()
    # From the median time before the coin's block; blocks are dated so that one passes 512 seconds.
    start = t.tip.parent.median()
    t.clock = max(t.clock, t.tip.time + 2000)
    while t.tip.median() < start + 512:
        t.bad(spending(coin, 1 << 22 | 1), "bad-txns-nonfinal")
        t.good(t.block(time=max(t.tip.median() + 1, start + 511 if t.tip.median() < start + 511 else start + 512)))
    assert t.tip.median() == start + 512
    t.bad(spending(coin, 1 << 22 | 2), "bad-txns-nonfinal")
    t.good(spending(coin, 1 << 22 | 1))


def signature_operations(t):
    limit = 20_000
    check, many = b"\xac", b"\xae"

    def legacy(body):
        return t.block(extra=[Out(0, body)])

    t.edge(
        "twenty thousand signature operations in outputs",
        lambda: legacy(check * limit),
        lambda: legacy(check * (limit + 1)),
        "bad-blk-sigops",
    )
    t.edge(
        "one of many keys counts as twenty",
        lambda: legacy(many * 1000),
        lambda: legacy(many * 1000 + check),
        "bad-blk-sigops",
    )
    t.edge(
        "a number before makes no difference of old",
        lambda: legacy(b"\x51\xae" * 1000),
        lambda: legacy(b"\x51\xae" * 1000 + check),
        "bad-blk-sigops",
    )
    t.case("behind a broken push none is counted")
    t.good(legacy(check * limit + b"\x4e\xff\xff\xff\x00" + check * 10))
    t.good(legacy(check * limit + b"\x4d\xff" + check))
    t.good(legacy(b"\x4c" + b"\xff" + check * 200 + check * (limit - 200)))
    t.case("within a push none is counted")
    t.good(legacy(check * limit + b"\x4d\xf4\x01" + check * 500))
    t.edge(
        "they are counted in the coinbase's script too",
        lambda: t.block(
            script=b"\x02" + (t.tip.height + 1).to_bytes(2, "little") + push(t.tag()) + check * 60,
            extra=[Out(0, check * (limit - 60))],
        ),
        lambda: t.block(
            script=b"\x02" + (t.tip.height + 1).to_bytes(2, "little") + push(t.tag()) + check * 60,
            extra=[Out(0, check * (limit - 59))],
        ),
        "bad-blk-sigops",
    )

    def dormant(count):
        """A script of so many operations, none of which is reached."""
        return b"\x00\x63" + many * (count // 20) + check * (count % 20) + b"\x68\x51"

    def inputs(kind, total, start=0):
        """Transactions that spend coins under such scripts, and so many operations in all."""
        fund, spends = [], []
        while total > 0:
            inner = dormant(min(total, 3600))
            total -= min(total, 3600)
            if kind == "P2SH":
                outer, sig, witness = pay_to_script_hash(inner), push(inner), ()
            elif kind == "P2WSH":
                outer, sig, witness = pay_to_witness_script_hash(inner), b"", [inner]
            else:
                program = pay_to_witness_script_hash(inner)
                outer, sig, witness = pay_to_script_hash(program), push(program), [inner]
            tx, coin = t.lock_up(outer, coins[len(fund)])
            fund.append(tx)
            spends.append(t.spend(coin, script=sig, witness=witness))
        return fund + spends

    for kind, most in (("P2SH", limit), ("P2WSH", 4 * limit), ("P2WSH in P2SH", 4 * limit)):
        coins = [t.take() for _ in range(24)]
        t.edge(
            f"signature operations in {kind}",
            lambda: t.block(inputs(kind, most)),
            lambda: t.block(inputs(kind, most + 1)),
            "bad-blk-sigops",
        )
    coins = [t.take() for _ in range(24)]
    t.edge(
        "old ones cost four, those in witnesses one",
        lambda: t.block(inputs("P2WSH", 4), extra=[Out(0, check * (limit - 1))]),
        lambda: t.block(inputs("P2WSH", 5), extra=[Out(0, check * (limit - 1))]),
        "bad-blk-sigops",
    )
    coins = [t.take() for _ in range(24)]
    t.edge(
        "old ones and P2SH together",
        lambda: t.block(inputs("P2SH", 40), extra=[Out(0, check * (limit - 40))]),
        lambda: t.block(inputs("P2SH", 41), extra=[Out(0, check * (limit - 40))]),
        "bad-blk-sigops",
    )

    inner = b"\x00\x63\x60\xae\x68\x51"
    coin = t.take()

    def sixteen(count):
        fund, locked = t.lock_up(pay_to_script_hash(inner), coin)
        return t.block([fund, t.spend(locked, script=push(inner))], extra=[Out(0, check * count)])

    t.edge(
        "in P2SH a number before counts the keys",
        lambda: sixteen(limit - 16),
        lambda: sixteen(limit - 15),
        "bad-blk-sigops",
    )
    t.case("a key hash of witness version 0 costs one")
    key = Key(b"sigops")
    fund, locked = t.lock_up(pay_to_witness_key_hash(key.compressed))
    spend = t.spend(locked)
    spend.ins[0].witness = [
        key.ecdsa(witness_hash(spend, 0, pay_to_key_hash(key.compressed), locked.value)) + b"\1",
        key.compressed,
    ]
    dust, coin = t.lock_up(pay_to_witness_script_hash(dormant(3)))
    more = t.spend(coin, witness=[dormant(3)])
    over, coin = t.lock_up(pay_to_witness_script_hash(dormant(4)))
    four = t.spend(coin, witness=[dormant(4)])
    t.bad(t.block([fund, spend, over, four], extra=[Out(0, check * (limit - 1))]), "bad-blk-sigops")
    t.good(t.block([fund, spend, dust, more], extra=[Out(0, check * (limit - 1))]))


CASES = (transactions, maturity, locks, relative_locks, signature_operations)
