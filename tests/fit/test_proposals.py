"""Without a mapping `ccsim fit` proposes one from the header, written out to edit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ccsim.cli import main
from ccsim.errors import ScenarioError
from ccsim.fit.estimate import estimate
from ccsim.logs.mapping import Mapping, built_in, mapping
from ccsim.logs.proposal import propose
from ccsim.logs.readers import read, read_all

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
    "activities": (
        "Mitarbeiter;Datum;Von;Bis;Tätigkeit\nAnna;04.05.2026;08:00;12:00;Arbeit\nAnna;04.05.2026;12:00;12:30;Pause\n"
    ),
    "shifts": ("Employee,Team,Start,End\nann,x,2026-05-04 08:00,2026-05-04 16:00\n"),
    "calls in German": (
        "Datum;Uhrzeit;Warteschlange;Anrufer;Wartezeit (Sek.);Gesprächszeit (Sek.);Nachbearbeitungszeit (Sek.);"
        "Mitarbeiter;Ergebnis\n"
        "04.05.2026;08:00:10;Service;49151;12;240;30;Anna;Angenommen\n"
        "04.05.2026;08:03:00;Service;49152;60;;;;Abgebrochen\n"
    ),
    "calls in Italian": (
        "Data;Ora;Coda;Attesa;Durata conversazione;Agente;Esito\n"
        "04/05/2026;08:00:10;Vendite;00:00:12;00:04:00;Anna;Risposta\n"
        "14/05/2026;08:03:00;Vendite;00:01:00;;;Abbandonata\n"
    ),
    "calls with a reason": (
        "CALL ID,DATE,TIME,CALL TYPE,SKILL,AGENT NAME,DISPOSITION,QUEUE WAIT TIME,TALK TIME,HOLD TIME,"
        "AFTER CALL WORK TIME,ABANDONED\n"
        "1,05/14/2026,08:00:10 AM,Inbound,Billing,Anna,Sale,00:00:12,00:04:00,00:00:00,00:00:30,0\n"
        "2,05/14/2026,01:03:00 PM,Inbound,Billing,,Hung up early,00:01:00,00:00:00,00:00:00,00:00:00,1\n"
    ),
    "calls with lengths in brackets": (
        "line;datetime (UTC);direction;from;answered;user;duration (total);duration (in call)\n"
        "Main;2026-05-04 08:00:00;inbound;39;Yes;Anna;250;238\n"
        "Main;2026-05-04 08:04:00;inbound;38;No;;60;0\n"
    ),
    "calls in milliseconds since 1970": (
        "id,queue,queued_at,answered_at,ended_at,agent_id\n"
        "1,tier1,1777881600000,1777881612000,1777881852000,7\n"
        "2,tier1,1777881700000,0,1777881760000,\n"
    ),
    "conversations": (
        "Conversation ID,Conversation started at (Europe/Rome),Team assigned,Teammate replied,"
        "First response time (seconds),Time to close (seconds)\n"
        "1,2026-05-04 08:00,Support,Anna,20,500\n"
        "2,2026-05-04 08:04,Support,Ben,70,600\n"
    ),
    "a switch's half hours": (
        "Date,Interval,Split/Skill,ACD Calls,Aban Calls,Avg Speed Ans,Avg Aban Time,Avg ACD Time,Avg ACW Time\n"
        "14/05/2026,08:00AM - 08:30AM,Support,10,1,:08,1:10,4:01,:28\n"
        "14/05/2026,08:30AM - 09:00AM,Support,12,0,:06,,3:50,:31\n"
    ),
    "interactions with users": (
        "Conversation ID,Media Type,Date,Queue,Users - Interacted,Duration,Total Queue,Total Talk,Total ACW,Abandoned\n"
        'c1,voice,"5/14/26, 8:00:10 AM",x,Anna,0:04:12.120,0:00:12.000,0:04:00.000,0:00:30.000,NO\n'
        'c2,voice,"5/14/26, 1:03:00 PM",x,,0:01:00.000,0:01:00.000,,,YES\n'
    ),
    "contacts with decimal commas": (
        "Contact ID;Start Date;Start Time;Media Type;Skill Name;Agent Name;InQueue Time;Agent Time;ACW Time;Abandoned\n"
        "1;05/14/2026;08:00:10;Phone Call;x;Anna;0,512;380,566;85,653;False\n"
        "2;05/14/2026;08:03:00;Phone Call;x;;60,100;0,000;0,000;True\n"
    ),
    "contact trace records": (
        "ContactId,Channel,InitiationTimestamp,DisconnectTimestamp,Queue.Name,Queue.EnqueueTimestamp,Queue.Duration,"
        "Agent.Username,Agent.ConnectedToAgentTimestamp,Agent.AgentInteractionDuration,Agent.AfterContactWorkDuration\n"
        "1,VOICE,2026-05-04T08:00:00Z,2026-05-04T08:05:00Z,x,2026-05-04T08:00:30Z,10,Anna,2026-05-04T08:00:40Z,260,30\n"
        "2,VOICE,2026-05-04T08:01:00Z,2026-05-04T08:02:00Z,x,2026-05-04T08:01:30Z,30,,,,\n"
    ),
    "calls of a call queue": (
        "Call ID,Call Queue Name,Call Start Time (UTC),Call Result,Caller Wait Time (Seconds),Agent Name,"
        "Agent Connect Duration (Seconds)\n"
        "1,x,14/05/2026 08:00:10,Agent answered,12,Anna,240\n2,x,14/05/2026 08:03:00,Caller abandoned,60,,0\n"
    ),
    "a report with a title": (
        "Contact Service Queue Activity Report\nFrom 5/14/26 to 5/15/26\n\n"
        "Call Start Time,Call End Time,Contact Disposition,CSQ Names,Agent Name,Queue Time,Talk Time,Work Time\n"
        "5/14/26 8:00:10 AM,5/14/26 8:04:22 AM,Handled,x,Anna,0:00:12,0:04:00,0:00:30\n"
        "5/14/26 1:03:00 PM,5/14/26 1:04:00 PM,Abandoned,x,,0:01:00,,\n"
    ),
    "tickets with a source": (
        "Ticket Id,Status,Source,Agent,Group,Created time,First response time (in hrs),Resolution time (in hrs)\n"
        "1,Closed,Email,Anna,x,2026-05-04 08:00:00,1:00:00,31:12:05\n"
        "2,Closed,Portal,Ben,x,2026-05-04 08:20:00,0:30:00,26:00:00\n"
    ),
    "calls in Polish": (
        "Data;Godzina;Kolejka;Konsultant;Czas oczekiwania;Czas rozmowy;Wynik\n"
        "2 marca 2026;09:00:05;Sprzedaż;Anna;12s;3m 20s;Odebrane\n2 marca 2026;09:01:10;Sprzedaż;;40s;;Nieodebrane\n"
    ),
    "calls in Japanese": (
        "着信日時,キュー名,オペレーター,応答結果,待ち時間(秒),通話時間（秒）\n"
        "2026年3月2日 9:00:05,予約,佐藤,応答,12,180\n2026年3月2日 9:01:10,予約,,放棄,40,\n"
    ),
    "half hours in Japanese": (
        "日付,時間帯,着信数,応答数,放棄数,平均処理時間（分）\n2026/3/2,09:00,10,9,1,4.5\n2026/3/2,09:30,12,12,0,4\n"
    ),
    "days across": "Intervall;04.05.2026;05.05.2026;Summe\n08:00;4;5;9\n08:30;3;;3\nSumme;7;5;12\n",
    "half hours in French": (
        "Date;Heure;File d'attente;Appels reçus;Appels traités;Appels abandonnés;DMT (s);Attente moyenne (s)\n"
        "14/05/2026;08h00;x;10;9;1;240,5;12,5\n14/05/2026;08h30;x;12;12;0;230,0;6,0\n"
    ),
    "half hours in German with totals": (
        "Datum;Intervall;Warteschlange;Eingehend;Angenommen;Verloren;Ø Gesprächszeit;Ø Nachbearbeitung;Ø Wartezeit\n"
        "04.05.2026;08:00 - 08:30;x;10;9;1;00:04:00;00:00:30;12,5\n"
        "04.05.2026;08:30 - 09:00;x;12;12;0;00:03:50;00:00:31;6,0\n"
        "04.05.2026;Summe;;22;21;1;00:03:54;00:00:31;\n"
    ),
    "tasks": (
        "Sid,TaskQueue,DateCreated,TimeInQueue,TalkTime,WrapUpTime,WorkerName\n"
        "1,x,2026-05-04T08:00:00Z,12,240,30,Anna\n2,x,2026-05-04T08:03:00Z,60,,,\n"
    ),
    "calls of ring groups": (
        "Interaction ID,Call Type,Start Time,End Time,Talk Time,Waiting Time,Holding Time,Agent Name,"
        "Ring Groups,Team Name\n"
        "1,inbound,05/14/2026 08:00:10,05/14/2026 08:04:42,240,12,20,Anna,support,West\n"
        "2,abandoned,05/14/2026 08:03:00,05/14/2026 08:04:00,0,60,0,,sales,West\n"
    ),
    "calls through midnight": (
        "Call ID,Queue,Date,Start Time,Answer Time,End Time,Agent\n"
        "1,x,14/05/2026,12:00:00,12:00:10,12:04:00,Anna\n2,x,14/05/2026,23:58:00,23:59:50,00:03:00,Anna\n"
    ),
    "half hours with totals of time": (
        "Interval,Queue,Offered,Answered,Abandoned,Total Talk Time,Total ACW Time,Avg Wait\n"
        "2026-05-04 08:00,x,10,9,1,0:36:00,0:04:30,12\n2026-05-04 08:30,x,12,12,0,0:46:00,0:06:00,6\n"
    ),
    "calls of a router": (
        "RouterCallKey,DateTime,SkillGroup,ANI,LocalQTime,RingTime,TalkTime,HoldTime,WorkTime,CallDisposition\n"
        "1,2026-05-04 08:00:10,x,49151,12,3,240,0,30,13\n2,2026-05-04 08:03:00,x,49152,60,0,0,0,0,2\n"
    ),
    "arrivals": ("id,created\n1,2026-05-04 08:00\n2,2026-05-04 08:30\n"),
}


def fit(folder: Path, text: str) -> Result:
    (folder / "log.csv").write_text(text)
    return CliRunner().invoke(main, ["fit", str(folder / "log.csv"), "--out", str(folder / "out")])


@pytest.mark.parametrize("name", LOGS)
def test_a_proposal_reads_its_log(name: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOGS[name])
    text, built = propose(tmp_path / "log.csv")
    text = text.replace('# words = { Open = "work" }', 'words = { Arbeit = "work" }')
    (tmp_path / "m.toml").write_text(text)
    reading = read(tmp_path / "log.csv", mapping(str(tmp_path / "m.toml")))
    others = {"a report with a title": 4, "days across": 0, "half hours in German with totals": 2}
    lines = LOGS[name].count("\n") - others.get(name, 1)
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


@pytest.mark.parametrize("above", ["", "Volumes of March\n\n", "Volumes of March;;;\n;;;\n"])
def test_a_volume_file_is_named_as_such(tmp_path: Path, above: str) -> None:
    """It was proposed as contacts, one a row, and one of its queues as the name of the queue."""
    rows = "".join(f"02.03.2026;{hour:02}:30;{hour};0:04:{hour}\n" for hour in range(10, 20))
    (tmp_path / "log.csv").write_text(f"{above}Date;Time;Service;Service.aht\n{rows}")
    with pytest.raises(ScenarioError, match=r'a volume file, .*volume = { file = "log.csv"'):
        propose(tmp_path / "log.csv")


def test_no_file_is_named_a_volume_file_that_a_scenario_would_not_read(tmp_path: Path) -> None:
    """Its headings were found by the words for logs, of which a volume file has fewer."""
    rows = "".join(f"2026/3/2,{hour}:30,{hour}\n" for hour in range(10, 20))
    (tmp_path / "log.csv").write_text(f"日付,時刻,予約\n{rows}", encoding="utf-8")
    with pytest.raises(ScenarioError, match="cannot be guessed from the columns 日付, 時刻, 予約"):
        propose(tmp_path / "log.csv")


def test_every_built_in_mapping_says_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("one,two\n1,2\n")
    names = list(built_in())
    assert names
    for name in names:
        how = mapping(name)
        assert how.export
        if not how.header:
            with pytest.raises(ScenarioError, match="no column") as refused:
                read(tmp_path / "log.csv", how)
            assert how.export in str(refused.value)


MEANT = {
    "activities": ('kind = "rosters"', 'date = "Datum"', "which of these are work: Arbeit, Pause?"),
    "shifts": ('kind = "rosters"',),
    "calls in German": ('durations.wrap = "Nachbearbeitungszeit (Sek.)"', '"Abgebrochen" = "abandoned"'),
    "calls with a reason": ('columns.outcome = "ABANDONED"', '"1" = "abandoned"', 'durations.wait = "QUEUE WAIT TIME"'),
    "calls with lengths in brackets": ('durations.talk = "duration (in call)"', 'written_in = "UTC"'),
    "calls in milliseconds since 1970": ('columns.answer = "answered_at"',),
    "conversations": ('timezone = "Europe/Rome"', 'durations.total = "Time to close (seconds)"'),
    "calls in Polish": ('durations.wait = "Czas oczekiwania"', '"Nieodebrane" = "abandoned"'),
    "calls in Japanese": (
        'columns.agent = "オペレーター"',
        'durations.talk = "通話時間（秒）"',
        '"放棄" = "abandoned"',
    ),
    "half hours in Japanese": ('columns.offered = "着信数"', 'units.handle_time = "min"'),
    "half hours in French": ('columns.start = ["Date", "Heure"]', 'columns.offered = "Appels reçus"'),
    "half hours in German with totals": ('durations.talk = "Ø Gesprächszeit"', 'durations.wait = "Ø Wartezeit"'),
    "half hours with totals of time": ("total_handle_time = true", '# left out: "Avg Wait"'),
    "calls of a router": ('durations.wait = "LocalQTime"', '# left out: "RouterCallKey", "RingTime"'),
    "tasks": ('columns.agent = "WorkerName"',),
    "calls of ring groups": ('columns.queue = "Ring Groups"', 'durations.hold = "Holding Time"'),
    "a switch's half hours": ('columns.start = ["Date", "Interval"]', 'durations.left = "Avg Aban Time"'),
}


@pytest.mark.parametrize("name", MEANT)
def test_what_columns_mean_is_seen(name: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOGS[name])
    text, _ = propose(tmp_path / "log.csv")
    assert [line for line in MEANT[name] if line not in text] == []


def test_whatever_columns_there_are_a_proposal_is_a_mapping(tmp_path: Path) -> None:
    """Of any of the columns of a log: nothing is proposed that the mapping's own rules refuse."""
    draw, proposed = np.random.default_rng(5), 0
    for _, log in sorted(LOGS.items()):
        mark = max(",;", key=log.count)
        lines = [line.split(mark) for line in log.splitlines()]
        for _ in range(2):
            kept = draw.permutation(len(lines[0]))[: draw.integers(1, len(lines[0]) + 1)]
            (tmp_path / "log.csv").write_text("".join(mark.join(line[at] for at in kept) + "\n" for line in lines))
            try:
                text, _ = propose(tmp_path / "log.csv")
            except ScenarioError:  # too little is left
                continue
            (tmp_path / "m.toml").write_text(text)
            mapping(str(tmp_path / "m.toml"))
            proposed += 1
    assert proposed > 12


