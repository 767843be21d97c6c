"""A design's points run, and what they come to: tidy tables, one row a point and figure."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.lowering import lower
from ccsim.metrics import TOTAL, Measures, MetricRow, summarise
from ccsim.results import provenance
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import all_figures, named
from ccsim.results.sweeps import Alone, Formula, Index, Spread, Sweep
from ccsim.runs.checkpoints import kept
from ccsim.runs.many import measure_all
from ccsim.runs.parts import own_parts
from ccsim.scenario import read
from ccsim.scenario.design import Design
from ccsim.scenario.faults import Fault, FaultError
from ccsim.scenario.spreadsheets import Writer, write_csv
from ccsim.stats.estimate import Estimate
from ccsim.studies.points import Points
from ccsim.studies.sensitivity import indices, tornado
from ccsim.tables import F64
from ccsim.workload.expectations import service_over_the_run

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK: Final = 50_000
"""Rows of a table in memory while it is written."""

SHOWN: Final = ("service_level", "abandonment", "utilisation", "value_lost", "cost")
"""Metrics of everything together that are shown unless others are wanted."""


def sweep(points: Points, *, engine: str = "compiled", **options: Any) -> Sweep:
    """Runs the points in memory; `options` are those of `measure_all`, whose errors it raises."""
    import pyarrow as pa
    from pyarrow import dataset

    run = _Run(points, engine, options)
    schema = _schema(points.design)
    chunks = [_arrow(schema, rows) for rows in run.chunks()]
    return run.result(dataset.dataset(pa.concat_tables(chunks)))


def read_figures(texts: Sequence[str], design: Design) -> list[MetricPlace]:
    """The figures to show that `METRIC`, over everything, or `METRIC@PLACE`, of a queue or team, name.

    Without any, those of SHOWN that the scenario has, value lost only where a contact has a value. Raises
    ScenarioError for what it has not.
    """
    plan, spec = lower(design.base)
    every = list(all_figures(plan, spec))
    if not texts:
        shown = [metric for metric in SHOWN if metric != "value_lost" or spec.reason_value.any()]
        return [figure for metric in shown for figure in every if (figure.metric, figure.level) == (metric, TOTAL)]
    figures: list[MetricPlace] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            if not isinstance(text, str):
                raise FaultError(Fault(shown(text), "a text such as asa@phone"))
            figures += named(text, every)
        except FaultError as bad:
            problems += [Problem("metrics", fault.value, fault.allowed) for fault in bad.faults]
    if problems:
        raise ScenarioError(problems)
    return figures


class _Run:
    """The points of a design, measured and summarised one after the other."""

    def __init__(self, points: Points, engine: str, options: dict[str, Any]) -> None:
        self._design = points.design
        self._points = points
        self._engine = engine
        self._measured = measure_all(
            points, self._design.base.replications, engine=engine, shared=points.shared, **options
        )
        self._means: dict[MetricPlace, F64] = {}
        self._alone: list[list[Measures]] = []
        self._spread: list[Spread] = []
        self._formulas: list[Formula] = []

    def chunks(self) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of the table, many at a time, but not all."""
        rows: list[tuple[Any, ...]] = []
        for point, row in enumerate(self._design.rows):
            settings = _settings(self._design, row)
            measured = next(self._measured)
            if len(row) == 1 and self._design.settings[0].numeric:
                self._look_closer(point, row[0], measured)
            for figures in summarise(measured).rows:
                level, name, metric, *estimate, unit = figures
                rows.append((point, *settings, level, name, metric, *estimate, unit))
                if self._design.indices and figures.mean is not None:
                    figure = MetricPlace(level, name, metric)
                    if figure not in self._means:
                        self._means[figure] = np.full(len(self._design.rows), np.nan)
                    self._means[figure][point] = figures.mean
            if len(rows) > CHUNK:
                yield rows
                rows = []
        yield rows
        self._alone = list(self._measured)

    def _look_closer(self, point: int, value: float, measured: Sequence[Measures]) -> None:
        for replication, one in enumerate(measured, 1):
            if ("queue", "service_level") in one.values:
                in_time, of = one.values["queue", "service_level"][:, -1]
                self._spread += [Spread(value, replication, in_time / of)] if of > 0 else []
        theory = service_over_the_run(self._points[point])
        self._formulas += [] if theory is None else [Formula(value, *theory)]

    def result(self, table: Any) -> Sweep:
        """The sweep with this table, when all chunks are there."""
        design = self._design
        alone = tuple(tornado(design, self._alone)) if design.sensitivity else ()
        return Sweep(
            design,
            self._engine,
            design.base.replications,
            table,
            alone,
            tuple(indices(design, self._means)),
            tuple(self._spread),
            tuple(self._formulas),
        )


