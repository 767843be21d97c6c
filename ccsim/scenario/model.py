"""What a scenario file says, key by key, as frozen objects: names exactly as in the file, times in microseconds.

Durations are int microseconds (`NEVER` for "never"), distributions are those of `ccsim.distributions.durations` in
seconds, shares are floats from 0 to 1, local times stay local (`Scenario.moment` turns them into microseconds since the
start). What the CSV files hold is read while validating, so a `Scenario` needs no file afterwards. Whether the parts
fit together is for check.py; `read.load` does both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from html import escape
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    PrivateAttr,
    Strict,
    ValidationInfo,
    model_validator,
)

from ccsim.distributions.calendar import Calendar, change_at
from ccsim.scenario.candidates import ShiftRule
from ccsim.scenario.channels import with_defaults
from ccsim.scenario.data import Guesses
from ccsim.scenario.drain import LONGEST, last_deadlines
from ccsim.scenario.holidays import Holidays, cut_hours
from ccsim.scenario.outages import Outage
from ccsim.scenario.parts import MICROSECOND, WHOLE, Duration, DurationOrAuto, LocalDate, Part, Text, Zone, data_files
from ccsim.scenario.people import RosterRules
from ccsim.scenario.queues import Callback, Outbound, Queue, SelfService
from ccsim.scenario.shifts import Pattern, Premium, WorkingHours
from ccsim.scenario.teams import Routing, Team
from ccsim.scenario.values import DAY, MINUTE, Span
from ccsim.scenario.volumes import AllVolumes, Busyness, Demand, Interval, Move, Spike, Volume

MOST_REPLICATIONS: Final = 1_000_000


class Staffing(Part):
    """What `ccsim staff` may choose from and what it must keep, besides the targets of queues and teams."""

    patterns: tuple[Pattern, ...] = ()
    """Shifts to choose from, as a list of tables; teams without one keep their shifts."""
    rule: tuple[ShiftRule, ...] = ()
    """More shifts to choose from, by rules, as a list of tables."""
    premium: tuple[Premium, ...] = ()
    """Hours that cost more, as a list of tables."""
    targets_over: Literal["run", "day", "interval"] = "run"
    """Over what every target must hold on average: the whole run, each day of it, or each interval."""
    met_on: Annotated[float, Strict(), Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    """Share of the single days of all replications on which each target must hold, instead of holding on average."""
    shrinkage: Annotated[float, Strict(), Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    """Share of paid time away from the desk, breaks apart, that is added to a requirement of agents; without it what
    each team's `absence` and `steps_out` make."""


class Variant(Part):
    """A named set of changes: dotted path to new value."""

    title: Text = ""
    """Name shown in tables and reports; empty: the variant's key."""
    set: dict[str, Any] = {}
    """Dotted path of a key to its new value."""


