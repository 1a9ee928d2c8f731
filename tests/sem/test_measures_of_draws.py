"""Fit measures of a draw of ordered items are those of a fit to the rows that were drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.sem import fit_sem
from bouwen.sem.resample.batch import CONVERGED, fit_batch
from bouwen.sem.resample.stacks import batch_measures, weighted_objective

MEASURES = ["chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr"]
MODELS = {
    "no covariate": "f =~ a + b + c + d",
    "one covariate": "f =~ a + b + c + d\nf ~ x",
    "two covariates": "f =~ a + b + c + d\nf ~ x + z",
    "a covariate of an item": "f =~ a + b + c + d\nf ~ x + z\na ~ x",
    "a continuous item": "f =~ a + b + c + y\nf ~ x",
}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(12)
    n = 180
    x, z = rng.normal(size=n), rng.normal(size=n)
    f = 0.5 * x - 0.3 * z + rng.normal(size=n)
    frame = {
        name: np.digitize(slope * f + rng.normal(size=n), cuts) + 1
        for name, slope, cuts in (
            ("a", 0.9, [-0.8, 0.6]), ("b", 1.1, [0.0]), ("c", 0.7, [-1.0, 0.0, 1.0]), ("d", 0.8, [-0.2, 0.9]),
        )
    }  # fmt: skip
    return pd.DataFrame(frame).assign(
        x=x + 5, z=3 * z, y=0.8 * f + rng.normal(size=n), group=np.repeat(["one", "two"], [100, n - 100])
    )


@pytest.mark.parametrize("group", [None, "group"])
@pytest.mark.parametrize("model", MODELS)
def test_measures_of_ordered_draws(data, model, group):
    ordered = [name for name in "abcd" if name in MODELS[model].split("\n")[0].split()]
    options = {"ordered": ordered, "group": group}
    fit = fit_sem(MODELS[model], data, **options)
    sizes = [len(rows) for rows in fit.sample.rows]
    rng = np.random.default_rng(4)
    again = np.concatenate([rng.multinomial(n, np.full(n, 1 / n)) for n in sizes])
    objective = weighted_objective(fit.family, np.stack([np.ones(sum(sizes)), again]))
    batch = fit_batch(objective, fit.family.table, fit.theta)
    assert (batch.status == CONVERGED).all()
    found = batch_measures(fit.family, objective, batch, MEASURES)
    drawn = data.loc[np.repeat(np.concatenate(fit.sample.index), again)].reset_index(drop=True)
    for row, expected in zip(
        found.to_dict("records"), (fit, fit_sem(MODELS[model], drawn, **options)), strict=True
    ):
        want = [expected.measures[name] for name in MEASURES]
        assert_allclose([row[name] for name in MEASURES], want, rtol=1e-5, atol=1e-6)
    assert found.loc[0, "srmr"] > 1e-3
