"""What the parts of a scenario share: their base class, and the types of their keys with how each is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    ValidationInfo,
    WithJsonSchema,
)

from ccsim.distributions.arrivals import SHAPES, Process
from ccsim.distributions.durations import Constant, Distribution, Exponential
from ccsim.scenario import jsontypes, values
from ccsim.scenario.data import DataFiles
from ccsim.scenario.distributions import (
    count_distribution,
    duration_distribution,
    load_installed,
    patience_distribution,
)
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, one_of, shown
from ccsim.scenario.processes import arrival_process
from ccsim.scenario.values import DAY, MOST, ByDay, Span, Target, whole
from ccsim.tables import NEVER

MICROSECOND: Final = timedelta(microseconds=1)


def data_files(info: ValidationInfo) -> DataFiles:
    """Where a scenario's CSV files are looked up: the validation context, else the working folder."""
    return info.context if isinstance(info.context, DataFiles) else DataFiles()


def distribution_type(parse: Callable[[object, DataFiles], Distribution]) -> PlainValidator:
    return PlainValidator(
        lambda value, info: value if isinstance(value, Distribution) else parse(value, data_files(info))
    )


def _choice(names: Collection[str]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if isinstance(value, str) and value not in names:
            load_installed()  # a package may bring it
        if isinstance(value, str) and value in names:
            return value
        raise FaultError(Fault(shown(value), did_you_mean(str(value), names)))

    return parse


def _parsed(parse: Callable[[Any], Any]) -> PlainValidator:
    return PlainValidator(parse)


def _opening_hours(value: object) -> ByDay[tuple[Span, ...]]:
    if isinstance(value, str | list):
        return ByDay((values.spans(value),) * 7)
    return values.by_day(value, values.spans, ())


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
            raise FaultError(*(Fault(f.value, f.allowed, (i, *f.at)) for f in bad.faults)) from None
    if any(later[0] <= earlier[0] for earlier, later in pairwise(pieces)):
        raise FaultError(Fault("times out of order", "times in ascending order"))
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
DurationOrAuto = Annotated[
    int | Literal["auto"], _parsed(values.duration_or_auto), WithJsonSchema(jsontypes.DURATION_OR_AUTO)
]
BeforeBreak = Annotated[int, _parsed(values.before_break), WithJsonSchema(jsontypes.BEFORE_BREAK)]
Limit = Annotated[int, _parsed(_timeless), WithJsonSchema(jsontypes.COUNT_OR_NEVER)]
DurationDistribution = Annotated[
    Distribution, distribution_type(duration_distribution), WithJsonSchema(jsontypes.DURATION_DISTRIBUTION)
]
PatienceDistribution = Annotated[
    Distribution, distribution_type(patience_distribution), WithJsonSchema(jsontypes.PATIENCE_DISTRIBUTION)
]
ProfiledDistribution = Annotated[
    Distribution, distribution_type(duration_distribution), WithJsonSchema(jsontypes.PROFILED_DISTRIBUTION)
]
WorkDistribution = Annotated[
    Distribution, distribution_type(duration_distribution), WithJsonSchema(jsontypes.WORK_DISTRIBUTION)
]
ProfiledPatience = Annotated[
    Distribution, distribution_type(patience_distribution), WithJsonSchema(jsontypes.PROFILED_PATIENCE)
]
CountDistribution = Annotated[
    Distribution, distribution_type(count_distribution), WithJsonSchema(jsontypes.COUNT_DISTRIBUTION)
]
ArrivalProcess = Annotated[
    Process,
    PlainValidator(lambda v: v if isinstance(v, Process) else arrival_process(v)),
    WithJsonSchema(jsontypes.ARRIVALS),
]
OptionalTarget = Annotated[Target | None, _parsed(values.target), WithJsonSchema(jsontypes.TARGET)]
LocalDate = Annotated[date, _parsed(values.local_date), WithJsonSchema(jsontypes.DATE)]
LocalDateTime = Annotated[datetime, _parsed(values.local_datetime), WithJsonSchema(jsontypes.DATE_TIME)]
Hours = Annotated[ByDay[tuple[Span, ...]], _parsed(_opening_hours), WithJsonSchema(jsontypes.OPENING_HOURS)]
DayFactors = Annotated[
    ByDay[float], _parsed(lambda value: values.by_day(value, values.factor, 1.0)), WithJsonSchema(jsontypes.DAY_FACTORS)
]
DaySet = Annotated[ByDay[bool], _parsed(_day_set), WithJsonSchema(jsontypes.DAYS)]
TimeOfDay = Annotated[int, _parsed(values.time_of_day), WithJsonSchema(jsontypes.TIME_OF_DAY)]
HoursOfDay = Annotated[Span, _parsed(values.span), WithJsonSchema(jsontypes.SPAN)]
Shape = Annotated[tuple[tuple[int, float], ...], _parsed(_pieces), WithJsonSchema(jsontypes.shape(tuple(SHAPES)))]

Zone = Annotated[str, _parsed(values.timezone), WithJsonSchema({"type": "string"})]

WHOLE: Final = BeforeValidator(whole)
"""Takes 18.0 where a whole number stands: what computes numbers seldom keeps them integers."""

Share = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Strict(), Field(ge=0, le=MOST, allow_inf_nan=False)]
Money = Annotated[float, Strict(), Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
Factor = Annotated[float, Strict(), Field(gt=0, le=1000, allow_inf_nan=False)]
Count = Annotated[int, Strict(), Field(ge=0, le=10_000_000), WHOLE]
Rank = Annotated[int, Strict(), Field(ge=0, le=10_000), WHOLE]
Headcount = Annotated[int, Strict(), Field(ge=0, le=1_000_000), WHOLE]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]


