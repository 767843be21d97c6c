"""Charts as parts of a page: laid out once, drawn once for every theme as SVG, and in pixels for files."""

from __future__ import annotations

import base64
import gc
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ccsim import charts
from ccsim.report.document import Picture
from ccsim.results.model import Results
from ccsim.runs.crew import AHEAD, Crew
from ccsim.runs.executors import processes

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


class Artists:
    """Draws the charts of a run in processes of its own, while the caller does something else."""

    def __init__(self, hands: Crew, thread: ThreadPoolExecutor) -> None:
        self._hands, self._thread = hands, thread

    def begin(self, results: Results) -> None:
        """Every chart that applies, and their overview."""
        # no chart shows the measures of single replications, which are most of all
        content = pickle.dumps(replace(results, make_logs=partial(dict, results.logs), collected=None))
        self._drawn = self._thread.submit(_drawn, self._hands, charts.applicable(results), content)

    def drawn(self) -> dict[str, Drawn]:
        """They by name, as soon as all are there; the same whoever draws them."""
        return self._drawn.result()


@contextmanager
def artists(in_page: bool) -> Iterator[Artists]:
    """Artists who make themselves ready from now on."""
    number = min(MOST, os.cpu_count() or 1)
    # the processes are ended first: then the thread has nothing to wait for
    with ThreadPoolExecutor(1) as thread, processes(Artist(in_page), number, ready) as hands:
        yield Artists(hands, thread)


def _drawn(hands: Crew, applicable: list[str], content: bytes) -> dict[str, Drawn]:
    for _ in range(hands.workers):
        hands.send(0, content)  # one each, as none has anything to do
    for _ in range(hands.workers):
        hands.receive()
    of_overview = {name for name in applicable if name in charts.SIDE_BY_SIDE}
    units: deque[Any] = deque(sorted(applicable, key=lambda name: name not in of_overview))
    by_name: dict[str, Drawn] = {}
    sent = 0
    while len(by_name) <= len(applicable):
        while units and sent - len(by_name) < AHEAD * hands.workers:
            hands.send(sent, units.popleft())
            sent += 1
        name, chart = hands.receive()[1]
        by_name[name] = chart
        if name in of_overview and of_overview <= by_name.keys():
            units.appendleft({name: by_name[name].png for name in of_overview})
    return {name: by_name[name] for name in (*applicable, charts.OVERVIEW)}


def ready() -> None:
    """What the first picture of a process would wait for: imports, fonts, colours."""
    from ccsim.charts.svg import dark_colours, svg

    dark_colours()
    with charts.style.styled():
        page = charts.style.page()
        page.suptitle("0123456789", fontweight="bold")
        page.subplots()
    charts.lay_out(page)
    svg(page, "", pixels=True)


class Artist:
    """Draws charts of the pickled results that it is handed first: of a name that chart, of images the overview."""

    def __init__(self, in_page: bool) -> None:
        self._in_page = in_page
        self._results: Results

    def __call__(self, unit: bytes | str | dict[str, bytes]) -> tuple[str, Drawn] | None:
        """The chart's name and what was drawn."""
        if isinstance(unit, bytes):
            self._results = pickle.loads(unit)
            gc.freeze()  # all of it stays: collections need not look through it again and again
            return None
        with charts.style.unsettled():
            if isinstance(unit, dict):
                return charts.OVERVIEW, Drawn(charts.png(self._overview(unit)), None)
            page = charts.figure(unit, self._results)
            if not self._in_page:
                return unit, Drawn(charts.png(charts.image(page)), None)
            shown = picture(page, unit, pixels=True)
            return unit, Drawn(charts.png(charts.pixels(page)), shown)

    def _overview(self, files: dict[str, bytes]) -> Image:
        from PIL.Image import open as open_image

        images = {name: open_image(BytesIO(content)) for name, content in files.items()}
        return charts.image(charts.overview(self._results, images=images))


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
