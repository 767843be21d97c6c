"""A round trip: the log of a known centre, back-tested, must score as a perfect model does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccsim.backtest import prediction, score, trial
from ccsim.backtest.prediction import MODES, ContactLog, Forecast
from ccsim.backtest.score import PERFECT
from ccsim.backtest.trial import ERLANG_A, SIMULATION, Backtest
from ccsim.errors import ScenarioError
from ccsim.logs.duty import RULES
from ccsim.results.model import Results
from ccsim.runs.run import run as simulate
from ccsim.scenario import read
from ccsim.scenario.model import Scenario
from ccsim.tables import SECOND

MONDAY = date(2026, 3, 2)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
TRAIN, TEST = DAYS[:3], DAYS[3:]

CENTRE: dict[str, Any] = {
    "name": "Known centre",
    "start": MONDAY,
    "days": 5,
    "seed": 8,
    "replications": 1,
    "drain": "2h",
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "08:00-16:00",
            "volume": {"per_hour": 50},
            "work": {"dist": "lognormal", "mean": 240, "cv": 1.0},
            "wrap_up": 15,
            "patience": {"dist": "exponential", "mean": 180},
            "service_level": "80/20",
        },
    },
    "team": {"all": {"skills": {"calls": 1}, "shifts": [{"agents": 4, "hours": "08:00-17:00"}]}},
}
"""A load of 3.5 on 4 agents: calls wait, some give up, and nobody is idle for long."""


def known_centre() -> Scenario:
    return read.parse(CENTRE, Path())


def contacts_of(results: Results) -> pd.DataFrame:
    """The contacts as a log has them."""
    table = results.contacts.to_pandas()
    start = pd.Timestamp(results.scenario.start)

    def moment(column: str) -> Any:
        since = pd.to_timedelta(table[column].astype("Int64"), unit="us")
        return (start + since).astype("datetime64[us]")

    answered = table["answer_us"].notna()
    return pd.DataFrame(
        {
            "queue": table["queue"].astype("string"),
            "arrival": moment("entered_us"),
            "answer": moment("answer_us"),
            "end": moment("left_us"),
            "wrapped": moment("closed_us"),
            "agent": table["first_agent"].astype("string"),
            "outcome": np.where(answered, "answered", "abandoned"),
        }
    )


@pytest.fixture(scope="module")
def log() -> ContactLog:
    scenario = known_centre()
    return ContactLog(contacts_of(simulate(scenario, engine="compiled")), [], scenario, "centre.toml")


@pytest.fixture(scope="module")
def result(log: ContactLog) -> Backtest:
    return trial.run(log, TRAIN, TEST, "ready", 12)


def test_real_figures_are_the_run_s(log: ContactLog, result: Backtest) -> None:
    results = simulate(log.scenario, engine="compiled")
    real = np.sum([day.real.sum(axis=1) for day in result.trials[0].training + result.trials[0].days], axis=0)
    offered, answered, waited, abandoned, in_time = real
    for metric, value in (
        ("answered", answered),
        ("asa", waited / answered),
        ("abandonment", abandoned / offered),
    ):
        estimate = results.estimate("queue", "calls", metric)
        assert estimate is not None
        assert value == pytest.approx(estimate.mean, rel=1e-6), metric
    assert 0 < in_time < answered
    assert answered + abandoned == offered


def test_every_mode_scores_as_a_perfect_model_does(result: Backtest) -> None:
    """The real days are one more replication: their errors lie among those of the others, told by the rest.

    Bound: the mean of the replications' own errors and three of their standard deviations.
    """
    for mode in result.trials:
        for metric in ("asa", "service_level", "abandonment_by_day"):
            errors = []
            for truth in range(12):
                others = np.arange(12) != truth
                played = [replace(day, real=day.simulated[truth], simulated=day.simulated[others]) for day in mode.days]
                errors.append(getattr(score.score(score.simulated(played, ""), played), metric))
            ours = getattr(mode.score(SIMULATION), metric)
            assert ours < np.mean(errors) + 3 * np.std(errors), (mode.mode, metric)
            assert getattr(mode.score(PERFECT), metric) == pytest.approx(np.mean(errors))


def test_factor_is_one(result: Backtest) -> None:
    """Waits at this load change by some 6 % with each 1 % of work, and three days' mean wait is known to a tenth."""
    assert result.trials[0].factors == (result.factor,)
    assert result.factor == pytest.approx(1, abs=0.02)


