"""A population and a model -> estimates, errors and tests of many simulated samples.

Complete normal answers analysed by ML need no rows: means and covariances are drawn from their sampling
distribution (Wishart, by Bartlett's decomposition), all samples are fitted in one batch and their standard
errors come from the stacked information. Ordered, incomplete or robustly analysed answers are drawn as
rows and fitted one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.linalg import LinAlgError

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.sem.after.compare import difference_test
from bouwen.sem.fit import Fit, fit_sem
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.improper import is_improper
from bouwen.sem.model.options import choose_estimator
from bouwen.sem.model.table import ParTable
from bouwen.sem.normal.inference import bread
from bouwen.sem.normal.moments import Moments
from bouwen.sem.power.answers import Gaps, draw_rows
from bouwen.sem.power.population import ModelPopulation, PopulationError
from bouwen.sem.resample.batch import CONVERGED, fit_batch
from bouwen.sem.resample.roots import symmetric_root
from bouwen.sem.resample.samples import take
from bouwen.sem.resample.stacks import moments_objective
from bouwen.sem.resample.workers import Chunk
from bouwen.special import ndtri

DRAWS = 1000  # of a defined parameter, for its limits
AT_ONCE = 10  # replications whose draws are held at one time


@dataclass(frozen=True)
class TargetParameter:
    """A parameter of the analysis, free or defined.

    ``row`` is its place among the rows of a table and the definitions after them. The table of the population
    has no thresholds and may have no means, so samples have tables and places of their own.
    """

    name: str
    row: int


@dataclass(frozen=True)
class Analysis:
    """What is done with every sample.

    Attributes
    ----------
    model, estimator : str
    levels : tuple of tuples
        ``group_equal`` of the models to fit, each with more restrictions than the one before; estimates are
        those of the first.
    gaps : Gaps, optional
        Which answers are missing; they are then analysed with all that was answered.
    population : ModelPopulation
    parameters : tuple of Parameter, length T
        What is to be estimated.
    alpha : float
        One minus the confidence of intervals.
    """

    model: str
    estimator: str
    levels: tuple[tuple[str, ...], ...]
    gaps: Gaps | None
    population: ModelPopulation
    parameters: tuple[TargetParameter, ...] = ()
    alpha: float = 0.05

    @property
    def by_moments(self) -> bool:
        """Whether moments tell all that the analysis needs."""
        return self.estimator == "ML" and self.gaps is None and not self.population.thresholds

    @property
    def options(self) -> dict[str, Any]:
        """What `fit_sem` is asked for, apart from restrictions over groups."""
        population = self.population
        options: dict[str, Any] = {"estimator": self.estimator}
        if population.thresholds:
            options["ordered"] = tuple(population.thresholds)
        if self.gaps is not None:
            options["missing"] = "pairwise" if population.thresholds else "fiml"
        return options

    def check_estimator(self) -> None:
        """Refuse an estimator that is unknown, or that is not for answers of this kind.

        Raises
        ------
        UnknownOption, UnsupportedModel
        """
        missing = self.options.get("missing", "listwise")
        ordered = bool(self.population.thresholds)
        choose_estimator(self.estimator, missing=missing, ordered=ordered, rows=True)

    def fit_moments(self, sizes: Sequence[int], level: int = 0, *, unit: bool = False) -> Fit:
        """The model fitted to the population's own moments (``unit``: with ordered items of variance 1)."""
        p = self.population
        tables = {}
        for g, label in enumerate(p.groups):
            scale = np.array([p.cov[g, k, k] ** -0.5 if unit and item in p.thresholds else 1.0
                              for k, item in enumerate(p.names)])  # fmt: skip
            mean, cov = p.mean[g] * scale, p.cov[g] * np.outer(scale, scale)
            tables[label] = Moments(cov, n=sizes[g], mean=mean, names=p.names, divisor="n")
        data: Any = tables if len(tables) > 1 else next(iter(tables.values()))
        return fit_sem(self.model, data, group_equal=self.levels[level])


