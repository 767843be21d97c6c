"""What may still be done today: changes to the day's tables, as they are written or as they come to mind first."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.scenario import read
from ccsim.scenario.faults import did_you_mean, dotted
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import HOUR, MINUTE, WEEKDAYS

Change = Callable[[dict[str, Any]], dict[str, Any]]
"""From the day's tables, which it may change, to those with the action."""

MORE: Final = re.compile(r"team\.(.+?)\s+\+(\d{1,4})\s+(\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2})")
CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
FORM: Final = '"name: team.front +2 18:00-20:00" or "name: path=value", several changes with semicolons'

EXTRA: Final = 2
"""Agents who work overtime in a usual action."""
OFFER: Final = {"offer_above": "1m", "accepts": 0.5}
"""Of call backs in a usual action; that half the callers accept is a guess, and is named as one."""


FIXED: Final = ("seed", "replications", "start", "days", "timezone", "interval", "warm_up")
"""What all actions of a day have in common, as they are compared on the same random numbers."""


def read_actions(texts: Sequence[str], scenario: Scenario, at: int = 0) -> dict[str, Change]:
    """Actions by name, to be done from `at` on. Raises ScenarioError with what is wrong with each."""
    actions: dict[str, Change] = {}
    problems: list[Problem] = []
    for text in texts:
        name, colon, rest = text.partition(": ")
        if not colon:
            name, rest = text, text
        changes = [part.strip() for part in rest.split(";") if part.strip()]
        for part in changes:
            problems += _wrong(part, scenario, at)
        if not changes:
            problems.append(Problem("--action", repr(text), FORM))
        if name.strip() in actions:
            problems.append(Problem("--action", f"{name.strip()!r} twice", "another name"))
        actions[name.strip()] = _all(changes)
    if problems:
        raise ScenarioError(problems)
    return actions


def _wrong(part: str, scenario: Scenario, at: int) -> list[Problem]:
    more = MORE.fullmatch(part)
    if more is None:
        if part.partition("=")[0].strip() in FIXED:
            return [Problem("--action", repr(part), "what can still be done today; the rest goes before, with --set")]
        return [] if "=" in part else [Problem("--action", repr(part), FORM)]
    name = _team(more)
    if name not in scenario.team:
        return [Problem("--action", f"team {name}", did_you_mean(name, scenario.team))]
    if scenario.team[name].roster is not None:
        return [Problem("--action", f"team {name}, which has a roster file", "a team with shifts")]
    first, last = (int(hour) * HOUR + int(minute) * MINUTE for hour, minute in CLOCK.findall(more[3]))
    if first < last <= at:
        return [Problem("--action", repr(part), f"hours that are not over at {_clock(at)}")]
    return []


def _all(parts: Sequence[str]) -> Change:
    def made(raw: dict[str, Any]) -> dict[str, Any]:
        for part in parts:
            more = MORE.fullmatch(part)
            if more is not None:
                _add(raw, _team(more), int(more[2]), more[3].replace(" ", ""))
                continue
            path, _, value = part.partition("=")
            problems = read.change(raw, [(path.strip(), read.value(value.strip()))], "--action")
            if problems:
                raise ScenarioError(problems)
        return raw

    return made


def _team(more: re.Match[str]) -> str:
    """The name of the team, which may be quoted as in other paths."""
    return read.keys_of(more[1])[0] if more[1].startswith('"') else more[1]


def _add(raw: dict[str, Any], team: str, agents: int, hours: str) -> None:
    """More agents for some hours: whether they stay on or come, their hours are paid as the team's."""
    shifts = raw["team"][team].setdefault("shifts", [])
    shifts.append({"agents": agents, "hours": hours, "days": WEEKDAYS[raw["start"].weekday()]})


def usual(day: Scenario, at: int) -> dict[str, Change]:
    """What a planner tries first, by name: overtime, other skills, later breaks, call backs, chat slots."""
    actions: dict[str, Change] = {}
    start = -(-at // (30 * MINUTE)) * 30 * MINUTE
    for name, team in day.team.items():
        ends = [hours.end for shift in team.shifts if (hours := shift.hours_on(day.start)) and hours.end > at]
        if not ends:
            continue
        last = min(max(ends), 24 * HOUR)
        spans = {(start, min(start + 2 * HOUR, last)), (max(last - 2 * HOUR, start), last)}
        for first, end in sorted(spans):
            if end - first >= 30 * MINUTE:
                clock = f"{_clock(first)}-{_clock(end)}"
                actions[f"{EXTRA} more on {name}, {clock}"] = _more(name, clock)
        actions |= _breaks(day, name, at)
        actions |= _slots(day, name)
        for queue in day.queue:
            if queue not in team.skills:
                rank = max(skill.rank for skill in team.skills.values()) + 1
                actions[f"{name} also serves {queue}"] = _skill(name, queue, rank)
    offered = {callback.queue for callback in day.callback.values()}
    for name, queue_of in day.queue.items():
        if queue_of.kind.one_to_one and name not in offered:
            actions[f"call backs offered on {name} above 1 min (half accept: a guess)"] = _callback(name)
    return actions


def _breaks(day: Scenario, name: str, at: int) -> dict[str, Change]:
    """Breaks at fixed times that are yet to come, an hour later, where the shift has room for it."""
    moved: dict[int, list[str]] = {}
    for number, shift in enumerate(day.team[name].shifts):
        hours = shift.hours_on(day.start)
        if hours is None or not shift.breaks or any(not one.is_fixed for one in shift.breaks):
            continue
        spans = [(one.between.start, one.between.end) for one in shift.breaks]
        later = [(a + HOUR, b + HOUR) if a >= at and b + HOUR <= hours.end else (a, b) for a, b in spans]
        if later != spans and all(one[1] <= other[0] for one, other in pairwise(later)):
            moved[number] = [f"{_clock(a)}-{_clock(b)}" for a, b in later]

    def made(raw: dict[str, Any]) -> dict[str, Any]:
        for number, breaks in moved.items():
            raw["team"][name]["shifts"][number]["breaks"] = breaks
        return raw

    return {f"breaks of {name} an hour later": made} if moved else {}


def _slots(day: Scenario, name: str) -> dict[str, Change]:
    actions: dict[str, Change] = {}
    for queue, slots in day.team[name].concurrency.items():
        if day.queue[queue].kind.one_to_one:
            continue
        for step in (-1, 1):
            if slots + step >= 1:
                change = _at_once(name, queue, slots + step)
                actions[f"{slots + step} instead of {slots} {queue} at once on {name}"] = change
    return actions


def _more(team: str, hours: str) -> Change:
    def made(raw: dict[str, Any]) -> dict[str, Any]:
        _add(raw, team, EXTRA, hours)
        return raw

    return made


def _at_once(team: str, queue: str, slots: int) -> Change:
    def made(raw: dict[str, Any]) -> dict[str, Any]:
        read.assign(raw, dotted(("team", team, "concurrency", queue)), slots)
        return raw

    return made


def _skill(team: str, queue: str, rank: int) -> Change:
    def made(raw: dict[str, Any]) -> dict[str, Any]:
        raw["team"][team]["skills"] = {**raw["team"][team]["skills"], queue: rank}
        return raw

    return made


def _callback(queue: str) -> Change:
    def made(raw: dict[str, Any]) -> dict[str, Any]:
        table = raw.setdefault("callback", {})
        table[f"today_{queue}"] = {"queue": queue, **copy.deepcopy(OFFER)}
        return raw

    return made


def _clock(time: int) -> str:
    return f"{time // HOUR:02d}:{time % HOUR // MINUTE:02d}"
