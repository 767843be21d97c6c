"""Why there is no roster: which rules of which agent exclude one another, or which shift cannot have its agents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from ccsim.scenario.people import RosterAgent
from ccsim.staffing.roster import rules
from ccsim.staffing.roster.duties import Task
from ccsim.staffing.roster.program import Program, add_limit, settled
from ccsim.staffing.roster.rules import ONE_A_DAY, PER_AGENT, SHIFT_LIMITS, Breach, Limit, wanted_agents
from ccsim.staffing.roster.search import separate

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

EFFORT: Final = 20.0
"""Steps of the solver for one question, about seconds."""

T = TypeVar("T")


def conflicts(task: Task) -> list[Breach]:
    """The rules that cannot be kept together: of each agent alone, else the shifts' least and most agents.

    Of an agent, rules none of which can be left out: without any one of them the others could be kept.
    """
    alone = [breach for agent in task.agents for breach in _of_agent(task, agent)]
    return alone or list(_of_shifts(task))


def _of_agent(task: Task, agent: RosterAgent) -> Iterator[Breach]:
    limits = rules.limits(task, agent)
    if _possible(task, limits):
        return
    always = [limit for limit in limits if limit.rule == ONE_A_DAY]

    def of(names: Iterable[str]) -> list[Limit]:
        return [limit for limit in limits if limit.rule in names]

    needed = _irreducible(list(PER_AGENT), lambda names: not _possible(task, [*always, *of(names)]))
    parts = _irreducible(of(needed), lambda some: not _possible(task, [*always, *some]))
    for name in PER_AGENT:
        mine = [limit for limit in parts if limit.rule == name]
        for limit in mine if name == "contract_hours" else ():
            others = [*always, *(other for other in parts if other is not limit)]
            hours = _nearest(task, limit, others) / 60
            wanted = f"{limit.low / 60:g} to {limit.high / 60:g} h wanted"
            yield Breach(name, agent.name, f"{limit.about}: {wanted}, {hours:g} h possible with the other rules named")
        if mine and name != "contract_hours":
            yield Breach(name, agent.name, _abouts(mine))


def _abouts(limits: Sequence[Limit]) -> str:
    """What the parts of a rule are about, the first few of many."""
    abouts = list(dict.fromkeys(limit.about for limit in limits))
    return ", ".join(abouts[:5]) + (f" and {len(abouts) - 5} more" if len(abouts) > 5 else "")


def _irreducible(items: list[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Of items that fail together, some that do, and would not without any one of them."""
    kept = list(items)
    for item in items:
        rest = [other for other in kept if other is not item]
        if fails(rest):
            kept = rest
    return kept


def _possible(task: Task, limits: Iterable[Limit]) -> bool:
    """Whether an agent can keep all of these."""
    from ortools.sat.python import cp_model

    return settled(EFFORT).solve(_model(task, limits)[0]) != cp_model.INFEASIBLE


def _nearest(task: Task, limit: Limit, others: Iterable[Limit]) -> int:
    """The total nearest to a limit that an agent can have who keeps the others."""
    from ortools.sat.python import cp_model

    model, works = _model(task, others)
    total = cp_model.LinearExpr.weighted_sum([works[duty] for duty in limit.duties.tolist()], limit.amounts.tolist())
    off = model.new_int_var(0, int(limit.amounts.sum()) + limit.low, "off")
    model.add(off >= limit.low - total)
    model.add(off >= total - limit.high)
    model.minimize(off)
    solver = settled(EFFORT)
    solver.solve(model)
    return solver.value(total)


def _model(task: Task, limits: Iterable[Limit]) -> tuple[cp_model.CpModel, dict[int, cp_model.IntVar]]:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    works = {duty: model.new_bool_var(str(duty)) for duty in range(len(task.duties))}
    for limit in limits:
        add_limit(model, works, limit)
    return model, works


def _of_shifts(task: Task) -> Iterator[Breach]:
    """Duties without their least agents or with more than their most, where as few as possible are."""
    for members in separate(task):
        program = Program(task, members, task.scenario.days)
        program.miss_shift_limits()
        chosen = program.solve(EFFORT).chosen
        if chosen is not None:
            for duty, (low, high) in enumerate(rules.shift_limits(task)):
                count = sum(worked == duty for _, worked in chosen)
                if duty in program.counts and not low <= count <= high:
                    what = (
                        f"{task.written(task.duties[duty])}: {wanted_agents(count, low, high)} wanted, {count} possible"
                    )
                    yield Breach(SHIFT_LIMITS, "", what)
