"""Logs read by a mapping, column by column; a line that cannot be used is told with its reason, never dropped silently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccsim.errors import Problem, ScenarioError
from ccsim.fit.mapping import TIMES, Mapping
from ccsim.fit.records import COLUMNS, Reading
from ccsim.tables import Outcome

if TYPE_CHECKING:
    import pandas as pd

SENDERS: Final = ("customer", "agent")


def read(path: Path, how: Mapping) -> Reading:
    """The log in that file.

    Raises ScenarioError when it cannot be read at all: no such file, not text, a column that the mapping names and the
    file lacks, or not one line that can be used.
    """
    sheet = _cells(path, how)
    faults = _Faults(sheet)
    columns: dict[str, Any] = {}
    times = set(TIMES[how.kind])
    for name, sources in how.columns.items():
        if name == "queue" or name not in times:
            texts = [_text(sheet[source], how, name) for source in sources]
            columns[name] = _joined(texts) if name == "queue" else _first(texts)
    days = _days(sheet, how, faults)
    for name in TIMES[how.kind]:
        if name in how.columns:
            columns[name] = _first([_moments(sheet[source], how, days, faults, name) for source in how.columns[name]])
    return _KINDS[how.kind](path, sheet, columns, how, faults)


def _cells(path: Path, how: Mapping) -> pd.DataFrame:
    import pandas as pd

    try:
        sheet = pd.read_csv(
            path, sep=how.delimiter, dtype=str, keep_default_na=False, encoding=how.encoding, on_bad_lines="error"
        )
    except OSError as bad:
        raise ScenarioError([Problem("", f"cannot read: {bad.strerror}", "a log", str(path))]) from None
    except (UnicodeDecodeError, LookupError) as bad:
        allowed = f"text in {how.encoding}; the mapping may name another encoding"
        raise ScenarioError([Problem("", str(bad), allowed, str(path))]) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as bad:
        raise ScenarioError([Problem("", str(bad).strip(), "a table with one header line", str(path))]) from None
    wanted = [source for sources in how.columns.values() for source in sources]
    wanted += [*([how.date] if how.date else []), *how.known_if.values()]
    missing = [name for name in dict.fromkeys(wanted) if name not in sheet.columns]
    if missing:
        found = f"no column {', '.join(missing)}"
        raise ScenarioError([Problem("", found, f"it has {', '.join(sheet.columns)}", str(path))])
    return sheet
