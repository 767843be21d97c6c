"""The state that a log tells is the state that the centre was in, as far as a log can know."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario import read
from ccsim.scenario.values import HOUR, MINUTE
from ccsim.tables import NEVER, UNSTARTED, Phase
from ccsim.today.from_logs import from_logs
from ccsim.today.observed import CLOSED, table
from ccsim.today.start import places
from tests.cut import state_at
from tests.today.days import CENTRE, Day, a_day


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return a_day(tmp_path_factory.mktemp("day"))


@pytest.mark.parametrize("at", [9 * HOUR, 11 * HOUR, 12 * HOUR + 10 * MINUTE, 15 * HOUR + 30 * MINUTE, 19 * HOUR])
def test_everybody_stands_where_they_stood(day: Day, at: int) -> None:
    """Whether who waits for a first answer has been assigned already, no log of contacts and messages says."""
    state = state_at(day.workload, day.plan, day.log, at)
    observed = from_logs(day.logs, day.scenario, day.plan, at)
    rows = table(observed, day.plan)

    def kinds(queue: np.ndarray, phase: np.ndarray) -> Counter[tuple[int, str]]:
        names = ("waits" if code in UNSTARTED else Phase(code).name for code in phase.tolist())
        return Counter(zip(queue.tolist(), names, strict=True))

    here = state.phase != Phase.TO_COME
    under_way = rows.phase != CLOSED
    true = kinds(day.workload.queue[state.contact[here]], state.phase[here])
    assert kinds(rows.queue[under_way], rows.phase[under_way]) == true
    assert sum(true.values()) > 0


def test_who_is_silent_is_parked_by_the_sessions_at_the_reply(tmp_path: Path) -> None:
    """Sooner with every session more. Whether a message that waited had an agent already, no log says: hence 97 %."""
    doc = copy.deepcopy(CENTRE)
    doc["queue"]["whatsapp"] |= {"idle_timeout_factor": [1.0, 0.6, 0.35, 0.2], "volume": {"per_day": 240}}
    day = a_day(tmp_path, scenario=read.parse(doc))
    rows = table(from_logs(day.logs, day.scenario, day.plan, 20 * HOUR), day.plan)
    mine = (np.repeat(rows.queue, rows.turns) == 2) & (rows.reply < NEVER)
    log = day.log
    right = 0
    for reply, parked in zip(rows.reply[mine].tolist(), rows.parked[mine].tolist(), strict=True):
        agent = log.agent[np.flatnonzero(log.reply == reply)[0]]
        with_it = (log.stretch_agent == agent) & (log.stretch_start <= reply) & (reply < log.stretch_end)
        sessions = max(int(with_it.sum()), 1)
        right += parked - reply == day.plan.parked_after[2, min(sessions, 4) - 1]
    assert right > 0.97 * mine.sum()
    assert mine.sum() > 400


def test_agents_are_found_in_the_plan(day: Day) -> None:
    """By team, all of them; who is absent is known to be."""
    at = 11 * HOUR
    observed = from_logs(day.logs, day.scenario, day.plan, at)
    assert observed.roster_known
    where = places(observed, table(observed, day.plan), day.plan, day.spec.teams)
    assert where.homeless == 0
    on_now = (day.plan.shift_start < at) & (at <= day.plan.shift_end)
    present = [
        int(day.workload.present[on_now & (day.plan.team[day.plan.shift_agent] == team)].sum()) for team in (0, 1)
    ]
    result = day.plan.team[day.plan.shift_agent[where.here]]
    assert [int((result == team).sum()) for team in (0, 1)] == present
    assert (where.here | where.away)[on_now].all()


def test_agents_have_the_shift_on_which_they_are(tmp_path: Path) -> None:
    """Who came at eight goes at four, whatever breaks they had; so it matters who of two shifts is absent."""
    doc = copy.deepcopy(CENTRE)
    doc["team"]["front"]["absence"] = 0.4
    day = a_day(tmp_path, 0, read.parse(doc))
    for at in (12 * HOUR + 45 * MINUTE, 15 * HOUR):
        observed = from_logs(day.logs, day.scenario, day.plan, at)
        where = places(observed, table(observed, day.plan), day.plan, day.spec.teams)
        on_now = (day.plan.shift_start < at) & (at <= day.plan.shift_end)
        assert (where.here[on_now] == day.workload.present[on_now]).all()
        assert not day.workload.present[on_now].all()


def test_what_comes_later_is_not_looked_at(day: Day) -> None:
    """A log that ends at the time tells the same as that of the whole day."""
    at = 11 * HOUR
    contacts = day.logs.contacts
    assert contacts is not None
    midnight = np.datetime64(day.scenario.start)
    now = midnight + np.timedelta64(at, "us")
    short = contacts[contacts["arrival"] < now].copy()
    for name in ("answer", "end", "wrapped"):
        short[name] = short[name].where(short[name] < now)
    whole = from_logs(day.logs, day.scenario, day.plan, at)
    assert all(contact.arrival < at for contact in whole.contacts)
    assert all(turn.start < at or turn.start > 24 * HOUR for contact in whole.contacts for turn in contact.turns)
    calls = [contact for contact in whole.contacts if contact.queue == 0]
    assert len(calls) == int((short["queue"] == "phone").sum())


def test_other_queues_and_other_days_are_refused(day: Day) -> None:
    renamed = {name: queue for name, queue in CENTRE["queue"].items() if name != "whatsapp"}
    doc = {**CENTRE, "queue": {**renamed, "messages": CENTRE["queue"]["whatsapp"]}}
    doc["team"] = {**CENTRE["team"], "writers": {**CENTRE["team"]["writers"], "skills": {"chat": 1, "messages": 1},
                                                "concurrency": {"chat": 3}}}  # fmt: skip
    other = read.parse(doc)
    with pytest.raises(ScenarioError, match="queue whatsapp"):
        from_logs(day.logs, other, day.plan, 11 * HOUR)
    with pytest.raises(ScenarioError, match="no contact of 2026-03-04 before it"):
        from_logs(day.logs, day.scenario, day.plan, MINUTE)


def test_messages_alone(tmp_path: Path) -> None:
    """Who was answered last may be done; the log cannot say, and that is said."""
    day = a_day(tmp_path, 1)
    logs = type(day.logs)(messages=day.logs.messages)
    observed = from_logs(logs, day.scenario, day.plan, 11 * HOUR)
    assert any("may write again" in warning for warning in observed.warnings)
    assert any(contact.may_be_over for contact in observed.contacts)
    assert {contact.queue for contact in observed.contacts} == {1, 2}
