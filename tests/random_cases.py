"""Tiny random scenarios over the whole feature space, rich in ties.

`scenario(seed)` is a scenario file as a dict, `tables(doc)` its workload and plan with every time snapped to whole
minutes, so that arrivals, replies, timeouts, shifts and hours fall on one another. `shrink` reduces a failing one.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from ccsim.lowering import lower
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse
from ccsim.tables import NEVER, SECOND, MetricSpec, Plan, Workload
from ccsim.workload.sample import sample

ONE_TO_ONE = tuple(name for name, channel in CHANNELS.items() if channel.one_to_one)
PERSISTENT = tuple(name for name, channel in CHANNELS.items() if channel.persistent)
GRID = 60 * SECOND
DRAWN_TIMES = (
    "arrival", "after", "patience", "held_patience", "bot_time", "wrap_up", "work", "latency", "reply_patience",
    "comeback", "balks_at", "answer_delay",
)  # fmt: skip
"""Of a workload; what is left out is in whole minutes as it is."""


FILES = "files"
"""Key of a case under which the texts of its data files stand by name; no key of a scenario."""


Doc = dict[str, Any]


def minutes(count: int) -> str:
    return f"{count}m"


def clock(count: int) -> str:
    """Minutes since midnight as HH:MM."""
    return f"{count // 60:02d}:{count % 60:02d}"


def scenario(seed: int) -> Doc:  # noqa: PLR0915 (one statement a key)
    """A scenario of one day whose life is in its first hours."""
    r = random.Random(seed)
    of_breaks = random.Random(f"breaks {seed}")  # of its own, so that the rest of each case stays what it is

    def some(*choices: Any) -> Any:
        return r.choice(choices)

    def span(*choices: int) -> str:
        return minutes(some(*choices))

    def distribution(*choices: int) -> Any:
        low, high = sorted((some(*choices), some(*choices)))
        if low == high or r.random() < 0.3:
            return minutes(low)
        if r.random() < 0.2:
            return {"dist": "exponential", "mean": minutes(max(1, high))}
        return {"dist": "uniform", "low": minutes(low), "high": minutes(high)}

    names = [f"q{i}" for i in range(some(1, 2, 2, 3, 3, 4))]
    channels = {name: some(*CHANNELS, "phone", "live_chat", "live_chat", "messaging", "messaging") for name in names}
    # every many-at-once queue by turns, or (rarely) every one worked on all at once
    sessions_at_once = some(1, 2, 3) if r.random() < 0.12 else 0
    by_turns = [name for name in names if channels[name] not in ONE_TO_ONE and not sessions_at_once]

    def a_volume() -> Doc:
        return {"per_day": some(2, 4, 8, 15), "shape": [["00:00", 1], [clock(some(30, 120)), 0]]}

    def a_queue(name: str) -> Doc:
        channel = channels[name]
        queue: Doc = {"channel": channel, "volume": a_volume()}
        if r.random() < 0.3:
            queue["initial_backlog"] = {"contacts": some(1, 3), "age": distribution(0, 5, 30)}
        queue["service_level"] = some("80/60", "90/300")
        queue["priority"] = some(1, 1, 2)
        if r.random() < 0.2:
            queue["head_start"] = span(1, 5)
        if r.random() < 0.25:
            queue["max_waiting"] = some(0, 1, 2, 3)
        queue |= customers_before_and_after() | door(name)
        if channel in ONE_TO_ONE:
            queue |= work_and_transfers() | calls(channel)
        elif sessions_at_once:
            queue |= all_at_once()
        else:
            queue |= work_and_transfers() | turns()
            queue |= thread() if channel in PERSISTENT else session(queue["idle_timeout"])
        if channel in PERSISTENT and (sessions_at_once or queue["idle_timeout"] == "never"):
            queue["patience"] = queue["reply_patience"] = "never"
            queue.pop("auto_reply", None)
        return queue

    def customers_before_and_after() -> Doc:
        keys: Doc = {
            "patience": some("never", distribution(0, 1, 3, 6), distribution(2, 5, 10), distribution(5, 20)),
            "limit": some(0, 1, 3),
        }
        if r.random() < 0.5:
            shares = some({}, {to: 1 / len(names) for to in names})
            keys["retry"] = {"share": some(0.5, 1.0), "after": distribution(0, 1, 10), "to": shares}
        if r.random() < 0.3:
            keys["reopens"] = {"share": some(0.5, 1.0), "after": distribution(0, 1, 10, 40)}
        return keys

    def door(name: str) -> Doc:
        """Opening hours and what happens outside them; a bot."""
        keys: Doc = {"open": some("always", "always", {"mon": f"{clock(some(0, 10, 30))}-{clock(some(60, 90))}"})}
        if keys["open"] != "always" and r.random() < 0.3:
            keys["open"] = {"mon": ["00:10-00:40", f"{clock(some(50, 60))}-02:00"]}
        keys["outside_hours"] = some("reject", "hold")
        keys["at_close"] = some("serve", "drop")
        if r.random() < 0.3:
            keys["bot"] = {"contains": some(0.0, 0.3, 1.0), "time": distribution(0, 1, 3), "asks_human": some(0.0, 0.5)}
            keys["bot"]["hours"] = some("always", {"mon": f"00:10-{clock(some(20, 60))}"})
            keys["bot"]["loses_context"] = name in by_turns and some(False, True)
            keys["outside_hours"] = some("reject", "hold", "bot")
        if keys["outside_hours"] == "hold" and r.random() < 0.2:
            keys["auto_reply"] = {"patience": distribution(2, 10, 40)}
        return keys

    def work_and_transfers() -> Doc:
        keys: Doc = {"work": distribution(0, 1, 2, 3, 5), "wrap_up": distribution(0, 0, 1, 2)}
        if r.random() < 0.4:
            keys["transfer"] = [transfer(to) for to in r.sample(names, k=some(1, min(2, len(names))))]
        return keys

    def calls(channel: str) -> Doc:
        keys: Doc = {"answer_delay": span(0, 0, 1, 2), "same_agent_for": span(0, 3)}
        if channel in ("video", "in_person") and r.random() < 0.3:
            times = {"hours": "00:00-01:00", "every": span(5, 15), "each": some(1, 2)}
            keys["volume"] = {"appointments": times, "no_show": some(0.0, 0.3), "earliness": distribution(0, 2, 10)}
        return keys

    def turns() -> Doc:
        return {
            "turns": some(1, 2, 3, {"mean": 2.5}),
            "reply_latency": some(distribution(0, 1, 2), distribution(0, 1, 5, 10), distribution(2, 20, 60)),
            "reply_patience": some("never", "never", distribution(0, 1, 3, 6)),
            "idle_timeout": some(minutes(0), span(1, 2, 5), span(5, 10), "never"),
            "same_agent_for": span(0, 1, 3, 10),
            "over_capacity": some(False, True, True),
            "reread": {"after": span(0, 1, 5), "work": span(0, 1, 2), "per_turn": span(0, 1)},
        }

    def thread() -> Doc:
        missed_after = some("never", "never", span(1, 5, 20))
        return {"expires_after": some(span(1, 5, 20, 60), "never"), "missed_after": missed_after}

    def session(idle_timeout: str) -> Doc:
        keys: Doc = {"returns": some(0.0, 0.5, 1.0)}
        if idle_timeout != "never":
            keys["silent_abandonment"] = some(0.0, 0.5, 1.0)
            keys |= {"drop": some(0.0, 0.4, 1.0), "reconnects": some(0.5, 1.0)}
            keys["reconnect_after"] = distribution(0, 3, 10, 20)
        return keys

    def all_at_once() -> Doc:
        means = [span(1, 2, 3, 5) for _ in range(sessions_at_once)]
        return {"work_by_concurrency": means, "work_cv": some(0.0, 1.0)}

    def transfer(to: str) -> Doc:
        cold: Doc = {"cold": True, "repeat_turns": some(1, 2)}
        if channels[to] in ONE_TO_ONE:
            cold = {"cold": True, "repeat_work": span(1, 2)}
        return {"to": to, "share": some(0.2, 0.5), "same_agent": some(False, True), **some({}, cold)}

    def a_team(index: int) -> Doc:
        served = [name for name in names if index == 0 or r.random() < 0.7] or [names[0]]
        team: Doc = {"skills": {name: skill() if index else some(1, 2) for name in served}}
        team["concurrency"] = {name: some(1, 2, 2, 3, 4) for name in served if name in by_turns}
        callers, writers = [name for name in served if channels[name] in ONE_TO_ONE], [*filter(by_turns.count, served)]
        if callers and writers and r.random() < 0.8:
            team["interrupts"] = {call: r.sample(writers, k=some(1, len(writers))) for call in callers}
        if r.random() < 0.25:
            team["steps_out"] = {"every": whole_minutes(5, 11, 30), "lasts": whole_minutes(1, 3, 8)}
        team["slowdown"] = some([1.0], [1.0, 1.5], [1.0, 1.0, 1.05, 1.2])
        team["pace"] = some(1.0, 1.0, 2.0, 1.25, {served[0]: 0.5})
        team["end_of_shift"] = some("finish", "hand_over")
        team["overrun"] = span(0, 2, 10)
        team["absence"] = some(0.0, 0.0, 0.0, 0.3)
        team["shifts"] = [shift() for _ in range(some(1, 1, 2))]
        if of_breaks.random() < 0.4:
            team["before_break"] = of_breaks.choice(["finish", "1m", "5m", "90s", 0])
        for row in team["shifts"]:
            break_by_turns(row)
        return team

    def break_by_turns(row: Doc) -> None:
        """In a window; with somebody on leave; with a rule of its own for the minutes before."""
        if of_breaks.random() < 0.3 and row["hours"] != "always":
            window = "00:30-00:38" if "activities" in row else "00:30-00:40"
            row["breaks"] = [{"length": minutes(of_breaks.choice([2, 4, 5, 8])), "between": window}]
        if row["agents"] > 1 and row["hours"] != "always" and of_breaks.random() < 0.15:
            row["leave"] = [{"agents": 1, "days": "mon", "paid": of_breaks.choice([True, False])}]
        if of_breaks.random() < 0.2:
            row["before_break"] = of_breaks.choice(["0s", "2m", "finish"])

    def whole_minutes(*choices: int) -> Doc:
        return {"dist": "mixture", "parts": [{"weight": 1, "constant": minutes(choice)} for choice in choices]}

    def skill() -> Any:
        plain = some(1, 2)
        return some(plain, plain, {"rank": 2, "after": span(0, 1, 3)}, {"rank": 2, "longer_than": some(0, 1, 2)})

    def shift() -> Doc:
        agents = some(1, 1, 2, 3)
        if r.random() < 0.25:
            return {"agents": agents, "days": "mon", "hours": "always"}
        start, end = some(0, 0, 10, 30), some(40, 60, 90, 150)
        row: Doc = {"agents": agents, "days": "mon", "hours": f"{clock(start)}-{clock(end)}"}
        if r.random() < 0.5:
            row["breaks"] = ["00:30-00:35"]
        if r.random() < 0.3:
            row["activities"] = [f"00:38-{clock(some(39, 40))}"]
        elif "breaks" in row and end == 40:
            row["breaks"] = ["00:35-00:40"]  # until the end of the shift
        return row

    def a_demand() -> Doc:
        mix = r.sample(names, k=some(1, len(names)))
        for name in mix:
            del doc["queue"][name]["volume"]
        barriers = {name: some(0.2, 0.5) for name in mix if r.random() < 0.5}
        fallbacks = {name: some(*names) for name in mix if r.random() < 0.7}
        return {**a_volume(), "mix": {name: some(1, 2) for name in mix}, "barrier": barriers, "fallback": fallbacks}

    def a_page() -> Doc:
        deflects = {name: some(0.3, 1.0) for name in r.sample(names, k=some(1, len(names)))}
        return {"deflects": deflects, "fails": some(0.0, 0.5), "returns_after": distribution(0, 5, 20)}

    def a_campaign(queue: str) -> Doc:
        campaign: Doc = {"queue": queue, "messages": some(0, 2, 6), "window": {"mon": f"00:05-{clock(some(25, 50))}"}}
        if r.random() < 0.6:
            campaign["pace"] = some(12, 30, 60)
        campaign |= {"reply_share": some(0.5, 1.0), "reply_after": distribution(0, 1, 10), "opt_out": some(0.0, 0.3)}
        if r.random() < 0.6:
            campaign |= {"recontact": [some(*names)], "recontact_after": distribution(0, 3, 10)}
        return campaign

    def a_callback(queue: str) -> Doc:
        callback = {"queue": queue, "offer_above": span(0, 0, 1, 2), "accepts": some(0.5, 1.0)}
        return callback | {"no_answer": some(0.0, 0.5), "no_answer_time": span(0, 1)}

    doc: Doc = {
        "name": f"random case {seed}",
        "start": "2026-03-02",
        "days": 1,
        "seed": seed,
        "replications": 1,
        "warm_up": span(0, 0, 20),
        "drain": span(0, 10, 120),
        "queue": {name: a_queue(name) for name in names},
        "team": {f"t{i}": a_team(i) for i in range(some(1, 1, 2, 3))},
        "routing": {
            "agent": some("least_loaded", "longest_idle", "most_loaded", "fixed_order"),
            "contact": some("longest_wait", "priority", "deadline"),
            "attention": some("oldest", "first_replies", "priority"),
            "reserve": r.sample(names, k=1) if r.random() < 0.3 else [],
        },
    }
    if r.random() < 0.15:
        doc["demand"] = a_demand()
    if r.random() < 0.2:
        doc["self_service"] = {f"page{i}": a_page() for i in range(some(1, 2))}
    writable = [name for name in by_turns if doc["queue"][name].get("expires_after", "never") != "never"]
    if writable and r.random() < 0.5:
        doc["outbound"] = {"news": a_campaign(some(*writable))}
    called = [name for name in names if channels[name] in ONE_TO_ONE and r.random() < 0.4]
    if called:
        doc["callback"] = {name: a_callback(name) for name in called}
    # these draw from streams of their own, so that all else of a seed's case is as it is without them
    for name, team in doc["team"].items():
        add_differences(team, random.Random(f"agents of {name} in {seed}"))
        add_fatigue(team, random.Random(f"fatigue of {name} in {seed}"))
    for name, queue in doc["queue"].items():
        add_profiles(queue, random.Random(f"profiles of {name} in {seed}"))
        add_reasons(queue, random.Random(f"reasons of {name} in {seed}"))
        add_balking(queue, random.Random(f"balking of {name} in {seed}"))
        add_bursts(queue, name in by_turns, random.Random(f"bursts of {name} in {seed}"))
        add_ringing(queue, random.Random(f"ringing of {name} in {seed}"))
        add_impatience(queue, random.Random(f"impatience of {name} in {seed}"))
        add_closing_word(queue, name in by_turns, random.Random(f"closing words of {name} in {seed}"))
    add_alternatives(doc, random.Random(f"alternatives in {seed}"))
    add_move(doc, random.Random(f"moves in {seed}"))
    add_sooner_parking(doc, random.Random(f"sooner parked in {seed}"))
    add_bot_places(doc, random.Random(f"places of bots in {seed}"))
    add_reserve(doc, random.Random(f"reserve in {seed}"))
    add_carrying(doc, random.Random(f"carrying in {seed}"))
    add_columns(doc, random.Random(f"columns in {seed}"))
    add_busyness(doc, random.Random(f"busyness in {seed}"))
    add_outage(doc, random.Random(f"outages in {seed}"))
    add_roster(doc, random.Random(f"roster in {seed}"))
    return doc


def add_busyness(doc: Doc, r: random.Random) -> None:
    """Days and half hours are busier than others, now and then."""

    def busyness() -> Doc:
        return {
            "day_cv": r.choice([0.0, 0.5]),
            "day_memory": r.choice([0.0, 0.6]),
            "within_cv": r.choice([0.0, 0.5, 1.0]),
            "within_memory": r.choice([0.0, 0.8]),
        }

    if r.random() < 0.15:
        doc["busyness"] = busyness() | {"correlation": r.choice([0.0, 0.5, 1.0])}
    for queue in doc["queue"].values():
        if "appointments" not in queue.get("volume", {"appointments": None}) and r.random() < 0.15:
            queue["volume"]["busyness"] = busyness()


def add_roster(doc: Doc, r: random.Random) -> None:
    """Agents with two shifts a day, one soon after the other, which may begin or end with a break, now and then."""
    if r.random() > 0.2:
        return
    rows = ["agent,date,start,end,breaks"]
    for agent in range(r.choice([1, 1, 2])):
        start, end = r.choice([0, 10]), r.choice([20, 30, 40])
        again, until = end + r.choice([1, 3, 8]), r.choice([60, 90])
        breaks = ["", f"{clock(end - 4)}-{clock(end)}"], ["", "", f"{clock(again)}-{clock(again + r.choice([2, 6]))}"]
        for (begins, ends), pause in zip(((start, end), (again, until)), map(r.choice, breaks), strict=True):
            rows.append(f"a{agent},2026-03-02,{clock(begins)},{clock(ends)},{pause}")
    team = doc["team"]["t0"]
    del team["shifts"]
    team["roster"] = {"file": "t0.csv"}
    doc[FILES] = {"t0.csv": "\n".join(rows) + "\n"}


def add_move(doc: Doc, r: random.Random) -> None:
    """A share of a queue's customers comes to another one, now and then."""
    sources = [name for name, queue in doc["queue"].items() if "volume" in queue]
    if len(doc["queue"]) < 2 or not sources or r.random() > 0.2:
        return
    source = r.choice(sources)
    target = r.choice([name for name in doc["queue"] if name != source])
    move: Doc = {"from": source, "to": target, "share": r.choice([0.3, 1.0])}
    if "work_by_concurrency" not in doc["queue"][target]:
        move |= r.choice([{}, {"work": minutes(r.choice([0, 1, 4]))}])
        if doc["queue"][target]["channel"] not in ONE_TO_ONE:
            move |= r.choice([{}, {"turns": r.choice([1, 3])}])
    doc["move"] = [move]


