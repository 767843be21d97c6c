"""Studies that ended early: what they have measured is kept in a hidden folder, from which they go on."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ccsim.errors import Problem, ScenarioError
from ccsim.results import storage
from ccsim.runs.store import Store

UNFINISHED: Final = ".unfinished"

STORE: Final = "measures.sqlite"
"""What an unfinished study has measured, in its hidden folder."""


@contextmanager
def kept(root: Path, name: str, about: dict[str, Any], total: int, resume: bool) -> Iterator[tuple[Store, Path, Path]]:
    """The store of a study, a folder to fill, and the place `root/name/<time>-<id>` that this takes if all ends well.

    `about` is all that its measures depend on, in terms of JSON, and `total` how many simulations it is. With `resume`
    the store is the one that the same study left behind, if there is any. An error that ends the block has a note on
    what is kept. Raises ScenarioError when what was left is of another study; OSError as a store does.
    """
    final = storage.new_place(root, name)
    left = _left(final.parent, about) if resume else None
    if left is not None:
        final = final.with_name(left.name.removeprefix(".").removesuffix(UNFINISHED))
    hidden = final.with_name(f".{final.name}{UNFINISHED}")
    storage.make_folder(hidden)
    folder = hidden / "results"
    done = 0
    try:
        with Store(hidden / STORE) as store:
            try:
                if store.about is None:
                    store.about = about
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                with storage.place_named(hidden):
                    yield store, folder, final
            finally:
                done = len(store)
    except BaseException as error:
        if done:
            error.add_note(f"{done:,} of {total:,} simulations are kept in {hidden}.")
        elif left is None:  # what another process has left may only seem to be empty, being damaged
            storage.discard(hidden)
        raise
    shutil.rmtree(final, ignore_errors=True)  # of a study that was killed after the next line
    folder.rename(final)
    shutil.rmtree(hidden)


def _left(parent: Path, about: dict[str, Any]) -> Path | None:
    """The folder that this study has left behind; None if there is none of any. Raises as `kept`.

    Stores in use are of studies that still run; there is an error only where none but these are left.
    """
    others: dict[Path, Any] = {}
    busy: OSError | None = None
    for hidden in sorted(parent.glob(f".*{UNFINISHED}"), reverse=True):
        if (hidden / STORE).exists():
            try:
                with Store(hidden / STORE) as store:
                    others[hidden] = store.about
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                busy = error
                continue
            if others[hidden] is None or json.dumps(others[hidden]) == json.dumps(about):
                return hidden
    if busy is not None and not others:
        raise busy
    if not others:
        return None
    hidden, then = next(iter(others.items()))
    before, now = _flat(then), _flat(about)
    changed = [
        Problem(place, f"{before.get(place, 'nothing')} then, {now.get(place, 'nothing')} now", "")
        for place in {**before, **now}
        if before.get(place) != now.get(place)
    ]
    other = Problem(
        "resume",
        f"what is kept in {hidden} is of another study",
        "without --resume it starts again",
    )
    raise ScenarioError([other, *(changed or [Problem("scenario", "its tables have another order", "")])])


def _flat(tree: Any, place: str = "") -> dict[str, str]:
    """Values by dotted place."""
    if not isinstance(tree, dict) or not tree:
        return {place: json.dumps(tree)}
    parts = [_flat(part, f"{place}.{key}".lstrip(".")) for key, part in tree.items()]
    return {deeper: value for part in parts for deeper, value in part.items()}
