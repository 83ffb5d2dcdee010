"""Which topics of the table a folder of models knows."""

from pathlib import Path

from caption_model.bundles.bundle import MODELS, read_json


def known_topics(models: Path = MODELS) -> tuple[str, ...]:
    """Names of the topics that the social decoder of a folder of models was trained to write about, in its order.

    Raises:
        BundleError: there is no social decoder's configuration.
    """
    return tuple(read_json(models / "social" / "config.json").get("network", {}).get("topics", ()))
