"""Whether the parts of a scenario fit together: one rule a function, each yielding every problem it finds."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from ccsim.distributions.durations import Never
from ccsim.errors import Problem
from ccsim.scenario.behaviours import BEHAVIOURS, Problems, Rule, keys_have_an_effect
from ccsim.scenario.bots import past_bot
from ccsim.scenario.data import CsvTable, DataFiles, bare, taken_for_granted
from ccsim.scenario.drain import LONGEST
from ccsim.scenario.drain_rules import deadlines_pass, rosters_go_on
from ccsim.scenario.faults import did_you_mean, dotted, shown
from ccsim.scenario.growth import size_of
from ccsim.scenario.model import Scenario
from ccsim.scenario.pauses import places_of
from ccsim.scenario.people import People
from ccsim.scenario.roster_rules import ROSTER_RULES
from ccsim.scenario.shift_rules import SHIFT_RULES, named, shifts_of
from ccsim.scenario.shifts import Roster
from ccsim.scenario.spans import (
    duties,
    edges,
    given,
    meet,
    openings,
    run_days,
    staffed_hours,
    volumes,
    work_offered,
)
from ccsim.scenario.staffing_rules import STAFFING_RULES
from ccsim.scenario.values import DAY, HOUR, MINUTE, Span, written_duration
from ccsim.scenario.volumes import NO_HOURS, Volume
from ccsim.tables import NEVER, SECOND


def problems(scenario: Scenario, file: str = "", rules: Iterable[Rule] | None = None) -> list[Problem]:
    """Everything that keeps a scenario from being run, by all rules or some."""
    return _all(RULES if rules is None else rules, scenario, file)


def warnings(scenario: Scenario, file: str = "") -> list[Problem]:
    """What a planner should know before running it."""
    return _all(
        (
            cells_guessed,
            hours_unknown,
            handle_times_missing,
            overload,
            deadlines_pass,
            rosters_go_on,
            rows_left_out,
            columns_left_out,
            keys_have_an_effect,
            rosters_fit_the_run,
            agent_names_differ,
            nights_are_short,
            intervals_end_at_midnight,
        ),
        scenario,
        file,
    )


def _all(rules: Iterable[Rule], scenario: Scenario, file: str) -> list[Problem]:
    return [Problem(p.path, p.value, p.allowed, file) for rule in rules for p in rule(scenario)]


# names


def something_to_simulate(scenario: Scenario) -> Problems:
    """At least one queue and one team."""
    for key in ("queue", "team"):
        if not getattr(scenario, key):
            yield Problem(key, f"no {key}", f"at least one [{key}.NAME]")


def names_are_printable(scenario: Scenario) -> Problems:
    """Names can stand in a table, and titles on a screen."""
    for key in ("queue", "team", "variant", "self_service", "outbound", "callback"):
        for name in getattr(scenario, key):
            if not name.strip() or not name.isprintable():
                yield Problem(dotted((key, name)), "a name without letters", _PRINTABLE)
    titles: list[tuple[tuple[str, ...], str]] = [(("name",), scenario.name)]
    titles += [(("queue", name, "title"), queue.title) for name, queue in scenario.queue.items()]
    titles += [(("variant", name, "title"), variant.title) for name, variant in scenario.variant.items()]
    titles += [((*map(str, place), "name"), name) for place, name in named(scenario)]
    for place, title in titles:
        if not title.isprintable():
            yield Problem(dotted(place), shown(title), _PRINTABLE)


_PRINTABLE: Final = "text without control characters, on one line"


def queues_exist(scenario: Scenario) -> Problems:
    """Every queue that is named elsewhere is there."""
    for path, name in _references(scenario):
        if name not in scenario.queue:
            yield Problem(path, f'no queue "{name}"', did_you_mean(name, scenario.queue))


def _references(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for name, queue in scenario.queue.items():
        yield from ((dotted(("queue", name, "transfer", i, "to")), to.to) for i, to in enumerate(queue.transfer))
        yield from ((dotted(("queue", name, "retry", "to", to)), to) for to in queue.retry.to)
        yield from ((dotted(("queue", name, "alternatives", i)), to) for i, to in enumerate(queue.alternatives))
    for name, team in scenario.team.items():
        # pace and concurrency have every queue of skills: name a misspelt one once
        yield from ((dotted(("team", name, "skills", skill)), skill) for skill in team.skills)
        for key in ("concurrency", "pace"):
            extra = [queue for queue in getattr(team, key) if queue not in team.skills]
            yield from ((dotted(("team", name, key, queue)), queue) for queue in extra)
        for call, others in team.interrupts.items():
            yield dotted(("team", name, "interrupts", call)), call
            yield from ((dotted(("team", name, "interrupts", call, i)), other) for i, other in enumerate(others))
    by_number = isinstance(scenario.routing.reserve, dict)
    for i, reserved in enumerate(scenario.routing.reserve):
        yield dotted(("routing", "reserve", reserved if by_number else i)), reserved
    if scenario.demand is not None:
        for key in ("mix", "barrier", "fallback"):
            yield from ((dotted(("demand", key, queue)), queue) for queue in getattr(scenario.demand, key))
        yield from ((dotted(("demand", "fallback", queue)), to) for queue, to in scenario.demand.fallback.items())
    for name, service in scenario.self_service.items():
        yield from ((dotted(("self_service", name, "deflects", queue)), queue) for queue in service.deflects)
    for name, outbound in scenario.outbound.items():
        yield dotted(("outbound", name, "queue")), outbound.queue
        yield from ((dotted(("outbound", name, "recontact", i)), queue) for i, queue in enumerate(outbound.recontact))
    yield from ((dotted(("callback", name, "queue")), callback.queue) for name, callback in scenario.callback.items())
    yield from ((dotted(("spike", i, "queue")), spike.queue) for i, spike in enumerate(scenario.spike))
    for i, move in enumerate(scenario.move):
        yield from ((dotted(("move", i, key)), name) for key, name in (("from", move.from_), ("to", move.to)))


# the run


def horizon(scenario: Scenario) -> Problems:
    """The statistics have a time to be taken over, and intervals to be reported by."""
    if scenario.warm_up >= scenario.days * DAY:
        yield Problem(
            "warm_up",
            f"{written_duration(scenario.warm_up)} of a run of {written_duration(scenario.days * DAY)}",
            "less than the days of the run",
        )
    if not MINUTE <= scenario.interval <= DAY:
        yield Problem("interval", written_duration(scenario.interval), "from one minute to one day")
    if scenario.drain_time > LONGEST * DAY:
        yield Problem("drain", written_duration(scenario.drain_time), "at most a year")


def intervals_end_at_midnight(scenario: Scenario) -> Problems:
    """Otherwise what came after midnight counts for the day before."""
    calendar, length = scenario.calendar, scenario.interval
    over = {day: start % length for day in range(1, scenario.days) if (start := calendar.at(day)) % length}
    if over:
        first, most = calendar.date(min(over)), written_duration(max(length - rest for rest in over.values()))
        yield Problem(
            "interval",
            f"{written_duration(length)}: intervals run over midnight, first on {first}",
            f"an interval that fits into every day, or figures by day take in up to {most} of the next",
        )


def fits_into_memory(scenario: Scenario) -> Problems:
    """One replication's tables fit into the machine."""
    if not hasattr(os, "sysconf"):  # on Windows nobody says how large it is
        return
    size, have = size_of(scenario), float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    if size.memory > have:
        value = f"about {size.contacts:.3g} contacts and {size.turns:.3g} turns, follow-ups included, and all shifts"
        value += f", {size.memory / 2**30:.3g} GB a replication"
        yield Problem(size.most_by, value, f"what fits into this machine's {have / 2**30:.3g} GB")


