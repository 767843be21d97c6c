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


def _families(parameter: Json, unnamed_mean: str) -> dict[str, Json]:
    """Tables of a distribution's parameters, each by what they are called; by these it is known without `dist`, too.

    `unnamed_mean` is what `{ mean }` is without `dist`.
    """

    def of(what: str) -> Json:
        return parameter | {"description": "; ".join([what, *filter(None, [parameter.get("description")])])}

    def family(default: str, *others: str, **parameters: Json) -> Json:
        dist = {"description": "name of the distribution", "enum": [default, *others], "default": default}
        return {
            "type": "object",
            "properties": {"dist": dist, **parameters},
            "required": [*parameters],
            "additionalProperties": False,
        }

    cv = {"description": "standard deviation over the mean", "type": "number", "minimum": 0}
    sigma = {"description": "standard deviation of the logarithm", "type": "number", "minimum": 0}
    weight = {"description": "weight of the part, whose share it is of all weights", "type": "number", "minimum": 0}
    part = {"type": "object", "properties": {"weight": weight}, "required": ["weight"]}
    means = {"exponential": ("exponential", "geometric"), "geometric": ("geometric",)}[unnamed_mean]
    return {
        "mean": family(*means, mean=of("mean")),
        "mean, cv": family("lognormal", "gamma", "weibull", mean=of("mean"), cv=cv),
        "median, sigma": family("lognormal", median=of("median"), sigma=sigma),
        "low, high": family("uniform", low=of("smallest value"), high=of("largest value")),
        "constant": family("constant", constant=of("the one value")),
        "file, column": family(
            "empirical",
            file={"description": "CSV file with one value a row, beside the scenario", "type": "string"},
            column={"description": "column of the file, by its heading", "type": "string"},
        ),
        "parts": family(
            "mixture",
            parts={"description": "distributions, each with its weight", "type": "array", "items": part},
        ),
    }


def _distribution(parameter: Json, description: str) -> Json:
    return {"description": description, "anyOf": [parameter, *_families(parameter, "exponential").values()]}


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
_BETWEEN: Final[Json] = {
    "description": "share of the variance that lies between contacts",
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "default": 0,
}
WORK_DISTRIBUTION: Final[Json] = PROFILED_DISTRIBUTION | {
    "description": PROFILED_DISTRIBUTION["description"].replace("a profile:", "a profile and between:")
    + "; between = share of the variance that lies between contacts",
    "anyOf": [
        {**form, "properties": {**form["properties"], "between": _BETWEEN}} if "properties" in form else form
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
    "anyOf": [_COUNT, *(_families(_COUNT, "geometric")[key] for key in ("mean", "constant", "file, column", "parts"))],
}
ARRIVALS: Final[Json] = {
    "description": 'an arrival process of one\'s own: { process = "name", … }',
    "type": "object",
    "properties": {"process": {"description": "name under which it is registered", "type": "string"}},
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
