"""The library as a program or a notebook uses it: load a centre, run it, compare it, vary it, look at what came out.

Frames are pandas', tables Arrow's, pictures matplotlib's. What is wrong with a scenario, a name or a number is in
a `ScenarioError`, all at once, as on the command line.
"""

import ccsim
from ccsim.api.catalogue import channels, metrics
from ccsim.api.centre import Centre, load
from ccsim.api.comparison import Comparison
from ccsim.api.parts import agent_policy, arrival_process, contact_policy, distribution, metric
from ccsim.api.results import Results, open_results
from ccsim.api.sweep import Sweep

ccsim.metrics = metrics  # not the part of that name, which an import puts there

__all__ = [
    "Centre",
    "Comparison",
    "Results",
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
