"""A fit -> the standardised effect of a predictor that may be a factor, several facets, or a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array
from bouwen.sem import DIRECTED, SCALE, SYMMETRIC, Fit, numeric_jacobian
from bouwen.special import ndtr


@dataclass(frozen=True)
class Effect:
    """A standardised effect with its standard error."""

    estimate: float
    se: float

    @property
    def pvalue(self) -> float:
        """Two-sided p of z = estimate / se."""
        return float(2 * ndtr(-abs(self.estimate) / self.se)) if self.se > 0 else float("nan")


def standardised_effect(fit: Fit, predictors: Sequence[str], outcome: str) -> Effect:
    """The effect of one standard deviation more of a predictor, other predictors of the outcome equal.

    With one name in ``predictors`` this is the standardised path ``std_all``. Several are facets: they count
    equally, c = Σ ηₖ / sd(ηₖ), and the effect is that of c in the regression of the outcome on c and the
    outcome's other predictors Z,

        β = sd(c) / sd(y) · [Cov((c, Z))⁻¹ Cov((c, Z), y)]₁,

    with all covariances those implied by the model. So it has the meaning of the path from a mean score,
    without its measurement error, and can be compared with the path from a single factor.

    Parameters
    ----------
    fit : Fit
        Of one group.
    predictors : sequence of str
        Factors or observed variables that predict the outcome.
    outcome : str

    Returns
    -------
    Effect
        The standard error is that of the delta method with the fit's own covariance of estimates.
    """
    st = fit.structure
    place = {name: k for k, name in enumerate([*st.observed, *st.latent])}
    directed = np.flatnonzero((st.kind == DIRECTED) & ~st.loading & (st.i == place[outcome]))
    parts = np.array([place[name] for name in predictors])
    others = np.array([j for j in st.j[directed] if j not in parts], dtype=np.int64)
    moving = np.unique(st.free[0][np.isin(st.kind, (DIRECTED, SYMMETRIC, SCALE))])
    moving = moving[moving >= 0]  # thresholds and intercepts move no covariance

    def function(theta: Array) -> Array:
        full = np.broadcast_to(fit.theta, (*theta.shape[:-1], len(fit.theta))).copy()
        full[..., moving] = theta
        C = fit.family.reported(fit.family.objective.at(full)).C[..., 0, :, :]
        return composite_slope(C, parts, others, place[outcome])[..., None]

    vcov = fit.theta_cov[np.ix_(moving, moving)]
    theta = fit.theta[moving]
    J = numeric_jacobian(function, theta, np.sqrt(np.maximum(np.diag(vcov), 0.0)))[0]
    return Effect(float(function(theta)[0]), float(np.sqrt(max(J @ vcov @ J, 0.0))))


def composite_slope(C: Array, parts: Array, others: Array, outcome: int) -> Array:
    """β of `standardised_effect` from covariances (..., m, m) of all variables."""
    sd = np.sqrt(np.diagonal(C, axis1=-2, axis2=-1))
    weights = np.zeros((*C.shape[:-2], 1 + len(others), C.shape[-1]))
    weights[..., 0, parts] = 1 / sd[..., parts]
    weights[..., 1 + np.arange(len(others)), others] = 1.0
    within = weights @ C @ np.swapaxes(weights, -1, -2)
    slopes = np.linalg.solve(within, (weights @ C[..., outcome, None]))[..., 0, 0]
    return np.asarray(slopes * np.sqrt(within[..., 0, 0]) / sd[..., outcome])
