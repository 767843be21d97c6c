"""How long customers wait: for the first answer, and for every later one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.metrics.timeline import open_time
from ccsim.results import format, largest
from ccsim.results.logs import as_array
from ccsim.results.model import Results
from ccsim.tables import F64, I64, NEVER, SECOND, Bool

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TICKS: Final = (1, 3, 10, 30, 60, 180, 600, 1800, 3600, 3 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400, 28 * 86400)
EMAIL: Final = 12 * 3600 + 10 * 60
"""Seconds, calendar time: how long companies took to answer an e-mail on average, in an article on channels [A]."""

TURNED_AWAY: Final = ("rejected", "blocked", "deflected", "contained")
"""Outcomes of those who never waited."""


def waiting_times(wait: F64, answered: Bool) -> tuple[F64, F64]:
    """Kaplan and Meier's estimate of the share answered within t, where who left before t counts as not answered yet.

    Returns the sorted waits at which somebody was answered and the share at each. Source: Kaplan and Meier (1958),
    J. Am. Stat. Assoc. 53; as used for call centres by Brown et al. (2005), ibid. 100.
    """
    times, events = np.unique(wait[answered], return_counts=True)
    at_risk = len(wait) - np.searchsorted(np.sort(wait), times, side="left")
    return times, np.asarray(1 - np.cumprod(1 - events / at_risk), dtype=np.float64)


class Waits(NamedTuple):
    """Waits of one queue on the clock of its targets, seconds, which of them ended in an answer, and the target."""

    queue: int
    wait: F64
    answered: Bool
    time: float
    """s; NaN without target"""
    share: float


def _elapsed(results: Results, queue: int, start: I64, wait: I64) -> F64:
    """Seconds of the waits on the queue's clock."""
    if results.spec.business_clock[queue]:
        opened = open_time(results.plan, queue, np.concatenate([start, start + wait]))
        wait = opened[len(start) :] - opened[: len(start)]
    return wait / SECOND


def first_waits(results: Results, queue: int) -> Waits:
    """Of the contacts that entered the queue."""
    contacts, spec = results.contacts, results.spec
    mine = as_array(contacts["counted"]) & (as_array(contacts["queue"]) == spec.queues[queue])
    mine &= ~np.isin(as_array(contacts["outcome"]), TURNED_AWAY) & ~as_array(contacts["outbound"])
    wait, entered = as_array(contacts["wait_us"])[mine], as_array(contacts["entered_us"], 0)[mine]
    answered = as_array(contacts["answer_us"], NEVER)[mine] < NEVER
    target = float(spec.sl_time[queue]), float(spec.sl_share[queue])
    return Waits(queue, _elapsed(results, queue, entered, wait), answered, *target)


def reply_waits(results: Results, queue: int) -> Waits:
    """Of the messages after the first one; who leaves or is still there at the end was not answered."""
    contacts, turns, spec = results.contacts, results.turns, results.spec
    contact = as_array(contacts["contact"])
    counted, left = np.zeros(contact.max(initial=0) + 1, np.bool_), np.zeros(contact.max(initial=0) + 1, np.int64)
    counted[contact], left[contact] = as_array(contacts["counted"]), as_array(contacts["left_us"])
    of = as_array(turns["contact"])
    mine = (as_array(turns["turn"]) > 1) & (as_array(turns["queue"]) == spec.queues[queue]) & counted[of]
    message, start = as_array(turns["message_us"])[mine], as_array(turns["start_us"], NEVER)[mine]
    answered = (start < NEVER) & ~as_array(turns["in_vain"])[mine]
    wait = np.where(answered, start, left[of[mine]]) - message
    target = float(spec.reply_time[queue]), float(spec.reply_share[queue])
    return Waits(queue, _elapsed(results, queue, message, wait), answered, *target)


@chart("waiting")
def waiting(results: Results, figure: Figure) -> None:
    """Share of contacts answered within a time, a line a queue, with the target as a cross.

    Where there is an e-mail queue on the calendar's clock, a line shows EMAIL beside it.
    """
    spec = results.spec
    queues, left_out = largest.queues(results, most=style.LINES)
    waits = [first_waits(results, q) for q in queues]
    ax, marks = _curves(results, figure, waits)
    if any(spec.channels[q] == "email" and not spec.business_clock[q] for q in queues):
        ax.axvline(EMAIL, color=style.now().quiet, linewidth=1.4, linestyle=(0, (1, 1.5)))
        ax.set_xlim(right=max(ax.get_xlim()[1], 1.3 * EMAIL))
        label = f"{format.duration(EMAIL)}: mean answer to\nan e-mail in a survey"
        marks.append(style.line(label, style.now().quiet, linestyle=(0, (1, 1.5)), linewidth=1.4))
    _finish(
        results, figure, ax, marks, "Waiting for the first answer", "wait for the first answer", "contacts", left_out
    )


