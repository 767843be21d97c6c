"""Bots as they are sold, and what conversations really do (docs/features.md): two runs on the same random numbers."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from ccsim.errors import ScenarioError
from ccsim.runs.many import attended_from, sampled_from
from ccsim.scenario.bots import past_bot
from ccsim.scenario.read import assign, parse
from ccsim.tables import NEVER, SECOND, Link, Outcome
from ccsim.workload.sample import sample
from tests.effects.conftest import Doc, Run
from tests.effects.test_features import CALLS, CHAT, HOUR, agents, centre, four_errors

Runner = Callable[..., Run]

ROOT = Path(__file__).parents[2]
EXPONENTIAL = {"dist": "exponential", "mean": "4m"}
MANY = {"per_day": 4000, "shape": [["08:00", 1], ["12:00", 0]]}
BOT: Doc = {"contains": 0.6, "time": "1m", "asks_human": 0.2}
REASONS: Doc = {
    "delivery": {"share": 0.6, "contains": 0.9, "work": 0.5, "value": 2.0},
    "complaint": {"share": 0.3, "contains": 0.0, "work": 2.0, "value": 30.0},
}


def chats(**changes: Any) -> Doc:
    """A thousand chats and agents enough."""
    chat = CHAT | {"volume": {**MANY, "per_day": 1000}, "value": 5.0} | changes
    return centre({"chat": chat}, {"agents": agents(60, "chat", concurrency={"chat": 3})})


def test_reasons_divide_what_the_bot_contains(run: Runner) -> None:
    """The same customers; the bot contains by reason, people work by reason, and who is lost is worth by reason."""
    on = run(chats(bot=BOT, reasons=REASONS))
    off = run(chats(bot=BOT))
    reason, talks = on.workload.reason, ~on.workload.asks_human
    for place, share, contains in ((0, 0.6, 0.9), (1, 0.3, 0.0), (-1, 0.1, 0.6)):
        mine = reason == place
        assert np.mean(mine) == pytest.approx(share, abs=four_errors(share, len(reason)))
        kept = np.mean(on.log.outcome[mine & talks] == Outcome.CONTAINED)
        assert kept == pytest.approx(contains, abs=four_errors(contains, np.sum(mine & talks)))
    factor = np.choose(reason + 1, [1.0, 0.5, 2.0])
    assert np.array_equal(on.workload.work, np.rint(off.workload.work * np.repeat(factor, on.workload.turns)))
    assert np.array_equal(on.workload.arrival, off.workload.arrival)
    nobody = run(chats(bot=BOT, reasons=REASONS, patience="0s"), {"team.agents.shifts.0.hours": "20:00-21:00"})
    lost = nobody.log.outcome == Outcome.ABANDONED
    worth = np.choose(nobody.workload.reason[lost] + 1, [5.0, 2.0, 30.0])
    assert nobody.queue("chat", "value_lost") == worth.sum() > 0


def test_who_tries_again_has_the_same_reason(run: Runner) -> None:
    """A retry in its queue keeps it, and so does a leg in a queue of the same shares."""
    reasons = {"delivery": {"share": 0.6}, "complaint": {"share": 0.3}}
    doc = chats(reasons=reasons, retry={"share": 1.0, "to": {"chat": 0.5, "calls": 0.5}}, patience="0s")
    doc["queue"]["calls"] = CALLS | {"reasons": reasons}
    doc["team"]["agents"]["skills"] = {"chat": 1, "calls": 1}
    doc["team"]["agents"]["shifts"][0]["hours"] = "20:00-21:00"
    result = run(doc).workload
    again = result.link == Link.RETRY
    assert (result.queue[again] == 1).any()
    assert np.array_equal(result.reason, result.reason[result.root])


def test_who_comes_back_though_the_bot_contained_them(run: Runner) -> None:
    """Contained all the same, and then a person's work; nobody counts them as solved twice or not at all."""
    on, off = run(chats(bot=BOT | {"bounces": {"share": 0.4, "after": "10m"}})), run(chats(bot=BOT))
    roots = on.workload.link == Link.ROOT
    back = (on.workload.link == Link.BOUNCE) & (on.log.arrival < NEVER)
    contained = on.queue("chat", "contained")
    assert contained == off.queue("chat", "contained")
    assert on.queue("chat", "bounced") == back.sum()
    assert back.sum() / contained == pytest.approx(0.4, abs=four_errors(0.4, contained))
    assert np.array_equal(on.log.arrival[back] - on.log.left[on.log.parent[back]], np.full(back.sum(), 600 * SECOND))
    assert (on.log.outcome[back] == Outcome.RESOLVED).all()
    talked = on.queue("chat", "bot_conversations")
    assert talked == off.queue("chat", "bot_conversations") == np.sum(roots & ~on.workload.asks_human)
    assert on.queue("chat", "containment") == off.queue("chat", "containment") == contained / talked
    assert on.queue("chat", "containment_net") == pytest.approx((contained - back.sum()) / talked)
    assert on.queue("chat", "offered") == off.queue("chat", "offered") + back.sum()
    assert on.queue("chat", "repeat_contacts") > off.queue("chat", "repeat_contacts") == 0


