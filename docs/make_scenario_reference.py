"""Makes docs/reference/scenario.md: every key of a scenario file, from the docstrings that `ccsim schema` uses.

python docs/make_scenario_reference.py
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.model import Scenario
from ccsim.scenario.parts import Part
from ccsim.scenario.schema import BY_CHANNEL, description, value_type, written_default

PAGE: Final = Path(__file__).parent / "reference" / "scenario.md"


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
        *(f"- **{short}**: {rest}" for short, rest in sorted(_forms())),
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
    return name + (' or "never"' if rest.endswith('; or "never"') else "")


def _forms() -> set[tuple[str, str]]:
    """Names of ways to write a value, with their examples."""
    forms = {
        value_type(field).get("description", "")
        for part in (Scenario, *(part for _, part in _parts("", Scenario, set())))
        for field in part.model_fields.values()
    }
    return {(_short(form), form.partition(": ")[2]) for form in forms if _short(form) != form}


def _meaning(part: type[Part], key: str) -> str:
    form = value_type(part.model_fields[key]).get("description", "")
    text = description(part, key).replace(f" Written as {form}.", f" Written as {_short(form)}.")
    return text.replace(" Default: by channel, see the presets.", "").removesuffix(" Required.")


def _table(title: str, part: type[Part]) -> Iterator[str]:
    yield from (f"## {title}", "", inspect.cleandoc(part.__doc__ or ""), "")
    yield from ("| key | meaning | default |", "|---|---|---|")
    for key, field in part.model_fields.items():
        default = "required" if field.is_required() else _written(written_default(part, key))
        if part.__name__ == "Queue" and key in BY_CHANNEL:
            default = "[by channel](#defaults-by-channel)"
        yield f"| `{field.alias or key}` | {_cell(_meaning(part, key))} | {default} |"
    yield ""


def _channels() -> Iterator[str]:
    yield from (
        "## Defaults by channel",
        "",
        "What a queue has where its file says nothing, by its `channel`; `concurrency` is a team's for it.",
        "They are values to start from, not measurements of your centre: replace them by your own.",
        "",
        "| channel | key | default | source |",
        "|---|---|---|---|",
    )
    for name, channel in CHANNELS.items():
        for key, default in {**channel.defaults, "concurrency": channel.concurrency}.items():
            yield f"| `{name}` | `{key}` | {_written(default.value)} | {_cell(default.source)} |"


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
