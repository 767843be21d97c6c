"""What is kept of a study is taken up again whatever else runs, and damage to it is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccsim.runs.checkpoints import STORE, UNFINISHED
from ccsim.runs.store import Store
from ccsim.studies.sweep import sweep_to_folder
from tests.cli.test_sweep import interrupted, points_of, tables
from tests.cli.tiny import ccsim, only_folder, write_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


def hidden(root: Path) -> list[Path]:
    return sorted(root.glob(f"*/.*{UNFINISHED}"))


def test_another_study_of_that_name_may_run_meanwhile(tiny: Path, tmp_path: Path) -> None:
    points = points_of(tiny)
    interrupted(points, tmp_path / "out", 5)
    (mine,) = hidden(tmp_path / "out")
    interrupted(points_of(tiny, "seed=6"), tmp_path / "out", 5)
    (other,) = set(hidden(tmp_path / "out")) - {mine}
    with Store(other / STORE):  # it runs
        _, folder = sweep_to_folder(tmp_path / "out", points, engine="compiled", workers=1, resume=True)
        assert folder.name in mine.name
        # nothing but the one in use is left
        with pytest.raises(OSError, match="in use by another process"):
            sweep_to_folder(tmp_path / "out", points, engine="compiled", workers=1, resume=True)
    assert hidden(tmp_path / "out") == [other]


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_a_damaged_store_is_explained(place: float, tiny: Path, tmp_path: Path) -> None:
    points = points_of(tiny)
    interrupted(points, tmp_path / "out", 12)
    (kept,) = hidden(tmp_path / "out")
    for file in kept.glob(f"{STORE}*"):
        content = bytearray(file.read_bytes())
        for at in range(int(place * len(content)), len(content)):
            content[at] ^= 0x55
        file.write_bytes(content)
    vary = ("--vary", "team.writers.concurrency.chat=1:3", "--vary", "queue.phone.volume.scale=0.8:1.2:3")
    done = ccsim("sweep", tiny, *vary, "--sensitivity", "--engine", "compiled", "--resume", "--out", tmp_path / "out")
    if done.exit_code == 0:  # a log whose checksum does not hold is left out, and what it had is done again
        _, folder = sweep_to_folder(tmp_path / "anew", points, engine="compiled", workers=1)
        assert tables(only_folder(tmp_path / "out")) == tables(folder)
    else:
        assert done.exit_code == 2
        assert f"{kept / STORE}: what is kept is damaged" in done.stderr
        assert kept.exists()
