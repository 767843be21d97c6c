"""Exports as JSON are read as tables of their records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ccsim.errors import ScenarioError
from ccsim.logs.lines import LINE
from ccsim.logs.mapping import Mapping, mapping
from ccsim.logs.proposal import propose
from ccsim.logs.readers import read
from ccsim.logs.sheets import sheet_of

TRACES: list[dict[str, Any]] = [
    {
        "ContactId": str(number),
        "Channel": "VOICE",
        "InitiationTimestamp": f"2026-05-04T08:0{number}:00Z",
        "DisconnectTimestamp": f"2026-05-04T08:1{number}:00Z",
        "Queue": {"Name": "Sales", "EnqueueTimestamp": f"2026-05-04T08:0{number}:30Z", "Duration": 10.125},
        "Agent": agent,
        "References": [{"Name": "a"}],
    }
    for number, agent in enumerate([{"Username": "Anna", "ConnectedToAgentTimestamp": "2026-05-04T08:00:40Z"}, None])
]
CALLS = [
    {"sid": "CA1", "date_created": "Mon, 04 May 2026 08:02:17 +0000", "duration": "300", "status": "completed"},
    {"sid": "CA2", "date_created": "Mon, 04 May 2026 08:05:17 +0000", "duration": "20", "status": "no-answer"},
]


def test_contact_records_a_line_each_are_read_as_their_table(tmp_path: Path) -> None:
    log, table = tmp_path / "log.json", tmp_path / "log.csv"
    log.write_text("".join(f"{json.dumps(record)}\n" for record in TRACES))
    pd.json_normalize(TRACES).drop(columns=["References", "Agent"]).to_csv(table, index=False)
    text, _ = propose(log)
    assert 'columns.arrival = "Queue.EnqueueTimestamp"' in text
    (tmp_path / "m.toml").write_text(text)
    how = mapping(str(tmp_path / "m.toml"))
    ours, saved = (read(file, how).rows for file in (log, table))
    pd.testing.assert_frame_equal(ours.drop(columns="line"), saved.drop(columns="line"))
    assert ours["line"].tolist() == [1, 2]


@pytest.mark.parametrize("whole", [CALLS, {"page": 0, "calls": CALLS, "uri": "/"}])
def test_a_list_of_records_is_found(tmp_path: Path, whole: Any) -> None:
    (tmp_path / "log.json").write_text(json.dumps(whole, indent=1))
    (tmp_path / "m.toml").write_text(
        'kind = "contacts"\ncolumns.contact = "sid"\ncolumns.outcome = "status"\n'
        'columns.arrival = "date_created"\ncolumns.answer = "date_created"\n'
        'durations.talk = "duration"\nwords = { completed = "answered", no-answer = "abandoned" }\n'
    )
    reading = read(tmp_path / "log.json", mapping(str(tmp_path / "m.toml")))
    assert reading.rows["contact"].tolist() == ["CA1", "CA2"]
    assert reading.rows["arrival"].dt.strftime("%H:%M:%S").tolist() == ["08:02:17", "08:05:17"]


@pytest.mark.parametrize(
    "text", ["[1, 2]", "{}", '{"a": [}', "[" * 100_000, '{"calls": [{"x": 1}], "users": [{"y": 1}]}']
)
def test_what_is_no_list_of_records_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(ScenarioError, match=r"no column|no header line"):
        read(tmp_path / "log.json", mapping("calls"))


def test_a_table_beyond_sense_is_refused(tmp_path: Path) -> None:
    """Of names that are ids each record would bring a column."""
    (tmp_path / "log.json").write_text("".join(f'{{"by_id": {{"{number}": 1}}}}\n' for number in range(8000)))
    with pytest.raises(ScenarioError, match="8,000 records in JSON with 8,000 names in all"):
        read(tmp_path / "log.json", mapping("calls"))


def test_letters_that_are_no_ends_of_lines_and_no_text(tmp_path: Path) -> None:
    """U+2028 within a text split its record; half of a pair of surrogates ended in a traceback."""
    log = tmp_path / "log.json"
    records = [{**CALLS[0], "to": "a\u2028b"}, {**CALLS[1], "to": "\ud83d"}]
    log.write_text("".join(json.dumps(r).replace("\\u2028", "\u2028") + "\n" for r in records), encoding="utf-8")
    sheet, mended = sheet_of(log, Mapping(kind="contacts", columns={"arrival": ("date_created",)}))
    assert sheet["to"].tolist() == ["a b", "?"]
    assert (sheet[LINE].tolist(), mended) == ([1, 2], {})