# queues


def one_to_one_contacts(scenario: Scenario) -> Problems:
    """A call, video call or visit is one turn and fills its agent; only calls ring."""
    for name, queue in scenario.queue.items():
        if queue.kind.one_to_one and queue.turns.mean != 1:
            value = f"{queue.turns.mean:g} turns on {queue.channel}"
            yield Problem(dotted(("queue", name, "turns")), value, "1: it is a one-to-one channel")
        if not queue.kind.one_to_one and queue.answer_delay.mean > 0:
            value = f"ringing on {queue.channel}"
            yield Problem(dotted(("queue", name, "answer_delay")), value, "0: only one-to-one channels ring")
        if queue.volume is not None and queue.volume.work is not None and queue.turns.mean != 1:
            value = "work by contact in a queue of several turns"
            yield Problem(dotted(("queue", name, "volume", "work")), value, "turns = 1, or no work column")
    for name, team in scenario.team.items():
        for queue_name, sessions in team.concurrency.items():
            served = scenario.queue.get(queue_name)
            if served is not None and served.kind.one_to_one and sessions != 1:
                path = dotted(("team", name, "concurrency", queue_name))
                yield Problem(path, f"{sessions} at once on {served.channel}", "1: it is a one-to-one channel")


def silence_ends(scenario: Scenario) -> Problems:
    """Who leaves without telling is found out at the idle timeout, so there must be one."""
    for name, queue in scenario.queue.items():
        if queue.idle_timeout != NEVER:
            continue
        if queue.silent_abandonment > 0:
            path = dotted(("queue", name, "silent_abandonment"))
            yield Problem(path, f'{queue.silent_abandonment:g} with idle_timeout = "never"', "an idle_timeout, or 0")
            continue
        held = () if queue.auto_reply is None else (queue.auto_reply.patience,)
        patiences = (queue.patience, queue.reply_patience, *held)
        if queue.kind.persistent and not all(isinstance(patience, Never) for patience in patiences):
            value = f'"never" where customers of {queue.channel} lose patience, silently'
            yield Problem(dotted(("queue", name, "idle_timeout")), value, 'a duration, or patience = "never"')


