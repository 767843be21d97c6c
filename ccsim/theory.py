"""Closed forms and small Markov chains: what a simulation must agree with where theory exists.

Times are seconds, rates are per second, shares are in 0..1; `load` is offered work in erlangs
(rate × work). Every function raises `ValueError` for arguments that are negative, not finite or
out of the range its docstring gives. A queue that cannot keep up is not an error: its waits are
`inf`. SciPy is imported inside the functions, so that importing this module stays cheap.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class QueueFigures:
    """Steady state of one queue; names and definitions are those of the simulation's metrics.

    `wait_mean` is over all contacts, `asa` over the answered, `service_level` is the share of all
    offered contacts answered within the threshold, `utilisation` the agents' share of time at work.
    """

    utilisation: float
    wait_probability: float
    wait_mean: float
    asa: float
    service_level: float
    abandonment: float
    queue_mean: float


@dataclass(frozen=True)
class PriorityFigures:
    """Per class, the highest priority first: mean wait to the start of work, mean time to its end."""

    wait: tuple[float, ...]
    response: tuple[float, ...]


@dataclass(frozen=True)
class Patience:
    """A law of patience: `survival(x)` = P(patience > x) on arrays, and the points where it jumps."""

    survival: Callable[[Floats], Floats]
    jumps: tuple[float, ...] = ()


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
class ChatFigures:
    """Steady state of `chat_group`.

    `blocked`: share of arrivals; `at_once`: share of arrivals assigned on arrival; `queue_mean`:
    contacts not assigned; `assignment_wait`: mean wait of admitted contacts for a slot;
    `message_wait`: mean wait, from assignment or reply to the start of work, over the messages of
    all turns; `first_wait_at_once`: mean wait to the start of work of contacts assigned on arrival,
    when agents take the oldest message first; `sessions`: mean number in the group; `session_mean`:
    mean duration; `utilisation`: share of agent time at work; `concurrency_shares[j]`: share of
    agent time with j sessions.
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
class ClosureFigures:
    """A conversation that may end early: mean turns worked, shares of the outcomes, and `silence`,
    the mean total time a session is held while the customer is awaited."""

    turns: float
    resolved: float
    timed_out: float
    transferred: float
    silence: float


def _nonnegative(**values: float) -> None:
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be a finite number, 0 or more, not {value}")


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be a finite number above 0, not {value}")


def _count(least: int = 1, **values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} must be a whole number, {least} or more, not {value}")


def _turns(turns: float) -> None:
    if not 1 <= turns < math.inf:
        raise ValueError(f"turns must be a finite mean of 1 or more, not {turns}")


def _birth_death(up: Floats, down: Floats) -> Floats:
    """Stationary law of states 0..len(up); up[i] leads from i to i+1, down[i] back.

    In logarithms, so that thousands of agents neither overflow nor underflow.
    """
    with np.errstate(divide="ignore"):
        log_weight = np.concatenate([[0.0], np.cumsum(np.log(up) - np.log(down))])
    weight: Floats = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


# --- One queue, pooled agents --------------------------------------------------------------------


def erlang_b(load: float, agents: int) -> float:
    """Share of contacts blocked by `agents` (0 or more) without a waiting room, M/G/n/n.

    By the recursion B(n) = aB(n-1) / (n + aB(n-1)), stable for any size.
    Source: Erlang (1917); Cooper, Introduction to Queueing Theory, ch. 3.
    """
    _nonnegative(load=load)
    _count(0, agents=agents)
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(rate: float, work: float, agents: int, threshold: float) -> QueueFigures:
    """M/M/n: `rate` contacts a second, mean `work`, nobody abandons; level within `threshold`.

    A load of `agents` or more gives utilisation 1, infinite waits and a service level of 0.
    Source: Erlang (1917); Cooper, ch. 3 (wait probability from Erlang B).
    """
    _nonnegative(rate=rate, threshold=threshold)
    _positive(work=work)
    _count(agents=agents)
    load = rate * work
    if load >= agents:
        return QueueFigures(1.0, 1.0, math.inf, math.inf, 0.0, 0.0, math.inf)
    blocked = erlang_b(load, agents)
    waits = agents * blocked / (agents - load * (1 - blocked))
    wait = waits * work / (agents - load)
    level = 1 - waits * math.exp(-(agents - load) * threshold / work)
    return QueueFigures(load / agents, waits, wait, wait, level, 0.0, rate * wait)