def test_a_contained_customer_who_comes_back_and_is_not_answered_is_lost(run: Runner) -> None:
    bot = {"contains": 1.0, "time": "1m", "bounces": {"share": 1.0}}
    on = run(chats(bot=bot, patience="0s"), {"team.agents.shifts.0.hours": "20:00-21:00"})
    assert on.queue("chat", "customers_lost") == on.queue("chat", "customers") > 0
    assert on.queue("chat", "containment_net") == 0
    off = run(chats(bot=bot | {"bounces": {}}, patience="0s"), {"team.agents.shifts.0.hours": "20:00-21:00"})
    assert off.queue("chat", "customers_lost") == 0


def test_what_the_bot_hands_over_is_harder(run: Runner) -> None:
    """Half as much work again for who comes from the bot, or back from it; nothing else of anybody changes."""
    bot = BOT | {"bounces": {"share": 0.3}, "hours": "08:00-10:00"}
    on, off = run(chats(bot=bot | {"residue": 1.5}, wrap_up="1m")), run(chats(bot=bot, wrap_up="1m"))
    root = on.workload.root
    talked = (on.workload.arrival[root] < 10 * HOUR * SECOND) & ~on.workload.asks_human[root]
    assert 0.1 < np.mean(talked) < 0.9
    factor = np.where(talked, 1.5, 1.0)
    assert np.array_equal(on.workload.work, off.workload.work * np.repeat(factor, on.workload.turns))
    assert np.array_equal(on.workload.wrap_up, off.workload.wrap_up * factor)
    assert on.queue("chat", "contained") == off.queue("chat", "contained")


def test_a_bot_costs_by_the_conversation_and_the_minute(run: Runner) -> None:
    on = run(chats(bot=BOT | {"cost": 0.2, "cost_per_minute": 0.05, "time": "2m"}))
    off = run(chats(bot=BOT | {"time": "2m"}))
    by_bot = on.queue("chat", "bot_conversations") * (0.2 + 2 * 0.05)
    assert on.queue("chat", "cost") == pytest.approx(off.queue("chat", "cost") + by_bot)
    assert on.queue("chat", "bot_cost_per_resolved") == pytest.approx(by_bot / on.queue("chat", "contained"))
    assert on.queue("chat", "people_cost_per_resolved") == pytest.approx(off.queue("chat", "cost_per_resolved"))


@pytest.mark.parametrize("bounces", [0.0, 0.5])
def test_what_is_left_to_people_is_as_expected(run: Runner, bounces: float) -> None:
    """Of scenario/bots.py, which planning works with: contacts and mean work that people get for each that comes."""
    bot = BOT | {"bounces": {"share": bounces, "after": "1s"}, "residue": 1.25}
    doc = chats(bot=bot, reasons=REASONS, work="30s", turns=1, volume={**MANY, "per_day": 3000})
    people, harder = past_bot(parse(doc).queue["chat"], 0.8)
    on = run(doc)
    n = on.queue("chat", "customers")
    assert on.queue("chat", "answered") / n == pytest.approx(people, abs=4 * np.sqrt(people / n))
    work = on.log.reply[on.log.start < NEVER] - on.log.start[on.log.start < NEVER]
    assert work.mean() / SECOND / 30 == pytest.approx(harder, abs=4 * work.std() / SECOND / 30 / np.sqrt(len(work)))


