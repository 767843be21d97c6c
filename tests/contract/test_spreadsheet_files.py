"""What the spreadsheets of other countries write is read, or refused in a line that says how to settle it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ccsim.errors import ScenarioError
from ccsim.scenario import cells
from ccsim.scenario.check import warnings
from ccsim.scenario.data import DataFiles
from ccsim.scenario.faults import FaultError
from ccsim.scenario.model import Scenario
from ccsim.scenario.read import parse

MONDAY = date(2026, 11, 9)


def scenario(folder: Path, text: str | bytes, columns: Sequence[str] = ("calls",), **top: Any) -> Scenario:
    (folder / "volumes.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    queues = {
        f"q{i}": {"channel": "phone", "volume": {"file": "volumes.csv", "column": column}}
        for i, column in enumerate(columns)
    }
    team = {"skills": dict.fromkeys(queues, 1), "shifts": [{"agents": 2, "hours": "always"}]}
    return parse({"start": MONDAY, "days": 7, "queue": queues, "team": {"desk": team}} | top, folder)


def volume(run: Scenario, queue: str = "q0") -> list[tuple[str, float]]:
    given = run.queue[queue].volume
    assert given is not None
    return [(f"{row.start:%Y-%m-%d %H:%M}", row.contacts) for row in given.intervals]


def problems(folder: Path, text: str | bytes, columns: Sequence[str] = ("calls",)) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        scenario(folder, text, columns)
    return [str(problem) for problem in refused.value.problems]


PLAIN = [("2026-11-09 08:00", 9.5), ("2026-11-09 08:30", 1013.0)]
AS_WRITTEN = {
    "plain": "date,time,calls\n2026-11-09,08:00,9.5\n2026-11-09,08:30,1013\n",
    "semicolons and decimal commas": "date;time;calls\n09.11.2026;08:00;9,5\n09.11.2026;08:30;1013\n",
    "tabs": "date\ttime\tcalls\n2026-11-09\t8:00\t9,5\n2026-11-09\t8:30\t1.013\n",
    "thousands with points": "date;time;calls\n9.11.26;08:00;9,50\n9.11.26;08:30;1.013,00\n",
    "thousands with blanks": "date;time;calls\n2026/11/09;08:00;9,5\n2026/11/09;08:30;1\u202f013\n",
    "thousands with commas": 'date,time,calls\n2026-11-09,08:00,9.5\n2026-11-09,08:30,"1,013"\n',
    "by twelve hours": "date,time,calls\n2026-11-09,8:00 AM,9.5\n2026-11-09,8:30 am,1013\n",
    "with seconds and midnights": "date,time,calls\n2026-11-09 00:00,08:00:00,9.5\n2026-11-09T00:00:00,08:30:00,1013\n",
    "headings": " Date , TIME ,Ca LLS\n2026-11-09,08:00,9.5\n2026-11-09,08:30,1013\n",
    "a line that names the separator": "sep=;\ndate;time;calls\n2026-11-09;08:00;9.5\n2026-11-09;08:30;1013\n",
    "months by name": "date;time;calls\nMontag, 9. November 2026;08:00;9,5\n9 nov. 2026;08:30;1013\n",
    "times with points": "date;time;calls\n09.11.2026;08.00;9,5\n09.11.2026;8.30;1013\n",
    "times with an h": "Date;Heure;calls\n09.11.2026;8h00;9,5\n09.11.2026;8h30;1013\n",
    "times of four digits": "Datum;Uhrzeit;calls\n09.11.2026;0800;9,5\n09.11.2026;0830;1013\n",
    "intervals": "Data;Ora;calls\n09.11.2026;08:00-08:30;9,5\n09.11.2026;08:30 \u2013 09:00;1013\n",
    "by twelve hours, from and to": "Date,Interval,calls\n2026-11-09,8:00 AM - 8:30 AM,9.5\n2026-11-09,8:30 AM,1013\n",
    "columns once in use": "date;time;calls;;\n2026-11-09;08:00;9,5;;\n2026-11-09;08:30;1013;;\n;;;;\n",
}


@pytest.mark.parametrize("text", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_one_file_in_many_hands(tmp_path: Path, text: str) -> None:
    assert volume(scenario(tmp_path, text)) == PLAIN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = AS_WRITTEN["plain"].replace("calls", "Anrufe für Büro")
    assert volume(scenario(tmp_path, text.encode(encoding), ["Anrufe für Büro"])) == PLAIN


def test_letters_of_older_spreadsheets_are_read_and_said(tmp_path: Path) -> None:
    text = AS_WRITTEN["plain"].replace("calls", "Büro")
    result = [str(one) for one in warnings(scenario(tmp_path, text.encode("cp1252"), ["Büro"]))]
    assert any(
        one.startswith("volumes.csv: not UTF-8, but Windows-1252; 'B") and "is read as Büro" in one for one in result
    )
    (found_line,) = problems(tmp_path, text.encode("cp1252").replace(b"9.5", b"\x81"), ["Büro"])
    assert "volumes.csv:1: bytes that are not UTF-8" in found_line


@pytest.mark.parametrize(
    ("begins", "why"), [(b"PK\x03\x04", "a damaged workbook"), (b"\xd0\xcf\x11\xe0", "an old workbook (.xls)")]
)
def test_a_workbook_that_cannot_be_read_is_named(tmp_path: Path, begins: bytes, why: str) -> None:
    (result,) = problems(tmp_path, begins + bytes(range(256)))
    assert f"'volumes.csv' is {why}" in result
    assert 'save it as .xlsx, or its sheet as "CSV UTF-8"' in result


ROWS = [
    ["Date", "Time", "calls", "calls.aht"],
    [MONDAY, time(8), 9.5, timedelta(seconds=270)],
    [MONDAY, "8:30", 1013, 250],
]
SHIFTS = [["agent", "date", "start", "end"], ["Anna", MONDAY, time(22), time(6, 30)]]


def workbook(*sheets: Sequence[Sequence[Any]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        forms = {date: "d.m.yy", time: "hh:mm", timedelta: "[h]:mm:ss"}
        formats = {kind: book.add_format({"num_format": form}) for kind, form in forms.items()}
        for rows in sheets:
            sheet = book.add_worksheet()
            for at, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(at, place, value, formats.get(type(value)))
    return content.getvalue()


def test_a_workbook_is_read_as_the_file_saved_from_it(tmp_path: Path) -> None:
    run = scenario(tmp_path, workbook([["Forecast of November"], [], *ROWS]))
    given = run.queue["q0"].volume
    assert given is not None
    assert volume(run) == PLAIN
    assert [row.handle_time for row in given.intervals] == [270, 250]
    assert run.files["volumes.csv"].startswith(b"PK"), "kept as it is, so that a run can be stored whole"
    result = [str(one) for one in warnings(run)]
    assert "volumes.csv: 1 line above the header; 'Forecast of November' is read as a title" in result


def test_a_fault_in_a_workbook_has_the_number_of_its_row(tmp_path: Path) -> None:
    (result,) = problems(tmp_path, workbook([["Forecast"], [], *ROWS, [MONDAY, time(9), "many", None]]))
    assert "volumes.csv:6: 'many'" in result


def test_each_sheet_of_a_workbook_is_found_by_its_columns(tmp_path: Path) -> None:
    notes = [["Notes"], ["of mine", "and yours"], ["of all", "of us"]]
    book = workbook(notes, SHIFTS, ROWS)
    team = {"skills": {"q0": 1}, "roster": {"file": "volumes.csv"}}
    run = scenario(tmp_path, book, team={"desk": team})
    assert volume(run) == PLAIN
    roster = run.team["desk"].roster
    assert roster is not None
    assert [shift.hours.end - shift.hours.start for shift in roster.shifts] == [8.5 * 3600e6]
    assert not [one for one in map(str, warnings(run)) if "not used" in one or "Sheet1" in one]


def test_of_which_sheet_columns_are_must_be_clear(tmp_path: Path) -> None:
    (result,) = problems(tmp_path, workbook(ROWS, ROWS))
    sheets = "the sheets volumes.csv (Sheet1), volumes.csv (Sheet2); expected exactly one sheet that has them"
    assert f"columns 'date', 'time', 'calls' in 2 of {sheets}" in result
    (result,) = problems(tmp_path, workbook(ROWS, SHIFTS), ["chats"])
    assert f"columns 'date', 'time', 'chats' in none of {sheets}" in result


def test_a_file_of_one_column_has_its_commas_within_the_cells(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("seconds\n1,234,567\n2,345,678\n")
    assert DataFiles(tmp_path).column("one.csv", "seconds", float, cells.numbers) == [1234567, 2345678]


def test_a_header_with_fewer_cells_than_its_rows_is_not_only_said_to_lack_columns(tmp_path: Path) -> None:
    """The first row was taken for the header, and nothing said so."""
    rows = "".join(f"2026-11-09,{hour}:00,5,a note\n" for hour in range(10, 14))
    (result,) = problems(tmp_path, f"date,time,calls\n{rows}")
    assert "no column 'date', 'time', 'calls' in line 2, which seems to be the header, of volumes.csv" in result


@pytest.mark.parametrize("title", ["Forecast", "Forecast;;", "Forecast;;\n;;\nof;November;"])
def test_lines_above_the_header_are_left_out_and_said(tmp_path: Path, title: str) -> None:
    run = scenario(tmp_path, f"{title}\n{AS_WRITTEN['times with points']}")
    assert volume(run) == PLAIN
    above = len(title.replace("\n;;", "").splitlines())
    plural = "s" * (above > 1)
    assert any(
        f"volumes.csv: {above} line{plural} above the header; 'Forecast' is read as a title" in one
        for one in map(str, warnings(run))
    )


def test_columns_without_a_heading_are_named(tmp_path: Path) -> None:
    result = problems(tmp_path, "Title\ndate;time;;calls\n2026-11-09;08:00;1;2\n2026-11-09;08:30;1;2\n")
    assert "volumes.csv:2: no heading above column 3; expected one above each column, in one line" in result


def test_guesses_are_said_once_a_file(tmp_path: Path) -> None:
    text = "date;time;calls;mails\n09.11.2026;08:00;9,5;1,5\n09.11.2026;08:30;10;2\n"
    result = [str(one) for one in warnings(scenario(tmp_path, text, ["calls", "mails"]))]
    assert "volumes.csv: decimal commas, columns calls, mails; '9,5' is read as 9.5" in result
    assert "volumes.csv: dates with the day first, column date; '09.11.2026' is read as 2026-11-09" in result
    plain = [str(one) for one in warnings(scenario(tmp_path, AS_WRITTEN["plain"]))]
    assert not [one for one in plain if "is read as" in one]


def days(first: date, many: int, form: str) -> str:
    rows = [f"{(first + timedelta(days=i)).strftime(form)};08:00;5" for i in range(many)]
    return "\n".join(["date;time;calls", *rows]) + "\n"


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y", "%d.%m.%Y"])
@pytest.mark.parametrize("many", [4, 7])
def test_day_and_month_by_the_whole_column(tmp_path: Path, form: str, many: int) -> None:
    """The 9th to the 12th of November are four days in a row, or one day of four months."""
    result = volume(scenario(tmp_path, days(MONDAY, many, form)))
    assert [row[0][:10] for row in result] == [str(MONDAY + timedelta(days=i)) for i in range(many)]


def test_day_or_month_that_nothing_tells_is_refused_in_one_line(tmp_path: Path) -> None:
    text = "date;time;calls;mails\n09/11/2026;08:00;9,5;1\n09/11/2026;08:30;9,5;2\n"
    (result,) = problems(tmp_path, text, ["calls", "mails"])
    assert "volumes.csv:2" in result
    assert "'09/11/2026' may be 9 November 2026 or 11 September 2026; dates such as 2026-11-09" in result


def test_numbers_that_may_mean_two_things_are_refused(tmp_path: Path) -> None:
    (result,) = problems(tmp_path, "date;time;calls\n2026-11-09;08:00;1.013\n2026-11-09;08:30;9\n")
    assert "'1.013' may be 1013 or 1.013" in result
    (result,) = problems(tmp_path, "date;time;calls\n2026-11-09;08:00;1,5\n2026-11-09;08:30;2.5\n")
    assert "one of them" in result


def test_a_few_lines_of_complaint_a_column(tmp_path: Path) -> None:
    rows = [f"2026-11-09;{hour:02d}:{minute:02d};many;-1" for hour in range(24) for minute in (0, 30)]
    result = problems(tmp_path, "\n".join(["date;time;calls;mails", *rows]), ["calls", "mails"])
    assert len(result) == 2
    assert all("and 47 more cells like it" in line and "volumes.csv:2" in line for line in result)
    two = problems(tmp_path, "date,time,calls\n2026-11-09,08:00,x\n2026-11-09,08:30,y\n2026-11-09,09:00,1\n")
    assert [line.partition(": ")[0] for line in two] == ["volumes.csv:2", "volumes.csv:3"]


def test_rosters_logs_and_measured_times(tmp_path: Path) -> None:
    roster = 'Agent;Date;Start;End;Breaks\nada;09.11.2026;8:00 AM;4:00 PM;"12:00 PM-12:30 PM;3:00 PM-3:15 PM"\n'
    (tmp_path / "roster.csv").write_text(roster + "bob;10.11.2026;16:00;24:00;\n")
    (tmp_path / "log.csv").write_text("came;took\n09.11.2026 8:30;0:04:30\n10.11.2026 21:05:10;95,5\n")
    (tmp_path / "times.csv").write_text("took\n0:04:30\n95,5\n")
    calls = {
        "channel": "phone",
        "volume": {"log": "log.csv", "arrived_at": "came", "work": "took"},
        "wrap_up": {"dist": "empirical", "file": "times.csv", "column": "took"},
    }
    team = {"skills": {"calls": 1}, "roster": {"file": "roster.csv"}}
    run = parse({"start": MONDAY, "days": 2, "queue": {"calls": calls}, "team": {"desk": team}}, tmp_path)
    assert run.team["desk"].roster is not None
    assert run.queue["calls"].volume is not None
    first, second = run.team["desk"].roster.shifts
    assert f"{first.start:%d %H:%M}-{first.end:%H:%M}" == "09 08:00-16:00"
    assert [f"{start:%H:%M}-{end:%H:%M}" for start, end in first.breaks] == ["12:00-12:30", "15:00-15:15"]
    assert f"{second.start:%d %H:%M}-{second.end:%d %H:%M}" == "10 16:00-11 00:00"
    trace = run.queue["calls"].volume.trace
    assert trace is not None
    assert [str(time) for time in trace.arrivals] == ["2026-11-09 08:30:00", "2026-11-10 21:05:10"]
    assert trace.work == (270_000_000, 95_500_000)
    assert run.queue["calls"].wrap_up.mean == (270 + 95.5) / 2


@pytest.mark.parametrize(
    ("column", "plain"),
    [
        (["1.234,5", "-2", "1e3"], ["1234.5", "-2", "1e3"]),
        (["1,234.5", "12"], ["1234.5", "12"]),
        (["0,125", "2"], ["0.125", "2"]),
        (["1'234.50", "3"], ["1234.50", "3"]),
        (["1.234.567", "3"], ["1234567", "3"]),
        (["12,5", "1.23.4"], ["12.5", "1.23.4"]),
        (["nan", "", "x"], ["nan", "", "x"]),
    ],
)
def test_numbers_as_spreadsheets_write_them(column: list[str], plain: list[str]) -> None:
    plainly, _ = cells.numbers(column, ";")
    assert [plainly(cell) for cell in column] == plain


def test_half_days() -> None:
    plainly, _ = cells.times((), ",")
    written = ["12:00 AM", "12:30 pm", "1:05:09 p.m.", "11:59PM", "24:00", "13:00 PM"]
    assert [plainly(cell) for cell in written] == ["00:00", "12:30", "13:05:09", "23:59", "24:00", "13:00 PM"]


def test_dates_of_no_calendar_are_left_to_be_refused() -> None:
    plainly, _ = cells.dates(["31.02.2026", "13.02.2026"], ";")
    assert [plainly(cell) for cell in ("31.02.2026", "13.02.2026", "soon")] == ["31.02.2026", "2026-02-13", "soon"]
    with pytest.raises(FaultError, match="may be"):
        cells.dates(["01/02/2026"], ",")
    both, _ = cells.dates(["13/02/2026", "14/02/2026", "02/15/2026"], ",")
    assert [both(cell) for cell in ("13/02/2026", "02/15/2026")] == ["2026-02-13", "02/15/2026"]


@pytest.mark.parametrize(("when", "said"), [("08:00", True), ("08:00-09:00", False)])
def test_the_length_of_a_row_alone_is_a_guess(tmp_path: Path, when: str, said: bool) -> None:
    result = [str(one) for one in warnings(scenario(tmp_path, f"date,time,calls\n2026-11-09,{when},9\n"))]
    guess = "volumes.csv: length of its only interval; '08:00' is read as half an hour from then on"
    assert (guess in result) == said