def one_of_names(names: Collection[str]) -> Any:
    return Annotated[str, _parsed(_choice(names)), WithJsonSchema({"enum": list(names)})]


def policy(names: Collection[str], columns: type[IntEnum]) -> Any:
    """The name of a policy, or a list of columns."""
    known = [name.lower() for name in columns.__members__]

    def parse(value: object) -> str | tuple[str, ...]:
        if not isinstance(value, list | tuple):
            return _choice(names)(value)
        faults = [Fault(shown(x), did_you_mean(str(x), known), (i,)) for i, x in enumerate(value) if x not in known]
        faults += [Fault(f"{x} twice", "each column once", (i,)) for i, x in enumerate(value) if x in value[:i]]
        if not value:
            faults.append(Fault("no column", one_of(known)))
        if faults:
            raise FaultError(*faults)
        return tuple(value)

    listed = {"type": "array", "items": {"enum": known}, "minItems": 1, "uniqueItems": True}
    return Annotated[str | tuple[str, ...], _parsed(parse), WithJsonSchema({"oneOf": [{"enum": list(names)}, listed]})]


class Part(BaseModel):
    """A table of the scenario file: frozen, and no key but those named here."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _mean_or_distribution(value: object, files: DataFiles) -> Distribution:
    """A bare duration is the mean of an exponential: what happens at random happens at no fixed step."""
    distribution = duration_distribution(value, files)
    return (
        distribution
        if isinstance(value, dict) or not isinstance(distribution, Constant)
        else Exponential(distribution.mean)
    )


MeanOrDistribution = Annotated[
    Distribution, distribution_type(_mean_or_distribution), WithJsonSchema(jsontypes.MEAN_OR_DISTRIBUTION)
]


class AfterTime(Part):
    """A factor that holds from a time on, until that of the next one."""

    after: Duration
    """Time from which on it holds; in a list ascending."""
    factor: Annotated[float, Strict(), Field(ge=0, le=1000, allow_inf_nan=False)]
    """The factor."""
