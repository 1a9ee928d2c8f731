"""Every cell of the tables in docs/choose.md that say what goes with what, tried out."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from minimal import lacking
from numpy.testing import assert_allclose

import bouwen
from bouwen.errors import BouwenError
from bouwen.path.choices import material, specifications
from bouwen.path.specification import result
from bouwen.report import texts
from bouwen.results import Result
from bouwen.sem import Moments, SamFit

PAGE = (Path(__file__).parents[2] / "docs" / "choose.md").read_text(encoding="utf-8")
PART = PAGE.split("## What goes with what")[1].split("\n## ")[0]
SENTENCES = dict(re.findall(r"^(\d+)\. `(.+)`$", PART, re.M))
MODEL = "f =~ x1 + x2 + x3 + x4\ng =~ y1 + y2 + y3 + y4\ng ~ f"
N, TEAMS = 160, 40


def cells_below(heading, table=0):
    """Every cell of a table of the page: its row, its column and what it says."""
    part = PART.split(f"### {heading}\n")[1].split("\n### ")[0]
    blocks = re.findall(r"(?:^\|.*\n)+", part, re.M)
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in blocks[table].splitlines()]
    head, rows = lines[0], lines[2:]
    assert all(len(row) == len(head) for row in rows)
    return [(row[0], name, said) for row in rows for name, said in zip(head[1:], row[1:], strict=True)]


@cache
def data_of(*, ordered=False, gaps=False):
    rng = np.random.default_rng(1)
    shared = np.repeat(rng.normal(size=(TEAMS, 1)), N // TEAMS, axis=0)
    f = rng.normal(size=(N, 1)) + 0.5 * shared
    g = 0.5 * f + rng.normal(size=(N, 1))
    x = np.repeat(np.hstack([f, g]), 4, axis=1) + 0.7 * rng.normal(size=(N, 8))
    if ordered:
        x = np.digitize(x, [-0.5, 0.6]).astype(float)
    found = pd.DataFrame(x, columns=["x1", "x2", "x3", "x4", "y1", "y2", "y3", "y4"])
    if gaps:
        found = found.mask(rng.random(found.shape) < 0.05)
    return found.assign(
        team=np.repeat(np.arange(TEAMS), N // TEAMS), w=rng.uniform(0.5, 2, N),
        sex=np.where(np.arange(N) % 8 < 4, "a", "b"),
    )  # fmt: skip


def numbers(found):
    """Every number of a result."""
    if hasattr(found, "parameters"):
        return found.parameters[["est", "se"]].to_numpy()
    if isinstance(found, Result):
        found = found.table()
    return found if isinstance(found, np.ndarray) else found.select_dtypes("number").to_numpy(dtype=float)


OPTIONS = {
    "missing": {"missing": "fiml"}, "gaps": {"missing": "fiml"}, "groups": {"group": "sex"},
    "clusters": {"cluster": "team"}, "weights": {"sampling_weights": "w"},
    '`missing="fiml"`': {"missing": "fiml"}, '`missing="pairwise"`': {"missing": "pairwise"},
    "`ordered=`": {"ordered": True}, "`group=`": {"group": "sex"}, "`cluster=`": {"cluster": "team"},
    "`sampling_weights=`": {"sampling_weights": "w"}, "only `Moments`": {},
}  # fmt: skip


def fitted(function, estimator, options, *, moments=False):
    """A fit of the tiny answers, ordered where the estimator or the options ask for it; each made once."""
    return made_once(function, estimator, tuple(sorted(options.items())), moments)


@cache
def made_once(function, estimator, named, moments):
    options = dict(named)
    ordered = estimator in ("WLSMV", "WLSM", "WLSMVS", "DWLS") or bool(options.get("ordered"))
    options = options | ({"ordered": True} if ordered else {})
    data = data_of(ordered=ordered, gaps="missing" in options)
    if moments:
        items = data.iloc[:, :8]
        data = Moments(items.cov(), n=len(items), names=tuple(items.columns))
    return getattr(bouwen, function)(MODEL, data, estimator=estimator, **options)


def agrees(said, attempt):
    """What a cell promises is what happens; gives the result, if there is one."""
    if number := re.fullmatch(r"no \((\d+)\)", said):
        with pytest.raises(BouwenError) as refused:
            attempt()
        assert SENTENCES[number[1]] in str(refused.value)
        return None
    return attempt()


def named(row):
    """The function and the estimators of a row such as "`fit_sem`, GLS, ULS"."""
    function, *estimators = row.split(", ")
    return [(function.strip("`"), estimator) for estimator in estimators]


@pytest.mark.parametrize(("row", "column", "said"), cells_below("Estimators"))
def test_what_an_estimator_takes(row, column, said):
    for function, estimator in named(row):
        moments = "Moments" in column
        fit = agrees(said, partial(fitted, function, estimator, OPTIONS[column], moments=moments))
        if fit is None:
            continue
        taken = fit.structural.call if isinstance(fit, SamFit) else fit.call
        other = re.fullmatch("as (.+)", said)
        assert other or said == "yes"
        if function == "fit_sem":
            assert taken.estimator.name == (other[1] if other else estimator)
        assert np.isfinite(fit.parameters["se"]).any()


@pytest.mark.parametrize(("row", "column", "said"), cells_below("Estimators", 1))
def test_options_that_go_together(row, column, said):
    assert said == "yes"
    for function in ("fit_sem", "fit_sam"):
        fit = fitted(function, "MLR", OPTIONS[row] | OPTIONS[column])
        assert np.isfinite(fit.parameters["se"]).any()


def test_all_options_go_together():
    every = {k: v for name in ("gaps", "groups", "clusters", "weights") for k, v in OPTIONS[name].items()}
    for function in ("fit_sem", "fit_sam"):
        assert np.isfinite(fitted(function, "MLR", every).parameters["se"]).any()


FITS = {
    "with gaps": ("fit_sem", "MLR", {"missing": "fiml"}), "of groups": ("fit_sem", "MLR", {"group": "sex"}),
    "with clusters": ("fit_sem", "MLR", {"cluster": "team"}),
    "with weights": ("fit_sem", "MLR", {"sampling_weights": "w"}),
    "of ordered items": ("fit_sem", "WLSMV", {}), "of two steps (`fit_sam`)": ("fit_sam", "MLR", {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def fits():
    """Each kind of fit, made once."""
    return {name: fitted(*how) for name, how in FITS.items()}


def drawn(fit, kind="nonparametric"):
    return bouwen.bootstrap(fit, 3, kind=kind).values()


def blocks_of(fit):
    return fit.blocks if isinstance(fit, SamFit) else [fit]


FOLLOWS = {
    "`bootstrap`": drawn,
    "… of kind `bollen_stine`": lambda fit: drawn(fit, "bollen_stine"),
    "… of kind `parametric`": lambda fit: drawn(fit, "parametric"),
    "… with `bca`": lambda fit: bouwen.bootstrap(fit, 3).intervals("bca")[["ci_lower"]],
    "`compare_fits`": lambda fit: bouwen.compare_fits(fit)[["chisq"]],
    "`modification_indices`": lambda fit: pd.concat([b.modification_indices() for b in blocks_of(fit)])[
        ["mi"]
    ],
    "`scores`": lambda fit: pd.concat([b.scores() for b in blocks_of(fit)]),
    "`indirect_effects`": lambda fit: bouwen.decompose_effects(fit, "g")[["est"]],
    "`omega`": lambda fit: bouwen.omega(fit),
}


@pytest.mark.parametrize(("row", "column", "said"), cells_below("What follows from a fit"))
def test_what_follows_from_a_fit(fits, row, column, said):
    found = agrees(said, lambda: FOLLOWS[column](fits[row]))
    if found is not None:
        assert said in ("yes", "without", "of blocks")
        assert np.isfinite(numbers(found)).any()


def test_draws_of_respondents_know_of_clusters_and_weights_and_others_do_not(fits):
    for row, options in (("with clusters", {"meanstructure": True}), ("with weights", {})):
        plain = fitted("fit_sem", "MLR", options)
        for kind in ("nonparametric", "bollen_stine"):
            assert not np.allclose(drawn(fits[row], kind), drawn(plain, kind), rtol=1e-3)
        if row == "with clusters":
            assert_allclose(drawn(fits[row], "parametric"), drawn(plain, "parametric"), atol=1e-4)


# ---------------------------------------------------------------------- studies


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Ninety respondents with gaps, who are nested in nothing and count alike."""
    return bouwen.read_study(lacking(tmp_path_factory.mktemp("study")))


