"""The scenario format: every key of the contract, what a channel brings, variants, overrides, the file as run."""

import pickle
import tomllib
from datetime import date, datetime
from pathlib import Path

import pytest

from ccsim.distributions.arrivals import SHAPES
from ccsim.distributions.durations import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    LogNormal,
    Mixture,
    Never,
    Uniform,
    Weibull,
)
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.check import warnings
from ccsim.scenario.defaults import defaults_used
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import load, parse, resolved_toml, stored_files
from ccsim.scenario.schema import json_schema
from ccsim.scenario.spans import contacts
from ccsim.scenario.template import template
from ccsim.scenario.values import DAY, HOUR, MINUTE, Span, Target
from ccsim.tables import NEVER, SECOND

EXAMPLE = """
name     = "Online shop, a week in March"
start    = 2026-03-02            # a Monday, local time
days     = 7
timezone = "Europe/Rome"
interval = "30min"
warm_up  = "0s"
drain    = "1d"
seed     = 20260302
replications = 20

[queue.phone]
channel  = "phone"
open     = { mon-fri = "08:00-20:00", sat = "09:00-13:00" }
volume   = { per_day = 620, shape = "office", busyness_cv = 0.1, weekday = { sat = 0.5, sun = 0 } }
work     = { mean = "4m30s", cv = 0.9 }
wrap_up  = { mean = "40s", cv = 0.5 }
patience = { dist = "exponential", mean = "90s" }
service_level   = "80/20"
max_abandonment = 0.05
sl_formula      = "all_offered"
retry    = { share = 0.4, after = { mean = "10m" }, to = { phone = 0.8, whatsapp = 0.2 } }
value    = 4.0
fee      = 0.0

[queue.chat]
channel  = "live_chat"
volume   = { file = "volumes.csv", column = "chat" }
turns    = { mean = 6 }
work     = { mean = "30s", cv = 0.8 }
reply_latency  = { mean = "30s", cv = 1.2 }
patience       = { mean = "3m" }
silent_abandonment = 0.3
reply_patience = { mean = "15m" }
idle_timeout   = "5m"
service_level  = "80% in 60s"
reply_target   = "90% in 60s"
transfer = [ { to = "phone", share = 0.05 }, { to = "video", share = 0.02, same_agent = true } ]

[queue.whatsapp]
channel  = "messaging"
volume   = { per_day = 480 }
turns    = { mean = 4 }
work     = { mean = "70s", cv = 1.0 }
reply_latency  = { dist = "lognormal", median = "20m", sigma = 2.2 }
idle_timeout   = "10m"
expires_after  = "24h"
same_agent_for = "2m"
reread   = { after = "15m", work = "20s", per_turn = "5s" }
service_level  = "90/300"
bot      = { contains = 0.35, time = { mean = "2m" }, asks_human = 0.15 }

[queue.email]
channel  = "email"
volume   = { per_day = 350 }
resolution_target = "95% in 24h"

[queue.video]
channel  = "video"

[team.frontline]
skills      = { phone = 1, chat = 1, whatsapp = 2, video = { rank = 2, after = "60s" } }
concurrency = { chat = 3, whatsapp = 5 }
interrupts  = { phone = ["email"] }
slowdown    = [1.0, 1.0, 1.05, 1.2]
shifts = [
  { agents = 8, days = "mon-fri", hours = "08:00-16:30", breaks = ["12:00-12:30"] },
  { agents = 6, days = "mon-sat", hours = "11:30-20:00", breaks = ["15:00-15:30"] },
]
absence       = 0.05
cost_per_hour = 21.0

[team.backoffice]
skills = { email = 1, whatsapp = 3 }
roster = { file = "roster.csv" }

[routing]
agent = "least_loaded"
contact = "longest_wait"
attention = "oldest"

[variant.whatsapp_first]
title = "A third of the calls move to WhatsApp"
set = { "queue.phone.volume.scale" = 0.67, "queue.whatsapp.volume.per_day" = 690 }
"""

VOLUMES = "date,time,chat\n2026-03-02,09:00,10\n2026-03-02,09:30,12\n2026-03-03,23:30,1.5\n"
ROSTER = """agent,date,start,end,breaks
ada,2026-03-02,09:00,17:00,12:00-12:30;15:00-15:15
bob,2026-03-02,22:00,06:00,01:00-01:30
"""

