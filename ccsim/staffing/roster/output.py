"""What a roster leaves behind: roster files, calendars, tables, and the scenario in which it is worked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ccsim.results import provenance
from ccsim.results.storage import new_folder
from ccsim.scenario import read
from ccsim.scenario.spreadsheets import write_csv
from ccsim.staffing.roster.calendars import calendars
from ccsim.staffing.roster.plan import RosterPlan, agents_of


def to_folder(root: Path, plan: RosterPlan, *, finish: Callable[[Path], None], **run: Any) -> Path:
    """A complete folder `root/<scenario> roster/<time>-<id>`, which is returned; nothing is left behind if it fails.

    A roster file of each team with the scenario in which they are worked, an iCalendar file of each agent, agents.csv,
    rules.csv and coverage.csv, and provenance.json, to which `run` adds what the command knows. `finish` adds the
    report when all else is there. Raises OSError where the folder cannot be written.
    """
    started = datetime.now(UTC)
    with new_folder(root, f"{plan.task.scenario.name} roster") as (folder, final):
        ready = plan.scenario
        read.to_folder(ready, folder)
        write_tables(folder, plan)
        write_calendars(folder / "calendars", plan)
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        about = {
            "scenario": ready.name,
            "seed": ready.seed,
            "replications": ready.replications,
            "started": started.isoformat(timespec="seconds"),
            "duration_s": round(plan.seconds, 3),
            "solver": f"OR-tools {version('ortools')}",
            "status": plan.status,
            "points": plan.solution.points,
            "gap": plan.solution.gap,
            "covers": plan.demand.method,
        }
        provenance.write(folder, about | run, files)
        finish(folder)
    return final


def write_tables(folder: Path, plan: RosterPlan) -> None:
    """agents.csv, a row an agent; rules.csv, a row for all that is not kept; coverage.csv, required and rostered."""
    write_csv(
        folder / "agents.csv",
        ("agent", "teams", "contract_hours", "hours", "shifts", "late", "weekend", "start_times"),
        (
            (a.name, ";".join(a.teams), f"{a.contract:.2f}", f"{a.hours:.2f}", a.shifts, a.late, a.weekend, a.starts)
            for a in agents_of(plan)
        ),
    )
    write_csv(folder / "rules.csv", ("rule", "agent", "what"), plan.breaches)
    demand, calendar = plan.demand, plan.task.scenario.calendar
    rows = []
    for team, start, required, rostered in zip(
        demand.team, demand.starts.tolist(), demand.required.tolist(), plan.there.tolist(), strict=True
    ):
        at = calendar.local(start)
        rows.append((team, at.date(), f"{at:%H:%M}", f"{required:.2f}", f"{rostered:.2f}"))
    write_csv(folder / "coverage.csv", ("team", "date", "time", "required", "rostered"), rows)


def write_calendars(folder: Path, plan: RosterPlan) -> None:
    """A file of each agent, by name as far as a file may have it."""
    folder.mkdir()
    taken: set[str] = set()
    for agent, content in calendars(plan).items():
        name = "".join(letter if letter.isalnum() else "_" for letter in agent)
        while name.casefold() in taken:
            name += "_"
        taken.add(name.casefold())
        (folder / f"{name}.ics").write_bytes(content)
