"""Whether the behaviours of the model's section 6 fit the channels and one another: one rule a function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from ccsim.distributions.durations import Never
from ccsim.errors import Problem
from ccsim.scenario.faults import did_you_mean, dotted, shown
from ccsim.scenario.model import Scenario
from ccsim.scenario.queues import Queue
from ccsim.scenario.spans import booked, openings, run_days
from ccsim.scenario.values import DAY, written_duration
from ccsim.tables import NEVER

Problems = Iterator[Problem]
Rule = Callable[[Scenario], Problems]

LONGEST_SESSION: Final = 7 * DAY
"""Beyond it expected waits of a long queue would be too large a number."""

BOOKABLE: Final = ("video", "in_person")
"""Channels with appointments."""

NO_SECOND_TURN: Final = (
    "reply_latency", "reply_patience", "reply_target", "idle_timeout", "returns", "reread", "same_agent_for",
    "over_capacity", "silent_abandonment", "drop", "reconnects", "reconnect_after",
)  # fmt: skip
"""Keys of a queue that are about later messages: without effect on one-to-one channels."""
OF_LIVE_CHAT: Final = ("returns", "silent_abandonment", "drop", "reconnects", "reconnect_after")
"""Keys of a queue that are about a chat which ends: without effect on persistent channels."""


def keys_have_an_effect(scenario: Scenario) -> Problems:
    """Keys that the file gives and that do nothing on the queue's channel."""
    for name, queue in scenario.queue.items():
        idle: tuple[str, ...] = ("expires_after",) if not queue.kind.persistent else OF_LIVE_CHAT
        if queue.kind.one_to_one:
            idle = (*NO_SECOND_TURN, *idle)
        for key in idle:
            if key in scenario.raw["queue"][name] and getattr(queue, key) != Queue.model_fields[key].default:
                value = shown(scenario.raw["queue"][name][key])
                yield Problem(dotted(("queue", name, key)), value, f"no effect on the channel {queue.channel}")


def lost_connections_end(scenario: Scenario) -> Problems:
    """An agent notices at the idle timeout that a customer is gone, so there must be one."""
    for name, queue in scenario.queue.items():
        if queue.drop > 0 and queue.idle_timeout == NEVER and not (queue.kind.persistent or queue.kind.one_to_one):
            path = dotted(("queue", name, "drop"))
            yield Problem(path, f'{queue.drop:g} with idle_timeout = "never"', "an idle_timeout, or 0")


def shared_attention(scenario: Scenario) -> Problems:
    """With `work_by_concurrency` a contact is one turn, worked on at once with all others, and over when it is done."""
    for name, queue in scenario.queue.items():
        if queue.shared:
            for key, value, allowed in _no_use_for(queue):
                yield Problem(dotted(("queue", name, key)), f"{value} with work_by_concurrency", allowed)
        elif queue.work_cv is not None:
            yield Problem(dotted(("queue", name, "work_cv")), "no work_by_concurrency", "cv in work = { mean, cv }")


def _no_use_for(queue: Queue) -> Iterator[tuple[str, str, str]]:
    if queue.kind.one_to_one:
        yield "work_by_concurrency", f"{queue.channel}, a one-to-one channel", "work"
    if 0 in queue.work_by_concurrency:
        yield "work_by_concurrency", "a mean of 0", "durations above 0"
    if "work" in queue.model_fields_set:
        yield "work", "work", "one of them"
    if queue.turns.mean != 1:
        yield "turns", f"{queue.turns.mean:g} turns", "1"
    if queue.wrap_up.mean > 0:
        yield "wrap_up", f"{queue.wrap_up.mean:g} s", "0"
    if any(transfer.share > 0 for transfer in queue.transfer):
        yield "transfer", "transfers", "no transfer: there is no turn to leave after"
    if queue.silent_abandonment > 0:
        yield "silent_abandonment", f"{queue.silent_abandonment:g}", "0: nobody is answered in vain"
    if queue.kind.persistent and not isinstance(queue.patience, Never):
        yield "patience", f"patience on {queue.channel}", '"never": nobody is answered in vain'


