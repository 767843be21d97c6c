"""How many contacts come, and when: `volume` of a queue, `[demand]`, `[[spike]]`, `[busyness]`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import compress, pairwise
from typing import Annotated, ClassVar, Final, NamedTuple

from pydantic import (
    Field,
    PrivateAttr,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ccsim.distributions.arrivals import SHAPES
from ccsim.distributions.durations import Constant
from ccsim.scenario import cells, values
from ccsim.scenario.data import CsvTable, DataFiles, few, number
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.parts import (
    MICROSECOND,
    Amount,
    ArrivalProcess,
    Count,
    CountDistribution,
    DayFactors,
    Duration,
    DurationDistribution,
    HoursOfDay,
    LocalDate,
    LocalDateTime,
    Part,
    Shape,
    Share,
    Text,
    data_files,
)
from ccsim.scenario.traces import Trace, read_trace
from ccsim.scenario.values import HOUR, MINUTE, ByDay
from ccsim.tables import SECOND

FIVE: Final = timedelta(minutes=5)

NO_HOURS: Final = 4 * HOUR
"""Microseconds of an interval from which on it does not tell at what hours contacts come."""

MOST_FAULTS: Final = 5
"""Lines of a file that are named for one and the same fault."""


class Interval(NamedTuple):
    """Expected contacts in a stretch of local time that begins at `start`."""

    start: datetime
    contacts: float
    handle_time: float | None = None
    """mean of a contact, all its turns and the wrap-up, in seconds; None: as the queue's distributions say"""

    def plus(self, other: Interval) -> Interval:
        """With the contacts of another row of the same time."""
        known = [row for row in (self, other) if row.handle_time is not None and row.contacts > 0]
        contacts = sum(row.contacts for row in known)
        work = sum(row.contacts * (row.handle_time or 0.0) for row in known)
        return Interval(self.start, self.contacts + other.contacts, work / contacts if known else None)


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


Spread = Annotated[float, Strict(), Field(ge=0, le=10, allow_inf_nan=False)]
Memory = Annotated[float, Strict(), Field(ge=0, lt=1, allow_inf_nan=False)]


class BusyVolume(Part):
    """How much days, and half hours within them, differ from the plan by random factors of mean 1."""

    day_cv: Spread = 0.0
    """Coefficient of variation of a factor drawn for each day; 0: days differ only as planned."""
    day_memory: Memory = 0.0
    """Correlation of the day's factor (of its normal score) from one day to the next."""
    within_cv: Spread = 0.0
    """Coefficient of variation of a factor drawn for each half hour from midnight on, on top of the day's; 0: within a
    day the rate goes as planned."""
    within_memory: Memory = 0.0
    """Correlation of the half hour's factor (of its normal score) from one half hour to the next of a day."""


