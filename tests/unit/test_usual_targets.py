"""Targets that nobody set, which a channel brings: they are measured, and bind nobody."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.lowering import lower
from ccsim.report.of_run import answer
from ccsim.results.targets import bounds, targets
from ccsim.runs.run import run
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing.baseline import baseline
from ccsim.staffing.trials import goals_of


def centre(phone: dict[str, Any] | None = None, mail: dict[str, Any] | None = None) -> Scenario:
    """Calls and mail for a morning; of their targets only those given here."""
    return read.parse(
        {
            "start": "2026-03-02",
            "days": 1,
            "replications": 2,
            "queue": {
                "phone": {"channel": "phone", "open": "09:00-12:00", "volume": {"per_hour": 60}, **(phone or {})},
                "mail": {"channel": "email", "open": "09:00-12:00", "volume": {"per_hour": 5}, **(mail or {})},
            },
            "team": {"desk": {"skills": {"phone": 1, "mail": 2}, "shifts": [{"agents": 9, "hours": "09:00-12:00"}]}},
        }
    )


def wanted(scenario: Scenario) -> list[tuple[str, str]]:
    return [(name, metric) for _, name, metric, _, _ in bounds(lower(scenario)[1])]


def test_only_what_the_scenario_gives_is_wanted() -> None:
    assert wanted(centre()) == []
    assert wanted(centre({"service_level": "80/20"})) == [("phone", "service_level")]
    given = {"service_level": "80% in 4h", "resolution_target": "95% in 24h"}  # as the channel has them
    assert wanted(centre(mail=given)) == [("mail", "service_level"), ("mail", "resolution_level")]
    assert wanted(centre(mail={"service_level": "none", "max_abandonment": 0.1})) == [("mail", "abandonment")]


def test_what_a_variant_gives_is_wanted() -> None:
    raw = copy.deepcopy(centre().raw)
    assert read.change(raw, [("queue.phone.service_level", "90/10")]) == []
    assert wanted(read.parse(raw)) == [("phone", "service_level")]


def test_staff_has_nothing_to_staff_for() -> None:
    with pytest.raises(ScenarioError, match="no targets"):
        goals_of(lower(centre())[1])


def test_erlang_does_not_staff_for_them() -> None:
    usual, given = (baseline(centre(phone)) for phone in (None, {"service_level": "80/20"}))
    busy = given.queues["phone"].agents > 0
    assert busy.any()
    assert (usual.queues["phone"].agents[busy] < given.queues["phone"].agents[busy]).all()
    # without a target all the work is still to be done
    assert (usual.queues["phone"].agents[busy] >= np.ceil(usual.queues["phone"].load[busy] - 1e-9)).all()


def test_they_are_measured_and_not_judged() -> None:
    results = run(centre(), engine="simpy")
    assert targets(results) == []
    assert answer(results).startswith("No target is judged")
    for queue, metric in (("phone", "service_level"), ("mail", "service_level"), ("mail", "resolution_level")):
        estimate = results.estimate("queue", queue, metric)
        assert estimate is not None
        assert 0 < estimate.mean <= 1
