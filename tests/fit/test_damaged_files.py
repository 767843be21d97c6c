"""Damaged files end in a scenario or in an explained refusal: no traceback, no raw warning of a library.

Each damage is drawn with a seed of its own and named in a failure, so that it can be repeated.
"""

from __future__ import annotations

import random
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ccsim.errors import ScenarioError
from ccsim.fit.check import check, days_to_check
from ccsim.fit.estimate import estimate
from ccsim.fit.scenario import files
from ccsim.logs.mapping import Mapping, mapping
from ccsim.logs.readers import read_all
from ccsim.scenario.read import load

CALLS = mapping("calls")
LENGTHS = Mapping(
    kind="contacts",
    columns={"contact": "id", "queue": "skill", "arrival": "when", "agent": "who", "outcome": "ok"},
    durations={"wait": "wait", "talk": "talk", "wrap": "acw"},
    words={"Y": "answered", "N": "abandoned"},
    timezone="Europe/Rome",
)


def calls() -> str:
    lines = ["contact,customer,queue,channel,arrival,answer,end,agent,outcome"]
    for n in range(60):
        at = f"2026-10-{24 + n // 30:02d} {n % 30 // 2 + 1:02d}:{30 * (n % 2):02d}"
        rest = f",{at}:50,,abandoned" if n % 9 == 4 else f"{at}:1{n % 9},{at}:5{n % 9},a{n % 4},answered"
        lines.append(f"{n},k{n % 45},{'sales' if n % 3 else 'help'},phone,{at}:0{n % 9},{rest}")
    return "\n".join(lines) + "\n"


def lengths() -> str:
    lines = ["id;skill;when;who;ok;wait;talk;acw"]
    for n in range(50):
        rest = "N;35;;" if n % 8 == 3 else f"Y;{n % 20};0:0{n % 5}:2{n % 10};{n % 40},5"
        lines.append(f"{n};{n % 2};{1 + n // 20:02d}.06.2026 {8 + n % 10}:{n % 6}5;a{n % 3};{rest}")
    return "\n".join(lines) + "\n"


def queue_log() -> str:
    lines = ["1767600000|NONE|NONE|NONE|QUEUESTART|"]
    for n in range(30):
        at = 1767600000 + 700 * n
        lines += [f"{at}|{n}.1|q|NONE|ENTERQUEUE||4{n}|1", f"{at + 4}|{n}.1|q|SIP/1|RINGNOANSWER|5000"]
        if n % 6:
            lines += [f"{at + 9}|{n}.1|q|SIP/2|CONNECT|9|x|1", f"{at + 99}|{n}.1|q|SIP/2|COMPLETECALLER|9|90|1"]
        else:
            lines += [f"{at + 30}|{n}.1|q|NONE|ABANDON|1|1|30"]
    return "\n".join(lines) + "\n"


def volumes() -> str:
    lines = ["Interval Start UTC Date,Queue,Media Type,Offered,Interactions Handled,Total Handle Time (Seconds)"]
    lines += [
        f"2026-06-0{day}T{hour:02d}:{minute:02d}:00Z,x,{'voice' if hour % 2 else 'chat'},{hour},{hour - 1},{hour * 300}"
        for day in (1, 2)
        for hour in range(6, 16)
        for minute in (0, 30)
    ]
    return "\n".join(lines) + "\n"


def messages() -> str:
    lines = ["conversation_id,sender,sent_at"]
    for n in range(25):
        lines += [
            f"{n},{('customer', 'agent')[turn % 2]},2026-06-{1 + n // 6:02d}T{8 + n % 6:02d}:{5 * turn:02d}:00"
            for turn in range(2 + n % 5)
        ]
    return "\n".join(lines) + "\n"


LAYOUTS: dict[str, tuple[Mapping, Callable[[], str]]] = {
    "calls": (CALLS.model_copy(update={"timezone": "Europe/Rome"}), calls),
    "lengths": (LENGTHS, lengths),
    "queue_log": (mapping("asterisk"), queue_log),
    "volumes": (mapping("genesys").model_copy(update={"timezone": "Europe/Rome"}), volumes),
    "messages": (mapping("conversations"), messages),
}
CELLS = (
    "",
    "0",
    "-1",
    "1201",
    "x",
    "NULL",
    "NaN",
    "inf",
    "1e308",
    "0001-01-01",
    "9999-12-31 23:59:59",
    "2026-02-30",
    "24:00",
    "2026-10-25 02:30:00",
    "2026-03-29 02:30:00",
    "1,5",
    "1.234,5",
    "é\u2028",
    '"',
    "'",
    "=1+1",
    "2026-06-01T08:00:00+14:00",
    "1577836800",
    "1577836800000",
    "12/11/2026 10:00",
    "99:99:99",
    "answered",
    "customer",
    "a" * 300,
    "\x07",
)