def shares_add_up(scenario: Scenario) -> Problems:
    """Transfers take at most everybody; retries go somewhere."""
    for name, queue in scenario.queue.items():
        taken = sum(transfer.share for transfer in queue.transfer)
        if taken > 1 + 1e-9:
            yield Problem(dotted(("queue", name, "transfer")), f"shares that add up to {taken:g}", "at most 1")
        going = sum(queue.retry.to.values())
        if queue.retry.to and abs(going - 1) > 1e-6:
            yield Problem(dotted(("queue", name, "retry", "to")), f"shares that add up to {going:g}", "1")


def volumes_within_horizon(scenario: Scenario) -> Problems:
    """Some interval or contact of every file lies in the days of the run."""
    for place, volume in volumes(scenario):
        trace = volume.trace
        times = () if trace is None or scenario.timezone is not None else (*trace.arrivals, *volume.left_out)
        if any(isinstance(time, datetime) and time.tzinfo is not None for time in times):
            path = dotted((*place, "arrived_at"))
            yield Problem(path, "times with a UTC offset", "local times, or a timezone for the scenario")
        elif (volume.left_out or volume.skipped) and not (volume.intervals or (trace is not None and trace.arrivals)):
            value = f"{_left_out(volume)}; none is within" if volume.left_out else "all in an hour that the clock skips"
            if volume.copy_week is not None:
                yield Problem(dotted((*place, "copy_week")), value, "a date from which the file has rows of a week")
            else:
                yield Problem(dotted((*place, volume.kind)), value, f"rows from {_days_of(scenario)}, or another start")


def cells_guessed(scenario: Scenario) -> Problems:
    """What was taken for granted in reading the data files."""
    yield from taken_for_granted(scenario.guesses)


def rows_left_out(scenario: Scenario) -> Problems:
    """A file may hold more days than the run: what of it is not simulated."""
    for place, volume in volumes(scenario):
        if volume.left_out:
            copied = f"; the rows of the week from {volume.copy_week} stand for every week"
            allowed = "left out" + (copied if volume.copy_week else f"; the run is {_days_of(scenario)}")
            yield Problem(dotted((*place, volume.kind)), _left_out(volume), allowed)
            days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
            empty = [day for day in days if day not in {time.date() for time, _ in given(volume, scenario)}]
            if empty:
                value = f"no row for {len(empty)} of the run's {len(days)} days, the first {empty[0]}"
                yield Problem(dotted((*place, volume.kind)), value, "nobody comes on these days")


