"""Distributions and policies that a program brings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ccsim
from ccsim.distributions.durations import Exponential, Own
from ccsim.metrics import sums
from ccsim.metrics.facts import Facts
from ccsim.metrics.registry import METRICS
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES
from ccsim.scenario.distributions import OWN, PARAMETERS
from ccsim.tables import Outcome

ROOT = Path(__file__).parents[2]
SCALE = "queue.phone.volume.scale"


@ccsim.distribution("my_exponential")
class MyExponential:
    def __init__(self, mean: float) -> None:
        self.mean = mean

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return Exponential(self.mean).value(u)


@pytest.fixture(autouse=True)
def _only_here() -> object:
    known = [(table, dict(table)) for table in (PARAMETERS, OWN, AGENT_POLICIES, CONTACT_POLICIES, METRICS)]
    yield
    for table, before in known:
        table.clear()
        table.update(before)  # type: ignore[arg-type]


@pytest.fixture
def own() -> ccsim.Centre:
    work = {"dist": "my_exponential", "mean": "5m"}
    return ccsim.load("scenarios/phone_8020.toml", set={"days": 1, "replications": 2, "queue.phone.work": work})


def test_it_is_what_the_built_in_one_is(own: ccsim.Centre) -> None:
    built_in = own.changed({"queue.phone.work": {"dist": "exponential", "mean": "5m"}})
    for engine in ("compiled", "simpy"):
        assert own.run(engine=engine).to_frame().equals(built_in.run(engine=engine).to_frame())


def test_sweeps_and_processes_know_it(own: ccsim.Centre) -> None:
    here = own.sweep({SCALE: [0.9, 1.0]}, workers=1)
    there = own.sweep({SCALE: [0.9, 1.0]}, workers=2, executor="processes")
    assert here.to_frame().equals(there.to_frame())


def test_what_is_wrong_with_it_has_a_place(own: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError, match=r"queue\.phone\.work"):
        own.changed({"queue.phone.work": {"dist": "my_exponential", "men": "5m"}})
    with pytest.raises(ccsim.ScenarioError, match='did you mean "my_exponential"'):
        own.changed({"queue.phone.work": {"dist": "my_exponentia", "mean": "5m"}})
    with pytest.raises(ccsim.ScenarioError, match="built in"):
        ccsim.distribution("gamma")(MyExponential)


def test_quantiles_that_are_none() -> None:
    class Falling:
        mean = 1.0

        def quantile(self, u: np.ndarray) -> np.ndarray:
            return 1 - u

    with pytest.raises(ValueError, match="must not fall"):
        Own("falling", (), Falling())


def test_policies(own: ccsim.Centre) -> None:
    ccsim.agent_policy("by_order", ["RANK"])
    same = own.changed({"routing.agent": "fixed_order"})
    mine = own.changed({"routing.agent": "by_order"})
    assert mine.run().to_frame().equals(same.run().to_frame())
    with pytest.raises(ccsim.ScenarioError, match='did you mean "IDLE_SINCE"'):
        ccsim.agent_policy("wrong", ["IDLE_SINSE"])
    with pytest.raises(ccsim.ScenarioError, match="cannot order"):
        ccsim.agent_policy("wrong", ["IDLE_SINCE", "LOAD"])


def test_a_metric_is_what_the_built_in_one_is(own: ccsim.Centre) -> None:
    @ccsim.metric("queue", "Share given up", "share", better="lower")
    def given_up(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
        counts = facts.contacts
        return counts[Outcome.ABANDONED], counts[sums.ENTERED]

    @ccsim.metric("team", "Hours at work", "h")
    def at_work(facts: Facts) -> np.ndarray:
        return facts.focused.sum(axis=(0, 2)) / 3600

    results = own.run()
    assert results.estimate("queue", "phone", "given_up") == results.estimate("queue", "phone", "abandonment_seen")
    hours, same = (results.estimate("team", "agents", metric) for metric in ("at_work", "work_hours"))
    assert hours is not None
    assert same is not None
    assert hours.mean == pytest.approx(same.mean)
    assert "given_up" in set(own.compare(own.changed({SCALE: 1.2})).to_frame().metric)
    with pytest.raises(ccsim.ScenarioError, match="not known to the other processes"):
        own.run(workers=2, executor="processes")


def test_what_is_wrong_with_a_metric_is_said(own: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError, match='did you mean "queue"'):
        ccsim.metric("queues", "Wrong", "share")  # type: ignore[arg-type]

    def asa(facts: Facts) -> float:
        return 1.0

    with pytest.raises(ccsim.ScenarioError, match="no built-in metric"):
        ccsim.metric("queue", "Wrong", "s")(asa)

    @ccsim.metric("queue", "Wrong", "s")
    def of_wrong_shape(facts: Facts) -> np.ndarray:
        return np.zeros(7)

    with pytest.raises(ccsim.ScenarioError, match=r"metric of_wrong_shape.*\(7,\)"):
        own.run()


def test_every_snippet_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs" / "own_parts.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert len(snippets) == 3
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(compile(snippet, "docs/own_parts.md", "exec"), names)


def test_the_notebook() -> None:
    """docs/research.ipynb: a customer model, a policy, a metric and the best of twelve designs in under sixty lines."""
    notebook = json.loads((ROOT / "docs" / "research.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert sum(len(cell.splitlines()) for cell in cells) < 60
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        exec(compile(cell, f"docs/research.ipynb, cell {number}", "exec"), names)
    patient, plain = (names[run].estimate("queue", "phone", "abandonment") for run in ("correlated", "plain"))
    assert patient.mean != plain.mean
    assert len(names["designs"]) == 12
    candidates = names["selection"].candidates
    assert names["selection"].best in {"9 agents, 1 chats", "9 agents, 2 chats", "9 agents, 3 chats"}
    assert min(each.replications for each in candidates) == 10 < max(each.replications for each in candidates)


def test_a_package_brings_parts_by_an_entry_point(tmp_path: Path) -> None:
    """In a process of its own, as it is imported for good: a distribution and a policy that nothing else registers."""
    (tmp_path / "brought.py").write_text(
        "import ccsim\n"
        "@ccsim.distribution('brought')\n"
        "class Brought:\n"
        "    def __init__(self, mean):\n"
        "        self.mean = mean\n"
        "    def quantile(self, u):\n"
        "        return 0 * u + self.mean\n"
        "ccsim.agent_policy('brought_policy', ['RANK'])\n"
    )
    about = tmp_path / "brought-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[ccsim.parts]\nqueues = brought\n")
    work = {"dist": "brought", "mean": "5m"}
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import ccsim\n"
        f"changes = {{'days': 1, 'replications': 1, 'queue.phone.work': {work!r}, 'routing.agent': 'brought_policy'}}\n"
        "results = ccsim.load('scenarios/phone_8020.toml', set=changes).run(engine='simpy')\n"
        "print(results.estimate('queue', 'phone', 'handle_mean').mean)\n"
    )
    run = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(300, abs=60), "five minutes each, and a wrap-up"
