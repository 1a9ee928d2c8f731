"""Parameters to what is impossible about them: negative variances, indefinite covariance matrices.

Works on stacks. An improper solution is a finding; nothing here changes it.
"""

from __future__ import annotations

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.implied import SYMMETRIC, Implied, Structure

BELOW_ZERO = 1e-8  # how far below zero a smallest eigenvalue counts as zero


def is_improper(structure: Structure, implied: Implied) -> Array:
    """Whether each of a stack of solutions has a negative variance or an indefinite covariance matrix.

    Parameters
    ----------
    structure : Structure
    implied : Implied
        Its ``values`` (..., G, R) are what counts, covariates at their sample moments.

    Returns
    -------
    array (...) of bool
    """
    values = implied.values
    negative = negative_variances(structure, values).any(axis=(-2, -1))
    return np.asarray(negative | indefinite_blocks(structure, values).any(axis=(-2, -1)))


def negative_variances(structure: Structure, values: Array) -> Array:
    """Whether each row of the table (..., G, R) is a variance below zero."""
    variance = (structure.kind == SYMMETRIC) & (structure.i == structure.j)
    return np.asarray((values < 0) & variance)


def indefinite_blocks(structure: Structure, values: Array) -> Array:
    """Whether the covariances (..., G, 2) of the latent variables, and of the residuals, are indefinite.

    A block with a negative variance is not counted: that is said already.
    """
    st = structure
    out = np.zeros((*values.shape[:-1], 2), dtype=bool)
    rows = np.flatnonzero(st.kind == SYMMETRIC)
    i, j = st.i[rows], st.j[rows]
    for block, (first, last) in enumerate(((st.p, st.m), (0, st.p))):
        own = (i >= first) & (i < last) & (j >= first) & (j < last)
        linked = np.unique(np.concatenate([i[own & (i != j)], j[own & (i != j)]]))
        if not len(linked):  # diagonal
            continue
        place = {int(variable): k for k, variable in enumerate(linked)}
        own &= np.isin(i, linked) & np.isin(j, linked)
        a, b = ([place[int(v)] for v in x[own]] for x in (i, j))
        S = np.zeros((*values.shape[:-1], len(linked), len(linked)))
        S[..., a, b] = S[..., b, a] = values[..., rows[own]]
        possible = np.asarray(np.isfinite(S).all(axis=(-2, -1)))
        lowest = np.linalg.eigvalsh(np.where(possible[..., None, None], S, 0.0))[..., 0]
        variances = np.zeros((*values.shape[:-1], st.m))
        variances[..., i[i == j]] = values[..., rows[i == j]]
        out[..., block] = (lowest < -BELOW_ZERO) & (variances[..., first:last] >= 0).all(axis=-1)
    return out
