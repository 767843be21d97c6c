"""How many agents: simulated minima beside Erlang's tables and, for chats, the exact chain of a small group.

The simulated minimum is the least number of agents whose simulated figure reaches its target. It must be the table's,
or one agent off where the table's figure at the smaller of the two lies within the simulation's 95 % interval of the
target, so that no simulation of that length could tell.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.sparse.linalg import spsolve

from ccsim import theory
from ccsim.scenario import read
from ccsim.staffing.baseline import fewest
from ccsim.staffing.requirement import requirement
from tests.theory.conftest import Doc, of_metric, ratio, runs

LOADS = tuple(round(float(load), 2) for load in np.geomspace(0.5, 170, 20))
"""Erlangs."""

FAST = (LOADS[0], LOADS[6], LOADS[12], LOADS[16])
WORK, THRESHOLD = 180, 20
slow = pytest.mark.slow


def cases(values: tuple[Any, ...], fast: tuple[Any, ...]) -> list[Any]:
    """Long runs of all, short ones of some."""
    assert len(values) >= 5
    return [
        *(pytest.param(value, 1, id=f"{value}") for value in fast),
        *(pytest.param(value, 8, id=f"{value} long", marks=slow) for value in values),
    ]


Figure = tuple[float, float]
"""A mean and its standard error."""


def phone(folder: Path, load: float, agents: int, metric: str, contacts: int, **queue: Any) -> Figure:
    """A figure of a constant stream of calls, in steady state, from about so many of them in ten replications."""
    doc = steady(load, agents, days=math.ceil(1 + contacts / 10 / (load * 86400 / WORK)), **queue)
    return ratio([of_metric(f"queue.calls.{metric}")(run) for run in runs(folder, doc, 10)])


def steady(load: float, agents: int, days: int, **queue: Any) -> Doc:
    """Calls at a constant rate, round the clock."""
    return {
        "days": days,
        "warm_up": "8h",
        "queue": {
            "calls": {
                "channel": "phone",
                "open": "always",
                "volume": {"per_hour": load * 3600 / WORK},
                "work": {"dist": "exponential", "mean": WORK},
                "wrap_up": 0,
                "patience": "never",
                "service_level": f"80/{THRESHOLD}",
            }
            | queue
        },
        "team": {"desk": {"skills": {"calls": 1}, "shifts": [{"agents": agents, "hours": "always"}]}},
    }


def least(start: int, enough: Callable[[int], bool]) -> int:
    """The least number that is enough, looked for from `start`; 0 never is."""
    while start > 1 and enough(start - 1):
        start -= 1
    while not enough(start):
        start += 1
    return start


def compare(table: int, exact: Callable[[int], float], simulated: Callable[[int], Figure], wanted: float) -> None:
    """The simulated minimum against the table's; `wanted` is a least share, or, if negative, minus a most share."""
    sign, goal = (1, wanted) if wanted > 0 else (-1, -wanted)
    simulated = cache(simulated)
    result = least(table, lambda agents: sign * simulated(agents)[0] >= sign * goal)
    judge(result, table, exact, simulated, goal)


def judge(
    result: int, table: int, exact: Callable[[int], float], simulated: Callable[[int], Figure], goal: float
) -> None:
    """The same number of agents, or one off where no simulation of that length could tell."""
    if result == table:
        return
    disputed = min(result, table)
    off, error = exact(disputed) - goal, simulated(disputed)[1]
    told = f"{result} agents simulated, {table} in the table, which is {off:+.4f} off with {disputed}, +-{error:.4f}"
    print(told)
    assert abs(result - table) == 1, told
    assert abs(off) <= 1.96 * error, told


@pytest.mark.parametrize(("load", "length"), cases(LOADS, FAST))
def test_calls_without_end_of_patience_need_the_agents_of_erlang_c(tmp_path: Path, load: float, length: int) -> None:
    def exact(agents: int) -> float:
        return theory.erlang_c(load / WORK, WORK, agents, THRESHOLD).service_level

    table = fewest(lambda agents: exact(agents) >= 0.8)
    assert table == theory.agents_needed(load / WORK, WORK, 0.8, THRESHOLD)
    compare(table, exact, lambda agents: phone(tmp_path, load, agents, "service_level", 40_000 * length), 0.8)


