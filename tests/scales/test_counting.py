"""Several rules for the number of factors, side by side."""

import numpy as np
import pandas as pd
import pytest

from bouwen.scales import count_factors, empirical_kaiser, map_test, parallel_analysis


def clear_factors(n_factors, n=600, per_factor=5, loading=0.75, seed=1):
    """Answers with uncorrelated factors that no rule can miss."""
    rng = np.random.default_rng(seed)
    factors = np.repeat(rng.standard_normal((n, n_factors)), per_factor, axis=1)
    noise = rng.standard_normal((n, n_factors * per_factor))
    values = loading * factors + np.sqrt(1 - loading**2) * noise
    return pd.DataFrame(values, columns=[f"x{k}" for k in range(values.shape[1])])


@pytest.mark.parametrize("n_factors", [1, 2, 3])
def test_every_rule_finds_clear_factors(n_factors):
    found = count_factors(clear_factors(n_factors), seed=1, draws=100).table()
    assert list(found["n_factors"]) == [n_factors] * 5


def test_the_table_holds_what_each_rule_says_alone():
    items = clear_factors(2, n=90, loading=0.5)
    found = count_factors(items, seed=3, draws=60).table()["n_factors"]
    parallel, partial = parallel_analysis(items, seed=3, draws=60), map_test(items)
    assert found["parallel_factors"] == parallel.n_factors
    assert found["parallel_components"] == parallel.n_components
    assert found["empirical_kaiser"] == empirical_kaiser(items).n_factors
    assert (found["map"], found["map_fourth"]) == (partial.n_factors, partial.n_factors_fourth)
