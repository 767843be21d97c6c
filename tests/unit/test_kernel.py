"""Subtle rules of docs/model.md on the compiled engine, compiled and as plain Python; seconds, worked out by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.engine import compilation, compiled
from ccsim.tables import NEVER, SECOND, Log, Outcome, Outside, Plan
from tests.tables_by_hand import FOREVER, contact, make_plan, make_workload, queue, team

Run = Callable[[list[dict[str, Any]], Plan], Log]


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
def run(request: pytest.FixtureRequest) -> Run:
    return lambda roots, plan: compiled.simulate(make_workload(roots, plan), plan, jit=request.param)


def seconds(times: Any) -> list[float | None]:
    return [None if t == NEVER else t / SECOND for t in times.tolist()]


def outcomes(log: Log) -> list[Outcome]:
    return [Outcome(code) for code in log.outcome]


def stretches(log: Log) -> list[tuple[float | None, ...]]:
    """(contact, agent, since, start, end)"""
    ids = zip(log.stretch_contact.tolist(), log.stretch_agent.tolist(), strict=True)
    times = zip(*(seconds(t) for t in (log.stretch_since, log.stretch_start, log.stretch_end)), strict=True)
    return [(*i, *t) for i, t in zip(ids, times, strict=True)]


def presences(log: Log) -> list[tuple[float | None, ...]]:
    """(shift, start, end)"""
    times = zip(seconds(log.presence_start), seconds(log.presence_end), strict=True)
    return [(s, *t) for s, t in zip(log.presence_shift.tolist(), times, strict=True)]


def test_patience_that_ends_as_the_agent_becomes_free_is_served(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    log = run([contact(0, 0, [60]), contact(0, 10, [60], patience=50), contact(0, 20, [60], patience=40.5)], plan)
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.RESOLVED, Outcome.ABANDONED]
    assert seconds(log.start) == [0, 60, None]
    assert seconds(log.left) == [60, 120, 60.5]
    assert stretches(log)[2] == (2, -1, 20, 60.5, 60.5)
    assert seconds(log.queue_area) == [50 + 40.5]


def test_a_call_whose_patience_ends_with_the_ringing_is_answered(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    calls = [contact(0, 0, [60], patience=5, answer_delay=5), contact(0, 100, [60], patience=4, answer_delay=5)]
    log = run(calls, plan)
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.ABANDONED]
    assert seconds(log.start) == [5, None]
    assert stretches(log) == [(0, 0, 0, 0, 65), (1, 0, 100, 100, 104)]


def test_two_slots_share_one_mind(run: Run) -> None:
    """Two chats at once, the older message first; the slowdown counts the sessions at the start of work."""
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2}, slowdown=[1.0, 1.5])])
    log = run([contact(0, 0, [30, 20], [40]), contact(0, 10, [40]), contact(0, 20, [10])], plan)
    # contact 0 worked 0-30 alone, contact 1 30-90 (40 × 1.5), contact 0's answer of 70 waits to 90, works 20 × 1.5
    # (contact 2 took the slot of contact 1 at 90, but its message of 20 is older: 90-105, then 105-125 alone)
    assert seconds(log.start) == [0, 105, 30, 90]
    assert seconds(log.reply) == [30, 125, 90, 105]
    assert stretches(log) == [(0, 0, 0, 0, 125), (1, 0, 10, 10, 90), (2, 0, 20, 90, 105)]


def test_silent_abandonment_is_worked_in_vain_and_holds_its_slot(run: Run) -> None:
    plan = make_plan([queue("live_chat", idle_timeout=45)], [team({0: 1})])
    log = run([contact(0, 0, [60]), contact(0, 10, [30, 30], [5], patience=20, silent=True, wrap_up=9)], plan)
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.SILENTLY_ABANDONED]
    assert seconds(log.left) == [60, 30]
    assert seconds(log.closed) == [60, 135]  # worked 60-90, then the idle timeout
    assert stretches(log)[1] == (1, 0, 10, 60, 135)
    assert log.messages.tolist() == [1, 1]


def test_an_answer_at_the_timeout_is_in_time_and_a_later_one_returns(run: Run) -> None:
    plan = make_plan([queue("live_chat", idle_timeout=45)], [team({0: 1})])
    log = run([contact(0, 0, [10, 10, 10, 10], [45, 46, 5], comes_back=contact(0, work=[]))], plan)
    # turns 0-10 and 55-65; timed out at 110; the return arrives at 111 with the two turns that remained
    assert outcomes(log) == [Outcome.TIMED_OUT, Outcome.RESOLVED]
    assert seconds(log.left) == [110, 136]
    assert log.first_turn.tolist() == [0, 2]
    assert log.turns.tolist() == [4, 2]
    assert seconds(log.message) == [0, 55, 111, 126]


def test_parked_resumes_with_its_agent_alone_then_with_anyone(run: Run) -> None:
    """Agent 0 has both contacts in turn; the resumed one waits 20 s for them although agent 1 is free."""
    plan = make_plan(
        [queue("messaging", idle_timeout=10, same_agent_for=20, reread_after=0, reread_work=3)],
        [team({0: 1}, agents=[[(0, FOREVER)], [(30, FOREVER)]])],
    )
    log = run([contact(0, 0, [10, 10], [40]), contact(0, 20, [100])], plan)
    assert stretches(log) == [(0, 0, 0, 0, 20), (0, 1, 50, 70, 83), (1, 0, 20, 20, 120)]
    assert seconds(log.reread) == [0, 3, 0]


def test_over_capacity_takes_a_resumed_contact_above_the_limit(run: Run) -> None:
    plan = make_plan([queue("messaging", idle_timeout=10, over_capacity=True)], [team({0: 1})])
    log = run([contact(0, 0, [10, 10], [40]), contact(0, 20, [100])], plan)
    assert stretches(log) == [(0, 0, 0, 0, 20), (0, 0, 50, 50, 130), (1, 0, 20, 20, 120)]
    assert seconds(log.start) == [0, 120, 20]


def test_overflow_takes_the_longest_waiting_when_the_queue_grows(run: Run) -> None:
    """The second team helps while more than one waits: it takes the older, then one is not enough."""
    plan = make_plan([queue("phone")], [team({0: 1}), team({0: 2}, longer_than={0: 1})])
    log = run([contact(0, 0, [100]), contact(0, 10, [100]), contact(0, 20, [100])], plan)
    assert seconds(log.start) == [0, 20, 100]
    assert log.agent.tolist() == [0, 1, 0]


def test_overflow_after_a_time(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1}), team({0: 2}, after={0: 30})])
    log = run([contact(0, 0, [100]), contact(0, 10, [100])], plan)
    assert seconds(log.start) == [0, 40]
    assert log.agent.tolist() == [0, 1]


def test_a_reservation_keeps_the_agent_until_the_last_call_is_taken(run: Run) -> None:
    """The chat waits while a call waits that the agent could take, although a chat would fit."""
    plan = make_plan(
        [queue("phone", reserved=True), queue("live_chat")],
        [team({0: 1, 1: 1}, {0: 1, 1: 2})],
    )
    log = run([contact(1, 0, [100]), contact(0, 10, [50]), contact(1, 20, [10])], plan)
    assert stretches(log) == [(0, 0, 0, 0, 100), (1, 0, 10, 100, 150), (2, 0, 20, 150, 160)]


def test_shift_end_keeps_chats_hands_over_messaging(run: Run) -> None:
    """Work in hand is finished; the kept chat is worked on in the overrun; the messaging contact is detached."""
    plan = make_plan(
        [queue("live_chat"), queue("messaging")],
        [team({0: 1, 1: 1}, {0: 2, 1: 2}, agents=[[(0, 100)]], overrun=60), team({1: 1}, agents=[[(100, 400)]])],
    )
    log = run([contact(0, 0, [20, 15], [90]), contact(1, 30, [90, 10], [30])], plan)
    # chat: 0-20, answer at 110; messaging: work 30-120 over the shift's end, then handed over, answer at 150 to agent 1
    assert seconds(log.start) == [0, 120, 30, 150]
    assert stretches(log) == [(0, 0, 0, 0, 135), (1, 0, 30, 30, 120), (1, 1, 150, 150, 160)]
    assert presences(log) == [(0, 0, 135), (1, 100, 400)]


def test_an_instant_is_no_presence(run: Run) -> None:
    """On a break until the shift's end, the agent answers the chat that is kept in no time."""
    plan = make_plan([queue("live_chat")], [team({0: 1}, agents=[[(0, 100, [(50, 100)])]])])
    assert presences(run([contact(0, 0, [10, 0], [60])], plan)) == [(0, 0, 50)]


