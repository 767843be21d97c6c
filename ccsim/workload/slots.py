"""The slots of a column by turn, and which distribution each draws from: compiled."""

from __future__ import annotations

from typing import NamedTuple

from ccsim.jit import compiled
from ccsim.tables import F64, I8, I32, I64


class Slots(NamedTuple):
    """Slots of rows, one after the other."""

    first: I64
    last: I64
    """by row; -1: it has none"""
    queue: I32
    like: I32
    """by slot, those of its row"""
    asked: I32
    answered: I32
    """by slot, its queue, or beyond all queues where there is nothing to wait for: before the first, after the last"""


@compiled
def fill(turns: I32, queue: I32, like: I32, beyond: int, slots: Slots) -> None:
    """Fills the slots of rows with so many turns."""
    slot = 0
    for i in range(len(turns)):
        slots.first[i] = slots.last[i] = -1
        if turns[i] == 0:
            continue
        slots.first[i], slots.last[i] = slot, slot + turns[i] - 1
        for j in range(slot, slot + turns[i]):
            slots.queue[j] = slots.asked[j] = slots.answered[j] = queue[i]
            slots.like[j] = like[i]
        slots.asked[slot] = slots.answered[slots.last[i]] = beyond
        slot += turns[i]


@compiled
def first_work(first: I64, before: I8, work: F64, drawn: F64) -> None:
    """`drawn` by slot, with the `work` of each row where the customer's own first turn stands."""
    for i in range(len(first)):
        if first[i] >= 0:
            drawn[first[i] + before[i]] = work[i]
