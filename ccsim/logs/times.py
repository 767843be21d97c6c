"""Times, lengths of time and numbers as exports write them; what cannot be read becomes NaT or NaN."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.mapping import UNITS, Mapping
from ccsim.scenario.cells import in_figures
from ccsim.scenario.faults import FaultError
from ccsim.scenario.values import YEARS, duration
from ccsim.tables import SECOND

if TYPE_CHECKING:
    import pandas as pd

_OFFSET: Final = re.compile(
    r"(:\d\d(?:[.,]\d+)?(?:\s?[AaPp]\.?[Mm]\.?)?|T\d\d(?:\d\d){0,2}(?:[.,]\d+)?)"
    r"\s?(?:Z|(?:UTC|GMT)?([+-]\d\d)(?::?(\d\d))?|UTC|GMT)(?:\s?[(\[].*)?(?= \d{4}$|$)"
)
"""Behind a clock time, as else `01-2026` in a date would be one; a zone's name in brackets or the year may follow."""
_ZONE_NAME: Final = r"(?<=[\dMm.])\s?([A-Z]{3,5})$"
"""Such as EST and CEST, behind a clock time; UTC and GMT count as offsets."""
_DATE: Final = (
    r"(?:(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<mark>[-/.])(?P<other>\d{1,2})[-/.](?P<short>\d{4}|\d{2}))"
)
_CLOCK: Final = (
    r"(?P<hour>\d{1,2})(?:[:.hH]?(?P<minute>\d{2})(?:[:.]?(?P<second>\d{2})(?:[.,](?P<part>\d{1,6})\d*)?)?)?"
    r"\s*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?"
)
_UNTIL: Final = r"(?:\s*(?:-|–|to)\s*\d.*)?"
"""The end of an interval, which only its start is read of."""
_NAMED: Final = r"(?i)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*\d{4}"
"""A date with the month's English name."""
HUNDREDS: Final = 30.0
"""From this ratio of whole numbers to those with three digits behind a point on, the point sets thousands apart."""
EXAMPLE: Final = "2026-03-02 09:30:00"
HOUR: Final = timedelta(hours=1)
_UNIT_NAME: Final = re.compile(r"([dhms])(?:ays?|(?:ou)?rs?|in(?:ute)?s?|ec(?:ond)?s?)\b")
"""Of a length of time, spelled out."""


def days(source: str, text: pd.Series[str], how: Mapping) -> pd.Series[Any]:
    """A column of dates as midnights."""
    import pandas as pd

    if how.date_format is not None:
        return sensible(pd.to_datetime(text, format=how.date_format, errors="coerce"))
    dates: pd.Series[Any] = _written(source, _offsets(text, how)[0], "date_format").dt.normalize()
    return dates


def starts(text: pd.Series[str]) -> pd.Series[str]:
    """Of intervals such as `08:00-08:30` their starts; as it is, where what follows may be an offset from UTC.

    That is the same in all rows, or another in summer.
    """
    parts = text.str.extract(r"^(.*\d:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?)\s*[-\u2013]\s*(\d{1,2}:\d\d.*)$")
    return parts[0].fillna(text) if parts[1].nunique() > 2 else text


def dates_alone(text: pd.Series[str]) -> pd.Series[bool]:
    """Which cells are a date without a clock time."""
    text = _in_figures(text)
    named = text.str.contains(_NAMED, na=False) & ~text.str.contains(r"\d:\d\d|\d\s?[AaPp]\.?[Mm]\b", na=False)
    return text.astype("object").str.fullmatch(_DATE, na=False) | named


def clock(text: pd.Series[str], how: Mapping) -> pd.Series[Any]:
    """A column of times of day as lengths from midnight; 24:00 is a day."""
    import pandas as pd

    if how.time_format is not None:
        moments = pd.to_datetime(text, format=how.time_format, errors="coerce")
        return (moments - moments.dt.normalize()).fillna(_midnight(text))
    exact = pd.to_datetime(text, format="%H:%M:%S", errors="coerce")
    since_midnight = exact - exact.dt.normalize()
    missing = (
        since_midnight.isna() & text.notna() & ~text.str.fullmatch(r"\d{1,3}").fillna(False)
    )  # 109 is rather a length
    if missing.any():
        since_midnight = since_midnight.fillna(_of_day(_parts(text, missing, f"^{_CLOCK}{_UNTIL}$")))
    return since_midnight


