"""Measurement estimates and moments of items -> moments of the factors.

Bartlett's mapping M = (Λᵀ Θ⁻¹ Λ)⁻¹ Λᵀ Θ⁻¹ of the items to their factors, for which M Λ = I: the factors have
means M (ȳ − ν) and covariances M (S − Θ) Mᵀ (Rosseel & Loh, 2022). A factor of factors enters in its reduced
form: its items load by Λ γ and keep the residual covariance Λ Ψ Λᵀ + Θ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.model.implied import Structure, implied_of_rows
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.normal.inference import one_group
from bouwen.sem.normal.moments import Sample
from bouwen.sem.normal.saturated import GapsTooLarge, em_moments
from bouwen.sem.sam.division import Division

ENOUGH = 2  # respondents an item, above which moments of all items come from all answers at once


@dataclass(frozen=True, eq=False)
class Mapping:
    """From the p observed variables to the k of the structure, by group.

    Attributes
    ----------
    M : array (..., G, k, p)
    nu : array (..., G, p)
        Intercepts of the items; 0 for what is no item.
    unique : array (..., G, p, p)
        Residual covariances Θ, 0 for what is no item.
    blocks : tuple of arrays
        The observed variables of each block, and all others together.
    """

    M: Array
    nu: Array
    unique: Array
    blocks: tuple[Ints, ...]

    def of(self, mean: Array, cov: Array) -> tuple[Array, Array, Array]:
        """Means (..., G, k), M S Mᵀ and M Θ Mᵀ (..., G, k, k) of the structure's variables."""
        turned = np.swapaxes(self.M, -1, -2)
        means = (self.M @ (mean - self.nu)[..., None])[..., 0]
        return means, self.M @ cov @ turned, self.M @ self.unique @ turned


def mapping_of(
    division: Division, structure: Structure, values: Array, blocks: Sequence[Sequence[str]]
) -> Mapping:
    """The mapping at measurement estimates.

    Parameters
    ----------
    values : array (..., G, R)
        Rows of the whole model, 0 in those of the structure.
    blocks : sequence
        The items of each block.
    """
    implied = implied_of_rows(structure, values)
    names = (*structure.observed, *structure.latent)
    inside = np.array([names.index(name) for name in structure.observed if name in division.items])
    outside = np.array([names.index(name) for name in division.outside], dtype=np.int64)
    factors = np.array([names.index(name) for name in division.factors])
    Lambda = implied.E[..., inside[:, None], factors]
    Theta = implied.C[..., inside[:, None], inside]
    k, p = len(factors), structure.p
    M, unique = np.zeros((*values.shape[:-1], len(division.units), p)), np.zeros((*values.shape[:-1], p, p))
    M[..., np.arange(k)[:, None], inside] = mapped_by(Lambda, Theta)
    M[..., k + np.arange(len(outside)), outside] = 1.0
    unique[..., inside[:, None], inside] = Theta
    nu = np.zeros((*values.shape[:-1], p))
    nu[..., inside] = implied.eta[..., inside]
    places = [np.array([names.index(name) for name in block]) for block in blocks]
    return Mapping(M, nu, unique, (*places, *([outside] if len(outside) else [])))


def mapped_by(Lambda: Array, Theta: Array) -> Array:
    """M = (Λᵀ Θ⁻¹ Λ)⁻¹ Λᵀ Θ⁻¹; items without residual variance stand for their factor."""
    diagonal = np.diagonal(Theta, axis1=-2, axis2=-1)
    if diagonal.min() <= 0:
        size = (Lambda**2).sum(axis=-1)
        lift = np.where(np.abs(diagonal) <= 1e-10 * size, 1e-10 * size, 0.0)
        Theta = Theta + lift[..., None] * np.eye(Theta.shape[-1])
    try:
        half = np.linalg.solve(Theta, Lambda)
        return np.asarray(np.linalg.solve(np.swapaxes(Lambda, -1, -2) @ half, np.swapaxes(half, -1, -2)))
    except np.linalg.LinAlgError as singular:
        raise UnsupportedModel(
            'local SAM needs items with residual variance; use method="global" or fit_sem'
        ) from singular


