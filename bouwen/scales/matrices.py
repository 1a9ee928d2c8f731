"""Answers -> a correlation matrix that has an inverse, or a refusal that names the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from bouwen.checks import (
    DataError,
    Matrix,
    Missing,
    SingularMatrix,
    TooFewItems,
    TooFewRespondents,
    check_answers,
    check_choice,
    check_count,
    check_names,
    is_matrix,
    is_ordered,
)
from bouwen.scales.given import Items, answers_of
from bouwen.scales.polychorics import polychoric

CorrelationKind = Literal["pearson", "polychoric"]


@dataclass(frozen=True, eq=False)
class Correlations:
    """Correlations with what they rest on.

    Attributes
    ----------
    R : array (p, p)
        Correlations.
    items : tuple of str
    n : int
        Respondents with at least one answer (pairwise) or with all of them (listwise).
    missing : float
        Share of the answers of these respondents that is missing.
    """

    R: Matrix
    items: tuple[str, ...]
    n: int
    missing: float


def correlate(
    items: Items,
    *,
    missing: Missing = "pairwise",
    kind: CorrelationKind | None = None,
    minimum: int = 2,
    what: str = "A correlation matrix",
    n: int | None = None,
) -> Correlations:
    """Correlations of checked answers, or of the latent responses behind them.

    Pairwise, as psych: each correlation uses everyone who answered both items. Where ``n`` is given, the
    items are a matrix of correlations or covariances of as many respondents, as published.

    Raises
    ------
    DataError
        See `check_answers`; also fewer respondents than items, a pair of items that nobody answered
        together, or a matrix that is singular or not positive definite.
    """
    kind = kind_of(items, kind)
    if n is not None:
        return _as_published(items, n, minimum, what)
    answers = check_answers(answers_of(items), minimum=minimum, what=what, missing=missing)
    names = tuple(answers.columns)
    if len(answers) <= len(names):
        raise TooFewRespondents(len(answers), len(names) + 1, f"{what} of {len(names)} items")
    R = (polychoric(answers).R if kind == "polychoric" else answers.corr()).to_numpy()
    if np.isnan(R).any():
        i, j = np.argwhere(np.isnan(R))[0]
        pair = answers[[names[i], names[j]]].dropna()
        raise TooFewRespondents(len(pair), 3, f'the correlation of "{names[i]}" and "{names[j]}"')
    refuse_singular(R, names)
    return Correlations(R, names, len(answers), float(answers.isna().to_numpy().mean()))


def kind_of(items: Items, kind: CorrelationKind | None) -> CorrelationKind:
    """The correlations asked for; by default polychoric ones of ordered categories and Pearson's of numbers.

    Raises
    ------
    DataError
        Ordered categories beside numbers, where nothing is asked for.
    """
    if kind is not None:
        return check_choice("correlation", kind, get_args(CorrelationKind))
    frame = items if isinstance(items, pd.DataFrame) else pd.DataFrame()
    ordered = [is_ordered(frame.iloc[:, k]) for k in range(frame.shape[1])]
    if any(ordered) and not all(ordered):
        name = frame.columns[ordered.index(True)]
        raise DataError(
            f'"{name}" holds ordered categories and other items numbers; make all of them ordered '
            "categories or all numbers (column.cat.codes), or where correlation= is taken say "
            'correlation="pearson" or "polychoric"',
            item=str(name),
        )
    return "polychoric" if any(ordered) else "pearson"


def _as_published(matrix: Items, n: int, minimum: int, what: str) -> Correlations:
    """Correlations of a matrix that somebody else computed from n respondents."""
    check_count("n", n, least=2)
    if not isinstance(matrix, pd.DataFrame) or not is_matrix(matrix):
        raise DataError(
            "n= goes with a matrix of correlations or covariances, a data frame whose rows are named as its "
            "columns; with answers leave it out"
        )
    names = tuple(check_names(matrix.columns))
    if len(names) < minimum:
        raise TooFewItems(names, minimum, what)
    cov = matrix.to_numpy(dtype=float)
    sd = np.sqrt(np.diag(cov))
    R = cov / np.outer(sd, sd)
    refuse_singular(R, names)
    return Correlations(R, names, int(n), 0.0)


def refuse_singular(R: Matrix, items: Sequence[str]) -> None:
    """Raise `SingularMatrix`, naming the items of the smallest eigenvalue's vector, if R has no inverse."""
    values, vectors = np.linalg.eigh(R)
    if values[0] < 1e-10:
        weights = np.abs(vectors[:, 0])
        guilty = [item for item, w in zip(items, weights, strict=True) if w > 0.1 * weights.max()]
        raise SingularMatrix(guilty, float(values[0]))
