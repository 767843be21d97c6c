"""What `ccsim fit` leaves behind: the scenario, the estimates as a table, the refused lines, the report."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsim.errors import ScenarioError
from ccsim.fit import scenario as scenarios
from ccsim.fit.arrivals import WEEKDAYS, Profile
from ccsim.fit.estimate import Fit
from ccsim.scenario import read
from ccsim.scenario.spreadsheets import csv_text, safe
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd


def write(fit: Fit, name: str, folder: Path) -> None:
    """All files of a fit into the folder, which is made if need be; files of the same names are replaced.

    The scenario is read back before anything is left there. Raises ScenarioError, about the log, if it cannot run, and
    OSError where the folder cannot be written.
    """
    from ccsim.fit.page import page

    texts = scenarios.files(fit, name)
    texts |= {
        "estimates.csv": estimates(fit),
        "refused.csv": _refused(fit),
        "report.html": page(fit, name, texts["scenario.toml"]),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for file, text in texts.items():
            (Path(scratch) / file).write_text(text, encoding="utf-8")
        try:
            read.load(Path(scratch) / "scenario.toml")
        except ScenarioError as bad:  # of the log, not of a file that nobody has seen
            logs = ", ".join(file for file, _ in fit.logs.readings)
            raise ScenarioError(
                [
                    replace(problem, path="", found=f"fitted, {problem.path} would be {problem.found}", file=logs)
                    for problem in bad.problems
                ]
            ) from None
        folder.mkdir(parents=True, exist_ok=True)
        for file in texts:
            shutil.copyfile(Path(scratch) / file, folder / file)


def rows(fit: Fit) -> Iterator[tuple[str, str, str, Estimate, int]]:
    """Every value of a fit: queue or team, key of the scenario, family of distribution, value with interval, cases
    behind it."""
    for queue in fit.queues.values():
        for key, distribution in (queue.distributions | queue.seen).items():
            for fitted in distribution.candidates:
                for name, value in fitted.parameters.items():
                    yield queue.name, f"{key}.{name}", fitted.family, value, int(distribution.sample.ended.sum())
        for key, value in queue.figures.items():
            yield queue.name, key, "", value, queue.contacts
        yield from ((queue.name, key, "", value, number) for key, value, number in _profile(queue.profile))
        if queue.shared is not None:
            for number, (mean, ends) in enumerate(zip(queue.shared.means, queue.shared.ends, strict=True), start=1):
                yield queue.name, f"work_by_concurrency.{number}", "", mean, ends
    if fit.slowdown is not None:
        for number, (factor, works) in enumerate(zip(fit.slowdown.factors, fit.slowdown.works, strict=True), start=1):
            yield "", f"slowdown.{number}", "", factor, works
    if fit.correlation is not None:
        yield "", "busyness.correlation", "", fit.correlation, len(fit.days)


def _profile(profile: Profile) -> Iterator[tuple[str, Estimate, int]]:
    for weekday, value in profile.volumes.items():
        yield f"volume.{WEEKDAYS[weekday].lower()}", value, int((profile.weekday == weekday).sum())
    if profile.busyness_cv is not None:
        yield "volume.busyness_cv", profile.busyness_cv, len(profile.weekday)
    if profile.memory is not None:
        yield "volume.busyness.day_memory", profile.memory, len(profile.weekday)
    if profile.drift.cv.high > 0:
        yield "volume.busyness.within_cv", profile.drift.cv, len(profile.weekday)
        yield "volume.busyness.within_memory", profile.drift.memory, len(profile.weekday)


def estimates(fit: Fit) -> str:
    """The rows as CSV; an end that is not known is empty. Every family tried is there, with its BIC and AIC."""
    header = ("queue", "value", "family", "chosen", "estimate", "low", "high", "cases", "bic", "aic")
    lines = []
    for queue, key, family, value, cases in rows(fit):
        chosen, criteria = "", ["", ""]
        if family:
            distribution = (fit.queues[queue].distributions | fit.queues[queue].seen)[key.rpartition(".")[0]]
            fitted = next(candidate for candidate in distribution.candidates if candidate.family == family)
            chosen = "yes" if family == distribution.family else "no"
            criteria = [f"{fitted.bic:.2f}", f"{fitted.aic:.2f}"]
        ends = ["" if math.isnan(end) else f"{end:.6g}" for end in value]
        lines.append((queue, key, family, chosen, *ends, cases, *criteria))
    return csv_text(header, lines)


def _refused(fit: Fit) -> str:
    import pandas as pd

    parts: list[pd.DataFrame] = []
    for file, reading in fit.logs.readings:
        part = reading.refused.astype("string")
        part.insert(0, "file", file)
        parts.append(part)
    table: Any = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["file", "line", "reason"])
    return str(table.map(safe).to_csv(index=False))
