"""Named random streams: what is drawn for one purpose never moves because of another.

A stream is known by (seed, replication, owner, purpose). Its state is a hash of these names, so a new queue, team or
purpose opens a new stream and leaves all others as they were; nothing depends on the order in which they are opened.
"""

from __future__ import annotations

import hashlib

import numpy as np

from ccsim.draws.durations import SMALLEST
from ccsim.tables import F64


def stream(seed: int, replication: int, owner: str, purpose: str) -> np.random.Generator:
    """The stream of that name, from its beginning. `owner` is named as in the scenario file: `queue.chat`."""
    name = repr((seed, replication, owner, purpose)).encode()
    entropy = int.from_bytes(hashlib.sha256(name).digest()[:16], "little")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def uniforms(rng: np.random.Generator, n: int) -> F64:
    """The next `n` uniforms of a stream : float64[n], in (0, 1) without its ends."""
    u = rng.random(n)
    # numpy draws from [0, 1); the laws' tail at 0 must be finite
    return np.maximum(u, SMALLEST, out=u)
