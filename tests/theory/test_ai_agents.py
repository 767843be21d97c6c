"""Bots whose customers come back, work that is alike within a contact, agents who differ: beside exact results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import linalg

from ccsim import theory
from ccsim.tables import F64
from tests.theory.conftest import Agree
from tests.theory.test_conversations import chats
from tests.theory.test_queues import WORK, calls, exponential, waited

State = tuple[int, ...]


def stationary(rates: Mapping[tuple[State, State], float]) -> dict[State, float]:
    """The stationary distribution of a Markov chain with these rates from one state to another."""
    states = sorted({state for pair in rates for state in pair})
    place = {state: i for i, state in enumerate(states)}
    generator = np.zeros((len(states), len(states)))
    for (one, other), rate in rates.items():
        generator[place[one], place[other]] += rate
        generator[place[one], place[one]] -= rate
    generator[:, 0] = 1.0
    shares = np.linalg.solve(generator.T, np.eye(len(states))[0])
    return dict(zip(states, shares.tolist(), strict=True))


def test_who_comes_back_past_the_bot_is_poisson(agree: Agree) -> None:
    """Each customer comes to people at most once, at once or some time after the bot: Poisson again, so Erlang C."""
    per_second, contains, asks, again, residue = 0.5, 0.6, 0.2, 0.4, 1.25
    talk = 1 - asks
    people = asks + talk * (1 - contains + contains * again)
    assert people == pytest.approx(0.712)
    bot = {"contains": contains, "asks_human": asks, "time": {"mean": 60, "cv": 1.2}, "residue": 1.0}
    bot["bounces"] = {"share": again, "after": exponential(300)}
    doc = calls(per_second * WORK, 5, days=4, bot=bot)
    queue = theory.erlang_c(per_second * people, WORK, 5, 5)
    beyond = (60 + 300) / (95 * 3600)  # who would come back after the four days, of which the first hour is not counted
    expected = {
        "queue.calls.asa": queue.asa,
        "queue.calls.service_level": queue.service_level,
        "queue.calls.containment_net": contains * (1 - again * (1 - beyond)),
        "team.desk.utilisation": per_second * people * WORK / 5,
    }
    agree(doc, expected)
    # harder work of those from the bot, easier of those who went past it: more work by as much
    doc["queue"]["calls"]["bot"]["residue"] = residue
    doc["team"]["desk"]["shifts"][0]["agents"] = 7
    work = per_second * WORK * (asks + residue * (people - asks))
    agree(doc, {"team.desk.utilisation": work / 7})


@pytest.mark.parametrize("between", [0.0, 0.5, 1.0])
def test_conversations_that_are_long_in_all(agree: Agree, between: float) -> None:
    """One chat at a time, its customer at the keyboard: M/G/1 whose service is the sum of two lognormals with the
    correlation `between` of their logarithms (Pollaczek and Khinchine)."""
    per_hour, cv, sigma2 = 90, 1.0, math.log(2.0)
    mean = 2 * WORK
    variance = 2 * WORK**2 * (cv**2 + math.expm1(between * sigma2))
    rate = per_hour / 3600
    wait = rate * (variance + mean**2) / 2 / (1 - rate * mean)
    work = {"mean": WORK, "cv": cv, "between": between}
    doc = chats(per_hour, 1, 1, days=8, turns=2, work=work, reply_latency="0s")
    agree(doc, {"queue.chat.asa": wait, "team.desk.utilisation": rate * mean}, replications=30)


def test_turns_of_several_messages(agree: Agree) -> None:
    """Work on a turn is exponential times a geometric number over its mean: second moment 2 w² (2 - 1 / m)."""
    per_hour, messages = 180, 2.5
    rate = per_hour / 3600
    second = 2 * WORK**2 * (2 - 1 / messages)
    wait = rate * second / 2 / (1 - rate * WORK)
    burst = {"messages": {"mean": messages}, "gap": "5s"}
    doc = chats(per_hour, 1, 1, days=8, turns=1, burst=burst)
    agree(doc, {"queue.chat.asa": wait, "team.desk.utilisation": rate * WORK}, replications=30)


def two_classes(rate: float, fast: float, slow: float, room: int = 400) -> dict[State, float]:
    """Two servers, the fast one first; states: (fast busy, slow busy, waiting)."""
    rates: dict[tuple[State, State], float] = {
        ((0, 0, 0), (1, 0, 0)): rate,
        ((1, 0, 0), (1, 1, 0)): rate,
        ((0, 1, 0), (1, 1, 0)): rate,
        ((1, 0, 0), (0, 0, 0)): fast,
        ((0, 1, 0), (0, 0, 0)): slow,
        ((1, 1, 0), (0, 1, 0)): fast,
        ((1, 1, 0), (1, 0, 0)): slow,
    }
    for waiting in range(room):
        rates[(1, 1, waiting), (1, 1, waiting + 1)] = rate
        rates[(1, 1, waiting + 1), (1, 1, waiting)] = fast + slow
    return stationary(rates)


def test_a_beginner_and_an_expert(agree: Agree) -> None:
    """Two servers of different pace, the expert first (Gumbel 1960): who of both is busy, and how long callers wait."""
    pace, load = 1.6, 1.1
    rate = load / WORK
    shares = two_classes(rate, 1 / WORK, 1 / (WORK * pace))
    waiting = sum(share * state[2] for state, share in shares.items())
    both = sum(share for state, share in shares.items() if state[:2] == (1, 1))
    # of two servers that are never idle together with a queue: its length is geometric
    total = 1 / WORK + 1 / (WORK * pace)
    assert waiting == pytest.approx(both * (rate / total) / (1 - rate / total))
    doc: dict[str, Any] = calls(load, 0, days=4)
    doc["team"] = {
        name: {"skills": {"calls": rank}, "pace": slower, "shifts": [{"agents": 1, "hours": "always"}]}
        for name, rank, slower in (("expert", 1, 1.0), ("beginner", 2, pace))
    }
    expected = {
        "queue.calls.asa": waiting / rate,
        "waited": both,
        "team.expert.utilisation": sum(share for state, share in shares.items() if state[0]),
        "team.beginner.utilisation": sum(share for state, share in shares.items() if state[1]),
    }
    agree(doc, expected, own={"waited": waited})


def half_minute(rate: float, tired: float, begins: int, room: int) -> F64:
    """How the chain of one agent moves while work that begins is of a rested (1) or a tired agent (2), or none is (0).

    States: 3 n + work, of n customers, and the work under way as begun, 0 for none.
    """
    generator = np.zeros((3 * room, 3 * room))
    for n in range(room):
        for work in range(3 if n else 1):
            flows = [(n + 1, work or begins, rate)] if n + 1 < room else []
            if work:
                flows.append((n - 1, begins if n > 1 else 0, 1 / WORK / (1, tired)[work - 1]))
            for other, served, flow in flows:
                generator[3 * n + work, 3 * other + served] += flow
                generator[3 * n + work, 3 * n + work] -= flow
    return np.asarray(linalg.expm(generator * 30))


def test_tired_agents(agree: Agree) -> None:
    """One agent with ten minutes off every two hours, slower from fifty minutes after: Kolmogorov's forward equations
    from midnight on, with nobody there, by Simpson's rule for each minute."""
    rate, tired, room, days = 0.06, 1.3, 120, 6
    moves = [half_minute(rate, tired, begins, room) for begins in range(3)]
    n, work = np.divmod(np.arange(3 * room), 3)
    shares, waiting, busy, present = np.eye(3 * room)[0], 0.0, 0.0, 0.0
    cycle = [0] * 10 + [1] * 50 + [2] * 60
    minutes = [1] * 50 + [2] * 10 + (12 * days - 1) * cycle + cycle[:60]
    for minute, begins in enumerate(minutes):
        if begins:  # who has come in the break is served: at once, if nobody is
            served, idle = 3 * n[work == begins] + begins, shares.reshape(room, 3)[:, 0].copy()
            shares[served[1:]] += idle[1:]
            shares.reshape(room, 3)[1:, 0] = 0.0
        half = shares @ moves[begins]
        end = half @ moves[begins]
        if minute >= 120:
            over = (shares + 4 * half + end) / 6
            waiting += over @ (n - (work > 0))
            busy += over @ (work > 0)
            present += 1.0 if begins else over @ (work > 0)
        shares = end
    breaks = [f"{hour:02}:00-{hour:02}:10" for hour in range(1, 24, 2)]
    doc = calls(rate * WORK, 0, days=days) | {"warm_up": "2h"}
    doc["team"]["desk"] |= {
        "fatigue": [{"after": "50m", "factor": tired}],
        "shifts": [{"agents": 1, "hours": "00:00-24:00", "breaks": breaks}],  # one shift that has no end
    }
    expected = {"queue.calls.queue_mean": waiting / (len(minutes) - 120), "team.desk.utilisation": busy / present}
    agree(doc, expected, replications=40)


