"""How spreadsheets write numbers, dates and times, and how that is read: a column as a whole decides what it means.

A convention takes all cells of a column and the file's delimiter, and returns how a cell is written plainly (`9.9`,
`2026-11-09`, `20:30`) and, if something was guessed, what. A cell that does not fit stays as it is, for whoever reads
it to refuse. A column that could mean two things raises `FaultError`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from ccsim.scenario.faults import Fault, FaultError, shown


class Guess(NamedTuple):
    """What was taken for granted, with an example: the cell as it stands in the file, and as it is read."""

    what: str
    cell: str
    read: str


Plainly = Callable[[str], str]
Convention = Callable[[Sequence[str], str], tuple[Plainly, Guess | None]]

# ------------------------------------------------------------------------------------------------------------ numbers

_SPACED: Final = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?:\D|$))")
_MARKED: Final = re.compile(
    r"[+-]?(?:\d*[.,]\d*|\d{1,3}(?:\.\d{3})+(?:,\d*)?|\d{1,3}(?:,\d{3})+(?:\.\d*)?)(?:[eE][+-]?\d+)?"
)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_OTHER: Final = {".": ",", ",": "."}


def numbers(cells: Sequence[str], delimiter: str) -> tuple[Plainly, Guess | None]:
    """Decimal points or decimal commas, with or without thousands: `1.234,5`, `1,234.5`, `1 234,5`."""
    marked = [text for cell in cells if _MARKED.fullmatch(text := _SPACED.sub("", cell))]
    decimal = {mark: text for text in reversed(marked) if (mark := _decimal(text))}
    if len(decimal) == 2:
        value = f"{shown(decimal[','])} with a decimal comma and {shown(decimal['.'])} with a decimal point"
        raise FaultError(Fault(value, "one of them"))
    if not decimal and marked:
        marks = {match[1] for text in marked if (match := _GROUPED.fullmatch(text))}
        # commas stand for no decimals in a file whose commas separate cells, and semicolons do not go with points
        if len(marks) > 1 or (delimiter == ";" if "." in marks else delimiter != ","):
            value = f"{shown(marked[0])} may be {re.sub('[.,]', '', marked[0])} or {marked[0].replace(',', '.')}"
            raise FaultError(Fault(value, "numbers without thousands, such as 1234 or 1234.0"))
        decimal = {".": marked[0]}
    if not decimal:
        return lambda cell: _SPACED.sub("", cell), None
    (mark,) = decimal
    thousands = _OTHER[mark]
    fits = re.compile(rf"[+-]?(?:\d{{1,3}}(?:\{thousands}\d{{3}})+|\d*)(?:\{mark}\d*)?(?:[eE][+-]?\d+)?")

    def plainly(cell: str) -> str:
        text = _SPACED.sub("", cell)
        return text.replace(thousands, "").replace(mark, ".") if fits.fullmatch(text) else cell

    if mark == ",":
        return plainly, Guess("decimal commas", decimal[","], plainly(decimal[","]))
    grouped = next((text for text in marked if "," in text), None)
    return plainly, None if grouped is None else Guess("commas between thousands", grouped, plainly(grouped))


def _decimal(text: str) -> str | None:
    """The decimal mark that a number shows; None if its only mark may as well be that of the thousands."""
    digits = text.lower().partition("e")[0]
    last = max(digits.rfind("."), digits.rfind(","))
    mark, other = digits[last], _OTHER[digits[last]]
    if other in digits:
        return mark
    if digits.count(mark) > 1:
        return other
    return mark if not _GROUPED.fullmatch(digits) or digits.lstrip("+-").startswith("0") else None


# -------------------------------------------------------------------------------------------------------------- dates

_MIDNIGHT: Final = re.compile(r"[T\s]+0?0:00(?::00)?(?:[.,]0+)?$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        ("jan gen ene sty", "feb fev lut", "mar", "apr avr abr kwi", "may mai mag maj", "jun juin giu cze",
         "jul juil lug lip", "aug aou ago sie", "sep set wrz", "oct okt ott paz", "nov lis", "dec dez dic gru"),
        1,
    )
    for name in names.split()
}  # fmt: skip
"""Months by how their names begin, without accents, in English, French, German, Italian, Polish and Spanish."""
_SPELLED: Final = [
    re.compile(pattern + r"(?![\d:])(?:[\s,]|\b(?:at|um|a|alle|las)\b)*", re.IGNORECASE)
    for pattern in (
        r"(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{1,2})(?:\.|er|st|nd|rd|th)?(?:[\s-]|de\b)*(?P<month>[^\W\d]{3,})\.?"
        r"(?:[\s,-]|del?\b)*(?P<year>\d{4}|\d{2})",
        r"(?:[^\W\d]+\.?,?\s+)?(?P<month>[^\W\d]{3,})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日(?:\s*\(.\))?",
    )
]
"""Dates such as `Mon, 2 March 2026`, `2. März 2026`, `March 2, 2026 at` and `2026年3月2日`."""


def in_figures(cell: str) -> str:
    """A date that begins a cell, with its month by name or in Japanese, in figures: `2. März 2026` is `2026-03-02`."""
    text = "".join(letter for letter in unicodedata.normalize("NFKD", cell) if not unicodedata.combining(letter))
    for form in _SPELLED:
        match = form.match(text)
        if match is None:
            continue
        name = match["month"].lower()
        month = int(name) if name.isdecimal() else _MONTHS.get(name[:3]) or _MONTHS.get(name[:4])
        if month:
            year = f"20{match['year']}"[-4:]
            return f"{year}-{month:02d}-{int(match['day']):02d} {text[match.end() :]}".rstrip()
    return cell


def dates(cells: Sequence[str], _delimiter: str) -> tuple[Plainly, Guess | None]:
    """Dates such as `2026-11-09`, `09.11.2026` (day first), `9/11/26`, `11/9/2026` or `9 November 2026`.

    Whether day or month comes first is what all dates of the column allow; if both, what makes of them neighbouring
    days rather than days of several months.
    """
    bare = [in_figures(_MIDNIGHT.sub("", cell)) for cell in cells]
    matches = {cell: match for cell in bare if (match := _YEAR_LAST.fullmatch(cell))}
    day_first = _order(matches) if matches else True

    def plainly(cell: str) -> str:
        text = in_figures(_MIDNIGHT.sub("", cell))
        if match := _YEAR_FIRST.fullmatch(text):
            return "-".join(part.zfill(2) for part in match.groups())
        read = _date(match, day_first) if (match := _YEAR_LAST.fullmatch(text)) else None
        return text if read is None else read.isoformat()

    if not matches:
        return plainly, None
    example = next(iter(matches))
    what = f"dates with the {'day' if day_first else 'month'} first"
    return plainly, Guess(what, example, plainly(example))


def _order(matches: dict[str, re.Match[str]]) -> bool:
    """Whether these dates have the day first."""
    readings = {first: [_date(match, first) for match in matches.values()] for first in (True, False)}
    possible = {first: [day for day in days if day] for first, days in readings.items() if None not in days}
    if len(possible) == 2 and readings[True] != readings[False]:
        if all(match[2] == "." for match in matches.values()):
            return True
        near = [first for first, days in possible.items() if _neighbours(days)]
        if len(near) != 1:
            cell, match = next((cell, match) for cell, match in matches.items() if match[1] != match[3])
            either = " or ".join(f"{day.day} {day:%B %Y}" for first in (True, False) if (day := _date(match, first)))
            raise FaultError(Fault(f"{shown(cell)} may be {either}", "dates such as 2026-11-09 or 09.11.2026"))
        return near[0]
    if not possible:
        # whichever fits more of them: those that do not fit are refused one by one
        return readings[True].count(None) <= readings[False].count(None)
    return True in possible


def _date(match: re.Match[str], day_first: bool) -> date | None:
    day, month = (match[1], match[3]) if day_first else (match[3], match[1])
    try:
        return date(int(match[4]) + (2000 if len(match[4]) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def _neighbours(days: list[date]) -> bool:
    """Whether these are several days, no two of them more than a week apart."""
    ordered = sorted(set(days))
    return len(ordered) > 1 and all((later - earlier).days <= 7 for earlier, later in pairwise(ordered))


# -------------------------------------------------------------------------------------------------------------- times

_HALF_DAY: Final = re.compile(r"(?<!\d)(0?[1-9]|1[0-2]):(\d{2})(:\d{2})?\s*([ap])\.?\s?m\.?", re.IGNORECASE)
_DOTTED: Final = re.compile(r"(?<![\d:.,])([01]?\d|2[0-4])[.hH]([0-5]\d)(?![\d.,:])")
_BARE: Final = re.compile(r"([01]?\d|2[0-4])([0-5]\d)")
_RANGE: Final = re.compile(r"\s*(?:-|\u2013|\bto\b|\bbis\b)\s*(?=\d)")
_HOURS: Final = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:[.,]\d+)?)")


def clock(text: str) -> str:
    """A text with its times of day by 24 hours: `8:30 PM` is `20:30`, `12:00 AM` is `00:00`."""

    def by_24(match: re.Match[str]) -> str:
        hour = int(match[1]) % 12 + 12 * (match[4].lower() == "p")
        return f"{hour:02d}:{match[2]}{match[3] or ''}"

    return _HALF_DAY.sub(by_24, text)


def times(_cells: Sequence[str], _delimiter: str) -> tuple[Plainly, Guess | None]:
    """Times of day, by 24 hours or with AM and PM: `08:30`, `8.30`, `8h30`, `0830`, `8:30 AM`."""

    def plainly(cell: str) -> str:
        return _BARE.sub(r"\1:\2", cell) if _BARE.fullmatch(cell) else clock(_DOTTED.sub(r"\1:\2", cell))

    return plainly, None


def intervals(cells: Sequence[str], delimiter: str) -> tuple[Plainly, Guess | None]:
    """Times of day at which intervals begin, with their ends where these stand beside: `08:00 to 08:30` is
    `08:00-08:30`."""
    plain_time, guess = times(cells, delimiter)
    return lambda cell: "-".join(map(plain_time, _RANGE.split(cell, maxsplit=1))), guess


def moments(cells: Sequence[str], delimiter: str) -> tuple[Plainly, Guess | None]:
    """Date and time in one cell: `09.11.2026 8:30 PM` is `2026-11-09T20:30`; what is not such stays as it is."""
    parts = [cell.split(maxsplit=1) for cell in cells]
    written = [part for part in parts if len(part) == 2 and _YEAR_LAST.fullmatch(part[0])]
    plain_date, guess = dates([day for day, _ in written], delimiter)

    def plainly(cell: str) -> str:
        day, _, time = cell.partition(" ")
        if not _YEAR_LAST.fullmatch(day):
            return cell
        hours = clock(time.strip())
        return f"{plain_date(day)}T{hours.zfill(5) if len(hours) < 6 else hours.zfill(8)}"

    return plainly, guess


def durations(cells: Sequence[str], delimiter: str) -> tuple[Plainly, Guess | None]:
    """Seconds, as numbers are written, or `h:mm:ss`, which is read as a number of seconds."""
    plain_number, guess = numbers([cell for cell in cells if ":" not in cell], delimiter)

    def plainly(cell: str) -> str:
        if match := _HOURS.fullmatch(cell):
            seconds = float(match[3].replace(",", "."))
            return f"{3600 * int(match[1]) + 60 * int(match[2]) + seconds:.6f}".rstrip("0").rstrip(".")
        return plain_number(cell)

    return plainly, guess
