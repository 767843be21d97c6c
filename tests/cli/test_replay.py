"""The same bytes again: whatever the workers, and from nothing but a results folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from ccsim.results import provenance
from ccsim.runs.executors import EXECUTORS, run_all
from ccsim.runs.run import run_to_folder
from ccsim.scenario import read
from tests.cli.tiny import ccsim, only_folder, write_tiny

FILES = ("contacts.parquet", "turns.parquet", "agents.parquet", "summary.csv", "intervals.csv", "days.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, with a variant and an override, the scenario file itself gone."""
    place = tmp_path_factory.mktemp("run")
    file = write_tiny(place)
    command = ("run", file, "--json", "--variant", "busy", "--set", "queue.chat.work.mean=40", "--log", "all")
    assert ccsim(*command, "--out", place / "out").exit_code == 0
    file.unlink()
    (place / "volumes.csv").unlink()
    return only_folder(place / "out")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_replay_finds_every_byte_again(copy: Path) -> None:
    before = {file: file.read_bytes() for file in copy.iterdir()}
    done = ccsim("replay", copy)
    assert done.exit_code == 0, done.output
    assert {line.split(":")[0] for line in done.stdout.splitlines()} == set(FILES)
    assert all(line.endswith(": identical") for line in done.stdout.splitlines())
    assert {file: file.read_bytes() for file in copy.iterdir()} == before


def test_replay_sees_a_changed_file(copy: Path) -> None:
    with (copy / "contacts.parquet").open("ab") as stream:
        stream.write(b" ")
    (copy / "turns.parquet").unlink()
    done = ccsim("replay", copy)
    assert done.exit_code == 1
    assert "contacts.parquet: was changed" in done.stdout
    assert "turns.parquet: is missing" in done.stdout
    assert "agents.parquet: identical" in done.stdout


def test_replay_sees_a_changed_scenario(copy: Path) -> None:
    scenario = copy / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("seed = 5", "seed = 6"))
    done = ccsim("replay", copy)
    assert done.exit_code == 1
    assert "contacts.parquet: comes out differently" in done.stdout


def test_replay_says_when_versions_differ(copy: Path) -> None:
    record = json.loads((copy / "provenance.json").read_text())
    record["versions"]["numpy"] = "0.1"
    (copy / "provenance.json").write_text(json.dumps(record))
    done = ccsim("replay", copy)
    assert done.exit_code == 0
    assert "numpy: the run had 0.1" in done.stderr


@pytest.mark.parametrize("content", [None, "", "{}", '{"engine": "turbo"}', "[]"])
def test_not_a_results_folder(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "provenance.json").write_text(content)
    done = ccsim("replay", tmp_path)
    assert done.exit_code == 2
    assert "provenance.json" in done.stderr


def test_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    scenario = read.load(write_tiny(tmp_path), overrides=["replications=5"])
    prints = {}
    for executor, workers in (("processes", 1), ("processes", 2), ("threads", 2), ("threads", 3)):
        _, folder = run_to_folder(
            tmp_path / "out", scenario, engine="simpy", workers=workers, executor=executor, log="all"
        )
        prints[executor, workers] = [provenance.fingerprint(folder / file) for file in FILES]
    assert all(result == prints["processes", 1] for result in prints.values())


@pytest.mark.parametrize("kind", EXECUTORS)
def test_executors_keep_order_and_hand_on_errors(kind: str) -> None:
    assert list(run_all(abs, range(-20, 0), 2, kind)) == list(range(20, 0, -1))
    with pytest.raises(TypeError):
        list(run_all(abs, [1, "two", 3], 2, kind))


def die(unit: int) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_killed_worker_is_named() -> None:
    with pytest.raises(MemoryError, match="worker"):
        list(run_all(die, [1, 2, 3], 2))


def test_executors_stay_little_ahead() -> None:
    taken = []

    def units() -> object:
        for unit in range(1000):
            taken.append(unit)
            yield unit

    stream = run_all(abs, units(), 2, "threads")
    next(stream)
    assert len(taken) <= 5
    stream.close()