def test_errors_are_work(agree: Agree) -> None:
    """Of what is resolved a fifth comes back at once more, up to three times: so much more load."""
    errors, load = 0.2, 2.0
    doc = calls(load, 6, reopens={"after": exponential(10)})
    doc["team"]["desk"]["errors"] = errors
    again = sum(errors**k for k in range(4))
    agree(
        doc,
        {
            "team.desk.utilisation": load * again / 6,
            "queue.calls.reopen_rate": errors * sum(errors**k for k in range(3)) / again,
        },
    )


def test_balking(agree: Agree) -> None:
    """M/M/c whose customers join with a probability that falls with the queue: a birth-death chain."""
    agents, load, place, tolerance, room = 4, 5.0, 3.0, 8.0, 60
    rate = load / WORK
    joins = [1.0] * agents + [math.exp(-(n - agents + 1) * place / tolerance) for n in range(agents, room)]
    weights = [1.0]
    for n, chance in enumerate(joins):
        weights.append(weights[-1] * rate * chance / (min(n + 1, agents) / WORK))
    total = sum(weights)
    shares = [weight / total for weight in weights]
    balks = sum(share * (1 - chance) for share, chance in zip(shares, joins, strict=False))
    waiting = sum((n - agents) * share for n, share in enumerate(shares) if n > agents)
    busy = sum(min(n, agents) * share for n, share in enumerate(shares))
    assert busy == pytest.approx(rate * (1 - balks) * WORK)
    doc = calls(load, agents, days=2, balking={"per_place": place, "tolerance": exponential(tolerance)})
    expected = {
        "queue.calls.abandonment": balks,
        "queue.calls.asa": waiting / (rate * (1 - balks)),
        "queue.calls.delayed": sum(
            share * chance for share, chance in zip(shares[agents:], joins[agents:], strict=False)
        ),
        "team.desk.utilisation": busy / agents,
    }
    agree(doc, expected)


