"""What is said of fit follows from three signs, and from none of them alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import bouwen
from bouwen import texts
from bouwen.sem.power.cutoffs import COLUMNS

MODEL = "f =~ a + b + c + d\ng =~ e + h + i + j"


def answers(shared=0.0, n=300):
    """Two factors; ``shared`` is what a and e have in common beside them."""
    rng = np.random.default_rng(8)
    f, g, both = rng.normal(size=(3, n))
    columns = {k: 0.7 * f + 0.7 * rng.normal(size=n) for k in "abcd"}
    columns |= {k: 0.7 * (0.5 * f + 0.87 * g) + 0.7 * rng.normal(size=n) for k in "ehij"}
    for k in "ae":
        columns[k] = columns[k] + shared * both
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def true():
    return bouwen.fit_sem(MODEL, answers(), estimator="MLR")


@pytest.fixture(scope="module")
def wrong():
    return bouwen.fit_sem(MODEL, answers(0.7), estimator="MLR")


def cutoffs(fit, **beyond):
    """A table whose first level nothing is told by, and whose second has cut-offs off the fit by so much."""
    names = {"srmr": "srmr", "rmsea": "rmsea_robust", "cfi": "cfi_robust"}
    own = {name: fit.measures[key] + beyond.get(name, 0.0) for name, key in names.items()}
    rows = [{"level": 1}, {"level": 2} | own, {"level": 3, "srmr": 0.0, "rmsea": 0.0, "cfi": 1.0}]
    return pd.DataFrame(rows, columns=COLUMNS).set_index("level")


def test_the_three_signs_agree_or_not(true, wrong):
    good = {"srmr": 0.01, "rmsea": 0.01, "cfi": -0.01}
    bad = {name: -by for name, by in good.items()}
    said = texts.fit_verdict(true, cutoffs=cutoffs(true, **good)).data
    assert said.startswith(
        "**Nothing speaks against this model.** The test for samples of this size does not"
    )
    assert "no index shows misfit: SRMR" in said
    assert "None of the 28 pairs" in said
    said = texts.fit_verdict(wrong, cutoffs=cutoffs(wrong, **bad)).data
    assert said.startswith("**This model does not describe the answers well.** The test")
    assert "every index shows misfit" in said
    for fit, off, k in ((true, bad, 1), (wrong, good, 2)):
        said = texts.fit_verdict(fit, cutoffs=cutoffs(fit, **off)).data
        assert said.startswith(f"**Not all signs agree on this model: {k} of 3 against it.**")


@pytest.mark.parametrize(("index", "sign"), [("srmr", 1), ("rmsea", 1), ("cfi", -1)])
def test_an_index_at_its_cut_off_is_not_beyond_it(true, index, sign):
    at, over = cutoffs(true), cutoffs(true, **{index: -sign * 1e-9})
    assert "no index shows misfit" in texts.fit_verdict(true, cutoffs=at).data
    said = texts.fit_verdict(true, cutoffs=over).data
    bad = said.split("misfit shows in ")[1].split(", and not in")[0]
    assert bad.startswith(index.upper())
    assert " and " not in bad


def test_the_test_is_that_of_small_samples_at_the_level_of_the_reader(true):
    p = true.measures["pvalue_small"]
    assert 0.001 < p < 0.999
    assert "does not reject" in texts.fit_verdict(true, confidence=1 - p + 1e-6).data
    assert "size rejects it" in texts.fit_verdict(true, confidence=1 - p - 1e-6).data
    assert f"= {true.measures['chisq_small']:.1f}, p = {p:.3f}" in texts.fit_verdict(true).data


def test_pairs_count_beyond_what_chance_gives_among_all(wrong):
    z = wrong.residuals("z").to_numpy()[np.tril_indices(8, -1)]
    for level in (0.95, 0.8):
        k = int((np.abs(z) > norm.ppf(1 - (1 - level) / 2 / 28)).sum())
        assert k > 0
        assert f"Of 28 pairs of statements, {k} go" in texts.fit_verdict(wrong, confidence=level).data
    largest = wrong.residuals("cor").loc["a", "e"]
    assert texts.fit_verdict(wrong).data.endswith(f"the largest residual correlation is {largest:.2f}.")


def test_what_is_not_known_has_no_say(true):
    none = cutoffs(true).iloc[:1]
    said = texts.fit_verdict(true, cutoffs=none).data
    assert said.startswith("**Nothing speaks against")
    assert "No index can tell" in said
    few = bouwen.fit_sem(MODEL, answers().head(49))
    assert "No test of the whole model holds" in texts.fit_verdict(few).data
    saturated = bouwen.fit_sem("f =~ a + b + c", answers())
    assert "no answers could contradict it" in texts.fit_verdict(saturated).data


def test_models_without_cut_offs_get_a_table_without_levels(true):
    path = bouwen.fit_sem(MODEL + "\ng ~ f", answers())
    found = bouwen.fit_cutoffs(path, refuse=False)
    assert found.empty
    assert [found.index.name, *found.columns] == COLUMNS
    assert "No index can tell" in texts.fit_verdict(path, cutoffs=found).data
    coarse = answers().round().clip(-1, 1)
    ordered = bouwen.fit_sem(MODEL, coarse, ordered=True)
    assert bouwen.fit_cutoffs(ordered, refuse=False).empty
    with pytest.raises(bouwen.BouwenError, match="ordered"):
        bouwen.fit_cutoffs(ordered)


def test_the_mildest_levels_are_those_of_all(true):
    whole, first = (bouwen.fit_cutoffs(true, levels=k, reps=20, seed=1, n_jobs=1) for k in (None, 1))
    pd.testing.assert_frame_equal(whole.head(1), first)