def _midnight(text: pd.Series[str]) -> pd.Series[Any]:
    import pandas as pd

    return pd.to_timedelta(
        pd.Series(np.where(text.str.fullmatch("24:00(?::00)?").fillna(False), 86400, np.nan), text.index), unit="s"
    )


def _parts(text: pd.Series[str], those: pd.Series[bool], pattern: str) -> pd.DataFrame:
    """The groups of a pattern in the text of those cells; NaN in the others."""
    return text[those.fillna(False)].astype("object").str.extract(pattern).reindex(text.index)


def _of_day(parts: pd.DataFrame) -> pd.Series[Any]:
    """Length from midnight of an hour, a minute, a second and a half of the day; NaT where that is no time."""
    import pandas as pd

    hour, minute, second = (pd.to_numeric(parts[name], errors="coerce") for name in ("hour", "minute", "second"))
    half = parts["half"].str.lower()
    known = hour.notna() & (minute.notna() | half.notna())
    minute, second = minute.fillna(0), second.fillna(0)
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "p"))
    part = pd.to_numeric("0." + parts["part"], errors="coerce").fillna(0)
    total = (hour * 3600 + minute * 60 + second + part).astype("float64")
    known &= (minute < 60) & (second < 60) & (total <= 86400)
    return pd.Series(pd.to_timedelta(total.where(known), unit="s"))


def instants(source: str, text: pd.Series[str], how: Mapping, unit: str | None) -> pd.Series[Any]:
    """A column of dates with times: as they stand, or, with a zone, in UTC. `unit` is of a count since 1970, in UTC."""
    import pandas as pd

    unit = unit or (_since_1970(text) if how.time_format is None else None)
    if unit is not None:
        seconds = numbers(text) * UNITS[unit]
        moments = pd.to_datetime(seconds.where(seconds.abs() < 1e11), unit="s", errors="coerce").dt.round("us")
        return sensible(moments.astype("datetime64[us]"))
    hour = pd.to_numeric(text.astype("object").str.extract(r"^\S+[ T](\d{1,2})$")[0], errors="coerce")
    if how.time_format is None and (hour > 24).any():  # of a day's periods by number, 1 to 48, none is an hour
        text = text.mask(hour.notna())
    if "%z" in (how.time_format or "").lower():
        aware = pd.to_datetime(text, format=how.time_format, errors="coerce", utc=True)
        ahead = _offsets(text, how)[1].fillna(pd.Timedelta(0)) if how.timezone is None else pd.Timedelta(0)
        return sensible(aware.dt.tz_localize(None) + ahead)
    if how.timezone is not None and how.time_format is None:  # ISO 8601 as most write it, in a third of the time
        whole = text.where(text.str.contains(r"\d\d(?:Z|[+-]\d\d:?\d\d)$", na=False))
        utc = sensible(pd.to_datetime(whole, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None))
        if utc.notna().equals(text.notna()):
            return utc
    bare, ahead = _offsets(text, how)
    wall = _parsed(source, bare, how)
    if how.time_format is not None:  # which may have the offset in so many letters, such as a Z at the end
        wall = wall.fillna(_parsed(source, text, how))
    if how.timezone is None:  # what a clock on the wall there said
        return wall
    return in_utc(wall.mask(ahead.notna()), how).fillna(wall - ahead)


def in_utc(wall: pd.Series[Any], how: Mapping) -> pd.Series[Any]:
    """What a clock of the log said as moments in UTC; as it stands, where the mapping names no zone.

    Of a time that comes twice it is the first; one that the clock skipped is none.
    """
    zone = how.written_in or how.timezone
    if how.timezone is None or zone == "UTC":
        return wall
    aware = wall.dt.tz_localize(ZoneInfo(str(zone)), ambiguous=np.ones(len(wall), np.bool_), nonexistent="NaT")
    utc: pd.Series[Any] = aware.dt.tz_convert("UTC").dt.tz_localize(None)
    return utc


def zone_name(text: pd.Series[str]) -> pd.Series[Any]:
    """The name of a zone's time at the end of each cell, None where there is none."""
    return text.astype("object").str.extract(_ZONE_NAME)[0]


def _named_offsets(how: Mapping) -> dict[str, timedelta | None]:
    """Offsets from UTC by the names that they have in the mapping's zones, such as CET and CEST; elsewhere IST or CST
    may be another time."""
    zones = [ZoneInfo(zone) for zone in (how.timezone, how.written_in) if zone]
    moments = [datetime(2026, month, 1, tzinfo=zone) for zone in zones for month in (1, 7)]
    return {str(moment.tzname()): moment.utcoffset() for moment in moments}