def test_the_latest_message_has_gone_to_another_agent(run: Run) -> None:
    """At 100 agent 0 keeps the chats and loses contact 2, whose message came last; at 150 they turn to contact 1.

    Contact 2 waits at agent 1, who is busy with contact 3 until 360.
    """
    plan = make_plan(
        [queue("live_chat"), queue("messaging")],
        [team({0: 1, 1: 1}, {0: 3, 1: 3}, agents=[[(0, 100)]]), team({1: 1}, {1: 2}, agents=[[(50, 1000)]])],
    )
    log = run([contact(0, 0, [150]), contact(0, 10, [30]), contact(1, 20, [10]), contact(1, 60, [300])], plan)
    assert seconds(log.start) == [0, 150, 360, 60]
    assert log.agent.tolist() == [0, 0, 1, 1]


def test_the_overrun_hands_over_what_is_left(run: Run) -> None:
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2}, agents=[[(0, 100)], [(100, 400)]], overrun=60)])
    log = run([contact(0, 0, [20, 15], [150])], plan)
    assert stretches(log) == [(0, 0, 0, 0, 160), (0, 1, 170, 170, 185)]
    assert presences(log) == [(0, 0, 160), (1, 100, 400)]


def test_a_pause_lets_work_in_hand_finish_and_messages_wait(run: Run) -> None:
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2}, agents=[[(0, 300, [(50, 100)])]])])
    log = run([contact(0, 0, [20, 10], [40]), contact(0, 40, [20])], plan)
    # contact 1 worked 40-60 into the pause; contact 0's answer of 60 waits for its end
    assert seconds(log.start) == [0, 100, 40]
    assert presences(log) == [(0, 0, 60), (0, 100, 300)]


