"""Language files -> `Words`."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bouwen.errors import BouwenError, did_you_mean
from bouwen.words.spoken import Words

ENGLISH = "en"  # what every text exists in
ENGINE = "engine"  # the section of sentences that are remarked in English
HERE = Path(__file__).parent
MORE = "BOUWEN_WORDS"
CODE = r"[a-z]{2,3}(-[A-Za-z0-9]+)*"  # of a language: "nl", "pt-BR"


class WordsError(BouwenError):
    """A language file that cannot be used; ``path`` is the file."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}")


class UnknownLanguage(BouwenError):
    """A language for which there are no words.

    Attributes
    ----------
    language : str
    known : tuple of str
        The languages that may be asked for.
    """

    def __init__(self, language: str, known: Iterable[str]) -> None:
        self.language, self.known = language, tuple(known)
        super().__init__(
            f'there are no words in the language "{language}"; known are {", ".join(self.known)}. '
            f"Add one as a file {language}.yml in a folder that {MORE} names, or give texts in it."
        )


def languages() -> tuple[str, ...]:
    """The codes of the languages that have a file, in alphabetical order.

    >>> set(languages()) >= {"en", "nl"}
    True
    """
    return tuple(sorted({path.stem for folder in folders(more()) for path in folder.glob("*.yml")}))


def check_language(language: str, also: Iterable[str] = ()) -> None:
    """Raise `UnknownLanguage` where a language has no file and is none of ``also`` either."""
    if language not in (known := sorted({*languages(), *also})):
        raise UnknownLanguage(language, known)


def words(language: str) -> Words:
    """The texts and the spelling of numbers of a language.

    A language without a file speaks English: whoever asks refuses what nobody knows (`check_language`).

    Raises
    ------
    WordsError
        A file is not of the form of ``en.yml``, or has a key or a place that English lacks.
    """
    return read(language, more())


@cache
def read(language: str, extra: str) -> Words:
    """The words of a language, from files beside this one and in one more folder."""
    english: dict[str, str] = {}
    for path in language_files(ENGLISH, ""):
        english |= texts_of(path)
    own: dict[str, str] = {}
    for path in language_files(language, extra):
        found = texts_of(path)
        check(path, found, english)
        own |= found
    missing = tuple(key for key in english if key not in own)
    sentences = {key: form_of(text) for key, text in english.items() if key.startswith(f"{ENGINE}.")}
    return Words(language, english | own, missing, sentences)


def form_of(text: str) -> re.Pattern[str]:
    """What every sentence looks like that a text with places makes."""
    parts = string.Formatter().parse(text)
    return re.compile(
        "".join(re.escape(said) + (f"(?P<{name}>.+)" if name else "") for said, name, _, _ in parts)
    )


def more() -> str:
    """The folder with further language files, or nothing."""
    return os.environ.get(MORE, "")


def added_files() -> tuple[Path, ...]:
    """The language files that are not the program's own."""
    return tuple(sorted(path for folder in folders(more())[1:] for path in folder.glob("*.yml")))


def folders(extra: str) -> list[Path]:
    """Where language files are."""
    return [HERE, *([Path(extra)] if extra else [])]


def language_files(language: str, extra: str) -> list[Path]:
    """The files of a language; what stands in a later one goes before what stands in an earlier one."""
    return [path for folder in folders(extra) if (path := folder / f"{language}.yml").is_file()]


def texts_of(path: Path) -> dict[str, str]:
    """The texts of a file by dotted key."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_bytes(), Loader=loader)
    except (OSError, yaml.YAMLError) as error:
        raise WordsError(path, f"cannot be read ({error}).") from None
    if not isinstance(content, dict):
        raise WordsError(path, "must hold sections of texts, as en.yml does.")
    return dict(flat(path, content))


def flat(path: Path, content: Mapping[Any, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every text below a section, with its dotted key."""
    for name, value in content.items():
        key = f"{before}{name}"
        if not isinstance(name, str):
            raise WordsError(path, f'the key "{key}" is read as a value, not as a name; put it in quotes.')
        if isinstance(value, dict):
            yield from flat(path, value, f"{key}.")
        elif isinstance(value, str):
            yield key, value
        else:
            raise WordsError(path, f'"{key}" must be text; put it in quotes.')


def check(path: Path, texts: Mapping[str, str], english: Mapping[str, str]) -> None:
    """Refuse keys that English lacks, and places that nothing is filled in at."""
    for key, text in texts.items():
        if key not in english and not key.startswith("languages."):
            raise WordsError(path, f'unknown key "{key}".{did_you_mean(key, english)}')
        for place in places(path, key, text) - places(path, key, english.get(key, "")):
            raise WordsError(path, f'"{key}" has a place {{{place}}} that the English text lacks.')


def places(path: Path, key: str, text: str) -> set[str]:
    """The names in braces in a text."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise WordsError(path, f'"{key}" is no text with {{places}}: {error}.') from None
