"""Contact centres, simulated conversation by conversation.

`load` a scenario, then `run`, `compare` or `sweep` it; `open_results` reads what was saved. See `ccsim.api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccsim.api import (
        Centre,
        Comparison,
        Results,
        Sweep,
        agent_policy,
        arrival_process,
        channels,
        contact_policy,
        distribution,
        load,
        metrics,
        open_results,
    )
    from ccsim.errors import ScenarioError

__version__ = "0.1.0"

__all__ = [
    "Centre",
    "Comparison",
    "Results",
    "ScenarioError",
    "Sweep",
    "agent_policy",
    "arrival_process",
    "channels",
    "contact_policy",
    "distribution",
    "load",
    "metric",
    "metrics",
    "open_results",
]


def __getattr__(name: str) -> Any:
    # the first use imports what it takes, so that `import ccsim` and `ccsim --help` need not
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("ccsim.errors" if name == "ScenarioError" else "ccsim.api"), name)


def __dir__() -> list[str]:
    return __all__
