"""From a survey to a reproducible online book: instrument, scales, models.

The names below are loaded when they are first used, so importing bouwen costs next to nothing.
"""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