def shared_attention_of_teams(scenario: Scenario) -> Problems:
    """A team works on all its sessions at once or turn by turn; handle times by concurrency say how many it holds."""
    for name, team in scenario.team.items():
        several = [q for q in team.skills if q in scenario.queue and not scenario.queue[q].kind.one_to_one]
        shared = {queue: len(scenario.queue[queue].work_by_concurrency) for queue in several}
        at_once = [queue for queue, sessions in shared.items() if sessions]
        if at_once and len(at_once) < len(several):
            other = next(queue for queue in several if queue not in at_once)
            value = f"{at_once[0]} by concurrency and {other} turn by turn"
            yield Problem(dotted(("team", name, "skills")), value, "one or the other for all queues of a team")
        if len({shared[queue] for queue in at_once}) > 1:
            lengths = ", ".join(f"{queue} {shared[queue]}" for queue in at_once)
            value = f"work_by_concurrency of several lengths: {lengths}"
            yield Problem(dotted(("team", name, "skills")), value, "lists of one length")
        for queue in at_once:
            if team.concurrency[queue] != shared[queue]:
                path = dotted(("team", name, "concurrency", queue))
                allowed = f"{shared[queue]}, the length of work_by_concurrency"
                yield Problem(path, f"{team.concurrency[queue]} sessions at once", allowed)


def interruptions(scenario: Scenario) -> Problems:
    """One-to-one queues interrupt queues worked on turn by turn; one that the team does not serve does no harm."""
    for name, team in scenario.team.items():
        for call, others in team.interrupts.items():
            place = ("team", name, "interrupts", call)
            caller = scenario.queue.get(call)
            if caller is not None and not caller.kind.one_to_one:
                yield Problem(dotted(place), f"{call} is {caller.channel}", "a one-to-one queue, such as a phone")
            for i, other in enumerate(others):
                served = scenario.queue.get(other)
                if served is not None and (served.kind.one_to_one or served.shared):
                    value = "one-to-one" if served.kind.one_to_one else "worked on by concurrency"
                    yield Problem(dotted((*place, i)), f"{other} is {value}", "a queue worked on turn by turn")


def bots(scenario: Scenario) -> Problems:
    """A queue left to its bot has one; who explains again does so in a turn of their own."""
    for name, queue in scenario.queue.items():
        if queue.outside_hours == "bot" and queue.bot is None:
            yield Problem(dotted(("queue", name, "outside_hours")), '"bot" without a bot', "a bot, or reject or hold")
        if queue.bot is not None and queue.bot.loses_context and (queue.kind.one_to_one or queue.shared):
            value = f"one more turn on {queue.channel}" + (" with work_by_concurrency" if queue.shared else "")
            yield Problem(dotted(("queue", name, "bot", "loses_context")), value, "false: it has one turn")


def reasons(scenario: Scenario) -> Problems:
    """Reasons divide the contacts; a bot contains by them; work that a log gives has no further factor."""
    for name, queue in scenario.queue.items():
        shares = sum(reason.share for reason in queue.reasons.values())
        if shares > 1 + 1e-9:
            yield Problem(dotted(("queue", name, "reasons")), f"shares that add up to {shares:g}", "at most 1")
        for key, reason in queue.reasons.items():
            if reason.contains is not None and queue.bot is None:
                path = dotted(("queue", name, "reasons", key, "contains"))
                yield Problem(path, f"{reason.contains:g} without a bot", "a bot in the queue")
        if queue.volume is None or queue.volume.work is None:
            continue
        factors = {f"reasons.{key}.work": reason.work for key, reason in queue.reasons.items()}
        factors |= {"bot.residue": queue.bot.residue} if queue.bot else {}
        for key, factor in factors.items():
            if factor != 1:
                path = dotted(("queue", name, *key.split(".")))
                yield Problem(path, f"{factor:g} where a log gives the work", "1, or a log without it")


