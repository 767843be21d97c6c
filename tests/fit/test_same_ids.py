"""The same id again: a ring, a leg, an ignored row, a duplicate, another contact; told apart, none lost in silence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ccsim.fit.estimate import estimate
from ccsim.logs.mapping import mapping
from ccsim.logs.readers import read, read_all
from ccsim.logs.records import Reading

HEADER = "contact,customer,queue,arrival,answer,end,agent,outcome\n"


def logged(folder: Path, *lines: str) -> Reading:
    (folder / "log.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return read(folder / "log.csv", mapping("calls").model_copy(update={"words": {"Test": "ignore"}}))


def row(contact: str, queue: str, times: str, agent: str = "", outcome: str = "answered") -> str:
    arrival, answer, end = (f"2026-04-06 {time}" if time != "-" else "" for time in times.split())
    return f"{contact},,{queue},{arrival},{answer},{end},{agent},{outcome}"


def test_legs_are_transfers_with_their_share(tmp_path: Path) -> None:
    lines = [row(f"c{n}", "first", f"10:{n:02d}:00 10:{n:02d}:10 10:{n:02d}:50", "ann") for n in range(8)]
    lines += [row(f"c{n}", "second", f"10:{n:02d}:50 10:{n:02d}:58 10:{n + 5:02d}:00", "bob") for n in range(2)]
    reading = logged(tmp_path, *lines)
    assert len(reading.refused) == 0
    legs = reading.rows[reading.rows["follows"].notna()]
    assert (legs["queue"].tolist(), legs["follows"].tolist()) == (["second", "second"], ["c0", "c1"])
    assert (reading.rows["outcome"] == "transferred").sum() == 2
    fit = estimate(read_all([tmp_path / "log.csv"], [mapping("calls")]), "ready")
    assert fit.queues["first"].figures["transfer.second"].mean == 0.25
    assert fit.queues["second"].profile.counts.sum() == 0  # nobody comes there but by transfer
    assert fit.queues["second"].distributions["work"].sample.times.tolist() == [242.0, 242.0]


def test_rings_that_nobody_took_are_no_calls(tmp_path: Path) -> None:
    reading = logged(
        tmp_path,
        row("r", "desk", "10:00:00 - 10:00:15", outcome="abandoned"),
        row("r", "desk", "10:00:15 - 10:00:30", outcome="abandoned"),
        row("r", "desk", "10:00:30 10:00:40 10:03:00", "ann"),
        row("s", "desk", "10:10:00 - 10:10:15", outcome="abandoned"),
        row("s", "desk", "10:10:15 - 10:10:45", outcome="abandoned"),
    )
    assert reading.rows["contact"].tolist() == ["r", "s"]
    assert reading.rows["outcome"].tolist() == ["answered", "abandoned"]
    assert (reading.rows["arrival"] == pd.to_datetime(["2026-04-06 10:00:00", "2026-04-06 10:10:00"])).all()
    (reason,) = reading.reasons
    assert reason.startswith("a ring that nobody took")
    assert reading.reasons[reason] == 3


def test_a_row_that_is_left_out_uses_up_nothing(tmp_path: Path) -> None:
    reading = logged(
        tmp_path,
        row("t", "desk", "10:00:00 10:00:05 10:01:00", "ann", "Test"),
        row("t", "desk", "10:05:00 10:05:05 10:06:00", "ann"),
    )
    assert reading.reasons == {"left out by the mapping: Test": 1}
    assert reading.rows["contact"].tolist() == ["t"]
    assert reading.rows["follows"].isna().all()


def test_the_same_row_again_and_the_same_call_at_other_times(tmp_path: Path) -> None:
    reading = logged(
        tmp_path,
        row("d", "desk", "10:00:00 10:00:05 10:01:00", "ann"),
        row("d", "desk", "10:00:00 10:00:05 10:01:00", "ann"),
        row("e", "desk", "11:00:00 11:00:05 11:05:00", "ann"),
        row("e", "desk", "11:01:00 11:01:05 11:06:00", "ann"),
    )
    assert sorted(reading.rows["contact"]) == ["d", "e"]
    assert set(reading.reasons.values()) == {1}
    assert any("counted once" in reason for reason in reading.reasons)
    assert any("columns.contact can name several columns" in reason for reason in reading.reasons)


def test_ids_that_begin_again_are_other_contacts(tmp_path: Path) -> None:
    lines = [
        row("1", "desk", "10:00:00 10:00:05 10:01:00", "ann"),
        row("1", "desk", "15:00:00 15:00:05 15:01:00", "ann"),
    ]
    reading = logged(tmp_path, *lines)
    assert len(set(reading.rows["contact"])) == 2
    assert reading.mended["an id used again later: a contact of its own"] == 1


def test_a_leg_within_its_queue_is_a_contact_of_its_own(tmp_path: Path) -> None:
    """No scenario transfers to the same queue: both legs are work that somebody must do."""
    lines = ["contact,queue,arrival,answer,end,agent,outcome"]
    for number in range(20):
        lines.append(f"{number},desk,2026-03-02 09:{number:02d}:00,2026-03-02 09:{number:02d}:02,"
                     f"2026-03-02 09:{number:02d}:30,ann,transferred")  # fmt: skip
        lines.append(f"{number},desk,2026-03-02 09:{number:02d}:30,2026-03-02 09:{number:02d}:31,"
                     f"2026-03-02 09:{number:02d}:59,bob,answered")  # fmt: skip
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    fit = estimate(read_all([tmp_path / "log.csv"], [mapping("calls")]), "ready")
    desk = fit.queues["desk"]
    assert desk.contacts == 40
    assert sum(desk.profile.expected(0)) == pytest.approx(40)
    assert not any(key.startswith("transfer") for key in desk.figures)
