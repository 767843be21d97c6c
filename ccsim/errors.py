"""What a user can do wrong: all problems at once, each with its place."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_KIND_OF_VALUE: Final = re.compile(
    r"(an?|one|one of|at least|at most|exactly|more than|less than|text|some|each|another|two or more|\d+) "
    r"|\d+$|(true or false|days|times|lists|shifts|a queue) "
)
"""How what may stand somewhere begins, where it says what is expected and not what to do."""


def printable(text: str) -> str:
    """A text with escapes in place of what a terminal might act on, such as control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Problem:
    """One fault of a scenario.

    `file` is the path as the user gave it, `path` the dotted place in it (`queue.chat.work.mean`, `volumes.csv:17`),
    `value` what stands there, or what is wrong with it, `allowed` what may stand there.
    """

    path: str
    value: str
    allowed: str
    file: str = ""

    def __str__(self) -> str:
        expected = "expected " if _KIND_OF_VALUE.match(self.allowed) else ""
        text = f"{self.value}; {expected}{self.allowed}" if self.allowed else self.value
        return printable(": ".join(map(_cut, filter(None, (self.file, self.path, text)))))


def _cut(text: str) -> str:
    """What is too long for a screen without its middle."""
    return text if len(text) <= 1000 else f"{text[:800]} … {text[-100:]}"


class ScenarioError(Exception):
    """All the problems of a scenario (never empty)."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        # an exception is otherwise made again from its text
        return type(self), (list(self.problems),)


def call_own(part: str, called: str, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """What code of a user's own returns, such as `quantile` of a distribution that a program brings.

    Raises ScenarioError, from what the code raises, with the part's name, what was called and the line of its file.
    """
    try:
        return function(*given, **named)
    except (ScenarioError, MemoryError):
        raise
    except Exception as error:  # whatever it may raise
        frames = traceback.extract_tb(error.__traceback__)[1:]
        lines = [f" ({frame.filename}:{frame.lineno})" for frame in frames if frame.filename == frames[0].filename]
        raised = f"{called} raised {type(error).__name__}: {error}{''.join(lines[-1:])}"
        raise ScenarioError([Problem(part, raised, "")]) from error


def interrupted(error: BaseException | None) -> bool:
    """Whether this is an interruption, or what a library or a compiler made of one."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or interrupted(error.__context__))
