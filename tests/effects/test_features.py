"""What each behaviour of the articles changes (docs/features.md): two runs on the same streams, with it and without.

The number in a name is the row of that page. Distributions are constant wherever that makes the effect exact; where it
is a share of random draws it is held to four standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import correlation
from typing import Any

import numpy as np
import pytest

from ccsim.errors import ScenarioError
from ccsim.scenario.read import parse
from ccsim.tables import NEVER, SECOND, Outcome
from tests.effects.conftest import Doc, Run

Runner = Callable[..., Run]

MINUTE, HOUR = 60, 3600

MORNING = {"per_day": 120, "shape": [["08:00", 1], ["12:00", 0]]}
"""Some 120 contacts between eight and twelve, so that on the only day all is over by midnight."""

CHAT: Doc = {
    "channel": "live_chat", "volume": MORNING, "turns": 4, "work": "30s", "reply_latency": "30s", "wrap_up": "0s",
    "patience": "never",
}  # fmt: skip
THREAD: Doc = {
    "channel": "messaging", "volume": MORNING, "turns": 3, "work": "60s", "reply_latency": "20m", "wrap_up": "0s",
    "expires_after": "3d", "reread": {},
}  # fmt: skip
CALLS: Doc = {"channel": "phone", "volume": MORNING, "work": "4m", "wrap_up": "0s", "patience": "never"}
MAIL: Doc = {"channel": "email", "volume": MORNING, "turns": 1, "work": "6m", "wrap_up": "0s"}


def agents(number: int, *skills: str, **changes: Any) -> Doc:
    """A team that is always there."""
    team = {"skills": dict.fromkeys(skills, 1), "shifts": [{"agents": number, "hours": "always"}]}
    return team | changes


def centre(queue: Doc, team: Doc, **changes: Any) -> Doc:
    return {"name": "effect", "days": 1, "drain": "4d", "seed": 5, "queue": queue, "team": team, **changes}


def four_errors(share: float, number: float) -> float:
    return 4 * float(np.sqrt(share * (1 - share) / number))


# --- the articles' rows


def test_01_a_chat_lasts_six_minutes(run: Runner) -> None:
    """Of the channel's own distributions: six turns of thirty seconds, and five latencies of thirty seconds between
    them."""
    patient: Doc = {"channel": "live_chat", "volume": MORNING, "patience": "never", "wrap_up": "0s"}
    doc = centre({"chat": patient | {"idle_timeout": "1d"}}, {"agents": agents(40, "chat", concurrency={})})
    on, off = run(doc), run(doc, {"queue.chat.turns": 1})
    held = on.log.stretch_end - on.log.stretch_start
    error = held.std() / SECOND / np.sqrt(len(held))
    assert on.queue("chat", "session_mean") == pytest.approx(6 * 30 + 5 * 30, abs=4 * error)
    assert off.queue("chat", "session_mean") < 60


def test_02_customers_of_messaging_answer_after_hours(run: Runner) -> None:
    """Of the channel's own latency 55 % is over a quarter of an hour; in a chat nobody is so long."""
    thread = {key: value for key, value in THREAD.items() if key != "reply_latency"}
    doc = centre({"app": thread}, {"agents": agents(20, "app")}, days=3)
    on, off = run(doc), run(doc, {"queue.app.reply_latency": "30s"})

    def over(minutes: int, result: Run) -> float:
        latency = result.workload.latency[result.workload.latency < NEVER]
        return float(np.mean(latency > minutes * MINUTE * SECOND))

    answers = int(np.sum(on.workload.latency < NEVER))
    assert over(15, on) == pytest.approx(0.552, abs=four_errors(0.552, answers))
    assert over(15, off) == 0
    assert on.queue("app", "resolution_mean") > 30 * off.queue("app", "resolution_mean")


def test_03_who_comes_back_reads_again(run: Runner) -> None:
    """20 s and 5 s for each reply sent, on the second and on the third turn: 55 s of 235."""
    doc = centre({"app": THREAD}, {"agents": agents(10, "app")})
    on = run(doc, {"queue.app.reread": {"after": "15m", "work": "20s", "per_turn": "5s"}})
    off = run(doc)
    assert on.queue("app", "handle_mean") == pytest.approx(180 + 25 + 30)
    assert on.queue("app", "reread_share") == pytest.approx(55 / 235)
    assert off.queue("app", "handle_mean") == pytest.approx(180)


def test_03_who_is_quick_is_not_read_again(run: Runner) -> None:
    doc = centre({"app": THREAD}, {"agents": agents(10, "app")})
    reread = {"queue.app.reread": {"after": "15m", "work": "20s"}, "queue.app.reply_latency": "5m"}
    assert run(doc, reread).queue("app", "reread_share") == 0


