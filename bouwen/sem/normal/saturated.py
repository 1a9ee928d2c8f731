"""Incomplete rows to the saturated model's means and covariances.

The EM algorithm for a multivariate normal with answers missing at random (Dempster, Laird &
Rubin, 1977; Little & Rubin, 2002, ch. 11), all patterns at once, sped up by squared
extrapolation (Varadhan & Roland, 2008).
"""

from __future__ import annotations

import numpy as np

from bouwen.checks import Array, DataError
from bouwen.sem.normal.moments import Patterns

MAX_EM_STEPS = 5000


class GapsTooLarge(DataError):
    """Means and covariances cannot be estimated from what was answered."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        super().__init__(
            f"means and covariances did not settle in {steps} steps: too few respondents answered "
            "some items together. Leave out the item with the most gaps."
        )


def em_moments(patterns: Patterns, n_groups: int, *, tol: float = 1e-9) -> tuple[Array, Array]:
    """Maximum likelihood means (G, p) and covariances (G, p, p) of incomplete data.

    Parameters
    ----------
    patterns : Patterns
    n_groups : int
    tol : float
        Largest change of a moment, in standard deviations, at the solution.
    """
    means, covs = [], []
    for g in range(n_groups):
        own = patterns.group == g
        try:
            mean, cov = _em(
                patterns.n[own], patterns.observed[own], patterns.mean[own], patterns.cov[own], tol
            )
        except np.linalg.LinAlgError:  # items that are combinations of each other
            raise GapsTooLarge(MAX_EM_STEPS) from None
        means.append(mean)
        covs.append(cov)
    return np.array(means), np.array(covs)


def _em(n: Array, observed: Array, mean: Array, cov: Array, tol: float) -> tuple[Array, Array]:
    p = observed.shape[1]
    counts = n @ observed
    centre = (n @ mean) / counts
    spread = np.einsum("k,kii->i", n, cov) + n @ (observed * (mean - centre) ** 2)
    sd = np.sqrt(spread / counts)
    mean, cov = observed * (mean - centre) / sd, cov / np.outer(sd, sd)
    both = observed[:, :, None] * observed[:, None, :]
    absent = np.zeros((len(n), p, p))
    absent[:, range(p), range(p)] = 1 - observed
    share = n / n.sum()

    def step(state: Array) -> Array:
        mu, sigma = state[0], state[1:]
        W = np.linalg.inv(sigma * both + absent) - absent
        B = sigma @ W  # regression of all items on the answered ones
        r = observed * (mean - mu)
        expected = (B @ r[:, :, None])[:, :, 0]
        shift = share @ expected
        spread = B @ (cov + r[:, :, None] * r[:, None, :]) @ np.swapaxes(B, 1, 2) + sigma - B @ sigma
        new = np.einsum("k,kij->ij", share, spread) - np.outer(shift, shift)
        return np.vstack([mu + shift, (new + new.T) / 2])

    def proper(state: Array) -> bool:
        return bool(np.linalg.eigvalsh(state[1:])[0] > 1e-8)

    state = np.vstack([np.zeros(p), np.eye(p)])
    for _ in range(MAX_EM_STEPS):
        first = step(state)
        change = first - state
        if np.abs(change).max() < tol:
            return centre + sd * first[0], first[1:] * np.outer(sd, sd)
        second = step(first)
        bend = second - first - change
        norm = (bend**2).sum()
        if norm == 0:
            state = second
            continue
        alpha = max(1.0, np.sqrt((change**2).sum() / norm))
        leap = state + 2 * alpha * change + alpha**2 * bend
        while alpha > 1 and not proper(leap):
            alpha = (alpha + 1) / 2 if alpha > 1.01 else 1.0
            leap = state + 2 * alpha * change + alpha**2 * bend
        state = step(leap) if alpha > 1 else second
    raise GapsTooLarge(MAX_EM_STEPS)
