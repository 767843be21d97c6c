"""The scenarios that are measured, and what is done with them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ccsim.engine import compiled
from ccsim.lowering import lower
from ccsim.metrics import measure
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import load, parse
from ccsim.workload.sample import sample

CALLS_PER_HOUR = 200
CHAT = {"turns": 6, "work": 30.0, "latency": 60.0, "slots": 3, "utilisation": 0.8}


def erlang_a(calls: int, teams: int = 1, agents: int = 17) -> Scenario:
    """M/M/n+M at 200 calls/h for 17 agents of 300 s and patience of 180 s; more agents, and teams, at the same load."""
    per_hour = CALLS_PER_HOUR * agents / 17
    shares = [agents // teams + (team < agents % teams) for team in range(teams)]
    return parse(
        {
            "name": "Erlang A",
            "days": max(1, math.ceil(calls / per_hour / 24)),
            "drain": "1h",
            "queue": {
                "phone": {
                    "channel": "phone",
                    "volume": {"per_hour": min(per_hour, calls / 24)},
                    "work": {"dist": "exponential", "mean": "300s"},
                    "wrap_up": 0,
                    "patience": {"dist": "exponential", "mean": "180s"},
                }
            },
            "team": {
                f"team{team}": {"skills": {"phone": 1}, "shifts": [{"agents": count, "hours": "always"}]}
                for team, count in enumerate(shares)
            },
        }
    )


def chat_rate(agents: int) -> float:
    """Chats a second that keep `agents` agents 80 % at work."""
    return agents * CHAT["utilisation"] / (CHAT["turns"] * CHAT["work"])


def chat(chats: int, agents: int = 50, teams: int = 1) -> Scenario:
    """Live chat: three slots an agent, six turns of 30 s, 60 s of latency, 80 % utilisation."""
    per_hour = chat_rate(agents) * 3600
    shares = [agents // teams + (team < agents % teams) for team in range(teams)]
    days = max(1, math.ceil(chats / per_hour / 24))
    exponential: dict[str, Any] = {"dist": "exponential"}
    return parse(
        {
            "name": "Live chat",
            "days": days,
            "drain": "1h",
            "queue": {
                "chat": {
                    "channel": "live_chat",
                    "volume": {"per_day": chats / days, "shape": "flat"},
                    "turns": CHAT["turns"],
                    "work": exponential | {"mean": CHAT["work"]},
                    "reply_latency": exponential | {"mean": CHAT["latency"]},
                    "wrap_up": 0,
                    "patience": "never",
                    "idle_timeout": "never",
                }
            },
            "team": {
                f"team{team}": {
                    "skills": {"chat": 1},
                    "concurrency": {"chat": CHAT["slots"]},
                    "shifts": [{"agents": count, "hours": "always"}],
                }
                for team, count in enumerate(shares)
            },
        }
    )


def shipped(name: str) -> Scenario:
    """A scenario of the repository by the name of its file."""
    return load(Path(__file__).parent.parent / "scenarios" / f"{name}.toml")


def flagship() -> Scenario:
    return shipped("retail_week")


def kernel_once(scenario: Scenario) -> None:
    """Sampling and kernel of one replication."""
    compiled.simulate(sample(scenario, 0), lower(scenario)[0])


def whole(scenario: Scenario) -> None:
    """Sampling, kernel and metrics of one replication."""
    plan, spec = lower(scenario)
    workload = sample(scenario, 0)
    measure(workload, plan, spec, compiled.simulate(workload, plan))