def test_erlang_a_is_told_what_the_simulation_is_told(log: ContactLog, result: Backtest) -> None:
    services, arrivals, forecast = (mode.days[0] for mode in result.trials)
    mine = log.on([TEST[0]])
    took = (mine["end"] - mine["answer"]).dt.total_seconds()
    ten = mine["arrival"].dt.hour * 2 + mine["arrival"].dt.minute // 30 == 20
    assert services.known.handle_time[20] == pytest.approx(took[ten].mean() * result.factor)
    assert services.known.offered[20] == arrivals.known.offered[20] == ten.sum()
    training = log.on(TRAIN)
    mean = (training["end"] - training["answer"]).dt.total_seconds().mean()
    rhythm = result.learned.rhythm.of(quiet=False)[20]
    assert arrivals.known.handle_time[20] == pytest.approx(mean * result.trials[1].factors[0] * rhythm)
    assert forecast.known.offered.sum() == pytest.approx(len(training) / 3)
    assert [score.method for score in result.trials[0].scores if ERLANG_A in score.method] == [ERLANG_A]
    assert f"{ERLANG_A}, real AHT" in [score.method for score in result.trials[1].scores]


def test_test_days_teach_nothing(log: ContactLog) -> None:
    """What is learned is the same when the test days are not there, and when they are upside down."""
    blind = ContactLog(log.on(TRAIN), [], log.scenario, "")
    one, other = (prediction.learn(which, TRAIN) for which in (log, blind))
    assert one.works["calls"].tolist() == other.works["calls"].tolist()
    assert one.patience["calls"].tolist() == other.patience["calls"].tolist()
    assert one.rhythm.by_hour.tolist() == other.rhythm.by_hour.tolist()
    assert (one.forecast.of(TEST[0])["calls"] == other.forecast.of(TEST[0])["calls"]).all()


def test_workers_change_nothing(log: ContactLog) -> None:
    learned = prediction.learn(log, TRAIN)
    units = [prediction.Unit(day, learned, RULES["ready"], "arrivals", 2) for day in TEST]
    alone, shared = (list(prediction.prepare_all(log, units, workers)) for workers in (1, 2))
    assert [prediction.play(day, 1.1).tolist() for day in alone] == [
        prediction.play(day, 1.1).tolist() for day in shared
    ]


def test_work_that_goes_up_and_down_together_is_found(log: ContactLog) -> None:
    """Work a quarter longer in every second half hour: between-half-hour cv of 0.11 beyond chance, here by hand."""
    mine = log.contacts.copy()
    half = mine["arrival"].dt.minute // 30
    took = mine["end"] - mine["answer"]
    mine["end"] = mine["end"].where(mine["answer"].isna(), mine["answer"] + took * np.where(half == 0, 0.7, 1.3))
    changed = ContactLog(mine.assign(wrapped=mine["end"]), [], log.scenario, "")
    assert prediction.learn(log, DAYS).rhythm.cv < 0.15
    assert 0.2 < prediction.learn(changed, DAYS).rhythm.cv < 0.4


def test_patience_is_of_those_who_wait_not_only_of_those_who_give_up(log: ContactLog) -> None:
    """Exponential of mean 180 s: median 125 s; the mean of those who gave up would be far below."""
    values = prediction.learn(log, DAYS).patience["calls"]
    assert np.median(values) == pytest.approx(180 * np.log(2), rel=3 * 0.064)  # its deviation over 24 seeds


def test_forecast_of_a_day() -> None:
    """Two weeks: a weekday's mean weighs a half, that of all busy days the rest; quiet Saturdays stand alone."""
    days = tuple(MONDAY + timedelta(days=number) for number in (0, 1, 5, 7, 8, 12))
    volumes = np.array([100.0, 200, 10, 140, 240, 30])
    forecast = Forecast(days, {"calls": volumes[:, None] * np.full(48, 1 / 48)})
    busy = (100 + 200 + 140 + 240) / 4
    assert forecast.of(MONDAY + timedelta(days=14))["calls"].sum() == pytest.approx(120 / 2 + busy / 2)
    assert forecast.of(MONDAY + timedelta(days=16))["calls"].sum() == pytest.approx(busy)  # no Wednesday yet
    assert forecast.of(MONDAY + timedelta(days=19))["calls"].sum() == pytest.approx(20)
    assert forecast.quiet(MONDAY + timedelta(days=19))
    assert not forecast.quiet(MONDAY)
    # a training day does not foretell itself: of Mondays the other one, of busy days the other three
    assert forecast.of(MONDAY)["calls"].sum() == pytest.approx((200 + 140 + 240) / 3)


def test_a_rush_of_short_calls_is_imputed_short() -> None:
    """Who gave up in the rush takes what those answered around them took."""
    start = pd.Timestamp(MONDAY)
    rows = [(start + pd.Timedelta(seconds=60 * n), 300 if n < 20 else 10, n % 3 != 2) for n in range(40)]
    frame = pd.DataFrame(
        {
            "arrival": [at for at, *_ in rows],
            "answer": [at if answered else pd.NaT for at, _, answered in rows],
            "end": [at + pd.Timedelta(seconds=took) for at, took, _ in rows],
        }
    )
    took = prediction._imputed(frame, np.array([1000.0]))
    assert took.tolist()[:12] == [300] * 12
    assert took.tolist()[28:] == [10] * 12


