"""The scenarios of a design's points."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, overload

from ccsim.errors import Problem, ScenarioError
from ccsim.runs.many import SHARED, sampled_from
from ccsim.runs.parts import classes_named
from ccsim.scenario import read
from ccsim.scenario.data import DataFiles
from ccsim.scenario.design import UNCHANGED, Design
from ccsim.scenario.distributions import register
from ccsim.scenario.model import Scenario
from ccsim.scenario.processes import register as register_process


@dataclass
class Points(Sequence[Scenario]):
    """The scenarios of a design's points, made on demand, those alone last; made by `checked`.

    Pickled, they are still scenarios, but without the design.
    """

    design: Design
    raw: dict[str, Any]
    paths: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    given: dict[str, bytes]
    """data files"""
    folder: Path
    shared: list[bytes] = field(default_factory=list)
    """by point what its contacts are sampled from"""

    @classmethod
    def checked(cls, design: Design, progress: Callable[[int], object] | None = None) -> Points:
        """The points after a look at each. Raises ScenarioError with all problems, each with its first point."""
        raw = {key: part for key, part in design.base.raw.items() if key != "variant"}
        paths = tuple(setting.path for setting in design.settings)
        rows = [*design.rows, *design.alone]
        points = cls(design, raw, paths, rows, dict(design.base.files), design.file.parent)
        problems: Counter[Problem] = Counter()
        where: dict[Problem, str] = {}
        for row in rows:
            try:
                scenario = points._parsed(row)
            except ScenarioError as error:
                problems.update(error.problems)
                for problem in error.problems:
                    where.setdefault(problem, points.label(row))
            else:
                points.shared.append(sampled_from(scenario))
                points.given.update(scenario.files)
            if progress is not None:
                progress(1)
        if problems:
            raise ScenarioError([_of_point(problem, where[problem], count) for problem, count in problems.items()])
        return points

    def label(self, row: tuple[Any, ...]) -> str:
        """A point for messages: its settings and values."""
        changes = ", ".join(f"{path}={value}" for path, value in zip(self.paths, row, strict=True) if value is not None)
        return changes or "as it is"

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, point: int) -> Scenario: ...
    @overload
    def __getitem__(self, point: slice) -> Sequence[Scenario]: ...
    def __getitem__(self, point: int | slice) -> Scenario | Sequence[Scenario]:
        if isinstance(point, slice):
            return [self[each] for each in range(*point.indices(len(self)))]
        return self._made(point)

    @cached_property
    def _made(self) -> Callable[[int], Scenario]:
        """Points are needed again for their other replications."""

        @lru_cache(2 * SHARED)
        def made(point: int) -> Scenario:
            raw, _ = self._changed(self.rows[point])
            return Scenario.model_validate(raw, context=DataFiles(self.folder, self.given))

        return made

    def _changed(self, row: tuple[Any, ...]) -> tuple[dict[str, Any], list[Problem]]:
        raw = copy.deepcopy(self.raw)
        changes = [(path, value) for path, value in zip(self.paths, row, strict=True) if value is not UNCHANGED]
        return raw, read.change(raw, copy.deepcopy(changes))

    def _parsed(self, row: tuple[Any, ...]) -> Scenario:
        raw, problems = self._changed(row)
        if problems:
            raise ScenarioError(problems)
        return read.parse(raw, self.folder, given=self.given, outside=self.design.files_outside)

    def __getstate__(self) -> dict[str, Any]:
        kept = {key: value for key, value in self.__dict__.items() if key not in ("_made", "design", "shared")}
        return {**kept, "own": classes_named([self.raw, self.rows])}

    def __setstate__(self, state: dict[str, Any]) -> None:
        distributions, processes = state.pop("own")  # another process may not know them
        for name, brings in distributions.items():
            register(name, brings)
        for name, comes in processes.items():
            register_process(name, comes)
        vars(self).update(state)


def _of_point(problem: Problem, where: str, count: int) -> Problem:
    more = f" and {count - 1} more points" if count > 2 else " and one more point" if count == 2 else ""
    return Problem(problem.path, problem.value, problem.allowed, f"at {where}{more}")
