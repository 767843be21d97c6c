"""Logs with one row an event, such as the queue log of a telephone system: what each means makes contacts of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs import times
from ccsim.logs.lines import LEFT_OUT, LINE, WIDTH, Lines, first, joined, text_of
from ccsim.logs.mapping import Mapping

if TYPE_CHECKING:
    import pandas as pd

WHEN: Final = ("arrival", "answer", "end", "wrapped")


def as_contacts(sheet: pd.DataFrame, how: Mapping, lines: Lines) -> pd.DataFrame:
    """The contacts of a sheet of events: one row each, with `line` and the columns of contacts, times as they stand.

    A contact that arrives again has another row, with the same id. Events that mean nothing or belong to no contact
    that arrived are refused in `lines`.
    """
    import pandas as pd

    meant = {word.lower(): meaning for word, meaning in how.events.items()}
    table = pd.DataFrame({"line": sheet[LINE].to_numpy(np.int64)})
    for name, headings in how.columns.items():
        texts = [text_of(sheet[heading], how, name) for heading in headings if heading in sheet.columns]
        if texts:
            table[name] = joined(texts) if name in ("contact", "queue") else first(texts)
    event = table["event"]
    table["event"] = event.str.lower().map(meant)
    lines.refuse(sheet[WIDTH] == "", "an empty line")
    lines.refuse(event.isna(), "no event")
    lines.refuse(table["event"] == "ignore", LEFT_OUT + ": " + event.fillna(""))
    lines.refuse(table["event"].isna(), "unknown event: " + event.fillna(""))
    lines.refuse(table["contact"].isna(), "no contact")
    source = how.columns["time"][0]
    table["time"] = times.instants(source, table["time"], how, how.units.get("time"))
    lines.refuse(table["time"].isna(), f"no time in {source}")
    used = table[lines.usable].sort_values(["contact", "time", "line"], kind="stable")
    used["leg"] = (used["event"] == "arrival").groupby(used["contact"]).cumsum()
    early = used["leg"] == 0
    lines.refuse(table.index.isin(used.index[early]), "of a contact whose arrival the log does not have")
    used = used[~early]
    if used.empty:
        raise ScenarioError([Problem("events", "no event says that a contact arrived", 'events that mean "arrival"')])
    by = used.groupby(["contact", "leg"], sort=False)
    contacts = by["line"].first().reset_index()
    key = pd.MultiIndex.from_frame(contacts[["contact", "leg"]])

    def of(events: pd.Series[bool], column: str) -> pd.Series[Any]:
        got = used[events].groupby(["contact", "leg"], sort=False)[column].first()
        return pd.Series(got.reindex(key).to_numpy(), index=contacts.index)

    outcomes = ~used["event"].isin(WHEN)
    for name in WHEN:
        contacts[name] = of(used["event"] == name, "time")
    contacts["outcome"] = of(outcomes, "event")
    # what says how a contact ended says when
    contacts["end"] = contacts["end"].fillna(of(outcomes, "time"))
    contacts["outcome"] = contacts["outcome"].mask(contacts["outcome"].isna() & contacts["answer"].notna(), "answered")
    for name in ("queue", "customer", "channel"):
        contacts[name] = of(used["event"] == "arrival", name) if name in used else pd.NA
    contacts["agent"] = of(used["event"] == "answer", "agent") if "agent" in used else pd.NA
    contacts = contacts.drop(columns="leg")
    for name in ("contact", "queue", "customer", "channel", "agent", "outcome"):
        contacts[name] = contacts[name].astype("string")
    return pd.DataFrame(contacts.sort_values("line", ignore_index=True))
