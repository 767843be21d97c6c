"""The finer rules of docs/model.md, each as a story of two to four contacts worked out by hand, in seconds."""

from __future__ import annotations

from ccsim.tables import Outside
from tests.tables_by_hand import FOREVER, contact, make_plan, queue, team
from tests.timelines.conftest import Run

ALWAYS = [(0, FOREVER)]


def test_two_arrivals_at_one_instant_are_served_in_the_order_of_their_ids(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    first, second = run(plan, [contact(0, 10, [30]), contact(0, 10, [20])])
    assert first.turns == [(10, 10, 40)]
    assert second.turns == [(10, 40, 60)]
    assert second.stretches == [(0, 10, 40, 60)]


def test_patience_that_ends_when_the_agent_becomes_free_is_served(run: Run) -> None:
    # 5: work ends comes before patience ends at 40; the third caller's patience ends a second before that
    plan = make_plan([queue("phone")], [team({0: 1})])
    _, served, gone = run(plan, [contact(0, 10, [30]), contact(0, 15, [20], patience=25), contact(0, 16, patience=23)])
    assert (served.outcome, served.turns) == ("resolved", [(15, 40, 60)])
    assert (gone.outcome, gone.left, gone.turns) == ("abandoned", 39, [(16, None, None)])
    assert gone.stretches == [(-1, 16, 39, 39)]


def test_patience_runs_on_inside_the_slot_and_frees_it(run: Run) -> None:
    # two slots, one mind: B holds the second slot from 5 but the agent works on A till 60; B leaves at 5 + 30, C takes
    # the slot at once and is answered at 60
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2})])
    a, b, c = run(plan, [contact(0, 0, [60]), contact(0, 5, [10], patience=30), contact(0, 20, [10], patience=100)])
    assert a.turns == [(0, 0, 60)]
    assert (b.outcome, b.left, b.stretches) == ("abandoned", 35, [(0, 5, 5, 35)])
    assert c.stretches == [(0, 20, 35, 70)]
    assert c.turns == [(20, 60, 70)]


def test_zero_patience_is_served_only_by_an_agent_free_at_that_instant(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    lucky, unlucky = run(plan, [contact(0, 0, [60], patience=0), contact(0, 30, patience=0)])
    assert lucky.outcome == "resolved"
    assert (unlucky.outcome, unlucky.left) == ("abandoned", 30)


def test_mixed_capacity_adds_up_and_a_call_needs_an_empty_agent(run: Run) -> None:
    # chat takes 1/2, messaging 1/3 (capacity 6 units: 3 and 2): one of each fits (5), a second chat (8) does not;
    # the call waits until both are gone, the chat goes in as soon as it fits because the call blocks nobody
    plan = make_plan(
        [queue("live_chat"), queue("messaging"), queue("phone")],
        [team({0: 1, 1: 1, 2: 1}, {0: 2, 1: 3})],
    )
    chat, thread, call, late = run(
        plan, [contact(0, 0, [10]), contact(1, 1, [10]), contact(2, 2, [5]), contact(0, 3, [10])]
    )
    assert chat.stretches == [(0, 0, 0, 10)]
    assert thread.stretches == [(0, 1, 1, 20)]
    assert late.stretches == [(0, 3, 10, 30)]
    assert call.stretches == [(0, 2, 30, 35)]


def test_reservation_keeps_capacity_for_the_call(run: Run) -> None:
    # as before, but the waiting call reserves the agent: the late chat waits until the call is served
    plan = make_plan(
        [queue("live_chat"), queue("messaging"), queue("phone", reserved=True)],
        [team({0: 1, 1: 1, 2: 1}, {0: 2, 1: 3})],
    )
    _, _, call, late = run(plan, [contact(0, 0, [10]), contact(1, 1, [10]), contact(2, 2, [5]), contact(0, 3, [10])])
    assert call.stretches == [(0, 2, 20, 25)]
    assert late.stretches == [(0, 3, 25, 35)]


def test_a_lifted_reservation_lets_the_others_look(run: Run) -> None:
    # the call gives up at 12; the chat that it had kept out is taken at that moment
    plan = make_plan([queue("live_chat"), queue("phone", reserved=True)], [team({0: 1, 1: 1}, {0: 2})])
    _, call, late = run(plan, [contact(0, 0, [60]), contact(1, 2, [5], patience=10), contact(0, 3, [10])])
    assert (call.outcome, call.left) == ("abandoned", 12)
    assert late.stretches == [(0, 3, 12, 70)]


def test_work_in_hand_runs_into_the_break_and_messages_wait_for_its_end(run: Run) -> None:
    # break from 50 to 80: the turn begun at 40 is finished at 60, the other chat's message of 45 waits until 80;
    # a third chat is not assigned during the break although a slot is free
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 3}, agents=[[(0, 1000, [(50, 80)])]])])
    a, b, c = run(plan, [contact(0, 40, [20]), contact(0, 45, [10]), contact(0, 55, [10])])
    assert a.turns == [(40, 40, 60)]
    assert b.turns == [(45, 80, 90)]
    assert b.stretches == [(0, 45, 45, 90)]
    assert c.stretches == [(0, 55, 80, 100)]


