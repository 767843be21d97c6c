"""The rest of a day simulated from the present, again and again: what the day will come to, and what would help."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.distributions.calendar import change_at
from ccsim.distributions.streams import Streams
from ccsim.engine import simulate
from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import METRICS, applicable
from ccsim.metrics.facts import Facts, Frame
from ccsim.metrics.registry import Sums
from ccsim.results import format
from ccsim.results.targets import bounds
from ccsim.runs.compiling import prepare
from ccsim.runs.executors import run_all
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import MINUTE
from ccsim.tables import F64, I64, NEVER, Link, Log, MetricSpec, Outcome, Plan, Workload
from ccsim.today.observed import Observed, Table, standing, table
from ccsim.today.rest import Forecast, Rest, rest_of
from ccsim.today.start import SPARE, Places, Started, places, start
from ccsim.workload.sample import Recipe, attended, draw, recipe_of

LEVEL: Final = 0.9
"""Share of the replications within a band."""


class Band(NamedTuple):
    """Mean over replications, and the bounds of the middle 90 % of them; NaN without data."""

    mean: float
    low: float
    high: float


def band(values: F64) -> Band:
    """Of one value a replication; those without data are left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Band(np.nan, np.nan, np.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Band(float(known.mean()), float(low), float(high))


METRICS_SHOWN: Final = (
    "offered", "answered", "abandoned", "abandonment", "service_level", "asa", "asa_business", "wait_mean",
    "handle_mean", "reply_level", "resolution_level", "undecided",
)  # fmt: skip
"""Of queues."""


class Figures(NamedTuple):
    """What is booked by reporting interval: numerators and denominators (first axis) by interval and queue."""

    queues: dict[str, F64]
    cost: F64
    """of all teams, by interval"""

    @classmethod
    def of(cls, workload: Workload, plan: Plan, spec: MetricSpec, log: Log) -> Figures:
        facts = Facts(workload, plan, spec, log)
        queues = {}
        for name in METRICS_SHOWN:
            sums = METRICS["queue", name].measure(facts)
            assert isinstance(sums, Sums)
            one = np.ones(1) if sums.denominator is None else sums.denominator
            queues[name] = np.stack(np.broadcast_arrays(np.asarray(sums.numerator, np.float64), one))
        cost = METRICS["team", "cost"].measure(facts)
        assert isinstance(cost, Sums)
        return cls(queues, np.asarray(cost.numerator, np.float64).sum(axis=1))

    def total(self, metric: str, intervals: slice) -> F64:
        """The metric of some intervals together, by queue."""
        numerator, denominator = self.queues[metric][:, intervals].sum(axis=1)
        counts = METRICS["queue", metric].unit == "contacts"
        return np.asarray(quotient(np.stack([numerator, np.ones_like(denominator) if counts else denominator])))


class Outcomes(NamedTuple):
    """One replication of the day."""

    figures: Figures
    backlog: F64
    """by queue: waiting for an agent when it closes for the day"""
    beyond: int


@dataclass(frozen=True)
class Course:
    """The day by one scenario: as it stands or with an action."""

    plan: Plan
    spec: MetricSpec
    starts: I64
    """µs: of reporting intervals"""
    coming: int
    """the first interval that is to come"""
    outcomes: tuple[Outcomes, ...]

    def values(self, name: str, metric: str, part: str = "day") -> F64:
        """A metric of a queue, of the "day" or its "rest", by replication; NaN without data."""
        intervals = slice(self.coming if part == "rest" else 0, None)
        place = self.spec.queues.index(name)
        return np.array([one.figures.total(metric, intervals)[place] for one in self.outcomes])

    def by_interval(self, name: str, metric: str) -> F64:
        """By replication and reporting interval of the day."""
        place = self.spec.queues.index(name)
        return np.array([quotient(one.figures.queues[metric][..., place]) for one in self.outcomes])

    def applies(self, name: str, metric: str) -> bool:
        """Whether a queue has such a metric."""
        return bool(applicable(METRICS["queue", metric], self.plan, self.spec)[self.spec.queues.index(name)])

    def holds(self, name: str) -> F64 | None:
        """By replication, whether every target that the scenario gives a queue is met; None without any or contacts."""
        wanted = [row for row in bounds(self.spec) if row[0] == "queue" and row[1] == name]
        if not wanted or not self.values(name, "offered").any():
            return None
        met = np.ones(len(self.outcomes), np.bool_)
        for _, _, metric, bound, at_least in wanted:
            values = self.values(name, metric)
            met &= np.isnan(values) | ((values >= bound - 1e-9) if at_least else (values <= bound + 1e-9))
        return met.astype(np.float64)

    def probability(self, name: str) -> float | None:
        """That every target of a queue is met, as the share of replications; None as in `holds`."""
        met = self.holds(name)
        return None if met is None else float(met.mean())

    def cost(self) -> F64:
        """Of the day, by replication."""
        return np.array([one.figures.cost.sum() for one in self.outcomes])

    def extra_cost(self, planned: Course) -> float:
        """Of the day against the plan, on average; NaN if no team of both has a cost."""
        if len(self.unpaid) == len(self.spec.teams) and len(planned.unpaid) == len(planned.spec.teams):
            return math.nan
        return float((self.cost() - planned.cost()).mean())

    @property
    def unpaid(self) -> tuple[str, ...]:
        """Teams without a cost_per_hour, their own or a shift's."""
        paid = self.spec.cost_per_hour > 0
        paid[self.plan.team[self.plan.shift_agent[self.spec.shift_cost > 0]]] = True
        return tuple(name for name, costs in zip(self.spec.teams, paid.tolist(), strict=True) if not costs)

    def backlog(self, name: str) -> F64:
        """Waiting for an agent when the queue closes, by replication."""
        place = self.spec.queues.index(name)
        return np.array([outcome.backlog[place] for outcome in self.outcomes])


def quotient(figures: F64) -> Any:
    """Numerator over denominator (first axis); NaN where there is none."""
    return np.divide(figures[0], figures[1], out=np.full(np.shape(figures[0]), np.nan), where=figures[1] > 0)


@dataclass(frozen=True)
class Outlook:
    """All that is known of the day and of its rest."""

    scenario: Scenario
    """of the one day"""
    time: datetime
    at: int
    observed: Observed
    so_far: dict[str, F64]
    """metrics of who has come, by queue"""
    now: dict[str, I64]
    """who is here, by queue: how many are waiting, in_progress and silent"""
    course: Course
    forecasts: dict[str, Forecast]
    actions: dict[str, Course]
    warnings: tuple[str, ...]


def on_the_clock(time: datetime, zone: str | None) -> datetime:
    """A time that says how far it is ahead of UTC on the clock of the scenario's zone; others as they are.

    Raises ScenarioError where the scenario has no zone, or its clock never shows that time.
    """
    if time.tzinfo is not None:
        if zone is None:
            allowed = "a time without an offset, as the scenario has no timezone"
            raise ScenarioError([Problem("--at", time.isoformat(timespec="minutes"), allowed)])
        return time.astimezone(ZoneInfo(zone))
    if change_at(time, zone) == "skipped":
        allowed = f"another time, as the clock of {zone} skips it on that day"
        raise ScenarioError([Problem("--at", time.isoformat(timespec="minutes"), allowed)])
    return time


def day_of(scenario: Scenario, time: datetime) -> tuple[Scenario, int]:
    """The scenario of the one day of that time, which is a moment of it, and that moment in microseconds.

    Raises ScenarioError for a time that is no moment within a day of the run.
    """
    raw = one_day(scenario.raw, time)
    day = read.parse(raw, given=scenario.files)
    at = int(day.moment(time))
    if at <= 0:
        raise ScenarioError([Problem("--at", f"{time:%H:%M}", "a time after midnight")])
    return day, at


def one_day(raw: dict[str, Any], time: datetime) -> dict[str, Any]:
    """A scenario's tables cut to the one day: nothing is left over from the days before but what is seen."""
    raw = copy.deepcopy(raw)
    raw.pop("variant", None)
    raw |= {"start": time.date(), "days": 1, "warm_up": "0s"}
    for queue in raw.get("queue", {}).values():
        queue.pop("initial_backlog", None)
    return raw


def look_ahead(
    scenario: Scenario,
    time: datetime,
    see: Callable[[Scenario, Plan, int], Observed],
    actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]],
    *,
    replications: int = 200,
    engine: str = "compiled",
    workers: int = 1,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> Outlook:
    """The outlook at a time. `see` says what has happened; every action makes other tables of the day's.

    The same random numbers serve all actions. Raises ScenarioError.
    """
    prepare(engine, scenario, replications)
    day, at = day_of(scenario, time)
    plan, _ = lower(day)
    observed = see(day, plan, at)
    known = np.bincount([contact.queue for contact in observed.contacts], minlength=len(day.queue))
    expected = None if observed.chains else _follow_ups(day, at, engine)
    jobs: list[_Job] = []
    warnings = list(observed.warnings)
    if time.tzinfo is None and change_at(time, day.timezone) == "twice":
        second = time.replace(tzinfo=ZoneInfo(str(day.timezone)), fold=1).isoformat(timespec="minutes")
        warnings.append(f"{time:%H:%M} comes twice on that day: this is the first; --at {second} is the second")
    changed = [change(one_day(scenario.raw, time)) for change in actions.values()]
    for one in (day, *(read.parse(raw, given=scenario.files) for raw in changed)):
        plan, spec = lower(one)
        plan = plan._replace(warm_up=1)  # who came before the day is of another
        spec = spec._replace(interval=interval_at(spec.interval, at))
        seen = table(observed, plan)
        like = next((n for n, job in enumerate(jobs) if _customers(job.scenario.raw) == _customers(one.raw)), None)
        rest = (
            rest_of(one, observed, (known + SPARE).tolist(), replications, expected)
            if like is None
            else jobs[like].rest
        )
        where = places(observed, seen, plan, spec.teams)
        jobs.append(_Job(one, recipe_of(one), rest, seen, where, plan, spec, at, engine, like))
    where = jobs[0].where
    if where.moved:
        warnings.append(
            f"{format.several(where.moved, 'contact')} in progress with an agent of the log without a place in the "
            "scenario, or who has another call: taken as in progress with others on duty who have room"
        )
    if where.homeless:
        warnings.append(
            f"{format.several(where.homeless, 'contact')} in progress, for which the scenario has nobody on duty with "
            "the skill and room: the next message of conversations waits for others, and calls begin anew, also in "
            "the figures so far"
        )
    if observed.roster_known and where.left_out:
        left_out = format.several(len(where.left_out), "agent")
        warnings.append(f"{left_out} on duty left out: the scenario has no shift for them now")
    warnings += jobs[0].rest.warnings
    made = list(progress(run_all(partial(_one, jobs), range(replications), workers)))
    starts = Frame(jobs[0].plan, jobs[0].spec).edges[:-1]
    coming = int(np.searchsorted(starts, at))
    courses = [
        Course(job.plan, job.spec, starts, coming, tuple(outcomes))
        for job, outcomes in zip(jobs, zip(*made, strict=True), strict=True)
    ]
    beyond = np.mean([outcome.beyond for outcome in courses[0].outcomes])
    if beyond >= 0.5:
        warnings.append(
            f"about {beyond:.0f} of what is under way has lasted longer than all that the scenario draws: it is taken "
            "to end at once"
        )
    return Outlook(
        day,
        time,
        at,
        observed,
        jobs[0].so_far(),
        standing(jobs[0].seen, len(day.queue)),
        courses[0],
        {forecast.name: forecast for forecast in jobs[0].rest.forecasts.values()},
        dict(zip(actions, courses[1:], strict=True)),
        tuple(dict.fromkeys(warnings)),
    )


