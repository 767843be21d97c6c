"""Charts: what they say, how they say it, and that nothing is cut off: one queue to twelve, a day to four weeks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from ccsim import charts
from ccsim.charts import clock, headline, style
from ccsim.charts.agents import lanes
from ccsim.charts.conversations import AGES, waiting_messages
from ccsim.charts.outcomes import journeys, spread
from ccsim.charts.service import THIN, label_days, pooled
from ccsim.charts.thread import longest_thread
from ccsim.charts.waiting import first_waits, reply_waits, waiting_times
from ccsim.cli.chart import FORMATS
from ccsim.metrics import TOTAL
from ccsim.results import largest
from ccsim.results.model import Results
from ccsim.runs.run import run
from ccsim.scenario import read
from tests.charts import tables
from tests.charts.small import small
from tests.cli.tiny import write_tiny
from tests.layout import assert_readable, shown, texts, together

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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
            name: {
                "channel": CHANNELS[i % 6],
                "open": {"mon-fri": "08:00-18:00"},
                "volume": {"per_day": 4},
                "service_level": "80% in 60s",
                "transfer": [{"to": names[i - 1], "share": 0.2}] if queues > 1 else [],
                **changes,
            }
            for i, name in enumerate(names)
        },
        "team": {
            f"team {i}": {
                "skills": dict.fromkeys(names, 1),
                "shifts": [{"agents": 1, "days": "mon-fri", "hours": "08:00-18:00"}],
            }
            for i in range(queues if queues < 5 else queues // 2 if queues < 12 else 12)
        },
    }


SIZES = {
    "1 queue, 1 day": (1, 1),
    "3 queues, 2 days": (3, 2),
    "5 queues, 7 days": (5, 7),
    "12 queues, 28 days": (12, 28),
}
EACH_SIZE = [pytest.param(size, marks=[pytest.mark.slow] * (size == "12 queues, 28 days")) for size in SIZES]
"""The largest takes half a minute to draw."""

Pages = dict[str, "Figure"]


def pages(results: Results) -> Pages:
    """Every chart that applies, by name, and laid out."""
    drawn = {name: charts.figure(name, results) for name in charts.applicable(results)}
    assert len(drawn) >= 9
    for page in drawn.values():
        page.draw_without_rendering()
    return drawn


@pytest.fixture(scope="module", params=EACH_SIZE)
def sized(request: pytest.FixtureRequest) -> Pages:
    queues, days = SIZES[request.param]
    with style.styled():
        more = {
            "requirement": tables.required(queues, days),
            "sensitivity": tables.sensitivity(1 + queues * 3),
        }
    for page in more.values():
        page.draw_without_rendering()
    return pages(run(read.parse(scenario(queues, days)), engine="compiled")) | more


@pytest.fixture(scope="module")
def small_pages() -> Pages:
    drawn = pages(small())
    assert list(drawn) == list(charts.CHARTS)  # the small run has something for every chart
    return drawn


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run(read.load(write_tiny(tmp_path_factory.mktemp("tiny"))), engine="compiled")


# ── over the whole registry, one queue to twelve, a day to four weeks ────────────────────────────────────────────────


def test_nothing_is_cut_off_and_no_text_lies_on_another(sized: Pages) -> None:
    for name, page in sized.items():
        assert_readable(name, page, more_than=5)


def test_legends_hide_no_panel(sized: Pages) -> None:
    seen = 0
    for name, page in sized.items():
        for legend in page.legends:
            seen += len(page.axes)
            for ax in page.axes:
                hidden = together(legend.get_window_extent(), ax.get_window_extent())
                assert not hidden, f"{name}: a legend hides a panel"
    assert seen > 0


def test_panels_are_big_enough_to_read(sized: Pages) -> None:
    for name, page in sized.items():
        for ax in (ax for ax in page.axes if ax.axison):
            box = ax.get_window_extent()
            assert box.height >= 0.3 * page.dpi, f"{name}: a panel is lower than 0.3 inches"
            narrowest = 0.1 if ax.get_label() == "<colorbar>" else 1.5
            assert box.width >= narrowest * page.dpi, f"{name}: a panel is narrower than {narrowest} inches"


def test_text_is_readable_on_a_slide(sized: Pages) -> None:
    for name, page in sized.items():
        assert page.get_figwidth() == style.WIDTH, f"{name}: not as wide as the other charts"
        assert min(text.get_fontsize() for text in shown(page)) >= 8, f"{name}: letters smaller than 8 points"


UNITS = (
    "%", "agents", "contacts", "conversations", "messages", ", min", "percentage points", "hour of the day", "share",
    "money",
)  # fmt: skip
"""What an axis says that counts something."""


def test_axes_of_bare_numbers_say_their_unit(sized: Pages) -> None:
    for name, page in sized.items():
        for ax in (ax for ax in page.axes if ax.axison):
            for axis, beside in ((ax.xaxis, _column(page, ax)), (ax.yaxis, _row(page, ax))):
                labels = [tick.label1.get_text() for tick in axis.get_major_ticks() if tick.label1.get_visible()]
                bare = [label for label in labels if re.fullmatch(r"[−-]?[\d,.]+", label)]
                if bare:
                    said = {getattr(other, f"get_{axis.axis_name}label")().replace("\n", " ") for other in beside}
                    assert any(unit in label for label in said for unit in UNITS), (
                        f"{name}: an axis with the numbers {bare} is labelled {said}, with none of the units {UNITS}"
                    )


def _row(page: Figure, ax: Axes) -> Iterator[Axes]:
    """Panels beside one another: the first says what all show."""
    mine = ax.get_subplotspec()
    for other in page.axes:
        place = other.get_subplotspec()
        if other is ax or (mine and place and mine.get_gridspec() is place.get_gridspec()
                           and mine.rowspan == place.rowspan):  # fmt: skip
            yield other


def _column(page: Figure, ax: Axes) -> Iterator[Axes]:
    mine = ax.get_subplotspec()
    for other in page.axes:
        place = other.get_subplotspec()
        if other is ax or (mine and place and mine.get_gridspec() is place.get_gridspec()
                           and mine.colspan == place.colspan):  # fmt: skip
            yield other


def test_charts_say_what_they_show(sized: Pages) -> None:
    for name, page in sized.items():
        assert page.get_suptitle(), f"{name}: no title, see style.headline"
        note = " ".join(page.get_supxlabel().split())
        assert "replication" in note, f"{name}: the note does not say what of which replications is shown: {note!r}"
        everything = " ".join(text.get_text() for text in shown(page))
        assert re.search(r"\bn( staffed hours)?( =|:)", everything), name
        if name in charts.CHARTS:
            # the length of an interval, or the days, or the stretch shown
            period = re.search(r"\d(m|h)\b|2026|two hours|open", everything)
            assert period, f"{name}: neither the length of an interval nor the days shown are said"


def test_service_levels_of_several_replications_have_intervals(tiny: Results) -> None:
    page = charts.figure("service_level", tiny)
    assert "95 % interval" in {text.get_text() for text in texts(page)}
    for ax in page.axes:
        assert ax.collections


# ── colours ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(colour)


def _by_label(page: Figure, results: Results) -> dict[str, str]:
    """Colour of each queue's entry in the legends."""
    entries = (
        (str(handle.get_label()).split("\n")[0], _hex(handle.get_color()))
        for legend in page.legends
        for handle in legend.legend_handles
        if hasattr(handle, "get_color")
    )
    return {name: colour for name, colour in entries if name in results.spec.queues}


