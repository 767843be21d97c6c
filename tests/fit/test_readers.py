"""Logs as they come: what is wrong with a line is said, and nothing else is lost with it."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccsim.errors import ScenarioError
from ccsim.fit.estimate import estimate
from ccsim.logs import mapping as mappings
from ccsim.logs.mapping import Mapping, built_in, mapping
from ccsim.logs.proposal import propose
from ccsim.logs.readers import read, read_all
from ccsim.logs.records import Reading
from ccsim.logs.repeated_hour import DECIDED, TWICE

HEADER = "contact,customer,queue,channel,arrival,answer,end,agent,outcome\n"
GOOD = "1,anna,sales,phone,2026-03-02 09:00:00,2026-03-02 09:00:10,2026-03-02 09:03:00,bo,answered\n"


def contacts(folder: Path, text: str | bytes, **changes: Any) -> Reading:
    path = folder / "log.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, mapping("calls").model_copy(update=changes))


def told(folder: Path, *lines: str, **changes: Any) -> dict[str, int]:
    """Why the lines beside a good one were refused."""
    reading = contacts(folder, HEADER + GOOD + "".join(f"{line}\n" for line in lines), **changes)
    assert len(reading.rows) + len(reading.refused) == 1 + len(lines)
    return reading.reasons


def test_who_hung_up_before_any_queue_is_no_contact(tmp_path: Path) -> None:
    """As in a voice menu: neither queued nor answered; abandoned without a time is another thing and counts."""
    menu, waited = "2,,,,2026-03-02 09:00,,,,abandoned", "3,,,,2026-03-02 09:00,,2026-03-02 09:01,,abandoned"
    assert told(tmp_path, menu, waited) == {}
    reasons = told(tmp_path, menu, waited, reached=("answer", "end"))
    assert reasons == {"never reached a queue: no answer or end": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2,,,,,2026-03-02 09:00,2026-03-02 09:01,bo,answered", "no arrival"),
        ("2,,,,2026-03-02 09:00,2026-03-02 09:01,,bo,answered", "no end"),
        ("2,,,,2026-03-02 09:00,,2026-03-02 09:01,bo,answered", "answered, but no time of the answer"),
        ("2,,,,2026-03-02 09:00,2026-03-02 09:05,2026-03-02 09:04,bo,answered", "end before answer"),
        ("2,,,,2026-03-02 09:00,2026-03-02 08:55,2026-03-02 09:04,bo,answered", "answer before arrival"),
        ("2,,,,2026-03-02 09:00,,2026-03-02 08:00,,abandoned", "end before arrival"),
        (
            "2,,,,yesterday,2026-03-02 09:00,2026-03-02 09:01,bo,answered",
            "arrival: not a time (yesterday; expected 2026-03-02 09:30:00)",
        ),
        (
            "2,,,,2026-02-30 09:00,,2026-03-02 09:01,,abandoned",
            "arrival: not a time (2026-02-30 09:00; expected 2026-03-02 09:30:00)",
        ),
        ("2,,,,2026-03-02 09:00,,2026-03-02 09:01,,vanished", "unknown outcome: vanished"),
        ("2,,,,2026-03-02 09:00,,2026-03-02 09:01,,", "no outcome"),
        (GOOD.strip(), "the same contact again, at the same times: counted once"),
        ("2,,,,2026-03-02 09:00,,2026-03-02 09:01,,abandoned,and,more", "more cells than the header has"),
        ("", "an empty line"),
        ("2,anna", "no outcome"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    assert told(tmp_path, line) == {reason: 1}


def test_refused_lines_say_where_they_stand(tmp_path: Path) -> None:
    reading = contacts(tmp_path, HEADER + GOOD + "2,,,,,,,,answered\n" + GOOD.replace("1,", "3,", 1))
    assert reading.refused["line"].tolist() == [3]
    assert reading.refused["contact"].tolist() == ["2"]
    assert reading.rows["line"].tolist() == [2, 4]


def test_surplus_empty_cells_carry_nothing(tmp_path: Path) -> None:
    text = HEADER + GOOD.strip() + ",\n" + GOOD.replace("1,", "2,", 1).strip() + ",,,\n,,,,,,,,,\n"
    reading = contacts(tmp_path, text + GOOD.replace("1,", "3,", 1).strip() + ",,x\n")
    assert reading.rows["contact"].tolist() == ["1", "2"]
    assert reading.reasons == {"an empty line": 1, "more cells than the header has": 1}


@pytest.mark.parametrize("surplus", ["", ",x"])
def test_a_line_is_numbered_by_where_its_record_begins(tmp_path: Path, surplus: str) -> None:
    """As an editor counts: cells have line breaks, with pandas' reader and, where a line has surplus cells, ours."""
    note = ',"one\ntwo\r\nthree"\n'
    lines = [GOOD.replace("1,", f"{number},", 1).strip() + note for number in (1, 2, 3)]
    text = HEADER.strip() + ',"a\nnote"\n' + "".join(lines) + f"4,,,,,,,,answered,{surplus}\n"
    reading = contacts(tmp_path, text)
    assert reading.rows["line"].tolist() == [3, 6, 9]
    assert reading.refused["line"].tolist() == [12]


