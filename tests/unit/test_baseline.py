"""The Erlang baseline against calculations by hand, and the program that covers it with shifts against enumeration."""

from __future__ import annotations

import math
import re
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim import theory
from ccsim.cli.hours_table import by_half_hour
from ccsim.cli.planning import teams_table
from ccsim.errors import ScenarioError
from ccsim.lowering import lower
from ccsim.report.document import Table
from ccsim.results.plans import Requirement
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline, fewest, on_duty, shrinkage
from ccsim.staffing.cover import cover, cover_shifts
from ccsim.staffing.desks import at_desks
from ccsim.staffing.page import requirement_document
from ccsim.staffing.patterns import names
from ccsim.staffing.turns import by_turns
from ccsim.workload.expectations import expectations
from ccsim.workload.offered import interval_edges, offered
from tests.staffing_by_hand import centre

EXPONENTIAL = {"dist": "exponential", "mean": 180}
CALLS = {
    "channel": "phone",
    "open": "08:00-16:00",
    "volume": {"per_day": 480, "shape": "flat"},
    "work": EXPONENTIAL,
    "wrap_up": 0,
    "patience": "never",
    "service_level": "80/20",
}
MAIL = {
    "channel": "email",
    "open": "08:00-16:00",
    "volume": {"per_day": 48, "shape": "flat"},
    "turns": 1,
    "work": "10m",
    "wrap_up": 0,
    "service_level": "80% in 4h",
    "resolution_target": "none",
}
MORNING = {"volume": {"per_day": 48, "shape": [["08:00", 1], ["12:00", 0]]}}
DESK = {"shifts": [{"agents": 1, "hours": "08:00-16:00"}]}


def scenario(queues: dict[str, Any], teams: dict[str, Any] | None = None, **more: Any) -> Scenario:
    team = {"desk": DESK | {"skills": dict.fromkeys(queues, 1)}} if teams is None else teams
    return read.parse({"start": "2026-03-02", "days": 1, "interval": "30min", "queue": queues, "team": team, **more})


DAYTIME = slice(16, 32)
"""Half hours from 08:00 to 16:00."""


def in_daytime(agents: Any) -> set[float]:
    """The values between 08:00 and 16:00; there is nothing outside."""
    row = np.asarray(agents, dtype=np.float64)
    assert row.shape == (48,)
    assert not row[:16].any()
    assert not row[32:].any()
    return set(np.round(row[DAYTIME], 6).tolist())


# --- calls


def test_calls_without_patience_end_need_erlang_c() -> None:
    """60 calls an hour of 3 minutes: 3 erlangs; 5 agents answer 84 % in 20 s, 4 answer 54 %."""
    result = baseline(scenario({"calls": CALLS}))
    assert in_daytime(result.required[0]) == {5} == {theory.agents_needed(60 / 3600, 180, 0.8, 20)}
    need = result.queues["calls"]
    assert need.formula == "Erlang C"
    assert in_daytime(need.load) == {3}
    assert not result.unserved
    assert in_daytime(need.per_hour) == {60}
    level = theory.erlang_c(1 / 60, 180, 5, 20).service_level
    assert need.service_level[DAYTIME] == pytest.approx(level, rel=1e-3)
    assert np.isnan(need.service_level[:16]).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"patience": {"dist": "exponential", "mean": 90}}, lambda n: theory.erlang_a(1 / 60, 180, n, 90, 20)),
        (
            {"patience": 90},
            lambda n: theory.erlang_a_general(1 / 60, 180, n, theory.constant_patience(90), 20),
        ),
        ({"wrap_up": "60s"}, lambda n: theory.erlang_c(1 / 60, 240, n, 20)),
        ({"answer_delay": "5s"}, lambda n: theory.erlang_c(1 / 60, 185, n, 15)),
        ({"service_level": "95/10"}, lambda n: theory.erlang_c(1 / 60, 180, n, 10)),
    ],
)
def test_patience_wrap_up_ringing_and_target_count(changes: dict[str, Any], expected: Any) -> None:
    share = 0.95 if "service_level" in changes else 0.8
    needed = fewest(lambda agents: expected(agents).service_level >= share)
    assert in_daytime(baseline(scenario({"calls": CALLS | changes})).required[0]) == {needed}


