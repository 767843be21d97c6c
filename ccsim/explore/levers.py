"""What a planner turns: one lever for each number that is asked about most, made from the scenario's own tables.

A lever is only another way to write `--set PATH=VALUE`: `Lever.changes` says which paths it sets to what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, TypeGuard

from ccsim.scenario.channels import channel_of, with_defaults
from ccsim.scenario.faults import FaultError, dotted
from ccsim.scenario.values import Target, duration, target, written_duration
from ccsim.tables import SECOND

Changes = dict[str, Any]
"""Dotted path to value, as for `--set`."""

Form = Literal["count", "number", "percent", "seconds", "text"]
"""How a lever's value is shown and typed."""

STEPS: Final = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 4 * 3600)
"""Steps of a slider: the largest of which some forty lead to the usual value."""


@dataclass(frozen=True)
class Lever:
    """A control: `value` is where it stands, from `low` to `high` it slides; a typed value may go further."""

    key: str
    """by which it is known: the path that it sets, or the first of several"""
    group: str
    """the queue, the team or the whole to which it belongs, such as `queue phone`"""
    title: str
    form: Form
    value: float | str
    changes: Callable[[Any], Changes]
    """what a value means"""
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    most: float | None = None
    """beyond which nothing may be typed"""


def levers(raw: Mapping[str, Any], usual: Mapping[str, Any]) -> list[Lever]:
    """The levers of a scenario's tables, by group; `usual` are its tables without changes, which set the ranges.

    Values that are no numbers, such as a distribution from a file, have none; nor has what cannot be, as changes may
    have put anything anywhere.
    """
    now, then = with_defaults(dict(raw)), with_defaults(dict(usual))
    made = [*_of_all(now)]
    for name, team in _tables(now, "team"):
        made += _of_team(now, then, name, team)
    for name, queue in _tables(now, "queue"):
        made += _of_queue(then, name, queue)
    return made


def _tables(full: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, table) for name, table in _dict(full.get(kind)).items() if isinstance(table, dict))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and math.isfinite(value)


def _at(table: Any, *keys: str | int) -> Any:
    """What stands at a place of nested tables and lists; None where there is nothing."""
    for key in keys:
        try:
            table = table[key]
        except (KeyError, IndexError, TypeError):
            return None
    return table


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_all(now: Mapping[str, Any]) -> Iterator[Lever]:
    yield _percent("volume.scale", "all queues", "Volume of all queues", _at(now, "volume", "scale"), 1.0, high=200)
    demand = now.get("demand")
    if isinstance(demand, dict):
        yield _percent("demand.scale", "all queues", "Volume of the demand", demand.get("scale"), 1.0, high=200)
    for move in _moves(now):
        yield move_lever(now, move["from"], move["to"])


def _moves(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        dict(move)
        for move in _list(raw.get("move"))
        if isinstance(move, dict) and isinstance(move.get("from"), str) and isinstance(move.get("to"), str)
    ]


def move_lever(raw: Mapping[str, Any], source: str, to: str) -> Lever:
    """The share of one queue's customers who come to another one instead."""
    before = _moves(raw)
    place = next((n for n, move in enumerate(before) if (move.get("from"), move.get("to")) == (source, to)), None)
    share = before[place].get("share") if place is not None else 0.0
    value = share if _is_number(share) else 0.0

    def changes(percent: float) -> Changes:
        if place is None:
            return {"move": [*before, {"from": source, "to": to, "share": _share(percent)}]}
        return {"move": [move | {"share": _share(percent)} if n == place else move for n, move in enumerate(before)]}

    title = f"Customers of {source} who come to {to} instead"
    return Lever(f"move {source} {to}", "all queues", title, "percent", 100 * value, changes, "%", high=100, most=100)


