"""The scenario that `ccsim new` writes: small, commented, runnable as it is."""

from __future__ import annotations

from typing import Final

from ccsim.routing import AGENT_POLICIES, CONTACT_POLICIES, MESSAGE_POLICIES
from ccsim.scenario.channels import CHANNELS
from ccsim.scenario.toml_text import quoted


def template(name: str) -> str:
    """A scenario file in TOML with this name."""
    choices = {
        "CHANNELS": list(CHANNELS),
        "OF_AGENTS": [*AGENT_POLICIES][1:],
        "OF_CONTACTS": [*CONTACT_POLICIES][1:],
        "OF_MESSAGES": [*MESSAGE_POLICIES][1:],
    }
    text = _TEMPLATE
    for word, names in choices.items():
        text = text.replace(word, ", ".join(names))
    return text.replace("NAME", quoted(name))


_TEMPLATE: Final = """\
# Run it:    ccsim run THIS_FILE
# Check it:  ccsim check THIS_FILE     (also lists the defaults that the channels bring)
# Durations: "45s", "4m30s", "2h", "3d" or seconds. Shares: 0 to 1. Days: mon to sun, "mon-fri", or dates.

name         = NAME
start        = 2026-03-02          # a Monday; local midnight of this day is time 0
days         = 5
# timezone   = "Europe/Rome"       # with it, days across a clock change have 23 or 25 hours
interval     = "30min"             # of the reports
warm_up      = "0s"                # arrivals before this are simulated, not counted
seed         = 1
replications = 20

# --- what customers want -------------------------------------------------------------------------------------------

[queue.phone]
channel       = "phone"            # CHANNELS
open          = { mon-fri = "08:00-20:00" }                  # "2026-12-25" = "closed" goes before a weekday
volume        = { per_day = 300, shape = "office" }          # or { file = "volumes.csv", column = "phone" }
work          = { mean = "4m30s", cv = 0.9 }                 # lognormal; { dist = "exponential", mean = … } and others
wrap_up       = "40s"
patience      = { dist = "exponential", mean = "90s" }
service_level = "80/20"                                      # 80 % within 20 seconds
retry         = { share = 0.3, after = { mean = "10m" } }    # of those who give up

[queue.chat]
channel        = "live_chat"
open           = { mon-fri = "08:00-20:00" }
volume         = { per_day = 120, shape = "office" }
turns          = { mean = 6 }                                # customer message and agent reply
work           = { mean = "30s", cv = 0.8 }                  # a turn
reply_latency  = { mean = "30s", cv = 1.2 }                  # the customer's time to answer
patience       = { mean = "3m" }
idle_timeout   = "5m"                                        # a customer silent for longer is closed
service_level  = "80% in 60s"
transfer       = [{ to = "phone", share = 0.05 }]

[queue.email]
channel           = "email"                                  # all else is this channel's defaults
open              = { mon-fri = "08:00-18:00" }              # messages are held outside
volume            = { per_day = 60, weekday = { sat = 0.5, sun = 0.5 } }
clock             = "business"                               # nights and weekends do not count against targets
resolution_target = "80% in 24h"

# --- who answers ---------------------------------------------------------------------------------------------------

[team.frontline]
skills        = { phone = 1, chat = 2 }                      # rank: 1 is served first
concurrency   = { chat = 3 }                                 # sessions at once; 1 where not named
slowdown      = [1.0, 1.0, 1.05]                             # factor on work with 1, 2, 3 or more sessions
shifts        = [
  { agents = 5, days = "mon-fri", hours = "08:00-16:30", breaks = ["12:00-12:30"] },
  { agents = 5, days = "mon-fri", hours = "11:30-20:00", breaks = ["15:30-16:00"] },
]
absence       = 0.05
cost_per_hour = 21.0

[team.backoffice]
skills        = { email = 1 }
shifts        = [{ agents = 2, days = "mon-fri", hours = "09:00-17:30", breaks = ["13:00-13:30"] }]
cost_per_hour = 22.0

[routing]
agent     = "least_loaded"         # OF_AGENTS
contact   = "longest_wait"         # OF_CONTACTS
attention = "oldest"               # OF_MESSAGES

# --- what shifts there could be: ccsim staff THIS_FILE -----------------------------------------------------------

[staffing]
patterns = [
  { team = "frontline", days = "mon-fri", hours = "08:00-16:30", breaks = ["12:00-12:30"] },
  { team = "frontline", days = "mon-fri", hours = "11:30-20:00", breaks = ["15:30-16:00"] },
  { team = "frontline", days = "mon-fri", hours = "09:00-13:00", max = 4 },
  { team = "backoffice", days = "mon-fri", hours = "09:00-17:30", breaks = ["13:00-13:30"], min = 1 },
]

# --- what if: ccsim run THIS_FILE --variant more_chat --------------------------------------------------------------

[variant.more_chat]
title = "A fifth of the calls move to chat"
set   = { "queue.phone.volume.scale" = 0.8, "queue.chat.volume.per_day" = 180 }
"""
