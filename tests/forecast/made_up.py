"""A made-up history: levels that drift, busy Mondays, a day's shape, drift within days."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

FIRST: Final = date(2026, 1, 5)
WEEKDAYS: Final = np.array([1.3, 1.05, 1.0, 0.95, 0.9, 0.4, 0.0])
SHAPE: Final = np.where((np.arange(48) >= 16) & (np.arange(48) < 40), 30 + 15 * np.sin(np.arange(48) / 5), 0.0)


def counts(days: int, seed: int = 1, noise: float = 0.03) -> np.ndarray:
    """Contacts by day and half hour."""
    rng = np.random.default_rng(seed)
    level = np.exp(np.cumsum(rng.normal(0, noise, days)))
    weekday = np.array([(FIRST + timedelta(days=day)).weekday() for day in range(days)])
    return rng.poisson(level[:, None] * WEEKDAYS[weekday][:, None] * SHAPE).astype(np.float64)


def rows(table: np.ndarray) -> pd.DataFrame:
    """As rows of an interval export; NaN has none."""
    days, places = np.nonzero(np.isfinite(table))
    start = (
        np.datetime64(FIRST, "s")
        + days * np.timedelta64(1, "D")
        + places * np.timedelta64(86400 // table.shape[1], "s")
    )
    return pd.DataFrame({"start": start, "offered": table[days, places], "handle_time": 240.0 + 2 * places})


def write_export(file: Path, table: np.ndarray) -> None:
    """An export with queue, start, offered and handle time."""
    frame = rows(table)
    frame.insert(0, "queue", "calls")
    frame.rename(columns={"handle_time": "aht"}).to_csv(file, index=False)