def test_04_a_closed_chat_solves_it_at_once(run: Runner) -> None:
    """The same matters as a closed chat and as a thread whose customers take their time: some never come back."""
    talk: Doc = {"volume": MORNING, "turns": {"mean": 4}, "work": "40s", "wrap_up": "0s", "patience": "never"}
    doc = centre({"talk": talk | {"channel": "live_chat"}}, {"agents": agents(6, "talk")}, days=3)
    on, off = run(doc), run(doc, {"queue.talk.channel": "messaging"})
    assert on.queue("talk", "offered") == off.queue("talk", "offered")
    assert on.queue("talk", "fcr") > 0.98
    assert off.queue("talk", "fcr") < 0.95
    assert on.queue("talk", "resolution_mean") < off.queue("talk", "resolution_mean") / 10
    assert on.queue("talk", "handle_mean") < off.queue("talk", "handle_mean")


def test_05_open_conversations_pile_up(run: Runner) -> None:
    """Little: every contact is open for 40 minutes of silence more, whatever else happens in the day."""
    doc = centre({"app": THREAD}, {"agents": agents(10, "app")})
    on, off = run(doc), run(doc, {"queue.app.reply_latency": "0s"})
    silence = on.queue("app", "offered") * 2 * 20 * MINUTE / (24 * HOUR)
    assert on.queue("app", "open_mean") - off.queue("app", "open_mean") == pytest.approx(silence, rel=0.02)


def test_05_without_parking_they_fill_the_agents(run: Runner) -> None:
    """Parked threads hold no capacity: two agents with five places each serve what otherwise waits for hours."""
    doc = centre({"app": THREAD | {"reply_latency": "1h"}}, {"agents": agents(2, "app")})
    on, off = run(doc), run(doc, {"queue.app.idle_timeout": "never"})
    assert on.team("agents", "concurrency_max") == off.team("agents", "concurrency_max") == 5
    assert on.queue("app", "session_mean") < 3 * (60 + 10 * MINUTE) + 10 * MINUTE
    assert off.queue("app", "session_mean") > 2 * HOUR
    assert on.queue("app", "asa") < off.queue("app", "asa") / 5


def test_06_a_buyer_who_waits_buys_elsewhere(run: Runner) -> None:
    """Too few agents: without patience running out all are served in the end, with it the lost are worth 5 each."""
    busy = CHAT | {"work": "3m", "value": 5.0, "idle_timeout": "1h"}
    doc = centre({"chat": busy}, {"agents": agents(2, "chat")})
    patience = {"queue.chat.patience": "15m", "queue.chat.reply_patience": {"mean": "15m"}}
    on, off = run(doc, patience), run(doc)
    left = on.queue("chat", "offered") - on.queue("chat", "resolved")
    assert on.queue("chat", "abandoned") > 0
    assert on.queue("chat", "lost") > 0
    assert on.queue("chat", "value_lost") == pytest.approx(5 * left)
    assert off.queue("chat", "resolved") == off.queue("chat", "offered") == on.queue("chat", "offered")
    assert off.queue("chat", "value_lost") == 0


def test_07_a_lost_customer_is_reconnected_to_the_same_agent(run: Runner) -> None:
    """Back after two minutes, within the timeout: the contact goes on. Without, each lost connection loses one."""
    dropping = CHAT | {"drop": 0.15, "reconnects": 1.0, "reconnect_after": "2m", "idle_timeout": "5m"}
    doc = centre({"chat": dropping}, {"agents": agents(15, "chat")})
    on, off = run(doc), run(doc, {"queue.chat.reconnects": 0.0})
    broken = np.add.reduceat(off.workload.comeback == NEVER, off.workload.first_turn) > 0
    assert on.queue("chat", "resolved") == on.queue("chat", "offered")
    assert on.queue("chat", "agents_per_contact") == 1
    assert off.queue("chat", "lost") == np.sum(broken) > 20
    assert on.queue("chat", "resolution_mean") > off.queue("chat", "resolution_mean")


def test_07_who_is_back_late_keeps_the_history(run: Runner) -> None:
    """Back after the timeout: a contact of their own, with the turns that were left and not all of them again."""
    dropping = CHAT | {"drop": 0.15, "reconnects": 1.0, "reconnect_after": "10m", "idle_timeout": "5m", "limit": 100}
    doc = centre({"chat": dropping}, {"agents": agents(15, "chat")})
    on, off = run(doc), run(doc, {"queue.chat.drop": 0.0})
    assert on.queue("chat", "timed_out") > 20
    assert on.queue("chat", "offered") == off.queue("chat", "offered") + on.queue("chat", "timed_out")
    assert np.sum(on.log.reply < NEVER) == np.sum(off.log.reply < NEVER) == 4 * off.queue("chat", "offered")


def test_08_the_freest_agent_gets_the_next_chat(run: Runner) -> None:
    """While there are free agents nobody has two chats; filling the busiest first, some soon have three."""
    doc = centre({"chat": CHAT}, {"agents": agents(30, "chat")})
    on, off = run(doc, {"routing": {"agent": "least_loaded"}}), run(doc, {"routing": {"agent": "most_loaded"}})
    assert on.team("agents", "concurrency_max") == 1
    assert off.team("agents", "concurrency_max") == 3
    assert on.queue("chat", "response_mean") < off.queue("chat", "response_mean")


