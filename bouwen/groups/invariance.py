"""One model in several groups -> a ladder of fits, each holding more of it equal over the groups.

References
----------
Meredith (1993), Measurement invariance, factor analysis and factorial invariance. Psychometrika 58.
Wu & Estabrook (2016), Identification of confirmatory factor analysis models of different levels of
invariance for ordered categorical outcomes. Psychometrika 81.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import pandas as pd

from bouwen.checks import UnknownOption, check_choice
from bouwen.errors import BouwenError
from bouwen.results import Result, how_many, rounded
from bouwen.sem import (
    Fit,
    NoDifference,
    Releases,
    UnsupportedModel,
    as_written,
    check_asked,
    difference_test,
    fit_sem,
    ordered_items,
    parse_model,
    roles,
)

#: What each step adds to what the steps before it hold equal.
CONTINUOUS = {"configural": "", "metric": "loadings", "scalar": "intercepts", "strict": "residuals"}
ORDERED = {"configural": "", "thresholds": "thresholds", "metric": "loadings", "scalar": "intercepts"}
STEP_MEASURES = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr")
SMALL_SAMPLE = 300  # respondents up to which Chen (2007) has stricter limits


class NoLadder(BouwenError):
    """The steps of an invariance ladder cannot be taken with these data."""


@dataclass(frozen=True, eq=False, repr=False)
class Invariance(Result):
    """A model fitted with more and more of it equal over groups.

    Attributes
    ----------
    group : str
        The column with the groups.
    fits : dict of step to Fit
        In the order of the ladder.
    adds : dict of step to str
        What a step holds equal that the one before it does not.
    """

    group: str
    fits: dict[str, Fit]
    adds: dict[str, str]

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps taken."""
        return tuple(self.fits)

    @property
    def sizes(self) -> pd.Series[int]:
        """Respondents used per group."""
        sample = next(iter(self.fits.values())).sample
        return pd.Series(list(sample.counts), index=list(sample.group_values), name="n")

    @cached_property
    def _table(self) -> pd.DataFrame:
        fits = list(self.fits.values())
        table = pd.DataFrame({name: _of_all(fits, name) for name in STEP_MEASURES}, index=list(self.steps))
        for name in ("cfi", "rmsea", "srmr"):
            table[f"{name}_diff"] = table[name].diff()
        tests = [_difference(free, held) for free, held in pairwise(fits)]
        names = ["chisq_diff", "df_diff", "pvalue_diff"]
        table[names] = [(math.nan,) * 3, *tests]
        return table.rename_axis("step")

    def table(self) -> pd.DataFrame:
        """Fit of every step, and what it costs against the step before.

        Returns
        -------
        DataFrame
            Index step; ``chisq df pvalue cfi rmsea srmr`` (the corrected ones where the estimator corrects
            them), their changes ``cfi_diff rmsea_diff srmr_diff``, and the likelihood-ratio test
            ``chisq_diff df_diff pvalue_diff`` of `bouwen.sem.difference_test`, NaN where it does not exist.
        """
        return self._table.copy()

    def verdicts(self) -> pd.DataFrame:
        """What the usual criteria say of every step after the first.

        Returns
        -------
        DataFrame
            Index step; booleans ``test`` (p < .05), ``cheung_rensvold`` (CFI falls by more than .01) and
            ``chen`` (CFI falls by .010 or more and RMSEA rises by .015, or SRMR by .030 for loadings and
            .010 beyond; up to 300 respondents .005, .010, .025 and .005), true where the criterion sees a
            difference; and ``verdict``: "equal" or "different" where all agree, "mixed" where not.

        References
        ----------
        Cheung & Rensvold (2002), Structural Equation Modeling 9; Chen (2007), Structural Equation
        Modeling 14. Their limits come from simulations with larger groups than most studies have, so
        `permutation_invariance` should be read beside them.
        """
        table = self._table.iloc[1:]
        drop = -table["cfi_diff"].round(10)
        few = int(self.sizes.sum()) <= SMALL_SAMPLE
        by_step = {"loadings": 0.025 if few else 0.030}
        srmr = [by_step.get(self.adds[step], 0.005 if few else 0.010) for step in table.index]
        worse = (table["rmsea_diff"] >= (0.010 if few else 0.015)) | (table["srmr_diff"] >= srmr)
        found = pd.DataFrame(
            {
                "test": table["pvalue_diff"] < 0.05,
                "cheung_rensvold": drop > 0.01,
                "chen": (drop >= (0.005 if few else 0.010)) & worse,
            }
        )
        seen = found.sum(axis=1)
        found["verdict"] = seen.map({0: "equal", 3: "different"}).fillna("mixed")
        return found

    @cached_property
    def releases(self) -> dict[str, Releases]:
        """For every step after the first, the parameters that it holds equal, ready for score tests."""
        pairs = pairwise(self.steps)
        return {step: Releases.of(self.fits[step], beside=self.fits[before]) for before, step in pairs}

    def differences(self) -> pd.DataFrame:
        """Which parameters differ: a score test for each that a step holds equal.

        Returns
        -------
        DataFrame
            ``step lhs op rhs difference score df pvalue``: the largest minus the smallest estimate in the
            step before, and what chi-square would lose if this parameter alone were let go over the
            groups. No p-value for ordered items, whose plain score is no chi-square;
            `permutation_invariance` gives one.
        """
        frames = [r.table().assign(step=step) for step, r in self.releases.items()]
        columns = ["step", "lhs", "op", "rhs", "difference", "score", "df", "pvalue"]
        return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)

    def _line(self) -> str:
        drops = ", ".join(f"{step} {rounded(x)}" for step, x in self._table["cfi_diff"].iloc[1:].items())
        return (
            f"{' → '.join(self.steps)} over {how_many(len(self.sizes), 'group')} of {self.group}, "
            f"n = {int(self.sizes.sum())}" + (f", change in CFI: {drops}" if drops else "")
        )


