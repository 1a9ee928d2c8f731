"""Fits of the same answers side by side, and the tests of their differences."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.linalg import LinAlgError

from bouwen.checks import Array, check_choice
from bouwen.errors import BouwenError
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.family.ordinal import OrdinalFamily, corrected_test
from bouwen.sem.fitted import Fitted, check_is_fit
from bouwen.sem.model.derivatives import jacobian, slots
from bouwen.sem.model.identification import NotIdentified
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.start import start_values
from bouwen.sem.normal.discrepancy import LikelihoodPoint, Objective
from bouwen.sem.normal.inference import bread, casewise_scores, outer_product
from bouwen.sem.ordinal.discrepancy import WeightedPoint
from bouwen.sem.solution import NotConverged, Solution, estimate
from bouwen.special import chdtrc

STILL_NESTED = (
    1e-5  # largest misfit per respondent of the free model to moments that the restricted model implies
)


METHODS = ("satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")
SAME = 1e-3  # largest difference between the correlations of the same answers in two models


class NoDifference(BouwenError):
    """Two models whose difference has no test."""


class NoScaledDifference(NoDifference):
    """The scaling factor of a difference is not positive."""

    def __init__(self, factor: float, other: str) -> None:
        self.factor, self.other = factor, other
        super().__init__(
            f"the scaled difference does not exist, because a scaling factor is not positive ({factor:.3f} "
            f'for the difference); try method="{other}"'
        )


class NotNested(NoDifference):
    """The restricted model is no special case of the free one."""


class OtherData(NotNested):
    """Two models of other answers, or by other estimators, which nothing compares."""


def compare_fits(
    *fits: Fitted, names: Sequence[str] | None = None, method: str | None = None
) -> pd.DataFrame:
    """Nested models side by side, each tested against the next freer one.

    Parameters
    ----------
    *fits : Fit
        One or more, in any order, of the same items, respondents and estimator.
    names : sequence of str, optional
        One for each fit, in the order given; "fit 1", "fit 2" … by default.
    method : str, optional
        How differences of scaled chi-squares are scaled, see `difference_test`.

    Returns
    -------
    DataFrame
        One row a fit, by name, the freest first: ``df aic bic chisq chisq_diff df_diff pvalue``, and
        ``scaling_factor`` where the estimator has one. ``chisq`` is the plain one; the test is that of
        `difference_test` with the row above, NaN in the first row, as lavaan's ``anova()`` has it, and with a
        warning where the two are not nested: AIC and BIC compare them all the same. These are NaN where the
        estimator has no likelihood.

    Raises
    ------
    UnsupportedModel
        No fit, something else than a fit, or not one name for each.
    OtherData
        Two neighbours with other answers or estimators, by name.
    """
    called = _names(fits, names)
    order = sorted(range(len(fits)), key=lambda k: fits[k].df)
    rows = []
    for place, k in enumerate(order):
        m = fits[k].measures
        row = {"df": float(fits[k].df)} | {key: float(m.get(key, np.nan)) for key in ("aic", "bic", "chisq")}
        row |= dict.fromkeys(("chisq_diff", "df_diff", "pvalue"), np.nan)
        if place:
            above = order[place - 1]
            pair = f'"{called[above]}" and "{called[k]}"'
            try:
                row |= {
                    str(key): value
                    for key, value in difference_test(fits[above], fits[k], method=method).items()
                }
            except OtherData as error:
                raise OtherData(f"{pair} cannot be compared: {error}") from error
            except NoDifference as error:
                warnings.warn(f"{pair} have no difference test: {error}", stacklevel=2)
        rows.append(row)
    return pd.DataFrame(rows, index=[called[k] for k in order]).astype({"df": int})


def _names(fits: Sequence[Fitted], names: Sequence[str] | None) -> list[str]:
    """A name for each fit."""
    for fit in fits:
        check_is_fit(fit)
    if not fits:
        raise UnsupportedModel("comparing takes at least one fit; found none")
    called = [f"fit {k}" for k in range(1, len(fits) + 1)] if names is None else [str(name) for name in names]
    if len(called) != len(fits):
        raise UnsupportedModel(f"there are {len(fits)} fits and {len(called)} names; give one name for each")
    if twice := [name for name in called if called.count(name) > 1]:
        raise UnsupportedModel(f'names has "{twice[0]}" twice; give each fit a name of its own')
    return called


def difference_test(free: Fitted, restricted: Fitted, *, method: str | None = None) -> pd.Series[float]:
    """Chi-square difference test of two nested models.

    Plain for ML; for MLM and MLR by the method asked for; Satorra & Bentler (2001) for WLSM; Satorra (2000),
    scaled and shifted, for WLSMV and WLSMVS.

    Parameters
    ----------
    free, restricted : Fit
        The same items, respondents and estimator; ``restricted`` has more degrees of freedom.
    method : str, optional
        By lavaan's names: "satorra.bentler.2001" (the default), from the scaling factors of both models,
        whose difference may be negative in small samples; "satorra.bentler.2010", from that of the free model
        at the restricted one's estimates instead; or "satorra.2000", from the restrictions themselves, scaled
        and shifted, for complete answers.

    Returns
    -------
    Series
        chisq_diff df_diff pvalue, and scaling_factor where there is one.

    Raises
    ------
    UnknownOption, UnsupportedModel
        A method that is not known, or that the estimator does not have.
    OtherData
        Where the data or the estimators differ.
    NoScaledDifference
        Where the scaling factor is not positive; another method may have one.
    NotNested
        Where the free model cannot reproduce the moments that the restricted one implies (Bentler &
        Satorra, 2010).
    """
    chosen = _method_of(free, method)
    _check_same_data(free, restricted)
    _check_freer(free, restricted)
    there = _check_nested(free, restricted)
    df = restricted.df - free.df
    chisq = restricted.tests[0].chisq - free.tests[0].chisq
    if not chosen:
        return _result(chisq, df)
    if chosen == "satorra.2000":
        first, second = _difference_traces(free, restricted)
        test = corrected_test("scaled.shifted", chisq, df, first, second)
        return _result(test.chisq, df, test.scaling)
    trace = _trace(restricted) - (
        _trace(free) if chosen == "satorra.bentler.2001" else _trace_at(free, there)
    )
    if not trace > 0 or any(np.isnan(fit.tests[1].chisq) for fit in (free, restricted) if fit.df):
        raise NoScaledDifference(trace / df, METHODS[METHODS.index(chosen) + 1])
    return _result(chisq * df / trace, df, trace / df)


def _method_of(fit: Fitted, method: str | None) -> str:
    """The method of an estimator's difference tests; none for plain ones."""
    estimator = fit.call.estimator
    if estimator.test == "standard":
        own: tuple[str, ...] = ("",)
    elif estimator.discrepancy == "ML":
        own = METHODS if fit.sample.patterns is None else METHODS[:2]
    else:
        own = METHODS[:1] if estimator.test == "satorra.bentler" else METHODS[-1:]
    if method is None:
        return own[0]
    chosen = check_choice("method", method, METHODS)
    if chosen not in own:
        instead = " or ".join(f'method="{name}"' for name in own if name) or "no method: nothing is scaled"
        gaps = "" if fit.sample.patterns is None else " with gaps"
        raise UnsupportedModel(f'difference tests of estimator="{estimator.name}"{gaps} take {instead}')
    return chosen