def _by_title(page: Figure, colour_of: Callable[[Any], Any]) -> dict[str, str]:
    return {ax.get_title(loc="left"): _hex(colour_of(ax)) for ax in page.axes}


@pytest.mark.parametrize("theme", style.THEMES)
def test_a_queue_has_one_colour_everywhere(theme: str) -> None:
    results = small()
    names = results.spec.queues
    with style.styled(theme):
        wanted = {name: style.colour(q).lower() for q, name in enumerate(names)}
    assert len(set(wanted.values())) == len(names)

    def drawn(name: str) -> Figure:
        return charts.figure(name, results, theme)

    assert _by_label(drawn("waiting"), results) == wanted
    for name in ("reply_waiting", "agents"):
        result = _by_label(drawn(name), results)
        assert result.items() <= wanted.items()
        assert len(result) >= 3
    assert _by_title(drawn("service_level"), lambda ax: ax.get_lines()[0].get_color()) == wanted
    assert _by_title(drawn("conversations"), lambda ax: ax.collections[-1].get_facecolor()[0]) == wanted
    flow = drawn("outcomes").axes[0]
    assert [_hex(bar.get_facecolor()[0]) for bar in flow.collections[: 2 * len(names)]] == [*wanted.values()] * 2
    row = longest_thread(results)
    queue = results.contacts["queue"][row].as_py()
    assert _hex(drawn("thread").axes[0].collections[0].get_facecolor()[0]) == wanted[queue]


