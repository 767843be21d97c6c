"""`[[staffing.rule]]`: shifts that `ccsim staff` may choose from, by rules instead of one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator, WithJsonSchema, field_validator

from ccsim.scenario import values
from ccsim.scenario.faults import Fault, FaultError, shown
from ccsim.scenario.holidays import HolidayRule
from ccsim.scenario.parts import Amount, BeforeBreak, DaySet, Duration, Flag, Headcount, Part, Text
from ccsim.scenario.values import DAY, MINUTE, ByDay, Span

TimeOfDay = Annotated[
    int,
    PlainValidator(values.time_of_day),
    WithJsonSchema({"type": "string", "description": 'a time of day, such as "08:00"'}),
]

LEAST_STEP: Final = 5 * MINUTE


class RuleBreak(Part):
    """A break of every shift of a rule, in a window that its agents take by turns.

    A shift too short for its window has no such break.
    """

    length: Duration
    """How long each agent is away. Required."""
    after: Duration = 0
    """Earliest time of the break, from the start of the shift."""
    before: Duration = 0
    """How long before the end of the shift the break is over at the latest."""


class ShiftRule(Part):
    """Shifts of a team by lengths and starts: every length at every start that ends in time is one to choose from."""

    team: Text
    """Team whose agents may work these shifts. Required."""
    name: Text = ""
    """What the shifts are called, before their hours; empty: the team."""
    days: DaySet = ByDay((True,) * 7)
    """Days on which each shift is worked, all of them by the same agents."""
    lengths: Annotated[tuple[Duration, ...], Field(min_length=1)]
    """Lengths of the shifts, breaks included, below 24 hours. Required."""
    earliest_start: TimeOfDay
    """When the first shift of each length begins. Required."""
    latest_end: TimeOfDay
    """When the last shift has ended at the latest; of the next day if it is not after `earliest_start`. Required."""
    step: Duration = 30 * MINUTE
    """Time from one start to the next, at least five minutes."""
    breaks: tuple[RuleBreak, ...] = ()
    """Breaks of every shift, as a list of tables."""
    paid: Flag = True
    """Whether absence and breaks are paid."""
    before_break: BeforeBreak | None = None
    """For how long before a break, an activity and the end of the shift agents take no new sessions, "finish" for ten
    minutes; without it as the team's `before_break` says."""
    holidays: HolidayRule | None = None
    """What of the hours is worked on a public holiday: "closed" for nothing, "as_usual", or hours to which they are
    cut; without it as [holidays] says."""
    max: Headcount | None = None
    """Most agents to give each shift; without it as many as are of use."""
    cost_per_hour: Amount | None = None
    """Cost of a paid hour on these shifts, in money; without it the team's."""

    @field_validator("lengths")
    @classmethod
    def _shorter_than_a_day(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        for i, length in enumerate(lengths):
            if not 0 < length < DAY:
                raise FaultError(Fault(shown(values.written_duration(length)), "above 0 and below 24 hours", (i,)))
        return lengths

    @field_validator("step")
    @classmethod
    def _not_too_small(cls, step: int) -> int:
        if step < LEAST_STEP:
            raise FaultError(Fault(shown(values.written_duration(step)), "at least five minutes"))
        return step

    def hours(self) -> Iterator[Span]:
        """Hours of its shifts, short ones first; each may end on the next day."""
        last = self.latest_end + (DAY if self.latest_end <= self.earliest_start else 0)
        for length in sorted(set(self.lengths)):
            for start in range(self.earliest_start, last - length + 1, self.step):
                day = start // DAY * DAY
                yield Span(start - day, start - day + length)

    def breaks_in(self, hours: Span) -> list[dict[str, str]]:
        """Its breaks in a shift, as `breaks` of a pattern has them."""
        windows = [
            (rest.length, Span(hours.start + rest.after, hours.end - rest.before)) for rest in self.breaks
        ]  # fmt: skip
        return [
            {"length": values.written_duration(length), "between": str(window)}
            for length, window in windows
            if window.end - window.start >= length
        ]

    def patterns(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Its shifts as tables of patterns; `given` is its own table in the file."""
        same = ("team", "days", "paid", "before_break", "holidays", "max", "cost_per_hour")
        return [
            {key: given[key] for key in same if key in given}
            | {"hours": str(hours)}
            | ({"name": f"{self.name} {hours}"} if self.name else {})
            | ({"breaks": breaks} if (breaks := self.breaks_in(hours)) else {})
            for hours in self.hours()
        ]
