"""The invariance ladder of a study's own model over one of its own groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from bouwen.checks import check_known
from bouwen.errors import BouwenError
from bouwen.groups.invariance import Invariance, check_invariance, factors_of_factors
from bouwen.groups.permutation import Permutations, permutation_invariance
from bouwen.results import Result
from bouwen.scales import enough_clusters, key_items, with_clusters
from bouwen.sem import TableOptions, build_table, parse_model
from bouwen.survey import Study, check_is_study, level_sizes

StepProblem = Literal["", "levels", "size", "fit"]

RESPONDENTS = 3  # in the smallest level, for every loading, variance and covariance of a group


@dataclass(frozen=True, eq=False, repr=False)
class StudyInvariance(Result):
    """An invariance ladder, or why there is none.

    Attributes
    ----------
    group : str
        The background variable.
    model : str
        The model of the instrument that was taken, without its factors of factors, or the construct of
        which the factor alone was; empty where nothing is small enough.
    levels, left_out : tuple of str
        Levels compared, and levels with fewer than ``min_group`` respondents.
    invariance : Invariance or None
    problem : str
        Why there is no ladder: fewer than two ``"levels"`` have enough respondents, the smallest of them
        has too small a ``"size"`` for every model, or a ``"fit"`` failed; empty where there is one.
    reason : str
        What the failed fit said.
    permutations : Permutations or None
        The ladder with respondents shuffled over the levels, where asked for.
    """

    group: str
    model: str
    levels: tuple[str, ...]
    left_out: tuple[str, ...]
    invariance: Invariance | None
    problem: StepProblem = ""
    reason: str = ""
    permutations: Permutations | None = None

    def table(self) -> pd.DataFrame:
        """Fit of every step, see `Invariance.table`; no rows where there is no ladder."""
        return pd.DataFrame() if self.invariance is None else self.invariance.table()

    def _line(self) -> str:
        if self.invariance is None:
            why = {"levels": "too few levels", "size": "too small a level", "fit": self.reason}[self.problem]
            return f"{self.group}, no ladder: {why}"
        return f"{self.model}, {self.invariance._line()}"


def study_ladders(study: Study, draws: int = 200) -> dict[str, StudyInvariance]:
    """`study_invariance` of every group of a study, with permutations."""
    check_is_study(study)
    return {group: study_invariance(study, group, draws=draws) for group in study.groups}


def study_invariance(
    study: Study, group: str, *, model: str | None = None, draws: int = 0
) -> StudyInvariance:
    """Whether a study's measurement works alike in the levels of a background variable.

    Only levels with ``min_group`` respondents take part. Estimates are by maximum likelihood with robust
    errors from every answer given (MLR, FIML), and whole clusters are shuffled where every level has enough
    of them. Factors of factors give way to correlations: whether items work alike is a matter of the factors
    that they measure, and a small group cannot tell more.

    Parameters
    ----------
    study : Study
    group : str
        A categorical background variable.
    model : str, optional
        A model of the instrument, or a construct for its factor alone. Without it, the measurement model if
        it is small enough for the smallest level, else the largest other model without regressions that
        is, else the factor of the outcome. Small enough is a model with `RESPONDENTS` respondents in the
        smallest level for every loading, variance and covariance that a group estimates. Bentler & Chou
        (1987) ask for five; with fewer than three, more and more shuffled groups have no solution.
    draws : int
        Permutations, by the study's seed.

    Raises
    ------
    BouwenError
        The group or the model is unknown.
    """
    check_is_study(study)
    sizes = level_sizes(study, group)
    if model is not None:
        check_known("model or construct", model, (*study.instrument.models, *study.constructs))
    levels = tuple(map(str, sizes.index[sizes["enough"]]))
    left_out = tuple(map(str, sizes.index[~sizes["enough"]]))
    if len(levels) < 2:
        return StudyInvariance(group, model or "", levels, left_out, None, "levels")
    chosen = model or suitable_model(study, int(sizes.loc[list(levels), "n"].min()))
    if not chosen:
        return StudyInvariance(group, "", levels, left_out, None, "size")
    of_level = study.responses[group].astype(object)
    rows = [study.responses.index[of_level == level] for level in levels]
    answers = key_items(study).assign(**{group: of_level}).loc[rows[0].append(rows[1:])]
    clusters = enough_clusters(study, study.responses[group].where(of_level.isin(levels)))
    answers, nested = with_clusters(answers, clusters)
    syntax = measurement_syntax(study, chosen)
    try:
        checked = check_invariance(syntax, answers, group, estimator="MLR", missing="fiml", **nested)
    except BouwenError as error:
        return StudyInvariance(group, chosen, levels, left_out, None, "fit", str(error))
    permuted = permutation_invariance(checked, draws, seed=study.settings.seed) if draws else None
    return StudyInvariance(group, chosen, levels, left_out, checked, permutations=permuted)


def suitable_model(study: Study, n: int) -> str:
    """What `study_invariance` takes for a smallest level of n respondents; empty where nothing will do."""
    role = study.file.models.measurement
    counts = {name: covariance_parameters(study, name) for name in study.instrument.models}
    fitting = {name: count for name, count in counts.items() if 0 < RESPONDENTS * count <= n}
    if role in fitting:
        return role
    if fitting:
        return max(fitting, key=lambda name: fitting[name])
    items = study.items_of(study.outcome)
    return study.outcome if len(items) > 2 and RESPONDENTS * 2 * len(items) <= n else ""


def measurement_syntax(study: Study, model: str) -> str:
    """The first-order factors of a model, or the one factor of a construct."""
    if model in study.instrument.models or model not in study.constructs:
        return first_order(study.instrument.model_syntax(model))
    return f"{model} =~ " + " + ".join(study.items_of(model))


def covariance_parameters(study: Study, model: str) -> int:
    """Loadings, variances and covariances that one group estimates; 0 for a model with regressions."""
    parsed = parse_model(study.instrument.model_syntax(model))
    if any(formula.op == "~" for formula in parsed.formulas):
        return 0
    first = parse_model(first_order(study.instrument.model_syntax(model)))
    return build_table(first, options=TableOptions(std_lv=True)).n_free


def first_order(model: str) -> str:
    r"""The formulas of a model whose variables are measured by items.

    >>> first_order("a =~ x1 + x2\nb =~ x3 + x4\nc =~ a + b")
    'a =~ x1\na =~ x2\nb =~ x3\nb =~ x4'
    """
    higher = factors_of_factors(model)
    kept = [f for f in parse_model(model).formulas if f.lhs not in higher and f.rhs not in higher]
    return "\n".join(map(str, kept))
