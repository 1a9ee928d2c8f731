"""A fitted measurement model -> how much of a sum of items its factor explains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bouwen.scales.answers import Matrix, ScaleError, Vector
from bouwen.scales.bivariate import bivariate_normal_cdf
from bouwen.scales.implied import Fitted, ImpliedModel, implied_models
from bouwen.scales.polychoric import polychoric


class NotOneScale(ScaleError):
    """A factor has ordered and continuous items, so their sum has no common metric."""

    def __init__(self, factor: str, ordered: tuple[str, ...]) -> None:
        self.factor, self.ordered = factor, ordered
        super().__init__(f'"{factor}" mixes ordered items ({", ".join(ordered)}) with continuous ones.')


def omega(fit: Fitted, items: pd.DataFrame | Mapping[object, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Reliability of the sum of each factor's items, from a fitted confirmatory factor analysis.

    For continuous items, with loadings λ and the factor's variance ψ,

    - ``omega``: (Σλ)²ψ over the model's variance of the sum. Composite reliability; for the general factor
      of a bifactor or higher-order model it is omega hierarchical.
    - ``omega_total``: the part of that variance which any factor explains.
    - ``omega_observed``: (Σλ)²ψ over the sample's variance of the sum (McDonald's; semTools' default). NaN
      where the sample is not known.

    For ordered items the same of the sum of the answers themselves, not of latent responses: the variances
    follow from thresholds and bivariate normal probabilities (Green & Yang, eq. 21).

    Parameters
    ----------
    fit : Fit
        A fitted model; its ``parameters`` are used and, where all items are continuous, the covariances of
        its sample.
    items : DataFrame, or mapping of group to DataFrame, optional
        The answers, for ``omega_observed`` where the fit does not carry them.

    Returns
    -------
    DataFrame
        One row per group and factor: ``group factor n_items omega omega_total omega_observed ave metric``.

    References
    ----------
    McDonald (1999); Bollen (1980), American Sociological Review 45; Raykov (2001), British Journal of
    Mathematical and Statistical Psychology 54; Green & Yang (2009), Psychometrika 74; Zinbarg, Revelle,
    Yovel & Li (2005), Psychometrika 70.
    """
    rows = []
    for model in implied_models(fit):
        for factor in model.factors:
            names = model.items_of(factor)
            ordered = tuple(name for name in names if name in model.thresholds)
            if ordered and len(ordered) < len(names):
                raise NotOneScale(factor, ordered)
            shares = ordinal_shares if ordered else continuous_shares
            sample = _answer_cov(fit, items, model, names, ordinal=bool(ordered))
            figures = shares(model, factor, sample)
            rows.append(
                {
                    "group": model.group,
                    "factor": factor,
                    "n_items": len(names),
                    **dict(zip(("omega", "omega_total", "omega_observed"), figures, strict=True)),
                    "ave": factor_ave(model, factor),
                    "metric": "ordinal" if ordered else "continuous",
                }
            )
    return pd.DataFrame(rows)


def continuous_shares(
    model: ImpliedModel, factor: str, sample: Matrix | None = None
) -> tuple[float, float, float]:
    """``omega omega_total omega_observed`` of one factor of continuous items."""
    places = model.places(model.items_of(factor))
    own = model.loadings(factor).sum() ** 2 * model.variance(factor)
    variance = model.cov[np.ix_(places, places)].sum()
    error = model.residual[np.ix_(places, places)].sum()
    observed = own / sample.sum() if sample is not None else np.nan
    return float(own / variance), float(1 - error / variance), float(observed)


def ordinal_shares(
    model: ImpliedModel, factor: str, sample: Matrix | None = None
) -> tuple[float, float, float]:
    """``omega omega_total omega_observed`` of one factor of ordered items."""
    names = model.items_of(factor)
    places = model.places(names)
    sd = np.sqrt(np.diag(model.cov)[places])
    loadings = model.loadings(factor) * np.sqrt(model.variance(factor)) / sd
    block = np.ix_(places, places)
    implied = model.cov[block] / np.outer(sd, sd)
    common = (model.cov - model.residual)[block] / np.outer(sd, sd)
    limits = [
        (model.thresholds[name] - model.mean[k]) / s for name, k, s in zip(names, places, sd, strict=True)
    ]
    np.fill_diagonal(implied, 1.0)
    variance = answer_covariances(limits, implied).sum()
    own = answer_covariances(limits, np.outer(loadings, loadings)).sum()
    total = answer_covariances(limits, common).sum()
    observed = own / sample.sum() if sample is not None else np.nan
    return float(own / variance), float(total / variance), float(observed)


