"""A study -> the curve of its main path under every defensible choice, and a test of the whole curve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.path.choices import CHOICES, Material, Specification, as_row, material, specifications
from bouwen.path.effects import standardised_effect
from bouwen.path.paths import MainPath, as_syntax
from bouwen.path.shuffles import SideScores, joint_tests, shuffled_effects
from bouwen.results import Result, how_many, short
from bouwen.scales import with_clusters
from bouwen.sem import Chunk, Fit, fit_sem, run_chunks
from bouwen.special import ndtri
from bouwen.survey import Study

AT_A_TIME = 6  # specifications that a worker takes


class TooFewShuffles(BouwenError):
    """A permutation test needs shuffles."""

    def __init__(self, found: int) -> None:
        super().__init__(f"a permutation test needs at least 19 shuffles for p = 0.05; found {found}.")


@dataclass(frozen=True, eq=False, repr=False)
class SpecificationCurve(Result):
    """The main path of a study in every specification.

    Attributes
    ----------
    path : MainPath
        What was estimated.
    results : DataFrame
        One row per specification, the study's own first: the choices (see
        `bouwen.path.choices.Specification`), then ``estimate se ci_lower ci_upper pvalue n df status
        note``. The estimate is the standardised effect; ``status`` is "fine", "improper" (an estimate that
        cannot be, such as a negative variance; ``note`` names it) or "failed" (no estimate; ``note`` says
        why).
    effects : array (1 + permutations, tested)
        Effects from factor scores, as they are and in each shuffle, of the specifications in ``tested``.
    tested : array
        Rows of ``results`` that take part in the joint tests: all but those by WLSMV.
    joint : DataFrame
        See `bouwen.path.shuffles.joint_tests`.
    confidence : float
        Level of the intervals; one minus it is the level of significance.
    """

    path: MainPath
    results: pd.DataFrame
    effects: Array
    tested: Array
    joint: pd.DataFrame
    confidence: float

    @property
    def permutations(self) -> int:
        """Shuffles."""
        return len(self.effects) - 1

    @property
    def reference(self) -> pd.Series[Any]:
        """The study's own specification."""
        return self.results.iloc[0]

    def table(self) -> pd.DataFrame:
        """One row per specification, smallest effect first and failed ones last."""
        return self.results.sort_values("estimate", kind="stable")

    def steps(self) -> pd.DataFrame:
        """How much each choice moves the effect, everything else equal.

        Returns
        -------
        DataFrame
            Index ``choice`` and ``level``; ``n`` specifications, their ``median``, and the ``shift``
            (median), ``smallest`` and ``largest`` difference from the specifications that are equal but for
            having the choice's first level. NaN for the first level itself.
        """
        told = self.results[self.results["status"] != "failed"]
        rows = {}
        for choice in CHOICES:
            levels = list(dict.fromkeys(self.results[choice]))
            others = [name for name in CHOICES if name != choice]
            wide = told.pivot(index=others, columns=choice, values="estimate").reindex(columns=levels)
            for level in levels:
                moved = (
                    (wide[level] - wide[levels[0]]).dropna() if level != levels[0] else pd.Series(dtype=float)
                )
                of_level = told.loc[told[choice] == level, "estimate"]
                rows[choice, level] = (
                    len(of_level), of_level.median(), moved.median(), moved.min(), moved.max()
                )  # fmt: skip
        index = pd.MultiIndex.from_tuples(list(rows), names=["choice", "level"])
        return pd.DataFrame(
            list(rows.values()), index, columns=["n", "median", "shift", "smallest", "largest"]
        )

    def summary(self) -> pd.Series[float]:
        """The curve in numbers.

        ``specifications failed improper median lowest highest same_sign significant tested permutations``,
        with the shares that have the sign of the median and that are significant, and the p-values of the
        joint tests as ``pvalue_median pvalue_significant pvalue_z``.
        """
        told = self.results[self.results["status"] != "failed"]
        estimate, sign = told["estimate"], np.sign(told["estimate"].median())
        out = {
            "specifications": len(self.results),
            "failed": len(self.results) - len(told),
            "improper": int((told["status"] == "improper").sum()),
            "median": estimate.median(),
            "lowest": estimate.min(),
            "highest": estimate.max(),
            "same_sign": (np.sign(estimate) == sign).mean(),
            "significant": ((told["pvalue"] < 1 - self.confidence) & (np.sign(estimate) == sign)).mean(),
            "tested": len(self.tested),
            "permutations": self.permutations,
        }
        out |= {f"pvalue_{name}": p for name, p in self.joint["pvalue"].items()}
        return pd.Series(out, dtype=float)

    def of_the_question(self) -> pd.Series[float]:
        """The curve in numbers where the other predictors of the study's model are taken into account.

        ``specifications median lowest highest``, failed ones left out. Without those predictors an effect
        answers another question, unless the model has none.
        """
        told = self.results[self.results["status"] != "failed"]
        estimate = told.loc[told["adjustment"] != "none", "estimate"]
        numbers = (len(estimate), estimate.median(), estimate.min(), estimate.max())
        return pd.Series(numbers, ["specifications", "median", "lowest", "highest"], dtype=float)

    def _line(self) -> str:
        found = self.summary()
        low, high = short(found["lowest"]), short(found["highest"])
        return (
            f"{self.path.predictor} → {self.path.outcome}, {how_many(len(self.results), 'specification')}, "
            f"median {short(found['median'])} ({low} to {high}), {int(found['failed'])} failed"
        )


