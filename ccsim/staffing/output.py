"""What an answer leaves behind: tables, a roster for every team, a scenario file that is ready to run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from ccsim.lowering import Horizon
from ccsim.results import format, provenance
from ccsim.results.plans import Capacity, OneMore, Requirement, ShiftPlan, StaffingTarget, TeamSize
from ccsim.results.storage import new_folder
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import pauses_of
from ccsim.scenario.shifts import Break, Pattern
from ccsim.scenario.spreadsheets import write_csv
from ccsim.scenario.values import MINUTE
from ccsim.staffing import patterns
from ccsim.staffing.baseline import Baseline
from ccsim.stats.estimate import Estimate
from ccsim.tables import I64


class Shifts(NamedTuple):
    """Agents on each of a scenario's shift patterns : int64[pattern], by whatever method."""

    method: str
    agents: I64


def to_folder(
    root: Path,
    scenario: Scenario,
    requirements: Sequence[Requirement],
    shifts: Shifts | None = None,
    plan: ShiftPlan | None = None,
    *,
    erlang: Baseline | None = None,
    one_more: tuple[Sequence[OneMore], Sequence[TeamSize]] | None = None,
    finish: Callable[[Path], None] | None = None,
    **run: Any,
) -> Path:
    """A complete folder `root/<scenario>/<time>-<id>`, which is returned; nothing is left behind if it fails.

    Always requirement.csv (of a simulation binding.csv and shortfalls.csv too), scenario.toml with its data files, and
    provenance.json, to which `run` adds what the command knows. With `erlang` queues.csv. With `shifts` the scenario is
    the one in which so many agents work, and there are shifts.csv and a roster of each team; with `plan`, of which
    `shifts` are the outcome, targets.csv, marginal.csv and frontier.csv too, with `one_more` one_more.csv and
    team_sizes.csv. `finish` adds charts and a report when all else is there. Raises OSError where the folder cannot be
    written.
    """
    started = datetime.now(UTC)
    with new_folder(root, f"{scenario.name} staffing") as (folder, final):
        write_requirements(folder / "requirement.csv", scenario, requirements)
        for requirement in requirements:
            if requirement.binding or requirement.shortfalls:
                write_explanation(folder, scenario, requirement)
        if erlang is not None:
            write_queues(folder / "queues.csv", scenario, erlang)
        ready = scenario
        if shifts is not None:
            ready = patterns.staffed(scenario, shifts.agents.tolist())
            write_shifts(folder / "shifts.csv", scenario, shifts.agents)
            write_rosters(folder, scenario, shifts.agents)
        if plan is not None:
            write_plan(folder, plan)
            if one_more is not None:
                write_one_more(folder, plan, *one_more)
        read.to_folder(ready, folder)
        write_provenance(folder, scenario, started=started.isoformat(timespec="seconds"), **run)
        if finish is not None:
            finish(folder)
    return final


def write_requirements(file: Path, scenario: Scenario, requirements: Sequence[Requirement]) -> None:
    """One row a method, team (or queue) and interval: agents at work, and with shrinkage, to be on shift."""
    rows = []
    for requirement in requirements:
        clock = [scenario.calendar.local(start) for start in requirement.starts.tolist()]
        for name, at_work, on_shift in zip(
            requirement.names, requirement.agents, requirement.with_shrinkage, strict=True
        ):
            for at, agents, more in zip(clock, at_work.tolist(), on_shift.tolist(), strict=True):
                rows.append((requirement.method, name, at.date(), f"{at:%H:%M}", agents, f"{more:.2f}"))
    write_csv(file, ("method", requirements[0].level, "date", "time", "agents", "agents_with_shrinkage"), rows)


def write_explanation(folder: Path, scenario: Scenario, requirement: Requirement) -> None:
    """binding.csv, a row a team and interval: what decides; shortfalls.csv, a row a stretch: what is not met."""

    def wanted(goal: StaffingTarget) -> tuple[str, str, str]:
        return goal.name, goal.metric, f"{'>=' if goal.at_least else '<='} {goal.wanted:g}"

    def at(micros: int) -> str:
        return f"{scenario.calendar.local(micros):%Y-%m-%d %H:%M}"

    write_csv(
        folder / "binding.csv",
        ("team", "start", "name", "metric", "wanted", "figure", "overall", "contacts"),
        (
            (b.team, at(b.start), *wanted(b.goal), f"{b.figure:.6g}", f"{b.overall:.6g}", f"{b.contacts:.6g}")
            for b in requirement.binding
        ),
    )
    write_csv(
        folder / "shortfalls.csv",
        ("start", "end", "name", "metric", "wanted", "figure", "best", "contacts", "reason", "met_within_s", "agents"),
        (
            (at(s.start), at(s.end), *wanted(s.goal), f"{s.figure:.6g}", f"{s.best:.6g}", f"{s.contacts:.6g}",
             s.reason, "" if s.within is None else f"{s.within:g}", s.agents)
            for s in requirement.shortfalls
        ),
    )  # fmt: skip