def alternatives(scenario: Scenario) -> Problems:
    """A contact may join other queues that are like its own, whose waits can be expected, and has no bot before it."""
    compared: dict[str, None] = {}
    for name, queue in scenario.queue.items():
        for i, other_name in enumerate(queue.alternatives):
            path, other = dotted(("queue", name, "alternatives", i)), scenario.queue.get(other_name)
            if other_name == name or other_name in queue.alternatives[:i]:
                yield Problem(path, f"{other_name} once more", "other queues, each once")
            elif other is not None and other.channel != queue.channel:
                yield Problem(path, f"{other_name} is {other.channel}", f"a queue of the same channel, {queue.channel}")
            elif other is not None and list(other.reasons) != list(queue.reasons):
                yield Problem(path, f"{other_name} has other reasons", f"a queue with those of {name}, or none in both")
            elif other is not None:
                compared |= {name: None, other_name: None}
        if queue.alternatives and queue.bot is not None:
            yield Problem(dotted(("queue", name, "alternatives")), "a queue with a bot", "a queue without one")
    for name in compared:
        queue, path = scenario.queue[name], dotted(("queue", name, "expected_session"))
        if queue.shared:
            yield Problem(path, "alternatives with work_by_concurrency", "queues worked on turn by turn")
        elif not 0 < queue.session_time <= LONGEST_SESSION:
            found = written_duration(queue.session_time) if queue.session_time else "none"
            yield Problem(path, found, f"a time of at most {written_duration(LONGEST_SESSION)}, to expect waits from")


def balking(scenario: Scenario) -> Problems:
    """Who leaves at once has somebody to tell them the wait, of a day at most for a place."""
    for name, queue in scenario.queue.items():
        if queue.balking is None:
            continue
        if queue.kind.persistent:
            value = f"balking on {queue.channel}"
            yield Problem(dotted(("queue", name, "balking")), value, "calls, visits and chats alone")
        if queue.balking.per_place > DAY:
            value = written_duration(queue.balking.per_place)
            yield Problem(dotted(("queue", name, "balking", "per_place")), value, "at most a day")


def bursts(scenario: Scenario) -> Problems:
    """Who writes several messages does so in a conversation that is worked on turn by turn."""
    for name, queue in scenario.queue.items():
        if queue.burst is not None and (queue.kind.one_to_one or queue.shared):
            value = f"messages on {queue.channel}" if queue.kind.one_to_one else "a burst with work_by_concurrency"
            yield Problem(dotted(("queue", name, "burst")), value, "chat, messaging and e-mail, turn by turn")


def closing_words(scenario: Scenario) -> Problems:
    """Who writes a last message does so in a conversation that is worked on turn by turn."""
    for name, queue in scenario.queue.items():
        if queue.closing_word is not None and (queue.kind.one_to_one or queue.shared):
            value = f"a closing word on {queue.channel}" + (" with work_by_concurrency" if queue.shared else "")
            yield Problem(dotted(("queue", name, "closing_word")), value, "chat, messaging and e-mail, turn by turn")


def parking(scenario: Scenario) -> Problems:
    """Only a silent conversation that goes on without a session is parked sooner."""
    for name, queue in scenario.queue.items():
        if queue.idle_timeout_factor != (1.0,) and (not queue.kind.persistent or queue.idle_timeout == NEVER):
            path = dotted(("queue", name, "idle_timeout_factor"))
            value = f'on {queue.channel}, idle_timeout "{written_duration(queue.idle_timeout)}"'
            yield Problem(path, value, "a persistent channel with an idle_timeout")


def factors_after_a_time(scenario: Scenario) -> Problems:
    """Their times ascend; work does not vanish, and waiting adds no value."""
    lists = [(("team", name, "fatigue"), team.fatigue) for name, team in scenario.team.items()]
    for name, queue in scenario.queue.items():
        lists += [(("queue", name, key), getattr(queue, key)) for key in ("work_after_wait", "value_after_wait")]
    for place, steps in lists:
        for i, step in enumerate(steps):
            if i > 0 and step.after <= steps[i - 1].after:
                value = f"{written_duration(step.after)} behind {written_duration(steps[i - 1].after)}"
                yield Problem(dotted((*place, i, "after")), value, "times in ascending order")
            of_value = place[-1] == "value_after_wait"
            if step.factor > 1 if of_value else step.factor == 0:
                allowed = "a number from 0 to 1" if of_value else "a number above 0"
                yield Problem(dotted((*place, i, "factor")), f"{step.factor:g}", allowed)


def messages_that_wait(scenario: Scenario) -> Problems:
    """Only messages are overlooked; only who is held hears an automatic reply."""
    for name, queue in scenario.queue.items():
        if queue.missed_after != NEVER and not queue.kind.persistent:
            path = dotted(("queue", name, "missed_after"))
            yield Problem(path, f"{queue.channel} is not persistent", '"never", or patience')
        holds = queue.outside_hours == "hold" or (queue.outside_hours == "bot" and queue.kind.persistent)
        if queue.auto_reply is not None and not holds:
            value = f'nobody is held with outside_hours = "{queue.outside_hours}"'
            yield Problem(dotted(("queue", name, "auto_reply")), value, 'outside_hours = "hold"')


