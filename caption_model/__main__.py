"""``python -m caption_model``."""

from caption_model.cli import main

if __name__ == "__main__":
    main()