class Scenario(Part):
    """A whole scenario file, its channels' defaults and its data files included."""

    name: Annotated[str, Strict(), Field(min_length=1, max_length=200)] = "scenario"
    """Name of the scenario, 1 to 200 characters."""
    start: LocalDate = date(2026, 1, 5)
    """First day of the run, which begins at its local midnight."""
    days: Annotated[int, Strict(), Field(ge=1, le=3660), WHOLE] = 7
    """Length of the run in days."""
    timezone: Zone | None = None
    """Time zone by its name in the tz database, such as "Europe/Rome"; without it every day has 24 hours."""
    currency: Text = ""
    """Currency of all amounts, shown with them, such as "EUR"."""
    fte_hours: Annotated[float, Strict(), Field(gt=0, le=168, allow_inf_nan=False)] | None = None
    """Paid hours a week of a full-time agent; with it, paid hours are also shown as such agents (FTE)."""
    interval: Duration = 30 * MINUTE
    """Length of a reporting interval, from one minute to one day."""
    warm_up: Duration = 0
    """Time at the start that is left out of all figures; less than the days of the run."""
    drain: DurationOrAuto = "auto"
    """Time after the last day in which contacts of the run are still served, at most 366 days; "auto": until the last
    deadline of their targets has passed, a day at least."""
    seed: Annotated[int, Strict(), Field(ge=0, lt=2**63), WHOLE] = 1
    """Number that fixes all random numbers: the same seed gives the same figures."""
    replications: Annotated[int, Strict(), Field(ge=1, le=MOST_REPLICATIONS), WHOLE] = 20
    """How many times the run is simulated, each time with other random numbers."""
    queue: dict[str, Queue] = {}
    """Queues by name."""
    team: dict[str, Team] = {}
    """Teams by name."""
    holidays: Holidays | None = None
    """Public holidays of a country, as a table."""
    routing: Routing = Routing()
    """Who gets what, as a table."""
    volume: AllVolumes = AllVolumes()
    """What holds for all volumes, as a table."""
    demand: Demand | None = None
    """Total volume that several queues share, as a table."""
    self_service: dict[str, SelfService] = {}
    """Self-service by name, in which customers find answers without contacting a queue."""
    outbound: dict[str, Outbound] = {}
    """Messages that the company sends, by name."""
    callback: dict[str, Callback] = {}
    """Call backs by name."""
    spike: tuple[Spike, ...] = ()
    """Stretches in which a queue's volume changes, as a list of tables."""
    outage: tuple[Outage, ...] = ()
    """Stretches in which a bot, a channel or a team's system does not work, as a list of tables."""
    move: tuple[Move, ...] = ()
    """Shares of queues' customers who come to other queues instead, as a list of tables."""
    busyness: Busyness = Busyness()
    """How random busy days are, and how they go together between queues, as a table."""
    staffing: Staffing = Staffing()
    """What `ccsim staff` may choose from, as a table."""
    roster: RosterRules = RosterRules()
    """People and their rules for `ccsim roster`, as a table."""
    variant: dict[str, Variant] = {}
    """Named sets of changes to the scenario."""

    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)
    _files: dict[str, bytes] = PrivateAttr(default_factory=dict)
    _guesses: Guesses = PrivateAttr(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: queues {', '.join(self.queue)}; teams {', '.join(self.team)}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(kind)}</td><td>{escape(name)}</td><td>{escape(what)}</td></tr>"
            for kind, name, what in (
                *(("queue", name, queue.channel) for name, queue in self.queue.items()),
                *(("team", name, ", ".join(team.skills)) for name, team in self.team.items()),
            )
        )
        return f"<p><b>{escape(self.name)}</b></p><table>{rows}</table>"

    @cached_property
    def calendar(self) -> Calendar:
        """Days and wall times of this scenario."""
        return Calendar(self.start, self.timezone)

    @cached_property
    def drain_time(self) -> int:
        """How long the run goes on after its last day, microseconds."""
        if self.drain != "auto":
            return self.drain
        return max([DAY, *(late for late in self.last_deadlines.values() if late is not None)])

    @cached_property
    def last_deadlines(self) -> dict[str, int | None]:
        """As the function of that name says, of this scenario's queues."""
        return last_deadlines(self.queue, self.calendar, self.days)

    def title(self, name: str) -> str:
        """The name under which people know a queue; that of a team or of the total is what it is."""
        return (self.queue[name].title if name in self.queue else "") or name

    def judged(self, name: str) -> Queue:
        """A queue with the targets that the scenario itself gives; those of its channel are usual, not wanted."""
        usual = {key for key in self.queue[name].timed_targets if key not in self._raw["queue"][name]}
        return self.queue[name].model_copy(update=dict.fromkeys(usual))

    def outages(self, *names: str) -> list[tuple[int, int]]:
        """When something does not work, such as ("team", "agents"): from and until, microseconds since the start."""
        starts = [(self.moment(outage.at), outage.duration) for outage in self.outage if outage.names == names]
        return [(start, start + duration) for start, duration in starts]

    def moment(self, time: datetime | int) -> int:
        """Microseconds since the start of a local time (naive), an instant (aware), or what is already that (int)."""
        if isinstance(time, int):
            return time
        if time.tzinfo is not None:
            zone = ZoneInfo(self.timezone) if self.timezone else UTC
            return (time - datetime.combine(self.start, datetime.min.time(), zone).astimezone(UTC)) // MICROSECOND
        midnight = datetime.combine(time.date(), datetime.min.time())
        return self.calendar.at(self.calendar.day(time.date()), (time - midnight) // MICROSECOND)

    def by_the_clock(self, volume: Volume) -> Iterator[tuple[Interval, list[tuple[int, int]]]]:
        """The rows of a volume's file, each with the stretches in which the clock shows its times, microseconds."""
        for row in volume.intervals:
            yield row, self._showing(row.start, volume.length)

    def _showing(self, start: datetime, length: int) -> list[tuple[int, int]]:
        wall = (start - datetime.combine(start.date(), datetime.min.time())) // MICROSECOND
        return self.calendar.showing(self.calendar.day(start.date()), wall, wall + length)

    @property
    def raw(self) -> dict[str, Any]:
        """The tables as given, variant and overrides applied, without defaults; not to be changed."""
        return self._raw

    @property
    def files(self) -> dict[str, bytes]:
        """The data files as read, by the name that `raw` uses."""
        return self._files

    @property
    def guesses(self) -> Guesses:
        """What was taken for granted in reading the data files."""
        return self._guesses

    def with_streams(self, seed: int, replications: int) -> Scenario:
        """The same scenario with this seed and number of replications, also as it is stored."""
        changes = {"seed": seed, "replications": replications}
        scenario = self.model_copy(update=changes)
        scenario._raw = {**self._raw, **changes}
        return scenario

    def _keep_days_of_the_run(self) -> None:
        last, end = self.start + timedelta(days=self.days), self.calendar.at(self.days)

        def inside(time: datetime | int) -> bool:
            if isinstance(time, datetime) and time.tzinfo is None:
                return self.start <= time.date() < last
            return 0 <= self.moment(time) < end

        days = [self.start + timedelta(days=day) for day in range(self.days)]
        changed = {date for day, date in enumerate(days) if self.calendar.change(day)}

        def skipped(start: datetime, length: int) -> bool:
            return start.date() in changed and not self._showing(start, length)

        def twice(time: datetime) -> bool:
            return change_at(time, self.timezone) == "twice"

        for volume in (*(queue.volume for queue in self.queue.values()), self.demand):
            if volume is not None:
                volume.add_up(twice)
            if volume is not None and volume.copy_week is not None:
                volume.repeat(days)
            elif volume is not None and volume.kind in ("file", "log"):
                volume.keep(inside)
            if volume is not None and changed:
                volume.skip(skipped)

    def public_holidays(self) -> dict[date, str]:
        """Names of the holidays around the days of the run and its drain."""
        if self.holidays is None:
            return {}
        after = self.days + (LONGEST if self.drain == "auto" else -(-self.drain // DAY)) + 1
        return self.holidays.between(self.start - timedelta(days=1), self.start + timedelta(days=after))

    def _every_hours(self) -> tuple[WorkingHours, ...]:
        """All shifts and shift patterns."""
        return (*(shift for team in self.team.values() for shift in team.shifts), *self.staffing.patterns)

    def _keep_clock_changes(self) -> None:
        """The shifts know when clocks are changed, as breaks in windows keep out of that hour."""
        if self.timezone is None or all(rest.is_fixed for shift in self._every_hours() for rest in shift.breaks):
            return
        changes: dict[date, Span] = {}
        for day in range(-1, self.days + -(-self.drain_time // DAY) + 2):
            if change := self.calendar.change(day):
                first, until = change.wall
                for before in (1, 0):  # shifts of the evening before count the hours on
                    at = self.calendar.date(day - before)
                    # from a moment earlier on: that at which such an hour begins is skipped or repeated, too
                    changes[at] = Span(first - 1 + before * DAY, until + before * DAY)
        for shift in self._every_hours():
            shift.keep_clock_changes(changes)

    def _with_holidays(self) -> Scenario:
        """The same with its holidays in the hours of queues, shifts and patterns."""
        if self.holidays is None:
            return self
        days, rule = self.public_holidays(), self.holidays.open
        for shift in self._every_hours():
            shift.keep_holidays(rule, days)
        queues = {
            name: queue.model_copy(update={"open": cut_hours(queue.open, queue.holidays or rule, days)})
            for name, queue in self.queue.items()
        }
        return self.model_copy(update={"queue": queues})

    @model_validator(mode="wrap")  # type: ignore[arg-type]  # of a class whose parts are wrapped, too
    @classmethod
    def _with_channels(cls, raw: Any, handler: Callable[[Any], Scenario], info: ValidationInfo) -> Scenario:
        if not isinstance(raw, dict):
            return handler(raw)
        scenario = handler(_scaled(with_defaults(raw)))._with_holidays()
        scenario._keep_clock_changes()
        scenario._keep_days_of_the_run()
        scenario._raw = raw
        files = data_files(info)
        scenario._files, scenario._guesses = dict(files.contents), dict(files.guesses)
        return scenario


def _scaled(raw: dict[str, Any]) -> dict[str, Any]:
    """The tables with the factor of all volumes in the `scale` of each."""
    table = raw.get("volume")
    factor = table.get("scale", 1.0) if isinstance(table, dict) else 1.0
    if factor == 1 or not (isinstance(factor, int | float) and factor >= 0):
        return raw

    def scaled(holder: dict[str, Any], key: str) -> dict[str, Any]:
        """A table with another `scale` in the volume under that key, if it has one."""
        volume = holder.get(key)
        if not isinstance(volume, dict) or not isinstance(own := volume.get("scale", 1.0), int | float):
            return holder
        return holder | {key: volume | {"scale": own * factor}}

    full = scaled(raw, "demand")
    queues = raw.get("queue")
    if isinstance(queues, dict):
        full = full | {
            "queue": {n: scaled(queue, "volume") if isinstance(queue, dict) else queue for n, queue in queues.items()}
        }
    return full
