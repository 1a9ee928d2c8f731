"""How often comparisons of groups err, and what they find: five-point answers, a tenth missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bouwen.groups.climbing import FAILS, Grouping, items_tested
from bouwen.groups.comparing import MEAN, PATH, SCORE, construct_rows, effect_rows, judged_by_kind
from bouwen.groups.composites import Equations, Variable

NAMES = ("a", "b", "c", "between", "outcome", "other")
PATHS = {3: (0, 1, 2), 4: (3,)}
REPS = 150
NOTHING, LARGE_SHIFT = "i nothing differs", "an intercept + .7"
CUTS = [-1.5, -0.5, 0.5, 1.5]
SIZES = {"40/70/91": (40, 70, 91), "30/30/30": (30, 30, 30)}
CONDITIONS = {
    NOTHING: {},
    "ii loadings .6/.8/.88": {"loadings": (0.6, 0.8, 0.88)},
    "iii an intercept + .5": {"shift": 0.5},
    "iv as large as the smallest": {"apart": 0.3, "steeper": 0.2},
    "v factor means differ": {"means": (-0.6, 0.0, 0.6)},
    LARGE_SHIFT: {"shift": 0.7},
    "a mean + .8": {"apart": 0.8},
}


def world(rng, sizes, *, loadings=(0.75,) * 3, shift=0.0, apart=0.0, steeper=0.0, means=(0.0,) * 3):
    """Answers to six constructs of four items, and levels of respondents; the first one is special."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    n, first = len(group), group == 0
    eta = np.empty((n, 6))
    eta[:, :3] = rng.normal(size=(n, 3)) @ np.linalg.cholesky(0.7 * np.eye(3) + 0.3).T
    eta[:, 3] = eta[:, :3] @ [0.3, 0.2, 0.2] + np.sqrt(0.65) * rng.normal(size=n)
    eta[first, 3] += steeper * eta[first, 0]
    eta[:, 4] = 0.6 * eta[:, 3] + 0.8 * rng.normal(size=n)
    eta[:, 5] = rng.normal(size=n)
    eta += np.array(means)[group][:, None]
    eta[first, 5] += apart
    loading = np.array(loadings)[group][:, None]
    out = {}
    for k, name in enumerate(NAMES):
        y = loading * eta[:, [k]] + rng.normal(size=(n, 4)) * np.sqrt(1 - loading**2)
        if name == "other":
            y[first, 0] += shift
        y = np.digitize(y, CUTS) + 1.0
        y[rng.random(y.shape) < 0.1] = np.nan
        out[name] = y
    return out, group


def compared(answers, group, seed, *, smallest=0.3, draws=(400, 999)):
    """Verdicts on means, scores and paths of one sample, and what became of the items."""
    grouping = Grouping(("one", "two", "three"), group)
    tested = items_tested(answers, {"g": grouping}, draws=draws[0], seed=seed, alpha=0.05)
    rows = []
    for name, own in answers.items():
        means = pd.Series(np.nanmean(np.c_[own, np.where(np.isnan(own).all(1), 3.0, np.nan)], axis=1))
        rows += [row | {"what": name} for row in construct_rows(tested["g", name], means, grouping, smallest)]
    if draws[1]:
        failed = any(tested["g", name].metric == FAILS for name in NAMES[:5])
        parts = [
            Variable.measured(answers[x], tested["g", x].factor, tested["g", x].anchors) for x in NAMES[:5]
        ]
        found = effect_rows(
            parts, Equations(NAMES[:5], PATHS), grouping, draws[1], np.random.default_rng(seed)
        )
        rows += [row | {"smallest": 0.2, "comparable": not failed} for row in found]
    return judged_by_kind(pd.DataFrame(rows), 0.95), {name: tested["g", name] for name in answers}


