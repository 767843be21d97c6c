"""What parts of one's own do, as far as measures depend on it: a part of the same name may be another one today."""

from __future__ import annotations

import json
from typing import Any

from ccsim.distributions.code import code_of
from ccsim.metrics.registry import METRICS
from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES
from ccsim.scenario.distributions import OWN
from ccsim.scenario.processes import PROCESSES


def own_parts(scenarios: Any) -> dict[str, Any]:
    """Digests, by kind and name, of all distributions, processes and policies that these tables name, and of metrics.

    `scenarios` is in terms of JSON. Metrics that a program registers are of every scenario.
    """
    named = json.dumps(scenarios, default=str)

    def used(parts: Any) -> list[str]:
        return [name for name in parts if json.dumps(name) in named]

    return {
        "distribution": {name: code_of(OWN[name]) for name in used(OWN)},
        "process": {name: code_of(PROCESSES[name]) for name in used(PROCESSES)},
        "agent policy": {name: [column.name for column in AGENT_POLICIES[name]] for name in used(AGENT_POLICIES)},
        "contact policy": {name: [column.name for column in CONTACT_POLICIES[name]] for name in used(CONTACT_POLICIES)},
        "metric": {name: code_of(metric.measure) for (_, name), metric in METRICS.items() if metric.is_own},
    }