@chart("reply_waiting", applies=lambda results: bool((as_array(results.turns["turn"]) > 1).any()))
def reply_waiting(results: Results, figure: Figure) -> None:
    """Share of later messages answered within a time, a line a queue, with the reply target as a cross."""
    talking = np.flatnonzero(~results.plan.one_to_one).tolist()
    queues, left_out = largest.queues(results, talking, style.LINES)
    waits = [reply_waits(results, q) for q in queues]
    ax, marks = _curves(results, figure, waits)
    label = "wait for a reply, second message on"
    _finish(results, figure, ax, marks, "Waiting for a reply", label, "messages", left_out)


def _curves(results: Results, figure: Figure, waits: Sequence[Waits]) -> tuple[Any, list[Any]]:
    """The axes with a line and a cross a queue, and the legend's entries."""
    spec, theme = results.spec, style.now()
    ax: Any = figure.subplots()
    longest = 60.0
    handles = []
    for number, (queue, wait, answered, time, share) in enumerate(waits):
        # a line as the queue has it everywhere; where some are left out the lines must differ among themselves
        look = style.look(queue if len(spec.queues) <= style.LINES else number)
        times, level = waiting_times(wait, answered)
        # who is answered within a second stands at the axis' left end
        x = np.concatenate([[1.0], np.maximum(times, 1.0)])
        y = 100 * np.concatenate([[0.0], level])
        ax.plot(x, y, drawstyle="steps-post", linewidth=2, **look)
        _tick_censored(ax, wait[~answered], x, y, look["color"])
        longest = max(longest, times.max(initial=0.0))
        lines = [
            style.short(results.scenario.title(spec.queues[queue]), 34),
            f"n = {len(wait):,}, {int((~answered).sum()):,} unanswered",
        ]
        if spec.business_clock[queue]:
            lines[1] += ", business clock"
        handles.append(style.line("\n".join(lines), linewidth=2, **_named(look)))
        if not np.isnan(time):
            style.cross(ax, max(1.0, time), 100 * share, look["color"])
            longest = max(longest, time)
    ax.set_xscale("log")
    ax.set_xlim(0.93, 1.3 * longest)
    handles += [
        style.line("target", theme.quiet, marker="P", markersize=10, linestyle="none"),
        style.line("somebody left unanswered", theme.quiet, marker="|", markersize=8, linestyle="none"),
    ]
    return ax, handles


def _finish(
    results: Results,
    figure: Figure,
    ax: Any,
    handles: Sequence[Any],
    title: str,
    label: str,
    what: str,
    left_out: str,
) -> None:
    ticks = [t for t in TICKS if t <= ax.get_xlim()[1]]
    ticks = ticks[::2] if len(ticks) > 12 else ticks
    ax.set_xticks(ticks, ["≤ 1s", *(format.duration(t) for t in ticks[1:])])
    ax.set_xticks([], minor=True)
    ax.grid(visible=True, axis="x")
    ax.set_xlabel(f"{label}, log scale")
    style.percent_axis(ax, "answered within this time, %")
    style.headline(
        figure,
        title,
        f"{what.capitalize()} of {clock.period(results.scenario)}, replication 1 of {results.replications}; n: {what}; "
        "who leaves counts as not answered up to then (Kaplan-Meier).",
        left_out=left_out,
        beside=handles,
    )


def _named(look: dict[str, Any]) -> dict[str, Any]:
    return {"colour": look["color"], "linestyle": look["linestyle"]}


def _tick_censored(ax: Any, left: F64, x: NDArray[Any], y: NDArray[Any], colour: str) -> None:
    """A small mark on the line wherever somebody left, at most thirty of them."""
    left = np.sort(left)
    left = np.maximum(left[:: -(-len(left) // 30) or 1], 1.0)
    place = np.maximum(np.searchsorted(x, left, side="right") - 1, 0)
    ax.plot(left, y[place], marker="|", markersize=6, linestyle="none", color=colour)
