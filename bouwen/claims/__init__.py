"""Findings against the answers: what was claimed, what this study says of it."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
