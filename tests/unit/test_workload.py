"""What is drawn for a replication: rows, turns, follow-ups."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.lowering import lower
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.tables import NEVER, SECOND, Link, Outside, Plan, Workload, columns
from ccsim.workload.sample import sample
from tests import random_cases

HOUR = 3600 * SECOND
DAY = 24 * HOUR

CHILDREN = {
    "transfer_child": (Link.TRANSFER,),
    "retry_child": (Link.RETRY, Link.RECONTACT),
    "return_child": (Link.RETURN,),
    "reconnect_child": (Link.RETURN,),
    "reopen_child": (Link.REOPENING,),
    "bounce_child": (Link.BOUNCE,),
}


def scenario(queues: dict[str, dict[str, Any]], folder: Path | None = None, **top: Any) -> Scenario:
    """A Monday; every queue has a volume unless it says otherwise, and one team serves all round the clock."""
    full = {name: {"volume": {"per_day": 200}, "open": "always", **queue} for name, queue in queues.items()}
    team = {"skills": dict.fromkeys(queues, 1), "shifts": [{"agents": 2, "hours": "always"}]}
    doc = {"start": "2026-03-02", "days": 1, "drain": "0s", "seed": 8, "queue": full, "team": {"desk": team}}
    return parse(doc | top, folder)


def drawn(queue: dict[str, Any], **top: Any) -> Workload:
    return sample(scenario({"q": queue}, **top), 1)


def check_shape(result: Workload, scenario: Scenario) -> None:
    """All that tables.py promises of a workload, and the budgets of its trees."""
    n, slots = len(result.queue), len(result.work)
    plan = lower(scenario)[0]
    sizes = {"contact": n, "turn": slots, "shift": len(plan.shift_agent), "out": len(result.out_shift)}
    sizes |= {"queue": len(scenario.queue), "agent": len(plan.team)}
    for name, column in columns(Workload).items():
        assert len(getattr(result, name)) == sizes[column.by], name
    roots = int((result.link == Link.ROOT).sum())
    assert (result.link[:roots] == Link.ROOT).all()
    assert np.array_equal(result.root[:roots], np.arange(roots))
    keys = list(zip(result.arrival[:roots], result.queue[:roots], strict=True))
    assert keys == sorted(keys)
    assert (result.arrival[roots:] == NEVER).all()
    later = list(zip(result.root[roots:], result.generation[roots:], strict=True))
    assert later == sorted(later)

    parent = np.full(n, -1)
    for name, links in CHILDREN.items():
        children = getattr(result, name)
        has = np.flatnonzero(children >= 0)
        assert (parent[children[has]] == -1).all()
        parent[children[has]] = has
        assert np.isin(result.link[children[has]], links).all()
        if name in ("return_child", "reconnect_child", "reopen_child", "bounce_child"):
            assert np.array_equal(result.queue[children[has]], result.queue[has])
    assert ((parent >= 0) == (np.arange(n) >= roots)).all()
    below = np.arange(roots, n)
    assert np.array_equal(result.root[below], result.root[parent[below]])
    assert np.array_equal(result.generation[below], result.generation[parent[below]] + 1)

    limits = np.array([queue.limit for queue in scenario.queue.values()])
    for row in below:
        links = []
        up = row
        while parent[up] >= 0:
            links.append(result.link[up])
            up = parent[up]
        transfers = links.count(Link.TRANSFER)
        assert transfers <= 3
        assert len(links) - transfers <= limits[result.queue[result.root[row]]]

    assert np.array_equal(result.turns == 0, result.link == Link.RETURN)
    assert np.array_equal(result.first_turn == -1, result.link == Link.RETURN)
    own = result.turns > 0
    assert np.array_equal(result.first_turn[own], np.cumsum(result.turns[own]) - result.turns[own])
    assert slots == result.turns.sum()
    assert np.array_equal(result.transfer_draw >= 0, result.transfer_child >= 0)
    assert not ((result.transfer_child >= 0) & (result.reopen_child >= 0)).any()

    check_behaviours(result)
    check_outs(result, plan)


def check_behaviours(result: Workload) -> None:
    """What goes together before the agent."""
    assert (result.outbound[result.link == Link.RECONTACT]).all()
    assert not (result.outbound & (result.link != Link.RECONTACT) & (result.link != Link.ROOT)).any()
    assert not (result.outbound & ((result.retry_child >= 0) | (result.bot_time >= 0))).any()
    assert result.missed[result.outbound].all()
    assert (result.turns[result.outbound] >= 2).all()
    assert not ((result.bot_time >= 0) & np.isin(result.link, (Link.TRANSFER, Link.BOUNCE))).any()
    assert result.contained[result.bounce_child >= 0].all()
    assert not (result.bot_repeats > 0)[(result.bot_time < 0) | (result.link == Link.RETURN)].any()
    assert (result.turns > result.bot_repeats)[result.turns > 0].all()
    assert not (result.deflected & (result.link != Link.ROOT)).any()


def check_outs(result: Workload, plan: Plan) -> None:
    """Absences lie inside their shifts, sorted, and touch neither one another nor a pause."""
    keys = list(zip(result.out_shift, result.out_start, strict=True))
    assert keys == sorted(keys)
    gaps = [(s, a, b) for s, a, b in zip(result.out_shift, result.out_start, result.out_end, strict=True)]
    gaps += [(s, a, b) for s, a, b in zip(plan.pause_shift, plan.pause_start, plan.pause_end, strict=True)]
    gaps.sort()
    assert all(start < end for _, start, end in gaps)
    assert all(one[0] < other[0] or one[2] < other[1] for one, other in pairwise(gaps))
    assert (result.out_start > plan.shift_start[result.out_shift]).all()
    assert (result.out_end < plan.shift_end[result.out_shift]).all()


FULL: dict[str, dict[str, Any]] = {
    "calls": {
        "channel": "phone",
        "retry": {"share": 0.5, "after": "10m", "to": {"calls": 0.75, "app": 0.25}},
        "reopens": {"share": 0.2, "after": {"mean": "2h"}},
        "limit": 2,
    },
    "chat": {
        "channel": "live_chat",
        "bot": {"contains": 0.4, "bounces": {"share": 0.5, "after": {"mean": "1h"}}},
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
    result = sample(rich, 1)
    check_shape(result, rich)
    assert set(result.link) == set(Link) - {Link.RECONTACT}
    assert result.generation.max() >= 4


def test_shares_of_one_reach_every_budget_and_shares_of_nought_none() -> None:
    every: dict[str, Any] = {
        "channel": "live_chat", "volume": {"per_day": 5}, "turns": 3, "returns": 1, "limit": 2,
        "retry": {"share": 1, "after": "1m"}, "transfer": [{"to": "q", "share": 1}],
    }  # fmt: skip
    full = scenario({"q": every})
    result = sample(full, 1)
    check_shape(result, full)
    assert result.generation.max() == 3 + 2
    assert (result.transfer_child[result.link == Link.ROOT] >= 0).all()
    assert (result.return_child[result.link == Link.ROOT] >= 0).all()
    resolved = drawn({"channel": "live_chat", "volume": {"per_day": 20}, "reopens": {"share": 1, "after": "1m"}})
    assert np.bincount(resolved.generation).tolist() == [(resolved.link == Link.ROOT).sum()] * 4
    none = drawn({**every, "returns": 0, "retry": {"share": 0}, "transfer": [{"to": "q", "share": 0}]})
    assert (none.link == Link.ROOT).all()
    assert (none.transfer_draw == -1).all()


def test_transfers_leave_the_budget_of_the_others_alone() -> None:
    queue = {"channel": "phone", "limit": 1, "retry": {"share": 1, "after": "1m"}}
    result = drawn({**queue, "transfer": [{"to": "q", "share": 1}]})
    # with t transfers the one retry may come never or at t + 1 places: 2 + 3 + 4 + 5 rows a root
    assert len(result.link) == 14 * (result.link == Link.ROOT).sum()


def test_turns_and_follow_ups_have_draws_of_their_own() -> None:
    chat = {"turns": 2, "work": {"mean": "30s"}, "retry": {"share": 1, "after": {"mean": "1m"}}, "limit": 2}
    result = drawn({"channel": "live_chat", **chat})
    n = (result.link == Link.ROOT).sum()
    child = result.retry_child[:n]
    grandchild = result.retry_child[child]
    drawn_of_root = result.work[: 2 * n].reshape(n, 2)
    for one, other in (
        (drawn_of_root[:, 0], drawn_of_root[:, 1]),
        (result.patience[:n], result.patience[child]),
        (result.patience[child], result.patience[grandchild]),
        (result.after[child], result.after[grandchild]),
        (result.patience[:n], drawn_of_root[:, 0]),
    ):
        assert not np.isin(one, other).any()


def test_a_limit_of_nought_leaves_transfers_alone() -> None:
    result = sample(scenario({**FULL, "calls": {**FULL["calls"], "limit": 0}, "chat": {**FULL["chat"], "limit": 0}}), 1)
    mine = result.queue[result.root] != 2
    assert set(result.link[mine]) == {Link.ROOT, Link.TRANSFER}


def test_returns_are_for_closed_conversations_with_turns_left() -> None:
    result = drawn({"channel": "live_chat", "turns": 3, "returns": 1, "limit": 5})
    # after three turns two can be left, then one: nothing returns a third time
    assert np.bincount(result.generation).tolist() == [(result.link == Link.ROOT).sum()] * 3
    for queue in ({"channel": "messaging", "turns": 3}, {"channel": "phone"}, {"channel": "live_chat", "turns": 1}):
        assert (drawn({**queue, "returns": 1}).link == Link.ROOT).all()


def test_shares_are_met() -> None:
    result = sample(scenario({**FULL, "chat": {**FULL["chat"], "volume": {"per_day": 20_000}}}), 1)
    roots = np.flatnonzero((result.link == Link.ROOT) & (result.queue == 1))
    n = len(roots)

    def near(rows: Any, share: float, of: int = n) -> bool:
        return bool(abs(rows.sum() - of * share) < 4 * np.sqrt(of * share * (1 - share)))

    children = result.transfer_child[roots]
    assert near(children >= 0, 0.5)
    assert near(result.queue[children[children >= 0]] == 0, 0.4, of=int((children >= 0).sum()))
    assert near(result.retry_child[roots] >= 0, 0.3)
    assert near(result.silent[roots], 0.3)
    several = result.turns[roots] > 1
    assert near(result.return_child[roots][several] >= 0, 0.6, of=int(several.sum()))
    assert not (result.return_child[roots][~several] >= 0).any()
    calls = result.retry_child[result.link == Link.ROOT]
    calls = calls[(calls >= 0) & (result.queue[: len(calls)] == 0)]
    assert near(result.queue[calls] == 2, 0.25, of=len(calls))
    draws = result.transfer_draw[result.transfer_draw >= 0] / 2**31
    assert abs(draws.mean() - 0.5) < 4 / np.sqrt(12 * len(draws))
    assert np.array_equal(result.keep_agent, (result.link == Link.TRANSFER) & (result.queue == 0))
    # who transfers has nothing to do with who is silent
    assert abs(np.corrcoef(result.silent[roots], children >= 0)[0, 1]) < 4 / np.sqrt(n)


def test_delays_of_follow_ups() -> None:
    result = sample(scenario(FULL), 1)
    assert (result.after[result.link == Link.ROOT] == 0).all()
    assert (result.after[result.link == Link.TRANSFER] == 0).all()
    calls = result.retry_child[result.queue == 0]
    assert (result.after[calls[calls >= 0]] == 600 * SECOND).all()
    chats = result.retry_child[result.queue == 1]
    assert len(set(result.after[chats[chats >= 0]])) > 10


def test_customers_who_explain_again() -> None:
    cold = {"share": 1, "cold": True, "repeat_turns": 2, "repeat_work": "30s"}
    queues = {
        "chat": {"channel": "live_chat", "turns": 1, "transfer": [{"to": "app", **cold}]},
        "app": {"channel": "messaging", "turns": 3, "work": "60s", "transfer": [{"to": "calls", **cold}]},
        "calls": {"channel": "phone", "work": "60s"},
    }
    result = sample(scenario(queues), 1)
    app, calls = (result.queue == 1), (result.queue == 2)
    moved = result.link == Link.TRANSFER
    assert set(result.turns[app & moved]) == {5}
    assert set(result.turns[app & ~moved]) == {3}
    assert set(result.work[result.first_turn[app]]) == {60 * SECOND}
    assert set(result.turns[calls]) == {1}
    assert set(result.work[result.first_turn[calls & moved]]) == {90 * SECOND}
    assert set(result.work[result.first_turn[calls & ~moved]]) == {60 * SECOND}
    warm = sample(scenario({**queues, "app": {**queues["app"], "transfer": [{"to": "calls", "share": 1}]}}), 1)
    assert set(warm.work[warm.first_turn[warm.queue == 2]]) == {60 * SECOND}


def test_slots_that_no_rule_reads_are_never() -> None:
    result = drawn({"channel": "live_chat", "reply_patience": "10m", "reply_latency": "20s"})
    last = np.cumsum(result.turns) - 1
    assert (result.latency[last] == NEVER).all()
    assert (np.delete(result.latency, last) == 20 * SECOND).all()
    assert (result.reply_patience[result.first_turn] == NEVER).all()
    assert (np.delete(result.reply_patience, result.first_turn) == 600 * SECOND).all()


def test_who_gives_up_silently() -> None:
    assert drawn({"channel": "email", "patience": "1h"}).silent.all()
    assert not drawn({"channel": "phone"}).silent.any()
    assert drawn({"channel": "live_chat", "silent_abandonment": 1}).silent.all()
    assert not drawn({"channel": "live_chat"}).silent.any()


def test_the_backlog_waits_already() -> None:
    backlog = {"contacts": 500, "age": {"dist": "uniform", "low": "1h", "high": "3h"}}
    result = drawn({"channel": "email", "initial_backlog": backlog})
    assert (result.arrival[:500] < 0).all()
    assert (result.arrival[500:] >= 0).all()
    assert result.arrival[0] >= -3 * HOUR
    assert result.arrival[499] <= -HOUR
    backlog = {"contacts": 3, "age": "2h"}
    assert (
        drawn({"channel": "email", "initial_backlog": backlog, "volume": {"per_hour": 0}}).arrival.tolist()
        == [-2 * HOUR] * 3
    )


def test_a_trace_gives_times_and_work(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "came,talk\n2026-03-02T10:00:00,30\n2026-03-02T09:00:00,20\n2026-03-02T10:00:00,40\n"
    )
    volume: dict[str, Any] = {"log": "calls.csv", "arrived_at": "came", "work": "talk"}
    queue = {"channel": "phone", "volume": volume, "initial_backlog": {"contacts": 1, "age": "1m"}, "work": "5s"}
    result = drawn(queue, folder=tmp_path)
    assert (result.arrival // SECOND).tolist() == [-60, 9 * 3600, 10 * 3600, 10 * 3600]
    assert (result.work // SECOND).tolist() == [5, 20, 30, 40]
    volume["scale"] = 2
    assert (drawn(queue, folder=tmp_path).work // SECOND).tolist() == [5, 20, 20, 30, 30, 40, 40]


def test_contacts_of_one_instant_keep_queue_and_file_order(tmp_path: Path) -> None:
    minutes = [(7 * i) % 3 for i in range(300)]
    rows = "".join(f"{60 * minute},{1000 + i}\n" for i, minute in enumerate(minutes))
    (tmp_path / "calls.csv").write_text("came,talk\n" + rows)
    volume = {"log": "calls.csv", "arrived_at": "came", "work": "talk"}
    result = sample(scenario({name: {"channel": "phone", "volume": volume} for name in ("a", "b")}, tmp_path), 1)
    order = sorted((minute, queue, i) for queue in (0, 1) for i, minute in enumerate(minutes))
    assert result.queue.tolist() == [queue for _, queue, _ in order]
    assert (result.work // SECOND).tolist() == [1000 + i for _, _, i in order]


def test_a_trace_is_thinned_by_spikes_and_scale(tmp_path: Path) -> None:
    rows = "".join(f"{second}\n" for second in range(0, 20_000))
    (tmp_path / "calls.csv").write_text("came\n" + rows)
    volume = {"log": "calls.csv", "arrived_at": "came", "scale": 0.5}
    spike = {"queue": "q", "at": "2026-03-02T01:00:00", "duration": "1h", "scale": 3}
    result = drawn({"channel": "phone", "volume": volume}, folder=tmp_path, spike=[spike])
    calm = (result.arrival < HOUR).sum()
    busy = ((result.arrival >= HOUR) & (result.arrival < 2 * HOUR)).sum()
    assert abs(calm - 1800) < 4 * np.sqrt(900)
    assert abs(busy - 5400) < 4 * np.sqrt(900)


def test_volumes_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "volumes.csv").write_text(
        "date,time,q\n2026-03-02,08:00,1000\n2026-03-02,08:30,3000\n2026-03-02,23:30,500\n"
    )
    result = drawn({"channel": "email", "volume": {"file": "volumes.csv", "column": "q"}}, folder=tmp_path)
    counted, _ = np.histogram(result.arrival / HOUR, [0, 8, 8.5, 9, 23.5, 24])
    expected = np.array([0, 1000, 3000, 0, 500])
    assert (np.abs(counted - expected) <= 4 * np.sqrt(expected)).all()

    weekday = {"per_day": 4000, "weekday": {"tue": 0.5, "wed": 0}, "shape": [["06:00", 1], ["18:00", 0]]}
    result = drawn({"channel": "email", "volume": weekday}, days=3)
    counted, _ = np.histogram(result.arrival / HOUR, [0, 6, 12, 18, 24, 48, 72])
    expected = np.array([0, 2000, 2000, 0, 2000, 0])
    assert (np.abs(counted - expected) <= 4 * np.sqrt(expected)).all()

    calls = {"channel": "phone", "open": {"mon": "08:00-20:00"}, "volume": {"per_day": 3000, "shape": "office"}}
    result = drawn(calls, days=2)
    assert abs(len(result.arrival) - 3000) < 4 * np.sqrt(3000)
    assert result.arrival.min() >= 8 * HOUR
    assert result.arrival.max() < 20 * HOUR


def test_busy_days_vary_from_replication_to_replication() -> None:
    busy = scenario({"q": {"channel": "email", "volume": {"per_day": 10_000, "busyness_cv": 0.5}}}, days=2)
    counted = [np.histogram(sample(busy, r).arrival, [0, DAY, 2 * DAY])[0] for r in range(4)]
    ratios = np.array(counted).ravel() / 10_000
    assert len(set(ratios)) == 8
    assert ratios.std() > 0.1


def test_the_factor_within_the_day_keeps_the_mean_and_drifts_as_asked() -> None:
    busyness = {"within_cv": 0.3, "within_memory": 0.7}
    here = scenario({"q": {"channel": "email", "volume": {"per_hour": 2000, "busyness": busyness}}}, days=100)
    counts = np.histogram(sample(here, 1).arrival, np.arange(0, 100 * DAY + 1, HOUR // 2))[0].reshape(100, 48) / 1000
    assert counts.mean() == pytest.approx(1, abs=0.02)
    assert counts.std() == pytest.approx(np.sqrt(0.3**2 + 1 / 1000), rel=0.05)
    for lag in (1, 2):
        both = np.corrcoef(counts[:, lag:].ravel(), counts[:, :-lag].ravel())[0, 1]
        assert both == pytest.approx(0.7**lag, abs=0.06)
    assert abs(np.corrcoef(counts[1:, 0], counts[:-1, -1])[0, 1]) < 0.4  # each day begins anew


def test_neutral_busyness_changes_no_draw() -> None:
    volume = {"per_day": 500, "busyness_cv": 0.3}
    neutral = {"per_day": 500, "busyness": {"day_cv": 0.3, "day_memory": 0.0, "within_cv": 0.0, "within_memory": 0.5}}
    of_all = {"day_cv": 0.3, "correlation": 0.0}
    plain, table, general = (
        sample(scenario({"q": {"channel": "email", "volume": given}}, days=3, **more), 1).arrival
        for given, more in ((volume, {}), (neutral, {}), ({"per_day": 500}, {"busyness": of_all}))
    )
    assert np.array_equal(plain, table)
    assert np.array_equal(plain, general)


def test_a_day_keeps_its_factors_when_days_are_added() -> None:
    busyness = {"day_cv": 0.3, "day_memory": 0.5, "within_cv": 0.3, "within_memory": 0.5}
    short, long = (
        sample(scenario({"q": {"channel": "email", "volume": {"per_day": 500, "busyness": busyness}}}, days=days), 1)
        for days in (2, 5)
    )
    assert np.array_equal(short.arrival, long.arrival[: len(short.arrival)])


def test_a_log_is_repeated_by_the_half_hour_too(tmp_path: Path) -> None:
    times = [f"2026-03-02 {hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)]
    (tmp_path / "calls.csv").write_text("\n".join(["came", *times]))
    volume = {"log": "calls.csv", "arrived_at": "came", "busyness": {"within_cv": 0.8}}
    result = sample(scenario({"q": {"channel": "email", "volume": volume}}, tmp_path), 1).arrival
    counts = np.histogram(result, np.arange(0, DAY + 1, HOUR // 2))[0]
    assert counts.std() > 3 * np.sqrt(30 / 4)  # copies alone vary by less than a half of each contact
    assert counts.mean() == pytest.approx(30, abs=4 * 0.8 * 30 / np.sqrt(48))


def test_absence_by_agent_and_day() -> None:
    shifts = [{"agents": 1000, "days": "mon-fri", "hours": hours} for hours in ("08:00-16:00", "12:00-20:00")]
    shifts += [{"agents": 3, "hours": "always"}]
    team = {"desk": {"skills": {"q": 1}, "absence": 0.2, "shifts": shifts}}
    here = scenario({"q": {"channel": "phone"}}, days=5, team=team)
    result = sample(here, 1)
    plan = lower(here)[0]
    assert len(result.present) == len(plan.shift_agent)
    absent = ~result.present[:5000].reshape(1000, 5)
    assert abs(absent.sum() - 1000) < 4 * np.sqrt(5000 * 0.16)
    other = ~result.present[5000:10_000].reshape(1000, 5)
    assert len({column.tobytes() for column in (*absent.T, *other.T)}) == 10
    assert sample(scenario({"q": {"channel": "phone"}}), 1).present.all()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_absence_of_nobody_and_everybody(share: float) -> None:
    team = {"desk": {"skills": {"q": 1}, "absence": share, "shifts": [{"agents": 2, "hours": "08:00-16:00"}]}}
    result = sample(scenario({"q": {"channel": "phone"}}, team=team), 1)
    assert result.present.tolist() == [share == 0] * 2


# before the agent, and the rest of the articles (docs/model.md, section 6)


def near(result: Any, share: float, of: int) -> bool:
    """Whether a count is within 4 standard errors of a share."""
    return abs(float(np.sum(result)) - of * share) < 4 * np.sqrt(of * share * (1 - share)) + 1e-9


LOST = {
    "channel": "live_chat", "volume": {"per_day": 4000}, "turns": 4, "drop": 0.2, "reconnects": 0.6,
    "reconnect_after": {"mean": "4m"}, "reply_latency": {"mean": "2m"}, "idle_timeout": "5m",
}  # fmt: skip


def test_lost_connections() -> None:
    lossy = scenario({"q": LOST})
    result = sample(lossy, 1)
    check_shape(result, lossy)
    roots = np.flatnonzero(result.link == Link.ROOT)
    last = result.first_turn[roots] + 3
    assert (result.comeback[last] == -1).all()
    inner = np.delete(result.comeback, last)
    dropped = inner[inner != -1]
    assert near(inner != -1, 0.2, len(inner))
    assert near(dropped != NEVER, 0.6, len(dropped))
    back = dropped[dropped != NEVER] / SECOND
    assert abs(back.mean() - 240) < 4 * 240 / np.sqrt(len(back))
    # a reconnection has a row where a comeback is later than the timeout, and as many as there are such turns
    slots = result.first_turn[roots][:, None] + np.arange(3)
    wait, comeback = result.latency[slots], result.comeback[slots]
    idle = 300 * SECOND
    late = ((wait <= idle) & (comeback >= 0) & (comeback < NEVER) & (wait + np.minimum(comeback, DAY) > idle)).sum(1)
    assert np.array_equal(result.reconnect_child[roots] >= 0, late > 0)
    assert (late == 2).sum() > 10
    children = result.reconnect_child[roots]
    again = result.reconnect_child[children[children >= 0]] >= 0
    assert np.array_equal(again, late[children >= 0] > 1)
    assert (sample(scenario({"q": {**LOST, "limit": 0}}), 1).reconnect_child == -1).all()


@pytest.mark.parametrize("channel", ["messaging", "phone"])
def test_lost_connections_are_of_closed_conversations(channel: str) -> None:
    result = drawn({"channel": channel, "drop": 0.5, "reconnects": 0.5})
    assert (result.comeback == -1).all()
    assert (result.reconnect_child == -1).all()


def test_returns_and_reconnections_share_the_budget() -> None:
    both = {**LOST, "volume": {"per_day": 300}, "returns": 1, "limit": 1}
    here = scenario({"q": both})
    result = sample(here, 1)
    check_shape(result, here)
    assert (result.generation <= 1).all()
    assert ((result.return_child >= 0) & (result.reconnect_child >= 0)).any()


BOT = {"contains": 0.4, "time": {"mean": "2m"}, "asks_human": 0.15}


def test_bots() -> None:
    queues = {
        "chat": {"channel": "live_chat", "volume": {"per_day": 5000}, "turns": 2, "bot": BOT,
                 "transfer": [{"to": "chat", "share": 0.2}], "reopens": {"share": 0.2, "after": "1m"}},
        "plain": {"channel": "live_chat", "retry": {"share": 0.5, "to": {"chat": 1}}},
    }  # fmt: skip
    here = scenario(queues)
    result = sample(here, 1)
    check_shape(result, here)
    # who is transferred, or comes to a queue without one, meets no bot
    meets = result.bot_time >= 0
    assert np.array_equal(meets, (result.queue == 0) & (result.link != Link.TRANSFER))
    assert (meets & (result.link == Link.RETRY)).any()
    n = int(meets.sum())
    assert near(result.contained[meets], 0.4, n)
    assert near(result.asks_human[meets], 0.15, n)
    assert not (result.contained | result.asks_human)[~meets].any()
    assert abs(result.bot_time[meets].mean() / SECOND - 120) < 4 * 120 / np.sqrt(n)
    assert (result.bot_repeats == 0).all()
    assert (result.turns[result.queue == 0] == 2).all()


def test_a_bot_that_loses_the_context_costs_a_turn() -> None:
    chat = {"channel": "live_chat", "turns": 2, "work": "30s", "returns": 1, "transfer": [{"to": "chat", "share": 0.3}]}
    result = sample(scenario({"chat": {**chat, "bot": {**BOT, "loses_context": True}}}), 1)
    assert np.array_equal(result.bot_repeats, (result.bot_time >= 0) & (result.link != Link.RETURN))
    assert (result.turns == np.where(result.link == Link.RETURN, 0, 2 + result.bot_repeats)).all()
    # its own turn, too, may time out: three turns leave two for a return
    assert result.generation[result.link == Link.RETURN].max() > 1


@pytest.mark.parametrize("bot", [{"contains": 0, "time": "0s"}, {"contains": 1, "asks_human": 1}])
def test_a_bot_that_changes_nothing_is_none(bot: dict[str, Any]) -> None:
    assert (drawn({"channel": "live_chat", "bot": bot}).bot_time == -1).all()
    assert (drawn({"channel": "live_chat", "bot": bot, "outside_hours": "bot"}).bot_time >= 0).all()


@pytest.mark.parametrize(("cv", "deviation"), [(None, 1.0), (0.5, 0.5)])
def test_shared_attention_draws_work_of_a_session_alone(cv: float | None, deviation: float) -> None:
    chat = {"channel": "live_chat", "volume": {"per_day": 5000}, "work_by_concurrency": ["3m", "4m"]}
    result = drawn(chat if cv is None else {**chat, "work_cv": cv})
    assert (result.turns == 1).all()
    assert (result.wrap_up == 0).all()
    units = result.work / (180 * SECOND)
    assert abs(units.mean() - 1) < 4 * deviation / np.sqrt(len(units))
    assert abs(units.std() - deviation) < 0.1


def test_self_service_deflects_page_by_page() -> None:
    pages = {
        "faq": {"deflects": {"q": 0.3}},
        "forum": {"deflects": {"q": 0.5}, "fails": 0.4, "returns_after": "2h"},
    }
    before = drawn({"channel": "email", "volume": {"per_day": 20_000}})
    result = drawn({"channel": "email", "volume": {"per_day": 20_000}}, self_service=pages)
    n = len(before.arrival)
    assert len(result.arrival) == n
    # 70 % of the second page's half do not find the first; of them 40 % fail, but not in the last two hours
    late = (before.arrival >= 22 * HOUR).sum()
    deflected = n * (0.3 + 0.7 * 0.5 * 0.6) + late * 0.7 * 0.5 * 0.4
    assert abs(result.deflected.sum() - deflected) < 4 * np.sqrt(n * 0.51 * 0.49)
    shifted = ~np.isin(result.arrival, before.arrival)
    assert near(shifted, 0.7 * 0.5 * 0.4, n - late)
    assert not result.deflected[shifted].any()
    assert np.isin(result.arrival[shifted] - 2 * HOUR, before.arrival).all()
    everybody = drawn({"channel": "email"}, self_service={"faq": {"deflects": {"q": 1}}})
    assert everybody.deflected.all()


def test_self_service_is_for_those_who_come_by_themselves() -> None:
    queue = {"channel": "email", "initial_backlog": {"contacts": 50, "age": "1h"}, "volume": {"per_day": 0}}
    written = {"news": {"queue": "q", "messages": 30}}
    result = drawn(queue, self_service={"faq": {"deflects": {"q": 1}}}, outbound=written)
    assert len(result.queue) == 80
    assert not result.deflected.any()


DEMAND = {
    "per_day": 20_000,
    "mix": {"phone": 6, "chat": 3, "app": 1},
    "barrier": {"chat": 0.2, "app": 0.5},
    "fallback": {"chat": "phone", "app": "chat"},
}


def test_demand_goes_by_mix_barriers_and_fallbacks() -> None:
    queues = {"phone": {"channel": "phone"}, "chat": {"channel": "live_chat"}, "app": {"channel": "messaging"}}
    team = {"desk": {"skills": dict.fromkeys(queues, 1), "shifts": [{"agents": 2, "hours": "always"}]}}
    doc = {"start": "2026-03-02", "days": 1, "drain": "0s", "seed": 8, "queue": queues, "team": team}

    def counted(**changes: Any) -> tuple[list[int], list[int]]:
        result = sample(parse({**doc, "warm_up": "12h", "demand": {**DEMAND, **changes}}), 1)
        return np.bincount(result.queue, minlength=3).tolist(), result.turned_away.tolist()

    queued, away = counted()
    n = sum(queued)
    assert away == [0, 0, 0]
    for result, share in zip(queued, (0.6 + 0.2 * 0.35, 0.8 * 0.35, 0.05), strict=True):
        assert near(result, share, n)
    # closed: who wanted it wants another; a barrier without fallback turns away, counted from the warm-up on
    queued, away = counted(mix={"phone": 0, "chat": 3, "app": 1}, fallback={}, barrier={"app": 0.5})
    assert queued[0] == 0
    n = sum(queued) + 2 * away[2]
    assert near(queued[1], 0.75, n)
    assert near(away[2], 0.25 * 0.5 * 0.5, n)
    # those who refuse all that they fall back to are turned away where they first wanted to go
    queued, away = counted(barrier={"phone": 1, "chat": 1}, fallback={"phone": "chat", "chat": "phone"})
    assert queued[:2] == [0, 0]
    assert away[0] > away[1] > 0
    assert away[2] == 0


NEWS: dict[str, Any] = {
    "queue": "q", "messages": 4000, "window": {"mon": "09:00-17:00", "tue": "closed"}, "reply_share": 0.3,
    "reply_after": {"mean": "1h"}, "opt_out": 0.1,
}  # fmt: skip
THREAD: dict[str, Any] = {"channel": "messaging", "volume": {"per_day": 0}, "turns": 3, "work": {"mean": "1m"}}


def test_outbound_messages() -> None:
    here = scenario({"q": THREAD}, outbound={"news": NEWS}, days=2)
    result = sample(here, 1)
    check_shape(result, here)
    assert result.outbound.all()
    assert (result.arrival == 9 * HOUR).all()
    assert (result.patience == 8 * HOUR).all()
    answered = result.turns == 4
    assert near(answered, 0.3 * 0.9, 4000)
    assert (result.turns[~answered] == 2).all()
    first = result.latency[result.first_turn]
    assert (first[~answered] == NEVER).all()
    assert abs(first[answered].mean() / HOUR - 1) < 4 / np.sqrt(answered.sum())


def test_outbound_messages_at_a_pace() -> None:
    result = drawn(THREAD, outbound={"news": {**NEWS, "messages": 50, "pace": 6}}, days=2)
    # every ten minutes, until the window closes
    assert (result.arrival / HOUR).tolist() == pytest.approx([9 + i / 6 for i in range(48)])
    assert np.array_equal(result.arrival + result.patience, np.full(48, 17 * HOUR))


def test_who_is_written_to_is_not_transferred_before_they_answer() -> None:
    result = drawn({**THREAD, "transfer": [{"to": "q", "share": 1}]}, outbound={"news": {**NEWS, "messages": 500}})
    written = result.outbound & (result.transfer_child >= 0)
    assert np.array_equal(written, result.outbound & (result.turns > 2))
    leaves = (result.transfer_draw[written].astype(np.int64) * result.turns[written]) >> 31
    assert set(leaves) == {1, 2, 3}


def test_who_leaves_and_does_not_try_again_is_written_to() -> None:
    calls = {"channel": "phone", "volume": {"per_day": 2000}, "retry": {"share": 0.6, "after": "1m"}, "limit": 2}
    news = {"queue": "app", "recontact": ["calls"], "reply_share": 1}
    here = scenario({"calls": calls, "app": {**THREAD, "retry": {"share": 1}}}, outbound={"news": news})
    result = sample(here, 1)
    check_shape(result, here)
    link = result.link[result.retry_child]
    roots = result.link == Link.ROOT
    assert (result.retry_child[roots] >= 0).all()
    assert near(link[roots] == Link.RETRY, 0.6, int(roots.sum()))
    again = np.flatnonzero(result.link == Link.RECONTACT)
    assert (result.queue[again] == 1).all()
    assert (result.after[again] == HOUR).all()
    assert (result.patience[again] == NEVER).all()
    # each takes one of the budget, and ends the chain
    assert result.generation.max() == 2
    assert (result.retry_child[again] == -1).all()


def test_callbacks() -> None:
    queues = {"calls": {"channel": "phone", "volume": {"per_day": 5000}}, "other": {"channel": "phone"}}
    offer = {"queue": "calls", "offer_above": "2m", "accepts": 0.6, "no_answer": 0.2}
    result = sample(scenario(queues, callback={"c": offer}), 1)
    mine = result.queue == 0
    assert near(result.accepts_callback[mine], 0.6, int(mine.sum()))
    assert near(result.no_answer[mine], 0.2, int(mine.sum()))
    assert not (result.accepts_callback | result.no_answer)[~mine].any()


def test_appointments() -> None:
    booked = {"hours": "08:00-18:00", "every": "30m", "each": 3}
    volume: dict[str, Any] = {"appointments": booked}
    hours = {"mon": ["09:00-12:00", "14:00-17:00"], "wed": "16:00-20:00"}
    visit = {"channel": "in_person", "open": hours, "volume": volume}
    slots = [9 + i / 2 for i in range(6)] + [14 + i / 2 for i in range(6)] + [48 + 16 + i / 2 for i in range(4)]
    result = drawn(visit, days=3)
    assert (result.arrival / HOUR).tolist() == [slot for slot in slots for _ in range(3)]
    # early, but not before the doors open
    result = drawn({**visit, "volume": {**volume, "earliness": "40m"}}, days=3)
    edges = {9: 9, 9.5: 9, 14: 14, 14.5: 14, 64: 64, 64.5: 64}
    assert result.arrival / HOUR == pytest.approx([edges.get(slot, slot - 2 / 3) for slot in slots for _ in range(3)])
    many = {**volume, "appointments": {**booked, "each": 1000}, "no_show": 0.1}
    assert near(len(drawn({**visit, "volume": many}, days=1).arrival), 0.9, 12_000)
    assert near(len(drawn({**visit, "volume": {**many, "no_show": 0, "scale": 0.5}}, days=1).arrival), 0.5, 12_000)


def test_an_automatic_reply_and_missed_messages() -> None:
    patient = {"channel": "email", "patience": {"mean": "1h"}, "auto_reply": {"patience": {"mean": "4h"}}}
    result = drawn(patient)
    assert np.abs(result.held_patience - 4 * result.patience).max() <= 4
    assert not result.missed.any()
    result = drawn({**patient, "missed_after": "2h"})
    assert (result.patience <= 2 * HOUR).all()
    assert np.array_equal(result.missed, result.patience == 2 * HOUR)
    assert near(result.missed, np.exp(-2), len(result.missed))
    assert (result.held_patience[result.missed] == 2 * HOUR).all()
    assert drawn({"channel": "social", "missed_after": "2h"}).missed.all()
    plain = drawn({"channel": "email", "patience": {"mean": "1h"}})
    assert np.array_equal(plain.patience, plain.held_patience)


def test_agents_step_out() -> None:
    shifts = [{"agents": 400, "days": "mon-fri", "hours": "08:00-16:00", "breaks": ["12:00-12:30"]}]
    team = {"desk": {"skills": {"q": 1}, "shifts": shifts, "steps_out": {"every": "1h", "lasts": "6m"}}}
    here = scenario({"q": {"channel": "phone"}}, team=team, days=2)
    result = sample(here, 1)
    plan = lower(here)[0]
    check_outs(result, plan)
    assert (result.out_end - result.out_start == 6 * 60 * SECOND).all()
    # every hour and six minutes; half an hour of break and what touches it, and the shift's last six minutes, fall out
    hours = 8 - 0.6 - 0.1
    expected = 800 * hours / 1.1
    assert abs(len(result.out_shift) - expected) < 4 * np.sqrt(expected)
    at = (result.out_start - plan.shift_start[result.out_shift]) / HOUR
    counted = np.histogram(at, [0, 1, 2, 3])[0]
    assert (np.abs(counted - 800 / 1.1) < 5 * np.sqrt(800 / 1.1) + 40).all()
    assert len(set(result.out_shift)) > 780
    one, two = (result.out_start[result.out_shift == shift] for shift in (0, 1))
    assert not set(one - plan.shift_start[0]) & set(two - plan.shift_start[1])


def test_steps_of_a_constant_distribution_repeat_with_each_shift() -> None:
    every = {"constant": "1h"}
    shift = {"agents": 1, "hours": "08:00-12:00", "breaks": ["09:20-09:40"]}
    team = {"desk": {"skills": {"q": 1}, "shifts": [shift], "steps_out": {"every": every, "lasts": "20m"}}}
    result = sample(scenario({"q": {"channel": "phone"}}, team=team, days=2), 1)
    # 9:00 to 9:20 touches the break; 10:20, 11:40 touches the shift's end
    assert (result.out_start / HOUR).tolist() == pytest.approx([10 + 1 / 3, 34 + 1 / 3])
    assert result.out_shift.tolist() == [0, 1]


def test_busy_days_go_together() -> None:
    busy = {"channel": "email", "volume": {"per_day": 2000, "busyness_cv": 0.4}}

    def correlation(share: float) -> float:
        here = scenario({"a": busy, "b": busy}, days=60, busyness={"correlation": share})
        result = sample(here, 1)
        days = [np.bincount(result.arrival[result.queue == q] // DAY, minlength=60) for q in (0, 1)]
        return float(np.corrcoef(days)[0, 1])

    assert correlation(0.9) > 0.7
    assert abs(correlation(0)) < 4 / np.sqrt(60)


def test_random_cases_meet_every_behaviour() -> None:
    met: set[str] = set()
    for seed in range(100):
        result, plan, _ = random_cases.tables(random_cases.scenario(seed))
        met |= {
            name
            for name, there in {
                "lost": (result.comeback == NEVER).any(),
                "back": np.isin(result.comeback, (-1, NEVER), invert=True).any(),
                "reconnection": (result.reconnect_child >= 0).any(), "interruption": plan.interrupts.any(),
                "shared": len(plan.shared_mean) > 0, "bot": result.contained.any(), "repeats": result.bot_repeats.any(),
                "bot at night": (plan.outside == Outside.BOT).any(), "deflected": result.deflected.any(),
                "outbound": (result.outbound & (result.link == Link.ROOT)).any(), "missed": result.missed.any(),
                "recontact": (result.link == Link.RECONTACT).any(), "callback": result.accepts_callback.any(),
                "no answer": result.no_answer.any(), "out": len(result.out_shift) > 0,
                "turned away": result.turned_away.any(),
                "automatic reply": (result.held_patience != result.patience).any(),
            }.items()
            if there
        }  # fmt: skip
        for name in random_cases.DRAWN_TIMES:
            times = getattr(result, name)
            assert (times % random_cases.GRID == 0)[(times != -1) & (times < NEVER)].all(), name
    assert len(met) == 17
