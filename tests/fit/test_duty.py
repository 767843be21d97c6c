"""Who was there and free: hand-made logs, worked out on paper. Times are minutes after 09:00."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccsim.logs import duty
from ccsim.logs.duty import RULES, Duty, Waiting
from ccsim.tables import SECOND

NINE = np.datetime64("2026-03-02T09:00", "us")
MINUTE = 60 * SECOND


def at(minutes: float) -> int:
    return int(NINE.astype(np.int64)) + round(minutes * MINUTE)


def log(*rows: tuple[str, float, float | None, float, str | None]) -> pd.DataFrame:
    """Contacts (queue, arrival, answer, end, agent)."""

    def moment(minutes: float | None) -> Any:
        return pd.NaT if minutes is None else pd.Timestamp(at(minutes), unit="us")

    return pd.DataFrame(
        {
            "queue": [row[0] for row in rows],
            "arrival": [moment(row[1]) for row in rows],
            "answer": [moment(row[2]) for row in rows],
            "end": [moment(row[3]) for row in rows],
            "agent": [row[4] for row in rows],
        }
    ).astype({"arrival": "datetime64[us]", "answer": "datetime64[us]", "end": "datetime64[us]"})


def minutes(duties: list[Duty]) -> list[tuple[str, float, float, list[tuple[float, float]]]]:
    def since(time: int) -> float:
        return (time - at(0)) / MINUTE

    return [(d.agent, since(d.start), since(d.end), [(since(a), since(b)) for a, b in d.away]) for d in duties]


def infer(rule: str, contacts: pd.DataFrame) -> list[Duty]:
    """Each agent takes the queues that they answered."""
    able = {agent: frozenset(s.queue for s in served) for agent, served in duty.services(contacts).items()}
    return RULES[rule].infer(contacts, able)


TWO_CALLS = (("q", 0, 0, 4, "ann"), ("q", 20, 20, 25, "ann"))
"""A gap of 16 minutes, from 4 to 20."""


def test_served_is_there_for_whole_half_hours() -> None:
    result = infer("served", log(*TWO_CALLS, ("q", 64, 64, 90, "ann"), ("q", 29, 29, 31, "bob")))
    assert minutes(result) == [
        ("ann", 0, 30, []),
        ("ann", 60, 90, []),  # what ends at 90 is no part of the next half hour
        ("bob", 0, 30, []),
        ("bob", 30, 60, []),
    ]


def test_sessions_part_at_gaps_of_more_than_half_an_hour() -> None:
    result = infer("sessions", log(*TWO_CALLS, ("q", 55, 55, 60, "ann"), ("q", 90.1, 90.1, 92, "ann")))
    assert minutes(result) == [("ann", 0, 60, []), ("ann", 90.1, 92, [])]


def test_ready_takes_a_gap_without_anybody_waiting_for_idle_time() -> None:
    assert minutes(infer("ready", log(*TWO_CALLS))) == [("ann", 0, 25, [])]


def test_ready_is_away_while_somebody_waits_and_half_of_the_time_before() -> None:
    """One waits from 10 to 12, gives up: away from (4 + 10) / 2 = 7 to 12. The next waits from 16 to 20: left at 14."""
    result = infer("ready", log(*TWO_CALLS, ("q", 10, None, 12, None), ("q", 16, 20, 30, "bob")))
    assert minutes(result) == [("ann", 0, 25, [(7, 12), (14, 20)]), ("bob", 20, 30, [])]


def test_ready_counts_only_who_waits_for_that_agent() -> None:
    """Ann has never answered `other`; the call that ann herself answers waits in vain from 18."""
    calls = log(("q", 0, 0, 4, "ann"), ("q", 18, 20, 25, "ann"), ("other", 10, None, 12, None))
    assert minutes(infer("ready", calls)) == [("ann", 0, 25, [(11, 20)])]


def test_away_through_a_gap_in_which_somebody_always_waits() -> None:
    calls = log(*TWO_CALLS, ("q", 1, None, 8, None), ("q", 7, None, 22, None))
    assert minutes(infer("ready", calls)) == [("ann", 0, 25, [(4, 20)])]


def test_services_that_overlap_make_no_gap() -> None:
    calls = log(("q", 0, 0, 10, "ann"), ("q", 2, 2, 5, "ann"), ("q", 12, 12, 13, "ann"))
    (session,) = duty.sessions(duty.services(calls)["ann"])
    assert list(duty.gaps(session)) == [(at(10), at(12))]


def test_nameless_servers_put_nobody_on_duty() -> None:
    for rule in RULES:
        assert infer(rule, log(("q", 0, 0, 4, None), ("q", 1, None, 3, None))) == []


def test_turn_rounds_are_gaps_in_which_somebody_waited_throughout() -> None:
    """4 to 6 while somebody waits from 3 to 6; from 9 to 20 nobody does until 12."""
    calls = log(("q", 0, 0, 4, "ann"), ("q", 3, 6, 9, "ann"), ("q", 12, 20, 25, "ann"))
    assert duty.turn_rounds(calls).tolist() == [2 * MINUTE]


def test_waiting_joins_stretches_that_overlap() -> None:
    calls = log(("q", 0, 5, 6, "ann"), ("q", 3, None, 7, None), ("q", 9, 9, 10, "ann"), ("q", 12, None, 15, None))
    waiting = Waiting(calls, frozenset("q"))
    assert waiting.within([(at(-1), at(20)), (at(2), at(13)), (at(7), at(12))]) == [
        [(at(0), at(7)), (at(12), at(15))],
        [(at(2), at(7)), (at(12), at(13))],
        [],
    ]
    assert waiting.within([]) == []


def test_skills_leave_out_what_an_agent_would_have_been_seen_to_take() -> None:
    """Half of all contacts are `b`: of six of ann's, three would be, and she has none; of bob's four, two would be."""
    calls = log(
        *(("a", n, n, n + 1, "ann") for n in range(6)),
        *(("a", n, n, n + 1, "bob") for n in range(4)),
        *(("b", n, n, n + 1, "cat") for n in range(10)),
    )
    result = duty.skills(calls)
    assert result["ann"] == {"a"}
    assert result["bob"] == {"a", "b"}
    assert result["cat"] == {"b"}


def test_level_is_the_mean_number_of_agents_there_and_free() -> None:
    duties = [Duty("ann", at(0), at(45), ((at(10), at(16)),)), Duty("bob", at(15), at(30))]
    edges = np.array([at(0), at(30), at(60)])
    assert duty.level(duties, edges).tolist() == pytest.approx([(30 + 15 - 6) / 30, 15 / 30])


def test_ready_sees_the_idle_ends_of_a_shift() -> None:
    """Gaps of 10 min; ann is first and last of the day, bob's 15 to 35 grow by 10 min, cut where somebody waits."""
    calls = log(
        *(("q", n, n, n + 2, "ann") for n in (0, 12, 24, 36, 48)),
        ("q", 15, 15, 20, "bob"),
        ("q", 30, 30, 35, "bob"),
        ("q", 37, None, 41, None),
    )
    result = {name: (start, end) for name, start, end, _ in minutes(infer("ready", calls))}
    assert result["ann"] == (0, 50)
    assert result["bob"] == (pytest.approx(15 - 10), 37)