def hours_unknown(scenario: Scenario) -> Problems:
    """Intervals too long to tell the hours of the day."""
    for place, volume in volumes(scenario):
        if volume.file is not None and volume.length >= NO_HOURS:
            value = f"intervals of {written_duration(volume.length)}"
            yield Problem(dotted((*place, "file")), value, "contacts come evenly within each, by night as by day")


def handle_times_missing(scenario: Scenario) -> Problems:
    """Intervals with contacts for which a file with handle times gives none."""
    for place, volume in volumes(scenario):
        coming = [row for row in volume.intervals if row.contacts > 0]
        missing = [row for row in coming if row.handle_time is None]
        if missing and any(row.handle_time for row in volume.intervals):
            value = f"no handle time in {len(missing)} of {len(coming)} intervals with contacts, "
            value += f"the first at {_moment(missing[0].start)}"
            yield Problem(dotted((*place, "aht")), value, "work and wrap-up as drawn then")


def columns_left_out(scenario: Scenario) -> Problems:
    """Columns of volume and roster files that nothing reads."""
    files = DataFiles(given=scenario.files)
    used: dict[str, tuple[CsvTable, set[str]]] = {}

    def reads(table: CsvTable, *columns: str) -> None:
        used.setdefault(table.name, (table, set()))[1].update(columns)

    for _, volume in volumes(scenario):
        if volume.file is not None:
            needed = ("date", "time", str(volume.column))
            table = files.table(volume.file, *needed)
            reads(table, *needed, volume.handle_time_column(table) or "date")
    for team in scenario.team.values():
        if team.roster is not None:
            reads(files.table(team.roster.file, *Roster.NEEDED), *Roster.NEEDED, *Roster.PAUSES)
    people = scenario.roster.people
    if people is not None:
        reads(files.table(people.file, *People.NEEDED), *People.NEEDED, *People.MORE)
    for name, (table, wanted) in used.items():
        read = {table.heading(column) for column in wanted}
        if rest := [column for column in table.header if column not in read]:
            yield Problem(name, f"columns that are not used: {', '.join(rest)}", "left out")


def rosters_fit_the_run(scenario: Scenario) -> Problems:
    """Rows of a roster outside the run, and people who are in two teams at the same time."""
    first, last = scenario.start - timedelta(days=1), run_days(scenario)[-1]
    everybody: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for name, team in scenario.team.items():
        if team.roster is None:
            continue
        outside = []
        for shift in team.roster.shifts:
            if first <= shift.start.date() <= last:
                everybody.setdefault(shift.agent, []).append((shift.start, shift.end, name))
            else:
                outside.append(shift.start.date())
        if outside:
            value = f"{len(outside)} shifts outside the days of the run, the first on {outside[0]}"
            yield Problem(dotted(("team", name, "roster", "file")), value, "left out")
    for agent, shifts in everybody.items():
        for (_, end, team_name), (start, _, other) in pairwise(sorted(shifts)):
            if start < end and team_name != other:
                value = f"{agent} is in {team_name} and in {other} on {start:%Y-%m-%d at %H:%M}"
                yield Problem("team", value, "counted as two agents: one team at a time")
                break


def agent_names_differ(scenario: Scenario) -> Problems:
    """Names of a roster that differ in capitals and spaces alone, which may be one person's."""
    for name, team in scenario.team.items():
        written: dict[str, str] = {}
        for agent in team.roster.agents if team.roster is not None else ():
            first = written.setdefault(bare(agent), agent)
            if first != agent:
                value = f"{shown(first)} and {shown(agent)}"
                yield Problem(dotted(("team", name, "roster", "file")), value, "counted as two agents")


LONGEST_NIGHT: Final = 14 * HOUR
"""Microseconds; start and end of a longer shift over midnight may have been exchanged."""


