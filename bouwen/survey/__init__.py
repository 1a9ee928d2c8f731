"""What was asked and what was answered: instruments, studies, their data files and a first look at them."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
