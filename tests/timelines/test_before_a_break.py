"""The last minutes before a break and the end of a shift, in which agents take no new sessions (model, section 3)."""

from __future__ import annotations

from tests.tables_by_hand import contact, make_plan, queue, team
from tests.timelines.conftest import Run

LUNCH = (0, 1000, [(100, 200)], [(80, 100), (980, 1000)])
"""On a break from 100 to 200; no new sessions in the 20 seconds before and before the end."""


def test_no_new_chat_but_those_in_hand_go_on(run: Run) -> None:
    # A, taken before 80, is answered at 95 and the work in hand finished; B comes at 80 sharp and waits out the break
    plan = make_plan([queue()], [team({0: 1}, {0: 2}, [[LUNCH]])])
    a, b = run(plan, [contact(0, 70, [10, 10], [15]), contact(0, 80, [10])])
    assert a.turns == [(70, 70, 80), (95, 95, 105)]
    assert b.stretches == [(0, 80, 200, 210)]


def test_a_contact_at_the_last_moment_before_is_taken(run: Run) -> None:
    plan = make_plan([queue()], [team({0: 1}, {0: 2}, [[LUNCH]])])
    a, b = run(plan, [contact(0, 79, [10]), contact(0, 979, [30])])
    assert a.turns == [(79, 79, 89)]
    assert b.turns == [(979, 979, 1009)], "work in hand at the end of the shift is finished"


def test_before_the_end_of_the_shift_too(run: Run) -> None:
    early = (0, 1000, [], [(980, 1000)])
    late = (1200, 2000)
    plan = make_plan([queue()], [team({0: 1}, {0: 2}, [[early, late]])])
    (a,) = run(plan, [contact(0, 985, [10])])
    assert a.stretches == [(0, 985, 1200, 1210)]


def test_the_colleague_takes_it_though_busier(run: Run) -> None:
    plan = make_plan([queue()], [team({0: 1}, {0: 2}, [[LUNCH], [(0, 1000)]])])
    a, b = run(plan, [contact(0, 0, [10, 10], [200]), contact(0, 85, [10])])
    assert (a.agents[0], b.agents) == (0, [1])


def test_calls_wait_too_and_room_that_grows_then_is_not_filled(run: Run) -> None:
    # the first call ends at 90: the second, waiting since 50, would be taken then but for the break at 100
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[LUNCH]])])
    a, b = run(plan, [contact(0, 40, [50]), contact(0, 50, [10])])
    assert a.turns == [(40, 40, 90)]
    assert b.turns == [(50, 200, 210)]


def test_a_conversation_that_resumes_waits_for_its_agent_unless_above_capacity(run: Run) -> None:
    # parked at 20, it resumes at 90: bound to the agent for 300 s, so it is taken when they are back
    own = {"idle_timeout": 10, "same_agent_for": 300}
    roots = [contact(0, 0, [10, 10], [80])]
    (bound,) = run(make_plan([queue("messaging", **own)], [team({0: 1}, {0: 2}, [[LUNCH], [(0, 1000)]])]), roots)
    assert bound.stretches == [(0, 0, 0, 20), (0, 90, 200, 210)]
    exempt = queue("messaging", **own, over_capacity=True)
    (back,) = run(make_plan([exempt], [team({0: 1}, {0: 2}, [[LUNCH], [(0, 1000)]])]), roots)
    assert back.stretches == [(0, 0, 0, 20), (0, 90, 90, 100)]


def test_a_call_does_not_interrupt_who_is_about_to_go(run: Run) -> None:
    queues = [queue("phone"), queue("messaging")]
    one = team({0: 1, 1: 1}, {1: 2}, [[LUNCH]], interrupts={0: [1]})
    call, thread = sorted(
        run(make_plan(queues, [one]), [contact(0, 85, [10]), contact(1, 75, [20])]), key=lambda life: life.turns[0][2]
    )[::-1]
    assert thread.turns == [(75, 75, 95)]
    assert call.turns == [(85, 200, 210)]


def test_a_stretch_of_work_that_is_too_short_brings_nobody_anything(run: Run) -> None:
    # at work from 200 to 215 only, all of it in the last minutes before the next pause
    busy = (0, 1000, [(100, 200), (215, 300)], [(80, 100), (200, 215), (980, 1000)])
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[busy]])])
    (a,) = run(plan, [contact(0, 150, [10])])
    assert a.turns == [(150, 300, 310)]
