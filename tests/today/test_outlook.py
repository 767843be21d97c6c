"""The outlook: what is known is taken as it is, what is not is drawn given what is."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.distributions.streams import Streams
from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.scenario import read
from ccsim.scenario.values import HOUR
from ccsim.tables import Log, Outcome, Phase, Plan, State, Workload, among
from ccsim.today import outlook, output
from ccsim.today.actions import read_actions, usual
from ccsim.today.outlook import Course, Outlook, band
from ccsim.today.start import _Start
from tests.today.days import CENTRE, Day, a_day, seen


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return a_day(tmp_path_factory.mktemp("day"))


@pytest.fixture(scope="module")
def morning(day: Day) -> Outlook:
    more = read_actions(["two more: team.front +2 16:00-20:00"], day.scenario)
    return seen(day, "11:00", 40, more)


def test_in_the_evening_the_day_is_what_it_was(day: Day) -> None:
    """When the phone is closed nothing of its day is open, and every replication has the day's own figures."""
    evening = seen(day, "20:30")
    for metric in ("offered", "answered", "abandonment", "service_level", "asa"):
        values = evening.course.values("phone", metric)
        assert values == pytest.approx(day.truth(metric)["phone"], rel=1e-6)
        assert float(evening.so_far[metric][0]) == pytest.approx(day.truth(metric)["phone"], rel=1e-6)
    assert evening.course.probability("phone") == float(day.met("phone"))


