"""What no contact centre has is said, with its likely cause; what a log does not have is no "nobody" and no "never"."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccsim.errors import ScenarioError
from ccsim.fit.estimate import Fit, estimate
from ccsim.fit.plausibility import beyond_belief
from ccsim.fit.scenario import files
from ccsim.logs.mapping import Mapping
from ccsim.logs.readers import read_all

HALF_HOURS = [
    f"2026-05-{day:02d} {hour:02d}:{minute:02d}" for day in (4, 5) for hour in range(8, 14) for minute in (0, 30)
]


def intervals(folder: Path, handle_time: float, **how: Any) -> Fit:
    lines = ["at,queue,media,came,aht"] + [f"{at},desk,voice,12,{handle_time}" for at in HALF_HOURS]
    return fitted(
        folder,
        lines,
        kind="intervals",
        columns={"start": "at", "queue": "queue", "channel": "media", "offered": "came", "handle_time": "aht"},
        **how,
    )


def calls(folder: Path, lines: list[str], **columns: str) -> Fit:
    return fitted(folder, lines, kind="contacts", columns=columns)


def fitted(folder: Path, lines: list[str], **how: Any) -> Fit:
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    return estimate(read_all([folder / "log.csv"], [Mapping(**how)]), "ready")


def doubts(fit: Fit) -> str:
    return "\n".join(warning for warning in fit.warnings if warning.startswith("Implausible"))


def test_milliseconds_taken_for_seconds(tmp_path: Path) -> None:
    said = doubts(intervals(tmp_path, 310_000))
    assert "a contact takes 86 h of work on average" in said
    assert 'units = { handle_time = "ms" }' in said
    assert "agents at work at once" in said


def test_the_work_of_a_whole_interval_taken_for_a_mean(tmp_path: Path) -> None:
    assert "total_handle_time = true" in doubts(intervals(tmp_path, 12 * 700))


def test_minutes_taken_for_seconds(tmp_path: Path) -> None:
    for minutes in (4, 12.5):
        assert 'units = { handle_time = "min" }' in doubts(intervals(tmp_path, minutes))


@pytest.mark.parametrize(("work", "unit"), [(0.07, "h"), (0.0029, "d")])
def test_parts_of_a_day_taken_for_seconds(work: float, unit: str, tmp_path: Path) -> None:
    fit = intervals(tmp_path, work)
    assert f'units = {{ handle_time = "{unit}" }}' in doubts(fit)
    assert len(beyond_belief(fit.warnings)) == 1


def test_waits_of_intervals_in_milliseconds(tmp_path: Path) -> None:
    columns = {"start": "at", "offered": "came", "handled": "done", "handle_time": "aht"}
    lines = ["at,came,done,aht,asa"] + [f"{at},12,11,240,13000" for at in HALF_HOURS]
    of_intervals = {"kind": "intervals", "columns": columns, "durations": {"wait": "asa"}}
    said = doubts(fitted(tmp_path, lines, **of_intervals))
    assert "the answered waited 3h37m on average: is the unit of the wait right?" in said
    fit = fitted(tmp_path, lines, **of_intervals, units={"wait": "ms"})
    assert doubts(fit) == ""
    assert any("with it Erlang A gives the mean wait" in warning for warning in fit.queues["contacts"].warnings)


def test_days_without_a_time_of_day_are_no_contacts(tmp_path: Path) -> None:
    lines = [f"2026-05-{day:02d}{clock}" for day in range(4, 9) for clock in ("", " 00:00")]
    with pytest.raises(ScenarioError, match=r'a day without a time of day.*kind = "intervals"'):
        calls(tmp_path, ["came", *lines], arrival="came")
    timed = [f"2026-05-{day:02d} 09:{minute:02d}" for day in range(4, 9) for minute in range(12)]
    assert calls(tmp_path, ["came", *lines, *timed], arrival="came").queues["contacts"].contacts == 70


def test_intervals_are_no_contacts(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"full five minutes.*kind = .intervals"):
        calls(tmp_path, ["came", *HALF_HOURS], arrival="came")
    assert calls(tmp_path, ["came", *HALF_HOURS, HALF_HOURS[0]], arrival="came").queues["contacts"].contacts == 25


@pytest.mark.parametrize("total", [True, False])
def test_handle_times_of_intervals_that_go_with_their_number(total: bool, tmp_path: Path) -> None:
    """Totals taken for means grow with the number of contacts, means taken for totals fall."""
    draw = np.random.default_rng(4)
    numbers = draw.poisson(9, 2 * len(HALF_HOURS)) + 1
    at = HALF_HOURS + [
        f"2026-05-06{moment[10:]}" if moment < "2026-05-05" else f"2026-05-07{moment[10:]}" for moment in HALF_HOURS
    ]
    works = draw.gamma(2 * numbers, 120) / (1 if total else numbers)
    lines = ["at,came,aht"] + [f"{when},{n},{work:.0f}" for when, n, work in zip(at, numbers, works, strict=True)]
    how = {"kind": "intervals", "columns": {"start": "at", "offered": "came", "handle_time": "aht"}}
    fit = fitted(tmp_path, lines, **how, total_handle_time=total)
    assert doubts(fit) == ""
    assert fit.queues["contacts"].figures["work.mean"].mean == pytest.approx(240, rel=0.1)
    said = doubts(fitted(tmp_path, lines, **how, total_handle_time=not total))
    assert f"handle times {'grow' if total else 'fall'} with the number handled" in said


def test_the_same_column_twice(tmp_path: Path) -> None:
    assert "offered and handle_time are the same" in doubts(intervals(tmp_path, 12))


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_what_is_plausible_is_not_doubted(unit: str, tmp_path: Path) -> None:
    fit = intervals(tmp_path, 310 * (1000 if unit == "ms" else 1), units={"handle_time": unit})
    assert doubts(fit) == ""
    assert fit.queues["desk"].figures["work.mean"].mean == pytest.approx(310)


def test_answer_and_end_in_the_same_column(tmp_path: Path) -> None:
    lines = ["came,up,who"] + [f"{at}:00,{at}:20,ann" for at in HALF_HOURS]
    said = doubts(calls(tmp_path, lines, arrival="came", answer="up", end="up", agent="who"))
    assert "answer and end seem to be the same column" in said


def test_arrival_and_answer_in_the_same_column(tmp_path: Path) -> None:
    lines = ["came,done,who"] + [f"{at}:00,{at}:50,ann" for at in HALF_HOURS]
    columns = {"arrival": "came", "answer": "came", "end": "done", "agent": "who"}
    assert "arrival and answer seem to be the same" in doubts(calls(tmp_path, lines, **columns))


def test_days_as_intervals_do_not_tell_hours(tmp_path: Path) -> None:
    lines = ["at,came"] + [f"2026-05-{day:02d},200" for day in range(4, 18)]
    fit = fitted(tmp_path, lines, kind="intervals", columns={"start": "at", "offered": "came"})
    assert any(warning.startswith("Hours of the day are not known") for warning in fit.warnings)


def test_arrivals_only_give_volume_and_leave_the_rest_to_defaults(tmp_path: Path) -> None:
    fit = calls(tmp_path, ["opened,subject", *(f"{at}:07,login" for at in HALF_HOURS * 3)], arrival="opened")
    queue = fit.queues["contacts"]
    assert (queue.contacts, queue.gave_up) == (72, 0)
    assert any("when contacts came and nothing more" in warning for warning in queue.warnings)
    text = files(fit, "arrivals")["scenario.toml"]
    assert "patience" not in text.split("[queue.contacts]")[1]
    assert "Nobody gave up" not in text


def test_who_gave_up_at_no_known_time_counts_and_bounds_patience(tmp_path: Path) -> None:
    """Of exponential patience with a mean of 300 s, when all that is known is who left, and the waits of the others.

    Over 200 seeds the mean estimate is 301 s, its standard deviation 9 s, and 97 % of the intervals hold 300 s.
    """
    draw = np.random.default_rng(1)
    offered, patience = draw.uniform(20, 200, 3000), draw.exponential(300, 3000)
    start = pd.Timestamp("2026-05-04 08:00")
    lines = ["id,came,up,done,who,how"]
    for number, (wait, limit) in enumerate(zip(offered, patience, strict=True)):
        came = start + pd.Timedelta(days=number // 600, seconds=60 * (number % 600))
        up = came + pd.Timedelta(seconds=round(wait))
        rest = f"{up},{up + pd.Timedelta(seconds=90)},ann,answered" if wait < limit else ",,,abandoned"
        lines.append(f"{number},{came},{rest}")
    fit = calls(tmp_path, lines, contact="id", arrival="came", answer="up", end="done", agent="who", outcome="how")
    queue = fit.queues["contacts"]
    assert (queue.contacts, queue.gave_up) == (3000, int((offered >= patience).sum()))
    result = queue.figures["patience.mean"]
    assert result.low < 300 < result.high
    assert result.mean == pytest.approx(300, rel=0.1)
    assert "Nobody gave up" not in "".join(queue.warnings)


def test_known_times_stand_for_the_unknown(tmp_path: Path) -> None:
    lines = ["came,up,done,who,how"]
    for number, at in enumerate(HALF_HOURS * 4):
        rest = [f"{at}:10,{at}:50,ann,answered", f",{at}:30,,abandoned", ",,,abandoned"][number % 3]
        lines.append(f"{at}:0{number % 7},{rest}")
    fit = calls(tmp_path, lines, arrival="came", answer="up", end="done", agent="who", outcome="how")
    assert fit.queues["contacts"].distributions["patience"].sample.ended.sum() == 64
    assert any("taken as those of the 32" in warning for warning in fit.queues["contacts"].warnings)


def test_a_log_that_begins_at_three_in_the_night_has_no_half_first_day(tmp_path: Path) -> None:
    at = pd.date_range("2026-05-04 03:01", "2026-05-14 02:51", freq="10min")
    fit = calls(tmp_path, ["came", *(str(moment) for moment in at)], arrival="came")
    assert (str(fit.days[0]), str(fit.days[-1])) == ("2026-05-05", "2026-05-13")
    assert set(fit.queues["contacts"].profile.counts.sum(axis=1)) == {144.0}
    assert sum("a part of it only" in warning for warning in fit.warnings) == 2


WHOLE = {"contact": "id", "arrival": "came", "answer": "up", "end": "done", "agent": "who"}


def month(*others: str, customer: str = "", contacts: int = 300) -> list[str]:
    """Half-hourly calls, and other lines."""
    at = pd.date_range("2026-05-04 08:00", periods=contacts, freq="30min")
    calls_ = [f"{n},{moment},{moment},{moment + pd.Timedelta(minutes=3)},ann,{customer}" for n, moment in enumerate(at)]
    return ["id,came,up,done,who,caller", *calls_, *others]


@pytest.mark.parametrize("year", [1970, 2025, 2062])
def test_a_line_with_a_wrong_year_makes_no_scenario_of_empty_days(year: int, tmp_path: Path) -> None:
    line = f"x,{year}-05-05 09:00:00,{year}-05-05 09:00:10,{year}-05-05 09:01:00,ann,"
    fit = calls(tmp_path, month(line), **WHOLE)
    assert fit.days == calls(tmp_path, month(), **WHOLE).days
    assert any("line 302 left out: 60 days or more from nearly all other lines" in text for text in fit.warnings)
    assert fit.logs.readings[0][1].refused["line"].tolist() == [302]


def test_a_part_of_the_log_that_is_far_from_the_rest_is_named_and_kept(tmp_path: Path) -> None:
    lines = [f"x{n},2026-08-05 09:0{n}:00,2026-08-05 09:0{n}:10,2026-08-05 09:0{n}:30,ann," for n in range(7)]
    fit = calls(tmp_path, month(*lines), **WHOLE)
    assert fit.queues["contacts"].contacts == 307
    said = "lines 302, 303, 304, 305, 306 and 2 more of 2026-08-05: 60 days or more from the others"
    assert any(said in text for text in fit.warnings)
    near = [line.replace("2026-08", "2026-07") for line in lines]
    assert not any("from the others" in text for text in calls(tmp_path, month(*near), **WHOLE).warnings)


def test_a_call_of_weeks_is_named(tmp_path: Path) -> None:
    for day, named in ((20, True), (18, False)):
        line = f"x,2026-05-05 09:00:00,2026-05-05 09:00:10,2026-05-{day} 09:01:00,ann,"
        said = calls(tmp_path, month(line), **WHOLE).warnings
        assert any("line 302: 14 days and longer" in text for text in said) == named


@pytest.mark.parametrize("word", ["anonymous", "Unknown", "WITHHELD", "Privat", "+266696687", "NULL"])
def test_callers_who_withhold_their_number_are_not_one_customer(word: str, tmp_path: Path) -> None:
    fit = calls(tmp_path, month(customer=word), customer="caller", **WHOLE)
    assert fit.logs.contacts is not None
    assert fit.logs.contacts["customer"].isna().all()
    assert any(text.startswith("Customers are not known") for text in fit.warnings)


def test_a_customer_of_many_contacts_is_doubted(tmp_path: Path) -> None:
    others = [line.replace(",bob", f",c{n}") for n, line in enumerate(month(customer="bob")[1:])]

    def doubted(often: int, **how: Any) -> bool:
        lines = [*month(customer="bob")[: often + 1], *others[often:]]
        fit = fitted(tmp_path, lines, kind="contacts", columns={"customer": "caller", **WHOLE}, **how)
        return any('unknown.customer = ["bob"]' in text for text in fit.warnings)

    assert [doubted(often) for often in (10, 19, 20, 150)] == [False, False, True, True]
    assert not doubted(20, unknown={"customer": ["bob"]})


def test_a_roster_of_others_or_of_other_days_is_said(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("\n".join(month(contacts=96)) + "\n")
    how = [Mapping(kind="contacts", columns=WHOLE),
           Mapping(kind="rosters", columns={"agent": "who", "start": "from", "end": "to"})]  # fmt: skip
    for who, days, said in (
        ("ann", (4, 5, 6), ""),
        ("ann", (4, 5), "The roster has no shift on 1 day on which somebody answered, the first 2026-05-06."),
        (
            "Ann B.",
            (4, 5, 6),
            "100 % of the answered were answered by agents who are not in the roster, such as ann (it",
        ),
    ):
        shifts = [f"{who},2026-05-{day:02d} 00:00,2026-05-{day:02d} 23:59" for day in days]
        (tmp_path / "roster.csv").write_text("\n".join(["who,from,to", *shifts]) + "\n")
        fit = estimate(read_all([tmp_path / "log.csv", tmp_path / "roster.csv"], how), "ready")
        about = [warning for warning in fit.warnings if "the roster " in warning.lower().replace(",", " ")]
        assert (said in about[0] and len(about) == 1) if said else not about
    (tmp_path / "log.csv").write_text("at,came,done\n" + "".join(f"{at},9,9\n" for at in HALF_HOURS))
    columns = {"start": "at", "offered": "came", "handled": "done"}
    logs = read_all(
        [tmp_path / "log.csv", tmp_path / "roster.csv"], [Mapping(kind="intervals", columns=columns), how[1]]
    )
    assert "The roster has no shift" not in str(estimate(logs, "ready").warnings)
    assert logs.rosters is not None
    late = {edge: logs.rosters[edge] + pd.Timedelta(days=9) for edge in ("start", "end")}
    said = str(estimate(replace(logs, rosters=logs.rosters.assign(**late)), "ready").warnings)
    assert "The roster has no shift on 2 days on which somebody answered" in said