def test_08_colleagues_hand_chats_over(run: Runner) -> None:
    handing = CHAT | {"transfer": [{"to": "experts", "share": 0.3}]}
    queues = {"chat": handing, "experts": {key: value for key, value in CHAT.items() if key != "volume"}}
    doc = centre(queues, {"agents": agents(15, "chat"), "experts": agents(15, "experts")}, days=3)
    on, off = run(doc), run(doc, {"queue.chat.transfer": []})
    number = on.queue("chat", "offered")
    assert on.queue("chat", "transfer_rate") == pytest.approx(0.3, abs=four_errors(0.3, number))
    assert on.queue("experts", "resolved") == on.queue("chat", "transferred")
    assert on.queue("chat", "fcr") == pytest.approx(1 - on.queue("chat", "transfer_rate"))
    assert off.queue("experts", "offered") == 0
    assert off.queue("chat", "fcr") == 1


def test_09_who_is_forwarded_repeats_everything(run: Runner) -> None:
    """Cold, a handed-over chat has two turns more and a call a minute more."""
    cold = {"cold": True, "repeat_turns": 2, "repeat_work": "1m"}
    handing = CHAT | {"transfer": [{"to": "experts", "share": 0.3, **cold}, {"to": "phone", "share": 0.3, **cold}]}
    without = {name: {k: v for k, v in queue.items() if k != "volume"} for name, queue in (("c", CHAT), ("p", CALLS))}
    queues = {"chat": handing, "experts": without["c"], "phone": without["p"]}
    doc = centre(queues, {"agents": agents(30, "chat", "experts", "phone")})
    on, off = run(doc), run(doc, {f"queue.chat.transfer.{i}.cold": False for i in (0, 1)})
    assert on.queue("experts", "offered") == off.queue("experts", "offered") > 10
    assert on.queue("experts", "turns_mean") == off.queue("experts", "turns_mean") + 2 == 6
    assert on.queue("phone", "handle_mean") == off.queue("phone", "handle_mean") + 60 == 300


def test_10_one_call_three_chats_five_threads(run: Runner) -> None:
    """What fills an agent, of channels that are too busy for one."""
    for channel, sessions in (("phone", 1), ("video", 1), ("in_person", 1), ("live_chat", 3), ("messaging", 5)):
        busy = {"channel": channel, "volume": {**MORNING, "per_day": 60}, "work": "10m", "patience": "never"}
        doc = centre({"talk": busy}, {"agents": agents(1, "talk")})
        assert run(doc).team("agents", "concurrency_max") == sessions
    doc = centre({"talk": CHAT}, {"agents": agents(1, "talk", concurrency={"talk": 4})})
    assert run(doc).team("agents", "concurrency_max") == 4


def test_10_more_than_three_chats_overwhelm(run: Runner) -> None:
    """Beyond three the work takes twice as long; who has at most three feels nothing of it."""
    doc = centre({"chat": CHAT}, {"agents": agents(1, "chat", concurrency={"chat": 5})})
    slow = {"team.agents.slowdown": [1.0, 1.0, 1.0, 2.0]}
    on, off = run(doc, slow), run(doc)
    assert 4 * 30 < on.queue("chat", "handle_mean") <= 8 * 30
    assert off.queue("chat", "handle_mean") == 4 * 30
    three = slow | {"team.agents.concurrency.chat": 3}
    assert run(doc, three).queue("chat", "handle_mean") == 4 * 30


def test_11_effort_of_the_channels(run: Runner) -> None:
    """A call takes 3, a message 1; who calls twice and then writes has spent 7."""
    calls = CALLS | {"patience": "2m", "retry": {"share": 1.0, "after": "5m", "to": {"phone": 0.5, "app": 0.5}}}
    thread = {key: value for key, value in THREAD.items() if key != "volume"}
    doc = centre({"phone": calls, "app": thread}, {"agents": agents(1, "phone"), "writers": agents(3, "app")})
    on, off = run(doc), run(doc, {"queue.phone.retry.share": 0.0})
    spent = 3 * on.queue("phone", "offered") + on.queue("app", "offered")
    assert on.queue("app", "offered") > 10
    assert on.queue("phone", "effort") == pytest.approx(spent / off.queue("phone", "offered"))
    assert off.queue("phone", "effort") == 3


def test_12_the_target_is_the_channels(run: Runner) -> None:
    """80/20 and 90/300 of one and the same run; and instead of them concurrency, active and idle time."""
    busy = CHAT | {"work": {"mean": "45s"}, "reply_target": "90% in 60s"}
    doc = centre({"chat": busy}, {"agents": agents(4, "chat")})
    calls, app = run(doc, {"queue.chat.service_level": "80/20"}), run(doc, {"queue.chat.service_level": "90/300"})
    first = app.log.first_turn
    wait = (app.log.start - app.log.message)[first] / SECOND
    assert calls.queue("chat", "service_level") == pytest.approx(np.mean(wait <= 20))
    assert app.queue("chat", "service_level") == pytest.approx(np.mean(wait <= 300))
    assert calls.queue("chat", "service_level") < app.queue("chat", "service_level")
    later = np.delete(app.log.start - app.log.message, first) / SECOND
    assert app.queue("chat", "reply_level") == pytest.approx(np.mean(later <= 60))
    for other in (calls.team("agents", "concurrency_mean"), calls.queue("chat", "handle_mean")):
        assert np.isfinite(other)
    assert calls.queue("chat", "session_mean") > calls.queue("chat", "handle_mean")


