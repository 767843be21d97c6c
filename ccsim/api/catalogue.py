"""What there is: metrics and channels, as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsim.metrics import METRICS
from ccsim.scenario.channels import CHANNELS

if TYPE_CHECKING:
    import pandas as pd


def metrics() -> pd.DataFrame:
    """Every metric, a row each: level (queue, team), name, title, unit (s, share, ...), better, formula, source."""
    import pandas as pd

    columns = ["level", "name", "title", "unit", "better", "formula", "source"]
    return pd.DataFrame([[getattr(one, column) for column in columns] for one in METRICS.values()], columns=columns)


def channels() -> pd.DataFrame:
    """Every channel with what it brings, a row a default: channel, key, value, tag, source.

    `value` is as a scenario file writes it; tags are A (article), S (source), M (measured), I (illustrative).
    """
    import pandas as pd

    rows = [
        (name, key, default.value, default.tag, default.source)
        for name, channel in CHANNELS.items()
        for key, default in {"concurrency": channel.concurrency, **channel.defaults}.items()
    ]
    return pd.DataFrame(rows, columns=["channel", "key", "value", "tag", "source"])
