"""Mutated scenarios and damaged files through `check`, `check --theory` and `run`: what passes one passes all."""

from __future__ import annotations

import random
import re
import traceback
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import tomli_w
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.errors import ScenarioError
from ccsim.fit.estimate import estimate
from ccsim.fit.scenario import files
from ccsim.logs.mapping import mapping
from ccsim.logs.readers import read_all
from ccsim.scenario.growth import size_of
from ccsim.scenario.read import load
from tests.fit.test_damaged_files import LAYOUTS, damaged
from tests.fuzz.mutations import NONSENSE, Case, mutated, places, unchanged, writable
from tests.fuzz.mutations import at as value_at
from tests.fuzz.workers import Outcome, memory

LARGE: Final = 2**30
"""Bytes of estimate over which an accepted scenario is not run: it would take minutes."""
BESIDE: Final = 300 * 2**20
"""Bytes over the estimate that a case may take: buffers, tables of results and of output."""


def of_mutation(seed: int) -> Outcome:
    """A scenario changed in a few places."""
    case, damage = mutated(seed)
    with TemporaryDirectory() as folder:
        return tried(case.write(Path(folder), damage), seed)


def of_file(seed: int) -> Outcome:
    """A scenario with a damaged data file, or one fitted to a damaged log with a mapping that may be damaged too."""
    r = random.Random(f"file {seed}")
    with TemporaryDirectory() as place:
        folder = Path(place)
        if seed % 2:
            return tried(_with_damaged_data(r).write(folder), seed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                _fit(folder, r)
        except ScenarioError as refused:
            return _refusal(str(refused))
        except Exception:
            return _traceback("fit", traceback.format_exc())
        outcome = tried(folder / "scenario.toml", seed)
        if "refused with its place" in outcome.counts:
            outcome.wrong.append("what fit has written is refused")
        return outcome


def _with_damaged_data(r: random.Random) -> Case:
    while True:
        case = unchanged(r)
        asked = {value_at(case.doc, place) for place in places(case.doc) if isinstance(value_at(case.doc, place), str)}
        if names := sorted(asked & set(case.files)):
            break
    name = r.choice(names)
    case.files[name] = damaged(case.files[name].decode(), r)
    return case


def _fit(folder: Path, r: random.Random) -> None:
    how, text = LAYOUTS[r.choice(list(LAYOUTS))]
    tables = how.model_dump(mode="json", exclude_defaults=True, by_alias=True, exclude_none=True) | {"kind": how.kind}
    if r.random() < 0.3:
        place = r.choice(list(places(tables)))
        value_at(tables, place[:-1])[place[-1]] = r.choice([value for value in NONSENSE if value is not None])
    (folder / "mapping.toml").write_text(tomli_w.dumps(writable(tables)))
    content = text()
    (folder / "log.csv").write_bytes(damaged(content, r) if r.random() < 0.8 else content.encode())
    fitted = estimate(read_all([folder / "log.csv"], [mapping(str(folder / "mapping.toml"))]), "ready")
    for name, written in files(fitted, "damaged").items():
        (folder / name).write_text(written, encoding="utf-8")


def tried(file: Path, seed: int) -> Outcome:
    """What the three commands make of a scenario."""
    _imported()
    before = memory()
    checked = _command("check", file)
    if checked.exit_code == 2 and not _raised(checked):
        outcome = _refusal(checked.stderr, str(file))
        return _with_memory(outcome, "check", 0, before)
    outcome = Outcome(Counter())
    size = 0.0
    if not _failed(outcome, "check", checked):
        size = size_of(load(file)).memory
        _failed(outcome, "check --theory", _command("check", file, "--theory"))
        if size > LARGE:
            outcome.counts["accepted, too large to be run here"] += 1
        else:
            kind = ("--json",) if seed % 5 else ("--no-charts", "--no-report", "--out", file.parent / "out")
            _failed(outcome, "run", _command("run", file, "--audit", "--replications", 2, *kind))
    if not outcome.counts:
        outcome.counts["accepted, has a theory and runs"] += 1
    return _with_memory(outcome, "check and run", size, before)


def _command(*arguments: object) -> Result:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _raised(result: Result) -> bool:
    return result.exception is not None and not isinstance(result.exception, SystemExit)


def _failed(outcome: Outcome, command: str, result: Result) -> bool:
    """Whether a command that should pass did not, which is noted."""
    if result.exit_code == 0:
        return False
    if _raised(result) and result.exc_info is not None:
        bad = _traceback(command, "".join(traceback.format_exception(*result.exc_info)))
    elif "Not enough memory" in result.stderr:
        bad = Outcome(Counter(["memory beyond the estimate"]), [f"{command}: {result.stderr[-500:]}"])
    else:
        bad = Outcome(Counter([f"accepted, but {command} fails"]), [f"{command}: {result.stderr[-1000:]}"])
    outcome.counts += bad.counts
    outcome.wrong += bad.wrong
    return True


def _traceback(command: str, text: str) -> Outcome:
    return Outcome(Counter(["traceback"]), [f"{command}: {text[-1800:]}"])


def _refusal(text: str, file: str = "") -> Outcome:
    """Every line of a refusal has a place in the file, unless the file is none of this kind at all."""
    lines = [line for line in text.splitlines() if not line.startswith("warning:")]
    placeless = [line for line in lines if not re.match(re.escape(file) + r"(: )?.+: .*\S", line)]
    if lines and not placeless:
        return Outcome(Counter(["refused with its place"]))
    return Outcome(Counter(["refused without a place"]), [f"no place: {placeless or text!r}"])


@cache
def _imported() -> None:
    """What commands import late is imported now, so that no case has to answer for its memory."""
    from tests.cli.tiny import write_tiny

    with TemporaryDirectory() as folder:
        tiny = write_tiny(Path(folder))
        for rest in (("--json",), ("--no-charts", "--no-report", "--out", Path(folder) / "out")):
            assert _command("run", tiny, "--audit", *rest).exit_code == 0


def _with_memory(outcome: Outcome, command: str, estimate: float, before: int) -> Outcome:
    more = memory(since_then=True) - before
    if more > estimate + BESIDE:
        outcome.counts["memory beyond the estimate"] += 1
        outcome.wrong.append(f"{command}: {more / 2**20:.0f} MB where {estimate / 2**20:.0f} MB were estimated")
    return outcome
