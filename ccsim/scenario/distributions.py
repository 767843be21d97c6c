"""Distributions of durations and counts as a scenario writes them: `"45s"`, `{ mean, cv }`, `{ dist = …, … }`,
`"never"`."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from ccsim.distributions.code import code_of
from ccsim.distributions.durations import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    LogNormal,
    Mixture,
    Never,
    Own,
    Quantiles,
    Uniform,
    Weibull,
)
from ccsim.errors import Problem, ScenarioError, call_own
from ccsim.scenario.cells import durations, numbers
from ccsim.scenario.data import DataFiles
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.values import LONGEST, duration, duration_or_never, factor
from ccsim.tables import NEVER, SECOND

PARAMETERS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "exponential": (("mean",),),
    "lognormal": (("mean", "cv"), ("median", "sigma")),
    "gamma": (("mean", "cv"),),
    "weibull": (("mean", "cv"),),
    "uniform": (("low", "high"),),
    "constant": (("constant",),),
    "geometric": (("mean",),),
    "empirical": (("file", "column"),),
    "mixture": (("parts",),),
}
"""Distributions by name, with the sets of parameters each may be given by."""

BUILT_IN: Final = frozenset(PARAMETERS)
OWN: Final[dict[str, Callable[..., Quantiles]]] = {}
"""Those that programs and packages bring, by name."""
GROUP: Final = "ccsim.parts"
"""Entry points of packages that bring distributions or policies; each names a module that registers them."""

_PURE: Final = {"cv": 100, "sigma": 10}
"""Pure numbers with the most that each may be; a lognormal of sigma 10 has a mean of e^50 medians."""
_COUNTS: Final = ("constant", "geometric", "empirical", "mixture")


def register(name: str, brings: Callable[..., Quantiles]) -> None:
    """Make a class known as `{ dist = name, … }`, its arguments being the parameters; again: the new one counts.

    Raises ScenarioError for a name that is built in or another module's, and for arguments that a scenario cannot give.
    """
    check_name(name, BUILT_IN)
    check_module(name, brings, OWN)
    PARAMETERS[name] = (arguments_of(name, brings, ("dist", "weight", *_PURE)),)
    OWN[name] = brings


def check_name(name: object, built_in: Collection[str] = ()) -> None:
    """Raises ScenarioError for what cannot be the name of a part of one's own."""
    if not isinstance(name, str) or not name:
        raise ScenarioError([Problem("name", shown(name), "a text")])
    if name in built_in:
        raise ScenarioError([Problem("name", f"{shown(name)} is built in", "another name")])


def check_module(name: str, brings: object, known: Mapping[str, object]) -> None:
    """Raises ScenarioError where a class of another module has the name: which of them counts would be chance."""
    first, second = (getattr(one, "__module__", "") for one in (known.get(name, brings), brings))
    if first != second:
        raise ScenarioError([Problem("name", f"{shown(name)} is registered by {first} already", "another name")])


def arguments_of(name: str, brings: Callable[..., Any], taken: tuple[str, ...]) -> tuple[str, ...]:
    """Names of its arguments. Raises ScenarioError for those that a scenario cannot give by name, or are `taken`."""
    try:
        arguments = inspect.signature(brings).parameters.values()
    except (TypeError, ValueError):  # not to be called, or in C
        raise ScenarioError([Problem(name, shown(brings), "a class written in Python")]) from None
    for one in arguments:
        if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) or one.name in taken:
            allowed = f"arguments by name, none {', '.join(taken)}"
            raise ScenarioError([Problem(name, f"argument {one.name}", allowed)])
    return tuple(one.name for one in arguments)


def made(part: str, brings: Callable[..., Any], values: Mapping[str, float]) -> Any:
    """An object of the class. Raises its ValueError, of these parameters, and ScenarioError for all else."""
    try:
        return call_own(part, getattr(brings, "__name__", part), brings, **values)
    except ScenarioError as bad:
        raise (bad.__cause__ if isinstance(bad.__cause__, ValueError) else bad) from None


@cache
def load_installed() -> None:
    """Import what installed packages bring, once. Raises ScenarioError for what cannot be imported."""
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as bad:  # whatever a module may raise
            message = str(bad) if isinstance(bad, ScenarioError) else f"{type(bad).__name__}: {bad}"
            raise ScenarioError([Problem(f"entry point {point.name} of {GROUP}", message, "")]) from bad


def duration_distribution(value: object, files: DataFiles) -> Distribution:
    """A distribution of durations, in seconds."""
    return _distribution(value, files, _seconds)


def patience_distribution(value: object, files: DataFiles) -> Distribution:
    """As `duration_distribution`, or `Never` for `"never"`."""
    return Never() if value == "never" else _distribution(value, files, _seconds_or_never)


def count_distribution(value: object, files: DataFiles) -> Distribution:
    """A distribution of whole numbers from 1: a number, `{ mean }` (geometric), constant, empirical or a mixture of
    these."""
    return _distribution(value, files, _count)


def _seconds(value: object) -> float:
    return duration(value) / SECOND


def _seconds_or_never(value: object) -> float:
    micros = duration_or_never(value)
    return math.inf if micros == NEVER else micros / SECOND