# ── teams ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_team(now: Mapping[str, Any], then: Mapping[str, Any], name: str, team: dict[str, Any]) -> Iterator[Lever]:
    group = f"team {name}"
    shifts: list[tuple[str, dict[str, Any], int, int]] = []
    for number, shift in enumerate(_list(team.get("shifts"))):
        if isinstance(shift, dict) and isinstance(agents := shift.get("agents"), int):
            path = dotted(("team", name, "shifts", shift.get("name") or number, "agents"))
            shifts.append((path, shift, agents, _at(then, "team", name, "shifts", number, "agents") or agents))
    if len(shifts) > 1 and any(usual for *_, usual in shifts):
        yield _whole_team(name, [(path, agents, usual) for path, _, agents, usual in shifts])
    for path, shift, agents, usual in shifts:
        days = f" {shift['days']}" if isinstance(shift.get("days"), str) else ""
        label = f"Agents, {shift.get('name') or shift.get('hours', '')}{days}"
        yield _count(path, group, label, agents, 2 * usual + 4, "agents")
    yield _percent(dotted(("team", name, "absence")), group, "Absence", team.get("absence"), 0.0, high=40, most=100)
    for queue in _dict(team.get("skills")):
        channel = channel_of(_at(now, "queue", queue))
        sessions = _at(team, "concurrency", queue) or 1
        if channel is not None and not channel.one_to_one and isinstance(sessions, int):
            path = dotted(("team", name, "concurrency", queue))
            yield _count(path, group, f"Conversations of {queue} at once", sessions, max(8, 2 * sessions), "", low=1)


def _whole_team(name: str, shifts: list[tuple[str, int, int]]) -> Lever:
    """All shifts of a team together, of each its path, its agents and those without changes: it keeps its share."""
    usual = sum(before for *_, before in shifts)

    def changes(wanted: float) -> Changes:
        exact = [wanted * before / usual for *_, before in shifts]
        each = [int(part) for part in exact]
        by_rest = sorted(range(len(each)), key=lambda n: (each[n] - exact[n], n))
        for n in by_rest[: round(wanted) - sum(each)]:
            each[n] += 1
        return {path: part for (path, *_), part in zip(shifts, each, strict=True)}

    now = sum(agents for _, agents, _ in shifts)
    key, title = f"team {name} agents", "Agents, all shifts together"
    return Lever(key, f"team {name}", title, "count", now, changes, "agents", high=2 * usual + 4)


# ── queues ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_queue(then: Mapping[str, Any], name: str, queue: dict[str, Any]) -> Iterator[Lever]:
    group, usual = f"queue {name}", _at(then, "queue", name) or queue
    volume, channel = queue.get("volume"), channel_of(queue)
    if isinstance(volume, dict):
        yield _volume(name, group, volume, _at(usual, "volume"))
    one_turn = channel is not None and channel.one_to_one
    timed = (
        ("work", "Handle time" if one_turn else "Handle time of a turn"),
        ("wrap_up", "Wrap-up"),
        *(() if one_turn else (("reply_latency", "Time to a customer's reply"),)),
        ("patience", "Patience"),
    )
    if not one_turn:
        yield from _distribution(name, group, "turns", "Turns of a conversation", queue, usual)
    for key, title in timed:
        yield from _distribution(name, group, key, title, queue, usual)
    if isinstance(queue.get("bot"), dict):
        path = dotted(("queue", name, "bot", "contains"))
        yield _percent(path, group, "Contained by the bot", queue["bot"].get("contains"), 0.0, high=100, most=100)
    yield from _targets(name, group, queue)
    limit = queue.get("max_abandonment")
    if _is_number(limit):
        path = dotted(("queue", name, "max_abandonment"))
        yield _percent(path, group, "Target: abandonment at most", limit, 0.0, high=30, most=100)
    yield from _opening_hours(name, group, queue.get("open"))


def _volume(name: str, group: str, volume: dict[str, Any], usual: Any) -> Lever:
    for key, unit in (("per_day", "a day"), ("per_hour", "an hour")):
        if _is_number(value := volume.get(key)):
            before = _at(usual, key) or value
            high = max(2 * before, 100)
            step = max(1, round(before / 50))
            path = dotted(("queue", name, "volume", key))
            return Lever(path, group, "Volume", "number", value, partial(_one, path), unit, 0, high, step)
    path = dotted(("queue", name, "volume", "scale"))
    return _percent(path, group, "Volume", volume.get("scale"), 1.0, high=200)


MEANS: Final = ("mean", "median", "constant", "value")
"""Parameters of a distribution that say how large its values are."""


