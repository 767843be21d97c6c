"""The finer rules of who joins which queue (docs/model.md, 6.23), worked out by hand, in seconds."""

from __future__ import annotations

from typing import Any

from tests.tables_by_hand import contact, make_plan, queue, team
from tests.timelines.conftest import Run

ALWAYS: Any = [[(0, 9000)]]


def calls(*alternatives: int, session: float = 100, **changes: Any) -> dict[str, Any]:
    return queue("phone", alternatives=list(alternatives), session_time=session, **changes)


def two_queues(*, first: Any = None, second: Any = None, **changes: Any) -> Any:
    """Queue 0, whose contacts may join queue 1; a team for each."""
    teams = [team({0: 1}, agents=first or ALWAYS), team({1: 1}, agents=second or ALWAYS)]
    return make_plan([calls(1), calls(**changes)], teams)


def test_of_equals_its_own_queue(run: Run) -> None:
    # at 0 both are free: its own; at 1 the other is free; at 2 one would wait 100 in each: its own; at 3 the own is 200
    lives = run(two_queues(), [contact(0, at, [1000]) for at in range(4)])
    assert [life.stretches[0][0] for life in lives] == [0, 1, 0, 1]
    assert [life.turns[0][1] for life in lives] == [0, 1, 1000, 1001]


def test_of_equals_the_first_in_the_list(run: Run) -> None:
    teams = [team({q: 1}, agents=ALWAYS) for q in range(3)]
    lives = run(make_plan([calls(2, 1), calls(), calls()], teams), [contact(0, at, [500]) for at in range(3)])
    assert [life.agents for life in lives] == [[0], [2], [1]]


def test_places_divide_the_wait_and_sessions_stretch_it(run: Run) -> None:
    # with two agents the other queue's wait is 150 / 2, less than 100; with the second place taken 2 * 150 / 2 is more
    plan = two_queues(second=[[(0, 9000)]] * 2, session=150)
    lives = run(plan, [contact(0, at, [1000]) for at in range(5)])
    assert [life.agents for life in lives] == [[0], [1], [2], [1], [0]]


def test_the_whole_of_a_microsecond(run: Run) -> None:
    # 100 s / 3 agents, rounded down, is the wait of an own queue of 33.333333 s: of equals the own
    plan = make_plan(
        [calls(1, session=33.333333), calls()],
        [team({0: 1}, agents=ALWAYS), team({1: 1}, agents=[[(0, 9000)]] * 3)],
    )
    lives = run(plan, [contact(0, at, [1000]) for at in range(5)])
    assert [life.agents for life in lives] == [[0], [1], [2], [3], [0]]


def test_a_closed_queue_is_not_joined(run: Run) -> None:
    plan = two_queues(hours=[(10, 9000)])
    lives = run(plan, [contact(0, at, [1000]) for at in (0, 5, 10)])
    assert [life.agents for life in lives] == [[0], [0], [1]]  # the second waits in its own


def test_who_finds_its_own_queue_closed_joins_another(run: Run) -> None:
    plan = make_plan(
        [calls(1, hours=[(100, 9000)]), calls(hours=[(50, 9000)])],
        [team({0: 1}, agents=ALWAYS), team({1: 1}, agents=ALWAYS)],
    )
    lives = run(plan, [contact(0, at, [10]) for at in (40, 60, 120)])
    assert [life.outcome for life in lives] == ["rejected", "resolved", "resolved"]
    assert [life.agents for life in lives] == [[], [1], [0]]


def test_nobody_joins_a_queue_without_agents_of_its_own(run: Run) -> None:
    # the other queue has an agent who helps only after 5 s, and one on a break, one winding down, one gone at 2
    shifts = [[(0, 900, [(0, 50)])], [(0, 60, [], [(0, 60)]), (70, 900)], [(0, 2)]]
    plan = make_plan(
        [calls(1), calls()],
        [team({0: 1}, agents=ALWAYS), team({1: 1}, agents=shifts), team({1: 1}, after={1: 5}, agents=ALWAYS)],
    )
    lives = run(plan, [contact(0, at, [1000]) for at in (0, 1, 2, 50, 70)])
    assert [life.agents for life in lives] == [[0], [3], [0], [1], [2]]


def test_places_of_a_chat_agent(run: Run) -> None:
    # six sessions at 100 s in six places: 16.7 s for one who would wait, less than 100 / 3 in the own queue
    chats = [queue("live_chat", alternatives=alternatives, session_time=100) for alternatives in ([1], [])]
    plan = make_plan(chats, [team({0: 1}, {0: 3}, ALWAYS), team({1: 1}, {1: 6}, ALWAYS)])
    lives = run(plan, [contact(0, at / 100, [1000], patience=50) for at in range(12)])
    assert [life.stretches[0][0] for life in lives[:9]] == [0] * 3 + [1] * 6
    joined = run(plan, [contact(0, at / 100, [10]) for at in range(12)])
    assert [life.agents for life in joined[9:]] == [[1], [0], [1]]  # 16.7 and 33.3; 33.3 and 33.3; 33.3 and 66.7


def test_what_is_drawn_stays(run: Run) -> None:
    # it waits in the other queue, with its own patience and work, and tries again in its own, where somebody is free
    plan = two_queues()
    again = contact(0, work=[7], after=100)
    lives = run(
        plan,
        [contact(0, 0, [50]), contact(0, 1, [60]), contact(0, 2, [1]), contact(0, 3, [5], patience=4, retry=again)],
    )
    assert [life.agents for life in lives[:3]] == [[0], [1], [0]]
    assert lives[1].turns == [(1, 1, 61)]
    assert lives[3].outcome == "abandoned"
    assert lives[3].left == 7
    assert lives[4].agents == [0]
    assert lives[4].turns == [(107, 107, 114)]


def test_transfers_and_the_backlog_stay(run: Run) -> None:
    plan = make_plan(
        [calls(1), calls(), queue("phone")],
        [team({0: 1}, agents=[[(100, 900)]]), team({1: 1}, agents=ALWAYS), team({2: 1}, agents=ALWAYS)],
    )
    leg = contact(0, work=[10])
    lives = run(plan, [contact(0, -5, [10]), contact(2, 1, [10], transfer=leg), contact(0, 50, [10])])
    assert [life.agents for life in lives] == [[0], [2], [1], [0]]


def test_a_reservation_counts(run: Run) -> None:
    # the other queue's agent is idle, but kept for queue 2, for which somebody waits: the wait there is 100, as here
    plan = make_plan(
        [calls(1), calls(), queue("phone", reserved=True)],
        [team({0: 1}, agents=ALWAYS), team({1: 1, 2: 1}, after={2: 30}, agents=ALWAYS)],
    )
    lives = run(plan, [contact(0, 0, [200]), contact(2, 1, [10]), contact(0, 2, [10]), contact(0, 40, [10])])
    assert [life.agents for life in lives] == [[0], [1], [0], [1]]
