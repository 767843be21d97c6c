"""A metric at its place, and its values replication by replication."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ccsim.metrics import METRICS, TOTAL, Measures
from ccsim.metrics.registry import Level, Metric
from ccsim.scenario.model import Scenario
from ccsim.tables import F64

KINDS: Final[tuple[Level, ...]] = ("queue", "team")
LEVELS: Final = (*KINDS, TOTAL)


class MetricPlace(NamedTuple):
    """A metric at its place: level `queue`, `team` or `total`, and the name there."""

    level: str
    name: str
    metric: str

    @property
    def definition(self) -> Metric:
        """What the metric is. Raises KeyError when there is no such metric at this level."""
        for kind in KINDS:
            metric = METRICS.get((kind, self.metric))
            if metric is not None and (self.level == kind or (self.level == TOTAL and metric.in_total)):
                return metric
        raise KeyError(self)

    def __str__(self) -> str:
        return f"{self.name} {self.metric.replace('_', ' ')}"

    def titled(self, scenario: Scenario) -> str:
        """The same, by the name under which people know the queue."""
        return str(self._replace(name=scenario.title(self.name)))


def quotients_of(measures: Sequence[Measures], figure: MetricPlace) -> tuple[F64, F64] | None:
    """Numerators and denominators by replication; None where the figure does not apply."""
    first, kind = measures[0], figure.definition.level
    places = (*first.names[kind], None)
    place = None if figure.level == TOTAL else figure.name
    if (kind, figure.metric) not in first.values or place not in places:
        return None
    column = places.index(place)
    over, under = np.stack([one.values[kind, figure.metric][:, column] for one in measures], axis=1)
    return None if np.isnan(under[0]) else (over, under)
