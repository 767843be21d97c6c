"""The net proven: kernels broken on purpose, each in one place, are told from the reference by the random cases."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import ccsim.engine
from ccsim.engine import compiled, reference
from ccsim.tables import Log, Plan, Workload
from tests import random_cases
from tests.differential.test_engines import differences

MUTANTS = {
    "a wrong tie: patience before the agent who becomes free": (
        "PATIENCE_ENDS: Final = int(Event.PATIENCE_ENDS)",
        "PATIENCE_ENDS: Final = -1",
    ),
    "a wrong tie: the answer exactly at the timeout is late": ("if answer > timeout:", "if answer >= timeout:"),
    "capacity off by one": (
        "m.load[a] + m.plan.units[team, q] <= m.most[team, q]",
        "m.load[a] + m.plan.units[team, q] < m.most[team, q]",
    ),
    "a call beside a chat": ("        return m.sessions[a] == 0\n", "        return m.sessions[a] <= 1\n"),
    "a lost wrap-up": ("    if lasts > 0 and m.state[c] != SHARED:", "    if lasts > 10**15:"),
    "a stale timeout: parked although answered": (
        "    if min(answer, expiry + 1) > timeout:",
        "    if expiry >= timeout:",
    ),
    "re-reading too early": (
        "now - m.log.reply[slot] <= m.plan.reread_after",
        "now - m.log.reply[slot] < m.plan.reread_after",
    ),
    "overflow by time too late": ("waited >= m.plan.overflow_after", "waited > m.plan.overflow_after"),
    "overflow by length too early": (
        "and m.waiting[q] > m.plan.longer_than[team, q]",
        "and m.waiting[q] >= m.plan.longer_than[team, q]",
    ),
    "head start forgotten where contacts look": (
        "    d_since = m.since[d] - m.plan.head_start[m.queue[d]]",
        "    d_since = m.since[d]",
    ),
    "expiry counted from the reply": (
        "expiry = max(now, since + m.plan.expires_after[q])",
        "expiry = now + m.plan.expires_after[q]",
    ),
    "a hand-over forgotten": ("            m.gives_up[c] = True", "            m.gives_up[c] = False"),
    "over capacity also for transfers": (
        "m.plan.over_capacity[q] and m.turn[c] > 0",
        "m.plan.over_capacity[q]",
    ),
    "balking at the wait that is just bearable": ("> m.work.balks_at[c]", ">= m.work.balks_at[c]"),
    "it rings as long as for the first contact": ("now + m.work.answer_delay[best]", "now + m.work.answer_delay[0]"),
    "a closing word is worked on as a turn that is read again": (" and not (m.words and m.work.closing[slot])", ""),
    "a closing word must come before the timeout": (
        "    if m.log.outcome[c] == RESOLVED:  # parked",
        "    if False:  # parked",
    ),
    "open until the closing word": ("    if not (m.words and is_over(m, c)):", "    if not m.words:"),
    "work grows a moment too late": ("m.plan.grows_after[step] <= time", "m.plan.grows_after[step] < time"),
    "every team tires as the first": ("m.queues + m.plan.team[a], now - m.rested[a]", "m.queues, now - m.rested[a]"),
    "no rest in a break until the end of the shift": (
        "        if m.duty[a] == PAUSED:  # until then",
        "        if False:",
    ),
    "work grows with what a wait carries too": ("m.queue[c]), now - sent(m, c))", "m.queue[c]), now - m.since[c])"),
    "no rest in a break": (
        "        m.idle[a] = now\n        m.rested[a] = now\n    elif m.shift[a] != shift:",
        "        m.idle[a] = now\n    elif m.shift[a] != shift:",
    ),
    "a closing word grows with its wait": ("if is_task(m, c) or m.work.closing[m.slot[c]]:", "if is_task(m, c):"),
    "one agent more is left idle": ("if idle <= m.plan.keep_idle[r]:", "if idle <= m.plan.keep_idle[r] + 1:"),
    "the rank of agents where contacts are compared": (
        "m.plan.contact_rank[team, p] - m.plan.contact_rank[team, q]",
        "m.plan.rank[team, p] - m.plan.rank[team, q]",
    ),
    "parked as if the agent had one session": ("row = min(m.sessions[m.own[c]], ", "row = min(1, "),
    "the bot always has a place": ("begins = max(now, m.bot_free[q, place])", "begins = now"),
    "what is carried is carried on to later turns": ("    m.since[c] = now\n", ""),
    "the wait of one contact before is carried, not of all": (
        "while m.work.link[c] == TRANSFER or m.work.link[c] == RETRY:",
        "if m.work.link[c] == TRANSFER or m.work.link[c] == RETRY:",
    ),
    "attention by what is carried": ("difference = sent(m, c) - sent(m, d)", "difference = m.since[c] - m.since[d]"),
    "of equal agents always the first": ("    if not m.at_random or equal < 2:", "    if True:"),
    "one draw for all turns": ("np.int64(m.turn[c]) * TURN_STEP", "np.int64(0)"),
    "nobody looks when another becomes idle": (
        "        if m.keeps:\n            everybody_looks(m)\n",
        "",
    ),
    "a limit that rises brings nobody": ("m.plan.team[a] == m.plan.limit_team[shift]", "False"),
    "a limit of another queue": ("<= m.most[team, q]", "<= m.most[team, 0]"),
    "every agent has the pace of the first": ("* m.work.agent_pace[a]", "* m.work.agent_pace[0]"),
    "another team's mistakes": (
        "m.plan.comes_back[m.plan.team[a], m.queue[c]]",
        "m.plan.comes_back[0, m.queue[c]]",
    ),
    "who comes back to people is another": ("child = m.work.bounce_child[c]", "child = m.work.reopen_child[c]"),
    "the bot keeps who asks for a human": ("m.bot[q] and not m.work.asks_human[c]", "m.bot[q]"),
    "what was held has the other patience": ("patience if turn > 0 else m.work.held_patience[c]", "patience"),
    "a customer back in time is late": (
        "if answer <= timeout and m.drops and m.work.comeback[slot] >= 0:",
        "if answer < timeout and m.drops and m.work.comeback[slot] >= 0:",
    ),
    "a suspension begins at the wrong time": ("    m.log.suspended_start[i] = now", "    m.log.suspended_start[i] = 0"),
    "shared work at another concurrency's pace": (
        "m.plan.shared_mean[min(m.plan.shared_offset[q] + j, m.plan.shared_offset[q + 1]) - 1]",
        "m.plan.shared_mean[min(m.plan.shared_offset[q] + j + 1, m.plan.shared_offset[q + 1]) - 1]",
    ),
    "a call back never offered": ("position * (last - first) // (k - 1) > m.plan.offer_above[q]", "position < 0"),
    "the latest message first, though another waits": (
        "    if unseen > 1 or m.own[best] != a",
        "    if m.own[best] != a",
    ),
    "whoever came last stays below": (
        "m.level[below] == level and not idle_longest(m, a, below)",
        "m.level[below] == level",
    ),
    "whoever came last is still there": ("    if below >= 0 and m.level[below] == level and", "    if below >= 0 and"),
    "no patience within a session": (
        "        if m.state[c] <= RINGING:\n            set_timers(m, now, c)\n        return\n",
        "        return\n",
    ),
    "back from a short absence, new sessions although the break is near": (
        "m.duty[a] = WINDING_DOWN if m.winds_down[a] else ON",
        "m.duty[a] = ON",
    ),
    "no work at all before a break": (
        "m.duty[a] != OFF and m.duty[a] != PAUSED:",
        "(m.duty[a] == ON or m.duty[a] == FINISHING):",
    ),
    "before a break not above the capacity either": (
        "(m.duty[a] == PAUSED or m.duty[a] == WINDING_DOWN)",
        "m.duty[a] == PAUSED",
    ),
    "before a break off shift": (
        "m.duty[a] != OFF and m.duty[a] != FINISHING and",
        "(m.duty[a] == ON or m.duty[a] == PAUSED) and",
    ),
    "of equal waits the last queue": ("        if wait < least:\n", "        if wait <= least:\n"),
    "the wait without the contact itself": (
        "(m.unheld[q] + 1) * m.plan.session_time",
        "m.unheld[q] * m.plan.session_time",
    ),
    "suspended work forgets what remained": ("    m.ends[c] -= now\n", "    m.ends[c] = 0\n"),
}

CASES = 400


def mutated(old: str, new: str) -> ModuleType:
    """The kernel as plain Python with one place changed."""
    source = (Path(ccsim.engine.__path__[0]) / "kernel.py").read_text()
    assert source.count(old) == 1, f"the kernel has {source.count(old)} times: {old}"
    module = ModuleType("mutant")
    exec(compile(source.replace(old, new), "mutant", "exec"), module.__dict__)
    return module


@cache
def case(seed: int) -> tuple[Workload, Plan, Log]:
    """A random case and what the reference makes of it."""
    workload, plan, _ = random_cases.tables(random_cases.scenario(seed))
    return workload, plan, reference.simulate(workload, plan)


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = mutated(*MUTANTS[name])
    monkeypatch.setattr(compiled, "_kernel", lambda jit: mutant)
    for seed in range(CASES):
        workload, plan, right = case(seed)
        try:
            result = compiled.simulate(workload, plan, jit=False)
        except (IndexError, ValueError, OverflowError):
            return
        if differences(right, result):
            return
    pytest.fail(f"{CASES} cases do not tell this kernel from the reference")
