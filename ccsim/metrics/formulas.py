"""Formulas of metrics as steps for compiled code, worked out once a scenario.

A formula of definitions.py is called once with symbols instead of the Facts of a replication: what it takes and how it
goes together becomes a list of steps, each of two planes (interval, queue or team). Formulas of which that cannot be
made, as they need more than sums by interval, are called in every replication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim import jit
from ccsim import tables as module_of_tables
from ccsim.metrics import sums
from ccsim.metrics.facts import Derived, Facts, Frame
from ccsim.metrics.registry import METRICS, Key, Level, Sums
from ccsim.tables import F64, I64, Bool

STEPS: Final = 0
CONSTANTS: Final = 1
"""Tables of a level: results of steps, constants, then those of TABLES."""

TABLES: Final[dict[Level, tuple[str, ...]]] = {
    "queue": ("contacts", "turns", "sessions", "open_area", "unassigned_area", "work_of_queues", "with_bot"),
    "team": (
        "presence", "concurrent", "work_of_teams", "session_time_of_teams", "capacity_held", "interruptions",
        "team_cost", "overtime_cost",
    ),
}  # fmt: skip
"""Of the Facts, what formulas of a level take by interval."""

MOST_TABLES: Final = CONSTANTS + 1 + max(map(len, TABLES.values()))

ROWS: Final = {
    "contacts": sums.OF_CONTACTS, "turns": sums.OF_TURNS, "sessions": sums.OF_SESSIONS, "with_bot": 3,
    "presence": sums.OF_PRESENCE, "concurrent": 3,
}  # fmt: skip
"""Of tables (row, interval, queue or team); the others have none."""

ADD, SUBTRACT, MULTIPLY, DIVIDE, ABOVE, REACHES = range(6)
"""What a step does with its two planes; comparisons give 1 and 0."""


class Plane(NamedTuple):
    """A row of a table."""

    table: int
    row: int


class Symbol:
    """A plane that is not there yet."""

    __array_ufunc__ = None  # an array leaves it to us what it is multiplied by

    def __bool__(self) -> bool:
        raise TypeError("a formula that depends on a value is no list of steps")

    def __init__(self, steps: Steps, plane: Plane) -> None:
        self._steps, self.plane = steps, plane

    def __add__(self, other: Any) -> Symbol:
        return self._steps.step(ADD, self, other)

    def __sub__(self, other: Any) -> Symbol:
        return self._steps.step(SUBTRACT, self, other)

    def __mul__(self, other: Any) -> Symbol:
        return self._steps.step(MULTIPLY, self, other)

    def __truediv__(self, other: Any) -> Symbol:
        return self._steps.step(DIVIDE, self, other)

    def __gt__(self, other: Any) -> Symbol:
        return self._steps.step(ABOVE, self, other)

    def __ge__(self, other: Any) -> Symbol:
        return self._steps.step(REACHES, self, other)

    __rmul__ = __mul__
    __and__ = __mul__

    def __radd__(self, other: Any) -> Symbol:
        return self._steps.step(ADD, other, self)

    def __rsub__(self, other: Any) -> Symbol:
        return self._steps.step(SUBTRACT, other, self)

    def astype(self, _dtype: type) -> Symbol:
        """Itself: numbers all of them."""
        return self


class Symbols:
    """The rows of a table that are not there yet."""

    def __init__(self, rows: list[Symbol]) -> None:
        self._rows = rows

    def __getitem__(self, row: Any) -> Any:
        return Symbols(self._rows[row]) if isinstance(row, slice) else self._rows[row]

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self._rows)

    def sum(self, axis: int) -> Symbol:
        """Of all rows."""
        assert axis == 0
        total = self._rows[0]
        for row in self._rows[1:]:
            total += row
        return total


class Steps:
    """What is worked out of the tables of one level, before there are any."""

    def __init__(self, intervals: int, width: int) -> None:
        self.shape = intervals, width
        self.taken: set[int] = set()
        """tables"""
        self._steps: dict[tuple[int, Plane, Plane], Symbol] = {}
        self._constants: dict[tuple[tuple[int, ...], bytes], Symbol] = {}
        self._values: list[F64] = []

    def step(self, does: int, one: Any, other: Any) -> Symbol:
        """The plane that it gives of two; the same one if asked for again."""
        key = does, self.symbol(one).plane, self.symbol(other).plane
        return self._steps.setdefault(key, Symbol(self, Plane(STEPS, len(self._steps))))

    def symbol(self, value: Any) -> Symbol:
        """Itself, or the plane of a constant."""
        if isinstance(value, Symbol):
            self.taken.add(value.plane.table)
            return value
        constant = np.asarray(value, np.float64)
        key = constant.shape, constant.tobytes()
        if key not in self._constants:
            self._constants[key] = Symbol(self, Plane(CONSTANTS, len(self._values)))
            self._values.append(np.broadcast_to(constant, self.shape))
        return self._constants[key]

    def sides(self, figure: Sums) -> tuple[Plane, Plane]:
        """The planes of its numerator and denominator."""
        one, other = figure.numerator, 1.0 if figure.denominator is None else figure.denominator
        return self.symbol(one).plane, self.symbol(other).plane

    @property
    def code(self) -> I64:
        """What each does, table and row of its planes : int64[step, 5]."""
        rows = [(does, *one, *other) for does, one, other in self._steps]
        return np.array(rows, dtype=np.int64).reshape(-1, 5)

    @property
    def constants(self) -> F64:
        return np.stack(self._values) if self._values else np.empty((0, *self.shape))


class Symbolic(Derived):
    """Facts of no replication, whose tables by interval are symbols; there is nothing else in it to be asked for."""

    def __init__(self, frame: Frame, steps: dict[Level, Steps]) -> None:
        self.frame, self.plan, self.spec, self.window = frame, frame.plan, frame.spec, frame.window
        for level, names in TABLES.items():
            for table, name in enumerate(names, CONSTANTS + 1):
                if name == "overtime_cost" and not frame.by_the_hour:
                    continue  # a formula itself
                rows = [Symbol(steps[level], Plane(table, row)) for row in range(ROWS.get(name, 1))]
                setattr(self, name, Symbols(rows) if name in ROWS else rows[0])


class Alike(NamedTuple):
    """Metrics of a level that are totalled together."""

    applies: Bool
    """(metric, queue or team)"""
    common: Bool
    """(metric,): one denominator for all queues or teams, which is that of the total too"""
    counts: Bool
    """(metric,): without a denominator"""

    @classmethod
    def of(cls, figures: Sequence[Sums], applies: Sequence[Bool]) -> Alike:
        """As the figures of any replication show."""
        counts = np.array([one.denominator is None for one in figures])
        common = [isinstance(one.denominator, np.ndarray) and one.denominator.shape[-1] == 1 for one in figures]
        return cls(np.stack(applies), counts | common, counts)

    def totals(self, code: I64, tables: Sequence[F64], sides: I64, by_interval: bool) -> tuple[F64, F64]:
        """Numerators and denominators of the run, (metric, 2, queue or team and total), and with `by_interval` each
        (metric, 2, interval, the same). What does not apply counts for nothing, and its denominator is NaN.

        Takes the steps of `code`, then `sides` of the tables : int64[metric, 2, table and row].
        """
        metrics, width = self.applies.shape
        intervals = tables[0].shape[1]
        each = np.empty((metrics if by_interval else 1, 2, intervals, width + 1))
        flat = [table.reshape(len(table), intervals * width) for table in tables]
        given = (*flat, *[flat[0]] * (MOST_TABLES - len(flat)))  # so that there is one kind of argument
        run = np.empty((metrics, 2, width + 1))
        compiled().work_out(code, given, sides, *self, each, run)
        return run, each


class Program:
    """The metrics of a level of which all is known before there is a replication."""

    def __init__(self, level: Level, steps: Steps, figures: dict[str, Sums], applies: list[Bool]) -> None:
        self.keys: list[Key] = [(level, name) for name in figures]
        self._sides = np.array([steps.sides(one) for one in figures.values()], dtype=np.int64)
        self._names = [
            name if table in steps.taken else None for table, name in enumerate(TABLES[level], CONSTANTS + 1)
        ]
        self._shape, self._code, self._constants = steps.shape, steps.code, steps.constants
        self._alike = Alike.of(list(figures.values()), applies)

    def totals(self, facts: Facts, by_interval: bool) -> tuple[F64, F64]:
        """As `Alike.totals`."""
        tables = [np.empty((len(self._code), *self._shape)), self._constants]
        for name in self._names:
            table = self._constants if name is None else np.ascontiguousarray(getattr(facts, name), np.float64)
            tables.append(table.reshape(-1, *self._shape))
        return self._alike.totals(self._code, tables, self._sides, by_interval)


def programs(frame: Frame, applies: dict[Key, Bool]) -> list[Program]:
    """One a level, of the metrics that apply somewhere and whose formulas are made of sums by interval alone."""
    steps: dict[Level, Steps] = {
        "queue": Steps(frame.intervals, frame.queues),
        "team": Steps(frame.intervals, frame.teams),
    }
    figures: dict[Level, dict[str, Sums]] = {level: {} for level in steps}
    facts: Any = Symbolic(frame, steps)
    for level, name in applies:
        if not METRICS[level, name].symbols:
            continue
        with suppress(AttributeError, TypeError):  # it takes something else, or does what Symbol does not know
            if isinstance(made := METRICS[level, name].measure(facts), Sums):
                steps[level].sides(made)
                figures[level][name] = made
    return [
        Program(level, steps[level], mine, [applies[level, name] for name in mine])
        for level, mine in figures.items()
        if mine
    ]


@cache
def compiled() -> ModuleType:
    """What works the steps out, ccsim/metrics/totals.py."""
    sources = [Path(__file__), Path(__file__).with_name("totals.py"), Path(str(module_of_tables.__file__))]
    return jit.load("ccsim.metrics.totals", sources)