def test_a_bound_on_abandonment_without_service_level() -> None:
    changes = {"service_level": "none", "max_abandonment": 0.03, "patience": {"dist": "exponential", "mean": 90}}
    needed = fewest(lambda n: theory.erlang_a(1 / 60, 180, n, 90, 20).abandonment <= 0.03)
    assert in_daytime(baseline(scenario({"calls": CALLS | changes})).required[0]) == {needed}


def test_without_a_target_all_the_work_is_to_be_done() -> None:
    for patience, needed in (("never", 4), ({"dist": "exponential", "mean": 90}, 3)):
        result = baseline(scenario({"calls": CALLS | {"service_level": "none", "patience": patience}}))
        assert in_daytime(result.required[0]) == {needed}


def test_occupancy_cap_and_shrinkage() -> None:
    """3 erlangs at 50 % at most: 6 agents; a tenth absent and 5 minutes away in every hour: 6 / (0.9 × 12 / 13)."""
    desk = DESK | {"skills": {"calls": 1}, "max_occupancy": 0.5, "absence": 0.1}
    steps_out = {"every": {"dist": "exponential", "mean": "1h"}, "lasts": "5m"}
    centre = scenario({"calls": CALLS}, {"desk": desk | {"steps_out": steps_out}})
    requirement = baseline(centre).requirement(centre)
    assert in_daytime(requirement.agents[0]) == {6}
    assert in_daytime(requirement.with_shrinkage[0]) == {7.222222}
    given = scenario({"calls": CALLS}, {"desk": desk}, staffing={"shrinkage": 0.3})
    assert shrinkage(given).tolist() == [0.3]


def test_targets_that_nobody_can_meet_are_left_out_and_named() -> None:
    result = baseline(scenario({"calls": CALLS | {"answer_delay": "30s"}}))
    assert in_daytime(result.required[0]) == {4}
    assert any("rings longer" in text for text in result.ignores)


# --- work that may wait


def test_mail_is_spread_over_the_open_hours() -> None:
    """48 mails of 10 minutes come before noon: 8 hours' work, one agent all day; at 80 % at most, 1.25."""
    mail = MAIL | MORNING
    assert in_daytime(baseline(scenario({"mail": mail})).required[0]) == {1}
    capped = {"desk": DESK | {"skills": {"mail": 1}, "max_occupancy": 0.8}}
    result = baseline(scenario({"mail": mail}, capped))
    assert in_daytime(result.queues["mail"].agents) == {1.25}
    assert in_daytime(result.required[0]) == {2}


def test_mail_goes_to_the_hours_in_which_somebody_may_work() -> None:
    always = MAIL | {"open": "always"}
    assert in_daytime(baseline(scenario({"mail": always})).queues["mail"].agents) == {1}


def test_parts_of_agents_add_up_before_they_are_rounded() -> None:
    """Two inboxes of 0.5 agents are one agent; calls are whole agents each."""
    half = MAIL | MORNING | {"work": "5m"}
    assert in_daytime(baseline(scenario({"one": half, "two": half})).required[0]) == {1}
    assert in_daytime(baseline(scenario({"calls": CALLS, "one": half})).required[0]) == {6}


# --- chats


def chat(**changes: Any) -> dict[str, Any]:
    exponential = {"dist": "exponential"}
    return {
        "channel": "live_chat",
        "open": "08:00-16:00",
        "volume": {"per_day": 8 * 36, "shape": "flat"},
        "turns": {"mean": 5},
        "work": exponential | {"mean": 30},
        "reply_latency": exponential | {"mean": 45},
        "wrap_up": 0,
        "patience": "never",
        "idle_timeout": "never",
        "service_level": "80% in 60s",
        **changes,
    }


@pytest.mark.parametrize("changes", [{"work": 0}, {"patience": 0, "max_abandonment": 0.5}, {"reply_latency": 0}])
def test_nothing_to_do_no_patience_no_silence(changes: dict[str, Any]) -> None:
    team = {"desk": DESK | {"skills": {"chat": 1}, "concurrency": {"chat": 3}}}
    assert min(in_daytime(baseline(scenario({"chat": chat(**changes)}, team)).required[0])) >= 1


