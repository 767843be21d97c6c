"""Charts by reporting interval, as options of Apache ECharts, and the tables beside them.

Colours are those of the page's style sheet, so that light and dark need nothing here. Nothing that a file says is a key
of the options, and tooltips are drawn, not markup.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from ccsim.explore.session import View
from ccsim.metrics.registry import Level
from ccsim.report.document import Cell, Kind, Table, TableColumn
from ccsim.report.page import shown
from ccsim.results import format
from ccsim.results.model import Results, Series
from ccsim.tables import F64, SECOND, Bool

Options = dict[str, Any]

COLOURS: Final = ("var(--blue)", "var(--orange)", "var(--green)", "var(--pink)")
WHOLE_RUN: Final = "whole run"
MOST_TEAMS: Final = len(COLOURS)


@dataclass(frozen=True)
class Chart:
    """A chart with its table."""

    title: str
    note: str
    options: Options
    table: Table


@dataclass(frozen=True)
class _Line:
    name: str
    values: F64
    kind: Kind
    colour: str = COLOURS[0]
    low: F64 | None = None
    high: F64 | None = None
    dashed: bool = False
    area: bool = False
    right: bool = False
    """on an axis of its own, to the right"""


def days(results: Results) -> list[date]:
    """The days of the run, of which the charts show one or all."""
    return sorted({at.date() for at in format.local_times(results.scenario, results.summary.starts)})


def charts(view: View, queue: str, day: date | None = None) -> list[Chart]:
    """Service, waiting, staffing and load of a queue by interval, of one day or of the whole run."""
    frame = _Frame(view, day)
    teams = [name for name, team in view.results.scenario.team.items() if queue in team.skills][:MOST_TEAMS]
    return [_service(frame, queue), _waiting(frame, queue), _staffing(frame, teams), _load(frame, teams)]


class _Frame:
    """Which intervals are shown, how they are called, and whose figures there are."""

    def __init__(self, view: View, day: date | None) -> None:
        self.view, self.results = view, view.results
        baseline = view.comparison.baseline.results
        alike = np.array_equal(baseline.summary.starts, view.results.summary.starts)
        self.baseline = baseline if view.changed and alike else None
        times = format.local_times(self.results.scenario, self.results.summary.starts)
        self.shown: Bool = np.array([day is None or at.date() == day for at in times])
        self.labels = [
            f"{at:%H:%M}" if day is not None else f"{format.day(at)} {at:%H:%M}"
            for at, here in zip(times, self.shown, strict=True)
            if here
        ]
        self.hours = np.diff(np.append(self.results.summary.starts, self.results.plan.end))[self.shown] / 3600 / SECOND

    def series(self, level: Level, name: str, metric: str) -> Series:
        return self._cut(self.results.series(level, name, metric))

    def before(self, level: Level, name: str, metric: str) -> F64 | None:
        """The baseline's means; None where now is the baseline, or where the baseline has no such queue or team."""
        if self.baseline is None or name not in self.baseline.summary.names[level]:
            return None
        return self._cut(self.baseline.series(level, name, metric)).mean

    def _cut(self, series: Series) -> Series:
        return Series(series.start[self.shown], *(values[self.shown] for values in series[1:]))


def _service(frame: _Frame, queue: str) -> Chart:
    results, series = frame.results, frame.series("queue", queue, "service_level")
    q = results.spec.queues.index(queue)
    lines = [_Line("Service level", series.mean, "share", low=series.low, high=series.high)]
    if (before := frame.before("queue", queue, "service_level")) is not None:
        lines.append(_Line("Baseline", before, "share", "var(--quiet)", dashed=True))
    wanted = float(results.spec.sl_share[q])
    if not math.isnan(wanted):
        usual = "Usual" if results.spec.sl_usual[q] else "Target"
        lines.append(_Line(usual, np.full(len(series.mean), wanted), "share", "var(--ink)"))
    return _chart(frame, "Service level", format.sl_target(results, q), lines)


def _waiting(frame: _Frame, queue: str) -> Chart:
    q = frame.results.spec.queues.index(queue)
    mean = format.wait_metric(frame.results.spec, q, "asa")
    asa = frame.series("queue", queue, mean)
    lines = [_Line("Mean wait of the answered (ASA)", asa.mean, "duration", low=asa.low, high=asa.high)]
    if (before := frame.before("queue", queue, mean)) is not None:
        lines.append(_Line("Baseline (ASA)", before, "duration", "var(--quiet)", dashed=True))
    note = "in open hours" if frame.results.spec.business_clock[q] else ""
    return _chart(frame, "Waiting", note, lines)


def _staffing(frame: _Frame, teams: Sequence[str]) -> Chart:
    lines = []
    for team, colour in zip(teams, COLOURS, strict=False):
        staffed, busy = frame.series("team", team, "staffed_hours"), frame.series("team", team, "utilisation")
        agents = staffed.mean / frame.hours
        lines.append(_Line(f"{team}: on duty", agents, "number", colour, staffed.low / frame.hours,
                           staffed.high / frame.hours))  # fmt: skip
        lines.append(_Line(f"{team}: in focused work", agents * np.nan_to_num(busy.mean), "number", colour, area=True))
        if (before := frame.before("team", team, "staffed_hours")) is not None:
            lines.append(_Line(f"{team}: baseline", before / frame.hours, "number", colour, dashed=True))
    return _chart(frame, "Agents", "on duty, and of these in focused work", lines)


