"""JSON Schema of the single values, whose types say how they are kept and not how they are written."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

DURATION: Final[Json] = {
    "description": 'a duration: "45s", "4m30s", "2h", "3d", ISO 8601 ("PT4M30S"), or a number of seconds',
    "oneOf": [{"type": "string"}, {"type": "number", "minimum": 0}],
}
DURATION_OR_NEVER: Final[Json] = DURATION | {"description": f'{DURATION["description"]}; or "never"'}
DURATION_OR_AUTO: Final[Json] = DURATION | {"description": f'{DURATION["description"]}; or "auto"'}
BEFORE_BREAK: Final[Json] = DURATION | {"description": f'{DURATION["description"]}; or "finish", 10 minutes'}
TIME_OF_DAY: Final[Json] = {"description": 'a time of day, "00:00" to "24:00"', "type": "string"}
COUNT_OR_NEVER: Final[Json] = {"oneOf": [{"type": "integer", "minimum": 0}, {"const": "never"}]}


def _families(parameter: Json) -> dict[str, Json]:
    """Tables of a distribution's parameters, each by what they are called; by these it is known without `dist`, too."""

    def family(*keys: str, **parameters: Json) -> Json:
        return {
            "type": "object",
            "properties": {"dist": {"enum": list(keys)}, **parameters},
            "required": [*parameters],
            "additionalProperties": False,
        }

    pure = {"type": "number", "minimum": 0}
    return {
        "mean": family("exponential", "geometric", mean=parameter),
        "mean, cv": family("lognormal", "gamma", "weibull", mean=parameter, cv=pure),
        "median, sigma": family("lognormal", median=parameter, sigma=pure),
        "low, high": family("uniform", low=parameter, high=parameter),
        "constant": family("constant", constant=parameter),
        "file, column": family("empirical", file={"type": "string"}, column={"type": "string"}),
        "parts": family("mixture", parts={"type": "array", "items": {"type": "object", "required": ["weight"]}}),
    }


def _distribution(parameter: Json, description: str) -> Json:
    return {"description": description, "anyOf": [parameter, *_families(parameter).values()]}


_FORMS: Final = 'a constant, { mean, cv } (lognormal), or { dist = "exponential", mean = … } and other distributions'
DURATION_DISTRIBUTION: Final[Json] = _distribution(DURATION, f"a distribution of durations: {_FORMS}")
PATIENCE_DISTRIBUTION: Final[Json] = _distribution(
    DURATION_OR_NEVER, f'a distribution of durations: {_FORMS}; or "never"'
)


def _steps(what: str) -> Json:
    """A list of [time, number]."""
    entry = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number", "minimum": 0}], "minItems": 2}
    return {"type": "array", "items": entry, "description": f"[time, {what}], from that time until the next"}


PROFILE: Final[Json] = {
    "description": "factor by time of day, of every day or by days",
    "oneOf": [_steps("factor"), {"type": "object", "additionalProperties": _steps("factor")}],
}


def _profiled(distribution: Json) -> Json:
    """A distribution that may have a profile beside its parameters."""
    forms = [
        {**form, "properties": {**form["properties"], "profile": PROFILE}} if "properties" in form else form
        for form in distribution["anyOf"]
    ]
    short, _, rest = distribution["description"].partition(": ")
    rest, never, _ = rest.partition('; or "never"')
    more = "profile = factors by time of day, each from its time on"
    return distribution | {"description": f"{short}, perhaps with a profile: {rest}; {more}{never}", "anyOf": forms}


PROFILED_DISTRIBUTION: Final[Json] = _profiled(DURATION_DISTRIBUTION)
WORK_DISTRIBUTION: Final[Json] = PROFILED_DISTRIBUTION | {
    "description": PROFILED_DISTRIBUTION["description"].replace("a profile:", "a profile and between:")
    + "; between = share of the variance that lies between contacts",
    "anyOf": [
        {**form, "properties": {**form["properties"], "between": {"type": "number", "minimum": 0, "maximum": 1}}}
        if "properties" in form
        else form
        for form in PROFILED_DISTRIBUTION["anyOf"]
    ],
}
PROFILED_PATIENCE: Final[Json] = _profiled(PATIENCE_DISTRIBUTION)
MEAN_OR_DISTRIBUTION: Final[Json] = DURATION_DISTRIBUTION | {
    "description": "a mean (of an exponential), or a distribution of durations"
}
_COUNT: Final[Json] = {"type": "number", "minimum": 1}
COUNT_DISTRIBUTION: Final[Json] = {
    "description": "a distribution of whole numbers: a number from 1, { mean } (geometric, from 1), or constant, "
    "empirical or mixture",
    "anyOf": [_COUNT, *(_families(_COUNT)[key] for key in ("mean", "constant", "file, column", "parts"))],
}
ARRIVALS: Final[Json] = {
    "description": 'an arrival process of one\'s own: { process = "name", … }',
    "type": "object",
    "properties": {"process": {"type": "string"}},
    "required": ["process"],
    "additionalProperties": {"type": ["number", "string"]},
}
TARGET: Final[Json] = {
    "type": "string",
    "description": 'a target: "80/20" (80 % in 20 seconds), "95% in 24h" or "none"',
}
DATE: Final[Json] = {"description": "a date: 2026-03-02", "type": "string", "format": "date"}
DATE_TIME: Final[Json] = {"description": "a date and time: 2026-03-02T08:30", "type": "string", "format": "date-time"}
SPAN: Final[Json] = {
    "type": "string",
    "description": 'hours: "08:00-16:30", "22:00-06:00" (ends on the next day) or "always" (the whole day)',
}
_SPANS: Final[Json] = {"oneOf": [{"type": "string"}, {"type": "array", "items": SPAN}]}
OPENING_HOURS: Final[Json] = {
    "description": 'opening hours: "always", "closed", "08:00-18:00" for every day, or by days: '
    '{ mon-fri = ["08:00-12:00", "14:00-18:00"], 2026-12-25 = "closed" }',
    "oneOf": [*_SPANS["oneOf"], {"type": "object", "additionalProperties": _SPANS}],
}
DAY_FACTORS: Final[Json] = {
    "description": "factors by day: { sat = 0.5, 2026-12-24 = 0.3 }",
    "type": "object",
    "additionalProperties": {"type": "number", "minimum": 0},
}
DAYS: Final[Json] = {
    "description": 'days: "mon-fri", "sat", a date, dates from one to another ("2026-12-24:2026-12-31"), or a list of '
    "them",
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}
_SESSIONS: Final[Json] = {"type": "integer", "minimum": 1, "maximum": 1000}
CONCURRENCY: Final[Json] = {
    "description": 'a concurrency: by queue a number, or numbers by hours, { chat = { "08:00-12:00" = 3 } }',
    "type": "object",
    "additionalProperties": {"oneOf": [_SESSIONS, {"type": "object", "additionalProperties": _SESSIONS}]},
}
PACE: Final[Json] = {
    "description": "a pace: one factor, factors by queue, or { mean, cv } from agent to agent",
    "oneOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
    ],
}


def shape(names: tuple[str, ...]) -> Json:
    """A day's shape: one of the built-in names or a list of [time, weight]."""
    return {"oneOf": [{"enum": list(names)}, _steps("weight")]}
