"""How well a simulation predicts days that it has not seen: each held-out day with the agents who were there.

What is learned on the training days (patience, work, one factor on the time of a contact, the forecast, the width of
the prediction intervals) is learned there alone; of a held-out day the simulation is given who was on duty, and by mode

- `services`: its arrivals and what each contact took,
- `arrivals`: its arrivals; work is drawn from the training days,
- `forecast`: nothing more; arrivals are drawn from the forecast.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ccsim.backtest.forecast import PARTS, Forecast, within_intervals
from ccsim.backtest.rhythm import ALL, INTERVAL, INTERVALS, Rhythm, rhythm_of, thick
from ccsim.distributions.streams import stream
from ccsim.errors import Problem, ScenarioError
from ccsim.logs import duty as duties
from ccsim.logs.duty import Duty, Rule, Skills
from ccsim.lowering import lower
from ccsim.runs.executors import run_all
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.spreadsheets import write_csv
from ccsim.stats.survival import values
from ccsim.tables import F64, I64, SECOND, Bool, Outcome, Plan, Workload
from ccsim.workload.sample import draw, recipe_of

if TYPE_CHECKING:
    import pandas as pd

MODES: Final = {
    "services": "real arrivals and services",
    "arrivals": "real arrivals, drawn services",
    "forecast": "forecast arrivals, drawn services",
}
OWN_DISTRIBUTION: Final = 50
"""Abandoned contacts from which a queue has a patience of its own, known to a seventh; the others share one."""
NEAR: Final = 6
"""Answered contacts before and after one that gave up, from which its work is taken."""
FACTORS: Final = (0.75, 1.5)
"""Between which the factor on the time of a contact is sought."""
LIKELY: Final = (0.95, 1.1)
"""Where it is sought first."""
PRECISION: Final = 0.002
"""Of the factor: some 2 % of the waits."""
COUNTED: Final = ("offered", "answered", "asa", "abandoned", "service_level")
"""Sums by interval: contacts, waits in seconds for `asa`, contacts within the target's time for `service_level`."""


@dataclass(frozen=True)
class Learned:
    """What the training days teach."""

    patience: dict[str, F64]
    """equally likely values in seconds, by queue; ALL for queues without their own, if anybody gave up"""
    works: dict[str, F64]
    """seconds, by queue, had all agents been equally fast; ALL for queues without their own"""
    handle_times: dict[str, float]
    """mean seconds as they were, likewise"""
    rhythm: Rhythm
    turn_round: F64
    """seconds"""
    ringing: F64
    """equally likely seconds that it rings before an agent answers"""
    forecast: Forecast
    busyness_cv: float


class Inputs(NamedTuple):
    """What Erlang's formulas know, by interval."""

    offered: F64
    """contacts in which a customer waits"""
    all_offered: F64
    """with work in which none does"""
    handle_time: F64
    """mean seconds; the day's where there are none"""


@dataclass(frozen=True)
class Day:
    """One day of the log: real sums by interval, and those of each replication."""

    day: date
    edges: I64
    """µs of `datetime64[us]`"""
    real: F64
    """(COUNTED, interval)"""
    simulated: F64
    """(replication, COUNTED, interval)"""
    agents: F64
    """there and free, mean by interval"""
    known: Inputs
    """what the simulation knew in this mode, the factor in the handle time"""
    true_handle_time: F64
    """of the interval's answered contacts, with the factor"""


