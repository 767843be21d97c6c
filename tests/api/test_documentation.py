"""What docs/python.md says works, snippet by snippet, and so does the study in docs/python_example.py."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_snippet_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    snippets = list(re.finditer(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    assert len(snippets) >= 6
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for snippet in snippets:
        # the lines' numbers are those of the page
        lines = "\n" * page.count("\n", 0, snippet.start(1)) + snippet[1]
        exec(compile(lines, "docs/python.md", "exec"), names)
    assert {path.name for path in tmp_path.iterdir()} >= {"my_results", "my_comparison", "waiting.png"}


def test_the_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = runpy.run_path(str(ROOT / "docs" / "python_example.py"))
    study["main"](tmp_path, days=1, replications=3)
    assert "80/20 takes" in capsys.readouterr().out
    pictures = list(tmp_path.glob("*.png"))
    assert len(pictures) == 3
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