def test_words_for_nothing_are_nothing(tmp_path: Path) -> None:
    lines = ["2,NULL,sales,-,2026-03-02 09:00,N/A,2026-03-02 09:01,None,abandoned",
             "3,n/a,sales,phone,2026-03-02 09:00,null,--,NULL,abandoned"]  # fmt: skip
    reading = contacts(tmp_path, HEADER + "".join(f"{line}\n" for line in lines))
    assert not len(reading.refused)
    assert reading.rows[["customer", "agent"]].isna().all(axis=None)
    assert told(tmp_path, lines[0].replace("abandoned", "None"), words={"None": "abandoned"}) == {}


def test_the_same_line_again_without_ids_is_refused(tmp_path: Path) -> None:
    line = GOOD[1:]
    reading = contacts(tmp_path, HEADER + line + line)
    assert reading.reasons == {"the same line again": 1}


def test_missing_servers_and_small_disorder_are_mended_and_counted(tmp_path: Path) -> None:
    line = "2,,,,2026-03-02 09:00:10,2026-03-02 09:00:09,2026-03-02 09:01:00,,answered\n"
    reading = contacts(tmp_path, HEADER + GOOD + line)
    assert reading.mended == {
        "answer up to 2 s before arrival: taken as equal": 1,
        "answered, but by nobody knows whom": 1,
    }
    row = reading.rows.iloc[1]
    assert row["answer"] == row["arrival"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    assert len(contacts(tmp_path, (HEADER + GOOD).replace(",", delimiter)).rows) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    reading = contacts(tmp_path, (HEADER + GOOD.replace("anna", "Zoë")).encode(encoding))
    assert reading.rows["customer"].tolist() == ["Zoë"]
    assert ("not UTF-8: the file is read as Windows-1252" in reading.mended) == (encoding == "cp1252")


def test_headings_that_another_encoding_garbles_say_so(tmp_path: Path) -> None:
    text = HEADER.replace("arrival", "着信時刻") + GOOD
    columns = mapping("calls").columns | {"arrival": ("着信時刻",)}
    with pytest.raises(ScenarioError, match=r"not UTF-8: the file is read as Windows-1252; encoding = "):
        contacts(tmp_path, text.encode("cp932"), columns=columns)
    assert len(contacts(tmp_path, text.encode("cp932"), columns=columns, encoding="cp932").rows) == 1
    (tmp_path / "log.csv").write_bytes("着信時刻,結果\n1,2\n".encode("cp932"))
    with pytest.raises(ScenarioError, match=r"not UTF-8"):
        propose(tmp_path / "log.csv")


def test_headings_differ_in_case_spaces_and_punctuation(tmp_path: Path) -> None:
    text = "Queue Name;ChannelType;time_stamp;Incoming Contact Volume;AVERAGEHANDLETIME\n"
    text += "sales;CHAT;2026-03-02T09:00;12;180\n"
    (tmp_path / "volumes.csv").write_text(text)
    row = read(tmp_path / "volumes.csv", mapping("amazon_connect")).rows.iloc[0]
    assert (row["queue"], row["channel"], row["offered"], row["handle_time"]) == ("sales", "live_chat", 12, 180)


def test_totals_become_means_and_utc_becomes_local(tmp_path: Path) -> None:
    text = (
        "Interval Start UTC Date,Queue,Media Type,Offered,Interactions Handled,Total Handle Time (Seconds)\n"
        "2026-03-02T08:00:00Z,sales,voice,12,10,1800\n2026-03-02T08:30:00Z,sales,fax,1,0,0\n"
        "2026-03-02T08:00:00Z,sales,voice,9,9,9\n2026-03-02T09:00:00Z,sales,voice,-3,0,0\n"
    )
    (tmp_path / "volumes.csv").write_text(text)
    how = mapping("genesys").model_copy(update={"timezone": "Europe/Rome"})
    reading = read(tmp_path / "volumes.csv", how)
    assert reading.rows["start"].astype(str).tolist() == ["2026-03-02 09:00:00", "2026-03-02 09:30:00"]
    assert reading.rows["handle_time"].iloc[0] == 180
    assert reading.reasons == {"an interval that came before": 1, "offered: below 0": 1}
    assert reading.mended == {"unknown channel fax: taken as phone": 1}


def test_rosters_line_by_line(tmp_path: Path) -> None:
    text = (
        "Agent,Team,Start,End,Activity\nbo,sales,2026-03-02 08:00,2026-03-02 12:00,Open\n"
        "bo,sales,2026-03-02 12:00,2026-03-02 12:30,Lunch\nbo,sales,2026-03-02 12:30,2026-03-02 12:00,Open\n"
        ",sales,2026-03-02 08:00,2026-03-02 12:00,Open\n"
    )
    (tmp_path / "roster.csv").write_text(text)
    reading = read(tmp_path / "roster.csv", mapping("nice"))
    assert reading.rows["activity"].tolist() == ["work", "lunch"]
    assert reading.reasons == {"no agent": 1, "ends before it starts": 1}


# ── clock changes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_roster_of_which_nothing_is_work_is_refused(tmp_path: Path) -> None:
    """Its agents were left out without a word, and staffing made up."""
    (tmp_path / "log.csv").write_text(HEADER + GOOD)
    path = tmp_path / "roster.csv"
    path.write_text("who,from,to,what\nbo,2026-03-02 08:00,2026-03-02 12:00,On Queue\n"
                    "bo,2026-03-02 12:00,2026-03-02 12:30,Meal\n")  # fmt: skip
    how = Mapping(kind="rosters", columns={"agent": "who", "start": "from", "end": "to", "activity": "what"})
    with pytest.raises(ScenarioError, match="activities is work: on queue, meal; words in the mapping"):
        estimate(read_all([tmp_path / "log.csv", path], [mapping("calls"), how]), "ready")
    reading = read(path, how.model_copy(update={"words": {"On Queue": "work"}}))
    assert (len(reading.rows), reading.mended) == (2, {"activity meal: no work": 1})


def test_a_call_through_the_clock_change_keeps_its_length(tmp_path: Path) -> None:
    # 00:50 to 01:10 UTC on the night in which Rome goes from 02:00 to 03:00
    line = "1,,,,2026-03-29T00:50:00Z,2026-03-29T00:50:00Z,2026-03-29T01:10:00Z,bo,answered\n"
    row = contacts(tmp_path, HEADER + line, timezone="Europe/Rome").rows.iloc[0]
    assert str(row["arrival"]) == "2026-03-29 01:50:00"
    assert row["end"] - row["answer"] == pd.Timedelta(minutes=20)


def test_a_time_that_the_clock_skips_is_none(tmp_path: Path) -> None:
    line = "2,,,,2026-03-29 02:30:00,2026-03-29 02:30:00,2026-03-29 02:40:00,bo,answered"
    reason = "arrival: the clock of Europe/Rome skips that hour (2026-03-29 02:30:00)"
    assert told(tmp_path, line, timezone="Europe/Rome") == {reason: 1}
    assert told(tmp_path, line) == {}
    assert told(tmp_path, line) == {}


def test_an_end_before_its_answer_in_the_hour_that_comes_twice_is_of_the_second(tmp_path: Path) -> None:
    line = "2,,,,2026-10-25 02:50:00,2026-10-25 02:50:30,2026-10-25 02:10:00,bo,answered\n"
    reading = contacts(tmp_path, HEADER + GOOD + line, timezone="Europe/Rome")
    row = reading.rows.iloc[1]
    assert row["end"] - row["answer"] == pd.Timedelta(minutes=19, seconds=30)
    assert reading.mended == {TWICE: 3, "end before arrival when the clock was put back: an hour later": 1}


def test_the_order_of_messages_tells_which_of_two_times_it_is(tmp_path: Path) -> None:
    """Within each conversation: the answer at ten past two is of the second time, twenty minutes after the question."""
    (tmp_path / "log.csv").write_text(
        "conversation,sender,sent\n"
        "a,customer,2026-10-25 02:50:00\na,agent,2026-10-25 02:10:00\n"
        "b,customer,2026-10-25 02:05:00\nb,agent,2026-10-25 02:20:00\n"
    )
    columns: dict[str, tuple[str, ...]] = {name: (name,) for name in ("conversation", "sender", "sent")}
    reading = read(tmp_path / "log.csv", Mapping(kind="messages", columns=columns, timezone="Europe/Rome"))
    sent = reading.rows["sent"]
    assert [sent[1] - sent[0], sent[3] - sent[2]] == [pd.Timedelta(minutes=20), pd.Timedelta(minutes=15)]
    assert reading.mended == {DECIDED: 2, TWICE: 2}


def test_the_order_of_the_lines_tells_whatever_the_order_of_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "arrival,answer,end,queue\n"
        "2026-10-25 01:50,2026-10-25 01:51,2026-10-25 01:52,x\n2026-10-25 02:40,2026-10-25 02:41,2026-10-25 02:42,x\n"
        "2026-10-25 02:50,2026-10-25 02:51,2026-10-25 02:52,x\n2026-10-25 02:10,2026-10-25 02:12,2026-10-25 02:20,x\n"
    )
    for names in (("arrival", "answer", "end"), ("end", "answer", "arrival")):
        columns: dict[str, tuple[str, ...]] = {name: (name,) for name in (*names, "queue")}
        how = Mapping(kind="contacts", columns=columns, timezone="Europe/Rome")
        mended = read(tmp_path / "log.csv", how).mended
        assert (mended[DECIDED], TWICE in mended) == (3, False)


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_messages_are_refused_one_by_one_and_broken_conversations_whole(tmp_path: Path) -> None:
    text = (
        "conversation_id,message_index,sender,sent_at\n"
        "a,0,customer,2026-03-02T09:00:00Z\na,1,agent,2026-03-02T09:10:00Z\n"
        "b,0,customer,2026-03-02T09:00:00Z\nb,1,agent,2026-03-02T08:00:00Z\n"
        "c,0,bot,2026-03-02T09:00:00Z\n,1,agent,2026-03-02T09:00:00Z\nd,0,customer,\n"
    )
    (tmp_path / "messages.csv").write_text(text)
    how = mapping("conversations")
    ordered = how.model_copy(update={"columns": how.columns | {"order": ("message_index",)}})
    reading = read(tmp_path / "messages.csv", ordered)
    assert reading.rows["conversation"].tolist() == ["a", "a"]
    assert reading.reasons == {
        "sent before a message that it follows": 1,
        "in a conversation whose order is broken": 1,
        "unknown sender: bot": 1,
        "no conversation": 1,
        "no time": 1,
    }