def erlang_a(
    rate: float, work: float, agents: int, patience: float, threshold: float
) -> QueueFigures:
    """M/M/n+M: as `erlang_c`, where customers abandon after exponential patience of mean `patience`.

    Source: Palm (1943); Mandelbaum & Zeltyn (2007), Service Engineering in Action. The wait V of a
    patient customer behind j others is a sum of exponentials of rates (c+i)/patience, i = 0..j,
    c = agents × patience / work, so exp(-V/patience) is Beta(c, j+1), which gives every figure.
    """
    _nonnegative(rate=rate, threshold=threshold)
    _positive(work=work, patience=patience)
    _count(agents=agents)
    from scipy.special import betainc

    top = 2 * agents + 64
    while True:
        number = np.arange(1, top + 1)
        drain = np.minimum(number, agents) / work + np.maximum(number - agents, 0) / patience
        state = _birth_death(np.full(top, rate), drain)
        if state[-1] < 1e-18:
            break
        top *= 2
        if top > 10_000_000:
            raise ValueError("the queue would be too long to tabulate; is patience in seconds?")
    seen = state[agents:]
    ahead = np.arange(len(seen))
    c = agents * patience / work
    answered = seen * c / (c + ahead + 1)
    abandonment = float((seen - answered).sum())
    wait_if_answered = patience * np.cumsum(1 / (c + ahead + 1))
    within = betainc(ahead + 1, c + 1, -math.expm1(-threshold / patience))
    return QueueFigures(
        utilisation=rate * work * (1 - abandonment) / agents,
        wait_probability=float(seen.sum()),
        wait_mean=patience * abandonment,
        asa=float(answered @ wait_if_answered) / (1 - abandonment),
        service_level=float(state[:agents].sum() + answered @ within),
        abandonment=abandonment,
        queue_mean=rate * patience * abandonment,
    )


def exponential_patience(mean: float) -> Patience:
    """Exponential patience of a positive mean."""
    _positive(mean=mean)
    return Patience(lambda x: np.exp(-x / mean))


def constant_patience(value: float) -> Patience:
    """Everyone leaves after exactly `value` seconds of waiting."""
    _nonnegative(value=value)
    return Patience(lambda x: np.where(x < value, 1.0, 0.0), (value,))


def lognormal_patience(mean: float, cv: float) -> Patience:
    """Lognormal patience of the given mean and coefficient of variation, both positive."""
    _positive(mean=mean, cv=cv)
    from scipy.special import ndtr

    sigma = math.sqrt(math.log1p(cv * cv))
    mu = math.log(mean) - sigma * sigma / 2
    return Patience(lambda x: ndtr((mu - np.log(np.maximum(x, 1e-300))) / sigma))


def erlang_a_general(
    rate: float, work: float, agents: int, patience: Patience, threshold: float
) -> QueueFigures:
    """M/M/n+G: as `erlang_a`, with any law of patience.

    The wait of a patient customer has density proportional to exp(rate × H(x) - agents × x / work)
    for x > 0, H(x) the integral of the survival function to x.
    Raises ValueError too when so many never lose patience that the queue grows for ever.
    Source: Baccelli & Hebuterne (1981); Zeltyn & Mandelbaum (2005), Queueing Systems 51, sec. 3.
    """
    _nonnegative(rate=rate, threshold=threshold)
    _positive(work=work)
    _count(agents=agents)
    survival, drain = patience.survival, agents / work
    end = 1 / drain
    while rate * float(survival(np.array([end]))[0]) > drain / 2:
        end *= 2
        if end > 1e15:
            raise ValueError("too many customers have endless patience: the queue grows for ever")
    end += 100 / drain
    points, weights = np.polynomial.legendre.leggauss(16)
    points, weights = (points + 1) / 2, weights / 2

    def survived(edges: Floats) -> Floats:
        step = np.diff(edges)
        mean = survival(edges[:-1, None] + step[:, None] * points) @ weights
        return np.concatenate([[0.0], np.cumsum(step * mean)])

    # Panels shrink towards 0, to resolve patience of any scale, and are then refined where the
    # density is not negligible: its logarithm is concave, so that is one stretch.
    inside = [x for x in (threshold, *patience.jumps) if x < end]
    edges = np.unique(np.concatenate([[0.0], inside, np.geomspace(end * 1e-8, end, 120)]))
    for _ in range(4):
        exponent = rate * survived(edges) - drain * edges
        kept = np.flatnonzero(exponent > exponent.max() - 45)
        low, high = edges[max(kept[0] - 1, 0)], edges[min(kept[-1] + 1, len(edges) - 1)]
        edges = np.union1d(edges, np.linspace(low, high, 65))
    step = np.diff(edges)[:, None]
    x = edges[:-1, None] + step * points
    part = survival(edges[:-1, None, None] + (step * points)[:, :, None] * points) @ weights
    h = survived(edges)[:-1, None] + step * points * part
    mass = np.exp(rate * h - drain * x - exponent.max()) * step * weights
    blocked = rate * erlang_b(rate * work, agents - 1)
    mass *= blocked / (math.exp(-exponent.max()) + blocked * mass.sum())

    answered = mass * survival(x)
    abandonment = float((mass - answered).sum())
    waits = float(mass.sum())
    wait = float((mass * h).sum())
    return QueueFigures(
        utilisation=rate * work * (1 - abandonment) / agents,
        wait_probability=waits,
        wait_mean=wait,
        asa=float((answered * x).sum()) / (1 - abandonment),
        service_level=1 - waits + float(answered[edges[1:] <= threshold].sum()),
        abandonment=abandonment,
        queue_mean=rate * wait,
    )


