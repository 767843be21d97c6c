"""What is drawn for a replication: rows, turns, follow-ups."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.plan import lower
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.tables import NEVER, SECOND, Link, Plan, Workload, columns
from ccsim.workload import sample

HOUR = 3600 * SECOND
DAY = 24 * HOUR

CHILDREN = {
    "transfer_child": (Link.TRANSFER,),
    "retry_child": (Link.RETRY, Link.RECONTACT),
    "return_child": (Link.RETURN,),
    "reconnect_child": (Link.RETURN,),
    "reopen_child": (Link.REOPENING,),
}


def scenario(queues: dict[str, dict[str, Any]], folder: Path | None = None, **top: Any) -> Scenario:
    """A Monday; every queue has a volume unless it says otherwise, and one team serves all round the clock."""
    full = {name: {"volume": {"per_day": 200}, "open": "always", **queue} for name, queue in queues.items()}
    team = {"skills": dict.fromkeys(queues, 1), "shifts": [{"agents": 2, "hours": "always"}]}
    doc = {"start": "2026-03-02", "days": 1, "drain": "0s", "seed": 8, "queue": full, "team": {"desk": team}}
    return parse(doc | top, folder)


def drawn(queue: dict[str, Any], **top: Any) -> Workload:
    return sample(scenario({"q": queue}, **top), 1)


def check_shape(found: Workload, scenario: Scenario) -> None:
    """All that tables.py promises of a workload, and the budgets of its trees."""
    n, slots = len(found.queue), len(found.work)
    plan = lower(scenario)[0]
    sizes = {"contact": n, "turn": slots, "shift": len(plan.shift_agent), "out": len(found.out_shift)}
    sizes["queue"] = len(scenario.queue)
    for name, column in columns(Workload).items():
        assert len(getattr(found, name)) == sizes[column.by], name
    roots = int((found.link == Link.ROOT).sum())
    assert (found.link[:roots] == Link.ROOT).all()
    assert np.array_equal(found.root[:roots], np.arange(roots))
    keys = list(zip(found.arrival[:roots], found.queue[:roots], strict=True))
    assert keys == sorted(keys)
    assert (found.arrival[roots:] == NEVER).all()
    later = list(zip(found.root[roots:], found.generation[roots:], strict=True))
    assert later == sorted(later)

    parent = np.full(n, -1)
    for name, links in CHILDREN.items():
        children = getattr(found, name)
        has = np.flatnonzero(children >= 0)
        assert (parent[children[has]] == -1).all()
        parent[children[has]] = has
        assert np.isin(found.link[children[has]], links).all()
        if name in ("return_child", "reconnect_child", "reopen_child"):
            assert np.array_equal(found.queue[children[has]], found.queue[has])
    assert ((parent >= 0) == (np.arange(n) >= roots)).all()
    below = np.arange(roots, n)
    assert np.array_equal(found.root[below], found.root[parent[below]])
    assert np.array_equal(found.generation[below], found.generation[parent[below]] + 1)

    limits = np.array([queue.limit for queue in scenario.queue.values()])
    for row in below:
        links = []
        up = row
        while parent[up] >= 0:
            links.append(found.link[up])
            up = parent[up]
        transfers = links.count(Link.TRANSFER)
        assert transfers <= 3
        assert len(links) - transfers <= limits[found.queue[found.root[row]]]

    assert np.array_equal(found.turns == 0, found.link == Link.RETURN)
    assert np.array_equal(found.first_turn == -1, found.link == Link.RETURN)
    own = found.turns > 0
    assert np.array_equal(found.first_turn[own], np.cumsum(found.turns[own]) - found.turns[own])
    assert slots == found.turns.sum()
    assert np.array_equal(found.transfer_draw >= 0, found.transfer_child >= 0)
    assert not ((found.transfer_child >= 0) & (found.reopen_child >= 0)).any()

    check_behaviours(found)
    check_outs(found, plan)


def check_behaviours(found: Workload) -> None:
    """What goes together before the agent."""
    assert (found.outbound[found.link == Link.RECONTACT]).all()
    assert not (found.outbound & (found.link != Link.RECONTACT) & (found.link != Link.ROOT)).any()
    assert not (found.outbound & ((found.retry_child >= 0) | (found.bot_time >= 0))).any()
    assert found.missed[found.outbound].all()
    assert (found.turns[found.outbound] >= 2).all()
    assert not ((found.bot_time >= 0) & (found.link == Link.TRANSFER)).any()
    assert not (found.bot_repeats > 0)[(found.bot_time < 0) | (found.link == Link.RETURN)].any()
    assert (found.turns > found.bot_repeats)[found.turns > 0].all()
    assert not (found.deflected & (found.link != Link.ROOT)).any()


def check_outs(found: Workload, plan: Plan) -> None:
    """Absences lie inside their shifts, sorted, and touch neither one another nor a pause."""
    keys = list(zip(found.out_shift, found.out_start, strict=True))
    assert keys == sorted(keys)
    gaps = [(s, a, b) for s, a, b in zip(found.out_shift, found.out_start, found.out_end, strict=True)]
    gaps += [(s, a, b) for s, a, b in zip(plan.pause_shift, plan.pause_start, plan.pause_end, strict=True)]
    gaps.sort()
    assert all(start < end for _, start, end in gaps)
    assert all(one[0] < other[0] or one[2] < other[1] for one, other in pairwise(gaps))
    assert (found.out_start > plan.shift_start[found.out_shift]).all()
    assert (found.out_end < plan.shift_end[found.out_shift]).all()


FULL: dict[str, dict[str, Any]] = {
    "calls": {
        "channel": "phone",
        "retry": {"share": 0.5, "after": "10m", "to": {"calls": 0.75, "app": 0.25}},
        "reopens": {"share": 0.2, "after": {"mean": "2h"}},
        "limit": 2,
    },
    "chat": {
        "channel": "live_chat",
        "returns": 0.6,
        "silent_abandonment": 0.3,
        "retry": {"share": 0.3, "after": {"mean": "5m"}},
        "reopens": {"share": 0.5, "after": "1h"},
        "transfer": [{"to": "calls", "share": 0.2, "same_agent": True}, {"to": "chat", "share": 0.3}],
    },
    "app": {"channel": "messaging", "returns": 0.5, "reopens": {"share": 0.3, "after": "1h"}, "transfer": []},
}


def test_a_rich_scenario_keeps_every_promise() -> None:
    rich = scenario(FULL)
    found = sample(rich, 1)
    check_shape(found, rich)
    assert set(found.link) == set(Link) - {Link.RECONTACT}
    assert found.generation.max() >= 4


def test_shares_of_one_reach_every_budget_and_shares_of_nought_none() -> None:
    every: dict[str, Any] = {
        "channel": "live_chat", "volume": {"per_day": 5}, "turns": 3, "returns": 1, "limit": 2,
        "retry": {"share": 1, "after": "1m"}, "transfer": [{"to": "q", "share": 1}],
    }  # fmt: skip
    full = scenario({"q": every})
    found = sample(full, 1)
    check_shape(found, full)
    assert found.generation.max() == 3 + 2
    assert (found.transfer_child[found.link == Link.ROOT] >= 0).all()
    assert (found.return_child[found.link == Link.ROOT] >= 0).all()
    resolved = drawn({"channel": "live_chat", "volume": {"per_day": 20}, "reopens": {"share": 1, "after": "1m"}})
    assert np.bincount(resolved.generation).tolist() == [(resolved.link == Link.ROOT).sum()] * 4
    none = drawn({**every, "returns": 0, "retry": {"share": 0}, "transfer": [{"to": "q", "share": 0}]})
    assert (none.link == Link.ROOT).all()
    assert (none.transfer_draw == -1).all()


def test_transfers_leave_the_budget_of_the_others_alone() -> None:
    queue = {"channel": "phone", "limit": 1, "retry": {"share": 1, "after": "1m"}}
    found = drawn({**queue, "transfer": [{"to": "q", "share": 1}]})
    # with t transfers the one retry may come never or at t + 1 places: 2 + 3 + 4 + 5 rows a root
    assert len(found.link) == 14 * (found.link == Link.ROOT).sum()


def test_turns_and_follow_ups_have_draws_of_their_own() -> None:
    chat = {"turns": 2, "work": {"mean": "30s"}, "retry": {"share": 1, "after": {"mean": "1m"}}, "limit": 2}
    found = drawn({"channel": "live_chat", **chat})
    n = (found.link == Link.ROOT).sum()
    child = found.retry_child[:n]
    grandchild = found.retry_child[child]
    drawn_of_root = found.work[: 2 * n].reshape(n, 2)
    for one, other in (
        (drawn_of_root[:, 0], drawn_of_root[:, 1]),
        (found.patience[:n], found.patience[child]),
        (found.patience[child], found.patience[grandchild]),
        (found.after[child], found.after[grandchild]),
        (found.patience[:n], drawn_of_root[:, 0]),
    ):
        assert not np.isin(one, other).any()


def test_a_limit_of_nought_leaves_transfers_alone() -> None:
    found = sample(scenario({**FULL, "calls": {**FULL["calls"], "limit": 0}, "chat": {**FULL["chat"], "limit": 0}}), 1)
    mine = found.queue[found.root] != 2
    assert set(found.link[mine]) == {Link.ROOT, Link.TRANSFER}


def test_returns_are_for_closed_conversations_with_turns_left() -> None:
    found = drawn({"channel": "live_chat", "turns": 3, "returns": 1, "limit": 5})
    # after three turns two can be left, then one: nothing returns a third time
    assert np.bincount(found.generation).tolist() == [(found.link == Link.ROOT).sum()] * 3
    for queue in ({"channel": "messaging", "turns": 3}, {"channel": "phone"}, {"channel": "live_chat", "turns": 1}):
        assert (drawn({**queue, "returns": 1}).link == Link.ROOT).all()


def test_shares_are_met() -> None:
    found = sample(scenario({**FULL, "chat": {**FULL["chat"], "volume": {"per_day": 20_000}}}), 1)
    roots = np.flatnonzero((found.link == Link.ROOT) & (found.queue == 1))
    n = len(roots)

    def near(rows: Any, share: float, of: int = n) -> bool:
        return bool(abs(rows.sum() - of * share) < 4 * np.sqrt(of * share * (1 - share)))

    children = found.transfer_child[roots]
    assert near(children >= 0, 0.5)
    assert near(found.queue[children[children >= 0]] == 0, 0.4, of=int((children >= 0).sum()))
    assert near(found.retry_child[roots] >= 0, 0.3)
    assert near(found.silent[roots], 0.3)
    several = found.turns[roots] > 1
    assert near(found.return_child[roots][several] >= 0, 0.6, of=int(several.sum()))
    assert not (found.return_child[roots][~several] >= 0).any()
    calls = found.retry_child[found.link == Link.ROOT]
    calls = calls[(calls >= 0) & (found.queue[: len(calls)] == 0)]
    assert near(found.queue[calls] == 2, 0.25, of=len(calls))
    draws = found.transfer_draw[found.transfer_draw >= 0] / 2**31
    assert abs(draws.mean() - 0.5) < 4 / np.sqrt(12 * len(draws))
    assert np.array_equal(found.keep_agent, (found.link == Link.TRANSFER) & (found.queue == 0))
    # who transfers has nothing to do with who is silent
    assert abs(np.corrcoef(found.silent[roots], children >= 0)[0, 1]) < 4 / np.sqrt(n)


def test_delays_of_follow_ups() -> None:
    found = sample(scenario(FULL), 1)
    assert (found.after[found.link == Link.ROOT] == 0).all()
    assert (found.after[found.link == Link.TRANSFER] == 0).all()
    calls = found.retry_child[found.queue == 0]
    assert (found.after[calls[calls >= 0]] == 600 * SECOND).all()
    chats = found.retry_child[found.queue == 1]
    assert len(set(found.after[chats[chats >= 0]])) > 10


def test_customers_who_explain_again() -> None:
    cold = {"share": 1, "cold": True, "repeat_turns": 2, "repeat_work": "30s"}
    queues = {
        "chat": {"channel": "live_chat", "turns": 1, "transfer": [{"to": "app", **cold}]},
        "app": {"channel": "messaging", "turns": 3, "work": "60s", "transfer": [{"to": "calls", **cold}]},
        "calls": {"channel": "phone", "work": "60s"},
    }
    found = sample(scenario(queues), 1)
    app, calls = (found.queue == 1), (found.queue == 2)
    moved = found.link == Link.TRANSFER
    assert set(found.turns[app & moved]) == {5}
    assert set(found.turns[app & ~moved]) == {3}
    assert set(found.work[found.first_turn[app]]) == {60 * SECOND}
    assert set(found.turns[calls]) == {1}
    assert set(found.work[found.first_turn[calls & moved]]) == {90 * SECOND}
    assert set(found.work[found.first_turn[calls & ~moved]]) == {60 * SECOND}
    warm = sample(scenario({**queues, "app": {**queues["app"], "transfer": [{"to": "calls", "share": 1}]}}), 1)
    assert set(warm.work[warm.first_turn[warm.queue == 2]]) == {60 * SECOND}


def test_slots_that_no_rule_reads_are_never() -> None:
    found = drawn({"channel": "live_chat", "reply_patience": "10m", "reply_latency": "20s"})
    last = np.cumsum(found.turns) - 1
    assert (found.latency[last] == NEVER).all()
    assert (np.delete(found.latency, last) == 20 * SECOND).all()
    assert (found.reply_patience[found.first_turn] == NEVER).all()
    assert (np.delete(found.reply_patience, found.first_turn) == 600 * SECOND).all()


def test_who_gives_up_silently() -> None:
    assert drawn({"channel": "email", "patience": "1h"}).silent.all()
    assert not drawn({"channel": "phone"}).silent.any()
    assert drawn({"channel": "live_chat", "silent_abandonment": 1}).silent.all()
    assert not drawn({"channel": "live_chat"}).silent.any()


def test_the_backlog_waits_already() -> None:
    backlog = {"contacts": 500, "age": {"dist": "uniform", "low": "1h", "high": "3h"}}
    found = drawn({"channel": "email", "initial_backlog": backlog})
    assert (found.arrival[:500] < 0).all()
    assert (found.arrival[500:] >= 0).all()
    assert found.arrival[0] >= -3 * HOUR
    assert found.arrival[499] <= -HOUR
    backlog = {"contacts": 3, "age": "2h"}
    assert drawn({"channel": "email", "initial_backlog": backlog, "volume": {"per_hour": 0}}).arrival.tolist() == [
        -2 * HOUR
    ] * 3


def test_a_trace_gives_times_and_work(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "came,talk\n2026-03-02T10:00:00,30\n2026-03-02T09:00:00,20\n2026-03-02T10:00:00,40\n"
    )
    volume: dict[str, Any] = {"log": "calls.csv", "arrived_at": "came", "work": "talk"}
    queue = {"channel": "phone", "volume": volume, "initial_backlog": {"contacts": 1, "age": "1m"}, "work": "5s"}
    found = drawn(queue, folder=tmp_path)
    assert (found.arrival // SECOND).tolist() == [-60, 9 * 3600, 10 * 3600, 10 * 3600]
    assert (found.work // SECOND).tolist() == [5, 20, 30, 40]
    volume["scale"] = 2
    assert (drawn(queue, folder=tmp_path).work // SECOND).tolist() == [5, 20, 20, 30, 30, 40, 40]


def test_contacts_of_one_instant_keep_queue_and_file_order(tmp_path: Path) -> None:
    minutes = [(7 * i) % 3 for i in range(300)]
    rows = "".join(f"{60 * minute},{1000 + i}\n" for i, minute in enumerate(minutes))
    (tmp_path / "calls.csv").write_text("came,talk\n" + rows)
    volume = {"log": "calls.csv", "arrived_at": "came", "work": "talk"}
    found = sample(scenario({name: {"channel": "phone", "volume": volume} for name in ("a", "b")}, tmp_path), 1)
    order = sorted((minute, queue, i) for queue in (0, 1) for i, minute in enumerate(minutes))
    assert found.queue.tolist() == [queue for _, queue, _ in order]
    assert (found.work // SECOND).tolist() == [1000 + i for _, _, i in order]


def test_a_trace_is_thinned_by_spikes_and_scale(tmp_path: Path) -> None:
    rows = "".join(f"{second}\n" for second in range(0, 20_000))
    (tmp_path / "calls.csv").write_text("came\n" + rows)
    volume = {"log": "calls.csv", "arrived_at": "came", "scale": 0.5}
    spike = {"queue": "q", "at": "2026-03-02T01:00:00", "duration": "1h", "scale": 3}
    found = drawn({"channel": "phone", "volume": volume}, folder=tmp_path, spike=[spike])
    calm = (found.arrival < HOUR).sum()
    busy = ((found.arrival >= HOUR) & (found.arrival < 2 * HOUR)).sum()
    assert abs(calm - 1800) < 4 * np.sqrt(900)
    assert abs(busy - 5400) < 4 * np.sqrt(900)


def test_volumes_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "volumes.csv").write_text(
        "date,time,q\n2026-03-02,08:00,1000\n2026-03-02,08:30,3000\n2026-03-02,23:30,500\n"
    )
    found = drawn({"channel": "email", "volume": {"file": "volumes.csv", "column": "q"}}, folder=tmp_path)
    counted, _ = np.histogram(found.arrival / HOUR, [0, 8, 8.5, 9, 23.5, 24])
    expected = np.array([0, 1000, 3000, 0, 500])
    assert (np.abs(counted - expected) <= 4 * np.sqrt(expected)).all()

    weekday = {"per_day": 4000, "weekday": {"tue": 0.5, "wed": 0}, "shape": [["06:00", 1], ["18:00", 0]]}
    found = drawn({"channel": "email", "volume": weekday}, days=3)
    counted, _ = np.histogram(found.arrival / HOUR, [0, 6, 12, 18, 24, 48, 72])
    expected = np.array([0, 2000, 2000, 0, 2000, 0])
    assert (np.abs(counted - expected) <= 4 * np.sqrt(expected)).all()

    calls = {"channel": "phone", "open": {"mon": "08:00-20:00"}, "volume": {"per_day": 3000, "shape": "office"}}
    found = drawn(calls, days=2)
    assert abs(len(found.arrival) - 3000) < 4 * np.sqrt(3000)
    assert found.arrival.min() >= 8 * HOUR
    assert found.arrival.max() < 20 * HOUR


def test_busy_days_vary_from_replication_to_replication() -> None:
    busy = scenario({"q": {"channel": "email", "volume": {"per_day": 10_000, "busyness_cv": 0.5}}}, days=2)
    counted = [np.histogram(sample(busy, r).arrival, [0, DAY, 2 * DAY])[0] for r in range(4)]
    ratios = np.array(counted).ravel() / 10_000
    assert len(set(ratios)) == 8
    assert ratios.std() > 0.1


def test_absence_by_agent_and_day() -> None:
    shifts = [{"agents": 1000, "days": "mon-fri", "hours": hours} for hours in ("08:00-16:00", "12:00-20:00")]
    shifts += [{"agents": 3, "hours": "always"}]
    team = {"desk": {"skills": {"q": 1}, "absence": 0.2, "shifts": shifts}}
    here = scenario({"q": {"channel": "phone"}}, days=5, team=team)
    found = sample(here, 1)
    plan = lower(here)[0]
    assert len(found.present) == len(plan.shift_agent)
    absent = ~found.present[:5000].reshape(1000, 5)
    assert abs(absent.sum() - 1000) < 4 * np.sqrt(5000 * 0.16)
    other = ~found.present[5000:10_000].reshape(1000, 5)
    assert len({column.tobytes() for column in (*absent.T, *other.T)}) == 10
    assert sample(scenario({"q": {"channel": "phone"}}), 1).present.all()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_absence_of_nobody_and_everybody(share: float) -> None:
    team = {"desk": {"skills": {"q": 1}, "absence": share, "shifts": [{"agents": 2, "hours": "08:00-16:00"}]}}
    found = sample(scenario({"q": {"channel": "phone"}}, team=team), 1)
    assert found.present.tolist() == [share == 0] * 2
