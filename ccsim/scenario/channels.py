"""Channels and what each brings: every default as a scenario file would write it, with its tag and source.

Tags: A, one of the articles the project was created from; S, the source named; M, measured on real conversations;
I, illustrative: no trustworthy figure was found. What a channel does not bring is off. A new channel is one more entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Default:
    """A value a queue has if the scenario gives none."""

    value: Any
    tag: str
    source: str


@dataclass(frozen=True)
class Channel:
    """A kind of queue: how its sessions work, and its defaults by key."""

    one_to_one: bool
    """needs an agent without sessions; one turn a contact"""
    persistent: bool
    """goes on over many sessions: parks where a closed session times out"""
    concurrency: Default
    """sessions that fill an agent, for teams that name no concurrency"""
    defaults: dict[str, Default]


_EFFORT: Final = "article on channels: customer effort 3 phone, in person, video; 2 e-mail, social; 1 chat, messaging"
_CHAT: Final = "article: a chat lasts 6 minutes, 6 turns of 30 s work and 30 s reply latency"
_ONE: Final = Default(1, "A", "article on channels: one-to-one channel")
_REJECT: Final = Default("reject", "A", "a live channel is closed out of hours")
_HOLD: Final = Default("hold", "A", "article on messaging: out of hours the message is kept")
_MESSAGING_LATENCY: Final = Default(
    {"dist": "lognormal", "median": "20m", "sigma": 2.2},
    "M",
    "public support conversations: median 20 min, 55 % over 15 min, 22 % over 4 h",
)


def _illustrative(value: Any) -> Default:
    return Default(value, "I", "illustrative: no trustworthy figure was found")


CHANNELS: Final[dict[str, Channel]] = {
    "phone": Channel(
        one_to_one=True,
        persistent=False,
        concurrency=_ONE,
        defaults={
            "work": _illustrative({"mean": "4m30s", "cv": 0.9}),
            "wrap_up": _illustrative("40s"),
            "patience": Default(
                {"dist": "exponential", "mean": "90s"}, "S", "practice: voice patience 60 to 90 s in the mean"
            ),
            "service_level": Default("80/20", "A", "article on service levels: 80/20 for calls"),
            "outside_hours": _REJECT,
            "effort": Default(3.0, "A", _EFFORT),
        },
    ),
    "live_chat": Channel(
        one_to_one=False,
        persistent=False,
        concurrency=Default(3, "A", "article on channels: more than three chats overwhelms"),
        defaults={
            "turns": Default({"mean": 6}, "A", _CHAT),
            "work": Default({"mean": "30s", "cv": 0.8}, "A", f"{_CHAT}; cv illustrative"),
            "reply_latency": Default({"mean": "30s", "cv": 1.2}, "A", f"{_CHAT}; cv illustrative"),
            "wrap_up": _illustrative("20s"),
            "patience": _illustrative({"dist": "exponential", "mean": "3m"}),
            "idle_timeout": Default("5m", "S", "Salesforce: inactive after 5 to 30 min; LivePerson: about 4 min"),
            "service_level": _illustrative("80% in 60s"),
            "outside_hours": _REJECT,
            "effort": Default(1.0, "A", _EFFORT),
        },
    ),
    "messaging": Channel(
        one_to_one=False,
        persistent=True,
        concurrency=_illustrative(5),
        defaults={
            "turns": _illustrative({"mean": 4}),
            "work": _illustrative({"mean": "70s", "cv": 1.0}),
            "reply_latency": _MESSAGING_LATENCY,
            "wrap_up": _illustrative("20s"),
            "patience": Default("never", "A", "article on messaging: the message is there until it is answered"),
            "idle_timeout": Default("10m", "S", "Zendesk: an inactive conversation frees capacity after about 10 min"),
            "expires_after": Default("24h", "S", "WhatsApp: rolling service window of 24 h"),
            "same_agent_for": _illustrative("2m"),
            "reread": Default(
                {"after": "15m", "work": "20s", "per_turn": "5s"}, "I", "article: all is re-read; times illustrative"
            ),
            "service_level": Default("90/300", "A", "article on service levels: for messaging something like 90/300"),
            "outside_hours": _HOLD,
            "effort": Default(1.0, "A", _EFFORT),
        },
    ),
    "email": Channel(
        one_to_one=False,
        persistent=True,
        concurrency=_illustrative(1),
        defaults={
            "turns": _illustrative({"mean": 1.4}),
            "work": Default({"mean": "6m", "cv": 1.0}, "S", "practice: handling time of an e-mail"),
            "reply_latency": _illustrative({"dist": "lognormal", "median": "8h", "sigma": 1.5}),
            "wrap_up": _illustrative("30s"),
            "patience": Default("never", "A", "the message is there until it is answered"),
            "idle_timeout": _illustrative("0s"),
            "expires_after": _illustrative("30d"),
            "service_level": _illustrative("80% in 4h"),
            "resolution_target": Default("95% in 24h", "S", "ccPlanning: e-mail 95 % in 24 h"),
            "outside_hours": _HOLD,
            "effort": Default(2.0, "A", _EFFORT),
        },
    ),
    "video": Channel(
        one_to_one=True,
        persistent=False,
        concurrency=_ONE,
        defaults={
            "work": _illustrative({"mean": "8m", "cv": 0.7}),
            "wrap_up": _illustrative("60s"),
            "patience": _illustrative({"dist": "exponential", "mean": "2m"}),
            "service_level": _illustrative("80% in 60s"),
            "outside_hours": _REJECT,
            "effort": Default(3.0, "A", _EFFORT),
        },
    ),
    "in_person": Channel(
        one_to_one=True,
        persistent=False,
        concurrency=_ONE,
        defaults={
            "work": _illustrative({"mean": "12m", "cv": 0.7}),
            "wrap_up": _illustrative("60s"),
            "patience": _illustrative({"dist": "exponential", "mean": "20m"}),
            "service_level": _illustrative("80% in 10m"),
            "outside_hours": _REJECT,
            "effort": Default(3.0, "A", _EFFORT),
        },
    ),
    "social": Channel(
        one_to_one=False,
        persistent=True,
        concurrency=_illustrative(1),
        defaults={
            "turns": _illustrative({"mean": 2}),
            "work": _illustrative({"mean": "3m", "cv": 1.0}),
            "reply_latency": _MESSAGING_LATENCY,
            "wrap_up": _illustrative("0s"),
            "patience": Default("never", "A", "the message is there until it is answered"),
            "idle_timeout": _illustrative("0s"),
            "expires_after": _illustrative("3d"),
            "service_level": _illustrative("80% in 1h"),
            "outside_hours": _HOLD,
            "effort": Default(2.0, "A", _EFFORT),
        },
    ),
}


def channel_of(queue: object) -> Channel | None:
    """The channel that a raw queue table names, if it is one."""
    name = queue.get("channel") if isinstance(queue, dict) else None
    return CHANNELS.get(name) if isinstance(name, str) else None


def with_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    """The raw tables of a scenario with every channel's defaults filled in; what the scenario gives stays as it is.

    A team's `concurrency` is one whole: where a team has none, its queues have their channels' concurrency. A queue
    with `work_by_concurrency` says itself how many sessions fill an agent, and has one turn and no wrap-up.
    """
    full = dict(raw)
    queues, teams = raw.get("queue"), raw.get("team")
    if isinstance(queues, dict):
        full["queue"] = {name: _queue_with_defaults(queue) for name, queue in queues.items()}
        if isinstance(teams, dict):
            full["team"] = {name: _team_with_defaults(team, queues) for name, team in teams.items()}
    return full


_BY_TURN: Final = ("turns", "work", "wrap_up", "reply_latency", "reread")
"""What shared attention has no use for."""


def _shared_sessions(queue: Any) -> int:
    """How many sessions of a raw queue fill an agent by its `work_by_concurrency`; 0 if it has none."""
    means = queue.get("work_by_concurrency") if isinstance(queue, dict) else None
    return len(means) if isinstance(means, list | tuple) else 0


def brought(queue: dict[str, Any]) -> dict[str, Default]:
    """The defaults that a raw queue has from its channel."""
    channel = channel_of(queue)
    useless = _BY_TURN if _shared_sessions(queue) else ()
    defaults = channel.defaults if channel else {}
    return {key: default for key, default in defaults.items() if key not in queue and key not in useless}


def _queue_with_defaults(queue: Any) -> Any:
    if channel_of(queue) is None:
        return queue
    return {key: default.value for key, default in brought(queue).items()} | queue


def _team_with_defaults(team: Any, queues: dict[str, Any]) -> Any:
    if not isinstance(team, dict) or not isinstance(team.get("skills"), dict):
        return team
    served = {name: queues.get(name) for name in team["skills"]}
    given = team.get("concurrency", {})
    if "concurrency" not in team:
        given = {name: channel.concurrency.value for name, queue in served.items() if (channel := channel_of(queue))}
    if not isinstance(given, dict):
        return team
    shared = {name: sessions for name, queue in served.items() if (sessions := _shared_sessions(queue))}
    return team | {"concurrency": given | shared if "concurrency" not in team else shared | given}
