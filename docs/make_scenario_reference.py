"""Makes docs/reference/scenario.md: every key of a scenario file, from the docstrings that `ccsim schema` uses.

python docs/make_scenario_reference.py
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.distributions import BUILT_IN, PARAMETERS
from ccsim.scenario.model import Scenario
from ccsim.scenario.parts import Part
from ccsim.scenario.schema import BY_CHANNEL, description, json_schema, value_type, written_default

PAGE: Final = Path(__file__).parent / "reference" / "scenario.md"
SCHEMA: Final = json_schema()
NO_LIMIT: Final = 1_000_000
"""A bound from here on guards against nonsense, and is not worth a reader's time."""


def page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from (
        "# Scenario files, key by key",
        "",
        "For whoever writes a scenario: each key, what it means, and what holds where the file leaves it out. For how",
        "to build a scenario see [the tutorial](../tutorial.md); what the keys do in a simulation is in",
        "[the model](../model.md). `ccsim schema` prints the same as JSON Schema, for editors.",
        "",
        "*Made by `python docs/make_scenario_reference.py` from the source; change it there.*",
        "",
        "## How values are written",
        "",
        "Shares are numbers from 0 to 1, amounts of money are in the scenario's `currency`, hours and dates are local.",
        'What a file gives for a key replaces the whole default of its channel: with `work = { mean = "5m" }` the',
        "channel's `cv` is gone, and the work is exponential.",
        "",
        *(f"- **{short}**: {rest}" for short, rest in sorted(_forms())),
        "",
        "Distributions have these names and parameters. Without `dist`, `{ mean }` is exponential (of whole numbers",
        "geometric, from 1), `{ mean, cv }` and `{ median, sigma }` are lognormal, and the others are known by their",
        "parameters. `cv` is the standard deviation over the mean. `parts` is a list of distributions, each with its",
        "`weight`; `file` and `column` are of a CSV file with one value a row.",
        "",
        *_distributions(),
        "",
    )
    yield from _table("The file", Scenario)
    for title, part in _parts("", Scenario, set()):
        yield from _table(title, part)
    yield from _channels()


def _parts(place: str, part: type[Part], seen: set[type[Part]]) -> Iterator[tuple[str, type[Part]]]:
    """The tables below a table, each with how a file opens it; a table that has several places comes once."""
    for key, field in part.model_fields.items():
        path = f"{place}.{key}" if place else key
        for inner, collection in _inner(field.annotation):
            if inner not in seen:
                seen.add(inner)
                name = f"{path}.NAME" if collection is dict else path
                yield (f"`[[{name}]]`" if collection is tuple else f"`[{name}]`"), inner
                yield from _parts(name, inner, seen)


