"""What is wrong with an option is said of the option; Python, which has arguments, is told of these."""

from __future__ import annotations

from pathlib import Path

import pytest
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


@pytest.mark.parametrize(
    ("arguments", "suggested"),
    [
        (["chek", "shop.toml"], "Did you mean 'check'?"),
        (["run", "shp.toml"], 'did you mean "shop.toml"?'),
        (["new", "shop"], "shop.toml exists already"),
        (["sweep", "shop.toml", "--vary", "team.frontline.shifts.0.agents=5-9"], "a range as 5:9"),
    ],
)
def test_the_nearest_is_suggested(
    arguments: list[str], suggested: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert runner.invoke(main, ["new", "shop"]).exit_code == 0
    before = (tmp_path / "shop.toml").read_bytes()
    done = runner.invoke(main, arguments)
    assert done.exit_code == 2
    assert suggested in done.output
    assert (tmp_path / "shop.toml").read_bytes() == before
