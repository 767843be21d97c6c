"""Finer rules of docs/model.md in the reference engine, times worked out by hand in seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccsim.engine.reference import simulate
from ccsim.tables import NEVER, SECOND, Log, Outcome, Outside, Plan
from tests.tables_by_hand import FOREVER, contact, make_plan, make_workload, queue, team


def run(plan: Plan, *roots: dict[str, Any]) -> Log:
    return simulate(make_workload(roots, plan), plan)


def seconds(column: Any) -> list[float | None]:
    return [None if t == NEVER else t / SECOND for t in column.tolist()]


def stretches(log: Log, c: int) -> list[tuple[float | None, ...]]:
    """(agent, since, start, end)"""
    mine = log.stretch_contact == c
    times = zip(*(seconds(t[mine]) for t in (log.stretch_since, log.stretch_start, log.stretch_end)), strict=True)
    return [(agent, *row) for agent, row in zip(log.stretch_agent[mine].tolist(), times, strict=True)]


def presences(log: Log) -> list[tuple[float | None, ...]]:
    """(shift, start, end)"""
    return list(zip(log.presence_shift.tolist(), seconds(log.presence_start), seconds(log.presence_end), strict=True))


def outcomes(log: Log) -> list[Outcome]:
    return [Outcome(code) for code in log.outcome]


def test_work_that_ends_with_the_shift_is_followed_by_none() -> None:
    # 3: on shift is shift start ≤ t < shift end; at 100 the reply is given, but the waiting contact is not taken and
    # the kept session's message of 95 is worked on in the overrun, by the event "agents leave" of the same instant
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2}, agents=[[(0, 100)]], overrun=50)], end=200, drain=0)
    log = run(plan, contact(0, 0, [100]), contact(0, 95, [10]), contact(0, 97, [10]))
    assert seconds(log.start) == [0, 100, None]
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.RESOLVED, Outcome.OPEN]
    assert stretches(log, 2) == [(-1, 97, 200, 200)]
    assert presences(log) == [(0, 0, 110)]


def test_presence_over_pauses_and_between_shifts() -> None:
    # work in hand of 10–70 goes over the pause 50–60: present throughout. Nothing is in hand at the pause of 140;
    # the sessions kept bring the agent back at 200, where the shift ends; the next shift ends overtime at 300
    plan = make_plan(
        [queue("live_chat")],
        [team({0: 1}, {0: 3}, agents=[[(0, 200, [(50, 60), (140, 200)]), (300, 400)]], overrun=200)],
        end=500,
        drain=0,
    )
    for last_work in (30, 40):  # from 270 up to the next shift, and into it
        log = run(
            plan,
            contact(0, 10, [60]),
            contact(0, 130, [5, 20], [75]),  # reply at 135, message at 210, reply at 230
            contact(0, 135, [1, last_work], [134]),  # reply at 136, message at 270
        )
        assert seconds(log.start) == [10, 130, 210, 135, 270]
        assert presences(log) == [(0, 0, 140), (0, 200, 300), (1, 300, 400)]


def test_a_hand_over_waits_for_the_end_of_the_work_in_hand() -> None:
    # 3: A is in work at 100 and handed over at 120, its next message (130) goes to agent 1; B's pending message waits
    # unassigned from 100, but its waiting since is 90: it goes before C of 95
    plan = make_plan(
        [queue("email")],
        [team({0: 1}, {0: 2}, agents=[[(0, 100)], [(110, FOREVER)]])],
    )
    log = run(plan, contact(0, 80, [40, 5], [10]), contact(0, 90, [10]), contact(0, 95, [10]))
    assert stretches(log, 0) == [(0, 80, 80, 120), (1, 130, 130, 135)]
    assert stretches(log, 1) == [(0, 90, 90, 100), (1, 100, 110, 120)]
    assert stretches(log, 2) == [(1, 95, 110, 130)]
    assert seconds(log.start) == [80, 130, 110, 120]


def test_an_expiry_before_the_reply_happens_at_the_reply() -> None:
    # 2.6: message 0, expires after 100, replied at 150: x = 150 as the next message would come later, and it frees the
    # slot; with no latency the message comes at 150 and is in time
    plan = make_plan([queue("email", idle_timeout=60, expires_after=100)], [team({0: 1})])
    log = run(plan, contact(0, 0, [150, 10], [1]), contact(0, 200, [150, 10], [0]))
    assert outcomes(log) == [Outcome.EXPIRED, Outcome.RESOLVED]
    assert seconds(log.left) == [150, 360]
    assert stretches(log, 0) == [(0, 0, 0, 150)]


def test_a_return_takes_the_remaining_slots_and_its_own_row_for_the_rest() -> None:
    # 2.6 and 2.9: reply at 10, timeout at 15, return at 30 with slots 1 and 2; the returned row is transferred
    # after its second turn (draw of turn 1 of 2), so after slot 2
    back = contact(0, work=[], transfer=contact(1, work=[7]))
    plan = make_plan([queue("live_chat", idle_timeout=5), queue("email")], [team({0: 1, 1: 1})])
    workload = make_workload([contact(0, 0, [10, 20, 30], [20, 3], comes_back=back, wrap_up=99)], plan)
    workload.transfer_draw[1] = 1 << 30  # a half: turn 1 of 2
    log = simulate(workload, plan)
    assert log.first_turn.tolist() == [0, 1, 3]
    assert log.turns.tolist() == [3, 2, 1]
    assert log.messages.tolist() == [1, 2, 1]
    assert log.parent.tolist() == [-1, 0, 1]
    assert outcomes(log) == [Outcome.TIMED_OUT, Outcome.TRANSFERRED, Outcome.RESOLVED]
    assert seconds(log.arrival) == [0, 30, 83]
    assert seconds(log.reply) == [10, 50, 83, 90]


def test_a_held_message_resumes_with_its_own_agent_at_opening() -> None:
    # 2.7: the message of 60 is held to 100; agent 0 is in a call until 130, so it is bound until 100 + 40 (not 60 + 40)
    # although agent 1 is free, and agent 0 has it back at 130
    plan = make_plan(
        [
            queue("email", idle_timeout=0, outside=Outside.HOLD, hours=[(0, 50), (100, 300)], same_agent_for=40),
            queue("phone"),
        ],
        [team({0: 1, 1: 1}, {0: 2}), team({0: 2}, {0: 2})],
    )
    log = run(plan, contact(0, 0, [10, 5], [50]), contact(1, 20, [110]))
    assert stretches(log, 0) == [(0, 0, 0, 10), (0, 60, 130, 135)]
    # a call until 150 is too long: agent 1 has it at 140
    log = run(plan, contact(0, 0, [10, 5], [50]), contact(1, 20, [130]))
    assert stretches(log, 0) == [(0, 0, 0, 10), (1, 60, 140, 145)]


def test_a_message_at_the_opening_is_not_held_and_one_at_the_closing_is() -> None:
    # hours are half-open: the message of 100 comes to the open queue before the event "opens" (nobody held); the reply
    # patience of 30 would run out at 130 either way. At closing (200) the message is held: patience stands still
    plan = make_plan(
        [queue("email", idle_timeout=0, outside=Outside.HOLD, hours=[(0, 50), (100, 200), (300, 400)])],
        [team({0: 1}, agents=[[(0, 99), (110, 190)]])],
    )
    log = run(plan, contact(0, 0, [10, 5, 5], [90, 85], reply_patience=[30, 30]))
    assert seconds(log.message) == [0, 100, 200]
    assert seconds(log.start) == [0, 110, None]
    assert (outcomes(log), seconds(log.left)) == ([Outcome.LOST], [330])


def test_bound_contacts_are_released_when_the_shift_ends() -> None:
    # agent 0, in a call over the end of the shift at 100, had the thread: bound from 60, released to agent 1 at 100
    plan = make_plan(
        [queue("messaging", idle_timeout=0, same_agent_for=FOREVER), queue("phone")],
        [team({0: 1, 1: 1}, agents=[[(0, 100)]]), team({0: 2}, agents=[[(20, FOREVER)]])],
    )
    log = run(plan, contact(0, 0, [10, 5], [50]), contact(1, 20, [200]))
    assert stretches(log, 0) == [(0, 0, 0, 10), (1, 60, 100, 105)]
    assert presences(log) == [(0, 0, 220), (1, 20, 7200)]


def test_over_capacity_on_a_pause_gives_the_session_but_no_work() -> None:
    plan = make_plan(
        [queue("messaging", idle_timeout=0, over_capacity=True)],
        [team({0: 1}, agents=[[(0, FOREVER, [(50, 90)])], [(0, FOREVER)]])],
        agent="fixed_order",
    )
    log = run(plan, contact(0, 0, [10, 5], [50]))
    assert stretches(log, 0) == [(0, 0, 0, 10), (0, 60, 60, 95)]
    assert seconds(log.start) == [0, 90]


def test_the_running_integrals_are_clipped_to_the_counted_time() -> None:
    # A is in work 0–40, B waits 10–40 and is in work to 60; counted is [20, 50)
    plan = make_plan([queue("phone")], [team({0: 1})], warm_up=20, end=50, drain=50)
    log = run(plan, contact(0, 0, [40]), contact(0, 10, [20]))
    assert seconds(log.queue_area) == [20]
    assert seconds(log.open_area) == [20 + 30]


def test_the_horizon_cuts_off_what_is_in_hand() -> None:
    # at 100: A in wrap-up keeps its outcome; B in work has no reply; C, silently gone, keeps its outcome, and waits on
    plan = make_plan(
        [queue("live_chat", idle_timeout=10)],
        [team({0: 1}), team({0: 2}, agents=[[(60, FOREVER)]])],
        end=100,
        drain=0,
    )
    log = run(plan, contact(0, 0, [90], wrap_up=20), contact(0, 60, [50]), contact(0, 70, patience=9, silent=True))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.OPEN, Outcome.SILENTLY_ABANDONED]
    assert seconds(log.left) == [90, 100, 79]
    assert seconds(log.closed) == [100, 100, 100]
    assert seconds(log.reply) == [90, None, None]
    assert log.agent.tolist() == [0, 1, -1]
    assert stretches(log, 2) == [(-1, 70, 100, 100)]
    assert presences(log) == [(0, 0, 100), (1, 60, 100)]


def test_the_last_reserved_contact_lifts_the_reservation_within_the_settling() -> None:
    # at 50 agent 0's call ends: it takes the waiting call (longest waiting), which lifts the reservation; the chat that
    # agent 1 had to leave aside is taken at the same instant, by agent 1
    plan = make_plan(
        [queue("phone", reserved=True), queue("live_chat")],
        [team({0: 1, 1: 1}, {1: 2}, agents=[[(0, FOREVER)], [(0, FOREVER)]])],
        agent="fixed_order",
    )
    log = run(plan, contact(0, 0, [50]), contact(1, 1, [90]), contact(0, 10, [20]), contact(1, 20, [5]))
    assert stretches(log, 2) == [(0, 10, 50, 70)]
    assert stretches(log, 3) == [(1, 20, 50, 96)]


def test_length_counts_the_held_and_the_silently_gone() -> None:
    # 2.2: one silently gone contact waits, so the third arrival finds one waiting and is blocked
    plan = make_plan([queue("live_chat", max_waiting=1, idle_timeout=10)], [team({0: 1})])
    log = run(plan, contact(0, 0, [100]), contact(0, 10, [5], patience=5, silent=True), contact(0, 30, [5]))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.SILENTLY_ABANDONED, Outcome.BLOCKED]
    plan = make_plan([queue("email", max_waiting=1, outside=Outside.HOLD, hours=[(50, 100)])], [team({0: 1})])
    log = run(plan, contact(0, 10, [5]), contact(0, 20, [5]))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.BLOCKED]
    assert seconds(log.start) == [50, None]


def test_a_zero_turn_is_over_before_the_next_arrival_of_the_instant() -> None:
    # 5: work ends, of A, comes before the arrival of B at the same instant, which finds the agent free
    plan = make_plan([queue("phone", max_waiting=0)], [team({0: 1})])
    log = run(plan, contact(0, 10, [0]), contact(0, 10, [7]), contact(0, 10, [7]))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.RESOLVED, Outcome.BLOCKED]


def test_work_is_rounded_once_halves_to_even() -> None:
    plan = make_plan([queue("live_chat")], [team({0: 1}, pace={0: 0.5})])
    workload = make_workload([contact(0, 0, [1]), contact(0, 10, [1])], plan)
    workload.work[:] = [5, 7]  # microseconds: 2.5 and 3.5
    log = simulate(workload, plan)
    assert (log.reply - log.start).tolist() == [2, 4]


def test_an_empty_workload_gives_empty_tables_of_the_right_kinds() -> None:
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[])])
    log = run(plan)
    assert log.queue_area.tolist() == [0]
    assert {name for name, column in log._asdict().items() if len(column)} == {"queue_area", "open_area"}
    assert log.outcome.dtype == np.int8
    assert (log.stretch_agent.dtype, log.stretch_start.dtype) == (np.int32, np.int64)