@pytest.mark.parametrize(("load", "length"), cases(LOADS, FAST))
def test_callers_who_give_up_need_the_agents_of_erlang_a(tmp_path: Path, load: float, length: int) -> None:
    """At most 3 % abandon, patience 90 s."""
    impatient = {"patience": {"dist": "exponential", "mean": 90}}

    def exact(agents: int) -> float:
        return theory.erlang_a(load / WORK, WORK, agents, 90, THRESHOLD).abandonment

    table = fewest(lambda agents: exact(agents) <= 0.03)
    compare(
        table, exact, lambda agents: phone(tmp_path, load, agents, "abandonment", 40_000 * length, **impatient), -0.03
    )


# --- the requirement of `ccsim staff`

A_DAY = {"days": 1, "interval": "1d", "warm_up": 0, "drain": "1h", "replications": 50, "start": "2026-03-02", "seed": 4}
"""One interval, so long that its start with nobody waiting does not matter."""


def required(doc: Doc) -> int:
    """Agents by simulation for a day of one interval."""
    ((agents,),) = requirement(read.parse(doc | A_DAY)).agents.tolist()
    return int(agents)


@pytest.mark.parametrize("load", [pytest.param(load, marks=() if load in FAST else slow) for load in LOADS])
def test_the_requirement_by_simulation_is_that_of_erlang_c(tmp_path: Path, load: float) -> None:
    def exact(agents: int) -> float:
        return theory.erlang_c(load / WORK, WORK, agents, THRESHOLD).service_level

    table = theory.agents_needed(load / WORK, WORK, 0.8, THRESHOLD)
    result = required(steady(load, table, days=1))
    judge(result, table, exact, lambda agents: day(tmp_path, steady(load, agents, days=1), "service_level"), 0.8)


@pytest.mark.parametrize("load", [pytest.param(load, marks=() if load in FAST else slow) for load in LOADS])
def test_the_requirement_by_simulation_is_that_of_erlang_a(tmp_path: Path, load: float) -> None:
    def exact(agents: int) -> float:
        return theory.erlang_a(load / WORK, WORK, agents, 90, THRESHOLD).abandonment

    queue = {"patience": {"dist": "exponential", "mean": 90}, "service_level": "none", "max_abandonment": 0.03}
    table = fewest(lambda agents: exact(agents) <= 0.03)
    result = required(steady(load, table, days=1, **queue))
    judge(
        result, table, exact, lambda agents: day(tmp_path, steady(load, agents, days=1, **queue), "abandonment"), 0.03
    )


def day(folder: Path, doc: Doc, metric: str) -> Figure:
    """A figure of the days on which the requirement is judged."""
    return ratio([of_metric(f"queue.calls.{metric}")(run) for run in runs(folder, doc | A_DAY, A_DAY["replications"])])


# --- chats

CHAT = {"work": 30.0, "latency": 45.0, "turns": 5.0}
SLOTS, SOON = 3, 60
NEEDED = {0.006: 2, 0.010: 3, 0.0145: 4, 0.020: 5, 0.026: 6}
"""Chats a second and the agents who answer 80 % of them soon: cases that the bounds of `chain` decide."""

Agent = tuple[int, int]


