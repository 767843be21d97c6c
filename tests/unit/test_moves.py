"""A share of one queue's customers comes to another queue: the same people, at the same times."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.runs.many import sampled_from
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.scenario.spans import contacts, work_offered
from ccsim.tables import SECOND, Link
from ccsim.workload.customers import poisson_rate
from ccsim.workload.handle_time import handle_times
from ccsim.workload.sample import sample

MONDAY = date(2026, 3, 2)


def scenario(*moves: dict[str, Any], **top: Any) -> Scenario:
    calls = {"channel": "phone", "volume": {"per_day": 2000}, "wrap_up": "40s"}
    app = {"channel": "messaging", "volume": {"per_day": 500}, "turns": {"mean": 4}, "wrap_up": "20s"}
    raw = {
        "start": MONDAY,
        "days": 1,
        "queue": {"calls": calls, "app": app, "mail": {"channel": "email"}},
        "team": {
            "desk": {"skills": dict.fromkeys(("calls", "app", "mail"), 1), "shifts": [{"agents": 9, "hours": "always"}]}
        },
        "move": list(moves),
        **top,
    }
    return parse(raw)


def test_who_is_moved_keeps_the_time_and_the_others_keep_all() -> None:
    before, after = sample(scenario(), 0), sample(scenario({"from": "calls", "to": "app", "share": 0.3}), 0)
    came = before.arrival[before.queue == 0]
    stayed, at_app = after.arrival[after.queue == 0], after.arrival[after.queue == 1]
    moved = np.setdiff1d(at_app, before.arrival[before.queue == 1])
    assert np.array_equal(np.sort(np.concatenate((stayed, moved))), came)
    assert len(moved) == pytest.approx(0.3 * len(came), abs=4 * (len(came) * 0.21) ** 0.5)
    same = np.isin(before.arrival, stayed) & (before.queue == 0)
    for column in ("patience", "wrap_up"):
        assert np.array_equal(getattr(before, column)[same], getattr(after, column)[after.queue == 0])
    more = sample(scenario({"from": "calls", "to": "app", "share": 0.5}), 0)
    assert np.isin(moved, more.arrival[more.queue == 1]).all(), "a larger share moves the same customers, and more"


def test_expectations_follow() -> None:
    run = scenario(
        {"from": "calls", "to": "app", "share": 0.3},
        {"from": "calls", "to": "mail", "share": 0.1},
        {"from": "app", "to": "calls", "share": 0.2},
    )
    expected = {"calls": 0.6 * 2000 + 100, "app": 0.8 * 500 + 600, "mail": 200}
    for name, number in expected.items():
        assert contacts(run, name)[MONDAY] == pytest.approx(number)
        assert poisson_rate(run, name).expected[-1] == pytest.approx(number)
    result = np.mean([np.bincount(sample(run, i).queue, minlength=3) for i in range(100)], axis=0)
    assert result == pytest.approx(list(expected.values()), rel=0.03)


def test_work_and_turns_of_their_own() -> None:
    profile = {"constant": "1m", "profile": [["00:00", 3]]}
    queues = dict(scenario().raw["queue"])
    queues["app"] = queues["app"] | {"work": profile}
    move = {"from": "calls", "to": "app", "share": 0.3, "work": "90s", "turns": 2}
    run = scenario(move, queue=queues)
    workload = sample(run, 0)
    roots = (workload.queue == 1) & (workload.link == Link.ROOT)
    moved = roots & (workload.work[workload.first_turn] == 90 * SECOND)
    assert moved.sum() == pytest.approx(600, rel=0.15)
    assert (workload.turns[moved] == 2).all()
    assert (workload.work[workload.first_turn[roots & ~moved]] == 180 * SECOND).all(), "the profile is of the others"
    theirs, others = 2 * 90 + 20, 4 * 180 + 20
    assert work_offered(run, "app")[MONDAY] == pytest.approx(600 * theirs + 500 * others)
    assert handle_times(run)["app"].mean == pytest.approx((600 * theirs + 500 * others) / 1100)


def test_points_share_contacts_only_if_moves_and_profiles_agree() -> None:
    """What `ccsim sweep` and `compare` sample once for several scenarios."""
    queues = dict(scenario().raw["queue"])
    queues["calls"] = queues["calls"] | {"work": {"constant": "1m", "profile": [["00:00", 3]]}}
    some = [
        scenario(),
        scenario({"from": "calls", "to": "app", "share": 0.3}),
        scenario(queue=queues),
        scenario(volume={"scale": 2}),
    ]
    assert len({sampled_from(run) for run in some}) == 4
    assert sampled_from(scenario()) == sampled_from(some[0])


@pytest.mark.parametrize(
    ("move", "place", "result"),
    [
        ({"from": "cals", "to": "app", "share": 0.3}, "move.0.from", 'did you mean "calls"'),
        ({"from": "calls", "to": "calls", "share": 0.3}, "move.0.to", "another queue"),
        ({"from": "mail", "to": "app", "share": 0.3}, "move.0.from", "no volume"),
        ({"from": "calls", "to": "app", "share": 1.3}, "move.0.share", "1"),
        ({"from": "app", "to": "calls", "share": 0.3, "turns": 2}, "move.0.turns", "one-to-one"),
        ({"from": "calls", "too": "app", "share": 0.3, "to": "app"}, "move.0.too", 'did you mean "to"'),
        ({"to": "app", "share": 0.3}, "move.0.from", "missing"),
    ],
)
def test_what_cannot_be_moved(move: dict[str, Any], place: str, result: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario(move)
    (problem,) = refused.value.problems
    assert problem.path == place
    assert result in str(problem)


def test_at_most_everybody_is_moved() -> None:
    with pytest.raises(ScenarioError, match=r"move\.1\.share: shares of calls that add up to 1\.2"):
        scenario({"from": "calls", "to": "app", "share": 0.6}, {"from": "calls", "to": "mail", "share": 0.6})
