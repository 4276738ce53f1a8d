"""progress.py -- what a run of the suite says while it runs: a bar with the time left on a terminal, else a line a turn."""
import sys


class Estimate:
    """How long the runs to come will take, by those that were."""

    def __init__(self):
        self.last = {}  # (row, allocator): seconds

    def learn(self, row, allocator, seconds):
        self.last[row, allocator] = seconds

    def of(self, pairs):
        """Seconds for the pairs: as the pair took last, or as its row took in the mean, or as all did."""
        rows = {}
        for (row, _), seconds in self.last.items():
            rows.setdefault(row, []).append(seconds)
        means = {row: sum(times) / len(times) for row, times in rows.items()}
        overall = sum(means.values()) / len(means)
        return sum(self.last.get(pair, means.get(pair[0], overall)) for pair in pairs)


def clock(seconds):
    return "?" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Plain:
    """One line a turn on stderr."""

    def __init__(self, turns, rounds):
        self.total, self.rounds, self.done, self.now, self.estimate = turns, rounds, 0, None, Estimate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def running(self, row, turn, takers, plan, most):
        """Called before each run: who is still to run in this turn, the one that runs now first; what comes in this round
        and in later ones; and after how many seconds no turn of a later one begins."""
        this_round, later = plan
        left = clock(self.left([(row.name, a.name) for a in takers] + this_round, later, most))
        is_new = self.now != (row.name, turn)
        self.done += is_new
        self.now = row.name, turn
        self.show(f"{turn + 1}/{self.rounds}", row.name, takers[0].name, left, is_new)

    def left(self, this_round, later, most):
        """Seconds to the end, or None while nothing is known."""
        if not self.estimate.last:
            return None
        now = self.estimate.of(this_round)
        return now + max(0, min(self.estimate.of(later), most - now))

    def show(self, turn, row, _, left, is_new):
        if is_new:
            self.say(f"bench: {self.done}/{self.total} round {turn} {row}, {left} left")

    def ran(self, row, allocator, seconds, failed):
        """Called after each run."""
        self.estimate.learn(row.name, allocator.name, seconds)
        if failed:
            self.say(f"bench: {row.name} under {allocator.name} failed: {failed}")


class Bar(Plain):
    """A bar on a terminal. It is drawn between the runs only, so that drawing takes no processor from what is measured."""

    def __init__(self, turns, rounds):
        super().__init__(turns, rounds)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        self.bar = Progress(TextColumn("round {task.fields[turn]}"), BarColumn(), MofNCompleteColumn(),
                            TextColumn("{task.fields[what]}"), TextColumn("{task.fields[left]} left"),
                            console=Console(stderr=True), transient=True, auto_refresh=False)
        self.task = self.bar.add_task("", total=self.total, turn="", what="", left="?")

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def say(self, text):
        self.bar.console.print(text, markup=False, highlight=False)

    def show(self, turn, row, allocator, left, is_new):
        self.bar.update(self.task, completed=self.done - 1, turn=turn, what=f"{row} under {allocator}", left=left, refresh=True)


def of(turns, rounds):
    """What fits stderr, for so many turns of rows in so many rounds."""
    return (Bar if sys.stderr.isatty() else Plain)(turns, rounds)
