"""Metrics of teams, booked to the interval in which it happened; a new one is a function here."""

from __future__ import annotations

import numpy as np

from ccsim.metrics import sums
from ccsim.metrics.facts import Facts
from ccsim.metrics.registry import Sums, Whole, metric


@metric("team", "Staffed hours", "h", "none", "shift − breaks − activities + overtime", "S / 3600", "7.5")
def staffed_hours(f: Facts) -> Sums:
    return Sums(f.presence[sums.STAFFED] / 3600)


@metric(
    "team", "Paid hours", "h", "lower", "shifts, with pauses and absences unless unpaid, + overtime",
    "P / 3600", "7.5",
)  # fmt: skip
def paid_hours(f: Facts) -> Sums:
    return Sums(f.presence[sums.PAID] / 3600)


@metric("team", "Overtime hours", "h", "lower", "presence after the shift's end", "O / 3600", "7.5")
def overtime_hours(f: Facts) -> Sums:
    return Sums(f.presence[sums.OVERTIME] / 3600)


@metric(
    "team", "Hours of focused work", "h", "none", "focused work", "F / 3600", "7.5",
    name="work_hours", in_total=False,
)  # fmt: skip
def team_work_hours(f: Facts) -> Sums:
    return Sums(f.work_of_teams / 3600)


@metric("team", "Occupancy", "share", "none", "time with a session / staffed time", "C₁ / S", "7.5")
def occupancy(f: Facts) -> Sums:
    return Sums(f.concurrent[0], f.presence[sums.STAFFED])


@metric("team", "Utilisation", "share", "none", "focused work / staffed time", "F / S", "7.5")
def utilisation(f: Facts) -> Sums:
    return Sums(f.work_of_teams, f.presence[sums.STAFFED])


@metric(
    "team", "Slot occupancy", "share", "none", "capacity held / capacity of the staffed",
    "Σ session time × units / (S × capacity)", "7.5",
)  # fmt: skip
def slot_occupancy(f: Facts) -> Sums:
    return Sums(f.capacity_held, f.presence[sums.STAFFED] * f.plan.capacity)


@metric(
    "team", "Sessions at once, mean", "sessions", "none", "session time / time with a session",
    "Σ session time / C₁", "7.5",
)  # fmt: skip
def concurrency_mean(f: Facts) -> Sums:
    return Sums(f.session_time_of_teams, f.concurrent[0])


@metric(
    "team", "Sessions at once, most", "sessions", "none", "most sessions that one agent held at once",
    "max sessions of an agent", "7.5",
)  # fmt: skip
def concurrency_max(f: Facts) -> Whole:
    return Whole(f.most_sessions_of_all.astype(np.float64))


def _sessions_at_once(number: int, suffix: str, how_many: str, symbols: str) -> None:
    @metric(
        "team", f"Time {how_many}", "share", "none", f"staffed time {how_many} / staffed time", symbols, "7.5",
        name=f"concurrency_share_{suffix}",
    )  # fmt: skip
    def share(f: Facts) -> Sums:
        at_least = [f.presence[sums.STAFFED], *f.concurrent, 0.0]
        return Sums(at_least[number] - at_least[number + 1], f.presence[sums.STAFFED])


_sessions_at_once(0, "0", "without a session", "(S − C₁) / S")
_sessions_at_once(1, "1", "with one session", "(C₁ − C₂) / S")
_sessions_at_once(2, "2", "with two sessions", "(C₂ − C₃) / S")
_sessions_at_once(3, "3plus", "with three or more sessions", "C₃ / S")


@metric(
    "team", "Interruptions", "interruptions", "lower", "work in hand suspended for a call",
    "number of suspensions", "7.5",
)  # fmt: skip
def interruptions(f: Facts) -> Sums:
    return Sums(f.interruptions)


@metric(
    "team", "Cost", "money", "lower", "paid hours × cost_per_hour, overtime × overtime_factor, premiums",
    "(P + (overtime_factor − 1) × O) / 3600 × cost_per_hour", "7.6", name="cost", in_total=False,
)  # fmt: skip
def team_cost(f: Facts) -> Sums:
    return Sums(f.team_cost)


@metric(
    "team", "Overtime cost", "money", "lower", "what of the cost is for presence after the shift's end",
    "overtime_factor × O / 3600 × cost_per_hour", "7.6",
)  # fmt: skip
def overtime_cost(f: Facts) -> Sums:
    return Sums(f.overtime_cost)
