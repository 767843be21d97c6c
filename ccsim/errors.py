"""What a user can do wrong, said all at once and with its place."""

from __future__ import annotations

from dataclasses import dataclass


def printable(text: str) -> str:
    """A text with escapes in place of what a terminal might act on, such as control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Problem:
    """One fault of a scenario.

    `file` is the path as the user gave it, `path` the dotted place in it (`queue.chat.work.mean`, `volumes.csv:17`),
    `found` what stands there, `allowed` what may stand there.
    """

    path: str
    found: str
    allowed: str
    file: str = ""

    def __str__(self) -> str:
        text = f"{self.found}; {self.allowed}" if self.allowed else self.found
        return printable(": ".join(part for part in (self.file, self.path, text) if part))


class ScenarioError(Exception):
    """All the problems of a scenario (never empty)."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        # an exception is otherwise made again from its text
        return type(self), (list(self.problems),)