def specification_curve(
    study: Study, *, seed: int = 1, permutations: int = 500, n_jobs: int | None = None
) -> SpecificationCurve:
    """Estimate the path from a study's main predictor to its outcome under every defensible choice.

    The choices are those of `bouwen.path.choices.Specification`; all combinations that the study allows are
    fitted, each as a call of `bouwen.fit_sem` would, to what the path needs of the structural model (see
    `bouwen.path.paths.needed_part`). The estimate is the standardised effect of
    `bouwen.path.effects.standardised_effect`, which means the same in every specification.

    Parameters
    ----------
    study : Study
    seed : int
        Of the shuffles.
    permutations : int
        Shuffles of the outcome's answers for the joint tests. They cost little: see
        `bouwen.path.shuffles`. Specifications by WLSMV take no part in them. Where respondents are nested,
        errors by MLR are cluster-robust and whole clusters are shuffled; those by WLSMV know no clusters.
    n_jobs : int, optional
        Workers; the results do not depend on it.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    NoMainPath
        The study does not say which path it is about.
    TooFewShuffles

    Notes
    -----
    Multiple imputation is not among the treatments of gaps: FIML uses the same answers under the same
    assumption, and imputing from the outcome would undo what shuffling is for.

    References
    ----------
    Simonsohn, Simmons & Nelson (2020), Specification curve analysis. Nature Human Behaviour 4, 1208–1214.
    """
    if permutations < 19:
        raise TooFewShuffles(permutations)
    given = material(study)
    every = list(specifications(study, given))
    confidence = study.settings.confidence
    task = partial(_fit_some, given, every, confidence)
    parts = run_chunks(task, len(every), seed=seed, n_jobs=n_jobs, chunk=AT_A_TIME)
    results = pd.DataFrame([row for part in parts for row in part])
    tested = np.flatnonzero(results["estimator"] == "MLR")
    effects, joint = shuffle(
        given, [every[k] for k in tested], confidence, draws=permutations, seed=seed, n_jobs=n_jobs
    )
    return SpecificationCurve(given.path, results, effects, tested, joint, confidence)


def shuffle(
    given: Material,
    some: list[Specification],
    confidence: float,
    *,
    draws: int,
    seed: int,
    n_jobs: int | None = None,
) -> tuple[Array, pd.DataFrame]:
    """Effects of specifications in shuffled answers, and the joint tests; see `SpecificationCurve`."""
    scores = SideScores(given)
    sides = [scores.sides(one) for one in some]
    attentive = given.attentive.to_numpy()
    clusters = None if given.clusters is None else given.clusters.to_numpy()
    effects, t = shuffled_effects(sides, attentive, clusters, draws=draws, seed=seed, n_jobs=n_jobs)
    df = np.array([one.df for one in sides])
    return effects, joint_tests(effects, t, df, given.path.direction, 1 - confidence)


def _fit_some(
    given: Material, every: list[Specification], confidence: float, chunk: Chunk
) -> list[dict[str, Any]]:
    some = every[chunk.first : chunk.first + chunk.size]
    return [result(given, one, confidence) for one in some]


def fit_specification(given: Material, specification: Specification) -> Fit:
    """Fit the model of one specification.

    Raises
    ------
    BouwenError
        See `bouwen.fit_sem`.
    """
    text = as_syntax(given.model(specification).represented(specification.form))
    answers = given.answers(specification)
    if specification.estimator == "WLSMV":
        return fit_sem(text, answers, estimator="WLSMV", ordered=True, missing="pairwise")
    incomplete = specification.missing == "available" and specification.form != "scores"
    missing = "fiml" if incomplete else "listwise"
    answers, nested = with_clusters(answers, given.clusters)
    return fit_sem(text, answers, estimator="MLR", missing=missing, **nested)


def result(given: Material, specification: Specification, confidence: float) -> dict[str, Any]:
    """One row of the curve."""
    row: dict[str, Any] = as_row(specification)
    try:
        fit = fit_specification(given, specification)
        predictors = given.path.facets if specification.form == "facets" else (given.path.predictor,)
        effect = standardised_effect(fit, predictors, given.path.outcome)
    except (BouwenError, np.linalg.LinAlgError) as error:
        empty = dict.fromkeys(("estimate", "se", "ci_lower", "ci_upper", "pvalue", "n", "df"), np.nan)
        return {**row, **empty, "status": "failed", "note": str(error)}
    improper = fit.improper
    half = float(ndtri((1 + confidence) / 2)) * effect.se
    return {
        **row,
        "estimate": effect.estimate,
        "se": effect.se,
        "ci_lower": effect.estimate - half,
        "ci_upper": effect.estimate + half,
        "pvalue": effect.pvalue,
        "n": fit.n,
        "df": fit.df,
        "status": "improper" if improper else "fine",
        "note": "; ".join(improper),
    }
