"""The command line: one module a command, errors as one sentence.

Nothing heavy is imported here, and a command's module only when the command is asked for.
"""

import logging
import os
import sys

import typer

from caption_model.cli.extras import missing_extra
from caption_model.cli.lazy import LazyGroup
from caption_model.errors import CaptionError

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


def main() -> None:
    """Run the command line; an error of ours, or a missing extra, ends in one sentence and exit code 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up chatter
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("caption_model").setLevel(logging.INFO)
    try:
        app()
    except CaptionError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except ModuleNotFoundError as error:
        reason = missing_extra(error)
        if reason is None:
            raise
        print(f"Error: {reason}", file=sys.stderr)
        sys.exit(1)
