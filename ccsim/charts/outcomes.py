"""Where customers end: from the queue in which they begin, over the one in which they end, to the outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.charts import clock, style
from ccsim.charts.registry import chart
from ccsim.results import format, largest
from ccsim.results.logs import as_array
from ccsim.results.model import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES: Final = {
    "resolved": "resolved",
    "contained": "served by the bot",
    "deflected": "served by self-service",
    "transferred": "transferred",
    "timed_out": "timed out",
    "expired": "expired",
    "abandoned": "abandoned",
    "silently_abandoned": "gone without a word",
    "lost": "lost between replies",
    "blocked": "blocked",
    "rejected": "rejected: closed",
    "open": "still open",
}
"""Outcomes as the picture names them, the good ones first."""

Journey = tuple[str, str, str]
"""First queue, last queue, outcome."""

NODE: Final = 0.035
"""Width of a bar, of the width between the first and the last."""

OTHERS: Final = ""
"""Stands for all queues that have no bar of their own; no queue is called so."""


def journeys(results: Results) -> Counter[Journey]:
    """How many customers begin in a queue, end in a queue, and with which outcome there: that of their last contact."""
    contacts = results.contacts
    customer, contact = as_array(contacts["customer"]), as_array(contacts["contact"])
    began = as_array(contacts["arrival_us"])
    order = np.lexsort((contact, began, customer))
    first = np.append(True, np.diff(customer[order]) > 0) if len(order) else np.zeros(0, np.bool_)
    last = np.append(first[1:], True) if len(order) else first
    queue, outcome = as_array(contacts["queue"])[order], as_array(contacts["outcome"])[order]
    counted = as_array(contacts["counted"])[order][first]
    rows = zip(queue[first][counted], queue[last][counted], outcome[last][counted], strict=True)
    return Counter((str(a), str(b), str(c)) for a, b, c in rows)


@chart("outcomes", applies=lambda results: bool(journeys(results)))
def outcomes(results: Results, figure: Figure) -> None:
    """Customers from their first queue over their last one to how it ended, as a flow."""
    each = journeys(results)
    numbers, others = _pooled(each, results.spec.queues)
    total = sum(numbers.values())
    theme = style.now()
    queues = [name for name in (*results.spec.queues, OTHERS) if any(name in key[:2] for key in numbers)]
    ends = [name for name in NAMES if any(name == key[2] for key in numbers)]
    ax = figure.subplots()
    stages: list[dict[str, int]] = [
        {name: sum(n for key, n in numbers.items() if key[at] == name) for name in names}
        for at, names in enumerate((queues, queues, ends))
    ]
    titles = {name: results.scenario.title(name) if name else format.several(others, "other queue") for name in queues}
    gap = 0.022 if max(len(stage) for stage in stages) <= 6 else 0.014
    feet = [_feet(stage, total, gap) for stage in stages]
    look = {name: style.colour(q) for q, name in enumerate(results.spec.queues)} | {OTHERS: theme.quiet}
    for at in (0, 1):
        _ribbons(ax, numbers, at, feet, (queues, queues, ends), total, look)
    for at, (stage, foot) in enumerate(zip(stages, feet, strict=True)):
        for name, n in stage.items():
            if n:
                colour = look[name] if at < 2 else theme.ink if name in _GOOD else theme.quiet
                style.bars(ax, [(at - NODE / 2, at + NODE / 2, foot[name], foot[name] + n / total)], colour)
        _labels(ax, at, stage, foot, total, NAMES if at == 2 else titles)
    ax.set_xlim(-0.42, 2.42)
    ax.set_ylim(1 + gap * max(len(stage) for stage in stages), -0.03)
    ax.set_xticks(
        [0, 1, 2],
        ["first queue, customers", "last queue, customers", "how it ended, customers"],
        fontsize=11,
        fontweight="bold",
    )
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_yticks([])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    switched = sum(n for (first, last, _), n in each.items() if first != last)
    again = len(results.contacts) / max(1, len(np.unique(as_array(results.contacts["customer"]))))
    style.headline(
        figure,
        "Where customers end",
        f"n = {format.count(total)} customers, {clock.period(results.scenario)}, "
        f"replication 1 of {results.replications}; {format.percent(switched / total)} change the queue; "
        f"{again:.2f} contacts a customer, how the last one ended.",
    )


def _pooled(numbers: Counter[Journey], names: Sequence[str]) -> tuple[Counter[Journey], int]:
    """The same by the queues that most customers go through and OTHERS, and how many these are."""
    through: Counter[str] = Counter()
    for (first, last, _), n in numbers.items():
        through.update(dict.fromkeys({first, last}, n))
    queues = [name for name in names if through[name]]
    shown = {queues[place] for place in largest.largest([through[name] for name in queues], "", most=style.LINES)[0]}
    pooled: Counter[Journey] = Counter()
    for (first, last, end), n in numbers.items():
        pooled[first if first in shown else OTHERS, last if last in shown else OTHERS, end] += n
    return pooled, len(queues) - len(shown)


_GOOD: Final = ("resolved", "contained", "deflected")


def _feet(stage: dict[str, int], total: int, gap: float) -> dict[str, float]:
    """Where each bar begins, from the top."""
    feet, at = {}, 0.0
    for name, n in stage.items():
        feet[name] = at
        at += n / total + (gap if n else 0)
    return feet


def _ribbons(
    ax: Axes,
    numbers: Counter[tuple[str, str, str]],
    at: int,
    feet: Sequence[dict[str, float]],
    names: Sequence[Sequence[str]],
    total: int,
    look: dict[str, str],
) -> None:
    """Bands between two stages, by the first queue of those who flow, in the order of the bars on both sides."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    flows: Counter[tuple[str, str, str]] = Counter()
    for (first, last, end), n in numbers.items():
        flows[(first, last, first) if at == 0 else (last, end, first)] += n
    leave, enter = dict(feet[at]), dict(feet[at + 1])
    x0, x1 = at + NODE / 2, at + 1 - NODE / 2
    middle = (x0 + x1) / 2
    # bands leave a bar in the order of where they go, and arrive in the order of where they come from
    order = sorted(flows, key=lambda f: (names[at].index(f[0]), names[0].index(f[2]), names[at + 1].index(f[1])))
    out = {}
    for flow in sorted(flows, key=lambda f: (names[at].index(f[0]), names[at + 1].index(f[1]), names[0].index(f[2]))):
        out[flow] = leave[flow[0]]
        leave[flow[0]] += flows[flow] / total
    for flow in order:
        thick = flows[flow] / total
        a, b = out[flow], enter[flow[1]]
        enter[flow[1]] += thick
        points = [(x0, a), (middle, a), (middle, b), (x1, b), (x1, b + thick), (middle, b + thick),
                  (middle, a + thick), (x0, a + thick), (x0, a)]  # fmt: skip
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        ax.add_patch(PathPatch(Path(points, codes), facecolor=look[flow[2]], alpha=0.45, linewidth=0))