def test_impossible_requests_are_explained(log: ContactLog) -> None:
    with pytest.raises(ScenarioError, match="no answered contacts"):
        prediction.learn(log, [date(2020, 1, 1)])
    with pytest.raises(ScenarioError, match="queues that the scenario lacks: hotline"):
        ContactLog(log.contacts.assign(queue="hotline"), [], log.scenario, "")
    chat = CENTRE | {"queue": {"calls": CENTRE["queue"]["calls"] | {"channel": "live_chat"}}}
    with pytest.raises(ScenarioError, match="one piece of work"):
        ContactLog(log.contacts, [], read.parse(chat, Path()), "")


def test_days_on_which_nobody_was_answered_are_left_out(log: ContactLog) -> None:
    weekend = [MONDAY + timedelta(days=number) for number in (5, 6)]
    result = trial.run(log, [*TRAIN, *weekend], TEST, "ready", 2, modes=["services"])
    assert result.train == tuple(TRAIN)


def test_modes_differ_in_what_they_draw(result: Backtest) -> None:
    """Real arrivals are the log's in every replication; forecast ones vary."""
    for mode in result.trials:
        offered = mode.days[0].simulated[:, 0].sum(axis=1)
        same = (offered == mode.days[0].real[0].sum()).all()
        assert same == (mode.mode != "forecast")
    assert [mode.mode for mode in result.trials] == list(MODES)
    assert SECOND == 1_000_000


def test_nobody_gave_up_in_training(log: ContactLog) -> None:
    """Then nobody does in the simulation, and Erlang A is Erlang C."""
    patient = ContactLog(log.contacts[log.contacts["answer"].notna()], [], log.scenario, "")
    result = trial.run(patient, TRAIN[:1], TEST[:1], "ready", 2, modes=["services"])
    (mode,) = result.trials
    assert result.patience == np.inf
    assert mode.days[0].simulated[:, 3].sum() == 0
    assert mode.score("Erlang A")[1:] == pytest.approx(mode.score("Erlang C")[1:], nan_ok=True)


QUIET: dict[str, Any] = CENTRE | {
    "name": "Quiet centre",
    "days": 3,
    "queue": {"calls": CENTRE["queue"]["calls"] | {"volume": {"per_hour": 8}, "wrap_up": 0}},
    "team": {"all": {"skills": {"calls": 1}, "shifts": [{"agents": 2, "hours": "08:00-16:00"}]}},
}
"""Two agents, who are idle for three quarters of their time."""


def test_presence_is_the_known_centres() -> None:
    """Of the 2 × 8 h a day, the rule sees 90 %; from the first contact of a session to its last it is 75 %."""
    scenario = read.parse(QUIET, Path())
    contacts = contacts_of(simulate(scenario, engine="compiled"))
    quiet = ContactLog(contacts, [], scenario, "quiet.toml")
    days = DAYS[:3]

    def hours(rule: str) -> float:
        duties = [duty for day in days for duty in quiet.duties(day, RULES[rule], days)]
        away = sum(end - start for duty in duties for start, end in duty.away)
        return (sum(duty.end - duty.start for duty in duties) - away) / 3600 / SECOND

    assert 0.88 * 48 < hours("ready") <= 48
    assert hours("sessions") < 0.8 * 48
    for day in days:
        opening, closing = (pd.Timestamp(day) + pd.Timedelta(hours=hour) for hour in (8, 16))
        for duty in quiet.duties(day, RULES["ready"], days):
            assert duty.start >= opening.value // 1000
            assert duty.end <= closing.value // 1000 + 600 * SECOND  # the last call may end after it


def test_agents_paces_are_found_and_taken_out_of_the_works() -> None:
    """One takes twice as long as the other for the same calls; days and half hours then have nothing in common."""
    rng = np.random.default_rng(4)
    start = pd.Timestamp(MONDAY) + pd.Timedelta(hours=9)
    took = rng.gamma(4, 30, 600) * np.tile([1.0, 2.0], 300)
    arrival = pd.Series(start + pd.to_timedelta(np.arange(600) * 60, unit="s"))
    frame = pd.DataFrame({"queue": "calls", "arrival": arrival, "answer": arrival, "agent": ["ann", "bob"] * 300})
    frame["end"] = frame["answer"] + pd.to_timedelta(took, unit="s")
    rhythm, works = prediction.rhythm_of(frame, frozenset())
    assert rhythm.by_agent["bob"] / rhythm.by_agent["ann"] == pytest.approx(2, rel=0.12)
    assert works["calls"].std() / works["calls"].mean() == pytest.approx(0.5, abs=0.06)
    assert took.std() / took.mean() > 0.6


def test_a_window_moves_with_the_week() -> None:
    days = [MONDAY + timedelta(days=number) for number in range(24)]
    parts = trial.windows(days[:7], days[7:], 7)
    assert [(first[0], first[-1], last[0], last[-1]) for first, last in parts] == [
        (days[0], days[6], days[7], days[13]),
        (days[7], days[13], days[14], days[20]),
        (days[14], days[20], days[21], days[23]),
    ]
    assert trial.windows(days[:7], days[7:], None) == [(tuple(days[:7]), tuple(days[7:]))]