def _inner(annotation: Any, collection: Any = None) -> Iterator[tuple[type[Part], Any]]:
    """The tables in a type, each with the collection that holds them."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation, collection
    origin = get_origin(annotation)
    for argument in get_args(annotation):
        yield from _inner(argument, origin if origin in (dict, tuple) else collection)


def _short(form: str) -> str:
    """How a value is written, without its examples where it has a name: `a duration or "never"`."""
    name, colon, rest = form.partition(": ")
    if not colon or '"' in name:
        return form
    word = re.search(r'; or ("\w+")', rest)
    return name + (f" or {word[1]}" if word else "")


def _forms() -> set[tuple[str, str]]:
    """Names of ways to write a value, with their examples."""
    forms = {
        value_type(field).get("description", "")
        for part in (Scenario, *(part for _, part in _parts("", Scenario, set())))
        for field in part.model_fields.values()
    }
    return {
        (form.partition(": ")[0], re.sub(r'; or "\w+".*', "", form.partition(": ")[2]))
        for form in forms
        if _short(form) != form
    }


def _distributions() -> Iterator[str]:
    """The built-in distributions with their parameters."""
    yield from ("| distribution | parameters |", "|---|---|")
    for name in sorted(BUILT_IN):
        yield f"| `{name}` | {' or '.join(', '.join(f'`{key}`' for key in keys) for keys in PARAMETERS[name])} |"


def _value(described: dict[str, Any]) -> str:  # noqa: PLR0911  a line for each kind of value
    """What a key takes, from its JSON Schema: `0 to 1`, `list of tables`, `"reject"`, `"hold"` or `"bot"`."""
    if "enum" in described:
        return _either([_code(value) for value in described["enum"]])
    if "const" in described:
        return _code(described["const"])
    if alternatives := described.get("anyOf", described.get("oneOf")):
        return _either([_item(each) for each in alternatives if each.get("type") != "null"])
    if "$ref" in described or "properties" in described:
        inner = SCHEMA["$defs"].get(described.get("$ref", "").rpartition("/")[2], {})
        return _value(inner) if "oneOf" in inner else "a table"
    kind = described.get("type", "")
    if kind == "array":
        items = described["items"]
        if "prefixItems" in items:
            return f"list of {described['description'].partition(',')[0]}, …"
        return f"a list, each {_item(items)}"
    if kind == "object":
        return f"by name, each {_item(described['additionalProperties'])}"
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _limits(described)
    return {"string": "text", "boolean": "`true` or `false`"}.get(kind, kind)


def _item(described: dict[str, Any] | bool) -> str:
    if isinstance(described, bool):
        return "any value"
    named = "description" in described and "properties" not in described
    return _short(described["description"]) if named else _value(described)


def _limits(described: dict[str, Any]) -> str:
    """The smallest and the largest number, where they are more than a guard against nonsense."""
    low, above = described.get("minimum"), described.get("exclusiveMinimum")
    most, below = described.get("maximum"), described.get("exclusiveMaximum")
    if most is not None and most >= NO_LIMIT:
        most, low = None, None if low == -most else low
    parts = [f"{text}{bound:g}" for text, bound in (("from ", low), ("above ", above)) if bound is not None]
    parts += [f"{text}{bound:g}" for text, bound in (("to ", most), ("below ", below)) if bound is not None]
    return f" {' '.join(parts)}".replace(" to ", " up to ") if above is not None else " ".join(["", *parts])


def _either(values: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))


def _code(value: Any) -> str:
    return f"`{_toml(value)}`"


def _value_of(part: type[Part], key: str) -> str:
    form = value_type(part.model_fields[key]).get("description")
    return _short(form) if form else _value(_properties(part)[part.model_fields[key].alias or key])


def _properties(part: type[Part]) -> dict[str, Any]:
    """The keys of a table with their JSON Schema; a table that may also be a bare value is one of several."""
    table = SCHEMA if part is Scenario else SCHEMA["$defs"][part.__name__]
    [properties] = [each["properties"] for each in table.get("oneOf", [table]) if "properties" in each]
    return dict(properties)


def _meaning(part: type[Part], key: str) -> str:
    form = value_type(part.model_fields[key]).get("description")
    text = description(part, key).replace(" Default: by channel, see the presets.", "")
    return text.removesuffix(f" Written as {form}.").removesuffix(" Required.")


def _table(title: str, part: type[Part]) -> Iterator[str]:
    yield from (f"## {title}", "", inspect.cleandoc(part.__doc__ or ""), "")
    yield from ("| key | value | meaning | default |", "|---|---|---|---|")
    for key, field in part.model_fields.items():
        default = "required" if field.is_required() else _written(written_default(part, key))
        if (part.__name__ == "Queue" and key in BY_CHANNEL) or (part.__name__ == "Team" and key == "concurrency"):
            default = "[by channel](#defaults-by-channel)"
        value = _cell(_value_of(part, key))
        yield f"| `{field.alias or key}` | {value} | {_cell(_meaning(part, key))} | {default} |"
    yield ""


def _channels() -> Iterator[str]:
    yield from (
        "## Defaults by channel",
        "",
        "What a queue has where its file says nothing, by its `channel`; `concurrency` is a team's for it.",
        "They are values to start from, not measurements of your centre: replace them by your own.",
        "",
        f"One-to-one (a contact takes a whole agent and has one turn): {_names('one_to_one')}. Persistent (a silent "
        f"conversation is parked, not closed): {_names('persistent')}.",
        "",
        "| channel | key | default | source |",
        "|---|---|---|---|",
    )
    for name, channel in CHANNELS.items():
        for key, default in {**channel.defaults, "concurrency": channel.concurrency}.items():
            yield f"| `{name}` | `{key}` | {_written(default.value)} | {_cell(default.source)} |"


def _names(trait: str) -> str:
    return ", ".join(f"`{name}`" for name, channel in CHANNELS.items() if getattr(channel, trait))


def _written(value: Any) -> str:
    return "" if value is None or value in ({}, [], "") else f"`{_cell(_toml(value))}`"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(part)}' for key, part in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
