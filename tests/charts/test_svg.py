"""A chart as part of a page: in both themes what it is in pixels, and nothing that a page would not have."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from ccsim import charts
from ccsim.charts import style
from ccsim.charts.svg import svg
from ccsim.errors import ScenarioError
from ccsim.report import stored
from ccsim.report.document import Document, Section
from ccsim.report.page import page
from ccsim.report.pictures import picture
from tests.charts.small import small
from tests.charts.test_images import ALLOWED, KINDS, SIZE, drawn, off, reduced

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def plain(markup: str, colours: dict[str, str]) -> str:
    """Without its images, and with the colours themselves for their variables."""
    markup = re.sub(r' data-dark="[^"]*"|<image .*?/>', "", markup)
    return re.sub(r"var\(--(\w+),#\w+\)", lambda result: "#" + colours.get(result[1], result[1]), markup)


@pytest.mark.parametrize("kind", KINDS)
def test_in_the_dark_it_is_the_chart_drawn_in_dark(kind: str) -> None:
    light, dark = (picture(drawn(kind, theme)).svg for theme in style.THEMES)
    result = re.search(r'data-dark="([^"]+)"', light)
    assert result
    colours = dict(pair.split(":") for pair in result[1].split())
    images = {"light": re.findall(r'<image class="dark".*?href="([^"]+)"', light)}
    images["dark"] = re.findall(r'<image class="light".*?href="([^"]+)"', dark)
    assert images["light"] == images["dark"]
    assert plain(light, colours) == plain(dark, {})


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_it_needs_leave_or_a_name_of_its_own(kind: str) -> None:
    root = ElementTree.fromstring(picture(drawn(kind, "light")).svg)
    parts = list(root.iter())
    assert {part.tag for part in parts} <= {"svg", "path", "text", "image"}
    assert not {name for part in parts for name in part.attrib} & {"style", "id", "onclick"}
    # a colour is a variable
    for part in parts:
        for name in ("fill", "stroke"):
            assert re.fullmatch(r"none|var\(--(\w{6}),#\1\)", part.get(name, "none"))


def test_its_texts_are_texts_as_wide_as_they_were_laid_out() -> None:
    figure = charts.figure("outcomes", small())
    root = ElementTree.fromstring(picture(figure).svg)
    widths: dict[str | None, list[float]] = {}
    for part in root.iter("text"):
        widths.setdefault(part.text, []).append(float(part.get("textLength", 0)) / 10)
    renderer: Any = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    checked = 0
    for text in figure.findobj(Text):
        content = text.get_text().replace("  ", " \u00a0")  # type: ignore[attr-defined]
        if content in widths and text.get_visible():
            width = text.get_window_extent(renderer).width
            assert min(abs(width - laid_out) for laid_out in widths[content]) < 1.2
            checked += 1
    assert checked >= 8


def test_hostile_text_stays_text() -> None:
    figure = style.page()
    figure.suptitle('<script>alert("1")</script>\x1b')
    markup = svg(figure, "<img onerror='x'>")
    root = ElementTree.fromstring(markup)
    assert root.get("aria-label") == "<img onerror='x'>"
    assert [part.text for part in root.iter("text")] == ['<script>alert("1")</script>\ufffd']


@pytest.mark.parametrize(
    "markup",
    [
        "<svg><script>alert(1)</script></svg>",
        '<svg><path onclick="alert(1)"/></svg>',
        "<svg><?x ><script>alert(1)</script>?></svg>",
        "<svg><text><![CDATA[<script>]]></text></svg>",
        "<svg>",
    ],
)
def test_a_stored_report_with_other_markup_is_refused(tmp_path: Path, markup: str) -> None:
    shown = picture(charts.figure("outcomes", small()))
    for kept, is_ours in ((shown, True), (replace(shown, svg=markup), False)):
        stored.write(tmp_path, Document("", "", "", None, (Section("Charts", (kept,)),)))
        with nullcontext() if is_ours else pytest.raises(ScenarioError, match=r"report\.json"):
            assert stored.read(tmp_path)[0].pictures() == (shown,)


def test_a_layout_serves_every_drawing() -> None:
    once = charts.figure("staffing", small())
    charts.lay_out(once)
    own = charts.image(charts.figure("staffing", small()))
    assert np.array_equal(np.asarray(charts.image(once)), np.asarray(own))
    picture(once)
    assert np.array_equal(np.asarray(charts.image(once)), np.asarray(own))


@pytest.mark.parametrize("kind", ["heat_map", "conversations"])
def test_drawn_for_both_at_once_it_is_what_each_would_be(kind: str) -> None:
    once, own = (charts.figure(kind, small()) for _ in range(2))
    assert picture(once, pixels=True) == picture(own)
    assert np.array_equal(np.asarray(charts.pixels(once)), np.asarray(charts.image(own)))


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_a_browser_shows_it_as_it_is_in_pixels(browser: Browser, scheme: Any) -> None:
    kinds = ["service_level", "heat_map", "agents", "outcomes", "sweep_frontier"]
    shown = [picture(drawn(kind, "light")) for kind in kinds]
    content = page(Document("", "", "", None, (Section("Charts", tuple(shown)),)))
    tab = browser.new_page(viewport={"width": 1600, "height": 900}, color_scheme=scheme)
    tab.set_content(content)
    for kind, chart in zip(kinds, tab.locator("figure div > svg").all(), strict=True):
        pixels = Image.open(BytesIO(chart.screenshot())).convert("RGB").resize(SIZE, Image.Resampling.BOX)
        # letters and edges are smoothed otherwise
        assert off(pixels, reduced(drawn(kind, scheme))) <= 4 * ALLOWED, kind
    tab.close()