def damaged(text: str, draw: random.Random) -> bytes:
    """One to four damages, as files come to them."""
    for _ in range(draw.randint(1, 4)):
        lines = text.split("\n")
        row = draw.randrange(len(lines))
        mark = max(",;|", key=lines[0].count)
        cells = lines[row].split(mark)
        place = draw.randrange(len(cells))
        kind = draw.randrange(12)
        if kind <= 2:
            cells[place] = draw.choice(CELLS)
            lines[row] = mark.join(cells)
        elif kind == 3:  # a whole column
            value = draw.choice(CELLS)
            at = draw.randrange(len(lines[0].split(mark)))
            split = [line.split(mark) for line in lines]
            lines = [
                mark.join(value if i == at and n else c for i, c in enumerate(line)) for n, line in enumerate(split)
            ]
        elif kind == 4:
            del lines[row]
        elif kind == 5:
            lines.insert(row, draw.choice(lines))
        elif kind == 6:
            lines[row] += mark * draw.randint(1, 5)
        elif kind == 7:
            lines[row] = lines[row][: draw.randrange(len(lines[row]) + 1)]
        elif kind == 8:
            lines = lines[: draw.randrange(len(lines) + 1)]
        elif kind == 9:
            draw.shuffle(lines)
        elif kind == 10:  # one column twice
            split = [line.split(mark) for line in lines]
            lines = [mark.join([line[min(place, len(line) - 1)], *line]) for line in split]
        else:
            lines = [line.replace(mark, draw.choice(",;|\t")) for line in lines]
        text = "\n".join(lines)
    content = text.encode(draw.choice(["utf-8"] * 6 + ["utf-16", "utf-8-sig"]), errors="replace")
    if draw.random() < 0.1 and content:
        at = draw.randrange(len(content))
        content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
    return content


def outcome(folder: Path, layout: str, seed: int, run: bool) -> str:
    """What comes of one damaged file: a scenario that can be read back (and run), or an explained refusal."""
    how, text = LAYOUTS[layout]
    log = folder / "log.csv"
    log.write_bytes(damaged(text(), random.Random(f"{layout} {seed}")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            fit = estimate(read_all([log], [how]), "ready")
            written = files(fit, "damaged")
        except ScenarioError as refused:
            return "refused" if str(refused).strip() else "refused without a word"
        for name, content in written.items():
            (folder / name).write_text(content, encoding="utf-8")
        load(folder / "scenario.toml")
        if run:
            for name, content in files(fit, "damaged", 1.0, days_to_check(fit)).items():
                (folder / name).write_text(content, encoding="utf-8")
            check(fit, load(folder / "scenario.toml"))
    return "scenario"


def tried(folder: Path, number: int, run: bool = False) -> Counter[str]:
    result: Counter[str] = Counter()
    for seed in range(number):
        for layout in LAYOUTS:
            try:
                result[outcome(folder, layout, seed, run)] += 1
            except Exception as bad:
                raise AssertionError(f"layout {layout}, seed {seed}: {type(bad).__name__}: {bad}") from bad
    return result


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    result = tried(tmp_path, 6)
    assert set(result) == {"scenario", "refused"}
    assert result.total() == 30


def test_messages_in_which_no_customer_writes_are_refused(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("conversation,sender,sent\n1,agent,2026-03-02 09:00:00\n2,agent,2026-03-02 10:00:00\n")
    how = Mapping(kind="messages", columns={"conversation": "conversation", "sender": "sender", "sent": "sent"})
    with pytest.raises(ScenarioError, match="customer"):
        estimate(read_all([log], [how]), "ready")


def test_unknown_senders_are_named_with_the_words_to_give(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    how = Mapping(kind="messages", columns={"conversation": "c", "sender": "s", "sent": "at"})
    for others in ("agent", "admin"):
        log.write_text(f"c,s,at\n1,lead,2026-03-02 09:00\n1,{others},2026-03-02 09:05\n2,lead,2026-03-02 10:00\n")
        with pytest.raises(ScenarioError, match="lead") as refused:
            estimate(read_all([log], [how]), "ready")
        assert 'words = { lead = "customer"' in str(refused.value)
    words = {"lead": "customer", "admin": "agent"}
    assert len(read_all([log], [how.model_copy(update={"words": words})]).messages) == 3


@pytest.mark.slow
def test_two_thousand_damaged_files(tmp_path: Path) -> None:
    result = tried(tmp_path, 400, run=True)
    print(dict(result))
    assert result.total() == 2000


def test_scenarios_of_damaged_files_are_run_and_compared(tmp_path: Path) -> None:
    assert tried(tmp_path, 2, run=True)["scenario"] >= 4
