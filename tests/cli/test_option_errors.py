"""What is wrong with an option is said of the option; Python, which has arguments, is told of these."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from ccsim.cli import main

SCENARIO = str(Path(__file__).parents[2] / "scenarios" / "phone_8020.toml")


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments])
    assert result.exit_code == 2
    return result.output


def test_a_metric_that_there_is_not() -> None:
    assert said("compare", SCENARIO, "--variants", "--rank-by", "costs").startswith("--rank-by: no metric")
    vary = ("--vary", "queue.phone.volume.scale=0.9,1")
    assert said("sweep", SCENARIO, *vary, "--metric", "costs").startswith("--metric: no metric")


def test_a_key_of_the_scenario_is_no_option() -> None:
    assert "seed: -1" in said("compare", SCENARIO, "--variants", "--seed", "-1")
    assert "--seed" not in said("compare", SCENARIO, "--variants", "--seed", "-1")
