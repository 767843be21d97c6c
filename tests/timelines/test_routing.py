"""The finer rules of who gets what (docs/model.md, 4), worked out by hand, in seconds."""

from __future__ import annotations

from ccsim.routing import TURN_STEP
from tests.tables_by_hand import contact, make_plan, queue, team
from tests.timelines.conftest import Run

HALF = 1 << 30
"""Of 2^31: a contact that takes the second of two, the third of four."""


def test_the_draw_counts_among_the_equal_alone(run: Run) -> None:
    # agents 0 and 1 are of rank 2, 2 and 3 of rank 1: a half is the second of 2 and 3; of those left at 10 there is one
    # of rank 1; at 20 it is the second of 0 and 1
    plan = make_plan(
        [queue("phone")],
        [team({0: 2}, agents=[[(0, 900)]] * 2), team({0: 1}, agents=[[(0, 900)]] * 2)],
        agent=["rank", "random"],
    )
    lives = run(plan, [contact(0, at, [100], agent_draw=HALF) for at in (0, 10, 20)])
    assert [life.agents for life in lives] == [[3], [2], [1]]


def test_the_last_place_is_taken_by_the_largest_draw_alone(run: Run) -> None:
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 900)]] * 3)], agent=["random"])
    draws = [2**31 // 3, 2**31 // 3 + 1, 2**31 - 1]
    lives = run(plan, [contact(0, 10 * i, [5], agent_draw=draw) for i, draw in enumerate(draws)])
    assert [life.agents for life in lives] == [[0], [1], [2]]


def test_each_turn_has_a_draw_of_its_own(run: Run) -> None:
    # parked after each reply, and its agent gone when it goes on: of agents 0 and 1 a half is the second, of 2 and 3 a
    # half and 0.618, less one, the first; of 4 and 5 a half and 1.236, less one, the second
    shifts = [[(0, 100)]] * 2 + [[(100, 200)]] * 2 + [[(200, 300)]] * 2
    plan = make_plan([queue("messaging", idle_timeout=10)], [team({0: 1}, agents=shifts)], agent=["random"])
    (thread,) = run(plan, [contact(0, 0, [5] * 3, [95] * 2, agent_draw=HALF)])
    places = [((HALF + turn * TURN_STEP) % 2**31) * 2 >> 31 for turn in range(3)]
    assert places == [1, 0, 1]
    assert thread.agents == [1, 2, 5]


def test_longest_idle_before_the_load_in_one_team(run: Run) -> None:
    # agent 1 has a chat since 5 and has ended none: idle since 0; agent 0 has none, but ended one at 15
    plan = make_plan([queue()], [team({0: 1}, {0: 2}, agents=[[(0, 900)]] * 2)], agent=["idle_since", "load"])
    lives = run(plan, [contact(0, 0, [15]), contact(0, 5, [100]), contact(0, 30, [10])])
    assert [life.agents for life in lives] == [[0], [1], [1]]


def test_the_rank_of_contacts_is_not_that_of_agents(run: Run) -> None:
    # the team is the second choice of queue 0 and the first of queue 1, but takes from queue 0 first
    plan = make_plan(
        [queue("phone"), queue("phone")],
        [team({0: 2, 1: 1}, contact_rank={0: 1, 1: 2}, agents=[[(0, 900)]]), team({0: 1}, agents=[[(0, 900)]])],
    )
    lives = run(plan, [contact(0, 0, [50]), contact(0, 5, [50]), contact(1, 10, [10]), contact(0, 20, [10])])
    assert [life.agents for life in lives] == [[1], [0], [0], [1]]
    assert lives[3].stretches == [(1, 20, 50, 60)]


CARRIES = queue("phone", carry_wait=True)


def test_a_retry_comes_with_the_wait_of_the_first_attempt(run: Run) -> None:
    # abandoned from 10 to 30 and back at 60, it waits since 40 as it were: before who came at 45, after who came at 35
    again = contact(0, work=[10], after=30)
    plan = make_plan([CARRIES], [team({0: 1}, agents=[[(0, 900)]])])
    first, gave_up, earlier, later, retry = run(
        plan,
        [contact(0, 0, [100]), contact(0, 10, patience=20, retry=again), contact(0, 35, [10]), contact(0, 45, [10])],
    )
    assert first.stretches == [(0, 0, 0, 100)]
    assert gave_up.outcome == "abandoned"
    assert earlier.stretches == [(0, 35, 100, 110)]
    assert retry.stretches == [(0, 60, 110, 120)]
    assert later.stretches == [(0, 45, 120, 130)]


def test_a_chain_carries_all_of_its_transfers_and_retries(run: Run) -> None:
    # with agent 0 from 0 to 10, waiting in queue 1 from 10 to 30, and back there at 35: it waits since 5 as it were
    last = contact(1, work=[10], after=5)
    leg = contact(1, work=[10], patience=20, retry=last)
    plan = make_plan([queue("phone"), CARRIES], [team({0: 1}, agents=[[(0, 900)]]), team({1: 1}, agents=[[(0, 900)]])])
    lives = run(
        plan,
        [contact(0, 0, [10], transfer=leg), contact(1, 0, [100])] + [contact(1, at, [10]) for at in (4, 6)],
    )
    assert lives[5].stretches == [(1, 35, 110, 120)]
    assert [life.stretches for life in lives[2:4]] == [[(1, 4, 100, 110)], [(1, 6, 120, 130)]]


def test_overflow_of_one_who_carries_its_wait(run: Run) -> None:
    # team 1 helps after 30: abandoned from 5 to 25 and back at 40, it is due at 50, not at 70
    again = contact(0, work=[10], after=15)
    plan = make_plan([CARRIES], [team({0: 1}, agents=[[(0, 900)]]), team({0: 1}, agents=[[(0, 900)]], after={0: 30})])
    lives = run(plan, [contact(0, 0, [100]), contact(0, 5, patience=20, retry=again)])
    assert lives[2].stretches == [(1, 40, 50, 60)]


def test_attention_goes_by_the_messages(run: Run) -> None:
    # both wait in a session of the agent who works until 100: the message of 30 is the older, whoever carries more
    again = contact(0, work=[10], after=15)
    plan = make_plan([queue(carry_wait=True)], [team({0: 1}, {0: 3}, agents=[[(0, 900)]])])
    lives = run(plan, [contact(0, 0, [100]), contact(0, 5, patience=20, retry=again), contact(0, 30, [10])])
    assert lives[2].turns == [(30, 100, 110)]
    assert lives[3].turns == [(40, 110, 120)]