def add_reasons(queue: Doc, r: random.Random) -> None:
    """Reasons, and a bot whose customers come back, to harder work, now and then."""
    if r.random() < 0.3:
        shares = r.choice([[0.5], [0.3, 0.7]])
        queue["reasons"] = {
            f"r{i}": {"share": share, "work": r.choice([0.5, 1.0, 2.0]), "value": r.choice([-1.0, 7.0])}
            for i, share in enumerate(shares)
        }
    if "bot" in queue and r.random() < 0.7:
        queue["bot"]["bounces"] = {"share": r.choice([0.5, 1.0]), "after": minutes(r.choice([0, 1, 5, 20]))}
        queue["bot"] |= {"residue": r.choice([1.0, 2.0]), "cost": 0.25, "cost_per_minute": r.choice([0.0, 0.1])}
        if "reasons" in queue:
            queue["reasons"]["r0"]["contains"] = r.choice([0.0, 1.0])


def add_differences(team: Doc, r: random.Random) -> None:
    """Agents who differ from one another and who make mistakes, now and then."""
    if r.random() < 0.3:
        team["pace_cv"] = r.choice([0.3, 1.0])
    if r.random() < 0.3:
        team["errors"] = r.choice([0.5, 1.0])
    if r.random() < 0.2:
        team["copilot"] = r.choice([0.5, 1.5])
    for name, sessions in team["concurrency"].items():
        if sessions > 1 and r.random() < 0.3:
            hours = [f"{clock(r.choice([0, 10, 20, 30]))}-{clock(r.choice([31, 35, 40]))}", "00:40-01:30"]
            team["concurrency"][name] = {hours[0]: r.randint(1, sessions), hours[1]: sessions}


