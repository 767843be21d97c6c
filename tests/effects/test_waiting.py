"""What waiting does to customers and agents, and what nobody answers: two runs on the same random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ccsim.tables import NEVER, SECOND, Outcome
from tests.effects.conftest import Doc, Run
from tests.effects.test_ai_agents import MANY, chats
from tests.effects.test_features import CALLS, HOUR, THREAD, agents, centre, four_errors

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


WAITING: Doc = {"after": "2m", "factor": 1.5}


def hotline(**changes: Any) -> Doc:
    """Eight agents who are almost always busy, so that callers wait."""
    phone = CALLS | {"volume": MANY | {"per_day": 480}, "wrap_up": "30s", "work": {"mean": "4m", "cv": 0.5}} | changes
    return centre({"phone": phone}, {"agents": agents(8, "phone")})


def test_who_has_waited_takes_longer(run: Runner) -> None:
    """Half as much work again for who has waited two minutes, and therefore longer waits for those behind."""
    on, off = run(hotline(work_after_wait=[WAITING, {"after": "20m", "factor": 2.0}])), run(hotline())
    wait = (on.log.start - on.log.message) / SECOND
    factor = np.select([wait >= 1200, wait >= 120], [2.0, 1.5], 1.0)
    assert {1.0, 1.5} <= set(factor)
    assert np.array_equal(on.log.reply - on.log.start, np.rint(on.workload.work * factor))
    assert on.queue("phone", "asa") > off.queue("phone", "asa")
    assert on.queue("phone", "handle_mean") > off.queue("phone", "handle_mean")
    assert all(np.array_equal(a, b) for a, b in zip(on.workload, off.workload, strict=True))


def test_it_goes_together_with_handle_times_pace_and_residue(run: Runner) -> None:
    """Longer calls by the hour, of slower agents, of what a bot left: the factors are multiplied."""
    bot = {"contains": 0.3, "time": "10s", "residue": 1.2}
    work = {"mean": "4m", "cv": 0.5, "profile": [["09:00", 1.1]]}
    doc = hotline(work=work, bot=bot, work_after_wait=[WAITING])
    on = run(doc, {"team.agents.pace": {"mean": 1.1, "cv": 0.2}})
    worked = on.log.start < NEVER
    wait, agent = (on.log.start - on.log.message)[worked], on.log.agent[worked]
    pace = on.plan.pace[0, 0] * on.workload.agent_pace[agent]
    took = on.workload.work[worked] * pace * np.where(wait >= 120 * SECOND, 1.5, 1.0)
    assert np.array_equal((on.log.reply - on.log.start)[worked], np.rint(took))
    plain = run(hotline()).workload.work
    residue, longer = 1.2, 1.2 * 1.1
    ratio = np.unique(np.round(on.workload.work[worked] / plain[worked], 5))
    assert ratio.tolist() == pytest.approx([residue, longer])


def test_agents_tire(run: Runner) -> None:
    """A tenth more work from two hours after the shift's begin or a break on; fresh again after it."""
    team = agents(30, "phone", fatigue=[{"after": "2h", "factor": 1.1}])
    team["shifts"] = [{"agents": 30, "hours": "08:00-14:00", "breaks": ["11:00-11:30"]}]
    calls = CALLS | {"volume": MANY | {"per_day": 300}, "wrap_up": "30s"}
    on = run(centre({"phone": calls}, {"agents": team}))
    off = run(centre({"phone": calls}, {"agents": team | {"fatigue": []}}))
    hour = on.log.start / SECOND / HOUR
    tired = (hour >= 10) & (hour < 11.5) | (hour >= 13.5)
    assert 0 < tired.sum() < len(tired)
    assert np.array_equal(on.log.reply - on.log.start, np.rint(on.workload.work * np.where(tired, 1.1, 1.0)))
    hour = on.log.reply / SECOND / HOUR
    tired = (hour >= 10) & (hour < 11.5) | (hour >= 13.5)
    assert np.array_equal(on.log.closed - on.log.left, np.rint(on.workload.wrap_up * np.where(tired, 1.1, 1.0)))
    assert on.team("agents", "utilisation") > off.team("agents", "utilisation")


def test_who_tries_again_waits_less(run: Runner) -> None:
    """Half as long each time, of the same draws: each attempt fails more often, and first ones less: they wait less."""
    retry = {"share": 1.0, "after": "3m", "patience": 0.5}
    doc = hotline(patience={"mean": "2m", "cv": 1.0}, retry=retry)
    on, off = run(doc), run(doc, {"queue.phone.retry.patience": 1.0})
    again = on.workload.generation
    assert np.array_equal(on.workload.patience, np.rint(off.workload.patience * 0.5**again))
    assert np.array_equal(on.workload.work, off.workload.work)
    failed, before = (
        [np.mean(r.log.outcome[(r.log.arrival < NEVER) & (again == n)] == Outcome.ABANDONED) for n in range(4)]
        for r in (on, off)
    )
    assert failed == sorted(failed)
    assert failed[3] > failed[0] + 0.3
    assert failed[0] < before[0]


def test_who_has_waited_buys_less(run: Runner) -> None:
    """Each of the served is worth half after two minutes, nothing after ten; nothing else moves."""
    steps = [{"after": "2m", "factor": 0.5}, {"after": "10m", "factor": 0.0}]
    retry = {"share": 1.0, "after": "3m"}
    doc = hotline(patience={"mean": "2m"}, retry=retry, value=8.0)
    on, off = run(doc, {"queue.phone.value_after_wait": steps}), run(doc)
    log, root = on.log, on.workload.root
    answered = np.flatnonzero(log.outcome == Outcome.RESOLVED)  # one contact of a chain at most
    wait = (log.start[log.first_turn[answered]] - log.arrival[root[answered]]) / SECOND
    lost = 8 * np.select([wait >= 600, wait >= 120], [1.0, 0.5], 0.0)
    assert set(lost) == {0, 4, 8}
    assert on.queue("phone", "value_lost_by_wait") == lost.sum()
    assert on.queue("phone", "value_lost") == pytest.approx(off.queue("phone", "value_lost") + lost.sum())
    assert np.array_equal(on.log.closed, off.log.closed)
