"""The command line: one file a verb. What a verb needs beyond click is imported when it runs."""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from ccsim.cli.backtest import backtest
from ccsim.cli.chart import chart
from ccsim.cli.check import check
from ccsim.cli.fit import fit
from ccsim.cli.new import new
from ccsim.cli.replay import replay
from ccsim.cli.report import report
from ccsim.cli.run import run
from ccsim.cli.schema import schema
from ccsim.errors import ScenarioError


class Verbs(click.Group):
    """What a user can do wrong ends with a message and exit status 2, an interruption with 130; never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except ScenarioError as error:
            for problem in error.problems:
                click.echo(problem, err=True)
            ctx.exit(2)
        except OSError as error:
            if error.errno == errno.EPIPE:  # `| head`: whoever read us has seen enough
                raise
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"{place}{error.strerror or error}", err=True)
            ctx.exit(2)
        except MemoryError as error:
            click.echo(f"Not enough memory for so many days, contacts or workers. {error}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo("Interrupted; nothing was written.", err=True)
            ctx.exit(130)
        return result

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a planner needs them."""
        return list(self.commands)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ccsim")
def main() -> None:
    """Simulates a contact centre, conversation by conversation: phone, chat, messaging, e-mail.

    \b
    ccsim new my_centre                   writes a commented scenario to start from
    ccsim check my_centre.toml            says what is wrong with it and which defaults it relies on
    ccsim run my_centre.toml              simulates it: a table, a results folder, charts, a report
    ccsim fit calls.csv --mapping calls   writes a scenario from logs
    """


for verb in (run, chart, report, check, new, schema, replay, fit, backtest):
    main.add_command(verb)