def threshold(phone: float, other: float, work: float, agents: int, keep: int, room: int = 30) -> dict[State, float]:
    """Callers first, others only while more than `keep` agents are idle; states: (busy, callers, others waiting)."""
    rates: dict[tuple[State, State], float] = {}
    states = [
        (busy, 0, others) for busy in range(agents) for others in range(room) if others == 0 or agents - busy <= keep
    ]
    states += [(agents, callers, others) for callers in range(room) for others in range(room)]
    for state in states:
        busy, callers, others = state
        if busy < agents:
            rates[state, (busy + 1, callers, others)] = phone
        elif callers + 1 < room:
            rates[state, (busy, callers + 1, others)] = phone
        if agents - busy > keep:
            rates[state, (busy + 1, callers, others)] = phone + other
        elif others + 1 < room:
            rates[state, (busy, callers, others + 1)] = other
        if callers:
            rates[state, (busy, callers - 1, others)] = busy / work
        elif others and agents - busy + 1 > keep:
            rates[state, (busy, callers, others - 1)] = busy / work
        elif busy:
            rates[state, (busy - 1, callers, others)] = busy / work
    return stationary(rates)


def test_agents_left_idle_for_callers(agree: Agree) -> None:
    """Reservation by number is a threshold policy: its chain, and without any threshold Erlang C for both together."""
    agents, keep, loads = 4, 2, (1.4, 0.6)
    phone, other = (load / WORK for load in loads)
    both = threshold(phone, other, WORK, agents, 0)
    waiting = sum(share * (state[1] + state[2]) for state, share in both.items())
    assert waiting / (phone + other) == pytest.approx(theory.erlang_c(phone + other, WORK, agents, 5).asa)
    shares = threshold(phone, other, WORK, agents, keep)
    expected = {
        "queue.calls.asa": sum(share * state[1] for state, share in shares.items()) / phone,
        "queue.visits.asa": sum(share * state[2] for state, share in shares.items()) / other,
        "team.desk.utilisation": sum(loads) / agents,
    }
    doc = calls(loads[0], agents, days=8)
    visits = {"channel": "in_person", "volume": {"per_hour": other * 3600}, "priority": 2, "answer_delay": 0}
    doc["queue"]["visits"] = doc["queue"]["calls"] | visits
    doc["team"]["desk"]["skills"] = {"calls": 1, "visits": 1}
    doc["routing"] = {"reserve": {"calls": keep}, "contact": "priority"}
    agree(doc, expected, replications=30)


def test_a_bot_with_few_places_is_a_group_of_agents(agree: Agree) -> None:
    """Who waits for the bot does not give up: Erlang C, and as what leaves it is Poisson again (Burke 1956), Erlang C
    for the people behind it."""
    rate, places, talk, contains = 0.3, 5, 12, 0.4
    bot = {"contains": contains, "time": exponential(talk), "concurrency": places}
    doc = calls(rate * WORK, 3, days=4, bot=bot)
    people = theory.erlang_c(rate * (1 - contains), WORK, 3, 5)
    expected = {
        "queue.calls.bot_wait_mean": theory.erlang_c(rate, talk, places, 5).asa,
        "queue.calls.asa": people.asa,
        "queue.calls.service_level": people.service_level,
    }
    agree(doc, expected)
