"""A study's one path: how robust it is, what else could explain it, how many answers the next study needs."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
