"""Makes docs/charts.md and its pictures: every chart, with the command that draws it, from shipped scenarios.

    python docs/charts.py            # all pictures: some minutes
    python docs/charts.py waiting    # the page, and of the pictures only this kind

It runs the commands that the page names, so the page cannot say what does not work.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

from ccsim.cli import main

ROOT: Final = Path(__file__).parent.parent
IMAGES: Final = ROOT / "docs" / "images"
WIDTH: Final = 960
"""Pixels of a picture on the page."""


class Entry(NamedTuple):
    """A chart, the scenario that shows it, and what to read from it; `theme` as on the command line."""

    kind: str
    title: str
    scenario: str
    text: str
    theme: str = "light"


ENTRIES: Final = (
    Entry("service_level", "Service level by interval", "retail_week",
          "When is the target missed? A panel for each queue: the mean of the replications with its 95 % interval, and "
          "the target as a dashed line. Closed hours are grey. Over weeks a point covers several intervals; the note "
          "says how many."),
    Entry("heat_map", "Where it misses", "retail_week",
          "Days and times of day. Blue is above the target of the queue, orange below, full colour at 20 points. Grey "
          "cells have fewer than ten contacts in all replications: too few for a share."),
    Entry("waiting", "First wait", "retail_week",
          "How long do customers wait? A line for each queue shows the share answered within a time (log axis). The "
          "cross is the target: a line above its cross meets it. Those who leave count as not answered until then "
          "(Kaplan and Meier), so customers who give up do not make the curve better."),
    Entry("reply_waiting", "Reply wait", "chat_versus_messaging",
          "The same for every later message of a conversation, with the reply target where there is one."),
    Entry("staffing", "Scheduled, present, busy", "retail_week",
          "Agents of each team: planned by shifts less breaks (dashed), present (line), with a conversation (pale), at "
          "work (dark)."),
    Entry("concurrency", "Conversations at a time", "knowledge_base_and_bot",
          "How many conversations agents have at a time, from quiet intervals to busy ones. The figures above the bars "
          "are staffed hours: a bar of one hour says little."),
    Entry("conversations", "Open conversations", "email_backlog",
          "Pale: open conversations, from the first message to the end. Dark: those in which a message waits for an "
          "agent."),
    Entry("backlog", "Backlog by age", "email_backlog",
          "Messages that wait, by age, the oldest at the bottom: here those of the night and of the weekend.", "dark"),
    Entry("agents", "Agents, minute by minute", "phone_and_email_blended",
          "The busiest two hours. A block is an agent, a row in it a conversation, its lower edge in the colour of the "
          "queue. Here calls interrupt e-mails. Transfers are marked, with a line to the next agent if that one is "
          "shown."),
    Entry("thread", "One conversation", "retail_week",
          "A conversation that lasts for days: how long it is open, how long each side waits, how long it holds an "
          "agent's capacity, and the minutes of work."),
    Entry("outcomes", "Where customers end", "knowledge_base_and_bot",
          "Customers from left to right: the queue in which they began, the queue in which they ended (after transfers "
          "or another try), and the outcome there.", "dark"),
    Entry("overview", "Overview", "retail_week", "Four charts on one page."),
)  # fmt: skip
"""In the order of the page."""


class Study(NamedTuple):
    """A picture that another verb leaves in its folder `charts`: its file there, and the command."""

    picture: str
    title: str
    command: str
    text: str

    @property
    def image(self) -> str:
        """Its file among the page's images: a run has a heat map too."""
        return f"sweep_{self.picture}" if self.picture == "heat_map" else self.picture


PHONE: Final = (
    "sweep scenarios/phone_8020.toml --set team.agents.cost_per_hour=21 --vary team.agents.shifts.0.agents=14:20"
)
BOTH: Final = f"{PHONE} --vary queue.phone.volume.scale=0.8:1.2:5 --sensitivity --replications 10"
PLAN: Final = "staff scenarios/shift_planning.toml --workers 2"