def _distribution(
    name: str, group: str, key: str, title: str, queue: Mapping[str, Any], usual: Mapping[str, Any]
) -> Iterator[Lever]:
    place: tuple[str, ...] = ("queue", name, key)
    written, before = queue.get(key), usual.get(key)
    if isinstance(written, dict):
        parameter = next((each for each in MEANS if each in written), None)
        if parameter is None:
            return
        place, title = (*place, parameter), f"{title}, {'median' if parameter == 'median' else 'mean'}"
        written, before = written[parameter], _at(before, parameter)
    path = dotted(place)
    if key == "turns":
        if _is_number(written):
            whole = "mean" not in place
            yield Lever(
                path, group, title, "count" if whole else "number", written,
                lambda x: {path: _tidy(max(1, round(x) if whole else x))}, "turns", 1, max(10, 2 * written),
                1 if whole else 0.1,
            )  # fmt: skip
        return
    seconds = _seconds(written)
    if seconds is None or (seconds == 0 and key != "wrap_up"):
        return
    around = _seconds(before) or seconds or 60
    step = max((step for step in STEPS if step <= around / 20), default=STEPS[0])
    high = max(3 * around, seconds)
    yield Lever(path, group, title, "seconds", seconds, lambda x: {path: _duration(x)}, "s", 0, high, step)


def _targets(name: str, group: str, queue: Mapping[str, Any]) -> Iterator[Lever]:
    for key, title in (("service_level", "service level"), ("reply_target", "later replies")):
        try:
            wanted = target(queue[key])
        except (KeyError, FaultError):
            continue
        if wanted is None:
            continue
        path, seconds = dotted(("queue", name, key)), wanted.time / SECOND
        step = max((step for step in STEPS if step <= seconds / 10), default=STEPS[0])

        def share(percent: float, path: str = path, wanted: Target = wanted) -> Changes:
            return {path: f"{percent:.6g}% in {written_duration(wanted.time)}"}

        def time(x: float, path: str = path, wanted: Target = wanted) -> Changes:
            return {path: f"{100 * wanted.share:.6g}% in {_duration(x)}"}

        percent = _tidy(100 * wanted.share)
        yield Lever(f"{path} share", group, f"Target: {title}", "percent", percent, share, "%", 50, 100, 1, 100)
        yield Lever(f"{path} time", group, f"Target: {title}, within", "seconds", seconds, time, "s", 0,
                    max(3 * seconds, 60), step)  # fmt: skip


def _opening_hours(name: str, group: str, hours: Any) -> Iterator[Lever]:
    spans = hours.items() if isinstance(hours, dict) else [("", hours or "always")]
    for days, written in spans:
        if isinstance(written, str):
            path = dotted(("queue", name, "open", *([days] if days else [])))
            yield Lever(path, group, f"Open, {days}" if days else "Open", "text", written, partial(_text, path))


def _text(path: str, text: str) -> Changes:
    return {path: text.strip()}


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _count(path: str, group: str, title: str, value: int, high: float, unit: str, low: float = 0) -> Lever:
    return Lever(path, group, title, "count", value, lambda x: {path: round(x)}, unit, low, high)


def _percent(
    path: str, group: str, title: str, value: Any, default: float, *, high: float, most: float | None = None
) -> Lever:
    share = value if _is_number(value) and not isinstance(value, bool) else default
    return Lever(
        path, group, title, "percent", _tidy(100 * share), lambda x: {path: _share(x)}, "%", high=high, most=most
    )


def _one(path: str, x: float) -> Changes:
    return {path: _tidy(x)}


def _share(percent: float) -> float:
    return _tidy(percent / 100)


def _tidy(x: float) -> float:
    """Without the last digits, which are those of binary fractions; whole where it is."""
    tidy = float(f"{x:.9g}")
    return int(tidy) if tidy.is_integer() else tidy


def _seconds(written: Any) -> float | None:
    """Of a duration as a file writes it; None for what is none."""
    try:
        return _tidy(duration(written) / SECOND)
    except FaultError:
        return None


def _duration(seconds: float) -> str:
    return written_duration(round(max(0.0, seconds) * SECOND))