def test_14_out_of_hours_the_message_is_kept(run: Runner) -> None:
    """Open from noon: of the morning's messages none is rejected, and at noon they are all there."""
    doc = centre({"app": THREAD | {"open": {"mon-sun": "10:00-20:00"}}}, {"agents": agents(10, "app")})
    doc["queue"]["app"]["volume"] = {"per_hour": 5}
    on, off = run(doc), run(doc, {"queue.app.outside_hours": "reject"})
    hour = on.workload.arrival // (HOUR * SECOND)
    early, late = int(np.sum(hour < 10)), int(np.sum(hour >= 20))
    assert on.queue("app", "rejected") == 0
    assert on.queue("app", "backlog_max") == max(early, late)
    assert off.queue("app", "rejected") == early + late > 0


def test_14_an_automatic_reply_keeps_them_waiting(run: Runner) -> None:
    """Told that the shop opens at ten, the night's customers wait six hours and not ten minutes from then on."""
    shop = THREAD | {"open": {"mon-sun": "10:00-20:00"}, "volume": {"per_hour": 8}, "work": "5m", "patience": "10m"}
    doc = centre({"app": shop}, {"agents": agents(2, "app")})
    on, off = run(doc, {"queue.app.auto_reply": {"patience": "6h"}}), run(doc)
    night = on.workload.arrival < 10 * HOUR * SECOND
    gone = [result.log.outcome[night] == Outcome.SILENTLY_ABANDONED for result in (on, off)]
    assert np.sum(gone[1]) > 10 > np.sum(gone[0])


def test_15_a_bot_answers_the_repetitive(run: Runner) -> None:
    """It contains who is content with it, and nobody who asks for a person."""
    doc = centre({"chat": CHAT}, {"agents": agents(20, "chat")}, days=3)
    on, off = run(doc, {"queue.chat.bot": {"contains": 0.4, "time": "1m", "asks_human": 0.25}}), run(doc)
    number, contained = on.queue("chat", "offered"), on.queue("chat", "contained")
    assert contained / number == pytest.approx(0.75 * 0.4, abs=four_errors(0.3, number))
    assert not np.any(on.log.outcome[on.workload.asks_human] == Outcome.CONTAINED)
    assert on.queue("chat", "answered") == number - contained
    assert off.queue("chat", "answered") == number
    assert on.queue("chat", "work_hours") == pytest.approx((number - contained) * 120 / HOUR)


def test_15_explaining_it_all_again(run: Runner) -> None:
    bot = {"contains": 0.4, "time": "1m", "loses_context": True}
    doc = centre({"chat": CHAT | {"bot": bot}}, {"agents": agents(20, "chat")})
    on, off = run(doc), run(doc, {"queue.chat.bot.loses_context": False})
    assert on.queue("chat", "turns_mean") == off.queue("chat", "turns_mean") + 1 == 5


def test_15_the_bot_is_there_at_night(run: Runner) -> None:
    doc = centre({"chat": CHAT | {"volume": {"per_hour": 10}}}, {"agents": agents(20, "chat")})
    day = {"mon-sun": "08:00-20:00"}
    doc["queue"]["chat"] |= {"open": day, "bot": {"contains": 0.4, "time": "1m", "hours": day}}
    on, off = run(doc, {"queue.chat.outside_hours": "bot"}), run(doc)
    hour = on.workload.arrival // (HOUR * SECOND)
    night = (hour < 8) | (hour >= 20)
    assert np.all(off.log.outcome[night] == Outcome.REJECTED)
    assert np.array_equal(on.log.outcome[night] == Outcome.CONTAINED, on.workload.contained[night])
    assert np.sum(on.log.outcome[night] == Outcome.CONTAINED) > 10


def test_16_a_knowledge_base_relieves_agents(run: Runner) -> None:
    """Who finds the answer never comes; whose search fails comes an hour later."""
    page = {"deflects": {"chat": 0.3}, "fails": 0.0, "returns_after": "1h"}
    doc = centre({"chat": CHAT}, {"agents": agents(20, "chat")}, days=3, self_service={"page": page})
    on, off = run(doc), run(doc, {"self_service.page.deflects": {}})
    number, result = on.queue("chat", "offered"), on.queue("chat", "deflected")
    assert number == off.queue("chat", "answered")
    assert result / number == pytest.approx(0.3, abs=four_errors(0.3, number))
    assert on.queue("chat", "answered") == number - result
    failing = run(doc, {"self_service.page.fails": 1.0})
    assert failing.queue("chat", "deflected") == 0
    assert failing.queue("chat", "answered") == number
    later = np.sum(np.sort(failing.workload.arrival) - np.sort(off.workload.arrival))
    assert later == result * HOUR * SECOND


