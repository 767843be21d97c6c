"""Charts as parts of a page, laid out once and drawn for a light and for a dark screen."""

from __future__ import annotations

import base64
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from io import BytesIO
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
        results = _unpickled(content)
        page = charts.figure(name, results)
        pixels = charts.image(page)
        shown = picture(page, charts.figure(name, results, "dark"), name=name, pixels=pixels) if in_page else None
        return Drawn(charts.png(pixels), shown)


@lru_cache(1)
def _unpickled(content: bytes) -> Results:
    results: Results = pickle.loads(content)
    return results


def pictures(drawn: Mapping[str, Drawn]) -> list[Picture]:
    """The charts of a run as parts of its page."""
    names = sorted(drawn, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [shown for name in names if (shown := drawn[name].picture) is not None]


def themed(drawn: Mapping[str, Callable[[str], Figure]]) -> list[Picture]:
    """What each, by the chart's name, makes of a theme's name, in both themes."""
    return [picture(draw("light"), draw("dark"), name=name) for name, draw in drawn.items()]


def picture(light: Figure, dark: Figure, *, name: str = "", pixels: Image | None = None) -> Picture:
    """A chart in both themes, described by its own title and note. `pixels` are those of `light`, if it is drawn."""
    title, note = light.get_suptitle(), " ".join(light.get_supxlabel().split())
    pixels = pixels or charts.image(light)
    _lay_out_like(dark, light)
    return Picture(title, f"Chart: {title}. {note}", data_uri(pixels), data_uri(charts.image(dark)), pixels.size, name)


def _lay_out_like(figure: Figure, other: Figure) -> None:
    """Puts the figure's panels where they are in the other, the same in other colours: to find places takes long."""
    figure.set_layout_engine("none")
    for panel, there in zip(figure.axes, other.axes, strict=True):
        panel.set_position(there.get_position(original=True))


def data_uri(pixels: Image) -> str:
    """The picture as a lossless WebP, a third of the size of PNG, in a data URI.

    With less effort than by default: two thirds of the time for three percent more bytes, and the same pixels.
    """
    stream = BytesIO()
    pixels.save(stream, "webp", lossless=True, method=4, quality=25)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()


def png(uri: str) -> bytes:
    """The picture of a data URI in a format that spreadsheets and viewers know."""
    from PIL import Image

    stream = BytesIO()
    with Image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))) as pixels:
        pixels.save(stream, "png", dpi=(96, 96))
    return stream.getvalue()
