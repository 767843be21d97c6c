"""Where results come from: everything needed to make them again, and to say why they might come out differently."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

LIBRARIES: Final = ("ccsim", "numpy", "scipy", "simpy", "numba", "pydantic", "pandas", "pyarrow", "holidays")
"""What can change a number or a byte of the logs."""


def versions() -> dict[str, str | None]:
    """Versions of Python and of the libraries, None for one that is not installed."""
    installed: dict[str, str | None] = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            installed[library] = version(library)
        except PackageNotFoundError:
            installed[library] = None
    return installed


def source() -> dict[str, str | None]:
    """SHA-256 of ccsim's own source, which may change while its version does not; like a further version."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return {"source of ccsim": digest.hexdigest()}


def machine() -> dict[str, Any]:
    """System, processor and number of CPUs of this machine."""
    return {"system": platform.platform(), "processor": platform.machine(), "cpus": os.cpu_count()}


def git_state() -> dict[str, Any] | None:
    """Commit of ccsim's source and whether it was changed since; None where the source is not under git."""
    source = Path(__file__).parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(source), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", Path(__file__).name)
        return {
            "commit": git("rev-parse", "HEAD"),
            "changed": bool(git("status", "--porcelain", "--", str(source.parent))),
        }
    except (OSError, subprocess.SubprocessError):
        return None


def fingerprint(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(folder: Path, about: Mapping[str, Any], files: Iterable[str]) -> dict[str, Any]:
    """provenance.json, which is returned: `about`, the surroundings, fingerprints of the `files` of this folder."""
    record = {
        "versions": versions(),
        **about,
        "git": git_state(),
        "machine": machine(),
        "files": {file: fingerprint(folder / file) for file in files},
    }
    (folder / "provenance.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record