def factor_moments(
    found: Mapping, sample: Sample, pairwise: Sequence[bool]
) -> tuple[Array, Array, tuple[bool, ...]]:
    """Means (G, k) and covariances (G, k, k) of the structure's variables.

    They follow from the moments of all items where a group has more than two respondents an item, else from
    those of each pair of blocks. Of a group whose items vary less than their residuals would have them, the
    residual covariances are shrunk (Fuller, 1987, section 2.5.1), as in lavaan.

    Returns
    -------
    means, covariances, and which groups were shrunk
    """
    mean, total, unique = found.of(sample.mean, sample.cov)
    for g, pairs in enumerate(pairwise):
        if pairs:
            mean[g], total[g] = _of_pairs(found, sample, g)
    shrunk = [smallest_root(T, U) < 1 + 1 / (n - 1) for T, U, n in zip(total, unique, sample.n, strict=True)]
    cov = np.array([fuller(T, U, n) for T, U, n in zip(total, unique, sample.n, strict=True)])
    return mean, cov, tuple(bool(x) for x in shrunk)


def with_moments(sample: Sample, blocks: Sequence[Sequence[str]]) -> tuple[Sample, tuple[bool, ...]]:
    """An incomplete sample with its saturated moments, and which groups have too few respondents for them.

    These have the moments of each block, and none between; so has a group where those of all do not settle.
    """
    none = (False,) * len(sample.groups)
    if sample.patterns is None:
        return sample, none
    known = {name for block in blocks for name in block}
    apart = [*blocks, [name for name in sample.names if name not in known]]
    places = [np.array([sample.names.index(name) for name in block]) for block in apart if block]
    everything = np.arange(len(sample.names))
    mean, cov, pairwise = np.zeros_like(sample.mean), np.zeros_like(sample.cov), list(none)
    for g, n in enumerate(sample.counts):
        own = one_group(sample, g).patterns
        assert own is not None
        pairwise[g] = len(places) > 2 and n <= ENOUGH * len(everything)
        if not pairwise[g]:
            try:
                mean[g], cov[g] = (x[0] for x in em_moments(own, 1))
                continue
            except GapsTooLarge:
                if len(places) < 3:
                    raise
                pairwise[g] = True
        for items in places:
            mean[g, items], cov[g, items[:, None], items] = (x[0] for x in em_moments(own.of(items), 1))
    return replace(sample, mean=mean, cov=cov), tuple(pairwise)


def _of_pairs(found: Mapping, sample: Sample, g: int) -> tuple[Array, Array]:
    """Means (k,) and M S Mᵀ (k, k) of a group, block by block and pair by pair."""
    patterns = one_group(sample, g).patterns
    assert patterns is not None
    k = found.M.shape[-2]
    mean, total = np.zeros(k), np.zeros((k, k))
    M, nu = found.M[g], found.nu[g]
    own = [np.flatnonzero(np.abs(M[:, items]).sum(axis=1)) for items in found.blocks]
    for a, one in enumerate(found.blocks):
        for b in range(a + 1):
            items = np.concatenate([one, found.blocks[b]]) if a != b else one
            m, S = (x[0] for x in em_moments(patterns.of(items), 1))
            both = M[:, items] @ S @ M[:, items].T
            if a == b:
                mean[own[a]] = (M[:, items] @ (m - nu[items]))[own[a]]
            total[np.ix_(own[a], own[b])] = both[np.ix_(own[a], own[b])]
            total[np.ix_(own[b], own[a])] = both[np.ix_(own[b], own[a])]
    return mean, total


def smallest_root(total: Array, unique: Array) -> float:
    """The smallest λ with |M S Mᵀ − λ M Θ Mᵀ| = 0; infinite without residuals."""
    try:
        half = np.linalg.inv(np.linalg.cholesky(total))
    except np.linalg.LinAlgError:
        return 0.0
    largest = float(np.linalg.eigvalsh(half @ unique @ half.T)[-1])
    return 1 / largest if largest > 0 else float("inf")


def fuller(total: Array, unique: Array, n: float) -> Array:
    """M S Mᵀ − λ* M Θ Mᵀ: λ* is 1, or λ − 1/(n − 1) where the smallest root λ is below 1 + 1/(n − 1)."""
    root = smallest_root(total, unique)
    weight = 1.0 if root >= 1 + 1 / (n - 1) else root - 1 / (n - 1)
    return np.asarray(total - weight * unique)
