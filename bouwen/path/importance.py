"""A structural model -> how much each of its levers matters: its effect, and its share in what is explained.

Levers are the variables that lead to an outcome and that nothing leads to. Two figures say how much one
matters. Its total effect is what a standard deviation more of it does, directly and through others, the other
levers equal. Its share is the part of R² that it brings in, averaged over all orders in which the levers can
enter. The first asks what would change, the second what goes with the differences that there are; levers that
go together share the latter, and only one of them need have the former.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_confidence
from bouwen.errors import BouwenError
from bouwen.results import Result, how_many, short
from bouwen.sem import (
    Bootstrap,
    Fit,
    SamFit,
    decompose_effects,
    implied_of_rows,
    parse_model,
    percentile_interval,
)
from bouwen.survey import Study

MOST_LEVERS = 15  # levers: shares need every subset of them
APART = 2  # places in two orders by which they disagree
OF_LEVERS = tuple(f"{key}{end}" for key in ("total", "share") for end in ("", "_ci_lower", "_ci_upper"))


class NoLevers(BouwenError):
    """Shares need two levers of an outcome and more, and no more than orders can be averaged over.

    Attributes
    ----------
    outcome : str
    levers : tuple of str
    """

    def __init__(self, outcome: str, levers: tuple[str, ...]) -> None:
        self.outcome, self.levers = outcome, levers
        super().__init__(
            f'shares of R² need 2 to {MOST_LEVERS} variables that lead to "{outcome}" and that nothing '
            f"leads to; found {len(levers)}."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Importance(Result):
    """How much each lever of each outcome matters.

    Attributes
    ----------
    levers : DataFrame
        ``outcome predictor``, a row for each lever; ``total total_ci_lower total_ci_upper``, its standardised
        total effect; ``share share_ci_lower share_ci_upper``, its part of R²; ``r``, its correlation with the
        outcome.
    explained : DataFrame
        Index ``outcome``; ``r2 ci_lower ci_upper``, what its levers explain together without any restriction.
    counts : mapping
        Draws by what became of them: ``drawn``, ``failed`` (no estimates), ``indefinite`` (correlations
        between factors that are not positive definite, of which there are no shares), ``used``.
    confidence : float
        Level of the intervals.
    """

    levers: pd.DataFrame
    explained: pd.DataFrame
    counts: Mapping[str, int]
    confidence: float

    def table(self) -> pd.DataFrame:
        """One row for each lever of each outcome, the largest share first."""
        order = {name: k for k, name in enumerate(self.explained.index)}
        place = self.levers.assign(place=self.levers["outcome"].map(order))
        sorted_ = place.sort_values(["place", "share"], ascending=[True, False], kind="stable")
        return sorted_.drop(columns="place").reset_index(drop=True)

    def disagreements(self) -> pd.DataFrame:
        """Levers about which the two figures disagree.

        Their places in the order by size of total effect and in the order by share are two or more apart, or
        they come first in one order only.

        Returns
        -------
        DataFrame
            ``outcome predictor place_total place_share``.
        """
        by = self.levers.assign(total=self.levers["total"].abs()).groupby("outcome", sort=False)
        places = by[["total", "share"]].rank(ascending=False, method="first").astype(int)
        found = self.levers[["outcome", "predictor"]].assign(
            place_total=places["total"], place_share=places["share"]
        )
        first = (places == 1).sum(axis=1) == 1
        apart = (places["total"] - places["share"]).abs() >= APART
        return found[first | apart].reset_index(drop=True)

    def turned(self) -> pd.DataFrame:
        """Levers whose total effect can be told from zero and has another sign than their correlation."""
        told = self.levers["total_ci_lower"] * self.levers["total_ci_upper"] > 0
        return self.levers[told & (self.levers["total"] * self.levers["r"] < 0)].reset_index(drop=True)

    def _line(self) -> str:
        parts = [f"R² of {name} {short(r2)}" for name, r2 in self.explained["r2"].items()]
        return (
            f"{how_many(len(self.levers), 'lever')}, {', '.join(parts)}, {self.counts['used']} draws in use"
        )


def predictor_importance(
    fit: SamFit | Fit, outcome: str, *, draws: Bootstrap, confidence: float = 0.95
) -> Importance:
    """How much each lever of an outcome, and of what lies between, matters.

    Parameters
    ----------
    fit : SamFit or Fit
        Of one group.
    outcome : str
    draws : Bootstrap
        Draws of the fit, from `bouwen.bootstrap`: intervals are their percentiles.
    confidence : float

    Returns
    -------
    Importance
        Shares come from the correlations between factors that the model implies.

    Raises
    ------
    NoLevers
        The outcome has fewer than two levers, or more than 15.
    NotAShare, OtherModel

    References
    ----------
    Lindeman, Merenda & Gold (1980); see `shares_of_r2`.
    """
    check_confidence(confidence)
    own = fit.structural if isinstance(fit, SamFit) else fit
    totals = decompose_effects(own, draws=draws, confidence=confidence)
    arrows = [(row.rhs, row.lhs) for row in own.partable.rows if row.op == "~"]
    names, C, drawn = covariances_of(own, draws)
    chosen = {name: levers_of(arrows, name) for name in outcomes_of(arrows, outcome)}
    if not chosen:
        raise NoLevers(outcome, levers_of(arrows, outcome))
    among = [names.index(x) for x in dict.fromkeys(x for name in chosen for x in (*chosen[name], name))]
    proper = np.linalg.eigvalsh(drawn[:, among][:, :, among])[:, 0] > 0
    parts, explained = [], {}
    for name, levers in chosen.items():
        places = [names.index(x) for x in (*levers, name)]
        shares, of_draws = (shares_of_r2(x[..., places, :][..., places]) for x in (C, drawn[proper]))
        ends = percentile_interval(np.column_stack([of_draws, of_draws.sum(axis=1)]), confidence)
        explained[name] = (shares.sum(), *(float(end[-1]) for end in ends))
        total = totals[totals["outcome"] == name].set_index("predictor").loc[list(levers)]
        figures = (
            total["est"],
            total["boot_lower"],
            total["boot_upper"],
            shares,
            *(end[:-1] for end in ends),
        )
        columns = {key: np.asarray(figure) for key, figure in zip(OF_LEVERS, figures, strict=True)}
        columns["r"] = correlations_with_last(C[np.ix_(places, places)])
        parts.append(pd.DataFrame({"outcome": name, "predictor": levers, **columns}))
    index = pd.Index(list(explained), name="outcome")
    r2 = pd.DataFrame(list(explained.values()), index, columns=["r2", "ci_lower", "ci_upper"])
    used, count = int(proper.sum()), draws.counts
    counts = {
        "drawn": count["drawn"],
        "failed": count["drawn"] - count["used"],
        "indefinite": count["used"] - used,
        "used": used,
    }
    return Importance(pd.concat(parts, ignore_index=True), r2, counts, confidence)


def covariances_of(fit: Fit, draws: Bootstrap) -> tuple[tuple[str, ...], Array, Array]:
    """Variables of a model, their implied covariances (m, m), and those of the draws in use (D, m, m)."""
    st = fit.structure
    rows = draws.values()[:, None, : fit.partable.rows_per_group]
    return (*st.observed, *st.latent), fit.implied.C[0], implied_of_rows(st, rows).C[:, 0]


def correlations_with_last(C: Array) -> Array:
    """Correlations (k,) of variables with the last one, from their covariances (k + 1, k + 1)."""
    sd = np.sqrt(np.diag(C))
    return np.asarray(C[:-1, -1] / (sd[:-1] * sd[-1]))


def levers_of(arrows: Sequence[tuple[str, str]], outcome: str) -> tuple[str, ...]:
    """What leads to an outcome and has nothing that leads to it, in the order of the arrows.

    Parameters
    ----------
    arrows : sequence of (predictor, what it predicts)
    outcome : str

    >>> levers_of([("a", "m"), ("b", "m"), ("m", "y"), ("b", "y")], "y")
    ('a', 'b')
    """
    before, new = {outcome}, {outcome}
    while new := {source for source, target in arrows if target in new} - before:
        before |= new
    predicted = {target for _, target in arrows}
    return tuple(
        name
        for name in dict.fromkeys(source for source, _ in arrows)
        if name in before - predicted - {outcome}
    )


def outcomes_of(arrows: Sequence[tuple[str, str]], outcome: str) -> tuple[str, ...]:
    """An outcome, and what lies between it and its levers, where each has levers to be weighed: 2 to 15.

    >>> outcomes_of([("a", "m"), ("b", "m"), ("m", "y"), ("b", "y")], "y")
    ('y', 'm')
    """
    between = [target for _, target in arrows if target != outcome and outcome in _after(arrows, target)]
    return tuple(
        name for name in dict.fromkeys([outcome, *between]) if 1 < len(levers_of(arrows, name)) <= MOST_LEVERS
    )


def weighable(study: Study) -> bool:
    """Whether a study's structural model has levers of the outcome, or of what lies between."""
    formulas = parse_model(study.model("structural")).formulas
    return bool(outcomes_of([(f.rhs, f.lhs) for f in formulas if f.op == "~"], study.outcome_variable))


