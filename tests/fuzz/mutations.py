"""Scenarios that somebody might write by mistake or on purpose: those there are, changed in a few places by a seed."""

from __future__ import annotations

import copy
import math
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from typing import Any, Final

import tomli_w

from tests import random_cases

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = "scenario.toml"
NAMED: Final = ("queue", "team", "variant", "self_service", "outbound", "callback")
"""Tables of a scenario whose keys are names that a user gives."""

NONSENSE: Final[list[Any]] = [
    None, True, -1, 0, 1, 2**70, -(2**70), 10**400, 0.5, -0.5, 1e308, math.inf, -math.inf, math.nan, "", " ",
    "never", "always", "closed", "mon-fri", "sun", "08:00-16:00", "24:00-24:00", "99:99", "80/20", "0/0",
    "95% in never", "P", "PT", "1e5s", "9999999999999999d",
    "2026-03-29", "0000-00-00", "phone", "chat", "email", "live_chat", "gamma",
    "..", "/", "\0", "volumes.csv", "roster.csv", "queue.phone.work", [], {}, [[]], [{}], {"": 0}, {"mean": 1},
    {"dist": "mixture", "parts": [{"weight": 0, "mean": 1}]}, {"dist": ["gamma"]}, {"mean": 1e308, "cv": 100},
    {"dist": "weibull", "mean": 1, "cv": 1e-5}, {"dist": "empirical", "file": {}, "column": []}, {"file": "."},
    {"rank": None}, {"per_day": 10}, {"log": "mails.csv", "arrived_at": "took"}, {"mon": {"tue": 1}},
]  # fmt: skip
"""Values that fit hardly anywhere."""

BEYOND: Final[list[Any]] = [
    1e-300, 1e-9, 5e-324, 1e9, 2**31, 2**53 + 1, 2**63, -0.0, 1e18, "1e-9s", "0.0000001s", "366d", "100000d", "0s",
    date(1, 1, 1), date(9999, 12, 31), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), clock_time(0),
    "x" * 100_000, "9" * 20_000, "é\u202e\u2028", "=1+1", "\x1b[2J", "a\nb", "00:00-24:00", "23:59-00:01", "100/0",
    "100% in 1s", "1/1",
    {"dist": "lognormal", "median": "1s", "sigma": 40}, {"dist": "exponential", "mean": "1ms"}, {"mean": "9d", "cv": 9},
    {"dist": "uniform", "low": 0, "high": "365d"}, {"dist": "geometric", "mean": 1}, {"mean": 1000}, {"constant": 0},
    {"per_hour": 1e5}, {"per_day": 1e-9}, {"per_day": 5000, "busyness_cv": 5}, {"from": 1}, [["00:00", 1e12]], [0.0],
]  # fmt: skip
"""Numbers, dates and texts at the edge of what is meant, and past it."""

