"""What a tab knows, without a browser: levers, figures equal to those of `ccsim run`, pins, links, files."""

from __future__ import annotations

import json
import math
import shlex
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner

from ccsim.api.centre import load
from ccsim.cli import main
from ccsim.errors import ScenarioError
from ccsim.explore import downloads, figures, links
from ccsim.explore.gallery import entries
from ccsim.explore.scene import SESSION, scene, worst_interval
from ccsim.explore.session import PINS, Session, View
from ccsim.explore.settings import settings
from ccsim.explore.simulation import LARGEST, LOOKS, StaleError
from ccsim.results.figures import MetricPlace
from ccsim.results.model import as_json
from ccsim.runs.run import first_logs
from ccsim.scenario import read
from ccsim.studies.compare import compare
from ccsim.tables import SECOND
from tests.cli.tiny import TINY, VOLUMES

GALLERY = entries()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "volumes.csv").write_text(VOLUMES)
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def session(file: Path) -> Session:
    made = Session(file)
    made.load()
    return made


def views(session: Session) -> list[View]:
    return list(session.run(Event()))


def lever(session: Session, title: str, group: str) -> Any:
    return next(one for one in session.levers() if (one.title, one.group) == (title, group))


def test_the_gallery_has_every_shipped_scenario() -> None:
    shipped = Path(__file__).parent.parent.parent / "scenarios"
    assert {entry.key for entry in GALLERY} == {"template", *(file.stem for file in shipped.glob("*.toml"))}
    assert all(entry.about for entry in GALLERY)


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.key)
def test_levers_write_what_stands_there(entry: Any) -> None:
    """Each lever put to where it stands gives a scenario that is the same in all but how it is written."""
    session = Session(entry.source)
    session.load()
    levers = session.levers()
    assert len(levers) > 5
    assert len({one.key for one in levers}) == len(levers)
    before = session.centre.scenario
    for one in levers:
        session.turn(one.key, one.value)
    assert {name: getattr(session.centre.scenario, name) for name in ("team", "volume", "demand", "move")} == {
        name: getattr(before, name) for name in ("team", "volume", "demand", "move")
    }
    for name, queue in session.centre.scenario.queue.items():
        assert queue == before.queue[name]


def test_every_kind_of_lever_is_there(session: Session) -> None:
    titles = {(one.group, one.title) for one in session.levers()}
    assert titles >= {
        ("all queues", "Volume of all queues"),
        ("team all", "Agents, 09:00-12:00"),
        ("team all", "Absence"),
        ("team writers", "Conversations of chat at once"),
        ("queue phone", "Volume"),
        ("queue phone", "Handle time, mean"),
        ("queue phone", "Patience, mean"),
        ("queue phone", "Open"),
        ("queue chat", "Turns of a conversation, mean"),
        ("queue chat", "Time to a customer's reply, mean"),
        ("queue chat", "Target: service level"),
        ("queue chat", "Target: later replies, within"),
    }
    assert ("all queues", "Customers of phone who come to chat instead") not in titles
    session.moves.append(("phone", "chat"))
    session.turn("move phone chat", 25)
    assert session.centre.scenario.move[0].share == 0.25


def test_levers_change_what_they_say(session: Session) -> None:
    for title, group, value in (
        ("Agents, 09:00-12:00", "team all", 5),
        ("Absence", "team all", 12.5),
        ("Handle time, mean", "queue phone", 200),
        ("Target: service level", "queue chat", 85),
        ("Target: service level, within", "queue chat", 90),
        ("Volume of all queues", "all queues", 150),
    ):
        session.turn(lever(session, title, group).key, value)
        assert lever(session, title, group).value == value
        assert session.turned(lever(session, title, group))
    scenario = session.centre.scenario
    assert scenario.team["all"].shifts[0].agents == 5
    assert scenario.team["all"].absence == 0.125
    assert scenario.queue["phone"].work.mean == pytest.approx(200)
    assert scenario.queue["chat"].service_level == (0.85, 90_000_000)
    assert scenario.volume.scale == 1.5
    session.reset(lever(session, "Absence", "team all").key)
    assert session.centre.scenario.team["all"].absence == 0.2
    session.reset_all()
    assert session.changes == {}