def _count(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 10_000 and value == int(value):
        return float(value)
    raise FaultError(Fault(shown(value), "a whole number from 1 to 10000"))


def _mean_count(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 10_000:
        return float(value)
    raise FaultError(Fault(shown(value), "a number from 1 to 10000"))


def _pure(value: object, most: int) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
        return float(value)
    raise FaultError(Fault(shown(value), f"a number from 0 to {most}"))


def _distribution(value: object, files: DataFiles, unit: Callable[[object], float]) -> Distribution:
    if not isinstance(value, Mapping):
        constant = unit(value)
        return Never() if constant == math.inf else Constant(constant)
    counted = unit is _count
    name = value.get("dist", _implied(value, counted))
    if isinstance(name, str) and name not in PARAMETERS:
        load_installed()
    known = _COUNTS if counted else tuple(PARAMETERS)
    if name not in known:
        raise FaultError(Fault(shown(name), did_you_mean(str(name), known), ("dist",)))
    given = {("constant" if key == "value" else key): entry for key, entry in value.items() if key != "dist"}
    _check_parameters(name, given)
    return _build(name, given, files, unit)


def _implied(value: Mapping[str, Any], counted: bool) -> str:
    if "parts" in value:
        return "mixture"
    if "file" in value or "column" in value:
        return "empirical"
    if "constant" in value or "value" in value:
        return "constant"
    if counted:
        return "geometric"
    if "low" in value or "high" in value:
        return "uniform"
    return "exponential" if "mean" in value and "cv" not in value else "lognormal"


def _check_parameters(name: str, given: Mapping[str, Any]) -> None:
    sets = PARAMETERS[name]
    if any(set(given) == set(names) for names in sets):
        return
    nearest = max(sets, key=lambda names: len(set(given) & set(names)))
    unknown = [key for key in given if key not in nearest]
    faults = [Fault("unknown key", f"{name}: {did_you_mean(key, nearest)}", (key,)) for key in unknown]
    if not unknown:
        needs = f"{name} needs {' and '.join(nearest)}"
        faults = [Fault("missing", needs, (key,)) for key in nearest if key not in given]
    raise FaultError(*faults)


def _build(name: str, given: Mapping[str, Any], files: DataFiles, unit: Callable[[object], float]) -> Distribution:
    if name == "empirical":
        convention = numbers if unit is _count else durations
        return Empirical(tuple(files.column(given["file"], given["column"], unit, convention)))
    if name == "mixture":
        return _mixture(given["parts"], files, unit)
    mean_unit = _mean_count if unit is _count else unit
    values: dict[str, float] = {}
    faults: list[Fault] = []
    for key, entry in given.items():
        parse = mean_unit if key == "mean" else unit
        try:
            values[key] = _pure(entry, _PURE[key]) if key in _PURE else parse(entry)
            if values[key] == math.inf and name != "constant":
                faults.append(Fault(shown(entry), "a finite duration", (key,)))
        except FaultError as bad:
            faults += [Fault(f.value, f.allowed, (key, *f.at)) for f in bad.faults]
    if faults:
        raise FaultError(*faults)
    try:
        if name in OWN:
            brings = OWN[name]
            brought = made(f"distribution {name}", brings, values)
            distribution: Distribution = Own(name, tuple(values.items()), code_of(brings), brought)
        else:
            distribution = _FAMILIES[name](**values)
    except (ValueError, ScenarioError) as bad:
        raise FaultError(Fault(shown(dict(given)), str(bad))) from bad
    if unit is not _count and distribution.mean * SECOND > LONGEST and not isinstance(distribution, Never):
        value = f"{shown(dict(given))}, a mean of {distribution.mean / 86400:.3g} days"
        raise FaultError(Fault(value, "at most a hundred years (36500d)"))
    return distribution


def _lognormal(mean: float = 0, cv: float = 0, median: float | None = None, sigma: float = 0) -> Distribution:
    return LogNormal.from_mean_cv(mean, cv) if median is None else LogNormal(median, sigma)


def _constant(constant: float) -> Distribution:
    return Never() if constant == math.inf else Constant(constant)


_FAMILIES: Final[dict[str, Callable[..., Distribution]]] = {
    "exponential": Exponential,
    "lognormal": _lognormal,
    "gamma": Gamma,
    "weibull": Weibull,
    "uniform": Uniform,
    "constant": _constant,
    "geometric": Geometric,
}


def _mixture(parts: object, files: DataFiles, unit: Callable[[object], float]) -> Distribution:
    if not isinstance(parts, list | tuple) or not parts:
        raise FaultError(Fault(shown(parts), "a list of [{ weight, …distribution… }]", ("parts",)))
    weights: list[float] = []
    distributions: list[Distribution] = []
    faults: list[Fault] = []
    for i, part in enumerate(parts):
        try:
            if not isinstance(part, Mapping) or "weight" not in part:
                raise FaultError(
                    Fault(shown(part), 'a distribution with its weight, such as { weight = 0.3, mean = "2m" }')
                )
            weight = _weight(part["weight"])
            distributions.append(
                _distribution({key: entry for key, entry in part.items() if key != "weight"}, files, unit)
            )
            weights.append(weight)
        except FaultError as bad:
            faults += [Fault(f.value, f.allowed, ("parts", i, *f.at), f.row) for f in bad.faults]
    if not faults and sum(weights) <= 0:
        faults.append(Fault("weights that are all 0", "at least one weight above 0", ("parts",)))
    if faults:
        raise FaultError(*faults)
    return Mixture(tuple(weights), tuple(distributions))


def _weight(value: object) -> float:
    try:
        return factor(value)
    except FaultError as bad:
        raise FaultError(*(Fault(f.value, f.allowed, ("weight",)) for f in bad.faults)) from None
