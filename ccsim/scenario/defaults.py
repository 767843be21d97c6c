"""What a scenario leaves to its channels, so that it can be named beside the figures."""

from __future__ import annotations

from ccsim.scenario.channels import CHANNELS, Default, brought
from ccsim.scenario.faults import dotted
from ccsim.scenario.model import Scenario


def defaults_used(scenario: Scenario) -> list[tuple[str, Default]]:
    """Path and default of each, in file order."""
    used: list[tuple[str, Default]] = []
    for name in scenario.queue:
        left = brought(scenario.raw["queue"][name])
        used += [(dotted(("queue", name, key)), default) for key, default in left.items()]
    for name, team in scenario.team.items():
        if "concurrency" not in scenario.raw["team"][name]:
            used += [
                (dotted(("team", name, "concurrency", skill)), CHANNELS[scenario.queue[skill].channel].concurrency)
                for skill in team.skills
                if not scenario.queue[skill].shared
            ]
    return used


def assumed(scenario: Scenario) -> str:
    """What figures rest on that the file does not give and nobody has measured, in a sentence; empty if nothing."""
    paths = [path for path, default in defaults_used(scenario) if default.tag == "I"]
    if not paths:
        return ""
    keys = dict.fromkeys("concurrency" if path.startswith("team.") else path.rpartition(".")[2] for path in paths)
    number = "1 value is" if len(paths) == 1 else f"{len(paths)} values are"
    return f"{number} assumed, neither in the file nor measured ({', '.join(keys)}): ccsim check lists them."
