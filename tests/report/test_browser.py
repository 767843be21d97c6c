"""The report in a browser: it opens on its own, fits, sorts, can be read and heard, and takes no name for markup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.accessibility import assert_accessible
from tests.report.conftest import FORMULA, MARKUP, TEAM, TITLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


PICTURES = """[...document.querySelectorAll("figure div > svg")].map((one) => ({
    width: one.getBoundingClientRect().width, title: getComputedStyle(one.querySelector("text")).fill }))"""
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@contextmanager
def opened(browser: Browser, report: Path, width: int = 1280, scheme: Any = "light") -> Iterator[Page]:
    """The page, in a new profile; at the end, it must have complained of nothing and asked for nothing."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    context.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri(), wait_until="networkidle")
    yield page
    assert complaints == []
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]
    context.close()


SCREENS = [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_opens_alone_and_fits(browser: Browser, report: Path, width: int, scheme: str) -> None:
    with opened(browser, report, width, scheme) as page:
        page.evaluate(UNFOLD)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # nothing stands out of the window but in a box that scrolls
        out = """[...document.querySelectorAll("body *")].filter((one) => !one.closest(".scroll") &&
            one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)"""
        assert page.evaluate(out) == []
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 25, 29)"}[scheme]
        shown = page.evaluate(PICTURES)
        assert [picture["width"] > 700 for picture in shown] == [True, True]
        ink = {"light": "rgb(34, 34, 34)", "dark": "rgb(240, 242, 244)"}[scheme]
        assert {picture["title"] for picture in shown} == {ink}


@pytest.mark.parametrize(("width", "scheme"), [SCREENS[0], SCREENS[3]])
def test_accessible(browser: Browser, report: Path, width: int, scheme: str) -> None:
    with opened(browser, report, width, scheme) as page:
        page.evaluate(UNFOLD)
        assert_accessible(page, "color-contrast", "svg-img-alt", "region")


def test_names_are_text(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        body = page.inner_text("body")
        for name in (MARKUP, FORMULA, TEAM, TITLE):
            assert name in body
        assert TITLE in page.title()
        assert page.locator("img[src=x], header b, main i").count() == 0
        assert page.locator("script").count() == 1
        # the alternative texts and the labels too are what was written
        assert MARKUP in page.locator("th", has_text=MARKUP).first.inner_text()


def test_the_page_forbids_what_is_not_its_own(browser: Browser, report: Path) -> None:
    """Even if a name became markup, the page's security policy would not let it act."""
    page = browser.new_page()
    page.goto(report.as_uri())
    refused = page.evaluate(
        """() => new Promise((done) => {
             const found = [];
             addEventListener("securitypolicyviolation", (event) => {
               found.push(event.effectiveDirective);
               if (found.length === 2) done(found.sort());
             });
             for (const [kind, key, value] of [["script", "text", "window.hit = 1"], ["img", "src",
             "http://x.example/"]])
               document.body.append(Object.assign(document.createElement(kind), { [key]: value }));
           })"""
    )
    assert refused == ["img-src", "script-src-elem"]
    assert page.evaluate("window.hit") is None
    page.close()


def column(page: Page, heading: str) -> list[str]:
    """The cells below a heading of the table of queues, as they stand."""
    return page.evaluate(
        """(heading) => { const table = document.querySelector("table.sorted");
             const place = [...table.tHead.rows[0].cells].findIndex((head) => head.innerText.trim() === heading);
             return [...table.tBodies[0].rows].map((row) => row.cells[place].firstChild.textContent.trim()); }""",
        heading,
    )


def test_tables_sort_by_click_and_by_keyboard(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        table = page.locator("table.sorted").first
        assert table.locator("[aria-sort]").count() == 0
        offered = table.get_by_role("button", name="Offered", exact=True)
        rows = sorted(column(page, "Offered"), key=float)
        offered.click()
        assert column(page, "Offered") == rows[::-1]
        assert table.get_by_role("columnheader", name="Offered").get_attribute("aria-sort") == "descending"
        offered.focus()
        page.keyboard.press("Enter")
        assert column(page, "Offered") == rows
        assert table.get_by_role("columnheader", name="Offered").get_attribute("aria-sort") == "ascending"
        table.get_by_role("button", name="Queue", exact=True).focus()
        page.keyboard.press("Space")
        assert column(page, "Queue") == ["@SUM(1)", MARKUP, FORMULA]  # as English sorts signs
        assert table.locator("[aria-sort]").count() == 1
        assert table.locator("tfoot").inner_text().startswith("total")
        # who has no figure stands last, whichever way it goes
        replies = table.get_by_role("button", name="Later replies in time")
        for _ in range(2):
            replies.click()
            assert column(page, "Later replies in time")[1:] == ["–", "–"]


def test_the_keyboard_reaches_the_answer_first_and_all_that_scrolls(browser: Browser, report: Path) -> None:
    with opened(browser, report, width=400) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#answer"
        stuck = """[...document.querySelectorAll(".scroll")].filter((box) =>
            box.scrollWidth > box.clientWidth && box.tabIndex !== 0).length"""
        assert page.evaluate(stuck) == 0
        assert page.locator(".scroll[tabindex='0']").count() > 3


def test_prints_in_light_without_what_is_folded(browser: Browser, report: Path) -> None:
    with opened(browser, report, scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 34, 43)"
        assert not page.locator("nav").is_visible()
        assert not page.locator("summary").first.is_visible()
        assert page.pdf(format="A4").startswith(b"%PDF")
