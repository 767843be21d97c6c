"""What the articles add to a queue: interruption, shared attention, silence, redials, bots, calls back, busy days.

As in test_queues, every expected value is the formula's and a second one's: computed afresh here, or by test_formulas.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

from ccsim import theory
from ccsim.tables import Outcome
from tests.theory.conftest import Agree, Doc, Figure, Run, runs
from tests.theory.test_conversations import chats, share_of
from tests.theory.test_queues import WORK, blocked, calls, exponential, of_figures, waited

# --- interruption


@pytest.mark.parametrize(
    ("call", "mail", "squares"),
    [(exponential(10), exponential(20), (200, 800)), ({"mean": 10, "cv": 0.8}, 20, (164, 400))],
    ids=["exponential", "general"],
)
def test_interruption(agree: Agree, call: Any, mail: Any, squares: tuple[int, int]) -> None:
    """Calls interrupt e-mail, which is taken up where it was left: M/G/1 with preemption, M/M/1 the first of them.

    Calls wait as if there were no e-mail. A mail waits for what is there when it comes, calls that come meanwhile, and
    then stays until as much time without calls has gone by as its work takes.
    """
    rates, works = (0.02, 0.015), (10, 20)
    loads = [rate * work for rate, work in zip(rates, works, strict=True)]
    residual = [rate * square / 2 for rate, square in zip(rates, squares, strict=True)]
    waits = (residual[0] / (1 - loads[0]), sum(residual) / (1 - loads[0]) / (1 - sum(loads)))
    cvs = [math.sqrt(square / work**2 - 1) for square, work in zip(squares, works, strict=True)]
    figures = theory.preemptive_resume(rates, works, cvs)
    assert figures.wait == pytest.approx(waits)
    stay = works[1] / (1 - loads[0])
    assert figures.response[1] == pytest.approx(waits[1] + stay)
    doc = calls(0, 1, days=15, work=call)
    doc["queue"]["calls"]["volume"] = {"per_hour": rates[0] * 3600}
    doc["queue"]["mail"] = {
        "channel": "email", "volume": {"per_hour": rates[1] * 3600}, "turns": 1, "work": mail, "wrap_up": 0,
        "idle_timeout": 0,
    }  # fmt: skip
    doc["team"]["desk"] |= {"skills": {"calls": 1, "mail": 2}, "interrupts": {"calls": ["mail"]}}
    expected = {
        "queue.calls.asa": waits[0],
        "queue.mail.asa": waits[1],
        "queue.mail.session_mean": stay,
        "queue.mail.response_mean": waits[1] + stay,
        "team.desk.utilisation": sum(loads),
        # a call finds mail in work as often as there is any
        "interruptions": rates[0] * loads[1],
    }

    def interruptions(run: Run) -> tuple[float, float]:
        start = run.log.suspended_start
        within = (start >= run.plan.warm_up) & (start < run.plan.end)
        return float(within.sum()), (run.plan.end - run.plan.warm_up) / 1e6

    agree(doc, expected, own={"interruptions": interruptions})


# --- shared attention


MINUTES = (3.0, 3.5, 4.0)
"""to handle a chat, with one, two, three of them at once"""


def shared(per_hour: float, agents: int, *, days: int, **queue: Any) -> Doc:
    doc = chats(per_hour, agents, len(MINUTES), days=days, **queue)
    for key in ("turns", "work", "reply_latency", "wrap_up"):
        del doc["queue"]["chat"][key]
    doc["queue"]["chat"]["work_by_concurrency"] = [f"{round(60 * minutes)}s" for minutes in MINUTES]
    return doc


@pytest.mark.parametrize(("per_hour", "patience", "max_waiting"), [(85, None, 2), (95, 180.0, 40)])
def test_shared_attention(agree: Agree, per_hour: int, patience: float | None, max_waiting: int) -> None:
    """Two agents who work on up to three chats at once (test_formulas solves their chain a second time)."""
    means = [60 * minutes for minutes in MINUTES]
    figures = theory.shared_attention(per_hour / 3600, means, 2, patience, max_waiting)
    served = per_hour / 3600 * (1 - figures.blocked - figures.abandonment)
    # whatever the chain: an agent with j chats ends j every mean[j - 1]
    ends = sum(j / means[j - 1] * share for j, share in enumerate(figures.concurrency_shares[1:], 1))
    assert served == pytest.approx(2 * ends)
    expected = {
        "queue.chat.wait_mean": figures.wait_mean * (1 - figures.blocked),
        "queue.chat.queue_mean": figures.queue_mean,
        "queue.chat.session_mean": figures.session_mean,
        "team.desk.slot_occupancy": figures.sessions / 6,
        "team.desk.utilisation": 1 - figures.concurrency_shares[0],
        "team.desk.concurrency_share_1": figures.concurrency_shares[1],
        "team.desk.concurrency_share_2": figures.concurrency_shares[2],
        "team.desk.concurrency_share_3plus": figures.concurrency_shares[3],
    }
    if patience is None:
        expected["blocked"] = figures.blocked
    else:
        expected["queue.chat.abandonment"] = figures.abandonment
    doc = shared(
        per_hour, 2, days=12, max_waiting=max_waiting,
        patience="never" if patience is None else exponential(patience),
    )  # fmt: skip
    agree(doc, expected, own={"blocked": blocked}, replications=30)


def test_shared_attention_of_one_agent_is_insensitive(agree: Agree) -> None:
    """Without a waiting room only the mean of work counts (processor sharing, Cohen 1979): here it is lognormal."""
    rate = 45 / 3600
    weights = [math.prod(rate * 60 * minutes / j for j, minutes in enumerate(MINUTES[:n], 1)) for n in range(4)]
    shares = [weight / sum(weights) for weight in weights]
    figures = theory.shared_attention(rate, [60 * minutes for minutes in MINUTES], 1, max_waiting=0)
    assert figures.concurrency_shares == pytest.approx(tuple(shares))
    expected = {
        "blocked": shares[3],
        "queue.chat.session_mean": sum(n * share for n, share in enumerate(shares)) / rate / (1 - shares[3]),
        "team.desk.utilisation": 1 - shares[0],
        "team.desk.concurrency_share_1": shares[1],
        "team.desk.concurrency_share_2": shares[2],
    }
    agree(shared(45, 1, days=12, max_waiting=0, work_cv=1.5), expected, own={"blocked": blocked})


# --- phone, chat and messaging on one agent


def test_mixed_channels_on_one_agent(agree: Agree) -> None:
    """A call takes the whole agent, a chat a third, a message thread a fifth; nobody may wait (Kaufman, Roberts).

    The agent answers chats and messages in no time, so that these last as long as their customers take to reply.
    """
    loads, units = {"calls": 0.3, "chat": 0.5, "inbox": 0.7}, {"calls": 15, "chat": 5, "inbox": 3}
    durations = {"calls": 10, "chat": 20, "inbox": 40}
    weights = np.array([0.3**i * 0.5**j * 0.7**k / math.factorial(j) / math.factorial(k)
                        for i in range(2) for j in range(4) for k in range(6)])  # fmt: skip
    held = np.array([15 * i + 5 * j + 3 * k for i in range(2) for j in range(4) for k in range(6)])
    weights = np.where(held > 15, 0, weights) / weights[held <= 15].sum()
    refused = {name: float(weights[held + size > 15].sum()) for name, size in units.items()}
    figures = theory.kaufman_roberts(15, list(units.values()), list(loads.values()))
    assert figures == pytest.approx(tuple(refused.values()))

    doc = calls(loads["calls"], 1, days=5, max_waiting=0, work={"mean": 10, "cv": 1.5})
    for name, channel, latency in (("chat", "live_chat", {"low": 0, "high": 40}), ("inbox", "messaging", 40)):
        doc["queue"][name] = {
            "channel": channel, "volume": {"per_hour": loads[name] / durations[name] * 3600}, "turns": 2, "work": 0,
            "wrap_up": 0, "reply_latency": latency, "idle_timeout": "never", "patience": "never", "max_waiting": 0,
        }  # fmt: skip
    doc["team"]["desk"] |= {"skills": dict.fromkeys(loads, 1), "concurrency": {"calls": 1, "chat": 3, "inbox": 5}}
    expected = {f"blocked.{name}": share for name, share in refused.items()}
    expected["team.desk.slot_occupancy"] = float(weights @ held) / 15
    expected["team.desk.utilisation"] = loads["calls"] * (1 - refused["calls"])

    def refused_of(queue: int) -> Figure:
        def figure(run: Run) -> tuple[float, float]:
            mine = run.counted(queue)
            return float((run.log.outcome[mine] == Outcome.BLOCKED).sum()), float(mine.sum())

        return figure

    agree(doc, expected, own={f"blocked.{name}": refused_of(queue) for queue, name in enumerate(loads)})


# --- customers who leave without telling


@pytest.mark.parametrize("room", [1, 3])
def test_silent_abandonment(agree: Agree, room: int) -> None:
    """One agent with one slot, for whom a silent customer is work in vain and a wait for a reply that does not come."""
    rate, work, patience, silent, timeout = 0.03, 40.0, 60.0, 0.4, 50.0
    figures = theory.silent_abandonment(rate, work, patience, silent, timeout, room)
    # whatever happens: an agent works on all but the blocked and those who told, and waits for the silent in vain
    worked = rate * (1 - figures.blocked - figures.abandoned)
    assert figures.utilisation == pytest.approx(worked * work)
    assert figures.occupancy == pytest.approx(worked * work + rate * figures.silently_abandoned * timeout)
    expected = {
        "blocked": figures.blocked,
        "abandoned": figures.abandoned,
        "silently_abandoned": figures.silently_abandoned,
        "queue.chat.queue_mean": figures.queue_mean,
        "team.desk.utilisation": figures.utilisation,
        "team.desk.occupancy": figures.occupancy,
    }
    doc = chats(
        rate * 3600, 1, 1, days=15, turns=1, work=exponential(work), patience=exponential(patience),
        silent_abandonment=silent, idle_timeout=timeout, max_waiting=room,
    )  # fmt: skip
    outcomes = (Outcome.BLOCKED, Outcome.ABANDONED, Outcome.SILENTLY_ABANDONED)
    agree(doc, expected, own={outcome.name.lower(): share_of(outcome) for outcome in outcomes})


# --- customers who call again


@pytest.mark.parametrize(("patience", "max_waiting"), [(None, 0), (8.0, 60)])
def test_redials(agree: Agree, patience: float | None, max_waiting: int) -> None:
    """Three agents; of the blocked, or of those who hung up, 60 % call again half a minute later on average."""
    rate, agents, share, after = 0.28, 3, 0.6, 30.0
    figures = theory.redials(
        rate=rate, work=WORK, agents=agents, share=share, after=after, patience=patience, max_waiting=max_waiting
    )
    lost = figures.blocked + figures.abandonment
    # whatever the chain: of each call that fails the share comes back
    assert figures.attempts == pytest.approx(1 / (1 - share * lost))
    expected = {
        "attempts": figures.attempts,
        "team.desk.utilisation": rate * figures.attempts * (1 - lost) * WORK / agents,
    }
    if patience is None:
        expected["blocked"] = figures.blocked
    else:
        expected |= {
            "queue.calls.abandonment": figures.abandonment,
            "queue.calls.wait_mean": figures.wait_mean,
            "queue.calls.queue_mean": figures.queue_mean,
        }

    def attempts(run: Run) -> tuple[float, float]:
        mine = run.counted()
        return float(mine.sum()), float((mine & (run.log.parent < 0)).sum())

    doc = calls(
        rate * WORK, agents, days=2, max_waiting=max_waiting, retry={"share": share, "after": exponential(after)},
        limit=100, patience="never" if patience is None else exponential(patience),
    )  # fmt: skip
    agree(doc, expected, own={"blocked": blocked, "attempts": attempts})


# --- bots


def test_bot_thins_the_arrivals(agree: Agree) -> None:
    """Customers who are with a bot, each for a time of their own, come out of it as a Poisson process: Erlang A."""
    per_second, contains, asks_human = 0.8, 0.5, 0.1
    reaches = asks_human + (1 - asks_human) * (1 - contains)
    figures = theory.erlang_a(per_second * reaches, WORK, 5, 20, 5)
    bot = {"contains": contains, "asks_human": asks_human, "time": {"mean": 60, "cv": 1.2}}
    doc = calls(per_second * WORK, 5, patience=exponential(20), bot=bot)
    expected = of_figures(figures) | {"contained": 1 - reaches}

    def waited_of_entered(run: Run) -> tuple[float, float]:
        entered = run.counted() & (run.log.outcome != Outcome.CONTAINED)
        return waited(run)[0], float(entered.sum())

    agree(doc, expected, own={"contained": share_of(Outcome.CONTAINED), "waited": waited_of_entered})


def test_bot_that_loses_context(agree: Agree) -> None:
    """Who comes from the bot explains again, a turn more than who asked for a human; each message waits as in Erlang C
    of all turns, as these are an open network."""
    rate, contains, asks_human, agents = 0.1, 0.4, 0.25, 2
    from_bot = (1 - asks_human) * (1 - contains)
    turns = 1 + from_bot / (asks_human + from_bot)
    messages = rate * (asks_human + 2 * from_bot)
    load = messages * WORK
    figures = theory.erlang_c(messages, WORK, agents, 5)
    assert figures.asa == pytest.approx(_erlang_c_wait(load, agents))
    doc = chats(
        rate * 3600, agents, 1, days=6, channel="messaging", turns=1, reply_latency=exponential(60), idle_timeout=0,
        same_agent_for=0, expires_after="never", reread={"after": "never"},
        bot={"contains": contains, "asks_human": asks_human, "time": "30s", "loses_context": True},
    )  # fmt: skip
    expected = {
        "queue.chat.turns_mean": turns,
        "queue.chat.asa": figures.asa,
        "queue.chat.reply_wait_mean": figures.asa,
        "team.desk.utilisation": load / agents,
    }
    agree(doc, expected)


def _erlang_c_wait(load: float, agents: int) -> float:
    weights = [load**k / math.factorial(k) for k in range(agents)]
    full = load**agents / math.factorial(agents) * agents / (agents - load)
    return full / (sum(weights) + full) * WORK / (agents - load)


# --- calls back


def with_offer(doc: Doc, **offer: Any) -> Doc:
    return doc | {"callback": {"offer": {"queue": "calls"} | offer}}


def test_a_call_back_for_all_who_wait_is_erlang_c(agree: Agree) -> None:
    """Nobody hangs up who is offered a call back at once, accepts it and picks up: Erlang C, whatever the patience."""
    load, agents = 3.5, 5
    doc = with_offer(calls(load, agents, days=4, patience=exponential(4)), offer_above=0, accepts=1.0)
    figures = theory.erlang_c(load / WORK, WORK, agents, 5)
    assert figures.asa == pytest.approx(_erlang_c_wait(load, agents))
    expected = of_figures(figures)
    del expected["queue.calls.abandonment"]
    called_back = {"called_back": figures.wait_probability}

    def called(run: Run) -> tuple[float, float]:
        mine = run.counted()
        assert not (run.log.outcome[mine] == Outcome.ABANDONED).any()
        return float(run.log.called_back[mine].sum()), float(mine.sum())

    agree(doc, expected | called_back, own={"waited": waited, "called_back": called})


def test_a_call_back_that_some_accept(agree: Agree) -> None:
    """Who accepts keeps the place and has patience without end: Erlang A with a mixed distribution of patience."""
    load, agents, accepts = 5.5, 5, 0.5
    distribution = theory.Patience(lambda x: accepts + (1 - accepts) * np.exp(-x / 8))
    figures = theory.erlang_a_general(load / WORK, WORK, agents, distribution, 5)
    # of those who wait, the share that does not accept may leave; all the others are served
    served = 1 - figures.abandonment
    assert figures.utilisation == pytest.approx(load * served / agents)
    doc = with_offer(calls(load, agents, days=2, patience=exponential(8)), offer_above=0, accepts=accepts)
    agree(doc, of_figures(figures), own={"waited": waited})


def test_a_call_back_that_nobody_picks_up(agree: Agree) -> None:
    """One agent, 30 % of those called back do not pick up: the calls that had to wait last differently from those that
    begin a busy period (Welch 1964)."""
    rate, no_answer, dials = 0.055, 0.3, 6

    def figures(first: tuple[float, float], later: tuple[float, float]) -> tuple[float, float]:
        """Share of time idle and mean wait, of the mean and mean square of work on the first call and on later ones."""
        load, begins = rate * later[0], rate * first[0]
        wait = later[1] / (1 - load) + (first[1] - later[1]) / (1 - load + begins)
        return (1 - load) / (1 - load + begins), rate / 2 * wait

    first = (WORK, 2 * WORK**2)
    assert figures(first, first) == pytest.approx((1 - rate * WORK, theory.mg1_wait(rate, WORK, 1)))
    picks_up = 1 - no_answer
    later = (picks_up * WORK + no_answer * dials, picks_up * 2 * WORK**2 + no_answer * dials**2)
    idle, wait = figures(first, later)
    expected = {
        "waited": 1 - idle,
        "queue.calls.wait_mean": wait,
        "queue.calls.abandonment": (1 - idle) * no_answer,
        "team.desk.utilisation": 1 - idle,
    }
    doc = calls(0, 1, days=10)
    doc["queue"]["calls"] |= {"volume": {"per_hour": rate * 3600}}
    doc = with_offer(doc, offer_above=0, accepts=1.0, no_answer=no_answer, no_answer_time=dials)
    agree(doc, expected, own={"waited": waited})


@pytest.mark.parametrize(
    "offer", [{"offer_above": "100d", "accepts": 1.0}, {"offer_above": 0, "accepts": 0.0}], ids=["far", "refused"]
)
def test_a_call_back_that_nobody_accepts_changes_nothing(tmp_path: Path, offer: Doc) -> None:
    doc = calls(5, 4, patience=exponential(30))
    (without,) = runs(tmp_path, doc, 1)
    (refused,) = runs(tmp_path, with_offer(doc, no_answer=0.5, no_answer_time=20, **offer), 1)
    assert (without.log.outcome == Outcome.ABANDONED).any()
    for before, after in zip(without.log, refused.log, strict=True):
        np.testing.assert_array_equal(before, after)


# --- busy days


@pytest.mark.parametrize("correlation", [0.0, 1.0])
def test_busy_days(agree: Agree, correlation: float) -> None:
    """Two queues of one team, whose volumes vary from day to day: a mixture of Erlang A over the day's load.

    Two independent gamma distributions alike add up to one of twice the shape; fully correlated ones to one of the same
    shape. A call counts, whatever its day, so a day counts by its calls. Days are long against calls and patience.
    """
    load, agents, work, patience, cv = 2.4, 2, 300, 180, 0.4
    shape = (1 if correlation else 2) / cv**2
    points, weights = special.roots_genlaguerre(40, shape - 1)
    weights /= weights.sum()
    rates = load / work * points / shape
    days = [theory.erlang_a(rate, work, agents, patience, 60) for rate in rates]
    assert weights @ rates == pytest.approx(load / work)
    assert weights @ rates**2 == pytest.approx((load / work) ** 2 * (1 + 1 / shape))
    by_call = weights * rates / (weights @ rates)
    expected = {
        "abandonment": float(by_call @ [day.abandonment for day in days]),
        "service_level": float(by_call @ [day.service_level for day in days]),
        "wait_mean": float(by_call @ [day.wait_mean for day in days]),
        "team.desk.utilisation": float(weights @ [day.utilisation for day in days]),
    }
    doc = calls(0, agents, days=220, work=exponential(work), patience=exponential(patience), service_level="80% in 60s")
    doc["queue"]["calls"]["volume"] = {"per_hour": load / 2 / work * 3600, "busyness_cv": cv}
    doc["queue"]["others"] = doc["queue"]["calls"]
    doc["team"]["desk"]["skills"]["others"] = 1

    def of_both(metric: str) -> Figure:
        def figure(run: Run) -> tuple[float, float]:
            over, under = run.measures.values["queue", metric]
            return float(over[-1]), float(under[-1])  # the total

        return figure

    own = {name: of_both(name) for name in expected if not name.startswith("team")}
    agree(doc | {"busyness": {"correlation": correlation}}, expected, own=own)
