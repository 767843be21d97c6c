"""What agents do, minute by minute: a lane an agent, and within it a lane a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.metrics.timeline import Timeline
from ccsim.results import format
from ccsim.results.logs import as_array
from ccsim.results.model import Results
from ccsim.tables import I64, NEVER, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST: Final = 8
"""Agents that can be distinguished on a slide."""

SESSION: Final = (0.12, 0.88)
"""What a session takes of its lane; below STRIPE it has the colour of its queue."""

STRIPE: Final = 0.74

Columns = dict[str, NDArray[Any]]


def _columns(table: Any, chosen: NDArray[np.bool_] | None = None) -> Columns:
    """A log's columns as arrays; times that never come are NEVER, other missing numbers -1."""
    columns = {}
    for name in table.column_names:
        column = as_array(table[name], NEVER if name.endswith("_us") else -1)
        columns[name] = column if chosen is None else column[chosen]
    return columns


def _where(rows: Columns, chosen: NDArray[np.bool_]) -> Columns:
    return {name: values[chosen] for name, values in rows.items()}


def lanes(start: I64, end: I64) -> list[int]:
    """The lowest lane that is free for each span, spans in order of their start."""
    free: list[int] = []
    lane_of_session = []
    for begin, finish in zip(start.tolist(), end.tolist(), strict=True):
        lane = next((i for i, until in enumerate(free) if until <= begin), len(free))
        free[lane : lane + 1] = [finish]
        lane_of_session.append(lane)
    return lane_of_session


def busiest(results: Results) -> tuple[int, int]:
    """The two hours, on the hour since the start, in which agents hold most sessions, µs."""
    log = _columns(results.logs["agents"])
    held = _where(log, log["activity"] == "session")
    edges = np.arange(0, results.plan.end + 1, clock.HOUR)
    area = Timeline(held["start_us"], held["end_us"]).area(edges)
    start = int(edges[np.argmax(np.convolve(area, [1, 1], "valid"))]) if len(area) > 1 else 0
    return start, start + 2 * clock.HOUR


def chosen_agents(log: Columns, teams: tuple[str, ...]) -> list[tuple[str, int]]:
    """Team and id of at most MOST agents, those of each team with most session time in turn, by team and id."""
    held = _where(log, log["activity"] == "session")
    ranked = []
    for place, team in enumerate(teams):
        mine = held["team"] == team
        agents, row = np.unique(held["agent"][mine], return_inverse=True)
        time = np.bincount(row, (held["end_us"] - held["start_us"])[mine], minlength=len(agents))
        ranked += [(rank, place, int(agents[i])) for rank, i in enumerate(np.argsort(-time, kind="stable"))]
    return [
        (teams[place], agent) for place, agent in sorted((place, agent) for _, place, agent in sorted(ranked)[:MOST])
    ]


class _Boxes:
    """What is drawn, by kind, within the time shown."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.by_kind: dict[str, list[tuple[float, float, float, float]]] = {}

    def add(self, kind: str, start: Any, end: Any, low: Any, high: Any) -> None:
        """Boxes from `start` to `end` (µs) and `low` to `high`, arrays or numbers."""
        left, right = np.maximum(start, self.start), np.minimum(end, self.end)
        rows = zip(*(np.ravel(side).tolist() for side in np.broadcast_arrays(left, right, low, high)), strict=True)
        boxes = [(a / clock.HOUR, b / clock.HOUR, c, d) for a, b, c, d in rows if a < b]
        self.by_kind.setdefault(kind, []).extend(boxes)


@chart("agents", applies=lambda results: bool((as_array(results.logs["agents"]["activity"]) == "session").any()))
def agents(results: Results, figure: Figure) -> None:
    """The busiest agents of each team in the busiest two hours: their sessions, and what is done in them."""
    start, end = busiest(results)
    log = results.logs["agents"]
    log = _columns(log, (as_array(log["start_us"]) < end) & (as_array(log["end_us"]) > start))
    log |= {"start_us": np.maximum(log["start_us"], start), "end_us": np.minimum(log["end_us"], end)}
    contacts, turns = _columns(results.contacts), _columns(results.turns)
    boxes = _Boxes(start, end)
    rows: dict[tuple[int, int], float] = {}
    labels: dict[float, str] = {}
    top = 0.0
    for team, agent in chosen_agents(log, results.spec.teams):
        mine = _where(log, log["agent"] == agent)
        held = _where(mine, mine["activity"] == "session")
        lane = lanes(held["start_us"], held["end_us"])
        height = max(lane, default=0) + 1
        rows |= {(int(contact), agent): top + i for contact, i in zip(held["contact"], lane, strict=True)}
        for kind, activity in (("present", "present"), ("present", "overtime"), ("pause", "pause")):
            there = _where(mine, mine["activity"] == activity)
            boxes.add(kind, there["start_us"], there["end_us"], top, top + height)
        _draw_sessions(boxes, mine, held, turns, top + np.array(lane, dtype=np.float64))
        labels[top + height / 2] = f"{style.short(team, 18)}, agent {agent}"
        top += height + 0.35
    shown = np.unique([contact for contact, _ in rows])
    queue = dict(zip(contacts["contact"].tolist(), contacts["queue"].tolist(), strict=True))
    for (contact, agent), y in rows.items():
        mine = _where(log, (log["contact"] == contact) & (log["agent"] == agent) & (log["activity"] == "session"))
        boxes.add(f"queue {queue[contact]}", mine["start_us"], mine["end_us"], y + STRIPE, y + SESSION[1])
    ax = figure.subplots()
    entries = _paint(ax, boxes, {name: results.scenario.title(name) for name in results.spec.queues})
    if _mark_transfers(ax, _where(contacts, np.isin(contacts["contact"], _with_legs(contacts, shown))), boxes, rows):
        entries.append(style.line("transfer", style.now().ink, marker="D", markersize=6))
    ax.set_xlim(start / clock.HOUR, end / clock.HOUR)
    ticks = np.arange(start, end + 1, 15 * 60 * SECOND)
    ax.set_xticks(clock.hours(ticks), [format.moment(results.scenario, int(tick))[-5:] for tick in ticks])
    ax.set_xlabel(f"time of day, {format.moment(results.scenario, start)[:-6]}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_ylim(top, -0.2)
    ax.set_yticks(list(labels), list(labels.values()))
    ax.tick_params(axis="y", length=0)
    style.headline(
        figure,
        "What agents do in the busiest two hours",
        f"n = {len(labels)} of {format.several(len(results.plan.team), 'agent')}, those of each team with most session "
        f"time; replication 1 of {results.replications}; a box a session, its lower edge in the colour of its queue.",
        above=entries,
    )


def _draw_sessions(boxes: _Boxes, mine: Columns, held: Columns, turns: Columns, y: NDArray[np.float64]) -> None:
    """One agent's sessions, each at its `y`, and what is done in them."""
    boxes.add("session", held["start_us"], held["end_us"], y + SESSION[0], y + SESSION[1])
    for contact, start, end, foot in zip(held["contact"], held["start_us"], held["end_us"], y, strict=True):
        ours = turns["contact"] == contact
        waits = np.maximum(turns["message_us"][ours], start), np.minimum(turns["start_us"][ours], end)
        boxes.add("kept_waiting", *waits, foot + SESSION[0], foot + STRIPE)
    place = dict(zip(held["contact"].tolist(), y.tolist(), strict=True))
    for kind in ("ring", "reread", "work", "wrap_up", "suspended"):
        done = _where(mine, mine["activity"] == kind)
        foot = np.array([place.get(contact, y.min(initial=np.inf)) for contact in done["contact"].tolist()])
        boxes.add(kind, done["start_us"], done["end_us"], foot + SESSION[0], foot + STRIPE)


