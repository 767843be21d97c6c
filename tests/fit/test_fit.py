"""From logs to a scenario that runs, from a shell."""

from __future__ import annotations

import csv
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.fit import distributions, scenario
from ccsim.fit import estimate as estimates
from ccsim.fit.estimate import Fit
from ccsim.logs import from_ccsim
from ccsim.runs.run import run, run_to_folder
from ccsim.scenario.read import load, parse

SCENARIOS = Path(__file__).parents[2] / "scenarios"
START = datetime(2026, 3, 2)


def fit(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["fit", *map(str, arguments)])


def table(path: Path, header: str, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


# ── logs of ccsim run ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    week = load(SCENARIOS / "retail_week.toml", None, ["replications=2"])
    return run_to_folder(tmp_path_factory.mktemp("results"), week, log="all", engine="compiled")[1]


@pytest.fixture(scope="module")
def fitted(results: Path) -> Fit:
    return estimates.estimate(from_ccsim.read_own(results), "ready")


def test_logs_of_a_run_are_read_back_as_they_are(results: Path, tmp_path: Path) -> None:
    done = fit(results, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    names = {file.name for file in tmp_path.iterdir()}
    assert {"scenario.toml", "volumes.csv", "estimates.csv", "refused.csv", "report.html"} <= names
    again = load(tmp_path / "scenario.toml", None, ["replications=1"])
    assert again.days == 14
    before, after = (run(one, engine="compiled") for one in (load(results / "scenario.toml"), again))
    for queue in ("phone", "chat", "whatsapp", "email"):
        was, came = before.estimate("queue", queue, "offered"), after.estimate("queue", queue, "offered")
        assert was is not None
        assert came is not None
        assert came.mean == pytest.approx(2 * was.mean, rel=0.12)
        assert again.queue[queue].channel == load(results / "scenario.toml").queue[queue].channel
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_run_gives_back_what_it_was_made_of(fitted: Fit) -> None:
    """Known values lie within five standard errors, the interval's half-width being nearly two."""
    phone, chat, whatsapp = (fitted.queues[name] for name in ("phone", "chat", "whatsapp"))
    known = [
        (phone.distributions["work"].candidates[0].parameters["median"], 270 / np.sqrt(1 + 0.9**2)),
        (phone.distributions["patience"].candidates[0].parameters["mean"], 90),
        (whatsapp.distributions["reply_latency"].candidates[0].parameters["median"], 1200),
        (whatsapp.distributions["reply_latency"].candidates[0].parameters["sigma"], 2.2),
        (chat.distributions["reply_latency"].candidates[0].parameters["median"], 30 / np.sqrt(1 + 1.2**2)),
        (chat.figures["turns"], 6),
        (whatsapp.figures["turns"], 4),
        (phone.figures["retry.share"], 0.4),
        (chat.figures["silent_abandonment"], 0.3),
        (chat.figures["transfer.phone"], 0.05),
    ]
    for result, true in known:
        assert abs(np.log(result.mean / true)) < 2.6 * np.log(result.high / result.mean), true
    assert [phone.distributions[key].family for key in ("work", "wrap_up", "patience")] == [
        "lognormal",
        "lognormal",
        "exponential",
    ]
    assert chat.distributions["wrap_up"].distribution.mean == 20
    assert chat.figures["idle_timeout"].mean == 300
    assert phone.hours == dict.fromkeys(range(5), (8 * 3600, 20 * 3600)) | {5: (9 * 3600, 13 * 3600)}


def test_agents_shifts_and_concurrency_come_back(fitted: Fit) -> None:
    teams = {team.name: team for team in fitted.teams}
    assert {name: set(team.queues) for name, team in teams.items()} == {
        "frontline": {"phone", "chat"},
        "writers": {"chat", "whatsapp"},
        "backoffice": {"email", "whatsapp"},
    }
    assert teams["writers"].concurrency["whatsapp"] == 5
    assert teams["frontline"].concurrency["chat"] in (2, 3)  # three at once are rare
    first = min(teams["writers"].duties, key=lambda duty: duty.start)
    assert (first.end - first.start) / 3.6e9 == pytest.approx(8.5)
    assert [(b - a) / 60e6 for a, b in first.away] == pytest.approx([30.0], abs=2)  # as far as work shows it
    assert fitted.slowdown is not None
    assert fitted.slowdown.factors[3].low <= 1.2 <= fitted.slowdown.factors[3].high * 1.05


@pytest.mark.slow
def test_one_log_alone_is_enough(results: Path, tmp_path: Path) -> None:
    for name in ("contacts", "turns"):
        alone = from_ccsim.read_own(results / f"{name}.parquet")
        assert (alone.contacts is None) == (name == "turns")
        result = estimates.estimate(alone, "sessions")
        assert len(result.queues) == 4
    assert fit(results / "contacts.parquet", "--out", tmp_path, "--rule", "sessions").exit_code == 0


def test_shared_attention_comes_back(tmp_path: Path) -> None:
    """Means of 3, 3.5 and 4 minutes with 1, 2 and 3 at once lie within five standard errors."""
    week = load(SCENARIOS / "shared_attention.toml", None, ["replications=1"])
    folder = run_to_folder(tmp_path, week, engine="compiled")[1]
    chat = estimates.estimate(from_ccsim.read_own(folder), "ready").queues["chat"]
    assert chat.shared is not None
    for result, true in zip(chat.shared.means, (180, 210, 240), strict=True):
        assert abs(np.log(result.mean / true)) < 2.6 * np.log(result.high / result.mean)
    text = scenario.files(estimates.estimate(from_ccsim.read_own(folder), "ready"), "again")["scenario.toml"]
    assert "work_by_concurrency" in text
    assert "slowdown" not in text


def test_of_calls_alone_the_log_of_turns_is_empty(tmp_path: Path) -> None:
    folder = run_to_folder(tmp_path, load(SCENARIOS / "two_sites.toml", None, ["replications=1"]), engine="compiled")[1]
    logs = from_ccsim.read_own(folder)
    assert logs.contacts is not None
    assert not logs.contacts["channel"].ne("phone").any()
    assert estimates.estimate(logs, "ready").queues


def test_a_run_without_agents_has_an_empty_roster(tmp_path: Path) -> None:
    """Which is none that says nothing of work. Its start may be a text, as the scenario's."""
    shifts = [{"hours": "08:00-20:00", "agents": 0}]
    empty = parse({
        "start": "2026-03-02", "days": 1, "replications": 1,
        "queue": {"phone": {"channel": "phone", "volume": {"per_day": 200}}},
        "team": {"none": {"skills": {"phone": 1}, "shifts": shifts}},
    })  # fmt: skip
    logs = from_ccsim.read_own(run_to_folder(tmp_path, empty, log="all", engine="compiled")[1])
    assert logs.rosters is not None
    assert logs.rosters.empty
    assert estimates.estimate(logs, "ready").queues


@pytest.mark.slow
@pytest.mark.parametrize("shipped", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_logs_of_every_shipped_scenario_become_one_that_runs(shipped: Path, tmp_path: Path) -> None:
    folder = run_to_folder(tmp_path, load(shipped, None, ["replications=1"]), engine="compiled")[1]
    done = fit(folder, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    again = load(tmp_path / "out" / "scenario.toml", None, ["replications=1"])
    offered = run(again, engine="compiled").estimate("total", "total", "offered")
    assert offered is not None
    assert offered.mean > 0


# ── other logs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def chats(folder: Path) -> Path:
    """Two weeks of chats: three agents work on up to two of them together; who is not answered in a minute leaves."""
    rng, rows, free = np.random.default_rng(4), [], [START] * 6
    for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11):
        for second in np.sort(rng.uniform(9 * 3600, 17 * 3600, 150)):
            at = START + timedelta(days=day, seconds=float(second))
            place = min(range(6), key=lambda seat: free[seat])
            answer = max(at, free[place])
            number = len(rows)
            if answer - at > timedelta(seconds=60):
                rows.append((number, at, "", at + timedelta(seconds=60), "", "abandoned"))
                continue
            free[place] = answer + timedelta(seconds=float(rng.exponential(600)))
            rows.append((number, at, answer, free[place], f"agent{place % 3}", "answered"))
    (folder / "chats.toml").write_text(
        'kind = "contacts"\nqueue = "chat"\nchannel = "live_chat"\n'
        'columns = { contact = "id", arrival = "asked", answer = "answered", end = "done", agent = "who", '
        'outcome = "how" }\n'
    )
    return table(folder / "chats.csv", "id,asked,answered,done,who,how", rows)


@pytest.mark.parametrize("rule", ["served", "sessions", "ready", "turn_round"])
def test_a_contact_log_with_each_rule_of_duty(tmp_path: Path, rule: str) -> None:
    done = fit(chats(tmp_path), "--mapping", tmp_path / "chats.toml", "--rule", rule, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    result = load(tmp_path / "out" / "scenario.toml", None, ["replications=1"])
    queue = result.queue["chat"]
    assert len(queue.work_by_concurrency) == 2
    assert queue.work_by_concurrency[0] / 1e6 == pytest.approx(600, rel=0.2)
    assert sum(len(team.roster.agents) for team in result.team.values() if team.roster) == 3
    answered = run(result, engine="compiled").estimate("queue", "chat", "answered")
    assert answered is not None
    assert answered.mean > 500


def test_intervals_alone_make_a_scenario_with_made_up_agents(tmp_path: Path) -> None:
    rows = [
        (f"{START + timedelta(days=day, minutes=15 * quarter):%Y-%m-%d %H:%M}", "sales", "VOICE", 5 + day % 3, 240)
        for day in range(14)
        for quarter in range(32, 72)
    ]
    log = table(tmp_path / "v.csv", "TimeStamp,QueueName,ChannelType,IncomingContactVolume,AverageHandleTime", rows)
    done = fit(log, "--mapping", "amazon_connect", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "names no agents" in done.output
    result = load(tmp_path / "out" / "scenario.toml", None, ["replications=1"])
    assert result.interval == 15 * 60 * 1_000_000
    assert result.queue["sales"].work.mean == pytest.approx(240)
    offered = run(result, engine="compiled").estimate("queue", "sales", "offered")
    assert offered is not None
    assert offered.mean == pytest.approx(sum(row[3] for row in rows), rel=0.1)


def test_a_roster_beside_the_log_says_who_was_there(tmp_path: Path) -> None:
    days = [START + timedelta(days=day) for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
    hours = [("08:00", "12:00", "Open"), ("12:00", "12:30", "Lunch"), ("12:30", "18:00", "Open")]
    rows = [
        (f"agent{agent}", "desk", f"{day:%Y-%m-%d} {start}", f"{day:%Y-%m-%d} {end}", what)
        for day in days
        for agent in range(4)
        for start, end, what in hours
    ]
    roster = table(tmp_path / "roster.csv", "Agent,Team,Start,End,Activity", rows)
    options = ["--mapping", tmp_path / "chats.toml", "--mapping", "nice", "--out", tmp_path / "out"]
    assert fit(chats(tmp_path), roster, *options).exit_code == 0
    with (tmp_path / "out" / "roster_desk.csv").open() as file:
        shifts = list(csv.DictReader(file))
    assert len(shifts) == 40
    assert (shifts[0]["start"], shifts[0]["end"], shifts[0]["breaks"]) == ("08:00:00", "18:00:00", "12:00:00-12:30:00")


def test_calls_and_messages_of_different_queues_together(tmp_path: Path) -> None:
    calls = [
        (number, "calls", "phone", at, at, at + timedelta(minutes=2 + number % 4), "bo", "answered")
        for number in range(300)
        for at in [START + timedelta(days=number % 5, hours=9, minutes=number)]
    ]
    log = table(tmp_path / "calls.csv", "contact,queue,channel,arrival,answer,end,agent,outcome", calls)
    texts = [
        (f"c{number}", index, who, START + timedelta(days=number % 5, hours=10, minutes=number + minute))
        for number in range(200)
        for index, who, minute in [(0, "customer", 0), (1, "agent", 5), (2, "customer", 25), (3, "agent", 30)]
    ]
    chat = table(tmp_path / "chat.csv", "conversation_id,message_index,sender,sent_at", texts)
    options = ["--mapping", "calls", "--mapping", "conversations", "--out", tmp_path / "out"]
    done = fit(log, chat, *options)
    assert done.exit_code == 0, done.output
    result = load(tmp_path / "out" / "scenario.toml")
    assert set(result.queue) == {"calls", "social"}
    assert result.queue["social"].turns.mean == pytest.approx(2)
    assert result.queue["social"].reply_latency.mean == pytest.approx(1200)


def test_customers_who_call_again_are_not_counted_twice(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = []
    for number in range(400):
        at = START + timedelta(days=number % 5, hours=9, minutes=number)
        gone = at + timedelta(seconds=30)
        rows.append((2 * number, f"c{number}", at, "", gone, "", "abandoned"))
        if number % 4 == 0:
            back = gone + timedelta(minutes=5 + number % 7)
            rows.append((2 * number + 1, f"c{number}", back, back, back + timedelta(minutes=3), "bo", "answered"))
    (tmp_path / "m.toml").write_text(
        'kind = "contacts"\nqueue = "calls"\ncolumns = { contact = "a", customer = "b", arrival = "c", answer = "d", '
        'end = "e", agent = "f", outcome = "g" }\n'
    )
    log = table(tmp_path / "calls.csv", "a,b,c,d,e,f,g", rows)
    assert fit(log, "--mapping", tmp_path / "m.toml", "--out", tmp_path / "out").exit_code == 0
    document = tomllib.loads((tmp_path / "out" / "scenario.toml").read_text())
    assert document["queue"]["calls"]["retry"]["share"] == 0.25
    with (tmp_path / "out" / "volumes.csv").open() as file:
        assert sum(float(row["calls"]) for row in csv.DictReader(file)) == pytest.approx(400, rel=0.01)


# ── what can go wrong ────────────────────────────────────────────────────────────────────────────────────────────────


def test_dirt_is_counted_on_the_screen_and_written_aside(tmp_path: Path) -> None:
    log = chats(tmp_path)
    with log.open("a") as file:
        file.write("x,,,,,\ny,2026-03-02 09:00,2026-03-02 09:01,2026-03-02 08:00,bo,answered\n")
        file.write("z,2026-03-02 09:00,,2026-03-02 09:10,,eaten\n")
    done = fit(log, "--mapping", tmp_path / "chats.toml", "--out", tmp_path / "out")
    assert done.exit_code == 0
    for reason in ("no outcome", "end before arrival", "unknown outcome: eaten"):
        assert f"1  {reason}" in done.output
    with (tmp_path / "out" / "refused.csv").open() as file:
        refused = list(csv.DictReader(file))
    assert [(row["id"], row["line"]) for row in refused] == [("x", "1502"), ("y", "1503"), ("z", "1504")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv", "--mapping", "calls"], "No such file"),
        (["log.csv"], "--mapping"),
        (["log.csv", "--mapping", "nonsense"], "one of amazon_connect"),
        (["log.csv", "--mapping", "calls", "--mapping", "nice", "--mapping", "nice"], "3 for 1 logs"),
        (["log.csv", "--mapping", "calls", "--timezone", "Mars"], "time zone"),
        (["log.csv", "--mapping", "calls", "--rule", "magic"], "one of served"),
        (["log.csv", "--mapping", "calls"], "no column arrival, end"),
        (["empty", "--mapping", "ccsim"], "no contacts.parquet"),
        (["contacts.parquet"], "log of ccsim run"),
        (["roster.csv", "--mapping", "nice"], "only rosters"),
    ],
)
def test_where_nothing_can_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "contacts.parquet").write_bytes(b"nothing")
    (tmp_path / "log.csv").write_text("one,two\n1,2\n")
    (tmp_path / "roster.csv").write_text("Agent,Start,End\nbo,2026-03-02 08:00,2026-03-02 12:00\n")
    done = fit(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "fitted").exists()


# ── distributions as a scenario writes them
# ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("family", distributions.FAMILIES)
def test_every_family_can_be_written_in_a_scenario(family: str) -> None:
    rng = np.random.default_rng(8)
    fitted = distributions.fit(family, distributions.Sample(rng.lognormal(4, 1, 300), np.ones(300, np.bool_)))
    document = tomllib.loads(f"work = {scenario.toml(fitted.distribution)}")
    document |= {"channel": "phone", "volume": {"per_day": 1}}
    team = {"skills": {"calls": 1}, "shifts": [{"agents": 1, "hours": "always"}]}
    read = parse({"queue": {"calls": document}, "team": {"desk": team}}).queue["calls"].work
    assert read.mean == pytest.approx(fitted.distribution.mean, rel=1e-3)
    u = np.array([0.05, 0.5, 0.95])
    assert read.value(u.copy()) == pytest.approx(fitted.distribution.value(u.copy()), rel=1e-3)


def test_what_several_queues_have_in_common_is_said_once(tmp_path: Path) -> None:
    """Each weekday occurs once in the log, for both queues alike."""
    starts = [datetime(2026, 3, 2 + day, 8) + timedelta(minutes=30 * place) for day in range(5) for place in range(20)]
    rows = [f"{start},{queue},10\n" for queue in ("sales", "service") for start in starts]
    (tmp_path / "export.csv").write_text("start,queue,offered\n" + "".join(rows))
    (tmp_path / "how.toml").write_text(
        'kind = "intervals"\nchannel = "phone"\ncolumns = { start = "start", queue = "queue", offered = "offered" }\n'
    )
    words = ["fit", str(tmp_path / "export.csv"), "--mapping", str(tmp_path / "how.toml"), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert done.stderr.count("Few data: the log has one Monday") == 1
    assert "warning: sales, service: Few data: the log has one Monday" in done.stderr
