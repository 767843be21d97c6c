"""Conversations of several turns, beside Markov chains: agents with slots, pooled inboxes, early ends, transfers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ccsim import theory
from ccsim.tables import NEVER, Outcome
from tests.theory.conftest import Agree, Doc, Figure, Run

WORK, LATENCY = 10, 25


def exponential(mean: float) -> Doc:
    return {"dist": "exponential", "mean": mean}


def chats(per_hour: float, agents: int, slots: int, *, days: int = 1, **queue: Any) -> Doc:
    """Live chat at a constant rate, of exponential works and latencies; nobody leaves unless `queue` says so."""
    return {
        "days": days,
        "warm_up": "1h",
        "queue": {
            "chat": {
                "channel": "live_chat",
                "volume": {"per_hour": per_hour},
                "turns": {"mean": 4},
                "work": exponential(WORK),
                "reply_latency": exponential(LATENCY),
                "wrap_up": 0,
                "patience": "never",
                "idle_timeout": "never",
            }
            | queue
        },
        "team": {
            "desk": {
                "skills": {"chat": 1},
                "concurrency": {"chat": slots},
                "shifts": [{"agents": agents, "hours": "always"}],
            }
        },
    }


def share_of(outcome: Outcome) -> Figure:
    def share(run: Run) -> tuple[float, float]:
        mine = run.counted()
        return float((run.log.outcome[mine] == outcome).sum()), float(mine.sum())

    return share


# --- one agent, always full


@pytest.mark.parametrize(
    ("slots", "distribution"), [(1, "exponential"), (2, "exponential"), (3, "exponential"), (3, "uniform"),
                       (4, "exponential"), (5, "exponential"), (6, "exponential")],
)  # fmt: skip
def test_endless_chats(agree: Agree, slots: int, distribution: str) -> None:
    """Chats without end in every slot of an agent: machine repair, of any distribution of latency.

    The agent is idle as often as a group of `slots` lines with load latency / work is full. Ten agents at a time, who
    have nothing to do with one another, and longer work, because a workload of many turns takes long to draw.
    """
    work, latency, agents = 60, 150, 10
    load = latency / work
    weights = [load**k / math.factorial(k) for k in range(slots + 1)]
    busy = 1 - weights[-1] / sum(weights)
    wait = slots * work / busy - work - latency
    figures = theory.machine_repair(slots, work, latency)
    assert (figures.utilisation, figures.reply_wait) == pytest.approx((busy, wait), abs=1e-9)
    doc = chats(
        0, agents, slots,
        turns=700, initial_backlog={"contacts": agents * slots, "age": 0}, work=exponential(work),
        reply_latency={"low": 0, "high": 2 * latency} if distribution == "uniform" else exponential(latency),
    ) | {"drain": 0}  # fmt: skip
    expected = {"team.desk.utilisation": busy, "replies": agents * busy / work}
    if slots > 1:  # alone, a chat never waits
        expected["message_wait"] = wait

    def replies(run: Run) -> tuple[float, float]:
        assert (run.log.outcome == Outcome.OPEN).all()
        ends = (run.log.reply >= run.plan.warm_up) & (run.log.reply < run.plan.end)
        return float(ends.sum()), (run.plan.end - run.plan.warm_up) / 1e6

    agree(doc, expected, own={"replies": replies, "message_wait": message_wait})


@pytest.mark.parametrize("slots", range(1, 7))
def test_saturated_agent(agree: Agree, slots: int) -> None:
    """Twice as many chats as the agent can handle: whoever ends makes room for one who has been waiting, whose message
    is there at once. On average a message follows a reply by 3/4 of the latency: the last of four turns has none."""
    load = 0.75 * LATENCY / WORK
    weights = [load**k / math.factorial(k) for k in range(slots + 1)]
    busy = 1 - weights[-1] / sum(weights)
    assert theory.machine_repair(slots, WORK, 0.75 * LATENCY).utilisation == pytest.approx(busy)
    per_second = busy / WORK / 4
    expected = {
        "team.desk.utilisation": busy,
        "resolved": per_second,
        "message_wait": slots * WORK / busy - WORK - 0.75 * LATENCY,
        "chat_duration": 4 * slots * WORK / busy,
    }
    if slots == 1:
        del expected["message_wait"]

    def resolved(run: Run) -> tuple[float, float]:
        left = run.log.left[run.log.outcome == Outcome.RESOLVED]
        within = (left >= run.plan.warm_up) & (left < run.plan.end)
        return float(within.sum()), (run.plan.end - run.plan.warm_up) / 1e6

    def duration(run: Run) -> tuple[float, float]:
        """Of chats assigned before the end: those after it are not fed by arrivals."""
        log = run.log
        mine = (log.stretch_start >= run.plan.warm_up) & (log.stretch_start < run.plan.end) & (log.stretch_agent >= 0)
        return float((log.stretch_end - log.stretch_start)[mine].sum()) / 1e6, float(mine.sum())

    doc = chats(2 * 3600 * per_second, 1, slots, days=3, max_waiting=50)
    own = {"resolved": resolved, "message_wait": message_wait, "chat_duration": duration}
    if slots == 1:
        expected["chat_duration"] = 4 * WORK + 3 * LATENCY
    agree(doc, expected, own=own)


def message_wait(run: Run) -> tuple[float, float]:
    """From assignment or the message, whichever is later, to the start of work; of messages answered,
    from within [warm_up, end)."""
    log = run.log
    owner = np.repeat(np.arange(len(log.turns)), np.maximum(log.turns, 0))
    assigned = np.full(len(log.turns), NEVER)
    held = log.stretch_agent >= 0
    assigned[log.stretch_contact[held]] = log.stretch_start[held]
    since = np.maximum(log.message, assigned[owner])
    mine = (since >= run.plan.warm_up) & (since < run.plan.end) & (log.start < NEVER)
    return float((log.start - since)[mine].sum()) / 1e6, float(mine.sum())


# --- a group of chat agents


@pytest.mark.parametrize(("per_hour", "max_waiting"), [(75, 100), (110, 3), (120, 0)])
def test_two_agents_of_two_slots(agree: Agree, per_hour: int, max_waiting: int) -> None:
    """Two agents with two slots each against their Markov chain (which test_formulas solves a second time)."""
    rate, turns = per_hour / 3600, 4
    figures = theory.chat_group(
        rate=rate, work=WORK, latency=LATENCY, turns=turns, agents=2, slots=2, max_waiting=max_waiting
    )
    load = rate * (1 - figures.blocked) * turns * WORK
    # what must hold whatever the chain: agents do the work that comes, and Little's distribution
    assert figures.utilisation == pytest.approx(load / 2)
    stay = turns * (WORK + figures.message_wait) + (turns - 1) * LATENCY
    assert figures.session_mean == pytest.approx(stay)
    expected = {
        "at_once": figures.at_once,
        "first_wait_at_once": figures.first_wait_at_once,
        "message_wait": figures.message_wait,
        "queue.chat.session_mean": figures.session_mean,
        "team.desk.utilisation": load / 2,
        "team.desk.slot_occupancy": figures.sessions / 4,
        **{f"team.desk.concurrency_share_{j}": figures.concurrency_shares[j] for j in range(3)},
    }
    if figures.blocked > 0.01:
        expected["blocked"] = figures.blocked
    if max_waiting:
        expected["queue.chat.queue_mean"] = figures.queue_mean
        expected["assignment_wait"] = figures.assignment_wait

    def first_stretch(run: Run) -> tuple[Any, Any]:
        mine = run.counted()[run.log.stretch_contact] & (run.log.stretch_agent >= 0)
        return mine, mine & (run.log.stretch_start == run.log.stretch_since)

    def at_once(run: Run) -> tuple[float, float]:
        return float(first_stretch(run)[1].sum()), float(run.counted().sum())

    def first_wait(run: Run) -> tuple[float, float]:
        contact = run.log.stretch_contact[first_stretch(run)[1]]
        return float((run.log.start[run.log.first_turn[contact]] - run.log.arrival[contact]).sum()) / 1e6, len(contact)

    def assignment_wait(run: Run) -> tuple[float, float]:
        mine = first_stretch(run)[0]
        return float((run.log.stretch_start - run.log.stretch_since)[mine].sum()) / 1e6, float(mine.sum())

    own = {
        "at_once": at_once,
        "first_wait_at_once": first_wait,
        "message_wait": message_wait,
        "assignment_wait": assignment_wait,
        "blocked": share_of(Outcome.BLOCKED),
    }
    agree(chats(per_hour, 2, 2, days=12, max_waiting=max_waiting), expected, own=own, replications=50)


# --- a pooled inbox


@pytest.mark.parametrize("latency", [exponential(60), {"mean": 60, "cv": 2}], ids=["exponential", "lognormal"])
def test_pooled_inbox(agree: Agree, latency: Any) -> None:
    """Messaging in which every message queues anew: each of them waits as in Erlang C, whatever the latency."""
    per_hour, turns, agents = 315, 4, 5
    rate = per_hour / 3600
    figures = theory.erlang_r(rate=rate, turns=turns, work=WORK, latency=60, agents=agents, threshold=5)
    load = rate * turns * WORK
    weights = [load**k / math.factorial(k) for k in range(agents)]
    full = load**agents / math.factorial(agents) * agents / (agents - load)
    wait = full / (sum(weights) + full) * WORK / (agents - load)
    assert figures.queue.asa == pytest.approx(wait)
    expected = {
        "queue.inbox.asa": wait,
        "queue.inbox.reply_wait_mean": wait,
        "queue.inbox.response_mean": wait + WORK,
        "queue.inbox.service_level": figures.queue.service_level,
        "queue.inbox.queue_mean": rate * turns * wait,
        "queue.inbox.open_mean": rate * (turns * (wait + WORK) + (turns - 1) * 60),
        "queue.inbox.session_mean": turns * WORK,
        "team.desk.utilisation": load / agents,
    }
    assert figures.open_mean == pytest.approx(expected["queue.inbox.open_mean"])
    doc = chats(
        per_hour, agents, 1,
        channel="messaging", reply_latency=latency, idle_timeout=0, same_agent_for=0, expires_after="never",
        reread={"after": "never"}, service_level="80% in 5s",
    )  # fmt: skip
    doc["queue"]["inbox"] = doc["queue"].pop("chat")
    doc["team"]["desk"] |= {"skills": {"inbox": 1}, "concurrency": {"inbox": 1}}
    agree(doc | {"days": 7}, expected)


# --- conversations that end early


@pytest.mark.parametrize("transfer", [0.0, 0.3])
def test_silence_ends_chats(agree: Agree, transfer: float) -> None:
    """An idle timeout of 40 s ends a fifth of the silences; some chats are to be transferred after a turn."""
    turns, timeout = 4, 40
    late = math.exp(-timeout / LATENCY)
    length = np.arange(1, 2000)
    share = 0.75 ** (length - 1) / 4
    stays = (1 - late) ** (length - 1)
    # due after one of its turns at random: it comes to turn j with probability (1 - late)^j
    reach = np.cumsum(stays) / length
    expected = {
        "resolved": float((1 - transfer) * share @ stays),
        "transferred": float(transfer * share @ reach),
    }
    expected = {name: value for name, value in expected.items() if value}
    figures = theory.idle_closure(turns, LATENCY, timeout, transfer)
    assert figures.resolved == pytest.approx(expected["resolved"])
    assert figures.transferred == pytest.approx(expected.get("transferred", 0))
    expected["timed_out"] = 1 - sum(expected.values())
    expected["queue.chat.turns_mean"] = figures.turns
    # with an agent for each chat nothing waits: a session is work and silence
    expected["queue.chat.session_mean"] = figures.turns * WORK + figures.silence
    doc = chats(400, 40, 1, days=2, idle_timeout=timeout)
    if transfer:
        doc["queue"]["chat"]["transfer"] = [{"to": "calls", "share": transfer}]
        doc["queue"]["calls"] = {"channel": "phone", "work": 1, "wrap_up": 0}
        doc["team"]["desk"]["skills"]["calls"] = 2
    own = {name: share_of(Outcome[name.upper()]) for name in ("resolved", "transferred", "timed_out")}
    agree(doc, expected, own=own)


# --- transfers


def test_transfers_in_tandem(agree: Agree) -> None:
    """Three phone queues with transfers, some of them back, at most three in a chain: each waits as in Erlang C of the
    contacts that visit it (Jackson)."""
    names = ("front", "orders", "experts")
    shares = np.array([[0.0, 0.4, 0.2], [0.0, 0.0, 0.5], [0.2, 0.0, 0.0]])
    works, agents = (10, 15, 20), (5, 4, 4)
    outside = np.array([0.3, 0.02, 0.0])
    visits = sum(outside @ np.linalg.matrix_power(shares, legs) for legs in range(4))
    assert theory.visit_rates(outside.tolist(), shares.tolist(), limit=3) == pytest.approx(tuple(visits))
    doc: Doc = {"days": 7, "warm_up": "1h", "queue": {}, "team": {}}
    expected: dict[str, float] = {}
    own: dict[str, Figure] = {}

    def visited(queue: int) -> Figure:
        def figure(run: Run) -> tuple[float, float]:
            return float(run.counted(queue).sum()), (run.plan.end - run.plan.warm_up) / 1e6

        return figure

    for i, (name, rate) in enumerate(zip(names, visits.tolist(), strict=True)):
        load = rate * works[i]
        weights = [load**k / math.factorial(k) for k in range(agents[i])]
        full = load ** agents[i] / math.factorial(agents[i]) * agents[i] / (agents[i] - load)
        wait = full / (sum(weights) + full) * works[i] / (agents[i] - load)
        assert theory.erlang_c(rate, works[i], agents[i], 5).asa == pytest.approx(wait)
        expected |= {f"visits.{name}": rate, f"queue.{name}.asa": wait, f"team.{name}.utilisation": load / agents[i]}
        own[f"visits.{name}"] = visited(i)
        doc["queue"][name] = {
            "channel": "phone", "volume": {"per_hour": float(outside[i] * 3600)}, "work": exponential(works[i]),
            "wrap_up": 0, "patience": "never",
            "transfer": [{"to": to, "share": float(s)} for to, s in zip(names, shares[i], strict=True) if s],
        }  # fmt: skip
        doc["team"][name] = {"skills": {name: 1}, "shifts": [{"agents": agents[i], "hours": "always"}]}
    agree(doc, expected, own=own)
