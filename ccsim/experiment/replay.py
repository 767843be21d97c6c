"""Making a run's results again, to show that they are what its provenance says."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccsim.errors import Problem, ScenarioError
from ccsim.experiment import provenance
from ccsim.experiment.results import LogFiles, write_figures
from ccsim.experiment.run import ENGINES, run
from ccsim.scenario import read


@dataclass(frozen=True)
class Replay:
    """What came of it: `findings` by file; `versions` (then, now) of the libraries that differ."""

    findings: dict[str, str]
    versions: dict[str, tuple[str | None, str | None]]

    @property
    def same(self) -> bool:
        """Every file came out as it was written and still stands."""
        return all(finding == "identical" for finding in self.findings.values())


def replay(folder: Path) -> Replay:
    """Runs the scenario of a results folder again and compares logs and tables with it, byte for byte.

    Raises ScenarioError when the folder is not a complete results folder.
    """
    record = _record(folder)
    scenario = read.load(folder / "scenario.toml")
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch)
        with LogFiles(again) as files:
            results = run(scenario, engine=record["engine"], keep=files.append if record["log"] == "all" else None)
            if record["log"] == "first":
                files.append(results.logs)
        write_figures(again, results)
        findings = {}
        for file, then in record["files"].items():
            if provenance.fingerprint(again / file) != then:
                findings[file] = "comes out differently"
            elif not (folder / file).exists():
                findings[file] = "is missing from the folder"
            elif provenance.fingerprint(folder / file) != then:
                findings[file] = "was changed after the run"
            else:
                findings[file] = "identical"
    now = provenance.versions()
    changed = {name: (then, now.get(name)) for name, then in record["versions"].items() if then != now.get(name)}
    return Replay(findings, changed)


def _record(folder: Path) -> dict[str, Any]:
    file = folder / "provenance.json"
    whole = "a results folder as `ccsim run` writes it"
    if not file.is_file():
        raise ScenarioError([Problem("provenance.json", "missing", whole, str(folder))])
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if not (record["engine"] in ENGINES and record["log"] in ("first", "all")):
            raise ValueError
        dict(record["files"]), dict(record["versions"])
    except (ValueError, KeyError, TypeError):
        raise ScenarioError(
            [Problem("provenance.json", "not readable as a run's provenance", whole, str(folder))]
        ) from None
    return record