class Volume(Part):
    """How many contacts come, and when: one of `per_hour`, `per_day`, `file`, `log` or `appointments`.

    Customers with an appointment are booked at those times of its hours at which the queue is open. They come early by
    `earliness`, but not before the queue opens; the share `no_show` does not come.
    """

    per_hour: Amount | None = None
    """Expected contacts an hour, at a constant rate round the clock, also while the queue is closed."""
    per_day: Amount | None = None
    """Expected contacts a day, spread over the day by `shape`. Where the queue rejects outside its hours all of them
    come while it is open, and none on a day on which it is closed; elsewhere they come round the clock."""
    shape: Shape = tuple(SHAPES["flat"])
    """Of `per_day`: the shape of a day, by name or as a list of [time, weight]: from that time until the next, nothing
    before the first. "office" has two peaks, before and after lunch; "morning" one at nine; "evening" one at
    eight in the evening. These are illustrative."""
    weekday: DayFactors = ByDay((1.0,) * 7)
    """Of `per_day`: factor by weekday or date; 1 where a day is not named."""
    file: Text | None = None
    """CSV file with expected contacts by interval: columns date, time (of the interval's start, or as 08:00-08:30) and
    one for each queue. The first two may also be called Datum and Uhrzeit, Date and Heure, Data and Ora, Fecha and
    Hora. Intervals are as long as they say, else as most rows are apart."""
    column: Text | None = None
    """Of `file`: the column with the contacts. Required with `file`."""
    aht: Text | None = None
    """Of `file`: the column with the mean handle time of a whole contact in each interval, wrap-up included, in seconds
    or h:mm:ss; "none" for no column. Without it the column called as `column` with ".aht" behind it, if there is
    one."""
    copy_week: LocalDate | None = None
    """Of `file`: first of seven days whose rows stand for every week of the run, by weekday; other rows are left
    out."""
    log: Text | None = None
    """CSV file with one row for each contact, taken as it came."""
    arrived_at: Text | None = None
    """Of `log`: the column with the times of arrival, such as 2026-03-02T08:30:00, or seconds since the start of the
    run. Required with `log`."""
    work: Text | None = None
    """Of `log`: the column with the work on each contact, used instead of a drawn value; for queues of one turn."""
    appointments: Appointments | None = None
    """Booked times of arrival, as a table."""
    no_show: Share = 0.0
    """Of `appointments`: share of booked customers who do not come."""
    earliness: DurationDistribution = Constant(0)
    """Of `appointments`: how long before their time customers come, but not before the queue opens."""
    scale: Amount = 1.0
    """Factor on the whole volume."""
    arrivals: ArrivalProcess | None = None
    """Of `per_hour`, `per_day` and `file`: how contacts come at that rate, { process = "name", … } of a process that a
    program or a package brings; without it as a Poisson process."""
    busyness: BusyVolume = BusyVolume()
    """Days, and half hours within them, that are busier than others by chance, as a table; what it does not say is as
    in `[busyness]`."""
    busyness_cv: Spread = 0.0
    """The same as `busyness.day_cv`, of which a volume has one: coefficient of variation of a random factor drawn for
    each day."""

    KINDS: ClassVar[dict[str, tuple[str, ...]]] = {
        "per_hour": (),
        "per_day": ("shape", "weekday"),
        "file": ("column", "aht", "copy_week"),
        "log": ("arrived_at", "work"),
        "appointments": ("no_show", "earliness"),
    }
    """the ways to give a volume, each with the keys that belong to it"""

    _intervals: tuple[Interval, ...] = PrivateAttr(())
    _length: int = PrivateAttr(0)
    _trace: Trace | None = PrivateAttr(None)
    _left_out: tuple[datetime | int, ...] = PrivateAttr(())
    _skipped: tuple[Interval, ...] = PrivateAttr(())
    _again: tuple[tuple[int, Interval], ...] = PrivateAttr(())

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

    @property
    def skipped(self) -> tuple[Interval, ...]:
        """The rows of `file` at times that a clock change skips: their contacts do not come."""
        return self._skipped

    def again(self, exception: str) -> list[Fault]:
        """The rows of `file` for a time that an earlier row has: a few of them, refused but for an exception."""
        allowed = f"each interval once{exception}"
        return [
            Fault(f"{row.start:%Y-%m-%d %H:%M} a second time", allowed, row=f"{self.file}:{line}")
            for line, row in self._again[:MOST_FAULTS]
        ]

    def handle_time_column(self, table: CsvTable) -> str | None:
        """The file's column of handle times: the one that `aht` names, or the usual one if it is there."""
        if self.aht == "none":
            return None
        if self.aht is not None:
            if table.heading(self.aht) is None:
                allowed = did_you_mean(self.aht, table.header)
                raise FaultError(Fault(f"no column {shown(self.aht)} in {table.name}", allowed, ("aht",)))
            return self.aht
        usual = f"{self.column}.aht"
        if table.heading(usual) is not None:
            return usual
        for heading in table.header:
            if _letters(heading) in (_letters(usual), _letters(f"aht {self.column}")):
                allowed = f"did you mean {shown(usual)}? (or aht = {shown(heading)})"
                raise FaultError(table.fault(table.line, f"column {shown(heading)}", allowed))
        return None

    def repeat(self, days: Iterable[date]) -> None:
        """Puts the rows of the week from `copy_week` on in place of all others, on these days, by weekday."""
        assert self.copy_week is not None
        of_week = [row for row in self._intervals if 0 <= (row.start.date() - self.copy_week).days < 7]
        self._left_out = tuple(row.start for row in self._intervals if row not in of_week)
        self._intervals = tuple(
            row._replace(start=datetime.combine(day, row.start.time()))
            for day in days
            for row in of_week
            if row.start.weekday() == day.weekday()
        )

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

    def add_up(self, twice: Callable[[datetime], bool]) -> None:
        """Adds the second row of a time that the clock shows twice to the first."""
        rows, left = {row.start: row for row in self._intervals}, list[tuple[int, Interval]]()
        added = set[datetime]()
        for line, row in self._again:
            if row.start in added or not twice(row.start):
                left.append((line, row))
                continue
            added.add(row.start)
            rows[row.start] = rows[row.start].plus(row)
        self._intervals, self._again = tuple(rows.values()), tuple(left)

    def skip(self, skipped: Callable[[datetime, int], bool]) -> None:
        """Sets aside the rows of `file` of whose times, from their start on for their length, no clock shows any."""
        gone = [skipped(row.start, self._length) for row in self._intervals]
        self._skipped = tuple(compress(self._intervals, gone))
        self._intervals = tuple(row for row, is_gone in zip(self._intervals, gone, strict=True) if not is_gone)

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

    @model_validator(mode="after")
    def _at_a_rate(self) -> Volume:
        if self.arrivals is not None and self.kind in ("log", "appointments"):
            raise FaultError(Fault(f"arrivals together with {self.kind}", "arrivals goes with a rate", ("arrivals",)))
        return self

    @model_validator(mode="after")
    def _one_spread(self) -> Volume:
        if "busyness_cv" in self.model_fields_set and "day_cv" in self.busyness.model_fields_set:
            raise FaultError(Fault("busyness_cv and busyness.day_cv", "one of them", ("busyness_cv",)))
        return self

    def _one_kind(self) -> None:
        given = [kind for kind in Volume.KINDS if getattr(self, kind) is not None]
        if len(given) != 1 or given[0] not in self.KINDS:
            raise FaultError(Fault(" and ".join(given) or "no volume", f"exactly one of {', '.join(self.KINDS)}"))
        stray = [
            Fault(f"{key} together with {given[0]}", f"{key} goes with {kind}", (key,))
            for kind, keys in self.KINDS.items()
            for key in keys
            if kind not in given and key in self.model_fields_set
        ]
        if stray:
            raise FaultError(*stray)

    def _read_intervals(self, files: DataFiles) -> None:
        if self.column is None:
            raise FaultError(Fault("missing", "the column of this queue", ("column",)))
        table = files.table(self.file, "date", "time", self.column)
        columns = ["date", "time", self.column]
        if (by_interval := self.handle_time_column(table)) is not None:
            columns.append(by_interval)
        intervals: dict[datetime, Interval] = {}
        lines: dict[datetime, int] = {}
        lengths: dict[datetime, timedelta] = {}
        again: list[tuple[int, Interval]] = []
        faults: list[Fault] = []
        read = {"date": cells.dates, "time": cells.intervals, columns[2]: cells.numbers, columns[-1]: cells.numbers}
        if by_interval is not None:
            read[by_interval] = cells.durations
        for line, (day, time, cell, *handled) in table.cells(*columns, read=read):
            try:
                first, _, last = time.partition("-")
                start = moment(day, first)
                length = _length(start, moment(day, last)) if last else None
                # none, and 0 where nobody was handled, say nothing of how long it takes
                handle_time = values.duration(number(handled[0])) / SECOND if any(handled) else 0.0
                row = Interval(start, values.factor(number(cell)), handle_time or None)
            except FaultError as bad:
                faults += [table.fault(line, f.value, f.allowed) for f in bad.faults]
                continue
            if start in intervals:
                again.append((line, row))
                continue
            intervals[start] = row
            lines[start] = line
            if length is not None:
                lengths[start] = length
        if not intervals and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one interval", ("file",)))
        if faults:
            raise FaultError(*few(faults))
        if len(intervals) == 1 and not lengths:
            guess = cells.Guess("length of its only interval", f"{min(intervals):%H:%M}", "half an hour from then on")
            table.guesses[table.name, guess.what] = (guess, [])
        self._intervals, self._again = tuple(sorted(intervals.values())), tuple(again)
        usual = _most_frequent(lengths.values()) if lengths else _usual_gap(sorted(intervals))
        self._length = usual // MICROSECOND
        if faults := [
            table.fault(lines[start], f"an interval of {_minutes(length)}", f"{_minutes(usual)}, as most are")
            for start, length in lengths.items()
            if length != usual
        ] or [
            table.fault(lines[start], f"{start:%Y-%m-%d %H:%M} is {_minutes(gap)} after the row before it", allowed)
            for rule in (_odd, _uneven)
            for start, gap, allowed in rule(sorted(intervals), usual, known=bool(lengths))
        ]:
            raise FaultError(*faults[:MOST_FAULTS])


