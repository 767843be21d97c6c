"""Hours of work: shifts, rosters from files, and the patterns and premiums that `ccsim staff` chooses from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import ClassVar

from pydantic import (
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ccsim.scenario import values
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.parts import Amount, DaySet, Factor, Flag, Headcount, HoursOfDay, Part, Text, data_files
from ccsim.scenario.values import DAY, WHOLE_DAY, ByDay, Span


class WorkingHours(Part):
    """Hours of some days, with the pauses in them."""

    days: DaySet = ByDay((True,) * 7)
    """Days on which the shift begins."""
    hours: HoursOfDay
    """Start and end of the shift in local time; it may end on the next day."""
    breaks: tuple[HoursOfDay, ...] = ()
    """Breaks inside the shift, as hours."""
    activities: tuple[HoursOfDay, ...] = ()
    """Work away from contacts inside the shift, such as training, as hours."""
    paid: Flag = True
    """Whether absence, breaks and activities are paid."""

    @field_validator("breaks", "activities")
    @classmethod
    def _on_its_day(cls, pauses: tuple[Span, ...], info: ValidationInfo) -> tuple[Span, ...]:
        hours: Span = info.data.get("hours", WHOLE_DAY)
        return tuple(within(pause, hours) for pause in pauses)


class Shift(WorkingHours):
    """Some agents on the same hours of some days."""

    agents: Headcount
    """Agents who work this shift; a whole number."""
    cost_per_hour: Amount | None = None
    """Cost of a paid hour on this shift, in money; without it the team's."""


def within(pause: Span, shift: Span) -> Span:
    """A pause on the clock of its shift: "01:00-01:30" in a shift "22:00-06:00" is on the next day."""
    return Span(pause.start + DAY, pause.end + DAY) if pause.start < shift.start else pause


@dataclass(frozen=True)
class RosterShift:
    """One agent's shift on one date, in local time; `line` is where the file says so.

    `breaks` are all times off the contacts: the breaks and the activities.
    """

    agent: str
    start: datetime
    end: datetime
    breaks: tuple[tuple[datetime, datetime], ...]
    line: int


class Roster(Part):
    """A team's shifts from a file with columns agent, date, start, end, breaks, activities (";"-separated)."""

    NEEDED: ClassVar = ("agent", "date", "start", "end")
    PAUSES: ClassVar = ("breaks", "activities")

    file: Text
    """CSV file with the columns agent, date, start and end and, if there are any, breaks and activities, separated
    by ";"; an agent is off the contacts during both."""

    _shifts: tuple[RosterShift, ...] = PrivateAttr(())

    @property
    def shifts(self) -> tuple[RosterShift, ...]:
        """The rows of the file, in its order."""
        return self._shifts

    @property
    def agents(self) -> tuple[str, ...]:
        """Their names in order of first appearance."""
        return tuple(dict.fromkeys(shift.agent for shift in self._shifts))

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Roster:
        table = data_files(info).table(self.file)
        columns = (*self.NEEDED, *(pauses for pauses in self.PAUSES if pauses in table.header))
        known = (*self.NEEDED, *self.PAUSES)
        if misread := [
            Fault(f"column {shown(column)}", did_you_mean(column, known), row=f"{table.name}:1")
            for column in table.header
            if column not in known and get_close_matches(column.lower(), known, n=1, cutoff=0.6)
        ]:
            raise FaultError(*misread)
        shifts: list[RosterShift] = []
        faults: list[Fault] = []
        for line, (agent, day, start, end, *pauses) in table.cells(*columns, key="file"):
            try:
                if not agent:
                    raise FaultError(Fault("no agent", "a name or number"))
                shifts.append(_roster_shift(agent, day, f"{start}-{end}", ";".join(pauses), line))
            except FaultError as bad:
                faults += [table.fault(line, f.found, f.allowed) for f in bad.faults]
        if not shifts and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one shift", ("file",)))
        if faults:
            raise FaultError(*faults)
        self._shifts = tuple(shifts)
        return self


def _roster_shift(agent: str, day: str, hours: str, breaks: str, line: int) -> RosterShift:
    midnight = datetime.combine(values.local_date(day), datetime.min.time())
    shift = values.span(hours)
    pauses = [values.span(pause) for pause in breaks.split(";") if pause.strip()]

    def local(hours: Span) -> tuple[datetime, datetime]:
        return midnight + timedelta(microseconds=hours.start), midnight + timedelta(microseconds=hours.end)

    return RosterShift(agent, *local(shift), tuple(sorted(local(within(pause, shift)) for pause in pauses)), line)


class Pattern(WorkingHours):
    """A shift that `ccsim staff` may give to as many agents of a team as it finds best, `min` to `max` of them."""

    team: Text
    """Team whose agents may work this shift. Required."""
    name: Text = ""
    """Name of the pattern in tables; empty: made from its days and hours."""
    min: Headcount = 0
    """Fewest agents to give this shift."""
    max: Headcount | None = None
    """Most agents to give this shift; without it as many as are of use."""
    cost_per_hour: Amount | None = None
    """Cost of a paid hour on this shift, in money; without it the team's."""


class Premium(Part):
    """Hours that cost more: their pay is multiplied by `factor`; of several that meet, the highest counts."""

    factor: Factor
    """Factor on the pay in these hours, above 0; where several meet the highest counts. Required."""
    days: DaySet = ByDay((True,) * 7)
    """Days on which the premium is paid."""
    hours: HoursOfDay = WHOLE_DAY
    """Hours of these days in which it is paid."""
