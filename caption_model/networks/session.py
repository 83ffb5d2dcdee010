"""Networks as ONNX graphs, written as text and run by ONNX Runtime.

It multiplies integers on every CPU, starts in a fraction of the time that TensorFlow's import takes, and a call costs
30 microseconds; to call a TensorFlow function takes as long as a decoder's whole step.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

VERSIONS = '<ir_version: 9, opset_import: ["": 18]>'

Array = NDArray[Any]


class Graph:
    """A graph in ONNX's text format, with its constants, computed by so many threads."""

    def __init__(self, text: str, constants: Mapping[str, Array] | None = None, threads: int = 1) -> None:
        model = onnx.parser.parse_model(f"{VERSIONS} {text}")
        model.graph.initializer.extend(
            onnx.numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in (constants or {}).items()
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Its threads wait for more work by counting; other graphs' and the sampler's own need the cores.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, **inputs: Array) -> Sequence[Array]:
        """All outputs, in their order."""
        outputs: Sequence[Array] = self._session.run(None, inputs)
        return outputs


def top_k(scores: Array, k: int) -> tuple[Array, Array]:
    """The k highest of each row (R, V), best first, of equals the first, and their places: (R, k) each."""
    best, places = _top_k()(scores=scores, k=np.array([k]))
    return best, places


@lru_cache(maxsize=1)
def _top_k() -> Graph:
    return Graph(
        "top_k (float[R, V] scores, int64[1] k) => (float[R, k] best, int64[R, k] places)"
        "{ best, places = TopK(scores, k) }"
    )
