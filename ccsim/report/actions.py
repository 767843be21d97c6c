"""What was tried against missed targets: each change with its effect, as it is kept beside the results."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ccsim.metrics import METRICS
from ccsim.results import format
from ccsim.scenario.spreadsheets import plain, write_csv

FILE: Final = "actions.csv"


class Action(NamedTuple):
    """A change and its effect on a target of a queue: the difference with its 95 % interval, and the figure with it."""

    queue: str
    change: str
    metric: str
    wanted: float
    mean: float
    difference: float
    low: float
    high: float
    cost: float
    """by how much the cost of the run changes"""

    def sentence(self, currency: str) -> str:
        """The change, what it does, what it costs."""
        title = METRICS["queue", self.metric].in_sentence
        spread = "" if math.isnan(self.low) else f" ({100 * self.low:+.1f} to {100 * self.high:+.1f})"
        effect = f"{title} {100 * self.difference:+.1f} points{spread}, to {format.percent(self.mean)}"
        less = "less" if self.cost < 0 else "more"
        cost = f"; cost {format.money(abs(self.cost), currency)} {less}" if abs(self.cost) >= 0.005 else ""
        return f"{self.change}: {effect}{cost}."


def write(folder: Path, made: Sequence[Action]) -> None:
    """actions.csv in the folder, if anything was tried."""
    if made:
        write_csv(folder / FILE, Action._fields, made)


def stored(folder: Path) -> tuple[Action, ...]:
    """Those of the folder's actions.csv; none without it."""
    if not (folder / FILE).is_file():
        return ()
    with (folder / FILE).open(newline="", encoding="utf-8") as stream:
        _, *rows = csv.reader(stream)
    return tuple(
        Action(plain(row[0]), plain(row[1]), row[2], *(float(cell) if cell else math.nan for cell in row[3:]))
        for row in rows
    )
