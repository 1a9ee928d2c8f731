"""The expected information about parameters that a model lacks, beside those that it has.

Whether a parameter is worth freeing takes the information about it alone and with each parameter of the
model, but none about two candidates together, of which a wide model has millions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.derivatives import Slots, between, gram, mean_slopes
from bouwen.sem.normal.discrepancy import LikelihoodPoint


@dataclass(frozen=True, eq=False)
class Beside:
    """Information per respondent about q parameters of a model and c candidates.

    Attributes
    ----------
    known : array (q, q)
    mixed : array (q, c)
    own : array (c,)
    """

    known: Array
    mixed: Array
    own: Array


def of_matrix(information: Array, q: int) -> Beside:
    """The same, from the information about all parameters, of which the first q are the model's."""
    return Beside(information[:q, :q], information[:q, q:], np.diag(information)[q:])


def of_jacobian(D: Array, weight: Array, q: int) -> Beside:
    """The same, from Σ Dᵀ W D over groups: D (G, k, q + c) and the diagonal of W (G, k)."""
    rows = (np.sqrt(weight)[..., None] * D).reshape(-1, D.shape[-1])
    known, new = rows[:, :q], rows[:, q:]
    return Beside(known.T @ known, known.T @ new, np.einsum("kc,kc->c", new, new))


def of_likelihood(point: LikelihoodPoint, q: int) -> Beside:
    """The same, from the products that make up the expected information of a likelihood.

    ½ tr(W ∂Σ M ∂Σ) + ∂μᵀ N ∂μ for each pair of rows of the table of which one is the model's, and for each
    candidate with itself; rows are added up to parameters, of which a candidate is one row.

    Parameters
    ----------
    point : LikelihoodPoint
        Of one sample; candidates are numbered from q on, each free in one place.
    q : int
    """
    s, Z = point.objective.slots, point.implied.Z
    slopes = mean_slopes(s, point.implied) if point.objective.structure.meanstructure else None
    found = Beside(np.zeros((q, q)), np.zeros((q, s.structure.q - q)), np.zeros(s.structure.q - q))
    for g, W, M, N in point.weights():
        known, new = _known_and_new(s, g, q)
        WZ, MZ, NZ = (gram(Z[g], X) for X in (W, M, N))
        both = np.concatenate([known, new])
        mixed, own = between(s, known[:, None], both, WZ, MZ), between(s, new, new, WZ, MZ)
        if slopes is not None:
            c, a = slopes[g], s.a
            mixed += c[known, None] * c[both] * NZ[a[known, None], a[both]]
            own += c[new] ** 2 * NZ[a[new], a[new]]
        _add(found, s, g, mixed, own)
    for g, F in point.products():
        known, new = _known_and_new(s, g, q)
        mixed = F[:, known].T @ F[:, np.concatenate([known, new])]
        _add(found, s, g, mixed, np.einsum("kc,kc->c", F[:, new], F[:, new]))
    return found


def _known_and_new(s: Slots, g: int, q: int) -> tuple[Array, Array]:
    free = s.free[g]
    return np.flatnonzero((free >= 0) & (free < q)), np.flatnonzero(free >= q)


def _add(found: Beside, s: Slots, g: int, mixed: Array, own: Array) -> None:
    """Add a group's known rows by all rows, and its candidates' own, to the parameters that they are."""
    q = len(found.known)
    known, new = _known_and_new(s, g, q)
    unit = np.asarray(s.free[g, known, None] == np.arange(q), dtype=float)
    by_parameter = unit.T @ mixed
    found.known[...] += by_parameter[:, : len(known)] @ unit
    found.mixed[:, s.free[g, new] - q] += by_parameter[:, len(known) :]
    found.own[s.free[g, new] - q] += own
