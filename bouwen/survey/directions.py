"""Which way an answer scale runs, by the words of its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bouwen.survey.exports import folded_words
from bouwen.survey.instrument import AnswerScale, Instrument
from bouwen.survey.readers import Raw
from bouwen.survey.table import TableError
from bouwen.survey.values import fold, number_in


def refuse_opposite(raw: Raw, sources: Mapping[str, str], instrument: Instrument) -> None:
    """Raise a TableError where the labels of a file run the other way than those of the instrument."""
    for name in instrument.items:
        labels = {number_in(code): label for code, label in raw.table.labels.get(sources[name], {}).items()}
        scale = instrument.scale_of(name)
        if direction(labels) * direction_of(scale) < 0:
            raise TableError(raw.path, opposite(labels, scale), columns=[sources[name]])


def opposite(labels: Mapping[Any, str], scale: AnswerScale) -> str:
    """Code by code what file and instrument say."""
    language = next(iter(next(iter(scale.labels.values())).texts))
    pairs = [
        f'{code} is "{labels[code]}" in the file and "{scale.labels[code][language]}" in the instrument'
        for code in scale.labels
        if code in labels
    ]
    return f"its labels run the other way: {', '.join(pairs)}; turn the codes of one of them."


def direction_of(scale: AnswerScale) -> int:
    """Which way a scale of the instrument runs: 1 upwards, -1 downwards, 0 where words do not tell."""
    languages = dict.fromkeys(code for text in scale.labels.values() for code in text.texts)
    for language in languages:
        labels = {code: text[language] for code, text in scale.labels.items()}
        if found := direction(labels):
            return found
    return 0


def direction(labels: Mapping[Any, str]) -> int:
    """The sign of the relation between codes and how high their labels are."""
    pairs = [(code, height(label)) for code, label in labels.items() if code is not None and height(label)]
    if len(pairs) < 2:
        return 0
    mean_code = sum(code for code, _ in pairs) / len(pairs)
    mean_height = sum(high for _, high in pairs) / len(pairs)
    together = sum((code - mean_code) * (high - mean_height) for code, high in pairs)
    return int(together > 1e-9) - int(together < -1e-9)


def height(label: str) -> float:
    """How far above the middle a label is, below it where it is negative, 0 where its words do not tell.

    >>> height("Helemaal mee eens"), height("Zeer oneens"), height("helemaal niet mee eens")
    (2.0, -2.0, -2.0)
    """
    words = re.findall(r"\w+", fold(label))
    above, below = (sum(word in folded_words(kind) for word in words) for kind in ("above", "below"))
    if above == below:
        return 0.0
    sign = 1.0 if above > below else -1.0
    if any(word in folded_words("turning") for word in words):
        sign = -sign
    strong = any(word in folded_words("stronger") for word in words)
    weak = any(word in folded_words("weaker") for word in words)
    return sign * (2.0 if strong else 0.5 if weak else 1.0)
