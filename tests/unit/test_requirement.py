"""The requirement by simulation: the question asked in each interval, carry-over, several teams, what cannot be met."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline
from ccsim.staffing.desks import Desks
from ccsim.staffing.requirement import _least, _Search, requirement
from ccsim.tables import I64


def asked(enough: Callable[[I64], bool], start: list[int], most: list[int], order: list[int]) -> tuple[Any, int]:
    """The least that is enough, and how often it was asked."""
    question = _least(np.array(start), np.array(most), np.array(order), np.ones(len(order), dtype=np.int64))
    agents, times = next(question), 0
    while True:
        times += 1
        try:
            agents = question.send(enough(agents))
        except StopIteration as answer:
            return answer.value, times


@pytest.mark.parametrize(("start", "needed"), list(itertools.product((0, 1, 7, 30), (0, 1, 2, 6, 7, 8, 29, 30))))
def test_the_least_of_one_team_from_wherever_it_starts(start: int, needed: int) -> None:
    result, times = asked(lambda agents: bool(agents[0] >= needed), [start], [30], [0])
    assert result.tolist() == [needed]
    assert times <= 12


def test_of_several_teams_nobody_can_be_spared_the_dearest_first() -> None:
    def enough(agents: I64) -> bool:
        return bool(agents[0] + agents[1] >= 7 and agents[0] >= 2 and agents[2] >= 1)

    assert asked(enough, [3, 3, 3], [9, 9, 9], [0, 1, 2])[0].tolist() == [3, 4, 1]
    assert asked(enough, [3, 3, 3], [9, 9, 9], [1, 0, 2])[0].tolist() == [4, 3, 1]
    assert asked(enough, [3, 3, 0], [9, 9, 0], [1, 0, 2])[0] is None


def test_many_of_one_team_do_not_stand_in_for_one_of_another() -> None:
    def enough(agents: I64) -> bool:
        return bool(agents[0] + 0.01 * agents[1] >= 7.05)

    assert asked(enough, [3, 3], [99, 99], [0, 1])[0].tolist() == [8, 0], "not 7 and 5"


def morning(queues: dict[str, Any], teams: dict[str, Any], **top: Any) -> Scenario:
    desk = {"shifts": [{"agents": 1, "hours": "09:00-12:00"}]}
    return read.parse(
        {
            "start": "2026-03-02",
            "days": 1,
            "interval": "1h",
            "drain": "6h",
            "seed": 5,
            "replications": 30,
            "queue": {name: {"open": "09:00-12:00"} | queue for name, queue in queues.items()},
            "team": {name: desk | team for name, team in teams.items()},
        }
        | top
    )


CALLS = {"channel": "phone", "volume": {"per_hour": 30}, "service_level": "80/20"}
CHATS = {
    "channel": "live_chat",
    "volume": {"per_hour": 20},
    "service_level": "80% in 60s",
    "reply_target": "80% in 60s",
}


def test_two_teams_of_several_channels_meet_the_targets_in_each_interval() -> None:
    """As shifts of an hour each, in a run: a team's requirement is enough there, but for chance."""
    scenario = morning(
        {"phone": CALLS, "chat": CHATS},
        {
            "voice": {"skills": {"phone": 1, "chat": 2}, "concurrency": {"chat": 2}, "cost_per_hour": 25},
            "text": {"skills": {"chat": 1}, "concurrency": {"chat": 3}, "cost_per_hour": 20},
        },
        staffing={"targets_over": "interval"},
    )
    result = requirement(scenario)
    assert result.names == ("voice", "text")
    assert result.agents[:, 9:12].all()
    assert result.agents.sum() == result.agents[:, 9:12].sum()
    raw = {key: dict(value) if isinstance(value, dict) else value for key, value in scenario.raw.items()}
    for team, row in zip(result.names, result.agents, strict=True):
        shifts = [{"agents": int(row[h]), "hours": f"{h:02d}:00-{h + 1:02d}:00"} for h in (9, 10, 11)]
        raw["team"][team] = raw["team"][team] | {"shifts": [*shifts, shifts[-1] | {"hours": "12:00-13:00"}]}
    results = run(read.parse(raw), engine="compiled")
    for queue, metric in (("phone", "service_level"), ("chat", "service_level"), ("chat", "reply_level")):
        series = results.series("queue", queue, metric)
        assert (series.high[9:12] >= 0.8).all(), (queue, metric, series.mean[9:12])


