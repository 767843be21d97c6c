"""Customers who give up: those whose message stays behind, and those who try again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ccsim.theory._common import Floats, count, nonnegative, positive, stationary

Waiting = tuple[bool, ...]
"""Who waits, in order of arrival, and whether they have silently gone."""


@dataclass(frozen=True)
class SilentFigures:
    """Steady state of `silent_abandonment`, shares of arrivals.

    `queue_mean` counts the silently gone too; `utilisation` is the share of time at work, `occupancy` that with a
    session, the silence after work in vain included.
    """

    blocked: float
    abandoned: float
    silently_abandoned: float
    queue_mean: float
    utilisation: float
    occupancy: float


@dataclass(frozen=True)
class RedialFigures:
    """Steady state of `redials`.

    `attempts` are calls by customer; `blocked` and `abandonment` are shares of calls, `wait_mean` is over all calls
    but the blocked, `orbit` is the mean number of customers who will call again.
    """

    attempts: float
    blocked: float
    abandonment: float
    wait_mean: float
    queue_mean: float
    utilisation: float
    orbit: float


def silent_abandonment(
    rate: float, work: float, patience: float, silent: float, timeout: float, max_waiting: int
) -> SilentFigures:
    """One agent with one slot, whose customers may leave without telling.

    Poisson arrivals, blocked beyond `max_waiting` who wait, exponential work and patience. Of those whose patience
    ends, the share `silent` stays in the queue; their turn takes work and `timeout` seconds of silence after it. The
    queue has a state for each order of those who wait and those who have gone, up to 2^(max_waiting + 1) of them.
    Source: Markov renewal (Cinlar, Introduction to Stochastic Processes, ch. 10). During a session the queue is a
    chain with generator Q: work of rate m takes its distribution p to p m(m - Q)^-1, the silence to p exp(Q timeout).
    """
    positive(rate=rate, work=work, patience=patience)
    nonnegative(timeout=timeout)
    count(0, max_waiting=max_waiting)
    if not 0 <= silent <= 1:
        raise ValueError(f"silent must be between 0 and 1, not {silent}")
    from scipy.linalg import expm

    queues, flow = _queues(rate, patience, silent, max_waiting)
    n, index = len(queues), {queue: i for i, queue in enumerate(queues)}
    # time spent in each state while the agent works, or is silent, by the state at its beginning
    working = np.linalg.inv(np.eye(n) / work - flow)
    both = expm(np.block([[flow, np.eye(n)], [np.zeros((n, 2 * n))]]) * timeout)
    idling = both[:n, n:]
    after = (
        working / work,
        working / work @ both[:n, :n],
    )  # distribution at the end of a session, with a customer and in vain

    # from the beginning of a session to the next one, which is in vain if who was first in the queue has gone
    step = np.zeros((2 * n, 2 * n))
    for i, queue in enumerate(queues):
        next_one = int(queue[0]) * n + index[queue[1:]] if queue else 0
        step[:, next_one] += np.concatenate(after)[:, i]
    balance = np.vstack([(step.T - np.eye(2 * n))[1:], np.ones(2 * n)])
    answered, vain = np.split(np.linalg.solve(balance, np.eye(2 * n)[-1]), 2)
    idle = float((answered @ after[0] + vain @ after[1])[0]) / rate
    time = (answered + vain) @ working + vain @ (working / work) @ idling
    cycle = idle + float(time.sum())
    share = time / cycle
    length = np.array([len(queue) for queue in queues])
    gone = np.array([sum(queue) for queue in queues])
    left = float(share @ (length - gone)) / patience / rate
    return SilentFigures(
        blocked=float(share @ (length == max_waiting)),
        abandoned=(1 - silent) * left,
        silently_abandoned=silent * left,
        queue_mean=float(share @ length),
        utilisation=work / cycle,
        occupancy=1 - idle / cycle,
    )


def _queues(rate: float, patience: float, silent: float, room: int) -> tuple[list[Waiting], Floats]:
    """The queues that may form behind a session, and how one becomes another, per second."""

    def moves(queue: Waiting) -> Iterator[tuple[float, Waiting]]:
        if len(queue) < room:
            yield rate, (*queue, False)
        for i, gone in enumerate(queue):
            if not gone:
                yield silent / patience, (*queue[:i], True, *queue[i + 1 :])
                yield (1 - silent) / patience, (*queue[:i], *queue[i + 1 :])

    queues: list[Waiting] = [()]
    index: dict[Waiting, int] = {(): 0}
    for queue in queues:  # grows while it is walked
        for speed, to in moves(queue):
            if speed and to not in index:
                index[to] = len(queues)
                queues.append(to)
    flow = np.zeros((len(queues), len(queues)))
    for i, queue in enumerate(queues):
        for speed, to in moves(queue):
            if speed:
                flow[i, index[to]] += speed
                flow[i, i] -= speed
    return queues, flow


def redials(
    *,
    rate: float,
    work: float,
    agents: int,
    share: float,
    after: float,
    patience: float | None = None,
    max_waiting: int = 100,
) -> RedialFigures:
    """M/M/n with exponential patience and calls blocked beyond `max_waiting`, of whom the share `share` calls again.

    They do so after an exponential time of mean `after`, as often as need be. A Markov chain of calls and of customers
    who will call again; cut off where there are more of these than there ever are (below 1e-9).
    Source: Cohen (1957), Philips Telecommunication Review 18; Artalejo & Gomez-Corral (2008), Retrial Queueing Systems.
    """
    positive(rate=rate, work=work, after=after, **({} if patience is None else {"patience": patience}))
    count(agents=agents)
    count(0, max_waiting=max_waiting)
    if not 0 <= share < 1:
        raise ValueError(f"share must be 0 or more and below 1, not {share}")
    places = agents + max_waiting

    def distribution(most: int) -> tuple[Floats, Floats, Floats]:
        def leaves(calls: int, orbit: int, speed: float) -> Iterator[tuple[float, tuple[int, int]]]:
            yield speed * share, (calls, min(orbit + 1, most))
            yield speed * (1 - share), (calls, orbit)

        def moves(state: tuple[int, int]) -> Iterator[tuple[float, tuple[int, int]]]:
            calls, orbit = state
            if calls < places:
                yield rate, (calls + 1, orbit)
            else:
                yield from leaves(calls, orbit, rate)
            if orbit:
                if calls < places:
                    yield orbit / after, (calls + 1, orbit - 1)
                else:
                    yield from leaves(calls, orbit - 1, orbit / after)
            if calls:
                yield min(calls, agents) / work, (calls - 1, orbit)
            if calls > agents and patience is not None:
                yield from leaves(calls - 1, orbit, (calls - agents) / patience)

        states, share_of_time = stationary((0, 0), moves)
        calls, orbit = np.array(states, dtype=np.float64).T
        return calls, orbit, share_of_time

    most = 32
    calls, orbit, time = distribution(most)
    while float(time @ (orbit == most)) > 1e-9:
        most *= 2
        if most > 10_000:
            raise ValueError("too many customers call again to tabulate them; are the times in seconds?")
        calls, orbit, time = distribution(most)

    speed = rate + orbit / after  # of calls, by state
    total = float(time @ speed)
    blocked = float(time @ (speed * (calls == places))) / total
    queue_mean = float(time @ np.maximum(calls - agents, 0))
    return RedialFigures(
        attempts=total / rate,
        blocked=blocked,
        abandonment=0.0 if patience is None else queue_mean / patience / total,
        wait_mean=queue_mean / (total * (1 - blocked)) if blocked < 1 else 0.0,
        queue_mean=queue_mean,
        utilisation=float(time @ np.minimum(calls, agents)) / agents,
        orbit=float(time @ orbit),
    )
