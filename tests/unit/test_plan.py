"""From a scenario to the integers of a plan."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.lowering import lower
from ccsim.routing import AgentColumn, ContactColumn, MessageColumn
from ccsim.scenario.read import parse
from ccsim.tables import NEVER, SECOND, MetricSpec, Outside, Plan, columns

HOUR = 3600 * SECOND
DAY = 24 * HOUR
MINUTE = 60 * SECOND


def planned(changes: dict[str, Any] | None = None, folder: Path | None = None, **top: Any) -> tuple[Plan, MetricSpec]:
    """A Monday with one call queue and one team; `changes` are of the team."""
    shifts = [{"agents": 2, "days": "mon-fri", "hours": "08:00-16:00"}]
    doc: dict[str, Any] = {"start": "2026-03-02", "days": 1, "drain": "0s", "queue": {"calls": {"channel": "phone"}}}
    doc["team"] = {"desk": {"skills": {"calls": 1}, "shifts": shifts} | (changes or {})}
    return lower(parse(doc | top, folder))


def shifts_of(plan: Plan, agent: int) -> list[tuple[float, float]]:
    """Hours in which an agent is on shift."""
    mine = plan.shift_agent == agent
    return list(zip(plan.shift_start[mine] / HOUR, plan.shift_end[mine] / HOUR, strict=True))


def shifts(*rows: dict[str, Any], **team: Any) -> dict[str, Any]:
    return {"shifts": [{"agents": 1, **row} for row in rows], **team}


def open_hours(plan: Plan, queue: int = 0) -> list[tuple[float, float]]:
    mine = slice(plan.hours_offset[queue], plan.hours_offset[queue + 1])
    return [
        (-math.inf if opens == -NEVER else opens / HOUR, math.inf if closes == NEVER else closes / HOUR)
        for opens, closes in zip(plan.opens[mine], plan.closes[mine], strict=True)
    ]


def test_every_column_has_its_dtype_and_length() -> None:
    plan, spec = planned(
        shifts({"hours": "08:00-16:00", "breaks": ["12:00-12:30"]}, {"hours": "09:00-17:00"}, slowdown=[1.0, 1.2]),
        queue={"calls": {"channel": "phone"}, "chat": {"channel": "live_chat"}},
        team={
            "desk": {"skills": {"calls": 1}, "shifts": [{"agents": 2, "hours": "08:00-16:00"}]},
            "text": {"skills": {"chat": 1}, "slowdown": [1.0, 1.1], "shifts": [{"agents": 1, "hours": "always"}]},
        },
    )
    sizes = {"queue": 2, "queue + 1": 3, "span": 2, "team": 2, "agent": 3, "shift": 3, "pause": 0, "day + 1": 2}
    shapes = {by: (size,) for by, size in sizes.items()} | {"team, queue": (2, 2), "team, sessions - 1": (2, 2)}
    checked = 0
    for table, values in ((Plan, plan), (MetricSpec, spec)):
        for name, column in columns(table).items():
            # by which the kernel is compiled
            assert np.ndim(getattr(values, name)) == 1 + column.by.count(","), name
            if column.by in shapes:
                assert getattr(values, name).shape == shapes[column.by], name
                checked += 1
            kind = {"us": np.int64, "count": np.integer, "id": np.integer, "money": np.float64, "s": np.float64}
            if column.unit in kind and name != "shared_mean":
                assert np.issubdtype(getattr(values, name).dtype, kind[column.unit]), name
    assert checked > 40


def test_the_horizon() -> None:
    plan, spec = planned(days=3, drain="12h", warm_up="1h", interval="15min")
    assert (plan.warm_up, plan.end, plan.drain_end, spec.interval) == (HOUR, 3 * DAY, 3 * DAY + 12 * HOUR, 15 * MINUTE)
    assert spec.days.tolist() == [0, DAY, 2 * DAY, 3 * DAY]


def test_days_of_23_hours() -> None:
    plan, spec = planned(
        shifts({"hours": "08:00-16:00"}, {"hours": "22:00-06:00"}),
        start="2026-03-28",
        days=2,
        timezone="Europe/Rome",
        queue={"calls": {"channel": "phone", "open": {"sat": "08:00-20:00", "sun": "08:00-20:00"}}},
    )
    assert (np.diff(spec.days) // HOUR).tolist() == [24, 23]
    assert plan.end == 47 * HOUR
    assert shifts_of(plan, 0) == [(8, 16), (31, 39)]
    # the night of the change has seven hours
    assert shifts_of(plan, 1) == [(0, 6), (22, 29), (45, 47)]
    assert open_hours(plan) == [(8, 20), (31, 43)]


def test_opening_hours_merge_and_reach_over_the_edges() -> None:
    def hours(opening: Any, **top: Any) -> list[tuple[float, float]]:
        team = {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "always"}]}}
        return open_hours(planned(queue={"calls": {"channel": "phone", "open": opening}}, team=team, **top)[0])

    assert hours("always") == [(-math.inf, math.inf)]
    assert hours({"mon-sun": "08:00-20:00"}) == [(8, 20)]
    assert hours({"mon": ["08:00-12:00", "12:00-20:00"]}) == [(8, 20)]
    assert hours({"mon": "22:00-02:00", "sun": "20:00-02:00"}) == [(-math.inf, 2), (22, math.inf)]
    assert hours({"mon": "00:00-24:00"}, days=2) == [(0, 24)]
    assert hours({"mon-sun": "08:00-20:00", "2026-03-03": "10:00-12:00"}, days=2) == [(8, 20), (34, 36)]
    assert hours({"mon-tue": "08:00-20:00", "2026-03-03": "closed"}, days=2) == [(8, 20)]
    # weekly hours go on through the drain; a queue that closes as the drain ends does close
    assert hours({"mon-sun": "08:00-20:00"}, drain="44h") == [(8, 20), (32, 44), (56, 68)]


def test_agents_are_numbered_by_team_and_shift() -> None:
    plan, spec = planned(
        team={
            "desk": {"skills": {"calls": 1}, **shifts({"hours": "08:00-16:00", "agents": 2}, {"hours": "10:00-18:00"})},
            "night": {"skills": {"calls": 2}, **shifts({"hours": "16:00-24:00", "paid": False})},
        }
    )
    assert plan.team.tolist() == [0, 0, 0, 1]
    assert [shifts_of(plan, agent) for agent in range(4)] == [[(8, 16)], [(8, 16)], [(10, 18)], [(16, 24)]]
    assert spec.paid.tolist() == [True, True, True, False]
    assert spec.teams == ("desk", "night")


def test_shifts_of_a_row_that_touch_are_one() -> None:
    breaks = ["12:00-12:30", "23:45-24:00", "00:00-00:15"]
    plan, _ = planned(shifts({"hours": "always", "breaks": breaks}), days=2, drain="6h")
    assert shifts_of(plan, 0) == [(0, 54)]
    pauses = list(zip(plan.pause_start / HOUR, plan.pause_end / HOUR, strict=True))
    assert pauses == [(0, 0.25), (12, 12.5), (23.75, 24.25), (36, 36.5), (47.75, 48.25)]


def test_weekly_shifts_go_on_before_the_start_and_through_the_drain() -> None:
    plan, _ = planned(shifts({"days": "sun-tue", "hours": "22:00-06:00", "breaks": ["01:00-01:30"]}), drain="2d")
    assert shifts_of(plan, 0) == [(0, 6), (22, 30), (46, 54)]
    assert (plan.pause_start / HOUR).tolist() == [1, 25, 49]
    plan, _ = planned(shifts({"days": "2026-03-02", "hours": "22:00-06:00"}), drain="2d")
    assert shifts_of(plan, 0) == [(22, 30)]


def test_breaks_and_activities_that_touch_are_one_pause() -> None:
    plan, _ = planned(
        shifts(
            {
                "hours": "08:00-16:00",
                "breaks": ["12:00-12:30", "15:45-16:00"],
                "activities": ["12:30-13:00", "09:00-09:15"],
            }
        )
    )
    assert list(zip(plan.pause_start / HOUR, plan.pause_end / HOUR, strict=True)) == [(9, 9.25), (12, 13), (15.75, 16)]
    assert plan.pause_shift.tolist() == [0, 0, 0]


def test_a_roster_ends_where_it_ends(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(
        "agent,date,start,end,breaks\n"
        "Zoe,2026-03-02,08:00,12:00,10:00-10:15\n"
        "Ann,2026-03-02,22:00,06:00,23:50-00:10;02:00-02:30\n"
        "Zoe,2026-03-02,12:00,14:00,\n"
    )
    team = {"skills": {"calls": 1}, "roster": {"file": "roster.csv"}}
    plan, spec = planned(team={"desk": team}, folder=tmp_path, drain="7d")
    assert shifts_of(plan, 0) == [(8, 14)]
    assert shifts_of(plan, 1) == [(22, 30)]
    assert plan.pause_shift.tolist() == [0, 1, 1]
    assert (plan.pause_start // MINUTE).tolist() == [600, 23 * 60 + 50, 26 * 60]
    assert spec.paid.all()


def test_capacity_is_the_least_common_multiple() -> None:
    channels = {"calls": "phone", "chat": "live_chat", "app": "social"}
    plan, _ = planned(
        queue={name: {"channel": channel} for name, channel in channels.items()},
        team={
            "a": {"skills": {"calls": 1, "chat": 2}, "concurrency": {"chat": 4}, **shifts({"hours": "always"})},
            "b": {"skills": {"app": {"rank": 3, "after": "60s", "longer_than": 5}}, "concurrency": {"app": 6}}
            | shifts({"hours": "always"}, pace=1.25, end_of_shift="hand_over", overrun="5m"),
        },
    )
    assert plan.capacity == 12
    assert plan.units.tolist() == [[12, 3, 12], [12, 12, 2]]
    assert plan.rank.tolist() == [[1, 2, -1], [-1, -1, 3]]
    assert plan.overflow_after.tolist() == [[0, 0, 0], [0, 0, 60 * SECOND]]
    assert plan.longer_than.tolist() == [[-1, -1, -1], [-1, -1, 5]]
    assert plan.pace.tolist() == [[1, 1, 1], [1, 1, 1.25]]
    assert plan.hand_over.tolist() == [False, True]
    assert plan.overrun.tolist() == [30 * MINUTE, 5 * MINUTE]


def test_slowdown_goes_on_with_its_last_value() -> None:
    team = {"skills": {"calls": 1}, **shifts({"hours": "always"})}
    plan, _ = planned(team={"a": team, "b": team | {"slowdown": [1.0, 1.1, 1.4]}})
    assert plan.slowdown.tolist() == [[1, 1, 1], [1, 1.1, 1.4]]


def test_queues_column_by_column() -> None:
    plan, spec = planned(
        queue={
            "calls": {
                "channel": "phone", "priority": 2, "head_start": "90s", "max_waiting": 7, "at_close": "drop",
                "limit": 1, "service_level": "80/20", "short_abandon": "5s", "max_abandonment": 0.05,
                "value": 4.0, "fee": 0.5,
            },
            "app": {
                "channel": "messaging", "idle_timeout": "10m", "expires_after": "24h", "same_agent_for": "2m",
                "over_capacity": True, "reread": {"after": "15m", "work": "20s", "per_turn": "5s"}, "clock": "business",
                "service_level": "none", "resolution_target": "95% in 24h", "reply_target": "90% in 60s",
                "sl_formula": "answered_only",
            },
        },
        team={"desk": {"skills": {"calls": 1, "app": 2}, **shifts({"hours": "always"})}},
        routing={"agent": "fixed_order", "contact": "deadline", "attention": "first_replies", "reserve": ["calls"]},
    )  # fmt: skip
    assert plan.one_to_one.tolist() == [True, False]
    assert plan.persistent.tolist() == [False, True]
    assert plan.priority.tolist() == [2, 1]
    assert plan.head_start.tolist() == [90 * SECOND, 0]
    assert plan.target_time.tolist() == [20 * SECOND, NEVER]
    assert plan.max_waiting.tolist() == [7, NEVER]
    assert plan.idle_timeout.tolist() == [NEVER, 10 * MINUTE]
    assert plan.expires_after.tolist() == [NEVER, DAY]
    assert plan.same_agent_for.tolist() == [0, 2 * MINUTE]
    assert plan.over_capacity.tolist() == [False, True]
    assert plan.reread_after.tolist()[1] == 15 * MINUTE
    assert (plan.reread_work[1], plan.reread_per_turn[1]) == (20 * SECOND, 5 * SECOND)
    assert plan.outside.tolist() == [Outside.REJECT, Outside.HOLD]
    assert plan.drop_at_close.tolist() == [True, False]
    assert plan.limit.tolist() == [1, 3]
    assert plan.reserved.tolist() == [True, False]
    assert plan.agent_order.tolist() == [AgentColumn.RANK]
    assert plan.contact_order.tolist() == [ContactColumn.DEADLINE]
    assert plan.attention_order.tolist() == [MessageColumn.LATER_TURN, MessageColumn.MESSAGE_TIME]
    assert spec.channels == ("phone", "messaging")
    assert spec.sl_formula == ("all_offered", "answered_only")
    assert spec.business_clock.tolist() == [False, True]
    assert spec.sl_share == pytest.approx([0.8, math.nan], nan_ok=True)
    assert spec.sl_time == pytest.approx([20, math.nan], nan_ok=True)
    assert spec.reply_time == pytest.approx([math.nan, 60], nan_ok=True)
    assert spec.resolution_share == pytest.approx([math.nan, 0.95], nan_ok=True)
    assert spec.max_abandonment == pytest.approx([0.05, math.nan], nan_ok=True)
    assert (spec.short_abandon[0], spec.value[0], spec.fee[0]) == (5, 4, 0.5)
    assert spec.effort.tolist() == [3, 1]


def test_behaviours_column_by_column() -> None:
    plan, _ = planned(
        queue={
            "calls": {"channel": "phone", "bot": {"contains": 0.1, "hours": {"mon": "06:00-10:00"}}},
            "chat": {"channel": "live_chat", "bot": {"contains": 0, "asks_human": 0}, "outside_hours": "bot"},
            "video": {"channel": "video", "bot": {"contains": 1, "asks_human": 1}},
            "mail": {"channel": "email"},
            "pair": {"channel": "live_chat", "work_by_concurrency": ["3m", "4m"]},
            "more": {"channel": "messaging", "work_by_concurrency": ["90s", "2m"]},
        },
        team={
            "desk": {
                "skills": {"calls": 1, "chat": 1, "video": 1, "mail": 2},
                "interrupts": {"calls": ["mail", "chat"], "video": ["mail"]},
                **shifts({"hours": "always"}),
            },
            "pairs": {"skills": {"pair": 1, "more": 1}, **shifts({"hours": "always"})},
        },
        callback={
            "now": {"queue": "calls", "offer_above": "2m", "accepts": 0.5, "no_answer_time": "20s"},
            "never": {"queue": "video", "offer_above": "1m", "accepts": 0, "no_answer_time": "20s"},
        },
    )
    # only a bot that changes something is there
    assert plan.bot_offset.tolist() == [0, 1, 2, 2, 2, 2, 2]
    assert plan.bot_opens.tolist() == [6 * HOUR, -NEVER]
    assert plan.bot_closes.tolist() == [10 * HOUR, NEVER]
    assert plan.outside.tolist()[:2] == [Outside.REJECT, Outside.BOT]
    assert plan.shared_offset.tolist() == [0, 0, 0, 0, 0, 2, 4]
    assert plan.shared_mean.tolist() == [180 * SECOND, 240 * SECOND, 90 * SECOND, 120 * SECOND]
    assert plan.units[1].tolist()[4:] == [plan.capacity // 2] * 2
    assert plan.offer_above.tolist() == [2 * MINUTE] + [NEVER] * 5
    assert plan.no_answer_time.tolist() == [20 * SECOND] + [0] * 5
    assert np.argwhere(plan.interrupts).tolist() == [[0, 0, 1], [0, 0, 3], [0, 2, 3]]
    for name in columns(Plan):
        assert getattr(plan, name).flags.c_contiguous, name
