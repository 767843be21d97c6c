"""The audit passes right logs, written by hand from docs/model.md, and names the fault of each corrupted one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ccsim.engine.audit import audit
from ccsim.tables import NEVER, Log, Outcome, Outside, Plan, Workload
from tests.tables_by_hand import FOREVER, contact, make_plan, make_workload, queue, team, us
from tests.unit.logs_by_hand import make_log

Case = tuple[Workload, Plan, Log]
RUN = 7200  # make_plan's end and drain


def chat() -> Case:
    """One agent with two slots: contact 1 waits in its slot for the agent's mind, contact 0's second message too."""
    plan = make_plan([queue("live_chat", idle_timeout=300)], [team({0: 1}, {0: 2}, slowdown=[1.0, 1.5])])
    roots = [contact(0, 10, work=[30, 30], latency=[20], wrap_up=10), contact(0, 20, work=[60], patience=25)]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.RESOLVED, 10, 2, 160, 170), 1: (Outcome.RESOLVED, 20, 1, 130, 130)},
        turns={0: (10, 10, 40, 0), 1: (60, 130, 160, 0), 2: (20, 40, 130, 0)},
        stretches=[(0, 0, 10, 10, 170), (1, 0, 20, 20, 130)],
        presences=[(0, 0, RUN)],
    )
    return work, plan, log


def phone() -> Case:
    """Caller 1 gives up and tries again; call 2 begins after the pause and goes on after the shift."""
    plan = make_plan([queue("phone", answer_delay=5)], [team({0: 1}, agents=[[(0, 100, [(60, 90)]), (400, 600)]])])
    roots = [
        contact(0, 0, work=[50], wrap_up=15),
        contact(0, 10, work=[20], patience=30, retry=contact(0, work=[20], after=100)),
        contact(0, 20, work=[200]),
    ]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 55, 70),  # its wrap-up reaches into the pause
            1: (Outcome.ABANDONED, 10, 1, 40, 40),
            2: (Outcome.RESOLVED, 20, 1, 295, 295),
            3: (Outcome.RESOLVED, 140, 1, 425, 425),
        },
        turns={0: (0, 5, 55, 0), 1: (10, None, None, -1), 2: (20, 95, 295, 0), 3: (140, 405, 425, 0)},
        stretches=[(0, 0, 0, 0, 70), (1, -1, 10, 40, 40), (2, 0, 20, 90, 295), (3, 0, 140, 400, 425)],
        presences=[(0, 0, 70), (0, 90, 295), (1, 400, 600)],
        parents={3: 1},
    )
    return work, plan, log


def messaging() -> Case:
    """A conversation is parked and resumes with re-reading; another expires; a third is held until opening."""
    plan = make_plan(
        [
            queue(
                "messaging", idle_timeout=60, expires_after=500, reread_after=90, reread_work=8, reread_per_turn=2,
                over_capacity=True, outside=Outside.HOLD, hours=[(0, 1000), (2000, FOREVER)],
            )
        ],
        [team({0: 1}, {0: 1}, pace={0: 2.0})],
    )  # fmt: skip
    roots = [
        contact(0, 0, work=[20, 10], latency=[100], wrap_up=5),
        contact(0, 60, work=[10, 10], latency=[9999]),
        contact(0, 1500, work=[10], patience=600, silent=True),
    ]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 2, 170, 180),
            1: (Outcome.EXPIRED, 60, 1, 560, 560),
            2: (Outcome.RESOLVED, 1500, 1, 2020, 2020),
        },
        turns={0: (0, 0, 40, 0), 1: (140, 140, 170, 0, 10), 2: (60, 100, 120, 0), 4: (1500, 2000, 2020, 0)},
        stretches=[
            (0, 0, 0, 0, 100),  # parked at 40 + 60
            (0, 0, 140, 140, 180),  # comes back above the capacity
            (1, 0, 60, 100, 180),  # parked at 120 + 60
            (2, 0, 1500, 2000, 2020),
        ],
        presences=[(0, 0, RUN)],
    )
    return work, plan, log


def chain() -> Case:
    """Transfer to another queue and team, timeout and return with the remaining turns, work in vain, a reopening."""
    plan = make_plan(
        [queue("live_chat", idle_timeout=50), queue("live_chat", idle_timeout=50)],
        [team({0: 1}, {0: 3, 1: 3}), team({1: 1}, {0: 3, 1: 3}, agents=[[(0, FOREVER)], [(0, FOREVER)]])],
    )
    roots = [
        contact(0, 0, work=[10, 10], latency=[5], transfer=contact(1, work=[30]), transfer_turn=0),
        contact(0, 100, work=[10, 10, 10], latency=[70, 20], comes_back=contact(0, work=[])),
        contact(0, 105, work=[40], patience=3, silent=True, retry=contact(0, work=[9], after=9999)),
        contact(0, 400, work=[10], reopening=contact(1, work=[20], after=30)),
    ]
    work = make_workload(roots, plan)
    # rows: roots 0-3, then 4 transfer of 0, 5 return of 1, 6 retry of 2 (never), 7 reopening of 3
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.TRANSFERRED, 0, 1, 10, 10),
            1: (Outcome.TIMED_OUT, 100, 1, 160, 160),
            2: (Outcome.SILENTLY_ABANDONED, 105, 1, 108, 200),
            3: (Outcome.RESOLVED, 400, 1, 410, 410),
            4: (Outcome.RESOLVED, 10, 1, 40, 40),
            5: (Outcome.RESOLVED, 180, 2, 220, 220),
            7: (Outcome.RESOLVED, 440, 1, 460, 460),
        },
        turns={
            0: (0, 0, 10, 0), 2: (100, 100, 110, 0), 3: (180, 180, 190, 0), 4: (210, 210, 220, 0),
            5: (105, 110, 150, 0), 6: (400, 400, 410, 0), 7: (10, 10, 40, 1), 9: (440, 440, 460, 2),
        },
        stretches=[
            (0, 0, 0, 0, 10), (1, 0, 100, 100, 160), (2, 0, 105, 105, 200), (3, 0, 400, 400, 410),
            (4, 1, 10, 10, 40), (5, 0, 180, 180, 220), (7, 2, 440, 440, 460),
        ],
        presences=[(0, 0, RUN), (1, 0, RUN), (2, 0, RUN)],
        parents={4: 0, 5: 1, 7: 3},
    )  # fmt: skip
    return work, plan, log


CASES: dict[str, Callable[[], Case]] = {f.__name__: f for f in (chat, phone, messaging, chain)}


@pytest.mark.parametrize("name", CASES)
def test_right_log_passes(name: str) -> None:
    assert audit(*CASES[name]()) == []


def test_empty_log_passes() -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    work = make_workload([], plan)
    assert audit(work, plan, make_log(work, plan, contacts={}, turns={}, stretches=[], presences=[(0, 0, RUN)])) == []


def test_contacts_without_any_stretch_pass() -> None:
    plan = make_plan([queue("phone", hours=[])], [team({0: 1})])
    work = make_workload([contact(0, 10)], plan)
    rejected = {0: (Outcome.REJECTED, 10, 1, 10, 10)}
    log = make_log(
        work, plan, contacts=rejected, turns={0: (10, None, None, -1)}, stretches=[], presences=[(0, 0, RUN)]
    )
    assert audit(work, plan, log) == []


# what is changed in which case: (column, row, seconds or value)…, and the rule that must be named
CORRUPTIONS: list[tuple[str, list[tuple[str, int, Any]], str]] = [
    ("chat", [("outcome", 1, Outcome.NONE)], "no outcome"),
    ("chat", [("messages", 0, 3)], "contact row"),
    ("chat", [("left", 0, us(159))], "resolved as the rules say"),
    ("chat", [("closed", 0, us(165)), ("stretch_end", 0, us(165))], "closed after wrap-up"),
    ("chat", [("start", 2, us(39))], "two pieces of work at once"),
    ("chat", [("reply", 2, us(131)), ("left", 1, us(131)), ("closed", 1, us(131)), ("stretch_end", 1, us(131))],
     "duration of a turn"),
    ("chat", [("message", 1, us(61))], "next message comes a latency after"),
    ("chat", [("arrival", 0, us(9)), ("stretch_since", 0, us(9))], "root arrives as drawn"),
    ("chat", [("stretch_start", 1, us(50))], "work outside a session"),
    ("chat", [("stretch_start", 1, us(30))], "integral of queue length"),
    ("chat", [("stretch_end", 1, us(125))], "last stretch ends when the contact is closed"),
    ("chat", [("open_area", 0, 1)], "integral of open contacts"),
    ("chat", [("presence_end", 0, us(150))], "work outside presence"),
    ("chat", [("presence_end", 0, us(5000))], "absent while on duty"),
    ("phone", [("left", 1, us(39)), ("closed", 1, us(39)), ("stretch_start", 1, us(39)), ("stretch_end", 1, us(39))],
     "who gives up leaves exactly when patience ends"),
    ("phone", [("outcome", 3, Outcome.NONE), ("arrival", 3, NEVER), ("parent", 3, -1)], "trace of a contact"),
    ("phone", [("arrival", 3, us(141))], "first stretch begins when it enters"),
    ("phone", [("stretch_start", 2, us(85))], "session begins off duty"),
    ("phone", [("start", 2, us(96))], "a call is answered after ringing"),
    ("phone", [("presence_start", 1, us(80))], "presence begins without reason"),
    ("phone", [("presence_end", 2, us(610))], "presence ends without reason"),
    ("phone", [("stretch_start", 2, us(65)), ("start", 2, us(70))], "one-to-one session not alone"),
    ("messaging", [("reread", 1, 0)], "re-reading"),
    ("messaging", [("stretch_end", 0, us(110))], "parked conversation holds capacity"),
    ("messaging", [("stretch_end", 0, us(90))], "session ends without reason"),
    ("messaging", [("stretch_start", 2, us(99))], "capacity exceeded"),
    ("messaging", [("left", 1, us(561)), ("closed", 1, us(561))], "expired as the rules say"),
    ("messaging", [("stretch_start", 3, us(1999))], "held until opening"),
    ("messaging", [("stretch_since", 1, us(139)), ("stretch_start", 1, us(139))], "a gap between stretches"),
    ("chain", [("outcome", 0, Outcome.RESOLVED)], "resolved as the rules say"),
    ("chain", [("parent", 7, 2)], "reopening arrives when due"),
    ("chain", [("first_turn", 5, 2)], "slot used twice"),
    ("chain", [("left", 1, us(159)), ("closed", 1, us(159))], "last stretch ends"),
    ("chain", [("stretch_agent", 4, 0), ("agent", 7, 0)], "agent without the skill"),
    ("chain", [("closed", 2, us(150)), ("stretch_end", 2, us(150))], "closed after wrap-up or work in vain"),
    ("chain", [("message", 1, us(15))], "trace of a turn that never came"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "rule"), CORRUPTIONS, ids=[f"{c[0]}-{c[2]}" for c in CORRUPTIONS])
def test_corrupted_log_is_caught(name: str, changes: list[tuple[str, int, Any]], rule: str) -> None:
    workload, plan, log = CASES[name]()
    for column, row, value in changes:
        values = getattr(log, column).copy()
        assert values[row] != value
        values[row] = value
        log = log._replace(**{column: values})
    faults = audit(workload, plan, log)
    assert any(fault.startswith(rule) for fault in faults), faults


def test_work_after_patience_is_caught() -> None:
    workload, plan, log = chat()
    impatient = workload._replace(patience=np.array([NEVER, us(19)]))
    assert "no work starts after patience: contact 1" in " ".join(audit(impatient, plan, log))


def test_many_faults_of_one_kind_are_counted() -> None:
    plan = make_plan([queue("phone", hours=[])], [team({0: 1})])
    work = make_workload([contact(0, second) for second in range(9)], plan)
    log = make_log(
        work,
        plan,
        contacts={c: (Outcome.ABANDONED, c, 1, c + 1, c + 1) for c in range(9)},
        turns={c: (c, None, None, -1) for c in range(9)},
        stretches=[(c, -1, c, c + 1, c + 1) for c in range(9)],
        presences=[(0, 0, RUN)],
    )
    assert "who gives up leaves exactly when patience ends: 4 more" in audit(work, plan, log)
