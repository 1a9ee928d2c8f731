"""Two variables -> the correlation of the normal variables behind them.

Every function works on stacks: leading axes are pairs, draws or both, and one call solves
all of them together. Thresholds carry an end category each side, at ±`FAR`, where the
normal density is exactly zero, so that no formula needs a special case for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bouwen.checks import Array
from bouwen.special import ndtr, owens_t

Indices = NDArray[np.intp]

FAR = 40.0  # beyond every threshold: the standard normal density underflows to zero here
EDGE = 0.9999  # a correlation that the likelihood drives further is reported as perfect
LEAST_PROBABILITY = float(np.finfo(float).eps)
_TINY = 1e-100


def normal_pdf(x: Array) -> Array:
    """Evaluate the standard normal density."""
    density: Array = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    return density


def bivariate_normal_cdf(h: Array, k: Array, rho: Array) -> Array:
    """Probability that two standard normal variables with correlation ρ stay below h and k.

    Φ(h)Φ(k) + ∫₀^{asin ρ} exp{(hk sin θ − (h² + k²)/2) / cos²θ} dθ / 2π   for |ρ| ≤ 0.92,
    with Owen's T beyond, where the integrand grows a peak.

    Parameters
    ----------
    h, k, rho : arrays that broadcast together
        Finite limits, ρ in [−1, 1].

    Returns
    -------
    array
        Absolute error below 1e-14.

    References
    ----------
    Drezner & Wesolowsky (1990); Genz (2004); Owen (1956).

    >>> float(bivariate_normal_cdf(np.array(0.0), np.array(0.0), np.array(0.5)))  # 1/4 + asin(ρ)/2π
    0.3333333333333333
    """
    largest = np.max(np.abs(rho), initial=0.0)
    if largest > 0.92:
        return _cdf_by_owens_t(h, k, rho)
    nodes = 8 if largest < 0.45 else 12 if largest < 0.7 else 20
    angle, product, squares = np.arcsin(rho), h * k, (h * h + k * k) / 2
    integral = np.zeros(np.broadcast_shapes(np.shape(product), np.shape(angle)))
    for at, weight in zip(*_GAUSS_LEGENDRE[nodes], strict=True):
        sine = np.sin(angle * at)
        integral += weight * np.exp((product * sine - squares) / (1 - sine * sine))
    probability: Array = ndtr(h) * ndtr(k) + integral * angle / (2 * np.pi)
    return probability


def _on_unit_interval(nodes: int) -> tuple[Array, Array]:
    at, weight = np.polynomial.legendre.leggauss(nodes)
    return (1 + at) / 2, weight / 2


_GAUSS_LEGENDRE = {nodes: _on_unit_interval(nodes) for nodes in (8, 12, 20)}


def _cdf_by_owens_t(h: Array, k: Array, rho: Array) -> Array:
    """½{Φ(h) + Φ(k) − [hk < 0]} − T(h, (k − ρh)/(h r)) − T(k, (h − ρk)/(k r)),  r² = 1 − ρ²."""
    h, k = np.where(h == 0, _TINY, h), np.where(k == 0, _TINY, k)
    r = np.maximum(np.sqrt((1 - rho) * (1 + rho)), _TINY)
    opposite = (h < 0) != (k < 0)
    tails = owens_t(h, (k - rho * h) / (h * r)) + owens_t(k, (h - rho * k) / (k * r))
    probability: Array = np.maximum((ndtr(h) + ndtr(k) - opposite) / 2 - tails, 0.0)
    return probability


def cell_probabilities(rows: Array, columns: Array, rho: Array) -> Array:
    """Probability of every cell of a cross table of two cut normal variables.

    Parameters
    ----------
    rows, columns : arrays (..., R + 1) and (..., C + 1)
        Thresholds, with ∓`FAR` at the ends.
    rho : array (...)

    Returns
    -------
    array (..., R, C)
        At least the machine epsilon, so that logarithms and ratios exist.
    """
    below = np.zeros((*rho.shape, rows.shape[-1], columns.shape[-1]))
    below[..., -1] = ndtr(rows)
    below[..., -1, :] = ndtr(columns)
    rows, columns = (np.broadcast_to(a, (*rho.shape, a.shape[-1])) for a in (rows, columns))
    for which in _of_like_strength(rho):
        below[which, 1:-1, 1:-1] = bivariate_normal_cdf(
            rows[which][..., 1:-1, None], columns[which][..., None, 1:-1], rho[which][..., None, None]
        )
    return np.maximum(_second_difference(below), LEAST_PROBABILITY)


def _of_like_strength(rho: Array) -> list[NDArray[np.bool_]]:
    """Sets of correlations that need the same quadrature."""
    kind = np.digitize(np.abs(rho), [0.45, 0.7, 0.92])
    return [kind == k for k in np.unique(kind)]


def rectangle_probabilities(rows: Array, columns: Array, rho: Array) -> Array:
    """As `cell_probabilities`, for limits (..., 2) that need not reach to ±`FAR`."""
    below = bivariate_normal_cdf(rows[..., :, None], columns[..., None, :], rho[..., None, None])
    return np.maximum(_second_difference(below), LEAST_PROBABILITY)


def cell_slopes(rows: Array, columns: Array, rho: Array) -> tuple[Array, Array]:
    """First and second derivative of `cell_probabilities` with respect to ρ.

    ∂Φ₂/∂ρ = φ₂, and ∂φ₂/∂ρ = φ₂ {ρ/(1−ρ²) + [hk(1−ρ²) − ρ(h² − 2ρhk + k²)]/(1−ρ²)²}.

    References
    ----------
    Plackett (1954); Olsson (1979).
    """
    h, k, r = rows[..., :, None], columns[..., None, :], rho[..., None, None]
    free = 1 - r * r
    squares = h * h - 2 * r * h * k + k * k
    density = np.exp(-squares / (2 * free)) / (2 * np.pi * np.sqrt(free))
    growth = r / free + (h * k * free - r * squares) / (free * free)
    return _second_difference(density), _second_difference(density * growth)


def cell_strips(rows: Array, columns: Array, rho: Array) -> Array:
    """Differentiate the probabilities below a threshold with respect to that threshold.

    ∂/∂τ_t of the probability below τ_t in column b is φ(τ_t)[Φ(c_b) − Φ(c_{b−1})],
    c_b = (κ_b − ρτ_t)/√(1 − ρ²).

    Returns
    -------
    array (..., R + 1, C)
        The cells above the threshold lose the same.

    References
    ----------
    Olsson (1979).
    """
    h, k, r = rows[..., :, None], columns[..., None, :], rho[..., None, None]
    strips: Array = normal_pdf(h) * np.diff(ndtr((k - r * h) / np.sqrt(1 - r * r)), axis=-1)
    return strips


def _second_difference(below: Array) -> Array:
    """From values at the corners of cells to values of cells."""
    cells: Array = below[..., 1:, 1:] - below[..., 1:, :-1] - below[..., :-1, 1:] + below[..., :-1, :-1]
    return cells


def polychoric_of_tables(counts: Array, rows: Array, columns: Array, start: Array) -> Array:
    """Polychoric correlations by maximum likelihood, given the thresholds.

    ℓ(ρ) = Σ n_ab log P_ab(ρ)

    Parameters
    ----------
    counts : array (..., R, C)
        Cross tables.
    rows, columns : arrays (..., R + 1) and (..., C + 1)
        Thresholds, with ∓`FAR` at the ends.
    start : array (...)

    Returns
    -------
    array (...)
        ±`EDGE` where the likelihood keeps rising.

    References
    ----------
    Olsson (1979), the two-step estimator.
    """
    tables, above, across = (_flat(a, start.ndim) for a in (counts, rows, columns))

    def slopes(rho: Array, which: Indices) -> tuple[Array, Array]:
        cells = cell_probabilities(above[which], across[which], rho)
        first, second = cell_slopes(above[which], across[which], rho)
        ratio = first / cells
        return (
            np.sum(tables[which] * ratio, axis=(-2, -1)),
            np.sum(tables[which] * (second / cells - ratio * ratio), axis=(-2, -1)),
        )

    return _highest_point(slopes, start)


def polychoric_of_cases(first: Array, second: Array, present: Array, start: Array) -> Array:
    """Polychoric correlations where covariates give every respondent thresholds of their own.

    Parameters
    ----------
    first, second : arrays (..., N, 2)
        Thresholds below and above the two answers.
    present : array (..., N)
        1 for the respondents to use, 0 for the others.
    start : array (...)

    References
    ----------
    Muthén (1984), case B.
    """
    one, two, used = (_flat(a, start.ndim) for a in (first, second, present))

    def slopes(rho: Array, which: Indices) -> tuple[Array, Array]:
        count = used[which]
        each = np.broadcast_to(rho[..., None], count.shape)
        inside = rectangle_probabilities(one[which], two[which], each)[..., 0, 0]
        rise, bend = (slope[..., 0, 0] for slope in cell_slopes(one[which], two[which], each))
        ratio = rise / inside
        return np.sum(count * ratio, axis=-1), np.sum(count * (bend / inside - ratio * ratio), axis=-1)

    return _highest_point(slopes, start)


def polyserial(z: Array, limits: Array, present: Array, start: Array) -> Array:
    """Polyserial correlations by maximum likelihood, given moments and thresholds.

    ℓ(ρ) = Σ log[Φ(u) − Φ(l)],  u = (τ_k − ρz)/√(1 − ρ²),  l = (τ_{k−1} − ρz)/√(1 − ρ²)

    Parameters
    ----------
    z : array (..., N)
        The standardised continuous variable.
    limits : array (..., N, 2)
        Thresholds below and above the answer.
    present : array (..., N)
        1 for the respondents to use, 0 for the others.
    start : array (...)

    References
    ----------
    Olsson, Drasgow & Dorans (1982), the two-step estimator.
    """
    values, ends, used = (_flat(a, start.ndim) for a in (z, limits, present))

    def slopes(rho: Array, which: Indices) -> tuple[Array, Array]:
        r, x, around, count = rho[..., None], values[which], ends[which], used[which]
        free = 1 - r * r
        inside = interval_probabilities(x, around, r)
        rise, bend = np.zeros_like(inside), np.zeros_like(inside)
        for end, sign in ((0, -1.0), (1, 1.0)):
            limit = around[..., end]
            at = (limit - r * x) / np.sqrt(free)
            speed = (r * limit - x) / free**1.5
            acceleration = limit / free**1.5 + 3 * r * speed / free
            density = sign * normal_pdf(at)
            rise += density * speed
            bend += density * (acceleration - at * speed * speed)
        ratio = rise / inside
        return np.sum(count * ratio, axis=-1), np.sum(count * (bend / inside - ratio * ratio), axis=-1)

    return _highest_point(slopes, start)


def interval_probabilities(z: Array, limits: Array, rho: Array) -> Array:
    """Probability of the observed answer, given the continuous variable."""
    ends = ndtr((limits - (rho * z)[..., None]) / np.sqrt(1 - rho * rho)[..., None])
    inside: Array = np.maximum(ends[..., 1] - ends[..., 0], LEAST_PROBABILITY)
    return inside


def pearson(products: Array, squares: Array, n: Array) -> Array:
    """Correlations by maximum likelihood, given means and variances.

    ℓ'(ρ) = {nρ(1 − ρ²) + (1 + ρ²) Σz₁z₂ − ρ Σ(z₁² + z₂²)} / (1 − ρ²)²

    Σz₁z₂/n where both variables are known for everybody; with gaps the means and variances
    come from more respondents than the products, and the root is another.

    Parameters
    ----------
    products, squares, n : arrays (...)
        Σz₁z₂, Σ(z₁² + z₂²) and the number of respondents with both.
    """
    start = products / n
    both, own, count = (_flat(a, start.ndim) for a in (products, squares, n))

    def slopes(rho: Array, which: Indices) -> tuple[Array, Array]:
        free, m, product, square = 1 - rho * rho, count[which], both[which], own[which]
        top = m * rho * free + (1 + rho * rho) * product - rho * square
        bend = (m * (1 - 3 * rho * rho) + 2 * rho * product - square) / free**2 + 4 * rho * top / free**3
        return top / free**2, bend

    return _highest_point(slopes, start)


def _flat(stack: Array, axes: int) -> Array:
    """One leading axis in place of the first so many."""
    return stack.reshape(-1, *stack.shape[axes:])


def _highest_point(
    slopes: Callable[[Array, Indices], tuple[Array, Array]],
    start: Array,
    *,
    tol: float = 1e-6,
    steps: int = 60,
) -> Array:
    """Where many functions of a correlation peak: Newton's method, kept between brackets.

    The sign of the slope moves one end of the bracket to the current point; a step that leaves
    the bracket, or starts where the function is not concave, halves the bracket instead.

    Parameters
    ----------
    slopes : callable
        First and second derivative at ρ (k,) of the functions numbered (k,) over all leading axes.
    start : array (...)
        Correlations to start from.
    tol : float
        Size of the last step; the error is about its square.
    """
    rho = np.clip(start, -0.99, 0.99).ravel()
    low, high = np.full(rho.shape, -EDGE), np.full(rho.shape, EDGE)
    which: Indices = np.arange(len(rho))
    for _ in range(steps):
        at = rho[which]
        first, second = slopes(at, which)
        bottom, top = np.where(first > 0, at, low[which]), np.where(first < 0, at, high[which])
        proposed = at - first / np.where(second < 0, second, -1.0)
        newton = (proposed >= bottom) & (proposed <= top) & (second < 0)
        new = np.where(newton, proposed, np.where(first == 0, at, (bottom + top) / 2))
        rho[which], low[which], high[which] = new, bottom, top
        which = which[np.abs(new - at) >= tol]
        if not len(which):
            break
    return rho.reshape(start.shape)
