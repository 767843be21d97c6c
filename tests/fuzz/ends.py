"""Commands that are killed or interrupted at random moments: nothing finished is lost, nothing half written is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ccsim.runs.checkpoints import STORE
from ccsim.runs.store import Store
from tests.cli.tiny import TINY, write_tiny
from tests.fuzz.mutations import ROOT
from tests.fuzz.workers import Outcome

LONG: Final = 300
"""Seconds after which a command that does not end hangs."""


def _start(*arguments: object, cache: Path | None = None) -> subprocess.Popen[str]:
    """The command line in a process group of its own, which takes interruptions even where the caller ignores them."""
    env = os.environ | {"PYTHONPATH": str(ROOT)} | ({"XDG_CACHE_HOME": str(cache)} if cache else {})
    return subprocess.Popen(
        [sys.executable, "-m", "ccsim", *map(str, arguments)], env=env, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip


def interrupted(seed: int) -> Outcome:
    """One command, interrupted once; in a fifth of them the engine is being compiled."""
    r = random.Random(f"interrupt {seed}")
    outcome = Outcome()
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        file, out = write_tiny(folder), folder / "out"
        command: tuple[object, ...] = r.choice(
            [
                ("run", file, "--replications", 4000, "--workers", r.choice([1, 2])),
                ("run", file, "--replications", 20),
                ("compare", file, "--variants", "--replications", 1000),
                ("sweep", file, "--vary", "queue.phone.volume.scale=0.5:1.5:9", "--replications", 300),
            ]
        )
        process = _start(*command, "--out", out, cache=folder / "cache" if r.random() < 0.2 else None)
        while not _listens(process.pid) and process.poll() is None:
            time.sleep(0.002)
        time.sleep(r.uniform(0, r.choice([1, 8])))
        ended, whole = process.poll(), any(_whole(out))
        with suppress(ProcessLookupError):
            if r.random() < 0.5:
                process.send_signal(signal.SIGINT)
            else:  # as a terminal does
                os.killpg(process.pid, signal.SIGINT)
        try:
            _, text = process.communicate(timeout=LONG)
        except subprocess.TimeoutExpired:
            process.kill()
            outcome.counts["hang"] += 1
            outcome.wrong.append(f"{command} does not end after an interruption")
            return outcome
        kind = "had ended before" if ended == 0 else f"ended with {process.returncode}"
        outcome.counts[kind] += 1
        if "Traceback" in text and f"{ROOT / 'ccsim' / '__main__'}" not in text and process.returncode != 130:
            return Outcome(Counter(["ended before ccsim began"]))  # Python itself was not yet there
        if process.returncode == 0 and ended is None and whole:  # Python itself takes no interruption at its end
            outcome.counts["had written all before"] += 1
        elif process.returncode != 130 and ended is None:
            outcome.wrong.append(f"{command[0]} {kind}: {text[-1500:]}")
        if "Traceback" in text:
            outcome.counts["traceback"] += 1
            outcome.wrong.append(f"{command[0]}: {text[-1500:]}")
        for left in _half_written(out):
            outcome.counts["half written"] += 1
            outcome.wrong.append(f"{command[0]}: {left.relative_to(out)} is left, {text[-300:]}")
    return outcome


def _listens(pid: int) -> bool:
    """Whether Python has begun: before, the system ends it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:")), 0)
    return bool(caught >> signal.SIGINT - 1 & 1)


def _whole(out: Path) -> Iterator[Path]:
    """Results with their provenance, under their own name."""
    return (folder for folder in out.glob("*/[!.]*") if (folder / "provenance.json").exists())


def _half_written(out: Path) -> Iterator[Path]:
    """Hidden folders but those that --resume takes up, and results without their provenance."""
    for folder in out.glob("*/*"):
        if folder.name.startswith("."):
            if not (folder / STORE).exists():
                yield folder
        elif not (folder / "provenance.json").exists():
            yield folder


def killed(seeds: range) -> Iterator[tuple[int, Outcome]]:
    """Sweeps whose own process or one of whose workers is killed again and again, and resumed, so many times in all."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        file = write_tiny(folder, TINY.replace("replications = 2", "replications = 300"))
        vary = ("sweep", file, "--vary", "queue.phone.volume.scale=0.5:1.5:12", "--workers", 2)
        assert _start(*vary, "--out", folder / "whole").wait() == 0
        whole = _tables(folder / "whole")
        out, kept = folder / "0", 0
        for seed in seeds:
            outcome = Outcome()
            r = random.Random(f"kill {seed}")
            process = _start(*vary, "--resume", "--out", out)
            time.sleep(r.uniform(0.5, 6))
            victims = [process.pid] if r.random() < 0.5 else _workers(process.pid)
            for victim in victims[:1]:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            _, text = process.communicate(timeout=LONG)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # workers that have lost it
            outcome.counts[f"{'itself' if victims == [process.pid] else 'a worker'} killed"] += 1
            if "Traceback" in text:
                outcome.counts["traceback"] += 1
                outcome.wrong.append(text[-1500:])
            if process.returncode == 0:
                outcome.counts["finished"] += 1
                if _tables(out) != whole:
                    outcome.counts["other bytes"] += 1
                    outcome.wrong.append("what is resumed differs from what ran in one go")
                out, kept = folder / str(seed + 1), 0
            else:
                before, kept = kept, _units(out)
                if kept < before:
                    outcome.counts["lost"] += 1
                    outcome.wrong.append(f"{before} units were kept, then {kept}")
            yield seed, outcome
        # and what is left unfinished is brought to its end
        process = _start(*vary, "--resume", "--out", out)
        _, text = process.communicate()
        same = process.returncode == 0 and _tables(out) == whole
        yield seeds[-1], Outcome(Counter(["same bytes in the end" if same else "other bytes"]), [] if same else [text])


def _workers(pid: int) -> list[int]:
    """Processes below this one, the youngest first."""
    below, level = [], [pid]
    while level:
        places = [Path(f"/proc/{one}/task/{one}/children") for one in level]
        level = [int(child) for place in places if place.exists() for child in place.read_text().split()]
        below += level
    return sorted(below, reverse=True)


def _units(out: Path) -> int:
    """How much is kept of a sweep that has not come to its end."""
    for file in out.rglob(STORE):
        with Store(file) as store:
            return len(store)
    return 0


def _tables(out: Path) -> dict[str, bytes]:
    (folder,) = (place for place in out.glob("*/*") if not place.name.startswith("."))
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.csv"))}
