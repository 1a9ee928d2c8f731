"""Labels of answers, in the order in which they go up."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from bouwen.survey.directions import height
from bouwen.survey.exports import folded_words, known
from bouwen.survey.values import fold


def ascending(labels: Iterable[str]) -> list[str] | None:
    """Labels from the lowest answer to the highest, None where their words do not tell.

    They stand on one known ladder, or each has another place above or below one middle.

    >>> ascending(["vaak", "nooit", "soms"]), ascending(["eens", "helemaal eens", "oneens", "neutraal"])
    (['nooit', 'soms', 'vaak'], ['oneens', 'neutraal', 'eens', 'helemaal eens'])
    >>> ascending(["red", "green", "agree"])
    """
    given = list(dict.fromkeys(labels))
    folded = [fold(label) for label in given]
    for ladder in known_ladders():
        if len(given) > 1 and set(folded) <= set(ladder):
            return sorted(given, key=lambda label: ladder.index(fold(label)))
    heights = {label: 0.0 if fold(label) in folded_words("middle") else height(label) for label in given}
    level = [label for label, high in heights.items() if high == 0]
    lonely = len(level) == 1 and (fold(level[0]) in folded_words("middle") or len(given) % 2 == 1)
    if len(set(heights.values())) < len(given) or (level and not lonely):
        return None
    both = min(heights.values(), default=0) < 0 < max(heights.values(), default=0)
    return sorted(given, key=lambda label: heights[label]) if both else None


@cache
def known_ladders() -> list[tuple[str, ...]]:
    """Known ladders, as they are compared."""
    return [tuple(fold(str(rung)) for rung in ladder) for ladder in known()["ladders"]]
