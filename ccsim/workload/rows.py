"""Contacts as rows: what is known of each before its durations are drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

from ccsim.distributions.streams import U64, People
from ccsim.tables import F64, I8, I32, I64, Bool


class Rows(NamedTuple):
    """One row a contact; roots in the order of their ids, then follow-ups."""

    number: U64
    owner: U64
    """whose its draws are"""
    queue: I32
    like: I32
    """whose turns and work it has: the queue's, or after the queues those of the move by which it came"""
    link: I8
    generation: I32
    root: I32
    turns: I32
    """0 for returns"""
    at_most: I32
    """turns it may have: its own; of a return, what its parent can leave"""
    before: I8
    """1: its first turn comes before the customer's own first: explaining again after a bot, or being written to"""
    transfers: I8
    """in its chain so far"""
    budget: I8
    """retries, returns, reopenings and recontacts that may still follow"""
    after: I64
    keep_agent: Bool
    extra_work: I64
    """more work on the first turn: the customer explains again"""
    campaign: I32
    """by which it is written to, -1: it comes by itself"""
    answers: Bool
    """when written to; True for who comes by itself"""
    lost: I32
    """turns whose lost connection may end it with a reconnection"""
    reason: I8
    """place among its queue's, -1: none"""
    impatience: F64
    """factor on its patience, of all retries in its chain so far"""
    closing: Bool
    """the last of its turns is a closing word"""
    contained: Bool
    """the bot would contain it; as far as it may come back then"""

    @property
    def people(self) -> People:
        return People(self.number, self.owner)

    def some(self, which: I64) -> Rows:
        """Those rows."""
        columns: list[Any] = [column[which] for column in self]
        return Rows(*columns)
