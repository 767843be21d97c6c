"""What a sweep varies and at which points: from the command line, a sweep file or Python.

`PATH=LEVELS`: dotted paths as in `--set`. Levels are a list (`1,2,4`, `"oldest","newest"`), whole numbers `1:6`,
so many numbers from one to another `0.8:1.2:5`, or (not in a grid) all between two, `0.8:1.2`. Durations are levels
like numbers, `2m:10m:5`, and are seconds from then on.
"""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ccsim.distributions.streams import stream
from ccsim.errors import Problem, ScenarioError
from ccsim.scenario import read
from ccsim.scenario.data import Outside, texts
from ccsim.scenario.faults import FaultError, did_you_mean, shown
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import duration
from ccsim.tables import F64, SECOND

Kind = Literal["grid", "latin", "sobol"]
MOST: Final = 1_000_000
"""Points of a sweep, and levels of a setting."""

UNCHANGED: Final = None
"""Instead of a value: as the scenario has it."""

A_LEVEL: Final = "such as 1:6, 0.8:1.2:5, 2m:10m:5 or a list 1,2,4"
_NUMBER: Final = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_RANGE: Final = re.compile(r"([^:]+):([^:]+)(?::([^:]+))?")
_DASH: Final = re.compile(r"\d+(?:\.\d+)?-\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Setting:
    """A place of the scenario that is varied."""

    path: str
    written: Any
    """its levels as they were given"""
    levels: tuple[Any, ...]
    """the values it takes; empty: all between the ends"""
    ends: tuple[float, float]
    """smallest and largest value; NaN if these are no numbers"""
    seconds: bool
    """its values are durations, in seconds"""

    @property
    def keys(self) -> list[str]:
        """The parts of its path; the path where it is none, which is said when it is changed."""
        try:
            return read.keys_of(self.path)
        except FaultError:
            return [self.path]

    @property
    def numeric(self) -> bool:
        """Its values are numbers or durations."""
        return not math.isnan(self.ends[0])

    @property
    def titled(self) -> str:
        """Its path, with the unit of durations."""
        return f"{self.path} (s)" if self.seconds else self.path

    @property
    def outer(self) -> tuple[Any, Any]:
        """Its lowest and its highest value, of what are no numbers the first and the last."""
        if not self.levels:
            return self.ends
        order = sorted(self.levels) if self.numeric else self.levels
        return order[0], order[-1]

    def at(self, u: float) -> Any:
        """The value at a place in [0, 1) of all values, of levels each as often as any other."""
        if self.levels:
            return self.levels[int(u * len(self.levels))]
        low, high = self.ends
        return _tidy(low + (high - low) * u)


def read_setting(path: str, written: Any) -> Setting:
    """A setting from its levels, as text or as TOML's list. Raises ScenarioError."""
    levels, ends = (written, ()) if isinstance(written, list) else _levels(path, str(written))
    given = [*levels, *ends]
    if not given:
        raise _refused(path, "no levels", A_LEVEL)
    maybe_numbers = [_number(level) for level in given]
    numbers = [number for number in maybe_numbers if number is not None]
    if not numbers:
        if again := [level for place, level in enumerate(levels) if level in levels[:place]]:
            raise _refused(path, f"{shown(again[0])} twice", "each level once")
        return Setting(path, written, tuple(levels), (math.nan, math.nan), seconds=False)
    if len(numbers) < len(given):
        raise _refused(path, f"numbers and others in {shown(written)}", "all of one kind")
    again = [level for level, count in Counter(numbers).items() if count > 1]
    if levels and again:
        raise _refused(path, f"{again[0]:.9g} twice", "each level once")
    seconds = any(isinstance(level, str) for level in given)
    return Setting(path, written, () if ends else tuple(numbers), (min(numbers), max(numbers)), seconds)


def _levels(path: str, text: str) -> tuple[list[Any], tuple[Any, ...]]:
    """The levels that a text lists, or none and the two ends of all that it may be."""
    try:
        tables = tomllib.loads(f"levels = [{text}]")
        if len(tables) == 1:
            return list(tables["levels"]), ()
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        pass
    levels: list[Any] = []
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        match = _RANGE.fullmatch(part)
        first, last = (_parsed(match[1]), _parsed(match[2])) if match else (None, None)
        if match is None and _DASH.fullmatch(part):
            raise _refused(path, part, f"a range as {part.replace('-', ':')}")
        if match is None or _number(first) is None or _number(last) is None:
            levels.append(_parsed(part))
        elif match[3] is not None or (isinstance(first, int) and isinstance(last, int)):
            levels += _range(path, first, last, None if match[3] is None else _count(path, part, match[3]))
        elif len(parts) == 1:
            return [], (first, last)
        else:
            raise _refused(path, f"{part} in a list", "how many, as 0.8:1.2:5")
    return levels, ()


def _count(path: str, part: str, text: str) -> int:
    """How many levels the third part of a range asks for."""
    if not text.strip().isdecimal():
        raise _refused(path, part, "a whole number behind the ends, as 0.8:1.2:5")
    return int(text.strip()[:20])


def _range(path: str, first: Any, last: Any, count: int | None) -> list[Any]:
    low, high = _number(first), _number(last)
    assert low is not None
    assert high is not None
    if not -math.inf < low < high < math.inf or (count is not None and count < 2):
        text = f"{first}:{last}" if count is None else f"{first}:{last}:{count}"
        raise _refused(path, text, "from a lower to a higher, two or more")
    if (high - low + 1 if count is None else count) > MOST:
        raise _refused(path, "too many levels", f"at most {MOST:,}")
    if count is None:
        return list(range(first, last + 1))
    levels = [_tidy(x) for x in np.linspace(low, high, count).tolist()]
    if isinstance(first, int) and isinstance(last, int) and all(x == int(x) for x in levels):
        return [int(x) for x in levels]
    return [f"{x:.9g}s" for x in levels] if isinstance(first, str) or isinstance(last, str) else levels


def _parsed(text: str) -> Any:
    """A number, what TOML says it is, else the text."""
    text = text.strip()
    return read.value(text) if _NUMBER.fullmatch(text) or ":" not in text else text


def _number(level: Any) -> float | None:
    """A number as it is, a duration in seconds, else None."""
    if isinstance(level, int | float) and not isinstance(level, bool):
        return level
    if not isinstance(level, str):
        return None
    try:
        return _tidy(duration(level) / SECOND)
    except FaultError:
        return None


def _tidy(x: float) -> float:
    """Without the last digits, which are chance."""
    return float(f"{x:.9g}")


def _refused(path: str, value: str, allowed: str) -> ScenarioError:
    return ScenarioError([Problem(path, value, allowed)])


# --------------------------------------------------------------------------------------------------------------- design


@dataclass(frozen=True)
class Design:
    """A scenario, what is varied in it, and how.

    `number` is the number of points of a Latin hypercube or a Sobol' sequence. With `sensitivity` these come besides:
    the scenario as it is and each setting alone at its ends; and with a Sobol' sequence what its indices need, so that
    there are `number` × (settings + 2) points.
    """

    base: Scenario
    settings: tuple[Setting, ...]
    kind: Kind = "grid"
    number: int | None = None
    sensitivity: bool = False
    file: Path = Path()
    """where the scenario comes from"""
    outside: Outside | None = None
    """whether data files of levels may lie outside its folder; None: those that the settings name"""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            allowed = did_you_mean(str(self.kind).lower(), get_args(Kind))
            raise ScenarioError([Problem("design", shown(self.kind), allowed)])
        twice = (
            one.path
            for one, other in itertools.permutations(self.settings, 2)
            if one.keys == other.keys[: len(one.keys)]
        )
        problems = [Problem(path, "varied twice", "each place once, none in another") for path in dict.fromkeys(twice)]
        problems += [
            Problem(setting.path, "varied", "one for all points")
            for setting in self.settings
            if setting.path in ("name", "replications")
        ]
        if not self.settings:
            problems.append(
                Problem("vary", "nothing to vary", "a path and its levels, such as team.phone.absence and 0,0.1")
            )
        if self.kind == "grid":
            problems += [
                Problem(setting.path, "all between two numbers in a grid", "how many, as 0.8:1.2:5")
                for setting in self.settings
                if not setting.levels
            ]
            if self.number is not None:
                problems.append(Problem("points", "with a grid", "the levels of a grid say how many there are"))
            count = math.prod(len(setting.levels) for setting in self.settings)
        else:
            count = self.number or 0
            if count < 2:
                problems.append(Problem("points", f"{count} points of a {self.kind} design", "2 or more"))
            elif self.kind == "sobol" and count & (count - 1):
                lower = 1 << count.bit_length() - 1
                problems.append(Problem("points", str(count), f"a power of two, such as {lower} or {2 * lower}"))
            if self.indices:
                count *= len(self.settings) + 2
        if count > MOST:
            problems.append(Problem("", f"{count:,} points", f"at most {MOST:,}"))
        if problems:
            raise ScenarioError(problems)

    @property
    def indices(self) -> bool:
        """Whether there will be Sobol' indices."""
        return self.kind == "sobol" and self.sensitivity

    @property
    def files_outside(self) -> Outside:
        """Whether data files of its levels may lie outside the scenario's folder."""
        return frozenset(texts([setting.levels for setting in self.settings])) if self.outside is None else self.outside

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        """The settings' values at each point."""
        if self.kind == "grid":
            return list(itertools.product(*(setting.levels for setting in self.settings)))
        return [tuple(setting.at(u) for setting, u in zip(self.settings, us, strict=True)) for us in self._places()]

    def _places(self) -> list[list[float]]:
        """Places in [0, 1), by point and setting; for indices those of A, of B, and of A with each column from B."""
        from scipy.stats import qmc

        assert self.number is not None
        columns = len(self.settings)
        # scipy has renamed `seed` to `rng`, and takes its first names still
        engine: Any = qmc.LatinHypercube if self.kind == "latin" else qmc.Sobol
        sampler = engine(d=columns * (1 + self.indices), seed=stream(self.base.seed, 0, "sweep", "design"))
        places: F64 = np.minimum(sampler.random(self.number), np.nextafter(1, 0))
        if self.indices:
            first, second = places[:, :columns], places[:, columns:]
            mixed = [np.where(np.arange(columns) == column, second, first) for column in range(columns)]
            places = np.concatenate([first, second, *mixed])
        listed: list[list[float]] = places.tolist()
        return listed

    @cached_property
    def alone(self) -> list[tuple[Any, ...]]:
        """The scenario as it is, then each setting alone at its lower and at its upper end; nothing unless wanted."""
        if not self.sensitivity:
            return []
        unchanged = [UNCHANGED] * len(self.settings)
        rows = [tuple(unchanged)]
        for place, setting in enumerate(self.settings):
            rows += [(*unchanged[:place], end, *unchanged[place + 1 :]) for end in setting.outer]
        return rows


# ----------------------------------------------------------------------------------------------------------------- file


class SweepFile(BaseModel):
    """What a sweep file says; what it does not say is None or empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    scenario: str
    """file, relative to the sweep file"""
    vary: dict[str, str | list[Any]]
    variant: str | None = None
    seed: int | None = None
    replications: int | None = None
    design: Kind | None = None
    points: int | None = None
    sensitivity: bool = False
    metrics: list[str] = []


def read_sweep_file(file: Path) -> SweepFile | None:
    """What a sweep file says; None if it is no sweep file, but perhaps a scenario. Raises ScenarioError."""
    try:
        raw = read.toml_file(file, str(file))
    except ScenarioError:  # which `read.load` will explain
        return None
    if "vary" not in raw:
        return None
    try:
        return SweepFile.model_validate(raw)
    except ValidationError as bad:
        raise ScenarioError(list(read.refusals(bad, str(file), SweepFile))) from None
