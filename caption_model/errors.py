"""Every error that a user can meet, one small family.

Library errors (Pillow, JSON, Keras, zipfile ...) are translated where they enter. A message is one sentence
that names the file and, where there is one, the cure; the command line and the app print it as it is.
"""


class CaptionError(Exception):
    """Base class: catch this one to catch everything the project raises on purpose."""


class PhotoError(CaptionError):
    """A photo cannot be opened: missing, not an image, truncated, too large, or of an unsupported format."""


class PhotoTooLargeError(PhotoError):
    """A photo has more pixels than whoever opens it allows."""


class DumpError(CaptionError):
    """A dump of posts or a captions file cannot be read."""


class BundleError(CaptionError):
    """A model bundle is missing, incomplete, altered, or does not fit the encoder it is used with."""


class TrainingError(CaptionError):
    """Training cannot start or go on: too little data, an unknown option, an unusable checkpoint."""


class EncoderError(CaptionError):
    """An encoder is unknown or its weights cannot be loaded."""


class BatchError(CaptionError):
    """A folder cannot be captioned: nothing in it, another run at work, or a place that cannot be written."""


class HistoryError(CaptionError):
    """The history cannot be read or written: damaged, locked by another program, or in a place that is read-only."""


class ServeError(CaptionError):
    """The server cannot start or take a set of photos: a wrong setting, a queue or folder that cannot be used."""
