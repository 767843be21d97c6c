"""What must not move when something else changes: the promises of named streams and standard draws."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccsim.scenario.read import parse
from ccsim.tables import Link, Workload
from ccsim.workload.sample import sample

Doc = dict[str, Any]

BASE: Doc = {
    "start": "2026-03-02",
    "days": 2,
    "seed": 8,
    "queue": {
        "calls": {
            "channel": "phone",
            "open": {"mon-fri": "08:00-20:00"},
            "volume": {"per_day": 300, "shape": "office", "busyness_cv": 0.2},
            "retry": {"share": 0.5, "after": {"mean": "10m"}, "to": {"calls": 0.7, "app": 0.3}},
        },
        "chat": {
            "channel": "live_chat",
            "volume": {"per_hour": 10},
            "returns": 0.5,
            "reply_patience": {"mean": "10m"},
            "transfer": [{"to": "calls", "share": 0.2}, {"to": "app", "share": 0.1}],
            "initial_backlog": {"contacts": 5, "age": {"mean": "10m"}},
        },
        "app": {"channel": "messaging", "volume": {"per_day": 200}, "reopens": {"share": 0.3, "after": {"mean": "2h"}}},
    },
    "team": {
        "desk": {
            "skills": {"calls": 1, "chat": 1, "app": 2},
            "absence": 0.3,
            "shifts": [
                {"agents": 5, "days": "mon-fri", "hours": "08:00-16:00"},
                {"agents": 4, "days": "mon-fri", "hours": "12:00-20:00"},
            ],
        }
    },
}


def drawn(change: Callable[[Doc], None] | None = None, replication: int = 1) -> Workload:
    doc = copy.deepcopy(BASE)
    if change is not None:
        change(doc)
    return sample(parse(doc, Path()), replication)


def trees(result: Workload, queue: int, others: dict[int, int] | None = None) -> list[Any]:
    """All that is drawn for the contacts rooted in a queue, without their ids; `others` renames queue numbers."""
    chosen = np.flatnonzero(result.queue[result.root] == queue)
    place = {int(row): index for index, row in enumerate(chosen)} | {-1: -1}
    rename = others or {}
    columns: list[Any] = [[rename.get(q, q) for q in result.queue[chosen].tolist()]]
    for name in ("root", "transfer_child", "retry_child", "return_child", "reopen_child"):
        columns.append([place[row] for row in getattr(result, name)[chosen].tolist()])
    own = ("arrival", "generation", "link", "after", "keep_agent", "transfer_draw", "turns")
    for name in (*own, "patience", "silent", "wrap_up"):
        columns.append(getattr(result, name)[chosen].tolist())
    slots = np.concatenate(
        [np.arange(a, a + n) for a, n in zip(result.first_turn[chosen], result.turns[chosen], strict=True)]
    )
    columns += [getattr(result, name)[slots].tolist() for name in ("work", "latency", "reply_patience")]
    return columns


def same_bytes(one: Workload, other: Workload, *, but: tuple[str, ...] = ()) -> bool:
    """Whether all columns but some are equal; of those some, that they differ."""
    for name in Workload._fields:
        equal = getattr(one, name).tobytes() == getattr(other, name).tobytes()
        assert equal != (name in but), name
    return True


def test_same_seed_same_bytes() -> None:
    assert same_bytes(drawn(), drawn())


def test_replications_and_seeds_differ() -> None:
    def reseed(doc: Doc) -> None:
        doc["seed"] = 9

    base = drawn()
    for other in (drawn(replication=2), drawn(reseed)):
        assert len(np.intersect1d(base.arrival[base.link == Link.ROOT], other.arrival)) < 10


def add_queue(doc: Doc, *, first: bool) -> None:
    new = {"channel": "phone", "volume": {"per_day": 500}, "retry": {"share": 1, "after": "1m", "to": {"calls": 1}}}
    doc["queue"] = {"new": new, **doc["queue"]} if first else {**doc["queue"], "new": new}
    doc["team"]["desk"]["skills"]["new"] = 1


@pytest.mark.parametrize("first", [True, False])
def test_a_new_queue_leaves_the_others_alone(first: bool) -> None:
    base, more = drawn(), drawn(lambda doc: add_queue(doc, first=first))
    shift = 1 if first else 0
    for queue in range(3):
        assert len(trees(base, queue)[0]) > 100
        assert trees(base, queue) == trees(more, queue + shift, {q + shift: q for q in range(3)})
    assert (more.queue == (0 if first else 3)).sum() > 500


def add_move(doc: Doc, share: float) -> None:
    """From the app to one that is the same in all."""
    doc["queue"]["new_app"] = {key: value for key, value in doc["queue"]["app"].items() if key != "volume"}
    doc["team"]["desk"]["skills"]["new_app"] = 2
    doc["move"] = [{"from": "app", "to": "new_app", "share": share}]


def test_a_move_leaves_the_others_alone() -> None:
    base, more = drawn(), drawn(lambda doc: add_move(doc, 0.3))
    for queue in (0, 1):
        assert trees(base, queue) == trees(more, queue)
    came = base.arrival[(base.queue == 2) & (base.link == Link.ROOT)]
    assert 0 < ((more.queue == 3) & (more.link == Link.ROOT)).sum() < len(came)


def test_who_is_moved_takes_all_draws_along() -> None:
    base, more = drawn(), drawn(lambda doc: add_move(doc, 1.0))
    assert len(trees(base, 2)[0]) > 100
    assert trees(base, 2) == trees(more, 3, {3: 2})
    assert not (more.queue[more.root] == 2).any()


def test_more_agents_change_no_draw() -> None:
    def double(doc: Doc) -> None:
        for shift in doc["team"]["desk"]["shifts"]:
            shift["agents"] *= 2

    base, more = drawn(), drawn(double)
    assert same_bytes(base, more, but=("present", "agent_pace"))
    # the first of each row of shifts are present as before: 5 and 4 agents, each on the same weekdays
    days = len(base.present) // 9
    one, two = base.present.reshape(9, days), more.present.reshape(18, days)
    assert np.array_equal(one[:5], two[:5])
    assert np.array_equal(one[5:], two[10:14])
    assert not base.present.all()
    assert base.present.any()


def test_rules_change_no_draw() -> None:
    def other_rules(doc: Doc) -> None:
        doc["routing"] = {"agent": "longest_idle", "reserve": ["calls"]}
        doc["queue"]["app"] |= {"idle_timeout": "1h", "same_agent_for": "1h", "service_level": "80/20", "priority": 2}
        doc["team"]["desk"] |= {"slowdown": [1.0, 1.5], "concurrency": {"chat": 7}, "pace": 2.0}

    assert same_bytes(drawn(), drawn(other_rules))


def doubled(queue: str, key: str, before: Doc, after: Doc) -> tuple[Workload, Workload]:
    def put(distribution: Doc) -> Callable[[Doc], None]:
        def change(doc: Doc) -> None:
            doc["queue"][queue][key] = distribution

        return change

    return drawn(put(before)), drawn(put(after))


DISTRIBUTIONS: list[tuple[Doc, Doc]] = [
    ({"dist": "exponential", "mean": "100s"}, {"dist": "exponential", "mean": "200s"}),
    ({"mean": "100s", "cv": 0.8}, {"mean": "200s", "cv": 0.8}),
    ({"dist": "gamma", "mean": "100s", "cv": 0.8}, {"dist": "gamma", "mean": "200s", "cv": 0.8}),
    ({"dist": "weibull", "mean": "100s", "cv": 0.8}, {"dist": "weibull", "mean": "200s", "cv": 0.8}),
    ({"dist": "uniform", "low": "10s", "high": "50s"}, {"dist": "uniform", "low": "20s", "high": "100s"}),
]


@pytest.mark.parametrize(("before", "after"), DISTRIBUTIONS, ids=str)
@pytest.mark.parametrize(
    ("key", "column"),
    [("work", "work"), ("reply_latency", "latency"), ("patience", "patience"), ("wrap_up", "wrap_up")],
)
def test_twice_the_mean_is_twice_every_value(key: str, column: str, before: Doc, after: Doc) -> None:
    base, more = doubled("chat", key, before, after)
    # who hears no automatic reply waits as long when held
    assert same_bytes(base, more, but=("patience", "held_patience") if key == "patience" else (column,))
    one, two = getattr(base, column), getattr(more, column)
    changed = one != two
    assert changed.sum() > 100
    # both were rounded to whole microseconds
    assert np.abs(two[changed] - 2 * one[changed]).max() <= 2


def test_another_family_keeps_the_order_of_the_draws() -> None:
    base, more = doubled("calls", "work", {"dist": "exponential", "mean": "100s"}, {"mean": "300s", "cv": 2})
    assert same_bytes(base, more, but=("work",))
    calls = base.first_turn[(base.queue == 0) & (base.link == Link.ROOT)]
    assert np.array_equal(np.argsort(base.work[calls]), np.argsort(more.work[calls]))


def test_more_turns_keep_the_first_ones() -> None:
    def talkative(doc: Doc) -> None:
        doc["queue"]["chat"]["turns"] = {"mean": 9}

    base, more = drawn(), drawn(talkative)
    chats = np.flatnonzero((base.queue == 1) & (base.link == Link.ROOT))
    assert (more.turns[chats] >= base.turns[chats]).all()
    assert np.array_equal(base.work[base.first_turn[chats]], more.work[more.first_turn[chats]])
    assert np.array_equal(base.patience[chats], more.patience[chats])


def test_a_larger_volume_keeps_the_draws_of_the_nth_contact() -> None:
    def scaled(doc: Doc) -> None:
        doc["queue"]["calls"]["volume"]["scale"] = 1.5

    base, more = drawn(), drawn(scaled)

    def patience(result: Workload) -> Any:
        return result.patience[(result.queue == 0) & (result.link == Link.ROOT)]

    n = len(patience(base))
    assert len(patience(more)) > 1.3 * n
    assert np.array_equal(patience(base), patience(more)[:n])
    for queue in (1, 2):
        assert trees(base, queue) == trees(more, queue)


def test_busyness_moves_arrivals_only() -> None:
    def calm(doc: Doc) -> None:
        del doc["queue"]["calls"]["volume"]["busyness_cv"]

    base, more = drawn(), drawn(calm)
    assert trees(base, 0) != trees(more, 0)
    for queue in (1, 2):
        assert trees(base, queue) == trees(more, queue)


def test_a_follow_up_switched_on_moves_nothing_else() -> None:
    def reopening(doc: Doc) -> None:
        doc["queue"]["calls"]["reopens"] = {"share": 0.2, "after": "1h"}

    base, more = drawn(), drawn(reopening)
    roots = base.link == Link.ROOT
    for name in ("arrival", "queue", "turns", "patience", "wrap_up", "silent", "transfer_draw"):
        assert np.array_equal(getattr(base, name)[roots], getattr(more, name)[: roots.sum()]), name
    for name in ("transfer_child", "retry_child", "return_child"):
        had = getattr(base, name)[roots] >= 0
        assert np.array_equal(had, getattr(more, name)[: roots.sum()] >= 0), name
    assert (more.reopen_child[: roots.sum()][base.queue[roots] == 0] >= 0).sum() > 50


def test_more_retries_keep_the_draws_of_who_retried_before() -> None:
    def persistent(doc: Doc) -> None:
        doc["queue"]["calls"]["retry"]["share"] = 0.8

    def elsewhere(doc: Doc) -> None:
        doc["queue"]["calls"]["retry"]["to"] = {"chat": 1}

    base, more = drawn(), drawn(persistent)
    retry = [result.retry_child[result.link == Link.ROOT] for result in (base, more)]
    before = np.flatnonzero(retry[0] >= 0)
    assert len(before) > 100
    assert (retry[1] >= 0).sum() > 1.3 * len(before)
    one, two = retry[0][before], retry[1][before]
    assert np.array_equal(base.queue[one], more.queue[two])
    for name in ("after", "patience", "wrap_up", "turns"):
        assert np.array_equal(getattr(base, name)[one], getattr(more, name)[two]), name
    assert np.array_equal(base.work[base.first_turn[one]], more.work[more.first_turn[two]])
    # wherever they go, they come as late
    moved = drawn(elsewhere)
    calls = moved.retry_child[moved.link == Link.ROOT]
    assert np.array_equal(np.flatnonzero(calls >= 0), before)
    assert np.array_equal(moved.after[calls[before]], base.after[one])


def test_every_turn_keeps_its_draws_when_there_are_more() -> None:
    def talkative(doc: Doc) -> None:
        doc["queue"]["chat"]["turns"] = {"mean": 9}

    base, more = drawn(), drawn(talkative)
    chats = np.flatnonzero((base.queue == 1) & (base.link == Link.ROOT))
    for turn in range(3):
        has = chats[base.turns[chats] > turn + 1]
        assert len(has) > 50
        one, two = base.first_turn[has] + turn, more.first_turn[has] + turn
        for name in ("work", "latency", "reply_patience"):
            assert np.array_equal(getattr(base, name)[one], getattr(more, name)[two]), name


# the behaviours before the agent


SHARED_DISTRIBUTIONS = {
    "work": {"mean": "3m", "cv": 1.0},
    "wrap_up": "10s",
    "patience": {"mean": "5m"},
    "open": "always",
}


def by_demand(doc: Doc, **changes: Any) -> None:
    """All queues from one demand, with the same distributions, and turns on none of them."""
    for queue in doc["queue"].values():
        del queue["volume"]
        queue.pop("transfer", None)
        queue |= {**SHARED_DISTRIBUTIONS, "turns": 1}
    mix = {"calls": 6, "chat": 3, "app": 1}
    doc["demand"] = {"per_day": 1500, "busyness_cv": 0.1, "mix": mix, "barrier": {"app": 0.4}, **changes}


def customers(result: Workload) -> dict[int, tuple[int, ...]]:
    """By arrival: queue, patience, work of each customer of the demand."""
    roots = np.flatnonzero((result.link == Link.ROOT) & (result.arrival >= 0))
    first = result.first_turn[roots]
    columns = (result.queue[roots], result.patience[roots], result.work[first])
    return dict(zip(result.arrival[roots].tolist(), zip(*(c.tolist() for c in columns), strict=True), strict=True))


def test_closing_the_phone_moves_its_customers_and_nobody_else() -> None:
    base = customers(drawn(by_demand))
    closed = customers(drawn(lambda doc: by_demand(doc, mix={"calls": 0, "chat": 3, "app": 1})))
    assert len(base) > 2500
    assert set(closed) < set(base)
    moved = 0
    for arrival, (queue, *draws) in closed.items():
        before, *same = base[arrival]
        assert draws == same
        assert before in (queue, 0)
        moved += queue != before
    assert moved > 1000
    # the barrier of the app turned away callers too
    gone = [base[arrival][0] for arrival in set(base) - set(closed)]
    assert set(gone) == {0}
    assert len(gone) > 50


def test_barriers_and_fallbacks_move_only_who_refuses() -> None:
    base, more = drawn(by_demand), drawn(lambda doc: by_demand(doc, fallback={"app": "chat"}))
    before, after = customers(base), customers(more)
    assert before.items() < after.items()
    new = [queue for arrival, (queue, *_) in after.items() if arrival not in before]
    assert set(new) == {1}
    assert len(new) == base.turned_away[2] > 50
    assert more.turned_away.sum() == 0


SWITCHES: dict[str, tuple[Callable[[Doc], None], tuple[str, ...]]] = {
    "bot": (
        lambda doc: doc["queue"]["calls"].update(bot={"contains": 0.3, "time": {"mean": "1m"}, "asks_human": 0.2}),
        ("bot_time", "contained", "asks_human"),
    ),
    "self-service": (
        lambda doc: doc.update(self_service={"faq": {"deflects": {"chat": 0.2}}}),
        ("deflected",),
    ),
    "callback": (
        lambda doc: doc.update(callback={"c": {"queue": "calls", "accepts": 0.5, "no_answer": 0.5}}),
        ("accepts_callback", "no_answer"),
    ),
    "lost for good": (lambda doc: doc["queue"]["chat"].update(drop=0.2), ("comeback",)),
    "automatic reply": (
        lambda doc: doc["queue"]["app"].update(auto_reply={"patience": {"mean": "1h"}}),
        ("held_patience",),
    ),
    "missed": (
        lambda doc: doc["queue"]["app"].update(missed_after="1h"),
        ("patience", "held_patience", "missed"),
    ),
    "stepping out": (
        lambda doc: doc["team"]["desk"].update(steps_out={"every": "1h", "lasts": {"mean": "5m"}}),
        ("out_shift", "out_start", "out_end"),
    ),
    "interruption": (lambda doc: doc["team"]["desk"].update(interrupts={"calls": ["app"]}), ()),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_behaviour_switched_on_moves_no_other_draw(name: str) -> None:
    change, columns = SWITCHES[name]
    assert same_bytes(drawn(), drawn(change), but=columns)


def test_reconnections_leave_all_other_rows_alone() -> None:
    def lossy(doc: Doc, **more: Any) -> None:
        doc["queue"]["chat"] |= {"drop": 0.3, **more}

    back = {"reconnects": 0.8, "reconnect_after": {"mean": "10m"}}
    base, more = drawn(lossy), drawn(lambda doc: lossy(doc, **back))
    roots = np.flatnonzero(base.link == Link.ROOT)
    assert (more.reconnect_child[roots] >= 0).sum() > 20
    for name in ("arrival", "queue", "turns", "patience", "wrap_up", "silent", "transfer_draw"):
        assert np.array_equal(getattr(base, name)[roots], getattr(more, name)[roots]), name
    for column in ("transfer_child", "return_child"):
        one, two = getattr(base, column)[roots], getattr(more, column)[roots]
        assert np.array_equal(one >= 0, two >= 0)
        has = one >= 0
        assert np.array_equal(base.patience[one[has]], more.patience[two[has]])


def test_a_lost_context_keeps_the_draws_of_the_customer_s_own_turns() -> None:
    def bot(doc: Doc, loses: bool) -> None:
        doc["queue"]["chat"]["bot"] = {"contains": 0.3, "loses_context": loses}

    base, more = drawn(lambda doc: bot(doc, False)), drawn(lambda doc: bot(doc, True))
    chats = np.flatnonzero((base.queue == 1) & (base.link == Link.ROOT))
    assert np.array_equal(base.turns[chats] + 1, more.turns[chats])
    for turn in range(3):
        has = chats[base.turns[chats] > turn]
        assert len(has) > 50
        one, two = base.first_turn[has] + turn, more.first_turn[has] + turn + 1
        for name in ("work", "latency"):
            assert np.array_equal(getattr(base, name)[one], getattr(more, name)[two]), name


def test_outbound_messages_and_backlog_leave_the_others_alone() -> None:
    def written(doc: Doc) -> None:
        doc["outbound"] = {"news": {"queue": "app", "messages": 100, "window": {"mon-fri": "09:00-17:00"}}}
        doc["queue"]["app"]["initial_backlog"] = {"contacts": 7, "age": {"mean": "1h"}}

    base, more = drawn(), drawn(written)
    for queue in (0, 1):
        assert trees(base, queue) == trees(more, queue)
    came = (base.link == Link.ROOT) & (base.queue == 2)
    same = (more.link == Link.ROOT) & (more.queue == 2) & ~more.outbound & (more.arrival >= 0)
    for name in ("arrival", "turns", "patience", "wrap_up"):
        assert np.array_equal(getattr(base, name)[came], getattr(more, name)[same]), name
    assert more.outbound[more.link == Link.ROOT].sum() == 200


def test_more_agents_keep_the_absences_of_the_others() -> None:
    def away(doc: Doc, extra: int) -> None:
        for shift in doc["team"]["desk"]["shifts"]:
            shift["agents"] += extra
        doc["team"]["desk"]["steps_out"] = {"every": "1h", "lasts": {"mean": "5m"}}

    base, more = drawn(lambda doc: away(doc, 0)), drawn(lambda doc: away(doc, 2))
    days = len(base.present) // 9
    # five agents of the first row of shifts, then two new ones
    first = base.out_shift < 5 * days
    same = more.out_shift < 5 * days
    assert first.sum() > 50
    assert np.array_equal(base.out_start[first], more.out_start[same])
    others = (more.out_shift >= 7 * days) & (more.out_shift < 11 * days)
    assert np.array_equal(base.out_start[~first], more.out_start[others])
