"""targets.py -- what mica is to reach, each with the figure that a result has for it. Information, never an exit status."""
from dataclasses import dataclass

from figures import divided
from peers import FLOOR, LIBC, MICA

AT_MOST, AT_LEAST = "at most", "at least"
CHURN = ("churn-1", "churn-10", "churn-100")
HANDOVER = ("handover-1-1", "handover-1-1-batch", "handover-4-4", "handover-4-4-batch")
GROWTH = ("growth", "growth-touch")
ROWS = {*CHURN, *HANDOVER, "storm", *GROWTH}  # what bench/rows.toml must have


@dataclass(frozen=True)
class Target:
    """One check: its text, the figure or None, the limit, and on which side of it the figure is to be."""
    text: str
    figure: float
    limit: float
    side: str = AT_MOST

    @property
    def verdict(self):
        if self.figure is None:
            return "not measured"
        met = self.figure <= self.limit if self.side == AT_MOST else self.figure >= self.limit
        return "yes" if met else "no"


def inverse(value):
    return divided(1.0, value)


def means(figures):
    """The targets that are means over the rows."""
    single = figures.best_single_peer()
    worst, behind = figures.worst_row(MICA)
    peak = figures.mean_to_least(MICA, "peak_kib")
    others = [inverse(figures.mean_ratio(name, MICA, "peak_kib")) for name in figures.peers if "mimalloc" in name]
    known = [value for value in others if value is not None]
    return [
        Target(f"time, mean over all rows ÷ the best single peer's ({single or 'none'})",
               figures.mean_ratio(MICA, single) if single else None, 0.90),
        Target("time ÷ the best peer of each row, mean", figures.mean_to_least(MICA), 1.00),
        Target(f"time ÷ the best peer's, worst row ({worst or 'none'})", behind, 1.05),
        Target("peak resident size ÷ the smallest peer's of each row, mean", peak, 1.15),
        Target("peak resident size, mean ÷ that of the smallest mimalloc", max(known) if known else None, 1.00),
    ]


def all_of(figures):
    """Every target, in the order of their importance."""
    found = means(figures)
    for row in CHURN:
        found.append(Target(f"{row}: time ÷ the best peer's", figures.to_least(row, MICA), 1.00))
    for row in CHURN:
        found.append(Target(f"{row}: time ÷ the floor", figures.ratio(row, MICA, FLOOR), 1.60))
    for row in HANDOVER:
        found.append(Target(f"{row}: throughput ÷ the best peer's", inverse(figures.to_least(row, MICA)), 1.30, AT_LEAST))
    found.append(Target("storm: time ÷ the C library's", figures.ratio("storm", MICA, LIBC), 1.10))
    for row in GROWTH:
        found.append(Target(f"{row}: processor time ÷ the C library's", figures.ratio(row, MICA, LIBC), 1.20))
        found.append(Target(f"{row}: peak resident size ÷ the C library's", figures.ratio(row, MICA, LIBC, "peak_kib"), 1.20))
    return found
