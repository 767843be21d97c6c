"""What a user can do wrong: each case is refused by the path of its fault, all faults at once, nothing else raised."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccsim.errors import ScenarioError
from ccsim.scenario.read import load, parse
from tests.fuzz.mutations import NONSENSE, places

BASE = """
start    = 2026-03-02
days     = 7
timezone = "Europe/Rome"

[queue.phone]
channel  = "phone"
open     = { mon-fri = "08:00-20:00" }
volume   = { per_day = 300, shape = "office", weekday = { sat = 0.5 } }
work     = { mean = "4m", cv = 0.9 }
wrap_up  = "30s"
patience = { dist = "exponential", mean = "90s" }
service_level = "80/20"
retry    = { share = 0.3, after = { mean = "10m" }, to = { phone = 0.5, chat = 0.5 } }

[queue.chat]
channel  = "live_chat"
volume   = { file = "volumes.csv", column = "chat" }
turns    = { mean = 6 }
silent_abandonment = 0.3
idle_timeout = "5m"
transfer = [{ to = "phone", share = 0.05 }]

[queue.email]
channel = "email"
volume  = { log = "mails.csv", arrived_at = "came" }
work    = { dist = "empirical", file = "times.csv", column = "seconds" }
initial_backlog = { contacts = 10, age = { dist = "uniform", low = "1h", high = "9h" } }

[team.front]
skills      = { phone = 1, chat = { rank = 2, after = "10s" } }
concurrency = { chat = 3 }
slowdown    = [1.0, 1.1]
shifts = [
  { agents = 8, days = "mon-fri", hours = "08:00-16:30", breaks = ["12:00-12:30"], activities = ["15:00-15:15"] },
  { agents = 6, days = "mon-sat", hours = "11:30-20:00", breaks = ["15:00-15:30"] },
]

[team.back]
skills = { email = 1 }
roster = { file = "roster.csv" }

[routing]
agent = "longest_idle"

[[spike]]
queue = "phone"
at = 2026-03-04T10:00:00
duration = "1h"
scale = 2.0

[variant.more]
set = { "queue.phone.volume.scale" = 1.2 }
"""

FILES = {
    "volumes.csv": "date,time,chat\n2026-03-02,09:00,10\n2026-03-02,09:30,12\n",
    "mails.csv": "came,took\n2026-03-02T10:00:00,60\n2026-03-03 11:00:00,70\n",
    "times.csv": "seconds\n100\n200\n",
    "roster.csv": "agent,date,start,end,breaks\nada,2026-03-02,09:00,17:00,12:00-12:30;15:00-15:15\n",
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    path = tmp_path / "base.toml"
    path.write_text(BASE)
    return path


def refusal(path: Path, variant: str | None = None, overrides: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Path and words of every problem; each names the file it was found from."""
    with pytest.raises(ScenarioError) as refused:
        load(path, variant, overrides)
    assert {problem.file for problem in refused.value.problems} == {str(path)}
    return [(problem.path, f"{problem.value}; {problem.allowed}") for problem in refused.value.problems]


def expect(result: list[tuple[str, str]], *wanted: tuple[str, str]) -> None:
    assert [path for path, _ in result] == [path for path, _ in wanted], result
    for (_, words), (_, part) in zip(result, wanted, strict=True):
        assert part in words


def test_the_base_is_sound(base: Path) -> None:
    load(base)
    load(base, "more")


