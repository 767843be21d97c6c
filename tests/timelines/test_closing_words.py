"""The finer rules of closing words (docs/model.md, 6.20), worked out by hand, in seconds."""

from __future__ import annotations

from ccsim.tables import Outside
from tests.tables_by_hand import FOREVER, contact, make_plan, queue, team
from tests.timelines.conftest import Run


def test_the_session_goes_on_until_the_word_has_been_read(run: Run) -> None:
    # answered and resolved at 10; the word comes at 30 and is read until 35, the wrap-up until 42; the other waits
    plan = make_plan([queue("live_chat")], [team({0: 1})])
    thanks, other = run(plan, [contact(0, 0, [10, 5], [20], wrap_up=7, closing=True), contact(0, 12, [10])])
    assert (thanks.outcome, thanks.left, thanks.closed) == ("resolved", 10, 42)
    assert thanks.turns == [(0, 0, 10), (30, 30, 35)]
    assert thanks.stretches == [(0, 0, 0, 42)]
    assert other.turns == [(12, 42, 52)]


def test_a_closed_session_does_not_time_out_before_it(run: Run) -> None:
    # the answer would time out at 40; what is to come is a word, at 50
    plan = make_plan([queue("live_chat", idle_timeout=30)], [team({0: 1})])
    (thanks,) = run(plan, [contact(0, 0, [10, 5], [40], closing=True)])
    assert (thanks.outcome, thanks.left, thanks.turns[1]) == ("resolved", 10, (50, 50, 55))
    assert thanks.stretches == [(0, 0, 0, 55)]


def test_it_resumes_a_parked_thread_that_does_not_expire(run: Run) -> None:
    # parked at 40, beyond 60 an unanswered thread would expire; the word resumes it at 110
    plan = make_plan([queue("messaging", idle_timeout=30, expires_after=60)], [team({0: 1})])
    (thanks,) = run(plan, [contact(0, 0, [10, 5], [100], wrap_up=2, closing=True)])
    assert (thanks.outcome, thanks.left, thanks.closed) == ("resolved", 10, 117)
    assert thanks.stretches == [(0, 0, 0, 40), (0, 110, 110, 117)]


def test_it_waits_for_its_agent_as_any_message(run: Run) -> None:
    # the agent has taken another thread; the word, of 30, waits until that is over and is read at 60
    plan = make_plan([queue("messaging", idle_timeout=10)], [team({0: 1})])
    thanks, other = run(plan, [contact(0, 0, [10, 5], [20], closing=True), contact(0, 12, [40])])
    assert other.turns == [(12, 20, 60)]
    assert thanks.turns[1] == (30, 60, 65)
    assert (thanks.outcome, thanks.closed) == ("resolved", 65)


def test_it_is_held_until_the_queue_opens(run: Run) -> None:
    plan = make_plan([queue("messaging", hours=[(0, 20), (100, FOREVER)], outside=Outside.HOLD)], [team({0: 1})])
    (thanks,) = run(plan, [contact(0, 0, [10, 5], [20], closing=True)])
    # its session has never ended, so that there is nothing to be held: the agent reads it out of hours
    assert thanks.turns[1] == (30, 30, 35)
    plan = make_plan(
        [queue("messaging", hours=[(0, 20), (100, FOREVER)], outside=Outside.HOLD, idle_timeout=5)], [team({0: 1})]
    )
    (thanks,) = run(plan, [contact(0, 0, [10, 5], [20], closing=True)])
    assert thanks.turns[1] == (30, 100, 105)


def test_it_is_read_without_reading_the_rest_again(run: Run) -> None:
    # the second turn comes 30 s after the reply and costs 9 s to read again; the word 30 s after that costs nothing
    plan = make_plan([queue("live_chat", reread_after=20, reread_work=9)], [team({0: 1})])
    (thanks,) = run(plan, [contact(0, 0, [10, 10, 5], [30, 30], closing=True)])
    assert thanks.rereads == [0, 9, 0]
    assert thanks.turns == [(0, 0, 10), (40, 40, 59), (89, 89, 94)]
    assert thanks.left == 59


def test_who_comes_back_counts_from_the_last_answer(run: Run) -> None:
    plan = make_plan([queue("live_chat")], [team({0: 1}, {0: 2})])
    again = contact(0, work=[10], after=5)
    thanks, back = run(plan, [contact(0, 0, [10, 5], [20], closing=True, reopening=again)])
    assert back.turns == [(15, 15, 25)]
    assert thanks.turns[1] == (30, 30, 35)


def test_who_is_transferred_writes_none(run: Run) -> None:
    plan = make_plan([queue("live_chat"), queue("live_chat")], [team({0: 1, 1: 1})])
    leg = contact(1, work=[10])
    first, second = run(plan, [contact(0, 0, [10, 5], [20], closing=True, transfer=leg, transfer_turn=1)])
    assert (first.outcome, first.left, first.turns) == ("transferred", 10, [(0, 0, 10)])
    assert second.turns == [(10, 10, 20)]


def test_handed_over_before_it_comes_anybody_reads_it(run: Run) -> None:
    # the first agent goes at 20, the session with them; the word of 30 finds the second
    plan = make_plan([queue("live_chat")], [team({0: 1}, agents=[[(0, 20)], [(25, FOREVER)]], hand_over=True)])
    (thanks,) = run(plan, [contact(0, 0, [10, 5], [20], closing=True)])
    assert thanks.agents == [0, 1]
    assert thanks.stretches == [(0, 0, 0, 20), (1, 30, 30, 35)]


def test_what_is_resolved_is_not_open_when_the_run_ends(run: Run) -> None:
    plan = make_plan([queue("messaging", idle_timeout=30)], [team({0: 1})], end=60, drain=0)
    (thanks,) = run(plan, [contact(0, 0, [10, 5], [900], wrap_up=7, closing=True)])
    assert (thanks.outcome, thanks.left, thanks.closed, thanks.turns) == ("resolved", 10, 60, [(0, 0, 10)])
    assert thanks.stretches == [(0, 0, 0, 40)]
