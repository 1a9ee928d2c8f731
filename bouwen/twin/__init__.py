"""Inventing answers: a population file becomes a synthetic study, and what its answers should show."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
