"""Every chart looks as it did: compared with a small picture of it in `baselines`.

A chart that was changed on purpose gets its new picture by

    python -m tests.charts.test_images KIND

which without a kind draws all of them anew; look at each before it is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

from ccsim import charts
from ccsim.charts import style
from tests.charts.small import small
from tests.charts.studies import STUDIES
from tests.charts.tables import TABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

BASELINES = Path(__file__).parent / "baselines"
KINDS = [*charts.CHARTS, *TABLES, *STUDIES]
SIZE = (600, 337)

FAR = 48
"""Difference of a colour, of 255, that counts."""

NEAR = 5
"""Side of the square of pixels among whose colours one must lie: letters and edges may be two pixels beside."""

ALLOWED = 0.0025
"""Share of the pixels that may be off. Another hinting of the letters, or the whole picture two pixels beside, makes at
most 0.0021; another colour for the first queue at least 0.003, another chart 0.1."""


def drawn(kind: str, theme: str) -> Figure:
    if kind in charts.CHARTS:
        return charts.figure(kind, small(), theme)
    if kind in STUDIES:
        return STUDIES[kind](theme)
    with style.styled(theme):
        return TABLES[kind]()


def reduced(page: Figure) -> Image:
    """The picture in the size of the baselines, of which each pixel is the mean of about six."""
    from PIL.Image import Resampling

    return charts.image(page).resize(SIZE, Resampling.BOX)


def off(one: Image, other: Image) -> float:
    """Share of the pixels of either picture that are FAR from all that are NEAR in the other one."""
    return max(_beyond(one, other), _beyond(other, one))


def _beyond(one: Image, other: Image) -> float:
    colours, others = (np.asarray(image, dtype=np.int16) for image in (one, other))
    low, high = (of(others, (NEAR, NEAR, 1), mode="nearest") for of in (minimum_filter, maximum_filter))
    return float(((colours < low - FAR) | (colours > high + FAR)).any(axis=2).mean())


def baseline(kind: str, theme: str) -> Image:
    from PIL import Image

    with Image.open(BASELINES / f"{kind}_{theme}.png") as picture:
        return picture.convert("RGB")


def test_every_chart_has_a_baseline_in_both_themes() -> None:
    assert len(KINDS) >= 20
    wanted = {f"{kind}_{theme}.png" for kind in KINDS for theme in style.THEMES}
    assert {file.name for file in BASELINES.iterdir()} == wanted
    assert sum(file.stat().st_size for file in BASELINES.iterdir()) < 3e6


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_chart_looks_as_it_did(kind: str, theme: str, tmp_path: Path) -> None:
    now = reduced(drawn(kind, theme))
    share = off(now, baseline(kind, theme))
    if share > ALLOWED:
        now.save(tmp_path / f"{kind}_{theme}.png")
    assert share <= ALLOWED, f"{share:.2%} of the pixels differ: look at {tmp_path}, then see the top of this file"


def test_charts_and_themes_are_told_apart() -> None:
    for kind, other in pairwise(KINDS):
        assert off(baseline(kind, "light"), baseline(other, "light")) > 4 * ALLOWED, (kind, other)
        assert off(baseline(kind, "light"), baseline(kind, "dark")) > 4 * ALLOWED, (kind, other)


@pytest.mark.parametrize("kind", ["service_level", "conversations", "outcomes"])
def test_another_colour_of_a_queue_is_told_apart(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    light = style.THEMES["light"]
    monkeypatch.setitem(style.THEMES, "light", replace(light, queues=(*light.queues[:2], "#777777", *light.queues[3:])))
    assert off(reduced(drawn(kind, "light")), baseline(kind, "light")) > ALLOWED


def renew(kinds: Sequence[str]) -> None:
    """Draws the baselines of these kinds, or of all; those of no kind go."""
    for old in BASELINES.glob("*.png"):
        if old.name.rpartition("_")[0] not in KINDS:
            old.unlink()
    for kind in kinds or KINDS:
        for theme in style.THEMES:
            reduced(drawn(kind, theme)).save(BASELINES / f"{kind}_{theme}.png", optimize=True)


if __name__ == "__main__":
    renew(sys.argv[1:])
