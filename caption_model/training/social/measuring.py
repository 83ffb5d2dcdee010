"""What a trained social decoder is worth before it is saved: in bits, as it will ship, and a voice beside its base."""

from collections.abc import Sequence
from typing import Any

from caption_model.bundles.weights import Weights, as_stored
from caption_model.evaluation.bits import bits_per_symbol
from caption_model.networks.social_keras import build_social
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.engine.progress import assign
from caption_model.training.social import voice
from caption_model.training.social.data import REHEARSAL
from caption_model.training.social.low_rank import stored
from caption_model.training.social.start import Start


def settled(start: Start) -> tuple[float, Weights]:
    """The trained weights; a voice's, moved back so far that the base's own captions stay cheap: see ``voice``.

    Returns:
        Share of the way from the base, 1 for all but voices, and the weights.
    """
    learnt = stored(start.network)
    if start.base is None or start.begun is None:
        return 1.0, learnt
    network = build_social(start.config)

    def bits(weights: Weights) -> float:
        assign(network.weights, weights)
        return _bits(network, start.vocabulary, start.rehearsed)

    most = (1 + voice.FORGOTTEN) * _bits(start.base, start.known, start.rehearsed)
    return voice.moderated(start.begun, learnt, bits, most)


def measured(start: Start, weights: Weights, judged: Sequence[str], others: Sequence[str] = ()) -> dict[str, Any]:
    """Bits per character of held-out posts; of a voice also before, and of the base's captions and of others."""
    shipped = build_social(start.config)
    assign(shipped.weights, as_stored(weights))
    if start.base is None:
        return {"bits": round(_bits(shipped, start.vocabulary, judged), 3)}
    compared = {"bits": judged, "kept": start.rehearsed} | ({"others": others} if others else {})
    return {
        **{name: round(_bits(shipped, start.vocabulary, texts), 3) for name, texts in compared.items()},
        **{f"{name}_before": round(_bits(start.base, start.known, texts), 3) for name, texts in compared.items()},
        "rehearsed": sum(example.source == REHEARSAL for example in start.examples),
        "new_symbols": len(start.vocabulary) - len(start.known),
    }


def _bits(network: Any, vocabulary: GraphemeVocabulary, captions: Sequence[str]) -> float:
    return float(bits_per_symbol(network, vocabulary, captions)["bits_per_symbol"])