class ContactLog:
    """The contacts of a log with the queues of a scenario; `staff_only` are queues in which no customer waits.

    Contacts that never waited for an agent, blocked or out of hours, are left out. Agents are busy with one until its
    wrap-up is done, where the log says when. Raises ScenarioError for queues that the scenario lacks, or that are not
    answered in one piece.
    """

    def __init__(self, contacts: pd.DataFrame, staff_only: Iterable[str], scenario: Scenario, file: str) -> None:
        self.staff_only = frozenset(staff_only)
        if contacts["agent"].isna().all():
            missing = "the log names no agents, so that nobody's duty can be inferred"
            raise ScenarioError(
                [Problem("LOG", missing, "a log in which a column says who answered; see columns.agent")]
            )
        named = sorted(set(contacts["queue"]))
        if strange := [name for name in named if name not in scenario.queue]:
            problem = f"the log has queues that the scenario lacks: {', '.join(strange)}"
            raise ScenarioError([Problem("queue", problem, f"it has {', '.join(scenario.queue)}", file)])
        for name in named:
            if not scenario.queue[name].kind.one_to_one:
                problem = "a back-test takes a contact for one piece of work, which those of this channel are not"
                raise ScenarioError([Problem(f"queue.{name}.channel", problem, "queues of calls", file)])
        self.scenario = scenario
        self.document: dict[str, Any] = tomllib.loads(read.resolved_toml(scenario))
        self.limits = {name: q.service_level.time / SECOND for name, q in scenario.queue.items() if q.service_level}
        contacts = contacts[contacts["answer"].notna() | (contacts["outcome"] == "abandoned")]
        done = contacts["wrapped"].where(contacts["answer"].notna() & contacts["wrapped"].notna(), contacts["end"])
        self.contacts = contacts.assign(end=done)
        self._by_day = dict(tuple(self.contacts.groupby(contacts["arrival"].dt.date)))
        self._duties: dict[tuple[Rule, tuple[date, ...]], list[Duty]] = {}
        self._able: dict[tuple[date, ...], Skills] = {}

    def on(self, days: Iterable[date]) -> pd.DataFrame:
        """The contacts that arrived on those days."""
        import pandas as pd

        return pd.concat([self.contacts.iloc[:0], *(self._by_day[day] for day in days if day in self._by_day)])

    def worked_on(self, day: date) -> bool:
        """Whether a customer was answered on that day by somebody whom the log names."""
        return day in self._by_day and bool(self.customers(self._by_day[day])["agent"].notna().any())

    def customers(self, contacts: pd.DataFrame) -> pd.DataFrame:
        """Those in which a customer waited."""
        return contacts.loc[~contacts["queue"].isin(self.staff_only)]

    def duties(self, day: date, rule: Rule, training: Sequence[date]) -> list[Duty]:
        """Who was there by that rule."""
        key = rule, (day, *training)
        if key not in self._duties:
            self._duties[key] = rule.infer(self.on([day]), self.able(day, training))
        return self._duties[key]

    def able(self, day: date, training: Sequence[date]) -> Skills:
        """The queues that each agent takes, as far as the training days and that day show."""
        key = day, *training
        if key not in self._able:
            self._able[key] = duties.skills(self.on(sorted({day, *training})))
        return self._able[key]


def learn(log: ContactLog, days: Sequence[date], option: str = "--train") -> Learned:
    """What days teach, those of that option. Raises ScenarioError if nobody came or was answered."""
    contacts = log.on(days)
    customers = log.customers(contacts)
    answered = contacts[contacts["answer"].notna()]
    if customers["agent"].notna().sum() == 0:
        span = f"{min(days)} to {max(days)}"
        known = f"days from {log.contacts['arrival'].min():%Y-%m-%d} to {log.contacts['arrival'].max():%Y-%m-%d}"
        raise ScenarioError([Problem(option, f"the log has no answered contacts with a named agent on {span}", known)])
    counts = {
        str(name): np.array([_counts(group["arrival"], day) for day in days], np.float64)
        for name, group in contacts.groupby("queue")
    }
    forecast = Forecast(tuple(days), counts)
    quiet = frozenset(day for day in days if forecast.quiet(day))
    forecast = replace(forecast, within=within_intervals(contacts, quiet))
    rhythm, works = rhythm_of(answered, quiet)
    took = _seconds(answered["answer"], answered["end"])
    return Learned(
        patience=_patience(customers),
        works=works,
        handle_times={ALL: float(took.mean())} | {name: float(took[rows].mean()) for name, rows in thick(answered)},
        rhythm=rhythm,
        turn_round=duties.turn_rounds(contacts) / SECOND,
        ringing=_ringing(customers),
        forecast=forecast,
        busyness_cv=_busyness(customers, days),
    )


def _ringing(customers: pd.DataFrame) -> F64:
    slow = duties.pick_up(customers, duties.skills(customers))
    if slow.answered.any():
        return values(slow.waited / SECOND, slow.answered)
    waited = _seconds(customers["arrival"], customers["answer"])
    waited = waited[~np.isnan(waited)]
    return np.array([duties.ringing(np.rint(waited * SECOND).astype(np.int64)) / SECOND])


