"""A study -> how many answers its follow-up needs.

The population is the study's own: its structural model is fitted and its estimates are taken to be true. What
the follow-up looks for is what leads to the study's outcome, directly and through other variables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from bouwen.checks import check_share
from bouwen.results import Result, how_many, short
from bouwen.scales import as_numbers, fit_structure
from bouwen.sem import (
    Fit,
    Power,
    SamFit,
    UnsupportedModel,
    indirect_effects,
    model_power,
    needed,
    parse_model,
)
from bouwen.survey import Study, check_is_study, group_sizes

WORTH_FINDING = 0.10  # standardised; Cohen's (1988) small effect
GOAL = 0.80
STEP = 25
PER_PARAMETER = 5  # answers below which estimates of so large a model are unstable (Bentler & Chou, 1987)


@dataclass(frozen=True, eq=False, repr=False)
class FollowUp(Result):
    """What a simulated follow-up finds.

    Attributes
    ----------
    n, df : int
        Respondents of the study and degrees of freedom of its structural model.
    effects : DataFrame
        Index target, as in ``result``; ``chain``, the tuple of variables from the first to the outcome, and
        ``std``, the standardised effect in the study.
    result : Power
    goal : float
        The power that is aimed at.
    npar : int
        Free parameters of the structural model.
    """

    n: int
    df: int
    effects: pd.DataFrame
    result: Power
    goal: float = GOAL
    npar: int = 0

    @property
    def least(self) -> int:
        """Answers below which the model has fewer than five for each parameter."""
        return PER_PARAMETER * self.npar

    @property
    def confidence(self) -> float:
        """Level of the intervals that tell an effect from zero."""
        return round(1 - self.result.alpha, 12)

    def table(self, population_size: int | None = None) -> pd.DataFrame:
        """Each effect with its power at the study's own size and the answers that it needs.

        Returns
        -------
        DataFrame
            Index target: ``chain std power mc_error`` at n; ``needed`` with its ``needed_error``, ``beyond``
            whether that lies outside the simulated sizes, ``sparse``, whether it leaves fewer than five
            answers for each parameter, and ``worth``, whether the effect is at least 0.10 (standardised).
            With ``population_size``, also ``needed_finite``, see `needed`.
        """
        results = self.result.table()
        own = results[results["n"] == self.n].set_index("target").loc[self.effects.index]
        found = needed(self.result, self.goal).loc[self.effects.index]
        out = self.effects.assign(
            power=own["power"],
            mc_error=own["mc_error"],
            needed=found["n"],
            needed_error=found["mc_error"],
            beyond=found["beyond"],
            sparse=found["n"] < self.least,
            worth=self.effects["std"].abs() >= WORTH_FINDING,
        )
        if population_size is not None:
            finite = needed(self.result, self.goal, population_size=population_size)
            out["needed_finite"] = finite["n"].loc[out.index]
        return out

    @property
    def hardest(self) -> pd.Series | None:
        """The effect worth finding that needs most answers; None where there is none."""
        table = self.table()
        table = table[table["worth"] & table["needed"].notna()].sort_values("needed")
        return None if table.empty else table.iloc[-1]

    def _line(self) -> str:
        own = self.result.results.query("n == @self.n")["power"]
        return (
            f"n = {self.n}: power of {how_many(len(self.effects), 'effect')} from {short(own.min())} to "
            f"{short(own.max())}, {short(self.goal)} aimed at"
        )


def plan_follow_up(
    study: Study,
    n: Sequence[int] | int | None = None,
    *,
    reps: int = 500,
    goal: float = GOAL,
    seed: int = 1,
    n_jobs: int | None = None,
) -> FollowUp:
    """Simulate follow-ups of a study and count how often they find what leads to its outcome.

    Parameters
    ----------
    study : Study
    n : int or sequence of int, optional
        Sizes of the follow-up; by default as few as the model can be fitted to, half, once, one and a half
        times and twice the study's, rounded to 25. The study's own size is added where it is not among them.
    reps : int
        Follow-ups of each size.
    goal : float
        The power to reach.
    seed : int
    n_jobs : int, optional

    Raises
    ------
    NotAShare, NotACount
    BouwenError
        The structural model cannot be fitted, or its solution cannot be a population.

    Notes
    -----
    The population is the study's own model with the estimates that its structural page shows: those of
    structure after measurement where that is possible (`bouwen.fit_structure`), by MLR where answers are
    taken as ordered. Answers are drawn as complete and normal and analysed by maximum likelihood in one step,
    which finds an effect of a right model about as often as two steps do. What is missing, and answers in few
    categories, cost some more power (`bouwen.model_power` simulates both).
    """
    check_is_study(study)
    check_share("goal", goal)
    fit = fit_structure(study, "structural", estimator=as_numbers(study.analysis.estimator))
    model, effects = analysis_of(study, fit)
    sizes = sorted({fit.n, *(default_sizes(fit) if n is None else np.atleast_1d(n).tolist())})
    result = model_power(
        fit, model, sizes, reps, targets=list(effects.index), alpha=1 - study.settings.confidence,
        seed=seed, n_jobs=n_jobs,
    )  # fmt: skip
    return FollowUp(fit.n, fit.df, effects, result, goal, fit.npar)


def default_sizes(fit: Fit | SamFit) -> list[int]:
    """The fewest for the model, half, one and a half times and twice the respondents, rounded to 25.

    The fewest are half as many again as the items: small needs are where a line through larger sizes leads
    astray, and hardly more answers than items give improper solutions in every other sample.
    """
    least = STEP * math.ceil(1.5 * len(fit.sample.names) / STEP)
    found = [max(least, STEP * round(factor * fit.n / STEP)) for factor in (0.5, 1.5, 2)]
    return sorted({least, *found})


def analysis_of(study: Study, fit: Fit | SamFit) -> tuple[str, pd.DataFrame]:
    """The structural model with its indirect effects as defined parameters, and the effects on the outcome.

    Returns
    -------
    str
        The model.
    DataFrame
        Index target; columns ``chain std``.
    """
    outcome = study.outcome_variable
    model = parse_model(study.model("structural"))
    labels: dict[tuple[str, str], str] = {}
    formulas = []
    for f in model.formulas:
        if f.op == "~":
            label = next(iter(f.modifiers.labels), "") or f"path{len(labels) + 1}"
            labels[f.rhs, f.lhs] = label
            f = replace(f, modifiers=replace(f.modifiers, labels=(label,)))
        formulas.append(f)
    direct = fit.standardized().query("op == '~' and lhs == @outcome")
    rows: list[tuple[str, tuple[str, ...], float]] = [
        (f"{outcome} ~ {rhs}", (rhs, outcome), std)
        for rhs, std in zip(direct["rhs"], direct["est_std"], strict=True)
    ]
    definitions: list[str] = []
    for chain, std in _chains_to(fit, outcome):
        name = f"indirect{len(definitions) + 1}"
        product = "*".join(labels[step] for step in pairwise(chain))
        definitions.append(f"{name} := {product}")
        rows.append((name, chain, std))
    text = "\n".join([*map(str, formulas), *map(str, model.constraints), *definitions])
    return text, pd.DataFrame(rows, columns=["target", "chain", "std"]).set_index("target")


def _chains_to(fit: Fit | SamFit, outcome: str) -> list[tuple[tuple[str, ...], float]]:
    try:
        found = indirect_effects(fit, outcome)
    except UnsupportedModel:  # nothing lies between
        return []
    named = zip(found["predictor"], found["via"], found["est"], strict=True)
    return [((str(first), *via, outcome), float(std)) for first, via, std in named if via]


def smallest_difference(n1: int, n2: int, *, power: float = GOAL, alpha: float = 0.05) -> float:
    """Difference between two means, in standard deviations, that a two-sided t-test finds with this power.

    The d at which Student's t on n₁ + n₂ − 2 degrees of freedom, noncentral with d √(n₁n₂/(n₁ + n₂)), exceeds
    its critical values with that probability (Cohen, 1988, section 2.3).

    >>> round(smallest_difference(30, 30), 3)
    0.736
    """
    from scipy.optimize import brentq
    from scipy.special import nctdtr, stdtrit

    df, unit = n1 + n2 - 2, math.sqrt(n1 * n2 / (n1 + n2))
    critical = float(stdtrit(df, 1 - alpha / 2))

    def missing(d: float) -> float:
        below = np.nan_to_num(nctdtr(df, d * unit, -critical))  # NaN where it is too small to matter
        return float(nctdtr(df, d * unit, critical) - below) - (1 - power)

    return float(brentq(missing, 1e-6, 10 / unit, xtol=1e-10))


def smallest_differences(study: Study, *, power: float = GOAL) -> pd.DataFrame:
    """The smallest difference between each two levels of each group that their sizes can show.

    Returns
    -------
    DataFrame
        ``group first second n_first n_second d``, for levels with enough respondents; ``d`` in standard
        deviations of a score, see `smallest_difference`. The level is that of the first step of Holm (1979)
        over the study's constructs, which is the test that pages make: the complement of the confidence,
        divided by their number.
    """
    sizes, alpha = group_sizes(study), (1 - study.settings.confidence) / max(len(study.constructs), 1)
    rows = []
    for group in study.groups:
        enough = sizes.loc[group].query("enough")["n"]
        rows += [
            (group, a, b, int(enough[a]), int(enough[b]),
             smallest_difference(int(enough[a]), int(enough[b]), power=power, alpha=alpha))
            for a, b in combinations(enough.index, 2)
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "first", "second", "n_first", "n_second", "d"])
