"""What waiting does, beside formulas and chains: closing words, work that grows with the wait, waits without end, less
patient retries, conversations parked sooner."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate

from ccsim import theory
from tests.theory.conftest import Agree, Doc, Run
from tests.theory.test_ai_agents import State, stationary
from tests.theory.test_conversations import chats, exponential
from tests.theory.test_queues import WORK, blocked, calls


def test_closing_words_in_a_single_slot(agree: Agree) -> None:
    """One agent with one slot, held until the word has been read: M/G/1 (Pollaczek, Khinchine).

    A session is the work W and, with probability p, a latency of 30 s and a look K more.
    """
    rate, work, share, latency, look = 0.015, 20.0, 0.6, 30.0, 5.0
    more = latency + look
    mean = work + share * more
    square = 2 * work**2 + 2 * work * share * more + share * (latency**2 + 2 * latency * look + 2 * look**2)
    expected = {
        "queue.chat.asa": rate * square / 2 / (1 - rate * mean),
        "queue.chat.session_mean": mean,
        "queue.chat.handle_mean": work + share * look,
        "team.desk.occupancy": rate * mean,
        "team.desk.utilisation": rate * (work + share * look),
    }
    doc = chats(
        rate * 3600, 1, 1, days=15, turns=1, work=exponential(work), reply_latency=latency, idle_timeout=60,
        closing_word={"share": share, "work": exponential(look)},
    )  # fmt: skip
    agree(doc, expected)


@pytest.mark.parametrize("factor", [1.2, 0.6])
def test_work_that_grows_with_the_wait(agree: Agree, factor: float) -> None:
    """One agent, exponential work whose mean is another from a wait of 15 s on: M/M/1 with service by the wait.

    Level crossings (Brill & Posner 1977): below the time the density of the wait is that of M/M/1; beyond it
    f' = -(other - rate) f + (other - usual) g exp(-usual u), where g is the density at the time and u what is beyond.
    The second value is the integral equation, solved numerically.
    """
    rate, usual, time = 0.06, 1 / 10, 15.0
    other = usual / factor
    density = rate * math.exp(-(usual - rate) * time)  # of g, with an empty system of probability 1
    part = density * (other - usual) / (other - rate - usual)
    below = rate * (1 - math.exp(-(usual - rate) * time)) / (usual - rate)
    beyond = part / usual + (density - part) / (other - rate)
    below_mean = rate * integrate.quad(lambda x: x * math.exp(-(usual - rate) * x), 0, time)[0]
    beyond_mean = time * beyond + part / usual**2 + (density - part) / (other - rate) ** 2
    whole = 1 + below + beyond
    assert_density(rate, usual, other, time, whole, (below + beyond) / whole, beyond / whole)
    expected = {
        "queue.calls.asa": (below_mean + beyond_mean) / whole,
        "queue.calls.delayed": (below + beyond) / whole,
        "queue.calls.handle_mean": ((1 + below) / usual + beyond / other) / whole,
        "team.desk.utilisation": (below + beyond) / whole,
    }
    doc = calls(rate / usual, 1, days=12, work_after_wait=[{"after": "15s", "factor": factor}])
    agree(doc, expected)


def assert_density(
    rate: float, usual: float, other: float, time: float, whole: float, delayed: float, late: float
) -> None:
    """f(x) = rate P(0) e^(-usual x) + rate * the integral of f(y) exp(-mu(y) (x - y)) over y < x, by small steps."""
    step = 0.02
    wait = np.arange(0, 900, step)
    density = np.empty(len(wait))
    early, slow = rate / whole, 0.0  # what crosses a level: by work begun below the time, and beyond it
    for i, x in enumerate(wait):
        density[i] = early + slow
        crossing = rate * density[i] * step
        early = (early + (crossing if x < time else 0.0)) * math.exp(-usual * step)
        slow = (slow + (crossing if x >= time else 0.0)) * math.exp(-other * step)
    assert density.sum() * step == pytest.approx(delayed, rel=0.005)
    assert density[wait >= time].sum() * step == pytest.approx(late, rel=0.005)


@pytest.mark.parametrize(
    ("patience", "given"),
    [
        (theory.exponential_patience(30), exponential(30)),
        (theory.lognormal_patience(25, 1.5), {"mean": 25, "cv": 1.5}),
    ],
)
def test_waits_of_who_would_never_give_up(agree: Agree, patience: theory.Patience, given: Doc) -> None:
    """M/M/n+G: the wait of a patient customer has density proportional to exp(rate H(x) - n x / work), beside the mass
    of no wait; H is the integral of the survival function of patience (Baccelli & Hebuterne 1981)."""
    agents, load, work, time = 4, 4.4, 10.0, 5.0
    rate = load / work
    x = np.linspace(0, 400, 400_001)
    lives = patience.survival(x)
    h = np.concatenate([[0], np.cumsum((lives[1:] + lives[:-1]) / 2 * x[1])])
    density = np.exp(rate * h - agents * x / work)
    free = sum(load**k / math.factorial(k) for k in range(agents)) * math.factorial(agents - 1) / load ** (agents - 1)
    whole = free / rate + integrate.trapezoid(density, x)
    late = integrate.trapezoid(density[x >= time], x[x >= time])
    expected = {
        "queue.calls.virtual_wait_mean": integrate.trapezoid(density * x, x) / whole,
        "queue.calls.virtual_service_level": 1 - late / whole,
    }
    doc = calls(load, agents, days=2, patience=given)
    agree(doc, expected)


def impatient(rate: float, share: float, patience: list[float], after: float, room: int = 9) -> dict[State, float]:
    """One agent and one place to wait; whom nobody serves tries again twice at most, each time with other patience.

    States: (agent busy, which attempt waits, 0 for nobody, first-time and second-time retries to come).
    """
    rates: dict[tuple[State, State], float] = {}

    def add(here: State, there: State, rate: float) -> None:
        rates[here, there] = rates.get((here, there), 0.0) + rate

    def again(state: State, attempt: int) -> list[tuple[State, float]]:
        """Where it goes when that attempt fails, and how often."""
        if attempt > 2:
            return [(state, 1.0)]
        busy, waits, *orbit = state
        orbit[attempt - 1] = min(orbit[attempt - 1] + 1, room - 1)
        return [(state, 1 - share), ((busy, waits, *orbit), share)]

    def comes(here: State, base: State, attempt: int, rate: float) -> None:
        busy, waits, *orbit = base
        if not busy:
            add(here, (1, 0, *orbit), rate)
        elif not waits:
            add(here, (1, attempt, *orbit), rate)
        else:
            for there, chance in again(base, attempt):
                add(here, there, rate * chance)

    for state in [(b, w, i, j) for b in (0, 1) for w in range(4 if b else 1) for i in range(room) for j in range(room)]:
        busy, waits, once, twice = state
        comes(state, state, 1, rate)
        if once:
            comes(state, (busy, waits, once - 1, twice), 2, once / after)
        if twice:
            comes(state, (busy, waits, once, twice - 1), 3, twice / after)
        if busy:
            add(state, (int(waits > 0), 0, once, twice), 1 / WORK)
        if waits:
            for there, chance in again((1, 0, once, twice), waits):
                add(state, there, chance / patience[waits - 1])
    return stationary({(here, there): rate for (here, there), rate in rates.items() if here != there})


def test_retries_that_wait_less(agree: Agree) -> None:
    """One agent, room for one more: the chain of who waits, for the how manieth time, and of who will call again."""
    rate, share, mean, factor, after = 0.08, 0.7, 12.0, 0.4, 15.0
    patience = [mean * factor**attempt for attempt in range(3)]
    shares = impatient(rate, share, patience, after)
    attempts = [rate, *(sum(p * state[2 + i] for state, p in shares.items()) / after for i in (0, 1))]
    waits = [sum(p for state, p in shares.items() if state[1] == attempt) for attempt in (1, 2, 3)]
    full = [rate * sum(waits)]  # of the retries: those who come while another one waits
    full += [sum(p * state[2 + i] for state, p in shares.items() if state[1]) / after for i in (0, 1)]
    gives_up = [time / mean for time, mean in zip(waits, patience, strict=True)]
    # whatever the chain: of who fails the share comes back, and the agent does the work of all who do not
    for attempt in (0, 1):
        assert attempts[attempt + 1] == pytest.approx(share * (full[attempt] + gives_up[attempt]), rel=1e-5)
    busy = sum(p for state, p in shares.items() if state[0])
    assert busy == pytest.approx((sum(attempts) - sum(full) - sum(gives_up)) * WORK, rel=1e-5)
    doc = calls(
        rate * WORK, 1, days=6, max_waiting=1, patience=exponential(mean), limit=2,
        retry={"share": share, "after": exponential(after), "patience": factor},
    )  # fmt: skip

    def who_retry(run: Run) -> tuple[float, float]:
        mine = run.counted()
        return float((mine & (run.log.parent >= 0)).sum()), float(mine.sum())

    expected = {
        "retries": sum(attempts[1:]) / sum(attempts),
        "blocked": sum(full) / sum(attempts),
        "queue.calls.abandonment": sum(gives_up) / sum(attempts),
        "queue.calls.queue_mean": sum(waits),
        "team.desk.utilisation": busy,
    }
    agree(doc, expected, own={"retries": who_retry, "blocked": blocked})


def parked_when_busy(rate: float, ends: float, latency: float, room: int = 12) -> dict[State, float]:
    """One agent with two slots; who is answered while the other slot is taken is parked at once, otherwise never.

    States: (silent in a slot, sessions with a message, messages without a slot, parked). A message that finds both
    slots taken waits for one; all times are exponential, so it does not matter which message is first.
    """
    rates: dict[tuple[State, State], float] = {}

    def add(here: State, there: State, rate: float) -> None:
        rates[here, there] = rates.get((here, there), 0.0) + rate

    def taken(silent: int, held: int, waiting: int, parked: int) -> State:
        fits = int(waiting > 0 and silent + held < 2)
        return (silent, held + fits, waiting - fits, parked)

    for silent, held in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)]:
        for waiting in range(2 * room if silent + held == 2 else 1):
            for parked in range(room):
                here = (silent, held, waiting, parked)
                if waiting + 1 < 2 * room:
                    add(here, taken(silent, held, waiting + 1, parked), rate)
                    if parked:
                        add(here, taken(silent, held, waiting + 1, parked - 1), parked / latency)
                if silent:
                    add(here, (0, held + 1, waiting, parked), 1 / latency)
                if held:
                    add(here, taken(silent, held - 1, waiting, parked), ends / WORK)
                    if silent + held == 1:
                        add(here, (1, 0, 0, parked), (1 - ends) / WORK)
                    elif parked + 1 < room:
                        add(here, taken(silent, held - 1, waiting, parked + 1), (1 - ends) / WORK)
    return stationary(rates)


def test_conversations_parked_where_there_is_little_room(agree: Agree) -> None:
    """The timeout is without end with one session, and none with two: the chain of one agent with two slots."""
    rate, turns, latency = 0.0125, 4, 25.0
    shares = parked_when_busy(rate, 1 / turns, latency)

    def mean(of: Callable[[State], float]) -> float:
        return sum(share * of(state) for state, share in shares.items())

    # whatever the chain: the agent does the work, and each customer is silent between the turns
    utilisation = mean(lambda state: state[1] > 0)
    assert utilisation == pytest.approx(rate * turns * WORK, rel=1e-5)
    assert mean(lambda state: state[0] + state[3]) == pytest.approx(rate * (turns - 1) * latency, rel=1e-5)
    doc = chats(
        rate * 3600, 1, 2, days=8, channel="messaging", reply_latency=exponential(latency), same_agent_for=0,
        expires_after="never", reread={"after": "never"}, idle_timeout="1h", idle_timeout_factor=[1.0, 1e-9],
    )  # fmt: skip
    expected = {
        "queue.chat.open_mean": mean(sum),
        "team.desk.utilisation": utilisation,
        "team.desk.concurrency_share_0": mean(lambda state: state[0] + state[1] == 0),
        "team.desk.concurrency_share_2": mean(lambda state: state[0] + state[1] == 2),
    }
    agree(doc, expected, replications=40)
