"""What a page of charts looks like once it is laid out: its texts, and that none of them is cut off or hidden."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def texts(page: Figure) -> list[Any]:
    """Every text that is shown, laid out."""
    page.draw_without_rendering()
    return shown(page)


def shown(page: Figure) -> list[Any]:
    """Every text that is shown in a picture that is laid out."""
    from matplotlib.text import Text

    hidden = {
        label for ax in page.axes for axis in (ax.xaxis, ax.yaxis) for label in _outside(axis)
    } | {label for ax in page.axes if not ax.axison for label in ax.findobj(Text)}  # fmt: skip
    result = [text for text in page.findobj(Text) if isinstance(text, Text) and text.get_visible() and text.get_text()]
    return [text for text in result if text not in hidden]


def _outside(axis: Any) -> list[Any]:
    """Labels of ticks beyond the axis' ends: matplotlib has them, but does not draw them."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    return [label for tick in ticks if not low <= tick.get_loc() <= high for label in (tick.label1, tick.label2)]


def together(one: Any, that: Any) -> bool:
    """Whether two boxes lie on one another by more than a pixel."""
    width = min(one.x1, that.x1) - max(one.x0, that.x0)
    height = min(one.y1, that.y1) - max(one.y0, that.y0)
    return bool(width > 1 and height > 1)


def assert_readable(name: str, page: Figure, more_than: int) -> None:
    """A page that is laid out has more than so many texts, none cut off at its edge, none on another."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(page)]
    assert len(boxes) > more_than
    for text, box in boxes:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.bbox.x1 + 1 and box.y1 <= page.bbox.y1 + 1
        assert inside, f"{name}: {text!r} is cut off at the edge of the page"
    for (one, box), (other, that) in combinations(boxes, 2):
        assert not together(box, that), f"{name}: {one!r} and {other!r} lie on one another"
