"""The reputation survey in bouwen and in R: the same items, the same analyses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_values

from bouwen import read_study
from bouwen.scales import alpha, ave, fit_efa, key_items, kmo, omega
from bouwen.scales.items import alpha_without
from bouwen.scales.stability import match_factors
from bouwen.sem import fit_sem

R = read_values("psych/reputation")
SCALES = ("competence", "likeability", "loyalty")


@pytest.fixture(scope="module")
def study():
    return read_study(Path("data/reputation/study.yml"))


@pytest.fixture(scope="module")
def items(study):
    return key_items(study)[[item for scale in SCALES for item in study.items_of(scale)]]


@pytest.mark.parametrize("scale", SCALES)
def test_alpha_matches_psych(study, items, scale):
    theirs, own = R["alpha"][scale], items[list(study.items_of(scale))]
    found = alpha(own)
    figures = [found.raw, found.standardised, found.average_r, found.ci_lower, found.ci_upper]
    names = ["raw", "standardised", "average_r", "ci_lower", "ci_upper"]
    assert_allclose(figures, [theirs[name] for name in names], rtol=0, atol=1e-4)
    dropped = [alpha_without(own, item) for item in own]
    assert_allclose(dropped, list(theirs["dropped"].values()), rtol=0, atol=1e-4)


def test_omega_and_ave_match_lavaan_and_semtools(study, items):
    fit = fit_sem(study.model("measurement"), items, estimator="MLR", missing="fiml")
    found = omega(fit).set_index("factor")["omega"]
    assert_allclose(found[list(R["omega_cfa"])], list(R["omega_cfa"].values()), rtol=0, atol=1e-4)
    assert_allclose(ave(fit)[list(R["ave"])], list(R["ave"].values()), rtol=0, atol=1e-4)
    measures = list(R["measures"])
    assert_allclose(fit.measures[measures], [R["measures"][name] for name in measures], rtol=0, atol=1e-3)


def test_factor_analysis_matches_psych(items):
    theirs, found = R["efa"], fit_efa(items, 3, method="minres", rotation="oblimin")
    loadings = pd.DataFrame(theirs["loadings"]).T
    ours = match_factors(found.loadings.to_numpy(), loadings.to_numpy())
    assert_allclose(ours, loadings, rtol=0, atol=1e-3)
    phi = pd.DataFrame(theirs["phi"]).T.to_numpy()
    below = np.tril_indices(3, -1)
    assert_allclose(np.sort(found.phi.to_numpy()[below]), np.sort(phi[below]), rtol=0, atol=1e-3)
    assert_allclose(found.communalities, list(theirs["communality"].values()), rtol=0, atol=1e-3)
    fit = found.fit[["chisq", "df", "rmsea", "tli", "rmsr"]]
    assert_allclose(fit, [theirs[k] for k in ("chisq", "dof", "rmsea", "tli", "rms")], rtol=0, atol=1e-3)
    assert_allclose(kmo(items).overall, R["kmo"], rtol=0, atol=1e-4)