STRANGE_NAMES: Final = (
    "=cmd|' /C calc'!A0", "\x1b[2J", "a b", "é" * 300, "total", "q.0", "-", "CON", "a/b", "x" * 3000, "",
)  # fmt: skip

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """A scenario's tables and the files beside it."""

    doc: dict[str, Any]
    files: dict[str, bytes]

    def text(self) -> bytes:
        return tomli_w.dumps(writable(self.doc)).encode(errors="surrogatepass")

    def write(self, folder: Path, damage: random.Random | None = None) -> Path:
        """All files; with `damage` some bytes of the scenario are others."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        text = self.text()
        (folder / FILE).write_bytes(text if damage is None else damaged_bytes(text, damage))
        return folder / FILE


def writable(value: Any) -> Any:
    """What TOML has no word for is left out."""
    if isinstance(value, dict):
        return {str(key): writable(entry) for key, entry in value.items() if entry is not None}
    return [writable(entry) for entry in value if entry is not None] if isinstance(value, list) else value


def damaged_bytes(content: bytes, r: random.Random) -> bytes:
    """One piece lost, doubled, overwritten or moved."""
    start, end = sorted(r.randrange(len(content) + 1) for _ in range(2))
    end = min(end, start + r.choice([1, 1, 5, 80]))
    piece, before, after = content[start:end], content[:start], content[end:]
    other = r.randrange(len(before) + 1)
    return r.choice(
        [
            before + after,
            before + piece + piece + after,
            before + r.randbytes(len(piece)) + after,
            before[:other] + piece + before[other:] + after,
        ]
    )


@cache
def sources() -> tuple[Case, ...]:
    """Every shipped scenario, and one that has a bit of everything."""
    from tests.contract.test_bad_input import FILES, RAW

    shipped = sorted((ROOT / "scenarios").glob("*.toml"))
    tables = {path.name: path.read_bytes() for path in (ROOT / "scenarios").glob("*.csv")}
    cases = [Case(tomllib.loads(path.read_text(encoding="utf-8")), tables) for path in shipped]
    return (*cases, Case(RAW, {name: text.encode() for name, text in FILES.items()}))


def random_case(seed: int) -> Case:
    """One of tests/random_cases.py."""
    doc = random_cases.scenario(seed)
    files = {name: text.encode() for name, text in doc.get(random_cases.FILES, {}).items()}
    return Case({key: value for key, value in doc.items() if key != random_cases.FILES}, files)


def unchanged(r: random.Random) -> Case:
    """One of all these, free to be changed."""
    case = r.choice(sources()) if r.random() < 0.4 else random_case(r.randrange(10_000))
    return Case(copy.deepcopy(case.doc), dict(case.files))


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in nested tables and lists, the whole left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in items:
        yield (*at, key)
        yield from places(entry, (*at, key))


def at(doc: Any, place: Place) -> Any:
    for key in place:
        doc = doc[key]
    return doc


def kind_of(place: Place) -> Place:
    """The place without names and numbers: those of the same kind may hold one another's values."""
    named = len(place) > 1 and place[0] in NAMED
    return tuple("*" if isinstance(key, int) or (named and depth == 1) else key for depth, key in enumerate(place))


@cache
def values() -> dict[Place, list[tuple[Any, dict[str, Any]]]]:
    """By kind of place what stands there in any scenario, and that scenario."""
    known: dict[Place, list[tuple[Any, dict[str, Any]]]] = {}
    for case in (*sources(), *(random_case(seed) for seed in range(300))):
        for place in places(case.doc):
            known.setdefault(kind_of(place), []).append((at(case.doc, place), case.doc))
    return known


def fitting(case: Case, kind: Place, r: random.Random) -> Any:
    """A value that such a place has somewhere; queues and teams that it names are some of this case."""
    value, doc = r.choice(values()[kind])
    value = copy.deepcopy(value)
    for table in ("queue", "team"):
        own = case.doc.get(table)
        for name in doc.get(table, {}):
            if own and isinstance(own, dict) and name not in own:
                value = _renamed(value, name, r.choice(list(own)))
    return value


def mutated(seed: int) -> tuple[Case, random.Random | None]:
    """A case changed in one to four places; and, now and then, what is to damage the bytes of its text."""
    r = random.Random(f"mutation {seed}")
    case = unchanged(r)
    for _ in range(r.choice([1, 1, 1, 1, 1, 1, 2, 2, 3, 4])):
        change = r.choices(CHANGES, WEIGHTS)[0]
        if case.doc:
            change(case, r)
    return case, r if r.random() < 0.04 else None


def _anywhere(case: Case, r: random.Random) -> tuple[Any, Any]:
    """A table or list of the case and a key in it."""
    place = r.choice(list(places(case.doc)))
    return at(case.doc, place[:-1]), place[-1]


def nonsense(case: Case, r: random.Random) -> None:
    table, key = _anywhere(case, r)
    table[key] = copy.deepcopy(r.choice(NONSENSE))


def beyond(case: Case, r: random.Random) -> None:
    table, key = _anywhere(case, r)
    table[key] = copy.deepcopy(r.choice(BEYOND))


