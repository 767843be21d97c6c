"""Making a run's results again, to show that they are what its provenance says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ccsim.results import provenance
from ccsim.results.storage import LogFiles, write_figures
from ccsim.results.stored import record
from ccsim.runs.run import run
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
    about = record(folder)
    scenario = read.load(folder / "scenario.toml")
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch)
        with LogFiles(again) as files:
            results = run(scenario, engine=about["engine"], keep=files.append if about["log"] == "all" else None)
            if about["log"] == "first":
                files.append(results.logs)
        write_figures(again, results)
        findings = {}
        for file, then in about["files"].items():
            if provenance.fingerprint(again / file) != then:
                findings[file] = "comes out differently"
            elif not (folder / file).exists():
                findings[file] = "is missing from the folder"
            elif provenance.fingerprint(folder / file) != then:
                findings[file] = "was changed after the run"
            else:
                findings[file] = "identical"
    now = provenance.versions()
    changed = {name: (then, now.get(name)) for name, then in about["versions"].items() if then != now.get(name)}
    return Replay(findings, changed)
