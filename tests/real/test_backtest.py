"""The bank's log, back-tested: learned on 1 to 7 February 1999, tested on 8 to 14. Skipped where the log is absent.

docs/backtest.md has the figures of all modes; here is the mode that the log leaves the least to chance.
"""

from __future__ import annotations

import csv
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from ccsim.backtest import prediction, trial
from ccsim.backtest.prediction import ContactLog
from ccsim.backtest.trial import ERLANG_A, SIMULATION, Backtest
from ccsim.engine.audit import audit
from ccsim.engine.compiled import simulate
from ccsim.logs.duty import RULES
from ccsim.logs.mapping import mapping
from ccsim.logs.readers import read
from ccsim.logs.records import Reading
from ccsim.lowering import lower
from ccsim.scenario.read import load
from ccsim.tables import SECOND
from ccsim.workload.sample import sample

DATA: Final = Path(os.environ.get("CCSIM_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
FILE: Final = DATA / "bank_calls_1999-02-01_to_14.tsv"
JANUARY: Final = DATA / "bank_calls_1999-01.tsv"
SCENARIO: Final = Path(__file__).with_name("bank.toml")

TRAIN, TEST = ([date(1999, 2, day) for day in range(first, first + 7)] for first in (1, 8))

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason=f"{FILE.name} is not part of the project; CCSIM_DATA names its folder"
)


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read(FILE, mapping("bank"))


@pytest.fixture(scope="module")
def log(reading: Reading) -> ContactLog:
    staff_only = mapping("bank").alone(reading.rows["queue"])
    return ContactLog(reading.rows, staff_only, load(SCENARIO), SCENARIO.name)


@pytest.fixture(scope="module")
def result(log: ContactLog) -> Backtest:
    return trial.run(log, TRAIN, TEST, "ready", 10, modes=["services"])


def test_targets_with_real_arrivals_and_services(result: Backtest) -> None:
    """A day's ASA within 15 %, abandonment within 2 points, 90 % intervals cover 85 %, errors 0.85 of Erlang A's."""
    (services,) = result.trials
    ours, theirs = services.score(SIMULATION), services.score(ERLANG_A)
    assert ours.asa_by_day < 0.15
    assert ours.abandonment_by_day < 0.02
    assert ours.asa < 0.85 * theirs.asa
    assert ours.service_level < 0.85 * theirs.service_level
    for cover in services.covers:
        assert cover.widened >= 0.85, cover.metric


def test_bad_days_are_the_bank_s(result: Backtest) -> None:
    """ASA and abandonment rank the seven days as the bank's do; unrelated ones would reach 0.8 once in 50 times."""
    from scipy.stats import spearmanr

    rows = np.array([row[3:] for row in trial.day_rows(result.trials[0])], np.float64)
    real_asa, asa, _, _, _, real_abandonment, abandonment, *_ = rows.T
    assert spearmanr(real_asa, asa).statistic > 0.8
    assert spearmanr(real_abandonment, abandonment).statistic > 0.8


def raw() -> dict[int, dict[str, str]]:
    """Rows that should enter by their line, picked without the readers: answered, or queued by a customer."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = dict(enumerate(csv.DictReader(file, delimiter="\t"), start=2))
    return {
        line: row
        for line, row in rows.items()
        if row["outcome"] == "AGENT"
        or (row["outcome"] == "HANG" and row["type"] != "TT" and {row["q_start"], row["q_exit"]} != {"0:00:00"})
    }


def test_every_call_enters_on_its_day_or_is_refused(reading: Reading) -> None:
    def day(row: dict[str, str]) -> date:
        asked = row["vru_exit"] if row["q_start"] == row["q_exit"] == "0:00:00" else row["q_start"]
        past_midnight = row["vru_entry"].startswith("23:") and asked.startswith("0:")
        return date(1999, 2, int(row["date"]) - 990200) + timedelta(days=past_midnight)

    entered = dict(zip(reading.rows["line"], reading.rows["arrival"].dt.date, strict=True))
    refused = dict(zip(reading.refused["line"], reading.refused["reason"], strict=True))
    wanted = raw()
    assert {line: day(row) for line, row in wanted.items() if line in entered} == {
        line: entered[line] for line in wanted if line in entered
    }
    left_out = [refused[line] for line in wanted if line not in entered]
    assert len(left_out) < 0.005 * len(wanted)
    assert set(left_out) <= {"answer before arrival", "answered, but no time of the answer"}


def test_a_day_is_simulated_as_it_was(log: ContactLog, tmp_path: Path) -> None:
    """Arrivals and service times are the log's, one by one; the log of the run keeps the rules of the model."""
    learned = prediction.learn(log, TRAIN)
    of_day = prediction.scenario(log, TEST[0], learned, RULES["ready"], "services", tmp_path)
    workload, (plan, spec) = sample(of_day, 0), lower(of_day)
    contacts = log.on([TEST[0]])
    name = list(spec.queues).index("PS_2")
    mine = contacts[contacts["queue"] == "PS_2"].sort_values("arrival", kind="stable")
    since = (mine["arrival"] - mine["arrival"].dt.normalize()).dt.total_seconds().to_numpy()
    here = workload.queue == name
    assert (workload.arrival[here] / SECOND).tolist() == since.tolist()
    took = (mine["end"] - mine["answer"]).dt.total_seconds().to_numpy()
    answered = ~np.isnan(took)
    assert (workload.work[workload.first_turn[here]][answered] / SECOND).tolist() == took[answered].tolist()
    assert audit(workload, plan, simulate(workload, plan)) == []


@pytest.mark.slow
@pytest.mark.skipif(not JANUARY.exists(), reason=f"{JANUARY.name} is not part of the project")
def test_january_has_no_stop() -> None:
    """Calls of no length, and queues so thin that nobody on duty is known to take them; learned twice."""
    reading = read(JANUARY, mapping("bank"))
    log = ContactLog(reading.rows, mapping("bank").alone(reading.rows["queue"]), load(SCENARIO), SCENARIO.name)
    train, test = ([date(1999, 1, day) for day in days] for days in ((3, 4, 5), (6, 7, 10)))
    result = trial.run(log, train, test, "ready", 2, modes=["forecast"], refit=2)
    assert [day.day for day in result.trials[0].days] == test
    assert len(result.trials[0].factors) == 2
    assert any("fewer than 20 answered" in note for note in result.notes)
