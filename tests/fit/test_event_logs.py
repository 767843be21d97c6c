"""Logs with one row an event, headerless or not; and rosters with a column a day."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ccsim.errors import ScenarioError
from ccsim.logs.mapping import Mapping, mapping
from ccsim.logs.readers import read

QUEUE_LOG = """1767600000|NONE|NONE|NONE|QUEUESTART|
1767603600|9.1|sales|NONE|ENTERQUEUE||4915112345|1
1767603605|9.1|sales|SIP/11|RINGNOANSWER|5000
1767603612|9.1|sales|SIP/12|CONNECT|12|9.2|3
1767603700|9.1|sales|SIP/12|COMPLETECALLER|12|88|1
1767603650|9.3|sales|NONE|ENTERQUEUE||4915154321|1
1767603690|9.3|sales|NONE|ABANDON|1|1|40
1767604000|9.5|sales|NONE|ENTERQUEUE||4915199999|1
1767604004|9.5|sales|SIP/11|CONNECT|4|9.6|2
1767604060|9.5|sales|SIP/11|BLINDTRANSFER|600|default|4|56|1
1767604061|9.5|help|NONE|ENTERQUEUE||4915199999|1
1767604071|9.5|help|SIP/20|CONNECT|10|9.7|2
1767604300|9.5|help|SIP/20|COMPLETEAGENT|10|229|1
1767604500|8.8|sales|SIP/11|COMPLETEAGENT|10|229|1
1767604600|9.9|sales|NONE|NEWEVENT|
"""


def test_an_asterisk_queue_log(tmp_path: Path) -> None:
    (tmp_path / "queue_log").write_text(QUEUE_LOG)
    reading = read(tmp_path / "queue_log", mapping("asterisk"))
    rows = reading.rows.set_index("contact")
    assert rows.index.tolist() == ["9.1", "9.3", "9.5", "9.5#2"]
    assert rows["outcome"].tolist() == ["answered", "abandoned", "transferred", "answered"]
    assert rows["agent"].fillna("").tolist() == ["SIP/12", "", "SIP/11", "SIP/20"]
    assert rows["customer"].tolist()[:2] == ["4915112345", "4915154321"]
    assert (rows["end"] - rows["arrival"]).dt.total_seconds().tolist() == [100, 40, 60, 239]
    assert rows.loc["9.5#2", "follows"] == "9.5"
    assert reading.reasons == {
        "left out by the mapping: RINGNOANSWER": 1,
        "left out by the mapping: QUEUESTART": 1,
        "of a contact whose arrival the log does not have": 1,
        "unknown event: NEWEVENT": 1,
    }


def test_any_log_of_events_by_a_small_table(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(
        "When;Case;What;Who\n04.05.2026 09:00:00;a;queued;\n04.05.2026 09:00:20;a;picked;eve\n"
        "04.05.2026 09:04:00;a;closed;eve\n04.05.2026 09:05:00;b;queued;\n04.05.2026 09:06:00;b;hung up;\n"
    )
    how = Mapping(
        kind="events",
        columns={"time": ("When",), "contact": ("Case",), "event": ("What",), "agent": ("Who",)},
        events={"queued": "arrival", "picked": "answer", "closed": "end", "hung up": "abandoned"},
    )
    rows = read(tmp_path / "events.csv", how).rows
    assert rows["outcome"].tolist() == ["answered", "abandoned"]
    assert (rows["end"] - rows["arrival"]).dt.total_seconds().tolist() == [240, 60]


def test_events_without_an_arrival_are_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "queue_log").write_text("1767604500|8.8|sales|SIP/11|COMPLETEAGENT|10|229|1\n")
    with pytest.raises(ScenarioError, match="no event says that a contact arrived"):
        read(tmp_path / "queue_log", mapping("asterisk"))


def test_a_roster_of_agents_by_dates(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(
        "Name,Group,Mon 3/16/2026,Tue 3/17/2026\n"
        "ann,a,7:00 AM - 4:00 PM,OFF\nbob,a,10:00 PM - 6:00 AM,09:00-12:00 / 13:00-17:00\ncat,b,Vacation,\n"
    )
    how = Mapping(kind="rosters", columns={"agent": ("Name",), "team": ("Group",)}, days_across=True)
    reading = read(tmp_path / "roster.csv", how)
    spans = sorted((row.agent, str(row.start), str(row.end)) for row in reading.rows.itertuples())
    assert spans == [
        ("ann", "2026-03-16 07:00:00", "2026-03-16 16:00:00"),
        ("bob", "2026-03-16 22:00:00", "2026-03-17 06:00:00"),
        ("bob", "2026-03-17 09:00:00", "2026-03-17 12:00:00"),
        ("bob", "2026-03-17 13:00:00", "2026-03-17 17:00:00"),
    ]
    assert reading.mended == {"no shift: OFF": 1, "no shift: Vacation": 1}


def test_a_roster_without_dates_across_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("Name,Mon,Tue\nann,7:00 AM - 4:00 PM,OFF\n")
    how = Mapping(kind="rosters", columns={"agent": ("Name",)}, days_across=True)
    with pytest.raises(ScenarioError, match="no heading is a date: Mon, Tue"):
        read(tmp_path / "roster.csv", how)


def test_shifts_over_midnight_of_a_roster_with_clock_times(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("who,day,from,to\nann,2026-03-16,22:00,06:00\nbob,2026-03-16,16:00,24:00\n")
    columns = {"agent": ("who",), "start": ("from",), "end": ("to",)}
    rows = read(tmp_path / "roster.csv", Mapping(kind="rosters", columns=columns, date="day")).rows
    assert rows["end"].tolist() == [pd.Timestamp("2026-03-17 06:00"), pd.Timestamp("2026-03-17 00:00")]
