"""Writes docs/reproductions.md: published figures beside those that ccsim simulates. Run it from the project's root."""

from __future__ import annotations

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
    """half a unit of its last digit"""
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

_PALM = ("Palm / Erlang A", "50 agents, 48 calls a minute, 1 minute of work, 2 minutes of patience, all exponential")

PUBLISHED: Final = (
    Published(*_PALM, "abandonment, %", "abandonment", 3.1, 0.05, 100.0, PALM),
    Published(*_PALM, "mean wait of all, s", "wait_mean", 3.7, 0.05, 1.0, PALM),
)


def reproduced(one: Published) -> tuple[float, float, float]:
    """Mean, low and high of what ccsim simulates, in the published unit."""
    estimate = ccsim.load(one.scenario).run().estimate("queue", next(iter(one.scenario["queue"])), one.metric)
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
