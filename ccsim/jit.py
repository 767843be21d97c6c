"""Modules of compiled functions, with a cache that edited sources never find stale."""

from __future__ import annotations

import hashlib
import importlib
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from platformdirs import user_cache_path

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def compiled(function: Function) -> Function:
    """`function`, compiled when first called and kept in the cache; modules that use it are loaded by `load`."""
    return _njit(function, cache=True)


def inlined(function: Function) -> Function:
    """`function`, as part of the compiled functions that call it."""
    return _njit(function, no_cpython_wrapper=True, forceinline=True)


def _njit(function: Function, **options: Any) -> Function:
    import numba

    decorate: Any = numba.njit
    decorated: Function = decorate(**OPTIONS, **options)(function)
    return decorated


def load(name: str, sources: Iterable[Path]) -> ModuleType:
    """The module, with functions that numba compiles when they are first called, or from a cache of `sources`."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder(sources, numba.__version__))  # read when a function is decorated
    try:
        return importlib.import_module(name)
    finally:
        config.CACHE_DIR = before


def cache_folder(sources: Iterable[Path], numba_version: str) -> Path:
    """A writable folder of these sources as they are: numba itself looks at one file only.

    In the user's cache folder; where there is none, or it cannot be written, in one of the user's own beside other
    temporary files.
    """
    digest = hashlib.sha256(numba_version.encode())
    for source in (*sources, Path(__file__)):
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
