"""Measures on disk, replication by replication: what is finished stays, whatever happens to the process.

A store is one SQLite file. What is put in is one transaction: after kill -9 or a full disk it is there as a whole or
not at all, and its key, (point, replication), can be there but once. After a power cut the last few may be missing.
"""

from __future__ import annotations

import errno
import json
import math
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ccsim.metrics import Measures
from ccsim.tables import F64


class Store:
    """The measures of a study by point (from 0) and replication (from 1). Use it with `with`.

    `about` is what they are measures of, in terms of JSON. Without a file the store is temporary: on disk where it is
    large, and gone at the end. A file belongs to one process at a time. Raises OSError where it cannot be read or
    written or is in use.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        with self._explained():
            # autocommit: transactions are begun here; whoever runs a study may do so on any thread
            self._base = sqlite3.connect(file or "", timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._base.execute("PRAGMA locking_mode = exclusive")
                self._base.execute("PRAGMA journal_mode = wal")
                self._base.execute("PRAGMA synchronous = normal")
                self._base.execute("BEGIN EXCLUSIVE")
                self._base.execute("CREATE TABLE IF NOT EXISTS about (only INTEGER PRIMARY KEY, said TEXT)")
                self._base.execute(
                    "CREATE TABLE IF NOT EXISTS measures "
                    "(point INTEGER, replication INTEGER, measures BLOB, PRIMARY KEY (point, replication))"
                )
                self._base.execute("COMMIT")
            except BaseException:
                self._base.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    @property
    def about(self) -> Any:
        """What the store is about; None if nothing yet."""
        with self._explained():
            row = self._base.execute("SELECT said FROM about").fetchone()
            try:
                return None if row is None else json.loads(row[0])
            except ValueError as error:
                raise self._damaged(error) from None

    @about.setter
    def about(self, subject: Any) -> None:
        with self._explained():
            self._base.execute("INSERT INTO about VALUES (0, ?)", (json.dumps(subject),))

    def __len__(self) -> int:
        with self._explained():
            count: int = self._base.execute("SELECT count(*) FROM measures").fetchone()[0]
        return count

    def has(self, point: int) -> set[int]:
        """The replications of a point that are there."""
        with self._explained():
            rows = self._base.execute("SELECT replication FROM measures WHERE point = ?", (point,))
            return {replication for (replication,) in rows}

    def put(self, measured: Iterable[tuple[int, int, Measures]]) -> None:
        """Measures by point and replication, all or none of them. Raises ValueError for what is there already."""
        rows = [(point, replication, _packed(measures)) for point, replication, measures in measured]
        with self._explained():
            self._base.execute("BEGIN")
            try:
                self._base.executemany("INSERT INTO measures VALUES (?, ?, ?)", rows)
                self._base.execute("COMMIT")
            except BaseException as error:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                if isinstance(error, sqlite3.IntegrityError):
                    raise ValueError("a replication was measured twice") from None
                raise

    def get(self, point: int, replications: Sequence[int]) -> list[Measures]:
        """Measures of these replications of a point, in this order.

        Raises KeyError for what is not there, OSError for what was damaged on disk.
        """
        with self._explained():
            rows = dict(self._base.execute("SELECT replication, measures FROM measures WHERE point = ?", (point,)))
        packed = [rows[replication] for replication in replications]
        try:
            return [_unpacked(one) for one in packed]
        except (zlib.error, ValueError) as error:  # a checksum that does not hold, what follows from a wrong byte
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> OSError:
        place = str(self._file or "temporary store")
        return OSError(errno.EIO, f"what is kept is damaged ({error}); start again without --resume", place)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", None)
            place = str(self._file or "temporary store")
            if code == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place) from None
            if code == sqlite3.SQLITE_BUSY:
                raise OSError(errno.EBUSY, "in use by another process", place) from None
            raise OSError(errno.EIO, str(error), place) from None
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from None


def _packed(measures: Measures) -> bytes:
    """One line of JSON that says what follows, then all numbers; compressed."""
    tables = [measures.values, measures.by_interval]
    head = {
        "names": measures.names,
        "intervals": len(measures.starts),
        "tables": [[[*key, *table.shape] for key, table in each.items()] for each in tables],
    }
    body = [np.ascontiguousarray(table, np.float64).tobytes() for each in tables for table in each.values()]
    line = json.dumps(head, separators=(",", ":")).encode()
    return zlib.compress(b"".join([line, b"\n", measures.starts.astype(np.int64).tobytes(), *body]), 1)


def _unpacked(packed: bytes) -> Measures:
    line, _, body = zlib.decompress(packed).partition(b"\n")
    head = json.loads(line)
    starts = np.frombuffer(body, np.int64, head["intervals"])
    numbers: F64 = np.frombuffer(body, np.float64, offset=starts.nbytes)
    tables: list[dict[Any, F64]] = []
    for each in head["tables"]:
        tables.append({})
        for level, metric, *shape in each:
            size = math.prod(shape)
            tables[-1][level, metric] = numbers[:size].reshape(shape)
            numbers = numbers[size:]
    return Measures({level: tuple(names) for level, names in head["names"].items()}, starts, *tables)
