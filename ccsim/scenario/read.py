"""From a scenario file to a checked `Scenario`, and back to the file as it was run."""

from __future__ import annotations

import copy
import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import UnionType
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ccsim.errors import Problem, ScenarioError, printable
from ccsim.scenario import check
from ccsim.scenario.channels import with_defaults
from ccsim.scenario.data import DataFiles, Outside, content, texts
from ccsim.scenario.faults import Fault, FaultError, did_you_mean, dotted, shown
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.scenario.teams import Team

Path_ = tuple[str | int, ...]

DEEPEST: Final = 50
"""Tables and lists in one another that a scenario has at most."""

MOST_TOML: Final = 2**24
"""Bytes of the largest TOML file that is read."""


def load(
    path: str | Path, variant: str | None = None, overrides: Sequence[str] = (), *, outside: bool = False
) -> Scenario:
    """The scenario of a TOML file, with a variant and `PATH=VALUE` overrides applied on top, in this order.

    CSV files are looked up beside the scenario file; only those that an override names may lie outside its folder, or
    with `outside` all. Raises `ScenarioError` with every problem found, those of the file's other variants too: a plan
    should not fail on the day on which somebody asks for them.
    """
    file = str(path)
    written = toml_file(Path(path), file)
    written.setdefault("name", printable(Path(path).stem)[:200])
    raw = copy.deepcopy(written)
    problems: list[Problem] = []
    changes: list[tuple[str, Any]] = []
    if variant is not None:
        changes += _variant(raw, variant, problems, file)
    asked: list[str] = []
    for override in overrides:
        target, equals, text = override.partition("=")
        if not equals:
            problems.append(Problem(override, "no =", "--set PATH=VALUE, such as queue.phone.volume.scale=1.2", file))
        else:
            changes.append((target.strip(), value(text.strip())))
            asked += texts(changes[-1][1])
    problems += change(raw, changes, file)
    if problems:
        raise ScenarioError(problems)
    scenario = parse(raw, Path(path).parent, file, outside=outside or frozenset(asked))
    others = [name for name in scenario.variant if name != variant]
    # what only an override mends is no fault of the variants
    if others and not (overrides and _faults(written, [], Path(path).parent, file, outside)):
        faulty: list[Problem] = []
        for name in others:
            asked_for = _variant(written, name, faulty, file)
            faults = _faults(written, asked_for, Path(path).parent, file, outside)
            faulty += [replace(problem, path=f"variant.{name}: {problem.path}") for problem in faults]
        if faulty:
            raise ScenarioError(faulty)
    return scenario


def _faults(
    raw: dict[str, Any], changes: list[tuple[str, Any]], folder: Path, file: str, outside: Outside
) -> list[Problem]:
    """What is wrong with tables after these changes, which are made in a copy."""
    raw = copy.deepcopy(raw)
    problems = change(raw, changes, file)
    if not problems:
        try:
            parse(raw, folder, file, outside=outside)
        except ScenarioError as error:
            problems += error.problems
    return problems


def parse(
    raw: dict[str, Any],
    folder: Path | None = None,
    file: str = "",
    given: Mapping[str, bytes] | None = None,
    *,
    outside: Outside = False,
) -> Scenario:
    """The scenario of tables as `tomllib` gives them; CSV files are looked up in `folder`, the working one by default.

    Those in `given` are taken from there; others lie in the folder, or `outside` where that is allowed.

    Raises `ScenarioError` with every problem found.
    """
    files = DataFiles(folder or Path(), given or {}, outside)
    if nameless := list(_nameless(raw, file)):
        raise ScenarioError(nameless)
    try:
        scenario = Scenario.model_validate(raw, context=files)
    except ValidationError as bad:
        all_problems = list(dict.fromkeys(refusals(bad, file)))  # several queues may read one file
        raise ScenarioError(all_problems + _further(raw, bad, files, file)) from None
    problems = check.problems(scenario, file)
    if problems:
        raise ScenarioError(problems)
    return scenario


def refuse_endless(path: str, value: Any, file: str = "", depth: int = 0) -> None:
    """Raises ScenarioError for tables and lists that hold themselves, or others deeper than any scenario does."""
    if depth > DEEPEST:
        raise ScenarioError([Problem(path, f"more than {DEEPEST} tables or lists in one another", "fewer", file)])
    if isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            refuse_endless(path, inner, file, depth + 1)