def interval_at(interval: int, at: int) -> int:
    """The reporting interval, or the longest part of it in whole minutes at the end of one of which it is `at`."""
    parts = [interval // n for n in range(1, interval // MINUTE + 1) if interval % n == 0]
    return next((part for part in parts if at % part == 0 and part % MINUTE == 0), MINUTE)


def _customers(raw: dict[str, Any]) -> dict[str, Any]:
    """What of a scenario's tables the draws depend on, but for who of the agents comes."""
    return {key: value for key, value in raw.items() if key not in ("team", "routing", "staffing")}


@dataclass(frozen=True)
class _Job:
    """What all replications of one scenario share."""

    scenario: Scenario
    recipe: Recipe
    rest: Rest
    seen: Table
    where: Places
    plan: Plan
    spec: MetricSpec
    at: int
    engine: str
    like: int | None
    """the job that has the same customers"""

    def drawn(self, number: int) -> Workload:
        """Replication `number`, from 0."""
        return draw(replace(self.recipe, customers=self.rest.drawn(number)), number)

    def begun(self, workload: Workload, number: int) -> Started:
        return start(workload, self.seen, self.where, self.plan, self.at, Streams(self.recipe.key, number))

    def so_far(self) -> dict[str, F64]:
        """Of who came until now, as if the day ended."""
        begun = self.begun(self.drawn(0), 0)
        plan = self.plan._replace(end=self.at, drain_end=self.at)
        figures = Figures.of(begun.workload, plan, self.spec, ended(begun.state.log, self.at))
        return {name: figures.total(name, slice(None)) for name in METRICS_SHOWN}


def _one(jobs: list[_Job], number: int) -> list[Outcomes]:
    """A replication of all jobs, with the same random numbers."""
    drawn: list[Workload] = []
    outcomes = []
    for job in jobs:
        if job.like is None:
            drawn.append(job.drawn(number))
        else:
            drawn.append(attended(drawn[job.like], job.recipe.attendance, number))
        begun = job.begun(drawn[-1], number)
        log = simulate(job.engine, begun.workload, job.plan, begun.state)
        figures = Figures.of(begun.workload, job.plan, job.spec, log)
        outcomes.append(Outcomes(figures, _backlog(job.plan, log), begun.beyond))
    return outcomes


def ended(log: Log, at: int) -> Log:
    """A log so far as if the run ended there."""
    begun = log.arrival < at
    alive = begun & (log.closed == NEVER)
    columns: dict[str, Any] = {
        "outcome": np.where(alive & (log.outcome == Outcome.NONE), Outcome.OPEN, log.outcome).astype(np.int8),
        "left": np.where(alive & (log.left == NEVER), at, log.left),
        "closed": np.where(alive, at, log.closed),
        "arrival": np.where(begun, log.arrival, NEVER),
        "stretch_start": np.minimum(log.stretch_start, at),
        "stretch_end": np.minimum(log.stretch_end, at),
        "presence_end": np.minimum(log.presence_end, at),
    }
    return log._replace(**columns)


def _backlog(plan: Plan, log: Log) -> F64:
    """Contacts of each queue that wait for an agent when it closes for the last time within the day."""
    closing = np.array([_closing(plan, q) for q in range(len(plan.priority))])
    queue = log.queue[log.stretch_contact]
    waits = (log.stretch_since < closing[queue]) & (log.stretch_start >= closing[queue])
    return np.bincount(queue[waits], minlength=len(plan.priority)).astype(np.float64)


def _closing(plan: Plan, queue: int) -> int:
    spans = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    ends = plan.closes[spans][(plan.opens[spans] < plan.end) & (plan.closes[spans] > 0)]
    return min(int(ends.max(initial=0)), plan.end) or plan.end


def _follow_ups(scenario: Scenario, at: int, engine: str) -> F64:
    """Contacts that come to each queue before `at` for each root of its volume, in a few days as the scenario has them.

    Of a log that does not tell first contacts from others, all are counted.
    """
    plan, _ = lower(scenario)
    recipe = recipe_of(scenario)
    came, roots = (np.zeros(len(plan.priority)) for _ in range(2))
    for number in range(20):
        workload = draw(recipe, number)
        log = simulate(engine, workload, plan)
        early = (log.arrival >= 0) & (log.arrival < at)
        came += np.bincount(log.queue[early], minlength=len(came))
        roots += np.bincount(log.queue[early & (workload.link == Link.ROOT)], minlength=len(came))
    return np.asarray(np.divide(came, roots, out=np.ones(len(came)), where=roots > 0))
