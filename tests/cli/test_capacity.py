"""`ccsim capacity`: what it prints, its JSON, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ccsim.cli import main
from tests.cli.tiny import write_tiny

TARGET = ("--set", "queue.phone.max_abandonment=0.5")


def capacity(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["capacity", str(file), *arguments], env={"COLUMNS": "200"})


@pytest.fixture
def easy(tmp_path: Path) -> Path:
    """The tiny centre with enough agents and a mild target for calls alone."""
    file = write_tiny(tmp_path)
    text = file.read_text()
    for line in ('service_level = "80% in 60s"\nreply_target = "90% in 60s"\n', 'service_level = "90/300"\n'):
        assert line in text
        text = text.replace(line, "")
    file.write_text(text.replace("agents = 2,", "agents = 6,").replace('"80/20"', '"70/60"'))
    return file


def test_what_it_prints(easy: Path) -> None:
    result = capacity(easy)
    assert result.exit_code in (0, 1), result.output
    assert "the largest volume with today's agents" in result.stdout
    assert "All targets hold with up to" in result.stdout
    assert "Binding target: phone: service level." in result.stdout
    assert "seed 6" in result.stdout
    assert ("NOT PROVEN" in result.stdout) == (result.exit_code == 1)


def test_the_json_is_the_contract_and_the_same_with_any_number_of_workers(easy: Path) -> None:
    result, again = (capacity(easy, "--json", "--workers", number) for number in ("1", "2"))
    record = json.loads(result.stdout)
    assert result.stdout == again.stdout
    assert set(record["scale"]) == {"mean", "low", "high"}
    assert record["scale"]["low"] <= record["scale"]["mean"] <= record["scale"]["high"]
    assert set(record["volume"]) == {"phone", "chat", "message"}
    assert record["binds"] == "phone: service_level"
    assert record["volume"]["phone"] > record["today"]["phone"] > 0
    assert record["targets"][0]["wanted"] == 0.7


def test_chats_at_once(easy: Path) -> None:
    few = ("--concurrency", "chat", "--set", "replications=1")
    assert "conversations of chat at once" in capacity(easy, *few).stdout
    easy.write_text(easy.read_text().replace("queue.chat", 'queue."our chats"').replace("chat =", '"our chats" ='))
    record = json.loads(capacity(easy, "--concurrency", "our chats", *few[2:], "--json").stdout)
    assert list(record["concurrency"])[:3] == ["1", "2", "3"]


def test_the_day_that_binds_is_named(easy: Path) -> None:
    result = capacity(easy, "--set", "staffing.targets_over='day'")
    assert "Binding target: phone: service level, on Mon 2 Mar" in result.stdout


def test_today_misses(easy: Path) -> None:
    result = capacity(easy, "--set", "queue.phone.volume.scale=8")
    assert "Today's volume already misses: phone: service level." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--set", "queue.phone.service_level='none'"], 2, "tiny.toml: queue: no targets; expected a target"),
        (["--queue", "fone"], 2, '--queue: no queue "fone"; did you mean "phone"'),
        (["--concurrency", "phone"], 2, "phone: one at a time"),
        (["--concurrency", "caht"], 2, 'did you mean "chat"'),
        (["--set", "queue.phone.answer_delay='5m'"], 1, "No volume meets the targets"),
        (["--set", "volume.scale=0"], 2, "tiny.toml: queue: nobody comes"),
        (["--set", "queue.phone.volume.scale=0", "--queue", "phone"], 2, "tiny.toml: queue.phone.volume: nobody comes"),
        (["--workers", "0"], 2, "--workers"),
    ],
)
def test_bad_input_is_refused(easy: Path, arguments: list[str], status: int, words: str) -> None:
    result = capacity(easy, *arguments)
    assert result.exit_code == status, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_queues_without_customers_and_targets_without_data_are_named_once(easy: Path) -> None:
    result = capacity(easy, "--set", "queue.chat.volume={ per_day = 0 }", "--set", "queue.chat.service_level='80/60'")
    assert result.stdout.count("chat") == 2
    assert "No data, so neither met nor missed: chat: service level." in result.stdout
    assert "No customers of their own: chat." in result.stdout


FEW = """
start = 2026-03-02
days = 1
seed = 3
replications = 1
[queue.phone]
channel = "phone"
open = { mon = "09:00-09:30" }
volume = { per_day = 10 }
service_level = "80/20"
[team.a]
skills = { phone = 1 }
shifts = [{ agents = 2, hours = "09:00-09:30" }]
"""


def test_no_data_is_no_proof(tmp_path: Path) -> None:
    (tmp_path / "few.toml").write_text(FEW)
    result = capacity(tmp_path / "few.toml")
    assert result.exit_code == 1
    assert "NOT PROVEN: no data at 0.071 on fresh random numbers, seed 4: phone: service level." in result.stdout
    record = json.loads(capacity(tmp_path / "few.toml", "--json").stdout)
    assert (record["proven"], record["no_data"]) == (False, ["phone: service_level"])


def test_one_replication_has_no_interval_and_proves_nothing(easy: Path) -> None:
    result = capacity(easy, "--replications", "1")
    assert result.exit_code == 1
    assert "(no interval: one replication)" in result.stdout
    assert "NOT PROVEN: one replication has no interval" in result.stdout