def add_outage(doc: Doc, r: random.Random) -> None:
    """Something that does not work for a while, now and then."""
    places = [f"team.{name}" for name in doc["team"]] + [f"queue.{name}" for name in doc["queue"]]
    bots = {name: queue["outside_hours"] for name, queue in doc["queue"].items() if "bot" in queue}
    places += 3 * [f"queue.{name}.bot" for name, outside in bots.items() if outside != "bot"]
    if r.random() < 0.3:
        at = f"2026-03-02T{clock(r.choice([0, 5, 20, 33]))}"
        doc["outage"] = [{"what": r.choice(places), "at": at, "duration": minutes(r.choice([3, 10, 20]))}]


def add_balking(queue: Doc, r: random.Random) -> None:
    """Customers who are told the wait, now and then."""
    if queue["channel"] not in PERSISTENT and r.random() < 0.3:
        tolerance = r.choice(["0s", "2m", {"dist": "exponential", "mean": "3m"}])
        queue["balking"] = {"per_place": r.choice(["1m", "2m"]), "tolerance": tolerance}


def add_reserve(doc: Doc, r: random.Random) -> None:
    """Agents left idle for calls, now and then."""
    calls = [name for name, queue in doc["queue"].items() if queue["channel"] in ONE_TO_ONE]
    if calls and len(doc["queue"]) > 1 and r.random() < 0.35:
        doc["routing"]["reserve"] = {name: r.choice([0, 1, 2]) for name in r.sample(calls, k=r.randint(1, len(calls)))}


