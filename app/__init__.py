"""The app: pages that draw, and nothing else; the work is done in ``caption_model``."""
