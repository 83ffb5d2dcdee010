"""Checkpoints of a training run: a run killed at any moment goes on from the last whole one.

    state.json            how far the run is, and the names of the two files that belong to this very moment
    last-N.safetensors    all that training changes: weights, the optimiser's memory
    best-N.safetensors    the best weights so far, where a run keeps them
    log.jsonl             one record a line of what was measured, for people and the app

Tensors are written under a new name first; ``state.json`` then takes the place of the older one in a single step, and
only after that are older tensors removed. So there is always one checkpoint in force, and all of it is of one moment.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caption_model.bundles.files import read_json, write_json
from caption_model.bundles.weights import Tensors, load_tensors, save_tensors
from caption_model.errors import BundleError, TrainingError
from caption_model.storage.replace import replace_bytes

log = logging.getLogger(__name__)

STATE, LOG = "state.json", "log.jsonl"
FORMAT = 2


@dataclass(frozen=True)
class Saved:
    """What a checkpoint gives back: tensors by name, and the state that was saved with them."""

    tensors: Tensors
    state: dict[str, Any] = field(default_factory=dict)


class Checkpoint:
    """The checkpoint in the folder of one run."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._names: dict[str, Any] = {"generation": 0, "last": "", "best": ""}

    @property
    def exists(self) -> bool:
        """Whether there is one to go on from."""
        return (self.run / STATE).exists()

    def save(
        self,
        state: Mapping[str, Any],
        tensors: Tensors,
        best: Tensors | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Put a new checkpoint in the place of the old one.

        Args:
            state: plain values, whatever tells how far the run is.
            tensors: all that training changes, by name.
            best: the best weights, if they are better than those of earlier checkpoints.
            history: what the log is to hold.

        Raises:
            TrainingError: it cannot be written; the older one stays in force.
        """
        number = self._names["generation"] + 1
        names = self._names | {"generation": number, "last": f"last-{number}.safetensors"}
        try:
            self.run.mkdir(parents=True, exist_ok=True)
            if best is not None:
                names["best"] = f"best-{number}.safetensors"
                save_tensors(self.run / names["best"], best)
            save_tensors(self.run / names["last"], tensors)
            write_json(self.run / STATE, {"format": FORMAT, **names, "state": dict(state)})
            self._names = names
            if history is not None:
                lines = "".join(json.dumps(record) + "\n" for record in history)
                replace_bytes(self.run / LOG, lines.encode("utf-8"))
            for old in self.run.glob("*-*.safetensors"):
                if old.name.startswith(("last-", "best-")) and old.name not in names.values():
                    old.unlink()
        except OSError as error:
            raise TrainingError(
                f"{self.run} cannot be written ({error.strerror or error}): make room there and run the same command "
                "again."
            ) from error

    def load(self) -> Saved | None:
        """The checkpoint in force, ``None`` where there is none.

        Raises:
            TrainingError: it is damaged, or an earlier version wrote it.
        """
        if not self.exists:
            return None
        try:
            stored = read_json(self.run / STATE)
            if not isinstance(stored, dict) or stored.get("format") != FORMAT:
                raise TrainingError(f"the checkpoint in {self.run} is of another version: name another --run folder.")
            types: dict[str, Any] = {"generation": int, "last": str, "best": str}
            names = {name: of(stored[name]) for name, of in types.items()}
            saved = Saved(load_tensors(self.run / Path(names["last"]).name), dict(stored["state"]))
        except (BundleError, KeyError, TypeError, ValueError) as error:
            raise self.unfit(error) from error
        self._names = names
        return saved

    def best(self) -> Tensors:
        """The best weights that were saved.

        Raises:
            TrainingError: none were, or the file is damaged.
        """
        try:
            return load_tensors(self.run / Path(self._names["best"] or "best").name)
        except BundleError as error:
            raise self.unfit(error) from error

    def unfit(self, error: Exception | None = None) -> TrainingError:
        """The error for a checkpoint that does not fit what is to be trained."""
        if error is not None:
            log.debug("%s", error)
        return TrainingError(
            f"the checkpoint in {self.run} is damaged or of another network: name another --run folder."
        )