# ── where nothing can be done ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (b"", "no header line"),
        (HEADER.encode(), "no line can be used"),
        (b"one,two\n1,2\n", "no column arrival, end"),
        ((HEADER + "1,,,,,,,,answered\n").encode(), "no line can be used: no arrival"),
        (b"\x00\x9f\x00" * 20, "not text"),
        (b"PK\x03\x04\x14\x00", "a damaged workbook"),
        ((HEADER + GOOD.replace("2026-03-02 09:00:00", "46083.375")).encode(), "is it the number of a day?"),
    ],
)
def test_a_file_of_which_nothing_can_be_used(tmp_path: Path, text: bytes, result: str) -> None:
    with pytest.raises(ScenarioError) as error:
        contacts(tmp_path, text)
    assert result in str(error.value)
    assert "log.csv" in str(error.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="No such file"):
        read(tmp_path / "none.csv", mapping("calls"))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('kind = "contacts"\ncolumns = { arrival = "a", answer = "b" }\n', "end must be named"),
        ('kind = "contacts"\ncolumns = { arrival = "a", end = "b", colour = "c" }\n', "colour"),
        ('kind = "contacts"\ncolumns = { arrival = "a", end = "b" }\nwords = { X = "gone" }\n', "gone"),
        ('kind = "calls"\n', "kind"),
        ("kind = \n", "TOML"),
        ('kind = "contacts"\ntimezone = "Mars"\ncolumns = { arrival = "a", end = "b" }\n', "Mars"),
        ('kind = "contacts"\ntime_format = "%Q"\ncolumns = { arrival = "a", end = "b" }\n', "%Q"),
        ('kind = "contacts"\ndelimiter = "ab"\ncolumns = { arrival = "a", end = "b" }\n', "delimiter"),
        ('kind = "contacts"\nchannel = "fax"\ncolumns = { arrival = "a", end = "b" }\n', "fax"),
    ],
)
def test_a_mapping_that_is_none(tmp_path: Path, text: str, result: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(ScenarioError) as error:
        mapping(str(tmp_path / "own.toml"))
    assert result in str(error.value)


def test_every_built_in_mapping_can_be_read() -> None:
    names = built_in()
    assert {"amazon_connect", "genesys", "nice", "bank", "conversations", "calls"} <= set(names)
    for name in names:
        assert isinstance(mappings.mapping(name), Mapping)


def test_exports_that_overlap_count_once(tmp_path: Path) -> None:
    later = GOOD.replace("1,", "2,", 1)
    (tmp_path / "1.csv").write_text(HEADER + GOOD + later)
    (tmp_path / "2.csv").write_text(HEADER + later + GOOD.replace("1,", "3,", 1))
    logs = read_all([tmp_path / "1.csv", tmp_path / "2.csv"], [mapping("calls")] * 2)
    assert logs.contacts is not None
    assert logs.contacts["contact"].tolist() == ["1", "2", "3"]
    assert logs.readings[1][1].reasons == {"in another log too": 1}


@pytest.mark.slow
def test_a_million_lines(tmp_path: Path) -> None:
    """Prints time and memory; what is wrong with the lines is known."""
    size, draw = 1_000_000, np.random.default_rng(1)
    arrival = pd.Timestamp("2025-01-06") + pd.to_timedelta(draw.integers(0, 364 * 86400, size), unit="s")
    wait, work = draw.exponential(40, size).round(), draw.lognormal(5.2, 0.8, size).round()
    table = pd.DataFrame(
        {
            "contact": np.arange(size),
            "customer": "",
            "queue": draw.choice(["sales", "service"], size),
            "channel": "phone",
            "arrival": arrival,
            "answer": arrival + pd.to_timedelta(wait, unit="s"),
            "end": arrival + pd.to_timedelta(wait + work, unit="s"),
            "agent": draw.choice(["anna", "bo", "carla"], size),
            "outcome": "answered",
        }
    )
    dirt = draw.random(size)
    table.loc[dirt < 0.01, "outcome"] = "eaten"
    table.loc[dirt > 0.99, "arrival"] = pd.NaT
    table.to_csv(tmp_path / "log.csv", index=False)
    began = time.perf_counter()
    reading = read(tmp_path / "log.csv", mapping("calls"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:,} lines in {time.perf_counter() - began:.0f} s; at most {memory:,.0f} MB")
    assert reading.reasons == {
        "unknown outcome: eaten": int((dirt < 0.01).sum()),
        "no arrival": int((dirt > 0.99).sum()),
    }
    assert len(reading.rows) + len(reading.refused) == size


def test_several_logs_of_a_kind_follow_one_another(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(HEADER + GOOD.replace("1,", f"{number},", 1))
    logs = read_all([tmp_path / "1.csv", tmp_path / "2.csv"], [mapping("calls")] * 2)
    assert logs.contacts is not None
    assert logs.contacts["contact"].tolist() == ["1", "2"]
    assert len(logs.readings) == 2