def test_at_shift_end_a_call_is_finished_and_none_is_begun(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 100)]])], end=300, drain=300)
    in_hand, too_late = run(plan, [contact(0, 90, [60], wrap_up=10), contact(0, 100, [10])])
    assert (in_hand.turns, in_hand.closed) == ([(90, 90, 150)], 160)
    assert (too_late.outcome, too_late.left) == ("open", 600)


def test_finish_works_on_open_chats_until_the_overrun_is_over(run: Run) -> None:
    # shift ends at 100, overrun 50. The chat's second message (95 + 25 = 120) is still answered by agent 0; the third
    # comes at 140 while the second turn's... 120 + 30 = 150 is when the overrun ends: work in hand until 150, then the
    # chat is detached and its message of 160 goes to agent 1, who starts at 155 and re-reads
    plan = make_plan(
        [queue("live_chat", reread_after=600, reread_work=7, reread_per_turn=2)],
        [team({0: 1}, {0: 2}, agents=[[(0, 100)], [(155, 1000)]], overrun=50)],
    )
    (chat,) = run(plan, [contact(0, 85, [10, 30, 5], [25, 10])])
    assert chat.turns == [(85, 85, 95), (120, 120, 150), (160, 160, 176)]
    assert chat.agents == [0, 0, 1]
    assert chat.rereads == [0, 0, 7 + 2 * 2]
    assert chat.stretches == [(0, 85, 85, 150), (1, 160, 160, 176)]


def test_work_that_takes_no_time_needs_no_presence(run: Run) -> None:
    # on a break from 50 to the shift's end at 100; the chat kept is answered then, and the agent goes at that instant
    plan = make_plan([queue("live_chat")], [team({0: 1}, agents=[[(0, 100, [(50, 100)])]])])
    (chat,) = run(plan, [contact(0, 0, [10, 0], [60])])
    assert chat.turns == [(0, 0, 10), (70, 100, 100)]


def test_hand_over_keeps_the_place_of_the_first_message(run: Run) -> None:
    # agent 0 leaves at 30 with B unanswered in the second slot; agent 1 comes at 40, when C (of 20) waits too:
    # B's message (10) is older and goes first
    plan = make_plan(
        [queue("live_chat")],
        [team({0: 1}, {0: 2}, agents=[[(0, 30)], [(40, 1000)]], hand_over=True)],
    )
    a, b, c = run(plan, [contact(0, 0, [25]), contact(0, 10, [50]), contact(0, 28, [5])])
    assert a.turns == [(0, 0, 25)]
    assert b.turns == [(10, 25, 75)]  # in work at 30: a turn in hand is finished, although the shift is over
    assert c.stretches == [(0, 28, 28, 30), (1, 30, 40, 45)]