def add_bot_places(doc: Doc, r: random.Random) -> None:
    """Bots with few conversations at once, now and then."""
    for queue in doc["queue"].values():
        if "bot" in queue and r.random() < 0.5:
            queue["bot"]["concurrency"] = r.choice([1, 1, 2, 3])


def add_sooner_parking(doc: Doc, r: random.Random) -> None:
    """Agents with much in hand who park conversations sooner, now and then."""
    for queue in doc["queue"].values():
        if queue["channel"] in PERSISTENT and queue.get("idle_timeout", "never") != "never" and r.random() < 0.5:
            queue["idle_timeout_factor"] = r.choice([[1.0, 0.5], [1.0, 1.0, 0.2], [2.0, 0.1]])


def add_carrying(doc: Doc, r: random.Random) -> None:
    """Transfers and retries that bring their wait with them, now and then."""
    for queue in doc["queue"].values():
        if r.random() < 0.3:
            queue["carry_wait"] = True


def add_columns(doc: Doc, r: random.Random) -> None:
    """Policies made of columns, and ranks of their own where agents look for contacts, now and then."""
    if r.random() < 0.3:
        orders = [["random"], ["rank", "random"], ["load", "random"], ["rank", "minus_load", "random"]]
        doc["routing"]["agent"] = r.choice([*orders, ["idle_since", "load"], ["load", "rank", "idle_since"]])
    if r.random() < 0.15:
        doc["routing"]["contact"] = r.choice([["waiting_since"], ["priority", "rank", "deadline"]])
    if r.random() < 0.15:
        doc["routing"]["attention"] = r.choice([["later_turn"], ["priority", "later_turn", "message_time"]])
    for team in doc["team"].values():
        for name, skill in team["skills"].items():
            if r.random() < 0.2:
                table = skill if isinstance(skill, dict) else {"rank": skill}
                team["skills"][name] = table | {"contact_rank": r.choice([0, 1, 2])}


