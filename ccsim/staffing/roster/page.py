"""The report of a roster: who works when, which rules and wishes it keeps, and what the rules cost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ccsim.metrics import METRICS, TOTAL
from ccsim.report.document import (
    Cell,
    Document,
    Fact,
    Finding,
    Kind,
    Listing,
    Note,
    Section,
    Status,
    Table,
    TableColumn,
)
from ccsim.report.of_run import made_with
from ccsim.results import format
from ccsim.results.targets import targets
from ccsim.scenario import read
from ccsim.scenario.roster_rules import teams_of
from ccsim.scenario.values import HOUR, WEEK, clock, written_duration
from ccsim.staffing.roster.plan import SOFT, RosterPlan, agents_of, wish_days
from ccsim.staffing.roster.rules import PER_AGENT, SHIFT_LIMITS, Breach

LEAVE = "leave"


def document(plan: RosterPlan, provenance: dict[str, Any]) -> Document:
    """The report of a roster that was found; `provenance` is what its provenance.json holds."""
    scenario, results = plan.task.scenario, plan.simulated
    assert results is not None
    judged = targets(results)
    status: Status | None = None
    if judged:
        sure = all(goal.sure for goal in judged)
        status = "open" if not sure else "met" if all(goal.met for goal in judged) else "missed"
    return Document(
        title=f"{scenario.name}: roster of {format.several(len(plan.task.agents), 'agent')}",
        subtitle=f"{format.several(plan.task.weeks, 'week')} from {format.day(scenario.start)} {scenario.start.year}",
        answer=answer(plan),
        status=status,
        facts=tuple(Fact(*fact) for fact in facts(plan)),
        findings=tuple(_findings(plan)),
        findings_title="What it does not keep",
        sections=(
            Section("Roster", (*(week_table(plan, week) for week in range(plan.task.weeks)), hours_table(plan))),
            Section("What the rules cost", (cost_table(plan),)),
            Section("Rules and wishes", (rules_table(plan), *map(Note, remarks(plan)))),
            Section(
                "Scenario and provenance",
                (
                    Table("This roster", (TableColumn("What"), TableColumn("Value")), tuple(made_with(provenance))),
                    Listing("The scenario with this roster", read.resolved_toml(plan.scenario)),
                ),
            ),
        ),
        made_by=f"seed {scenario.seed}; covers {plan.demand.method}",
    )


COST_NOTE = (
    "Without rules: as many agents on each shift as are required, whoever they are. Both on the same fresh random "
    "numbers. Leave is in neither cost."
)


def answer(plan: RosterPlan) -> str:
    """Whether every rule is kept, and how good the roster is."""
    people = format.several(len(plan.task.agents), "agent")
    if plan.status == "optimal":
        return f"The roster of {people} keeps every rule that must be kept, and none does better by the weights."
    off = f"at most {format.percent(plan.solution.gap)} off the best"
    return f"The roster of {people} keeps every rule that must be kept; by the weights it is {off}."


def facts(plan: RosterPlan) -> Iterable[tuple[str, str, str]]:
    """Key figures: what is required, rostered, short and over; wishes; points."""
    demand = plan.demand
    required = float(demand.required @ demand.hours)
    yield "Required", f"{format.count(required)} h", f"at the desk, shrinkage added; {demand.method}"
    short, over = demand.hours_short(plan.there), demand.hours_over(plan.there)
    share = format.percent(short / required if required else 0.0)
    yield "Short", f"{format.count(short)} h", f"{share} of what is required"
    yield "Over", f"{format.count(over)} h", "agent hours above what is required"
    if demand.out_of_reach:
        what = "required while nobody on any shift pattern is at the desk"
        yield "Out of reach", f"{format.count(demand.out_of_reach)} h", what
    against, days = wish_days(plan)
    yield "Wishes not fulfilled", format.count(against), f"of {format.several(days, 'day')} that they are about"
    gap = "" if plan.status == "optimal" else f", gap {format.percent(plan.solution.gap)}"
    yield "Points", format.count(plan.solution.points), f"at least {format.count(plan.solution.bound)}{gap}"


def refusal(plan: RosterPlan) -> str:
    """Why there is no roster."""
    if plan.status == "unknown":
        return "No roster was found in this time, and none was ruled out: search longer, with --effort or --within."
    return "No roster keeps every rule. For each agent named, these cannot hold together; change one of them:"


def sentence(breach: Breach) -> str:
    """A rule, whose it is, and what is the matter."""
    return ": ".join(filter(None, (breach.agent, breach.rule.replace("_", " "), breach.what)))


def remarks(plan: RosterPlan) -> Iterable[str]:
    """What was assumed and what to bear in mind."""
    scenario = plan.task.scenario
    rules, given = scenario.roster, scenario.staffing.patterns
    balanced = "a week" if rules.hours_over == 1 else f"a week over {rules.hours_over} weeks"
    yield (
        f"Rules: {written_duration(rules.min_rest)} of rest, {rules.max_days_in_a_row} days in a row, one Saturday in "
        f"{rules.one_saturday_in}, contract hours ± {written_duration(rules.hours_tolerance)} {balanced}; a shift is "
        f"late that ends after {clock(rules.late_after)}. What was worked before {format.day(scenario.start)} is not "
        "known."
    )
    yield COST_NOTE
    yield from (f"{note}." for note in plan.task.notes)
    yield from (f"Warning: {warning}." for warning in plan.warnings)
    if plan.unrestricted is None:
        yield "No plan without rules to compare: the most agents of the shift patterns do not cover the requirement."
    lost = [key for key in ("paid", "cost_per_hour", "before_break") if any(key in p.model_fields_set for p in given)]
    if lost:
        yield f"A roster file keeps no {', '.join(lost)} of a shift pattern: in the simulation that of the team holds."
    if plan.solution.by_clock:
        yield "The clock ended steps of the search: another time it may come to another roster."


def rules_table(plan: RosterPlan) -> Table:
    """Every rule, whether it must hold, and how often it does not; wishes by days."""
    counts = Counter(breach.rule for breach in plan.breaches)
    counts["wishes"] = wish_days(plan)[0]
    rows = tuple(
        (
            "wishes, days" if rule == "wishes" else rule.replace("_", " "),
            "if possible" if rule in SOFT else "always",
            float(counts[rule]),
        )
        for rule in (*PER_AGENT, SHIFT_LIMITS, *SOFT)
    )
    return Table("Rules", (TableColumn("Rule"), TableColumn("To be kept"), TableColumn("Not kept", "number")), rows)


def grid(plan: RosterPlan) -> Table:
    """Agents by days: the sheet of the whole roster."""
    return _days(plan, "Agents by days", range(plan.task.scenario.days))


def week_table(plan: RosterPlan, week: int, *, short: bool = False) -> Table:
    """Agents by the days of a week; in short without teams, and 8-16:30 for 08:00-16:30."""
    return _days(plan, f"Week {week + 1}", range(week * WEEK, (week + 1) * WEEK), short=short)


def _days(plan: RosterPlan, title: str, days: range, *, short: bool = False) -> Table:
    task = plan.task
    rows: list[tuple[Cell, ...]] = []
    for agent in task.agents:
        worked = {task.duties[duty].day: task.duties[duty] for duty in plan.assignment[agent.name]}
        cells = []
        for day in days:
            away = agent.leave is not None and agent.leave.on(task.date(day))
            duty = worked.get(day)
            hours = "" if duty is None else str(duty.hours)
            cells.append((re.sub(r"\b0|:00", "", hours) if short else hours) or (LEAVE if away else ""))
        paid = sum(duty.paid for day, duty in worked.items() if day in days) / HOUR
        team = () if short else (", ".join(teams_of(task.scenario, agent)),)
        rows.append((agent.name, *team, *cells, paid))
    heads = [task.day(day).rpartition(" ")[0] if short else task.day(day) for day in days]
    columns = [TableColumn(head) for head in ("Agent", *(() if short else ("Team",)), *heads)]
    return Table(title, (*columns, TableColumn("Hours", "hours")), tuple(rows))


def hours_table(plan: RosterPlan) -> Table:
    """Every agent's hours and shifts."""
    heads = ("Agent", "Teams", "Contract", "Hours", "Shifts", "Late", "Weekend", "Start times a week")
    kinds: tuple[Kind, ...] = ("text", "text", "hours", "hours", "number", "number", "number", "number")
    rows = tuple((of.name, ", ".join(of.teams), *of[2:]) for of in agents_of(plan))
    return Table("Hours and shifts", tuple(map(TableColumn, heads, kinds)), rows)