def nights_are_short(scenario: Scenario) -> Problems:
    """Shifts that last so long over midnight that the day was more likely meant."""
    for place, shift in shifts_of(scenario):
        if _is_long_night(shift.hours):
            value = f"{shift.hours}: {written_duration(shift.hours.end - shift.hours.start)} over midnight"
            by_day = Span(shift.hours.end - DAY, shift.hours.start)
            yield Problem(dotted((*place, "hours")), value, f"worked like that; by day it would be {by_day}")
    for name, team in scenario.team.items():
        rows = [] if team.roster is None else [row for row in team.roster.shifts if _is_long_night(row.hours)]
        if rows:
            value = f"{len(rows)} shifts of more than {written_duration(LONGEST_NIGHT)} over midnight, the first "
            value += f"of {rows[0].agent} on {rows[0].start:%Y-%m-%d}: {rows[0].hours}"
            yield Problem(dotted(("team", name, "roster", "file")), value, "worked like that")


def _is_long_night(hours: Span) -> bool:
    return hours.end > DAY and hours.end - hours.start > LONGEST_NIGHT


def _left_out(volume: Volume) -> str:
    what = "intervals" if volume.kind == "file" else "contacts"
    where = "the seven days to be copied" if volume.copy_week else "the days of the run"
    return f"{len(volume.left_out)} {what} outside {where}, the first at {_moment(volume.left_out[0])}"


def _days_of(scenario: Scenario) -> str:
    return f"{scenario.start} to {scenario.start + timedelta(days=scenario.days - 1)}"


def spikes_within_horizon(scenario: Scenario) -> Problems:
    """A spike falls into the run."""
    end = scenario.calendar.at(scenario.days)
    for i, spike in enumerate(scenario.spike):
        start = scenario.moment(spike.at)
        if start >= end or start + spike.duration <= 0:
            value = f"{spike.at} is outside the days of the run"
            yield Problem(dotted(("spike", i, "at")), value, f"{scenario.days} days from {scenario.start}")


# teams


def queues_are_served(scenario: Scenario) -> Problems:
    """Some team has the skill for every queue."""
    for name in scenario.queue:
        if not any(name in team.skills for team in scenario.team.values()):
            yield Problem(dotted(("queue", name)), "no team serves it", f"a team with skills = {{ {name} = 1 }}")


def teams_have_shifts(scenario: Scenario) -> Problems:
    """A team has skills, and either shifts, a roster or, for `ccsim staff`, shifts to choose from."""
    to_choose = {one.team for one in scenario.staffing.patterns} | {rule.team for rule in scenario.staffing.rule}
    for name, team in scenario.team.items():
        if not team.skills:
            yield Problem(dotted(("team", name, "skills")), "no skills", "at least one queue")
        if not team.shifts and team.roster is None and name not in to_choose:
            allowed = "shifts = [{ agents, days, hours }], roster = { file } or, for ccsim staff, [staffing] patterns"
            yield Problem(dotted(("team", name)), "no shifts", allowed)
        if team.shifts and team.roster is not None:
            yield Problem(dotted(("team", name)), "shifts and a roster", "one of them")


def shifts_cover_opening_hours(scenario: Scenario) -> Problems:
    """Each team is there at some time at which a queue it serves is open, in the run or in its first week."""
    days = [scenario.start + timedelta(days=i - 1) for i in range(max(len(run_days(scenario)), 7) + 1)]
    open_at = {name: list(openings(queue, days)) for name, queue in scenario.queue.items()}
    for name, hours in open_at.items():
        if not hours:
            yield Problem(dotted(("queue", name, "open")), "never open in the run", "some opening hours")
    for name, team in scenario.team.items():
        staffed = [duty.hours for duty in duties(team, days)]
        if not staffed and (team.shifts or team.roster):
            yield Problem(dotted(("team", name)), "no shift in the days of the run", "shifts on these days")
        for queue in team.skills:
            if staffed and open_at.get(queue) and not meet(staffed, open_at[queue]):
                value = f"its shifts cover no opening hours of {queue}"
                yield Problem(dotted(("team", name, "skills", queue)), value, "shifts while the queue is open")