def test_several_messages_a_turn(run: Runner) -> None:
    """Longer turns for more messages, the same work on average; the customer takes longer to write them."""
    doc = chats(turns=2, work={"mean": "30s", "cv": 0.5}, reply_latency="20s")
    on, off = run(doc, {"queue.chat.burst": {"messages": {"mean": 2.0}, "gap": "5s"}}), run(doc)
    ratio = on.workload.work / off.workload.work * 2.0
    messages = np.rint(ratio)
    assert ratio == pytest.approx(messages, rel=1e-4)
    n = len(messages)
    assert messages.mean() == pytest.approx(2.0, abs=4 * np.sqrt(2 / n))  # geometric: variance m (m - 1)
    assert np.mean(messages == 1) == pytest.approx(0.5, abs=four_errors(0.5, n))
    first, second = messages.reshape(-1, 2).T
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.0, abs=4 / np.sqrt(n / 2))
    assert np.array_equal(on.workload.latency[::2], (20 + 5 * (second - 1)) * SECOND)
    # cv² of the work is that of a product: (1 + 0.5²) (1 + 0.5) - 1
    assert on.workload.work.std() / on.workload.work.mean() == pytest.approx(np.sqrt(1.25 * 1.5 - 1), rel=0.1)


def test_a_burst_may_outlast_the_timeout(run: Runner) -> None:
    doc = chats(turns=2, reply_latency="20s", idle_timeout="30s", returns=1.0)
    on = run(doc, {"queue.chat.burst": {"messages": 4, "gap": "4s"}})
    assert on.queue("chat", "timed_out") == on.queue("chat", "customers")
    assert run(doc).queue("chat", "timed_out") == 0


@pytest.mark.parametrize("between", [0.0, 0.5, 1.0])
def test_a_long_conversation_is_long_in_all(run: Runner, between: float) -> None:
    """Normal scores of the work on two turns of a contact are correlated as `between` says, each turn is as before."""
    work = {"dist": "exponential", "mean": "30s", "between": between}
    result = run(chats(turns=2, work=work)).workload.work
    n = len(result)
    assert result.mean() / SECOND == pytest.approx(30, abs=4 * 30 * np.sqrt(2 / n))
    assert np.mean(result < 30 * np.log(2) * SECOND) == pytest.approx(0.5, abs=2 * four_errors(0.5, n))
    scores = ndtri(1 - np.exp(-(result + 0.5) / SECOND / 30)).reshape(-1, 2)
    assert np.corrcoef(scores.T)[0, 1] == pytest.approx(between, abs=4 * (1 - between**2) / np.sqrt(n / 2) + 1e-4)


def test_who_takes_long_waits_long(run: Runner) -> None:
    """Patience is as it was, and so is the distribution of work; those who take longer now wait longer too."""
    calls = CALLS | {"volume": MANY, "work": EXPONENTIAL, "patience": {"mean": "2m", "cv": 1.0}}
    doc = centre({"phone": calls}, {"agents": agents(60, "phone")})
    on, off = run(doc, {"queue.phone.correlation": {"patience_work": 0.6}}), run(doc)
    assert np.array_equal(on.workload.patience, off.workload.patience)
    work, patience = on.workload.work / SECOND / 240, on.workload.patience / SECOND
    n = len(work)
    assert work.mean() == pytest.approx(1, abs=4 / np.sqrt(n))
    score = np.corrcoef(ndtri(1 - np.exp(-work)), np.log(patience))[0, 1]
    assert score == pytest.approx(0.6, abs=4 * (1 - 0.36) / np.sqrt(n))
    # those who are answered are the patient, who take longer
    assert on.queue("phone", "abandonment") > 0.1
    assert on.queue("phone", "handle_mean") > 1.1 * off.queue("phone", "handle_mean")


