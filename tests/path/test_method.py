"""Checks for common-method variance against lavaan and against a second way to the same model."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from references import read_values
from scipy import stats

import bouwen
from bouwen.path.method import FACTOR, NotPossible, common_method, with_method
from bouwen.path.paths import causes
from bouwen.sem import parse_model

LAVAAN = read_values("lavaan/specification")["method"]


@pytest.fixture(scope="module")
def reputation():
    return common_method(bouwen.read_study("data/reputation/study.yml"))


@pytest.fixture(scope="module")
def providers():
    return common_method(bouwen.read_study("data/providers/study.yml"))


def test_the_method_factor_is_that_of_lavaan(reputation):
    fit, paths = reputation.fits["method"], reputation.paths().set_index(["lhs", "rhs"])
    assert fit.measures["chisq"] == pytest.approx(LAVAAN["chisq"], abs=1e-4)
    assert fit.df == LAVAAN["df"] == reputation.fits["own"].df - 1
    assert paths.loc[("loyalty", "likeability"), "method"] == pytest.approx(LAVAAN["path"], abs=1e-5)
    assert reputation.shares().loc["method", "share"] == pytest.approx(LAVAAN["share"], abs=1e-5)


def test_without_a_method_factor_the_model_is_the_studys_own(providers):
    own = bouwen.fit_model(bouwen.read_study("data/providers/study.yml"), "structural")
    assert providers.fits["own"].measures["chisq"] == pytest.approx(own.measures["chisq"], abs=1e-8)


def test_acquiescence_moves_the_answers_as_they_were_put(providers):
    """The same model for answers that are not turned, where every loading on the factor is 1."""
    study = bouwen.read_study("data/providers/study.yml")
    raw, text = study.responses[list(study.items)].assign(place=study.clusters), study.model("structural")
    items = [name for name in study.items if name in providers.single.structure.observed]
    loadings = " + ".join(f"1*{item}" for item in items)
    apart = " + ".join(f"0*{name}" for name in causes(parse_model(text).formulas, "trust"))
    fit = bouwen.fit_sem(
        f"{text}\n{FACTOR} =~ {loadings}\n{FACTOR} ~~ {apart}",
        raw,
        estimator="MLR",
        missing="fiml",
        cluster="place",
    )
    ours = providers.fits["acquiescence"]
    assert ours.measures["chisq"] == pytest.approx(fit.measures["chisq"], abs=1e-5)
    assert ours.measures["chisq_scaled"] == pytest.approx(fit.measures["chisq_scaled"], abs=1e-4)
    variance = "lhs == rhs == @FACTOR and op == '~~'"
    assert ours.parameters.query(variance)["est"].item() == pytest.approx(
        fit.parameters.query(variance)["est"].item(), abs=1e-6
    )


def test_no_reversed_items_no_acquiescence(reputation):
    assert list(reputation.fits) == ["own", "method"]
    assert list(reputation.paths().columns) == ["lhs", "rhs", "own", "method"]


def test_the_first_component_is_that_of_the_correlations(reputation):
    study = bouwen.read_study("data/reputation/study.yml")
    used = list(reputation.single.structure.observed)
    complete = bouwen.key_items(study)[used].dropna()
    largest = np.linalg.eigvalsh(np.corrcoef(complete.T))[-1]
    assert reputation.first_share == pytest.approx(largest / len(used), abs=0.01)


def drawn(loadings, method, rng, *, exact=False):
    """The reputation study with answers made of four constructs and one thing more that all items share.

    With ``exact`` the answers are turned so that they have the covariances of the population.
    """
    study = bouwen.read_study("data/reputation/study.yml")
    n, place = len(study.responses), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]
    factors = rng.multivariate_normal(np.zeros(4), np.where(np.eye(4) > 0, 1, 0.2), size=n, method="cholesky")
    latent = loadings * factors[:, place] + method * rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(n, 10))
    if exact:
        phi = np.where(np.eye(4) > 0, 1, 0.2)[np.ix_(place, place)]
        cov = np.outer(loadings, loadings) * phi + method**2 + 0.25 * np.eye(10)
        own = np.linalg.cholesky(np.cov(latent, rowvar=False))
        latent = np.linalg.solve(own, (latent - latent.mean(axis=0)).T).T @ np.linalg.cholesky(cov).T
    constructs = ("competence", "likeability", "loyalty", "satisfaction")
    names = [item for construct in constructs for item in study.items_of(construct)]
    return replace(study, responses=study.responses.assign(**dict(zip(names, latent.T, strict=True))))


def test_a_shared_method_is_found_and_its_absence_too():
    rng, loadings = np.random.default_rng(11), np.array([0.5, 1.0, 1.5, 0.5, 1.0, 1.5, 0.5, 1.0, 1.5, 1.0])
    without, shared = (common_method(drawn(loadings, m, rng)).shares().loc["method"] for m in (0.0, 1.0))
    assert without["ci_lower"] < 0 < without["ci_upper"] < 0.1
    assert shared["ci_lower"] > 0.1
    assert shared["share"] == pytest.approx(np.mean(1 / (loadings**2 + 1.25)), abs=0.1)


def test_a_method_factor_that_cannot_be_told_apart_is_left_out():
    """With equal loadings, what all items share is the same as what the constructs share.

    Draws from such a population have loadings that differ a little, which may tell the two apart after all.
    """
    found = common_method(drawn(np.ones(10), 0.0, np.random.default_rng(11), exact=True))
    assert list(found.fits) == ["own"]
    assert found.shares().empty


def test_three_items_are_too_few():
    study = bouwen.read_study("data/reputation/study.yml")
    models = dict(study.instrument.models)
    models["structural"] = models["structural"].model_copy(
        update={"based_on": None, "syntax": "loyalty =~ cusl_1 + cusl_2 + cusl_3"}
    )
    small = replace(study, instrument=study.instrument.model_copy(update={"models": models}))
    with pytest.raises(NotPossible, match="3 items"):
        common_method(small)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_shares_have_intervals_of_the_level_that_is_asked(reputation, confidence):
    found = replace(reputation, confidence=confidence).shares().loc["method"]
    usual = reputation.shares().loc["method"]
    ratio = stats.norm.ppf((1 + confidence) / 2) / stats.norm.ppf((1 + reputation.confidence) / 2)
    assert found["share"] == usual["share"]
    width, usual_width = found["ci_upper"] - found["ci_lower"], usual["ci_upper"] - usual["ci_lower"]
    assert width == pytest.approx(ratio * usual_width)


def test_a_method_moves_an_item_in_proportion_to_the_width_of_its_scale():
    codes = {"a": range(1, 6), "b": range(1, 8), "c": range(11)}
    study = SimpleNamespace(instrument=SimpleNamespace(scale_of=lambda i: SimpleNamespace(codes=codes[i])))
    text = with_method(study, "f =~ a + b + c", {"a": 1, "b": -1, "c": 1})
    assert text.splitlines()[1] == f"{FACTOR} =~ 0.4*a + -0.6*b + 1.0*c"
