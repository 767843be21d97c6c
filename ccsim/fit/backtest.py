"""How well a simulation predicts days that it has not seen: each held-out day with the agents who were there.

What is learned on the training days (patience, work, one factor on the time of a contact, the forecast, the width of
the prediction intervals) is learned there alone; of a held-out day the simulation is given who was on duty, and by mode

- `services`: its arrivals and what each contact took,
- `arrivals`: its arrivals; work is drawn from the training days,
- `forecast`: nothing more; arrivals are drawn from the forecast.
"""

from __future__ import annotations

import csv
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.fit import duty as duties
from ccsim.fit.duty import Duty, Rule
from ccsim.fit.survival import values
from ccsim.metrics import measure
from ccsim.plan import lower
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, I64, SECOND
from ccsim.workload import sample

if TYPE_CHECKING:
    import pandas as pd

MODES: Final = {
    "services": "real arrivals and services",
    "arrivals": "real arrivals, drawn services",
    "forecast": "forecast arrivals, drawn services",
}
INTERVAL: Final = 1800 * SECOND
OWN_LAW: Final = 100
"""Abandoned contacts from which a queue has a patience of its own; the others share one."""
NEAR: Final = 6
"""Answered contacts before and after one that gave up, from which its work is taken."""
COUNTED: Final = ("offered", "answered", "asa", "abandoned", "service_level")
"""Sums by interval: contacts, waits in seconds for `asa`, contacts within the target's time for `service_level`."""


@dataclass(frozen=True)
class Learned:
    """What the training days teach."""

    patience: dict[str, F64]
    """equally likely values in seconds, by queue; none for queues in which nobody gave up"""
    works: dict[str, F64]
    """seconds, by queue"""
    turn_round: F64
    """seconds"""
    factor: float
    """on the time of a contact"""
    forecast: Callable[[date], dict[str, F64]]
    """expected contacts of a day by interval, by queue"""
    busyness_cv: float


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
    handle_time: F64
    """mean of the interval's answered contacts, seconds; the day's where there are none"""
    all_offered: F64
    """by interval, with work in which no customer waits"""


class Log:
    """The contacts of a log with the queues of a scenario; `staff_only` are queues in which no customer waits."""

    def __init__(self, contacts: pd.DataFrame, staff_only: Iterable[str], scenario: Scenario, file: str) -> None:
        self.staff_only = frozenset(staff_only)
        strange = sorted(set(contacts["queue"]) - set(scenario.queue))
        if strange:
            found = f"the log has queues that the scenario lacks: {', '.join(strange)}"
            raise ScenarioError([Problem("queue", found, f"it has {', '.join(scenario.queue)}", file)])
        self.contacts = contacts
        self.scenario = scenario
        self.document: dict[str, Any] = tomllib.loads(read.resolved_toml(scenario))

    def on(self, days: Iterable[date]) -> pd.DataFrame:
        """The contacts that arrived on those days."""
        return self.contacts.loc[self.contacts["arrival"].dt.date.isin(list(days))]

    def customers(self, contacts: pd.DataFrame) -> pd.DataFrame:
        """Those in which a customer waited."""
        return contacts.loc[~contacts["queue"].isin(self.staff_only)]


def learn(log: Log, days: Sequence[date]) -> Learned:
    """Everything but the factor from the training days. Raises ScenarioError if they are empty or nobody gave up."""
    contacts = log.on(days)
    customers = log.customers(contacts)
    if customers.empty:
        raise ScenarioError([Problem("--train", "the log has no contacts on those days", "days that it covers")])
    answered = contacts[contacts["answer"].notna()]
    works = {str(name): _seconds(group["answer"], group["end"]) for name, group in answered.groupby("queue")}
    return Learned(
        patience=_patience(customers),
        works=works,
        turn_round=duties.turn_rounds(contacts) / SECOND,
        factor=1.0,
        forecast=_forecast(contacts, days),
        busyness_cv=_busyness(customers, days),
    )