def _letters(heading: str) -> str:
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


def _length(start: datetime, end: datetime) -> timedelta:
    """Of an interval with its end: `23:30-00:00` ends on the next day, `08:00-08:29` is half an hour, and so is
    `08:00-08:29:59`."""
    length = end - start if end > start else end - start + timedelta(days=1)
    one_more = (length + short for short in (timedelta(minutes=1), timedelta(seconds=1)))
    return next((whole for whole in one_more if length % FIVE and not whole % FIVE), length)


def _usual_gap(starts: list[datetime]) -> timedelta:
    """The most frequent gap between neighbours; half an hour where there is one row alone."""
    return _most_frequent([later - earlier for earlier, later in pairwise(starts)] or [timedelta(minutes=30)])


def _most_frequent(lengths: Iterable[timedelta]) -> timedelta:
    """Of several that are, one of whole five minutes, and the shortest."""
    times = Counter(lengths)
    return min(times, key=lambda length: (-times[length], length % FIVE > timedelta(0), length))


def _uneven(starts: list[datetime], usual: timedelta, *, known: bool) -> Iterator[tuple[datetime, timedelta, str]]:
    """Rows that do not fit a file of intervals of the usual length, with what would be right.

    A row may be missing, but a row off the grid, or (unless their lengths are known) rows that follow one another at
    another pace, say that not all intervals are of one length: to take them for such would squeeze or stretch what
    comes in them.
    """
    before = timedelta(0)
    for earlier, later in pairwise(starts):
        gap = later - earlier
        if gap % usual:
            yield later, gap, f"rows {_minutes(usual)} apart, as most are, or a multiple"
        elif not known and usual < gap == before < timedelta(hours=12):
            yield later, gap, f"intervals of one length ({_minutes(usual)}); what has no contacts is written as 0"
        before = gap if later.date() == earlier.date() else timedelta(0)


