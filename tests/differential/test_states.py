"""A run cut at a time and continued from its state is the run that was not cut, to the last bit, by both engines."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from ccsim.engine import compiled, reference
from ccsim.engine.audit import audit
from ccsim.tables import NEVER, Phase
from tests import random_cases
from tests.cut import state_at
from tests.differential.test_engines import differences


def continued(seeds: range, cuts: int = 2) -> Counter[Phase]:
    """Compares the continued runs of these cases with the whole; counts where contacts stood."""
    phases: Counter[Phase] = Counter()
    for seed in seeds:
        workload, plan, _ = random_cases.tables(random_cases.scenario(seed))
        whole = reference.simulate(workload, plan)
        chosen = random.Random(f"cut {seed}")
        times = np.concatenate([whole.arrival, whole.left, whole.closed, whole.message, whole.start, whole.reply])
        times = times[(times > 0) & (times < plan.drain_end - 1)]
        ats = [
            int(chosen.choice(times.tolist())) + chosen.choice([0, 0, 1])  # before or after all of an instant
            for _ in range(cuts if len(times) else 0)
        ]
        in_vain = workload.first_turn[whole.called_back & workload.no_answer]  # seldom hit by chance
        ats += [at + 1 for at in whole.start[in_vain].tolist() if at < plan.drain_end - 2][:1]
        for at in ats:
            state = state_at(workload, plan, whole, at)
            phases.update(Phase(phase) for phase in state.phase.tolist())
            for engine in (reference, compiled):
                log = engine.simulate(workload, plan, state)
                assert differences(log, whole) == [], f"case {seed} cut at {at}: {engine.__name__}"
    return phases


def test_a_run_cut_and_continued_is_the_whole_run() -> None:
    phases = continued(range(80))
    assert {Phase.TO_COME, Phase.WAITING, Phase.PENDING, Phase.WORKING, Phase.SILENT, Phase.AWAY} <= set(phases)


@pytest.mark.slow
def test_five_hundred_cases_in_every_phase() -> None:
    assert set(continued(range(1000, 1500))) == set(Phase)


def test_an_unsettled_state_is_settled_at_once() -> None:
    """A log may know a contact that waits beside a free agent; it is taken when the run begins, within the rules."""
    settled = 0
    for seed in range(70):
        workload, plan, _ = random_cases.tables(random_cases.scenario(seed))
        whole = reference.simulate(workload, plan)
        taken = np.flatnonzero((whole.stretch_agent >= 0) & (whole.stretch_start > 1) & (whole.stretch_since > 0))
        for at in sorted(set((whole.stretch_start[taken] + 1).tolist()))[:2]:
            state = state_at(workload, plan, whole, at)
            rows = (state.log.stretch_start == at - 1) & (state.log.stretch_end == NEVER)
            back = np.isin(state.contact, state.log.stretch_contact[rows]) & (state.phase == Phase.PENDING)
            back &= state.log.messages[state.contact] == 1
            if not back.any():
                continue
            again = np.isin(state.log.stretch_contact, state.contact[back])
            log = state.log._replace(
                stretch_agent=np.where(again, -1, state.log.stretch_agent).astype(np.int32),
                stretch_start=np.where(again, NEVER, state.log.stretch_start),
            )
            unsettled = state._replace(
                log=log,
                phase=np.where(back, Phase.WAITING, state.phase).astype(np.int8),
                agent=np.where(back, -1, state.agent).astype(np.int32),
            )
            one, other = (engine.simulate(workload, plan, unsettled) for engine in (reference, compiled))
            assert differences(one, other) == []
            # the integral so far is that of the settled state
            assert [fault for fault in audit(workload, plan, one) if "integral" not in fault] == []
            settled += np.isin(one.stretch_contact[one.stretch_start == at - 1], state.contact[back]).sum()
    assert settled > 0
