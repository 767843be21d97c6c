"""What a scenario's queues are offered, to be expected by reporting interval: contacts, sessions, messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from ccsim.distributions.durations import Distribution
from ccsim.distributions.streams import Streams, key_of
from ccsim.lowering import Horizon, bot_hours, spans_of
from ccsim.metrics.timeline import inside, share_within
from ccsim.scenario.bots import past_bot
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.tables import F64, I64, MAX_TRANSFERS, SECOND, Bool
from ccsim.workload.customers import groups_of, lowered, poisson_rate

QUANTILES: Final = (np.arange(4096) + 0.5) / 4096
"""Where distributions are read to integrate over them."""

RARE: Final = 1e-4
"""Turns that fewer conversations than this share come to are left out."""


class Offered(NamedTuple):
    """One queue's expected numbers by interval : float64[i], those that come while it is closed and holds included.

    They are spread evenly over the open hours of the day on which it opens next.
    """

    contacts: F64
    """whose wait for an agent begins"""
    sessions: F64
    """stretches with an agent: of a parked conversation every resumption is one more"""
    messages: F64
    """to work on"""
    open: F64
    """share of the interval in which the queue is open"""


def interval_edges(scenario: Scenario) -> I64:
    """Edges of the reporting intervals : int64[i + 1], microseconds."""
    end = Horizon.of(scenario).end
    return np.append(np.arange(0, end, scenario.interval, dtype=np.int64), end)


def interval_hours(scenario: Scenario) -> F64:
    """Hours in each reporting interval : float64[i]; the last may be shorter than the others, as on a clock change."""
    return np.asarray(np.diff(interval_edges(scenario)) / (3600 * SECOND), dtype=np.float64)


def offered(scenario: Scenario) -> dict[str, Offered]:
    """By queue. Volumes are those of rates; of logs, appointments, campaigns and backlog what replication 1 has.

    Bots, self-service and transfers are taken off and added at once; customers who give up do not come again.
    """
    edges = interval_edges(scenario)
    horizon = Horizon.of(scenario)
    names = list(scenario.queue)
    hours = {name: spans_of(scenario.queue[name].open, horizon) for name in names}
    clocks = {name: share_within(hours[name], edges) for name in names}
    leg = np.array([_passing(scenario, name, *roots) for name, roots in _roots(scenario, edges, hours).items()])
    to = np.zeros((len(names), len(names)))
    for q, queue in enumerate(scenario.queue.values()):
        for transfer in queue.transfer:
            to[q, names.index(transfer.to)] += transfer.share
    total = leg
    for _ in range(MAX_TRANSFERS):
        leg = to.T @ leg
        total = total + leg
    day = np.searchsorted(horizon.midnights, edges[:-1], side="right") - 1
    parts = np.diff(edges) / scenario.interval  # 1, but for the last, which may be shorter
    return {
        name: _turns(scenario.queue[name], contacts, clocks[name], day, parts, scenario.interval)
        for name, contacts in zip(names, total, strict=True)
    }


def _roots(scenario: Scenario, edges: I64, hours: Mapping[str, I64]) -> dict[str, tuple[F64, F64]]:
    """Who comes to each queue while it is open, and while it is closed."""
    groups, _ = groups_of(lowered(scenario), Streams(key_of(scenario.seed), 0))
    roots = {}
    for name, here in zip(scenario.queue, groups, strict=True):
        rate = poisson_rate(scenario, name)
        within, total = (
            np.diff(np.interp(edges.astype(np.float64), r.edges.astype(np.float64), r.expected))
            for r in (rate.within(hours[name]), rate)
        )
        for group in here:
            if not group.by_rate:
                come = np.maximum(group.times if group.deflected is None else group.times[~group.deflected], 0)
                total = total + np.histogram(come, edges)[0]
                within = within + np.histogram(come[inside(come, hours[name])], edges)[0]
        roots[name] = within, np.maximum(total - within, 0.0)
    return roots


def holds(queue: Queue) -> bool:
    """Whether what comes while it is closed waits for the opening."""
    return queue.outside_hours == "hold" or (queue.outside_hours == "bot" and queue.kind.persistent)


def _passing(scenario: Scenario, name: str, within: F64, outside: F64) -> F64:
    """Who comes to an agent, past the bot and a closed door."""
    queue = scenario.queue[name]
    if queue.met_by_bot is not None:
        on_duty = share_within(bot_hours(scenario, name), interval_edges(scenario))
        talk = on_duty * queue.talk_to_bot
        within = within * past_bot(queue, talk)[0]
        outside = outside * past_bot(queue, np.ones(1) if queue.outside_hours == "bot" else talk)[0]
    return np.asarray(within + outside if holds(queue) else within)


def _turns(queue: Queue, contacts: F64, opened: F64, day: I64, parts: F64, interval: int) -> Offered:
    def released(flow: F64) -> F64:
        """What comes while the queue is closed goes to the day of the next opening."""
        late = flow * (1 - opened)
        is_open = np.flatnonzero(opened > 0)
        if not holds(queue) or len(is_open) == 0:
            return np.asarray(flow * (opened > 0))
        following = np.searchsorted(is_open, np.arange(len(flow)))
        never = following == len(is_open)
        days = np.where(never, -1, day[is_open[np.minimum(following, len(is_open) - 1)]])
        of_day = np.bincount(days[~never], late[~never], minlength=int(day[-1]) + 1)
        hours = np.bincount(day, opened * parts, minlength=int(day[-1]) + 1)
        rate = np.divide(of_day, hours, out=hours * 0, where=hours > 0)[day]
        return np.asarray(flow * opened + opened * parts * rate)

    contacts = released(contacts)
    still = continuing(queue)
    if queue.kind.one_to_one or queue.shared:
        return Offered(contacts, contacts, contacts, opened)
    if not queue.kind.persistent:
        return Offered(contacts, contacts, contacts * turns_of_session(queue), opened)
    latency = queue.reply_latency.value(QUANTILES)
    lag, parked = latency * SECOND / interval, latency * SECOND > queue.idle_timeout
    comes = latency * SECOND <= queue.expires_after
    message = sessions = messages = contacts
    for share in still:
        answered = message * share
        message = released(_delayed(answered / parts, lag, comes) * parts)
        messages = messages + message
        sessions = sessions + released(_delayed(answered / parts, lag, comes & parked) * parts)
    return Offered(contacts, sessions, messages, opened)


def _delayed(flow: F64, lag: F64, which: Bool) -> F64:
    """The flow, even within each interval, after delays (in intervals) of equal chances, those of `which` only.

    As if all intervals were equally long: of a shorter one, what would come in a whole one at its rate.
    """
    whole = np.floor(lag[which])
    part = lag[which] - whole
    inside = whole < len(flow)
    distribution = np.bincount(whole[inside].astype(np.int64), 1 - part[inside], minlength=len(flow) + 1)
    distribution[1:] += np.bincount(whole[inside].astype(np.int64), part[inside], minlength=len(flow))[: len(flow)]
    from scipy import fft  # scipy.signal takes half a second to import

    size = fft.next_fast_len(2 * len(flow), True)
    later = fft.irfft(fft.rfft(flow, size) * fft.rfft(distribution / len(lag), size), size)
    return np.maximum(later[: len(flow)], 0.0)


def continuing(queue: Queue) -> list[float]:
    """Of the conversations that come to turn k, the share that goes on to turn k + 1: k = 1, 2, …"""
    turns = np.maximum(np.rint(queue.turns.value(QUANTILES)), 1)
    shares: list[float] = []
    left = 1.0
    while left > RARE:
        beyond = float((turns > len(shares) + 1).mean())
        shares.append(beyond / left)
        left = beyond
    return shares[:-1]


def awaited(queue: Queue) -> tuple[float, float]:
    """Mean time (s) that an agent awaits a customer's next message, and the share of these that come too late."""
    latency = queue.reply_latency.value(QUANTILES)
    timeout = queue.idle_timeout / SECOND
    return float(np.minimum(latency, timeout).mean()), float((latency > timeout).mean())


def turns_of_session(queue: Queue) -> float:
    """Mean turns of a session, which ends with the conversation or after a turn whose answer is too late.

    As if the turns were geometric.
    """
    _, late = awaited(queue)
    turns = mean_turns(queue.turns)
    return turns / (1 + (turns - 1) * late)


def mean_turns(turns: Distribution) -> float:
    """At least one."""
    return max(turns.mean, 1.0)
