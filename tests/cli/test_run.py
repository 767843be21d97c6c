"""`ccsim run`: the table, the JSON, the results folder, and what happens when something is wrong."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ccsim.metrics import METRICS
from ccsim.results import storage
from ccsim.runs import run as experiment
from tests.cli.tiny import ccsim, only_folder, write_tiny

LOGS = {"contacts.parquet", "turns.parquet", "agents.parquet"}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


def test_run_writes_a_whole_results_folder(tiny: Path, tmp_path: Path) -> None:
    done = ccsim("run", tiny, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    folder = only_folder(tmp_path / "out")
    assert folder.parent.name == "tiny-of-course"
    assert str(folder) in done.stdout
    drawn = {file.name for file in (folder / "charts").iterdir()}
    assert {f"{name}.png" for name in ("service_level", "waiting", "agents", "outcomes", "overview")} <= drawn
    figures = {"summary.csv", "intervals.csv", "days.csv"}
    plain = figures | {"scenario.toml", "volumes.csv", "provenance.json", "report.html", "actions.csv"}
    assert {file.name for file in folder.iterdir()} == plain | LOGS | {"charts"}
    with (folder / "summary.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["level", "name", "metric", "mean", "low", "high", "unit"]
    assert {row["level"] for row in rows} == {"queue", "team", "total"}
    assert pq.read_table(folder / "contacts.parquet")["replication"].unique().to_pylist() == [1]


def test_out_is_results_in_the_working_folder(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ccsim("run", tiny, "--replications", 1, "--no-report", "--no-charts").exit_code == 0
    assert (only_folder(tmp_path / "results") / "summary.csv").exists()


def test_table_fits_the_screen(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {}
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        shown[width] = ccsim("run", tiny, "--no-report", "--no-charts", "--out", tmp_path / "out").stdout
        # the folder's path is as long as it is
        lines = [line for line in shown[width].splitlines() if not line.startswith("Results:")]
        assert max(len(line.rstrip()) for line in lines) <= width
    for text in (
        "phone",
        "chat",
        "writers",
        "80 % in 20s: m",
        "calendar clock",
        "business clock",
        "all_offered",
        "≥ 90 %",
    ):
        assert text in shown[80]
        assert text in shown[120]


def test_json_is_all_that_stands_on_stdout(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    done = ccsim("run", tiny, "--json", "--variant", "busy", "--seed", 9)
    assert done.exit_code == 0
    result = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert set(tmp_path.iterdir()) == before
    facts = ("scenario", "variant", "engine", "seed", "replications")
    assert [result[key] for key in facts] == ["Tiny, of course", "busy", result["engine"], 9, 2]
    assert result["engine"] == "compiled"
    assert result["sl_formula"] == dict.fromkeys(("phone", "chat", "message"), "all_offered")
    assert list(result["queues"]) == ["phone", "chat", "message"]
    assert list(result["teams"]) == ["all", "writers"]
    known = {name for _, name in METRICS}
    for metrics in (*result["queues"].values(), *result["teams"].values(), result["total"]):
        assert metrics
        assert set(metrics) <= known
        assert all(set(figure) == {"mean", "low", "high"} for figure in metrics.values())
    assert "cost" in result["total"]
    assert "reply_level" in result["queues"]["chat"]
    assert "reply_level" not in result["queues"]["phone"]  # it has one turn
    # 24 calls a day, three times as many in the variant
    assert 40 < result["queues"]["phone"]["offered"]["mean"] < 120


def test_engines_give_the_same_figures(tiny: Path) -> None:
    compiled, simpy = (
        json.loads(ccsim("run", tiny, "--json", "--engine", engine).stdout) for engine in ("compiled", "simpy")
    )
    assert simpy == {**compiled, "engine": "simpy"}


def test_one_replication_has_no_interval(tiny: Path) -> None:
    result = json.loads(ccsim("run", tiny, "--json", "--replications", 1).stdout)
    offered = result["queues"]["phone"]["offered"]
    assert offered["mean"] > 0
    assert offered["low"] is None
    assert offered["high"] is None


def test_json_with_out_keeps_logs_but_draws_nothing(tiny: Path, tmp_path: Path) -> None:
    done = ccsim("run", tiny, "--json", "--out", tmp_path / "out")
    json.loads(done.stdout)
    folder = only_folder(tmp_path / "out")
    assert {file.name for file in folder.iterdir()} >= LOGS
    assert not (folder / "charts").exists()
    assert str(folder) in done.stderr


def test_logs_of_all_replications(tiny: Path, tmp_path: Path) -> None:
    for log in ("first", "all"):
        ccsim("run", tiny, "--json", "--log", log, "--out", tmp_path / log)
    first, both = (pq.read_table(only_folder(tmp_path / log) / "contacts.parquet") for log in ("first", "all"))
    assert both["replication"].unique().to_pylist() == [1, 2]
    assert both.slice(0, len(first)).equals(first)


def test_the_folder_holds_the_scenario_as_run(tiny: Path, tmp_path: Path) -> None:
    ccsim(
        "run",
        tiny,
        "--json",
        "--out",
        tmp_path / "out",
        "--variant",
        "busy",
        "--set",
        "queue.chat.work.mean=40",
        "--seed",
        6,
    )
    folder = only_folder(tmp_path / "out")
    written = tomllib.loads((folder / "scenario.toml").read_text())
    assert written["queue"]["phone"]["volume"]["scale"] == 3
    assert written["queue"]["chat"]["work"]["mean"] == 40
    assert written["seed"] == 6
    record = json.loads((folder / "provenance.json").read_text())
    assert record["variant"] == "busy"
    assert record["overrides"] == ["queue.chat.work.mean=40", "seed=6"]
    assert record["replications"] == 2
    assert set(record) >= {"versions", "engine", "git", "machine", "started", "duration_s"}


def test_require_targets(tiny: Path) -> None:
    missed = ccsim("run", tiny, "--json", "--require-targets", "--set", 'queue.phone.service_level="100/0"')
    assert missed.exit_code == 1
    json.loads(missed.stdout)
    aims = [f'queue.{name}.service_level="0/20"' for name in ("phone", "chat", "message")] + [
        'queue.chat.reply_target="0/60"'
    ]
    assert (
        ccsim("run", tiny, "--json", "--require-targets", *(part for aim in aims for part in ("--set", aim))).exit_code
        == 0
    )


def test_a_required_target_without_data_is_named(tiny: Path) -> None:
    nobody = ("--set", "queue.message.volume.scale=0", "--set", 'queue.message.service_level="80/20"')
    done = ccsim("run", tiny, "--json", "--require-targets", *nobody)
    assert "message has no data on service_level: its target is neither met nor missed" in done.stderr
    assert done.stderr.count("no data") == 1


def test_a_broken_rule_is_a_failed_check(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ccsim("run", tiny, "--json", "--audit").exit_code == 0
    monkeypatch.setattr("ccsim.engine.audit.audit", lambda *tables: ["agent 3 does two things at once"])
    done = ccsim("run", tiny, "--audit", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "two things at once" in done.stderr
    assert not list((tmp_path / "out").rglob("*.*"))


BAD = {
    "no such file": (["nowhere.toml"], "nowhere.toml"),
    "a folder": (["."], "folder"),
    "not TOML": (["broken.toml"], "broken.toml"),
    "unknown path": (["tiny.toml", "--set", "queue.fax.work=3"], "queue.fax"),
    "no value": (["tiny.toml", "--set", "seed"], "--set"),
    "bad value": (["tiny.toml", "--set", "queue.chat.work.mean=-1"], "queue.chat.work"),
    "unknown variant": (["tiny.toml", "--variant", "bussy"], "busy"),
    "no replications": (["tiny.toml", "--replications", "0"], "replications"),
    "negative seed": (["tiny.toml", "--seed", "-1"], "seed"),
    "no workers": (["tiny.toml", "--workers", "0"], "workers"),
    "unknown engine": (["tiny.toml", "--engine", "turbo"], "compiled"),
    "out is a file": (["tiny.toml", "--out", "volumes.csv"], "volumes.csv: a file, where a folder"),
    "no file": ([], "FILE"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.toml").write_text("[queue")
    before = sorted(tmp_path.rglob("*"))
    arguments, named = BAD[case]
    done = ccsim("run", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_leaves_nothing(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **named: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "summary.csv")

    monkeypatch.setattr(storage, "write_figures", full)
    done = ccsim("run", tiny, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "summary.csv: No space left" in done.stderr
    assert not list((tmp_path / "out").iterdir())


def test_a_full_disk_names_the_folder(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **named: Any) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    monkeypatch.setattr(storage, "write_figures", full)
    done = ccsim("run", tiny, "--out", tmp_path / "out")
    assert done.exit_code == 2
    (line,) = (line for line in done.stderr.splitlines() if not line.startswith("warning"))
    assert line.startswith(f"{tmp_path / 'out'}/")
    assert line.endswith(": No space left on device")
    monkeypatch.setattr(Path, "write_bytes", full)
    made = ccsim("new", tmp_path / "centre")
    assert (made.exit_code, made.stderr) == (2, f"{tmp_path}: No space left on device\n")
    assert not list(tmp_path.glob("*centre*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_stdout(tiny: Path) -> None:
    command = [sys.executable, "-m", "ccsim", "run", str(tiny), "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_interrupted_within(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "measure", interrupted)
    done = ccsim("run", tiny, "--out", tmp_path / "out")
    assert done.exit_code == 130
    assert not list((tmp_path / "out").iterdir())


def test_interrupted_from_outside(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "ccsim",
        "run",
        str(tiny),
        "--replications",
        "1000000",
        "--workers",
        "2",
        "--engine",
        "simpy",
    ]
    process = subprocess.Popen(
        [*command, "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  a test run in the background ignores it
    )
    for _ in range(600):
        if list(out.glob("*/.*")) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not list(out.iterdir())


def test_interrupted_while_modules_are_imported(tmp_path: Path) -> None:
    """130 too where Python would end by the signal: one that comes while the text of a dataclass is executed."""
    (tmp_path / "click.py").write_text("exec('import os, signal; os.kill(os.getpid(), signal.SIGINT); len([])')\n")
    done = subprocess.run(
        [sys.executable, "-m", "ccsim", "--version"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "Interrupted; nothing was written.\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("buffered", [True, False])
def test_a_full_output_is_named_and_what_was_written_too(tiny: Path, tmp_path: Path, buffered: bool) -> None:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    env |= {} if buffered else {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ccsim", "run", str(tiny), "--engine", "simpy", "--no-charts", "--no-report"]
    out = tmp_path / "out"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*command, "--out", str(out)], stdout=full, stderr=-1, text=True, check=False, env=env)
    assert done.returncode == 2
    assert "Exception" not in done.stderr
    assert "standard output or results: No space left on device" in done.stderr
    assert f"All figures are in {only_folder(out)}" in done.stderr