def test_actions_that_make_nothing_more_probable_are_ranked_by_service_level_then_cost(
    morning: Outlook, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = morning.course
    levels = {"dear": 0.7, "cheap": 0.7, "worse": 0.6, "sure": 0.5}
    actions = {name: replace(course) for name in levels}
    by_course = {id(action): name for name, action in actions.items()}
    costs = {"dear": 9.0, "cheap": 1.0, "worse": 0.0, "sure": 99.0}
    monkeypatch.setattr(Course, "probability", lambda self, queue: float(by_course.get(id(self)) == "sure"))
    monkeypatch.setattr(Course, "values", lambda self, *_: np.array([levels[by_course[id(self)]]]))
    monkeypatch.setattr(Course, "cost", lambda self: np.array([costs.get(by_course.get(id(self), ""), 0.0)]))
    ranks = [name for name, _ in output.ranked(replace(morning, actions=actions))]
    assert ranks == ["sure", "cheap", "dear", "worse"]


def test_so_far_and_rest_make_the_day(day: Day, morning: Outlook) -> None:
    course = morning.course
    for place, name in enumerate(course.spec.queues):
        whole, rest = course.values(name, "offered"), course.values(name, "offered", "rest")
        came = int(((day.log.arrival < morning.at) & (day.workload.queue == place)).sum())
        assert (whole - rest == came).all()
        assert float(morning.so_far["offered"][place]) == came
        assert rest.std() > 0


def test_more_agents_help_and_cost_their_hours(morning: Outlook) -> None:
    """On the same random numbers: the same customers come."""
    action = morning.actions["two more"]
    before, after = (course.values("phone", "offered", "rest") for course in (morning.course, action))
    assert (before >= after).mean() > 0.9  # those alone differ who dial again
    assert np.corrcoef(before, after)[0, 1] > 0.95
    assert (action.values("phone", "service_level") - morning.course.values("phone", "service_level")).mean() > 0
    assert float((action.cost() - morning.course.cost()).mean()) == pytest.approx(2 * 4 * 20, rel=0.1)


def test_the_json_keeps_the_contract(morning: Outlook) -> None:
    made = json.loads(json.dumps(output.as_json(morning), allow_nan=False))
    assert made["at"] == "2026-03-04T11:00:00"
    phone = made["queues"]["phone"]
    assert set(phone["day"]["service_level"]) == {"mean", "low", "high"}
    assert phone["so_far"]["offered"] + phone["rest"]["offered"]["mean"] == pytest.approx(
        phone["day"]["offered"]["mean"]
    )
    assert 0 <= phone["target_met_probability"] <= 1
    assert len(phone["intervals"]) == 48
    (action,) = made["actions"]
    assert action["name"] == "two more"
    assert set(action["difference"]) == set(made["queues"])


def test_the_picture_shows_every_queue(morning: Outlook) -> None:
    titles = [ax.get_title(loc="left") for ax in output.picture(morning).axes]
    assert titles[:3] == ["phone", "chat", "whatsapp"]
    axis = output.picture(morning).axes[0]
    assert axis.get_ylabel() == "service level, %"
    assert axis.yaxis.get_major_formatter()(0.8, 0) == "80"


def test_the_usual_level_of_a_channel_is_no_target_in_the_picture(morning: Outlook) -> None:
    queues = morning.scenario.raw["queue"]
    phone = {key: value for key, value in queues["phone"].items() if key != "service_level"}
    spec = lower(read.parse(morning.scenario.raw | {"queue": queues | {"phone": phone}}))[1]
    page = output.picture(replace(morning, course=replace(morning.course, spec=spec)))
    dotted = [[line.get_linestyle() for line in axis.lines].count(":") for axis in page.axes[:3]]
    assert dotted == [0, 1, 1]


@pytest.mark.parametrize(
    ("start", "shown"), [("2026-03-04", "11:30"), ("2026-03-29", "12:30"), ("2026-10-25", "10:30")]
)
def test_the_picture_shows_the_clock(morning: Outlook, start: str, shown: str) -> None:
    """Eleven and a half hours after midnight."""
    changed = read.parse(morning.scenario.raw | {"start": date.fromisoformat(start), "timezone": "Europe/Berlin"})
    axis = output.picture(replace(morning, scenario=changed)).axes[0].xaxis
    assert axis.get_major_formatter()(11.5, 0) == shown


def test_a_picture_of_some_queues_says_so(morning: Outlook, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "queues with" not in output.picture(morning).get_supxlabel()
    monkeypatch.setattr(output, "PANELS", 2)
    page = output.picture(morning)
    assert [ax.get_title(loc="left") for ax in page.axes] == ["phone", "chat", "", ""]
    assert page.get_supxlabel().endswith("The first 2 of 3 queues with a service level.")


def test_the_picture_of_queues_without_service_level_shows_what_comes(morning: Outlook) -> None:
    bare = lower(read.parse(morning.scenario.raw | {"queue": {
        name: queue | {"service_level": "none"} for name, queue in morning.scenario.raw["queue"].items()
    }}))[1]  # fmt: skip
    page = output.picture(replace(morning, course=replace(morning.course, spec=bare)))
    assert [ax.get_title(loc="left") for ax in page.axes] == ["phone", "chat", "whatsapp"]
    assert page.axes[0].get_ylabel() == "contacts in 30m"
    assert "target" not in page.get_supxlabel()


def test_a_busier_morning_makes_a_busier_day(day: Day, tmp_path: Path) -> None:
    """As far as days differ: with busyness the rest follows the counts in part; without, it does not."""
    doc = copy.deepcopy(CENTRE)
    doc["queue"]["phone"]["volume"]["scale"] = 1.6
    busy = a_day(tmp_path, 0, read.parse(doc))
    usual_day = day._replace(logs=busy.logs)
    forecast = seen(usual_day, "13:00").forecasts["phone"]
    ratio = forecast.counts.sum() / forecast.expected[: len(forecast.counts)].sum()
    assert 1 + (ratio - 1) / 3 < forecast.factor < ratio
    calm = copy.deepcopy(CENTRE)
    del calm["queue"]["phone"]["volume"]["busyness_cv"]
    outlook = seen(usual_day._replace(scenario=read.parse(calm)), "13:00")
    assert outlook.forecasts["phone"].factor == pytest.approx(1.0)
    assert any("has no busyness" in warning for warning in outlook.warnings)


def test_the_same_seed_gives_the_same_bytes(day: Day) -> None:
    one, other = (json.dumps(output.as_json(seen(day, "15:00"))) for _ in range(2))
    assert one == other


def test_what_is_left_is_drawn_given_what_has_passed() -> None:
    """Of an exponential, as much again whatever has passed; of anything, nothing below what has passed."""
    start: Any = object.__new__(_Start)
    start.streams, start.drawn, start.beyond = Streams((1, 2), 0), 0, 0
    u = (np.arange(20_000) + 0.5) / 20_000
    pool = np.rint(-np.log(u) * 300e6).astype(np.int64)
    for passed in (0.0, 200e6, 600e6):
        drawn = start.given(pool, np.full(4000, passed))
        assert (drawn > passed).all()
        assert float((drawn - passed).mean()) == pytest.approx(300e6, rel=0.06)
    assert start.beyond == 0
    longer = start.given(pool, np.full(3, pool.max() + 5.0))
    assert (longer == pool.max() + 6).all()
    assert start.beyond == 3


def test_conversations_under_way_go_on_to_their_last_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers who always answer in time, of a geometric number of turns, which has no memory: who was answered has
    four more messages on average, who waits for the answer three, and nobody times out, expires or gives up."""
    raw = copy.deepcopy(CENTRE)
    del raw["queue"]["phone"], raw["queue"]["chat"]["transfer"], raw["team"]["front"]
    raw["queue"]["chat"] |= {"turns": {"mean": 4}, "reply_latency": "40s", "reply_patience": "1d", "patience": "1d"}
    raw["queue"]["whatsapp"] |= {"turns": {"mean": 4}, "reply_latency": "30m", "reply_patience": "1d", "patience": "1d"}
    raw["drain"] = "2d"
    started = []

    def simulated(engine: str, workload: Workload, plan: Plan, state: State) -> Log:
        log = simulate(engine, workload, plan, state)
        started.append((workload, state, log))
        return log

    monkeypatch.setattr(outlook, "simulate", simulated)
    for number in range(3):
        seen(a_day(tmp_path, number, read.parse(raw)), "11:00", 30, seed=number)
    more = []
    for workload, state, log in started:
        open_ = state.contact[state.phase != Phase.TO_COME]
        assert set(log.outcome[open_]) <= {Outcome.RESOLVED, Outcome.OPEN}
        over = open_[log.outcome[open_] == Outcome.RESOLVED]
        assert len(over) >= 0.9 * len(open_)
        assert (log.messages[over] == workload.turns[over]).all()
        answered = among(state.phase[state.phase != Phase.TO_COME], (Phase.SILENT, Phase.AWAY))
        more += (workload.turns[open_] - state.log.messages[open_] + ~answered).tolist()
    # the same conversations in all replications of a day, whose turns are drawn anew: of each 4 ± sqrt(12)
    assert np.mean(more) == pytest.approx(4, abs=4 * (12 / len(more)) ** 0.5)


def test_usual_actions_are_scenarios(day: Day) -> None:
    """Every one of them can be simulated, and names what it changes."""
    from ccsim.today.outlook import day_of, one_day

    time = seen(day, "11:00").time
    one, at = day_of(day.scenario, time)
    actions = usual(one, at)
    assert len(actions) > 8
    for change in actions.values():
        assert read.parse(change(one_day(day.scenario.raw, time))).days == 1


def test_names_may_be_any() -> None:
    """A team or a queue may be called anything: actions reach it, as they come to mind and as they are written."""
    team, calls, chat = 'front "desk" = 1; 2', "a.b [0] 1.5", "Chät\\"
    raw = {
        "start": datetime(2026, 3, 4).date(),
        "days": 1,
        "queue": {
            calls: {"channel": "phone", "volume": {"per_day": 10}},
            chat: {"channel": "live_chat", "volume": {"per_day": 10}},
        },
        "team": {
            team: {
                "skills": {calls: 1, chat: 1},
                "concurrency": {chat: 3},
                "shifts": [{"agents": 3, "hours": "08:00-20:00", "breaks": ["16:00-16:30"]}],
            }
        },
    }
    actions = usual(read.parse(raw), 11 * HOUR)
    assert len(actions) == 6
    assert all(read.parse(change(copy.deepcopy(raw))).days == 1 for change in actions.values())
    raw["team"] = {"front desk": raw["team"][team]}
    for name in ("front desk", '"front desk"'):
        (change,) = read_actions([f"two: team.{name} +2 16:00-20:00"], read.parse(raw)).values()
        assert read.parse(change(copy.deepcopy(raw))).team["front desk"].shifts[-1].agents == 2


def test_bands_hold_nine_in_ten() -> None:
    made = band(np.arange(101.0))
    assert made == pytest.approx((50.0, 5.0, 95.0))
    assert np.isnan(band(np.array([np.nan])).mean)


def test_the_truth_is_as_one_more_replication(tmp_path: Path) -> None:
    """Of 20 replications and the truth each is as likely to be the largest: it lies among them 19 times in 21.

    Twelve days of three queues, which go together: as far off as three standard errors of twelve values.
    """
    replications, days = 20, 12
    among = []
    for number in range(days):
        day = a_day(tmp_path, number)
        course = seen(day, "11:00", replications, seed=number).course
        for name, truth in day.truth("service_level").items():
            values = course.values(name, "service_level")
            among.append(values.min() - 1e-9 <= truth <= values.max() + 1e-9)
    share = (replications - 1) / (replications + 1)
    assert np.mean(among) >= share - 3 * (share * (1 - share) / days) ** 0.5


@pytest.mark.slow
def test_bands_and_probabilities_are_calibrated(tmp_path: Path) -> None:
    """Two hundred days: 90 % bands hold the truth 85 to 95 times in a hundred; of probabilities as many come true."""
    inside: list[bool] = []
    forecasts: list[tuple[float, bool]] = []
    for number in range(200):
        day = a_day(tmp_path, number)
        for clock in ("11:00", "15:00"):
            outlook = seen(day, clock, 100, seed=number)
            for name, truth in day.truth("service_level").items():
                _, low, high = band(outlook.course.values(name, "service_level"))
                inside.append(low - 1e-9 <= truth <= high + 1e-9)
                probability = outlook.course.probability(name)
                assert probability is not None
                forecasts.append((probability, day.met(name)))
    assert 0.85 <= np.mean(inside) <= 0.95
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        of = [(p, met) for p, met in forecasts if low <= p < high]
        if len(of) >= 30:
            said, came = np.mean(of, axis=0)
            assert abs(said - came) < 0.12
