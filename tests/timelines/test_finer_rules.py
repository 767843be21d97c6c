"""Finer rules of docs/model.md with the log's own tables, times worked out by hand in seconds; by both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ccsim.engine import compiled, reference
from ccsim.engine.audit import audit
from ccsim.tables import NEVER, SECOND, Log, Outcome, Outside, Plan, Workload
from tests.tables_by_hand import FOREVER, contact, make_plan, make_workload, queue, team

ENGINES = {"simpy": reference.simulate, "compiled": compiled.simulate}
_engine = "simpy"


@pytest.fixture(autouse=True, params=list(ENGINES))
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "_engine", request.param)


def simulate(workload: Workload, plan: Plan) -> Log:
    log = ENGINES[_engine](workload, plan)
    assert audit(workload, plan, log) == []
    return log


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


# Section 6. Retries, returns and such are rows behind the roots, in the order of their parents.


def suspensions(log: Log) -> list[tuple[float | None, ...]]:
    """(contact, agent, start, end)"""
    times = zip(seconds(log.suspended_start), seconds(log.suspended_end), strict=True)
    whose = zip(log.suspended_contact.tolist(), log.suspended_agent.tolist(), strict=True)
    return [(*who, *when) for who, when in zip(whose, times, strict=True)]


def test_the_deflected_are_gone_before_anything_else() -> None:
    # 6.1: no message, no stretch, no retry, no bot, whether the queue is open (10) or closed (60)
    plan = make_plan([queue("phone", hours=[(0, 50)], bot_hours=[(0, 99)])], [team({0: 1})])
    rows = [contact(0, at, deflected=True, bot_time=5, retry=contact(0, work=[5])) for at in (10, 60)]
    log = run(plan, *rows)
    assert outcomes(log) == [Outcome.DEFLECTED, Outcome.DEFLECTED, Outcome.NONE, Outcome.NONE]
    assert seconds(log.left) == [10, 60, None, None]
    assert seconds(log.closed) == [10, 60, None, None]
    assert log.messages.tolist() == [0, 0, 0, 0]
    assert len(log.stretch_contact) == 0
    assert seconds(log.open_area) == [0]


def test_the_deflected_take_no_place_in_the_queue() -> None:
    # 6.1 and 2.2: B waits in the only place from 10; the deflected C is not blocked, D is
    plan = make_plan([queue("phone", max_waiting=1)], [team({0: 1})])
    log = run(plan, contact(0, 0, [50]), contact(0, 10, [5]), contact(0, 20, deflected=True), contact(0, 30))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.RESOLVED, Outcome.DEFLECTED, Outcome.BLOCKED]


def test_waits_and_patience_count_from_the_end_of_the_bot() -> None:
    # 6.2: B talks to the bot 5–25, waits for the agent who is busy to 40, and loses patience at that instant,
    # C a second later; D is contained, without its reopening; E asks for a human, waits from 8 on and is served at 40
    plan = make_plan([queue("phone", bot_hours=[(0, FOREVER)])], [team({0: 1})])
    log = run(
        plan,
        contact(0, 0, [40], bot_time=0),
        contact(0, 5, [10], bot_time=20, patience=15),
        contact(0, 6, [10], bot_time=20, patience=15),
        contact(0, 7, [10], bot_time=20, contained=True, reopening=contact(0)),
        contact(0, 8, [10], bot_time=20, asks_human=True, patience=40),
    )
    none, end = Outcome.NONE, Outcome.RESOLVED
    assert outcomes(log) == [end, Outcome.ABANDONED, Outcome.ABANDONED, Outcome.CONTAINED, end, none]
    assert seconds(log.arrival)[:5] == [0, 5, 6, 7, 8]
    assert seconds(log.message)[:5] == [0, 25, 26, None, 8]
    assert seconds(log.left)[:5] == [40, 40, 41, 27, 50]
    assert seconds(log.closed)[3] == 27
    assert stretches(log, 1) == [(-1, 25, 40, 40)]
    assert stretches(log, 3) == []


def test_the_bot_is_there_in_its_hours_and_not_for_transfers() -> None:
    # 6.2: half-open hours: 99 meets the bot (until 109), 100 does not; nor do the transfer of 21, what the company
    # begins at 30, and the backlog
    plan = make_plan([queue("messaging", bot_hours=[(0, 100)]), queue("phone")], [team({0: 1, 1: 1}, {0: 9})])
    log = run(
        plan,
        contact(0, -5, [1], bot_time=10),
        contact(1, 0, [20], transfer=contact(0, work=[1], bot_time=10)),
        contact(0, 30, [1], bot_time=10, outbound=True),
        contact(0, 99, [1], bot_time=10),
        contact(0, 100, [1], bot_time=10),
    )
    assert seconds(log.message) == [-5, 0, 30, 109, 100, 21]
    assert seconds(log.start) == [0, 1, 30, 109, 100, 21]


def test_who_comes_from_a_bot_that_forgets_says_it_again() -> None:
    # 6.2, loses context: one turn to tell again after the bot; who asks for a human skips its slot
    plan = make_plan([queue("live_chat", bot_hours=[(0, FOREVER)])], [team({0: 1})])
    both: dict[str, Any] = {"work": [7, 10], "latency": [3], "bot_time": 20, "bot_repeats": 1}
    log = run(plan, contact(0, 0, **both), contact(0, 100, asks_human=True, **both))
    assert (log.first_turn.tolist(), log.turns.tolist(), log.messages.tolist()) == ([0, 3], [2, 1], [2, 1])
    assert seconds(log.start) == [20, 30, None, 100]
    assert seconds(log.reply) == [27, 40, None, 110]


def test_a_return_goes_on_with_the_turns_that_remained_bot_or_not() -> None:
    # 6.2 and 2.6: reply at 10, timeout at 15, return at 30; the one turn left is not one to tell again
    plan = make_plan([queue("live_chat", idle_timeout=5)], [team({0: 1})])
    log = run(plan, contact(0, 0, [10, 20], [20], comes_back=contact(0, work=[], bot_repeats=1)))
    assert seconds(log.reply) == [10, 50]


def test_a_bot_out_of_hours_takes_everybody() -> None:
    # 6.2, outside_hours = "bot": open 100–200. Who asks for a human too talks to the bot, until 60 and 110; the phone
    # is still closed at 60 and open at 110. E-mail is held at 60. A transfer at 30 is rejected and held likewise. At
    # 150, in the hours and without a bot's, nobody is sent to the bot
    for channel, after_60 in (("phone", Outcome.REJECTED), ("email", Outcome.RESOLVED)):
        plan = make_plan(
            [queue(channel, outside=Outside.BOT, hours=[(100, 200)]), queue("live_chat")],
            [team({0: 1, 1: 1})],
        )
        log = run(
            plan,
            contact(1, 20, [10], transfer=contact(0, work=[1], bot_time=40)),
            contact(0, 30, [1], bot_time=30, asks_human=True),
            contact(0, 80, [1], bot_time=30, asks_human=True),
            contact(0, 150, [1], bot_time=30),
        )
        assert outcomes(log) == [Outcome.TRANSFERRED, after_60, Outcome.RESOLVED, Outcome.RESOLVED, after_60]
        if channel == "email":
            assert seconds(log.message) == [20, 60, 110, 150, 30]
            assert seconds(log.start) == [20, 101, 110, 150, 100]
        else:
            assert seconds(log.left) == [30, 60, 111, 151, 30]


def test_an_automatic_reply_changes_the_patience_of_the_held() -> None:
    # 6.3: open from 100. A of 50 is held, with 30 instead of 10, counted from 100; B of 100 is not held: 10
    plan = make_plan(
        [queue("email", outside=Outside.HOLD, hours=[(100, 300)])], [team({0: 1}, agents=[[(200, FOREVER)]])]
    )
    log = run(plan, contact(0, 50, patience=10, held_patience=30), contact(0, 100, patience=10, held_patience=30))
    assert outcomes(log) == [Outcome.ABANDONED, Outcome.ABANDONED]
    assert seconds(log.left) == [130, 110]


def test_the_patience_of_the_held_may_also_be_shorter_and_is_for_the_first_message_only() -> None:
    # 6.3: held at 50, 5 instead of 60: gone at 105. A later message that is held (95) has its reply patience
    plan = make_plan(
        [queue("email", idle_timeout=0, outside=Outside.HOLD, hours=[(0, 40), (100, 300)])],
        [team({0: 1}, agents=[[(0, 50), (200, FOREVER)]])],
    )
    log = run(
        plan,
        contact(0, 10, [10, 5], [75], held_patience=1, reply_patience=[20]),
        contact(0, 50, patience=60, held_patience=5),
    )
    assert outcomes(log) == [Outcome.LOST, Outcome.ABANDONED]
    assert seconds(log.left) == [120, 105]


def test_a_missed_item_expires_visibly() -> None:
    # 6.4: B leaves the queue at 10 + 20 although marked silent, without the retry; C, marked in the same way, is begun
    # at 50, the very instant
    plan = make_plan([queue("social", max_waiting=2, idle_timeout=5)], [team({0: 1})])
    log = run(
        plan,
        contact(0, 0, [50]),
        contact(0, 10, patience=20, missed=True, silent=True, retry=contact(0)),
        contact(0, 15, [5], patience=35, missed=True),
    )
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.EXPIRED, Outcome.RESOLVED, Outcome.NONE]
    assert (seconds(log.left)[1], seconds(log.closed)[1]) == (30, 30)
    assert stretches(log, 1) == [(-1, 10, 30, 30)]
    assert seconds(log.start)[:3] == [0, None, 50]


def test_a_missed_item_frees_its_slot_and_later_turns_are_not_missed() -> None:
    # 6.4: B holds the second slot and expires at 30: C takes the slot. A's second message (70, behind D's 60–160)
    # loses patience at 100: lost, for `missed` is about the first turn
    plan = make_plan([queue("social")], [team({0: 1}, {0: 2})])
    log = run(
        plan,
        contact(0, 0, [50, 5], [20], patience=99, missed=True, reply_patience=[30]),
        contact(0, 10, patience=20, missed=True),
        contact(0, 15, [110]),
    )
    assert outcomes(log) == [Outcome.LOST, Outcome.EXPIRED, Outcome.RESOLVED]
    assert seconds(log.left) == [100, 30, 160]
    assert stretches(log, 1) == [(0, 10, 10, 30)]
    assert stretches(log, 2) == [(0, 15, 30, 160)]


def test_a_connection_lost_for_good_holds_the_slot() -> None:
    # 6.5: reply at 10, nothing comes at 15: lost, the retry is there at 15 + 7 but waits for the slot until 10 + 30
    plan = make_plan([queue("live_chat", idle_timeout=30)], [team({0: 1})])
    log = run(plan, contact(0, 0, [10, 10], [5], comeback=[FOREVER], retry=contact(0, work=[2], after=7)))
    assert outcomes(log) == [Outcome.LOST, Outcome.RESOLVED]
    assert (seconds(log.left), seconds(log.closed)) == ([15, 42], [40, 42])
    assert log.messages.tolist() == [1, 1]
    assert stretches(log, 0) == [(0, 0, 0, 40)]
    assert stretches(log, 1) == [(0, 22, 40, 42)]


def test_a_customer_who_reconnects_in_time_goes_on() -> None:
    # 6.5: reply at 10, lost at 15; back at 40 = reply + idle timeout is in time, and that is the message's time
    plan = make_plan([queue("live_chat", idle_timeout=30)], [team({0: 1})])
    log = run(plan, contact(0, 0, [10, 10], [5], comeback=[25], reconnects=contact(0, work=[])))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.NONE]
    assert seconds(log.message) == [0, 40]
    assert stretches(log, 0) == [(0, 0, 0, 50)]


def test_a_customer_who_reconnects_too_late_comes_as_a_return() -> None:
    # 6.5: back at 41: timed out at 40, the reconnecting row (not the return) arrives at 41 with the second slot. With
    # a latency of just the timeout it is lost at 40 and back at 41; with one beyond it, the lost connection does not
    # matter: timed out at 40, the return at 10 + 31
    plan = make_plan([queue("live_chat", idle_timeout=30)], [team({0: 1})])
    rows = {"comes_back": contact(0, work=[], wrap_up=1), "reconnects": contact(0, work=[], wrap_up=2)}
    for latency, back, closed in (([5], [26], 53), ([30], [1], 53), ([31], [0], 52)):
        log = run(plan, contact(0, 0, [10, 10], latency, comeback=back, **rows))
        began = [c for c in (1, 2) if log.arrival[c] < NEVER]
        assert outcomes(log)[0] is Outcome.TIMED_OUT
        assert seconds(log.left)[0] == 40
        assert [seconds(log.arrival)[c] for c in began] == [41]
        assert [seconds(log.closed)[c] for c in began] == [closed]
        assert seconds(log.reply) == [10, 51]


def test_a_thread_waits_for_who_loses_the_connection() -> None:
    # 6.5: on a persistent channel nothing is lost, the message comes at 15
    plan = make_plan([queue("messaging", idle_timeout=30)], [team({0: 1})])
    log = run(plan, contact(0, 0, [10, 10], [5], comeback=[FOREVER]))
    assert seconds(log.reply) == [10, 25]


def test_a_call_interrupts_a_mail_which_goes_on_where_it_stopped() -> None:
    # 6.6: the mail of 0–100 is interrupted at 30 by a call that rings for 5 and takes 20, and at 60 by one that was
    # waiting: first the calls, then the mail (70 left), then the other mail's message of 10
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1, 1: 1}, {1: 3}, interrupts={0: [1]})])
    calls = (contact(0, time, [20], answer_delay=5) for time in (30, 40))
    log = run(plan, contact(1, 0, [100]), contact(1, 10, [5]), *calls)
    assert suspensions(log) == [(0, 0, 30, 80)]
    assert seconds(log.start) == [0, 150, 35, 60]
    assert seconds(log.reply) == [150, 155, 55, 80]
    assert stretches(log, 2) == [(0, 30, 30, 55)]
    assert stretches(log, 3) == [(0, 40, 55, 80)]


def test_a_call_interrupts_only_where_no_agent_is_empty_and_only_what_it_may() -> None:
    # 6.6: agent 0 has two mails, agent 1 a chat and a mail, agent 2 comes at 5: the call of 10 goes to 2, that of 20
    # interrupts 0; that of 30 waits for the end of the chat at 60 and comes before the mail of 1 that is pending
    plan = make_plan(
        [queue("phone"), queue("email"), queue("live_chat")],
        [
            team({0: 1, 1: 1}, {1: 2}, interrupts={0: [1]}),
            team({0: 1, 1: 2, 2: 1}, {1: 2, 2: 2}, interrupts={0: [1]}, agents=[[(0, FOREVER)], [(5, FOREVER)]]),
        ],
        agent="fixed_order",
    )
    log = run(
        plan,
        contact(2, 0, [60]),  # agent 1
        contact(1, 1, [100]),  # agent 0
        contact(1, 2, [100]),  # agent 0
        contact(1, 3, [50]),  # agent 1, begun at 60
        contact(0, 10, [200]),  # agent 2
        contact(0, 20, [200]),  # agent 0, interrupts
        contact(0, 30, [10]),  # agent 1, when the chat is over
    )
    assert [log.agent[slot] for slot in range(7)] == [1, 0, 0, 1, 2, 0, 1]
    assert seconds(log.start) == [0, 1, 301, 70, 10, 20, 60]
    assert suspensions(log) == [(1, 0, 20, 220)]


def test_who_is_in_a_call_takes_nothing_else() -> None:
    # 6.6: in the call of 10–50 that interrupted mail A there is room for neither mail B of 20 nor call C of 30; at 50
    # both are taken, B having waited longer, and C (50–60) goes before A (60–100) and B
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1, 1: 1}, {1: 3}, interrupts={0: [1]})])
    log = run(plan, contact(1, 0, [50]), contact(0, 10, [40]), contact(1, 20, [5]), contact(0, 30, [10]))
    assert stretches(log, 2) == [(0, 20, 50, 105)]
    assert stretches(log, 3) == [(0, 30, 50, 60)]
    assert suspensions(log) == [(0, 0, 10, 60)]
    assert seconds(log.reply)[0] == 100


def test_a_message_above_the_capacity_does_not_go_into_a_call_either() -> None:
    # 6.6 and 2.7: the thread's message of 30 would go to its agent above the capacity, but not into the call of 20–50
    # that interrupted mail B; at 50 there is room, and B (40 left) goes on before it
    plan = make_plan(
        [queue("phone"), queue("email", idle_timeout=0, over_capacity=True)],
        [team({0: 1, 1: 1}, {1: 2}, interrupts={0: [1]})],
    )
    log = run(plan, contact(1, 0, [10, 5], [20]), contact(1, 5, [50]), contact(0, 20, [30]))
    assert stretches(log, 0) == [(0, 0, 0, 10), (0, 30, 50, 95)]
    assert seconds(log.reply) == [10, 95, 90, 50]


def test_an_overflow_team_is_interrupted_when_it_may_help() -> None:
    # 6.6 and 4: the team helps with calls that have waited for 30: the call of 10 interrupts the mail at 40
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1, 1: 1}, {1: 2}, after={0: 30}, interrupts={0: [1]})])
    log = run(plan, contact(1, 0, [100]), contact(0, 10, [5]))
    assert suspensions(log) == [(0, 0, 40, 45)]


def test_a_call_that_waits_for_its_own_agent_interrupts_it() -> None:
    # 6.6 and 2.9: the chat is transferred at 20 to the phone with its agent, who has a mail (no keeping at once). It is
    # bound to agent 0 and interrupts the mail, for the overflow's condition does not apply to the own agent. Not bound,
    # it goes to the empty agent 1
    for same_agent_for, agent in ((60, 0), (0, 1)):
        plan = make_plan(
            [queue("live_chat"), queue("phone", same_agent_for=same_agent_for), queue("email")],
            [
                team({0: 1, 1: 1, 2: 1}, {0: 2, 2: 2}, after={1: 99}, interrupts={1: [2]}),
                team({1: 2}, {0: 2, 2: 2}),
            ],
        )
        log = run(plan, contact(0, 0, [20], transfer=contact(1, work=[30], keep_agent=True)), contact(2, 10, [100]))
        assert stretches(log, 2) == [(agent, 20, 20, 50)]
        assert suspensions(log) == ([(1, 0, 20, 50)] if agent == 0 else [])
    # with agent 1 absent it waits for anyone and interrupts its own agent still
    plan = make_plan(
        [queue("live_chat"), queue("phone"), queue("email")],
        [team({0: 1, 1: 1, 2: 1}, {0: 2, 2: 2}, after={1: 99}, interrupts={1: [2]})],
    )
    log = run(plan, contact(0, 0, [20], transfer=contact(1, work=[30], keep_agent=True)), contact(2, 10, [100]))
    assert suspensions(log) == [(1, 0, 20, 50)]


def test_a_wrap_up_is_suspended_and_timers_run_on() -> None:
    # 6.6: mail A's wrap-up of 20–50 is interrupted at 30 for 100; mail B, waiting for its customer, expires at 90 and
    # a message of mail C of 40 waits: C after A's wrap-up, at 150
    plan = make_plan(
        [queue("phone"), queue("email", expires_after=85)],
        [team({0: 1, 1: 1}, {1: 3}, interrupts={0: [1]})],
    )
    log = run(
        plan,
        contact(1, 5, [5, 5], [500]),
        contact(1, 6, [5, 5], [25]),
        contact(1, 7, [5], wrap_up=30),
        contact(0, 30, [100]),
    )
    assert seconds(log.reply) == [10, None, 15, 155, 20, 130]
    assert suspensions(log) == [(2, 0, 30, 130)]
    assert outcomes(log)[0] is Outcome.EXPIRED
    assert seconds(log.left)[0] == 90
    assert seconds(log.closed)[1:3] == [155, 150]


def test_suspended_work_is_finished_after_the_call_though_the_shift_has_ended() -> None:
    # 6.6 and 3: mail A is suspended at 30 by a call over the shift's end at 50; mail B's message is handed over at 50,
    # A is finished at 80 + 20 and only then handed over: its next message (110) goes to agent 1
    plan = make_plan(
        [queue("phone"), queue("email")],
        [
            team({0: 1, 1: 1}, {1: 2}, interrupts={0: [1]}, agents=[[(0, 50)]], overrun=10),
            team({1: 1}, agents=[[(60, FOREVER)]]),
        ],
    )
    log = run(plan, contact(1, 0, [50, 5], [10]), contact(1, 10, [5]), contact(0, 30, [50]))
    assert suspensions(log) == [(0, 0, 30, 80)]
    assert seconds(log.reply) == [100, 115, 65, 80]
    assert stretches(log, 0) == [(0, 0, 0, 100), (1, 110, 110, 115)]
    assert stretches(log, 1) == [(0, 10, 10, 50), (1, 50, 60, 65)]
    assert presences(log)[0] == (0, 0, 100)


def test_work_suspended_at_the_horizon_is_logged_up_to_it() -> None:
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1, 1: 1}, interrupts={0: [1]})], end=60, drain=0)
    log = run(plan, contact(1, 0, [50]), contact(0, 30, [50]))
    assert suspensions(log) == [(0, 0, 30, 60)]
    assert outcomes(log) == [Outcome.OPEN, Outcome.OPEN]


def test_shared_attention_slows_all_and_ends_nobody_early() -> None:
    # 6.7: means 100 alone, 160 of two. A of 100 has half left at 50, when B of 200 comes: A ends at 50 + 80 = 130;
    # B has 2 − 80/160 = 1.5 left: 130 + 150 = 280
    plan = make_plan([queue("live_chat", shared=[100, 160])], [team({0: 1}, {0: 2}, slowdown=[1, 9])])
    log = run(plan, contact(0, 0, [100]), contact(0, 50, [200]), contact(0, 60, [100]))
    assert seconds(log.start) == [0, 50, 130]
    # from 130 B and C (1 left) share: B 1.5 and C 1 – C ends at 130 + 160 = 290, B has 0.5 left: 290 + 50
    assert seconds(log.reply) == [130, 340, 290]
    assert stretches(log, 2) == [(0, 60, 130, 290)]


def test_shared_attention_over_two_queues_with_pace() -> None:
    # 6.7: j counts both queues. A (means 100, 200) has pace 2: 2 to go; B (means 40, 60) comes at 100: A has 1 left,
    # B ends at 100 + 60, A has 1 − 60/200 = 0.7 left and ends at 160 + 70
    plan = make_plan(
        [queue("live_chat", shared=[100, 200]), queue("live_chat", shared=[40, 60])],
        [team({0: 1, 1: 1}, {0: 2, 1: 2}, pace={0: 2.0})],
    )
    log = run(plan, contact(0, 0, [100]), contact(1, 100, [40]))
    assert seconds(log.reply) == [230, 160]


def test_more_shared_sessions_than_levels_go_at_the_last() -> None:
    # 6.7: A's row has two levels (100, 200), B's and C's three (30, 60, 90), and all of them fit: j = 3. From 0 to 90
    # B and C do their 1; A 90/200 = 0.45, and goes on alone: 90 + 0.55 × 100
    plan = make_plan(
        [queue("live_chat", shared=[100, 200]), queue("live_chat", shared=[30, 60, 90])],
        [team({0: 1, 1: 1}, {0: 2, 1: 4})],
    )
    log = run(plan, contact(0, 0, [100]), contact(1, 0, [30]), contact(1, 0, [30]))
    assert seconds(log.reply) == [145, 90, 90]


def test_shared_attention_is_not_interrupted() -> None:
    # 6.7: there is no work in hand that a call could suspend; it waits for the end at 100
    plan = make_plan(
        [queue("phone"), queue("live_chat", shared=[100])], [team({0: 1, 1: 1}, {1: 1}, interrupts={0: [1]})]
    )
    log = run(plan, contact(1, 0, [100]), contact(0, 10, [5]))
    assert seconds(log.start) == [0, 100]


def test_the_silent_count_as_shared_sessions_until_the_timeout() -> None:
    # 6.7 and 2.3: A went silently at 2 and is worked on in vain 5–15; its session ends at 35, and with it j = 2: B has
    # 0.5 to go at 15 (means 20, 80), 0.5 − 20/80 at 35, and ends at 40. The pause of 10 lets A finish: present to 15
    for pauses in ([], [(10, 200)]):
        plan = make_plan(
            [queue("live_chat", idle_timeout=20, shared=[20, 80])],
            [team({0: 1}, {0: 2}, agents=[[(5, FOREVER, pauses)]])],
        )
        log = run(plan, contact(0, 0, [10], patience=2, silent=True), contact(0, 15, [10]))
        assert seconds(log.reply) == [15, 210 if pauses else 40]
        assert seconds(log.closed)[0] == 35
        assert presences(log) == ([(0, 5, 15), (0, 200, 7200)] if pauses else [(0, 5, 7200)])


def test_shared_attention_finishes_after_the_shift() -> None:
    # 6.7 and 3: a pause at 20 and the shift's end at 40 let both finish, though there is no overrun: A ends at 50,
    # with B (5–) at 5 + 45 / 60 = 0.75 of work done since; B at 50 + 0.25 × 40
    plan = make_plan(
        [queue("live_chat", shared=[40, 60])],
        [team({0: 1}, {0: 2}, agents=[[(0, 40, [(20, 30)])]], hand_over=True)],
    )
    log = run(plan, contact(0, 5, [30]), contact(0, 5, [40]), contact(0, 35, [1]))
    assert seconds(log.reply) == [50, 60, None]
    assert presences(log) == [(0, 0, 60)]


def test_shared_attention_goes_on_into_the_next_shift() -> None:
    # 6.7 and 3: work of 150–280 over the shift's end at 200 is overtime until the next shift begins at 250, on a pause
    plan = make_plan(
        [queue("live_chat", shared=[130])],
        [team({0: 1}, agents=[[(0, 200), (250, 400, [(250, 300)])]], hand_over=True)],
    )
    log = run(plan, contact(0, 150, [130]))
    assert seconds(log.reply) == [280]
    assert presences(log) == [(0, 0, 250), (1, 250, 280), (1, 300, 400)]


def test_who_would_wait_long_is_offered_a_call_back() -> None:
    # 6.8: first turns began at 0 and 20. At 25 the estimate is 1 × 20 // 1 = 20, at 26 it is 40: above 20 the second
    # only is offered; both accept offers, both have a patience of 10. D of 27 would be offered but does not accept
    plan = make_plan([queue("phone", offer_above=20)], [team({0: 1})])
    log = run(
        plan,
        contact(0, 0, [20]),
        contact(0, 1, [20], accepts_callback=True),  # too early: one start
        contact(0, 25, [20], patience=10, accepts_callback=True),
        contact(0, 26, [20], patience=10, accepts_callback=True),
        contact(0, 27, [20], patience=10),
    )
    assert log.called_back.tolist() == [False, False, False, True, False]
    gone = Outcome.ABANDONED
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.RESOLVED, gone, Outcome.RESOLVED, gone]
    assert seconds(log.start) == [0, 20, None, 40, None]


def test_the_estimate_is_made_from_the_last_ten_starts() -> None:
    # 6.8: first turns begin at 0, 100, 120, 130, …, 200: the estimate at 209 is that of the last ten, 100 // 9 = 11 µs,
    # not of all eleven (20), of nine (10) or of fewer (10). Who was not called back picks up
    for above, offered in ((10, True), (11, False)):
        plan = make_plan([queue("phone")], [team({0: 1})])
        plan.offer_above[0] = above
        workload = make_workload(
            [*(contact(0, 0, [work], no_answer=True) for work in (100, 20, *[10] * 9)), contact(0, 209)], plan
        )
        workload.arrival[-1] //= SECOND
        workload.work[:] //= SECOND
        workload.accepts_callback[-1] = True
        log = simulate(workload, plan)
        assert log.start.tolist()[:11] == [0, 100, *range(120, 210, 10)]
        assert log.called_back.tolist() == [False] * 11 + [offered]


def test_the_held_are_offered_nothing() -> None:
    # 6.8: closed from 50, so the caller of 60 is held, though one who was not waits, with an estimate of 20
    plan = make_plan([queue("phone", offer_above=1, outside=Outside.HOLD, hours=[(0, 50), (99, 300)])], [team({0: 1})])
    log = run(plan, contact(0, 0, [20]), contact(0, 1, [90]), contact(0, 30), contact(0, 60, accepts_callback=True))
    assert not log.called_back.any()


def test_the_position_is_by_waiting_since_and_id_and_the_starts_are_of_first_turns() -> None:
    # 6.8: the retry of 25 comes from the bot at 30, just before C of 30, who has the smaller id: the estimate for C is
    # 1 × 20, for the retry (it alone waits) too
    plan = make_plan([queue("phone", offer_above=20, bot_hours=[(0, FOREVER)])], [team({0: 1})])
    log = run(
        plan,
        contact(0, 0, [20]),
        contact(0, 1, [20]),
        contact(0, 2, patience=3, retry=contact(0, after=20, bot_time=5, accepts_callback=True)),
        contact(0, 30, accepts_callback=True),
    )
    assert seconds(log.message) == [0, 1, 2, 30, 30]
    assert not log.called_back.any()
    # a chat's second turn at 10 is none of them: one start at 0 is not enough for an estimate
    plan = make_plan([queue("live_chat", offer_above=1)], [team({0: 1})])
    log = run(plan, contact(0, 0, [10, 50], [0]), contact(0, 20, accepts_callback=True))
    assert not log.called_back.any()


def test_a_call_back_that_nobody_picks_up() -> None:
    # 6.8: C rings from 44 to 46, then for 30 nobody picks up: abandoned at 76, no wrap-up, retry at 81. The starts
    # are those of 2 and 24: at 50 the estimate for D is still 22
    plan = make_plan([queue("phone", offer_above=21, no_answer_time=30)], [team({0: 1})])
    rings: dict[str, Any] = {"work": [20], "answer_delay": 2}
    late = contact(0, work=[1], after=5, answer_delay=2)
    for above in (21, 22):
        log = run(
            plan._replace(offer_above=np.array([above * SECOND])),
            contact(0, 0, **rings),
            contact(0, 1, **rings),
            contact(0, 25, **rings, accepts_callback=True),
            contact(0, 26, **rings, wrap_up=9, accepts_callback=True, no_answer=True, retry=late),
            contact(0, 50, **rings, accepts_callback=True),
        )
        # 0: 2–22, 1: 24–44, 2: 46–66, 3: rings 66–68, in vain to 98; 4: 100–120; retry of 103: 122
        assert seconds(log.start) == [2, 24, 46, 68, 100, 122]
        assert seconds(log.reply) == [22, 44, 66, None, 120, 123]
        assert outcomes(log)[3] is Outcome.ABANDONED
        assert (seconds(log.left)[3], seconds(log.closed)[3]) == (98, 98)
        assert (log.agent[3], seconds(log.arrival)[5]) == (0, 103)
        # at 50: starts 2, 24, 46 – the mean is 22, the position 2 behind contact 3
        assert log.called_back.tolist() == [False, False, above < 22, True, True, False]


def test_a_call_back_keeps_its_place_but_the_company_closes() -> None:
    # 6.8: what was accepted is not lost to patience, and waits like any other: at closing with "drop" it is rejected
    plan = make_plan([queue("phone", offer_above=5, hours=[(0, 60)], drop_at_close=True)], [team({0: 1})])
    log = run(
        plan,
        contact(0, 0, [10]),
        contact(0, 1, [90]),
        contact(0, 20, [1], patience=10, accepts_callback=True),
    )
    assert log.called_back.tolist() == [False, False, True]
    assert (outcomes(log)[2], seconds(log.left)[2]) == (Outcome.REJECTED, 60)


def test_the_company_writes_when_there_is_nothing_else_to_do() -> None:
    # 6.9: D is due at 5, but the agent, with room for three, works on A until 10, on B (begun to wait at 8, after D)
    # until 20, then writes D, and E after it; F of 31 does not interrupt E but comes before the task G of 1
    plan = make_plan([queue("messaging")], [team({0: 1}, {0: 9})])
    task: dict[str, Any] = {"outbound": True, "latency": [1000]}
    log = run(
        plan,
        contact(0, 0, [10, 1], [1000]),
        contact(0, 1, [10, 1], **task),  # 20–30
        contact(0, 5, [10, 1], **task),  # 30–40
        contact(0, 6, [10, 1], **task),  # 50–60
        contact(0, 8, [10, 1], [1000]),
        contact(0, 31, [10, 1], [1000]),
    )
    assert seconds(log.start)[::2] == [0, 20, 30, 50, 10, 40]
    assert [stretches(log, task)[0][:3] for task in (1, 2, 3)] == [(0, 1, 20), (0, 5, 30), (0, 6, 50)]


def test_tasks_go_to_agents_without_work_or_messages_whatever_the_policy() -> None:
    # 6.9: the agent of the first choice has a chat in hand; agent 1 is on another, answered and quiet: the task is 1's
    plan = make_plan(
        [queue("messaging"), queue("live_chat", priority=9)],
        [team({0: 1, 1: 1}, {0: 2, 1: 2}), team({0: 2, 1: 2}, {0: 2, 1: 2})],
        agent="fixed_order",
        contact="priority",
    )
    log = run(plan, contact(1, 0, [50]), contact(1, 1, [50]), contact(0, 10, [5], outbound=True))
    assert (log.agent[2], seconds(log.start)[2]) == (1, 10)
    # with one agent only: at 50 A's session ends and there is room for B, of the lower priority, and for the task, of
    # the higher: B first, then there is a message, and the task waits until 70
    log = run(
        make_plan(
            [queue("messaging"), queue("live_chat", priority=9)],
            [team({0: 1, 1: 1}, {0: 2, 1: 1})],
            contact="priority",
        ),
        contact(1, 0, [50]),
        contact(0, 10, [5], outbound=True),
        contact(1, 20, [20]),
    )
    assert seconds(log.start) == [0, 70, 50]


def test_tasks_come_behind_all_others() -> None:
    # 6.9: of one queue, when the agent becomes free at 50, and when two agents come at 50: the contact of 20, then the
    # task of 10
    for agents, starts in (([[(0, FOREVER)]], [0, 60, 50]), ([[(50, FOREVER)]] * 2, [50, None, None])):
        plan = make_plan([queue("email")], [team({0: 1}, agents=agents)], agent="fixed_order")
        log = run(plan, contact(0, 0, [50]), contact(0, 10, [10], outbound=True), contact(0, 20, [10]))
        if len(agents) == 1:
            assert seconds(log.start) == starts
        else:  # agent 0 at 50 and 110, agent 1 at 50 and 60
            assert seconds(log.start) == [50, 60, 50]
            assert log.agent.tolist() == [0, 1, 1]


def test_a_task_may_be_old_enough_for_a_team_for_which_the_others_are_not() -> None:
    # 6.9 and 4: the team helps after 30. At 40 its agent leaves the contact of 20 aside, but writes the task of 5
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1, 1: 1}, after={1: 30})])
    log = run(plan, contact(0, 0, [40]), contact(1, 5, [5], outbound=True), contact(1, 20, [5]))
    assert seconds(log.start) == [0, 40, 50]


def test_a_task_not_begun_by_the_end_of_its_window_expires() -> None:
    # 6.9: the window ends at 40, the agent is busy to 50
    plan = make_plan([queue("messaging", max_waiting=0)], [team({0: 1}, {0: 2})])
    log = run(plan, contact(0, 0, [50]), contact(0, 10, [5], outbound=True, missed=True, patience=30))
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.EXPIRED]
    assert seconds(log.left) == [50, 40]


def test_who_never_answers_the_company_expires_counted_from_the_reply() -> None:
    # 6.9: due at 0, written 50–60 (the shift begins at 50): parked at 70, expired at 60 + 100. B, written 60–70 and
    # answered at 90, is resumed; its next silence counts from that message as ever: 90 + 100
    plan = make_plan(
        [queue("messaging", idle_timeout=10, expires_after=100)], [team({0: 1}, {0: 9}, agents=[[(50, FOREVER)]])]
    )
    log = run(
        plan,
        contact(0, 0, [10, 5], outbound=True, latency=[FOREVER]),
        contact(0, 1, [10, 5, 5], outbound=True, latency=[20, 500]),
    )
    assert outcomes(log) == [Outcome.EXPIRED, Outcome.EXPIRED]
    assert seconds(log.left) == [160, 190]
    assert stretches(log, 0) == [(0, 0, 50, 70)]
    assert stretches(log, 1) == [(0, 1, 60, 80), (0, 90, 90, 105)]


def test_who_left_is_written_to() -> None:
    # 6.9: abandoned at 20, written to from 20 + 30 – when the agent, who has room, is out of work at 60
    plan = make_plan([queue("phone"), queue("messaging")], [team({0: 1}, {}), team({1: 1}, {1: 2})])
    log = run(
        plan,
        contact(0, 0, [15]),
        contact(0, 10, patience=4, recontact=contact(1, work=[5], outbound=True, after=30)),
        contact(1, 20, [40]),
    )
    assert outcomes(log) == [Outcome.RESOLVED, Outcome.ABANDONED, Outcome.RESOLVED, Outcome.RESOLVED]
    assert (seconds(log.arrival)[3], seconds(log.start)[3]) == (44, 60)
    assert log.parent[3] == 1


def test_an_agent_who_steps_out_is_on_a_pause() -> None:
    # 6.10: out 20–40 beside the plan's pause 60–70: B of 25 waits to 40, the work of 55–65 is finished
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 100, [(60, 70)])]])])
    roots = [contact(0, 10, [5]), contact(0, 25, [5]), contact(0, 55, [10])]
    log = simulate(make_workload(roots, plan, outs=[(0, 20, 40)]), plan)
    assert seconds(log.start) == [10, 40, 55]
    assert presences(log) == [(0, 0, 20), (0, 40, 65), (0, 70, 100)]


def test_who_is_absent_does_not_come_back_from_stepping_out() -> None:
    # 6.10: the shift of agent 0 falls away with its out; the other's out is its own
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 100)], [(0, 100)]])])
    workload = make_workload([contact(0, 45, [5])], plan, outs=[(0, 20, 40), (1, 30, 50)])
    workload.present[0] = False
    log = simulate(workload, plan)
    assert seconds(log.start) == [50]
    assert presences(log) == [(1, 0, 30), (1, 50, 100)]
