"""A result -> its figure: `draw` is what ``result.plot()`` calls.

`FIGURES` says which figure belongs to which class. Every figure takes the result first and then, by name, for
whom it is drawn: ``study``, ``language`` and ``labels``, see `bouwen.report.reader.reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bouwen.report.plots.style import (
    BLUE,
    FAINT_GRID,
    GREY,
    GRID,
    INK,
    LINE,
    MARKERS,
    ORANGE,
    PALETTE,
    SIGNS,
    SIZES,
    WHITE,
    categorical,
    downwards,
    look,
    ranges,
)
from bouwen.report.reader import Reader, reader
from bouwen.results import NoPicture, Result
from bouwen.scales import (
    Alpha,
    Bartlett,
    CorrelationDifference,
    Efa,
    EmpiricalKaiser,
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
from bouwen.sem import Moments, SamFit
from bouwen.sem.power import Power

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


# -------------------------------------------------------------------- estimates with their intervals


def alpha_interval(found: Alpha, **who: Any) -> ggplot:
    """The raw coefficient with its interval, and the standardised one."""
    r = reader(**who)
    rows = {"raw": (found.raw, found.ci_lower, found.ci_upper), "standardised": (found.standardised,) * 3}
    return _estimates(r, _rows({r.words(f"figures.{key}"): row for key, row in rows.items()}), "alpha")


def adequacy(found: Kmo, **who: Any) -> ggplot:
    """The measure of every item, the lowest on top, beside the customary bounds .5 and .8."""
    r = reader(**who)
    ordered = found.items.sort_values(kind="stable")
    rows = {r.label(str(item)): (value,) * 3 for item, value in ordered.items()}
    return _estimates(r, _rows(rows), "kmo", (0.5, 0.8))


def intraclass_correlations(found: Intraclass, **who: Any) -> ggplot:
    """Both coefficients with their intervals."""
    rows = {
        "ICC(1)": (found.icc1, found.icc1_ci_lower, found.icc1_ci_upper),
        "ICC(2)": (found.icc2, found.icc2_ci_lower, found.icc2_ci_upper),
    }
    return _estimates(reader(**who), _rows(rows), "icc", (0.0,))


def correlation_difference(found: CorrelationDifference, **who: Any) -> ggplot:
    """Both correlations, and their difference with its interval."""
    r = reader(**who)
    rows = {
        "first": (found.first,) * 3,
        "second": (found.second,) * 3,
        "difference": (found.difference, found.ci_lower, found.ci_upper),
    }
    rows = {r.words(f"figures.{key}"): row for key, row in rows.items()}
    return _estimates(r, _rows(rows), "correlation", (0.0,))


def ratio_intervals(found: Htmt, **who: Any) -> ggplot:
    """Every pair with its interval, the largest ratio on top, beside the customary bounds .85 and .90."""
    r = reader(**who)
    return _estimates(r, _pairs(r, found.table(), "htmt"), found.kind, (0.85, 0.90))


def facet_intervals(found: Structures, **who: Any) -> ggplot:
    """Correlations between the facets with their intervals, the largest on top, beside .85 and 1."""
    r = reader(**who)
    return _estimates(r, _pairs(r, found.correlations(), "r"), "facets", (0.85, 1.0))


def omega_intervals(found: Reliability, **who: Any) -> ggplot:
    """Omega of every scale with its interval, the largest on top."""
    r = reader(**who)
    rows = found.table().dropna(subset="omega").sort_values("omega", ascending=False, kind="stable")
    figures = rows[["omega", "omega_ci_lower", "omega_ci_upper"]].to_numpy(dtype=float)
    return _estimates(r, _rows(dict(zip(map(r.label, rows.index), figures, strict=True))), "omega", (0.7,))


def structural_paths(found: SamFit, **who: Any) -> ggplot:
    """The paths of the structural model with their two-step intervals."""
    r = reader(**who)
    rows = found.table().query("op == '~'")
    labels = [
        f"{r.label(cause)} → {r.label(effect)}" + (f" [{group}]" if str(group) else "")
        for effect, cause, group in rows[["lhs", "rhs", "group"]].itertuples(index=False)
    ]
    figures = rows[["est", "ci_lower", "ci_upper"]].to_numpy(dtype=float)
    return _estimates(r, _rows(dict(zip(labels, figures, strict=True))), "path", (0.0,))


def _rows(figures: dict[str, Any]) -> pd.DataFrame:
    """``name x ci_lower ci_upper`` from estimates and limits by name; an unknown limit is the estimate."""
    found = pd.DataFrame.from_dict(figures, orient="index", columns=["x", "ci_lower", "ci_upper"])
    found = found.astype(float).rename_axis("name").reset_index()
    return found.fillna({"ci_lower": found["x"], "ci_upper": found["x"]})


def _pairs(r: Reader, found: pd.DataFrame, column: str) -> pd.DataFrame:
    pairs = zip(found["first"], found["second"], strict=True)
    names = [f"{r.label(a)} – {r.label(b)}" for a, b in pairs]
    figures = found[[column, "ci_lower", "ci_upper"]].to_numpy(dtype=float)
    return _rows(dict(zip(names, figures, strict=True)))


def _estimates(r: Reader, rows: pd.DataFrame, title: str, lines: Sequence[float] = ()) -> ggplot:
    """Estimates with intervals from top to bottom."""
    from plotnine import aes, geom_vline, ggplot, labs, scale_x_continuous

    shown = rows.assign(name=downwards(list(rows["name"])))
    return (
        ggplot(shown, aes("x", "name"))
        + [geom_vline(xintercept=line, linetype="dashed", colour=LINE, size=0.4) for line in lines]
        + ranges("name")
        + scale_x_continuous(labels=_ticks(r))
        + labs(x=r.words(f"figures.{title}"))
        + look(0.26 * len(shown) + 0.8)
    )


def _ticks(r: Reader) -> Callable[[Sequence[float]], list[str]]:
    """Axis labels in the reader's language."""

    def labels(values: Sequence[float]) -> list[str]:
        digits = next((d for d in (0, 1, 2, 3) if all(abs(round(v, d) - v) < 1e-9 for v in values)), 4)
        return [r.words.number(v, digits) for v in values]

    return labels


