"""Every formula against a second derivation: brute-force chains, plain sums, published values, simple limits."""

import math
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from ccsim import theory

INF, NAN = math.inf, math.nan


def solve_chain(start: Hashable, moves: Callable[[Any], Iterable[tuple[float, Hashable]]]) -> dict[Any, float]:
    """Stationary distribution by a dense solve: the balance equations, one of them replaced by the sum of 1."""
    states, todo = {start: 0}, [start]
    flows = []
    while todo:
        state = todo.pop()
        for rate, to in moves(state):
            if to not in states:
                states[to] = len(states)
                todo.append(to)
            flows.append((states[state], states[to], rate))
    balance = np.zeros((len(states), len(states)))
    for i, j, rate in flows:
        balance[j, i] += rate
        balance[i, i] -= rate
    balance[0, :] = 1.0
    right = np.zeros(len(states))
    right[0] = 1.0
    return dict(zip(states, np.linalg.solve(balance, right), strict=True))


def mean(distribution: dict[Any, float], value: Callable[[Any], float]) -> float:
    return sum(p * value(s) for s, p in distribution.items())


# --- Erlang B and C


def test_erlang_b_is_the_truncated_poisson_distribution() -> None:
    assert theory.erlang_b(2.0, 3) == pytest.approx((8 / 6) / (1 + 2 + 2 + 8 / 6))
    assert theory.erlang_b(0.0, 0) == 1
    assert theory.erlang_b(0.0, 5) == 0
    for load, agents in ((990.0, 1000), (3000.0, 2900)):
        poisson = stats.poisson(load)
        expected = poisson.pmf(agents) / poisson.cdf(agents)
        assert theory.erlang_b(load, agents) == pytest.approx(expected, rel=1e-9)


def test_kaufman_roberts_is_the_product_form() -> None:
    capacity, units, loads = 15, (15, 5, 3), (0.3, 1.1, 0.7)
    mixes = [mix for mix in product(range(2), range(4), range(6)) if np.dot(mix, units) <= capacity]
    weights = np.array([math.prod(a**n / math.factorial(n) for a, n in zip(loads, mix, strict=True)) for mix in mixes])
    taken = np.array([np.dot(mix, units) for mix in mixes])
    expected = tuple(float(weights[taken + size > capacity].sum() / weights.sum()) for size in units)
    assert theory.kaufman_roberts(capacity, units, loads) == pytest.approx(expected)


def test_kaufman_roberts_limits() -> None:
    assert theory.kaufman_roberts(2900, [1], [3000]) == pytest.approx((theory.erlang_b(3000, 2900),))
    assert theory.kaufman_roberts(12, [4], [2.0]) == pytest.approx((theory.erlang_b(2, 3),))
    assert theory.kaufman_roberts(3, [1, 4], [2.0, 0]) == pytest.approx((theory.erlang_b(2, 3), 1))


def test_erlang_c_published_values() -> None:
    """100 calls in half an hour of 180 s, the worked example of Call Centre Helper: 17.4 %, 88.8 %, 7.8 s."""
    figures = theory.erlang_c(100 / 1800, 180, 14, 20)
    assert figures.wait_probability == pytest.approx(0.174, abs=5e-4)
    assert figures.service_level == pytest.approx(0.888, abs=5e-4)
    assert figures.asa == pytest.approx(7.8, abs=0.05)


def test_erlang_c_is_the_birth_death_chain() -> None:
    rate, work, agents = 0.05, 50.0, 4
    distribution = solve_chain(
        0,
        lambda k: ([(rate, k + 1)] if k < 200 else []) + ([(min(k, agents) / work, k - 1)] if k else []),
    )
    figures = theory.erlang_c(rate, work, agents, 30)
    queue = mean(distribution, lambda k: max(k - agents, 0))
    # A contact behind j waiting ones waits for j+1 departures: an Erlang distribution.
    level = mean(
        distribution, lambda k: 1.0 if k < agents else float(stats.gamma(k - agents + 1, scale=work / agents).cdf(30))
    )
    assert figures.queue_mean == pytest.approx(queue)
    assert figures.asa == pytest.approx(queue / rate)
    assert figures.wait_mean == figures.asa
    assert figures.wait_probability == pytest.approx(mean(distribution, lambda k: k >= agents))
    assert figures.service_level == pytest.approx(level)
    assert figures.utilisation == pytest.approx(mean(distribution, lambda k: min(k, agents) / agents))
    assert figures.abandonment == 0


@pytest.mark.parametrize("rate", [0.02, 0.03])
def test_erlang_c_overloaded(rate: float) -> None:
    figures = theory.erlang_c(rate, 100, 2, 20)
    assert (figures.asa, figures.queue_mean, figures.service_level, figures.utilisation) == (INF, INF, 0, 1)


# --- Erlang A


def test_erlang_a_check_values() -> None:
    """200 calls an hour of 300 s, 17 agents, mean patience 180 s."""
    figures = theory.erlang_a(200 / 3600, 300, 17, 180, 20)
    assert figures.abandonment == pytest.approx(0.09973, abs=5e-6)
    assert figures.asa == pytest.approx(16.124, abs=5e-4)


@pytest.mark.parametrize(("agents", "patience"), [(1, 60.0), (5, 90.0), (5, 1000.0), (8, 20.0)])
def test_erlang_a_is_the_chain_with_a_tagged_customer(agents: int, patience: float) -> None:
    rate, work, threshold, top = 0.06, 100.0, 25.0, 150
    distribution = solve_chain(
        0,
        lambda k: (
            ([(rate, k + 1)] if k < top else [])
            + ([(min(k, agents) / work + max(k - agents, 0) / patience, k - 1)] if k else [])
        ),
    )
    # The tagged customer with j ahead: one of them leaves, or the tagged one loses patience.
    size = top - agents
    leave = np.zeros((size, size))
    for j in range(size):
        pace = agents / work + j / patience
        leave[j, j] = -pace - 1 / patience
        if j:
            leave[j, j - 1] = pace
    begin = np.array([distribution[agents + j] for j in range(size)])
    served = np.zeros(size)
    served[0] = agents / work
    chance = np.linalg.solve(-leave, served)
    time = np.linalg.solve(-leave, chance)
    late = expm(leave * threshold) @ chance
    at_once = sum(distribution[k] for k in range(agents))
    answered = at_once + begin @ chance

    figures = theory.erlang_a(rate, work, agents, patience, threshold)
    assert figures.abandonment == pytest.approx(1 - answered, rel=1e-7)
    assert figures.wait_probability == pytest.approx(1 - at_once)
    assert figures.asa == pytest.approx(begin @ time / answered)
    assert figures.service_level == pytest.approx(at_once + begin @ (chance - late))
    assert figures.queue_mean == pytest.approx(mean(distribution, lambda k: max(k - agents, 0)))
    assert figures.wait_mean == pytest.approx(figures.queue_mean / rate)
    assert figures.utilisation == pytest.approx(mean(distribution, lambda k: min(k, agents) / agents))