@dataclass(frozen=True, eq=False)
class Replications:
    """What came of D samples.

    Attributes
    ----------
    est, se, lower, upper : arrays (D, T)
        Of the parameters asked for; NaN where the first model did not converge.
    census : array (D, T) or None
        Estimates from the whole finite population that each sample was drawn from.
    chisq, df : arrays (D, L)
        Test of each model.
    difference, difference_df : arrays (D, L − 1)
        Test of each model against the one before.
    improper : array (D,) of bool
        Whether the first model's solution has a negative variance or an indefinite covariance matrix.
    """

    est: Array
    se: Array
    lower: Array
    upper: Array
    census: Array | None
    chisq: Array
    df: Array
    difference: Array
    difference_df: Array
    improper: Array

    @staticmethod
    def joined(parts: Sequence[Replications]) -> Replications:
        """The replications of several chunks as one."""
        names = ("est", "se", "lower", "upper", "chisq", "df", "difference", "difference_df", "improper")
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        census = [part.census for part in parts if part.census is not None]
        return Replications(**columns, census=np.concatenate(census) if census else None)


def replicate(
    chunk: Chunk,
    *,
    analysis: Analysis,
    sizes: tuple[int, ...],
    census: tuple[int, ...] | None,
) -> Replications:
    """Draw and analyse the samples of a chunk.

    Parameters
    ----------
    chunk : Chunk
    analysis : Analysis
    sizes : tuple of int, length G
        Respondents of each group.
    census : tuple of int, length G, optional
        Size of the finite population of each group, from which respondents are drawn without replacement. The
        sample and the rest of such a population are two independent draws from the model, so the census
        is the two together.
    """
    method = _by_moments if analysis.by_moments else _by_rows
    return method(chunk, analysis, sizes, census)


# ---------------------------------------------------------------------- by moments


