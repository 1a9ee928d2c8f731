"""Stacks of incomplete samples to the saturated model's means and covariances.

The EM algorithm, every draw and group at once, sped up by squared extrapolation as in
`bouwen.sem.normal.saturated`. Each round costs three looks at the answers, and a draw takes as many rounds as
its own gaps ask for, whatever the number of items.

References
----------
Dempster, Laird & Rubin (1977), JRSS B 39; Varadhan & Roland (2008), Scandinavian Journal of Statistics 35.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.derivatives import slots
from bouwen.sem.model.implied import INTERCEPT, SYMMETRIC, Structure
from bouwen.sem.normal.discrepancy import Likelihood
from bouwen.sem.normal.saturated import NEARLY_SINGULAR
from bouwen.sem.resample.batch import descend
from bouwen.sem.resample.descent import ROUNDING
from bouwen.sem.resample.kernel import Kernel
from bouwen.sem.resample.samples import take

Saturated = tuple[Array, Array, Array]  # means, covariances, F/2

MOST_ROUNDS = 200
SETTLED = 1e-9  # largest change of a moment, in standard deviations, at the solution


def saturated_stack(
    o: Likelihood, draws: Array, mean: Array, cov: Array, settled: float = SETTLED
) -> Saturated:
    """Saturated means (D, G, p) and covariances (D, G, p, p), and F/2 there (D,), of incomplete draws.

    By the EM algorithm from means (G, p) and covariances (G, p, p) near those of the draws. A draw whose gaps
    are so large that it creeps goes on as any model would, one at a time. ``settled`` is the largest change
    of a moment, in standard deviations, at the end.
    """
    D, G, p = len(o.mean), o.structure.n_groups, o.structure.p
    means, covs = np.full((D, G, p), np.nan), np.full((D, G, p, p), np.nan)
    value = np.full(D, np.nan)
    if not len(draws):
        return means, covs, value
    some = take(o, draws)
    found = saturated_draws(Kernel.of(some), mean, cov, settled)
    done = draws[found.arrived]
    means[done], covs[done] = found.mean[found.arrived], found.cov[found.arrived]
    value[done] = found.value[found.arrived] + some.constant[found.arrived]
    for k in np.flatnonzero(found.creeps):
        theta, at_end = _descended(take(o, draws[k : k + 1]), found.mean[k], found.cov[k])
        moments = theta.reshape(G, -1)
        i, j = np.tril_indices(p)
        covs[draws[k], :, i, j] = covs[draws[k], :, j, i] = moments[:, : len(i)].T
        means[draws[k]], value[draws[k]] = moments[:, len(i) :], at_end
    return means, covs, value


def _descended(one: Likelihood, mean: Array, cov: Array) -> tuple[Array, float]:
    """The saturated model of one draw fitted as any other, from means and covariances; NaN if it fails."""
    st = saturated_structure(one.structure)
    i, j = np.tril_indices(st.p)
    start = np.concatenate([cov[:, i, j], mean], axis=1).reshape(1, -1)
    own = replace(one, structure=st, slots=slots(st), fixed=st.fixed)
    found = descend(own, start, np.eye(start.shape[1]))
    if not found.arrived[0]:
        return np.full(start.shape[1], np.nan), float("nan")
    return found.theta[0], float(found.value[0] + one.constant[0])


def saturated_structure(structure: Structure) -> Structure:
    """All covariances, row by row of the lower triangle, and all means free in every group."""
    p, G = structure.p, structure.n_groups
    i, j = np.tril_indices(p)
    rows = len(i) + p
    return replace(
        structure,
        latent=(),
        meanstructure=True,
        q=G * rows,
        kind=np.repeat([SYMMETRIC, INTERCEPT], [len(i), p]),
        i=np.concatenate([i, np.arange(p)]),
        j=np.concatenate([j, np.zeros(p, dtype=np.int64)]),
        free=np.arange(G * rows).reshape(G, rows),
        fixed=np.zeros((G, rows)),
        loading=np.zeros(rows, dtype=bool),
        exogenous_rows=np.zeros(0, dtype=np.int64),
        exogenous=np.zeros(0, dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class SaturatedDraws:
    """Means (D, G, p), covariances (D, G, p, p) and F/2 (D,) of each draw.

    ``arrived`` (D,) says whether they are a maximum, ``creeps`` whether the search ended on its way to one;
    neither holds where covariances became singular.
    """

    mean: Array
    cov: Array
    value: Array
    arrived: Array
    creeps: Array


def saturated_draws(kernel: Kernel, mean: Array, cov: Array, settled: float = SETTLED) -> SaturatedDraws:
    """Maximum likelihood moments of each group of each draw.

    Parameters
    ----------
    kernel : Kernel
        Of incomplete draws; its model does not matter.
    mean, cov : arrays (G, p) and (G, p, p)
        Where to start. Standard deviations are the units of the search.
    settled : float

    Returns
    -------
    SaturatedDraws
    """
    D = len(kernel.share)
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    units = np.concatenate([sd[..., None], sd[..., :, None] * sd[..., None, :]], axis=-1)  # (G, p, 1 + p)
    state = np.tile(np.concatenate([mean[..., None], cov], axis=-1) / units, (D, 1, 1, 1))
    out, value = state.copy(), np.full(D, np.nan)
    arrived, creeps, who = np.zeros(D, dtype=bool), np.zeros(D, dtype=bool), np.arange(D)

    def step(kernel: Kernel, state: Array) -> tuple[Array, Array]:
        """The next state of each draw, and its value at this one."""
        at = state * units
        found = kernel.expected(at[..., 1:], at[..., 0])
        shift = found.r / found.size[..., None]
        spread = found.M / found.size[..., None, None] - shift[..., :, None] * shift[..., None, :]
        spread = (spread + np.swapaxes(spread, -1, -2)) / 2
        new = np.concatenate([(at[..., 0] + shift)[..., None], spread], axis=-1)
        return new / units, found.value

    for _ in range(MOST_ROUNDS):
        first, here = step(kernel, state)
        change = first - state
        here_is = _largest(change) < settled
        gone = here_is | ~_proper(first)
        if gone.any():
            out[who[gone]], value[who[gone]], arrived[who[gone]] = first[gone], here[gone], here_is[gone]
            rest = np.flatnonzero(~gone)
            who, state, first, change = who[rest], state[rest], first[rest], change[rest]
            if not len(rest):
                break
            kernel = kernel.take(rest)
        second, before = step(kernel, first)
        leap = _leap(state, change, second - first - change)
        landed, after = step(kernel, leap)
        better = _proper(leap) & (after <= before + ROUNDING * (1 + np.abs(before)))
        state = np.where(better[:, None, None, None], landed, second)
    out[who], creeps[who] = state, True
    at = out * units
    return SaturatedDraws(at[..., 0], at[..., 1:], value, arrived, creeps)


def _leap(state: Array, change: Array, bend: Array) -> Array:
    """Where the changes of each draw lead if they go on shrinking as they do."""
    axes = (1, 2, 3)
    norm = (bend**2).sum(axis=axes)
    ratio = np.divide((change**2).sum(axis=axes), norm, out=np.ones(len(norm)), where=norm > 0)
    alpha = np.maximum(1.0, np.sqrt(ratio))[:, None, None, None]
    return np.asarray(state + 2 * alpha * change + alpha**2 * bend)


def _largest(change: Array) -> Array:
    return np.asarray(np.abs(change).max(axis=(1, 2, 3)))


def _proper(state: Array) -> Array:
    """Whether the covariances of every group of each draw are far enough from singular."""
    cov = state[..., 1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
        scaled = cov / sd[..., :, None] / sd[..., None, :]
    usable = np.isfinite(scaled).all(axis=(1, 2, 3))
    unit = np.eye(cov.shape[-2])
    scaled = np.where(usable[:, None, None, None], scaled, unit)
    try:
        np.linalg.cholesky(scaled - NEARLY_SINGULAR * unit)
    except np.linalg.LinAlgError:  # of some draw, and the eigenvalues say which
        return np.asarray(usable & (np.linalg.eigvalsh(scaled)[..., 0] > NEARLY_SINGULAR).all(axis=1))
    return np.asarray(usable)
