"""Model text and data -> a fit, and everything that can be asked of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from bouwen.checks import OptionError, check_choice
from bouwen.errors import memory_for
from bouwen.sem.after.diagnostics import modification_indices, score_tests, untied
from bouwen.sem.after.residuals import RESIDUALS, residual_covariances
from bouwen.sem.after.scores import factor_scores
from bouwen.sem.after.second_engine import semopy_solution
from bouwen.sem.after.storage import needs_rows, read_fit, write_fit
from bouwen.sem.after.summary import fit_as_dict, fit_as_html, fit_as_text
from bouwen.sem.family.bounds import OF_VARIANCES, solve_within
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.arguments import refuse_arguments
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.normal.moments import Moments
from bouwen.sem.preparation import prepare

OF_SEMOPY = (
    'engine="semopy" estimates one group of complete rows by ML without means; use engine="bouwen" for others'
)


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Fitted):
    """A fitted model and what follows from it."""

    kept: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Tables as they were computed, of a fit that was saved without the rows that they need."""

    def residuals(self, type: str = "cor") -> pd.DataFrame:
        """Sample minus implied moments, see `bouwen.sem.after.residuals.residual_covariances`."""
        type = check_choice("type", type, RESIDUALS)
        return self._as_kept(f"residuals {type}", lambda: residual_covariances(self, type))

    def modification_indices(self) -> pd.DataFrame:
        """What freeing a parameter would bring, see `bouwen.sem.after.diagnostics.modification_indices`."""
        return self._as_kept("modification_indices", lambda: modification_indices(self))

    def score_tests(self) -> pd.DataFrame:
        """What giving up an equality would bring, see `bouwen.sem.after.diagnostics.score_tests`."""
        return self._as_kept("score_tests", lambda: score_tests(self))

    def _as_kept(self, name: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        return self.kept[name].copy() if name in self.kept else compute()

    def scores(self, method: str = "regression") -> pd.DataFrame:
        """Factor scores, see `bouwen.sem.after.scores.factor_scores`."""
        return factor_scores(self, method)

    def summary(self) -> str:
        """The fit as text."""
        return fit_as_text(self)

    def _repr_html_(self) -> str:
        return fit_as_html(self)

    def save(self, path: str | Path, *, rows: bool = False) -> None:
        """Write the fit to one file, which `bouwen.load_fit` reads: moments, estimates and group sizes.

        Parameters
        ----------
        path : str or Path
            In a folder that exists, such as ``"model.fit"``. What is there is replaced once the new file is
            complete.
        rows : bool
            Whether the answers go with it, without which a loaded fit gives no factor scores and draws no
            respondents. Everything else it gives to the last digits.

        Raises
        ------
        NotAFit
            The file cannot be written.
        UnsupportedModel
            Rows are asked for, but the model was fitted to moments.
        """
        write_fit(self, path, rows=rows, tables={} if rows or not needs_rows(self) else self._tables())

    def _tables(self) -> dict[str, pd.DataFrame]:
        """Everything that may need the rows."""
        tables = {f"residuals {type}": self.residuals(type) for type in RESIDUALS}
        tables["modification_indices"] = self.modification_indices()
        if any(self.partable.equalities) or len(untied(self.partable)[1]):
            tables["score_tests"] = self.score_tests()
        return tables

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return fit_as_dict(self)


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
    sampling_weights: str | None = None,
    std_lv: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    collapse: bool = False,
    orthogonal: bool = False,
    effect_coding: bool | str | Sequence[str] = False,
    parameterization: str = "delta",
    bounds: str = "none",
    engine: str = "bouwen",
    **unknown: object,
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
        Ordered items; True for all that are not covariates. Columns of ordered categories are among them
        anyway. A covariate stays a number, with a warning.
    cluster : str, optional
        Column with clusters, for cluster-robust errors and test.
    sampling_weights : str, optional
        Column with sampling weights, for weighted estimates with robust errors and test (MLR). They are
        scaled to a mean of 1 over all rows used, as in lavaan (Asparouhov, 2005, Sampling weights in latent
        variable modeling).
    std_lv : bool
        Fix factor variances, rather than first loadings, at 1.
    meanstructure : bool, optional
        Whether means are modelled; by default when groups, missing answers, clusters, ordered items or an
        intercept in the text ask for it.
    fixed_x : bool
        Take covariates as they are, rather than model their moments. Never with GLS and ULS, as in lavaan.
    collapse : bool
        Join answer categories of ordered items that nobody of some group chose with a neighbour, in all
        groups; ``warnings`` tells which. Without it they are refused, all at once.
    orthogonal : bool
        Factors do not covary, unless the text says that two do.
    effect_coding : bool, "loadings" or "intercepts"
        Give factors the scale of their items on average (Little, Slegers & Card, 2006): loadings with a mean
        of 1, and intercepts that add up to 0; True for both.
    parameterization : "delta" or "theta"
        Whether scales of ordered items are parameters and residual variances follow, or the other way round.
    bounds : "none" or "pos.var"
        Whether free variances may be negative; where one would be, it is 0, as in lavaan. Draws of a
        bootstrap are estimated without bounds.
    engine : "bouwen" or "semopy"
        semopy estimates a single group of complete rows by ML and gives the same result object.

    Returns
    -------
    Fit

    Raises
    ------
    ModelSyntaxError, ModelError, UnknownOption, UnknownArgument, UnsupportedModel
        The text or the options. An argument that lavaan calls otherwise is told what it is called here.
    UnknownItem, NotNumeric, ConstantItem, GroupTooSmall, NotPositiveDefinite, BadWeights
        The data.
    NotIdentified, NotConverged
        The estimation.
    """
    refuse_arguments(unknown, fit_sem.__annotations__)
    engine = check_choice("engine", engine, ("bouwen", "semopy"))
    if engine == "semopy":
        plain = str(estimator).upper() == "ML" and str(missing).lower() == "listwise"
        plain = plain and not (meanstructure or group or ordered or cluster or sampling_weights) and fixed_x
        plain = plain and not (collapse or orthogonal or effect_coding or str(bounds).lower() != "none")
        if not isinstance(data, pd.DataFrame) or not plain:
            raise UnsupportedModel(OF_SEMOPY)
    size = f"{len(data):,} rows" if isinstance(data, pd.DataFrame) else "moments"
    with memory_for(f"a model was being fitted to {size}", "Use fewer items, or close other programs."):
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
            sampling_weights=sampling_weights,
            std_lv=std_lv,
            meanstructure=meanstructure,
            fixed_x=fixed_x,
            collapse=collapse,
            orthogonal=orthogonal,
            effect_coding=effect_coding,
            parameterization=parameterization,
        )
        if engine == "semopy" and call.estimator.name != "ML":  # ordered categories among the columns
            raise UnsupportedModel(OF_SEMOPY)
        solution = solve_within(family, check_choice("bounds", bounds, OF_VARIANCES))
        if engine == "semopy" and isinstance(data, pd.DataFrame):
            solution = semopy_solution(Fitted(call, family, solution), data)
    return Fit(call, family, solution)


def load_fit(path: str | Path) -> Fit:
    """Read a fit that `Fit.save` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Fit
        Parameters, standardised ones, measures, residuals and modification indices are those of the fit that
        was saved. Without its rows it refuses what needs them, such as factor scores and the bootstrap.

    Raises
    ------
    NotAFit
        There is no such file, it is damaged, it is something else, or of a version that is not known here.
    """
    if not isinstance(path, (str, Path)):
        raise OptionError(f"a fit is read from the path of its file; found {type(path).__name__}")
    found = read_fit(path)
    fit = Fit(found.call, found.family, found.solution, kept=found.tables)
    vars(fit).update(found.known)  # where cached properties keep what they computed
    return fit
