"""How a validator says what is wrong, before it is known in which file and under which key it stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from ccsim.scenario.toml_text import as_key


@dataclass(frozen=True)
class Fault:
    """One fault of a value: `at` are the keys below that value; `row` names a line of a data file instead."""

    value: str
    allowed: str
    at: tuple[str | int, ...] = ()
    row: str = ""


class FaultError(ValueError):
    """All the faults of one value (never empty); pydantic hands it on as the error's context."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.value}: {fault.allowed}" for fault in faults))


def shown(value: object) -> str:
    """A value as a planner wrote it, cut to a readable length."""
    try:
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, date | time):  # of which datetime is one
            text = value.isoformat()
        elif isinstance(value, list):
            text = f"[{', '.join(map(shown, value))}]"
        elif isinstance(value, dict):
            text = f"{{{', '.join(f'{key!r}: {shown(each)}' for key, each in value.items())}}}"
        else:
            text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        text = "a whole number of thousands of digits"
    except RecursionError:
        text = f"a {type(value).__name__} that holds itself, or others too deep"
    return text if len(text) <= 60 else text[:57] + "..."


def dotted(place: Iterable[str | int]) -> str:
    """Keys as one path, quoted where TOML would quote them: what `--set` takes."""
    return ".".join(map(as_key, map(str, place)))


def one_of(names: Iterable[object]) -> str:
    """`one of a, b, c`, or that there is none."""
    listed = [str(name) for name in names]
    return f"one of {', '.join(listed)}" if listed else "there is none"


def did_you_mean(name: str, names: Iterable[str], where: str = "") -> str:
    """The nearest of `names` as a question; else all of them, or where these are too many some and `where` all are."""
    listed = list(names)
    near = difflib.get_close_matches(name, listed, n=1, cutoff=0.6)
    if near or not where:
        return f'did you mean "{near[0]}"?' if near else one_of(listed)
    nearest = difflib.get_close_matches(name, listed, n=3, cutoff=0.0)
    return f"one of {len(listed)}, such as {', '.join(nearest)}; {where}"
