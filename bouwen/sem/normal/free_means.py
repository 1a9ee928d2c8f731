"""Means that a model leaves free need no search: at the minimum they are those of the sample.

So it is for complete data where every observed variable has an intercept of its own in every group, tied
to nothing, and all other intercepts are fixed: the likelihood is then that of the covariances alone (Bollen,
1989, ch. 4 and 8), and the intercepts follow from the other parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.model.derivatives import slots
from bouwen.sem.model.implied import INTERCEPT, implied_moments
from bouwen.sem.normal.discrepancy import Likelihood


@dataclass(frozen=True, eq=False)
class WithoutMeans:
    """A likelihood of covariances alone, and how the intercepts follow.

    Attributes
    ----------
    objective : Likelihood
        The same function of the other parameters at the best intercepts.
    basis : array (q, k)
        The directions that are left to the other parameters.
    """

    objective: Likelihood
    basis: Array
    _whole: Likelihood
    _intercepts: Ints

    @classmethod
    def of(cls, objective: object, basis: Array) -> WithoutMeans | None:
        """Leave the means out of a likelihood (or a stack) whose parameters move along a basis (q, k).

        None where the model says something about the means, or answers are missing.
        """
        if not isinstance(objective, Likelihood) or not objective.simple:
            return None
        own = _free_intercepts(objective, basis)
        if own is None:
            return None
        st = objective.structure
        rest = st.kind != INTERCEPT
        structure = replace(
            st, meanstructure=False, kind=st.kind[rest], i=st.i[rest], j=st.j[rest], free=st.free[:, rest],
            fixed=st.fixed[:, rest], loading=st.loading[rest],
        )  # fmt: skip
        alone = replace(
            objective, structure=structure, slots=slots(structure), fixed=objective.fixed[..., rest]
        )
        _, _, Vt = np.linalg.svd(basis[own.ravel()])  # the other rows leave the intercepts where they are
        return cls(alone, basis @ Vt[own.size :].T, objective, own)

    def with_intercepts(self, theta: Array) -> Array:
        """Parameters (..., q) with the intercepts at which implied means are those of the sample."""
        o = self._whole
        p, theta = o.structure.p, theta.copy()
        theta[..., self._intercepts] = 0.0
        implied = implied_moments(o.structure, theta, o.fixed)
        theta[..., self._intercepts] = np.linalg.solve(
            implied.E[..., :p, :p], (o.mean - implied.mean)[..., None]
        )[..., 0]
        return theta


def _free_intercepts(objective: Likelihood, basis: Array) -> Ints | None:
    """(G, p) places in the parameter vector, or None where they are not all free or others are too."""
    st = objective.structure
    rows, i, _ = st.intercepts
    free = np.flatnonzero((st.free[:, rows] >= 0).any(axis=0))
    if not st.meanstructure or not np.array_equal(np.sort(i[free]), np.arange(st.p)):
        return None
    own = st.free[:, rows[free[np.argsort(i[free])]]]
    times = np.bincount(st.free[st.free >= 0], minlength=st.q)
    if (own < 0).any() or (times[own] > 1).any():
        return None
    alone = basis[own.ravel()]
    return own if np.allclose(alone @ alone.T, np.eye(own.size), atol=1e-9) else None