def add_alternatives(doc: Doc, r: random.Random) -> None:
    """Contacts that join the queue whose expected wait is least, often where queues are alike."""
    for kind in (ONE_TO_ONE, PERSISTENT):  # more queues of one channel than by chance
        alike = [queue for queue in doc["queue"].values() if queue["channel"] in kind]
        if r.random() < 0.7 and not any("appointments" in queue.get("volume", {}) for queue in alike):
            for queue in alike:
                queue["channel"] = alike[0]["channel"]
    for name, queue in doc["queue"].items():
        others = [
            other
            for other, its in doc["queue"].items()
            if other != name
            and its["channel"] == queue["channel"]
            and list(its.get("reasons", {})) == list(queue.get("reasons", {}))
        ]
        if others and "bot" not in queue and "work_by_concurrency" not in queue and r.random() < 0.7:
            queue["alternatives"] = r.sample(others, k=r.randint(1, len(others)))
            for one in (name, *queue["alternatives"]):
                doc["queue"][one]["expected_session"] = minutes(r.choice([1, 3, 10]))


def add_bursts(queue: Doc, by_turns: bool, r: random.Random) -> None:
    """Several messages a turn, and work that goes together with the contact and its patience, now and then."""
    if by_turns and r.random() < 0.25:
        number = r.choice([2, {"mean": 1.5}])
        queue["burst"] = {"messages": number, "gap": r.choice(["0s", "1m", {"mean": "2m", "cv": 1.0}])}
    if isinstance(queue.get("work"), dict) and r.random() < 0.4:
        queue["work"] = queue["work"] | {"between": r.choice([0.5, 1])}
    if "work" in queue and r.random() < 0.2:
        queue["correlation"] = {"patience_work": r.choice([-0.5, 1.0])}


