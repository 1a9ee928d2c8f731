"""Respondents shuffled over groups, many times -> what the steps of an invariance ladder cost by chance.

References
----------
Jorgensen, Kite, Chen & Short (2018), Permutation randomization methods for testing measurement equivalence
and detecting differential item functioning in multiple-group confirmatory factor analysis. Psychological
Methods 23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from bouwen.checks import Array, Ints, OptionError, check_confidence, check_count
from bouwen.groups.invariance import Invariance
from bouwen.results import Result, p_line
from bouwen.sem import (
    CONVERGED,
    Chunk,
    Family,
    Fit,
    IncompleteDraws,
    Key,
    NoRows,
    Releases,
    Sample,
    batch_measures,
    draw_bytes,
    find_patterns,
    fit_batch,
    of_family,
    parts_of,
    run_chunks,
    saturated_stack,
    score_stack,
    shuffled_rows,
    usable,
    weighted_objective,
)

DECIDING = ("chisq", "cfi", "rmsea", "srmr")
WORSE = np.array([1.0, -1.0, 1.0, 1.0])  # the direction in which a measure shows misfit


@dataclass(frozen=True, eq=False, repr=False)
class Permutations(Result):
    """An invariance ladder and what it looks like when groups mean nothing.

    Attributes
    ----------
    invariance : Invariance
    observed : array (S, 4)
        Chi-square, CFI, RMSEA and SRMR of the first step, and how they change at every next one; plain
        ones, whatever corrections the estimator knows.
    drawn : array (D, S, 4)
        The same of every permutation; NaN where a fit failed.
    scores : dict of step to array (D, K)
        Score statistics of the parameters that a step holds equal, in the permutations.
    """

    invariance: Invariance
    observed: Array
    drawn: Array
    scores: dict[str, Array]

    @property
    def draws(self) -> int:
        """Permutations asked for."""
        return len(self.drawn)

    @cached_property
    def used(self) -> pd.Series[int]:
        """Permutations in which a step, and the one before it, could be fitted."""
        good = np.isfinite(self.drawn).all(axis=2).sum(axis=0)
        return pd.Series(good, index=list(self.invariance.steps), name="used")

    def distribution(self, step: str, measure: str = "cfi") -> Array:
        """A measure, or its change at a step, in the permutations that succeeded."""
        values = self.drawn[:, self.invariance.steps.index(step), DECIDING.index(measure)]
        return np.asarray(values[np.isfinite(values)])

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """What every step costs, beside what it costs when respondents are shuffled over the groups.

        Parameters
        ----------
        confidence : float
            One minus the share of the permutations that exceed ``critical``.

        Returns
        -------
        DataFrame
            ``step measure observed critical pvalue used failed``. The first step has the measure itself,
            the others its change. the p-value is
            (b + 1)/(m + 1) with b of m permutations at least as bad (Phipson & Smyth, 2010, Statistical
            Applications in Genetics and Molecular Biology 9). ``failed`` counts permutations without a
            solution, which are left out.
        """
        check_confidence(confidence)
        rows = []
        for s, step in enumerate(self.invariance.steps):
            for k, measure in enumerate(DECIDING):
                drawn = self.distribution(step, measure) * WORSE[k]
                observed = self.observed[s, k] * WORSE[k]
                critical = np.quantile(drawn, confidence) * WORSE[k] if len(drawn) else np.nan
                used = int(self.used[step])
                pvalue = permutation_pvalue(observed, drawn)
                rows.append((step, measure, self.observed[s, k], critical, pvalue, used, self.draws - used))
        columns = ["step", "measure", "observed", "critical", "pvalue", "used", "failed"]
        return pd.DataFrame(rows, columns=columns)

    def differences(self) -> pd.DataFrame:
        """Which parameters differ, with p-values from the permutations.

        Returns
        -------
        DataFrame
            The columns of `Invariance.differences` with the permutation p-value in ``pvalue``, and in
            ``pvalue_max`` that of the largest score of the step: the chance that any of its parameters
            scores this high when none differs (Westfall & Young, 1993).
        """
        frames = []
        for step, frame in self.invariance.differences().groupby("step", sort=False):
            drawn = self.scores[str(step)]
            drawn = drawn[np.isfinite(drawn).all(axis=1)]
            highest = drawn.max(axis=1)
            own = [permutation_pvalue(x, drawn[:, k]) for k, x in enumerate(frame["score"])]
            top = [permutation_pvalue(x, highest) for x in frame["score"]]
            frames.append(frame.assign(pvalue=own, pvalue_max=top))
        return pd.concat(frames, ignore_index=True) if frames else self.invariance.differences()

    def _line(self) -> str:
        chances = self.table().query("measure == 'cfi'").set_index("step")["pvalue"].iloc[1:]
        found = ", ".join(f"{step} {p_line(p)}" for step, p in chances.items())
        return f"{self.draws} shuffles over the groups of {self.invariance.group}" + (
            f", change in CFI: {found}" if found else ""
        )


def permutation_pvalue(observed: float, drawn: Array) -> float:
    """(b + 1)/(m + 1) with b of m draws at least as large as observed (Phipson & Smyth, 2010).

    >>> permutation_pvalue(2.0, np.array([1.0, 2.0, 3.0]))
    0.75
    """
    scale = 1e-9 * max(1.0, abs(observed))  # equal but for rounding counts as equal
    return float((1 + np.sum(drawn >= observed - scale)) / (1 + len(drawn)))


def permutation_invariance(
    invariance: Invariance, draws: int = 1000, *, seed: int = 1, n_jobs: int | None = None
) -> Permutations:
    """Refit an invariance ladder with the respondents shuffled over the groups.

    Parameters
    ----------
    invariance : Invariance
        From `bouwen.check_invariance`.
    draws : int
        Permutations, at least one.
    seed : int
        Gives the same permutations for any number of workers.
    n_jobs : int, optional
        See `bouwen.sem.resample.workers.run_chunks`.

    Notes
    -----
    Groups keep their sizes. Where the ladder knows clusters, whole ones are exchanged with others of their
    size, and respondents within them. All steps see the same permutations. Shuffling makes the groups alike
    in everything, also in what a step leaves free, such as factor means; its cost is compared under that
    stronger hypothesis (Jorgensen et al., 2018).
    """
    check_count("draws", draws, least=1)
    if not isinstance(invariance, Invariance):
        raise OptionError(f"give what bouwen.check_invariance returns; found {type(invariance).__name__}")
    steps, fits = invariance.steps, invariance.fits
    if not all(fit.sample.rows for fit in fits.values()):
        raise NoRows("permutations need")
    first = fits[steps[0]].sample
    pooled = None if first.patterns is None else _pooled(first)  # once: with gaps it is large
    ladder = _about_equal_groups(
        [_Step.of(step, fit, invariance.releases.get(step), pooled) for step, fit in fits.items()]
    )
    sizes = [len(rows) for rows in fits[steps[0]].sample.rows]
    clusters = np.concatenate(first.cluster) if first.cluster else None
    task = partial(_permuted, ladder=ladder, sizes=sizes, clusters=clusters)
    chunks = run_chunks(task, draws, seed=seed, n_jobs=n_jobs, about="Permutations")
    values = np.array([[fits[step].measures[name] for name in DECIDING] for step in steps])
    values[1:] = np.diff(values, axis=0)
    return Permutations(
        invariance,
        values,
        np.concatenate([np.zeros((0, *values.shape)), *(found for found, _ in chunks)]),
        {step: np.concatenate([found[step] for _, found in chunks]) for step in steps[1:]},
    )


@dataclass(frozen=True, eq=False)
class _Step:
    """A step as its permutations need it: everybody a candidate for every group."""

    name: str
    family: Family
    theta: Array
    places: dict[tuple[int, Key], int]
    releases: Releases | None

    @classmethod
    def of(cls, name: str, fit: Fit, releases: Releases | None, pooled: Sample | None = None) -> _Step:
        places = {(row.group, row.key): row.free for row in fit.partable.rows if row.free >= 0}
        sample, everyone = pooled or _pooled(fit.sample), None
        if releases is not None:
            everyone = replace(releases, family=replace(releases.family, sample=sample))  # type: ignore[type-var]
        return cls(name, replace(fit.family, sample=sample), fit.theta, places, everyone)  # type: ignore[type-var]

    def start(self, harder: _Step | None, solved: Array | None) -> Array:
        """Where to start: the solutions of the next step, which holds more equal."""
        if harder is None or solved is None:
            return self.theta
        start = np.tile(self.theta, (len(solved), 1))
        good = np.isfinite(solved).all(axis=1)
        for place, free in self.places.items():
            if place in harder.places:
                start[good, free] = solved[good, harder.places[place]]
        return start


def _about_equal_groups(ladder: Sequence[_Step]) -> list[_Step]:
    """The steps with the solutions for groups that are all alike, about which permutations scatter."""
    out: list[_Step] = []
    for step in reversed(ladder):
        start = step.start(out[0] if out else None, out[0].theta[None] if out else None)
        alike = weighted_objective(step.family, np.ones((1, sum(map(len, step.family.sample.rows)))))
        batch = fit_batch(alike, step.family.table, start)
        theta = batch.theta[0] if batch.status[0] == CONVERGED else step.theta
        out.insert(0, replace(step, theta=theta))
    return out


def _pooled(sample: Sample) -> Sample:
    """The rows of all groups in every group, for weights to choose from.

    With gaps the moments are those of all groups too, near which every shuffle has its own.
    """
    rows = (np.concatenate(sample.rows),) * len(sample.rows)
    if sample.weights:
        sample = replace(sample, weights=(np.concatenate(sample.weights),) * len(sample.rows))
    if sample.patterns is None:
        return replace(sample, rows=rows, cluster=())
    share = sample.n / sample.N
    mean = share @ sample.mean
    apart = sample.mean - mean
    cov = np.tensordot(share, sample.cov + apart[:, :, None] * apart[:, None, :], 1)
    return replace(
        sample,
        rows=rows,
        cluster=(),
        patterns=find_patterns(rows, sample.weights),
        mean=np.broadcast_to(mean, sample.mean.shape),
        cov=np.broadcast_to(cov, sample.cov.shape),
    )


def _permuted(
    chunk: Chunk, *, ladder: Sequence[_Step], sizes: Sequence[int], clusters: Ints | None
) -> tuple[Array, dict[str, Array]]:
    """Shuffle the groups of a chunk and climb the ladder."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    if clusters is None:
        shuffled = chunk.rng().permuted(np.tile(groups, (chunk.size, 1)), axis=1)
    else:
        shuffled = groups[shuffled_rows(np.zeros(len(groups)), chunk.size, chunk.rng(), clusters)]
    largest = max(draw_bytes(step.family) for step in ladder)
    found = []
    for part in parts_of(chunk.size, largest + 8 * len(groups) * len(sizes)):
        weights = shuffled[part, None, :] == np.arange(len(sizes))[:, None]
        found.append(_climb(ladder, weights.reshape(len(weights), -1).astype(float)))
    scores = {name: np.concatenate([own[name] for _, own in found]) for name in found[0][1]}
    return np.concatenate([values for values, _ in found]), scores


