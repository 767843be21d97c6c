"""`[queue.NAME]` and what goes with a queue: transfers, retries, bots, self-service, outbound messages, call backs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    Strict,
    field_validator,
    model_validator,
)

from ccsim.distributions.durations import Constant, Distribution, Exponential, LogNormal, Never
from ccsim.scenario.channels import CHANNELS, Channel
from ccsim.scenario.faults import Fault, FaultError, shown
from ccsim.scenario.holidays import HolidayRule
from ccsim.scenario.parts import (
    WHOLE,
    AfterTime,
    Amount,
    Count,
    CountDistribution,
    Duration,
    DurationDistribution,
    DurationOrNever,
    Factor,
    Flag,
    Hours,
    Limit,
    Money,
    OptionalTarget,
    Part,
    PatienceDistribution,
    ProfiledDistribution,
    ProfiledPatience,
    Rank,
    Share,
    Text,
    WorkDistribution,
    one_of_names,
)
from ccsim.scenario.profiles import Steps, without_profiles
from ccsim.scenario.values import MINUTE, WHOLE_DAY, ByDay, Span, Target
from ccsim.scenario.volumes import Move, Volume
from ccsim.tables import NEVER, SECOND


class Backlog(Part):
    """Contacts already waiting at the start, with their ages."""

    contacts: Count = 0
    """Contacts that wait when the run starts."""
    age: DurationDistribution = Constant(0)
    """How long each of the contacts has waited already."""


class Reread(Part):
    """What an agent re-reads who comes back to a conversation after a while."""

    after: DurationOrNever = 15 * MINUTE
    """Time since the agent's last reply in the conversation after which the agent reads it again; one who has never
    replied in it does so in any case."""
    work: Duration = 0
    """Fixed time to read a conversation again."""
    per_turn: Duration = 0
    """Time to read again for each reply sent so far in the conversation."""


class Transfer(Part):
    """A share of a queue's contacts that goes on in another queue."""

    to: Text
    """The queue in which the contact goes on."""
    share: Share
    """Share of the queue's contacts that is transferred; the shares of a queue add up to at most 1."""
    same_agent: Flag = False
    """Whether the same agent goes on with the contact in the other queue: at once if that is possible, else the contact
    waits for that agent as `same_agent_for` of the other queue says."""
    cold: Flag = False
    """Whether the customer has to explain again, with `repeat_turns` or, in a one-to-one queue, `repeat_work`."""
    repeat_turns: Annotated[int, Strict(), Field(ge=0, le=1000), WHOLE] = 1
    """Of a cold transfer: additional turns, unless the other queue is one-to-one."""
    repeat_work: Duration = 0
    """Of a cold transfer to a one-to-one queue: additional work."""


class Reopens(Part):
    """Resolved contacts that come back."""

    share: Share = 0.0
    """Share of resolved contacts that come back."""
    after: DurationDistribution = Constant(0)
    """Time from the end of the last answer until they come back."""


class Retry(Part):
    """Customers who left without an answer and try again.

    They have abandoned, were blocked or rejected, or left while they waited for a later answer.
    """

    share: Share = 0.0
    """Share of the customers who left who try again."""
    after: DurationDistribution = Constant(0)
    """Time from leaving until the next attempt."""
    to: dict[str, Share] = {}
    """Queue to share of those who try again there; the shares add up to 1. Empty: all in the same queue."""
    patience: Factor = 1.0
    """Factor on the patience at each attempt more, above 0; below 1: who tries again waits less."""


class Bounces(Part):
    """Contacts that the bot contained and that come back: their customers had no answer."""

    share: Share = 0.0
    """Share of the contained that come back, past the bot, to a person who knows what the bot was told."""
    after: DurationDistribution = Constant(0)
    """Time from the end of the bot until they come back."""


class Balking(Part):
    """Customers who are told, or see, how long they would wait, and leave at once if that is too long for them."""

    per_place: Duration
    """Wait that they are told for each place in the queue, their own included; at most a day."""
    tolerance: PatienceDistribution
    """Longest wait that a customer who is told begins to wait for."""


