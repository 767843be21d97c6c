"""Metrics of tiny logs written by hand, with figures worked out by hand; some logs are those of test_audit.py."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from ccsim.engine.audit import audit
from ccsim.metrics import METRICS, measure, summarise
from ccsim.metrics.facts import SERVICE_LEVELS
from ccsim.tables import Log, MetricSpec, Outcome, Plan, Workload
from tests.tables_by_hand import FOREVER, contact, make_plan, make_workload, queue, team, us
from tests.unit import test_audit as logs
from tests.unit.logs_by_hand import make_log

Case = tuple[Workload, Plan, Log]
HOUR = 3600


def make_spec(plan: Plan, **changes: Any) -> MetricSpec:
    """Terms with targets 80 % in 20 s, 20 an hour, value 4 and fee 0.5; `changes` are per queue, team or shift."""
    queues, teams = len(plan.one_to_one), len(plan.overrun)

    def numbers(name: str, count: int, default: float) -> Any:
        return np.broadcast_to(np.asarray(changes.pop(name, default), dtype=np.float64), count)

    cost = numbers("cost_per_hour", teams, 20)
    spec = MetricSpec(
        interval=us(changes.pop("interval", 1800)),
        days=np.array([0, plan.end]),
        queues=tuple(f"q{q}" for q in range(queues)),
        teams=tuple(f"t{t}" for t in range(teams)),
        channels=("phone",) * queues,
        sl_formula=(changes.pop("sl_formula", "all_offered"),) * queues,
        business_clock=np.full(queues, changes.pop("business_clock", False)),
        sl_share=numbers("sl_share", queues, 0.8),
        sl_time=numbers("sl_time", queues, 20),
        sl_usual=np.full(queues, changes.pop("sl_usual", False)),
        short_abandon=numbers("short_abandon", queues, 5),
        reply_share=numbers("reply_share", queues, 0.9),
        reply_time=numbers("reply_time", queues, 60),
        max_abandonment=numbers("max_abandonment", queues, np.nan),
        resolution_share=numbers("resolution_share", queues, 0.9),
        resolution_time=numbers("resolution_time", queues, 100),
        resolution_usual=np.full(queues, changes.pop("resolution_usual", False)),
        value=(value := numbers("value", queues, 4)),
        reason_value=np.asarray(changes.pop("reason_value", value[:, None])),
        value_offset=np.arange(queues + 1) * len(steps := changes.pop("value_steps", ())),
        value_after=np.array([us(after) for after, _ in steps] * queues, dtype=np.int64),
        value_factor=np.array([factor for _, factor in steps] * queues, dtype=np.float64),
        fee=numbers("fee", queues, 0.5),
        bot_cost=numbers("bot_cost", queues, 0),
        bot_cost_per_minute=numbers("bot_cost_per_minute", queues, 0),
        effort=numbers("effort", queues, 3),
        cost_per_hour=cost,
        overtime_factor=numbers("overtime_factor", teams, 1.5),
        max_occupancy=numbers("max_occupancy", teams, 0.85),
        premiums=changes.pop("premiums", ()),
        shift_cost=np.asarray(changes.pop("shift_cost", cost[plan.team[plan.shift_agent]])),
        paid=np.full(len(plan.shift_agent), changes.pop("paid", True)),
    )
    assert not changes, f"unknown: {changes}"
    return spec


def figures(case: Case, **spec: Any) -> dict[tuple[str, str], float | None]:
    """Mean by (name, metric)."""
    workload, plan, log = case
    summary = summarise([measure(workload, plan, make_spec(plan, **spec), log)])
    return {(row.name, row.metric): row.mean for row in summary.rows}


def by_interval(case: Case, name: str, metric: str, **spec: Any) -> list[float | None]:
    workload, plan, log = case
    summary = summarise([measure(workload, plan, make_spec(plan, **spec), log)])
    return [row.mean for row in summary.interval_rows() if (row.name, row.metric) == (name, metric)]


def calls(warm_up: float = 0, **changes: Any) -> Case:
    """One agent: call 0 at once, with wrap-up; caller 1 gives up after 30 s; call 2 waits 70 s; call 3 comes later."""
    plan = make_plan([queue("phone", **changes)], [team({0: 1})], end=HOUR, warm_up=warm_up)
    arrivals = (0, 10, 20, 2000)
    work = make_workload([contact(0, t, work=[60], wrap_up=30 if t == 0 else 0) for t in arrivals], plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 60, 90),
            1: (Outcome.ABANDONED, 10, 1, 40, 40),
            2: (Outcome.RESOLVED, 20, 1, 150, 150),
            3: (Outcome.RESOLVED, 2000, 1, 2100, 2100),
        },
        turns={0: (0, 0, 60, 0), 1: (10, None, None, -1), 2: (20, 90, 150, 0), 3: (2000, 2000, 2100, 0)},
        stretches=[(0, 0, 0, 0, 90), (1, -1, 10, 40, 40), (2, 0, 20, 90, 150), (3, 0, 2000, 2000, 2100)],
        presences=[(0, 0, 2 * HOUR)],
    )
    return work, plan, log


def test_names_are_the_contract() -> None:
    names = """abandonment abandonment_seen service_level asa wait_mean wait_p50 wait_p80 wait_p90 wait_p95 wait_max
        reply_wait_mean reply_wait_p90 reply_level response_mean session_mean handle_mean reread_share resolution_mean
        resolution_level turns_mean agents_per_contact transfer_rate reopen_rate fcr repeat_contacts queue_mean
        queue_max open_mean backlog_max oldest_age_max intervals_met effort cost cost_per_resolved value_lost offered
        answered turned_away resolved transferred abandoned silently_abandoned lost timed_out blocked rejected deflected
        contained expired open"""
    agents = """staffed_hours paid_hours overtime_hours occupancy utilisation slot_occupancy concurrency_mean
        concurrency_max concurrency_share_0 concurrency_share_1 concurrency_share_2 concurrency_share_3plus
        interruptions cost overtime_cost"""
    missing = {("queue", name) for name in names.split()} | {("team", name) for name in agents.split()}
    assert not missing - set(METRICS)
    assert all(m.unit and m.formula and m.source for m in METRICS.values())


CALLS = {
    "offered": 4, "customers": 4, "answered": 3, "resolved": 3, "abandoned": 1, "open": 0, "turned_away": 0,
    "abandonment": 1 / 4, "abandonment_seen": 1 / 4, "service_level": 2 / 4, "intervals_met": 1 / 2,
    "delayed": 2 / 4, "asa": 70 / 3, "wait_mean": 100 / 4, "wait_p50": 0, "wait_p80": 70, "wait_p90": 70,
    "wait_p95": 70, "wait_max": 70,
    "response_mean": (60 + 130 + 100) / 3, "session_mean": (90 + 60 + 100) / 3, "handle_mean": (90 + 60 + 100) / 3,
    "resolution_mean": (60 + 130 + 100) / 3, "resolution_level": 2 / 4, "turns_mean": 1, "agents_per_contact": 1,
    "transfer_rate": 0, "reopen_rate": 0, "fcr": 1, "repeat_contacts": 0, "effort": 3,
    "queue_mean": 100 / HOUR, "queue_max": 2, "backlog_max": 2, "oldest_age_max": 70,
    "open_mean": (90 + 30 + 130 + 100) / HOUR, "work_hours": 250 / HOUR, "value_lost": 4,
    "cost": 20 + 4 * 0.5, "cost_per_resolved": 22 / 3, "cost_per_contact": 22 / 3, "customers_lost": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str) -> None:
    result = figures(calls())
    assert result["q0", name] == pytest.approx(CALLS[name])
    assert result["total", name] == pytest.approx(CALLS[name])


def test_agents_of_calls() -> None:
    result = figures(calls())
    expected = {
        "staffed_hours": 1, "paid_hours": 1, "overtime_hours": 0, "occupancy": 250 / HOUR, "utilisation": 250 / HOUR,
        "slot_occupancy": 250 / HOUR, "concurrency_mean": 1, "concurrency_max": 1, "concurrency_share_0": 3350 / HOUR,
        "concurrency_share_1": 250 / HOUR, "concurrency_share_2": 0, "concurrency_share_3plus": 0, "interruptions": 0,
        "cost": 20,
    }  # fmt: skip
    assert {name: result["t0", name] for name in expected} == pytest.approx(expected)


def test_waits_in_open_hours() -> None:
    """Closed from 30 to 60: of the waits of 30 s and 70 s, 20 s and 40 s were in open hours."""
    case = calls(hours=[(0, 30), (60, FOREVER)])
    result = figures(case, business_clock=True)
    assert result["q0", "asa_business"] == pytest.approx(40 / 3)
    assert result["q0", "wait_p90_business"] == 40
    assert result["q0", "asa"] == pytest.approx(70 / 3)
    assert ("total", "asa_business") not in result
    assert not {("q0", "asa_business"), ("q0", "wait_p90_business")} & set(figures(case))


def test_what_is_usual_is_measured_and_not_judged() -> None:
    result = figures(calls(), sl_usual=True, resolution_usual=True)
    assert result["q0", "service_level"] == 2 / 4
    assert result["q0", "resolution_level"] == 2 / 4
    assert ("q0", "intervals_met") not in result


def test_metrics_that_do_not_apply_are_left_out() -> None:
    result = figures(calls(), sl_time=np.nan, resolution_time=np.nan)
    for name in (
        "service_level",
        "intervals_met",
        "resolution_level",
        "reply_wait_mean",
        "reply_level",
        "reread_share",
    ):
        assert ("q0", name) not in result
        assert ("total", name) not in result
    assert ("total", "staffed_hours") in result


def test_intervals_book_contacts_by_arrival_and_work_when_done() -> None:
    case = calls()
    assert by_interval(case, "q0", "offered") == [3, 1]
    assert by_interval(case, "q0", "service_level") == pytest.approx([1 / 3, 1])
    assert by_interval(case, "q0", "asa") == pytest.approx([35, 0])
    assert by_interval(case, "q0", "queue_mean") == pytest.approx([100 / 1800, 0])
    assert by_interval(case, "q0", "queue_max") == [2, 0]
    assert by_interval(case, "t0", "utilisation") == pytest.approx([150 / 1800, 100 / 1800])
    assert by_interval(case, "total", "staffed_hours") == [0.5, 0.5]
    # intervals of 100 s: call 0's wrap-up and call 2 share the first, call 2 goes on in the second
    work = by_interval(case, "q0", "work_hours", interval=100)
    assert [round(hours * HOUR) for hours in work[:3] if hours is not None] == [100, 50, 0]
    assert by_interval(case, "q0", "asa", interval=100)[1] is None


def test_warm_up_is_not_counted() -> None:
    case = calls(warm_up=50)
    result = figures(case)
    assert result["q0", "offered"] == 1
    assert result["q0", "wait_mean"] == 0
    assert result["q0", "queue_mean"] == pytest.approx(40 / 3550)  # call 2, from 50 to 90
    assert result["q0", "queue_max"] == 1
    assert result["q0", "oldest_age_max"] == 70
    assert result["t0", "staffed_hours"] == pytest.approx(3550 / HOUR)
    assert result["t0", "occupancy"] == pytest.approx(200 / 3550)
    assert by_interval(case, "q0", "offered") == [0, 1]
    assert by_interval(case, "t0", "staffed_hours") == pytest.approx([1750 / HOUR, 0.5])


def test_no_contacts_no_figures() -> None:
    plan = make_plan([queue("phone")], [team({0: 1})], end=HOUR)
    work = make_workload([], plan)
    case = work, plan, make_log(work, plan, contacts={}, turns={}, stretches=[], presences=[(0, 0, 2 * HOUR)])
    result = figures(case)
    assert result["q0", "offered"] == 0
    for name in ("service_level", "asa", "wait_mean", "wait_p90", "abandonment", "fcr", "handle_mean", "intervals_met"):
        assert result["q0", name] is None
    assert result["q0", "queue_mean"] == 0
    assert result["t0", "occupancy"] == 0
    assert result["t0", "concurrency_mean"] is None
    assert result["q0", "cost"] == 20  # split by skill, as there was no work to split by


def waiting(waits: list[tuple[Outcome, float]]) -> Case:
    """Contacts at second 0 that wait so long and are then answered, or leave; more agents than contacts."""
    plan = make_plan([queue("phone")], [team({0: 1})], end=HOUR)
    work = make_workload([contact(0, 0) for _ in waits], plan)
    answered = [outcome is Outcome.RESOLVED for outcome, _ in waits]
    log = make_log(
        work,
        plan,
        contacts={c: (outcome, 0, 1, t, t) for c, (outcome, t) in enumerate(waits)},
        turns={c: (0, t, t, 0) if answered[c] else (0, None, None, -1) for c, (_, t) in enumerate(waits)},
        stretches=[],
        presences=[],
    )
    return work, plan, log


FORMULAS = {
    "answered_or_abandoned": 0.8302,
    "answered_only": 0.8600,
    "all_offered": 0.8113,
    "late_abandons": 0.8269,
    "short_counted_in": 0.8208,
    "short_excluded": 0.8190,
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_service_level_formulas(formula: str) -> None:
    """1000 answered, 860 of them in time; 60 not, 20 of them gone in time, 10 of those at once."""
    numerator, denominator = SERVICE_LEVELS[formula](1000, 860, 60, 20, 10)
    assert numerator / denominator == pytest.approx(FORMULAS[formula], abs=5e-5)
    waits = [(Outcome.RESOLVED, 20.0)] * 860 + [(Outcome.RESOLVED, 20.5)] * 140
    waits += (
        [(Outcome.ABANDONED, 5.0)] * 10 + [(Outcome.SILENTLY_ABANDONED, 19.0)] * 10 + [(Outcome.ABANDONED, 21.0)] * 15
    )
    waits += [(Outcome.BLOCKED, 0.0)] * 10 + [(Outcome.OPEN, 7200.0)] * 15
    result = figures(waiting(waits), sl_formula=formula)
    assert result["q0", "service_level"] == pytest.approx(FORMULAS[formula], abs=5e-5)


def test_blocked_and_rejected() -> None:
    """Blocked contacts entered, with a wait of 0, and were never answered; rejected ones never entered."""
    case = waiting([(Outcome.RESOLVED, 10), (Outcome.BLOCKED, 0), (Outcome.REJECTED, 0), (Outcome.ABANDONED, 2)])
    result = figures(case)
    assert result["q0", "offered"] == 4
    assert result["q0", "abandonment"] == pytest.approx(1 / 3)
    assert result["q0", "service_level"] == pytest.approx(1 / 3)
    assert result["q0", "wait_mean"] == pytest.approx(12 / 3)
    assert figures(case, sl_formula="late_abandons")["q0", "service_level"] == pytest.approx(1 / 2)


def test_quantiles_agree_with_the_service_level() -> None:
    """p80 is within the time exactly if 80 % of the waits are."""
    for late, p80 in ((2, 20.0), (3, 30.0)):
        case = waiting([(Outcome.RESOLVED, 20.0)] * (10 - late) + [(Outcome.RESOLVED, 30.0)] * late)
        result = figures(case)
        assert result["q0", "wait_p80"] == p80
        assert (result["q0", "service_level"] >= 0.8) == (p80 <= 20)


def test_share_of_intervals_met_survives_rounding() -> None:
    """0.07 × 100 is a rounding error above 7."""
    case = waiting([(Outcome.RESOLVED, 1.0)] * 7 + [(Outcome.RESOLVED, 30.0)] * 93)
    assert figures(case, sl_share=0.07)["q0", "intervals_met"] == 1
    assert figures(case, sl_share=0.08)["q0", "intervals_met"] == 0


def test_initial_backlog_waits_from_its_true_arrival_and_counts_at_0() -> None:
    plan = make_plan([queue("email")], [team({0: 1})], end=HOUR)
    work = make_workload([contact(0, -100, work=[60])], plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.RESOLVED, -100, 1, 110, 110)},
        turns={0: (-100, 50, 110, 0)},
        stretches=[(0, 0, -100, 50, 110)],
        presences=[(0, 0, 2 * HOUR)],
    )
    result = figures((work, plan, log))
    assert result["q0", "offered"] == 1
    assert result["q0", "asa"] == 150
    assert result["q0", "oldest_age_max"] == 150
    assert result["q0", "queue_mean"] == pytest.approx(50 / HOUR)
    assert result["q0", "open_mean"] == pytest.approx(110 / HOUR)
    assert by_interval((work, plan, log), "q0", "offered") == [1, 0]


def test_chat_attention_and_slots() -> None:
    """Sessions 10-170 and 20-130 of one agent with two slots; work 10-40, 40-130, 130-170."""
    result = figures(logs.chat(), sl_time=15)
    expected = {
        "asa": 10, "service_level": 1 / 2, "reply_wait_mean": 70, "reply_wait_p90": 70, "reply_level": 0,
        "response_mean": (30 + 100 + 110 + 30 - 30) / 3, "session_mean": (160 + 110) / 2, "handle_mean": (70 + 90) / 2,
        "turns_mean": 3 / 2, "agents_per_contact": 1, "open_mean": 270 / HOUR, "backlog_max": 1, "queue_max": 0,
        "oldest_age_max": 70, "resolution_mean": (150 + 110) / 2,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    agents = {
        "occupancy": 160 / HOUR, "utilisation": 160 / HOUR, "slot_occupancy": 270 / (2 * HOUR),
        "concurrency_mean": 270 / 160, "concurrency_max": 2, "concurrency_share_0": 3440 / HOUR,
        "concurrency_share_1": 50 / HOUR, "concurrency_share_2": 110 / HOUR, "concurrency_share_3plus": 0,
    }  # fmt: skip
    assert {name: result["t0", name] for name in agents} == pytest.approx(agents)


def test_messaging_re_reading_parking_and_clocks() -> None:
    result = figures(logs.messaging(), sl_time=60, resolution_time=600)
    expected = {
        "service_level": 2 / 3, "asa": (0 + 40 + 500) / 3, "handle_mean": (80 + 20 + 20) / 3, "reread_share": 10 / 120,
        "session_mean": (140 + 80 + 20) / 3, "reply_wait_mean": 0, "reply_level": 1, "expired": 1, "turns_mean": 4 / 3,
        "open_mean": (180 + 500 + 520) / HOUR, "queue_mean": (40 + 500) / HOUR, "resolution_level": 2 / 3,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    assert result["t0", "concurrency_mean"] == pytest.approx((100 + 40 + 80 + 20) / 200)
    assert result["t0", "slot_occupancy"] == pytest.approx(240 / HOUR)
    assert result["t0", "concurrency_share_2"] == pytest.approx(40 / HOUR)
    # contact 2 came at 1500 and was answered at 2000, when the queue opened
    assert figures(logs.messaging(), sl_time=60, business_clock=True)["q0", "service_level"] == 1
    assert figures(logs.messaging(), resolution_time=30, business_clock=True)["q0", "resolution_level"] == 1 / 3


def test_chains_of_contacts() -> None:
    result = figures(logs.chain(), effort=[1, 3], value=[5, 100], cost_per_hour=[36, 10], fee=[1, 0])
    expected = {
        "offered": 5, "answered": 4, "transferred": 1, "timed_out": 1, "silently_abandoned": 1, "resolved": 2,
        "abandonment": 1 / 5, "abandonment_seen": 0, "transfer_rate": 1 / 4, "reopen_rate": 1 / 2, "fcr": 0 / 3,
        "repeat_contacts": 2 / 4, "effort": (5 * 1 + 2 * 3) / 4, "value_lost": 5, "response_mean": 10,
        "reply_wait_mean": 0, "wait_mean": 3 / 5, "asa": 0, "turns_mean": 5 / 4,
        "session_mean": (10 + 60 + 95 + 10 + 40) / 5,
        "cost": 36 + 5, "cost_per_resolved": 41 / 2, "cost_per_contact": 41 / 4, "customers_lost": 1,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    assert result["q1", "offered"] == 2
    assert result["q1", "fcr"] is None
    assert result["q1", "cost"] == pytest.approx(2 * 10)
    assert result["total", "cost"] == pytest.approx(41 + 20)
    assert result["total", "offered"] == 7
    assert result["total", "fcr"] == 0
    assert result["t0", "cost"] == 36
    assert result["total", "paid_hours"] == 3
    assert result["t0", "utilisation"] == pytest.approx((10 + 10 + 10 + 10 + 40 + 10) / HOUR)


@pytest.mark.parametrize(("paid", "hours"), [(True, 100 + 200 + 195), (False, 70 + 10 + 200 + 195)])
def test_pauses_and_overtime(paid: bool, hours: float) -> None:
    """Shifts 0-100 with a pause 60-90 and 400-600; a wrap-up runs to 70, a call to 295."""
    result = figures(logs.phone(), paid=paid)
    expected = {
        "staffed_hours": (70 + 205 + 200) / HOUR, "overtime_hours": 195 / HOUR, "paid_hours": hours / HOUR,
        "occupancy": (70 + 205 + 25) / 475, "utilisation": (65 + 200 + 20) / 475,
        "cost": 20 * (hours + 0.5 * 195) / HOUR, "overtime_cost": 20 * 1.5 * 195 / HOUR,
    }  # fmt: skip
    assert {name: result["t0", name] for name in expected} == pytest.approx(expected)


def test_absence_is_paid_but_not_staffed() -> None:
    work, plan, log = calls()
    absent = work._replace(present=np.array([False]))
    gone = log._replace(
        presence_shift=log.presence_shift[:0], presence_start=np.zeros(0, int), presence_end=np.zeros(0, int)
    )
    result = figures((absent, plan, gone))
    assert result["t0", "paid_hours"] == 1
    assert result["t0", "staffed_hours"] == 0
    assert result["t0", "occupancy"] is None


def test_sessions_held_in_a_pause_do_not_occupy() -> None:
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 3}, agents=[[(0, 1000, [(100, 300)])]])], end=HOUR)
    work = make_workload([contact(0, 0, work=[10, 10], latency=[300])], plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.RESOLVED, 0, 2, 320, 320)},
        turns={0: (0, 0, 10, 0), 1: (310, 310, 320, 0)},
        stretches=[(0, 0, 0, 0, 320)],
        presences=[(0, 0, 100), (0, 300, 1000)],
    )
    result = figures((work, plan, log))
    assert result["t0", "occupancy"] == pytest.approx(120 / 800)
    assert result["t0", "slot_occupancy"] == pytest.approx(120 / 2400)
    assert result["q0", "session_mean"] == 320


def test_lost_customers_and_work_in_hand_at_the_end() -> None:
    """Contact 0 leaves silently at its second wait and is answered in vain; contact 1 is in work when the run stops."""
    plan = make_plan([queue("live_chat", idle_timeout=10)], [team({0: 1}, {0: 2})], end=1000, drain=0)
    roots = [contact(0, 0, work=[20, 20], latency=[5], reply_patience=[30], silent=True), contact(0, 21, work=[2000])]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.LOST, 0, 2, 55, 130), 1: (Outcome.OPEN, 21, 1, 1000, 1000)},
        turns={0: (0, 0, 20, 0), 1: (25, 100, 120, 0), 2: (21, 120, None, 0)},
        stretches=[(0, 0, 0, 0, 130), (1, 0, 21, 21, 1000)],
        presences=[(0, 0, 1000)],
    )
    result = figures((work, plan, log), reply_time=60)
    expected = {
        "answered": 2, "reply_wait_mean": 30, "reply_level": 0, "response_mean": 20, "turns_mean": 3 / 2,
        "handle_mean": (40 + 880) / 2, "backlog_max": 2, "oldest_age_max": 99, "lost": 1, "open": 1,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)


def test_agents_per_contact_counts_each_once() -> None:
    plan = make_plan([queue("messaging")], [team({0: 1}, agents=[[(0, FOREVER)], [(0, FOREVER)]])], end=HOUR)
    work = make_workload([contact(0, 0, work=[10] * 3, latency=[5, 5]), contact(0, 100, work=[10])], plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.RESOLVED, 0, 3, 40, 40), 1: (Outcome.RESOLVED, 100, 1, 110, 110)},
        turns={0: (0, 0, 10, 0), 1: (15, 15, 25, 1), 2: (30, 30, 40, 0), 3: (100, 100, 110, 1)},
        stretches=[(0, 0, 0, 0, 10), (0, 1, 15, 15, 25), (0, 0, 30, 30, 40), (1, 1, 100, 100, 110)],
        presences=[(0, 0, 2 * HOUR), (1, 0, 2 * HOUR)],
    )
    assert figures((work, plan, log))["q0", "agents_per_contact"] == 3 / 2


# ── behaviours of section 6, on the logs of test_audit.py ────────────────────────────────────────────────────────────


def test_bot_and_self_service() -> None:
    """Waits count from the bot's end, at 40, 200 and 1350, the resolution from the arrival at 10."""
    result = figures(logs.bot(), value=[4, 7], effort=[1, 2], fee=[1, 1])
    expected = {
        "offered": 4, "deflected": 1, "contained": 1, "answered": 2, "resolved": 2, "service_level": 1, "asa": 0,
        "response_mean": (10 + 20 + 20) / 3, "resolution_mean": (65 + 20) / 2, "handle_mean": 50 / 2,
        "turns_mean": 3 / 2, "fcr": 1, "repeat_contacts": 0, "effort": 1, "value_lost": 0,
        "wait_mean": 0, "open_mean": (20 + 65 + 20) / HOUR,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    # 0 is contained, 1 is not, 2 went past the bot
    by_bot = {"bot_conversations": 2, "containment": 1 / 2, "containment_net": 1 / 2, "people_cost_per_resolved": 11}
    assert {name: result["q0", name] for name in by_bot} == pytest.approx(by_bot)
    # 4 was held until 2000 and nobody looked at it by 2100; 5 is still with the bot and has not entered
    missed = {
        "offered": 2, "answered": 0, "expired": 1, "open": 1, "abandonment": 0, "service_level": 0, "wait_mean": 750,
        "wait_max": 750, "oldest_age_max": 750, "backlog_max": 1, "resolution_level": 0, "value_lost": 14,
        "queue_mean": 750 / HOUR, "open_mean": (800 + 10) / HOUR, "cost": 1,
    }  # fmt: skip
    assert {name: result["q1", name] for name in missed} == pytest.approx(missed)
    assert figures(logs.bot(), sl_time=100, business_clock=True)["q1", "wait_mean"] == 750
    assert result["total", "cost"] == pytest.approx(20 + 2 + 1)


def test_who_comes_back_though_the_bot_contained_them() -> None:
    """0 and 1 are contained at 20 and 60, after 20 and 30 s; 0 is back at 50, served, and 2 never talked to the bot."""
    plan = make_plan([queue("live_chat", bot_hours=[(0, 1000)])], [team({0: 1})])
    roots = [
        contact(0, 0, bot_time=20, contained=True, bounce=contact(0, work=[10], after=30), reason=1),
        contact(0, 30, bot_time=30, contained=True),
        contact(0, 2000, bot_time=5, work=[10], patience=0, reason=0),
    ]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.CONTAINED, 0, 0, 20, 20),
            1: (Outcome.CONTAINED, 30, 0, 60, 60),
            2: (Outcome.RESOLVED, 2000, 1, 2010, 2010),
            3: (Outcome.RESOLVED, 50, 1, 60, 60),
        },
        turns={2: (2000, 2000, 2010, 0), 3: (50, 50, 60, 0)},
        stretches=[(2, 0, 2000, 2000, 2010), (3, 0, 50, 50, 60)],
        presences=[(0, 0, 2 * HOUR)],
        parents={3: 0},
    )
    assert audit(work, plan, log) == []
    costs = {"fee": 0, "bot_cost": 0.5, "bot_cost_per_minute": 0.6}
    result = figures((work, plan, log), reason_value=np.array([[4.0, 9.0, 1.0]]), **costs)
    expected = {
        "offered": 4, "customers": 3, "bot_conversations": 2, "contained": 2, "bounced": 1, "containment": 1,
        "containment_net": 1 / 2, "repeat_contacts": 1 / 3, "value_lost": 0, "cost": 20 + 2 * 0.5 + 50 / 60 * 0.6,
        "bot_cost_per_resolved": 1.5, "people_cost_per_resolved": 10, "cost_per_solved": 21.5 / 3,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    # the one who came back is not answered, and lost with the value of its reason
    lost = log._replace(outcome=np.where(np.arange(4) == 3, Outcome.ABANDONED, log.outcome).astype(np.int8))
    result = figures((work, plan, lost), reason_value=np.array([[4.0, 9.0, 1.0]]))
    assert (result["q0", "customers_lost"], result["q0", "value_lost"]) == (1, 1)


def test_value_shrinks_until_the_first_answer() -> None:
    """Worth 4: 0 is answered at once, 2 after 70 s, 3 at once; who left after 30 s is lost with all of it."""
    result = figures(calls(), value_steps=((0, 0.75), (70, 0.5)))
    assert (result["q0", "value_lost_by_wait"], result["q0", "value_lost"]) == (1 + 2 + 1, 4 + 4)
    assert figures(calls(), value_steps=((71, 0.5),))["q0", "value_lost_by_wait"] == 0
    assert ("q0", "value_lost_by_wait") not in figures(calls())


def test_waits_of_who_would_never_give_up() -> None:
    """Two are answered at once; of the others one gives up after 30 s, so that the last one's 70 s count for both."""
    result = figures(calls())
    assert result["q0", "virtual_wait_mean"] == pytest.approx(35)
    assert [figures(calls(), sl_time=t)["q0", "virtual_service_level"] for t in (0, 69, 70)] == [1 / 2, 1 / 2, 1]
    assert figures(calls(), sl_time=69)["q0", "service_level"] == 1 / 2
    # who was told the wait left for it
    told = set(figures(calls(told_place=60)))
    assert not {("q0", "virtual_wait_mean"), ("q0", "virtual_service_level")} & told


def test_replies_in_time_by_turn() -> None:
    """Answered within a minute: the second and the fourth of five messages; who leaves has not been answered."""
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2})], end=HOUR)
    work = make_workload([contact(0, 0, work=[10] * 5, latency=[20] * 4), contact(0, 0, [10] * 3, [20] * 2)], plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.RESOLVED, 0, 5, 330, 330), 1: (Outcome.LOST, 0, 3, 90, 90)},
        turns={
            0: (0, 0, 10, 0), 1: (30, 40, 50, 0), 2: (70, 140, 150, 0), 3: (170, 230, 240, 0), 4: (260, 321, 331, 0),
            5: (0, 10, 20, 0), 6: (40, 50, 60, 0), 7: (80, None, None, -1),
        },
        stretches=[(0, 0, 0, 0, 330), (1, 0, 0, 0, 90)],
        presences=[(0, 0, HOUR)],
    )  # fmt: skip
    result = figures((work, plan, log), reply_time=60)
    levels = {"reply_level": 3 / 6, "reply_level_2": 2 / 2, "reply_level_3": 0 / 2, "reply_level_4plus": 1 / 2}
    assert {name: result["q0", name] for name in levels} == levels