VALUES = [
    # misspelt
    ("queue.phone.wrok=1", "queue.phone.wrok", 'did you mean "work"?'),
    ("sed=1", "sed", 'did you mean "seed"?'),
    ("queue.phone.volume.perday=3", "queue.phone.volume.perday", 'did you mean "per_day"?'),
    ("team.front.shifts.0.agent=3", "team.front.shifts.0.agent", 'did you mean "agents"?'),
    ("queue.chat.transfer.0.shares=3", "queue.chat.transfer.0.shares", 'did you mean "share"?'),
    ("queue.phone.work.maen=1", "queue.phone.work.maen", 'did you mean "mean"?'),
    ("queue.phone.channel=fone", "queue.phone.channel", 'did you mean "phone"?'),
    ("queue.phone.outside_hours=rejct", "queue.phone.outside_hours", 'did you mean "reject"?'),
    ("queue.phone.sl_formula=offered", "queue.phone.sl_formula", "all_offered"),
    ("queue.phone.volume.shape=offices", "queue.phone.volume.shape", 'did you mean "office"?'),
    ("queue.phone.patience.dist=exponental", "queue.phone.patience.dist", 'did you mean "exponential"?'),
    ("routing.agent=longest", "routing.agent", 'did you mean "longest_idle"?'),
    ("routing.contact=1", "routing.contact", "longest_wait"),
    ("timezone=Europe/Rom", "timezone", "a time zone"),
    ('queue.phone.open={ monn = "08:00-09:00" }', "queue.phone.open.monn", 'did you mean "mon"?'),
    ("queue.phone.volume.weekday={ saturday = 1 }", "queue.phone.volume.weekday.saturday", 'did you mean "sat"?'),
    ("team.front.shifts.0.days=mon-fry", "team.front.shifts.0.days", 'did you mean "fri"?'),
    # wrong type
    ("start=2026-03-02T08:00:00", "start", "2026-03-02T08:00:00; a date such as 2026-03-02"),
    ("start=[2026-03-02, true]", "start", "[2026-03-02, true]; a date"),
    ("days={ first = 08:00:00 }", "days", "{'first': 08:00:00}; a whole number"),
    ('name=""', "name", "''; a name"),
    ("name=2", "name", "2; a text in quotes"),
    ("team.front.shifts.0.agents=6.5", "team.front.shifts.0.agents", "6.5"),
    ('team.front.shifts.0.agents="six"', "team.front.shifts.0.agents", "a whole number"),
    ("days=1.5", "days", "a whole number"),
    ("days=true", "days", "a whole number"),
    ("name=7", "name", "a text in quotes"),
    ("start=monday", "start", "a date"),
    ("start=2026-03-02T09:00:00", "start", "a date"),
    ("queue.phone.work=[1]", "queue.phone.work", "a duration"),
    ("queue.phone.work=true", "queue.phone.work", "a duration"),
    ("queue.phone.work=soon", "queue.phone.work", "a duration"),
    ("queue.phone.work=never", "queue.phone.work", "a duration"),
    ("queue.phone.work.mean=5 parsecs", "queue.phone.work.mean", "a duration"),
    ("queue.phone.volume=620", "queue.phone.volume", "a table"),
    ("queue.phone=1", "queue.phone", "a table"),
    ("team.front.shifts=8", "team.front.shifts", "a list"),
    ('queue.phone.retry.share="half"', "queue.phone.retry.share", "a number"),
    ("queue.phone.service_level=80", "queue.phone.service_level", "a target"),
    ("queue.phone.service_level=180/20", "queue.phone.service_level", "at most 100"),
    ("queue.phone.open=08:00", "queue.phone.open", "hours such as"),
    ("queue.phone.open=08:00-25:00", "queue.phone.open", "a time of day"),
    ("queue.phone.open=08:00-08:00", "queue.phone.open", "more than no time"),
    ('queue.phone.open={ mon = ["08:00-12:00", "11:00-13:00"] }', "queue.phone.open.mon", "do not overlap"),
    ('queue.phone.open={ "2026-02-30" = "closed" }', "queue.phone.open.2026-02-30", "days such as"),
    ('queue.phone.volume.shape=[["09:00", 1], ["08:00", 1]]', "queue.phone.volume.shape", "ascending order"),
    ('queue.phone.volume.shape=[["09:00", -1]]', "queue.phone.volume.shape.0", "0 or more"),
    ('queue.phone.volume.shape=[["09:00", 0]]', "queue.phone.volume.shape", "above 0"),
    ("queue.chat.turns={ mean = 2, cv = 1 }", "queue.chat.turns.cv", "geometric"),
    ("queue.chat.turns=2.5", "queue.chat.turns", "a whole number"),
    ("queue.chat.turns=0", "queue.chat.turns", "a whole number"),
    ("queue.chat.turns.mean=0.5", "queue.chat.turns.mean", "a number from 1"),
    ('queue.chat.turns={ dist = "gamma", mean = 3, cv = 1 }', "queue.chat.turns.dist", "geometric"),
    ("queue.phone.max_waiting=1.5", "queue.phone.max_waiting", "a whole number"),
    ("team.front.skills.chat=first", "team.front.skills.chat.rank", "a whole number"),
    ("team.front.slowdown=[]", "team.front.slowdown", "at least 1"),
    # out of range
    ("days=0", "days", "at least 1"),
    ("replications=0", "replications", "at least 1"),
    ("seed=-1", "seed", "at least 0"),
    ("queue.phone.volume.per_day=-3", "queue.phone.volume.per_day", "at least 0"),
    ("queue.phone.volume.per_day=inf", "queue.phone.volume.per_day", "inf"),
    ("queue.phone.volume.per_day=nan", "queue.phone.volume.per_day", "nan"),
    ("queue.phone.volume.weekday.sat=-1", "queue.phone.volume.weekday.sat", "0 or more"),
    ("queue.phone.work.mean=-5s", "queue.phone.work.mean", "0 or more"),
    ("queue.phone.work.mean=-5", "queue.phone.work.mean", "0 or more"),
    ("queue.phone.work.mean=nan", "queue.phone.work.mean", "0 or more"),
    ("queue.phone.work.mean=inf", "queue.phone.work.mean", "a hundred years"),
    ("queue.phone.work.cv=-0.1", "queue.phone.work.cv", "from 0"),
    ("queue.phone.wrap_up=90000d", "queue.phone.wrap_up", "a hundred years"),
    ("queue.phone.retry.share=1.5", "queue.phone.retry.share", "at most 1"),
    ("queue.chat.silent_abandonment=-0.1", "queue.chat.silent_abandonment", "at least 0"),
    ("team.front.absence=5", "team.front.absence", "at most 1"),
    ("team.front.pace=0", "team.front.pace.phone", "more than 0"),
    ("team.front.concurrency.chat=0", "team.front.concurrency.chat", "at least 1"),
    ("interval=0s", "interval", "one minute"),
    ("warm_up=7d", "warm_up", "7d of a run of 7d; less than the days"),
    ("drain=400d", "drain", "at most a year"),
    ("queue.email.initial_backlog.age.low=10h", "queue.email.initial_backlog.age", "low <= high"),
    ("queue.phone.volume.per_day=1e11", "days", "GB"),
    # contradictory
    ("queue.phone.volume.per_hour=3", "queue.phone.volume", "exactly one of"),
    ("queue.phone.volume={ scale = 2 }", "queue.phone.volume", "exactly one of"),
    ("queue.chat.volume.shape=office", "queue.chat.volume.shape", "goes with per_day"),
    ("queue.phone.work.median=3", "queue.phone.work.median", "unknown key"),
    ('queue.phone.work={ dist = "gamma", mean = "3m" }', "queue.phone.work.cv", "gamma needs mean and cv"),
    ("team.back.shifts=[{ agents = 1, hours = 'always' }]", "team.back", "one of them"),
    ("queue.chat.idle_timeout=never", "queue.chat.silent_abandonment", "an idle_timeout, or 0"),
    ("queue.email={channel='email',patience='1h',idle_timeout='never'}", "queue.email.idle_timeout", "patience"),
    ("queue.phone.turns=2", "queue.phone.turns", "one-to-one"),
    ("queue.chat.answer_delay=5s", "queue.chat.answer_delay", "only one-to-one channels ring"),
    ("team.front.concurrency.phone=2", "team.front.concurrency.phone", "one-to-one"),
    ("queue.chat.idle_timeout_factor=[1.0,0.5]", "queue.chat.idle_timeout_factor", "persistent"),
    ("queue.phone.alternatives=['phnoe']", "queue.phone.alternatives.0", 'did you mean "phone"?'),
    ("queue.phone.alternatives=['phone']", "queue.phone.alternatives.0", "each once"),
    ("queue.phone.alternatives=['chat']", "queue.phone.alternatives.0", "the same channel, phone"),
    ("queue.chat.bot.concurrency=0", "queue.chat.bot.concurrency", "1"),
    ("queue.email.volume.work=took", "queue.email.volume.work", "turns = 1"),
    ("queue.phone.retry.to.phone=0.9", "queue.phone.retry.to", "add up to 1.4"),
    ("queue.chat.transfer=[{to='phone',share=0.6},{to='email',share=0.6}]", "queue.chat.transfer", "add up to 1.2"),
    # unknown queues
    ("team.front.skills.phnoe=1", "team.front.skills.phnoe", 'did you mean "phone"?'),
    ("team.front.concurrency.chta=2", "team.front.concurrency.chta", 'did you mean "chat"?'),
    ("team.front.pace={ fax = 1.1 }", "team.front.pace.fax", "one of phone, chat, email"),
    ("queue.chat.transfer.0.to=fone", "queue.chat.transfer.0.to", 'did you mean "phone"?'),
    ("queue.phone.retry.to={ fax = 1 }", "queue.phone.retry.to.fax", "one of"),
    ("routing.reserve=['fax']", "routing.reserve.0", "one of"),
    ("spike.0.queue=fax", "spike.0.queue", "one of"),
    ("spike.0.at=2027-01-01T00:00:00", "spike.0.at", "7 days from 2026-03-02"),
    # teams and shifts
    ("queue.fax={ channel = 'phone' }", "queue.fax", "no team serves it"),
    ("team.idle={ skills = { phone = 1 } }", "team.idle", "no shifts"),
    ("team.idle={skills={},shifts=[{agents=1,hours='always'}]}", "team.idle.skills", "at least one queue"),
    ("team.front.shifts=[{agents=1,days='sat',hours='always'}]", "team.front.skills.phone", "no opening hours"),
    ("team.front.shifts=[{agents=1,days='2027-01-01',hours='always'}]", "team.front", "no shift in the days"),
    ("queue.phone.open=closed", "queue.phone.open", "never open"),
    ("team.front.shifts.0.breaks=['12:00-13:00', '12:30-13:30']", "team.front.shifts.0.breaks", "overlap"),
    ("team.front.shifts.0.breaks=['14:50-15:10']", "team.front.shifts.0.breaks", "overlap"),
    ("team.front.shifts.0.breaks=['17:00-17:30']", "team.front.shifts.0.breaks", "outside the shift"),
    ("team.front.shifts.1.activities=['07:00-07:30']", "team.front.shifts.1.activities", "outside the shift"),
    # files
    ("queue.chat.volume.file=volume.csv", "queue.chat.volume.file", "no file 'volume.csv'"),
    ("queue.chat.volume.file=.", "queue.chat.volume.file", "a folder"),
    ("queue.chat.volume.column=chats", "queue.chat.volume.column", 'did you mean "chat"?'),
    ("queue.email.volume.arrived_at=arrived", "queue.email.volume.arrived_at", "one of came, took"),
    ("queue.email.volume.log=calls.csv", "queue.email.volume.log", "no file"),
    ("queue.email.work.column=minutes", "queue.email.work.column", "no column"),
    ("team.back.roster.file=volumes.csv", "team.back.roster.file", "no column 'agent'"),
    ("days=1", "spike.0.at", "outside the days"),
    ("start=2026-03-03", "queue.chat.volume.file", "2 intervals outside the days of the run"),
]  # fmt: skip

