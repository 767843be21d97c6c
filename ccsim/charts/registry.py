"""The list of charts. A chart is a pure function that draws Results into an empty figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from ccsim.results.model import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw: TypeAlias = "Callable[[Results, Figure], None]"


@dataclass(frozen=True)
class Chart:
    """`draw` fills a figure with `panels(results)` panels; `applies(results)` says if there is anything to show."""

    name: str
    draw: Draw
    panels: Callable[[Results], int]
    applies: Callable[[Results], bool]


CHARTS: Final[dict[str, Chart]] = {}
"""Every chart of a run by name, in the order in which they are saved."""


def chart(
    name: str, panels: Callable[[Results], int] = lambda _: 1, applies: Callable[[Results], bool] = lambda _: True
) -> Callable[[Draw], Draw]:
    """Registers a chart under the name of its picture."""

    def register(draw: Draw) -> Draw:
        CHARTS[name] = Chart(name, draw, panels, applies)
        return draw

    return register