class Burst(Part):
    """Customers who write several messages before they wait for an answer; the agent answers once."""

    messages: CountDistribution = Constant(1)
    """Messages of a turn. A turn of twice the mean number takes twice the work; the mean turn takes the mean work."""
    gap: DurationDistribution = Constant(0)
    """Time between two messages of a turn; from the second turn on it comes on top of the reply latency."""


class ClosingWord(Part):
    """Customers who write once more after the last answer, to say thanks: nobody answers, but somebody reads it."""

    share: Share
    """Share of the conversations that end so; in a closed chat only who is back within the idle timeout writes."""
    work: DurationDistribution = Constant(0)
    """Agent's work on reading it; 0: a glance that takes no time."""


class Correlation(Part):
    """What goes together in a customer: correlations of normal scores (a Gaussian copula)."""

    patience_work: Annotated[float, Strict(), Field(ge=-1, le=1, allow_inf_nan=False)] = 0.0
    """Correlation of patience with the work on each turn; above 0 patient customers take longer."""


class Reason(Part):
    """Why customers get in touch: a share of a queue's contacts, and how these differ."""

    share: Share
    """Share of the queue's contacts; the shares of a queue add up to at most 1, the rest has no reason named."""
    contains: Share | None = None
    """Share that the bot resolves, of the contacts with this reason that talk to it; without it as the bot's
    `contains`."""
    work: Factor = 1.0
    """Factor on work and wrap-up."""
    value: Money | None = None
    """Contribution of a resolved contact, in money; without it as the queue's `value`."""


class Bot(Part):
    """A bot before the queue: talks to all but the share `asks_human` for `time`, and contains a share of these.

    Transfers, bounces and messages that the company sends go past it.
    """

    contains: Share = 0.0
    """Share of the contacts the bot talks to that it resolves without an agent."""
    time: DurationDistribution = Constant(0)
    """How long the bot talks to a contact."""
    asks_human: Share = 0.0
    """Share of contacts that ask for a human at once and skip the bot."""
    hours: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Hours in which the bot works."""
    concurrency: Annotated[int, Strict(), Field(ge=1, le=100_000), WHOLE] | None = None
    """Conversations that the bot has at once; further contacts wait for it. Without it there is no limit."""
    loses_context: Flag = False
    """Whether a customer handed over by the bot explains again, in one more turn."""
    bounces: Bounces = Bounces()
    """Contained contacts that come back, as a table."""
    residue: Factor = 1.0
    """Factor on people's work and wrap-up for what the bot could not resolve: the easy ones are gone."""
    cost: Amount = 0.0
    """Cost of a conversation with the bot, in money."""
    cost_per_minute: Amount = 0.0
    """Cost of a minute of a conversation with the bot, in money."""

    @property
    def matters(self) -> bool:
        """False if everything goes on as without it."""
        changes = self.contains > 0 or self.time.mean > 0 or self.loses_context or self.residue != 1
        return self.asks_human < 1 and (changes or self.cost + self.cost_per_minute > 0)


class AutoReply(Part):
    """What a message that is held outside the hours is answered with at once: customers who know wait differently.

    It holds for contacts that come while the queue is closed. The customer's random number is the same, so the more
    patient stay the more patient.
    """

    patience: PatienceDistribution
    """Patience of a customer who got the automatic reply, instead of the queue's; it runs while the queue is open."""


