"""The models that a SimPy user would write, as the yardstick: a process per customer, agents as resources or stores.

Draws are made where they are needed, with `random`, as in SimPy's own examples.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from statistics import fmean
from typing import Any

import simpy

Process = Generator[simpy.Event, Any, None]


def erlang_a(calls: int, rate: float, work: float, patience: float, agents: int, seed: int) -> tuple[float, float]:
    """M/M/n+M: (share abandoned, mean wait of the answered in seconds)."""
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    pool = simpy.Resource(env, capacity=agents)
    waits: list[float] = []
    abandoned = 0

    def caller() -> Process:
        nonlocal abandoned
        arrived = env.now
        with pool.request() as request:
            yield request | env.timeout(draw(1 / patience))
            if not request.triggered:
                abandoned += 1
                return
            waits.append(env.now - arrived)
            yield env.timeout(draw(1 / work))

    def source() -> Process:
        for _ in range(calls):
            yield env.timeout(draw(rate))
            env.process(caller())

    env.process(source())
    env.run()
    return abandoned / calls, fmean(waits)


def chat(chats: int, rate: float, turns: int, work: float, latency: float, agents: int, slots: int, seed: int) -> float:
    """Live chat: a customer takes a slot of the freest agent, then turns of work and latency. Mean wait."""
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    free = simpy.PriorityStore(env)  # one item a free slot: (sessions already held there, agent)
    held = [0] * agents
    minds = [simpy.Resource(env) for _ in range(agents)]
    for slot in range(slots):
        for agent in range(agents):
            free.put(simpy.PriorityItem(slot, agent))
    waits: list[float] = []

    def customer() -> Process:
        arrived = env.now
        item = yield free.get()
        agent = item.item
        held[agent] += 1
        for turn in range(turns):
            if turn:
                yield env.timeout(draw(1 / latency))
            with minds[agent].request() as mind:
                yield mind
                if not turn:
                    waits.append(env.now - arrived)
                yield env.timeout(draw(1 / work))
        held[agent] -= 1
        yield free.put(simpy.PriorityItem(held[agent], agent))

    def source() -> Process:
        for _ in range(chats):
            yield env.timeout(draw(rate))
            env.process(customer())

    env.process(source())
    env.run()
    return fmean(waits)
