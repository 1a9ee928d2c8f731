"""A fitted measurement model -> how much of a sum of items its factor explains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bouwen.checks import DataError, Matrix, OptionError, Vector, check_confidence
from bouwen.scales.group_models import GroupModel, models_of
from bouwen.scales.polychorics import polychoric
from bouwen.sem import Fit, check_draws_of, percentile_interval


class NotOneScale(DataError):
    """A factor has ordered and continuous items, so their sum has no common metric."""

    def __init__(self, factor: str, ordered: tuple[str, ...]) -> None:
        self.factor, self.ordered = factor, ordered
        super().__init__(f'"{factor}" mixes ordered items ({", ".join(ordered)}) with continuous ones.')


def omega(
    fit: Fit,
    items: pd.DataFrame | Mapping[object, pd.DataFrame] | None = None,
    *,
    draws: ArrayLike | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Reliability of the sum of each factor's items, from a fitted confirmatory factor analysis.

    For continuous items, with loadings λ and the factor's variance ψ,

    - ``omega``: (Σλ)²ψ over the model's variance of the sum. Composite reliability; for the general factor
      of a bifactor or higher-order model it is omega hierarchical.
    - ``omega_total``: the part of that variance which any factor explains.
    - ``omega_observed``: (Σλ)²ψ over the variance that the sum has in the sample, rather than in the model:
      McDonald's coefficient, which counts misfit as error, and semTools' default (``obs.var=TRUE``). Both
      agree where the model fits. NaN where the sample is not known.

    For ordered items the same of the sum of the answers themselves, not of latent responses: the variances
    follow from thresholds and bivariate normal probabilities (Green & Yang, eq. 21).

    Parameters
    ----------
    fit : Fit
        A fitted model.
    items : DataFrame, or mapping of group to DataFrame, optional
        The answers, for ``omega_observed`` where the fit does not carry them.
    draws : `bouwen.Bootstrap`, or array (draws, rows of ``fit.parameters``), optional
        Estimates of all parameters in bootstrap samples, NaN where the model did not converge, for a
        percentile interval of ``omega``.
    confidence : float
        Level of the interval.

    Returns
    -------
    DataFrame
        One row per group and factor: ``group factor n_items omega ci_lower ci_upper omega_total
        omega_observed ave metric``; the interval only with draws.

    Raises
    ------
    NoFactors, OtherModel

    References
    ----------
    McDonald (1999); Bollen (1980), American Sociological Review 45; Raykov (2001), British Journal of
    Mathematical and Statistical Psychology 54; Green & Yang (2009), Psychometrika 74; Zinbarg, Revelle,
    Yovel & Li (2005), Psychometrika 70.
    """
    check_confidence(confidence)
    if draws is not None:
        check_draws_of(fit, draws)
    if items is not None and not isinstance(items, (pd.DataFrame, Mapping)):
        raise OptionError("items= takes the answers, a column an item, or a mapping of group to answers")
    drawn = list(models_of(fit, _converged_draws(draws))) if draws is not None else []
    rows = []
    for g, model in enumerate(models_of(fit)):
        for factor in model.factors:
            names = model.items_of(factor)
            ordered = model_is_ordered(model, names, factor)
            shares = ordinal_shares if ordered else continuous_shares
            own, total = shares(model, factor)
            row = {"group": model.group, "factor": factor, "n_items": len(names), "omega": float(own)}
            if draws is not None:
                bounds = percentile_interval(shares(drawn[g], factor)[0], confidence)
                row |= dict(zip(("ci_lower", "ci_upper"), map(float, bounds), strict=True))
            sample = _answer_cov(fit, items, model, names, ordinal=ordered)
            rows.append(
                row
                | {
                    "omega_total": float(total),
                    "omega_observed": np.nan if sample is None else _over(sample, model, factor),
                    "ave": factor_ave(model, factor),
                    "metric": "ordinal" if ordered else "continuous",
                }
            )
    return pd.DataFrame(rows)


def _converged_draws(draws: ArrayLike) -> Matrix:
    drawn = np.asarray(draws, dtype=float)
    return np.asarray(drawn[~np.isnan(drawn).any(axis=1)])


def _over(sample: Matrix, model: GroupModel, factor: str) -> float:
    """Variance that the factor gives the sum of its items, over that of the sample."""
    ordinal = model.items_of(factor)[0] in model.thresholds
    own = _ordinal_parts(model, factor)[0] if ordinal else _own(model, factor)
    return float(own / sample.sum())


