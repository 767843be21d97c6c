"""Who gets what: routing policies beside the exact Markov chains that they make."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ccsim import theory
from ccsim.tables import SECOND, Outcome
from tests.theory.conftest import Agree, Figure
from tests.theory.test_ai_agents import State, stationary
from tests.theory.test_queues import WORK, calls, exponential

Choice = Callable[[dict[str, int]], dict[str, float]]
"""Idle agents by group to the share of the next call that each group gets."""

SIZES = {"one": 2, "two": 3, "both": 3}
LOADS = {"one": 2.6, "two": 2.8}


def at_random(idle: dict[str, int]) -> dict[str, float]:
    """Every idle agent has the same chance."""
    return {group: number / sum(idle.values()) for group, number in idle.items() if number}


def specialists_first(idle: dict[str, int]) -> dict[str, float]:
    return {next(group for group, number in idle.items() if number): 1.0}


def bilingual(choice: Choice) -> Iterator[tuple[tuple[State, State], float]]:
    """Two languages without a waiting room, a group for each and one that speaks both; states: busy in each group."""
    groups = list(SIZES)
    for busy in [(a, b, c) for a in range(SIZES["one"] + 1) for b in range(SIZES["two"] + 1) for c in range(4)]:
        free = {group: SIZES[group] - busy[i] for i, group in enumerate(groups)}
        for language, load in LOADS.items():
            idle = {group: free[group] for group in (language, "both")}
            for group, share in choice(idle).items() if any(idle.values()) else ():
                more = tuple(n + (groups[i] == group) for i, n in enumerate(busy))
                yield (busy, more), load / WORK * share
        for i, number in enumerate(busy):
            if number:
                yield (busy, tuple(n - (i == j) for j, n in enumerate(busy))), number / WORK


def turned_away(queue: int) -> Figure:
    """Share of a queue's calls that are blocked."""

    def figure(run: Any) -> tuple[float, float]:
        mine = run.counted(queue)
        return float((run.log.outcome[mine] == Outcome.BLOCKED).sum()), float(mine.sum())

    return figure


def in_two_languages(policy: Any) -> Any:
    doc = calls(LOADS["one"], 0, max_waiting=0)
    queue = doc["queue"].pop("calls")
    doc["queue"] = {name: queue | {"volume": {"per_hour": load * 3600 / WORK}} for name, load in LOADS.items()}
    skills = {"one": {"one": 1}, "two": {"two": 1}, "both": {"one": 2, "two": 2}}
    doc["team"] = {
        name: {"skills": skills[name], "shifts": [{"agents": number, "hours": "always"}]}
        for name, number in SIZES.items()
    }
    return doc | {"routing": {"agent": policy}}


@pytest.mark.parametrize(
    ("policy", "choice"), [(["random"], at_random), (["rank", "random"], specialists_first)], ids=["all", "by rank"]
)
def test_two_languages_and_a_group_that_speaks_both(agree: Agree, policy: Any, choice: Choice) -> None:
    """Any idle agent who speaks the language, with the same chance; or the specialists first."""
    rates: dict[tuple[State, State], float] = {}
    for pair, rate in bilingual(choice):
        rates[pair] = rates.get(pair, 0.0) + rate
    shares = stationary(rates)
    expected = {
        f"team.{group}.utilisation": sum(share * state[i] for state, share in shares.items()) / SIZES[group]
        for i, group in enumerate(SIZES)
    }
    for i, language in enumerate(LOADS):
        full = [share for state, share in shares.items() if state[i] == SIZES[language] and state[2] == SIZES["both"]]
        expected[f"blocked {language}"] = sum(full)
    agree(
        in_two_languages(policy),
        expected,
        own={f"blocked {language}": turned_away(i) for i, language in enumerate(LOADS)},
    )


def shorter_wait(rates_in: tuple[float, float], means: tuple[float, float], room: int = 25) -> dict[State, float]:
    """Two single agents; who comes joins where the expected wait, in system times mean work, is least, of equals the
    own queue. States: in each system."""
    rates: dict[tuple[State, State], float] = {}
    for here in [(a, b) for a in range(room) for b in range(room)]:
        for own, rate in enumerate(rates_in):
            joins = min((own, 1 - own), key=lambda q: here[q] * means[q])
            there = tuple(n + (q == joins) for q, n in enumerate(here))
            if max(there) < room:
                rates[here, there] = rates.get((here, there), 0.0) + rate
        for q, mean in enumerate(means):
            if here[q]:
                rates[here, tuple(n - (q == i) for i, n in enumerate(here))] = 1 / mean
    return stationary(rates)


def test_callers_join_the_queue_whose_wait_is_shorter(agree: Agree) -> None:
    """Two M/M/1, one of them slower, and routing by the shortest expected delay: its chain in two dimensions."""
    rates, pace = (0.05, 0.03), 1.6
    means = (WORK, WORK * pace)
    shares = shorter_wait(rates, means)
    joins = [0.0, 0.0]
    for state, share in shares.items():
        for own, rate in enumerate(rates):
            joins[min((own, 1 - own), key=lambda q: state[q] * means[q])] += rate * share
    busy = [sum(share for state, share in shares.items() if state[q]) for q in (0, 1)]
    assert busy == pytest.approx([rate * mean for rate, mean in zip(joins, means, strict=True)], rel=1e-5)
    doc = calls(0, 0, days=6, answer_delay=0)
    queue = doc["queue"].pop("calls")
    for q, (name, other) in enumerate((("near", "far"), ("far", "near"))):
        own = {"volume": {"per_hour": rates[q] * 3600}, "alternatives": [other], "expected_session": means[q]}
        doc["queue"][name] = queue | own
    doc["team"] = {
        name: {"skills": {name: 1}, "pace": slower, "shifts": [{"agents": 1, "hours": "always"}]}
        for name, slower in (("near", 1.0), ("far", pace))
    }

    def elsewhere(run: Any) -> tuple[float, float]:
        return float((run.log.queue != run.workload.queue).sum()), float(len(run.log.queue))

    going = sum(
        share * rate
        for state, share in shares.items()
        for own, rate in enumerate(rates)
        if state[1 - own] * means[1 - own] < state[own] * means[own]
    )
    expected = {
        f"queue.{name}.asa": sum(share * max(state[q] - 1, 0) for state, share in shares.items()) / joins[q]
        for q, name in enumerate(("near", "far"))
    }
    expected |= {f"team.{name}.utilisation": busy[q] for q, name in enumerate(("near", "far"))}
    agree(doc, expected | {"elsewhere": going / sum(rates)}, own={"elsewhere": elsewhere})


