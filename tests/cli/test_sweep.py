"""`ccsim sweep`: files, tables, pictures; interrupted and resumed; on a cluster that loses a worker."""

from __future__ import annotations

import csv
import json
import math
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from ccsim.charts.sweeps import pages, unbeaten
from ccsim.cli.sweep_table import show
from ccsim.errors import ScenarioError
from ccsim.results import provenance
from ccsim.results.figures import MetricPlace
from ccsim.results.sweeps import Sweep
from ccsim.runs import many
from ccsim.runs.checkpoints import STORE
from ccsim.runs.store import Store
from ccsim.scenario.design import Design, read_setting
from ccsim.scenario.read import load
from ccsim.studies.points import Points
from ccsim.studies.sweep import read_figures, sweep, sweep_to_folder
from tests.cli.tiny import ccsim, only_folder, write_tiny

CHATS, SCALE = "team.writers.concurrency.chat", "queue.phone.volume.scale"
VARY = ("--vary", f"{CHATS}=1:3", "--vary", f"{SCALE}=0.8:1.2:3", "--engine", "compiled", "--workers", "1")
TABLES = ("sweep.csv", "sweep.parquet", "tornado.csv")


def points_of(file: Path, *changes: str, vary: dict[str, str] | None = None, **how: Any) -> Points:
    settings = vary or {CHATS: "1:3", SCALE: "0.8:1.2:3"}
    how = {"sensitivity": True} | how
    read = tuple(read_setting(path, said) for path, said in settings.items())
    return Points.checked(Design(load(file, None, changes), read, file=file, **how))


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def serial(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, Path]:
    """The sweep as it is without anything in its way."""
    return sweep_to_folder(tmp_path_factory.mktemp("serial"), points_of(tiny), engine="compiled", workers=1)


# -------------------------------------------------------------------------------------------------------------- results


def test_a_results_folder(tiny: Path, tmp_path: Path) -> None:
    result = ccsim("sweep", tiny, *VARY, "--sensitivity", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "9 points (grid), means of 2 replications each, seed 5, engine compiled;" in result.output
    assert "total service" in result.output
    folder = only_folder(tmp_path)
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*")} == {
        *TABLES, "sweep.toml", "provenance.json", "report.html", "report.json", "charts",
        *("scenario", "scenario/scenario.toml", "scenario/volumes.csv"),
        *(f"charts/{name}.png" for name in ("curves", "heat_map", "frontier", "tornado")),
    }  # fmt: skip
    record = json.loads((folder / "provenance.json").read_text())
    assert record["files"]["sweep.csv"] == provenance.fingerprint(folder / "sweep.csv")
    assert record["vary"] == {CHATS: "1:3", SCALE: "0.8:1.2:3"}
    assert record["versions"] == provenance.versions() | provenance.source()