def test_17_not_everybody_writes(run: Runner) -> None:
    """The phone line closed, WhatsApp only: three in ten give no number, and are nowhere else."""
    demand = {**MORNING, "per_day": 500, "mix": {"phone": 60, "app": 40}, "fallback": {"phone": "app"}}
    queues = {name: {k: v for k, v in q.items() if k != "volume"} for name, q in (("phone", CALLS), ("app", THREAD))}
    doc = centre(queues, {"agents": agents(40, "phone", "app")}, demand=demand)
    both, closed = run(doc), run(doc, {"demand.barrier": {"phone": 1.0}})
    only = run(doc, {"demand.barrier": {"phone": 1.0, "app": 0.3}})
    everybody = both.total("offered")
    assert both.queue("phone", "offered") / everybody == pytest.approx(0.6, abs=four_errors(0.6, everybody))
    assert both.total("turned_away") == closed.total("turned_away") == 0
    assert closed.queue("app", "offered") == everybody
    assert only.total("turned_away") == everybody - only.queue("app", "offered")
    assert only.total("turned_away") / everybody == pytest.approx(0.3, abs=four_errors(0.3, everybody))
    assert only.queue("phone", "turned_away") > only.queue("app", "turned_away")


def test_18_the_company_writes_first(run: Runner) -> None:
    """Half of the recipients would answer; whom it annoys does not."""
    notice = {"queue": "app", "messages": 200, "window": {"mon-sun": "08:00-18:00"}, "reply_share": 0.5}
    doc = centre({"app": THREAD | {"volume": {"per_hour": 1}}}, {"agents": agents(10, "app")}, outbound={"it": notice})
    on, off = run(doc), run(doc, {"outbound.it.messages": 0})
    assert on.queue("app", "outbound_sent") == 200
    assert on.queue("app", "outbound_answered") / 200 == pytest.approx(0.5, abs=four_errors(0.5, 200))
    assert ("queue", "app", "outbound_sent") not in off.figures
    annoyed = run(doc, {"outbound.it.opt_out": 0.4})
    assert annoyed.queue("app", "outbound_answered") / 200 == pytest.approx(0.3, abs=four_errors(0.3, 200))
    assert annoyed.queue("app", "outbound_answered") < on.queue("app", "outbound_answered")


def test_18_on_web_chat_it_cannot(run: Runner) -> None:
    doc = centre({"chat": CHAT}, {"agents": agents(1, "chat")}, outbound={"it": {"queue": "chat", "messages": 1}})
    with pytest.raises(ScenarioError, match="persistent"):
        parse(doc)


def test_18_who_was_not_served_is_written_to(run: Runner) -> None:
    calls = CALLS | {"patience": "2m"}
    thread = {key: value for key, value in THREAD.items() if key != "volume"}
    recontact = {"queue": "app", "recontact": ["phone"], "recontact_after": "1h", "reply_share": 1.0}
    doc = centre({"phone": calls, "app": thread}, {"agents": agents(2, "phone"), "writers": agents(5, "app")})
    on, off = run(doc, {"outbound": {"sorry": recontact}}), run(doc)
    assert on.queue("app", "outbound_sent") == on.queue("phone", "abandoned") > 10
    assert off.queue("app", "offered") == 0


def test_19_a_mobile_visitor_is_lost_half_way(run: Runner) -> None:
    """Of the same customers a closed chat loses those who leave the page; a thread waits for them."""
    doc = centre({"talk": CHAT | {"drop": 0.1}}, {"agents": agents(20, "talk")})
    chat, thread = run(doc), run(doc, {"queue.talk.channel": "messaging"})
    number = chat.queue("talk", "offered")
    expected = 1 - 0.9**3
    assert chat.queue("talk", "lost") / number == pytest.approx(expected, abs=four_errors(expected, number))
    assert thread.queue("talk", "resolved") == number
    assert run(doc, {"queue.talk.drop": 0.0}).queue("talk", "lost") == 0


def test_20_who_has_the_number_writes_again(run: Runner) -> None:
    queues = {
        "app": THREAD | {"reopens": {"share": 0.3, "after": "1h"}, "limit": 1},
        "chat": CHAT | {"reopens": {"share": 0.1, "after": "1h"}, "limit": 1},
    }
    doc = centre(queues, {"agents": agents(30, "app"), "chatters": agents(30, "chat")})
    on, off = run(doc), run(doc, {f"queue.{name}.reopens.share": 0.0 for name in queues})
    for name, share in (("app", 0.3), ("chat", 0.1)):
        roots = off.queue(name, "offered")
        again = on.queue(name, "offered") - roots
        assert again / roots == pytest.approx(share, abs=four_errors(share, roots))
        assert on.queue(name, "repeat_contacts") == pytest.approx(again / roots)
        assert on.queue(name, "fcr") == pytest.approx(1 - again / roots)
        assert off.queue(name, "fcr") == 1


