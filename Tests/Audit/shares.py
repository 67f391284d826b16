"""The share log: every entry checked, windows of it, and whom the coinbases of its shares pay."""
import hashlib
from bisect import bisect_left, bisect_right
from collections import namedtuple

import blocks as chain
from curve import tagged
from payouts import WITNESS, Wrong, is_commitment, require

WINDOW_LIMIT = 1 << 20

# `outputs` are those of the coinbase it was found on, and `start` the number of shares before the first
# that was found on it.
Share = namedtuple("Share", "number name work previous bits outputs start")


def outputs_of(prefix, extra, suffix, number):
    """The outputs of a job's coinbase, which its extra nonce cannot change."""
    reader = chain.Reader(prefix + extra + suffix)
    coinbase = chain.Transaction(reader)
    require(reader.offset == len(reader.data) and not coinbase.witness
            and [point for point, _ in coinbase.inputs] == [bytes(32) + b"\xff" * 4],
            f"share {number} was not found on a coinbase")
    # Version, count, out point and the script's length, of one byte, stand before it; the script and
    # the sequence number may hold it.
    begin, end = len(prefix), len(prefix) + len(extra)
    require(42 <= begin and end <= 42 + len(coinbase.inputs[0][1]) + 4,
            f"the extra nonce of share {number} is not within its coinbase's input")
    return tuple(coinbase.outputs)


