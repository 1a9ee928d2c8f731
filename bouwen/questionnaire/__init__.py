"""An instrument as a questionnaire to send out: for survey tools, for SPSS, for paper."""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