def test_chats_need_the_agents_of_the_exact_group() -> None:
    """36 chats an hour, 0.010 a second: 3 agents with three slots by the exact chain (tests/theory/test_staffing.py).

    Divided: a session lasts 5 × 30 + 4 × 45 s, 3.3 erlangs of sessions, so 6 of them and 2 agents.
    """
    team = {"desk": DESK | {"skills": {"chat": 1}, "concurrency": {"chat": 3}}}
    result = baseline(scenario({"chat": chat()}, team))
    need = result.queues["chat"]
    assert need.formula == "machine repair, 3 slots"
    assert in_daytime(result.required[0]) == {3}
    assert in_daytime(need.load) == {1.5}
    assert theory.agents_needed(0.01, 330, 0.8, 60) == 6
    assert in_daytime(result.divided[0]) == {2}


def test_reply_target_asks_for_more() -> None:
    team = {"desk": DESK | {"skills": {"chat": 1}, "concurrency": {"chat": 3}}}
    strict = baseline(scenario({"chat": chat(reply_target="95% in 20s")}, team)).required[0]
    assert min(in_daytime(strict)) > 3


def test_slowdown_makes_chats_longer() -> None:
    team = {"desk": DESK | {"skills": {"chat": 1}, "concurrency": {"chat": 3}, "slowdown": [1.5]}}
    assert min(in_daytime(baseline(scenario({"chat": chat()}, team)).required[0])) > 3


def test_shared_attention_by_its_own_chain() -> None:
    shared = {"work_by_concurrency": ["100s", "100s"], "patience": {"dist": "exponential", "mean": 60}}
    team = {"desk": DESK | {"skills": {"chat": 1}, "concurrency": {"chat": 2}}}
    queue = {key: value for key, value in chat().items() if key not in ("turns", "work", "reply_latency", "wrap_up")}
    result = baseline(scenario({"chat": queue | shared}, team))
    # no agent is slower for a second session: pairs of Erlang A's agents
    half = fewest(lambda n: theory.erlang_a(0.01, 100, 2 * n, 60, 60).service_level >= 0.8)
    assert result.queues["chat"].formula == "shared attention, 2 slots"
    assert in_daytime(result.required[0]) == {half}


def test_messages_without_silence_need_erlang_r() -> None:
    """A parked thread holds nobody: every message is a call of its own. 30 threads an hour of 2 turns of 3 minutes."""
    thread = {
        "channel": "messaging",
        "open": "always",
        "volume": {"per_hour": 30},
        "turns": 2,
        "work": EXPONENTIAL,
        "wrap_up": 0,
        "reply_latency": 0,
        "idle_timeout": 0,
        "service_level": "80/20",
    }
    team = {"desk": {"skills": {"thread": 1}, "shifts": [{"agents": 1, "hours": "always"}]}}
    result = baseline(scenario({"thread": thread}, team))
    assert result.queues["thread"].formula == "Erlang-R"
    assert set(result.required[0].tolist()) == {5}


# --- intervals of which the last is shorter: three of 7 hours and one of 3, 60 calls an hour

ROUND_THE_CLOCK = {
    "calls": CALLS | {"open": "always", "volume": {"per_hour": 60}},
    "mail": MAIL
    | {"open": "always", "volume": {"per_hour": 12}, "turns": 2, "reply_latency": 0, "service_level": "80% in 1d"},
}
"""Contacts at a constant rate; each message of the mail takes 10 minutes, so 4 agents."""
LENGTHS = [7, 7, 7, 3]


def of_seven_hours() -> Scenario:
    teams = {name: {"skills": {name: 1}, "shifts": [{"agents": 8, "hours": "always"}]} for name in ROUND_THE_CLOCK}
    return scenario(ROUND_THE_CLOCK, teams, interval="7h")


