"""Named random streams: what is drawn for one purpose never moves because of another.

A stream is known by (seed, replication, owner, purpose). Its state is a hash of these names, so a new queue, team or
purpose opens a new stream and leaves all others as they were; nothing depends on the order in which they are opened.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from ccsim.distributions.durations import SMALLEST, Constant, Distribution, Never, counts, micros, to_micros
from ccsim.tables import F64, I32, I64, Bool


def stream(seed: int, replication: int, owner: str, purpose: str) -> np.random.Generator:
    """The stream of that name, from its beginning. `owner` is named as in the scenario file: `queue.chat`."""
    entropy = int.from_bytes(_digest(seed, replication, owner, purpose)[:16], "little")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def _digest(seed: int, replication: int, owner: str, purpose: str) -> bytes:
    return hashlib.sha256(repr((seed, replication, owner, purpose)).encode()).digest()


def uniforms(rng: np.random.Generator, n: int) -> F64:
    """The next `n` uniforms of a stream : float64[n], in (0, 1) without its ends."""
    u = rng.random(n)
    # numpy draws from [0, 1); the distributions' tail at 0 must be finite
    return np.maximum(u, SMALLEST, out=u)


def numbered(key: int, numbers: I64) -> F64:
    """The uniforms of these numbers : float64[n], in (0, 1), each a function of its number alone.

    SplitMix64 (Steele, Lea and Flood 2014), which can be entered anywhere, from the state `key`.
    """
    z = np.uint64(key) + numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    u: F64 = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.maximum(u, SMALLEST, out=u)


@dataclass(frozen=True)
class Source:
    """The streams of one group of rows, drawn by row in the group's order.

    A group picked out of a larger one has `numbers`, those of its rows in the larger group: each row's draws depend on
    its number alone, so that somebody who moves to another group takes them along.
    """

    seed: int
    replication: int
    owner: str
    prefix: str = ""
    numbers: I64 | None = None
    of: int | None = None
    """rows of the larger group, if their draws stand one after the other in its streams"""

    def some(self, rows: I64, of: int) -> Source:
        """The source of some rows of a group of so many: each keeps the draws that it has in the group."""
        return replace(self, numbers=rows, of=of) if self.numbers is None else self.picked(rows)

    def stream(self, purpose: str) -> np.random.Generator:
        """The stream of that purpose, from its beginning."""
        return stream(self.seed, self.replication, self.owner, self.prefix + purpose)

    def picked(self, rows: I64) -> Source:
        """The source of some of the rows."""
        return self if self.numbers is None else replace(self, numbers=self.numbers[rows])

    def uniforms(self, purpose: str, n: int) -> F64:
        """One uniform in (0, 1) for each of the n rows : float64[n]."""
        if self.numbers is None:
            return uniforms(self.stream(purpose), n)
        if self.of is not None:
            return uniforms(self.stream(purpose), self.of)[self.numbers]
        digest = _digest(self.seed, self.replication, self.owner, self.prefix + purpose)
        return numbered(int.from_bytes(digest[:8], "little"), self.numbers)

    def micros(self, purpose: str, distribution: Distribution, n: int) -> I64:
        """A duration for each row : int64[n], microseconds."""
        if isinstance(distribution, Constant | Never):
            return np.full(n, to_micros(distribution.mean), dtype=np.int64)
        return micros(distribution, self.uniforms(purpose, n))

    def counts(self, purpose: str, distribution: Distribution, n: int) -> I32:
        """A number of turns for each row : int32[n]."""
        if isinstance(distribution, Constant):
            return np.full(n, round(distribution.mean), dtype=np.int32)
        return counts(distribution, self.uniforms(purpose, n)).astype(np.int32)

    def switch(self, purpose: str, share: float, n: int) -> Bool:
        """Whether each row is of a share : bool[n]."""
        if share in (0, 1):
            return np.full(n, share == 1)
        return self.uniforms(purpose, n) < share
