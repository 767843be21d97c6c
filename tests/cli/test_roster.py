"""`ccsim roster`: the files it leaves, its JSON, and every way in which there is no roster."""

from __future__ import annotations

import csv
import json
import re
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.tiny import ccsim, only_folder

pytest.importorskip("ortools")
icalendar = pytest.importorskip("icalendar")
openpyxl = pytest.importorskip("openpyxl")

SCENARIO = """
name = "A small desk"
start = 2026-03-02
days = 14
timezone = "Europe/Rome"
drain = "1h"
seed = 3
replications = 3

[queue.phone]
channel = "phone"
open = { mon-sat = "08:00-18:00" }
volume = { per_day = 60, shape = "flat", weekday = { sun = 0 } }
service_level = "80/20"

[team.desk]
skills = { phone = 1 }
shifts = [{ agents = 2, hours = "08:00-18:00" }]
cost_per_hour = 20

[staffing]
premium = [{ days = "sat", factor = 1.5 }]
patterns = [
  { team = "desk", name = "early", days = "mon-sat", hours = "08:00-14:00", breaks = [
    { length = "15min", between = "10:00-11:00" },
  ] },
  { team = "desk", name = "late", days = "mon-sat", hours = "12:00-18:00", breaks = [
    "15:00-15:30",
  ], activities = ["16:00-16:30"] },
]

[roster]
people = { file = "people.csv" }
max_days_in_a_row = 5
one_saturday_in = 2
hours_tolerance = "3h"
late_after = "17:00"
"""

