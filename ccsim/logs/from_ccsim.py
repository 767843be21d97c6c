"""The logs of `ccsim run`, read back as they are: a results folder, or its contacts.parquet or turns.parquet alone.

Replications of the same days become weeks that follow one another.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from ccsim.errors import Problem, ScenarioError
from ccsim.logs.records import COLUMNS, Logs, Reading
from ccsim.scenario.channels import CHANNELS
from ccsim.tables import SECOND

if TYPE_CHECKING:
    import pandas as pd

NAME: Final = "ccsim"
"""What `--mapping` calls these logs."""

FIRST_DAY: Final = date(2026, 1, 5)
"""Of a log beside which no scenario.toml says when it began; a scenario's own default."""

DAY: Final = 86400 * SECOND
BREAK: Final = 2 * 3600 * SECOND
"""Two stretches of an agent's presence that lie no further apart are one shift with a break."""


def is_own(path: Path) -> bool:
    """Whether that is a results folder, or a log of one by its name."""
    return path.is_dir() or path.name in ("contacts.parquet", "turns.parquet")


def read_own(path: Path, zone: str | None = None) -> Logs:
    """All logs of a results folder, or the one of that file with the times that the folder's scenario.toml gives.

    With a `zone`, that of a scenario that names none, they are in UTC. Raises ScenarioError if there is none, or if it
    is not a log of ccsim.
    """
    folder = path if path.is_dir() else path.parent
    names = [path.stem] if not path.is_dir() else ["contacts", "turns", "agents"]
    tables = {name: _table(folder / f"{name}.parquet") for name in names if (folder / f"{name}.parquet").is_file()}
    if not tables or (path.is_dir() and "contacts" not in tables):
        raise ScenarioError([Problem("", "no contacts.parquet", "a results folder of ccsim run", str(path))])
    clock = _Clock(folder / "scenario.toml", tables, zone)
    read: dict[str, Any] = {}
    readings = []
    for name, kind, convert in (("contacts", "contacts", _contacts), ("turns", "messages", _messages)):
        if name in tables:
            reading = convert(tables[name], tables.get("contacts"), clock)
            readings.append((str(folder / f"{name}.parquet"), reading))
            read[kind] = reading.rows
    if "agents" in tables:
        read["rosters"], read["sessions"] = _agents(tables["agents"], tables["contacts"], clock)
    if not any(len(rows) for rows in read.values()):
        raise ScenarioError([Problem("", "no line can be used", "logs of a run in which somebody came", str(path))])
    return Logs(**read, chains=True, days=clock.days, timezone=clock.shown, readings=tuple(readings))


def _table(path: Path) -> pd.DataFrame:
    import pandas as pd

    from ccsim.results.logs import MEANING

    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as bad:  # pyarrow's errors are ValueErrors
        raise ScenarioError([Problem("", f"cannot read: {bad}", "a log of ccsim run", str(path))]) from None
    missing = [name for name in MEANING[path.stem] if name not in table]
    if missing:
        raise ScenarioError([Problem("", f"no column {', '.join(missing)}", "a log of ccsim run", str(path))])
    for name in table.select_dtypes("category"):
        table[name] = table[name].astype("string")
    return table


