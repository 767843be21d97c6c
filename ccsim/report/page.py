"""A document as one HTML page that needs nothing else: style, script and pictures are in it, nothing leaves it.

The page's own security policy forbids it whatever is not in it. Texts are escaped by the template's engine.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ccsim.report.document import STATUS, Cell, Document, Kind, Listing, Note, Picture, Table, Verdict
from ccsim.results import format
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"


LONGEST: Final = 2000
"""Rows of a table in a page."""


def page(document: Document) -> str:
    """The HTML of a document."""
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    style += _in_the_dark(document.pictures())
    return (
        environment()
        .get_template("page.html")
        .render(document=document, style=style, script=script, style_hash=_hash(style), script_hash=_hash(script))
    )


def _in_the_dark(pictures: Iterable[Picture]) -> str:
    """What the colours of the pictures are on a dark screen."""
    listed = (re.search(r' data-dark="([\w: ]*)"', picture.svg) for picture in pictures)
    colours = dict(pair.split(":") for match in listed if match for pair in match[1].split())
    values = "".join(f"--{light}:#{dark};" for light, dark in sorted(colours.items()))
    return f"@media screen and (prefers-color-scheme: dark) {{ figure {{ {values} }} }}\n" if values else ""


@cache
def environment(*folders: Path) -> Environment:
    """The report's templates, and those of other `folders`: every text in them is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"STATUS": STATUS, "bar": bar, "shown": shown, "longest": LONGEST}
    environment.tests |= {
        kind.__name__.lower(): lambda part, kind=kind: isinstance(part, kind)
        for kind in (Table, Picture, Listing, Note)
    }
    return environment


def _hash(content: str) -> str:
    """What a content security policy knows an inline style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Shown(NamedTuple):
    """A cell as it is written: the figure, its interval if it has one, and what a column is sorted by."""

    text: str
    interval: str
    value: str


def shown(cell: Cell, kind: Kind, signed: bool = False) -> Shown:
    """A cell of a column of that kind; signed shares are percentage points."""
    if isinstance(cell, Estimate):
        mean = shown(cell.mean, kind, signed)
        if math.isnan(cell.low) or cell.low == cell.high:
            return mean
        ends = [
            shown(end, kind, signed).text.removesuffix(" %").removesuffix(" points") for end in (cell.low, cell.high)
        ]
        return mean._replace(interval=(" to " if signed else "–").join(ends))
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return Shown(format.NO_DATA, "", "")
    if isinstance(cell, datetime):
        return Shown(f"{format.day(cell)} {cell:%H:%M}", "", cell.isoformat())
    if isinstance(cell, str):
        return Shown(cell, "", "")
    text = _number(abs(cell) if signed else cell, kind)
    if signed:
        sign = "+" if cell > 0 else "−" if cell < 0 else ""
        text = sign + (text.replace(" %", " points") if kind == "share" else text)
    return Shown(text, "", repr(float(cell)))


def _number(value: float, kind: Kind) -> str:
    if math.isinf(value):
        return "endless"
    if kind == "share":
        return format.percent(value)
    if kind == "duration":
        return format.duration(value)
    if kind == "money":
        return format.money(value)
    if kind == "number":
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return format.count(value)


class Bar(NamedTuple):
    """A verdict's picture: places from 0 to 100."""

    low: float
    high: float
    mean: float
    wanted: float


def bar(verdict: Verdict) -> Bar:
    """Where mean, interval and target lie between 0 and 100 %, or a smaller round bound where all are small."""
    estimate = verdict.figure
    low, high = (estimate.mean if math.isnan(end) else end for end in estimate[1:])
    reach = max(high, estimate.mean, verdict.wanted)
    scale = 100 / next((bound for bound in (0.05, 0.1, 0.2, 0.5) if reach <= bound), 1.0)
    return Bar(scale * low, scale * high, scale * min(1.0, estimate.mean), scale * verdict.wanted)