def agents_needed(
    rate: float, work: float, share: float, threshold: float, patience: float | None = None
) -> int:
    """Fewest agents that answer `share` (below 1) of the contacts within `threshold`.

    By Erlang C, or by Erlang A where the mean `patience` is given.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be 0 or more and below 1, not {share}")

    def reached(agents: int) -> bool:
        if patience is None:
            return erlang_c(rate, work, agents, threshold).service_level >= share
        return erlang_a(rate, work, agents, patience, threshold).service_level >= share

    low, high = 0, 1
    while not reached(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


# --- General work times and priorities -----------------------------------------------------------


def mg1_wait(rate: float, work: float, cv: float) -> float:
    """Mean wait in M/G/1, from the mean and the coefficient of variation of work; inf if overloaded.

    Source: Pollaczek (1930), Khinchine (1932).
    """
    return cobham([rate], [work], [cv]).wait[0]


def mdc_wait(rate: float, work: float, agents: int) -> float:
    """Mean wait in M/D/c: `agents` agents, every contact takes exactly `work`; inf if overloaded.

    The queue seen every `work` seconds is Q' = max(Q + Poisson(load) - agents, 0). The zeros z_k of
    z^c = exp(load (z-1)) in the unit disc are Lambert W values and give its mean.
    Source: Crommelin (1932); Janssen & van Leeuwaarden (2005), Queueing Systems 50.
    """
    _nonnegative(rate=rate)
    _positive(work=work)
    _count(agents=agents)
    load = rate * work
    if load >= agents:
        return math.inf
    if load == 0:
        return 0.0
    from scipy.special import lambertw

    rho = load / agents
    root_of_one = np.exp(2j * np.pi * np.arange(1, agents) / agents)
    zeros = -lambertw(-rho * math.exp(-rho) * root_of_one) / rho
    queue = (1 / (1 - zeros)).sum().real - (agents * (agents - 1) - load**2) / (2 * (agents - load))
    return max(float(queue), 0.0) / rate


def _classes(
    rates: Sequence[float], works: Sequence[float], cvs: Sequence[float] | None
) -> Iterator[tuple[float, float, float]]:
    cvs = [1.0] * len(rates) if cvs is None else cvs
    if not len(rates) == len(works) == len(cvs):
        raise ValueError("rates, works and cvs must be of one length")
    for rate, work, cv in zip(rates, works, cvs, strict=True):
        _nonnegative(rate=rate, cv=cv)
        _positive(work=work)
        yield rate, work, work * work * (1 + cv * cv)


def cobham(
    rates: Sequence[float], works: Sequence[float], cvs: Sequence[float] | None = None
) -> PriorityFigures:
    """M/G/1 with non-preemptive priorities, classes from the highest down; cvs default to 1.

    Classes that the load of themselves and those above exhausts wait for ever; the first of them
    still takes the time left over and so delays the classes above it.
    Source: Cobham (1954); Phipps (1956); Kleinrock, Queueing Systems II, sec. 3.6.
    """
    residual, loads, left = 0.0, [0.0], 1.0
    classes = list(_classes(rates, works, cvs))
    for rate, work, square in classes:
        residual += min(rate, left / work) * square / 2
        left = max(left - rate * work, 0.0)
        loads.append(loads[-1] + rate * work)
    waits = tuple(_delay(residual, a, b) for a, b in zip(loads, loads[1:], strict=False))
    return PriorityFigures(waits, tuple(w + c[1] for w, c in zip(waits, classes, strict=True)))


def preemptive_resume(
    rates: Sequence[float], works: Sequence[float], cvs: Sequence[float] | None = None
) -> PriorityFigures:
    """M/G/1 where higher classes interrupt work, resumed later; M/M/1 with the default cvs of 1.

    `wait` is to the first start of work. Source: Kleinrock, Queueing Systems II, sec. 3.6;
    Conway, Maxwell & Miller, Theory of Scheduling, sec. 8-6.
    """
    residual, load = 0.0, 0.0
    waits, responses = [], []
    for rate, work, square in _classes(rates, works, cvs):
        above, load = load, load + rate * work
        residual += rate * square / 2
        waits.append(_delay(residual, above, load))
        responses.append(waits[-1] + (work / (1 - above) if above < 1 else math.inf))
    return PriorityFigures(tuple(waits), tuple(responses))


def _delay(residual: float, above: float, load: float) -> float:
    return residual / ((1 - above) * (1 - load)) if load < 1 else math.inf


# --- Conversations -------------------------------------------------------------------------------


def machine_repair(slots: int, work: float, latency: float, agents: int = 1) -> ClosedFigures:
    """`agents` agents with `slots` chats each, all slots always busy: the most they can handle.

    Each chat goes on for ever: exponential `work` of one agent, then reply latency of mean
    `latency` (of any law), both above 0. With several agents any of them answers any chat (a bound
    for agents who keep their own). Source: Palm (1947); Cooper, ch. 3 (finite source, M/M/c//N).
    """
    _count(slots=slots, agents=agents)
    _positive(work=work, latency=latency)
    chats = slots * agents
    busy = np.minimum(np.arange(chats + 1), agents)
    state = _birth_death(np.arange(chats, 0, -1) / latency, busy[1:] / work)
    working = float(state @ busy)
    throughput = working / work
    return ClosedFigures(throughput, working / agents, chats / throughput - work - latency)


def erlang_r(
    rate: float, turns: float, work: float, latency: float, agents: int, threshold: float
) -> InboxFigures:
    """A pooled inbox in which customers come back: `rate` conversations a second of `turns` turns.

    A customer who writes the next message holds no agent, so the load is rate × turns × work,
    whatever the latency. In steady state messages wait as in M/M/n, each of them, because it is an
    open Jackson network; the law of turns and of latency (mean `latency`) do not matter.
    Source: Jackson (1957); Yom-Tov & Mandelbaum (2014), Erlang-R, M&SOM 16.
    """
    _turns(turns)
    _nonnegative(latency=latency)
    messages = rate * turns
    queue = erlang_c(messages, work, agents, threshold)
    response = queue.wait_mean + work
    talking = turns * response + (turns - 1) * latency
    return InboxFigures(messages * work, messages, queue, response, rate * talking if rate else 0.0)


_Agent = tuple[int, int]  # messages with the agent, the one in work included; customers awaited
_State = tuple[int, tuple[_Agent, ...]]  # contacts waiting for a slot; the agents


def chat_group(
    rate: float,
    work: float,
    latency: float,
    turns: float,
    agents: int,
    slots: int,
    max_waiting: int = 100,
    ties: Literal["idle_since", "random"] = "idle_since",
) -> ChatFigures:
    """Exact steady state of `agents` chat agents with `slots` slots each, by its Markov chain.

    Poisson arrivals, exponential work and latency, a geometric number of turns (mean `turns`), no
    abandonment; arrivals that find all slots and `max_waiting` places taken are blocked. A contact
    goes to the least loaded agent, among equals to the one whose last session ended longest ago
    (`idle_since`), or to any (`random`: agents are exchangeable, which keeps 6 × 3 feasible).

    Work does not depend on the turn, so the order of attention changes none of the figures except
    `first_wait_at_once`. The first wait of contacts that queued for a slot depends on the ages of
    messages, which the chain does not hold; with max_waiting = 0 everyone admitted is at once.
    Source: a sparse solve of the balance equations.
    """
    _positive(rate=rate, work=work, latency=latency)
    _turns(turns)
    _count(agents=agents, slots=slots)
    _count(0, max_waiting=max_waiting)
    if ties not in ("idle_since", "random"):
        raise ValueError(f"ties must be idle_since or random, not {ties}")

    def picks(group: tuple[_Agent, ...]) -> list[int]:
        load = min(a + b for a, b in group)
        tied = [i for i, (a, b) in enumerate(group) if a + b == load < slots]
        return tied[:1] if ties == "idle_since" else tied

    def put(group: tuple[_Agent, ...], i: int, agent: _Agent, end: bool = False) -> Any:
        # The order of the tuple is the tie-break: longest since the end of a session first.
        if ties == "random":
            return tuple(sorted((*group[:i], agent, *group[i + 1 :])))
        if end:
            return (*group[:i], *group[i + 1 :], agent)
        return (*group[:i], agent, *group[i + 1 :])

    def moves(state: _State) -> Iterator[tuple[float, _State]]:
        queue, group = state
        free = picks(group)
        for i in free:
            yield rate / len(free), (0, put(group, i, (group[i][0] + 1, group[i][1])))
        if not free and queue < max_waiting:
            yield rate, (queue + 1, group)
        for i, (a, b) in enumerate(group):
            if a:
                # A freed slot takes the next contact at once, whose message the agent then has.
                waiting = min(queue, 1)
                ended = put(group, i, (a - 1 + waiting, b), end=True)
                yield 1 / (turns * work), (queue - waiting, ended)
            if a and turns > 1:
                yield (1 - 1 / turns) / work, (queue, put(group, i, (a - 1, b + 1)))
            if b:
                yield b / latency, (queue, put(group, i, (a + 1, b - 1)))

    states: list[_State] = [(0, ((0, 0),) * agents)]
    share = _stationary(states, moves)

    def mean(value: Callable[[_State], float]) -> float:
        return float(share @ np.array([value(state) for state in states]))

    full = agents * slots
    sessions = mean(lambda s: sum(a + b for a, b in s[1]))
    working = mean(lambda s: sum(a > 0 for a, _ in s[1]))
    waiting = mean(lambda s: sum(max(a - 1, 0) for a, _ in s[1]))
    queue = mean(lambda s: s[0])
    blocked = mean(lambda s: s[0] == max_waiting and sum(a + b for a, b in s[1]) == full)
    at_once = mean(lambda s: bool(picks(s[1])))
    ahead = mean(lambda s: float(np.mean([s[1][i][0] for i in picks(s[1])] or [0])))
    admitted = rate * (1 - blocked)
    return ChatFigures(
        blocked=blocked,
        at_once=at_once,
        queue_mean=queue,
        assignment_wait=queue / admitted,
        message_wait=waiting / (admitted * turns),
        first_wait_at_once=work * ahead / at_once,
        sessions=sessions,
        session_mean=sessions / admitted,
        utilisation=working / agents,
        concurrency_shares=tuple(
            mean(lambda s, j=j: sum(a + b == j for a, b in s[1]) / agents)  # type: ignore[misc]
            for j in range(slots + 1)
        ),
    )


def _stationary(
    states: list[_State], moves: Callable[[_State], Iterator[tuple[float, _State]]]
) -> Floats:
    """Stationary law of the chain that `moves` spans from states[0]; appends the states reached."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    index = {states[0]: 0}
    source: list[int] = []
    target: list[int] = []
    flow: list[float] = []
    for i, state in enumerate(states):  # grows while it is walked
        for speed, to in moves(state):
            if to not in index:
                index[to] = len(states)
                states.append(to)
            source += [i, i]
            target += [index[to], i]
            flow += [speed, -speed]
    size = len(states)
    balance = coo_matrix((flow, (target, source)), shape=(size, size)).tocsc()
    # Balance determines the law up to a factor: give states[0] weight 1, then normalise.
    rest = spsolve(balance[1:, 1:], -balance[1:, 0].toarray().ravel())
    weight = np.concatenate([[1.0], rest])
    return weight / weight.sum()


def idle_closure(
    turns: float, latency: float, timeout: float, transfer: float = 0.0
) -> ClosureFigures:
    """How conversations end that are closed when the customer is silent longer than `timeout`.

    A geometric number of turns (mean `turns`), exponential reply latency of mean `latency`;
    `timeout` may be inf. A share `transfer` is due to leave after a turn drawn uniformly from its
    turns, if it has not timed out before.
    Source: geometric sums. With L = P(latency > timeout) and x = (turns - 1)L, a conversation comes
    to its end with probability 1 / (1+x), one to be transferred to its turn with log(1+x) / x.
    """
    _turns(turns)
    _nonnegative(latency=latency)
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
        _nonnegative(rate=float(value))
    if (shares.sum(axis=1) > 1 + 1e-9).any():
        raise ValueError("the transfer shares of a queue must not exceed 1")
    if limit is not None:
        _count(0, limit=limit)
        total = leg = outside
        for _ in range(limit):
            leg = leg @ shares
            total = total + leg
        return tuple(total.tolist())
    if len(outside) and np.abs(np.linalg.eigvals(shares)).max() > 1 - 1e-9:
        raise ValueError("contacts would be transferred for ever: transfer shares of 1 in a circle")
    return tuple(np.linalg.solve(np.eye(len(outside)) - shares.T, outside).tolist())
