"""A result -> its figure: `draw` is what ``result.plot()`` calls.

`FIGURES` says which figure belongs to which class. Every figure takes the result first and then, by name, for
whom it is drawn: ``study``, ``language`` and ``labels``, see `bouwen.report.audience.reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from bouwen.checks import check_choice
from bouwen.groups import Mirror, Permutations, StudyInvariance, UnitScores
from bouwen.path import FollowUp, Importance, SpecificationCurve
from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.plots import alone
from bouwen.report.plots.dimensions import exploratory_plot, scree_plot
from bouwen.report.plots.importance import importance_plot
from bouwen.report.plots.invariance import invariance_plot
from bouwen.report.plots.judged import caterpillar_plot
from bouwen.report.plots.mirrored import mirror_plot
from bouwen.report.plots.models import loadings_plot, paths_plot
from bouwen.report.plots.power import power_curves_plot
from bouwen.report.plots.response import missing_plot
from bouwen.report.plots.robustness import specification_curve_plot
from bouwen.report.plots.validity import (
    facet_correlations_plot,
    ratios_plot,
    reliabilities_plot,
    residuals_plot,
)
from bouwen.results import NoPicture, Result
from bouwen.scales import (
    Alpha,
    Bartlett,
    CorrelationDifference,
    Efa,
    EmpiricalKaiser,
    FactorCounts,
    Htmt,
    Intraclass,
    Kmo,
    LittleTest,
    LoadingStability,
    MapTest,
    Mardia,
    ParallelAnalysis,
    Polychoric,
    Reliability,
    SaturatedMoments,
    SchmidLeiman,
    Structures,
)
from bouwen.sem import Bootstrap, Fit, Moments, Power, SamFit
from bouwen.survey import Screening, Study

if TYPE_CHECKING:
    from plotnine import ggplot


def draw(result: Result, **options: Any) -> ggplot:
    """The figure of a result; options are those of the figure in `FIGURES`.

    Raises
    ------
    NoPicture
        The class has none.
    """
    for kind in type(result).__mro__:
        if kind in FIGURES:
            return FIGURES[kind](result, **options)
    raise NoPicture(type(result).__name__)


# -------------------------------------------------------------------- figures of the book


def reliability_intervals(
    found: Reliability, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot:
    """Alpha and omega of every scale with their intervals."""
    return reliabilities_plot(found.table(), study, **options)


def fit_plot(
    fit: Fit, study: Study | None = None, *, of: str = "", **options: Unpack[ReaderOptions]
) -> ggplot:
    """Standardised loadings, or paths where nothing is measured; ``of`` says which, or ``"residuals"``."""
    figures = {"loadings": loadings_plot, "paths": paths_plot, "residuals": residuals_plot}
    of = of or ("loadings" if (fit.parameters["op"] == "=~").any() else "paths")
    of = check_choice("of", of, tuple(figures))
    return figures[of](fit, study, **options)


def drawn_parameters(
    draws: Bootstrap, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot:
    """Standardised paths with percentile intervals, or loadings where there are no paths."""
    if (draws.fit.parameters["op"] == "~").any():
        return paths_plot(draws.fit, study, draws=draws, **options)
    to = reader(study, **options)
    found = draws.intervals(of="std_all", confidence=to.confidence).query("op == '=~'")
    return alone.forest(to, alone.named_by_arrows(to, found), "loading", (0.0,))


def missing_answers(found: Screening, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """Share of missing answers per item of the study that was screened."""
    shown = reader(study or found.study, **options).study
    assert shown is not None
    return missing_plot(shown)


def for_reader(figure: Callable[..., ggplot]) -> Callable[..., ggplot]:
    """A figure of `bouwen.report.plots.alone` with the options of all others."""

    def drawn(
        found: Result,
        study: Study | None = None,
        *,
        language: str | None = None,
        labels: Mapping[str, str] | None = None,
        confidence: float | None = None,
        **own: Any,
    ) -> ggplot:
        return figure(
            found, reader_of(found, study, language=language, labels=labels, confidence=confidence), **own
        )

    return drawn


#: The figure of each class of results; a class that is not here has its table only.
FIGURES: dict[type, Callable[..., ggplot]] = {
    Alpha: for_reader(alone.alpha_interval),
    Bartlett: for_reader(alone.chisquare),
    Bootstrap: drawn_parameters,
    CorrelationDifference: for_reader(alone.correlation_difference),
    Efa: exploratory_plot,
    EmpiricalKaiser: for_reader(alone.kaiser_scree),
    FactorCounts: scree_plot,
    Fit: fit_plot,
    FollowUp: power_curves_plot,
    Htmt: ratios_plot,
    Importance: importance_plot,
    Intraclass: for_reader(alone.intraclass_correlations),
    Kmo: for_reader(alone.adequacy),
    LittleTest: for_reader(alone.chisquare),
    LoadingStability: for_reader(alone.resampled_pattern),
    MapTest: for_reader(alone.partial_correlations),
    Mardia: for_reader(alone.distances),
    Mirror: mirror_plot,
    UnitScores: caterpillar_plot,
    Moments: for_reader(alone.moments_tiles),
    ParallelAnalysis: for_reader(alone.parallel_scree),
    Permutations: invariance_plot,
    Polychoric: for_reader(alone.polychoric_tiles),
    Power: for_reader(alone.power_lines),
    Reliability: reliability_intervals,
    SamFit: for_reader(alone.structural_paths),
    SaturatedMoments: for_reader(alone.saturated_tiles),
    SchmidLeiman: for_reader(alone.pattern),
    Screening: missing_answers,
    SpecificationCurve: specification_curve_plot,
    Structures: facet_correlations_plot,
    StudyInvariance: invariance_plot,
}
