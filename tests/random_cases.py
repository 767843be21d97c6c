"""Tiny random scenarios over the whole feature space, rich in ties.

`scenario(seed)` is a scenario file as a dict, `tables(doc)` its workload and plan with every time snapped to whole
minutes, so that arrivals, replies, timeouts, shifts and hours fall on one another. `shrink` reduces a failing one.
"""

from __future__ import annotations

import copy
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from ccsim.plan import lower
from ccsim.scenario.read import load
from ccsim.tables import NEVER, SECOND, Plan, Terms, Workload
from ccsim.workload import sample

CHANNELS = ("phone", "live_chat", "messaging", "email", "video", "in_person", "social")
ONE_TO_ONE = ("phone", "video", "in_person")
PERSISTENT = ("messaging", "email", "social")
GRID = 60 * SECOND

Doc = dict[str, Any]


def minutes(count: int) -> str:
    return f"{count}m"


def clock(count: int) -> str:
    """Minutes since midnight as HH:MM."""
    return f"{count // 60:02d}:{count % 60:02d}"


def scenario(seed: int) -> Doc:  # noqa: PLR0915 (one statement a key)
    """A scenario of one day whose life is in its first hours."""
    r = random.Random(seed)

    def some(*choices: Any) -> Any:
        return r.choice(choices)

    def span(*choices: int) -> str:
        return minutes(some(*choices))

    def law(*choices: int) -> Any:
        low, high = sorted((some(*choices), some(*choices)))
        if low == high or r.random() < 0.3:
            return minutes(low)
        if r.random() < 0.2:
            return {"dist": "exponential", "mean": minutes(max(1, high))}
        return {"dist": "uniform", "low": minutes(low), "high": minutes(high)}

    names = [f"q{i}" for i in range(some(1, 2, 2, 3, 3, 4))]
    channels = {name: some(*CHANNELS, "live_chat", "messaging", "messaging") for name in names}

    def a_queue(name: str) -> Doc:
        channel = channels[name]
        queue: Doc = {"channel": channel, "work": law(0, 1, 2, 3, 5), "wrap_up": law(0, 0, 1, 2)}
        queue["volume"] = {"per_day": some(2, 4, 8, 15), "shape": [["00:00", 1], [clock(some(30, 120)), 0]]}
        queue["open"] = some("always", "always", {"mon": f"{clock(some(0, 10, 30))}-{clock(some(60, 90))}"})
        if queue["open"] != "always" and r.random() < 0.3:
            queue["open"] = {"mon": ["00:10-00:40", f"{clock(some(50, 60))}-02:00"]}
        queue["outside_hours"] = some("reject", "hold")
        queue["at_close"] = some("serve", "drop")
        queue["priority"] = some(1, 1, 2)
        if r.random() < 0.2:
            queue["head_start"] = span(1, 5)
        if r.random() < 0.25:
            queue["max_waiting"] = some(0, 1, 2, 3)
        if r.random() < 0.3:
            queue["initial_backlog"] = {"contacts": some(1, 3), "age": law(0, 5, 30)}
        queue["patience"] = some("never", law(0, 1, 3, 6), law(2, 5, 10), law(5, 20))
        queue["service_level"] = some("80/60", "90/300")
        queue["limit"] = some(0, 1, 3)
        if r.random() < 0.5:
            shares = some({name: 1.0}, {to: 1 / len(names) for to in names})
            queue["retry"] = {"share": some(0.5, 1.0), "after": law(0, 1, 10), "to": shares}
        if r.random() < 0.3:
            queue["reopens"] = {"share": some(0.5, 1.0), "after": law(0, 1, 10, 40)}
        if r.random() < 0.4:
            queue["transfer"] = [transfer(to) for to in r.sample(names, k=some(1, min(2, len(names))))]
        if channel in ONE_TO_ONE:
            queue["answer_delay"] = span(0, 0, 1, 2)
            queue["same_agent_for"] = span(0, 3)
            return queue
        queue["turns"] = some(1, 2, 3, {"mean": 2.5})
        queue["reply_latency"] = some(law(0, 1, 2), law(0, 1, 5, 10), law(2, 20, 60))
        queue["reply_patience"] = some("never", "never", law(0, 1, 3, 6))
        queue["idle_timeout"] = some(minutes(0), span(1, 2, 5), span(5, 10), "never")
        queue["same_agent_for"] = span(0, 1, 3, 10)
        queue["over_capacity"] = some(False, False, True)
        queue["reread"] = {"after": span(0, 1, 5), "work": span(0, 1, 2), "per_turn": span(0, 1)}
        if channel in PERSISTENT:
            queue["expires_after"] = some(span(1, 5, 20, 60), "never")
            if queue["idle_timeout"] == "never":
                queue["patience"] = queue["reply_patience"] = "never"
        else:
            queue["returns"] = some(0.0, 0.5, 1.0)
            if queue["idle_timeout"] != "never":
                queue["silent_abandonment"] = some(0.0, 0.5, 1.0)
        return queue

    def transfer(to: str) -> Doc:
        cold: Doc = {"cold": True, "repeat_turns": some(1, 2)}
        if channels[to] in ONE_TO_ONE:
            cold = {"cold": True, "repeat_work": span(1, 2)}
        return {"to": to, "share": some(0.2, 0.5), "same_agent": some(False, True), **some({}, cold)}

    def a_team(index: int) -> Doc:
        served = [name for name in names if index == 0 or r.random() < 0.7] or [names[0]]
        team: Doc = {"skills": {name: skill() if index else some(1, 2) for name in served}}
        team["concurrency"] = {name: some(1, 2, 2, 3, 4) for name in served if channels[name] not in ONE_TO_ONE}
        team["slowdown"] = some([1.0], [1.0, 1.5], [1.0, 1.0, 1.05, 1.2])
        team["pace"] = some(1.0, 1.0, 2.0, 1.25, {served[0]: 0.5})
        team["end_of_shift"] = some("finish", "hand_over")
        team["overrun"] = span(0, 2, 10)
        team["absence"] = some(0.0, 0.0, 0.0, 0.3)
        team["shifts"] = [shift() for _ in range(some(1, 1, 2))]
        return team

    def skill() -> Any:
        plain = some(1, 2)
        return some(plain, plain, {"rank": 2, "after": span(0, 1, 3)}, {"rank": 2, "longer_than": some(0, 1, 2)})

    def shift() -> Doc:
        agents = some(1, 1, 2, 3)
        if r.random() < 0.25:
            return {"agents": agents, "days": "mon", "hours": "always"}
        start, end = some(0, 0, 10, 30), some(40, 60, 90, 150)
        row: Doc = {"agents": agents, "days": "mon", "hours": f"{clock(start)}-{clock(end)}"}
        if r.random() < 0.5:
            row["breaks"] = ["00:30-00:35"]
        if r.random() < 0.3:
            row["activities"] = [f"00:38-{clock(some(39, 40))}"]
        return row

    doc: Doc = {
        "name": f"random case {seed}",
        "start": "2026-03-02",
        "days": 1,
        "seed": seed,
        "replications": 1,
        "warm_up": span(0, 0, 20),
        "drain": span(0, 10, 120),
        "queue": {name: a_queue(name) for name in names},
        "team": {f"t{i}": a_team(i) for i in range(some(1, 1, 2, 3))},
        "routing": {
            "agent": some("least_loaded", "longest_idle", "most_loaded", "fixed_order"),
            "contact": some("longest_wait", "priority", "deadline"),
            "attention": some("oldest", "first_replies", "priority"),
            "reserve": r.sample(names, k=1) if r.random() < 0.3 else [],
        },
    }
    return doc