def test_work_that_ends_with_the_shift_is_followed_by_none(run: Run) -> None:
    """Duty is read from the clock, also for the events before the shift's end at that instant."""
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 60)], [(60, 600)]])])
    log = run([contact(0, 0, [60]), contact(0, 10, [30])], plan)
    assert log.agent.tolist() == [0, 1]
    assert seconds(log.start) == [0, 60]


def test_held_contacts_wait_for_the_opening_and_their_patience_too(run: Run) -> None:
    plan = make_plan(
        [queue("messaging", outside=Outside.HOLD, hours=[(100, 200), (300, 400)])], [team({0: 1}, {0: 1})], end=500
    )
    log = run([contact(0, 10, [60], patience=50), contact(0, 20, [60], patience=70), contact(0, 30, patience=90)], plan)
    # 1 is taken at 160, as 0 is done; 2's patience: 100-190 is 90 s of opening
    assert seconds(log.start) == [100, 160, None]
    assert seconds(log.left) == [160, 220, 190]


def test_blocked_when_as_many_wait_and_no_agent_is_there(run: Run) -> None:
    """A blocked contact has a message and no stretch, and may retry."""
    plan = make_plan([queue("phone", max_waiting=1)], [team({0: 1})])
    log = run([contact(0, 0, [100]), contact(0, 10), contact(0, 20, retry=contact(0, after=90))], plan)
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.RESOLVED, Outcome.BLOCKED, Outcome.RESOLVED]
    assert log.messages.tolist() == [1, 1, 1, 1]
    assert log.stretch_contact.tolist() == [0, 1, 3]
    assert seconds(log.arrival) == [0, 10, 20, 110]


