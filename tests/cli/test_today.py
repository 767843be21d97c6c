"""`ccsim today` as a planner uses it, and what it says to what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner, Result

from ccsim.cli import main
from tests.today.days import CENTRE, a_day

STATE = """
[queue.phone]
so_far      = { offered = 80, answered = 70, in_time = 55 }
waiting     = ["20s", "1m30s"]
in_progress = ["3m", "10s"]
[queue.whatsapp]
silent      = ["5m", "2h"]
[team.front]
on_duty     = 2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("today")
    (place / "centre.toml").write_text(tomli_w.dumps(CENTRE))
    (place / "state.toml").write_text(STATE)
    a_day(place)
    return place


def today(folder: Path, *arguments: str) -> Result:
    words = ["--replications", "20", "--workers", "1", *arguments]
    return CliRunner().invoke(main, ["today", str(folder / "centre.toml"), *words])


def test_from_a_log(folder: Path) -> None:
    out = folder / "out"
    result = today(folder, str(folder / "0"), "--at", "2026-03-04T11:00", "--out", str(out), "--action",
                   "late: team.front +1 18:00-20:00; queue.chat.volume.scale=1.2")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "targets met" in result.output
    assert "as planned" in result.output
    assert json.loads((out / "today.json").read_text())["actions"][0]["name"] == "late"
    assert (out / "today.png").read_bytes().startswith(b"\x89PNG")


def test_from_a_state_file(folder: Path) -> None:
    """The day's figures so far are those written down, who waits and talks among the offered."""
    result = today(folder, "--at", "2026-03-04T11:00", "--state", str(folder / "state.toml"), "--json")
    assert result.exit_code == 0, result.output
    phone = json.loads(result.stdout)["queues"]["phone"]
    assert phone["now"] == {"waiting": 2, "in_progress": 2, "silent": 0}
    assert phone["so_far"]["offered"] == 80
    assert phone["so_far"]["abandoned"] == 6  # 80 offered, 70 answered, 2 wait, 2 talk
    assert re.search(r"no on_duty of [\w ,]*writers[\w ,]* in .*state.toml, so that nobody", result.stderr)
    assert phone["day"]["offered"]["mean"] > 100


def test_a_queue_on_the_business_clock_has_its_mean_wait_on_it(folder: Path) -> None:
    doc = CENTRE | {"queue": CENTRE["queue"] | {"whatsapp": CENTRE["queue"]["whatsapp"] | {"clock": "business"}}}
    (folder / "clock.toml").write_text(tomli_w.dumps(doc))
    (folder / "messages.toml").write_text('[queue.whatsapp]\nwaiting = ["1m"]')
    words = ["today", str(folder / "clock.toml"), "--state", str(folder / "messages.toml"), "--at", "2026-03-04T11:00"]
    words += ["--replications", "20"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    printed = done.stdout
    before, after = printed.split("whatsapp", 1)
    assert before.count("ASA ") == 2
    assert "open hours" not in before
    assert after.count("ASA, open hours") == after.count("ASA") == 1
    queues = json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)["queues"]
    assert queues["whatsapp"]["day"]["asa_business"]["mean"] <= queues["whatsapp"]["day"]["asa"]["mean"]
    assert "asa_business" not in queues["phone"]["day"]


def test_a_team_without_a_shift_now_need_not_be_in_a_state_file(folder: Path) -> None:
    result = today(folder, "--at", "2026-03-04T07:00", "--state", str(folder / "state.toml"), "--json")
    assert "so_far" in result.stderr
    assert "on_duty" not in result.stderr


def test_first_contacts_are_told_from_all_that_were_offered(folder: Path) -> None:
    """Who gave up calls again: more were offered than came for the first time, and both say which they are."""
    result = today(folder, str(folder / "0"), "--at", "2026-03-04T15:00")
    offered = re.search(r"phone +Offered +(\d+)", result.output)
    came = re.search(r"phone: (\d+) first contacts \(no retries or other follow-ups\)\s+came where", result.output)
    assert offered
    assert came
    assert int(came[1]) < int(offered[1])


def test_no_figure_is_cut_off_on_a_narrow_screen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = today(folder, str(folder / "0"), "--at", "2026-03-04T15:00")
    assert "Service" in result.output
    assert "…" not in result.output


def test_advice_is_ranked(folder: Path) -> None:
    doc = CENTRE | {"queue": {"phone": CENTRE["queue"]["phone"]}, "team": {"front": CENTRE["team"]["front"]}}
    (folder / "phone.toml").write_text(tomli_w.dumps(doc))
    (folder / "calls.toml").write_text('[queue.phone]\nwaiting = ["1m"]')
    words = ["today", str(folder / "phone.toml"), "--at", "2026-03-04T15:00", "--state", str(folder / "calls.toml")]
    result = CliRunner().invoke(main, [*words, "--advise", "--replications", "20", "--workers", "1", "--json"])
    assert result.exit_code == 0, result.output
    assert "phone: no so_far in" in result.stderr
    actions = [action["name"] for action in json.loads(result.stdout)["actions"]]
    assert "call backs offered on phone above 1 min (half accept: a guess)" in actions
    assert "2 more on front, 15:00-17:00" in actions
    assert "breaks of front an hour later" in actions


