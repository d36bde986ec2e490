"""Clonestrike: behavioural cloning for first-person shooters, from pixels.

What a notebook needs is here, and is loaded when it is first used. ``__init__.pyi`` lists the names and where they come
from, and the page "Python" of the documentation describes them.
"""

from lazy_loader import attach_stub

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