def add_closing_word(queue: Doc, by_turns: bool, r: random.Random) -> None:
    """A last message that needs no answer, now and then."""
    if by_turns and r.random() < 0.35:
        queue["closing_word"] = {"share": r.choice([0.5, 1.0]), "work": r.choice(["0s", "1m", {"mean": "2m"}])}


def add_ringing(queue: Doc, r: random.Random) -> None:
    """Agents who are now quick and now slow to answer, now and then."""
    if "answer_delay" in queue and r.random() < 0.4:
        parts = [{"weight": 1, "constant": "0s"}, {"weight": 2, "low": "0s", "high": minutes(r.choice([3, 8]))}]
        queue["answer_delay"] = r.choice([{"mean": "1m"}, {"dist": "mixture", "parts": parts}])


def add_impatience(queue: Doc, r: random.Random) -> None:
    """Work that grows and value that shrinks with the wait, and who tries again waits less, now and then."""
    if r.random() < 0.3:
        queue["work_after_wait"] = growth(r, [0, 1, 2, 5], [0.5, 1.5, 3.0])
    if r.random() < 0.3:
        queue |= {"value": 4.0, "value_after_wait": growth(r, [0, 1, 2, 5], [0.0, 0.5, 1.0])}
    if "retry" in queue and r.random() < 0.4:
        queue["retry"]["patience"] = r.choice([0.5, 2.0])


