"""Pictures of results. A new chart is one function in a file here, registered with `@chart` and imported below."""

# ruff: noqa: I001  charts are saved and reported in the order in which their files are imported
from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ccsim.charts import service, waiting, staffing, conversations, agents, thread, outcomes  # noqa: F401
from ccsim.charts import style
from ccsim.charts.registry import CHARTS
from ccsim.results import format, largest
from ccsim.results.model import Results
from ccsim.results.storage import write_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

__all__ = ["CHARTS", "OVERVIEW", "applicable", "figure", "image", "overview", "png", "save"]

OVERVIEW: Final = "overview"
"""Name of the page that shows several charts side by side."""

SIDE_BY_SIDE: Final = ("service_level", "conversations", "waiting", "staffing")
"""The charts of the overview, two in a row, as far as they apply."""


def applicable(results: Results) -> list[str]:
    """Names of the charts for which the results have something to show."""
    return [name for name, chart in CHARTS.items() if chart.applies(results)]


def figure(name: str, results: Results, theme: str = "light") -> Figure:
    """The chart of that name as a figure of its own, in one of `style.THEMES`.

    Raises `KeyError` for a name that is not in CHARTS, and should be asked for what is `applicable` only.
    """
    chart = CHARTS[name]
    with style.styled(theme):
        page = style.page(style.height_for(chart.panels(results)))
        chart.draw(results, page)
    return page


def overview(results: Results, theme: str = "light", images: Mapping[str, Image] | None = None) -> Figure:
    """A page for whoever decides: key figures, volume and service by day, then the charts of SIDE_BY_SIDE.

    `images` may hold some of these, drawn already.
    """
    import numpy as np
    from PIL.Image import Resampling

    from ccsim.charts import headline

    ready = images or {}
    names = [name for name in SIDE_BY_SIDE if CHARTS[name].applies(results)]
    shown = [ready.get(name) or image(figure(name, results, theme)) for name in names]
    by_day = len(results.summary.days) > 1
    width, head = 1.4 * style.WIDTH, 3.9 if by_day else 1.3
    across = width / 2
    depth = across * max(one.height / one.width for one in shown)
    with style.styled(theme):
        page = style.page()
        page.set_layout_engine(None)
        height = head + depth * -(-len(shown) // 2)
        page.set_size_inches(width, height)
        variant = f", variant {results.variant}" if results.variant else ""
        page.suptitle(style.short(f"{results.scenario.name}{variant}", 100), x=style.MARGIN / width,
                      y=1 - 0.1 / height, ha="left", va="top", fontsize=16, fontweight="bold")  # fmt: skip
        figures = headline.key_figures(results)
        for place, (label, number, detail) in enumerate(figures):
            x = (style.MARGIN + place * (width - 2 * style.MARGIN) / len(figures)) / width
            page.text(x, 1 - 0.55 / height, label, va="top", fontsize=9, color=style.now().quiet)
            page.text(x, 1 - 0.70 / height, number, va="top", fontsize=17, fontweight="bold")
            page.text(x, 1 - 1.04 / height, detail, va="top", fontsize=8, color=style.now().quiet)
        if by_day:
            boxes = [((left + 0.55) / width, 1 - 3.6 / height, (width / 2 - 0.9) / width, 1.9 / height)
                     for left in (0, width / 2)]  # fmt: skip
            places = largest.queues(results, most=headline.QUEUES).places
            queues = {q: style.colour(q) for q in places}
            if len(set(queues.values())) < len(queues):  # they must differ among themselves
                queues = {q: style.colour(n) for n, q in enumerate(places)}
            headline.days(results, queues, *(page.add_axes(box) for box in boxes))
            entries = [(results.scenario.title(results.spec.queues[q]), colour) for q, colour in queues.items()]
            if others := len(results.spec.queues) - len(queues):
                entries.append((format.several(others, "other"), style.now().quiet))
            for place, (name, colour) in enumerate(entries):
                x = (0.55 + place * (width - 1) / (headline.QUEUES + 1)) / width
                page.text(x, 1 - 1.32 / height, f"■ {style.short(name, 16)}", va="top", fontsize=8, color=colour)
        for place, one in enumerate(shown):
            row, column = divmod(place, 2)
            size = round(across * style.DPI), round(across * style.DPI * one.height / one.width)
            top = height - head - row * depth
            pixels = np.asarray(one.resize(size, Resampling.LANCZOS))
            page.figimage(pixels, column * size[0], round(top * style.DPI) - size[1], origin="upper")
    return page


def lay_out(page: Figure) -> None:
    """Finds the places of its panels once and for all: however often the figure is drawn then, it takes no time."""
    engine = page.get_layout_engine()
    if engine is not None:
        if page.axes:  # without panels the engine warns that it finds none
            engine.execute(page)
        page.set_layout_engine("none")


def image(page: Figure) -> Image:
    """The figure as pixels, `style.DPI` to the inch."""
    page.canvas.draw()
    return pixels(page)


def pixels(page: Figure) -> Image:
    """What is drawn on the figure's canvas already."""
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.asarray(page.canvas.buffer_rgba())).convert("RGB")  # type: ignore[attr-defined]


def png(image: Image) -> bytes:
    """What a file of them holds."""
    content = BytesIO()
    image.save(content, "png", compress_level=3)
    return content.getvalue()


def save(
    results: Results, folder: Path, names: Iterable[str] = (), form: str = "png", theme: str = "light"
) -> list[Path]:
    """Charts as PNG, SVG or PDF files in the folder, all or none of them; returns the files.

    They are those named, else all that apply and the overview. The same results give the same bytes.
    """
    names = list(names) or [*applicable(results), OVERVIEW]
    images: dict[str, Image] = {}
    files: dict[str, bytes] = {}
    for name in sorted(names, key=OVERVIEW.__eq__):  # last, so that it finds the images of the others
        page = overview(results, theme, images) if name == OVERVIEW else figure(name, results, theme)
        if form == "png":
            images[name] = image(page)
            files[f"{name}.png"] = png(images[name])
        else:
            content = BytesIO()
            _write_vectors(page, form, content)
            files[f"{name}.{form}"] = content.getvalue()
    write_files(folder, files)
    return [folder / name for name in files]


def _write_vectors(page: Figure, form: str, content: BytesIO) -> None:
    import matplotlib

    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}[form]
    with matplotlib.rc_context({"svg.hashsalt": "ccsim", "pdf.fonttype": 42}):
        page.savefig(content, format=form, metadata=undated)
