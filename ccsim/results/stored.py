"""A results folder read again: the same figures and logs as when it was written, without simulating."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.engine import ENGINES
from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import METRICS, TOTAL, MetricRow, Summary
from ccsim.metrics.measures import NO_DAYS
from ccsim.metrics.registry import Key, Level
from ccsim.results.logs import LOGS
from ccsim.results.model import PrecisionGoal, Results
from ccsim.scenario import read
from ccsim.scenario.spreadsheets import plain
from ccsim.tables import F64, I64

if TYPE_CHECKING:
    import pyarrow as pa

STUDIES: Final = {"variants": "comparison", "design": "sweep", "method": "staffing plan"}
"""What else writes a provenance, by a key that only it has."""

SHOWN: Final = 3
"""Runs that are named where a folder is none."""

WHOLE: Final = "a results folder as `ccsim run` writes it"


def stored(folder: Path) -> Results:
    """The Results whose folder this is; of logs of several replications, those of the first.

    Raises ScenarioError when it is not a complete results folder.
    """
    about = record(folder)
    scenario = read.load(folder / "scenario.toml")
    plan, spec = lower(scenario)
    names: dict[Level, tuple[str, ...]] = {"queue": spec.queues, "team": spec.teams}
    try:
        file = "summary.csv"
        rows = _rows(folder / file)
        file = "intervals.csv"
        starts, by_interval = _intervals(folder / file, names)
        file = "days.csv"
        days, by_day = _intervals(folder / file, names) if file in about["files"] else (NO_DAYS, {})
        tables = {}
        for log in LOGS:
            file = f"{log}.parquet"
            tables[log] = _log(folder / file)
    except FileNotFoundError:
        raise _refused(folder, file, "missing") from None
    except (ValueError, KeyError, TypeError) as bad:  # Arrow's and pandas' errors are ValueErrors
        raise _refused(folder, file, f"cannot be read: {bad}") from None
    summary = Summary(scenario.replications, rows, names, starts, by_interval, days, by_day)
    return Results(
        scenario, about["variant"], about["engine"], plan, spec, summary, partial(dict, tables), _goals(about)
    )


def record(folder: Path) -> dict[str, Any]:
    """The provenance of a results folder. Raises ScenarioError when it is none."""
    name = "provenance.json"
    if not (folder / name).is_file():
        raise _refused(folder, name, "missing", _runs_inside(folder))
    try:
        about: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
        for key, study in STUDIES.items():
            if key in about:
                raise _refused(folder, name, f"the folder of a {study}")
        if not (about["engine"] in ENGINES and about["log"] in ("first", "all")):
            raise ValueError
        tables = isinstance(about["files"], dict) and isinstance(about["versions"], dict)
        if not (tables and isinstance(about["variant"], str | None)):
            raise TypeError
        _goals(about)
    except (ValueError, KeyError, TypeError):
        raise _refused(folder, name, "not readable as a run's provenance") from None
    return about


def _goals(about: dict[str, Any]) -> tuple[PrecisionGoal, ...]:
    """The goals of precision in a provenance."""
    return tuple(
        PrecisionGoal(*(goal[field] for field in PrecisionGoal._fields)) for goal in about.get("precision", [])
    )


def _refused(folder: Path, file: str, value: str, inside: Sequence[Path] = ()) -> ScenarioError:
    runs = f"; runs inside: {', '.join(map(str, inside[:SHOWN]))}" if inside else ""
    return ScenarioError([Problem(file, value, WHOLE + runs, str(folder))])


def _runs_inside(folder: Path) -> list[Path]:
    """Results folders of runs one or two floors below, the newest first."""
    files = [*folder.glob("*/provenance.json"), *folder.glob("*/*/provenance.json")]
    runs = [file.parent for file in files if (file.parent / "summary.csv").is_file()]
    return sorted(runs, key=lambda run: run.name, reverse=True)


def _rows(file: Path) -> tuple[MetricRow, ...]:
    """summary.csv"""
    with file.open(newline="", encoding="utf-8") as stream:
        header, *lines = csv.reader(stream)
    if tuple(header) != MetricRow._fields:
        raise ValueError(f"columns {', '.join(header)}")
    figures = ([float(cell) if cell else None for cell in line[3:6]] for line in lines)
    return tuple(
        MetricRow._make([line[0], plain(line[1]), line[2], *these, *line[6:]])
        for line, these in zip(lines, figures, strict=True)
    )


def _intervals(file: Path, names: dict[Level, tuple[str, ...]]) -> tuple[I64, dict[Key, F64]]:
    """intervals.csv or days.csv: the starts, and the tables as in Summary.

    Each figure's rows stand together, in time order.
    """
    from pyarrow import csv as arrow
    from pyarrow import float64, string

    labels, figures = ["level", "name", "metric"], ["mean", "low", "high"]
    frame = arrow.read_csv(
        file,
        parse_options=arrow.ParseOptions(newlines_in_values=True),
        convert_options=arrow.ConvertOptions(
            column_types=dict.fromkeys(labels, string()) | dict.fromkeys(figures, float64()),
            null_values=[""],  # a queue may be called NA
            strings_can_be_null=False,
        ),
    ).to_pandas()
    starts = frame["start"].unique()
    blocks = frame[figures].to_numpy(np.float64).reshape(-1, len(starts), len(figures))
    tables: dict[Key, F64] = {}
    for (level, name, metric), block in zip(frame[labels][:: len(starts)].itertuples(index=False), blocks, strict=True):
        # the total comes last; where queues and teams share a metric, it is that of the queues
        key: Key = (("queue" if ("queue", metric) in tables else "team") if level == TOTAL else level, metric)
        everything = (*names[key[0]], TOTAL)
        table = tables.setdefault(key, np.full((len(figures), len(everything), len(starts)), np.nan))
        table[:, len(everything) - 1 if level == TOTAL else everything.index(plain(name))] = block.T
    order = list(METRICS)
    return starts.astype(np.int64), dict(sorted(tables.items(), key=lambda item: order.index(item[0])))


def _log(file: Path) -> pa.Table:
    """Replication 1 of a log."""
    import pyarrow.parquet as pq

    return pq.read_table(file, filters=[("replication", "=", 1)])
