"""`ccsim new`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Write NAME.toml, a commented scenario that runs as it is."""
    from ccsim.scenario.template import template

    file = Path(name if name.endswith(".toml") else f"{name}.toml")
    if not any(letter.isalnum() for letter in Path(name.removesuffix(".toml")).name):
        raise click.UsageError(f"{name}: no name of a scenario; give one such as my_centre, or a_folder/my_centre.")
    try:
        with file.open("x", encoding="utf-8") as stream:  # never over somebody's scenario
            stream.write(template(file.stem))
    except FileExistsError:
        raise click.UsageError(f"{file} exists already and is left as it is; choose another name.") from None
    click.echo(f"{file} is written. Next:  ccsim run {file}")
