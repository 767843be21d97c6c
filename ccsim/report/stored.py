"""A report as a file of plain JSON, from which page, workbook and charts of a study are made again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from ccsim.errors import Problem, ScenarioError
from ccsim.report import document as parts
from ccsim.report.document import Document, Table
from ccsim.stats.estimate import Estimate

FILE: Final = "report.json"

_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        Document, Table, parts.TableColumn, parts.Picture, parts.Listing, parts.Note, parts.Section, parts.Verdict,
        parts.Fact, parts.Finding, Estimate,
    )
}  # fmt: skip


def write(folder: Path, document: Document, more: Sequence[Table] = ()) -> None:
    """report.json in the folder: the document, and the tables that only its workbook has."""
    content = json.dumps({"document": _plain(document), "more": [_plain(table) for table in more]}, allow_nan=False)
    (folder / FILE).write_text(content + "\n", encoding="utf-8")


def read(folder: Path) -> tuple[Document, tuple[Table, ...]]:
    """Both from the folder's report.json. Raises ScenarioError where it is none."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        document, more = _made(content["document"]), _made(content["more"])
        if not (isinstance(document, Document) and all(isinstance(table, Table) for table in more)):
            raise ValueError
    except (ValueError, KeyError, TypeError, ElementTree.ParseError):
        raise ScenarioError([Problem(FILE, "not readable", "a report as ccsim writes it", str(folder))]) from None
    return document, more


def _plain(value: Any) -> Any:
    """In terms of JSON: what has fields as an object that names its kind; null for no data."""
    if isinstance(value, Estimate):
        return {"is": "Estimate"} | {name: _plain(each) for name, each in value._asdict().items()}
    if is_dataclass(value):
        return {"is": type(value).__name__} | {
            field.name: _plain(getattr(value, field.name)) for field in fields(value)
        }
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return {"is": "moment", "at": value.isoformat()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else {"is": "endless", "negative": value < 0}
    return value.item() if hasattr(value, "item") else value


def _made(value: Any) -> Any:
    """What `_plain` was given, with tuples for lists."""
    if isinstance(value, list):
        return tuple(_made(each) for each in value)
    if not isinstance(value, dict):
        return value
    inner = {key: _made(each) for key, each in value.items() if key != "is"}
    if value["is"] == "moment":
        return datetime.fromisoformat(inner["at"])
    if value["is"] == "endless":
        return -math.inf if inner["negative"] else math.inf
    if value["is"] == "Estimate":
        return Estimate(*(math.nan if inner[name] is None else inner[name] for name in Estimate._fields))
    if value["is"] == "Picture":
        _refuse_foreign(inner["svg"])
    return _KINDS[value["is"]](**inner)


def _refuse_foreign(svg: str) -> None:
    """Raises ValueError for markup that is not a picture of ours: it goes into the page as it is."""
    if "<!" in svg or "<?" in svg:  # a page may see their ends elsewhere than XML does
        raise ValueError
    for element in ElementTree.fromstring(svg).iter():
        ours = element.tag in ("svg", "path", "text", "image")
        if not ours or any(name.startswith("on") or name in ("style", "id") for name in element.attrib):
            raise ValueError
