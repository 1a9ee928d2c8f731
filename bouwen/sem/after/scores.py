"""A fit and its respondents to factor scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_choice
from bouwen.sem.after.ordinal_scores import joined, scores_of_ordered
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.implied import DIRECTED, SYMMETRIC, total_effects
from bouwen.sem.model.options import NoRows, UnsupportedModel

SCORE_METHODS = ("regression", "bartlett")


def factor_scores(fit: Fitted, method: str = "regression") -> pd.DataFrame:
    """Factor scores of the respondents used, by their row in the data.

    Parameters
    ----------
    fit : Fit
    method : "regression" or "bartlett"
        Regression scores E(η | y) shrink towards the group's mean (Thomson, 1934; Thurstone, 1935);
        Bartlett's (1937) are unbiased given the factors. Respondents with gaps
        are scored on what they answered. For ordered items the regression score is the likeliest
        value of the factors given the answers (lavaan's "EBM"), see `bouwen.sem.after.ordinal_scores`.

    Returns
    -------
    DataFrame
        One row for each respondent, one column for each factor, and ``group`` where there are several.
    """
    method = check_choice("method", method, SCORE_METHODS)
    if not fit.sample.rows:
        raise NoRows("factor scores need")
    if isinstance(fit.family, OrdinalFamily):
        if method != "regression":
            raise UnsupportedModel(
                "Bartlett scores of ordered items are infinite for who always chose the first or the last "
                'answer; use method="regression"'
            )
        return scores_of_ordered(fit)
    st = fit.structure
    frames = []
    for g, rows in enumerate(fit.sample.rows):
        answered = ~np.isnan(rows)
        scores = np.full((len(rows), len(st.latent)), np.nan)
        kinds, which = np.unique(answered, axis=0, return_inverse=True)
        centre = fit.implied.mean[g] if st.meanstructure else fit.sample.mean[g]
        for k, kind in enumerate(kinds):
            own = np.flatnonzero(which.ravel() == k)
            items = np.flatnonzero(kind)
            weights = _weights(fit, g, items, method)
            scores[own] = fit.implied.eta[g, st.p :] + (rows[np.ix_(own, items)] - centre[items]) @ weights.T
        frames.append(pd.DataFrame(scores, columns=list(st.latent), index=fit.sample.index[g]))
    return joined(fit, frames)


def _weights(fit: Fitted, g: int, items: Array, method: str) -> Array:
    """Score weights (factors, items)."""
    st, p = fit.structure, fit.structure.p
    C = fit.implied.C[g]
    if method == "regression":
        return np.asarray(np.linalg.solve(C[np.ix_(items, items)], C[p:][:, items].T).T)
    A, S = np.zeros((st.m, st.m)), np.zeros((st.m, st.m))
    values = fit.implied.values[g]
    rows = np.flatnonzero(st.kind == DIRECTED)
    A[st.i[rows], st.j[rows]] = values[rows]
    rows = np.flatnonzero(st.kind == SYMMETRIC)
    S[st.i[rows], st.j[rows]] = S[st.j[rows], st.i[rows]] = values[rows]
    inverse = total_effects(A[:p, :p])
    Lambda = (inverse @ A[:p, p:])[items]
    Theta = (inverse @ S[:p, :p] @ inverse.T)[np.ix_(items, items)]
    M = np.full((len(C) - p, len(items)), np.nan)
    told = Lambda.any(axis=0)  # factors of which some item was answered
    if len(items) == p and not told.all():
        raise UnsupportedModel('Bartlett scores need items for every factor; use method="regression"')
    Lambda = Lambda[:, told]
    try:
        half = np.linalg.solve(Theta, Lambda)
        M[told] = np.linalg.solve(Lambda.T @ half, half.T)
    except np.linalg.LinAlgError as singular:
        raise UnsupportedModel(
            "Bartlett scores need factors with items of their own and items with residual variance; "
            'use method="regression"'
        ) from singular
    return M
