"""Conversations of several turns, in which agents are free while customers write, and transfers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ccsim.theory._common import birth_death, count, mean_turns, nonnegative, positive
from ccsim.theory.queues import QueueFigures, erlang_c


@dataclass(frozen=True)
class ClosedFigures:
    """A closed group of sessions: turns per second, agents' utilisation, mean wait of a message."""

    throughput: float
    utilisation: float
    reply_wait: float


@dataclass(frozen=True)
class InboxFigures:
    """A pooled inbox: load in erlangs, messages per second, the queue of messages, mean response
    time (wait and work), and mean number of conversations between first message and last reply."""

    load: float
    message_rate: float
    queue: QueueFigures
    response_mean: float
    open_mean: float


@dataclass(frozen=True)
class ClosureFigures:
    """A conversation that may end early: mean turns worked, shares of the outcomes, and `silence`,
    the mean total time a session is held while the customer is awaited."""

    turns: float
    resolved: float
    timed_out: float
    transferred: float
    silence: float


def machine_repair(slots: int, work: float, latency: float, agents: int = 1) -> ClosedFigures:
    """`agents` agents with `slots` chats each, all slots always busy: the most they can handle.

    Each chat goes on for ever: exponential `work` of one agent, then reply latency of mean
    `latency` (of any distribution), both above 0. With several agents any of them answers any chat (a bound
    for agents who keep their own). Source: Palm (1947); Cooper, ch. 3 (finite source, M/M/c//N).
    """
    count(slots=slots, agents=agents)
    positive(work=work, latency=latency)
    chats = slots * agents
    busy = np.minimum(np.arange(chats + 1), agents)
    state = birth_death(np.arange(chats, 0, -1) / latency, busy[1:] / work)
    working = float(state @ busy)
    throughput = working / work
    return ClosedFigures(throughput, working / agents, chats / throughput - work - latency)


def erlang_r(*, rate: float, turns: float, work: float, latency: float, agents: int, threshold: float) -> InboxFigures:
    """A pooled inbox in which customers come back: `rate` conversations a second of `turns` turns.

    A customer who writes the next message holds no agent, so the load is rate × turns × work,
    whatever the latency. In steady state messages wait as in M/M/n, each of them, because it is an
    open Jackson network; the distribution of turns and of latency (mean `latency`) do not matter.
    Source: Jackson (1957); Yom-Tov & Mandelbaum (2014), Erlang-R, M&SOM 16.
    """
    mean_turns(turns)
    nonnegative(rate=rate, latency=latency)
    messages = rate * turns
    queue = erlang_c(messages, work, agents, threshold)
    response = queue.wait_mean + work
    talking = turns * response + (turns - 1) * latency
    return InboxFigures(messages * work, messages, queue, response, rate * talking if rate else 0.0)


def idle_closure(turns: float, latency: float, timeout: float, transfer: float = 0.0) -> ClosureFigures:
    """How conversations end that are closed when the customer is silent longer than `timeout`.

    A geometric number of turns (mean `turns`), exponential reply latency of mean `latency`;
    `timeout` may be inf. A share `transfer` is due to leave after a turn drawn uniformly from its
    turns, if it has not timed out before.
    Source: geometric sums. With L = P(latency > timeout) and x = (turns - 1)L, a conversation comes
    to its end with probability 1 / (1+x), one to be transferred to its turn with log(1+x) / x.
    """
    mean_turns(turns)
    nonnegative(latency=latency)
    if not timeout >= 0:
        raise ValueError(f"timeout must be 0 or more, or inf, not {timeout}")
    if not 0 <= transfer <= 1:
        raise ValueError(f"transfer must be between 0 and 1, not {transfer}")
    late = math.exp(-timeout / latency) if latency else 0.0
    x = (turns - 1) * late
    reaches = math.log1p(x) / x if x else 1.0
    missed_per_x = (1 - reaches) / x if x > 1e-5 else 0.5 - x / 3  # the ratio cancels near 0
    resolved = (1 - transfer) / (1 + x)
    transferred = transfer * reaches
    timed_out = 1 - resolved - transferred
    worked = (1 - transfer) * turns / (1 + x)
    worked += transfer * (reaches + (turns - 1) * missed_per_x)
    silence = (worked - 1 + timed_out) * latency * (1 - late)
    return ClosureFigures(worked, resolved, timed_out, transferred, silence)


def visit_rates(
    arrivals: Sequence[float], transfers: Sequence[Sequence[float]], limit: int | None = None
) -> tuple[float, ...]:
    """Contacts a second at each queue, transfers included; transfers[i][j] is the share from i to j.

    Without `limit` by the traffic equations of a Jackson network; with it, a contact is transferred
    at most `limit` times. ValueError too if a row exceeds 1 or contacts circulate for ever.
    Source: Jackson (1957).
    """
    outside = np.array(arrivals, dtype=np.float64)
    shares = np.array(transfers, dtype=np.float64)
    if outside.ndim != 1 or shares.shape != (len(outside), len(outside)):
        raise ValueError("transfers must have one row and one column for each of the arrivals")
    for value in (*outside, *shares.flat):
        nonnegative(rate=float(value))
    if (shares.sum(axis=1) > 1 + 1e-9).any():
        raise ValueError("the transfer shares of a queue must not exceed 1")
    if limit is not None:
        count(0, limit=limit)
        total = leg = outside
        for _ in range(limit):
            leg = leg @ shares
            total = total + leg
        return tuple(total.tolist())
    if len(outside) and np.abs(np.linalg.eigvals(shares)).max() > 1 - 1e-9:
        raise ValueError("contacts would be transferred for ever: transfer shares of 1 in a circle")
    return tuple(np.linalg.solve(np.eye(len(outside)) - shares.T, outside).tolist())