SEVERAL = {
    "team.front.pace=0": ("team.front.pace.chat", "more than 0"),
}
"""Cases that rightly have one more problem."""


@pytest.mark.parametrize(("override", "path", "words"), VALUES)
def test_a_bad_value_is_refused_by_its_path(base: Path, override: str, path: str, words: str) -> None:
    more = SEVERAL.get(override)
    expect(refusal(base, overrides=(override,)), (path, words), *([more] if more else []))


BEHAVIOURS = [
    # connection loss
    ("queue.chat={channel='live_chat',drop=0.1,idle_timeout='never'}", "queue.chat.drop", "an idle_timeout, or 0"),
    ("queue.chat.drop=1.5", "queue.chat.drop", "at most 1"),
    ("queue.chat.reconnects=-1", "queue.chat.reconnects", "at least 0"),
    ("queue.chat.reconnect_after=never", "queue.chat.reconnect_after", "a duration"),
    # interruption
    ("team.front.interrupts={chat=['email']}", "team.front.interrupts.chat", "one-to-one"),
    ("team.front.interrupts={phone=['phone']}", "team.front.interrupts.phone.0", "turn by turn"),
    ("team.front.interrupts={phone=['chta']}", "team.front.interrupts.phone.0", 'did you mean "chat"?'),
    ("team.front.interrupts={phnoe=['chat']}", "team.front.interrupts.phnoe", 'did you mean "phone"?'),
    ("team.front.interrupts=['chat']", "team.front.interrupts", "a table"),
    # shared attention
    ("queue.email.work_cv=1", "queue.email.work_cv", "no work_by_concurrency"),
    ("queue.chat.work_by_concurrency=['3m', 'soon']", "queue.chat.work_by_concurrency.1", "a duration"),
    ("queue.chat={channel='live_chat',work_by_concurrency=['3m']}", "team.front.concurrency.chat", "1, the length"),
    # bot
    ("queue.phone.outside_hours=bot", "queue.phone.outside_hours", "a bot, or reject"),
    ("queue.phone.bot={ loses_context = true }", "queue.phone.bot.loses_context", "it has one turn"),
    ("queue.chat.bot={ contains = 2 }", "queue.chat.bot.contains", "at most 1"),
    ("queue.chat.bot={ contain = 0.2 }", "queue.chat.bot.contain", 'did you mean "contains"?'),
    ("queue.chat.bot={ hours = '25:00-26:00' }", "queue.chat.bot.hours", "a time of day"),
    # held and missed messages
    ("queue.phone.auto_reply={ patience = '1h' }", "queue.phone.auto_reply", 'outside_hours = "hold"'),
    ("queue.email.auto_reply={ patience = 'long' }", "queue.email.auto_reply.patience", "a duration"),
    ("queue.chat.missed_after=1h", "queue.chat.missed_after", "not persistent"),
    ("queue.email.missed_after=-1", "queue.email.missed_after", "0 or more"),
    # self-service
    ("self_service.faq={ deflects = { fax = 0.1 } }", "self_service.faq.deflects.fax", "one of phone"),
    ("self_service.faq={ deflects = { phone = 1.1 } }", "self_service.faq.deflects.phone", "at most 1"),
    ("self_service.faq={ fails = 'half' }", "self_service.faq.fails", "a number"),
    # demand
    ("demand={ per_day = 9, mix = { phone = 1 } }", "queue.phone.volume", "a place in demand.mix"),
    ("demand={ per_day = 9 }", "demand.mix", "at least one queue"),
    ("demand={ mix = { phone = 1 } }", "demand", "exactly one of"),
    ("demand={ per_day = 9, mix = { web = -1 } }", "demand.mix.web", "at least 0"),
    # appointments
    ("queue.phone.volume={appointments={hours='always',every='15m'}}", "queue.phone.volume.appointments", "in_person"),
    ("queue.phone.volume={per_day=9,no_show=0.1}", "queue.phone.volume.no_show", "goes with appointments"),
    (
        "queue.phone.volume={appointments={hours='09:00-17:00',every='1s'}}",
        "queue.phone.volume.appointments.every", "at least a minute",
    ),
    # outbound
    ("outbound.news={ queue = 'phone', messages = 9 }", "outbound.news.queue", "a persistent queue"),
    ("outbound.news={ queue = 'mail', messages = 9 }", "outbound.news.queue", 'did you mean "email"?'),
    ("outbound.news={ messages = 9 }", "outbound.news.queue", "missing"),
    ("outbound.news={ queue = 'email', pace = 0 }", "outbound.news.pace", "more than 0"),
    ("outbound.news={queue='email',window={mon=['09:00-12:00','14:00-17:00']}}", "outbound.news.window", "one stretch"),
    ("outbound.news={ queue = 'email', recontact = ['fax'] }", "outbound.news.recontact.0", "one of phone"),
    ("outbound.news={ queue = 'email', recontact = true }", "outbound.news.recontact", "a list"),
    # callback
    ("callback.x={ queue = 'email', accepts = 1 }", "callback.x.queue", "a one-to-one queue"),
    ("callback.x={ queue = 'phone', offer_above = 'soon' }", "callback.x.offer_above", "a duration"),
    ("callback.x={ queue = 'phone', no_answer = 3 }", "callback.x.no_answer", "at most 1"),
    # absences and busyness
    ("team.front.steps_out={ every = '10s', lasts = '1m' }", "team.front.steps_out.every", "at least a minute"),
    ("team.front.steps_out={ every = '10m' }", "team.front.steps_out.lasts", "missing"),
    ("team.front.steps_out={ every = '1h', lasts = -1 }", "team.front.steps_out.lasts", "0 or more"),
    ("busyness.correlation=-0.5", "busyness.correlation", "at least 0"),
    ("busyness.correlation=2", "busyness.correlation", "at most 1"),
    # staffing
    ("staffing.patterns=[{ hours = '08:00-16:00' }]", "staffing.patterns.0.team", "missing"),
    ("staffing.patterns=[{ team = 'front' }]", "staffing.patterns.0.hours", "missing"),
    ("staffing.patterns=[{ team = 'frint', hours = '08:00-16:00' }]", "staffing.patterns.0.team", 'mean "front"?'),
    ("staffing.patterns=[{team='front',hours='08:00-16:00',min=3,max=2}]", "staffing.patterns.0.min", "at most max"),
    ("staffing.patterns=[{team='front',hours='08:00-16:00',max=2.5}]", "staffing.patterns.0.max", "a whole number"),
    ("staffing.patterns=[{team='front',hours='08:00-16:00',days=2030-01-01}]", "staffing.patterns.0.days", "days from"),
    ("staffing.patterns=[{team='front',hours='08:00-16:00',breaks=['17:00-18:00']}]", "staffing.patterns.0.breaks", ""),
    ("staffing.met_on=90", "staffing.met_on", "at most 1"),
    ("staffing.rule=[{team='front',lengths=[],earliest_start='08:00',latest_end='12:00'}]",
     "staffing.rule.0.lengths", "at least 1 of them"),
    ("staffing.rule=[{team='front',lengths=['-3h'],earliest_start='08:00',latest_end='12:00'}]",
     "staffing.rule.0.lengths.0", "a duration of 0 or more"),
    ("staffing={ met_on = 0.9, targets_over = 'run' }", "staffing.targets_over", '"day", or no met_on'),
    ("staffing.targets_over='week'", "staffing.targets_over", "one of run, day, interval"),
    ("staffing.shrinkage=1", "staffing.shrinkage", "less than 1"),
    ("staffing.premium=[{ factor = 0 }]", "staffing.premium.0.factor", "more than 0"),
    ("staffing.pattern=[]", "staffing.pattern", 'did you mean "patterns"?'),
]  # fmt: skip


