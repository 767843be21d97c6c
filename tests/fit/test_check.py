"""The scenario is run on the log's own days and set beside the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.scenario.read import load

HEAD = "contact,queue,arrival,answer,end,agent,outcome"


def centre(
    folder: Path,
    seen: bool = True,
    days: int = 10,
    seed: int = 3,
    calls: int = 360,
    agents: int = 3,
    rings: Sequence[float] = (0,),
    opens: str = "09:00",
    after: float = 0.0,
) -> Path:
    """Calls of three agents, worked off in order of arrival; `seen` false: one more answers, unnamed.

    A call rings for one of `rings` (s), any alike. After each an agent takes an exponential time with the mean `after`
    (s), of which the log has nothing.

    Patience is exponential with a mean of 120 s, work with one of 200 s; 360 calls a day in eight hours.
    """
    draw, lines = np.random.default_rng(seed), [HEAD]
    for day in range(days):
        start = pd.Timestamp(f"2026-06-01 {opens}") + pd.Timedelta(days=day)
        free = dict.fromkeys(["ann", "bob", "cat"][:agents] + ([] if seen else [""]), 0.0)
        for number, at in enumerate(np.sort(draw.uniform(0, 8 * 3600, draw.poisson(calls)))):
            agent = min(free, key=lambda name: (max(free[name], at), free[name]))
            answer, patience, work = max(free[agent], at), draw.exponential(120), draw.exponential(200)
            answer += draw.choice(rings) if len(rings) > 1 else rings[0]
            moments = [
                start + pd.Timedelta(seconds=int(second)) for second in (at, answer, answer + work, at + patience)
            ]
            came, answered, done, left = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments)
            if answer - at > patience:
                lines.append(f"{day}-{number},desk,{came},,{left},,abandoned")
            else:
                free[agent] = answer + work + (draw.exponential(after) if after else 0.0)
                lines.append(f"{day}-{number},desk,{came},{answered},{done},{agent.strip()},answered")
    file = folder / "log.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def fit(log: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        main, ["fit", str(log), "--mapping", "calls", "--out", str(log.parent / "out"), *arguments]
    )


def printed(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return printed(fit(centre(tmp_path_factory.mktemp("seen")), "--json"))


def test_a_scenario_repeats_a_log_that_shows_all(repeated: dict[str, Any]) -> None:
    """The waits of three agents who are always there come back within chance; figures of the log are its own."""
    desk = repeated["check"]["desk"]
    for metric in ("offered", "handle_mean", "abandonment", "service_level", "asa"):
        band = desk[metric]["scenario"]
        assert band["low"] <= desk[metric]["log"] <= band["high"], metric
    assert desk["handle_mean"]["log"] == pytest.approx(200, rel=0.1)
    assert set(repeated["check_by_weekday"]["desk"]["monday"]) == set(desk)
    assert 0 < repeated["check"]["total"]["utilisation"]["log"] < 1
    assert repeated["findings"] == []
    assert repeated["queues"]["desk"]["offered_per_day"] == pytest.approx(360, rel=0.1)


def test_figures_are_those_of_the_log(tmp_path: Path) -> None:
    log = centre(tmp_path, days=7)
    rows = pd.read_csv(log, parse_dates=["arrival", "answer", "end"])
    desk = printed(fit(log, "--json"))["check"]["desk"]
    waited = (rows["answer"] - rows["arrival"]).dt.total_seconds()
    assert desk["offered"]["log"] == len(rows)
    assert desk["asa"]["log"] == pytest.approx(waited.mean())
    assert desk["abandonment"]["log"] == pytest.approx((rows["outcome"] == "abandoned").mean())
    assert desk["service_level"]["log"] == pytest.approx((waited <= 20).mean())


def test_agents_whom_nobody_sees_are_named_as_the_cause_and_calibrated_away(tmp_path: Path) -> None:
    """One of four answers without a name, so that the scenario's three have too much to do."""
    log = centre(tmp_path, seen=False)
    plain = fit(log)
    assert plain.exit_code == 0, plain.output
    assert "agents who were there and free are not seen in the log" in plain.output
    assert "The scenario does not repeat the log" in (tmp_path / "out" / "report.html").read_text()
    result = printed(fit(log, "--calibrate", "--json"))
    assert result["factor"] < 0.95
    asa = result["check"]["desk"]["asa"]
    assert asa["scenario"]["mean"] == pytest.approx(asa["log"], rel=0.5, abs=3)
    assert f"pace = {{ desk = {result['factor']:.5g} }}" in (tmp_path / "out" / "scenario.toml").read_text()


