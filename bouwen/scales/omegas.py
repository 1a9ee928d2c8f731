"""Scales -> how reliable the score of each one is, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import DataError, check_answers, check_choice, check_confidence, is_ordered
from bouwen.results import Result, at_level, how_many, short
from bouwen.scales.composite import omega
from bouwen.scales.estimators import CORRECTED, estimation
from bouwen.scales.nested import model_clusters, with_clusters
from bouwen.scales.reliability import alpha
from bouwen.scales.scoring import key_items
from bouwen.sem import CONVERGED, Bootstrap, Fit, NotConverged, NotIdentified, bootstrap, fit_sem
from bouwen.survey import Study

RELIABILITY_COLUMNS = [
    "n_items",
    "n",
    "missing",
    "alpha",
    "alpha_ci_lower",
    "alpha_ci_upper",
    "omega",
    "omega_ci_lower",
    "omega_ci_upper",
    "draws",
    "failed",
    "improper",
    "note",
]


@dataclass(frozen=True, eq=False, repr=False)
class Reliability(Result):
    """Reliability of scales.

    Attributes
    ----------
    figures : DataFrame
        See `Reliability.table`.
    fits : dict of str to Fit
        The one-factor model of each scale that has one.
    drawn : dict of str to Bootstrap
        Its bootstrap samples; empty without draws.
    confidence : float
    seed : int
    """

    figures: pd.DataFrame
    fits: dict[str, Fit] = field(repr=False)
    drawn: dict[str, Bootstrap] = field(repr=False)
    confidence: float
    seed: int

    def table(self) -> pd.DataFrame:
        """One row per scale.

        Returns
        -------
        DataFrame
            Index ``construct``; ``n_items``, ``n`` respondents with an answer, the share of their answers
            that is ``missing``, ``alpha`` with Feldt's interval, ``omega`` with the percentile interval over
            ``draws`` bootstrap samples less the ``failed`` ones without a solution; ``improper`` counts
            samples with a negative variance, which are kept. ``note`` says what to know before quoting a
            figure.
        """
        return at_level(self.figures.copy(), self.confidence)

    def _line(self) -> str:
        omegas = self.figures["omega"]
        span = f"{short(omegas.min())} to {short(omegas.max())}"
        return f"{how_many(len(self.figures), 'scale')}, omega from {span}"


def scale_reliability(
    scales: Study | Mapping[str, pd.DataFrame],
    *,
    draws: int = 1000,
    seed: int = 1,
    estimator: str = "MLR",
    confidence: float | None = None,
    n_jobs: int | None = None,
) -> Reliability:
    """Omega of each scale from a one-factor model of its own, with a bootstrap interval, and alpha beside it.

    Parameters
    ----------
    scales : Study, or mapping of str to DataFrame
        A study, whose reversed items are turned; or the items of each scale.
    draws : int
        Bootstrap samples of respondents, by MLR of whole clusters where a study has enough; 0 for none.
    seed : int
    estimator : "MLR" or "WLSMV"
        Continuous answers by maximum likelihood with every answer given (FIML), or ordered ones, whose omega
        is that of the sum of the answers (Green & Yang, 2009). Columns of ordered categories are ordered.
    confidence : float, optional
        Level of the intervals; the study's own, or .95.
    n_jobs : int, optional
        Workers; their number does not change the result.

    Returns
    -------
    Reliability
        A scale of one item has no figures; one of two gets equal loadings, which makes its omega alpha. A
        scale whose model has no solution keeps its alpha.

    Raises
    ------
    UnknownOption, NotAShare
    DataError
        Items that are no numbers.

    References
    ----------
    McDonald (1999), ch. 6; Kelley & Pornprasertmanit (2016), Psychological Methods 21 (bootstrap intervals of
    omega); Green & Yang (2009), Psychometrika 74; Feldt (1965), Psychometrika 30.
    """
    clusters = None
    if isinstance(scales, Study):
        clusters = model_clusters(scales, estimator)
        keyed, level = key_items(scales), scales.settings.confidence
        scales = {name: keyed[list(scales.items_of(name))] for name in scales.constructs}
    else:
        level = 0.95
    level = level if confidence is None else confidence
    check_confidence(level)
    estimator = check_choice("estimator", estimator, CORRECTED)
    rows, fits, drawn = {}, {}, {}
    for name, items in scales.items():
        row = _described(items, level)
        if np.isfinite(row["alpha"]):
            try:
                fits[name] = _one_factor(items, estimator, clusters)
            except (NotConverged, NotIdentified) as error:
                row["note"] = f"no omega: {error}"
            else:
                if draws:
                    drawn[name] = bootstrap(fits[name], draws, seed=seed, n_jobs=n_jobs)
                row |= _omega(fits[name], drawn.get(name), level)
        rows[name] = row
    figures = pd.DataFrame.from_dict(rows, orient="index", columns=RELIABILITY_COLUMNS).rename_axis(
        "construct"
    )
    return Reliability(figures, fits, drawn, level, seed)


def _described(items: pd.DataFrame, confidence: float) -> dict[str, Any]:
    """Size, alpha, and why the scale has no figures, if so."""
    answered = items.dropna(how="all")
    missing = float(answered.isna().to_numpy().mean()) if len(answered) else np.nan
    row: dict[str, Any] = dict.fromkeys(RELIABILITY_COLUMNS, np.nan)
    row |= {"n_items": items.shape[1], "n": len(answered), "missing": missing}
    row |= {"draws": 0, "failed": 0, "improper": 0, "note": ""}
    if items.shape[1] == 1:
        return row | {"note": "one item: no reliability"}
    try:
        found = alpha(items, confidence=confidence)
    except DataError as error:
        return row | {"note": str(error)}
    row |= {"alpha": found.raw, "alpha_ci_lower": found.ci_lower, "alpha_ci_upper": found.ci_upper}
    return row | {"note": "two items: loadings held equal" if items.shape[1] == 2 else ""}


def _one_factor(items: pd.DataFrame, estimator: str, clusters: pd.Series | None) -> Fit:
    answers = check_answers(items, minimum=2, what="omega")
    names = [f"item{k}" for k in range(1, answers.shape[1] + 1)]  # columns may hold what a model text may not
    safe = answers.set_axis(names, axis=1)
    same = "same*" if len(names) == 2 else ""
    syntax = f"factor =~ {' + '.join(same + name for name in names)}"
    if any(is_ordered(items[column]) for column in items.columns):
        estimator = "WLSMV"  # ordered means ordered, as in a model
    safe, nested = with_clusters(safe, clusters)
    return fit_sem(syntax, safe, **estimation(estimator), std_lv=True, **nested)


def _omega(fit: Fit, drawn: Bootstrap | None, confidence: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if drawn is None:
        found["omega"] = float(omega(fit)["omega"].iloc[0])
    else:
        row = omega(fit, draws=drawn.values(), confidence=confidence).iloc[0]
        found |= {"omega": row["omega"], "omega_ci_lower": row["ci_lower"], "omega_ci_upper": row["ci_upper"]}
        status = drawn.drawn.status
        found |= {"draws": len(status), "failed": int((status != CONVERGED).sum())}
        found["improper"] = int(drawn.drawn.improper.any(axis=1).sum())
    if fit.improper:
        found["note"] = "improper solution: an item has a negative error variance"
    return found
