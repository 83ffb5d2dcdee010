"""Photo in, captions out: encoder, decoders, vocabularies, sampling, training and evaluation."""

from caption_model.networks.quiet_import import load_quietly

__version__ = "0.1.0"

load_quietly("tensorflow")