def _paint(ax: Axes, boxes: _Boxes, queues: dict[str, str]) -> list[Any]:
    """Draws the boxes, later kinds over earlier ones; returns the legend's entries. `queues`: titles by name."""
    theme = style.now()
    looks = {
        "present": (theme.closed, ""),
        "pause": (theme.pause, "break"),
        "session": (theme.session, "waiting for the customer"),
        "kept_waiting": (theme.kept_waiting, "the customer waits for the agent"),
        "ring": (theme.ring, "ringing"),
        "reread": (theme.reread, "re-reading"),
        "work": (theme.work, "work"),
        "wrap_up": (theme.wrap_up, "wrap-up"),
        "suspended": (theme.quiet, "suspended for a call"),
    }
    entries = []
    for kind, (colour, label) in looks.items():
        if boxes.by_kind.get(kind):
            style.bars(ax, boxes.by_kind[kind], colour)
            if label:
                entries.append(style.patch(label, colour))
    for number, (name, title) in enumerate(queues.items()):
        if boxes.by_kind.get(f"queue {name}"):
            style.bars(ax, boxes.by_kind[f"queue {name}"], style.colour(number))
            entries.append(style.line(style.short(title), style.colour(number), linewidth=4))
    return entries


def _with_legs(contacts: Columns, shown: NDArray[Any]) -> NDArray[Any]:
    """The contacts shown and those that they were transferred to."""
    legs = np.isin(contacts["parent"], shown) & (contacts["link"] == "transfer")
    return np.concatenate([shown, contacts["contact"][legs]])


def _mark_transfers(ax: Axes, contacts: Columns, boxes: _Boxes, rows: dict[tuple[int, int], float]) -> bool:
    """A mark where a contact is transferred, with a line to the start of work on the next leg if that is shown too."""
    middle = sum(SESSION) / 2
    ends = {
        contact: (left / clock.HOUR, rows[contact, agent] + middle)
        for contact, left, agent, outcome in zip(
            *(contacts[name].tolist() for name in ("contact", "left_us", "last_agent", "outcome")), strict=True
        )
        if outcome == "transferred" and boxes.start <= left < boxes.end and (contact, agent) in rows
    }
    ink, paper = style.now().ink, style.now().paper
    for contact, parent, begun, agent in zip(
        *(contacts[name].tolist() for name in ("contact", "parent", "answer_us", "first_agent")), strict=True
    ):
        if parent in ends and begun < boxes.end and (contact, agent) in rows:
            x, y = zip(ends[parent], (begun / clock.HOUR, rows[contact, agent] + middle), strict=True)
            ax.plot(x, y, color=ink, linewidth=1.2, zorder=5)
    for at, lane in ends.values():
        ax.plot([at], [lane], marker="D", markersize=6, color=ink, markeredgecolor=paper, zorder=6)
    return bool(ends)
