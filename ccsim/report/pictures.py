"""Charts as parts of a page, laid out once and drawn for a light and for a dark screen."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Final

from ccsim import charts
from ccsim.charts import Drawn
from ccsim.report.document import Picture
from ccsim.results.model import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

FIRST: Final = ("service_level", "heat_map", "staffing", "concurrency", "waiting", "reply_waiting", "backlog")
"""What a planner asks first; the others follow."""


def pictures(results: Results, drawn: Mapping[str, Drawn]) -> list[Picture]:
    """The charts of a run, which are drawn on white paper already."""
    names = sorted(drawn, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [
        picture(drawn[name].figure, charts.figure(name, results, "dark"), name=name, pixels=drawn[name].pixels)
        for name in names
    ]


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
    """The picture as a lossless WebP, a third of the size of PNG, in a data URI."""
    stream = BytesIO()
    pixels.save(stream, "webp", lossless=True, method=4)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()


def png(uri: str) -> bytes:
    """The picture of a data URI in a format that spreadsheets and viewers know."""
    from PIL import Image

    stream = BytesIO()
    with Image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))) as pixels:
        pixels.save(stream, "png", dpi=(96, 96))
    return stream.getvalue()
