"""The command line: one file a verb. What a verb needs beyond click is imported when it runs."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from ccsim import __version__
from ccsim.cli.backtest import backtest
from ccsim.cli.capacity import capacity
from ccsim.cli.chart import chart
from ccsim.cli.check import check
from ccsim.cli.compare import compare
from ccsim.cli.explore import explore
from ccsim.cli.fit import fit
from ccsim.cli.forecast import forecast
from ccsim.cli.new import new
from ccsim.cli.replay import replay
from ccsim.cli.report import report
from ccsim.cli.resuming import ARGUMENTS
from ccsim.cli.roster import roster
from ccsim.cli.run import run
from ccsim.cli.schema import schema
from ccsim.cli.staff import staff
from ccsim.cli.sweep import sweep
from ccsim.cli.today import today
from ccsim.errors import Problem, ScenarioError, interrupted

SHOWN: Final = 30
"""Problems that are printed; where there are more, most are of a kind."""


class Verbs(click.Group):
    """What a user can do wrong ends with a message and exit status 2, an interruption with 130; never a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """As any group's, on streams that take every name: what a terminal cannot show is escaped."""
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # whoever began us has closed it
                setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
        if os.environ.get("COLUMNS", "").strip() == "0":  # no width is known: tables would have no room at all
            del os.environ["COLUMNS"]
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """As any group's; an interruption, which click would make an end with 1, stays one."""
        try:
            return super().make_context(*args, **kwargs)
        except KeyboardInterrupt as error:
            _print_error(error, "Interrupted; nothing was written.")
            raise click.exceptions.Exit(130) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            if "ccsim.engine" in sys.modules:
                from ccsim.engine import compilation

                compilation.let_finish()
        except ScenarioError as error:
            for problem in error.problems[:SHOWN]:
                click.echo(self._as_option(ctx, problem), err=True)
            if more := len(error.problems) - min(len(error.problems), SHOWN):
                click.echo(f"and {more:,} more problem{'s' if more > 1 else ''}", err=True)
            ctx.exit(2)
        except OSError as error:
            if error.errno == errno.EPIPE:  # `| head`: whoever read us has seen enough
                raise
            place = error.filename or ("standard output or results" if error.errno == errno.ENOSPC else "")
            if error.errno == errno.ENOSPC:
                _drop_output()
            _print_error(error, ": ".join(filter(None, (place, error.strerror or str(error)))))
            ctx.exit(2)
        except MemoryError as error:
            _print_error(error, f"Not enough memory for so many days, contacts or workers. {error}")
            ctx.exit(2)
        except BaseException as error:
            if isinstance(error, click.exceptions.Exit) or not interrupted(error):
                raise
            _print_error(error, "Interrupted." if _notes(error) else "Interrupted; nothing was written.")
            ctx.exit(130)
        return result

    def _as_option(self, ctx: click.Context, problem: Problem) -> Problem:
        """A fault of an argument, which Python calls by its name, as one of the option that it was given with.

        What is no option, or one that was not given, and is called as a part of a scenario, is that of the file.
        """
        from ccsim.scenario.model import Scenario

        name, colon, rest = problem.path.partition(":")
        verb = self.get_command(ctx, ctx.invoked_subcommand or "")
        if verb is None or problem.file:
            return problem
        options = {param.name: param.opts[-1] for param in verb.params}
        given = verb.make_context(verb.name, list(ctx.meta[ARGUMENTS]), parent=ctx)
        if name.split(".")[0] in Scenario.model_fields and (
            name not in options or given.get_parameter_source(name) is ParameterSource.DEFAULT
        ):
            return replace(problem, file=str(given.params.get("file", "")))
        return replace(problem, path=f"{options.get(name, name)}{colon}{rest}")

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """With the nearest command's name where there is none of that name."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.commands, n=1)
            ctx.fail(f"No such command '{args[0]}'." + (f" Did you mean '{near[0]}'?" if near else ""))
        ctx.meta[ARGUMENTS] = args[1:]
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a planner needs them."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """With the whole first sentence of each, which click would cut off."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.get_short_help_str(limit=200)) for name, verb in self.commands.items()])


def _drop_output() -> None:
    """Python would try once more to write what there was no room for, and end with a status of its own."""
    with suppress(OSError):  # in tests standard output is no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _print_error(error: BaseException, what: str) -> None:
    """What happened, and what its notes say about what is left."""
    for line in (what, *_notes(error)):
        click.echo(line, err=True)


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ccsim")
def main() -> None:
    """Simulates a contact centre, conversation by conversation: phone, chat, messaging, e-mail.

    \b
    ccsim new my_centre          writes a commented scenario to start from: edit it, and then
    ccsim run my_centre.toml     simulates it
    """


VERBS = (
    new, check, run, compare, sweep, explore, staff, roster, capacity, forecast, today, fit, backtest, chart, report,
    replay, schema,
)  # fmt: skip
for verb in VERBS:
    main.add_command(verb)
