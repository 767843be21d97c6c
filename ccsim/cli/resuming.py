"""What verbs share that say, after an interruption or a full disk, what is left: work to go on with, or results."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

ARGUMENTS: Final = "ccsim.arguments"
"""Of a context's `meta`: what was typed behind the command."""


@contextmanager
def resume_hint(ctx: click.Context) -> Iterator[None]:
    """Where work was kept when the block was interrupted, the error says with which command it goes on."""
    try:
        yield
    except (KeyboardInterrupt, OSError, MemoryError) as error:
        if hasattr(error, "__notes__"):  # on what is kept
            again = [argument for argument in ctx.meta[ARGUMENTS] if argument != "--resume"]
            error.add_note(f"Go on with: {shlex.join([*ctx.command_path.split(), *again, '--resume'])}")
        raise


@contextmanager
def written_to(folder: Path | None, rest: str = "") -> Iterator[None]:
    """Whatever ends the block after its results were written to a folder says where they are; `rest` is what is not."""
    try:
        yield
    except (KeyboardInterrupt, OSError) as error:
        if folder is not None:
            error.add_note(f"All figures are in {folder}{rest}.")
        raise