def test_a_shorter_last_interval_needs_as_many_agents_at_the_same_rate() -> None:
    run = of_seven_hours()
    result = baseline(run)
    assert result.queues["mail"].formula == "workload"
    assert result.queues["calls"].per_hour == pytest.approx([60] * 4)
    assert result.queues["mail"].per_hour == pytest.approx([12] * 4)
    assert result.queues["calls"].load == pytest.approx([3] * 4)
    assert result.required.tolist() == [[5] * 4, [4] * 4]
    assert offered(run)["mail"].messages == pytest.approx([24 * hours for hours in LENGTHS])


def test_replies_reach_a_shorter_last_interval_at_their_rate() -> None:
    """An hour later: those of the first interval's last hour come in the second."""
    mail = ROUND_THE_CLOCK["mail"] | {"reply_latency": "1h"}
    messages = offered(scenario({"mail": mail}, interval="7h"))["mail"].messages
    assert messages == pytest.approx([84 + 12 * 6, 84 * 2, 84 * 2, 36 * 2])


def test_held_messages_are_spread_by_the_hour_over_a_shorter_last_interval() -> None:
    """Open from 14:00: the 14 hours' mail before goes to 7 hours and to 3, so 14/10 more an hour than comes."""
    mail = ROUND_THE_CLOCK["mail"] | {"open": "14:00-24:00", "turns": 1}
    contacts = offered(scenario({"mail": mail}, interval="7h"))["mail"].contacts
    assert contacts == pytest.approx([0, 0, 12 * 2.4 * 7, 12 * 2.4 * 3])


def test_hours_of_a_shorter_last_interval_are_its_own() -> None:
    run = of_seven_hours()
    needed = baseline(run).requirement(run)
    cells = [list(column.cells) for column in teams_table(run, needed, needed, "other").columns]
    hours = ["120", "96"]
    assert cells == [["calls", "mail"], ["5", "4"], hours, ["0.0 %", "0.0 %"], hours, hours, ["192", "192"]]
    titles = [title for title, _ in by_half_hour(run, needed, on_duty(run))]
    assert titles == [f"{name}: required / scheduled; over +, under -; in all {over} h over, 0 h under"
                      for name, over in (("calls", 72), ("mail", 96))]  # fmt: skip
    figures = requirement_document(run, [needed], {"versions": {}}).sections[0].parts[0]
    assert isinstance(figures, Table)
    assert [(row[3], row[5]) for row in figures.rows] == [(120, 120), (96, 96)]


def test_the_drain_repeats_intervals_with_their_lengths() -> None:
    plan, _ = lower(of_seven_hours())
    edges = np.append(np.arange(0, 24, 7), 24) * 3_600_000_000
    plan = at_desks(plan._replace(drain_end=2 * plan.end), edges, np.array([[1, 0, 0, 2]]), np.ones((1, 4), np.bool_))
    hours = sorted(zip((plan.shift_start / 3.6e9).tolist(), (plan.shift_end / 3.6e9).tolist(), strict=True))
    assert hours == [
        (0, 7), (21, 24), (21, 31), (45, 48), (45, 48),
    ]  # fmt: skip


# --- what is offered


def test_held_messages_come_on_the_day_of_the_next_opening() -> None:
    flow = offered(scenario({"mail": MAIL}))["mail"]
    # of 48 a day two thirds come while it is closed; the last 16 after closing time, with no opening to follow
    assert flow.contacts.sum() == pytest.approx(32)
    assert set(np.round(flow.contacts[DAYTIME], 9)) == {2.0}
    assert not flow.contacts[:16].any()
    two_days = offered(scenario({"mail": MAIL}, days=2))["mail"].contacts
    assert two_days[48:].sum() == pytest.approx(48)


def test_replies_come_after_their_latency() -> None:
    """Two turns, the second a day later: 48 messages on the first day, 96 on the second."""
    thread = MAIL | {"open": "always", "turns": 2, "reply_latency": "1d", "expires_after": "30d"}
    flow = offered(scenario({"mail": thread}, days=2))["mail"]
    assert flow.messages[:48].sum() == pytest.approx(48)
    assert flow.messages[48:].sum() == pytest.approx(96)
    assert flow.sessions.sum() == pytest.approx(144)
    late = offered(scenario({"mail": thread | {"expires_after": "12h"}}, days=2))["mail"]
    assert late.messages.sum() == pytest.approx(96)


