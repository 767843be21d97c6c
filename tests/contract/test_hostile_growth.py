"""Follow-ups and spikes are estimated before the start: what would not fit is refused, with the estimate."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.growth import families, size_of, spiked
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import assign, parse
from ccsim.scenario.spans import contacts
from ccsim.workload.sample import sample

CENTRE = """
start = 2026-03-02
days = 2

[queue.a]
channel = "phone"
open = "08:00-20:00"
volume = { per_day = 3000, shape = "office" }
retry = { share = 0.4, to = { a = 0.5, b = 0.5 } }
transfer = [{ to = "b", share = 0.3 }, { to = "a", share = 0.2 }]
reopens = { share = 0.2 }
limit = 3

[queue.b]
channel = "live_chat"
volume = { per_hour = 50 }
turns = { mean = 4 }
idle_timeout = "5m"
reopens = { share = 0.3 }
limit = 2

[queue.c]
channel = "messaging"
volume = { per_day = 100 }
expires_after = "1d"

[outbound.o]
queue = "c"
messages = 100
recontact = ["a"]

[team.t]
skills = { a = 1, b = 2, c = 3 }
shifts = [{ agents = 20, hours = "08:00-20:00" }]
"""

SPIKES = [
    {"queue": "a", "at": "2026-03-03T10:00:00", "duration": "2h", "scale": 3.0},
    {"queue": "a", "at": "2026-03-03T11:00:00", "duration": "3h", "scale": 2.0},
    {"queue": "b", "at": "2026-03-03T23:30:00", "duration": "2h", "scale": 5.0},
]


def centre(**changes: Any) -> Scenario:
    raw = tomllib.loads(CENTRE)
    for path, value in changes.items():
        assign(raw, path.replace("__", "."), value)
    return parse(raw)


def test_families_are_as_large_as_those_sampled() -> None:
    scenario = centre()
    workloads = [sample(scenario, replication) for replication in range(4)]
    rows = np.mean([len(workload.queue) for workload in workloads])
    roots = np.mean([np.bincount(workload.queue[workload.link == 0], minlength=3) for workload in workloads], axis=0)
    expected = sum(count * family for count, (family, _) in zip(roots, families(scenario).values(), strict=True))
    # retries do not recontact nor transfers reopen: both are counted here
    assert rows <= expected <= 1.3 * rows


def test_spikes_are_as_large_as_those_sampled() -> None:
    scenario = centre(spike=SPIKES)
    workloads = [sample(scenario, replication) for replication in range(4)]
    roots = np.mean([np.bincount(workload.queue[workload.link == 0], minlength=3) for workload in workloads], axis=0)
    expected = [sum(contacts(scenario, name).values()) + spiked(scenario, name) for name in ("a", "b")]
    assert expected == pytest.approx(roots[:2].tolist(), rel=0.03)


BOOKED = {"appointments": {"hours": "09:00-17:00", "every": "1m", "each": 9}, "no_show": 0.5}
VISITS = {"channel": "in_person", "open": "09:00-17:00", "volume": BOOKED}
HALF_HOUR = {"queue__a__open": "12:00-12:30", "queue__a__volume": {"per_hour": 200}}
DEMAND = {
    "queue__a": {"channel": "phone", "open": "12:00-12:30"},
    "demand": {"per_hour": 200, "mix": {"a": 1}, "barrier": {"a": 0.5}},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"self_service__faq": {"deflects": {"a": 1.0, "b": 0.5}}},
        {"self_service__faq": {"deflects": {"a": 1.0}}, "spike": SPIKES},
        HALF_HOUR,
        DEMAND,
        {"queue__visits": VISITS, "team__t__skills__visits": 1},
        {"queue__a__bot": {"contains": 0.8, "bounces": {"share": 1.0}}},
        {"queue__b__bot": {"contains": 0.5, "loses_context": True}},
        {"queue__b__closing_word": {"share": 0.9}},
        {"queue__a__transfer": [{"to": "b", "share": 0.5, "cold": True, "repeat_turns": 40}]},
        {"move": [{"from": "a", "to": "b", "share": 0.5, "turns": 30}]},
        {"outbound__o__messages": 10_000_000, "outbound__o__pace": 1e-310},
        {"outbound__o__messages": 10_000_000, "outbound__o__pace": 500, "outbound__o__window": "09:00-11:15"},
    ],
)  # fmt: skip
def test_all_that_is_drawn_is_estimated(changes: dict[str, Any]) -> None:
    """Who is kept by self-service or comes in vain is drawn, and so is what a customer never gets to say."""
    scenario = centre(**changes)
    workloads = [sample(scenario, replication) for replication in range(3)]
    size = size_of(scenario)
    rows, turns = (np.mean([len(column) for column in columns]) for columns in (
        [workload.queue for workload in workloads], [workload.work for workload in workloads]
    ))  # fmt: skip
    assert rows <= 1.02 * size.contacts <= 1.4 * rows
    assert turns <= 1.02 * size.turns <= 1.5 * turns


def test_busy_days_and_the_turned_away_take_memory() -> None:
    usual = size_of(centre(**DEMAND)).memory
    assert size_of(centre(**DEMAND | {"busyness__day_cv": 2.0})).memory > 4 * usual
    nobody = size_of(centre(**DEMAND | {"demand__barrier": {"a": 1.0}, "demand__per_hour": 1e6})).memory
    assert nobody > 2 * 24 * 1e6 * 100


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"queue__a__retry__share": 1.0, "queue__a__reopens__share": 1.0, "queue__a__limit": 100}, "queue.a.limit"),
        ({"spike": [SPIKES[0] | {"scale": 1e12}]}, "spike"),
        ({"queue__a__volume__per_day": 1e12}, "days"),
        ({"days": 60, "team__t__shifts": [{"agents": 1_000_000, "hours": "08:00-20:00"}]}, "team.t.shifts"),
    ],
)
def test_what_would_not_fit_is_refused_with_the_estimate(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        centre(**changes)
    (problem,) = refused.value.problems
    assert problem.path == place
    assert "GB a replication" in problem.value
