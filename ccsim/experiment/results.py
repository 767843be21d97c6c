"""What a run leaves behind: figures and logs in memory, one JSON object, a folder of files."""

from __future__ import annotations

import csv
import json
import math
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np

from ccsim.experiment import provenance
from ccsim.experiment.logs import LOGS
from ccsim.metrics import IntervalRow, Row, Summary
from ccsim.metrics.definitions import Level
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.tables import F64, I64, Plan, Terms

if TYPE_CHECKING:
    import pyarrow as pa

FIGURES: Final = ("summary.csv", "intervals.csv")
"""The tables of a results folder."""


class Estimate(NamedTuple):
    """A mean over replications with its 95 % interval; NaN where there are no data."""

    mean: float
    low: float
    high: float


class Series(NamedTuple):
    """A metric by reporting interval."""

    start: I64
    """us"""
    mean: F64
    low: F64
    high: F64


class Goal(NamedTuple):
    """A wanted half-width of a metric's 95 % interval, in the metric's unit, at a queue, a team or in total."""

    level: str
    name: str
    metric: str
    half_width: float


@dataclass(frozen=True)
class Results:
    """All that is known of a run: its figures, and the logs of replication 1 by name."""

    scenario: Scenario
    variant: str | None
    engine: str
    plan: Plan
    terms: Terms
    summary: Summary
    logs: dict[str, pa.Table]
    goals: tuple[Goal, ...] = ()
    """the half-widths for which replications went on"""

    def __repr__(self) -> str:
        variant = f", variant {self.variant}" if self.variant else ""
        runs = f"{self.replications} replication{'s' if self.replications > 1 else ''}"
        made_by = f"seed {self.scenario.seed}, engine {self.engine}"
        return f"<{type(self).__name__} of {self.scenario.name}{variant}: {runs}, {made_by}>"

    @property
    def replications(self) -> int:
        """How many were run."""
        return self.scenario.replications

    @property
    def contacts(self) -> pa.Table:
        """One row a contact of replication 1."""
        return self.logs["contacts"]

    @property
    def turns(self) -> pa.Table:
        """One row a message of replication 1."""
        return self.logs["turns"]

    @property
    def agents(self) -> pa.Table:
        """One row a stretch of an agent's time in replication 1."""
        return self.logs["agents"]

    def estimate(self, level: str, name: str, metric: str) -> Estimate | None:
        """A figure over the whole horizon; None if the metric does not apply there."""
        return self._estimates.get((level, name, metric))

    def half_width(self, goal: Goal) -> float:
        """That of the interval which a goal is about; NaN with data in fewer than two replications."""
        estimate = self.estimate(goal.level, goal.name, goal.metric)
        return 0.0 if estimate is None else (estimate.high - estimate.low) / 2  # a count left out is always 0

    @property
    def missed(self) -> tuple[Goal, ...]:
        """The goals of precision that the replications did not reach."""
        return tuple(goal for goal in self.goals if not self.half_width(goal) <= goal.half_width)

    def series(self, level: Level, name: str, metric: str) -> Series:
        """A metric of a queue or team by interval; NaN without data, and throughout if it does not apply."""
        summary = self.summary
        table = summary.by_interval.get((level, metric))
        if table is None:
            return Series(summary.starts, *np.full((3, len(summary.starts)), np.nan))
        return Series(summary.starts, *table[:, summary.names[level].index(name)])

    @cached_property
    def _estimates(self) -> dict[tuple[str, str, str], Estimate]:
        return {
            (row.level, row.name, row.metric): Estimate(*(math.nan if end is None else end for end in row[3:6]))
            for row in self.summary.rows
        }


def as_json(results: Results) -> dict[str, Any]:
    """The one object that `--json` prints: every metric under its name, null for what has no data."""
    levels: dict[str, dict[str, Any]] = {"queue": {}, "team": {}, "total": {}}
    for row in results.summary.rows:
        values = {"mean": row.mean, "low": row.low, "high": row.high}
        levels[row.level].setdefault(row.name, {})[row.metric] = values
    precision = {"precision": precision_reached(results)} if results.goals else {}
    return {
        "scenario": results.scenario.name,
        "variant": results.variant,
        "engine": results.engine,
        "seed": results.scenario.seed,
        "replications": results.replications,
        **precision,
        "sl_formula": dict(zip(results.terms.queues, results.terms.sl_formula, strict=True)),
        "queues": levels["queue"],
        "teams": levels["team"],
        "total": levels["total"].get("total", {}),
    }


