"""`[team.NAME]`, the skills and absences of its agents, and `[routing]`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    Strict,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from ccsim.distributions.durations import Distribution
from ccsim.routing import (
    AGENT_POLICIES,
    CONTACT_POLICIES,
    MESSAGE_POLICIES,
    AgentColumn,
    ContactColumn,
    MessageColumn,
    columns_of,
)
from ccsim.scenario import jsontypes
from ccsim.scenario.faults import Fault, FaultError, shown
from ccsim.scenario.parts import (
    WHOLE,
    AfterTime,
    Amount,
    BeforeBreak,
    Duration,
    DurationDistribution,
    Factor,
    Headcount,
    MeanOrDistribution,
    Part,
    Rank,
    Share,
    Text,
    policy,
)
from ccsim.scenario.shifts import Leave, Roster, Shift
from ccsim.scenario.values import MINUTE, Span, span


class Skill(Part):
    """How a team serves a queue: its rank, 1 first, and when it helps out; a bare number is the rank."""

    rank: Rank
    """Order in which a team serves this queue; 1 first."""
    contact_rank: Rank | None = None
    """Order in which the team's agents take from their queues, where it is not `rank`: that then says only which teams
    the queue's contacts go to first."""
    after: Duration = 0
    """The team takes only contacts that have waited at least this long, but for conversations of its own agents."""
    longer_than: Annotated[int, Strict(), Field(ge=-1, le=10_000_000), WHOLE] = -1
    """The team takes contacts only while more than this many wait without an agent in the queue; -1: always."""

    @model_validator(mode="before")
    @classmethod
    def _bare_rank(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Skill) else {"rank": value}

    @property
    def among_contacts(self) -> int:
        """The rank of the queue where the team's agents look for a contact."""
        return self.rank if self.contact_rank is None else self.contact_rank

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        table = handler.resolve_ref_schema(handler(core))
        return {"oneOf": [{"type": "integer", "minimum": 0}, dict(table)]}


class StepsOut(Part):
    """Random short absences: an agent at work steps out after a time `every`, for a time `lasts`, over and over.

    It begins anew with each shift. An absence that would touch the shift's edge, a break, an activity or the absence
    before does not happen.
    """

    every: MeanOrDistribution
    """Time at work until an agent steps out, at least a minute on average; a bare duration is the mean of an
    exponential."""
    lasts: DurationDistribution
    """How long the agent is away."""

    @field_validator("every")
    @classmethod
    def _seldom(cls, every: Distribution) -> Distribution:
        if every.mean < 60:
            raise FaultError(Fault(f"{every.mean:g} s on average", "at least a minute"))
        return every