def _patience(customers: pd.DataFrame) -> dict[str, F64]:
    customers = customers[customers[["answer", "end"]].notna().any(axis=1)]  # else how long it waited is not known
    until = customers["answer"].where(customers["answer"].notna(), customers["end"])
    waited = _seconds(customers["arrival"], until)
    gave_up = (customers["outcome"] == "abandoned").to_numpy(np.bool_)
    queues = customers["queue"].to_numpy(object)
    names = sorted(set(queues))
    own = [name for name in names if gave_up[queues == name].sum() >= OWN_DISTRIBUTION]
    others = [name for name in names if name not in own]
    survival: dict[str, F64] = {}
    for group in [*([name] for name in own), others]:
        here = np.isin(queues, group)
        if gave_up[here].any():
            distribution = values(waited[here], gave_up[here])
            survival |= dict.fromkeys(group, distribution)
    return survival | ({ALL: values(waited, gave_up)} if gave_up.any() else {})


def _busyness(customers: pd.DataFrame, days: Sequence[date]) -> float:
    """Coefficient of variation of a busy day's rate beyond the Poisson distribution's."""
    volume = customers.groupby(customers["arrival"].dt.date).size().reindex(list(days), fill_value=0).to_numpy(float)
    busy = volume[volume > volume.max() / 2]
    if len(busy) < 2:
        return 0.0
    return float(np.sqrt(max(busy.var(ddof=1) - busy.mean(), 0.0)) / busy.mean())


