"""What came of a run."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccsim.api.notebook import Plots, local_times, page, title
from ccsim.metrics import METRICS, TOTAL, IntervalRow, MetricRow
from ccsim.results import format, model, storage
from ccsim.results.stored import record, stored

if TYPE_CHECKING:
    import pandas as pd

Place = str | os.PathLike[str]

ABOUT: Final = ("overrides", "started", "duration_s")
"""What a provenance says of how a run came about."""

HEADLINE: Final = {
    "queue": ("offered", "answered", "service_level", "asa", "wait_p90", "abandonment"),
    "team": ("occupancy", "utilisation", "concurrency_mean", "paid_hours", "cost"),
}
"""The figures that a notebook shows at once."""


@dataclass(frozen=True, eq=False, repr=False)
class Results(model.Results):
    """What came of a run. `contacts`, `turns` and `agents` are Arrow tables of replication 1 (`.to_pandas()`)."""

    about: Mapping[str, Any] = field(default_factory=dict)
    """what was changed for it, when it was started, how long it took"""

    def to_frame(self) -> pd.DataFrame:
        """Every figure: level (queue, team, total), name, metric, mean, low and high (95 % interval), unit."""
        import pandas as pd

        return pd.DataFrame(self.summary.rows, columns=MetricRow._fields)

    def intervals(self) -> pd.DataFrame:
        """The figures by reporting interval: start (local time), level, name, metric, mean, low, high."""
        import pandas as pd

        frame = pd.DataFrame(self.summary.interval_rows(), columns=IntervalRow._fields)
        return frame.assign(start=local_times(self.scenario, frame["start"]))

    @property
    def plot(self) -> Plots:
        """Its charts, such as `plot.waiting()`, and `plot.overview()`, the page of several; `dir(plot)` lists them."""
        from ccsim import charts

        each = {name: partial(charts.figure, name, self) for name in charts.CHARTS}
        return Plots({"overview": partial(charts.overview, self), **each})

    def save(self, folder: Place) -> Path:
        """Writes a results folder as `ccsim run` does, without charts; for `open_results` and `ccsim replay`.

        Raises FileExistsError when there is something at that place already, OSError where it cannot be written.
        """
        with new_folder(folder) as place:
            with storage.LogFiles(place) as files:
                files.append(self.logs)
            storage.write(place, self, log="first", **self.about)
        return Path(folder)

    def _repr_html_(self) -> str:
        runs = f"{format.several(self.replications, 'replication')}, seed {self.scenario.seed}, engine {self.engine}"
        rows = {"queue": [*(("queue", name) for name in self.spec.queues), (TOTAL, TOTAL)]}
        rows["team"] = [("team", name) for name in self.spec.teams]
        tables = []
        for level, metrics in HEADLINE.items():
            cells = [[name, *(self._cell(at, name, metric) for metric in metrics)] for at, name in rows[level]]
            tables.append(((level, *(metric.replace("_", " ") for metric in metrics)), cells))
        return page(f"{title(self.scenario.name, self.variant)}: {runs}", *tables)

    def _cell(self, level: str, name: str, metric: str) -> str:
        unit = next(known.unit for (_, other), known in METRICS.items() if other == metric)
        estimate = self.estimate(level, name, metric)
        return format.quantity(unit, math.nan if estimate is None else estimate.mean)


def open_results(folder: Place) -> Results:
    """The results in a folder that `ccsim run` or `Results.save` wrote. Raises ScenarioError when it is none."""
    results, about = stored(Path(folder)), record(Path(folder))
    return of_run(results, {key: about[key] for key in ABOUT if key in about})


def of_run(results: model.Results, about: Mapping[str, Any]) -> Results:
    return Results(**{each.name: getattr(results, each.name) for each in fields(results)}, about=about)


@contextmanager
def new_folder(folder: Place) -> Iterator[Path]:
    if Path(folder).exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    with storage.whole_folder(Path(folder)) as place:
        yield place
