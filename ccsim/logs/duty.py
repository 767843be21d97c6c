"""Who was there and free, from a log that says only who answered: rules, each with what it assumes.

Times are int64 microseconds (of `datetime64[us]`); stretches are half-open.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np

from ccsim.tables import I64, SECOND, Bool

if TYPE_CHECKING:
    import pandas as pd

DAY: Final = 86_400 * SECOND
LARGEST_GAP: Final = 1800 * SECOND
"""Between two services of an agent who was there all the time, whatever others did meanwhile."""

LONGEST_GAP: Final = 4 * 3600 * SECOND
"""The same where little was to be done: half a working day."""

LONGEST_HOLE: Final = 8 * 3600 * SECOND
"""In which nobody came and nobody is known to have been there, though it was open: a shift."""

BY_CHANCE: Final = 0.05
"""An agent who would have been left without any contact of a gap with a lesser chance was not there."""

UNLIKELY: Final = 3
"""Contacts of a queue expected of an agent who answered none: this many tell that they do not take it."""

RINGING: Final = (0.05, 30 * SECOND)
"""Share of the answered who waited no longer than it rings, and the longest that it does."""


FEWEST: Final = 20
"""Callers by whom it is judged whether agents are slow to answer."""

LOOKED_AT: Final = 5000
"""Gaps that are enough to tell it: of large logs one in so many."""

FREE_FOR_LONG: Final = 300 * SECOND
"""Without a contact, after which no work on the last one keeps an agent from the next."""

SLOW: Final = 0.75
"""Share of callers who wait though an agent has been free for long, from which on agents are slow to answer."""

SLOWEST: Final = 120 * SECOND
"""The longest that agents who are there are believed to let it ring."""

NEAR: Final = 3600 * SECOND
"""Before and after a moment, within which gaps tell how long agents were idle at about that time."""

Stretch = tuple[int, int]
Skills = Mapping[str, frozenset[str]]
"""Queues by agent."""


@dataclass(frozen=True)
class Duty:
    """An agent there from `start` to `end`, but for the stretches in which they were `away`."""

    agent: str
    start: int
    end: int
    away: tuple[Stretch, ...] = ()


class Service(NamedTuple):
    """What an agent did for a contact."""

    queue: str
    start: int
    end: int


@dataclass(frozen=True)
class Rule:
    """A way to infer duty from contacts and what each agent takes (`skills`): `assumes` in plain English.

    With `turn_round` agents take a drawn time after each contact.
    """

    assumes: str
    infer: Callable[[pd.DataFrame, Skills], list[Duty]]
    turn_round: bool = False


def services(contacts: pd.DataFrame) -> dict[str, list[Service]]:
    """The services of each agent whom the log names, by start; agents in alphabetical order."""
    named = contacts.loc[contacts["agent"].notna() & contacts["answer"].notna(), ["agent", "queue", "answer", "end"]]
    named = named.sort_values(["agent", "answer", "end"])
    by_agent: dict[str, list[Service]] = {}
    columns = (named[name].astype(str).to_numpy(object) for name in ("agent", "queue"))
    times = (micros(named[name]).tolist() for name in ("answer", "end"))
    for agent, queue, start, end in zip(*columns, *times, strict=True):
        by_agent.setdefault(agent, []).append(Service(queue, start, max(start, end)))
    return by_agent


def micros(times: pd.Series[Any]) -> I64:
    """Times as microseconds since 1970; NaT becomes the least int64."""
    return np.asarray(times.to_numpy("datetime64[us]"), "datetime64[us]").astype(np.int64)


def skills(contacts: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The queues that each agent takes: all but those of which they answered none where UNLIKELY would be expected.

    Expected are as many as of everybody's contacts. An agent with few contacts is so taken to do what the others do.
    """
    named = contacts.loc[contacts["agent"].notna() & contacts["answer"].notna(), ["agent", "queue"]].astype(str)
    counts: dict[str, Counter[str]] = {}
    for key, number in named.value_counts(sort=False).sort_index().items():
        agent, queue = cast("tuple[str, str]", key)
        counts.setdefault(agent, Counter())[queue] = int(number)
    everybody = sum(counts.values(), Counter[str]())
    total = everybody.total()
    queues = sorted(set(contacts["queue"]))
    return {
        agent: frozenset(q for q in queues if mine[q] or mine.total() * everybody[q] < UNLIKELY * total)
        for agent, mine in counts.items()
    }