def nested(study, number):
    team = np.array([f"t{k % number}" for k in range(len(study.responses))])
    file = study.file.model_copy(update={"cluster": "team"})
    return replace(study, responses=study.responses.assign(team=team), file=file)


def changed(study, column):
    """The study as a column of the table has it."""
    if column == "open answers":
        return replace(study, responses=study.responses.dropna(subset=list(study.items)))
    if column == "weights":
        w = np.random.default_rng(5).uniform(0.4, 2.5, len(study.responses))
        return replace(study, all_weights=pd.Series(w, study.responses.index))
    return nested(study, 30 if column == "20 clusters or more" else 12)


SOME = {"draws": 20}
STUDIES = {
    "`scale_statistics`": bouwen.scale_statistics,
    "`check_key`": lambda s: bouwen.check_key(against_the_key(s)),
    "`compare_treatments`": lambda s: bouwen.compare_treatments(s, seed=1, imputations=2, rounds=1),
    "`group_means`": lambda s: bouwen.groups.group_means(s, "branch"),
    "`outcome_correlations`": bouwen.outcome_correlations,
    "`scale_reliability`": lambda s: bouwen.scale_reliability(s, **SOME),
    "`htmt`": lambda s: bouwen.htmt(s, **SOME).table(),
    "`compare_structures`": lambda s: next(iter(bouwen.compare_structures(s, "factors").fits.values())),
    "`study_invariance`": lambda s: bouwen.groups.study_invariance(s, "branch"),
    "`specification_curve`": lambda s: first_specification(s),
    "`count_factors`": lambda s: bouwen.count_factors(bouwen.key_items(s), draws=20, seed=1),
}


