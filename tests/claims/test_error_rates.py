"""How often a page says what is not so, and how often it finds what is: simulated surveys of the providers.

Where nothing is true, any claim is supported, even in part, in at most 5 % of surveys, and contradicted
alike; at the boundary of a claim it is in at most 2.5 % a side. Two standard errors of the simulation are
allowed. So that *cannot tell* everywhere does not pass, what is true must be found often enough.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import surveys_of_claims as surveys
from numpy.testing import assert_allclose

import bouwen
from bouwen.claims import PAGE, RATES
from bouwen.claims.verdicts import judge_evidence
from bouwen.errors import BouwenError
from bouwen.scales import compare_latent_correlations

N = {"providers": 201, "municipalities": 150}
POWER = {
    "trust_and_satisfaction": 0.95, "money_and_rules": 0.95, "equality": 0.85,
    "commitment_and_stability": 0.65, "perceived_distrust": 0.50,
}  # fmt: skip
TRUE_IN_HALF = {  # wholly, of what the study asks
    "providers": ["trust_and_satisfaction"],
    "municipalities": ["trust_and_satisfaction", "equality"],
}
OF_SIZE = ("trust_and_satisfaction", "perceived_distrust")


def at_most(rate, runs):
    """A rate with the two standard errors that so many runs leave."""
    return rate + 2 * np.sqrt(rate * (1 - rate) / runs)


def partly(verdict):
    """Whether some part of a claim has a verdict."""
    return lambda parts: (parts == verdict).any()


def wholly(verdict):
    """Whether every part of a claim has a verdict."""
    return lambda parts: (parts == verdict).all()


def any_claim(pages, runs, verdict):
    """The share of surveys in which any claim has a verdict, at least in part."""
    return pages.groupby("run")["verdict"].agg(partly(verdict)).sum() / runs


def rates_of(name, many, few):
    """The table of error rates of a study, and what its surveys forecast of the next (`claim_power`)."""
    n = N[name]
    nothing, half = (
        surveys.told(surveys.measured(population(name), many, n))
        for population in (surveys.nothing, surveys.half)
    )
    smallest = surveys.told(surveys.measured(surveys.at_the_smallest(name), many, n, OF_SIZE))
    twins = surveys.measured(surveys.twin(name), few, n)
    claims, truth = list(surveys.study_named(name).instrument.claims), surveys.what_holds(twins)
    rates = pd.DataFrame({"n": n, "runs": many, "power_runs": few}, index=[PAGE, *claims])
    rates["nothing_supported"] = surveys.share_of(nothing, many, partly("supported"))
    half = half[~half["claim"].isin(TRUE_IN_HALF[name])]
    for side, says in (("supported", wholly), ("contradicted", partly)):
        shares = [surveys.share_of(nothing, many, partly(side)), surveys.share_of(half, many, says(side))]
        rates[f"boundary_{side}"] = pd.DataFrame(shares).max()
    wrong = [surveys.share_of(smallest, many, partly(size), "size") for size in ("large enough", "small")]
    rates["smallest_wrong"] = pd.DataFrame(wrong).max().loc[list(OF_SIZE)]
    rates["expected"] = truth
    rates["power"] = surveys.settled(surveys.told(twins), few, truth)
    rates["needed"] = surveys.answers_needed([page for page in twins if page is not None], n)
    for name in ("nothing_supported", "boundary_supported"):
        rates.loc[PAGE, name] = any_claim(nothing, many, "supported")
    rates.loc[PAGE, "boundary_contradicted"] = any_claim(nothing, many, "contradicted")
    return rates.rename_axis("claim")[list(RATES[1:])], surveys.forecasts(twins[:50], n)


@pytest.mark.long
@pytest.mark.parametrize("name", N)
def test_verdicts_err_as_rarely_as_they_promise_and_find_what_is_there(name, runs, record):
    few, many = runs(200, dear=True), runs(1000 if name == "providers" else 500, dear=True)
    rates, forecasts = rates_of(name, many, few)
    record("error-rates", rates, beside=f"data/{name}")

    assert rates.loc[PAGE, "nothing_supported"] <= at_most(0.05, many)
    assert rates.loc[PAGE, "boundary_contradicted"] <= at_most(0.05, many)
    own = rates.drop(index=PAGE)
    for error in ("boundary_supported", "boundary_contradicted", "smallest_wrong"):
        assert (own[error].fillna(0) <= at_most(0.025, many)).all(), own[error]
    short = 2 * np.sqrt(0.25 / few) if few < 200 else 0  # a check by fewer runs is that much coarser
    for claim, least in POWER.items() if name == "providers" else ():
        assert own.loc[claim, "power"] >= least - short, claim
        assert own.loc[claim, "expected"] == "supported"
    assert (own.loc[own["power"] > 0.85 + short, "needed"] <= N[name]).all()
    assert not (own.loc[own["power"] < 0.75 - short, "needed"] <= N[name]).any()
    assert (abs(forecasts - own["power"]) <= 0.3 + short).all()  # one survey's, on average over surveys


@pytest.mark.long
@pytest.mark.parametrize(("well", "badly"), [(0.80, 0.80), (0.85, 0.75), (0.90, 0.70)])
def test_facets_that_are_related_alike_are_not_called_different_for_how_they_are_measured(
    well, badly, runs, record
):
    """The comparison by itself, without what correction for the rest of a page would add."""
    many, population = runs(500, dear=True), surveys.facets_alike(well, badly)
    said = {"supported": 0, "contradicted": 0, "no solution": 0}
    for seed in range(1, many + 1):
        try:
            pairs = compare_latent_correlations(
                surveys.survey(population, N["providers"], seed), "relationship_satisfaction",
                surveys.FACETS[:2], surveys.FACETS[2:],
            )  # fmt: skip
        except BouwenError:
            said["no solution"] += 1
            continue
        pieces = pd.DataFrame(
            {"claim": "c", "asked": True, "estimate": pairs["difference"], "se": pairs["se"], "df": np.inf,
             "reference": 0.0, "side": 1, "speaks_of_size": False, "beyond": np.nan, "beyond_se": np.nan}
        )  # fmt: skip
        verdicts = judge_evidence(pieces, 0.95)["verdict"]
        for side in ("supported", "contradicted"):
            said[side] += wholly(side)(verdicts)
    shares = {name: count / many for name, count in said.items()}
    record(f"facets-related-alike-{well:.2f}-{badly:.2f}", pd.DataFrame([{"runs": many, **shares}]))
    assert shares["supported"] <= at_most(0.025, many)
    assert shares["contradicted"] <= at_most(0.025, many)
    assert shares["no solution"] < 0.02


def test_populations_are_what_their_names_say():
    """In expectation: means in the middle or at the smallest value, facets alike, no path where none is."""
    from bouwen.twin import implied

    nothing, half, smallest = surveys.nothing(), surveys.half(), surveys.at_the_smallest()
    assert_allclose(implied(nothing).table()["mean"], 3)
    latents = implied(nothing).latents
    outside = [n for n in nothing.instrument.constructs if n not in surveys.FACETS]
    assert_allclose(latents.loc[list(surveys.FACETS), "relationship_satisfaction"], 0, atol=1e-12)
    assert_allclose(latents.loc[list(surveys.FACETS), outside], 0, atol=1e-12)
    means = implied(half).table()["mean"]
    for name, side in (("equality", -1), ("stability", -1), ("budget", 1)):
        assert side * (means[name] - 3) > 0.2
    assert_allclose(means[["distrust", "autonomy", "commitment", "bureaucracy"]], 3)
    scales = implied(smallest).table().loc["distrust"]
    assert_allclose((scales["mean"] - 3) / scales["sd"], surveys.DISTANCE, atol=1e-3)
    index = [smallest.latents.index(n) for n in ("relationship_satisfaction", "trust")]
    assert smallest.covariance[index[0], index[1]] == pytest.approx(0.20)
    for well, badly in ((0.8, 0.8), (0.9, 0.7)):
        r = implied(surveys.facets_alike(well, badly)).latents
        assert_allclose(r.loc[list(surveys.FACETS), "relationship_satisfaction"], 0.75 * 0.88)


def test_how_many_answers_are_needed_follows_from_errors_that_shrink_with_their_root():
    """One test at 2.5 %: power .8 at 1.96 + .84 errors, so four times the answers at half of that."""
    z = np.random.default_rng(2).normal(size=4000)
    for expected, n in ((1.4008, 400), (2.8016, 100)):
        pages = [
            pd.DataFrame(
                {"claim": ["c"], "asked": True, "estimate": expected + e, "se": 1.0, "df": np.inf,
                 "reference": 0.0, "side": 1, "speaks_of_size": False, "beyond": np.nan, "beyond_se": np.nan}
            )
            for e in z[:100] - z[:100].mean()
        ]  # fmt: skip
        assert surveys.answers_needed(pages, 100)["c"] == pytest.approx(n, rel=0.15)
    never = [page.assign(estimate=e) for page, e in zip(pages, z[:100] - z[:100].mean(), strict=True)]
    assert np.isnan(surveys.answers_needed(never, 100)["c"])


def test_what_holds_is_what_all_parts_of_a_claim_say_on_average():
    page = pd.DataFrame(
        {"claim": ["a", "a", "b", "b", "c"], "asked": [True, True, True, True, False],
         "estimate": [3.4, 2.9, 3.4, 3.1, np.nan], "reference": 3.0, "side": [1, -1, 1, -1, 1]}
    )  # fmt: skip
    holds = surveys.what_holds([page, None, page.assign(estimate=page["estimate"] - 0.1)])
    assert dict(holds) == {"a": "supported", "b": "contradicted"}


def test_the_recorded_rates_are_those_of_the_claims_of_the_study(providers, municipalities, reputation):
    for study in (providers, municipalities):
        rates = bouwen.read_error_rates(study)
        assert list(rates["claim"]) == [PAGE, *study.instrument.claims]
        assert (rates["n"] == len(study.responses)).all()
        assert rates["expected"].isna().sum() == 1
    assert bouwen.read_error_rates(reputation) is None