def test_a_team_as_a_whole_keeps_the_shares_of_its_shifts() -> None:
    entry = next(entry for entry in GALLERY if entry.key == "retail_week")
    session = Session(entry.source)
    session.load()
    whole = lever(session, "Agents, all shifts together", "team frontline")
    assert whole.value == 17
    for total, each in ((34, [14, 10, 10]), (18, [8, 5, 5]), (0, [0, 0, 0])):
        session.turn(whole.key, total)
        assert [shift.agents for shift in session.centre.scenario.team["frontline"].shifts] == each
        assert lever(session, whole.title, whole.group).value == total


def test_figures_are_those_of_ccsim_run(session: Session, file: Path) -> None:
    session.turn(lever(session, "Agents, 09:00-12:00", "team all").key, 3)
    session.turn(lever(session, "Handle time, mean", "queue phone").key, 150)
    seen = views(session)
    assert [view.results.replications for view in seen] == list(LOOKS)
    command = links.command(session.centre, LOOKS[-1], allow_outside=True)
    assert command.startswith(f"ccsim run {file} --set")
    assert " --allow-outside " in command
    result = CliRunner().invoke(main, [*shlex.split(command)[1:], "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == json.loads(json.dumps(as_json(seen[-1].results)))


def test_of_a_variant_too(session: Session, file: Path) -> None:
    session.choose("busy")
    session.turn(lever(session, "Absence", "team all").key, 0)
    actual = as_json(views(session)[-1].results)
    options = ["--variant", "busy", "--set", "team.all.absence=0", "--replications", "20", "--json"]
    result = CliRunner().invoke(main, ["run", str(file), *options])
    assert json.loads(result.stdout) == json.loads(json.dumps(actual))


def test_changes_are_paired_with_the_baseline(session: Session) -> None:
    views(session)
    session.turn(lever(session, "Agents, 09:00-12:00", "team all").key, 4)
    session.pin("four")
    session.turn(lever(session, "Agents, 09:00-12:00", "team all").key, 3)
    seen = views(session)
    place = MetricPlace("queue", "phone", "service_level")
    for view in seen:
        number = view.results.replications
        scenarios = {
            "baseline": session.loaded.scenario.with_streams(5, number),  # type: ignore[union-attr]
            "now": session.centre.scenario,
            "four": session.pins[0].centre.scenario,
        }
        expected = compare(scenarios, workers=1)
        assert [variant.name for variant in view.comparison.variants] == ["baseline", "now", "four"]
        for mine, other in zip(view.comparison.variants, expected.variants, strict=True):
            ours, theirs = view.comparison.difference(mine, place), expected.difference(other, place)
            assert str(ours) == str(theirs)
    effects = {card.label: card.change for card in figures.cards(seen[-1])}
    assert effects["phone service level"] is not None
    assert effects["phone service level"].effect == "better"
    assert "±" in effects["phone service level"].text
    first = {card.label: card.change for card in figures.cards(seen[0])}
    assert first["phone service level"].sentence.endswith("of one replication · may be chance")  # type: ignore[union-attr]


def test_known_figures_are_not_simulated_again(session: Session) -> None:
    views(session)
    again = views(session)
    assert [view.results.replications for view in again] == [20]
    assert not again[0].changed
    assert all(card.change is None for card in figures.cards(again[0]))


def test_more_replications_until_the_wanted_precision(session: Session, file: Path) -> None:
    session.half_width = 0.03
    number = views(session)[-1].results.replications
    result = CliRunner().invoke(main, ["run", str(file), "--precision", "service_level:0.03", "--json"])
    assert number == json.loads(result.stdout)["replications"] > LOOKS[-1]


def test_stale_runs_end(session: Session) -> None:
    stale, told = Event(), []

    def progress(number: int) -> None:
        told.append(number)
        if number == 2:
            stale.set()

    with pytest.raises(StaleError):
        list(session.run(stale, progress))
    assert told == [1, 2]


def test_pins_are_kept_named_moved_and_deleted(session: Session) -> None:
    session.turn(lever(session, "Absence", "team all").key, 10)
    first, second = session.pin(" ten  per cent "), session.pin("other")
    assert [pin.name for pin in session.pins] == ["ten per cent", "other"]
    with pytest.raises(ScenarioError, match="a name of its own"):
        session.pin("other")
    session.rename(second, "ten per cent")
    session.rename(second, "renamed")
    session.move(second, -1)
    assert [pin.name for pin in session.pins] == ["renamed", "ten per cent"]
    session.reset_all()
    session.take(first)
    assert session.centre.scenario.team["all"].absence == 0.1
    for number in range(PINS - 2):
        session.pin(f"pin {number}")
    with pytest.raises(ScenarioError, match="delete one first"):
        session.pin("one too many")


def test_the_baseline_may_be_another(session: Session) -> None:
    session.turn(lever(session, "Absence", "team all").key, 10)
    session.rebase()
    assert not views(session)[-1].changed
    session.reset_all()
    view = views(session)[-1]
    assert view.changed
    assert view.comparison.baseline.results.scenario.team["all"].absence == 0.1


@pytest.mark.parametrize(
    "changes",
    [
        {"team.all.shifts.0.agents": 3, "queue.phone.work.mean": "3m20s"},
        {"move": [{"from": "phone", "to": "chat", "share": 0.2}]},
        {"queue.chat.title": "a=b & <i>é</i>", "queue.phone.open": "10:00-12:00"},
        {"queue.phone.title": "12", "queue.chat.wrap_up": 15},
        {"queue.phone.volume": {"per_day": 30, "weekday": {"mon-fri": 1.5}}},
    ],
)
def test_a_link_restores_the_levers(session: Session, file: Path, changes: dict[str, Any]) -> None:
    session.choose("busy")
    session.set(changes)
    again = Session(file, *links.read_query(links.query(session.variant, session.changes)))
    again.load()
    assert (again.variant, again.changes) == ("busy", changes)
    assert again.centre.scenario == session.centre.scenario


def test_downloads_are_read_by_ccsim_run(session: Session, file: Path) -> None:
    session.choose("busy")
    session.turn(lever(session, "Agents, 09:00-12:00", "team all").key, 3)
    session.set({"move": [{"from": "phone", "to": "chat", "share": 0.2}]})
    expected = session.centre.scenario
    content, name = downloads.scenario(session)
    (file.parent / name).write_bytes(content)
    mine = load(file.parent / name).scenario
    for key in set(type(mine).model_fields) - {"variant"}:
        assert getattr(mine, key) == getattr(expected, key), key
    content, name = downloads.variant(session, "Three & a move")
    (file.parent / "both.toml").write_bytes(file.read_bytes() + b"\n" + content)
    both = load(file.parent / "both.toml", variant="Three_a_move").scenario
    assert (both.team, both.queue, both.move) == (expected.team, expected.queue, expected.move)
    assert tomllib.loads(content.decode())["variant"]["Three_a_move"]["title"] == "Three & a move"


def test_the_comparison_as_report_and_workbook(session: Session) -> None:
    with pytest.raises(ScenarioError, match="nothing to compare"):
        downloads.report(session)
    session.turn(lever(session, "Agents, 09:00-12:00", "team all").key, 4)
    session.pin("<i>four</i>")
    content, name = downloads.report(session)
    assert name == "comparison.html"
    assert b"&lt;i&gt;four&lt;/i&gt;" in content
    assert b"<i>four</i>" not in content
    workbook, _ = downloads.workbook(session)
    assert workbook.startswith(b"PK")


def test_what_is_wrong_is_said_with_its_place(session: Session) -> None:
    session.set({"team.all.absence": 1.5})
    with pytest.raises(ScenarioError, match=r"team\.all\.absence"):
        views(session)
    session.set({"team.all.absence": 0.1})
    session.set({"queue.phone.open": "nonsense"})
    assert lever(session, "Open", "queue phone").value == "nonsense"
    with pytest.raises(ScenarioError, match=r"queue\.phone\.open"):
        views(session)


def test_what_is_too_large_is_refused_before_it_is_drawn(session: Session) -> None:
    session.set({"queue.chat.volume.per_day": 1.1 * LARGEST, "queue.chat.turns": 1, "queue.chat.transfer": []})
    with pytest.raises(ScenarioError, match="ccsim run"):
        views(session)
    session.reset_all()
    session.set({"queue.chat.turns": 10_000, "queue.chat.volume.per_day": 1000})
    with pytest.raises(ScenarioError, match="turns"):
        views(session)
    session.reset_all()
    session.set({"queue.chat.initial_backlog": {"contacts": 10_000_000}})
    with pytest.raises(ScenarioError, match="contacts"):
        views(session)
    session.reset_all()
    session.set({"interval": "1ms"})
    with pytest.raises(ScenarioError, match="interval"):
        views(session)


def test_a_changed_file_is_read_again(session: Session, file: Path) -> None:
    session.turn(lever(session, "Absence", "team all").key, 10)
    session.pin("kept")
    assert not session.file_changed()
    file.write_text(TINY.replace("cost_per_hour = 20", "cost_per_hour = 30"))
    assert session.file_changed()
    session.load()
    assert not session.file_changed()
    assert session.centre.scenario.team["all"].cost_per_hour == 30
    assert session.centre.scenario.team["all"].absence == 0.1
    assert [pin.name for pin in session.pins] == ["kept"]
    (file.parent / "volumes.csv").write_text(VOLUMES + "2026-03-02,11:30,2\n")
    assert session.file_changed()


def test_a_faulty_file_is_read_again_when_it_is_mended(file: Path) -> None:
    (file.parent / "volumes.csv").unlink()
    session = Session(file)
    with pytest.raises(ScenarioError, match=r"volumes\.csv"):
        session.load()
    assert session.loaded is None
    assert session.levers() == []
    with pytest.raises(ScenarioError, match="correct them first"):
        session.pin("nothing")
    assert not session.file_changed()
    (file.parent / "volumes.csv").write_text(VOLUMES)
    assert session.file_changed()
    session.load()
    assert session.loaded is not None


def test_every_setting_can_be_looked_up(session: Session) -> None:
    every = settings(session.loaded.scenario.raw)  # type: ignore[union-attr]
    paths = {setting.path for setting in every}
    assert paths >= {
        "warm_up", "queue.phone.bot.contains", "queue.chat.retry.share", "team.all.shifts.0.agents", "routing.agent",
        "queue.chat.transfer.0.share", "team.writers.concurrency.chat", "queue.phone.work.mean", "drain",
    }  # fmt: skip
    assert not paths & {"seed", "replications", "name", "start", "days"}
    assert all(setting.description for setting in every if setting.path.count(".") < 2)
    actual = session.find("bot contains")
    assert [setting.path for setting in actual][:1] == ["queue.phone.bot.contains"]
    assert actual[0].allowed == "from 0 to 1"
    assert session.find("nothing like this anywhere") == []
    raw = session.loaded.scenario.raw  # type: ignore[union-attr]
    for setting in every:  # every path leads somewhere
        assert read.change(json.loads(json.dumps(raw, default=str)), [(setting.path, 1)]) == []


def test_a_day_as_a_moving_picture(session: Session) -> None:
    """At any time every contact is at one place, and the counts are those of the logs."""
    results = views(session)[-1].results
    made = scene(results, None)
    assert made.day == "Mon 2 Mar"
    assert made.queues == ("phone", "chat", "message")
    assert made.first <= made.worst < made.last
    logs = first_logs(results.scenario, results.plan, results.spec, "compiled")
    agents = zip(logs["agents"]["agent"].to_pylist(), logs["agents"]["activity"].to_pylist(), strict=True)
    assert [agent for agent, *_ in made.agents] == sorted({agent for agent, what in agents if what == "present"})
    closed = [at for at in logs["contacts"]["closed_us"].to_pylist() if at is not None and at < 86_400 * SECOND]
    assert len(made.done) == len(closed) > 20
    by_contact: dict[int, list[tuple[int, int]]] = {}
    for a, b, _, _, _, contact in sorted(made.stays):
        by_contact.setdefault(contact, []).append((a, b))
    # seconds are rounded outwards, so neighbours may share one
    assert all(a[1] <= b[0] + 1 for stays in by_contact.values() for a, b in pairwise(stays))
    sessions = {(agent, contact): (a, b) for a, b, kind, _, agent, contact in made.stays if kind == SESSION}
    assert len(sessions) > 20
    for a, b, agent, contact in made.work:
        if (agent, contact) in sessions:
            start, end = sessions[agent, contact]
            assert a < end or b > start
    assert worst_interval(results, None) in results.summary.starts.tolist()


def test_what_of_a_link_does_not_fit_is_said(file: Path) -> None:
    session = Session(file, "gone", {"team.all.absence": 0.1, "team.none.absence": 0.1})
    session.load()
    assert (session.variant, session.changes) == (None, {"team.all.absence": 0.1})
    assert session.left_out == ["variant gone", "team.none.absence = 0.1"]
    session.load()
    assert session.left_out == []


def test_changes_that_fit_only_together_stay(file: Path) -> None:
    video = {"queue.video": {"channel": "video", "volume": {"per_day": 4}}, "team.all.skills.video": 1}
    session = Session(file, None, {"queue.video": video["queue.video"]})  # which nobody serves
    session.load()
    assert session.changes == {}
    session = Session(file, None, dict(video))
    session.load()
    assert (session.changes, session.left_out) == (video, [])


def test_a_link_changes_neither_days_nor_random_numbers(file: Path) -> None:
    """All that is compared has the same, so that its differences are those of how the centre works."""
    changes = {"seed": 3, "days": 2, "replications": 9, "start": date(2026, 3, 9), "team.all.absence": 0.1}
    session = Session(file, None, changes)
    session.load()
    assert session.changes == {"team.all.absence": 0.1}
    assert [text.partition(" ")[0] for text in session.left_out] == ["seed", "days", "replications", "start"]
    assert session.left_out[0] == "seed = 3 (the same for all that is compared)"


def test_a_link_reads_no_file_of_another_folder(file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "volumes.csv"
    elsewhere.write_text(VOLUMES)
    changes = {"queue.phone.volume.file": str(elsewhere)}
    session = Session(file, None, changes)
    session.load()
    assert session.changes == {}
    session.set(changes)
    with pytest.raises(ScenarioError, match="outside the scenario's folder"):
        views(session)
    allowed = Session(file, None, changes, allow_outside=True)
    allowed.load()
    assert allowed.changes == changes


def test_a_link_that_is_too_long_is_not_cut() -> None:
    query = "set=queue.phone.title=" + "x" * links.LONGEST
    with pytest.raises(ScenarioError, match="link"):
        links.read_query(query)


def test_a_folder_that_is_gone_and_comes_back(session: Session, file: Path) -> None:
    moved = file.parent.rename(file.parent.with_name("moved"))
    assert session.file_changed()
    with pytest.raises(ScenarioError):
        session.load()
    moved.rename(file.parent)
    assert session.file_changed()
    session.load()
    assert session.loaded is not None


def test_levers_of_what_cannot_be(session: Session) -> None:
    """Whatever the search field sets, the page stays, and what is wrong is said with its place."""
    moved = [{"from": "phone", "to": "chat"}]
    unfit = [-1, 1e308, math.nan, math.inf, True, "x", [], [1], {}, {"mean": "x"}, moved, None]
    places = [
        "move", "queue", "team", "queue.phone", "queue.phone.volume", "queue.phone.volume.per_day", "queue.chat.turns",
        "queue.phone.open", "queue.phone.work", "queue.phone.max_abandonment", "queue.phone.bot", "team.all.shifts",
        "team.all.skills", "team.all.concurrency", "team.all.absence", "volume", "demand",
    ]  # fmt: skip
    for place in places:
        for value in unfit:
            session.reset_all()
            session.moves = [("phone", "chat")]
            session.set({place: value})
            assert all(session.turned(one) in (True, False) for one in session.levers()), (place, value)