# -------------------------------------------------------------------- matrices as shades


def polychoric_tiles(found: Polychoric, **who: Any) -> ggplot:
    """The correlations as shades with their figures."""
    return correlation_tiles(reader(**who), found.R)


def saturated_tiles(found: SaturatedMoments, **who: Any) -> ggplot:
    """The correlations as shades with their figures."""
    return correlation_tiles(reader(**who), found.cov)


def moments_tiles(found: Moments, **who: Any) -> ggplot:
    """The correlations as shades with their figures."""
    return correlation_tiles(reader(**who), pd.DataFrame(found.cov, list(found.names), list(found.names)))


def correlation_tiles(r: Reader, cov: pd.DataFrame) -> ggplot:
    """Correlations of a covariance matrix as shades with their figures, the diagonal left out."""
    from plotnine import (
        aes,
        element_blank,
        element_text,
        geom_text,
        geom_tile,
        ggplot,
        labs,
        scale_colour_identity,
        scale_fill_gradientn,
        theme,
    )

    sd = np.sqrt(np.diag(cov))
    values = cov.to_numpy() / np.outer(sd, sd)
    names = [r.label(str(name)) for name in cov.index]
    i, j = np.nonzero(~np.eye(len(names), dtype=bool))
    tiles = pd.DataFrame({"value": values[i, j]})
    tiles["row"] = pd.Categorical(np.array(names)[i], list(downwards(names).categories))
    tiles["column"] = pd.Categorical(np.array(names)[j], names)
    tiles["text"] = [r.words.number(value) for value in tiles["value"]]
    tiles["ink"] = np.where(tiles["value"].abs() > 0.55, WHITE, INK)
    return (
        ggplot(tiles, aes("column", "row", fill="value"))
        + geom_tile(aes(width=0.96, height=0.94))
        + geom_text(aes(label="text", colour="ink"), size=8, show_legend=False)
        + scale_fill_gradientn(colors=[*SIGNS[:2], SIZES[1]], limits=(-1, 1), guide=None)
        + scale_colour_identity()
        + labs(x="", y="")
        + look(0.3 * len(names) + 1.0)
        + theme(
            axis_title_x=element_blank(),
            panel_grid_major_x=element_blank(),
            axis_text_x=element_text(rotation=45, ha="right"),
        )
    )


# -------------------------------------------------------------------- eigenvalues and other lines


