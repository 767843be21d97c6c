"""Mapping files that make no sense are refused with their place, before a log is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccsim.errors import ScenarioError
from ccsim.logs.mapping import mapping
from ccsim.logs.readers import read

MAPPING = 'kind = "contacts"\n{line}\n[columns]\narrival = "arrival"\nend = "end"\n'


def written(folder: Path, line: str) -> str:
    (folder / "m.toml").write_text(MAPPING.format(line=line))
    return str(folder / "m.toml")


@pytest.mark.parametrize(
    "line",
    ["tolerance = inf", "tolerance = nan", "tolerance = 1e300"]
    + [f'delimiter = "{mark}"' for mark in (r"\n", r"\r", r"\"", r"\u0000", "a", "1")]
    + [f'encoding = "{name}"' for name in ("", "base64", "rot13", "zip", "undefined", r"\u0000", "no-such")],
)
def test_what_makes_no_sense_is_refused_by_its_key(line: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        mapping(written(tmp_path, line))
    assert [problem.path for problem in refused.value.problems] == [line.partition(" ")[0]]


@pytest.mark.parametrize("name", ["idna", "utf-32", "utf-7", "cp037", "unicode_escape", "punycode"])
def test_an_encoding_that_does_not_fit_is_an_error_of_the_log(name: str, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes(b"arrival,end\n\\ud800\xff\xfe,+AGE\xff\n")
    with pytest.raises(ScenarioError):
        read(tmp_path / "calls.csv", mapping(written(tmp_path, f'encoding = "{name}"')))


@pytest.mark.parametrize("name", ["utf-8", "utf-16", "latin-1", "cp1252", "shift_jis"])
def test_encodings_of_text_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes("arrival,end\n2026-03-02 10:00,2026-03-02 10:05\n".encode(name))
    result = read(tmp_path / "calls.csv", mapping(written(tmp_path, f'encoding = "{name}"')))
    assert len(result.rows) == 1


def test_a_mapping_in_latin_1_is_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_bytes(b'kind = "contacts"\n# d\xe9lai\n')
    with pytest.raises(ScenarioError) as refused:
        mapping(str(tmp_path / "m.toml"))
    assert [problem.path for problem in refused.value.problems] == ["line 2"]


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe", tmp_path / "none", "a\0b"):
        with pytest.raises(ScenarioError, match="a mapping file"):
            mapping(str(place))


def test_a_fault_of_a_mapping_is_said_in_plain_words(tmp_path: Path) -> None:
    lines = 'kind = "contact"\ntolerance = -1\ndelimeter = ";"\n[columns]\narrival = 5\n'
    (tmp_path / "m.toml").write_text(lines)
    with pytest.raises(ScenarioError) as refused:
        mapping(str(tmp_path / "m.toml"))
    said = {problem.path: f"{problem.value}; {problem.allowed}" for problem in refused.value.problems}
    assert said == {
        "kind": "'contact'; did you mean \"contacts\"?",
        "tolerance": "-1; at least 0",
        "delimeter": 'unknown key; did you mean "delimiter"?',
        "columns.arrival": "5; a list",
    }


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device")
def test_a_log_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").symlink_to("/dev/zero")
    for place in (Path("/dev/zero"), tmp_path / "log.parquet"):
        with pytest.raises(ScenarioError, match="a device, not a file"):
            read(place, mapping(written(tmp_path, "")))