SMALL = """
[queue.phone]
channel = "phone"
volume  = { per_hour = 10 }
[team.agents]
skills = { phone = 1 }
shifts = [{ agents = 2, hours = "always" }]
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (tmp_path / "volumes.csv").write_text(VOLUMES)
    (tmp_path / "roster.csv").write_text(ROSTER)
    path = tmp_path / "shop.toml"
    path.write_text(EXAMPLE)
    return path


def small(**queue: object) -> Scenario:
    raw = tomllib.loads(SMALL)
    raw["queue"]["phone"] |= queue
    return parse(raw)


def distribution(text: str, key: str = "work", folder: Path | None = None) -> object:
    raw = tomllib.loads(SMALL)
    raw["queue"]["phone"] |= {"channel": "live_chat", key: tomllib.loads(f"distribution = {text}")["distribution"]}
    return getattr(parse(raw, folder).queue["phone"], key)


# the example


def test_the_example_says_what_it_means(example: Path) -> None:
    s = load(example)
    assert (s.name, s.start, s.days, s.timezone) == ("Online shop, a week in March", date(2026, 3, 2), 7, "Europe/Rome")
    assert (s.interval, s.warm_up, s.drain, s.seed, s.replications) == (30 * MINUTE, 0, DAY, 20260302, 20)

    phone = s.queue["phone"]
    assert phone.open.on(date(2026, 3, 6)) == (Span(8 * HOUR, 20 * HOUR),)
    assert phone.open.on(date(2026, 3, 7)) == (Span(9 * HOUR, 13 * HOUR),)
    assert phone.open.on(date(2026, 3, 8)) == ()
    assert phone.volume is not None
    assert (phone.volume.kind, phone.volume.per_day, phone.volume.busyness_cv, phone.volume.scale) == (
        "per_day", 620, 0.1, 1,
    )  # fmt: skip
    assert phone.volume.shape == SHAPES["office"]
    assert [phone.volume.weekday.on(date(2026, 3, day)) for day in (6, 7, 8)] == [1, 0.5, 0]
    assert phone.work == LogNormal.from_mean_cv(270, 0.9)
    assert phone.patience == Exponential(90)
    assert (phone.service_level, phone.max_abandonment, phone.sl_formula) == (
        Target(0.8, 20 * SECOND), 0.05, "all_offered",
    )  # fmt: skip
    assert (phone.retry.share, phone.retry.after, phone.retry.to) == (
        0.4, Exponential(600), {"phone": 0.8, "whatsapp": 0.2},
    )  # fmt: skip
    assert (phone.value, phone.fee, phone.limit) == (4, 0, 3)

    chat = s.queue["chat"]
    assert chat.volume is not None
    assert [(i.start, i.contacts) for i in chat.volume.intervals] == [
        (datetime(2026, 3, 2, 9), 10), (datetime(2026, 3, 2, 9, 30), 12), (datetime(2026, 3, 3, 23, 30), 1.5),
    ]  # fmt: skip
    assert chat.volume.length == 30 * MINUTE
    assert (chat.turns, chat.patience, chat.reply_patience) == (Geometric(6), Exponential(180), Exponential(900))
    assert (chat.silent_abandonment, chat.idle_timeout, chat.reply_target) == (0.3, 5 * MINUTE, Target(0.9, MINUTE))
    assert [(t.to, t.share, t.same_agent) for t in chat.transfer] == [("phone", 0.05, False), ("video", 0.02, True)]

    whatsapp = s.queue["whatsapp"]
    assert whatsapp.reply_latency == LogNormal(1200, 2.2)
    assert (whatsapp.expires_after, whatsapp.same_agent_for) == (DAY, 2 * MINUTE)
    assert (whatsapp.reread.after, whatsapp.reread.work, whatsapp.reread.per_turn) == (
        15 * MINUTE, 20 * SECOND, 5 * SECOND,
    )  # fmt: skip
    assert s.queue["email"].resolution_target == Target(0.95, DAY)
    assert s.queue["video"].volume is None

    frontline = s.team["frontline"]
    assert {name: (skill.rank, skill.after) for name, skill in frontline.skills.items()} == {
        "phone": (1, 0), "chat": (1, 0), "whatsapp": (2, 0), "video": (2, MINUTE),
    }  # fmt: skip
    assert frontline.concurrency == {"phone": 1, "chat": 3, "whatsapp": 5, "video": 1}
    assert frontline.slowdown == (1.0, 1.0, 1.05, 1.2)
    assert frontline.shifts[1].days.on(date(2026, 3, 7))
    assert not frontline.shifts[0].days.on(date(2026, 3, 7))
    assert [rest.between for rest in frontline.shifts[0].breaks] == [Span(12 * HOUR, 12 * HOUR + 30 * MINUTE)]
    assert (frontline.absence, frontline.cost_per_hour) == (0.05, 21)

    roster = s.team["backoffice"].roster
    assert roster is not None
    assert roster.agents == ("ada", "bob")
    assert roster.shifts[1].end == datetime(2026, 3, 3, 6)
    assert roster.shifts[1].breaks == ((datetime(2026, 3, 3, 1), datetime(2026, 3, 3, 1, 30)),)
    assert s.variant["whatsapp_first"].title == "A third of the calls move to WhatsApp"


def test_every_key_of_the_contract_is_in_the_schema() -> None:
    tables = json_schema()["$defs"] | {"Scenario": json_schema()}
    keys = {
        "Scenario": "name start days timezone interval warm_up drain seed replications queue team routing demand "
        "self_service outbound callback spike busyness staffing variant",
        "Queue": "channel title open outside_hours at_close clock volume initial_backlog priority head_start "
        "max_waiting answer_delay turns work work_by_concurrency work_cv reply_latency wrap_up patience reply_patience "
        "silent_abandonment short_abandon idle_timeout returns expires_after same_agent_for over_capacity reread "
        "transfer drop reconnects reconnect_after reopens retry limit bot service_level sl_formula reply_target "
        "max_abandonment resolution_target value fee effort auto_reply missed_after",
        "Volume": "per_hour per_day shape weekday file column log arrived_at work appointments no_show earliness scale "
        "busyness_cv",
        "Appointments": "hours every each",
        "AutoReply": "patience",
        "Backlog": "contacts age",
        "Reread": "after work per_turn",
        "Transfer": "to share same_agent cold repeat_turns repeat_work",
        "Reopens": "share after",
        "Retry": "share after to",
        "Bot": "contains time asks_human hours loses_context",
        "Team": "skills concurrency interrupts slowdown pace shifts roster end_of_shift overrun absence cost_per_hour "
        "overtime_factor max_occupancy steps_out",
        "StepsOut": "every lasts",
        "Shift": "agents days hours breaks activities paid",
        "Roster": "file",
        "Routing": "agent contact attention reserve",
        "Demand": "per_day mix barrier fallback",
        "SelfService": "deflects fails returns_after",
        "Outbound": "queue messages window pace reply_share reply_after opt_out recontact recontact_after",
        "Callback": "queue offer_above accepts no_answer no_answer_time",
        "Spike": "queue at duration scale",
        "Busyness": "correlation",
        "Staffing": "patterns premium targets_over met_on shrinkage",
        "Pattern": "name team days hours breaks activities paid min max cost_per_hour",
        "Premium": "days hours factor",
        "Variant": "title set",
    }
    for table, names in keys.items():
        assert not set(names.split()) - set(tables[table]["properties"]), table
    skill_table = tables["Skill"]["oneOf"][1]["properties"]
    assert set(skill_table) == {"rank", "contact_rank", "after", "longer_than"}


BEHAVIOURS = """
days = 2
[queue.phone]
channel = "phone"
outside_hours = "bot"
bot = { contains = 0.2, time = { mean = "1m" }, asks_human = 0.1, hours = { mon-fri = "06:00-22:00" } }
[queue.chat]
channel = "live_chat"
drop = 0.1
reconnects = 0.6
reconnect_after = { mean = "2m" }
bot = { contains = 0.3, time = "2m", loses_context = true }
[queue.whatsapp]
channel = "messaging"
open = "08:00-20:00"
auto_reply = { patience = { mean = "4h" } }
[queue.social]
channel = "social"
missed_after = "4h"
volume = { per_day = 20 }
[queue.fair]
channel = "in_person"
open = "09:00-17:00"
[queue.fair.volume]
appointments = { hours = "09:00-17:00", every = "15m", each = 2 }
no_show = 0.1
earliness = { mean = "5m" }
[queue.shared]
channel = "live_chat"
work_by_concurrency = ["3m", "3m30s", "4m"]
work_cv = 0.8
volume = { per_day = 50, busyness_cv = 0.2 }
[demand]
per_day = 500
shape = "office"
busyness_cv = 0.1
mix = { phone = 0.6, chat = 0.3, whatsapp = 0.1 }
barrier = { chat = 0.1, whatsapp = 0.3 }
fallback = { chat = "phone", whatsapp = "chat" }
[busyness]
correlation = 0.5
[self_service.faq]
deflects = { phone = 0.1, social = 0.2 }
fails = 0.2
returns_after = { mean = "1h" }
[outbound.news]
queue = "whatsapp"
messages = 10
window = { mon-fri = "09:00-17:00" }
pace = 5
reply_share = 0.1
reply_after = { mean = "1h" }
opt_out = 0.01
recontact = ["phone", "chat"]
recontact_after = "30m"
[callback.phone]
queue = "phone"
offer_above = "2m"
accepts = 0.5
no_answer = 0.1
no_answer_time = "30s"
[team.all]
skills = { phone = 1, chat = 1, whatsapp = 2, social = 3, fair = 1 }
interrupts = { phone = ["whatsapp", "social"], fair = ["chat"] }
steps_out = { every = "1h", lasts = { mean = "5m", cv = 0.5 } }
shifts = [{ agents = 4, hours = "always" }]
[team.together]
skills = { shared = 1, phone = 2 }
shifts = [{ agents = 2, hours = "always" }]
"""


def test_behaviours_say_what_they_mean() -> None:
    s = parse(tomllib.loads(BEHAVIOURS))
    assert s.queue["phone"].bot is not None
    assert s.queue["phone"].bot.hours.on(date(2026, 1, 4)) == ()
    assert s.queue["chat"].reconnect_after == Exponential(120)
    assert s.queue["whatsapp"].auto_reply is not None
    assert s.queue["whatsapp"].auto_reply.patience == Exponential(4 * 3600)
    assert (s.queue["social"].missed_after, s.queue["phone"].missed_after) == (4 * HOUR, NEVER)
    fair = s.queue["fair"].volume
    assert fair is not None
    assert fair.appointments is not None
    assert (fair.kind, fair.appointments.hours, fair.appointments.every, fair.appointments.each) == (
        "appointments", Span(9 * HOUR, 17 * HOUR), 15 * MINUTE, 2,
    )  # fmt: skip
    assert s.demand is not None
    assert (s.demand.kind, s.demand.mix["phone"], s.demand.fallback["whatsapp"]) == ("per_day", 0.6, "chat")
    assert s.outbound["news"].recontact == ("phone", "chat")
    assert s.outbound["news"].recontact_after == Constant(1800)
    assert s.callback["phone"].offer_above == 2 * MINUTE
    # a bare duration is a mean here
    assert s.team["all"].steps_out is not None
    assert (s.team["all"].steps_out.every, s.team["all"].steps_out.lasts) == (
        Exponential(3600), LogNormal.from_mean_cv(300, 0.5),
    )  # fmt: skip
    assert s.team["all"].interrupts == {"phone": ("whatsapp", "social"), "fair": ("chat",)}


def test_shared_attention_leaves_aside_what_its_channel_brings() -> None:
    s = parse(tomllib.loads(BEHAVIOURS))
    shared = s.queue["shared"]
    assert (shared.turns, shared.wrap_up, shared.turn_work) == (
        Constant(1), Constant(0), LogNormal.from_mean_cv(180, 0.8),
    )  # fmt: skip
    assert s.team["together"].concurrency == {"shared": 3, "phone": 1}
    brought = {path for path, _ in defaults_used(s)}
    assert "queue.shared.patience" in brought
    assert not brought & {f"queue.shared.{key}" for key in ("turns", "work", "wrap_up", "reply_latency")}
    assert "team.together.concurrency.shared" not in brought
    raw = tomllib.loads(BEHAVIOURS)
    del raw["queue"]["shared"]["work_cv"]
    raw["team"]["together"]["concurrency"] = {"phone": 1}
    again = parse(raw)
    assert again.queue["shared"].turn_work == Exponential(180)
    assert again.team["together"].concurrency == {"shared": 3, "phone": 1}


def test_what_comes_to_a_queue_counts_all_its_inflows() -> None:
    s = parse(tomllib.loads(BEHAVIOURS))
    day = date(2026, 1, 5)
    # of 500: phone 60 %, and 10 % of the chat's 30 % and of the 3 % who would not use WhatsApp; 92 % are not deflected
    assert contacts(s, "phone")[day] == pytest.approx(500 * (0.6 + 0.033) * 0.92)
    assert contacts(s, "chat")[day] == pytest.approx(500 * (0.27 + 0.027))
    assert contacts(s, "fair")[day] == pytest.approx(64 * 0.9)
    assert contacts(s, "social")[day] == pytest.approx(20 * 0.84)


@pytest.mark.parametrize("channel", CHANNELS)
def test_neutral_values_are_accepted_on_every_channel(channel: str) -> None:
    small(
        channel=channel, answer_delay="0s", idle_timeout="never", expires_after="never", same_agent_for="0s", returns=0,
        patience="never", reply_patience="never", silent_abandonment=0, drop=0, reconnects=0, reconnect_after="0s",
        reopens={"share": 0, "after": "0s"}, retry={"share": 0}, transfer=[{"to": "phone", "share": 0}],
        bot={"contains": 0, "asks_human": 1}, service_level="none", reply_target="none", resolution_target="none",
        reread={"after": "never"}, head_start=0, max_waiting="never", short_abandon="0s", turns=1, wrap_up="0s",
        missed_after="never",
        reply_latency="0s", initial_backlog={"contacts": 0}, work_by_concurrency=[], over_capacity=False,
    )  # fmt: skip


# what channels bring


PRESETS = {
    "phone": {
        "turns": Constant(1), "work": LogNormal.from_mean_cv(270, 0.9), "wrap_up": Constant(40),
        "patience": Exponential(90), "service_level": Target(0.8, 20 * SECOND), "outside_hours": "reject", "effort": 3,
        "idle_timeout": NEVER, "expires_after": NEVER,
    },
    "live_chat": {
        "turns": Geometric(6), "work": LogNormal.from_mean_cv(30, 0.8), "wrap_up": Constant(20),
        "reply_latency": LogNormal.from_mean_cv(30, 1.2), "patience": Exponential(180), "idle_timeout": 5 * MINUTE,
        "service_level": Target(0.8, MINUTE), "outside_hours": "reject", "effort": 1, "expires_after": NEVER,
    },
    "messaging": {
        "turns": Geometric(4), "work": LogNormal.from_mean_cv(70, 1), "wrap_up": Constant(20),
        "reply_latency": LogNormal(1200, 2.2), "patience": Never(), "idle_timeout": 10 * MINUTE, "expires_after": DAY,
        "same_agent_for": 2 * MINUTE, "service_level": Target(0.9, 300 * SECOND), "outside_hours": "hold", "effort": 1,
    },
    "email": {
        "turns": Geometric(1.4), "work": LogNormal.from_mean_cv(360, 1), "wrap_up": Constant(30),
        "reply_latency": LogNormal(8 * 3600, 1.5), "patience": Never(), "idle_timeout": 0, "expires_after": 30 * DAY,
        "service_level": Target(0.8, 4 * HOUR), "resolution_target": Target(0.95, DAY), "outside_hours": "hold",
        "effort": 2,
    },
    "video": {
        "turns": Constant(1), "work": LogNormal.from_mean_cv(480, 0.7), "wrap_up": Constant(60),
        "patience": Exponential(120), "service_level": Target(0.8, MINUTE), "outside_hours": "reject", "effort": 3,
    },
    "in_person": {
        "turns": Constant(1), "work": LogNormal.from_mean_cv(720, 0.7), "wrap_up": Constant(60),
        "patience": Exponential(1200), "service_level": Target(0.8, 10 * MINUTE), "outside_hours": "reject",
        "effort": 3,
    },
    "social": {
        "turns": Geometric(2), "work": LogNormal.from_mean_cv(180, 1), "wrap_up": Constant(0),
        "reply_latency": LogNormal(1200, 2.2), "patience": Never(), "idle_timeout": 0, "expires_after": 3 * DAY,
        "service_level": Target(0.8, HOUR), "outside_hours": "hold", "effort": 2,
    },
}  # fmt: skip

CONCURRENCY = {"phone": 1, "live_chat": 3, "messaging": 5, "email": 1, "video": 1, "in_person": 1, "social": 1}


@pytest.mark.parametrize("channel", PRESETS)
def test_a_channel_brings_its_defaults(channel: str) -> None:
    scenario = small(channel=channel)
    queue = scenario.queue["phone"]
    assert {key: getattr(queue, key) for key in PRESETS[channel]} == PRESETS[channel]
    assert scenario.team["agents"].concurrency == {"phone": CONCURRENCY[channel]}
    assert (queue.silent_abandonment, queue.returns, queue.drop, queue.retry.share, queue.reopens.share) == (0,) * 5


def test_presets_cover_every_channel_and_every_default_has_a_source() -> None:
    assert set(PRESETS) == set(CHANNELS)
    for channel in CHANNELS.values():
        for default in (channel.concurrency, *channel.defaults.values()):
            assert default.tag in ("A", "S", "M", "I")
            assert default.source


def test_a_concurrency_table_is_a_whole() -> None:
    raw = tomllib.loads(SMALL)
    raw["queue"]["chat"] = {"channel": "live_chat"}
    raw["queue"]["whatsapp"] = {"channel": "messaging"}
    raw["team"]["agents"]["skills"] = {"phone": 1, "chat": 1, "whatsapp": 1}
    assert parse(raw).team["agents"].concurrency == {"phone": 1, "chat": 3, "whatsapp": 5}
    raw["team"]["agents"]["concurrency"] = {"whatsapp": 4}
    assert parse(raw).team["agents"].concurrency == {"phone": 1, "chat": 1, "whatsapp": 4}


def test_defaults_used_are_those_the_file_leaves_out() -> None:
    used = dict(defaults_used(small(work="3m", wrap_up="0s")))
    assert set(used) == {
        "queue.phone.patience", "queue.phone.service_level", "queue.phone.outside_hours", "queue.phone.effort",
        "team.agents.concurrency.phone",
    }  # fmt: skip
    assert (used["queue.phone.patience"].tag, used["queue.phone.patience"].value) == (
        "S", {"dist": "exponential", "mean": "90s"},
    )  # fmt: skip


# single values


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("45s", 45), ("4m30s", 270), ("2h", 7200), ("3d", 259200), ("30min", 1800), ("1h 30m", 5400), ("250ms", 0.25),
        ("PT4M30S", 270), ("P1D", 86400), ("P1DT1H", 90000), ("PT0.5S", 0.5), (90, 90), (1.5, 1.5), (0, 0),
    ],
)  # fmt: skip
def test_durations(written: object, seconds: float) -> None:
    assert small(head_start=written).queue["phone"].head_start == round(seconds * SECOND)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"45s"', Constant(45)),
        ("45", Constant(45)),
        ('{ mean = "1m", cv = 0.5 }', LogNormal.from_mean_cv(60, 0.5)),
        ('{ mean = "1m" }', Exponential(60)),
        ('{ dist = "exponential", mean = 60 }', Exponential(60)),
        ('{ dist = "gamma", mean = 60, cv = 2 }', Gamma(60, 2)),
        ('{ dist = "weibull", mean = 60, cv = 2 }', Weibull(60, 2)),
        ('{ dist = "lognormal", median = "20m", sigma = 2.2 }', LogNormal(1200, 2.2)),
        ('{ dist = "lognormal", mean = "1m", cv = 1 }', LogNormal.from_mean_cv(60, 1)),
        ('{ dist = "uniform", low = "1m", high = "2m" }', Uniform(60, 120)),
        ('{ dist = "constant", value = "1m" }', Constant(60)),
        ('{ constant = "1m" }', Constant(60)),
        ('{ dist = "empirical", file = "times.csv", column = "seconds" }', Empirical((1.0, 90.0, 2.5))),
        (
            '{ dist = "mixture", parts = [{ weight = 0.3, mean = "1m" }, { weight = 0.7, constant = 5 }] }',
            Mixture((0.3, 0.7), (Exponential(60), Constant(5))),
        ),
    ],
)
def test_distributions_of_durations(written: str, meant: object, tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text("id;seconds\na;1\nb;1m30s\nc;2.5\n")
    assert distribution(written, folder=tmp_path) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3", Constant(3)),
        ("{ constant = 3 }", Constant(3)),
        ("{ mean = 6 }", Geometric(6)),
        ('{ dist = "geometric", mean = 1.5 }', Geometric(1.5)),
        ('{ dist = "empirical", file = "turns.csv", column = "n" }', Empirical((1.0, 4.0))),
    ],
)
def test_distributions_of_turns(written: str, meant: object, tmp_path: Path) -> None:
    (tmp_path / "turns.csv").write_text("n\n1\n4\n")
    assert distribution(written, "turns", tmp_path) == meant


@pytest.mark.parametrize("written", ['"never"', '{ constant = "never" }'])
def test_patience_may_never_end(written: str) -> None:
    assert distribution(written, "patience") == Never()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("80/20", Target(0.8, 20 * SECOND)), ("80% in 20s", Target(0.8, 20 * SECOND)),
        ("90/300", Target(0.9, 5 * MINUTE)), ("95 % in 24h", Target(0.95, DAY)), ("none", None),
    ],
)  # fmt: skip
def test_targets(written: str, meant: object) -> None:
    assert small(service_level=written).queue["phone"].service_level == meant


MONDAY, TUESDAY, CHRISTMAS = date(2026, 12, 21), date(2026, 12, 22), date(2026, 12, 25)


@pytest.mark.parametrize(
    ("written", "spans"),
    [
        ("always", [[(0, 24)], [(0, 24)], [(0, 24)]]),
        ("08:00-20:00", [[(8, 20)], [(8, 20)], [(8, 20)]]),
        (["08:00-12:00", "14:00-18:00"], [[(8, 12), (14, 18)]] * 3),
        ({"mon-sun": "22:00-06:00"}, [[(22, 30)]] * 3),
        ({"mon-fri": "08:00-20:00", "tue": "closed", "2026-12-25": "10:00-12:00"}, [[(8, 20)], [], [(10, 12)]]),
        ({"sat-mon": "always"}, [[(0, 24)], [], []]),
    ],
)
def test_opening_hours(written: object, spans: list[list[tuple[int, int]]]) -> None:
    hours = small(open=written).queue["phone"].open
    result = [[(s.start / HOUR, s.end / HOUR) for s in hours.on(day)] for day in (MONDAY, TUESDAY, CHRISTMAS)]
    assert result == spans


def test_a_break_after_midnight_is_on_the_next_day() -> None:
    raw = tomllib.loads(SMALL)
    raw["team"]["agents"]["shifts"] = [{"agents": 1, "hours": "22:00-06:00", "breaks": ["23:00-23:30", "01:00-01:30"]}]
    (shift,) = parse(raw).team["agents"].shifts
    spans = [rest.between for rest in shift.breaks]
    assert spans == [Span(23 * HOUR, 23 * HOUR + 30 * MINUTE), Span(25 * HOUR, 25 * HOUR + 30 * MINUTE)]


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        (("2026-01-05T00:00:10", "2026-01-05 08:00:00.5"), [10, 8 * 3600 + 0.5]),
        (("10", "28800.5"), [10, 8 * 3600 + 0.5]),
        (("2026-01-04T23:00:10Z", "2026-01-05T08:00:00.5+01:00"), [10, 8 * 3600 + 0.5]),
    ],
)
def test_a_log_gives_arrivals_and_work(cells: tuple[str, str], meant: list[float], tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(f"came,took\n{cells[0]},90\n{cells[1]},4m\n")
    raw = {"timezone": "Europe/Rome"} | tomllib.loads(SMALL)
    raw["queue"]["phone"]["volume"] = {"log": "calls.csv", "arrived_at": "came", "work": "took"}
    scenario = parse(raw, tmp_path)
    volume = scenario.queue["phone"].volume
    assert volume is not None
    assert volume.trace is not None
    assert [scenario.moment(arrival) / SECOND for arrival in volume.trace.arrivals] == meant
    assert volume.trace.work == (90 * SECOND, 240 * SECOND)


def test_moments_follow_the_local_clock() -> None:
    raw = {"timezone": "Europe/Rome", "start": date(2026, 3, 28)} | tomllib.loads(SMALL)
    scenario = parse(raw)
    assert scenario.moment(datetime(2026, 3, 29, 1)) == 25 * HOUR
    assert scenario.moment(datetime(2026, 3, 29, 4)) == 27 * HOUR  # the hour from two to three was skipped


# variants, overrides, the file as run


def test_a_variant_and_overrides_apply_on_top(example: Path) -> None:
    base = load(example)
    other = load(example, "whatsapp_first", ["queue.phone.volume.scale=0.5", "name=changed", "days=8"])
    assert base.queue["phone"].volume is not None
    assert other.queue["phone"].volume is not None
    assert other.queue["whatsapp"].volume is not None
    assert (base.queue["phone"].volume.scale, other.queue["phone"].volume.scale) == (1, 0.5)
    assert (other.queue["whatsapp"].volume.per_day, other.name, other.days) == (690, "changed", 8)


def test_an_override_may_reach_into_a_default_of_a_channel(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SMALL)
    assert load(path, overrides=["queue.phone.work.mean=5m"]).queue["phone"].work == LogNormal.from_mean_cv(300, 0.9)
    as_chat = load(path, overrides=["queue.phone.work.mean=5m", "queue.phone.channel=live_chat"])
    assert as_chat.queue["phone"].work == LogNormal.from_mean_cv(300, 0.8)
    assert load(path, overrides=["team.agents.shifts.0.agents=3"]).team["agents"].shifts[0].agents == 3


def test_the_file_as_run_gives_the_same_scenario(example: Path, tmp_path: Path) -> None:
    first = load(example, "whatsapp_first", ["queue.phone.work=2m"])
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "scenario.toml").write_text(resolved_toml(first))
    for name, content in stored_files(first).items():
        (folder / name).write_bytes(content)
    again = load(folder / "scenario.toml")
    for key in set(Scenario.model_fields) - {"variant"}:
        assert getattr(again, key) == getattr(first, key), key


def test_data_files_of_one_name_in_two_folders_are_kept_apart(tmp_path: Path) -> None:
    raw = tomllib.loads(SMALL)
    raw["queue"]["more"] = {"channel": "phone"}
    raw["team"]["agents"]["skills"]["more"] = 1
    for folder, queue in (("a", "phone"), ("b", "more")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "v.csv").write_text(f"date,time,n\n2026-01-05,09:00,{len(queue)}\n")
        raw["queue"][queue]["volume"] = {"file": f"{folder}/v.csv", "column": "n"}
    scenario = parse(raw, tmp_path)
    assert len(stored_files(scenario)) == 2
    resolved = tomllib.loads(resolved_toml(scenario))["queue"]
    for queue in ("phone", "more"):
        assert stored_files(scenario)[resolved[queue]["volume"]["file"]].endswith(f",{len(queue)}\n".encode())


def test_a_scenario_needs_no_file_once_read(example: Path) -> None:
    first = load(example)
    for file in example.parent.iterdir():
        file.unlink()
    again = pickle.loads(pickle.dumps(first))
    assert again == first
    assert again.queue["chat"].volume.intervals[1].contacts == 12


def test_a_name_is_the_file_s_where_none_is_given(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(SMALL)
    assert load(tmp_path / "shop.toml").name == "shop"


@pytest.mark.parametrize("name", ["shop", 'My "shop"', "Caffè 🙂"])
def test_the_template_is_a_scenario_without_warnings(name: str, tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    path.write_text(template(name))
    scenario = load(path)
    assert scenario.name == name
    assert not warnings(scenario)
    assert list(scenario.variant) == ["more_chat"]
    load(path, "more_chat")


def test_overload_is_a_warning_with_both_numbers() -> None:
    # 100 calls an hour of 6 minutes are 240 h a day for two agents who are there 48 h
    scenario = small(volume={"per_hour": 100}, work="6m", wrap_up="0s")
    (warning,) = warnings(scenario)
    assert (warning.path, "240.0 h" in warning.value, "48.0 h" in warning.allowed) == ("queue.phone", True, True)
    assert not warnings(small(volume={"per_hour": 19}, work="6m", wrap_up="0s"))


@pytest.mark.parametrize(
    ("start", "timezone", "interval", "first"),
    [
        (date(2026, 3, 28), "Europe/Rome", "4h", "2026-03-30"),  # after Sunday's 23 hours
        (date(2026, 10, 24), "Europe/Rome", "8h", "2026-10-26"),
        (date(2026, 3, 28), "Europe/Rome", "30min", None),
        (date(2026, 3, 28), None, "4h", None),
        (date(2026, 3, 2), None, "7h", "2026-03-03"),
    ],
)
def test_intervals_that_run_over_midnight_are_said(
    start: date, timezone: str | None, interval: str, first: str | None
) -> None:
    doc = tomllib.loads(EXAMPLE) | {"start": start, "days": 4, "interval": interval}
    doc.pop("timezone")
    doc["queue"] = {"phone": {"channel": "phone", "volume": {"per_day": 10}}}
    doc["team"] = {"desk": {"skills": {"phone": 1}, "shifts": [{"agents": 1, "hours": "always"}]}}
    kept = {key: doc[key] for key in ("name", "start", "days", "interval", "queue", "team")}
    result = [str(one) for one in warnings(parse(kept | ({"timezone": timezone} if timezone else {})))]
    over = [one for one in result if "over midnight" in one]
    assert len(over) == (first is not None)
    assert first is None or f"first on {first}" in over[0]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("17:00-09:00", ["17:00-09:00: 16h over midnight; worked like that; by day it would be 09:00-17:00"]),
        ("19:00-09:00", []),
        ("08:00-24:00", []),
    ],
)
def test_a_long_night_may_be_a_day_exchanged(hours: str, said: list[str]) -> None:
    always = {"agents": 1, "hours": "always"}
    doc = {
        "start": date(2026, 3, 2), "days": 2,
        "queue": {"q": {"channel": "phone", "volume": {"per_day": 10}}},
        "team": {"desk": {"skills": {"q": 1}, "shifts": [{"agents": 1, "hours": hours}, always]}},
    }  # fmt: skip
    assert [str(one) for one in warnings(parse(doc))] == [f"team.desk.shifts.0.hours: {what}" for what in said]


@pytest.mark.parametrize(
    ("channel", "key", "value", "idle"),
    [
        ("phone", "reply_latency", "5m", True),
        ("phone", "idle_timeout", "never", False),  # the same as without it
        ("video", "reread", {"after": "1h", "work": "20s"}, True),
        ("live_chat", "expires_after", "1d", True),
        ("live_chat", "returns", 0.4, False),
        ("messaging", "returns", 0.4, True),
        ("messaging", "expires_after", "1d", False),
    ],
)
def test_keys_without_effect_on_the_channel_are_said(channel: str, key: str, value: object, idle: bool) -> None:
    doc = {
        "start": date(2026, 3, 2), "days": 1,
        "queue": {"q": {"channel": channel, "volume": {"per_day": 10}, key: value}},
        "team": {"desk": {"skills": {"q": 1}, "shifts": [{"agents": 1, "hours": "always"}]}},
    }  # fmt: skip
    result = [str(one) for one in warnings(parse(doc)) if "no effect" in str(one)]
    assert [one.partition(":")[0] for one in result] == ([f"queue.q.{key}"] if idle else [])
