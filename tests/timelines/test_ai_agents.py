"""The finer rules of bots whose customers come back (docs/model.md, 6.14), worked out by hand, in seconds."""

from __future__ import annotations

from typing import Any

from ccsim.tables import Outside
from tests.tables_by_hand import FOREVER, contact, make_plan, queue, team
from tests.timelines.conftest import Run

ALWAYS = [(0, FOREVER)]


def unhappy(at: float, after: float, **changes: Any) -> dict[str, Any]:
    """Talks to the bot for 20 s, is contained, and comes back to a person for 10 s of work."""
    back = contact(0, work=[10], after=after, **changes)
    return contact(0, at, [60, 60], bot_time=20, contained=True, bot_repeats=1, bounce=back)


def test_who_comes_back_goes_past_the_bot_to_a_person(run: Run) -> None:
    # contained at 20, back at 50, answered at once: it has nothing to tell twice, and the bot is not asked again
    plan = make_plan([queue("live_chat", bot_hours=ALWAYS)], [team({0: 1})])
    kept, back = run(plan, [unhappy(0, after=30)])
    assert (kept.outcome, kept.left, kept.closed, kept.turns) == ("contained", 20, 20, [])
    assert (back.outcome, back.turns) == ("resolved", [(50, 50, 60)])


def test_who_comes_back_at_once_is_behind_who_arrived_before(run: Run) -> None:
    # the follow-up arrives at 20 as an event of its own, after the caller of 20, whose id is lower
    plan = make_plan([queue("live_chat", bot_hours=ALWAYS)], [team({0: 1})])
    _, other, back = run(plan, [unhappy(0, after=0), contact(0, 20, [30], asks_human=True, bot_time=9)])
    assert other.turns == [(20, 20, 50)]
    assert back.turns == [(20, 50, 60)]


def test_nobody_comes_back_at_the_end_of_arrivals(run: Run) -> None:
    plan = make_plan([queue("live_chat", bot_hours=ALWAYS)], [team({0: 1})], end=100)
    _, _, late, in_time = run(plan, [unhappy(0, after=80), unhappy(1, after=78)])
    assert late.outcome == "none"
    assert in_time.turns == [(99, 99, 109)]


def test_who_asks_for_a_human_is_not_contained_and_has_no_bounce(run: Run) -> None:
    plan = make_plan([queue("live_chat", bot_hours=ALWAYS)], [team({0: 1})])
    root, back = run(plan, [unhappy(0, after=5) | {"asks_human": True}])
    assert (root.outcome, root.turns) == ("resolved", [(0, 0, 60)])
    assert back.outcome == "none"


def test_back_at_night_waits_for_the_morning_where_messages_are_held(run: Run) -> None:
    # the queue is open from 100; the bot alone serves before, contains at 20, and the customer is back at 40
    night = queue("messaging", bot_hours=[], outside=Outside.BOT, hours=[(100, FOREVER)])
    plan = make_plan([night], [team({0: 1})])
    kept, back = run(plan, [unhappy(0, after=20)])
    assert (kept.outcome, kept.left) == ("contained", 20)
    assert (back.outcome, back.turns) == ("resolved", [(40, 100, 110)])


def test_back_at_night_is_rejected_where_they_are_not(run: Run) -> None:
    night = queue("live_chat", bot_hours=[], outside=Outside.BOT, hours=[(100, FOREVER)])
    plan = make_plan([night], [team({0: 1})])
    _, back, again = run(plan, [unhappy(0, after=20, retry=contact(0, work=[10], after=70))])
    assert (back.outcome, back.left) == ("rejected", 40)
    assert (again.outcome, again.turns) == ("resolved", [(110, 110, 120)])


def test_what_a_beginner_gets_wrong_comes_back_and_an_expert_would_have_got_right(run: Run) -> None:
    # 6.17: the draw of 0.3 is below the beginner's share and not below the expert's
    teams = [team({0: 1}, comes_back={0: share}) for share in (0.4, 0.3)]
    for kind, comes_back in zip(teams, (True, False), strict=True):
        plan = make_plan([queue("phone")], [kind])
        served, again = run(plan, [contact(0, 0, [10], reopening=contact(0, work=[5], after=20), reopen_draw=0.3)])
        assert served.outcome == "resolved"
        assert again.turns == ([(30, 30, 35)] if comes_back else [])


def test_who_sends_the_last_reply_decides(run: Run) -> None:
    # the beginner is there until 15, the expert from then on: the second turn is the expert's, who errs in nothing
    beginner = team({0: 1}, comes_back={0: 1.0}, agents=[[(0, 15)]])
    expert = team({0: 1}, comes_back={0: 0.0}, agents=[[(15, FOREVER)]])
    plan = make_plan([queue("messaging")], [beginner, expert])
    served, again = run(plan, [contact(0, 0, [10, 10], [20], reopening=contact(0, work=[5], after=20))])
    assert served.agents == [0, 1]
    assert again.outcome == "none"


def test_a_place_that_is_just_bearable_is_waited_for(run: Run) -> None:
    # 6.19: 20 s for a place. The second is told 20 and waits, the third is told 40 and leaves at once; the fourth, who
    # comes then, is told 40 again, as the third is gone, and bears it
    plan = make_plan([queue("phone", told_place=20)], [team({0: 1})])
    waits, leaves, last = run(
        plan,
        [contact(0, 0, [100]), contact(0, 10, [5], balks_at=20), contact(0, 20, [5], balks_at=39),
         contact(0, 20, [5], balks_at=40)],
    )[1:]  # fmt: skip
    assert waits.turns == [(10, 100, 105)]
    assert (leaves.outcome, leaves.left, leaves.stretches) == ("abandoned", 20, [(-1, 20, 20, 20)])
    assert last.turns == [(20, 105, 110)]


def test_nobody_is_told_a_wait_who_has_none(run: Run) -> None:
    # an agent is free, or the queue is closed and holds: no balking, whatever the tolerance
    plan = make_plan([queue("live_chat", told_place=20, outside=Outside.HOLD, hours=[(50, FOREVER)])], [team({0: 1})])
    held, served = run(plan, [contact(0, 10, [5], balks_at=0), contact(0, 60, [5], balks_at=0)])
    assert held.turns == [(10, 50, 55)]
    assert served.turns == [(60, 60, 65)]


def test_further_contacts_wait_for_the_bot(run: Run) -> None:
    # two places: the third begins at 30, when the first is done, and ends at 50; the fourth at 40, the fifth, of 50, at
    # once, as the third is done; whoever asks for a human waits for nobody
    plan = make_plan([queue("live_chat", bot_hours=[(0, 35)], bot_places=2)], [team({0: 1}, {0: 6})])
    talks = [(0, 30), (10, 30), (20, 20), (30, 0)]
    lives = run(
        plan,
        [contact(0, at, [5], bot_time=talk) for at, talk in talks] + [contact(0, 22, [5], bot_time=9, asks_human=True)],
    )
    assert sorted(life.turns[0][0] or 0.0 for life in lives) == [22, 30, 40, 40, 50]


def test_who_waits_for_the_bot_is_contained_later(run: Run) -> None:
    # contained at 20, 40 and 60; the first is back at 25 and goes past the bot and those who wait for it
    plan = make_plan([queue("live_chat", bot_hours=ALWAYS, bot_places=1)], [team({0: 1})])
    lives = run(plan, [unhappy(at, after=5) for at in (0, 1, 2)])
    assert [(life.outcome, life.left) for life in lives[:3]] == [("contained", time) for time in (20, 40, 60)]
    assert [life.turns for life in lives[3:]] == [[(time, time, time + 10)] for time in (25, 45, 65)]