def pauses_lie_in_shifts(scenario: Scenario) -> Problems:
    """Breaks and activities lie within their shift and do not overlap; a window has room for its break."""
    days = {scenario.start - timedelta(days=1), *run_days(scenario)}
    for place, shift in shifts_of(scenario):
        breaks = [rest.between for rest in shift.breaks]
        for key, spans in (("breaks", breaks), ("activities", shift.activities)):
            for pause in spans:
                if pause.end > shift.hours.end:
                    value = f"{pause} outside the shift"
                    yield Problem(dotted((*place, key)), value, f"within {shift.hours}")
        # a window may lie around what is at a fixed time, which its places then leave out
        fixed = sorted((*(rest.between for rest in shift.breaks if rest.is_fixed), *shift.activities))
        windows = sorted(rest.between for rest in shift.breaks if not rest.is_fixed)
        for one, other in (*pairwise(fixed), *pairwise(windows)):
            if other.start < one.end:
                value = f"{one} and {other} overlap"
                yield Problem(dotted((*place, "breaks")), value, "breaks one after the other")
                break
        for i, rest in enumerate(shift.breaks):
            inside = not rest.is_fixed and rest.between.end <= shift.hours.end
            if inside and not places_of(shift, shift.hours, rest):
                value = f"no room for {written_duration(rest.lasts)} within {rest.between}"
                yield Problem(dotted((*place, "breaks", i, "length")), value, "a shorter break or a longer window")
            for day in days.intersection(shift.changed_days()) if inside else ():
                worked, changed = shift.hours_on(day), shift.clock_change(day)
                assert worked is not None
                if places_of(shift, worked, rest) and not places_of(shift, worked, rest, changed):
                    value = f"no room for {written_duration(rest.lasts)} within {rest.between} on {day}"
                    allowed = f"a window beyond the hour of the clock change in {scenario.timezone}"
                    yield Problem(dotted((*place, "breaks", i, "between")), value, allowed)


def rosters_are_possible(scenario: Scenario) -> Problems:
    """In a roster breaks lie within their shift and do not overlap, nor do the shifts of an agent."""
    for team in scenario.team.values():
        roster = team.roster
        if roster is None:
            continue
        ends: dict[str, datetime] = {}
        for shift in sorted(roster.shifts, key=lambda shift: shift.start):
            path = f"{roster.file}:{shift.line}"
            if shift.start < ends.get(shift.agent, datetime.min):
                yield Problem(path, f"a shift of {shift.agent} that overlaps another", "shifts one after the other")
            ends[shift.agent] = max(shift.end, ends.get(shift.agent, datetime.min))
            for start, end in shift.breaks:
                if end > shift.end:
                    yield Problem(path, f"a break at {start:%H:%M} outside the shift", "breaks within the shift")
            for one, other in pairwise(shift.breaks):
                if other[0] < one[1]:
                    yield Problem(path, f"breaks that overlap at {other[0]:%H:%M}", "breaks one after the other")


def capacity_fits(scenario: Scenario) -> Problems:
    """The capacity of an agent, common multiple of all concurrencies, stays a small integer."""
    every = [(name, queue, n) for name, team in scenario.team.items() for queue, n in team.concurrency.items()]
    multiple = math.lcm(1, *(n for _, _, n in every))
    if multiple >= 2**31:
        name, queue, _ = max(every, key=lambda entry: entry[2])
        value = f"concurrencies whose least common multiple is {multiple:.3g}"
        yield Problem(dotted(("team", name, "concurrency", queue)), value, "fewer different numbers, or smaller ones")


# the clock


def local_times_happen_once(scenario: Scenario) -> Problems:
    """No edge of hours, shifts or volumes falls into an hour that a clock change skips or repeats."""
    if scenario.timezone is None:
        return
    for place, moment in edges(scenario):
        if what := _by_the_clock(scenario.timezone, moment):
            path = place if isinstance(place, str) else dotted(place)
            value = f"{moment:%Y-%m-%d %H:%M} {what} in {scenario.timezone}"
            yield Problem(path, value, "times outside the hour of the clock change")


