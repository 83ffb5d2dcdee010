"""``distil``: its commands live with the distillation, to be run without the rest of the command line, too."""

from caption_model.training.distillation.commands import distil

__all__ = ["distil"]
