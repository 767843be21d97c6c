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

    def by_size(self) -> list[tuple[Any, ...]]:
        """The columns of eight bytes, of four and of one, as whole numbers."""
        return [tuple(column.view(f"i{size}") for column in self if column.itemsize == size) for size in (8, 4, 1)]

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
    """of the delay by which it came"""
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
    def of(cls, n: int, like: Rows) -> Room:
        """For n rows of the same types as others, with nothing in it."""
        eights, fours, ones = (
            np.empty((len(columns) + more, n), f"i{size}")
            for size, columns, more in zip((8, 4, 1), like.by_size(), (2, 8, 0), strict=True)
        )
        free = {8: iter(eights), 4: iter(fours), 1: iter(ones)}
        rows = Rows(*(next(free[column.itemsize]).view(column.dtype) for column in like))
        (reopen_draw, when), (transfer_draw, number, *_) = free[8], free[4]
        following = Following(fours[-6:], transfer_draw, reopen_draw.view(np.float64), number, when.view(np.float64))
        return cls(rows, following, eights, fours, ones)

    def grown(self, n: int) -> Room:
        """The same rows with room for n, if there is less."""
        if n <= self.fours.shape[1]:
            return self
        more, there = Room.of(n, self.rows), self.fours.shape[1]
        more.eights[:, :there], more.fours[:, :there], more.ones[:, :there] = self.eights, self.fours, self.ones
        return more