def test_agents_differ_in_pace(run: Runner) -> None:
    """The same contacts take each agent as much longer as it is slower; another agent more changes nobody's pace."""
    doc = chats(turns=1, work="100s")
    on, off = run(doc, {"team.agents.pace": {"mean": 1.2, "cv": 0.3}}), run(doc)
    worked = on.log.start < NEVER
    pace = on.workload.agent_pace
    took = (on.log.reply - on.log.start)[worked]
    assert np.array_equal(took, np.rint(on.workload.work[worked] * (1.2 * pace[on.log.agent[worked]])))
    assert np.array_equal(on.workload.work, off.workload.work)
    assert (off.workload.agent_pace == 1).all()
    more = run(doc, {"team.agents.pace_cv": 0.3, "team.agents.shifts.0.agents": 400}).workload.agent_pace
    assert np.array_equal(more[: len(pace)], pace)
    assert more.mean() == pytest.approx(1, abs=4 * 0.3 / np.sqrt(400))
    assert np.log(more).std() == pytest.approx(np.sqrt(np.log(1.09)), rel=4 / np.sqrt(800))


def test_every_replication_has_other_agents() -> None:
    scenario = parse(chats() | {"team": {"agents": agents(5, "chat", pace_cv=0.5)}})
    paces = np.array([sample(scenario, replication).agent_pace for replication in range(3)])
    assert len(np.unique(paces)) == paces.size


def test_beginners_make_mistakes(run: Runner) -> None:
    """Beginners as a team of their own: what they resolve comes back, what the experienced resolve does not."""
    calls = CALLS | {"volume": {**MANY, "per_day": 1200}, "work": "1m"}
    beginners, experienced = agents(10, "phone", errors=0.2, pace=1.4), agents(10, "phone", copilot=0.9)
    doc = centre({"phone": calls}, {"beginners": beginners, "experienced": experienced})
    result = run(doc)
    resolved = np.flatnonzero((result.log.outcome == Outcome.RESOLVED) & (result.workload.generation == 0))
    by = result.plan.team[result.log.agent[result.log.first_turn[resolved]]]
    child = result.workload.reopen_child[resolved]
    back = (child >= 0) & (result.log.arrival[child] < NEVER)
    assert not back[by == 1].any()
    assert back[by == 0].mean() == pytest.approx(0.2, abs=four_errors(0.2, np.sum(by == 0)))
    took = (result.log.reply - result.log.start)[result.log.first_turn[resolved]]
    assert np.array_equal(took, np.where(by == 0, 84, 54) * SECOND)
    # with the queue's own, one or the other: 1 - 0.9 x 0.8
    both = run(doc, {"queue.phone.reopens": {"share": 0.1}, "team.experienced.errors": 0.2})
    n = both.queue("phone", "resolved")
    assert both.queue("phone", "reopen_rate") == pytest.approx(0.28, abs=four_errors(0.28, n) + 0.02)


def test_a_sweep_draws_again_where_mistakes_and_likeness_change() -> None:
    """Points of a sweep share their contacts only where these are drawn from the same settings."""
    base = chats()
    seen = set()
    for changes in (
        {},
        {"queue.chat.work": {"mean": "30s", "cv": 0.5}},
        {"queue.chat.work": {"mean": "30s", "cv": 0.5, "between": 0.5}},
        {"queue.chat.correlation": {"patience_work": 0.5}},
        {"queue.chat.burst": {"messages": 2}},
        {"queue.chat.reasons": {"a": {"share": 0.5, "work": 2.0}}},
        {"queue.chat.bot": {"contains": 0.5}},
        {"queue.chat.bot": {"contains": 0.5, "bounces": {"share": 0.5}}},
        {"queue.chat.bot": {"contains": 0.5, "residue": 1.5}},
        {"team.agents.errors": 0.2},
    ):
        doc = copy.deepcopy(base)
        for path, value in changes.items():
            assign(doc, path, value)
        seen.add(sampled_from(parse(doc)))
    assert len(seen) == 10
    doc = copy.deepcopy(base)
    assign(doc, "team.agents.pace_cv", 0.2)
    assert sampled_from(parse(doc)) == sampled_from(parse(base))
    assert attended_from(parse(doc)) != attended_from(parse(base))


