"""What was asked and what was answered: instruments, studies, their data files and a first look at them."""

from bouwen.survey.disclosure import count_text, hidden, pooled
from bouwen.survey.files import FileError
from bouwen.survey.instrument import UNNAMED, Instrument, Text, read_instrument
from bouwen.survey.readers import TableError
from bouwen.survey.register import Register, UnknownEntryError, read_register
from bouwen.survey.screening import CONSTANT_ITEMS, Screening, check_report, fallback, group_sizes, screen
from bouwen.survey.study import Settings, Study, find_study, read_study

__all__ = [
    "CONSTANT_ITEMS",
    "UNNAMED",
    "FileError",
    "Instrument",
    "Register",
    "Screening",
    "Settings",
    "Study",
    "TableError",
    "Text",
    "UnknownEntryError",
    "check_report",
    "count_text",
    "fallback",
    "find_study",
    "group_sizes",
    "hidden",
    "pooled",
    "read_instrument",
    "read_register",
    "read_study",
    "screen",
]
