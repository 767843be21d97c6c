"""Writes docs/reproductions.md: known figures beside those that ccsim simulates. Run it from the project's root."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.stats import poisson

import ccsim
from ccsim import theory
from ccsim.tables import Workload

PAGE: Final = Path(__file__).with_name("reproductions.md")


class Known(NamedTuple):
    """A figure that others have published, rounded as they did, or an exact one."""

    source: str
    parameters: str
    figure: str
    metric: str
    value: float
    rounding: float
    """half a unit of its last digit, or half its own interval of 95 %; 0 if it is exact"""
    scale: float
    """our unit in theirs"""
    scenario: dict[str, Any]
    queue: str = "calls"
    """or "total" """


PALM: Final[dict[str, Any]] = {
    "name": "Palm",
    "days": 1,
    "warm_up": "1h",
    "seed": 1,
    "replications": 20,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "always",
            "volume": {"per_hour": 48 * 60},
            "work": {"dist": "exponential", "mean": "1m"},
            "wrap_up": "0s",
            "patience": {"dist": "exponential", "mean": "2m"},
        }
    },
    "team": {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 50, "hours": "always"}]}},
}

_DAY: Final = (
    (4, 100), (6, 150), (8, 150), (8, 180), (8, 200), (7, 150), (8, 150), (8, 150), (6, 120), (6, 100), (4, 80),
    (4, 70), (4, 60),
)  # fmt: skip
"""Agents and calls an hour, from 8:00 to 21:00."""


def _agents() -> list[dict[str, Any]]:
    """Shifts such that in each hour as many are there: whoever is one more comes, and the last of them goes first."""
    shifts, since = [], []
    for hour, (agents, _) in enumerate((*_DAY, (4, 0), (0, 0)), start=8):
        while len(since) > agents:
            shifts.append({"agents": 1, "hours": f"{since.pop():02d}:00-{hour:02d}:00"})
        since += [hour] * (agents - len(since))
    return shifts


LECUYER: Final[dict[str, Any]] = {
    "name": "A call center of 13 periods",
    "start": "2026-03-02",
    "days": 1,
    "interval": "1h",
    "seed": 1,
    "replications": 1500,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "08:00-21:00",
            "volume": {
                "per_day": sum(calls for _, calls in _DAY),
                "shape": [
                    ["00:00", 0],
                    *([f"{hour:02d}:00", calls] for hour, (_, calls) in enumerate(_DAY, 8)),
                    ["21:00", 0],
                ],
                "busyness_cv": 10**-0.5,
            },
            "work": {"dist": "exponential", "mean": 100},
            "wrap_up": "0s",
            "patience": {
                "dist": "mixture",
                "parts": [{"weight": 0.1, "constant": 0}, {"weight": 0.9, "dist": "exponential", "mean": 1000}],
            },
        }
    },
    "team": {"agents": {"skills": {"calls": 1}, "shifts": _agents()}},
}

_STEADY = copy.deepcopy(LECUYER) | {"name": "A call center of 13 periods, steadier days", "replications": 1000}
_STEADY["queue"]["calls"]["volume"]["busyness_cv"] = 400**-0.5
"""The busyness that makes the published spread of calls a day: 93.6 calls, where 1,660 a day and a gamma of mean 1 with
this coefficient of variation make 92.5 and without busyness 40.7."""

_LECUYER = (
    "L'Ecuyer et al., SSJ tutorial, CallCenter, 10,000 days",
    "13 hours with 60 to 200 calls an hour and 4 to 8 agents, busyness of the day gamma (10, 10), 100 s of work, "
    "a tenth leaves at once, the others after 1,000 s on average, exponential",
)
_LECUYER_STEADY = (
    "L'Ecuyer et al., SSJ tutorial, CallCenter, other results of 10,000 days",
    "the same with busyness gamma (400, 400), which is inferred",
)
_CALL_CC = ("University of Montréal, ContactCenters library, examples (CallCC), 1,000 replications", "the same")

_PALM = ("Palm / Erlang A", "50 agents, 48 calls a minute, 1 minute of work, 2 minutes of patience, all exponential")

# ------------------------------------------------------- examples of the ContactCenters library, University of Montréal


def _library(name: str, **changes: Any) -> dict[str, Any]:
    """One queue of 4.2 calls a minute for 8 hours, and 12 agents who take 2 minutes each."""
    queue = {
        "channel": "phone",
        "open": "always",
        "volume": {"per_day": 4.2 * 480, "shape": [["00:00", 1], ["08:00", 0]]},
        "work": {"dist": "exponential", "mean": "2m"},
        "wrap_up": "0s",
        "patience": "never",
        "service_level": "80/20",
        "sl_formula": "late_abandons",
        **changes,
    }
    team = {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 12, "hours": "always"}]}}
    return {"name": name, "days": 1, "seed": 1, "replications": 200, "queue": {"calls": queue}, "team": team}


ABANDONED = _library("Queue with abandonment", patience={"dist": "exponential", "mean": "1m"})
BLOCKED = _library("Queue with blocking", max_waiting=5, sl_formula="all_offered")


@ccsim.distribution("exponential_at_most")
class ExponentialAtMost:
    """Cut off at a longest time, which everybody above it has."""

    def __init__(self, usual: float, most: float) -> None:
        self.usual, self.most = usual, most
        self.mean = usual * (1 - np.exp(-most / usual))

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """In seconds."""
        return np.minimum(-self.usual * np.log1p(-u), self.most)


TELETHON: Final[dict[str, Any]] = {
    "name": "Telethon",
    "start": "2026-03-02",
    "days": 5,
    "seed": 1,
    "replications": 200,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": "06:00-10:00",
            "at_close": "drop",
            "volume": {"per_hour": 50},
            "work": {"dist": "exponential", "mean": "10m"},
            "wrap_up": "0s",
            "patience": {"dist": "exponential_at_most", "usual": "2m", "most": "2m"},
            "max_waiting": 12,
        }
    },
    "team": {"volunteers": {"skills": {"calls": 1}, "shifts": [{"agents": 12, "hours": "06:00-10:00"}]}},
}


def _of_type(*rates: float) -> dict[str, Any]:
    """Calls of a type, with arrivals a minute in each of the three periods of two hours."""
    hours = ("00:00", "02:00", "04:00")
    return {
        "channel": "phone",
        "open": "always",
        "volume": {
            "per_day": 120 * sum(rates),
            "shape": [*([*pair] for pair in zip(hours, rates, strict=True)), ["06:00", 0]],
        },
        "work": {
            "dist": "exponential",
            "mean": "2m",
            "profile": [*([*pair] for pair in zip(hours, (1, 5 / 6, 1.25), strict=True))],
        },
        "wrap_up": "0s",
        "patience": {
            "dist": "exponential",
            "mean": 200,
            "profile": [*([*pair] for pair in zip(hours, (1, 0.75, 1.5), strict=True))],
        },
        "service_level": "80/20",
        "sl_formula": "late_abandons",
    }


def _shifts(always: int, first: int, middle: int) -> list[dict[str, Any]]:
    """So many for good, until 4:00, and from 2:00 to 4:00."""
    spans = ((always, "00:00-09:00"), (first, "00:00-04:00"), (middle, "02:00-04:00"))
    return [{"agents": agents, "hours": hours} for agents, hours in spans]


def _multi_skill(name: str, front: dict[str, Any], back: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "days": 1,
        "seed": 1,
        "replications": 400,
        "busyness": {"correlation": 1.0, "day_cv": 28.7**-0.5},
        "queue": {"a": _of_type(4.2, 5.3, 3.2), "b": _of_type(5.1, 4.3, 4.8), "c": _of_type(6.3, 5.2, 4.8)},
        "team": {
            "front": {"skills": front, "shifts": _shifts(9, 3, 6)},
            "back": {"skills": back, "shifts": _shifts(11, 4, 5)},
        },
    }


MULTI_SKILL = _multi_skill("Multi-skill", {"a": 1, "b": 1}, {"b": 2, "c": 2})
REROUTING = _multi_skill("Multi-skill with rerouting", {"a": 1, "b": 2}, {"b": {"rank": 3, "after": "12s"}, "c": 4})

BILINGUAL: Final[dict[str, Any]] = {
    "name": "Bilingual",
    "start": "2026-03-02",
    "days": 5,
    "seed": 1,
    "replications": 200,
    "routing": {"agent": ["random"], "contact": "longest_wait"},
    "queue": {
        language: {
            "channel": "phone",
            "open": "08:00-17:00",
            "at_close": "drop",
            "volume": {"per_day": 500, "shape": [["00:00", 0], ["08:00", 100], ["09:00", 50], ["17:00", 0]]},
            "work": {"dist": "uniform", "low": low, "high": high},
            "wrap_up": "0s",
            "patience": {"dist": "exponential", "mean": "2m"},
            "retry": {"share": 0.75, "after": "20m"},
        }
        for language, low, high in (("english", "3m", "7m"), ("spanish", "4m", "6m"))
    },
    "team": {
        name: {"skills": dict.fromkeys(languages, 1), "shifts": [{"agents": agents, "hours": "08:00-17:00"}]}
        for name, agents, languages in (
            ("english", 7, ["english"]),
            ("spanish", 7, ["spanish"]),
            ("bilingual", 4, ["english", "spanish"]),
        )
    },
}


def as_patient_as_before(workload: Workload, _: int) -> Workload:
    """Customers who call again have the patience of their first call."""
    return workload._replace(patience=workload.patience[workload.root])


CHANGED: Final = {"Bilingual": as_patient_as_before}
"""By name of the scenario: what is changed of its draws."""

# ---------------------------------------------------------------------------------- examples of CCmath's calculators


def _calculator(name: str, agents: int, replications: int, **changes: Any) -> dict[str, Any]:
    """240 calls an hour of 3 minutes."""
    queue = {
        "channel": "phone",
        "open": "always",
        "volume": {"per_hour": 240},
        "work": {"dist": "exponential", "mean": "3m"},
        "wrap_up": "0s",
        "patience": "never",
        "service_level": "80/20",
        **changes,
    }
    team = {"skills": {"calls": 1}, "shifts": [{"agents": agents, "hours": "always"}]}
    return {
        "name": name,
        "days": 2,
        "warm_up": "2h",
        "seed": 1,
        "replications": replications,
        "queue": {"calls": queue},
        "team": {"agents": team},
    }


_MINUTE = {"dist": "exponential", "mean": "1m"}
ERLANG_C = _calculator("Erlang C", 14, 100)
ERLANG_X = _calculator("Erlang X", 14, 20, patience=_MINUTE, sl_formula="answered_or_abandoned")
CHAT = _calculator("Chat", 5, 20, channel="live_chat", patience=_MINUTE, work_by_concurrency=["3m", "3m30s", "4m"])
del CHAT["queue"]["calls"]["work"], CHAT["queue"]["calls"]["wrap_up"]


def _blend(name: str, replications: int, outbound: int) -> dict[str, Any]:
    """As many calls out as there is time for."""
    doc = _calculator(name, 16, replications)
    doc["queue"]["outbound"] = {
        **{key: doc["queue"]["calls"][key] for key in ("channel", "open", "work", "wrap_up", "patience")},
        "initial_backlog": {"contacts": outbound},
    }
    doc["team"]["agents"]["skills"]["outbound"] = 2
    return doc | {"routing": {"reserve": {"calls": 2}}}


BLEND = _blend("Blend", 40, 4000)
BLENDED_DAYS: Final = 14
OUTBOUND = _blend("Blend, calls out", 16, 30_000) | {"days": BLENDED_DAYS, "warm_up": "0s", "drain": "0s"}

# ------------------------------------------------------------------------- a staffing function, Erlang-R, shared chats

CYCLE: Final = 96
"""Quarters of an hour in a day, which is one cycle of 2 pi mean works."""


def staffing(target: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By quarter of an hour: arrivals, agents such that just not more than `target` wait, and the share that does.

    With work and patience of one distribution as many are there as with endless agents: Poisson with mean m(t), where
    m' = 100 + 20 sin t - m.
    """
    middle = 2 * np.pi * (np.arange(CYCLE) + 0.5) / CYCLE
    present = 100 + 10 * (np.sin(middle) - np.cos(middle))
    agents = np.array([int(poisson.isf(target, mean)) + 1 for mean in present])
    return (100 + 20 * np.sin(middle)) * 2 * np.pi / CYCLE, agents, poisson.sf(agents - 1, present)


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


