"""Open answers: what coders and patterns found in them, how far they agree, and what may be told of it."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
