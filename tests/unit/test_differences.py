"""The chart of a comparison: what it says, and that nothing is cut off with two to eight variants and long names."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.colors import to_hex

from ccsim.charts.differences import differences
from ccsim.results.comparison import Comparison
from ccsim.scenario.read import parse
from ccsim.studies.compare import compare
from tests.layout import assert_readable
from tests.unit.test_charts import scenario

LONG = "variant with_a_name-that.is rather_long_because_it_says_all_of_it"


def compared(queues: int, variants: int, replications: int = 2) -> Comparison:
    def of(number: int) -> Any:
        doc = scenario(queues, 1, max_abandonment=0.1)
        (team, *_) = doc["team"].values()
        team["shifts"][0]["agents"] += number
        team["cost_per_hour"] = 20
        return parse({**doc, "replications": replications})

    names = ["base", *(f"{number}{LONG[: 8 * number + 2]}" for number in range(1, variants))]
    return compare({name: of(number) for number, name in enumerate(names)}, engine="simpy", workers=1)


@pytest.mark.parametrize(("queues", "variants"), [(1, 2), (2, 8), (7, 4)])
def test_nothing_is_cut_off_and_no_text_lies_on_another(queues: int, variants: int) -> None:
    page = differences(compared(queues, variants))
    page.draw_without_rendering()
    assert_readable("differences", page, more_than=20)


def test_a_panel_shows_every_difference_where_it_is() -> None:
    comparison = compared(1, 3, replications=3)
    page = differences(comparison)
    panels = [ax for ax in page.axes if ax.axison]
    assert [ax.get_title(loc="left").split("\n")[1].split(" (")[0] for ax in panels] == [
        figure.metric.replace("_", " ") for figure in comparison.headline
    ]
    for ax, figure in zip(panels, comparison.headline, strict=True):
        scale = 100 if figure.definition.unit == "share" else 1
        dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
        whiskers = [line for line in ax.get_lines() if len(line.get_xdata()) == 2 and line.get_linewidth() == 2]
        for row, variant in enumerate(comparison.variants[1:]):
            difference = comparison.difference(variant, figure)
            assert difference is not None
            assert float(dots[row].get_xdata()[0]) == pytest.approx(scale * difference.mean)
            assert list(whiskers[row].get_xdata()) == pytest.approx([scale * end for end in difference[1:]])
            filled = to_hex(dots[row].get_markerfacecolor()) != "#ffffff"
            assert filled == (difference.low > 0 or difference.high < 0)


def test_it_says_what_it_shows() -> None:
    page = differences(compared(1, 2))
    assert page.get_suptitle() == "Differences to base"
    assert "2 replications" in page.get_supxlabel()
    assert "95 %" in page.get_supxlabel()
    labels = [ax.get_xlabel() for ax in page.axes if ax.axison]
    assert "percentage points, better →" in labels
    assert "money, ← better" in labels


def test_what_only_one_has_takes_no_room() -> None:
    base, more = scenario(1, 1), scenario(2, 1)
    both = compare({"one": parse(base), "two": parse(more)}, engine="simpy", workers=1)
    titles = {ax.get_title(loc="left").split("\n")[0] for ax in differences(both).axes if ax.axison}
    assert titles == {"phone support", "total"}
