"""A results folder: its place, its files, and how they are written so that none is ever half there."""

from __future__ import annotations

import errno
import math
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from ccsim.metrics import IntervalRow, MetricRow
from ccsim.results import format, provenance
from ccsim.results.logs import LOGS
from ccsim.results.model import Results, precision_reached
from ccsim.scenario import read
from ccsim.scenario.spreadsheets import line, write_csv

if TYPE_CHECKING:
    import pyarrow as pa


NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, a quota, a file that is too large."""

FIGURES: Final = ("summary.csv", "intervals.csv", "days.csv")
"""The tables of a results folder."""


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
    make_folder(unfinished)
    try:
        with place_named(final):
            yield unfinished
        unfinished.rename(final)
    except BaseException:
        discard(unfinished)
        raise


@contextmanager
def place_named(place: Path) -> Iterator[None]:
    """The system does not say of what there is no room: its error names this place."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in NO_ROOM:
            error.filename, error.strerror = str(place), os.strerror(error.errno)
        raise


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Files by name into a folder, which is made if need be; those that are there are replaced, none if one cannot be
    written."""
    make_folder(folder)
    with place_named(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as unfinished:
        for name, content in files.items():
            Path(unfinished, name).write_bytes(content.encode() if isinstance(content, str) else content)
        for name in files:
            Path(unfinished, name).replace(folder / name)


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it, unless it is there. Raises OSError, for a file in its place by that name."""
    file = next((place for place in (folder, *folder.parents) if os.path.lexists(place) and not place.is_dir()), None)
    if file is not None:
        what = "a file" if file.exists() else "a link that leads nowhere"
        raise NotADirectoryError(errno.ENOTDIR, f"{what}, where a folder for results is wanted", str(file))
    folder.mkdir(parents=True, exist_ok=True)


def discard(unfinished: Path) -> None:
    """Removes a folder that will not be finished."""
    shutil.rmtree(unfinished, ignore_errors=True)
    with suppress(OSError):
        unfinished.parent.rmdir()  # if this run made it, it is empty


def write(folder: Path, results: Results, **run: Any) -> None:
    """All but the logs, which stand there already: figures, scenario, provenance."""
    write_figures(folder, results)
    read.to_folder(results.scenario, folder)
    write_provenance(folder, results, **run)


def write_figures(folder: Path, results: Results) -> None:
    """summary.csv, intervals.csv and days.csv: one row a figure, with its interval over replications.

    Those by interval and by day have local date and time as their last columns.
    """
    summary = results.summary
    write_csv(folder / "summary.csv", MetricRow._fields, summary.rows)
    starts = np.unique(np.concatenate([summary.starts, summary.days]))
    times = format.local_times(results.scenario, starts)
    local = {start: f"{at.date()},{at:%H:%M}" for start, at in zip(starts.tolist(), times, strict=True)}
    for file, at, tables in (
        ("intervals.csv", summary.starts.tolist(), summary.by_interval),
        ("days.csv", summary.days.tolist(), summary.by_day),
    ):
        dated = [local[start] for start in at]
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            stream.write(line((*IntervalRow._fields, "date", "time")))
            for name, figures in summary.columns(tables):
                cells = line(name).removesuffix("\r\n")
                columns = (["" if math.isnan(number) else repr(number) for number in one.tolist()] for one in figures)
                stream.writelines(
                    f"{start},{cells},{mean},{low},{high},{day}\r\n"
                    for start, mean, low, high, day in zip(at, *columns, dated, strict=True)
                )


def write_provenance(folder: Path, results: Results, **run: Any) -> None:
    """provenance.json: how to make these results again, and the fingerprints that they must then have.

    `run` adds what the command knows: overrides, duration, which logs were kept.
    """
    about = {
        "scenario": results.scenario.name,
        "variant": results.variant,
        "engine": results.engine,
        "seed": results.scenario.seed,
        "replications": results.replications,
        "precision": precision_reached(results),
        **run,
    }
    provenance.write(folder, about, [*FIGURES, *(f"{name}.parquet" for name in LOGS)])