def _feldman(target: float) -> dict[str, Any]:
    """One agent who has many conversations at a time, none slower for the others, is as many servers.

    When the limit falls, whoever ends first leaves: the servers are exchangeable.
    """
    arrivals, agents, _ = staffing(target)
    unit = 86400 / (2 * np.pi)
    return {
        "name": f"Staffing function, target {target:g}",
        "days": 3,
        "warm_up": "1d",
        "interval": "1h",
        "drain": "1d",
        "seed": 1,
        "replications": 200 if target < 0.3 else 60,
        "queue": {
            "calls": {
                "channel": "live_chat",
                "open": "always",
                "volume": {
                    "per_day": float(arrivals.sum()),
                    "shape": [[_clock(i), float(rate)] for i, rate in enumerate(arrivals)],
                },
                "work_by_concurrency": [unit] * int(agents.max()),
                "patience": {"dist": "exponential", "mean": unit},
            }
        },
        "team": {
            "servers": {
                "skills": {"calls": 1},
                "concurrency": {
                    "calls": {f"{_clock(i)}-{_clock(i + 1)}": int(number) for i, number in enumerate(agents)}
                },
                "shifts": [{"agents": 1, "hours": "always"}],
            }
        },
    }


ERLANG_R: Final[dict[str, Any]] = {
    "name": "Erlang-R",
    "days": 4,
    "warm_up": "1d",
    "seed": 1,
    "replications": 80,
    "queue": {
        "calls": {
            "channel": "messaging",
            "open": "always",
            "volume": {"per_hour": 30},
            "turns": {"mean": 3},
            "work": {"dist": "exponential", "mean": "4m"},
            "wrap_up": "0s",
            "reply_latency": {"dist": "exponential", "mean": "30m"},
            "idle_timeout": "0s",
            "expires_after": "30d",
            "same_agent_for": "0s",
            "reread": {"after": "never"},
            "patience": "never",
        }
    },
    "team": {
        "agents": {"skills": {"calls": 1}, "concurrency": {"calls": 1}, "shifts": [{"agents": 7, "hours": "always"}]}
    },
}

