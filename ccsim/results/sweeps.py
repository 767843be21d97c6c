"""What came of a sweep: a table of figures by point, what matters most, and the formulas beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ccsim.results import format
from ccsim.results.figures import MetricPlace
from ccsim.scenario.design import Design, Setting
from ccsim.stats.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd


class Alone(NamedTuple):
    """A figure with one setting at one of its ends, and its difference to that of the scenario as it is.

    The difference is replication by replication on the same streams, with its 95 % interval; None without data.
    """

    setting: str
    value: Any
    level: str
    name: str
    metric: str
    mean: float | None
    difference: float | None
    low: float | None
    high: float | None
    unit: str


class Index(NamedTuple):
    """Sobol' indices of a setting for a figure, each with its 95 % bootstrap interval.

    `first`: the share of the variance over the design that the setting explains alone; `total`: with all that it does
    together with others.
    """

    setting: str
    level: str
    name: str
    metric: str
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


class Spread(NamedTuple):
    """The service level of everything together in one replication of a point."""

    value: float
    """of the setting"""
    replication: int
    service_level: float


class Formula(NamedTuple):
    """The same by one of Erlang's formulas."""

    value: float
    formula: str
    service_level: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """What came of a design.

    `table` is an Arrow dataset, one row a point and figure: `point` (from 0), a column a setting (numbers; durations in
    seconds; other values as text), `level`, `name`, `metric`, `mean`, `low`, `high`, `unit`; empty without data.
    """

    design: Design
    engine: str
    replications: int
    table: Any
    alone: tuple[Alone, ...]
    """each setting alone, with `sensitivity`"""
    indices: tuple[Index, ...]
    """Sobol' indices, where the design allows it"""
    spread: tuple[Spread, ...]
    """the replications of each point, where a single number is varied"""
    formulas: tuple[Formula, ...]
    """and what Erlang's formulas say there, where they apply"""

    def to_frame(self) -> pd.DataFrame:
        """The table as a pandas frame."""
        frame: pd.DataFrame = self.table.to_table().to_pandas()
        return frame

    def estimates(self, figure: MetricPlace) -> list[Estimate]:
        """A figure at each point, NaN where it has none."""
        import pyarrow.compute as pc

        chosen = [pc.field(column) == value for column, value in zip(MetricPlace._fields, figure, strict=True)]
        table = self.table.to_table(["point", *Estimate._fields], filter=chosen[0] & chosen[1] & chosen[2])
        values = np.full((len(self.design.rows), 3), np.nan)
        point = table["point"].to_numpy()
        for place, column in enumerate(Estimate._fields):
            values[point, place] = table[column].to_numpy()
        return [Estimate(*row) for row in values.tolist()]


def value_text(setting: Setting, value: Any) -> str:
    """A value of a setting as people write it."""
    if setting.seconds:
        return format.duration(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
