"""Who hangs or dies costs one case."""

from __future__ import annotations

import os
import signal
from collections import Counter

from tests.fuzz import workers
from tests.fuzz.workers import Outcome


def ends_early(seed: int) -> Outcome:
    if seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    while seed == 2:
        pass
    return Outcome(Counter(["ends"]))


def test_who_hangs_or_dies_is_counted_and_the_next_goes_on() -> None:
    counts = Counter(kind for _, outcome in workers.tried(ends_early, range(4), 1) for kind in outcome.counts)
    assert counts == {"ends": 2, "crash": 1, "hang": 1}