SHARED: Final[dict[str, Any]] = {
    "name": "Level-dependent rates",
    "days": 2,
    "warm_up": "2h",
    "seed": 1,
    "replications": 40,
    "queue": {
        "calls": {
            "channel": "live_chat",
            "open": "always",
            "volume": {"per_hour": 110},
            "work_by_concurrency": ["3m", "3m30s", "4m30s"],
            "patience": {"dist": "exponential", "mean": "2m"},
        }
    },
    "team": {"agents": {"skills": {"calls": 1}, "shifts": [{"agents": 3, "hours": "always"}]}},
}

_CHAIN = theory.shared_attention(110 / 3600, [180.0, 210.0, 270.0], 3, 120.0)
_INBOX = theory.erlang_r(rate=30 / 3600, turns=3, work=240.0, latency=1800.0, agents=7, threshold=0.0)


def _late(target: float) -> float:
    """Share of all customers who wait, by theory."""
    arrivals, _, waits = staffing(target)
    return float(arrivals @ waits / arrivals.sum())


_BASE = "University of Montréal, ContactCenters library, examples ({}), 1,000 replications"
_QUEUE = "4.2 calls a minute for 8 hours, 12 agents, 2 minutes of work; {}"
_ABANDONED = (_BASE.format("MMCAb"), _QUEUE.format("patience of 1 minute, exponential"))
_BLOCKED = (_BASE.format("MMCBlocked"), _QUEUE.format("at most five wait"))
_TELETHON = (
    _BASE.format("Telethon"),
    "five mornings of 4 hours, 50 calls an hour, 12 volunteers, 24 lines, 10 minutes of work; who has waited 2 minutes "
    "leaves a message, patience of 2 minutes (exponential)",
)
_TYPES = (
    "three types of calls, two groups of agents who share one type, three periods of two hours with rates, work, "
    "patience and agents of their own, busyness gamma (28.7, 28.7); {}"
)
_MULTI_SKILL = (_BASE.format("SimpleMSK"), _TYPES.format("longest wait first"))
_REROUTING = (
    _BASE.format("SimpleMSKWithRerouting"),
    _TYPES.format("the second group helps with the shared type after 12 s"),
)
_BILINGUAL = (
    _BASE.format("Bilingual"),
    "two languages of 100 calls in the first hour and 50 in the other eight, 7, 7 and 4 agents chosen at random, "
    "uniform work, patience of 2 minutes, three quarters call again after 20 minutes, as patient as before",
)
_CCMATH = "CCmath, Erlang calculators for Python, demonstration ({})"
_CALLS = "240 calls an hour of 3 minutes, {}"
_ERLANG_C = (_CCMATH.format("Erlang C"), _CALLS.format("14 agents"))
_ERLANG_X = (_CCMATH.format("Erlang X"), _CALLS.format("14 agents, patience of 1 minute"))
_CHAT = (
    _CCMATH.format("Chat"),
    "240 chats an hour, 5 agents with up to 3 of 3, 3.5 and 4 minutes, patience of 1 minute",
)
_BLEND = (_CCMATH.format("Blend"), _CALLS.format("16 agents, who call out while more than 2 are idle"))
_FELDMAN = "Feldman, Mandelbaum, Massey and Whitt 2008, Management Science 54(2)"
_SINE = "100 + 20 sin t arrivals, work and patience exponential with mean 1, {}"
_ERLANG_R = (
    "Yom-Tov and Mandelbaum 2014, M&SOM 16(2)",
    "30 customers an hour, 3 turns on average of 4 minutes, 30 minutes between turns, 7 agents",
)
_SHARED = (
    "Tezcan and Zhang 2014, Operations Research 62(4)",
    "110 chats an hour, 3 agents with up to 3 chats of 3, 3.5 and 4.5 minutes, patience of 2 minutes; balance",
)

