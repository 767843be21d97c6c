"""What a scenario file says, key by key, as frozen objects: names exactly as in the file, times in microseconds.

Durations are int microseconds (`NEVER` for "never"), laws are those of `ccsim.draws.durations` in seconds, shares are
floats from 0 to 1, local times stay local (`Scenario.moment` turns them into microseconds since the start). What the
CSV files hold is read while validating, so a `Scenario` needs no file afterwards. Whether the parts fit together is
for check.py; `read.load` does both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
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

from ccsim.draws.arrivals import SHAPES
from ccsim.draws.calendar import Calendar
from ccsim.draws.durations import Constant, Exponential, Law, LogNormal, Never
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
    every: Duration
    each: Count = 1

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
    per_day: Amount | None = None
    shape: Shape = tuple(SHAPES["flat"])
    """of `per_day`: (microseconds after midnight, weight), as `ccsim.draws.arrivals.Shape`"""
    weekday: DayFactors = ByDay((1.0,) * 7)
    """of `per_day`: factor by weekday or date"""
    file: Text | None = None
    column: Text | None = None
    log: Text | None = None
    arrived_at: Text | None = None
    work: Text | None = None
    """of `log`: the column with the work of each contact's first turn, instead of a draw"""
    appointments: Appointments | None = None
    no_show: Share = 0.0
    earliness: DurationLaw = Constant(0)
    scale: Amount = 1.0
    busyness_cv: Annotated[float, Strict(), Field(ge=0, le=10, allow_inf_nan=False)] = 0.0

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
        """Microseconds of each of `intervals`: the smallest gap between two of them (30 min if there is but one)."""
        return self._length

    @property
    def trace(self) -> Trace | None:
        """The contacts of `log`."""
        return self._trace

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
        if not found and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one interval", ("file",)))
        if faults:
            raise FaultError(*faults)
        self._intervals = tuple(sorted(found.values()))
        gaps = [later.start - earlier.start for earlier, later in pairwise(self._intervals)]
        self._length = min(gaps, default=timedelta(minutes=30)) // MICROSECOND


def moment(day: str, time: str) -> datetime:
    """Local date and time of two cells; `24:00` is the next midnight."""
    return datetime.combine(values.local_date(day), datetime.min.time()) + timedelta(
        microseconds=values.time_of_day(time)
    )


class Backlog(Part):
    """Contacts already waiting at the start, with their ages."""

    contacts: Count = 0
    age: DurationLaw = Constant(0)


class Reread(Part):
    """What an agent re-reads who comes back to a conversation after a while."""

    after: DurationOrNever = 15 * MINUTE
    work: Duration = 0
    per_turn: Duration = 0


class Transfer(Part):
    """A share of a queue's contacts that goes on in another queue."""

    to: Text
    share: Share
    same_agent: Flag = False
    cold: Flag = False
    """the customer explains again: `repeat_turns` more turns, in a one-to-one queue `repeat_work` more work"""
    repeat_turns: Annotated[int, Strict(), Field(ge=0, le=1000)] = 1
    repeat_work: Duration = 0


class Reopens(Part):
    """Resolved contacts that come back."""

    share: Share = 0.0
    after: DurationLaw = Constant(0)


class Retry(Part):
    """Customers who left and try again; `to` maps queues to shares, empty: the same queue."""

    share: Share = 0.0
    after: DurationLaw = Constant(0)
    to: dict[str, Share] = {}


class Bot(Part):
    """A bot before the queue: talks to all but the share `asks_human` for `time`, and contains a share of these."""

    contains: Share = 0.0
    time: DurationLaw = Constant(0)
    asks_human: Share = 0.0
    hours: Hours = ByDay(((WHOLE_DAY,),) * 7)
    loses_context: Flag = False
    """whoever it does not contain has one turn more, explaining again"""

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