def draw_moments(
    population: ModelPopulation, sizes: Sequence[int], draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Means (D, G, p) and covariances (D, G, p, p), divided by n, of normal samples.

    Without rows: n S = L A Aᵀ Lᵀ with Σ = L Lᵀ and A lower triangular, its diagonal the roots of chi-squares
    on n − 1, n − 2, … degrees of freedom and standard normal numbers below (Bartlett, 1933; Smith & Hocking,
    1972, AS 53).
    """
    p, G = len(population.names), len(sizes)
    mean, cov = np.empty((draws, G, p)), np.empty((draws, G, p, p))
    for g, n in enumerate(sizes):
        L = np.linalg.cholesky(population.cov[g])
        mean[:, g] = population.mean[g] + rng.standard_normal((draws, p)) @ L.T / np.sqrt(max(n, 1))
        A = L @ _root_scatter(rng, draws, n - 1, p)
        cov[:, g] = A @ np.swapaxes(A, -1, -2) / max(n, 1)
    return mean, cov


def _root_scatter(rng: np.random.Generator, draws: int, df: int, p: int) -> Array:
    """A with A Aᵀ Wishart on ``df`` degrees of freedom and the identity."""
    if df < p:
        return rng.standard_normal((draws, p, max(df, 0)))
    A = np.tril(rng.standard_normal((draws, p, p)), -1)
    k = np.arange(p)
    A[:, k, k] = np.sqrt(rng.chisquare(df - k, (draws, p)))
    return A


def joined_moments(
    n: Sequence[int], first: tuple[Array, Array], m: Sequence[int], second: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Means and covariances of two samples of n (G,) and m (G,) as one."""
    a = (np.array(n) / (np.array(n) + np.array(m)))[:, None]
    b = 1 - a
    apart = first[0] - second[0]
    between = (a * b)[..., None] * apart[..., :, None] * apart[..., None, :]
    cov = a[..., None] * first[1] + b[..., None] * second[1] + between
    return a * first[0] + b * second[0], cov


def _by_moments(
    chunk: Chunk, analysis: Analysis, sizes: tuple[int, ...], census: tuple[int, ...] | None
) -> Replications:
    rng, D = chunk.rng(), chunk.size
    moments = draw_moments(analysis.population, sizes, D, rng)
    whole, shrink = None, 1.0
    if census is not None:
        shrink = 1 - sum(sizes) / sum(census)
        rest = [N - n for n, N in zip(sizes, census, strict=True)]
        other = draw_moments(analysis.population, rest, D, rng)
        target = analysis.fit_moments(census)
        _, theta, _, _ = _fit_all(target, analysis, joined_moments(sizes, moments, rest, other))
        whole = values_of(target.partable, theta, analysis.parameters)[0]
    levels = range(len(analysis.levels))
    chisq, df = np.full((D, len(levels)), np.nan), np.zeros((D, len(levels)))
    for level in levels:
        target = analysis.fit_moments(sizes, level)
        value, theta, vcov, improper_ones = _fit_all(target, analysis, moments)
        chisq[:, level], df[:, level] = 2 * sum(sizes) * value, target.df
        if level == 0:
            found = drawn_estimates(target.partable, theta, vcov * shrink, analysis, rng)
            bad = improper_ones
    return Replications(*found, whole, chisq, df, np.diff(chisq), np.diff(df), bad)


def _fit_all(
    target: Fit, analysis: Analysis, moments: tuple[Array, Array]
) -> tuple[Array, Array, Array, Array]:
    """F/2 (D,), parameters (D, q), their sampling covariance (D, q, q), and whether each is improper (D,)."""
    order = [analysis.population.names.index(name) for name in target.sample.names]
    moments = moments[0][..., order], moments[1][..., order, :][..., order]
    objective = moments_objective(target.family, *moments)
    batch = fit_batch(objective, target.partable, target.theta)
    D, q = batch.theta.shape
    vcov, bad = np.full((D, q, q), np.nan), np.zeros(D, dtype=bool)
    good = np.flatnonzero(batch.status == CONVERGED)
    if len(good):
        point = take(objective, good).at(batch.theta[good])
        vcov[good] = stacked_bread(point.information, target.solution.basis) / target.n
        bad[good] = is_improper(target.structure, point.implied)
    return batch.value, batch.theta, vcov, bad


def stacked_bread(information: Array, basis: Array | None) -> Array:
    """Inverse information (D, q, q) under linear restrictions; NaN where it is singular."""
    try:
        if basis is None:
            return np.asarray(np.linalg.inv(information))
        return np.asarray(basis @ np.linalg.solve(basis.T @ information @ basis, basis.T))
    except LinAlgError:
        out = np.full(information.shape, np.nan)
        for d, one in enumerate(information):
            if np.linalg.matrix_rank(one) == len(one):
                out[d] = bread(one, basis)
        return out


def parameters_of(table: ParTable) -> dict[str, TargetParameter]:
    """Free and defined parameters of a table by the names that `bouwen.model_power` knows them by."""
    out: dict[str, TargetParameter] = {}
    for k, row in enumerate(table.rows):
        if row.free >= 0:
            out.setdefault(table.free_name(row.free), TargetParameter(table.free_name(row.free), k))
    for k, (name, _) in enumerate(table.definitions):
        out[name] = TargetParameter(name, len(table.rows) + k)
    return out


def _rows_in(table: ParTable, parameters: Sequence[TargetParameter]) -> list[int]:
    """Where a table has the parameters of another one."""
    own = parameters_of(table)
    return [own[p.name].row for p in parameters]


def values_of(table: ParTable, theta: Array, parameters: Sequence[TargetParameter]) -> tuple[Array, Array]:
    """Parameters (D, T), free and defined, and their Jacobian (D, T, q)."""
    q = table.n_free
    values, J = [theta], [np.broadcast_to(np.eye(q), (len(theta), q, q))]
    if table.definitions:
        defined, slopes = Restrictions(table).definitions(theta)
        values.append(defined)
        J.append(slopes)
    rows = table.rows
    own = _rows_in(table, parameters)
    place = [rows[k].free if k < len(rows) else q + k - len(rows) for k in own]
    return np.concatenate(values, axis=-1)[:, place], np.concatenate(J, axis=-2)[:, place]


def drawn_estimates(
    table: ParTable, theta: Array, vcov: Array, analysis: Analysis, rng: np.random.Generator
) -> tuple[Array, Array, Array, Array]:
    """Estimates, standard errors and confidence limits, each (D, T).

    Standard errors of defined parameters follow from the delta method, but their limits are percentiles of
    the definition at parameters drawn from their sampling distribution, which for a product is skewed
    (MacKinnon, Lockwood & Williams, 2004, Multivariate Behavioral Research 39).
    """
    est, J = values_of(table, theta, analysis.parameters)
    se = np.sqrt(np.maximum(np.einsum("dtq,dqr,dtr->dt", J, vcov, J), 0.0))
    critical = float(ndtri(1 - analysis.alpha / 2))
    lower, upper = est - critical * se, est + critical * se
    first, own = len(table.rows), _rows_in(table, analysis.parameters)
    defined = [t for t, k in enumerate(own) if k >= first]
    good = np.flatnonzero(np.isfinite(se).all(axis=1))
    if defined and len(good):
        places = [own[t] - first for t in defined]
        tails = [analysis.alpha / 2, 1 - analysis.alpha / 2]
        moving = np.flatnonzero((J[good][:, defined] != 0).any(axis=(0, 1)))
        for part in np.array_split(good, math.ceil(len(good) / AT_ONCE)):
            drawn = _drawn_definitions(table, theta[part], vcov[part], moving, rng)[..., places]
            limits = np.quantile(drawn, tails, axis=1)
            lower[np.ix_(part, np.array(defined))], upper[np.ix_(part, np.array(defined))] = limits
    return est, se, lower, upper


def _drawn_definitions(
    table: ParTable, theta: Array, vcov: Array, moving: Array, rng: np.random.Generator
) -> Array:
    """Definitions (D, draws, k) at parameters drawn about θ; only those at ``moving`` need to move."""
    root = symmetric_root(vcov[:, moving[:, None], moving])
    z = rng.standard_normal((len(theta), DRAWS, len(moving)))
    drawn = theta[:, None, moving] + z @ root
    column = {int(k): place for place, k in enumerate(moving)}
    rows = np.zeros((len(theta), DRAWS, len(table.rows)))
    for r, row in enumerate(table.rows):
        if row.free < 0:
            rows[..., r] = row.value
        elif row.free in column:
            rows[..., r] = drawn[..., column[row.free]]
    return Restrictions(table).definitions_from_rows(rows)


# ---------------------------------------------------------------------- by rows


def _by_rows(
    chunk: Chunk, analysis: Analysis, sizes: tuple[int, ...], census: tuple[int, ...] | None
) -> Replications:
    rng, L, T = chunk.rng(), len(analysis.levels), len(analysis.parameters)
    shape = {"est": T, "se": T, "lower": T, "upper": T}
    shape |= {"chisq": L, "df": L, "difference": L - 1, "difference_df": L - 1}
    out = {name: np.full((chunk.size, width), np.nan) for name, width in shape.items()}
    bad = np.zeros(chunk.size, dtype=bool)
    whole = None if census is None else np.full((chunk.size, T), np.nan)
    shrink = 1.0 if census is None else 1 - sum(sizes) / sum(census)
    for d in range(chunk.size):
        rows = draw_rows(analysis.population, census or sizes, rng, analysis.gaps)
        fits = _fit_rows(analysis, [x[:n] for x, n in zip(rows, sizes, strict=True)])
        for k, fit in enumerate(fits):
            out["chisq"][d, k], out["df"][d, k] = fit.tests[-1].chisq, fit.tests[-1].df
        for k, (free, restricted) in enumerate(pairwise(fits)):
            out["difference"][d, k], out["difference_df"][d, k] = _difference_or_nan(free, restricted)
        if fits:
            first = fits[0]
            found = drawn_estimates(
                first.partable, first.theta[None], first.theta_cov[None] * shrink, analysis, rng
            )
            for name, value in zip(shape, found, strict=False):
                out[name][d] = value[0]
            bad[d] = bool(is_improper(first.structure, first.implied))
        if whole is not None and (fits := _fit_rows(analysis, rows, most=1)):
            whole[d] = values_of(fits[0].partable, fits[0].theta[None], analysis.parameters)[0][0]
    return Replications(**out, census=whole, improper=bad)


def _fit_rows(analysis: Analysis, rows: Sequence[Array], most: int | None = None) -> list[Fit]:
    """The models fitted to rows, as far as they converge with the thresholds of the population."""
    population = analysis.population
    data = pd.DataFrame(np.concatenate(rows), columns=list(population.names))
    group = None
    if len(rows) > 1:
        group = "group"
        data.insert(0, group, np.repeat(population.groups, [len(x) for x in rows]))
    fits: list[Fit] = []
    for level in analysis.levels[:most]:
        try:
            fits.append(fit_sem(analysis.model, data, group=group, group_equal=level, **analysis.options))
        except (BouwenError, LinAlgError):
            break
    return fits


def _difference_or_nan(free: Fit, restricted: Fit) -> tuple[float, float]:
    try:
        test = difference_test(free, restricted)
    except BouwenError:
        return np.nan, np.nan
    return float(test["chisq_diff"]), float(test["df_diff"])


def check_sizes(analysis: Analysis, sizes: Sequence[int], census: Sequence[int] | None) -> None:
    """Refuse samples to which nothing can be fitted, or that are larger than the population."""
    p = len(analysis.population.names)
    if min(sizes) <= p:
        raise PopulationError(
            f"{min(sizes)} respondents in a group are too few for {p} items; use a larger n"
        )
    if census is not None and any(n > N for n, N in zip(sizes, census, strict=True)):
        raise PopulationError(
            f"{sum(sizes)} respondents cannot be drawn from a population of {sum(census)} without replacement"
        )