PEOPLE = """name;team;hours_per_week;available;leave;days_off;prefers
Zoë/1;desk;30;;;fri;early
Bo;desk;24,5;mon-fri 07:00-19:00;2026-03-09:2026-03-10;;
=Cy;desk;30;;;;
Di;desk;30;;;;late
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(PEOPLE)
    path = tmp_path / "desk.toml"
    path.write_text(SCENARIO)
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_what_a_roster_leaves(file: Path, tmp_path: Path) -> None:
    done = ccsim("roster", file, "--effort", 0.5, "--xlsx", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "keeps every rule" in done.output
    assert "one Saturday in 2" in done.output
    folder = only_folder(tmp_path / "out")
    names = {path.name for path in folder.iterdir()}
    assert names >= {"roster_desk.csv", "scenario.toml", "people.csv", "agents.csv", "rules.csv", "coverage.csv",
                     "calendars", "report.html", "report.xlsx", "provenance.json"}  # fmt: skip

    rows = read_rows(folder / "roster_desk.csv")
    assert {row["agent"].lstrip("'") for row in rows} == {"Zoë/1", "Bo", "=Cy", "Di"}

    # from two o'clock on there are late shifts alone: their break is taken by turns, what all attend is warned of
    required = {row["time"]: float(row["required"]) for row in read_rows(folder / "coverage.csv")}
    assert required["15:00"] > 0
    said = " ".join(done.output.split())
    assert "late: if all took their break at 15:00-15:30, nobody would be there for phone" in said
    assert "Warning: queue.phone: open for" in said

    # what is rostered is there: at half past ten those on the early shift whose break is not then
    there = {(row["date"], row["time"]): float(row["rostered"]) for row in read_rows(folder / "coverage.csv")}
    for day in {row["date"] for row in rows}:
        early = [row["breaks"] for row in rows if (row["date"], row["start"]) == (day, "08:00")]
        breaks = [rest for rest in early if rest in ("10:30-10:45", "10:45-11:00")]
        assert there[day, "10:30"] == len(early) - len(breaks) / 2

    # the same wishes are counted above and below, and overtime is told apart
    unfulfilled = re.search(r"Wishes not fulfilled: (\d+)", done.output)
    assert unfulfilled is not None
    assert re.search(rf"^wishes, days +if possible +{unfulfilled[1]}$", done.output, re.M)
    assert re.search(r"^Overtime hours to finish contacts: [\d.]+; without rules [\d.]+\.$", done.output, re.M)

    # each event is a row of the roster, in the time zone of the scenario
    files = sorted((folder / "calendars").iterdir())
    assert len(files) == 4
    events = [
        (event.decoded("dtstart"), event.decoded("dtend"))
        for path in files
        for event in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    ]
    starts = sorted(start.replace(tzinfo=None) for start, _ in events)
    assert starts == sorted(datetime.fromisoformat(f"{row['date']}T{row['start']}") for row in rows)
    assert {start.utcoffset() for start, _ in events} == {timedelta(hours=1)}
    assert {end - start for start, end in events} == {timedelta(hours=6)}

    grid = openpyxl.load_workbook(folder / "report.xlsx")["Agents by days"]
    cells = list(grid.iter_rows(values_only=True))
    assert cells[0][:3] == ("Agent", "Team", "Mon 2 Mar")
    assert len(cells) == 5
    assert len(cells[0]) == 2 + 14 + 1
    shifts = [cell for row in cells[1:] for cell in row[2:-1] if cell and "-" in cell]
    assert len(shifts) == len(rows)
    assert cells[2][9:11] == ("leave", "leave")


def test_the_scenario_of_a_roster_runs_to_the_same_figures(file: Path, tmp_path: Path) -> None:
    done = ccsim("roster", file, "--effort", 0.5, "--json", "--out", tmp_path / "out")
    result = json.loads(done.stdout)
    again = ccsim("run", only_folder(tmp_path / "out") / "scenario.toml", "--seed", 4, "--json")
    assert json.loads(again.stdout)["total"] == result["simulated"]["total"]
    assert result["simulated"]["seed"] == 4


def test_json(file: Path) -> None:
    first, second = (ccsim("roster", file, "--effort", 0.5, "--json") for _ in range(2))
    assert first.stdout == second.stdout
    result = json.loads(first.stdout)
    assert result["status"] in ("optimal", "feasible")
    assert 0 <= result["gap"] < 1
    assert [agent["name"] for agent in result["agents"]] == ["Zoë/1", "Bo", "=Cy", "Di"]
    shift = result["agents"][0]["shifts"][0]
    assert set(shift) == {"date", "start", "end", "breaks", "team", "shift"}
    assert date.fromisoformat(shift["date"]) >= date(2026, 3, 2)
    hard = {"skills", "availability", "leave", "rest", "days_in_a_row", "saturdays", "contract_hours", "shift_limits"}
    broken = {rule["rule"]: rule["broken"] for rule in result["rules"]}
    assert {rule for rule in hard if broken[rule]} == set()
    assert set(broken) == hard | {"late_fairness", "weekend_fairness", "wishes", "stable_week"}
    assert [note.partition(":")[0] for note in result["notes"]] == ["late"]
    assert any("nobody on duty who serves it, first on 2026-03-02" in warning for warning in result["warnings"])
    for of in ("simulated", "unrestricted"):
        assert result[of]["queues"]["phone"]["service_level"]["mean"] > 0


def test_the_plan_of_a_week_is_covered_in_every_week(file: Path, tmp_path: Path) -> None:
    assert ccsim("staff", file, "--set", "days=7", "--method", "erlang", "--out", tmp_path / "staff").exit_code == 0
    folder = only_folder(tmp_path / "staff")
    done = ccsim("roster", file, "--effort", 0.5, "--json", "--plan", folder)
    assert done.exit_code == 0, done.output
    of_shifts = json.loads(done.stdout)["covers"]
    assert of_shifts == "the shifts of a plan"
    (folder / "shifts.csv").unlink()
    held = ("roster", file, "--effort", 0.5, "--json", "--set", "queue.phone.outside_hours=hold")
    result = json.loads(ccsim(*held, "--plan", folder).stdout)
    assert result["covers"].endswith("of a week, repeated")
    # what the phone holds from Saturday on is in no plan of a week, and in one of two weeks once
    over = "phone: nobody serves it from Sat 7 Mar 18:00 on"
    assert [warning.startswith(over) for warning in result["warnings"]].count(True) == 1
    assert not any("nobody serves it from" in warning for warning in json.loads(ccsim(*held).stdout)["warnings"])


def test_no_roster_says_why(file: Path) -> None:
    done = ccsim("roster", file, "--set", "roster.hours_tolerance=0s", "--effort", 2)
    assert done.exit_code == 1
    assert "Bo: contract hours: week 2: 14.7 to 14.7 h wanted, 12 h possible" in done.output
    assert "Zoë/1" not in done.output
    result = json.loads(ccsim("roster", file, "--set", "roster.hours_tolerance=0s", "--json").stdout)
    assert (result["status"], result["gap"], result["simulated"]) == ("infeasible", None, None)
    hours = next(rule["broken"] for rule in result["rules"] if rule["rule"] == "contract_hours")
    assert {entry["agent"] for entry in hours} == {"Bo"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Bo;desk", "Bo;dsk", 'people.csv:3: no team "dsk"; did you mean "desk"?'),
        ("Bo;desk;24,5", "Bo;desk;many", "people.csv:3: hours_per_week: 'many'"),
        ("Bo;desk", "Di;desk", "people.csv:5: 'Di' a second time"),
        (";early", ";erly", "people.csv:2: a wish for shift 'erly'; did you mean \"early\"?"),
        ("2026-03-09:2026-03-10", "March", "people.csv:3: leave: 'March'"),
        ("mon-fri 07:00-19:00", "mon-fri 07:00", "people.csv:3: available: '07:00'"),
        ("hours_per_week", "hours", "no column 'hours_per_week'"),
    ],
)
def test_a_wrong_people_file_is_located(file: Path, tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE.replace(old, new))
    done = ccsim("roster", file)
    assert done.exit_code == 2
    assert said in done.output


def test_what_does_not_go_together_is_refused(file: Path, tmp_path: Path) -> None:
    assert "--cover or --plan" in ccsim("roster", file, "--cover", "erlang", "--plan", tmp_path).output
    nothing = ccsim("roster", file, "--plan", tmp_path)
    assert (nothing.exit_code, "no shifts.csv and no requirement.csv" in nothing.output) == (2, True)
    none = ccsim("roster", file, "--set", "roster={}")
    assert (none.exit_code, "roster: no agents" in none.output) == (2, True)


def test_a_missing_package_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        import_module("ccsim.cli.roster"), "find_spec", lambda name: None if name == "ortools" else name
    )
    done = ccsim("roster", file)
    assert (done.exit_code, "pip install 'ccsim[roster]'" in done.output) == (2, True)
