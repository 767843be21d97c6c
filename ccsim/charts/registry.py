"""The list of charts. A chart is a pure function that draws Results into an empty figure (or a part of one)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from ccsim.experiment.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

Draw: TypeAlias = "Callable[[Results, Figure | SubFigure], None]"


@dataclass(frozen=True)
class Chart:
    """`draw` fills a figure; `height(results)` is what it needs, in inches, at the style's width."""

    name: str
    draw: Draw
    height: Callable[[Results], float]


CHARTS: Final[dict[str, Chart]] = {}
"""Every chart by name, in the order in which they are saved."""


def chart(name: str, height: Callable[[Results], float]) -> Callable[[Draw], Draw]:
    """Registers a chart under the name of its picture."""

    def register(draw: Draw) -> Draw:
        CHARTS[name] = Chart(name, draw, height)
        return draw

    return register
