"""Standard draws: uniforms that are known by who they are for, what for, and in which replication.

A draw is a function of (seed, replication, owner, number, purpose, turn): the patience of a queue's third contact, say.
So a new queue, team or purpose leaves all others as they were, twice the agents change no draw, nothing depends on the
order in which draws are made or on who makes them, and nothing is kept between them. Owners are named as in the
scenario file (`queue.chat`); a name becomes a number once, when a scenario is lowered. Studies, which need a few long
sequences, have numpy's generators under such names.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ccsim import jit, tables
from ccsim.distributions.constants import counting, same

if TYPE_CHECKING:
    from ccsim.tables import F64, I8, I32, I64, Bool

U64 = NDArray[np.uint64]

PHILOX: Final = (
    *(Path(__file__).with_name(name) for name in ("philox.py", "quantiles.py")),
    Path(str(tables.__file__)),
)
"""Sources of the compiled generator."""

PIECE: Final = 1 << 10
"""Values worked out at a time, a multiple of 4: what is used for them stays in a processor's nearest cache."""


class Draw(IntEnum):
    """What draws are for; each has up to four uniforms a row, in this order."""

    SEQUENCE = 0
    """numbers one after the other, whose owner says what they are for"""
    FOLLOW_UP = 1
    """who a follow-up is : one counter each kind"""
    TURNS = 2
    """turns, whether a recipient replies, opts out"""
    LEAVE = 3
    """transfer, its turn, retry, its queue"""
    COME_BACK = 4
    """when who left comes or is written to, return, reopening, when it comes"""
    CONTACT = 5
    """patience, work on the first turn, wrap-up, silence"""
    TURN = 6
    """work, reply patience, latency of the reply"""
    CONNECTION = 7
    """lost after the turn, back again, when"""
    BOT = 8
    """time, asks for a human, contained"""
    CALLBACK = 9
    """accepts, does not pick up"""
    SELF_SERVICE = 10
    """deflected, comes after all, when"""
    ABSENCE = 11
    """absent"""
    STEP_OUT = 12
    """time until, length"""
    MOVE = 13
    """comes to another queue"""
    REASON = 14
    """of the contact, a root's for its whole chain"""
    LIKENESS = 15
    """what the work on all turns has in common"""
    BURST = 16
    """messages of the turn, time between them"""
    BOUNCE = 17
    """comes back though the bot contained it, when"""
    PACE = 18
    """an agent's own"""
    BALK = 19
    """the wait that is too long to begin with"""
    CLOSING = 20
    """writes a closing word, work on it"""
    AGENT = 21
    """which of equal agents"""
    RINGING = 22
    """how long it rings before the agent answers"""


class People(NamedTuple):
    """Rows by whom their draws are known: a number and an owner each : uint64[n]."""

    number: U64
    owner: U64

    @classmethod
    def of(cls, owner: int, number: int) -> People:
        """The first so many of one owner; not to be written to."""
        return cls(counting(np.uint64, number), same(owner, np.uint64, number))

    def some(self, rows: I64 | Bool) -> People:
        """Those of these rows."""
        return People(self.number[rows], self.owner[rows])


def stream(seed: int, replication: int, owner: str, purpose: str) -> np.random.Generator:
    """numpy's generator of that name, from its beginning."""
    digest = hashlib.sha256(repr((seed, replication, owner, purpose)).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest[:16], "little"))))


def owner_of(*names: str) -> int:
    """The number of an owner of draws, from its name and what else tells it from others."""
    return int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:8], "little")


def key_of(seed: int) -> tuple[int, int]:
    """The generator's key under this seed."""
    digest = hashlib.sha256(repr(seed).encode()).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


class Streams:
    """The draws of one replication. Uniforms are in (0, 1) without its ends."""

    def __init__(self, key: tuple[int, int], replication: int) -> None:
        self.key = np.uint64(key[0]), np.uint64(key[1])
        self.replication = np.uint64(replication)

    def sequence(self, owner: int, n: int, first: int = 0) -> F64:
        """An owner's uniforms from number `first` on, a multiple of 4 : float64[n]."""
        drawn = np.empty(n)
        philox().sequence(self.key, np.uint64(owner), _what(Draw.SEQUENCE), self.replication, first, drawn)
        return drawn

    def arrive(self, owner: int, first: int, total: float, piece: int, edges: I64, expected: F64, times: I64) -> Any:
        """As in ccsim/distributions/philox.py, of an owner's uniforms from number `first` on."""
        what = _what(Draw.SEQUENCE)
        who, gaps = (self.key, np.uint64(owner), what, self.replication), np.empty(min(PIECE, len(times)))
        return philox().arrive(*who, first, total, piece, edges, expected, gaps, times)

    def generator(self, owner: int) -> np.random.Generator:
        """numpy's generator of an owner, from its beginning: for who brings their own use of chance."""
        entropy = [int(self.key[0]), int(self.key[1]), owner, int(self.replication)]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    def of(self, people: People, draw: Draw, uniforms: int = 4, turn: int = 0) -> F64:
        """The first so many of the four uniforms of everybody : float64[uniforms, n]."""
        drawn = np.empty((uniforms, len(people.number)))
        philox().by_row(self.key, *people, _what(draw, turn), self.replication, drawn)
        return drawn

    def by_turn(self, people: People, draw: Draw, turns: I32, before: I8) -> F64:
        """Three uniforms a turn, row after row : float64[3, sum of turns]; 0.5 for rows of one turn.

        `before` is 1 for rows whose first turn comes before the customer's own first.
        """
        drawn = np.empty((3, int(turns.sum())))
        philox().by_turn(self.key, *people, _what(draw), self.replication, turns, before, drawn)
        return drawn


def _what(draw: Draw, turn: int = 0) -> np.uint64:
    return np.uint64((int(draw) << 32) + turn)


@cache
def philox() -> ModuleType:
    """The compiled generator, ccsim/distributions/philox.py."""
    return jit.load("ccsim.distributions.philox", PHILOX)