def test_a_log_with_a_column_called_line_can_be_refused_in_part(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "line,reason,file,arrival,answer,end\n"
        "7,a,b,2026-05-04 08:00,2026-05-04 08:01,2026-05-04 08:03\n7,a,b,2026-05-04 08:00,2026-05-04 08:01,x\n"
        "8,a,b,2026-05-04 08:10,2026-05-04 08:11,2026-05-04 08:13\n"
    )
    (tmp_path / "m.toml").write_text(propose(tmp_path / "log.csv")[0])
    refused = read(tmp_path / "log.csv", mapping(str(tmp_path / "m.toml"))).refused
    assert list(refused["line"]) == [3]
    assert list(refused["line (in the log)"]) == ["7"]


def test_intervals_say_how_long_people_wait_before_they_leave(tmp_path: Path) -> None:
    """Exponential patience: the mean wait of all by the share that gave up, over 1 in 23."""
    (tmp_path / "log.csv").write_text(LOGS["a switch's half hours"])
    (tmp_path / "m.toml").write_text(propose(tmp_path / "log.csv")[0])
    logs = read_all([tmp_path / "log.csv"], [mapping(str(tmp_path / "m.toml"))])
    assert logs.intervals is not None
    assert logs.intervals["offered"].tolist() == [11, 12]
    assert logs.intervals["handle_time"].tolist() == [269, 261]
    assert estimate(logs, "ready").queues["Support"].figures["patience.mean"].mean == pytest.approx(
        10 * 8 + 12 * 6 + 70
    )


