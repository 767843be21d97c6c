"""Makes docs/charts.md and its pictures: every chart, with the command that draws it, from shipped scenarios.

    python docs/charts.py

It runs the commands that the page names (some minutes), so the page cannot say what does not work.
"""

from __future__ import annotations

import shlex
import tempfile
import textwrap
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
          "A panel a queue: the mean of the replications with its 95 % interval against the dashed target; closed "
          "hours are grey. Over weeks, intervals are pooled so that points can be told apart, and the "
          "note says how many."),
    Entry("heat_map", "Where it misses", "retail_week",
          "Day by time of day, diverging at each queue's own target: blue above it, orange below, the ends of the "
          "scale at 20 points. Cells of fewer than ten contacts in all replications are grey: their share "
          "says nothing."),
    Entry("waiting", "First wait", "retail_week",
          "A line a queue, on a log axis, with the target as a cross: a line that passes above its cross meets it. Who "
          "leaves counts as not answered up to then (Kaplan and Meier), so impatience does not flatter the curve."),
    Entry("reply_waiting", "Reply wait", "chat_versus_messaging",
          "The same for every later message, with the reply target where there is one."),
    Entry("staffing", "Scheduled, present, busy", "retail_week",
          "Shifts less breaks (dashed), who is really there (line), with a session (pale), in focused work (dark)."),
    Entry("concurrency", "Conversations at a time", "knowledge_base_and_bot",
          "What an agent holds as the interval gets busier: no session, one, two, three or more. The figures above the "
          "bars are staffed hours, so a tall bar of one hour is not mistaken for a rule."),
    Entry("conversations", "Open conversations", "email_backlog",
          "Pale: open, from the first message to the end. Dark: those in which a message waits for an agent."),
    Entry("backlog", "Backlog by age", "email_backlog",
          "Messages not yet in work, the oldest at the bottom; what piles up over night and at the weekend.", "dark"),
    Entry("agents", "Agents, minute by minute", "phone_and_email_blended",
          "The busiest two hours: a block an agent, a lane a session, its lower edge in the colour of its queue. Here "
          "calls suspend e-mails. Transfers are marked, with a line to the next agent if they are in the picture."),
    Entry("thread", "One thread", "retail_week",
          "Four clocks of one conversation that lasts for days: how long it is open, how long each side waits, how "
          "long it holds an agent's capacity, and the minutes of work."),
    Entry("outcomes", "Where customers end", "knowledge_base_and_bot",
          "From the first queue over the last one (transfers, retries elsewhere, fallbacks) to the outcome of the "
          "customer's last contact.", "dark"),
    Entry("overview", "Overview", "retail_week", "The planner's page: four charts side by side."),
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
          "Differences to the first variant on the same random numbers, with 95 % intervals; filled where zero is "
          "outside."),
    Study("sensitivity", "Service level against the number of agents", PHONE,
          "Every replication, their mean and spread, beside what Erlang's formula says interval by interval: where one "
          "setting alone is varied."),
    Study("curves", "What each setting does", BOTH, "A row a figure, a column a setting, a line a value of the other."),
    Study("heat_map", "Two settings together", BOTH, "A panel a figure over the first two settings."),
    Study("frontier", "What service costs", BOTH,
          "Every point by cost and service; the line joins those that no other point beats in both."),
    Study("tornado", "Each setting alone", BOTH,
          "How far each setting moves a figure when all else stays, the strongest on top, on the same random numbers."),
    Study("required_and_scheduled", "Required against scheduled", PLAN,
          "Step lines with what is over and under shaded, and the net below."),
    Study("service_before_and_after", "Service level before and after", PLAN,
          "With today's shifts and with the plan, on random numbers that the search has not seen."),
    Study("cost_and_service", "What cost buys", PLAN,
          "Every staffing that the search tried, by cost and by the target it does worst at."),
)  # fmt: skip
"""What compare, sweep and staff draw."""

HEAD: Final = """# Charts

After every run the folder `charts` in its results holds every chart that has something to show, and an overview. `ccsim
chart` draws them again, also from old results, without simulating:

```
ccsim chart results/online-shop-a-week-in-march/…            all of them, as PNG
ccsim chart results/… --kind heat_map --format pdf           one, as PDF (or SVG) for a document
ccsim chart results/… --theme dark --out slides              all of them for dark slides
```

All have one style. They have the shape of a slide and letters that can be read on it; colours that colour-blind people
tell apart; a queue has one colour in all charts of a scenario; axes say their unit, and the note at the bottom how many
contacts, replications and minutes there are behind a point. This page is made by `docs/charts.py`, which runs the
commands shown.
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


def make() -> None:
    """Runs every scenario once, and writes pictures and page."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        made: dict[str, Path] = {}
        for entry in ENTRIES:
            if entry.scenario not in made:
                root = Path(temporary) / entry.scenario
                ccsim(f"run {ROOT / 'scenarios' / entry.scenario}.toml --out {root} --json")
                (made[entry.scenario],) = root.glob("*/*")
            draw(entry, made[entry.scenario], Path(temporary))
        for study in STUDIES:
            if study.command not in made:
                root = Path(temporary) / str(len(made))
                ccsim(f"{study.command.replace('scenarios/', f'{ROOT}/scenarios/')} --out {root}")
                (made[study.command],) = root.glob("*/*")
            reduce(made[study.command] / "charts" / f"{study.picture}.png", study.image, few_colours=True)
    text = "".join([*map(section, ENTRIES), *map(study_section, STUDIES)])
    (ROOT / "docs" / "charts.md").write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    make()
