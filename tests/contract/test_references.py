"""The pages of docs/reference are those that are made today from what the code says of itself."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
MAKERS = sorted(DOCS.glob("make_*_reference.py"))


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.stem)
def test_a_page_is_current(maker: Path) -> None:
    name = maker.stem.removeprefix("make_").removesuffix("_reference")
    page = (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert page == runpy.run_path(str(maker))["page"](), f"run python docs/{maker.name}"


def test_every_page_is_made() -> None:
    assert {f"make_{page.stem}_reference.py" for page in (DOCS / "reference").glob("*.md")} == {m.name for m in MAKERS}
    assert len(MAKERS) >= 3
