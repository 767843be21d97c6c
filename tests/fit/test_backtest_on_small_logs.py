"""Back-tests of logs that lack something end in scores or in a clear refusal."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from ccsim.cli import main

SHOP = """name = "shop"
start = 2026-06-01
days = 3
[queue.desk]
channel = "phone"
volume = { per_day = 9 }
work = 200
[team.a]
skills = { desk = 1 }
shifts = [{ agents = 2, days = "mon-fri", hours = "08:00-18:00" }]
"""


def shop_and_log(folder: Path, agent: str, night: bool = False, instant: int = 3) -> list[str]:
    """Writes both; the command that tests them."""
    lines = ["contact,queue,arrival,answer,end,agent,outcome"]
    for day in (1, 2, 3):
        for number in range(9):
            took = "00" if number == instant else "40"
            clock = f"2026-06-0{day} {9 + number // 2:02d}:{30 * (number % 2):02d}"
            lines.append(
                f"{day}{number},desk,{clock}:05,{clock}:20,{clock}:{'20' if took == '00' else '55'},{agent},answered"
            )
        if night:  # the last work of the day, and somebody away, end after midnight
            for number, start in enumerate(("23:50:00", "23:52:00")):
                answer = f"2026-06-0{day} 23:59:40" if number else f"2026-06-0{day} {start}"
                lines.append(
                    f"n{day}{number},desk,2026-06-0{day} {start},{answer},2026-06-0{day + 1} 00:20:00,{agent},answered"
                )
            lines.append(
                f"w{day},desk,2026-06-0{day} 23:58:00,2026-06-0{day + 1} 00:40:00,2026-06-0{day + 1} 00:45:00,"
                f"{agent},answered"
            )
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    (folder / "shop.toml").write_text(SHOP)
    arguments = [str(folder / "shop.toml"), str(folder / "log.csv"), "--mapping", "calls", "--json"]
    days = ["--train", "2026-06-01:2026-06-02", "--test", "2026-06-03", "--replications", "2"]
    return ["backtest", *arguments, *days]


def backtest(folder: Path, agent: str, night: bool = False, instant: int = 3) -> Result:
    return CliRunner().invoke(main, shop_and_log(folder, agent, night, instant))


def test_the_zone_of_the_scenario_is_that_of_a_log_that_names_none(tmp_path: Path) -> None:
    """Half past ten in the evening in UTC is the next day in Berlin; times without an offset are local already."""
    command = shop_and_log(tmp_path, "bo")
    log, shop = tmp_path / "log.csv", tmp_path / "shop.toml"
    late = [f"2026-06-02 22:30:0{second}Z" for second in (0, 5, 9)]
    log.write_text(log.read_text() + f"z,desk,{','.join(late)},bo,answered\n")
    shop.write_text('timezone = "Europe/Berlin"\n' + SHOP)
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    (day,) = json.loads(done.stdout)["rules"]["ready"]["arrivals"]["days"]
    assert day["offered"] == 10


def test_half_hours_whose_calls_take_no_time_have_scores(tmp_path: Path) -> None:
    done = backtest(tmp_path, "bo")
    assert done.exit_code == 0, done.output
    scores = json.loads(done.stdout)["rules"]["ready"]["services"]["scores"]
    assert scores["simulation"]["asa_by_day"] < 0.5
    assert scores["simulation"]["asa_weighted"] is not None


def test_a_log_without_agents_is_refused_for_that(tmp_path: Path) -> None:
    done = backtest(tmp_path, "")
    assert done.exit_code == 2
    assert "names no agents" in done.output
    assert "no team" not in done.output


def test_who_gave_up_at_no_known_time_counts(tmp_path: Path) -> None:
    command = shop_and_log(tmp_path, "bo")
    log = tmp_path / "log.csv"
    lines = [f"g{day},desk,2026-06-0{day} 10:07:00,,,,abandoned" for day in (1, 2, 3)]
    log.write_text(log.read_text() + "\n".join(lines) + "\n")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    (day,) = json.loads(done.stdout)["rules"]["ready"]["arrivals"]["days"]
    assert day["offered"] == 10
    assert day["abandonment_real"] == 0.1


def test_work_and_absence_past_midnight_stop_nothing(tmp_path: Path) -> None:
    done = backtest(tmp_path, "bo", night=True)
    assert done.exit_code == 0, done.output
