"""The nouns of a fit: what logs hold once they are read, whatever the system that wrote them.

Each kind of log becomes one pandas frame with the columns named here. Times are local, without a zone
(`datetime64[us]`); a time that is not there is NaT, a text that is not there NA.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "contacts": {
        "contact": "its id in the log, or its line",
        "customer": "who; NA if the log does not know",
        "queue": "queue",
        "channel": "channel of the model",
        "arrival": "when the wait began",
        "answer": "when an agent began; NaT if none did",
        "end": "when the agent or, unanswered, the customer was done; NaT if the log does not say",
        "wrapped": "when the agent's work after it was done; NaT if the log does not say",
        "agent": "who answered; NA if nobody did or the log does not know",
        "outcome": "answered, abandoned, another outcome of the model, or unknown",
        "follows": "the contact of which this is a later leg; NA for others",
        "until": "until when the log would show that it comes again; NaT: until its last arrival",
    },
    "messages": {
        "conversation": "its id in the log",
        "queue": "queue",
        "channel": "channel of the model",
        "sender": "customer or agent",
        "sent": "when",
        "begun": "when the agent began to write it; NaT if the log does not say",
        "agent": "who wrote, if an agent did and the log knows",
    },
    "intervals": {
        "queue": "queue",
        "channel": "channel of the model",
        "start": "start of the interval",
        "offered": "contacts that came, a number",
        "handled": "contacts answered, a number; NaN if the log does not say",
        "asa": "mean wait of the answered, seconds; NaN if the log does not say",
        "wait_of_lost": "mean wait of those who gave up, seconds; NaN if the log does not say",
        "handle_time": "mean of the handled, seconds; NaN if the log does not say",
    },
    "rosters": {
        "agent": "who",
        "team": "team; NA if the log does not know",
        "start": "shift or activity from",
        "end": "until",
        "activity": "work, or what keeps the agent from it",
    },
}
"""Columns by kind of log, each with its meaning."""
FOLLOWS: Final = (("answer", "arrival"), ("end", "arrival"), ("end", "answer"), ("wrapped", "end"))
"""Times of a contact, and one that is not later."""


@dataclass(frozen=True)
class Reading:
    """A log as read.

    `rows` has the columns of its `kind` and, as `line`, where each row stands in the file; `refused` the lines that
    cannot be used, with the reason and the text; `mended` counts what was put right, by what it was.
    """

    kind: str
    rows: pd.DataFrame
    refused: pd.DataFrame
    mended: dict[str, int]

    @property
    def reasons(self) -> dict[str, int]:
        """How many lines were refused, by reason, the most first."""
        return {str(reason): int(count) for reason, count in self.refused["reason"].value_counts().items()}


@dataclass(frozen=True)
class Logs:
    """All that was read, by kind; None for what there is no log of. Rows of several files of a kind follow one another.

    `sessions` (agent, queue, start, end) say when agents were busy with a contact, where a log knows that better than
    from answer to end.
    """

    contacts: pd.DataFrame | None = None
    messages: pd.DataFrame | None = None
    intervals: pd.DataFrame | None = None
    rosters: pd.DataFrame | None = None
    sessions: pd.DataFrame | None = None
    days: tuple[date, ...] = ()
    """days that the logs cover, if they say so; else those from the first contact to the last"""
    chains: bool = False
    """a customer's contacts are all about one matter"""
    staff_only: frozenset[str] = frozenset()
    timezone: str | None = None
    readings: tuple[tuple[str, Reading], ...] = ()
    """each file's name and what was read of it"""
