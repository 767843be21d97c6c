"""Closed forms and small Markov chains: what a simulation must agree with where theory exists.

Times are seconds, rates are per second, shares are in 0..1; a load is offered work in erlangs (rate × work).
Every function raises `ValueError` for arguments that are negative, not finite, or outside what its docstring
allows. A queue that cannot keep up is not an error: its waits are `inf`. SciPy is imported inside the functions,
so that importing this package stays cheap.
"""

from ccsim.theory.abandonment import RedialFigures, SilentFigures, redials, silent_abandonment
from ccsim.theory.chats import ChatFigures, SharedFigures, SlotFigures, chat_group, shared_attention, slot_group
from ccsim.theory.conversations import (
    ClosedFigures,
    ClosureFigures,
    InboxFigures,
    erlang_r,
    idle_closure,
    machine_repair,
    visit_rates,
)
from ccsim.theory.queues import (
    Patience,
    PriorityFigures,
    QueueFigures,
    agents_needed,
    cobham,
    constant_patience,
    erlang_a,
    erlang_a_general,
    erlang_b,
    erlang_c,
    exponential_patience,
    kaufman_roberts,
    lognormal_patience,
    mdc_wait,
    mg1_wait,
    preemptive_resume,
)

__all__ = [
    "ChatFigures",
    "ClosedFigures",
    "ClosureFigures",
    "InboxFigures",
    "Patience",
    "PriorityFigures",
    "QueueFigures",
    "RedialFigures",
    "SharedFigures",
    "SilentFigures",
    "SlotFigures",
    "agents_needed",
    "chat_group",
    "cobham",
    "constant_patience",
    "erlang_a",
    "erlang_a_general",
    "erlang_b",
    "erlang_c",
    "erlang_r",
    "exponential_patience",
    "idle_closure",
    "kaufman_roberts",
    "lognormal_patience",
    "machine_repair",
    "mdc_wait",
    "mg1_wait",
    "preemptive_resume",
    "redials",
    "shared_attention",
    "silent_abandonment",
    "slot_group",
    "visit_rates",
]