def _offsets(text: pd.Series[str], how: Mapping) -> tuple[pd.Series[str], pd.Series[Any]]:
    """The cells without offsets from UTC; and the offsets, NaT where there is none."""
    import pandas as pd

    likely = text.str.contains(r"(?:[Z)\]]|UTC|GMT|[+-]\d\d(?::?\d\d)?)(?: \d{4})?$", na=False)
    split = {at: cut for at, cell in text[likely].items() if len(cut := _OFFSET.split(cell, maxsplit=1)) > 1}
    parts = pd.DataFrame.from_dict(split, "index", columns=["before", "clock", "hours", "minutes", "after"])
    hours, minutes = parts["hours"].fillna("+00"), parts["minutes"].fillna("00")
    ahead = pd.to_timedelta(hours + ":" + minutes + ":00").astype("timedelta64[us]").reindex(text.index)
    bare = (parts["before"] + parts["clock"] + parts["after"]).astype("string[pyarrow]").reindex(text.index)
    bare, name = bare.fillna(text), zone_name(text)
    if not name.notna().any():
        return bare, ahead
    known = name.map(_named_offsets(how)).astype("timedelta64[us]")
    unnamed = bare.astype("object").str.replace(_ZONE_NAME, "", regex=True)
    return bare.mask(known.notna() | (how.timezone is None), unnamed), ahead.fillna(known)


def _since_1970(text: pd.Series[str]) -> str | None:
    """Of a column of nothing but counts since 1970 between 2001 and 2033 their unit."""
    known = text.dropna()
    for unit, digits in (("s", 10), ("ms", 13), ("us", 16)):
        if len(known) and known.str.fullmatch(rf"1\d{{{digits - 1}}}(?:\.\d*)?").all():
            return unit
    return None


def _parsed(source: str, text: pd.Series[str], how: Mapping) -> pd.Series[Any]:
    import pandas as pd

    if how.time_format is None:
        return _written(source, text, "time_format")
    parsed = sensible(pd.to_datetime(text, format=how.time_format, errors="coerce"))
    missing = parsed.isna() & text.notna()
    if missing.any():  # strptime knows no 24:00
        late = missing & text.str.contains(r"\b24:00", na=False)
        whole = text.where(late).str.replace(r"\b24:00", "00:00", regex=True)
        day_before = sensible(pd.to_datetime(whole, format=how.time_format, errors="coerce"))
        parsed = parsed.fillna(day_before + pd.Timedelta(days=1))
    return parsed


def _written(source: str, text: pd.Series[str], key: str) -> pd.Series[Any]:
    """Without a format: ISO 8601, else dates with points, slashes or names of months, and clocks of 24 or 12 hours.

    Raises ScenarioError where day and month could be either; `key` is the mapping's that settles it.
    """
    import pandas as pd

    # what has no day is no moment: 1201 is neither the year nor a time
    parsed = pd.to_datetime(text.where(text.str.len() >= 8), format="ISO8601", errors="coerce")
    missing = parsed.isna() & text.notna()
    if not missing.any():
        return sensible(parsed)
    text = _in_figures(text)
    parts = _parts(text, missing, f"^{_DATE}(?:,?[ T]+{_CLOCK}{_UNTIL})?$")
    one, other = (pd.to_numeric(parts[name], errors="coerce") for name in ("one", "other"))
    month_first = _month_first(source, text, parts["mark"], one, other, key)
    year = parts["year"].fillna(parts["short"].where(parts["short"].str.len() != 2, "20" + parts["short"]))
    dated = pd.DataFrame(
        {
            "year": pd.to_numeric(year, errors="coerce"),
            "month": pd.to_numeric(parts["month"], errors="coerce").fillna(one if month_first else other),
            "day": pd.to_numeric(parts["day"], errors="coerce").fillna(other if month_first else one),
        }
    )
    midnight = sensible(pd.to_datetime(dated.astype("float64"), errors="coerce"))
    length = _of_day(parts)
    moments = midnight + length.where(parts["hour"].notna(), pd.Timedelta(0))
    named = missing & text.str.contains(_NAMED, na=False)
    if named.any():
        spelled = pd.to_datetime(text.where(named), format="mixed", errors="coerce", utc=True).dt.tz_localize(None)
        moments = moments.fillna(spelled)
    return sensible(sensible(parsed).astype("datetime64[us]").fillna(moments.astype("datetime64[us]")))


