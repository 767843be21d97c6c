"""How long `ccsim explore` takes from a change of a lever to figures in the browser: `python -m bench.explore`.

    python -m bench.explore                    thirty changes each of the flagship and of phone_8020: medians
    python -m bench.explore --soak 2000        so many changes in one go: memory, tasks and runs afterwards

It starts the real command and drives Chromium (playwright, offline). The time of the simulation alone is what the page
itself says, measured by the server.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CASES = {
    "retail_week": ("Agents, 08:00-16:30 mon-fri, team frontline, agents", 8, 40),
    "phone_8020": ("Agents, always, team agents, agents", 18, 60),
}
QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
WATCH = """() => {
  const state = document.querySelector(".state");
  window.seen = [];
  new MutationObserver(() => window.seen.push([performance.now(), state.textContent]))
    .observe(state, { childList: true, characterData: true, subtree: true });
  document.addEventListener("input", () => { window.seen = []; window.began = performance.now(); }, true);
}"""


@contextmanager
def page_of(scenario: str) -> Iterator[tuple[Any, int]]:
    """The page of a shipped scenario in a browser, with its first figures, and the id of the server's process."""
    from playwright.sync_api import sync_playwright

    file = ROOT / "scenarios" / f"{scenario}.toml"
    command = [sys.executable, "-m", "ccsim", "explore", str(file), "--no-browser"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET.split())
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            page.wait_for_function("Number(document.querySelector('.explorer')?.dataset.runs) > 0", timeout=120_000)
            yield page, server.pid
            browser.close()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def latencies(scenario: str, changes: int) -> None:
    """Prints the medians over so many changes, each to a value that was not there before."""
    lever, first, _ = CASES[scenario]
    timed: dict[str, list[float]] = {"first": [], "twenty": [], "first simulated": [], "twenty simulated": []}
    with page_of(scenario) as (page, _):
        page.evaluate(WATCH)
        field = page.locator(f'input[aria-label="{lever}"]')
        for number in range(changes):
            field.fill(str(first + number))
            page.wait_for_function("window.seen.some(([, text]) => text.startsWith('20 rep'))", timeout=60_000)
            began, seen = page.evaluate("[window.began, window.seen]")
            for name, start in (("first", "1 rep"), ("twenty", "20 rep")):
                at, text = next((at, text) for at, text in seen if text.startswith(start))
                timed[name].append(at - began)
                timed[f"{name} simulated"].append(1000 * float(re.findall(r"([\d.]+) s,", text)[0]))
            page.wait_for_timeout(300)  # charts and tables of this change are drawn before the next
    medians = {name: statistics.median(values) for name, values in timed.items()}
    print(
        f"{scenario}: first figure {medians['first']:.0f} ms (simulated {medians['first simulated']:.0f}), "
        f"20 replications {medians['twenty']:.0f} ms (simulated {medians['twenty simulated']:.0f}); "
        f"medians of {changes} changes"
    )


def resident(process: int) -> float:
    """Megabytes of memory of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def soak(changes: int) -> None:
    """Prints memory and threads of the server as changes go on, twenty a second."""
    lever, first, _ = CASES["retail_week"]
    with page_of("retail_week") as (page, process):
        field = page.locator(f'input[aria-label="{lever}"]')
        began = time.monotonic()
        for number in range(changes + 1):
            field.fill(str(first + number % 17))
            page.wait_for_timeout(50)
            if number % (changes // 10) == 0:
                threads, seconds = len(list(Path(f"/proc/{process}/task").iterdir())), time.monotonic() - began
                print(f"{number:5} changes, {seconds:4.0f} s: {resident(process):.0f} MB, {threads} threads")
        before = int(page.evaluate("document.querySelector('.explorer').dataset.runs"))
        field.fill("7")
        page.wait_for_function(
            "(n) => document.querySelector('.explorer').dataset.runs > n", arg=before, timeout=60_000
        )
        page.wait_for_timeout(3000)
        after = int(page.evaluate("document.querySelector('.explorer').dataset.runs"))
        stat = Path(f"/proc/{process}/stat").read_text().split()
        page.wait_for_timeout(2000)
        later = Path(f"/proc/{process}/stat").read_text().split()
        ticks = int(later[13]) + int(later[14]) - int(stat[13]) - int(stat[14])
        print(f"at rest: {resident(process):.0f} MB, {after - before} runs after the last change, {ticks} ticks in 2 s")


def main() -> None:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--soak", type=int, metavar="N")
    given = parser.parse_args()
    if given.soak:
        soak(given.soak)
        return
    for scenario in CASES:
        latencies(scenario, given.changes)


if __name__ == "__main__":
    main()