def _odd(starts: list[datetime], usual: timedelta, *, known: bool) -> Iterator[tuple[datetime, timedelta, str]]:
    """The second row where rows may be missing between all that there are, and no row says when it ends.

    They may where rows are 90 min apart, say, which no report's intervals are, and where two rows alone are more than
    an hour apart.
    """
    hour = timedelta(hours=1)
    alone = len(starts) == 2 and hour < usual < timedelta(days=1)
    if not known and len(starts) > 1 and (alone or (usual % hour and hour % usual)):
        ends = f"{starts[0]:%H:%M}-{starts[0] + usual:%H:%M}"
        yield starts[1], starts[1] - starts[0], f"a row for each interval, or intervals with their ends, as {ends}"


def _minutes(gap: timedelta) -> str:
    return f"{gap / timedelta(minutes=1):g} min"


@lru_cache(4096)
def moment(day: str, time: str) -> datetime:
    """Local date and time of two cells; `24:00` is the next midnight. Remembered as `spans.local` is."""
    return datetime.combine(values.local_date(day), datetime.min.time()) + timedelta(
        microseconds=values.time_of_day(time)
    )


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
    """Queue to the weight with which customers want it; such a queue has no `volume` of its own."""
    barrier: dict[str, Share] = {}
    """Queue to the share of all customers who would not use it."""
    fallback: dict[str, Text] = {}
    """Queue to the queue to which customers turn who would not use it; without it they are turned away."""


class Spike(Part):
    """A stretch in which a queue's volume is multiplied by `scale`."""

    queue: Text
    """Queue whose own volume changes, not what comes to it from the demand. Required."""
    at: LocalDateTime
    """When it begins. Required."""
    duration: Duration
    """How long it lasts. Required."""
    scale: Amount
    """Factor on the volume in that time. Required."""


class Move(Part):
    """A share of one queue's customers who come to another one instead, at the time at which they would have come.

    They are would-be contacts of the other queue from there on: its opening hours, self-service, patience and all else
    are theirs, but for `work` and `turns` where the move says so.
    """

    from_: Text = Field(alias="from")
    """Queue whose customers are moved: those of its own volume and of the demand. Required."""
    to: Text
    """Queue that they come to. Required."""
    share: Share
    """Share of the customers of `from`, as they would come without any move; the shares of a queue add up to at most
    1. Required."""
    work: DurationDistribution | None = None
    """Work on a turn of who is moved, whatever the time of day; without it as the other queue says."""
    turns: CountDistribution | None = None
    """Turns of who is moved; without it as the other queue says."""


class AllVolumes(Part):
    """What holds for the volume of every queue, and for the demand."""

    scale: Amount = 1.0
    """Factor on every volume, on top of its own `scale`."""


class Busyness(BusyVolume):
    """How busy days, and half hours within them, go together between queues and the demand; and of volumes that do not
    say so themselves, how they differ."""

    correlation: Share = 0.0
    """Correlation of the random factors (of their normal scores) between volumes: 0 for independent ones, 1 for days
    that are busy for all volumes at once."""

    def of(self, volume: Volume) -> Busyness:
        """That of a volume: what it says itself, else what is said here."""
        own = {key: getattr(volume.busyness, key) for key in volume.busyness.model_fields_set}
        if "busyness_cv" in volume.model_fields_set:
            own["day_cv"] = volume.busyness_cv
        return self.model_copy(update=own)
