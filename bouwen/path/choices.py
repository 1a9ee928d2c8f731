"""A study -> every defensible way to estimate its main path, and the answers each of them uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from itertools import product
from typing import Literal

import pandas as pd

from bouwen.path.paths import Adjustment, Form, MainPath, causes, main_path, measures
from bouwen.scales import enough_clusters, item_rest_correlation, key_items
from bouwen.survey import Study, inattentive

HALF = 0.5  # share of a scale's items that a mean score needs


@dataclass(frozen=True)
class Specification:
    """One combination of choices.

    Attributes
    ----------
    form : "second_order", "one_factor", "facets", "item" or "scores"
        The predictor as a factor of factors, one factor, several correlated factors that predict the
        outcome together, a single item, or a mean score (then every construct is one).
    estimator : "MLR" or "WLSMV"
        Items as numbers with robust errors, or as ordered categories.
    missing : "available" or "complete"
        Every answer given (FIML; for WLSMV pairwise; for mean scores of those who answered half of the
        items), or only respondents who answered everything that the model uses.
    items : "all", "weakest" or "reversed"
        All items of the predictor, without the one that correlates least with the others, or without those
        that are worded in the opposite direction.
    adjustment : "none", "model" or "background"
        No other predictors of the outcome, those of the study's model, or background variables as well.
    respondents : "all" or "attentive"
        Everyone, or without those whom screening finds inattentive.
    """

    form: Form
    estimator: Literal["MLR", "WLSMV"]
    missing: Literal["available", "complete"]
    items: Literal["all", "weakest", "reversed"]
    adjustment: Adjustment
    respondents: Literal["all", "attentive"]


CHOICES = tuple(field.name for field in fields(Specification))


@dataclass(frozen=True, eq=False)
class Material:
    """What all specifications of a study draw on.

    ``keyed`` holds items with reversed ones turned, ``covariates`` the background variables as zeros and
    ones, ``excluded`` the items that the levels of the choice ``items`` leave out, and ``attentive`` who
    passes screening. All have a row per respondent, and so have ``clusters``, in which respondents are
    nested; None where they are not.
    """

    path: MainPath
    keyed: pd.DataFrame
    covariates: pd.DataFrame
    excluded: dict[str, tuple[str, ...]]
    attentive: pd.Series[bool]
    clusters: pd.Series[int] | None = None

    def model(self, specification: Specification) -> MainPath:
        """The path with its items left out and its other predictors in place."""
        kept = self.path.without(self.excluded[specification.items])
        return kept.adjusted(specification.adjustment, [str(name) for name in self.covariates])

    def rows(self, specification: Specification) -> pd.Series[bool]:
        """Which respondents take part, gaps apart."""
        return self.attentive | (specification.respondents == "all")

    def used(self, specification: Specification) -> list[str]:
        """The items that the specification's model uses."""
        model = self.model(specification)
        formulas = model.formulas
        if specification.form == "scores":
            names = [model.outcome, *causes(formulas, model.outcome)]
            return [item for name in names for item in model.items_of(name) if item in self.keyed]
        names = [name for f in formulas for name in (f.lhs, f.rhs)]
        return [name for name in dict.fromkeys(names) if name in self.keyed]

    def answers(self, specification: Specification) -> pd.DataFrame:
        """The columns of the specification's model, for the respondents who take part."""
        used = self.used(specification)
        frame = self.keyed[used]
        keep = self.rows(specification)
        if specification.missing == "complete":
            keep = keep & frame.notna().all(axis=1)
        if specification.form == "scores":
            frame = self.scores(self.model(specification))
        return frame.join(self.covariates)[keep]

    def scores(self, model: MainPath) -> pd.DataFrame:
        """`mean_scores`, each scale's once for all specifications."""
        return mean_scores(model, self.keyed, self._known)

    @cached_property
    def _known(self) -> dict[tuple[str, ...], pd.Series[float]]:
        return {}


