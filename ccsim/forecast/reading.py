"""Histories from files: logs and interval exports by their mappings, and volume files as scenarios have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.headings import columns_of
from ccsim.logs.lines import FAR_OFF, stray
from ccsim.scenario.data import CsvTable, DataFiles, taken_for_granted
from ccsim.scenario.faults import Fault, FaultError

if TYPE_CHECKING:
    import pandas as pd

VOLUMES: Final = "volumes"
"""The name of the mapping of volume files."""
OF_ONE_QUEUE: Final = ("handled", "abandoned", "handle_time")
"""Columns of an interval export, by whose headings a file is one: a queue is hardly called so."""


def is_volumes(file: Path) -> bool:
    """Whether it, or a sheet of it, is a volume file: columns date, time, and numbers that may be of queues."""
    try:
        return any(map(_has_volumes, DataFiles(file.parent, outside=True).tables(file.name)))
    except FaultError:
        return False


def _has_volumes(table: CsvTable) -> bool:
    if table.heading("date") is None or table.heading("time") is None or len(table.header) < 3:
        return False
    if columns_of([name for name in table.header if not name.lower().endswith(".aht")], OF_ONE_QUEUE):
        return False
    places = [
        place for place, name in enumerate(table.header) if name not in (table.heading("date"), table.heading("time"))
    ]
    rows = table.rows[:50]
    words = [sum(any(c.isalpha() for c in row[place]) for _, row in rows) for place in places]
    return all(number <= len(rows) / 2 for number in words)


def read_volumes(file: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows of a volume file, a row for each queue and interval, as of an interval export; and what was guessed.

    A column is a queue; `<queue>.aht`, if there is one, has its handle times. Raises ScenarioError with the line of
    what cannot be read.
    """
    import pandas as pd
    from pydantic import ValidationError

    from ccsim.scenario.volumes import Volume

    files = DataFiles(file.parent, outside=True)
    parts: list[pd.DataFrame] = []
    try:
        table = files.table(file.name, "date", "time")
        for queue in _queues(table):
            volume = Volume.model_validate({"file": file.name, "column": queue}, context=files)
            if again := volume.again("; also those of an hour that comes twice, with all its contacts"):
                raise FaultError(*again)
            rows = volume.intervals
            parts.append(
                pd.DataFrame(
                    {
                        "queue": queue,
                        "channel": "phone",
                        "start": np.array([row.start for row in rows], "datetime64[us]"),
                        "offered": [row.contacts for row in rows],
                        "handled": np.nan,
                        "handle_time": [np.nan if row.handle_time is None else row.handle_time for row in rows],
                    }
                )
            )
    except (FaultError, ValidationError) as bad:
        errors = [bad] if isinstance(bad, FaultError) else [e.get("ctx", {}).get("error", bad) for e in bad.errors()]
        faults = [fault for error in errors if isinstance(error, FaultError) for fault in error.faults]
        raise ScenarioError(
            [Problem("", f"{f.row}: {f.value}" if f.row else f.value, f.allowed, str(file)) for f in faults]
        ) from None
    history = pd.concat(parts, ignore_index=True)
    far = history["start"][stray(history["start"])]
    if len(far):
        raise ScenarioError([Problem("", f"{far.iloc[0]:%Y-%m-%d %H:%M}: {FAR_OFF}", "", str(file))])
    return history, list(taken_for_granted(files.guesses))


def _queues(table: CsvTable) -> Sequence[str]:
    """Columns that are queues. Raises FaultError if there is none."""
    other = {table.heading("date"), table.heading("time")}
    queues = [name for name in table.header if name not in other and not name.lower().endswith(".aht")]
    if not queues or None in other:
        raise FaultError(Fault(f"columns {', '.join(table.header)}", "columns date, time, and one for each queue"))
    return queues