def to_toml(doc: Doc) -> str:
    """The scenario as a file's text."""
    return tomli_w.dumps(doc)


def snapped(table: Any) -> Any:
    """A table with its times rounded down to whole minutes; NEVER stays."""

    def snap(times: np.ndarray) -> np.ndarray:
        return np.where(abs(times) >= NEVER, times, times // GRID * GRID)

    times = {"arrival", "after", "patience", "wrap_up", "work", "latency", "reply_patience"} & set(table._fields)
    return table._replace(**{name: snap(getattr(table, name)) for name in times})


def tables(doc: Doc) -> tuple[Workload, Plan, Terms]:
    """Workload (of the first replication) on the grid, plan and terms of a scenario."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.toml"
        path.write_text(to_toml(doc))
        loaded = load(path)
    plan, terms = lower(loaded)
    return snapped(sample(loaded, 0)), plan, terms


def simpler(doc: Doc) -> Iterator[Doc]:
    """The scenarios that are one step simpler: a queue, team, key or list entry less, a number of contacts halved."""

    def without(path: tuple[Any, ...]) -> Doc:
        shorter = copy.deepcopy(doc)
        place: Any = shorter
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        return shorter

    def walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            if isinstance(value[key], dict | list):
                yield from walk(value[key], (*path, key))

    for path in walk(doc, ()):
        yield without(path)
    for name, queue in doc["queue"].items():
        if queue["volume"]["per_day"] > 1:
            smaller = copy.deepcopy(doc)
            smaller["queue"][name]["volume"]["per_day"] //= 2
            yield smaller


def shrink(doc: Doc, fails: Callable[[Doc], bool]) -> Doc:
    """The simplest scenario, step by step, that still fails; `fails` is False for what is no valid scenario."""
    for candidate in simpler(doc):
        if fails(candidate):
            return shrink(candidate, fails)
    return doc
