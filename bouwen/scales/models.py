"""A study's own models, fitted to a study's own answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from bouwen.checks import check_choice, check_known
from bouwen.errors import BouwenError
from bouwen.scales.estimators import estimation, is_ordinal
from bouwen.scales.nested import model_clusters, with_clusters
from bouwen.scales.scoring import key_items
from bouwen.sem import (
    ESTIMATORS,
    Fit,
    ModelError,
    ModelSyntaxError,
    NoJackknife,
    NotIdentified,
    SamFit,
    UnsupportedModel,
    fit_sam,
    fit_sem,
    jackknife,
    parse_model,
    read_model,
)
from bouwen.survey import Instrument, Problem, Study, check_is_study, refuse_in

AnyFit = TypeVar("AnyFit", Fit, SamFit)
FEW_CLUSTERS = 50  # Cameron & Miller (2015), A practitioner's guide to cluster-robust inference, section VI
WEIGHT_COLUMN = "sampling weights"  # a column that no item can be called


def fit_model(
    study: Study, model: str, *, estimator: str = "main", ordered: str | Sequence[str] | bool = ()
) -> Fit:
    """Fit one of the models of a study's instrument to its answers, reversed items turned.

    ML and MLR count answers by the study's sampling weights, where it has them; other estimators do not.

    Parameters
    ----------
    study : Study
    model : str
        The name of a model in the instrument, or the role ``"measurement"`` or ``"structural"``.
    estimator : str
        "main" or "sensitivity", the study's own (MLR and WLSMV where it names none); or a name. "MLR",
        maximum likelihood with robust errors that uses every answer given (FIML), suits items with
        five and more points; "WLSMV", as a check on it, is weighted least squares that takes answers as
        ordered categories, with every pair of answers used. The others of `bouwen.fit_sem` will do too,
        in any case; see `bouwen.scales.estimators.estimation`. Where respondents are nested in at least 20
        clusters MLR has cluster-robust errors and tests; the others take respondents to be independent.
    ordered : sequence of str, or str with commas, or True
        The items that are taken as ordered by an estimator that takes any so, all of them for True; where
        none is named the study's own, or all.

    Raises
    ------
    UnknownOption
        There is no such estimator.
    BouwenError
        The model is unknown or cannot be fitted.
    """
    check_is_study(study)
    syntax, estimator = named_model(study, model), chosen_estimator(study, estimator)
    if isinstance(ordered, bool):
        ordered = tuple(study.items) if ordered else ()
    names = (
        [name.strip() for name in ordered.split(",") if name.strip()] if isinstance(ordered, str) else ordered
    )
    names = [check_known("item", name, study.items) for name in names or study.analysis.ordered]
    used = [name for name in names if name in model_items(syntax)]
    options = estimation(estimator, ordered=used or True)
    answers, nested = with_clusters(key_items(study), model_clusters(study, options["estimator"]))
    if options["estimator"] in ("ML", "MLR"):
        answers, weighted = with_weights(answers, study)
        options |= weighted
    return fit_sem(syntax, answers, **options, **nested)


def with_weights(answers: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Answers with a column of sampling weights, and what tells the engine of it; as they are without any."""
    if study.weights is None:
        return answers, {}
    return answers.assign(**{WEIGHT_COLUMN: study.weights}), {"sampling_weights": WEIGHT_COLUMN}


def fit_structure(
    study: Study,
    model: str = "structural",
    *,
    estimator: str = "main",
    ordered: str | Sequence[str] | bool = (),
) -> SamFit | Fit:
    """Fit the structure of one of a study's models after its measurement, reversed items turned.

    Every block of factors is estimated by itself from every answer given, and the structural model from the
    factors' moments: a block that fits badly leaves the others alone, and small samples bear many constructs.
    Answers count by the study's sampling weights, where it has them, and errors are robust. Where respondents
    are nested in 20 to 50 clusters errors and limits are those of leaving out each cluster in turn
    (`bouwen.jackknife`), which hold with few; of more clusters, or where that is not possible, those of the
    cluster-robust sandwich. It is a study's main estimate of what leads to what; `fit_model` estimates the
    same in one step.

    Parameters
    ----------
    study : Study
    model : str
        The name of a model in the instrument, or the role ``"structural"``.
    estimator, ordered
        As in `fit_model`. One that takes answers as ordered categories has no two steps.

    Returns
    -------
    SamFit or Fit
        What `fit_model` gives where two steps are not possible: without factors, for a block that cannot be
        estimated by itself, such as a factor with two items, and for fewer than five respondents a structural
        parameter (see `bouwen.fit_sam`).

    Raises
    ------
    BouwenError
        The model is unknown or cannot be fitted in one step either.
    """
    check_is_study(study)
    syntax, chosen = named_model(study, model), chosen_estimator(study, estimator)
    factors = any(f.op == "=~" for f in parse_model(syntax).formulas)
    if factors and not is_ordinal(chosen):
        errors = "ML" if chosen == "ML" else "MLR"
        answers, nested = with_clusters(key_items(study), model_clusters(study, errors))
        answers, weighted = with_weights(answers, study)
        with suppress(BouwenError):
            found = fit_sam(syntax, answers, estimator=errors, **nested, **weighted)
            return without_each_cluster(found) if nested else found
    one_step = fit_model(study, model, estimator=estimator, ordered=ordered)
    return without_each_cluster(one_step) if one_step.sample.cluster else one_step