def test_a_back_test_proposes_a_mapping_beside_its_scenario(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        'start = 2026-05-04\ndays = 1\n[queue.x]\nchannel = "phone"\n[team.a]\nskills = { x = 1 }\n'
        'shifts = [{ agents = 1, hours = "08:00-16:00" }]\n'
    )
    log = tmp_path / "cdr.csv"
    log.write_text(LOGS["cdr"])
    arguments = [str(tmp_path / "s.toml"), str(log), "--train", "2026-05-04", "--test", "2026-05-05"]
    done = CliRunner().invoke(main, ["backtest", *arguments])
    assert done.exit_code == 2
    proposal = tmp_path / "cdr.mapping.toml"
    assert f"{proposal} is a proposal from the header" in done.output
    assert mapping(str(proposal)).kind == "contacts"


def test_a_list_of_cases_of_several_channels_has_a_queue_for_each(tmp_path: Path) -> None:
    """Of mails the time until they are closed is kept; chats and calls are counted, as it is no work of theirs."""
    lines = ["Ticket ID,Created at,Channel,Group,Assignee,First response (min),Full resolution (min)"]
    for n in range(90):
        channel = ("Email", "Web form", "Chat", "Phone")[n % 4]
        lines.append(f"{n},2026-05-{4 + n // 30:02d} 08:{n % 30 * 2:02d}:00,{channel},x,ann,{n},{600 + n}")
    log = tmp_path / "tickets.csv"
    log.write_text("\n".join(lines) + "\n")
    text, _ = propose(log)
    (tmp_path / "how.toml").write_text(text)
    fit = estimate(read_all([log], [mapping(str(tmp_path / "how.toml"))]), "ready")
    assert {name: (queue.channel, queue.contacts) for name, queue in fit.queues.items()} == {
        "x (email)": ("email", 46), "x (live_chat)": ("live_chat", 22), "x (phone)": ("phone", 22),
    }  # fmt: skip
    assert fit.queues["x (email)"].answered == 46
    assert not fit.queues["x (phone)"].answered
    assert not any("Implausible" in warning for warning in fit.warnings)


