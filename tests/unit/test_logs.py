"""The tables that people read, of the behaviours in the hand-written logs of test_audit.py."""

from __future__ import annotations

from typing import Any

from ccsim.results.logs import tables
from ccsim.tables import SECOND
from tests.tables_by_hand import make_workload
from tests.unit import test_audit as logs
from tests.unit.logs_by_hand import make_log
from tests.unit.test_metrics import Case, make_spec


def rows(case: Case) -> dict[str, list[dict[str, Any]]]:
    """The tables' rows, times in seconds."""
    workload, plan, log = case
    result = tables(1, plan, make_spec(plan), workload, log)
    return {
        name: [
            {k: v / SECOND if k.endswith("_us") and v is not None else v for k, v in row.items()}
            for row in table.to_pylist()
        ]
        for name, table in result.items()
    }


def column(table: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in table]


def activities(case: Case, contact: int) -> list[tuple[str, float, float]]:
    return [(r["activity"], r["start_us"], r["end_us"]) for r in rows(case)["agents"] if r["contact"] == contact]


def test_work_stands_still_while_suspended() -> None:
    case = logs.interruption()
    assert activities(case, 0) == [
        ("session", 0, 190),
        ("work", 0, 30),
        ("suspended", 30, 85),
        ("work", 85, 155),
        ("wrap_up", 155, 160),
        ("suspended", 160, 175),
        ("wrap_up", 175, 190),
    ]
    email = rows(case)["contacts"][0]
    assert [email[name] for name in ("work_us", "wrap_up_us", "suspended_us")] == [100, 20, 70]


def test_re_reading_is_the_first_part_of_what_is_done() -> None:
    """40 s of re-reading, of which 30 s before the call and 10 s after it."""
    workload, plan, log = logs.interruption()
    log.reread[0] = 40 * SECOND
    assert activities((workload, plan, log), 0)[1:5] == [
        ("reread", 0, 30),
        ("suspended", 30, 85),
        ("reread", 85, 95),
        ("work", 95, 155),
    ]


def test_who_does_not_pick_up_is_not_answered() -> None:
    result = rows(logs.callback())
    contacts = result["contacts"]
    assert column(contacts, "called_back") == [False, False, True, True, False]
    assert column(contacts, "answer_us") == [0, 50, 100, None, 130]
    assert column(contacts, "wait_us") == [0, 40, 40, 40, 0]
    assert column(contacts, "first_agent") == [0, 0, 0, None, 0]
    assert column(contacts, "work_us") == [50, 50, 10, 15, 5]
    assert column(result["turns"], "in_vain") == [False, False, False, True, False]
    assert activities(logs.callback(), 3) == [("session", 110, 125), ("work", 110, 125)]


def test_who_comes_from_the_bot_enters_later() -> None:
    contacts = rows(logs.bot())["contacts"]
    assert column(contacts, "arrival_us") == [0, 10, 200, 300, 1300, 3590]
    assert column(contacts, "entered_us") == [None, 40, 200, None, 1350, None]
    assert column(contacts, "wait_us") == [0, 0, 0, 0, 750, 0]
    assert column(contacts, "outcome") == ["contained", "resolved", "resolved", "deflected", "expired", "open"]


def test_outbound_is_told_from_what_customers_write() -> None:
    result = rows(logs.outbound())
    contacts = result["contacts"]
    assert column(contacts, "outbound") == [True, True, True, False, True]
    assert column(contacts, "answer_us") == [None] * 5
    assert column(contacts, "wait_us") == [0, 10, 5, 10, 0]
    assert column(contacts, "link")[4] == "recontact"
    away = [(r["start_us"], r["end_us"]) for r in result["agents"] if r["activity"] == "pause"]
    assert away == [(1000, 1100)]


def test_queues_of_one_channel_share_its_name() -> None:
    workload, plan, log = logs.chain()
    contacts = tables(1, plan, make_spec(plan), workload, log)["contacts"]
    assert list(contacts.to_pandas().channel.cat.categories) == ["phone"]


def test_nothing_happened() -> None:
    _, plan, _ = logs.shared()
    empty = make_workload([], plan)
    log = make_log(empty, plan, contacts={}, turns={}, stretches=[], presences=[(0, 0, logs.RUN)])
    assert rows((empty, plan, log))["contacts"] == []