def check_invariance(
    model: str,
    data: pd.DataFrame,
    group: str,
    *,
    steps: Sequence[str] | None = None,
    estimator: str = "ML",
    missing: str = "listwise",
    ordered: Sequence[str] | bool = (),
    group_partial: Sequence[str] = (),
    collapse: bool = False,
    cluster: str | None = None,
) -> Invariance:
    """Fit a model with more and more of it equal over groups.

    Parameters
    ----------
    model : str
        lavaan syntax.
    data : DataFrame
        One row for each respondent.
    group : str
        Column with the groups.
    steps : sequence of str, optional
        From the first on without gaps: "configural" (the same model), "metric" (equal loadings), "scalar"
        (and intercepts), "strict" (and residual variances). For ordered items "configural", "thresholds",
        "metric", "scalar", in the order of Wu & Estabrook (2016).
    estimator, missing, ordered, group_partial, collapse, cluster
        As for `bouwen.fit_sem`.

    Raises
    ------
    UnknownOption, UnsupportedModel, NoLadder
        A step that does not exist, ordered items with fewer than three categories, fewer than two groups.
    BouwenError
        A step cannot be estimated; a note names the step.

    Notes
    -----
    Factors have variance 1 (in the first group, once loadings are equal) rather than a marker, so that
    every loading can be compared. Factors of factors keep mean 0 in every group: the intercepts of items
    tell the means of the factors that they measure, and no more.
    """
    check_asked(data, group=group)
    items, _ = ordered_items(model, data, ordered)
    ladder = ORDERED if items else CONTINUOUS
    steps = [steps] if isinstance(steps, str) else steps
    wanted = tuple(check_choice("steps", step, ladder) for step in (ladder if steps is None else steps))
    if not wanted:
        raise UnknownOption("steps", steps, ladder)
    if wanted != tuple(ladder)[: len(wanted)]:
        raise NoLadder(f"the steps {', '.join(wanted)} skip one; each builds on all of {', '.join(ladder)}")
    if group in data and data[group].nunique() < 2:
        raise NoLadder(f'"{group}" has one group only, so there is nothing to compare')
    fits: dict[str, Fit] = {}
    held: list[str] = []
    for step in wanted:
        held += [ladder[step]] if ladder[step] else []
        try:
            fits[step] = fit_sem(
                _with_means(model, step, list(fits.values()), ordered=bool(items)),
                data,
                group=group,
                group_equal=[what for what in held if not (items and what == "intercepts")],
                group_partial=group_partial,
                estimator=estimator,
                missing=missing,
                ordered=ordered,
                collapse=collapse,
                cluster=cluster,
                std_lv=True,
                meanstructure=True,
            )
        except BouwenError as error:
            error.add_note(f'in the step "{step}" over "{group}"')
            raise
        if step == "configural" and items:
            _check_threshold_steps(fits[step], wanted)
    return Invariance(group, fits, {step: ladder[step] for step in wanted})


def _with_means(model: str, step: str, before: Sequence[Fit], *, ordered: bool) -> str:
    """The model with the means that identify it at a step.

    Ordered items have intercepts, and scales, of their own in all groups but the first once thresholds are
    equal; factor means follow when the intercepts are equal too (Wu & Estabrook, 2016, propositions 4, 7
    and 12).
    """
    who = roles(parse_model(model))
    lines = [f"{as_written(factor)} ~ 0*1" for factor in factors_of_factors(model)]
    if ordered and step in ("thresholds", "metric"):
        free = ", ".join(["0", *["NA"] * (len(before[0].sample.groups) - 1)])
        lines += [f"{as_written(item)} ~ c({free})*1" for item in before[0].partable.ordered]
        own = [factor for factor in who.latent if factor not in factors_of_factors(model)]
        lines += [f"{as_written(factor)} ~ 0*1" for factor in own]
    return "\n".join([model, *lines])


def factors_of_factors(model: str) -> tuple[str, ...]:
    """Factors that are measured by other factors."""
    statements = parse_model(model)
    latent = roles(statements).latent
    return tuple(
        f for f in latent if any(s.lhs == f and s.op == "=~" and s.rhs in latent for s in statements.formulas)
    )


def _check_threshold_steps(fit: Fit, steps: Sequence[str]) -> None:
    if len(steps) < 2:
        return
    rows = [row for row in fit.partable.rows if row.op == "|" and row.group == 0]
    for item in fit.partable.ordered:
        if sum(row.lhs == item for row in rows) < 2:
            raise UnsupportedModel(
                f'"{item}" has two categories, and equal thresholds of such an item cannot be tested (Wu & '
                "Estabrook, 2016); leave it out, or compare the groups in the configural step only"
            )


def _of_all(fits: Sequence[Fit], name: str) -> list[float]:
    """A measure of every step, in the version that the estimator corrects if all steps have it."""
    for version in (f"{name}_robust", f"{name}_scaled", name):
        values = [float(fit.measures.get(version, math.nan)) for fit in fits]
        if all(map(math.isfinite, values)):
            return values
    return [float(fit.measures[name]) for fit in fits]


def _difference(free: Fit, held: Fit) -> tuple[float, float, float]:
    try:
        test = difference_test(free, held)
    except NoDifference:
        return math.nan, float(held.df - free.df), math.nan
    return float(test["chisq_diff"]), float(test["df_diff"]), float(test["pvalue"])
