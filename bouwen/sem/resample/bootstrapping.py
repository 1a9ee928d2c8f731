"""A fit -> what would have been estimated from other samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_choice, check_count
from bouwen.errors import BouwenError
from bouwen.results import Result
from bouwen.sem.after.intervals import INTERVALS, acceleration_of, limits, spread
from bouwen.sem.after.summary import html_page, text_page
from bouwen.sem.fit import Fit
from bouwen.sem.fitted import check_is_fit
from bouwen.sem.model.options import NoRows, UnsupportedModel
from bouwen.sem.resample.batch import CONVERGED, NO_SAMPLE, NOT_CONVERGED
from bouwen.sem.resample.draws import KINDS, source_of_draws
from bouwen.sem.resample.leaving_out import without_each
from bouwen.sem.resample.lost import Lost, lost_categories
from bouwen.sem.resample.refits import IMPROPER, PARAMETERS, Drawn, fit_chunk, join_drawn
from bouwen.sem.resample.stacks import MEASURES
from bouwen.sem.resample.summary import draws_as_dict, draws_in_short, intervals_by_kind
from bouwen.sem.resample.two_steps import ResampledSteps
from bouwen.sem.resample.workers import run_chunks
from bouwen.sem.sam.result import SamFit

RULES = ("keep", "drop")
TWO_STEPS = ("nonparametric",)  # draws in which both steps of structure after measurement are taken
MANY = 0.05  # share of failed draws above which the result warns


class NoAcceleration(BouwenError):
    """BCa intervals need a refit without each respondent, and some have no solution."""

    def __init__(self, failed: int, units: int) -> None:
        self.failed, self.units = failed, units
        super().__init__(
            f"BCa intervals need the model refitted without each of {units} respondents or clusters, and "
            f'{failed} of those refits did not converge; use kind="bc" or "percentile"'
        )


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap(Result):
    """Draws of a fit, and the intervals and counts that follow from them.

    An array of the draws in use (draws, rows of ``fit.parameters``) wherever NumPy asks for one, as
    ``bouwen.omega(fit, draws=boot)`` does.

    Attributes
    ----------
    fit : Fit
    kind : "nonparametric", "bollen_stine" or "parametric"
    seed : int
    inadmissible : "keep" or "drop"
        Whether draws with an improper solution are in use.
    drawn : Drawn
        All draws, failed ones included.
    """

    fit: Fit
    kind: str
    seed: int
    inadmissible: str
    drawn: Drawn

    @cached_property
    def used(self) -> Array:
        """Which draws (D,) are in use."""
        proper = ~self.drawn.improper.any(axis=1) | (self.inadmissible == "keep")
        return np.asarray((self.drawn.status == CONVERGED) & proper)

    def values(self, of: str = "est") -> Array:
        """Draws in use.

        Parameters
        ----------
        of : "est", "std_lv", "std_all" or "measures"

        Returns
        -------
        array (draws, rows of ``fit.parameters``), or (draws, fit measures)
        """
        of = check_choice("of", of, (*PARAMETERS, "measures"))
        if of == "measures":
            if self.drawn.measures.empty:
                raise UnsupportedModel(
                    'no fit measures were drawn; name them, such as bootstrap(…, measures=["cfi", "rmsea"])'
                )
            return self.drawn.measures.to_numpy()[self.used]
        return np.asarray(getattr(self.drawn, of)[self.used])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.values(), dtype=dtype)

    def intervals(self, kind: str = "percentile", of: str = "est", confidence: float = 0.95) -> pd.DataFrame:
        """Confidence intervals from the draws in use.

        Parameters
        ----------
        kind : "percentile", "bc" or "bca"
            Percentiles of the draws, as lavaan's ``"perc"``; corrected for bias, as ``"bca.simple"``; or for
            bias and acceleration, which refits the model without each respondent (or cluster) in turn.
        of : "est", "std_lv", "std_all" or "measures"
        confidence : float

        Returns
        -------
        DataFrame
            lhs op rhs group est se ci_lower ci_upper n_draws, a row for every row of ``fit.parameters``;
            or, for measures, measure in place of the first four. ``n_draws`` counts the draws in which
            the quantity exists.

        Raises
        ------
        UnknownOption, NotAShare, NoAcceleration

        See Also
        --------
        bouwen.sem.after.intervals.limits : the formulas.
        """
        of, kind = check_choice("of", of, (*PARAMETERS, "measures")), check_choice("kind", kind, INTERVALS)
        drawn, est = self.values(of), self._estimates(of)
        acceleration = self._acceleration(of) if kind == "bca" else None
        lower, upper = limits(drawn, est, confidence, kind, acceleration)
        if of == "measures":
            columns: dict[str, Any] = {"measure": list(self.drawn.measures.columns)}
        else:
            columns = {name: self.fit.parameters[name].to_numpy() for name in ("lhs", "op", "rhs", "group")}
        return pd.DataFrame(
            {
                **columns,
                "est": est,
                "se": spread(drawn),
                "ci_lower": lower,
                "ci_upper": upper,
                "n_draws": (~np.isnan(drawn)).sum(axis=0),
            }
        )

    def _estimates(self, of: str) -> Array:
        if of == "measures":
            return self.fit.measures.loc[list(self.drawn.measures.columns)].to_numpy()
        return self.fit.parameters[of].to_numpy(dtype=float)

    def _acceleration(self, of: str) -> Array:
        left_out, strata = self._left_out
        table = left_out.measures.to_numpy() if of == "measures" else getattr(left_out, of)
        return acceleration_of(table, strata)

    @cached_property
    def _left_out(self) -> tuple[Drawn, Array]:
        """The fit without each respondent or cluster, and the group of each."""
        if not self.fit.sample.rows:
            raise NoRows("BCa intervals need", instead=', or use kind="bc"')
        found, strata = without_each(self.fit, list(self.drawn.measures.columns))
        failed = int((found.status != CONVERGED).sum())
        if failed:
            raise NoAcceleration(failed, len(strata))
        return found, strata

    @property
    def pvalue(self) -> float:
        """Share of the draws whose chi-square exceeds that of the sample (Bollen & Stine, 1992).

        NaN without degrees of freedom.

        Raises
        ------
        UnsupportedModel
            For draws of another kind, in which the model does not hold.
        """
        if self.kind == "nonparametric":
            raise UnsupportedModel(
                "the model does not hold where draws come from, so their chi-squares test nothing; use "
                'bootstrap(…, kind="bollen_stine")'
            )
        if not self.fit.df:
            return float("nan")
        chisq = self.drawn.measures["chisq"].to_numpy()[self.used]
        return float((chisq > self.fit.measures["chisq"]).mean()) if len(chisq) else float("nan")

    @cached_property
    def counts(self) -> dict[str, int]:
        """Draws by what became of them, see `account`."""
        status, improper = self.drawn.status, self.drawn.improper
        return {
            "drawn": len(status),
            "converged": int((status == CONVERGED).sum()),
            "not converged": int((status == NOT_CONVERGED).sum()),
            "no sample": int((status == NO_SAMPLE).sum()),
            "inadmissible": int(improper.any(axis=1).sum()),
            **{reason: int(improper[:, k].sum()) for k, reason in enumerate(IMPROPER)},
            "used": int(self.used.sum()),
        }

    def account(self) -> pd.DataFrame:
        """What became of the draws.

        Returns
        -------
        DataFrame
            outcome draws share: all of them; those converged, not converged and without a usable sample
            (singular covariances, or an answer category that nobody drawn has chosen); of those converged
            the inadmissible ones, and why (one draw may have several reasons); and how many are in use.
        """
        out = pd.DataFrame({"outcome": list(self.counts), "draws": list(self.counts.values())})
        return out.assign(share=out["draws"] / len(self.drawn.status))

    @cached_property
    def lost(self) -> Lost:
        """Answer categories that draws of ordered items lack, see `bouwen.sem.resample.lost`."""
        return lost_categories(self.fit, self.kind, self.counts["drawn"], self.seed)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know: many draws failed, or many are improper."""
        drawn, improper = self.counts["drawn"], self.counts["inadmissible"]
        failed, out = drawn - self.counts["converged"], []
        lost = self.lost if self.counts["no sample"] else None
        if lost is not None and lost.draws:
            out.append(lost.sentence(drawn))
        failed -= 0 if lost is None else lost.draws
        if failed > MANY * drawn:
            out.append(f"{failed} of {drawn} draws gave no estimates; the intervals describe the others")
        if improper > MANY * drawn:
            done = "kept" if self.inadmissible == "keep" else "left out"
            out.append(f"{improper} of {drawn} draws have an improper solution; they are {done}")
        return tuple(out)

    def summary(self) -> str:
        """The draws as text."""
        return text_page(draws_in_short(self), self.warnings, intervals_by_kind(self))

    def _repr_html_(self) -> str:
        return html_page("Bootstrap", draws_in_short(self), self.warnings, intervals_by_kind(self))

    def table(self) -> pd.DataFrame:
        """Percentile intervals of every parameter, see `intervals`."""
        return self.intervals()

    def _line(self) -> str:
        return f"{self.kind}, {int(self.used.sum())} of {len(self.used)} draws in use"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return draws_as_dict(self)


