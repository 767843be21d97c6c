"""Measures of many scenarios: shared contacts, any executor, a store that is whole whatever happens."""

from __future__ import annotations

import copy
import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ccsim.engine import simulate
from ccsim.lowering import lower
from ccsim.metrics import Measures, measure
from ccsim.runs.many import NOT_SAMPLED, attended_from, measure_all, sampled_from
from ccsim.runs.store import Store
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.scenario.read import assign, load, parse
from ccsim.scenario.teams import Team
from ccsim.workload.sample import Recipe, draw, recipe_of, sample
from tests import random_cases
from tests.cli.tiny import write_tiny


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[Scenario]:
    """Two volumes, and at each: as it is, other concurrency, other absence, other shifts."""
    file = write_tiny(tmp_path_factory.mktemp("tiny"))
    changes = [], ["team.writers.concurrency.chat=2"], ["team.all.absence=0.5"], ["team.all.shifts.0.agents=3"]
    return [
        load(file, None, [f"queue.phone.volume.scale={scale}", *change]) for change in changes for scale in (1, 1.5)
    ]


def bytes_of(measures: Measures) -> Any:
    tables = [{key: (table.shape, table.tobytes()) for key, table in each.items()} for each in (
        measures.values, measures.by_interval)]  # fmt: skip
    return measures.names, measures.starts.tobytes(), [list(table) for table in tables], tables


@pytest.fixture(scope="module")
def expected(points: list[Scenario]) -> list[list[Any]]:
    """Each replication sampled, simulated and measured by itself."""
    result = []
    for scenario in points:
        plan, spec = lower(scenario)
        workloads = [sample(scenario, number) for number in range(3)]
        result.append([bytes_of(measure(w, plan, spec, simulate("compiled", w, plan))) for w in workloads])
    return result


def measured(points: list[Scenario], replications: Any = 3, **options: Any) -> list[list[Any]]:
    options = {"engine": "compiled", "workers": 1, "by_interval": True} | options
    return [[bytes_of(each) for each in result] for result in measure_all(points, replications, **options)]


@pytest.mark.parametrize(("executor", "workers"), [("threads", 1), ("threads", 3), ("processes", 2)])
def test_the_same_whatever_the_executor(
    points: list[Scenario], expected: list[list[Any]], executor: str, workers: int
) -> None:
    assert measured(points, executor=executor, workers=workers) == expected


def test_some_replications_of_some_points(points: list[Scenario], expected: list[list[Any]]) -> None:
    assert measured([points[3], points[0]], [3, 1]) == [
        [expected[3][2], expected[3][0]],
        [expected[0][2], expected[0][0]],
    ]


