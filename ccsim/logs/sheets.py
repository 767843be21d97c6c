"""A log's file as a sheet of texts under the mapping's headings, whatever its delimiter, encoding and header.

A workbook is read as the file that a spreadsheet would save of its sheet, records in JSON as a table of them.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs import json_records
from ccsim.logs.lines import LINE, WIDTH
from ccsim.logs.mapping import Mapping
from ccsim.scenario import workbooks
from ccsim.scenario.data import refuse_devices
from ccsim.scenario.faults import FaultError, shown
from ccsim.scenario.headers import ABOVE, header_row
from ccsim.scenario.toml_text import quoted

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

DELIMITERS: Final = ",;\t|"
NOT_UTF8: Final = "not UTF-8: the file is read as Windows-1252"
ENCODING: Final = f'{NOT_UTF8}; encoding = "cp932", or another, in the mapping'


class Text(NamedTuple):
    """What a file says as text, and what was done for that."""

    text: str
    delimiter: str
    """what stands between the cells, where that is known"""
    mended: dict[str, int]
    above: int = 0
    """lines of the file above the text; -1 for records, of which no line is the header"""


def sheet_of(path: Path, how: Mapping) -> tuple[pd.DataFrame, dict[str, int]]:
    """The cells as text under the mapping's headings, where lines stand and how wide they are; and what was mended."""
    import pandas as pd

    if path.suffix == ".parquet":
        try:
            refuse_devices(path)
            sheet = pd.read_parquet(path).astype("string")
        except (OSError, ValueError) as bad:  # pyarrow's errors are ValueErrors
            raise ScenarioError([Problem("", f"cannot read: {bad}", "a Parquet file", str(path))]) from None
        sheet[LINE] = np.arange(len(sheet)) + 1
        sheet[WIDTH] = "full"
        return _named(sheet, how, path, garbled=False)
    text, known, mended, above = decoded(path, how)
    marked, _, rest = text.partition("\n")
    if marked.strip().lower().startswith("sep=") and len(marked.strip()) == 5:  # as Excel writes it
        above, text, delimiter = 1, rest, marked.strip()[-1]
    else:
        delimiter = known or how.delimiter or ""
    if not how.header:
        skipped = _above(_top(text, delimiter), how)
        if skipped:
            text = text.split("\n", skipped)[skipped]
            above += skipped
            mended |= {"lines above the header": skipped}
    top = text.partition("\n")[0]
    if not top.strip():
        raise ScenarioError([Problem("", "no header line", "a table with one header line", str(path))])
    delimiter = delimiter or max(DELIMITERS, key=top.count)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # of lines with more cells than the header
            sheet = pd.read_csv(
                io.BytesIO(text.encode("utf-8", "surrogatepass")),  # a StringIO has four bytes a letter
                sep=delimiter,
                dtype="string[pyarrow]",
                keep_default_na=False,
                skip_blank_lines=False,
                index_col=False,
                header=None if how.header else 0,
                names=list(how.header) or None,
                on_bad_lines="error",
            )
        empty = (sheet.iloc[:, 0] == "").to_numpy(np.bool_)
        empty[empty] = (sheet[empty] == "").all(axis=1)
        begins = np.arange(len(sheet)) + (1 if how.header else 2)
        if text.count("\n") > len(sheet) + 1:  # line breaks in cells: a record begins after those of the records before
            breaks = np.array(sum(sheet[column].str.count("\n").fillna(0) for column in sheet), np.int64)
            begins += breaks.cumsum() - breaks + sum(str(column).count("\n") for column in sheet)
        sheet[LINE] = begins
        sheet[WIDTH] = np.where(empty, "", "full")
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError):
        sheet = _line_by_line(text, delimiter, how, path)
    sheet[LINE] += above
    sheet, renamed = _named(sheet, how, path, garbled=NOT_UTF8 in mended)
    return sheet, mended | renamed


def _top(text: str, delimiter: str) -> list[list[str]]:
    """The cells of the first lines, each by what it has most of where no delimiter is given."""
    lines = text.split("\n", ABOVE)[:ABOVE]
    return [_split(line.rstrip("\r"), delimiter or max(DELIMITERS, key=line.count)) for line in lines]