def test_latencies_shift_parts_of_intervals() -> None:
    """Even arrivals answered 45 minutes later: half of each interval's come one interval on, half two."""
    thread = MAIL | {"open": "always", "turns": 2, "reply_latency": "45m", "volume": {"per_hour": 20}}
    messages = offered(scenario({"mail": thread}))["mail"].messages
    assert messages[:4] == pytest.approx([10, 15, 20, 20])


def test_turns_are_all_worked() -> None:
    thread = MAIL | {"open": "always", "turns": {"mean": 3}, "reply_latency": 0, "idle_timeout": "1h"}
    flow = offered(scenario({"mail": thread}))["mail"]
    assert flow.messages.sum() == pytest.approx(3 * 48, rel=2e-3)
    assert flow.sessions.sum() == pytest.approx(48)


def test_transfers_add_and_bots_take_off() -> None:
    calls = CALLS | {"transfer": [{"to": "second", "share": 0.25}]}
    second = CALLS | {"volume": {"per_day": 100, "shape": "flat"}}
    bot = {"contains": 0.5, "asks_human": 0.2, "time": "1m", "hours": "08:00-12:00"}
    flows = offered(scenario({"calls": calls | {"bot": bot}, "second": second}))
    assert flows["calls"].contacts.sum() == pytest.approx(240 + 240 * (1 - 0.8 * 0.5))
    assert flows["second"].contacts.sum() == pytest.approx(100 + 0.25 * flows["calls"].contacts.sum())


def test_a_queue_has_its_own_volume_and_its_part_of_the_demand() -> None:
    """Ten an hour want the other queue, half of them not at all: they call, as 480 do anyway."""
    demand = {"per_hour": 10, "mix": {"other": 1}, "barrier": {"other": 0.5}, "fallback": {"other": "calls"}}
    other = {key: value for key, value in CALLS.items() if key != "volume"}
    flows = offered(scenario({"calls": CALLS, "other": other}, demand=demand))
    assert flows["calls"].contacts.sum() == pytest.approx(480 + 8 * 5)
    assert flows["other"].contacts.sum() == pytest.approx(8 * 5)


@pytest.mark.parametrize("volume", [{"per_day": 450, "shape": "flat"}, {"per_hour": 60}])
def test_intervals_half_open(volume: dict[str, Any]) -> None:
    """From 08:15 to 15:45, 60 an hour: 5 agents there too, and nobody is lost or comes twice."""
    result = baseline(scenario({"calls": CALLS | {"open": "08:15-15:45", "volume": volume}}))
    assert in_daytime(result.required[0]) == {5}
    assert result.queues["calls"].per_hour.sum() / 2 == pytest.approx(450)
    assert result.queues["calls"].per_hour[[16, 17]] == pytest.approx([30, 60])


def test_logs_and_backlog_count_as_they_are() -> None:
    mail = MAIL | {"initial_backlog": {"contacts": 7, "age": "2h"}, "volume": {"per_day": 0}}
    assert offered(scenario({"mail": mail}))["mail"].contacts.sum() == pytest.approx(7)
    booked = {"appointments": {"hours": "08:00-16:00", "every": "1h", "each": 3}}
    assert (
        offered(scenario({"visits": CALLS | {"channel": "in_person", "volume": booked}}))["visits"].contacts.sum() == 24
    )


def test_spikes_and_self_service_count() -> None:
    spike = [{"queue": "calls", "at": "2026-03-02T09:00", "duration": "1h", "scale": 2}]
    helped = {"pages": {"deflects": {"calls": 0.5}}}
    contacts = offered(scenario({"calls": CALLS}, spike=spike, self_service=helped))["calls"].contacts
    assert contacts[DAYTIME].tolist() == pytest.approx([15, 15, 30, 30, *[15] * 12])


def test_a_team_that_never_comes_is_refused() -> None:
    centre = scenario({"calls": CALLS}, {"desk": DESK | {"skills": {"calls": 1}, "absence": 1.0}})
    with pytest.raises(ScenarioError, match=r"team\.desk\.absence: nobody ever comes"):
        baseline(centre).requirement(centre)