def _patience(customers: pd.DataFrame) -> dict[str, F64]:
    until = customers["answer"].where(customers["answer"].notna(), customers["end"])
    waited = _seconds(customers["arrival"], until)
    gave_up = (customers["outcome"] == "abandoned").to_numpy(np.bool_)
    queues = customers["queue"].to_numpy(object)
    names = sorted(set(queues))
    own = [name for name in names if gave_up[queues == name].sum() >= OWN_LAW]
    others = [name for name in names if name not in own]
    found: dict[str, F64] = {}
    for group in [*([name] for name in own), others]:
        here = np.isin(queues, group)
        if gave_up[here].any():
            law = values(waited[here], gave_up[here])
            found |= dict.fromkeys(group, law)
    return found


def _forecast(contacts: pd.DataFrame, days: Sequence[date]) -> Callable[[date], dict[str, F64]]:
    """Means by weekday, drawn to those of like days: with one week of training a weekday is not told apart from them.

    Days are alike that have more, or less, than half as many contacts as the busiest.
    """
    counts = {
        name: np.array([_counts(group["arrival"], day) for day in days], np.float64)
        for name, group in contacts.groupby("queue")
    }
    volume = sum(table.sum(axis=1) for table in counts.values())
    busy = np.asarray(volume > volume.max() / 2)
    weekday = np.array([day.weekday() for day in days])

    def expected(day: date) -> dict[str, F64]:
        same = weekday == day.weekday()
        like = busy == (busy[same].mean() >= 0.5) if same.any() else np.ones(len(days), np.bool_)
        if not like[same].all() or not busy[same].any():
            like = same if same.any() else like  # quiet days differ too much to be pooled
        own = 1 - 1 / same.sum() if same.any() else 0.0
        return {
            str(name): own * table[same].mean(axis=0) + (1 - own) * table[like].mean(axis=0)
            if own
            else table[like].mean(axis=0)
            for name, table in counts.items()
        }

    return expected


def _busyness(customers: pd.DataFrame, days: Sequence[date]) -> float:
    """Coefficient of variation of a busy day's rate beyond the Poisson law's."""
    volume = customers.groupby(customers["arrival"].dt.date).size().reindex(list(days), fill_value=0).to_numpy(float)
    busy = volume[volume > volume.max() / 2]
    if len(busy) < 2:
        return 0.0
    return float(np.sqrt(max(busy.var(ddof=1) - busy.mean(), 0.0)) / busy.mean())


def _counts(arrivals: pd.Series[Any], day: date) -> F64:
    start = np.datetime64(day, "us").astype(np.int64)
    since = np.array(duties.micros(arrivals), np.int64) - start
    bins = since[(since >= 0) & (since < 48 * INTERVAL)] // INTERVAL
    return np.bincount(bins, minlength=48).astype(np.float64)


def _seconds(start: pd.Series[Any], end: pd.Series[Any]) -> F64:
    return np.asarray((end - start).dt.total_seconds().to_numpy(np.float64))


# ── a day as a scenario ──────────────────────────────────────────────────────────────────────────────────────────────


