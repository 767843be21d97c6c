"""The real command in a process of its own, and its page in a browser that must complain of nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ccsim
from tests.cli.tiny import TINY, VOLUMES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/([A-Za-z0-9_-]{20,})/\n")


@contextmanager
def served(*arguments: str, folder: Path) -> Iterator[str]:
    """The address that `ccsim explore` prints; at the end it must stop cleanly by Ctrl-C, with nothing left to say."""
    root = str(Path(ccsim.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-m", "ccsim", "explore", *arguments, "--no-browser"],
        cwd=folder, env=os.environ | {"PYTHONPATH": root}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert ADDRESS.fullmatch(line), line + (process.communicate()[1] if process.poll() is not None else "")
        yield line.strip()
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "Stopped.\n")


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address without a file, from a folder in which nothing is written."""
    place = tmp_path_factory.mktemp("gallery")
    with served(folder=place) as where:
        yield where
    assert list(place.iterdir()) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("explore")
    (place / "volumes.csv").write_text(VOLUMES)
    (place / "tiny.toml").write_text(TINY)
    return place


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served("tiny.toml", folder=folder) as where:
        yield where
    assert {file.name for file in folder.iterdir()} <= {"volumes.csv", "tiny.toml", "hostile.toml"}


@contextmanager
def opened(browser: Browser, address: str, width: int = 1280, scheme: Any = "light") -> Iterator[Page]:
    """The page, in a new profile; at the end, it must have complained of nothing and asked nobody else for anything."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    context.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: requests.append(socket.url.replace("ws://", "http://", 1)))
    page.goto(address)
    yield page
    assert complaints == []
    base = address.partition("?")[0]
    assert [url for url in requests if not url.startswith((base, "data:", "blob:"))] == []
    assert len(requests) > 5
    context.close()


def settled(page: Page, since: int = 0) -> int:
    """Waits for a simulation that was not stale, after so many others; how many there were by then."""
    page.wait_for_function(
        "(n) => Number(document.querySelector('.explorer')?.dataset.runs) > n", arg=since, timeout=30_000
    )
    return int(page.evaluate("document.querySelector('.explorer').dataset.runs"))


def field(page: Page, name: str) -> Any:
    """The number field of a lever, by its name."""
    return page.locator(f'input[aria-label="{name}"]')


AGENTS = "Agents, 09:00-12:00, team all, agents"


def set_lever(page: Page, name: str, value: str) -> None:
    """Types a value, and waits for the figures that come of it."""
    before = settled(page)
    field(page, name).fill(value)
    settled(page, before)


def card(page: Page, label: str) -> str:
    """The figure of a card."""
    return page.locator(".card", has=page.locator(f".label:text-is('{label}')")).locator("b").inner_text()
