"""The findings of whole studies: what is weighed, how it is said, and what becomes of the advice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from nested import independent
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.claims import SIZE_WORDS, VERDICTS, claim_sizes, variable_label, weigh_claims
from bouwen.claims.recommendations import STANDINGS
from bouwen.scales import compare_latent_correlations, difference_estimate, mean_estimate, models
from bouwen.survey import PathEvidence

COLUMNS = [
    "claim",
    "kind",
    "what",
    "estimate",
    "reference",
    "smallest",
    "ci_lower",
    "ci_upper",
    "pvalue",
    "padjusted",
    "verdict",
    "size",
]


def with_settings(study, **settings):
    """The same study with other settings."""
    return replace(
        study, file=study.file.model_copy(update={"settings": study.settings.model_copy(update=settings)})
    )


@pytest.fixture(scope="module")
def weighed(providers):
    return weigh_claims(providers)


def fits(study):
    """Every model as one small fit: words and order do not depend on it."""
    paths = [e for c in study.instrument.claims.values() for e in c.evidence if isinstance(e, PathEvidence)]
    names = sorted({name for e in paths for name in (e.outcome, e.predictor)})
    rows = pd.DataFrame(np.random.default_rng(1).normal(size=(60, len(names))), columns=names)
    found = {}
    for model in sorted({e.model for e in paths}):
        lines = sorted({f"{e.outcome} ~ {e.predictor}" for e in paths if e.model == model})
        found[model] = bouwen.fit_sem("\n".join(lines), rows)
    return found


def test_every_claim_has_a_verdict_that_has_words(each_study):
    evidence = weigh_claims(each_study)
    assert list(evidence.columns) == COLUMNS
    verdicts = bouwen.claim_verdicts(evidence)
    assert list(verdicts.index) == list(each_study.instrument.claims)
    assert set(verdicts) <= set(VERDICTS)
    assert set(evidence["size"]) <= {"", *SIZE_WORDS}
    of_size = [
        name for name, claim in each_study.instrument.claims.items()
        if any(getattr(e, "size", None) for e in claim.evidence)
    ]  # fmt: skip
    assert [name for name, size in claim_sizes(evidence).items() if size] == of_size


@pytest.mark.parametrize("few", [50, 500])
def test_every_pair_of_a_comparison_is_a_piece_of_evidence(providers, few, monkeypatch):
    monkeypatch.setattr(models, "FEW_CLUSTERS", few)
    weighed = weigh_claims(providers)
    pairs = weighed.query("claim == 'integrity_and_reliability'")
    assert len(pairs) == 4
    (said,) = providers.instrument.claims["integrity_and_reliability"].evidence
    found = compare_latent_correlations(providers, said.outcome, said.constructs, said.than)
    assert list(zip(found["first"], found["second"], strict=True)) == [
        (first, second) for first in said.constructs for second in said.than
    ]
    assert_allclose(pairs["estimate"], found["difference"])
    assert_allclose(pairs["ci_upper"] - pairs["estimate"], stats.t(found["df"]).ppf(0.975) * found["se"])
    assert set(found["df"]) == {providers.clusters.nunique() - 1 if few == 500 else np.inf}


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_the_level_of_the_study_is_the_level_of_intervals_and_of_tests(providers, confidence):
    providers = independent(providers)
    found, weighed = weigh_claims(with_settings(providers, confidence=confidence)), weigh_claims(providers)
    scores = bouwen.score_scales(providers)
    size = providers.responses["provider_size"]
    row = found.query("kind == 'difference'").iloc[0]
    welch = stats.ttest_ind(
        scores.loc[size == "large", "equality"].dropna(),
        scores.loc[size == "small", "equality"].dropna(),
        equal_var=False,
    )
    assert_allclose([row["ci_lower"], row["ci_upper"]], welch.confidence_interval(confidence))
    row = found.query("kind == 'level'").iloc[0]
    values = scores["distrust"].dropna()
    expected = stats.t.interval(confidence, len(values) - 1, values.mean(), stats.sem(values))
    assert_allclose([row["ci_lower"], row["ci_upper"]], expected)
    assert_allclose(found[["pvalue", "padjusted"]], weighed[["pvalue", "padjusted"]])
    decided = found["padjusted"] <= (1 - confidence) / 2
    assert (decided == found["verdict"].isin(["supported", "contradicted"])).all()


def test_fits_that_are_given_are_the_ones_that_are_weighed(providers):
    given = fits(providers)
    found = weigh_claims(providers, given).query("kind == 'path'")
    claims = providers.instrument.claims.values()
    paths = [e for c in claims for e in c.evidence if isinstance(e, PathEvidence)]
    assert len(found) == len(paths)
    for (_, row), evidence in zip(found.iterrows(), paths, strict=True):
        solution = given[evidence.model].standardized().set_index(["lhs", "op", "rhs"])
        assert_allclose(row["estimate"], solution.loc[(evidence.outcome, "~", evidence.predictor), "est_std"])


def test_what_is_weighed_is_said_in_the_language_of_the_book(providers):
    dutch = bouwen.read_study(providers.path, language="nl")
    for study, mean, minus, correlation in (
        (providers, "(mean)", " minus ", "correlation with "),
        (dutch, "(gemiddelde)", " min ", "correlatie met "),
    ):
        kinds = weigh_claims(study, fits(providers)).groupby("kind")["what"].first()
        assert kinds["level"].endswith(mean)
        assert minus in kinds["difference"]
        assert kinds["stronger"].startswith(correlation)
        assert minus in kinds["stronger"]


def test_levels_and_differences_of_nested_respondents_have_errors_of_clusters(providers, weighed):
    scores, clusters = bouwen.score_scales(providers), providers.clusters
    row = weighed[weighed["what"].str.startswith(providers.label("autonomy") + " (")].iloc[0]
    expected = mean_estimate(scores["autonomy"], clusters).interval(0.95)
    assert_allclose([row["ci_lower"], row["ci_upper"]], expected)
    row, size = weighed.query("kind == 'difference'").iloc[0], providers.responses["provider_size"]
    expected = difference_estimate(scores["equality"], size, "large", "small", clusters).interval(0.95)
    assert_allclose([row["ci_lower"], row["ci_upper"]], expected)
    structure = bouwen.fit_structure(providers).standardized(0.95).set_index(["lhs", "op", "rhs"])
    key = ("relationship_satisfaction", "~", "trust")
    row = weighed[
        (weighed["kind"] == "path") & np.isclose(weighed["estimate"], structure.loc[key, "est_std"])
    ]
    assert_allclose(
        row[["ci_lower", "ci_upper"]].iloc[0], structure.loc[key, ["ci_lower", "ci_upper"]].astype(float)
    )
    scored = weighed["kind"].isin(["level", "difference", "stronger", "path"])
    strangers = weigh_claims(independent(providers)).loc[scored, "ci_lower"]
    assert (weighed.loc[scored, "ci_lower"] != strangers).all()


def test_what_was_not_asked_is_said_so(municipalities):
    evidence = weigh_claims(municipalities)
    assert (evidence.loc[evidence["kind"] == "difference", "verdict"] == "not asked here").all()


def test_the_only_item_of_a_construct_stands_for_it(reputation):
    assert variable_label(reputation, "cusa") == "Satisfaction"
    assert variable_label(reputation, "comp_1") == "comp_1"


def test_advice_is_that_of_the_side_that_answers_and_follows_from_its_findings(each_study):
    evidence = weigh_claims(each_study)
    found = bouwen.recommendation_verdicts(each_study, evidence).set_index("recommendation")
    verdicts, side = bouwen.claim_verdicts(evidence), each_study.perspective
    asked = {n: a for n, a in each_study.instrument.recommendations.items() if side in a.what}
    assert list(found.index) == list(asked)
    assert set(found["verdict"]) <= set(STANDINGS)
    for name, advice in asked.items():
        assert found.loc[name, "what"] == advice.what[side][each_study.language]
        assert found.loc[name, "rests_on"] == advice.rests_on
        base = [verdicts[claim] for claim in advice.rests_on]
        against = any(verdict.startswith("contradicted") for verdict in base)
        assert (found.loc[name, "verdict"] == "withdrawn") == against
        assert (found.loc[name, "verdict"] == "without a base") == (not base)
        assert (found.loc[name, "verdict"] == "stands") == (bool(base) and set(base) == {"supported"})


def test_each_side_has_advice_of_its_own(providers, municipalities):
    both = [
        {name for name, advice in s.instrument.recommendations.items() if s.perspective in advice.what}
        for s in (providers, municipalities)
    ]
    assert both[0] - both[1]
    assert both[1] - both[0]
