"""Groups of agents who hold several chats at once, solved exactly as Markov chains."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ccsim.theory._common import count, mean_turns, positive, stationary

Agent = tuple[int, int]  # messages with the agent, the one in work included; customers awaited
Group = tuple[Agent, ...]


@dataclass(frozen=True)
class ChatFigures:
    """Steady state of `chat_group`, agents who work on one message at a time.

    - `blocked`, `at_once`: shares of arrivals that were refused, or assigned on arrival;
    - `queue_mean`, `assignment_wait`: contacts without an agent, and how long an admitted contact is one of them;
    - `message_wait`: mean wait from assignment or reply to the start of work, over the messages of all turns;
    - `first_wait_at_once`: the same over first messages of contacts assigned on arrival, if agents take the oldest
      message first; nan where `at_once` is too small to tell (below 1e-9);
    - `sessions`, `session_mean`: mean number in the group, and mean duration;
    - `utilisation`: share of agent time at work; `concurrency_shares[j]`: share of agent time with j sessions.
    """

    blocked: float
    at_once: float
    queue_mean: float
    assignment_wait: float
    message_wait: float
    first_wait_at_once: float
    sessions: float
    session_mean: float
    utilisation: float
    concurrency_shares: tuple[float, ...]


@dataclass(frozen=True)
class SharedFigures:
    """Steady state of `shared_attention`: shares of arrivals, waits of the admitted, sessions as in `ChatFigures`."""

    blocked: float
    abandonment: float
    queue_mean: float
    wait_mean: float
    sessions: float
    session_mean: float
    concurrency_shares: tuple[float, ...]


def chat_group(
    *,
    rate: float,
    work: float,
    latency: float,
    turns: float,
    agents: int,
    slots: int,
    max_waiting: int = 100,
    ties: Literal["idle_since", "random"] = "idle_since",
) -> ChatFigures:
    """Exact steady state of `agents` chat agents with `slots` slots each, by the balance equations.

    Poisson arrivals, exponential work and latency, a geometric number of turns (mean `turns`), no abandonment;
    arrivals that find all slots and `max_waiting` places taken are blocked. A contact goes to the least loaded agent,
    among equals to the one whose last session ended longest ago (`idle_since`), or to any of them (`random`: agents
    are then exchangeable, which keeps 6 × 3 feasible).

    Work does not depend on the turn, so the order of attention changes no figure but `first_wait_at_once`. The first
    wait of contacts that queued for a slot depends on the ages of messages, which the chain does not hold; with
    `max_waiting` 0 every admitted contact is assigned on arrival.
    """
    positive(rate=rate, work=work, latency=latency)
    mean_turns(turns)
    count(agents=agents, slots=slots)
    count(0, max_waiting=max_waiting)
    if ties not in ("idle_since", "random"):
        raise ValueError(f"ties must be idle_since or random, not {ties}")

    def picks(group: Group) -> list[int]:
        least = min(a + b for a, b in group)
        tied = [i for i, (a, b) in enumerate(group) if a + b == least < slots]
        return tied[:1] if ties == "idle_since" else tied

    def put(group: Group, i: int, agent: Agent, end: bool = False) -> Group:
        # The order of agents is the tie-break: longest since the end of a session first.
        before, after = group[:i], group[i + 1 :]
        if ties == "random":
            return tuple(sorted((*before, agent, *after)))
        return (*before, *after, agent) if end else (*before, agent, *after)

    def moves(state: tuple[int, Group]) -> Iterator[tuple[float, tuple[int, Group]]]:
        queue, group = state
        free = picks(group)
        for i in free:
            a, b = group[i]
            yield rate / len(free), (0, put(group, i, (a + 1, b)))
        if not free and queue < max_waiting:
            yield rate, (queue + 1, group)
        for i, (a, b) in enumerate(group):
            if a:
                # A freed slot takes the next contact at once, and its message is the agent's.
                taken = min(queue, 1)
                yield 1 / (turns * work), (queue - taken, put(group, i, (a - 1 + taken, b), end=True))
            if a and turns > 1:
                yield (1 - 1 / turns) / work, (queue, put(group, i, (a - 1, b + 1)))
            if b:
                yield b / latency, (queue, put(group, i, (a + 1, b - 1)))

    states, share = stationary((0, ((0, 0),) * agents), moves)
    queue = np.array([queue for queue, _ in states])
    messages = np.array([[a for a, _ in group] for _, group in states])
    load = messages + np.array([[b for _, b in group] for _, group in states])
    ahead = np.array([np.mean([group[i][0] for i in picks(group)] or [0]) for _, group in states])
    free = (load < slots).any(axis=1)

    blocked = float(share @ (~free & (queue == max_waiting)))
    at_once = float(share @ free)
    queue_mean = float(share @ queue)
    sessions = float(share @ load.sum(axis=1))
    pending = float(share @ np.maximum(messages - 1, 0).sum(axis=1))
    admitted = rate * (1 - blocked)
    return ChatFigures(
        blocked=blocked,
        at_once=at_once,
        queue_mean=queue_mean,
        assignment_wait=queue_mean / admitted,
        message_wait=pending / (admitted * turns),
        # A message that arrives is the youngest: it waits for the work on all that are there.
        first_wait_at_once=float(share @ ahead) * work / at_once if at_once > 1e-9 else math.nan,
        sessions=sessions,
        session_mean=sessions / admitted,
        utilisation=float(share @ (messages > 0).mean(axis=1)),
        concurrency_shares=tuple(float(share @ (load == j).mean(axis=1)) for j in range(slots + 1)),
    )


def shared_attention(
    rate: float,
    work_by_concurrency: Sequence[float],
    agents: int,
    patience: float | None = None,
    max_waiting: int = 100,
) -> SharedFigures:
    """Exact steady state of agents who work on all their sessions at once.

    An agent with j sessions (at most the length of `work_by_concurrency`, positive means) ends each at rate
    1 / work_by_concurrency[j - 1]. Poisson arrivals to the least loaded agent, exponential unit work, exponential
    patience of mean `patience` if given, blocked beyond `max_waiting`. By the balance equations.
    """
    positive(rate=rate, **({} if patience is None else {"patience": patience}))
    slots = len(work_by_concurrency)
    count(agents=agents, slots=slots)
    count(0, max_waiting=max_waiting)
    for mean in work_by_concurrency:
        positive(work_by_concurrency=mean)

    def put(group: tuple[int, ...], i: int, change: int) -> tuple[int, ...]:
        return tuple(sorted((*group[:i], group[i] + change, *group[i + 1 :])))

    def moves(state: tuple[int, tuple[int, ...]]) -> Iterator[tuple[float, tuple[int, tuple[int, ...]]]]:
        queue, group = state  # agents in order of load
        if group[0] < slots:
            yield rate, (0, put(group, 0, 1))
        elif queue < max_waiting:
            yield rate, (queue + 1, group)
        if queue and patience is not None:
            yield queue / patience, (queue - 1, group)
        for i, load in enumerate(group):
            if load:
                after = (queue - 1, group) if queue else (0, put(group, i, -1))
                yield load / work_by_concurrency[load - 1], after

    states, share = stationary((0, (0,) * agents), moves)
    queue = np.array([queue for queue, _ in states])
    load = np.array([group for _, group in states])
    blocked = float(share @ ((load == slots).all(axis=1) & (queue == max_waiting)))
    queue_mean = float(share @ queue)
    abandonment = 0.0 if patience is None else queue_mean / patience / rate
    sessions = float(share @ load.sum(axis=1))
    return SharedFigures(
        blocked=blocked,
        abandonment=abandonment,
        queue_mean=queue_mean,
        wait_mean=queue_mean / (rate * (1 - blocked)),
        sessions=sessions,
        session_mean=sessions / (rate * (1 - blocked - abandonment)),
        concurrency_shares=tuple(float(share @ (load == j).mean(axis=1)) for j in range(slots + 1)),
    )
