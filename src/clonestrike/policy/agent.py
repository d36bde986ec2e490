"""A trained policy as an actor: ONNX file, memory and decoding. Needs no torch."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from clonestrike.core.actions import ACTION_SPACE, Floats
from clonestrike.core.actor import Decision, Prediction
from clonestrike.core.observation import Frame, Observation
from clonestrike.cores import usable_cores
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.config import DecodingName
from clonestrike.policy.decoding import Decoder, Decoding
from clonestrike.policy.runtime import onnxruntime
from clonestrike.policy.shipped import checkpoint as find_checkpoint

GRAPH = "policy.onnx"
PATIENCE = 0.02
"""Seconds that a step may take on one thread: a third of a step at 16 steps a second."""
TRIALS = 5
OUTPUTS = ("memory_out", "switches", "mouse_x", "mouse_y", "value")


class Agent:
    """An actor that plays what a policy predicts.

    Args:
        checkpoint: the folder that training wrote, its ONNX file alone, or ``pretrained:doom``.
        decoding: how predictions become actions, or the name of a preset; by default the checkpoint's preset.
        seed: seed of the sampling.
        controls: what it may use, such as ``mouse,move,fire``; by default all that it has learned.

    Raises ClonestrikeError when there is no policy, or it is damaged, or has another action space or view, or has not
    learned one of ``controls``.
    """

    def __init__(
        self,
        checkpoint: str | os.PathLike[str],
        decoding: Decoding | DecodingName | None = None,
        seed: int = 0,
        controls: str | None = None,
    ) -> None:
        path = _graph(checkpoint)
        session = open_session(path, threads=1)
        self.card = _card(session, path)
        self._memory_size = _check(session, self.card, path)
        self._session = _faster(session, path)
        rules = decoding if isinstance(decoding, Decoding) else Decoding.preset(decoding or self.card.decoding)
        allowed = self.card.allowed(controls, path)
        self._decoder = Decoder(rules.within(allowed, self.card.jump_scale), np.random.default_rng(seed))
        self.reset()

    def reset(self) -> None:
        """Empty the memory, at the beginning of a run."""
        self._memory: Floats = np.zeros((1, self._memory_size), np.float32)
        self._decoder.reset()

    def act(self, observation: Observation) -> Decision:
        """The decision for this observation; raises ClonestrikeError if its frame has another size than the view's."""
        return self(observation.frame)

    def __call__(self, frame: Frame) -> Decision:
        """The decision for a frame, uint8 (H, W, 3) RGB, given all frames since ``reset``.

        Raises ClonestrikeError if it has another size than the view's.
        """
        inputs = {part: seen[None] for part, seen in self.card.view.see(frame).items()}
        memory, switches, mouse_x, mouse_y, value = self._session.run(OUTPUTS, {**inputs, "memory": self._memory})
        prediction = Prediction(switches[0], mouse_x[0], mouse_y[0], float(value[0, 0]))
        action, forget = self._decoder.decode(prediction)
        self._memory = np.zeros_like(memory) if forget else memory
        return Decision(action, prediction=prediction)


def card_of(checkpoint: str | os.PathLike[str]) -> PolicyCard:
    """The card of a checkpoint (see Agent), as its ONNX file has it; raises ClonestrikeError as Agent does."""
    path = _graph(checkpoint)
    return _card(open_session(path, threads=1, optimised=False), path)


def _graph(checkpoint: str | os.PathLike[str]) -> Path:
    place = find_checkpoint(os.fspath(checkpoint))
    return place / GRAPH if place.is_dir() else place


def open_session(path: Path, threads: int, *, optimised: bool = True) -> onnxruntime.InferenceSession:
    """Open an ONNX file on this many CPU threads; raises ClonestrikeError when it is missing or damaged.

    One that is not optimised opens faster, and runs slower.
    """
    if not path.is_file():
        raise ClonestrikeError(
            f"{path} is not there", "give a checkpoint folder that `clonestrike train` wrote, or its ONNX file"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Threads that wait by spinning would take CPU time from the game.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no base but Exception
        reason = str(error).splitlines()[0]
        raise ClonestrikeError(f"{path} is damaged ({reason})", "restore it or export it again") from None


def _card(session: onnxruntime.InferenceSession, path: Path) -> PolicyCard:
    text = session.get_modelmeta().custom_metadata_map.get("policy")
    if text is None:
        raise ClonestrikeError(f"{path} is no policy of clonestrike", "its metadata has no `policy`")
    return PolicyCard.from_text(text, path)


def _faster(session: onnxruntime.InferenceSession, path: Path) -> onnxruntime.InferenceSession:
    """The session on one thread, which leaves the other cores to the game; or on all if one is too slow."""
    threads, alone = usable_cores(), _seconds(session)
    if alone < PATIENCE or threads == 1:
        return session
    together = open_session(path, threads)
    return together if _seconds(together) < alone else session


def _seconds(session: onnxruntime.InferenceSession) -> float:
    """Seconds of a step: the minimum of a few, since other processes only make it longer."""
    inputs = {
        x.name: np.zeros(x.shape, np.uint8 if x.type == "tensor(uint8)" else np.float32) for x in session.get_inputs()
    }

    def step() -> float:
        begin = time.perf_counter()
        session.run(OUTPUTS, inputs)
        return time.perf_counter() - begin

    return min(step() for _ in range(TRIALS))


def _check(session: onnxruntime.InferenceSession, card: PolicyCard, path: Path) -> int:
    """The size of the memory; raises ClonestrikeError when inputs or outputs of the graph differ from the card's."""
    inputs = {x.name: tuple(x.shape) for x in session.get_inputs()}
    memory = inputs.pop("memory", (1, 0))
    if inputs != {part: (1, *shape) for part, shape in card.view.shapes.items()}:
        raise ClonestrikeError(f"{path} takes {inputs}, its card describes another view", "export it again")
    sizes = (memory[1], *ACTION_SPACE.widths.values(), 1)
    wanted = {name: (1, size) for name, size in zip(OUTPUTS, sizes, strict=True)}
    if {x.name: tuple(x.shape) for x in session.get_outputs()} != wanted:
        raise ClonestrikeError(f"{path} answers in another form than its card describes", "export it again")
    return int(memory[1])