def write_queues(file: Path, scenario: Scenario, erlang: Baseline) -> None:
    """One row a queue and interval in which contacts come: what it is offered, and what Erlang's formulas ask for."""
    clock = [scenario.calendar.local(start) for start in erlang.edges[:-1].tolist()]
    teams = [*scenario.team, ""]  # nobody is -1
    rows = [
        (name, clock[i].date(), f"{clock[i]:%H:%M}", need.formula, f"{need.per_hour[i]:.6g}", f"{need.load[i]:.6g}",
         teams[need.team[i]], f"{need.agents[i]:.6g}", f"{need.divided[i]:.6g}",
         "" if np.isnan(need.service_level[i]) else f"{need.service_level[i]:.6g}")
        for name, need in erlang.queues.items()
        for i in np.flatnonzero((need.per_hour > 0) | (need.load > 0)).tolist()
    ]  # fmt: skip
    header = ("queue", "date", "time", "formula", "contacts_per_hour", "load", "team", "agents", "agents_by_division")
    write_csv(file, (*header, "service_level"), rows)


def write_shifts(file: Path, scenario: Scenario, agents: I64) -> None:
    """One row a shift pattern: when, how many agents, what they are paid and cost over the run."""
    given = scenario.staffing.patterns
    rows = []
    for name, (pattern, row), number, cost in zip(
        patterns.names(given), patterns.crews(scenario), agents.tolist(), patterns.costs(scenario).tolist(), strict=True
    ):
        hours = patterns.paid_hours(scenario, row)
        days = ";".join(str(day) for day in days_of(scenario, pattern))
        pauses = ";".join((*map(_break, pattern.breaks), *map(str, pattern.activities)))
        rows.append(
            (name, pattern.team, days, str(pattern.hours), pauses, number, f"{number * hours:.2f}",
             f"{number * cost:.2f}")
        )  # fmt: skip
    write_csv(file, ("pattern", "team", "days", "hours", "breaks", "agents", "paid_hours", "cost"), rows)


RosterRow = tuple[str, date, str, str, str]
"""Agent, date, start, end, breaks."""

ROSTER_COLUMNS: Final = ("agent", "date", "start", "end", "breaks")


def rosters(scenario: Scenario, agents: I64) -> dict[str, list[RosterRow]]:
    """Who works when, by team with patterns.

    Each agent works all the shifts of one pattern, also those that have begun on the day before the start and those
    after the end, until nothing is left to do. Breaks, placed in their windows, and activities are breaks there.
    """
    rows: dict[str, list[RosterRow]] = {}
    numbers = dict.fromkeys(scenario.team, 0)
    for pattern, count in zip(scenario.staffing.patterns, agents.tolist(), strict=True):
        mine = rows.setdefault(pattern.team, [])
        first = len({agent for agent, *_ in mine}) + 1
        days = days_of(scenario, pattern, beyond=True)
        worked = [(day, hours) for day in days if (hours := pattern.hours_on(day))]
        for place in range(count):
            for day, hours in worked:
                pauses = ";".join(map(str, pauses_of(pattern, day, numbers[pattern.team] + place)))
                start, _, end = str(hours).partition("-")
                mine.append((f"{pattern.team} {first + place}", day, start, end, pauses))
        numbers[pattern.team] += 1
    return rows


def write_rosters(folder: Path, scenario: Scenario, agents: I64) -> list[str]:
    """A roster file for each team with shifts to work, as `roster = { file }` reads it; their names.

    None takes the name of a data file.
    """
    worked = {team: shifts for team, shifts in rosters(scenario, agents).items() if shifts}
    files = roster_files(scenario, worked)
    for team, file in files.items():
        write_csv(folder / file, ROSTER_COLUMNS, worked[team])
    return list(files.values())


def roster_files(scenario: Scenario, teams: Iterable[str]) -> dict[str, str]:
    """By team the name of its roster file, none of which is that of a data file."""
    files: dict[str, str] = {}
    taken = {name.casefold() for name in read.stored_files(scenario)}
    for team in teams:
        file = f"roster_{''.join(letter if letter.isalnum() else '_' for letter in team)}"
        while f"{file}.csv".casefold() in taken:
            file += "_"
        files[team] = f"{file}.csv"
        taken.add(files[team].casefold())
    return files


