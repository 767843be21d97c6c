"""What a notebook shows: charts by name, tables, progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ccsim.scenario.faults import did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from tqdm import tqdm

    from ccsim.scenario.model import Scenario


class Plots:
    """Charts by name, each a function that draws it afresh; `dir` lists them."""

    def __init__(self, charts: Mapping[str, Callable[..., Figure]]) -> None:
        self._charts = charts

    def __getattr__(self, name: str) -> Callable[..., Figure]:
        charts = vars(self).get("_charts", {})  # none yet in a copy that is being made
        if name not in charts:
            raise AttributeError(f"no chart {name!r}; {did_you_mean(name, charts)}")
        chart: Callable[..., Figure] = charts[name]
        return chart

    def __dir__(self) -> list[str]:
        return list(self._charts)

    def __repr__(self) -> str:
        return f"<Plots: {', '.join(self._charts)}>"


def page(title: str, *tables: tuple[Sequence[str], Sequence[Sequence[str]]]) -> str:
    """A title and tables (columns, rows) as HTML; empty ones are left out."""
    import pandas as pd

    shown = [
        pd.DataFrame(rows, columns=list(columns)).to_html(index=False, border=0) for columns, rows in tables if rows
    ]
    return "\n".join([f"<p><b>{escape(title)}</b></p>", *shown])


def title(name: str, variant: str | None) -> str:
    return f"{name}, variant {variant}" if variant else name


def local_times(scenario: Scenario, micros: pd.Series[int]) -> pd.Series[Any]:
    """Local times, without a zone if the scenario has none."""
    import pandas as pd

    zone = scenario.timezone
    midnight = pd.Timestamp(scenario.start, tz=zone)
    times = (midnight.tz_convert("UTC") if zone else midnight) + pd.to_timedelta(micros, unit="us")
    return times.dt.tz_convert(zone) if zone else times


def progress_bar(total: int, shown: bool) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(total=total, unit=" replications", disable=not shown, leave=False)


def watched(shown: bool, expected: Callable[[], int], stream: Iterable[Any]) -> Iterator[Any]:
    with progress_bar(expected(), shown) as bar:
        for replication in stream:
            yield replication
            bar.total = expected()
            bar.update()
