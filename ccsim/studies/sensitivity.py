"""What matters most of what a sweep varies: each setting alone at its ends, and Sobol' indices over all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from ccsim.distributions.streams import stream
from ccsim.metrics import METRICS, TOTAL, Measures, summarise
from ccsim.results.comparison import or_none
from ccsim.results.figures import MetricPlace
from ccsim.results.sweeps import Alone, Index
from ccsim.scenario.design import Design
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import LEVEL, paired_interval
from ccsim.tables import F64

RESAMPLES: Final = 500
"""Of the bootstrap behind the intervals of indices."""


def tornado(design: Design, measured: Sequence[Sequence[Measures]]) -> Iterator[Alone]:
    """From the measures at the points of `design.alone`: by setting and end, all figures."""
    base, *ends = measured
    known = {MetricPlace(*row[:3]) for row in summarise(base).rows}
    outer = [(setting.path, end) for setting in design.settings for end in setting.outer]
    for (path, end), measures in zip(outer, ends, strict=True):
        differences = _differences(base, measures)
        for row in summarise(measures).rows:
            figure = MetricPlace(*row[:3])
            if figure in known:
                yield Alone(path, end, *figure, row.mean, *or_none(differences[figure]), row.unit)


def _differences(base: Sequence[Measures], other: Sequence[Measures]) -> dict[MetricPlace, Estimate]:
    differences: dict[MetricPlace, Estimate] = {}
    for key in base[0].values.keys() & other[0].values.keys():
        pair = [np.stack([measures.values[key] for measures in each], axis=1) for each in (base, other)]
        part = METRICS[key].is_part
        mean, low, high = paired_interval((pair[0][0], pair[0][1]), (pair[1][0], pair[1][1]), share=part)
        kind, metric = key
        places = [*((kind, name) for name in base[0].names[kind]), (TOTAL, TOTAL)]
        for (level, name), *estimate in zip(places, mean, low, high, strict=False):
            differences[MetricPlace(level, name, metric)] = Estimate(*map(float, estimate))
    return differences


def indices(design: Design, means: Mapping[MetricPlace, F64]) -> Iterator[Index]:
    """Those of the figures that vary and are known at every point, from their means by point; without means none.

    Source: Saltelli et al. (2010), Variance based sensitivity analysis of model output, as `scipy.stats.sobol_indices`.
    """
    figures = [figure for figure, values in means.items() if np.isfinite(values).all() and np.ptp(values) > 0]
    if not figures:
        return
    from scipy.stats import sobol_indices

    assert design.number is not None
    n, columns = design.number, len(design.settings)
    values = np.stack([means[figure] for figure in figures]).reshape(len(figures), columns + 2, n)

    def of(chosen: Any) -> F64:
        """First order and total : (2, setting, figure)"""
        some = values[..., chosen]
        func: Any = {"f_A": some[:, 0], "f_B": some[:, 1], "f_AB": some[:, 2:].swapaxes(0, 1)}
        result = sobol_indices(func=func, n=n)
        both = np.stack([result.first_order, result.total_order])
        return np.reshape(both, (2, len(figures), columns)).swapaxes(1, 2)

    mean = of(np.arange(n))
    rng = stream(design.base.seed, 0, "sweep", "bootstrap")
    again = np.stack([of(rng.integers(n, size=n)) for _ in range(RESAMPLES)])
    low, high = np.quantile(again, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
    for column, setting in enumerate(design.settings):
        for place, figure in enumerate(figures):
            first, total = (np.stack([x[order, column, place] for x in (mean, low, high)]).tolist() for order in (0, 1))
            yield Index(setting.path, *figure, *first, *total)