def test_what_comes_overnight_is_the_work_of_the_opening() -> None:
    messages = {
        "channel": "messaging", "volume": {"per_hour": 4}, "turns": 1, "service_level": "80% in 30m",
        "clock": "business", "work": "3m",
    }  # fmt: skip
    result = requirement(morning({"messages": messages}, {"text": {"skills": {"messages": 1}}}, days=2))
    opening, rest = result.agents[0, [9, 33]], result.agents[0, [10, 11, 34, 35]]
    assert (opening[1:] > rest.max()).all()
    # 4 × 21 messages of three minutes; after the first half hour 80 % are to be in work
    assert opening[1] >= 0.75 * 84 * 3 / 35


def test_what_no_number_meets_is_named_and_has_erlangs_agents() -> None:
    scenario = morning(
        {"phone": CALLS | {"answer_delay": "30s", "patience": "never"}}, {"voice": {"skills": {"phone": 1}}}
    )
    result = requirement(scenario)
    (short,) = result.shortfalls
    assert (short.goal.name, short.goal.metric, short.figure) == ("phone", "service_level", 0.0)
    assert short.contacts == pytest.approx(90, rel=0.1)
    assert "it rings for 30s" in short.reason
    erlang = baseline(scenario).requirement(scenario).agents
    np.testing.assert_array_equal(result.agents, erlang)
    assert short.within is not None
    assert short.within >= 30


def test_who_leaves_while_it_rings_is_named_as_the_reason() -> None:
    lost = {"answer_delay": "15s", "patience": {"dist": "exponential", "mean": "60s"}, "service_level": "none"}
    scenario = morning({"phone": CALLS | lost | {"max_abandonment": 0.05}}, {"voice": {"skills": {"phone": 1}}})
    (short,) = requirement(scenario).shortfalls
    reason = re.fullmatch(
        r"it rings for 15s before anybody answers, and ([\d.]+) % of the customers are not as patient as that",
        short.reason,
    )
    assert reason is not None, short.reason
    contacts = 30 * 90  # in 30 replications; 1 - exp(-15 s / 60 s) leave
    assert float(reason[1]) == pytest.approx(22.1, abs=4 * 100 * (0.221 * 0.779 / contacts) ** 0.5)


