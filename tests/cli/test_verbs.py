"""The other verbs, and the cost of asking for help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ccsim.cli import main
from tests.cli.tiny import TINY, ccsim, write_tiny

SLOW = ("numpy", "pandas", "scipy", "matplotlib", "numba", "pyarrow", "pydantic", "rich", "tqdm", "simpy")


def test_help_imports_nothing_slow() -> None:
    program = (
        "import sys\n"
        "from ccsim.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as done:\n    assert done.code == 0\n"
        f"print([name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "run" in done.stdout


def test_python_m_ccsim_is_ccsim() -> None:
    done = subprocess.run([sys.executable, "-m", "ccsim", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ccsim ")


def test_new_writes_a_scenario_that_checks_and_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ccsim("new", "centre").exit_code == 0
    written = (tmp_path / "centre.toml").read_text()
    assert ccsim("check", "centre.toml").exit_code == 0
    again = ccsim("new", "centre.toml")
    assert again.exit_code == 2
    assert "centre.toml" in again.stderr
    assert (tmp_path / "centre.toml").read_text() == written


def test_many_problems_leave_room_on_the_screen(tmp_path: Path) -> None:
    text = TINY + "".join(f"[queue.more{i}]\nchannel = 'fone'\n" for i in range(100))
    (tmp_path / "many.toml").write_text(text)
    *lines, last = ccsim("check", tmp_path / "many.toml").stderr.splitlines()
    assert (len(lines), last.startswith("and "), last.endswith(" more problems")) == (30, True, True)


@pytest.mark.parametrize("deep", ["[queue" + ".a" * 3000 + "]\n", "a = " + "[" * 300 + "]" * 300])
def test_tables_too_deep_in_one_another_are_refused(tmp_path: Path, deep: str) -> None:
    (tmp_path / "deep.toml").write_text(deep)
    done = ccsim("check", tmp_path / "deep.toml")
    assert done.exit_code == 2
    assert "more than 50 tables or lists in one another" in done.stderr or "recursion" in done.stderr
    done = ccsim("run", write_tiny(tmp_path), "--json", "--set", "queue" + ".a" * 3000 + "=1")
    assert done.exit_code == 2


def test_new_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = ccsim("new", tmp_path / "nowhere" / "centre")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr


def test_schema_is_json() -> None:
    actual = json.loads(ccsim("schema").stdout)
    assert "queue" in actual["properties"]


def test_check_tells_the_defaults_with_their_tags(tmp_path: Path) -> None:
    done = ccsim("check", write_tiny(tmp_path))
    assert done.exit_code == 0
    assert '[I] { mean = "4m30s", cv = 0.9 }' in done.stdout.split("queue.phone.work ")[1].splitlines()[0]


def test_check_tells_theory_beside_the_queues_it_applies_to(tmp_path: Path) -> None:
    done = ccsim("check", write_tiny(tmp_path), "--theory")
    assert done.exit_code == 0
    theory = done.stdout.split("Theory")[1]
    assert "phone: Erlang A; Mon 2 Mar 09:00, 12 contacts an hour, 2 agents" in theory
    chat = theory.split("chat: machine repair")[1].split("message:")[0]
    assert re.search(r"utilisation at most +[\d.]+ %\n", chat)
    assert re.search(r"reply_wait_mean at most +\d+s\n", chat)
    assert "message: Erlang R" in theory


def test_theory_by_hand(tmp_path: Path) -> None:
    """Half an erlang and one agent: Erlang C has one half wait, on average as long as a call."""
    text = """
    start = 2026-03-02
    days = 1
    [queue.phone]
    channel = "phone"
    open = "always"
    volume = { per_hour = 30 }
    work = { dist = "exponential", mean = "1m" }
    wrap_up = "0s"
    patience = "never"
    [team.one]
    skills = { phone = 1 }
    shifts = [{ agents = 1, hours = "always" }]
    """
    theory = ccsim("check", write_tiny(tmp_path, text), "--theory").stdout.split("Theory")[1]
    assert "Erlang C" in theory
    figures = dict(line.split(maxsplit=1) for line in theory.splitlines() if line.startswith("    "))
    assert figures["asa"] == "1m"
    assert figures["utilisation"] == "50.0 %"


def test_check_of_a_bad_variant(tmp_path: Path) -> None:
    assert tomllib.loads(TINY)["variant"]
    file = write_tiny(tmp_path, TINY.replace('"queue.phone.volume.scale" = 3', '"queue.phone.volume.scale" = -3'))
    done = ccsim("check", file)
    assert done.exit_code == 2
    assert "queue.phone.volume.scale" in done.stderr


def test_check_warns_of_overload(tmp_path: Path) -> None:
    done = ccsim(
        "check",
        write_tiny(
            tmp_path, TINY.replace("calls", "calls", 1).replace('channel = "phone"', 'channel = "phone"\nwork = "2h"')
        ),
    )
    assert done.exit_code == 0
    assert "warning" in done.stderr
    assert "phone" in done.stderr


def test_check_of_many_queues_says_the_same_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And neither work nor rosters are found again for each day and team."""
    from ccsim import lowering
    from ccsim.scenario import check, spans
    from ccsim.workload import expectations

    asked = Counter[str]()

    def counted(module: object, what: str, original: Callable[..., object]) -> None:
        def call(*values: object) -> object:
            asked[what] += 1
            return original(*values)

        monkeypatch.setattr(module, what, call)

    counted(check, "work_offered", spans.work_offered)
    counted(expectations, "rosters", lowering.rosters)
    queues = "".join(f'[queue.q{i}]\nchannel = "phone"\nvolume = {{ per_day = 5 }}\n' for i in range(30))
    agents = 'shifts = [{ agents = 1, hours = "09:00-17:00" }]\n'
    skills = ", ".join(f"q{i} = 1" for i in range(30))
    teams = "".join(f"[team.t{i}]\nskills = {{ {skills} }}\n{agents}" for i in range(3))
    more = '[variant.more.set]\n"volume.scale" = 1.5\n'
    file = tmp_path / "many.toml"
    file.write_text(f"days = 5\n{queues}{teams}")
    done = ccsim("check", file, "--theory")
    assert done.exit_code == 0
    assert "  q0 and 29 more  310 s = 1 x 270 s + 40 s\n" in done.stdout
    assert "  queue.q0.patience and 29 more " in done.stdout
    assert asked == {"work_offered": 30, "rosters": 1}
    alone = done.stderr
    file.write_text(f"days = 5\n{queues}{teams}{more}")
    assert "nobody on duty" in alone
    assert ccsim("check", file).stderr == alone


def test_what_a_compiler_makes_of_an_interruption_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiles() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise RuntimeError("no compiled object yet") from None

    monkeypatch.setitem(main.commands, "compile", click.Command("compile", callback=compiles))
    result = CliRunner().invoke(main, ["compile"])
    assert (result.exit_code, result.stderr) == (130, "Interrupted; nothing was written.\n")


def test_help_tells_what_each_command_does_in_a_whole_sentence() -> None:
    done = ccsim("--help")
    assert "..." not in done.stdout.split("Commands:")[1].replace("LOG...", "").replace("HISTORY...", "")
    commands = re.findall(r"(?m)^  (\w+)  ", done.stdout.split("Commands:")[1])
    assert set(commands) == set(main.commands)
