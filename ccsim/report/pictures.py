"""Charts as parts of a page, drawn once for a light and once for a dark screen."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

from ccsim import charts
from ccsim.report.document import Picture
from ccsim.results.model import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI: Final = 130
"""Of a chart a foot wide: sharp over the whole width of a page and on paper."""


FIRST: Final = ("service_level", "heat_map", "staffing", "concurrency", "waiting", "reply_waiting", "backlog")
"""What a planner asks first; the others follow."""


def pictures(results: Results) -> list[Picture]:
    """Every chart that has something to show."""
    names = sorted(charts.applicable(results), key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [themed(partial(charts.figure, name, results)) for name in names]


def themed(draw: Callable[[str], Figure]) -> Picture:
    """What `draw` makes of a theme's name, in both themes."""
    return picture(draw("light"), draw("dark"))


def picture(light: Figure, dark: Figure) -> Picture:
    """A chart in both themes, described by its own title and note."""
    title, note = light.get_suptitle(), " ".join(light.get_supxlabel().split())
    size = (int(DPI * light.get_figwidth()), int(DPI * light.get_figheight()))
    return Picture(title, f"Chart: {title}. {note}", data_uri(light), data_uri(dark), size)


def data_uri(figure: Figure) -> str:
    """The figure as a lossless WebP, a third of the size of PNG, in a data URI."""
    stream = BytesIO()
    figure.savefig(stream, format="webp", dpi=DPI, pil_kwargs={"lossless": True, "method": 4})
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()