def chain(rate: float, agents: int) -> tuple[float, float]:
    """The least and the most that the share of chats answered soon can be, from the balance equations.

    An agent is (messages there, customers awaited); agents are exchangeable, so a state is how many are waiting for a
    slot, and a sorted tuple of agents. A chat that gets a slot on arrival waits for the work on the messages there,
    each exponential; of those that wait for a slot, nobody is answered soon, or everybody who would have a slot soon if
    all agents were always at work.
    """
    room = 60 if agents > 2 else 300
    kinds = [(a, b) for a in range(SLOTS + 1) for b in range(SLOTS + 1 - a)]
    full = [kind for kind in kinds if sum(kind) == SLOTS]
    states: list[tuple[int, tuple[Agent, ...]]] = [(0, g) for g in combinations_with_replacement(kinds, agents)]
    states += [(w, g) for w in range(1, room + 1) for g in combinations_with_replacement(full, agents)]
    number = {state: i for i, state in enumerate(states)}
    work, latency, turns = CHAT["work"], CHAT["latency"], CHAT["turns"]

    def changed(group: tuple[Agent, ...], old: Agent, new: Agent) -> tuple[Agent, ...]:
        rest = list(group)
        rest.remove(old)
        return tuple(sorted([*rest, new]))

    def moves(waiting: int, group: tuple[Agent, ...]) -> Iterator[tuple[float, tuple[int, tuple[Agent, ...]]]]:
        taken = chosen(group)
        for agent, chance in taken.items():
            yield rate * chance, (0, changed(group, agent, (agent[0] + 1, agent[1])))
        if not taken and waiting < room:
            yield rate, (waiting + 1, group)
        for agent, count in Counter(group).items():
            a, b = agent
            if a:
                next_one = min(waiting, 1)  # the slot goes to who waits, with a message
                yield count / work / turns, (waiting - next_one, changed(group, agent, (a - 1 + next_one, b)))
                yield count / work * (1 - 1 / turns), (waiting, changed(group, agent, (a - 1, b + 1)))
            if b:
                yield count * b / latency, (waiting, changed(group, agent, (a + 1, b - 1)))

    rows, columns, flows = [], [], []
    for i, state in enumerate(states):
        for flow, to in moves(*state):
            rows += [number[to], i]
            columns += [i, i]
            flows += [flow, -flow]
    balance = sparse.coo_matrix((flows, (rows, columns)), shape=(len(states),) * 2).tolil()
    balance[0, :] = 1  # instead of one balance: shares add up
    share = spsolve(balance.tocsc(), np.eye(1, len(states)).ravel())
    assert share.min() > -1e-9
    assert share[[w == room for w, _ in states]].sum() < 1e-3
    soon = [stats.gamma.cdf(SOON, ahead, scale=work) if ahead else 1.0 for ahead in range(SLOTS)]
    at_once = sum(
        p * chance * soon[agent[0]]
        for p, (waiting, group) in zip(share.tolist(), states, strict=True)
        for agent, chance in chosen(group).items()
    )
    busy = agents / work / turns  # sessions end no faster than with every agent at work
    queued = sum(
        p * stats.gamma.cdf(SOON, waiting + 1, scale=1 / busy)
        for p, (waiting, group) in zip(share.tolist(), states, strict=True)
        if not chosen(group)
    )
    return at_once, at_once + queued


def chosen(group: tuple[Agent, ...]) -> dict[Agent, float]:
    """Kinds of agents that a chat may go to, with its chance: the least loaded with a slot."""
    load = min(map(sum, group))
    if load == SLOTS:
        return {}
    able = Counter(agent for agent in group if sum(agent) == load)
    return {agent: count / sum(able.values()) for agent, count in able.items()}


@pytest.mark.parametrize(("rate", "length"), cases(tuple(NEEDED), tuple(NEEDED)[:3]))
def test_chats_need_the_agents_of_the_exact_chain(tmp_path: Path, rate: float, length: int) -> None:
    """80 % answered in a minute, three slots: enough with as many agents, not with one less, in either bound."""
    needed = NEEDED[rate]
    assert chain(rate, needed)[0] >= 0.8
    assert chain(rate, needed - 1)[1] < 0.8
    assert required(chats(rate, needed, days=1)) == needed
    days = math.ceil(1 + 2_000 * length / (rate * 86400))
    with_them, with_fewer = (
        ratio([of_metric("queue.chat.service_level")(run) for run in runs(tmp_path, chats(rate, agents, days), 10)])
        for agents in (needed, needed - 1)
    )
    assert with_them[0] - 2 * with_them[1] >= 0.8
    assert with_fewer[0] + 2 * with_fewer[1] < 0.8


def chats(rate: float, agents: int, days: int) -> Doc:
    """Chats at a constant rate, round the clock."""
    exponential = {"dist": "exponential"}
    return {
        "days": days,
        "warm_up": "1d",
        "queue": {
            "chat": {
                "channel": "live_chat",
                "open": "always",
                "volume": {"per_hour": rate * 3600},
                "turns": {"mean": CHAT["turns"]},
                "work": exponential | {"mean": CHAT["work"]},
                "reply_latency": exponential | {"mean": CHAT["latency"]},
                "wrap_up": 0,
                "patience": "never",
                "idle_timeout": "never",
                "service_level": f"80% in {SOON}s",
            }
        },
        "team": {
            "desk": {
                "skills": {"chat": 1},
                "concurrency": {"chat": SLOTS},
                "shifts": [{"agents": agents, "hours": "always"}],
            }
        },
    }


# --- the approximation for groups of any size


