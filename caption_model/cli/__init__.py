"""The command line: one module a command, errors as one sentence.

Nothing heavy is imported here: TensorFlow only loads inside the commands that need it.
"""

import logging
import os
import sys

import typer
from typer._click.exceptions import ClickException  # Typer brings its own and exports only some of it
from typer.rich_utils import rich_format_error

from caption_model.cli.batch import batch
from caption_model.cli.build import build
from caption_model.cli.clean import clean
from caption_model.cli.compare import compare
from caption_model.cli.distil import distil
from caption_model.cli.evaluate import evaluate
from caption_model.cli.inspect import inspect
from caption_model.cli.probe import probe
from caption_model.cli.report import report
from caption_model.cli.streams import CLOSED_PIPE, flush, let_go, use_utf8
from caption_model.cli.suggest import suggest
from caption_model.cli.things import things
from caption_model.cli.train_language import train
from caption_model.errors import CaptionError
from caption_model.text.shown import shown, tell

app = typer.Typer(
    help="Social captions and a plain description for photos, offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(suggest)
app.command()(batch)
app.command()(clean)
app.command()(inspect)
app.command()(build)
app.command()(distil)
app.command()(things)
app.command()(probe)
app.command()(report)
app.add_typer(train, name="train")
app.add_typer(evaluate, name="evaluate")
app.add_typer(compare, name="compare")


class _Shown(logging.Formatter):
    """Messages with everything written out that a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(shown, super().format(record).split("\n")))


def main() -> None:
    """Run the command line; an error of ours ends in one sentence and exit code 1."""
    use_utf8()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up chatter
    messages = logging.StreamHandler()
    messages.setFormatter(_Shown("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[messages])
    logging.getLogger("caption_model").setLevel(logging.INFO)
    try:
        code = _run()
        flush()
    except BrokenPipeError:  # whoever read the output has seen enough
        let_go()
        code = CLOSED_PIPE
    sys.exit(code)


def _run() -> int:
    try:
        return int(app(standalone_mode=False) or 0)
    except CaptionError as error:
        tell(f"Error: {error}", sys.stderr)
        return 1
    except typer.Abort:
        tell("Aborted!", sys.stderr)
        return 1
    except ClickException as error:
        error.message = shown(error.message)
        rich_format_error(error)
        return error.exit_code
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # which Typer takes for an error of the command
            raise end.__context__ from None
        raise