def test_twelve_queues_look_different() -> None:
    assert len({(look["color"], str(look["linestyle"])) for look in map(style.look, range(12))}) == 12


MACHADO = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Machado, Oliveira and Fernandes (2009), IEEE Trans. Vis. Comput. Graph. 15: linear RGB as seen without one cone."""


def _linear(colour: str) -> Any:
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(linear: Any) -> Any:
    """CIELAB of linear RGB under D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        linear, 0, 1
    )
    f = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]) + 1e-12)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", style.THEMES)
def test_colour_blind_people_tell_queues_and_ages_apart(theme: str) -> None:
    colours = style.THEMES[theme]
    for matrix in (np.eye(3), *map(np.array, MACHADO.values())):
        for palette in (colours.queues, colours.ages, colours.sessions, colours.levels[::3]):
            seen = [_lab(matrix @ _linear(colour)) for colour in palette]
            apart = min(np.linalg.norm(one - other) for one, other in combinations(seen, 2))
            assert apart > 10  # four or five times what is just noticeable


@pytest.mark.parametrize("theme", style.THEMES)
def test_text_stands_out(theme: str) -> None:
    """Contrast of at least 4.5, WCAG 2.2, success criterion 1.4.3."""
    colours = style.THEMES[theme]

    def luminance(colour: str) -> float:
        return float(np.dot((0.2126, 0.7152, 0.0722), _linear(colour)))

    for text in (colours.ink, colours.quiet):
        bright, dim = sorted((luminance(text), luminance(colours.paper)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_dark_charts_are_dark(small_pages: Pages) -> None:
    assert charts.image(charts.figure("waiting", small(), "dark")).getpixel((3, 3)) < (40, 40, 40)
    assert charts.image(small_pages["waiting"]).getpixel((3, 3)) == (255, 255, 255)


# ── single charts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_service_level_shows_target_formula_and_clock(tiny: Results) -> None:
    page = charts.figure("service_level", tiny)
    phone, chat, _ = page.axes
    assert phone.get_title(loc="left") == "phone"
    assert phone.get_title(loc="right").startswith("80 % in 20s, calendar clock, n = ")
    assert "business clock" in chat.get_title(loc="right")
    assert "all_offered" in page.get_supxlabel()
    assert [line.get_ydata()[0] for line in phone.get_lines() if len(line.get_xdata()) == 2] == [80]


def test_closed_hours_are_grey(tiny: Results) -> None:
    closed = style.THEMES["light"].closed.lower()
    for name in ("conversations", "backlog", "service_level"):
        for ax in charts.figure(name, tiny).axes:
            grey = [patch for patch in ax.patches if _hex(patch.get_facecolor()) == closed]
            assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in grey] == [(0, 9), (12, 24)]


def test_one_day_is_cut_to_what_happens() -> None:
    calls = run(read.parse(scenario(1, 1)), engine="compiled")
    assert charts.figure("staffing", calls).axes[0].get_xlim()[0] == 8
    assert charts.figure("service_level", calls).axes[0].get_xlim()[1] in (18, 19)
    assert clock.awake(small()) == (0, small().plan.end)


def test_waiting_has_a_cross_at_each_target_on_a_log_axis(tiny: Results) -> None:
    (ax,) = charts.figure("waiting", tiny).axes
    assert ax.get_xscale() == "log"
    crosses = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() == "P"]
    assert crosses == [(20, 80), (60, 80), (300, 90)]
    (ax,) = charts.figure("reply_waiting", tiny).axes
    crosses = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() == "P"]
    assert crosses == [(60, 90)]