STUDIES: Final = (
    Study("differences", "Variants side by side",
          "compare scenarios/live_chat_or_whatsapp.toml --variants --replications 10",
          "Differences to the first variant on the same random numbers, with 95 % intervals. A filled dot is a "
          "difference that is not chance: zero is outside."),
    Study("sensitivity", "Service level against the number of agents", PHONE,
          "Every replication, their mean and spread, beside Erlang's formula, interval by interval. It is drawn where "
          "a single setting is varied."),
    Study("curves", "What each setting does", BOTH,
          "A row for each figure, a column for each setting, a line for each value of the other setting."),
    Study("heat_map", "Two settings together", BOTH, "A panel for each figure, over the first two settings."),
    Study("frontier", "What service costs", BOTH,
          "Every point by cost and service. The line joins the points that no other beats in both."),
    Study("tornado", "Each setting alone", BOTH,
          "How much each setting alone changes a figure, the strongest on top, on the same random numbers."),
    Study("required_and_scheduled", "Required against scheduled", PLAN,
          "Agents that are needed and agents of the plan, with too many and too few in colour, and the difference "
          "below."),
    Study("service_before_and_after", "Service level before and after", PLAN,
          "With today's shifts and with the plan, on random numbers that the search has not used."),
    Study("cost_and_service", "What cost buys", PLAN,
          "Every staffing that the search tried, by cost and by its worst target."),
)  # fmt: skip
"""What compare, sweep and staff draw."""

HEAD: Final = """# Charts

For everybody who shows results. This page has every chart, how to read it, and the command that draws it.

After a run, the folder `charts` in its results holds every chart that has something to show, and an overview. `ccsim
chart` draws them again, also from old results, without simulating:

```
ccsim chart results/online-shop-a-week-in-march/…            all of them, as PNG
ccsim chart results/… --kind heat_map --format pdf           one, as PDF (or SVG) for a document
ccsim chart results/… --theme dark --out slides              all of them for dark slides
```

Charts have the shape of a slide and can be read on one. Of more than 24 queues or teams (as lines and flows: 12) they
show those with most contacts or hours, of service levels the queues farthest below their target; the note says so.
Colour-blind people can distinguish the colours, and a queue has the same colour in all charts of a scenario, but for
lines where some are left out. Characters that the charts' font lacks, such as Chinese ones, are
boxes in them; tables and the rest of the report show them. The note at the bottom says how many contacts and
replications a chart shows. `python docs/charts.py` makes this page and runs its commands.
"""


def ccsim(command: str) -> None:
    main(shlex.split(command), standalone_mode=False)


def draw(entry: Entry, results: Path, folder: Path) -> None:
    """The entry's picture, reduced, among the page's images."""
    ccsim(f"chart {results} --kind {entry.kind} --theme {entry.theme} --out {folder}")
    # the overview has four charts' worth of detail
    reduce(folder / f"{entry.kind}.png", entry.kind, few_colours=entry.kind == "overview")


def reduce(file: Path, name: str, *, few_colours: bool) -> None:
    """A picture among the page's images, as wide as the page."""
    with Image.open(file) as picture:
        size = (WIDTH, round(WIDTH * picture.height / picture.width))
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        if few_colours:
            small = small.quantize(256, dither=Image.Dither.NONE)
        small.save(IMAGES / f"{name}.png", optimize=True)


def section(entry: Entry) -> str:
    """The entry's part of the page."""
    theme = "" if entry.theme == "light" else f" --theme {entry.theme}"
    return f"""
## {entry.title}

{textwrap.fill(entry.text, 120)}

```
ccsim run scenarios/{entry.scenario}.toml
ccsim chart results/… --kind {entry.kind}{theme}
```

![{entry.title}](images/{entry.kind}.png)
"""


def study_section(study: Study) -> str:
    """The study's part of the page."""
    return f"""
## {study.title}

{textwrap.fill(study.text, 120)}

```
ccsim {study.command}
```

![{study.title}](images/{study.image}.png)
"""


def make(kinds: Sequence[str] = ()) -> None:
    """Runs every scenario once, and writes pictures and page; with `kinds` the pictures of these alone."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    # the tables of all these commands would fill the screen
    with tempfile.TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
        made: dict[str, Path] = {}
        for entry in (entry for entry in ENTRIES if not kinds or entry.kind in kinds):
            if entry.scenario not in made:
                root = Path(temporary) / entry.scenario
                ccsim(f"run {ROOT / 'scenarios' / entry.scenario}.toml --out {root} --json")
                (made[entry.scenario],) = root.glob("*/*")
            draw(entry, made[entry.scenario], Path(temporary))
        for study in (study for study in STUDIES if not kinds or study.image in kinds):
            if study.command not in made:
                root = Path(temporary) / str(len(made))
                ccsim(f"{study.command.replace('scenarios/', f'{ROOT}/scenarios/')} --out {root}")
                (made[study.command],) = root.glob("*/*")
            reduce(made[study.command] / "charts" / f"{study.picture}.png", study.image, few_colours=True)
    text = "".join([*map(section, ENTRIES), *map(study_section, STUDIES)])
    (ROOT / "docs" / "charts.md").write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    make(sys.argv[1:])
