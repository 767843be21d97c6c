"""`[holidays]`: public holidays of a country, by the `holidays` package, and what is open on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import PlainValidator, WithJsonSchema, model_validator

from ccsim.scenario import values
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, shown
from ccsim.scenario.parts import Part, Text
from ccsim.scenario.values import ByDay, Span

Rule = Span | Literal["closed", "as_usual"]
"""What holds on a holiday: the usual hours, cut to a span; none; or all of them."""


def _rule(value: object) -> Rule:
    if value == "closed":
        return "closed"
    if value == "as_usual":
        return "as_usual"
    try:
        return values.span(value)
    except FaultError as bad:
        raise FaultError(*(Fault(f.value, f'"closed", "as_usual" or {f.allowed}', f.at) for f in bad.faults)) from None


_FORM: Final = {
    "type": "string",
    "description": 'a rule for holidays: "closed", "as_usual", or hours to which the usual ones are cut, "09:00-13:00"',
}
HolidayRule = Annotated[Rule, PlainValidator(_rule), WithJsonSchema(_FORM)]


class Holidays(Part):
    """Public holidays, on which queues are closed and shifts not worked unless they say otherwise."""

    country: Text
    """Code of the country in ISO 3166, such as "IT". Required."""
    subdivision: Text = ""
    """Code of the region with holidays of its own, such as "BZ" or "BY"; empty: those of the whole country."""
    open: HolidayRule = "closed"
    """What of the usual hours of queues and shifts holds on a holiday; they may have rules of their own. A queue or
    shift that names the date keeps what it says."""

    @model_validator(mode="after")
    def _known(self) -> Holidays:
        from holidays import list_supported_countries

        known = list_supported_countries(include_aliases=True)
        if self.country not in known:
            near = did_you_mean(self.country.upper(), known) if self.country.upper() in known else ""
            allowed = f'the code of a country such as "IT", "DE" or "US"; {near}'.removesuffix("; ")
            raise FaultError(Fault(shown(self.country), allowed, ("country",)))
        if self.subdivision and self.subdivision not in known[self.country]:
            regions = known[self.country]
            allowed = did_you_mean(self.subdivision, regions) if regions else f"none: {self.country} has no regions"
            raise FaultError(Fault(shown(self.subdivision), allowed, ("subdivision",)))
        return self

    def between(self, first: date, last: date) -> dict[date, str]:
        """Names of the holidays from one date to another."""
        from holidays import country_holidays

        days = country_holidays(
            self.country, subdiv=self.subdivision or None, language="en_US", years=range(first.year, last.year + 1)
        )
        return {day: name for day, name in sorted(days.items()) if first <= day <= last}


def cut_hours(usual: ByDay[tuple[Span, ...]], rule: Rule, days: Iterable[date]) -> ByDay[tuple[Span, ...]]:
    """Opening hours with the holidays in them; dates that they name go before."""
    cut = {day: tuple(part for span in usual.on(day) if (part := cut_span(span, rule))) for day in days}
    return ByDay(usual.weekly, cut | dict(usual.dated))


def cut_span(span: Span, rule: Rule) -> Span | None:
    """What a holiday leaves of a span of its clock."""
    if not isinstance(rule, Span):
        return span if rule == "as_usual" else None
    part = Span(max(span.start, rule.start), min(span.end, rule.end))
    return part if part.start < part.end else None
