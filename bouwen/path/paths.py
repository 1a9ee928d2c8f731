"""A study -> the one path that it is about, and the models in which that path can be estimated.

Everything is read from the study's structural model: nothing here names a construct or an item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bouwen.errors import BouwenError, did_you_mean
from bouwen.sem import Formula, parse_model
from bouwen.survey import PathEvidence, Study, check_is_study

Form = Literal["second_order", "one_factor", "facets", "item", "scores"]
Adjustment = Literal["none", "model", "background"]


class NoMainPath(BouwenError):
    """The structural model does not say which path the study is about."""


@dataclass(frozen=True)
class MainPath:
    """The path from a study's predictor to its outcome, and what surrounds it in the structural model.

    Attributes
    ----------
    predictor, outcome : str
        Variables of the model: factors or single items.
    direction : int
        1 or -1 where a claim of the instrument gives the path a sign; 0 where none does.
    formulas : tuple of Formula
        The part of the structural model that the path needs, definitions left out; see `needed_part`.
    left_out : tuple of str
        The constructs of the structural model that the path does not need.
    """

    predictor: str
    outcome: str
    direction: int
    formulas: tuple[Formula, ...]
    left_out: tuple[str, ...] = ()

    @property
    def controls(self) -> tuple[str, ...]:
        """The other predictors of the outcome."""
        return tuple(name for name in causes(self.formulas, self.outcome) if name != self.predictor)

    @property
    def facets(self) -> tuple[str, ...]:
        """The factors that measure the predictor; none where items do."""
        factors = {f.lhs for f in self.formulas if f.op == "=~"}
        return tuple(name for name in measures(self.formulas, self.predictor) if name in factors)

    @property
    def forms(self) -> tuple[Form, ...]:
        """The ways to represent the predictor, that of the model first.

        A model that uses a facet apart from the predictor allows no other representation by factors.
        """
        if not measures(self.formulas, self.predictor):
            measured = any(f.op == "=~" for f in self.formulas)
            return ("item", "scores") if measured else ("scores",)
        if not self.facets:
            return ("one_factor", "scores")
        alone = {n for f in self.formulas if f.op != "=~" for n in (f.lhs, f.rhs)} & set(self.facets)
        return ("second_order", "scores") if alone else ("second_order", "one_factor", "facets", "scores")

    def items_of(self, variable: str) -> tuple[str, ...]:
        """The items that measure a variable, through its facets; an item measures itself."""
        below = measures(self.formulas, variable)
        return tuple(item for name in below for item in self.items_of(name)) or (variable,)

    def without(self, items: Iterable[str]) -> MainPath:
        """The same path with some of the predictor's items left out of the model."""
        gone = set(items)
        return replace(self, formulas=tuple(f for f in self.formulas if not {f.lhs, f.rhs} & gone))

    def adjusted(self, adjustment: Adjustment, covariates: Sequence[str] = ()) -> MainPath:
        """The same path with no other variables, those of the model, or background variables as well.

        Background variables predict every construct, as a common cause would; constructs that nothing else
        predicts covary beyond it.
        """
        if adjustment == "none":
            kept = {self.predictor, self.outcome, *self.facets}
            kept |= {*self.items_of(self.predictor), *self.items_of(self.outcome)}
            return replace(self, formulas=tuple(f for f in self.formulas if {f.lhs, f.rhs} <= kept | {""}))
        if adjustment == "model":
            return self
        indicators = {f.rhs for f in self.formulas if f.op == "=~"}
        structural = [n for f in self.formulas if f.op in ("=~", "~") for n in (f.lhs, f.rhs)]
        top = [name for name in dict.fromkeys(structural) if name not in indicators]
        predicted = {f.lhs for f in self.formulas if f.op == "~"}
        free = [name for name in top if name not in predicted]
        more = [Formula(name, "~", covariate) for name in top for covariate in covariates]
        return replace(self, formulas=(*self.formulas, *more, *missing_covariances(free, self.formulas)))

    def represented(self, form: Form) -> tuple[Formula, ...]:
        """The formulas with the predictor in another form; mean scores have no measurement at all.

        Facets take the predictor's place in every regression and covary beyond it.
        """
        if form == "scores":
            own = [f for f in self.formulas if f.op == "~" and f.lhs == self.outcome]
            return tuple(own)
        if form == self.forms[0]:
            return self.formulas
        rest = [f for f in self.formulas if not (f.op == "=~" and f.lhs == self.predictor)]
        if form == "one_factor":
            return tuple(
                Formula(self.predictor, "=~", f.rhs) if f.op == "=~" and f.lhs in self.facets else f
                for f in rest
            )
        spread = [g for f in rest for g in self._by_facet(f)]
        pairs = [(a, b) for k, a in enumerate(self.facets) for b in self.facets[k + 1 :]]
        return (*spread, *(Formula(a, "~~", b) for a, b in pairs))

    def _by_facet(self, formula: Formula) -> list[Formula]:
        lefts = self.facets if formula.lhs == self.predictor else (formula.lhs,)
        rights = self.facets if formula.rhs == self.predictor else (formula.rhs,)
        if lefts == rights == self.facets:  # the predictor's own variance
            return []
        return [Formula(a, formula.op, b) if len(lefts) * len(rights) > 1 else formula
                for a in lefts for b in rights]  # fmt: skip

    def before_outcome(self) -> MainPath:
        """The model of everything that does not depend on the outcome."""
        gone = {self.outcome}
        while more := {f.lhs for f in self.formulas if f.op == "~" and f.rhs in gone} - gone:
            gone |= more
        items = {i for name in gone for i in measures(self.formulas, name)}
        return replace(self, formulas=tuple(f for f in self.formulas if not {f.lhs, f.rhs} & (gone | items)))


