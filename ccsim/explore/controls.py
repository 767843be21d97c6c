"""The levers as NiceGUI elements: a slider and a number field each, in groups that are filled when they are opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.elements.mixins.value_element import ValueElement

from ccsim.explore.levers import Lever
from ccsim.explore.session import Session

OPEN_AT_FIRST = 2
"""Groups that are open when the page opens."""


class Text(TextElement):
    """An element with a text, which is never markup."""

    def __init__(self, tag: str, text: str = "", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)


def button(text: str, action: Callable[[], Any], label: str = "") -> Text:
    """A plain button; `label` is its name where the text is only a sign."""
    made = Text("button", text, "plain")
    made.props["type"] = "button"
    if label:
        made.props["aria-label"] = label
        made.props["title"] = label
    made.on("click", action, args=[])
    return made


class Slider(ValueElement[float], component="templates/range.js"):
    """The browser's own slider."""

    LOOPBACK = False

    def __init__(self, low: float, high: float, step: float, value: float, on_change: Callable[[Any], None]) -> None:
        super().__init__(value=value, on_value_change=on_change, throttle=0.05)
        self.props.update(min=low, max=high, step=step)


class Control:
    """One lever: what the user does goes to `turn(key, value)` and `reset(key)`."""

    def __init__(
        self, lever: Lever, turned: bool, turn: Callable[[str, Any], None], reset: Callable[[str], None]
    ) -> None:
        self._key, self._turn, self._quiet = lever.key, turn, False
        self.slider: Slider | None = None
        self.field: ui.number | ui.input
        name = f"{lever.title}, {lever.group}"
        with ui.element("div").classes("lever") as self.row:
            Text("div", lever.title, "name")
            if lever.form == "text":
                self.field = ui.input(value=str(lever.value)).props("dense").classes("wide")
                self.field.on("change", lambda: self._set(self.field.value), args=[])
            else:
                high = max(lever.high, float(lever.value))
                value = float(lever.value)
                self.slider = Slider(lever.low, high, lever.step, value, lambda event: self._set(event.value))
                self.slider.props["aria-label"] = name
                self.field = ui.number(
                    value=value, min=0, max=lever.most, step=lever.step, suffix=lever.unit or None,
                    on_change=lambda event: self._set(event.value),
                ).props("dense")  # fmt: skip
            self.field.props["aria-label"] = f"{name}, {lever.unit}" if lever.unit else name
            button("↺", lambda: reset(self._key), f"Reset {name}")
        self.show(lever, turned)

    def _set(self, value: Any) -> None:
        if not self._quiet and value is not None:
            self._turn(self._key, value)

    def show(self, lever: Lever, turned: bool) -> None:
        """Puts slider and field to where the lever stands; what the user is typing stays as it is."""
        self._quiet = True
        try:
            value = lever.value
            if self.slider is not None and isinstance(value, int | float):
                self.slider.props["max"] = max(self.slider.props["max"], value)
                if self.slider.value != value:
                    self.slider.value = value
                if self.field.value is None or float(self.field.value) != value:
                    self.field.value = value
            elif self.field.value != value:
                self.field.value = value
            self.row.classes(add="turned" if turned else "", remove="" if turned else "turned")
        finally:
            self._quiet = False


class Panel:
    """All levers of a session, by group."""

    def __init__(self, session: Session, turn: Callable[[str, Any], None], reset: Callable[[str], None]) -> None:
        self._session, self._turn, self._reset = session, turn, reset
        self._controls: dict[str, Control] = {}
        self._groups: dict[str, ui.element] = {}
        self._filled: set[str] = set()
        self._keys: list[str] = []
        self._box = ui.element("div")
        self.rebuild()

    def refresh(self) -> None:
        """Shows where the levers stand now; builds them anew if they are others."""
        levers = self._session.levers()
        if [lever.key for lever in levers] != self._keys:
            self.rebuild()
            return
        for lever in levers:
            if (control := self._controls.get(lever.key)) is not None:
                control.show(lever, self._session.turned(lever))

    def rebuild(self) -> None:
        """Builds the groups; those that were open stay open."""
        before, self._filled = self._filled, set()
        levers = self._session.levers()
        self._keys = [lever.key for lever in levers]
        self._controls, self._groups = {}, {}
        self._box.clear()
        groups: dict[str, list[Lever]] = {}
        for lever in levers:
            groups.setdefault(lever.group, []).append(lever)
        with self._box:
            for number, group in enumerate(groups):
                self._group(group, len(groups[group]), group in before if before else number < OPEN_AT_FIRST)

    def _group(self, group: str, number: int, opened: bool) -> None:
        with ui.element("details") as details:
            with ui.element("summary"):
                Text("span", f"{group[0].upper()}{group[1:]} ")
                Text("span", f"{number}", "quiet")
            self._groups[group] = ui.element("div")
        if opened:
            details.props["open"] = True
            self._fill(group)
        details.on("toggle", lambda event: self._fill(group) if event.args else None,
                   js_handler="(event) => emit(event.target.open)")  # fmt: skip

    def _fill(self, group: str) -> None:
        body = self._groups.get(group)
        if body is None or group in self._filled:
            return
        self._filled.add(group)
        with body:
            for lever in self._session.levers():
                if lever.group == group:
                    turned = self._session.turned(lever)
                    self._controls[lever.key] = Control(lever, turned, self._turn, self._reset)