def _labels(
    ax: Axes, at: int, stage: dict[str, int], feet: dict[str, float], total: int, titles: Mapping[str, str]
) -> None:
    """Names with numbers beside the bars, moved apart where bars are thin, with a hair line to them."""
    least = 0.043
    side, align = (-1, "right") if at == 0 else (1, "left")
    shown = [(name, n, feet[name] + n / total / 2) for name, n in stage.items() if n]
    y = [max(place, i * least) for i, place in enumerate(spread([middle for _, _, middle in shown], least))]
    x = at + side * (NODE / 2 + 0.035)
    # in the middle names lie on the bands
    backing = {"facecolor": style.now().paper, "alpha": 0.75, "linewidth": 0, "pad": 0.6} if at == 1 else None
    for (name, n, middle), height in zip(shown, y, strict=True):
        label = f"{style.short(titles[name], 26)}  {format.count(n)} ({format.percent(n / total)})"
        ax.text(x, height, label, ha=align, va="center", fontsize=10 if at != 1 else style.SMALL, bbox=backing)
        ax.plot([at + side * NODE / 2, x - side * 0.006], [middle, height], color=style.now().quiet, linewidth=0.6)


def spread(places: Sequence[float], least: float) -> list[float]:
    """The places, in order, moved apart to at least that distance, as near as they come to where they were.

    Clusters that would overlap are laid out evenly around their mean (pool adjacent violators).
    """
    pools: list[tuple[float, int]] = []  # sum of (place - offset), how many
    for i, place in enumerate(places):
        pools.append((place - i * least, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            (a, m), (b, n) = pools[-2:]
            pools[-2:] = [(a + b, m + n)]
    starts = [total / n for total, n in pools for _ in range(n)]
    return [start + i * least for i, start in enumerate(starts)]