@pytest.mark.parametrize(("agents", "calls"), [(1, 30), (2, 40)])
def test_agents_with_little_to_do_are_there_all_day(tmp_path: Path, agents: int, calls: int) -> None:
    """Between two calls an hour passes, and still nobody was away: waits come back, not those of an empty desk."""
    result = printed(fit(centre(tmp_path, calls=calls, agents=agents), "--json"))
    for metric in ("abandonment", "asa", "service_level"):
        row = result["check"]["desk"][metric]
        assert not row["differs"], (metric, row)
    with (tmp_path / "out" / "roster_team1.csv").open() as file:
        shifts = pd.read_csv(file)
    there = sum(
        pd.to_timedelta(shifts[name]).dt.total_seconds().sum() * sign for name, sign in (("end", 1), ("start", -1))
    )
    assert there == pytest.approx(10 * agents * 8 * 3600, rel=0.1)


@pytest.mark.parametrize(("opens", "closes"), [("20:00", "04:00"), ("22:30", "06:30")])
def test_nights_are_those_of_the_day_on_which_they_begin(tmp_path: Path, opens: str, closes: str) -> None:
    """Hours and agents run over midnight, also into the first day; nobody waits in the evening for who comes late."""
    result = printed(fit(centre(tmp_path, calls=40, agents=2, opens=opens), "--json"))
    for metric in ("abandonment", "asa", "service_level"):
        row = result["check"]["desk"][metric]
        assert not row["differs"], (metric, row)
    assert f'open = {{ mon-sun = "{opens}-{closes}" }}' in (tmp_path / "out" / "scenario.toml").read_text()
    shifts = pd.read_csv(tmp_path / "out" / "roster_team1.csv")
    first = shifts[shifts["date"] == shifts["date"].min()]
    assert set(first["agent"][first["start"] == "00:00:00"]) == {"ann", "bob"}


def test_agents_who_are_slow_to_answer_are_there(tmp_path: Path) -> None:
    """Three agents with little to do let it ring for 5 or some 30 s: that is no absence, and waits come back."""
    result = printed(fit(centre(tmp_path, calls=60, rings=(5, 28, 29, 30, 31, 32)), "--json"))
    for metric in ("abandonment", "asa", "service_level"):
        row = result["check"]["desk"][metric]
        assert not row["differs"], (metric, row)
    assert "Agents are slow to answer" in (tmp_path / "out" / "scenario.toml").read_text()
    delay = load(tmp_path / "out" / "scenario.toml").queue["desk"].answer_delay
    assert delay.mean == pytest.approx(155 / 6, abs=2)
    quick = (delay.value(np.linspace(0.005, 0.995, 100)) <= 20).mean()
    assert quick == pytest.approx(1 / 6, abs=4 * np.sqrt(5 / 36 / 600))


