"""What waiting does to customers and agents, and what nobody answers: two runs on the same random numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ccsim.tables import NEVER, SECOND, Outcome
from tests.effects.conftest import Run
from tests.effects.test_ai_agents import chats
from tests.effects.test_features import HOUR, THREAD, agents, centre, four_errors

Runner = Callable[..., Run]


@pytest.mark.parametrize("channel", ["live_chat", "messaging"])
def test_many_conversations_end_with_a_thanks(run: Runner, channel: str) -> None:
    """It takes time to read, and holds the session or opens it again; nothing else of anybody changes."""
    changes = {"channel": channel, "reply_latency": {"mean": "1m", "cv": 1.0}, "idle_timeout": "2m", "wrap_up": "20s"}
    enough = {"team.agents.shifts.0.agents": 400, "team.agents.concurrency": {"chat": 1}}
    on = run(chats(closing_word={"share": 0.6, "work": "10s"}, **changes), enough)
    off = run(chats(**changes), enough)
    read = on.workload.closing & (on.log.reply < NEVER)
    words = on.queue("chat", "closing_words")
    assert words == read.sum() > 0
    if channel == "messaging":
        assert words / 1000 == pytest.approx(0.6, abs=four_errors(0.6, 1000))
    else:  # only who is back in time finds the chat open
        late = np.mean(off.workload.latency[off.workload.latency < NEVER] > 120 * SECOND)
        resolved = off.queue("chat", "resolved")
        assert words / resolved == pytest.approx(0.6 * (1 - late), abs=four_errors(0.6, resolved))
    for name in ("offered", "resolved", "asa", "service_level", "response_mean", "reply_wait_mean", "turns_mean",
                 "resolution_mean", "open", "timed_out", "backlog_max"):  # fmt: skip
        assert on.queue("chat", name) == pytest.approx(off.queue("chat", name), abs=1e-9, nan_ok=True), name
    # not open from the last answer on, without a word until the end of the wrap-up
    open_mean = off.queue("chat", "open_mean") - 20 * words / (24 * HOUR)
    assert on.queue("chat", "open_mean") == pytest.approx(open_mean)
    handled = on.queue("chat", "work_hours") - off.queue("chat", "work_hours")
    assert handled * 3600 == pytest.approx(10 * words, abs=1e-6)
    assert on.queue("chat", "session_mean") > off.queue("chat", "session_mean") + 10 * words / 1000
    assert np.array_equal(on.workload.work[~on.workload.closing], off.workload.work)


def test_a_thanks_opens_a_parked_thread_again(run: Runner) -> None:
    """The agents' only slots are taken to read it, so that others wait."""
    thread = THREAD | {"turns": 1, "idle_timeout": "1m", "reply_latency": "20m", "service_level": "80/60"}
    doc = centre({"inbox": thread}, {"agents": agents(2, "inbox", concurrency={"inbox": 1})})
    word = {"queue.inbox.closing_word": {"share": 1.0, "work": "90s"}}
    on, off = run(doc, word), run(doc)
    resolved = on.log.outcome == Outcome.RESOLVED
    sessions = np.bincount(on.log.stretch_contact[on.log.stretch_agent >= 0], minlength=len(resolved))
    assert (sessions[resolved] == 2).all()
    assert on.queue("inbox", "asa") > off.queue("inbox", "asa")
    assert on.queue("inbox", "closing_words") == resolved.sum()
