"""What was asked and what was answered: instruments, studies, their data files and a first look at them."""

from bouwen.survey.expectation import Implied, implied
from bouwen.survey.files import FileError
from bouwen.survey.instrument import Instrument, read_instrument
from bouwen.survey.population import Population, read_population
from bouwen.survey.readers import DataError
from bouwen.survey.register import Register, UnknownEntryError, read_register
from bouwen.survey.screening import Screening, check_report, group_sizes, screen
from bouwen.survey.simulation import SimulationError, simulate, simulate_file
from bouwen.survey.study import Settings, Study, find_study, read_study

__all__ = [
    "DataError",
    "FileError",
    "Implied",
    "Instrument",
    "Population",
    "Register",
    "Screening",
    "Settings",
    "SimulationError",
    "Study",
    "UnknownEntryError",
    "check_report",
    "find_study",
    "group_sizes",
    "implied",
    "read_instrument",
    "read_population",
    "read_register",
    "read_study",
    "screen",
    "simulate",
    "simulate_file",
]