@pytest.mark.parametrize(("override", "path", "words"), BEHAVIOURS)
def test_a_behaviour_that_does_not_fit_is_refused_by_its_path(base: Path, override: str, path: str, words: str) -> None:
    expect(refusal(base, overrides=(override,)), (path, words))


def test_shared_attention_excludes_what_is_turn_by_turn(base: Path) -> None:
    """Each of a queue's keys that says something about turns, and each contradiction in a team."""
    chat = "channel='live_chat',work_by_concurrency=['3m','3m30s','4m']"
    for key, value in (
        ("work", "'2m'"), ("turns", "2"), ("wrap_up", "'10s'"), ("silent_abandonment", "0.1"),
        ("transfer", "[{to='phone',share=0.1}]"), ("bot", "{loses_context=true}"),
    ):  # fmt: skip
        path = f"queue.chat.{key}" + (".loses_context" if key == "bot" else "")
        expect(refusal(base, overrides=(f"queue.chat={{{chat},{key}={value}}}",)), (path, "work_by_concurrency"))
    sound = (f"queue.chat={{{chat}}}",)
    load(base, overrides=sound)
    other = "channel='live_chat',work_by_concurrency=['3m','4m']"
    for overrides, path, words in (
        (("team.front.skills.email=2",), "team.front.skills", "chat by concurrency and email turn by turn"),
        ((f"queue.more={{{other}}}", "team.front.skills.more=1"), "team.front.skills", "lists of one length"),
        (("queue.chat.work_by_concurrency=['3m','0s','4m']",), "queue.chat.work_by_concurrency", "above 0"),
    ):  # fmt: skip
        expect(refusal(base, overrides=(*sound, *overrides)), (path, words))
    mail = "{channel='email',work_by_concurrency=['3m'],patience='1h',idle_timeout='1m'}"
    expect(refusal(base, overrides=(f"queue.email={mail}",)), ("queue.email.patience", "answered in vain"))
    call = "{channel='phone',work_by_concurrency=['3m']}"
    expect(refusal(base, overrides=(f"queue.phone={call}",)), ("queue.phone.work_by_concurrency", "one-to-one"))