# --- whose agents


def test_a_queue_goes_to_its_first_team_that_may_work() -> None:
    teams = {
        "late": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "12:00-16:00"}]},
        "early": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "08:00-14:00"}]},
        "helpers": {"skills": {"calls": 2}, "shifts": [{"agents": 1, "hours": "08:00-16:00"}]},
    }
    result = baseline(scenario({"calls": CALLS}, teams))
    assert result.required.sum(axis=1).tolist() == [8 * 5, 8 * 5, 0]
    assert result.required[0, 24:32].tolist() == [5] * 8


def test_nobody_is_charged_when_nobody_may_work() -> None:
    teams = {"early": {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "08:00-12:00"}]}}
    result = baseline(scenario({"calls": CALLS}, teams))
    assert {name: alone.tolist() for name, alone in result.unserved.items()} == {"calls": list(range(24, 32))}
    assert not result.required[0, 24:].any()


def test_patterns_say_when_their_team_may_work() -> None:
    patterns = [{"team": "desk", "hours": "12:00-16:00"}]
    result = baseline(scenario({"calls": CALLS}, staffing={"patterns": patterns}))
    assert not result.required[0, :24].any()
    assert result.required[0, 24:32].tolist() == [5] * 8


def test_on_duty_takes_breaks_off() -> None:
    team = {
        "desk": {"skills": {"calls": 1}, "shifts": [{"agents": 4, "hours": "08:00-16:00", "breaks": ["12:00-12:15"]}]}
    }
    there = on_duty(scenario({"calls": CALLS}, team))[0]
    assert there[[15, 16, 24, 25, 31, 32]].tolist() == [0, 4, 2, 4, 4, 0]


def test_what_is_left_out_is_named_only_if_it_is_there() -> None:
    plain = baseline(scenario({"calls": CALLS})).ignores
    assert len(plain) == 1
    assert plain[0].startswith("carry-over")
    skills = {"calls": 1, "chat": {"rank": 2, "after": "1m"}}
    mixed = scenario(
        {
            "calls": CALLS | {"work": "3m", "patience": {"mean": "90s"}, "retry": {"share": 0.5, "after": "5m"}},
            "chat": chat(reply_patience={"mean": "5m"}),
        },
        {"desk": DESK | {"skills": skills, "interrupts": {"calls": ["chat"]}}},
    )
    said = " ".join(baseline(mixed).ignores)
    for word in ("exponential", "blending", "priorities", "overflow", "interruptions", "retries", "patience after"):
        assert word in said
    assert "re-reading" not in said


def test_later_behaviours_are_named_too() -> None:
    """What decides who waits, and for how long, after the formulas' own inputs."""
    inbox = {"channel": "messaging", "volume": {"per_hour": 20}, "work": "1m", "turns": {"mean": 3}, "wrap_up": 0}
    inbox |= {"idle_timeout": "5m", "idle_timeout_factor": [1.0, 0.5], "closing_word": {"share": 0.5}}
    bot = {"contains": 0.3, "time": "1m", "concurrency": 4}
    calls = CALLS | {"carry_wait": True, "alternatives": ["other"], "work": "3m"}
    calls |= {"work_after_wait": [{"after": "1m", "factor": 1.2}]}
    other = CALLS | {"bot": bot, "work": "3m", "balking": {"per_place": "20s", "tolerance": "1m"}}
    mixed = scenario(
        {"calls": calls, "other": other, "inbox": inbox},
        {"desk": DESK | {"skills": {"calls": 1, "other": 1, "inbox": 1}}},
    )
    said = " ".join(baseline(mixed).ignores)
    for word in ("carry their wait", "alternatives", "waits for a bot", "parked sooner", "closing", "told", "grows"):
        assert word in said
    formulas = {of.queue: of.formula for of in expectations(mixed)}
    assert ["stayed" in formulas[name] for name in ("calls", "other", "inbox")] == [True, True, False]


# --- covering with shifts