def test_21_from_chat_to_video_with_the_same_agent(run: Runner) -> None:
    """At once and in the same hands; otherwise with whoever is free, after a wait if nobody is."""
    video = {"channel": "video", "work": "10m", "wrap_up": "0s", "patience": "never"}
    escalating = CHAT | {"transfer": [{"to": "video", "share": 0.3, "same_agent": True}]}
    team = agents(8, "chat", "video", concurrency={"chat": 1})
    doc = centre({"chat": escalating, "video": video}, {"agents": team})
    on, off = run(doc), run(doc, {"queue.chat.transfer.0.same_agent": False})

    def same_hands(result: Run) -> np.ndarray[Any, np.dtype[np.bool_]]:
        leg = np.flatnonzero((result.workload.queue == 1) & (result.log.parent >= 0))
        before = result.log.parent[leg]
        last = result.log.first_turn[before] + result.log.messages[before] - 1
        same: np.ndarray[Any, np.dtype[np.bool_]] = (
            result.log.agent[result.log.first_turn[leg]] == result.log.agent[last]
        )
        return same

    assert len(same_hands(on)) > 20
    assert same_hands(on).all()
    assert on.queue("video", "wait_max") == 0
    assert not same_hands(off).all()


def test_23_without_the_customers_data_each_turn_takes_longer(run: Runner) -> None:
    """A look-up of 20 s in each of four turns: 80 s more work a chat, and answers come later."""
    doc = centre({"chat": CHAT}, {"agents": agents(2, "chat")})
    on, off = run(doc, {"queue.chat.work": "50s"}), run(doc)
    assert on.queue("chat", "handle_mean") == off.queue("chat", "handle_mean") + 4 * 20
    assert on.queue("chat", "response_mean") > off.queue("chat", "response_mean") + 20


def test_24_off_to_the_next_job(run: Runner) -> None:
    """Calls that come while nobody is there ring out."""
    doc = centre({"phone": CALLS | {"patience": "30s", "work": "2m"}}, {"owner": agents(1, "phone")})
    doc["team"]["owner"]["shifts"] = [{"agents": 1, "hours": "07:00-13:00"}]
    on, off = run(doc, {"team.owner.steps_out": {"every": "15m", "lasts": "30m"}}), run(doc)
    first_day = on.plan.shift_start[on.workload.out_shift] // (24 * HOUR * SECOND) == 0
    away = np.sum((on.workload.out_end - on.workload.out_start)[first_day]) / SECOND / HOUR
    assert away > 2
    assert on.team("owner", "staffed_hours") == pytest.approx(off.team("owner", "staffed_hours") - away, abs=0.1)
    assert on.queue("phone", "abandonment") > off.queue("phone", "abandonment") + 0.2


def test_25_messages_on_social_media_are_missed(run: Runner) -> None:
    """Two hours late nobody scrolls down so far; kept for good, the same messages are all answered."""
    inbox = {"channel": "social", "volume": MORNING, "turns": 1, "work": "7m"}
    doc = centre({"social": inbox}, {"agents": agents(2, "social")})
    on, off = run(doc, {"queue.social.missed_after": "1h"}), run(doc)
    assert off.queue("social", "expired") == 0
    assert off.queue("social", "wait_max") > HOUR
    assert on.queue("social", "expired") > 0
    assert on.queue("social", "wait_max") <= HOUR
    assert on.queue("social", "resolved") + on.queue("social", "expired") == off.queue("social", "resolved")


def test_25_appointments_spread_the_visits(run: Runner) -> None:
    """Booked every ten minutes from eight: less those who do not come; and nobody waits."""
    booked = {"appointments": {"hours": "08:00-18:00", "every": "10m"}, "no_show": 0.2, "earliness": "2m"}
    visits = {"channel": "in_person", "volume": booked, "work": "9m", "wrap_up": "0s", "patience": "never"}
    doc = centre({"desk": visits}, {"agents": agents(1, "desk")})
    on = run(doc)
    number = on.queue("desk", "offered")
    assert number / 60 == pytest.approx(0.8, abs=four_errors(0.8, 60))
    assert np.all((on.workload.arrival + 2 * MINUTE * SECOND) % (10 * MINUTE * SECOND) == 0)
    assert on.queue("desk", "wait_max") == 0
    off = run(doc, {"queue.desk.volume": {"per_day": number, "shape": [["08:00", 1], ["18:00", 0]]}})
    assert off.queue("desk", "asa") > 2 * MINUTE
    assert run(doc, {"queue.desk.volume.no_show": 0.0}).queue("desk", "offered") == 60


def test_25_video_leaves_no_hand_free(run: Runner) -> None:
    """One agent for chats and video calls: as a chat the same call would go on beside the others."""
    video = {"channel": "video", "volume": MORNING, "work": "2m", "wrap_up": "0s", "patience": "never"}
    doc = centre({"chat": CHAT, "video": video}, {"agents": agents(3, "chat", "video")})
    on = run(doc)
    off = run(doc, {"queue.video.channel": "live_chat", "queue.video.turns": 1})
    calls = np.flatnonzero(on.workload.queue[on.log.stretch_contact] == 1)

    def beside(result: Run, stretch: Any) -> int:
        log = result.log
        during = (log.stretch_start < log.stretch_end[stretch]) & (log.stretch_end > log.stretch_start[stretch])
        return int(np.sum(during & (log.stretch_agent == log.stretch_agent[stretch])))

    assert len(calls) > 50
    assert max(beside(on, call) for call in calls) == 1
    assert max(beside(off, call) for call in np.flatnonzero(off.workload.queue[off.log.stretch_contact] == 1)) > 1
    assert on.queue("video", "asa") > off.queue("video", "asa")


