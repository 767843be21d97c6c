"""Who gets what (docs/features.md): two runs on the same random numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.read import parse
from ccsim.tables import SECOND, Link
from tests.effects.conftest import Doc, Run
from tests.effects.test_features import CALLS, CHAT, THREAD, agents, centre, four_errors

Runner = Callable[..., Run]

TWO: Doc = {"first": CALLS, "second": CALLS}
BILINGUAL: Doc = {"one": agents(20, "first"), "both": agents(20, "first", "second")}


def test_a_policy_is_its_columns(run: Runner) -> None:
    """Whoever lists the columns of a policy has that policy, and nobody's draws change."""
    doc = centre({"chat": CHAT}, {"agents": agents(8, "chat"), "others": agents(4, "chat")})
    named, listed = run(doc), run(doc, {"routing.agent": ["rank", "load", "idle_since"]})
    assert all(np.array_equal(one, other) for one, other in zip(named.log, listed.log, strict=True))
    other = run(doc, {"routing.agent": ["idle_since"]})
    assert not np.array_equal(named.log.agent, other.log.agent)
    assert np.array_equal(named.workload.work, other.workload.work)


def test_agents_are_chosen_at_random(run: Runner) -> None:
    """Everybody idle has the same chance: half of the calls that find all forty idle go to each team."""
    doc = centre({"first": CALLS | {"volume": {"per_day": 900}, "work": "1s"}}, {
        name: agents(20, "first") for name in ("one", "two")
    })  # fmt: skip
    on, off = run(doc, {"routing.agent": ["random"]}), run(doc, {"routing.agent": "fixed_order"})
    taken = np.bincount(on.log.agent, minlength=40)
    n = taken.sum()
    assert np.sum((taken - n / 40) ** 2 / (n / 40)) < 39 + 4 * np.sqrt(2 * 39)  # chi-square
    assert taken[:20].sum() / n == pytest.approx(0.5, abs=four_errors(0.5, n))
    assert np.bincount(off.log.agent, minlength=40)[0] > n * 0.9
    assert np.array_equal(on.workload.work, off.workload.work)


def test_a_rank_for_contacts_of_its_own(run: Runner) -> None:
    """Calls in both languages go to the specialists first; the bilingual, once free, take the second before the
    first."""
    teams = {"one": agents(1, "first"), "both": agents(4, "first", "second")}
    doc = centre(TWO, teams, routing={"agent": ["rank", "random"], "contact": ["rank", "waiting_since"]})
    doc["team"]["both"]["skills"] = {"first": 2, "second": 2}
    on = run(doc, {"team.both.skills.second": {"rank": 2, "contact_rank": 1}})
    off = run(doc)
    assert on.queue("second", "asa") < off.queue("second", "asa") * 0.8
    assert on.queue("first", "asa") > off.queue("first", "asa")
    taken = on.plan.team[on.log.agent[on.log.agent >= 0]]
    assert np.bincount(taken).min() > 0


def test_transfers_keep_their_place(run: Runner) -> None:
    """Half of the callers are transferred: with their wait they come before who came after them, who wait longer."""
    transferred = {"volume": CALLS["volume"], "transfer": [{"to": "second", "share": 0.5}]}
    calls: Doc = {"channel": "phone", "work": "4m", "wrap_up": "0s", "patience": "never"}
    doc = centre({"first": calls | transferred, "second": calls}, {"agents": agents(3, "first", "second")})
    on, off = run(doc, {"queue.second.carry_wait": True}), run(doc)
    assert on.queue("second", "asa") < off.queue("second", "asa") / 2
    assert on.queue("first", "asa") > off.queue("first", "asa")
    last = np.where(on.workload.transfer_child >= 0, on.workload.transfer_child, np.arange(len(on.log.left)))
    roots = on.workload.link == Link.ROOT

    def spread(of: Run) -> float:
        return float(np.std((of.log.left[last] - of.log.arrival)[roots] / SECOND))

    assert spread(on) < spread(off) * 0.9
    assert np.array_equal(on.workload.work, off.workload.work)


def test_outbound_work_while_more_than_two_are_idle(run: Runner) -> None:
    """Calls find an agent more often, and fewer offers are written before the window ends."""
    mails: Doc = {"channel": "email", "turns": 1, "work": "6m", "wrap_up": "0s", "idle_timeout": "0s"}
    doc = centre({"calls": CALLS, "mails": mails}, {"agents": agents(6, "calls", "mails")})
    doc["outbound"] = {"offers": {"queue": "mails", "messages": 400, "window": "08:00-12:00"}}
    on, off = run(doc, {"routing.reserve": {"calls": 2}}), run(doc, {"routing.reserve": {"calls": 0}})
    assert on.queue("calls", "delayed") < off.queue("calls", "delayed") / 3
    assert 50 < on.queue("mails", "outbound_sent") < off.queue("mails", "outbound_sent") < 400
    assert np.array_equal(on.workload.work, off.workload.work)