def against_the_key(study):
    """The same answers with one item turned, which a right key would not have."""
    return replace(study, responses=study.responses.assign(t4=6 - study.responses["t4"]))


def first_specification(study):
    """One line of the curve, which others follow."""
    given = material(study)
    own = next(specifications(study, given))
    return pd.DataFrame([result(given, own, study.settings.confidence)])


def attempts(row):
    """What a row of the table names, each by itself."""
    if row in STUDIES:
        return {row: STUDIES[row]}
    ((name, _), *_), model = named(row), "structural" if "structure" in row else "factors"
    function = getattr(bouwen, name)
    return {f"{name} {e}": lambda s, e=e: function(s, model, estimator=e) for _, e in named(row)}


@pytest.fixture(scope="module")
def plain(study):
    """What each function gives of respondents who are nested in nothing and count alike, made once."""
    made = {}

    def of(name, function):
        if name not in made:
            made[name] = numbers(function(study))
        return made[name]

    return of


@pytest.mark.parametrize(("row", "column", "said"), cells_below("Studies"))
def test_what_a_study_is_and_what_becomes_of_it(study, plain, row, column, said):
    assert said in ("yes", "without", "complete respondents")
    for name, function in attempts(row).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, without = numbers(function(changed(study, column))), plain(name, function)
        same = found.shape == without.shape and np.allclose(found, without, rtol=1e-6, equal_nan=True)
        assert same == (said != "yes")


def test_every_sentence_of_the_list_is_used():
    used = set(re.findall(r"no \((\d+)\)", PART))
    assert used == set(SENTENCES)


def test_what_is_left_out_of_errors_is_told(study):
    assert (
        "Other estimators take respondents to be independent"
        in texts.nested(nested(study, 30), "models").data
    )
    assert "fewer than the 20" in texts.nested(nested(study, 12), "models").data