def test_waits_are_those_of_the_metrics() -> None:
    results = small()
    alone = run(results.scenario.model_copy(update={"replications": 1}), engine="compiled")
    for q, name in enumerate(alone.spec.queues):
        first = first_waits(alone, q)
        asa = alone.estimate("queue", name, "asa")
        assert asa is not None
        # the metric measures on the calendar's clock
        if not alone.spec.business_clock[q]:
            assert first.wait[first.answered].mean() == pytest.approx(asa.mean)
        answered = alone.estimate("queue", name, "answered")
        assert answered is not None
        assert first.answered.sum() == answered.mean
        if name == "chat":
            later = reply_waits(alone, q)
            level, mean = (alone.estimate("queue", name, metric) for metric in ("reply_level", "reply_wait_mean"))
            assert level is not None
            assert mean is not None
            assert (later.answered & (later.wait <= 60)).mean() == pytest.approx(level.mean)
            assert later.wait.mean() == pytest.approx(mean.mean)


def test_heat_map_has_the_levels_less_the_target_and_greys_what_is_thin() -> None:
    results = small()
    axes = charts.figure("heat_map", results).axes
    phone = next(ax for ax in axes if "phone" in {text.get_text() for text in ax.texts})
    grey, heat = (image.get_array() for image in phone.get_images())
    level = results.series("queue", "phone", "service_level")
    contacts = results.series("queue", "phone", "offered").mean * results.replications
    size = 48 // heat.shape[1] if heat.shape[1] > 24 else 1
    assert heat.shape[0] == results.scenario.days
    known = ~np.ma.getmaskarray(np.ma.masked_invalid(heat))
    assert known.any()
    assert not (known & ~np.ma.getmaskarray(np.ma.masked_invalid(grey))).any()  # a cell is grey or has a level
    assert contacts.sum() > THIN
    assert size >= 1
    total = 100 * np.nansum(level.mean * contacts) / contacts.sum() - 80
    assert np.ma.masked_invalid(heat).min() <= total <= np.ma.masked_invalid(heat).max()


def test_days_of_very_many_panels_are_labelled() -> None:
    """As of two hundred queues: there is room for less than one label, which ended the run's charts."""
    results = small()
    ax = style.page().subplots()
    label_days(results.scenario, ax, rows=100)
    assert len(ax.get_yticks()) >= 1


def test_backlog_is_stacked_up_to_all_that_waits() -> None:
    results = small()
    message, taken = waiting_messages(results)
    assert (taken >= message).all()
    edges = clock.edges(results)
    page = charts.figure("backlog", results)
    for name, ax in zip(results.spec.queues, page.axes, strict=False):
        mine = results.turns["queue"].to_numpy() == name
        waits = np.clip(taken[mine], edges[0], edges[-1]) - np.clip(message[mine], edges[0], edges[-1])
        areas = [path.vertices for area in ax.collections for path in area.get_paths()]
        assert sum(map(_area, areas)) * clock.HOUR == pytest.approx(waits.sum(), rel=1e-6)
    assert len(AGES) == len(style.THEMES["light"].ages)


