"""Branches: ties, reorganisations, blocks before their parents, invalid ones in the middle, and trees at random."""

import itertools

from scripts import TRUE
from tree import MATURITY, Coin, subsidy
from wire import Out


def grow(t, onto, count, **more):
    """So many blocks on another, with their places, none handed in yet."""
    run = []
    for _ in range(count):
        block = t.block(onto=onto, **more)
        onto = t.place(block, onto)
        run.append((block, onto))
    return run


def greedy(t, onto):
    """A block that takes too much, which shows only when it is connected."""
    return t.block(onto=onto, reward=subsidy(onto.height + 1) + 1)


def hand_in(t, run):
    """The blocks of a branch that has no more work than the tip."""
    for block, place in run:
        t.side(block, place.parent)


def ties(t):
    t.case("of two blocks with equal work the first stays")
    fork = t.tip
    first, second = t.block(), t.block()
    t.good(first)
    t.side(second, fork)
    t.record(second, "duplicate")
    t.case("one more block decides the tie")
    t.good(t.block(onto=t.place(second, fork)), onto=t.place(second, fork))
    t.case("and two more bring the first back")
    here = t.place(first, fork)
    run = grow(t, here, 2)
    hand_in(t, run[:1])
    t.good(run[1][0], onto=run[1][1].parent)
    t.case("three branches of equal work")
    fork = t.tip
    runs = [grow(t, fork, 2) for _ in range(3)]
    t.good(runs[0][0][0])
    t.good(runs[0][1][0])
    for run in runs[1:]:
        hand_in(t, run)
    last = t.block(onto=runs[2][1][1])
    t.good(last, onto=runs[2][1][1])


def reorganisations(t):
    for depth in (1, 2, 6, 12, 20):
        t.case(f"{depth} blocks taken back for {depth + 1}, and those for {depth + 2} of the first")
        fork = t.tip
        ours, theirs = grow(t, fork, depth), grow(t, fork, depth + 1)
        for block, _ in ours:
            t.good(block)
        hand_in(t, theirs[:-1])
        t.good(theirs[-1][0], onto=theirs[-1][1].parent)
        more = grow(t, ours[-1][1], 2)
        hand_in(t, more[:1])
        t.good(more[1][0], onto=more[1][1].parent)

    t.case("a coin spent otherwise on another branch")
    fork, coin = t.tip, t.take()
    ours = t.spend(coin, [Out(coin.value, TRUE)])
    theirs = t.spend(coin, [Out(coin.value - 1, TRUE), Out(1, TRUE)])
    t.good(t.block([ours]))
    t.good(t.block([t.spend(Coin(ours.point(), coin.value), fee=2)]))
    first = t.tip
    other = t.block([theirs], onto=fork)
    place = t.side(other, fork)
    second = grow(t, place, 2)
    hand_in(t, second[:1])
    t.good(second[1][0], onto=second[1][1].parent)
    t.bad(
        t.block([t.spend(Coin(ours.point(), coin.value))]),
        "bad-txns-inputs-missingorspent",
        "what the other branch made",
    )
    t.good(t.block([t.spend(Coin(theirs.point(), coin.value - 1))]), "what this branch made")
    back = grow(t, first, 3)
    hand_in(t, back[:2])
    t.good(back[2][0], "back again", onto=back[2][1].parent)
    t.bad(t.block([t.spend(Coin(theirs.point(1), 1))]), "bad-txns-inputs-missingorspent", "what the second branch made")

    t.case("one transaction on both branches, at other heights")
    fork, tx = t.tip, t.spend(t.take())
    child = t.spend(Coin(tx.point(), tx.outs[0].value))
    t.good(t.block([tx]))
    t.good(t.block([child]))
    side = grow(t, fork, 1)
    hand_in(t, side)
    later = t.block([tx, child], onto=side[0][1])
    t.side(later, side[0][1])
    top = t.block(onto=t.place(later, side[0][1]))
    t.good(top, onto=t.place(later, side[0][1]))
    t.bad(t.block([child]), "bad-txns-BIP30")
    t.case("one coinbase on both branches (BIP30)")
    fork = t.tip
    one = t.block()
    two = one.copy()
    two.time += 1
    two.mine()
    t.good(one)
    t.side(two, fork)
    on_two = t.block(onto=t.place(two, fork))
    t.good(on_two, onto=t.place(two, fork))

    t.case("a coin missing on the branch that would win")
    fork, tx = t.tip, t.spend(t.take())
    t.good(t.block([tx]))
    bad = t.block([t.spend(Coin(tx.point(), tx.outs[0].value))], onto=fork)
    place = t.side(bad, fork)
    t.record(t.block(onto=place), "inconclusive", disconnects=True, note="its parent is found out")
    t.bad(bad, "duplicate-invalid")

    t.case("a coinbase that has matured on one branch alone")
    run = grow(t, t.tip, 1)
    t.good(run[0][0])
    fork = t.tip
    deep = fork.ancestor(fork.height - MATURITY + 2).block.txs[0]
    coin = Coin(deep.point(), deep.outs[0].value)
    t.good(t.block())
    t.good(t.block([t.spend(coin)]))
    early = t.block([t.spend(coin)], onto=fork)
    place = t.side(early, fork)
    rest = grow(t, place, 2)
    t.side(rest[0][0], place)
    t.record(rest[1][0], "inconclusive", disconnects=True, note="too early on the other")

    t.case("a relative lock that is over on one branch alone")
    tx = t.spend(t.take())
    fork = t.tip
    coin = Coin(tx.point(), tx.outs[0].value)
    spend = t.spend(coin, sequence=2)
    t.good(t.block([tx]))
    t.good(t.block())
    t.good(t.block([spend]))
    other = grow(t, fork, 1)
    hand_in(t, other)
    late = t.block([tx], onto=other[0][1])
    place = t.side(late, other[0][1])
    hasty = t.block([spend], onto=place)
    end = t.side(hasty, place)
    t.record(t.block(onto=end), "inconclusive", disconnects=True, note="too early on the other")
    fine = t.block(onto=place)
    place = t.side(fine, place)
    t.good(t.block([spend], onto=place), "a block later", onto=place)