@pytest.mark.parametrize("rate", list(NEEDED)[:3])
def test_slot_group_is_near_the_exact_chain(rate: float) -> None:
    for agents in (NEEDED[rate], NEEDED[rate] - 1):
        low, high = chain(rate, agents)
        assert low - 0.01 <= group(rate, agents).service_level <= high + 0.01


@pytest.mark.parametrize(("agents", "rate"), [(1, 0.004), (2, 0.008), (3, 0.013), (4, 0.018)])
def test_slot_group_waits_and_works_nearly_as_the_exact_group(agents: int, rate: float) -> None:
    exact = theory.chat_group(rate=rate, **CHAT, agents=agents, slots=SLOTS, ties="random")
    near = group(rate, agents)
    assert near.assignment_wait == pytest.approx(exact.assignment_wait, rel=0.1)
    assert near.utilisation == pytest.approx(exact.utilisation, rel=0.001)
    assert near.utilisation == pytest.approx(rate * CHAT["turns"] * CHAT["work"] / agents, rel=0.001)


@pytest.mark.parametrize("agents", [5, 8])
def test_slot_group_of_one_slot_and_turn_is_erlang(agents: int) -> None:
    rate, work = 4.2 / 120, 120.0
    parts: dict[str, Any] = {"rate": rate, "work": [work], "silence": 0.0, "turns": 1.0, "agents": agents}
    c, a = theory.erlang_c(rate, work, agents, 30), theory.erlang_a(rate, work, agents, 90, 30)
    patient, impatient = (theory.slot_group(**parts, threshold=30, patience=patience) for patience in (None, 90.0))
    assert patient.service_level == pytest.approx(c.service_level, abs=1e-9)
    assert patient.assignment_wait == pytest.approx(c.wait_mean)
    assert patient.utilisation == pytest.approx(c.utilisation)
    assert impatient.service_level == pytest.approx(a.service_level, abs=1e-9)
    assert impatient.abandonment == pytest.approx(a.abandonment)
    assert impatient.utilisation == pytest.approx(a.utilisation)


@pytest.mark.parametrize("agents", [2, 5])
def test_slot_group_that_works_on_all_together_is_the_exact_shared_attention(agents: int) -> None:
    """Exact where an agent with two sessions ends them as fast as two agents would: then no spread matters."""
    rate, work = 0.012 * agents, 100.0
    near = theory.slot_group(
        rate=rate, work=[work, work], silence=0.0, turns=1.0, agents=agents, threshold=20, patience=60.0, together=True
    )
    exact = theory.shared_attention(rate, [work, work], agents, 60.0)
    a = theory.erlang_a(rate, work, 2 * agents, 60.0, 20)
    assert near.abandonment == pytest.approx(exact.abandonment, rel=1e-6) == pytest.approx(a.abandonment, rel=1e-6)
    assert near.service_level == pytest.approx(a.service_level, rel=1e-6)


def test_slot_group_without_end_and_arguments() -> None:
    over = group(0.02, 2)
    assert (over.service_level, over.assignment_wait, over.utilisation) == (0.0, math.inf, 1.0)
    with pytest.raises(ValueError, match="rate"):
        group(-1, 2)
    with pytest.raises(ValueError, match="slots"):
        theory.slot_group(rate=1, work=[], silence=1, turns=1, agents=1, threshold=1)


def test_replies_wait_for_the_messages_at_their_agent() -> None:
    """One agent always full, two slots: a reply finds the other chat's message there with its stationary chance."""
    work, silence, turns = 30.0, 200.0, 5.0
    think = silence / turns
    ahead = 1 / (1 + think / work)  # of a single other chat: share of time its message is there
    figures = theory.slot_group(
        rate=0.0069, work=[work, work], silence=silence, turns=turns, agents=1, threshold=0, reply_threshold=30,
        patience=1e6,
    )  # fmt: skip
    assert figures.reply_level == pytest.approx(1 - ahead + ahead * (1 - math.exp(-1)))
    assert figures.utilisation == pytest.approx(theory.machine_repair(2, work, think).utilisation)


def group(rate: float, agents: int) -> theory.SlotFigures:
    return theory.slot_group(
        rate=rate,
        work=[CHAT["work"]] * SLOTS,
        silence=CHAT["latency"] * (CHAT["turns"] - 1),
        turns=CHAT["turns"],
        agents=agents,
        threshold=SOON,
    )
