"""What came of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ccsim.api.notebook import Plots, page
from ccsim.errors import Problem, ScenarioError
from ccsim.results import format, sweeps
from ccsim.studies import sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_ROWS: Final = 50
"""Points that a notebook shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(sweeps.Sweep):
    """What came of a sweep."""

    folder: Path | None = None
    """where it was written, if it was"""

    def __getstate__(self) -> dict[str, Any]:
        # a dataset in memory cannot be pickled, its table can
        return {**vars(self), "table": self.table.to_table()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from pyarrow import dataset

        vars(self).update(state, table=dataset.dataset(state["table"]))

    def __eq__(self, other: object) -> bool:
        """Whether the same points gave the same figures."""
        if not isinstance(other, Sweep):
            return NotImplemented
        ours, theirs = (
            (one.design.base, one.design.rows, [setting.path for setting in one.design.settings])
            for one in (self, other)
        )
        return ours == theirs and bool(self.table.to_table().equals(other.table.to_table()))

    def __hash__(self) -> int:
        return hash((self.design.base.name, self.replications, len(self.design.rows)))

    @property
    def plot(self) -> Plots:
        """Its pictures, of service and cost or of metrics, over everything or as `asa@phone`; `dir(plot)` lists them.

        `plot.curves()`, `plot.heat_map("asa@phone", "cost")`. They raise ScenarioError for what there is not.
        """
        from ccsim.charts.sweeps import pages

        named = pages(self, sweep.read_figures((), self.design))
        return Plots({name: partial(self._draw, name) for name in named})

    def _draw(self, name: str, *metrics: str) -> Figure:
        from ccsim.charts.sweeps import pages

        drawn = pages(self, sweep.read_figures(metrics, self.design))
        if name not in drawn:
            raise ScenarioError([Problem(", ".join(metrics), f"nothing to draw in {name}", "other metrics")])
        return drawn[name]()

    def _repr_html_(self) -> str:
        figures = sweep.read_figures((), self.design)
        columns = [self.estimates(figure) for figure in figures]
        rows = [
            [
                *map(str, row),
                *(
                    format.quantity(figure.definition.unit, column[point].mean)
                    for figure, column in zip(figures, columns, strict=True)
                ),
            ]
            for point, row in enumerate(self.design.rows[:MOST_ROWS])
        ]
        names = [*(setting.path for setting in self.design.settings), *map(str, figures)]
        left_out = len(self.design.rows) - len(rows)
        rest = f"; {format.several(left_out, 'point')} more in to_frame()" if left_out else ""
        runs = format.several(self.replications, "replication")
        return page(f"{self.design.base.name}, {runs} a point{rest}", (names, rows))

    def __repr__(self) -> str:
        paths = ", ".join(setting.path for setting in self.design.settings)
        runs = format.several(self.replications, "replication")
        return f"<Sweep of {self.design.base.name} over {paths}: {len(self.design.rows)} points, {runs} each>"