def invalid_branches(t):
    t.case("a branch whose first block is invalid")
    fork = t.tip
    t.good(t.block())
    bad = greedy(t, fork)
    place = t.side(bad, fork)
    t.record(t.block(onto=place), "inconclusive", disconnects=True)
    t.bad(bad, "duplicate-invalid")
    t.bad(t.block(onto=place), "bad-prevblk")
    t.case("a branch whose second block is invalid, so that the first is left too")
    fork = t.tip
    t.good(t.block())
    t.good(t.block())
    start = grow(t, fork, 1)
    hand_in(t, start)
    bad = greedy(t, start[0][1])
    place = t.side(bad, start[0][1])
    t.record(t.block(onto=place), "inconclusive", disconnects=True)
    t.case("a valid branch from the block before the invalid one")
    good = grow(t, start[0][1], 2)
    hand_in(t, good[:1])
    t.good(good[1][0], onto=good[1][1].parent)
    for length, position in ((3, 1), (4, 2), (5, 1), (6, 5)):
        t.case(f"a branch of {length} with number {position + 1} invalid, and back")
        fork = t.tip
        for block, _ in grow(t, fork, length - 1):
            t.good(block)
        onto = fork
        for number in range(length - 1):
            block = greedy(t, onto) if number == position else t.block(onto=onto)
            onto = t.side(block, onto)
        if position == length - 1:
            t.bad(greedy(t, onto), "bad-cb-amount", "it is the last")
        else:
            t.record(t.block(onto=onto), "inconclusive", disconnects=True)
        t.good(t.block(), "and on")
    t.case("an invalid block that would win at once")
    fork = t.tip
    t.good(t.block())
    one = grow(t, fork, 1)
    hand_in(t, one)
    t.bad(greedy(t, one[0][1]), "bad-cb-amount")
    t.good(t.block(onto=one[0][1]), onto=one[0][1])
    t.case("the next best when the best is found invalid")
    fork = t.tip
    t.good(t.block())
    bad = greedy(t, fork)
    bad_place = t.side(bad, fork)
    fine = grow(t, fork, 2)
    # The headers of both come first; the blocks of the worse branch last but one.
    long = grow(t, bad_place, 2)
    t.side(fine[0][0], fork)
    t.header(long[0][0])
    t.header(long[1][0])
    t.record(long[1][0], "inconclusive", disconnects=False)
    t.good(fine[1][0], onto=fine[0][1])
    t.record(long[0][0], "inconclusive", disconnects=True)
    t.case("a block that is not its header's costs the peer, though it would not be kept")
    fork = t.tip
    t.good(t.block())
    t.good(t.block())
    fund, coin = t.lock_up(b"\x52\x02\x11\x22")
    witnessed = t.block([fund, t.spend(coin, witness=[b"w"])], onto=fork)
    other = witnessed.copy()
    other.txs[2].ins[0].witness = [b"x"]
    t.bad(other, "bad-witness-merkle-match")
    t.side(witnessed, fork)
    t.case("a block that is invalid by its headers does not wait to be connected")
    fork = t.tip
    t.good(t.block())
    t.bad(t.block(onto=fork, script=b"\2\1\1"), "bad-cb-height")
    t.bad(t.block([t.spend(t.take(), lock=fork.height + 1, sequence=0)], onto=fork), "bad-txns-nonfinal")
    t.bad(t.block(onto=fork, version=1), "bad-version(0x00000001)")
    t.bad(t.block(onto=fork, time=fork.median()), "time-too-old")


