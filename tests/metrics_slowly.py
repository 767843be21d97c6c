"""The metrics of docs/model.md, section 7, once more: contact by contact, moment by moment, in plain Python.

Slow, and written from the page rather than from ccsim/metrics, to check it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any

import numpy as np

from ccsim.metrics.facts import SERVICE_LEVELS
from ccsim.tables import NEVER, SECOND, Link, Log, MetricSpec, Outcome, Outside, Plan, Workload

O = Outcome  # noqa: E741
Span = tuple[int, int]


class Slowly:
    """Numerators and denominators by (interval, queue or team), and values of the run by queue and in total."""

    def __init__(self, workload: Workload, plan: Plan, spec: MetricSpec, log: Log) -> None:
        self.work = workload._replace(queue=log.queue)  # as it has joined
        self.plan, self.spec, self.log = plan, spec, log
        length = spec.interval
        first = plan.warm_up // length
        inner = [i * length for i in range(first + 1, -(-plan.end // length))]
        self.edges = [plan.warm_up, *inner, plan.end]
        self.intervals, self.queues, self.teams = len(self.edges) - 1, len(spec.queues), len(spec.teams)
        self.one = np.ones((self.intervals, 1))
        """The denominator of what is a count."""
        self.sums: dict[tuple[str, str], list[Any]] = {}
        self.whole: dict[tuple[str, str], list[float]] = {}
        self.peaks: dict[tuple[str, str], Any] = {}
        self.of_run: dict[tuple[str, str], tuple[Any, Any]] = {}
        """Numerators and denominators of the run, by queue."""
        self.shares = self.shared_work()
        self.counts: dict[str, Any] = defaultdict(self.by_queue)
        self.waits: list[list[int]] = [[] for _ in range(self.queues)]
        self.waits_by_clock: list[list[int]] = [[] for _ in range(self.queues)]
        self.first_waits: list[list[tuple[int, bool]]] = [[] for _ in range(self.queues)]
        """with whether it ended with the start of work; without the blocked"""
        self.first_waits_by_clock: list[list[tuple[int, bool]]] = [[] for _ in range(self.queues)]
        self.replies: list[list[int]] = [[] for _ in range(self.queues)]
        self.bounced = {
            c
            for c, child in enumerate(workload.bounce_child)
            if log.outcome[c] == O.CONTAINED and child >= 0 and log.arrival[child] < NEVER
        }
        self.served = {
            int(workload.root[c])
            for c, outcome in enumerate(log.outcome)
            if outcome in (O.RESOLVED, O.CONTAINED, O.DEFLECTED) and c not in self.bounced
        }
        self.held_for: dict[int, list[int]] = defaultdict(list)
        for r in np.flatnonzero(log.stretch_agent >= 0):
            self.held_for[int(log.stretch_contact[r])].append(int(log.stretch_end[r] - log.stretch_start[r]))
        self.suspended: dict[int, list[int]] = defaultdict(list)
        for c, start, end in zip(log.suspended_contact, log.suspended_start, log.suspended_end, strict=True):
            self.suspended[int(c)].append(int(end - start))
        for c in range(len(log.outcome)):
            self.contact(c)
        self.over_time()
        self.agents()
        self.report()

    def by_queue(self) -> Any:
        return np.zeros((self.intervals, self.queues))

    def cell(self, c: int) -> tuple[int, int] | None:
        came = max(int(self.log.arrival[c]), 0)
        if not self.plan.warm_up <= came < self.plan.end:
            return None
        return bisect_right(self.edges, came) - 1, int(self.work.queue[c])

    def lasting(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Each interval and how long [start, end) lies in it."""
        for i in range(max(bisect_right(self.edges, start) - 1, 0), self.intervals):
            if self.edges[i] >= end:
                return
            inside = min(end, self.edges[i + 1]) - max(start, self.edges[i])
            if inside > 0:
                yield i, inside

    def elapsed(self, q: int, since: int, until: int) -> int:
        if not self.spec.business_clock[q]:
            return until - since
        spans = range(self.plan.hours_offset[q], self.plan.hours_offset[q + 1])
        opened = [(int(self.plan.opens[s]), int(self.plan.closes[s])) for s in spans]
        return sum(max(0, min(until, closes) - max(since, opens)) for opens, closes in opened)

    # contacts

    def slots(self, c: int) -> range:
        first = int(self.log.first_turn[c])
        return range(first, first + int(self.log.messages[c]))

    def with_bot(self, c: int) -> bool:
        """It talked to the bot."""
        work, plan, q, came = self.work, self.plan, int(self.work.queue[c]), int(self.log.arrival[c])
        if came == NEVER or came < 0 or work.bot_time[c] < 0 or work.link[c] == Link.TRANSFER:
            return False
        if work.outbound[c] or work.deflected[c]:
            return False
        on_duty, opened = (
            any(opens[s] <= came < closes[s] for s in range(offset[q], offset[q + 1]))
            for offset, opens, closes in (
                (plan.bot_offset, plan.bot_opens, plan.bot_closes),
                (plan.hours_offset, plan.opens, plan.closes),
            )
        )
        return bool((on_duty and not work.asks_human[c]) or (plan.outside[q] == Outside.BOT and not opened))

    def begun(self, c: int) -> bool:
        if self.log.outcome[c] in (O.RESOLVED, O.TRANSFERRED, O.LOST, O.TIMED_OUT):
            return True
        slots = self.slots(c)
        return bool(self.log.outcome[c] in (O.EXPIRED, O.OPEN) and slots and self.log.start[slots[0]] < NEVER)

    def gone(self, c: int, n: int) -> bool:
        """The customer had left before work on turn n (from 0), in vain, or there was none."""
        log, slots = self.log, self.slots(c)
        while_waiting = log.outcome[c] in (O.ABANDONED, O.SILENTLY_ABANDONED) or (log.outcome[c] == O.LOST and n > 0)
        return bool(while_waiting and n == len(slots) - 1 and log.start[slots[n]] >= log.left[c])

    def word(self, c: int, n: int) -> bool:
        """Turn n is a closing word."""
        return bool(self.work.closing[self.log.first_turn[c] + n])

    def over(self, c: int) -> int:
        """Until when it counts as open: whose closing word is to come, or has come, until the last answer."""
        resolved = self.log.outcome[c] == O.RESOLVED and self.word(c, int(self.log.turns[c]) - 1)
        return int(self.log.left[c] if resolved else self.log.closed[c])

    def worked_until(self, c: int, n: int) -> Span:
        """From and until when turn n was worked on, with the wrap-up that follows the last."""
        log, slot = self.log, self.slots(c)[n]
        closed = int(log.closed[c])
        wraps = n == log.turns[c] - 1 and log.outcome[c] == O.RESOLVED
        return min(int(log.start[slot]), closed), closed if wraps else min(int(log.reply[slot]), closed)

    def contact(self, c: int) -> None:
        log, work, at = self.log, self.work, self.cell(c)
        outcome, q = O(int(log.outcome[c])), int(work.queue[c])
        came_back = work.reopen_child[c] >= 0 and log.arrival[work.reopen_child[c]] < NEVER and outcome == O.RESOLVED
        root = int(work.root[c])
        of_chain = self.cell(root) if log.arrival[c] < NEVER and not work.outbound[root] else None
        if of_chain:
            self.counts["effort"][of_chain] += self.spec.effort[q]
            self.counts["again"][of_chain] += work.link[c] >= Link.RETRY
        if at is None:
            return

        def add(name: str, value: float = 1) -> None:
            self.counts[name][at] += value

        begun, customers = self.begun(c), not work.outbound[c]
        add(outcome.name)
        add("offered")
        add("begun", begun)
        add("reopened", came_back)
        add("called_back", bool(log.called_back[c]))
        add("talked", self.with_bot(c))
        add("talked_for", int(work.bot_time[c]) * self.with_bot(c))
        if self.with_bot(c):
            ended = int(log.message[self.slots(c)[0]] if self.slots(c) else log.left[c])
            add("waited_for_bot", max(ended - int(log.arrival[c]) - int(work.bot_time[c]), 0))
        add("bounced", c in self.bounced)
        words = outcome == O.RESOLVED and self.word(c, int(log.turns[c]) - 1) and log.messages[c] == log.turns[c]
        add("closing_words", words)
        add("outbound_answered", bool(work.outbound[c] and log.messages[c] > 1))
        self.turns(c, begun, add)
        open_targets = [self.reply_is_undecided(c, add)]
        add("session", sum(self.held_for[c]))
        add("sessions", bool(self.held_for[c]))
        if customers:
            open_targets += self.request(c, begun, came_back, add)
        add("undecided", any(open_targets))

    def request(self, c: int, begun: bool, came_back: bool, add: Any) -> list[bool]:
        """Sums of a customer's request; whether its first answer and its resolution are undecided."""
        log, work, slots, outcome = self.log, self.work, self.slots(c), O(int(self.log.outcome[c]))
        q, open_targets = int(work.queue[c]), []
        since = int(log.message[slots[0]]) if slots else int(log.arrival[c])
        until = min(int(log.start[slots[0]]) if slots else NEVER, int(log.left[c]))
        entered = bool(slots) and outcome not in (O.NONE, O.REJECTED, O.DEFLECTED, O.CONTAINED)
        waited = self.elapsed(q, since, until)
        gave_up = outcome in (O.ABANDONED, O.SILENTLY_ABANDONED)
        in_time, short = (waited <= self.limit(limits[q]) for limits in (self.spec.sl_time, self.spec.short_abandon))
        add("entered", entered)
        add("delayed", entered and until > since)
        add("answered", begun)
        add("a", begun and in_time)
        add("b", gave_up and in_time)
        add("s", gave_up and short)
        add("wait_answered", (until - since) * begun)
        add("wait_entered", (until - since) * entered)
        add("wait_answered_by_clock", waited * begun)
        if entered and outcome == O.OPEN:
            total = self.elapsed(q, int(log.arrival[c]), int(log.left[c]))
            first = not begun and waited < self.limit(self.spec.sl_time[q])
            resolution = total < self.limit(self.spec.resolution_time[q])
            add("first_undecided", first)
            add("resolution_undecided", resolution)
            open_targets = [first, resolution]
        if entered:
            self.waits[q].append(until - since)
            self.waits_by_clock[q].append(waited)
            if outcome != O.BLOCKED:
                started = begun or (bool(log.called_back[c]) and until < log.left[c])
                self.first_waits[q].append((until - since, started))
                self.first_waits_by_clock[q].append((waited, started))
        if outcome == O.RESOLVED:
            add("resolved")
            add("resolution", int(log.left[c] - log.arrival[c]))
            took = self.elapsed(q, int(log.arrival[c]), int(log.left[c]))
            add("resolved_in_time", took <= self.limit(self.spec.resolution_time[q]))
        if work.link[c] == Link.ROOT:
            add("roots")
            add("roots_answered", begun)
            add("once", outcome == O.RESOLVED and not came_back)
            add("lost", c not in self.served)
            value = np.nan_to_num(self.spec.reason_value[q, work.reason[c] + 1])
            shrunk = value * (1 - self.worth(q, self.answered_at(c) - since)) if c in self.served else 0.0
            add("value_lost_by_wait", shrunk)
            add("value_lost", value * (c not in self.served) + shrunk)
        return open_targets

    def answered_at(self, root: int) -> int:
        """When work began on the first answered contact of the chain, -1 if none was."""
        chain = np.flatnonzero((self.work.root == root) & ~self.work.outbound).tolist()
        return min((int(self.log.start[self.slots(c)[0]]) for c in chain if self.begun(c)), default=-1)

    def worth(self, q: int, wait: int) -> float:
        """Factor on the value after that wait for the first answer."""
        factor = 1.0
        for step in range(self.spec.value_offset[q], self.spec.value_offset[q + 1]):
            if 0 <= self.spec.value_after[step] <= wait:
                factor = float(self.spec.value_factor[step])
        return factor

    def reply_is_undecided(self, c: int, add: Any) -> bool:
        """Whether a later message waits when the drain ends and is not late; one that is late is counted."""
        log, q = self.log, int(self.work.queue[c])
        if log.outcome[c] != O.OPEN:
            return False
        waiting = [slot for slot in list(self.slots(c))[1:] if log.start[slot] == NEVER]
        limit = self.limit(self.spec.reply_time[q])
        late = [self.elapsed(q, int(log.message[slot]), int(log.left[c])) >= limit for slot in waiting]
        add("later_late", sum(late))
        if waiting:  # the last message alone
            add(f"due_{min(len(self.slots(c)), 4)}", late[0])
        return not all(late)

    @staticmethod
    def limit(seconds: float) -> int:
        return -1 if math.isnan(seconds) else round(float(seconds) * SECOND)

    def turns(self, c: int, begun: bool, add: Any) -> None:
        log, q = self.log, int(self.work.queue[c])
        agents = set()
        for n, slot in enumerate(self.slots(c)):
            message, start, reply = int(log.message[slot]), int(log.start[slot]), int(log.reply[slot])
            task = bool(self.work.outbound[c] and n == 0)
            gone, word = self.gone(c, n), self.word(c, n)
            if reply < NEVER and not word:
                add("sent", task)
                add("replies", not task and not gone)
                add("response", (reply - message) * (not task and not gone))
            if n > 0 and (start < NEVER or gone) and not word:
                until = int(log.left[c]) if gone else start
                add("later", 1)
                add("later_wait", until - message)
                in_time = not gone and self.elapsed(q, message, until) <= self.limit(self.spec.reply_time[q])
                add("later_in_time", in_time)
                add(f"in_time_{min(n + 1, 4)}", in_time)
                add(f"due_{min(n + 1, 4)}")
                self.replies[q].append(until - message)
            if begun and start < NEVER:
                since, until = self.worked_until(c, n)
                work = self.shares[slot] if self.shared(q) else until - since
                add("handled", not word)
                add("handle", work)
                add("reread", min(int(log.reread[slot]), work))
                agents.add(int(log.agent[slot]))
        add("agents", len(agents))
        if begun:
            add("handle", -sum(self.suspended[c]))

    # shared attention

    def shared(self, q: int) -> bool:
        return bool(self.plan.shared_offset[q + 1] > self.plan.shared_offset[q])

    def shared_work(self) -> dict[int, float]:
        """Work by slot: between any two events of an agent it is divided among what is in work."""
        turns: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        for c in range(len(self.log.outcome)):
            q = int(self.work.queue[c])
            for n, slot in enumerate(self.slots(c) if self.shared(q) else ()):
                if self.log.start[slot] < NEVER:
                    turns[int(self.log.agent[slot])].append((*self.worked_until(c, n), slot, q))
        shares: dict[int, float] = defaultdict(float)
        self.shared_focus = np.zeros((self.intervals, self.teams, self.queues))
        for agent, rows in turns.items():
            moments = sorted({time for row in rows for time in row[:2]} | set(self.edges))
            for since, until in pairwise(moments):
                now = [row for row in rows if row[0] <= since and until <= row[1]]
                for _, _, slot, q in now:
                    shares[slot] += (until - since) / len(now)
                    for i, inside in self.lasting(since, until):
                        self.shared_focus[i, self.plan.team[agent], q] += inside / len(now)
        return shares

    # over time

    def area(self, spans: Iterable[tuple[Any, int, int]], *shape: int) -> Any:
        """Integral of how many there are, in seconds, (interval, group), from (group, start, end)."""
        area = np.zeros((self.intervals, *shape))
        for group, start, end in spans:
            for i, inside in self.lasting(int(start), int(end)):
                area[(i, *group)] += inside
        return area / SECOND

    def most(self, spans: list[tuple[int, int, int]]) -> Any:
        """Most at once, (interval, queue and all)."""
        peaks = np.zeros((self.intervals, self.queues + 1))
        for group in range(self.queues + 1):
            mine = [(a, b) for q, a, b in spans if (group in (q, self.queues)) and a < b]
            changes = sorted([(b, -1) for _, b in mine] + [(a, 1) for a, _ in mine])
            level, place = 0, 0
            for i, (low, high) in enumerate(pairwise(self.edges)):
                while place < len(changes) and changes[place][0] <= low:
                    level += changes[place][1]
                    place += 1
                peaks[i, group] = level
                while place < len(changes) and changes[place][0] < high:
                    level += changes[place][1]
                    place += 1
                    peaks[i, group] = max(peaks[i, group], level)
        return peaks

    def over_time(self) -> None:
        log, work = self.log, self.work
        begun = [c for c in range(len(log.outcome)) if log.arrival[c] < NEVER]
        self.open = self.area((((work.queue[c],), log.arrival[c], self.over(c)) for c in begun), self.queues)
        waits = [
            (int(work.queue[c]), int(a), int(b))
            for c, a, b in zip(log.stretch_contact, log.stretch_since, log.stretch_start, strict=True)
        ]
        self.waiting = self.area((((q,), a, b) for q, a, b in waits), self.queues)
        self.peaks["queue", "queue_max"] = self.most(waits)
        pending, oldest = [], [0.0] * self.queues
        for c in begun:
            q = int(work.queue[c])
            for n, slot in enumerate(self.slots(c)):
                since, until = int(log.message[slot]), min(int(log.start[slot]), int(log.closed[c]))
                if (work.outbound[c] and n == 0) or self.word(c, n):
                    continue
                pending.append((q, since, until))
                if until > self.plan.warm_up:
                    oldest[q] = max(oldest[q], (min(until, self.plan.end) - since) / SECOND)
        self.peaks["queue", "backlog_max"] = self.most(pending)
        self.whole["queue", "oldest_age_max"] = [*oldest, max(oldest)]

    # agents

    def agents(self) -> None:  # noqa: PLR0912
        log, plan, work = self.log, self.plan, self.work
        team_of_shift = [int(plan.team[a]) for a in plan.shift_agent]
        present: dict[int, list[Span]] = defaultdict(list)
        staffed, overtime, paid, priced, late = [], [], [], [], []
        for s, start, end in zip(log.presence_shift, log.presence_start, log.presence_end, strict=True):
            team, over = (team_of_shift[s],), max(int(start), int(plan.shift_end[s]))
            present[int(plan.shift_agent[s])].append((int(start), int(end)))
            staffed.append((team, start, end))
            overtime.append((team, over, end))
            paid.append((team, over, end))
            rate = self.spec.shift_cost[s]
            late.append((team[0], over, int(end), rate * self.spec.overtime_factor[team[0]]))
            if not self.spec.paid[s]:
                paid.append((team, start, min(end, plan.shift_end[s])))
                priced.append((team[0], int(start), int(min(end, plan.shift_end[s])), rate))
        for s in np.flatnonzero(self.spec.paid):
            paid.append(((team_of_shift[s],), plan.shift_start[s], plan.shift_end[s]))
            priced.append((team_of_shift[s], plan.shift_start[s], plan.shift_end[s], self.spec.shift_cost[s]))
        self.staffed, self.overtime, self.paid = (self.area(a, self.teams) for a in (staffed, overtime, paid))
        self.money, self.money_late = np.zeros((2, self.intervals, self.teams))
        for money, stretches in ((self.money, priced + late), (self.money_late, late)):
            for team, start, end, rate in stretches:
                for since, until, factor in ((0, NEVER, 1.0), *((a, b, f - 1) for a, b, f in self.spec.premiums)):
                    for i, time in self.lasting(max(start, since), min(end, until)):
                        money[i, team] += time / (3600 * SECOND) * rate * factor

        focus = []
        for c in range(len(log.outcome)):
            q = int(work.queue[c])
            for n, slot in enumerate(() if self.shared(q) else self.slots(c)):
                if log.start[slot] < NEVER:
                    focus.append(((plan.team[log.agent[slot]], q), *self.worked_until(c, n)))
        self.focused = self.area(focus, self.teams, self.queues) + self.shared_focus / SECOND
        suspended = list(
            zip(log.suspended_contact, log.suspended_agent, log.suspended_start, log.suspended_end, strict=True)
        )
        self.focused -= self.area(
            (((plan.team[a], work.queue[c]), start, end) for c, a, start, end in suspended), self.teams, self.queues
        )
        self.interruptions = np.zeros((self.intervals, self.teams))
        for _, a, start, _ in suspended:
            if plan.warm_up <= start < plan.end:
                self.interruptions[bisect_right(self.edges, start) - 1, plan.team[a]] += 1

        sessions: dict[int, list[Span]] = defaultdict(list)
        held = []
        for r in np.flatnonzero(log.stretch_agent >= 0):
            a, q = int(log.stretch_agent[r]), int(work.queue[log.stretch_contact[r]])
            for since, until in present[a]:
                low, high = max(int(log.stretch_start[r]), since), min(int(log.stretch_end[r]), until)
                if low < high:
                    held.append(((plan.team[a], q), low, high))
                    sessions[a].append((max(low, plan.warm_up), min(high, plan.end)))
        self.held = self.area(held, self.teams, self.queues)
        self.at_least = [np.zeros((self.intervals, self.teams)) for _ in range(3)]
        most = [0] * self.teams
        for a, spans in sessions.items():
            team, level, since = int(plan.team[a]), 0, 0
            for time, change in sorted([(y, -1) for x, y in spans if x < y] + [(x, 1) for x, y in spans if x < y]):
                for i, inside in self.lasting(since, time):
                    for k in range(min(level, 3)):
                        self.at_least[k][i, team] += inside / SECOND
                level, since = level + change, time
                most[team] = max(most[team], level)
        self.whole["team", "concurrency_max"] = [*most, max(most, default=0)]

    # metrics

    def report(self) -> None:
        n, plan, spec = self.counts, self.plan, self.spec
        length = np.diff(self.edges)[:, None] / SECOND
        hour = 3600
        level = [self.by_queue(), self.by_queue()]
        for q, formula in enumerate(spec.sl_formula):
            given = [n[name][:, q] for name in ("answered", "a", "entered", "b", "s")]
            given[2] = given[2] - given[0] - n["first_undecided"][:, q]
            level[0][:, q], level[1][:, q] = SERVICE_LEVELS[formula](*given)
        met = (level[1] > 0) & (level[0] >= np.nan_to_num(spec.sl_share) * level[1] - 1e-9)
        one = self.one
        c1, c2, c3 = self.at_least
        focus = self.focused.sum(axis=2)
        cost = self.money
        queue = {
            "offered": (n["offered"], one), "answered": (n["answered"], one),
            **{o.name.lower(): (n[o.name], one) for o in O if o != O.NONE},
            "outbound_sent": (n["sent"], one), "outbound_answered": (n["outbound_answered"], one),
            "called_back": (n["called_back"], one), "closing_words": (n["closing_words"], one),
            "abandonment": (n["ABANDONED"] + n["SILENTLY_ABANDONED"], n["entered"]),
            "abandonment_seen": (n["ABANDONED"], n["entered"]),
            "service_level": level, "intervals_met": (met, level[1] > 0),
            "asa": (n["wait_answered"] / SECOND, n["answered"]),
            "wait_mean": (n["wait_entered"] / SECOND, n["entered"]), "delayed": (n["delayed"], n["entered"]),
            "reply_wait_mean": (n["later_wait"] / SECOND, n["later"]),
            "reply_level": (n["later_in_time"], n["later"] + n["later_late"]),
            "reply_level_2": (n["in_time_2"], n["due_2"]), "reply_level_3": (n["in_time_3"], n["due_3"]),
            "reply_level_4plus": (n["in_time_4"], n["due_4"]),
            "undecided": (n["undecided"], one), "customers": (n["roots"], one),
            "asa_business": (n["wait_answered_by_clock"] / SECOND, n["answered"]),
            "response_mean": (n["response"] / SECOND, n["replies"]),
            "session_mean": (n["session"] / SECOND, n["sessions"]), "handle_mean": (n["handle"] / SECOND, n["begun"]),
            "reread_share": (n["reread"], n["handle"]), "resolution_mean": (n["resolution"] / SECOND, n["resolved"]),
            "resolution_level": (n["resolved_in_time"], n["entered"] - n["resolution_undecided"]),
            "turns_mean": (n["handled"], n["begun"]),
            "agents_per_contact": (n["agents"], n["begun"]),
            "transfer_rate": (n["TRANSFERRED"], n["begun"]), "reopen_rate": (n["reopened"], n["RESOLVED"]),
            "fcr": (n["once"], n["roots_answered"]), "repeat_contacts": (n["again"], n["roots"]),
            "effort": (n["effort"], n["roots"]), "value_lost": (n["value_lost"], one),
            "value_lost_by_wait": (n["value_lost_by_wait"], one), "customers_lost": (n["lost"], one),
            "bot_conversations": (n["talked"], one), "bounced": (n["bounced"], one),
            "containment": (n["CONTAINED"], n["talked"]), "bot_wait_mean": (n["waited_for_bot"] / SECOND, n["talked"]),
            "containment_net": (n["CONTAINED"] - n["bounced"], n["talked"]),
            "queue_mean": (self.waiting, length), "open_mean": (self.open, length),
            "work_hours": (self.focused.sum(axis=1) / hour, one),
        }  # fmt: skip
        team = {
            "staffed_hours": (self.staffed / hour, one), "paid_hours": (self.paid / hour, one),
            "overtime_hours": (self.overtime / hour, one), "work_hours": (focus / hour, one),
            "occupancy": (c1, self.staffed), "utilisation": (focus, self.staffed),
            "slot_occupancy": ((self.held * plan.units).sum(axis=2), self.staffed * plan.capacity),
            "concurrency_mean": (self.held.sum(axis=2), c1),
            "concurrency_share_0": (self.staffed - c1, self.staffed), "concurrency_share_1": (c1 - c2, self.staffed),
            "concurrency_share_2": (c2 - c3, self.staffed), "concurrency_share_3plus": (c3, self.staffed),
            "interruptions": (self.interruptions, one), "cost": (cost, one),
            "overtime_cost": (self.money_late, one),
        }  # fmt: skip
        for kind, figures in (("queue", queue), ("team", team)):
            self.sums |= {(kind, name): list(pair) for name, pair in figures.items()}
        for name, percent in (
            ("wait_p50", 50),
            ("wait_p80", 80),
            ("wait_p90", 90),
            ("wait_p95", 95),
            ("wait_max", 100),
        ):
            self.whole["queue", name] = [
                quantile(mine, percent) for mine in (*self.waits, chain.from_iterable(self.waits))
            ]
        limits = [self.limit(seconds) for seconds in spec.sl_time]
        patient = [
            [kaplan_meier(self.first_waits[q], limits[q]) for q in range(self.queues)],
            [kaplan_meier(self.first_waits_by_clock[q], limits[q]) for q in range(self.queues)],
        ]
        self.whole["queue", "virtual_wait_mean"] = [mean for mean, _ in patient[0]]
        self.whole["queue", "virtual_service_level"] = [level for _, level in patient[1]]
        self.whole["queue", "wait_p90_business"] = [quantile(mine, 90) for mine in self.waits_by_clock]
        self.whole["queue", "reply_wait_p90"] = [
            quantile(m, 90) for m in (*self.replies, chain.from_iterable(self.replies))
        ]

        bears = np.zeros(self.queues)
        for t in range(self.teams):
            work = self.focused[:, t].sum(axis=0)
            basis = work if work.sum() > 0 else (plan.rank[t] >= 0).astype(float)
            if basis.sum() > 0:
                bears += cost[:, t].sum() * basis / basis.sum()
        conversations = n["entered"] + n["begun"] - n["answered"]
        fees = conversations.sum(axis=0) * np.nan_to_num(spec.fee)
        by_bot = n["talked"] * spec.bot_cost + n["talked_for"] / (60 * SECOND) * spec.bot_cost_per_minute
        of_bot = by_bot.sum(axis=0)
        spent = bears + fees + of_bot
        resolved, alone = n["RESOLVED"].sum(axis=0), (n["CONTAINED"] - n["bounced"]).sum(axis=0)
        quotients = {
            "cost": (spent, np.ones(self.queues)), "cost_per_resolved": (spent, resolved),
            "cost_per_contact": (spent, n["begun"].sum(axis=0)), "cost_per_solved": (spent, resolved + alone),
            "bot_cost_per_resolved": (of_bot, alone), "people_cost_per_resolved": (spent - of_bot, resolved),
        }  # fmt: skip
        self.of_run = {("queue", name): pair for name, pair in quotients.items()}


def kaplan_meier(waits: list[tuple[int, bool]], limit: int) -> tuple[float, float]:
    """Mean in seconds up to the longest, and share up to the limit, if giving up only cuts a wait short."""
    remains, before, mean, level = 1.0, 0, 0.0, 0.0
    for time in sorted({time for time, _ in waits}):
        mean += remains * (time - before) / SECOND
        before = time
        remains *= 1 - sum(wait == (time, True) for wait in waits) / sum(wait >= time for wait, _ in waits)
        if time <= limit:
            level = 1 - remains
    return (mean, level) if waits else (math.nan, math.nan)


def quantile(times: Iterable[int], percent: int) -> float:
    """The smallest that at least so many per cent did not exceed, in seconds; NaN without any."""
    times = sorted(times)
    for rank, time in enumerate(times, start=1):
        if 100 * rank >= percent * len(times):
            return time / SECOND
    return math.nan
