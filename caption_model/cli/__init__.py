"""The command line: one module a command, errors as one sentence.

Nothing heavy is imported here, and a command's module only when the command is asked for.
"""

import logging
import os
import sys

import typer
from typer._click.exceptions import ClickException  # Typer brings its own and exports only some of it

from caption_model.cli.extras import missing_extra
from caption_model.cli.lazy import LazyGroup
from caption_model.cli.streams import CLOSED_PIPE, flush, let_go, use_utf8
from caption_model.errors import CaptionError
from caption_model.text.shown import shown, tell

app = typer.Typer(
    cls=LazyGroup,
    help="Social captions and a plain description for photos, offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _root() -> None:
    """Social captions and a plain description for photos, offline."""


class _Shown(logging.Formatter):
    """Messages with everything written out that a terminal would obey."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(shown, super().format(record).split("\n")))


def main() -> None:
    """Run the command line; an error of ours, or a missing extra, ends in one sentence and exit code 1."""
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
        from typer.rich_utils import rich_format_error  # slow to import, and only mistakes need it

        error.message = shown(error.message)
        rich_format_error(error)
        return error.exit_code
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # which Typer takes for an error of the command
            raise end.__context__ from None
        raise
    except ModuleNotFoundError as error:
        reason = missing_extra(error)
        if reason is None:
            raise
        tell(f"Error: {reason}", sys.stderr)
        return 1
