"""A study -> whether it has what a chapter, or some of its cells, are about."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bouwen.path import weighable
from bouwen.survey import Study, group_sizes, study_numbers

if TYPE_CHECKING:
    from bouwen.scales import Facets


def has_what(study: Study, need: str | None) -> bool:
    """Whether a study has what a chapter is about; see `bouwen.report.book.chapters.Chapter.wishes`."""
    match need:
        case "groups":
            return bool(study.groups)
        case "facets":
            return facets_of(study) is not None
        case "effects":
            return has_effects(study)
        case "mirror":
            return has_mirror(study)
        case "units":
            return study.file.unit is not None
        case "path":
            from bouwen.path import NoMainPath, main_path

            try:
                main_path(study)
            except NoMainPath:
                return False
    return True


def has_effects(study: Study) -> bool:
    """Whether something leads to the outcome in the structural model."""
    from bouwen.sem import parse_model

    formulas = parse_model(study.model("structural")).formulas
    return any(f.op == "~" and f.lhs == study.outcome_variable for f in formulas)


def has_pairs(study: Study) -> bool:
    """Whether two scales of the measurement model have two items and more, so that they can be set apart."""
    from bouwen.sem import parse_model

    loadings = [f for f in parse_model(study.model("measurement")).formulas if f.op == "=~"]
    sizes = Counter(f.lhs for f in loadings if f.rhs in study.items)
    return sum(size > 1 for size in sizes.values()) > 1


def has_claims(study: Study) -> bool:
    """Whether the instrument claims anything."""
    return bool(study.instrument.claims)


def has_recommendations(study: Study) -> bool:
    """Whether the instrument advises anything to the readers of this side."""
    return any(study.perspective in advice.what for advice in study.instrument.recommendations.values())


def has_error_rates(study: Study) -> bool:
    """Whether it was recorded how often the verdicts on claims err."""
    return has_claims(study) and study.file.error_rates is not None


def has_comparisons(study: Study) -> bool:
    """Whether the book has a page on which groups are compared."""
    shown = study.analysis.chapters
    return bool(study.groups) and (not shown or "subgroups" in shown)


def has_numbers(study: Study) -> bool:
    """Whether a number is known of respondents."""
    return bool(study_numbers(study))


def has_levels(study: Study) -> bool:
    """Whether a level of a group has enough respondents for a page of its own."""
    shown = study.analysis.chapters
    return bool(group_sizes(study)["enough"].any()) and (not shown or "subgroup" in shown)


def has_mirror(study: Study) -> bool:
    """Whether the study names one of the other side."""
    return study.file.mirror is not None


def has_population(study: Study) -> bool:
    """Whether a population is named from which answers were drawn, and something leads to the outcome."""
    return study.file.population is not None and has_effects(study)


# Tag of cells that a study must have this for; those tagged without-… stand in for them where it has not.
PARTS = {
    "claims": has_claims, "effects": has_effects, "error-rates": has_error_rates,
    "groups": has_comparisons, "importance": weighable, "levels": has_levels, "mirror": has_mirror,
    "numbers": has_numbers,
    "pairs": has_pairs, "population": has_population, "recommendations": has_recommendations,
}  # fmt: skip


def facets_of(study: Study) -> Facets | None:
    """The facets in the study's structural model; none where it has fewer than two factors."""
    from bouwen.scales import NoFacets, read_facets

    try:
        return read_facets(study.model("structural"))
    except NoFacets:
        return None


def factor_above(study: Study) -> str | None:
    """The factor of which the facets are part, where the model has one with a label of its own."""
    facets = facets_of(study)
    return facets.general if facets and facets.general in study.instrument.factors else None