def test_messages_of_persistent_sessions_are_handed_over_at_shift_end(run: Run) -> None:
    # agent 0's shift ends at 100 while it works on A (to 130): B's message of 90 goes back and agent 1 takes it at 100
    plan = make_plan([queue("messaging")], [team({0: 1}, {0: 2}, agents=[[(0, 100)], [(100, 1000)]])])
    a, b = run(plan, [contact(0, 80, [50, 10], [20]), contact(0, 90, [10])])
    assert b.stretches == [(0, 90, 90, 100), (1, 100, 100, 110)]
    # A is detached after its reply at 130; the message of 150 goes to whoever is there
    assert a.stretches == [(0, 80, 80, 130), (1, 150, 150, 160)]
    assert a.agents == [0, 1]


def test_parked_resumed_and_read_again(run: Run) -> None:
    # timeout 60: reply at 10, parked at 70, message at 210 (latency 200 > re-read after 150): 20 + 5 × 1 of re-reading
    plan = make_plan(
        [queue("messaging", idle_timeout=60, reread_after=150, reread_work=20, reread_per_turn=5)],
        [team({0: 1}, {0: 2})],
    )
    thread, quick = run(plan, [contact(0, 0, [10, 30], [200]), contact(0, 300, [10, 10], [60])])
    assert thread.stretches == [(0, 0, 0, 70), (0, 210, 210, 265)]
    assert thread.turns == [(0, 0, 10), (210, 210, 265)]
    assert thread.rereads == [0, 25]
    # an answer exactly at the timeout is in time
    assert quick.stretches == [(0, 300, 300, 380)]
    assert quick.rereads == [0, 0]


def test_a_closed_session_times_out_and_returns_with_the_turns_that_remained(run: Run) -> None:
    # reply at 10, timeout at 40; the late message would have come at 60: a new contact with the last two turns
    plan = make_plan([queue("live_chat", idle_timeout=30)], [team({0: 1}, {0: 2})])
    chat, back = run(plan, [contact(0, 0, [10, 20, 30], [50, 5], wrap_up=9, comes_back=contact(0, work=[], wrap_up=4))])
    assert (chat.outcome, chat.left, chat.closed, chat.turns) == ("timed_out", 40, 40, [(0, 0, 10)])
    assert back.turns == [(60, 60, 80), (85, 85, 115)]
    assert (back.outcome, back.closed) == ("resolved", 119)


def test_expiry_counts_from_the_customers_last_message(run: Run) -> None:
    # message at 0, answered at 10; expires at 100 although parked since 40; a message exactly at 100 is in time
    plan = make_plan([queue("messaging", idle_timeout=30, expires_after=100)], [team({0: 1}, {0: 2})])
    expired, just = run(plan, [contact(0, 0, [10, 10], [91]), contact(0, 200, [10, 10], [90])])
    assert (expired.outcome, expired.left, expired.stretches) == ("expired", 100, [(0, 0, 0, 40)])
    assert (just.outcome, just.turns) == ("resolved", [(200, 200, 210), (300, 300, 310)])


def test_a_resumed_message_waits_for_its_own_agent_then_for_anyone(run: Run) -> None:
    # agent 0 has the thread (parked at 15), then takes a call till 300 and agent 1 is free: the message of 105 waits
    # for agent 0 until 105 + 60, then goes to agent 1, who never had it and re-reads
    plan = make_plan(
        [
            queue("messaging", idle_timeout=5, same_agent_for=60, reread_after=1000, reread_work=20),
            queue("phone"),
        ],
        [team({0: 1, 1: 1}, {0: 5}), team({0: 1}, {0: 5}, agents=[[(50, FOREVER)]])],
    )
    thread, _ = run(plan, [contact(0, 0, [10, 10], [95]), contact(1, 20, [280])])
    assert thread.stretches == [(0, 0, 0, 15), (1, 105, 165, 195)]
    assert thread.rereads == [0, 20]
    # had the call ended at 150, agent 0 would have had it back
    thread, _ = run(plan, [contact(0, 0, [10, 10], [95]), contact(1, 20, [130])])
    assert thread.stretches == [(0, 0, 0, 15), (0, 105, 150, 160)]