def test_lost_connections() -> None:
    """0 is lost with its last message answered, 1 comes back as contact 3; 0's retry is contact 2."""
    result = figures(logs.connection())
    expected = {
        "answered": 4, "lost": 1, "timed_out": 1, "resolved": 2, "reply_wait_mean": 0, "reply_level": 1,
        "response_mean": 10, "turns_mean": 5 / 4, "handle_mean": 50 / 4, "session_mean": (95 + 60 + 10 + 10) / 4,
        "fcr": 0, "repeat_contacts": 2 / 2, "abandonment": 0, "value_lost": 0,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)


def test_interruptions() -> None:
    """An e-mail of 100 s with a wrap-up of 20 s, interrupted for 55 s and 15 s; calls of 50 s and 10 s, and ringing."""
    result = figures(logs.interruption())
    expected = {
        ("q1", "handle_mean"): 120, ("q1", "response_mean"): 155, ("q1", "session_mean"): 190,
        ("q0", "handle_mean"): 60 / 2, ("q0", "asa"): 5, ("t0", "interruptions"): 2, ("t0", "work_hours"): 180 / HOUR,
        ("t0", "utilisation"): 180 / HOUR, ("t0", "occupancy"): 190 / HOUR, ("t0", "concurrency_max"): 2,
        ("t0", "slot_occupancy"): (190 / 2 + 70) / HOUR, ("q0", "cost"): 20 / 3 + 1, ("q1", "cost"): 40 / 3 + 0.5,
    }  # fmt: skip
    assert {key: result[key] for key in expected} == pytest.approx(expected)
    assert by_interval(logs.interruption(), "t0", "interruptions", interval=100)[:3] == [1, 1, 0]
    work = by_interval(logs.interruption(), "q1", "work_hours", interval=100)[:3]
    assert work == pytest.approx([45 / HOUR, 75 / HOUR, 0])


