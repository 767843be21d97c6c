"""The JSON Schema of scenario files, made from the models; editors complete and check with it."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from ccsim.scenario.model import Scenario


class _Written(GenerateJsonSchema):
    """Describes files, so leaves out defaults: they are kept in microseconds, and many depend on the channel."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file."""
    described = Scenario.model_json_schema(schema_generator=_Written)
    described["$schema"] = _Written.schema_dialect
    described["title"] = "ccsim scenario"
    return described
