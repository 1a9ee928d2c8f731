"""A fit -> the sentence that a journal wants of it."""

from __future__ import annotations

import math

from bouwen.report.audience import reader
from bouwen.report.given import FIT, check_given
from bouwen.sem import Fit
from bouwen.words import ENGLISH, Words

VARIANTS_IN_LINE = ("robust", "scaled")
IN_LINE = ("cfi", "rmsea", "srmr")


def report_line(fit: Fit, language: str = ENGLISH) -> str:
    """How well a model fits, in one line as journals print it.

    The robust or else the scaled variant of a measure where the estimator gives one, and the line says so;
    no zero before the point of what cannot exceed one.

    Parameters
    ----------
    fit : Fit
    language : str

    Returns
    -------
    str
        χ² with its degrees of freedom and p, CFI, RMSEA with its 90 % interval, and SRMR.

    Raises
    ------
    UnknownLanguage

    References
    ----------
    American Psychological Association (2020), Publication manual (7th ed.), sections 6.36 and 6.43.
    """
    check_given(fit, Fit, FIT)
    say = reader(None, language=language).words
    if fit.df == 0:
        return say("report_line.saturated")
    parts = [chisq_part(fit, say), *(measure_part(fit, say, name) for name in IN_LINE)]
    return say("report_line.between").join(part for part in parts if part)


def chisq_part(fit: Fit, say: Words) -> str:
    """χ²(df) = value, p, with *scaled* before it where it is."""
    variant = variant_of(fit, "chisq")
    text = say(
        "report_line.chisq",
        df=say.number(fit.df, 0),
        chisq=say.number(value_of(fit, "chisq", variant), 2),
        p=below_one(say, value_of(fit, "pvalue", variant), pvalue=True),
    )
    return with_variant(say, variant, text)


def measure_part(fit: Fit, say: Words, name: str) -> str:
    """A measure with its value, and of RMSEA its interval; nothing where a fit has none."""
    variant = variant_of(fit, name)
    value = value_of(fit, name, variant)
    if math.isnan(value):
        return ""
    text = f"{say(f'measures.{name}')} = {below_one(say, value)}"
    if name == "rmsea":
        ends = [value_of(fit, f"rmsea_ci_{end}", variant) for end in ("lower", "upper")]
        text += f" [{say('numbers.between').join(below_one(say, end) for end in ends)}]"
    return with_variant(say, variant, text)


def variant_of(fit: Fit, name: str) -> str:
    """Which variant of a measure the estimator gives: "robust", "scaled", or "" for the plain one."""
    return next((v for v in VARIANTS_IN_LINE if not math.isnan(value_of(fit, name, v))), "")


def value_of(fit: Fit, name: str, variant: str) -> float:
    """A variant of a measure, NaN where a fit has none."""
    return float(fit.measures.get(f"{name}_{variant}" if variant else name, math.nan))


def with_variant(say: Words, variant: str, text: str) -> str:
    """A part of the line, with its variant before it."""
    return say(f"report_line.{variant}", text=text) if variant else text


def below_one(say: Words, value: float, *, pvalue: bool = False) -> str:
    """A number that cannot exceed one, with three decimals and without its zero; of a p-value with its sign.

    >>> from bouwen.words import words
    >>> say = words(ENGLISH)
    >>> below_one(say, 0.0567), below_one(say, 1e-9, pvalue=True), below_one(say, 1.0)
    ('.057', '< .001', '1.000')
    """
    sign = "" if not pvalue else "< " if value < 0.0005 else "= "
    text = say.number(max(value, 0.001) if pvalue else value, 3)
    return sign + (text[1:] if text.startswith("0") else text)
