"""Contacts whose deadline had not passed when the run ended are neither met nor missed: by hand, and from scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from ccsim.tables import Outcome
from tests.tables_by_hand import contact, make_plan, make_workload, queue, team
from tests.unit.logs_by_hand import make_log
from tests.unit.test_metrics import Case, by_interval, figures

END = 1000.0


def waiting(**changes: Any) -> Case:
    """The run ends at 1000: call 0 is answered at once; 1 and 2 have waited 30 s and 10 s, and 3 in vain till 950."""
    plan = make_plan([queue("phone", **changes)], [team({0: 1})], end=END, drain=0)
    arrivals = (0, 970, 990, 910)
    work = make_workload([contact(0, t, work=[60]) for t in sorted(arrivals)], plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 60, 60),
            1: (Outcome.ABANDONED, 910, 1, 950, 950),
            2: (Outcome.OPEN, 970, 1, END, END),
            3: (Outcome.OPEN, 990, 1, END, END),
        },
        turns={
            0: (0, 0, 60, 0), 1: (910, None, None, -1), 2: (970, None, None, -1), 3: (990, None, None, -1),
        },
        stretches=[(0, 0, 0, 0, 60), (1, -1, 910, 950, 950), (2, -1, 970, END, END), (3, -1, 990, END, END)],
        presences=[(0, 0, END)],
    )  # fmt: skip
    return work, plan, log


def test_who_was_not_late_yet_is_left_out() -> None:
    result = figures(waiting(), sl_time=20, resolution_time=float("nan"))
    assert result["q0", "service_level"] == pytest.approx(1 / 3)  # of 0, 1 and 2
    assert result["q0", "undecided"] == result["total", "undecided"] == 1


def test_who_has_waited_as_long_as_the_time_is_late() -> None:
    for time, level, undecided in ((10, 1 / 4, None), (10.001, 1 / 3, 1), (30, 1 / 3, 1), (30.001, 1 / 2, 2)):
        result = figures(waiting(), sl_time=time, resolution_time=float("nan"))
        assert result["q0", "service_level"] == pytest.approx(level)
        assert result.get(("q0", "undecided")) == undecided  # a count that is always 0 is left out


@pytest.mark.parametrize(
    ("formula", "level"),
    [("all_offered", 1 / 2), ("answered_only", 1), ("answered_or_abandoned", 2 / 2), ("late_abandons", 1)],
)
def test_no_formula_counts_the_undecided(formula: str, level: float) -> None:
    """With a time of 40 s caller 1, who gave up after as long, gave up within it."""
    result = figures(waiting(), sl_time=40, resolution_time=float("nan"), sl_formula=formula)
    assert result["q0", "service_level"] == pytest.approx(level)
    assert result["q0", "undecided"] == 2


def test_by_interval() -> None:
    assert by_interval(waiting(), "q0", "undecided", sl_time=20, resolution_time=float("nan"), interval=500) == [0, 1]
    result = by_interval(waiting(), "q0", "service_level", sl_time=20, resolution_time=float("nan"), interval=500)
    assert result == pytest.approx([1, 0])


def test_the_clock_is_that_of_the_queue() -> None:
    """Closed from 975: of the waits of 30 s and 10 s, five seconds and none were in open hours."""
    result = figures(waiting(hours=[(0, 975)]), sl_time=10, resolution_time=float("nan"), business_clock=True)
    assert result["q0", "service_level"] == pytest.approx(1 / 2)
    assert result["q0", "undecided"] == 2


def test_resolution_is_undecided_by_its_own_time() -> None:
    """Within 25 s nobody was resolved; caller 2 is late after 30 s, caller 3 is not after 10 s."""
    result = figures(waiting(), sl_time=float("nan"), resolution_time=25)
    assert result["q0", "resolution_level"] == 0
    result = figures(waiting(), sl_time=float("nan"), resolution_time=60)
    assert result["q0", "resolution_level"] == pytest.approx(1 / 2)  # of 0 and 1
    assert result["q0", "undecided"] == 2


def test_later_replies() -> None:
    """A second message came at 970 and waits: late with 20 s for a reply, undecided with 40 s."""
    plan = make_plan([queue("live_chat")], [team({0: 1})], end=END, drain=0)
    work = make_workload([contact(0, 0, work=[60, 60], latency=[910])], plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.OPEN, 0, 2, END, END)},
        turns={0: (0, 0, 60, 0), 1: (970, None, None, -1)},
        stretches=[(0, 0, 0, 0, END)],
        presences=[(0, 0, END)],
    )
    result = figures((work, plan, log), reply_time=20, resolution_time=float("nan"))
    assert result["q0", "reply_level"] == 0
    assert ("q0", "undecided") not in result
    result = figures((work, plan, log), reply_time=40, resolution_time=float("nan"))
    assert result["q0", "reply_level"] is None
    assert result["q0", "undecided"] == 1
    assert result["q0", "service_level"] == 1