def _in_figures(text: pd.Series[str]) -> pd.Series[str]:
    """Cells with names of months, or in Japanese, with figures instead."""
    named = text.str.contains(r"[^\W\dTZ]{3}|年", na=False)
    return text.where(~named, text[named].astype("object").map(in_figures).reindex(text.index).astype("string"))


def _month_first(
    source: str, text: pd.Series[str], mark: pd.Series[str], one: pd.Series[Any], other: pd.Series[Any], key: str
) -> bool:
    late, later = bool((one > 12).any()), bool((other > 12).any())
    if late != later:
        return later
    unsure = one.notna() & (one != other) & (mark != ".")
    if unsure.any() and not late:
        shown = str(text[unsure].iloc[0])
        question = f"{shown}: is the day or the month first?"
        forms = (_form(shown, "%d", "%m"), _form(shown, "%m", "%d"))
        raise ScenarioError([Problem(source, question, f'{key} = "{forms[0]}" or "{forms[1]}" in the mapping')])
    return False


def _form(cell: str, *day_and_month: str) -> str:
    """The strptime format of a cell that begins with day and month in that order."""
    half = re.search(r"[AaPp][Mm]", cell)
    codes = iter((*day_and_month, "%Y" if re.match(r"\d+\D\d+\D\d{4}", cell) else "%y", "%I" if half else "%H",
                  "%M", "%S", "%f"))  # fmt: skip
    return re.sub(r"\d+", lambda number: next(codes, number[0]), cell).replace(half[0] if half else "\0", "%p")


def sensible(times: pd.Series[Any]) -> pd.Series[Any]:
    """Without what systems write for no date at all, such as 0001-01-01; no zone can be applied to some of these."""
    return times.where(times.dt.year.between(YEARS[0], YEARS[-1]))


def local(first: pd.Series[Any], how: Mapping) -> pd.Series[Any]:
    """What is to be added to instants for the clock at the first of them."""
    import pandas as pd

    if how.timezone in (None, "UTC"):
        return pd.Series(pd.Timedelta(0), index=first.index)
    aware = first.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(str(how.timezone)))
    ahead: pd.Series[Any] = aware.dt.tz_localize(None) - first
    return ahead


def _as_written(how: Mapping) -> Mapping:
    """The mapping with the clock that wrote the log as the centre's."""
    return how.model_copy(update={"timezone": how.written_in or how.timezone})


def comes_again(moments: pd.Series[Any], how: Mapping) -> pd.Series[bool]:
    """Which of the moments in UTC the clock that wrote the log shows again an hour later."""
    written = _as_written(how)
    again: pd.Series[bool] = local(moments + HOUR, written) - local(moments, written) == -HOUR
    return again


def says_offset(text: pd.Series[str], how: Mapping, unit: str | None) -> Any:
    """Which cells say how far their clock is ahead of UTC; a count since 1970 is UTC itself."""
    if unit or (how.time_format is None and _since_1970(text)) or "%z" in (how.time_format or "").lower():
        return text.notna()
    return _offsets(text, how)[1].notna()


def a_day_later(moments: pd.Series[Any], how: Mapping) -> pd.Series[Any]:
    """The moments, in UTC if the mapping names a zone, at which the log's clock shows the same on the next day."""
    return in_utc(moments + local(moments, _as_written(how)) + timedelta(days=1), how)


