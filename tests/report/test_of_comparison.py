"""The report of a comparison: the answer as the ranking has it, differences with their signs, names as text."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ccsim.report.of_comparison import document
from ccsim.report.page import page
from ccsim.report.sheet import sheet
from ccsim.results.comparison import Comparison
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import rank
from ccsim.scenario import read
from ccsim.studies import compare as comparing

BASE: dict[str, Any] = {
    "name": "Calls",
    "start": "2026-03-02",
    "days": 1,
    "replications": 4,
    "queue": {"calls": {"channel": "phone", "open": "08:00-18:00", "volume": {"per_day": 200}}},
    "team": {"t": {"skills": {"calls": 1}, "shifts": [{"agents": 6, "hours": "08:00-18:00"}], "cost_per_hour": 20.0}},
}
PROVENANCE: dict[str, Any] = {"versions": {"ccsim": "1.0"}, "overrides": ["seed=3"]}


def compared(*agents: int, target: str = "80/20") -> Comparison:
    """The same calls with so many agents; the first is the baseline, whose name is markup."""
    scenarios = {}
    for number, size in enumerate(agents):
        raw = copy.deepcopy(BASE)
        raw["team"]["t"]["shifts"][0]["agents"] = size
        raw["queue"]["calls"]["service_level"] = target
        scenarios[f"<b>{number}</b>"] = read.parse(raw)
    return comparing.compare(scenarios, engine="compiled", workers=1)


ANSWERS = {
    "the cheaper of two": ((8, 7), "80/20", "met", "<b>1</b> is best by total cost."),
    "one misses its target": ((8, 1), "80/20", "met", "Only <b>0</b> meets its targets."),
    "all miss": ((1, 2), "100/0", "missed", "No variant meets all its targets; <b>1</b> comes nearest"),
    "no difference": ((7, 7), "80/20", "open", "<b>0</b> and <b>1</b> cannot be told apart by total cost."),
    "one of three left out": (
        (8, 7, 1), "80/20", "met", "<b>1</b> is best by total cost, of those that meet their targets.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_answers(case: str) -> None:
    agents, target, status, answer = ANSWERS[case]
    comparison = compared(*agents, target=target)
    result = document(comparison, rank(comparison), PROVENANCE)
    assert result.status == status
    if case == "all miss":  # by how far is what was simulated
        assert result.answer.startswith(f"{answer}: it misses 1 target, by ")
    else:
        assert result.answer == answer


def test_page_and_workbook() -> None:
    comparison = compared(6, 1)
    result = document(comparison, rank(comparison), PROVENANCE)
    tables = {table.title: table for table in result.tables()}
    (row,) = tables["Differences to <b>0</b>"].rows
    level = comparison.headline.index(MetricPlace("queue", "calls", "service_level")) + 1
    assert row[level] == comparison.difference(comparison.variants[1], comparison.headline[level - 1])
    assert [verdict.subject for verdict in result.verdicts] == ["<b>1</b>"]
    html = page(result)
    assert "<b>0</b>" not in html
    assert "&lt;b&gt;0&lt;/b&gt;" in html
    assert "seed=3" in html
    assert " points" in html
    content, left_out = sheet(result)
    assert content.startswith(b"PK")
    assert left_out == []
