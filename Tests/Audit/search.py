"""Which split of the exported rosters a coinbase commits to: found as the node finds it, by trying."""
from payouts import claims_of, is_commitment, limits_of, split


class Search:
    # How many splits are tried for one coinbase.
    LIMIT = 1 << 16

    def __init__(self, rosters, log):
        self.rosters, self.log = rosters, log
        # By the block before: ends of the share log by which others on it were found to pay.
        self.found = {}

    def find(self, outputs, reward, previous, bits, ledger, end, is_any_finder):
        """The outputs to which one of these commits, or None; and whether all was tried.

        Windows are tried that end no later than behind `end` shares, the newest first. A finder who
        got no bonus is tried only if `is_any_finder`.
        """
        commitment = next(script for _, script in outputs if is_commitment(script))
        left = self.LIMIT
        for roster, place, root, work in self.plans(previous, bits, end):
            claims = claims_of(roster, ledger, previous, None, work)
            for limit in sorted(limits_of(roster, claims), reverse=True):
                for finder in finders_of(roster, claims, outputs, reward, is_any_finder):
                    if not left:
                        return None, False
                    left -= 1
                    wanted, _ = split(roster, ledger, previous, reward, limit, finder, work, root)
                    if wanted[-1][1] == commitment:
                        if place:
                            self.found.setdefault(previous, set()).add(place)
                        return wanted, True
        return None, self.is_whole

    def plans(self, previous, bits, end):
        for roster in self.rosters:
            yield roster, 0, bytes(32), None
        by_shares = [roster for roster in self.rosters if roster.scheme == "pplns"]
        self.is_whole = not by_shares or self.log is not None and self.log.first == 0
        if self.log is None:
            return
        known = [place for place in self.found.get(previous, ()) if place <= end]
        for place in known + list(range(end, 0, -1)):
            for roster in by_shares:
                _, work = self.log.work(place, bits, roster.factor)
                if work is not None:
                    yield roster, place, self.log.tips[place], work


def finders_of(roster, claims, outputs, reward, is_any):
    """Who may have found the block, by what the coinbase gives him."""
    members = [claim for claim in claims if claim.is_member]
    if roster.scheme == "solo":
        return [None] + [claim.name for claim in members]
    if roster.finder == 0:
        return [None]
    bonus = reward * roster.finder // 10000
    paid = [claim.name for claim in members if (bonus, claim.script) in outputs]
    return paid + [None] + ([claim.name for claim in members if claim.name not in paid]
                            if is_any else [])
