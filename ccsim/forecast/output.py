"""What `ccsim forecast` leaves behind: volumes, forecasts with bands, lines for a scenario, the report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from ccsim.forecast.history import DAY
from ccsim.forecast.outlook import SHARE, Outlook
from ccsim.forecast.trial import Accuracy
from ccsim.results.storage import write_files
from ccsim.scenario.spreadsheets import csv_text, safe
from ccsim.scenario.toml_text import as_key, quoted
from ccsim.stats.estimate import Estimate

BANDS: Final = (0.8, 0.95)


def write(outlook: Outlook, folder: Path) -> None:
    """All files into the folder, which is made if need be; files of the same names are replaced, all or none.

    Raises OSError where the folder cannot be written.
    """
    from ccsim.forecast.page import page

    lines = scenario_lines(outlook)
    texts = {
        "volumes.csv": volumes(outlook),
        "forecast.csv": forecasts(outlook),
        "days.csv": days(outlook),
        "scenario_lines.toml": lines,
        "report.html": page(outlook, lines),
    }
    write_files(folder, texts)


def volumes(outlook: Outlook) -> str:
    """A scenario's volume file: expected contacts, and handle times where they are known, by interval."""
    forecasts = outlook.forecasts
    timed = [name for name, forecast in forecasts.items() if np.isfinite(forecast.handle).any()]
    header = ["date", "time", *(h for name in forecasts for h in (name, *([f"{name}.aht"] if name in timed else [])))]

    def rows() -> Iterator[list[str]]:
        first = next(iter(forecasts.values()))
        for day, when in enumerate(first.dates):
            for place, clock in enumerate(_clocks(first.interval)):
                row = [f"{when}", clock]
                for name, forecast in forecasts.items():
                    row.append(f"{forecast.expected[day, place]:.3f}")
                    if name in timed:
                        seconds = forecast.handle[day, place]
                        row.append("" if np.isnan(seconds) else f"{seconds:.1f}")
                yield row

    return csv_text(header, rows())


def _clocks(interval: int) -> list[str]:
    return [f"{datetime.min + timedelta(seconds=second):%H:%M}" for second in range(0, DAY, interval)]


def forecasts(outlook: Outlook) -> str:
    """By queue and interval, with bands; intervals in which nothing is expected are left out."""
    header = [
        "queue",
        "date",
        "time",
        "expected",
        *(f"{end}_{int(100 * share)}" for share in BANDS for end in ("low", "high")),
    ]

    def rows() -> Iterator[list[str]]:
        for name, forecast in outlook.forecasts.items():
            ends = [end for share in BANDS for end in forecast.bands(share)]
            clocks = _clocks(forecast.interval)
            for day, place in np.argwhere(forecast.expected > 0).tolist():
                cells = [f"{end[day, place]:.0f}" for end in ends]
                yield [name, f"{forecast.dates[day]}", clocks[place], f"{forecast.expected[day, place]:.3f}", *cells]

    return csv_text(header, rows())


def days(outlook: Outlook) -> str:
    """By queue and day, with bands and what each term makes of it as a factor."""
    terms = list(dict.fromkeys(term for forecast in outlook.forecasts.values() for term in forecast.components))
    ends = [f"{end}_{int(100 * share)}" for share in BANDS for end in ("low", "high")]

    def rows() -> Iterator[list[str]]:
        for name, forecast in outlook.forecasts.items():
            bands = [end for share in BANDS for end in forecast.day_bands(share)]
            for day, when in enumerate(forecast.dates):
                factors = [f"{forecast.components[t][day]:.4f}" if t in forecast.components else "" for t in terms]
                yield [name, f"{when}", f"{forecast.days[day]:.2f}", *(f"{end[day]:.0f}" for end in bands), *factors]

    return csv_text(["queue", "date", "expected", *ends, *terms], rows())


def scenario_lines(outlook: Outlook) -> str:
    """What to paste into a scenario, beside volumes.csv."""
    first = next(iter(outlook.forecasts.values()))
    lines = [
        "# Written by ccsim forecast: paste into a scenario beside volumes.csv.",
        f"start = {first.dates[0]}",
        f"days = {len(first.dates)}",
    ]
    for name, forecast in outlook.forecasts.items():
        busy = forecast.busyness
        keys = ("day_cv", "day_memory") if busy.within_cv == 0 else busy._fields
        table = ", ".join(f"{key} = {_figure(getattr(busy, key))}" for key in keys)
        lines += [
            "",
            f"[queue.{as_key(name)}]",
            f'volume = {{ file = "volumes.csv", column = {quoted(safe(name))}, busyness = {{ {table} }} }}',
        ]
    if len(outlook.forecasts) > 1:
        lines += ["", "[busyness]", f"correlation = {_figure(outlook.correlation)}"]
    return "\n".join([*lines, ""])


def _figure(value: float) -> str:
    return f"{value:.3g}"


def summary(outlook: Outlook) -> dict[str, Any]:
    """What `--json` prints; bands of 95 %."""
    made: dict[str, Any] = {"queues": {}, "notes": list(outlook.notes)}
    for name, forecast in outlook.forecasts.items():
        low, high = forecast.day_bands(SHARE)
        model = outlook.models[name]
        made["queues"][name] = {
            "total": forecast.total(SHARE)._asdict(),
            "days": [
                {"date": f"{when}", **Estimate(*map(float, band))._asdict()}
                for when, *band in zip(forecast.dates, forecast.days, low, high, strict=True)
            ],
            "busyness": forecast.busyness._asdict(),
            "left_out": list(model.left_out),
            "outliers": [{"date": f"{day}", "factor": factor} for day, factor in model.outliers],
        }
    if outlook.trials:
        made["test"] = {
            name: {horizon: _accuracy(accuracy) for horizon, accuracy in tried.items()}
            for name, tried in outlook.trials.items()
        }
    return made


def _accuracy(accuracy: Accuracy | None) -> dict[str, Any] | None:
    if accuracy is None:
        return None
    return {
        "days": len(accuracy.days),
        "interval": accuracy.interval,
        "wape_interval": accuracy.wape_interval | {"poisson_floor": accuracy.floor_interval},
        "wape_day": accuracy.wape_day | {"poisson_floor": accuracy.floor_day},
        "bias": accuracy.bias,
        "coverage": accuracy.coverage,
        "coverage_day": accuracy.coverage_day,
        "recommended": accuracy.recommended,
    }