def _area(corners: Any) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def test_every_customer_ends_once() -> None:
    results = small()
    contacts = results.contacts
    roots = contacts["counted"].to_numpy() & (contacts["link"].to_numpy() == "root")
    result = journeys(results)
    assert sum(result.values()) == roots.sum()
    assert sum(n for (first, last, _), n in result.items() if (first, last) == ("chat", "phone")) > 5
    assert not any(outcome == "transferred" for _, _, outcome in result)  # who is transferred ends where they go


def test_the_thread_lasts_for_days_and_its_clocks_add_up() -> None:
    results = small()
    row = longest_thread(results)
    contact = {name: results.contacts[name][row].as_py() for name in results.contacts.column_names}
    assert contact["channel"] == "messaging"
    assert contact["left_us"] - contact["arrival_us"] > 86400 * 10**6
    page = charts.figure("thread", results)
    assert page.axes[1].get_lines()[0].get_ydata()[-1] == pytest.approx(
        (contact["work_us"] + contact["wrap_up_us"]) / 60e6
    )


def test_agents_are_drawn_with_their_breaks_and_transfers(small_pages: Pages) -> None:
    labels = {text.get_text() for legend in small_pages["agents"].legends for text in legend.get_texts()}
    assert {"work", "waiting for the customer", "re-reading", "wrap-up", "transfer", "break"} <= labels


def test_lanes_are_reused_and_never_shared() -> None:
    start, end = np.array([0, 1, 2, 5, 6]), np.array([5, 3, 9, 6, 7])
    assert lanes(start, end) == [0, 1, 2, 0, 0]