def change(raw: dict[str, Any], changes: Iterable[tuple[str, Any]], file: str = "") -> list[Problem]:
    """Set the places of dotted paths, as `assign` does; what is wrong with the paths."""
    problems: list[Problem] = []
    # a new channel brings new defaults, into which the other paths may reach
    for target, wanted in sorted(changes, key=lambda change: not re.fullmatch(r"queue\..*\.channel", change[0])):
        try:
            assign(raw, target, wanted)
        except FaultError as bad:
            problems += [Problem(target, f.value, f.allowed, file) for f in bad.faults]
    return problems


def changed(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with other values at these dotted paths. Raises `ScenarioError`."""
    raw = copy.deepcopy(scenario.raw)
    problems = change(raw, changes.items())
    if problems:
        raise ScenarioError(problems)
    return parse(raw, given=scenario.files)


def assign(raw: dict[str, Any], path: str, value: Any) -> None:
    """Set the place of a dotted path (list items by name or by number) in a scenario's tables.

    A path that leads into a default of a channel starts from that default: `queue.chat.work.mean` keeps the `cv`.
    Raises `FaultError` for a path that leads nowhere.
    """
    keys = keys_of(path)
    full: Any = with_defaults(raw)
    table: Any = raw
    for depth, key in enumerate(keys):
        if isinstance(table, list):
            place: Any = _item(table, key, dotted(keys[:depth]))
        elif isinstance(table, dict):
            place = key
            if depth < len(keys) - 1 and key not in table:
                if depth == 1 and keys[0] in ("queue", "team"):
                    raise FaultError(Fault(f"no {keys[0]} {shown(key)}", did_you_mean(key, table)))
                default = full.get(key) if isinstance(full, dict) else None
                table[key] = copy.deepcopy(default) if default is not None else {}
        else:
            raise FaultError(Fault(f"{dotted(keys[:depth])} is {shown(table)}", "a table or a list"))
        if depth == len(keys) - 1:
            table[place] = value
        else:
            table = table[place]
            full = full[place] if isinstance(full, list) else full.get(place) if isinstance(full, dict) else None


def _item(items: list[Any], key: str, path: str) -> int:
    """Number of the item of a list with this name or number. Raises `FaultError`."""
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    if key in names:
        return names.index(key)
    if key.isdecimal() and int(key) < len(items):
        return int(key)
    known = [name for name in names if isinstance(name, str)]
    by_name = f" or a name; {did_you_mean(key, known)}" if known else ""
    raise FaultError(Fault(f"no item {key} in {path}", f"a number from 0 to {len(items) - 1}{by_name}"))


def resolved_toml(scenario: Scenario) -> str:
    """The scenario file as run: variant and overrides applied, data files by the names of `stored_files`."""
    import tomli_w

    names = stored_names(scenario.files)
    return tomli_w.dumps({key: renamed(value, names) for key, value in scenario.raw.items() if key != "variant"})


def stored_files(scenario: Scenario) -> dict[str, bytes]:
    """The data files as they were read, by the file names that `resolved_toml` uses."""
    return {name: scenario.files[used] for used, name in stored_names(scenario.files).items()}


def scenario_files(scenario: Scenario) -> dict[str, bytes]:
    """scenario.toml as run, and the data files that it names."""
    return {"scenario.toml": resolved_toml(scenario).encode(), **stored_files(scenario)}


def to_folder(scenario: Scenario, folder: Path) -> None:
    """Writes the files of `scenario_files`."""
    for name, data in scenario_files(scenario).items():
        (folder / name).write_bytes(data)


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A scenario's value with its data files, wherever it names them, by their new names."""
    if isinstance(value, Mapping):
        return {
            key: names.get(entry, entry) if key in ("file", "log") and isinstance(entry, str) else renamed(entry, names)
            for key, entry in value.items()
        }
    return [renamed(entry, names) for entry in value] if isinstance(value, list | tuple) else value


RESERVED: Final = frozenset(
    {
        "scenario.toml",
        "sweep.toml",
        "provenance.json",
        "report.html",
        "report.json",
        "report.xlsx",
        "charts",
        "scenario",
        "scenarios",
    }
    | {f"{log}.parquet" for log in ("contacts", "turns", "agents", "sweep")}
    | {f"{table}.csv" for table in ("summary", "intervals", "days", "actions", "comparison", "ranking")}
    | {f"{table}.csv" for table in ("requirement", "queues", "shifts", "targets", "marginal", "frontier")}
    | {f"{table}.csv" for table in ("binding", "shortfalls", "one_more", "team_sizes")}
    | {"calendars", "agents.csv", "rules.csv", "coverage.csv", "scores.csv", "covers.csv", "refused.csv"}
    | {f"{table}.csv" for table in ("sweep", "tornado", "sobol", "spread", "formulas")}
)
"""What results folders hold beside data files: no data file is stored under such a name."""


def stored_names(files: Iterable[str]) -> dict[str, str]:
    """Under which name each data file stands in a results folder: its own, unless that is another's or `RESERVED`."""
    names: dict[str, str] = {}
    for used in files:
        name = Path(used).name
        while name.casefold() in RESERVED | {other.casefold() for other in names.values()}:
            name = f"_{name}"
        names[used] = name
    return names


def toml_file(path: Path, file: str, what: str = "a scenario in TOML; `ccsim new` writes one") -> dict[str, Any]:
    """The tables of a TOML file. Raises `ScenarioError`, with `what` should stand there."""
    try:
        return tables(content(path, MOST_TOML), file)
    except FileNotFoundError:
        beside = [other.name for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=1)
        value = f'no such file; did you mean "{near[0]}"?' if near else "no such file"
    except IsADirectoryError:
        value = "a folder"
    except (OSError, ValueError) as bad:
        value = f"cannot be read: {getattr(bad, 'strerror', None) or bad}"
    raise ScenarioError([Problem("", value, what, file)])


def tables(data: bytes, file: str = "") -> dict[str, Any]:
    """The tables of a scenario in TOML. Raises `ScenarioError`."""

    def refused(data: str, allowed: str, place: str) -> ScenarioError:
        return ScenarioError([Problem(place, data, allowed, file)])

    try:
        raw = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as bad:
        line = data.count(b"\n", 0, bad.start) + 1
        raise refused("bytes that are not UTF-8", "text in UTF-8", f"line {line}") from None
    except tomllib.TOMLDecodeError as bad:
        match = re.search(r"\(at (line \d+), column \d+\)", str(bad))
        raise refused(f"not TOML: {bad}", "a file in TOML", match[1] if match else "end of file") from None
    except (RecursionError, ValueError) as bad:  # nested too deeply; a number or date beyond Python's range
        raise refused(f"not TOML: {bad}", "a file in TOML", "") from None
    for key, table in raw.items():
        refuse_endless(key, table, file)
    return raw


def _variant(raw: dict[str, Any], name: str, problems: list[Problem], file: str) -> list[tuple[str, Any]]:
    variants = raw.get("variant", {})
    if not isinstance(variants, dict) or name not in variants:
        known = list(variants) if isinstance(variants, dict) else []
        problems.append(Problem(f"variant.{name}", "no such variant", did_you_mean(name, known), file))
        return []
    changes = variants[name].get("set", {}) if isinstance(variants[name], dict) else None
    if not isinstance(changes, dict):
        problems.append(Problem(f"variant.{name}.set", shown(changes), "a table of dotted path = value", file))
        return []
    return list(copy.deepcopy(changes).items())


def value(text: str) -> Any:
    """What follows `=` in an override: TOML if it is that, else a string."""
    try:
        tables = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return text
    return tables["value"] if len(tables) == 1 else text


def keys_of(path: str) -> list[str]:
    try:
        # shifts[0], as messages name a place; what is quoted is a name
        as_toml = re.sub(r'("(?:\\.|[^"\\])*")|\[(\d+)\]', lambda part: part[1] or f".{part[2]}", path)
        table: Any = tomllib.loads(f"{as_toml} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        table = None
    keys: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        ((key, table),) = table.items()
        keys.append(key)
    if table != 0 or not 0 < len(keys) <= DEEPEST:
        raise FaultError(Fault(shown(path), "a dotted path such as queue.phone.volume.scale"))
    return keys


def _nameless(raw: dict[str, Any], file: str) -> Iterator[Problem]:
    """Keys of a queue or a team that stand under [queue] or [team], where a name is missing."""
    for kind, table in (("queue", Queue), ("team", Team)):
        tables = raw.get(kind)
        if isinstance(tables, dict):
            keys = [key for key in tables if key in table.model_fields]
            if any(not isinstance(tables[key], dict) for key in keys):
                yield Problem(kind, f"{keys[0]} under [{kind}]", f"a name for the {kind}, as [{kind}.NAME]", file)


def refusals(error: ValidationError, file: str, root: type[BaseModel] = Scenario) -> Iterator[Problem]:
    """What is wrong with the tables of a file, each with its place, in a planner's words."""
    details = error.errors()
    for detail in details:
        place = detail["loc"]
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, FaultError):
            for fault in cause.faults:
                yield Problem(fault.row or dotted((*place, *fault.at)), fault.value, fault.allowed, file)
        elif detail["type"] == "extra_forbidden":
            yield Problem(dotted(place), "unknown key", did_you_mean(str(place[-1]), _fields(place[:-1], root)), file)
        elif detail["type"] == "missing":
            yield Problem(dotted(place), "missing", "this key is needed", file)
        elif detail["type"] == "too_short":
            inside = any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details)
            if not inside:  # a part that is wrong was said to be
                yield Problem(
                    dotted(place), shown(detail["input"]), f"at least {detail['ctx']['min_length']} of them", file
                )
        elif detail["type"] == "value_error":
            yield Problem(dotted(place), str(cause), "", file)
        elif detail["type"] == "model_type":
            yield Problem(dotted(place), shown(detail["input"]), "a table", file)
        else:
            allowed = re.sub(r"^Input should be ", "", detail["msg"])
            expected = re.findall(r"'([^']*)'", allowed) if detail["type"] == "literal_error" else []
            if expected:
                allowed = did_you_mean(str(detail["input"]), expected)
            yield Problem(dotted(place), shown(detail["input"]), _plain(allowed), file)