def test_a_transfer_takes_its_agent_along(run: Run) -> None:
    plan = make_plan([queue("live_chat"), queue("video")], [team({0: 1, 1: 1}, {0: 2, 1: 1})])
    video = contact(1, work=[60], keep_agent=True)
    log = run([contact(0, 0, [30, 30], [5], transfer=video), contact(1, 10, [10])], plan)
    assert outcomes(log) == [Outcome.TRANSFERRED, Outcome.RESOLVED, Outcome.RESOLVED]
    assert stretches(log) == [(0, 0, 0, 0, 30), (1, 0, 10, 90, 100), (2, 0, 30, 30, 90)]


def test_horizon_writes_down_what_is_still_going_on(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1})], end=50, drain=30, warm_up=20)
    log = run([contact(0, 10, [100]), contact(0, 30, [100])], plan)
    assert outcomes(log) == [Outcome.OPEN, Outcome.OPEN]
    assert seconds(log.reply) == [None, None]
    assert stretches(log) == [(0, 0, 10, 10, 80), (1, -1, 30, 80, 80)]
    assert seconds(log.queue_area) == [20]
    assert seconds(log.open_area) == [30 + 20]


@pytest.mark.parametrize(
    ("policy", "agents"),
    [
        ("least_loaded", [0, 1, 2, 0, 2]),  # one each, then by id; at 60 agent 2 has none
        ("longest_idle", [0, 0, 0, 1, 1]),  # agent 0 to the brim; at 60 agent 0 has ended a session
        ("most_loaded", [0, 0, 0, 1, 0]),  # at 60 agent 0 has two sessions, agent 1 one
        ("fixed_order", [0, 0, 0, 1, 0]),
    ],
)
def test_agents_are_chosen_by_the_policy(run: Run, policy: str, agents: list[int]) -> None:
    """Three agents of three slots; contact 0 ends at 50, contact 2 at 41 if it is with another agent."""
    roots = [contact(0, 0, [50]), contact(0, 1, [1000]), contact(0, 2, [39]), contact(0, 3, [1000]), contact(0, 60)]
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 3}, agents=[[(0, FOREVER)]] * 3)], agent=policy)
    assert run(roots, plan).stretch_agent.tolist() == agents


def test_memory_grows_when_it_runs_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parked after every reply, a contact of 20 turns has 20 stretches, and 30 of them many events at a time."""
    plan = make_plan([queue("messaging", idle_timeout=1)], [team({0: 1}, {0: 9}, agents=[[(0, FOREVER)]] * 3)])
    roots = [contact(0, i, [7] * 20, [11 + i % 5] * 19, patience=2000) for i in range(30)]
    ample = run(roots, plan)
    assert ample.stretch_contact.tolist() == [c for c in range(30) for _ in range(20)]
    monkeypatch.setattr(compiled, "ROOM", 8)
    for column, same in zip(run(roots, plan), ample, strict=True):
        assert np.array_equal(column, same)


def test_the_cache_is_of_the_sources_and_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other numba or sources, other folder; where the cache folder is none, one beside other temporary files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = compilation.folder.__wrapped__
    folder = place()
    assert folder.is_relative_to(tmp_path)
    assert folder == place()
    with monkeypatch.context() as other:
        other.setattr(compilation, "version", lambda _: "2")
        assert folder != place()
    monkeypatch.setattr(compilation.tables, "__file__", __file__)
    assert folder != place()
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert place().is_relative_to(tmp_path)


def test_arrays_that_cannot_be_written_are_taken_too() -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    workload = make_workload([contact(0, 0, [60])], plan)
    for column in workload:
        column.flags.writeable = False
    assert seconds(compiled.simulate(workload, plan, jit=False).reply) == [60]
