"""`ccsim fit` on real logs. Skipped where they are absent; docs/fit.md explains the figures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from ccsim.cli import main
from ccsim.fit import distributions
from ccsim.fit.contacts import share
from ccsim.fit.estimate import Fit, estimate
from ccsim.logs.mapping import mapping
from ccsim.logs.readers import read_all
from ccsim.runs.run import run
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.read import load

DATA = Path(os.environ.get("CCSIM_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
BANK = DATA / "bank_calls_1999-02-01_to_14.tsv"
CONVERSATIONS = DATA / "support_conversations_a.csv"

needs_bank = pytest.mark.skipif(not BANK.exists(), reason=f"{BANK.name} is not part of the project")
needs_conversations = pytest.mark.skipif(
    not CONVERSATIONS.exists(), reason=f"{CONVERSATIONS.name} is not part of the project"
)


@pytest.fixture(scope="module")
def social() -> Fit:
    return estimate(read_all([CONVERSATIONS], [mapping("conversations")]), "ready")


@needs_conversations
def test_the_presets_reply_latency_is_within_the_intervals_of_the_conversations(social: Fit) -> None:
    """Measured were a median of 20 minutes, sigma 2.2, 55 % over 15 minutes, 22 % over 4 hours."""
    preset = CHANNELS["messaging"].defaults["reply_latency"]
    assert preset.tag == "M"
    assert preset.value == {"dist": "lognormal", "median": "20m", "sigma": 2.2}
    sample = social.queues["social"].distributions["reply_latency"].sample
    result = distributions.fit("lognormal", sample).parameters
    assert result["median"].low < 20 * 60 < result["median"].high
    assert result["sigma"].low < 2.2 < result["sigma"].high
    for limit, measured in ((900, 0.55), (4 * 3600, 0.22)):
        longer = share(int((sample.times > limit).sum()), len(sample.times))
        assert longer.low < measured < longer.high


@needs_conversations
def test_turns_and_answer_times_of_the_conversations(social: Fit) -> None:
    queue = social.queues["social"]
    assert queue.contacts == 525
    assert 1.0 < queue.figures["turns"].low < 1.13 < queue.figures["turns"].high < 1.2
    wait = queue.seen["first_wait"]
    assert wait.candidates[0].distance < distributions.MISFIT
    assert len(wait.candidates) == len(distributions.WORK)


@needs_bank
def test_the_bank_becomes_a_scenario_that_runs(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["fit", str(BANK), "--mapping", "bank", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    scenario = load(tmp_path / "scenario.toml", None, ["replications=1"])
    assert scenario.days == 14
    offered = run(scenario, engine="compiled").estimate("total", "total", "offered")
    assert offered is not None
    assert offered.mean == pytest.approx(16_218, rel=0.15)  # busy days are drawn anew
    for reason in ("unknown outcome", "Traceback"):
        assert reason not in done.output