def test_fewer_chats_at_once_in_the_morning(run: Runner) -> None:
    """Three at once only from ten on: until then nobody has more than one, and customers wait."""
    chat = CHAT | {"volume": {**MANY, "per_day": 400}, "work": "20s"}
    doc = centre({"chat": chat}, {"agents": agents(5, "chat", concurrency={"chat": 3})}, start="2026-03-02")
    doc["routing"] = {"agent": "most_loaded"}
    limits = {"08:00-09:30": 1, "09:30-10:00": 2, "10:00-20:00": 3}
    on, off = run(doc, {"team.agents.concurrency": {"chat": limits}}), run(doc)

    def most(result: Run, hour: float) -> int:
        """Sessions of an agent at once, among those that begin from then on, within half an hour."""
        log, start = result.log, hour * HOUR * SECOND
        begun = np.flatnonzero((log.stretch_start >= start) & (log.stretch_start < start + HOUR * SECOND / 2))
        beside = (
            np.sum(
                (log.stretch_agent == log.stretch_agent[row])
                & (log.stretch_start <= log.stretch_start[row])
                & (log.stretch_end > log.stretch_start[row])
            )
            for row in begun
        )
        return int(max(beside))

    assert [most(on, hour) for hour in (8, 9, 9.5, 10)] == [1, 1, 2, 3]
    assert [most(off, hour) for hour in (8, 9, 9.5, 10)] == [3, 3, 3, 3]
    assert on.queue("chat", "asa") > 2 * off.queue("chat", "asa")


def test_sixty_per_cent_are_worse_than_forty_from_a_quarter_of_bounces_on(run: Runner) -> None:
    """docs/ai_agents.md: the crossing lies between a tenth and two fifths of the contained who come back."""
    doc = tomllib.loads((ROOT / "scenarios/ai_agents.toml").read_text())
    sixty = doc.pop("variant")["sixty"]["set"]
    forty = run(doc)

    def more_eager(bounces: float) -> Run:
        return run(doc, sixty | {"queue.chat.bot.bounces.share": bounces})

    few, many = more_eager(0.1), more_eager(0.45)
    assert many.queue("chat", "containment") > 1.4 * forty.queue("chat", "containment")
    assert many.queue("chat", "containment_net") < forty.queue("chat", "containment_net")
    for metric in ("customers_lost", "cost_per_solved", "work_hours"):
        assert few.queue("chat", metric) < forty.queue("chat", metric) < many.queue("chat", metric)


def test_a_bot_that_is_down_sends_everybody_to_people(run: Runner) -> None:
    doc = chats(bot=BOT | {"residue": 1.5}) | {"start": "2026-03-02"}
    on = run(doc, {"outage": [{"what": "queue.chat.bot", "at": "2026-03-02T09:00", "duration": "1h"}]})
    off = run(doc)
    hour = on.workload.arrival // (HOUR * SECOND)
    contained = [result.log.outcome == Outcome.CONTAINED for result in (on, off)]
    assert not contained[0][hour == 9].any()
    assert contained[1][hour == 9].any()
    assert np.array_equal(contained[0][hour != 9], contained[1][hour != 9])
    # what people get of it is as easy as ever
    down = np.repeat(hour == 9, on.workload.turns)
    assert np.array_equal(on.workload.work[down], np.full(down.sum(), 30 * SECOND))
    assert np.array_equal(on.workload.work[~down], off.workload.work[~down])


def test_after_an_outage_everybody_comes_at_once(run: Runner) -> None:
    doc = centre({"phone": CALLS}, {"agents": agents(12, "phone")}, start="2026-03-02")
    on = run(doc, {"outage": [{"what": "queue.phone", "at": "2026-03-02T09:00", "duration": "30m"}]})
    off = run(doc)
    start, end = 9 * HOUR * SECOND, (9 * HOUR + 1800) * SECOND
    moved = (off.workload.arrival >= start) & (off.workload.arrival < end)
    assert moved.sum() > 5
    assert np.array_equal(on.workload.arrival, np.where(moved, end, off.workload.arrival))
    assert np.array_equal(on.workload.work, off.workload.work)
    assert on.queue("phone", "queue_max") >= moved.sum() - 12 > 0
    assert on.queue("phone", "asa") > off.queue("phone", "asa")


