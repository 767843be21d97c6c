"""The state that a log tells is the state that the centre was in, as far as a log can know."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ccsim.distributions.streams import Streams
from ccsim.engine import simulate
from ccsim.errors import ScenarioError
from ccsim.logs.mapping import Mapping
from ccsim.logs.open_contacts import OTHER_TIME
from ccsim.logs.readers import read_all
from ccsim.logs.repeated_hour import DECIDED, TWICE
from ccsim.lowering import lower
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.scenario.values import HOUR, MINUTE
from ccsim.tables import NEVER, UNSTARTED, Phase, Plan, among
from ccsim.today.from_logs import from_logs
from ccsim.today.observed import CLOSED, Observed, standing, table
from ccsim.today.rest import rest_of
from ccsim.today.start import Places, Started, places, start
from ccsim.workload.sample import draw, recipe_of
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
    next_day = read.parse(CENTRE | {"start": date(2026, 3, 5)})
    with pytest.raises(ScenarioError, match="no contact of 2026-03-05 before it"):
        from_logs(day.logs, next_day, day.plan, 9 * HOUR)


def test_messages_alone(tmp_path: Path) -> None:
    """Who was answered last may be done; the log cannot say, and that is said."""
    day = a_day(tmp_path, 1)
    logs = type(day.logs)(messages=day.logs.messages)
    observed = from_logs(logs, day.scenario, day.plan, 11 * HOUR)
    assert any("may write again" in warning for warning in observed.warnings)
    assert any(contact.may_be_over for contact in observed.contacts)
    assert {contact.queue for contact in observed.contacts} == {1, 2}


def hotline(day: date, **queue: Any) -> Scenario:
    """One queue round the clock in Berlin."""
    queue = {"channel": "phone", "volume": {"per_hour": 20}, "open": "always"} | (queue or {"work": "4m"})
    return read.parse({
        "name": "Hotline", "start": day, "days": 1, "timezone": "Europe/Berlin", "seed": 5,
        "queue": {"phone": queue},
        "team": {"all": {"skills": {"phone": 1}, "shifts": [{"agents": 3, "hours": "always"}]}},
    })  # fmt: skip


def look(folder: Path, text: str, scenario: Scenario, time: datetime, **how: Any) -> Observed:
    """What a log of contacts with these lines says."""
    (folder / "log.csv").write_text(text)
    columns: dict[str, tuple[str, ...]] = {name: (name,) for name in text.partition("\n")[0].split(",")}
    logs = read_all([folder / "log.csv"], [Mapping(kind="contacts", columns=columns, **how)], True, scenario.timezone)
    return from_logs(logs, scenario, lower(scenario)[0], scenario.moment(time))


HEADINGS = "queue,arrival,answer,end,agent,outcome"
ELEVEN = datetime(2026, 10, 21, 11)
FORMS = {
    "of the past": ("10:59:30,11:02:00,11:05:00,bo,answered", "10:57:00,10:58:00,11:03:00,al,answered"),
    "empty": ("10:59:30,,,,", "10:57:00,10:58:00,,al,"),
    "open": ("10:59:30,,,,open", "10:57:00,10:58:00,,al,open"),
    "answered": ("10:59:30,,,,open", "10:57:00,10:58:00,,al,answered"),
    "no outcomes": ("10:59:30,,,", "10:57:00,10:58:00,,al"),
}


def lines(*rows: str, day: str = "2026-10-21") -> str:
    """With the day before each clock time."""
    stamped = (",".join(f"{day} {cell}" if ":" in cell else cell for cell in row.split(",")) for row in rows)
    return "".join(f"phone,{row}\n" for row in stamped)


@pytest.mark.parametrize("form", FORMS)
def test_a_live_log_says_what_the_past_will_say(tmp_path: Path, form: str) -> None:
    """Who waits and who is talked to at eleven, however the export of eleven has it, or that of the evening."""
    heads = HEADINGS.removesuffix(",outcome") if form == "no outcomes" else HEADINGS
    over = "09:00:00,09:00:10,09:03:00,al" + ",answered" * (form != "no outcomes")
    observed = look(tmp_path, f"{heads}\n" + lines(over, *FORMS[form]), hotline(ELEVEN.date()), ELEVEN)
    plan = lower(hotline(ELEVEN.date()))[0]
    assert {what: int(n[0]) for what, n in standing(table(observed, plan), 1).items()} == {
        "waiting": 1, "in_progress": 1, "silent": 0,
    }  # fmt: skip
    assert [contact.arrival // MINUTE for contact in observed.contacts] == [540, 657, 659]
    assert [turn.agent for contact in observed.contacts for turn in contact.turns] == ["al", "al", ""]
    assert observed.warnings == ()


def test_lines_that_are_not_used_are_named(tmp_path: Path) -> None:
    text = lines("09:00:00,09:00:10,09:03:00,al,answered", "10:00:00,,10:01:00,,", "10:10:00,,,,ringing",
                 "10:20:00,,,,test", "10:30:00,,,,abandoned")  # fmt: skip
    scenario = hotline(ELEVEN.date())
    observed = look(tmp_path, f"{HEADINGS}\n{text}", scenario, ELEVEN, words={"test": "ignore"})
    assert observed.warnings == (
        f"{tmp_path / 'log.csv'}: 2 lines not used: 1 no outcome; 1 unknown outcome: ringing",
        f"{tmp_path / 'log.csv'}: 1 × not answered, and no time at which it left: it counts, how long it waited is not "
        "known",
    )
    assert len(observed.contacts) == 2


def test_a_call_without_an_end_is_over_after_a_shift(tmp_path: Path) -> None:
    """A mail is not."""
    text = f"{HEADINGS}\n" + lines("01:00:00,01:00:10,01:03:00,al,answered", "02:00:00,02:01:00,,al,")
    for channel, over in (("phone", True), ("email", False)):
        observed = look(tmp_path, text, hotline(ELEVEN.date(), channel=channel), ELEVEN, channel=channel)
        assert (observed.contacts[1].closed < NEVER) == over
        assert observed.warnings == ("1 contact by phone or chat without an end after 8 hours: taken as over",) * over


def test_who_was_rejected_is_here_no_more(tmp_path: Path) -> None:
    """Though the log has an end after now."""
    text = lines("09:00:00,09:00:10,09:03:00,al,answered", "10:59:00,,11:20:00,,rejected")
    observed = look(tmp_path, f"{HEADINGS}\n{text}", hotline(ELEVEN.date()), ELEVEN)
    assert [contact.closed < NEVER for contact in observed.contacts] == [True, True]


def test_arrivals_alone_are_no_state(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="phone: arrivals, of which the log does not say what became"):
        look(tmp_path, "queue,arrival\n" + lines("09:00:00"), hotline(ELEVEN.date()), ELEVEN)


AUTUMN = datetime(2026, 10, 25, 4)
BERLIN = ZoneInfo("Europe/Berlin")
STAMPS = {
    "UTC": (["00:30:00Z", "01:30:00Z"], [150, 210]),
    "offsets": (["02:30:00+02:00", "02:30:00+01:00"], [150, 210]),
    "local": (["02:30:00", "02:30:00"], [150, 150]),
}


@pytest.mark.parametrize("form", STAMPS)
def test_in_the_hour_that_comes_twice_nobody_is_lost(tmp_path: Path, form: str) -> None:
    """Where the log says which of both it is, they are an hour apart; else the first, which is said."""
    stamps, minutes = STAMPS[form]
    rows = [f"{stamp},,{stamp},,abandoned" for stamp in stamps]
    text = "contact," + HEADINGS + "\n" + "".join(
        f"{number},{line}\n" for number, line in enumerate(lines(*rows, day="2026-10-25").splitlines())
    )  # fmt: skip
    observed = look(tmp_path, text, hotline(AUTUMN.date()), AUTUMN)
    assert [contact.arrival // MINUTE for contact in observed.contacts] == minutes
    assert observed.warnings == ((f"{tmp_path / 'log.csv'}: 4 × {TWICE}",) if form == "local" else ())
    assert look(tmp_path, text.replace("10-25", "10-24").replace("+01:00", "+02:00"), hotline(date(2026, 10, 24)),
                AUTUMN.replace(day=24)).warnings == ()  # fmt: skip


NIGHT = [
    "01:50:00,01:50:10,01:53:00,al,answered", "02:50:00,02:50:10,02:53:00,al,answered",
    "02:10:00,02:10:10,02:13:00,bo,answered", "02:25:00,02:26:00,,al,", "02:29:00,,,,",
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "minutes", "warned"),
    [
        ([0, 1, 2, 3, 4], [110, 170, 190, 205, 209], [DECIDED]),
        ([4, 3, 2, 1, 0], [110, 170, 190, 205, 209], [DECIDED]),
        ([4, 0, 2, 3, 1], [110, 130, 149, 170, 205], [TWICE, OTHER_TIME]),
    ],
    ids=["in order", "backwards", "in no order"],
)
def test_who_is_under_way_since_the_second_time_is_not_lost(
    tmp_path: Path, order: list[int], minutes: list[int], warned: list[str]
) -> None:
    """At half past two for the second time al has talked for four minutes, whatever the clock showed before."""
    text = f"{HEADINGS}\n" + lines(*(NIGHT[row] for row in order), day="2026-10-25")
    observed = look(tmp_path, text, hotline(AUTUMN.date()), AUTUMN.replace(hour=2, minute=30, fold=1, tzinfo=BERLIN))
    assert [contact.arrival // MINUTE for contact in observed.contacts] == minutes
    assert [warning.partition(" × ")[2] for warning in observed.warnings] == warned


def test_of_ccsim_s_own_log_nobody_is_lost_when_the_clock_is_put_back(tmp_path: Path) -> None:
    scenario = hotline(AUTUMN.date())
    day = a_day(tmp_path, scenario=scenario)
    at = scenario.moment(AUTUMN)
    came = day.log.arrival[day.log.arrival < at]
    logs = read_all([tmp_path / "0"], [None], True, scenario.timezone)
    observed = from_logs(logs, scenario, day.plan, at)
    assert [contact.arrival for contact in observed.contacts] == sorted(came.tolist())


def test_the_zone_of_the_scenario_is_that_of_a_log_that_names_none(tmp_path: Path) -> None:
    """What says its offset counts; other times are as the clock of the centre shows them."""
    text = f"{HEADINGS}\n" + lines("06:30:00Z,,06:31:00Z,,abandoned", "08:40:00,,08:41:00,,abandoned")
    for how in ({}, {"timezone": "UTC", "written_in": "Europe/Berlin"}):
        observed = look(tmp_path, text, hotline(ELEVEN.date()), ELEVEN, **how)
        assert [contact.arrival // MINUTE for contact in observed.contacts] == [510, 520]


def begun(folder: Path, text: str, agents: int = 3, **queue: Any) -> tuple[Started, Plan, Places]:
    """A replication from eleven on of a log of contacts whose first lines are those of the chats under way."""
    raw = hotline(ELEVEN.date(), **queue).raw
    raw["team"]["all"]["shifts"][0]["agents"] = agents
    if queue.get("channel") == "live_chat" and "work_by_concurrency" not in queue:
        raw["team"]["all"]["concurrency"] = {"phone": 2}
    scenario = read.parse(raw)
    observed = look(folder, text, scenario, ELEVEN, channel=scenario.queue["phone"].channel)
    plan, spec = lower(scenario)
    seen, at = table(observed, plan), observed.at
    where = places(observed, seen, plan, spec.teams)
    rest = rest_of(scenario, observed, [len(observed.contacts) + 300], 1, None)
    recipe = replace(recipe_of(scenario), customers=rest.drawn(0))
    return start(draw(recipe, 0), seen, where, plan, at, Streams(recipe.key, 0)), plan, where


OVER = "09:00:00,09:00:10,09:03:00,al,answered"
THREE = ("10:51:00,10:52:00,,al,open", "10:53:00,10:54:00,,al,open", "10:57:00,10:58:00,,al,open")


@pytest.mark.parametrize(
    "queue",
    [
        {},
        {"channel": "live_chat"},
        {"channel": "email"},
        {"channel": "live_chat", "work_by_concurrency": ["9m", "12m"]},
    ],
    ids=["calls", "chats", "mails", "shared attention"],
)
@pytest.mark.parametrize("named", [True, False])
def test_who_was_answered_begins_as_answered(tmp_path: Path, named: bool, queue: dict[str, Any]) -> None:
    """However many an agent has, and whether or not the log says who: all first answers are where the log has them,
    nobody works on two things, and one chat more than fit is no reason to begin again."""
    agents = ("al", "al", "al") if queue else ("al", "bo", "cy")
    under_way = [row.replace("al", name if named else "") for row, name in zip(THREE, agents, strict=True)]
    rows = (OVER, *under_way)
    made, plan, where = begun(tmp_path, f"{HEADINGS}\n" + lines(*rows), **queue)
    state, log = made.state, made.state.log
    assert where.homeless == 0
    here = state.contact[state.phase != Phase.TO_COME]
    first = log.start[log.first_turn[here]]
    assert [int(time) // MINUTE for time in sorted(first)] == [652, 654, 658]
    hands = state.agent[among(state.phase, (Phase.WORKING,))]
    assert len(set(hands.tolist())) == len(hands)
    logs = [simulate(engine, made.workload, plan, state) for engine in ("compiled", "simpy")]
    assert all(np.array_equal(a, b) for a, b in zip(*logs, strict=True))
    assert np.array_equal(logs[0].start[log.first_turn[here]], first)