def test_25_a_phone_queue_costs_what_comes(run: Runner) -> None:
    """Nobody can be put off to a quieter hour: twice the calls are twice the work, and with the same agents a queue."""
    doc = centre({"phone": CALLS}, {"agents": agents(3, "phone")})
    on, off = run(doc, {"queue.phone.volume.per_day": 240}), run(doc)
    more = on.queue("phone", "offered") / off.queue("phone", "offered")
    assert more == pytest.approx(2, abs=0.5)
    assert on.queue("phone", "work_hours") / off.queue("phone", "work_hours") == pytest.approx(more)
    assert on.queue("phone", "asa") > 10 * off.queue("phone", "asa")


# --- and what goes with them


def test_a_call_interrupts_an_email(run: Runner) -> None:
    """Calls need not wait for the e-mail in hand, which is taken up where it was left: no work more or less."""
    doc = centre({"phone": CALLS | {"work": "2m"}, "email": MAIL | {"work": "20m"}}, {"agents": agents(6, "phone")})
    doc["queue"]["phone"]["volume"] = {**MORNING, "per_day": 60}
    doc["team"]["agents"]["skills"] = {"phone": 1, "email": 2}
    on, off = run(doc, {"team.agents.interrupts": {"phone": ["email"]}}), run(doc)
    assert on.team("agents", "interruptions") == len(on.log.suspended_contact) > 10
    assert off.team("agents", "interruptions") == 0
    assert on.queue("phone", "asa") < off.queue("phone", "asa") / 10
    assert on.queue("email", "response_mean") > off.queue("email", "response_mean")
    for name in ("phone", "email"):
        assert on.queue(name, "work_hours") == pytest.approx(off.queue(name, "work_hours"))


def test_shared_attention(run: Runner) -> None:
    """An agent who is never idle finishes 3 chats in 4 minutes, against 1 in 3 with one at a time."""
    chats = {"channel": "live_chat", "volume": {"per_hour": 90}, "patience": "1m"}
    doc = centre({"chat": chats}, {"agents": agents(1, "chat")}, drain="0s")
    on = run(doc, {"queue.chat.work_by_concurrency": ["3m", "3m30s", "4m"]})
    off = run(doc, {"queue.chat.work_by_concurrency": ["3m"]})
    for result, an_hour in ((on, 45), (off, 20)):  # Poisson while all places are taken
        done = result.team("agents", "work_hours") * an_hour
        assert result.queue("chat", "resolved") == pytest.approx(done, abs=4 * np.sqrt(done))
    assert on.queue("chat", "abandonment") < off.queue("chat", "abandonment")


def test_calling_back_keeps_callers(run: Runner) -> None:
    doc = centre({"phone": CALLS | {"patience": {"mean": "5m"}}}, {"agents": agents(2, "phone")})
    offer = {"queue": "phone", "offer_above": "1m", "accepts": 1.0}
    on, off = run(doc, {"callback": {"hold": offer}}), run(doc)
    assert on.queue("phone", "called_back") > 10
    assert ("queue", "phone", "called_back") not in off.figures
    assert on.queue("phone", "abandoned") < off.queue("phone", "abandoned") / 2
    nobody = run(doc, {"callback": {"hold": offer | {"no_answer": 1.0, "no_answer_time": "30s"}}})
    assert not np.any(nobody.log.called_back & (nobody.log.outcome == Outcome.RESOLVED))


def test_agents_are_now_quick_and_now_slow_to_answer(run: Runner) -> None:
    """With an agent for everybody the wait is the ringing: a mean of 20 s, within 20 s for 1 - 1/e of the calls."""
    doc = centre({"phone": CALLS | {"service_level": "80/20"}}, {"agents": agents(60, "phone")}, days=5)
    on, off = (run(doc, {"queue.phone.answer_delay": delay}) for delay in ({"mean": "20s"}, "20s"))
    number = on.queue("phone", "answered")
    assert number == off.queue("phone", "answered") > 400
    assert (off.queue("phone", "asa"), off.queue("phone", "service_level")) == (20, 1)
    assert on.queue("phone", "asa") == pytest.approx(20, abs=4 * 20 / np.sqrt(number))
    within = 1 - np.exp(-1)
    assert on.queue("phone", "service_level") == pytest.approx(within, abs=four_errors(within, number))
    assert on.queue("phone", "work_hours") == pytest.approx(off.queue("phone", "work_hours"))