def test_both_times_of_the_hour_that_comes_twice_can_be_named(folder: Path) -> None:
    words = ["--state", str(folder / "state.toml"), "--set", "timezone=Europe/Berlin", "--json"]
    first = today(folder, "--at", "2026-10-25T02:30", *words)
    assert json.loads(first.stdout)["at"] == "2026-10-25T02:30:00"
    assert "02:30 comes twice on that day: this is the first; --at 2026-10-25T02:30+01:00 is the second" in first.stderr
    for name in ("2026-10-25T02:30+01:00", "2026-10-25T01:30Z"):
        second = today(folder, "--at", name, *words)
        assert json.loads(second.stdout)["at"] == "2026-10-25T02:30:00+01:00"
        assert "comes twice" not in second.stderr


def test_actions_keep_to_the_clock_when_it_is_put_back(folder: Path) -> None:
    """At ten past three, sixteen hours and ten minutes after midnight, four o'clock is yet to come."""
    words = ["--state", str(folder / "state.toml"), "--set", "timezone=Europe/Berlin", "--json"]
    done = today(folder, "--at", "2026-10-25T15:10", *words, "--action", "x: team.front +2 15:00-16:00")
    assert done.exit_code == 0, done.output


def test_what_costs_nothing_for_want_of_a_wage_is_not_shown_as_free(folder: Path) -> None:
    words = [
        "--at",
        "2026-03-04T15:00",
        "--state",
        str(folder / "state.toml"),
        "--action",
        "more: team.front +1 15:00-20:00",
    ]
    free = [f"--set=team.{team}.cost_per_hour=0" for team in ("front", "writers")]
    assert json.loads(today(folder, *words, *free, "--json").stdout)["actions"][0]["cost"] is None
    printed = today(folder, *words, *free).stdout
    assert "cost: – (no team has a cost_per_hour)" in printed
    assert "0.00" not in printed
    partly = today(folder, *words, free[1]).stdout
    assert "cost: without that of writers, where cost_per_hour is not given" in partly


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
@pytest.mark.parametrize(
    "shift", [{"agents": 0, "hours": "08:00-18:00"}, {"agents": 2, "hours": "08:00-18:00", "days": "fri"}]
)
def test_a_day_with_nobody_there(folder: Path, shift: dict[str, Any], engine: str) -> None:
    """No agents at all, and none whose shift is on that day."""
    doc = {**CENTRE, "team": {"front": {"skills": {"phone": 1}, "shifts": [shift]}}}
    doc["queue"] = {"phone": {key: value for key, value in CENTRE["queue"]["phone"].items() if key != "retry"}}
    (folder / "nobody.toml").write_text(tomli_w.dumps(doc))
    (folder / "some.toml").write_text('[queue.phone]\nwaiting = ["20s"]\nin_progress = ["1m"]')
    words = ["today", str(folder / "nobody.toml"), "--state", str(folder / "some.toml"), "--at", "2026-03-04T11:00"]
    done = CliRunner().invoke(main, [*words, "--replications", "20", "--workers", "1", "--engine", engine, "--json"])
    assert done.exit_code == 0, done.output
    phone = json.loads(done.stdout)["queues"]["phone"]
    assert phone["day"]["answered"]["high"] == 0
    assert phone["rest"]["offered"]["low"] > 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "11:00"], "a local date and time to the minute"),
        (["--at", "2026-03-04T11:00", "--action", "front +2 18:00-20:00"], "team.front +2 18:00-20:00"),
        (["--at", "2026-03-04T11:00", "--action", "team.frond +2 18:00-20:00"], "front"),
        (["--at", "2026-03-04T11:00", "--action", "x: queue.phone.volume.scail=2"], "scale"),
        (["--at", "2026-03-04T11:00", "--action", "x: queue.fone.work=2"], "phone"),
        (["--at", "2026-03-04T00:00"], "a time after midnight"),
        (["--at", "2026-03-04T11:00+01:00"], "a time without an offset, as the scenario has no timezone"),
        (["--at", "2026-03-29T02:30", "--set", "timezone=Europe/Berlin"], "the clock of Europe/Berlin skips it"),
        (["--at", "2026-03-04T11:00", "--action", "x: seed=3"], "'seed=3'; what can still be done today"),
        (["--at", "2026-03-04T11:00", "--action", "x: team.front +2 08:00-11:00"], "hours that are not over at 11:00"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, arguments: list[str], said: str) -> None:
    result = today(folder, *arguments, "--state", str(folder / "state.toml"))
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[queue.fone]\nwaiting = []", "queue.fone"),
        ('[queue.phone]\nwaiting = ["soon"]', "queue.phone.waiting"),
        ("[queue.phone]\nqueued = 3", "waiting"),
        ("[queue.phone]\nso_far = { offered = 3, answered = 5 }", "in_time ≤ answered ≤ offered"),
        ('[queue.phone]\nsilent = ["1m"]', "one-to-one"),
        ("[team.front]\non_duty = -1", "a whole number of agents"),
        ("[teams.front]\non_duty = 1", "team"),
        ("[queue.phone", "not TOML"),
    ],
)
def test_faults_of_a_state_file_are_located(folder: Path, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "state.toml"
    file.write_text(text)
    result = today(folder, "--at", "2026-03-04T11:00", "--state", str(file))
    assert result.exit_code == 2
    assert said in result.stderr


def test_who_has_no_place_in_the_scenario_is_said(folder: Path, tmp_path: Path) -> None:
    """More on duty than on shift, and callers who have waited longer than anybody would: the day goes on without."""
    file = tmp_path / "state.toml"
    file.write_text('[queue.phone]\nwaiting = ["20h"]\n[team.front]\non_duty = 99')
    result = today(folder, "--at", "2026-03-04T11:00", "--state", str(file))
    assert result.exit_code == 0, result.output
    assert "96 agents on duty left out: the scenario has no shift for them now" in result.stderr


def test_a_log_or_a_state(folder: Path) -> None:
    result = today(folder, "--at", "2026-03-04T11:00")
    assert result.exit_code == 2
    assert "--state FILE" in result.stderr


def test_what_a_queue_is_the_scenario_knows(folder: Path) -> None:
    """Three chats of one agent, in a log that does not say that they are chats."""
    over = "0,chat,2026-03-04 08:10,2026-03-04 08:10,2026-03-04 08:20,al,answered"
    rows = ["contact,queue,arrival,answer,end,agent,outcome", over]
    rows += [f"{n},chat,2026-03-04 10:5{n},2026-03-04 10:5{n},,al," for n in (1, 2, 3)]
    (folder / "chats.csv").write_text("\n".join(rows))
    result = today(folder, str(folder / "chats.csv"), "--mapping", "calls", "--at", "2026-03-04T11:00", "--json")
    assert result.exit_code == 0, result.output
    chat = json.loads(result.stdout)["queues"]["chat"]
    assert (chat["now"]["in_progress"], chat["so_far"]["service_level"]) == (3, 1.0)


def test_before_opening_nobody_has_come(folder: Path) -> None:
    """A log of the days before is one of an empty morning; after opening it is of the wrong day."""
    words = [str(folder / "chats.csv"), "--mapping", "calls", "--json"]
    early = today(folder, *words, "--at", "2026-03-05T07:00")
    assert early.exit_code == 0, early.output
    assert json.loads(early.stdout)["queues"]["phone"]["rest"]["offered"]["mean"] > 200
    assert "no contact of 2026-03-05 before it" in today(folder, *words, "--at", "2026-03-05T09:00").output


def test_a_queue_to_which_nobody_comes_meets_nothing(folder: Path) -> None:
    (folder / "nobody_here.toml").write_text("")
    words = ["--state", str(folder / "nobody_here.toml"), "--at", "2026-03-04T21:00"]
    assert re.search(r"targets met +no contacts", today(folder, *words).output)
    assert json.loads(today(folder, *words, "--json").stdout)["queues"]["phone"]["target_met_probability"] is None


def test_conversations_of_a_state_file_are_with_those_on_duty(folder: Path) -> None:
    """Six chats, two agents: nobody waits for a first answer again."""
    (folder / "six.toml").write_text(
        '[queue.chat]\nso_far = { offered = 20 }\nin_progress = ["1m", "2m", "3m", "4m", "5m", "6m"]\n'
        "[team.writers]\non_duty = 2\n"
    )
    result = today(folder, "--at", "2026-03-04T11:00", "--state", str(folder / "six.toml"), "--json")
    assert json.loads(result.stdout)["queues"]["chat"]["so_far"]["service_level"] == 1.0
    assert "in progress" not in result.stderr


def test_figures_of_a_state_file_that_cannot_be_are_refused(folder: Path) -> None:
    """Of sixty 55 are done, and eight are here."""
    here = 'in_progress = ["1m", "2m", "3m", "4m", "5m", "6m"]\nwaiting = ["1s", "2s"]\n'
    for counts, refused in (("offered = 60, answered = 55", True), ("offered = 63, answered = 55", False)):
        (folder / "counts.toml").write_text(f"[queue.chat]\nso_far = {{ {counts} }}\n{here}")
        result = today(folder, "--at", "2026-03-04T11:00", "--state", str(folder / "counts.toml"))
        assert ("offered less the 8 who are here" in result.stderr) == refused
        assert ("of the whole day, mean nothing" in result.stderr) != refused


def test_a_log_that_ends_before_now_is_named(folder: Path) -> None:
    (folder / "old.csv").write_text(
        "contact,queue,arrival,answer,end,agent,outcome\n"
        "0,phone,2026-03-04 08:30,2026-03-04 08:30,2026-03-04 08:34,al,answered\n"
    )
    for clock, named in (("08:35", False), ("11:00", True)):
        result = today(folder, str(folder / "old.csv"), "--mapping", "calls", "--at", f"2026-03-04T{clock}")
        assert ("nobody has come since 08:30, though" in result.stderr) == named