def _check_same_data(free: Fitted, restricted: Fitted) -> None:
    """Raise `OtherData` for other estimators or other answers."""
    if free.call.estimator != restricted.call.estimator:
        names = f'"{free.call.estimator.name}" and "{restricted.call.estimator.name}"'
        raise OtherData(f"the models were estimated by {names}; use one estimator for both")
    one, other = free.sample, restricted.sample
    if set(one.names) != set(other.names) or one.groups != other.groups:
        raise OtherData("the models have different items or groups")
    if one.counts != other.counts:
        raise OtherData(f"the models were fitted to {free.n} and {restricted.n} respondents")
    if bool(one.size) != bool(other.size):
        raise OtherData("only one of the models has sampling weights; give sampling_weights= to both")
    if not _same_answers(free, restricted):
        raise OtherData("the models were fitted to different answers of as many respondents")


def _check_freer(free: Fitted, restricted: Fitted) -> None:
    """Raise `NotNested` for no more degrees of freedom."""
    if restricted.df <= free.df:
        raise NotNested(
            f"both have {free.df} degrees of freedom, so neither is a special case of the other"
            if restricted.df == free.df
            else f"the restricted model has {restricted.df} degrees of freedom and the free one {free.df}; "
            "give the model with more parameters first"
        )


def _same_answers(free: Fitted, restricted: Fitted) -> bool:
    """Whether two samples of the same items have the same covariances, as far as rounding of EM can tell."""
    one, other = free.sample, restricted.sample
    order = [other.names.index(name) for name in one.names]
    sd = np.sqrt(np.diagonal(one.cov, axis1=-2, axis2=-1))
    difference = (one.cov - other.cov[:, order][:, :, order]) / (sd[:, :, None] * sd[:, None])
    return bool(np.abs(difference).max() < SAME)


