"""Events of one instant have an order that a log does not show: the audit accepts each that the rules allow."""

from __future__ import annotations

import tomllib

import pytest

from ccsim.engine import simulate
from ccsim.engine.audit import audit
from ccsim.lowering import lower
from ccsim.scenario.read import parse
from ccsim.tables import SECOND, Outcome
from ccsim.workload.sample import sample

HANDED_OVER = """
start = 2026-03-02
days = 1
drain = "2h"

[queue.chat]
channel = "live_chat"
open = { mon = ["08:00-12:00", "13:00-17:00"] }
outside_hours = "hold"
volume = { log = "chats.csv", arrived_at = "t" }
turns = 2
work = "10m"
wrap_up = "0s"
reply_latency = "0s"
patience = "never"
reply_patience = "5m"
idle_timeout = "1h"
silent_abandonment = 0.0

[team.a]
skills = { chat = 1 }
end_of_shift = "hand_over"
shifts = [{ agents = 1, days = "mon", hours = "08:00-12:00" }]
"""


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_message_at_the_instant_its_session_is_handed_over(engine: str) -> None:
    """At 12:05 the agent replies and is gone, the queue closed; the customer answers at that instant."""
    scenario = parse(tomllib.loads(HANDED_OVER), given={"chats.csv": b"t\n2026-03-02T11:55:00\n"})
    plan, _ = lower(scenario)
    workload = sample(scenario, 0)
    log = simulate(engine, workload, plan)
    assert log.outcome.tolist() == [Outcome.LOST]
    assert log.left.tolist() == [(13 * 60 + 5) * 60 * SECOND]  # its patience begins when the queue opens again
    assert audit(workload, plan, log) == []
    for wrong in (-60 * SECOND, 60 * SECOND):
        times = ("left", "closed", "stretch_start", "stretch_end")
        late = {name: getattr(log, name) + wrong * (getattr(log, name) == log.left) for name in times}
        changed = log._replace(**late)
        assert any("patience" in fault for fault in audit(workload, plan, changed))