def _plain(message: str) -> str:
    """pydantic's words in those of a planner."""
    for theirs, ours in (
        ("greater than or equal to", "at least"),
        ("less than or equal to", "at most"),
        ("greater than", "more than"),
        ("a valid dictionary", "a table"),
        ("a valid list", "a list"),
        ("a valid tuple", "a list"),
        ("a valid integer", "a whole number"),
        ("a valid number", "a number"),
        ("a valid string", "a text in quotes"),
        ("a valid boolean", "true or false"),
        ("String should have at least 1 character", "a name"),
        ("String should have at most", "a name of at most"),
    ):
        message = message.replace(theirs, ours)
    return message


def _fields(place: Path_, root: type[BaseModel]) -> Iterable[str]:
    """The keys that the table at `place` may have."""
    kind: Any = root
    for key in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = next(field.annotation for name, field in kind.model_fields.items() if (field.alias or name) == key)
        else:  # dict[str, X] or tuple[X, ...]
            kind = next(part for part in get_args(kind) if part not in (str, ...))
        if get_origin(kind) is UnionType:
            kind = get_args(kind)[0]
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ()
    return [field.alias or name for name, field in kind.model_fields.items()]


def _further(raw: dict[str, Any], error: ValidationError, files: DataFiles, file: str) -> list[Problem]:
    """Problems in how the sound parts fit together, unless what is wrong elsewhere may be their only cause."""
    rest: Any = copy.deepcopy(raw)
    pruned: list[Path_] = []
    while True:
        gone = _prune(rest, error)
        if any(len(place) <= 2 if place[:1] in (("queue",), ("team",)) else place[:1] in _FRAME for place in gone):
            return []
        pruned += gone
        try:
            scenario = Scenario.model_validate(rest, context=files)
        except ValidationError as more:  # for want of what was pruned
            error = more
        else:
            break
    paths = [dotted(place) for place in pruned]

    def owed(path: str) -> bool:
        return any(gone == path or gone.startswith(f"{path}.") or path.startswith(f"{gone}.") for gone in paths)

    # what a team lacks may be what was pruned
    of_teams = (check.queues_are_served, check.shifts_cover_opening_hours)
    teams_pruned = any(place[0] == "team" for place in pruned)
    rules = [rule for rule in check.RULES if not (teams_pruned and rule in of_teams)]
    return [problem for problem in check.problems(scenario, file, rules) if not owed(problem.path)]


_FRAME: Final = ((), ("start",), ("days",), ("timezone",))
"""Keys without which nothing else can be judged."""


def _prune(rest: Any, error: ValidationError) -> list[Path_]:
    """Take out what is wrong, and tables that lack something; the places that went, () if everything would."""
    places = {detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"] for detail in error.errors()}
    gone = {_written(rest, place) for place in places}
    for place in filter(None, gone):
        table = rest
        for key in place[:-1]:
            table = table.get(key, {}) if isinstance(table, dict) else table[key]
        table.pop(place[-1], None)
    return list(gone)


def _written(table: Any, place: Path_) -> Path_:
    """The part of `place` that stands in the file: `pace.phone` may be written as one `pace` for all queues.

    Lists go as a whole, so that no item changes its number.
    """
    depth = 0
    for key in place:
        there = key in table if isinstance(table, dict) else isinstance(table, list) and key in range(len(table))
        if not there:
            break
        table = table[key]
        depth += 1
    while depth and isinstance(place[depth - 1], int):
        depth -= 1
    return place[:depth]
