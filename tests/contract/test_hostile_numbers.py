"""Numbers beyond sense: each is refused with its place, so that what `check` passes runs."""

from pathlib import Path

import pytest

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.mapping import Mapping
from ccsim.logs.readers import read
from ccsim.scenario.check import warnings
from ccsim.scenario.read import load
from ccsim.scenario.values import target
from ccsim.workload.expectations import expectations

SMALL = """
start = 2026-03-02
days = 1
drain = "2h"

[queue.phone]
channel = "phone"
open = "08:00-18:00"
volume = { per_day = 60 }

[team.a]
skills = { phone = 1 }
shifts = [{ agents = 2, hours = "08:00-18:00" }]
"""


def refused(file: Path, *changes: str) -> tuple[Problem, ...]:
    """What `check` says; nothing else may come out of it."""
    with pytest.raises(ScenarioError) as wrong:
        load(file, None, changes)
    return wrong.value.problems


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("0.8/20", "80/20"), ("0.95% in 24h", "95% in 24h"), ("0.999/10", "99.9/10")],
)
def test_a_share_is_no_percentage(wrong: str, meant: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as refused:
        target(wrong)
    assert f'did you mean "{meant}"?' in str(refused.value)


def test_no_target_at_all_and_one_percent_are_targets() -> None:
    assert target("0/20") == (0.0, 20_000_000)
    assert target("1/20") == (0.01, 20_000_000)


NULL_DATES = ("0001-01-01T00:00:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-11:00")


@pytest.mark.parametrize("zone", ["", 'timezone = "Europe/Rome"\n'])
@pytest.mark.parametrize("moment", NULL_DATES)
def test_a_date_that_stands_for_none_is_refused_by_its_line(zone: str, moment: str, tmp_path: Path) -> None:
    (tmp_path / "mails.csv").write_text(f"came\n2026-03-02T10:00:00{moment[19:]}\n{moment}\n")
    (tmp_path / "s.toml").write_text(
        zone + SMALL.replace("{ per_day = 60 }", '{ log = "mails.csv", arrived_at = "came" }')
    )
    assert ("mails.csv:3", f"'{moment}'") in [(p.path, p.value) for p in refused(tmp_path / "s.toml")]


@pytest.mark.parametrize("zone", ["Europe/Rome", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("moment", NULL_DATES)
def test_a_date_that_stands_for_none_in_a_log_is_left_out_of_a_fit(zone: str, moment: str, tmp_path: Path) -> None:
    columns = {name: name for name in ("arrival", "answer", "end")}
    how = Mapping.model_validate({"kind": "contacts", "timezone": zone, "columns": columns})
    (tmp_path / "calls.csv").write_text(
        f"arrival,answer,end\n2026-03-02 10:00,2026-03-02 10:01,2026-03-02 10:05\n{moment},,\n"
    )
    result = read(tmp_path / "calls.csv", how)
    assert len(result.rows) == 1


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ('work={ dist = "lognormal", median = "4m", sigma = 40 }', "work.sigma"),
        ('wrap_up={ dist = "lognormal", median = "0s", sigma = 40 }', "wrap_up.sigma"),
        ('patience={ dist = "lognormal", median = "36500d", sigma = 9 }', "patience"),
        (
            "work={ parts = [{ weight = 1e308, constant = 1 }, { weight = 1e308, constant = 2 }] }",
            "work.parts.0.weight",
        ),
        ('work={ parts = [{ weight = 1, dist = "lognormal", median = "1d", sigma = 10 }] }', "work.parts.0"),
        ("work={ mean = 1e308 }", "work.mean"),
        ('volume={ per_day = 60, shape = [["00:00", 1e308], ["12:00", 1e308]] }', "volume.shape.0"),
        ("volume={ per_day = 60, weekday = { mon = 1e308 } }", "volume.weekday.mon"),
        ("volume={ per_day = 1e300 }", "volume.per_day"),
    ],
)
def test_a_number_beyond_sense_is_refused_with_its_place(change: str, place: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SMALL)
    assert f"queue.phone.{place}" in [problem.path for problem in refused(tmp_path / "s.toml", f"queue.phone.{change}")]


@pytest.mark.parametrize(
    "change",
    [
        'work={ dist = "lognormal", median = "1ms", sigma = 7 }',
        'patience={ dist = "lognormal", median = "1ms", sigma = 7 }',
        'patience={ dist = "lognormal", median = "0s", sigma = 10 }',
        "patience={ mean = 0, cv = 100 }",
        "work={ mean = 3e9 }",
        "work={ mean = 1e-9 }",
        "wrap_up=0\nwork=0",
        "volume={ per_day = 1e-300 }",
        'volume={ per_day = 60, shape = [["00:00", 1e-300], ["12:00", 1e12]] }',
        "volume.scale=0",
    ],
)
def test_what_check_passes_has_a_theory(change: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SMALL)
    scenario = load(tmp_path / "s.toml", None, [f"queue.phone.{one}" for one in change.split("\n")])
    assert len([*warnings(scenario), *expectations(scenario)]) <= 3
