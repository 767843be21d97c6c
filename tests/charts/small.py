"""A run to draw: three days of calls, chats, WhatsApp threads and e-mails, with transfers and breaks."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from ccsim.results.model import Results
from ccsim.runs.run import run
from ccsim.scenario import read

OPEN: Final = {"mon-fri": "09:00-17:00"}

SMALL: Final[dict[str, Any]] = {
    "name": "Small, to be drawn",
    "start": "2026-03-02",
    "days": 3,
    "drain": "1d",
    "seed": 7,
    "replications": 3,
    "queue": {
        "phone": {
            "channel": "phone", "open": OPEN, "volume": {"per_day": 90, "shape": "office"}, "service_level": "80/20",
            "patience": {"mean": "60s"}, "answer_delay": "4s",
        },
        "chat": {
            "channel": "live_chat", "open": OPEN, "volume": {"per_day": 60, "shape": "office"},
            "patience": {"mean": "2m"}, "service_level": "80% in 60s",
            "transfer": [{"to": "phone", "share": 0.25}], "reply_target": "90% in 60s",
        },
        "whatsapp": {
            "channel": "messaging", "open": OPEN, "volume": {"per_day": 60, "shape": "flat"}, "turns": {"mean": 4},
            "reply_latency": {"dist": "lognormal", "median": "20m", "sigma": 1.5}, "clock": "business",
            "reread": {"after": "15m", "work": "30s"}, "idle_timeout": "10m", "service_level": "90/300",
        },
        "email": {
            "channel": "email", "open": OPEN, "volume": {"per_day": 30, "shape": "flat"},
            "service_level": "80% in 4h", "resolution_target": "95% in 24h",
        },
    },
    "team": {
        "frontline": {
            "skills": {"phone": 1, "chat": 2}, "concurrency": {"chat": 3},
            "shifts": [{"agents": 3, "days": "mon-fri", "hours": "09:00-17:00", "breaks": ["12:00-12:30"]}],
            "absence": 0.1,
        },
        "writers": {
            "skills": {"chat": 1, "whatsapp": 1, "email": 2}, "concurrency": {"chat": 3, "whatsapp": 4},
            "shifts": [{"agents": 3, "days": "mon-fri", "hours": "09:00-17:00", "breaks": ["10:30-10:45"]}],
        },
    },
}  # fmt: skip


@cache
def small() -> Results:
    """The results, simulated once."""
    return run(read.parse(SMALL), engine="simpy")
