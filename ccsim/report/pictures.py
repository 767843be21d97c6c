"""Charts as parts of a page: laid out once, drawn once for every theme as SVG, and in pixels for files."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccsim import charts
from ccsim.report.document import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIRST: Final = ("service_level", "heat_map", "staffing", "concurrency", "waiting", "reply_waiting", "backlog")
"""What a planner asks first; the others follow."""


class Drawn(NamedTuple):
    """A chart of a run: the content of its file, and what a page shows, if there is one."""

    png: bytes
    picture: Picture | None


def pictures(drawn: Mapping[str, Drawn]) -> list[Picture]:
    """The charts of a run as parts of its page and its workbook."""
    names = sorted(drawn, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [
        replace(shown, light=data_uri(drawn[name].png)) for name in names if (shown := drawn[name].picture) is not None
    ]


def themed(drawn: Mapping[str, Callable[[str], Figure]]) -> list[Picture]:
    """What each, by the chart's name, makes of a theme's name: for a page, and in both themes for files."""
    shown = []
    with charts.style.unsettled():
        for name, draw in drawn.items():
            light, dark = draw("light"), draw("dark")
            made = picture(light, name, pixels=True)
            _lay_out_like(dark, light)
            files = [data_uri(charts.png(image)) for image in (charts.pixels(light), charts.image(dark))]
            shown.append(replace(made, light=files[0], dark=files[1]))
    return shown


def write(pictures: Iterable[Picture], folder: Path) -> None:
    """Those `themed` as PNG in the folder, which must exist."""
    for shown in pictures:
        (folder / f"{shown.name}.png").write_bytes(png(shown.light))


def picture(page: Figure, name: str = "", *, pixels: bool = False) -> Picture:
    """A chart in the light theme as part of a page, described by its own title and note.

    With `pixels` it is also drawn on its canvas, for `charts.pixels`.
    """
    from ccsim.charts.svg import svg

    title, note = page.get_suptitle(), " ".join(page.get_supxlabel().split())
    alt = f"Chart: {title}. {note}"
    charts.lay_out(page)
    width, height = page.canvas.get_width_height()
    return Picture(title, alt, svg(page, alt, pixels=pixels), (width, height), name)


def _lay_out_like(figure: Figure, other: Figure) -> None:
    """Puts the figure's panels where they are in the other, the same in other colours: to find places takes long."""
    figure.set_layout_engine("none")
    for panel, there in zip(figure.axes, other.axes, strict=True):
        panel.set_position(there.get_position(original=True))


def data_uri(content: bytes) -> str:
    """A PNG file in a data URI."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def png(uri: str) -> bytes:
    """The PNG file of a data URI."""
    return base64.b64decode(uri.partition(",")[2])
