"""What a page prints of the answers: each figure as a statistic and the values that its text allows."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from bouwen.words import Words

LEFT_OPEN = "missing"  # stands for no answer among the answers of an item
Group = tuple[str, str]  # a variable and one of its levels; ("", "") is everybody
EVERYBODY: Group = ("", "")


@dataclass(frozen=True)
class PrintedFigure:
    """One figure of a page.

    Attributes
    ----------
    kind : str
        "level" (respondents with a level), "count" and "share" (of answers to an item; a share is of
        those who answered), "mean", "sd", "skew", "kurtosis" (of an item), "scored" (respondents with a
        score), "score_mean", "score_sd", "complete_mean" (of a scale; the last of those who answered all
        of it), "pattern" (who left just these items open).
    of : str
        The variable, item or scale.
    group : (variable, level)
        Of whom.
    lower, upper : float
        What the text leaves open, ends included.
    answers : tuple
        The level, the answers (`LEFT_OPEN` among them), or the items of the pattern.
    page, where : str
        The page, and the table, figure or sentence on it.
    """

    kind: str
    of: str
    group: Group
    lower: float
    upper: float
    answers: tuple[object, ...] = ()
    page: str = ""
    where: str = ""


@dataclass(frozen=True)
class Said:
    """A number as a page has it: the value, half a unit of its last digit, and what bounding_words it."""

    value: float
    half: float
    sign: str = ""  # "<" or ">"
    percent: bool = False


def number_said(text: str, say: Words) -> Said | None:
    """The number that a cell holds; None where it holds none.

    >>> from bouwen.words import ENGLISH, words
    >>> number_said("−0.25", words(ENGLISH)).value, number_said("–", words(ENGLISH))
    (-0.25, None)
    >>> number_said("<6%", words(ENGLISH))
    Said(value=0.06, half=0.005, sign='<', percent=True)
    """
    bare = text.replace("\N{NO-BREAK SPACE}", " ").strip()
    sign = bare[:1] if bare[:1] in "<>≤≥" else ""
    bare, percent = bare.removeprefix(sign).strip(), bare.endswith("%")
    bare = bare.rstrip("%").strip()
    for mark, plain in ((say("numbers.thousands"), ""), (say("numbers.decimal"), "."), ("−", "-")):
        bare = bare.replace(mark, plain) if mark else bare
    if not re.fullmatch(r"-?\d+(\.\d+)?", bare):
        return None
    unit = 10.0 ** -len(bare.partition(".")[2]) / (100 if percent else 1)
    return Said(float(bare) / (100 if percent else 1), unit / 2, sign, percent)


def said_count(text: str, say: Words, total: int, least: int) -> tuple[float, float] | None:
    """Which counts a cell allows: its own, or what words for few and nearly all leave open; else None."""
    if text == say("counts.fewer", n=least):
        return 0, least - 1
    if text == say("counts.more", n=total - least):
        return total - least + 1, total
    if (found := number_said(text, say)) is None or found.percent or found.value != round(found.value):
        return None
    return found.value, found.value


def around(found: Said, half: float | None = None) -> tuple[float, float]:
    """The values that are rounded to a number; a bound is open at one end."""
    if found.sign in ("<", "≤"):
        return -math.inf, found.value
    if found.sign in (">", "≥"):
        return found.value, math.inf
    half = found.half if half is None else half
    return found.value - half, found.value + half
