"""One tab of the page: a scenario, the levers as they stand, a baseline, pins, and what came of them.

No part of it knows a browser. Levers are turned on one thread; `run` may work on another, one at a time.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any, Final

from ccsim.api.centre import Centre, load
from ccsim.errors import Problem, ScenarioError
from ccsim.explore.levers import Changes, Lever, levers, move_lever
from ccsim.explore.settings import Setting, find, is_left_out
from ccsim.explore.simulation import LOOKS, steps
from ccsim.results.comparison import Comparison, VariantResult
from ccsim.results.model import Results
from ccsim.scenario import read
from ccsim.scenario.faults import shown
from ccsim.studies.compare import beside

PINS: Final = 12
"""Pins at most; each keeps the figures of its replications."""

MOST_FILES: Final = 1000
"""Files beside a faulty scenario whose change makes it worth another look."""

MOST_TRIED: Final = 300
"""Changes of a link of which each is tried by itself, where they do not fit together."""

BASELINE: Final = "baseline"
NOW: Final = "now"


@dataclass
class WhatIf:
    """A scenario with changes, and what is known of it so far."""

    name: str
    centre: Centre
    results: Results | None = None


@dataclass(frozen=True)
class View:
    """What there is to see: the what-if of now beside the baseline and the pins, on the same random numbers."""

    comparison: Comparison
    """the baseline first, then now, then the pins"""

    @property
    def now(self) -> VariantResult:
        """The what-if of now."""
        return next(variant for variant in self.comparison.variants if variant.name == NOW)

    @property
    def results(self) -> Results:
        """Of the what-if of now."""
        return self.now.results

    @cached_property
    def changed(self) -> bool:
        """Whether now is another what-if than the baseline."""
        return self.now.measures is not self.comparison.baseline.measures


@dataclass
class Session:
    """What one tab knows. `source` is a scenario file, or the text of one."""

    source: Path | str
    variant: str | None = None
    changes: Changes = field(default_factory=dict)
    allow_outside: bool = False
    """whether data files may lie outside the scenario's folder, those that a link names too"""
    half_width: float | None = None
    """to which service levels are refined, as a share; None: so many replications as LOOKS says"""
    loaded: Centre | None = None
    """as the file has it; None while it is faulty"""
    baseline: WhatIf | None = None
    pins: list[WhatIf] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """what of the link, or of the levers as they stood, did not fit the file when it was read"""
    moves: list[tuple[str, str]] = field(default_factory=list)
    """pairs of queues whose share moved has a control though it is 0"""
    _seen: dict[Path, int] = field(default_factory=dict)
    _latest: tuple[Centre, Results] | None = None

    # ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self) -> None:
        """Reads the file, again where it has changed, with the levers as they stand where these still fit.

        Raises ScenarioError, after which there is nothing to turn until the file is mended.
        """
        source = self.source if isinstance(self.source, Path) else None
        seen = self._seen = self._times([source] if source is not None else [])
        try:
            loaded = load(self.source, allow_outside=self.allow_outside)
        except ScenarioError:
            self.loaded = None
            if source is not None:  # a data file may be what has to be mended, or what is missing
                self._seen = seen | self._times([source.parent, *_beside(source)])
            raise
        if source is not None:
            self._seen = seen | self._times(source.parent / name for name in loaded.scenario.files)
        self.left_out = []
        if self.variant not in (None, *loaded.variants):
            self.left_out.append(f"variant {self.variant}")
            self.variant = None
        self._keep_what_fits(loaded)
        self.moves = [pair for pair in self.moves if set(loaded.queues).issuperset(pair)]
        self.loaded, self._latest = loaded, None
        before, pins = self.baseline, self.pins
        self.baseline = (self._again(loaded, before) if before is not None else None) or WhatIf(BASELINE, loaded)
        again = {pin.name: self._again(loaded, pin) for pin in pins}
        self.pins = [pin for pin in again.values() if pin is not None]
        self.left_out += [f"pin {name}" for name, pin in again.items() if pin is None]

    def _keep_what_fits(self, loaded: Centre) -> None:
        """Leaves out the changes that are of no what-if or do not fit the file; what fits only together with others
        stays."""
        common = {path for path in self.changes if is_left_out(path)}
        why = " (the same for all that is compared)"
        self.left_out += [f"{path} = {shown(value)}{why}" for path, value in self.changes.items() if path in common]
        self.changes = {path: value for path, value in self.changes.items() if path not in common}
        centre = loaded if self.variant is None else loaded.variant(self.variant)
        if self._fits(centre, self.changes):
            return
        kept = {
            path: value for path, value in islice(self.changes.items(), MOST_TRIED) if self._fits(centre, {path: value})
        }
        self.left_out += [f"{path} = {shown(value)}" for path, value in self.changes.items() if path not in kept]
        self.changes = kept

    def _again(self, loaded: Centre, one: WhatIf) -> WhatIf | None:
        """The same changes of a file that was read again, without figures; None where they do not fit any more."""
        try:
            centre = loaded if one.centre.applied is None else loaded.variant(one.centre.applied)
            return WhatIf(one.name, self._changed(centre, dict(one.centre.changes)))
        except ScenarioError:
            return None

    def _fits(self, centre: Centre, changes: Changes) -> bool:
        try:
            self._changed(centre, changes)
        except ScenarioError:
            return False
        return True

    def file_changed(self) -> bool:
        """Whether the file, or a data file that it names, is another than when it was read."""
        return self._times(self._seen) != self._seen

    @staticmethod
    def _times(files: Iterable[Path]) -> dict[Path, int]:
        times: dict[Path, int] = {}
        for file in files:
            try:
                times[file] = os.stat(file).st_mtime_ns
            except OSError:
                times[file] = -1
        return times

    # ── levers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def centre(self) -> Centre:
        """The what-if of now. Raises ScenarioError where the levers stand at what cannot be, and for a faulty file."""
        if self.loaded is None:
            raise ScenarioError([Problem("", "the file has errors", "correct them first", str(self.source))])
        centre = self.loaded if self.variant is None else self.loaded.variant(self.variant)
        return self._changed(centre, self.changes)

    def _changed(self, centre: Centre, changes: Changes) -> Centre:
        return centre.changed(changes, allow_outside=self.allow_outside) if changes else centre

    def levers(self) -> list[Lever]:
        """The controls, at the values of now; none of a faulty file."""
        if self.loaded is None:
            return []
        raw, usual = self._raw(self.changes), self._raw({})
        made = levers(raw, usual)
        keys = {lever.key for lever in made}
        asked = (move_lever(raw, *pair) for pair in self.moves)
        return [*made, *(lever for lever in asked if lever.key not in keys)]

    def lever(self, key: str) -> Lever | None:
        """The control of that key; None if it is gone."""
        return next((lever for lever in self.levers() if lever.key == key), None)

    def _raw(self, changes: Changes) -> dict[str, Any]:
        """The tables with these changes, whether or not they can be simulated."""
        assert self.loaded is not None
        raw = copy.deepcopy(dict(self.loaded.scenario.raw))
        inherited = self.loaded.loaded.variant[self.variant].set if self.variant else {}
        read.change(raw, copy.deepcopy([*inherited.items(), *changes.items()]))
        return raw

    def turn(self, key: str, value: float | str) -> None:
        """Puts a lever to a value."""
        lever = self.lever(key)
        if lever is not None:
            self.set(lever.changes(value))

    def set(self, changes: Changes) -> None:
        """Changes values at dotted paths; the last to be changed counts where two lead to one place."""
        # another dictionary, as a simulation may be reading the one before
        self.changes = {path: value for path, value in self.changes.items() if path not in changes} | changes

    def reset(self, key: str) -> None:
        """Puts a lever back to where the scenario, or the variant, has it."""
        lever = self.lever(key)
        if lever is not None:
            its = lever.changes(lever.value)
            self.changes = {path: value for path, value in self.changes.items() if path not in its}

    def reset_all(self) -> None:
        """Puts all levers back."""
        self.changes = {}
        self.moves = []

    def turned(self, lever: Lever) -> bool:
        """Whether a lever stands elsewhere than in the scenario."""
        return any(path in self.changes for path in lever.changes(lever.value))

    def choose(self, variant: str | None) -> None:
        """Takes a variant of the file, or the file as it is, without changes."""
        self.variant = variant
        self.reset_all()

    def find(self, text: str) -> list[Setting]:
        """Settings that have every word of a text in their path or description."""
        return find(self._raw(self.changes), text)

    # ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, stale: Event, progress: Callable[[int], object] = lambda number: None) -> Iterator[View]:
        """What there is to see after ever more replications; the baseline and the pins have as many.

        Raises ScenarioError where the levers stand at what cannot be, StaleError soon after `stale` is set.
        """
        assert self.baseline is not None
        centre, baseline, pins = self.centre, self.baseline, list(self.pins)
        for results in self._results(centre, stale, progress):
            number = results.replications
            others = []
            for other in (baseline, *pins):
                if _same(other.centre, centre):
                    other.results = results
                elif other.results is None or other.results.replications < number:
                    looks = (*(look for look in LOOKS if look < number), number)
                    for more in steps(other.centre.scenario, stale, after=other.results, looks=looks):
                        other.results = more
                assert other.results is not None
                others.append(VariantResult(other.name, other.results, _whole(other.results)[:number]))
            own = VariantResult(NOW, results, _whole(results))
            if _same(baseline.centre, centre):
                others[0] = VariantResult(BASELINE, results, own.measures)
            yield View(beside((others[0], own, *others[1:])))

    def _results(self, centre: Centre, stale: Event, progress: Callable[[int], object]) -> Iterator[Results]:
        """Of a what-if; what is known already is not simulated again."""
        known = next(
            (
                one.results
                for one in (self.baseline, *self.pins)
                if one is not None and one.results is not None and _same(one.centre, centre)
            ),
            None,
        )
        if known is None and self._latest is not None and _same(self._latest[0], centre):
            known = self._latest[1]
        if known is not None:
            yield known
        judged = any(queue.service_level is not None for queue in centre.scenario.queue.values())
        more = steps(
            centre.scenario,
            stale,
            variant=centre.applied,
            half_width=self.half_width if judged else None,
            after=known,
            progress=progress,
        )
        for results in more:
            self._latest = centre, results
            yield results

    # ── baseline and pins ────────────────────────────────────────────────────────────────────────────────────────────

    def pin(self, name: str) -> WhatIf:
        """Keeps the what-if of now beside the baseline. Raises ScenarioError for a name that is taken, and for more
        than PINS."""
        if len(self.pins) >= PINS:
            raise ScenarioError([Problem("pins", f"{PINS} already", "delete one first")])
        taken = {BASELINE, NOW, "base", *(pin.name for pin in self.pins)}
        name = " ".join(name.split())[:60]
        if not name or name in taken:
            raise ScenarioError([Problem("pin", f'"{name}"' if name else "no name", "a name of its own")])
        centre = self.centre
        results = self._latest[1] if self._latest is not None and _same(self._latest[0], centre) else None
        pin = WhatIf(name, centre, results)
        self.pins.append(pin)
        return pin

    def rename(self, pin: WhatIf, name: str) -> None:
        """Gives a pin another name, if it is free."""
        name = " ".join(name.split())[:60]
        if name and name not in {BASELINE, NOW, "base", *(other.name for other in self.pins)}:
            pin.name = name

    def move(self, pin: WhatIf, places: int) -> None:
        """Puts a pin so many places to the right."""
        place = self.pins.index(pin)
        self.pins.insert(max(0, place + places), self.pins.pop(place))

    def take(self, pin: WhatIf) -> None:
        """Puts the levers to where a pin has them."""
        self.variant, self.changes = pin.centre.applied, dict(pin.centre.changes)

    def rebase(self) -> None:
        """Makes the what-if of now the baseline, to which all differences are."""
        centre = self.centre
        results = self._latest[1] if self._latest is not None and _same(self._latest[0], centre) else None
        self.baseline = WhatIf(BASELINE, centre, results)

    def compared(self) -> dict[str, Centre]:
        """By name all that a comparison of the page has in it: baseline, pins, and now, unless it is one of them."""
        assert self.baseline is not None
        every = {BASELINE: self.baseline.centre, **{pin.name: pin.centre for pin in self.pins}}
        now = self.centre
        if not any(_same(now, other) for other in every.values()):
            every[NOW] = now
        return every


def _same(one: Centre, other: Centre) -> bool:
    return one is other or (one.loaded is other.loaded and one.scenario.raw == other.scenario.raw)


def _beside(source: Path) -> list[Path]:
    """Files of its folder; none where that is gone."""
    try:
        return list(islice(source.parent.iterdir(), MOST_FILES))
    except OSError:
        return []


def _whole(results: Results) -> list[Any]:
    assert results.collected is not None
    return results.collected.whole
