"""Checkpoints of a training run: a run killed at any moment goes on from the last whole one."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import network_weights, read_json, write_json
from caption_model.bundles.weights import load_tensors, save_tensors
from caption_model.errors import TrainingError

log = logging.getLogger(__name__)

History = list[dict[str, float]]
BEST = "best.safetensors"
STATE = "state.json"


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        history: one record for each finished epoch.
        step: batches done of the epoch that is running.
        loss: their summed loss, in nats.
        symbols: how many symbols it is the loss of.
        seconds: time they took.
    """

    history: History = field(default_factory=list)
    step: int = 0
    loss: float = 0.0
    symbols: float = 0.0
    seconds: float = 0.0

    @property
    def spent(self) -> float:
        """Seconds the run has taken so far, over all its starts."""
        return sum(record["seconds"] for record in self.history) + self.seconds

    @property
    def checkpoint(self) -> str:
        """Name of the file that holds the tensors of this very moment."""
        return f"last-{len(self.history)}-{self.step}.safetensors"

    def finish_epoch(self, record: dict[str, float]) -> None:
        """Close the running epoch."""
        self.history.append(record)
        self.step, self.loss, self.symbols, self.seconds = 0, 0.0, 0.0, 0.0


def save(run: Path, network: Any, optimiser: Any, progress: Progress) -> None:
    """Write the checkpoint; the state file goes last, so that a kill leaves the older, whole checkpoint in force."""
    run.mkdir(parents=True, exist_ok=True)
    save_tensors(run / progress.checkpoint, _everything(network, optimiser))
    _replace(run / STATE, lambda path: write_json(path, asdict(progress)))
    lines = "".join(json.dumps(record) + "\n" for record in progress.history)
    _replace(run / "log.jsonl", lambda path: path.write_text(lines, encoding="utf-8"))
    for old in run.glob("last-*.safetensors"):
        if old.name != progress.checkpoint:
            old.unlink()


def save_best(run: Path, network: Any) -> None:
    """Keep the network as the best so far."""
    run.mkdir(parents=True, exist_ok=True)
    _replace(run / BEST, lambda path: save_tensors(path, network_weights(network)))


def restore_best(run: Path, network: Any) -> None:
    """Give the network the weights of its best epoch."""
    assign(network.weights, load_tensors(run / BEST))


def resume(run: Path, network: Any, optimiser: Any) -> Progress:
    """Put the last checkpoint's tensors back; a run that has none starts anew.

    Raises:
        TrainingError: the checkpoint is of another network.
    """
    if not (run / STATE).exists():
        return Progress()
    try:
        progress = Progress(**read_json(run / STATE))
        assign([*network.weights, *optimiser.variables], load_tensors(run / progress.checkpoint))
    except (KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"the checkpoint in {run} is of another network: name another --run folder.") from error
    log.info("resumed in epoch %d after %d batches", len(progress.history), progress.step)
    return progress


def assign(variables: Iterable[Any], tensors: dict[str, NDArray[Any]]) -> None:
    """Put named tensors into variables; a missing name is a ``KeyError``, a wrong shape a ``ValueError``."""
    for variable in variables:
        variable.assign(tensors[variable.path])


def _everything(network: Any, optimiser: Any) -> dict[str, NDArray[Any]]:
    variables = [*network.weights, *optimiser.variables]
    return {variable.path: np.asarray(keras.ops.convert_to_numpy(variable)) for variable in variables}


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside and rename: the file is always the old or the new one, whole."""
    temporary = path.with_name(f"{path.name}.new")
    write(temporary)
    temporary.replace(path)
