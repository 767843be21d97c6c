"""How long agents take from the end of a contact to the next, though somebody waits. The log does not show why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ccsim.logs.duty import FEWEST, LARGEST_GAP, RINGING, SLOW, Duty, Service, Skills, Waiting, ringing, services
from ccsim.stats.survival import values
from ccsim.tables import I64, SECOND, Bool

if TYPE_CHECKING:
    import pandas as pd


class TurnRounds(NamedTuple):
    """Times from the end of a contact, while somebody waited, until the agent was free : int64[n] (µs), and whether it
    ended so, with the next contact that had waited, or the queue was empty before : bool[n]."""

    took: I64
    ended: Bool

    @property
    def usual(self) -> int:
        """All but a twentieth take no longer (µs)."""
        return int(np.quantile(values(self.took / SECOND, self.ended), 1 - RINGING[0]) * SECOND)


NONE = TurnRounds(np.zeros(0, np.int64), np.zeros(0, np.bool_))
"""Agents are free at once."""


def after_contacts(contacts: pd.DataFrame, able: Skills) -> TurnRounds:
    """What agents take after a contact before they are free again, if they do: SLOW or more took longer than a second.

    Only contacts at whose end somebody waited for that agent tell it: who is free then takes one at once. The time is
    cut off where the last who waited was served by others or left. Gaps above LARGEST_GAP are absences.
    """
    answered = contacts[contacts["answer"].notna()]
    waited = np.array((answered["answer"] - answered["arrival"]).to_numpy("timedelta64[us]"), np.int64)
    rings = ringing(waited)
    by_queues = {queues: Waiting(contacts, queues) for queues in set(able.values())}
    parts = [_of_agent(mine, by_queues[able[agent]], rings) for agent, mine in services(contacts).items()]
    if not parts:
        return NONE
    took, ended = (np.concatenate(column) for column in zip(*parts, strict=True))
    if ended.sum() < FEWEST or (took > SECOND).mean() < SLOW:
        return NONE
    return TurnRounds(took, ended)


def _of_agent(served: Sequence[Service], waiting: Waiting, rings: int) -> TurnRounds:
    """Of one agent; it rings so long before a contact is answered."""
    if not len(waiting.start) or len(served) < 2:
        return NONE
    until = np.maximum.accumulate([service.end for service in served[:-1]])
    start = np.array([service.start for service in served[1:]], np.int64)
    known = (start >= until) & (start - until <= LARGEST_GAP)
    until, start = until[known], start[known]
    at_end, at_start = (np.searchsorted(waiting.end, moment) for moment in (until, start))
    longest = len(waiting.start) - 1
    waited = (at_end <= longest) & (waiting.start[np.minimum(at_end, longest)] < until)
    ended = (at_start <= longest) & (waiting.start[np.minimum(at_start, longest)] < start)
    over = np.where(ended, start - rings, np.minimum(waiting.end[np.maximum(at_start - 1, 0)], start))
    return TurnRounds(np.maximum(over - until, 0)[waited], ended[waited])


def without(duties: Sequence[Duty], contacts: pd.DataFrame, turn_rounds: TurnRounds) -> list[Duty]:
    """Without the absences that are such times: those right after a contact, and others that are over by `usual`."""
    if not len(turn_rounds.took):
        return list(duties)
    ends = {agent: np.array([service.end for service in mine], np.int64) for agent, mine in services(contacts).items()}
    return [replace(duty, away=_others(duty, ends, turn_rounds.usual)) for duty in duties]


def _others(duty: Duty, ends: Mapping[str, I64], usual: int) -> tuple[tuple[int, int], ...]:
    mine = np.sort(ends.get(duty.agent, np.zeros(0, np.int64)))
    kept = []
    for start, end in duty.away:
        row = int(np.searchsorted(mine, start, "right")) - 1
        last = int(mine[row]) if row >= 0 else start - LARGEST_GAP
        if end - last > (LARGEST_GAP if last == start else usual):
            kept.append((start, end))
    return tuple(kept)
