"""Charts: what they say, how they say it, and that nothing is cut off: one queue to twelve, a day to four weeks."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ccsim import charts
from ccsim.charts import style
from ccsim.charts.service import pooled
from ccsim.charts.waiting import waiting_times
from ccsim.experiment.results import Results
from ccsim.experiment.run import run
from ccsim.scenario import read
from tests.cli.tiny import write_tiny

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHANNELS = ("phone", "live_chat", "messaging", "email", "video", "social")


def scenario(queues: int, days: int, **changes: Any) -> dict[str, Any]:
    names = [f"{CHANNELS[i % 6]} {'support' if i < 6 else 'for international customers'}" for i in range(queues)]
    return {
        "start": "2026-03-02",
        "days": days,
        "replications": 2,
        "timezone": "Europe/Rome",
        "queue": {
            name: {"channel": CHANNELS[i % 6], "open": {"mon-fri": "08:00-18:00"}, "volume": {"per_day": 4}, **changes}
            for i, name in enumerate(names)
        },
        "team": {
            f"team {i}": {
                "skills": dict.fromkeys(names, 1),
                "shifts": [{"agents": 1, "days": "mon-fri", "hours": "08:00-18:00"}],
            }
            for i in range(max(1, queues // 3))
        },
    }


SIZES = {
    "1 queue, 1 day": (1, 1),
    "3 queues, 2 days": (3, 2),
    "5 queues, 7 days": (5, 7),
    "12 queues, 28 days": (12, 28),
}


@pytest.fixture(scope="module", params=SIZES)
def sized(request: pytest.FixtureRequest) -> Results:
    return run(read.parse(scenario(*SIZES[request.param])), engine="simpy")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run(read.load(write_tiny(tmp_path_factory.mktemp("tiny"))), engine="simpy")


def pages(results: Results) -> dict[str, Figure]:
    drawn = {name: charts.figure(name, results) for name in charts.CHARTS} | {"overview": charts.overview(results)}
    assert len(drawn) >= 5
    return drawn


def texts(page: Figure) -> list[Any]:
    """Every text that is shown, laid out."""
    from matplotlib.text import Text

    page.draw_without_rendering()
    found = [text for text in page.findobj(Text) if isinstance(text, Text) and text.get_visible() and text.get_text()]
    hidden = {
        tick
        for ax in page.findobj(lambda o: hasattr(o, "xaxis"))
        for axis in (ax.xaxis, ax.yaxis)
        for tick in _outside(axis)
    }
    return [text for text in found if text not in hidden]


def _outside(axis: Any) -> list[Any]:
    """Labels of ticks beyond the axis' ends: matplotlib has them, but does not draw them."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    return [label for tick in ticks if not low <= tick.get_loc() <= high for label in (tick.label1, tick.label2)]


def test_nothing_is_cut_off_and_no_text_lies_on_another(sized: Results) -> None:
    for name, page in pages(sized).items():
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts(page)]
        assert boxes
        for text, box in boxes:
            assert box.x0 >= -1, (name, text)
            assert box.y0 >= -1, (name, text)
            assert box.x1 <= page.bbox.x1 + 1, (name, text)
            assert box.y1 <= page.bbox.y1 + 1, (name, text)
        for (one, box), (other, that) in combinations(boxes, 2):
            width = min(box.x1, that.x1) - max(box.x0, that.x0)
            height = min(box.y1, that.y1) - max(box.y0, that.y0)
            assert not (width > 1 and height > 1), (name, one, other)


def test_charts_say_what_they_show(sized: Results) -> None:
    for name, chart in pages(sized).items():
        if name == "overview":
            continue
        assert chart.get_suptitle()
        note = chart.get_supxlabel()
        assert "replication" in note.lower()
        assert any(unit in note for unit in ("30m", "1h", "2h", "4h", "Kaplan"))
        for ax in (ax for ax in chart.axes if ax.axison):
            assert ax.get_ylabel()
        assert any(ax.get_xlabel() for ax in chart.axes)


def test_a_queue_has_one_colour_everywhere(tiny: Results) -> None:
    from matplotlib.colors import to_hex

    names = tiny.terms.queues
    lines = charts.figure("waiting", tiny).axes[0].get_lines()
    waits = {
        name: to_hex(line.get_color()) for name in names for line in lines if str(line.get_label()).startswith(name)
    }
    levels = [to_hex(ax.get_lines()[0].get_color()) for ax in charts.figure("service_level", tiny).axes]
    areas = [to_hex(ax.collections[-1].get_facecolor()[0]) for ax in charts.figure("conversations", tiny).axes]
    assert list(waits.values()) == levels == areas
    assert len(set(levels)) == len(names)


def test_twelve_queues_look_different() -> None:
    assert len({(look["color"], str(look["linestyle"])) for look in map(style.look, range(12))}) == 12


def test_service_level_shows_target_formula_and_clock(tiny: Results) -> None:
    page = charts.figure("service_level", tiny)
    phone, chat, _ = page.axes
    assert phone.get_title(loc="left").startswith("phone: 80 % in 20s, calendar clock, n = ")
    assert "business clock" in chat.get_title(loc="left")
    assert "all_offered" in page.get_supxlabel()
    assert [line.get_ydata()[0] for line in phone.get_lines() if len(line.get_xdata()) == 2] == [80]


def test_closed_hours_are_grey(tiny: Results) -> None:
    from matplotlib.colors import to_hex

    for ax in charts.figure("conversations", tiny).axes:
        grey = [patch for patch in ax.patches if to_hex(patch.get_facecolor()) == style.CLOSED.lower()]
        assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in grey] == [(0, 9), (12, 24)]


def test_waiting_has_a_cross_at_each_target_on_a_log_axis(tiny: Results) -> None:
    (ax,) = charts.figure("waiting", tiny).axes
    assert ax.get_xscale() == "log"
    crosses = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() == "P"]
    assert crosses == [(20, 80), (60, 80), (300, 90)]


def test_queues_without_target_and_without_contacts() -> None:
    raw = scenario(2, 1, service_level="none", volume={"per_day": 0})
    for page in pages(run(read.parse(raw), engine="simpy")).values():
        page.draw_without_rendering()


def test_drawing_changes_nothing_and_repeats(tiny: Results, tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        charts.save(tiny, tmp_path / name)
    assert dict(mpl.rcParams) == before
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == sorted([*(f"{name}.png" for name in charts.CHARTS), "overview.png"])
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_waits_are_those_of_patient_customers() -> None:
    """By hand: of four one is answered at 1; one leaves at 2; of the two left one is answered at 3, the last at 4."""
    times, level = waiting_times(np.array([4.0, 2.0, 1.0, 3.0]), np.array([True, False, True, True]))
    assert times.tolist() == [1, 3, 4]
    assert level == pytest.approx([0.25, 1 - 0.75 * 0.5, 1.0])


def test_pooled_levels_weigh_contacts() -> None:
    level = np.array([1.0, 0.5, np.nan, np.nan, 0.2])
    assert pooled(level, np.array([1.0, 3.0, 0.0, 0.0, 7.0]), 2) == pytest.approx([2.5 / 4, np.nan, 0.2], nan_ok=True)
