"""`profile`: how a queue's work, wrap-up or patience differs by time of day and weekday."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from ccsim.scenario import values
from ccsim.scenario.faults import Fault, FaultError, shown
from ccsim.scenario.values import ByDay

Steps = tuple[tuple[int, float], ...]
"""(microseconds after midnight, factor), rising: from that time until the next; 1 before the first."""

PROFILED: Final = ("work", "wrap_up", "patience")
"""Keys of a queue whose distribution may have a profile."""

MOST: Final = 100.0
"""The largest factor; a hundred times a hundred years still is before `NEVER`."""


def without_profiles(queue: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, ByDay[Steps]]]:
    """A queue's table with plain distributions, and the profiles that stood beside their parameters, by key."""
    plain, profiles, faults = dict(queue), dict[str, ByDay[Steps]](), list[Fault]()
    for key in PROFILED:
        given = queue.get(key)
        if isinstance(given, Mapping) and "profile" in given:
            plain[key] = {name: value for name, value in given.items() if name != "profile"}
            try:
                profiles[key] = profile(given["profile"])
            except FaultError as bad:
                faults += [Fault(f.value, f.allowed, (key, "profile", *f.at)) for f in bad.faults]
    if faults:
        raise FaultError(*faults)
    return plain, profiles


def profile(value: object) -> ByDay[Steps]:
    """A list of [time, factor] for every day, or a table of days to such lists; 1 on days that are not named."""
    return ByDay((_steps(value),) * 7) if isinstance(value, list | tuple) else values.by_day(value, _steps, ())


def _steps(value: object) -> Steps:
    if not isinstance(value, list | tuple) or not value:
        raise FaultError(Fault(shown(value), 'a list of [time, factor], such as [["08:00", 0.9], ["14:00", 1.1]]'))
    steps: list[tuple[int, float]] = []
    for i, step in enumerate(value):
        try:
            if not isinstance(step, list | tuple) or len(step) != 2:
                raise FaultError(Fault(shown(step), '[time, factor], such as ["14:00", 1.1]'))
            steps.append((values.time_of_day(step[0]), values.factor(step[1])))
            if not 0 < steps[-1][1] <= MOST:
                raise FaultError(Fault(shown(step[1]), f"a factor above 0, at most {MOST:g}"))
        except FaultError as bad:
            raise FaultError(*(Fault(f.value, f.allowed, (i, *f.at)) for f in bad.faults)) from None
    if any(later[0] <= earlier[0] for earlier, later in pairwise(steps)):
        raise FaultError(Fault("times out of order", "times in ascending order"))
    return tuple(steps)
