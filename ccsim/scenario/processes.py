"""Arrival processes that programs and packages bring, as a volume writes them: `{ process = "name", … }`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ccsim.distributions.arrivals import Arriving, Process
from ccsim.distributions.code import code_of
from ccsim.errors import ScenarioError
from ccsim.scenario.distributions import arguments_of, check_module, check_name, load_installed, made
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.values import MOST, duration
from ccsim.tables import SECOND

PROCESSES: Final[dict[str, Callable[..., Arriving]]] = {}
"""Those known, by name."""


def register(name: str, brings: Callable[..., Arriving]) -> None:
    """Make a class known as `{ process = name, … }`, its arguments being the parameters; again: the new one counts.

    Raises ScenarioError for a name that is another module's, and for arguments that a scenario cannot give.
    """
    check_name(name)
    check_module(name, brings, PROCESSES)
    arguments_of(name, brings, ("process",))
    PROCESSES[name] = brings


def arrival_process(value: object) -> Process:
    """The process that a table describes."""
    if not isinstance(value, Mapping):
        raise FaultError(Fault(shown(value), '{ process = "name", … }'))
    name = value.get("process")
    if isinstance(name, str) and name not in PROCESSES:
        load_installed()
    if not isinstance(name, str) or name not in PROCESSES:
        allowed = did_you_mean(str(name), PROCESSES) if PROCESSES else "the name of a process that is registered"
        raise FaultError(Fault(shown(name), allowed, ("process",)))
    brings = PROCESSES[name]
    given = {key: entry for key, entry in value.items() if key != "process"}
    wanted = arguments_of(name, brings, ("process",))
    faults = [
        Fault("unknown key", f"{name}: {did_you_mean(key, wanted)}", (key,)) for key in given if key not in wanted
    ]
    needs = f"{name} needs {' and '.join(wanted)}"
    faults += [Fault("missing", needs, (key,)) for key in wanted if key not in given]
    values: dict[str, float] = {}
    for key, entry in given.items():
        try:
            values[key] = _number(entry)
        except FaultError as bad:
            faults += [Fault(f.value, f.allowed, (key, *f.at)) for f in bad.faults]
    if faults:
        raise FaultError(*faults)
    try:
        brought = made(f"arrival process {name}", brings, values)
    except (ValueError, ScenarioError) as bad:
        raise FaultError(Fault(shown(given), str(bad))) from bad
    if not callable(getattr(brought, "times", None)):
        raise FaultError(Fault(f"{name} has no times(edges, expected, random)", "a class with this method"))
    return Process(name, tuple(values.items()), code_of(brings), brought)


def _number(value: object) -> float:
    """A number as it is, a duration in seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if -MOST <= value <= MOST:
            return float(value)
        raise FaultError(Fault(shown(value), f"a number from {-MOST:g} to {MOST:g}"))
    return duration(value) / SECOND
