"""Who plays: what a user names, parsed once."""

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
from clonestrike.policy.shipped import checkpoint


@dataclass(frozen=True)
class Seat:
    """Where an actor is to play."""

    game: Game
    game_name: str
    """As the user wrote it, such as ``doom:bots=3``."""
    seed: int
    """Of what the actor draws at random."""
    decoding: str | None = None
    """How a policy's predictions become actions; None: as its checkpoint says."""


def _nothing(game_name: str) -> None:
    """Most actors need nothing before a match."""


@dataclass(frozen=True)
class ActorEntry:
    """What an entry point of the group ``clonestrike.actors`` loads: a kind of player by its name."""

    open: Callable[[Seat], Actor]
    """The actor that takes this seat; one that is a context manager is entered before it plays and left after."""
    human: bool = False
    """A person, who plays at their own pace: neither several matches at once nor in lockstep."""
    privileged: bool = False
    """May know what is not on the screen: its matches are opened for that."""
    learned: bool = True
    """What it does wrong is worth looking at (``style --clips``)."""
    prepare: Callable[[str], None] = _nothing
    """Has ready what it needs in a game, before several processes ask for it."""


ACTORS = Registry("clonestrike.actors", ActorEntry, "actor")


@dataclass(frozen=True)
class Player:
    """Somebody who plays, as ``find_player`` parsed them."""

    name: str
    """As the user wrote it."""
    entry: ActorEntry

    @property
    def run_name(self) -> str:
        """What runs and results are called after: of a checkpoint the name of its folder."""
        return Path(self.name).resolve().name.removesuffix(".onnx").replace(":", "-")

    @contextmanager
    def open(self, seat: Seat) -> Iterator[Actor]:
        """The actor while it plays in this seat."""
        actor = self.entry.open(seat)
        with actor if isinstance(actor, AbstractContextManager) else nullcontext():
            yield actor


def find_player(name: str) -> Player:
    """Who is called so: an actor by its registered name (``expert``, ``human``, ``random``), a checkpoint (its folder,
    its ONNX file alone, or ``pretrained:doom``), or ``package.module:factory``.

    Of a checkpoint only that it is there is looked at. A factory is imported and called with the GameInfo and a seed.
    Raises ClonestrikeError when there is nobody of this name.
    """
    if name in ACTORS.names():
        return Player(name, ACTORS.get(name))
    path = checkpoint(name)
    if (path / "policy.onnx").is_file() or (path.is_file() and path.suffix == ".onnx"):
        return Player(name, ActorEntry(partial(_open_checkpoint, path)))
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", name):
        _factory(name)
        return Player(name, ActorEntry(partial(_open_factory, name)))
    raise ClonestrikeError(
        f"{name} is no checkpoint (it has no policy.onnx), no .onnx file and none of {', '.join(ACTORS.names())}",
        "name one that clonestrike train wrote, or package.module:factory of your own",
    )


def _open_checkpoint(path: Path, seat: Seat) -> Actor:
    from clonestrike.policy.agent import Agent
    from clonestrike.policy.decoding import Decoding

    rules = None if seat.decoding is None else Decoding.preset(seat.decoding)
    return Agent(path, rules, seed=seat.seed)


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
    return factory
