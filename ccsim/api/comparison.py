"""Centres beside one another, and their order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsim.api.arguments import checked, most_replications
from ccsim.api.notebook import Plots, page
from ccsim.api.results import Place, new_folder
from ccsim.results import comparison, format
from ccsim.results.figures import MetricPlace
from ccsim.results.ranking import Ranking, rank, ranking_figure
from ccsim.studies import compare as comparing
from ccsim.studies.selection import Selection, select
from ccsim.workload.changed import Change

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparison(comparison.Comparison):
    """Variants beside one another on the same random numbers, the baseline first."""

    change: Change | None = None
    """what a program made of their workloads"""

    def to_frame(self) -> pd.DataFrame:
        """Every figure of every variant with its difference to the baseline, and 95 % intervals of both.

        `differs` is true where zero is outside the difference's interval.
        """
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=comparison.DifferenceRow._fields)

    @checked
    def ranking(self, by: str | None = None) -> Ranking:
        """From best to worst by a metric, such as `asa@phone`; by default those that meet their targets by cost.

        Its `sentences()` say what cannot be told apart. Raises ScenarioError for what there is not.
        """
        scenarios = {variant.name: variant.results.scenario for variant in self.variants}
        return rank(self, None if by is None else ranking_figure(str(by), scenarios))

    @checked
    def select(
        self,
        by: str | None = None,
        *,
        indifference: float | None = None,
        max_replications: int = 1000,
        workers: int | None = None,
    ) -> Selection:
        """The best by a metric, with more replications where they decide: `best` is its name, `candidates` all of them.

        With 95 % confidence it is the best, or worse by less than `indifference` (in the metric's unit, by default a
        hundredth of the best mean). The replications of this comparison, at least 2 and better 10, are the first ones.
        Raises ScenarioError for what there is not. Source: Kim & Nelson (2001).
        """
        first = self.baseline.results
        options: dict[str, Any] = {"engine": first.engine, "workers": workers, "change": self.change}
        return select(
            self, self.ranking(by), indifference=indifference, most=most_replications(max_replications), **options
        )

    @property
    def plot(self) -> Plots:
        """`plot.differences()`"""
        from ccsim.charts.differences import differences

        return Plots({"differences": partial(differences, self)})

    @checked
    def save(self, folder: Place) -> Path:
        """Writes a results folder as `ccsim compare` does, without charts.

        Raises FileExistsError when there is something at that place already, OSError where it cannot be written.
        """
        with new_folder(folder) as place:
            comparing.write(place, self, self.ranking())
        return Path(folder)

    def __repr__(self) -> str:
        names = ", ".join(variant.name for variant in self.variants)
        return f"<Comparison of {names}: {format.several(self.replications, 'replication')}>"

    def _repr_html_(self) -> str:
        rows = [[str(figure), *(self._cell(variant, figure) for variant in self.variants)] for figure in self.headline]
        heading = f"{format.several(self.replications, 'replication')} on the same random numbers"
        return page(heading, (("", *(variant.name for variant in self.variants)), rows))

    def _cell(self, variant: comparison.VariantResult, figure: MetricPlace) -> str:
        unit = figure.definition.unit
        own, apart = self.estimate(variant, figure), self.difference(variant, figure)
        if own is None or variant is self.baseline or apart is None:
            return format.quantity(unit, math.nan if own is None else own.mean)
        change = format.difference(unit, apart.mean, (apart.high - apart.low) / 2)
        return f"{format.quantity(unit, own.mean)} ({change})"
