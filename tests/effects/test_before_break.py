"""No customer waits through a lunch: agents who take no new chats in the last minutes before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ccsim.tables import SECOND
from tests.effects.conftest import Run
from tests.effects.test_features import CHAT, HOUR, MORNING, agents, centre


def test_nobody_waits_through_the_break(run: Callable[..., Run]) -> None:
    """Chats of about four minutes: within a quarter of an hour they are over, and none waits for the half hour off."""
    doc = centre(
        {"chat": CHAT | {"volume": MORNING | {"per_day": 360}}}, {"front": agents(4, "chat", concurrency={"chat": 3})}
    )
    shift = {"agents": 4, "hours": "07:00-18:00", "breaks": [{"length": "30min", "between": "09:00-11:00"}]}
    doc["team"]["front"]["shifts"] = [shift]
    on, off = run(doc, {"team.front.before_break": "15min"}), run(doc)

    def reply_waits(result: Run) -> np.ndarray[Any, np.dtype[np.float64]]:
        """From a message after the first to the work on it, in seconds."""
        log = result.log
        later = (log.agent >= 0) & ~np.isin(np.arange(len(log.agent)), log.first_turn)
        return (log.start - log.message)[later] / SECOND

    assert np.sum(reply_waits(off) > HOUR / 4) > 3
    assert reply_waits(on).max() < HOUR / 4