class Queue(Part):
    """One stream of contacts: `[queue.NAME]`."""

    channel: _names(tuple(CHANNELS))  # type: ignore[valid-type]
    title: Text = ""
    open: Hours = ByDay(((WHOLE_DAY,),) * 7)
    outside_hours: Literal["reject", "hold", "bot"] = "reject"
    auto_reply: AutoReply | None = None
    at_close: Literal["serve", "drop"] = "serve"
    clock: Literal["calendar", "business"] = "calendar"
    volume: Volume | None = None
    """None: only transfers, retries or backlog come"""
    initial_backlog: Backlog = Backlog()
    priority: Rank = 1
    head_start: Duration = 0
    max_waiting: Limit = NEVER
    answer_delay: Duration = 0
    turns: CountLaw = Constant(1)
    work: DurationLaw = Constant(0)
    work_by_concurrency: Annotated[tuple[Duration, ...], Field(max_length=1000)] = ()
    """shared attention: mean work with 1, 2, … such sessions, all worked on at once; instead of turns, work, wrap-up"""
    work_cv: Annotated[float, Strict(), Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    """of `work_by_concurrency`: lognormal with this cv; without, exponential"""
    reply_latency: DurationLaw = Constant(0)
    wrap_up: DurationLaw = Constant(0)
    patience: PatienceLaw = Never()
    reply_patience: PatienceLaw = Never()
    silent_abandonment: Share = 0.0
    missed_after: DurationOrNever = NEVER
    """persistent channels: age at which nobody looks at a first message any more; it ends as expired"""
    short_abandon: Duration = 0
    idle_timeout: DurationOrNever = NEVER
    returns: Share = 0.0
    expires_after: DurationOrNever = NEVER
    same_agent_for: DurationOrNever = 0
    over_capacity: Flag = False
    reread: Reread = Reread()
    transfer: tuple[Transfer, ...] = ()
    drop: Share = 0.0
    """closed conversations: customers whose connection is lost before their next message, of each turn's"""
    reconnects: Share = 0.0
    """of these, who come back, `reconnect_after` later"""
    reconnect_after: DurationLaw = Constant(0)
    reopens: Reopens = Reopens()
    retry: Retry = Retry()
    limit: Annotated[int, Strict(), Field(ge=0, le=100)] = 3
    bot: Bot | None = None
    service_level: Goal = None
    sl_formula: Literal[
        "answered_or_abandoned", "answered_only", "all_offered", "late_abandons", "short_counted_in"
    ] = "all_offered"
    reply_target: Goal = None
    max_abandonment: Share | None = None
    resolution_target: Goal = None
    value: Money = 0.0
    fee: Money = 0.0
    effort: Amount = 0.0

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
    after: Duration = 0
    """only contacts that have waited this long"""
    longer_than: Annotated[int, Strict(), Field(ge=-1, le=10_000_000)] = -1
    """only while more than this many wait; -1: always"""

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
    hours: HoursOfDay
    breaks: tuple[HoursOfDay, ...] = ()
    activities: tuple[HoursOfDay, ...] = ()
    """off-phone work"""
    paid: Flag = True
    """false: absence, breaks and activities are not paid"""

    @field_validator("breaks", "activities")
    @classmethod
    def _on_its_day(cls, pauses: tuple[Span, ...], info: ValidationInfo) -> tuple[Span, ...]:
        hours: Span = info.data.get("hours", WHOLE_DAY)
        return tuple(within(pause, hours) for pause in pauses)


class Shift(WorkingHours):
    """Some agents on the same hours of some days."""

    agents: Headcount


def within(pause: Span, shift: Span) -> Span:
    """A pause on the clock of its shift: "01:00-01:30" in a shift "22:00-06:00" is on the next day."""
    return Span(pause.start + DAY, pause.end + DAY) if pause.start < shift.start else pause


@dataclass(frozen=True)
class RosterShift:
    """One agent's shift on one date, in local time; `line` is where the file says so."""

    agent: str
    start: datetime
    end: datetime
    breaks: tuple[tuple[datetime, datetime], ...]
    line: int


class Roster(Part):
    """A team's shifts from a file with columns agent, date, start, end, breaks (";"-separated)."""

    file: Text

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
        columns = ("agent", "date", "start", "end", *(("breaks",) if "breaks" in table.header else ()))
        shifts: list[RosterShift] = []
        faults: list[Fault] = []
        for line, (agent, day, start, end, *breaks) in table.cells(*columns, key="file"):
            try:
                if not agent:
                    raise FaultError(Fault("no agent", "a name or number"))
                shifts.append(_roster_shift(agent, day, f"{start}-{end}", breaks[0] if breaks else "", line))
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
    """a bare duration is the mean of an exponential"""
    lasts: DurationLaw

    @field_validator("every")
    @classmethod
    def _seldom(cls, every: Law) -> Law:
        if every.mean < 60:
            raise FaultError(Fault(f"{every.mean:g} s on average", "at least a minute"))
        return every


class Team(Part):
    """Agents with the same skills, pace and cost: `[team.NAME]`."""

    skills: dict[str, Skill]
    concurrency: dict[str, Annotated[int, Strict(), Field(ge=1, le=1000)]] = {}
    """every queue of `skills` is in it once read: 1 where the table is silent, its channel's if there is no table"""
    interrupts: dict[str, tuple[Text, ...]] = {}
    """one-to-one queue to the queues whose sessions it may interrupt"""
    slowdown: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=1000)] = (1.0,)
    pace: Annotated[dict[str, Factor], WithJsonSchema(jsontypes.PACE)] = {}
    """every queue of `skills` is in it once read"""
    shifts: tuple[Shift, ...] = ()
    roster: Roster | None = None
    end_of_shift: Literal["finish", "hand_over"] = "finish"
    overrun: Duration = 30 * MINUTE
    absence: Share = 0.0
    steps_out: StepsOut | None = None
    cost_per_hour: Amount = 0.0
    overtime_factor: Amount = 1.0
    max_occupancy: Share | None = None

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
    contact: _names(tuple(CONTACT_POLICIES)) = "longest_wait"  # type: ignore[valid-type]
    attention: _names(tuple(MESSAGE_POLICIES)) = "oldest"  # type: ignore[valid-type]
    reserve: tuple[Text, ...] = ()


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
    barrier: dict[str, Share] = {}
    fallback: dict[str, Text] = {}


