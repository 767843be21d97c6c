"""`ccsim new`."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Write NAME.toml, a commented scenario that runs as it is."""
    from ccsim.results.storage import write_files
    from ccsim.scenario.template import template

    file = Path(name if name.endswith(".toml") else f"{name}.toml")
    if not any(letter.isalnum() for letter in Path(name.removesuffix(".toml")).name):
        raise click.UsageError(f"{name}: no name of a scenario; give one such as my_centre, or a_folder/my_centre.")
    if os.path.lexists(file):
        raise click.UsageError(f"{file} exists already and is left as it is; choose another name.")
    if not file.parent.is_dir():
        raise click.UsageError(f"{file.parent}: no such folder.")
    write_files(file.parent, {file.name: template(file.stem)})
    click.echo(f"{file} is written. Next:  ccsim run {file}")