def mean_scores(
    model: MainPath, keyed: pd.DataFrame, known: dict[tuple[str, ...], pd.Series[float]] | None = None
) -> pd.DataFrame:
    """Mean scores of the outcome and its predictors, for those who answered half of a scale's items.

    ``known`` keeps those of the same answers by their items.
    """
    scores, known = {}, {} if known is None else known
    for name in (model.outcome, *causes(model.formulas, model.outcome)):
        items = tuple(item for item in model.items_of(name) if item in keyed)
        if items and items not in known:
            own = keyed[list(items)]
            known[items] = own.mean(axis=1).where(own.notna().mean(axis=1) >= HALF)
        if items:
            scores[name] = known[items]
    return pd.DataFrame(scores, index=keyed.index)


def material(study: Study) -> Material:
    """Prepare a study for its specifications.

    Raises
    ------
    NoMainPath
        See `bouwen.path.paths.main_path`.
    """
    path, keyed = main_path(study), key_items(study)
    flagged = inattentive(study)
    left_out = exclusions(study, path, keyed)
    return Material(path, keyed, covariates(study), left_out, ~flagged, enough_clusters(study))


def covariates(study: Study) -> pd.DataFrame:
    """The study's groups as columns of zeros and ones.

    A column for each level except a group's largest; levels below ``min_cell`` count with the largest. NaN
    where the level is unknown.
    """
    columns = {}
    for group in study.groups:
        answers = study.responses[group]
        counts = answers.value_counts().reindex(list(study.levels(group)), fill_value=0)
        for k, level in enumerate(study.levels(group)):
            if level != counts.idxmax() and counts[level] >= study.settings.min_cell:
                columns[f"{group}_{k}"] = (answers == level).astype(float).where(answers.notna())
    return pd.DataFrame(columns, index=study.responses.index)


def exclusions(study: Study, path: MainPath, keyed: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Which of the predictor's items each level of the choice ``items`` leaves out.

    A level is there only where every factor keeps two items.
    """
    items = [item for item in path.items_of(path.predictor) if item in keyed]
    found: dict[str, tuple[str, ...]] = {"all": ()}
    if len(items) > 2:
        rest = {item: item_rest_correlation(keyed[items], item) for item in items}
        found["weakest"] = (min(items, key=lambda item: rest[item]),)
    found["reversed"] = tuple(item for item in items if study.instrument.items[item].reversed)
    scales = [measures(path.formulas, name) for name in path.facets or (path.predictor,)]

    def possible(level: str) -> bool:
        gone = set(found[level])
        return bool(gone) and all(len(set(scale) - gone) >= 2 for scale in scales)

    return {level: gone for level, gone in found.items() if level == "all" or possible(level)}


def specifications(study: Study, given: Material) -> Iterator[Specification]:
    """Every combination of choices that this study allows; the study's own first.

    WLSMV uses every answer given, and takes neither mean scores nor background variables (thresholds that
    differ by respondent would take longer than all other specifications together). A level that changes
    nothing is left out: no adjustment where the outcome has one predictor, screening where it finds fewer
    than ``min_cell`` respondents.
    """
    path = given.path
    adjustments = [*(["none"] if path.controls else []), "model"]
    adjustments += ["background"] if len(given.covariates.columns) else []
    screened = int((~given.attentive).sum()) >= study.settings.min_cell
    gaps = given.keyed[[c for c in given.keyed if c in names_of(path)]].isna().to_numpy().any()
    for combination in product(
        path.forms,
        ("MLR", "WLSMV"),
        ("available", "complete") if gaps else ("available",),
        given.excluded,
        sorted(adjustments, key=["model", "none", "background"].index),
        ("all", "attentive") if screened else ("all",),
    ):
        one = Specification(*combination)  # type: ignore[arg-type]
        ordinal = one.missing == "available" and one.form != "scores" and one.adjustment != "background"
        if one.estimator == "MLR" or ordinal:
            yield one


def names_of(path: MainPath) -> set[str]:
    """Every variable of the structural model."""
    return {name for f in path.formulas for name in (f.lhs, f.rhs)}


def as_row(specification: Specification) -> dict[str, str]:
    """The choices by name."""
    return dict(zip(CHOICES, astuple(specification), strict=True))