class Answers:
    """Who answered when in one of these queues: what an agent who was free would have had a part of."""

    def __init__(self, contacts: pd.DataFrame, queues: frozenset[str]) -> None:
        here = contacts.loc[contacts["queue"].isin(queues) & contacts["answer"].notna(), ["agent", "answer"]]
        here = here.sort_values("answer")
        self.at: I64 = micros(here["answer"])
        self.agent = here["agent"].to_numpy(object, na_value="")

    def would_have_missed(self, gap: Stretch) -> float:
        """The chance that none of the contacts answered in that gap would have been left to one agent more.

        If each is as likely to go to any of those who answered in it, and to that agent.
        """
        rows = slice(int(np.searchsorted(self.at, gap[0])), int(np.searchsorted(self.at, gap[1])))
        others = len(set(self.agent[rows]))
        return float((others / (others + 1)) ** (rows.stop - rows.start))


def sessions(served: Sequence[Service], answers: Answers | None = None) -> Iterator[list[Service]]:
    """An agent's services, parted where the agent did nothing for longer than LARGEST_GAP.

    With `answers` only where little chance would have left that agent without any contact for so long, or LONGEST_GAP.
    """
    session = [served[0]]
    until = served[0].end
    for service in served[1:]:
        gap = until, service.start
        if service.start > until + LARGEST_GAP and (
            answers is None or service.start > until + LONGEST_GAP or answers.would_have_missed(gap) < BY_CHANCE
        ):
            yield session
            session = []
        session.append(service)
        until = max(until, service.end)
    yield session


def gaps(session: Sequence[Service]) -> Iterator[Stretch]:
    """When an agent did nothing within a session."""
    until = session[0].end
    for service in session[1:]:
        if service.start > until:
            yield until, service.start
        until = max(until, service.end)


def ringing(waited: I64) -> int:
    """How long it rings before an agent answers (µs), by the waits of the answered: so short a wait is usual."""
    share, most = RINGING
    return min(int(np.quantile(waited, share, method="lower")), most) if len(waited) else 0


class PickUp(NamedTuple):
    """How long agents who are free let it ring : int64[n] (µs), and whether they answered : bool[n], or the caller left
    before; none where agents answer at once."""

    waited: I64
    answered: Bool

    @property
    def longest(self) -> int:
        """All but a twentieth ring no longer (µs)."""
        answered = self.waited[self.answered]
        return int(np.quantile(answered, 1 - RINGING[0])) if len(answered) else 0


def pick_up(contacts: pd.DataFrame, able: Skills) -> PickUp:
    """How long agents who are free let it ring, if nobody is answered at once.

    So it is where SLOW or more of those who came while an agent had been free for long waited longer than the shortest
    waits: it is what these callers waited, but for waits above SLOWEST. An agent is taken to have been free who may
    well have been left without any contact in that time, and not where others had many.
    """
    needed = ["agent", "queue", "arrival", "answer", "end"]  # of a million contacts the others take memory
    come = contacts.loc[contacts[["answer", "end"]].notna().any(axis=1), needed].sort_values("arrival")
    arrival = micros(come["arrival"])
    answered = come["answer"].notna().to_numpy(np.bool_)
    waited = micros(come["answer"].where(answered, come["end"])) - arrival
    beside = np.zeros(len(come), np.bool_)
    queues = come["queue"].to_numpy(object)
    takes = {names: (np.isin(queues, list(names)), Answers(come, names)) for names in set(able.values())}
    for agent, start, end in _long_gaps(come[answered]):
        here, answers = takes[able[agent]]
        rows = slice(int(np.searchsorted(arrival, start + FREE_FOR_LONG)), int(np.searchsorted(arrival, end)))
        if here[rows].any() and answers.would_have_missed((start, end)) >= BY_CHANCE:
            beside[rows] |= here[rows]
    slow = beside.sum() >= FEWEST and (waited[beside] > ringing(waited[answered])).mean() >= SLOW
    beside &= waited <= SLOWEST if slow and np.median(waited[beside]) <= SLOWEST else False
    return PickUp(waited[beside], answered[beside])


