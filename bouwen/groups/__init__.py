"""Fits side by side: the same scales and models in several groups."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
