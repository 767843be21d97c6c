"""Rosters: forty people for four weeks with all rules on, and a problem that pyworkforce's rostering can express too.

    python -m bench.rosters [EFFORT]

The peer is left out where it is not installed: pip install pyworkforce.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from importlib.util import find_spec
from random import Random
from typing import Any

import numpy as np

from ccsim.scenario.read import parse
from ccsim.staffing.baseline import baseline
from ccsim.staffing.roster import demand, rules
from ccsim.staffing.roster.duties import Task
from ccsim.staffing.roster.plan import counts_of
from ccsim.staffing.roster.search import search

START = date(2026, 3, 2)
SHIFTS = (
    ("early", "08:00-16:30"), ("mid", "09:00-17:30"), ("middle", "10:00-18:30"), ("late", "11:30-20:00"),
    ("morning", "08:00-12:30"), ("noon", "10:00-15:00"), ("evening", "15:30-20:00"),
)  # fmt: skip


def forty() -> dict[str, Any]:
    """Calls and chats, two teams, sixteen shifts a team and day; contracts, availability, leave and wishes by lot."""
    lot = Random(4)
    patterns = []
    for team in ("voice", "text"):
        patterns += [
            {"team": team, "name": f"{team} {name}", "days": "mon-fri", "hours": hours} for name, hours in SHIFTS
        ]
        patterns.append({"team": team, "name": f"{team} Saturday", "days": "sat", "hours": "09:00-15:00"})
    agents = []
    for number in range(40):
        team = "voice" if number < 24 else "text"
        agent: dict[str, Any] = {"name": f"{team} {number}", "team": team}
        agent["hours_per_week"] = lot.choice([40, 40, 40, 40, 38, 30, 25, 20])
        agent["available"] = lot.choice(["always", "always", "always", {"mon-fri": "07:00-18:30", "sat": "always"}])
        if lot.random() < 0.25:
            first = START + timedelta(weeks=lot.randrange(4))
            agent["leave"] = f"{first}:{first + timedelta(days=4)}"
        agent["wishes"] = [{"days": lot.choice(["fri", "mon", "wed"])}, {"shift": f"{team} {lot.choice(SHIFTS)[0]}"}]
        agents.append(agent)
    open_ = {"mon-fri": "08:00-20:00", "sat": "09:00-15:00"}
    weekday = {"mon": 1.2, "sat": 0.4, "sun": 0}

    def queue(channel: str, per_day: float, target: str) -> dict[str, Any]:
        volume = {"per_day": per_day, "shape": "office", "weekday": weekday}
        return {"channel": channel, "open": open_, "volume": volume, "service_level": target}

    return {
        "start": START,
        "days": 28,
        "queue": {"phone": queue("phone", 700, "80/20"), "chat": queue("live_chat", 480, "80% in 60s")},
        "team": {
            name: {
                "skills": {skill: 1},
                "concurrency": {"chat": 3} if skill == "chat" else {},
                "shifts": [{"agents": 1, "hours": "08:00-20:00"}],
            }
            for name, skill in (("voice", "phone"), ("text", "chat"))
        },
        "staffing": {"patterns": patterns},
        "roster": {
            "agents": agents,
            "max_days_in_a_row": 5,
            "one_saturday_in": 2,
            "hours_tolerance": "3h",
            "late_after": "18:30",
        },
    }


PEER_SHIFTS = {"early": ("07:00-15:00", 6), "mid": ("10:00-18:00", 4), "late": ("14:00-22:00", 5)}
PEOPLE, DAYS, LEAST_HOURS = 20, 28, 120


def peer_by_ccsim(effort: float) -> tuple[str, float, float]:
    """Status, hours and bound of hours: so many on each shift, at least so many hours each, no early after late."""
    patterns = [{"team": "desk", "name": name, "hours": hours} for name, (hours, _) in PEER_SHIFTS.items()]
    agents = [{"name": str(n), "team": "desk", "hours_per_week": 40} for n in range(PEOPLE)]
    weights = {"short": 1000, "surplus": 1, "late": 0, "weekend": 0, "wishes": 0, "starts": 0}
    roster = {"agents": agents, "hours_over": 4, "hours_tolerance": "10h", "max_days_in_a_row": 28, "weights": weights}
    task = Task(
        parse(
            {
                "start": START,
                "days": DAYS,
                "queue": {"phone": {"channel": "phone", "volume": {"per_day": 1}}},
                "team": {"desk": {"skills": {"phone": 1}, "shifts": [{"agents": 1, "hours": "07:00-22:00"}]}},
                "staffing": {"patterns": patterns},
                "roster": roster,
            }
        )
    )
    needed = demand.of_plan(task, "given", np.array([needed for _, needed in PEER_SHIFTS.values()]))
    outcome = search(task, needed, effort=effort)
    counts = counts_of(task, outcome.assignment)
    assert needed.hours_short(counts) == 0
    required = float(needed.required @ needed.hours)
    return outcome.status, required + needed.hours_over(counts), required + outcome.bound


def peer_by_itself(seconds: float) -> tuple[str, float]:
    """The same by pyworkforce."""
    from pyworkforce.rostering.binary_programming import MinHoursRoster

    names = list(PEER_SHIFTS)
    answer = MinHoursRoster(
        num_days=DAYS,
        resources=[str(n) for n in range(PEOPLE)],
        shifts=names,
        shifts_hours=[8] * len(names),
        min_working_hours=LEAST_HOURS,
        max_resting=DAYS,
        banned_shifts=[],
        required_resources={name: [needed] * DAYS for name, (_, needed) in PEER_SHIFTS.items()},
        non_sequential_shifts=[{"origin": "late", "destination": "early"}],
        max_search_time=seconds,
    ).solve()
    return answer["status"], answer["shifted_hours"]


def timed(what: str, solve: Callable[[], object]) -> None:
    """Prints what it comes to and what it takes."""
    clock, cpu = time.perf_counter(), time.process_time()
    answer = solve()
    print(f"{what}: {answer}; {time.perf_counter() - clock:.1f} s, CPU {time.process_time() - cpu:.1f} s")


def by_all_rules(effort: float) -> str:
    """The forty people's roster, by Erlang's requirement."""
    task = Task(parse(forty()))
    needed = demand.of_requirement(task, baseline(task.scenario).requirement(task.scenario))
    outcome = search(task, needed, effort=effort)
    short = needed.hours_short(counts_of(task, outcome.assignment))
    return (
        f"{outcome.status}, {outcome.points:.0f} points, gap {100 * outcome.gap:.1f} %, "
        f"{len(rules.broken(task, outcome.assignment))} rules broken, {short:.0f} h short of "
        f"{needed.required @ needed.hours:.0f} h"
    )


if __name__ == "__main__":
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    if find_spec("pyworkforce"):
        timed("pyworkforce", lambda: peer_by_itself(limit))
    timed("ccsim, the same", lambda: peer_by_ccsim(limit))
    timed("ccsim, 40 people, 4 weeks, all rules", lambda: by_all_rules(limit))
