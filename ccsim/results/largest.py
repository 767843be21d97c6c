"""Which queues and teams are shown where there are more than can be read, in a chart or on a screen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from ccsim.results.model import Results

MOST: Final = 24
"""Panels of a page, or rows of a screen, that can be read."""


class Largest(NamedTuple):
    """The places of what is shown, in their order, and what to say of the others; nothing if there are none."""

    places: list[int]
    left_out: str


def largest(weights: Sequence[float], what: str, most: int = MOST) -> Largest:
    """At most so many with the greatest weights; `what` these are: "queues with most contacts"."""
    if len(weights) <= most:
        return Largest(list(range(len(weights))), "")
    chosen = np.argsort(-np.asarray(weights), kind="stable")[:most]
    return Largest(sorted(chosen.tolist()), f"Shown: of {len(weights)} the {most} {what}")


def queues(results: Results, among: Iterable[int] | None = None, most: int = MOST) -> Largest:
    """Those queues, or all, that get most contacts."""
    every = list(range(len(results.spec.queues)) if among is None else among)
    shown = largest([_contacts(results, q) for q in every], "queues with most contacts", most)
    return shown._replace(places=[every[place] for place in shown.places])


def late_queues(results: Results, among: Sequence[int]) -> Largest:
    """Those queues that are farthest below the target of their service level, counted in contacts; where none has one,
    those that get most contacts."""

    def late(queue: int) -> float:
        level = results.estimate("queue", results.spec.queues[queue], "service_level")
        short = results.spec.sl_share[queue] - level.mean if level else np.nan
        return -np.inf if np.isnan(short) else float(_contacts(results, queue) * short)

    shortfalls = [late(q) for q in among]
    if all(map(math.isinf, shortfalls)):
        return queues(results, among)
    shown = largest(shortfalls, "queues farthest below their target, in contacts")
    return shown._replace(places=[among[place] for place in shown.places])


def teams(results: Results) -> Largest:
    """Those that are there for most hours."""
    hours = (results.estimate("team", name, "staffed_hours") for name in results.spec.teams)
    return largest([each.mean if each else 0.0 for each in hours], "teams with most hours on duty")


def _contacts(results: Results, queue: int) -> float:
    estimate = results.estimate("queue", results.spec.queues[queue], "offered")
    return estimate.mean if estimate else 0.0