def test_ready_is_away_no_longer_than_is_usual() -> None:
    """Absences known whole are of 1 min, so that one under way has lasted half a minute, not half of twenty."""
    calls = log(
        ("q", 0, 0, 4, "ann"),
        ("q", 3, 5, 6, "ann"),  # away from 4 to 5, while somebody waited
        ("q", 26, None, 28, None),
        ("q", 30, 30, 32, "ann"),
    )
    assert minutes(infer("ready", calls)) == [("ann", 0, 32, [(4, 5), (25.5, 28)])]


def test_ready_goes_on_over_a_gap_in_which_others_had_little_to_do() -> None:
    """Ann has nothing for 80 minutes, in which bob answers one contact, and as likely ann would have."""
    calls = log(("q", 0, 0, 4, "ann"), ("q", 30, 30, 32, "bob"), ("q", 84, 84, 90, "ann"))
    assert [row for row in minutes(infer("ready", calls)) if row[0] == "ann"] == [("ann", 0, 90, [])]


def test_ready_parts_a_gap_in_which_others_answered_what_would_have_been_the_agent_s() -> None:
    """Five contacts go to bob; with ann there all would by 1/2^5, once in 32 times. Five hours are too long anyway."""
    busy = [("q", n, n, n + 2, "bob") for n in (10, 25, 40, 55, 70)]
    calls = log(("q", 0, 0, 4, "ann"), *busy, ("q", 84, 84, 90, "ann"))
    assert len([row for row in minutes(infer("ready", calls)) if row[0] == "ann"]) == 2
    four = log(("q", 0, 0, 4, "ann"), *busy[:4], ("q", 84, 84, 90, "ann"))
    assert len([row for row in minutes(infer("ready", four)) if row[0] == "ann"]) == 1
    apart = log(("q", 0, 0, 4, "ann"), ("q", 304, 304, 310, "ann"))
    assert len(minutes(infer("ready", apart))) == 2