class Team(Part):
    """Agents with the same skills, pace and cost: `[team.NAME]`."""

    skills: dict[str, Skill]
    """Queues that the team serves, each with a rank or a table. Required."""
    concurrency: Annotated[
        dict[str, Annotated[int, Strict(), Field(ge=1, le=1000), WHOLE]], WithJsonSchema(jsontypes.CONCURRENCY)
    ] = {}
    """How many sessions of a queue an agent may have at once, from 1 to 1000, if they are all of that queue; 1 for a
    queue that the table does not name. By time of day: { chat = { "08:00-12:00" = 3, "12:00-20:00" = 2 } }; at other
    times it is the largest of them. Default: by channel, see the presets."""
    interrupts: dict[str, tuple[Text, ...]] = {}
    """One-to-one queue to the queues whose work its contacts may interrupt, { phone = ["email"] }."""
    slowdown: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=1000)] = (1.0,)
    """Factors on work while the agent has 1, 2, … sessions, that which is worked on included; the last holds for all
    beyond."""
    pace: Annotated[dict[str, Factor], WithJsonSchema(jsontypes.PACE)] = {}
    """Factor on the time of work and wrap-up, above 0 up to 1000: below 1 the team is quicker. One number, or by queue,
    1 for those not named. With { mean, cv } agents differ: each has a pace of their own, from a lognormal."""
    pace_cv: Annotated[float, Strict(), Field(ge=0, le=2, allow_inf_nan=False)] = 0.0
    """How much agents differ: coefficient of variation of a lognormal of mean 1, whose value for each agent is a factor
    on `pace`, drawn anew in each replication."""
    fatigue: tuple[AfterTime, ...] = ()
    """Factors above 0 on work and wrap-up by how long ago the agent's shift began or the last pause ended, as a list of
    tables; 1 before the first."""
    copilot: Factor = 1.0
    """Factor on work and wrap-up, beside `pace`, with the tool that helps these agents: below 1 they are quicker."""
    errors: Share = 0.0
    """Share of the contacts resolved by these agents that come back because something was wrong, besides those of the
    queue's own `reopens.share`; they come back `reopens.after` later."""
    shifts: tuple[Shift, ...] = ()
    """Shifts of the team, as a list of tables; not beside `roster`."""
    leave: tuple[Leave, ...] = ()
    """Agents of the team on leave, as a list of tables: one by one of the shift that has most agents left that day.
    Nobody is on leave of the shifts that `ccsim staff` plans."""
    roster: Roster | None = None
    """Shifts from a file, as a table; not beside `shifts`."""
    end_of_shift: Literal["finish", "hand_over"] = "finish"
    """What agents do with open sessions at the end of their shift: "finish" goes on with chats until they end or
    `overrun` is over, "hand_over" gives them back to the queue. Conversations of persistent channels are handed over in
    either case; work in hand is always finished."""
    overrun: Duration = 30 * MINUTE
    """With "finish": how long chats go on beyond the end of the shift at most. A call always finishes."""
    before_break: BeforeBreak = 0
    """For how long before a break, an activity and the end of the shift agents take no new sessions, calls included,
    so that nobody waits through the break for an answer; they go on with those they have. "finish" is ten minutes."""
    absence: Share = 0.0
    """Share of shifts that are not worked, drawn for each agent and shift; they are paid as the shift's `paid` says."""
    steps_out: StepsOut | None = None
    """Random short absences of agents, as a table."""
    cost_per_hour: Amount = 0.0
    """Cost of a paid hour of one agent, in money."""
    overtime_factor: Amount = 1.0
    """Factor on the cost of hours beyond the end of the shift."""
    max_occupancy: Share | None = None
    """Target: largest share of their time on duty in which the team's agents may work. Despite its name it bounds the
    utilisation, which is what many reports call occupancy: time in which an agent only waits for a customer's reply
    does not count."""

    _limits: dict[str, dict[Span, int]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _with_limits(cls, raw: Any, handler: ModelWrapValidatorHandler[Team]) -> Team:
        if not isinstance(raw, dict) or not isinstance(given := raw.get("concurrency"), dict):
            return handler(raw)
        limits = {name: _by_hours(name, value) for name, value in given.items() if isinstance(value, dict)}
        team = handler(raw | {"concurrency": given | {name: max(of.values()) for name, of in limits.items()}})
        team._limits = limits
        return team

    @property
    def limits(self) -> dict[str, dict[Span, int]]:
        """By queue the concurrency by hours of the day, of those of which it differs."""
        return self._limits

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or not isinstance(raw.get("skills"), dict):
            return raw
        full = dict(raw)
        for key in ("concurrency", "pace"):
            given = raw.get(key, {})
            if key == "pace" and isinstance(given, dict) and given.keys() == {"mean", "cv"} - raw["skills"].keys():
                given, full["pace_cv"] = given["mean"], given["cv"]
            if key == "pace" and not isinstance(given, dict):
                given = dict.fromkeys(raw["skills"], given)
            if isinstance(given, dict):
                full[key] = dict.fromkeys(raw["skills"], 1) | given
        return full

    def comes_back(self, reopens: float) -> float:
        """Share of what its agents resolve that comes back, of a queue of which the share `reopens` does anyhow."""
        return reopens + (1 - reopens) * self.errors

    @property
    def paces(self) -> dict[str, float]:
        """Factor on work and wrap-up by queue, with the tool that helps."""
        return {name: pace * self.copilot for name, pace in self.pace.items()}


def _by_hours(queue: str, value: dict[str, Any]) -> dict[Span, int]:
    """Sessions at once by hours of the day, which do not overlap."""
    faults: list[Fault] = []
    limits: dict[Span, int] = {}
    for key, sessions in value.items():
        try:
            hours = span(key)
            if isinstance(sessions, bool) or not isinstance(sessions, int) or not 1 <= sessions <= 1000:
                raise FaultError(Fault(shown(sessions), "a whole number from 1 to 1000"))
            if any(hours.start < other.end and other.start < hours.end for other in limits):
                raise FaultError(Fault("hours that overlap", "each hour once"))
            limits[hours] = sessions
        except FaultError as bad:
            faults += [Fault(f.value, f.allowed, ("concurrency", queue, key)) for f in bad.faults]
    if not value:
        faults.append(Fault("no hours", 'hours and sessions, such as { "08:00-12:00" = 3 }', ("concurrency", queue)))
    if faults:
        raise FaultError(*faults)
    return limits


class Routing(Part):
    """Who gets what: the name of a policy, or a list of columns. The smallest in the first column wins, of equals the
    smallest in the next, and at last the first in the order of the file."""

    agent: policy(AGENT_POLICIES, AgentColumn) = "least_loaded"  # type: ignore[valid-type]
    """Which free agent gets a contact, first of the team with the smallest rank for its queue: "least_loaded" whose
    sessions take the smallest part of their capacity, then who is idle longest; "longest_idle" who is idle longest;
    "most_loaded" who has least room left; "fixed_order" the first in the order of teams and shifts. Columns: rank,
    load, minus_load, idle_since; and random, as the last, each of those equal so far with the same chance."""
    contact: policy(CONTACT_POLICIES, ContactColumn) = "longest_wait"  # type: ignore[valid-type]
    """Which waiting contact a free agent gets: "longest_wait" of the queue with the smallest rank in the team's
    `skills`, then who waits longest; "priority" of the queue with the smallest `priority`, then who waits longest;
    "deadline" whose time of `service_level` is over first. Columns: rank (`contact_rank`), priority, waiting_since,
    deadline; of the last two at least one."""
    attention: policy(MESSAGE_POLICIES, MessageColumn) = "oldest"  # type: ignore[valid-type]
    """Which message an agent with several sessions answers next: the "oldest"; with "first_replies" first messages
    before later ones; with "priority" those of the queue with the smallest `priority`. Columns: later_turn, priority,
    message_time."""
    reserve: tuple[Text, ...] | dict[str, Headcount] = ()
    """Queues that come first: while a contact waits in one, teams with its skill take from no other queue. With
    numbers, { phone = 2 }, for one-to-one queues: so many agents with the skill are left idle for it as well."""

    @field_validator("agent")
    @classmethod
    def _random_comes_last(cls, agent: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(agent, tuple) and "random" in agent[:-1]:
            raise FaultError(Fault(shown(list(agent)), "random as the last column"))
        return agent

    @field_validator("contact")
    @classmethod
    def _contacts_of_one_queue(cls, contact: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(contact, tuple) and not {"waiting_since", "deadline"} & set(contact):
            raise FaultError(Fault(shown(list(contact)), "also waiting_since or deadline, for contacts of one queue"))
        return contact

    @property
    def at_random(self) -> bool:
        """Whether contacts choose among equal agents at random."""
        return AgentColumn.RANDOM in columns_of(self.agent, AGENT_POLICIES, AgentColumn)

    @property
    def keep_idle(self) -> dict[str, int]:
        """Agents to be left idle, by queue."""
        return dict(self.reserve) if isinstance(self.reserve, dict) else {}