def test_over_capacity_takes_the_own_thread_back_but_never_during_a_call(run: Run) -> None:
    # concurrency 1; agent 0 is full with B when A's message comes at 60: A goes to agent 0 above the limit and waits in
    # the slot until B's turn is over at 120
    plan = make_plan(
        [queue("messaging", idle_timeout=5, over_capacity=True, same_agent_for=30)],
        [team({0: 1}, {0: 1})],
    )
    a, b = run(plan, [contact(0, 0, [10, 10], [50]), contact(0, 20, [100])])
    assert b.turns == [(20, 20, 120)]
    assert a.stretches == [(0, 0, 0, 15), (0, 60, 60, 130)]
    assert a.turns[1] == (60, 120, 130)


def test_overflow_by_time_and_by_length(run: Run) -> None:
    # team 1 helps after 30 s; agent 0 is busy till 100
    slow = make_plan([queue("phone")], [team({0: 1}), team({0: 2}, after={0: 30})])
    _, helped = run(slow, [contact(0, 0, [100]), contact(0, 10, [20])])
    assert helped.stretches == [(1, 10, 40, 60)]
    # team 1 helps while more than one waits: C's arrival at 20 makes two, and the older, B, is taken
    long = make_plan([queue("phone")], [team({0: 1}), team({0: 2}, longer_than={0: 1})])
    _, b, c = run(long, [contact(0, 0, [100]), contact(0, 10, [20]), contact(0, 20, [20])])
    assert b.stretches == [(1, 10, 20, 40)]
    assert c.stretches == [(0, 20, 100, 120)]  # at 40 only one waits: not enough for team 1


def test_max_waiting_blocks_the_new_but_not_the_transferred(run: Run) -> None:
    plan = make_plan([queue("phone", max_waiting=1), queue("live_chat")], [team({0: 1}), team({1: 1})])
    _, waits, chat, blocked, leg = run(
        plan,
        [
            contact(0, 0, [100]),
            contact(0, 10, [20]),
            contact(1, 15, [10], transfer=contact(0, work=[30])),
            contact(0, 20, [10]),
        ],
    )
    assert waits.turns == [(10, 100, 120)]
    assert (blocked.outcome, blocked.left, blocked.stretches) == ("blocked", 20, [])
    assert (chat.outcome, chat.left) == ("transferred", 25)
    assert leg.turns == [(25, 120, 150)]


def test_a_silent_customer_is_answered_in_vain(run: Run) -> None:
    # B waits in the slot and goes silently at 5 + 20; the agent answers at 60 for 10 s, the slot is held for 30 s more:
    # C, who waits for it, gets it at 100
    plan = make_plan([queue("live_chat", idle_timeout=30)], [team({0: 1}, {0: 2})])
    a, b, c = run(
        plan,
        [
            contact(0, 0, [60, 1], [15], wrap_up=100),
            contact(0, 5, [10, 99], [1], patience=20, silent=True, wrap_up=50, retry=None),
            contact(0, 6, [10], patience=500),
        ],
    )
    assert (b.outcome, b.left, b.closed) == ("silently_abandoned", 25, 100)
    assert b.turns == [(5, 60, 70)]
    assert a.turns == [(0, 0, 60), (75, 75, 76)]
    assert c.stretches[0] == (0, 6, 100, 186)  # wrap-up of A lasts from 76 to 176


def test_lost_inside_the_conversation(run: Run) -> None:
    # A's second message comes at 15 while the agent works on B till 110; after 60 s A orders elsewhere, no wrap-up
    plan = make_plan([queue("live_chat", idle_timeout=300)], [team({0: 1}, {0: 2})])
    a, b = run(plan, [contact(0, 0, [10, 10], [5], reply_patience=[60], wrap_up=20), contact(0, 5, [100])])
    assert (a.outcome, a.left, a.closed) == ("lost", 75, 75)
    assert a.turns == [(0, 0, 10), (15, None, None)]
    assert b.turns == [(5, 10, 110)]


def test_transfer_takes_no_wrap_up_and_keeps_the_agent_if_it_can(run: Run) -> None:
    # chat to video with the same agent, who has no other session: the video starts at once although D waits longer
    plan = make_plan([queue("live_chat"), queue("video")], [team({0: 1, 1: 1}, {0: 1})])
    chat, waits, video = run(
        plan,
        [
            contact(0, 0, [10, 10], [5], wrap_up=50, transfer=contact(1, work=[40], keep_agent=True), transfer_turn=0),
            contact(0, 1, [5]),
        ],
    )
    assert (chat.outcome, chat.left, chat.closed) == ("transferred", 10, 10)
    assert video.stretches == [(0, 10, 10, 50)]
    assert waits.stretches == [(0, 1, 50, 55)]


