"""A scenario reads regular files of its own folder, of a bounded size, and tells nobody what else stands in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import ccsim as package
from ccsim.errors import ScenarioError
from ccsim.scenario import data
from ccsim.scenario.read import load
from tests.cli.tiny import TINY, VOLUMES, ccsim

SECRET = "root:x:0:0,secret,word"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A scenario whose volumes lie beside its folder."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "volumes.csv").write_text(VOLUMES)
    (tmp_path / "secret").write_text(f"{SECRET}\n1,2,3\n")
    (tmp_path / "shop" / "s.toml").write_text(TINY.replace("volumes.csv", "../volumes.csv"))
    return tmp_path / "shop" / "s.toml"


def refused(file: Path, *changes: str, outside: bool = False) -> str:
    with pytest.raises(ScenarioError) as wrong:
        load(file, None, changes, outside=outside)
    return str(wrong.value)


def test_outside_its_folder_only_where_that_is_allowed(shop: Path, tmp_path: Path) -> None:
    assert "queue.phone.volume.file: '../volumes.csv' lies outside the scenario's folder" in refused(shop)
    assert load(shop, outside=True).files == {"../volumes.csv": VOLUMES.encode()}
    path = "queue.phone.volume.file"
    assert load(shop, None, [f"{path}={tmp_path / 'volumes.csv'}"]).queue["phone"].volume.intervals
    (shop.parent / "link.csv").symlink_to(tmp_path / "volumes.csv")
    shop.write_text(TINY.replace("volumes.csv", "link.csv"))
    assert "outside" in refused(shop)
    (shop.parent / "link.csv").unlink()
    (shop.parent / "link.csv").write_text(VOLUMES)
    assert load(shop).files


@pytest.mark.parametrize(
    "verb",
    [
        ("check",),
        ("run", "--engine", "simpy", "--replications", "1"),
        ("compare", "--variants", "--engine", "simpy", "--replications", "1", "--workers", "1"),
        ("sweep", "--vary", "queue.phone.volume.scale=1,2", "--engine", "simpy", "--replications", "1"),
        ("staff", "--method", "erlang"),
    ],
    ids=lambda verb: verb[0],
)
def test_every_command_asks_for_it(verb: tuple[str, ...], shop: Path, tmp_path: Path) -> None:
    out = () if verb[0] == "check" else ("--out", tmp_path / "out")
    done = ccsim(verb[0], shop, *verb[1:], *out)
    assert done.exit_code == 2
    assert "--allow-outside" in done.stderr
    done = ccsim(verb[0], shop, *verb[1:], *out, "--allow-outside")
    assert done.exit_code == 0, done.output


def test_levels_on_the_command_line_are_asked_for(shop: Path, tmp_path: Path) -> None:
    shop.write_text(TINY.replace('{ file = "volumes.csv", column = "calls" }', "{ per_day = 20 }"))
    file = f'{{ file = "{tmp_path / "volumes.csv"}", column = "calls" }}'
    once = ("--engine", "simpy", "--replications", "1", "--workers", "1")
    done = ccsim("sweep", shop, "--vary", f"queue.phone.volume={file}", *once, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    sweep = shop.parent / "sweep.toml"
    sweep.write_text(f"scenario = 's.toml'\n[vary]\n\"queue.phone.volume\" = [{file}]\n")
    done = ccsim("sweep", sweep, *once, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "lies outside" in done.stderr


def test_python_asks_for_it_too(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="outside"):
        package.load(shop)
    assert package.load(shop, allow_outside=True).changed({"seed": 3}).scenario.seed == 3
    shop.write_text(TINY.replace('{ file = "volumes.csv", column = "calls" }', "{ per_day = 20 }"))
    change = {"queue.phone.volume": {"file": str(tmp_path / "volumes.csv"), "column": "calls"}}
    assert package.load(shop, set=change).scenario.files


@pytest.mark.parametrize("outside", [False, True])
def test_nothing_of_a_foreign_file_is_shown(outside: bool, shop: Path) -> None:
    shop.write_text(TINY.replace("volumes.csv", "../secret"))
    said = refused(shop, outside=outside)
    assert not [part for part in SECRET.split(",") if part in said.replace("/secret", "")]


def test_only_regular_files_are_read(shop: Path) -> None:
    os.mkfifo(shop.parent / "pipe.csv")
    shop.write_text(TINY.replace("volumes.csv", "pipe.csv"))
    assert "not a regular file" in refused(shop)
    shop.write_text(TINY.replace("volumes.csv", os.devnull))
    assert "not a regular file" in refused(shop, outside=True)
    with pytest.raises(ScenarioError, match="not a regular file"):
        load(shop.parent / "pipe.csv")


def test_no_more_is_read_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"0" * 2**21)
    assert len(data.content(tmp_path / "large", 2**21)) == 2**21
    with pytest.raises(OSError, match="more than 1 MiB"):
        data.content(tmp_path / "large", 2**20)
