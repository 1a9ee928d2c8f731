"""Answers to many constructs, several groupings -> which items work differently where, in one family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bouwen.checks import Array, Ints, Matrix, Vector
from bouwen.errors import BouwenError
from bouwen.groups.deviations import OneFactor, UnitSums, alike_factor, efficient_scores, shuffles, step_down

FOR_A_TEST = 3  # of a scale, below which nothing can be tested
ITEMS_PER_RELEASE = 3  # at most one item of three to five is let go, two of six to eight
PART = 2_000_000  # numbers of a stack of shuffles
METRIC, SCALAR = "metric", "scalar"
FULL, PARTIAL, FAILS, NOT_TESTED = "full", "partial", "fails", "untested"


@dataclass(frozen=True, eq=False)
class Grouping:
    """Who belongs where.

    Attributes
    ----------
    levels : tuple of str
        Those compared.
    group : array (N,)
        The number of each respondent's level; -1 for who belongs to none.
    clusters : array (N,) or None
        Clusters that are shuffled as a whole, where the variable is one of theirs.
    """

    levels: tuple[str, ...]
    group: Ints
    clusters: Ints | None = None

    @property
    def inside(self) -> Array:
        """Respondents of a level that is compared."""
        return self.group >= 0

    @property
    def units(self) -> Ints | None:
        """The number of each cluster, of the respondents inside; None where respondents are shuffled."""
        if self.clusters is None:
            return None
        return np.asarray(np.unique(self.clusters[self.inside], return_inverse=True)[1].ravel())


@dataclass(frozen=True, eq=False)
class Tested:
    """The items of a construct in one grouping, and what became of them.

    Attributes
    ----------
    answers : array (n, p)
        Of the respondents inside.
    group : array (n,)
    factor : OneFactor or None
        None where the construct has too few items, or no solution.
    signs : array (2p,)
        −log p of loadings, then intercepts, with nothing let go.
    own, adjusted : array (2,) and (2p,)
        P-values of the two steps by their largest sign, and of all signs in the family of the page.
    let_go, found : tuple of int
        Items let go, and items whose sign was too large, in the order found.
    metric, scalar : str
        *full*, *partial*, *fails* or *untested*.
    """

    answers: Matrix
    group: Ints
    factor: OneFactor | None = None
    signs: Vector = field(default_factory=lambda: np.zeros(0))
    own: Vector = field(default_factory=lambda: np.ones(2))
    adjusted: Vector = field(default_factory=lambda: np.zeros(0))
    let_go: tuple[int, ...] = ()
    found: tuple[int, ...] = ()
    metric: str = NOT_TESTED
    scalar: str = NOT_TESTED

    @property
    def anchors(self) -> Ints:
        """Items that work alike."""
        return np.array([j for j in range(self.answers.shape[1]) if j not in self.let_go], dtype=np.int64)


def items_tested(
    constructs: Mapping[str, Matrix],
    groupings: Mapping[str, Grouping],
    *,
    draws: int,
    seed: int,
    alpha: float,
) -> dict[tuple[str, str], Tested]:
    """Test loadings and intercepts of every construct in every grouping, and let items go that deviate.

    Respondents, or whole clusters, are shuffled over the levels after every level was put at its own factor
    means, in the same order for all constructs. The signs of all items make one family: an item
    deviates when its sign is larger than all but a share α of the largest signs of the shuffles (max-T). The
    item with the largest is let go and the others are tried again, as long as not more than one item of
    three to five (two of six) is let go; a step with an item that deviates after that fails.
    """
    tested: dict[tuple[str, str], Tested] = {}
    largest, drawn = np.zeros(draws), {}
    for name, grouping in groupings.items():
        orders = _orders(grouping, draws, seed)
        for construct, answers in constructs.items():
            key = name, construct
            tested[key] = _first(answers[grouping.inside], grouping.group[grouping.inside])
            if (factor := tested[key].factor) is None:
                continue
            signs, shuffled = _signs(tested[key], factor, grouping, orders)
            drawn[key] = shuffled.astype(np.float32)
            tested[key] = replace(tested[key], signs=signs)
            largest = np.maximum(largest, shuffled.max(axis=1))
    if not drawn:
        return tested
    critical = float(np.quantile(largest, 1 - alpha, method="higher"))
    keys = list(drawn)
    adjusted = step_down(
        np.concatenate([tested[key].signs for key in keys]), np.hstack([drawn[key] for key in keys])
    )
    ends = np.cumsum([len(tested[key].signs) for key in keys])[:-1]
    for key, own in zip(keys, np.split(adjusted, ends), strict=True):
        found = replace(tested[key], adjusted=own, own=_of_steps(tested[key].signs, drawn[key]))
        tested[key] = _let_go(found, groupings[key[0]], critical, own <= alpha)
    return tested


def _orders(grouping: Grouping, draws: int, seed: int) -> tuple[Ints, Ints, Ints | None]:
    """Levels of the units (1, U) as they are and (D, U) shuffled, and the unit of each respondent inside."""
    inside, rng = grouping.inside, np.random.default_rng(seed)
    group = grouping.group[inside]
    unit = grouping.units
    levels = group if unit is None else _of_units(group, unit)
    return levels[None], levels[shuffles(len(levels), draws, rng)], unit


def _first(answers: Matrix, group: Ints) -> Tested:
    """The factor with nothing let go, if there is one."""
    found = Tested(answers, group)
    if answers.shape[1] < FOR_A_TEST:
        return found
    try:
        return replace(found, factor=alike_factor(answers, group))
    except BouwenError:
        return found


def _signs(
    found: Tested, factor: OneFactor, grouping: Grouping, orders: tuple[Ints, Ints, Ints | None]
) -> tuple[Vector, Matrix]:
    """Signs (2p,) of loadings and intercepts, and their shuffles (D, 2p)."""
    observed, shuffled, unit = orders
    sums = UnitSums.of(np.hstack(efficient_scores(found.answers, found.group, factor)), unit)
    U, F, K = sums.features.shape
    step = max(1, PART // (U + len(grouping.levels) * F * K))
    parts = [
        sums.signs(shuffled[at : at + step], len(grouping.levels)) for at in range(0, len(shuffled), step)
    ]
    return sums.signs(observed, len(grouping.levels))[0], np.concatenate(parts)


def _of_steps(signs: Vector, drawn: Array) -> Vector:
    """P-values of the two steps, each by the largest of its own signs."""
    p = len(signs) // 2
    halves = [(signs[:p], drawn[:, :p]), (signs[p:], drawn[:, p:])]
    return np.array([(1 + np.sum(d.max(axis=1) >= s.max() - 1e-6)) / (1 + len(d)) for s, d in halves])


def _let_go(found: Tested, grouping: Grouping, critical: float, deviates: Array) -> Tested:
    """Let items go, the one with the largest sign first, until none deviates or no more may go."""
    p = found.answers.shape[1]
    steps: dict[str, set[int]] = {METRIC: set(), SCALAR: set()}
    signs, items, factor = found.signs, [], found.factor
    let_go: tuple[int, ...] = ()
    while deviates.any():
        worst = int(np.argmax(np.where(deviates, signs, -1.0)))
        step, item = (METRIC, worst) if worst < p else (SCALAR, worst - p)
        items.append(item)
        steps[step].add(item)
        if len(let_go) == p // ITEMS_PER_RELEASE:
            break
        let_go = (*let_go, item)
        try:
            factor = alike_factor(found.answers, found.group, let_go)
        except BouwenError:
            break
        unit = grouping.units
        sums = UnitSums.of(np.hstack(efficient_scores(found.answers, found.group, factor)), unit)
        levels = found.group if unit is None else _of_units(found.group, unit)
        signs = sums.signs(levels[None], len(grouping.levels))[0]
        deviates = signs > critical
    fails = bool(deviates.any())
    last = set(items[len(let_go) :])
    metric = _verdict(steps[METRIC], fails and bool(last & steps[METRIC]))
    failed = metric == FAILS or (fails and bool(last or items))
    scalar = FAILS if failed else _verdict(steps[SCALAR] | steps[METRIC], False)
    return replace(
        found, factor=factor, let_go=let_go, found=tuple(dict.fromkeys(items)), metric=metric, scalar=scalar
    )


def _of_units(group: Ints, unit: Ints) -> Ints:
    out = np.zeros(unit.max() + 1, dtype=np.int64)
    out[unit] = group
    return out


def _verdict(items: Sequence[int] | set[int], fails: bool) -> str:
    return FAILS if fails else PARTIAL if items else FULL


def bartlett_scores(answers: Matrix, factor: OneFactor, anchors: Ints) -> Vector:
    """Factor scores (n,) with expectation the respondent's own factor, from the items that work alike.

    λ'Θ⁻¹(y − ν) / λ'Θ⁻¹λ over the items answered (Bartlett, 1937), in standard deviations of the factor
    within groups; NaN where none was.
    """
    lam, theta, nu = factor.loadings[anchors], factor.residuals[anchors], factor.intercepts[0, anchors]
    away = answers[:, anchors] - nu
    here = np.isfinite(away)
    weight = here * (lam / theta)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (weight * np.where(here, away, 0.0)).sum(axis=1) / (weight * lam).sum(axis=1)
    return np.asarray(found)
