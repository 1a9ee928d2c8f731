"""One path in many specifications -> what it would be if predictor and outcome were unrelated.

The outcome's answers are shuffled over the respondents, all items of a respondent together, while
predictor, other predictors and background stay as they are. Refitting hundreds of models to hundreds of
shuffles is not needed: shuffling leaves the answers to either side as they were, so their measurement
models stand, and what is left of each model is a regression of factor scores.

Shuffling the outcome rather than the predictor leaves the correlations among the predictors as they are, on
which the precision of each slope depends. Where other predictors are taken into account, what they leave of
the outcome is shuffled and added to what they explain of it (Freedman & Lane 1983, JBES 1): that
is the scheme that Winkler et al. (2014, NeuroImage 92) recommend, since the question is what the predictor
adds, not whether anything goes with the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from bouwen.checks import Array, Ints
from bouwen.errors import BouwenError
from bouwen.path.choices import Material, Specification
from bouwen.path.effects import composite_slope
from bouwen.path.paths import MainPath, as_syntax, causes
from bouwen.sem import Chunk, Fit, fit_sem, run_chunks, shuffled_rows
from bouwen.special import ndtri, stdtr, stdtrit


@dataclass(frozen=True, eq=False)
class Sides:
    """The two sides of a specification's regression, and how its slopes make up the effect.

    Attributes
    ----------
    predictors : array (n, k)
        Scores of the outcome's predictors; NaN where a respondent does not take part.
    outcome : array (n,)
        Score of the outcome; NaN likewise.
    effect : array (k,)
        The standardised effect is this times the slopes.
    """

    predictors: Array
    outcome: Array
    effect: Array

    @property
    def both(self) -> Array:
        """Which respondents (n,) take part on both sides."""
        return np.asarray(np.isfinite(self.predictors).all(axis=1) & np.isfinite(self.outcome))

    @property
    def others(self) -> Array:
        """Which predictors (k,) have no part in the effect: they are taken into account."""
        return np.asarray(np.abs(self.effect) <= 1e-9 * np.abs(self.effect).max(initial=0.0))

    @property
    def df(self) -> int:
        """Degrees of freedom of the regression in the answers as they are."""
        return int(np.count_nonzero(self.both)) - int(self.predictors.shape[1]) - 1


def shuffled_effects(
    sides: Sequence[Sides],
    attentive: Array,
    clusters: Ints | None = None,
    *,
    draws: int,
    seed: int,
    n_jobs: int | None = None,
) -> tuple[Array, Array]:
    """Effects and their t-values in the answers as they are (row 0) and in shuffled ones.

    Everyone keeps to their own kind in a shuffle, attentive or not, so that every specification
    keeps its respondents, and clusters move as a whole where there are any (`shuffled_rows`). All
    specifications see the same shuffles.

    Returns
    -------
    effects, t : arrays (1 + draws, specifications)
    """
    unshuffled = np.arange(len(attentive))[None, :]
    task = partial(_chunk_of_effects, list(sides), attentive, clusters)
    drawn = run_chunks(task, draws, seed=seed, n_jobs=n_jobs)
    parts = [regression_effects(sides, unshuffled), *drawn]
    return np.concatenate([e for e, _ in parts]), np.concatenate([t for _, t in parts])


def _chunk_of_effects(
    sides: Sequence[Sides], attentive: Array, clusters: Ints | None, chunk: Chunk
) -> tuple[Array, Array]:
    return regression_effects(sides, shuffled_rows(attentive, chunk.size, chunk.rng(), clusters))


def regression_effects(sides: Sequence[Sides], orders: Ints) -> tuple[Array, Array]:
    """Effects and t-values of every specification, side by side, after `effects_of` or its adjusted form."""
    of_part: dict[bytes, Ints] = {}  # most specifications have the same respondents
    found = []
    for one in sides:
        if not one.others.any():
            found.append(effects_of(one, orders))
            continue
        part = one.both.tobytes()
        if part not in of_part:
            of_part[part] = among(orders, one.both)
        found.append(adjusted_effects_of(one, orders, of_part[part]))
    return np.stack([e for e, _ in found], axis=1), np.stack([t for _, t in found], axis=1)


def effects_of(sides: Sides, orders: Ints) -> tuple[Array, Array]:
    """Least squares of the reordered outcome on the predictors, for each order.

    Parameters
    ----------
    sides : Sides
    orders : array (D, n)
        Whose outcome stands beside each respondent's predictors.

    Returns
    -------
    effects, t : arrays (D,)
        The effect of `Sides`, and its ratio to its standard error.
    """
    n, k = sides.predictors.shape
    told = np.asarray(np.isfinite(sides.predictors).all(axis=1))
    X = np.column_stack([np.ones(n), np.where(told[:, None], sides.predictors, 0.0)])
    answered = np.asarray(np.isfinite(sides.outcome))
    y = np.where(answered, sides.outcome, 0.0)[orders]
    both = (told & answered[orders]).astype(float)  # (D, n)
    XX = (both @ (X[:, :, None] * X[:, None, :]).reshape(n, -1)).reshape(-1, k + 1, k + 1)
    Xy = (both * y) @ X
    wanted = np.concatenate([[0.0], sides.effect])
    solved = np.linalg.solve(XX, np.stack([Xy, np.broadcast_to(wanted, Xy.shape)], axis=-1))
    slopes, direction = solved[..., 0], solved[..., 1]
    residual = (both * y * y).sum(axis=1) - (slopes * Xy).sum(axis=1)
    variance = residual / (both.sum(axis=1) - k - 1) * (direction @ wanted)
    effects = slopes @ wanted
    return effects, effects / np.sqrt(variance)


def adjusted_effects_of(sides: Sides, orders: Ints, whose: Ints | None = None) -> tuple[Array, Array]:
    """The same where what other predictors leave of the outcome is reordered, after Freedman & Lane (1983).

    y* = ŷ + e reordered, with ŷ and e the fit and the residuals of the outcome on the other predictors.
    Everyone who takes part keeps doing so: who comes from a respondent who does not gets the residual of
    the next one along the order who does, which for a random order is a random order again.

    Parameters
    ----------
    sides : Sides
    orders : array (D, n)
    whose : array (D, m), optional
        The same `among` the m who take part, where it is at hand.

    Returns
    -------
    effects, t : arrays (D,)

    References
    ----------
    Winkler, Ridgway, Webster, Smith & Nichols (2014), NeuroImage 92, 381–397.
    """
    own = np.flatnonzero(sides.both)
    X = np.column_stack([np.ones(len(own)), sides.predictors[own]])
    others = X[:, np.concatenate([[True], sides.others])]
    y = sides.outcome[own]
    explained = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    left = np.zeros(len(sides.outcome))
    left[own] = y - explained
    drawn = explained + left[among(orders, sides.both) if whose is None else whose]  # (D, m)
    wanted = np.concatenate([[0.0], sides.effect])
    inverse = np.linalg.inv(X.T @ X)
    products = drawn @ X
    slopes = products @ inverse
    residual = (drawn**2).sum(axis=1) - (slopes * products).sum(axis=1)
    variance = residual / (len(own) - X.shape[1]) * (wanted @ inverse @ wanted)
    effects = slopes @ wanted
    return effects, effects / np.sqrt(variance)


def among(orders: Ints, part: Array) -> Ints:
    """Orders (D, n) of all -> orders (D, m) of a part: whoever is reached first along each order.

    >>> among(np.array([[1, 2, 0, 3]]), np.array([True, False, True, True]))
    array([[2, 0, 3]])
    """
    found = orders[:, np.flatnonzero(part)]
    while (outside := ~part[found]).any():
        found = np.where(outside, np.take_along_axis(orders, found, axis=1), found)
    return found


def joint_tests(effects: Array, t: Array, df: Array, direction: int, alpha: float) -> pd.DataFrame:
    """Three questions about all specifications together, answered by shuffling.

    The median effect, the share of specifications with a significant effect in the expected direction, and
    Stouffer's mean of the z-values. Without an expected direction all are taken regardless of sign.

    Parameters
    ----------
    effects, t : arrays (1 + D, S)
        As they are in row 0, shuffled in the others.
    df : array (S,)
        Degrees of freedom of each t.
    direction : 1, -1 or 0
    alpha : float
        Two-sided level.

    Returns
    -------
    DataFrame
        Index ``statistic``: median, significant, z. Columns ``observed``; ``expected`` and ``limit``, the
        median and the 95th percentile under shuffling; ``pvalue`` (b + 1) / (D + 1), with b the shuffles
        that are at least as extreme (Phipson & Smyth 2010).

    References
    ----------
    Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4.
    """
    sign = direction or 1
    critical = -stdtrit(df, alpha / 2)
    # both tails from the lower one, which does not round to zero
    z = -np.sign(t) * ndtri(np.maximum(stdtr(df, -np.abs(t)), 1e-300))
    statistics = {
        "median": sign * np.median(effects, axis=1),
        "significant": (sign * t > critical).mean(axis=1),
        "z": sign * z.mean(axis=1),
    }
    if not direction:
        statistics["median"], statistics["z"] = np.abs(statistics["median"]), np.abs(statistics["z"])
        statistics["significant"] = (np.abs(t) > critical).mean(axis=1)
    rows = {}
    for name, values in statistics.items():
        observed, null = values[0], values[1:]
        extreme = int((null >= observed - 1e-12).sum())
        rows[name] = (
            observed, np.median(null), np.quantile(null, 0.95), (extreme + 1) / (len(null) + 1)
        )  # fmt: skip
    index = pd.Index(list(rows), name="statistic")
    return pd.DataFrame(list(rows.values()), index, columns=["observed", "expected", "limit", "pvalue"])


# ---------------------------------------------------------------------- scores of both sides


class SideScores:
    """The scores of both sides for any specification of a study; measurement models are fitted once each.

    Regression scores of the predictors and Bartlett scores of the outcome make the regression of the one on
    the other consistent (Skrondal & Laake 2001, Psychometrika 66). It is also the first step of Fisher
    scoring from the model in which the outcome depends on nothing.
    """

    def __init__(self, material: Material) -> None:
        self.material = material
        self._fits: dict[str, Fit | None] = {}
        self._sides: dict[tuple[str, ...], tuple[pd.DataFrame, Array]] = {}
        self._both: dict[tuple[str, ...], tuple[pd.DataFrame, Array]] = {}

    def sides(self, specification: Specification) -> Sides:
        """The regression that is left of a specification."""
        one, m = specification, self.material
        adjustment = "model" if one.adjustment == "background" else one.adjustment
        model = m.model(replace(one, adjustment=adjustment))
        key = (one.form, one.items, adjustment, one.respondents if one.form == "scores" else "")
        if key not in self._both:
            find = self._scores if one.form == "scores" else self._factors
            self._both[key] = find(model, one)
        frame, effect = self._both[key]
        if one.adjustment == "background":
            frame = frame.join(m.covariates)
            effect = np.concatenate([effect, np.zeros(len(m.covariates.columns))])
        taking_part = m.rows(one)
        outcome = frame[model.outcome].where(taking_part)
        frame = frame.drop(columns=model.outcome).where(taking_part)
        if one.missing == "complete":
            own = [item for item in model.items_of(model.outcome) if item in m.keyed]
            rest = [item for item in m.used(one) if item not in own]
            outcome = outcome.where(m.keyed[own].notna().all(axis=1))
            frame = frame.where(m.keyed[rest].notna().all(axis=1))
        return Sides(frame.to_numpy(dtype=float), outcome.to_numpy(dtype=float), effect)

    def _scores(self, model: MainPath, one: Specification) -> tuple[pd.DataFrame, Array]:
        """Mean scores; the effect has the unit of their standard deviations."""
        scores = self.material.scores(model)
        frame = scores[[model.predictor, *model.controls, model.outcome]]
        sd = frame[self.material.rows(one)].std().to_numpy()
        return frame, np.concatenate([[sd[0] / sd[-1]], np.zeros(len(model.controls))])

    def _factors(self, model: MainPath, one: Specification) -> tuple[pd.DataFrame, Array]:
        """Factor scores; the effect is made of the slopes as in `bouwen.path.effects`."""
        formulas = model.represented(one.form)
        predictors = list(causes(formulas, model.outcome))
        parts = [k for k, name in enumerate(predictors) if name == model.predictor or name in model.facets]
        before = replace(model, formulas=formulas).before_outcome().formulas
        left, C = self._side(model, as_syntax(before), predictors, "regression")
        measurement = as_syntax(f for f in formulas if f.op == "=~" and f.lhs == model.outcome)
        right, spread = self._side(model, measurement, [model.outcome], "bartlett")
        others = [k for k in range(len(predictors)) if k not in parts]
        # the effect is linear in the slopes b of the outcome, whose covariances with its predictors are C b
        full = np.zeros((len(predictors) + 1,) * 2)
        full[:-1, :-1], full[-1, -1] = C, spread[0, 0]
        effect = np.empty(len(predictors))
        for k, column in enumerate(C.T):
            full[-1, :-1] = full[:-1, -1] = column
            effect[k] = composite_slope(full, np.array(parts), np.array(others, dtype=np.intp), len(C))
        return left.join(right), effect

    def _side(self, model: MainPath, text: str, names: list[str], method: str) -> tuple[pd.DataFrame, Array]:
        """Scores of some variables of a measurement model, and the covariances of the variables themselves.

        Mean scores where the model cannot be fitted by itself, such as a factor with two items.
        """
        key = (text, method, *names)
        if key not in self._sides:
            self._sides[key] = self._find_side(model, text, names, method)
        return self._sides[key]

    def _find_side(
        self, model: MainPath, text: str, names: list[str], method: str
    ) -> tuple[pd.DataFrame, Array]:
        if text not in self._fits:
            self._fits[text] = _try_fit(text, self.material.keyed)
        fit = self._fits[text]
        if fit is None:
            keyed = self.material.keyed
            frame = pd.DataFrame({name: keyed[list(model.items_of(name))].mean(axis=1) for name in names})
            return frame, frame.cov().to_numpy()
        everything = [*fit.structure.observed, *fit.structure.latent]
        place = [everything.index(name) for name in names]
        frame = fit.scores("bartlett") if method == "bartlett" else expected_values(fit)
        index = self.material.keyed.index
        frame = frame[names].set_axis(index.take(frame.index.to_numpy())).reindex(index)
        return frame, fit.implied.C[0][np.ix_(place, place)]


def _try_fit(text: str, keyed: pd.DataFrame) -> Fit | None:
    try:
        return fit_sem(text, keyed, missing="fiml") if "=~" in text else None
    except BouwenError:
        return None


def expected_values(fit: Fit) -> pd.DataFrame:
    """E(v | answers given) of all variables v of a model, latent and observed, of one group.

    For factors these are regression scores (Thurstone 1935).
    """
    st, rows = fit.structure, fit.sample.rows[0]
    C, eta = fit.implied.C[0], fit.implied.eta[0]
    out = np.full((len(rows), st.m), np.nan)
    kinds, which = np.unique(~np.isnan(rows), axis=0, return_inverse=True)
    for k, kind in enumerate(kinds):
        own, items = np.flatnonzero(which.ravel() == k), np.flatnonzero(kind)
        weights = np.linalg.solve(C[np.ix_(items, items)], C[items])
        out[own] = eta + (rows[np.ix_(own, items)] - eta[items]) @ weights
    return pd.DataFrame(out, columns=[*st.observed, *st.latent], index=fit.sample.index[0])
