"""What logs say about agents: who was there, with which skills, and with how many sessions at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from ccsim.fit import conversations as talks
from ccsim.fit import distributions
from ccsim.fit.conversations import Slowdown
from ccsim.fit.hours import Hours
from ccsim.fit.quantities import THIN
from ccsim.logs import duty as duties
from ccsim.logs.duty import Duty
from ccsim.logs.records import Logs
from ccsim.logs.turn_rounds import TurnRounds, without
from ccsim.scenario.channels import CHANNELS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TeamFit:
    """Agents of one team: their skills, when they were there, how many sessions they have at once."""

    name: str
    queues: tuple[str, ...]
    duties: tuple[Duty, ...]
    concurrency: dict[str, int]


def slowdown(logs: Logs) -> Slowdown | None:
    """Over all queues whose works and sessions are known: each work by the geometric mean of its queue's alone."""
    if logs.messages is None or logs.sessions is None:
        return None
    works, levels = [], []
    for _, messages in logs.messages.groupby("queue"):
        these = talks.conversations(messages, None, logs.sessions)
        alone = these.work.times[these.beside == 1]
        if len(alone) >= THIN:
            centre = math.exp(float(np.log(np.maximum(alone, 1e-6)).mean()))
            works.append(these.work.times / centre)
            levels.append(these.beside)
    return talks.slowdown(np.concatenate(works), np.concatenate(levels)) if works else None


def _served(contacts: pd.DataFrame, logs: Logs) -> pd.DataFrame:
    """What agents did, as contacts: those of one turn, and of conversations every reply."""
    import pandas as pd

    if logs.messages is None:
        # of a thread that goes on for days only the first answer says that the agent was there
        lasting = contacts["channel"].map(lambda name: CHANNELS[name].persistent).astype("bool")
        return contacts.assign(end=contacts["end"].mask(lasting & contacts["answer"].notna(), contacts["answer"]))
    replies = logs.messages[(logs.messages["sender"] == "agent") & logs.messages["agent"].notna()]
    alone = contacts["channel"].map(lambda name: CHANNELS[name].one_to_one).astype("bool")
    begun = replies["begun"].fillna(replies["sent"])
    pieces = pd.DataFrame(
        {
            "contact": replies["conversation"],
            "queue": replies["queue"],
            "arrival": begun,
            "answer": begun,
            "end": replies["sent"],
            "agent": replies["agent"],
            "outcome": "answered",
        }
    )
    return pd.concat([contacts[alone], pieces], ignore_index=True) if len(pieces) else contacts[alone]


def teams_fit(
    contacts: pd.DataFrame,
    logs: Logs,
    rule: str,
    queues: tuple[str, ...],
    opened: Hours,
    first: date,
    turn_rounds: TurnRounds,
) -> tuple[tuple[TeamFit, ...], str]:
    """By the roster's teams, else by what agents answered; none where nobody is named. `opened` is when any queue is.

    Absences that are `turn_rounds` are none. What was answered counts from the day before `first` on, the first day
    that the scenario repeats.
    """
    served = _served(contacts, logs) if len(contacts) else contacts
    served = served[served["arrival"] >= datetime.combine(first - timedelta(days=1), time())]
    if logs.rosters is not None:
        there, team_of = _rostered(logs.rosters)
        source = "roster"
    elif len(served) and served["agent"].notna().any():
        there, team_of, source = duties.RULES[rule].infer(served, duties.skills(served)), {}, rule
        there = without(there, served, turn_rounds)
        if rule == "ready":
            came = duties.micros(contacts["arrival"])
            there = duties.without_holes(duties.from_opening_to_closing(there, opened), opened, came)
    else:
        return (), "nobody"
    # the agents of a team that the roster names have their skills in common
    named = served.assign(agent=served["agent"].map(lambda agent: team_of.get(agent, agent), na_action="ignore"))
    skills = duties.skills(named) if len(served) else {}
    groups: dict[str, list[Duty]] = {}
    able: dict[str, frozenset[str]] = {}
    names: dict[tuple[str, ...], str] = {}
    for duty in there:
        known = team_of.get(duty.agent, duty.agent)
        mine = tuple(name for name in queues if name in skills.get(known, queues))
        team = team_of.get(duty.agent) or names.setdefault(mine, f"team{len(names) + 1}")
        groups.setdefault(team, []).append(duty)
        able[team] = frozenset(mine)
    together = _together(contacts, logs)
    return tuple(
        TeamFit(
            team,
            tuple(name for name in queues if name in able[team]),
            tuple(groups[team]),
            {name: together[name] for name in queues if name in able[team] and name in together},
        )
        for team in sorted(groups)
    ), source


def _rostered(rosters: pd.DataFrame) -> tuple[list[Duty], dict[str, str]]:
    """Shifts of each agent: lines of work that follow one another with at most two hours between, breaks among them."""
    from ccsim.logs.from_ccsim import BREAK

    rostered: list[Duty] = []
    ordered = rosters.sort_values(["agent", "start"], kind="stable")
    for agent, mine in ordered.groupby("agent"):
        work = mine[mine["activity"] == "work"]
        pauses = mine[mine["activity"] != "work"]
        gaps = list(zip(*(duties.micros(pauses[edge]).tolist() for edge in ("start", "end")), strict=True))
        shifts: list[list[int]] = []
        for start, end in zip(*(duties.micros(work[edge]).tolist() for edge in ("start", "end")), strict=True):
            if shifts and start <= shifts[-1][1] + BREAK:
                if start > shifts[-1][1]:
                    gaps.append((shifts[-1][1], start))
                shifts[-1][1] = max(shifts[-1][1], end)
            else:
                shifts.append([start, end])
        for start, end in shifts:
            away = sorted({(max(a, start), min(b, end)) for a, b in gaps if b > start and a < end})
            rostered.append(Duty(str(agent), start, end, tuple(_joined(away))))
    team = ordered[ordered["team"].notna()].groupby("agent")["team"].first()
    return rostered, {str(agent): str(name) for agent, name in team.items()}


def _joined(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for start, end in stretches:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def _together(contacts: pd.DataFrame, logs: Logs) -> dict[str, int]:
    """Sessions that agents have at once, by queue: the most that some starts, and one in a thousand, reach."""
    sessions = logs.sessions
    if sessions is None and logs.messages is None and len(contacts):
        sessions = contacts[contacts["agent"].notna() & contacts["answer"].notna()].rename(columns={"answer": "start"})
    if sessions is None:
        return {}
    channels = contacts.groupby("queue")["channel"].first()
    most: dict[str, int] = {}
    for name, mine in sessions.groupby("queue"):
        kind = CHANNELS[str(channels[name])]
        if kind.one_to_one or (kind.persistent and logs.sessions is None):
            continue
        levels = []
        for _, own in mine.groupby("agent"):
            starts, ends = (np.sort(own[column].to_numpy("datetime64[us]")) for column in ("start", "end"))
            levels.append(np.searchsorted(starts, starts, "right") - np.searchsorted(ends, starts, "right"))
        reached = np.cumsum(np.bincount(np.concatenate(levels))[::-1])[::-1]
        enough = np.flatnonzero(reached >= max(distributions.FEW, 0.001 * reached[0]))
        most[str(name)] = max(int(enough.max(initial=1)), 1)
    return most
