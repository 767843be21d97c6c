"""Both engines on hundreds of tiny, tie-rich random cases: the logs are the same to the last bit.

On a failure the case is shrunk and printed as a scenario file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ccsim.engine import compiled, reference
from ccsim.engine.audit import audit
from ccsim.engine.events import Event
from ccsim.errors import ScenarioError
from ccsim.tables import Log, Outcome, Plan, Workload
from tests import random_cases

Engine = Callable[[Workload, Plan], Log]

CHUNKS = 8
CHUNK = 45


def differences(one: Log, other: Log) -> list[str]:
    """Names of the columns that differ in type, shape or any value."""
    return [
        name
        for name, a, b in zip(Log._fields, one, other, strict=True)
        if a.dtype != b.dtype or not np.array_equal(a, b)
    ]


def disagree(doc: random_cases.Doc, engine: Engine) -> bool:
    """Whether an engine and the reference differ on a scenario; False for one that is not valid."""
    try:
        workload, plan, _ = random_cases.tables(doc)
    except ScenarioError:
        return False
    try:
        return bool(differences(reference.simulate(workload, plan), engine(workload, plan)))
    except Exception:
        return True


def explain(doc: random_cases.Doc, engine: Engine) -> str:
    """The simplest scenario on which they still differ, as a file."""
    smallest = random_cases.shrink(doc, lambda candidate: disagree(candidate, engine))
    return f"the engines differ (times snapped to whole minutes) on\n\n{random_cases.to_toml(smallest)}"


def uncompiled(workload: Workload, plan: Plan) -> Log:
    return compiled.simulate(workload, plan, jit=False)


def full_of_nonsense(*arguments: Any, **options: Any) -> Any:
    """As `np.empty`, and whoever reads what nobody has written gets large numbers: plain Python refuses the index."""
    array = np.empty(*arguments, **options)
    if array.dtype.kind != "O":
        array.reshape(-1).view(np.uint8)[:] = 0x55
    return array


def compare(seeds: range, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[Event], Counter[Outcome]]:
    """Compares the engines on these cases; counts the reference's events and the outcomes by kind."""
    events: Counter[Event] = Counter()
    outcomes: Counter[Outcome] = Counter()
    at = reference.Centre.at

    def counted(self: reference.Centre, kind: int, ident: int, time: int) -> object:
        event = at(self, kind, ident, time)
        if kind >= 0:
            event.callbacks.append(lambda _: events.update([Event(kind)]))
        return event

    monkeypatch.setattr(reference.Centre, "at", counted)
    monkeypatch.setattr(compiled, "ROOM", 4)
    monkeypatch.setattr(compiled._kernel(False), "DEEP", 2)
    monkeypatch.setattr(compiled, "np", SimpleNamespace(**vars(np) | {"empty": full_of_nonsense}))
    for seed in seeds:
        doc = random_cases.scenario(seed)
        workload, plan, _ = random_cases.tables(doc)
        expected = reference.simulate(workload, plan)
        assert audit(workload, plan, expected) == [], f"case {seed}"
        for engine in (uncompiled, compiled.simulate):
            if differences(expected, engine(workload, plan)):
                pytest.fail(f"case {seed}: {explain(doc, engine)}")
        outcomes.update(Outcome(code) for code in expected.outcome)
    return events, outcomes


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_engines_agree(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """360 cases in CI; every chunk of them meets every kind of event and of outcome."""
    events, outcomes = compare(range(chunk * CHUNK, (chunk + 1) * CHUNK), monkeypatch)
    assert set(events) == set(Event)
    assert set(outcomes) == set(Outcome)


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
def test_engines_agree_on_ten_thousand_cases(thousand: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(range(thousand * 1000, (thousand + 1) * 1000), monkeypatch)