def test_its_sweep_file_does_it_again(serial: tuple[Sweep, Path], tmp_path: Path) -> None:
    folder = serial[1]
    result = ccsim("sweep", folder / "sweep.toml", "--engine", "compiled", "--workers", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert tables(only_folder(tmp_path)) == tables(folder)


def test_tidy_tables(serial: tuple[Sweep, Path]) -> None:
    actual, folder = serial
    frame = actual.to_frame()
    assert list(frame) == ["point", CHATS, SCALE, "level", "name", "metric", "mean", "low", "high", "unit"]
    assert not frame.duplicated(["point", "level", "name", "metric"]).any()
    assert sorted(set(zip(frame["point"], frame[CHATS], frame[SCALE], strict=True))) == [
        (number, *row) for number, row in enumerate(actual.design.rows)
    ]
    with (folder / "sweep.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    parquet = pq.read_table(folder / "sweep.parquet").to_pylist()
    assert [{key: "" if cell is None else str(cell) for key, cell in row.items()} for row in parquet] == [
        {key: str(float(cell)) if key in (CHATS, SCALE) else cell for key, cell in line.items()} for line in lines
    ]


def test_dates_stand_in_the_table_as_they_are_written() -> None:
    file = Path(__file__).parents[2] / "scenarios" / "phone_8020.toml"
    points = points_of(file, "days=1", "replications=1", vary={"start": "2026-03-02,2026-03-09"}, sensitivity=False)
    frame = sweep(points, workers=1).to_frame()
    assert list(frame["start"].unique()) == ["2026-03-02", "2026-03-09"]


def test_indices_are_shown_with_their_intervals(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = points_of(tiny, "replications=1", vary={SCALE: "0.8:1.2"}, kind="sobol", number=2)
    show(sweep(points, workers=1), read_figures(("utilisation",), points.design))
    assert len(re.findall(r"-?\d+\.\d\d to -?\d+\.\d\d", capsys.readouterr().out)) == 2


def test_a_point_is_a_run(serial: tuple[Sweep, Path], tiny: Path) -> None:
    actual, point = serial[0], 7
    chats, scale = actual.design.rows[point]
    run = json.loads(
        ccsim(
            "run", tiny, "--json", "--engine", "compiled", "--set", f"{CHATS}={chats}", "--set", f"{SCALE}={scale}"
        ).stdout
    )
    for place, figure in (
        (run["queues"]["phone"], MetricPlace("queue", "phone", "asa")),
        (run["teams"]["writers"], MetricPlace("team", "writers", "utilisation")),
        (run["total"], MetricPlace("total", "total", "cost")),
    ):
        assert actual.estimates(figure)[point]._asdict() == place[figure.metric]


def test_json(tiny: Path, serial: tuple[Sweep, Path]) -> None:
    result = ccsim("sweep", tiny, *VARY, "--sensitivity", "--json")
    actual = json.loads(result.stdout)
    assert [point["settings"] for point in actual["points"]] == [
        {CHATS: chats, SCALE: scale} for chats, scale in serial[0].design.rows
    ]
    asa = serial[0].estimates(MetricPlace("queue", "phone", "asa"))
    assert [point["queues"]["phone"]["asa"]["mean"] for point in actual["points"]] == [e.mean for e in asa]
    assert len(actual["tornado"]) == len(serial[0].alone)


def test_each_setting_alone_is_a_paired_difference(serial: tuple[Sweep, Path], tiny: Path) -> None:
    """Of a count, whose paired jackknife is Student's t of the replications' differences."""
    actual = {row[:5]: row for row in serial[0].alone}

    def offered(*changes: str) -> list[float]:
        each = [ccsim("run", tiny, "--json", "--engine", "compiled", *changes).stdout]
        return [json.loads(output)["queues"]["phone"]["offered"]["mean"] for output in each]

    (base,), (busy,) = offered(), offered("--set", f"{SCALE}=1.2")
    row = actual[SCALE, 1.2, "queue", "phone", "offered"]
    assert (row.mean, row.difference) == (busy, pytest.approx(busy - base))
    unchanged = actual[CHATS, 3, "queue", "phone", "offered"]
    assert (unchanged.difference, unchanged.low, unchanged.high) == (0, 0, 0)


def test_sobol_indices_of_what_is_known(tmp_path: Path) -> None:
    """Paid hours are linear in the numbers of agents: 3 h × a + 9 h × b, without absence or overtime."""
    file = write_tiny(tmp_path)
    still = [
        "team.all.absence=0",
        "queue.phone.volume.scale=0",
        "queue.chat.volume.scale=0",
        "queue.message.volume.scale=0",
    ]
    vary = {"team.writers.shifts.0.agents": "0:10", "team.all.shifts.0.agents": "0:20"}
    design = points_of(file, *still, "replications=1", vary=vary, kind="sobol", number=32)
    actual = {index[:4]: index for index in sweep(design, engine="compiled", workers=1).indices}
    writers, everyone = (actual[path, "total", "total", "paid_hours"] for path in vary)
    # variances of whole numbers 0…n, each as often: ((n + 1)² - 1) / 12
    share = (11**2 - 1) / (11**2 - 1 + 21**2 - 1)
    for index, exact in ((writers, share), (everyone, 1 - share)):
        assert index.first == pytest.approx(exact, abs=0.08)
        assert index.total == pytest.approx(exact, abs=0.08)
        assert index.first_low < exact < index.first_high
        assert index.first_high - index.first_low < 0.9


def test_figures_to_show(tiny: Path) -> None:
    design = points_of(tiny).design
    assert read_figures(["asa@phone", "cost"], design) == [
        MetricPlace("queue", "phone", "asa"),
        MetricPlace("total", "total", "cost"),
    ]
    assert MetricPlace("total", "total", "service_level") in read_figures([], design)
    with pytest.raises(ScenarioError) as caught:
        read_figures(["asa@phones", "costs"], design)
    assert [problem.value for problem in caught.value.problems] == ["no queue or team 'phones'", "no metric 'costs'"]


@pytest.mark.parametrize(
    ("vary", "how", "pictures"),
    [
        ({SCALE: "1,2"}, {"sensitivity": False}, {"curves", "frontier", "sensitivity"}),
        (
            {CHATS: "1,2", SCALE: "1,2", "routing.agent": "most_loaded,longest_idle"}, {},
            {"curves", "heat_map", "frontier", "tornado"},
        ),
        (
            {"queue.chat.idle_timeout": "1m:9m", SCALE: "1,2"}, {"kind": "latin", "number": 4},
            {"curves", "frontier", "tornado"},
        ),
    ],
)  # fmt: skip
def test_pictures_of_every_design(tiny: Path, vary: dict[str, str], how: dict[str, Any], pictures: set[str]) -> None:
    actual = sweep(points_of(tiny, vary=vary, **how), engine="compiled", workers=1)
    drawn = pages(actual, read_figures(["service_level", "asa@phone", "cost"], actual.design))
    for draw in drawn.values():
        draw().draw_without_rendering()
    assert set(drawn) == pictures


def test_nobody_beats_the_frontier() -> None:
    import numpy as np

    cost, good = np.array([3.0, 1, 2, 2, 1, math.nan]), np.array([9.0, 1, 5, 4, 2, 99])
    assert unbeaten(cost, good) == [4, 2, 0]


# ------------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to vary"),
        (("--vary", CHATS), "no ="),
        (("--vary", f"{CHATS}=0:2"), f"at {CHATS}=0: {CHATS}: 0"),
        (("--vary", "team.nobody.absence=0,1"), "no team 'nobody'"),
        (("--vary", f"{CHATS}=1:2", "--points", "8"), "with a grid"),
        (("--vary", f"{CHATS}=1:2", "--metric", "asa@nobody"), "no queue or team 'nobody'"),
        (("--vary", f"{CHATS}=1:2", "--cluster", "local", "--executor", "threads"), "not both"),
        (("--vary", f"{CHATS}=1:2", "--cluster", "nowhere"), "nowhere"),
    ],
)
def test_bad_input(tiny: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = ccsim("sweep", tiny, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not list((tmp_path / "out").rglob("*.*"))


def test_nothing_to_resume_from(tiny: Path) -> None:
    result = ccsim("sweep", tiny, *VARY, "--json", "--resume")
    assert result.exit_code == 2
    assert "nothing is kept" in result.stderr


def test_a_missing_library_is_explained(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = ccsim("sweep", tiny, "--vary", f"{CHATS}=1:2", "--cluster", "local", "--out", tmp_path)
    assert result.exit_code == 2
    assert "pip install 'ccsim[cluster]'" in result.stderr


# --------------------------------------------------------------------------------------------------------------- resume


class Stopped(KeyboardInterrupt):
    """Ctrl-C at a moment of choice."""


def interrupted(points: Points, root: Path, after: int) -> KeyboardInterrupt:
    """The interruption of a sweep after so many simulations."""
    left = after

    def count(done: int) -> None:
        nonlocal left
        left -= done
        if left <= 0:
            raise Stopped

    with pytest.raises(Stopped) as caught:
        sweep_to_folder(root, points, engine="compiled", workers=1, progress=count)
    return caught.value


def test_resumed_it_is_the_same(tiny: Path, serial: tuple[Sweep, Path], tmp_path: Path) -> None:
    points = points_of(tiny)
    error = interrupted(points, tmp_path, 5)
    (hidden,) = next(tmp_path.iterdir()).iterdir()
    with Store(hidden / STORE) as store:
        kept = len(store)
    total = 2 * len(points)
    assert 5 <= kept < total
    assert error.__notes__ == [f"{kept} of {total} simulations are kept in {hidden}."]
    told: list[int] = []
    _, folder = sweep_to_folder(tmp_path, points, engine="compiled", workers=1, resume=True, progress=told.append)
    assert told[0] == kept
    assert sum(told) == total
    assert tables(folder) == tables(serial[1])
    assert folder == only_folder(tmp_path)


def test_an_interruption_says_how_to_go_on(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def progress(_unit: str, _total: int, doing: str) -> Iterator[SimpleNamespace]:
        def update(count: int) -> None:
            if doing == "simulating" and count:
                raise KeyboardInterrupt

        yield SimpleNamespace(update=update)

    with monkeypatch.context() as patched:
        patched.setattr("ccsim.cli.progress.progress", progress)
        result = ccsim("sweep", tiny, *VARY, "--out", tmp_path / "o o")
    assert result.exit_code == 130
    first, kept, onward = result.stderr.splitlines()
    assert first == "Interrupted."
    assert "simulations are kept in" in kept
    assert onward.startswith("Go on with: ")
    assert onward.endswith(f"--out '{tmp_path / 'o o'}' --resume")
    result = ccsim("sweep", tiny, *VARY, "--out", tmp_path / "o o", "--resume")
    assert result.exit_code == 0, result.output
    only_folder(tmp_path / "o o")


def test_another_sweep_is_not_resumed_into(tiny: Path, tmp_path: Path) -> None:
    interrupted(points_of(tiny), tmp_path, 5)
    silent = "queue.chat.silent_abandonment"
    for points, engine, said in (
        (points_of(tiny, f"{silent}=0.4"), "compiled", f"scenario.{silent}: 0.5 then, 0.4 now"),
        (points_of(tiny, vary={CHATS: "1:4", SCALE: "0.8:1.2:3"}), "compiled", f'vary.{CHATS}: "1:3" then, "1:4" now'),
        (points_of(tiny, "seed=6"), "compiled", "seed: 5 then, 6 now"),
        (points_of(tiny), "simpy", 'engine: "compiled" then, "simpy" now'),
    ):
        with pytest.raises(ScenarioError) as caught:
            sweep_to_folder(tmp_path, points, engine=engine, workers=1, resume=True)
        assert said in [str(problem) for problem in caught.value.problems]
        assert "another study" in str(caught.value)


def test_another_version_is_not_resumed_into(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(points_of(tiny), tmp_path, 5)
    monkeypatch.setattr(provenance, "source", lambda: {"source of ccsim": "another"})
    with pytest.raises(ScenarioError, match="source of ccsim"):
        sweep_to_folder(tmp_path, points_of(tiny), engine="compiled", workers=1, resume=True)


def test_a_full_disk_is_explained(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(store: Store, file: Path | None = None) -> None:
        begin(store, file)
        store._base.execute("PRAGMA max_page_count = 8")

    begin = Store.__init__
    with monkeypatch.context() as patched:
        patched.setattr(Store, "__init__", small)
        result = ccsim("sweep", tiny, *VARY, "--out", tmp_path)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert "--resume" in result.stderr
    assert ccsim("sweep", tiny, *VARY, "--out", tmp_path, "--resume").exit_code == 0


def run_until_killed(root: Path, file: Path, told: Any) -> None:
    """In a process of its own: the sweep in units of one, telling of each. Who first writes results down is killed."""
    many.UNIT, many.SHARED = 0, 1

    def draw(actual: Sweep, folder: Path) -> None:
        if not (root.parent / "written").exists():
            (root.parent / "written").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def tell(count: int) -> None:
        told.send(count)
        told.recv()

    points = points_of(file, "replications=4")
    sweep_to_folder(root, points, engine="compiled", workers=1, resume=True, finish=draw, progress=tell)


def test_killed_three_times_it_is_the_same(tiny: Path, tmp_path: Path) -> None:
    """kill -9 after a few units in the midst of the next, or of writing it down; and once when all are done."""
    points = points_of(tiny, "replications=4")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "ccsim.engine.reference"])
    chance = random.Random(20261122)
    ends: list[int | None] = []
    kept = 0
    while 0 not in ends:
        ours, theirs = context.Pipe()
        process = context.Process(target=run_until_killed, args=(tmp_path / "out", tiny, theirs))
        process.start()
        theirs.close()
        with suppress(EOFError, ConnectionError):
            told = [ours.recv()]
            assert told == [kept]  # all that was kept is there
            while len(ends) >= 2 or len(told) <= chance.randrange(4):
                ours.send("go on")
                told.append(ours.recv())
            ours.send("go on")
            time.sleep(chance.random() * 0.02)
            process.kill()
            while True:
                told.append(ours.recv())
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        ends.append(process.exitcode)
        for file in (tmp_path / "out").rglob(STORE):
            with Store(file) as store:
                kept = len(store)
            assert kept >= sum(told)
    assert ends == 3 * [-signal.SIGKILL] + [0]
    assert kept == sum(told) == 4 * len(points)
    _, folder = sweep_to_folder(tmp_path / "again", points, engine="compiled", workers=1)
    assert tables(only_folder(tmp_path / "out")) == tables(folder)


# -------------------------------------------------------------------------------------------------------------- cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a Dask scheduler on loopback, and its two workers: three processes."""
    root = Path(__file__).parent.parent.parent
    environment = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    where = tmp_path / "scheduler.json"

    def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(where), *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environment, cwd=tmp_path, **quiet)  # type: ignore[call-overload, no-any-return]

    scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    workers = [
        start("dask_worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in "ab"
    ]
    try:
        for _ in range(600):
            if where.exists() and where.read_text():
                break
            time.sleep(0.1)
        yield json.loads(where.read_text())["address"], workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_on_a_cluster_that_loses_a_worker(
    tiny: Path, serial: tuple[Sweep, Path], cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    from distributed import Client

    address, workers = cluster
    with Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    points = points_of(tiny)
    done = 0

    def half_way(count: int) -> None:
        nonlocal done
        done += count
        if done >= len(points) and workers[0].poll() is None:
            workers[0].send_signal(signal.SIGKILL)

    _, folder = sweep_to_folder(tmp_path / "out", points, engine="compiled", executor=address, progress=half_way)
    assert workers[0].wait() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert done == 2 * len(points)
    assert tables(folder) == tables(serial[1])


def test_a_scheduler_that_goes_is_explained(tiny: Path, tmp_path: Path) -> None:
    from distributed import LocalCluster

    cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None)
    try:
        with pytest.raises(ConnectionError, match="gone") as caught:
            sweep_to_folder(
                tmp_path, points_of(tiny), engine="compiled", executor=cluster.scheduler_address,
                progress=lambda count: cluster.close() if count else None,
            )  # fmt: skip
    finally:
        cluster.close()
    assert "kept in" in caught.value.__notes__[0]
