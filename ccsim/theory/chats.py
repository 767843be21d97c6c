"""Groups of agents who hold several chats at once, solved exactly as Markov chains."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from ccsim.theory._common import Floats, birth_death, count, mean_turns, nonnegative, positive, stationary

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
class SlotFigures:
    """Steady state of `slot_group`, in approximation.

    - `service_level`: share of all arrivals whose first message is worked on within the threshold;
    - `abandonment`: share that leaves before having a slot;
    - `reply_level`: share of messages worked on within the reply threshold, the agent once found;
    - `assignment_wait`: mean wait for a slot, of all arrivals;
    - `utilisation`: share of agent time at work.
    """

    service_level: float
    abandonment: float
    reply_level: float
    assignment_wait: float
    utilisation: float


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


def slot_group(
    *,
    rate: float,
    work: Sequence[float],
    silence: float,
    turns: float,
    agents: int,
    threshold: float,
    patience: float | None = None,
    reply_threshold: float = 0.0,
    together: bool = False,
) -> SlotFigures:
    """`agents` agents with a chat slot for each entry of `work`, in approximation: a birth-and-death chain.

    `rate` sessions a second of `turns` turns each; `work[j - 1]` is the mean work on a turn at an agent with j of them,
    `silence` how long the customer of a session is awaited altogether. Customers wait for a slot in one line, for
    exponential `patience` of that mean if given.

    The sessions of the group are taken to be spread evenly, and the messages at an agent with j of them to be in the
    steady state of machine repair with j machines; a new message finds those of j - 1 others (arrival theorem), and a
    session ends after every one in `turns` replies. An agent who works on all sessions `together` begins each at once,
    `work` long, and no message waits beside others.

    Source: Palm (1947) for the agent; Sevcik & Mitrani (1981), Journal of the ACM 28, for the arrival theorem; Luo &
    Zhang (2013), Operations Research 61, for the number of chats in a group as such a chain.
    """
    from scipy.special import betainc, gammainc

    positive(rate=rate, **({} if patience is None else {"patience": patience}))
    nonnegative(silence=silence, threshold=threshold, reply_threshold=reply_threshold)
    mean_turns(turns)
    slots = len(work)
    count(agents=agents, slots=slots)
    for mean in work:
        positive(work=mean)
    think = silence / turns
    messages_at_agent = [
        _at_agent(j, mean, think) for j, mean in enumerate(work, start=1)
    ]  # messages there, by sessions
    busy = np.arange(1, slots + 1) if together else np.array([1 - there[0] for there in messages_at_agent])
    ends = np.append(0.0, busy / np.array(work) / turns)

    def attended(others: int, within: Floats) -> Floats:
        """P(wait for the agent <= within) of a message beside so many other sessions."""
        if together:
            return np.ones(len(within))
        ahead = _at_agent(others, work[others], think)
        number = np.arange(1, others + 1)
        return np.asarray(ahead[0] + gammainc(number, within[:, None] / work[others]) @ ahead[1:])

    places = agents * slots
    few, more = np.divmod(np.arange(1, places + 1), agents)
    drain = more * ends[np.minimum(few + 1, slots)] + (agents - more) * ends[few]
    full = float(drain[-1])
    if patience is None and rate >= full:
        return SlotFigures(0.0, 0.0, float(attended(slots - 1, np.array([reply_threshold]))[0]), math.inf, 1.0)
    tail = 64
    while True:
        leave = 0.0 if patience is None else 1 / patience
        down = np.concatenate([drain, full + np.arange(1, tail + 1) * leave])
        state = birth_death(np.full(len(down), rate), down)
        if state[-1] < 1e-12:
            break
        tail *= 2

    at_once = np.array([state[j * agents : (j + 1) * agents].sum() for j in range(slots)])
    waiting, ahead = state[places:], np.arange(len(state) - places)
    first = np.array([attended(j, np.array([threshold]))[0] for j in range(slots)])
    # who waits for a slot: until ahead + 1 sessions have ended, then for an agent with all slots taken
    edges = np.linspace(0, threshold, 65)
    if patience is None:
        assigned: Floats = np.ones(len(ahead))
        hopeful = 20 + int(full * threshold + 12 * math.sqrt(full * threshold))  # further back nobody is in time
        slot_by: Floats = np.asarray(gammainc(ahead[:hopeful, None] + 1, full * edges))
    else:
        c = full * patience
        assigned = np.asarray(c / (c + ahead + 1))
        slot_by = np.asarray(assigned[:, None] * betainc(ahead[:, None] + 1, c + 1, -np.expm1(-edges / patience)))
    middle = (edges[:-1] + edges[1:]) / 2
    late_first = np.diff(waiting[: len(slot_by)] @ slot_by) @ attended(slots - 1, threshold - middle)
    # agents with j sessions, and the messages of these: beside j - 1 others
    low, rest = np.divmod(np.minimum(np.arange(len(state)), places), agents)
    having = np.array([state @ (rest * (low + 1 == j) + (agents - rest) * (low == j)) for j in range(1, slots + 1)])
    pace = having * ends[1:]
    reply = np.array([attended(j, np.array([reply_threshold]))[0] for j in range(slots)])
    return SlotFigures(
        service_level=float(at_once @ first + late_first),
        abandonment=float(waiting @ (1 - assigned)),
        reply_level=float(pace @ reply / pace.sum()),
        assignment_wait=float(waiting @ ahead) / rate,
        utilisation=float(having @ np.minimum(busy, 1)) / agents,
    )


@lru_cache(4096)  # the same for every number of agents
def _at_agent(sessions: int, work: float, think: float) -> Floats:
    """Distribution of the messages at an agent who works on one at a time, with so many sessions for ever: machine
    repair."""
    left = np.arange(sessions, 0, -1)
    if think == 0:
        return np.append(np.zeros(sessions), 1.0)
    return birth_death(left / think, np.full(sessions, 1 / work))


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