def test_the_ways_of_a_demand_fit_together(base: Path) -> None:
    new = "queue.web={channel='live_chat'}", "team.front.skills.web=1"
    load(base, overrides=(*new, "demand={per_day=9,mix={web=1},barrier={web=0.5,chat=0.5},fallback={web='chat'}}"))
    for demand, path in (
        ("{per_day=9,mix={web=1},barrier={chat=0.5}}", "demand.barrier.chat"),
        ("{per_day=9,mix={web=1},fallback={chat='web'}}", "demand.fallback.chat"),
        ("{per_day=9,mix={web=1},fallback={web='fax'}}", "demand.fallback.web"),
        ("{per_day=9,appointments={hours='always',every='1h'},mix={web=1}}", "demand"),
        ("{log='mails.csv',arrived_at='came',work='took',mix={web=1}}", "demand.work"),
    ):
        assert [place for place, _ in refusal(base, overrides=(*new, f"demand={demand}"))] == [path]
    spiked = (*new, "demand={per_day=9,mix={web=1}}", "spike.0.queue=web")
    expect(refusal(base, overrides=spiked), ("spike.0.queue", "comes from the demand"))


def test_one_rule_a_queue(base: Path) -> None:
    twice = ("callback.a={queue='phone'}", "callback.b={queue='phone'}")
    expect(refusal(base, overrides=twice), ("callback.a.queue", "several"), ("callback.b.queue", "several"))
    twice = ("outbound.a={queue='email',recontact=['phone']}", "outbound.b={queue='email',recontact=['phone']}")
    expect(refusal(base, overrides=twice), *[(f"outbound.{name}.recontact.0", "twice") for name in "ab"])
    endless = ("queue.email.expires_after=never", "outbound.a={queue='email',messages=1}")
    expect(refusal(base, overrides=endless), ("outbound.a.queue", "expires"))