def other_number(case: Case, r: random.Random) -> None:
    """A number or a duration of another size."""
    all_places = list(places(case.doc))
    numbers = [place for place in all_places if isinstance(at(case.doc, place), int | float)]
    if not numbers:
        return
    place = r.choice(numbers)
    value = at(case.doc, place)
    factor = r.choice([-1, 0, 0.1, 0.5, 1.5, 2, 10, 1000, 1e6, 1e12, 1e-6])
    more = value * factor if not isinstance(value, bool) else factor
    at(case.doc, place[:-1])[place[-1]] = r.choice([more, int(min(max(more, -1e18), 1e18))])


def value_of_its_kind(case: Case, r: random.Random) -> None:
    """What stands at such a place somewhere else: mostly a scenario again, of parts that have never met."""
    place = r.choice(list(places(case.doc)))
    if kind_of(place) in values():
        at(case.doc, place[:-1])[place[-1]] = fitting(case, kind_of(place), r)


def another_key(case: Case, r: random.Random) -> None:
    """A key more in a table, with a value that such a key has elsewhere."""
    tables = [place for place in places(case.doc) if isinstance(at(case.doc, place), dict)]
    place = r.choice([(), *tables])
    kind = kind_of((*place, "*"))[:-1] if place else ()
    keys = [known for known in values() if known[:-1] == kind and known[-1] != "*"]
    if keys:
        chosen = r.choice(keys)
        at(case.doc, place)[chosen[-1]] = fitting(case, chosen, r)


def nonsense_key(case: Case, r: random.Random) -> None:
    tables = [place for place in places(case.doc) if isinstance(at(case.doc, place), dict)]
    table = at(case.doc, r.choice([(), *tables]))
    key = r.choice(["", "x" * 5000, "\x1b[31m", "é", "=1+1", "volume", "q0", "queue", *map(str, list(table)[:3])])
    table[key] = copy.deepcopy(r.choice(NONSENSE))


def less(case: Case, r: random.Random) -> None:
    table, key = _anywhere(case, r)
    del table[key]


def from_elsewhere(case: Case, r: random.Random) -> None:
    """A whole table, list or value where another one belongs."""
    table, key = _anywhere(case, r)
    other, its_key = _anywhere(case, r)
    table[key] = copy.deepcopy(other[its_key])


def other_name(case: Case, r: random.Random) -> None:
    """A queue or a team of another name, everywhere or (then it is missing) in one place."""
    table = case.doc.get(r.choice(["queue", "team"]))
    if not isinstance(table, dict) or not table:
        return
    old = r.choice(list(table))
    new = r.choice(
        ["=cmd|' /C calc'!A0", "\x1b[2J", "a b", "é" * 300, "total", "q.0", "-", "CON", "a/b", "x" * 3000, ""]
    )
    if r.random() < 0.3:
        table[new] = table.pop(old)
    else:
        renamed = _renamed(case.doc, old, new)
        case.doc.clear()
        case.doc.update(renamed)


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {new if key == old else key: _renamed(entry, old, new) for key, entry in value.items()}
    if isinstance(value, list):
        return [_renamed(entry, old, new) for entry in value]
    return new if isinstance(value, str) and value == old else value


def other_file(case: Case, r: random.Random) -> None:
    """One file where another one is asked for."""
    asked = [
        place
        for place in places(case.doc)
        if isinstance(at(case.doc, place), str) and at(case.doc, place) in case.files
    ]
    if asked:
        place = r.choice(asked)
        others = [*case.files, "none.csv", FILE, "/dev/zero", "../outside.csv", "."]
        at(case.doc, place[:-1])[place[-1]] = r.choice(others)


CHANGES: Final = (
    nonsense, beyond, other_number, value_of_its_kind, another_key, nonsense_key, less, from_elsewhere, other_name,
    other_file,
)  # fmt: skip
WEIGHTS: Final = (7, 9, 22, 28, 20, 2, 5, 3, 3, 4)