def _settings(design: Design, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values as they stand in the table."""
    return tuple(
        value if setting.numeric else _text(value) for setting, value in zip(design.settings, row, strict=True)
    )


def _text(value: Any) -> str:
    return json.dumps(value, default=str) if isinstance(value, bool | list | dict) else str(value)


def _schema(design: Design) -> pa.Schema:
    import pyarrow as pa

    columns = [("point", pa.int32())]
    columns += [(setting.path, pa.float64() if setting.numeric else pa.string()) for setting in design.settings]
    kinds = {"mean": pa.float64(), "low": pa.float64(), "high": pa.float64()}
    return pa.schema([*columns, *((field, kinds.get(field, pa.string())) for field in MetricRow._fields)])


def _arrow(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True))
    return pa.Table.from_arrays(
        [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema
    )


def as_json(sweep: Sweep) -> dict[str, Any]:
    """The one object that `--json` prints."""
    design = sweep.design
    paths = [setting.path for setting in design.settings]
    points: list[dict[str, Any]] = [
        {"settings": dict(zip(paths, _settings(design, row), strict=True)), "queues": {}, "teams": {}, "total": {}}
        for row in design.rows
    ]
    for row in sweep.table.to_table().to_pylist():
        values = {key: row[key] for key in Estimate._fields}
        point = points[row["point"]]
        at = point["total"] if row["level"] == "total" else point[f"{row['level']}s"].setdefault(row["name"], {})
        at[row["metric"]] = values
    return {
        "scenario": design.base.name,
        "engine": sweep.engine,
        "seed": design.base.seed,
        "replications": sweep.replications,
        "design": design.kind,
        "points": points,
        "tornado": [row._asdict() for row in sweep.alone],
        "sobol": [row._asdict() for row in sweep.indices],
    }


# --------------------------------------------------------------------------------------------------------------- folder


def sweep_to_folder(
    root: Path,
    points: Points,
    *,
    engine: str = "compiled",
    resume: bool = False,
    overrides: Sequence[str] = (),
    finish: Callable[[Sweep, Path], None] | None = None,
    **options: Any,
) -> tuple[Sweep, Path]:
    """As `sweep`, with a folder `root/<scenario>/<time>-<id>`, which is returned too.

    What is measured is kept in a hidden folder beside it until all is done. When the sweep ends early, however it ends,
    `resume` goes on from there, and what it writes is the same to the byte; the error then says in a note what was
    kept. Without such a folder `resume` begins. `finish` adds charts and a report when all else is there. Raises
    ScenarioError when the sweep kept is another; OSError where the folder cannot be written; and what `sweep` raises.
    """
    from pyarrow import dataset, parquet

    started, clock = datetime.now(UTC), time.perf_counter()
    design = points.design
    total = len(points) * design.base.replications
    with kept(root, design.base.name, _about(points, engine), total, resume) as (store, folder, final):
        run = _Run(points, engine, {**options, "store": store})
        schema = _schema(design)
        with ExitStack() as stack:
            writer = stack.enter_context(parquet.ParquetWriter(folder / "sweep.parquet", schema, compression="zstd"))
            stream = stack.enter_context((folder / "sweep.csv").open("w", newline="", encoding="utf-8"))
            lines = Writer(stream)
            lines.writerow(schema.names)
            for rows in run.chunks():
                writer.write_table(_arrow(schema, rows))
                lines.writerows(rows)
        outcome = run.result(dataset.dataset(folder / "sweep.parquet"))
        _write(folder / "tornado.csv", Alone, outcome.alone)
        _write(folder / "sobol.csv", Index, outcome.indices)
        _write(folder / "spread.csv", Spread, outcome.spread)
        _write(folder / "formulas.csv", Formula, outcome.formulas)
        _write_inputs(folder, points)
        written = [file for file in sorted(folder.rglob("*")) if file.suffix in (".csv", ".parquet", ".toml")]
        about = {
            **_about(points, engine),
            "overrides": list(overrides),
            "resumed": resume,
            "started": started.isoformat(timespec="seconds"),
            "duration_s": round(time.perf_counter() - clock, 3),
        }
        provenance.write(folder, about, [file.relative_to(folder).as_posix() for file in written])
        if finish is not None:
            finish(outcome, folder)
    return replace(outcome, table=dataset.dataset(final / "sweep.parquet")), final


def _write(file: Path, kind: type[Any], rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        write_csv(file, kind._fields, rows)


def _write_inputs(folder: Path, points: Points) -> None:
    """The sweep file that does it all again, and what it needs, in a folder of its own."""
    import tomli_w

    design = points.design
    names = read.stored_names({**design.base.files, **points.given})  # those of the base first, as its own file has it
    own = folder / "scenario"
    own.mkdir()
    (own / "scenario.toml").write_text(read.resolved_toml(design.base), encoding="utf-8")
    for used, name in names.items():
        (own / name).write_bytes(points.given[used])
    record = {"scenario": "scenario/scenario.toml", **_design_record(design)}
    for setting in design.settings:
        if not setting.numeric:  # levels may name data files
            key = setting.path.rpartition(".")[2]
            record["vary"][setting.path] = [read.renamed({key: level}, names)[key] for level in setting.levels]
    toml = tomli_w.dumps({key: value for key, value in record.items() if value is not None})
    (folder / "sweep.toml").write_text(toml, encoding="utf-8")


def _design_record(design: Design) -> dict[str, Any]:
    """A design in the words of a sweep file."""
    return {
        "seed": design.base.seed,
        "replications": design.base.replications,
        "design": design.kind,
        "points": design.number,
        "sensitivity": design.sensitivity,
        "vary": {setting.path: setting.written for setting in design.settings},
    }


def _about(points: Points, engine: str) -> dict[str, Any]:
    """All that the measures depend on, in terms of JSON."""
    design = points.design
    record = {
        "scenario": design.base.raw,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in points.given.items()},
        **_design_record(design),
        "engine": engine,
        "own_parts": own_parts([design.base.raw, _design_record(design)]),
        "versions": provenance.versions() | provenance.source(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(record, default=str))
    return plain
