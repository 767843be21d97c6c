"""A roster as calendars: an iCalendar file (RFC 5545) for each agent, which any calendar program reads."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccsim.scenario.spans import local
from ccsim.scenario.values import span
from ccsim.staffing.output import RosterRow
from ccsim.staffing.roster.plan import RosterPlan

if TYPE_CHECKING:
    from icalendar import Event

NAMESPACE: Final = uuid.UUID("2f5b0c0e-6c1f-4c55-9d3e-0d0c3a6f1b1a")
"""Of the identifiers of events, so that a roster made again replaces the events of the one before."""


def calendars(plan: RosterPlan) -> dict[str, bytes]:
    """By agent the file: an event a shift, with the breaks in its description.

    Times are in the scenario's time zone, or without one those of the reader's clock. The same roster gives the same
    bytes.
    """
    from icalendar import Calendar

    files = {}
    for agent in plan.task.agents:
        calendar = Calendar()
        calendar.add("prodid", "-//ccsim//roster//EN")
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", f"{plan.task.scenario.name}: {agent.name}")
        for team, rows in plan.rows().items():
            for row in rows:
                if row[0] == agent.name:
                    calendar.add_component(_event(plan, team, row))
        if plan.task.scenario.timezone is not None:
            calendar.add_missing_timezones()
        files[agent.name] = calendar.to_ical()
    return files


def _event(plan: RosterPlan, team: str, row: RosterRow) -> Event:
    from icalendar import Event

    scenario = plan.task.scenario
    agent, day, start, end, breaks = row
    zone = None if scenario.timezone is None else ZoneInfo(scenario.timezone)
    since, until = (time.replace(tzinfo=zone) for time in local(day, span(f"{start}-{end}")))
    event = Event()
    event.add("uid", f"{uuid.uuid5(NAMESPACE, f'{scenario.name} {agent} {day}')}@ccsim")
    # when it was made would make other bytes of the same roster
    event.add("dtstamp", datetime(scenario.start.year, scenario.start.month, scenario.start.day, tzinfo=UTC))
    event.add("summary", f"{team} {start}-{end}")
    event.add("dtstart", since)
    event.add("dtend", until)
    if breaks:
        event.add("description", f"Breaks: {breaks.replace(';', ', ')}")
    return event
