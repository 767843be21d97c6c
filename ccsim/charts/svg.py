"""Figures as SVG within a page: one picture in the colours of whatever theme the page has, and text that is text.

A figure is drawn in the light theme; every colour becomes a CSS variable that is called after it, `var(--0072b2)`, and
`data-dark` says what these are on a dark page. Nothing in a picture has a style of its own, which a page's security
policy would forbid, or a name that another picture on the page could have, too. A text takes the width that it was laid
out for, whatever font the reader has.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex, to_rgba
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Transform
from numpy.typing import NDArray

from ccsim.charts import style

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

FINE: Final = 10
"""Units of a picture in a pixel: coordinates are whole numbers."""

FONT: Final = "DejaVu Sans,Verdana,sans-serif"

_CAPS: Final = {"projecting": "square", "round": "round"}
_CURVES: Final = {Path.CURVE3: "q", Path.CURVE4: "c"}
_POINTS: Final = {Path.CURVE3: 2, Path.CURVE4: 3}
_CIRCLE: Final = Path.unit_circle()

Colour: TypeAlias = "tuple[float, float, float, float]"


def svg(page: Figure, alt: str, *, pixels: bool = False) -> str:
    """The figure, which has been laid out; `alt` says what it shows.

    With `pixels` it is drawn on its canvas, too, for `charts.pixels`: to walk through what it consists of takes longer
    than to draw that.
    """
    renderer = _Vectors(page)
    page.draw(_Both(page, renderer) if pixels else renderer)
    content = "".join(renderer.finished())
    width, height = renderer.get_canvas_width_height()
    return (
        f'<svg viewBox="0 0 {FINE * width:.0f} {FINE * height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="{FONT}" fill="none" stroke-linejoin="round" role="img" aria-label="{_text(alt)}" '
        f'data-dark="{_in_the_dark(content)}">{content}</svg>'
    )


def _in_the_dark(content: str) -> str:
    """The colours that are others on a dark page, each with its dark one."""
    used = sorted(set(re.findall(r"var\(--(\w+),", content)))
    return " ".join(f"{name}:{dark}" for name in used if (dark := dark_colours().get(name, name)) != name)


@cache
def dark_colours() -> dict[str, str]:
    """The dark colour for each light one that charts use, as six hexadecimal digits."""
    light, dark = (style.THEMES[theme] for theme in ("light", "dark"))
    pairs: dict[str, str] = {}
    for field in fields(light):
        if field.name != "levels":  # one of them is a queue's colour, too, and no chart has them as they stand
            one, other = getattr(light, field.name), getattr(dark, field.name)
            alone = isinstance(one, str)
            for a, b in [(one, other)] if alone else zip(one, other, strict=True):
                assert pairs.setdefault(a[1:].lower(), b[1:].lower()) == b[1:].lower()
    for scale in (style.shades, style.diverging):
        pairs = dict(zip(_steps(scale, "light"), _steps(scale, "dark"), strict=True)) | pairs
    return pairs


def _steps(scale: Callable[[], Colormap], theme: str) -> list[str]:
    with style.styled(theme):
        colours = scale()
    return [to_hex(colours(i))[1:] for i in range(colours.N)]


class _Renderer(RendererBase):
    """What matplotlib asks of a renderer: texts are as wide as in pixels, images are as large as their data."""

    def __init__(self, page: Figure) -> None:
        super().__init__()
        self.dpi = page.dpi
        self.width, self.height = page.bbox.width, page.bbox.height
        canvas: Any = page.canvas
        self._pixels = canvas.get_renderer()

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        size: tuple[float, float, float] = self._pixels.get_text_width_height_descent(s, prop, ismath)
        return size

    def points_to_pixels(self, points: Any) -> Any:
        return points * self.dpi / 72

    def option_scale_image(self) -> bool:
        return True

    def option_image_nocomposite(self) -> bool:
        return True


def _on_both(name: str) -> Callable[..., None]:
    """The method of that name, of the pixels and of the vectors."""

    def draw(self: _Both, *what: Any, **how: Any) -> None:
        for renderer in (self._pixels, self._vectors):
            getattr(renderer, name)(*what, **how)

    return draw


class _Both(_Renderer):
    """Draws in pixels and as SVG."""

    def __init__(self, page: Figure, vectors: _Vectors) -> None:
        super().__init__(page)
        self._vectors = vectors
        self._pixels.clear()

    draw_path = _on_both("draw_path")
    draw_path_collection = _on_both("draw_path_collection")
    draw_quad_mesh = _on_both("draw_quad_mesh")
    draw_markers = _on_both("draw_markers")
    draw_text = _on_both("draw_text")

    def draw_image(self, gc: Any, x: float, y: float, im: Any, transform: Any = None) -> None:
        self._vectors.draw_image(gc, x, y, im, transform)
        if transform is not None:  # from its data to where it stands
            corners = (transform + Affine2D().translate(x, y)).transform([(0, 0), (1, 1)])
            (x, y), ends = np.rint(corners.min(axis=0)), np.rint(corners.max(axis=0))
            across, up = (
                np.clip(((np.arange(low, high) + 0.5 - start) / (end - start) * cells).astype(int), 0, cells - 1)
                for low, high, (start, end), cells in zip((x, y), ends, corners.T, im.shape[1::-1], strict=True)
            )
            im = im[np.ix_(up, across)]
        self._pixels.draw_image(gc, x, y, im)


class _Vectors(_Renderer):
    """Draws as SVG: a path for all that is drawn in one style, and a nested `svg` for what is cut off at its edges."""

    def __init__(self, page: Figure) -> None:
        super().__init__(page)
        self._flip = Affine2D().scale(1, -1).translate(0, self.height)
        self._parts: list[str] = []
        self._clip: tuple[int, int, int, int] | None = None
        self._style = ""
        self._data: list[str] = []

    def finished(self) -> list[str]:
        """All that was drawn."""
        self._cut(None)
        return self._parts

    # ── what it wants drawn ──────────────────────────────────────────────────────────────────────────────────────────

    def draw_path(self, gc: Any, path: Path, transform: Transform, rgbFace: Any = None) -> None:  # noqa: N803
        simplify: Any = None if rgbFace is None else False  # None: where the path wants it
        cleaned: Any = path.cleaned(transform + self._flip, remove_nans=True, simplify=simplify, curves=True)
        self._path(gc, rgbFace, _data(FINE * cleaned.vertices, cleaned.codes))

    def draw_path_collection(
        self, gc: Any, master_transform: Any, paths: Any, all_transforms: Any, offsets: Any, offset_trans: Any,
        facecolors: Any, edgecolors: Any, *how: Any, **more: Any,
    ) -> None:  # fmt: skip
        if len(facecolors) > 1 or len(edgecolors) > 1 or len(all_transforms) or np.any(offsets):
            super().draw_path_collection(gc, master_transform, paths, all_transforms, offsets, offset_trans,
                                         facecolors, edgecolors, *how, **more)  # fmt: skip
            return
        super().draw_path_collection(gc, master_transform, [Path.make_compound_path(*paths)], all_transforms, offsets,
                                     offset_trans, facecolors, edgecolors, *how, **more)  # fmt: skip

    def draw_markers(
        self,
        gc: Any,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        places = FINE * (trans + self._flip).transform(path.vertices)
        places = np.rint(places[np.isfinite(places).all(axis=1)]).astype(int)
        if len(marker_path) == len(_CIRCLE):  # a line of no length with round ends
            radius = abs(marker_trans.transform((1, 0))[0] - marker_trans.transform((0, 0))[0])
            edge = self.points_to_pixels(gc.get_linewidth())
            data = "".join(f"M{x} {y}h0" for x, y in places.tolist())
            for colour, size in ((gc.get_rgb(), radius + edge / 2), (rgbFace, radius - edge / 2)):
                if colour is not None and not (colour is rgbFace and _same(colour, gc.get_rgb())):
                    self._add(gc, f'{_paint("stroke", colour)}stroke-width="{2 * FINE * size:.0f}" '
                                  'stroke-linecap="round" ', data)  # fmt: skip
            return
        shape: Any = marker_path.cleaned(marker_trans + Affine2D().scale(FINE, -FINE), curves=True)
        for place in places:
            self._path(gc, rgbFace, _data(shape.vertices + place, shape.codes))

    def draw_image(self, gc: Any, x: float, y: float, im: Any, transform: Any = None) -> None:
        size = im.shape[1::-1] if transform is None else (1, 1)
        place = Affine2D() if transform is None else transform
        corners = FINE * (place + Affine2D().translate(x, y) + self._flip).transform([(0, 0), size])
        across, down = (1 if first < last else -1 for first, last in corners.T)
        (left, top), (right, bottom) = np.rint(np.sort(corners, axis=0)).astype(int).tolist()
        self._cut(gc)
        self._flush()
        where = f'x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'
        for theme, pixels in (("light", im), ("dark", _darkened(im))):
            self._parts.append(f'<image class="{theme}" {where} preserveAspectRatio="none" image-rendering="pixelated" '
                               f'href="{_png(pixels[::down, ::across])}"/>')  # fmt: skip

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: FontProperties, angle: float, ismath: Any = False,
        mtext: Any = None,
    ) -> None:  # fmt: skip
        width = self.get_text_width_height_descent(s, prop, ismath)[0]
        if not s.strip() or not width:
            return
        self._cut(gc)
        self._flush()
        left, top = f"{FINE * x:.0f}", f"{FINE * y:.0f}"
        bold = ' font-weight="bold"' if prop.get_weight() in ("bold", 700) else ""
        turned = f' transform="rotate({-angle:g} {left} {top})"' if angle else ""
        size = FINE * self.points_to_pixels(prop.get_size_in_points())
        self._parts.append(
            f'<text x="{left}" y="{top}" font-size="{size:.0f}" textLength="{FINE * width:.0f}" '
            f'lengthAdjust="spacingAndGlyphs" {_paint("fill", gc.get_rgb())}{bold}{turned}>'
            f"{_text(s)}</text>"
        )

    # ── how ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _path(self, gc: Any, face: Colour | None, data: str) -> None:
        face = None if face is None else to_rgba(face)
        edge, width = gc.get_rgb(), self.points_to_pixels(gc.get_linewidth())
        if face is not None and gc.get_forced_alpha():
            face = (*face[:3], gc.get_alpha())
        look = "" if face is None or not face[3] else _paint("fill", face)
        if width > 0 and edge[3] > 0:
            look += f'{_paint("stroke", edge)}stroke-width="{FINE * width:.0f}" '
            offset, dashes = gc.get_dashes()
            if dashes is not None:
                look += f'stroke-dasharray="{" ".join(f"{FINE * self.points_to_pixels(d):.0f}" for d in dashes)}" '
                look += f'stroke-dashoffset="{FINE * self.points_to_pixels(offset):.0f}" ' if offset else ""
            if cap := _CAPS.get(str(gc.get_capstyle())):
                look += f'stroke-linecap="{cap}" '
            if (join := str(gc.get_joinstyle())) != "round":
                look += f'stroke-linejoin="{join}" '
        if not gc.get_antialiased():
            look += 'shape-rendering="crispEdges" '
        if look:
            self._add(gc, look, data)

    def _add(self, gc: Any, look: str, data: str) -> None:
        """Together with what was drawn just before in the same style, unless that shines through."""
        self._cut(gc)
        if look != self._style or "opacity" in look:
            self._flush()
        self._style = look
        self._data.append(data)

    def _flush(self) -> None:
        if any(self._data):
            self._parts.append(f'<path {self._style}d="{"".join(self._data)}"/>')
        self._data, self._style = [], ""

    def _cut(self, gc: GraphicsContextBase | None) -> None:
        """What follows is cut off where the context says."""
        box = None if gc is None else gc.get_clip_rectangle()
        clip = None
        if box is not None:
            (left, low), (right, high) = np.rint(FINE * self._flip.transform(box.get_points())).astype(int).tolist()
            clip = left, high, right - left, low - high
        if clip != self._clip or gc is None:
            self._flush()
            if self._clip is not None:
                self._parts.append("</svg>")
            if clip is not None:
                x, y, width, height = clip
                self._parts.append(
                    f'<svg x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{x} {y} {width} {height}">'
                )
            self._clip = clip


def _text(text: str) -> str:
    """As it stands in markup: every blank counts, what no page may have is replaced."""
    return escape(re.sub(r"[\x00-\x1f\x7f]", "\ufffd", text).replace("  ", " \u00a0"))


def _same(one: Colour, other: Colour) -> bool:
    return to_hex(one) == to_hex(other)


def _paint(what: str, colour: Colour) -> str:
    """The attributes that fill or stroke with a colour."""
    name = to_hex(colour[:3])[1:]
    return f'{what}="var(--{name},#{name})" ' + (f'{what}-opacity="{colour[3]:.3g}" ' if colour[3] < 1 else "")


def _data(vertices: NDArray[Any], codes: NDArray[Any] | None) -> str:
    """What a path's attribute `d` holds: points relative to the one before."""
    points = np.rint(vertices).astype(int).tolist()
    kinds = [Path.MOVETO, *[Path.LINETO] * (len(points) - 1)] if codes is None else codes.tolist()
    data: list[str] = []
    x = y = 0
    start = (0, 0)
    place = 0
    while place < len(kinds) and kinds[place] != Path.STOP:
        kind = kinds[place]
        ends = points[place : place + _POINTS.get(kind, 1)]
        place += len(ends)
        if kind == Path.MOVETO:
            ((x, y),) = ends
            start = x, y
            data.append(f"M{x} {y}")
        elif kind == Path.LINETO:
            ((to_x, to_y),) = ends
            if to_y == y:
                data.append(f"h{to_x - x}" if to_x != x else "")
            else:
                data.append(f"v{to_y - y}" if to_x == x else f"l{to_x - x} {to_y - y}")
            x, y = to_x, to_y
        elif kind == Path.CLOSEPOLY:
            data.append("z")
            x, y = start
        else:
            data.append(_CURVES[kind] + " ".join(f"{to_x - x} {to_y - y}" for to_x, to_y in ends))
            x, y = ends[-1]
    return "".join(data)


def _darkened(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image in the colours of the dark theme."""
    different, place = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    for colour in different:
        if colour[3]:
            name = bytes(colour[:3]).hex()
            colour[:3] = tuple(bytes.fromhex(dark_colours().get(name, name)))
    return different[place.ravel()].reshape(pixels.shape)


def _png(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    content = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(content, "png")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
