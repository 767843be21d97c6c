"""What `ccsim fit` leaves behind: the scenario, the estimates as a table, the refused lines, the report."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsim.errors import ScenarioError
from ccsim.fit import scenario as scenarios
from ccsim.fit.arrivals import WEEKDAYS, Profile
from ccsim.fit.causes import findings, waits_differ, with_own_arrivals
from ccsim.fit.check import TOTAL, Check, calibrated, check, days_to_check
from ccsim.fit.estimate import Fit
from ccsim.results.storage import write_files
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.spreadsheets import csv_text, safe
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd


def write(fit: Fit, name: str, folder: Path, calibrate: bool = False) -> Check:
    """All files of a fit into the folder, which is made if need be; files of the same names are replaced.

    The scenario is read back and run on the log's own days, of a large log on the first, before anything is left there;
    with `calibrate` the time of agents is first given the factor with which it has the log's ASA. Raises ScenarioError,
    about the log, if it cannot run, and OSError where the folder cannot be written.
    """
    from ccsim.fit.page import page

    few = days_to_check(fit)

    def made(factor: float, own: bool = False) -> Scenario:
        with tempfile.TemporaryDirectory() as scratch:
            for file, text in scenarios.files(fit, name, factor, few).items():
                (Path(scratch) / file).write_text(text, encoding="utf-8")
            return with_own_arrivals(fit, Path(scratch)) if own else read.load(Path(scratch) / "scenario.toml")

    try:
        factor = calibrated(fit, made) if calibrate else 1.0
        checked = check(fit, made(factor), factor)
        own = None
        if waits_differ(checked) and fit.logs.intervals is None:
            own = check(fit, made(factor, own=True))
        checked = replace(checked, findings=tuple(findings(fit, checked, own)))
    except ScenarioError as bad:  # of the log, not of a file that nobody has seen
        logs = ", ".join(file for file, _ in fit.logs.readings)
        raise ScenarioError(
            [
                replace(problem, path="", value=f"fitted, {problem.path} would be {problem.value}", file=logs)
                for problem in bad.problems
            ]
        ) from None
    texts = scenarios.files(fit, name, factor)
    texts |= {
        "estimates.csv": estimates(fit),
        "refused.csv": _refused(fit),
        "report.html": page(fit, name, texts["scenario.toml"], checked),
    }
    write_files(folder, texts)
    return checked


def as_json(fit: Fit, checked: Check) -> dict[str, Any]:
    """The one object that `--json` prints; null for what has no figure."""
    refused: dict[str, int] = {}
    for _, reading in fit.logs.readings:
        for reason, count in reading.reasons.items():
            refused[reason] = refused.get(reason, 0) + count
    warnings = [*fit.warnings, *(f"{q.name}: {warning}" for q in fit.queues.values() for warning in q.warnings)]
    return {
        "rows": {"used": sum(len(reading.rows) for _, reading in fit.logs.readings), "refused": refused},
        "warnings": warnings,
        "days": [day.isoformat() for day in fit.days],
        "queues": {name: _queue(fit, name, checked) for name in fit.queues},
        "check": {name: _compared(checked, name, None) for name in (*fit.queues, TOTAL)},
        "check_by_weekday": {
            name: {WEEKDAYS[day].lower(): _compared(checked, name, day) for day in range(7)}
            for name in (*fit.queues, TOTAL)
        },
        "findings": list(checked.findings),
        "factor": checked.factor,
    }


def _queue(fit: Fit, name: str, checked: Check) -> dict[str, Any]:
    queue = fit.queues[name]
    figures = {metric: row.log if (row := checked.of(name, metric)) else None for metric in ("handle_mean", "asa")}
    return {
        "channel": queue.channel,
        "contacts": queue.contacts,
        "offered_per_day": queue.contacts / max(len(fit.days), 1),
        "answered": queue.answered,
        "abandonment": row.log if (row := checked.of(name, "abandonment")) else None,
        "open": {WEEKDAYS[day].lower(): list(hours) for day, hours in sorted(queue.hours.items())},
        **figures,
    }


def _compared(checked: Check, name: str, weekday: int | None) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return None if math.isnan(value) else value

    return {
        row.metric: {
            "log": row.log,
            "scenario": {end: plain(value) for end, value in row.scenario._asdict().items()},
            "differs": row.differs,
        }
        for row in checked.compared
        if (row.name, row.weekday) == (name, weekday)
    }


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
