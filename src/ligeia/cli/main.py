"""The command `ligeia`: its verbs, and how errors become exit codes.

Exit codes: 0 done; 1 the input or the machine was at fault (one line on stderr); 2 wrong usage; 130 Ctrl-C,
143 SIGTERM, 129 SIGHUP.
The verbs' modules import what they need inside their functions, so that `ligeia --help` stays quick.
"""

import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from ligeia.cli.batch import NO_MEMORY, reason_of
from ligeia.cli.bench import bench
from ligeia.cli.corpus import CORPUS_VERBS
from ligeia.cli.decode import decode
from ligeia.cli.denoise import denoise
from ligeia.cli.embed import embed
from ligeia.cli.encode import encode
from ligeia.cli.extend import extend
from ligeia.cli.fit import fit
from ligeia.cli.info import info
from ligeia.cli.morph import morph
from ligeia.cli.play import play
from ligeia.cli.plot import plot
from ligeia.cli.restore import restore
from ligeia.cli.sample import sample
from ligeia.cli.score import score
from ligeia.cli.serve import serve
from ligeia.cli.signals import by_signal, exit_code, signals_as_interrupts
from ligeia.cli.standard import abandon_output, prepare_streams, say
from ligeia.cli.study import study
from ligeia.cli.train import train
from ligeia.cli.wording import in_options
from ligeia.errors import LigeiaError, SettingsError, needs_extra

app = typer.Typer(
    name="ligeia",
    help="Audio as implicit neural representations: encode, decode, fit, score, compare.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


BROKEN_PIPE = 128 + 13
"""Exit code of a program whose output nobody reads any more, as shells know it."""


def interruptible(verb: Callable[..., None]) -> Callable[..., None]:
    """Wrap `verb` so that Ctrl-C prints one line and exits with 130 (typer alone would exit silently).

    SIGTERM and SIGHUP do the same, and exit with 143 and 129.
    """

    @wraps(verb)
    def run_verb(*arguments: Any, **options: Any) -> None:
        try:
            with signals_as_interrupts():
                verb(*arguments, **options)
        except KeyboardInterrupt as interrupt:
            checkpoint = options.get("checkpoint")
            kept = "nothing was written" if checkpoint is None else f"the same command continues from {checkpoint}"
            say(f"ligeia: interrupted{by_signal(interrupt)}; {kept}", err=True)
            raise typer.Exit(exit_code(interrupt)) from None
        except BrokenPipeError:
            # Whoever read our output has seen enough, as `head` does: no fault, and nobody left to tell.
            abandon_output()
            raise typer.Exit(BROKEN_PIPE) from None

    return run_verb


VERBS = (
    encode, decode, play, info, fit, embed, sample, morph, denoise, restore, extend, score, plot, serve, bench,
    study, train,
)  # fmt: skip
for verb in VERBS:
    app.command()(interruptible(verb))

corpus = typer.Typer(help="Do one thing with every file of a folder, on all cores or a cluster.", no_args_is_help=True)
for action in CORPUS_VERBS:
    corpus.command()(interruptible(action))
app.add_typer(corpus, name="corpus")


def _version(requested: bool) -> None:
    if requested:
        from ligeia import __version__

        typer.echo(f"ligeia {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Audio as implicit neural representations: encode, decode, fit, score, compare."""


def run() -> None:
    """Entry point of the console script: errors become one line and an exit code."""
    # Idle OpenMP threads should go to sleep soon instead of spinning: beside another busy program, spinning makes
    # small products ten times slower. This must be set before torch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    prepare_streams()
    try:
        with needs_extra("torch", "torch"):
            app()
    except SettingsError as error:
        _fail(str(error), code=2)
    except LigeiaError as error:
        _fail(str(error))
    except MemoryError:
        _fail(NO_MEMORY)
    except (RuntimeError, ImportError) as error:
        if not re.search("memory|failed to map", str(error)):  # torch and the loader have no class of their own for it
            raise
        _fail(NO_MEMORY)
    except OSError as error:
        _fail(reason_of(error))


def _fail(message: str, code: int = 1) -> None:
    say(f"ligeia: {in_options(message)}", err=True)
    sys.exit(code)