def summary(condition, sizes, reps):
    """Shares of runs, by what is asked of them."""
    rows = []
    for rep in range(reps):
        answers, group = world(np.random.default_rng([rep, 7]), sizes, **CONDITIONS[condition])
        found, tested = compared(answers, group, rep)
        special = (found["level"] == "one") & found["what"].isin(["other", "a -> between"])
        differ = found["verdict"].isin(["different", "different but trivial"])
        alike = found["verdict"].isin(["equivalent", "different but trivial"])
        kinds = {
            "means": found["kind"] == MEAN,
            "scores": found["kind"] == SCORE,
            "paths": found["kind"] == PATH,
        }
        own = {f"different {k}": differ[mask].any() for k, mask in kinds.items()}
        own |= {f"equivalent {k}": alike[mask & special].any() for k, mask in kinds.items()}
        naive = found["pvalue"] < 0.05
        own["different scores, without rules"] = naive[kinds["scores"]].any()
        own["different paths, without rules"] = naive[kinds["paths"]].any()
        own["cannot tell"] = (found["verdict"] == "cannot tell").mean()
        own["any item deviates"] = any(one.found for one in tested.values())
        own["the item, own step"] = tested["other"].own[1] <= 0.05
        own["the item, page"] = 0 in tested["other"].found
        pair = (found["what"] == "other") & (found["level"] == "one") & (found["other"] == "three")
        own["the mean of one against three"] = differ[pair & kinds["means"]].any()
        rows.append(own)
    return pd.DataFrame(rows).astype(float).mean()


@pytest.mark.long
@pytest.mark.parametrize("sizes", SIZES)
def test_false_alarms_and_finds(sizes, runs, record):
    reps = runs(REPS, dear=True)
    asked = list(CONDITIONS) if reps == REPS else [NOTHING, LARGE_SHIFT]  # a share of the runs does two
    table = pd.DataFrame({name: summary(name, SIZES[sizes], reps) for name in asked}).rename_axis(f"n={reps}")
    record(f"comparing-{sizes.replace('/', '-')}", table)
    most, error = 0.05 + 2 * np.sqrt(0.05 * 0.95 / reps), 2 * np.sqrt(0.8 * 0.2 / reps)

    def rates(condition, *kinds):
        return table.loc[list(kinds), condition].to_numpy() if condition in table else np.zeros(0)

    means, paths = "different means", "different paths"
    assert (rates(NOTHING, means, "different scores", paths, "any item deviates") <= most).all()
    assert (rates("ii loadings .6/.8/.88", means, paths) <= most).all()
    assert (rates("iii an intercept + .5", means) <= most).all()
    assert (rates("iv as large as the smallest", "equivalent means", "equivalent paths") <= most).all()
    assert (rates("v factor means differ", "any item deviates", paths) <= most).all()
    found, without = rates(NOTHING, "different scores", "different scores, without rules")
    assert without >= 3 * found
    if sizes == "40/70/91":
        assert (rates(LARGE_SHIFT, "the item, own step") >= 0.8 - error).all()
        assert (rates(LARGE_SHIFT, "the item, page") >= 0.6 - error).all()
        assert (rates("a mean + .8", "the mean of one against three") >= 0.8 - error).all()


@pytest.mark.long
def test_equal_means_of_larger_groups_are_found_equivalent(runs, record):
    reps, shares = runs(200, dear=True), []
    for rep in range(reps):
        answers, group = world(np.random.default_rng([rep, 8]), (100, 100, 100))
        found, _ = compared(answers, group, rep, smallest=0.5, draws=(99, 0))
        means = found[found["kind"] == MEAN]
        pairs = means[means["other"] != "rest"]
        half = means["ci_upper"] - means["estimate"]
        own = {"equivalent": (pairs["verdict"] == "equivalent").mean(), "half width": half.mean()}
        plain = pairs["estimate"].abs() + 1.645 * pairs["se"] < 0.5
        shares.append(own | {"equivalent, each by itself": plain.mean()})
    table = pd.DataFrame(shares).mean().rename("share").to_frame().rename_axis(f"n={reps}")
    record("comparing-100-100-100", table)
    assert table.loc["equivalent, each by itself", "share"] >= 0.8 - 2 * np.sqrt(0.16 / reps)
