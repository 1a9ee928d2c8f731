"""Every option that is a choice of words refuses others, and names those that it knows."""

from __future__ import annotations

import inspect
from functools import cache

import pytest

import bouwen
from bouwen import scales, sem
from bouwen.checks import UnknownOption

STUDY = "data/reputation/study.yml"


@cache
def study():
    return bouwen.read_study(STUDY)


@cache
def items():
    return bouwen.key_items(study())[["comp_1", "comp_2", "comp_3", "like_1", "like_2", "like_3"]].dropna()


@cache
def fit():
    return bouwen.fit_sem("f =~ comp_1 + comp_2 + comp_3", items())


def blocks():
    return {"comp": items().iloc[:, :3], "like": items().iloc[:, 3:]}


# What each function with such options is called with; a new one stands here or the walk names it.
CALLS = {
    "alpha": lambda **o: scales.alpha(items(), draws=20, **o),
    "bartlett": lambda **o: scales.bartlett(items(), **o),
    "bootstrap": lambda **o: bouwen.bootstrap(fit(), 2, n_jobs=1, **o),
    "compare_structures": lambda **o: bouwen.compare_structures(study(), **o),
    "count_factors": lambda **o: bouwen.count_factors(items(), seed=1, draws=20, **o),
    "check_invariance": lambda **o: bouwen.check_invariance(
        "f =~ comp_1 + comp_2 + comp_3", items().assign(g=["a", "b"] * (len(items()) // 2)), "g", **o
    ),
    "empirical_kaiser": lambda **o: scales.empirical_kaiser(items(), **o),
    "fit_efa": lambda **o: scales.fit_efa(items(), 2, **o),
    "fit_model": lambda **o: bouwen.fit_model(study(), "measurement", **o),
    "fit_sam": lambda **o: sem.fit_sam("f =~ comp_1 + comp_2 + comp_3\nlike_1 ~ f", items(), **o),
    "fit_sem": lambda **o: bouwen.fit_sem("f =~ comp_1 + comp_2 + comp_3", items(), **o),
    "htmt": lambda **o: bouwen.htmt(blocks(), **o),
    "fit_structure": lambda **o: bouwen.fit_structure(study(), **o),
    "decompose_effects": lambda **o: bouwen.decompose_effects(fit(), **o),
    "indirect_effects": lambda **o: bouwen.indirect_effects(fit(), **o),
    "kmo": lambda **o: scales.kmo(items(), **o),
    "loading_stability": lambda **o: bouwen.loading_stability(items(), 2, seed=1, draws=2, **o),
    "map_test": lambda **o: scales.map_test(items(), **o),
    "model_power": lambda **o: bouwen.model_power(
        "f =~ 0.7*a + 0.6*b + 0.5*c + 0.5*d", "f =~ a + b + c + d", [80], 2, n_jobs=1, **o
    ),
    "parallel_analysis": lambda **o: scales.parallel_analysis(items(), seed=1, draws=20, **o),
    "scale_reliability": lambda **o: bouwen.scale_reliability(blocks(), draws=0, **o),
    "schmid_leiman": lambda **o: scales.schmid_leiman(items(), 2, **o),
    "score_scales": lambda **o: bouwen.score_scales(study(), **o),
    "weigh_claims": lambda **o: bouwen.weigh_claims(study(), **o),
}
# Words that stand for something that the caller names.
FREE = {"language", "model"}


def choices():
    """Every option of the public functions that takes one of several words."""
    for name in bouwen.__all__:
        found = getattr(bouwen, name)
        if not inspect.isfunction(found):
            continue
        for option in inspect.signature(found).parameters.values():
            worded = isinstance(option.default, str) or str(option.annotation).startswith("Literal")
            if option.kind is option.KEYWORD_ONLY and option.name not in FREE and worded:
                yield name, option.name


@pytest.mark.parametrize(("name", "option"), sorted(choices()))
def test_an_unknown_word_is_refused_with_the_list(name, option):
    for wrong in ("nonsense", "", None):
        with pytest.raises(UnknownOption, match=rf"^{option}=.* is not known; use one of: ") as caught:
            CALLS[name](**{option: wrong})
        assert len(caught.value.known) > 1


@pytest.mark.parametrize(
    ("asked", "name"), [("wlsmv", "WLSMV"), ("Mlr", "MLR"), ("DWLS", "DWLS"), ("gls", "GLS")]
)
def test_a_study_is_fitted_by_the_estimator_that_is_named(asked, name):
    found = bouwen.fit_model(study(), "measurement", estimator=asked)
    assert found.call.estimator.name == name
    assert bool(found.partable.ordered) == (name in ("WLSMV", "DWLS"))


def test_capitals_are_forgiven_in_every_room():
    upper, lower = (bouwen.fit_efa(items(), 2, method=word) for word in ("ML", "ml"))
    assert upper.method == lower.method == "ml"
    assert (upper.loadings == lower.loadings).all(axis=None)
    listwise = bouwen.htmt(blocks(), missing="Listwise")
    assert listwise.n == len(items())
    corrected = bouwen.scale_reliability(blocks(), draws=0, estimator="wlsmv")
    assert corrected.fits["comp"].call.estimator.name == "WLSMV"