def test_what_agents_take_after_a_contact_is_learned_from_who_waits_then(tmp_path: Path) -> None:
    """45 s on average after each call, not in the log: the mean comes back, and the waits; handle times are the log's.

    Some 1,200 calls end while somebody waits: a standard error of 45 / sqrt(1,200) = 1.3 s, and up to a second as the
    log has whole seconds.
    """
    result = printed(fit(centre(tmp_path, after=45), "--json"))
    for metric in ("abandonment", "asa", "service_level", "handle_mean"):
        row = result["check"]["desk"][metric]
        assert not row["differs"], (metric, row)
    queue = load(tmp_path / "out" / "scenario.toml").queue["desk"]
    assert queue.wrap_up.mean == pytest.approx(45, abs=5)
    assert "Agents are not free at once after a contact" in (tmp_path / "out" / "scenario.toml").read_text()
    busy = result["check"]["total"]["utilisation"]
    assert abs(busy["log"] - busy["scenario"]["mean"]) < 0.05


def test_agents_who_take_the_next_at_once_have_no_wrap_up(tmp_path: Path) -> None:
    fit(centre(tmp_path, days=5))
    assert 'wrap_up = "0s"' in (tmp_path / "out" / "scenario.toml").read_text()


def test_a_day_on_which_nobody_came_is_closed(tmp_path: Path) -> None:
    """The third Monday is a holiday: no volume on it, and the other Mondays' mean without it."""
    log = centre(tmp_path, days=21)
    rows = pd.read_csv(log, dtype=str)
    rows[~rows["arrival"].str.startswith("2026-06-15")].to_csv(log, index=False)
    result = printed(fit(log, "--json"))
    volumes = pd.read_csv(tmp_path / "out" / "volumes.csv").groupby("date")["desk"].sum()
    assert "2026-06-15" not in volumes
    assert volumes["2026-06-08"] == pytest.approx(360, rel=0.1)
    assert not result["check"]["desk"]["offered"]["differs"]


def test_thin_logs_are_compared_with_their_chance(tmp_path: Path) -> None:
    """Some hundred calls of two days, an eighth of whom gave up: what the scenario has is within chance of that."""
    log = centre(tmp_path, days=2)
    few = log.read_text().splitlines()
    log.write_text("\n".join([few[0], *few[1::6]]) + "\n")
    result = printed(fit(log, "--json"))
    for metric in ("abandonment", "asa"):
        row = result["check"]["desk"][metric]
        assert not row["differs"], row


def test_figures_beyond_belief_are_not_written_unless_asked_for(tmp_path: Path) -> None:
    lines = ["at,queue,came,aht"] + [f"2026-05-04 {hour:02d}:00,desk,12,310000" for hour in range(8, 14)]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "map.toml").write_text(
        'kind = "intervals"\ncolumns = { start = "at", queue = "queue", offered = "came", handle_time = "aht" }\n'
    )
    arguments = [
        "fit",
        str(tmp_path / "log.csv"),
        "--mapping",
        str(tmp_path / "map.toml"),
        "--out",
        str(tmp_path / "o"),
    ]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert 'units = { handle_time = "ms" }' in done.output
    assert not (tmp_path / "o").exists()
    assert CliRunner().invoke(main, [*arguments, "--anyway"]).exit_code == 0
    assert (tmp_path / "o" / "scenario.toml").exists()


def test_made_up_staffing_is_not_calibrated_but_named(tmp_path: Path) -> None:
    log = centre(tmp_path, days=3)
    rows = pd.read_csv(log, dtype=str).assign(agent="")
    rows.to_csv(log, index=False)
    done = fit(log, "--calibrate")
    assert done.exit_code == 0, done.output
    assert "Not calibrated: no named agents" in done.output
    assert "pace" not in (tmp_path / "out" / "scenario.toml").read_text()