def seconds(source: str, text: pd.Series[str], unit: str | None, comma: bool | None = None) -> pd.Series[Any]:
    """Lengths of time: a number of units (seconds if none is said), h:mm:ss or mm:ss, with the unit h:mm hours and
    minutes, or with their own units (2m 30s, 1 hr 5 min, PT2M30S); `comma` as in `numbers`.

    1.240 beside whole numbers of hundreds is more than a thousand, as nobody leaves the decimals of most cells out.
    Raises ScenarioError where such cells could be either.
    """
    import pandas as pd

    if comma is None and grouped_by_points(text) and not decimal_comma(text):
        whole = numbers(text[text.str.fullmatch(r"[1-9]\d*").fillna(False)])
        if len(whole):
            if whole.median() < HUNDREDS * numbers(text[text.str.contains(".", regex=False, na=False)]).median():
                raise _either(source, text)
            comma = True
    plain = numbers(text, comma) * UNITS.get(unit or "s", 1.0)
    missing = plain.isna() & text.notna()
    if not missing.any():
        return plain
    parts = _parts(text, missing, r"^(?:(\d+)(?:\.| days? | ))?(\d*):(\d{1,2})(?::(\d{1,2}(?:[.,]\d+)?))?$")
    day, first, second, third = (pd.to_numeric(parts[n].str.replace(",", "."), errors="coerce") for n in range(4))
    first = first.where(first.notna() | third.notna() | second.isna(), 0)  # :12, as some write less than a minute
    long = third.notna() | (unit == "h:mm")
    clock = first * 3600 + second * 60 + third.fillna(0)
    lengths = plain.fillna(clock.where(long, first * 60 + second) + day.fillna(0) * 86400)
    written = text[lengths.isna() & text.notna()].astype("object")
    return lengths.fillna(written.map(_with_units).astype("float64").reindex(text.index))


def _with_units(cell: str) -> float:
    """Seconds of 2m 30s, 1 hr 5 min or PT2M30S; NaN for anything else."""
    try:
        return duration(cell if cell.startswith("P") else _UNIT_NAME.sub(r"\1", cell.lower())) / SECOND
    except FaultError:
        return np.nan


def decimal_comma(text: pd.Series[Any], otherwise: bool | None = None) -> bool:
    """Whether numbers have one, which sets no thousands apart; `otherwise`: other columns do, or it is known that none
    has."""
    if otherwise is False:
        return False
    written = text.dropna().astype("object")
    if otherwise and grouped_by_points(text):
        return True
    both = written[written.str.contains(".", regex=False) & written.str.contains(",", regex=False)]
    if len(both):
        return bool((both.str.rfind(",") > both.str.rfind(".")).mean() > 0.5)
    commas = written[written.str.contains(",", regex=False)]
    if len(commas) and (otherwise or not commas.str.fullmatch(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+").all()):
        return True
    return bool(written.str.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3}){2,}").any())


def grouped_by_points(text: pd.Series[Any]) -> bool:
    """Whether every point of the cells has three digits behind it, as where it sets thousands apart: 1.240."""
    written = text.dropna().astype("object")
    points = written[written.str.contains(".", regex=False)]
    return len(points) > 0 and bool(points.str.fullmatch(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+").all())


def counts(source: str, text: pd.Series[str], comma: bool | None, whole: bool) -> pd.Series[Any]:
    """Numbers of contacts: as `numbers`, but 1.240 beside 980 is more than a thousand, as there are no parts of one.

    `whole`: some counts of the file are written without a point. Raises ScenarioError where all have three digits
    behind one.
    """
    if comma is None and grouped_by_points(text) and not decimal_comma(text):
        if not whole:
            raise _either(source, text)
        comma = True
    return numbers(text, comma)


def _either(source: str, text: pd.Series[str]) -> ScenarioError:
    shown = str(text[text.str.contains(".", regex=False, na=False)].iloc[0])
    allowed = 'decimal = "," in the mapping if points set thousands apart, else decimal = "."'
    return ScenarioError([Problem(source, f"{shown} may be {shown.replace('.', '')} or {shown}", allowed)])


def numbers(text: pd.Series[str], comma: bool | None = None) -> pd.Series[Any]:
    """Numbers with a decimal point or comma, and with thousands set apart by points, commas, spaces or apostrophes.

    One mark with three digits behind it in every cell sets thousands apart if it is a comma, and is a decimal point if
    it is a point, unless it comes twice in a cell. With `comma`, other columns of the file have decimal commas; with
    False the mapping says that it has none.
    """
    import pandas as pd

    parsed = pd.to_numeric(text, errors="coerce").astype("float64")
    parsed = parsed.where(np.isfinite(parsed))
    missing = parsed.isna() & text.notna()
    if not missing.any() and not (comma and grouped_by_points(text)):
        return parsed
    bare = text.astype("object").str.replace(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3})", "", regex=True)
    comma = decimal_comma(bare, comma)
    decimal, thousands = (",", ".") if comma else (".", ",")
    form = rf"[+-]?\d*(?:{re.escape(thousands)}\d{{3}})*(?:{re.escape(decimal)}\d*)?(?:[eE][+-]?\d+)?"
    bare = bare.where(bare.str.fullmatch(form, na=False))
    bare = bare.str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
    return pd.to_numeric(bare, errors="coerce").astype("float64")
