"""The page in the browser: it turns what a user does into calls of a session, and what a session shows into elements.

Simulations run in threads; of each tab one at a time, and a change makes the one that runs stale.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import urlencode

from nicegui import app, background_tasks, ui
from starlette.requests import Request

from ccsim.engine import compilation
from ccsim.errors import Problem, ScenarioError
from ccsim.explore import charts, downloads, figures, gallery, links
from ccsim.explore.controls import Panel, Text, button
from ccsim.explore.markup import markup, script, style
from ccsim.explore.scene import Scene, scene
from ccsim.explore.session import Session, View, WhatIf
from ccsim.explore.simulation import LOOKS, StaleError
from ccsim.report.document import Table
from ccsim.results import format
from ccsim.scenario.read import value as read_value

TABS: Final = 16
"""Pages at once; each may simulate."""

SHOWN: Final = 10
"""Changes at most that are named as left out."""

WATCH: Final = 1.0
"""Seconds between two looks at the file."""

PLAY: Final = (
    "Replication 1, of the day chosen above or else of the worst one. A full dot is a contact that waits or is worked "
    "on; a hollow one holds an agent, who waits for the customer."
)

PRECISIONS: Final[dict[str, float | None]] = {
    "20 replications": None,
    "service levels ± 1 point": 0.01,
    "service levels ± 0.5 points": 0.005,
}


def pages(file: Path | None, allow_outside: bool) -> Callable[[], None]:
    """Defines the pages: the explorer of a file, or without one the gallery. `allow_outside` is as for `load`."""

    def build() -> None:
        @ui.page("/")
        def index(request: Request) -> None:
            _head()
            wanted = request.query_params.get("open")
            entry = next((entry for entry in gallery.entries() if entry.key == wanted), None)
            if sum(tab.connected for tab in Tab.open_tabs) >= TABS or len(Tab.open_tabs) >= 4 * TABS:
                Text("p", f"{TABS} pages are open already: close one, and load this one again.", "answer open")
            elif entry is not None:
                Tab(Session(entry.source), request.url.query, entry.key)
            elif file is not None and wanted is None:
                Tab(Session(file, allow_outside=allow_outside), request.url.query)
            else:
                _gallery()

        @app.on_shutdown
        def close() -> None:
            for tab in list(Tab.open_tabs):
                tab.close()

    return build


def _head() -> None:
    ui.add_head_html(f"<style>{style()}</style>")
    ui.add_body_html(f"<script>{script()}</script>")


def _gallery() -> None:
    ui.page_title("ccsim explore")
    with ui.element("div"):
        Text("h1", "ccsim explore")
        Text("p", "Open a scenario, and turn its levers: every change is simulated while you watch.", "quiet")
        ui.html(markup("gallery", gallery.entries()))


class Tab:
    """One page of one user."""

    open_tabs: set[Tab] = set()  # noqa: RUF012  of all users of this server

    def __init__(self, session: Session, query: str, key: str | None = None) -> None:
        self.session, self._key = session, key
        self._changed, self._stale = asyncio.Event(), Event()
        self._view: View | None = None
        self._panel: Panel | None = None
        self._client = ui.context.client
        self._queue: str | None = None
        self._day: date | None = None
        self._runs = 0
        self._layout()
        try:
            session.variant, session.changes = links.read_query(query)
        except ScenarioError as error:
            self._left_out.set_text(f"Nothing of the link is taken: {error}")
        Tab.open_tabs.add(self)
        self._client.on_delete(self.close)
        self._loop = background_tasks.create(self._drive(), name="explore")
        self._watcher = background_tasks.create(self._watch(), name="explore: file")

    @property
    def connected(self) -> bool:
        """Whether a browser shows it; one that is closed is forgotten only after a while."""
        return self._client.has_socket_connection

    def close(self) -> None:
        """What it simulates is stale, and nothing of it goes on."""
        self._stale.set()
        self._loop.cancel()
        self._watcher.cancel()
        Tab.open_tabs.discard(self)

    # ── layout ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _layout(self) -> None:
        Text("a", "Skip to the answer", "skip").props('href="#answer"')
        with ui.element("header"), ui.element("div"):
            self._title, self._subtitle = Text("h1"), Text("p", "", "quiet")
        with ui.element("div").classes("explorer") as self._main:
            with ui.element("div").classes("top"):
                self._variants = ui.select([], label="Scenario or variant", on_change=self._choose).props("dense")
                precision = ui.select(list(PRECISIONS), value=next(iter(PRECISIONS)), label="Precision").props("dense")
                precision.on_value_change(lambda event: self._refine(PRECISIONS[event.value]))
                with ui.element("div").classes("actions"):
                    button("Reset all levers", self._reset_all)
                    button("Copy a link", self._copy_link)
                    Text("a", "Gallery", "plain").props('href="?open="')
            with ui.element("section").classes("live").props("id=answer aria-labelledby=answer-title tabindex=-1"):
                self._answer = ui.html(markup("answer", None, "Simulating …"))
                self._state = Text("p", "", "state").props("role=status")
                self._left_out = Text("p", "", "note").props("role=status")
                self._faults = ui.html("").props("role=alert")
            with ui.element("div").classes("columns"):
                with ui.element("section").classes("levers").props('aria-label="Levers"'):
                    Text("h2", "Levers", "hidden")
                    self._levers = ui.element("div")
                    self._add_lever()
                with ui.element("div").classes("results"):
                    self._cards = ui.html("")
                    self._pins_part()
                    self._charts_part()
                    self._play_part()
                    self._tables_part()
        self._footer = Text("footer", "", "quiet")

    def _add_lever(self) -> None:
        with ui.element("details"):
            Text("summary", "Add a lever")
            self._search = ui.input(label="Search all settings", placeholder="such as wrap_up or reopens").props(
                "dense"
            )
            self._search.on_value_change(self._find)
            self._matches = ui.element("ul").classes("found").props('aria-label="Settings found"')
            self._setting = ui.input(label="Setting (a path, as for --set)").props("dense")
            self._value = ui.input(label="Value").props("dense")
            self._allowed = Text("p", "", "note quiet")
            button("Set it", self._set_value)
            with ui.element("div").classes("top"):
                self._from, self._to = (
                    ui.select([], label=label).props("dense") for label in ("Customers of", "come to")
                )
            button("Move customers", self._add_move)

    def _pins_part(self) -> None:
        with ui.element("section").classes("chapter").props('aria-label="Pins"'):
            with ui.element("div").classes("actions"):
                self._pin_name = ui.input(label="Name of a pin").props("dense")
                button("Pin this", self._pin)
                button("Make this the baseline", self._rebase)
            self._pins = ui.element("ul").classes("pins").props('aria-label="Pinned"')
            self._beside, self._notes = ui.html(""), ui.html("")
            with ui.element("div").classes("actions"):
                button("Scenario as TOML", partial(self._download, downloads.scenario))
                button("As a variant, TOML", partial(self._download, self._as_variant))
                button("Comparison as report", partial(self._download, downloads.report))
                button("Comparison as workbook", partial(self._download, downloads.workbook))
            self._command = Text("p", "", "code command quiet")

    def _charts_part(self) -> None:
        with ui.element("section").classes("chapter").props('aria-label="Charts"'):
            with ui.element("div").classes("top"):
                self._queues = ui.select([], label="Queue", on_change=self._choose_queue).props("dense")
                self._days = ui.select([], label="Days", on_change=self._choose_day).props("dense")
            self._charts: list[ChartBox] = []
            with ui.element("div").classes("charts"):
                self._charts = [ChartBox() for _ in range(4)]

    def _tables_part(self) -> None:
        with ui.element("section").classes("chapter").props('aria-label="All figures"'):
            self._all = Folded("All figures", lambda: figures.every_figure(self._view) if self._view else None)

    def _play_part(self) -> None:
        with ui.element("section").classes("chapter").props('aria-label="A day as a moving picture"'):
            with ui.element("div").classes("actions"):
                button("Play a day", self._play)
                Text("p", PLAY, "note quiet")
            self._scene = ui.element("div")

    async def _play(self) -> None:
        if self._view is None:
            return
        self._scene.clear()
        with self._scene:
            place = ui.element("div")
        try:
            made = await asyncio.to_thread(scene, self._view.results, self._day)
        except ScenarioError as error:
            self._show_problems(error.problems)
            return
        if not place.is_deleted:  # else the levers have been turned meanwhile
            with place:
                Play(made)

    # ── what the user does ───────────────────────────────────────────────────────────────────────────────────────────

    def _change(self) -> None:
        """The levers stand elsewhere: what runs is stale, and is begun anew."""
        self._stale.set()
        self._changed.set()

    def _turn(self, key: str, value: Any) -> None:
        self.session.turn(key, value)
        self._after_turning()

    def _reset(self, key: str) -> None:
        self.session.reset(key)
        self._after_turning()

    def _reset_all(self) -> None:
        self.session.reset_all()
        self._after_turning()

    def _after_turning(self) -> None:
        self._scene.clear()  # which would show another what-if than the figures beside it
        if self._panel is not None:
            self._panel.refresh()
        address = links.query(self.session.variant, self.session.changes)
        prefix = urlencode({"open": self._key}) if self._key else ""
        link = "?" + "&".join(filter(None, [prefix, address]))
        ui.run_javascript(f"history.replaceState(null, '', {json.dumps(link)})")
        self._change()

    def _choose(self, event: Any) -> None:
        if self._panel is not None and event.value is not None and (event.value or None) != self.session.variant:
            self.session.choose(event.value or None)
            self._after_turning()

    def _refine(self, half_width: float | None) -> None:
        self.session.half_width = half_width
        self._change()

    async def _copy_link(self) -> None:
        await ui.run_javascript("navigator.clipboard.writeText(location.href)")
        self._say("The link is copied: it puts all levers where they stand now.")

    def _find(self) -> None:
        self._matches.clear()
        text = (self._search.value or "").strip()
        if len(text) < 2 or self.session.loaded is None:
            return
        with self._matches:
            for setting in self.session.find(text):
                with ui.element("li"):
                    button(setting.path, partial(self._choose_setting, setting.path, setting.now, setting.default,
                                                 setting.allowed))  # fmt: skip
                    Text("span", f" {setting.description} {setting.allowed}", "quiet")

    def _choose_setting(self, path: str, now: Any, default: Any, allowed: str) -> None:
        self._setting.value = path
        value = now if now is not None else default
        self._value.value = "" if value is None else links.setting_text(value)
        self._allowed.set_text(f"Allowed: {allowed}" if allowed else "")

    def _set_value(self) -> None:
        path, value = (self._setting.value or "").strip(), (self._value.value or "").strip()
        if path and value:
            self.session.set({path: read_value(value)})
            self._after_turning()

    def _add_move(self) -> None:
        source, to = self._from.value, self._to.value
        if source and to and source != to:
            self.session.moves.append((source, to))
            self._after_turning()

    def _choose_queue(self, event: Any) -> None:
        self._queue = event.value
        self._draw()

    def _choose_day(self, event: Any) -> None:
        self._day = date.fromisoformat(event.value) if event.value else None
        self._draw()

    # ── pins ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _pin(self) -> None:
        number = len(self.session.pins) + 1
        try:
            self.session.pin(self._pin_name.value or f"pin {number}")
        except ScenarioError as error:
            self._show_problems(error.problems)
            return
        self._pin_name.value = ""
        self._after_pinning()

    def _rebase(self) -> None:
        try:
            self.session.rebase()
        except ScenarioError as error:
            self._show_problems(error.problems)
            return
        self._after_pinning()

    def _after_pinning(self) -> None:
        self._show_pins()
        self._change()

    def _show_pins(self) -> None:
        self._pins.clear()
        with self._pins:
            for pin in self.session.pins:
                self._pin_row(pin)

    def _pin_row(self, pin: WhatIf) -> None:
        def then(action: Callable[[], Any]) -> Callable[[], None]:
            def act() -> None:
                action()
                self._after_pinning()

            return act

        def take() -> None:
            self.session.take(pin)
            self._after_turning()

        with ui.element("li"):
            name = ui.input(value=pin.name).props("dense")
            name.props["aria-label"] = f"Name of pin {pin.name}"
            name.on("change", then(lambda: self.session.rename(pin, name.value or "")), args=[])
            button("◂", then(lambda: self.session.move(pin, -1)), f"Move {pin.name} to the left")
            button("▸", then(lambda: self.session.move(pin, 1)), f"Move {pin.name} to the right")
            button("Use", take, f"Put the levers to {pin.name}")
            button("✕", then(lambda: self.session.pins.remove(pin)), f"Delete {pin.name}")

    # ── downloads ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _as_variant(self, session: Session) -> downloads.Download:
        return downloads.variant(session, self._pin_name.value or "What if")

    async def _download(self, make: Callable[[Session], downloads.Download]) -> None:
        self._say("Making the file …")
        try:
            content, name = await asyncio.to_thread(make, self.session)
        except ScenarioError as error:
            self._show_problems(error.problems)
            return
        ui.download.content(content, name)
        self._say(f"{name} is made.")

    # ── simulation ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _watch(self) -> None:
        """Reads the file anew when it, or a data file of it, has changed."""
        while True:
            await asyncio.sleep(WATCH)
            if await asyncio.to_thread(self.session.file_changed):
                self._panel = None
                self._change()

    async def _drive(self) -> None:
        """Simulates what the levers say, and what they say next, one after the other."""
        await self._client.connected()
        self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._stale = Event()
            try:
                with self._client:
                    if self._panel is None:
                        await self._read()
                    await self._simulate(self._stale)
            except StaleError:
                continue
            except ScenarioError as error:
                with self._client:
                    self._show_problems(error.problems)
            except MemoryError:
                with self._client:
                    self._show_problems([Problem("", "not enough memory for so many days, contacts or agents", "")])
            except Exception as error:  # the page must not stand still without a word
                with self._client:
                    self._show_problems(
                        [Problem("", f"{type(error).__name__}: {error}", "a defect of ccsim: report it")]
                    )

    async def _read(self) -> None:
        await asyncio.to_thread(self.session.load)
        loaded = self.session.loaded
        assert loaded is not None
        scenario = loaded.scenario
        if out := self.session.left_out:
            more = f" and {len(out) - SHOWN} more" if len(out) > SHOWN else ""
            self._left_out.set_text(f"Left out, as it does not fit: {', '.join(out[:SHOWN])}{more}.")
        ui.page_title(f"{loaded.name} – ccsim explore")
        self._title.set_text(loaded.name)
        where = str(loaded.file.name) if loaded.file is not None else "template"
        self._subtitle.set_text(f"{where} · {format.several(scenario.days, 'day')} from {scenario.start}")
        variants = {
            "": "As the file has it",
            **{name: loaded.loaded.variant[name].title or name for name in loaded.variants},
        }
        self._variants.set_options(variants, value=self.session.variant or "")
        queues = {name: scenario.title(name) for name in loaded.queues}
        for choice in (self._from, self._to):
            choice.set_options(queues)
        self._levers.clear()
        with self._levers:
            self._panel = Panel(self.session, self._turn, self._reset)
        self._show_pins()
        self._scene.clear()
        self._view = None

    async def _simulate(self, stale: Event) -> None:
        began = time.perf_counter()
        self._main.classes(add="stale")
        loop = asyncio.get_running_loop()

        def progress(number: int) -> None:
            if number > LOOKS[-1] and number % 10 == 0:
                loop.call_soon_threadsafe(self._say, f"{number} replications …")

        looks = self.session.run(stale, progress)
        while (view := await asyncio.to_thread(next, looks, None)) is not None and not stale.is_set():
            self._show(view, time.perf_counter() - began)
        if self._view is not None and not stale.is_set():
            self._show_details(self._view)
            self._runs += 1
            self._main.props["data-runs"] = self._runs  # how many were not stale: for who drives the page

    # ── what there is to see ─────────────────────────────────────────────────────────────────────────────────────────

    def _show(self, view: View, seconds: float) -> None:
        """Shows what a look has brought."""
        self._view = view
        self._main.classes(remove="stale")
        self._faults.set_content("")
        self._answer.set_content(markup("answer", *figures.headline(view.results)))
        number = format.several(view.results.replications, "replication")
        compiling = "" if compilation.finished() else "; the fast engine is being compiled, once: until then it is slow"
        self._say(f"{number} in {seconds:.2f} s, seed {view.results.scenario.seed}{compiling}")
        self._cards.set_content(markup("cards", figures.cards(view)))

    def _show_details(self, view: View) -> None:
        """Shows what takes the browser some time, when nothing changes any more."""
        self._draw()
        self._beside.set_content(markup("rows", figures.side_by_side(view)))
        self._notes.set_content(markup("notes", view.comparison.notes))
        session = self.session
        self._command.set_text(links.command(session.centre, view.results.replications, session.allow_outside))
        self._footer.set_text("All figures are of ccsim run, simulated on this machine; nothing leaves it.")
        self._all.refresh()
        for box in self._charts:
            box.table.refresh()

    def _draw(self) -> None:
        """The charts of the queue and the day that are chosen."""
        view = self._view
        if view is None:
            return
        names = list(view.results.spec.queues)
        if self._queue not in names:
            self._queue = names[0]
        queues = {name: view.results.scenario.title(name) for name in names}
        if self._queues.options != queues or self._queues.value != self._queue:
            self._queues.set_options(queues, value=self._queue)
        days = charts.days(view.results)
        if self._day not in days:
            self._day = None
        options = {"": charts.WHOLE_RUN, **{day.isoformat(): format.day(day) for day in days}}
        if self._days.options != options:
            self._days.set_options(options, value=self._day.isoformat() if self._day else "")
        for box, chart in zip(self._charts, charts.charts(view, self._queue, self._day), strict=True):
            box.show(chart)

    def _show_problems(self, problems: Sequence[Problem]) -> None:
        self._main.classes(add="stale")
        if self.session.loaded is None:
            self._answer.set_content(
                markup("answer", "missed", "The file has faults. Mend and save it: it is read again.")
            )
            self._levers.clear()
        self._faults.set_content(markup("faults", [str(problem) for problem in problems]))

    def _say(self, text: str) -> None:
        self._state.set_text(text)


class Folded:
    """A table that is made only while it is open: there may be hundreds of rows."""

    def __init__(self, title: str, make: Callable[[], Table | None]) -> None:
        self._make, self._open = make, False
        with ui.element("details") as details:
            Text("summary", title)
            self._body = ui.html("")
        details.on("toggle", self._toggled, js_handler="(event) => emit(event.target.open)")

    def _toggled(self, event: Any) -> None:
        self._open = bool(event.args)
        self.refresh()

    def refresh(self) -> None:
        """Makes it anew, if it is open."""
        table = self._make() if self._open else None
        self._body.set_content("" if table is None else markup("rows", table))


class Play(ui.element, component="templates/play.js"):
    """A day as a moving picture."""

    def __init__(self, made: Scene) -> None:
        super().__init__()
        self.props["scene"] = made.props()


class ChartBox:
    """A chart by interval, with its table beside it."""

    def __init__(self) -> None:
        self._chart: charts.Chart | None = None
        with ui.element("figure"):
            with ui.element("h3"):
                self._title, self._note = Text("span"), Text("span", "", "quiet")
            self._picture = ui.echart({}, renderer="svg")
            self._picture.props["role"] = "img"
            self.table = Folded("As a table", lambda: self._chart.table if self._chart else None)

    def show(self, chart: charts.Chart) -> None:
        """Shows a chart in place of the one before."""
        self._chart = chart
        self._title.set_text(chart.title)
        self._note.set_text(f" {chart.note}" if chart.note else "")
        self._picture.props["aria-label"] = (
            f"Chart: {chart.title}. {chart.note} The same figures are in the table below."
        )
        self._picture.options.clear()
        self._picture.options.update(chart.options)
        self._picture.update()
