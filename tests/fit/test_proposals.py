"""Without a mapping `ccsim fit` proposes one from the header, written out to edit."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.errors import ScenarioError
from ccsim.logs.mapping import built_in, mapping
from ccsim.logs.proposal import propose
from ccsim.logs.readers import read

LOGS = {
    "cdr": (
        "calldate,src,dst,duration,billsec,disposition\n"
        "2026-05-04 08:00:00,1,600,70,60,ANSWERED\n"
        "2026-05-04 08:09:00,2,600,20,0,NO ANSWER\n"
    ),
    "tickets": (
        "Ticket ID,Created,First response (min),Resolution (min),Assignee\n"
        "7,2026-05-04 08:00,15,90,ann\n"
        "8,2026-05-04 08:20,5,60,bob\n"
    ),
    "calls": (
        "Call id,Agent,Date,Time,Topic,Answered (Y/N),Speed of answer in seconds,Talk Duration\n"
        "1,a,5/14/2026,8:00:00,x,Y,10,0:01:10\n"
        "2,a,5/15/2026,9:00:00,x,N,,\n"
    ),
    "half hours": ("Date;Interval;Queue;Offered;AHT (ms)\n14.05.2026;08:00;x;4;200000\n14.05.2026;08:30;x;5;210000\n"),
    "help desk": (
        "Ticket ID,Ticket created - Timestamp,Ticket channel,Ticket group,Assignee name,First reply time (min),"
        "Full resolution time (min)\n"
        "7,2026-05-04 08:00:00,Email,x,ann,15,90\n8,2026-05-04 08:20:00,Email,x,bob,5,60\n"
    ),
    "historical metrics": (
        "Queue,StartInterval,EndInterval,Channel,Contacts queued,Contacts handled,Average handle time\n"
        "x,2026-05-04T08:00:00.000Z,2026-05-04T08:30:00.000Z,VOICE,4,4,200\n"
        "x,2026-05-04T08:30:00.000Z,2026-05-04T09:00:00.000Z,VOICE,5,4,210\n"
    ),
    "messages": ("conversation_id,sender,sent_at\n1,customer,2026-05-04 08:00\n1,agent,2026-05-04 08:10\n"),
    "roster": ("Agent,2026-05-04,2026-05-05\nann,8:00 AM - 4:00 PM,OFF\n"),
    "shifts": ("Employee,Team,Start,End\nann,x,2026-05-04 08:00,2026-05-04 16:00\n"),
    "arrivals": ("id,created\n1,2026-05-04 08:00\n2,2026-05-04 08:30\n"),
}


def fit(folder: Path, text: str) -> Result:
    (folder / "log.csv").write_text(text)
    return CliRunner().invoke(main, ["fit", str(folder / "log.csv"), "--out", str(folder / "out")])


@pytest.mark.parametrize("name", LOGS)
def test_a_proposal_reads_its_log(name: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOGS[name])
    text, built = propose(tmp_path / "log.csv")
    (tmp_path / "m.toml").write_text(text)
    reading = read(tmp_path / "log.csv", mapping(str(tmp_path / "m.toml")))
    lines = LOGS[name].count("\n") - 1
    assert len(reading.rows) == lines, (text, reading.reasons)
    assert built == ("conversations" if name == "messages" else "")


def test_lengths_and_units_are_seen(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOGS["tickets"])
    text, _ = propose(tmp_path / "log.csv")
    for line in ('durations.wait = "First response (min)"', 'units.total = "min"', 'columns.agent = "Assignee"'):
        assert line in text


def test_the_proposal_is_written_out_and_nothing_fitted(tmp_path: Path) -> None:
    done = fit(tmp_path, LOGS["cdr"])
    assert done.exit_code == 2
    proposed = tmp_path / "out" / "log.mapping.toml"
    assert str(proposed) in done.output
    assert [file.name for file in (tmp_path / "out").iterdir()] == [proposed.name]
    proposed.write_text("mine")
    again = fit(tmp_path, LOGS["cdr"])
    assert "from before" in again.output
    assert proposed.read_text() == "mine"


def test_a_built_in_mapping_that_fits_is_named(tmp_path: Path) -> None:
    done = fit(tmp_path, "1767603600|9.1|sales|NONE|ENTERQUEUE||4915112345|1\n")
    assert "--mapping asterisk" in done.output
    assert "queue_log of Asterisk" in done.output


def test_a_header_that_says_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("one,two\n1,2\n")
    with pytest.raises(ScenarioError, match="cannot be guessed from the columns one, two"):
        propose(tmp_path / "log.csv")


def test_every_built_in_mapping_says_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("one,two\n1,2\n")
    for name in built_in():
        how = mapping(name)
        assert how.export
        if not how.header:
            with pytest.raises(ScenarioError, match="no column") as refused:
                read(tmp_path / "log.csv", how)
            assert how.export in str(refused.value)
