"""The finer rules of agents left idle for calls (docs/model.md, 4), worked out by hand, in seconds."""

from __future__ import annotations

from tests.tables_by_hand import contact, make_plan, queue, team
from tests.timelines.conftest import Run

CALLS = queue("phone", keep_idle=1, reserved=True)
TWO = [[(0, 1000)], [(0, 1000)]]


def test_the_last_idle_agent_is_left_for_a_call(run: Run) -> None:
    # the first chat takes one of the two, the second goes beside it; the third finds that one full and waits, though
    # the other is idle: the call of 30 has that one at once
    plan = make_plan([queue("live_chat"), CALLS], [team({0: 1, 1: 1}, {0: 2}, agents=TWO)])
    one, two, three, call = run(
        plan, [contact(0, 0, [100]), contact(0, 10, [20]), contact(0, 20, [10]), contact(1, 30, [5])]
    )
    assert (one.stretches, two.stretches) == ([(0, 0, 0, 100)], [(0, 10, 10, 120)])
    assert call.stretches == [(1, 30, 30, 35)]
    assert three.stretches == [(0, 20, 100, 130)]


def test_an_agent_who_becomes_idle_frees_the_other_for_what_waits(run: Run) -> None:
    # visits take whole agents: the second waits for one to be idle besides; at 50 agent 0 is free and takes it
    plan = make_plan([queue("in_person"), CALLS], [team({0: 1, 1: 1}, agents=TWO)])
    one, two = run(plan, [contact(0, 0, [50]), contact(0, 10, [20])])
    assert one.stretches == [(0, 0, 0, 50)]
    assert two.stretches == [(0, 10, 50, 70)]


def test_one_who_comes_on_duty_lets_another_team_take_what_waits(run: Run) -> None:
    # agent 0 alone may take visits and is left idle for calls, until agent 1, who takes calls alone, comes at 40
    plan = make_plan(
        [queue("in_person"), CALLS], [team({0: 1, 1: 1}, agents=[[(0, 1000)]]), team({1: 1}, agents=[[(40, 1000)]])]
    )
    (visit,) = run(plan, [contact(0, 10, [20])])
    assert visit.stretches == [(0, 10, 40, 60)]


def test_its_own_thread_does_not_get_an_agent_who_is_left_idle(run: Run) -> None:
    # parked at 20, the message of 50 finds its own agent idle, and the only one: it waits for nobody but the end of the
    # call that the other has, at 80
    plan = make_plan(
        [queue("messaging", idle_timeout=10, same_agent_for=500), CALLS],
        [team({0: 1, 1: 1}, {0: 2}, agents=TWO)],
        agent="fixed_order",
    )
    thread, call = run(plan, [contact(0, 0, [10, 10], [40]), contact(1, 30, [50])])
    assert call.stretches == [(0, 30, 30, 80)]
    assert thread.stretches == [(0, 0, 0, 20), (0, 50, 80, 90)]