def test_erlang_a_becomes_erlang_c_and_b() -> None:
    c, a = theory.erlang_c(0.05, 300, 17, 20), theory.erlang_a(0.05, 300, 17, 1e10, 20)
    for name, value in vars(c).items():
        assert getattr(a, name) == pytest.approx(value, rel=1e-6, abs=1e-6), name
    gone = theory.erlang_a(0.05, 300, 17, 1e-6, 20)
    assert gone.abandonment == pytest.approx(theory.erlang_b(15, 17), rel=1e-6)


@pytest.mark.parametrize(
    ("rate", "work", "agents", "patience"),
    [(200 / 3600, 300, 17, 180), (10.0, 300, 2900, 90), (10.0, 300, 3300, 90), (0.1, 300, 1, 3000), (0.5, 2, 1, 1e5)],
)
def test_general_patience_with_an_exponential_distribution_is_erlang_a(
    rate: float, work: float, agents: int, patience: float
) -> None:
    exact = theory.erlang_a(rate, work, agents, patience, 20)
    general = theory.erlang_a_general(rate, work, agents, theory.exponential_patience(patience), 20)
    for name, value in vars(exact).items():
        assert getattr(general, name) == pytest.approx(value, rel=1e-7, abs=1e-9), name


def test_general_patience_in_two_phases_is_the_chain_of_phases() -> None:
    """Patience of two exponential phases; the chain holds the phase of each waiting customer in order of arrival."""
    rate, work, agents, phase, top = 0.04, 30.0, 1, 15.0, 8

    def moves(state: tuple[int, tuple[int, ...]]) -> Iterable[tuple[float, tuple[int, tuple[int, ...]]]]:
        busy, line = state
        if busy < agents:
            yield rate, (busy + 1, line)
        elif len(line) < top:
            yield rate, (busy, (*line, 2))
        if busy:
            yield busy / work, (busy, line[1:]) if line else (busy - 1, line)
        for i, left in enumerate(line):
            yield 1 / phase, (busy, line[:i] + ((left - 1,) if left > 1 else ()) + line[i + 1 :])

    distribution = solve_chain((0, ()), moves)
    distribution_of_patience = theory.Patience(lambda x: (1 + x / phase) * np.exp(-x / phase))
    figures = theory.erlang_a_general(rate, work, agents, distribution_of_patience, 20)
    last_phase = mean(distribution, lambda s: sum(left == 1 for left in s[1]))
    assert figures.abandonment == pytest.approx(last_phase / phase / rate, rel=1e-4)
    assert figures.queue_mean == pytest.approx(mean(distribution, lambda s: len(s[1])), rel=1e-4)


@pytest.mark.parametrize(
    ("distribution", "draw"),
    [
        (theory.constant_patience(40), lambda rng, n: np.full(n, 40.0)),
        (theory.lognormal_patience(40, 1.5), lambda rng, n: stats.lognorm(
            math.sqrt(math.log(3.25)), scale=40 / math.sqrt(3.25)).rvs(n, random_state=rng)),
    ],
    ids=["constant", "lognormal"],
)  # fmt: skip
def test_general_patience_against_a_simulation_of_one_agent(distribution: theory.Patience, draw: Any) -> None:
    rng = np.random.default_rng(1)
    count = 200_000
    gaps, works, patience = rng.exponential(50, count), rng.exponential(45, count), draw(rng, count)
    backlog, waits = 0.0, np.empty(count)
    for i, (gap, work, limit) in enumerate(zip(gaps.tolist(), works.tolist(), patience.tolist(), strict=True)):
        backlog = max(backlog - gap, 0.0)
        waits[i] = backlog
        if backlog < limit:
            backlog += work
    served = waits < patience
    figures = theory.erlang_a_general(1 / 50, 45, 1, distribution, 20)
    assert figures.abandonment == pytest.approx(1 - served.mean(), rel=0.03)
    assert figures.wait_mean == pytest.approx(np.minimum(waits, patience).mean(), rel=0.03)
    assert figures.asa == pytest.approx(waits[served].mean(), rel=0.03)
    assert figures.service_level == pytest.approx((served & (waits <= 20)).mean(), rel=0.02)
    assert figures.wait_probability == pytest.approx((waits > 0).mean(), rel=0.02)


def test_constant_patience_limits() -> None:
    impatient = theory.erlang_a_general(0.05, 300, 17, theory.constant_patience(0), 20)
    assert impatient.abandonment == pytest.approx(theory.erlang_b(15, 17))
    assert impatient.wait_mean == 0
    patient = theory.erlang_a_general(0.05, 300, 17, theory.constant_patience(1e6), 20)
    assert patient.service_level == pytest.approx(theory.erlang_c(0.05, 300, 17, 20).service_level)
    # Far too few agents: everyone waits nearly until patience ends, and the agents never rest.
    swamped = theory.erlang_a_general(20, 300, 1000, theory.constant_patience(300), 20)
    assert swamped.abandonment == pytest.approx(1 - 1000 / 6000, rel=1e-6)
    assert swamped.asa == pytest.approx(300, rel=1e-3)


def test_endless_patience_and_overload_are_refused() -> None:
    half_never = theory.Patience(lambda x: 0.5 + 0.5 * np.exp(-x))
    with pytest.raises(ValueError, match="for ever"):
        theory.erlang_a_general(1.0, 10, 3, half_never, 20)


