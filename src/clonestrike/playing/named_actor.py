"""Actors by name: registered actors, checkpoints and factories."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clonestrike.core.actor import Actor
from clonestrike.core.registry import Registry
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.shipped import checkpoint


@dataclass(frozen=True)
class Seat:
    """What an actor is opened with: the game that it will play, and how."""

    game: Game
    game_name: str
    """Name and options of the game as the user wrote them, such as ``doom:bots=3``."""
    seed: int
    """Seed of the actor's random choices."""
    decoding: str | None = None
    """How a policy's predictions become actions; None: as its checkpoint says."""
    controls: str | None = None
    """What a policy may use, such as ``mouse,move,fire``; None: all that it has learned."""


def _no_card() -> None:
    """Default of ``ActorEntry.card``: most actors are no policies."""


def _no_preparation(game_name: str) -> None:
    """Default of ``ActorEntry.prepare``: most actors need no preparation."""


@dataclass(frozen=True)
class ActorEntry:
    """A kind of actor, as an entry point of the group ``clonestrike.actors`` declares it."""

    open: Callable[[Seat], Actor]
    """Creates the actor. One that is a context manager is entered before it plays and exited after."""
    human: bool = False
    """A human, who plays one match at a time, at human pace."""
    privileged: bool = False
    """Knows what is not on the screen; its matches are opened with ``privileged``."""
    learned: bool = True
    """Was trained, so that ``style --clips`` shows its faults."""
    card: Callable[[], PolicyCard | None] = _no_card
    """Reads the card of a policy: the game that it has learned, and its controls."""
    prepare: Callable[[str], None] = _no_preparation
    """Prepares for a game, given its name and options, before several processes open the actor."""


ACTORS = Registry("clonestrike.actors", ActorEntry, "actor")


@dataclass(frozen=True)
class NamedActor:
    """An actor as the user named it, not opened yet; see ``find_actor``.

    Other processes get its name only and find it anew, so that an entry may hold functions that cannot be pickled.
    """

    name: str
    """The name as the user wrote it."""
    entry: ActorEntry

    @property
    def run_name(self) -> str:
        """Name for runs and results; that of a checkpoint is the name of its folder.

        Where that is the name of a registered actor, as in ``runs/expert``, the folder above is in front of it.
        """
        if self.name in ACTORS.names():
            return self.name
        path = Path(self.name).resolve()
        name = path.name.removesuffix(".onnx").replace(":", "-") or "root"
        return f"{path.parent.name or 'root'}-{name}" if name in ACTORS.names() else name

    def __reduce__(self) -> tuple[Callable[[str], NamedActor], tuple[str]]:
        return find_actor, (self.name,)

    @contextmanager
    def open(self, seat: Seat) -> Iterator[Actor]:
        """Open the actor; it is closed at the end of the ``with`` block."""
        actor = self.entry.open(seat)
        with actor if isinstance(actor, AbstractContextManager) else nullcontext():
            yield actor


def find_actor(name: str) -> NamedActor:
    """Find an actor by its registered name (``expert``, ``human``, ``random``), as a checkpoint (its folder, its ONNX
    file alone, or ``pretrained:doom``), or as ``package.module:factory``.

    A checkpoint is not read yet, it need only exist. A factory is imported now, and later called with the GameInfo and
    a seed. Raises ClonestrikeError when there is no such actor.
    """
    if name in ACTORS.names():
        return NamedActor(name, ACTORS.get(name))
    path = checkpoint(name)
    if (path / "policy.onnx").is_file() or (path.is_file() and path.suffix == ".onnx"):
        return NamedActor(name, ActorEntry(partial(_open_checkpoint, path), card=partial(_card, path)))
    if re.fullmatch(r"[A-Za-z_][\w.]+:[A-Za-z_]\w*", name):
        _factory(name)
        return NamedActor(name, ActorEntry(partial(_open_factory, name)))
    raise ClonestrikeError(
        f"{name} is no checkpoint (it has no policy.onnx), no .onnx file and none of {', '.join(ACTORS.names())}",
        "name one that clonestrike train wrote, or package.module:factory of your own",
    )


def _open_checkpoint(path: Path, seat: Seat) -> Actor:
    from clonestrike.policy.agent import Agent
    from clonestrike.policy.decoding import Decoding

    rules = None if seat.decoding is None else Decoding.preset(seat.decoding)
    return Agent(path, rules, seed=seat.seed, controls=seat.controls)


def _card(path: Path) -> PolicyCard:
    from clonestrike.policy.agent import card_of

    return card_of(path)


def _open_factory(name: str, seat: Seat) -> Actor:
    actor: Actor = _factory(name)(seat.game.info, seat.seed)
    return actor


def _factory(name: str) -> Callable[..., Actor]:
    module, _, attribute = name.partition(":")
    try:
        factory: Callable[..., Actor] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ClonestrikeError(
            f"{name} cannot be imported ({error})", "install its package, or put its folder on PYTHONPATH"
        ) from None
    if not callable(factory):
        raise ClonestrikeError(f"{name} is a {type(factory).__name__}, not a factory", "name a class or a function")
    return factory