def test_the_cause_is_shown_with_the_figure_that_proves_it(tmp_path: Path) -> None:
    """On ten days as many come as ever, but all within ten minutes of each hour: no profile of half hours has that."""
    log = centre(tmp_path, calls=240, agents=3)
    rows = pd.read_csv(log, parse_dates=["arrival", "answer", "end"])
    draw = np.random.default_rng(1)
    lines, free = [HEAD], dict.fromkeys(["ann", "bob", "cat"], pd.Timestamp("2026-06-01"))
    hour = rows["arrival"].dt.floor("h")
    came = (hour + pd.to_timedelta(draw.integers(0, 600, len(rows)), unit="s")).sort_values()
    for number, at in enumerate(came):
        agent = min(free, key=lambda name: (max(free[name], at), free[name]))
        answer = max(free[agent], at)
        free[agent] = answer + pd.Timedelta(seconds=int(draw.exponential(200)))
        lines.append(f"{number},desk,{at},{answer},{free[agent]},{agent},answered")
    log.write_text("\n".join(lines) + "\n")
    result = printed(fit(log, "--json"))
    (finding,) = (one for one in result["findings"] if "service level" in one)
    assert "contacts did not come as the profile" in finding
    assert "With the log's own times of arrival the scenario has" in finding


def test_who_is_taken_first_is_counted_where_it_is_not_who_waited_longest(tmp_path: Path) -> None:
    from ccsim.fit.causes import taken_in_order

    log = pd.DataFrame(
        {
            "queue": "desk",
            "arrival": pd.to_datetime(
                ["2026-06-01 09:00:00", "2026-06-01 09:00:10", "2026-06-01 09:00:20", "2026-06-01 12:00:00"]
            ),
            "answer": pd.to_datetime(
                ["2026-06-01 09:03:00", "2026-06-01 09:01:00", "2026-06-01 09:02:00", "2026-06-01 12:00:05"]
            ),
            "end": pd.to_datetime("2026-06-01 13:00:00"),
        }
    )
    assert taken_in_order(log) == pytest.approx(1 / 3)  # the second and third before the first, which waited longest
    assert taken_in_order(log.assign(answer=log["answer"].sort_values().to_numpy())) == 1


def test_a_name_that_is_there_day_and_night_is_there_on_every_day(tmp_path: Path) -> None:
    """Two desks that are staffed for ten days on end: the days have shifts of half a day, and nobody waits at night."""
    draw, lines, free = np.random.default_rng(5), [HEAD], dict.fromkeys(["desk 1", "desk 2"], 0.0)
    for number, at in enumerate(np.sort(draw.uniform(0, 10 * 86400, 1500))):
        agent = min(free, key=lambda name: (max(free[name], at), free[name]))
        answer, patience = max(free[agent], at), draw.exponential(600)
        done = answer + draw.exponential(400)
        moments = [
            pd.Timestamp("2026-06-01") + pd.Timedelta(seconds=int(second))
            for second in (at, answer, done, at + patience)
        ]
        came, answered, ended, left = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments)
        if answer - at > patience:
            lines.append(f"{number},desk,{came},,{left},,abandoned")
        else:
            free[agent] = done
            lines.append(f"{number},desk,{came},{answered},{ended},{agent},answered")
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    result = printed(fit(tmp_path / "log.csv", "--json"))
    for metric in ("abandonment", "asa", "service_level"):
        row = result["check"]["desk"][metric]
        assert not row["differs"], (metric, row)
    shifts = pd.read_csv(tmp_path / "out" / "roster_team1.csv")
    length = (pd.to_timedelta(shifts["end"]) - pd.to_timedelta(shifts["start"])).dt.total_seconds() % 86400
    assert length.sum() == pytest.approx(20 * 86400, rel=0.01)


def test_where_nothing_can_be_compared_there_is_no_agreement(tmp_path: Path) -> None:
    """One of fifty lines has a wrong year, so that the days that the scenario repeats are empty."""
    log = centre(tmp_path, days=1, calls=50)
    log.write_text(log.read_text() + "x,desk,2062-06-01 09:00:00,,2062-06-01 09:01:00,,abandoned\n")
    done = fit(log)
    assert done.exit_code == 0, done.output
    assert "Nothing could be compared: the log has no contacts on the days that the scenario repeats" in done.output
    assert "of 2062-06-01: 60 days or more from the others" in done.output
    assert "No difference" not in done.output
