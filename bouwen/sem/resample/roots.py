"""Covariances -> a square root to draw with."""

from __future__ import annotations

import numpy as np

from bouwen.checks import Array


def symmetric_root(cov: Array) -> Array:
    """The symmetric R (..., q, q) with R R = V.

    Unlike a root made of eigenvectors alone it does not depend on their signs, which differ between the
    BLAS kernels of processors; unlike Cholesky's it exists where equalities make V singular. Eigenvalues
    below 0 by rounding count as 0.
    """
    values, vectors = np.linalg.eigh(cov)
    scaled = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    return np.asarray(scaled @ np.swapaxes(vectors, -1, -2))
