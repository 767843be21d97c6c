"""What is wrong with an option is said of the option; Python, which has arguments, is told of these."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ccsim.cli import main
from tests.cli.tiny import ccsim, write_tiny

SCENARIO = str(Path(__file__).parents[2] / "scenarios" / "phone_8020.toml")


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments])
    assert result.exit_code == 2
    return result.output


def test_a_metric_that_there_is_not() -> None:
    assert said("compare", SCENARIO, "--variants", "--rank-by", "costs").startswith("--rank-by: no metric")
    vary = ("--vary", "queue.phone.volume.scale=0.9,1")
    assert said("sweep", SCENARIO, *vary, "--metric", "costs").startswith("--metric: no metric")


@pytest.mark.parametrize("path", ["queue.phone.volume.per_hour", 'queue."phone".volume.per_hour'])
def test_what_a_sweep_varies_is_not_set_besides(path: str) -> None:
    vary = ("--vary", "queue.phone.volume.per_hour=10:11")
    assert f"--set {path}: --vary gives it its values" in said("sweep", SCENARIO, *vary, "--set", f"{path}=3")
    whole = ("--vary", "queue.phone.work=2m,3m")
    assert "--vary gives it its values" in said("sweep", SCENARIO, *whole, "--set", "queue.phone.work.mean=3m")


def test_logs_are_kept_in_a_folder() -> None:
    assert "add --out" in said("run", SCENARIO, "--json", "--log", "all")


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


@pytest.mark.parametrize("wrong", ["a file", "a device"])
def test_a_file_where_a_folder_is_wanted_is_named(wrong: str, tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    place = tmp_path / "taken.txt" if wrong == "a file" else Path("/dev/null")
    if wrong == "a file":
        place.write_text("precious")
    vary = ("--vary", "queue.phone.volume.scale=1,1.1", "--replications", 1)
    for command in (("compare", tiny, "--variants"), ("sweep", tiny, *vary), ("run", tiny, "--no-charts")):
        for out in (place, place / "below"):
            done = ccsim(*command, "--engine", "simpy", "--out", out)
            assert done.exit_code == 2
            assert done.stderr.splitlines()[-1] == f"{place}: a file, where a folder for results is wanted"
    assert wrong == "a device" or place.read_text() == "precious"


@pytest.mark.parametrize("name", [".", "..", "", "/", ".toml", "-.toml"])
def test_a_scenario_has_a_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    done = ccsim("new", "--", name)
    assert done.exit_code == 2
    assert "no name of a scenario" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]
