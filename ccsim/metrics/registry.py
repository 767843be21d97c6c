"""The description of a metric, and the table of all of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeVar

from numpy.typing import NDArray

from ccsim.metrics.facts import Facts
from ccsim.tables import F64, Bool, MetricSpec, Plan

Level = Literal["queue", "team"]
Better = Literal["higher", "lower", "none"]
Form = Literal["share", "duration", "hours", "money", "count", "number"]
Key = tuple[Level, str]
"""Level and name of a metric."""
Applies = Callable[[Plan, MetricSpec], Bool]

FORMS: Final[dict[str, Form]] = {"share": "share", "s": "duration", "h": "hours", "money": "money", "contacts": "count"}


OWN: Final = "registered with ccsim.metric"
"""Source of a metric that a program or a package brings."""


class Sums(NamedTuple):
    """Numerators, (interval, queue or team), and denominators: the same, (interval, 1) for all alike, None for counts.

    Without the interval axis where the run cannot be divided by interval.
    """

    numerator: NDArray[Any]
    denominator: NDArray[Any] | None = None


class Peaks(NamedTuple):
    """Highest values, (interval, queues or teams and the total last)."""

    values: F64


class Whole(NamedTuple):
    """Values of the run, (queues or teams and the total last), NaN without data."""

    values: F64


@dataclass(frozen=True)
class Metric:
    """A metric: `applies(plan, terms)` says to which queues or teams, (queue or team,), None: to all.

    `in_total` says whether it has a total.
    """

    name: str
    level: Level
    title: str
    """what people call it: a heading, in sentence case"""
    unit: str
    better: Better
    formula: str
    """in words"""
    symbols: str
    """the formula in the symbols of docs/model.md, section 7; "" of metrics that a program brings"""
    source: str
    form: Form
    """how its values are written"""
    in_total: bool
    hide_if_zero: bool
    """a count that is left out of a scenario where it is always 0"""
    applies: Applies | None
    measure: Callable[[Facts], Sums | Peaks | Whole]
    short: str = ""
    """what planners call it in a narrow column, where that is not its title"""

    @property
    def heading(self) -> str:
        """Of a narrow column."""
        return self.short or self.title

    @property
    def in_sentence(self) -> str:
        """The title as it stands within a sentence."""
        return f"{self.title[0].lower()}{self.title[1:]}"

    @property
    def is_part(self) -> bool:
        """Its values are parts of a whole, from 0 to 1; capacity held may exceed the capacity of the staffed."""
        return self.unit == "share" and self.name != "slot_occupancy"

    @property
    def least(self) -> float:
        """No value is below it; money, and what a program brings, may be negative."""
        return -math.inf if self.is_own or self.unit == "money" else 0.0

    @property
    def is_own(self) -> bool:
        """A program or a package brings it."""
        return self.source == OWN

    @property
    def adds_up(self) -> bool:
        """Its values are sums, so that those of a day are the sums of those of its intervals."""
        return bool(self.measure.__annotations__["return"] == Sums.__name__)


Function = TypeVar("Function", bound=Callable[[Facts], Sums | Peaks | Whole])

METRICS: Final[dict[Key, Metric]] = {}
"""Every metric by (level, name), in the order in which they are reported."""


def metric(
    level: Level,
    title: str,
    unit: str,
    better: Better,
    formula: str,
    symbols: str,
    section: str,
    *,
    literature: str = "",
    short: str = "",
    form: Form | None = None,
    name: str = "",
    in_total: bool = True,
    hide_if_zero: bool = False,
    applies: Applies | None = None,
) -> Callable[[Function], Function]:
    """Register the function below as a metric, by its own name unless `name` is given; `section`: of docs/model.md."""

    def register(function: Function) -> Function:
        known_as = name or function.__name__
        source = f"docs/model.md, section {section}" + (literature and f"; {literature}")
        METRICS[level, known_as] = Metric(
            known_as, level, title, unit, better, formula, symbols, source, form or FORMS.get(unit, "number"), in_total,
            hide_if_zero, applies, function, short,
        )  # fmt: skip
        return function

    return register
