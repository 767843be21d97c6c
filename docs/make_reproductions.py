"""Writes docs/reproductions.md: published figures beside those that ccsim simulates. Run it from the project's root."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import ccsim

PAGE: Final = Path(__file__).with_name("reproductions.md")


class Published(NamedTuple):
    """A figure that others have published, rounded as they did."""

    source: str
    parameters: str
    figure: str
    metric: str
    value: float
    rounding: float
    """half a unit of its last digit, or half its own interval of 95 %"""
    scale: float
    """our unit in theirs"""
    scenario: dict[str, Any]


PALM: Final[dict[str, Any]] = {
    "name": "Palm",
    "days": 1,
    "warm_up": "1h",
    "seed": 1,
    "replications": 20,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "always",
            "volume": {"per_hour": 48 * 60},
            "work": {"dist": "exponential", "mean": "1m"},
            "wrap_up": "0s",
            "patience": {"dist": "exponential", "mean": "2m"},
        }
    },
    "team": {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 50, "hours": "always"}]}},
}

_DAY: Final = (
    (4, 100), (6, 150), (8, 150), (8, 180), (8, 200), (7, 150), (8, 150), (8, 150), (6, 120), (6, 100), (4, 80),
    (4, 70), (4, 60),
)  # fmt: skip
"""Agents and calls an hour, from 8:00 to 21:00."""


def _agents() -> list[dict[str, Any]]:
    """Shifts such that in each hour as many are there: whoever is one more comes, and the last of them goes first."""
    shifts, since = [], []
    for hour, (agents, _) in enumerate((*_DAY, (4, 0), (0, 0)), start=8):
        while len(since) > agents:
            shifts.append({"agents": 1, "hours": f"{since.pop():02d}:00-{hour:02d}:00"})
        since += [hour] * (agents - len(since))
    return shifts


LECUYER: Final[dict[str, Any]] = {
    "name": "A call center of 13 periods",
    "start": "2026-03-02",
    "days": 1,
    "interval": "1h",
    "seed": 1,
    "replications": 3000,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "08:00-21:00",
            "volume": {
                "per_day": sum(calls for _, calls in _DAY),
                "shape": [
                    ["00:00", 0],
                    *([f"{hour:02d}:00", calls] for hour, (_, calls) in enumerate(_DAY, 8)),
                    ["21:00", 0],
                ],
                "busyness_cv": 10**-0.5,
            },
            "work": {"dist": "exponential", "mean": 100},
            "wrap_up": "0s",
            "patience": {
                "dist": "mixture",
                "parts": [{"weight": 0.1, "constant": 0}, {"weight": 0.9, "dist": "exponential", "mean": 1000}],
            },
        }
    },
    "team": {"agents": {"skills": {"calls": 1}, "shifts": _agents()}},
}

_LECUYER = (
    "L'Ecuyer et al., SSJ tutorial, CallCenter, 10,000 days",
    "13 hours with 60 to 200 calls an hour and 4 to 8 agents, busyness of the day gamma (10, 10), 100 s of work, "
    "a tenth leaves at once, the others after 1,000 s on average, exponential",
)

_PALM = ("Palm / Erlang A", "50 agents, 48 calls a minute, 1 minute of work, 2 minutes of patience, all exponential")

PUBLISHED: Final = (
    Published(*_PALM, "abandonment, %", "abandonment", 3.1, 0.05, 100.0, PALM),
    Published(*_PALM, "mean wait of all, s", "wait_mean", 3.7, 0.05, 1.0, PALM),
    Published(*_LECUYER, "mean wait of all, s", "wait_mean", 12.736, 0.587, 1.0, LECUYER),
    Published(*_LECUYER, "lost, %", "abandonment", 3.7, 0.17, 100.0, LECUYER),
)


@cache
def _results(name: str) -> ccsim.Results:
    return ccsim.load(next(one.scenario for one in PUBLISHED if one.scenario["name"] == name)).run()


def reproduced(one: Published) -> tuple[float, float, float]:
    """Mean, low and high of what ccsim simulates, in the published unit."""
    estimate = _results(one.scenario["name"]).estimate("queue", next(iter(one.scenario["queue"])), one.metric)
    assert estimate is not None
    mean, low, high = (one.scale * end for end in estimate)
    return mean, low, high


def main() -> None:
    """Write the page."""
    rows = []
    for one in PUBLISHED:
        mean, low, high = reproduced(one)
        ours = f"{mean:.3f} ({low:.3f} to {high:.3f})"
        rows.append(f"| {one.source} | {one.parameters} | {one.figure} | {one.value:g} | {ours} |\n")
    PAGE.write_text(
        "# Reproductions\n\n"
        "For researchers. Published figures beside those that ccsim simulates, with 95 % intervals. "
        "`python docs/make_reproductions.py` writes\nthis page; the tests run the same cases.\n\n"
        "| source | parameters | figure | published | ccsim |\n|---|---|---|---|---|\n" + "".join(rows)
    )


if __name__ == "__main__":
    main()
