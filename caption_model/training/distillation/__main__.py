"""``python -m caption_model.training.distillation``: ``python -m caption_model distil`` with few packages."""

import logging
import sys

from caption_model.errors import CaptionError
from caption_model.text.shown import tell
from caption_model.training.distillation.commands import distil


def main() -> None:
    """Run the commands; an error of ours ends in one sentence and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("caption_model").setLevel(logging.INFO)
    try:
        distil()
    except CaptionError as error:
        tell(f"Error: {error}", sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
