"""The finer rules of work that grows with time (docs/model.md, 6.21), worked out by hand, in seconds."""

from __future__ import annotations

from tests.tables_by_hand import FOREVER, contact, make_plan, queue, team
from tests.timelines.conftest import Run

TWICE_AFTER_A_MINUTE = [(60, 2.0)]


def test_a_wait_as_long_as_the_time_counts(run: Run) -> None:
    # the agent is busy until 70: who came at 10 has waited 60 s, who came at 11 59 s when that is over
    plan = make_plan([queue("phone", work_after_wait=TWICE_AFTER_A_MINUTE)], [team({0: 1}, agents=[[(0, 900)]] * 2)])
    calls = [contact(0, 0, [70]), contact(0, 0, [70]), contact(0, 10, [10]), contact(0, 11, [10], wrap_up=5)]
    *_, late, in_time = run(plan, calls)
    assert late.turns == [(10, 70, 90)]
    assert (in_time.turns, in_time.closed) == ([(11, 70, 80)], 85)


def test_ringing_is_part_of_the_wait_and_the_greatest_time_counts(run: Run) -> None:
    plan = make_plan([queue("phone", work_after_wait=[(5, 3.0), (65, 2.0)])], [team({0: 1})])
    first, second = run(plan, [contact(0, 0, [20], answer_delay=5), contact(0, 0, [10], answer_delay=5)])
    assert first.turns == [(0, 5, 65)]
    assert second.turns == [(0, 70, 90)]


def test_every_message_has_its_own_wait_and_reading_again_none(run: Run) -> None:
    # the second message waits from 40 to 100: its 10 s become 20, its re-reading of 4 stays; the closing word waits too
    plan = make_plan(
        [queue("live_chat", work_after_wait=TWICE_AFTER_A_MINUTE, reread_after=0, reread_work=4), queue("live_chat")],
        [team({0: 1, 1: 1}, {0: 2, 1: 2})],
    )
    chat, _, _ = run(plan, [
        contact(0, 0, [10, 10, 7], [30, 30], closing=True), contact(1, 15, [85]), contact(1, 130, [100]),
    ])  # fmt: skip
    assert chat.turns == [(0, 0, 10), (40, 100, 124), (154, 230, 237)]
    assert chat.rereads == [0, 4, 0]


def test_the_companys_own_message_has_waited_for_nobody(run: Run) -> None:
    plan = make_plan([queue("messaging", work_after_wait=[(0, 2.0)])], [team({0: 1})])
    (sent,) = run(plan, [contact(0, 0, [10, 10], [5], outbound=True, missed=True)])
    assert sent.turns == [(0, 0, 10), (15, 15, 35)]


def test_shared_work_grows_with_the_wait_too(run: Run) -> None:
    chat = queue("live_chat", shared=[10], work_after_wait=[(0, 1.0), (10, 1.5)])
    plan = make_plan([chat], [team({0: 1}, {0: 1})])
    _, second = run(plan, [contact(0, 0, [10]), contact(0, 0, [10])])
    assert second.turns == [(0, 10, 25)]


def test_tired_from_one_rest_to_the_next(run: Run) -> None:
    # half as much again from 100 s after the shift's begin or the break's end on
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 900, [(200, 250)])]], fatigue=[(100, 1.5)])])
    times = (99, 190, 349, 360)
    lives = run(plan, [contact(0, at, [10], wrap_up=2) for at in times])
    # begun at 99 it takes 10, its wrap-up at 109 is one of the tired; in the break the rest has not begun
    assert [life.turns[0][1:] for life in lives] == [(99, 109), (190, 205), (349, 359), (362, 377)]
    assert [life.closed for life in lives] == [112, 208, 362, 380]


def test_a_pause_that_goes_on_is_no_rest_yet(run: Run) -> None:
    # the chat's second message comes in the break and waits for its end: from then on the agent is fresh
    plan = make_plan([queue("live_chat")], [team({0: 1}, agents=[[(0, 900, [(150, 170)])]], fatigue=[(100, 2.0)])])
    (chat,) = run(plan, [contact(0, 120, [10, 10], [20])])
    assert chat.turns == [(120, 120, 140), (160, 170, 180)]


def test_a_break_until_the_end_of_the_shift_is_a_rest_before_the_overrun(run: Run) -> None:
    # the message of 160 is worked on from 200 on, in the overrun, by who has rested until then
    plan = make_plan(
        [queue("live_chat")], [team({0: 1}, agents=[[(0, 200, [(150, 200)])]], fatigue=[(100, 2.0)], overrun=600)]
    )
    (chat,) = run(plan, [contact(0, 120, [10, 10, 10], [20, 110])])
    assert chat.turns == [(120, 120, 140), (160, 200, 210), (320, 320, 340)]


def test_the_next_shift_begins_fresh(run: Run) -> None:
    plan = make_plan(
        [queue("phone")], [team({0: 1}, agents=[[(0, 200), (300, FOREVER)]], fatigue=[(100, 2.0)])], end=1000
    )
    lives = run(plan, [contact(0, at, [10]) for at in (150, 300, 400)])
    assert [life.turns[0][1:] for life in lives] == [(150, 170), (300, 310), (400, 420)]


def test_what_a_wait_carries_makes_no_work_longer(run: Run) -> None:
    # the retry waits from 60 to 110, with the 20 s of the first attempt 70 s; who came at 45 waits 75 s
    phone = queue("phone", carry_wait=True, work_after_wait=[(66, 2.0)])
    plan = make_plan([phone], [team({0: 1}, agents=[[(0, 900)]])])
    again = contact(0, work=[10], after=30)
    lives = run(
        plan,
        [contact(0, 0, [100]), contact(0, 10, patience=20, retry=again), contact(0, 35, [10]), contact(0, 45, [10])],
    )
    assert [life.turns[0] for life in lives[2:]] == [(35, 100, 110), (45, 120, 140), (60, 110, 120)]


def test_work_under_way_does_not_change(run: Run) -> None:
    # tired from 50 on: the mail of 0 is interrupted from 30 to 50 and goes on as it was begun, the other takes twice 10
    plan = make_plan(
        [queue("phone"), queue("email")],
        [team({0: 1, 1: 1}, {1: 3}, agents=[[(0, 900)]], interrupts={0: [1]}, fatigue=[(50, 2.0)])],
    )
    mail, call, other = run(plan, [contact(1, 0, [100]), contact(0, 30, [20]), contact(1, 60, [10])])
    assert (mail.turns, call.turns, other.turns) == ([(0, 0, 120)], [(30, 30, 50)], [(60, 120, 140)])
