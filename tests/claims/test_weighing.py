"""Findings are weighed by their intervals."""

import pandas as pd
import pytest
from nested import independent
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.claims.weighing import VERDICTS, claim_verdicts, judged, variable_label, weigh_claims
from bouwen.scales import difference_estimate, mean_estimate


@pytest.mark.parametrize(
    ("lower", "upper", "above", "verdict"),
    [
        (0.1, 0.5, True, "supported"),
        (0.1, 0.5, False, "contradicted"),
        (-0.5, -0.1, True, "contradicted"),
        (-0.5, -0.1, False, "supported"),
        (-0.1, 0.5, True, "undecided"),
        (0.0, 0.5, True, "undecided"),
    ],
)
def test_verdict_follows_the_interval(lower, upper, above, verdict):
    assert judged("", (lower + upper) / 2, lower, upper, 0.0, above=above)["verdict"] == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "undecided"], "partly"),
        (["supported", "contradicted"], "partly"),
        (["contradicted", "contradicted"], "contradicted"),
        (["contradicted", "undecided"], "undecided"),
        (["supported", "not asked"], "supported"),
        (["not asked"], "not asked"),
        (["advice"], "advice"),
    ],
)
def test_verdict_of_a_claim(found, verdict):
    evidence = pd.DataFrame({"claim": "c", "verdict": found})
    assert claim_verdicts(evidence).to_dict() == {"c": verdict}


def test_every_claim_has_a_verdict_that_has_words(each_study):
    verdicts = claim_verdicts(weigh_claims(each_study))
    assert list(verdicts.index) == list(each_study.instrument.claims)
    assert set(verdicts) <= set(VERDICTS)


def test_level_evidence_is_a_t_interval(providers):
    evidence = weigh_claims(independent(providers))
    row = evidence[evidence["what"].str.startswith(providers.label("autonomy") + " (")].iloc[0]
    scores = bouwen.score_scales(providers)["autonomy"].dropna()
    lower, upper = stats.t.interval(0.95, len(scores) - 1, scores.mean(), stats.sem(scores))
    assert_allclose([row["estimate"], row["ci_lower"], row["ci_upper"]], [scores.mean(), lower, upper])
    assert row["reference"] == 3


def test_path_evidence_is_the_standardised_path(providers):
    fit = bouwen.fit_model(providers, "structural")
    solution = fit.standardized().set_index(["lhs", "op", "rhs"])["est_std"]
    row = weigh_claims(providers, {"structural": fit}).query("claim == 'trust_and_satisfaction'").iloc[0]
    assert_allclose(row["estimate"], solution[("relationship_satisfaction", "~", "trust")])


def test_difference_evidence_is_welchs_interval(providers):
    row = weigh_claims(independent(providers)).query("kind == 'difference'").iloc[0]
    scores = bouwen.score_scales(providers)["equality"]
    size = providers.responses["provider_size"]
    welch = stats.ttest_ind(
        scores[size == "large"].dropna(), scores[size == "small"].dropna(), equal_var=False
    )
    assert_allclose([row["ci_lower"], row["ci_upper"]], welch.confidence_interval(0.95))


def test_levels_and_differences_of_nested_respondents_have_errors_of_clusters(providers):
    found = weigh_claims(providers)
    scores, clusters = bouwen.score_scales(providers), providers.clusters
    row = found[found["what"].str.startswith(providers.label("autonomy") + " (")].iloc[0]
    expected = mean_estimate(scores["autonomy"], clusters).interval(0.95)
    assert_allclose([row["ci_lower"], row["ci_upper"]], expected)
    row, size = found.query("kind == 'difference'").iloc[0], providers.responses["provider_size"]
    expected = difference_estimate(scores["equality"], size, "large", "small", clusters).interval(0.95)
    assert_allclose([row["ci_lower"], row["ci_upper"]], expected)
    scored = found["kind"].isin(["level", "difference", "stronger"])
    assert (
        found.loc[scored, "ci_lower"] != weigh_claims(independent(providers)).loc[scored, "ci_lower"]
    ).all()


def test_what_was_not_asked_is_said_so(municipalities):
    evidence = weigh_claims(municipalities)
    assert (evidence.loc[evidence["kind"] == "difference", "verdict"] == "not asked").all()


def test_the_only_item_of_a_construct_stands_for_it(reputation):
    assert variable_label(reputation, "cusa") == "Satisfaction"
    assert variable_label(reputation, "comp_1") == "comp_1"


def test_advice_names_the_findings_that_it_rests_on_by_their_place(providers):
    evidence = weigh_claims(providers).set_index("claim")
    claims = providers.instrument.claims
    advice = [name for name, claim in claims.items() if claim.rests_on]
    assert advice
    for name in advice:
        places = [str(1 + list(claims).index(other)) for other in claims[name].rests_on]
        assert evidence.loc[name, "what"] == ", ".join(places[:-1]) + f" and {places[-1]}"
        assert evidence.loc[name, "verdict"] == "advice"