@pytest.mark.parametrize(
    ("key", "value", "place", "allowed"),
    [
        ("agent", ["rank", "lode"], "routing.agent.1", 'did you mean "load"?'),
        ("agent", ["random", "rank"], "routing.agent", "random as the last column"),
        ("agent", [], "routing.agent", "one of rank, load"),
        ("agent", ["load", "load"], "routing.agent.1", "each column once"),
        ("contact", ["rank", "priority"], "routing.contact", "also waiting_since or deadline"),
        ("attention", ["random"], "routing.attention.0", "one of later_turn"),
    ],
)
def test_columns_that_are_none(key: str, value: list[str], place: str, allowed: str) -> None:
    doc = centre({"chat": CHAT}, {"agents": agents(1, "chat")}, start="2026-03-02", routing={key: value})
    with pytest.raises(ScenarioError) as error:
        parse(doc)
    assert [(problem.path, allowed in problem.allowed) for problem in error.value.problems] == [(place, True)]


def test_conversations_are_parked_sooner_where_room_is_scarce(run: Runner) -> None:
    """With every second session sooner: less capacity is held by silence, and new threads find room earlier."""
    doc = centre({"app": THREAD | {"idle_timeout": "10m"}}, {"agents": agents(2, "app")})
    on, off = run(doc, {"queue.app.idle_timeout_factor": [1.0, 1.0, 0.5, 0.3, 0.1]}), run(doc)
    assert on.queue("app", "session_mean") < off.queue("app", "session_mean") * 0.8
    assert on.queue("app", "asa") < off.queue("app", "asa") / 2
    same = run(doc, {"queue.app.idle_timeout_factor": [1.0, 1.0]})
    assert all(np.array_equal(one, other) for one, other in zip(same.log, off.log, strict=True))
    assert np.array_equal(on.workload.work, off.workload.work)


def test_calls_join_the_site_whose_wait_is_shorter(run: Runner) -> None:
    """A busy site and a quiet one: the calls that join the other bring it what they drew, and all wait less."""
    quiet = CALLS | {"volume": {"per_day": 60, "shape": "office"}}
    doc = centre({"busy": CALLS, "quiet": quiet}, {"one": agents(2, "busy"), "two": agents(2, "quiet")})
    on, off = run(doc, {"queue.busy.alternatives": ["quiet"]}), run(doc)
    joined = on.log.queue != on.workload.queue
    assert on.queue("quiet", "offered") == off.queue("quiet", "offered") + joined.sum()
    assert on.queue("busy", "offered") == off.queue("busy", "offered") - joined.sum()
    assert on.queue("busy", "asa") < off.queue("busy", "asa") / 2
    assert on.queue("quiet", "asa") > off.queue("quiet", "asa")
    assert on.total("asa") < off.total("asa") / 2
    assert np.array_equal(off.log.queue, off.workload.queue)
    assert np.array_equal(on.workload.work, off.workload.work)
    # one that expects long calls elsewhere stays more often
    shy = run(doc, {"queue.busy.alternatives": ["quiet"], "queue.quiet.expected_session": "2h"})
    assert 0 < (shy.log.queue != shy.workload.queue).sum() < joined.sum()


@pytest.mark.parametrize(
    ("changes", "place", "allowed"),
    [
        ({}, "queue.one.expected_session", "at most 7d"),
        ({"expected_session": "8d"}, "queue.one.expected_session", "at most 7d"),
        ({"expected_session": "9m", "bot": {"contains": 0.5}}, "queue.one.alternatives", "without one"),
        ({"expected_session": "9m", "reasons": {"pay": {"share": 1.0}}}, "queue.one.alternatives.0", "none in both"),
    ],
)
def test_queues_that_cannot_be_compared(changes: Doc, place: str, allowed: str) -> None:
    doc = centre({"one": CHAT | {"alternatives": ["two"]} | changes, "two": CHAT | {"expected_session": "9m"}}, {
        "agents": agents(1, "one", "two")
    }, start="2026-03-02")  # fmt: skip
    with pytest.raises(ScenarioError) as error:
        parse(doc)
    assert [(problem.path, allowed in problem.allowed) for problem in error.value.problems] == [(place, True)]