def taken_by_age(rate: float, transferred: float, room: int = 60) -> dict[State, float]:
    """One agent; calls come with `rate`, a share is transferred once and keeps its place by the time of its arrival.

    States: (leg in work, 0 without; transferred who wait; others who wait). Whoever is transferred finds the agent with
    the next call, if one waits, and is older than all behind it: at most one of them waits.
    """
    rates: dict[tuple[State, State], float] = {}

    def add(here: State, there: State, rate: float) -> None:
        rates[here, there] = rates.get((here, there), 0.0) + rate

    def taken(second: int, first: int) -> State:
        return (2, 0, first) if second else (1, 0, first - 1) if first else (0, 0, 0)

    for here in [(0, 0, 0)] + [(leg, second, first) for leg in (1, 2) for second in (0, 1) for first in range(room)]:
        leg, second, first = here
        if leg == 0 or first + 1 < room:
            add(here, (1, 0, 0) if leg == 0 else (leg, second, first + 1), rate)
        if leg:
            after = taken(second, first)
            goes_on = transferred if leg == 1 else 0.0
            add(here, after, (1 - goes_on) / WORK)
            add(here, (2, 0, 0) if after[0] == 0 else (after[0], 1, after[2]), goes_on / WORK)
    return stationary({pair: rate for pair, rate in rates.items() if rate})


def test_transfers_that_keep_their_place(agree: Agree) -> None:
    """The chain of one agent who takes whoever has been in the system for longest."""
    rate, share = 0.5 / WORK, 0.4
    alone = sum(chance * state[2] for state, chance in taken_by_age(rate, 0.0).items())
    assert alone / rate == pytest.approx(theory.erlang_c(rate, WORK, 1, 5).asa)
    shares = taken_by_age(rate, share)
    second, first = (sum(chance * state[i] for state, chance in shares.items()) for i in (1, 2))
    load = rate * (1 + share) * WORK
    doc = calls(0, 1, days=4, answer_delay=0)
    queue = doc["queue"].pop("calls")
    transfer = {"volume": {"per_hour": rate * 3600}, "transfer": [{"to": "second", "share": share}]}
    doc["queue"] = {"first": queue | transfer, "second": queue | {"carry_wait": True}}
    del doc["queue"]["second"]["volume"]
    doc["team"]["desk"]["skills"] = {"first": 1, "second": 1}
    expected = {"queue.first.asa": first / rate, "queue.second.asa": second / (rate * share)}
    agree(doc, expected | {"team.desk.utilisation": load}, replications=30)


@pytest.mark.parametrize("keep", [0, 2])
def test_outbound_in_the_idle_time(agree: Agree, keep: int) -> None:
    """Blending with a threshold (Bhulai & Koole 2003): calls have priority, and while more than `keep` agents are idle
    they do outbound work, of which there is no end. States: agents busy and callers who wait, from agents - keep on."""
    agents, rate, target = 6, 3.0 / WORK, 5
    shares = stationary(
        {
            pair: flow
            for n in range(agents - keep, 150)
            for pair, flow in (
                (((n,), (n + 1,)), rate),
                (((n + 1,), (n,)), min(n + 1, agents) / WORK),
            )
        }
    )
    drains = agents / WORK - rate  # of a caller who waits, beyond all who come later: exponential with this rate
    delayed = sum(share for (n,), share in shares.items() if n >= agents)
    outbound = shares[agents - keep,] * (agents - keep) / WORK
    doc = calls(rate * WORK, agents, service_level=f"80% in {target}s", answer_delay=0)
    doc["queue"]["offers"] = {
        "channel": "messaging", "turns": 1, "work": exponential(WORK), "wrap_up": 0, "priority": 2,
        "idle_timeout": 0,
    }  # fmt: skip
    doc["outbound"] = {"offers": {"queue": "offers", "messages": 40_000}}
    doc["team"]["desk"] |= {"skills": {"calls": 1, "offers": 1}, "concurrency": {"offers": 1}}
    doc["routing"] = {"reserve": {"calls": keep}, "contact": "priority"}

    def begun(run: Any) -> tuple[float, float]:
        start = run.log.start[run.log.first_turn[run.workload.outbound & (run.log.first_turn >= 0)]]
        during = (start >= run.plan.warm_up) & (start < run.plan.end)
        return float(during.sum()), float(run.plan.end - run.plan.warm_up) / (60 * SECOND)

    expected = {
        "queue.calls.service_level": 1 - delayed * math.exp(-drains * target),
        "outbound calls a minute": outbound * 60,
    }
    agree(doc, expected, own={"outbound calls a minute": begun})
