"""Re-reading that the end of the run cuts short counts as far as it was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.effects.conftest import Run


def test_re_reading_is_never_more_than_the_work(run: Callable[..., Run]) -> None:
    """An hour of it begins half an hour before the end: all but a second of the work is re-reading."""
    queue: dict[str, Any] = {
        "channel": "messaging", "turns": 2, "work": "1s", "wrap_up": "0s",
        "reply_latency": "30m", "reread": {"after": "0s", "work": "1h", "per_turn": "0s"},
    }  # fmt: skip
    queue["volume"] = {"per_day": 20, "shape": [["23:20", 1], ["23:25", 0]]}
    team = {"skills": {"app": 1}, "shifts": [{"agents": 40, "hours": "always"}]}
    result = run({"name": "cut", "days": 1, "drain": "0s", "seed": 5, "queue": {"app": queue}, "team": {"all": team}})
    assert 0.99 < result.queue("app", "reread_share") < 1
    assert result.queue("app", "handle_mean") == pytest.approx(8 * 60, abs=5 * 60)
