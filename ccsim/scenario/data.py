"""The CSV files beside a scenario: read once, checked line by line, kept as bytes so that a run can be stored whole."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ccsim.scenario.faults import Fault, FaultError, did_you_mean, one_of, shown

LARGEST: Final = 2**28
"""Bytes of the largest file that is read whole."""


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


@dataclass(frozen=True)
class CsvTable:
    """A CSV file's cells as text: `rows` in file order, each with its line number."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    private: bool = False
    """it lies outside the scenario's folder: nobody is told what else stands in it"""

    def cells(self, *columns: str, key: str = "column") -> Iterator[tuple[int, tuple[str, ...]]]:
        """Line number and the cells of these columns; `FaultError` at `key` if one is missing."""
        missing = [column for column in columns if column not in self.header]
        if missing:
            found = f"no column {', '.join(map(shown, missing))} in {self.name}"
            allowed = did_you_mean(missing[0], self.header) if len(missing) == 1 else one_of(self.header)
            if self.private:
                allowed = f"one of its {len(self.header)} columns"
            raise FaultError(Fault(found, allowed, (key,)))
        places = [self.header.index(column) for column in columns]
        return ((line, tuple(cells[place] for place in places)) for line, cells in self.rows)

    def fault(self, line: int, found: object, allowed: str) -> Fault:
        """A fault of one of its lines."""
        return Fault(found if isinstance(found, str) else shown(found), allowed, row=f"{self.name}:{line}")


@dataclass
class DataFiles:
    """The data files of one scenario, relative to its folder."""

    folder: Path = field(default_factory=Path)
    given: Mapping[str, bytes] = field(default_factory=dict)
    """files that need not be read, by the name used in the scenario"""
    outside: Outside = False
    contents: dict[str, bytes] = field(default_factory=dict)
    """what was read, by the name used in the scenario"""
    _tables: dict[str, CsvTable] = field(default_factory=dict)

    def table(self, name: object, key: str = "file") -> CsvTable:
        """The file of that name; `FaultError` at `key` if it cannot be read, at its line if a row is broken."""
        if not isinstance(name, str) or not name or "\0" in name:
            raise FaultError(Fault(shown(name), "the name of a CSV file", (key,)))
        if name not in self._tables:
            self._tables[name] = self._read(name, key)
        return self._tables[name]

    def column(self, name: object, column: object, parse: Callable[[object], float]) -> list[float]:
        """One column as numbers, each cell a number or whatever `parse` takes."""
        table = self.table(name)
        if not isinstance(column, str):
            raise FaultError(Fault(shown(column), "the name of a column", ("column",)))
        values: list[float] = []
        faults: list[Fault] = []
        for line, (cell,) in table.cells(column):
            try:
                values.append(parse(number(cell)))
            except FaultError as bad:
                faults += [table.fault(line, f.found, f.allowed) for f in bad.faults]
        if not values and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one value", ("file",)))
        if faults:
            raise FaultError(*faults)
        return values

    def _outside(self, name: str) -> bool:
        return not (self.folder / name).resolve().is_relative_to(self.folder.resolve())

    def _read(self, name: str, key: str) -> CsvTable:
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
            return replace(_table(name, data.decode("utf-8-sig")), private=private)
        except UnicodeDecodeError as bad:
            line = data.count(b"\n", 0, bad.start) + 1
            raise FaultError(Fault("bytes that are not UTF-8", "text in UTF-8", row=f"{name}:{line}")) from None
        except csv.Error as bad:
            raise FaultError(Fault(f"{name}: {bad}", "a CSV file", (key,))) from None


def number(cell: str) -> object:
    """A cell as a number if it is one (a decimal point, no thousands), else its text."""
    try:
        return float(cell)
    except ValueError:
        return cell


def _table(name: str, text: str) -> CsvTable:
    lines = text.splitlines()
    if "\0" in text or not any(line.strip() for line in lines):
        raise FaultError(Fault(f"{shown(name)} is empty or not text", "a CSV file with a header line", ("file",)))
    first = next(line for line in lines if line.strip())
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[str, ...]]] = []
    faults: list[Fault] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        trimmed = tuple(cell.strip() for cell in cells)
        if not header:
            header = trimmed
            twice = [column for column, count in Counter(header).items() if count > 1]
            faults += [Fault(f"column {shown(column)} twice", "each column once", row=f"{name}:1") for column in twice]
        elif len(trimmed) != len(header):
            found = f"{len(trimmed)} cells"
            faults.append(Fault(found, f"{len(header)}, as in the header", row=f"{name}:{reader.line_num}"))
        else:
            rows.append((reader.line_num, trimmed))
    if faults:
        raise FaultError(*faults)
    return CsvTable(name, header, tuple(rows))