def arrivals(t):
    for order in itertools.permutations(range(3)):
        t.case(f"three blocks whose headers are known, in the order {' '.join(str(n + 1) for n in order)}")
        run = grow(t, t.tip, 3)
        for block, _ in run:
            t.header(block)
        there = set()
        for number in order:
            block, place = run[number]
            there.add(number)
            reach = next((n for n in range(3) if n not in there), 3)
            # What is connected is all up to the first gap.
            if reach > number:
                t.tip = run[reach - 1][1]
                t.record(block, None)
            else:
                t.record(block, "inconclusive", disconnects=False)
    t.case("a better branch whose first block comes last")
    fork = t.tip
    t.good(t.block())
    run = grow(t, fork, 4)
    for block, _ in run:
        t.header(block)
    for block, _ in run[1:]:
        t.record(block, "inconclusive", disconnects=False)
    t.tip = run[-1][1]
    t.record(run[0][0], None)
    t.case("a header alone makes no tip, and a block on it waits")
    ahead = grow(t, t.tip, 2)
    t.header(ahead[0][0])
    t.header(ahead[1][0])
    t.good(t.block(), "a rival while the first is waited for")
    t.record(ahead[0][0], "inconclusive", disconnects=False)
    t.tip = ahead[1][1]
    t.record(ahead[1][0], None)


class Model:
    """What becomes of blocks whose headers are all known: the most work, and of the first to be whole."""

    def __init__(self, tip):
        self.root = self.tip = tip
        # In the order in which they and all before them were there.
        self.whole = [tip]
        self.waiting, self.failed, self.bad = [], set(), set()

    def take(self, place, is_bad):
        """The answer, and whether an earlier block was found out."""
        if is_bad:
            self.bad.add(place.hash)
        if place.parent in self.whole:
            queue = [place]
            while queue:
                at = queue.pop(0)
                self.whole.append(at)
                queue += [child for child in self.waiting if child.parent is at]
                self.waiting = [child for child in self.waiting if child.parent is not at]
        else:
            self.waiting.append(place)
        return self.activate(place)

    def is_failed(self, place):
        while place is not self.root:
            if place.hash in self.failed:
                return True
            place = place.parent
        return False

    def path(self, place):
        """From the root, which is always connected, to a block."""
        return self.path(place.parent) + [place] if place is not self.root else []

    def activate(self, watched):
        answer, elsewhere = "inconclusive", False
        while True:
            best = max(
                (at for at in self.whole if not self.is_failed(at)), key=lambda at: (at.height, -self.whole.index(at))
            )
            if best is self.tip:
                return answer, elsewhere
            connected = self.path(self.tip)
            for place in self.path(best):
                if place in connected:
                    continue
                if place.hash in self.bad:
                    self.failed.add(place.hash)
                    answer = "bad-cb-amount" if place is watched else answer
                    elsewhere = elsewhere or place is not watched
                    break
                answer = None if place is watched else answer
            else:
                self.tip = best


def random_trees(t):
    for number in range(24):
        t.case(f"a tree at random, number {number + 1}")
        root = t.tip
        places, made = [root], []
        for _ in range(t.random.randint(8, 14)):
            # Rather at the ends than at the root.
            onto = max(t.random.sample(places, min(len(places), 2)), key=lambda p: p.height)
            is_bad = t.random.random() < 0.2
            block = greedy(t, onto) if is_bad else t.block(onto=onto)
            place = t.place(block, onto)
            places.append(place)
            made.append((block, place, is_bad))
        for block, _, _ in made:
            t.header(block)
        order = list(range(len(made)))
        t.random.shuffle(order)
        model = Model(root)
        for index in order:
            block, place, is_bad = made[index]
            if model.is_failed(place):
                # It is known to be of an invalid branch by now.
                t.bad(block, "duplicate-invalid", disconnects=None)
                continue
            answer, elsewhere = model.take(place, is_bad)
            t.tip = model.tip
            t.record(block, answer, disconnects=None if elsewhere or answer else False)
        t.good(t.block(), "and on")


CASES = (ties, reorganisations, invalid_branches, arrivals, random_trees)