def cost_table(plan: RosterPlan) -> Table:
    """The roster beside the same requirement without anybody's rules: targets, paid hours, cost."""
    figures = list(_figures(plan))
    rows = tuple(
        (name, *(run.estimate(*figure) for figure, _ in figures))
        for name, run in (("Without rules", plan.unrestricted), ("Roster", plan.simulated))
        if run is not None
    )
    columns = (TableColumn("Shifts"), *(column for _, column in figures))
    return Table("The roster and the plan without rules", columns, rows, note=f"{COST_NOTE} Small: 95 % interval.")


def costs(plan: RosterPlan) -> Iterable[str]:
    """The same as lines."""
    assert plan.simulated is not None
    for figure, column in _figures(plan):
        written = [
            format.percent(estimate.mean) if column.kind == "share" else format.count(estimate.mean)
            for run in (plan.simulated, plan.unrestricted)
            if run is not None and (estimate := run.estimate(*figure)) is not None
        ]
        if written:
            free = f"; without rules {written[1]}" if len(written) > 1 else ""
            yield f"{column.title}: {written[0]}{free}."


def _figures(plan: RosterPlan) -> Iterable[tuple[tuple[str, str, str], TableColumn]]:
    """What is compared: level, name and metric, and how it is shown."""
    results = plan.simulated
    assert results is not None
    for goal in targets(results):
        title = f"{results.scenario.title(goal.name)} {METRICS[goal.level, goal.metric].in_sentence}"
        bound = f"{'≥' if goal.at_least else '≤'} {100 * goal.wanted:.4g} %"
        yield (goal.level, goal.name, goal.metric), TableColumn(f"{title}, {bound}", "share")
    yield (TOTAL, TOTAL, "paid_hours"), TableColumn("Paid hours with overtime", "hours")
    yield (TOTAL, TOTAL, "overtime_hours"), TableColumn("Overtime hours to finish contacts", "hours")
    cost = format.with_currency("Cost with overtime", "money", results.scenario.currency)
    yield (TOTAL, TOTAL, "cost"), TableColumn(cost, "money")


def _findings(plan: RosterPlan) -> Iterable[Finding]:
    for rule in dict.fromkeys(breach.rule for breach in plan.breaches):
        mine = [breach for breach in plan.breaches if breach.rule == rule]
        lines = [f"{breach.agent}: {breach.what}." for breach in mine[:MOST]]
        more = [f"And {len(mine) - MOST} more, in rules.csv."] if len(mine) > MOST else []
        yield Finding(rule.replace("_", " "), (*lines, *more))


MOST = 6
"""Lines about one rule."""
