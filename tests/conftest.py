"""What all tests start from: a compiled kernel, and one browser for those that need it."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pytest

from ccsim.engine import compilation
from ccsim.runs.compiling import compile_first

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REQUIRED: Final = os.environ.get("CCSIM_BROWSER") == "required"
"""Set in continuous integration, where a missing browser must not go unnoticed."""


gc.set_threshold(50_000)  # as the command does


def pytest_configure() -> None:
    """Tests are collected while the kernel is being compiled."""
    compilation.pending()


@pytest.fixture(scope="session", autouse=True)
def _kernel() -> None:
    """The kernel is compiled: otherwise the reference would stand in for it, and be compared with itself.

    Meanwhile one of the processes that test compiles the measures.
    """
    if compilation.pending() and os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        compile_first()
    while compilation.pending():
        time.sleep(0.1)
    assert compilation.finished(), "the process that compiles the kernel fails; run ccsim.engine.compilation.work()"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this system; without one the test is skipped, or fails where it is required."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        message = "no Chromium on this system: apt-get install chromium"
        if REQUIRED:
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    quiet = (
        "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
        "--disable-sync --disable-dev-shm-usage"
    )
    with sync_playwright() as playwright:
        result = playwright.chromium.launch(executable_path=program, args=quiet.split())
        yield result
        result.close()
