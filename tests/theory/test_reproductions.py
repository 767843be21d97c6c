"""Published figures, which docs/make_reproductions.py simulates again."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

MADE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "make_reproductions.py"))
PAGE = MADE["PAGE"].read_text()


@pytest.mark.parametrize("one", MADE["PUBLISHED"], ids=lambda one: f"{one.source} {one.metric}")
def test_the_published_figure_comes_out(one: Any) -> None:
    mean, low, high = MADE["reproduced"](one)
    assert low - one.rounding <= one.value <= high + one.rounding
    assert high - low < 0.2 * one.value
    assert f"| {one.figure} | {one.value:g} | {mean:.3f} ({low:.3f} to {high:.3f}) |" in PAGE
