"""One item's answers -> its thresholds, or its mean and variance, and who moved them.

The univariate half of the first stage of DWLS and WLSMV. With fixed covariates an ordered
item is regressed on them by probit regression and a continuous one by least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bouwen.checks import Array, ConstantItem, DataError
from bouwen.sem.ordinal.bivariate import FAR, LEAST_PROBABILITY, normal_pdf
from bouwen.special import ndtr, ndtri

Codes = NDArray[np.intp]
Label = tuple[str, str, str]


class EmptyCategory(DataError):
    """Answer categories that nobody chose in one of the groups: ``empty`` has item, category and group."""

    def __init__(self, empty: Sequence[tuple[str, float, str]]) -> None:
        self.empty = tuple(empty)
        item, self.category, group = self.empty[0]
        found: dict[tuple[str, str], list[str]] = {}
        for name, category, where in self.empty:
            found.setdefault((name, where), []).append(f"{category:g}")
        shown = ", ".join(
            f'{_few(values)} for "{name}"{_in_group(where)}' for (name, where), values in found.items()
        )
        its = "its threshold has" if len(self.empty) == 1 else "their thresholds have"
        super().__init__(
            f"nobody chose {shown}, so {its} no estimate there. Merge with a neighbouring category in all "
            "groups, as collapse=True does, or treat the item as continuous.",
            item=item,
            group=group,
        )


def _few(values: Sequence[str], most: int = 9) -> str:
    """Categories, as many as can be read: of a column of numbers there may be hundreds."""
    rest = len(values) - most
    return " and ".join(values) if rest <= 0 else f"{', '.join(values[:most])} and {rest} others"


def _in_group(group: str) -> str:
    return f' in group "{group}"' if group else ""


@dataclass(frozen=True, eq=False)
class Ordered:
    """What one ordered item says by itself: y = c where τ_c < y* ≤ τ_{c+1}, y* = βx + normal noise.

    Attributes
    ----------
    name : str
    categories : array (C,)
        Answer values, ascending.
    codes : integer array (N,)
        Position of the answer in ``categories``; C where missing.
    present : array (N,)
        1 where answered, 0 where missing.
    thresholds, slopes : arrays (C − 1,) and (c,)
    shift : array (N,)
        βx.
    score : array (N,)
        The code, centred, over Σφ(τ); 0 where missing. The mean product with a standard normal
        variable is their correlation, with another such score nearly so (Olsson et al., 1982).
    influence : array (C − 1 + c, N)
        N times each respondent's part in the thresholds and the slopes.
    """

    name: str
    categories: Array
    codes: Codes
    present: Array
    thresholds: Array
    slopes: Array
    shift: Array
    score: Array
    influence: Array

    mean = 0.0
    variance = 1.0

    @property
    def limits(self) -> Array:
        """Thresholds minus βx below and above each answer, (N, 2); ∓`FAR` at the ends."""
        ends = np.concatenate([[-FAR], self.thresholds, [FAR, FAR]])
        around = np.stack([ends[self.codes], ends[np.minimum(self.codes, len(self.thresholds)) + 1]], axis=-1)
        return np.asarray(np.clip(around - self.shift[:, None], -FAR, FAR))

    @property
    def levels(self) -> Array:
        """Where the item lies: its thresholds."""
        return self.thresholds

    @property
    def level_labels(self) -> list[Label]:
        """Name of each threshold."""
        return [(self.name, "|", f"t{t + 1}") for t in range(len(self.thresholds))]

    def gather(self, derivative: Array, covariates: Array) -> Array:
        """Sum derivatives by the limits (..., N, 2) into derivatives by thresholds and slopes."""
        answered = _indicators(self.codes, len(self.categories))
        below, above = derivative[..., 0], derivative[..., 1]
        by_threshold = below @ answered[:, 1:] + above @ answered[:, :-1]
        return np.concatenate([by_threshold, -(below + above) @ covariates], axis=-1)

    def answer_influence(self) -> Array:
        """Influence of each answer on each threshold where there are no covariates, (C + 1, C − 1).

        {1[c < t] − Φ(τ_t)} / φ(τ_t), times N over the number of answers; 0 if missing, the last row
        """
        reached = np.arange(len(self.categories) + 1)[:, None] <= np.arange(len(self.thresholds))
        share = len(self.present) / self.present.sum()
        influence: Array = share * (reached - ndtr(self.thresholds)) / normal_pdf(self.thresholds)
        influence[-1] = 0.0
        return influence


@dataclass(frozen=True, eq=False)
class Continuous:
    """What one continuous item says by itself: y = μ + βx + noise of variance σ².

    Attributes
    ----------
    name : str
    present : array (N,)
        1 where answered, 0 where missing.
    mean, variance : float
        μ and σ², divisor N.
    slopes : array (c,)
    score : array (N,)
        The residual divided by σ; 0 where missing.
    influence : array (1 + c + 1, N)
        N times each respondent's part in the mean, the slopes and the variance.
    """

    name: str
    present: Array
    mean: float
    variance: float
    slopes: Array
    score: Array
    influence: Array

    @property
    def categories(self) -> Array:
        """None."""
        return np.empty(0)

    @property
    def thresholds(self) -> Array:
        """None."""
        return np.empty(0)

    @property
    def levels(self) -> Array:
        """Where the item lies: its mean."""
        return np.array([self.mean])

    @property
    def level_labels(self) -> list[Label]:
        """Name of the mean."""
        return [(self.name, "~1", "")]

    def gather(self, derivative: Array, covariates: Array) -> Array:
        """Sum derivatives by mean and variance (..., N, 2) into those by mean, slopes and variance."""
        by_mean, by_variance = derivative[..., 0], derivative[..., 1]
        return np.concatenate(
            [by_mean.sum(-1, keepdims=True), by_mean @ covariates, by_variance.sum(-1, keepdims=True)],
            axis=-1,
        )


Margin = Ordered | Continuous


def read_ordered(
    answers: Array,
    covariates: Array,
    name: str,
    categories: Sequence[float] | Array | None = None,
    group: str = "",
) -> Ordered:
    """Estimate the thresholds of an ordered item, and its slopes on fixed covariates.

    Parameters
    ----------
    answers : array (N,)
        NaN where missing.
    covariates : array (N, c)
    categories : sequence, optional
        Answer values to expect; without it those that occur.

    References
    ----------
    Olsson (1979) for the thresholds; McCullagh (1980) for the regression.
    """
    known = ~np.isnan(answers)
    values = np.unique(answers[known]) if categories is None else np.asarray(categories, dtype=float)
    codes = np.where(known, np.searchsorted(values, answers), len(values))
    counts = np.bincount(codes, minlength=len(values) + 1)[: len(values)]
    if np.count_nonzero(counts) < 2:
        raise ConstantItem(name, int(counts.sum()), group)
    if not counts.all():
        raise EmptyCategory([(name, float(value), group) for value in values[counts == 0]])
    present = known.astype(float)
    thresholds = ndtri(np.cumsum(counts)[:-1] / counts.sum())
    slopes = np.zeros(covariates.shape[1])
    if len(slopes):
        thresholds, slopes = _probit_regression(codes[known], covariates[known], thresholds)
    shift = covariates @ slopes
    score = np.where(known, codes, 0.0)
    score = present * (score - score.sum() / present.sum())
    score /= normal_pdf(thresholds).sum()
    item = Ordered(name, values, codes, present, thresholds, slopes, shift, score, np.empty(0))
    if len(slopes):
        influence = _influence(_case_scores(item, covariates))
    else:
        influence = item.answer_influence().T[:, codes]
    return replace(item, influence=influence)


def read_continuous(answers: Array, covariates: Array, name: str, group: str = "") -> Continuous:
    """Estimate the mean and variance of a continuous item, and its slopes on fixed covariates.

    The influences come from the outer products of the scores of the normal likelihood, as the
    statistics of ordered items do.
    """
    known = ~np.isnan(answers)
    present = known.astype(float)
    design = np.column_stack([present, covariates * present[:, None]])
    y = np.where(known, answers, 0.0)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = y - design @ coefficients
    variance = float(residual @ residual / present.sum())
    if variance <= 1e-14 * float(y @ y / present.sum()):
        raise ConstantItem(name, int(present.sum()), group)
    z = residual / np.sqrt(variance)
    scores = np.vstack([(z / np.sqrt(variance)) * design.T, present * (z * z - 1) / (2 * variance)])
    mean, slopes = float(coefficients[0]), coefficients[1:]
    return Continuous(name, present, mean, variance, slopes, z, _influence(scores))


def _influence(scores: Array) -> Array:
    """N A⁻¹ s with A = Σ s sᵀ, from scores (parameters, N)."""
    influence: Array = scores.shape[1] * np.linalg.solve(scores @ scores.T, scores)
    return influence


def _indicators(codes: Codes, categories: int) -> Array:
    """One column per category; a missing answer is a row of zeros."""
    return np.asarray(codes[:, None] == np.arange(categories), dtype=float)


def _case_scores(item: Ordered, covariates: Array) -> Array:
    """Differentiate each respondent's log-probability by thresholds and slopes, (parameters, N)."""
    below, above = item.limits.T
    weight = item.present / np.maximum(ndtr(above) - ndtr(below), LEAST_PROBABILITY)
    by_below, by_above = -weight * normal_pdf(below), weight * normal_pdf(above)
    answered = _indicators(item.codes, len(item.categories)).T
    return np.vstack(
        [by_below * answered[1:] + by_above * answered[:-1], -(by_below + by_above) * covariates.T]
    )