KNOWN: Final = (
    Known(*_PALM, "abandonment, %", "abandonment", 3.1, 0.05, 100.0, PALM),
    Known(*_PALM, "mean wait of all, s", "wait_mean", 3.7, 0.05, 1.0, PALM),
    Known(*_LECUYER, "mean wait of all, s", "wait_mean", 12.736, 0.587, 1.0, LECUYER),
    Known(*_LECUYER, "lost, %", "abandonment", 3.7, 0.17, 100.0, LECUYER),
    Known(*_CALL_CC, "mean wait of all, s", "wait_mean", 11.834, 2.117, 1.0, LECUYER),
    Known(*_LECUYER_STEADY, "mean wait of all, s", "wait_mean", 4.713, 0.039, 1.0, _STEADY),
    Known(*_LECUYER_STEADY, "lost, %", "abandonment", 2.0, 0.05, 100.0, _STEADY),
    Known(*_ABANDONED, "gave up, calls a day", "abandoned", 58.609, 0.949, 1.0, ABANDONED),
    Known(*_ABANDONED, "answered within 20 s, %", "service_level", 96.8, 0.1, 100.0, ABANDONED),
    Known(*_ABANDONED, "mean wait of the answered, min", "asa", 0.024, 0.001, 1 / 60, ABANDONED),
    Known(*_BLOCKED, "blocked, calls a day", "blocked", 18.655, 0.61, 1.0, BLOCKED),
    Known(*_BLOCKED, "answered within 20 s, %", "service_level", 92.0, 0.2, 100.0, BLOCKED),
    Known(*_BLOCKED, "mean wait of the answered, min", "asa", 0.06, 0.001, 1 / 60, BLOCKED),
    Known(*_TELETHON, "answered, calls a week", "answered", 963.109, 1.737, 1.0, TELETHON),
    Known(*_TELETHON, "gave up or left a message, calls a week", "abandoned", 36.78, 0.832, 1.0, TELETHON),
    Known(*_TELETHON, "mean wait of the answered, min", "asa", 0.036, 0.001, 1 / 60, TELETHON),
    Known(*_MULTI_SKILL, "answered, calls a day", "answered", 4297.305, 27.155, 1.0, MULTI_SKILL, "total"),
    Known(*_MULTI_SKILL, "gave up, calls a day", "abandoned", 910.335, 34.202, 1.0, MULTI_SKILL, "total"),
    Known(*_MULTI_SKILL, "answered within 20 s, %", "service_level", 50.1, 0.8, 100.0, MULTI_SKILL, "total"),
    Known(*_REROUTING, "answered, calls a day", "answered", 4274.426, 26.922, 1.0, REROUTING, "total"),
    Known(*_REROUTING, "gave up, calls a day", "abandoned", 933.214, 34.384, 1.0, REROUTING, "total"),
    Known(*_REROUTING, "answered within 20 s, %", "service_level", 57.9, 0.8, 100.0, REROUTING, "total"),
    Known(*_BILINGUAL, "answered, calls a week", "answered", 4967.235, 4.289, 1.0, BILINGUAL, "total"),
    Known(*_BILINGUAL, "gave up, calls a week", "abandoned", 142.868, 1.659, 1.0, BILINGUAL, "total"),
    Known(*_ERLANG_C, "answered within 20 s, %", "service_level", 61.42, 0.005, 100.0, ERLANG_C),
    Known(*_ERLANG_C, "mean wait, min", "asa", 0.72, 0.005, 1 / 60, ERLANG_C),
    Known(*_ERLANG_X, "gave up, %", "abandonment", 7.43, 0.005, 100.0, ERLANG_X),
    Known(*_ERLANG_X, "wait 20 s at most, %", "service_level", 91.38, 0.005, 100.0, ERLANG_X),
    Known(*_CHAT, "gave up, %", "abandonment", 15.44, 0.005, 100.0, CHAT),
    Known(*_BLEND, "answered within 20 s, %", "service_level", 63.34, 0.005, 100.0, BLEND),
    Known(*_BLEND, "mean wait, min", "asa", 0.43, 0.005, 1 / 60, BLEND),
    Known(*_BLEND, "calls out, a minute", "answered", 1.11, 0.005, 1 / (BLENDED_DAYS * 1440), OUTBOUND, "outbound"),
    *(
        Known(
            _FELDMAN,
            _SINE.format(f"agents such that at most {100 * target:g} % wait at any time"),
            "customers who wait, %",
            "delayed",
            100 * _late(target),
            0.0,
            100.0,
            _feldman(target),
        )
        for target in (0.1, 0.5)
    ),
    Known(*_ERLANG_R, "mean wait for the first answer, s", "asa", _INBOX.queue.asa, 0.0, 1.0, ERLANG_R),
    Known(*_ERLANG_R, "mean wait for later answers, s", "reply_wait_mean", _INBOX.queue.asa, 0.0, 1.0, ERLANG_R),
    Known(*_SHARED, "gave up, %", "abandonment", 100 * _CHAIN.abandonment, 0.0, 100.0, SHARED),
    Known(*_SHARED, "mean wait of all, s", "wait_mean", _CHAIN.wait_mean, 0.0, 1.0, SHARED),
)

