"""Every shipped scenario and every variant of it runs: both engines agree, the audit is clean, every queue is used."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from ccsim.engine import compiled, reference
from ccsim.engine.audit import audit
from ccsim.lowering import lower
from ccsim.scenario.read import load
from ccsim.workload.sample import sample
from tests.differential.test_engines import differences

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "scenarios").glob("*.toml"))
CASES = [(path, variant) for path in FILES for variant in (None, *tomllib.loads(path.read_text()).get("variant", {}))]


def test_there_are_scenarios() -> None:
    assert len(FILES) >= 6
    assert len(CASES) > len(FILES)


LARGE = "phone_8020"
"""Its 48,000 calls take the reference five seconds."""


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        pytest.param(path, variant, id=f"{path.stem}-{variant}", marks=[pytest.mark.slow] * (path.stem == LARGE))
        for path, variant in CASES
    ],
)
def test_scenario_runs(path: Path, variant: str | None) -> None:
    scenario = load(path, variant)
    plan, _ = lower(scenario)
    workload = sample(scenario, 0)
    log = compiled.simulate(workload, plan)
    assert differences(reference.simulate(workload, plan), log) == []
    assert audit(workload, plan, log) == []
    assert np.count_nonzero(workload.link == 0) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario_is_described(path: Path) -> None:
    assert path.read_text().startswith("# "), "a scenario begins with what it shows"
    assert f"## {path.stem}" in (ROOT / "docs" / "scenarios.md").read_text()