def _long_gaps(answered: pd.DataFrame) -> Iterator[tuple[str, int, int]]:
    """Agent, start and end of some LOOKED_AT times between two contacts, of FREE_FOR_LONG to LONGEST_GAP."""
    named = answered.loc[answered["agent"].notna(), ["agent", "answer", "end"]].sort_values(["agent", "answer"])
    by_agent = named["agent"]
    end = named["end"].where(named["end"] > named["answer"], named["answer"])
    until = micros(end.groupby(by_agent).cummax())
    start = micros(named["answer"])
    same = by_agent.to_numpy(object)[1:] == by_agent.to_numpy(object)[:-1]
    gap = start[1:] - until[:-1]
    long = np.flatnonzero(same & (gap >= FREE_FOR_LONG) & (gap <= LONGEST_GAP))
    for row in long[:: -(-len(long) // LOOKED_AT) or 1].tolist():
        yield str(by_agent.iloc[row]), int(until[row]), int(start[row + 1])


class Waiting:
    """When somebody waited in one of these queues for want of an agent : sorted disjoint stretches.

    No wait is one, as long as it rings: `rings` (µs) at least.
    """

    def __init__(self, contacts: pd.DataFrame, queues: frozenset[str], rings: int = 0) -> None:
        here = contacts[contacts["queue"].isin(queues) & contacts[["answer", "end"]].notna().any(axis=1)]
        start = micros(here["arrival"])
        answered = here["answer"].notna().to_numpy(np.bool_)
        end = micros(here["answer"].where(answered, here["end"]))
        start += max(ringing((end - start)[answered]), rings)
        start, end = start[end > start], end[end > start]
        order = np.argsort(start, kind="stable")
        start, end = start[order], np.maximum.accumulate(end[order]) if len(order) else end
        first = np.ones(len(start), np.bool_)
        first[1:] = start[1:] > end[:-1]
        last = np.append(first[1:], True) if len(first) else first
        kept = start[first] < end[last]
        self.start: I64 = start[first][kept]
        self.end: I64 = end[last][kept]

    def within(self, gaps: Sequence[Stretch]) -> list[list[Stretch]]:
        """Of each gap the parts in which somebody waited."""
        starts, ends = np.array(gaps, np.int64).reshape(-1, 2).T
        first = np.searchsorted(self.end, starts, "right").tolist()
        last = np.searchsorted(self.start, ends).tolist()
        return [
            [(max(start, gap[0]), min(end, gap[1])) for start, end in zip(*self._some(one, other), strict=True)]
            if one < other
            else []
            for gap, one, other in zip(gaps, first, last, strict=True)
        ]

    def throughout(self, starts: I64, ends: I64) -> Bool:
        """Of each gap whether somebody waited all the time."""
        row = np.searchsorted(self.end, starts, "right")
        there = np.flatnonzero(row < len(self.end))
        whole = np.zeros(len(starts), np.bool_)
        whole[there] = (self.start[row[there]] <= starts[there]) & (ends[there] <= self.end[row[there]])
        return whole

    def _some(self, one: int, other: int) -> tuple[list[int], list[int]]:
        return self.start[one:other].tolist(), self.end[one:other].tolist()

    def before(self, moment: int) -> int | None:
        """When somebody last waited before then (then itself, if somebody did just then)."""
        row = int(np.searchsorted(self.start, moment)) - 1
        return min(int(self.end[row]), moment) if row >= 0 else None

    def after(self, moment: int) -> int | None:
        """When somebody next waited from then on."""
        row = int(np.searchsorted(self.end, moment, "right"))
        return max(int(self.start[row]), moment) if row < len(self.start) else None


def _served(contacts: pd.DataFrame, able: Skills) -> list[Duty]:
    duties: list[Duty] = []
    for agent, served in services(contacts).items():
        halves = sorted(
            {
                number
                for service in served
                for number in range(
                    service.start // LARGEST_GAP, max(service.end - 1, service.start) // LARGEST_GAP + 1
                )
            }
        )
        duties += [Duty(agent, number * LARGEST_GAP, (number + 1) * LARGEST_GAP) for number in halves]
    return duties


def _sessions(contacts: pd.DataFrame, able: Skills) -> list[Duty]:
    return [
        Duty(agent, session[0].start, max(service.end for service in session))
        for agent, served in services(contacts).items()
        for session in sessions(served)
    ]


def _waiting(contacts: pd.DataFrame, able: Skills, rings: int) -> dict[str, Waiting]:
    """When somebody waited for each agent."""
    by_queues = {queues: Waiting(contacts, queues, rings) for queues in set(able.values())}
    return {agent: by_queues[queues] for agent, queues in able.items()}


def _ready(contacts: pd.DataFrame, able: Skills) -> list[Duty]:
    """In a gap an agent is away while somebody waits for them, and since some time before that.

    Gaps of up to LONGEST_GAP part no session where an agent may well have been left without a contact for so long.

    Before the first contact and after the last they idle, nobody knows how long. It is known that nobody waited for
    them then, and it is taken that they came after the first of the day was answered and left before the last was done.
    Within these limits it is the mean of the times for which agents were idle between contacts at about then.
    """
    waiting = _waiting(contacts, able, pick_up(contacts, able).longest)
    by_queues = {queues: Answers(contacts, queues) for queues in set(able.values())}
    longest = _been_away(contacts)
    by_agent: dict[str, list[Duty]] = {}
    nobody_waited: list[Stretch] = []
    parted = {agent: list(sessions(served, by_queues[able[agent]])) for agent, served in services(contacts).items()}
    for agent, of_agent in parted.items():
        for session in of_agent:
            between = list(gaps(session))
            waited = waiting[agent].within(between)
            away = [piece for gap, parts in zip(between, waited, strict=True) for piece in _away(gap, parts, longest)]
            end = max(service.end for service in session)
            by_agent.setdefault(agent, []).append(Duty(agent, session[0].start, end, tuple(away)))
            nobody_waited += [gap for gap, parts in zip(between, waited, strict=True) if not parts]
    duties = [duty for mine in by_agent.values() for duty in mine]
    free = np.array(sorted(nobody_waited), np.int64).reshape(-1, 2)
    opened: dict[int, int] = {}
    closed: dict[int, int] = {}
    for duty in duties:
        day = duty.start // DAY
        opened[day] = min(duty.start, opened.get(day, duty.start))
        closed[day] = max(duty.end, closed.get(day, duty.end))
    extended: list[Duty] = []
    for agent, mine in by_agent.items():
        for number, duty in enumerate(mine):
            earliest, latest = opened[duty.start // DAY], closed[duty.start // DAY]
            if number:
                earliest = max(earliest, (mine[number - 1].end + duty.start) // 2)
            if number + 1 < len(mine):
                latest = min(latest, (duty.end + mine[number + 1].start) // 2)
            came = duty.start - _idle(free, duty.start)
            left = duty.end + _idle(free, duty.end)
            last, following = waiting[agent].before(duty.start), waiting[agent].after(duty.end)
            start = min(max(came, earliest, last if last is not None else earliest), duty.start)
            end = max(min(left, latest, following if following is not None else latest), duty.end)
            extended.append(Duty(agent, start, end, duty.away))
    return extended


def from_opening_to_closing(duties: Sequence[Duty], hours: Mapping[int, Stretch]) -> list[Duty]:
    """With whoever comes first on a day there from its opening, and whoever leaves last until its closing.

    `hours` are seconds after midnight by weekday, as all days of the log show them; no time is filled that is longer
    than LONGEST_GAP. Where hours run over midnight, whoever comes before the last closing belongs to the day before.
    """
    turn = max((closes for _, closes in hours.values()), default=0) * SECOND - DAY
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, duty in enumerate(duties):
        day = (duty.start - max(turn, 0)) // DAY
        first[day] = min(number, first.get(day, number), key=lambda at: duties[at].start)
        last[day] = max(number, last.get(day, number), key=lambda at: duties[at].end)
    extended = list(duties)
    for day, at in first.items():
        weekday = (day + 3) % 7  # 1970 began on a Thursday
        if weekday not in hours:
            continue
        opens, closes = (day * DAY + edge * SECOND for edge in hours[weekday])
        before = duties[last[day - 1]].end if day - 1 in last else opens
        one = extended[at]
        if before <= opens < one.start <= opens + LONGEST_GAP:
            extended[at] = replace(one, start=opens)
        one = extended[last[day]]
        if one.end < closes <= one.end + LONGEST_GAP:
            extended[last[day]] = replace(one, end=closes)
    return extended


def without_holes(duties: Sequence[Duty], hours: Mapping[int, Stretch], arrivals: I64) -> list[Duty]:
    """With whoever was there last still there until the next, where the centre was open and nobody came meanwhile.

    Up to LONGEST_HOLE: a longer time is one in which it was closed.
    """
    extended = list(duties)
    order = sorted(range(len(duties)), key=lambda at: duties[at].start)
    came = np.sort(arrivals)
    for at, following in pairwise(_latest(duties, order)):
        end, start = duties[at].end, duties[following].start
        nobody = np.searchsorted(came, end, "right") == np.searchsorted(came, start)
        if end < start <= end + LONGEST_HOLE and nobody and _open_throughout((end, start), hours):
            extended[at] = replace(duties[at], end=start)
    return extended


def _latest(duties: Sequence[Duty], order: Sequence[int]) -> Iterator[int]:
    """Of duties by start, those that end after all before them."""
    end = -math.inf
    for at in order:
        if duties[at].end > end:
            end = duties[at].end
            yield at


def _open_throughout(stretch: Stretch, hours: Mapping[int, Stretch]) -> bool:
    """Whether hours of one day, or of days that touch, hold it; weekdays are counted from Monday, 1970 began on a
    Thursday."""
    until = stretch[0]
    for day in range(stretch[0] // DAY - 1, stretch[1] // DAY + 1):
        opens, closes = (day * DAY + edge * SECOND for edge in hours.get((day + 3) % 7, (0, 0)))
        if opens <= until:
            until = max(until, closes)
    return until >= stretch[1] and until > stretch[0]


def _been_away(contacts: pd.DataFrame) -> float:
    """µs since when an agent who is away has been so, on average, by absences that are known from start to end.

    These are gaps in which somebody waited throughout; a moment is the likelier within one the longer it is.
    """
    lengths = turn_rounds(contacts).astype(np.float64)
    return float((lengths**2).sum() / (2 * lengths.sum())) if len(lengths) else math.inf


def _idle(free: I64, moment: int) -> int:
    """Mean length of the gaps that begin or end near that moment; of all where there is none. Gaps are sorted."""
    first, last = np.searchsorted(free[:, 0], [moment - NEAR - LONGEST_GAP, moment + NEAR + 1])
    near = free[first:last]
    near = near[near[:, 1] >= moment - NEAR]
    some = near if len(near) else free
    return int((some[:, 1] - some[:, 0]).mean()) if len(some) else 0


def _away(gap: Stretch, waited: list[Stretch], longest: float) -> list[Stretch]:
    """Away while somebody waited, and for half of the time before: they left at some moment in it, any alike.

    For no longer than `longest`, in µs.
    """
    absences: list[Stretch] = []
    for before, (start, end) in pairwise([(gap[0], gap[0]), *waited]):
        left = int(max((before[1] + start) // 2, start - longest))
        if absences and left <= absences[-1][1]:
            absences[-1] = (absences[-1][0], end)
        else:
            absences.append((left, end))
    return absences


def turn_rounds(contacts: pd.DataFrame) -> I64:
    """Times from the end of a service to the agent's next start, in a session, while somebody waited throughout."""
    everybody = Waiting(contacts, frozenset(contacts["queue"]))
    between = [gap for served in services(contacts).values() for session in sessions(served) for gap in gaps(session)]
    starts, ends = np.array(between, np.int64).reshape(-1, 2).T
    return np.asarray((ends - starts)[everybody.throughout(starts, ends)])


RULES: Final[dict[str, Rule]] = {
    "served": Rule("there and free through every half hour in which they answered", _served),
    "sessions": Rule("there and free from a service to the next that begins within half an hour", _sessions),
    "ready": Rule(
        "as sessions, which also go on over longer gaps in which little was to be done; but in a gap "
        "in which somebody waited they were away while somebody did, having left half-way "
        "between the gap's start and that, or as long before as is usual; and they idled before the first contact and "
        "after the last as long as between contacts, if nobody waited",
        _ready,
    ),
    "turn_round": Rule(
        "as sessions; after each contact they take a time drawn from those that the training days show while somebody "
        "waited",
        _sessions,
        turn_round=True,
    ),
}
"""Rules by name."""


def level(duties: Sequence[Duty], edges: I64) -> np.ndarray:
    """Mean number of agents there and free between each two edges : float64[len(edges) - 1]."""

    def area(stretches: Sequence[Stretch]) -> Any:
        total = np.zeros(len(edges), np.float64)
        for start, end in stretches:
            total += np.clip(edges, start, end) - start
        return np.diff(total)

    there = area([(duty.start, duty.end) for duty in duties])
    away = area([piece for duty in duties for piece in duty.away])
    return np.asarray((there - away) / np.diff(edges))
