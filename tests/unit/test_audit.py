"""The audit passes right logs, written by hand from docs/model.md, and names the fault of each corrupted one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from ccsim.engine import reference
from ccsim.engine.audit import audit
from ccsim.lowering import lower
from ccsim.scenario import read
from ccsim.tables import NEVER, Log, Outcome, Outside, Plan, Workload
from ccsim.workload.sample import sample
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
    plan = make_plan([queue("phone")], [team({0: 1}, agents=[[(0, 100, [(60, 90)]), (400, 600)]])])
    roots = [
        contact(0, 0, work=[50], wrap_up=15, answer_delay=5),
        contact(0, 10, work=[20], patience=30, retry=contact(0, work=[20], after=100, answer_delay=5)),
        contact(0, 20, work=[200], answer_delay=5),
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


def bot() -> Case:
    """Contained; back from the bot with a turn to repeat; past it; deflected; held after it, missed; still with it."""
    plan = make_plan(
        [
            queue("live_chat", idle_timeout=100, bot_hours=[(0, 1000)]),
            queue("social", outside=Outside.BOT, bot_hours=[(3500, 3600)], hours=[(0, 1200), (2000, FOREVER)]),
        ],
        [team({0: 1}, {0: 2})],
    )
    roots = [
        contact(0, 0, bot_time=20, contained=True),
        contact(0, 10, work=[10, 20], latency=[5], bot_time=30, bot_repeats=1),
        contact(0, 200, work=[10, 20], latency=[5], bot_time=30, bot_repeats=1, asks_human=True),
        contact(0, 300, deflected=True),
        contact(1, 1300, bot_time=50, asks_human=True, patience=30, held_patience=100, missed=True, silent=True),
        contact(1, 3590, bot_time=9999),
    ]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.CONTAINED, 0, 0, 20, 20),
            1: (Outcome.RESOLVED, 10, 2, 75, 75),
            2: (Outcome.RESOLVED, 200, 1, 220, 220),
            3: (Outcome.DEFLECTED, 300, 0, 300, 300),
            4: (Outcome.EXPIRED, 1300, 1, 2100, 2100),
            5: (Outcome.OPEN, 3590, 0, RUN, RUN),
        },
        turns={1: (40, 40, 50, 0), 2: (55, 55, 75, 0), 4: (200, 200, 220, 0), 6: (1350, None, None, -1)},
        stretches=[(1, 0, 40, 40, 75), (2, 0, 200, 200, 220), (4, -1, 1350, 2100, 2100)],
        presences=[(0, 0, RUN)],
    )
    return work, plan, log


def connection() -> Case:
    """Back in time, then lost for good, with a retry; back after the timeout as a return."""
    plan = make_plan([queue("live_chat", idle_timeout=50)], [team({0: 1}, {0: 3})])
    roots = [
        contact(
            0, 0, work=[10] * 3, latency=[5, 5], comeback=[20, FOREVER], retry=contact(0, work=[10], after=1000)
        ),
        contact(0, 100, work=[10, 10], latency=[5], comeback=[60], reconnects=contact(0, work=[])),
    ]  # fmt: skip
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.LOST, 0, 2, 50, 95),
            1: (Outcome.TIMED_OUT, 100, 1, 160, 160),
            2: (Outcome.RESOLVED, 1050, 1, 1060, 1060),
            3: (Outcome.RESOLVED, 175, 1, 185, 185),
        },
        turns={
            0: (0, 0, 10, 0), 1: (35, 35, 45, 0), 3: (100, 100, 110, 0), 4: (175, 175, 185, 0),
            5: (1050, 1050, 1060, 0),
        },
        stretches=[(0, 0, 0, 0, 95), (1, 0, 100, 100, 160), (2, 0, 1050, 1050, 1060), (3, 0, 175, 175, 185)],
        presences=[(0, 0, RUN)],
        parents={2: 0, 3: 1},
    )  # fmt: skip
    return work, plan, log


def interruption() -> Case:
    """An e-mail is suspended by a call, and its wrap-up by another."""
    plan = make_plan([queue("phone"), queue("email")], [team({0: 1, 1: 1}, {1: 2}, interrupts={0: [1]})])
    roots = [
        contact(1, 0, work=[100], wrap_up=20),
        contact(0, 30, work=[40], wrap_up=10, answer_delay=5),
        contact(0, 160, work=[10], answer_delay=5),
    ]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 155, 190),
            1: (Outcome.RESOLVED, 30, 1, 75, 85),
            2: (Outcome.RESOLVED, 160, 1, 175, 175),
        },
        turns={0: (0, 0, 155, 0), 1: (30, 35, 75, 0), 2: (160, 165, 175, 0)},
        stretches=[(0, 0, 0, 0, 190), (1, 0, 30, 30, 85), (2, 0, 160, 160, 175)],
        presences=[(0, 0, RUN)],
        suspensions=[(0, 0, 30, 85), (0, 0, 160, 175)],
    )
    return work, plan, log


def shared() -> Case:
    """A third of contact 0 is done at 60, half of it is left to share; at 165 a sixth is left for it alone."""
    plan = make_plan([queue("live_chat", shared=[180, 210, 240])], [team({0: 1}, {0: 3})])
    work = make_workload([contact(0, 0, work=[180]), contact(0, 60, work=[90])], plan)
    log = make_log(
        work,
        plan,
        contacts={0: (Outcome.RESOLVED, 0, 1, 195, 195), 1: (Outcome.RESOLVED, 60, 1, 165, 165)},
        turns={0: (0, 0, 195, 0), 1: (60, 60, 165, 0)},
        stretches=[(0, 0, 0, 0, 195), (1, 0, 60, 60, 165)],
        presences=[(0, 0, RUN)],
    )
    return work, plan, log


def callback() -> Case:
    """One start of work every 50 s: callers 2 and 3, who would wait 50 and 100 s, are called back, 3 in vain."""
    plan = make_plan([queue("phone", offer_above=30, no_answer_time=15)], [team({0: 1})])
    roots = [
        contact(0, 0, work=[50]),
        contact(0, 10, work=[50], accepts_callback=True),
        contact(0, 60, work=[10], patience=5, accepts_callback=True),
        contact(0, 70, patience=5, accepts_callback=True, no_answer=True),
        contact(0, 130, work=[5], accepts_callback=True, no_answer=True),
    ]
    work = make_workload(roots, plan)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 50, 50),
            1: (Outcome.RESOLVED, 10, 1, 100, 100),
            2: (Outcome.RESOLVED, 60, 1, 110, 110),
            3: (Outcome.ABANDONED, 70, 1, 125, 125),
            4: (Outcome.RESOLVED, 130, 1, 135, 135),
        },
        turns={
            0: (0, 0, 50, 0), 1: (10, 50, 100, 0), 2: (60, 100, 110, 0), 3: (70, 110, None, 0), 4: (130, 130, 135, 0)
        },
        stretches=[
            (0, 0, 0, 0, 50), (1, 0, 10, 50, 100), (2, 0, 60, 100, 110), (3, 0, 70, 110, 125), (4, 0, 130, 130, 135)
        ],
        presences=[(0, 0, RUN)],
        called_back=[2, 3],
    )  # fmt: skip
    return work, plan, log


def outbound() -> Case:
    """A campaign: 0 is answered, 1 is not, 2 is not even sent; 3 abandons and is written to; the agent steps out."""
    plan = make_plan([queue("messaging", idle_timeout=1000, expires_after=100)], [team({0: 1}, {0: 2})])
    ours: dict[str, Any] = {"outbound": True, "missed": True}
    roots = [
        contact(0, 10, work=[20, 30], latency=[40], patience=500, **ours),
        contact(0, 20, work=[20, 10], latency=[FOREVER], patience=500, **ours),
        contact(0, 60, patience=5, **ours),
        contact(0, 80, patience=10, recontact=contact(0, work=[10], after=60, patience=500, **ours)),
    ]
    work = make_workload(roots, plan, outs=[(0, 1000, 1100)])
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 10, 2, 100, 100),
            1: (Outcome.EXPIRED, 20, 1, 150, 150),
            2: (Outcome.EXPIRED, 60, 1, 65, 65),
            3: (Outcome.ABANDONED, 80, 1, 90, 90),
            4: (Outcome.RESOLVED, 150, 1, 160, 160),
        },
        turns={
            0: (10, 10, 30, 0), 1: (70, 70, 100, 0), 2: (20, 30, 50, 0), 4: (60, None, None, -1),
            5: (80, None, None, -1), 6: (150, 150, 160, 0),
        },
        stretches=[
            (0, 0, 10, 10, 100), (1, 0, 20, 30, 150), (2, -1, 60, 65, 65), (3, -1, 80, 90, 90), (4, 0, 150, 150, 160)
        ],
        presences=[(0, 0, 1000), (0, 1100, RUN)],
        parents={4: 3},
    )  # fmt: skip
    return work, plan, log


CASES: dict[str, Callable[[], Case]] = {
    f.__name__: f for f in (chat, phone, messaging, chain, bot, connection, interruption, shared, callback, outbound)
}


@pytest.mark.parametrize("name", CASES)
def test_right_log_passes(name: str) -> None:
    assert audit(*CASES[name]()) == []


def test_empty_log_passes() -> None:
    plan = make_plan([queue("phone")], [team({0: 1})])
    work = make_workload([], plan)
    assert audit(work, plan, make_log(work, plan, contacts={}, turns={}, stretches=[], presences=[(0, 0, RUN)])) == []


def test_a_bot_in_a_centre_without_agents_passes() -> None:
    """Random scenarios found that the audit looked for the team of nobody."""
    bot = {"contains": 0.5, "time": "2m"}
    calls = {"channel": "live_chat", "open": "always", "volume": {"per_day": 50}, "bot": bot}
    nobody = {"skills": {"q": 1}, "shifts": [{"agents": 0, "hours": "always"}]}
    result = read.parse({"start": date(2026, 3, 2), "days": 1, "queue": {"q": calls}, "team": {"t": nobody}})
    plan, _ = lower(result)
    workload = sample(result, 0)
    log = reference.simulate(workload, plan)
    assert (log.outcome == Outcome.CONTAINED).sum() > 10
    assert audit(workload, plan, log) == []


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
    ("bot", [("left", 0, us(19)), ("closed", 0, us(19))], "contained as the rules say"),
    ("bot", [("outcome", 3, Outcome.REJECTED)], "deflected as the rules say"),
    ("bot", [("first_turn", 2, 3), ("turns", 2, 2)], "trace of a turn that never came"),
    ("bot", [("first_turn", 1, 2), ("turns", 1, 1), ("messages", 1, 1)], "trace of a turn that never came"),
    ("bot", [("stretch_since", 0, us(10)), ("message", 1, us(10))], "first stretch begins when it enters"),
    ("bot", [("outcome", 4, Outcome.ABANDONED)], "abandoned as the rules say"),
    ("bot", [("left", 4, us(2030)), ("closed", 4, us(2030)), ("stretch_start", 2, us(2030)),
             ("stretch_end", 2, us(2030))], "who gives up leaves exactly when patience ends"),
    ("bot", [("outcome", 5, Outcome.CONTAINED)], "contained as the rules say"),
    ("connection", [("message", 1, us(15))], "next message comes a latency after"),
    ("connection", [("left", 0, us(51))], "lost as the rules say"),
    ("connection", [("closed", 0, us(50)), ("stretch_end", 0, us(50))], "closed after wrap-up or work in vain"),
    ("connection", [("outcome", 0, Outcome.TIMED_OUT)], "timed_out as the rules say"),
    ("connection", [("parent", 3, 0)], "reconnection arrives when due"),
    ("interruption", [("suspended_end", 0, us(80))], "suspended work goes on when no call ends"),
    ("interruption", [("suspended_start", 0, us(25))], "suspended by no call that may"),
    ("interruption", [("suspended_end", 1, us(190))], "suspended without a call"),
    ("interruption", [("suspended_contact", 0, 1)], "suspension of no work in hand"),
    ("interruption", [("suspended_end", 0, us(165))], "suspensions follow one another"),
    ("interruption", [("reply", 0, us(150)), ("left", 0, us(150))], "duration of a turn"),
    ("interruption", [("closed", 0, us(180)), ("stretch_end", 0, us(180))], "closed after wrap-up"),
    ("shared", [("reply", 0, us(196)), ("left", 0, us(196)), ("closed", 0, us(196)), ("stretch_end", 0, us(196))],
     "duration of shared work"),
    ("shared", [("reply", 1, us(166)), ("left", 1, us(166)), ("closed", 1, us(166)), ("stretch_end", 1, us(166))],
     "duration of shared work"),
    ("shared", [("start", 1, us(61))], "shared work starts with the session"),
    ("shared", [("reread", 1, us(1))], "shared work is not re-read"),
    ("callback", [("called_back", 2, False)], "call back offered by the estimate"),
    ("callback", [("called_back", 2, False)], "no work starts after patience"),
    ("callback", [("called_back", 0, True)], "call back where none may be"),
    ("callback", [("reply", 3, us(125))], "abandoned as the rules say"),
    ("callback", [("left", 3, us(124)), ("closed", 3, us(124)), ("stretch_end", 3, us(124))],
     "abandoned as the rules say"),
    ("outbound", [("left", 1, us(120)), ("closed", 1, us(120)), ("stretch_end", 1, us(120))],
     "expired as the rules say"),
    ("outbound", [("stretch_start", 1, us(25))], "task taken by an agent with work in hand"),
    ("outbound", [("message", 2, us(9)), ("stretch_since", 1, us(9))], "first stretch begins when it enters"),
    ("outbound", [("outcome", 2, Outcome.ABANDONED)], "abandoned as the rules say"),
    ("outbound", [("presence_end", 0, us(1050))], "presence ends without reason"),
    ("outbound", [("parent", 4, 0)], "retry arrives when due"),
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


def test_calls_may_not_interrupt_everything() -> None:
    workload, plan, log = interruption()
    nothing = plan._replace(interrupts=np.zeros_like(plan.interrupts))
    faults = " ".join(audit(workload, nothing, log))
    assert "suspended by no call that may: contact 0" in faults
    assert "one-to-one session not alone: agent 0, contact 1" in faults


def test_work_beside_a_call_is_caught() -> None:
    workload, plan, log = interruption()
    kept = {name: getattr(log, name)[1:] for name in log._fields if name.startswith("suspended")}
    assert "two pieces of work at once: agent 0, contact 1" in " ".join(audit(workload, plan, log._replace(**kept)))


@pytest.mark.parametrize(
    ("start", "keep_idle", "fault"),
    [
        (20, 1, "session with an agent who is left idle: agent 1, contact 1, start 20000000, idle 1"),
        (20, 0, ""),
        (50, 1, ""),
        (40, 0, "session in spite of a reservation: agent 1, contact 1, start 40000000, waiting 1"),
    ],
)
def test_reservations(start: int, keep_idle: int, fault: str) -> None:
    """Two agents for visits and calls: a visit from 0 to 50, another from `start`; for 40 the call waits since 30."""
    plan = make_plan(
        [queue("in_person"), queue("phone", reserved=True, keep_idle=keep_idle)],
        [team({0: 1, 1: 1}, agents=[[(0, 1000)], [(0, 1000)]])],
    )
    work = make_workload([contact(0, 0, [50]), contact(0, 15, [100]), contact(1, 30, [10])], plan)
    agent, call = (1, 30) if start == 50 else (0, 50)
    log = make_log(
        work,
        plan,
        contacts={
            0: (Outcome.RESOLVED, 0, 1, 50, 50),
            1: (Outcome.RESOLVED, 15, 1, start + 100, start + 100),
            2: (Outcome.RESOLVED, 30, 1, call + 10, call + 10),
        },
        turns={0: (0, 0, 50, 0), 1: (15, start, start + 100, 1), 2: (30, call, call + 10, agent)},
        stretches=[(0, 0, 0, 0, 50), (1, 1, 15, start, start + 100), (2, agent, 30, call, call + 10)],
        presences=[(0, 0, 1000), (1, 0, 1000)],
    )
    assert audit(work, plan, log) == [fault] * bool(fault)


def test_task_before_a_pending_message_is_caught() -> None:
    """Both come to an agent who is on a call; the customer's message goes first."""
    plan = make_plan([queue("phone"), queue("messaging")], [team({0: 1, 1: 1}, {1: 2})])
    roots = [contact(0, 0), contact(1, 5), contact(1, 2, outbound=True, missed=True, patience=900)]
    work = make_workload(roots, plan)  # ids by arrival: the call, the task, the message

    def log(task: int, message: int) -> Log:
        return make_log(
            work,
            plan,
            contacts={
                0: (Outcome.RESOLVED, 0, 1, 60, 60),
                1: (Outcome.RESOLVED, 2, 1, task + 60, task + 60),
                2: (Outcome.RESOLVED, 5, 1, message + 60, message + 60),
            },
            turns={0: (0, 0, 60, 0), 1: (2, task, task + 60, 0), 2: (5, message, message + 60, 0)},
            stretches=[(0, 0, 0, 0, 60), (1, 0, 2, task, task + 60), (2, 0, 5, 60, message + 60)],
            presences=[(0, 0, RUN)],
        )

    assert audit(work, plan, log(task=120, message=60)) == []
    late = log(task=60, message=120)._replace(stretch_start=np.array([0, us(61), us(60)]))
    late.start[1] = us(61)
    faults = " ".join(audit(work, plan, late))
    assert "task begun before a pending message: agent 0, contact 1" in faults