def _probit_regression(codes: Codes, covariates: Array, thresholds: Array) -> tuple[Array, Array]:
    """Maximum likelihood thresholds and slopes of an ordered probit regression.

    ℓ = Σ log[Φ(u) − Φ(l)] with u = τ_c − βx is concave, so Newton's method with halved steps
    arrives; with a = φ(u)/P and b = −φ(l)/P the second derivatives are −ua − a², −lb − b² and −ab.

    References
    ----------
    McCullagh (1980).
    """
    levels = len(thresholds)
    theta = np.concatenate([thresholds, np.zeros(covariates.shape[1])])
    answered = _indicators(codes, levels + 1)
    # u and l as linear functions of the parameters; the ends keep a constant limit.
    lower, upper = (np.column_stack([part, -covariates]) for part in (answered[:, 1:], answered[:, :-1]))
    first, last = (codes == 0) * -2 * FAR, (codes == levels) * 2 * FAR

    def limits(at: Array) -> tuple[Array, Array]:
        return np.maximum(lower @ at + first, -FAR), np.minimum(upper @ at + last, FAR)

    def log_likelihood(at: Array) -> float:
        low, high = limits(at)
        return float(np.log(np.maximum(ndtr(high) - ndtr(low), LEAST_PROBABILITY)).sum())

    value = log_likelihood(theta)
    for _ in range(50):
        low, high = limits(theta)
        inside = np.maximum(ndtr(high) - ndtr(low), LEAST_PROBABILITY)
        a, b = normal_pdf(high) / inside, -normal_pdf(low) / inside
        gradient = upper.T @ a + lower.T @ b
        cross = (upper * (a * b)[:, None]).T @ lower
        curvature = (
            (upper * (high * a + a * a)[:, None]).T @ upper
            + (lower * (low * b + b * b)[:, None]).T @ lower
            + cross
            + cross.T
        )
        step = np.linalg.solve(curvature, gradient)
        while (new := log_likelihood(theta + step)) < value and np.max(np.abs(step)) > 1e-9:
            step = step / 2
        theta, value = theta + step, new
        if np.max(np.abs(step)) < 1e-9:
            break
    return theta[:levels], theta[levels:]
