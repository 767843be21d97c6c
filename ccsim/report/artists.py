"""Processes that draw the charts of a run while its command does something else.

They begin before it does: what draws is imported where it is used, so that the command starts them at once.
"""

from __future__ import annotations

import gc
import os
import pickle
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from ccsim.runs.crew import AHEAD, Crew
from ccsim.runs.executors import processes

if TYPE_CHECKING:
    from PIL.Image import Image

    from ccsim.report.pictures import Drawn
    from ccsim.results.model import Results

MOST: Final = 4
"""Artists at most: each keeps its own copy of matplotlib and of the results."""


class Artists:
    """Draws the charts of a run in processes of its own, while the caller does something else."""

    def __init__(self, hands: Crew, thread: ThreadPoolExecutor) -> None:
        self._hands, self._thread = hands, thread

    def begin(self, results: Results) -> None:
        """Every chart that applies, and their overview."""
        from ccsim import charts

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
    from ccsim import charts

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
    import pyarrow  # noqa: F401  of which the logs are

    from ccsim import charts
    from ccsim.charts.svg import dark_colours, svg
    from ccsim.report import pictures  # noqa: F401

    dark_colours()
    with charts.style.styled():
        page = charts.style.page()
        page.suptitle("0123456789", fontweight="bold")
        page.subplots()
    charts.lay_out(page)
    svg(page, "", pixels=True)
    gc.freeze()  # all of it stays: collections need not look through it again and again


class Artist:
    """Draws charts of the pickled results that it is handed first: of a name that chart, of images the overview."""

    def __init__(self, in_page: bool) -> None:
        self._in_page = in_page
        self._results: Results

    def __call__(self, unit: bytes | str | dict[str, bytes]) -> tuple[str, Drawn] | None:
        """The chart's name and what was drawn."""
        from ccsim import charts
        from ccsim.report.pictures import Drawn, picture

        if isinstance(unit, bytes):
            self._results = pickle.loads(unit)
            gc.freeze()
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

        from ccsim import charts

        images = {name: open_image(BytesIO(content)) for name, content in files.items()}
        return charts.image(charts.overview(self._results, images=images))