NOTES: Final = """
SSJ's tutorial has two tables of results of 10,000 days of its call center. Its data file says busyness gamma (10, 10):
calls a day then have a standard deviation of 528.7, and the wait is 12.736 s (90 % interval 12.243 to 13.229). The
other table, with 4.713 s (4.680 to 4.746), does not say its busyness. Its calls a day have a standard deviation of
93.6, so the busyness has a variance of (93.6² - 1660) / 1660² = 0.0026 (0.0025 to 0.0027): gamma (400, 400) is the
round number beside it. Without any busyness (a deviation of 40.7) ours is 4.59 s (4.52 to 4.67). With
exchangeable agents, as in SSJ, 10,000 days of ours have 4.696 s (95 % interval 4.661 to 4.732), with shifts 4.657 s.

In the library's examples agents are exchangeable: where fewer are planned, whoever ends a call first leaves; here those
whose shift ends leave. In its example with rerouting the code takes the last type of its list that waits, not the
oldest call, and so does the scenario here. Bilingual customers who call again keep the patience of their first call,
and so they do here (with a new one, 136 instead of 143 calls a week give up).

CCmath's service level of Erlang X is that of customers who would wait for ever, 87.97 %; of all customers,
100 - 12.03 exp(-1/3) = 91.38 % do not wait longer than 20 s. It takes chats to be spread evenly over the agents at any
time, which agents cannot do when a chat ends: exactly 15.55 % give up. The service level that it gives for chats,
75.44 %, does not follow from its own model (74.44 %), and is left out.
"""