def test_a_team_whose_system_is_down_finishes_what_it_has_in_hand(run: Runner) -> None:
    doc = centre({"phone": CALLS}, {"agents": agents(8, "phone", before_break="10m")}, start="2026-03-02")
    on = run(doc, {"outage": [{"what": "team.agents", "at": "2026-03-02T09:00", "duration": "30m"}]})
    off = run(doc)
    start, end = 9 * HOUR * SECOND, (9 * HOUR + 1800) * SECOND
    begun = on.log.start[on.log.start < NEVER]
    assert not ((begun >= start) & (begun < end)).any()
    assert ((begun >= start - 600 * SECOND) & (begun < start)).any()  # nobody saw it coming
    assert (on.log.reply[on.log.start < start] > start).any()
    assert on.team("agents", "paid_hours") == off.team("agents", "paid_hours")
    assert on.team("agents", "staffed_hours") == pytest.approx(off.team("agents", "staffed_hours") - 8 / 2, abs=0.6)
    assert on.queue("phone", "wait_max") > 1000 > off.queue("phone", "wait_max")


@pytest.mark.parametrize(
    ("what", "at", "result"),
    [
        ("queue.chats", "2026-03-02T09:00", 'did you mean "queue.chat"'),
        ("queue.chat.bot", "2026-03-02T09:00", "did you mean"),
        ("team.agents", "2026-03-04T09:00", "not within the days of the run"),
    ],
)
def test_outages_of_nothing_are_refused(what: str, at: str, result: str) -> None:
    doc = chats() | {"start": "2026-03-02", "outage": [{"what": what, "at": at, "duration": "1h"}]}
    with pytest.raises(ScenarioError, match=result):
        parse(doc)


def test_who_is_told_the_wait_leaves_at_once(run: Runner) -> None:
    """Two minutes a place: who bears four begins to wait behind one other at most, and waits the less."""
    doc = centre({"phone": CALLS}, {"agents": agents(3, "phone")})
    on, off = run(doc, {"queue.phone.balking": {"per_place": "2m", "tolerance": "4m"}}), run(doc)
    left = on.log.outcome == Outcome.ABANDONED
    assert left.sum() > 3
    assert (on.log.left[left] == on.log.arrival[left]).all()
    assert on.queue("phone", "queue_max") <= 3 < off.queue("phone", "queue_max")
    assert on.queue("phone", "asa") < off.queue("phone", "asa")
    assert on.queue("phone", "delayed") < off.queue("phone", "delayed")
    assert off.queue("phone", "abandoned") == 0


def test_two_agents_are_left_idle_for_calls(run: Runner) -> None:
    """Callers wait less for it, and visitors more."""
    visits = CALLS | {"channel": "in_person"}
    doc = centre({"phone": CALLS, "desk": visits}, {"agents": agents(7, "phone", "desk")})
    on, off = run(doc, {"routing.reserve": {"phone": 2}}), run(doc, {"routing.reserve": ["phone"]})
    assert on.queue("phone", "asa") < off.queue("phone", "asa") / 2
    assert on.queue("desk", "asa") > off.queue("desk", "asa")


def test_a_bot_with_few_conversations_at_once(run: Runner) -> None:
    """As many are contained and come to people as without the limit, with the same work, but later."""
    on, off = (run(chats(bot=BOT | {"time": "2m", "concurrency": places})) for places in (2, 100))
    assert (wait := on.queue("chat", "bot_wait_mean")) > 1
    assert off.queue("chat", "bot_wait_mean") == 0
    for metric in ("bot_conversations", "contained", "answered", "work_hours"):
        assert on.queue("chat", metric) == pytest.approx(off.queue("chat", metric))
    assert on.queue("chat", "resolution_mean") > off.queue("chat", "resolution_mean") + wait / 2
    assert ("queue", "chat", "bot_wait_mean") not in run(chats(bot=BOT)).figures
