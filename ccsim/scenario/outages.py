"""`[[outage]]`: a bot, a queue's channel or a team's system that does not work for a while."""

from __future__ import annotations

from ccsim.scenario.parts import Duration, LocalDateTime, Part, Text


class Outage(Part):
    """A stretch in which a bot, a channel or a team's system does not work."""

    what: Text
    """What is down: "queue.NAME.bot", whose customers come to people; "queue.NAME", whose customers come when it is
    over, all at once; or "team.NAME", whose agents can do nothing but finish what they have in hand. Required."""
    at: LocalDateTime
    """When it begins. Required."""
    duration: Duration
    """How long it lasts; it ends before the last day of the run does. Required."""

    @property
    def names(self) -> tuple[str, ...]:
        """`what` by its parts; a name may have dots."""
        kind, _, name = self.what.partition(".")
        if kind == "queue" and name.endswith(".bot"):
            return kind, name.removesuffix(".bot"), "bot"
        return kind, name
