"""Numbers glued into the prose of a chapter."""

from __future__ import annotations

import re
from typing import Any

from bouwen.words import CODE, ENGLISH, UnknownLanguage, languages, words

GLUED = "application/papermill.record/"  # before the kind of what stands in prose and not below its cell
GLUE = f"{GLUED}text/plain"


def tell(language: str = ENGLISH, **values: Any) -> None:
    """Glue values into the prose of a chapter, where ``{glue:text}`` names them.

    Whole numbers and texts are written as they are, other numbers with two decimals; a value
    that needs another form is passed as ``(value, text)``. The bare value travels in the
    output's metadata, so that builds can be compared.

    Raises
    ------
    UnknownLanguage
        ``language`` is no code of a language.
    """
    if not re.fullmatch(CODE, str(language)):
        raise UnknownLanguage(language, languages())
    from IPython.display import display

    publish: Any = display

    for name, value in values.items():
        value, text = value if isinstance(value, tuple) else (value, say(value, language))
        metadata = {"scrapbook": {"name": name, "mime_prefix": GLUED}}
        bare = value.item() if hasattr(value, "item") else value
        publish({GLUE: repr(text)}, metadata={**metadata, "bouwen": {"value": bare}}, raw=True)


def say(value: Any, language: str) -> str:
    """A value as prose would have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return words(language).listing([str(v) for v in value])
    return words(language).number(float(value), 0 if float(value).is_integer() else 2)
