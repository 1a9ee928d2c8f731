"""Figures of results that no chapter shows, in the look of those that chapters show.

Each takes a result and for whom it is drawn, see `bouwen.report.audience.reader`;
`bouwen.report.plots.results` says which belongs to which class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bouwen.report.audience import Reader
from bouwen.report.plots.style import (
    BLUE,
    FAINT_GRID,
    GREY,
    GRID,
    INK,
    MARKERS,
    ORANGE,
    PALETTE,
    SIGNS,
    SIZES,
    WHITE,
    bounds,
    categorical,
    downwards,
    interval_below,
    look,
    ranges,
    ticks,
    with_limits,
    wrapped,
    zero_line,
)
from bouwen.scales import (
    Alpha,
    Bartlett,
    CorrelationDifference,
    EmpiricalKaiser,
    Intraclass,
    Kmo,
    LittleTest,
    LoadingStability,
    MapTest,
    Mardia,
    ParallelAnalysis,
    Polychoric,
    SaturatedMoments,
    SchmidLeiman,
)
from bouwen.sem import Moments, Power, SamFit

if TYPE_CHECKING:
    from plotnine import ggplot

USUAL = 0.95  # the level of a table that is asked for none


# -------------------------------------------------------------------- estimates with their intervals


def alpha_interval(found: Alpha, to: Reader) -> ggplot:
    """The raw coefficient with its interval, and the standardised one."""
    rows = [
        (to.words("figures.raw"), found.raw, found.ci_lower, found.ci_upper),
        (to.words("figures.standardised"), *(found.standardised,) * 3),
    ]
    return forest(to, _rows(rows), "alpha")


def adequacy(found: Kmo, to: Reader) -> ggplot:
    """The measure of every item, the lowest on top, beside the customary bounds .5 and .8."""
    ordered = found.items.sort_values(kind="stable")
    rows = [(to.name(str(item)), value, value, value) for item, value in ordered.items()]
    return forest(to, _rows(rows), "kmo", (0.5, 0.8))


def intraclass_correlations(found: Intraclass, to: Reader) -> ggplot:
    """Both coefficients with their intervals."""
    rows = [
        ("ICC(1)", found.icc1, found.icc1_ci_lower, found.icc1_ci_upper),
        ("ICC(2)", found.icc2, found.icc2_ci_lower, found.icc2_ci_upper),
    ]
    return forest(to, _rows(rows), "icc", (0.0,))


def correlation_difference(found: CorrelationDifference, to: Reader) -> ggplot:
    """Both correlations, and their difference with its interval."""
    rows = [
        (to.words("figures.first"), *(found.first,) * 3),
        (to.words("figures.second"), *(found.second,) * 3),
        (to.words("figures.difference"), found.difference, found.ci_lower, found.ci_upper),
    ]
    return forest(to, _rows(rows), "correlation", (0.0,))


def structural_paths(found: SamFit, to: Reader) -> ggplot:
    """The paths of the structural model with their two-step intervals."""
    rows = found.table() if to.confidence == USUAL else found.table(to.confidence)
    return forest(to, named_by_arrows(to, rows.query("op == '~'")), "path", (0.0,))


def named_by_arrows(to: Reader, found: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of parameters, each named for where it leads, and its group where there are several."""
    rows = []
    for row in found.to_dict("records"):
        ends = (row["lhs"], row["rhs"]) if row["op"] == "=~" else (row["rhs"], row["lhs"])
        name = to.chain(ends) + (f" [{row['group']}]" if str(row["group"]) else "")
        rows.append((name, row["est"], row["ci_lower"], row["ci_upper"]))
    return _rows(rows)


def _rows(figures: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """``name x ci_lower ci_upper``."""
    return with_limits(pd.DataFrame(figures, columns=["name", "x", "ci_lower", "ci_upper"]))


def forest(to: Reader, rows: pd.DataFrame, title: str, lines: Sequence[float] = ()) -> ggplot:
    """Estimates with intervals from top to bottom."""
    from plotnine import aes, ggplot, labs, scale_x_continuous

    shown = rows.assign(name=downwards(list(rows["name"])))
    uncertain = (rows["ci_lower"] < rows["ci_upper"]).any()
    return (
        ggplot(shown, aes("x", "name"))
        + bounds(lines)
        + ranges("name")
        + scale_x_continuous(labels=ticks(to))
        + labs(x=to.words(f"figures.{title}"), caption=interval_below(to) if uncertain else "")
        + look(0.26 * len(shown) + 0.8)
    )


def _counts(to: Reader) -> Callable[[Sequence[float]], list[str]]:
    """Axis labels of whole numbers."""
    return lambda values: [to.words.number(value, 0) for value in values]


# -------------------------------------------------------------------- matrices as shades


def polychoric_tiles(found: Polychoric, to: Reader) -> ggplot:
    """The correlations as shades with their figures."""
    return correlation_tiles(to, found.R)


def saturated_tiles(found: SaturatedMoments, to: Reader) -> ggplot:
    """The correlations as shades with their figures."""
    return correlation_tiles(to, found.cov)


def moments_tiles(found: Moments, to: Reader) -> ggplot:
    """The correlations as shades with their figures."""
    return correlation_tiles(to, pd.DataFrame(found.cov, list(found.names), list(found.names)))


def correlation_tiles(to: Reader, cov: pd.DataFrame) -> ggplot:
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
    names = [to.name(str(name)) for name in cov.index]
    i, j = np.nonzero(~np.eye(len(names), dtype=bool))
    tiles = pd.DataFrame({"value": values[i, j]})
    tiles["row"] = pd.Categorical(np.array(names)[i], list(downwards(names).categories))
    tiles["column"] = pd.Categorical(np.array(names)[j], list(dict.fromkeys(names)))
    tiles["text"] = [to.words.number(value) for value in tiles["value"]]
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


def parallel_scree(found: ParallelAnalysis, to: Reader) -> ggplot:
    """Eigenvalues of the factors with those of random answers."""
    shown = found.eigenvalues[["factors", "factors_reference"]]
    shown = shown.set_axis(["plots.eigen_answers", "plots.eigen_random"], axis=1)
    return _scree(to, shown, "factor", "eigenvalue")


def kaiser_scree(found: EmpiricalKaiser, to: Reader) -> ggplot:
    """Eigenvalues of the components with their references."""
    shown = found.eigenvalues.set_axis(["plots.eigen_answers", "plots.eigen_kaiser"], axis=1)
    return _scree(to, shown, "component", "eigenvalue")


def partial_correlations(found: MapTest, to: Reader) -> ggplot:
    """Average squared partial correlations; the lowest point is the number of components."""
    shown = found.averages[["squared"]].set_axis(["plots.eigen_answers"], axis=1)
    return _scree(to, shown, "taken_out", "partial")


def _scree(to: Reader, values: pd.DataFrame, x: str, y: str) -> ggplot:
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

    series = [to.words(str(key)) for key in values]
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
        + scale_x_continuous(breaks=[int(k) for k in values.index])
        + scale_y_continuous(labels=ticks(to))
        + labs(x=to.words(f"figures.{x}"), y=wrapped(to.words(f"figures.{y}"), 30))
        + look(3.2)
        + theme(axis_title_y=element_text(rotation=90), panel_grid_major_y=element_line(colour=FAINT_GRID))
        + alone
    )