def parallel_scree(found: ParallelAnalysis, **who: Any) -> ggplot:
    """Eigenvalues of the factors with those of random answers."""
    shown = found.eigenvalues[["factors", "factors_reference"]]
    shown = shown.set_axis(["plots.eigen_answers", "plots.eigen_random"], axis=1)
    return _scree(reader(**who), shown, "factor", "eigenvalue")


def kaiser_scree(found: EmpiricalKaiser, **who: Any) -> ggplot:
    """Eigenvalues of the components with their references."""
    shown = found.eigenvalues.set_axis(["plots.eigen_answers", "plots.eigen_kaiser"], axis=1)
    return _scree(reader(**who), shown, "component", "eigenvalue")


def partial_correlations(found: MapTest, **who: Any) -> ggplot:
    """Average squared partial correlations; the lowest point is the number of components."""
    shown = found.averages[["squared"]].set_axis(["plots.eigen_answers"], axis=1)
    return _scree(reader(**who), shown, "taken_out", "partial")


def _scree(r: Reader, values: pd.DataFrame, x: str, y: str) -> ggplot:
    """Lines over numbered factors: the first column with points, the others dashed."""
    from plotnine import (
        aes,
        element_blank,
        element_line,
        element_text,
        geom_line,
        geom_point,
        ggplot,
        labs,
        scale_colour_manual,
        scale_linetype_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    series = [r.words(str(key)) for key in values]
    long = values.set_axis(series, axis=1).rename_axis("number").reset_index()
    long = long.melt("number", var_name="series")
    long["series"] = pd.Categorical(long["series"], series)
    alone = theme(legend_position="none") if len(series) == 1 else theme(legend_title=element_blank())
    return (
        ggplot(long, aes("number", "value", colour="series", linetype="series"))
        + geom_line(size=0.8)
        + geom_point(long[long["series"] == series[0]], size=2.2)
        + scale_colour_manual(values=dict(zip(series, (BLUE, ORANGE), strict=False)))
        + scale_linetype_manual(values=dict(zip(series, ("solid", "dashed"), strict=False)))
        + scale_x_continuous(breaks=[int(k) for k in values.index], labels=_ticks(r))
        + scale_y_continuous(labels=_ticks(r))
        + labs(x=r.words(f"figures.{x}"), y=r.words(f"figures.{y}"))
        + look(3.2)
        + theme(axis_title_y=element_text(rotation=90), panel_grid_major_y=element_line(colour=FAINT_GRID))
        + alone
    )


def chisquare(found: Bartlett | LittleTest, **who: Any) -> ggplot:
    """A statistic against the distribution that it has where the tested hypothesis holds."""
    from plotnine import (
        aes,
        element_text,
        geom_line,
        geom_vline,
        ggplot,
        labs,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )
    from scipy.special import gammaln

    r, df = reader(**who), found.df
    x = np.linspace(1e-9, max(1.1 * found.chisq, df + 5 * np.sqrt(2 * df)), 400)
    log_density = (df / 2 - 1) * np.log(x) - x / 2 - df / 2 * np.log(2) - gammaln(df / 2)
    return (
        ggplot(pd.DataFrame({"chisq": x, "density": np.exp(log_density)}), aes("chisq", "density"))
        + geom_line(colour=BLUE, size=0.8)
        + geom_vline(xintercept=found.chisq, linetype="dashed", colour=ORANGE)
        + scale_x_continuous(labels=_ticks(r))
        + scale_y_continuous(breaks=[])
        + labs(x=r.words("figures.chisq", df=df), y=r.words("figures.density"))
        + look(2.8)
        + theme(axis_title_y=element_text(rotation=90))
    )


def distances(found: Mardia, **who: Any) -> ggplot:
    """Squared distances against those of a normal distribution; on the line where answers are normal."""
    from plotnine import (
        aes,
        element_text,
        geom_abline,
        geom_point,
        ggplot,
        labs,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )
    from scipy.special import gammaincinv

    r = reader(**who)
    expected = 2 * gammaincinv(found.n_items / 2, (np.arange(found.n) + 0.5) / found.n)
    return (
        ggplot(pd.DataFrame({"expected": expected, "observed": found.distances}), aes("expected", "observed"))
        + geom_abline(slope=1, intercept=0, linetype="dashed", colour=GREY)
        + geom_point(colour=BLUE, size=1.6)
        + scale_x_continuous(labels=_ticks(r))
        + scale_y_continuous(labels=_ticks(r))
        + labs(x=r.words("figures.quantile"), y=r.words("figures.distance"))
        + look(3.6)
        + theme(axis_title_y=element_text(rotation=90))
    )


# -------------------------------------------------------------------- loadings


def pattern(found: Efa | SchmidLeiman, **who: Any) -> ggplot:
    """Loadings of every item, a panel a factor; items from top to bottom as given."""
    long = found.loadings.rename_axis("item").reset_index().melt("item", var_name="factor", value_name="x")
    return _loadings(reader(**who), long.assign(ci_lower=0.0, ci_upper=long["x"]))


def resampled_pattern(found: LoadingStability, **who: Any) -> ggplot:
    """Loadings with their intervals over samples, a panel a factor; items from top to bottom as given."""
    return _loadings(reader(**who), found.loadings.rename(columns={"loading": "x"}))


def _loadings(r: Reader, long: pd.DataFrame) -> ggplot:
    from plotnine import aes, element_text, facet_wrap, geom_vline, ggplot, labs, scale_x_continuous, theme

    names = [r.label(str(item)) for item in long["item"]]
    long = long.assign(item=downwards(names), factor=categorical([r.label(str(f)) for f in long["factor"]]))
    return (
        ggplot(long, aes("x", "item"))
        + geom_vline(xintercept=0, colour=LINE, size=0.3)
        + ranges("item")
        + facet_wrap("factor", nrow=1)
        + scale_x_continuous(labels=_ticks(r))
        + labs(x=r.words("figures.loading"))
        + look(0.21 * long["item"].nunique() + 1.0)
        + theme(axis_text_x=element_text(size=8))
    )


# -------------------------------------------------------------------- power


def power_lines(found: Power, *, goal: float = 0.80, **who: Any) -> ggplot:
    """Power by sample size, a line a target, with two Monte Carlo errors and a line at ``goal``."""
    from plotnine import (
        aes,
        element_line,
        element_text,
        geom_errorbar,
        geom_hline,
        geom_line,
        geom_point,
        ggplot,
        labs,
        scale_colour_manual,
        scale_shape_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    r = reader(**who)
    rows = found.table().dropna(subset=["power"])
    rows = rows.assign(
        target=categorical([r.label(target) for target in rows["target"]]),
        lower=(rows["power"] - 2 * rows["mc_error"]).clip(0, 1),
        upper=(rows["power"] + 2 * rows["mc_error"]).clip(0, 1),
    )
    order = range(rows["target"].nunique())
    return (
        ggplot(rows, aes("n", "power", colour="target", shape="target"))
        + geom_hline(yintercept=goal, linetype="dashed", colour=GREY)
        + geom_errorbar(aes(ymin="lower", ymax="upper"), width=0, size=0.6)
        + geom_line(size=0.8)
        + geom_point(size=2.2)
        + scale_colour_manual(values=[PALETTE[k % len(PALETTE)] for k in order])
        + scale_shape_manual(values=[MARKERS[k % len(MARKERS)] for k in order])
        + scale_x_continuous(labels=_ticks(r))
        + scale_y_continuous(limits=(0, 1), breaks=[0, 0.2, 0.4, 0.6, 0.8, 1], labels=_ticks(r))
        + labs(x=r.words("plots.answers_n"), y=r.words("plots.power"))
        + look(4.0)
        + theme(axis_title_y=element_text(rotation=90), panel_grid_major_y=element_line(colour=GRID))
    )


#: The figure of each class of results; a class that is not here has its table only.
FIGURES: dict[type, Callable[..., ggplot]] = {
    Alpha: alpha_interval,
    Bartlett: chisquare,
    CorrelationDifference: correlation_difference,
    Efa: pattern,
    EmpiricalKaiser: kaiser_scree,
    Htmt: ratio_intervals,
    Intraclass: intraclass_correlations,
    Kmo: adequacy,
    LittleTest: chisquare,
    LoadingStability: resampled_pattern,
    MapTest: partial_correlations,
    Mardia: distances,
    Moments: moments_tiles,
    ParallelAnalysis: parallel_scree,
    Polychoric: polychoric_tiles,
    Power: power_lines,
    Reliability: omega_intervals,
    SamFit: structural_paths,
    SaturatedMoments: saturated_tiles,
    SchmidLeiman: pattern,
    Structures: facet_intervals,
}
