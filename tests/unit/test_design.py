"""What a sweep varies: levels as they are written, designs, and the points' scenarios."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.design import Design, read_setting, read_sweep_file
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import load, parse
from ccsim.studies.points import Points
from tests.cli.tiny import write_tiny

SCALE, CHATS, TIMEOUT = "queue.phone.volume.scale", "team.writers.concurrency.chat", "queue.chat.idle_timeout"


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ("1:4", (1, 2, 3, 4)),
        ("1:9:3", (1, 5, 9)),
        ("1:2:3", (1.0, 1.5, 2.0)),
        ("0.8:1.2:5", (0.8, 0.9, 1.0, 1.1, 1.2)),
        ("3", (3,)),
        ("1,2,4", (1, 2, 4)),
        ("1:3,8", (1, 2, 3, 8)),
        ("2m:10m:5", (120.0, 240.0, 360.0, 480.0, 600.0)),
        ("30s,1m,2h", (30.0, 60.0, 7200.0)),
        ('"oldest","newest"', ("oldest", "newest")),
        ("oldest,newest", ("oldest", "newest")),
        ("08:00-16:00,09:00-17:00", ("08:00-16:00", "09:00-17:00")),
        ("80/20,90/10", ("80/20", "90/10")),
        ("true,false", (True, False)),
        ("{mean='1m'},{mean='2m',cv=1}", ({"mean": "1m"}, {"mean": "2m", "cv": 1})),
        ([1, 2.5], (1, 2.5)),
        (["1m", "2m"], (60.0, 120.0)),
    ],
)
def test_levels_as_they_are_written(said: Any, levels: tuple[Any, ...]) -> None:
    result = read_setting("a.b", said)
    assert result.levels == levels
    assert [type(level) for level in result.levels] == [type(level) for level in levels]


def test_all_between_two_numbers() -> None:
    shares, times = read_setting("a", "0.2:0.6"), read_setting("b", "1m:3m")
    assert (shares.levels, shares.ends) == ((), (0.2, 0.6))
    assert shares.at(0.5) == pytest.approx(0.4)
    assert times.seconds
    assert times.at(0.25) == pytest.approx(90)


def test_levels_are_met_alike() -> None:
    setting = read_setting("a", "1:4")
    assert [setting.at(u) for u in (0.0, 0.2499, 0.25, 0.5, 0.9999)] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "said",
    [
        *("", "4:1", "1:1", "1,fast", "0.1:0.2,0.5", "0:9999999"),
        *("1:2:1", "1:2:0", "1:2:9999999999", "1:2:2.5", "1:2:many", "1:1e999:3"),
    ],
)
def test_levels_that_make_no_sense(said: str) -> None:
    with pytest.raises(ScenarioError, match=r"a\.b"):
        read_setting("a.b", said)


# --------------------------------------------------------------------------------------------------------------- design


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return load(write_tiny(tmp_path_factory.mktemp("tiny")))


def design(base: Scenario, *settings: tuple[str, Any], **how: Any) -> Design:
    return Design(base, tuple(read_setting(*setting) for setting in settings), **how)


def test_a_grid_in_the_order_of_its_settings(base: Scenario) -> None:
    assert design(base, (CHATS, "1:2"), (SCALE, "0.5:1.5:3")).rows == [
        (1, 0.5), (1, 1.0), (1, 1.5), (2, 0.5), (2, 1.0), (2, 1.5),
    ]  # fmt: skip


def test_a_latin_hypercube_meets_every_stratum_once(base: Scenario) -> None:
    rows = design(base, (SCALE, "0:1.0"), (CHATS, "1:10"), kind="latin", number=10).rows
    assert sorted(int(10 * scale) for scale, _ in rows) == list(range(10))
    assert sorted(chats for _, chats in rows) == list(range(1, 11))


def test_a_design_is_that_of_its_seed(base: Scenario) -> None:
    def rows(kind: Any, seed: int) -> list[tuple[Any, ...]]:
        return design(base.with_streams(seed, 2), (SCALE, "0:1.0"), (TIMEOUT, "1m:9m"), kind=kind, number=8).rows

    for kind in ("latin", "sobol"):
        assert rows(kind, 1) == rows(kind, 1)
        assert rows(kind, 1) != rows(kind, 2)


def test_points_for_indices_mix_two_samples(base: Scenario) -> None:
    n = 8
    rows = np.array(design(base, (SCALE, "0:1.0"), (TIMEOUT, "1m:9m"), kind="sobol", number=n, sensitivity=True).rows)
    first, second, other_scale, other_timeout = rows.reshape(4, n, 2)
    assert len(rows) == n * (2 + 2)
    assert (other_scale == np.column_stack((second[:, 0], first[:, 1]))).all()
    assert (other_timeout == np.column_stack((first[:, 0], second[:, 1]))).all()
    assert not (first == second).any()


def test_each_setting_alone(base: Scenario) -> None:
    result = design(base, (CHATS, "4,1,2"), (SCALE, "0.5:1.5:3"), sensitivity=True).alone
    assert result == [(None, None), (1, None), (4, None), (None, 0.5), (None, 1.5)]


@pytest.mark.parametrize(
    ("settings", "how", "said"),
    [
        ([], {}, "nothing to vary"),
        ([(SCALE, "1,2"), (SCALE, "3")], {}, "twice"),
        ([("replications", "1:3")], {}, "one for all points"),
        ([(SCALE, "0.5:1.5")], {}, "in a grid"),
        ([(SCALE, "1,2")], {"number": 4}, "with a grid"),
        ([(SCALE, "1,2")], {"kind": "latin"}, "2 or more"),
        ([(SCALE, "1,2")], {"kind": "sobol", "number": 100}, "64 or 128"),
        ([(SCALE, "1:2000"), (CHATS, "1:1000")], {}, "at most 1,000,000"),
    ],
)
def test_designs_that_make_no_sense(base: Scenario, settings: Any, how: Any, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        design(base, *settings, **how)


# --------------------------------------------------------------------------------------------------------------- points


def test_points_are_the_scenario_with_its_overrides(tmp_path: Path) -> None:
    file = write_tiny(tmp_path)
    points = Points.checked(
        Design(
            load(file), (read_setting(SCALE, "0.5,1"), read_setting(TIMEOUT, "2m:3m:2")), file=file, sensitivity=True
        )
    )
    expected = [
        load(file, None, [f"{SCALE}={scale}", f"{TIMEOUT}={time}s"]) for scale in (0.5, 1) for time in (120, 180)
    ]
    assert [point.queue for point in points[:4]] == [scenario.queue for scenario in expected]
    assert points[4].queue == load(file).queue
    assert len(points) == 4 + 1 + 4


def test_pickled_points_need_no_files(tmp_path: Path) -> None:
    file = write_tiny(tmp_path)
    points = Points.checked(Design(load(file), (read_setting(SCALE, "0.5,1"),), file=file))
    (tmp_path / "volumes.csv").unlink()
    again = pickle.loads(pickle.dumps(points))
    assert [point.queue for point in again] == [point.queue for point in points]
    assert again[0].queue["phone"].volume.intervals


def test_every_point_is_checked_before_anything_runs(base: Scenario) -> None:
    settings = (CHATS, "0:2"), ("queue.chat.no_such", "1,2"), (SCALE, "1,2")
    with pytest.raises(ScenarioError) as caught:
        Points.checked(design(base, *settings))
    second, first = (str(problem) for problem in caught.value.problems)
    assert first.startswith(f"at {CHATS}=0, queue.chat.no_such=1, {SCALE}=1 and 3 more points: {CHATS}: 0")
    assert "and 11 more points: queue.chat.no_such: unknown key" in second


def test_points_that_share_their_contacts(base: Scenario) -> None:
    shared = Points.checked(design(base, (CHATS, "1:3"), (SCALE, "1,2"))).shared
    assert len(set(shared)) == 2
    assert shared[::2] == [shared[0]] * 3


# ----------------------------------------------------------------------------------------------------------------- file


def test_a_sweep_file(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(f'scenario = "tiny.toml"\ndesign = "latin"\npoints = 8\n[vary]\n"{SCALE}" = "0:2.0"\n')
    known = read_sweep_file(file)
    assert known is not None
    assert (known.scenario, known.design, known.points, known.vary) == ("tiny.toml", "latin", 8, {SCALE: "0:2.0"})
    assert read_sweep_file(write_tiny(tmp_path)) is None


def test_a_broken_sweep_file(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text('design = "cube"\nlevels = 3\n[vary]\n')
    with pytest.raises(ScenarioError) as caught:
        read_sweep_file(file)
    assert {problem.path for problem in caught.value.problems} == {"scenario", "design", "levels"}


def test_variants_are_left_behind(base: Scenario) -> None:
    points = Points.checked(design(base, (SCALE, "1,2")))
    assert not points[0].variant
    assert parse(dict(points[0].raw), given=base.files).queue == points[0].queue


@pytest.mark.parametrize("levels", ["5,5,6", "1:3,2", "1m,60s", '"a","a"', "5,5.0"])
def test_a_level_twice_is_refused(levels: str) -> None:
    with pytest.raises(ScenarioError, match="twice; expected each level once"):
        read_setting("queue.a.work", levels)


@pytest.mark.parametrize(
    "paths",
    [("queue.a.work", "queue.a.work"), ("queue.a.work", 'queue."a".work'), ("queue.a.work", "queue.a.work.mean")],
)
def test_a_place_twice_is_refused(paths: tuple[str, str]) -> None:
    scenario: Any = None
    with pytest.raises(ScenarioError, match="varied twice"):
        Design(scenario, tuple(read_setting(path, "1,2") for path in paths))
