"""Replications -> power, bias and coverage by sample size, and how many answers a power needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from bouwen.checks import Array, NotACount, UnknownOption, check_choice, check_count, check_share
from bouwen.results import Result, how_many, short
from bouwen.sem.family.measures import CLOSE_FIT
from bouwen.sem.fit import Fit
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.options import ESTIMATORS
from bouwen.sem.model.table import ParTable
from bouwen.sem.power.answers import Gaps
from bouwen.sem.power.population import ModelPopulation, PopulationError, as_population
from bouwen.sem.power.replications import (
    Analysis,
    Replications,
    TargetParameter,
    check_sizes,
    parameters_of,
    replicate,
)
from bouwen.sem.resample.workers import run_chunks
from bouwen.sem.sam.result import SamFit
from bouwen.special import chdtri, chndtrix

#: Tests of the whole model that can be targets; steps of invariance are "equal loadings" and so on.
FIT_TESTS = ("exact fit", "close fit", "not-close fit")
POWER_COLUMNS = [
    "n", "target", "power", "mc_error", "true", "mean", "bias", "relative_bias", "coverage", "se_mean", "sd",
    "replications", "converged", "improper",
]  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Power(Result):
    """What a simulation says about sample sizes.

    Attributes
    ----------
    results : DataFrame
        One row per sample size and target, see `table`.
    alpha : float
    population_size : int or None
        Size of the finite population.
    """

    results: pd.DataFrame
    alpha: float
    population_size: int | None

    def table(self) -> pd.DataFrame:
        """One row for each sample size and target.

        Returns
        -------
        DataFrame
            ``n target``; ``power``, the share of converged replications in which the hypothesis of no
            effect (or of fit, or of equality) is rejected, and its Monte Carlo standard error ``mc_error``;
            for parameters ``true`` (what the model finds in the population itself), ``mean``, ``bias``,
            ``relative_bias``, ``coverage`` of the interval, ``se_mean`` against ``sd`` of the estimates; and
            ``replications``, of which ``converged`` and, among those, ``improper``. Improper solutions
            count; replications that do not converge do not.
        """
        return self.results.copy()

    def _line(self) -> str:
        sizes = ", ".join(map(str, dict.fromkeys(self.results["n"])))
        low, high = self.results["power"].min(), self.results["power"].max()
        targets = how_many(self.results["target"].nunique(), "target")
        return f"{targets} at n = {sizes}, power from {short(low)} to {short(high)}"


def model_power(
    population: str | Fit | SamFit | ModelPopulation,
    model: str,
    n: Sequence[int] | int,
    reps: int = 1000,
    *,
    estimator: str = "ML",
    gaps: Gaps | None = None,
    group_equal: Sequence[str] = (),
    invariance: Sequence[str] = (),
    targets: Sequence[str] | None = None,
    population_size: int | None = None,
    alpha: float = 0.05,
    seed: int = 1,
    n_jobs: int | None = None,
) -> Power:
    """Power, bias and coverage of an analysis, by simulation.

    Parameters
    ----------
    population : str, Fit, SamFit or ModelPopulation
        A model with values, or a fitted model whose estimates are taken to be true; with thresholds, its
        items are analysed as ordered.
    model : str
        The analysis, in lavaan syntax; it may differ from the population.
    n : int or sequence of int
        Sample sizes to try, over all groups, which keep their shares.
    reps : int
        Samples of each size.
    estimator : str
        As for `fit_sem`. ML of complete normal answers is quick; all else fits sample by sample.
    gaps : Gaps, optional
        Missing answers; analysed by FIML, or pairwise for ordered items.
    group_equal : sequence of str
        Restrictions over groups in every model.
    invariance : sequence of str
        Further restrictions, one step after the other; the target "equal loadings" is the power of the
        likelihood-ratio test of the step "loadings".
    targets : sequence of str, optional
        Parameters ("mood ~ sleep", or the name of a defined parameter; over groups "mood ~ sleep
        [large]"), "exact fit" (chi-square), "close fit" and "not-close fit" (RMSEA 0.05), and steps of
        invariance. By default all paths, all defined parameters, "exact fit" and all steps.
    population_size : int, optional
        Size N of a finite population from which respondents are drawn without replacement. Each replication
        draws such a population and a sample from it. What is to be estimated is then what this population
        would show if all of it answered, not what lies behind it, and standard errors are multiplied by
        √(1 − n/N). Tests of fit stay as they are. Groups have their shares in it.
    alpha : float
        Two-sided for parameters. Free parameters are tested by z, defined ones by the percentile interval
        of drawn parameters (see `bouwen.sem.power.replications.drawn_estimates`), which finds indirect
        effects about as often as the bootstrap does.
    seed : int
        The same seed gives the same figures for a sample size, whichever others are asked for and for any
        number of workers.
    n_jobs : int, optional
        Workers, see `run_chunks`.

    Returns
    -------
    Power

    Raises
    ------
    PopulationError, ModelSyntaxError, ModelError
        The population or the model.
    UnknownOption, UnsupportedModel
        A target that the model does not have, or an estimator that is not for these answers.
    NotACount, NotAShare
    NotConverged, NotIdentified
        The model cannot be fitted to the population itself.

    References
    ----------
    Muthén & Muthén (2002), Structural Equation Modeling 9, 599–620; for the finite population Cochran
    (1977), Sampling Techniques, section 2.6.
    """
    source = as_population(population)
    check_count("reps", reps, least=1)
    check_count("seed", seed)
    check_share("alpha", alpha)
    if invariance and len(source.groups) < 2:
        raise PopulationError(
            "the population has one group, so nothing is invariant over groups; give values by group, such "
            "as c(0.8, 0.7)*x1"
        )
    levels = tuple((*group_equal, *invariance[:k]) for k in range(len(invariance) + 1))
    estimator = check_choice("estimator", estimator, ESTIMATORS)
    analysis = Analysis(model, estimator, levels, gaps, source, alpha=alpha)
    analysis.check_estimator()
    reference = analysis.fit_moments([1000] * len(source.groups), unit=True)
    known = _estimable(parameters_of(reference.partable), reference.partable, source)
    steps = [f"equal {what}" for what in invariance]
    wanted = _targets(targets, known, reference.partable, steps)
    analysis = replace(analysis, parameters=tuple(known[name] for name in wanted if name in known))
    true = _true_values(analysis, reference)
    tables = []
    asked = dict.fromkeys(np.atleast_1d(n).tolist())
    if not asked:
        raise NotACount("n", n, least=1)
    if population_size is not None:
        check_count("population_size", population_size, least=1)
    for size in asked:
        sizes = source.sizes(size)
        census = None if population_size is None else source.sizes(population_size)
        check_sizes(analysis, sizes, census)
        task = partial(replicate, analysis=analysis, sizes=sizes, census=census)
        own_seed = int(np.random.SeedSequence([seed, sum(sizes)]).generate_state(1)[0])
        parts = run_chunks(
            task,
            reps,
            seed=own_seed,
            n_jobs=n_jobs,
            chunk=250 if analysis.by_moments else 25,
            about=f"n = {sum(sizes)}",
        )
        found = Replications.joined(parts)
        rows = _parameter_rows(found, analysis.parameters, true)
        rows |= _test_rows(found, wanted, steps, sum(sizes), len(sizes), alpha)
        tables.append(_account(pd.DataFrame([rows[name] for name in wanted]), found, sum(sizes), wanted))
    return Power(pd.concat(tables, ignore_index=True)[POWER_COLUMNS], alpha, population_size)


def _targets(
    asked: Sequence[str] | None, known: dict[str, TargetParameter], table: ParTable, steps: Sequence[str]
) -> list[str]:
    if asked is None:
        rows = table.rows
        paths = [name for name, p in known.items() if p.row >= len(rows) or rows[p.row].op == "~"]
        return [*paths, "exact fit", *steps]
    possible = [*known, *FIT_TESTS, *steps]
    out = []
    for text in (asked,) if isinstance(asked, str) else asked:
        name = _canonical(str(text)) if text not in possible else text
        if name not in possible:
            raise UnknownOption("targets", text, possible)
        out.append(name)
    return out


def _estimable(
    known: dict[str, TargetParameter], table: ParTable, population: ModelPopulation
) -> dict[str, TargetParameter]:
    """Without the residual variances of ordered items, which their thresholds fix."""
    rows = table.rows
    fixed = {
        k for k, r in enumerate(rows) if r.op == "~~" and r.lhs == r.rhs and r.lhs in population.thresholds
    }
    fixed |= {k for k, r in enumerate(rows) if r.op == "~1" and r.lhs in population.thresholds}
    return {name: p for name, p in known.items() if p.row not in fixed}


def _canonical(text: str) -> str:
    """A parameter with one space around its operator, as tables name it."""
    bare, bracket, group = text.partition("[")
    words = bare.split()
    if len(words) == 1:
        for op in ("=~", "~~", "~"):
            if op in bare:
                left, right = bare.split(op, 1)
                words = [left.strip(), op, right.strip()]
                break
    return " ".join(words) + (f" {bracket}{group}" if bracket else "")


def _true_values(analysis: Analysis, reference: Fit) -> Array:
    """What the model finds in the population's own moments; ordered items have variance 1 there.

    Not known where ordered items are held equal over groups, which gives groups scales of their own.
    """
    population = analysis.population
    if population.thresholds and len(population.groups) > 1 and analysis.levels[0]:
        return np.full(len(analysis.parameters), np.nan)
    values = reference.implied.values.ravel()
    if reference.partable.definitions:
        values = np.concatenate([values, Restrictions(reference.partable).definitions(reference.theta)[0]])
    return np.asarray(values[[p.row for p in analysis.parameters]])


def _parameter_rows(
    found: Replications, parameters: Sequence[TargetParameter], true: Array
) -> dict[str, dict[str, float]]:
    """Power, bias and coverage of each parameter, over the replications that have an estimate."""
    good = np.isfinite(found.se).all(axis=1)
    if found.census is not None:
        good &= np.isfinite(found.census).all(axis=1)
    est, se, lower, upper = (x[good] for x in (found.est, found.se, found.lower, found.upper))
    aim = np.broadcast_to(true, est.shape) if found.census is None else found.census[good]
    out = {}
    for t, parameter in enumerate(parameters):
        centre, error = mean(aim[:, t]), est[:, t] - aim[:, t]
        inside = (lower[:, t] <= aim[:, t]) & (aim[:, t] <= upper[:, t])
        out[parameter.name] = {
            **_share((lower[:, t] > 0) | (upper[:, t] < 0)),
            "true": centre,
            "mean": mean(est[:, t]),
            "bias": mean(error),
            "relative_bias": mean(error) / centre if centre else math.nan,
            "coverage": mean(inside) if math.isfinite(centre) else math.nan,
            "se_mean": mean(se[:, t]),
            "sd": float(error.std(ddof=1)) if len(error) > 1 else math.nan,
        }
    return out


def mean(values: Array) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean()) if len(values) else math.nan


def _share(rejected: Array) -> dict[str, float]:
    """Share of replications and its Monte Carlo standard error √(p(1 − p)/R)."""
    if not len(rejected):
        return {"power": math.nan, "mc_error": math.nan}
    share = float(rejected.mean())
    return {"power": share, "mc_error": math.sqrt(share * (1 - share) / len(rejected))}


def _test_rows(
    found: Replications, wanted: Sequence[str], steps: Sequence[str], n: int, groups: int, alpha: float
) -> dict[str, dict[str, float]]:
    """Rejections by the tests of the whole model and of the steps of invariance."""
    out: dict[str, dict[str, float]] = {}
    chisq, df = found.chisq[:, 0], found.df[:, 0]
    good = np.isfinite(chisq) & (df > 0)
    close = n * np.where(good, df, 1.0) * CLOSE_FIT**2 / groups
    for name in set(wanted) & set(FIT_TESTS):
        if name == "exact fit":
            rejected = chisq > chdtri(df, alpha)
        elif name == "close fit":
            rejected = chisq > chndtrix(1 - alpha, df, close)
        else:
            rejected = chisq < chndtrix(alpha, df, close)
        out[name] = _share(rejected[good])
    for k, name in enumerate(steps):
        difference, more = found.difference[:, k], found.difference_df[:, k]
        kept = np.isfinite(difference)
        out[name] = _share(difference[kept] > chdtri(more[kept], alpha))
    return out


def _account(rows: pd.DataFrame, found: Replications, n: int, wanted: Sequence[str]) -> pd.DataFrame:
    """Rows of one sample size with the account of its replications."""
    converged = np.isfinite(found.chisq[:, 0])
    return rows.reindex(columns=POWER_COLUMNS).assign(
        n=n,
        target=list(wanted),
        replications=len(converged),
        converged=int(converged.sum()),
        improper=int(found.improper.sum()),
    )