def measures(formulas: Iterable[Formula], factor: str) -> tuple[str, ...]:
    """What a factor is measured by."""
    return tuple(f.rhs for f in formulas if f.op == "=~" and f.lhs == factor)


def causes(formulas: Iterable[Formula], outcome: str) -> tuple[str, ...]:
    """The predictors of an outcome."""
    return tuple(f.rhs for f in formulas if f.op == "~" and f.lhs == outcome)


def as_syntax(formulas: Iterable[Formula]) -> str:
    """Formulas as model syntax."""
    return "\n".join(map(str, formulas))


def main_path(study: Study) -> MainPath:
    """The path that a study is about: from its main predictor to its outcome.

    The predictor is the one that ``study.yml`` names as ``predictor``; else the only factor of second order
    among the outcome's predictors; else its only predictor. Of the structural model the path keeps what it
    needs, see `needed_part`.

    Raises
    ------
    NoMainPath
        Nothing in the structural model predicts the outcome, the predictor cannot be told, or the model has
        constraints, which would not hold in its variants.
    """
    check_is_study(study)
    model, outcome = parse_model(study.model("structural")), study.outcome_variable
    if any(constraint.op != ":=" for constraint in model.constraints):
        raise NoMainPath("the structural model has constraints, so it cannot be varied; take them out.")
    predictor = find_predictor(study, model.formulas, outcome)
    direction = expected_sign(study, predictor, outcome)
    return MainPath(predictor, outcome, direction, *needed_part(model.formulas, outcome))


def needed_part(formulas: tuple[Formula, ...], outcome: str) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
    """What the paths to an outcome need of a model, and the constructs that they do not need.

    They need the outcome, its predictors and the measurement of both. Where anything else is left out, the
    predictors covary freely, since what was to explain them may be gone.
    """
    predictors = list(dict.fromkeys(causes(formulas, outcome)))
    kept = {"", *with_measures(formulas, [outcome, *predictors])}
    measured = {f.rhs for f in formulas if f.op == "=~"}
    named = [name for f in formulas if f.op in ("=~", "~") for name in (f.lhs, f.rhs)]
    left_out = tuple(name for name in dict.fromkeys(named) if name not in kept | measured)
    if not left_out:
        return formulas, ()
    part = [f for f in formulas if {f.lhs, f.rhs} <= kept and not (f.op == "~" and f.lhs in predictors)]
    return (
        *part,
        *missing_covariances([name for name in predictors if name not in measured], part),
    ), left_out


def with_measures(formulas: Sequence[Formula], names: Sequence[str]) -> list[str]:
    """Variables and all that measures them, factors of factors down to their items."""
    below = [item for name in names for item in measures(formulas, name)]
    return [*names, *with_measures(formulas, below)] if below else list(names)


def missing_covariances(names: Sequence[str], formulas: Iterable[Formula]) -> list[Formula]:
    """A covariance of every pair of variables that the formulas give none."""
    known = {frozenset((f.lhs, f.rhs)) for f in formulas if f.op == "~~"}
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    return [Formula(a, "~~", b) for a, b in pairs if frozenset((a, b)) not in known]


def find_predictor(study: Study, formulas: Sequence[Formula], outcome: str) -> str:
    """The main predictor by the rule of `main_path`."""
    candidates = causes(formulas, outcome)
    if named := study.file.predictor:
        if named not in candidates:
            raise NoMainPath(
                f'{study.path.name} names the predictor "{named}", which does not predict "{outcome}" in the '
                f"structural model.{did_you_mean(named, candidates)}"
            )
        return named
    factors = {f.lhs for f in formulas if f.op == "=~"}
    higher = [name for name in candidates if factors & set(measures(formulas, name))]
    for found in (higher, candidates):
        if len(found) == 1:
            return found[0]
    what = f"{len(candidates)} variables predict" if candidates else "nothing predicts"
    raise NoMainPath(
        f'{what} "{outcome}" in the structural model; name the main predictor as "predictor" in '
        f"{study.path.name}."
    )


def expected_sign(study: Study, predictor: str, outcome: str) -> int:
    """The sign that the instrument's claims give to a path; 0 where they give none."""
    for claim in study.instrument.claims.values():
        for evidence in claim.evidence:
            if isinstance(evidence, PathEvidence) and (evidence.predictor, evidence.outcome) == (
                predictor,
                outcome,
            ):
                return 1 if evidence.sign == "positive" else -1
    return 0
