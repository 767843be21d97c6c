"""What single replications gave, and runs that are continued."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import ccsim
from ccsim.tables import Workload


@pytest.fixture(scope="module")
def centre() -> ccsim.Centre:
    return ccsim.load("scenarios/phone_8020.toml", set={"days": 1})


@pytest.fixture(scope="module")
def results(centre: ccsim.Centre) -> ccsim.Results:
    return centre.run(replications=20)


def test_more_is_one_run_of_all(centre: ccsim.Centre, results: ccsim.Results) -> None:
    all_at_once = centre.run(replications=45)  # beyond the batches of figures by interval
    continued = results.more(20).more(5, workers=2)
    assert continued.replications == 45
    assert continued.to_frame().equals(all_at_once.to_frame())
    assert continued.intervals().equals(all_at_once.intervals())
    assert continued == all_at_once
    assert results.replications == 20
    assert continued.contacts == all_at_once.contacts


def test_more_keeps_what_precision_was_wanted(centre: ccsim.Centre) -> None:
    few = centre.run(precision={"asa": 1e-3}, max_replications=2)
    assert [goal.half_width for goal in few.missed] == [1e-3]
    assert few.more(1).missed == few.missed


@pytest.mark.parametrize("number", [0, -1, 2.5, "20", None])
def test_more_of_what_is_no_number(results: ccsim.Results, number: int) -> None:
    with pytest.raises(ccsim.ScenarioError, match="a whole number"):
        results.more(number)


def test_a_figure_of_each_replication(results: ccsim.Results) -> None:
    asa = results.replications("asa", "queue", "phone")
    offered = results.replications("offered")
    assert asa.shape == offered.shape == (20,)
    estimate = results.estimate("total", "total", "offered")
    assert estimate is not None
    assert offered.mean() == pytest.approx(estimate.mean)
    assert len(set(asa)) == 20
    answered = results.replications("answered", "queue", "phone")
    whole = results.estimate("queue", "phone", "asa")
    assert whole is not None
    assert asa @ answered / answered.sum() == pytest.approx(whole.mean)
    with pytest.raises(ccsim.ScenarioError, match='did you mean "asa"'):
        results.replications("asaa")
    with pytest.raises(ccsim.ScenarioError, match="one that applies there"):
        results.replications("reply_level", "queue", "phone")
    assert pickle.loads(pickle.dumps(results.replications)) == 20


def test_any_confidence(results: ccsim.Results) -> None:
    wide, usual = results.to_frame(0.99), results.to_frame()
    assert (wide["mean"].dropna() == usual["mean"].dropna()).all()
    random = usual.high - usual.low > 0
    assert random.sum() > 10
    assert (wide.high - wide.low > usual.high - usual.low)[random].all()
    assert not results.intervals(0.5).equals(results.intervals())
    with pytest.raises(ccsim.ScenarioError, match="between 0 and 1"):
        results.to_frame(95)


def test_saved_results_have_no_single_replications(results: ccsim.Results, tmp_path) -> None:  # type: ignore[no-untyped-def]
    again = ccsim.open_results(results.save(tmp_path / "kept"))
    for ask in (lambda: again.more(5), lambda: again.replications("asa"), lambda: again.to_frame(0.9)):
        with pytest.raises(ccsim.ScenarioError, match="run the scenario again"):
            ask()


def patient(workload: Workload, number: int) -> Workload:
    return workload._replace(patience=workload.patience * 2)


def test_a_workload_of_ones_own(centre: ccsim.Centre, results: ccsim.Results, tmp_path) -> None:  # type: ignore[no-untyped-def]
    longer = centre.run(replications=20, workload=patient, workers=2)
    assert (longer.replications("abandonment") < results.replications("abandonment")).all()
    assert centre.run(replications=20, workload=lambda workload, number: workload) == results
    assert longer.more(5) == centre.run(replications=25, workload=patient)
    assert (
        centre.run(replications=2, workload=patient, engine="simpy")
        .to_frame()
        .equals(centre.run(replications=2, workload=patient).to_frame())
    )
    with pytest.raises(ccsim.ScenarioError, match="changed"):
        longer.save(tmp_path / "kept")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w, n: None, "a Workload"),
        (lambda w, n: w._replace(patience=w.patience[1:]), "shape"),
        (lambda w, n: w._replace(patience=w.patience / 2), "whole microseconds"),
        (lambda w, n: w._replace(work=w.work - 10**12), "no less than 0"),
        (lambda w, n: w._replace(queue=w.queue + 1), "workload.queue: changed"),
        (lambda w, n: w._replace(arrival=w.arrival[::-1]), "out of order"),
    ],
)
def test_a_workload_that_cannot_be_run(centre: ccsim.Centre, change, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ccsim.ScenarioError, match=words):
        centre.run(replications=1, workload=change)


def test_points_of_a_study_share_contacts_that_nobody_can_write_to(centre: ccsim.Centre) -> None:
    def longer(workload: Workload, number: int) -> Workload:
        workload.work[:] *= 2
        return workload

    with pytest.raises(ccsim.ScenarioError, match=r"longer raised ValueError: .*read-only.*test_replications.py"):
        centre.sweep({"team.agents.shifts.0.agents": [16, 17]}, replications=1, workers=1, workload=longer)


def test_what_there_is() -> None:
    metrics, channels = ccsim.metrics(), ccsim.channels()
    assert set(metrics.loc[metrics.name == "asa", "unit"]) == {"s"}
    assert {"phone", "live_chat"} <= set(channels.channel)
    assert callable(ccsim.metrics)


def test_a_notebook_shows_it(centre: ccsim.Centre) -> None:
    swept = centre.sweep({"queue.phone.volume.scale": [0.9, 1.0]}, replications=2, workers=1)
    ranking = centre.compare("one_more", replications=2, workers=1).ranking()
    for shown in (swept, ranking, centre, centre.scenario):
        assert len(repr(shown)) < 300
        assert "<table" in shown._repr_html_()
    assert np.isfinite(swept.estimates(ranking.figure)[0].mean)


def test_a_workload_of_ones_own_in_comparisons_and_sweeps(centre: ccsim.Centre, tmp_path) -> None:  # type: ignore[no-untyped-def]
    agents = "team.agents.shifts.0.agents"
    fewer = centre.changed({agents: 16})
    compared = centre.compare({"fewer": fewer}, replications=4, workers=2, workload=patient)
    for name, alone in (("base", centre), ("fewer", fewer)):
        figures = compared.variants[["base", "fewer"].index(name)].results.summary.rows
        assert figures == alone.run(replications=4, workload=patient).summary.rows
    swept = centre.sweep({agents: [16, 17]}, replications=4, workers=1, workload=patient).to_frame()
    plain = centre.sweep({agents: [16, 17]}, replications=4, workers=1).to_frame()
    assert not swept.equals(plain)
    selection = compared.select("abandonment", indifference=1e-4, max_replications=6)
    means = {each.name: each for each in selection.candidates}
    longer = centre.run(replications=means["base"].replications, workload=patient).estimate(
        "total", "total", "abandonment"
    )
    assert longer is not None
    assert means["base"].mean == pytest.approx(longer.mean)
    with pytest.raises(ccsim.ScenarioError, match="no folder says what a function did"):
        centre.sweep({agents: [16, 17]}, workload=patient, out=tmp_path)