def scenario(log: Log, day: date, learned: Learned, rule: Rule, mode: str, folder: Path) -> Scenario:
    """That day as a scenario, its data files in the folder.

    Queues, targets and routing are the given scenario's. Agents form teams by the queues that they answer. Stretches in
    which a rule has them away are work that comes before any other and goes to whoever is free first: a break on the
    agent's own clock would pass unnoticed where the simulated agent is in another call just then.
    """
    contacts = log.on([day])
    there = rule.infer(contacts)
    document: dict[str, Any] = {key: log.document[key] for key in ("seed", "routing") if key in log.document}
    document |= {"name": "back-test", "start": day, "days": 1, "interval": INTERVAL // SECOND, "drain": "1d"}
    names = [str(name) for name in sorted(set(contacts["queue"]))]
    if mode == "forecast":
        expected = learned.forecast(day)
        names = [name for name in log.scenario.queue if name in names or (name in expected and expected[name].any())]
    document["queue"] = {
        name: _queue(log, name, day, contacts, learned, rule, mode, folder)
        for name in log.scenario.queue
        if name in names
    }
    away = [piece for duty in there for piece in duty.away]
    pause = _unused("away", names)
    if away:
        start = np.datetime64(day, "us").astype(np.int64)
        rows = [((begun - start) / SECOND, (end - begun) / SECOND) for begun, end in sorted(away)]
        _write(folder / "away.csv", ("arrival", "work"), rows)
        document["queue"][pause] = {
            "channel": "phone",
            "open": "always",
            "volume": {"log": "away.csv", "arrived_at": "arrival", "work": "work"},
            "head_start": "1d",
            "wrap_up": 0,
            "patience": "never",
        }
    document["team"] = _teams(log, day, there, names, pause if away else None, learned.factor, folder)
    return read.parse(document, folder)


def _queue(
    log: Log, name: str, day: date, contacts: pd.DataFrame, learned: Learned, rule: Rule, mode: str, folder: Path
) -> dict[str, Any]:
    given = log.document["queue"][name]
    kept = ("channel", "head_start", "priority", "service_level", "answer_delay")
    queue: dict[str, Any] = {key: given[key] for key in kept if key in given}
    queue |= {"open": "always", "turns": 1, "wrap_up": 0, "sl_formula": "all_offered", "patience": "never"}
    if name in learned.patience and name not in log.staff_only:
        _write(folder / f"{name}.patience.csv", ("seconds",), [(value,) for value in learned.patience[name]])
        queue["patience"] = {"file": f"{name}.patience.csv", "column": "seconds"}
    works = learned.works.get(name)
    if works is None:  # a queue that the training days do not know
        works = np.concatenate([*learned.works.values()])
    _write(folder / f"{name}.work.csv", ("seconds",), [(value,) for value in works])
    queue["work"] = {"file": f"{name}.work.csv", "column": "seconds"}
    if rule.turn_round and len(learned.turn_round):
        _write(folder / "turn_round.csv", ("seconds",), [(value,) for value in learned.turn_round])
        queue["wrap_up"] = {"file": "turn_round.csv", "column": "seconds"}
    mine = contacts[contacts["queue"] == name]
    if mode == "forecast":
        expected = learned.forecast(day).get(name, np.zeros(48))
        at = [datetime.combine(day, time()) + timedelta(minutes=30 * number) for number in range(48)]
        rows = [(f"{moment:%Y-%m-%d}", f"{moment:%H:%M}", value) for moment, value in zip(at, expected, strict=True)]
        _write(folder / f"{name}.csv", ("date", "time", "contacts"), rows)
        queue["volume"] = {"file": f"{name}.csv", "column": "contacts", "busyness_cv": learned.busyness_cv}
        return queue
    start = np.datetime64(day, "us").astype(np.int64)
    arrivals = (np.array(duties.micros(mine["arrival"]), np.int64) - start) / SECOND
    queue["volume"] = {"log": f"{name}.csv", "arrived_at": "arrival"}
    if mode == "services":
        queue["volume"]["work"] = "work"
        took = _imputed(mine, works)
        _write(folder / f"{name}.csv", ("arrival", "work"), zip(arrivals, took, strict=True))
    else:
        _write(folder / f"{name}.csv", ("arrival",), [(arrival,) for arrival in arrivals])
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
    return took[np.argsort(np.argsort(contacts["arrival"].to_numpy(), kind="stable"), kind="stable")]


def _teams(
    log: Log, day: date, there: Sequence[Duty], names: Sequence[str], pause: str | None, factor: float, folder: Path
) -> dict[str, Any]:
    """Agents with the same skills: the queues that they had answered by that day."""
    known = duties.skills(log.contacts[log.contacts["arrival"].dt.date <= day])
    groups: dict[tuple[str, ...], list[Duty]] = {}
    for duty in there:
        able = tuple(name for name in names if name in known.get(duty.agent, frozenset()))
        groups.setdefault(able, []).append(duty)
    teams: dict[str, Any] = {}
    for number, (able, mine) in enumerate(sorted(groups.items()), start=1):
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
        _write(folder / f"team{number}.csv", ("agent", "date", "start", "end"), rows)
        teams[f"team{number}"] = {
            "skills": dict.fromkeys((*able, *([pause] if pause else [])), 1),
            "roster": {"file": f"team{number}.csv"},
            "pace": dict.fromkeys(able, factor),
        }
    return teams


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)