def demand(scenario: Scenario) -> Problems:
    """The queues of the mix have their volume from the demand alone; barriers and fallbacks are on its ways."""
    given = scenario.demand
    if given is None:
        return
    if sum(given.mix.values()) <= 0:
        yield Problem("demand.mix", "no queue with a share", "at least one queue with a number above 0")
    if given.work is not None:
        yield Problem("demand.work", "work by contact", "a log's work only in a queue's own volume")
    for name in given.mix:
        if name in scenario.queue and scenario.queue[name].volume is not None:
            path = dotted(("queue", name, "volume"))
            yield Problem(path, "a volume of its own, and a place in demand.mix", "one of them")
    on_the_way = {*given.mix, *given.fallback.values()}
    for key in ("barrier", "fallback"):
        for name in getattr(given, key):
            if name in scenario.queue and name not in on_the_way:
                yield Problem(dotted(("demand", key, name)), "it has no share of the demand", "a queue of the mix")
    for i, spike in enumerate(scenario.spike):
        if spike.queue in given.mix and spike.queue in scenario.queue and scenario.queue[spike.queue].volume is None:
            path = dotted(("spike", i, "queue"))
            yield Problem(path, f"the volume of {spike.queue} comes from the demand", "a queue with its own volume")


def handle_times(scenario: Scenario) -> Problems:
    """Handle times by interval are of one queue and say all about its work; profiles are on what is drawn."""
    if scenario.demand is not None and any(row.handle_time for row in scenario.demand.intervals):
        yield Problem("demand.aht", "handle times of several queues together", "volumes of the queues, with theirs")
    for name, queue in scenario.queue.items():
        volume = queue.volume
        if volume is not None and any(row.handle_time for row in volume.intervals):
            path = dotted(("queue", name, "volume", "aht"))
            if queue.shared:
                yield Problem(path, "handle times by interval with work_by_concurrency", "one of them")
            elif queue.handle_time == 0:
                yield Problem(path, "handle times by interval where work and wrap-up take no time", "work above 0")
            for key in ("work", "wrap_up"):
                if key in queue.profiles:
                    value = "a profile and handle times by interval"
                    yield Problem(dotted(("queue", name, key, "profile")), value, "one of them")
        if volume is not None and volume.work is not None and "work" in queue.profiles:
            path = dotted(("queue", name, "work", "profile"))
            yield Problem(path, "a profile and work that a log gives", "one of them")
        if "patience" in queue.profiles and queue.missed_after != NEVER:
            path = dotted(("queue", name, "patience", "profile"))
            yield Problem(path, "a profile and missed_after", "one of them")


def moves(scenario: Scenario) -> Problems:
    """Customers are moved between different queues, at most all of them, to conversations that the queue can have."""
    for i, move in enumerate(scenario.move):
        place, target = ("move", i), scenario.queue.get(move.to)
        if move.from_ == move.to:
            yield Problem(dotted((*place, "to")), f"{move.to} to {move.to}", "another queue")
        taken = sum(other.share for other in scenario.move[: i + 1] if other.from_ == move.from_)
        if taken > 1 + 1e-9:
            value = f"shares of {move.from_} that add up to {taken:g}"
            yield Problem(dotted((*place, "share")), value, "at most 1")
        source = scenario.queue.get(move.from_)
        of_demand = scenario.demand is not None and move.from_ in (
            *scenario.demand.mix,
            *scenario.demand.fallback.values(),
        )
        if source is not None and source.volume is None and not of_demand:
            yield Problem(dotted((*place, "from")), f"{move.from_} has no volume", "a queue that customers come to")
        if target is None:
            continue
        if target.kind.one_to_one and move.turns is not None and move.turns.mean != 1:
            value = f"{move.turns.mean:g} turns on {target.channel}"
            yield Problem(dotted((*place, "turns")), value, "1: it is a one-to-one channel")
        for key in ("work", "turns"):
            if target.shared and getattr(move, key) is not None:
                value = f"{key} of its own in a queue with work_by_concurrency"
                yield Problem(dotted((*place, key)), value, "a move without it")