@lru_cache(16384)
def _by_the_clock(timezone: str, moment: datetime) -> str:
    """What is wrong with a local time, remembered as `local` is; "" if nothing."""
    zone = ZoneInfo(timezone)
    first, second = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return ""
    skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment
    return "does not exist" if skipped else "comes twice"


def intervals_come_once(scenario: Scenario) -> Problems:
    """No two rows of a volume file are of the same time, unless the clock shows it twice."""
    exception = ", but for an hour that comes twice in the scenario's timezone"
    faults = dict.fromkeys(f for _, volume in volumes(scenario) for f in volume.again(exception))  # of one file
    yield from (Problem(fault.row, fault.value, fault.allowed) for fault in faults)


# warnings


def overload(scenario: Scenario) -> Problems:
    """Queues that offer more work than all agents with the skill are there for.

    Day by day where a queue rejects outside its hours, over the whole run where it holds; then all queues together.
    Without transfers, retries, slowdown and re-reading.
    """
    days = [scenario.start + timedelta(days=day) for day in range(scenario.days)]
    whole = f"the {len(days)} days" if len(days) > 1 else str(days[0])
    work = {name: _hours_of_work(scenario, name) for name in scenario.queue}
    staffed = {name: {day: staffed_hours(team, [day]) for day in days} for name, team in scenario.team.items()}
    for name, queue in scenario.queue.items():
        skilled = [staffed[team] for team in scenario.team if name in scenario.team[team].skills]
        spans = [([day], str(day)) for day in days] if queue.outside_hours == "reject" else [(days, whole)]
        for some, when in spans:
            if offer := _overload([work[name]], skilled, some):
                yield Problem(dotted(("queue", name)), *_hours(offer, when, "agents with the skill"))
                break
    if len(scenario.queue) > 1 and (offer := _overload([*work.values()], [*staffed.values()], days)):
        yield Problem("queue", *_hours(offer, whole, "all agents"))


def _hours_of_work(scenario: Scenario, name: str) -> dict[date, float]:
    """What a queue leaves to people, by day, at the pace of the quickest team."""
    queue = scenario.queue[name]
    pace = min((team.paces[name] for team in scenario.team.values() if name in team.skills), default=1.0)
    reaches, _ = past_bot(queue, queue.talk_to_bot)
    factor = reaches / max(1, len(queue.work_by_concurrency)) * pace / 3600
    return {day: seconds * factor for day, seconds in work_offered(scenario, name).items()}


def _overload(
    work: list[dict[date, float]], staffed: list[dict[date, float]], days: list[date]
) -> tuple[float, float] | None:
    """Hours offered and staffed on those days, if more are offered."""
    offered, there = (sum(hours[day] for hours in each for day in days) for each in (work, staffed))
    return (offered, there) if offered > there else None


def _hours(offer: tuple[float, float], when: str, whose: str) -> tuple[str, str]:
    return f"{offer[0]:.1f} h of work offered on {when}", f"{offer[1]:.1f} h staffed by {whose}"


RULES: Final[tuple[Rule, ...]] = (
    something_to_simulate,
    names_are_printable,
    queues_exist,
    horizon,
    fits_into_memory,
    one_to_one_contacts,
    silence_ends,
    shares_add_up,
    volumes_within_horizon,
    spikes_within_horizon,
    queues_are_served,
    teams_have_shifts,
    shifts_cover_opening_hours,
    pauses_lie_in_shifts,
    *SHIFT_RULES,
    *ROSTER_RULES,
    rosters_are_possible,
    capacity_fits,
    local_times_happen_once,
    intervals_come_once,
    *BEHAVIOURS,
    *STAFFING_RULES,
)
"""Every rule, in the order of reporting."""


def _moment(moment: datetime | int) -> str:
    return f"{moment / SECOND:g} s" if isinstance(moment, int) else f"{moment:%Y-%m-%d %H:%M}"
