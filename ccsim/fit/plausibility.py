"""What of a fit no contact centre is likely to have, with the likely cause: a unit, a column twice, an interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.fit.queues import QueueFit
from ccsim.fit.teams import TeamFit
from ccsim.logs.mapping import UNITS
from ccsim.logs.records import Logs
from ccsim.results import format
from ccsim.scenario.channels import CHANNELS
from ccsim.tables import SECOND

if TYPE_CHECKING:
    import pandas as pd

LONG: Final = {False: 2 * 3600.0, True: 8 * 3600.0}
"""Seconds of work on a contact that are not believed, by whether the channel's conversations go on for days."""
SHORT: Final = {False: 20.0, True: 5.0}
"""Seconds of work that are not believed, of a contact and, where a log has messages, of a reply."""
NOTHING: Final = 1.0
"""Seconds of work above 0 that nothing takes: a part of a day or of an hour."""
SLOW: Final = 1800.0
"""Seconds that the answered wait on average that are not believed, where conversations do not go on for days."""
NAMES: Final = {"min": "minutes", "h": "hours", "d": "days"}
USUAL: Final = (20.0, 3600.0)
"""Seconds between which the work on a contact mostly is."""
CASE: Final = 4 * 3600.0
"""Seconds from which it is more likely a case that was open than a call."""
IDLE: Final = 0.05
"""Occupancy that is not believed."""
MOST: Final = 500.0
"""Agents at work at once, of one queue, that are not believed."""
TOGETHER: Final = 0.5
"""Correlation of handle time and number, and power of the number, from which on handle times are taken as totals."""
MANY: Final = 30
"""Intervals that tell whether handle times are totals."""
ENOUGH: Final = 10
"""Contacts from which something is called implausible."""


BEYOND_BELIEF: Final = (
    " of work on average. ",
    " of work on average, next to nothing",
    " agents at work at once ",
    " outcomes that the mapping does not explain",
)
"""What sentences have that say that a unit is wrong: a scenario of such figures is of no use."""


def beyond_belief(warnings: Sequence[str]) -> list[str]:
    """Those of the warnings for which no scenario is written unless it is asked for."""
    return [warning for warning in warnings if any(part in warning for part in BEYOND_BELIEF)]


def implausible(
    contacts: pd.DataFrame, logs: Logs, queues: dict[str, QueueFit], teams: Sequence[TeamFit], interval: int
) -> list[str]:
    """A sentence for each implausible figure of the log."""
    sentences = [sentence for queue in queues.values() for sentence in _queue(queue, contacts, logs, interval)]
    return [*sentences, *_teams(contacts, teams), *_columns(logs)]


def mean_work(queue: QueueFit) -> float | None:
    """Seconds of work on a contact as the log has it; None if it does not."""
    if "work.mean" in queue.figures:
        return queue.figures["work.mean"].mean
    if "work" in queue.distributions:
        return float(queue.distributions["work"].sample.times.mean())
    return None


def _queue(queue: QueueFit, contacts: pd.DataFrame, logs: Logs, interval: int) -> Iterator[str]:
    work = mean_work(queue)
    if work is not None and work > LONG[CHANNELS[queue.channel].persistent]:
        yield f"{queue.name}: a contact takes {_length(work)} of work on average. {_cause(work, queue, logs)}"
    elif work is not None and work < SHORT[logs.messages is not None] and queue.contacts >= ENOUGH:
        cause = "; answer and end seem to be the same column."
        if work > 0:
            unit = next((unit for unit in ("min", "h") if work * UNITS[unit] >= USUAL[0]), "d")
            right = f'{_length(work * UNITS[unit])}: units = {{ {_key(logs)} = "{unit}" }} in the mapping?'
            cause = f"{', next to nothing' if work < NOTHING else ''}; in {NAMES[unit]} it would be {right}"
        yield f"{queue.name}: a contact takes {work:.3g} s of work on average{cause}"
    if "wrap_up" in queue.distributions:
        after = float(queue.distributions["wrap_up"].sample.times.mean())
        if after > LONG[False]:
            yield f"{queue.name}: after a contact come {_length(after)} of work on average. Is the unit of wrap right?"
    if work is not None:
        busiest = max(float(queue.profile.expected(day).max()) for day in range(7)) * work / interval
        if busiest > MOST:
            yield (
                f"{queue.name}: {busiest:,.0f} agents at work at once in the busiest interval of {interval // 60} min: "
                "is the handle time's unit, and the length of the intervals, right?"
            )
    if not len(contacts) and logs.intervals is None:
        return
    waits, answered = _waits(queue, contacts, logs)
    if answered < ENOUGH:
        return
    wait = float(waits.sum()) / answered
    if len(contacts) and (waits == 0).all():
        yield f"{queue.name}: nobody who was answered waited: arrival and answer seem to be the same column."
    elif wait > SLOW and not CHANNELS[queue.channel].persistent:
        yield f"{queue.name}: the answered waited {_length(wait)} on average: is the unit of the wait right?"


