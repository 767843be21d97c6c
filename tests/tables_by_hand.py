"""Plans and workloads written by hand, in seconds.

plan = make_plan([queue("live_chat", idle_timeout=60)], [team({0: 1}, {0: 2}, agents=[[(0, 600)]])], end=600)
work = make_workload([contact(0, arrival=10, work=[30, 30], latency=[20])], plan)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ccsim.routing import (
    AGENT_POLICIES,
    CONTACT_POLICIES,
    MESSAGE_POLICIES,
    AgentColumn,
    ContactColumn,
    MessageColumn,
    columns_of,
)
from ccsim.scenario.channels import CHANNELS
from ccsim.tables import NEVER, SECOND, Link, Outside, Plan, Workload

FOREVER = math.inf


def us(seconds: float) -> int:
    """Microseconds; FOREVER becomes NEVER, -FOREVER -NEVER."""
    if math.isinf(seconds):
        return NEVER if seconds > 0 else -NEVER
    return round(seconds * SECOND)


QUEUE: dict[str, Any] = {
    "priority": 1, "head_start": 0, "target_time": FOREVER, "max_waiting": FOREVER,
    "idle_timeout": FOREVER, "expires_after": FOREVER, "same_agent_for": 0, "over_capacity": False,
    "reread_after": FOREVER, "reread_work": 0, "reread_per_turn": 0, "outside": Outside.REJECT,
    "drop_at_close": False, "carry_wait": False, "limit": 3, "reserved": False, "hours": [(-FOREVER, FOREVER)],
    "bot_hours": [], "shared": [], "offer_above": FOREVER, "no_answer_time": 0,
    "told_place": 0, "keep_idle": 0, "work_after_wait": [], "bot_places": FOREVER, "parked_after": [],
    "alternatives": [], "session_time": 0,
}  # fmt: skip


def queue(channel: str = "live_chat", **changes: Any) -> dict[str, Any]:
    """A queue; everything off but what `changes` says. `hours` is a list of (opens, closes)."""
    assert not set(changes) - set(QUEUE), f"unknown: {set(changes) - set(QUEUE)}"
    return {
        **QUEUE,
        "one_to_one": CHANNELS[channel].one_to_one,
        "persistent": CHANNELS[channel].persistent,
        **changes,
    }


def team(
    rank: dict[int, int],
    concurrency: dict[int, int] | None = None,
    agents: Sequence[Sequence[tuple[Any, ...]]] = (((0, FOREVER),),),
    **changes: Any,
) -> dict[str, Any]:
    """A team. `agents`: for each agent their shifts (start, end), (start, end, [(pause start, pause end), …]) or, with
    when they take no new sessions, (start, end, pauses, [(from, until), …])."""
    defaults: dict[str, Any] = {
        "contact_rank": {}, "after": {}, "longer_than": {}, "pace": {}, "comes_back": {}, "slowdown": [1.0],
        "hand_over": False, "overrun": 1800, "interrupts": {}, "fatigue": [],
    }  # fmt: skip
    assert not set(changes) - set(defaults), f"unknown: {set(changes) - set(defaults)}"
    return {"rank": rank, "concurrency": concurrency or {}, "agents": agents, **defaults, **changes}


def make_plan(
    queues: Sequence[dict[str, Any]],
    teams: Sequence[dict[str, Any]],
    *,
    end: float = 3600,
    drain: float = 3600,
    warm_up: float = 0,
    agent: str | Sequence[str] = "least_loaded",
    contact: str | Sequence[str] = "longest_wait",
    attention: str | Sequence[str] = "oldest",
    limits: Sequence[tuple[float, int, int, int]] = (),
) -> Plan:
    """The plan of these queues and teams, times in seconds.

    `limits`: from a time on a team's concurrency in a queue, as (time, team, queue, sessions).
    """

    def of_queues(name: str, dtype: type) -> Any:
        return np.array([q[name] for q in queues], dtype=dtype)

    def times(name: str) -> Any:
        return np.array([us(q[name]) for q in queues], dtype=np.int64)

    def counts(name: str) -> Any:
        return np.array([NEVER if q[name] == FOREVER else q[name] for q in queues], dtype=np.int64)

    def grid(name: str, default: Any, dtype: type) -> Any:
        return np.array([[t[name].get(q, default) for q in range(len(queues))] for t in teams], dtype=dtype)

    grows = [*(q["work_after_wait"] for q in queues), *(t["fatigue"] for t in teams)]
    concurrency = grid("concurrency", 1, np.int64)
    capacity = math.lcm(*concurrency.ravel().tolist())
    longest = max(len(t["slowdown"]) for t in teams)
    agents = [(index, shifts) for index, t in enumerate(teams) for shifts in t["agents"]]
    shifts = [(a, shift) for a, (_, row) in enumerate(agents) for shift in row]
    pauses = [(s, *pause) for s, (_, shift) in enumerate(shifts) for pause in (shift[2] if len(shift) > 2 else [])]
    wind_downs = [(s, *span) for s, (_, shift) in enumerate(shifts) for span in (shift[3] if len(shift) > 3 else [])]
    return Plan(
        warm_up=us(warm_up),
        end=us(end),
        drain_end=us(end + drain),
        one_to_one=of_queues("one_to_one", np.bool_),
        persistent=of_queues("persistent", np.bool_),
        priority=of_queues("priority", np.int32),
        head_start=times("head_start"),
        carry_wait=of_queues("carry_wait", np.bool_),
        target_time=times("target_time"),
        max_waiting=counts("max_waiting"),
        idle_timeout=times("idle_timeout"),
        expires_after=times("expires_after"),
        same_agent_for=times("same_agent_for"),
        over_capacity=of_queues("over_capacity", np.bool_),
        reread_after=times("reread_after"),
        reread_work=times("reread_work"),
        reread_per_turn=times("reread_per_turn"),
        outside=of_queues("outside", np.int8),
        drop_at_close=of_queues("drop_at_close", np.bool_),
        limit=of_queues("limit", np.int32),
        reserved=of_queues("reserved", np.bool_),
        keep_idle=of_queues("keep_idle", np.int64),
        hours_offset=np.cumsum([0, *(len(q["hours"]) for q in queues)], dtype=np.int64),
        opens=np.array([us(span[0]) for q in queues for span in q["hours"]], dtype=np.int64),
        closes=np.array([us(span[1]) for q in queues for span in q["hours"]], dtype=np.int64),
        parked_after=np.array(
            [
                [
                    us((q["parked_after"] or [q["idle_timeout"]])[min(i, len(q["parked_after"] or [0]) - 1)])
                    for i in range(3)
                ]
                for q in queues
            ],
            dtype=np.int64,
        ).reshape(len(queues), 3),
        bot_places=counts("bot_places"),
        bot_offset=np.cumsum([0, *(len(q["bot_hours"]) for q in queues)], dtype=np.int64),
        bot_opens=np.array([us(span[0]) for q in queues for span in q["bot_hours"]], dtype=np.int64),
        bot_closes=np.array([us(span[1]) for q in queues for span in q["bot_hours"]], dtype=np.int64),
        shared_offset=np.cumsum([0, *(len(q["shared"]) for q in queues)], dtype=np.int64),
        shared_mean=np.array([us(mean) for q in queues for mean in q["shared"]], dtype=np.float64),
        offer_above=times("offer_above"),
        grows_offset=np.cumsum([0, *map(len, grows)], dtype=np.int64),
        grows_after=np.array([us(after) for steps in grows for after, _ in steps], dtype=np.int64),
        grows_by=np.array([by for steps in grows for _, by in steps], dtype=np.float64),
        told_place=times("told_place"),
        no_answer_time=times("no_answer_time"),
        alternative_offset=np.cumsum([0, *(len(q["alternatives"]) for q in queues)], dtype=np.int64),
        alternative=np.array([other for q in queues for other in q["alternatives"]], dtype=np.int32),
        session_time=times("session_time"),
        capacity=capacity,
        units=capacity // concurrency,
        most_units=np.full_like(concurrency, capacity),
        limit_time=np.array([us(time) for time, *_ in limits], dtype=np.int64),
        limit_team=np.array([limit[1] for limit in limits], dtype=np.int32),
        limit_queue=np.array([limit[2] for limit in limits], dtype=np.int32),
        limit_units=np.array([limit[3] * capacity // concurrency[limit[1:3]] for limit in limits], dtype=np.int64),
        rank=grid("rank", -1, np.int32),
        contact_rank=np.array(
            [[(t["rank"] | t["contact_rank"]).get(q, -1) for q in range(len(queues))] for t in teams], dtype=np.int32
        ),
        overflow_after=np.array(
            [[us(t["after"].get(q, 0)) for q in range(len(queues))] for t in teams], dtype=np.int64
        ),
        longer_than=grid("longer_than", -1, np.int64),
        pace=grid("pace", 1.0, np.float64),
        comes_back=grid("comes_back", 1.0, np.float64),
        slowdown=np.array(
            [[*t["slowdown"]] + [t["slowdown"][-1]] * (longest - len(t["slowdown"])) for t in teams], dtype=np.float64
        ),
        interrupts=np.array(
            [
                [[r in t["interrupts"].get(q, ()) for r in range(len(queues))] for q in range(len(queues))]
                for t in teams
            ],
            dtype=np.bool_,
        ),
        hand_over=np.array([t["hand_over"] for t in teams], dtype=np.bool_),
        overrun=np.array([us(t["overrun"]) for t in teams], dtype=np.int64),
        team=np.array([index for index, _ in agents], dtype=np.int32),
        shift_agent=np.array([a for a, _ in shifts], dtype=np.int32),
        shift_start=np.array([us(shift[0]) for _, shift in shifts], dtype=np.int64),
        shift_end=np.array([us(shift[1]) for _, shift in shifts], dtype=np.int64),
        pause_shift=np.array([p[0] for p in pauses], dtype=np.int32),
        pause_start=np.array([us(p[1]) for p in pauses], dtype=np.int64),
        pause_end=np.array([us(p[2]) for p in pauses], dtype=np.int64),
        wind_down_shift=np.array([w[0] for w in wind_downs], dtype=np.int32),
        wind_down_start=np.array([us(w[1]) for w in wind_downs], dtype=np.int64),
        wind_down_end=np.array([us(w[2]) for w in wind_downs], dtype=np.int64),
        agent_order=np.array(columns_of(agent, AGENT_POLICIES, AgentColumn), dtype=np.int8),
        contact_order=np.array(columns_of(contact, CONTACT_POLICIES, ContactColumn), dtype=np.int8),
        attention_order=np.array(columns_of(attention, MESSAGE_POLICIES, MessageColumn), dtype=np.int8),
    )


def contact(
    queue: int,
    arrival: float = 0,
    work: Sequence[float] = (60,),
    latency: Sequence[float] = (),
    *,
    patience: float = FOREVER,
    held_patience: float | None = None,
    balks_at: float = FOREVER,
    silent: bool = False,
    missed: bool = False,
    deflected: bool = False,
    bot_time: float = -1,
    asks_human: bool = False,
    contained: bool = False,
    bot_repeats: int = 0,
    agent_draw: int = 0,
    answer_delay: float = 0,
    outbound: bool = False,
    accepts_callback: bool = False,
    no_answer: bool = False,
    comeback: Sequence[float] = (),
    wrap_up: float = 0,
    reply_patience: Sequence[float] = (),
    after: float = 0,
    keep_agent: bool = False,
    transfer: dict[str, Any] | None = None,
    transfer_turn: int = 0,
    retry: dict[str, Any] | None = None,
    recontact: dict[str, Any] | None = None,
    comes_back: dict[str, Any] | None = None,
    reconnects: dict[str, Any] | None = None,
    reopening: dict[str, Any] | None = None,
    bounce: dict[str, Any] | None = None,
    closing: bool = False,
    reason: int = -1,
    reopen_draw: float = 0.0,
) -> dict[str, Any]:
    """A contact with one turn for each `work`; follow-ups are contacts too (their `after` counts, not their arrival).

    `latency[k]` follows the reply of turn k; `reply_patience[k]` is for turn k + 1. A return (`comes_back`) brings no
    turns of its own: give it `work=[]`; nor does `reconnects`, the same after a lost connection. `bot_time=-1`: no bot;
    `comeback[k]` follows turn k, -1: the connection holds. `closing`: the last turn is a closing word. `recontact`
    stands where `retry` would.
    """
    return {**locals()}


def make_workload(
    roots: Sequence[dict[str, Any]],
    plan: Plan,
    outs: Sequence[tuple[int, float, float]] = (),
    agent_pace: Sequence[float] = (),
) -> Workload:
    """The workload of these roots and their follow-ups, all agents present but for `outs` (shift, from, until).

    `agent_pace` is each agent's own, by default 1.
    """
    rows: list[dict[str, Any]] = []
    for root in sorted(roots, key=lambda c: (us(c["arrival"]), c["queue"])):
        rows.append({**root, "link": Link.ROOT, "root": len(rows), "generation": 0, "at": us(root["arrival"])})
    kinds = {
        "transfer": Link.TRANSFER,
        "retry": Link.RETRY,
        "recontact": Link.RECONTACT,
        "comes_back": Link.RETURN,
        "reconnects": Link.RETURN,
        "reopening": Link.REOPENING,
        "bounce": Link.BOUNCE,
    }
    for root in range(len(rows)):
        level = [root]
        while level:
            below: list[int] = []
            for parent in level:
                for kind, link in kinds.items():
                    child = rows[parent][kind]
                    rows[parent][kind] = -1
                    if child is not None:
                        rows[parent][kind] = len(rows)
                        below.append(len(rows))
                        generation = rows[parent]["generation"] + 1
                        rows.append({**child, "link": link, "root": root, "generation": generation, "at": NEVER})
            level = below

    def by_contact(name: str, dtype: type) -> Any:
        return np.array([row[name] for row in rows], dtype=dtype)

    def times(name: str) -> Any:
        return np.array([us(row[name]) for row in rows], dtype=np.int64)

    def by_turn(name: str, shift: int = 0) -> Any:
        """Values of each contact's turns, the first `shift` and the missing last ones filled with NEVER."""
        filled = ([FOREVER] * shift + [*row[name]] + [FOREVER] * len(row["work"]) for row in rows)
        return np.array([us(t) for row, ts in zip(rows, filled, strict=True) for t in ts[: len(row["work"])]], np.int64)

    turns = np.array([len(row["work"]) for row in rows], dtype=np.int32)
    draws = [
        -1 if row["transfer"] < 0 else ((row["transfer_turn"] << 31) + (1 << 30)) // max(1, len(row["work"]))
        for row in rows
    ]
    return Workload(
        queue=by_contact("queue", np.int32),
        arrival=by_contact("at", np.int64),
        root=by_contact("root", np.int32),
        generation=by_contact("generation", np.int32),
        link=by_contact("link", np.int8),
        after=times("after"),
        keep_agent=by_contact("keep_agent", np.bool_),
        transfer_child=by_contact("transfer", np.int32),
        transfer_draw=np.array(draws, dtype=np.int32),
        retry_child=np.array([max(row["retry"], row["recontact"]) for row in rows], dtype=np.int32),
        return_child=by_contact("comes_back", np.int32),
        reconnect_child=by_contact("reconnects", np.int32),
        reopen_child=by_contact("reopening", np.int32),
        bounce_child=by_contact("bounce", np.int32),
        reason=by_contact("reason", np.int8),
        first_turn=np.where(turns > 0, np.cumsum(turns) - turns, -1).astype(np.int64),
        turns=turns,
        patience=times("patience"),
        held_patience=np.array(
            [us(r["patience" if r["held_patience"] is None else "held_patience"]) for r in rows], dtype=np.int64
        ),
        balks_at=times("balks_at"),
        silent=by_contact("silent", np.bool_),
        missed=by_contact("missed", np.bool_),
        deflected=by_contact("deflected", np.bool_),
        bot_time=np.array([t if (t := row["bot_time"]) == -1 else us(t) for row in rows], dtype=np.int64),
        asks_human=by_contact("asks_human", np.bool_),
        contained=by_contact("contained", np.bool_),
        bot_repeats=by_contact("bot_repeats", np.int32),
        agent_draw=by_contact("agent_draw", np.int32),
        answer_delay=times("answer_delay"),
        outbound=by_contact("outbound", np.bool_),
        accepts_callback=by_contact("accepts_callback", np.bool_),
        no_answer=by_contact("no_answer", np.bool_),
        wrap_up=times("wrap_up"),
        work=by_turn("work"),
        latency=by_turn("latency"),
        reply_patience=by_turn("reply_patience", shift=1),
        comeback=np.array(
            [t if t == -1 else us(t) for r in rows for t in [*r["comeback"], *[-1] * len(r["work"])][: len(r["work"])]],
            dtype=np.int64,
        ),
        closing=np.array(
            [row["closing"] and k == len(row["work"]) - 1 for row in rows for k in range(len(row["work"]))], np.bool_
        ),
        reopen_draw=by_contact("reopen_draw", np.float64),
        agent_pace=np.array(agent_pace or [1.0] * len(plan.team), dtype=np.float64),
        present=np.ones(len(plan.shift_agent), dtype=np.bool_),
        out_shift=np.array([out[0] for out in outs], dtype=np.int32),
        out_start=np.array([us(out[1]) for out in outs], dtype=np.int64),
        out_end=np.array([us(out[2]) for out in outs], dtype=np.int64),
        turned_away=np.zeros(len(plan.priority), dtype=np.int64),
    )
