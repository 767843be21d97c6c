"""The page of a document, whoever made it: how values stand in it, and that no text is taken for markup."""

from __future__ import annotations

import math
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ccsim.report.document import Document, Fact, Finding, Listing, Note, Picture, Section, Table, TableColumn, Verdict
from ccsim.report.page import bar, page, shown
from ccsim.stats.estimate import Estimate
from tests.report.conftest import MARKUP

NOTHING = Estimate(math.nan, math.nan, math.nan)

VALUES: list[tuple[Any, Any, tuple[str, str, str]]] = [
    ("a < b", "text", ("a < b", "", "")),
    (0.813, "share", ("81.3 %", "", "0.813")),
    (Estimate(0.9, 0.87, 0.93), "share", ("90.0 %", "87.0–93.0", "0.9")),
    (Estimate(90.0, math.nan, math.nan), "duration", ("1m30s", "", "90.0")),
    (Estimate(5.0, 5.0, 5.0), "count", ("5", "", "5.0")),
    (NOTHING, "share", ("–", "", "")),
    (None, "money", ("–", "", "")),
    (1234.5, "money", ("1,234", "", "1234.5")),
    (4.917, "money", ("4.92", "", "4.917")),
    (math.inf, "duration", ("endless", "", "inf")),
    (0.0123456, "number", ("0.0123", "", "0.0123456")),
    (12, "number", ("12", "", "12.0")),
    (datetime(2026, 3, 2, 9, 30), "moment", ("Mon 2 Mar 09:30", "", "2026-03-02T09:30:00")),
]


@pytest.mark.parametrize(("cell", "kind", "expected"), VALUES, ids=str)
def test_values(cell: Any, kind: Any, expected: tuple[str, str, str]) -> None:
    assert shown(cell, kind) == expected


SIGNED: list[tuple[Any, Any, tuple[str, str, str]]] = [
    (Estimate(0.012, -0.004, 0.028), "share", ("+1.2 points", "−0.4 to +2.8", "0.012")),
    (Estimate(-90.0, -120.0, -60.0), "duration", ("−1m30s", "−2m to −1m", "-90.0")),
    (-1400.0, "money", ("−1,400", "", "-1400.0")),
    (0.0, "count", ("0", "", "0.0")),
]


@pytest.mark.parametrize(("cell", "kind", "expected"), SIGNED, ids=str)
def test_differences(cell: Any, kind: Any, expected: tuple[str, str, str]) -> None:
    assert shown(cell, kind, signed=True) == expected


def verdict(result: Estimate, wanted: float, **more: Any) -> Verdict:
    return Verdict("met", "phone", "Service level", "share", result, wanted, **{"at_least": True} | more)


def test_bars_are_as_wide_as_the_figures_need() -> None:
    assert bar(verdict(Estimate(0.9, 0.85, 1.0), 0.8)) == (85, 100, 90, 80)
    assert bar(verdict(Estimate(0.02, 0.0, 0.03), 0.08)) == pytest.approx((0, 30, 20, 80))
    assert bar(verdict(Estimate(0.3, math.nan, math.nan), 0.3)) == pytest.approx((60, 60, 60, 60))


def everywhere(text: str) -> Document:
    """A document that has a text in each of its places."""
    table = Table(text, (TableColumn(text), TableColumn(text, "share")), ((text, 0.5),), (text, None), text)
    folded = Table(text, (TableColumn(text, "code"),), ((text,),), folded=True)
    parts = (table, folded, Picture(text, text, "<svg></svg>", (10, 10)), Listing(text, text), Note(text))
    result = Verdict("missed", text, text, "share", NOTHING, 0.5, True)
    return Document(
        text, text, text, "missed", (Section(text, parts),), (result,), (Fact(text, text, text),),
        (Finding(text, (text,)),), text,
    )  # fmt: skip


def test_text_is_never_markup() -> None:
    hostile = f"{MARKUP}\"'></title></script><!-- {{{{ 7 * 7 }}}} {{% x %}} &lt;"
    plain = page(everywhere("plain"))
    result = page(everywhere(hostile))
    tag = re.compile(r"<[a-z!/][^<>]*>", re.IGNORECASE)

    def names(html: str) -> list[str]:
        return [re.split(r"[\s>]", one)[0] for one in tag.findall(html)]

    assert names(result) == names(plain)  # not a tag more, not one less
    assert "{{ 7 * 7 }}" in result
    assert result.count("&lt;img src=x onerror=alert(1)&gt;") >= 25


def test_sections_are_linked_and_headings_in_order() -> None:
    html = page(everywhere("plain"))
    ids = re.findall(r'id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', html)
    assert targets
    assert set(targets) <= set(ids)
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert "http" not in re.sub(r"http-equiv", "", html)


def test_the_same_document_gives_the_same_page() -> None:
    assert page(everywhere("plain")) == page(everywhere("plain"))


def test_a_document_needs_no_targets() -> None:
    html = page(Document("A comparison", "two scenarios", "B costs less.", "met", (Section("Figures", (Note("…"),)),)))
    assert "B costs less." in html
    assert "<h3" not in html


def test_the_example_of_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made: dict[str, Any] = {}
    exec(example, made)
    assert "WhatsApp first meets its target for less." in made["html"]
    assert made["workbook"].startswith(b"PK")
    assert made["left_out"] == []
