"""Photo in, captions out: encoder, decoders, vocabularies, sampling, training and evaluation."""

__version__ = "0.1.0"
