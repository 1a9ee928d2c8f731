"""Names, and texts in one or more languages: what every part of a questionnaire is written with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, model_validator

from bouwen.errors import did_you_mean
from bouwen.survey.files import Part
from bouwen.survey.writing import Location, Problem
from bouwen.words import CODE, ENGLISH

UNNAMED = "und"  # what ISO 639 calls a language that is not said
Language = Annotated[str, StringConstraints(pattern=f"^{CODE}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Perspective = Name


class Text(Part):
    """The same text in some languages, or one text in a language that is not named.

    A language that it lacks gets the text in the language of the study, else in English, else the first.

    >>> Text.model_validate("Music").texts, Text(fr="Musique", en="Music")[UNNAMED]
    ({'und': 'Music'}, 'Music')
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str] = Field(init=False)

    @model_validator(mode="before")
    @classmethod
    def by_language(cls, given: Any, info: ValidationInfo) -> Any:
        """Texts by the code of their language, first those that stand in for others."""
        if isinstance(given, str):
            given = {UNNAMED: given}
        if not isinstance(given, dict) or not set(given) - set(cls.model_fields):
            raise ValueError("must be a text, or a text for each of some languages.")
        for code in set(given) - set(cls.model_fields):
            if not re.fullmatch(CODE, str(code)):
                known = did_you_mean(str(code), cls.model_fields)
                raise ValueError(f'unknown key "{code}": no code of a language, such as nl or pt-BR.{known}')
        first = [*(info.context or {}).get("languages", ()), ENGLISH]
        return {code: given[code] for code in dict.fromkeys([*first, *given]) if code in given}

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        """What an editor accepts: a text, or a mapping by language."""
        by_language = {
            "type": "object",
            "properties": {name: {"type": "integer"} for name in cls.model_fields},
            "patternProperties": {f"^{CODE}$": {"type": "string"}},
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {"anyOf": [{"type": "string"}, by_language]}

    @property
    def texts(self) -> dict[str, str]:
        """The text by the code of its language."""
        return self.__pydantic_extra__

    def __getitem__(self, language: str) -> str:
        return self.texts[language if language in self.texts else next(iter(self.texts))]


def unknown(kind: str, name: str, candidates: Iterable[str]) -> str:
    """Say that a name refers to nothing, and what may have been meant."""
    return f'there is no {kind} "{name}".{did_you_mean(name, candidates)}'


def wording_problems(
    where: Location,
    texts: Mapping[str, Text],
    perspectives: Iterable[str],
    worded: Iterable[str] | None = None,
) -> Iterator[Problem]:
    """Perspectives that lack a wording, of all or of those that must be ``worded``, or that are not there."""
    known = tuple(perspectives)
    for perspective in known if worded is None else worded:
        if perspective not in texts:
            yield where, f'there is no wording for the perspective "{perspective}".'
    for perspective in texts:
        if perspective not in known:
            yield (*where, perspective), unknown("perspective", perspective, known)