def test_transfer_to_the_same_agent_waits_for_them_first(run: Run) -> None:
    # agent 0 still has another chat: the video is an ordinary transfer that waits 30 s for agent 0 alone, though agent
    # 1 is free; agent 0 has ended the other chat at 25, before that
    plan = make_plan(
        [queue("live_chat"), queue("video", same_agent_for=30)],
        [team({0: 1, 1: 1}, {0: 2}), team({1: 1})],
    )
    _, _, video = run(
        plan,
        [contact(0, 0, [10], transfer=contact(1, work=[40], keep_agent=True)), contact(0, 1, [15])],
    )
    assert video.stretches == [(0, 10, 25, 65)]


def test_retry_comes_back_after_its_delay_and_not_after_the_end(run: Run) -> None:
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1}), team({1: 1})], end=100, drain=500)
    _, gone, late, mail, never = run(
        plan,
        [
            contact(0, 0, [200]),
            contact(0, 10, patience=20, retry=contact(1, work=[10], after=15)),
            contact(0, 20, patience=30, retry=contact(1, work=[10], after=50)),
        ],
    )
    assert (gone.outcome, gone.left) == ("abandoned", 30)
    assert mail.turns == [(45, 45, 55)]
    assert (late.outcome, late.left) == ("abandoned", 50)
    assert never.outcome == "none"  # would arrive at 100, the end of arrivals


def test_reopening_counts_from_the_last_reply(run: Run) -> None:
    plan = make_plan([queue("email")], [team({0: 1})])
    mail, again = run(plan, [contact(0, 0, [10], wrap_up=30, reopening=contact(0, work=[5], after=20))])
    assert (mail.outcome, mail.left, mail.closed) == ("resolved", 10, 40)
    assert again.turns == [(30, 40, 45)]


def test_held_until_the_queue_opens_with_patience_standing_still(run: Run) -> None:
    # open from 100 to 200 and from 300: arrival at 90 with 150 s of patience is held to 100; the agent comes at 340;
    # 100 s of patience are used by 200, 40 more by 340: it is answered. With 139 s it has gone (silently) at 339.
    plan = make_plan(
        [queue("messaging", outside=Outside.HOLD, hours=[(100, 200), (300, FOREVER)], idle_timeout=0)],
        [team({0: 1}, agents=[[(340, FOREVER)]])],
    )
    served, gone = run(plan, [contact(0, 90, [10], patience=150), contact(0, 91, [10], patience=139, silent=True)])
    assert (served.outcome, served.turns) == ("resolved", [(90, 340, 350)])
    assert (gone.outcome, gone.left, gone.closed) == ("silently_abandoned", 339, 360)
    assert gone.turns == [(91, 350, 360)]


def test_rejected_outside_hours_and_dropped_at_closing(run: Run) -> None:
    plan = make_plan([queue("phone", hours=[(10, 100)], drop_at_close=True)], [team({0: 1})])
    early, served, dropped, late = run(
        plan, [contact(0, 9, [5]), contact(0, 10, [200]), contact(0, 50, [5]), contact(0, 100, [5])]
    )
    assert [c.outcome for c in (early, served, dropped, late)] == ["rejected", "resolved", "rejected", "rejected"]
    assert (dropped.left, dropped.stretches) == (100, [(-1, 50, 100, 100)])
    assert (late.left, late.stretches) == (100, [])


def test_several_agents_come_and_the_contacts_choose(run: Run) -> None:
    # at 60 two agents come: the older contact looks first and, by fixed order, takes agent 0
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(60, FOREVER)], [(60, FOREVER)]])], agent="fixed_order")
    older, newer = run(plan, [contact(0, 5, [10]), contact(0, 6, [10])])
    assert (older.agents, newer.agents) == ([0], [1])