class Queue(Part):
    """One stream of contacts: `[queue.NAME]`."""

    channel: one_of_names(tuple(CHANNELS))  # type: ignore[valid-type]
    """Kind of queue, which brings the defaults of its channel. Required."""
    title: Text = ""
    """Name shown in tables and reports; empty: the queue's key."""
    open: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Opening hours: one for every day, or by weekday or date. A day not named is closed."""
    holidays: HolidayRule | None = None
    """What of the opening hours holds on a public holiday: "closed" for nothing, "as_usual", or hours to which they are
    cut; without it as [holidays] says. A date in `open` keeps its own hours."""
    outside_hours: Literal["reject", "hold", "bot"] = "reject"
    """What happens to a contact that comes outside the opening hours: "reject" turns it away, with "hold" it waits
    until the queue opens, "bot" gives it to the bot."""
    auto_reply: AutoReply | None = None
    """Automatic reply to messages held outside the hours, as a table."""
    at_close: Literal["serve", "drop"] = "serve"
    """What happens at closing time to contacts that still wait for their first answer: with "serve" they stay and
    whoever is on duty serves them, with "drop" they are rejected."""
    clock: Literal["calendar", "business"] = "calendar"
    """Clock of the targets' times: "calendar" runs at all hours, "business" only while the queue is open."""
    volume: Volume | None = None
    """How many new contacts come and when; without it only transfers, retries, demand or backlog come."""
    initial_backlog: Backlog = Backlog()
    """Contacts already waiting at the start, as a table."""
    priority: Rank = 1
    """Rank of the queue, 1 first, where `routing.contact` or `routing.attention` is "priority"; no other policy looks
    at it. Which queue a team serves first is the rank of its `skills`."""
    head_start: Duration = 0
    """Time added to the wait of this queue's contacts where waiting contacts are ordered, so that they come sooner."""
    carry_wait: Flag = False
    """Whether contacts that come by a transfer or a retry are taken in turn as if they had waited for as long as their
    customers have been in the system: with the time of the contacts before, from arrival to leaving."""
    alternatives: tuple[str, ...] = ()
    """Other queues of the channel that a new contact joins instead, at its arrival, where its expected wait is shorter:
    of equals this queue comes first, then they in this order."""
    expected_session: Duration | None = None
    """Mean time that a contact takes an agent, or one of their places, from which waits are expected for
    `alternatives`; without it, on one-to-one channels, the mean of ringing, work and wrap-up."""
    max_waiting: Limit = NEVER
    """Most contacts that may wait without an agent, those held until opening included; a new one beyond them is
    blocked. Transfers and later messages are never blocked."""
    answer_delay: DurationDistribution = Constant(0)
    """Of one-to-one queues: ringing time between assignment and the start of work, during which patience runs on. A
    distribution where agents are now quick and now slow to answer."""
    turns: CountDistribution = Constant(1)
    """Turns of a conversation, each a customer's message and its answer; a one-to-one queue has one."""
    work: WorkDistribution = Constant(0)
    """Time that the agent works on one turn, without what the customer takes to reply. `between`: how alike the turns
    of a contact are, as the share of the variance (of normal scores) that lies between contacts: 0, the default, where
    each turn is drawn by itself; 1 where all turns of a contact are equally long."""
    work_after_wait: tuple[AfterTime, ...] = ()
    """Factors above 0 on the work on a turn by how long its message has waited, as a list of tables; 1 before the
    first."""
    balking: Balking | None = None
    """Customers who leave at once when they are told the wait, as a table; not on persistent channels."""
    burst: Burst | None = None
    """Several messages in a turn, as a table; not on one-to-one channels."""
    closing_word: ClosingWord | None = None
    """A last message that needs no answer, as a table."""
    correlation: Correlation = Correlation()
    """What goes together in a customer, as a table."""
    work_by_concurrency: Annotated[tuple[Duration, ...], Field(max_length=1000)] = ()
    """Shared attention: mean work on a contact beside which the agent has no other, one other, …; as many sessions as
    the list is long fill an agent. Replaces turns, work and wrap-up; not on one-to-one channels."""
    work_cv: Annotated[float, Strict(), Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    """Of `work_by_concurrency`: coefficient of variation of the work, which is lognormal then; without it the work is
    exponential."""
    reply_latency: DurationDistribution = Constant(0)
    """Time from the agent's answer until the customer's next message."""
    wrap_up: ProfiledDistribution = Constant(0)
    """Work of the agent after the conversation, which holds the agent's capacity until it is done."""
    patience: ProfiledPatience = Never()
    """How long a customer waits until work on the first message, or the call, begins; who waits longer abandons."""
    reply_patience: PatienceDistribution = Never()
    """How long a customer waits until work on a later message begins; who waits longer is lost."""
    silent_abandonment: Share = 0.0
    """Of live chat: share of the customers who give up who leave no sign of it, so that an agent answers in vain.
    Elsewhere it has no effect: nobody on the phone, by video or in person gives up silently, and everybody who gives up
    on a persistent channel does, as the message stays."""
    missed_after: DurationOrNever = NEVER
    """Of persistent channels: age at which nobody looks at a first message any more; it ends as expired."""
    short_abandon: Duration = 0
    """Who gives up within this time is a short abandonment, which "short_counted_in" and "short_excluded" of
    `sl_formula` treat by itself."""
    idle_timeout: DurationOrNever = NEVER
    """Time without a customer's reply after which a chat ends as timed out or, on a persistent channel, a conversation
    is parked; either frees the agent's capacity. A reply exactly then is in time."""
    idle_timeout_factor: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=1000)] = (1.0,)
    """Of persistent channels: factor on `idle_timeout` with 1, 2, … sessions of the agent at the reply, so that
    conversations are parked sooner where room is scarce. The last one holds for more sessions, too."""
    returns: Share = 0.0
    """Of live chat: share of the customers with a chat timed out who come back, when their late reply would have come,
    with the turns that remained. On persistent channels they all go on, and this has no effect."""
    expires_after: DurationOrNever = NEVER
    """Of persistent channels: time from the customer's last message after which the conversation expires."""
    same_agent_for: DurationOrNever = 0
    """How long the next message of a conversation that was parked or handed over waits for its former agent, while
    that agent is on shift, before any agent may take it."""
    over_capacity: Flag = False
    """Whether the next message of a conversation that was parked or handed over goes to its former agent at once, even
    beyond the agent's concurrency and on a break."""
    reread: Reread = Reread()
    """Time that an agent needs to read again what was written, as a table."""
    transfer: tuple[Transfer, ...] = ()
    """Shares of contacts that go on in other queues, as a list of tables."""
    drop: Share = 0.0
    """Of live chat: share of the customers' next messages, at each turn, that do not come because the connection is
    lost. On other channels it has no effect."""
    reconnects: Share = 0.0
    """Share of the customers with a lost connection who come back after `reconnect_after`; the others are lost."""
    reconnect_after: DurationDistribution = Constant(0)
    """Time from when the message would have come until the customer comes back."""
    reopens: Reopens = Reopens()
    """Resolved contacts that come back, as a table."""
    retry: Retry = Retry()
    """Customers who left and try again, as a table."""
    limit: Annotated[int, Strict(), Field(ge=0, le=100), WHOLE] = 3
    """Most follow-ups of one first contact in this queue: retries, returns, lost connections that come back,
    reopenings, bounces and recontacts together. Transfers do not count; of these there are at most three in a chain."""
    bot: Bot | None = None
    """A bot that talks to contacts before the queue, as a table."""
    reasons: dict[str, Reason] = {}
    """Why customers get in touch: name of the reason to a table."""
    service_level: OptionalTarget = None
    """Target for the first answer: share of contacts, and time until work on them begins. Only a target in the file is
    judged; against the channel's, figures are shown."""
    sl_formula: Literal[
        "answered_or_abandoned", "answered_only", "all_offered", "late_abandons", "short_counted_in", "short_excluded"
    ] = "all_offered"
    """How customers who gave up count in the service level. "all_offered": as not served in time. "answered_only": not
    at all. "answered_or_abandoned": within the time of the target as served. "late_abandons": within that time not at
    all. "short_counted_in": within `short_abandon` as served. "short_excluded": within `short_abandon` not at all."""
    reply_target: OptionalTarget = None
    """Target for later answers: share of the later messages, and time until work on them begins."""
    max_abandonment: Share | None = None
    """Target: largest share of the contacts that entered the queue that may abandon, silently too."""
    resolution_target: OptionalTarget = None
    """Target for resolution: share of contacts, and time from arrival to the end of the last answer."""
    value: Money = 0.0
    """Contribution of a resolved contact, in money; of a customer who is never served it is the value lost."""
    value_after_wait: tuple[AfterTime, ...] = ()
    """Factors up to 1 on the value of a contact by how long its customer has waited for the first answer, as a list of
    tables; 1 before the first."""
    fee: Money = 0.0
    """Platform fee, in money, for each contact that enters the queue or that the company begins."""
    effort: Amount = 0.0
    """Customer effort of a contact, usually from 1 (low) to 3 (high); added up over a customer's contacts."""

    _profiles: dict[str, ByDay[Steps]] = PrivateAttr(default_factory=dict)
    _between: float = PrivateAttr(default=0.0)

    @model_validator(mode="wrap")
    @classmethod
    def _with_profiles(cls, raw: Any, handler: ModelWrapValidatorHandler[Queue]) -> Queue:
        if not isinstance(raw, Mapping):
            return handler(raw)
        plain, profiles = without_profiles(raw)
        plain, between = _without_between(plain)
        queue = handler(plain)
        queue._profiles, queue._between = profiles, between
        return queue

    @property
    def profiles(self) -> dict[str, ByDay[Steps]]:
        """Factors by day and time of day, of those of work, wrap_up and patience that have a profile."""
        return self._profiles

    @property
    def between(self) -> float:
        """Share of the variance of work that lies between contacts; at least what patience explains of it."""
        return max(self._between, self.correlation.patience_work**2)

    @property
    def turns_mean(self) -> float:
        """Mean number of turns, at least one."""
        return max(self.turns.mean, 1.0)

    @property
    def handle_time(self) -> float:
        """Mean work on a contact by its distributions, all turns, the closing word and the wrap-up, in seconds."""
        word = self.closing_word.share * self.closing_word.work.mean if self.closing_word else 0.0
        return self.turns_mean * self.turn_work.mean + word + self.wrap_up.mean

    @property
    def session_time(self) -> int:
        """Mean session, from which waits are expected, in microseconds; 0: not known."""
        if self.expected_session is not None:
            return self.expected_session
        return round((self.answer_delay.mean + self.handle_time) * SECOND) if self.kind.one_to_one else 0

    def moved(self, move: Move) -> Queue:
        """The queue as who is moved to it finds it."""
        changes = {key: mine for key in ("work", "turns") if (mine := getattr(move, key)) is not None}
        return self.model_copy(update=changes)

    @property
    def kind(self) -> Channel:
        """What its channel is like: one-to-one, persistent."""
        return CHANNELS[self.channel]

    @property
    def timed_targets(self) -> dict[str, Target]:
        """Its targets with a time, the channel's included, by key."""
        targets = {key: getattr(self, key) for key in ("service_level", "reply_target", "resolution_target")}
        return {key: target for key, target in targets.items() if target is not None}

    @property
    def shared(self) -> bool:
        """Whether an agent works on all its sessions at once."""
        return len(self.work_by_concurrency) > 0

    @property
    def turn_work(self) -> Distribution:
        """The work on a turn; with shared attention, that on the only turn of a session alone with its agent."""
        if not self.shared:
            return self.work
        alone = self.work_by_concurrency[0] / SECOND
        return Exponential(alone) if self.work_cv is None else LogNormal.from_mean_cv(alone, self.work_cv)

    @property
    def met_by_bot(self) -> Bot | None:
        """The bot that its contacts may meet, if that changes anything."""
        if self.bot is None:
            return None
        contains = self.bot.asks_human < 1 and any(reason.contains for reason in self.reasons.values())
        return self.bot if self.bot.matters or contains or self.outside_hours == "bot" else None

    @property
    def talk_to_bot(self) -> float:
        """The share of its contacts that talk to its bot, while that is on duty."""
        return 0.0 if self.met_by_bot is None else 1 - self.met_by_bot.asks_human


