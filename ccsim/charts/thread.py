"""One conversation that lasts for days, and the minutes of work in it: four clocks that are never the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.results import format
from ccsim.results.logs import as_array
from ccsim.results.model import Results
from ccsim.tables import NEVER, SECOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def longest_thread(results: Results) -> int | None:
    """Row in `contacts` of the conversation that took longest, None without any: resolved in three replies or more, or,
    where none is, in two."""
    contacts = results.contacts
    fit = np.isin(as_array(contacts["queue"]), np.array(results.spec.queues)[results.plan.persistent])
    fit &= (as_array(contacts["outcome"]) == "resolved") & as_array(contacts["counted"])
    replies = np.where(fit, np.minimum(as_array(contacts["replies"]), 3), 0)
    if replies.max(initial=0) < 2:
        return None
    # messaging before e-mail and social media, if it has any
    rank = 2 * replies + (as_array(contacts["channel"]) == "messaging") * (replies > 1)
    lasted = as_array(contacts["left_us"]) - as_array(contacts["arrival_us"])
    return int(np.argmax(np.where(rank == rank.max(), lasted, -1)))


@chart("thread", applies=lambda results: longest_thread(results) is not None)
def thread(results: Results, figure: Figure) -> None:
    """The conversation that took longest: when it was open, who waited, capacity held, and focused work."""
    theme, plan = style.now(), results.plan
    row = longest_thread(results)
    assert row is not None
    contact = {name: results.contacts[name][row].as_py() for name in results.contacts.column_names}
    queue = results.spec.queues.index(contact["queue"])
    mine = as_array(results.turns["contact"]) == contact["contact"]
    message, start, reply = (
        as_array(results.turns[name], NEVER)[mine] for name in ("message_us", "start_us", "reply_us")
    )
    arrival, left = contact["arrival_us"], contact["left_us"]
    log = results.logs["agents"]
    of = as_array(log["contact"], -1) == contact["contact"]
    activity = as_array(log["activity"])[of]
    spans = np.stack([as_array(log["start_us"])[of], as_array(log["end_us"])[of]])
    colour = style.colour(queue)
    lanes: list[tuple[str, NDArray[Any], str]] = [
        ("conversation open", np.array([[arrival], [left]]), colour),
        ("the customer waits", np.stack([message, start]), theme.kept_waiting),
        ("we wait for the customer", np.stack([reply[:-1], message[1:]]), theme.session),
        ("capacity of an agent held", spans[:, activity == "session"], theme.ring),
        ("focused work", spans[:, np.isin(activity, ("reread", "work", "wrap_up"))], theme.work),
    ]
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.7, 1])
    least = 0.0025 * (left - arrival) / clock.HOUR  # what is shorter could not be seen
    for lane, (_, pieces, fill) in enumerate(lanes):
        x = clock.hours(pieces).T.tolist()
        style.bars(top, [(a, max(b, a + least), lane + 0.18, lane + 0.82) for a, b in x], fill)
        total = float((pieces[1] - pieces[0]).sum()) / SECOND
        top.text(1.01, lane + 0.5, format.duration(total), transform=top.get_yaxis_transform(), va="center",
                 fontsize=13, fontweight="bold")  # fmt: skip
    top.set_ylim(len(lanes), 0)
    top.set_yticks([lane + 0.5 for lane in range(len(lanes))], [label for label, _, _ in lanes])
    top.tick_params(axis="y", length=0, labelsize=11)
    top.grid(visible=False, axis="y")
    work = spans[:, np.isin(activity, ("reread", "work", "wrap_up"))]
    work = work[:, np.argsort(work[0], kind="stable")]
    minutes = np.concatenate([[0.0], np.cumsum(work[1] - work[0]) / (60 * SECOND)])
    times, done = np.concatenate([[arrival], work.T.ravel(), [left]]), np.repeat(minutes, 2)
    below.plot(clock.hours(times), done, color=theme.work, linewidth=2)
    below.plot(clock.hours(message), np.interp(message, times, done), linestyle="none", marker="o", markersize=6,
               color=colour, clip_on=False, zorder=5)  # fmt: skip
    below.set_ylim(0, 1.2 * max(minutes[-1], 1 / 60))
    below.set_ylabel("work so far, min")
    for ax in (top, below):
        clock.shade_closed(plan, ax, queue, plan.drain_end)
    clock.span_axis(results.scenario, below, arrival, max(left, arrival + 1))
    title = style.short(results.scenario.title(contact["queue"]))
    style.headline(
        figure,
        f"One conversation in {title}: {format.duration((left - arrival) / SECOND)} open, "
        f"{format.duration(minutes[-1] * 60)} of work",
        f"n = 1: the resolved conversation that took longest in replication 1 of {results.replications}; "
        f"{contact['messages']} messages, {format.several(contact['agents'], 'agent')}; short pieces are drawn "
        "wider, the totals at the right are exact.",
        above=[
            style.line("message of the customer", colour, marker="o", markersize=5, linestyle="none"),
            style.line("work so far", theme.work),
            style.patch("closed", theme.closed),
        ],
    )
