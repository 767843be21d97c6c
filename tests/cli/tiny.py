"""A scenario that runs in a moment: a call queue and a chat, one day, a blended and a chat-only agent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ccsim.cli import main

TINY = """
name = "Tiny, of course"
start = 2026-03-02
days = 1
drain = "2h"
seed = 5
replications = 2

[queue.phone]
channel = "phone"
open = "09:00-12:00"
volume = { file = "volumes.csv", column = "calls" }
service_level = "80/20"
answer_delay = "3s"

[queue.chat]
channel = "live_chat"
open = "09:00-12:00"
volume = { per_day = 40, shape = "flat" }
silent_abandonment = 0.5
service_level = "80% in 60s"
reply_target = "90% in 60s"
transfer = [{ to = "phone", share = 0.2 }]
clock = "business"

[queue.message]
channel = "messaging"
service_level = "90/300"
open = "09:00-12:00"
volume = { per_day = 20, shape = "flat" }

[team.all]
skills = { phone = 1, chat = 2, message = 3 }
shifts = [{ agents = 2, hours = "09:00-12:00", breaks = ["10:30-10:45"] }]
absence = 0.2
cost_per_hour = 20

[team.writers]
skills = { chat = 1, message = 1 }
concurrency = { chat = 3, message = 4 }
shifts = [{ agents = 1, hours = "09:00-12:00" }]

[variant.busy]
set = { "queue.phone.volume.scale" = 3 }
"""

VOLUMES = "date,time,calls\n" + "".join(
    f"2026-03-02,{hour:02d}:00,{calls}\n" for hour, calls in ((9, 12), (10, 8), (11, 4))
)


def write_tiny(folder: Path, text: str = TINY) -> Path:
    """The scenario file and its volumes in a folder."""
    (folder / "volumes.csv").write_text(VOLUMES)
    file = folder / "tiny.toml"
    file.write_text(text)
    return file


def ccsim(*arguments: Any) -> Result:
    """The command line, in this process; what it raises is raised."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def only_folder(root: Path) -> Path:
    """The one results folder below a root, after making sure that nothing else is there."""
    (scenario,) = root.iterdir()
    (folder,) = scenario.iterdir()
    return folder
