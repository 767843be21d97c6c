"""The list of charts. A chart is a pure function that draws Results into an empty figure.

Rules for every chart, from one queue to twelve and one day to four weeks (`tests/unit/test_charts.py`):

- Title and note by `style.headline`. The note says which replications are shown, how many contacts (n = …), and the
  length of the intervals or the days.
- An axis of bare numbers is labelled with its unit.
- No text is cut off, lies on another or is smaller than 8 points; no legend hides a panel; panels are at least 1.5
  inches wide and 0.3 high.
- A queue has the colour `style.colour` gives it; names of queues are shortened by `style.short`.
- Of more queues or teams than can be read it shows those of `results.largest`, and the note says so. Lines that would
  look alike then have colours of their own.
- A chart without anything to show says so by `applies`.
"""

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