def _climb(ladder: Sequence[_Step], weights: Array) -> tuple[Array, dict[str, Array]]:
    """Measures (D, S, 4) of the first step and their changes, and score statistics by step.

    The steps are taken from the last on, because the solution of each is a good start for the one before.
    """
    D, N = len(weights), weights[0].sum()
    values = np.full((D, len(ladder), len(DECIDING)), np.nan)
    scores: dict[str, Array] = {}
    harder, solved, saturated, draws = None, None, None, None
    for s, step in reversed(list(enumerate(ladder))):
        objective = of_family(draws, step.family) if draws else weighted_objective(step.family, weights)
        if saturated is None and isinstance(objective, IncompleteDraws):
            sample, good, draws = step.family.sample, np.flatnonzero(usable(objective)), objective
            saturated = saturated_stack(objective, good, sample.mean, sample.cov)
        batch = fit_batch(objective, step.family.table, step.start(harder, solved))
        good = batch.status == CONVERGED
        found = batch_measures(step.family, objective, batch, DECIDING, saturated=saturated)
        values[good, s] = found.to_numpy()[good]
        if step.releases is not None:
            family = step.releases.family
            apart = of_family(draws, family) if draws else weighted_objective(family, weights)
            scores[step.name] = N * score_stack(step.releases, apart, batch.theta)
        harder, solved = step, batch.theta
    values[:, 1:] = values[:, 1:] - values[:, :-1]
    return values, scores