def precision_reached(results: Results) -> list[dict[str, Any]]:
    """Every wanted half-width with the one reached (null without data) and whether that is enough, for JSON."""
    found = []
    for goal in results.goals:
        reached = results.half_width(goal)
        entry = {**goal._asdict(), "reached": None if math.isnan(reached) else reached}
        found.append({**entry, "met": goal not in results.missed})
    return found


class LogFiles:
    """The logs' files in a folder, written replication by replication. Use it with `with`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def append(self, tables: dict[str, pa.Table]) -> None:
        """The logs of one more replication."""
        import pyarrow.parquet as pq

        for name in LOGS:
            if name not in self._writers:
                writer = pq.ParquetWriter(self.folder / f"{name}.parquet", tables[name].schema, compression="zstd")
                self._writers[name] = self._stack.enter_context(writer)
            self._writers[name].write_table(tables[name])

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def new_place(root: Path, name: str) -> Path:
    """`root/name/<time>-<id>`."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "scenario"
    return root / slug / f"{datetime.now():%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(3)}"


@contextmanager
def new_folder(root: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """A folder to fill, and the place `root/name/<time>-<id>` that it takes when the block ends well."""
    final = new_place(root, name)
    with whole_folder(final) as unfinished:
        yield unfinished, final


@contextmanager
def whole_folder(final: Path) -> Iterator[Path]:
    """A folder to fill, which is `final` when the block ends well.

    Until then it is a hidden sibling, removed if the block fails.
    """
    unfinished = final.with_name(f".{final.name}.unfinished")
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        unfinished.rename(final)
    except BaseException:
        discard(unfinished)
        raise


def discard(unfinished: Path) -> None:
    """Removes a folder that will not be finished."""
    shutil.rmtree(unfinished, ignore_errors=True)
    with suppress(OSError):
        unfinished.parent.rmdir()  # if this run made it, it is empty


def write(folder: Path, results: Results, **run: Any) -> None:
    """All but the logs, which stand there already: figures, scenario, provenance."""
    write_figures(folder, results)
    write_scenario(folder, results)
    write_provenance(folder, results, **run)


def write_figures(folder: Path, results: Results) -> None:
    """summary.csv and intervals.csv: one row a figure, with its unit and its interval over replications."""
    tables: list[tuple[str, type[Row | IntervalRow], Iterable[Row | IntervalRow]]] = [
        ("summary.csv", Row, results.summary.rows),
        ("intervals.csv", IntervalRow, results.summary.interval_rows()),
    ]
    for file, kind, rows in tables:
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(kind._fields)
            writer.writerows(rows)


def write_scenario(folder: Path, results: Results) -> None:
    """scenario.toml as run and the data files it names."""
    (folder / "scenario.toml").write_text(read.resolved_toml(results.scenario), encoding="utf-8")
    for name, content in read.stored_files(results.scenario).items():
        (folder / name).write_bytes(content)


def write_provenance(folder: Path, results: Results, **run: Any) -> None:
    """provenance.json: how to make these results again, and the fingerprints that they must then have.

    `run` adds what the command knows: overrides, duration, which logs were kept.
    """
    files = [*FIGURES, *(f"{name}.parquet" for name in LOGS)]
    record = {
        "scenario": results.scenario.name,
        "variant": results.variant,
        "engine": results.engine,
        "seed": results.scenario.seed,
        "replications": results.replications,
        "precision": precision_reached(results),
        **run,
        "versions": provenance.versions(),
        "git": provenance.git_state(),
        "machine": provenance.machine(),
        "files": {file: provenance.fingerprint(folder / file) for file in files},
    }
    (folder / "provenance.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