def test_a_log_of_three_contacts_is_said_to_be_too_short(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    days = [f"2026-05-{day:02d} 09:0" for day in (4, 5, 6)]
    rows = [f"{n},x,{day}0:00,{day}0:10,{day}4:00,ann,answered" for n, day in enumerate(days)]
    log.write_text("contact,queue,arrival,answer,end,agent,outcome\n" + "\n".join(rows) + "\n")
    fit = estimate(read_all([log], [mapping("calls")]), "ready")
    assert any("3 contacts: too few to tell what is usual" in warning for warning in fit.warnings)


def test_an_interval_with_contacts_beyond_sense_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "Start,Offered,AHT\n2026-05-04 08:00,4,200\n2026-05-04 08:30,1e300,200\n2026-05-04 09:00,4,1e12\n"
    )
    (tmp_path / "m.toml").write_text(propose(tmp_path / "log.csv")[0])
    reading = read(tmp_path / "log.csv", mapping(str(tmp_path / "m.toml")))
    assert reading.rows["offered"].tolist() == [4]
    assert list(reading.reasons) == ["offered: beyond sense (1e300)", "handle_time: beyond sense (1e12)"]


def columns(name: str, folder: Path) -> Mapping:
    (folder / "log.csv").write_text(LOGS[name])
    (folder / "m.toml").write_text(propose(folder / "log.csv")[0])
    return mapping(str(folder / "m.toml"))


