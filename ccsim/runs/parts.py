"""What parts of one's own do, as far as measures depend on it: a part of the same name may be another one today."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, TypeVar

from ccsim.distributions.arrivals import Arriving
from ccsim.distributions.code import code_of
from ccsim.distributions.durations import Quantiles
from ccsim.metrics.registry import METRICS
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES
from ccsim.scenario.distributions import OWN
from ccsim.scenario.processes import PROCESSES

Part = TypeVar("Part")


def own_parts(scenarios: Any) -> dict[str, Any]:
    """Digests, by kind and name, of all distributions, processes and policies that these tables name, and of metrics.

    `scenarios` is in terms of JSON. Metrics that a program registers are of every scenario.
    """
    distributions, processes = classes_named(scenarios)
    return {
        "distribution": {name: code_of(brings) for name, brings in distributions.items()},
        "process": {name: code_of(brings) for name, brings in processes.items()},
        "agent policy": _columns(AGENT_POLICIES, scenarios),
        "contact policy": _columns(CONTACT_POLICIES, scenarios),
        "metric": {name: code_of(metric.measure) for (_, name), metric in METRICS.items() if metric.is_own},
    }


def classes_named(scenarios: Any) -> tuple[dict[str, Callable[..., Quantiles]], dict[str, Callable[..., Arriving]]]:
    """Distributions and arrival processes of one's own that these tables name."""
    return _named(OWN, scenarios), _named(PROCESSES, scenarios)


def _named(parts: Mapping[str, Part], scenarios: Any) -> dict[str, Part]:
    text = json.dumps(scenarios, default=str)
    return {name: part for name, part in parts.items() if json.dumps(name) in text}


def _columns(policies: Mapping[str, tuple[IntEnum, ...]], scenarios: Any) -> dict[str, list[str]]:
    return {name: [column.name for column in order] for name, order in _named(policies, scenarios).items()}
