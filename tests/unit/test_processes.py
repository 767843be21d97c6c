"""Workers in processes: prepared once for all of them, and gone when their crew is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from ccsim.runs.crew import finished
from ccsim.runs.executors import processes

PREPARED: list[int] = []


def prepare() -> None:
    PREPARED.append(os.getpid())


def fail() -> None:
    raise RuntimeError


def about(unit: int) -> tuple[int, int, list[int]]:
    time.sleep(0.01)
    return unit, os.getpid(), PREPARED


def running(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "XZ"
    return False


def test_they_are_prepared_once_and_end_with_the_crew() -> None:
    with processes(about, 3, prepare) as hands:
        done = list(finished(hands, range(12), in_order=True))
    assert [unit for unit, _, _ in done] == list(range(12))
    workers = {process for _, process, _ in done}
    assert len(workers) == 3
    assert {tuple(prepared) for _, _, prepared in done} <= {(process,) for process in workers}
    deadline = time.monotonic() + 30
    while any(map(running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_fails_in_preparing_is_for_the_task_to_tell() -> None:
    with processes(about, 1, fail) as hands:
        assert [unit for unit, _, _ in finished(hands, range(2))] == [0, 1]


def test_a_script_that_is_not_guarded_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from ccsim.runs.executors import run_all\nlist(run_all(abs, [1, 2], workers=2))\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ScenarioError: executor: a worker process could not begin; " in done.stderr
    assert "MemoryError" not in done.stderr
