"""The rules by themselves: estimates made by hand, p-values, corrections, verdicts and sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bouwen.claims.recommendations import standing
from bouwen.claims.verdicts import (
    SIZE_WORDS,
    VERDICTS,
    claim_sizes,
    claim_verdicts,
    holm,
    interval_alone,
    judge_evidence,
    upper_tail,
)


def evidence(z, claims=None, **given):
    """Pieces with these z-values on the side of their claims, each its own claim where none are named."""
    k = len(z)
    frame = pd.DataFrame(
        {
            "claim": claims or [f"c{i}" for i in range(k)],
            "asked": True, "estimate": np.asarray(z, dtype=float), "se": 1.0, "df": np.inf, "reference": 0.0,
            "side": 1, "speaks_of_size": False, "smallest": np.nan, "beyond": np.nan, "beyond_se": np.nan,
        }
    )  # fmt: skip
    return frame.assign(**given)


def verdicts(z, claims=None, **given):
    return list(judge_evidence(evidence(z, claims, **given), 0.95)["verdict"])


@pytest.mark.parametrize("seed", range(5))
def test_holm_is_that_of_statsmodels(seed):
    p = np.random.default_rng(seed).random(7) ** 3
    assert_allclose(holm(p), multipletests(p, method="holm")[1])
    assert_allclose(holm(np.repeat(p, 2)), multipletests(np.repeat(p, 2), method="holm")[1])


def test_a_tail_is_that_of_t_or_of_the_normal():
    distance, se, df = np.array([1.0, -2.0, 0.3]), np.array([0.5, 1.0, 2.0]), np.array([7.0, np.inf, 30.5])
    expected = [stats.t.sf(2, 7), stats.norm.sf(-2), stats.t.sf(0.15, 30.5)]
    assert_allclose(upper_tail(distance, se, df), expected)
    assert_allclose(upper_tail(-distance, se, df), 1 - np.array(expected))
    assert_allclose(upper_tail(np.array([1.0, 0.0, np.nan]), np.zeros(3), np.full(3, 9.0)), [0, 1, 1])


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_one_piece_alone_is_decided_by_its_interval(confidence):
    edge = stats.norm.isf((1 - confidence) / 2)
    for z, verdict in ((edge + 1e-6, "supported"), (edge - 1e-6, "cannot tell"), (0, "cannot tell"),
                       (-edge + 1e-6, "cannot tell"), (-edge - 1e-6, "contradicted")):  # fmt: skip
        for reference in (0.0, 3.0):
            for side in (1, -1):
                one = evidence([reference + side * z], reference=reference, side=side)
                row = judge_evidence(one, confidence).iloc[0]
                assert row["verdict"] == verdict
                assert_allclose(row["pvalue"], stats.norm.sf(abs(z)))
                assert_allclose(row["padjusted"], row["pvalue"])
                assert (row["ci_lower"] <= reference <= row["ci_upper"]) == (verdict == "cannot tell")


def test_a_claim_of_several_parts_is_as_sure_as_its_weakest():
    """2.3 suffices for a single claim, not for one of four parts: Holm over parts asks 2.5 of the first."""
    assert verdicts([2.3, 2.3], ["a", "a"]) == ["supported", "supported"]  # one claim: no correction
    assert verdicts([2.3, 2.3], ["a", "b"]) == ["supported", "supported"]  # .0107 twice is below .025
    assert verdicts([2.1, 2.1], ["a", "b"]) == ["cannot tell", "cannot tell"]  # .0179 twice is not
    assert verdicts([2.1, 2.1], ["a", "a"]) == ["supported", "supported"]
    assert verdicts([5, 1.5], ["a", "a"]) == ["supported", "cannot tell"]
    assert verdicts([2.1, 1.5], ["a", "a"]) == ["cannot tell", "cannot tell"]


def test_p_values_of_parts_and_of_claims_are_corrected_apart():
    z, claims = [3.1, 2.4, 2.2, 0.5, -2.7], ["a", "a", "b", "b", "c"]
    found = judge_evidence(evidence(z, claims), 0.95)
    p = stats.norm.sf(z)
    parts, whole = holm(p), holm(np.array([p[1], p[3], p[4]]))
    expected = np.minimum(parts, whole[[0, 0, 1, 1, 2]])
    assert_allclose(found["padjusted"][:4], expected[:4])
    mirrored = np.minimum(holm(1 - p), holm(1 - np.array([p[0], p[2], p[4]]))[[0, 0, 1, 1, 2]])
    assert_allclose(found["padjusted"][4], mirrored[4])
    assert list(found["verdict"]) == ["supported", "supported", "cannot tell", "cannot tell", "contradicted"]


def test_the_mirror_image_of_evidence_gets_the_mirror_image_of_its_verdicts():
    turned = {"supported": "contradicted", "contradicted": "supported", "cannot tell": "cannot tell"}
    rng = np.random.default_rng(3)
    for _ in range(50):
        z, claims = 2 * rng.normal(size=9), list(rng.choice(list("abcd"), 9))
        assert [turned[v] for v in verdicts(z, claims)] == verdicts(-z, claims)


def test_what_was_not_asked_is_not_tested_and_what_could_not_be_estimated_supports_nothing():
    asked = [True, False]
    assert verdicts([2.0, 9.0], ["a", "b"], asked=asked) == ["supported", "not asked here"]
    assert verdicts([2.0, 9.0], ["a", "a"], asked=asked) == ["supported", "not asked here"]
    assert verdicts([2.0, np.nan], ["a", "a"]) == ["cannot tell", "cannot tell"]
    assert verdicts([9.0, np.nan], ["a", "a"]) == ["supported", "cannot tell"]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "cannot tell"], "supported in part"),
        (["supported", "contradicted"], "contradicted in part"),
        (["contradicted", "contradicted"], "contradicted"),
        (["contradicted", "cannot tell"], "contradicted in part"),
        (["contradicted", "not asked here"], "contradicted"),
        (["cannot tell", "cannot tell"], "cannot tell"),
        (["cannot tell", "not asked here"], "cannot tell"),
        (["supported", "not asked here"], "supported as far as asked"),
        (["supported", "cannot tell", "not asked here"], "supported in part"),
        (["not asked here", "not asked here"], "not asked here"),
    ],
)
def test_verdict_of_a_claim(found, verdict):
    for order in (found, found[::-1]):
        told = claim_verdicts(pd.DataFrame({"claim": "c", "verdict": order}))
        assert told.to_dict() == {"c": verdict}
    assert verdict in VERDICTS


@pytest.mark.parametrize(
    ("z", "beyond", "size"),
    [(9, 2.0, "large enough"), (9, 1.9, "size open"), (9, -1.9, "size open"), (9, -2.0, "small"),
     (1, -2.0, "small"), (1, 2.0, "size open"), (-9, -9, "small"), (9, np.nan, "size open")],
)  # fmt: skip
def test_a_size_is_large_enough_small_or_open(z, beyond, size):
    one = evidence([z], speaks_of_size=True, beyond=float(beyond), beyond_se=1.0)
    assert judge_evidence(one, 0.95)["size"].item() == size
    assert size in SIZE_WORDS
    assert judge_evidence(one.assign(speaks_of_size=False), 0.95)["size"].item() == ""


def test_sizes_are_corrected_for_how_many_there_are():
    two = evidence([9, 9], speaks_of_size=True, beyond=2.1, beyond_se=1.0)
    assert list(judge_evidence(two, 0.95)["size"]) == ["size open"] * 2
    assert list(judge_evidence(two.assign(speaks_of_size=[True, False]), 0.95)["size"]) == [
        "large enough",
        "",
    ]


@pytest.mark.parametrize(
    ("sizes", "size"),
    [(["large enough", ""], "large enough"), (["large enough", "size open"], "size open"),
     (["small", "size open"], "small"), (["", ""], "")],
)  # fmt: skip
def test_the_smallest_size_is_that_of_the_claim(sizes, size):
    assert claim_sizes(pd.DataFrame({"claim": "c", "size": sizes}))["c"] == size


def test_an_interval_that_alone_would_tell_is_marked():
    found = judge_evidence(evidence([2.1, 2.0, 0.1, -2.1]), 0.95)
    assert list(interval_alone(found)) == [True, True, False, True]
    assert set(found["verdict"]) == {"cannot tell"}
    assert not interval_alone(judge_evidence(evidence([9, 9]), 0.95)).any()


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        (["supported", "supported as far as asked"], "stands"),
        (["supported", "not asked here"], "weakened"),
        (["supported", "supported in part"], "weakened"),
        (["cannot tell"], "weakened"),
        (["supported", "contradicted"], "withdrawn"),
        (["supported", "contradicted in part"], "withdrawn"),
        (["not asked here"], "without a base"),
        ([], "without a base"),
    ],
)
def test_advice_follows_from_its_base(base, verdict):
    assert standing(base) == verdict
    assert standing(base[::-1]) == verdict
