"""Model text and data -> a fit, and everything that can be asked of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bouwen.checks import check_choice
from bouwen.sem.after.diagnostics import modification_indices, score_tests
from bouwen.sem.after.residuals import residual_covariances
from bouwen.sem.after.scores import factor_scores
from bouwen.sem.after.second_engine import semopy_solution
from bouwen.sem.after.summary import as_dict, as_html, as_text
from bouwen.sem.fitted import Fitted
from bouwen.sem.normal.moments import Moments
from bouwen.sem.options import UnsupportedModel
from bouwen.sem.preparation import prepare


class Fit(Fitted):
    """A fitted model and what follows from it."""

    def residuals(self, type: str = "cor") -> pd.DataFrame:
        """Sample minus implied moments, see `bouwen.sem.after.residuals.residual_covariances`."""
        return residual_covariances(self, type)

    def modification_indices(self) -> pd.DataFrame:
        """What freeing a parameter would bring, see `bouwen.sem.after.diagnostics.modification_indices`."""
        return modification_indices(self)

    def score_tests(self) -> pd.DataFrame:
        """What giving up an equality would bring, see `bouwen.sem.after.diagnostics.score_tests`."""
        return score_tests(self)

    def scores(self, method: str = "regression") -> pd.DataFrame:
        """Factor scores, see `bouwen.sem.after.scores.factor_scores`."""
        return factor_scores(self, method)

    def summary(self) -> str:
        """The fit as text."""
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return as_dict(self)


def fit_sem(
    model: str,
    data: pd.DataFrame | Moments | Mapping[str, Moments],
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Sequence[str] | bool = (),
    cluster: str | None = None,
    std_lv: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    engine: str = "bouwen",
) -> Fit:
    """Fit a structural equation model.

    Parameters
    ----------
    model : str
        lavaan syntax, see `parse_model`.
    data : DataFrame, Moments or mapping of group to Moments
        One row for each respondent; or a published covariance matrix.
    estimator : str
        "ML", "MLM" (Satorra–Bentler), "MLR" (Huber–White, Yuan–Bentler), "GLS", "ULS"; for ordered items
        "WLSMV" (their default), "WLSM", "WLSMVS", "DWLS".
    missing : "listwise", "fiml" or "pairwise"
        Leave incomplete respondents out, use what they answered (ML, MLR), or use each pair's own
        respondents (ordered items).
    group : str, optional
        Column with the groups; they keep the order of first appearance.
    group_equal : sequence of str
        What is equal over groups: "loadings", "intercepts", "means", "thresholds", "regressions",
        "residuals", "residual.covariances", "lv.variances", "lv.covariances".
    group_partial : sequence of str
        Parameters left free all the same, such as "x3 ~ 1".
    ordered : sequence of str or True
        Ordered items; True for all that are not covariates.
    cluster : str, optional
        Column with clusters, for cluster-robust errors and test.
    std_lv : bool
        Fix factor variances, rather than first loadings, at 1.
    meanstructure : bool, optional
        Whether means are modelled; by default when groups, missing answers, clusters, ordered items or an
        intercept in the text ask for it.
    fixed_x : bool
        Take covariates as they are, rather than model their moments. Never with GLS and ULS, as in lavaan.
    engine : "bouwen" or "semopy"
        semopy estimates a single group of complete rows by ML and gives the same result object.

    Returns
    -------
    Fit

    Raises
    ------
    ModelSyntaxError, ModelError, UnknownOption, UnsupportedModel
        The text or the options.
    UnknownItem, NotNumeric, ConstantItem, GroupTooSmall, NotPositiveDefinite
        The data.
    NotIdentified, NotConverged
        The estimation.
    """
    check_choice("engine", engine, ("bouwen", "semopy"))
    if engine == "semopy":
        plain = estimator == "ML" and missing == "listwise" and not meanstructure and fixed_x
        if not isinstance(data, pd.DataFrame) or not plain or group or ordered or cluster:
            raise UnsupportedModel(
                'engine="semopy" estimates one group of complete rows by ML without means; '
                'use engine="bouwen"'
            )
    call, family = prepare(
        model,
        data,
        estimator=estimator,
        missing=missing,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        ordered=ordered,
        cluster=cluster,
        std_lv=std_lv,
        meanstructure=meanstructure,
        fixed_x=fixed_x,
    )
    solution = family.solve()
    if engine == "semopy" and isinstance(data, pd.DataFrame):
        solution = semopy_solution(Fitted(call, family, solution), data)
    return Fit(call, family, solution)