def _after(arrows: Sequence[tuple[str, str]], name: str) -> set[str]:
    """What a variable leads to."""
    found: set[str] = set()
    new = {name}
    while new := {target for source, target in arrows if source in new} - found:
        found |= new
    return found


def shares_of_r2(R: Array) -> Array:
    """Each predictor's part of R², averaged over all orders in which they can enter.

    share_j = Σ_S |S|! (k − 1 − |S|)! / k! · (R²(S ∪ {j}) − R²(S)) over the sets S of other predictors. The
    parts are never negative and add up to R² of all.

    Parameters
    ----------
    R : array (..., k + 1, k + 1)
        Covariances or correlations of k predictors and, last, the outcome; positive definite.

    Returns
    -------
    array (..., k)

    References
    ----------
    Lindeman, Merenda & Gold (1980), Introduction to bivariate and multivariate analysis, p. 119 ff.; Grömping
    (2006), Relative importance for linear regression in R: the package relaimpo. Journal of Statistical
    Software 17(1).
    """
    k = R.shape[-1] - 1
    explained = r2_of_subsets(R)
    size = np.array([n.bit_count() for n in range(2**k)])
    weight = 1 / (k * np.array([math.comb(k - 1, s) for s in range(k)]))  # of a set of s others
    out = np.empty((*R.shape[:-2], k))
    for j in range(k):
        others = np.flatnonzero(~np.arange(2**k) >> j & 1)
        gain = explained[others | 1 << j] - explained[others]
        out[..., j] = np.tensordot(weight[size[others]], gain, axes=1)
    return out


def r2_of_subsets(R: Array) -> Array:
    """R² (2ᵏ, ...) of the outcome, last in R (..., k + 1, k + 1), on every subset of its k predictors.

    Bit j of a subset's number says whether predictor j is in it. Each subset is one sweep away from the one
    without its highest predictor.

    References
    ----------
    Goodnight (1979), A tutorial on the SWEEP operator. The American Statistician 33.
    """
    k = R.shape[-1] - 1
    left = np.empty((2**k, *R.shape[:-2]))  # variance of the outcome that is left

    def walk(S: Array, subset: int, first: int) -> None:
        """Note what a subset leaves, S being what it leaves of all; go on to those with higher predictors."""
        left[subset] = S[..., -1, -1]
        for j in range(first, k):
            gone = S[..., :, j, None] * S[..., None, j, :] / S[..., j, j, None, None]
            walk(S - gone, subset | 1 << j, j + 1)

    walk(R, 0, 0)
    return 1 - left / R[..., -1, -1]