def add_fatigue(team: Doc, r: random.Random) -> None:
    """Agents who become slower, or quicker, from one break to the next, now and then."""
    if r.random() < 0.5:
        team["fatigue"] = growth(r, [0, 4, 10, 20], [0.5, 1.5, 3.0])


def growth(r: random.Random, times: list[int], factors: list[float]) -> list[Doc]:
    some = sorted(r.sample(times, k=r.choice([1, 2])))
    return [{"after": minutes(time), "factor": r.choice(factors)} for time in some]


def add_profiles(queue: Doc, r: random.Random) -> None:
    """Work, wrap-up and patience that differ by time of day, now and then."""
    for key in ("work", "wrap_up", "patience"):
        overlooked = key == "patience" and queue.get("missed_after", "never") != "never"
        if key not in queue or queue[key] == "never" or overlooked or r.random() > 0.2:
            continue
        steps = [[clock(start), r.choice([0.5, 2, 3])] for start in sorted(r.sample(range(0, 90, 10), k=2))]
        plain = queue[key] if isinstance(queue[key], dict) else {"constant": queue[key]}
        queue[key] = plain | {"profile": r.choice([steps, {"mon": steps}])}


def to_toml(doc: Doc) -> str:
    """The scenario as a file's text, with those of its data files as comments."""
    files = [f"# {name}:\n# " + text.replace("\n", "\n# ") for name, text in doc.get(FILES, {}).items()]
    return tomli_w.dumps({key: value for key, value in doc.items() if key != FILES}) + "".join(files)


def parsed(doc: Doc, folder: Path = Path()) -> Scenario:
    """The scenario of a case; other data files lie in the folder."""
    tables = {key: value for key, value in doc.items() if key != FILES}
    return parse(tables, folder, given={name: text.encode() for name, text in doc.get(FILES, {}).items()})


def snapped(table: Any) -> Any:
    """A table with its times rounded down to whole minutes; NEVER and -1 (none) stay."""

    def snap(times: np.ndarray) -> np.ndarray:
        return np.where((abs(times) >= NEVER) | (times == -1), times, times // GRID * GRID)

    return table._replace(**{name: snap(getattr(table, name)) for name in DRAWN_TIMES})


def tables(doc: Doc) -> tuple[Workload, Plan, MetricSpec]:
    """Workload (of the first replication) on the grid, plan and terms of a scenario."""
    loaded = parsed(doc)
    plan, spec = lower(loaded)
    return snapped(sample(loaded, 0)), plan, spec


def simpler(doc: Doc) -> Iterator[Doc]:
    """The scenarios that are one step simpler: a queue, team, key or list entry less, a number of contacts halved."""

    def without(path: tuple[Any, ...]) -> Doc:
        shorter = copy.deepcopy(doc)
        place: Any = shorter
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        return shorter

    def walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            if isinstance(value[key], dict | list):
                yield from walk(value[key], (*path, key))

    for path in walk(doc, ()):
        yield without(path)
    for name, queue in doc["queue"].items():
        if queue.get("volume", {}).get("per_day", 0) > 1:
            smaller = copy.deepcopy(doc)
            smaller["queue"][name]["volume"]["per_day"] //= 2
            yield smaller


def shrink(doc: Doc, fails: Callable[[Doc], bool]) -> Doc:
    """The simplest scenario, step by step, that still fails; `fails` is False for what is no valid scenario."""
    for candidate in simpler(doc):
        if fails(candidate):
            return shrink(candidate, fails)
    return doc