def _without_between(queue: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
    """A queue's table with a plain distribution of work, and the `between` that stood beside its parameters."""
    plain, work = dict(queue), queue.get("work")
    if not isinstance(work, Mapping) or "between" not in work:
        return plain, 0.0
    plain["work"] = {name: value for name, value in work.items() if name != "between"}
    share = work["between"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise FaultError(Fault(shown(share), "a share from 0 to 1", ("work", "between")))
    return plain, float(share)


class SelfService(Part):
    """Knowledge base, community, forms: deflects shares of queues.

    Several deflect one after the other, in file order, each a share of those whom the ones before did not deflect. Of
    the deflected the share `fails` comes after all, `returns_after` later, unless that is after the end.
    """

    deflects: dict[str, Share] = {}
    """Queue to the share of its contacts that is deflected."""
    fails: Share = 0.0
    """Share of the deflected who contact the queue after all."""
    returns_after: DurationDistribution = Constant(0)
    """Time from when these would have come until they do."""


class Outbound(Part):
    """Messages that the company sends through a persistent queue.

    On each day with a `window` (one stretch a day) `messages` fall due, one by one at `pace` an hour from its start, or
    all at its start; what is not begun by its end is not sent (expired). Writing takes the queue's work on a turn. Of
    the recipients the share `opt_out` wants no more of it and does not answer; of the others the share `reply_share`
    answers, `reply_after` after the message, and the conversation goes on with turns as any of the queue; who does not
    answer expires. Recipients never try again, nor are they recontacted.

    `recontact`: contacts of these queues that end abandoned, lost, blocked or rejected and do not try again themselves
    are written to, `recontact_after` later, at any hour; this takes one of the root's `limit`.
    """

    queue: Text
    """Persistent queue through which the messages are sent. Required."""
    messages: Count = 0
    """Messages that fall due on each day with a window."""
    window: Hours = ByDay(((WHOLE_DAY,),) * 7)
    """Hours in which messages are begun, at most one stretch a day; what is not begun by its end is not sent."""
    pace: Annotated[float, Strict(), Field(gt=0, le=1e9, allow_inf_nan=False)] | None = None
    """Messages that fall due in an hour; without it all fall due at the start of the window."""
    reply_share: Share = 0.0
    """Share of the recipients, without those who opt out, who answer."""
    reply_after: DurationDistribution = Constant(0)
    """Time from the company's message until the customer's answer."""
    opt_out: Share = 0.0
    """Share of the recipients who want no more messages and do not answer."""
    recontact: tuple[Text, ...] = ()
    """Queues whose customers are written to if they have abandoned, were blocked or rejected, or are lost, and do not
    try again themselves; each queue in one table only."""
    recontact_after: DurationDistribution = Constant(3600)
    """Time from losing a contact until it is written to, at any hour."""

    @field_validator("window")
    @classmethod
    def _one_stretch(cls, window: ByDay[tuple[Span, ...]]) -> ByDay[tuple[Span, ...]]:
        if any(len(spans) > 1 for spans in (*window.weekly, *window.dated.values())):
            raise FaultError(Fault("several windows on a day", "one stretch of hours a day"))
        return window


class Callback(Part):
    """Callers of a one-to-one queue whose estimated wait exceeds `offer_above` are offered a call back.

    Who `accepts` keeps the place without patience; the share `no_answer` does not pick up and costs `no_answer_time`.
    """

    queue: Text
    """One-to-one queue whose callers are offered a call back. Required."""
    offer_above: DurationOrNever = NEVER
    """Estimated wait above which a call back is offered; "never": not at all. The estimate is the place in the queue
    times the mean time between the last ten starts of work."""
    accepts: Share = 0.0
    """Share of the callers with an offer who accept it."""
    no_answer: Share = 0.0
    """Share of those called back who do not pick up; they count as abandoned."""
    no_answer_time: Duration = 0
    """Agent time that a call back without an answer takes."""