def test_over_intervals_each_is_named() -> None:
    scenario = morning(
        {"phone": CALLS | {"answer_delay": "30s"}},
        {"voice": {"skills": {"phone": 1}}},
        staffing={"targets_over": "interval"},
    )
    result = requirement(scenario)
    assert sorted(short.start // 3_600_000_000 for short in result.shortfalls) == [9, 10, 11]


def test_a_long_target_of_a_queue_says_nothing_about_the_morning() -> None:
    """Messages due within hours are not all for those who are there at nine: the requirement follows the work."""
    mail = {"channel": "email", "volume": {"per_hour": 12}, "work": "6m", "turns": 1, "service_level": "90% in 3h",
            "resolution_target": "none", "clock": "business"}  # fmt: skip
    scenario = morning(
        {"phone": CALLS, "mail": mail},
        {"voice": {"skills": {"phone": 1}}, "text": {"skills": {"mail": 1}}},
        days=3, drain="auto", staffing={"targets_over": "day"}, replications=20,
    )  # fmt: skip
    result = requirement(scenario)
    assert not result.shortfalls
    voice = result.agents[0].reshape(3, 24)[:, 9:12]
    assert np.ptp(voice) <= 1
    assert (result.agents[0] <= 5).all()


def test_like_days_have_like_numbers_and_each_interval_says_what_binds() -> None:
    scenario = morning({"phone": CALLS}, {"voice": {"skills": {"phone": 1}}}, days=4, staffing={"targets_over": "day"})
    result = requirement(scenario)
    total = result.agents[0].reshape(4, 24).sum(axis=1)
    assert np.ptp(total) <= 1
    assert len(result.binding) == 12
    for bind in result.binding:
        assert (bind.team, bind.goal.name, bind.goal.metric) == ("voice", "phone", "service_level")
        assert bind.overall >= 0.8
        assert bind.contacts == pytest.approx(30, rel=0.2)


def test_a_target_of_the_run_needs_no_more_than_one_of_each_interval() -> None:
    busy = CALLS | {"volume": {"per_day": 120, "shape": [["09:00", 1], ["10:00", 3], ["11:00", 2], ["12:00", 0]]}}
    queues, teams = {"phone": busy}, {"voice": {"skills": {"phone": 1}}}
    run_, interval = (
        requirement(morning(queues, teams, staffing={"targets_over": over})).agents.sum()
        for over in ("run", "interval")
    )
    assert run_ <= interval


NIGHT = {
    "channel": "messaging", "volume": {"per_hour": 6}, "turns": 1, "service_level": "90% in 5m",
    "clock": "business", "work": "3m",
}  # fmt: skip


def test_above_erlang_c_there_is_a_warning_with_the_cause_and_what_its_agents_could_do() -> None:
    result = requirement(
        morning(
            {"night": NIGHT | {"volume": {"per_hour": 2}}},
            {"text": {"skills": {"night": 1}}},
            days=2,
            interval="30min",
            replications=10,
        )
    )
    opening, later = result.agents[0, [18, 66]], result.agents[0, [20, 22, 68, 70]]
    assert (opening > 3 * later.max()).all()
    (warning,) = [text for text in result.warnings if "due soon after opening" in text]
    assert "text: more agents than Erlang C asks for" in warning
    assert "night: service level 9" in warning
    assert re.search(r"; 90 % in \d+m\d* with \d+$|; 90 % in \d+h\d*m? with \d+$", warning), warning


def test_what_is_due_at_the_opening_and_cannot_be_met_is_named_with_what_could_be() -> None:
    result = requirement(morning({"night": NIGHT}, {"text": {"skills": {"night": 1}}}, days=2, replications=10))
    (short,) = result.shortfalls
    assert "come while the queue is closed, and all are due within 5m of opening" in short.reason
    assert short.figure <= short.best < 0.9
    assert short.within is not None
    assert 600 < short.within < 3 * 3600
    assert short.agents == result.agents.max()


def test_the_least_time_is_met_when_it_is_asked_for() -> None:
    """A mail of Friday evening waits for Monday, which a drain made for an hour leaves undecided."""
    mail = {"channel": "email", "open": {"mon-fri": "08:00-18:00"}, "volume": {"per_day": 20}, "turns": 1, "work": "3m"}

    def asked(target: str) -> Scenario:
        queues = {"mail": mail | {"service_level": target, "resolution_target": "none"}}
        top = {"start": "2026-03-05", "days": 2, "drain": "auto", "replications": 5}
        return morning(queues, {"text": {"skills": {"mail": 1}}}, **top)

    (short,) = requirement(asked("95% in 1h")).shortfalls
    assert short.within is not None
    assert short.within > 2 * 24 * 3600
    assert requirement(asked(f"95% in {short.within:g}s")).shortfalls == ()


def test_late_before_the_opening_is_a_cause() -> None:
    scenario = morning(
        {"night": NIGHT | {"clock": "calendar"}}, {"text": {"skills": {"night": 1}}}, days=2, replications=5
    )
    (short,) = requirement(scenario).shortfalls
    assert "come while the queue is closed, and the target's clock runs then" in short.reason


def test_threads_change_nothing() -> None:
    scenario = morning({"phone": CALLS}, {"voice": {"skills": {"phone": 1}}}, replications=5)
    np.testing.assert_array_equal(requirement(scenario).agents, requirement(scenario, workers=2).agents)


def test_days_that_the_rounds_leave_short_get_more_agents() -> None:
    """Each day by itself, of the team that serves the queue first; who is there already stays."""
    calls = {"channel": "phone", "volume": {"per_day": 240}, "service_level": "80/20"}
    teams = {"own": {"skills": {"calls": 1}}, "others": {"skills": {"calls": 2}}}
    desks = Desks(morning({"calls": calls}, teams, days=2, staffing={"targets_over": "day"}), 1, lambda: None)
    search = _Search(desks)
    few = np.where(desks.works, [[1], [0]], 0)
    few[0, :24] = search.most[0, :24]
    counts = search._topped_up(few.copy())
    assert not search._missed(desks.tally(counts)).any()
    assert (counts[:, :24] == few[:, :24]).all(), "enough on the first day"
    assert (counts[0, 24:] >= few[0, 24:]).all()
    assert (counts[1] == 0).all()
    assert search._missed(desks.tally(few)).any()