def test_the_silent_are_answered_in_vain(run: Runner) -> None:
    """Who leaves the window open costs a turn and hides among the answered of an ACD."""
    doc = centre({"chat": CHAT | {"patience": "2m", "work": "90s"}}, {"agents": agents(2, "chat")})
    on, off = run(doc, {"queue.chat.silent_abandonment": 1.0}), run(doc)
    silent = on.queue("chat", "silently_abandoned")
    assert silent > 10
    assert on.queue("chat", "abandonment_seen") == 0 < on.queue("chat", "abandonment")
    assert off.queue("chat", "abandonment_seen") == off.queue("chat", "abandonment")
    # each of the answered has four turns, each silent one the first
    work = on.queue("chat", "answered") * 4 + silent
    assert on.queue("chat", "work_hours") == pytest.approx(work * 90 / HOUR)
    assert on.queue("chat", "answered") < off.queue("chat", "answered")


def test_supervisors_help_when_the_queue_is_long(run: Runner) -> None:
    doc = centre({"phone": CALLS}, {"agents": agents(2, "phone"), "supervisors": agents(8, "phone")})

    def helping(longer_than: int) -> Run:
        return run(doc, {"team.supervisors.skills.phone": {"rank": 2, "longer_than": longer_than}})

    always, sometimes, never = helping(-1), helping(3), helping(1000)
    assert always.queue("phone", "asa") < sometimes.queue("phone", "asa") < never.queue("phone", "asa")
    assert sometimes.queue("phone", "queue_max") <= 4 < never.queue("phone", "queue_max")
    work = [result.team("supervisors", "work_hours") for result in (always, sometimes, never)]
    assert work[0] > work[1] > work[2] == 0


def test_busy_days_are_busy_everywhere(run: Runner) -> None:
    calls = {"channel": "phone", "volume": {"per_day": 40, "busyness_cv": 0.8}, "work": "1s", "wrap_up": "0s"}
    doc = centre({"a": calls, "b": calls}, {"agents": agents(9, "a", "b")}, days=30)

    def together(share: float) -> float:
        result = run(doc, {"busyness": {"correlation": share}}).workload
        day = result.arrival // (24 * HOUR * SECOND)
        counts = [np.bincount(day[result.queue == queue], minlength=30) for queue in (0, 1)]
        return correlation(*(count.tolist() for count in counts))

    assert together(1.0) > 0.9
    assert abs(together(0.0)) < 4 / np.sqrt(30)


def test_a_spike_is_in_its_hour(run: Runner) -> None:
    doc = centre({"phone": CALLS | {"volume": {"per_hour": 20}}}, {"agents": agents(20, "phone")}, start="2026-03-02")
    spike = {"queue": "phone", "at": "2026-03-02T10:00", "duration": "2h", "scale": 4}
    on, off = run(doc, {"spike": [spike]}), run(doc)
    hour = [np.bincount(result.workload.arrival // (HOUR * SECOND), minlength=24) for result in (on, off)]
    assert np.array_equal(hour[0][:10], hour[1][:10])
    assert hour[0][10:12].sum() == pytest.approx(160, abs=4 * np.sqrt(160))
    assert hour[1][10:12].sum() < 100


def test_calls_are_longer_in_the_afternoon(run: Runner) -> None:
    """The same calls in the morning; those that come from noon on take half as long again, and customers wait."""
    calls = CALLS | {"volume": {"per_hour": 30}, "work": {"constant": "4m"}}
    doc = centre({"phone": calls}, {"agents": agents(3, "phone")}, start="2026-03-02")
    on, off = run(doc, {"queue.phone.work.profile": {"mon": [["12:00", 1.5]]}}), run(doc)
    late = on.workload.arrival >= 12 * HOUR * SECOND
    assert np.array_equal(on.workload.arrival, off.workload.arrival)
    assert np.array_equal(on.workload.work, np.where(late, 360, 240) * SECOND)
    waits = [result.log.start - result.log.message for result in (on, off)]
    assert np.array_equal(waits[0][~late], waits[1][~late])
    assert waits[0][late].mean() > 2 * waits[1][late].mean()


def test_callers_write_instead(run: Runner) -> None:
    """30 % of the callers come to the app, at the times at which they would have called; nobody else does."""
    doc = centre({"phone": CALLS, "app": THREAD}, {"agents": agents(40, "phone", "app", concurrency={})})
    on, off = run(doc, {"move": [{"from": "phone", "to": "app", "share": 0.3, "turns": 2}]}), run(doc)
    calls = [result.queue("phone", "offered") for result in (on, off)]
    threads = [result.queue("app", "offered") for result in (on, off)]
    assert calls[0] + threads[0] == calls[1] + threads[1]
    assert calls[0] / calls[1] == pytest.approx(0.7, abs=four_errors(0.3, calls[1]))
    moved = (on.workload.queue == 1) & (on.workload.turns == 2)
    assert moved.sum() == calls[1] - calls[0]
    assert np.isin(on.workload.arrival[moved], off.workload.arrival[off.workload.queue == 0]).all()


def test_a_quarter_more_of_everything(run: Runner) -> None:
    doc = centre({"phone": CALLS, "app": THREAD}, {"agents": agents(40, "phone", "app", concurrency={})}, days=20)
    on, off = run(doc, {"volume.scale": 1.25}), run(doc)
    for name in ("phone", "app"):
        number = off.queue(name, "offered")
        assert on.queue(name, "offered") / number == pytest.approx(1.25, abs=4 * 1.5 / np.sqrt(number))
