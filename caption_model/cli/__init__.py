"""The command line: one module a command, errors as one sentence.

Nothing heavy is imported here: TensorFlow only loads inside the commands that need it.
"""

import logging
import os
import sys

import typer

from caption_model.cli.batch import batch
from caption_model.cli.build import build
from caption_model.cli.clean import clean
from caption_model.cli.compare import compare
from caption_model.cli.distil import distil
from caption_model.cli.evaluate import evaluate
from caption_model.cli.inspect import inspect
from caption_model.cli.probe import probe
from caption_model.cli.report import report
from caption_model.cli.suggest import suggest
from caption_model.cli.things import things
from caption_model.cli.train_language import train
from caption_model.errors import CaptionError

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
app.add_typer(distil, name="distil")
app.command()(things)
app.command()(probe)
app.command()(report)
app.add_typer(train, name="train")
app.add_typer(evaluate, name="evaluate")
app.add_typer(compare, name="compare")


def main() -> None:
    """Run the command line; an error of ours ends in one sentence and exit code 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up chatter
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("caption_model").setLevel(logging.INFO)
    try:
        app()
    except CaptionError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
