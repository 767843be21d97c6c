"""Relations between two runs that must hold whatever the numbers, on the shipped scenarios and on random cases."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.engine.compiled import simulate
from ccsim.lowering import lower
from ccsim.tables import NEVER, SECOND, Link, Log, Outcome, Plan, Workload, columns
from ccsim.workload.sample import sample
from tests import random_cases

Doc = dict[str, Any]
Change = Callable[[Doc], None]

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def is_plain(doc: Doc) -> bool:
    """Whether queues and teams are named, times stand and agents differ only where the relations below know of it."""
    elsewhere = {"demand", "self_service", "outbound", "callback", "spike", "move", "outage", "roster"} & set(doc)
    elsewhere |= {random_cases.FILES} & set(doc)
    reserve = isinstance(doc.get("routing", {}).get("reserve"), dict)
    return not (elsewhere or reserve) and all(map(_plain_team, doc["team"].values())) and all(
        map(_plain_queue, doc["queue"].values())
    )  # fmt: skip


def _plain_team(team: Doc) -> bool:
    differ = {"interrupts", "steps_out", "pace_cv"} & set(team) or "cv" in str(team.get("pace", ""))
    by_hours = any(isinstance(sessions, dict) for sessions in team.get("concurrency", {}).values())
    return not (differ or by_hours)


def _plain_queue(queue: Doc) -> bool:
    shared = "work_by_concurrency" in queue or "volume" not in queue
    booked = "appointments" in queue.get("volume", {})
    timed = {"burst", "balking"} & set(queue) or "bounces" in queue.get("bot", {})
    return not (shared or booked or timed)


SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.toml") if is_plain(tomllib.loads(path.read_text())))
CASES = [*SHIPPED, *[seed for seed in range(400) if is_plain(random_cases.scenario(seed))][:24]]
AREAS = ("queue_area", "open_area")


def case(which: str | int) -> Doc:
    """A shipped scenario, or the random case of that seed with more contacts; nobody is absent."""
    if isinstance(which, int):
        doc = random_cases.scenario(which)
        for queue in doc["queue"].values():
            queue["volume"]["scale"] = 4
    else:
        doc = tomllib.loads((SCENARIOS / f"{which}.toml").read_text()) | {"name": which}
        doc.pop("variant", None)
    for team in doc["team"].values():
        team.pop("absence", None)
    return doc


def tables(doc: Doc, replication: int = 0) -> tuple[Workload, Plan]:
    """Workload and plan; those of random cases with their times on whole minutes."""
    scenario = random_cases.parsed(doc, SCENARIOS)
    workload = sample(scenario, replication)
    return random_cases.snapped(workload) if doc["name"] not in SHIPPED else workload, lower(scenario)[0]


def run(doc: Doc, replication: int = 0) -> Log:
    return simulate(*tables(doc, replication))


def changed(doc: Doc, *changes: Change) -> Doc:
    other = copy.deepcopy(doc)
    for change in changes:
        change(other)
    return other


def differing(one: Any, other: Any) -> set[str]:
    """Names of the columns (of a workload, plan or log) that are not the same."""
    return {name for name in one._fields if not np.array_equal(getattr(one, name), getattr(other, name))}


# --- time


def doubled(table: Any) -> Any:
    """The table with every time twice as long, and every work a whole number of seconds before."""

    def twice(times: Any) -> Any:
        return np.where(np.abs(times) >= NEVER, times, 2 * times)

    names = [name for name, column in columns(type(table)).items() if column.unit == "us"]
    scalars = [name for name in ("warm_up", "end", "drain_end") if name in table._fields]
    return table._replace(
        **{name: twice(getattr(table, name)) for name in names}, **{name: 2 * getattr(table, name) for name in scalars}
    )


@pytest.mark.parametrize("which", CASES)
def test_twice_the_durations_are_twice_the_waits(which: str | int) -> None:
    workload, plan = tables(case(which))
    # pace, slowdown and what work grows by are whole hundredths: whole seconds times three of these need no rounding
    workload = workload._replace(work=workload.work // SECOND * SECOND, wrap_up=workload.wrap_up // SECOND * SECOND)
    log = simulate(workload, plan)
    assert not differing(simulate(doubled(workload), doubled(plan)), doubled(log))
    worked = {"start"} if (log.start < NEVER).any() else set()
    assert differing(log, doubled(log)) >= {"arrival", "left", "stretch_end", "open_area"} | worked


@pytest.mark.parametrize("which", ["chat_versus_messaging", "email_backlog", "phone_8020", "sole_trader"])
def test_another_week_is_the_same(which: str) -> None:
    """Weekdays decide, not dates."""
    base = case(which)

    def later(days: int) -> Change:
        def change(doc: Doc) -> None:
            doc["start"] = date.fromisoformat(str(doc["start"])) + timedelta(days=days)

        return change

    log = run(base)
    assert not differing(log, run(changed(base, later(7))))
    if which != "phone_8020":  # round the clock, every day
        assert differing(log, run(changed(base, later(1))))


@pytest.mark.parametrize("which", CASES)
def test_the_warm_up_only_decides_what_is_counted(which: str | int) -> None:
    base = case(which)
    log, later = run(base), run(changed(base, lambda doc: doc.update(warm_up="17h")))
    assert differing(log, later) <= set(AREAS)
    assert (later.open_area < log.open_area).any()


@pytest.mark.parametrize("which", CASES)
def test_a_longer_drain_only_adds(which: str | int) -> None:
    """Whatever had ended by the old horizon ended so, whether or not work goes on after it."""
    short = changed(case(which), lambda doc: doc.update(drain="1h"))
    log, longer = run(short), run(changed(short, lambda doc: doc.update(drain="3h")))
    ended = (log.outcome != Outcome.OPEN) & (log.outcome != Outcome.NONE)
    assert ended.any()
    for name in ("outcome", "left", "arrival", "parent", "messages"):
        assert np.array_equal(getattr(log, name)[ended], getattr(longer, name)[ended]), name
    begun = log.start < NEVER
    assert np.array_equal(log.start[begun], longer.start[begun])
    assert np.array_equal(log.agent[begun], longer.agent[begun])


# --- names and other things of no consequence


def renamed(table: str) -> Change:
    """Another name for every queue or team, which keep their order."""

    def change(doc: Doc) -> None:
        # so that the alphabet turns their order round
        names = {name: f"{chr(ord('z') - place)}_{name}" for place, name in enumerate(doc[table])}

        def swap(value: Any) -> Any:
            if isinstance(value, dict):
                return {names.get(key, key): swap(entry) for key, entry in value.items()}
            if isinstance(value, list):
                return [swap(entry) for entry in value]
            return names.get(value, value) if isinstance(value, str) else value

        doc[table] = {names[name]: doc[table][name] for name in doc[table]}
        if table == "team":
            for pattern in doc.get("staffing", {}).get("patterns", []):
                pattern["team"] = names[pattern["team"]]
        if table == "queue":
            for name, queue in doc["queue"].items():
                doc["queue"][name] = {
                    key: swap(entry) if key in ("transfer", "retry", "alternatives") else entry
                    for key, entry in queue.items()
                }
            for team in doc["team"].values():
                for key in ("skills", "concurrency", "pace"):
                    if key in team:
                        team[key] = swap(team[key])
            if "reserve" in doc.get("routing", {}):
                doc["routing"]["reserve"] = swap(doc["routing"]["reserve"])

    return change


@pytest.mark.parametrize("which", CASES)
def test_names_do_not_matter(which: str | int) -> None:
    """Other names for teams change nothing. A queue's name picks its streams, so that its draws change; the plan, all
    that an engine sees besides, does not."""
    base = case(which)
    workload, plan = tables(base)
    other_workload, other_plan = tables(changed(base, renamed("team")))
    assert not differing(workload, other_workload)
    assert not differing(plan, other_plan)
    assert not differing(plan, tables(changed(base, renamed("queue")))[1])


@pytest.mark.parametrize("which", CASES)
def test_priorities_and_ranks_only_compare(which: str | int) -> None:
    def higher(doc: Doc) -> None:
        for queue in doc["queue"].values():
            queue["priority"] = 3 * queue.get("priority", 1) + 4
        for team in doc["team"].values():
            for name, skill in team["skills"].items():
                rank = skill["rank"] if isinstance(skill, dict) else skill
                team["skills"][name] = (skill if isinstance(skill, dict) else {}) | {"rank": 10 * rank + 1}

    base = case(which)
    assert differing(tables(base)[1], tables(changed(base, higher))[1]) == {"priority", "rank", "contact_rank"}
    assert not differing(run(base), run(changed(base, higher)))


@pytest.mark.parametrize("which", CASES)
def test_a_head_start_for_all_is_none(which: str | int) -> None:
    def ahead(doc: Doc) -> None:
        for queue in doc["queue"].values():
            before = int(str(queue.get("head_start", "0m")).removesuffix("m"))
            queue["head_start"] = f"{before + 7}m"

    base = case(which)
    assert differing(tables(base)[1], tables(changed(base, ahead))[1]) == {"head_start"}
    assert not differing(run(base), run(changed(base, ahead)))


@pytest.mark.parametrize("which", [which for which in CASES if which != "easter_week"])
def test_how_a_roster_is_written_does_not_matter(which: str | int) -> None:
    """A row of several agents is as many rows of one, but where they take turns at breaks by their row."""

    def one_by_one(doc: Doc) -> None:
        for team in doc["team"].values():
            if "shifts" in team:
                team["shifts"] = [row | {"agents": 1} for row in team["shifts"] for _ in range(row["agents"])]

    base = case(which)
    assert not differing(run(base), run(changed(base, one_by_one)))


def spare(doc: Doc, *, first: bool = False) -> None:
    """A queue to which nobody comes, served by an own team, and by the first team as one of seven at a time."""
    queue = {"channel": "live_chat", "priority": 1}
    doc["queue"] = {"spare": queue, **doc["queue"]} if first else {**doc["queue"], "spare": queue}
    team = next(iter(doc["team"].values()))
    team["skills"] = {**team["skills"], "spare": 1}
    if "concurrency" in team:
        team["concurrency"] = {**team["concurrency"], "spare": 7}
    doc["team"]["spare"] = {"skills": {"spare": 1}, "shifts": [{"agents": 3, "hours": "always"}]}


@pytest.mark.parametrize("which", CASES)
def test_a_queue_that_nobody_uses_changes_nothing(which: str | int) -> None:
    base = case(which)
    log, more = run(base), run(changed(base, spare))
    presences = {"presence_shift", "presence_start", "presence_end"}
    assert differing(log, more) == presences | set(AREAS)
    there = len(log.presence_shift)
    assert all(np.array_equal(getattr(log, name), getattr(more, name)[:there]) for name in presences)
    for name in AREAS:
        assert getattr(more, name).tolist() == [*getattr(log, name).tolist(), 0]
    if which != "retail_week":
        front = run(changed(base, lambda doc: spare(doc, first=True)))
        assert differing(log._replace(queue=log.queue + 1), front) == presences | set(AREAS)


# --- more agents


@pytest.mark.parametrize("which", ["phone_8020", "chat_versus_messaging", "retail_week", "two_three_five_channels"])
def test_more_agents_do_not_raise_abandonment(which: str) -> None:
    """On average over replications with the same draws; the answered wait less too."""
    base = case(which)

    def crowded(doc: Doc) -> None:
        for queue in doc["queue"].values():
            queue["volume"]["scale"] = 1.2
            queue.pop("retry", None)  # a retry is a second chance to abandon

    def staffed(extra: int) -> Change:
        def change(doc: Doc) -> None:
            for team in doc["team"].values():
                for row in team.get("shifts", []):
                    row["agents"] += extra

        return change

    def gave_up(extra: int) -> tuple[int, float]:
        result, waited = 0, 0.0
        for replication in range(4):
            workload, plan = tables(changed(base, crowded, staffed(extra)), replication)
            log = simulate(workload, plan)
            gone = (log.outcome == Outcome.ABANDONED) | (log.outcome == Outcome.SILENTLY_ABANDONED)
            result += int(gone.sum())
            roots = (workload.link == Link.ROOT) & (log.left < NEVER)
            start = log.start[log.first_turn[roots]]
            waited += float((np.minimum(start, log.left[roots]) - log.arrival[roots]).sum())
        return result, waited

    figures = [gave_up(extra) for extra in range(4)]
    abandoned, waits = zip(*figures, strict=True)
    assert abandoned[0] > 100
    assert list(abandoned) == sorted(abandoned, reverse=True)
    assert len(set(abandoned)) == 4
    assert list(waits) == sorted(waits, reverse=True)


# --- one thing written in two ways


def test_wrap_up_of_a_call_is_work_at_its_end() -> None:
    """Nobody but the clock of the reply sees the difference, in a week of four channels."""
    workload, plan = tables(case("retail_week"))
    calls = np.flatnonzero(workload.queue == 0)
    assert plan.one_to_one[0]
    assert workload.wrap_up[calls].min() > 0
    work, wrap_up = workload.work.copy(), workload.wrap_up.copy()
    work[workload.first_turn[calls]] += wrap_up[calls]
    wrap_up[calls] = 0
    log, other = simulate(workload, plan), simulate(workload._replace(work=work, wrap_up=wrap_up), plan)
    assert differing(log, other) == {"reply", "left"}
    answered = calls[log.outcome[calls] == Outcome.RESOLVED]
    assert len(answered) > 500
    first = workload.first_turn[answered]
    assert np.array_equal(other.reply[first] - log.reply[first], workload.wrap_up[answered])
    others = np.setdiff1d(np.arange(len(log.left)), calls)
    assert np.array_equal(log.left[others], other.left[others])


def with_channel(doc: Doc, channel: str, **changes: Any) -> Doc:
    """The doc with another channel, and nothing left to its defaults that the other one has otherwise."""
    return changed(doc, lambda new: new["queue"]["talk"].update({"channel": channel, **changes}))


def talk() -> Doc:
    """Live chat against messaging, with two agents fewer on each shift, hand-overs at the end of shifts."""
    doc = case("chat_versus_messaging")
    doc["team"]["writers"] |= {"end_of_shift": "hand_over", "slowdown": [1.0, 1.1, 1.3]}
    for row in doc["team"]["writers"]["shifts"]:
        row["agents"] = 3
    return doc


def test_messaging_that_never_parks_is_live_chat() -> None:
    same = {
        "patience": "never", "reply_patience": "never", "idle_timeout": "never", "expires_after": "never",
        "silent_abandonment": 0.0, "same_agent_for": "2m", "outside_hours": "hold", "reread": {"after": "never"},
    }  # fmt: skip
    chat, messaging = with_channel(talk(), "live_chat", **same), with_channel(talk(), "messaging", **same)
    assert differing(tables(chat)[1], tables(messaging)[1]) == {"persistent"}
    log = run(chat)
    assert not differing(log, run(messaging))
    handed_over = len(log.stretch_contact) - len(np.unique(log.stretch_contact))
    assert handed_over > 10
    # what makes the difference otherwise
    assert differing(log, run(with_channel(messaging, "messaging", idle_timeout="2m")))


@pytest.mark.parametrize("end_of_shift", ["finish", "hand_over"])
def test_one_chat_at_a_time_of_one_turn_is_a_call(end_of_shift: str) -> None:
    same = {
        "turns": 1, "reply_latency": 0, "silent_abandonment": 0.0, "idle_timeout": "never", "patience": {"mean": "3m"},
        "work": {"mean": "4m", "cv": 1.0}, "outside_hours": "reject", "wrap_up": {"mean": "20s"},
    }  # fmt: skip

    def one_at_a_time(doc: Doc) -> None:
        doc["team"]["writers"] |= {"concurrency": {"talk": 1}, "end_of_shift": end_of_shift}

    base = changed(talk(), one_at_a_time)
    for key in ("reply_patience", "reply_target"):
        del base["queue"]["talk"][key]
    chat, phone = with_channel(base, "live_chat", **same), with_channel(base, "phone", **same)
    assert differing(tables(chat)[1], tables(phone)[1]) == {"one_to_one"}
    log = run(chat)
    assert not differing(log, run(phone))
    assert (log.outcome == Outcome.ABANDONED).sum() > 100
    two_at_a_time = changed(chat, lambda doc: doc["team"]["writers"].update(concurrency={"talk": 2}))
    assert differing(log, run(two_at_a_time))


def test_persistent_channels_differ_in_their_defaults_alone() -> None:
    """E-mail of one turn, served in office hours, is messaging of one turn is social of one turn."""
    base = case("email_backlog")
    base["team"]["backoffice"]["concurrency"] = {"email": 1}
    logs = []
    for channel in ("email", "messaging", "social"):
        doc = copy.deepcopy(base)
        doc["queue"]["email"] |= {"channel": channel, "turns": 1}
        logs.append(run(doc))
    assert not differing(logs[0], logs[1])
    assert not differing(logs[0], logs[2])
    assert differing(logs[0], run(base))
