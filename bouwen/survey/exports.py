"""What is known of the exports of survey tools and of the words of answers: `known.yml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bouwen.survey.values import fold


@cache
def known() -> dict[str, Any]:
    """Everything that the file says."""
    text = Path(__file__).with_name("known.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@cache
def totals() -> frozenset[str]:
    """Words before the sums of columns."""
    return frozenset(fold(word) for word in known()["totals"])


@cache
def folded_words(kind: str) -> frozenset[str]:
    """Words of one kind: ``yes``, ``no``, ``no_answer``."""
    return frozenset(fold(str(word)) for word in known()[kind])


@cache
def unit_names() -> dict[str, str]:
    """The first name of each unit, by all ways to write it."""
    return {fold(str(word)): str(names[0]) for names in known()["units"] for word in names}
