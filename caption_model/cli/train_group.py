"""``train`` with all its commands: four modules hold them, and each adds its own."""

from caption_model.cli import train_language, train_networks, train_reranking  # noqa: F401
from caption_model.cli.train import train

__all__ = ["train"]
