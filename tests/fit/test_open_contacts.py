"""Who is still under way in an export of this morning: kept for who asks, refused where the past alone counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccsim.logs.mapping import Mapping, mapping
from ccsim.logs.open_contacts import OVERTAKEN, SINCE
from ccsim.logs.readers import LEFT_UNSEEN, read

COLUMNS: dict[str, tuple[str, ...]] = {
    name: (name,) for name in ("contact", "queue", "arrival", "answer", "end", "agent", "outcome")
}
CALLS = Mapping(kind="contacts", columns=COLUMNS)
WITHOUT_OUTCOME = Mapping(kind="contacts", columns={name: COLUMNS[name] for name in COLUMNS if name != "outcome"})
OVER = "1,sales,2026-03-04 09:00,2026-03-04 09:01,2026-03-04 09:05,bo,answered\n"


def outcomes(folder: Path, lines: str, how: Mapping = CALLS, live: bool = True) -> dict[str, tuple[str, bool]]:
    """Outcome, and whether somebody answered, by contact; the log has a call that is over beside these lines."""
    (folder / "log.csv").write_text(",".join(COLUMNS) + "\n" + OVER + lines)
    rows = read(folder / "log.csv", how, live).rows
    found = zip(rows["outcome"].tolist(), rows["answer"].notna().tolist(), strict=True)
    return dict(list(zip(rows["contact"].tolist(), found, strict=True))[1:])


@pytest.mark.parametrize("outcome", ["", "open", "answered"])
def test_without_end_and_outcome_a_contact_is_under_way(tmp_path: Path, outcome: str) -> None:
    """Talked to if it has an answer, else waiting."""
    waits = f"3,sales,2026-03-04 10:59,,,,{outcome.replace('answered', 'open')}\n"
    lines = f"2,sales,2026-03-04 10:58,2026-03-04 10:59,,al,{outcome}\n" + waits
    assert outcomes(tmp_path, lines) == {"2": ("open", True), "3": ("open", False)}
    assert outcomes(tmp_path, lines, WITHOUT_OUTCOME) == {"2": ("open", True), "3": ("open", False)}


def test_who_asks_for_the_past_alone_does_not_get_them(tmp_path: Path) -> None:
    lines = "2,sales,2026-03-04 10:58,2026-03-04 10:59,,al,answered\n3,sales,2026-03-04 10:59,,,,\n"
    assert outcomes(tmp_path, lines, live=False) == {}
    assert read(tmp_path / "log.csv", CALLS).reasons == {"no end": 1, "no outcome": 1}


def test_what_is_over_is_not_under_way_for_want_of_an_end(tmp_path: Path) -> None:
    """Other outcomes say that it is; so does an end without outcome, though not how."""
    lines = "2,sales,2026-03-04 10:00,,,,abandoned\n3,sales,2026-03-04 10:00,2026-03-04 10:01,,al,resolved\n"
    assert outcomes(tmp_path, lines + "4,sales,2026-03-04 10:00,,2026-03-04 10:09,,\n") == {"2": ("abandoned", False)}
    assert read(tmp_path / "log.csv", CALLS, live=True).reasons == {"no end": 1, "no outcome": 1}


def test_a_log_without_any_end_does_not_say_who_is_under_way(tmp_path: Path) -> None:
    lines = "2,sales,2026-03-04 10:58,,,,abandoned\n3,sales,2026-03-04 10:59,2026-03-04 10:59,,al,answered\n"
    (tmp_path / "log.csv").write_text(",".join(COLUMNS) + "\n" + lines)
    assert read(tmp_path / "log.csv", CALLS, live=True).reasons == {"no end": 1}


def test_whose_agent_has_answered_another_call_is_not_talked_to(tmp_path: Path) -> None:
    """Its end is missing. A chat may go on beside another."""
    lines = "2,sales,2026-03-04 10:00,2026-03-04 10:01,,al,\n3,sales,2026-03-04 10:30,2026-03-04 10:31,,al,\n"
    assert outcomes(tmp_path, lines) == {"3": ("open", True)}
    assert read(tmp_path / "log.csv", CALLS, live=True).reasons == {SINCE: 1}
    chats = CALLS.model_copy(update={"channel": "live_chat"})
    assert outcomes(tmp_path, lines, chats) == {"2": ("open", True), "3": ("open", True)}


def test_who_was_overtaken_has_left_where_the_log_never_says_when(tmp_path: Path) -> None:
    """With neither outcomes nor an end of anybody unanswered. E-mails wait, whoever came later."""
    lines = (
        "2,sales,2026-03-04 09:20,,,,\n3,sales,2026-03-04 10:30,2026-03-04 10:31,2026-03-04 10:33,al,\n"
        "4,sales,2026-03-04 10:20,,,,\n5,sales,2026-03-04 10:59,,,,\n"
    )
    waits, left, done = ("open", False), ("abandoned", False), {"3": ("answered", True)}
    assert outcomes(tmp_path, lines, WITHOUT_OUTCOME) == {"2": left, "4": left, "5": waits, **done}
    assert read(tmp_path / "log.csv", WITHOUT_OUTCOME, live=True).mended[LEFT_UNSEEN] == 2
    mails = WITHOUT_OUTCOME.model_copy(update={"channel": "email"})
    assert outcomes(tmp_path, lines, mails) == {"2": waits, "4": waits, "5": waits, **done}
    known = "6,sales,2026-03-04 10:40,,2026-03-04 10:41,,\n"
    assert outcomes(tmp_path, lines + known, WITHOUT_OUTCOME) == {"2": waits, "4": waits, "5": waits, "6": left, **done}


def test_who_was_overtaken_by_less_than_an_hour_may_wait_which_is_said(tmp_path: Path) -> None:
    lines = "2,sales,2026-03-04 10:20,,,,\n3,sales,2026-03-04 10:30,2026-03-04 10:31,2026-03-04 10:33,al,\n"
    assert outcomes(tmp_path, lines, WITHOUT_OUTCOME) == {"2": ("open", False), "3": ("answered", True)}
    assert read(tmp_path / "log.csv", WITHOUT_OUTCOME, live=True).mended[OVERTAKEN] == 1


def test_a_log_with_lengths_of_time(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "came,result,wait,talk\n2026-03-04 09:00,answered,5,120\n2026-03-04 10:58,answered,20,\n2026-03-04 10:59,,0,0\n"
    )
    how = Mapping(kind="contacts", columns={"arrival": ("came",), "outcome": ("result",)},
                  durations={"wait": ("wait",), "talk": ("talk",)})  # fmt: skip
    rows = read(tmp_path / "log.csv", how, live=True).rows
    assert rows["outcome"].tolist() == ["answered", "open", "open"]
    assert rows["answer"].notna().tolist() == [True, True, False]
    assert rows["end"].notna().tolist() == [True, False, False]


def test_a_log_of_events(tmp_path: Path) -> None:
    """The queue log of a telephone system as it stands at a moment."""
    (tmp_path / "queue_log").write_text(
        "1767603600|9.1|sales|NONE|ENTERQUEUE||49|1\n1767603612|9.1|sales|SIP/12|CONNECT|12|9.2|3\n"
        "1767603700|9.1|sales|SIP/12|COMPLETECALLER|12|88|1\n1767603800|9.3|sales|NONE|ENTERQUEUE||49|1\n"
        "1767603810|9.3|sales|SIP/12|CONNECT|12|9.2|3\n1767603820|9.4|sales|NONE|ENTERQUEUE||49|1\n"
    )
    rows = read(tmp_path / "queue_log", mapping("asterisk"), live=True).rows
    assert rows["outcome"].tolist() == ["answered", "open", "open"]
    assert rows["agent"].fillna("").tolist() == ["SIP/12", "SIP/12", ""]


def test_lengths_of_time_say_who_waits_and_who_is_talked_to(tmp_path: Path) -> None:
    """Who is open waits, or has been answered by the agent whom the line names; without an agent and an outcome the
    wait may be that of somebody who left."""
    columns = {name: COLUMNS[name] for name in ("contact", "queue", "arrival", "agent", "outcome")}
    how = Mapping(kind="contacts", columns=columns, durations={"wait": ("wait",), "talk": ("talk",)})
    lines = [
        "1,sales,2026-03-04 09:00,bo,answered,20,60",
        "2,sales,2026-03-04 10:50,,open,90,",
        "3,sales,2026-03-04 10:51,al,open,15,",
        "4,sales,2026-03-04 10:52,cy,,15,",
        "5,sales,2026-03-04 10:53,,open,,",
        "6,sales,2026-03-04 10:54,,,40,",
    ]
    (tmp_path / "log.csv").write_text("\n".join(["contact,queue,arrival,agent,outcome,wait,talk", *lines]))
    reading = read(tmp_path / "log.csv", how, live=True)
    answered = dict(zip(reading.rows["contact"].tolist(), reading.rows["answer"].notna().tolist(), strict=True))
    assert answered == {"1": True, "2": False, "3": True, "4": True, "5": False}
    assert set(reading.rows["outcome"][1:]) == {"open"}
    assert reading.reasons == {"no outcome": 1}


def test_a_log_without_the_outcomes_of_its_mapping_says_by_answers_who_was_answered(tmp_path: Path) -> None:
    """Not every export has them: all lines were refused, and a live one began with who is under way alone."""
    lines = (
        ",".join(COLUMNS).removesuffix(",outcome"),
        "2,sales,2026-03-04 10:58,,,",
        "3,sales,2026-03-04 10:00,2026-03-04 10:01,2026-03-04 10:05,al",
        "4,sales,2026-03-04 10:00,,2026-03-04 10:02,",
    )
    (tmp_path / "log.csv").write_text("\n".join(lines))
    reading = read(tmp_path / "log.csv", CALLS, live=True)
    assert reading.rows["outcome"].tolist() == ["open", "answered", "abandoned"]
    assert reading.reasons == {}


def test_queues_may_have_channels_of_their_own(tmp_path: Path) -> None:
    """As a scenario's have, where neither log nor mapping says; chats of one agent go on beside each other."""
    lines = "2,sales,2026-03-04 10:00,2026-03-04 10:01,,al,\n3,sales,2026-03-04 10:30,2026-03-04 10:31,,al,\n"
    chats = CALLS.with_channels({"sales": "live_chat"})
    assert outcomes(tmp_path, lines, chats) == {"2": ("open", True), "3": ("open", True)}
    with pytest.raises(ValueError, match="channels are phone"):
        Mapping(kind="contacts", columns=CALLS.columns, channels={"sales": "fax"})