def test_labels_are_spread_as_little_as_needed() -> None:
    assert spread([0.1, 0.5], 0.1) == pytest.approx([0.1, 0.5])
    assert spread([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert spread([], 0.1) == []


def test_concurrency_shares_fill_the_time(small_pages: Pages) -> None:
    for ax in small_pages["concurrency"].axes:
        assert ax.patches
        tops = {}
        for bar in ax.patches:
            tops[bar.get_x()] = max(tops.get(bar.get_x(), 0), bar.get_y() + bar.get_height())
        assert list(tops.values()) == pytest.approx([100] * len(tops))


# ── odd results, files ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [{"service_level": "none"}, {"volume": {"per_day": 0}}, {"service_level": "none", "volume": {"per_day": 0}}],
)
def test_what_has_nothing_to_show_is_left_out(changes: dict[str, Any]) -> None:
    results = run(read.parse(scenario(2, 1, **changes)), engine="compiled")
    names = charts.applicable(results)
    assert ("service_level" in names) == ("service_level" not in changes)
    assert ("outcomes" in names) == ("volume" not in changes)
    for name in names:
        charts.figure(name, results).draw_without_rendering()
    charts.overview(results).draw_without_rendering()


@pytest.mark.parametrize("coloured", [3, 1])
def test_bars_of_days_add_up_to_all_contacts(coloured: int) -> None:
    """Also those of the queues that have no colour of their own."""
    results = run(read.parse(scenario(3, 2)), engine="compiled")
    with style.styled():
        volume, service = Figure().subplots(2)
        headline.days(results, {q: style.colour(q) for q in range(coloured)}, volume, service)
    tops = [max(bar.get_y() + bar.get_height() for bar in day) for day in zip(*volume.containers, strict=True)]
    offered = results.estimate(TOTAL, TOTAL, "offered")
    assert offered is not None
    assert sum(tops) == pytest.approx(offered.mean)


def test_agents_present_in_a_shorter_last_interval() -> None:
    """Eight around the clock, by 7 hours: from 21:00 to 24:00 as many as before, and drawn in the middle of it."""
    raw = scenario(1, 1) | {"interval": "7h"}
    raw["team"]["team 0"]["shifts"] = [{"agents": 8, "hours": "always"}]
    (ax,) = charts.figure("staffing", run(read.parse(raw), engine="compiled")).axes
    scheduled, present = ax.get_lines()
    for line in (scheduled, present):
        assert line.get_xdata().tolist() == [3.5, 10.5, 17.5, 22.5]
        assert line.get_ydata() == pytest.approx([8] * 4)


def test_names_are_text() -> None:
    raw = scenario(1, 1)
    raw["queue"] = {r"a $\frac{1}{2}$ & <b>$x_1$": next(iter(raw["queue"].values()))}
    raw["team"]["team 0"]["skills"] = dict.fromkeys(raw["queue"], 1)
    results = run(read.parse(raw), engine="compiled")
    named = [text for page in pages(results).values() for text in shown(page) if "$" in text.get_text()]
    assert named
    assert not any(text.get_parse_math() for text in named)


def test_drawing_changes_nothing_and_repeats(tiny: Results, tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        charts.save(tiny, tmp_path / name, ["waiting", charts.OVERVIEW])
        for form in FORMATS[1:]:
            charts.save(tiny, tmp_path / name, ["waiting"], form)
    assert dict(mpl.rcParams) == before
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == sorted([*(f"waiting.{form}" for form in FORMATS), "overview.png"])
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_waits_are_those_of_patient_customers() -> None:
    """By hand: of four one is answered at 1; one leaves at 2; of the two left one is answered at 3, the last at 4."""
    times, level = waiting_times(np.array([4.0, 2.0, 1.0, 3.0]), np.array([True, False, True, True]))
    assert times.tolist() == [1, 3, 4]
    assert level == pytest.approx([0.25, 1 - 0.75 * 0.5, 1.0])


def test_pooled_levels_weigh_contacts() -> None:
    level = np.array([1.0, 0.5, np.nan, np.nan, 0.2])
    assert pooled(level, np.array([1.0, 3.0, 0.0, 0.0, 7.0]), 2) == pytest.approx([2.5 / 4, np.nan, 0.2], nan_ok=True)


# ── more queues and teams than there is room for ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def many() -> Results:
    """Thirty queues of 1, 2, … 30 calls a day; the last three have an agent each, the others nobody."""
    raw = scenario(1, 1)
    (call,), (agent,) = raw["queue"].values(), raw["team"].values()
    names = [f"queue {i}" for i in range(1, 31)]
    each = {name: call | {"channel": "phone", "volume": {"per_day": i + 1}} for i, name in enumerate(names)}
    served = {f"team {name}": agent | {"skills": {name: 1}} for name in names[-3:]}
    other = {"others": agent | {"skills": dict.fromkeys(names, 1), "shifts": [{"agents": 0, "hours": "always"}]}}
    return run(read.parse(raw | {"queue": each, "team": served | other}), engine="compiled")


def test_of_many_queues_the_largest_are_drawn_and_the_note_says_so(many: Results) -> None:
    assert [len(largest.queues(many).places), charts.CHARTS["backlog"].panels(many)] == [24, 24]
    assert set(range(15, 30)) <= set(largest.queues(many).places)
    # of service levels those that nobody serves, not the largest
    page = charts.figure("service_level", many)
    names = " ".join(ax.get_title(loc="left") + "".join(text.get_text() for text in ax.texts) for ax in page.axes)
    assert len([ax for ax in page.axes if ax.axison]) == 24
    assert "queue 27" in names
    assert "queue 30" not in names
    assert "Shown: of 30 the 24 queues farthest below" in page.get_supxlabel().replace("\n", " ")


def test_of_many_queues_lines_differ_and_flows_are_pooled(many: Results) -> None:
    (legend,) = charts.figure("waiting", many).legends
    looks = [(line.get_color(), str(line.get_linestyle())) for line in legend.get_lines()]
    assert sum("queue" in text.get_text() for text in legend.get_texts()) == len(set(looks[:12])) == 12
    page = charts.figure("outcomes", many)
    texts = [text.get_text() for text in page.axes[0].texts]
    assert sum("other queues" in text for text in texts) == 2
    page.draw_without_rendering()
    assert_readable("outcomes", page, more_than=5)