@pytest.mark.parametrize("patience", [None, 120.0])
@pytest.mark.parametrize(("rate", "share"), [(200 / 3600, 0.8), (200 / 3600, 0.0), (1.0, 0.95), (0.0, 0.9)])
def test_agents_needed_is_the_least(rate: float, share: float, patience: float | None) -> None:
    needed = theory.agents_needed(rate, 180, share, 20, patience)

    def level(agents: int) -> float:
        if patience is None:
            return theory.erlang_c(rate, 180, agents, 20).service_level
        return theory.erlang_a(rate, 180, agents, patience, 20).service_level

    assert level(needed) >= share
    assert needed == 1 or level(needed - 1) < share


def test_agents_needed_published_value() -> None:
    assert theory.agents_needed(100 / 1800, 180, 0.8, 20) == 14


# --- General work and priorities


def test_mg1_with_work_in_two_phases_is_its_chain() -> None:
    rate, phase = 0.02, 18.0

    def moves(state: tuple[int, int]) -> Iterable[tuple[float, tuple[int, int]]]:
        number, left = state
        if number < 300:
            yield rate, (number + 1, left or 2)
        if left == 2:
            yield 1 / phase, (number, 1)
        if left == 1:
            yield 1 / phase, (number - 1, 2 if number > 1 else 0)

    distribution = solve_chain((0, 0), moves)
    queue = mean(distribution, lambda s: max(s[0] - 1, 0))
    assert theory.mg1_wait(rate, 2 * phase, math.sqrt(0.5)) == pytest.approx(queue / rate)


def test_mg1_limits() -> None:
    assert theory.mg1_wait(0.01, 60, 1) == pytest.approx(theory.erlang_c(0.01, 60, 1, 0).asa)
    assert theory.mg1_wait(0.01, 100, 1) == INF
    assert theory.mg1_wait(0, 100, 1) == 0


@pytest.mark.parametrize(("load", "agents"), [(0.7, 1), (1.0, 2), (4.5, 5), (45.0, 50), (0.1, 3)])
def test_mdc_is_spitzers_sum(load: float, agents: int) -> None:
    """The queue is the maximum of a random walk with steps Poisson(load) - agents: sum of E[(S_k)+] / k."""
    k = np.arange(1, 4000)
    walk = stats.poisson(k * load)
    above = k * load * walk.sf(k * agents - 1) - k * agents * walk.sf(k * agents)
    expected = float((above / k).sum())
    assert theory.mdc_wait(load / 60, 60, agents) * load / 60 == pytest.approx(expected, rel=1e-8, abs=1e-12)


def test_mdc_limits() -> None:
    assert theory.mdc_wait(0.01, 60, 1) == pytest.approx(theory.mg1_wait(0.01, 60, 0))
    assert theory.mdc_wait(0.1, 60, 6) == INF
    assert theory.mdc_wait(0, 60, 6) == 0


def test_cobham_is_the_chain_of_two_classes() -> None:
    rates, works, top = (0.3, 0.15), (0.9, 1.3), 22

    def moves(state: tuple[int, int, int]) -> Iterable[tuple[float, tuple[int, int, int]]]:
        first, second, now = state  # waiting ones of both classes, class in work (0: none)
        if not now:
            yield rates[0], (0, 0, 1)
            yield rates[1], (0, 0, 2)
            return
        if first < top:
            yield rates[0], (first + 1, second, now)
        if second < top:
            yield rates[1], (first, second + 1, now)
        after = (first - 1, second, 1) if first else (0, second - 1, 2) if second else (0, 0, 0)
        yield 1 / works[now - 1], after

    distribution = solve_chain((0, 0, 0), moves)
    figures = theory.cobham(rates, works)
    assert figures.wait[0] == pytest.approx(mean(distribution, lambda s: s[0]) / rates[0], rel=1e-5)
    assert figures.wait[1] == pytest.approx(mean(distribution, lambda s: s[1]) / rates[1], rel=1e-3)
    assert figures.response == tuple(w + x for w, x in zip(figures.wait, works, strict=True))


def test_preemptive_resume_is_the_chain_of_two_classes() -> None:
    rates, works, top = (0.3, 0.15), (0.9, 1.3), 30

    def moves(state: tuple[int, int]) -> Iterable[tuple[float, tuple[int, int]]]:
        first, second = state
        if first < top:
            yield rates[0], (first + 1, second)
        if second < top:
            yield rates[1], (first, second + 1)
        if first:
            yield 1 / works[0], (first - 1, second)
        elif second:
            yield 1 / works[1], (first, second - 1)

    distribution = solve_chain((0, 0), moves)
    figures = theory.preemptive_resume(rates, works)
    assert figures.response[0] == pytest.approx(mean(distribution, lambda s: s[0]) / rates[0], rel=1e-5)
    assert figures.response[1] == pytest.approx(mean(distribution, lambda s: s[1]) / rates[1], rel=1e-3)
    # The first class does not see the second; of the second, work itself takes its time among interruptions.
    assert figures.wait[0] == pytest.approx(theory.erlang_c(rates[0], works[0], 1, 0).asa)
    assert figures.wait[1] == pytest.approx(figures.response[1] - works[1] / (1 - rates[0] * works[0]))


def test_priorities_obey_the_conservation_distribution() -> None:
    """Whatever the order, the load-weighted mean of the waits is that of M/G/1."""
    rates, works, cvs = [0.002, 0.001, 0.003], [100.0, 200.0, 50.0], [0.5, 2.0, 1.0]
    waits = []
    for order in ([0, 1, 2], [2, 1, 0]):
        parts = [[values[i] for i in order] for values in (rates, works, cvs)]
        wait = theory.cobham(*parts).wait
        waits.append(sum(r * w * q for r, w, q in zip(parts[0], parts[1], wait, strict=True)))
    assert waits[0] == pytest.approx(waits[1])
    alike = theory.preemptive_resume([0.005], [100], [0.7])
    assert alike.wait[0] == pytest.approx(theory.mg1_wait(0.005, 100, 0.7))


