"""`ccsim schema`."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors that complete and check them."""
    from ccsim.scenario.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
