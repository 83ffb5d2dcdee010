"""How far a Keras network's training has come, and its checkpoint."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.weights import Tensors
from caption_model.training.engine.checkpoint import Checkpoint

log = logging.getLogger(__name__)

History = list[dict[str, float]]


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

    def finish_epoch(self, record: dict[str, float]) -> None:
        """Close the running epoch."""
        self.history.append(record)
        self.step, self.loss, self.symbols, self.seconds = 0, 0.0, 0.0, 0.0


class KerasRun:
    """A network in training, its optimiser, and the checkpoint of both in ``run``."""

    def __init__(self, run: Path, network: Any, optimiser: Any) -> None:
        self.network = network
        self.optimiser = optimiser
        self._checkpoint = Checkpoint(run)
        self._better: Tensors | None = None

    def resume(self, settings: Mapping[str, Any] | None = None) -> Progress:
        """Put the last checkpoint's tensors back; a run that has none starts anew.

        Args:
            settings: what a run must have been started with to be gone on with; any will do without.

        Raises:
            TrainingError: the checkpoint is damaged, of another network or of other settings.
        """
        saved = self._checkpoint.load()
        if saved is None:
            return Progress()
        try:
            if settings is not None and saved.state.get("settings") != settings:
                raise ValueError("other settings")
            progress = Progress(**saved.state["progress"])
            assign([*self.network.weights, *self.optimiser.variables], saved.tensors)
        except (KeyError, ValueError, TypeError) as error:
            raise self._checkpoint.unfit(error) from error
        log.info("resumed in epoch %d after %d batches", len(progress.history), progress.step)
        return progress

    def keep_best(self) -> None:
        """Note the network's weights as the best so far; the next ``save`` puts them on disk with all else."""
        self._better = _tensors(self.network.weights)

    def save(self, progress: Progress, settings: Mapping[str, Any] | None = None) -> None:
        """Write the checkpoint and the log.

        Raises:
            TrainingError: the folder cannot be written.
        """
        tensors = _tensors([*self.network.weights, *self.optimiser.variables])
        state = {"progress": asdict(progress), **({} if settings is None else {"settings": settings})}
        self._checkpoint.save(state, tensors, self._better, progress.history)
        self._better = None

    def restore_best(self) -> None:
        """Give the network the weights of its best epoch.

        Raises:
            TrainingError: they are damaged.
        """
        try:
            assign(self.network.weights, self._checkpoint.best() if self._better is None else self._better)
        except (KeyError, ValueError) as error:
            raise self._checkpoint.unfit(error) from error


def assign(variables: Iterable[Any], tensors: Mapping[str, NDArray[Any]]) -> None:
    """Put named tensors into variables; a missing name is a ``KeyError``, a wrong shape a ``ValueError``."""
    for variable in variables:
        variable.assign(tensors[variable.path])


def seed_dropout(network: Any, epoch: int, number: int) -> None:
    """Have dropout depend on epoch and batch alone, so that a resumed run drops what an uninterrupted one would."""
    states = [variable for variable in network.variables if variable.path.endswith("seed_generator_state")]
    for place, state in enumerate(states):
        state.assign([epoch * 1_000_003 + number, place * 1000])  # Keras counts the second up with each use


def _tensors(variables: Iterable[Any]) -> Tensors:
    return {variable.path: np.array(keras.ops.convert_to_numpy(variable)) for variable in variables}
