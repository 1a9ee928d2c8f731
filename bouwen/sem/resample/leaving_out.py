"""A fit -> the same fit with errors from leaving out each cluster, or respondent, in turn.

The sandwich of clusters takes what a cluster does to the estimates at the estimates that the cluster itself
has drawn towards it, and its limits are those of many clusters. With few of them intervals are too narrow.
Without a cluster c the estimates are θ₋c, and

    V = Σ_g (J_g − 1) / J_g · Σ_c (θ₋c − θ)(θ₋c − θ)ᵀ

over the J_g clusters of each group g, on Σ J_g − G degrees of freedom: CV3, which of the usual estimators
errs on the side of caution.

References
----------
Efron & Stein (1981), The jackknife estimate of variance, Annals of Statistics 9; Lipsitz, Dear & Zhao (1994),
Jackknife estimators of variance for parameter estimates from estimating equations with applications to
clustered survival data, Biometrics 50; Bell & McCaffrey (2002), Survey Methodology 28; MacKinnon, Nielsen &
Webb (2023), Fast and reliable jackknife and bootstrap methods for cluster-robust inference, Journal of
Applied Econometrics 38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.errors import BouwenError
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.fit import Fit
from bouwen.sem.fitted import check_is_fit
from bouwen.sem.model.options import NoRows
from bouwen.sem.resample.batch import CONVERGED
from bouwen.sem.resample.draws import weighted_stack
from bouwen.sem.resample.memory import parts_of
from bouwen.sem.resample.refits import Drawn, join_drawn, solved
from bouwen.sem.resample.stacks import draw_bytes, moments_objective
from bouwen.sem.resample.two_steps import ResampledSteps
from bouwen.sem.resample.weights import count_units, leaving_out_weights
from bouwen.sem.sam.result import SamFit

Either = TypeVar("Either", Fit, SamFit)


class NoJackknife(BouwenError):
    """Errors of the jackknife need a refit without each unit, and some have no solution."""

    def __init__(self, failed: int, units: int) -> None:
        self.failed, self.units = failed, units
        super().__init__(
            f"the jackknife needs the model refitted without each of {units} respondents or clusters, and "
            f"{failed} of those refits did not converge; use the fit's own errors, or bootstrap(fit)"
        )


def jackknife(fit: Either) -> Either:
    """Give a fit the errors that leaving out each cluster in turn has, and Student's limits.

    For respondents in few clusters, up to some fifty: the cluster-robust sandwich, which `bouwen.fit_sem` and
    `bouwen.fit_sam` have as lavaan has it, is then too small, and so are normal limits. Both steps of
    structure after measurement are taken again. `bouwen.fit_structure` does this for nested respondents.

    Parameters
    ----------
    fit : Fit or SamFit
        With the respondents' rows. Where it has no clusters, respondents are left out.

    Returns
    -------
    Fit or SamFit
        The same estimates and tests of fit. Standard errors, p-values and limits, also of standardised
        parameters, of effects and of latent correlations, are those of the jackknife, on as many ``degrees``
        of freedom as there are clusters, less the number of groups.

    Raises
    ------
    NoJackknife
        Some refits have no solution.
    UnsupportedModel
        Moments without rows; and two steps whose draws are refused, see `bouwen.bootstrap`.

    Notes
    -----
    Refits have no bounds on variances.
    """
    if isinstance(fit, SamFit):
        return _both_steps(fit)
    check_is_fit(fit)
    found, strata = without_each(fit)
    sampling = _covariance(_free(fit, _converged(found)), fit.theta, strata)
    return replace(fit, sampling=sampling, degrees=_degrees(strata))


def without_each(fit: Fit, measures: Sequence[str] = ()) -> tuple[Drawn, Ints]:
    """A fit without each respondent or cluster, and the group of each."""
    if not fit.sample.rows:
        raise NoRows("refits without each respondent need")
    parts, strata = [], []
    for some in parts_of(count_units(fit.sample), draw_bytes(fit.family) + 8 * fit.n):
        weights, groups = leaving_out_weights(fit.sample, some)
        parts.append(solved(fit.theta, *weighted_stack(fit.family, weights), measures))
        strata.append(groups)
    return join_drawn(parts), np.concatenate(strata)


def _both_steps(sam: SamFit) -> SamFit:
    if not sam.sample.rows:
        raise NoRows("refits without each respondent need")
    steps, family, fit = ResampledSteps(sam), sam.latent.step.family, sam.structural
    second = fit.family
    assert isinstance(second, NormalTheory)
    parts, moments, strata = [], [], []
    for some in parts_of(count_units(family.sample), draw_bytes(family) + 8 * sam.n):
        weights, groups = leaving_out_weights(family.sample, some)
        mean, cov = steps.moments(family, weights, steps.measured(family, weights))
        parts.append(solved(fit.theta, second, moments_objective(second, mean, cov), []))
        moments.append(sam.latent.among(mean, cov))
        strata.append(groups)
    which = np.concatenate(strata)
    theta = _free(fit, _converged(join_drawn(parts)))
    structural = replace(fit, sampling=_covariance(theta, fit.theta, which), degrees=_degrees(which))
    latent = replace(sam.latent, sampling=_covariance(np.concatenate(moments), sam.latent.values, which))
    return replace(sam, structural=structural, latent=latent)


def _converged(found: Drawn) -> Drawn:
    failed = int((found.status != CONVERGED).sum())
    if failed:
        raise NoJackknife(failed, len(found.status))
    return found


def _free(fit: Fit, found: Drawn) -> Array:
    """The free parameters (units, q) among all rows."""
    numbers = [row.free for row in fit.partable.rows]
    return found.est[:, [numbers.index(k) for k in range(fit.partable.n_free)]]


def _covariance(theta: Array, estimate: Array, strata: Ints) -> Array:
    """V (q, q) from estimates without each unit (units, q), and the group of each."""
    units = np.bincount(strata)
    away = (theta - estimate) * np.sqrt((units - 1) / units)[strata, None]
    return np.asarray(away.T @ away)


def _degrees(strata: Ints) -> float:
    return float(len(strata) - len(np.unique(strata)))
