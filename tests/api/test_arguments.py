"""What a program may hand to the library: typos are refused with what is allowed, and what it gets back can be kept."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import ccsim
from ccsim import theory as ccsim_theory
from ccsim.distributions.durations import Gamma

SCENARIO = "scenarios/phone_8020.toml"
SCALE = "queue.phone.volume.scale"


@pytest.fixture(scope="module")
def centre() -> ccsim.Centre:
    return ccsim.load(SCENARIO, set={"days": 1, "replications": 2})


@pytest.fixture(scope="module")
def results(centre: ccsim.Centre) -> ccsim.Results:
    return centre.run(engine="compiled")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "numba"}, "one of compiled, simpy"),
        ({"executor": "thread"}, 'did you mean "threads"?'),
        ({"executor": None}, "executor"),
        ({"workers": 0}, "1 or more"),
        ({"workers": -1}, "1 or more"),
        ({"workers": 2.5}, "a whole number"),
        ({"workload": "f", "engine": "compiled"}, "a function of a Workload"),
        ({"precision": 0.01}, "by metric"),
        ({"precision": {"service_level": "0.01"}}, "by metric"),
        ({"precision": {"service_level": 0.1}, "max_replications": 2.5}, "a whole number"),
        ({"precision": {"service_level": 0.1}, "max_replications": 1}, "a whole number of 2 or more"),
        ({"precision": {}}, "by metric"),
        ({"max_replications": 200}, "without precision"),
    ],
)
def test_arguments_of_a_run_are_checked(centre: ccsim.Centre, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ccsim.ScenarioError, match=words.replace("?", r"\?")):
        centre.run(**options)


@pytest.mark.parametrize("design", ["halton", "lhs", "LATIN", "Sobol"])
def test_a_design_that_there_is_not(centre: ccsim.Centre, design: Any) -> None:
    with pytest.raises(ccsim.ScenarioError, match=r"latin|sobol"):
        centre.sweep({SCALE: "0.9:1.1"}, design=design, points=4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda centre: ccsim.load(None), "source: None; the path"),
        (lambda centre: centre.variant(5), "name: 5; expected a text"),
        (lambda centre: centre.changed([SCALE]), "changes: .* expected a mapping"),
        (lambda centre: centre.changed({1: 2}), "changes: .* expected a mapping"),
        (lambda centre: centre.compare(5), "a centre or the name of a variant"),
        (lambda centre: centre.sweep(None), "vary: None; expected a mapping"),
        (lambda centre: centre.sweep({SCALE: 5}), "volume.scale: 5; expected a list of levels"),
        (lambda centre: centre.sweep({SCALE: "0.9:1.1"}, design="latin", points=4.5), "points: 4.5; .* whole number"),
        (lambda centre: centre.sweep({SCALE: [1]}, resume=True), "resume: without out"),
    ],
)
def test_arguments_of_another_type_are_named(centre: ccsim.Centre, call: Any, words: str) -> None:
    with pytest.raises(ccsim.ScenarioError, match=words):
        call(centre)


ODD = [True, 1.5, float("nan"), float("inf"), "5", b"5", [5], np.array([5, 6]), np.True_, ...]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whole_numbers_are_demanded_everywhere(centre: ccsim.Centre, results: ccsim.Results, odd: Any) -> None:
    compared = centre.compare("one_more", engine="compiled", workers=1)
    for argument, call in {
        "number": lambda: results.more(odd),
        "replications": lambda: centre.run(replications=odd),
        "max_replications": lambda: centre.run(precision={"asa": 1.0}, max_replications=odd),
        "workers": lambda: centre.run(workers=odd),
        "max_replications:": lambda: compared.select("asa@phone", max_replications=odd),
        "points": lambda: centre.sweep({SCALE: "0.9:1.1"}, design="latin", points=odd),
    }.items():
        with pytest.raises(ccsim.ScenarioError, match=argument):
            call()
    with pytest.raises(ccsim.ScenarioError, match="batches"):
        results.steady_state("asa", "queue", "phone", batches=odd)


@pytest.mark.parametrize("odd", [None, 5, b"x", ["asa"], {"asa": 1}, np.array([1, 2]), ...], ids=repr)
def test_texts_truths_and_paths_are_demanded_everywhere(centre: ccsim.Centre, results: ccsim.Results, odd: Any) -> None:
    for argument, call in {
        "level": lambda: results.estimate(odd, "phone", "asa"),
        "name": lambda: results.series("queue", odd, "asa"),
        "metric": lambda: results.replications(odd, "queue", "phone"),
        "folder": lambda: results.save(odd),
        "executor": lambda: centre.run(executor=odd),
        "engine": lambda: centre.run(engine=odd),
        "audit": lambda: centre.run(audit=odd),
        "allow_outside": lambda: ccsim.load(SCENARIO, allow_outside=odd),
        "design": lambda: centre.sweep({SCALE: [1]}, design=odd),
        "columns": lambda: ccsim.agent_policy("mine", odd),
    }.items():
        with pytest.raises(ccsim.ScenarioError, match=argument):
            call()


def test_what_holds_itself_is_refused(centre: ccsim.Centre) -> None:
    endless: list[Any] = []
    endless.append(endless)
    table: dict[str, Any] = {}
    table["a"] = table
    for call in (
        lambda: ccsim.load(table),
        lambda: ccsim.load({"name": endless}),
        lambda: centre.changed({"queue.phone.work": table}),
        lambda: centre.changed(endless),  # type: ignore[arg-type]
        lambda: centre.sweep({SCALE: endless}),
        lambda: centre.compare(endless),
        lambda: centre.run(precision=endless),  # type: ignore[arg-type]
    ):
        with pytest.raises(ccsim.ScenarioError):
            call()


def test_names_of_what_there_is_not(centre: ccsim.Centre, results: ccsim.Results) -> None:
    with pytest.raises(ccsim.ScenarioError, match="queue: 'total'; expected one of phone"):
        results.series("queue", "total", "asa")
    with pytest.raises(ccsim.ScenarioError, match="theme: 'x'; expected one of light, dark"):
        results.plot.waiting(theme="x")
    with pytest.raises(ccsim.ScenarioError, match="the name ''"):
        centre.compare({"": "one_more"})
    with pytest.raises(TypeError, match=r"run.. got an unexpected keyword argument 'replicatons'"):
        centre.run(replicatons=3)  # type: ignore[call-arg]


def test_saving_replaces_no_data_file(tmp_path: Any) -> None:
    saved = ccsim.load("scenarios/own_volumes.toml").save(tmp_path / "first").parent
    (tmp_path / "second").mkdir()
    other = tmp_path / "second" / next(file.name for file in saved.glob("*.csv"))
    other.write_text("mine")
    with pytest.raises(FileExistsError, match=str(other)):
        ccsim.load("scenarios/own_volumes.toml").save(tmp_path / "second")
    assert [file.read_text() for file in (tmp_path / "second").iterdir()] == ["mine"]


def test_a_long_name_leaves_room_on_the_screen(centre: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError) as raised:
        centre.variant("x" * 10_000)
    assert len(str(raised.value)) < 2000


@pytest.mark.parametrize(
    ("level", "name", "metric", "words"),
    [
        ("queue", "phone", "asaa", 'did you mean "asa"'),
        ("queues", "phone", "asa", 'did you mean "queue"'),
        ("queue", "phne", "asa", 'did you mean "phone"'),
    ],
)
def test_a_typo_is_no_figure(results: ccsim.Results, level: Any, name: str, metric: str, words: str) -> None:
    for figure in (results.estimate, results.series):
        with pytest.raises(ccsim.ScenarioError, match=words):
            figure(level, name, metric)


def test_a_metric_that_does_not_apply_is_none(results: ccsim.Results) -> None:
    assert results.estimate("queue", "phone", "asa") is not None
    assert results.estimate("queue", "phone", "reply_level") is None


def test_a_centre_does_not_change(centre: ccsim.Centre) -> None:
    with pytest.raises(TypeError):
        centre.changes["days"] = 3  # type: ignore[index]
    again = pickle.loads(pickle.dumps(centre))
    assert again == centre
    assert hash(again) == hash(centre)
    assert again.changes == centre.changes
    assert copy.deepcopy(centre) == centre
    assert centre != centre.changed({SCALE: 1.1})


def test_results_compare_by_what_they_say(centre: ccsim.Centre, results: ccsim.Results) -> None:
    assert results == centre.run(engine="compiled")
    assert results != centre.run(engine="compiled", seed=9)


def test_an_error_survives_pickling(centre: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError) as raised:
        centre.changed({"queue.phone.volume.scal": 1})
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value)
    assert again.problems == raised.value.problems


def test_a_sweep_and_a_ranking_can_be_kept(centre: ccsim.Centre) -> None:
    swept = centre.sweep({SCALE: np.array([0.9, 1.0])}, engine="compiled", workers=1)
    for again in (pickle.loads(pickle.dumps(swept)), copy.deepcopy(swept)):
        assert again == swept
    assert swept != centre.sweep({SCALE: [0.9]}, engine="compiled", workers=1)
    comparison = centre.compare("one_more", engine="compiled", workers=1)
    for again in (pickle.loads(pickle.dumps(comparison)), copy.deepcopy(comparison)):
        assert again == comparison
    ranking = comparison.ranking()
    assert pickle.loads(pickle.dumps(ranking)).sentences() == ranking.sentences()
    with pytest.raises(ccsim.ScenarioError, match="indifference: 'x'"):
        comparison.select("asa@phone", indifference="x")  # type: ignore[arg-type]


def test_values_are_what_a_file_can_say(centre: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError, match="an object of type Gamma"):
        centre.changed({"queue.phone.work": Gamma(300.0, 0.5)})
    assert centre.changed({"seed": np.int64(2)}).scenario.seed == 2


def test_others_are_named_or_handed_over(centre: ccsim.Centre) -> None:
    for others in ("one_more", ["one_more"], {"more": "one_more"}):
        assert len(centre.compare(others, engine="compiled", workers=1).variants) == 2
    with pytest.raises(ccsim.ScenarioError, match="a centre or the name of a variant"):
        centre.compare([3])  # type: ignore[list-item]


@pytest.mark.parametrize("agents", [18.0, np.int64(18), np.float64(18)])
def test_whole_numbers_need_not_be_integers(centre: ccsim.Centre, agents: Any) -> None:
    changed = centre.changed({"team.agents.shifts.0.agents": agents, "seed": np.int32(4)})
    assert changed.scenario.team["agents"].shifts[0].agents == 18
    assert type(changed.scenario.team["agents"].shifts[0].agents) is int
    assert changed.scenario.seed == 4
    with pytest.raises(ccsim.ScenarioError, match="a whole number"):
        centre.changed({"team.agents.shifts.0.agents": 18.5})


def test_tables_of_numpy_scalars(centre: ccsim.Centre) -> None:
    tables = {**centre.scenario.raw, "days": np.float64(1.0), "replications": np.int64(2)}
    assert ccsim.load(tables).run(engine="compiled", workers=np.int64(1)).replications == 2  # type: ignore[arg-type]


def test_errors_speak_of_arguments(centre: ccsim.Centre) -> None:
    compared = centre.compare("one_more", engine="compiled", workers=1)
    with pytest.raises(ccsim.ScenarioError, match=r"^rank_by: no metric 'asaa'"):
        compared.ranking("asaa")
    swept = centre.sweep({SCALE: [0.9, 1.0]}, engine="compiled", workers=1)
    with pytest.raises(ccsim.ScenarioError, match=r"^metrics: no metric 'asaa'"):
        swept.plot.curves("asaa")


def test_shared_attention_is_known_to_theory() -> None:
    shared = ccsim.load("scenarios/shared_attention.toml")
    expected = ccsim_theory.shared_attention(60 / 3600, [180.0, 210.0, 240.0], 2, 120.0)
    figures = shared.theory().set_index("figure")
    assert set(figures.formula) == {"shared attention"}
    assert figures.value["abandonment"] == expected.abandonment
    assert figures.value["session_mean"] == expected.session_mean
    many = shared.changed({"team.agents.shifts.0.agents": 40}).theory()
    assert set(many.formula) == {"shared attention, sessions spread evenly"}
