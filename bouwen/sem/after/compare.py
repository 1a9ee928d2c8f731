"""Two nested fits to a test of their difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.linalg import LinAlgError
from scipy.special import chdtrc

from bouwen.errors import BouwenError
from bouwen.sem.estimate import NotConverged, NotIdentified, estimate
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.family.ordinal import OrdinalFamily, corrected_test
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.start import start_values
from bouwen.sem.normal.discrepancy import Objective
from bouwen.sem.normal.inference import bread
from bouwen.sem.ordinal.discrepancy import WeightedPoint

NESTED = 1e-5  # largest misfit per respondent of the free model to moments that the restricted model implies


class NotNested(BouwenError):
    """The restricted model is no special case of the free one."""


def compare_fits(free: Fitted, restricted: Fitted) -> pd.Series[float]:
    """Chi-square difference test of two nested models.

    Plain for ML; Satorra & Bentler (2001) for MLM, MLR and WLSM; Satorra (2000), scaled and shifted, for
    WLSMV and WLSMVS.

    Parameters
    ----------
    free, restricted : Fit
        The same items, respondents and estimator; ``restricted`` has more degrees of freedom.

    Returns
    -------
    Series
        chisq_diff df_diff pvalue, and scaling_factor where there is one.

    Raises
    ------
    NotNested
        Where the data differ, or the free model cannot reproduce the moments that the restricted one
        implies (Bentler & Satorra, 2010).
    """
    df = restricted.df - free.df
    if free.call.estimator != restricted.call.estimator:
        names = f'"{free.call.estimator.name}" and "{restricted.call.estimator.name}"'
        raise NotNested(f"the models were estimated by {names}; use one estimator for both")
    if (
        set(free.sample.names) != set(restricted.sample.names)
        or free.sample.groups != restricted.sample.groups
    ):
        raise NotNested("the models have different items or groups")
    if not np.array_equal(free.sample.n, restricted.sample.n):
        raise NotNested(f"the models were fitted to {free.n} and {restricted.n} respondents")
    if df <= 0:
        raise NotNested(
            f"the restricted model has {restricted.df} degrees of freedom and the free one {free.df}; "
            "give the model with more parameters first"
        )
    _check_nested(free, restricted)
    chisq = restricted.tests[0].chisq - free.tests[0].chisq
    if free.call.estimator.test == "standard":
        return _result(chisq, df)
    if isinstance(free.family, OrdinalFamily) and free.call.estimator.test != "satorra.bentler":
        first, second = _difference_traces(free, restricted)
        test = corrected_test("scaled.shifted", chisq, df, first, second)
        return _result(test.chisq, df, test.scaling)
    trace = _trace(restricted) - _trace(free)
    if trace <= 0:
        raise NotNested(
            f"the scaling factor of the difference is not positive ({trace / df:.3f}), so the scaled test "
            "does not exist for these models (Satorra & Bentler, 2010); compare them by ML"
        )
    return _result(chisq * df / trace, df, trace / df)


def _trace(fit: Fitted) -> float:
    return fit.tests[1].trace if fit.df > 0 else 0.0


def _result(chisq: float, df: int, scaling: float | None = None) -> pd.Series[float]:
    values = {"chisq_diff": chisq, "df_diff": float(df), "pvalue": float(chdtrc(df, max(chisq, 0.0)))}
    if scaling is not None:
        values["scaling_factor"] = scaling
    return pd.Series(values)


def _check_nested(free: Fitted, restricted: Fitted) -> None:
    """Fit the free model to what the restricted model implies; it should reproduce it."""
    family = free.family
    order = [restricted.sample.names.index(name) for name in free.sample.names]
    implied = restricted.point.implied
    mean, cov = implied.mean[:, order], implied.cov[:, order][:, :, order]
    objective: Objective
    if isinstance(family, OrdinalFamily):
        assert isinstance(restricted.point, WeightedPoint)
        objective = replace(family.objective, statistics=restricted.point.model)
    else:
        if not restricted.structure.meanstructure:
            mean = free.sample.mean
        sample = replace(free.sample, mean=mean, cov=cov, patterns=None)
        objective = NormalTheory(free.table, free.structure, sample, free.call.estimator).objective
    start = free.theta
    try:
        misfit = float(estimate(objective, free.table, start).point.value)
    except (NotConverged, NotIdentified, LinAlgError):
        misfit = np.inf
    if misfit > NESTED and isinstance(family, NormalTheory):
        try:
            fresh = start_values(free.table, free.structure, mean, cov)
            misfit = min(misfit, float(estimate(objective, free.table, fresh).point.value))
        except (NotConverged, NotIdentified, LinAlgError):
            misfit = min(misfit, np.inf)
    if misfit > NESTED:
        raise NotNested(
            "the models are not nested: the free model cannot reproduce what the restricted model implies. "
            "Compare them by AIC or BIC instead"
        )


def _difference_traces(free: Fitted, restricted: Fitted) -> tuple[float, float]:
    """Tr and tr of the square of U_d Γ for the difference of two DWLS fits.

    U_d = WΔ₁ [P⁻¹ − H(HᵀPH)⁻¹Hᵀ] Δ₁ᵀW with P = Δ₁ᵀWΔ₁ and H the directions of the free model that the
    restricted one keeps, found from the two Jacobians (Satorra, 2000, with the restrictions taken from Δ).
    """
    family = free.family
    assert isinstance(family, OrdinalFamily)
    assert isinstance(free.point, WeightedPoint)
    assert isinstance(restricted.point, WeightedPoint)
    k = family.objective.layout.size
    D1 = free.point.jacobian.reshape(-1, free.table.n_free)
    D0 = restricted.point.jacobian.reshape(-1, restricted.table.n_free)
    if free.solution.basis is not None:
        D1 = D1 @ free.solution.basis
    if restricted.solution.basis is not None:
        D0 = D0 @ restricted.solution.basis
    H = np.linalg.lstsq(D1, D0, rcond=None)[0]
    w = np.concatenate([s * weight for s, weight in zip(family.share, family.objective.weight, strict=True)])
    WD = w[:, None] * D1
    P = D1.T @ WD
    M = bread(P, None) - bread(P, H)
    middle = np.zeros_like(P)
    for g, gamma in enumerate(family.gammas):
        part = WD[g * k : (g + 1) * k]
        middle += part.T @ gamma @ part / family.share[g]
    product = M @ middle
    return float(np.trace(product)), float(np.sum(product * product.T))