def test_a_wait_begins_in_the_queue_and_not_in_the_menu(tmp_path: Path) -> None:
    how = columns("contact trace records", tmp_path)
    assert how.columns["arrival"] == ("Queue.EnqueueTimestamp",)
    assert how.durations["wait"] == ("Queue.Duration",)
    rows = read(tmp_path / "log.csv", how).rows
    assert (rows["answer"] - rows["arrival"]).dt.total_seconds()[0] == 10


def test_one_column_shows_what_the_commas_of_all_mean(tmp_path: Path) -> None:
    """0,512 can only be half a second, so 85,653 is no day of wrap-up."""
    rows = read(tmp_path / "log.csv", columns("contacts with decimal commas", tmp_path)).rows
    first = rows.iloc[0]
    assert (first["wrapped"] - first["end"]).total_seconds() == pytest.approx(85.653)
    assert (first["end"] - first["answer"]).total_seconds() == pytest.approx(380.566)


def test_volumes_by_date_are_those_of_each_day(tmp_path: Path) -> None:
    rows = read(tmp_path / "log.csv", columns("days across", tmp_path)).rows
    assert dict(zip(rows["start"].astype(str), rows["offered"], strict=True)) == {
        "2026-05-04 08:00:00": 4,
        "2026-05-04 08:30:00": 3,
        "2026-05-05 08:00:00": 5,
        "2026-05-05 08:30:00": 0,
    }


def test_outcomes_that_the_mapping_does_not_explain_are_no_callers_who_gave_up(tmp_path: Path) -> None:
    lines = ["id,queue,came,done,result"]
    for minute in range(40):
        result = "Erledigt" if minute % 4 else "Abandoned"
        lines.append(f"{minute},x,2026-05-04 08:{minute:02d}:00,2026-05-04 08:{minute:02d}:40,{result}")
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "m.toml").write_text(
        'kind = "contacts"\ncolumns = { contact = "id", queue = "queue", arrival = "came", end = "done", outcome = '
        '"result" }\nwords = { Abandoned = "abandoned" }\n'
    )
    arguments = ["fit", str(tmp_path / "log.csv"), "--mapping", str(tmp_path / "m.toml"), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert "such as Erledigt: words = " in done.output
