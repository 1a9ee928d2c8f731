"""Chi-square in samples of the size that surveys of organisations have."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from references import read_data, read_values
from scipy import stats

import bouwen
from bouwen.sem import fit_sem
from bouwen.sem.family import measures

SEMTOOLS = read_values("psych/psych_semtools")
DEMOCRACY = SEMTOOLS["sam_local_pd"]["model"]
ALPHA, MOST = 0.05, 0.075
MODELS = ("trust", "measurement", "structural")
KINDS = ("normal", "five points", "five points, gaps", "five points, gaps, clusters")
ICC = 0.1
CUTS = (-1.3, -0.5, 0.3, 1.2)


def test_the_factor_is_that_of_semtools():
    expected = SEMTOOLS["chisq_small_n_pd"]["yuan.2015"]
    fit = fit_sem(DEMOCRACY, read_data("democracy"))
    assert measures.small_sample_factor(fit.n, 11, fit.npar) == pytest.approx(expected["smallN.factor"])
    assert fit.measures["chisq_small"] == pytest.approx(expected["chisq"], abs=1e-4)
    assert fit.measures["pvalue_small"] == pytest.approx(expected["pvalue"], abs=1e-6)


def test_intercepts_do_not_count():
    plain, means = (fit_sem(DEMOCRACY, read_data("democracy"), meanstructure=m) for m in (False, True))
    assert means.npar == plain.npar + 11
    assert means.measures["chisq_small"] == pytest.approx(plain.measures["chisq_small"])


@pytest.mark.parametrize(
    ("n", "p", "holds"), [(49, 3, False), (50, 3, True), (87, 44, False), (88, 44, True)]
)
def test_it_is_given_where_its_authors_found_it_to_hold(n, p, holds):
    assert math.isfinite(measures.small_sample_factor(n, p, 2 * p)) == holds


def test_too_few_respondents_have_no_such_test():
    found = fit_sem(DEMOCRACY, read_data("democracy").head(49)).measures
    assert np.isnan(found[["chisq_small", "pvalue_small"]]).all()
    assert np.isfinite(found["chisq_swain"])


def unbiased_gamma(x):
    """Browne's (1974) unbiased estimate of the sampling covariances of covariances, element by element."""
    n, p = x.shape
    z = x - x.mean(axis=0)
    S = z.T @ z / (n - 1)
    places = [(i, j) for i in range(p) for j in range(i + 1)]
    out = np.empty((len(places), len(places)))
    for a, (i, j) in enumerate(places):
        for b, (k, m) in enumerate(places):
            fourth = np.mean(z[:, i] * z[:, j] * z[:, k] * z[:, m])
            plain = fourth - np.mean(z[:, i] * z[:, j]) * np.mean(z[:, k] * z[:, m])
            normal = S[i, k] * S[j, m] + S[i, m] * S[j, k] - 2 / (n - 1) * S[i, j] * S[k, m]
            out[a, b] = (n * (n - 1) * plain - n * normal) / ((n - 2) * (n - 3))
    return out


def test_the_unbiased_factor_is_that_of_the_unbiased_gamma():
    """tr(UΓ) of independent items is that of their covariances, where V is 1/(s_ii s_jj)."""
    rng = np.random.default_rng(3)
    x = np.exp(0.4 * rng.normal(size=(60, 4)))
    names = list("abcd")
    fit = fit_sem("a ~~ a\nb ~~ b\nc ~~ c\nd ~~ d", pd.DataFrame(x, columns=names), estimator="MLM")
    places = [(i, j) for i in range(4) for j in range(i + 1)]
    gamma, S = np.diag(unbiased_gamma(x)), np.cov(x.T, bias=True)
    trace = sum(g / (S[i, i] * S[j, j]) for g, (i, j) in zip(gamma, places, strict=True) if i != j)
    scaling = measures.unbiased_scaling(fit.measures["chisq_scaling_factor"], 60)
    assert scaling == pytest.approx(trace / fit.df, rel=0.01)
    assert abs(scaling / fit.measures["chisq_scaling_factor"] - 1) > 0.01
    factor = measures.small_sample_factor(60, 4, 4)
    assert fit.measures["chisq_small"] == pytest.approx(fit.measures["chisq"] * factor / scaling)


