"""What axe, the accessibility checker, says of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def assert_accessible(page: Page, *rules: str) -> None:
    """Axe finds no fault; these of its rules have been applied. Of each table it sees eight rows, as others are alike:
    it takes a second for every 500 elements."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+9)').forEach((row) => row.remove())")
    result = Axe().run(page, options={"resultTypes": ["violations"]})
    assert result.violations_count == 0, result.generate_report()
    assert {rule["id"] for rule in result.response["passes"]} >= set(rules)