def test_priorities_with_an_overloaded_low_class() -> None:
    """Calls before an endless pile of e-mail: work in hand is an e-mail whenever there is no call."""
    rate, call, mail, top = 0.3, 1.0, 4.0, 60

    def moves(state: tuple[int, bool]) -> Iterable[tuple[float, tuple[int, bool]]]:
        waiting, on_call = state
        if waiting < top:
            yield rate, (waiting + 1, on_call)
        yield 1 / (call if on_call else mail), (waiting - 1, True) if waiting else (0, False)

    distribution = solve_chain((0, False), moves)
    figures = theory.cobham([rate, 10.0, 1.0], [call, mail, 1.0])
    assert figures.wait[0] == pytest.approx(mean(distribution, lambda s: s[0]) / rate)
    assert figures.wait[1:] == (INF, INF)
    preemptive = theory.preemptive_resume([rate, 10.0, 1.0], [call, mail, 1.0])
    assert preemptive.wait == pytest.approx((theory.erlang_c(rate, call, 1, 0).asa, INF, INF))
    assert preemptive.response[2] == INF


# --- Conversations


def test_machine_repair_of_one_and_two_slots() -> None:
    one = theory.machine_repair(1, 30, 60)
    assert vars(one) == pytest.approx({"throughput": 1 / 90, "utilisation": 1 / 3, "reply_wait": 0}, abs=1e-12)
    # Two slots: agent free with weight 1, one message 2w/d, both 2(w/d)^2.
    two = theory.machine_repair(2, 30, 60)
    assert two.utilisation == pytest.approx(1 - 1 / (1 + 1 + 0.5))
    assert two.throughput == pytest.approx(two.utilisation / 30)
    assert two.reply_wait == pytest.approx(0.5 / 2.5 / two.throughput)
    assert theory.machine_repair(500, 30, 3000).utilisation == pytest.approx(1)


def test_machine_repair_with_pooled_agents_is_its_chain() -> None:
    work, latency, chats, agents = 20.0, 50.0, 6, 2
    distribution = solve_chain(
        0,
        lambda k: (
            ([((chats - k) / latency, k + 1)] if k < chats else []) + ([(min(k, agents) / work, k - 1)] if k else [])
        ),
    )
    figures = theory.machine_repair(3, work, latency, agents)
    throughput = mean(distribution, lambda k: (chats - k) / latency)
    assert figures.throughput == pytest.approx(throughput)
    assert figures.utilisation == pytest.approx(throughput * work / agents)
    assert figures.reply_wait == pytest.approx(mean(distribution, lambda k: max(k - agents, 0)) / throughput)


def test_erlang_r_is_the_chain_of_messages_and_customers() -> None:
    rate, turns, work, latency, top = 0.01, 3.0, 15.0, 20.0, 24

    def moves(state: tuple[int, int]) -> Iterable[tuple[float, tuple[int, int]]]:
        messages, away = state
        if messages + away < top:
            yield rate, (messages + 1, away)
        if messages:
            yield 1 / (turns * work), (messages - 1, away)
            yield (1 - 1 / turns) / work, (messages - 1, away + 1)
        if away:
            yield away / latency, (messages + 1, away - 1)

    distribution = solve_chain((0, 0), moves)
    figures = theory.erlang_r(rate=rate, turns=turns, work=work, latency=latency, agents=1, threshold=30)
    assert figures.load == pytest.approx(0.45)
    assert figures.message_rate == pytest.approx(0.03)
    assert figures.open_mean == pytest.approx(mean(distribution, sum), rel=1e-4)
    assert figures.queue.wait_mean == pytest.approx(mean(distribution, lambda s: max(s[0] - 1, 0)) / 0.03, rel=1e-4)
    assert figures.response_mean == pytest.approx(figures.queue.asa + work)


def test_erlang_r_limits() -> None:
    once = theory.erlang_r(rate=0.05, turns=1, work=50, latency=900, agents=4, threshold=20)
    assert once.queue == theory.erlang_c(0.05, 50, 4, 20)
    swamped = theory.erlang_r(rate=0.05, turns=2, work=50, latency=900, agents=4, threshold=20)
    assert swamped.open_mean == INF
    assert theory.erlang_r(rate=0, turns=2, work=50, latency=900, agents=4, threshold=20).open_mean == 0


@pytest.mark.parametrize("late", [0.0, 1e-8, 0.2, 1.0])
@pytest.mark.parametrize("transfer", [0.0, 0.3, 1.0])
def test_idle_closure_is_the_sum_over_conversations(late: float, transfer: float) -> None:
    turns, latency = 4.0, 50.0
    timeout = -latency * math.log(late) if late else INF
    silence = latency - late * (latency + (timeout if late else 0)) + (late * timeout if late else 0)
    worked = resolved = timed_out = transferred = silent = 0.0

    def book(weight: float, last: int) -> float:
        """A conversation of `last` turns; returns the weight that gets there."""
        nonlocal worked, timed_out, silent
        for turn in range(1, last + 1):
            worked += weight
            if turn < last:
                silent += weight * silence
                timed_out += weight * late
                weight *= 1 - late
        return weight

    for length in range(1, 150):
        share = 0.25 * 0.75 ** (length - 1)
        resolved += book(share * (1 - transfer), length)
        if transfer:
            transferred += sum(book(share * transfer / length, last) for last in range(1, length + 1))
    figures = theory.idle_closure(turns, latency, timeout, transfer)
    expected = {"turns": worked, "resolved": resolved, "timed_out": timed_out, "transferred": transferred}
    assert vars(figures) == pytest.approx({**expected, "silence": silent}, rel=1e-9, abs=1e-12)


def test_idle_closure_limits() -> None:
    assert vars(theory.idle_closure(1, 60, 300)) == pytest.approx(
        {"turns": 1, "resolved": 1, "timed_out": 0, "transferred": 0, "silence": 0}
    )
    assert theory.idle_closure(5, 0, 300).turns == 5
    assert theory.idle_closure(5, 60, 0).silence == 0


