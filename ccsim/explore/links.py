"""A what-if as text: the query of a link, the line for the command line, and the file that `ccsim run` reads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from ccsim.api.centre import Centre
from ccsim.errors import Problem, ScenarioError
from ccsim.results import format
from ccsim.scenario.read import value

LONGEST: Final = 32_768
"""Characters of a query that is read."""


def setting_text(value: Any) -> str:
    """A value as `--set` takes it, so that it is read back as it is."""
    return value if isinstance(value, str) and _reads_as_text(value) else format.toml(value)


def _reads_as_text(text: str) -> bool:
    return text == text.strip() and value(text) == text


def query(variant: str | None, changes: Mapping[str, Any]) -> str:
    """What follows the `?` of a link that restores a what-if."""
    pairs = [("variant", variant)] if variant else []
    return urlencode([*pairs, *(("set", f"{path}={setting_text(entry)}") for path, entry in changes.items())])


def read_query(text: str) -> tuple[str | None, dict[str, Any]]:
    """Variant and changes of a link's query; what is none of these is left aside.

    Raises ScenarioError for one that is longer than LONGEST, as half of the levers would be another what-if.
    """
    if len(text) > LONGEST:
        raise ScenarioError([Problem("link", f"{len(text):,} characters", f"at most {LONGEST:,}")])
    given = parse_qs(text, keep_blank_values=True)
    changes = {}
    for entry in given.get("set", []):
        path, equals, written = entry.partition("=")
        if equals:
            changes[path.strip()] = value(written.strip())
    return next(iter(given.get("variant", [])), None), changes


def command(centre: Centre, replications: int, allow_outside: bool) -> str:
    """The command that prints the same figures."""
    parts = ["ccsim", "run", str(centre.file or "scenario.toml")]
    parts += ["--variant", centre.applied] if centre.applied else []
    for path, entry in centre.changes.items():
        parts += ["--set", f"{path}={setting_text(entry)}"]
    parts += ["--allow-outside"] if allow_outside else []
    return shlex.join([*parts, "--replications", str(replications)])


def scenario_toml(centre: Centre) -> str:
    """The what-if as a scenario of its own, for the folder of its file: data files have the names that they had."""
    import tomli_w

    tables = {key: entry for key, entry in centre.scenario.raw.items() if key != "variant"}
    return tomli_w.dumps({"name": centre.name} | tables)


def variant_toml(centre: Centre, title: str) -> str:
    """The what-if as a table `[variant.…]` to put at the end of the scenario's file."""
    import tomli_w

    key = re.sub("[^A-Za-z0-9_-]+", "_", title).strip("_") or "what_if"
    while key in centre.variants:
        key += "_2"
    inherited = centre.loaded.variant[centre.applied].set if centre.applied else {}
    return tomli_w.dumps({"variant": {key: {"title": title, "set": {**inherited, **centre.changes}}}})


def file_name(title: str, ending: str) -> str:
    """A name for a download, of plain characters."""
    return (re.sub("[^A-Za-z0-9_-]+", "-", title).strip("-").lower()[:60] or "what-if") + ending
