"""Incomplete rows to the saturated model's means and covariances.

The EM algorithm for a multivariate normal with answers missing at random (Dempster, Laird &
Rubin, 1977; Little & Rubin, 2002, ch. 11), all patterns at once, sped up by squared
extrapolation (Varadhan & Roland, 2008).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bouwen.checks import Array, DataError
from bouwen.sem.normal.gaps import FEW, Gapped
from bouwen.sem.normal.moments import Patterns

MAX_EM_STEPS = 5000
NEARLY_SINGULAR = 1e-8  # least eigenvalue of covariances on the scale of one standard deviation


class GapsTooLarge(DataError):
    """Means and covariances cannot be estimated from what was answered."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        super().__init__(
            f"means and covariances did not settle ({steps} steps): too few respondents answered "
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
        try:
            mean, cov = _em(patterns, g, tol)
        except np.linalg.LinAlgError:  # items that are combinations of each other
            raise GapsTooLarge(MAX_EM_STEPS) from None
        means.append(mean)
        covs.append(cov)
    return np.array(means), np.array(covs)


def _em(patterns: Patterns, g: int, tol: float) -> tuple[Array, Array]:
    """Means (p,) and covariances (p, p) of a group, in steps on the scale of one standard deviation."""
    own = patterns.group == g
    n, observed, mean, cov = patterns.n[own], patterns.observed[own], patterns.mean[own], patterns.cov[own]
    p = observed.shape[1]
    centre = (n @ mean) / (n @ observed)
    spread = np.einsum("k,kii->i", n, cov) + n @ (observed * (mean - centre) ** 2)
    sd = np.sqrt(spread / (n @ observed))
    share = np.where(own, patterns.n, 0.0) / n.sum()
    several = p > FEW
    batches = [replace(batch, group=0) for batch in patterns.batches if batch.group == g] if several else []

    def pulls(mu: Array, sigma: Array) -> tuple[Array, Array]:
        """Σ share W_j (m_j − μ) and Σ share (W_j S*_j W_j − W_j), with W_j = Σ_j⁻¹."""
        at = Gapped.at(batches, share, mu[None], sigma[None]) if several else None
        if at is not None:
            x = at.sums()
            return x.u[0], x.B[0] - (at.W[0] - x.H[0])
        absent = np.zeros((len(n), p, p))
        absent[:, range(p), range(p)] = 1 - observed
        both = observed[:, :, None] * observed[:, None, :]
        W = np.linalg.inv(sigma * both + absent) - absent
        r = observed * (mean - mu)
        spread = W @ (cov + r[:, :, None] * r[:, None, :]) @ W - W
        return np.einsum("k,kij,kj->i", share[own], W, r), np.einsum("k,kij->ij", share[own], spread)

    def step(state: Array) -> Array:
        u, Q = pulls(centre + sd * state[0], state[1:] * np.outer(sd, sd))
        sigma, Q = state[1:], Q * np.outer(sd, sd)
        shift = sigma @ (sd * u)
        new = sigma + sigma @ Q @ sigma - np.outer(shift, shift)
        return np.vstack([state[0] + shift, (new + new.T) / 2])

    def proper(state: Array) -> bool:
        try:
            np.linalg.cholesky(state[1:] - NEARLY_SINGULAR * np.eye(p))
        except np.linalg.LinAlgError:
            return False
        return True

    state = np.vstack([np.zeros(p), np.eye(p)])
    for done in range(MAX_EM_STEPS):
        first = step(state)
        if not proper(first):  # from where no step leads back
            raise GapsTooLarge(done + 1)
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