def test_visit_rates() -> None:
    assert theory.visit_rates([0.1, 0, 0], [[0, 0.5, 0], [0, 0, 0.2], [0, 0, 0]]) == pytest.approx((0.1, 0.05, 0.01))
    shares = [[0.1, 0.3], [0.4, 0.0]]
    legs = [np.array([0.2, 0.1]) @ np.linalg.matrix_power(np.array(shares), k) for k in range(80)]
    assert theory.visit_rates([0.2, 0.1], shares) == pytest.approx(tuple(sum(legs)))
    assert theory.visit_rates([0.2, 0.1], shares, limit=3) == pytest.approx(tuple(sum(legs[:4])))
    assert theory.visit_rates([0.2, 0.1], [[0, 1], [1, 0]], limit=1) == pytest.approx((0.3, 0.3))


# --- Chat groups


@pytest.mark.parametrize("turns", [1.0, 4.0])
def test_chat_group_of_two_by_two_is_the_chain_of_named_agents(turns: float) -> None:
    rate, work, latency, room = 0.012, 25.0, 40.0, 6

    def moves(state: tuple[int, ...]) -> Iterable[tuple[float, tuple[int, ...]]]:
        queue, a0, b0, a1, b1, favourite = state  # favourite: the agent whose last session ended longer ago
        loads = (a0 + b0, a1 + b1)
        if loads == (2, 2):
            if queue < room:
                yield rate, (queue + 1, a0, b0, a1, b1, favourite)
        elif loads[0] < loads[1] or (loads[0] == loads[1] and favourite == 0):
            yield rate, (queue, a0 + 1, b0, a1, b1, favourite)
        else:
            yield rate, (queue, a0, b0, a1 + 1, b1, favourite)
        more = 1 if queue else 0
        if a0:
            yield 1 / turns / work, (queue - more, a0 - 1 + more, b0, a1, b1, 1)
            yield (1 - 1 / turns) / work, (queue, a0 - 1, b0 + 1, a1, b1, favourite)
        if a1:
            yield 1 / turns / work, (queue - more, a0, b0, a1 - 1 + more, b1, 0)
            yield (1 - 1 / turns) / work, (queue, a0, b0, a1 - 1, b1 + 1, favourite)
        yield b0 / latency, (queue, a0 + (b0 > 0), b0 - (b0 > 0), a1, b1, favourite)
        yield b1 / latency, (queue, a0, b0, a1 + (b1 > 0), b1 - (b1 > 0), favourite)

    distribution = solve_chain((0, 0, 0, 0, 0, 0), moves)
    figures = theory.chat_group(rate=rate, work=work, latency=latency, turns=turns, agents=2, slots=2, max_waiting=room)
    blocked = mean(distribution, lambda s: s[0] == room and sum(s[1:5]) == 4)
    admitted = rate * (1 - blocked)
    assert figures.blocked == pytest.approx(blocked)
    assert figures.at_once == pytest.approx(mean(distribution, lambda s: sum(s[1:5]) < 4))
    assert figures.queue_mean == pytest.approx(mean(distribution, lambda s: s[0]))
    assert figures.assignment_wait == pytest.approx(figures.queue_mean / admitted)
    assert figures.sessions == pytest.approx(mean(distribution, lambda s: sum(s[1:5])))
    assert figures.session_mean == pytest.approx(figures.sessions / admitted)
    assert figures.utilisation == pytest.approx(admitted * turns * work / 2)  # what comes in is worked
    pending = mean(distribution, lambda s: max(s[1] - 1, 0) + max(s[3] - 1, 0))
    assert figures.message_wait == pytest.approx(pending / admitted / turns)
    shares = np.zeros(3)
    for (_, a0, b0, a1, b1, _), p in distribution.items():
        shares[a0 + b0] += p / 2
        shares[a1 + b1] += p / 2
    assert figures.concurrency_shares == pytest.approx(tuple(shares))


@pytest.mark.parametrize("ties", ["idle_since", "random"])
def test_chat_group_of_one_slot_and_turn_is_erlang_c(ties: Any) -> None:
    figures = theory.chat_group(rate=0.05, work=40, latency=1, turns=1, agents=3, slots=1, max_waiting=150, ties=ties)
    expected = theory.erlang_c(0.05, 40, 3, 20)
    assert figures.assignment_wait == pytest.approx(expected.asa)
    assert figures.queue_mean == pytest.approx(expected.queue_mean)
    assert figures.at_once == pytest.approx(1 - expected.wait_probability)
    assert figures.utilisation == pytest.approx(expected.utilisation)
    assert figures.message_wait == 0
    assert figures.first_wait_at_once == 0


def test_chat_group_of_one_slot_without_queue_is_erlang_b() -> None:
    """Erlang B holds for any distribution of the time a slot is held; here that of five turns and four latencies."""
    figures = theory.chat_group(rate=0.01, work=20, latency=50, turns=5, agents=3, slots=1, max_waiting=0)
    assert figures.blocked == pytest.approx(theory.erlang_b(0.01 * (5 * 20 + 4 * 50), 3))
    assert figures.session_mean == pytest.approx(300)


def test_chat_group_of_one_agent_with_slots_to_spare_is_erlang_r() -> None:
    parts: dict[str, Any] = {"rate": 0.008, "work": 15.0, "latency": 40.0, "turns": 4.0}
    figures = theory.chat_group(**parts, agents=1, slots=30, max_waiting=0)
    inbox = theory.erlang_r(**parts, agents=1, threshold=20)
    assert figures.message_wait == pytest.approx(inbox.queue.wait_mean, rel=1e-5)
    assert figures.first_wait_at_once == pytest.approx(inbox.queue.wait_mean, rel=1e-5)
    assert figures.sessions == pytest.approx(inbox.open_mean, rel=1e-5)


def test_chat_group_with_an_endless_queue_is_machine_repair() -> None:
    """A chat that ends is followed at once by the next, as if the agent's work on it just went on."""
    figures = theory.chat_group(rate=50, work=30, latency=45, turns=5, agents=2, slots=3, max_waiting=4)
    closed = theory.machine_repair(3, 30 * 5 / 4, 45)
    assert figures.utilisation == pytest.approx(closed.utilisation, rel=1e-3)
    assert figures.concurrency_shares[3] == pytest.approx(1, abs=1e-3)


