"""The CSV files beside a scenario: read once, checked line by line, kept as bytes so that a run can be stored whole.

Spreadsheets of every country write them: commas, semicolons or tabs between cells, UTF-8 or UTF-16, headings in any
case; what their cells mean is for cells.py. A workbook is read as a CSV file for each of its sheets.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ccsim.errors import Problem
from ccsim.scenario import workbooks
from ccsim.scenario.cells import Convention, Guess
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, one_of, shown
from ccsim.scenario.headers import ABOVE, header_row

LARGEST: Final = 2**28
"""Bytes of the largest file that is read whole."""


def refuse_devices(path: Path) -> None:
    """Raises OSError for what is no file, but a device, which may have no end."""
    if path.is_char_device() or path.is_block_device():
        raise OSError(errno.EINVAL, "a device, not a file", str(path))


def content(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a regular file. Raises OSError for anything else (a device, a pipe) and for more than `most`."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with path.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"more than {most >> 20} MiB", str(path))
    return data


Outside = bool | frozenset[str]
"""Whether data files may lie outside the scenario's folder: all, none, or those of these names."""


def texts(value: object) -> Iterator[str]:
    """Every text in a value of tables and lists, such as the names of files that it asks for."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from texts(entry)


MEANING: Final = {
    "date": {"datum", "tag", "jour", "data", "giorno", "fecha", "día", "dia"},
    "time": {"interval", "starttime", "intervalstart", "uhrzeit", "zeit", "intervall", "heure", "ora", "hora"},
}
"""Headings, without blanks, that say the same in exports and in other languages."""

Guesses = dict[tuple[str, str], tuple[Guess, list[str]]]
"""By file and what was guessed: the first such guess, and the columns in which it was made."""


def taken_for_granted(guesses: Guesses) -> Iterator[Problem]:
    """What was guessed in reading data files, in words."""
    for (name, what), (guess, headings) in guesses.items():
        where = f", column{'s' * (len(headings) > 1)} {', '.join(headings)}" if headings else ""
        yield Problem(name, f"{what}{where}", f"{shown(guess.cell)} is read as {guess.read}")


@dataclass(frozen=True)
class CsvTable:
    """A CSV file's cells as text: `rows` in file order, each with its line number."""

    name: str
    """of the file, with the sheet of a workbook that has several"""
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    delimiter: str = ","
    line: int = 1
    """where the header stands"""
    titles: Guess | None = None
    """that lines above it are no part of the table"""
    private: bool = False
    """it lies outside the scenario's folder: what else is in it is not revealed"""
    guesses: Guesses = field(default_factory=dict, compare=False)
    """what was guessed, of all files"""

    def heading(self, column: str) -> str | None:
        """The file's own heading of a column: the same, the only one that differs in case and blanks alone, or the only
        one of that meaning."""
        if column in self.header:
            return column
        for words in ({bare(column)}, MEANING.get(column, set())):
            like = [heading for heading in self.header if bare(heading) in words]
            if like:
                return like[0] if len(like) == 1 else None
        return None

    def cells(
        self, *columns: str, key: str = "column", read: Mapping[str, Convention] | None = None
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Line number and the cells of these columns; `FaultError` at `key` if one is missing.

        Columns of `read` are written plainly, by their conventions; `FaultError` if one could mean two things.
        """
        missing = [column for column in columns if self.heading(column) is None]
        if missing:
            found = "" if self.titles is None else f"line {self.line}, which seems to be the header, of "
            value = f"no column {', '.join(map(shown, missing))} in {found}{self.name}"
            allowed = did_you_mean(missing[0], self.header) if len(missing) == 1 else one_of(self.header)
            if self.private:
                allowed = f"one of its {len(self.header)} columns"
            raise FaultError(Fault(value, allowed, (key,)))
        if self.titles is not None:
            self.guesses[self.name, self.titles.what] = (self.titles, [])
        places = [self.header.index(str(self.heading(column))) for column in columns]
        listed = [self._plainly(place, (read or {}).get(column)) for column, place in zip(columns, places, strict=True)]
        return ((line, row) for (line, _), row in zip(self.rows, zip(*listed, strict=True), strict=True))

    def _plainly(self, place: int, convention: Convention | None) -> Sequence[str]:
        """One column, as it is or by its convention."""
        column = [cells[place] for _, cells in self.rows]
        if convention is None:
            return column
        try:
            plainly, guess = convention(column, self.delimiter)
        except FaultError as bad:
            where = "" if self.private else f"column {self.header[place]}: "
            line = self.rows[0][0]
            raise FaultError(*(self.fault(line, f"{where}{f.value}", f.allowed) for f in bad.faults)) from None
        if guess is not None:
            guessed = self.guesses.setdefault((self.name, guess.what), (guess, []))[1]
            guessed += [self.header[place]] if self.header[place] not in guessed else []
        return [plainly(cell) for cell in column]

    def fault(self, line: int, value: object, allowed: str) -> Fault:
        """A fault of one of its lines."""
        return Fault(value if isinstance(value, str) else shown(value), allowed, row=f"{self.name}:{line}")


def bare(text: str) -> str:
    """Without spaces and capitals, in which people write the same in two ways."""
    return "".join(text.split()).casefold()


MOST_ALIKE: Final = 3
"""Cells of a column that are named for one and the same fault, each by its line; of more, the first and how many."""


def few(faults: Iterable[Fault]) -> list[Fault]:
    """Faults of a column's cells, without a line for each where many are of one kind."""
    kinds: dict[str, list[Fault]] = {}
    for fault in faults:
        kinds.setdefault(fault.allowed, []).append(fault)
    return [
        fault
        for alike in kinds.values()
        for fault in (
            alike
            if len(alike) <= MOST_ALIKE
            else [replace(alike[0], value=f"{alike[0].value}, and {len(alike) - 1} more cells like it")]
        )
    ]


@dataclass
class DataFiles:
    """The data files of one scenario, relative to its folder."""

    folder: Path = field(default_factory=Path)
    given: Mapping[str, bytes] = field(default_factory=dict)
    """files that need not be read, by the name used in the scenario"""
    outside: Outside = False
    contents: dict[str, bytes] = field(default_factory=dict)
    """what was read, by the name used in the scenario"""
    guesses: Guesses = field(default_factory=dict)
    """what was guessed in reading"""
    _tables: dict[str, list[CsvTable]] = field(default_factory=dict)
    """by file: its sheets, of a workbook those that are tables"""

    def table(self, name: object, *columns: str, key: str = "file") -> CsvTable:
        """The file of that name, of a workbook with several tables the one that has these columns.

        `FaultError` at `key` if it cannot be read, or if none or several of its tables have them; at its line if a row
        is broken.
        """
        tables = self.tables(name, key)
        fitting = [table for table in tables if all(table.heading(column) for column in columns)]
        if len(tables) > 1 and len(fitting) != 1:
            value = f"columns {', '.join(map(shown, columns))} in {len(fitting) or 'none'} of the sheets "
            value += ", ".join(table.name for table in fitting or tables)
            raise FaultError(Fault(value, "exactly one sheet that has them", (key,)))
        return (fitting or tables)[0]

    def tables(self, name: object, key: str = "file") -> list[CsvTable]:
        """The file of that name, of a workbook all its tables; `FaultError` as of `table`."""
        if not isinstance(name, str) or not name or "\0" in name:
            raise FaultError(Fault(shown(name), "the name of a CSV file", (key,)))
        if name not in self._tables:
            self._tables[name] = self._read(name, key)
        return self._tables[name]

    def column(
        self, name: object, column: object, parse: Callable[[object], float], convention: Convention
    ) -> list[float]:
        """One column as numbers, each cell a number or whatever `parse` takes."""
        if not isinstance(column, str):
            raise FaultError(Fault(shown(column), "the name of a column", ("column",)))
        table = self.table(name, column)
        values: list[float] = []
        faults: list[Fault] = []
        for line, (cell,) in table.cells(column, read={column: convention}):
            try:
                values.append(parse(number(cell)))
            except FaultError as bad:
                faults += [table.fault(line, f.value, f.allowed) for f in bad.faults]
        if not values and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one value", ("file",)))
        if faults:
            raise FaultError(*few(faults))
        return values

    def _outside(self, name: str) -> bool:
        return not (self.folder / name).resolve().is_relative_to(self.folder.resolve())

    def _read(self, name: str, key: str) -> list[CsvTable]:
        private = name not in self.given and self._outside(name)
        if private and (name not in self.outside if isinstance(self.outside, frozenset) else not self.outside):
            where = f"{shown(name)} lies outside the scenario's folder"
            raise FaultError(Fault(where, "a file in it or below, or --allow-outside", (key,)))
        try:
            data = self.given[name] if name in self.given else content(self.folder / name)
        except FileNotFoundError:
            raise FaultError(Fault(f"no file {shown(name)}", "a CSV file beside the scenario", (key,))) from None
        except IsADirectoryError:
            raise FaultError(Fault(f"{shown(name)} is a folder", "a CSV file", (key,))) from None
        except (OSError, ValueError) as bad:
            why = getattr(bad, "strerror", None) or bad
            raise FaultError(Fault(f"cannot read {shown(name)}: {why}", "a readable CSV file", (key,))) from None
        self.contents[name] = data
        try:
            if data.startswith(workbooks.BEGINNINGS):
                found = self._of_workbook(name, data, key)
            else:
                found = [self._table(name, self._text(name, data))]
        except csv.Error as bad:
            raise FaultError(Fault(f"{name}: {bad}", "a CSV file", (key,))) from None
        return [replace(table, private=private, guesses=self.guesses) for table in found]

    def _of_workbook(self, name: str, data: bytes, key: str) -> list[CsvTable]:
        """The sheets that are tables. Raises FaultError if none is."""
        try:
            sheets = workbooks.sheets(data, None)
        except FaultError as bad:
            raise FaultError(*(Fault(f"{shown(name)} is {f.value}", f.allowed, (key,)) for f in bad.faults)) from None
        tables: list[CsvTable] = []
        faults: list[Fault] = []
        for title, text in sheets.items():
            try:
                tables.append(self._table(name if len(sheets) == 1 else f"{name} ({title})", text, workbooks.DELIMITER))
            except FaultError as bad:  # a sheet of notes is no fault beside a table
                faults += bad.faults
        if not tables:
            raise FaultError(*faults)
        return tables

    def _text(self, name: str, data: bytes) -> str:
        """In UTF-8 or UTF-16 or, as older spreadsheets write, in Windows-1252."""
        try:
            return data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
        except UnicodeDecodeError as bad:
            line = data.count(b"\n", 0, bad.start) + 1
            text = data.decode("cp1252", errors="replace")
            # letters of words; what stands alone is damage
            if "\ufffd" in text or re.search(r"(?<!\w)[^\x00-\x7f](?!\w)", text):
                allowed = 'text in UTF-8 (a spreadsheet\'s "CSV UTF-8"), UTF-16 or Windows-1252'
                raise FaultError(Fault("bytes that are not UTF-8", allowed, row=f"{name}:{line}")) from None
            word = next(word for word in re.findall(r"\w+|\S", text) if not word.isascii())
            written = word.encode("cp1252").decode("ascii", "backslashreplace")
            guess = Guess("not UTF-8, but Windows-1252", written, word)
            self.guesses[name, guess.what] = (guess, [])
            return text

    def _table(self, name: str, text: str, delimiter: str = "") -> CsvTable:
        """The table in a text; what stands between its cells is found out where no delimiter is given.

        Raises FaultError at the lines that do not fit its header.
        """
        lines = [line for line in text.splitlines() if line.strip()]
        if "\0" in text or not lines:
            raise FaultError(Fault(f"{shown(name)} is empty or not text", "a CSV file with a header line", ("file",)))
        separator = None if delimiter else _SEPARATOR.fullmatch(lines[0])
        delimiter = delimiter or (separator[1] if separator else _delimiter(lines[:ABOVE]))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        sheet = [(reader.line_num, tuple(map(str.strip, cells))) for cells in reader if any(map(str.strip, cells))]
        sheet = sheet[1:] if separator else sheet
        if not sheet:
            raise FaultError(Fault(f"{shown(name)} is empty", "a CSV file with a header line", ("file",)))
        titles = None
        if above := header_row([cells for _, cells in sheet]):
            what = f"{above} line{'s' * (above > 1)} above the header"
            titles = Guess(what, next(filter(None, sheet[0][1])), "a title")
        # spreadsheets write empty cells for columns that were once in use
        width = max(place for _, cells in sheet[above:] for place, cell in enumerate(cells, 1) if cell)
        (line, header), *rows = (
            (line, cells if any(cells[width:]) else cells[:width]) for line, cells in sheet[above:]
        )
        twice = [column for column, count in Counter(header).items() if count > 1 and column]
        where = f"{name}:{line}"
        faults = [
            Fault(f"no heading above column {place}", "one above each column, in one line", row=where)
            for place, column in enumerate(header, 1)
            if not column and any(cells[place - 1 : place] != ("",) for _, cells in rows)
        ][:1]
        faults += [Fault(f"column {shown(column)} twice", "each column once", row=where) for column in twice]
        faults += few(
            Fault(f"{len(cells)} cells", f"{len(header)}, as in the header", row=f"{name}:{at}")
            for at, cells in rows
            if len(cells) != len(header)
        )
        if faults:
            raise FaultError(*faults)
        return CsvTable(name, header, tuple(rows), delimiter, line, titles)


def number(cell: str) -> object:
    """A plainly written cell as a number if it is one, else its text."""
    try:
        return float(cell)
    except ValueError:
        return cell


_SEPARATOR: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""A first line by which spreadsheets say what stands between the cells."""


def _delimiter(lines: Sequence[str]) -> str:
    """What the first line has most of or, if that is a title without any, the first with headings of three columns.

    Where there is none, as in a file of one column, commas are within the cells.
    """
    headings = (line for line in lines if max(map(line.count, "\t,;")) > 1 and any(map(str.isalpha, line)))
    first = lines[0] if any(mark in lines[0] for mark in "\t,;") else next(headings, lines[0])
    return max("\t,;", key=first.count)
