"""The option that lets a scenario read files outside its own folder."""

from __future__ import annotations

from typing import Final

import click

allow_outside: Final = click.option(
    "--allow-outside", "outside", is_flag=True, help="Let FILE name data files outside its folder."
)
