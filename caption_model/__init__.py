"""Photo in, captions out: encoder, decoders, vocabularies, sampling, training and evaluation."""

import os

# ONNX Runtime reports its use to its maker unless it is told not to before it is loaded. Everything here that loads it
# comes by this line first, and processes that are begun from here inherit it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from caption_model.networks.quiet_import import load_quietly

__version__ = "0.1.0"

load_quietly("tensorflow")
