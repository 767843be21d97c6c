"""What agents do, minute by minute: a lane an agent, and within it a lane a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.experiment import words
from ccsim.experiment.results import Results
from ccsim.metrics.timeline import Timeline
from ccsim.tables import I64, NEVER, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AGENTS: Final = 8
"""Lanes that can be read on a slide."""

LENGTH: Final = 2 * clock.HOUR


class _Rows:
    """The columns of a log as arrays."""

    def __init__(self, table: Any) -> None:
        self.column = {name: table[name].to_numpy() for name in table.column_names}

    def where(self, chosen: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
        return {name: values[chosen] for name, values in self.column.items()}


def lanes(start: I64, end: I64) -> list[int]:
    """The lowest lane that is free for each span, spans in order of their start."""
    free: list[int] = []
    found = []
    for begin, finish in zip(start.tolist(), end.tolist(), strict=True):
        lane = next((i for i, until in enumerate(free) if until <= begin), len(free))
        free[lane:lane + 1] = [finish]
        found.append(lane)
    return found


def busiest(results: Results) -> tuple[int, int]:
    """The two hours, on the hour, in which agents hold most sessions, µs."""
    log = _Rows(results.logs["agents"])
    held = log.where(log.column["activity"] == "session")
    edges = np.arange(0, results.plan.end + 1, clock.HOUR)
    area = Timeline(held["start_us"], held["end_us"]).area(edges)
    start = int(edges[np.argmax(np.convolve(area, [1, 1], "valid"))]) if len(area) > 1 else 0
    return start, start + LENGTH


def chosen_agents(results: Results, start: int, end: int) -> list[tuple[str, int]]:
    """Team and id of at most AGENTS agents with a session between the times: the busiest of each team in turn."""
    log = _Rows(results.logs["agents"])
    held = log.where(
        (log.column["activity"] == "session") & (log.column["start_us"] < end) & (log.column["end_us"] > start)
    )
    time = np.minimum(held["end_us"], end) - np.maximum(held["start_us"], start)
    by_team: dict[str, list[int]] = {}
    for team in results.terms.teams:
        mine = held["team"] == team
        agents, place = np.unique(held["agent"][mine], return_inverse=True)
        order = np.argsort(-np.bincount(place, time[mine], minlength=len(agents)), kind="stable")
        by_team[team] = agents[order].tolist()
    ranked = [(rank, team, agent) for team, those in by_team.items() for rank, agent in enumerate(those)]
    kept = sorted(ranked, key=lambda row: row[0])[:AGENTS]
    return [(team, agent) for team in results.terms.teams for agent in sorted(a for _, t, a in kept if t == team)]


@chart("agents", applies=lambda results: bool((results.logs["agents"]["activity"].to_numpy() == "session").any()))
def agents(results: Results, figure: Figure) -> None:
    """The busiest agents of each team in the busiest two hours: sessions, and what is done in them."""
    theme, terms = style.now(), results.terms
    start, end = busiest(results)
    chosen = chosen_agents(results, start, end)
    log, turns, contacts = (_Rows(results.logs[name]) for name in ("agents", "turns", "contacts"))
    near = (log.column["start_us"] < end) & (log.column["end_us"] > start)
    queue_of = dict(zip(contacts.column["contact"].tolist(), contacts.column["queue"].tolist(), strict=True))
    ax = figure.subplots()
    seen: set[str] = set()
    queues: set[int] = set()
    sessions: dict[tuple[int, int], tuple[float, float]] = {}
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    labels = []
    top = 0.0
    for team, agent in chosen:
        mine = log.where(near & (log.column["agent"] == agent))
        at = mine["activity"]
        held = {name: values[at == "session"] for name, values in mine.items()}
        order = np.argsort(held["start_us"], kind="stable")
        held = {name: values[order] for name, values in held.items()}
        lane = lanes(held["start_us"], held["end_us"])
        height = max(lane, default=0) + 1
        place = {int(contact): i for contact, i in zip(held["contact"].tolist(), lane, strict=True)}
        labels.append((top + height / 2, f"{style.short(team, 16)}\nagent {agent}"))

        def add(kind: str, left: I64, right: I64, low: Any, high: Any) -> None:
            cut = np.broadcast_arrays(np.maximum(left, start), np.minimum(right, end), low, high)
            boxes.setdefault(kind, []).extend(
                (a / clock.HOUR, b / clock.HOUR, c, d) for a, b, c, d in zip(*(x.tolist() for x in cut), strict=True)
                if a < b
            )  # fmt: skip

        here = np.isin(at, ("present", "overtime"))
        add("present", mine["start_us"][here], mine["end_us"][here], top, top + height)
        away = at == "pause"
        add("pause", mine["start_us"][away], mine["end_us"][away], top, top + height)
        low = top + np.array(lane, dtype=float) + 0.12
        add("session", held["start_us"], held["end_us"], low, low + 0.76)
        for contact, left, right, y in zip(held["contact"].tolist(), held["start_us"].tolist(),
                                           held["end_us"].tolist(), low.tolist(), strict=True):  # fmt: skip
            number = terms.queues.index(queue_of[contact])
            queues.add(number)
            add(f"queue {number}", np.array([left]), np.array([right]), y + 0.62, y + 0.76)
            sessions[contact, agent] = (y, y + 0.76)
            pending = turns.where((turns.column["contact"] == contact))
            from_us = np.maximum(pending["message_us"], left)
            to_us = np.minimum(np.nan_to_num(pending["start_us"].astype(float), nan=NEVER), right)
            add("kept_waiting", from_us, to_us.astype(np.int64), y, y + 0.62)
        for kind in ("ring", "reread", "work", "wrap_up", "suspended"):
            those = at == kind
            y = np.array([top + place.get(int(c), 0) + 0.12 for c in mine["contact"][those]])
            add(kind, mine["start_us"][those], mine["end_us"][those], y, y + 0.62)
        top += height + 0.35
    looks = {
        "present": (theme.closed, ""),
        "pause": (theme.pause, "break"),
        "session": (theme.session, "waiting for the customer"),
        "kept_waiting": (theme.kept_waiting, "the customer waits for the agent"),
        "ring": (theme.ring, "ringing"),
        "reread": (theme.reread, "re-reading"),
        "work": (theme.work, "work"),
        "wrap_up": (theme.wrap_up, "wrap-up"),
        "suspended": (theme.ink, "suspended for a call"),
    }
    entries = []
    for kind, (colour, label) in looks.items():
        if boxes.get(kind):
            style.bars(ax, boxes[kind], colour)
            if label:
                entries.append(style.patch(label, colour))
    for number in sorted(queues):
        style.bars(ax, boxes[f"queue {number}"], style.colour(number))
        entries.append(style.line(style.short(terms.queues[number]), style.colour(number), linewidth=4))
    if _transfers(results, ax, contacts, sessions, start, end):
        entries.append(style.line("transfer", theme.ink, marker="D", markersize=6))
    ax.set_xlim(start / clock.HOUR, end / clock.HOUR)
    ticks = np.arange(start, end + 1, 15 * 60 * SECOND)
    ax.set_xticks(clock.hours(ticks), [words.moment(results.scenario, int(tick))[-5:] for tick in ticks])
    ax.set_xlabel(f"time of day, {words.moment(results.scenario, start)[:-6]}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_ylim(top, -0.2)
    ax.set_yticks([y for y, _ in labels], [label for _, label in labels])
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel("agent, a lane a session")
    among = len(np.unique(results.plan.shift_agent))
    style.headline(
        figure,
        "What agents do in the busiest two hours",
        f"n = {len(chosen)} of {words.several(among, 'agent')}, those of each team with most session time; "
        f"replication 1 of {results.replications}; a box a session, its lower edge in the colour of its queue.",
        above=entries,
    )


def _transfers(
    results: Results,
    ax: Axes,
    contacts: _Rows,
    sessions: dict[tuple[int, int], tuple[float, float]],
    start: int,
    end: int,
) -> bool:
    """A mark where a session ends in a transfer, and a line to the next leg's session if that is in the picture too."""
    column = contacts.column
    here = (column["outcome"] == "transferred") & (column["left_us"] >= start) & (column["left_us"] < end)
    lanes_of = {contact: rows for (contact, _), rows in sessions.items()}
    next_leg = {
        int(parent): int(contact)
        for parent, contact, link in zip(column["parent"], column["contact"], column["link"], strict=True)
        if link == "transfer"
    }
    ink = style.now().ink
    marked = False
    answer = dict(zip(column["contact"].tolist(), column["answer_us"].tolist(), strict=True))
    for contact, left, agent in zip(column["contact"][here].tolist(), column["left_us"][here].tolist(),
                                    column["last_agent"][here].tolist(), strict=True):  # fmt: skip
        rows = sessions.get((contact, int(agent))) if agent == agent else None
        if rows is None:
            continue
        x, y = left / clock.HOUR, sum(rows) / 2
        ax.plot([x], [y], marker="D", markersize=6, color=ink, markeredgecolor=style.now().paper, zorder=6)
        follow = next_leg.get(contact)
        if follow in lanes_of and answer[follow] is not None and answer[follow] < end:
            ax.plot([x, answer[follow] / clock.HOUR], [y, sum(lanes_of[follow]) / 2], color=ink, linewidth=1.1,
                    zorder=5)  # fmt: skip
        marked = True
    return marked