def answer_covariances(limits: list[Vector], R: Matrix) -> Matrix:
    """Covariances of ordered answers 0, 1, … whose latent responses correlate R.

    σᵢⱼ = Σ_c Σ_d Φ₂(τᵢ_c, τⱼ_d; rᵢⱼ) − Σ_c Φ(τᵢ_c) Σ_d Φ(τⱼ_d)

    Parameters
    ----------
    limits : list of arrays
        Standardised thresholds of each item.
    R : array (p, p)
        Correlations; a diagonal of one gives the items' variances, a communality there the covariance
        of two parallel copies of the item.

    References
    ----------
    Green & Yang (2009), Psychometrika 74, eq. 21.
    """
    from scipy.special import ndtr

    p = len(limits)
    out = np.empty((p, p))
    for i in range(p):
        for j in range(i + 1):
            both = bivariate_normal_cdf(limits[i][:, None], limits[j][None, :], R[i, j])
            out[i, j] = out[j, i] = both.sum() - ndtr(limits[i]).sum() * ndtr(limits[j]).sum()
    return out


def ave(fit: Fitted, *, standardised: bool = False) -> pd.Series:
    """Average variance extracted, Σλ²ψ / Σσ² over a factor's items.

    Parameters
    ----------
    fit : Fit
    standardised : bool
        Give every item the same weight, as Fornell and Larcker did, rather than its variance, as semTools
        does.

    Returns
    -------
    Series
        By factor, or by group and factor where there are several groups; NaN for a factor whose items also
        load on another.

    References
    ----------
    Fornell & Larcker (1981), Journal of Marketing Research 18.
    """
    models = list(implied_models(fit))
    figures = {
        (model.group, factor): factor_ave(model, factor, standardised=standardised)
        for model in models
        for factor in model.factors
    }
    if len(models) == 1:
        return pd.Series({factor: figure for (_, factor), figure in figures.items()}, name="ave")
    index = pd.MultiIndex.from_tuples(list(figures), names=["group", "factor"])
    return pd.Series(list(figures.values()), index=index, name="ave")


def factor_ave(model: ImpliedModel, factor: str, *, standardised: bool = False) -> float:
    """Average variance extracted of one factor, see `ave`."""
    names = model.items_of(factor)
    if model.is_higher(factor) or any(_shared(model, factor, name) for name in names):
        return np.nan
    total = np.diag(model.cov)[model.places(names)]
    explained = model.loadings(factor) ** 2 * model.variance(factor)
    if standardised or names[0] in model.thresholds:
        return float(np.mean(explained / total))
    return float(explained.sum() / total.sum())


def _shared(model: ImpliedModel, factor: str, item: str) -> bool:
    """Whether a factor that is not above this one loads on an item too."""
    i, f = model.names.index(item), model.names.index(factor)
    return any(
        model.reach[i, model.names.index(other)] != 0 and model.reach[f, model.names.index(other)] == 0
        for other in model.factors
        if other != factor
    )


def factor_correlations(fit: Fitted) -> dict[object, pd.DataFrame]:
    """Implied correlations of the factors of each group."""
    out = {}
    for model in implied_models(fit):
        places = model.places(model.factors)
        cov = model.cov[np.ix_(places, places)]
        sd = np.sqrt(np.diag(cov))
        out[model.group] = pd.DataFrame(cov / np.outer(sd, sd), model.factors, model.factors)
    return out


def _answer_cov(
    fit: Fitted,
    items: pd.DataFrame | Mapping[object, pd.DataFrame] | None,
    model: ImpliedModel,
    names: tuple[str, ...],
    *,
    ordinal: bool,
) -> Matrix | None:
    """Covariances of the answers in the model's group, over n, if known.

    Those of ordered answers follow from their polychoric correlations and thresholds.
    """
    if items is not None:
        frame = items[model.group] if isinstance(items, Mapping) else items
        answers = frame[list(names)].dropna()
        if not ordinal:
            return answers.cov(ddof=0).to_numpy()
        found = polychoric(answers)
        return answer_covariances([found.thresholds[name] for name in names], found.R.to_numpy())
    sample = getattr(fit, "sample", None)
    if ordinal or sample is None or not set(names) <= set(sample.names):
        return None
    g = list(sample.group_values).index(model.group)
    places = [list(sample.names).index(name) for name in names]
    return np.asarray(sample.cov[g][np.ix_(places, places)], dtype=float)
