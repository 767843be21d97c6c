"""Hours of work: shifts, rosters from files, and the patterns and premiums that `ccsim staff` chooses from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from ccsim.scenario import cells, jsontypes, values
from ccsim.scenario.data import few
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.holidays import HolidayRule, Rule, cut_span
from ccsim.scenario.parts import (
    MICROSECOND,
    Amount,
    BeforeBreak,
    DaySet,
    Duration,
    Factor,
    Flag,
    Headcount,
    HoursOfDay,
    Part,
    Text,
    data_files,
)
from ccsim.scenario.values import DAY, WHOLE_DAY, ByDay, Span


class Break(Part):
    """A break that the agents of a shift take by turns in a window; a bare "12:00-12:30" is at this time for all.

    The window holds so many breaks one after the other; the agents are spread over these places evenly.
    """

    between: HoursOfDay
    """Hours in which the break lies. Required."""
    length: Duration | None = None
    """How long each agent is away; without it as long as the window."""
    at_most: Annotated[int, Strict(), Field(ge=1, le=1_000_000)] | None = None
    """A check: a file in which more agents of the shift than this would be on the break at once is refused. The breaks
    are spread as evenly as the window allows, with it or without."""

    @model_validator(mode="before")
    @classmethod
    def _bare_hours(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Break) else {"between": value}

    @field_validator("length")
    @classmethod
    def _has_a_length(cls, length: int | None) -> int | None:
        if length == 0:
            raise FaultError(Fault("a break without length", "at least a second"))
        return length

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        table = handler.resolve_ref_schema(handler(core))
        return {"oneOf": [jsontypes.SPAN, dict(table)]}

    @property
    def lasts(self) -> int:
        """Microseconds that each agent is away."""
        return self.between.end - self.between.start if self.length is None else self.length

    @property
    def is_fixed(self) -> bool:
        """All agents go at the same time."""
        return self.lasts == self.between.end - self.between.start


class WorkingHours(Part):
    """Hours of some days, with the pauses in them."""

    name: Text = ""
    """Name in tables and in paths of `--set` and sweeps (`team.front.shifts.early.agents`), with a letter in it; empty:
    tables show team and hours, and paths have its number, from 0."""

    days: DaySet = ByDay((True,) * 7)
    """Days on which the shift begins."""
    hours: HoursOfDay
    """Start and end of the shift in local time; it may end on the next day."""
    breaks: tuple[Break, ...] = ()
    """Breaks inside the shift: hours, at which all go at once, or tables with a window in which agents go by turns."""
    activities: tuple[HoursOfDay, ...] = ()
    """Work away from contacts inside the shift, such as training, as hours."""
    paid: Flag = True
    """Whether absence, breaks and activities are paid."""
    before_break: BeforeBreak | None = None
    """For how long before a break, an activity and the end of the shift agents take no new sessions, "finish" for ten
    minutes; without it as the team's `before_break` says."""

    holidays: HolidayRule | None = None
    """What of the hours is worked on a public holiday: "closed" for nothing, "as_usual", or hours to which they are
    cut; without it as [holidays] says. A date in `days` is worked in any case."""

    _holidays: dict[date, Span | None] = PrivateAttr(default_factory=dict)
    _clock_changes: dict[date, Span] = PrivateAttr(default_factory=dict)

    def hours_on(self, day: date) -> Span | None:
        """Its hours on a day; None: not worked."""
        return self._holidays.get(day, self.hours) if self.days.on(day) else None

    def every_hours(self) -> set[Span]:
        """The hours of all its days, holidays included."""
        return {self.hours, *filter(None, self._holidays.values())}

    def keep_holidays(self, rule: Rule, days: Iterable[date]) -> None:
        """These days are holidays on which `rule` holds, unless the shift has its own."""
        mine = rule if self.holidays is None else self.holidays
        self._holidays = {day: cut_span(self.hours, mine) for day in days if day not in self.days.dated}

    def clock_change(self, day: date) -> Span | None:
        """What a clock change skips or repeats on the clock of a day and the next."""
        return self._clock_changes.get(day)

    def changed_days(self) -> Iterator[date]:
        """Days with a clock change on which it is worked."""
        return (day for day in self._clock_changes if self.hours_on(day))

    def keep_clock_changes(self, changes: dict[date, Span]) -> None:
        """These are the times that clock changes skip or repeat, by day, on its clock."""
        self._clock_changes = changes

    @field_validator("breaks")
    @classmethod
    def _breaks_on_its_day(cls, breaks: tuple[Break, ...], info: ValidationInfo) -> tuple[Break, ...]:
        hours: Span = info.data.get("hours", WHOLE_DAY)
        return tuple(rest.model_copy(update={"between": within(rest.between, hours)}) for rest in breaks)

    @field_validator("activities")
    @classmethod
    def _activities_on_its_day(cls, activities: tuple[Span, ...], info: ValidationInfo) -> tuple[Span, ...]:
        hours: Span = info.data.get("hours", WHOLE_DAY)
        return tuple(within(activity, hours) for activity in activities)