@pytest.mark.parametrize(("offer_above", "offered"), [(9.43, True), (9.46, False)])
def test_estimate_takes_the_last_ten_starts(offer_above: float, offered: bool) -> None:
    """The last ten of twelve starts are 85 s / 9 = 9.44 s apart; eleven would be 9.5, nine 9.375."""
    plan = make_plan([queue("phone", offer_above=offer_above)], [team({0: 1}, agents=[[(0, FOREVER)]] * 12)])
    arrivals = [0, *range(1000, 1100, 10), 1095, 1098]
    durations = [2000] + [500] * 12
    roots = [
        contact(0, at, work=[work], accepts_callback=at == 1098)
        for at, work in zip(arrivals, durations, strict=True)
    ]  # fmt: skip
    work = make_workload(roots, plan)
    starts, agents = [*arrivals[:-1], 1500], [*range(12), 1]
    ends = [start + duration for start, duration in zip(starts, durations, strict=True)]

    def log(*called_back: int) -> Log:
        rows = range(len(roots))
        return make_log(
            work,
            plan,
            contacts={c: (Outcome.RESOLVED, arrivals[c], 1, ends[c], ends[c]) for c in rows},
            turns={c: (arrivals[c], starts[c], ends[c], agents[c]) for c in rows},
            stretches=[(c, agents[c], arrivals[c], starts[c], ends[c]) for c in rows],
            presences=[(agent, 0, RUN) for agent in range(12)],
            called_back=called_back,
        )

    right, wrong = (log(12), log()) if offered else (log(), log(12))
    assert audit(work, plan, right) == []
    assert "call back offered by the estimate: contact 12" in " ".join(audit(work, plan, wrong))


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