def _trace(fit: Fitted) -> float:
    return fit.tests[1].trace if fit.df > 0 else 0.0


def _trace_at(fit: Fitted, solution: Solution) -> float:
    """Tr(UΓ) of a model at other parameters than its estimates."""
    if not fit.df:
        return 0.0
    point = fit.family.objective.at(solution.theta)
    curvature, meat = fit.family.curvature(point), fit.family.meat(point)
    return fit.family.tests(point, fit.df, fit.solution.basis, curvature, meat)[1].trace


def _result(chisq: float, df: int, scaling: float | None = None) -> pd.Series[float]:
    values = {"chisq_diff": chisq, "df_diff": float(df), "pvalue": float(chdtrc(df, max(chisq, 0.0)))}
    if scaling is not None:
        values["scaling_factor"] = scaling
    return pd.Series(values)


def _check_nested(free: Fitted, restricted: Fitted) -> Solution:
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
        objective = NormalTheory(free.partable, free.structure, sample, free.call.estimator).objective
    for fresh in (False, True) if isinstance(family, NormalTheory) else (False,):
        try:
            start = start_values(free.partable, free.structure, mean, cov) if fresh else free.theta
            found = estimate(objective, free.partable, start)
        except (NotConverged, NotIdentified, LinAlgError):
            continue
        if float(found.point.value) <= STILL_NESTED:
            return found
    raise NotNested(
        "the models are not nested: the free model cannot reproduce what the restricted model implies. "
        "Compare them by AIC or BIC instead"
    )


def _difference_traces(free: Fitted, restricted: Fitted) -> tuple[float, float]:
    """Tr and tr of the square of U_d Γ for the difference of two fits.

    U_d = WΔ₁ [P⁻¹ − H(HᵀPH)⁻¹Hᵀ] Δ₁ᵀW with P = Δ₁ᵀWΔ₁ and H the directions of the free model that the
    restricted one keeps, found from the two Jacobians (Satorra, 2000, with the restrictions taken from Δ).
    """
    family = free.family
    if isinstance(family, NormalTheory):
        return _continuous_traces(free, restricted)
    assert isinstance(family, OrdinalFamily)
    assert isinstance(free.point, WeightedPoint)
    assert isinstance(restricted.point, WeightedPoint)
    k = family.objective.layout.size
    D1 = free.point.jacobian.reshape(-1, free.partable.n_free)
    D0 = restricted.point.jacobian.reshape(-1, restricted.partable.n_free)
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


def _continuous_traces(free: Fitted, restricted: Fitted) -> tuple[float, float]:
    """The same for maximum likelihood, where Δ₁ᵀWΓWΔ₁ is the outer product of the scores."""
    point = free.point
    assert isinstance(point, LikelihoodPoint)
    D1, D0 = _moment_slopes(free, free.sample.names), _moment_slopes(restricted, free.sample.names)
    about_sample = free.sample.patterns is None
    scores = casewise_scores(point, free.sample, about_sample=about_sample)
    P, middle = free.family.curvature(point), outer_product(scores, free.sample)
    if (basis := free.solution.basis) is not None:
        P, middle = basis.T @ P @ basis, basis.T @ middle @ basis
    H = np.linalg.lstsq(D1, D0, rcond=None)[0]
    product = (bread(P, None) - bread(P, H)) @ middle
    return float(np.trace(product)), float(np.sum(product * product.T))


def _moment_slopes(fit: Fitted, names: Sequence[str]) -> Array:
    """Change of all moments of all groups, items in a given order, with each free direction of a model."""
    rows, cols = np.tril_indices(len(names))
    place = np.array([fit.sample.names.index(name) for name in names])
    dcov, dmean = jacobian(slots(fit.structure), fit.point.implied, place[rows], place[cols])
    moments = [dcov, dmean[:, place]] if fit.structure.meanstructure else [dcov]
    slopes = np.concatenate(moments, axis=1).reshape(-1, fit.partable.n_free)
    return slopes if fit.solution.basis is None else slopes @ fit.solution.basis
