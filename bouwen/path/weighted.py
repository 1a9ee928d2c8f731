"""A study -> its main path with answers that count alike, by sampling weights, and raked to the register."""

from __future__ import annotations

import pandas as pd

from bouwen.path.choices import material, specifications
from bouwen.path.effects import standardised_effect
from bouwen.path.paths import as_syntax
from bouwen.scales import with_clusters
from bouwen.sem import fit_sem
from bouwen.special import ndtri
from bouwen.survey import Study, check_is_study, design_effect, rake_to_register

COUNTED_BY = "sampling weights"  # a column that no item can be called


def weighted_effects(study: Study) -> pd.DataFrame | None:
    """The main path in the study's own specification, by how much each answer counts.

    Parameters
    ----------
    study : Study

    Returns
    -------
    DataFrame or None
        Indexed by ``weighting``: "alike", "own" (the study's sampling weights) and "raked" (to the shares of
        the register, see `bouwen.survey.rake_to_register`), where there are such: ``estimate se ci_lower
        ci_upper pvalue n design_effect``. The estimate is that of `bouwen.path.effects.standardised_effect`,
        by MLR. None where the study has neither weights nor a register to compare with.

    Raises
    ------
    NoMainPath, NotRaked
    """
    check_is_study(study)
    raked = rake_to_register(study)
    weights = {"own": study.weights, "raked": None if raked is None else raked.weights}
    known = {name: w for name, w in weights.items() if w is not None}
    if not known:
        return None
    given = material(study)
    own = next(specifications(study, given))
    text, answers = as_syntax(given.model(own).represented(own.form)), given.answers(own)
    predictors = given.path.facets if own.form == "facets" else (given.path.predictor,)
    half = float(ndtri((1 + study.settings.confidence) / 2))
    rows = {}
    for name, w in {"alike": pd.Series(1.0, study.responses.index), **known}.items():
        counted, nested = with_clusters(answers.assign(**{COUNTED_BY: w}), given.clusters)
        options = {"sampling_weights": COUNTED_BY, **nested}
        fit = fit_sem(text, counted, estimator="MLR", missing="fiml", **options)
        effect = standardised_effect(fit, predictors, given.path.outcome)
        low, high = effect.estimate - half * effect.se, effect.estimate + half * effect.se
        cost = design_effect(counted[COUNTED_BY])
        rows[name] = (effect.estimate, effect.se, low, high, effect.pvalue, fit.n, cost)
    columns = ["estimate", "se", "ci_lower", "ci_upper", "pvalue", "n", "design_effect"]
    return pd.DataFrame(rows.values(), pd.Index(rows, name="weighting"), columns)