@pytest.mark.parametrize("seed", range(6))
def test_cover_is_the_cheapest_by_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covers = (rng.random((7, 4)) < 0.6) * rng.choice([0.5, 1.0], (7, 4))
    required, cost = rng.integers(0, 4, 7).astype(float), rng.integers(1, 9, 4).astype(float)
    most = rng.integers(2, 6, 4)
    least = rng.integers(0, 2, 4)
    options = [x for x in product(*(range(low, high + 1) for low, high in zip(least, most, strict=True)))
               if (covers @ x >= required).all()]  # fmt: skip
    result = cover(covers, required, cost, least=least, most=most)
    if not options:
        assert result is None
        return
    assert result is not None
    assert result.cost == pytest.approx(min(float(cost @ x) for x in options)) == result.bound
    assert (covers @ result.counts >= required - 1e-9).all()


def test_enumeration_has_both_ends() -> None:
    """The cases above are of both kinds: some can be covered, some cannot."""
    covers = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert cover(covers, np.array([2.0, 3.0]), np.ones(2), most=1) is None
    result = cover(covers, np.array([2.0, 3.0]), np.array([2.0, 1.0]))
    assert result is not None
    assert result.counts.tolist() == [2, 1]


def test_rows_that_take_away_are_kept() -> None:
    """-x >= -1 is a bound like any other, though it requires nothing."""
    result = cover(np.array([[-1.0, 0.0], [1.0, 1.0]]), np.array([-1.0, 3.0]), np.array([1.0, 5.0]))
    assert result is not None
    assert result.counts.tolist() == [1, 2]


def test_nothing_required_costs_nothing() -> None:
    result = cover(np.ones((3, 2)), np.zeros(3), np.ones(2))
    assert result is not None
    assert result.counts.tolist() == [0, 0]
    assert cover(np.ones((3, 0)), np.ones(3), np.ones(0)) is None


def test_shifts_cover_the_requirement_with_shrinkage() -> None:
    run = centre(3, 1)
    agents = np.zeros((1, 48), dtype=np.int64)
    agents[0, 16:36] = 3
    requirement = Requirement("by hand", "team", ("team 0",), interval_edges(run)[:-1], agents, np.array([0.1]))
    result = cover_shifts(run, requirement)
    assert result is not None
    # 3.33 on shift from 08:00 to 18:00, breaks included: only both long shifts together, four each
    assert result.counts.tolist() == [4, 4, 0]
    assert result.cost == pytest.approx(8 * 8 * 20)


def test_what_no_pattern_covers_is_left_out() -> None:
    run = centre(3, 1)
    agents = np.zeros((1, 48), dtype=np.int64)
    agents[0, 4:6] = 3
    requirement = Requirement("by hand", "team", ("team 0",), interval_edges(run)[:-1], agents, np.array([0.0]))
    result = cover_shifts(run, requirement)
    assert result is not None
    assert result.counts.tolist() == [0, 0, 0]


def test_fewest_ends() -> None:
    assert [fewest(lambda n, m=m: n >= m) for m in (1, 2, 7, 64, 100)] == [1, 2, 7, 64, 100]
    with pytest.raises(ValueError, match="no number"):
        fewest(lambda _: False)
    assert math.isclose(shrinkage(scenario({"calls": CALLS}))[0], 0)


# --- the page


def test_the_page_shows_what_comes_out() -> None:
    """docs/staffing.md: its [staffing] and its table of shifts."""
    root = Path(__file__).parents[2]
    page = (root / "docs" / "staffing.md").read_text(encoding="utf-8")
    snippet = re.findall(r"^```toml\n(.*?)```", page, re.DOTALL | re.MULTILINE)[0]
    week = read.load(root / "scenarios" / "retail_week.toml")
    week, _ = by_turns(read.parse(week.raw | tomllib.loads(snippet), given=week.files))
    result = baseline(week)
    covers = [cover_shifts(week, result.requirement(week, divided=divided)) for divided in (False, True)]
    shown = re.findall(r"^\| ((?:frontline|writers) [^|]*?) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    assert [name for name, *_ in shown] == list(names(week.staffing.patterns))
    for cover_, column in zip(covers, zip(*((int(a), int(b)) for _, a, b in shown), strict=True), strict=True):
        assert cover_ is not None
        assert cover_.counts.tolist() == list(column)
