"""The report of a shift plan: whether its shifts meet the targets on fresh random numbers, what they cost, where."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ccsim.metrics import METRICS
from ccsim.report.document import (
    Document,
    Fact,
    Finding,
    Kind,
    Listing,
    Part,
    Picture,
    Section,
    Status,
    Table,
    TableColumn,
    Verdict,
)
from ccsim.report.of_run import assumptions, made_with
from ccsim.results import format
from ccsim.results.format import local_times
from ccsim.results.plans import Requirement, ShiftPlan
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.staffing import patterns
from ccsim.staffing.output import rosters
from ccsim.workload.offered import interval_hours


def document(
    plan: ShiftPlan, needed: Requirement, provenance: dict[str, Any], pictures: Sequence[Picture] = ()
) -> Document:
    """The report of a plan and of the requirement beside it; `provenance` is what its provenance.json holds."""
    scenario, fresh = plan.scenario, plan.fresh
    verdicts = tuple(_verdicts(plan))
    sure = plan.proven and fresh.all_data and all(verdict.status == "met" for verdict in verdicts)
    return Document(
        title=f"{scenario.name}: the cheapest shifts that meet every target",
        subtitle=f"tried on {format.several(fresh.replications, 'replication')} that the search has not seen",
        answer=_answer(plan),
        status="missed" if not (fresh.met or fresh.no_data) else "met" if sure else "open",
        facts=tuple(_facts(plan)),
        verdicts=verdicts,
        verdicts_title="Targets, with these shifts",
        findings=tuple(_findings(plan)),
        findings_title="How good the plan is",
        sections=(
            *([Section("Charts", tuple(pictures))] if pictures else []),
            Section("Figures", tuple(_figures(plan))),
            Section("Assumptions", assumptions(scenario)),
            Section("Scenario and provenance", _origin(plan, provenance)),
        ),
        made_by=f"seed {scenario.seed}, {format.several(plan.evaluations, 'staffing')} simulated; {needed.method}",
    )


def roster_table(plan: ShiftPlan) -> Table:
    """Who works when, for the sheet."""
    heads = ("Agent", "Team", "Date", "Start", "End", "Breaks")
    rows = [
        (agent, team, day.isoformat(), start, end, breaks)
        for team, shifts in rosters(plan.scenario, plan.agents).items()
        for agent, day, start, end, breaks in shifts
    ]
    return Table("Roster", tuple(TableColumn(head) for head in heads), tuple(rows))


def plans_table(plans: Mapping[str, ShiftPlan], labels: Mapping[str, str]) -> Table:
    """Variants, each with its cheapest shifts: people, hours and money, beside the first of them."""
    base = next(iter(plans.values())).fresh.cost
    currency = next(iter(plans.values())).scenario.currency
    hours = any(plan.scenario.fte_hours is not None for plan in plans.values())
    rows = tuple(
        (
            labels[name], plan.most_on_a_day, plan.paid_hours,
            *([format.full_time_agents(plan.scenario, plan.paid_hours)] if hours else []),
            plan.fresh.cost, None if plan.fresh.cost == base else plan.fresh.cost - base, plan.overtime,
            plan.lower_bound,
            "yes" if plan.proven else "no",
        )
        for name, plan in plans.items()
    )  # fmt: skip
    return Table(
        "Cheapest shifts that meet the targets",
        (
            TableColumn("Variant"), TableColumn("Agents on a day", "count"), TableColumn("Paid hours", "hours"),
            *([TableColumn("FTE", "number")] if hours else []),
            TableColumn(format.with_currency("Cost", "money", currency), "money"),
            TableColumn(f"To {labels[next(iter(plans))]}", "money", signed=True),
            TableColumn("Overtime", "money"), TableColumn("Lower bound", "money"), TableColumn("Proven"),
        ),
        rows,
        note="Agents on the day with most of them. Overtime is what finishing contacts after the shift is expected to "
        "cost beside. The lower bound is an estimate: the cheapest shifts cost at least "
        "that if a further agent never adds more than the one before. Proven: the targets hold on random numbers that "
        "the search has not seen.",
    )  # fmt: skip


def plans_csv(plans: Mapping[str, ShiftPlan]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Header and rows of staffing.csv: every shift of every variant."""
    rows = [
        (name, shift, pattern.team, agents, f"{agents * hours:.2f}", f"{agents * cost:.2f}", plan.proven)
        for name, plan in plans.items()
        for shift, pattern, agents, hours, cost in zip(
            plan.names, plan.patterns, plan.agents.tolist(), plan.pattern_hours.tolist(), plan.pattern_cost.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    return ("variant", "shift", "team", "agents", "paid_hours", "cost", "proven"), rows


def requirement_document(
    scenario: Scenario, needed: Sequence[Requirement], provenance: dict[str, Any], pictures: Sequence[Picture] = ()
) -> Document:
    """The report of requirements without shifts, the first of which is the answer."""
    hours = interval_hours(scenario)
    first = needed[0]
    most = ", ".join(
        f"{name} {format.count(float(agents.max(initial=0)))}"
        for name, agents in zip(first.names, first.agents, strict=True)
    )
    heads = ("Method", "Team", "Agents at most", "Agent hours", "Shrinkage", "Hours with shrinkage")
    kinds: tuple[Kind, ...] = ("text", "text", "count", "hours", "share", "hours")
    rows = tuple(
        (each.method, name, float(agents.max(initial=0)), float(agents @ hours), share, float(paid @ hours))
        for each in needed
        for name, agents, share, paid in zip(
            each.names, each.agents, each.shrinkage.tolist(), each.with_shrinkage, strict=True
        )
    )
    return Document(
        title=f"{scenario.name}: agents required",
        subtitle=first.method,
        answer=f"Agents at their desks at most: {most}.",
        status=None,
        findings=(Finding("To bear in mind", tuple(f"{line}." for line in first.warnings)),) if first.warnings else (),
        findings_title="How good it is",
        sections=(
            *([Section("Charts", tuple(pictures))] if pictures else []),
            Section("Figures", (Table("Agents required", tuple(map(TableColumn, heads, kinds)), rows),)),
            Section("Assumptions", assumptions(scenario)),
            Section(
                "Scenario and provenance",
                (
                    Table("This plan", (TableColumn("What"), TableColumn("Value")), tuple(made_with(provenance))),
                    Listing("The scenario", read.resolved_toml(scenario)),
                ),
            ),
        ),
        made_by=f"seed {scenario.seed}",
    )


def requirement_table(needed: Requirement, scenario: Scenario) -> Table:
    """Agents required by interval, for the sheet; intervals in which nobody is are left out."""
    times = local_times(scenario, needed.starts)
    rows = [
        (at, name, agents, on_shift)
        for name, at_work, more in zip(needed.names, needed.agents, needed.with_shrinkage, strict=True)
        for at, agents, on_shift in zip(times, at_work.tolist(), more.tolist(), strict=True)
        if agents
    ]
    heads = (
        TableColumn("Start", "moment"),
        TableColumn(needed.level.capitalize()),
        TableColumn("Agents at work", "number"),
        TableColumn("Agents with shrinkage", "number"),
    )
    return Table(f"Requirement by {needed.method.split(',')[0]}", heads, tuple(rows))


def _answer(plan: ShiftPlan) -> str:
    agents = f"{format.several(plan.most_on_a_day, 'agent')} on the busiest day"
    if plan.fresh.no_data:
        return f"{agents}: no data on any target."
    if plan.in_doubt and plan.fresh.met:
        return f"{agents} meet every target, but the 95 % interval of one reaches beyond it."
    if plan.fresh.met:
        which = "every target" if plan.fresh.all_data else "every target with data"
        return f"{agents}, on {format.several(int((plan.agents > 0).sum()), 'shift')}, meet {which}."
    return f"{agents} met every target in the search, but not on fresh random numbers."


def _verdicts(plan: ShiftPlan) -> Iterable[Verdict]:
    """By the means over the run; what has to hold in parts of it, the slack decides."""
    for goal, estimate, slack in zip(plan.goals, plan.fresh.figures, plan.fresh.slack.tolist(), strict=True):
        if math.isnan(estimate.mean):
            continue
        ends = [end for end in (estimate.low, estimate.high) if not math.isnan(end)]
        sure = all((end >= goal.wanted) == goal.at_least or end == goal.wanted for end in ends)
        status: Status = "missed" if slack < 0 else "met" if sure else "open"
        yield Verdict(
            status, plan.scenario.title(goal.name), METRICS[goal.level, goal.metric].title, "share", estimate,
            goal.wanted, goal.at_least,
        )  # fmt: skip


def _facts(plan: ShiftPlan) -> Iterable[Fact]:
    today = plan.today.cost
    change = format.money(abs(plan.fresh.cost - today))
    less = f"{change} {'less' if plan.fresh.cost < today else 'more'} than today's shifts"
    yield Fact("Cost of the shifts", format.count(plan.fresh.cost), less)
    over = plan.overtime
    if over.mean > 0:
        details = (format.between(over), "expected, to finish contacts after the shift; a run's cost has both")
        yield Fact("Overtime", format.count(over.mean), " · ".join(filter(None, details)))
    for what, of in (("Today's shifts", plan.today), ("Shifts by Erlang's formulas", plan.baseline)):
        if of is not None:
            every = "every target" if of.all_data else "every target with data"
            met = "no data" if of.no_data else f"meet {every}" if of.met else "miss a target"
            yield Fact(what, format.count(of.cost), met)
    yield Fact(
        "Lower bound", format.count(plan.lower_bound), f"of the relaxation, {format.percent(plan.gap)} below the plan"
    )


def _findings(plan: ShiftPlan) -> Iterable[Finding]:
    for name, number, cost in zip(plan.names, plan.agents.tolist(), plan.pattern_cost.tolist(), strict=True):
        if number:
            yield Finding(name, (f"{format.several(number, 'agent')}, {format.count(number * cost)} over the run.",))
    lines = []
    for binding in plan.binding():
        at = format.moment(plan.scenario, binding.start)
        measure = METRICS[binding.goal.level, binding.goal.metric].in_sentence
        lines.append(f"Binding target: {plan.scenario.title(binding.goal.name)} {measure}, most on {at}.")
    if not plan.finished:
        lines.append("The time was up before the search was done: there may be a cheaper plan.")
    if all_lines := (*lines, *(f"{line}." for line in (*plan.warnings, *plan.notes, *plan.repairs))):
        yield Finding("To bear in mind", all_lines)


def _figures(plan: ShiftPlan) -> Iterable[Part]:
    rows = zip(plan.names, plan.patterns, plan.agents.tolist(), plan.pattern_cost.tolist(), strict=True)
    yield Table(
        "Shifts",
        (
            TableColumn("Shift"),
            TableColumn("Team"),
            TableColumn("Agents", "number"),
            TableColumn("Cost of one", "money"),
            TableColumn("Cost", "money"),
        ),
        tuple((name, pattern.team, number, cost, number * cost) for name, pattern, number, cost in rows),
    )
    title = plan.scenario.title
    titles = [f"{title(goal.name)} {METRICS[goal.level, goal.metric].in_sentence}" for goal in plan.goals]
    others = [("Today", plan.today), ("This plan", plan.fresh)]
    if plan.baseline is not None:
        others.insert(1, ("By Erlang's formulas", plan.baseline))
    yield Table(
        "The plan compared",
        (
            TableColumn("Shifts"), TableColumn("Cost", "money"),
            *(TableColumn(title, "share") for title in titles),
        ),
        tuple((name, of.cost, *of.figures) for name, of in others),
        note="All on the same random numbers, which the search has not seen; small: 95 % interval.",
    )  # fmt: skip
    marginal = np.asarray(plan.marginal)
    yield Table(
        "What one agent more adds",
        (
            TableColumn("Shift"), TableColumn("Cost", "money"),
            *(TableColumn(title, "share", signed=True) for title in titles),
        ),
        tuple(
            (name, cost, *gains)
            for name, cost, gains in zip(plan.names, plan.pattern_cost.tolist(), marginal.tolist(), strict=True)
        ),
        note="To what each target has to spare, on the random numbers of the search.",
        folded=True,
    )  # fmt: skip


def _origin(plan: ShiftPlan, provenance: dict[str, Any]) -> tuple[Part, ...]:
    ready = patterns.staffed(plan.scenario, plan.agents.tolist())
    facts = (("Seed", str(plan.scenario.seed)), ("Search", format.duration(plan.seconds)), *made_with(provenance))
    return (
        Table("This plan", (TableColumn("What"), TableColumn("Value")), facts),
        Listing("The scenario with these shifts", read.resolved_toml(ready)),
    )