def _own(model: GroupModel, factor: str) -> Vector:
    """(Σλ)²ψ."""
    return np.asarray(model.loadings(factor).sum(axis=-1) ** 2 * model.variance(factor), dtype=float)


def continuous_shares(model: GroupModel, factor: str) -> tuple[Vector, Vector]:
    """``omega`` and ``omega_total`` of one factor of continuous items."""
    variance, error = _continuous_parts(model, model.items_of(factor))
    return _own(model, factor) / variance, 1 - error / variance


def _continuous_parts(model: GroupModel, names: tuple[str, ...]) -> tuple[Vector, Vector]:
    """Variance of the sum of items, and the part that no factor explains."""
    rows, columns = np.ix_(places := model.places(names), places)
    variance = model.cov[..., rows, columns].sum(axis=(-2, -1))
    return variance, model.residual[..., rows, columns].sum(axis=(-2, -1))


def omega_of_all(fit: Fit) -> pd.Series:
    """Omega total of the sum of all items that any factor measures.

    The share of the sum's variance that the factors explain together, 1 − 1ᵀΘ1 / 1ᵀΣ1; for ordered items that
    of the sum of answers (see `omega`).

    Returns
    -------
    Series
        By group.

    References
    ----------
    McDonald (1999), ch. 6; Green & Yang (2009), Psychometrika 74.
    """
    found = {}
    for model in models_of(fit):
        reached = (model.items_of(factor) for factor in model.factors)
        names = tuple(dict.fromkeys(name for names in reached for name in names))
        if model_is_ordered(model, names, "all factors together"):
            limits, sd = _standardised_limits(model, names)
            common, implied = _latent_correlations(model, names, sd)
            found[model.group] = float(
                answer_covariances(limits, common).sum() / answer_covariances(limits, implied).sum()
            )
        else:
            variance, error = _continuous_parts(model, names)
            found[model.group] = float(1 - error / variance)
    return pd.Series(found, name="omega_total", dtype=float)


def model_is_ordered(model: GroupModel, names: tuple[str, ...], factor: str) -> bool:
    """Whether a factor's items are ordered; `NotOneScale` where only some are."""
    ordered = tuple(name for name in names if name in model.thresholds)
    if ordered and len(ordered) < len(names):
        raise NotOneScale(factor, ordered)
    return bool(ordered)


def ordinal_shares(model: GroupModel, factor: str) -> tuple[Vector, Vector]:
    """``omega`` and ``omega_total`` of one factor of ordered items."""
    own, total, variance = _ordinal_parts(model, factor)
    return own / variance, total / variance


def _ordinal_parts(model: GroupModel, factor: str) -> tuple[Vector, Vector, Vector]:
    """Variances of the sum of answers: due to the factor, to all factors, and in all."""
    names = model.items_of(factor)
    limits, sd = _standardised_limits(model, names)
    loadings = model.loadings(factor) * np.sqrt(model.variance(factor))[..., None] / sd
    matrices = (loadings[..., :, None] * loadings[..., None, :], *_latent_correlations(model, names, sd))
    own, total, variance = (answer_covariances(limits, R).sum(axis=(-2, -1)) for R in matrices)
    return own, total, variance


def _standardised_limits(model: GroupModel, names: tuple[str, ...]) -> tuple[list[Vector], Vector]:
    """Thresholds of items as normal quantiles, and the standard deviations of their latent responses."""
    places = model.places(names)
    sd = np.sqrt(np.diagonal(model.cov, axis1=-2, axis2=-1)[..., places])
    limits = [
        (model.thresholds[name] - model.mean[..., [k]]) / sd[..., [i]]
        for i, (name, k) in enumerate(zip(names, places, strict=True))
    ]
    return limits, sd


def _latent_correlations(model: GroupModel, names: tuple[str, ...], sd: Vector) -> tuple[Matrix, Matrix]:
    """Correlations of latent responses: what the factors make of them, and all of it."""
    rows, columns = np.ix_(places := model.places(names), places)
    scale = sd[..., :, None] * sd[..., None, :]
    common = (model.cov - model.residual)[..., rows, columns] / scale
    implied = model.cov[..., rows, columns] / scale
    implied[..., range(len(names)), range(len(names))] = 1.0
    return common, implied