def test_contacts_are_sampled_once_for_points_that_share_them_and_a_point_is_lowered_once(
    points: list[Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    lowered: list[Scenario] = []

    def lowering(scenario: Scenario) -> Any:
        lowered.append(scenario)
        return lower(scenario)

    phone = list(points[0].queue).index("phone")

    def counted(recipe: Recipe, replication: int) -> Any:
        own = recipe.customers.inflows[phone].own
        assert own is not None
        calls.append((own.scale, replication))
        return draw(recipe, replication)

    monkeypatch.setattr("ccsim.runs.many.draw", counted)
    monkeypatch.setattr("ccsim.runs.many.lower", lowering)
    monkeypatch.setattr("ccsim.runs.many.SHARED", 100)
    monkeypatch.setattr("ccsim.runs.many._Pace.simulations", 100)
    list(measure_all(points, 2, engine="compiled", workers=1))
    assert sorted(calls) == [(scale, replication) for scale in (1, 1.5) for replication in (0, 1)]
    assert sorted(map(points.index, lowered)) == list(range(len(points)))


# ------------------------------------------------------------------------------------------------------ who shares what


@contextmanager
def read_fields(kinds: tuple[type, ...]) -> Iterator[dict[type, set[str]]]:
    """The fields of these parts of a scenario that are looked at."""
    seen: dict[type, set[str]] = {kind: set() for kind in kinds}

    def watching(kind: Any) -> Callable[[Any, str], Any]:
        def get(self: Any, name: str) -> Any:
            seen[kind].add(name)
            return object.__getattribute__(self, name)

        return get

    for kind in kinds:
        kind.__getattribute__ = watching(kind)  # type: ignore[method-assign, assignment]
    try:
        yield seen
    finally:
        for kind in kinds:
            del kind.__getattribute__


SHIPPED = sorted((Path(__file__).parent.parent.parent / "scenarios").glob("*.toml"))


def every_kind() -> list[Scenario]:
    """The shipped ones and many at random."""
    return [*map(load, SHIPPED), *(random_cases.parsed(random_cases.scenario(seed)) for seed in range(150))]


def test_sampling_looks_at_nothing_that_is_not_in_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = every_kind()
    monkeypatch.setattr("ccsim.workload.sample.attendance_of", lambda scenario: None)
    with read_fields((Scenario, Queue, Team)) as seen:
        for scenario in scenarios:
            recipe_of(scenario)
    assert "volume" in seen[Queue]
    for kind, names in NOT_SAMPLED.items():
        assert set(names) <= set(kind.model_fields)
        # of teams only what may come back of their work, of routing only whether chance picks agents: in the digest
        assert not seen[kind] & set(names) - {"team", "routing"}
    assert seen[Team] & set(Team.model_fields) <= {"skills", "errors"}


def test_absences_look_at_nothing_that_is_not_in_their_digest() -> None:
    from ccsim.workload.attendance import attendance_of

    scenarios = every_kind()
    with read_fields((Scenario, Queue, Team)) as seen:
        for scenario in scenarios:
            attendance_of(scenario)
    fields = {kind: names & set(kind.model_fields) for kind, names in seen.items()}
    assert fields[Scenario] <= {"seed", "start", "days", "timezone", "drain", "team", "outage"}
    # before_break is read with the shifts, and changes no absence
    assert fields[Team] <= {"shifts", "roster", "absence", "steps_out", "leave", "before_break", "pace_cv"}
    assert not fields[Queue]


@pytest.mark.parametrize(
    ("path", "value", "contacts", "absences"),
    [
        ("queue.phone.volume.scale", 1.1, True, False),
        ("queue.chat.patience", "3m", True, False),
        ("queue.chat.transfer.0.share", 0.1, True, False),
        ("seed", 6, True, True),
        ("days", 2, True, True),
        ("team.all.absence", 0.1, False, True),
        ("team.all.shifts.0.agents", 3, False, True),
        ("team.writers.concurrency.chat", 2, False, False),
        ("team.writers.cost_per_hour", 2, False, False),
        ("queue.phone.service_level", "90/10", False, False),
        ("routing.agent", "longest_idle", False, False),
    ],
)
def test_who_shares_what(tmp_path: Path, path: str, value: Any, contacts: bool, absences: bool) -> None:
    base = load(write_tiny(tmp_path))
    raw = copy.deepcopy(base.raw)
    assign(raw, path, value)
    other = parse(raw, tmp_path)
    assert (sampled_from(base) != sampled_from(other)) == contacts
    assert (attended_from(base) != attended_from(other)) == absences


def test_other_data_are_other_contacts(tmp_path: Path) -> None:
    file = write_tiny(tmp_path)
    before = sampled_from(load(file))
    volumes = tmp_path / "volumes.csv"
    volumes.write_text(volumes.read_text().replace(",12\n", ",13\n"))
    assert sampled_from(load(file)) != before


# ---------------------------------------------------------------------------------------------------------------- store


def some(points: list[Scenario], numbers: range = range(1, 4)) -> list[tuple[int, int, Measures]]:
    result = next(measure_all(points[:1], numbers, engine="compiled", workers=1, by_interval=True))
    return [(0, number, measures) for number, measures in zip(numbers, result, strict=True)]


def test_a_store_keeps_what_it_was_told(points: list[Scenario], tmp_path: Path) -> None:
    rows = some(points)
    with Store(tmp_path / "store") as store:
        store.about = {"of": "this"}
        store.put(rows)
    with Store(tmp_path / "store") as store:
        assert store.about == {"of": "this"}
        assert (len(store), store.has(0), store.has(1)) == (3, {1, 2, 3}, set())
        assert [bytes_of(m) for m in store.get(0, [2, 1])] == [bytes_of(rows[1][2]), bytes_of(rows[0][2])]


def test_nothing_is_measured_twice(points: list[Scenario], tmp_path: Path) -> None:
    rows = some(points)
    with Store(tmp_path / "store") as store:
        store.put(rows[:1])
        with pytest.raises(ValueError, match="twice"):
            store.put(rows[::-1])
        assert store.has(0) == {1}


def test_what_is_stored_is_not_done_again(points: list[Scenario], expected: list[list[Any]], tmp_path: Path) -> None:
    told: list[int] = []
    with Store(tmp_path / "store") as store:
        measured(points[:3], [2], store=store)
        assert measured(points, store=store, progress=told.append) == expected
        assert len(store) == 3 * len(points)
        assert measured(points, store=store, engine="none at all") == expected
    assert (told[0], sum(told)) == (3, 3 * len(points))


def test_a_store_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path / "store"), pytest.raises(OSError, match="in use") as caught, Store(tmp_path / "store"):
        pass
    assert caught.value.errno == errno.EBUSY


def test_a_full_disk_loses_only_what_is_in_progress(
    points: list[Scenario], expected: list[list[Any]], tmp_path: Path
) -> None:
    with Store(tmp_path / "store") as store:
        store._base.execute("PRAGMA max_page_count = 30")
        with pytest.raises(OSError, match="No space") as caught:
            measured(points, store=store)
        assert caught.value.errno == errno.ENOSPC
        assert 0 < len(store) < 3 * len(points)
    with Store(tmp_path / "store") as store:
        assert measured(points, store=store) == expected


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("something else, and long enough to be read as a page of a database" * 20)
    with pytest.raises(OSError, match="not a database"):
        Store(tmp_path / "store")


def test_a_killed_worker_loses_only_what_is_in_progress(
    points: list[Scenario], expected: list[list[Any]], tmp_path: Path
) -> None:
    import multiprocessing

    def kill(count: int) -> None:
        workers = multiprocessing.active_children()
        if count and workers:
            assert workers[0].pid is not None
            os.kill(workers[0].pid, signal.SIGKILL)

    with Store(tmp_path / "store") as store:
        with pytest.raises(MemoryError, match="worker"):
            measured(points, store=store, executor="processes", workers=2, progress=kill)
        assert 0 < len(store) < 3 * len(points)
        assert measured(points, store=store) == expected
