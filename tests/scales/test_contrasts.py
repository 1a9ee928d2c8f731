"""Latent correlations with an outcome, against a model written by hand, scores and a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from nested import independent
from numpy.testing import assert_allclose

import bouwen
from bouwen.scales import compare_latent_correlations


def test_differences_are_those_of_a_model_written_by_hand(providers):
    providers = independent(providers)
    found = compare_latent_correlations(
        providers, "relationship_satisfaction", ["trust_integrity"], ["trust_competence", "trust_benevolence"]
    )
    names = ["trust_integrity", "trust_competence", "trust_benevolence", "relationship_satisfaction"]
    syntax = "\n".join(f"{name} =~ {' + '.join(providers.items_of(name))}" for name in names)
    fit = bouwen.fit_sem(syntax, bouwen.key_items(providers), std_lv=True, estimator="MLR", missing="fiml")
    table = fit.parameters.query("op == '~~' and lhs != rhs")
    r = {frozenset((row.lhs, row.rhs)): k for k, row in table.iterrows()}
    rows = [r[frozenset((name, names[-1]))] for name in names[:3]]
    est = table.loc[rows, "est"].to_numpy()
    assert_allclose(found["difference"], est[0] - est[1:], atol=1e-6)
    assert_allclose(found[["r_first", "r_second"]], np.c_[[est[0]] * 2, est[1:]], atol=1e-6)
    covariance = fit.vcov.to_numpy()
    places = [list(fit.vcov.index).index(f"{table.loc[k, 'lhs']}~~{table.loc[k, 'rhs']}") for k in rows]
    for k in (1, 2):
        i, j = places[0], places[k]
        variance = covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]
        assert_allclose(found["se"].iloc[k - 1], np.sqrt(variance), rtol=1e-4)


def test_an_unknown_construct_is_refused(providers):
    with pytest.raises(bouwen.BouwenError, match=r'"trust_integrety".*trust_integrity'):
        compare_latent_correlations(providers, "autonomy", ["trust_integrety"], ["contact"])