def simulate_two_by_two(rate: float, work: float, latency: float, turns: float, count: int) -> tuple[float, float]:
    """Mean first wait and mean reply wait in 2 × 2 without a queue, message by message, oldest first."""
    rng = np.random.default_rng(7)
    now, next_arrival, arrived = 0.0, 0.0, 0
    held: list[int] = [0, 0]
    last_end = [0.0, 0.0]
    inbox: list[list[tuple[float, bool]]] = [[], []]  # (time, first turn)
    in_work: list[float] = [INF, INF]  # when the work in hand ends
    replies: list[list[float]] = [[], []]  # when awaited customers answer
    waits: dict[bool, list[float]] = {True: [], False: []}
    while arrived < count:
        now = min(next_arrival, *in_work, *replies[0], *replies[1])
        if now == next_arrival:
            arrived += 1
            next_arrival += rng.exponential(1 / rate)
            agent = min((0, 1), key=lambda i: (held[i], last_end[i]))
            if held[agent] < 2:
                held[agent] += 1
                inbox[agent].append((now, True))
        for i in (0, 1):
            if now == in_work[i]:
                in_work[i] = INF
                if rng.random() < 1 / turns:
                    held[i] -= 1
                    last_end[i] = now
                else:
                    replies[i].append(now + rng.exponential(latency))
            if now in replies[i]:
                replies[i].remove(now)
                inbox[i].append((now, False))
            if inbox[i] and in_work[i] == INF:
                sent, first = inbox[i].pop(0)
                waits[first].append(now - sent)
                in_work[i] = now + rng.exponential(work)
    return float(np.mean(waits[True])), float(np.mean(waits[False]))


def test_first_waits_of_chats_against_a_simulation() -> None:
    parts: dict[str, Any] = {"rate": 0.015, "work": 25.0, "latency": 40.0, "turns": 4.0}
    first, reply = simulate_two_by_two(**parts, count=40_000)
    figures = theory.chat_group(**parts, agents=2, slots=2, max_waiting=0)
    assert figures.first_wait_at_once == pytest.approx(first, rel=0.04)
    assert (4 * figures.message_wait - figures.first_wait_at_once) / 3 == pytest.approx(reply, rel=0.04)


def test_chat_group_of_six_by_three() -> None:
    figures = theory.chat_group(
        rate=0.04, work=30, latency=30, turns=4, agents=6, slots=3, max_waiting=60, ties="random"
    )
    assert figures.utilisation == pytest.approx(0.04 * 4 * 30 / 6, rel=1e-6)
    assert sum(figures.concurrency_shares) == pytest.approx(1)
    few: dict[str, Any] = {"rate": 0.012, "work": 25.0, "latency": 40.0, "turns": 4.0, "agents": 2, "slots": 2}
    by_idle, by_chance = theory.chat_group(**few), theory.chat_group(**few, ties="random")
    assert by_idle.assignment_wait == pytest.approx(by_chance.assignment_wait, rel=0.05)
    swamped = theory.chat_group(rate=9, work=30, latency=30, turns=4, agents=3, slots=3)
    assert math.isnan(swamped.first_wait_at_once)


def test_shared_attention_limits() -> None:
    # One session at a time: Erlang C, Erlang A.
    alone = theory.shared_attention(0.05, [40.0], 3, max_waiting=150)
    assert alone.wait_mean == pytest.approx(theory.erlang_c(0.05, 40, 3, 0).wait_mean)
    impatient = theory.shared_attention(0.05, [40.0], 3, patience=60, max_waiting=60)
    expected = theory.erlang_a(0.05, 40, 3, 60, 0)
    assert impatient.abandonment == pytest.approx(expected.abandonment)
    assert impatient.wait_mean == pytest.approx(expected.wait_mean)
    assert impatient.session_mean == pytest.approx(40)
    # Sessions that do not disturb each other: as many agents as slots.
    free = theory.shared_attention(0.1, [50.0, 50.0, 50.0], 2, max_waiting=200)
    assert free.wait_mean == pytest.approx(theory.erlang_c(0.1, 50, 6, 0).wait_mean)
    # Sessions that share one agent's time fully: one server, whatever the slots.
    shared = theory.shared_attention(0.02, [40.0, 80.0, 120.0], 1, max_waiting=200)
    one = theory.erlang_c(0.02, 40, 1, 0)
    assert shared.sessions + shared.queue_mean == pytest.approx(one.queue_mean + one.utilisation)
    assert shared.concurrency_shares[0] == pytest.approx(0.2)


def test_shared_attention_of_two_agents_is_the_chain_of_named_agents() -> None:
    rate, means, room, patience = 0.03, [60.0, 90.0], 5, 100.0

    def moves(state: tuple[int, int, int]) -> Iterable[tuple[float, tuple[int, int, int]]]:
        queue, left, right = state
        if left < 2 or right < 2:
            yield rate, (queue, left + 1, right) if left <= right else (queue, left, right + 1)
        elif queue < room:
            yield rate, (queue + 1, left, right)
        if queue:
            yield queue / patience, (queue - 1, left, right)
        if left:
            yield left / means[left - 1], (queue - 1, left, right) if queue else (0, left - 1, right)
        if right:
            yield right / means[right - 1], (queue - 1, left, right) if queue else (0, left, right - 1)

    distribution = solve_chain((0, 0, 0), moves)
    figures = theory.shared_attention(rate, means, 2, patience, room)
    assert figures.blocked == pytest.approx(mean(distribution, lambda s: s == (room, 2, 2)))
    assert figures.queue_mean == pytest.approx(mean(distribution, lambda s: s[0]))
    assert figures.sessions == pytest.approx(mean(distribution, lambda s: s[1] + s[2]))
    assert figures.abandonment == pytest.approx(mean(distribution, lambda s: s[0]) / patience / rate)
    ended = mean(distribution, lambda s: sum(j / means[j - 1] for j in s[1:] if j))
    assert figures.session_mean == pytest.approx(figures.sessions / ended)


# --- Customers who give up


