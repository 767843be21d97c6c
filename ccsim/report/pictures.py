"""Charts as parts of a page: laid out once, drawn once for every theme as SVG, and in pixels for files."""

from __future__ import annotations

import base64
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccsim import charts
from ccsim.report.document import Picture
from ccsim.results.model import Results
from ccsim.runs.executors import Crew, crew, finished

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

FIRST: Final = ("service_level", "heat_map", "staffing", "concurrency", "waiting", "reply_waiting", "backlog")
"""What a planner asks first; the others follow."""

MOST: Final = 4
"""Artists at most: each keeps its own copy of matplotlib and of the results."""


class Drawn(NamedTuple):
    """A chart of a run: the content of its file, and what a page shows, if there is one."""

    png: bytes
    picture: Picture | None


@contextmanager
def artists(in_page: bool) -> Iterator[Crew]:
    """Processes for `drawn`; they import what it takes while the caller does something else."""
    with crew(partial(_draw, in_page), os.cpu_count() or 1, "processes", MOST) as hands:
        for number in range(hands.workers):
            hands.send(number, None)
        yield hands


def drawn(hands: Crew, results: Results) -> dict[str, Drawn]:
    """Every chart of a run that applies, and their overview, by name; the same whoever the artists are."""
    from PIL.Image import open as open_image

    for _ in range(hands.workers):
        hands.receive()  # ready
    content = pickle.dumps(replace(results, make_logs=partial(dict, results.logs)))
    applicable = charts.applicable(results)
    names = sorted(applicable, key=lambda name: name not in charts.SIDE_BY_SIDE)
    of_overview = {name for name in names if name in charts.SIDE_BY_SIDE}
    by_name: dict[str, Drawn] = {}
    images: dict[str, Image] = {}
    for name, chart in zip(names, finished(hands, [(name, content) for name in names], in_order=True), strict=True):
        by_name[name] = chart
        if name in of_overview:
            images[name] = open_image(BytesIO(chart.png))
            if len(images) == len(of_overview):  # while the artists go on with the others
                overview = charts.image(charts.overview(results, images=images))
    shown = {name: by_name[name] for name in applicable}
    return shown | {charts.OVERVIEW: Drawn(charts.png(overview), None)}


def _draw(in_page: bool, unit: tuple[str, bytes] | None) -> Drawn | None:
    """One chart of the pickled results; without any it only imports what that takes."""
    with charts.style.unsettled():
        if unit is None:
            charts.style.page()
            return None
        name, content = unit
        page = charts.figure(name, _unpickled(content))
        charts.lay_out(page)
        return Drawn(charts.png(charts.image(page)), picture(page, name) if in_page else None)


@lru_cache(1)
def _unpickled(content: bytes) -> Results:
    results: Results = pickle.loads(content)
    return results


def pictures(drawn: Mapping[str, Drawn]) -> list[Picture]:
    """The charts of a run as parts of its page and its workbook."""
    names = sorted(drawn, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [
        replace(shown, light=data_uri(drawn[name].png)) for name in names if (shown := drawn[name].picture) is not None
    ]


def themed(drawn: Mapping[str, Callable[[str], Figure]]) -> list[Picture]:
    """What each, by the chart's name, makes of a theme's name: for a page, and in both themes for files."""
    shown = []
    for name, draw in drawn.items():
        light, dark = draw("light"), draw("dark")
        made = picture(light, name)
        _lay_out_like(dark, light)
        files = [data_uri(charts.png(charts.image(page))) for page in (light, dark)]
        shown.append(replace(made, light=files[0], dark=files[1]))
    return shown


def write(pictures: Iterable[Picture], folder: Path) -> None:
    """Those `themed` as PNG in the folder, which must exist."""
    for shown in pictures:
        (folder / f"{shown.name}.png").write_bytes(png(shown.light))


def picture(page: Figure, name: str = "") -> Picture:
    """A chart in the light theme as part of a page, described by its own title and note."""
    from ccsim.charts.svg import svg

    title, note = page.get_suptitle(), " ".join(page.get_supxlabel().split())
    alt = f"Chart: {title}. {note}"
    charts.lay_out(page)
    width, height = page.canvas.get_width_height()
    return Picture(title, alt, svg(page, alt), (width, height), name)


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
