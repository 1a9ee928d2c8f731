"""Ordered answers -> thresholds, latent correlations and their sampling covariance.

The first stage of DWLS and WLSMV. Each item by itself gives thresholds (or a mean and a
variance); each pair of items gives one correlation by maximum likelihood with those held;
and stacking the influence of every respondent on every statistic gives the asymptotic
covariance matrix that weights, standard errors and the corrected chi-square are made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.sem.ordinal.margins import Continuous, Label, Margin, Ordered, read_continuous, read_ordered
from bouwen.sem.ordinal.pairs import PairCorrelations, correlate_pairs


class NothingInCommon(BouwenError):
    """Two items that nobody answered both."""

    def __init__(self, first: str, second: str) -> None:
        self.first, self.second = first, second
        super().__init__(f'nobody answered both "{first}" and "{second}", so their correlation is unknown.')


@dataclass(frozen=True, eq=False)
class OrdinalMoments:
    """Statistics of ordered and continuous items and their sampling covariance.

    Attributes
    ----------
    names, ordered : tuples, length p
        The items, and which of them are ordered.
    covariates : tuple of str
        What the statistics are conditional on.
    n : int
        Respondents used.
    categories, thresholds : tuples of arrays, length p
        Answer values and τ of each ordered item; empty for a continuous one.
    mean, cov : arrays (p,) and (p, p)
        Of the latent responses (given the covariates): mean 0 and variance 1 for ordered
        items; divisor N. Polychoric correlations, polyserial covariances (correlation times
        the standard deviation of the continuous item) and ordinary covariances.
    slopes : array (p, c)
        Regressions of the latent responses on the covariates.
    statistics : array (s,)
        Item by item its thresholds, or its mean if continuous; the slopes, covariate by
        covariate; the variances of the continuous items; the covariances below the diagonal,
        column by column. lavaan's ``wls.obs``, except that lavaan stores minus the mean.
    labels : tuple of (lhs, op, rhs)
        Name of each statistic, such as ``("q1", "|", "t2")``.
    gamma : array (s, s)
        N times the sampling covariance of ``statistics``.
    influence : array (N, s)
        How each respondent moves each statistic; ``gamma`` is its mean square.
    warnings : tuple of str
        Empty cells and other findings that do not stop the analysis.
    """

    names: tuple[str, ...]
    ordered: tuple[bool, ...]
    covariates: tuple[str, ...]
    n: int
    categories: tuple[Array, ...]
    thresholds: tuple[Array, ...]
    mean: Array
    cov: Array
    slopes: Array
    statistics: Array
    labels: tuple[Label, ...]
    gamma: Array
    influence: Array
    warnings: tuple[str, ...]


def ordinal_moments(
    data: ArrayLike,
    ordered: Sequence[bool],
    names: Sequence[str],
    *,
    categories: Sequence[Sequence[float] | Array] | None = None,
    covariates: ArrayLike | None = None,
    covariate_names: Sequence[str] = (),
    missing: str = "listwise",
    group: str = "",
) -> OrdinalMoments:
    """Estimate thresholds, latent correlations and their sampling covariance in two steps.

    The sampling covariance is the sandwich A⁻¹ B A⁻ᵀ of the stacked estimating equations; A is
    block triangular and, like B, made of outer products of scores.

    Parameters
    ----------
    data : array (n, p)
        Answers; ordered items by any ascending codes, missing as NaN.
    ordered, names : sequences, length p
    categories : sequence, length p, optional
        Answer values that each ordered item should show (ignored for continuous items);
        without it those that occur.
    covariates : array (n, c), optional
        Fixed covariates. Every item is then regressed on them (a probit regression if it is
        ordered), and the correlations are those of the residuals.
    covariate_names : sequence, length c
    missing : {"listwise", "pairwise"}
        Drop a respondent with any gap, or use each statistic's own respondents. A gap in a
        covariate always drops the respondent.
    group : str
        Named in errors.

    Raises
    ------
    ConstantItem, EmptyCategory, NothingInCommon

    Notes
    -----
    A 2 × 2 table with one empty cell gets ½ in that cell, margins kept, before its correlation
    is estimated; larger tables are used as they are. ``warnings`` says so.

    lavaan 0.6-14 makes A of outer products for continuous items too, where Muthén (1984) has
    second derivatives; under normality both estimate the same. We follow lavaan.

    References
    ----------
    Olsson (1979); Olsson, Drasgow & Dorans (1982); Muthén (1984); Jöreskog (1994); Muthén &
    Satorra (1995); Muthén, du Toit & Spisic (1997).
    """
    answers = np.asarray(data, dtype=float)
    given = np.empty((len(answers), 0)) if covariates is None else np.asarray(covariates, dtype=float)
    used = _respondents(answers, given, missing)
    answers, given = answers[used], given[used]
    margins: list[Margin] = []
    for j, (name, cut) in enumerate(zip(names, ordered, strict=True)):
        if cut:
            margins.append(
                read_ordered(answers[:, j], given, name, None if categories is None else categories[j], group)
            )
        else:
            margins.append(read_continuous(answers[:, j], given, name, group))
    _check_overlap(margins)
    return _stack(margins, correlate_pairs(margins, given), tuple(covariate_names), len(answers))


def _respondents(answers: Array, given: Array, missing: str) -> NDArray[np.intp]:
    """Rows with enough answers to be used."""
    gaps = np.isnan(answers)
    if missing == "listwise":
        empty = gaps.any(axis=1)
    elif missing == "pairwise":
        empty = gaps.all(axis=1)
    else:
        raise ValueError(f'missing is "listwise" or "pairwise" for ordered items, not "{missing}"')
    return np.flatnonzero(~(empty | np.isnan(given).any(axis=1)))


def _check_overlap(margins: Sequence[Margin]) -> None:
    present = np.stack([margin.present for margin in margins])
    alone = np.argwhere(np.triu(present @ present.T == 0))
    if len(alone):
        raise NothingInCommon(margins[alone[0, 0]].name, margins[alone[0, 1]].name)


def _stack(
    margins: Sequence[Margin], pairs: PairCorrelations, covariates: tuple[str, ...], n: int
) -> OrdinalMoments:
    """Put the statistics and influences of items and pairs in lavaan's order."""
    deviation = np.sqrt([margin.variance for margin in margins])
    cov = np.diag(deviation**2)
    cov[pairs.first, pairs.second] = cov[pairs.second, pairs.first] = (
        pairs.rho * deviation[pairs.first] * deviation[pairs.second]
    )
    continuous = [m for m in margins if isinstance(m, Continuous)]
    slopes = np.array([m.slopes for m in margins])
    statistics = np.concatenate(
        [
            *(m.levels for m in margins),
            slopes.T.ravel(),
            [m.variance for m in continuous],
            cov[pairs.first, pairs.second],
        ]
    )
    influence = np.concatenate(
        [
            *(m.influence[: len(m.levels)] for m in margins),
            *(m.influence[[len(m.levels) + c]] for c in range(len(covariates)) for m in margins),
            *(m.influence[-1:] for m in continuous),
            pairs.influence,
        ]
    )
    labels: list[Label] = [label for m in margins for label in m.level_labels]
    labels += [(m.name, "~", covariate) for covariate in covariates for m in margins]
    labels += [(m.name, "~~", m.name) for m in continuous]
    labels += [
        (margins[i].name, "~~", margins[j].name) for i, j in zip(pairs.first, pairs.second, strict=True)
    ]
    return OrdinalMoments(
        names=tuple(m.name for m in margins),
        ordered=tuple(isinstance(m, Ordered) for m in margins),
        covariates=covariates,
        n=n,
        categories=tuple(m.categories for m in margins),
        thresholds=tuple(m.thresholds for m in margins),
        mean=np.array([m.mean for m in margins]),
        cov=cov,
        slopes=slopes,
        statistics=statistics,
        labels=tuple(labels),
        gamma=influence @ influence.T / n,
        influence=influence.T,
        warnings=pairs.warnings,
    )
