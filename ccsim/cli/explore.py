"""`ccsim explore`."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import click

from ccsim.cli import options


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="P",
    help="Port of this machine.  [default: any free one]",
)
@click.option("--no-browser", is_flag=True, help="Print the address; open no browser.")
@options.allow_outside
def explore(file: Path | None, port: int, no_browser: bool, outside: bool) -> None:
    """Change a scenario with sliders in the browser: every change is simulated while you watch.

    Without FILE it opens the gallery of shipped scenarios. Only this machine can open the page, at an address with
    a random token, until Ctrl-C.
    """
    if find_spec("nicegui") is None:
        raise click.UsageError("ccsim explore needs nicegui:  pip install 'ccsim[explore]'")
    from ccsim import engine
    from ccsim.explore.server import listen, serve
    from ccsim.runs import compiling

    if file is not None and not file.is_file():
        raise click.UsageError(f"{file}: {'a folder' if file.is_dir() else 'no such file'}; a scenario in TOML")
    listening = listen(port)
    engine.prepare("compiled", first=compiling.__name__)
    from ccsim.explore.page import pages

    # the server ends in either way after Ctrl-C
    with listening, suppress(KeyboardInterrupt):
        serve(listening, pages(file, outside), click.echo, browser=not no_browser)
    click.echo("Stopped.", err=True)
