"""Makes docs/reference/metrics.md: every metric as it is registered, and the service levels by worked example.

python docs/make_metrics_reference.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ccsim.metrics import METRICS
from ccsim.metrics.facts import SERVICE_LEVELS
from ccsim.metrics.registry import Metric

PAGE: Final = Path(__file__).parent / "reference" / "metrics.md"

EXAMPLE: Final = {"A": 1000, "a": 860, "B": 60, "b": 20, "s": 10}

SERVICE_LEVEL_FORMULAS: Final = {
    "answered_or_abandoned": ("(a + b) / (A + B)", "who gives up within the time counts as served in time"),
    "answered_only": ("a / A", "who gives up does not count"),
    "all_offered": ("a / (A + B)", "who gives up counts as not served in time; the default"),
    "late_abandons": ("a / (A + B − b)", "who gives up within the time does not count"),
    "short_counted_in": ("(a + s) / (A + B)", "who gives up within `short_abandon` counts as served in time"),
    "short_excluded": ("a / (A + B − s)", "who gives up within `short_abandon` does not count"),
}
"""Each `sl_formula` in symbols and in words."""

LEVELS: Final = {"queue": "Queues", "team": "Teams"}


def page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from (
        "# Metrics",
        "",
        "For whoever reads the results of a run: what each figure of `summary.csv`, `intervals.csv`, the tables and",
        "the reports is. Names are those of files, commands and Python; titles are headings of reports. The symbols",
        "are defined in [the model, section 7](../model.md#7-measures).",
        "",
        "*Made by `python docs/make_metrics_reference.py` from the metrics themselves; change it there.*",
        "",
        "Units: a share is from 0 to 1, s are seconds, h hours. Better: which direction a comparison calls better.",
        "",
        "## Service level: six formulas",
        "",
        "`sl_formula` of a queue says how `service_level` treats customers who give up. A are answered, a of them",
        "within the time of `service_level`; B entered and were not answered, b of them gave up within that time, s",
        "within `short_abandon`. The example has "
        + ", ".join(f"{name} = {count}" for name, count in EXAMPLE.items())
        + ".",
        "",
        "| `sl_formula` | formula | who gives up | example |",
        "|---|---|---|---:|",
    )
    for name, formula in SERVICE_LEVELS.items():
        symbols, words = SERVICE_LEVEL_FORMULAS[name]
        numerator, denominator = formula(*EXAMPLE.values())
        yield f"| `{name}` | {symbols} | {words} | {numerator / denominator:.4f} |"
    yield from (
        "",
        "`short_abandon` is 0 unless a queue sets it: then the last two differ from `all_offered` only by those who",
        "left without any wait.",
    )
    for level, heading in LEVELS.items():
        yield from (
            "",
            f"## {heading}",
            "",
            "| name | title | level | unit | better | formula | in symbols | source |",
            "|---|---|---|---|---|---|---|---|",
        )
        yield from (row(metric) for metric in METRICS.values() if metric.level == level)


def row(metric: Metric) -> str:
    """A metric's line of its table."""
    cells = (
        f"`{metric.name}`", metric.title, metric.level, metric.unit, metric.better, metric.formula, metric.symbols,
        metric.source,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
