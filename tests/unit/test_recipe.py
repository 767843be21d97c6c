"""The recipe that a scenario becomes once, and the replications drawn from it."""

from __future__ import annotations

import ctypes
import mmap
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.distributions import constants
from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.scenario.read import load
from ccsim.tables import Workload
from ccsim.workload.sample import Recipe, draw, recipe_of
from tests import random_cases

SHIPPED = sorted((Path(__file__).parent.parent.parent / "scenarios").glob("*.toml"))


def bytes_of(workload: Workload) -> list[bytes]:
    return [column.tobytes() for column in workload]


@pytest.fixture(scope="module")
def week() -> Recipe:
    return recipe_of(load(next(file for file in SHIPPED if file.stem == "retail_week")))


def test_it_is_small_and_goes_to_workers_as_it_is(week: Recipe) -> None:
    packed = pickle.dumps(week)
    assert len(packed) < 100_000
    assert bytes_of(draw(pickle.loads(packed), 3)) == bytes_of(draw(week, 3))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_nothing_of_the_scenario_is_left_in_it(file: Path) -> None:
    packed = pickle.dumps(recipe_of(load(file)))
    for module in (b"ccsim.scenario", b"datetime", b"zoneinfo"):
        assert module not in packed


def test_replications_are_the_same_in_any_order_and_on_any_number_of_threads(week: Recipe) -> None:
    in_order = [bytes_of(draw(week, replication)) for replication in range(6)]
    backwards = [bytes_of(draw(week, replication)) for replication in reversed(range(6))]
    assert backwards[::-1] == in_order
    with ThreadPoolExecutor(4) as pool:
        assert [bytes_of(each) for each in pool.map(partial(draw, week), range(6))] == in_order
    assert len({tuple(each) for each in in_order}) == 6


def with_protected_columns(writes: bool) -> None:
    """Draws, simulates and measures while whoever writes into shared columns, compiled or not, ends the process."""
    kept = constants._kept
    taken = []

    def protected(*which: Any) -> Any:
        shared = kept(*which)
        pages = mmap.mmap(-1, shared.nbytes)
        column = np.frombuffer(pages, shared.dtype)
        column[:] = shared
        place, length = ctypes.c_void_p(column.ctypes.data), ctypes.c_size_t(len(pages))
        assert ctypes.CDLL(None).mprotect(place, length, mmap.PROT_READ) == 0
        taken.append(column)
        return column

    constants._kept = protected  # type: ignore[assignment]
    for seed in range(60):
        scenario = random_cases.parsed(random_cases.scenario(seed))
        workload = draw(recipe_of(scenario), 0)
        if seed < 10:
            plan, spec = lower(scenario)
            measure(workload, plan, spec, simulate("simpy", workload, plan))
    assert taken
    if writes:
        taken[0][0] = taken[0][0]
    print("nobody wrote")


@pytest.mark.skipif(sys.platform == "win32", reason="pages are protected as POSIX has it")
@pytest.mark.parametrize("writes", [False, True])
def test_nobody_writes_into_columns_that_are_shared(writes: bool) -> None:
    code = f"from {__name__} import with_protected_columns; with_protected_columns({writes})"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == ((-signal.SIGSEGV, "") if writes else (0, "nobody wrote\n")), done.stderr


def test_shared_columns_are_what_they_say() -> None:
    for n in (0, 1, 1023, 1024, 1025, constants.LONGEST + 1):
        assert np.array_equal(constants.counting(np.int32, n), np.arange(n))
        assert np.array_equal(constants.same(-1, np.int64, n), np.full(n, -1))
        assert constants.same(0, np.int8, n).dtype == np.int8
    assert np.shares_memory(constants.same(7, np.int32, 600), constants.same(7, np.int32, 1000))
    long = constants.same(7, np.int32, constants.LONGEST + 1)
    assert constants.same(7, np.int32, constants.LONGEST + 1) is long