@pytest.mark.parametrize("timeout", [0.0, 70.0])
def test_silent_abandonment_is_the_chain_of_phases(timeout: float) -> None:
    """The silence after work in vain in many exponential phases; what is missing goes with one over their number."""
    rate, work, patience, silent, room = 0.03, 40.0, 50.0, 0.4, 2

    def figures(phases: int) -> list[float]:
        # work with a customer -1, in vain 0, silence 1 to phases; None: idle. The queue: True who has gone.
        def next_one(queue: tuple[bool, ...]) -> tuple[int | None, tuple[bool, ...]]:
            return (-1 + queue[0], queue[1:]) if queue else (None, ())

        def moves(state: Any) -> Iterable[tuple[float, Any]]:
            stage, queue = state
            if stage is None:
                yield rate, (-1, ())
                return
            if len(queue) < room:
                yield rate, (stage, (*queue, False))
            for i in range(len(queue)):
                if not queue[i]:
                    yield silent / patience, (stage, (*queue[:i], True, *queue[i + 1 :]))
                    yield (1 - silent) / patience, (stage, (*queue[:i], *queue[i + 1 :]))
            if stage < 1:
                yield 1 / work, (1, queue) if stage == 0 and phases else next_one(queue)
            else:
                yield phases / timeout, (stage + 1, queue) if stage < phases else next_one(queue)

        distribution = solve_chain((None, ()), moves)
        there = mean(distribution, lambda s: s[1].count(False)) / patience / rate
        return [
            mean(distribution, lambda s: len(s[1]) == room),
            (1 - silent) * there,
            silent * there,
            mean(distribution, lambda s: len(s[1])),
            mean(distribution, lambda s: s[0] in (-1, 0)),
            mean(distribution, lambda s: s[0] is not None),
        ]

    expected = figures(0)
    if timeout:
        fine, coarse = np.array(figures(40)), np.array(figures(20))
        expected = list(2 * fine - coarse)
    got = theory.silent_abandonment(rate, work, patience, silent, timeout, room)
    assert list(vars(got).values()) == pytest.approx(expected, rel=1e-3 if timeout else 1e-9)


def test_silent_abandonment_in_the_only_place() -> None:
    """One may wait: the agent's next session is in vain if that place is taken by who has gone. By quadrature."""
    rate, work, patience, silent, timeout = 0.05, 40.0, 60.0, 0.4, 100.0
    place = np.array([[-rate, rate], [(1 - silent) / patience, -1 / patience]])  # free, or taken by who still waits

    grid = np.linspace(0, 20 * work, 2001)

    def expect(silence: float) -> tuple[float, float]:
        """Probability that the place is free at the end of a session, or taken by who has gone."""
        states = expm(place * (grid + silence)[:, None, None])[:, 0, :]
        free, waits = (float(np.trapezoid(np.exp(-grid / work) / work * states[:, i], grid)) for i in (0, 1))
        return free, 1 - free - waits

    (free, gone), (free_in_vain, gone_in_vain) = expect(0), expect(timeout)
    v = gone / (1 - gone_in_vain + gone)  # share of sessions in vain
    idle = ((1 - v) * free + v * free_in_vain) / rate
    cycle = work + v * timeout + idle
    figures = theory.silent_abandonment(rate, work, patience, silent, timeout, 1)
    assert figures.silently_abandoned == pytest.approx(v / cycle / rate, rel=1e-4)
    assert figures.abandoned == pytest.approx(v / cycle / rate * (1 - silent) / silent, rel=1e-4)
    assert figures.occupancy == pytest.approx(1 - idle / cycle, rel=1e-4)
    assert figures.utilisation == pytest.approx(work / cycle, rel=1e-4)
    # who comes is served, blocked, or gives up
    assert figures.blocked == pytest.approx(1 - (1 - v) / cycle / rate - v / cycle / rate / silent, rel=1e-3)


def test_silent_abandonment_limits() -> None:
    told = theory.silent_abandonment(0.05, 40, 60, 0, 100, 30)
    assert told.abandoned == pytest.approx(theory.erlang_a(0.05, 40, 1, 60, 0).abandonment)
    assert told.occupancy == pytest.approx(told.utilisation)
    assert theory.silent_abandonment(0.05, 40, 60, 1, 100, 0).blocked == pytest.approx(theory.erlang_b(2, 1))


def test_redials_is_the_chain_of_named_events() -> None:
    rate, work, agents, share, after, patience, room = 0.3, 10.0, 2, 0.5, 25.0, 12.0, 3

    def moves(state: tuple[int, int]) -> Iterable[tuple[float, tuple[int, int]]]:
        calls, orbit = state
        full = calls == agents + room
        if not full:
            yield rate, (calls + 1, orbit)
        elif orbit < 60:
            yield rate * share, (calls, orbit + 1)
        if orbit:
            yield orbit / after * (1 - share if full else 1), (calls + (not full), orbit - 1)
        if calls:
            yield min(calls, agents) / work, (calls - 1, orbit)
        waiting = max(calls - agents, 0)
        if waiting:
            yield waiting / patience * share, (calls - 1, min(orbit + 1, 60))
            yield waiting / patience * (1 - share), (calls - 1, orbit)

    distribution = solve_chain((0, 0), moves)
    calls = rate + mean(distribution, lambda s: s[1]) / after
    blocked = mean(distribution, lambda s: (s[0] == agents + room) * (rate + s[1] / after))
    queue = mean(distribution, lambda s: max(s[0] - agents, 0))
    figures = theory.redials(
        rate=rate, work=work, agents=agents, share=share, after=after, patience=patience, max_waiting=room
    )
    assert figures.orbit == pytest.approx(mean(distribution, lambda s: s[1]))
    assert figures.attempts == pytest.approx(calls / rate)
    assert figures.blocked == pytest.approx(blocked / calls)
    assert figures.queue_mean == pytest.approx(queue)
    assert figures.abandonment == pytest.approx(queue / patience / calls)
    # each call is served, blocked or abandoned, and by Little's distribution
    served = calls * (1 - figures.blocked - figures.abandonment)
    assert figures.utilisation == pytest.approx(served * work / agents)
    assert figures.wait_mean == pytest.approx(queue / (calls - blocked))