def answer_covariances(limits: list[Vector], R: Matrix) -> Matrix:
    """Covariances of ordered answers 0, 1, … whose latent responses correlate R.

    σᵢⱼ = Σ_c Σ_d Φ₂(τᵢ_c, τⱼ_d; rᵢⱼ) − Σ_c Φ(τᵢ_c) Σ_d Φ(τⱼ_d)

    Parameters
    ----------
    limits : list of arrays (..., number)
        Standardised thresholds of each item.
    R : array (..., p, p)
        Correlations; a diagonal of one gives the items' variances, a communality there the covariance
        of two parallel copies of the item. Beyond ±1, as in an improper solution, the result is NaN.

    References
    ----------
    Green & Yang (2009), Psychometrika 74, eq. 21.
    """
    from scipy.special import ndtr

    from bouwen.sem import bivariate_normal_cdf

    p, possible = len(limits), np.abs(R) <= 1 + 1e-12
    R = np.where(possible, np.clip(R, -1, 1), 0.0)
    below = [ndtr(limit).sum(axis=-1) for limit in limits]
    out = np.empty(R.shape)
    for i in range(p):
        for j in range(i + 1):
            both = bivariate_normal_cdf(
                limits[i][..., :, None], limits[j][..., None, :], R[..., i, j, None, None]
            )
            out[..., i, j] = out[..., j, i] = both.sum(axis=(-2, -1)) - below[i] * below[j]
    return np.where(possible, out, np.nan)


def ave(fit: Fit, *, standardised: bool = False) -> pd.Series:
    """Average variance extracted, Σλ²ψ / Σσ² over a factor's items.

    Parameters
    ----------
    fit : Fit
    standardised : bool
        Give every item the same weight, as Fornell and Larcker did, rather than its variance, as semTools
        does. Ordered items differ in the variance of their latent responses only where thresholds are equal
        over groups.

    Returns
    -------
    Series
        By factor, or by group and factor where there are several groups; NaN for a factor whose items also
        load on another.

    References
    ----------
    Fornell & Larcker (1981), Journal of Marketing Research 18.
    """
    models = list(models_of(fit))
    figures = {
        (model.group, factor): factor_ave(model, factor, standardised=standardised)
        for model in models
        for factor in model.factors
    }
    if len(models) == 1:
        return pd.Series({factor: figure for (_, factor), figure in figures.items()}, name="ave")
    index = pd.MultiIndex.from_tuples(list(figures), names=["group", "factor"])
    return pd.Series(list(figures.values()), index=index, name="ave")


def factor_ave(model: GroupModel, factor: str, *, standardised: bool = False) -> float:
    """Average variance extracted of one factor, see `ave`."""
    names = model.items_of(factor)
    if model.is_higher(factor) or any(_shared(model, factor, name) for name in names):
        return np.nan
    total = np.diag(model.cov)[model.places(names)]
    explained = model.loadings(factor) ** 2 * model.variance(factor)
    if standardised:
        return float(np.mean(explained / total))
    return float(explained.sum() / total.sum())


def _shared(model: GroupModel, factor: str, item: str) -> bool:
    """Whether a factor that is not above this one loads on an item too."""
    return any(
        model.reaches(other, item) and not model.reaches(other, factor)
        for other in model.factors
        if other != factor
    )


def factor_correlations(fit: Fit) -> dict[object, pd.DataFrame]:
    """Implied correlations of the factors of each group."""
    out = {}
    for model in models_of(fit):
        places = model.places(model.factors)
        cov = model.cov[np.ix_(places, places)]
        sd = np.sqrt(np.diag(cov))
        out[model.group] = pd.DataFrame(cov / np.outer(sd, sd), model.factors, model.factors)
    return out


def _answer_cov(
    fit: Fit,
    items: pd.DataFrame | Mapping[object, pd.DataFrame] | None,
    model: GroupModel,
    names: tuple[str, ...],
    *,
    ordinal: bool,
) -> Matrix | None:
    """Covariances of the answers in the model's group, over n, if known.

    Those of ordered answers follow from their polychoric correlations and thresholds.
    """
    frame = items[model.group] if isinstance(items, Mapping) else items
    g = list(fit.sample.group_values).index(model.group)
    if ordinal:
        if frame is None and not len(fit.sample.rows):
            return None
        if frame is None:
            frame = pd.DataFrame(fit.sample.rows[g], columns=list(fit.sample.names))
        found = polychoric(frame[list(names)])
        return answer_covariances([found.thresholds[name] for name in names], found.R.to_numpy())
    if frame is not None:
        return frame[list(names)].dropna().cov(ddof=0).to_numpy()
    if fit.sample.patterns is not None and not fit.sample.patterns.observed.all():
        return None
    places = [list(fit.sample.names).index(name) for name in names]
    return np.asarray(fit.sample.cov[g][np.ix_(places, places)], dtype=float)