def _counts(arrivals: pd.Series[Any], day: date) -> F64:
    since = duties.micros(arrivals) - _midnight(day)
    since = since[(since >= 0) & (since < INTERVALS * INTERVAL)]
    return np.bincount(since // INTERVAL, minlength=INTERVALS)[:INTERVALS].astype(np.float64)


def _midnight(day: date) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def _seconds(start: pd.Series[Any], end: pd.Series[Any]) -> F64:
    return np.array((end - start).dt.total_seconds(), np.float64)


# ── a day as a scenario ──────────────────────────────────────────────────────────────────────────────────────────────


def scenario(log: ContactLog, day: date, learned: Learned, rule: Rule, mode: str, folder: Path) -> Scenario:
    """That day as a scenario, its data files in the folder.

    Queues, targets and routing are the given scenario's. Agents form teams by the queues that they answer. Stretches in
    which a rule has them away are work that comes before any other and goes to whoever is free first: a break on the
    agent's own clock would pass unnoticed where the simulated agent is in another call just then.
    """
    contacts = log.on([day])
    there = log.duties(day, rule, learned.forecast.days)
    document: dict[str, Any] = {key: log.document[key] for key in ("seed", "routing") if key in log.document}
    document |= {"name": "back-test", "start": day, "days": 1, "interval": INTERVAL // PARTS // SECOND}
    document["drain"] = "1d"
    expected = learned.forecast.of(day)
    came = {name for name, counts in expected.items() if counts.any()} if mode == "forecast" else {*contacts["queue"]}
    names = [name for name in log.scenario.queue if name in came]
    document["queue"] = {name: _queue(log, name, day, contacts, learned, rule, mode, folder) for name in names}
    away = [piece for duty in there for piece in duty.away]
    pause = _unused("away", names)
    if away:
        start = _midnight(day)
        rows = [
            ((begun - start) / SECOND, (end - begun) / SECOND)
            for begun, end in sorted(away)
            if begun < start + INTERVALS * INTERVAL  # who is away after the day's last contact keeps nobody waiting
        ]
        write_csv(folder / "away.csv", ("arrival", "work"), rows)
        document["queue"][pause] = {
            "channel": "phone",
            "open": "always",
            "volume": {"log": "away.csv", "arrived_at": "arrival", "work": "work"},
            "head_start": "1d",
            "wrap_up": 0,
            "patience": "never",
        }
    document["team"] = _teams(log, day, there, names, pause if away else None, learned, mode, folder)
    return read.parse(document, folder)


def _queue(
    log: ContactLog, name: str, day: date, contacts: pd.DataFrame, learned: Learned, rule: Rule, mode: str, folder: Path
) -> dict[str, Any]:
    given = log.document["queue"][name]
    file = f"queue{list(log.document['queue']).index(name)}"  # names may be no names of files
    kept = ("channel", "head_start", "priority", "service_level", "answer_delay")
    queue: dict[str, Any] = {key: given[key] for key in kept if key in given}
    if len(learned.ringing) == 1:
        queue["answer_delay"] = float(learned.ringing[0])
    else:
        write_csv(folder / "answer_delay.csv", ("seconds",), [(value,) for value in learned.ringing])
        queue["answer_delay"] = {"file": "answer_delay.csv", "column": "seconds"}
    queue |= {"open": "always", "turns": 1, "wrap_up": 0, "sl_formula": "all_offered", "patience": "never"}
    patience = learned.patience.get(name, learned.patience.get(ALL) if name not in learned.forecast.counts else None)
    if patience is not None and name not in log.staff_only:
        write_csv(folder / f"{file}.patience.csv", ("seconds",), [(value,) for value in patience])
        queue["patience"] = {"file": f"{file}.patience.csv", "column": "seconds"}
    works = learned.works.get(name, learned.works[ALL])
    write_csv(folder / f"{file}.work.csv", ("seconds",), [(value,) for value in works])
    queue["work"] = {"file": f"{file}.work.csv", "column": "seconds"}
    if rule.turn_round and len(learned.turn_round):
        write_csv(folder / "turn_round.csv", ("seconds",), [(value,) for value in learned.turn_round])
        queue["wrap_up"] = {"file": "turn_round.csv", "column": "seconds"}
    mine = contacts[contacts["queue"] == name]
    if mode == "forecast":
        expected = learned.forecast.by_part(day)[name]
        step = timedelta(microseconds=INTERVAL // PARTS)
        at = [datetime.combine(day, time()) + number * step for number in range(len(expected))]
        rows = [(f"{moment:%Y-%m-%d}", f"{moment:%H:%M}", value) for moment, value in zip(at, expected, strict=True)]
        write_csv(folder / f"{file}.csv", ("date", "time", "contacts"), rows)
        queue["volume"] = {"file": f"{file}.csv", "column": "contacts", "busyness_cv": learned.busyness_cv}
        return queue
    start = _midnight(day)
    arrivals = (duties.micros(mine["arrival"]) - start) / SECOND
    queue["volume"] = {"log": f"{file}.csv", "arrived_at": "arrival"}
    if mode == "services":
        queue["volume"]["work"] = "work"
        took = _imputed(mine, works)
        write_csv(folder / f"{file}.csv", ("arrival", "work"), zip(arrivals, took, strict=True))
    else:
        write_csv(folder / f"{file}.csv", ("arrival",), [(arrival,) for arrival in arrivals])
    return queue


def _imputed(contacts: pd.DataFrame, works: F64) -> F64:
    """What each contact took; of those that gave up, what one answered at about that time took, who may here be served.

    Drawn, with a fixed seed: a rush of short questions would otherwise be served as if they were ordinary ones.
    """
    ordered = contacts.sort_values("arrival")
    took = _seconds(ordered["answer"], ordered["end"])
    answered = np.flatnonzero(~np.isnan(took))
    draw = np.random.default_rng(len(ordered))
    for row in np.flatnonzero(np.isnan(took)).tolist():
        place = int(np.searchsorted(answered, row))
        near = answered[max(place - NEAR, 0) : place + NEAR]
        took[row] = took[draw.choice(near)] if len(near) else draw.choice(works)
    return np.asarray(took[np.argsort(np.argsort(contacts["arrival"].to_numpy(), kind="stable"), kind="stable")])


def _teams(
    log: ContactLog,
    day: date,
    there: Sequence[Duty],
    names: Sequence[str],
    pause: str | None,
    learned: Learned,
    mode: str,
    folder: Path,
) -> dict[str, Any]:
    """Agents with the same skills: the queues that they had answered by that day, and those that nobody there had.

    Where work is drawn, also with the same pace: that of the agent on the training days.
    """
    known = log.able(day, learned.forecast.days)
    taken = frozenset().union(*(known.get(duty.agent, ()) for duty in there))
    groups: dict[tuple[tuple[str, ...], float], list[Duty]] = {}
    for duty in there:
        able = tuple(name for name in names if name in known.get(duty.agent, frozenset()) or name not in taken)
        pace = 1.0 if mode == "services" else learned.rhythm.by_agent.get(duty.agent, 1.0)
        groups.setdefault((able, pace), []).append(duty)
    teams: dict[str, Any] = {}
    for number, ((able, pace), mine) in enumerate(sorted(groups.items()), start=1):
        rows = [
            (
                duty.agent,
                f"{_moment(duty.start):%Y-%m-%d}",
                f"{_moment(duty.start):%H:%M:%S}",
                f"{_moment(duty.end):%H:%M:%S}",
            )
            for duty in mine
            if duty.end - duty.start >= SECOND
        ]
        if not rows or not able:
            continue
        write_csv(folder / f"team{number}.csv", ("agent", "date", "start", "end"), rows)
        teams[f"team{number}"] = {
            "skills": dict.fromkeys((*able, *([pause] if pause else [])), 1),
            "roster": {"file": f"team{number}.csv"},
            "pace": dict.fromkeys(able, pace),
        }
    return teams


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)


def _unused(name: str, names: Sequence[str]) -> str:
    while name in names:
        name += "_"
    return name


# ── simulated beside real ────────────────────────────────────────────────────────────────────────────────────────────


class Unit(NamedTuple):
    """A day to simulate."""

    day: date
    learned: Learned
    rule: Rule
    mode: str
    replications: int


class Prepared(NamedTuple):
    """A day with everything drawn, which differs from run to run by the factor on the time of a contact alone."""

    unit: Unit
    plan: Plan
    workloads: tuple[Workload, ...]
    customers: Bool
    """by queue: whether customers wait in it"""
    of_log: Bool
    """by queue: whether it is of the log, and not of agents who are away"""
    limits: F64
    """of the service level, seconds by queue"""


def prepare(log: ContactLog, unit: Unit) -> Prepared:
    """The day's plan, and what its replications draw."""
    day, learned, rule, mode, replications = unit
    with tempfile.TemporaryDirectory() as scratch:
        of_day = scenario(log, day, learned, rule, mode, Path(scratch))
    plan, spec = lower(of_day)
    of_log = np.array([name in log.scenario.queue for name in spec.queues])
    drawn = of_log & (mode != "services")
    recipe = recipe_of(of_day)
    workloads = []
    for replication in range(replications):
        workload = draw(recipe, replication)
        rng = stream(of_day.seed, replication, "day", "work")
        work = _together(workload.work, workload.arrival, drawn[workload.queue], day, learned, rng)
        workloads.append(workload._replace(work=work))
    return Prepared(
        unit,
        plan,
        tuple(workloads),
        of_log & np.array([name not in log.staff_only for name in spec.queues]),
        of_log,
        np.array([log.limits.get(name, 0.0) for name in spec.queues]),
    )


def play(prepared: Prepared, factor: float, replications: int | None = None) -> F64:
    """Sums of the first replications: (replication, COUNTED, interval)."""
    from ccsim import engine

    totals = []
    for drawn in prepared.workloads[:replications]:
        longer = np.rint(drawn.work * factor).astype(np.int64)
        workload = drawn._replace(work=np.where(prepared.of_log[drawn.queue], longer, drawn.work))
        done = engine.simulate("compiled", workload, prepared.plan)
        shown = prepared.customers[workload.queue]
        answered, gave_up = (np.equal(done.outcome, end) for end in (Outcome.RESOLVED, Outcome.ABANDONED))
        wait = np.where(answered, done.start[done.first_turn] - done.arrival, 0) / SECOND
        limit = prepared.limits[workload.queue]
        totals.append(_sums(workload.arrival[shown], wait[shown], answered[shown], gave_up[shown], limit[shown]))
    return np.array(totals)


def simulated(log: ContactLog, prepared: Prepared, factor: float) -> Day:
    """The day's real figures and those of the replications."""
    day, learned, rule, mode, _ = prepared.unit
    contacts = log.on([day])
    edges = _midnight(day) + INTERVAL * np.arange(INTERVALS + 1)
    return Day(
        day=day,
        edges=edges,
        real=_real(log, contacts, day),
        simulated=play(prepared, factor),
        agents=duties.level(log.duties(day, rule, learned.forecast.days), edges),
        known=_known(log, contacts, day, learned, mode, factor),
        true_handle_time=_true_handle_time(contacts, day) * factor,
    )


def _together(work: I64, arrival: I64, drawn: Bool, day: date, learned: Learned, rng: np.random.Generator) -> I64:
    """Drawn work, with what the contacts of a kind of day, of an hour and of a half hour share."""
    sigma = np.sqrt(np.log1p(learned.rhythm.cv**2))
    shared = np.exp(sigma * rng.standard_normal(INTERVALS) - sigma**2 / 2)
    sigma_day = np.sqrt(np.log1p(learned.rhythm.cv_day**2))
    shared *= np.exp(sigma_day * rng.standard_normal() - sigma_day**2 / 2)
    factor = shared * learned.rhythm.of(learned.forecast.quiet(day))
    interval = np.clip(arrival // INTERVAL, 0, INTERVALS - 1)
    return np.where(drawn, np.rint(work * factor[interval]).astype(np.int64), work)


def _sums(arrival: I64, wait: F64, answered: Bool, gave_up: Bool, limit: F64) -> F64:
    """COUNTED by interval, of contacts with times since midnight in µs, waits and limits in seconds."""
    columns = [np.ones(len(wait)), answered, np.where(answered, wait, 0), gave_up, answered & (wait <= limit)]
    here = (arrival >= 0) & (arrival < INTERVALS * INTERVAL)
    interval = arrival[here] // INTERVAL
    return np.array([np.bincount(interval, weights=column[here], minlength=INTERVALS) for column in columns])


def _real(log: ContactLog, contacts: pd.DataFrame, day: date) -> F64:
    customers = log.customers(contacts)
    waited = _seconds(customers["arrival"], customers["answer"])
    arrival = duties.micros(customers["arrival"]) - _midnight(day)
    gave_up = (customers["outcome"] == "abandoned").to_numpy(np.bool_)
    limit = np.asarray(customers["queue"].map(log.limits), np.float64)
    return _sums(arrival, waited, ~np.isnan(waited), gave_up, limit)


def _known(log: ContactLog, contacts: pd.DataFrame, day: date, learned: Learned, mode: str, factor: float) -> Inputs:
    if mode == "forecast":
        counts = learned.forecast.of(day)
    else:
        counts = {str(name): _counts(group["arrival"], day) for name, group in contacts.groupby("queue")}
    every = sum(counts.values(), np.zeros(INTERVALS))
    offered = sum((column for name, column in counts.items() if name not in log.staff_only), np.zeros(INTERVALS))
    if mode == "services":
        return Inputs(offered, every, _true_handle_time(contacts, day) * factor)
    of_all = learned.handle_times[ALL]
    mean = {name: learned.handle_times.get(name, of_all) for name in counts}
    work = sum((column * mean[name] for name, column in counts.items()), np.zeros(INTERVALS))
    rhythm = learned.rhythm.of(learned.forecast.quiet(day)) * factor
    return Inputs(offered, every, np.where(every > 0, work / np.maximum(every, 1e-9), of_all) * rhythm)


def _true_handle_time(contacts: pd.DataFrame, day: date) -> F64:
    answered = contacts[contacts["answer"].notna()]
    took = _seconds(answered["answer"], answered["end"])
    interval = (duties.micros(answered["arrival"]) - _midnight(day)) // INTERVAL
    number = np.bincount(interval, minlength=INTERVALS)
    total = np.bincount(interval, weights=took, minlength=INTERVALS)
    return np.where(number > 0, total / np.maximum(number, 1), took.mean())


def prepare_all(log: ContactLog, units: Iterable[Unit], workers: int) -> Iterator[Prepared]:
    """The days in order, on so many processes."""
    return run_all(partial(prepare, log), units, workers)


def calibrated(log: ContactLog, days: Sequence[Prepared], replications: int) -> float:
    """The factor at which those days, simulated, are `too_long` by 0. The nearer end of FACTORS where none does it."""
    from scipy.optimize import brentq

    real = np.stack([_real(log, log.on([day.unit.day]), day.unit.day).sum(axis=1) for day in days], axis=1)

    @cache
    def beyond(factor: float) -> float:
        return too_long(np.array([median_asa(play(day, factor, replications)) for day in days]), real)

    for low, high in (LIKELY, FACTORS):
        if beyond(low) < 0 < beyond(high):
            return float(brentq(beyond, low, high, xtol=PRECISION))
    return FACTORS[0] if beyond(FACTORS[0]) > 0 else FACTORS[1]


def median_asa(simulated: F64) -> float:
    """Of the day's ASA, over replications (replication, COUNTED, interval); NaN where nobody was answered in any."""
    _, answered, waited, *_ = np.moveaxis(simulated.sum(axis=2), 1, 0)
    return float(np.median(waited[answered > 0] / answered[answered > 0])) if (answered > 0).any() else np.nan


def too_long(asa: F64, real: F64) -> float:
    """How much longer the predicted ASA of days is than the real (COUNTED, day): mean logarithm, weighted by contacts.

    So a day of many long waits counts no more than others of its size. A second is added to both, for days without any.
    """
    offered, answered, waited, *_ = real
    there = (answered > 0) & ~np.isnan(asa)
    ratio = np.log((asa[there] + 1) / (waited[there] / answered[there] + 1))
    return float(np.average(ratio, weights=offered[there])) if there.any() else 0.0
