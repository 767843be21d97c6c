"""How far conversations have got of which a log has the first answer alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from ccsim.lowering import lower
from ccsim.scenario import read
from ccsim.tables import SECOND, Outcome
from ccsim.today.conversations import positions, progress
from ccsim.today.observed import Contact, Observed, Turn, table
from ccsim.workload.sample import sample


def chats(**queue: Any) -> Any:
    chat = {"channel": "live_chat", "open": "always", "volume": {"per_hour": 60}} | queue
    return read.parse({
        "name": "Chats", "start": date(2026, 3, 4), "days": 1, "seed": 5, "queue": {"chat": chat},
        "team": {"all": {"skills": {"chat": 1}, "shifts": [{"agents": 3, "hours": "always"}]}},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("lasted", "pace", "works", "since", "left", "turns"),
    [
        (10, 1, True, 10, 20, 3), (30, 1, False, 0, 60, 3), (100, 1, True, 10, 20, 2), (299, 1, True, 29, 1, 0),
        (300, 1, False, 0, 0, 0), (10, 0.5, True, 10, 5, 3), (100, 0.5, False, 10, 50, 2),
    ],
)  # fmt: skip
def test_a_conversation_is_where_one_of_its_queue_is(
    lasted: int, pace: float, works: bool, since: int, left: int, turns: int
) -> None:
    """Of four turns of half a minute, with a minute between them; nothing is left after five minutes."""
    scenario = chats(turns=4, work="30s", reply_latency="1m")
    work, plan = sample(scenario, 0), lower(scenario)[0]
    found = positions(work, work.turns, plan, 0, np.array([lasted * SECOND]), np.array([pace]), np.array([0.4]))
    assert [int(column[0]) for column in found] == [works, since * SECOND, left * SECOND, turns]


def test_who_would_have_timed_out_is_not_there_any_more() -> None:
    """All customers are silent for longer than the session waits: nobody is at a second turn."""
    scenario = chats(turns=4, work="30s", reply_latency="7m", idle_timeout="2m")
    work, plan = sample(scenario, 0), lower(scenario)[0]
    found = positions(work, work.turns, plan, 0, np.array([149, 151]) * SECOND, np.ones(2), np.full(2, 0.4))
    assert found.left.tolist() == [(7 * 60 - 119) * SECOND, 0]


def test_shared_attention_has_had_what_its_agent_had_for_it() -> None:
    """Ten minutes, of which one other was there for the first hundred seconds of two and for the last three hundred."""
    plan = lower(chats(work_by_concurrency=["3m", "4m", "6m"]))[0]
    over = Contact(0, 99, [Turn(99, 100 * SECOND, 200 * SECOND, "al")], Outcome.RESOLVED, 200 * SECOND, 200 * SECOND)
    here = [Contact(0, 0, [Turn(0, begun * SECOND, agent=who)]) for begun, who in ((0, "al"), (300, "al"), (0, ""))]
    observed = Observed(600 * SECOND, (over, *here), (), False, False, frozenset({0}))
    had = progress(table(observed, plan), plan, observed.at)
    assert had / SECOND == pytest.approx([0, 100 + 75 + 100 + 225, 225, 600])
