"""The report of a sweep: its best points, its tables, and what is known of no point."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccsim.report.of_sweep import document
from ccsim.report.page import page
from ccsim.results.sweeps import Sweep
from ccsim.scenario import read
from ccsim.scenario.design import Design, read_setting
from ccsim.studies.points import Points
from ccsim.studies.sweep import read_figures, sweep

FILE = Path(__file__).parents[2] / "scenarios" / "phone_8020.toml"


@pytest.fixture(scope="module")
def result() -> Sweep:
    base = read.load(FILE, None, ["replications=2", "days=1"])
    team = next(iter(base.team))
    settings = (
        read_setting(f"team.{team}.shifts.0.agents", "18:20"),
        read_setting(f"queue.{next(iter(base.queue))}.volume.scale", "0.9,1.1"),
    )
    return sweep(Points.checked(Design(base, settings, "grid", None, True, FILE)), engine="compiled", workers=1)


def test_the_best_point_of_each_figure_is_named(result: Sweep) -> None:
    figures = read_figures(("service_level", "abandonment"), result.design)
    report = document(result, figures, {"versions": {}})
    assert report.status is None
    levels = [estimate.mean for estimate in result.estimates(figures[0])]
    best = result.design.rows[levels.index(max(levels))]
    assert report.facts[0].label == "best service level"
    assert all(str(value) in report.facts[0].detail for value in best)
    assert f"{100 * min(levels):.1f} %" in report.answer
    assert f"{100 * max(levels):.1f} %" in report.answer


def test_every_point_and_every_setting_alone_is_in_a_table(result: Sweep) -> None:
    figures = read_figures(("service_level",), result.design)
    tables = {table.title: table for table in document(result, figures, {"versions": {}}).tables()}
    points = tables["Points"]
    assert len(points.rows) == len(result.design.rows) == 6
    assert [row[1:3] for row in points.rows] == [tuple(row) for row in result.design.rows]
    assert [row[3] for row in points.rows] == result.estimates(figures[0])
    alone = tables["Each setting alone: total service level"]
    assert {row[0] for row in alone.rows} == {setting.path for setting in result.design.settings}


def test_durations_have_a_unit() -> None:
    base = read.load(FILE, None, ["replications=1", "days=1"])
    settings = (read_setting(f"queue.{next(iter(base.queue))}.patience", "30s,2m"),)
    result = sweep(Points.checked(Design(base, settings, "grid", None, True, FILE)), engine="compiled", workers=1)
    figures = read_figures(("abandonment",), result.design)
    report = document(result, figures, {"versions": {}})
    tables = {table.title: table for table in report.tables()}
    assert tables["Points"].columns[1].title == f"{settings[0].path} (s)"
    assert [row[1] for row in tables["Each setting alone: total abandonment"].rows] == ["30s", "2m"]
    assert report.facts[0].detail in (f"at {settings[0].path} 30s", f"at {settings[0].path} 2m")


def test_page_shows_it_without_a_verdict(result: Sweep) -> None:
    text = page(document(result, read_figures((), result.design), {"versions": {}}))
    assert 'class="answer "' in text
    assert result.design.settings[0].path in text


@pytest.mark.parametrize(("changes", "shown"), [([], False), (["queue.phone.value=5"], True)])
def test_value_lost_is_shown_where_contacts_have_a_value(changes: list[str], shown: bool) -> None:
    base = read.load(FILE, None, changes)
    settings = (read_setting("queue.phone.volume.scale", "0.9,1.1"),)
    figures = read_figures((), Design(base, settings, "grid", None, False, FILE))
    assert ("value_lost" in [figure.metric for figure in figures]) == shown