class Leave(Part):
    """Some agents who are not there on some days, planned ahead: holidays, courses, long illness."""

    name: Text = ""
    """Name in paths of `--set` and sweeps (`team.front.leave.summer.agents`), with a letter in it."""
    agents: Headcount
    """How many are on leave. Required."""
    days: DaySet
    """Days on which they are on leave; days without a shift do not matter. Required."""
    paid: Flag = True
    """Whether their shifts are paid."""


class Shift(WorkingHours):
    """Some agents on the same hours of some days."""

    agents: Headcount
    """Agents who work this shift."""
    leave: tuple[Leave, ...] = ()
    """Agents of this shift who are on leave, and when, as a list of tables."""
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

    @property
    def hours(self) -> Span:
        """Start and end on the clock of the date."""
        midnight = datetime.combine(self.start.date(), datetime.min.time())
        return Span((self.start - midnight) // MICROSECOND, (self.end - midnight) // MICROSECOND)


class Roster(Part):
    """A team's shifts from a file with columns agent, date, start, end, breaks, activities (";"-separated)."""

    NEEDED: ClassVar = ("agent", "date", "start", "end")
    PAUSES: ClassVar = ("breaks", "activities")
    READ: ClassVar = {"date": cells.dates, **dict.fromkeys(("start", "end", *PAUSES), cells.times)}

    file: Text
    """CSV file with the columns agent, date, start and end and, if there are any, breaks and activities, several of
    which are separated by ";"; during both an agent takes no contacts and is paid."""

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
        table = data_files(info).table(self.file, *self.NEEDED)
        columns = (*self.NEEDED, *(pauses for pauses in self.PAUSES if table.heading(pauses)))
        known = (*self.NEEDED, *self.PAUSES)
        ours = {table.heading(column) for column in known}
        if misread := [
            Fault(f"column {shown(column)}", did_you_mean(column, known), row=f"{table.name}:{table.line}")
            for column in table.header
            if column not in ours and get_close_matches(column.lower(), known, n=1, cutoff=0.6)
        ]:
            raise FaultError(*misread)
        shifts: list[RosterShift] = []
        faults: list[Fault] = []
        for line, (agent, day, start, end, *pauses) in table.cells(*columns, key="file", read=self.READ):
            try:
                if not agent:
                    raise FaultError(Fault("no agent", "a name or number"))
                shifts.append(_roster_shift(agent, day, f"{start}-{end}", ";".join(pauses), line))
            except FaultError as bad:
                faults += [table.fault(line, f.value, f.allowed) for f in bad.faults]
        if not shifts and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one shift", ("file",)))
        if faults:
            raise FaultError(*few(faults))
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
    min: Headcount = 0
    """Fewest agents to give this shift."""
    max: Headcount | None = None
    """Most agents to give this shift; without it as many as are of use."""
    cost_per_hour: Amount | None = None
    """Cost of a paid hour on this shift, in money; without it the team's `cost_per_hour`."""


class Premium(Part):
    """Hours that cost more: their pay is multiplied by `factor`; of several that meet, the highest counts."""

    factor: Factor
    """Factor on the pay in these hours, overtime included. Required."""
    days: DaySet = ByDay((True,) * 7)
    """Days on which the premium is paid."""
    hours: HoursOfDay = WHOLE_DAY
    """Hours of the premium's days in which it is paid."""
