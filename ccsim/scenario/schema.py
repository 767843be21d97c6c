"""The JSON Schema of scenario files, made from the models; editors complete and check with it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from ccsim.distributions.arrivals import SHAPES
from ccsim.distributions.durations import Constant, Distribution, Never
from ccsim.scenario import jsontypes
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.model import Scenario
from ccsim.scenario.parts import Part
from ccsim.scenario.queues import Queue
from ccsim.scenario.teams import Team
from ccsim.scenario.values import WHOLE_DAY, ByDay, clock, written_duration
from ccsim.tables import NEVER, SECOND

BY_CHANNEL: Final = frozenset(key for channel in CHANNELS.values() for key in channel.defaults)
"""Keys of a queue whose default its channel may bring."""

_EVERY_DAY: Final[dict[type, Any]] = {tuple: "always", bool: "mon-sun", float: {}}
"""How a day's value of no effect is written: hours, a set of days, factors."""

_DURATIONS: Final = (jsontypes.DURATION, jsontypes.DURATION_OR_NEVER, jsontypes.BEFORE_BREAK)


class _Written(GenerateJsonSchema):
    """Leaves out pydantic's defaults, which are kept in microseconds: `_describe` writes them as a file would."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file."""
    described = Scenario.model_json_schema(schema_generator=_Written)
    described["$schema"] = _Written.schema_dialect
    described["title"] = "ccsim scenario"
    _describe(described, Scenario)
    tables = {part.__name__: part for part in _subclasses(Part)}
    for name, table in described["$defs"].items():
        # a table that may also be a bare value is one of several alternatives
        for part in table.get("oneOf", [table]):
            if "properties" in part:
                _describe(part, tables[name])
    return described


def _describe(table: dict[str, Any], part: type[BaseModel]) -> None:
    for key, field in part.model_fields.items():
        described = table["properties"][field.alias or key]
        described["description"] = description(part, key)
        default = written_default(part, key)
        if default is not None:
            described["default"] = default


def description(part: type[BaseModel], key: str) -> str:
    """What a key is, how its value is written, and whether its default depends on the channel."""
    field = part.model_fields[key]
    sentences = [_docstrings(part).get(key, "")]
    form = value_type(field).get("description")
    if form:
        sentences.append(f"Written as {form}.")
    if part is Queue and key in BY_CHANNEL:
        sentences.append("Default: by channel, see the presets.")
    return " ".join(sentences)


def _subclasses(part: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in part.__subclasses__():
        yield each
        yield from _subclasses(each)


@cache
def _docstrings(part: type[BaseModel]) -> dict[str, str]:
    """What stands below each key of a table in its source.

    Pydantic's `use_attribute_docstrings` would read it whenever ccsim starts, which takes half a second.
    """
    texts: dict[str, str] = {}
    for each in reversed([each for each in part.__mro__ if issubclass(each, Part)]):
        [definition] = ast.parse(inspect.getsource(each)).body
        assert isinstance(definition, ast.ClassDef)
        for key, text in pairwise(definition.body):
            match key, text:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(docstring))):
                    texts[name] = inspect.cleandoc(docstring)
    return texts


def value_type(field: FieldInfo) -> dict[str, Any]:
    """The JSON Schema of a value that is kept otherwise than it is written; empty for all others."""
    return next((entry.json_schema for entry in field.metadata if hasattr(entry, "json_schema")), None) or {}


def written_default(part: type[BaseModel], key: str) -> Any:
    """A key's default as a file would write it; None where there is none, or where it depends on the channel."""
    field = part.model_fields[key]
    if field.is_required() or (part is Queue and key in BY_CHANNEL):
        return None
    if part is Team and key == "concurrency":
        return None
    return _written(field.default, value_type(field))


def _written(value: Any, form: dict[str, Any]) -> Any:  # noqa: PLR0911  a line for each kind of value
    if value == NEVER or isinstance(value, Never):
        return "never"
    if isinstance(value, Constant):
        return value.at if form == jsontypes.COUNT_DISTRIBUTION else written_duration(round(value.at * SECOND))
    if isinstance(value, Distribution):
        raise TypeError(f"no way to write the default {value!r}")
    if form in _DURATIONS:
        return written_duration(value)
    if form == jsontypes.TIME_OF_DAY:
        return clock(value)
    if isinstance(value, ByDay):
        return _EVERY_DAY[value.weekly[0].__class__]
    if value == WHOLE_DAY:
        return "always"
    if value == tuple(SHAPES["flat"]):
        return "flat"
    if isinstance(value, BaseModel):
        return {}
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