def test_shared_attention_counts_once_for_the_agent() -> None:
    """Contact 0 has the agent alone for 60 s and 30 s, and half of them for 105 s."""
    result = figures(logs.shared())
    expected = {
        ("q0", "handle_mean"): 195 / 2, ("q0", "response_mean"): (195 + 105) / 2, ("t0", "utilisation"): 195 / HOUR,
        ("t0", "occupancy"): 195 / HOUR, ("t0", "concurrency_mean"): 300 / 195, ("q0", "session_mean"): 150,
    }  # fmt: skip
    assert {key: result[key] for key in expected} == pytest.approx(expected)
    work = by_interval(logs.shared(), "t0", "work_hours", interval=100)[:3]
    assert work == pytest.approx([100 / HOUR, 95 / HOUR, 0])


def test_shared_attention_splits_the_cost_evenly_at_each_moment() -> None:
    """The same in two queues; another agent, on the phone for 45 s meanwhile, shares nothing."""
    plan = make_plan(
        [queue("live_chat", shared=[180, 210, 240])] * 2 + [queue("phone")],
        [team({0: 1, 1: 1}, {0: 3, 1: 3}), team({2: 1})],
    )
    roots = [contact(0, 0, work=[180]), contact(1, 60, work=[90]), contact(2, 100, work=[45])]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 195, 195),
            1: (Outcome.RESOLVED, 60, 1, 165, 165),
            2: (Outcome.RESOLVED, 100, 1, 145, 145),
        },
        turns={0: (0, 0, 195, 0), 1: (60, 60, 165, 0), 2: (100, 100, 145, 1)},
        stretches=[(0, 0, 0, 0, 195), (1, 0, 60, 60, 165), (2, 1, 100, 100, 145)],
        presences=[(0, 0, 2 * HOUR), (1, 0, 2 * HOUR)],
    )
    assert audit(work, plan, log) == []
    result = figures((work, plan, log), fee=[0, 0, 0])
    expected = {
        ("q0", "handle_mean"): 142.5, ("q1", "handle_mean"): 52.5, ("q2", "handle_mean"): 45,
        ("q0", "cost"): 20 * 142.5 / 195, ("q1", "cost"): 20 * 52.5 / 195, ("q2", "cost"): 20,
        ("t0", "utilisation"): 195 / HOUR, ("t1", "utilisation"): 45 / HOUR,
    }  # fmt: skip
    assert {key: result[key] for key in expected} == pytest.approx(expected)