def _unused(name: str, names: Sequence[str]) -> str:
    while name in names:
        name += "_"
    return name


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


# ── simulated beside real ────────────────────────────────────────────────────────────────────────────────────────────


def simulate(log: Log, day: date, learned: Learned, rule: Rule, mode: str, replications: int) -> Day:
    """The day's real figures and those of so many replications."""
    from ccsim.engine import compiled

    with tempfile.TemporaryDirectory() as scratch:
        of_day = scenario(log, day, learned, rule, mode, Path(scratch))
    plan, terms = lower(of_day)
    shown = [
        place for place, name in enumerate(terms.queues) if name in log.scenario.queue and name not in log.staff_only
    ]
    found = []
    for replication in range(replications):
        workload = sample(of_day, replication)
        figures = measure(workload, plan, terms, compiled.simulate(workload, plan)).by_interval
        found.append([figures["queue", name][0][:, shown].sum(axis=1) for name in COUNTED])
    edges = np.datetime64(day, "us").astype(np.int64) + INTERVAL * np.arange(49)
    contacts = log.on([day])
    answered = contacts[contacts["answer"].notna()]
    took = _seconds(answered["answer"], answered["end"])
    interval = (np.array(duties.micros(answered["arrival"]), np.int64) - edges[0]) // INTERVAL
    number = np.bincount(interval, minlength=48)
    total = np.bincount(interval, weights=took, minlength=48)
    return Day(
        day=day,
        edges=edges,
        real=_real(log, contacts, day),
        simulated=np.array(found),
        agents=duties.level(rule.infer(contacts), edges),
        handle_time=np.where(number > 0, total / np.maximum(number, 1), took.mean()) * learned.factor,
        all_offered=_counts(contacts["arrival"], day),
    )


def _real(log: Log, contacts: pd.DataFrame, day: date) -> F64:
    customers = log.customers(contacts)
    waited = _seconds(customers["arrival"], customers["answer"])
    answered = ~np.isnan(waited)
    goal = {
        name: queue.service_level.time / SECOND for name, queue in log.scenario.queue.items() if queue.service_level
    }
    limit = customers["queue"].map(goal).to_numpy(np.float64)
    gave_up = (customers["outcome"] == "abandoned").to_numpy(np.bool_)
    start = np.datetime64(day, "us").astype(np.int64)
    interval = (np.array(duties.micros(customers["arrival"]), np.int64) - start) // INTERVAL
    columns = [np.ones(len(waited)), answered, np.nan_to_num(waited), gave_up, answered & (waited <= limit)]
    return np.array([np.bincount(interval, weights=column, minlength=48) for column in columns])


def calibrated(log: Log, days: Sequence[date], learned: Learned, rule: Rule, replications: int) -> Learned:
    """With the factor at which the training days, simulated with their own arrivals and services, wait as they did."""
    wanted = _asa(sum(_real(log, log.on([day]), day).sum(axis=1) for day in days))
    low, high = 0.7, 1.5
    for _ in range(7):
        tried = replace(learned, factor=(low + high) / 2)
        sums = sum(simulate(log, day, tried, rule, "services", replications).simulated.sum(axis=(0, 2)) for day in days)
        low, high = (low, tried.factor) if _asa(sums) > wanted else (tried.factor, high)
    return replace(learned, factor=(low + high) / 2)


def _asa(sums: Any) -> float:
    return float(sums[COUNTED.index("asa")] / sums[COUNTED.index("answered")])
