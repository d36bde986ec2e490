# The names of the Python API, for type checkers and, by lazy_loader, when they are used.
from .core.actions import ACTION_SPACE as ACTION_SPACE
from .core.actions import Action as Action
from .core.actions import Actions as Actions
from .core.actions import ActionSpace as ActionSpace
from .core.actor import Actor as Actor
from .core.actor import Decision as Decision
from .core.actor import Prediction as Prediction
from .core.game_info import GameInfo as GameInfo
from .core.observation import Observation as Observation
from .core.states import PlayerState as PlayerState
from .core.states import States as States
from .core.trajectory import Trajectory as Trajectory
from .datasets.api import open as open  # noqa: A004 - clonestrike.open
from .datasets.api import plot_mouse as plot_mouse
from .datasets.api import plot_visits as plot_visits
from .datasets.api import plot_weapons as plot_weapons
from .errors import ClonestrikeError as ClonestrikeError
from .evaluate.api import Evaluation as Evaluation
from .evaluate.api import Rates as Rates
from .evaluate.api import evaluate as evaluate
from .evaluate.api import plot_rates as plot_rates
from .evaluate.statistics import Interval as Interval
from .evaluate.statistics import MatchResult as MatchResult
from .games.environment import env as env
from .labelling.api import LabelledPlay as LabelledPlay
from .labelling.api import label as label
from .playing.api import PlayedMatch as PlayedMatch
from .playing.api import RecordedPlay as RecordedPlay
from .playing.api import game as game
from .playing.api import play as play
from .playing.api import record as record
from .playing.paced import PacedGame as PacedGame
from .policy.agent import Agent as Agent
from .training.api import Checkpoint as Checkpoint
from .training.api import plot_learning as plot_learning
from .training.api import train as train

__version__: str