def test_head_start_orders_but_does_not_count(run: Run) -> None:
    plan = make_plan([queue("phone"), queue("phone", head_start=90)], [team({0: 1, 1: 1})])
    _, plain, premium = run(plan, [contact(0, 0, [100]), contact(0, 10, [10]), contact(1, 90, [10])])
    assert premium.turns == [(90, 100, 110)]
    assert plain.turns == [(10, 110, 120)]


def test_ringing_ends_at_the_moment_patience_does_and_is_answered(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    calls = [contact(0, 0, [10], patience=5, answer_delay=5), contact(0, 20, [10], patience=4, answer_delay=5)]
    answered, gone = run(plan, calls)
    assert answered.turns == [(0, 5, 15)]
    assert (gone.outcome, gone.left, gone.stretches) == ("abandoned", 24, [(0, 20, 20, 24)])


def test_one_call_rings_longer_than_another(run: Run) -> None:
    # two agents: the second call is assigned after the first and answered before it
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 900)]] * 2)])
    slow, quick, next_one = run(plan, [
        contact(0, 0, [10], answer_delay=30), contact(0, 1, [10], answer_delay=2), contact(0, 4, [10], answer_delay=0),
    ])  # fmt: skip
    assert slow.turns == [(0, 30, 40)]
    assert quick.turns == [(1, 3, 13)]
    assert next_one.turns == [(4, 13, 23)]


def test_attention_to_first_replies(run: Run) -> None:
    # at 60 the agent may answer A's second message (of 30) or B's first (of 40)
    for attention, first in (("oldest", 0), ("first_replies", 1)):
        plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 3})], attention=attention)
        a, _, b = run(plan, [contact(0, 0, [20, 10], [10]), contact(0, 40, [10]), contact(0, 10, [40])])
        starts = [a.turns[1][1], b.turns[0][1]]
        assert starts == ([60, 70] if first == 0 else [70, 60])


def test_slowdown_counts_sessions_at_the_start_of_work(run: Run) -> None:
    # pace 1.25 and 1.2 with two sessions: 10 × 1.25 = 12.5 alone, 10 × 1.25 × 1.2 = 15 beside another
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2}, pace={0: 1.25}, slowdown=[1.0, 1.2])])
    a, b = run(plan, [contact(0, 0, [10], wrap_up=4), contact(0, 5, [10])])
    assert a.turns == [(0, 0, 12.5)]
    assert a.closed == 17.5  # wrap-up with pace only
    assert b.turns == [(5, 17.5, 30)]  # alone again


def test_backlog_waits_since_its_arrival(run: Run) -> None:
    plan = make_plan([queue("email", idle_timeout=0)], [team({0: 1}, agents=[[(10, FOREVER)]])])
    older, newer = run(plan, [contact(0, -3600, [10]), contact(0, -60, [10], patience=15, silent=True)])
    assert older.turns == [(-3600, 10, 20)]
    assert older.stretches == [(0, -3600, 10, 20)]
    assert (newer.outcome, newer.left) == ("silently_abandoned", 15)  # patience from time 0


def test_overtime_runs_into_the_next_shift(run: Run) -> None:
    # the call of 90 is finished at 250, in the agent's next shift (from 200); the next call is taken then
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 100), (200, 400)]])])
    long, after = run(plan, [contact(0, 90, [160]), contact(0, 210, [10])])
    assert long.turns == [(90, 90, 250)]
    assert after.turns == [(210, 250, 260)]


def test_parked_sooner_with_more_sessions(run: Run) -> None:
    # 60 s with one session at the reply, 20 with two, 5 with more: the first is parked at 10 + 60 whoever comes after,
    # the second at 25 + 20, the third at 40 + 5, as three are held; the fourth, with two again, at 60 + 20
    plan = make_plan(
        [queue("messaging", idle_timeout=60, parked_after=[60, 20, 5])], [team({0: 1}, {0: 4}, agents=[[(0, 900)]])]
    )
    lives = run(plan, [contact(0, at, [work, 5], [400]) for at, work in ((0, 10), (20, 5), (30, 10), (50, 10))])
    assert [life.stretches[0][3] for life in lives] == [70, 45, 45, 80]
