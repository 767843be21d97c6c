"""One what-if, simulated step by step: first figures from one replication, then more, until it is stale or enough.

Every step is `ccsim.runs.run.run` with what was collected before, so its figures are those of `ccsim run`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from threading import Event
from typing import Final

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.results.model import Results
from ccsim.runs.precision import Precision, read_goals
from ccsim.runs.run import Replication, run
from ccsim.scenario.growth import size_of
from ccsim.scenario.model import Scenario
from ccsim.tables import SECOND

LOOKS: Final = (1, 5, 20)
"""After how many replications figures are shown."""

MOST: Final = 400
"""Replications at most, however precise the figures shall be."""

LARGEST: Final = 3_000_000
"""Contacts of a replication at most, and turns, and shifts: some gigabytes of memory; `ccsim run` takes more."""


class StaleError(Exception):
    """Nobody wants the figures any more."""


def steps(
    scenario: Scenario,
    stale: Event,
    *,
    variant: str | None = None,
    half_width: float | None = None,
    after: Results | None = None,
    looks: Iterable[int] = LOOKS,
    progress: Callable[[int], object] = lambda number: None,
) -> Iterator[Results]:
    """Results of ever more replications of a scenario, after those that `after` has of it already.

    With a `half_width` of service levels they go on beyond the last of the `looks`. `progress` gets how many there
    are after each. Raises StaleError soon after the event is set, and ScenarioError for what is too large.
    """
    check_size(scenario)
    results = after

    def watched(replications: Iterable[Replication]) -> Iterator[Replication]:
        number = results.replications if results is not None else 0
        for replication in replications:
            if stale.is_set():
                raise StaleError
            number += 1
            yield replication
            progress(number)

    def go_on(to: int, rule: Precision | None = None) -> Results:
        so_far = run(
            scenario.with_streams(scenario.seed, to),
            engine="compiled",
            variant=variant,
            workers=os.cpu_count() or 1,
            executor="threads",
            precision=rule,
            progress=watched,
            after=results.collected if results is not None else None,
        )
        return replace(so_far, make_logs=dict, goals=())  # logs are large, and made anew for who asks for them

    for look in looks:
        if results is None or results.replications < look:
            results = go_on(look)
            yield results
    if half_width is not None and results is not None and results.collected is not None:
        rule = Precision(read_goals({"service_level": half_width}, *lower(scenario)), MOST)
        if not rule.enough(results.collected.whole):
            yield go_on(MOST, rule)


def check_size(scenario: Scenario) -> None:
    """Raises ScenarioError for a scenario with more contacts or shifts than fit a page that answers at once."""
    problems = []
    size = size_of(scenario)
    for number, what in ((size.contacts, "contacts"), (size.turns, "turns")):
        if number > LARGEST:
            value = f"{number:,.0f} {what}, follow-ups included"
            problems.append(Problem("queue", value, f"at most {LARGEST:,} here; `ccsim run` takes more"))
    shifts = scenario.days * sum(shift.agents for team in scenario.team.values() for shift in team.shifts)
    if shifts > LARGEST:
        problems.append(Problem("team", f"{shifts:,} shifts", f"at most {LARGEST:,} here; `ccsim run` takes more"))
    intervals = scenario.days * 86_400 * SECOND // scenario.interval
    if intervals > LARGEST // 100:
        allowed = f"at most {LARGEST // 100:,} here: a longer interval or fewer days"
        problems.append(Problem("interval", f"{intervals:,} intervals", allowed))
    if problems:
        raise ScenarioError(problems)