def appointments(scenario: Scenario) -> Problems:
    """Booked are visits and video calls, at some times at which the queue is open."""
    for name, queue in scenario.queue.items():
        if queue.volume is None or queue.volume.appointments is None:
            continue
        path = dotted(("queue", name, "volume", "appointments"))
        open_at = list(openings(queue, run_days(scenario)))
        if queue.channel not in BOOKABLE:
            yield Problem(path, f"appointments on {queue.channel}", f"these on {' and '.join(BOOKABLE)} only")
        elif not any(start <= time < end for time in booked(queue.volume, scenario) for start, end in open_at):
            yield Problem(path, "never while the queue is open", "some booked time in its opening hours")


def outbound(scenario: Scenario) -> Problems:
    """The company writes through persistent queues; who does not answer expires."""
    recontacted = Counter(queue for out in scenario.outbound.values() for queue in set(out.recontact))
    for name, out in scenario.outbound.items():
        for i, queue_name in enumerate(out.recontact):
            if recontacted[queue_name] > 1 or out.recontact.count(queue_name) > 1:
                path = dotted(("outbound", name, "recontact", i))
                yield Problem(path, f"{queue_name} is recontacted twice", "each queue once")
        queue = scenario.queue.get(out.queue)
        if queue is None or (out.messages == 0 and not out.recontact):
            continue
        path = dotted(("outbound", name, "queue"))
        if not queue.kind.persistent:
            yield Problem(path, f"{out.queue} is {queue.channel}", "a persistent queue: messaging, email, social")
        elif queue.shared:
            yield Problem(path, f"{out.queue} has work_by_concurrency", "a queue worked on turn by turn")
        elif queue.expires_after == NEVER:
            yield Problem(path, f'{out.queue} has expires_after = "never"', "a queue with expires_after")


def callbacks(scenario: Scenario) -> Problems:
    """Callers are called back; a queue has one rule for it."""
    offers = Counter(callback.queue for callback in scenario.callback.values())
    for name, callback in scenario.callback.items():
        queue = scenario.queue.get(callback.queue)
        path = dotted(("callback", name, "queue"))
        if queue is not None and not queue.kind.one_to_one:
            yield Problem(path, f"{callback.queue} is {queue.channel}", "a one-to-one queue: phone, video, in person")
        if offers[callback.queue] > 1:
            yield Problem(path, f"{callback.queue} has several callback rules", "one")


def reservations(scenario: Scenario) -> Problems:
    """Agents are left idle for what takes a whole agent."""
    for name in scenario.routing.keep_idle:
        queue = scenario.queue.get(name)
        if queue is not None and not queue.kind.one_to_one:
            path = dotted(("routing", "reserve", name))
            yield Problem(path, f"{name} is {queue.channel}", "a one-to-one queue, or a list of queues without numbers")


def outages(scenario: Scenario) -> Problems:
    """What does not work exists, and works again before the run's last day is over."""
    end = scenario.calendar.at(scenario.days)
    known = {f"team.{name}" for name in scenario.team} | {f"queue.{name}" for name in scenario.queue}
    known |= {f"queue.{name}.bot" for name, queue in scenario.queue.items() if queue.bot is not None}
    for i, outage in enumerate(scenario.outage):
        start = scenario.moment(outage.at)
        if outage.what not in known:
            yield Problem(dotted(("outage", i, "what")), shown(outage.what), did_you_mean(outage.what, sorted(known)))
        elif outage.names[-1] == "bot" and scenario.queue[outage.names[1]].outside_hours == "bot":
            value = 'a bot without agents outside the hours (outside_hours = "bot")'
            yield Problem(dotted(("outage", i, "what")), value, "a bot with agents behind it")
        if not 0 <= start < end or start + outage.duration >= end:
            value = f"{outage.at}, for {written_duration(outage.duration)}, is not within the days of the run"
            yield Problem(dotted(("outage", i, "at")), value, f"{scenario.days} days from {scenario.start}")


BEHAVIOURS: Final[tuple[Rule, ...]] = (
    lost_connections_end,
    shared_attention,
    shared_attention_of_teams,
    interruptions,
    bots,
    reasons,
    alternatives,
    balking,
    bursts,
    closing_words,
    parking,
    factors_after_a_time,
    messages_that_wait,
    demand,
    handle_times,
    moves,
    appointments,
    outbound,
    callbacks,
    reservations,
    outages,
)
"""Every rule, in the order of reporting."""
