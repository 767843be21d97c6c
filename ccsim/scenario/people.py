"""`[roster]`: the people whom `ccsim roster` gives shifts to, and the rules that their working time must keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, PrivateAttr, Strict, ValidationError, ValidationInfo, model_validator

from ccsim.scenario import cells
from ccsim.scenario.data import CsvTable, few, number
from ccsim.scenario.faults import Fault, FaultError, shown
from ccsim.scenario.parts import WHOLE, Amount, DaySet, Duration, Hours, Part, Text, TimeOfDay, data_files
from ccsim.scenario.values import HOUR, WHOLE_DAY, ByDay

OFF: Final = "off"
"""The wish not to work."""


class Wish(Part):
    """What an agent would like: a shift on some days, if any, or these days off."""

    days: DaySet = ByDay((True,) * 7)
    """Days that the wish is about."""
    shift: Text = OFF
    """Name of a shift pattern that the agent would like to work if at work on these days; "off": not to work."""
    weight: Amount = 1.0
    """How much the wish counts beside others, 0 or more."""


class RosterAgent(Part):
    """One person of the roster."""

    name: Text
    """Name, unlike all others. Required."""
    team: Text = ""
    """Team whose shifts the agent works; empty: those of every team all of whose queues are among the skills."""
    skills: tuple[Text, ...] = ()
    """Queues that the agent can serve; empty: those of the team."""
    hours_per_week: Annotated[float, Strict(), Field(gt=0, le=168, allow_inf_nan=False)]
    """Paid hours a week by contract; each day of leave from Monday to Friday takes off a fifth. Required."""
    available: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Hours in which the agent may work, by day; every shift lies within them."""
    leave: DaySet | None = None
    """Days on which the agent is away and no part of a shift lies."""
    wishes: tuple[Wish, ...] = ()
    """What the agent would like, as a list of tables."""


class People(Part):
    """Agents from a file, one a row, with columns name, hours_per_week and, if wanted, those of their rules."""

    NEEDED: ClassVar = ("name", "hours_per_week")
    MORE: ClassVar = ("team", "skills", "available", "leave", "days_off", "prefers")

    file: Text
    """CSV file with the columns name and hours_per_week and, if there are any, team, skills (queues), available
    ("mon-fri 08:00-17:00"), leave (days), days_off (days wished to be free) and prefers (shift patterns); several in a
    cell are separated by ";"."""

    _agents: tuple[tuple[int, RosterAgent], ...] = PrivateAttr(())

    @property
    def agents(self) -> tuple[tuple[int, RosterAgent], ...]:
        """Line and agent, in the order of the file."""
        return self._agents

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> People:
        table = data_files(info).table(self.file, *self.NEEDED)
        columns = (*self.NEEDED, *(column for column in self.MORE if table.heading(column)))
        agents: list[tuple[int, RosterAgent]] = []
        faults: list[Fault] = []
        for line, row in table.cells(*columns, key="file", read={"hours_per_week": cells.numbers}):
            try:
                agents.append((line, _agent(dict(zip(columns, row, strict=True)))))
            except ValidationError as bad:
                faults += _faults(bad, table, line)
        if not agents and not faults:
            faults.append(Fault(f"{table.name} has no rows", "at least one agent", ("file",)))
        if faults:
            raise FaultError(*few(faults))
        self._agents = tuple(agents)
        return self


def _agent(row: Mapping[str, str]) -> RosterAgent:
    """The agent of a row. Raises ValidationError."""

    def listed(column: str) -> list[str]:
        return [part.strip() for part in row.get(column, "").split(";") if part.strip()]

    raw: dict[str, Any] = {
        "name": row["name"],
        "hours_per_week": number(row["hours_per_week"]),
        "team": row.get("team", ""),
        "skills": listed("skills"),
        "wishes": [{"shift": shift} for shift in listed("prefers")],
    }
    if off := listed("days_off"):
        raw["wishes"].append({"days": off})
    if leave := listed("leave"):
        raw["leave"] = leave
    available: dict[str, list[str]] = {}
    for entry in listed("available"):
        days, _, hours = entry.rpartition(" ")
        available.setdefault(days.strip() or "mon-sun", []).append(hours)
    if available:
        raw["available"] = {days: hours if hours != ["always"] else "always" for days, hours in available.items()}
    return RosterAgent.model_validate(raw)


def _faults(error: ValidationError, table: CsvTable, line: int) -> Iterator[Fault]:
    for detail in error.errors():
        column = str(detail["loc"][0])
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, FaultError):
            yield from (table.fault(line, f"{column}: {fault.value}", fault.allowed) for fault in cause.faults)
        else:
            yield table.fault(line, f"{column}: {shown(detail['input'])}", "a number above 0, up to 168")


class RosterWeights(Part):
    """Points of what is not as wanted: the roster with the fewest points is sought."""

    short: Amount = 10.0
    """Points for each agent hour that is missing from what is required; what is missing beyond a quarter of it counts
    four times."""
    surplus: Amount = 1.0
    """Points for each agent hour above what is required."""
    late: Amount = 3.0
    """Points for each late shift between the agent of a team with most and the one with fewest, for their contract
    hours."""
    weekend: Amount = 3.0
    """Points for each shift that begins on a Saturday or Sunday between the agent of a team with most and the one with
    fewest, for their contract hours."""
    wishes: Amount = 2.0
    """Points for each wish not fulfilled, on each day, times the weight of the wish."""
    starts: Amount = 1.0
    """Points for each further start time of an agent in a week."""


class RosterRules(Part):
    """Who is to work, and what every roster of `ccsim roster` keeps: its shifts are the patterns of [staffing].

    Weeks are counted from the start of the run.
    """

    people: People | None = None
    """Agents from a file, as a table."""
    agents: tuple[RosterAgent, ...] = ()
    """Agents, as a list of tables; those of `people` come first."""
    min_rest: Duration = 11 * HOUR
    """Shortest time between the end of a shift and the start of the agent's next."""
    max_days_in_a_row: Annotated[int, Strict(), Field(ge=1, le=366), WHOLE] = 6
    """Most days in a row on which an agent begins a shift."""
    one_saturday_in: Annotated[int, Strict(), Field(ge=1, le=53), WHOLE] = 1
    """Of so many Saturdays in a row an agent works one at most; 1: there is no such rule."""
    hours_over: Annotated[int, Strict(), Field(ge=1, le=53), WHOLE] = 1
    """Weeks over which contract hours are balanced; 1: each week by itself."""
    hours_tolerance: Duration = 2 * HOUR
    """By how much the paid hours of these weeks may differ from the contract, times the number of weeks."""
    late_after: TimeOfDay = 18 * HOUR
    """A shift that ends after this time of day, or on the next day, is a late shift."""
    weights: RosterWeights = RosterWeights()
    """How much what is not as wanted counts, as a table."""

    def everybody(self) -> Iterator[tuple[str, RosterAgent]]:
        """All agents, each with the place where the scenario has them."""
        if self.people is not None:
            yield from ((f"{self.people.file}:{line}", agent) for line, agent in self.people.agents)
        yield from ((f"roster.agents.{i}", agent) for i, agent in enumerate(self.agents))