def _waits(queue: QueueFit, contacts: pd.DataFrame, logs: Logs) -> tuple[pd.Series[Any], float]:
    """Seconds that the answered waited, of each or of those of an interval together, and how many they are."""
    if len(contacts) or logs.intervals is None:
        mine = contacts[(contacts["queue"] == queue.name) & contacts["answer"].notna()]
        return (mine["answer"] - mine["arrival"]).dt.total_seconds(), float(len(mine))
    timed = logs.intervals[(logs.intervals["queue"] == queue.name) & logs.intervals["asa"].notna()]
    handled = timed["handled"].fillna(timed["offered"])
    return timed["asa"] * handled, float(handled.sum())


def _key(logs: Logs) -> str:
    return "handle_time" if logs.intervals is not None else "talk"


def _cause(work: float, queue: QueueFit, logs: Logs) -> str:
    whole_minutes = "work" in queue.distributions and bool((queue.distributions["work"].sample.times % 60 == 0).all())
    if USUAL[0] <= work / 1000 <= USUAL[1] and not whole_minutes:
        cause = f'In milliseconds it would be {_length(work / 1000)}: units = {{ {_key(logs)} = "ms" }} in the mapping?'
    else:
        cause = "Is its unit right, and is it the agent's work, not the time until a case was closed?"
    if work > CASE and logs.intervals is None:
        cause += ' Cases that stay open for hours are no calls: channel = "email" in the mapping.'
    if logs.intervals is None:
        return cause
    mine = logs.intervals[logs.intervals["queue"] == queue.name]
    if USUAL[0] <= work / max(float(mine["handled"].fillna(mine["offered"]).mean()), 1.0) <= USUAL[1]:
        cause += " Or it is of all contacts of the interval together: total_handle_time = true."
    return cause


def _teams(contacts: pd.DataFrame, teams: Sequence[TeamFit]) -> Iterator[str]:
    """Occupancy of all whom the log names, from what they did within the days it has."""
    there = sum(duty.end - duty.start for team in teams for duty in team.duties) / SECOND
    single = contacts["channel"].map(lambda name: CHANNELS[name].one_to_one).astype("bool") if len(contacts) else None
    if not there or single is None or not single.all():
        return
    since = np.datetime64(min(duty.start for team in teams for duty in team.duties), "us")
    served = contacts[contacts["agent"].notna() & (contacts["answer"] >= since)]
    busy = float((served["end"] - served["answer"]).dt.total_seconds().sum())
    if len(served) < ENOUGH:
        return
    if busy < IDLE * there:
        yield (
            f"Agents are busy for {format.percent(busy / there)} of their time: is the unit of the work right, and "
            "does the roster belong to this log?"
        )
    elif busy > 1.2 * there:
        yield (
            f"Agents have {busy / there:.1f} times as much work as time: do their names stand for teams, or is the "
            "unit of the work wrong?"
        )


def _columns(logs: Logs) -> Iterator[str]:
    if logs.intervals is None or len(logs.intervals) < ENOUGH:
        return
    for name in ("offered", "handled"):
        if np.array_equal(logs.intervals[name].to_numpy(), logs.intervals["handle_time"].to_numpy()):
            yield f"{name} and handle_time are the same in every interval: one column seems to be named for both."
    for queue, mine in logs.intervals.groupby("queue"):
        number = mine["handled"].fillna(mine["offered"])
        used = (number > 0) & (mine["handle_time"] > 0)
        number, work = np.log(number[used]), np.log(mine["handle_time"][used])
        if len(number) < MANY or min(number.nunique(), work.nunique()) < 3:
            continue
        together = float(np.corrcoef(number, work)[0, 1])
        slope = together * float(work.std() / number.std())
        if together > TOGETHER and slope > TOGETHER:
            yield (
                f"{queue}: handle times grow with the number handled: are they of all contacts of the interval "
                "together? total_handle_time = true"
            )
        elif together < -TOGETHER and slope < -TOGETHER:
            yield f"{queue}: handle times fall with the number handled: are they means, not totals?"


def _length(seconds: float) -> str:
    return f"{seconds / 3600:,.0f} h" if seconds >= 10 * 3600 else format.duration(seconds)