def test_somebody_is_there_from_opening_to_closing() -> None:
    """09:00 to 17:00 on Mondays: ann came first, bob left last; who is there over midnight opens the day too."""
    monday = {0: (9 * 3600, 17 * 3600)}
    duties = [Duty("ann", at(20), at(100)), Duty("bob", at(60), at(450))]
    assert duty.from_opening_to_closing(duties, monday) == [
        Duty("ann", at(0), at(100)),
        Duty("bob", at(60), at(480)),
    ]
    night = [Duty("cat", at(-600), at(10)), *duties]
    assert duty.from_opening_to_closing(night, monday)[1].start == at(20)
    late = [Duty("ann", at(250), at(480))]
    assert duty.from_opening_to_closing(late, monday) == late
    assert duty.from_opening_to_closing(duties, {1: (0, 3600)}) == duties


def test_somebody_is_there_until_closing_after_midnight() -> None:
    """22:00 to 06:00 on Mondays: who comes at one belongs to that night, and leaves last."""
    monday = {0: (22 * 3600, 30 * 3600)}
    duties = [Duty("ann", at(13 * 60 + 20), at(19 * 60)), Duty("bob", at(16 * 60), at(20 * 60))]
    assert duty.from_opening_to_closing(duties, monday) == [
        Duty("ann", at(13 * 60), at(19 * 60)),
        Duty("bob", at(16 * 60), at(21 * 60)),
    ]


def test_ringing_is_no_want_of_an_agent() -> None:
    """All wait a quarter of a minute, as long as it rings: nobody is away."""
    served = ((0, "ann"), (6, "bob"), (10, "ann"), (15, "bob"))
    calls = log(*(("q", n, n + 0.25, n + 2, agent) for n, agent in served))
    assert [away for *_, away in minutes(infer("ready", calls))] == [[], []]


def test_somebody_is_there_while_it_is_open_and_nobody_comes() -> None:
    """A night of four hours without a call: the last stays. With a call in it, or closed meanwhile, nobody does."""
    hour = 3600 * SECOND
    there = [duty.Duty("ann", 20 * hour, 25 * hour), duty.Duty("bob", 30 * hour, 38 * hour)]
    always = dict.fromkeys(range(7), (0, 86_400))
    none = np.zeros(0, np.int64)
    assert [one.end for one in duty.without_holes(there, always, none)] == [30 * hour, 38 * hour]
    assert duty.without_holes(there, always, np.array([27 * hour])) == there
    assert duty.without_holes(there, dict.fromkeys(range(7), (8 * 3600, 22 * 3600)), none) == there
    late = [there[0], duty.Duty("bob", 34 * hour, 38 * hour)]
    assert duty.without_holes(late, always, none) == late