def bootstrap(
    fit: Fit | SamFit,
    draws: int = 5000,
    *,
    kind: str = "nonparametric",
    seed: int = 1,
    n_jobs: int | None = None,
    inadmissible: str = "keep",
    measures: Sequence[str] | str = (),
) -> Bootstrap:
    """Fit a model to many samples like the one it was fitted to.

    Parameters
    ----------
    fit : Fit or SamFit
        Of structure after measurement both steps are taken in every draw, nonparametric ones.
    draws : int
    kind : "nonparametric", "bollen_stine" or "parametric"
        Respondents with replacement, within groups, and whole clusters where the fit has them; the same
        after their answers were turned until the model holds, for a p-value of its chi-square; or
        answers drawn from the normal distribution that the model implies (ordered items: cut at its
        thresholds), with the gaps of the sample.
    seed : int
        The same seed gives the same draws for any number of workers.
    n_jobs : int, optional
        Workers; see `bouwen.sem.resample.workers.run_chunks`.
    inadmissible : "keep" or "drop"
        What becomes of draws with a negative variance or covariances that are not positive definite;
        kept by default, as in lavaan. Draws without a solution are never in use.
    measures : str or sequence of str
        Fit measures to keep of every draw: "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "logl", of
        plain, uncorrected tests. Chi-square is always kept where the model holds in the draws. With
        incomplete data all but "logl" estimate the saturated model of each draw too, which takes longer.

    Returns
    -------
    Bootstrap

    Raises
    ------
    UnknownOption, NotACount
    UnsupportedModel
        Moments without rows (unless parametric), Bollen–Stine draws of ordered items, and a measure that
        the estimator does not have.

    References
    ----------
    Efron (1979), Annals of Statistics 7; Bollen & Stine (1992), Sociological Methods & Research 21; Savalei &
    Yuan (2009), Multivariate Behavioral Research 44; Yung & Bentler (1996), Bootstrapping techniques in
    analysis of mean and covariance structures.
    """
    if isinstance(fit, SamFit):
        return _of_two_steps(fit, draws, check_choice("kind", kind, TWO_STEPS), seed, n_jobs, inadmissible)
    check_is_fit(fit)
    check_count("draws", draws, least=2)
    kind = check_choice("kind", kind, KINDS)
    inadmissible = check_choice("inadmissible", inadmissible, RULES)
    measures = (measures,) if isinstance(measures, str) else measures
    measures = [check_choice("measures", name, MEASURES) for name in measures]
    for name in measures:
        if name not in fit.measures:
            raise UnsupportedModel(
                f'estimator="{fit.call.estimator.name}" has no "{name}"; leave it out of measures='
            )
    source = source_of_draws(fit, kind)
    kept = list(dict.fromkeys([*measures, *(["chisq"] if kind != "nonparametric" else [])]))
    parts = run_chunks(
        partial(fit_chunk, source, fit.theta, kept), draws, seed=seed, n_jobs=n_jobs, about="draws"
    )
    return Bootstrap(fit, kind, seed, inadmissible, join_drawn(parts))


def _of_two_steps(
    sam: SamFit, draws: int, kind: str, seed: int, n_jobs: int | None, inadmissible: str
) -> Bootstrap:
    """Draws of structure after measurement, as those of its structural model."""
    check_count("draws", draws, least=2)
    inadmissible = check_choice("inadmissible", inadmissible, RULES)
    work = partial(fit_chunk, ResampledSteps(sam), sam.structural.theta, [])
    parts = run_chunks(work, draws, seed=seed, n_jobs=n_jobs, about="draws")
    return Bootstrap(sam.structural, kind, seed, inadmissible, join_drawn(parts))