def chisquare(found: Bartlett | LittleTest, to: Reader) -> ggplot:
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

    df = found.df
    x = np.linspace(1e-9, max(1.1 * found.chisq, df + 5 * np.sqrt(2 * df)), 400)
    log_density = (df / 2 - 1) * np.log(x) - x / 2 - df / 2 * np.log(2) - gammaln(df / 2)
    return (
        ggplot(pd.DataFrame({"chisq": x, "density": np.exp(log_density)}), aes("chisq", "density"))
        + geom_line(colour=BLUE, size=0.8)
        + geom_vline(xintercept=found.chisq, linetype="dashed", colour=ORANGE)
        + scale_x_continuous(labels=_counts(to))
        + scale_y_continuous(breaks=[])
        + labs(x=to.words("figures.chisq", df=df), y=to.words("figures.density"))
        + look(2.8)
        + theme(axis_title_y=element_text(rotation=90))
    )


def distances(found: Mardia, to: Reader) -> ggplot:
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

    expected = 2 * gammaincinv(found.n_items / 2, (np.arange(found.n) + 0.5) / found.n)
    return (
        ggplot(pd.DataFrame({"expected": expected, "observed": found.distances}), aes("expected", "observed"))
        + geom_abline(slope=1, intercept=0, linetype="dashed", colour=GREY)
        + geom_point(colour=BLUE, size=1.6)
        + scale_x_continuous(labels=ticks(to))
        + scale_y_continuous(labels=ticks(to))
        + labs(x=to.words("figures.quantile"), y=to.words("figures.distance"))
        + look(3.6)
        + theme(axis_title_y=element_text(rotation=90))
    )


# -------------------------------------------------------------------- loadings


def pattern(found: SchmidLeiman, to: Reader) -> ggplot:
    """Loadings of every item, a panel a factor; items from top to bottom as given."""
    long = found.loadings.rename_axis("item").reset_index().melt("item", var_name="factor", value_name="x")
    return _loadings(to, long.assign(ci_lower=0.0, ci_upper=long["x"]))


def resampled_pattern(found: LoadingStability, to: Reader) -> ggplot:
    """Loadings with their intervals over samples, a panel a factor; items from top to bottom as given."""
    from plotnine import labs

    return _loadings(to, found.loadings.rename(columns={"loading": "x"})) + labs(caption=interval_below(to))


def _loadings(to: Reader, long: pd.DataFrame) -> ggplot:
    from plotnine import aes, element_text, facet_wrap, ggplot, labs, scale_x_continuous, theme

    names = [to.name(str(item)) for item in long["item"]]
    long = long.assign(item=downwards(names), factor=categorical([to.label(str(f)) for f in long["factor"]]))
    return (
        ggplot(long, aes("x", "item"))
        + zero_line()
        + ranges("item")
        + facet_wrap("factor", nrow=1)
        + scale_x_continuous(labels=ticks(to))
        + labs(x=to.words("figures.loading"))
        + look(0.21 * long["item"].nunique() + 1.0)
        + theme(axis_text_x=element_text(size=8))
    )


# -------------------------------------------------------------------- power


def power_lines(found: Power, to: Reader, *, goal: float = 0.80) -> ggplot:
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

    rows = found.table().dropna(subset=["power"])
    rows = rows.assign(
        target=categorical([to.label(target) for target in rows["target"]]),
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
        + scale_x_continuous(labels=_counts(to))
        + scale_y_continuous(limits=(0, 1), breaks=[0, 0.2, 0.4, 0.6, 0.8, 1], labels=ticks(to))
        + labs(x=to.words("plots.answers_n"), y=to.words("plots.power"))
        + look(4.0)
        + theme(axis_title_y=element_text(rotation=90), panel_grid_major_y=element_line(colour=GRID))
    )
