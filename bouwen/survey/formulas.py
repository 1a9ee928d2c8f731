"""Model text -> the names in it, for whoever only asks whether they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bouwen.survey.files import repeated
from bouwen.survey.wordings import unknown
from bouwen.survey.writing import Problem

MOST_ANTECEDENTS = 3


def model_names(syntax: str) -> tuple[list[str], list[str]]:
    r"""The latent variables of a model in lavaan syntax, and every variable that it uses.

    Only names are looked at; the syntax itself is checked when the model is fitted.

    >>> model_names("mood =~ m1 + a*m2 +\n  m3\nsat ~ b*mood  # path\nind := a*b")
    (['mood'], ['mood', 'm1', 'm2', 'm3', 'sat'])
    """
    latent: dict[str, None] = {}
    used: dict[str, None] = {}
    for left, operator, right in statements_of(syntax):
        latent |= dict.fromkeys(left if operator == "=~" else ())
        used |= dict.fromkeys(left if operator == "|" else [*left, *right])
    return list(latent), list(used)


def model_paths(syntax: str) -> dict[str, list[str]]:
    """The predictors of every variable that is regressed on something.

    >>> model_paths("mood =~ m1 + m2; a + b ~ x + c*y; x ~~ y; a ~ 1 + z")
    {'a': ['x', 'y', 'z'], 'b': ['x', 'y']}
    """
    found: dict[str, list[str]] = {}
    for left, operator, right in statements_of(syntax):
        for outcome in left if operator == "~" else ():
            found.setdefault(outcome, []).extend(right)
    return {outcome: predictors for outcome, predictors in found.items() if predictors}


def predictor_problems(predictor: str | None, structural: str) -> Iterator[Problem]:
    """A predictor that the structural model does not have."""
    latent, used = model_names(structural)
    if predictor is not None and predictor not in (known := [*latent, *used]):
        yield ("predictor",), unknown("variable of the structural model", predictor, known)


def antecedent_problems(antecedents: Sequence[str], structural: str) -> Iterator[Problem]:
    """Antecedents that are too many, named twice, or predict no variable of the model together."""
    yield from repeated(("antecedents",), antecedents, "predictor")
    if len(antecedents) > MOST_ANTECEDENTS:
        found = f"{len(antecedents)} are named"
        yield ("antecedents",), f"must be at most {MOST_ANTECEDENTS}, as small groups bear no more; {found}."
    paths = model_paths(structural)
    known = list(dict.fromkeys(name for causes in paths.values() for name in causes))
    for i, name in enumerate(antecedents):
        if name not in known:
            yield ("antecedents", i), unknown("predictor of the structural model", name, known)
    if (
        antecedents
        and set(antecedents) <= {*known}
        and not any(set(antecedents) <= {*causes} for causes in paths.values())
    ):
        yield ("antecedents",), "must predict one variable of the structural model together; none has all."


def statements_of(syntax: str) -> Iterator[tuple[list[str], str, list[str]]]:
    """The names left of each operator, the operator, and the names right of it."""
    text = re.sub(r"[#!].*", "", syntax)
    text = re.sub(r"([+~*]|=~|:=)\s*\n\s*|\s*\n\s*(?=[+*])", r"\1", text)
    for statement in re.split(r"[\n;]", text):
        parts = re.match(r"(.*?)(=~|~~|~|\|)(.*)", statement)
        if not parts or ":=" in statement or "==" in statement:
            continue
        left, operator, right = parts.groups()
        yield names_in(left), operator, names_in(right)


def names_in(side: str) -> list[str]:
    """The variables of one side of an operator, without what stands before them."""
    names = [term.split("*")[-1].strip() for term in side.split("+")]
    return [name for name in names if name and not name[0].isdigit()]
