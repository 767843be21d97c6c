"""What waiting does, beside formulas: closing words in M/G/1, work that grows with the wait, waits without end."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

from ccsim import theory
from tests.theory.conftest import Agree, Doc
from tests.theory.test_conversations import chats, exponential
from tests.theory.test_queues import calls


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