class SelfService(Part):
    """Knowledge base, community, forms: deflects shares of queues.

    Several deflect one after the other, in file order, each a share of those whom the ones before did not deflect. Of
    the deflected the share `fails` comes after all, `returns_after` later, unless that is after the end.
    """

    deflects: dict[str, Share] = {}
    fails: Share = 0.0
    returns_after: DurationLaw = Constant(0)


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
    messages: Count = 0
    window: Hours = ByDay(((WHOLE_DAY,),) * 7)
    pace: Annotated[float, Strict(), Field(gt=0, le=1e9, allow_inf_nan=False)] | None = None
    """messages an hour; None: all at the start of the window"""
    reply_share: Share = 0.0
    reply_after: DurationLaw = Constant(0)
    opt_out: Share = 0.0
    recontact: tuple[Text, ...] = ()
    recontact_after: DurationLaw = Constant(3600)

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
    offer_above: DurationOrNever = NEVER
    accepts: Share = 0.0
    no_answer: Share = 0.0
    no_answer_time: Duration = 0


class Spike(Part):
    """A stretch in which a queue's volume is multiplied by `scale`."""

    queue: Text
    at: LocalDateTime
    duration: Duration
    scale: Amount


class Busyness(Part):
    """How the busy days of the queues (and of the demand) go together."""

    correlation: Share = 0.0


class Pattern(WorkingHours):
    """A shift that `ccsim staff` may give to as many agents of a team as it finds best, `min` to `max` of them."""

    team: Text
    name: Text = ""
    min: Headcount = 0
    max: Headcount | None = None
    """None: as many as are of any use"""
    cost_per_hour: Amount | None = None
    """None: the team's"""


class Premium(Part):
    """Hours that cost more: their pay is multiplied by `factor`; of several that meet, the highest counts."""

    factor: Factor
    days: DaySet = ByDay((True,) * 7)
    hours: HoursOfDay = WHOLE_DAY


class Staffing(Part):
    """What `ccsim staff` may choose from and what it must keep, besides the targets of queues and teams."""

    patterns: tuple[Pattern, ...] = ()
    """teams without one keep their shifts"""
    premium: tuple[Premium, ...] = ()
    targets_over: Literal["run", "day", "interval"] = "run"
    """over what stretch every target must hold on average"""
    met_on: Annotated[float, Strict(), Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    """instead of holding on average, every target holds on this share of days"""
    shrinkage: Annotated[float, Strict(), Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    """share of paid time not at the desk, added to requirements only; None: each team's `absence`"""


class Variant(Part):
    """A named set of changes: dotted path to new value."""

    title: Text = ""
    set: dict[str, Any] = {}


class Scenario(Part):
    """A whole scenario file, its channels' defaults and its data files included."""

    name: Annotated[str, Strict(), Field(min_length=1, max_length=200)] = "scenario"
    start: LocalDate = date(2026, 1, 5)
    """local midnight of this day is time 0"""
    days: Annotated[int, Strict(), Field(ge=1, le=3660)] = 7
    timezone: Zone | None = None
    interval: Duration = 30 * MINUTE
    warm_up: Duration = 0
    drain: Duration = DAY
    seed: Annotated[int, Strict(), Field(ge=0, lt=2**63)] = 1
    replications: Annotated[int, Strict(), Field(ge=1, le=1_000_000)] = 20
    queue: dict[str, Queue] = {}
    team: dict[str, Team] = {}
    routing: Routing = Routing()
    demand: Demand | None = None
    self_service: dict[str, SelfService] = {}
    outbound: dict[str, Outbound] = {}
    callback: dict[str, Callback] = {}
    spike: tuple[Spike, ...] = ()
    busyness: Busyness = Busyness()
    staffing: Staffing = Staffing()
    variant: dict[str, Variant] = {}

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

    @model_validator(mode="wrap")
    @classmethod
    def _with_channels(cls, raw: Any, handler: Callable[[Any], Scenario], info: ValidationInfo) -> Scenario:
        if not isinstance(raw, dict):
            return handler(raw)
        scenario = handler(with_defaults(raw))
        scenario._raw = raw
        scenario._files = dict(data_files(info).contents)
        return scenario
