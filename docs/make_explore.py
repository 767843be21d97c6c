"""Makes the pictures of docs/explore.md from the page itself: `python docs/make_explore.py` (a minute; needs Chromium).

It starts `ccsim explore`, does what the page describes, and photographs each state.
"""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT: Final = Path(__file__).parent.parent
IMAGES: Final = ROOT / "docs" / "images"
FLAGSHIP: Final = ROOT / "scenarios" / "retail_week.toml"
FRAMES: Final = 24
QUIET: Final = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"


@contextmanager
def served(*arguments: str, folder: Path = ROOT) -> Iterator[str]:
    """The address of the page."""
    command = [sys.executable, "-m", "ccsim", "explore", *arguments, "--no-browser"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


@contextmanager
def opened(browser: Browser, address: str, width: int, height: int, scheme: Any) -> Iterator[Any]:
    """The page in a window of that size."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def settled(page: Any, since: int = 0) -> int:
    """Waits for figures of all replications."""
    page.wait_for_function(
        "(n) => Number(document.querySelector('.explorer')?.dataset.runs) > n", arg=since, timeout=60_000
    )
    page.wait_for_timeout(500)
    return int(page.evaluate("document.querySelector('.explorer').dataset.runs"))


def turned(page: Any, lever: str, value: str) -> None:
    """Types a value into a lever of the writers."""
    runs = settled(page)
    field = page.locator(f'input[type=number][aria-label="{lever}"]')
    if not field.count():
        page.locator("summary", has_text="Team writers").click()
    field.fill(value)
    settled(page, runs)


def photograph(page: Any, name: str, place: str | None = None) -> None:
    """Writes docs/images/explore_NAME.png, of the window or of a part of the page, in few colours."""
    taken = page.screenshot() if place is None else page.locator(place).screenshot()
    picture = Image.open(io.BytesIO(taken)).convert("RGB").quantize(128)
    picture.save(IMAGES / f"explore_{name}.png", optimize=True)


def main() -> None:
    """All pictures."""
    writers = "Conversations of whatsapp at once, team writers"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET.split())
        with served(FLAGSHIP.name, folder=FLAGSHIP.parent) as address:
            with opened(browser, address, 1280, 900, "light") as page:
                settled(page)
                turned(page, writers, "8")
                photograph(page, "lever")
                page.get_by_label("Name of a pin").fill("eight at once")
                page.get_by_role("button", name="Pin this").click()
                page.get_by_role("columnheader", name="eight at once").wait_for()
                turned(page, "Agents, 08:00-16:30 mon-fri, team writers, agents", "8")
                page.get_by_label("Queue", exact=True).click()
                page.get_by_role("option", name="whatsapp").click()
                page.wait_for_timeout(800)
                page.locator("[aria-label=Pins]").scroll_into_view_if_needed()
                page.add_style_tag(content=".live { position: static !important; }")
                photograph(page, "pins", "[aria-label=Pins]")
                photograph(page, "charts", "[aria-label=Charts]")
                page.get_by_label("Days").click()
                page.get_by_role("option", name="Tue 3 Mar").click()
                page.get_by_role("button", name="Play a day").click()
                page.locator(".play").wait_for()
                page.get_by_role("button", name="Worst interval").click()
                photograph(page, "play", ".play")
                film(page)
            with opened(browser, address, 1280, 900, "dark") as page:
                settled(page)
                turned(page, writers, "8")
                photograph(page, "dark")
            with opened(browser, address, 400, 800, "light") as page:
                settled(page)
                turned(page, writers, "8")
                page.evaluate("scrollTo(0, document.querySelector('.cards').getBoundingClientRect().top - 260)")
                photograph(page, "narrow")
        with served() as address, opened(browser, address, 1280, 700, "light") as page:
            page.locator(".gallery").wait_for()
            photograph(page, "gallery")
        with tempfile.TemporaryDirectory() as folder:
            text = FLAGSHIP.read_text(encoding="utf-8").replace("patience        =", "patiense        =", 1)
            (Path(folder) / "shop.toml").write_text(text, encoding="utf-8")
            for file in FLAGSHIP.parent.glob("retail_week*.csv"):
                shutil.copy(file, folder)
            with (
                served("shop.toml", folder=Path(folder)) as address,
                opened(browser, address, 1280, 400, "light") as page,
            ):
                page.locator(".faults").wait_for()
                photograph(page, "fault")
        browser.close()


def film(page: Any) -> None:
    """Writes docs/images/explore_day.webp: half a day in frames, some a second."""
    frames = []
    time = page.get_by_role("slider", name="Time")
    for number in range(FRAMES):
        time.evaluate(
            "(slider, at) => { slider.value = at; slider.dispatchEvent(new Event('input')); }", 9 * 3600 + number * 1200
        )
        page.wait_for_timeout(60)
        shot = Image.open(io.BytesIO(page.locator(".play").screenshot())).convert("RGB")
        frames.append(shot.resize((720, round(shot.height * 720 / shot.width))))
    frames[0].save(
        IMAGES / "explore_day.webp", save_all=True, append_images=frames[1:], duration=300, loop=0, quality=60, method=6
    )


if __name__ == "__main__":
    main()
