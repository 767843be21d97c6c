"""What a scenario file says, key by key, as frozen objects: names exactly as in the file, times in microseconds.

Durations are int microseconds (`NEVER` for "never"), distributions are those of `ccsim.distributions.durations` in
seconds, shares are floats from 0 to 1, local times stay local (`Scenario.moment` turns them into microseconds since the
start). What the CSV files hold is read while validating, so a `Scenario` needs no file afterwards. Whether the parts
fit together is for check.py; `read.load` does both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from itertools import compress, pairwise
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    PrivateAttr,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from ccsim.distributions.arrivals import SHAPES
from ccsim.distributions.calendar import Calendar
from ccsim.distributions.durations import Constant, Exponential, Law, LogNormal, Never
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES, MESSAGE_POLICIES
from ccsim.scenario import jsontypes, values
from ccsim.scenario.channels import CHANNELS, Channel, with_defaults
from ccsim.scenario.data import DataFiles, number
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.laws import count_law, duration_law, patience_law
from ccsim.scenario.traces import Trace, read_trace
from ccsim.scenario.values import DAY, MINUTE, MOST, WHOLE_DAY, ByDay, Span, Target
from ccsim.tables import NEVER, SECOND

MICROSECOND: Final = timedelta(microseconds=1)
MOST_FAULTS: Final = 5
"""Lines of a file that are named for one and the same fault."""


def data_files(info: ValidationInfo) -> DataFiles:
    """Where a scenario's CSV files are looked up: the validation context, else the working folder."""
    return info.context if isinstance(info.context, DataFiles) else DataFiles()


def _law(parse: Callable[[object, DataFiles], Law]) -> PlainValidator:
    return PlainValidator(lambda value, info: value if isinstance(value, Law) else parse(value, data_files(info)))


def _choice(names: tuple[str, ...]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value in names:
            return str(value)
        raise FaultError(Fault(shown(value), did_you_mean(str(value), names)))

    return parse


def _parsed(parse: Callable[[Any], Any]) -> PlainValidator:
    return PlainValidator(parse)


def _opening_hours(value: object) -> ByDay[tuple[Span, ...]]:
    if isinstance(value, str | list):
        return ByDay((values.spans(value),) * 7)
    return values.by_day(value, values.spans, ())


def _day_factors(value: object) -> ByDay[float]:
    return values.by_day(value, values.factor, 1.0)


def _day_set(value: object) -> ByDay[bool]:
    weekdays, dates = values.days(value)
    return ByDay(tuple(day in weekdays for day in range(7)), dict.fromkeys(dates, True))


def _pieces(value: object) -> tuple[tuple[int, float], ...]:
    if isinstance(value, str):
        if value not in SHAPES:
            raise FaultError(Fault(shown(value), f"{did_you_mean(value, SHAPES)} or a list of [time, weight]"))
        return tuple(SHAPES[value])
    if not isinstance(value, list | tuple) or not value:
        raise FaultError(Fault(shown(value), f"a list of [time, weight] or {did_you_mean('', SHAPES)}"))
    pieces: list[tuple[int, float]] = []
    for i, piece in enumerate(value):
        try:
            if not isinstance(piece, list | tuple) or len(piece) != 2:
                raise FaultError(Fault(shown(piece), '[time, weight], such as ["09:00", 1.5]'))
            pieces.append((values.time_of_day(piece[0]), values.factor(piece[1])))
        except FaultError as bad:
            raise FaultError(*(Fault(f.found, f.allowed, (i, *f.at)) for f in bad.faults)) from None
    if any(later[0] <= earlier[0] for earlier, later in pairwise(pieces)):
        raise FaultError(Fault("times out of order", "times that rise from entry to entry"))
    if not any(weight > 0 for time, weight in pieces if time < DAY):
        raise FaultError(Fault("weights that are all 0", "at least one weight above 0"))
    return tuple(pieces)


def _timeless(value: object) -> int:
    if value == "never":
        return NEVER
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**31:
        return value
    raise FaultError(Fault(shown(value), 'a whole number of 0 or more, or "never"'))


Duration = Annotated[int, _parsed(values.duration), WithJsonSchema(jsontypes.DURATION)]
DurationOrNever = Annotated[int, _parsed(values.duration_or_never), WithJsonSchema(jsontypes.DURATION_OR_NEVER)]
Limit = Annotated[int, _parsed(_timeless), WithJsonSchema(jsontypes.COUNT_OR_NEVER)]
DurationLaw = Annotated[Law, _law(duration_law), WithJsonSchema(jsontypes.DURATION_LAW)]
PatienceLaw = Annotated[Law, _law(patience_law), WithJsonSchema(jsontypes.PATIENCE_LAW)]
CountLaw = Annotated[Law, _law(count_law), WithJsonSchema(jsontypes.COUNT_LAW)]
Goal = Annotated[Target | None, _parsed(values.target), WithJsonSchema(jsontypes.TARGET)]
LocalDate = Annotated[date, _parsed(values.local_date), WithJsonSchema(jsontypes.DATE)]
LocalDateTime = Annotated[datetime, _parsed(values.local_datetime), WithJsonSchema(jsontypes.DATE_TIME)]
Hours = Annotated[ByDay[tuple[Span, ...]], _parsed(_opening_hours), WithJsonSchema(jsontypes.OPENING_HOURS)]
DayFactors = Annotated[ByDay[float], _parsed(_day_factors), WithJsonSchema(jsontypes.DAY_FACTORS)]
DaySet = Annotated[ByDay[bool], _parsed(_day_set), WithJsonSchema(jsontypes.DAYS)]
HoursOfDay = Annotated[Span, _parsed(values.span), WithJsonSchema(jsontypes.SPAN)]
Shape = Annotated[tuple[tuple[int, float], ...], _parsed(_pieces), WithJsonSchema(jsontypes.shape(tuple(SHAPES)))]

Zone = Annotated[str, _parsed(values.timezone), WithJsonSchema({"type": "string"})]

Share = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Strict(), Field(ge=0, le=MOST, allow_inf_nan=False)]
Money = Annotated[float, Strict(), Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
Factor = Annotated[float, Strict(), Field(gt=0, le=1000, allow_inf_nan=False)]
Count = Annotated[int, Strict(), Field(ge=0, le=10_000_000)]
Rank = Annotated[int, Strict(), Field(ge=0, le=10_000)]
Headcount = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]


