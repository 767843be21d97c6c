"""The report of a run: its document for the page, and the tables that only a sheet has room for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ccsim.lowering import AgentGroup, not_on_leave, rosters
from ccsim.metrics import METRICS, TOTAL
from ccsim.metrics.registry import Level
from ccsim.report.actions import Action
from ccsim.report.document import (
    STATUS,
    Cell,
    Document,
    Fact,
    Listing,
    Note,
    Part,
    Picture,
    Section,
    Status,
    Table,
    TableColumn,
    Verdict,
)
from ccsim.report.findings import findings
from ccsim.report.periods import by_day, by_interval
from ccsim.results import format
from ccsim.results.format import local_times
from ccsim.results.model import Results
from ccsim.results.targets import MetricTarget, targets, without_data
from ccsim.scenario import read
from ccsim.scenario.defaults import defaults_used
from ccsim.scenario.model import Scenario
from ccsim.stats.estimate import Estimate
from ccsim.tables import I64, SECOND, Outcome

QUEUES: Final = (
    "customers", "offered", "answered", "undecided", "service_level", "asa", "asa_business", "wait_p90",
    "wait_p90_business", "abandonment", "reply_level", "resolution_level",
)  # fmt: skip
WAITS: Final = ("asa", "wait_p90")
"""Without a total over several channels: a phone call's and an e-mail's wait have no mean that says anything."""
WORK: Final = (
    "work_hours", "handle_mean", "turns_mean", "reread_share", "fcr", "repeat_contacts", "open_mean", "value_lost",
    "cost", "cost_per_contact", "cost_per_resolved",
)  # fmt: skip
TEAMS: Final = (
    "staffed_hours", "paid_hours", "overtime_hours", "occupancy", "utilisation", "concurrency_mean",
    "concurrency_share_0", "concurrency_share_1", "concurrency_share_2", "concurrency_share_3plus", "cost",
    "overtime_cost",
)  # fmt: skip
TAGS: Final = {"A": "article", "S": "source", "M": "measured", "I": "illustrative"}


def document(
    results: Results,
    provenance: dict[str, Any],
    required: I64,
    pictures: Sequence[Picture] = (),
    actions: Sequence[Action] = (),
) -> Document:
    """The report of a run; `provenance` is what its provenance.json holds, `actions` what was tried.

    `required` : int64[team, interval that is counted], agents by Erlang's formulas.
    """
    scenario = results.scenario
    runs = format.several(results.replications, "replication")
    last = scenario.calendar.date(scenario.days - 1)
    period = f"{format.day(scenario.start)} to {format.day(last)} {last.year}" if scenario.days > 1 else (
        f"{format.day(scenario.start)} {scenario.start.year}"
    )  # fmt: skip
    version = ["ccsim", *filter(None, [provenance["versions"].get("ccsim")])]
    variant = [f"variant {results.variant}"] if results.variant else []
    days = by_day(results, required)
    return Document(
        title=scenario.name,
        subtitle=" · ".join([*variant, period, runs]),
        answer=answer(results),
        status=status(results),
        verdicts=verdicts(results),
        facts=tuple(facts(results)),
        findings=findings(results, actions),
        sections=(
            *([Section("Charts", tuple(pictures))] if pictures else []),
            Section("Figures", tuple(_figures(results))),
            *([Section("By day", days, together=True)] if days else []),
            Section("By interval", tuple(replace(table, folded=True) for table in by_interval(results, required))),
            Section("Assumptions", assumptions(results.scenario)),
            Section("Scenario and provenance", _origin(results, provenance)),
        ),
        made_by=f"{' '.join(version)}, seed {scenario.seed}, engine {results.engine}",
    )


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _status(goal: MetricTarget) -> Status:
    return "open" if not goal.sure else "met" if goal.met else "missed"


def status(results: Results) -> Status:
    """Of all targets together."""
    statuses: set[Status] = {_status(goal) for goal in targets(results)}
    if "missed" in statuses:
        return "missed"
    return "met" if statuses == {"met"} and not without_data(results) else "open"


def answer(results: Results) -> str:
    """Targets met and missed, and those of which nothing is known, in a sentence."""
    goals = targets(results)
    if not goals:
        return "No target is judged: the scenario gives none, or there are no data."
    of: dict[str, list[tuple[Level, str, str]]] = {
        words: [(goal.level, goal.name, goal.metric) for goal in goals if _status(goal) == status]
        for status, words in STATUS.items()
    } | {"without data": [bound[:3] for bound in without_data(results)]}
    every = sum(map(len, of.values()))
    met = len(of.pop(STATUS["met"]))
    if met == every:
        return {1: "The target is met.", 2: "Both targets are met."}.get(met, f"All {met} targets are met.")
    clearly = "clearly " if of[STATUS["open"]] else ""
    clauses = [f"{met} of {every} targets met" if met else f"No target is {clearly}met"]
    for verb, which in of.items():
        names = ", ".join(
            f"{results.scenario.title(name)} {METRICS[level, metric].in_sentence}" for level, name, metric in which
        )
        if which:
            clauses.append(f"{verb}: {names}" if len(names) <= 60 else f"{len(which)} {verb}")
    return "; ".join(clauses) + "."


def verdicts(results: Results) -> tuple[Verdict, ...]:
    """Every target and what came of it, those missed first."""
    goals = sorted(targets(results), key=lambda goal: ("missed", "open", "met").index(_status(goal)))
    return tuple(verdict(results, goal) for goal in goals)


def verdict(results: Results, goal: MetricTarget) -> Verdict:
    """A target and what came of it."""
    estimate = results.estimate(goal.level, goal.name, goal.metric)
    assert estimate is not None
    measure = METRICS[goal.level, goal.metric].title
    spec = results.spec
    if goal.level == "queue":
        q = spec.queues.index(goal.name)
        times = {
            "service_level": spec.sl_time,
            "reply_level": spec.reply_time,
            "resolution_level": spec.resolution_time,
        }
        if goal.metric in times:
            measure += f", in {format.duration(times[goal.metric][q])}"
        if goal.metric in times and spec.business_clock[q]:
            measure += " of open hours"
    return Verdict(
        _status(goal), results.scenario.title(goal.name), measure, "share", estimate, goal.wanted, goal.at_least
    )


def facts(results: Results) -> Iterable[Fact]:
    """Cost, value lost, contacts, paid hours."""

    def total(metric: str) -> Estimate:
        return results.estimate(TOTAL, TOTAL, metric) or Estimate(math.nan, math.nan, math.nan)

    cost, currency = total("cost"), results.scenario.currency
    if cost.mean > 0:
        rates = ((total("cost_per_contact").mean, "a contact"), (total("cost_per_resolved").mean, "a resolved one"))
        details = [f"{format.money(amount, currency)} {of}" for amount, of in rates if not math.isnan(amount)]
        overtime = total("overtime_cost").mean
        late = [f"{format.money(overtime, currency)} of it overtime"] if overtime > 0 else []
        details = [each for each in (format.between(cost), *details, *late) if each]
        yield Fact("Cost", format.money(cost.mean, currency), " · ".join(details))
    else:
        yield Fact("Cost", format.NO_DATA, "no team has a cost_per_hour")
    lost = total("value_lost")
    if lost.mean > 0:
        yield Fact("Value lost", format.money(lost.mean, currency), format.between(lost))
    offered, answered = total("offered"), total("answered")
    begun = f"of {format.count(total('customers').mean)} customers, {format.count(answered.mean)} answered"
    yield Fact("Contacts", format.count(offered.mean), begun)
    paid, staffed, busy = total("paid_hours"), total("staffed_hours"), total("utilisation")
    detail = f"{format.count(staffed.mean)} on duty, {format.percent(busy.mean, 0)} in focused work"
    full_time = format.full_time(results.scenario, paid.mean)
    yield Fact("Paid hours", format.count(paid.mean), " · ".join(filter(None, [full_time, detail])))


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _figures(results: Results) -> Iterable[Part]:
    spec = results.spec
    runs = (
        f"Means of {results.replications} replications; small: 95 % interval."
        if results.replications > 1
        else "One replication: there are no intervals."
    )
    usual = format.usual_targets(results)
    note = f"{runs} Usual for the channel, shown and not judged: {', '.join(usual)}." if usual else runs
    yield _by_name(results, "Queues", "queue", spec.queues, QUEUES, note)
    yield _by_name(results, "Work and cost of queues", "queue", spec.queues, WORK, runs)
    yield _by_name(results, "Teams", "team", spec.teams, TEAMS, runs)
    outcomes = [outcome.name.lower() for outcome in Outcome if outcome is not Outcome.NONE]
    yield _by_name(results, "Where contacts end", "queue", spec.queues, outcomes, "Contacts a replication.")
    yield Table(
        "Summary of all measures",
        (
            TableColumn("Level"), TableColumn("Name"), TableColumn("Measure", "code"), TableColumn("Mean", "number"),
            TableColumn("Low", "number"), TableColumn("High", "number"), TableColumn("Unit"),
        ),
        tuple((row.level, row.name, row.metric, row.mean, row.low, row.high, row.unit) for row in results.summary.rows),
        note="Low and high: the 95 % interval over replications. s: seconds, h: hours.",
        folded=True,
    )  # fmt: skip
    yield _definitions(results)


def _by_name(
    results: Results, title: str, level: Level, names: Sequence[str], metrics: Sequence[str], note: str
) -> Table:
    """A row a queue or team, a column a metric, but for those that apply nowhere and for counts of nothing."""
    heads = [TableColumn(level.capitalize())]
    cells: list[list[Cell]] = [[*map(results.scenario.title, names), TOTAL]]
    for metric in metrics:
        kind = METRICS[level, metric].form
        values = [_possible(results.estimate(level, name, metric)) for name in names]
        if all(each is None or math.isnan(each.mean) or (each.mean == 0 and kind != "share") for each in values):
            continue
        # teams have no total of their own for what queues have one for: theirs has the fees in it
        none = (level, metric) == ("team", "cost") or (metric in WAITS and not format.waits_compare(results))
        total = None if none else _possible(results.estimate(TOTAL, TOTAL, metric))
        head = format.with_currency(METRICS[level, metric].title, kind, results.scenario.currency)
        heads.append(TableColumn(head, kind))
        cells.append([*values, total])
    *rows, last = zip(*cells, strict=True)
    return Table(title, tuple(heads), tuple(rows), last if len(names) > 1 else (), note)


def _possible(estimate: Estimate | None) -> Estimate | None:
    """The interval within what the measure can be: nothing is below 0."""
    if estimate is None or math.isnan(estimate.low):
        return estimate
    return estimate._replace(low=max(0.0, estimate.low))


def _definitions(results: Results) -> Table:
    used = {row.metric for row in results.summary.rows}
    metrics = [metric for metric in METRICS.values() if metric.name in used]
    return Table(
        "How measures are defined",
        (
            TableColumn("Measure", "code"),
            TableColumn("Of"),
            TableColumn("Unit"),
            TableColumn("Formula"),
            TableColumn("Source"),
        ),
        tuple((metric.name, metric.level, metric.unit, metric.formula, metric.source) for metric in metrics),
        folded=True,
    )


def assumptions(scenario: Scenario) -> tuple[Part, ...]:
    """What a scenario leaves to its channels, with tags and sources."""
    used = defaults_used(scenario)
    if not used:
        return (Note("The scenario gives every value itself; it relies on no default of a channel."),)
    rows = tuple((path, format.toml(default.value), TAGS[default.tag], default.source) for path, default in used)
    return (
        Note(
            "What the scenario leaves open, it has from its channels. These values were used; where they matter, put "
            "your own into the file. Article: one the project was created from; source: the one named; measured: on "
            "real conversations; illustrative: no trustworthy figure was found."
        ),
        Table(
            "Defaults it relies on",
            (TableColumn("Setting", "code"), TableColumn("Value", "code"), TableColumn("Tag"), TableColumn("Source")),
            rows,
        ),
    )


def _origin(results: Results, provenance: dict[str, Any]) -> tuple[Part, ...]:
    scenario = results.scenario
    facts = (
        ("Variant", results.variant or "none"),
        ("Days", f"{scenario.days} from {scenario.start}, {scenario.timezone or 'days of 24 hours'}"),
        ("Interval", format.duration(results.spec.interval / SECOND)),
        (
            "Warm-up, drain",
            f"{format.duration(scenario.warm_up / SECOND)}, {format.duration(scenario.drain_time / SECOND)}",
        ),
        ("Seed, replications", f"{scenario.seed}, {results.replications}"),
        ("Engine", results.engine),
        *made_with(provenance),
    )
    prints = tuple((name, value) for name, value in provenance.get("files", {}).items())
    return (
        Table("This run", (TableColumn("What"), TableColumn("Value")), facts),
        Listing("The scenario as it was run", read.resolved_toml(scenario)),
        Table("SHA-256 of its files", (TableColumn("File", "code"), TableColumn("Fingerprint", "code")), prints,
              folded=True, note="ccsim replay makes them again, byte for byte."),
    )  # fmt: skip


def made_with(provenance: dict[str, Any]) -> list[tuple[str, str]]:
    """What a provenance.json says of the command and its surroundings: name and value."""
    git, machine = provenance.get("git"), provenance.get("machine") or {}
    versions = (f"{name} {number}" for name, number in provenance["versions"].items() if number)
    return [
        ("Changed for this run", ", ".join(provenance.get("overrides", [])) or "nothing"),
        ("Started", f"{provenance.get('started', '')}, took {format.duration(provenance.get('duration_s', math.nan))}"),
        ("Versions", ", ".join(versions)),
        ("Source", f"commit {git['commit']}{', changed since' if git['changed'] else ''}" if git else "not under git"),
        ("Machine", f"{machine.get('system')}, {format.several(machine.get('cpus') or 1, 'CPU')}"),
    ]


# ── tables for the sheet alone ───────────────────────────────────────────────────────────────────────────────────────


def wide_tables(results: Results) -> tuple[Table, ...]:
    """The roster: what only a sheet has room for."""
    return (_roster(results),)


def _roster(results: Results) -> Table:
    """The shifts that begin before the scenario's end, as it gives them: nobody absent but who is on leave."""
    plan, scenario = results.plan, results.scenario
    pauses = np.bincount(plan.pause_shift, plan.pause_end - plan.pause_start, len(plan.shift_start))
    mine = plan.shift_start < plan.end
    agent, start, end = plan.shift_agent[mine], plan.shift_start[mine], plan.shift_end[mine]
    length = (end - start) / (3600 * SECOND)
    groups = rosters(scenario)
    there = not_on_leave(groups)[mine]
    away = np.where(there, pauses[mine] / (3600 * SECOND), 0.0)
    names = [name for group in groups for name in [_shift_name(scenario, group)] * len(group.periods)]
    rows = zip(
        (results.spec.teams[team] for team in plan.team[agent].tolist()),
        (agent + 1).tolist(),
        local_times(scenario, start),
        local_times(scenario, end),
        np.where(there, length - away, 0.0).tolist(),
        away.tolist(),
        np.where(there, 0.0, length).tolist(),
        np.array(names, dtype=object)[mine].tolist(),
        strict=True,
    )
    heads = (
        TableColumn("Team"),
        TableColumn("Agent", "number"),
        TableColumn("Start", "moment"),
        TableColumn("End", "moment"),
        TableColumn("Hours on duty", "hours"),
        TableColumn("Hours of breaks and activities", "hours"),
        TableColumn("Hours of leave", "hours"),
        TableColumn("Shift"),
    )
    return Table("Roster", heads, tuple(rows))


def _shift_name(scenario: Scenario, group: AgentGroup) -> str:
    """The name of a group's shift, empty if it has none; of a roster file the agent's."""
    team = scenario.team[group.team]
    return team.shifts[group.number].name if team.roster is None else team.roster.agents[group.number]
