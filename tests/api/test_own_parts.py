"""Distributions and policies that a program brings."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import gamma

import ccsim
from ccsim.distributions.code import code_of
from ccsim.distributions.durations import Exponential, Own
from ccsim.metrics import sums
from ccsim.metrics.facts import Facts
from ccsim.metrics.registry import METRICS
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES
from ccsim.scenario import distributions
from ccsim.scenario.design import Design, read_setting
from ccsim.scenario.distributions import OWN, PARAMETERS
from ccsim.scenario.processes import PROCESSES
from ccsim.studies.points import Points
from ccsim.studies.sweep import sweep_to_folder
from ccsim.tables import Outcome
from ccsim.workload.customers import poisson_rate

ROOT = Path(__file__).parents[2]
SCALE = "queue.phone.volume.scale"


@ccsim.distribution("my_exponential")
class MyExponential:
    def __init__(self, mean: float) -> None:
        self.mean = mean

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return Exponential(self.mean).value(u)


@ccsim.arrival_process("regular")
class Regular:
    """One after another, as far apart as the rate says."""

    def times(self, edges: np.ndarray, expected: np.ndarray, random: np.random.Generator) -> np.ndarray:
        places = np.arange(random.uniform(), expected[-1])
        return np.interp(places, expected, edges)


@pytest.fixture(autouse=True)
def _only_here() -> object:
    known = [(table, dict(table)) for table in (PARAMETERS, OWN, PROCESSES, AGENT_POLICIES, CONTACT_POLICIES, METRICS)]
    yield
    for table, before in known:
        table.clear()
        table.update(before)  # type: ignore[arg-type]


@pytest.fixture
def own() -> ccsim.Centre:
    work = {"dist": "my_exponential", "mean": "5m"}
    return ccsim.load("scenarios/phone_8020.toml", set={"days": 1, "replications": 2, "queue.phone.work": work})


def test_it_is_what_the_built_in_one_is(own: ccsim.Centre) -> None:
    built_in = own.changed({"queue.phone.work": {"dist": "exponential", "mean": "5m"}})
    for engine in ("compiled", "simpy"):
        assert own.run(engine=engine).to_frame().equals(built_in.run(engine=engine).to_frame())


def test_sweeps_and_processes_know_it(regular: ccsim.Centre) -> None:
    both = regular.changed({"queue.phone.work": {"dist": "my_exponential", "mean": "5m"}})
    here = both.sweep({SCALE: [0.9, 1.0]}, workers=1)
    there = both.sweep({SCALE: [0.9, 1.0]}, workers=2, executor="processes")
    assert here.to_frame().equals(there.to_frame())


@pytest.mark.parametrize("works", [[], ["my_exponential"]], ids=["process alone", "both"])
def test_points_bring_the_parts_that_they_name_and_no_others(regular: ccsim.Centre, works: list[str]) -> None:
    @ccsim.distribution("of_this_test")
    class Local(MyExponential):
        """Cannot be pickled."""

    centre = regular.changed({"queue.phone.work": {"dist": works[0], "mean": "5m"}}) if works else regular
    design = Design(centre.scenario, (read_setting(SCALE, "0.9,1.0"),), "grid", None, False, Path("s.toml"))
    points = Points.checked(design)
    pickled, scenarios = pickle.dumps(points), list(points)
    OWN.clear()
    PROCESSES.clear()
    assert list(pickle.loads(pickled)) == scenarios
    assert (list(OWN), list(PROCESSES)) == (works, ["regular"])


def test_what_is_wrong_with_it_has_a_place(own: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError, match=r"queue\.phone\.work"):
        own.changed({"queue.phone.work": {"dist": "my_exponential", "men": "5m"}})
    with pytest.raises(ccsim.ScenarioError, match='did you mean "my_exponential"'):
        own.changed({"queue.phone.work": {"dist": "my_exponentia", "mean": "5m"}})
    with pytest.raises(ccsim.ScenarioError, match="built in"):
        ccsim.distribution("gamma")(MyExponential)


def test_quantiles_that_are_none() -> None:
    class Falling:
        mean = 1.0

        def quantile(self, u: np.ndarray) -> np.ndarray:
            return 1 - u

    with pytest.raises(ValueError, match="must not fall"):
        Own("falling", (), "", Falling())


def test_a_mean_that_the_quantiles_exclude() -> None:
    class Always:
        mean = 100.0

        def quantile(self, u: np.ndarray) -> np.ndarray:
            return np.full(len(u), 200.0)

    with pytest.raises(ValueError, match="the mean of always is 100, but by its quantiles at least 198"):
        Own("always", (), "", Always())


@pytest.mark.parametrize(
    ("mean", "quantile", "said"),
    [
        (None, lambda u: u, "not None"),
        (60.0, None, "not both mean and quantile"),
        (60.0, lambda u: np.where(u > 0.9, np.inf, u), "queue.phone.work: .* must be finite numbers"),
        (60.0, lambda u: np.where(u > 0.995, np.nan, 60.0), "^distribution wrong: .* must be finite numbers"),
    ],
)
def test_a_distribution_that_is_none_is_named(own: ccsim.Centre, mean: Any, quantile: Any, said: str) -> None:
    class Wrong:
        def __init__(self) -> None:
            self.mean = mean
            if quantile is not None:
                self.quantile = quantile

    ccsim.distribution("wrong")(Wrong)
    with pytest.raises(ccsim.ScenarioError, match=said):
        own.changed({"queue.phone.work": {"dist": "wrong"}}).run(replications=1)


def test_a_package_that_cannot_be_loaded_is_named(own: ccsim.Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("queues", "no_such_module", distributions.GROUP)
    monkeypatch.setattr(distributions, "entry_points", lambda group: [broken])
    distributions.load_installed.cache_clear()
    with pytest.raises(ccsim.ScenarioError, match=r"entry point queues of ccsim.parts: ModuleNotFoundError: No module"):
        own.changed({"queue.phone.work.dist": "unknown"})


def test_two_modules_do_not_share_a_name() -> None:
    other = _class_of("return u")
    other.__module__ = "another"
    with pytest.raises(ccsim.ScenarioError, match=f"'my_exponential' is registered by {__name__} already"):
        ccsim.distribution("my_exponential")(other)
    with pytest.raises(ccsim.ScenarioError, match=f"'regular' is registered by {__name__} already"):
        ccsim.arrival_process("regular")(other)


def test_names_that_are_taken_or_none(regular: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError, match=r"int: .*a class written in Python"):
        ccsim.distribution("int")(int)  # type: ignore[type-var]
    with pytest.raises(ccsim.ScenarioError, match="metric: 5; expected a function of Facts"):
        ccsim.metric("queue", "Five", "s")(5)  # type: ignore[type-var]
    ccsim.arrival_process("timeless")(object)
    with pytest.raises(ccsim.ScenarioError, match=r"timeless has no times\(edges, expected, random\)"):
        regular.changed({"queue.phone.volume.arrivals": {"process": "timeless"}})
    for register in (ccsim.distribution, ccsim.arrival_process):
        with pytest.raises(ccsim.ScenarioError, match="name: 5; expected a text"):
            register(5)(MyExponential)  # type: ignore[arg-type, type-var]
    with pytest.raises(ccsim.ScenarioError, match="work: 5; expected a class written in Python"):
        ccsim.distribution("work")(5)  # type: ignore[type-var]
    for register_policy, name in ((ccsim.agent_policy, "longest_idle"), (ccsim.contact_policy, "longest_wait")):
        with pytest.raises(ccsim.ScenarioError, match=f"name: '{name}' is built in"):
            register_policy(name, ["RANK", "WAITING_SINCE"])


@pytest.fixture
def regular() -> ccsim.Centre:
    changes = {"days": 1, "replications": 2, "queue.phone.volume.arrivals": {"process": "regular"}}
    return ccsim.load("scenarios/phone_8020.toml", set=changes)


def test_an_arrival_process_follows_the_rate(regular: ccsim.Centre) -> None:
    """As many come in every interval as are expected, but for one at each end; twice as many with twice the scale."""
    for factor in (1.0, 2.0):
        centre = regular.changed({SCALE: factor, "interval": "1h", "warm_up": "0s"})
        offered = centre.run(replications=1).series("queue", "phone", "offered")
        rate = poisson_rate(centre.scenario, "phone")
        hours = np.append(offered.start, rate.edges[-1]).astype(float)
        expected = np.diff(np.interp(hours, rate.edges.astype(float), rate.expected))
        assert expected.sum() > 100
        assert np.abs(offered.mean - expected).max() <= 1


def test_waits_at_regular_arrivals_are_those_of_theory() -> None:
    """D/M/1: sigma = exp(-(1 - sigma) / rho), the mean wait sigma / (1 - sigma) works (Kleinrock 1975, 6.4)."""
    centre = ccsim.Centre.build(
        "D/M/1", start="2026-03-02", days=2, warm_up="6h", replications=30,
        queues={"phone": {
            "channel": "phone", "open": "always", "patience": "never", "wrap_up": "0s", "answer_delay": "0s",
            "work": {"dist": "exponential", "mean": "1m"},
            "volume": {"per_hour": 48, "arrivals": {"process": "regular"}},
        }},
        teams={"one": {"skills": {"phone": 1}, "shifts": [{"agents": 1, "hours": "always"}]}},
    )  # fmt: skip
    sigma = brentq(lambda x: x - np.exp(-(1 - x) / 0.8), 0.01, 0.99)
    wait = centre.run().estimate("queue", "phone", "wait_mean")
    assert wait is not None
    assert wait.low < 60 * sigma / (1 - sigma) < wait.high
    assert wait.high - wait.low < 20, "M/M/1 has 240"


@pytest.mark.slow
def test_parts_on_a_cluster(regular: ccsim.Centre) -> None:
    distributed = pytest.importorskip("distributed")
    work = {"dist": "my_exponential", "mean": "5m"}
    both = regular.changed({"queue.phone.work": work})
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        there = both.run(executor=cluster.scheduler_address)
    assert there.to_frame().equals(both.run().to_frame())


def test_what_is_wrong_with_an_arrival_process_has_a_place(regular: ccsim.Centre, tmp_path: Path) -> None:
    place = "queue.phone.volume.arrivals"
    with pytest.raises(ccsim.ScenarioError, match=r'volume\.arrivals\.process.*did you mean "regular"'):
        regular.changed({place: {"process": "regula"}})
    with pytest.raises(ccsim.ScenarioError, match=r"volume\.arrivals\.step.*unknown key"):
        regular.changed({place: {"process": "regular", "step": 3}})
    log = tmp_path / "log.csv"
    log.write_text("at\n2026-03-02 10:00\n")
    volume = {"log": str(log), "arrived_at": "at", "arrivals": {"process": "regular"}}
    with pytest.raises(ccsim.ScenarioError, match=r"volume\.arrivals.*arrivals together with log"):
        regular.changed({"queue.phone.volume": volume})

    @ccsim.arrival_process("late")
    class Late:
        def times(self, edges: np.ndarray, expected: np.ndarray, random: np.random.Generator) -> np.ndarray:
            return edges + 1

    @ccsim.arrival_process("wordy")
    class Wordy:
        def times(self, edges: np.ndarray, expected: np.ndarray, random: np.random.Generator) -> Any:
            return ["soon"]

    for process, said in (("late", "times from"), ("wordy", "times that are no numbers, of type list")):
        with pytest.raises(ccsim.ScenarioError, match=f"arrival process {process}: {said}"):
            regular.changed({place: {"process": process}}).run()


class Raising:
    """A distribution or a process whose code fails, in one of its methods."""

    def __init__(self, at: float) -> None:
        self.at = at
        if at == 0:
            raise RuntimeError("no at")

    @property
    def mean(self) -> float:
        return {2.0: 60.0, 3.0: 60.0}[self.at]

    def quantile(self, u: np.ndarray) -> np.ndarray:
        if self.at == 2 or len(u) != 99:  # 99 are tried when it is loaded
            np.linalg.inv(np.zeros((2, 2)))
        return np.full(len(u), 60.0)

    def times(self, edges: np.ndarray, expected: np.ndarray, random: np.random.Generator) -> Any:
        return self.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "at", "said"),
    [
        ("work", 0, r"^scenarios/.*queue\.phone\.work: .*Raising raised RuntimeError: no at"),
        ("work", 1, r"^scenarios/.*queue\.phone\.work: .*Raising.mean raised KeyError: 1"),
        ("work", 2, r"^scenarios/.*queue\.phone\.work: .*Raising.quantile raised LinAlgError"),
        ("work", 3, r"^distribution raising: Raising.quantile raised LinAlgError"),
        ("volume.arrivals", 0, r"^scenarios/.*queue\.phone\.volume\.arrivals: .*Raising raised RuntimeError: no at"),
        ("volume.arrivals", 1, r"^arrival process raising: Raising.times raised AttributeError"),
    ],
)
def test_code_that_raises_is_named_with_its_line(own: ccsim.Centre, key: str, at: float, said: str) -> None:
    ccsim.distribution("raising")(Raising)
    ccsim.arrival_process("raising")(Raising)
    with pytest.raises(ccsim.ScenarioError, match=said + r".*\(.*test_own_parts\.py:\d+\)"):
        own.changed({f"queue.phone.{key}": {"dist" if key == "work" else "process": "raising", "at": at}}).run()


def test_a_metric_that_raises_is_named_with_its_line(own: ccsim.Centre) -> None:
    @ccsim.metric("queue", "Wrong", "s")
    def wrong(facts: Facts) -> Any:
        return facts.nothing  # type: ignore[attr-defined]

    with pytest.raises(
        ccsim.ScenarioError, match=r"^metric wrong: wrong raised Attr.*\(.*own_parts.py:\d+\)"
    ) as raised:
        own.run()
    assert isinstance(raised.value.__cause__, AttributeError)


@pytest.mark.parametrize(("times", "refused"), [(0.0, True), (0.8, True), (1.0, False), (1.3, True)])
def test_a_process_has_as_many_contacts_as_its_rate_says(regular: ccsim.Centre, times: float, refused: bool) -> None:
    @ccsim.arrival_process("often")
    class Often:
        def times(self, edges: np.ndarray, expected: np.ndarray, random: np.random.Generator) -> np.ndarray:
            return random.uniform(edges[0], edges[-1], random.poisson(times * expected[-1]))

    often = regular.changed({"queue.phone.volume.arrivals": {"process": "often"}})
    if refused:
        with pytest.raises(ccsim.ScenarioError, match=r"process often: .* contacts .* about 4800, as its volume says"):
            often.run()
    else:
        often.run()


def _class_of(body: str) -> Any:
    names: dict[str, Any] = {"np": np, "__name__": "mine"}
    exec(f"STEP = 1\nclass Mine:\n    def quantile(self, u):\n        {body}\n", names)
    return names["Mine"]


def test_other_code_is_another_part() -> None:
    once = code_of(_class_of("return -np.log1p(-u)"))
    assert once == code_of(_class_of("return -np.log1p(-u)  # as before"))
    assert once != code_of(_class_of("return -2 * np.log1p(-u)"))
    step = _class_of("return u * STEP")
    before = code_of(step)
    step.quantile.__globals__["STEP"] = 2
    assert code_of(step) != before


def test_what_objects_hold_is_part_of_the_code() -> None:
    class Noisy:
        def __init__(self, shape: float) -> None:
            self.shape, self.random = shape, np.random.default_rng()  # of which each process has its own

    frozen = _class_of("return LAW.ppf(u)")
    for law in (gamma, Noisy):
        digests = set()
        for shape in (2.0, 3.0, 3.0):
            frozen.quantile.__globals__["LAW"] = law(shape)
            digests.add(code_of(frozen))
        assert len(digests) == 2
    assert code_of(partial(Own, family="one")) != code_of(partial(Own, family="two"))
    assert code_of(partial(np.add, gamma(2.0))) != code_of(partial(np.add, gamma(3.0)))


def test_a_study_does_not_go_on_with_other_parts(own: ccsim.Centre, tmp_path: Path) -> None:
    done = list[int]()

    def stop(count: int) -> None:
        done.append(count)
        if len(done) > 2:
            raise KeyboardInterrupt

    brings = _class_of("return np.full(len(u), 300.0)")
    brings.mean = 300.0
    ccsim.distribution("fixed")(brings)
    centre = own.changed({"queue.phone.work": {"dist": "fixed"}})
    points = Points.checked(Design(centre.scenario, (read_setting(SCALE, [0.9, 1.0]),), "grid", None, False, Path()))
    with pytest.raises(KeyboardInterrupt):
        sweep_to_folder(tmp_path, points, engine="compiled", workers=1, progress=stop)
    other = _class_of("return np.full(len(u), 200.0)")
    other.mean = 200.0
    ccsim.distribution("fixed")(other)
    with pytest.raises(ccsim.ScenarioError, match=r"own_parts\.distribution\.fixed"):
        centre.sweep({SCALE: [0.9, 1.0]}, out=tmp_path, resume=True, engine="compiled", workers=1)


def test_two_parts_of_one_name_are_compared(own: ccsim.Centre) -> None:
    """A centre keeps the part that it was loaded with, and its customers, beside one of other code."""
    centres = {}
    for mean in (300.0, 150.0):
        brings = _class_of(f"return np.full(len(u), {mean})")
        brings.mean = mean
        ccsim.distribution("fixed")(brings)
        centres[str(mean)] = own.changed({"queue.phone.work": {"dist": "fixed"}})
    compared = centres["300.0"].compare({"short": centres["150.0"]}).to_frame()
    handled = compared[(compared.metric == "handle_mean") & (compared.name == "phone")]
    assert handled["mean"].max() > 1.5 * handled["mean"].min()


def test_policies(own: ccsim.Centre) -> None:
    ccsim.agent_policy("by_order", ["RANK"])
    same = own.changed({"routing.agent": "fixed_order"})
    mine = own.changed({"routing.agent": "by_order"})
    assert mine.run().to_frame().equals(same.run().to_frame())
    with pytest.raises(ccsim.ScenarioError, match='did you mean "IDLE_SINCE"'):
        ccsim.agent_policy("wrong", ["IDLE_SINSE"])
    with pytest.raises(ccsim.ScenarioError, match="RANDOM leaves nothing"):
        ccsim.agent_policy("wrong", ["RANDOM", "LOAD"])


def test_a_metric_is_what_the_built_in_one_is(own: ccsim.Centre) -> None:
    @ccsim.metric("queue", "Share given up", "share", better="lower")
    def given_up(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
        counts = facts.contacts
        return counts[Outcome.ABANDONED], counts[sums.ENTERED]

    @ccsim.metric("team", "Hours at work", "h")
    def at_work(facts: Facts) -> np.ndarray:
        return facts.focused.sum(axis=(0, 2)) / 3600

    results = own.run()
    assert results.estimate("queue", "phone", "given_up") == results.estimate("queue", "phone", "abandonment_seen")
    hours, same = (results.estimate("team", "agents", metric) for metric in ("at_work", "work_hours"))
    assert hours is not None
    assert same is not None
    assert hours.mean == pytest.approx(same.mean)
    assert "given_up" in set(own.compare(own.changed({SCALE: 1.2})).to_frame().metric)
    with pytest.raises(ccsim.ScenarioError, match="not known to the other processes"):
        own.run(workers=2, executor="processes")


def test_what_is_wrong_with_a_metric_is_said(own: ccsim.Centre) -> None:
    with pytest.raises(ccsim.ScenarioError, match='did you mean "queue"'):
        ccsim.metric("queues", "Wrong", "share")  # type: ignore[arg-type]

    def asa(facts: Facts) -> float:
        return 1.0

    with pytest.raises(ccsim.ScenarioError, match="no built-in metric"):
        ccsim.metric("queue", "Wrong", "s")(asa)

    @ccsim.metric("queue", "Wrong", "s")
    def of_wrong_shape(facts: Facts) -> np.ndarray:
        return np.zeros(7)

    with pytest.raises(ccsim.ScenarioError, match=r"metric of_wrong_shape.*\(7,\)"):
        own.run()
    del METRICS["queue", "of_wrong_shape"]

    @ccsim.metric("queue", "Wrong", "share")
    def three_of_two(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
        return np.full(facts.queues, 3.0), np.full(facts.queues, 2.0)

    with pytest.raises(ccsim.ScenarioError, match="metric three_of_two: more than all"):
        own.run()
    del METRICS["queue", "three_of_two"]

    @ccsim.metric("queue", "Wrong", "s")
    def unknown(facts: Facts) -> np.ndarray:
        return np.full(facts.queues, np.nan)

    with pytest.raises(ccsim.ScenarioError, match="metric unknown: not every figure is a finite number"):
        own.run()
    del METRICS["queue", "unknown"]

    @ccsim.metric("queue", "Wrong", "s")
    def in_words(facts: Facts) -> Any:
        return "many"

    with pytest.raises(ccsim.ScenarioError, match="metric in_words: 'many'"):
        own.run()


def test_every_snippet_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    snippets = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs" / "own_parts.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert len(snippets) == 5
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(compile(snippet, "docs/own_parts.md", "exec"), names)


def test_the_notebook() -> None:
    """docs/research.ipynb: a customer model, a policy, a metric and the best of twelve designs in under sixty lines."""
    notebook = json.loads((ROOT / "docs" / "research.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert sum(len(cell.splitlines()) for cell in cells) < 60
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        exec(compile(cell, f"docs/research.ipynb, cell {number}", "exec"), names)
    patient, plain = (names[run].estimate("queue", "phone", "abandonment") for run in ("correlated", "plain"))
    assert patient.mean != plain.mean
    assert len(names["designs"]) == 12
    candidates = names["selection"].candidates
    assert names["selection"].best in {"9 agents, 1 chats", "9 agents, 2 chats", "9 agents, 3 chats"}
    assert min(each.replications for each in candidates) == 10 < max(each.replications for each in candidates)


def test_a_package_brings_parts_by_an_entry_point(tmp_path: Path) -> None:
    """In a process of its own, as it is imported for good: a distribution and a policy that nothing else registers."""
    (tmp_path / "brought.py").write_text(
        "import ccsim\n"
        "@ccsim.distribution('brought')\n"
        "class Brought:\n"
        "    def __init__(self, mean):\n"
        "        self.mean = mean\n"
        "    def quantile(self, u):\n"
        "        return 0 * u + self.mean\n"
        "ccsim.agent_policy('brought_policy', ['RANK'])\n"
    )
    about = tmp_path / "brought-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[ccsim.parts]\nqueues = brought\n")
    work = {"dist": "brought", "mean": "5m"}
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import ccsim\n"
        f"changes = {{'days': 1, 'replications': 1, 'queue.phone.work': {work!r}, 'routing.agent': 'brought_policy'}}\n"
        "results = ccsim.load('scenarios/phone_8020.toml', set=changes).run(engine='simpy')\n"
        "print(results.estimate('queue', 'phone', 'handle_mean').mean)\n"
    )
    run = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(300, abs=60), "five minutes each, and a wrap-up"