def _names(names: tuple[str, ...]) -> Any:
    return Annotated[str, _parsed(_choice(names)), WithJsonSchema({"enum": list(names)})]


class Part(BaseModel):
    """A table of the scenario file: frozen, and no key but those named here."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Interval(NamedTuple):
    """Expected contacts in a stretch of local time that begins at `start`."""

    start: datetime
    contacts: float


class Appointments(Part):
    """Booked times: `each` customers every `every` from the start of `hours` until before their end."""

    hours: HoursOfDay
    """Hours of each day in which appointments are booked; they may end on the next day."""
    every: Duration
    """Time from one appointment to the next; at least one minute."""
    each: Count = 1
    """Customers booked at each appointment time."""

    @field_validator("every")
    @classmethod
    def _apart(cls, every: int) -> int:
        if every < MINUTE:
            raise FaultError(Fault(f"{every / SECOND:g} s between appointments", "at least a minute"))
        return every


class Volume(Part):
    """How many contacts come, and when: one of `per_hour`, `per_day`, `file`, `log` or `appointments`.

    Customers with an appointment are booked at those times of its hours at which the queue is open. They come early by
    `earliness`, but not before the queue opens; the share `no_show` does not come.
    """

    per_hour: Amount | None = None
    """Expected contacts an hour, at a constant rate round the clock."""
    per_day: Amount | None = None
    """Expected contacts a day, spread over the day by `shape`."""
    shape: Shape = tuple(SHAPES["flat"])
    """Of `per_day`: the shape of a day, a built-in name or a list of [time, weight] with rising times and a weight
    above 0."""
    weekday: DayFactors = ByDay((1.0,) * 7)
    """Of `per_day`: factor by weekday or date; 1 where a day is not named."""
    file: Text | None = None
    """CSV file with expected contacts by interval, columns date, time and one for each queue."""
    column: Text | None = None
    """Of `file`: the column of this queue. Required with `file`."""
    log: Text | None = None
    """CSV file with one row for each contact, taken as it came."""
    arrived_at: Text | None = None
    """Of `log`: the column with the times of arrival. Required with `log`."""
    work: Text | None = None
    """Of `log`: the column with the work of each contact's first turn, used instead of a drawn value."""
    appointments: Appointments | None = None
    """Booked times of arrival, as a table."""
    no_show: Share = 0.0
    """Of `appointments`: share of booked customers who do not come."""
    earliness: DurationLaw = Constant(0)
    """Of `appointments`: how long before their time customers come, but not before the queue opens."""
    scale: Amount = 1.0
    """Factor on the whole volume."""
    busyness_cv: Annotated[float, Strict(), Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    """Coefficient of variation of a random factor drawn for each day, at most 10; 0: days differ only as the plan
    says."""

    KINDS: ClassVar[dict[str, tuple[str, ...]]] = {
        "per_hour": (),
        "per_day": ("shape", "weekday"),
        "file": ("column",),
        "log": ("arrived_at", "work"),
        "appointments": ("no_show", "earliness"),
    }
    """the ways to give a volume, each with the keys that belong to it"""

    _intervals: tuple[Interval, ...] = PrivateAttr(())
    _length: int = PrivateAttr(0)
    _trace: Trace | None = PrivateAttr(None)
    _left_out: tuple[datetime | int, ...] = PrivateAttr(())

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is given by."""
        return next(kind for kind in self.KINDS if getattr(self, kind) is not None)

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The rows of `file`, in time order, before `scale`."""
        return self._intervals

    @property
    def length(self) -> int:
        """Microseconds of each of `intervals`: the usual gap between two of them (30 min if there is but one)."""
        return self._length

    @property
    def trace(self) -> Trace | None:
        """The contacts of `log`."""
        return self._trace

    @property
    def left_out(self) -> tuple[datetime | int, ...]:
        """When the rows of `file` or `log` are that lie outside the days of the run."""
        return self._left_out

    def keep(self, inside: Callable[[datetime | int], bool]) -> None:
        """Leaves out the rows of `file` or `log` whose time is not `inside`: a file may hold a whole year."""
        times = [row.start for row in self._intervals] if self._trace is None else self._trace.arrivals
        kept = [inside(time) for time in times]
        self._left_out = tuple(time for time, keeps in zip(times, kept, strict=True) if not keeps)
        self._intervals = tuple(compress(self._intervals, kept))
        if self._trace is not None:
            trace = self._trace
            work = None if trace.work is None else tuple(compress(trace.work, kept))
            arrivals, lines = tuple(compress(trace.arrivals, kept)), tuple(compress(trace.lines, kept))
            self._trace = Trace(trace.log, arrivals, work, lines)

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Volume:
        self._one_kind()
        if self.kind == "file":
            self._read_intervals(data_files(info))
        if self.kind == "log":
            assert self.log is not None
            if self.arrived_at is None:
                raise FaultError(Fault("missing", "the column with the times of arrival", ("arrived_at",)))
            self._trace = read_trace(data_files(info), self.log, self.arrived_at, self.work)
        return self

    def _one_kind(self) -> None:
        given = [kind for kind in Volume.KINDS if getattr(self, kind) is not None]
        if len(given) != 1 or given[0] not in self.KINDS:
            raise FaultError(Fault(" and ".join(given) or "no volume", f"exactly one of {', '.join(self.KINDS)}"))
        stray = [
            Fault(f"{key} beside {given[0]}", f"{key} goes with {kind}", (key,))
            for kind, keys in self.KINDS.items()
            for key in keys
            if kind not in given and key in self.model_fields_set
        ]
        if stray:
            raise FaultError(*stray)

    def _read_intervals(self, files: DataFiles) -> None:
        if self.column is None:
            raise FaultError(Fault("missing", "the column of this queue", ("column",)))
        table = files.table(self.file)
        found: dict[datetime, Interval] = {}
        lines: dict[datetime, int] = {}
        faults: list[Fault] = []
        for line, (day, time, cell) in table.cells("date", "time", self.column):
            try:
                start = moment(day, time)
                contacts = values.factor(number(cell))
            except FaultError as bad:
                faults += [table.fault(line, f.found, f.allowed) for f in bad.faults]
                continue
            if start in found:
                faults.append(table.fault(line, f"{day} {time} a second time", "each interval once"))
            found[start] = Interval(start, contacts)
            lines[start] = line
        if not found and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one interval", ("file",)))
        if faults:
            raise FaultError(*faults)
        self._intervals = tuple(sorted(found.values()))
        usual = _usual_gap(sorted(found))
        self._length = usual // MICROSECOND
        if faults := [
            table.fault(lines[start], f"{start:%Y-%m-%d %H:%M} is {_minutes(gap)} after the row before it", allowed)
            for start, gap, allowed in _uneven(sorted(found), usual)
        ]:
            raise FaultError(*faults[:MOST_FAULTS])


def _usual_gap(starts: list[datetime]) -> timedelta:
    """The most frequent gap between neighbours; of several that are, one of whole five minutes, and the shortest."""
    gaps = Counter(later - earlier for earlier, later in pairwise(starts))
    five = timedelta(minutes=5)
    return min(gaps, key=lambda gap: (-gaps[gap], gap % five > timedelta(0), gap), default=timedelta(minutes=30))


def _uneven(starts: list[datetime], usual: timedelta) -> Iterator[tuple[datetime, timedelta, str]]:
    """Rows that do not fit a file of intervals of the usual length, with what would be right.

    A row may be missing, but a row off the grid, or rows that follow one another at another pace, say that not all
    intervals are of one length: to take them for such would squeeze or stretch what comes in them.
    """
    before = timedelta(0)
    for earlier, later in pairwise(starts):
        gap = later - earlier
        if gap % usual:
            yield later, gap, f"rows {_minutes(usual)} apart, as most are, or a multiple"
        elif usual < gap == before < timedelta(hours=12):
            yield later, gap, f"intervals of one length ({_minutes(usual)}); what has no contacts is written as 0"
        before = gap if later.date() == earlier.date() else timedelta(0)


def _minutes(gap: timedelta) -> str:
    return f"{gap / timedelta(minutes=1):g} min"


def moment(day: str, time: str) -> datetime:
    """Local date and time of two cells; `24:00` is the next midnight."""
    return datetime.combine(values.local_date(day), datetime.min.time()) + timedelta(
        microseconds=values.time_of_day(time)
    )


class Backlog(Part):
    """Contacts already waiting at the start, with their ages."""

    contacts: Count = 0
    """Contacts that wait when the run starts."""
    age: DurationLaw = Constant(0)
    """How long they have waited already."""


class Reread(Part):
    """What an agent re-reads who comes back to a conversation after a while."""

    after: DurationOrNever = 15 * MINUTE
    """Time away from a conversation after which its agent reads it again."""
    work: Duration = 0
    """Fixed time to read a conversation again."""
    per_turn: Duration = 0
    """Time to read again for each earlier turn."""


class Transfer(Part):
    """A share of a queue's contacts that goes on in another queue."""

    to: Text
    """The queue in which the contact goes on."""
    share: Share
    """Share of the queue's contacts that is transferred; the shares of a queue add up to at most 1."""
    same_agent: Flag = False
    """Whether the same agent goes on with the contact in the other queue."""
    cold: Flag = False
    """Whether the customer has to explain again, with `repeat_turns` or, in a one-to-one queue, `repeat_work`."""
    repeat_turns: Annotated[int, Strict(), Field(ge=0, le=1000)] = 1
    """Of a cold transfer: additional turns, at most 1000."""
    repeat_work: Duration = 0
    """Of a cold transfer to a one-to-one queue: additional work."""


class Reopens(Part):
    """Resolved contacts that come back."""

    share: Share = 0.0
    """Share of resolved contacts that come back."""
    after: DurationLaw = Constant(0)
    """Time from resolution until they come back."""


class Retry(Part):
    """Customers who left and try again; `to` maps queues to shares, empty: the same queue."""

    share: Share = 0.0
    """Share of customers who left and try again."""
    after: DurationLaw = Constant(0)
    """Time from leaving until the next attempt."""
    to: dict[str, Share] = {}
    """Queue to share of those who try again there; empty: the same queue."""


class Bot(Part):
    """A bot before the queue: talks to all but the share `asks_human` for `time`, and contains a share of these."""

    contains: Share = 0.0
    """Share of the contacts the bot talks to that it resolves without an agent."""
    time: DurationLaw = Constant(0)
    """How long the bot talks to a contact."""
    asks_human: Share = 0.0
    """Share of contacts that ask for a human at once and skip the bot."""
    hours: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Hours in which the bot works."""
    loses_context: Flag = False
    """Whether a customer handed over by the bot explains again, in one more turn."""

    @property
    def matters(self) -> bool:
        """False if everything goes on as without it."""
        return self.asks_human < 1 and (self.contains > 0 or self.time.mean > 0 or self.loses_context)


class AutoReply(Part):
    """What a message that is held outside the hours is answered with at once: customers who know wait differently.

    `patience` (running while the queue is open) is instead of the queue's for who is held on entering; the customer's
    draw is the same, so the patient stay the more patient.
    """

    patience: PatienceLaw
    """Patience of a customer who got the automatic reply, instead of the queue's; it runs while the queue is open."""


class Queue(Part):
    """One stream of contacts: `[queue.NAME]`."""

    channel: _names(tuple(CHANNELS))  # type: ignore[valid-type]
    """The kind of queue, which brings the presets of its channel. Required."""
    title: Text = ""
    """Name shown in tables and reports; empty: the queue's key."""
    open: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Opening hours: one for every day, or by weekday or date. A day not named is closed."""
    outside_hours: Literal["reject", "hold", "bot"] = "reject"
    """What happens to a contact outside the opening hours: rejected, held until opening, or given to the bot."""
    auto_reply: AutoReply | None = None
    """Automatic reply to messages held outside the hours, as a table."""
    at_close: Literal["serve", "drop"] = "serve"
    """What happens at closing time to contacts that still wait: served or dropped."""
    clock: Literal["calendar", "business"] = "calendar"
    """Clock of the targets: calendar time, or business time, which runs only while the queue is open."""
    volume: Volume | None = None
    """How many new contacts come and when; without it only transfers, retries, demand or backlog come."""
    initial_backlog: Backlog = Backlog()
    """Contacts already waiting at the start, as a table."""
    priority: Rank = 1
    """Rank of the queue among waiting contacts; 1 is served first."""
    head_start: Duration = 0
    """Waiting time credited to this queue's contacts when waiting times are compared."""
    max_waiting: Limit = NEVER
    """Most contacts that may wait; further ones are blocked. A whole number or "never", for no limit."""
    answer_delay: Duration = 0
    """Of one-to-one queues: ringing time between assignment and the start of work; patience runs on."""
    turns: CountLaw = Constant(1)
    """Turns of a conversation (one customer message and its answer), whole numbers from 1; a one-to-one queue has
    one."""
    work: DurationLaw = Constant(0)
    """Focused work of the agent on one turn."""
    work_by_concurrency: Annotated[tuple[Duration, ...], Field(max_length=1000)] = ()
    """Shared attention: mean work with 1, 2, … sessions at once; replaces turns, work and wrap-up."""
    work_cv: Annotated[float, Strict(), Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    """Of `work_by_concurrency`: coefficient of variation of a lognormal; without it the work is exponential."""
    reply_latency: DurationLaw = Constant(0)
    """Time the customer takes to reply to the agent's answer."""
    wrap_up: DurationLaw = Constant(0)
    """Work of the agent after the conversation, before other work."""
    patience: PatienceLaw = Never()
    """How long a customer waits for the first answer before abandoning."""
    reply_patience: PatienceLaw = Never()
    """How long a customer waits for a later answer before leaving."""
    silent_abandonment: Share = 0.0
    """Share of customers who abandon without a sign, so that an agent notices only on answering."""
    missed_after: DurationOrNever = NEVER
    """Of persistent channels: age at which a first message is not looked at any more and ends as expired."""
    short_abandon: Duration = 0
    """A wait before abandoning of up to this counts as a short abandonment in `sl_formula`."""
    idle_timeout: DurationOrNever = NEVER
    """Time without a customer's reply after which a session ends or, on a persistent channel, is parked."""
    returns: Share = 0.0
    """Share of customers who come back after their session has timed out."""
    expires_after: DurationOrNever = NEVER
    """Of persistent channels: time from the customer's last message after which the conversation expires."""
    same_agent_for: DurationOrNever = 0
    """How long a returning message waits for its former agent before any agent may take it."""
    over_capacity: Flag = False
    """Whether a returning message may go to its former agent beyond the agent's concurrency."""
    reread: Reread = Reread()
    """What an agent reads again after some time away from a conversation, as a table."""
    transfer: tuple[Transfer, ...] = ()
    """Shares of contacts that go on in other queues, as a list of tables."""
    drop: Share = 0.0
    """Of closed conversations: share of customers, at each turn, whose connection is lost before their next
    message."""
    reconnects: Share = 0.0
    """Share of customers with a lost connection who come back after `reconnect_after`."""
    reconnect_after: DurationLaw = Constant(0)
    """Time from a lost connection until the customer comes back."""
    reopens: Reopens = Reopens()
    """Resolved contacts that come back, as a table."""
    retry: Retry = Retry()
    """Customers who left and try again, as a table."""
    limit: Annotated[int, Strict(), Field(ge=0, le=100)] = 3
    """Most follow-up contacts of one first contact, 0 to 100."""
    bot: Bot | None = None
    """A bot that talks to contacts before the queue, as a table."""
    service_level: Goal = None
    """Target for the first answer: share and time."""
    sl_formula: Literal[
        "answered_or_abandoned", "answered_only", "all_offered", "late_abandons", "short_counted_in", "short_excluded"
    ] = "all_offered"
    """Which contacts count in the service level, and how abandoned ones count."""
    reply_target: Goal = None
    """Target for later answers: share and time."""
    max_abandonment: Share | None = None
    """Target: largest share of contacts that may abandon."""
    resolution_target: Goal = None
    """Target for resolution, from arrival to the end: share and time."""
    value: Money = 0.0
    """Contribution of a resolved contact, in money; may be negative."""
    fee: Money = 0.0
    """Platform fee for each conversation, in money; may be negative."""
    effort: Amount = 0.0
    """Customer effort of a contact, from 1 (low) to 3 (high)."""

    @property
    def kind(self) -> Channel:
        """What its channel is like: one-to-one, persistent."""
        return CHANNELS[self.channel]

    @property
    def shared(self) -> bool:
        """Whether an agent works on all its sessions at once."""
        return len(self.work_by_concurrency) > 0

    @property
    def turn_work(self) -> Law:
        """The work on a turn; with shared attention, that on the only turn of a session alone with its agent."""
        if not self.shared:
            return self.work
        alone = self.work_by_concurrency[0] / SECOND
        return Exponential(alone) if self.work_cv is None else LogNormal.from_mean_cv(alone, self.work_cv)

    @property
    def met_by_bot(self) -> Bot | None:
        """The bot that its contacts may meet, if that changes anything."""
        return self.bot if self.bot is not None and (self.bot.matters or self.outside_hours == "bot") else None


class Skill(Part):
    """How a team serves a queue: its rank, 1 first, and when it helps out; a bare number is the rank."""

    rank: Rank
    """Order in which a team serves this queue; 1 first."""
    after: Duration = 0
    """The team takes only contacts that have waited at least this long."""
    longer_than: Annotated[int, Strict(), Field(ge=-1, le=10_000_000)] = -1
    """The team takes contacts only while more than this many wait; -1: always."""

    @model_validator(mode="before")
    @classmethod
    def _bare_rank(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Skill) else {"rank": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        table = handler.resolve_ref_schema(handler(core))
        return {"oneOf": [{"type": "integer", "minimum": 0}, dict(table)]}


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


def _mean_or_law(value: object, files: DataFiles) -> Law:
    """A bare duration is the mean of an exponential: what happens at random happens at no fixed step."""
    law = duration_law(value, files)
    return law if isinstance(value, dict) or not isinstance(law, Constant) else Exponential(law.mean)


MeanOrLaw = Annotated[Law, _law(_mean_or_law), WithJsonSchema(jsontypes.MEAN_OR_LAW)]


class StepsOut(Part):
    """Random short absences: an agent at work steps out after a time `every`, for a time `lasts`, over and over.

    It begins anew with each shift. An absence that would touch the shift's edge, a break, an activity or the absence
    before does not happen.
    """

    every: MeanOrLaw
    """Time at work until an agent steps out, at least a minute on average; a bare duration is the mean of an
    exponential."""
    lasts: DurationLaw
    """How long the agent is away."""

    @field_validator("every")
    @classmethod
    def _seldom(cls, every: Law) -> Law:
        if every.mean < 60:
            raise FaultError(Fault(f"{every.mean:g} s on average", "at least a minute"))
        return every


class Team(Part):
    """Agents with the same skills, pace and cost: `[team.NAME]`."""

    skills: dict[str, Skill]
    """Queues that the team serves, each with a rank or a table. Required."""
    concurrency: dict[str, Annotated[int, Strict(), Field(ge=1, le=1000)]] = {}
    """Sessions of a queue that fill an agent, by queue, 1 to 1000; 1 where the table is silent. Default: by
    channel, see the presets."""
    interrupts: dict[str, tuple[Text, ...]] = {}
    """One-to-one queue to the queues whose sessions it may interrupt."""
    slowdown: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=1000)] = (1.0,)
    """Factor on work with 1, 2, … open sessions; the last holds for all beyond."""
    pace: Annotated[dict[str, Factor], WithJsonSchema(jsontypes.PACE)] = {}
    """Factor on work and wrap-up, above 0: one number, or by queue; 1 where the table is silent."""
    shifts: tuple[Shift, ...] = ()
    """Shifts of the team, as a list of tables; not beside `roster`."""
    roster: Roster | None = None
    """Shifts from a file, as a table; not beside `shifts`."""
    end_of_shift: Literal["finish", "hand_over"] = "finish"
    """What agents do with open sessions at the end of their shift: finish them or hand them over."""
    overrun: Duration = 30 * MINUTE
    """Longest time that sessions of closed queues go on beyond the end of the shift; a call always finishes."""
    absence: Share = 0.0
    """Share of agents' shifts that are not worked."""
    steps_out: StepsOut | None = None
    """Random short absences of agents, as a table."""
    cost_per_hour: Amount = 0.0
    """Cost of a paid hour of one agent, in money."""
    overtime_factor: Amount = 1.0
    """Factor on the cost of hours beyond the shift."""
    max_occupancy: Share | None = None
    """Target: largest occupancy of the team, as a share."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or not isinstance(raw.get("skills"), dict):
            return raw
        full = dict(raw)
        for key in ("concurrency", "pace"):
            given = raw.get(key, {})
            if key == "pace" and not isinstance(given, dict):
                given = dict.fromkeys(raw["skills"], given)
            if isinstance(given, dict):
                full[key] = dict.fromkeys(raw["skills"], 1) | given
        return full


class Routing(Part):
    """Who gets what: names of ordered columns in `ccsim.routing`."""

    agent: _names(tuple(AGENT_POLICIES)) = "least_loaded"  # type: ignore[valid-type]
    """Which free agent gets a contact."""
    contact: _names(tuple(CONTACT_POLICIES)) = "longest_wait"  # type: ignore[valid-type]
    """Which waiting contact a free agent gets."""
    attention: _names(tuple(MESSAGE_POLICIES)) = "oldest"  # type: ignore[valid-type]
    """Which message an agent with several sessions answers next."""
    reserve: tuple[Text, ...] = ()
    """Queues that come first: while a contact waits in one, teams with its skill take from no other queue."""


class Demand(Volume):
    """Total volume that queues share by `mix`, round the clock: who comes while a queue is closed finds it closed.

    Each would-be customer wants a queue, with a chance proportional to its number in `mix`. The share `barrier` of all
    customers would not use a queue; who wants it nevertheless goes to its `fallback`, where the same holds, and whoever
    finds no queue, or only such as they have refused, is turned away (counted for the queue wanted first). Another mix
    moves only customers who lose or gain by it, and whoever moves keeps their arrival and all draws.
    """

    KINDS: ClassVar[dict[str, tuple[str, ...]]] = {
        kind: keys for kind, keys in Volume.KINDS.items() if kind != "appointments"
    }

    mix: dict[str, Amount] = {}
    """Queue to the weight with which customers want it."""
    barrier: dict[str, Share] = {}
    """Queue to the share of all customers who would not use it."""
    fallback: dict[str, Text] = {}
    """Queue to the queue that customers turn to who would not use it."""


class SelfService(Part):
    """Knowledge base, community, forms: deflects shares of queues.

    Several deflect one after the other, in file order, each a share of those whom the ones before did not deflect. Of
    the deflected the share `fails` comes after all, `returns_after` later, unless that is after the end.
    """

    deflects: dict[str, Share] = {}
    """Queue to the share of its contacts that is deflected."""
    fails: Share = 0.0
    """Share of the deflected who contact the queue after all."""
    returns_after: DurationLaw = Constant(0)
    """Time until these come."""


class Outbound(Part):
    """Messages that the company sends through a persistent queue.

    On each day with a `window` (one stretch a day) `messages` fall due, one by one at `pace` an hour from its start, or
    all at its start; what is not begun by its end is not sent (expired). Writing takes the queue's work on a turn. Of
    the recipients the share `opt_out` wants no more of it and does not answer; of the others the share `reply_share`
    answers, `reply_after` after the message, and the conversation goes on with turns as any of the queue; who does not
    answer expires. Recipients never try again, nor are they recontacted.

    `recontact`: contacts of these queues that end abandoned, lost, blocked or rejected and do not try again themselves
    are written to, `recontact_after` later, at any hour; this takes one of the root's `limit`.
    """

    queue: Text
    """Persistent queue through which the messages are sent. Required."""
    messages: Count = 0
    """Messages that fall due on each day with a window."""
    window: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Hours in which messages are begun, at most one stretch a day; what is not begun by its end is not sent."""
    pace: Annotated[float, Strict(), Field(gt=0, le=1e9, allow_inf_nan=False)] | None = None
    """Messages that fall due in an hour, above 0; without it all fall due at the start of the window."""
    reply_share: Share = 0.0
    """Share of the recipients, without those who opt out, who answer."""
    reply_after: DurationLaw = Constant(0)
    """Time from the message until the answer."""
    opt_out: Share = 0.0
    """Share of the recipients who want no more messages and do not answer."""
    recontact: tuple[Text, ...] = ()
    """Queues whose lost contacts (abandoned, lost, blocked or rejected) are written to."""
    recontact_after: DurationLaw = Constant(3600)
    """Time from losing a contact until it is written to, at any hour."""

    @field_validator("window")
    @classmethod
    def _one_stretch(cls, window: ByDay[tuple[Span, ...]]) -> ByDay[tuple[Span, ...]]:
        if any(len(spans) > 1 for spans in (*window.weekly, *window.dated.values())):
            raise FaultError(Fault("several windows on a day", "one stretch of hours a day"))
        return window


class Callback(Part):
    """Callers of a one-to-one queue whose estimated wait exceeds `offer_above` are offered a call back.

    Who `accepts` keeps the place without patience; the share `no_answer` does not pick up and costs `no_answer_time`.
    """

    queue: Text
    """One-to-one queue whose callers are offered a call back. Required."""
    offer_above: DurationOrNever = NEVER
    """Estimated wait above which a call back is offered; "never": not at all."""
    accepts: Share = 0.0
    """Share of callers who accept the offer."""
    no_answer: Share = 0.0
    """Share of those called back who do not pick up."""
    no_answer_time: Duration = 0
    """Agent time that a call back without an answer takes."""


class Spike(Part):
    """A stretch in which a queue's volume is multiplied by `scale`."""

    queue: Text
    """Queue whose volume changes. Required."""
    at: LocalDateTime
    """Local date and time at which it begins. Required."""
    duration: Duration
    """How long it lasts. Required."""
    scale: Amount
    """Factor on the volume in that time. Required."""


class Busyness(Part):
    """How the busy days of the queues (and of the demand) go together."""

    correlation: Share = 0.0
    """How much the queues' random daily factors (`busyness_cv`) go together: 0 independent, 1 the same days."""


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


class Staffing(Part):
    """What `ccsim staff` may choose from and what it must keep, besides the targets of queues and teams."""

    patterns: tuple[Pattern, ...] = ()
    """Shifts to choose from, as a list of tables; teams without one keep their shifts."""
    premium: tuple[Premium, ...] = ()
    """Hours that cost more, as a list of tables."""
    targets_over: Literal["run", "day", "interval"] = "run"
    """Stretch of time over which every target must hold on average: the run, each day or each interval."""
    met_on: Annotated[float, Strict(), Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    """Share of days on which every target must hold, above 0, instead of holding on average."""
    shrinkage: Annotated[float, Strict(), Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    """Share of paid time away from the desk, below 1, for requirements only; without it each team's `absence`."""


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
    """First day of the run; its local midnight is time 0."""
    days: Annotated[int, Strict(), Field(ge=1, le=3660)] = 7
    """Length of the run in days, 1 to 3660."""
    timezone: Zone | None = None
    """Time zone such as "Europe/Rome"; without it every day has 24 hours."""
    interval: Duration = 30 * MINUTE
    """Length of a reporting interval."""
    warm_up: Duration = 0
    """Time at the start that is left out of all figures."""
    drain: Duration = DAY
    """Time after the run in which contacts of the run are still served."""
    seed: Annotated[int, Strict(), Field(ge=0, lt=2**63)] = 1
    """Number that fixes all random draws, 0 or more."""
    replications: Annotated[int, Strict(), Field(ge=1, le=1_000_000)] = 20
    """How many times the run is simulated, each with other random numbers, 1 to 1000000."""
    queue: dict[str, Queue] = {}
    """Queues by name."""
    team: dict[str, Team] = {}
    """Teams by name."""
    routing: Routing = Routing()
    """Who gets what, as a table."""
    demand: Demand | None = None
    """Total volume that queues share, as a table."""
    self_service: dict[str, SelfService] = {}
    """Self-service by name, which keeps contacts from queues."""
    outbound: dict[str, Outbound] = {}
    """Messages that the company sends, by name."""
    callback: dict[str, Callback] = {}
    """Call backs by name."""
    spike: tuple[Spike, ...] = ()
    """Stretches in which a queue's volume changes, as a list of tables."""
    busyness: Busyness = Busyness()
    """How busy days go together, as a table."""
    staffing: Staffing = Staffing()
    """What `ccsim staff` may choose from, as a table."""
    variant: dict[str, Variant] = {}
    """Named sets of changes to the scenario."""

    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)
    _files: dict[str, bytes] = PrivateAttr(default_factory=dict)

    @cached_property
    def calendar(self) -> Calendar:
        """Days and wall times of this scenario."""
        return Calendar(self.start, self.timezone)

    def moment(self, time: datetime | int) -> int:
        """Microseconds since the start of a local time (naive), an instant (aware), or what is already that (int)."""
        if isinstance(time, int):
            return time
        if time.tzinfo is not None:
            zone = ZoneInfo(self.timezone) if self.timezone else UTC
            return (time - datetime.combine(self.start, datetime.min.time(), zone).astimezone(UTC)) // MICROSECOND
        midnight = datetime.combine(time.date(), datetime.min.time())
        return self.calendar.at(self.calendar.day(time.date()), (time - midnight) // MICROSECOND)

    @property
    def raw(self) -> dict[str, Any]:
        """The tables as given, variant and overrides applied, without defaults; not to be changed."""
        return self._raw

    @property
    def files(self) -> dict[str, bytes]:
        """The data files as read, by the name that `raw` uses."""
        return self._files

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

        for volume in (*(queue.volume for queue in self.queue.values()), self.demand):
            if volume is not None and volume.kind in ("file", "log"):
                volume.keep(inside)

    @model_validator(mode="wrap")
    @classmethod
    def _with_channels(cls, raw: Any, handler: Callable[[Any], Scenario], info: ValidationInfo) -> Scenario:
        if not isinstance(raw, dict):
            return handler(raw)
        scenario = handler(with_defaults(raw))
        scenario._keep_days_of_the_run()
        scenario._raw = raw
        scenario._files = dict(data_files(info).contents)
        return scenario