def _load(frame: _Frame, teams: Sequence[str]) -> Chart:
    lines = []
    for team, colour in zip(teams, COLOURS, strict=False):
        occupancy = frame.series("team", team, "occupancy")
        lines.append(_Line(f"{team}: occupancy", occupancy.mean, "share", colour, occupancy.low, occupancy.high))
        together = frame.series("team", team, "concurrency_mean").mean
        lines.append(_Line(f"{team}: conversations at once", together, "number", colour, dashed=True, right=True))
    return _chart(frame, "Occupancy and concurrency", "time with any session; dashed: sessions at once", lines)


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _chart(frame: _Frame, title: str, note: str, lines: Sequence[_Line]) -> Chart:
    return Chart(title, note, _options(frame.labels, lines), _table(frame, title, lines))


def _options(labels: list[str], lines: Sequence[_Line]) -> Options:
    shared = {"animation": False, "textStyle": {"fontFamily": "inherit", "color": "var(--quiet)"}}
    left, right = [line for line in lines if not line.right], [line for line in lines if line.right]
    axes = [_axis(left), *([_axis(right, right=True)] if right else [])]
    return {
        **shared,
        "grid": {"left": 8, "right": 8, "top": 34, "bottom": 8, "containLabel": True},
        "legend": {
            "top": 0, "left": 0, "type": "scroll", "itemWidth": 18, "textStyle": {"color": "var(--quiet)"},
            "data": [line.name for line in lines],
        },
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True, "order": "seriesAsc",
                    "backgroundColor": "var(--paper)", "borderColor": "var(--line)",
                    "textStyle": {"color": "var(--ink)"}},
        "xAxis": {"type": "category", "data": labels, "boundaryGap": False,
                  "axisLine": {"lineStyle": {"color": "var(--line)"}}, "axisTick": {"show": False},
                  "axisLabel": {"color": "var(--quiet)", "hideOverlap": True, "alignMinLabel": "left",
                                "alignMaxLabel": "right"}},
        "yAxis": axes,
        "series": [one for line in lines for one in _series(line, _unit(right if line.right else left)[0])],
    }  # fmt: skip


def _axis(lines: Sequence[_Line], *, right: bool = False) -> Options:
    """An axis for lines of one kind; of durations it ends above the means, as intervals may be very wide."""
    scale, unit = _unit(lines)
    label = {"color": "var(--quiet)", "formatter": f"{{value}} {unit}".strip()}
    split = {"show": not right, "lineStyle": {"color": "var(--line)"}}
    axis: Options = {"type": "value", "min": 0, "axisLabel": label, "splitLine": split}
    if unit == "%":
        return axis | {"max": 100}
    if unit:
        above = 1.1 * _highest(lines) / scale or 1.0
        step = 10 ** math.floor(math.log10(above)) / 2
        return axis | {"max": step * math.ceil(above / step)}
    return axis


def _unit(lines: Sequence[_Line]) -> tuple[float, str]:
    """By what to divide the values of lines of one kind, and the unit that they then have."""
    kind = lines[0].kind if lines else "number"
    if kind == "duration":
        long = ((3600.0, "h"), (60.0, "min"))
        return next((unit for unit in long if _highest(lines) >= 2 * unit[0]), (1.0, "s"))
    return (0.01, "%") if kind == "share" else (1.0, "")


def _highest(lines: Sequence[_Line]) -> float:
    return max(float(np.nan_to_num(line.values).max(initial=0.0)) for line in lines)


def _series(line: _Line, scale: float) -> list[Options]:
    style = {"color": line.colour, "width": 1.5 if line.dashed else 2, "type": "dashed" if line.dashed else "solid"}
    common: Options = {
        "type": "line", "symbol": "none", "silent": True, "emphasis": {"disabled": True},
        "yAxisIndex": int(line.right),
    }  # fmt: skip
    own = common | {"name": line.name, "data": _numbers(line.values, scale), "lineStyle": style,
                    "itemStyle": {"color": line.colour}}  # fmt: skip
    if line.area:
        own |= {"areaStyle": {"color": line.colour, "opacity": 0.15}, "lineStyle": style | {"width": 0}}
    if line.low is None or line.high is None or np.isnan(line.low).all():
        return [own]
    # the band is what lies on an invisible line
    band = common | {"stack": line.name, "lineStyle": {"width": 0}, "tooltip": {"show": False}}
    low = band | {"data": _numbers(line.low, scale), "areaStyle": {"opacity": 0}}
    width = band | {"data": _numbers(line.high - line.low, scale),
                    "areaStyle": {"color": line.colour, "opacity": 0.18}}  # fmt: skip
    return [low, width, own]


def _numbers(values: F64, scale: float) -> list[float | None]:
    """To four digits, which is more than can be seen; None without data."""
    return [None if math.isnan(x) else float(f"{x / scale:.4g}") for x in values.tolist()]


def _table(frame: _Frame, title: str, lines: Sequence[_Line]) -> Table:
    heads = [TableColumn("From"), *(TableColumn(line.name) for line in lines)]
    rows: list[tuple[Cell, ...]] = []
    for number, label in enumerate(frame.labels):
        values = [float(line.values[number]) for line in lines]
        if not all(math.isnan(value) for value in values):
            cells = [shown(value, line.kind).text for value, line in zip(values, lines, strict=True)]
            rows.append((label, *cells))
    return Table(f"{title} by interval", tuple(heads), tuple(rows))