def write_plan(folder: Path, plan: ShiftPlan) -> None:
    """targets.csv: how every target does; marginal.csv: what one more agent adds; frontier.csv: all that was tried."""
    rows = []
    runs = {"search": plan.searched, "fresh": plan.fresh, "today": plan.today, "erlang": plan.baseline}
    for which, performance in runs.items():
        if performance is None:
            continue
        for goal, figure, days, slack in zip(
            plan.goals, performance.figures, performance.days_met, performance.slack.tolist(), strict=True
        ):
            wanted = f"{'>=' if goal.at_least else '<='} {goal.wanted:.6g}"
            numbers = [f"{number:.6g}" for number in (*figure, days, slack)]
            rows.append((which, performance.seed, goal.level, goal.name, goal.metric, wanted, *numbers))
    write_csv(
        folder / "targets.csv",
        ("run", "seed", "level", "name", "metric", "wanted", "mean", "low", "high", "days_met", "slack"),
        rows,
    )
    write_csv(
        folder / "marginal.csv",
        ("pattern", "cost", "level", "name", "metric", "gain"),
        (
            (name, f"{cost:.2f}", goal.level, goal.name, goal.metric, f"{gain:.6g}")
            for name, cost, gains in zip(plan.names, plan.pattern_cost, plan.marginal, strict=True)
            for goal, gain in zip(plan.goals, gains, strict=True)
        ),
    )
    write_csv(
        folder / "frontier.csv",
        ("cost", "least_slack", "met"),
        ((f"{cost:.2f}", f"{slack:.6g}", met) for cost, slack, met in sorted(plan.tried)),
    )


def requirement_json(scenario: Scenario, requirement: Requirement) -> list[dict[str, Any]]:
    """An entry a team (or queue) and interval with agents: how many at their desks, with shrinkage, what decides."""
    binds = {(bind.team, bind.start): _what(bind.goal) for bind in requirement.binding}
    clock = [f"{scenario.calendar.local(start):%Y-%m-%dT%H:%M}" for start in requirement.starts.tolist()]
    return [
        {"team": name, "start": clock[i], "agents": at_work[i], "with_shrinkage": more[i],
         "binds": binds.get((name, start))}
        for name, at_work, more in zip(
            requirement.names, requirement.agents.tolist(), requirement.with_shrinkage.tolist(), strict=True
        )
        for i, start in enumerate(requirement.starts.tolist())
        if at_work[i]
    ]  # fmt: skip


def shortfalls_json(scenario: Scenario, requirement: Requirement) -> list[dict[str, Any]]:
    """An entry a stretch and target that is not met: its figure, the best there is, and why."""

    def at(micros: int) -> str:
        return f"{scenario.calendar.local(micros):%Y-%m-%dT%H:%M}"

    return [
        {"what": _what(short.goal), "wanted": short.goal.wanted, "start": at(short.start), "end": at(short.end),
         "figure": short.figure, "best": None if math.isnan(short.best) else short.best, "reason": short.reason}
        for short in requirement.shortfalls
    ]  # fmt: skip


def shifts_json(scenario: Scenario, agents: I64) -> dict[str, Any]:
    """Agents on each shift pattern, what they cost and are paid for; `fte` is null without `fte_hours`."""
    given, counts = scenario.staffing.patterns, agents.tolist()
    paid = float(patterns.hours(scenario) @ agents)
    return {
        "plan": [
            {"shift": name, "team": pattern.team, "agents": number}
            for name, pattern, number in zip(patterns.names(given), given, counts, strict=True)
        ],
        "cost": float(patterns.costs(scenario) @ agents),
        "paid_hours": paid,
        "fte": format.full_time_agents(scenario, paid),
        "most_on_a_day": patterns.most_on_a_day(scenario, counts),
    }


def plan_json(plan: ShiftPlan) -> dict[str, Any]:
    """A plan with its proof."""
    return shifts_json(plan.scenario, plan.agents) | {
        "targets": [
            {"what": _what(goal), "wanted": goal.wanted, "search": _band(search), "fresh": _band(fresh),
             "met": None if math.isnan(slack) else slack >= 0}
            for goal, search, fresh, slack in zip(
                plan.goals, plan.searched.figures, plan.fresh.figures, plan.fresh.slack.tolist(), strict=True
            )
        ],
        "proven": plan.proven,
        "overtime_cost": _band(plan.overtime),
        "notes": list(plan.notes),
        "warnings": list(plan.warnings),
        "bound": plan.lower_bound,
        "gap": plan.gap,
        "staffings": plan.evaluations,
        "seconds": plan.seconds,
    }  # fmt: skip


