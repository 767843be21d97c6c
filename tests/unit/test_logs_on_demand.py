"""Tables of logs cost time and memory: they are made when somebody asks for them, once, and are always the same."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import ccsim
from ccsim.cli import main
from ccsim.results import logs
from tests.cli.tiny import write_tiny


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The replications whose tables were made."""
    made: list[int] = []
    tables = logs.tables

    def noted(replication: int, *rest: Any) -> Any:
        made.append(replication)
        return tables(replication, *rest)

    monkeypatch.setattr(logs, "tables", noted)
    return made


@pytest.fixture
def centre(tmp_path: Path) -> ccsim.Centre:
    return ccsim.load(write_tiny(tmp_path))


def test_figures_make_no_tables(centre: ccsim.Centre, asked: list[int]) -> None:
    results = centre.run(engine="simpy", replications=2)
    assert results.estimate("total", "total", "offered") is not None
    assert asked == []
    contacts = results.contacts
    assert asked == [1]
    assert results.contacts is contacts
    assert results.agents.num_rows
    assert asked == [1]


def test_json_without_a_folder_makes_no_tables(centre: ccsim.Centre, asked: list[int], tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["run", str(centre.file), "--json", "--engine", "simpy"])
    assert json.loads(result.stdout)["scenario"] == centre.name
    assert asked == []
    CliRunner().invoke(main, ["run", str(centre.file), "--json", "--engine", "simpy", "--out", str(tmp_path / "out")])
    assert asked == [1]


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_tables_do_not_depend_on_where_they_come_from(centre: ccsim.Centre, executor: str) -> None:
    here = centre.run(engine="simpy", replications=2)
    there = centre.run(engine="simpy", replications=2, workers=2, executor=executor)
    kept = pickle.loads(pickle.dumps(here))
    compared = centre.compare({"again": centre}, engine="simpy", replications=2, workers=1).variants[0].results
    for name in logs.LOGS:
        for other in (there, kept, compared):
            assert other.logs[name].equals(here.logs[name], check_metadata=True)


def test_rows_are_sorted_by_agent_start_activity_and_contact() -> None:
    random = np.random.default_rng(1)
    for size in (0, 1, 2, 3, 50, 1000):
        agents, start, contacts = (
            random.integers(0, 3, size),
            random.integers(0, 20, size),
            random.integers(-1, 9, size),
        )
        activity = np.sort(random.integers(0, 3, size)).astype(np.int8)
        order = logs._sorted(agents, start, activity, contacts)
        assert np.array_equal(order, np.lexsort((contacts, activity, start, agents)))


def test_columns_as_arrays_are_what_arrow_makes_of_them(centre: ccsim.Centre) -> None:
    results = centre.run(engine="simpy", replications=1)
    columns = [table[name] for table in results.logs.values() for name in table.column_names]
    assert any(column.null_count for column in columns)
    for column in (part for whole in columns for part in (whole, whole.slice(3, 9), whole.slice(0, 0))):
        for missing in (None, -1):
            expected = column.fill_null(missing) if missing and column.null_count else column
            actual = logs.as_array(column, missing)
            assert actual.dtype == expected.to_numpy().dtype
            np.testing.assert_array_equal(actual, expected.to_numpy())


def test_a_run_and_its_charts_need_no_pandas(tmp_path: Path) -> None:
    program = (
        "import sys, ccsim\n"
        "from ccsim import charts\n"
        f"results = ccsim.load({str(write_tiny(tmp_path))!r}).run(engine='simpy', replications=2)\n"
        "assert [charts.figure(name, results) for name in charts.applicable(results)]\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
