"""A few of the many cases of `python -m tests.fuzz`, and that it sees what it is there to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ccsim.scenario import growth
from ccsim.scenario.read import load
from ccsim.workload import expectations
from tests.cli.tiny import write_tiny
from tests.fuzz import engines, scenarios
from tests.fuzz.workers import Outcome


@pytest.mark.parametrize(
    ("work", "number", "ends"),
    [
        (scenarios.of_mutation, 16, {"accepted, has a theory and runs", "refused with its place"}),
        (scenarios.of_file, 10, {"accepted, has a theory and runs", "refused with its place"}),
        (engines.of_case, 10, {"same log", "audit accepts"}),
    ],
)
def test_nothing_is_wrong(work: Callable[[int], Outcome], number: int, ends: set[str]) -> None:
    counts: Counter[str] = Counter()
    for seed in range(number):
        outcome = work(seed)
        assert not outcome.wrong, f"seed {seed}"
        counts += outcome.counts
    assert set(counts) == ends


def no_theory(*_: Any) -> None:
    raise ZeroDivisionError


def test_what_is_accepted_and_fails_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_tiny(tmp_path)
    assert set(scenarios.tried(file, 1).counts) == {"accepted, has a theory and runs"}
    monkeypatch.setattr(scenarios, "LARGE", 0)
    assert set(scenarios.tried(file, 1).counts) == {"accepted, too large to be run here"}
    monkeypatch.setattr(scenarios, "BESIDE", -(2**40))
    assert "memory beyond the estimate" in scenarios.tried(file, 1).counts
    monkeypatch.setattr(expectations, "expectations", no_theory)
    outcome = scenarios.tried(file, 1)
    assert outcome.counts["traceback"] == 1
    assert "ZeroDivisionError" in "".join(outcome.wrong)


def test_a_size_is_estimated(tmp_path: Path) -> None:
    small, large = (growth.size_of(load(write_tiny(tmp_path), None, [f"queue.chat.volume.scale={s}"])) for s in (1, 19))
    assert large.memory > 2 * small.memory > 0
    assert large.turns - large.contacts > 2 * (small.turns - small.contacts)