class _Clock:
    """Local times of a run's microseconds, each replication some weeks after the one before."""

    def __init__(self, scenario: Path, tables: dict[str, pd.DataFrame], zone: str | None) -> None:
        document: dict[str, Any] = {}
        if scenario.is_file():
            try:
                document = tomllib.loads(scenario.read_text("utf-8"))
            except (OSError, ValueError) as bad:
                raise ScenarioError([Problem("", f"cannot read: {bad}", "a scenario", str(scenario))]) from None
        first = document.get("start", FIRST_DAY)
        self.start = date.fromisoformat(first) if isinstance(first, str) else first
        self.timezone: str | None = document.get("timezone", zone)
        self.shown = self.timezone if zone is None else "UTC"
        most = max((int(t.filter(regex="_us$").max().max()) for t in tables.values() if len(t)), default=0)
        length = document.get("days") or -(-most // DAY)
        weeks = -(-length // 7)
        self.apart = weeks * 7 * DAY
        replications = max((int(t["replication"].max()) for t in tables.values() if len(t)), default=1)
        self.length = length * DAY
        """of a replication's arrivals"""
        self.days = tuple(
            self.start + timedelta(days=number + 7 * weeks * replication)
            for replication in range(replications)
            for number in range(length)
        )

    def local(self, micros: pd.Series[Any], replication: pd.Series[Any]) -> pd.Series[Any]:
        """NaT where there is no time."""
        import pandas as pd

        since = pd.to_timedelta(micros.astype("Int64"), unit="us")
        # weeks on the clock, so that every replication has the hours of the first, whatever the clock does meanwhile
        later = pd.to_timedelta((replication.astype("int64") - 1) * self.apart, unit="us")
        if self.timezone is None or self.shown is None:
            return (pd.Timestamp(self.start) + since + later).astype("datetime64[us]")
        zero = pd.Timestamp(self.start).tz_localize(ZoneInfo(self.timezone)).tz_convert("UTC")
        shown = (zero + since).dt.tz_convert(ZoneInfo(self.shown)).dt.tz_localize(None)
        return (shown + later).astype("datetime64[us]")


def _ids(table: pd.DataFrame, column: str) -> pd.Series[str]:
    """Ids of contacts that differ between replications."""
    return table["replication"].astype("string") + "_" + table[column].astype("Int64").astype("string")


def _agent_names(table: pd.DataFrame, column: str = "agent") -> pd.Series[str]:
    """Different in each replication too, for one goes on while the next has begun."""
    names = "agent" + table[column].astype("Int64").astype("string")
    return names.where(table["replication"] == 1, names + "_" + table["replication"].astype("string"))


def _reading(kind: str, rows: pd.DataFrame, table: pd.DataFrame, left_out: dict[str, Any]) -> Reading:
    """With the reasons for which rows of the table (masks by reason) are left out."""
    import pandas as pd

    reasons = np.full(len(table), "", dtype=object)
    for reason, mask in left_out.items():
        reasons[np.asarray(mask, np.bool_) & (reasons == "")] = reason
    refused = pd.DataFrame(table[reasons != ""].drop(columns="line", errors="ignore").reset_index(drop=True))
    refused.insert(0, "reason", reasons[reasons != ""])
    refused.insert(0, "line", rows["line"].to_numpy()[reasons != ""])
    kept = rows[reasons == ""].loc[:, ["line", *COLUMNS[kind]]].reset_index(drop=True)
    return Reading(kind, pd.DataFrame(kept), refused, {})


def _contacts(table: pd.DataFrame, _: Any, clock: _Clock) -> Reading:
    import pandas as pd

    entered = table["entered_us"].fillna(table["arrival_us"])
    arrival = clock.local(entered, table["replication"])
    # elapsed time, whatever the clock on the wall did meanwhile
    length = {name: pd.to_timedelta(table[f"{name}_us"] - entered, unit="us") for name in ("answer", "left", "closed")}
    answered = table["outcome"].isin(["resolved", "transferred"]) | table["answer_us"].notna()
    resolved, word = table["outcome"] == "resolved", table["replies"] < table["turns"]
    # of who writes a closing word the wrap-up comes after that
    wrapped = arrival + length["left"] + pd.to_timedelta(table["wrap_up_us"], unit="us")
    rows = pd.DataFrame(
        {
            "line": np.arange(len(table)) + 1,
            "contact": _ids(table, "contact"),
            "customer": _ids(table, "customer"),
            "queue": table["queue"],
            "channel": table["channel"],
            "arrival": arrival,
            "answer": arrival + length["answer"],
            "end": arrival + length["left"],
            "wrapped": (arrival + length["closed"]).where(resolved & ~word).fillna(wrapped.where(resolved & word)),
            "agent": _agent_names(table, "first_agent").where(answered),
            "outcome": table["outcome"],
            "follows": pd.NA,
            # retries and reopenings that would come later do not begin
            "until": clock.local(pd.Series(clock.length, table.index), table["replication"]),
        }
    )
    left_out = {
        "the company wrote first": table["outbound"],
        "called back: its wait is not the caller's": table["called_back"],
        "waiting before the first day": table["arrival_us"] < 0,
    }
    return _reading("contacts", rows, table, left_out)


def _messages(table: pd.DataFrame, contacts: pd.DataFrame | None, clock: _Clock) -> Reading:
    import pandas as pd

    table = table.assign(line=np.arange(len(table)) + 1, conversation=_ids(table, "contact"), channel="messaging")
    table["outbound"] = False
    if contacts is not None:
        known = contacts.assign(id=_ids(contacts, "contact")).set_index("id")
        for name in ("channel", "outbound"):
            table[name] = table["conversation"].map(known[name])
        # of a contact of one turn its contact says all
        table = table[~table["channel"].map(lambda name: CHANNELS[name].one_to_one).astype("bool")]
    start = clock.local(table["message_us"], table["replication"])

    def after(micros: pd.Series[Any]) -> pd.Series[Any]:
        return start + pd.to_timedelta(micros - table["message_us"], unit="us")

    customer = table[["line", "conversation", "queue", "channel"]].assign(
        sender="customer", sent=start, begun=start.mask(start.notna()), agent=""
    )
    agent = customer.assign(
        sender="agent",
        sent=after(table["reply_us"]),
        begun=after(table["start_us"] + table["reread_us"]),
        agent=_agent_names(table),
    )
    texts = ["conversation", "queue", "channel", "sender", "agent"]
    rows = pd.concat([customer, agent], ignore_index=True).astype(dict.fromkeys(texts, "string"))
    rows["agent"] = rows["agent"].mask(rows["agent"] == "")
    twice = pd.concat([table, table], ignore_index=True)
    left_out = {
        "the company wrote first": twice["outbound"].astype("bool"),
        "answered in vain": (rows["sender"] == "agent") & twice["in_vain"],
        "never answered": rows["sent"].isna(),
    }
    reading = _reading("messages", rows, twice, left_out)
    if contacts is None:
        reading.mended["the channel, which only contacts.parquet tells: taken as messaging"] = len(reading.rows)
    return reading


def _agents(table: pd.DataFrame, contacts: pd.DataFrame, clock: _Clock) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shifts, breaks as activities, and sessions."""
    import pandas as pd

    start, end = (clock.local(table[name], table["replication"]) for name in ("start_us", "end_us"))
    rows = pd.DataFrame(
        {
            "line": np.arange(len(table)) + 1,
            "agent": _agent_names(table),
            "team": table["team"],
            "start": start,
            "end": end,
            "activity": table["activity"],
        }
    )
    there = rows[rows["activity"].isin(["present", "pause"])].copy()
    there["activity"] = there["activity"].map({"present": "work", "pause": "break"})
    sessions = rows[rows["activity"] == "session"].copy()
    queues = contacts.assign(id=_ids(contacts, "contact")).set_index("id")["queue"]
    sessions["queue"] = _ids(table, "contact")[sessions.index].map(queues)
    columns = ["line", *COLUMNS["rosters"]]
    return there.loc[:, columns].reset_index(drop=True), sessions.loc[
        :, ["agent", "queue", "start", "end"]
    ].reset_index(drop=True)
