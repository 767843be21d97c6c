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
    """Live chat: agents read inboxes, customers take a slot of the freest agent. Mean wait for the first reply."""
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    slot = simpy.Resource(env, capacity=agents * slots)
    inboxes = [simpy.Store(env) for _ in range(agents)]
    sessions = [0] * agents
    waits: list[float] = []

    def agent(inbox: simpy.Store) -> Process:
        while True:
            replied = yield inbox.get()
            yield env.timeout(draw(1 / work))
            replied.succeed()

    def customer() -> Process:
        arrived = env.now
        with slot.request() as request:
            yield request
            freest = sessions.index(min(sessions))
            sessions[freest] += 1
            for turn in range(turns):
                if turn:
                    yield env.timeout(draw(1 / latency))
                replied = env.event()
                yield inboxes[freest].put(replied)
                yield replied
                if not turn:
                    waits.append(env.now - arrived)
            sessions[freest] -= 1

    def source() -> Process:
        for _ in range(chats):
            yield env.timeout(draw(rate))
            env.process(customer())

    for inbox in inboxes:
        env.process(agent(inbox))
    env.process(source())
    env.run()
    return fmean(waits)