class ShareLog:
    def __init__(self, path, expected):
        with open(path, "rb") as file:
            data = file.read()
        require(len(data) == expected["size"]
                and hashlib.sha256(data).hexdigest() == expected["sha256"],
                "the share log is not the one exported")
        reader = chain.Reader(data)
        require(reader.take(4) == b"CBSH" and reader.integer(4) == 1, "no share log")
        self.first = number = reader.integer(8)
        tip = reader.take(32)
        # By the hash of an entry, how many shares there are up to it; and the hashes of the shares.
        self.ends, self.tips = {}, [tip]
        # All shares, the hashes they stand for up to each, and of each member the places and sums.
        self.shares, self.sums, self.members = [], [0], {}
        # Whose shares blocks are paid by: from the first to before the last.
        self.counted = []
        self.jobs, self.coinbases, self.headers = {}, {}, set()
        while reader.offset < len(data):
            length = reader.integer(4)
            require(reader.take(32) == tip, f"share log entry {number} does not follow")
            body = reader.take(length)
            tip = tagged("Cellblock/share", tip + body)
            require(reader.take(4) == tip[:4], f"share log entry {number} is damaged")
            entry = chain.Reader(body)
            require(entry.integer(8) == number, "share log entries out of order")
            kind = entry.integer(1)
            if kind == 1:
                self.jobs[number] = (entry.sized(), entry.sized(),
                                     [entry.take(32) for _ in range(entry.compact())])
            else:
                require(kind == 2, "an unknown kind of entry")
                self.add(self.share(entry, number), tip)
            require(entry.offset == len(body), "an entry with bytes left over")
            self.ends[tip] = len(self.shares)
            number += 1

    def share(self, entry, number):
        job, name, _ = entry.integer(8), entry.sized().decode(), entry.sized()
        work, extra, header = entry.integer(8), entry.sized(), entry.take(80)
        require(job in self.jobs, f"share {number} has no job")
        prefix, suffix, branch = self.jobs[job]
        root = chain.double_sha256(prefix + extra + suffix)
        for item in branch:
            root = chain.double_sha256(root + item)
        require(root == header[36:68], f"share {number} is not of its job")
        hash_ = chain.double_sha256(header)
        require(work > 0 and int.from_bytes(hash_, "little") <= (2**256 - 1) // work,
                f"share {number} has too little work")
        require(hash_ not in self.headers, f"share {number} was there before")
        self.headers.add(hash_)
        if (job, len(extra)) not in self.coinbases:
            self.coinbases[job, len(extra)] = (outputs_of(prefix, extra, suffix, number),
                                               len(self.shares))
        outputs, start = self.coinbases[job, len(extra)]
        return Share(number, name, work, header[4:36], int.from_bytes(header[72:76], "little"),
                     outputs, start)

    def add(self, share, tip):
        places, sums = self.members.setdefault(share.name, ([], [0]))
        places.append(len(self.shares))
        sums.append(sums[-1] + share.work)
        self.shares.append(share)
        self.sums.append(self.sums[-1] + share.work)
        self.tips.append(tip)

    def window(self, root, bits, factor):
        """The work of each member in the window that ends at `root`, which a block is paid by."""
        require(root in self.ends or self.first > 0,
                "a block names a share log that is not the one exported")
        require(root in self.ends, "a block names shares before the first in the log, if there were "
                "any: --trust-start takes what was before them on trust")
        end = self.ends[root]
        begin, work = self.work(end, bits, factor)
        require(work is not None, "the share log does not reach back far enough: --trust-start takes "
                "what was before it on trust")
        self.counted.append((begin, end))
        return work

    def work(self, end, bits, factor):
        """Where the window behind so many shares begins, and the work of each member in it; None for
        that where it reaches back before the log."""
        size = min(2**64 - 1, min(2**256 // (chain.target_of(bits) + 1), 2**63 - 1) * factor)
        # The share across the edge counts in part.
        edge = bisect_right(self.sums, self.sums[end] - size) - 1
        begin = max(edge, end - WINDOW_LIMIT, 0)
        if edge < begin and self.first > 0 and end < WINDOW_LIMIT:
            return begin, None
        work = {}
        for name, (places, sums) in self.members.items():
            sum_ = sums[bisect_left(places, end)] - sums[bisect_left(places, begin)]
            if sum_:
                work[name] = sum_
        if edge == begin:
            work[self.shares[edge].name] -= self.sums[end] - self.sums[edge] - size
        return begin, {name: min(value, 2**63 - 1) for name, value in work.items()}

    def before(self, height, heights):
        """How many shares there are before the first on a block of that height or above."""
        return next((place for place, share in enumerate(self.shares)
                     if heights.get(share.previous, -1) >= height), len(self.shares))

    def is_counted(self, place):
        return any(begin <= place < end for begin, end in self.counted)


class SharePayments:
    """Whether those who search are to pay as their rosters say: of what a share proves somebody has
    worked for, that is all that makes it the roster's."""

    def __init__(self, log, search, chain_, scripts):
        self.log, self.search, self.chain, self.scripts = log, search, chain_, scripts
        # Those whose coinbase could not be computed anew, and those of no exported roster.
        self.trusted, self.foreign = 0, 0
        self.known = {}

    def check(self):
        for place, share in enumerate(self.log.shares):
            require(self.chain.has(share.previous),
                    f"share {share.number} was found on block {share.previous[::-1].hex()}, which is "
                    "not there: give it with --blocks if it is one that lost")
            key = share.previous, share.bits, share.start, share.outputs
            if key not in self.known:
                self.known[key] = self.verdict(share)
            flaw, is_computed = self.known[key]
            if flaw and self.log.is_counted(place):
                raise Wrong(f"share {share.number} {flaw}")
            self.foreign += flaw is not None
            self.trusted += flaw is None and not is_computed

    def verdict(self, share):
        """What is wrong with the coinbase, or None, and whether its split was computed anew."""
        if not any(is_commitment(script) for _, script in share.outputs):
            return "was found on a coinbase that commits to no split", True
        actual = [item for item in share.outputs if item[1][:6] != WITNESS]
        ledger = self.chain.ledgers.get(share.previous)
        if ledger is not None:
            reward = sum(value for value, _ in actual)
            wanted, is_whole = self.search.find(actual, reward, share.previous, share.bits, ledger,
                                                share.start, False)
            if wanted is not None or is_whole:
                return None if actual == wanted else \
                    "was found on a coinbase that pays otherwise than any exported roster says", True
        strange = next((script for _, script in actual
                        if not is_commitment(script) and not self.scripts.has(script)), None)
        if strange is not None:
            return f"pays {strange.hex()}, which is of no exported roster and no ledger", True
        return None, False
