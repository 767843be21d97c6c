"""`[[staffing.rule]]`: which shifts a rule gives, which of them are simulated, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import candidates, patterns
from ccsim.staffing.baseline import baseline
from ccsim.staffing.cover import cover_shifts
from ccsim.staffing.shifts import shift_plan

RULE = {"team": "a", "days": "mon-fri", "lengths": ["4h", "8h"], "earliest_start": "08:00", "latest_end": "18:00"}


def scenario(*rules: dict[str, Any], **staffing: Any) -> Scenario:
    phone = {"channel": "phone", "open": {"mon-fri": "08:00-18:00"}, "volume": {"per_day": 200, "shape": "office"}}
    shift = {"agents": 9, "days": "mon-fri", "hours": "08:00-18:00"}
    return read.parse(
        {
            "start": "2026-03-02",
            "days": 5,
            "queue": {"phone": phone | {"service_level": "80/20"}},
            "team": {"a": {"skills": {"phone": 1}, "shifts": [shift], "cost_per_hour": 20}},
            "staffing": {"rule": list(rules), **staffing},
        }
    )


def hours(*rules: dict[str, Any]) -> list[str]:
    return [str(pattern.hours) for pattern in candidates.with_rules(scenario(*rules)).staffing.patterns]


def test_every_length_at_every_start_that_ends_in_time() -> None:
    assert hours(RULE | {"step": "2h"}) == [
        "08:00-12:00", "10:00-14:00", "12:00-16:00", "14:00-18:00", "08:00-16:00", "10:00-18:00",
    ]  # fmt: skip
    assert len(hours(RULE)) == 13 + 5, "half an hour is the step"


def test_shifts_that_no_queue_of_the_team_is_open_for_are_left_out() -> None:
    night = {"earliest_start": "16:00", "latest_end": "06:00", "lengths": ["8h"], "step": "2h"}
    assert hours(RULE | night) == ["16:00-24:00"], "others begin after 18:00"


def test_breaks_lie_between_their_times_at_work_and_short_shifts_have_none() -> None:
    rule = RULE | {"step": "10h", "breaks": [{"length": "30m", "after": "3h", "before": "2h30m"}]}
    short, long = candidates.with_rules(scenario(rule)).staffing.patterns
    assert short.breaks == ()
    assert [(str(rest.between), rest.lasts) for rest in long.breaks] == [("11:00-13:30", 30 * 60 * 1_000_000)]
    overnight = rule | {"earliest_start": "22:00", "latest_end": "06:00"}
    assert (
        scenario(overnight).staffing.rule[0].breaks_in(next(iter(scenario(overnight).staffing.rule[0].hours()))) == []
    )


def test_a_rule_costs_as_the_patterns_written_out() -> None:
    rule = RULE | {"step": "2h", "cost_per_hour": 24, "paid": False, "breaks": [{"length": "30m"}], "max": 3}
    by_rule = candidates.with_rules(scenario(rule, premium=[{"factor": 1.5, "days": "fri"}]))
    written = [
        {"team": "a", "days": "mon-fri", "hours": str(pattern.hours), "cost_per_hour": 24, "paid": False, "max": 3,
         "breaks": [{"length": "30m", "between": str(pattern.hours)}]}
        for pattern in by_rule.staffing.patterns
    ]  # fmt: skip
    by_hand = scenario(patterns=written, premium=[{"factor": 1.5, "days": "fri"}])
    assert patterns.costs(by_rule) == pytest.approx(patterns.costs(by_hand))
    assert patterns.costs(by_rule)[0] == pytest.approx(24 * 3.5 * (4 + 1.5))
    assert patterns.hours(by_rule)[0] == pytest.approx(5 * 3.5), "a premium is no hour"
    assert [pattern.max for pattern in by_rule.staffing.patterns] == [3] * 6


def test_names() -> None:
    assert candidates.with_rules(scenario(RULE | {"name": "Long", "lengths": ["10h"]})).staffing.patterns[0].name == (
        "Long 08:00-18:00"
    )
    # the same hours by two rules without names
    assert patterns.names(candidates.with_rules(scenario(RULE, RULE)).staffing.patterns)[-1] == "a 10:00-18:00 (2)"


def test_of_many_those_are_simulated_that_cover_the_requirement_best() -> None:
    own = [{"team": "a", "days": "mon-fri", "hours": "09:00-17:00"}]
    many = candidates.with_rules(scenario(RULE | {"lengths": ["3h", "4h", "6h", "8h"], "step": "5m"}, patterns=own))
    needs = baseline(many)
    few = candidates.most_useful(many, 1, needs)
    assert len(many.staffing.patterns) > 150
    assert len(few.staffing.patterns) == candidates.MOST
    assert str(few.staffing.patterns[0].hours) == "09:00-17:00"
    best, best_of_few = (cover_shifts(each, needs.requirement(each)) for each in (many, few))
    assert best is not None
    assert best_of_few is not None
    assert best.cost <= best_of_few.cost <= best.cost * 1.01
    assert candidates.most_useful(few, 1, needs) is few


def test_weekday_and_weekend_agents_are_not_added_up() -> None:
    week = {"team": "a", "hours": "08:00-12:00"}
    given = scenario(patterns=[week | {"days": "mon-thu"}, week | {"days": "fri"}, week | {"days": "mon-fri"}])
    assert patterns.most_on_a_day(given, [4, 6, 2]) == 8
    assert patterns.hours(given) @ np.array([4, 6, 2]) == 4 * (4 * 4 + 6 + 2 * 5)


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"team": "b"}, "staffing.rule.0.team", 'no team "b"'),
        ({"lengths": ["12h"]}, "staffing.rule.0.lengths", "no shift that ends in time"),
        ({"lengths": []}, "staffing.rule.0.lengths", "at least 1"),
        ({"lengths": ["0h"]}, "staffing.rule.0.lengths", "above 0"),
        ({"lengths": ["24h"]}, "staffing.rule.0.lengths", "below 24 hours"),
        ({"step": "1m"}, "staffing.rule.0.step", "at least five minutes"),
        ({"earliest_start": "8 o'clock"}, "staffing.rule.0.earliest_start", "a time of day"),
        ({"earliest": "08:00"}, "staffing.rule.0.earliest", 'mean "earliest_start"'),
        ({"breaks": [{"after": "3h"}]}, "staffing.rule.0.breaks.0.length", "missing"),
    ],
)
def test_what_is_refused(change: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(RULE | change)
    assert any(problem.path.startswith(place) and words in str(problem) for problem in caught.value.problems), caught


def test_too_many_and_two_of_a_name() -> None:
    rule = RULE | {"lengths": [f"{minutes}m" for minutes in range(60, 400, 5)], "step": "5m"}
    with pytest.raises(ScenarioError, match="at most 2000 in all"):
        scenario(rule)
    with pytest.raises(ScenarioError, match="a second time"):
        scenario(RULE | {"name": "x"}, RULE | {"name": "x"})


def test_a_rule_whose_shifts_are_all_of_no_use_is_named() -> None:
    sunday = scenario(RULE | {"days": "sun"})
    with pytest.raises(ScenarioError, match=r"staffing\.rule: none of its shifts is of use"):
        shift_plan(sunday)
