"""The report of a shift plan: the answer as the fresh random numbers have it, the requirement in the workbook."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np

from ccsim.report.page import page
from ccsim.report.sheet import sheet
from ccsim.results.plans import Requirement
from ccsim.staffing.page import document, requirement_table
from tests.staffing_by_hand import centre, plan

PLAN = plan(centre(3, 7))
NEEDED = Requirement(
    "by hand",
    "team",
    PLAN.teams,
    PLAN.starts,
    np.full((len(PLAN.teams), len(PLAN.starts)), 2),
    np.full(len(PLAN.teams), 0.2),
)


def test_answer_and_status_are_those_of_the_fresh_random_numbers() -> None:
    for slack, status, said in (
        (0.05, "met", "meet every target."),
        (-0.05, "missed", "but not on fresh random numbers."),
    ):
        fresh = replace(PLAN.fresh, slack=np.full(len(PLAN.goals), slack))
        result = document(replace(PLAN, fresh=fresh), NEEDED, {"versions": {}})
        assert result.answer.startswith(f"{PLAN.agents.sum()} agents ")
        assert result.answer.endswith(said)
        assert result.status in ((status, "open") if slack > 0 else (status,))
        assert len(result.verdicts) == len(PLAN.goals)
        assert (slack < 0) == all(verdict.status == "missed" for verdict in result.verdicts)


def test_a_target_without_data_is_not_said_to_be_met() -> None:
    slack = np.full(len(PLAN.goals), 0.05)
    slack[0] = np.nan
    result = document(replace(PLAN, fresh=replace(PLAN.fresh, slack=slack)), NEEDED, {"versions": {}})
    assert result.answer.endswith("meet every target with data.")
    assert result.status == "open"


def test_page_and_workbook() -> None:
    from openpyxl import load_workbook

    result = document(PLAN, NEEDED, {"versions": {"ccsim": "1.0"}})
    html = page(result)
    assert "than today&#39;s shifts" in html
    assert "Lower bound" in html
    content, left_out = sheet(result, [requirement_table(NEEDED, PLAN.scenario)])
    assert left_out == []
    book = load_workbook(BytesIO(content))
    rows = list(book[f"Requirement by {NEEDED.method.split(',')[0]}"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == (NEEDED.agents > 0).sum()
    assert rows[0][1:] == (PLAN.teams[0], 2, 2.5)