def test_booked_times_are_those_of_an_open_queue(base: Path) -> None:
    visit = "{channel='in_person',open={mon='08:00-09:00'},volume={appointments={hours='09:00-17:00',every='1h'}}}"
    new = (f"queue.visit={visit}", "team.front.skills.visit=1")
    expect(refusal(base, overrides=new), ("queue.visit.volume.appointments", "never while the queue is open"))


MISSING = [
    ('channel  = "phone"\n', "queue.phone.channel"),
    (', arrived_at = "came"', "queue.email.volume.arrived_at"),
    (', column = "chat"', "queue.chat.volume.column"),
    (', share = 0.05', "queue.chat.transfer.0.share"),
    ("agents = 8, ", "team.front.shifts.0.agents"),
    (', hours = "11:30-20:00"', "team.front.shifts.1.hours"),
    ("skills = { email = 1 }\n", "team.back.skills"),
    ('file = "roster.csv"', "team.back.roster.file"),
    ('duration = "1h"\n', "spike.0.duration"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path"), MISSING)
def test_a_missing_key_is_named(base: Path, text: str, path: str) -> None:
    assert BASE.count(text) == 1
    base.write_text(BASE.replace(text, ""))
    expect(refusal(base), (path, "missing"))


DATA = [
    ("volumes.csv", b"", "queue.chat.volume.file", "empty"),
    ("volumes.csv", b"date,time,chat\n", "queue.chat.volume.file", "no rows"),
    ("volumes.csv", b"day,time,chat\n2026-03-02,09:00,1\n", "queue.chat.volume.column", "no column 'date'"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,09:00\n", "volumes.csv:2", "2 cells"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,09:00,many\n", "volumes.csv:2", "'many'"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,09:00,-1\n", "volumes.csv:2", "0 or more"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,09:00,nan\n", "volumes.csv:2", "0 or more"),
    ("volumes.csv", b"date,time,chat\n2026-03-32,09:00,1\n", "volumes.csv:2", "a date"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,9 am,1\n", "volumes.csv:2", "a time of day"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,09:00,1\n2026-03-02,09:00,1\n", "volumes.csv:3", "a second time"),
    ("volumes.csv", b"date,time,chat,chat\n2026-03-02,09:00,1,1\n", "volumes.csv:1", "twice"),
    ("volumes.csv", b"date,time,chat\n2026-03-02,09:00,\xff\n", "volumes.csv:2", "UTF-8"),
    ("volumes.csv", b"\x00\x01\x02", "queue.chat.volume.file", "not text"),
    ("volumes.csv", b'date,time,chat\n2026-03-02,09:00,"1\n', "queue.chat.volume.file", "unexpected end"),
    ("mails.csv", b"came,took\nyesterday,5\n", "mails.csv:2", "a time such as"),
    ("mails.csv", b"came,took\n2026-03-02T10:00:00,5\n30,5\n", "queue.email.volume.arrived_at", "one kind"),
    ("mails.csv", b"came,took\n2026-03-01T23:59:59,5\n", "queue.email.volume.log", "outside the days"),
    ("times.csv", b"seconds\n-5\n", "times.csv:2", "0 or more"),
    ("times.csv", b"seconds\n", "queue.email.work.file", "no rows"),
    ("roster.csv", b"agent,date,start,end\n,2026-03-02,09:00,17:00\n", "roster.csv:2", "no agent"),
    ("roster.csv", b"agent,date,start,end\nada,2026-03-02,09:00,09:00\n", "roster.csv:2", "more than no time"),
    (
        "roster.csv", b"agent,date,start,end\nada,2026-03-02,09:00,17:00\nada,2026-03-02,16:00,18:00\n",
        "roster.csv:3", "overlaps",
    ),
    (
        "roster.csv", b"agent,date,start,end,breaks\nada,2026-03-02,09:00,17:00,12:00-13:00;12:30-13:30\n",
        "roster.csv:2", "overlap",
    ),
    (
        "roster.csv", b"agent,date,start,end,breaks\nada,2026-03-02,09:00,17:00,16:45-17:15\n",
        "roster.csv:2", "outside the shift",
    ),
    ("roster.csv", b"agent,date,start,end\nada,2026-01-05,09:00,17:00\n", "team.back", "no shift in the days"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "path", "words"), DATA)
def test_bad_data_is_refused_by_file_and_line(base: Path, name: str, content: bytes, path: str, words: str) -> None:
    (base.parent / name).write_bytes(content)
    expect(refusal(base), (path, words))


SCENARIO_FILES = [
    (b"", "queue", "no queue"),
    (b"\n# nothing\n", "queue", "no queue"),
    (b"name = 'x'\n[queue.phone\n", "line 2", "not TOML"),
    (b"name = 'x'\nname = 'y'\n", "line 2", "not TOML"),
    (b"name = 'caf\xe9'\n", "line 1", "UTF-8"),
    (b"[queue]\n", "queue", "no queue"),
    (b"[queue]\nchannel = 'phone'\nwork = { mean = '2m' }\n", "queue", "channel under [queue]; a name for the queue"),
    (b"[[queue]]\nchannel = 'phone'\n", "queue", "a table"),
]


@pytest.mark.parametrize(("content", "path", "words"), SCENARIO_FILES)
def test_a_file_that_is_no_scenario(tmp_path: Path, content: bytes, path: str, words: str) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes(content)
    result = refusal(file)
    assert result[0][0] == path
    assert words in result[0][1]


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    expect(refusal(tmp_path / "none.toml"), ("", "no such file"))
    expect(refusal(tmp_path), ("", "a folder"))


def test_variants_and_overrides_that_lead_nowhere(base: Path) -> None:
    expect(refusal(base, "mroe"), ("variant.mroe", 'did you mean "more"?'))
    for override, path, words in (
        ("days", "days", "--set PATH=VALUE"),
        ("queue.phnoe.volume.scale=2", "queue.phnoe.volume.scale", 'did you mean "phone"?'),
        ("queue.phone.wrap_up.mean=2", "queue.phone.wrap_up.mean", "a table or a list"),
        ("team.front.shifts.7.agents=2", "team.front.shifts.7.agents", "from 0 to 1"),
        ("team.front.shifts.x.agents=2", "team.front.shifts.x.agents", "from 0 to 1"),
        ("a b=1", "a b", "a dotted path"),
        ("=1", "", "a dotted path"),
    ):
        expect(refusal(base, overrides=(override,)), (path, words))


def test_all_problems_are_told_at_once(base: Path) -> None:
    (base.parent / "volumes.csv").write_text("date,time,chat\n2026-03-02,09:00,x\n2026-03-02,25:00,1\n")
    overrides = (
        "queue.phone.work={ mean = '-1s', cv = -1 }", "sed=1", "team.front.skills.fax=1", "warm_up=9d",
        "team.front.shifts.0.agents=6.5", "queue.chat.answer_delay=9",
    )  # fmt: skip
    expect(
        refusal(base, overrides=overrides),
        ("queue.phone.work.mean", "0 or more"), ("queue.phone.work.cv", "from 0"),
        ("volumes.csv:2", "'x'"), ("volumes.csv:3", "a time of day"), ("team.front.shifts.0.agents", "6.5"),
        ("sed", "seed"),
        # and, of what is left, how it fits together
        ("team.front.skills.fax", "no queue"), ("warm_up", "less than"), ("queue.chat.answer_delay", "ring"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("team.front.shifts.1={ agents = 1, hours = '02:30-12:00' }", "team.front.shifts.1.hours", "2026-03-29 02:30"),
        ("queue.phone.open={ sun = '02:15-12:00', mon = 'always' }", "queue.phone.open", "does not exist"),
        ("team.front.shifts.1={agents=1,hours='always',breaks=['02:00-02:30']}", "team.front.shifts.1.breaks", "02:00"),
        ("spike.0.at=2026-03-29T02:30:00", "spike.0.at", "does not exist"),
    ],
)  # fmt: skip
def test_times_that_a_clock_change_skips_are_named(base: Path, override: str, path: str, words: str) -> None:
    result = refusal(base, overrides=("start=2026-03-27", "spike.0.at=2026-03-28T10:00:00", override, *NO_FILES))
    assert {place for place, _ in result} == {path}
    assert words in result[0][1]


NO_FILES = ("queue.chat.volume={per_day=9}", "queue.email.volume={per_day=9}", "team.back.roster.file=later.csv")


def test_times_that_a_clock_change_repeats_are_named(base: Path) -> None:
    night = "queue.phone.open={ sun = '02:30-12:00', mon = 'always' }"
    result = refusal(base, overrides=("start=2026-10-24", "spike.0.at=2026-10-28T10:00:00", night, *NO_FILES))
    expect(result, ("queue.phone.open", "2026-10-25 02:30 comes twice in Europe/Rome"))


@pytest.fixture(autouse=True)
def later_roster(tmp_path: Path) -> None:
    rows = "ada,2026-03-28,09:00,17:00\nada,2026-10-28,09:00,17:00\n"
    (tmp_path / "later.csv").write_text(f"agent,date,start,end\n{rows}")


def test_instants_need_a_time_zone(base: Path) -> None:
    (base.parent / "mails.csv").write_text("came\n2026-03-02T10:00:00Z\n")
    load(base)
    base.write_text(BASE.replace('timezone = "Europe/Rome"', ""))
    expect(refusal(base), ("queue.email.volume.arrived_at", "a timezone for the scenario"))


# random mutations


JUNK = st.one_of(
    st.sampled_from(NONSENSE),
    st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.datetimes(), st.times(),
    st.lists(st.integers(0, 3), max_size=3),
).map(copy.deepcopy)  # fmt: skip


WIDE = f"""{BASE}
[queue.web]
channel = "messaging"
open = {{ mon-fri = "08:00-20:00" }}
bot = {{ contains = 0.3, time = {{ mean = "1m" }}, asks_human = 0.1, hours = "always", loses_context = true }}
auto_reply = {{ patience = {{ mean = "4h" }} }}
missed_after = "6h"
[queue.pair]
channel = "live_chat"
work_by_concurrency = ["3m", "4m"]
work_cv = 0.5
[queue.visit]
channel = "in_person"
open = "09:00-17:00"
volume = {{ appointments = {{ hours = "09:00-17:00", every = "30m" }}, no_show = 0.1, earliness = "5m" }}
[demand]
per_day = 100
mix = {{ web = 2, pair = 1 }}
barrier = {{ web = 0.2 }}
fallback = {{ web = "phone" }}
[self_service.faq]
deflects = {{ phone = 0.1 }}
fails = 0.2
returns_after = {{ mean = "1h" }}
[outbound.news]
queue = "web"
messages = 10
window = {{ mon-fri = "09:00-17:00" }}
pace = 5
reply_share = 0.1
reply_after = {{ mean = "1h" }}
opt_out = 0.01
recontact = ["phone"]
[callback.line]
queue = "phone"
offer_above = "2m"
accepts = 0.5
no_answer = 0.1
no_answer_time = "30s"
[busyness]
correlation = 0.5
[team.third]
skills = {{ web = 1, visit = 1, phone = 2 }}
interrupts = {{ phone = ["web"] }}
steps_out = {{ every = "1h", lasts = {{ mean = "5m" }} }}
shifts = [{{ agents = 2, hours = "always" }}]
[team.fourth]
skills = {{ pair = 1 }}
shifts = [{{ agents = 2, hours = "always" }}]
"""

RAW = tomllib.loads(WIDE)


def test_the_wide_base_is_sound(folder: Path) -> None:
    assert problems(RAW, folder) is None


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    raw = copy.deepcopy(RAW)
    for _ in range(draw(st.integers(1, 4))):
        every = list(places(raw))
        if not every:
            break
        place = draw(st.sampled_from(every))
        table: Any = raw
        for key in place[:-1]:
            table = table[key]
        what = draw(st.sampled_from(["replace", "delete", "add", "copy"]))
        if what == "delete":
            del table[place[-1]]
        elif what == "add" and isinstance(table, dict):
            table[draw(st.text(max_size=5) | st.sampled_from([str(other[-1]) for other in every]))] = draw(JUNK)
        elif what == "copy":
            source: Any = raw
            for key in draw(st.sampled_from(every)):
                source = source[key]
            table[place[-1]] = copy.deepcopy(source)
        else:
            table[place[-1]] = draw(JUNK)
    return raw


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mutations")
    for name, content in FILES.items():
        (path / name).write_text(content)
    return path


def problems(raw: dict[str, Any], folder: Path) -> list[str] | None:
    """The problems of a refused scenario as text, None for a sound one; any other exception is let through."""
    try:
        parse(raw, folder, "mutated.toml")
    except ScenarioError as refused:
        return [str(problem) for problem in refused.problems]
    return None


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(raw=mutated())
def test_a_mutation_is_a_scenario_or_a_list_of_problems(folder: Path, raw: dict[str, Any]) -> None:
    result = problems(raw, folder)
    assert result is None or (result and all(text.startswith("mutated.toml: ") for text in result))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(path=st.text(max_size=30) | st.sampled_from([".".join(map(str, place)) for place in places(RAW)]), value=JUNK)
def test_any_override_is_applied_or_refused(folder: Path, path: str, value: Any) -> None:
    file = folder / "base.toml"
    file.write_text(BASE)
    try:
        load(file, overrides=[f"{path}={value}"])
    except ScenarioError as refused:
        result = refused.problems
    else:
        result = None
    assert result is None or result


def test_a_faulty_variant_is_reported_whatever_is_asked_for(base: Path) -> None:
    text = base.read_text()
    base.write_text(f"{text}\n[variant.typo]\nset = {{ 'queue.chat.volume.scal' = 2 }}\n")
    for variant in (None, "more", "typo"):
        with pytest.raises(ScenarioError, match=r"queue\.chat\.volume\.scal") as refused:
            load(base, variant)
        assert len(refused.value.problems) == 1
    base.write_text(f"{text}\n[variant.wrong]\nset = {{ 'queue.chat.volume.scale' = -2 }}\n")
    expect(refusal(base), ("variant.wrong: queue.chat.volume.scale", "at least 0"))
