"""The finer rules of concurrency by time of day (docs/model.md, 3), worked out by hand, in seconds."""

from __future__ import annotations

from tests.tables_by_hand import contact, make_plan, queue, team
from tests.timelines.conftest import Run


def test_a_limit_that_rises_lets_the_waiting_in_at_that_instant(run: Run) -> None:
    # two chats at once from 100 on; a third only if it comes when one of the two is gone
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 3})], limits=[(1, 0, 0, 1), (100, 0, 0, 2)])
    a, b, c = run(plan, [contact(0, 10, [200]), contact(0, 20, [10]), contact(0, 30, [10])])
    assert a.stretches == [(0, 10, 10, 210)]
    assert b.stretches == [(0, 20, 100, 220)]
    assert c.stretches == [(0, 30, 210, 230)]


def test_a_limit_that_falls_takes_nothing_away(run: Run) -> None:
    # two chats are held; after 50 only one is allowed, so the third waits until both are gone
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2})], limits=[(50, 0, 0, 1)])
    a, b, c = run(plan, [contact(0, 0, [60]), contact(0, 0, [30]), contact(0, 40, [10])])
    assert (a.stretches, b.stretches) == ([(0, 0, 0, 60)], [(0, 0, 0, 90)])
    assert c.stretches == [(0, 40, 90, 100)]


def test_by_the_clock_it_holds_for_all_events_of_the_instant(run: Run) -> None:
    # work ends at 50 before "agents come", but the limit of one has fallen by the clock: the third is not taken
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2})], limits=[(50, 0, 0, 1)])
    a, b, c = run(plan, [contact(0, 0, [50]), contact(0, 0, [50]), contact(0, 10, [10])])
    assert (a.stretches, b.stretches) == ([(0, 0, 0, 50)], [(0, 0, 0, 100)])
    assert c.stretches == [(0, 10, 100, 110)]


def test_another_queue_has_its_own_limit(run: Run) -> None:
    # a chat takes half, a thread a third; with one chat allowed a thread beside it still fits, a chat beside a thread
    # does not
    plan = make_plan(
        [queue("live_chat"), queue("messaging")], [team({0: 1, 1: 1}, {0: 2, 1: 3})], limits=[(1, 0, 0, 1)]
    )
    chat, thread, late = run(plan, [contact(0, 10, [100]), contact(1, 20, [100]), contact(0, 30, [10])])
    assert chat.stretches == [(0, 10, 10, 110)]
    assert thread.stretches == [(0, 20, 20, 210)]
    assert late.stretches == [(0, 30, 210, 220)]


def test_who_comes_back_may_exceed_it(run: Run) -> None:
    # 2.7: the parked thread resumes at its agent above the limit of one, which a new one does not
    plan = make_plan(
        [queue("messaging", idle_timeout=10, over_capacity=True)], [team({0: 1}, {0: 2})], limits=[(50, 0, 0, 1)]
    )
    back, other, new = run(plan, [contact(0, 0, [10, 10], [70]), contact(0, 40, [100]), contact(0, 60, [10])])
    assert back.stretches == [(0, 0, 0, 20), (0, 80, 80, 150)]
    assert other.stretches == [(0, 40, 40, 140)]
    assert new.stretches == [(0, 60, 150, 160)]
