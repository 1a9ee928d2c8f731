"""How often each rule finds the number of factors of five-point items with a simple structure."""

import numpy as np
import pandas as pd

from bouwen.scales import empirical_kaiser, map_test, parallel_analysis


def numbers_found(x):
    """The number of factors by each rule."""
    parallel = parallel_analysis(x, seed=1, draws=100)
    return {
        "parallel, factors": parallel.n_factors,
        "parallel, components": parallel.n_components,
        "MAP": map_test(x).n_factors,
        "empirical Kaiser": empirical_kaiser(x).n_factors,
    }


def five_point_answers(rng, n, factors, loading, correlation, per_factor=4):
    """Answers whose latent responses have a simple structure with equal loadings and correlations."""
    phi = np.full((factors, factors), correlation) + (1 - correlation) * np.eye(factors)
    f = rng.standard_normal((n, factors)) @ np.linalg.cholesky(phi).T
    x = loading * np.repeat(f, per_factor, axis=1)
    x += np.sqrt(1 - loading**2) * rng.standard_normal(x.shape)
    return pd.DataFrame(np.digitize(x, [-1.5, -0.5, 0.5, 1.5]) + 1.0)


def recovery(samples, n=201, seed=1):
    """Share of samples in which each rule finds the true number, one row per population."""
    rows = []
    for factors in (1, 3, 5):
        for loading in (0.5, 0.7):
            for correlation in (0.3, 0.6, 0.8) if factors > 1 else (0.0,):
                rng = np.random.default_rng(seed)
                drawn = [five_point_answers(rng, n, factors, loading, correlation) for _ in range(samples)]
                rates = (pd.DataFrame([numbers_found(x) for x in drawn]) == factors).mean()
                rows.append(
                    {"factors": factors, "loading": loading, "correlation": correlation} | rates.to_dict()
                )
    return pd.DataFrame(rows)
