"""Every metric says what it is, where it is defined, and is on its page."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from ccsim.metrics import METRICS
from ccsim.metrics.facts import SERVICE_LEVELS
from ccsim.metrics.registry import Metric

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = {
    "answered_or_abandoned": "0.8302",
    "answered_only": "0.8600",
    "all_offered": "0.8113",
    "late_abandons": "0.8269",
    "short_counted_in": "0.8208",
    "short_excluded": "0.8190",
}


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: f"{metric.level}-{metric.name}")
def test_a_metric_is_described_and_on_its_page(metric: Metric, page: str) -> None:
    assert page.count(f"| `{metric.name}` | {metric.title} | {metric.level} |") == 1
    for text in (metric.title, metric.unit, metric.formula, metric.symbols):
        assert text == text.strip() != ""
        assert "|" not in text  # it would end its cell of the table
    assert metric.title[0].isupper()


def test_titles_tell_metrics_apart() -> None:
    titles = [(metric.level, metric.title) for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_sources_exist() -> None:
    """Each names a numbered paragraph of the model that is there."""
    _, measures = (DOCS / "model.md").read_text(encoding="utf-8").split("\n## 7. Measures\n")
    paragraphs = set(re.findall(r"^(\d)\. \*\*", measures, re.MULTILINE))
    cited = {re.match(r"docs/model\.md, section 7\.(\d)(;|$)", metric.source) for metric in METRICS.values()}
    assert None not in cited
    assert {result[1] for result in cited if result} == paragraphs


def test_the_worked_example_is_that_of_the_formulas(page: str) -> None:
    """1000 answered, 860 of them in time; 60 not, 20 of them gone in time, 10 of those at once."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| (\d\.\d{4}) \|$", page, re.MULTILINE)
    assert dict(rows) == EXAMPLE
    for name, level in EXAMPLE.items():
        numerator, denominator = SERVICE_LEVELS[name](1000, 860, 60, 20, 10)
        assert f"{numerator / denominator:.4f}" == level


def test_formulas_in_symbols_are_those_computed() -> None:
    formulas = runpy.run_path(str(DOCS / "make_metrics_reference.py"))["SERVICE_LEVEL_FORMULAS"]
    counts = dict(zip("AaBbs", (397, 309, 83, 41, 24), strict=True))
    assert set(formulas) == set(SERVICE_LEVELS)
    model = (DOCS / "model.md").read_text(encoding="utf-8")
    for name, (symbols, _) in formulas.items():
        numerator, denominator = SERVICE_LEVELS[name](*counts.values())
        assert eval(symbols.replace("−", "-"), dict(counts)) == pytest.approx(numerator / denominator)
        assert re.search(rf"\| `{name}`[^|]*\| {re.escape(symbols)} \|", model)
