"""The page in a real browser, as a planner uses it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ccsim.cli import main
from ccsim.report.page import shown
from tests.accessibility import assert_accessible
from tests.cli.tiny import TINY
from tests.explore.conftest import AGENTS, card, field, opened, served, set_lever, settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def run_json(folder: Path, *options: str) -> Any:
    result = CliRunner().invoke(main, ["run", str(folder / "tiny.toml"), *options, "--replications", "20", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_lever_gives_the_figures_of_ccsim_run(browser: Browser, address: str, folder: Path) -> None:
    with opened(browser, address) as page:
        settled(page)
        assert page.locator(".change").count() == 0  # now is the baseline
        set_lever(page, AGENTS, "3")
        expected = run_json(folder, "--set", "team.all.shifts.0.agents=3")
        level = expected["queues"]["phone"]["service_level"]["mean"]
        assert card(page, "phone service level") == shown(level, "share").text
        changes = page.locator(".change").all_inner_texts()
        assert any("±" in text and "better" in text for text in changes)
        page.get_by_text("All figures", exact=True).click()
        page.get_by_role("columnheader", name="Clear?").wait_for()
        table = page.locator("details", has=page.get_by_text("All figures", exact=True)).locator("tbody tr")
        assert table.count() > 100
        row = table.filter(has_text="phone mean wait (ASA)").first.locator("td").all_inner_texts()
        assert row[0] == shown(expected["queues"]["phone"]["asa"]["mean"], "duration").text
        command = page.locator(".command").inner_text()
        assert command == "ccsim run tiny.toml --set team.all.shifts.0.agents=3 --replications 20"


def test_slider_and_keyboard(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        slider = page.get_by_role("slider", name="Agents, 09:00-12:00, team all")
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.locator(".lever.turned").wait_for()
        page.wait_for_function(
            "(name) => document.querySelector(`input[aria-label='${name}']`).value === '3'", arg=AGENTS
        )
        page.locator(".change").first.wait_for()
        page.keyboard.press("Tab")  # to the number field, then to reset
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == AGENTS
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Reset Agents")
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelectorAll('.change').length === 0")
        assert field(page, AGENTS).input_value() == "2"


def test_twenty_changes_leave_one_run(browser: Browser, address: str, folder: Path) -> None:
    with opened(browser, address) as page:
        settled(page)
        lever = field(page, AGENTS)
        for number in range(20):
            lever.fill(str(3 + number % 5))
            page.wait_for_timeout(30)
        set_lever(page, AGENTS, "8")
        page.wait_for_timeout(300)
        expected = run_json(folder, "--set", "team.all.shifts.0.agents=8")["queues"]["chat"]["service_level"]["mean"]
        assert card(page, "chat service level") == shown(expected, "share").text


def test_the_link_restores_the_levers(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        set_lever(page, AGENTS, "4")
        before = page.locator(".cards").inner_text()
        link = page.url
        assert "set=" in link
    with opened(browser, link) as page:
        settled(page)
        assert field(page, AGENTS).input_value() == "4"
        assert page.locator(".cards").inner_text() == before


def test_what_of_a_link_does_not_fit_is_shown(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}?variant=gone&set=team.all.absence=0&set=team.none.absence=0.1") as page:
        settled(page)
        page.get_by_text("Left out, as it does not fit: variant gone, team.none.absence = 0.1.").wait_for()
        assert "team.all.absence=0 " in page.locator(".command").inner_text()


def test_variants_are_a_click_away(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        before = settled(page)
        page.get_by_label("Scenario or variant").click()
        page.get_by_role("option", name="busy").click()
        settled(page, before)
        assert "variant=busy" in page.url
        assert page.locator(".change").count() > 3


def test_pins_and_downloads(browser: Browser, address: str, folder: Path, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        settled(page)
        set_lever(page, AGENTS, "4")
        for name in ("four", "again"):
            page.get_by_label("Name of a pin").fill(name)
            page.get_by_role("button", name="Pin this").click()
            page.get_by_role("columnheader", name=name).wait_for()
        heads = page.locator(".rows").first.locator("th[scope=col]")
        assert heads.all_inner_texts() == ["Figure", "baseline", "now", "four", "again"]
        page.get_by_role("button", name="Move again to the left").click()
        page.wait_for_function("document.querySelectorAll('.rows th[scope=col]')[3].innerText === 'again'")
        page.get_by_role("button", name="Delete again").click()
        page.wait_for_function("document.querySelectorAll('.rows th[scope=col]').length === 4")
        page.get_by_label("Name of pin four").fill("vier")
        page.keyboard.press("Enter")
        page.get_by_role("columnheader", name="vier").wait_for()
        files = {}
        for button in ("Scenario as TOML", "As a variant, TOML", "Comparison as report", "Comparison as workbook"):
            with page.expect_download() as download:
                page.get_by_role("button", name=button).click()
            files[button] = tmp_path / download.value.suggested_filename
            download.value.save_as(files[button])
        (tmp_path / "volumes.csv").write_bytes((folder / "volumes.csv").read_bytes())
        result = CliRunner().invoke(main, ["run", str(files["Scenario as TOML"]), "--replications", "20", "--json"])
        assert json.loads(result.stdout)["queues"] == run_json(folder, "--set", "team.all.shifts.0.agents=4")["queues"]
        assert b"vier" in files["Comparison as report"].read_bytes()
        assert files["Comparison as workbook"].read_bytes().startswith(b"PK")


def test_any_setting_can_be_turned(browser: Browser, address: str, folder: Path) -> None:
    with opened(browser, address) as page:
        settled(page)
        page.get_by_text("Add a lever").click()
        page.get_by_label("Search all settings").fill("phone retry share")
        page.get_by_role("button", name="queue.phone.retry.share").click()
        page.locator(".note", has_text="Allowed: from 0 to 1").wait_for()
        before = settled(page)
        page.get_by_label("Value", exact=True).fill("0.5")
        page.get_by_role("button", name="Set it").click()
        settled(page, before)
        expected = run_json(folder, "--set", "queue.phone.retry.share=0.5")["queues"]["phone"]["asa"]["mean"]
        assert card(page, "phone mean wait (ASA)") == shown(expected, "duration").text
        page.get_by_label("Value", exact=True).fill("1.5")
        page.get_by_role("button", name="Set it").click()
        page.locator(".faults", has_text="queue.phone.retry.share").wait_for()
        page.get_by_role("button", name="Reset all levers").click()
        page.wait_for_function("document.querySelectorAll('.faults').length === 0")


def test_charts_have_tables_beside_them(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        page.locator(".charts svg").nth(3).wait_for()
        assert page.locator(".charts svg path").count() > 10
        page.locator(".charts summary").first.click()
        page.locator(".charts table").wait_for()
        heads = page.locator(".charts table th[scope=col]").all_inner_texts()
        assert heads == ["From", "Service level", "Target"]
        page.get_by_label("Queue", exact=True).click()
        page.get_by_role("option", name="message").click()
        page.locator(".charts h3", has_text="90 % in 5m").wait_for()


def test_two_tabs_do_not_disturb_one_another(browser: Browser, address: str) -> None:
    with opened(browser, address) as one, opened(browser, address) as other:
        settled(one)
        settled(other)
        before = other.locator(".cards").inner_text()
        set_lever(one, AGENTS, "6")
        assert field(other, AGENTS).input_value() == "2"
        assert other.locator(".cards").inner_text() == before


def test_a_faulty_file_says_where_and_is_read_again(browser: Browser, folder: Path) -> None:
    file = folder / "tiny.toml"
    try:
        file.write_text(TINY.replace("absence = 0.2", "absense = 0.2"))
        with served("tiny.toml", folder=folder) as address, opened(browser, address) as page:
            fault = page.locator(".faults li")
            fault.wait_for()
            assert fault.inner_text() == 'tiny.toml: team.all.absense: unknown key; did you mean "absence"?'
            file.write_text(TINY)
            settled(page)
            assert page.locator(".faults").count() == 0
            before = settled(page)
            file.write_text(TINY.replace("Tiny, of course", "Another name"))
            page.get_by_role("heading", name="Another name").wait_for()
            settled(page, before)
            before = settled(page)
            file.write_text(TINY.replace("[queue.phone]", "[queue.phone"))
            page.locator(".faults", has_text="line").wait_for()
    finally:
        file.write_text(TINY)


def test_without_a_file_there_is_the_gallery(browser: Browser, gallery: str) -> None:
    with opened(browser, gallery) as page:
        page.get_by_role("link", name="Phone, 80/20, Erlang A").wait_for()
        assert page.locator(".gallery li").count() > 10
        page.get_by_role("link", name="Template").click()
        settled(page)
        assert page.get_by_role("heading", level=1).inner_text() == "my_centre"
        page.get_by_role("link", name="Gallery").click()
        page.get_by_role("link", name="Sole trader").wait_for()
    with opened(browser, f"{gallery}?open=../../etc/passwd") as page:
        page.locator(".gallery").wait_for()


HOSTILE = "<img src=x onerror=alert(1)>"


def test_names_are_text(browser: Browser, folder: Path) -> None:
    text = TINY.replace("Tiny, of course", f"</script>{HOSTILE}").replace(
        "[queue.chat]", f"[queue.chat]\ntitle = '{HOSTILE}'"
    )
    text = text.replace("[team.writers]", f'[team."{HOSTILE}"]')
    (folder / "hostile.toml").write_text(text + f'\n[variant."{HOSTILE}"]\nset = {{ days = 1 }}\n')
    with served("hostile.toml", folder=folder) as address, opened(browser, address) as page:
        settled(page)
        page.get_by_text("All figures", exact=True).click()
        page.get_by_role("columnheader", name="Clear?").wait_for()
        page.get_by_label("Queue", exact=True).click()
        page.get_by_role("option", name=HOSTILE).click()
        page.locator(".charts svg").nth(3).wait_for()
        page.get_by_label("Name of a pin").fill(HOSTILE)
        page.get_by_role("button", name="Pin this").click()
        page.get_by_role("columnheader", name=HOSTILE).wait_for()
        page.locator(".charts svg").first.hover()
        page.wait_for_timeout(200)
        assert page.locator("img[src=x]").count() == 0
        assert HOSTILE in page.inner_text("h1")
        assert HOSTILE in page.title()


def test_a_day_plays(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        settled(page)
        page.get_by_role("button", name="Play a day").click()
        clock = page.get_by_role("timer")
        clock.wait_for()
        first = clock.inner_text()
        assert first.startswith("Mon 2 Mar 0")
        page.get_by_role("button", name="Worst interval").click()
        page.wait_for_function("(first) => document.querySelector('.clock').innerText !== first", arg=first)
        assert re.fullmatch(r"Mon 2 Mar (09|10|11):[03]0", clock.inner_text())  # when agents are on duty
        cells = page.locator(".play td").all_inner_texts()
        assert sum(map(int, cells)) > 0
        before = clock.inner_text()
        page.get_by_label("Speed").select_option("1800")
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("(before) => document.querySelector('.clock').innerText !== before", arg=before)
        time = page.get_by_role("slider", name="Time")
        time.focus()
        page.keyboard.press("End")
        drawn = """() => { const box = document.querySelector(".play canvas");
            return new Set(box.getContext("2d").getImageData(0, 0, box.width, box.height).data).size; }"""
        assert page.evaluate(drawn) > 10
        set_lever(page, AGENTS, "3")
        assert page.locator(".play").count() == 0  # it was of other levers


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_accessible_and_fits(browser: Browser, address: str, width: int, scheme: str) -> None:
    with opened(browser, address, width, scheme) as page:
        settled(page)
        set_lever(page, AGENTS, "4")
        page.get_by_role("button", name="Pin this").click()
        page.get_by_role("columnheader", name="pin 1").wait_for()
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.get_by_role("columnheader", name="Clear?").wait_for()
        page.wait_for_timeout(500)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 25, 29)"}[scheme]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        nameless = """[...document.querySelectorAll("input, button, [role=slider], [role=combobox], a")].filter((one) =>
            one.checkVisibility() && !one.computedName && !(one.ariaLabel || one.labels?.length || one.innerText ||
            one.getAttribute("aria-labelledby"))).map((one) => one.outerHTML)"""
        assert page.evaluate(nameless) == []
        assert_accessible(page, "color-contrast", "label")