def test_redials_limits() -> None:
    never = theory.redials(rate=0.3, work=10, agents=3, share=0, after=20, patience=8)
    once = theory.erlang_a(0.3, 10, 3, 8, 0)
    assert (never.abandonment, never.wait_mean) == pytest.approx((once.abandonment, once.wait_mean))
    assert never.attempts == pytest.approx(1)
    # Who calls again only after a long time comes as if for the first time (Cohen): Erlang B of all calls.
    late = theory.redials(rate=0.2, work=10, agents=3, share=0.6, after=3000, max_waiting=0)
    assert late.orbit > 100
    assert late.blocked == pytest.approx(theory.erlang_b(0.2 * 10 * late.attempts, 3), rel=0.01)
    assert late.attempts == pytest.approx(1 / (1 - 0.6 * late.blocked))
    with pytest.raises(ValueError, match="too many"):
        theory.redials(rate=1, work=10, agents=1, share=0.9, after=1e6, max_waiting=0)


# --- Bad arguments, and the price of an import


@pytest.mark.parametrize("bad", [-1.0, NAN, INF])
@pytest.mark.parametrize(
    "call",
    [
        lambda x: theory.erlang_b(x, 3),
        lambda x: theory.erlang_c(x, 60, 3, 20),
        lambda x: theory.erlang_c(0.01, x, 3, 20),
        lambda x: theory.erlang_c(0.01, 60, 3, x),
        lambda x: theory.erlang_a(0.01, 60, 3, x, 20),
        lambda x: theory.erlang_a_general(x, 60, 3, theory.constant_patience(60), 20),
        lambda x: theory.erlang_a_general(0.01, 60, 3, theory.constant_patience(60), x),
        theory.exponential_patience,
        theory.constant_patience,
        lambda x: theory.lognormal_patience(60, x),
        lambda x: theory.agents_needed(x, 60, 0.8, 20),
        lambda x: theory.agents_needed(0.01, 60, x, 20),
        lambda x: theory.agents_needed(0.01, 60, 0.8, 20, x),
        lambda x: theory.mg1_wait(0.01, 60, x),
        lambda x: theory.mdc_wait(x, 60, 2),
        lambda x: theory.cobham([0.01, x], [60, 60]),
        lambda x: theory.preemptive_resume([0.01, 0.01], [60, x]),
        lambda x: theory.machine_repair(3, 60, x),
        lambda x: theory.erlang_r(rate=x, turns=2, work=60, latency=60, agents=3, threshold=20),
        lambda x: theory.erlang_r(rate=0.01, turns=x, work=60, latency=60, agents=3, threshold=20),
        lambda x: theory.chat_group(rate=x, work=30, latency=30, turns=2, agents=1, slots=2),
        lambda x: theory.chat_group(rate=0.01, work=30, latency=30, turns=x, agents=1, slots=2),
        lambda x: theory.shared_attention(0.01, [60, x], 1),
        lambda x: theory.shared_attention(0.01, [60], 1, x),
        lambda x: theory.idle_closure(x, 60, 300),
        lambda x: theory.idle_closure(3, x, 300),
        lambda x: theory.idle_closure(3, 60, 300, x),
        lambda x: theory.visit_rates([x], [[0.5]]),
        lambda x: theory.visit_rates([1], [[x]]),
        lambda x: theory.kaufman_roberts(3, [1, 2], [1.0, x]),
        lambda x: theory.silent_abandonment(x, 60, 60, 0.3, 100, 1),
        lambda x: theory.silent_abandonment(0.01, 60, x, 0.3, 100, 1),
        lambda x: theory.silent_abandonment(0.01, 60, 60, x, 100, 1),
        lambda x: theory.silent_abandonment(0.01, 60, 60, 0.3, x, 1),
        lambda x: theory.redials(rate=x, work=60, agents=1, share=0.5, after=60),
        lambda x: theory.redials(rate=0.01, work=60, agents=1, share=x, after=60),
        lambda x: theory.redials(rate=0.01, work=60, agents=1, share=0.5, after=x),
        lambda x: theory.redials(rate=0.01, work=60, agents=1, share=0.5, after=60, patience=x),
    ],
)
def test_bad_numbers_are_refused(call: Callable[[float], object], bad: float) -> None:
    with pytest.raises(ValueError, match="must"):
        call(bad)


@pytest.mark.parametrize(
    "call",
    [
        lambda: theory.erlang_b(1.0, -1),
        lambda: theory.erlang_c(0.01, 60, 0, 20),
        lambda: theory.erlang_c(0.01, 60, 1.5, 20),  # type: ignore[arg-type]
        lambda: theory.erlang_a(0.01, 0, 1, 60, 20),
        lambda: theory.agents_needed(0.01, 60, 1.0, 20),
        lambda: theory.cobham([0.1], [1, 2]),
        lambda: theory.machine_repair(0, 60, 60),
        lambda: theory.chat_group(rate=1, work=1, latency=1, turns=0.5, agents=1, slots=1),
        lambda: theory.chat_group(rate=1, work=1, latency=1, turns=2, agents=1, slots=1, ties="no"),  # type: ignore[arg-type]
        lambda: theory.shared_attention(0.01, [], 1),
        lambda: theory.idle_closure(3, 60, -1),
        lambda: theory.idle_closure(3, 60, NAN),
        lambda: theory.visit_rates([1, 1], [[0.5]]),
        lambda: theory.visit_rates([1, 1], [[0.5, 0.6], [0, 0]]),
        lambda: theory.visit_rates([1], [[0.5]], limit=-1),
        lambda: theory.kaufman_roberts(3, [0], [1.0]),
        lambda: theory.kaufman_roberts(3, [1, 2], [1.0]),
        lambda: theory.silent_abandonment(0.01, 60, 60, 0.3, 100, -1),
        lambda: theory.redials(rate=0.01, work=60, agents=1, share=1, after=60),
        lambda: theory.redials(rate=0.01, work=60, agents=0, share=0.5, after=60),
    ],
)
def test_bad_arguments_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must"):
        call()


def test_endless_transfers_are_refused() -> None:
    with pytest.raises(ValueError, match="for ever"):
        theory.visit_rates([1, 0], [[0, 1], [1, 0]])


def test_a_queue_too_long_to_tabulate_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        theory.erlang_a(10, 300, 10, 1e9, 20)


def test_importing_theory_does_not_import_scipy() -> None:
    check = "import sys, ccsim.theory; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
