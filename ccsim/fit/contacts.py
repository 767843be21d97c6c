"""All contacts of the logs, whatever their kind; and which of them follow others of the same customer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from ccsim.fit import distributions
from ccsim.fit.distributions import Fitted, Sample
from ccsim.fit.quantities import Estimates
from ccsim.logs.records import COLUMNS, Logs
from ccsim.stats.estimate import Estimate
from ccsim.stats.intervals import Z
from ccsim.stats.survival import confidence, kaplan_meier
from ccsim.tables import F64, Bool

if TYPE_CHECKING:
    import pandas as pd

GAVE_UP: Final = ("abandoned", "silently_abandoned")
LEFT: Final = (*GAVE_UP, "blocked", "rejected", "lost")
"""Outcomes after which a customer may try again."""
NEVER_CAME: Final = ("deflected", "contained")
"""Contacts that no agent was to see."""
AGAIN: Final = np.timedelta64(24, "h")
"""Who left and comes again within this time tries again."""
KNOWN: Final = 0.9
"""Share of contacts whose customer must be known for those who come again to be recognised."""


def all_contacts(logs: Logs) -> pd.DataFrame:
    """The contacts, and as contacts the conversations of queues that only messages tell of; none of intervals alone."""
    import pandas as pd

    messages = _only_messages(logs)
    if messages is None or not len(messages):
        if logs.contacts is not None:
            return logs.contacts
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS["contacts"]})
    ordered = messages.sort_values(["conversation", "sent"], kind="stable")
    by = ordered.groupby("conversation")
    agents = ordered[ordered["sender"] == "agent"].groupby("conversation")
    contacts = pd.DataFrame(
        {
            "queue": by["queue"].first(),
            "channel": by["channel"].first(),
            "arrival": ordered[ordered["sender"] == "customer"].groupby("conversation")["sent"].first(),
            "answer": agents["sent"].first(),
            "end": by["sent"].last(),
            "agent": agents["agent"].first(),
        }
    )
    contacts = contacts[contacts["arrival"].notna()].reset_index(names="contact")
    contacts["answer"] = contacts["answer"].where(contacts["answer"] >= contacts["arrival"])
    contacts["customer"], contacts["wrapped"], contacts["until"], contacts["follows"] = pd.NA, pd.NaT, pd.NaT, pd.NA
    contacts["outcome"] = np.where(contacts["answer"].notna(), "answered", "open")
    return contacts if logs.contacts is None else pd.concat([logs.contacts, contacts], ignore_index=True)


def _only_messages(logs: Logs) -> pd.DataFrame | None:
    """The messages of queues of which there are no contacts."""
    if logs.contacts is None or logs.messages is None:
        return logs.messages
    return logs.messages[~logs.messages["queue"].isin(logs.contacts["queue"])]


def first_contacts(contacts: pd.DataFrame, logs: Logs) -> tuple[Bool, pd.DataFrame]:
    """Which contacts are not follow-ups, and the follow-ups with what they follow.

    A contact follows the one of which it is a later leg, and where customers are known the one before of the same
    customer: a leg of a transfer at once, a retry or return within AGAIN of who left or timed out, and, where a
    customer's contacts are all about one matter, any. A leg in the same queue, to which no scenario transfers, is a
    contact of its own.
    """
    import pandas as pd

    follow = _legs(contacts)
    if customers_known(contacts):
        others = _of_customers(contacts, logs)
        follow = pd.concat([follow, others[~others.index.isin(follow.index)]]) if len(follow) else others
    follow = follow[(follow["link"] != "transfer") | (follow["source"] != follow["queue"])]
    first = np.ones(len(contacts), np.bool_)
    first[contacts.index.get_indexer(follow.index)] = False
    return first, follow


def customers_known(contacts: pd.DataFrame) -> bool:
    """Whether it is known of nearly every contact who came, so that those who come again are seen."""
    return bool(len(contacts) and contacts["customer"].notna().mean() >= KNOWN)


def _legs(contacts: pd.DataFrame) -> pd.DataFrame:
    """Later legs of contacts that the log has as such."""
    later = contacts[contacts["follows"].notna()]
    if not len(later):
        return later.assign(link="transfer", lag=0.0, source="", parent="")
    parents = contacts.drop_duplicates("contact").set_index("contact").reindex(later["follows"])
    lag = (later["arrival"] - parents["end"].set_axis(later.index)).dt.total_seconds().clip(lower=0)
    source = parents["queue"].set_axis(later.index)
    return later.assign(link="transfer", lag=lag, source=source, parent=later["follows"])


def _of_customers(contacts: pd.DataFrame, logs: Logs) -> pd.DataFrame:
    ordered = contacts.sort_values(["customer", "arrival", "end"], kind="stable")
    before = ordered.shift()
    lag = ordered["arrival"] - before["end"]
    same = (ordered["customer"] == before["customer"]).fillna(False)
    soon = lag <= AGAIN
    kinds = {
        "": ~same,
        "transfer": before["outcome"].isin(["transferred"]),
        "retry": before["outcome"].isin(LEFT) & (soon | logs.chains),
        "return": before["outcome"].isin(["timed_out"]) & (soon | logs.chains),
        "reopening": before["outcome"].isin(["answered", "resolved"]) & logs.chains,
    }
    link = np.select([mask.to_numpy(np.bool_) for mask in kinds.values()], list(kinds), "")
    linked = ordered.assign(
        link=link, lag=lag.dt.total_seconds().clip(lower=0), source=before["queue"], parent=before["contact"]
    )
    linked_rows: pd.DataFrame = linked.loc[link != ""]
    return linked_rows


def follow_ups(estimates: Estimates, name: str, mine: pd.DataFrame, follow: pd.DataFrame, known: bool) -> None:
    """Who tries again, comes back or is transferred: shares, delays, and where to; `known`: customers are."""
    from_here = follow[follow["source"] == name]
    left = int(mine["outcome"].isin(LEFT).sum())
    again = from_here[from_here["link"] == "retry"]
    if left and len(again):
        estimates.figures["retry.share"] = share(len(again), left)
        for other, count in again["queue"].value_counts().items():
            estimates.figures[f"retry.to.{other}"] = share(int(count), len(again))
        lags = Sample(again["lag"].to_numpy(np.float64), np.ones(len(again), np.bool_))
        estimates.distribution("retry.after", lags, distributions.PATIENCE)
    timed_out = int((mine["outcome"] == "timed_out").sum())
    if timed_out and known:
        estimates.figures["returns"] = share(int((from_here["link"] == "return").sum()), timed_out)
    done = int(mine["outcome"].isin(["answered", "resolved"]).sum())
    reopened = from_here[from_here["link"] == "reopening"]
    if done and len(reopened):
        served = mine[mine["outcome"].isin(["answered", "resolved"]) & ~mine["contact"].isin(reopened["parent"])]
        last = served["until"].fillna(mine["arrival"].max())
        silent = np.maximum((last - served["end"]).dt.total_seconds().to_numpy(np.float64), 0)
        estimates.figures["reopens.share"], lags, fitted = came_back(reopened["lag"].to_numpy(np.float64), silent)
        estimates.distribution("reopens.after", lags, fitted=fitted)
    legs = from_here[from_here["link"] == "transfer"]
    replied = int(mine["outcome"].isin(["answered", "resolved", "transferred", "timed_out"]).sum())
    for other, count in legs["queue"].value_counts().items():
        estimates.figures[f"transfer.{other}"] = share(int(count), replied)


def came_back(lags: F64, silent: F64) -> tuple[Estimate, Sample, list[Fitted]]:
    """The share that comes back at all, and the times they take, though the log ends before some have come.

    `lags` are the seconds after which customers came back, `silent` for how long the others could have. The share is
    that of the likeliest distribution; where no family can be fitted, what Kaplan and Meier's curve loses. The sample
    is of as many lags, of which each stands for as many as were not seen because the log ended (inverse probability of
    censoring).
    """
    sample = Sample(np.concatenate([lags, silent]), np.repeat([True, False], [len(lags), len(silent)]))
    candidates = distributions.fit_all(distributions.PATIENCE, sample, partly=True)
    if candidates:
        share_back = candidates[0].parameters["share"]
    else:
        lasts = kaplan_meier(*sample)[1][-1]
        low, high = (float(ends[-1]) for ends in confidence(*sample))
        share_back = Estimate(1 - float(lasts), 1 - high, 1 - low)
    ordered = np.sort(lags)
    at, seen = kaplan_meier(sample.times, ~sample.ended)  # the log, too, ends for each customer at some time
    weight = np.cumsum(1 / np.maximum(np.concatenate(([1.0], seen))[np.searchsorted(at, ordered)], 1e-9))
    even = (np.arange(len(lags)) + 0.5) / len(lags) * weight[-1]
    return share_back, Sample(ordered[np.searchsorted(weight, even)], np.ones(len(lags), np.bool_)), candidates


def share(number: int, total: int) -> Estimate:
    """A share with Wilson's 95 % interval."""
    p, z2 = number / total, Z * Z
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return Estimate(p, max(middle - half, 0.0), min(middle + half, 1.0))