@cache
def results(name: str) -> ccsim.Results:
    """Of the scenario of that name."""
    scenario = next(one.scenario for one in KNOWN if one.scenario["name"] == name)
    return ccsim.load(scenario).run(workload=CHANGED.get(name))


def reproduced(one: Known) -> tuple[float, float, float]:
    """Mean, low and high of what ccsim simulates, in the known figure's unit."""
    level = "total" if one.queue == "total" else "queue"
    estimate = results(one.scenario["name"]).estimate(level, one.queue, one.metric)
    assert estimate is not None
    mean, low, high = (one.scale * end for end in estimate)
    return mean, low, high


def main() -> None:
    """Write the page."""
    rows: dict[bool, list[str]] = {True: [], False: []}
    before = ("", "")
    for one in KNOWN:
        mean, low, high = reproduced(one)
        ours = f"{mean:.3f} ({low:.3f} to {high:.3f})"
        value = f"{one.value:.4g}" if one.rounding == 0 else f"{one.value:.7g}"
        case = (one.source, one.parameters)
        source, parameters = ("", "") if case == before else case
        before = case
        rows[one.rounding > 0].append(f"| {source} | {parameters} | {one.figure} | {value} | {ours} |\n")
    head = "| source | parameters | figure | {} | ccsim |\n|---|---|---|---|---|\n"
    PAGE.write_text(
        "# Reproductions\n\n"
        "For researchers. Published and exact figures beside those that ccsim simulates, with 95 % intervals. "
        "`python docs/make_reproductions.py`\nwrites this page; the tests run the same cases.\n\n"
        "## Published\n\n" + head.format("published") + "".join(rows[True]) + "\n## Exact\n\n"
        "Models of these papers, beside the figure that follows from theory for the same parameters "
        "(the papers show pictures, or\nother parameters).\n\n" + head.format("exact") + "".join(rows[False]) + NOTES
    )


if __name__ == "__main__":
    main()
