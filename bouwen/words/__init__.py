"""Every text that the code shows, by language, and numbers as a reader of that language writes them.

A language is a file: ``en.yml`` beside this module holds every text, and another language is a file of
the same form. What it lacks is taken from English. The environment variable ``BOUWEN_WORDS`` may name one
more folder with such files, which add languages or go before the texts that are here.
"""

from bouwen.words.files import (
    CODE,
    ENGLISH,
    MORE,
    UnknownLanguage,
    WordsError,
    added_files,
    check_language,
    languages,
    words,
)
from bouwen.words.spoken import Words

__all__ = [
    "CODE",
    "ENGLISH",
    "MORE",
    "UnknownLanguage",
    "Words",
    "WordsError",
    "added_files",
    "check_language",
    "languages",
    "words",
]