def capacity_json(capacity: Capacity) -> dict[str, Any]:
    """A capacity as an object of JSON; `volume` is by queue, customers a day at the scale."""
    binds = None if capacity.binds is None else _what(capacity.binds)
    if capacity.binds_at is not None:
        binds = f"{binds} on {format.moment(capacity.scenario, capacity.binds_at)}"
    return {
        "scale": _band(capacity.scale),
        "volume": capacity.volume_at_scale,
        "binds": binds,
        "queue": capacity.queue,
        "today": capacity.volume,
        "targets": [
            {"what": _what(goal), "wanted": goal.wanted, "today": _band(today), "at_scale": _band(limit),
             "fresh": _band(fresh)}
            for goal, today, limit, fresh in zip(
                capacity.goals, capacity.today, capacity.figures, capacity.proof, strict=True
            )
        ],
        "missed_today": [_what(goal) for goal in capacity.missed_today],
        "proven": capacity.proven,
        "no_data": [_what(goal) for goal in capacity.no_data],
        "seed": capacity.scenario.seed,
        "fresh_seed": capacity.proof_seed,
        "replications": capacity.scenario.replications,
    }  # fmt: skip


def _what(goal: StaffingTarget) -> str:
    return f"{goal.name}: {goal.metric}"


def _band(estimate: Estimate) -> dict[str, float | None]:
    return {key: None if math.isnan(value) else value for key, value in estimate._asdict().items()}


def write_one_more(folder: Path, plan: ShiftPlan, effects: Sequence[OneMore], sizes: Sequence[TeamSize]) -> None:
    """one_more.csv: what one agent more changes, a row a shift or half hour and figure; team_sizes.csv: the choice."""

    def numbers(estimate: Estimate) -> tuple[str, ...]:
        return tuple(f"{number:.6g}" for number in estimate)

    figures = (*map(_what, plan.goals), "asa_s", "cost_answered")
    write_csv(
        folder / "one_more.csv",
        ("team", "where", "name", "cost", "figure", "change", "low", "high"),
        (
            (one.team, "half hour" if one.half_hour else "shift", one.name, f"{one.cost:.2f}", what, *numbers(change))
            for one in effects
            for what, change in zip(figures, (*one.goals, one.asa, one.cost_answered), strict=True)
        ),
    )
    write_csv(
        folder / "team_sizes.csv",
        ("team", "more", "agents", "cost", "target", "mean", "low", "high", "met"),
        (
            (size.team, size.more, size.agents, f"{size.cost:.2f}", _what(goal), *numbers(figure),
             "" if math.isnan(figure.mean) else bool(goal.slack(np.array(figure.mean)) >= 0))
            for size in sizes
            for goal, figure in zip(plan.goals, size.goals, strict=True)
        ),
    )  # fmt: skip


def one_more_json(plan: ShiftPlan, effects: Sequence[OneMore], sizes: Sequence[TeamSize]) -> dict[str, Any]:
    """The same as objects of JSON."""
    return {
        "one_more": [
            {
                "team": one.team, "shift": None if one.half_hour else one.name,
                "half_hour": one.name if one.half_hour else None, "cost": one.cost,
                "targets": {_what(goal): _band(change) for goal, change in zip(plan.goals, one.goals, strict=True)},
                "asa": _band(one.asa), "cost_answered": _band(one.cost_answered),
            }
            for one in effects
        ],
        "team_sizes": [
            {"team": size.team, "more": size.more, "agents": size.agents, "cost": size.cost,
             "targets": {_what(goal): _band(figure) for goal, figure in zip(plan.goals, size.goals, strict=True)}}
            for size in sizes
        ],
    }  # fmt: skip


def write_provenance(folder: Path, scenario: Scenario, **run: Any) -> None:
    """provenance.json: what the answer was made from, and the fingerprints of what it is."""
    files = sorted(path.name for path in folder.iterdir() if path.suffix in (".csv", ".toml"))
    about = {"scenario": scenario.name, "seed": scenario.seed, "replications": scenario.replications, **run}
    provenance.write(folder, about, files)


def days_of(scenario: Scenario, pattern: Pattern, *, beyond: bool = False) -> list[date]:
    """Dates of its shifts in the run; `beyond`: also those that reach into it, or into the drain."""
    horizon = Horizon.of(scenario)
    days = []
    for day in horizon.week() if beyond else range(scenario.days):
        on = horizon.calendar.date(day)
        hours = pattern.hours_on(on)
        if hours is None:
            continue
        start, end = horizon.stretch(day, hours)
        if start < horizon.drain_end and end > 0:
            days.append(on)
    return days


def _break(rest: Break) -> str:
    """Its hours; of a break in a window 30 min in 11:30-13:30."""
    return str(rest.between) if rest.is_fixed else f"{rest.lasts / MINUTE:g} min in {rest.between}"