def test_answers_given_together():
    assert measures.answered_together(np.array([10, 5]), np.array([5, 4]), 5) == pytest.approx(
        10 + 5 * 4 / 10
    )
    assert measures.answered_together(np.array([7.0]), np.array([6]), 6) == 7
    assert measures.answered_together(np.array([7, 2]), np.array([2, 1]), 2) == 7


def test_gaps_make_the_sample_smaller_and_none_leave_it_as_it_is():
    data = read_data("democracy")
    whole, fiml = (fit_sem(DEMOCRACY, data, estimator="MLR", missing=m) for m in ("listwise", "fiml"))
    assert fiml.measures["chisq_small"] == pytest.approx(whole.measures["chisq_small"], rel=1e-4)
    holes = data.copy()
    holes.iloc[::9, 0] = np.nan
    fit = fit_sem(DEMOCRACY, holes, missing="fiml")
    n = 75 - 9 * (1 - math.comb(10, 3) / math.comb(11, 3))
    assert holes.iloc[:, 0].isna().sum() == 9
    factor = measures.small_sample_factor(n, 11, 25)
    assert fit.measures["chisq_small"] == pytest.approx(fit.measures["chisq"] * factor)


def test_groups_and_ordered_items_have_no_such_test():
    data = read_data("democracy").assign(g=np.resize(["a", "b"], 75))
    assert "chisq_small" not in fit_sem("f =~ y1 + y2 + y3 + y4", data, group="g").measures
    assert "chisq_small" not in fit_sem("f =~ y1 + y2 + y3 + y4", data, estimator="ULS").measures


@pytest.fixture(scope="module")
def material():
    """Models of a study, what each implies if its estimates are true, and gaps and clusters."""
    study = bouwen.read_study("data/providers/study.yml")
    keyed, out = bouwen.key_items(study), {}
    for name in MODELS:
        text = study.instrument.model_syntax(name)
        fit = fit_sem(text, keyed, estimator="MLR", missing="fiml")
        sd = np.sqrt(np.diag(fit.implied.cov[0]))
        root = np.linalg.cholesky(fit.implied.cov[0] / np.outer(sd, sd))
        out[name] = (text, list(fit.sample.names), root)
    return out, keyed.isna(), study.clusters.to_numpy()


def answers(rng, root, names, n, kind, gaps, clusters):
    """n respondents: normal, or on five points; with gaps and clusters as the study has them."""
    who = rng.permutation(len(gaps))[:n]
    x = rng.normal(size=(n, len(root)))
    if "clusters" in kind:
        shared = rng.normal(size=(clusters.max() + 1, len(root)))[clusters[who]]
        x = np.sqrt(ICC) * shared + np.sqrt(1 - ICC) * x
    x = x @ root.T
    if kind != "normal":
        x = np.digitize(x, CUTS).astype(float)
    if "gaps" in kind:
        x[gaps[names].to_numpy()[who]] = np.nan
    return pd.DataFrame(x, columns=names).assign(cluster=clusters[who])


@pytest.mark.long
@pytest.mark.parametrize(("model", "n"), [("trust", 72), *((m, n) for m in MODELS for n in (100, 201))])
def test_a_true_model_is_seldom_rejected(material, model, n, record, runs):
    models, gaps, clusters = material
    text, names, root = models[model]
    rows, bounds = {}, {}  # a part of the runs is held to what so few leave to chance
    for kind in KINDS:
        whole = 200 if "gaps" in kind else 500
        samples = runs(whole)
        rng, found = np.random.default_rng([n, len(names), len(kind)]), []
        given = {"missing": "fiml" if "gaps" in kind else "listwise"}
        given |= {"cluster": "cluster"} if "clusters" in kind else {}
        for _ in range(samples):
            data = answers(rng, root, names, n, kind, gaps, clusters)
            try:
                fit = fit_sem(text, data, estimator="MLR", **given)
            except bouwen.BouwenError:
                continue
            found.append(fit.measures[["pvalue", "pvalue_scaled", "pvalue_small"]])
        rows[kind] = {"samples": samples, "fitted": len(found), **(pd.DataFrame(found) < ALPHA).mean()}
        bounds[kind] = MOST if samples == whole else stats.binom.isf(0.001, samples, MOST) / samples
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("answers")
    record(f"true-model-rejected-{model}-{n}", table)
    assert (table["fitted"] >= 0.95 * table["samples"]).all()
    assert (table["pvalue_small"] <= pd.Series(bounds)).all()
    assert table["pvalue_small"].mean() < table["pvalue_scaled"].mean()