def without_each_cluster(fit: AnyFit) -> AnyFit:
    """A fit with errors of the jackknife, of few clusters where it has them, else with its own.

    With 29 clusters limits of the sandwich miss 7 % of the time and those of the jackknife 5 %; with some 150
    the sandwich holds, and the jackknife, which is more cautious, would cost power
    (``clusters-29-of-7-models.csv`` and ``recovery-of-*.csv`` of the benchmarks).
    """
    if sum(len(np.unique(group)) for group in fit.sample.cluster) > FEW_CLUSTERS:
        return fit
    try:
        return jackknife(fit)
    except (NoJackknife, UnsupportedModel):
        return fit


def chosen_estimator(study: Study, estimator: str) -> str:
    """The name of an estimator that is given by its name or by its role in a study."""
    roles = {"main": study.analysis.estimator, "sensitivity": study.analysis.sensitivity}
    name = check_choice("estimator", estimator, (*roles, *ESTIMATORS))
    return roles.get(name, name)


def model_items(syntax: str) -> set[str]:
    """Every variable that a model names."""
    return {name for f in parse_model(syntax).formulas for name in (f.lhs, f.rhs)}


def named_model(study: Study, name: str) -> str:
    """The text of a model by its name in the instrument or by its role in the study; `UnknownName` else."""
    roles = {role: getattr(study.file.models, role) for role in ("measurement", "structural")}
    check_known("model", name, dict.fromkeys((*study.instrument.models, *roles)))
    return study.instrument.model_syntax(roles.get(name, name))


def check_models(study: Study) -> None:
    """Read every model of a study's instrument as the engine does, before any is fitted.

    Raises
    ------
    FileError
        A model cannot be read, does not describe a model or is not identified whatever the answers are, and
        the message names the line of the instrument; or the study's measurement model has no factor.
    """
    refuse_in(study.instrument_path, model_problems(study.instrument))
    if not any(f.op == "=~" for f in parse_model(study.model("measurement")).formulas):
        name = study.file.models.measurement
        problem = f'the model "{name}" has no factor, so it measures nothing; write one, such as mood =~ m1.'
        refuse_in(study.path, [(("models", "measurement"), problem)])


def model_problems(instrument: Instrument) -> Iterator[Problem]:
    """What is wrong with each model, at its line; a model whose base is wrong is not mentioned again."""
    thresholds = {item: len(instrument.scale_of(item).codes) - 1 for item in instrument.items}
    wrong: set[str] = set()
    for name, model in instrument.models.items():
        try:
            read_model(instrument.model_syntax(name), thresholds)
        except (ModelSyntaxError, ModelError, NotIdentified) as error:
            wrong.add(name)
            if model.based_on not in wrong:
                yield problem_of(instrument, name, error)


def problem_of(
    instrument: Instrument, name: str, error: ModelSyntaxError | ModelError | NotIdentified
) -> Problem:
    """An error of the engine at the line of the instrument that it is about."""
    places = instrument.model_lines(name)
    where = places[min(error.line, len(places)) - 1] if error.line else ("models", name, "syntax")
    if isinstance(error, ModelSyntaxError):
        found = f', "{error.text.strip()}"' if error.text.strip() else ""
        return where, f'model "{name}"{found}: {error.problem}.'
    return where, f'model "{name}": {without_lines(error).rstrip(".")}.'


def without_lines(error: BouwenError) -> str:
    """A message without the lines of the text, which are not those of the file."""
    return re.sub(r" \(line \d+\)|^line \d+, column \d+: ", "", str(error))
