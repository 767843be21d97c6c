"""Modules of compiled functions, with a cache that edited sources never find stale."""

from __future__ import annotations

import errno
import hashlib
import importlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from sqlite3 import Connection

Function = TypeVar("Function", bound=Callable[..., Any])

PATIENCE: Final = 60.0
"""Seconds for which a process waits at most for another one that compiles what it needs."""

_claimed: Final[list[tuple[Path, Connection]]] = []
_claiming: Final[list[bool]] = []

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
"""Without numba's own runtime (nrt) no array is made in compiled code, and none counts its references: that takes an
atomic addition at every call of a part, for which threads wait for each other where they share an array."""


def compiled(function: Function) -> Function:
    """`function`, compiled when first called and kept in the cache; modules that use it are loaded by `load`."""
    return _njit(function, cache=True)


def inlined(function: Function) -> Function:
    """`function`, as part of the compiled functions that call it."""
    return _njit(function, no_cpython_wrapper=True, forceinline=True)


def _numba() -> Any:
    """numba, which compiles here whatever its settings say: some of what it compiles is no Python.

    Raises OSError where it cannot start with what the environment, or a `.numba_config.yaml` here, tells it.
    """
    os.environ["NUMBA_DISABLE_JIT"] = "0"  # read at its import, and stronger than the file
    try:
        import numba
    except ImportError:
        raise
    except Exception as error:
        where = "set by a variable NUMBA_… or the file .numba_config.yaml of this folder"
        raise OSError(errno.EINVAL, f"{' '.join(str(error).split())}; {where}", "numba") from None

    return numba


def _njit(function: Function, **options: Any) -> Function:
    numba = _numba()
    decorate: Any = numba.njit
    decorated: Function = decorate(**OPTIONS, **options)(function)
    return decorated


def load(name: str, sources: Iterable[Path]) -> ModuleType:
    """The module, with functions that numba compiles when they are first called, or from a cache of `sources`."""
    numba = _numba()
    folder = cache_folder(sources, numba.__version__)
    if not _claiming:
        _await(folder)
    elif connection := lock(folder, patience=1.0):
        _claimed.append((folder, connection))
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)  # read when a function is decorated
    try:
        return importlib.import_module(name)
    finally:
        config.CACHE_DIR = before


@contextmanager
def claims() -> Iterator[None]:
    """Modules loaded in the block are compiled by this process: others that load them wait until it has left it."""
    _claiming.append(True)
    try:
        yield
    finally:
        _claiming.pop()
        while _claimed:
            folder, connection = _claimed.pop()
            connection.close()
            with suppress(OSError):
                (folder / LOCK).unlink()


def _await(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while (folder / LOCK).exists() and is_locked(folder) and time.monotonic() < deadline:
        time.sleep(0.02)


LOCK: Final = "lock"


def lock(folder: Path, patience: float = 0.0) -> Connection | None:
    """What keeps others from compiling there until it is closed or this process ends, however it does. None if another
    process has it, and keeps it for so many seconds.

    Locks of sqlite, as they are the same everywhere.
    """
    import sqlite3

    connection = sqlite3.connect(folder / LOCK, timeout=patience)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        return None
    return connection


def is_locked(folder: Path) -> bool:
    """Whether another process has the folder's lock."""
    connection = lock(folder)
    if connection is not None:
        connection.close()
    return connection is None


def cache_folder(sources: Iterable[Path], numba_version: str) -> Path:
    """A writable folder of these sources as they are, and where: numba itself looks at one file only, and compiles it
    anew in another place or with another time of its last change.

    In the user's cache folder; where there is none, or it cannot be written, in one of the user's own beside other
    temporary files.
    """
    digest = hashlib.sha256(numba_version.encode())
    for source in (*sources, Path(__file__)):
        digest.update(f"{source.absolute()} {source.stat().st_mtime_ns}".encode())
        digest.update(source.read_bytes())
    user = os.getuid() if hasattr(os, "getuid") else 0
    parents = (user_cache_path("ccsim", appauthor=False), Path(tempfile.gettempdir()) / f"ccsim-{user}")
    for parent in (parent for parent in parents if parent.is_absolute()):  # else there is no home
        folder = parent / digest.hexdigest()[:16]
        with suppress(OSError):
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
            if parent.stat().st_uid == user:  # numba runs what it finds there
                return folder
    return Path(tempfile.mkdtemp(prefix="ccsim"))