def _split(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:  # a damaged line
        return line.split(mark)


def _above(rows: list[list[str]], how: Mapping) -> int:
    """How many lines stand above the header, which has the needed columns or, if none has, seems to be one."""
    fitting = (at for at, cells in enumerate(rows) if _is_header(cells, how))
    return next(fitting, header_row(rows))


def _is_header(cells: list[str], how: Mapping) -> bool:
    there = set(map(bare, cells))
    return all(there & {bare(source) for source in how.columns[name]} for name in how.needed)


def likely_header(text: Text) -> list[str]:
    """The cells of what seems to be the header of a log that has no mapping."""
    rows = _top(text.text, text.delimiter)
    return rows[header_row(rows)]


def decoded(path: Path, how: Mapping) -> Text:
    """The text of a file, or of the sheet of a workbook. Raises ScenarioError if it has none."""
    content = _content(path)
    if content.startswith(workbooks.BEGINNINGS):
        return _of_workbook(content, how, path)
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode(how.encoding or ("utf-16" if marked else "utf-8-sig"))
        if how.encoding is not None:
            text.encode()  # half of a pair of surrogates is no text, though some encodings know it
        table = _with_path(path, json_records.as_table, text)
        return Text(table, workbooks.DELIMITER, {}, above=-1) if table else Text(text, "", {})
    except UnicodeError as bad:
        if how.encoding is not None:
            allowed = f"text in {how.encoding}; the mapping may name another encoding"
            raise ScenarioError([Problem("", str(bad), allowed, str(path))]) from None
    if b"\0" in content:
        raise ScenarioError([Problem("", "not text", "a table with one header line", str(path))])
    return Text(content.decode("cp1252", errors="replace"), "", {NOT_UTF8: 1})


def _content(path: Path) -> bytes:
    try:
        refuse_devices(path)
        return path.read_bytes()
    except (OSError, ValueError) as bad:
        why = getattr(bad, "strerror", None) or bad
        raise ScenarioError([Problem("", f"cannot read: {why}", "a log", str(path))]) from None


def longest_sheet(path: Path) -> str | None:
    """Of a workbook with several sheets the one with most text."""
    content = _content(path)
    sheets = _with_path(path, workbooks.sheets, content, None) if content.startswith(workbooks.BEGINNINGS) else {}
    return max(sheets, key=lambda title: len(sheets[title])) if len(sheets) > 1 else None


def _with_path(path: Path, read: Callable[..., T], *given: object) -> T:
    """What `read` makes of these; its faults are those of the file."""
    try:
        return read(*given)
    except FaultError as bad:
        raise ScenarioError([Problem("", f.value, f.allowed, str(path)) for f in bad.faults]) from None


def _of_workbook(content: bytes, how: Mapping, path: Path) -> Text:
    """The sheet that the mapping names, the only one, or the only one with the needed headings."""
    sheets = _with_path(path, workbooks.sheets, content, how.sheet)
    tops = {title: _top(text, workbooks.DELIMITER) for title, text in sheets.items()}
    fitting = [title for title, rows in tops.items() if len(sheets) == 1 or any(_is_header(row, how) for row in rows)]
    if len(fitting) != 1:
        value = f"{len(fitting) or 'none'} of the sheets {', '.join(sheets)} fit the mapping"
        allowed = f"sheet = {quoted((fitting or list(sheets))[0])} in the mapping chooses one"
        raise ScenarioError([Problem("", value, allowed, str(path))])
    others = [title for title in sheets if title != fitting[0]]
    left_out = {f"sheets left out: {', '.join(map(shown, others))}": len(others)} if others else {}
    return Text(sheets[fitting[0]], workbooks.DELIMITER, left_out)


def _line_by_line(text: str, delimiter: str, how: Mapping, path: Path) -> pd.DataFrame:
    """As pandas reads it, but a line with too many cells stops nothing, and surplus empty cells carry nothing."""
    import pandas as pd

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = list(how.header) or next(reader)
        numbered, begins = [], reader.line_num + 1
        for cells in reader:
            numbered.append((begins, cells))
            begins = reader.line_num + 1
    except (csv.Error, StopIteration) as bad:
        raise ScenarioError([Problem("", str(bad), "a table with one header line", str(path))]) from None
    size = len(header)
    header = [name if name not in header[:at] else f"{name}.{at}" for at, name in enumerate(header)]
    sheet = pd.DataFrame(
        [(cells + [""] * size)[:size] for _, cells in numbered], columns=header, dtype="string[pyarrow]"
    )
    sheet[LINE] = [line for line, _ in numbered]
    sheet[WIDTH] = ["more" if any(cells[size:]) else "full" if any(cells) else "" for _, cells in numbered]
    return sheet


def _named(sheet: pd.DataFrame, how: Mapping, path: Path, garbled: bool) -> tuple[pd.DataFrame, dict[str, int]]:
    """With the mapping's headings for those of the file that differ in case, spaces, accents or punctuation only.

    `garbled`: its letters may be others than they seem.
    """
    own = {bare(heading): heading for heading in reversed([str(column) for column in sheet.columns])}
    others = [*filter(None, (how.date, how.follows)), *how.known_if.values(), *how.reached]
    named = how.columns | how.durations
    headings = [*(source for sources in named.values() for source in sources), *others]
    missing = {heading for heading in headings if heading not in sheet.columns and bare(heading) not in own}
    lacking = [
        ", ".join(sources)
        for name, sources in named.items()
        if (name in how.needed or name in how.durations or len(sources) > 1) and missing & set(sources)
    ]
    lacking += [heading for heading in others if heading in missing]
    if lacking:
        shown = ", ".join(str(column) for column in sheet.columns if column not in (LINE, WIDTH))
        wanted = f"; the mapping is for {how.export}" if how.export else ""
        wanted += f" ({ENCODING})" if garbled else ""
        raise ScenarioError([Problem("", f"no column {', '.join(lacking)}", f"it has {shown}{wanted}", str(path))])
    there = set(sheet.columns)
    renamed = {own[bare(heading)]: heading for heading in headings if heading not in there | missing}
    mended = {f"no column {heading}: as if it were empty": len(sheet) for heading in sorted(missing)}
    return sheet.rename(columns=renamed), mended


def bare(heading: str) -> str:
    """Its letters and digits alone: without case, spaces, punctuation and accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", heading.lower()) if letter.isalnum())