def test_call_backs() -> None:
    """The waits are 0, 40, 40, 40 (nobody picks up for 15 s) and 0."""
    result = figures(logs.callback(), sl_time=40)
    expected = {
        "answered": 4, "abandoned": 1, "called_back": 2, "abandonment": 1 / 5, "asa": 80 / 4, "wait_mean": 120 / 5,
        "service_level": 4 / 5, "handle_mean": 115 / 4, "work_hours": 130 / HOUR,
        "response_mean": (50 + 90 + 50 + 5) / 4, "virtual_wait_mean": 24, "virtual_service_level": 1,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    assert result["t0", "utilisation"] == pytest.approx(130 / HOUR)
    # who did not pick up left after 40 s of waiting, within the time
    assert figures(logs.callback(), sl_time=40, sl_formula="late_abandons")["q0", "service_level"] == 1


def test_outbound_is_handled_but_waits_for_nobody() -> None:
    """Three messages are sent, one answered; the only customer who wrote first abandons and is written to."""
    result = figures(logs.outbound(), fee=1, effort=2)
    expected = {
        "offered": 5, "answered": 0, "expired": 2, "resolved": 2, "abandoned": 1, "outbound_sent": 3,
        "outbound_answered": 1, "abandonment": 1, "service_level": 0, "asa": None, "wait_mean": 10, "wait_max": 10,
        "resolution_mean": None, "resolution_level": 0, "handle_mean": 80 / 3, "turns_mean": 4 / 3,
        "agents_per_contact": 1, "reply_wait_mean": 0, "response_mean": 30, "backlog_max": 1, "oldest_age_max": 10,
        "fcr": None, "repeat_contacts": 1, "effort": 4, "value_lost": 0, "queue_mean": 25 / HOUR, "cost": 20 + 4,
    }  # fmt: skip
    assert {name: result["q0", name] for name in expected} == pytest.approx(expected)
    assert result["t0", "staffed_hours"] == 3500 / HOUR  # the agent stepped out for 100 s, which are paid
    assert result["t0", "paid_hours"] == 1


def test_counts_of_what_is_not_there_are_left_out() -> None:
    """Of all replications together: one without call backs counts as 0."""
    assert ("q0", "called_back") not in figures(calls())
    assert ("q0", "outbound_sent") not in figures(calls())
    several = [measure(work, plan, make_spec(plan), log) for work, plan, log in (calls(), logs.callback())]
    rows = {row.metric: row.mean for row in summarise(several).rows if row.name == "q0"}
    assert rows["called_back"] == 1


def test_turned_away_comes_from_the_workload() -> None:
    work, plan, log = calls()
    assert figures((work._replace(turned_away=np.array([7])), plan, log))["q0", "turned_away"] == 7


def test_summary_of_replications() -> None:
    """Ratios of sums, in any order; measures survive pickling and may leave out the intervals."""
    several = [calls(), waiting([(Outcome.RESOLVED, 1.0)] * 6), waiting([(Outcome.ABANDONED, 1.0)] * 2)]
    measures = [measure(work, plan, make_spec(plan), log, by_interval=False) for work, plan, log in several]
    summary = summarise(measures)
    rows = {(row.name, row.metric): row for row in summary.rows}
    level = rows["q0", "service_level"]
    assert level.mean == pytest.approx((2 + 6 + 0) / (4 + 6 + 2))
    assert level.low < level.mean < level.high
    assert rows["q0", "offered"].mean == 4
    assert rows["q0", "offered"].unit == "contacts"
    assert summary.replications == 3
    assert not list(summary.interval_rows())
    assert summarise(pickle.loads(pickle.dumps(measures[::-1]))).rows == summary.rows
    assert len(pickle.dumps(measures[0])) < 30_000
    alone = next(row for row in summarise(measures[:1]).rows if row.metric == "service_level")
    assert (alone.mean, alone.low, alone.high) == (0.5, None, None)
    with pytest.raises(ValueError, match="no replications"):
        summarise([])
