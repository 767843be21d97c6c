"""Contacts as rows: what is known of each before its durations are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

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

    def some(self, which: I64 | slice) -> Rows:
        """Those rows."""
        columns: list[Any] = [column[which] for column in self]
        return Rows(*columns)

    def take(self, rows: Rows) -> None:
        """The values of as many others, which may have some columns from here."""
        pairs: Iterable[tuple[Any, Any]] = zip(self, rows, strict=True)
        for mine, column in pairs:
            if column is not mine:
                mine[:] = column


class Following(NamedTuple):
    """What follows each row, and what made it follow another."""

    children: I32
    """int32[6, n]: rows of transfer, retry or recontact, return, reconnection, reopening, bounce; -1: none"""
    transfer_draw: I32
    reopen_draw: F64
    """whether who resolved it did it well enough, tables.py"""
    number: I32
    """of the transfer, or of the delay, by which it came"""
    when: F64
    """uniform of that delay"""


class Room(NamedTuple):
    """Room for so many rows. All columns of one size are one block, so that rows are moved in a few steps."""

    rows: Rows
    following: Following
    eights: I64
    fours: I32
    ones: I8
    """int…[column, n]"""

    @classmethod
    def of(cls, n: int) -> Room:
        """For n rows, with nothing in it."""
        eights, fours, ones = np.empty((7, n), np.int64), np.empty((16, n), np.int32), np.empty((9, n), np.int8)
        number, owner, after, extra_work, impatience, reopen_draw, when = eights
        queue, like, generation, root, turns, at_most, campaign, lost, transfer_draw, by = fours[:10]
        link, before, transfers, budget, reason, keep_agent, answers, closing, contained = ones
        flags = [flag.view(np.bool_) for flag in (keep_agent, answers, closing, contained)]
        return cls(
            Rows(
                number.view(np.uint64), owner.view(np.uint64), queue, like, link, generation, root, turns, at_most,
                before, transfers, budget, after, flags[0], extra_work, campaign, flags[1], lost, reason,
                impatience.view(np.float64), flags[2], flags[3],
            ),
            Following(fours[10:], transfer_draw, reopen_draw.view(np.float64), by, when.view(np.float64)),
            eights, fours, ones,
        )  # fmt: skip

    def grown(self, n: int) -> Room:
        """The same rows with room for n, if there is less."""
        if n <= self.fours.shape[1]:
            return self
        more, there = Room.of(n), self.fours.shape[1]
        more.eights[:, :there], more.fours[:, :there], more.ones[:, :there] = self.eights, self.fours, self.ones
        return more
